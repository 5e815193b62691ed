"""Walks over the ground and the surface of times, step by step, against plain counting."""

from __future__ import annotations

from itertools import pairwise, product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import shapely

from sxgeo.analysis.accessibility import friction, overland, surface
from sxgeo.analysis.accessibility.friction import FrictionSurface, Grid
from sxgeo.analysis.accessibility.ground import FAR, Sheet, washed
from sxgeo.errors import InputError
from sxgeo.geometry.projection import to_degrees

PLANE = "EPSG:4547"
WEST, NORTH = 400_000.0, 4_210_000.0
INF = float("inf")


def ground(pace: Any, *, cell_m: float = 50.0, known: Any = None) -> FrictionSurface:
    pace = np.array(pace, dtype=float)
    grid = Grid(PLANE, WEST, NORTH, cell_m, *pace.shape)
    return FrictionSurface(grid, pace, np.ones(pace.shape, bool) if known is None else known)


def random_pace(seed: int, rows: int = 4, columns: int = 5) -> Any:
    rng = np.random.default_rng(seed)
    pace = rng.choice([0.01, 0.02, 0.05], (rows, columns))
    pace[rng.uniform(size=pace.shape) < 0.2] = INF
    return pace


# cells
# ------------------------------------------------------------------------------------------


def test_the_cell_of_a_place_has_its_western_and_northern_side() -> None:
    grid = Grid(PLANE, 100.0, 900.0, 10.0, 4, 3)
    for x, y, cell in (
        (100, 900, (0, 0)), (109.9, 890.1, (0, 0)), (110, 890, (1, 1)), (129.9, 860.1, (3, 2)),
        (130, 890, None), (99.9, 890, None), (120, 900.1, None), (120, 860, None),
        (float("nan"), 890, None),
    ):  # fmt: skip
        row, column, inside = grid.cells(x, y)
        assert bool(inside) is (cell is not None)
        assert (int(row), int(column)) == (cell or (0, 0))
    x, y = grid.centres(1, 3)
    assert (x.tolist(), y.tolist()) == ([105, 115, 125], [885, 875])
    assert grid.centres()[1].tolist() == [895, 885, 875, 865]


@pytest.mark.parametrize("seed", range(4))
def test_a_slope_is_central_and_beside_a_hole_one_sided(seed: int) -> None:
    rng = np.random.default_rng(seed)
    height = rng.integers(0, 50, (5, 6)).astype(float)
    height[rng.uniform(size=height.shape) < 0.25] = np.nan
    told = friction.steepest_slope(height, 20.0)

    def change(line: Any, k: int) -> float:
        before = line[k - 1] if k > 0 else np.nan
        after = line[k + 1] if k + 1 < len(line) else np.nan
        if np.isfinite(before) and np.isfinite(after):
            return (after - before) / 2
        return after - line[k] if np.isfinite(after) else line[k] - before

    for r, c in product(range(5), range(6)):
        rise = np.hypot(change(height[:, c], r), change(height[r], c)) / 20
        expected = rise if np.isfinite(height[r, c]) else np.nan
        assert told[r, c] == pytest.approx(expected, nan_ok=True)


def test_bridges_are_walked_whatever_lies_under_them() -> None:
    grid = Grid(PLANE, WEST, NORTH, 50.0, 3, 3)
    height, kmh = np.full((3, 3), 9.0), np.full((3, 3), 4.0)
    height[0, 0], kmh[2, 2] = np.nan, 0
    barrier, opening = np.zeros((3, 3), bool), np.zeros((3, 3), bool)
    barrier[1, 1], opening[1, 1], opening[0, 0] = True, True, True
    told = friction.friction(grid, height, kmh, barrier=barrier, opening=opening)
    bridge = 60 / (1000 * 6 * np.exp(-3.5 * 0.05))
    assert told.min_per_m[1, 1] == told.min_per_m[0, 0] == pytest.approx(bridge)
    assert told.known.all() and told.min_per_m[0, 1] == pytest.approx(0.015)
    assert np.isinf(told.min_per_m[2, 2]) and told.notes == ()
    shut = friction.friction(grid, height, kmh, barrier=barrier)
    assert np.isinf(shut.min_per_m[1, 1]) and not shut.known[0, 0]
    with pytest.raises(InputError, match="nobody can pass anywhere"):
        friction.friction(grid, height, kmh * 0)


