"""GEOS, the page's geometry and the engine against whole numbers, a few units of the grid from
touching.

`python tests/geometry/exact.py --pairs 1000000 --page` asks of a million pairs; here it is a
sample.
"""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from random import Random
from typing import Any

import numpy as np
import pytest
import shapely
from exact import Lie, Rings, compared, edges_of, lie, pair, pairs, square_distance, twice_area
from test_page_check import needs_node

from sxgeo.analysis.conflicts.relation import TOUCH_M
from sxgeo.geometry.overlap import measure
from sxgeo.geometry.straight import STRAIGHT_M, laid_on_plane

SQUARE = [[(0, 0), (4, 0), (4, 4), (0, 4), (0, 0)]]
APART, TOUCH, OVERLAP, HELD = (
    Lie(False, False, False),
    Lie(True, True, False),
    Lie(True, False, False),
    Lie(True, False, True),
)


def moved(rings: Rings, x: int, y: int) -> list[list[tuple[int, int]]]:
    return [[(a + x, b + y) for a, b in ring] for ring in rings]


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (moved(SQUARE, 5, 0), APART),
        (moved(SQUARE, 4, 0), TOUCH),  # along an edge
        (moved(SQUARE, 4, 4), TOUCH),  # at a corner
        (moved(SQUARE, 4, 3), TOUCH),  # along a part of an edge
        (moved(SQUARE, 3, 0), OVERLAP),  # edges lie on each other, nothing crosses
        (moved(SQUARE, 3, 3), OVERLAP),
        (SQUARE, HELD),
        ([[(0, 0), (4, 0), (4, 4), (0, 0)]], HELD),  # a half, by the diagonal
        ([[(1, 1), (2, 1), (2, 2), (1, 1)]], HELD),
        ([[(-1, -1), (5, -1), (5, 5), (-1, 5), (-1, -1)]], OVERLAP),
        ([[(-2, 2), (2, -2), (-2, -2), (-2, 2)]], TOUCH),  # its edge runs through the corner
    ],
)
def test_how_a_square_lies_to_others(other: Rings, told: Lie) -> None:
    assert lie(SQUARE, other) == told


def test_what_fills_a_hole_only_touches() -> None:
    hole = [(1, 1), (3, 1), (3, 3), (1, 3), (1, 1)]
    assert lie([SQUARE[0], hole], [hole]) == TOUCH
    assert lie([SQUARE[0], hole], [[(1, 1), (3, 1), (4, 3), (1, 1)]]) == OVERLAP
    assert lie([hole], [SQUARE[0], hole]) == TOUCH


def test_the_distance_of_squares_is_that_of_their_corners() -> None:
    assert square_distance(SQUARE, moved(SQUARE, 7, 8)) == 9 + 16
    assert square_distance(SQUARE, moved(SQUARE, 7, 1)) == 9
    assert square_distance(SQUARE, moved(SQUARE, 4, 1)) == 0


@pytest.mark.parametrize("seed", range(5))
def test_order_place_and_quarter_turns_change_nothing(seed: int) -> None:
    rng = Random(seed)
    for _ in range(60):
        a, b = pair(rng)
        told = lie(a, b)
        swapped = lie(b, a)
        assert (told.intersects, told.touches) == (swapped.intersects, swapped.touches)
        assert not (told.touches and (told.contains or swapped.contains))
        assert lie(moved(a, 7, -9), moved(b, 7, -9)) == told
        turned = [[[(-y, x) for x, y in ring] for ring in rings] for rings in (a, b)]
        assert lie(*turned) == told
        assert twice_area(turned[0][0]) == twice_area(a[0])


def test_geos_is_never_wrong_near_touching() -> None:
    kinds, wrong = compared(22, 1500, page=False)
    assert not wrong
    assert min(kinds[k] for k in ("apart", "touch", "overlap", "contain")) > 30


@needs_node
def test_the_page_is_never_wrong_near_touching() -> None:
    _, wrong = compared(23, 1500, page=True)
    assert not wrong


def on_plane(rings: Rings) -> Any:
    degrees = [np.array(ring) / 1e7 for ring in rings]
    return laid_on_plane(shapely.Polygon(degrees[0], degrees[1:]), "EPSG:4547")


def test_the_engine_tells_apart_what_whole_numbers_tell_apart() -> None:
    """On the plane an edge keeps its place to some millimetres, and no more is claimed."""
    near = 2 * STRAIGHT_M + 1e-3
    for a, b in pairs(24, 400):
        told, exact = measure(on_plane(a), on_plane(b)), lie(a, b)
        if exact.intersects:
            assert told.distance_m <= near
        if exact.touches or not exact.intersects:
            assert told.penetration_m <= TOUCH_M
        if exact.contains:
            assert told.distance_m == 0.0


def exact_rings(shape: Any) -> Rings:
    """The corners of a polygon as the whole numbers that floats are, in units of 2 ** -60."""
    rings = (shape.exterior, *shape.interiors)
    return [
        [(int(Fraction(x) * 2**60), int(Fraction(y) * 2**60)) for x, y in r.coords] for r in rings
    ]


def within_m(a: Any, b: Any) -> tuple[float, float]:
    """The distance of two polygons on the plane as an interval, metres: no rounding is left out."""
    square = square_distance(exact_rings(a), exact_rings(b))
    low = isqrt(square.numerator // square.denominator)
    return float(Fraction(low, 2**60)) - 1e-12, float(Fraction(low + 1, 2**60)) + 1e-12


def test_a_distance_within_a_millimetre_of_its_limit_is_decided_as_exactly_as_it_can_be() -> None:
    """The engine's distance lies in the exact interval, widened by two units of the last digit of
    coordinates of millions of metres: only so near its limit could a rule be decided wrongly.
    """
    last_digit_m = 2 * np.spacing(5e6)
    rng, nearest = Random(25), 1.0
    for limit_m in [10.0, 100.0, 500.0] * 15:
        a = on_plane(moved(pair(rng)[0], 1_125_000_000, 380_000_000))
        gap = limit_m + rng.uniform(-1e-3, 1e-3)
        east = a.bounds[2] + gap
        corner = max(a.exterior.coords)  # the easternmost
        b = shapely.Polygon(
            [(east, corner[1]), (east + 9, corner[1] + 7), (east + 9, corner[1] - 5)]
        )
        low, high = within_m(a, b)
        told = measure(a, b).separation_m
        assert low - last_digit_m <= told <= high + last_digit_m
        assert abs(told - limit_m) < 1.1e-3
        if not low - last_digit_m <= limit_m <= high + last_digit_m:
            assert (told <= limit_m) == (high <= limit_m)
        nearest = min(nearest, abs(told - limit_m))
    assert nearest < 1e-4


def test_every_edge_of_a_pair_is_one_of_its_polygon() -> None:
    a, b = next(pairs(1, 1))
    assert len(edges_of(a)) + len(edges_of(b)) == sum(len(r) - 1 for r in (*a, *b))
