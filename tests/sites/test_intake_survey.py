"""The survey TXT: regular, irregular, written and read again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from bad_files import HEAD, LINE, POINTS, SURVEY
from hypothesis import given
from hypothesis import strategies as st

from sxgeo.errors import InputError, UsageError
from sxgeo.geometry.projection import quantise, to_plane
from sxgeo.model.sites import Site, Sites
from sxgeo.sites.export import survey_of, write_sites
from sxgeo.sites.formats.survey import parse_survey, survey_text
from sxgeo.sites.read import read_sites


def read(folder: Path, text: str, encoding: str = "utf-8", **more: str) -> Sites:
    path = folder / "地块.txt"
    path.write_bytes(text.encode(encoding))
    return read_sites(path, assume=more)


def only(sites: Sites) -> Site:
    assert len(sites.sites) == 1
    assert sites.sites[0].usable, sites.sites[0].problems
    return sites.sites[0]


def test_a_plot_worked_by_hand(tmp_path: Path) -> None:
    sites = read(tmp_path, SURVEY)
    site = only(sites)
    assert (site.site_id, site.name, site.crs) == ("DK1", "地块一", "EPSG:4547")
    assert (site.accuracy_m, site.accuracy_source, site.problems) == (
        0.1,
        "default: survey TXT with producer and date",
        (),
    )
    flat = to_plane(site.geometry, "EPSG:4547")
    assert flat.bounds == pytest.approx((420_000, 4_207_000, 420_100, 4_207_100), abs=0.01)
    report = sites.autopsy[0]
    assert report["crs_declared"] == ["2000国家大地坐标系"]
    assert (report["zone"], report["zone_prefix"], report["axis_order"]) == (
        38,
        [38],
        ["north, east"],
    )
    assert report["area_check"]["unit"] == "ha"
    assert report["guesses"] == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_every_encoding_gives_the_same_site(tmp_path: Path, encoding: str) -> None:
    sites = read(tmp_path, SURVEY, encoding)
    assert only(sites).name == "地块一"
    assert sites.autopsy[0]["encoding"]["evidence"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (",384", ",4"),  # no zone prefix; the header says the zone
        ("带号=38", "带号="),  # no zone in the header; the prefix says it
        ("带号=38", "带号=114"),  # the central meridian
        ("格式版本号=1.01\n", ""),
        ("数据产生单位=某院", "数据产生单位="),
        ("几度分带=3", "几度分带="),
        ("\n", "\r\n"),
        ("\n[地块坐标]", "\n[扩展信息]\n甲=乙\n[地块坐标]"),
        (",@", ""),
        ("J3,1,", "J3，１，"),
        ("4207100.0000,38420100.0000", "4207100.0000,38420100.0000,812.5"),
        ("J2,1,4207000.0000,", "J2,1,4207000.0000\t"),
        ("1.0000,DK1", "10000.0,DK1"),
        ("1.0000,DK1", "15.0,DK1"),
        ("1.0000,DK1", ",DK1"),
        ("5,1.0000", "4,1.0000"),  # the closing point is not counted
        ("地块一", ""),
        ("\nJ2", "\n\n  J2"),
    ],
)
def test_an_irregular_file_gives_the_same_plot(tmp_path: Path, old: str, new: str) -> None:
    assert old in SURVEY
    expected = only(read(tmp_path, SURVEY)).geometry
    assert only(read(tmp_path, SURVEY.replace(old, new))).geometry == expected


def test_x_and_y_swapped_are_told_by_their_size_and_said(tmp_path: Path) -> None:
    swapped = "\n".join(
        ",".join([*p[:2], p[3], p[2]]) if len(p := line.split(",")) == 4 else line
        for line in SURVEY.splitlines()
    )
    site = only(read(tmp_path, swapped))
    assert site.geometry == only(read(tmp_path, SURVEY)).geometry
    assert "axis taken as xy" in site.problems[0]
    path = tmp_path / "地块.txt"
    path.write_text(swapped, encoding="utf-8")
    with pytest.raises(InputError, match="--strict refuses"):
        read_sites(path, strict=True)
    assert read_sites(path, strict=True, assume={"axis": "xy"}).sites[0].problems == ()
    with pytest.raises(InputError, match="you said axis=yx"):
        read_sites(path, assume={"axis": "yx"})


def test_the_wrong_zone_is_refused_and_can_be_settled(tmp_path: Path) -> None:
    text = SURVEY.replace("带号=38", "带号=37")
    with pytest.raises(InputError, match=r"zone 37, .*263 km"):
        read(tmp_path, text)
    assert only(read(tmp_path, text, zone="38")).geometry == only(read(tmp_path, SURVEY)).geometry
    far = only(read(tmp_path, text, zone="37"))
    assert "the prefix of the eastings" in far.problems[0]
    assert far.geometry.centroid.x == pytest.approx(
        only(read(tmp_path, SURVEY)).geometry.centroid.x - 3, abs=1e-3
    )


def test_degrees_in_a_survey(tmp_path: Path) -> None:
    points = "".join(
        f"J{i},1,{lat},{lon}\n"
        for i, (lat, lon) in enumerate([(38, 112.6), (38, 112.61), (38.01, 112.61), (38, 112.6)])
    )
    text = HEAD.replace("计量单位=米", "计量单位=度") + "4,,D,名,面,,,,@\n" + points
    site = only(read(tmp_path, text))
    assert site.geometry.bounds == (112.6, 38.0, 112.61, 38.01)
    assert site.problems == ()


def ring(number: int, west: float, south: float, size: float) -> str:
    corners = [(0, 0), (0, size), (size, size), (size, 0), (0, 0)]
    return "".join(
        f"J{i},{number},{4207000 + south + n:.4f},{38420000 + west + e:.4f}\n"
        for i, (n, e) in enumerate(corners)
    )


def test_a_second_ring_inside_is_a_hole_outside_a_part(tmp_path: Path) -> None:
    line = "10,,DK1,地块一,面,,,,@\n"
    hole = only(read(tmp_path, HEAD + line + ring(1, 0, 0, 100) + ring(2, 20, 20, 10))).geometry
    assert (hole.geom_type, len(hole.interiors)) == ("Polygon", 1)
    part = only(read(tmp_path, HEAD + line + ring(1, 0, 0, 100) + ring(2, 200, 0, 10)))
    assert part.geometry.geom_type == "MultiPolygon"
    assert "stands for a part" in part.problems[0]
    same = only(read(tmp_path, HEAD + line + ring(1, 0, 0, 100) + ring(1, 200, 0, 10)))
    assert len(same.geometry.geoms) == 2
    island = only(
        read(
            tmp_path,
            HEAD
            + line.replace("10", "15", 1)
            + ring(1, 0, 0, 100)
            + ring(2, 20, 20, 50)
            + ring(3, 30, 30, 10),
        )
    )
    assert to_plane(island.geometry, "EPSG:4547").area == pytest.approx(
        10_000 - 2_500 + 100, rel=1e-3
    )


def test_several_plots_keep_their_order_and_kinds(tmp_path: Path) -> None:
    text = (
        SURVEY
        + "1,,P,井,点,,,,@\n"
        + "J1,1,4207000.0,38420000.0\n"
        + "2,,L,路,线,,,,@\n"
        + POINTS[: POINTS.index("J3")]
    )
    kinds = [s.geometry.geom_type for s in read(tmp_path, text).sites]
    assert kinds == ["Polygon", "Point", "LineString"]


PARAMETERS = "120.5,-40.25,-31.75,0.4,0.2,-0.9,1.5"


def test_an_old_datum_takes_seven_parameters_and_shows_them(tmp_path: Path) -> None:
    old = SURVEY.replace("2000国家大地坐标系", "1980西安坐标系")
    told = read(tmp_path, old, parameters=PARAMETERS, rotation="coordinate_frame")
    site = only(told)
    moved = np.hypot(
        *(
            np.subtract(
                site.geometry.centroid.coords[0],
                only(read(tmp_path, SURVEY)).geometry.centroid.coords[0],
            )
        )
    )
    assert 1e-5 < moved < 5e-3
    assert told.autopsy[0]["parameters"].startswith("已使用 used, sha256 ")
    assert (site.datum_error_m, site.problems) == (0.0, ())
    doubted = only(read(tmp_path, old, parameters=PARAMETERS))
    assert doubted.datum_error_m > 10  # the sign of the rotations is not said
    assert "position_vector" in doubted.problems[0]
    header = only(read(tmp_path, old.replace("转换参数=0,0,0,0,0,0,0", f"转换参数={PARAMETERS}")))
    assert header.datum_error_m > doubted.datum_error_m
    assert any("parameters taken as" in p for p in header.problems)


def test_a_regular_file_comes_back_byte_by_byte() -> None:
    assert survey_text(parse_survey(SURVEY)) == SURVEY
    several = SURVEY + LINE.replace("DK1", "DK2") + POINTS
    assert survey_text(parse_survey(several)) == several


spots = st.tuples(st.floats(112.51, 114.0), st.floats(37.0, 39.0))


@given(place=spots, size=st.floats(1e-4, 1e-2), hole=st.booleans(), name=st.text(max_size=8))
def test_writing_and_reading_gives_the_same_site(
    place: tuple[float, float], size: float, hole: bool, name: str
) -> None:
    lon, lat = place
    outer = shapely.box(lon, lat, lon + size, lat + size)
    inner = shapely.box(lon + size / 4, lat + size / 4, lon + size / 2, lat + size / 2)
    shape = quantise(shapely.difference(outer, inner) if hole else outer)
    text = survey_text(survey_of([Site("P,1@", shape, name=name, accuracy_m=0.5)]))
    assert survey_text(parse_survey(text)) == text
    from sxgeo.geometry.datums import to_geographic
    from sxgeo.sites.formats.assumptions import NOTHING_SAID
    from sxgeo.sites.formats.survey import declared_by
    from sxgeo.sites.formats.survey_shapes import survey_table
    from sxgeo.sites.formats.systems import settle

    survey = parse_survey(text)
    table = settle(survey_table(survey, NOTHING_SAID), declared_by(survey), NOTHING_SAID)
    assert not table.wrong
    back = quantise(to_geographic(table.shapes, table.crs))[0]
    assert shapely.hausdorff_distance(back, shape) == 0.0
    assert table.accuracy_m is None  # 精度 states the rounding of the numbers


def test_sites_are_written_in_the_zone_asked_for(tmp_path: Path) -> None:
    site = only(read(tmp_path, SURVEY))
    path = write_sites([site], tmp_path / "out.txt", crs="CGCS2000 3-degree 114E")
    assert "J1,1,4207000." in path.read_text(encoding="utf-8")
    assert only(read_sites(path)).geometry == site.geometry
    with pytest.raises(UsageError, match="degree-zone"):
        write_sites([site], tmp_path / "out.txt", crs="GCJ-02")
    west = Site("w", quantise(shapely.box(111.0, 38.0, 111.1, 38.1)))
    with pytest.raises(InputError, match="degree-zones 37, 38"):
        write_sites([site, west], tmp_path / "two.txt")
    assert not (tmp_path / "two.txt").exists()