# over open ground
# ------------------------------------------------------------------------------------------


def neighbours(pace: Any, cell_m: float) -> dict[tuple[int, int], float]:
    rows, columns = pace.shape
    steps = {}
    for (r, c), (d, a) in product(
        product(range(rows), range(columns)), product((-1, 0, 1), repeat=2)
    ):
        there = r + d, c + a
        if (d, a) == (0, 0) or not (0 <= there[0] < rows and 0 <= there[1] < columns):
            continue
        cost = np.hypot(d, a) * cell_m * (pace[r, c] + pace[there]) / 2
        if np.isfinite(cost):
            steps[r * columns + c, there[0] * columns + there[1]] = cost
    return steps


def told_of(step: Any) -> dict[tuple[int, int], float]:
    """The minutes of steps, by their ends."""
    pairs = zip(step.tail.tolist(), step.head.tolist(), strict=True)
    return dict(zip(pairs, step.minutes.tolist(), strict=True))


def degrees(x: float, y: float) -> tuple[float, float]:
    """Lon and lat of a place so many cells of 50 m east and south of the corner."""
    point = to_degrees(shapely.Point(WEST + 50 * x, NORTH - 50 * y), PLANE)
    return point.x, point.y


@pytest.mark.parametrize("seed", range(5))
def test_steps_lead_to_the_eight_neighbours_at_the_mean_pace_of_both(seed: int) -> None:
    pace = random_pace(seed)
    told: dict[tuple[int, int], float] = {}
    for step in overland._ground_steps(ground(pace)):
        told |= told_of(step)
    assert told == pytest.approx(neighbours(pace, 50.0))

    # roads beside them stand in the same matrix, behind the cells
    roads = overland._Steps(
        np.array([0, 0, 20, 21]), np.array([20, 21, 21, 0]), np.array([1.0, 2.0, 3.0, 4.0])
    )
    matrix = overland._matrix(ground(pace), roads, 2).toarray()
    expected = np.zeros((22, 22))
    for (a, b), cost in {**told, (0, 20): 1, (0, 21): 2, (20, 21): 3, (21, 0): 4}.items():
        expected[a, b] = cost
    assert matrix == pytest.approx(expected)


def test_of_parallel_steps_the_fastest_is_kept() -> None:
    rng = np.random.default_rng(1)
    tail, head, cost = rng.integers(0, 4, 60), rng.integers(0, 4, 60), rng.uniform(1, 9, 60)
    least: dict[tuple[int, int], float] = {}
    for a, b, c in zip(tail.tolist(), head.tolist(), cost.tolist(), strict=True):
        least[a, b] = min(least.get((a, b), INF), c)
    fastest = overland._fastest(overland._Steps(tail, head, cost))
    told = told_of(fastest)
    assert told == least and list(told) == sorted(least) and len(fastest.tail) == len(told)


@pytest.mark.parametrize("limit", [INF, 0.4, 1.0, 3.0])
def test_what_lies_beyond_the_limit_is_not_looked_at_and_nothing_else(limit: float) -> None:
    pytest.importorskip("skimage")
    pace = np.full((15, 15), 0.01)
    pace[3, :9] = INF
    told = overland.least_minutes(ground(pace), (7, 4), limit_min=limit)
    whole = overland.least_minutes(ground(pace), (7, 4))
    np.testing.assert_allclose(told, np.where(whole <= limit, whole, INF))
    assert np.isfinite(whole).sum() == 15 * 15 - 9 and whole[7, 5] == pytest.approx(0.5)


def test_an_origin_lies_on_ground_that_can_be_walked() -> None:
    pace = np.array([[0.01, INF, INF]])
    known = np.array([[True, True, False]])
    for x, words in (
        (1.5, "lies on a barrier"),
        (2.5, "hold no value"),
        (3.0, "outside the surface"),
    ):
        why = overland._cell_of(ground(pace, known=known), *degrees(x, 0.5))
        assert isinstance(why, str) and words in why
    assert overland._cell_of(ground(pace), *degrees(0.5, 0.5)) == (0, 0)


