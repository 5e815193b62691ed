"""Areas, their land, two days of them, and who is served: what their columns say is what they are."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point
from small_roads import GEOD, HERE, move, straight

import sxgeo
from sxgeo.analysis.accessibility import compare as compare_file
from sxgeo.analysis.accessibility.compare import differences
from sxgeo.analysis.accessibility.friction import Grid, friction, sealed, tobler_kmh
from sxgeo.analysis.accessibility.indicators import Bounds, Node, leg_km, legs_of, within
from sxgeo.analysis.accessibility.origins import CONTOURS
from sxgeo.analysis.network.rail import BOARD_MIN, Line, Stop, with_lines
from sxgeo.errors import InputError, UsageError

LOST = (120.0, 30.0)
SPOTS = [move(move(HERE, 90, metres), 0, off) for metres, off in ((2_000, 40), (6_000, 230))]
ENDS = [HERE, move(HERE, 90, 19_000)]


def km2(shape: Any) -> float:
    """Another library's area."""
    return abs(float(GEOD.geometry_area_perimeter(shape)[0])) / 1e6


@pytest.fixture(scope="module")
def road() -> Any:
    return straight(8_000, 30)


@pytest.fixture(scope="module")
def areas(road: Any) -> gpd.GeoDataFrame:
    return sxgeo.isochrones(road, SPOTS, [3, 6])


# Areas


def test_columns_of_areas_tell_their_shapes_and_the_way_to_the_road(areas: Any) -> None:
    told = ["origin_id", "minutes", "area_km2", "snap_m", "geometry"]
    assert list(areas.columns) == told
    assert areas["area_km2"].tolist() == [round(km2(shape), 4) for shape in areas.geometry]
    assert areas["snap_m"].tolist() == pytest.approx([40, 40, 230, 230], abs=0.2)
    assert areas["snap_m"].tolist() == areas["snap_m"].round(1).tolist()
    ids = [f"{lon!r},{lat!r}" for lon, lat in SPOTS]
    assert areas.attrs["origins"] == [(ids[n], *SPOTS[n]) for n in (0, 1)]
    assert areas["origin_id"].tolist() == [ids[0]] * 2 + [ids[1]] * 2


def test_what_several_reach_together_is_the_union_with_the_worst_of_each() -> None:
    vague = [Stop("a", "a", *ENDS[0], access_error_min=3.5), Stop("b", "b", *ENDS[1], 7.25)]
    railed = with_lines(straight(20_000, 12), vague, [Line("l", "l", ("a", "b"), (4.0,))])
    apart = sxgeo.isochrones(railed, SPOTS, [6, 37, 45])
    together = sxgeo.isochrones(railed, SPOTS, [6, 37, 45], merged=True)
    assert together["origin_id"].unique().tolist() == [";".join(apart["origin_id"].unique())]
    assert together["snap_m"].unique().tolist() == [apart["snap_m"].max()]
    for row in together.itertuples():
        own = apart[apart["minutes"] == row.minutes]
        union = own.geometry.union_all()
        assert km2(row.geometry.symmetric_difference(union)) < 0.01
        assert row.access_error_min == own["access_error_min"].max()
    assert len(set(together["access_error_min"])) > 1


@pytest.mark.parametrize(
    ("walk_m", "apart_min"),
    [(0, -0.2), (0, 0.0), (0, 0.2), (200, -0.2), (200, 0.2), (600, -0.2), (600, 0.2)],
)
def test_the_error_of_a_stop_counts_from_the_minute_its_platform_is_reached(
    walk_m: int, apart_min: float
) -> None:
    """On foot to the road at 4 km/h, boarding, ten minutes of riding; the road is far too slow."""
    vague = [Stop("a", "a", *ENDS[0], access_error_min=0.5), Stop("b", "b", *ENDS[1], 7.5)]
    road = with_lines(straight(20_000, 6), vague, [Line("l", "l", ("a", "b"), (10.0,))])
    aboard = walk_m / 4_000 * 60 + BOARD_MIN
    limits = [aboard + apart_min, aboard + 10 + apart_min]
    found = sxgeo.isochrones(road, [move(HERE, 0, walk_m)], limits)["access_error_min"].tolist()
    assert found == ([0.0, 0.5] if apart_min < 0 else [0.5, 7.5])


