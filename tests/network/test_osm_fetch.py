"""A place from a local server that speaks Overpass: cached, dated by the server, attributed; never
the real one.
"""

from __future__ import annotations

import http.server
import json
import threading
from pathlib import Path

import pytest

import sxgeo
from sxgeo.analysis.network.osm_fetch import NO_DATE, fetch_network
from sxgeo.cli import main
from sxgeo.errors import InputError, UsageError

pytest.importorskip("osmnx")

BOX = "112.59,37.99,112.62,38.01"
DAY = "2026-11-20T10:11:12Z"


class Overpass(http.server.BaseHTTPRequestHandler):
    """Answers every question with one street of three nodes, in the shape that is set."""

    shape = "whole"
    asked = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        type(self).asked += 1
        nodes = [{"type": "node", "id": n, "lat": 38.0, "lon": 112.6 + n / 1000} for n in (1, 2, 3)]
        way = {
            "type": "way",
            "id": 9,
            "nodes": [1, 2, 3],
            "tags": {"highway": "primary", "maxspeed": "50"},
        }
        told: dict = {
            "version": 0.6,
            "osm3s": {"timestamp_osm_base": DAY},
            "elements": [*nodes, way],
        }
        if self.shape == "empty":
            told["elements"] = []
        if self.shape == "undated":
            del told["osm3s"]
        if self.shape == "forged":
            told["osm3s"]["timestamp_osm_base"] = "<script>"
        if self.shape == "partial":
            told["remark"] = "runtime error: Query timed out"
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(told, indent=1).encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server():
    Overpass.shape, Overpass.asked = "whole", 0
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Overpass)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{httpd.server_address[1]}/api"
    httpd.shutdown()
    httpd.server_close()


def test_fetch_dates_what_it_got_by_the_server(server, capsys, tmp_path: Path):
    target = tmp_path / "p.npz"
    assert main(["network", "fetch", BOX, "--overpass-url", server, "-o", str(target)]) == 0
    network = sxgeo.read_network(target)
    assert len(network.tail) == 1
    assert network.attribution == f"© OpenStreetMap contributors (ODbL), data of {DAY}"
    assert DAY in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.npz"]


def test_what_is_kept_is_not_asked_for_again_and_gives_the_same_bytes(server, tmp_path: Path):
    import osmnx

    before = (
        osmnx.settings.cache_folder,
        osmnx.settings.use_cache,
        dict(osmnx.settings.requests_kwargs),
    )
    for name in ("a", "b"):
        options = [
            "--overpass-url",
            server,
            "--cache",
            str(tmp_path / "kept"),
            "-o",
            str(tmp_path / f"{name}.npz"),
        ]
        assert main(["network", "fetch", BOX, *options]) == 0
    assert Overpass.asked == 1
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert (
        osmnx.settings.cache_folder,
        osmnx.settings.use_cache,
        osmnx.settings.requests_kwargs,
    ) == before
    Overpass.shape = "undated"  # the kept answer keeps its date
    assert fetch_network(BOX, overpass_url=server, cache=tmp_path / "kept").attribution.endswith(
        DAY
    )
    fetch_network("112.59,37.99,112.63,38.01", overpass_url=server, cache=tmp_path / "kept")
    assert Overpass.asked == 2


@pytest.mark.parametrize("shape", ["undated", "forged"])
def test_a_date_that_the_server_does_not_state_is_unknown(server, shape):
    Overpass.shape = shape
    assert fetch_network(BOX, overpass_url=server).attribution.endswith(f"data {NO_DATE}")


def test_an_answer_in_part_is_no_network(server, tmp_path: Path):
    Overpass.shape = "partial"
    with pytest.raises(InputError, match=r"in part only \(runtime error: Query timed out\)"):
        fetch_network(BOX, overpass_url=server, cache=tmp_path)
    Overpass.shape = "whole"
    assert len(fetch_network(BOX, overpass_url=server, cache=tmp_path).tail) == 1


def test_a_broken_cache_is_named(server, tmp_path: Path):
    fetch_network(BOX, overpass_url=server, cache=tmp_path)
    (kept,) = tmp_path.glob("*/*.json")
    kept.write_text(kept.read_text()[:50])
    with pytest.raises(InputError, match=r"is broken .* delete that folder"):
        fetch_network(BOX, overpass_url=server, cache=tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be made"):
        fetch_network(BOX, overpass_url=server, cache=tmp_path / "file")


def test_a_place_without_roads_is_told(server):
    Overpass.shape = "empty"
    with pytest.raises(InputError, match="no roads to give"):
        fetch_network(BOX, overpass_url=server)


def test_without_a_server_fetch_says_what_to_do():
    with pytest.raises(
        InputError, match=r"no answer from the OpenStreetMap server.*sxgeo network build"
    ):
        fetch_network(BOX, overpass_url="http://127.0.0.1:9/api", timeout_s=2)
    with pytest.raises(UsageError, match="is no box"):
        fetch_network("3,2,1,0")
