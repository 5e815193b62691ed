"""A GeoJSON too large to be held as text is counted as it passes by: as one that is held."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
import shapely
from reading_cases_vector import BESIDE, CASES, PLOT, Reading, collection, feature

from sxgeo.errors import InputError
from sxgeo.sites.formats import json_stream, vector
from sxgeo.sites.formats.json_records import account
from sxgeo.sites.formats.json_stream import account_stream
from sxgeo.sites.read import read_some

LARGE = "is JSON larger than 200 MB that is neither"
_JSON = [case for case in CASES if "json" in case.name.rpartition(".")[2]]


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every JSON for a large one, and read it in pieces of seven bytes."""
    monkeypatch.setattr(vector, "XML_MAX", 10)
    monkeypatch.setattr(json_stream, "_CHUNK", 7)


@pytest.mark.parametrize("case", _JSON, ids=lambda case: case.name)
def test_a_large_one_is_read_as_a_small_one_or_refused(case: Reading, tmp_path: Path) -> None:
    sites, unread = read_some(case.build(tmp_path), assume=case.assume)
    if unread:
        return  # what cannot be counted as it passes is refused, and never read in part
    assert case.right != "refuse"
    if case.right == "site":
        assert any(not site.usable for site in sites.sites)
        return
    assert len(sites.sites) == case.count
    assert {site.doubtful for site in sites.sites} == {case.right == "doubt"}


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(collection(feature(PLOT), feature(BESIDE)), ensure_ascii=False),
        json.dumps({"features": [feature(PLOT)], "type": "FeatureCollection", "total": 1234}),
        json.dumps({"numberMatched": 12345, **collection(feature(PLOT))}, indent=3),
        json.dumps(feature(PLOT)) + "\n" + json.dumps(feature(BESIDE)) + "\n",
        "\ufeff" + json.dumps(feature(PLOT)),
    ],
    ids=["plain", "features first", "cut", "sequence", "one feature"],
)
def test_it_counts_as_the_account_of_the_text(content: str, tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(content, encoding="utf-8")
    passed, held = account_stream(path), account(content.removeprefix("\ufeff"))
    assert (passed.records, passed.vertices) == (held.records, held.vertices)
    assert passed.left_out == held.left_out


def _bad(**members: Any) -> str:
    return json.dumps({**collection(feature(PLOT)), **members}, ensure_ascii=False)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (_bad(features=[feature(PLOT), {"type": "Featur"}]), LARGE),
        (_bad(type="Topology"), LARGE),
        (_bad()[:-40], "no complete JSON"),
        (_bad()[:-2], "its list of features has no end"),
        (_bad()[:-1], "its first object has no end"),
        (_bad() + _bad(), LARGE),
        ("[" + _bad() + "]", LARGE),
        (_bad().replace('"features"', '"type"'), "says 'type' twice"),
        (_bad().replace('"name"', '"type": 1, "type"'), "says 'type' twice"),
        (_bad(name="中").encode("gbk"), "no UTF-8"),
        (_bad()[:-1] + ', "a": ' + "[" * 100_000, "nested too deep"),
    ],
)
def test_what_cannot_be_counted_is_refused_with_a_way_out(
    content: str | bytes, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.geojson"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    sites, unread = read_some(path)
    assert not sites.sites and words in unread[0] and "a.geojson" in unread[0]


def test_a_record_that_the_driver_passes_over_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "a.geojsonl"
    lines = [json.dumps(feature(PLOT)), json.dumps(feature(BESIDE), indent=1)]
    path.write_text("\n".join(lines), encoding="utf-8")
    sites, unread = read_some(path)
    assert unread or len(sites.sites) == 2


def test_one_value_may_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(json_stream, "_MAX_VALUE", 1000)
    path = tmp_path / "a.geojson"
    path.write_text(_bad(note="x" * 5000), encoding="utf-8")
    with pytest.raises(InputError, match="one value of more than 200 MB"):
        account_stream(path)


def test_no_more_than_a_stretch_is_held(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(json_stream, "_CHUNK", 1 << 16)
    path = tmp_path / "a.geojson"
    one = json.dumps(feature(shapely.segmentize(PLOT, 0.001)))
    count = 4_000_000 // len(one)
    path.write_text(
        '{"type": "FeatureCollection", "features": [' + ",".join([one] * count) + "]}",
        encoding="utf-8",
    )
    tracemalloc.start()
    try:
        assert account_stream(path).records == count
        assert tracemalloc.get_traced_memory()[1] < 1_500_000
    finally:
        tracemalloc.stop()
