"""Land that is left: cases worked by hand, and laws of the work in parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from conftest import box

from sxgeo.analysis.candidates import blocks, grown, land
from sxgeo.analysis.candidates.grown import KeepIn, KeepOut
from sxgeo.analysis.candidates.land import free_land, width_of

AREA = box(0, 0, 10_000, 10_000)


def out(distance_m: float, *shapes: Any, certain: bool = False) -> KeepOut:
    return KeepOut("out", np.array(shapes, dtype=object), np.full(len(shapes), distance_m), certain)


def held(distance_m: float, *shapes: Any) -> KeepIn:
    return KeepIn("in", np.array(shapes, dtype=object), np.full(len(shapes), distance_m))


def scattered(count: int, seed: int = 3) -> Any:
    rng = np.random.default_rng(seed)
    return shapely.buffer(shapely.points(rng.uniform(0, 10_000, (count, 2))), 30, quad_segs=2)


def test_a_square_keeps_its_distance_by_hand() -> None:
    left = free_land(AREA, [out(100, box(4000, 4000, 6000, 6000))])
    lost = AREA.area - shapely.area(left).sum()
    true = 2000**2 + 4 * 2000 * 100 + np.pi * 100**2
    assert true <= lost <= true * 1.01
    assert shapely.distance(left[0], box(4000, 4000, 6000, 6000)) >= 100


def test_without_constraints_all_is_left_and_an_empty_keep_in_leaves_nothing() -> None:
    assert shapely.area(free_land(AREA, [])).sum() == pytest.approx(AREA.area)
    assert len(free_land(AREA, [], [held(0)])) == 0
    assert len(free_land(shapely.Polygon(), [])) == 0


def test_what_lies_outside_reaches_in() -> None:
    left = free_land(AREA, [out(500, shapely.Point(-300, 5000))])
    assert shapely.distance(left[0], shapely.Point(-300, 5000)) >= 500


@pytest.mark.parametrize("distance_m", [0.05, 20.0, 333.0])
def test_no_place_is_nearer_than_its_distance_and_none_far_off_is_lost(distance_m: float) -> None:
    shapes = scattered(300)
    left = free_land(AREA, [out(distance_m, *shapes)])
    assert shapely.is_valid(left).all()
    apart = min((float(shapely.distance(shapes, part).min()) for part in left), default=np.inf)
    assert apart >= distance_m
    reach = grown.TOLERANCE_M + (1 + grown.TOLERANCE_SHARE) * distance_m
    wide = shapely.union_all(shapely.buffer(shapes, reach, quad_segs=64))
    missed = shapely.difference(shapely.difference(AREA, wide), shapely.union_all(left))
    assert missed.area < 1.0


def test_few_at_once_leave_the_same_land_as_all(monkeypatch: Any) -> None:
    shapes = scattered(400)
    lines = [
        shapely.LineString([(0, 3000), (9000, 9000)]),
        shapely.LineString([(500, 0), (500, 9999)]),
    ]
    outs = [out(40, *shapes), out(25, *lines)]
    whole = free_land(AREA, outs)
    monkeypatch.setattr(blocks, "_UNITED_AT_ONCE", 3)
    parts = free_land(AREA, outs)
    assert len(parts) == len(whole)
    assert shapely.area(parts).sum() == pytest.approx(shapely.area(whole).sum(), rel=1e-12)
    assert shapely.is_valid(parts).all()
    pairs = shapely.STRtree(parts).query(parts, predicate="overlaps")
    assert not pairs.size


def test_width_takes_off_the_neck_and_keeps_corners() -> None:
    left = free_land(
        AREA, [out(0.05, box(4900, 0, 5100, 4990), box(4900, 5010, 5100, 10_000))], width_m=50
    )
    assert len(left) == 2
    assert shapely.area(left).sum() == pytest.approx(2 * 4900 * 10_000, rel=1e-3)
    assert len(free_land(AREA, [], width_m=11_000)) == 0
    assert width_of(box(0, 0, 100, 30)) == pytest.approx(30, abs=0.2)


def test_width_of_few_at_once_is_that_of_all(monkeypatch: Any) -> None:
    outs = [out(40, *scattered(200))]
    whole = free_land(AREA, outs, width_m=300)
    monkeypatch.setattr(blocks, "_UNITED_AT_ONCE", 3)
    parts = free_land(AREA, outs, width_m=300)
    assert shapely.area(parts).sum() == pytest.approx(shapely.area(whole).sum(), rel=1e-12)


def test_deeper_inside_and_within_some_distance() -> None:
    square = box(2000, 2000, 4000, 4000)
    deep = free_land(AREA, [], [held(-100, square)])
    assert shapely.covers(shapely.buffer(square, -100), deep[0])
    assert deep[0].area == pytest.approx(1800**2, rel=0.01)
    near = free_land(AREA, [], [held(100, square)])
    corners = shapely.points(shapely.get_coordinates(near[0]))
    assert float(shapely.distance(square, corners).max()) <= 100


def test_islands_in_holes_are_kept() -> None:
    ring = shapely.Point(5000, 5000).buffer(2000).boundary
    left = free_land(AREA, [out(50, ring)])
    assert len(left) == 2
    assert len(left[np.argmax(shapely.area(left))].interiors) == 1


def test_land_of_exactly_the_least_area_is_large_enough_and_less_is_in_doubt() -> None:
    plot = box(0, 0, 100, 100)
    nothing: Any = ([], [])
    for least_m2, large in ((10_000.0, 1), (10_000.1, 0)):
        left, doubtful, never = land.mapped_land(plot, nothing, nothing, least_m2=least_m2)
        assert (len(left), len(doubtful), len(never)) == (large, 1 - large, 0)


def test_what_is_too_small_is_in_doubt_however_few_are_worked_on_at_once(monkeypatch: Any) -> None:
    """Fields between walls, some of them too small."""
    walls = [box(x, 0, x + 6, 10_000) for x in (700, 1500, 1580, 4000, 9000)]
    walls += [box(0, y, 10_000, y + 6) for y in (300, 2500, 2560, 7777)]
    known: Any = ([out(20, *walls)], [])
    possible: Any = ([out(-1, *walls, certain=True)], [])
    least = 200_000.0
    whole = land.mapped_land(AREA, known, possible, least_m2=least)
    monkeypatch.setattr(blocks, "_UNITED_AT_ONCE", 2)
    parts = land.mapped_land(AREA, known, possible, least_m2=least)
    for one, other in zip(whole, parts, strict=True):
        assert shapely.is_valid(other).all()
        assert shapely.area(other).sum() == pytest.approx(shapely.area(one).sum(), rel=1e-12)
    for one, other in zip(whole[::2], parts[::2], strict=True):
        beyond = shapely.difference(shapely.union_all(other), shapely.union_all(one))
        assert beyond.area == pytest.approx(0.0, abs=1e-3)
    assert sum(shapely.area(some).sum() for some in parts) == pytest.approx(AREA.area, rel=1e-12)
    assert shapely.is_valid(shapely.multipolygons(parts[1]))
    small = free_land(AREA, *known)
    small = small[shapely.area(small) < least]
    assert len(small) > 3
    held = shapely.union_all(parts[1])
    assert shapely.covers(held, shapely.point_on_surface(small)).all()


def test_a_corner_beyond_a_wall_is_no_land_of_the_width() -> None:
    """Two walls meet at an angle, a third crosses before they do: the corner between the two, left
    sharp, ends in the triangle behind it.
    """
    walls = [shapely.LineString([(5000, 5000), (11_000, 5000 + y)]) for y in (-3750, 3750)]
    across = shapely.LineString([(5025, 4984), (5025, 5016)])
    left = free_land(AREA, [out(0.1, *walls, across)], width_m=60)
    assert len(left) == 2
    assert min(map(width_of, left)) >= 60 * 0.99
