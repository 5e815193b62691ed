"""The time surface and its outlines: by hand, both ways of spreading, and areas that nest whatever
is cleaned away.
"""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString

import sxgeo
from sxgeo.analysis.accessibility import surface as made
from sxgeo.analysis.accessibility.surface import LATTICE, MIN_HOLE_CELLS, MIN_PART_CELLS, areas
from sxgeo.analysis.network.build import network_from_lines
from sxgeo.analysis.network.search import ticks_from
from sxgeo.analysis.network.snap import seeds_of, snap
from sxgeo.analysis.network.trace import MAX_SHEETS, Traces
from sxgeo.geometry.projection import plane_crs, points_to_degrees

HERE = (112.6, 38.0)
GEOD = Geod(ellps="GRS80")


def line_network(*lines, kmh=60):
    return network_from_lines(
        gpd.GeoDataFrame({"speed_kmh": [kmh] * len(lines)}, geometry=list(lines), crs="EPSG:4490")
    )


def north(metres):
    lon, lat, _ = GEOD.fwd(*HERE, 0, metres)
    return round(float(lon), 7), round(float(lat), 7)


def test_a_straight_edge_passes_its_cells_in_order_with_the_time_at_each_border():
    network = line_network(LineString([HERE, north(1000)]))
    passages = Traces().passages(network, np.array([0]), plane_crs(HERE[0]), 50.0)
    assert passages.counts.tolist() == [len(passages.row)] and 20 <= len(passages.row) <= 22
    assert (np.diff(passages.row) == 1).all() and (passages.column == passages.column[0]).all()
    assert passages.ahead[0] == 0 and passages.behind[-1] == 0  # 1 km at 60 km/h: 600 ticks
    inside = 600 - passages.behind - passages.ahead
    assert (inside >= 0).all() and (inside[1:-1] >= 10).all() and (inside <= 30).all()
    assert (
        np.abs(np.diff(passages.ahead[1:]) - 30) <= 16
    ).all()  # 50 m take 30 ticks; samples stand 25 m apart


edges_of = st.lists(st.integers(0, 23), min_size=1, max_size=24)


@settings(max_examples=40, deadline=None)
@given(questions=st.lists(edges_of, min_size=1, max_size=5))
def test_what_was_traced_before_changes_nothing(questions):
    nodes = [
        (round(112.6 + 0.01 * i, 7), round(38.0 + 0.01 * j + 0.0013 * i, 7))
        for i in range(4)
        for j in range(4)
    ]
    pairs = [(n, n + 1) for n in range(16) if n % 4 != 3] + [(n, n + 4) for n in range(12)]
    network = line_network(*(LineString([nodes[a], nodes[b]]) for a, b in pairs), kmh=47)
    crs, kept = plane_crs(112.6), Traces()
    for edges in questions:
        asked = np.unique(edges)
        for cell_m in (50.0, 200.0):
            first, again = (
                Traces().passages(network, asked, crs, cell_m),
                kept.passages(network, asked, crs, cell_m),
            )
            for name in first.__slots__:
                assert np.array_equal(getattr(first, name), getattr(again, name))
    for cell_m in range(60, 60 + 2 * MAX_SHEETS):
        kept.passages(network, np.array([0]), crs, float(cell_m))
    assert len(kept._sheets) == MAX_SHEETS


