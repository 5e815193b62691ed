"""Ways and what they reach, by parts: stretches of roads, counts, tables, times over the ground."""

from __future__ import annotations

import dataclasses
import heapq
import math
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from small_roads import GEOD, HERE, lattice, move, oneways, speeds, spots, straight

from sxgeo.analysis.accessibility import overland, reached, travel_times
from sxgeo.analysis.accessibility.friction import FrictionSurface, Grid
from sxgeo.analysis.accessibility.isochrones import isochrones
from sxgeo.analysis.accessibility.overland import least_minutes, overland_isochrones
from sxgeo.analysis.accessibility.reached import Pieces
from sxgeo.analysis.accessibility.routes import routes
from sxgeo.analysis.accessibility.surface import nested
from sxgeo.analysis.accessibility.within import LISTED, count_within
from sxgeo.analysis.network.arrays import TICKS_PER_MIN
from sxgeo.analysis.network.build import network_from_lines
from sxgeo.analysis.network.graph import Network
from sxgeo.errors import AnalysisError, InputError, UsageError
from sxgeo.geometry.projection import GEOGRAPHIC, plane_crs, to_plane

INF = math.inf
few = settings(max_examples=30, deadline=None)
fewer = settings(max_examples=8, deadline=None)

# stretches of roads: every tick of an edge by itself


@st.composite
def searches(draw: st.DrawFn) -> tuple[Any, Any, Any]:
    """Return roads, the ticks to their nodes, and an origin beside one of them."""
    size = draw(st.integers(1, 4))
    nodes = st.lists(st.integers(0, 3), min_size=size, max_size=size)
    ticks = draw(
        st.lists(st.sampled_from([0.0, 1.0, 5.0, 12.0, 30.0, INF]), min_size=4, max_size=4)
    )
    whole = draw(st.lists(st.integers(1, 12), min_size=size, max_size=size))
    roads = SimpleNamespace(
        tail=np.array(draw(nodes)),
        head=np.array(draw(nodes)),
        ticks=np.array(whole),
        oneway=np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size))),
    )
    own = draw(st.integers(0, size - 1))
    origin = SimpleNamespace(
        edges=np.array([own]),
        back=np.array([draw(st.integers(0, whole[own]))]),
        walk_ticks=draw(st.integers(0, 8)),
    )
    return roads, np.array(ticks), origin


def soonest(roads: Any, ticks: Any, origin: Any, edge: int, at: float) -> float:
    """Return the ticks from the foot to a point so many ticks from the tail of an edge."""
    ways = [ticks[roads.tail[edge]] + at]
    if not roads.oneway[edge]:
        ways.append(ticks[roads.head[edge]] + roads.ticks[edge] - at)
    if edge == origin.edges[0]:
        ahead = at - origin.back[0]
        if ahead >= 0 or not roads.oneway[edge]:
            ways.append(abs(ahead))
    return float(min(ways))


def covered(pieces: Pieces, edge: int, share: float) -> int:
    """Return how many pieces hold a point of an edge."""
    return int(((pieces.edge == edge) & (pieces.low < share) & (share < pieces.high)).sum())


@few
@given(search=searches(), limit=st.integers(1, 40))
def test_a_point_of_a_road_is_reached_if_the_time_to_it_is(search: Any, limit: int) -> None:
    roads, ticks, origin = search
    found = reached.pieces(roads, ticks, origin, limit / TICKS_PER_MIN)
    assert (found.low >= 0).all() and (found.high <= 1).all() and (found.low < found.high).all()
    for edge, whole in enumerate(roads.ticks.tolist()):
        for at in np.arange(whole) + 0.5:
            in_time = soonest(roads, ticks, origin, edge, at) <= limit - origin.walk_ticks
            assert covered(found, edge, at / whole) == in_time


stretches = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=6
)


