"""The parts of a search over roads, each by itself: arrays, joining, ends, courses on a grid, files.
Each limit from both sides, each figure against plain counting.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString
from small_roads import GEOD, HERE, lattice, move, oneways, speeds

from sxgeo.analysis.network import arrays, file, search, snap, trace
from sxgeo.analysis.network.build import (
    LINES_ERROR_SHARE,
    LINES_OFFROAD_CAP_M,
    LINES_OFFROAD_KMH,
    network_from_lines,
)
from sxgeo.analysis.network.graph import LONGEST_STEP_M, Legs, Network, on_foot, overlong
from sxgeo.analysis.network.search import Seeds, Steps, nearest_of, reached_from, space_order
from sxgeo.analysis.network.snap import Ends, Snap
from sxgeo.analysis.network.walls import Walls, is_wall
from sxgeo.errors import AnalysisError, UsageError
from sxgeo.geometry.projection import plane_crs, points_to_plane

# arrays
# ------------------------------------------------------------------------------------------


@given(st.floats(0, 1e6), st.floats(1, 200))
def test_a_time_is_rounded_to_a_tick_and_never_none(length_m: float, kmh: float) -> None:
    (told,) = arrays.ticks_of(np.array([length_m]), np.array([kmh]))
    assert told == max(1, round(length_m / (kmh / 3.6) * 10)) or abs(
        told - length_m * 36 / kmh
    ) == pytest.approx(0.5)


@given(
    st.lists(
        st.tuples(st.integers(-180 * 10**7, 180 * 10**7), st.integers(-90 * 10**7, 90 * 10**7)),
        max_size=8,
    )
)
def test_keys_sort_by_longitude_then_latitude_and_are_one_for_each_place(places: Any) -> None:
    corners = [(-180 * 10**7, -90 * 10**7), (180 * 10**7, 90 * 10**7), (0, 1), (1, 0)]
    grid = np.array([*places, *corners])
    keys = arrays.keys_of(grid)
    assert (keys >= 0).all()
    for i in range(len(grid)):
        for k in range(len(grid)):
            assert (keys[i] < keys[k]) == (tuple(grid[i]) < tuple(grid[k]))


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 4), st.integers(-2, 2)), max_size=6))
def test_spans_count_from_their_first(rows: Any) -> None:
    first, counts, step = (np.array([r[k] for r in rows], dtype=np.int64) for k in range(3))
    told = [f + s * n for f, c, s in rows for n in range(c)]
    assert arrays.spans(first, counts, step).tolist() == told
    assert arrays.spans(first, counts).tolist() == [f + n for f, c, _ in rows for n in range(c)]
    assert arrays.owners_of(counts).tolist() == [i for i, r in enumerate(rows) for _ in range(r[1])]


def test_lengths_are_those_of_the_ellipsoid_and_end_with_their_owner() -> None:
    xy = np.array([HERE, move(HERE, 90, 1000), move(HERE, 0, 5000), move(HERE, 10, 700), HERE])
    owner = np.array([0, 0, 1, 1, 1])
    steps = [GEOD.inv(*a, *b)[2] for a, b in pairwise(xy.tolist())]
    grid = np.rint(xy * 1e7).astype(np.int64)
    told = arrays.geodesic_steps_m(grid, owner)
    assert told == pytest.approx([steps[0], 0, steps[2], steps[3]], abs=1e-6)
    assert arrays.geodesic_m(xy, owner) == pytest.approx([steps[0], steps[2] + steps[3]])
    boxes = arrays.boxes_of(xy, np.array([0, 2, 5]))
    assert boxes.tolist() == [
        [*xy[:2].min(axis=0), *xy[:2].max(axis=0)],
        [*xy[2:].min(axis=0), *xy[2:].max(axis=0)],
    ]


def test_a_step_that_no_road_takes_is_told() -> None:
    def told(owner: list[int], far: int) -> str | None:
        return overlong(np.array([[0, 0], [0, 10], [far, 10], [far, 20]]), np.array(owner))

    limit = int(np.floor(arrays.UNITS_PER_DEGREE * LONGEST_STEP_M / 111_000))
    assert told([0, 0, 0, 0], limit) is None
    words = told([0, 0, 0, 0], limit + 1)
    assert words is not None and "0,1e-06 and" in words
    assert told([0, 0, 1, 1], limit + 1) is None
    assert overlong(np.array([[0, 0]]), np.array([0])) is None


def test_lines_of_ones_own_are_walked_off_by_stated_numbers() -> None:
    assert (LINES_ERROR_SHARE, LINES_OFFROAD_KMH, LINES_OFFROAD_CAP_M) == (0.15, 4.0, 150.0)
    frame = gpd.GeoDataFrame(
        {"speed_kmh": [60]}, geometry=[LineString([HERE, move(HERE, 90, 999)])], crs="EPSG:4490"
    )
    network = network_from_lines(frame)
    assert (network.time_error_share, network.offroad_kmh, network.offroad_cap_m) == (0.15, 4, 150)
    walked = on_foot(network)
    assert walked.mode == "walk" and walked.ticks.tolist() == [round(network.length_m[0] * 36 / 5)]
    assert not walked.oneway.any() and walked.offroad_kmh == 4 and on_foot(walked) is walked
    slow = on_foot(replace(network, offroad_kmh=3.0))
    assert slow.offroad_kmh == 3


@pytest.mark.parametrize(
    ("tags", "wall"),
    [
        ({"waterway": "river"}, True), ({"waterway": "stream"}, False), ({"railway": "rail"}, True),
        ({"railway": "tram"}, False), ({"natural": "coastline"}, True), ({"natural": "tree"}, False),
        ({"highway": "motorway_link"}, True), ({"highway": "trunk"}, False), ({}, False),
        ({"waterway": "river", "tunnel": "culvert"}, False),
        ({"railway": "rail", "bridge": "viaduct"}, False),
        ({"railway": "rail", "bridge": "no", "tunnel": ""}, True),
    ],
)  # fmt: skip
def test_water_rails_and_motorways_are_walls_but_in_tunnels_and_on_bridges(
    tags: dict[str, str], wall: bool
) -> None:
    assert is_wall(tags) is wall


# ends
# ------------------------------------------------------------------------------------------


def joined_at(edges: list[int], back: list[int], ahead: list[int], walk: int = 7) -> Snap:
    whole = np.array(edges), np.array(back), np.array(ahead)
    nowhere = np.zeros(2)
    return Snap(0.0, 0.0, *whole, 1.0, walk, "EPSG:4546", nowhere, nowhere)


def some_roads(rng: Any) -> Any:
    """Five nodes, eight edges, half of them one way; only what a search asks of a network."""
    tail = rng.integers(0, 5, 8)
    head = (tail + rng.integers(1, 5, 8)) % 5
    ticks = rng.integers(1, 9, 8)
    return SimpleNamespace(tail=tail, head=head, ticks=ticks, oneway=rng.uniform(size=8) < 0.5)


def some_snap(rng: Any, roads: Any, place: tuple[float, float] = (0.0, 0.0)) -> Snap:
    edges = rng.choice(8, int(rng.integers(1, 4)), replace=False)
    back = np.array([rng.integers(0, roads.ticks[e] + 1) for e in edges])
    told = joined_at(edges.tolist(), back.tolist(), (roads.ticks[edges] - back).tolist())
    return replace(told, lon=place[0], lat=place[1], walk_ticks=int(rng.integers(0, 9)))


@pytest.mark.parametrize("seed", range(25))
def test_a_search_begins_and_ends_at_the_nodes_that_its_edges_lead_to(seed: int) -> None:
    rng = np.random.default_rng(seed)
    roads = some_roads(rng)
    snaps = [some_snap(rng, roads) for _ in range(4)]
    for walk in (False, True):
        told = snap.seeds_of(roads, snaps, walk=walk)
        assert told.start[0] == 0 and len(told.start) == 5
        for i, place in enumerate(snaps):
            least: dict[int, int] = {}
            for edge, back, ahead in zip(place.edges, place.back, place.ahead, strict=True):
                ways = [(roads.head[edge], ahead)]
                if not roads.oneway[edge] or back == 0:
                    ways.append((roads.tail[edge], back))
                for node, ticks in ways:
                    cost = int(ticks) + (place.walk_ticks if walk else 0)
                    least[int(node)] = min(least.get(int(node), cost), cost)
            own = slice(told.start[i], told.start[i + 1])
            assert (
                dict(zip(told.nodes[own].tolist(), told.ticks[own].tolist(), strict=True)) == least
            )
            assert told.nodes[own].tolist() == sorted(least)
    told = snap.ends_of(roads, snaps)
    for i, place in enumerate(snaps):
        ways = []
        for edge, back, ahead in zip(place.edges, place.back, place.ahead, strict=True):
            ways.append((int(roads.tail[edge]), int(back)))
            if not roads.oneway[edge] or ahead == 0:
                ways.append((int(roads.head[edge]), int(ahead)))
        own = slice(told.start[i], told.start[i + 1])
        assert sorted(
            zip(told.nodes[own].tolist(), told.ticks[own].tolist(), strict=True)
        ) == sorted(ways)
    for none in (snap.seeds_of(roads, []), snap.ends_of(roads, [])):
        assert (none.start.tolist(), none.nodes.tolist(), none.ticks.tolist()) == ([0], [], [])


@pytest.mark.parametrize("seed", range(25))
def test_the_way_from_door_to_door_is_the_shortest_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    roads = some_roads(rng)
    origin = some_snap(rng, roads, (5.0, 5.0))
    places = [some_snap(rng, roads, (float(k), 5.0)) for k in range(4, 8)]
    ticks = np.where(rng.uniform(size=5) < 0.3, np.inf, rng.integers(0, 30, 5))
    told = snap.ticks_between(roads, ticks, origin, places)
    assert (
        told.tolist() == snap.ticks_between(roads, ticks, origin, places, Ends.of(places)).tolist()
    )
    for i, place in enumerate(places):
        ways = [np.inf]
        for edge, back, ahead in zip(place.edges, place.back, place.ahead, strict=True):
            ways.append(ticks[roads.tail[edge]] + back)
            if not roads.oneway[edge] or ahead == 0:
                ways.append(ticks[roads.head[edge]] + ahead)
            for own, gone in zip(origin.edges, origin.back, strict=True):
                if own == edge and (not roads.oneway[edge] or back >= gone):
                    ways.append(abs(back - gone))
        least = min(ways) + origin.walk_ticks + place.walk_ticks
        assert told[i] == (0 if place.lon == origin.lon else least)


def test_a_place_on_turned_roads_is_the_same_place() -> None:
    roads = SimpleNamespace(oneway=np.array([True, False, True]))
    told = snap.turned(roads, joined_at([2, 1], [3, 4], [10, 20]))  # type: ignore[arg-type]
    assert (told.back.tolist(), told.ahead.tolist()) == ([10, 4], [3, 20])


@pytest.mark.parametrize(
    ("length_m", "out", "back", "words"),
    [
        (9.9, True, True, "is cut off from the rest: 0.0 of 1 km"),
        (10.0, True, True, None),
        (10.0, False, True, "cannot be left for the rest"),
        (10.0, True, False, "no way of network 'n' leads back"),
        (10.0, False, False, "cannot be left for the rest"),
    ],
)
def test_roads_that_are_cut_off_are_told(
    length_m: float, out: bool, back: bool, words: str | None
) -> None:
    roads = SimpleNamespace(
        id="n", tail=np.array([0]), head=np.array([1]), oneway=np.array([True]),
        length_m=np.array([1000.0]), thoroughfare=(np.array([False, out]), np.array([back, False])),
    )  # fmt: skip
    told = snap.cut_off(roads, np.array([length_m, 0.0]), joined_at([0], [3], [4]))  # type: ignore[arg-type]
    assert told is words is None or (words is not None and told is not None and words in told)
    # where one may drive both ways, each end leads out and is led to
    roads.oneway[:] = False
    roads.thoroughfare = (np.array([True, False]), np.array([False, True]))
    assert snap.cut_off(roads, np.array([10.0, 0.0]), joined_at([0], [3], [4])) is None  # type: ignore[arg-type]


# joining
# ------------------------------------------------------------------------------------------


def comb(lon: float = 112.6, **columns: Any) -> Network:
    """Six roads to the north, one a kilometre from the next, and one along their feet."""
    feet = [move((lon, 38.0), 90, 1000.0 * k) for k in range(6)]
    lines = [LineString([foot, move(foot, 0, 3000)]) for foot in feet] + [LineString(feet)]
    frame = gpd.GeoDataFrame({"speed_kmh": [40] * 7, **columns}, geometry=lines, crs="EPSG:4490")
    return network_from_lines(frame)


def same_snap(one: Snap | str, other: Snap | str) -> None:
    if isinstance(one, str) or isinstance(other, str):
        assert one == other
        return
    for name in ("lon", "lat", "distance_m", "walk_ticks", "crs"):
        assert getattr(one, name) == getattr(other, name), name
    for name in ("edges", "back", "ahead", "place", "foot"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@pytest.mark.parametrize("lon", [112.6, 113.48, 40.0])
def test_many_places_are_joined_as_each_of_them_is(lon: float) -> None:
    network = comb(lon)
    rng = np.random.default_rng(4)
    places = [move((lon, 38.0), 45, 900.0 * k) for k in range(4)]
    places += [(lon, 38.0), move((lon, 38.0), 180, 99), move((lon, 38.0), 180, 101)]
    places += [move((lon, 38.0), 180, 4990), move((lon, 38.0), 180, 5010)]
    places += [(lon + float(x), 38.0 + float(y)) for x, y in rng.uniform(-0.01, 0.05, (12, 2))]
    places += [(-150.0, 38.0), (lon, 89.9)]
    told = snap.snap_each(network, *np.array(places).T)
    assert len(told) == len(places)
    for (x, y), one in zip(places, told, strict=True):
        try:
            alone: Any = snap.snap(network, network.boxes, x, y)
        except AnalysisError as error:
            alone = str(error)
        same_snap(one, alone)
    few = snap.snap_each(network, *np.array(places[:3]).T)
    for one, other in zip(few, told[:3], strict=True):
        same_snap(one, other)


@pytest.mark.parametrize(("away", "answered"), [(4_990.0, True), (5_010.0, False)])
def test_five_kilometres_are_the_farthest(away: float, answered: bool) -> None:
    network = comb()
    place = move((112.6, 38.0), 180, away)
    if answered:
        told = snap.snap(network, network.boxes, *place)
        assert told.distance_m == pytest.approx(away, rel=1e-3)
        assert told.walk_ticks == round(told.distance_m * 36 / network.offroad_kmh)
        assert told.edges.tolist() == sorted(told.edges.tolist()) and len(told.edges) == 2
    else:
        with pytest.raises(AnalysisError, match=r"'lines' is 5 km away, over the 5 km that are"):
            snap.snap(network, network.boxes, *place)


def test_roads_without_entry_are_joined_where_they_end() -> None:
    network = comb()
    shut = replace(network, shut=np.ones(len(network.tail), dtype=bool))
    place = move((112.6, 38.0), 0, 1_400)
    told = snap.snap(shut, shut.boxes, *place)
    # 1,400 m from the foot, 1,600 m from the far end: the foot
    assert told.distance_m == pytest.approx(1_400, rel=1e-3)
    node = next(n for n in range(len(shut.lon)) if (shut.lon[n], shut.lat[n]) == HERE)
    assert told.edges.tolist() == [
        e for e in range(len(shut.tail)) if node in (shut.tail[e], shut.head[e])
    ]
    for edge, back, ahead in zip(told.edges, told.back, told.ahead, strict=True):
        assert (back, ahead) == (
            (0, shut.ticks[edge]) if shut.tail[edge] == node else (shut.ticks[edge], 0)
        )
    assert told.walk_ticks == round(told.distance_m * 36 / shut.offroad_kmh)
    assert np.hypot(*(told.foot - told.place)) == pytest.approx(told.distance_m)
    # one road that can be joined is enough to ask that one
    some = replace(network, shut=np.arange(len(network.tail)) > 0)
    alone = snap.snap(some, some.boxes, *move((112.6, 38.0), 180, 50))
    assert alone.edges.tolist() == [0]
    with pytest.raises(AnalysisError, match="over the 5 km"):
        snap.snap(shut, shut.boxes, *move((112.6, 38.0), 180, 5_100))
    several = [move((112.6, 38.0), 0, 300.0 * k) for k in range(1, 10)]
    for network_of in (shut, some):
        for (x, y), one in zip(
            several, snap.snap_each(network_of, *np.array(several).T), strict=True
        ):
            same_snap(one, snap.snap(network_of, network_of.boxes, x, y))


# courses on a grid
# ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_a_course_passes_the_cells_of_its_samples_in_their_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(2, 5, 4)
    start = np.concatenate([[0], np.cumsum(counts)])
    xy = np.round(np.array(HERE) + rng.uniform(0, 0.004, (start[-1], 2)), 7)
    network = SimpleNamespace(tail=np.zeros(4), ticks=rng.integers(1, 900, 4), xy=xy, start=start)
    edges, crs, cell_m = np.array([3, 0, 2]), plane_crs(HERE[0]), 50.0
    told = trace._traced(network, edges, crs, cell_m)
    plane = points_to_plane(xy, crs)
    rows = []
    for edge in edges:
        course = plane[start[edge] : start[edge + 1]]
        leaps = [float(np.hypot(*(b - a))) for a, b in pairwise(course)]
        run = np.concatenate([[0], np.cumsum(np.rint(np.array(leaps) * 1000))])
        ticks, samples = int(network.ticks[edge]), []
        for k, leap in enumerate([*leaps, 0.0]):
            parts = max(1, int(np.ceil(leap * 2 / cell_m)))
            step = course[k + 1] - course[k] if k < len(leaps) else np.zeros(2)
            gone = run[k] * ticks / run[-1]
            length = (run[k + 1] - run[k]) * ticks / run[-1] if k < len(leaps) else 0.0
            for part in range(parts):
                place = course[k] + part / parts * step
                cell = tuple(np.floor(place / cell_m).astype(int).tolist())
                samples.append((cell, round(gone + part / parts * length)))
        own: list[list[Any]] = []
        for cell, along in samples:
            if own and own[-1][0] == cell:
                own[-1][2] = along
            else:
                own.append([cell, along, along])
        rows.append([(*cell, first, ticks - last) for cell, first, last in own])
    assert told.counts.tolist() == [len(r) for r in rows]
    columns = zip(told.column, told.row, told.ahead, told.behind, strict=True)
    flat = [tuple(map(int, c)) for c in columns]
    expected = [r for own in rows for r in own]
    assert [f[:2] for f in flat] == [e[:2] for e in expected]
    assert np.abs(np.array(flat) - np.array(expected)).max() <= 1


def test_passages_change_with_the_edge_the_column_or_the_row() -> None:
    owner = np.array([0, 0, 0, 0, 2, 2])
    cell = np.array([[1, 1], [1, 1], [2, 1], [2, 2], [2, 2], [2, 2]], dtype=np.int32)
    along = np.array([0, 3, 5, 8, 0, 4], dtype=np.int32)
    told = trace._passages(owner, cell, along, np.array([10, 1, 6]))
    assert told.counts.tolist() == [3, 0, 1]
    assert told.column.tolist() == [1, 2, 2, 2] and told.row.tolist() == [1, 1, 2, 2]
    assert told.ahead.tolist() == [0, 5, 8, 0] and told.behind.tolist() == [7, 5, 2, 2]


def test_a_sheet_grows_and_forgets_nothing() -> None:
    sheet = trace._Sheet(6)

    def passages(*counts: int, begin: int) -> trace.Passages:
        number = sum(counts)
        values = np.arange(begin, begin + number, dtype=np.int32)
        return trace.Passages(np.array(counts), values, values + 100, values + 200, values + 300)

    sheet.add(np.array([4, 1]), passages(2, 3, begin=0))
    assert sheet.table.shape == (4, 5)
    sheet.add(np.array([0]), passages(1, begin=5))
    assert sheet.table.shape == (4, 10) and sheet.used == 6
    sheet.add(np.array([5]), passages(9, begin=6))
    assert sheet.table.shape == (4, 15)
    assert sheet.first[[4, 1, 0, 5]].tolist() == [0, 2, 5, 6]
    assert sheet.count.tolist() == [1, 3, 0, 0, 2, 9]
    for k in range(4):
        assert sheet.table[k].tolist() == list(range(100 * k, 100 * k + 15))


# search
# ------------------------------------------------------------------------------------------


def spread_bits(value: int) -> int:
    return sum(((value >> k) & 1) << (2 * k) for k in range(16))


@given(st.lists(st.tuples(st.integers(0, 999), st.integers(0, 999)), max_size=12))
def test_places_stand_along_a_curve_of_z(places: Any) -> None:
    lon, lat = (np.array([p[k] / 7 for p in places]) for k in range(2))
    told = space_order(lon, lat).tolist()
    if not places:
        assert told == []
        return
    side = max(np.ptp(lon), np.ptp(lat), 1e-9)

    def key(i: int) -> int:
        x, y = (int((v[i] - v.min()) * (65_535 / side)) for v in (lon, lat))
        return spread_bits(x) | spread_bits(y) << 1

    assert told == sorted(range(len(places)), key=key)


def steps_of(network: Network) -> tuple[Steps, Any]:
    graph = nx.DiGraph()
    graph.add_nodes_from(range(network.size))
    for tail, head, ticks in zip(*network.arcs(), strict=True):
        graph.add_edge(int(tail), int(head), ticks=int(ticks))
    return network.steps, graph


@settings(max_examples=10, deadline=None)
@given(speeds, oneways, st.lists(st.integers(0, 15), min_size=1, max_size=4))
def test_each_node_has_its_nearest_facility_the_lowest_of_equal_ones(
    kmh: Any, oneway: Any, places: list[int]
) -> None:
    network, _ = lattice([10 * (1 + k % 3) for k in kmh], oneway)
    steps, graph = steps_of(network)
    ways = [nx.single_source_dijkstra_path_length(graph, p, weight="ticks") for p in places]
    for limit in (np.inf, 900.0):
        least = []
        for node in range(16):
            told = [(w[node], i) for i, w in enumerate(ways) if node in w and w[node] <= limit]
            least.append(min(told, default=(np.inf, -1)))
        ticks, facility = nearest_of(steps, places, limit_ticks=limit, engine="scipy")
        assert list(zip(ticks.tolist(), facility.tolist(), strict=True)) == least
        found = reached_from(steps, places, limit_ticks=limit, engine="scipy")
        for i, way in enumerate(ways):
            own = slice(found.start[i], found.start[i + 1])
            reached = dict(zip(found.nodes[own].tolist(), found.ticks[own].tolist(), strict=True))
            assert reached == {n: t for n, t in way.items() if t <= limit}


def test_seeds_are_parted_by_their_searches() -> None:
    seeds = Seeds(np.array([0, 2, 2, 5]), np.array([9, 8, 7, 6, 5]), np.arange(5))
    part = seeds.part(1, 3)
    assert (part.start.tolist(), part.nodes.tolist(), part.ticks.tolist()) == (
        [0, 0, 3], [7, 6, 5], [2, 3, 4]
    )  # fmt: skip
    assert seeds.part(0, 1).nodes.tolist() == [9, 8]
    assert search.seeds_at(seeds) is seeds
    plain = search.seeds_at([4, 4])
    assert plain.start.tolist() == [0, 1, 2] and plain.ticks.tolist() == [0, 0]


class Matrix:
    """A matrix by its size alone."""

    def __init__(self, nodes: int, steps: int, longest: float) -> None:
        self.shape, self.nnz, self.data = (nodes, nodes), steps, np.array([longest])


@pytest.mark.parametrize(
    ("nodes", "steps", "longest", "gone", "fits"),
    [
        (10, 20, 2**24, 0, True), (10, 20, 2**24 + 1, 0, False), (10, 20, 5, 2**24, True),
        (10, 20, 5, 2**24 + 1, False), (2**30, 2**30 - 1, 5, 0, True), (2**30, 2**30, 5, 0, False),
    ],
)  # fmt: skip
def test_the_compiled_search_takes_what_fits_its_numbers(
    monkeypatch: pytest.MonkeyPatch, nodes: int, steps: int, longest: int, gone: int, fits: bool
) -> None:
    monkeypatch.setattr(search, "_has_numba", lambda: True)
    told = Steps(Matrix(nodes, steps, longest))
    seeds = Seeds(np.array([0, 1]), np.array([0]), np.array([gone]))
    assert told.takes_numba(seeds, "numba") is fits
    assert told.takes_numba(seeds, "scipy") is False


def test_large_questions_are_compiled_and_small_ones_once_it_is_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = "sxgeo.analysis.network.kernels"
    monkeypatch.setattr(search, "_has_numba", lambda: True)
    monkeypatch.delitem(sys.modules, name, raising=False)
    steps = Steps(Matrix(100, 1_000_000, 5))
    for number, compiled in ((4, False), (5, True)):
        seeds = search.seeds_at([0] * number)
        assert steps.takes_numba(seeds, "auto") is compiled
        assert steps.takes_numba(seeds, "numba") is True
    monkeypatch.setitem(sys.modules, name, sys)
    assert steps.takes_numba(search.seeds_at([0]), "auto") is True
    monkeypatch.setattr(search, "_has_numba", lambda: False)
    assert steps.takes_numba(search.seeds_at([0] * 9), "auto") is False
    with pytest.raises(UsageError, match="engine 'numba' needs numba"):
        steps.takes_numba(search.seeds_at([0]), "numba")
    with pytest.raises(UsageError, match="unknown engine 'gpu'"):
        steps.takes_numba(search.seeds_at([0]), "gpu")


def test_the_ring_holds_the_longest_step_and_is_kept_for_the_next_search() -> None:
    steps = Steps(Matrix(10, 20, 5))
    room = steps.room(15)
    assert len(room[2]) == 2 and len(room[0]) == len(room[1]) == 10 and not room[2].any()
    assert (room[0] == np.iinfo(np.uint64).max).all() and room[3].shape == (16_384, 3)
    assert steps.room(15) is room and steps.room(3) is room
    for longest in (16, 31, 32, 47, 48, 1000):
        size = len(steps.room(longest)[2])
        assert size & (size - 1) == 0 and size > longest // 16 + 1
        assert size <= 2 * (longest // 16 + 1) or size == len(room[2])


# files
# ------------------------------------------------------------------------------------------


def held(**changed: Any) -> dict[str, Any]:
    frame = gpd.GeoDataFrame(
        {"speed_kmh": [50, 30], "oneway": [True, False]},
        geometry=[
            LineString([(112.5, 38.0), (112.51, 38.0), (112.52, 38.01)]),
            LineString([(112.52, 38.01), (112.5, 38.03)]),
        ],
        crs="EPSG:4490",
    )
    network = network_from_lines(frame)
    names = (*file.ARRAYS, *file.WORDS, *file.NUMBERS)
    return {**{name: np.asarray(getattr(network, name)) for name in names}, **changed}


WALLS = {"walls_xy": np.array([[1.0, 2.0], [3.0, 4.0]]), "walls_start": np.array([0, 2])}
SHUT = np.array([True, False])


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"ticks": np.array([1, 2**30])},
        {"id": np.asarray("x" * 10_000)},
        {"offroad_kmh": np.asarray(0.01)},
        {"offroad_kmh": np.asarray(1000)},
        {"time_error_share": np.asarray(0.0)},
        {"time_error_share": np.asarray(1.0)},
        {"offroad_cap_m": np.asarray(0.0)},
        {"offroad_cap_m": np.asarray(100_000.0)},
        {"length_m": np.array([1e-9, 5.0])},
        {"lon": np.array([-180.0, 0, 180]), "lat": np.array([-90.0, 0, 90])},
        {"notes": np.asarray("n" * 1_000_000)},
        {"shut": SHUT},
        WALLS,
        {**WALLS, "walls_xy": np.array([[-180.0, 90.0], [180.0, -90.0]])},
    ],
)
def test_the_last_sound_value_of_a_file_is_taken(changed: Any) -> None:
    assert list(file._problems(held(**changed))) == []


def walls(**changed: Any) -> dict[str, Any]:
    return {k: v for k, v in {**WALLS, **changed}.items() if v is not None}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"ticks": np.array([1, 2**30 + 1])}, "ticks are not all from 1 to"),
        ({"ticks": np.array([0, 1])}, "ticks are not all from 1 to"),
        ({"id": np.asarray("x" * 10_001)}, "id is no text of up to 10000"),
        ({"mode": np.asarray(["road"])}, "mode is no text"),
        ({"attribution": np.asarray(3)}, "attribution is no text"),
        ({"offroad_kmh": np.asarray(0.0099)}, "offroad_kmh is no number from 0.01 to 1000"),
        ({"offroad_kmh": np.asarray(1000.1)}, "offroad_kmh is no number"),
        ({"offroad_kmh": np.asarray([5.0])}, "offroad_kmh is no number"),
        ({"offroad_kmh": np.asarray("5")}, "offroad_kmh is no number"),
        ({"time_error_share": np.asarray(-0.01)}, "time_error_share is no number from 0 to 1"),
        ({"time_error_share": np.asarray(1.01)}, "time_error_share is no number"),
        ({"offroad_cap_m": np.asarray(100_000.5)}, "offroad_cap_m is no number from 0 to 100000"),
        ({"length_m": np.array([0.0, 5.0])}, "length_m is not all above 0"),
        ({"length_m": np.array([np.inf, 5.0])}, "length_m is not all above 0"),
        ({"lon": np.array([-180.1, 0, 180])}, "lon holds what is no place"),
        ({"lat": np.array([-90.0, 0, 90.1])}, "lat holds what is no place"),
        ({"tail": np.array([0, 3])}, "tail names nodes that are not there"),
        ({"tail": np.array([0, -1])}, "tail names nodes that are not there"),
        ({"head": np.array([3, 0])}, "head names nodes that are not there"),
        ({"start": np.array([1, 3, 5])}, "start does not part xy"),
        ({"start": np.array([0, 3, 4])}, "start does not part xy"),
        ({"start": np.array([0, 4, 5])}, "start does not part xy"),
        ({"oneway": np.array([2, 0], np.uint8).view(bool)}, "oneway is not all true or false"),
        ({"shut": np.array([0, 2], np.uint8).view(bool)}, "shut is not all true or false"),
        ({"shut": SHUT.astype(np.uint8)}, "shut is not one truth for each edge"),
        ({"shut": SHUT[:1]}, "shut is not one truth for each edge"),
        ({"notes": np.asarray("n" * 1_000_001)}, "notes is no text of up to 1000000"),
        ({"notes": np.asarray(["n"])}, "notes is no text"),
        ({"notes": np.asarray(1)}, "notes is no text"),
        ({"xy": np.zeros((5, 3))}, "xy has 3 columns, not 2"),
        ({"lat": np.zeros(2)}, "lat has 2 values, not 3"),
        ({"head": np.array([1])}, "head has 1 values, not 2"),
        ({"start": np.array([0, 5])}, "start has 2 values, not 3"),
        ({"oneway": np.array([True])}, "oneway has 1 values, not 2"),
        ({"length_m": np.array([1.0])}, "length_m has 1 values, not 2"),
        ({"ticks": np.array([1, 1, 1])}, "ticks has 3 values, not 2"),
        (walls(walls_xy=None), "go together, and one is missing"),
        (walls(walls_start=None), "go together, and one is missing"),
        (walls(walls_xy=np.zeros((2, 2), np.float32)), "walls_xy is float32 of shape"),
        (walls(walls_xy=np.zeros((2, 3))), "not pairs of float64"),
        (walls(walls_xy=np.zeros(4)), "not pairs of float64"),
        (walls(walls_start=np.array([0, 2], np.int32)), "walls_start is no list"),
        (walls(walls_start=np.array([[0, 2]])), "walls_start is no list"),
        (walls(walls_start=np.array([0])), "walls_start is no list"),
        (walls(walls_start=np.array([1, 2])), "walls_start does not part"),
        (walls(walls_start=np.array([0, 1])), "walls_start does not part"),
        (walls(walls_start=np.array([0, 1, 2])), "walls_start does not part"),
        (walls(walls_xy=np.array([[1, 2], [180.1, 4]])), "walls_xy holds what is no place"),
        (walls(walls_xy=np.array([[1, 2], [3, -90.1]])), "walls_xy holds what is no place"),
        (walls(walls_xy=np.array([[1, 2], [3, np.nan]])), "walls_xy holds what is no place"),
    ],
)
def test_the_first_unsound_value_of_a_file_is_told_and_nothing_else(
    changed: Any, words: str
) -> None:
    told = list(file._problems(held(**changed)))
    assert len(told) == 1 and words in told[0], told


def test_a_network_without_nodes_or_edges_is_nothing_to_travel_on() -> None:
    none = {
        n: v[:0] for n, v in held().items() if n in ("tail", "head", "oneway", "length_m", "ticks")
    }
    told = list(file._problems(held(**none, start=np.array([0]), xy=np.zeros((0, 2)))))
    assert told == ["3 nodes, 0 edges: nothing to travel on"]
    told = list(file._problems(held(lon=np.zeros(0), lat=np.zeros(0))))
    assert told == ["0 nodes, 2 edges: nothing to travel on"]


def test_what_a_worker_gets_is_what_was_given_its_rail_walls_and_notes_too() -> None:
    legs = Legs(
        2, np.array([0, 3]), np.array([3, 4]), np.array([5, 6]), ("a", "b"), np.array([0.5, 1.5]),
        (("s", "站", 1), ("t", "口", 2)),
    )  # fmt: skip
    roads = file._network_of(held(), "n")
    whole = replace(
        roads, legs=legs, shut=SHUT, notes=("one", "two"),
        walls=Walls(WALLS["walls_xy"], WALLS["walls_start"]),
    )  # fmt: skip
    told = file.network_from_bytes(file.network_bytes(whole))
    assert told.legs is not None and told.walls is not None and told.shut is not None
    for name in ("tail", "head", "ticks", "error_min"):
        assert getattr(told.legs, name).tolist() == getattr(legs, name).tolist()
    assert (told.legs.hidden, told.legs.notes, told.legs.stops) == (2, ("a", "b"), legs.stops)
    assert told.notes == ("one", "two") and told.shut.tolist() == SHUT.tolist()
    assert told.walls.xy.tolist() == WALLS["walls_xy"].tolist()
    plain = file.network_from_bytes(file.network_bytes(roads))
    assert plain.legs is plain.walls is plain.shut is None and plain.notes == ()
    for name in file.ARRAYS:
        assert getattr(plain, name).tolist() == getattr(roads, name).tolist()
