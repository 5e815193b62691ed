"""Twelve faults of other screening tools, each a test that this one is free of it.

The numbers are those of the list of faults seen in the trackers of geopandas, shapely,
dask-geopandas and Sedona.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from conftest import (
    CLASS,
    COUNTY,
    PLANE,
    ask,
    box,
    make_counties,
    make_layer,
    make_record,
    make_rule,
    make_site,
    make_spec,
    on_ground,
)
from hypothesis import given
from hypothesis import strategies as st

import sxgeo
from sxgeo.analysis.conflicts.screener import screen
from sxgeo.errors import InputError
from sxgeo.geometry.overlap import measure
from sxgeo.geometry.projection import GEOGRAPHIC, to_plane
from sxgeo.layers.layers import Layer
from sxgeo.model.sites import Site
from sxgeo.sites.read import read_sites

SCOPE = box(0, 0, 1000, 1000)
INSIDE = box(300, 300, 500, 500)
LON, LAT = 112.738, 38.112  # in Yangqu county


def entry(outcome: Any) -> Any:
    return next(e for e in (*outcome.screening, *outcome.extra) if e.resource_class == CLASS)


def frame(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(shapes, crs=GEOGRAPHIC), crs=GEOGRAPHIC)


def square(east: float = 0.0, size: float = 0.001) -> Any:
    return shapely.box(LON + east, LAT, LON + east + size, LAT + size)


def user_layer(folder: Path, shapes: list[Any], **columns: Any) -> Path:
    told = {
        "feature_id": [f"U{i}" for i in range(len(shapes))],
        "name_zh": ["甲"] * len(shapes),
        "position_accuracy_m": [1.0] * len(shapes),
        "subzone": ["protection_scope"] * len(shapes),
        **columns,
    }
    path = folder / "layer.gpkg"
    frame(shapes, **told).to_file(path, driver="GPKG", engine="pyogrio")
    return path


# 1
# ------------------------------------------------------------------------------------------------------------


def test_01_a_bow_tie_is_repaired_and_named_and_stops_nobody_else() -> None:
    bow_tie = shapely.Polygon(
        [(LON, LAT), (LON + 0.001, LAT + 0.001), (LON + 0.001, LAT), (LON, LAT + 0.001), (LON, LAT)]
    )
    sites = read_sites(
        frame([square(0.01), bow_tie, square(0.02)], site_id=["a", "tie", "b"])
    ).sites
    assert bow_tie.area == pytest.approx(0, abs=1e-18)
    tie = sites[1]
    assert tie.usable and tie.geometry.is_valid
    assert tie.geometry.area == pytest.approx(0.5e-6, rel=1e-3)  # both triangles, none dropped
    assert "crosses itself" in tie.problems[0] and "area" in tie.problems[0]
    assert tie.accuracy_m > 10  # nobody knows which shape was meant
    answers = sxgeo.check_sites(
        frame([square(0.01), bow_tie, square(0.02)], site_id=["a", "tie", "b"])
    ).sites
    assert [s.site.site_id for s in answers] == ["a", "tie", "b"]
    assert answers[0].area_m2 == pytest.approx(answers[2].area_m2, rel=1e-3)


def test_01_a_bow_tie_in_a_users_layer_is_refused_by_its_row(tmp_path: Path) -> None:
    bow_tie = shapely.Polygon(
        [(LON, LAT), (LON + 0.001, LAT + 0.001), (LON + 0.001, LAT), (LON, LAT + 0.001)]
    )
    layer = user_layer(tmp_path, [square(), bow_tie])
    with pytest.raises(InputError, match=r"row 2 \(U1\): invalid geometry"):
        sxgeo.check_sites(frame([square()]), layers={CLASS: layer})


# 2
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shift_m", [0.0, 1e-4, 0.02])
def test_02_a_sliver_is_touching_and_its_raw_figure_is_kept(shift_m: float) -> None:
    overlap = measure(box(1000 - shift_m, 0, 1100, 1000), SCOPE)
    assert overlap.penetration_m <= shift_m + 1e-9
    assert overlap.area_m2 == pytest.approx(1000 * shift_m, abs=1e-6)
    layer = Layer(
        make_spec(),
        (make_record(position_accuracy_m=0.0),),
        np.array([on_ground(SCOPE)], dtype=object),
    )
    found = entry(ask(make_site(box(1000 - shift_m, 0, 1100, 1000)), layer)).findings[0]
    assert found.relation == "between"


def test_02_what_is_deeper_than_the_stated_tolerance_overlaps() -> None:
    layer = make_layer((make_record(position_accuracy_m=0.0), SCOPE))
    assert ask(make_site(box(999.9, 0, 1100, 1000)), layer).verdict == "conflict"


# 3
# ------------------------------------------------------------------------------------------------------------


@given(
    x=st.floats(-1200, 1200),
    y=st.floats(-1200, 1200),
    turn=st.floats(0, 90),
    noise=st.sampled_from([0.0, 1e-14, -1e-14, 1e-9]),
)
def test_03_a_change_of_the_last_digit_flips_nothing(
    x: float, y: float, turn: float, noise: float
) -> None:
    plot = shapely.transform(box(x, y, x + 400, y + 300), lambda xy: _turned(xy, turn))
    moved = shapely.transform(plot, lambda xy: xy * (1 + noise) + noise)
    one, other = measure(plot, SCOPE), measure(moved, SCOPE)
    assert one.area_m2 <= min(plot.area, SCOPE.area) + 1e-9
    assert one.area_m2 == pytest.approx(other.area_m2, abs=1e-3)
    assert one.separation_m == pytest.approx(other.separation_m, abs=1e-3 + 0.02 * plot.area**0.5)
    assert (one.distance_m > 1e-6) == (other.distance_m > 1e-6) or one.area_m2 < 1e-3


def _turned(xy: Any, degrees: float) -> Any:
    angle = np.radians(degrees)
    return xy @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


# 4
# ------------------------------------------------------------------------------------------------------------


def test_04_a_mismatch_of_coordinate_systems_is_an_error_or_is_transformed_never_empty(
    tmp_path: Path,
) -> None:
    bare = gpd.GeoDataFrame(geometry=[square()])
    with pytest.raises(InputError, match="coordinate system"):
        read_sites(bare)
    degrees_said_to_be_metres = gpd.GeoDataFrame(geometry=gpd.GeoSeries([square()], crs=PLANE))
    with pytest.raises(InputError, match="are degrees"):
        read_sites(degrees_said_to_be_metres)
    metres_said_to_be_degrees = gpd.GeoDataFrame(
        geometry=gpd.GeoSeries([to_plane(square(), PLANE)], crs=GEOGRAPHIC)
    )
    assert "not degrees" in read_sites(metres_said_to_be_degrees).sites[0].problems[0]
    layer = user_layer(tmp_path, [square()])
    for crs in ("EPSG:4490", "EPSG:4326", "EPSG:4546", "EPSG:4547", "EPSG:3857", "EPSG:32649"):
        told = sxgeo.check_sites(frame([square(0.0003, 0.0003)]).to_crs(crs), layers={CLASS: layer})
        assert told.known_verdict == "conflict", crs


# 5
# ------------------------------------------------------------------------------------------------------------


def test_05_a_site_without_geometry_gets_a_row_of_its_own() -> None:
    shapes = [square(), None, shapely.Polygon(), square(0.01)]
    report = sxgeo.check_sites(frame(shapes, site_id=["a", "none", "empty", "b"]))
    assert [s.site.site_id for s in report.sites] == ["a", "none", "empty", "b"]
    for answer in report.sites[1:3]:
        assert answer.verdict == "not_screened"
        assert "no geometry" in answer.site.problems[0]
    assert set(report.screening["site_id"]) == {"a", "none", "empty", "b"}


# 6
# ------------------------------------------------------------------------------------------------------------


def test_06_points_lines_polygons_and_multi_parts_stand_in_one_table(tmp_path: Path) -> None:
    whole = square()
    middle = whole.centroid
    shapes = [
        whole,
        middle,
        shapely.LineString([(LON - 0.001, middle.y), (LON + 0.002, middle.y)]),
        shapely.MultiPolygon([whole, square(0.01)]),
        shapely.MultiPoint([middle, (LON + 0.01, LAT)]),
        shapely.MultiLineString(
            [[(LON, middle.y), (LON + 0.001, middle.y)], [(LON, LAT + 0.01), (LON, LAT + 0.02)]]
        ),
    ]
    report = sxgeo.check_sites(frame(shapes), layers={CLASS: user_layer(tmp_path, [whole])})
    assert [s.known_verdict for s in report.sites] == ["conflict"] * 6
    found = [next(f for f in entry(s).findings if f.feature_id == "U0") for s in report.sites]
    assert [f.overlap_m2 > 0 for f in found] == [True, False, False, True, False, False]
    assert [f.overlap_length_m > 0 for f in found] == [False, False, True, False, False, True]
    assert found[4].overlap_share == pytest.approx(0.5)
    assert {f.distance_m for f in found} == {0.0}


# 7
# ------------------------------------------------------------------------------------------------------------


def test_07_index_column_names_and_order_of_the_input_change_nothing() -> None:
    shapes = [square(0.01 * i) for i in range(5)]
    plain = frame(shapes, site_id=list("abcde"))
    odd = plain.assign(
        index_right=1, index_left=2, level_0=3, geometry_1="x", feature_id="y", distance_m=9
    )
    odd.index = [7, 7, 3, -1, 0]
    assert odd.columns[0] == "site_id"
    one, other = sxgeo.check_sites(plain), sxgeo.check_sites(odd)
    assert one.findings.equals(other.findings) and one.screening.equals(other.screening)
    back = sxgeo.check_sites(plain.iloc[::-1])
    assert [s.site.site_id for s in back.sites] == list("edcba")
    by_id = {s.site.site_id: s.screening for s in back.sites}
    assert all(by_id[s.site.site_id] == s.screening for s in one.sites)


# 8
# ------------------------------------------------------------------------------------------------------------


def test_08_no_share_exceeds_the_site_and_no_area_the_smaller_shape() -> None:
    layer = make_layer(
        *((make_record(feature_id=f"F{i}"), box(50 * i, 0, 50 * i + 1000, 1000)) for i in range(4))
    )
    found = entry(ask(make_site(INSIDE), layer)).findings
    assert len(found) == 4
    assert all(0 <= f.overlap_share <= 1 and f.overlap_m2 <= 40_020 for f in found)
    assert sum(f.overlap_share for f in found) > 1  # per feature: each is told whole


def test_08_the_union_of_all_overlaps_of_a_rule_is_told_once() -> None:
    layer = make_layer(
        *((make_record(feature_id=f"F{i}"), box(50 * i, 0, 50 * i + 1000, 1000)) for i in range(4))
    )
    told = entry(ask(make_site(INSIDE), layer))
    unions = [getattr(told, name) for name in dir(told) if "union" in name]
    assert unions


# 9
# ------------------------------------------------------------------------------------------------------------


def test_09_many_pairs_are_worked_site_by_site_with_progress() -> None:
    layer = make_layer(
        *((make_record(feature_id=f"F{i:03d}"), box(i, i, i + 500, i + 500)) for i in range(60))
    )
    seen: list[str] = []

    def progress(sites: Any) -> Any:
        for site in sites:
            seen.append(site.site_id)
            yield site

    sites = [make_site(box(10 * i, 0, 10 * i + 300, 300), site_id=f"s{i}") for i in range(20)]
    answers = screen(
        sites,
        [layer],
        [make_rule()],
        counties=make_counties(),
        as_of="2026-11-21",
        progress=progress,
    )
    assert seen == [s.site_id for s in sites]
    assert sum(len(entry(a).findings) for a in answers) == sum(
        shapely.distance(to_plane(s.geometry, PLANE), to_plane(f, PLANE)) <= 1
        for s in sites
        for f in layer.shapes
    )


# 10
# -----------------------------------------------------------------------------------------------------------


def test_10_nearest_ties_are_stable_and_touching_pairs_are_told() -> None:
    same = [(make_record(feature_id=i), box(100, 0, 110, 10)) for i in "ABC"]
    told = [
        entry(ask(make_site(shapely.Point(0, 5)), make_layer(*same))).findings for _ in range(3)
    ]
    assert [[f.feature_id for f in found] for found in told] == [["A"]] * 3
    twins = [
        (make_record(feature_id=i), box(x, 0, x + 10, 10)) for i, x in (("A", -110.0), ("B", 100.0))
    ]
    touching = entry(ask(make_site(box(-100, 0, 100, 10)), make_layer(*twins))).findings
    assert [(f.feature_id, f.relation) for f in touching] == [("A", "between"), ("B", "between")]


def test_10_a_site_across_the_antimeridian_or_round_the_world_is_bad_input() -> None:
    shapes = [shapely.box(179, 38, 181, 39), shapely.box(-180, -90, 180, 90)]
    assert [s.usable for s in read_sites(frame(shapes)).sites] == [False, False]


def test_10_a_curve_of_a_geopackage_is_read_as_a_fine_line(tmp_path: Path) -> None:
    chords = shapely.LineString([(LON, LAT), (LON + 0.001, LAT + 0.001), (LON + 0.002, LAT)])
    curve = bytearray(shapely.to_wkb(chords))
    curve[1] = 8  # line string -> circular string
    path = tmp_path / "curve.gpkg"
    pyogrio.raw.write(
        path,
        np.array([bytes(curve)], dtype=object),
        [],
        [],
        crs=GEOGRAPHIC,
        geometry_type="Unknown",
    )
    (site,) = read_sites(path).sites
    half_turn = np.pi / (2 * 2**0.5)
    assert site.geometry.length / chords.length == pytest.approx(half_turn, rel=1e-3)


# 11
# -----------------------------------------------------------------------------------------------------------


def test_11_a_resource_outside_the_zone_whose_distance_reaches_in_is_found() -> None:
    counties = make_counties((COUNTY, box(-9000, -9000, 9000, 9000), 10.0))
    outside = make_layer((make_record(county_code="149901"), box(9050, 0, 9200, 100)))
    site = make_site(box(8900, 0, 8990, 100))
    answer = ask(site, outside, rules=(make_rule(required_m=100.0),), counties=counties)
    assert (answer.verdict, entry(answer).findings[0].distance_m) == (
        "conflict",
        pytest.approx(60, abs=0.1),
    )


def test_11_a_drawn_buffer_would_lose_what_the_distance_finds() -> None:
    found = 0
    for turn in np.linspace(0, 2 * np.pi, 720):
        point = shapely.Point(200.05 * np.cos(turn), 200.05 * np.sin(turn))
        rule = make_rule(required_m=200.0)
        layer = make_layer((make_record(position_accuracy_m=0.0), shapely.Point(0, 0).buffer(0.5)))
        found += ask(make_site(point), layer, rules=(rule,)).verdict == "conflict"
    assert found == 720


# 12
# -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [101, 1001])
def test_12_every_row_of_a_layer_is_read_beyond_any_page(tmp_path: Path, number: int) -> None:
    shapes = [square(1e-5 * i, 1e-6) for i in range(number)]
    report = sxgeo.check_sites(
        frame([shapely.box(LON - 0.001, LAT - 0.001, LON + 0.02, LAT + 0.001)]),
        layers={CLASS: user_layer(tmp_path, shapes)},
    )
    ids = {f.feature_id for f in entry(report.sites[0]).findings if f.feature_id.startswith("U")}
    assert len(ids) == number


def test_12_a_failed_layer_and_a_hole_in_the_coverage_are_never_clear(tmp_path: Path) -> None:
    failed = Layer(make_spec(), (), np.array([], dtype=object), failed="disk")
    assert entry(ask(make_site(INSIDE), failed)).outcome == "not_screened"
    hole = box(-50_000, -50_000, 50_000, 50_000).difference(box(2000, 2000, 3000, 3000))
    counties = make_counties((COUNTY, hole, 10.0))
    far = make_layer((make_record(), SCOPE))
    for site in (
        box(2400, 2400, 2500, 2500),
        box(1950, 2400, 2500, 2500),
        box(1900, 1900, 3100, 3100),
    ):
        assert ask(make_site(site), far, counties=counties).verdict in (
            "not_screened",
            "undetermined",
        )
    broken = tmp_path / "layer.gpkg"
    broken.write_bytes(b"SQLite format 3\x00 and nothing more")
    with pytest.raises(InputError, match="cannot be read"):
        sxgeo.check_sites(frame([square()]), layers={CLASS: broken})


def test_12_completeness_holds_across_the_seam_of_two_counties() -> None:
    seam = [(0.0, -9000.0), (3.0, -10.0), (-2.0, 500.0), (0.0, 9000.0)]
    west = shapely.Polygon([(-9000, -9000), *seam, (-9000, 9000)])
    east = shapely.Polygon([(9000, -9000), *seam, (9000, 9000)])
    counties = make_counties(("149998", west, 10.0), ("149999", east, 10.0))
    spec = make_spec(coverage=("149998", "149999"), complete_in=("149998", "149999"))
    layer = make_layer((make_record(), box(5000, 5000, 5100, 5100)), spec=spec)
    assert ask(make_site(box(-50, 0, 50, 100)), layer, counties=counties).verdict == "clear"


def test_12_completeness_holds_across_the_seams_of_the_bundled_counties() -> None:
    from sxgeo.boundaries.units import load_counties

    counties = load_counties()
    codes = tuple(counties["code"])
    spec = make_spec(coverage=codes, complete_in=codes)
    record = make_record(county_code=codes[0])
    outline = shapely.union_all(counties.geometry.to_numpy())
    layer = Layer(
        spec, (record,), np.array([shapely.box(112.0, 37.0, 112.001, 37.001)], dtype=object)
    )
    sites, deep = [], to_plane(outline, PLANE).buffer(-2000)
    shapes = counties.geometry.to_numpy()
    for i, one in enumerate(shapes):
        for other in shapes[i + 1 :]:
            shared = shapely.intersection(one, other)
            for point in shapely.points(shapely.get_coordinates(shared)[::40]):
                if deep.contains(to_plane(point, PLANE)):
                    sites.append(Site(f"s{len(sites)}", shapely.buffer(point, 0.002)))
    assert len(sites) > 20
    answers = screen(sites, [layer], [make_rule()], counties=counties, as_of="2026-11-21")
    told = {s.verdict for s in answers}
    assert told == {"clear"}, json.dumps([s.site.site_id for s in answers if s.verdict != "clear"])