@few
@given(groups=st.lists(stretches, min_size=1, max_size=3))
def test_joined_stretches_hold_what_any_held_once_and_in_order(groups: Any) -> None:
    some = [
        Pieces(*(np.array(column) for column in ([e for e, _, _ in one], [a / 8 for _, a, _ in one],
                                                 [b / 8 for _, _, b in one])))
        for one in groups
    ]  # fmt: skip
    found = reached.joined(some)
    for edge in range(3):
        for share in (np.arange(8) + 0.5) / 8:
            assert covered(found, edge, share) == any(covered(one, edge, share) for one in some)
    told = list(zip(found.edge.tolist(), found.low.tolist(), found.high.tolist(), strict=True))
    for before, after in pairwise(told):
        # two parts that touch are one
        assert before[0] < after[0] or (before[0] == after[0] and before[2] < after[1])


def test_the_longest_walk_of_several_origins_is_told_and_all_are_named() -> None:
    network = straight(20_000)
    near, far = move(HERE, 90, 5_000), move(move(HERE, 90, 12_000), 0, 300)
    found = reached.reached_roads(network, [near, far], [5, 10], merged=True)
    assert len(found) == 2 and len(found.attrs["origins"]) == 2
    assert found["snap_m"].tolist() == [pytest.approx(300, abs=1)] * 2
    alone = reached.reached_roads(network, [near, far], [5, 10])
    assert sorted(found["origin_id"][0].split(";")) == sorted(set(alone["origin_id"]))
    assert found["length_km"][1] <= alone[alone["minutes"] == 10]["length_km"].sum()
    assert found["length_km"][1] == pytest.approx(length_km(found.geometry[1]), rel=1e-3)


@pytest.mark.parametrize("kind", ["edges", "hull"])
def test_smaller_limits_beside_it_change_no_answer(kind: str) -> None:
    network, place = straight(40_000), move(move(HERE, 90, 20_000), 0, 50)
    alone = reached.reached_roads(network, [place], [12], kind=kind)
    among = reached.reached_roads(network, [place], [3, 7, 12], kind=kind)
    assert among.geometry[2].equals(alone.geometry[0]) and among["minutes"][2] == 12


def length_km(shape: Any) -> float:
    return float(GEOD.geometry_length(shape)) / 1000


# what lies within areas

corner = st.integers(0, 6)
boxes = st.lists(st.tuples(corner, corner, st.integers(1, 4), st.integers(1, 4)), max_size=4)


@few
@given(grounds=boxes, places=st.lists(st.tuples(corner, corner), min_size=1, max_size=6))
def test_a_place_counts_in_every_area_that_it_touches(grounds: Any, places: Any) -> None:
    shapes = [shapely.box(112 + x, 36 + y, 112 + x + w, 36 + y + h) for x, y, w, h in grounds]
    areas = gpd.GeoDataFrame({"minutes": range(len(shapes))}, geometry=shapes, crs=GEOGRAPHIC)
    areas.attrs["notes"] = [("", "before")]
    points = [None, shapely.Point(), *(shapely.Point(112 + x, 36 + y) for x, y in places)]
    things = gpd.GeoDataFrame(geometry=points, crs=GEOGRAPHIC)
    names = ["lost", "empty", *(f"p{number % 4}" for number in range(len(places)))]
    found = count_within(areas, things, names, name="firm")
    expected = [
        sorted(
            name
            for name, (x, y) in zip(names[2:], places, strict=True)
            if left <= x <= left + wide and low <= y <= low + high
        )
        for left, low, wide, high in grounds
    ]
    assert found["firm_count"].tolist() == [len(inside) for inside in expected]
    assert found["firm_ids"].tolist() == [";".join(inside) for inside in expected]
    note = f"firm: 2 of {len(points)} have no position and are counted nowhere"
    assert found.attrs["notes"] == [("", "before"), ("", note)]
    assert areas.attrs["notes"] == [("", "before")] and "firm_count" not in areas