@pytest.mark.parametrize("cell", list(product(range(5), range(6))))
def test_an_area_at_the_rim_or_beside_the_unknown_goes_on(cell: tuple[int, int]) -> None:
    minutes = np.full((5, 6), INF)
    minutes[cell] = 10.0
    rim = cell[0] in (0, 4) or cell[1] in (0, 5)
    assert overland._at_edge(ground(np.ones((5, 6))), minutes, 10.0) is rim
    assert overland._at_edge(ground(np.ones((5, 6))), minutes, 9.9) is False
    known = np.ones((5, 6), bool)
    known[2, 2] = False
    beside = max(abs(cell[0] - 2), abs(cell[1] - 2)) <= 1
    assert overland._at_edge(ground(np.ones((5, 6)), known=known), minutes, 10.0) is (rim or beside)


def test_too_many_cells_are_not_searched_with_roads() -> None:
    assert overland.MAX_JOINT_CELLS == 4_000_000
    overland._refuse_too_many(4_000_000)
    with pytest.raises(InputError, match="4,000,001 cells; together with roads 4,000,000"):
        overland._refuse_too_many(4_000_001)


def test_beyond_an_outline_time_runs_on_as_it_came() -> None:
    rng = np.random.default_rng(6)
    minutes = rng.uniform(0, 20, (6, 7))
    minutes[rng.uniform(size=minutes.shape) < 0.4] = INF
    told = overland._with_edge(minutes, 10.0)
    for r, c in product(range(6), range(7)):
        if np.isfinite(minutes[r, c]):
            assert told[r, c] == minutes[r, c]
            continue
        around = minutes[max(r - 1, 0) : r + 2, max(c - 1, 0) : c + 2].min()
        expected = max(20 - around, 11.0) if around <= 10 else 11.0
        assert told[r, c] == pytest.approx(expected)


def roads(*courses: Any, oneway: Any = None, legs: Any = None) -> Any:
    """What a surface asks of a network; places in cells from the corner."""
    points = [[(WEST + 50 * x, NORTH - 50 * y) for x, y in course] for course in courses]
    lines = np.array([to_degrees(shapely.LineString(p), PLANE) for p in points], dtype=object)
    ends = [p[k] for p in points for k in (0, -1)]
    order = list(dict.fromkeys(ends))
    return SimpleNamespace(
        tail=np.array([order.index(p[0]) for p in points]),
        head=np.array([order.index(p[-1]) for p in points]),
        lines=lambda edges: lines[edges], size=len(order), ticks=np.arange(600, 600 * 9, 600)[: len(points)],
        oneway=np.zeros(len(points), bool) if oneway is None else np.array(oneway), legs=legs, id="n",
    )  # fmt: skip


def test_roads_are_cut_at_half_a_cell_on_the_surface_and_keep_their_ends_beside_it() -> None:
    network = roads(
        [(0.21, 0.5), (2.19, 0.5), (2.19, 2.48)],
        [(10, 1), (12, 1), (15, 1)],
        [(2.19, 2.48), (5.5, 2.48)],
    )
    grid = Grid(PLANE, WEST, NORTH, 50.0, 4, 6)
    told = overland._pieces(grid, network)
    counts = np.bincount(told.edge).tolist()
    assert counts[1] == 2 and counts[0] == 9 and counts[2] >= 8
    for edge in range(3):
        own = told.edge == edge
        share, xy, node = told.share[own], told.xy[own], told.node[own]
        assert share[0] == 0 and share[-1] == pytest.approx(1) and (np.diff(share) > 0).all()
        assert (node[0], node[-1]) == (network.tail[edge], network.head[edge])
        steps = np.hypot(*np.diff(xy, axis=0).T)
        assert share == pytest.approx(np.concatenate([[0], np.cumsum(steps)]) / steps.sum())
        assert edge == 1 or steps.max() <= 25.001
    inner = np.concatenate([told.node[told.edge == k][1:-1] for k in range(3)])
    assert inner.tolist() == list(range(network.size, told.size))

    # from each point on walkable ground to the centre of its cell, at the pace of that cell
    pace = np.full((4, 6), 0.01)
    pace[2, 2] = INF
    doors = overland._doors(ground(pace), told)
    expected = []
    for node, (x, y) in zip(
        told.node.tolist(), ((told.xy - [WEST, NORTH]) * [1, -1] / 50).tolist(), strict=True
    ):
        r, c = int(np.floor(y)), int(np.floor(x))
        if 0 <= r < 4 and 0 <= c < 6 and (r, c) != (2, 2):
            away = 50 * np.hypot(x - c - 0.5, y - r - 0.5)
            expected.append((r * 6 + c, node, pytest.approx(away * 0.01)))
    found = zip(doors.cell.tolist(), doors.node.tolist(), doors.minutes.tolist(), strict=True)
    assert list(found) == expected and len(expected) >= 10


