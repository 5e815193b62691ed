"""Extracts as Overpass and editors write them: JSON, ways with places of their own, UTF-16."""

from __future__ import annotations

import bz2
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sxgeo import read_network
from sxgeo.cli.main import main
from sxgeo.errors import InputError

pytest.importorskip("osmium")

PLACES = {1: (38.0, 112.60), 2: (38.0, 112.61), 3: (38.0, 112.62), 4: (38.01, 112.61)}
WAYS = {10: [1, 2, 3], 11: [2, 4]}
TAGS = {10: {"highway": "primary"}, 11: {"highway": "residential", "name": '甲&"路"'}}
HEAD = {"version": 0.6, "generator": "Overpass API 0.7.62", "osm3s": {"copyright": "ODbL"}}


def xml(declared: str = "UTF-8") -> str:
    """The roads as an editor writes them."""
    nodes = "".join(f'<node id="{i}" lat="{a}" lon="{o}"/>\n' for i, (a, o) in PLACES.items())
    ways = "".join(
        f'<way id="{i}">{"".join(f"<nd ref={chr(34)}{n}{chr(34)}/>" for n in refs)}'
        f'<tag k="highway" v="{TAGS[i]["highway"]}"/></way>\n'
        for i, refs in WAYS.items()
    )
    return f'<?xml version="1.0" encoding="{declared}"?>\n<osm version="0.6">\n{nodes}{ways}</osm>'


def place(node: int) -> dict[str, float]:
    return {"lat": PLACES[node][0], "lon": PLACES[node][1]}


def way(number: int, **members: Any) -> dict[str, Any]:
    return {"type": "way", "id": number, "tags": TAGS[number], **members}


def geom(*, named: bool = True) -> list[dict[str, Any]]:
    """The ways as `out geom;` writes them, or `out tags geom;`."""
    return [
        way(i, **({"nodes": refs} if named else {}), geometry=[place(n) for n in refs])
        for i, refs in WAYS.items()
    ]


def body() -> list[dict[str, Any]]:
    """The ways as `out body; >; out skel qt;` writes them: nodes behind."""
    ways = [way(i, nodes=refs) for i, refs in WAYS.items()]
    return [*ways, *({"type": "node", "id": i, **place(i)} for i in PLACES)]


def answer(elements: list[Any], **members: Any) -> str:
    return json.dumps({**HEAD, "elements": elements, **members}, ensure_ascii=False)


def saved(folder: Path, text: str | bytes, name: str = "roads.json") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def length_m(path: Path) -> float:
    return float(read_network(path).length_m.sum())


@pytest.fixture
def whole_m(tmp_path: Path) -> float:
    return length_m(saved(tmp_path, xml(), "whole.osm"))


@pytest.mark.parametrize(
    "elements",
    [
        geom(),
        geom(named=False),
        body(),
        [*body(), *geom()],
        [*geom(), {"type": "count", "id": 0, "tags": {"ways": "2"}}],
        [*geom(), {"type": "relation", "id": 5, "members": []}],
    ],
    ids=["geom", "tags geom", "body and skel", "twice", "with a count", "with a relation"],
)
@pytest.mark.parametrize("packed", [bytes, gzip.compress, bz2.compress])
def test_the_json_of_overpass_holds_the_same_roads(
    elements: list[Any], packed: Callable[[bytes], bytes], tmp_path: Path, whole_m: float
) -> None:
    path = saved(tmp_path, packed(answer(elements).encode()))
    network = read_network(path)
    assert float(network.length_m.sum()) == pytest.approx(whole_m, abs=1e-6)
    assert network.notes == ()
    assert len(network) == 4


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [xml("UTF-16"), answer(geom())], ids=["xml", "json"])
def test_two_bytes_a_letter_are_read(
    encoding: str, text: str, tmp_path: Path, whole_m: float
) -> None:
    mark = "\ufeff" if encoding != "utf-16" else ""
    for content in ((mark + text).encode(encoding), text.encode(encoding)):
        path = saved(tmp_path, content, "roads.osm")
        assert length_m(path) == pytest.approx(whole_m, abs=1e-6)


def test_xml_whose_ways_carry_their_places_is_read(tmp_path: Path, whole_m: float) -> None:
    ways = "".join(
        f'<way id="{i}">'
        + "".join('<nd ref="{}" lat="{}" lon="{}"/>'.format(n, *PLACES[n]) for n in refs)
        + f'<tag k="highway" v="{TAGS[i]["highway"]}"/></way>'
        for i, refs in WAYS.items()
    )
    path = saved(tmp_path, f'<osm version="0.6">{ways}</osm>', "roads.osm")
    assert length_m(path) == pytest.approx(whole_m, abs=1e-6)


def test_what_lies_beyond_the_box_of_a_query_is_counted(tmp_path: Path, whole_m: float) -> None:
    clipped = geom()
    clipped[0]["geometry"][2] = None
    network = read_network(saved(tmp_path, answer(clipped)))
    assert float(network.length_m.sum()) < whole_m
    (note,) = network.notes
    assert note.startswith("1 way(s) were cut and 0 lost where the file ends: 1 of their nodes")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (answer(geom())[:-20], "no JSON that can be read, or cut"),
        (answer(geom(), remark="runtime error: Query timed out"), "broken off.*Query timed out"),
        (answer([way(10, center=place(1))]), "without nodes or geometry.*out geom"),
        (answer([way(10, nodes=[1, 2, 3], geometry=[place(1)])]), "not one place for each node"),
        (answer([*geom(), way(10, nodes=[1, 3], geometry=[place(1), place(3)])]), "several versio"),
        (answer([*geom(), {"type": "wey"}]), "an element that is none"),
        (answer([{"type": "node", "id": 1, "lat": "NaN", "lon": 112.6}]), "no place that can be"),
        (answer([{"type": "node", "id": 1, "lat": None, "lon": 112.6}]), "no place that can be"),
        (answer([{"type": "node", "lat": 38.0, "lon": 112.6}]), "a node without an id"),
        (answer([]), "holds no way that can be used"),
        (json.dumps({**HEAD, "elements": {}}), "no list of elements"),
        (xml("UTF-16").encode("utf-16")[:-3], "broken or truncated"),
        (
            xml().replace("</osm>", "<remark> runtime error: out of memory </remark></osm>"),
            "broken off.*out of memory",
        ),
    ],
)
def test_what_is_cut_is_refused(
    text: str | bytes, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved(tmp_path, text)
    with pytest.raises(InputError, match=words):
        read_network(path)
    assert main(["reach", "112.61,38.0", "--minutes", "5", "--network", str(path)]) == 3
    assert "Traceback" not in capsys.readouterr().err