def test_all_are_counted_and_the_first_are_named() -> None:
    areas = gpd.GeoDataFrame(geometry=[shapely.box(112, 36, 113, 37)], crs=GEOGRAPHIC)
    size = LISTED + 3
    things = gpd.GeoDataFrame(geometry=[shapely.Point(112.5, 36.5)] * size, crs=GEOGRAPHIC)
    found = count_within(areas, things, [f"{n:04d}" for n in range(size)], name="x")
    assert found["x_count"].tolist() == [size] and found.attrs["notes"] == []
    assert found["x_ids"][0].split(";") == [f"{n:04d}" for n in range(LISTED)]
    with pytest.raises(InputError, match="x: no CRS; declare one"):
        count_within(areas, things.set_crs(None, allow_override=True), ["a"] * size, name="x")


@few
@given(grounds=st.lists(st.tuples(corner, corner, corner), min_size=1, max_size=4))
def test_rebuilt_areas_nest_and_hold_what_was_within_them(grounds: Any) -> None:
    bands = [shapely.box(112 + x, 36 + y, 113 + x + w, 37 + y + w) for x, y, w in grounds]
    rebuilt = nested(bands)
    for number, area in enumerate(rebuilt):
        held = shapely.union_all(bands[: number + 1])
        assert shapely.symmetric_difference(area, held).area < 1e-9
    for inner, outer in pairwise(rebuilt):
        assert shapely.covers(outer, inner)


# times over the ground: by Dijkstra, cell by cell

SIDE_M = 10.0
paces = st.lists(st.sampled_from([0.01, 0.02, 0.05, INF]), min_size=20, max_size=20)


def ground(
    values: Any, rows: int = 4, side_m: float = SIDE_M, known: Any = None
) -> FrictionSurface:
    pace = np.array(values, dtype=np.float64).reshape(rows, -1)
    x, y = shapely.get_coordinates(to_plane(shapely.Point(*HERE), plane_crs(HERE[0])))[0]
    grid = Grid(plane_crs(HERE[0]), float(x), float(y), side_m, *pace.shape)
    everywhere = np.ones(pace.shape, dtype=bool)
    return FrictionSurface(grid, pace, everywhere if known is None else known, ("a note",))


def by_dijkstra(pace: Any, start: tuple[int, int]) -> Any:
    minutes = np.full(pace.shape, INF)
    minutes[start] = 0.0
    waiting = [(0.0, start)]
    while waiting:
        gone, (row, column) = heapq.heappop(waiting)
        for down, across in ((d, a) for d in (-1, 0, 1) for a in (-1, 0, 1)):
            to = row + down, column + across
            if not (0 <= to[0] < pace.shape[0] and 0 <= to[1] < pace.shape[1]):
                continue
            later = gone + math.hypot(down, across) * SIDE_M * (pace[row, column] + pace[to]) / 2
            if later < minutes[to]:
                minutes[to] = later
                heapq.heappush(waiting, (later, to))
    return minutes


@few
@given(values=paces, start=st.tuples(st.integers(0, 3), st.integers(0, 4)),
       limit=st.sampled_from([0.15, 0.4, 1.0, INF]))  # fmt: skip
def test_times_over_the_ground_are_the_least(values: Any, start: Any, limit: float) -> None:
    surface = ground(values)
    surface.min_per_m[start] = 0.02
    expected = by_dijkstra(surface.min_per_m, start)
    expected[expected > limit + 1e-9] = INF
    found = least_minutes(surface, start, limit_min=limit + 1e-9)
    assert np.allclose(found, expected)


def centre(surface: FrictionSurface, row: int, column: int) -> tuple[float, float]:
    x, y = surface.grid.centres()
    spot = gpd.GeoSeries([shapely.Point(x[column], y[row])], crs=surface.grid.crs).to_crs(
        GEOGRAPHIC
    )
    return round(spot.x[0], 7), round(spot.y[0], 7)