def test_a_network_without_rail_has_no_column_of_errors_and_one_contour_no_name(road: Any) -> None:
    doubted = replace(road, time_error_share=0.2)
    one, both = (
        sxgeo.isochrones(doubted, SPOTS[:1], [9], contours=c) for c in (["middle"], CONTOURS)
    )
    assert "contour" not in one.columns and both["contour"].tolist() == list(CONTOURS)
    assert "access_error_min" not in both.columns
    assert both["area_km2"].is_monotonic_increasing and both["area_km2"].is_unique

    # a contour is the area at a limit of its own
    limits = sxgeo.isochrones(doubted, SPOTS[:1], [7.2, 9, 10.8])
    assert both.geometry.geom_equals(limits.geometry).all()
    assert both["minutes"].tolist() == [9, 9, 9]


# Land


def land(*boxes: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.box(*box) for box in boxes], crs=4490)


@given(east=st.floats(112.61, 112.69), south=st.floats(37.98, 38.0))
@settings(max_examples=6, deadline=None)
def test_what_is_left_and_what_is_taken_off_are_measured_and_make_the_whole(
    areas: gpd.GeoDataFrame, east: float, south: float
) -> None:
    found = sxgeo.clip_to_land(areas, land((112, south, east, 39), (112.01, south, 112.3, 38.9)))
    assert found["area_km2"].tolist() == [round(km2(shape), 4) for shape in found.geometry]
    water = found["water_km2"].to_numpy()
    assert (water >= 0).all() and (water.round(4) == water).all()
    assert water + found["area_km2"].to_numpy() == pytest.approx(
        areas["area_km2"].to_numpy(), abs=2e-4
    )
    corners = shapely.get_coordinates(found.geometry.to_numpy())
    assert np.array_equal(corners, corners.round(7))
    columns = list(areas.columns)
    columns.insert(columns.index("area_km2") + 1, "water_km2")
    assert list(found.columns) == columns and found.index.equals(areas.index)
    for number in (0, 2):
        less, more = found.geometry[number], found.geometry[number + 1]
        assert less.is_empty or more.covers(less)


@pytest.mark.parametrize("share", [0.5, 1.5])
def test_land_that_may_go_on_beyond_the_mask_is_named_from_a_hectare_on(
    areas: gpd.GeoDataFrame, share: float
) -> None:
    """The mask ends so far from the eastern edge of the largest area that 0.5 or 1.5 ha lie beyond."""
    shape = areas.geometry[3]
    west, _, east, _ = shape.bounds

    # by halves: the strip that holds so much
    near, far = west, east
    for _ in range(40):
        middle = (near + far) / 2
        beyond = km2(shape.intersection(shapely.box(middle, 30, 120, 45)))
        near, far = (middle, far) if beyond > share * 0.01 else (near, middle)
    found = sxgeo.clip_to_land(areas, land((110, 37, near, 39)))
    named = [(place, note) for place, note in found.attrs["notes"] if "beyond" in note]
    assert [place for place, _ in named] == ([areas["origin_id"][3]] if share > 1 else [])
    assert all(note.startswith("6 min: 0.01 km2") or "0.02 km2" in note for _, note in named)
    plain = sxgeo.clip_to_land(areas.drop(columns=["minutes"]), land((110, 37, near, 39)))
    assert len(plain.attrs["notes"]) == len(found.attrs["notes"])
    assert not any("min:" in note for _, note in plain.attrs["notes"])


def test_areas_of_nobody_are_clipped_each_by_itself(areas: gpd.GeoDataFrame) -> None:
    ground = land((112, 37, 112.66, 39))
    alone = sxgeo.clip_to_land(areas.drop(columns=["origin_id"]), ground)
    owned = sxgeo.clip_to_land(areas, ground)
    assert alone["area_km2"].tolist() == pytest.approx(owned["area_km2"].tolist(), abs=1e-3)
    swapped = sxgeo.clip_to_land(areas.iloc[::-1], ground)
    assert swapped["area_km2"].tolist() == owned["area_km2"].tolist()[::-1]


