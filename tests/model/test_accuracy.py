"""An accuracy that nobody gave is that of its source: named, printed, never 0."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from reading_cases_tables import CLOSED, corner, metres, survey, table

from sxgeo.errors import UsageError
from sxgeo.model.accuracy import PREFIX, SOURCES, cad_kind, default_accuracy, step_of, words_zh
from sxgeo.reports.sentences import accuracy_words
from sxgeo.sites.formats.assumptions import NOTHING_SAID, Assumptions
from sxgeo.sites.formats.table import Facts, Table
from sxgeo.sites.read import _default_accuracy, parse_place, read_sites

PLOT = shapely.box(112.60, 38.00, 112.61, 38.01)


def test_the_table_of_the_trade() -> None:
    expected = {
        "survey_signed": 0.10, "survey_blank": 1.0, "cad_500": 0.5, "cad_1000": 1.0, "cad_2000": 2.0, "cad": 2.0, "map_10000": 10.0,
        "land_survey_obvious": 5.0, "land_survey": 8.0, "kml_named": 10.0, "kml": 600.0, "gps": 10.0, "drawn": 20.0, "vector": 2.0, "frame": 2.0,
    }  # fmt: skip
    assert {kind: default_accuracy(kind)[0] for kind in expected} == expected
    mountain = {
        kind: default_accuracy(kind, mountain=True)[0]
        for kind in ("cad_500", "map_10000", "kml_named", "gps")
    }
    assert mountain == {"cad_500": 0.75, "map_10000": 15.0, "kml_named": 15.0, "gps": 10.0}
    assert default_accuracy("drawn", pixel_m=8.0)[0] == 40.0
    assert [cad_kind(scale) for scale in (500, 1000, 2000, 10_000, None)] == [
        "cad_500",
        "cad_1000",
        "cad_2000",
        "map_10000",
        "cad",
    ]
    with pytest.raises(UsageError, match="unknown kind of source 'guess'"):
        default_accuracy("guess")


@pytest.mark.parametrize("kind", SOURCES)
def test_no_default_is_0_and_each_is_named_in_both_languages(kind: str) -> None:
    metres_, source = default_accuracy(kind)
    assert metres_ > 0
    assert source.startswith(PREFIX)
    assert accuracy_words(source).startswith("按来源缺省：")
    assert accuracy_words(source + ", enlarged by the repair").endswith("，因修复图形而增大")
    assert words_zh("option") is None


@pytest.mark.parametrize(
    ("values", "step"),
    [
        (["112.5489", "37.87"], 1e-4),
        (["112"], 1.0),
        (["4223500.0"], 0.1),
        (["112°41′46.5″"], 0.1 / 3600),
        (["112°41′46″"], 1 / 3600),
        (["112°41.5′"], 0.1 / 60),
        (["1.126e2"], 0.1),
        (["x", ""], None),
    ],
)
def test_the_last_place_that_was_written(values: list[str], step: float | None) -> None:
    assert step_of(values) == (None if step is None else pytest.approx(step))


@pytest.mark.parametrize(
    ("typed", "metres_"),
    [
        ("112.55,37.87", 556.6),
        ("112.5500,37.8700", 5.566),
        ("112.5489123,37.8706123", 1.0),
        ("112,38", 55_660.0),
    ],
)
def test_typed_degrees_are_as_sure_as_their_last_decimal(typed: str, metres_: float) -> None:
    (site,) = read_sites(None, at=[parse_place(typed)]).sites
    assert site.accuracy_m == pytest.approx(metres_, rel=1e-6)
    assert site.accuracy_source == "default: half of the last decimal of the degrees"
    assert (
        read_sites(None, at=[parse_place(typed)], site_accuracy_m=3.0).sites[0].accuracy_source
        == "option"
    )


def test_typed_wkt_follows_its_decimals() -> None:
    (site,) = read_sites(
        None, at=["POLYGON ((112.60 38.00, 112.61 38.00, 112.61 38.01, 112.60 38.00))"]
    ).sites
    assert site.accuracy_m == pytest.approx(556.6)


def test_a_survey_is_signed_or_not(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    for key, metres_ in ((None, 0.1), ("数据产生单位", 1.0), ("数据产生日期", 1.0)):
        path.write_text(survey(**({} if key is None else {key: ""})), encoding="utf-8")
        assert read_sites(path).sites[0].accuracy_m == metres_


def test_tables_and_vectors(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        table("地块编号,点号,X,Y", metres(CLOSED, lambda k: "A", corner)), encoding="utf-8"
    )
    assert read_sites(path, assume={"datum": "CGCS2000"}).sites[0].accuracy_m == 2.0
    path.write_text("编号,经度,纬度\na,112.5,38.0\n", encoding="utf-8")
    assert read_sites(path, assume={"datum": "CGCS2000"}).sites[0].accuracy_m == pytest.approx(
        5566.0
    )
    frame = gpd.GeoDataFrame({"id": ["a"]}, geometry=[PLOT], crs="EPSG:4490")
    assert read_sites(frame).sites[0].accuracy_m == 2.0
    frame.to_file(tmp_path / "a.gpkg")
    assert (
        read_sites(tmp_path / "a.gpkg").sites[0].accuracy_source
        == "default: vector file without a word of its source"
    )


def test_imagery_that_nobody_named_is_in_doubt_until_the_datum_is_said() -> None:
    import numpy as np

    def kml() -> Table:
        return Table(np.array([PLOT], dtype=object), "EPSG:4326", facts=Facts(accuracy_kind="kml"))

    unnamed = kml()
    assert _default_accuracy(unnamed, None, NOTHING_SAID)[0] == 600.0
    assert [g.key for g in unnamed.guesses] == ["datum"]
    said = kml()
    assert _default_accuracy(said, None, Assumptions(datum="CGCS2000"))[0] == 10.0
    assert said.guesses == []


def test_maps_and_drawings_lie_half_as_far_off_again_in_mountains() -> None:
    steeper = [source for source in SOURCES.values() if source.mountain_m is not None]
    assert len(steeper) == 5
    assert all(source.mountain_m == 1.5 * source.metres for source in steeper)
