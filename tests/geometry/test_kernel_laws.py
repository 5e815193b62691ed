"""The second engine against GEOS in every respect: holes, parts, points, lines, edges beside edges,
and whatever memory it is given.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
import shapely

from sxgeo.geometry import kernel as kernel_module
from sxgeo.geometry.kernel import Kernel

KERNEL = Kernel()
SEEDS = range(6)
EAST, NORTH = 500_000.0, 4_200_000.0


def moved(shape: Any) -> Any:
    return shapely.transform(shape, lambda xy: np.add(xy, (EAST, NORTH)))


def polygons(seed: int) -> list[Any]:
    """A star with a hole, two parts, an upright box, one box within the hole, one far off."""
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 2 * np.pi, 9))
    reach = rng.uniform(60, 140, 9)
    star = shapely.Polygon(np.column_stack([reach * np.cos(angle), reach * np.sin(angle)]))
    star = star if star.is_valid else star.convex_hull
    west, south = rng.uniform(-120, 60, 2)
    box = shapely.box(west, south, west + rng.uniform(20, 150), south + rng.uniform(20, 150))
    hole = shapely.box(-15, -15, 15, 15)
    shapes = [
        shapely.difference(star, hole),
        shapely.MultiPolygon([shapely.box(-150, -20, -60, 30), shapely.box(50, -90, 90, 10)]),
        box,
        shapely.box(-5, -7, 6, 5),
        shapely.box(400, 300, 420, 500),
    ]
    return [moved(shape) for shape in shapes if not shape.is_empty and shape.area > 1]


def lines(seed: int) -> list[Any]:
    rng = np.random.default_rng(1000 + seed)
    path = shapely.LineString(rng.uniform(-160, 160, (2, 2)))
    several = shapely.MultiLineString([[(-200, 3), (200, 8)], [(300, 0), (300, 50)]])
    return [moved(path), moved(several)]


def places(seed: int) -> list[Any]:
    rng = np.random.default_rng(2000 + seed)
    return [
        moved(shapely.Point(rng.uniform(-200, 200, 2))),
        moved(shapely.MultiPoint(rng.uniform(-200, 200, (7, 2)))),
    ]


def same(told: float, wanted: float, size: float = 1.0) -> None:
    assert told == pytest.approx(wanted, abs=1e-7 * max(1.0, size))


def held_against_geos(seed: int) -> None:
    areas, others = polygons(seed), [*lines(seed), *places(seed)]
    for one, other in product([*areas, *others], repeat=2):
        same(KERNEL.distance_m(one, other), float(shapely.distance(one, other)))
    for area, shape in product(areas, [*areas, *others]):
        for told in (KERNEL.common(area, shape), KERNEL.common(shape, area)):
            shared = shapely.intersection(area, shape)
            flat = shapely.get_dimensions(shape)
            assert told.points.shape == (len(told.points), 2)
            same(told.area_m2, shared.area if flat == 2 else 0.0, area.area)
            same(told.length_m, shared.length if flat == 1 else 0.0, 100)
            assert (shapely.distance(shapely.points(told.points), area) <= 1e-7).all()
            assert (shapely.distance(shapely.points(told.points), shape) <= 1e-7).all()
            if (shared.area if flat == 2 else shared.length) > 1e-6:
                assert len(told.points)
            elif shapely.distance(area, shape) > 1e-6:
                assert not len(told.points)
        beyond = shapely.difference(shape, area)
        amounts = {2: beyond.area, 1: beyond.length, 0: float(shapely.get_num_coordinates(beyond))}
        same(KERNEL.uncovered(shape, area), amounts[flat], area.area)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_two_shapes_have_in_common_is_what_geos_says(seed: int) -> None:
    held_against_geos(seed)


@pytest.mark.parametrize("cells", [1, 5, 64])
def test_how_much_is_looked_at_together_changes_no_answer(cells: int, monkeypatch: Any) -> None:
    monkeypatch.setattr(kernel_module, "_CELLS", cells)
    held_against_geos(3)
    rng = np.random.default_rng(cells)
    some = np.add(rng.uniform(-200, 200, (23, 2)), (EAST, NORTH))
    shape = polygons(3)[0]
    few = KERNEL.depths_m(some, shape)
    monkeypatch.undo()
    assert few.tolist() == KERNEL.depths_m(some, shape).tolist()


def test_lines_that_run_on_an_edge_or_end_on_it_or_go_through_a_corner() -> None:
    square = moved(shapely.box(0, 0, 100, 100))
    for run, inside in (
        ([(0, 0), (100, 0)], 100),
        ([(-50, 100), (150, 100)], 100),
        ([(50, 100), (50, 200)], 0),
        ([(-50, -50), (150, 150)], 100 * 2**0.5),
        ([(-10, 10), (10, -10)], 0),
        ([(20, 20), (30, 20), (30, 90)], 80),
        ([(100, 20), (100, 60), (180, 60)], 40),
    ):
        line = moved(shapely.LineString(run))
        same(KERNEL.common(line, square).length_m, inside)
        same(KERNEL.uncovered(line, square), line.length - inside)
    # one edge on the other, corner on corner, hole filled exactly
    frame = moved(shapely.box(0, 0, 100, 100) - shapely.box(40, 40, 60, 60))
    for other, shared, apart in (
        (shapely.box(100, 0, 200, 100), 0, 0),
        (shapely.box(100, 100, 200, 200), 0, 0),
        (shapely.box(40, 40, 60, 60), 0, 0),
        (shapely.box(40, 40, 61, 60), 20, 0),
        (shapely.box(0, 0, 100, 100), 9600, 0),
        (shapely.box(45, 45, 55, 55), 0, 5),
        (shapely.box(103, 104, 200, 200), 0, 5),
    ):
        same(KERNEL.common(frame, moved(other)).area_m2, shared)
        same(KERNEL.distance_m(frame, moved(other)), apart)
        same(KERNEL.uncovered(moved(other), frame), other.area - shared)


@pytest.mark.parametrize("seed", SEEDS)
def test_depth_is_the_distance_to_the_edge_negative_outside(seed: int) -> None:
    rng = np.random.default_rng(3000 + seed)
    some = np.add(rng.uniform(-200, 200, (60, 2)), (EAST, NORTH))
    for shape in polygons(seed):
        points = shapely.points(some)
        away = shapely.distance(points, shapely.boundary(shape))
        signed = np.where(shapely.intersects(points, shape), away, -away)
        assert KERNEL.depths_m(some, shape) == pytest.approx(signed, abs=1e-7)
    assert KERNEL.depths_m(np.empty((0, 2)), shape).tolist() == []


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("limit", [0.5, 7.0])
def test_the_edge_beside_another_is_as_long_as_a_wide_band_cuts_out(
    seed: int, limit: float
) -> None:
    """Where several edges of the other lie beside one, with stretches between that are beside none."""
    for one, other in product(polygons(seed), repeat=2):
        band = shapely.buffer(shapely.boundary(other), limit, quad_segs=256)
        wanted = shapely.intersection(shapely.boundary(one), band).length
        # a circle of 1,024 edges lies within a hundred-thousandth of the limit inside the true one
        assert KERNEL.along_m(one, other, limit) == pytest.approx(wanted, abs=0.02 * limit)


def test_the_edge_beside_another_by_hand() -> None:
    square = shapely.box(0, 0, 100, 100)
    for other, limit, along in (
        (shapely.box(103, 20, 200, 80), 5.0, 60 + 2 * 4),
        (shapely.box(103, 20, 200, 80), 2.9, 0),
        (shapely.box(100, 0, 200, 100), 1.0, 100 + 2 * 1),
        (shapely.box(0, 0, 100, 100), 0.5, 400),
        (shapely.box(-60, 98, 160, 300), 3.0, 100 + 2 * 5),
        (shapely.box(103, 104, 200, 200), 5.0, 0),
        (shapely.box(103, 104, 200, 200), 6.0, (36 - 16) ** 0.5 - 3 + (36 - 9) ** 0.5 - 4),
    ):
        same(KERNEL.along_m(square, other, limit), along)
        same(KERNEL.along_m(moved(square), moved(other), limit), along)


@pytest.mark.parametrize("seed", range(8))
def test_a_line_that_runs_along_an_edge_lies_in_it_whatever_its_direction(seed: int) -> None:
    """However its corners are rounded: where the edge ends, the line is cut."""
    rng = np.random.default_rng(seed)
    for _ in range(12):
        turn, long = rng.uniform(0, 2 * np.pi), rng.uniform(20, 900)
        along, aside = (
            np.array([np.cos(turn), np.sin(turn)]),
            np.array([-np.sin(turn), np.cos(turn)]),
        )
        foot = np.array([5e5, 4.2e6]) + rng.uniform(-1e3, 1e3, 2)
        ring = [foot, foot + long * along, foot + long * along + 50 * aside, foot + 50 * aside]
        line = shapely.LineString([foot - 30 * along, foot + (long + 40) * along])
        told = Kernel().common(line, shapely.Polygon(ring))
        assert told.length_m in (pytest.approx(long, abs=1e-5), pytest.approx(0.0, abs=1e-5))
        inner = shapely.LineString([foot + 0.001 * aside, foot + long * along + 0.001 * aside])
        assert Kernel().common(inner, shapely.Polygon(ring)).length_m == pytest.approx(
            long, abs=1e-5
        )
        shares = kernel_module._shares(np.concatenate([*line.coords]) - np.tile(foot, 2), np.array(
            [np.concatenate([a, b]) - np.tile(foot, 2) for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)]
        ))  # fmt: skip
        ends = [30 / (long + 70), (long + 30) / (long + 70)]
        assert all(np.abs(shares - end).min() < 1e-8 for end in ends)


def test_two_lines_have_no_area_and_no_length_in_common() -> None:
    """Only with a polygon is a length shared: lines that run along each other are none of its."""
    line = shapely.LineString([(0, 0), (10, 0)])
    for other in (line, shapely.LineString([(5, -5), (5, 5)]), shapely.Point(5, 0)):
        told = KERNEL.common(line, other)
        assert (told.area_m2, told.length_m, len(told.points)) == (0.0, 0.0, 0)