def test_where_the_mask_only_touches_nothing_is_left_and_it_is_an_area(
    areas: gpd.GeoDataFrame,
) -> None:
    west = areas.geometry[2].bounds[0]
    found = sxgeo.clip_to_land(areas, land((112, 37, west, 39)))
    assert found.geometry.geom_type.isin(["Polygon", "MultiPolygon"]).all()
    assert found.geometry[2].is_empty and found["area_km2"][2] == 0


def test_edges_that_land_shares_with_an_area_are_no_part_of_it() -> None:
    """One area beside the land, one half on it that meets more of it along an edge."""
    shapes = [shapely.box(112.62, 38, 112.63, 38.01), shapely.box(112.58, 38, 112.6, 38.01)]
    rows = {"origin_id": ["a", "b"], "area_km2": [1.0, 2.0]}
    areas = gpd.GeoDataFrame(rows, geometry=shapes, crs=4490)
    ground = land((112.59, 38, 112.6, 38.01), (112.57, 38, 112.58, 38.01), (112.61, 38, 112.62, 39))
    found = sxgeo.clip_to_land(areas, ground)
    assert found.geometry[0].is_empty and found["area_km2"][0] == 0
    assert found.geometry[1].equals(shapely.box(112.59, 38, 112.6, 38.01))
    assert set(found.geom_type) == {"Polygon"}


@pytest.mark.parametrize("role", ["areas", "land"])
def test_every_row_that_is_no_polygon_is_named_with_what_it_is(
    areas: gpd.GeoDataFrame, role: str
) -> None:
    bad = gpd.GeoDataFrame(
        geometry=[areas.geometry[0], None, Point(HERE), shapely.LineString([HERE, SPOTS[0]])],
        index=["good", "none", "point", "line"],
    )
    given = {"areas": areas, "land": land((112, 37, 113, 39)), role: bad}
    with pytest.raises(InputError) as told:
        sxgeo.clip_to_land(given["areas"], given["land"])
    words = str(told.value)
    assert f"{role}: no CRS" in words and "row good" not in words
    assert f"{role}, row none: no geometry" in words
    assert f"{role}, row point: a Point, not a polygon" in words
    assert f"{role}, row line: a LineString, not a polygon" in words
    with pytest.raises(InputError, match=f"{role}: not a GeoDataFrame with a geometry column"):
        sxgeo.clip_to_land(**{**given, role: pd.DataFrame({"geometry": [1]})})


def test_lines_alone_are_edges_and_areas_of_several_parts_are_none(
    areas: gpd.GeoDataFrame,
) -> None:
    ground = land((112, 37, 113, 39))
    line = shapely.LineString([HERE, SPOTS[0]])
    for shapes in ([line], [line, shapely.MultiLineString([line])]):
        with pytest.raises(UsageError, match="edges are not clipped to land"):
            sxgeo.clip_to_land(gpd.GeoDataFrame(geometry=shapes, crs=4490), ground)
    parts = areas.set_geometry([shapely.MultiPolygon([shape]) for shape in areas.geometry])
    found = sxgeo.clip_to_land(parts.set_crs(4490, allow_override=True), ground)
    assert found["area_km2"].tolist() == pytest.approx(areas["area_km2"].tolist(), abs=1e-4)


def test_a_mask_off_the_earth_and_of_another_region_are_refused(areas: gpd.GeoDataFrame) -> None:
    with pytest.raises(InputError, match=r"land, row 1: coordinates outside") as told:
        sxgeo.clip_to_land(
            areas, land((112, 37, 113, 39), (500_000, 4_000_000, 500_001, 4_000_001))
        )
    assert "row 0" not in str(told.value)
    with pytest.raises(InputError, match="no land lies in any of the areas"):
        sxgeo.clip_to_land(areas, land((0, 0, 1, 1)))
    assert len(sxgeo.clip_to_land(areas.iloc[:0], land((0, 0, 1, 1)))) == 0


# Two days


@pytest.fixture(scope="module")
def two_days() -> Any:
    """A road, and the same with a line to a town that no road of it leads to."""
    before = straight(20_000, 30)
    stops = [Stop("a", "a", *ENDS[0]), Stop("b", "b", *ENDS[1])]
    after = with_lines(before, stops, [Line("l", "l", ("a", "b"), (2.0,))])
    return before, after


