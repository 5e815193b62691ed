"""What people bring is read, asked about or refused; never clear in silence, never doubted without
need.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from count_clear import count
from hypothesis import given
from hypothesis import strategies as st
from reading_cases import all_cases
from reading_cases_tables import (
    CLOSED,
    HEADER,
    LONLAT,
    SQUARE,
    corner,
    metres,
    points,
    survey,
    table,
)

from sxgeo.errors import InputError
from sxgeo.geometry.touching import untouched
from sxgeo.sites.formats.header_words import datums_in, width_in, zone_in
from sxgeo.sites.formats.packed_degrees import could_be_packed, unpacked
from sxgeo.sites.formats.survey import parse_survey, rounding_of
from sxgeo.sites.read import read_sites, read_some

CASES = all_cases()


def saved(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(dict.fromkeys(case.kind for case in CASES)))
def test_no_false_clear_and_no_needless_doubt(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = count([case for case in CASES if case.kind == kind], tmp_path, show=True)
    assert not counts[kind].faults, capsys.readouterr().err


def test_the_count_sees_what_it_counts(tmp_path: Path) -> None:
    """A case that asks for more than there is must be counted: a doubt as needless, a lost area as
    wrong.
    """
    from dataclasses import replace

    good = next(case for case in CASES if case.name == "closed_once")
    doubted = next(case for case in CASES if case.name == "open_without_area")
    made = [
        replace(good, name="area", area_ha=1.0),
        replace(doubted, name="doubt", right="read"),
        replace(good, name="false", right="doubt"),
    ]
    found = count(made, tmp_path)[good.kind]
    assert (found.wrong, found.needless_doubts, found.false_clears) == (
        ["area"],
        ["doubt"],
        ["false"],
    )


def test_all_that_is_open_is_asked_at_once_and_the_line_works(tmp_path: Path) -> None:
    bare = [
        [label, north, f"{float(east) - 38e6:.1f}"] for label, north, east in metres(SQUARE, corner)
    ]
    path = saved(tmp_path, "a.csv", table("点号,X,Y", bare))
    with pytest.raises(InputError) as caught:
        read_sites(path)
    line = str(caught.value).rpartition("what is true: ")[2].splitlines()[0]
    told = dict(part.split("=", 1) for part in line.split("--assume ") if part.strip())
    told = {key: value.strip() for key, value in told.items()}
    assert told.keys() == {"shape", "zone", "datum"}
    (site,) = read_sites(path, assume=told).sites
    assert (site.problems, site.doubtful) == ((), False)


def test_guesses_of_a_file_come_with_one_line_that_settles_them(tmp_path: Path) -> None:
    rows = [("A", *pair) for pair in LONLAT]
    path = saved(tmp_path, "a.csv", table("编号,经度,纬度", rows))
    (site,) = read_sites(path).sites
    assert any(p.endswith("--assume shape=ring --assume datum=CGCS2000") for p in site.problems)
    settled = read_sites(path, assume={"shape": "ring", "datum": "CGCS2000"}).sites[0]
    assert (settled.problems, settled.doubtful) == ((), False)


@pytest.mark.parametrize(
    ("code", "prefix"),
    [("EPSG:4547", 38e6), ("EPSG:4547", 0.0), ("EPSG:4526", 38e6), ("EPSG:4526", 0.0)],
)
def test_a_zone_may_be_told_with_or_without_its_prefix(
    code: str, prefix: float, tmp_path: Path
) -> None:
    rows = [
        (a, b, n, f"{float(e) - 38e6 + prefix:.1f}")
        for a, b, n, e in metres(CLOSED, lambda k: "A", corner)
    ]
    (site,) = read_sites(
        saved(tmp_path, "a.csv", table("地块编号,点号,X,Y", rows)), assume={"crs": code}
    ).sites
    assert (site.usable, site.crs, site.problems) == (True, "EPSG:4547", ())
    assert site.geometry.centroid.x == pytest.approx(112.6997, abs=1e-3)


def test_another_zone_than_the_prefix_is_still_a_contradiction(tmp_path: Path) -> None:
    rows = metres(CLOSED, lambda k: "A", corner)
    with pytest.raises(InputError, match="prefix of zone 38"):
        read_sites(
            saved(tmp_path, "a.csv", table("地块编号,点号,X,Y", rows)), assume={"crs": "EPSG:4546"}
        )


@pytest.mark.parametrize(
    ("heads", "row"),
    [
        ("精度", "0.01"),
        ("精度", "3"),
        ("精度", "4"),
        ("精度", "100"),
        ("精度", "1:500"),
        ("精度", "很高"),
        ("精度", ""),
    ],
)
def test_the_rounding_of_a_header_is_never_its_accuracy(
    heads: str, row: str, tmp_path: Path
) -> None:
    (site,) = read_sites(saved(tmp_path, "a.txt", survey(**{heads: row}))).sites
    assert (site.accuracy_m, site.accuracy_source) == (
        0.1,
        "default: survey TXT with producer and date",
    )


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("0.01", 0.01),
        ("1cm", 0.01),
        ("3", 0.001),
        ("小数点后3位", 0.001),
        ("0.001米", 0.001),
        ("1:2000", None),
        ("", None),
    ],
)
def test_what_rounding_a_header_states(text: str, step: float | None) -> None:
    assert rounding_of(parse_survey(survey(精度=text))) == step


def test_left_out_rows_and_sheets_are_accounted_for(tmp_path: Path) -> None:
    rows = [*metres(CLOSED, lambda k: "A", corner), ["合计", "", "", ""], ["", "", "", "制表人"]]
    sites = read_sites(
        saved(tmp_path, "a.csv", table("地块编号,点号,X,Y", rows)), assume={"datum": "CGCS2000"}
    )
    (entry,) = sites.autopsy[0]["left_out"]
    assert (entry["kind"], entry["what"], entry["place"], entry["count"]) == (
        "annotation",
        "row",
        "7, 8",
        2,
    )
    assert not sites.sites[0].doubtful


def test_a_lost_point_is_no_note(tmp_path: Path) -> None:
    """A row that names a corner and has no coordinates is a corner that was lost."""
    rows = [
        *metres(CLOSED[:3], lambda k: "A", corner),
        ["A", "J4", "", ""],
        *metres(CLOSED[3:], lambda k: "A", corner),
    ]
    (site,) = read_sites(
        saved(tmp_path, "a.csv", table("地块编号,点号,X,Y", rows)), assume={"datum": "CGCS2000"}
    ).sites
    assert not site.usable
    assert "row 5 has no coordinates" in site.problems[0]


def test_two_rows_of_headings_keep_plot_name_and_accuracy(tmp_path: Path) -> None:
    rows = metres(CLOSED, lambda k: "A", lambda k: "甲地块", corner, lambda k: 5)
    path = saved(tmp_path, "a.csv", table("地块编号,名称,点号,精度,坐标,\n,,,,X(m),Y(m)", rows))
    (site,) = read_sites(path, assume={"datum": "CGCS2000"}).sites
    assert (site.site_id, site.name, site.accuracy_m, site.accuracy_source) == (
        "A",
        "甲地块",
        5.0,
        "file",
    )


def test_words_of_headers() -> None:
    assert datums_in("EPSG:4547") == ["CGCS2000"]
    assert datums_in("EPSG:2434") == ["BEIJING54"]
    assert datums_in("1980西安坐标系") == ["XIAN80"]
    assert datums_in("1954年北京坐标系") == ["BEIJING54"]
    assert datums_in("很多") == []
    assert [width_in(t) for t in ("3", "三度带", "6°", "4", "")] == [3, 3, 6, None, None]
    assert [zone_in(t) for t in ("38", "第38带", "CM114", "114°E", "三十八", "50", "很多")] == [
        38
    ] * 5 + [50, None]
    assert zone_in("117E", 6) == 20
    assert zone_in("114E", 6) is None


@given(st.integers(73, 135), st.integers(0, 59), st.integers(0, 5999))
def test_packed_degrees_are_degrees_minutes_and_seconds(
    degrees: int, minutes: int, hundredths: int
) -> None:
    packed = np.array([degrees + minutes / 1e2 + hundredths / 1e6])
    assert unpacked(packed)[0] == pytest.approx(
        degrees + minutes / 60 + hundredths / 360_000, abs=1e-7
    )
    assert could_be_packed(packed, 1e-6) == (minutes > 0 or hundredths > 0)


@pytest.mark.parametrize("value", [112.61, 112.7231, 112.1272])
def test_what_cannot_be_packed(value: float) -> None:
    assert not could_be_packed(np.array([value]), 1e-2 if value == 112.61 else 1e-4)


@given(st.floats(10, 1000), st.floats(0.1, 0.4))
def test_a_bridge_to_a_hole_changes_no_area(side: float, share: float) -> None:
    a, b = side * share, side * (1 - share)
    ring = [
        (0, 0),
        (side, 0),
        (side, side),
        (0, side),
        (0, 0),
        (a, a),
        (a, b),
        (b, b),
        (b, a),
        (a, a),
        (0, 0),
    ]
    whole = untouched(shapely.Polygon(ring))
    assert whole.is_valid
    assert len(whole.interiors) == 1
    assert whole.area == pytest.approx(side**2 - (b - a) ** 2)


def test_a_crossing_is_no_touch() -> None:
    assert untouched(shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])) is None
    assert untouched(shapely.Polygon([(0, 0), (1, 1), (2, 2), (2, 0), (1, 1), (0, 2)])) is None
    twice = [(0, 0), (9, 0), (9, 9), (0, 9), (0, 0), (5, 0), (5, 5), (0, 5)]
    assert untouched(shapely.Polygon(twice)) is None


def test_ring_settles_a_survey_as_it_settles_a_table(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.txt", survey("4,,D,名,面,,,,@", points(SQUARE)))
    assert read_sites(path).sites[0].doubtful
    assert "--assume shape=ring" in read_sites(path).sites[0].problems[0]
    assert not read_sites(path, assume={"shape": "ring"}).sites[0].doubtful


def test_a_header_is_told_all_its_faults_and_their_ways_out(tmp_path: Path) -> None:
    _, unread = read_some(
        saved(
            tmp_path, "a.txt", survey(坐标系="独立", 几度分带="九", 计量单位="尺", 投影类型="UTM")
        )
    )
    for word in ("坐标系 '独立'", "几度分带 '九'", "计量单位 '尺'", "投影类型 'UTM'"):
        assert word in unread[0]
    assert unread[0].count("--assume") >= 4
    told = {"datum": "CGCS2000", "zone": "38", "units": "metre"}
    assert read_sites(tmp_path / "a.txt", assume=told).sites[0].problems == ()
    assert HEADER["坐标系"] == "2000国家大地坐标系"