@settings(max_examples=60, deadline=None)
@given(
    seeds=st.lists(
        st.tuples(st.integers(4, 25), st.integers(4, 35), st.integers(0, 3000)),
        min_size=1,
        max_size=60,
    ),
    block=st.sampled_from([1, 100, 10_000]),
)
def test_both_ways_of_spreading_give_the_least_over_all_walks(seeds, block):
    walks = [
        (d, a, 9 * (abs(d) + 3 * abs(a)))
        for d in range(-3, 4)
        for a in range(-3, 4)
        if (d, a) != (0, 0)
    ]
    knots = np.full((30, 40), made._FAR, dtype=np.int32)
    for row, column, ticks in seeds:
        knots[row, column] = min(knots[row, column], ticks)
    least = knots.copy()
    for row, column in zip(*np.nonzero(knots < made._FAR), strict=True):
        for down, across, cost in walks:
            there = row + down, column + across
            least[there] = min(least[there], knots[row, column] + cost)
    for few in (0.0, 2.0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(made, "_FEW_SEEDS", few)
            patch.setattr(made, "_BLOCK_KNOTS", block)
            spread = made._spread(knots, walks)
        assert np.array_equal(np.minimum(spread, made._FAR), least)


def test_points_move_to_sixteenths_of_their_side_and_never_to_its_ends():
    knots = np.array([[3.0, 5.5], [3.25, 7.0], [4.0000001, 2.0], [6.0, 8.9999999], [2.03, 1.0]])
    assert made._on_lattice(knots).tolist() == [[48, 88], [52, 112], [65, 32], [96, 143], [33, 16]]


def drawn(ticks: np.ndarray, limits: list[int], at: tuple[float, float]):
    """Contour a grid of ticks with the origin at a place in cells."""
    grid = made._Surface(ticks.astype(np.int32), 8000, 84_000, 50.0)
    place = (np.array(at) + np.array([8000, 84_000])) * 50.0
    lon, lat = points_to_degrees(place[None], plane_crs(112.6))[0]
    network = line_network(LineString([(lon, lat), (lon, lat + 0.01)]))
    origin = snap(network, network.boxes, lon, lat)
    return list(made._outlines(grid, limits, origin)), origin


def test_specks_go_holes_close_and_what_lies_in_a_closed_hole_goes_with_it():
    ticks = np.full((60, 60), made._FAR)
    ticks[5:35, 5:35] = 100  # the area of the origin
    ticks[10:14, 10:14] = made._FAR  # a hole of about 23 cells, open
    ticks[20:22, 20:22] = made._FAR  # one of about 8, closed
    ticks[45:47, 45:47] = 100  # a speck of about 1
    ticks[50:54, 50:54] = 100  # a part of about 9
    (area,), origin = drawn(ticks, [100], (8.5, 8.5))
    assert (
        area.is_valid
        and len(area.geoms) == 2
        and area.covers(shapely.Point(origin.lon, origin.lat))
    )
    assert [len(part.interiors) for part in area.geoms] == [1, 0]
    ticks[20:26, 20:26] = made._FAR
    ticks[22:24, 22:24] = (
        100  # an island of about 1 in a hole of about 36: the hole stays, the speck goes
    )
    (area,), _ = drawn(ticks, [100], (8.5, 8.5))
    assert [len(part.interiors) for part in area.geoms] == [2, 0]


def test_an_island_in_a_hole_that_is_closed_is_not_drawn_twice(monkeypatch):
    monkeypatch.setattr(made, "MIN_HOLE_CELLS", 80)
    ticks = np.full((40, 40), made._FAR)
    ticks[2:30, 2:30] = 100
    ticks[10:17, 10:17] = made._FAR  # about 62 cells: closed
    ticks[12:15, 12:15] = 100  # an island of about 4 or more within
    (area,), _ = drawn(ticks, [100], (4.5, 4.5))
    assert area.is_valid and len(area.geoms) == 1 and not area.geoms[0].interiors


def test_a_speck_that_holds_the_origin_stays():
    ticks = np.full((20, 20), made._FAR)
    ticks[10:12, 10:12] = 100
    (area,), origin = drawn(ticks, [100], (10.5, 10.5))
    assert area.covers(shapely.Point(origin.lon, origin.lat)) and MIN_PART_CELLS > 1


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    limits=st.sets(st.integers(0, 900), min_size=2, max_size=5).map(sorted),
)
def test_outlines_of_any_surface_nest_are_valid_and_stay_so_when_simplified(seed, limits):
    """Random grids have what roads never have: saddles, cliffs, needles and islands everywhere."""
    draw = np.random.default_rng(seed)
    ticks = np.full((40, 50), made._FAR)
    rough = draw.integers(0, 1000, (8, 10)).repeat(4, axis=0).repeat(4, axis=1)
    ticks[4:36, 5:45] = np.where(
        draw.random((32, 40)) < 0.1, made._FAR, rough + draw.integers(0, 200, (32, 40))
    )
    ticks[19:21, 24:26] = 0
    outlines, origin = drawn(ticks, limits, (24.5, 19.5))
    simple = made._simplified(outlines, 50.0, origin)
    place = shapely.Point(origin.lon, origin.lat)
    for shapes in (outlines, simple):
        assert all(shape.is_valid and shape.covers(place) for shape in shapes)
        assert all(outer.covers(inner) for inner, outer in pairwise(shapes))
    given_ = {tuple(xy) for xy in shapely.get_coordinates(outlines)}
    assert {tuple(xy) for xy in shapely.get_coordinates(simple)} <= given_
    cell = shapely.box(0, 0, 50 / 87_700, 50 / 111_000).area
    for before, after in zip(outlines, simple, strict=True):
        assert abs(before.area - after.area) < 0.1 * before.area + 4 * cell
        small = [shapely.Polygon(hole).area for part in before.geoms for hole in part.interiors]
        assert all(hole > 0.98 * MIN_HOLE_CELLS * cell for hole in small)


def test_equal_limits_of_a_tick_give_equal_areas():
    network = line_network(LineString([HERE, north(5000)]))
    found = sxgeo.isochrones(network, [north(2000)], [1.0, 1.0001, 1.0002, 2.0])
    assert found.geometry[0].equals(found.geometry[2]) and found.geometry[3].covers(
        found.geometry[2]
    )


def test_the_engine_changes_no_byte_of_an_area():
    network = sxgeo.load_network("taixin")
    origin = snap(network, network.boxes, 112.5489, 37.8706)
    pytest.importorskip("numba")
    one, other = (
        areas(
            network,
            ticks_from(network.steps, seeds_of(network, [origin]), engine=engine)[0],
            origin,
            [15, 40],
        )
        for engine in ("numba", "scipy")
    )
    assert [shape.wkb for shape in one] == [shape.wkb for shape in other]
    assert LATTICE == 16