def test_places_come_by_what_they_gain_and_minutes_are_those_of_each_day(two_days: Any) -> None:
    places = gpd.GeoDataFrame(
        {"id": ["far", "near", "lost", "half"]},
        geometry=[Point(ENDS[1]), Point(SPOTS[0]), Point(LOST), Point(move(HERE, 90, 18_500))],
        crs=4490,
    )
    saved, gained, was, becomes = differences(two_days, [HERE], minutes=[36], places=places)
    tables = [sxgeo.travel_times(each, [HERE], places) for each in two_days]
    minutes = [table.set_index("destination_id")["minutes"].round(1) for table in tables]
    assert saved["place_id"].tolist() == ["far", "half", "near", "lost"]
    for row in saved.iloc[:3].itertuples():
        assert (row.before_min, row.after_min) == tuple(day[row.place_id] for day in minutes)
        assert row.saved_min == round(row.before_min - row.after_min, 1) >= 0
    assert saved.iloc[3][["before_min", "after_min", "saved_min"]].isna().all()
    assert saved["name_zh"].tolist() == saved["place_id"].tolist()
    assert saved.index.tolist() == [0, 1, 2, 3]

    # what is gained is what was not reached, and lies round the station
    more = becomes.geometry[0].difference(was.geometry[0])
    assert km2(gained.geometry[0].symmetric_difference(more)) < 0.05 * km2(more)
    assert gained["gained_km2"].tolist() == [round(km2(gained.geometry[0]), 4)]
    assert (gained["before_km2"][0], gained["after_km2"][0]) == (
        was["area_km2"][0], becomes["area_km2"][0]
    )  # fmt: skip
    assert gained.geometry[0].covers(Point(ENDS[1]))
    assert list(gained.columns[:2]) == ["origin_id", "minutes"] and gained.crs == 4490


def test_who_is_newly_reached_comes_first_and_who_is_lost_last(two_days: Any) -> None:
    """The other way round in time, over a road that ends before the town."""
    short = straight(12_000, 30)
    places = [move(HERE, 90, metres) for metres in (1_000, 11_000, 19_000)]
    saved, *_ = differences([short, two_days[0]], [HERE], minutes=[9], places=places)
    assert saved["before_min"].isna().tolist() == [True, False, False]
    assert saved["place_id"].iloc[0].startswith(f"{places[2][0]!r}")
    closed, *_ = differences([two_days[0], short], [HERE], minutes=[9], places=places)
    assert closed["after_min"].isna().tolist() == [False, False, True]
    assert closed["saved_min"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("length_m", "width_m", "told"),
    [
        (380, 380, False), (420, 420, True),  # four cells of a fifth of the cap
        (7_500, 500, True), (500, 7_500, True),  # fifteen times as long as wide
        (8_500, 500, False), (500, 8_500, False),  # seventeen times
    ],
)  # fmt: skip
def test_what_is_small_or_thin_is_no_gain(length_m: float, width_m: float, told: bool) -> None:
    """A cap of 1,000 m; beside it a gain that is large in any case."""
    rows = {"origin_id": ["a"], "minutes": [9], "area_km2": [1.0]}
    east, north = (move(HERE, azimuth, 1)[n] - HERE[n] for n, azimuth in enumerate((90, 0)))
    part = shapely.box(0, 0, length_m, width_m)
    block = shapely.box(-9_000, -9_000, -1_000, -1_000)
    degrees = [
        shapely.transform(shape, lambda xy: HERE + xy * (east, north)) for shape in (part, block)
    ]
    frames = [
        gpd.GeoDataFrame(rows, geometry=[shapely.MultiPolygon(shapes)], crs=4490)
        for shapes in (degrees[:0], degrees)
    ]
    gained = compare_file._gained(*frames, 1_000)
    assert len(gained.geometry[0].geoms) == 1 + told
    assert gained["gained_km2"][0] == pytest.approx(64 + told * length_m * width_m / 1e6, rel=1e-3)


def test_the_same_network_twice_gains_nothing_in_each_contour(two_days: Any) -> None:
    _, gained, was, becomes = differences(
        [two_days[0]] * 2, SPOTS, minutes=[5, 9], places=[HERE], contours=CONTOURS
    )
    assert gained.geometry.is_empty.all() and (gained["gained_km2"] == 0).all()
    assert gained["contour"].tolist() == list(CONTOURS) * 4 == becomes["contour"].tolist()
    assert was["area_km2"].equals(becomes["area_km2"])


