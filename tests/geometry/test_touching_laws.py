"""Rings that touch themselves keep their area; rings that cross are told apart, and counted."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
import shapely

from sxgeo.geometry import touching
from sxgeo.geometry.overlap_areas import Slope, below
from sxgeo.geometry.touching import crossings, untouched

TURNS = range(0, 360, 30)


def turned(shape: Any, turn: float, *, mirror: bool = False) -> Any:
    """The shape far from the origin, turned, and drawn the other way round."""
    moved = shapely.affinity.rotate(shape, turn, origin=(0, 0))
    moved = shapely.affinity.scale(moved, -1, 1, origin=(0, 0)) if mirror else moved
    return shapely.transform(moved, lambda xy: np.round(np.add(xy, (5e5, 4.2e6)), 6))


BRIDGED = shapely.Polygon(
    # a square with a hole drawn by a bridge from its corner
    [
        *((0, 0), (100, 0), (100, 100), (0, 100), (0, 0), (20, 20), (20, 60), (60, 60)),
        *((60, 20), (20, 20), (0, 0)),
    ]
)
LOOPED = shapely.Polygon(
    # two squares in one ring, which meet in a corner
    [(0, 0), (50, 0), (50, 50), (90, 50), (90, 90), (50, 90), (50, 50), (0, 50), (0, 0)]
)
TWICE = shapely.Polygon(
    # a loop within, wound the same way: the ring goes around it twice
    [
        *((0, 0), (100, 0), (100, 100), (0, 100), (0, 0), (60, 20), (60, 60), (20, 60)),
        *((0, 0),),
    ]
)
BOW_TIE = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("mirror", [False, True])
def test_a_ring_that_touches_itself_keeps_its_area(turn: float, mirror: bool) -> None:
    for shape, area, parts, holes in ((BRIDGED, 8_400, 1, 1), (LOOPED, 4_100, 2, 0)):
        for ring in (shape, shapely.reverse(shape)):
            told = untouched(turned(ring, turn, mirror=mirror))
            assert told is not None and told.is_valid
            assert told.area == pytest.approx(area, abs=0.01)
            pieces = shapely.get_parts(told)
            assert len(pieces) == parts
            assert sum(len(piece.interiors) for piece in pieces) == holes


@pytest.mark.parametrize("turn", TURNS)
def test_a_ring_that_crosses_or_winds_twice_has_no_area_unless_its_area_is_known(
    turn: float,
) -> None:
    assert untouched(turned(BOW_TIE, turn)) is None
    assert untouched(turned(BOW_TIE, turn), even_odd=True).area == pytest.approx(5_000, abs=0.01)
    assert untouched(turned(TWICE, turn)) is None
    inner = shapely.Polygon([(0, 0), (60, 20), (60, 60), (20, 60)]).area
    told = untouched(turned(TWICE, turn), even_odd=True)
    assert told.area == pytest.approx(10_000 - inner, abs=0.01)


@pytest.mark.parametrize("wide", [0.005, 0.019, 0.021, 0.05])
def test_a_face_thinner_than_two_centimetres_is_no_crossing(wide: float) -> None:
    """A strip that the ring winds around twice: a hair wide it is passed over, wider it is a crossing;
    the same in a system of other units.
    """
    spire = [(50, 100), (50, 140), (50 - wide, 140), (50 - wide, 99), (50, 99), (50, 100)]
    crossed = shapely.Polygon([(0, 0), (100, 0), (100, 100), *spire, (0, 100)])
    for size, unit_m in ((1.0, 1.0), (10.0, 0.1)):
        told = untouched(shapely.affinity.scale(crossed, size, size, origin=(0, 0)), unit_m)
        if wide < 0.02:
            assert told.area == pytest.approx((10_000 + 39 * wide) * size**2, rel=1e-9)
        else:
            assert told is None


def test_what_is_no_area_or_too_much_is_left_to_others(monkeypatch: Any) -> None:
    assert untouched(shapely.LineString([(0, 0), (1, 1)])) is None
    assert untouched(shapely.Point(0, 0)) is None
    square = shapely.box(0, 0, 10, 10)
    assert untouched(square).equals(square)
    several = shapely.MultiPolygon([square, shapely.box(20, 0, 30, 10)])
    assert untouched(several).area == 200
    for limit, told in ((4, None), (5, 100.0), (6, 100.0)):
        monkeypatch.setattr(touching, "_MOST_POINTS", limit)
        found = untouched(square)
        assert (None if found is None else found.area) == told
    monkeypatch.undo()
    for limit, told in ((0, None), (1, 5_000.0)):
        monkeypatch.setattr(touching, "_MOST_CROSSINGS", limit)
        found = untouched(BOW_TIE, even_odd=True)
        assert (None if found is None else found.area) == told


def crossed_pairs(shape: Any) -> int:
    """Pairs of edges of which each lies on both sides of the other, one by one."""
    edges = []
    for ring in shapely.get_rings(shapely.get_parts(shape)):
        pairs = shapely.get_coordinates(ring)
        edges += [shapely.LineString(p) for p in pairwise(pairs)]
    return sum(a.crosses(b) for a, b in combinations(edges, 2))


@pytest.mark.parametrize("seed", range(8))
def test_crossings_are_counted_where_few_and_estimated_where_many(
    seed: int, monkeypatch: Any
) -> None:
    rng = np.random.default_rng(seed)
    ring = shapely.Polygon(rng.uniform(0, 100, (14, 2)))
    two = shapely.MultiPolygon([ring, shapely.Polygon(rng.uniform(0, 100, (9, 2)))])
    for shape in (ring, two, BOW_TIE, BRIDGED, shapely.box(0, 0, 1, 1)):
        assert crossings(shape) == crossed_pairs(shape)
    # a sample of an eighth of the edges tells the number to within a few times
    many = shapely.Polygon(rng.uniform(0, 100, (160, 2)))
    true = crossed_pairs(many)
    monkeypatch.setattr(touching, "_SAMPLE", 40)
    assert true / 3 < crossings(many) < 3 * true
    # a tangle among neighbours, which a sample from afar does not show
    quiet = np.column_stack([np.arange(400.0), np.zeros(400)])
    quiet[100:140] += rng.uniform(-3, 3, (40, 2))
    tangle = shapely.Polygon([*quiet, (399, -500), (0, -500)])
    assert crossings(tangle) > crossed_pairs(tangle) / 4


@pytest.mark.parametrize("seed", range(30))
def test_what_lies_below_two_edges_is_the_integral_of_the_lower_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ax, bx, cx, dx = rng.uniform(0, 10, 4)
    ax, bx, cx, dx = min(ax, bx), max(ax, bx), min(cx, dx), max(cx, dx)
    if max(ax, cx) >= min(bx, dx):
        cx, dx = ax, bx
    ay, cy, rise_a, rise_b = rng.uniform(-5, 5, 4)
    one, other = Slope(ax, ay, bx, rise_a, 1.0), Slope(cx, cy, dx, rise_b, -1.0)
    told = below(one, other)
    west, east = max(ax, cx), min(bx, dx)
    x = west + (np.arange(20_000) + 0.5) / 20_000 * (east - west)
    lower = np.minimum(ay + rise_a * (x - ax), cy + rise_b * (x - cx))
    assert told == pytest.approx(lower.mean() * (east - west), abs=1e-5)
    assert told == pytest.approx(below(other, one), abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_a_ring_winds_as_often_as_its_corners_turn(seed: int) -> None:
    """Against the sum of the angles under which the point sees each edge."""
    rng = np.random.default_rng(seed)
    for _ in range(40):
        corners = rng.integers(0, 9, (7, 2)).astype(float)
        ring = np.vstack([corners, corners[:1]])
        x, y = rng.integers(0, 9, 2) + 0.5
        if shapely.LineString(ring).distance(shapely.Point(x, y)) < 1e-9:
            continue
        angle = np.unwrap(np.arctan2(ring[:, 1] - y, ring[:, 0] - x))
        turns = round((angle[-1] - angle[0]) / (2 * np.pi))
        assert touching._winding(shapely.Point(x, y), ring) == turns
        # level with a corner, each edge that ends there counts once
        level = shapely.Point(x, float(corners[0, 1]))
        if shapely.LineString(ring).distance(level) > 1e-9:
            angle = np.unwrap(np.arctan2(ring[:, 1] - level.y, ring[:, 0] - level.x))
            assert touching._winding(level, ring) == round((angle[-1] - angle[0]) / (2 * np.pi))


@pytest.mark.parametrize("seed", range(5))
def test_pairs_that_cross_properly_are_counted(seed: int) -> None:
    rng = np.random.default_rng(seed)
    edges = rng.integers(0, 7, (30, 4)).astype(float)

    def side(a: Any, b: Any, c: Any) -> int:
        return int(np.sign((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])))

    count = 0
    for one, other in combinations(edges.tolist(), 2):
        a, b, c, d = one[:2], one[2:], other[:2], other[2:]
        count += side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
    assert touching._crossing_pairs(edges) == count > 5


def test_a_ring_of_millimetres_is_wound_as_its_corners_run_however_far_off_it_lies() -> None:
    """Products of coordinates of millions of metres have steps of millimetres."""
    for step in range(1, 9):
        x, y, side = 38_500_000.0 + step, 4_200_000.0 + step, step * 2.0**-10
        ring = [(x, y), (x + side, y), (x, y + side)]
        for corners in (ring, ring[::-1]):
            (outer,) = touching._wound(shapely.Polygon(corners))
            a, b, c = outer[:3].tolist()
            assert side_of(a, b, c) > 0


def side_of(a: list[float], b: list[float], c: list[float]) -> Fraction:
    """Twice the area, in whole fractions."""
    ax, ay, bx, by, cx, cy = map(Fraction, (*a, *b, *c))
    return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)


def test_rings_are_wound_shells_one_way_and_holes_the_other() -> None:
    hole = [(2, 2), (2, 4), (4, 4), (4, 2)]
    for shell in ([(0, 0), (9, 0), (9, 9), (0, 9)], [(0, 9), (9, 9), (9, 0), (0, 0)]):
        for inner in (hole, hole[::-1]):
            far = shapely.transform(shapely.Polygon(shell, [inner]), lambda xy: xy + 4.2e6)
            outer, within = touching._wound(far)
            assert shapely.is_ccw(shapely.LinearRing(outer))
            assert not shapely.is_ccw(shapely.LinearRing(within))