@pytest.mark.parametrize("oneway", [False, True])
def test_along_a_road_time_runs_by_its_shares(oneway: bool) -> None:
    legs = SimpleNamespace(tail=np.array([1]), head=np.array([0]), ticks=np.array([1200]))
    network = roads(
        [(0.21, 0.5), (2.19, 0.5)], [(2.19, 0.5), (2.19, 1.5)], oneway=[oneway, False], legs=legs
    )
    pieces = overland._pieces(Grid(PLANE, WEST, NORTH, 50.0, 4, 6), network)
    steps = list(overland._along(network, pieces))
    forward, back, rails = steps
    told: dict[tuple[int, int], float] = {}
    for step in steps:
        told |= told_of(step)
    expected = {}
    for edge, minutes in ((0, 1.0), (1, 2.0)):
        own = np.flatnonzero(pieces.edge == edge)
        for i, k in pairwise(own.tolist()):
            cost = (pieces.share[k] - pieces.share[i]) * minutes
            expected[pieces.node[i], pieces.node[k]] = cost
            if not (oneway and edge == 0):
                expected[pieces.node[k], pieces.node[i]] = cost
    expected[1, 0] = 2.0
    assert told == pytest.approx(expected)
    assert len(forward.tail) - len(back.tail) == (4 if oneway else 0)
    assert rails.minutes.tolist() == [2.0]


# beside dense roads
# ------------------------------------------------------------------------------------------


def sheet(road: list[int], ticks: list[int], leave: list[bool], shut: list[int]) -> Sheet:
    return Sheet(
        12, 14, np.array(road), np.array(ticks), np.array(leave, dtype=bool),
        np.array(shut, dtype=np.int64),
    )  # fmt: skip


def octile(a: int, b: int) -> float:
    return max(a, b) - min(a, b) + np.sqrt(2) * min(a, b)


@pytest.mark.parametrize("cap_m", [10.0, 25.0, 35.0])
@pytest.mark.parametrize("limit", [100, 150, 400])
def test_a_walk_goes_so_far_and_so_long_and_not_to_the_rim(cap_m: float, limit: int) -> None:
    cell = 5 * 14 + 6
    told = washed(sheet([cell], [90], [True], []), 10.0, cap_m, 3.6, limit)
    for r, c in product(range(12), range(14)):
        down = max(5 - r, 0, r - 6)
        across = max(6 - c, 0, c - 7)
        metres = octile(down, across) * 10
        if down == across == 0:
            assert told[r, c] == 90
            continue
        ticks = 90 + metres * 10  # 3.6 km/h: a metre takes ten ticks
        rim = r in (0, 11) or c in (0, 13)
        if rim or metres > cap_m + 0.1 or ticks > limit + 1:
            assert told[r, c] == FAR
        elif metres < cap_m - 0.1 and ticks < limit - 1:
            assert told[r, c] == pytest.approx(ticks, abs=2)