def test_a_later_day_has_to_be_later(two_days: Any) -> None:
    for later in ("2026-11-01", "2026-10-31"):
        with pytest.raises(UsageError, match="is not later than 2026-11-01"):
            sxgeo.compare(two_days[0], [HERE], "2026-11-01", later)


# Who is served


def served(wanted: list[float], offered: list[float], **options: Any) -> pd.DataFrame:
    points = [Point(move(HERE, 90, 3_000 * number)) for number in range(5)]
    demand = gpd.GeoDataFrame(
        {"id": range(len(wanted)), "demand": wanted}, geometry=points[: len(wanted)], crs=4490
    )
    supply = gpd.GeoDataFrame(
        {"id": range(len(offered)), "supply": offered}, geometry=points[-len(offered) :], crs=4490
    )
    return sxgeo.catchment(straight(20_000, 60), demand, supply, **options)


@pytest.mark.parametrize("scale", [0.01, 100])
def test_shares_go_with_supply_and_against_demand_however_small_the_numbers(scale: float) -> None:
    plain = served([1, 2, 3], [4, 5], max_minutes=7)["accessibility"]
    more = served([1, 2, 3], [4 * scale, 5 * scale], max_minutes=7)["accessibility"]
    fewer = served([scale, 2 * scale, 3 * scale], [4, 5], max_minutes=7)["accessibility"]
    assert more.tolist() == pytest.approx((plain * scale).tolist())
    assert fewer.tolist() == pytest.approx((plain / scale).tolist())
    assert plain.sum() > 0


@pytest.mark.parametrize("method", ["two_stage", "gravity"])
def test_a_weight_of_nothing_beyond_some_minutes_is_a_smaller_catchment(method: str) -> None:
    narrow = served([1, 2, 3], [4, 5], max_minutes=7, method=method, weight=lambda _: 0.5)
    wide = served([1, 2, 3], [4, 5], max_minutes=60, method=method, weight=lambda m: 0.5 * (m <= 7))
    assert wide["accessibility"].tolist() == pytest.approx(narrow["accessibility"].tolist())
    assert wide["supplies_within"].tolist() == [2, 2, 2]
    assert narrow["supplies_within"].tolist() == [0, 1, 2]
    assert wide["nearest_min"].tolist() == pytest.approx([9, 6, 3], abs=0.05)
    assert narrow["nearest_min"].tolist() == pytest.approx([np.nan, 6, 3], abs=0.05, nan_ok=True)


def test_a_supply_without_demand_is_named_only_where_there_is_some() -> None:
    told = served([0, 0, 0], [0.01, 0], max_minutes=60)
    assert [place for place, _ in told.attrs["notes"]] == [0]
    assert told["accessibility"].tolist() == [0, 0, 0]
    assert served([1], [0.01], max_minutes=60).attrs["notes"] == []
    weighted = served([1], [2], max_minutes=60, method="gravity", weight=lambda _: 1)
    assert weighted.attrs["notes"] == [] and weighted["accessibility"].tolist() == [2]


def test_of_very_many_wrong_rows_twenty_are_named() -> None:
    with pytest.raises(InputError) as told:
        bad = gpd.GeoDataFrame({"demand": [-1.0] * 30}, geometry=[Point(HERE)] * 30, crs=4490)
        sxgeo.catchment(straight(), bad, bad.rename(columns={"demand": "supply"}), max_minutes=5)
    assert str(told.value).count("demand, row") == str(told.value).count("supply, row") == 20


# Bounds and ground


@given(
    st.lists(st.floats(0, 100) | st.none(), max_size=6),
    st.floats(1, 100),
    st.floats(0, 0.5),
)
def test_places_within_a_limit_are_those_whose_error_leaves_them_there(
    minutes: list[float | None], limit: float, share: float
) -> None:
    known = [value for value in minutes if value is not None]
    count = sum(value + value * share <= limit for value in known)
    found = within(minutes, limit, error_share=share)
    close = any(value * (1 + share) == pytest.approx(limit) for value in known)
    assert found == (Bounds(float(count)) if known else Bounds()) or close