def test_level_ground_is_left_by_the_minutes_and_cut_at_its_edge() -> None:
    # 0.02 minutes a metre: 50 metres a minute
    surface = ground([0.02] * 41 * 41, 41)
    middle = centre(surface, 20, 20)
    found = overland_isochrones(surface, [middle], [1, 2, 5])
    # ways in eight directions fill an octagon: eight triangles of r, r and 45 degrees
    octagons = [2 * math.sqrt(2) * (50 * minutes) ** 2 / 1e6 for minutes in (1, 2)]
    assert found["area_km2"][:2].tolist() == pytest.approx(octagons, rel=0.05)
    assert found["cut_by_edge"].tolist() == [False, False, True]
    assert found["kind"].tolist() == ["overland"] * 3 and found["snap_m"].tolist() == [0.0] * 3
    assert found.attrs["notes"][0] == ("", "a note") and len(found.attrs["notes"]) == 2
    assert "goes on beyond the edge" in found.attrs["notes"][1][1]
    assert "road_min" not in found and found.attrs["network"] == ""


@pytest.mark.parametrize(("cells", "open_"), [(1, False), (6, True)])
def test_a_hole_of_a_few_cells_is_closed_and_a_lake_is_not(cells: int, open_: bool) -> None:
    values = np.full((31, 31), 0.002)
    values[5 : 5 + cells, 5 : 5 + cells] = INF
    surface = ground(values, 31)
    found = overland_isochrones(surface, [centre(surface, 20, 20)], [1]).geometry[0]
    holes = [shapely.Polygon(ring).area for ring in found.interiors]
    assert len(holes) == int(open_)
    lake = shapely.Point(*centre(surface, 5 + cells // 2, 5 + cells // 2))
    assert found.covers(lake) != open_


def test_who_stands_where_nobody_walks_is_named_and_costs_no_other_his_answer() -> None:
    values = np.full((9, 9), 0.02)
    known = np.ones((9, 9), dtype=bool)
    values[1, 1] = values[1, 7] = INF
    known[1, 7] = False
    surface = ground(values, 9, known=known)
    wall, hole = centre(surface, 1, 1), centre(surface, 1, 7)
    outside, good = move(HERE, 270, 50), centre(surface, 5, 5)
    found = overland_isochrones(surface, [wall, hole, outside, good], [0.2])
    reasons = sorted(reason for _, reason in found.attrs["unanswered"])
    assert [words.split()[1:4] for words in reasons] == [
        ["lies", "on", "a"], ["lies", "outside", "the"], ["rasters", "hold", "no"]
    ]  # fmt: skip
    assert len(found) == 1 and found.attrs["origins"][0][1:] == good
    with pytest.raises(AnalysisError, match="no origin can be answered"):
        overland_isochrones(surface, [wall], [1])
    with pytest.raises(UsageError, match="no origins given"):
        overland_isochrones(surface, [], [1])


def test_a_cell_at_the_very_limit_is_reached_and_the_next_is_not() -> None:
    # a minute a step, in numbers that are exact in binary
    surface = ground([0.0625] * 81, 9, 16.0)
    found = least_minutes(surface, (4, 4), limit_min=3)
    assert found[4].tolist() == [INF, 3.0, 2.0, 1.0, 0.0, 1.0, 2.0, 3.0, INF]
    assert found[:, 4].tolist() == found[4].tolist()


def across(surface: FrictionSurface, **columns: Any) -> Network:
    """Return a road at 60 km/h along the middle row, from the first column to the last."""
    rows, columns_ = surface.min_per_m.shape
    ends = [centre(surface, rows // 2, 0), centre(surface, rows // 2, columns_ - 1)]
    frame = gpd.GeoDataFrame(
        {"speed_kmh": [60], **columns}, geometry=[shapely.LineString(ends)], crs=GEOGRAPHIC
    )
    return network_from_lines(frame)


def span_m(surface: FrictionSurface, shape: Any, place: tuple[float, float]) -> list[float]:
    """Return how far a shape goes to the west, south, east and north of a place."""
    west, south, east, north = to_plane(shape, surface.grid.crs).bounds
    x, y = shapely.get_coordinates(to_plane(shapely.Point(*place), surface.grid.crs))[0]
    return [float(x - west), float(y - south), float(east - x), float(north - y)]


@pytest.mark.parametrize(
    ("oneway", "reverse", "west", "east"),
    [(False, False, True, True), (True, False, False, True), (True, True, True, False)],
)
def test_a_road_over_slow_ground_is_left_anywhere_along_it(
    oneway: bool, reverse: bool, west: bool, east: bool
) -> None:
    # 50 metres a minute on foot, a kilometre by road; a wall that the road crosses
    values = np.full((21, 101), 0.02)
    values[:, 56] = INF
    surface = ground(values, 21, 25.0)
    place, network = centre(surface, 10, 50), across(surface, oneway=[oneway])
    found = overland_isochrones(surface, [place], [1], network=network, reverse=reverse)
    left_m, south_m, right_m, north_m = span_m(surface, found.geometry[0], place)
    # from the middle of a cell to the road and back is at most a quarter of a minute
    for far_m, driven in ((left_m, west), (right_m, east)):
        assert 700 < far_m < 1_015 if driven else 25 < far_m < 80
    assert 25 < south_m < 80 and 25 < north_m < 80
    assert found["road_min"].tolist() == [pytest.approx(0, abs=0.13)]
    assert found.attrs["network"] == network.id


def test_the_way_over_the_ground_to_a_road_is_told_and_costs_time() -> None:
    surface = ground(np.full((21, 61), 0.02), 21, 25.0)
    network, place = across(surface), centre(surface, 14, 30)
    found = overland_isochrones(surface, [place], [1, 2.5], network=network)
    # four cells of 25 metres at 50 metres a minute
    assert found["road_min"].tolist() == [pytest.approx(2, abs=0.13)] * 2
    walked = overland_isochrones(surface, [place], [1, 2.5])
    assert found.geometry[0].equals(walked.geometry[0])
    # half a minute is left on the road: 500 metres each way, less the way back to a cell
    west_m, _, east_m, _ = span_m(surface, found.geometry[1], place)
    assert 200 < west_m < 515 and 200 < east_m < 515


def test_a_road_elsewhere_and_too_many_cells_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    surface = ground(np.full((5, 5), 0.02), 5, 25.0)
    place = centre(surface, 2, 2)
    far = network_from_lines(
        gpd.GeoDataFrame(
            {"speed_kmh": [60]},
            geometry=[shapely.LineString([move(HERE, 0, 5_000), move(HERE, 0, 9_000)])],
            crs=GEOGRAPHIC,
        )
    )
    with pytest.raises(InputError, match="lies on the surface; give rasters that cover"):
        overland_isochrones(surface, [place], [1], network=far)
    monkeypatch.setattr(overland, "MAX_JOINT_CELLS", 25)
    assert len(overland_isochrones(surface, [place], [1], network=across(surface))) == 1
    monkeypatch.setattr(overland, "MAX_JOINT_CELLS", 24)
    with pytest.raises(InputError, match="the surface has 25 cells; together with roads 24"):
        overland_isochrones(surface, [place], [1], network=across(surface))


# areas beside roads


@pytest.mark.parametrize("cap_m", [150.0, 1_000.0])
@pytest.mark.parametrize("reverse", [False, True])
def test_nobody_drives_back_on_a_one_way_road(cap_m: float, reverse: bool) -> None:
    network = dataclasses.replace(straight(20_000, oneway=[True]), offroad_cap_m=cap_m)
    place = move(HERE, 90, 10_000)
    area = isochrones(network, [place], [3], reverse=reverse).geometry[0]
    ahead, behind = (270, 90) if reverse else (90, 270)
    assert area.covers(shapely.Point(*move(place, ahead, 2_900)))
    assert not area.covers(shapely.Point(*move(place, behind, cap_m + 600)))


def test_a_place_just_before_the_end_of_a_one_way_road_is_not_reached_from_its_end() -> None:
    middle, end = move(HERE, 90, 2_000), move(HERE, 90, 4_000)
    lines = [shapely.LineString([HERE, middle]), shapely.LineString([middle, end])]
    frame = gpd.GeoDataFrame(
        {"speed_kmh": [60, 60], "oneway": [True, False]}, geometry=lines, crs=GEOGRAPHIC
    )
    network = network_from_lines(frame)
    start = move(HERE, 90, 3_000)
    # a tick is 1.67 metres at this speed
    before = [move(HERE, 90, 2_000 - ticks * 100 / 60) for ticks in (1, 2, 50)]
    found = routes(network, [start], [middle, *before])
    assert found["minutes"].notna().sum() == 1 == found.geometry.notna().sum()
    back = routes(network, [middle, *before], [start])
    assert back["minutes"].notna().all()
    assert back["length_km"].tolist() == pytest.approx(
        [length_km(shape) for shape in back.geometry], abs=0.002
    )


def test_two_places_of_one_tick_on_a_one_way_road_lie_no_time_apart() -> None:
    network = straight(20_000, oneway=[True])
    pair = [move(HERE, 90, 10_000), move(HERE, 90, 10_000.3)]
    there, back = routes(network, pair[:1], pair[1:]), routes(network, pair[1:], pair[:1])
    assert there["minutes"].tolist() == back["minutes"].tolist() == [0.0]


# tables of times


@fewer
@given(kmh=speeds, oneway=oneways, starts=spots, ends=spots, most=st.sampled_from([0.5, 2, 9]))
def test_a_table_is_the_same_in_chunks_from_either_side_and_cut_at_its_minutes(
    kmh: Any, oneway: Any, starts: Any, ends: Any, most: float
) -> None:
    network, _ = lattice(kmh, oneway)
    whole = travel_times.travel_times(network, starts, ends)
    assert len(whole) == len(starts) * len(ends)
    near = whole[whole["minutes"] <= most].reset_index(drop=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(travel_times, "CHUNK_TIMES", 1)
        patch.setattr(travel_times, "TABLE_CELLS", 1)
        assert travel_times.travel_times(network, starts, ends).equals(whole)
        told = travel_times.travel_times(network, starts, ends, max_minutes=most)
        table = travel_times.TimeTable(network, starts, ends)
        parts = list(table.chunks())
    assert told["minutes"].tolist() == near["minutes"].tolist()
    assert [*told["origin_id"]] == [*near["origin_id"]]
    assert [done for done, _ in parts] == list(range(1, len(starts) + 1))
    every = pd.concat([part for _, part in parts], ignore_index=True)
    assert np.array_equal(every["minutes"], whole["minutes"], equal_nan=True)
    # what is nearest to the nodes of the roads is the least of all tables
    first = travel_times.nearest(network, starts)
    nodes = list(zip(network.lon, network.lat, strict=True))
    there = travel_times.travel_times(network, starts, nodes).groupby("destination_id")["minutes"]
    least = [there.min()[f"{lon:.7f}".rstrip("0") + f",{lat:.7f}".rstrip("0").rstrip(".")]
             for lon, lat in nodes]  # fmt: skip
    assert np.allclose(first["minutes"], least, equal_nan=True)
    cut = travel_times.nearest(network, starts, limit_min=most)
    assert (cut["minutes"].notna() == (first["minutes"] <= most)).all()
    assert (cut["facility_id"].notna() == cut["minutes"].notna()).all()


@fewer
@given(kmh=speeds, oneway=oneways, starts=spots, ends=spots)
def test_a_route_takes_the_minutes_of_the_table_and_runs_from_place_to_place(
    kmh: Any, oneway: Any, starts: Any, ends: Any
) -> None:
    network, nodes = lattice(kmh, oneway)
    starts, ends = [*starts, nodes[5]], [*ends, nodes[10], nodes[0]]
    found, table = routes(network, starts, ends), travel_times.travel_times(network, starts, ends)
    keys = ["origin_id", "destination_id"]
    assert found[keys].to_numpy().tolist() == table[keys].to_numpy().tolist()
    for way, minutes in zip(found.itertuples(), table["minutes"], strict=True):
        same = way.origin_id == way.destination_id
        if same or math.isnan(minutes):
            assert way.geometry is None and (same or math.isnan(way.minutes + way.length_km))
            continue
        assert way.minutes == minutes
        begin, end = way.geometry.coords[0], way.geometry.coords[-1]
        assert [begin, end] == [
            tuple(float(part) for part in str(name).split(","))
            for name in (way.origin_id, way.destination_id)
        ]
        assert way.length_km == pytest.approx(length_km(way.geometry), rel=2e-3, abs=0.002)
        assert way.offroad_m / 1000 <= way.length_km + 1e-4
        # nothing on the way is driven faster than the fastest road, and the rest is walked
        fastest_min = (way.length_km - way.offroad_m / 1000) / max(kmh) * 60
        assert way.minutes >= fastest_min * 0.99 - 0.1


def test_what_is_said_of_the_roads_is_said_of_every_table_of_them() -> None:
    network = dataclasses.replace(straight(20_000), notes=("a road is missing",))
    places = [move(HERE, 90, 1_000), move(HERE, 0, 90_000)]
    table = travel_times.travel_times(network, places, places[:1])
    assert table.attrs["notes"] == ["a road is missing"]
    # who is named as off the roads is so as an origin and as a destination
    assert [place for place, _ in table.attrs["unanswered"]] == [
        *table[table["minutes"].isna()]["origin_id"]
    ]
    areas = isochrones(network, places[:1], [3], kind="hull")
    assert [note for _, note in areas.attrs["notes"]] == ["a road is missing", reached.HULL_NOTE]


@pytest.mark.parametrize(("ids", "kind"), [([7, 3], "int64"), (["b", "a"], "string")])
def test_a_table_goes_into_a_file_as_it_is(tmp_path: Path, ids: list[Any], kind: str) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    network = straight(20_000)
    places = [shapely.Point(*move(HERE, 90, metres)) for metres in (1_000, 9_000)]
    starts = gpd.GeoDataFrame({"id": ids}, geometry=places, crs=GEOGRAPHIC)
    ends = [move(HERE, 90, 4_000), move(move(HERE, 90, 4_000), 0, 60_000)]
    table = travel_times.TimeTable(network, starts, ends)
    steps: list[tuple[int, int]] = []
    written = travel_times.write_table(
        table, tmp_path / "t.parquet", table.chunks(), lambda done, of: steps.append((done, of))
    )
    read = parquet.read_table(written.path)
    whole = travel_times.travel_times(network, starts, ends)
    assert str(read.schema.field("origin_id").type) == kind
    assert str(read.schema.field("destination_id").type) == "string"
    assert read["origin_id"].to_pylist() == whole["origin_id"].tolist()
    minutes = [None if math.isnan(told) else told for told in whole["minutes"]]
    assert read["minutes"].to_pylist() == minutes and None in minutes
    assert written.rows == 4 and written.unanswered == table.unanswered != []
    assert steps[-1] == (2, 2) and table.origin_count == 2
    with pytest.raises(UsageError, match=r"written as .parquet, not as 't.csv'"):
        travel_times.write_table(table, tmp_path / "t.csv", [], None)
    for wrong in (0, -1, INF):
        with pytest.raises(UsageError, match="give minutes above 0, or None"):
            travel_times.TimeTable(network, starts, ends, wrong)