def test_what_lies_at_a_road_is_reached_as_that_road_is_and_walls_stop_a_walk() -> None:
    source, other = 5 * 14 + 3, 5 * 14 + 6
    told = washed(sheet([source, other], [100, FAR], [True, True], []), 10.0, 500.0, 3.6, 10_000)
    assert told[5, 6] == told[6, 7] == FAR and told[5, 5] == 200
    # behind the other road the walk goes round
    assert told[5, 8] > 100 + 10 * 10 * 4
    wall = [r * 14 + 6 for r in range(11)]
    told = washed(sheet([source], [100], [True], wall), 10.0, 500.0, 3.6, 10_000)
    assert told[5, 5] == 200 and (told[:, 6:] == FAR).all()
    shut = washed(sheet([source], [100], [False], []), 10.0, 500.0, 3.6, 10_000)
    assert (shut < FAR).sum() == 4 and (shut[5:7, 3:5] == 100).all()
    late = washed(sheet([source], [101], [True], []), 10.0, 500.0, 3.6, 100)
    assert (late < FAR).sum() == 4
    beside = washed(sheet([source], [100], [True], [source]), 10.0, 500.0, 3.6, 10_000)
    assert (beside < FAR).sum() == 4
    twice = washed(sheet([source, source], [100, 50], [True, True], []), 10.0, 30.0, 3.6, 10_000)
    assert twice[5, 3] == 50


# the surface of times
# ------------------------------------------------------------------------------------------


def test_walks_of_a_disc_end_behind_the_cap() -> None:
    network = SimpleNamespace(offroad_cap_m=100.0, offroad_kmh=3.6)
    told = {(d, a): t for d, a, t in surface._walks(4, 50.0, network)}
    expected = {}
    for d, a in product(range(-4, 5), repeat=2):
        metres = np.hypot(d, a) * 50
        if 0 < metres <= 150:
            expected[d, a] = round(metres * 10 + max(metres - 100, 0) * 6000)
    assert told == expected and len(told) == 28


def test_boxes_within_a_margin_are_found_on_each_side() -> None:
    extent = (112.0, 37.0, 112.1, 37.2)
    up = 1000 / 111_320
    aside = up / np.cos(np.radians(37.2))
    near, far = 0.999, 1.001
    for factor, inside in ((near, True), (far, False)):
        boxes = np.array([
            [112.1 + aside * factor, 37.1, 113, 37.1], [111, 37.1, 112 - aside * factor, 37.1],
            [112.05, 37.2 + up * factor, 112.06, 38], [112.05, 36, 112.06, 37 - up * factor],
        ])  # fmt: skip
        near_it = surface._Near(extent, 1000.0)
        assert near_it.of(boxes).tolist() == ([0, 1, 2, 3] if inside else [])
    touching = np.array([[112.1, 37.2, 113, 38], [111, 36, 112, 37]])
    assert surface._Near(extent, 0.0).of(touching).tolist() == [0, 1]


def test_the_last_column_and_row_of_a_grid_are_left_free() -> None:
    column, row = (
        np.array(v, dtype=np.int32) for v in ([4, 5, 7, 8, 3, 5, 5], [9, 9, 9, 9, 9, 8, 12])
    )
    frame = surface._Frame(column=4, row=9, width=5, height=4)
    inside, flat = frame.flat(column, row)
    assert inside.tolist() == [True, True, True, False, False, False, False]
    assert flat.tolist() == [0, 1, 3]
    inside, flat = frame.flat(np.array([4], np.int32), np.array([11], np.int32))
    assert inside.tolist() == [True] and flat.tolist() == [10]


@pytest.mark.parametrize("metres", [0.0, 24.0, 26.0, 140.0])
def test_the_walk_to_the_road_is_sampled_twice_a_cell(metres: float) -> None:
    origin = SimpleNamespace(
        place=np.array([10.0, 20.0]), foot=np.array([10.0 + metres, 20.0]), distance_m=metres, walk_ticks=77
    )  # fmt: skip
    xy, gone = surface._walk(origin, 50.0)
    number = 1 + int(np.ceil(metres * 2 / 50))
    assert len(xy) == len(gone) == number and xy[0].tolist() == [10, 20]
    if number > 1:
        assert xy[:, 0] == pytest.approx(np.linspace(10, 10 + metres, number))
        assert gone.tolist() == [round(77 * k / (number - 1)) for k in range(number)]
    assert (xy[:, 1] == 20).all()


