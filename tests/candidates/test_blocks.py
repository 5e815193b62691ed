"""Blocks that lie apart: what is united, cut out and held in common is what the library says of the
whole.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely

from sxgeo.analysis.candidates import blocks
from sxgeo.analysis.candidates.blocks import common, cut_out, merged, united

SIDE = 100.0
FIELD = shapely.box(0, 0, SIDE, SIDE)


def squares(count: int, size: float, rng: Any) -> Any:
    """Return random squares, corners on a coarse grid, so that many touch and some cross the rim."""
    x, y = np.round(rng.uniform(-5, SIDE, (2, count)))
    return shapely.box(x, y, x + size, y + size)


def frames(count: int, rng: Any) -> Any:
    """Return square rings, some of which stand in each other."""
    x, y = np.round(rng.uniform(0, SIDE - 40, (2, count)))
    size = rng.choice([10.0, 20.0, 40.0], count)
    inner = shapely.box(x + 2, y + 2, x + size - 2, y + size - 2)
    return shapely.difference(shapely.box(x, y, x + size, y + size), inner)


def shapes_of(seed: int) -> Any:
    rng = np.random.default_rng(seed)
    some = squares(int(rng.integers(1, 60)), float(rng.integers(1, 12)), rng)
    return np.concatenate([some, frames(seed % 4, rng)])


def same(one: Any, other: Any) -> bool:
    return bool(shapely.symmetric_difference(shapely.union_all(one), other).area < 1e-9)


@pytest.mark.parametrize("at_once", [2, 256])
def test_blocks_are_the_union_and_have_no_point_in_common(monkeypatch: Any, at_once: int) -> None:
    monkeypatch.setattr(blocks, "_UNITED_AT_ONCE", at_once)
    for seed in range(40):
        shapes = shapes_of(seed)
        apart = united(shapes)
        assert same(apart, shapely.union_all(shapes)) and shapely.is_valid(apart).all()
        one, other = shapely.STRtree(apart).query(apart, predicate="intersects")
        assert (one == other).all(), seed
    assert len(united(np.array([], dtype=object))) == 0
    assert len(united(np.array([shapely.LineString([(0, 0), (1, 1)])]))) == 0


def test_what_is_cut_out_is_the_difference() -> None:
    nested = 0
    for seed in range(80):
        apart = united(shapes_of(seed))
        left = cut_out(np.array([FIELD]), apart)
        true = shapely.difference(FIELD, shapely.union_all(apart))
        assert shapely.is_valid(left).all() and same(left, true), seed
        assert shapely.area(left).sum() == pytest.approx(true.area)
        assert len(left) == len(shapely.get_parts(true)), seed
        nested += int((shapely.get_num_interior_rings(left) > 0).sum() > 1)
    assert nested > 3


def test_land_in_a_ring_that_stands_in_a_ring_is_kept() -> None:
    def ring(half: float) -> Any:
        return shapely.Point(50, 50).buffer(half).boundary.buffer(1)

    left = cut_out(np.array([FIELD]), np.array([ring(40), ring(20), ring(10)]))
    assert len(left) == 4 and sorted(shapely.get_num_interior_rings(left)) == [0, 1, 1, 1]
    assert same(left, shapely.difference(FIELD, shapely.union_all([ring(40), ring(20), ring(10)])))


def test_squares_that_meet_at_corners_all_round_cut_the_land_between_them_off() -> None:
    around = [(40, 50), (50, 40), (60, 50), (50, 60)]
    diamonds = [
        shapely.Polygon([(x - 10, y), (x, y - 10), (x + 10, y), (x, y + 10)]) for x, y in around
    ]
    (block,) = merged(np.array([shapely.box(40, 40, 50, 50), shapely.box(50, 50, 60, 60)]))
    assert block.geom_type == "MultiPolygon"
    left = cut_out(np.array([FIELD]), united(diamonds))
    assert shapely.is_valid(left).all()
    assert same(left, shapely.difference(FIELD, shapely.union_all(diamonds)))


def test_what_is_common_is_the_intersection() -> None:
    for seed in range(60):
        fields = flat(shapely.union_all(shapes_of(seed + 100)))
        apart = united(shapes_of(seed))
        true = shapely.intersection(shapely.union_all(fields), shapely.union_all(apart))
        held = common(fields, apart)
        assert shapely.is_valid(held).all()
        assert same(held, true) and shapely.area(held).sum() == pytest.approx(true.area), seed


def flat(shape: Any) -> Any:
    return blocks.flat_polygons([shape])