@given(st.permutations(range(4)), st.floats(0, 500))
def test_a_way_is_between_the_straight_one_and_its_chords_with_detour(
    order: list[int], accuracy_m: float
) -> None:
    nodes = [Node(112 + 0.05 * n, 38 + 0.03 * (n % 2), accuracy_m) for n in order]
    chords = [GEOD.inv(a.lon, a.lat, b.lon, b.lat)[2] for a, b in pairwise(nodes)]
    straight_m = GEOD.inv(nodes[0].lon, nodes[0].lat, nodes[-1].lon, nodes[-1].lat)[2]
    low, high = leg_km(nodes)
    assert low == pytest.approx(max(0, straight_m - 2 * accuracy_m) / 1000)
    assert high == pytest.approx((sum(chords) + 2 * accuracy_m) / 1000 * 1.13)
    both_ways = legs_of([nodes, nodes[::-1], nodes[1:3]])
    assert len(both_ways) == 3 and all(a < b for a, b in both_ways)


GRID = Grid("EPSG:4547", 500_000.0, 4_200_000.0, 30.0, 6, 5)


def test_centres_lie_in_their_cells_and_what_is_no_place_in_none() -> None:
    x, y = GRID.centres()
    rows, columns = np.meshgrid(np.arange(6), np.arange(5), indexing="ij")
    found = GRID.cells(x[columns], y[rows])
    assert np.array_equal(found[0], rows) and np.array_equal(found[1], columns) and found[2].all()
    assert np.array_equal(GRID.centres(2, 4)[1], y[2:4]) and np.array_equal(
        GRID.centres(5)[1], y[5:]
    )
    corners = (
        [500_000.0, 500_150.0, 499_999.99, np.nan],
        [4_200_000.0, 4_199_820.0, 4_200_000.01, 0],
    )
    assert GRID.cells(*corners)[2].tolist() == [True, False, False, False]
    for axis, step in ((0, 1e-6), (1, 1e-6)):
        inside = [500_150.0 - step, 4_199_900.0] if axis == 0 else [500_050.0, 4_199_820.0 + step]
        outside = [500_150.0, 4_199_900.0] if axis == 0 else [500_050.0, 4_199_820.0]
        assert [bool(GRID.cells(*place)[2]) for place in (inside, outside)] == [True, False]


@given(st.integers(0, 2**30 - 1))
def test_a_sealed_barrier_holds_the_first_and_lets_nobody_slip_between_corners(bits: int) -> None:
    barrier = np.array([bits >> n & 1 for n in range(30)], dtype=bool).reshape(6, 5)
    given = barrier.copy()
    shut = sealed(barrier)
    assert shut[barrier].all() and np.array_equal(barrier, given)
    for row in range(5):
        for column in range(4):
            square = shut[row : row + 2, column : column + 2].astype(int)
            assert square.tolist() not in ([[1, 0], [0, 1]], [[0, 1], [1, 0]])
    again = sealed(shut)
    assert np.array_equal(again, shut)


def test_level_ground_is_walked_at_the_speed_that_is_said() -> None:
    height = np.full((6, 5), 700.0)
    speeds = np.array([3.0, 4.5, 0.0, np.nan, 1.0])
    surface = friction(GRID, height, np.tile(speeds, (6, 1)))
    for column, kmh in enumerate(speeds):
        pace = surface.min_per_m[:, column]
        if kmh > 0:
            assert pace == pytest.approx(0.06 / kmh)
        else:
            assert np.isinf(pace).all()
    assert surface.known.all(axis=0).tolist() == [True, True, True, False, True]
    unsaid = friction(GRID, height)
    assert unsaid.min_per_m == pytest.approx(0.06 / (0.6 * float(tobler_kmh(0))))
    assert float(tobler_kmh(-0.05)) == 6.0 and float(tobler_kmh(0)) == pytest.approx(
        5.0367, abs=1e-4
    )
    assert float(tobler_kmh(0.95)) == pytest.approx(6 * np.exp(-3.5))
    with pytest.raises(InputError, match="nobody can pass anywhere"):
        friction(GRID, height, np.zeros((6, 5)))
