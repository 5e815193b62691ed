"""Values in a notebook: short words, bounded cards, escaped text, frames as documented, pickles."""

from __future__ import annotations

import pickle
from html.parser import HTMLParser

import geopandas as gpd
import pytest
import shapely

import sxgeo
from sxgeo.model.sites import Site, Sites
from sxgeo.reports.report import FRAME_COLUMNS

VALUES = ("report", "layer", "links", "zone", "network", "sites", "rule", "outcome", "site")


@pytest.fixture(scope="module")
def report() -> sxgeo.Report:
    places = [
        shapely.box(112.3 + i * 1e-4, 38.0, 112.3 + i * 1e-4 + 5e-5, 38.001) for i in range(500)
    ]
    return sxgeo.check_sites(gpd.GeoSeries(places, crs="EPSG:4490"))


@pytest.fixture(scope="module")
def values(report: sxgeo.Report) -> dict[str, object]:
    return {
        "report": report,
        "layer": sxgeo.load_layer("heritage_sites"),
        "links": sxgeo.load_layer("transport_links"),
        "zone": sxgeo.load_zone("taixin"),
        "network": sxgeo.load_network("taixin"),
        "sites": sxgeo.read_sites([(112.5 + i / 1000, 37.9) for i in range(500)]),
        "rule": sxgeo.load_rules("heritage_sites")[0],
        "outcome": report[0],
        "site": report[0].site,
    }


@pytest.mark.parametrize("name", VALUES)
def test_a_value_is_one_line(values: dict[str, object], name: str) -> None:
    text = repr(values[name])
    assert len(text) < 400
    assert "\n" not in text


@pytest.mark.parametrize("name", VALUES[:7])
def test_a_card_is_small_and_asks_for_nothing(values: dict[str, object], name: str) -> None:
    card = values[name]._repr_html_()  # type: ignore[attr-defined]
    assert 200 < len(card) < 60_000
    assert "<script" not in card and "http" not in card.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize("name", VALUES)
def test_a_value_comes_back_from_a_pickle(values: dict[str, object], name: str) -> None:
    back = pickle.loads(pickle.dumps(values[name]))
    assert repr(back) == repr(values[name])


def test_a_card_names_the_verdicts_and_counts_what_it_leaves_out(report: sxgeo.Report) -> None:
    card = report._repr_html_()
    assert "500" in card and "待核实" in card and "另有 488 行" in card


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.add(tag)


def test_what_a_file_says_is_escaped_in_cards_and_maps() -> None:
    evil = "<img src=x onerror=alert(1)>"
    frame = gpd.GeoDataFrame(
        {"id": [evil], "name": [evil], evil: [evil]},
        geometry=[shapely.box(112.3, 38.0, 112.301, 38.001)],
        crs="EPSG:4490",
    )
    report = sxgeo.check_sites(frame)
    for card in (report._repr_html_(), sxgeo.read_sites(frame)._repr_html_()):
        tags = _Tags()
        tags.feed(card)
        assert "img" not in tags.seen and "&lt;img" in card
    page = frame.sx.map().to_html()
    assert "u0026lt;img" in page  # the text of a script: &lt;img once it is read
    assert evil not in page


def test_a_report_without_a_conflict_is_never_green(report: sxgeo.Report) -> None:
    from sxgeo.reports.palette import VERDICT_COLOURS

    assert not any(s.verdict == "clear" for s in report)
    assert VERDICT_COLOURS["clear"] not in report._repr_html_()


def test_a_report_is_a_sequence_of_its_sites(report: sxgeo.Report) -> None:
    assert len(report) == len(list(report)) == 500
    assert report[0] is report.sites[0]
    assert report[report.sites[7].site.site_id] is report.sites[7]
    with pytest.raises(sxgeo.UsageError, match="unknown site 'none'"):
        report["none"]


def test_the_frame_of_a_report_has_its_documented_columns(report: sxgeo.Report) -> None:
    frame = report.to_frame()
    assert tuple(frame.columns) == (*FRAME_COLUMNS, "geometry")
    assert frame.crs.to_epsg() == 4490
    assert frame["verdict"].tolist() == [s.verdict for s in report.sites]
    assert frame["counties"].str.contains("14").all()


def test_a_site_that_cannot_be_used_keeps_its_row() -> None:
    shapes = gpd.GeoSeries([shapely.Point(112.6, 38.3), None, shapely.Point(2, 1)], crs="EPSG:4490")
    frame = sxgeo.check_sites(shapes).to_frame()
    assert len(frame) == 3
    assert frame.geometry.isna().tolist() == [False, True, True]
    assert (frame["problems"].str.len() > 0).tolist()[1:] == [True, True]


def test_a_value_without_parts_is_still_a_value() -> None:
    empty = sxgeo.load_layer("wetlands")
    assert len(empty) == 0 and empty
    assert not Sites(()).sites and Sites(())


def test_a_users_own_records_stay_out_of_the_card() -> None:
    spec = sxgeo.load_layer("heritage_sites").spec
    frame = sxgeo.load_layer("heritage_sites").frame.assign(name_zh="内部资料")
    own = sxgeo.Layer.from_frame(spec, frame, origin="own.gpkg")
    card = own._repr_html_()
    assert "own.gpkg" in card and "内部资料" not in card and "<svg" not in card


def test_the_counties_of_a_zone_are_its_members_of_that_level() -> None:
    assert len(sxgeo.load_zone("taixin").counties) == 12
    by_province = sxgeo.load_zone("yangtze_delta")
    assert len(by_province) > 0 and len(by_province.counties) == 0


@pytest.mark.parametrize("suffix", ["json", "geojson", "gpkg", "xlsx", "docx", "html", "HTM"])
def test_the_suffix_decides_what_is_saved(tmp_path, suffix: str) -> None:  # type: ignore[no-untyped-def]
    report = sxgeo.check_sites((112.6, 38.3))
    path = report.save(tmp_path / f"r.{suffix}")
    named = report.save(tmp_path / "named", format={"HTM": "html"}.get(suffix, suffix))
    assert path.read_bytes()[:4] == named.read_bytes()[:4]


def test_a_suffix_that_says_nothing_names_those_that_do(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(sxgeo.UsageError, match=r"'r\.doc' does not say a format; end it in \.json"):
        sxgeo.check_sites((112.6, 38.3)).save(tmp_path / "r.doc")
    assert not list(tmp_path.iterdir())


def test_a_site_says_that_it_is_doubtful() -> None:
    text = repr(Site("a", shapely.Point(1, 2), doubtful=True, problems=("x",)))
    assert "doubtful" in text and "1 problem" in text


def test_a_limited_verdict_is_headed_as_one() -> None:
    report = sxgeo.check_sites((112.6001, 38.3001), classes=["heritage_sites"])
    assert "限定类判定（1类）" in report._repr_html_()
    assert "limited verdict" in repr(report) and "limited to heritage_sites" in repr(report)