def test_edges_are_reached_from_either_end_and_one_way_ones_from_their_tail() -> None:
    network = SimpleNamespace(
        tail=np.array([0, 1, 0, 1, 2]), head=np.array([1, 0, 2, 2, 1]),
        oneway=np.array([False, True, True, False, False]),
    )  # fmt: skip
    ticks = np.array([10.0, 21.0, INF])
    origin = SimpleNamespace(edges=np.array([4]))
    assert surface._reached(network, ticks, origin, 10).tolist() == [0, 2, 4]
    assert surface._reached(network, ticks, origin, 9).tolist() == [4]
    assert surface._reached(network, ticks, origin, 21).tolist() == [0, 1, 2, 3, 4]
    assert surface._reached(network, ticks, origin, -1).tolist() == []
    assert surface._reached(network, ticks, origin, 0).tolist() == [4]


def test_a_cell_is_a_fifth_of_the_cap_and_as_fine_as_the_room_lets() -> None:
    def told(cap_m: float, wide_deg: float) -> float:
        extent = 112.5, 38.0, 112.5 + wide_deg, 38.0 + wide_deg
        return surface._cell_m(SimpleNamespace(offroad_cap_m=cap_m), extent, "EPSG:4546")

    assert told(1000.0, 0.01) == 200 and told(10_000.0, 0.01) == 250 and told(201.0, 0.01) == 50
    # dense roads: the finest that keeps 600,000 cells
    for wide_deg in (0.01, 0.03, 0.05, 0.08, 0.11, 0.4):
        span = wide_deg * 87_700 + 300, wide_deg * 111_000 + 300
        fine = (5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0)
        fits = [f for f in fine if span[0] * span[1] <= 600_000 * f**2]
        assert told(150.0, wide_deg) == (fits[0] if fits else 50.0)
    # and never more than four million
    span = 5 * 87_700 + 2000, 5 * 111_000 + 2000
    told_m = told(1000.0, 5.0)
    least = np.sqrt(span[0] * span[1] / 4_000_000)
    assert told_m % 10 == 0 and least * 0.97 <= told_m <= least * 1.03 + 10


def test_rings_know_their_part_and_their_area() -> None:
    squares = [
        [(0, 0), (64, 0), (64, 64), (0, 64), (0, 0)],
        [(16, 16), (16, 32), (32, 32), (32, 16), (16, 16)],
        [(100, 0), (164, 0), (164, 32), (100, 0)],
    ]
    lattice = np.array([p for ring in squares for p in ring])
    offsets = [np.array([0, 5, 10], np.uint32), np.array([0, 4], np.uint32)]
    told = surface._rings(lattice, offsets)
    assert told.start.tolist() == [0, 5, 10, 14] and told.part.tolist() == [0, 0, 1]
    assert told.hole.tolist() == [False, True, False] and told.cells.tolist() == [16, 1, 4]


@pytest.mark.parametrize(("cells", "kept"), [(4, True), (3.9, False)])
def test_specks_of_less_than_four_cells_and_holes_of_less_than_sixteen_go(
    cells: float, kept: bool
) -> None:
    def ring(x: float, y: float, side: float) -> Any:
        return shapely.box(x, y, x + side, y + side).exterior.coords[:]

    rings = [ring(0, 0, 20), ring(30, 0, np.sqrt(cells)), ring(2, 2, 2 * np.sqrt(cells))]
    lattice = np.array([p for k in (0, 2, 1) for p in rings[k]]) * 16
    start, part = np.array([0, 5, 10, 15]), np.array([0, 0, 1])
    areas = np.array([400.0, 4 * cells, cells])
    told = surface._Rings(start, part, np.array([False, True, False]), areas)
    shape = surface._polygons(lattice / 1e5, lattice, told, np.array([16.0, 16.0]))
    assert len(shape.geoms) == (2 if kept else 1)
    assert len(shape.geoms[0].interiors) == (1 if kept else 0)
    # a speck that holds the origin stays
    inside = np.array([30.5, 0.5]) * 16
    assert len(surface._polygons(lattice / 1e5, lattice, told, inside).geoms) == 2
