"""Candidates on the grid of degrees: a repair ring by ring is the repair of the whole."""

from __future__ import annotations

from random import Random

import numpy as np
import shapely
from conftest import PLANE

from sxgeo.analysis.candidates import rounding
from sxgeo.analysis.candidates.rounding import in_degrees
from sxgeo.geometry.projection import quantise, to_plane
from sxgeo.geometry.straight import lifted_to_degrees

STEP = 1e-7


def near_grid(rng: Random, count: int) -> shapely.Polygon:
    """Return a field with holes of a few steps of the grid, so that rounding spoils some."""
    holes = []
    for k in range(count):
        x, y = 112.6 + (k % 20 + 1) * 60 * STEP, 38.3 + (k // 20 + 1) * 60 * STEP
        corners = [(rng.uniform(-4, 4) * STEP, rng.uniform(-4, 4) * STEP) for _ in range(7)]
        hull = shapely.MultiPoint([(x + dx, y + dy) for dx, dy in corners]).convex_hull
        ring = shapely.get_coordinates(hull)
        # a thin spike that the grid folds over
        spike = [(x + 9 * STEP, y + 0.4 * STEP), (x + 9 * STEP, y + 0.6 * STEP)]
        shape = shapely.union(shapely.Polygon(ring), shapely.Polygon([(x, y), *spike]))
        holes.append(shapely.get_exterior_ring(max(shapely.get_parts(shape), key=lambda p: p.area)))
    side = 60 * 22 * STEP
    outer = shapely.box(112.6, 38.3, 112.6 + side, 38.3 + side)
    return shapely.Polygon(outer.exterior, holes)


def test_ring_by_ring_is_the_whole_repaired() -> None:
    rng, spoiled, mended = Random(7), 0, 0
    for _ in range(12):
        field = to_plane(near_grid(rng, 300), PLANE)
        if not field.is_valid:
            continue
        lifted = lifted_to_degrees(np.array([field], dtype=object), PLANE)
        rounded = shapely.transform(lifted[0], lambda xy: np.round(xy, 7))
        if not shapely.is_valid(rounded):
            spoiled += 1
            mended += bool(shapely.is_valid(rounding._mended(rounded)))
        own = in_degrees(np.array([field], dtype=object), PLANE)[0]
        assert shapely.is_valid(own)
        assert shapely.symmetric_difference(own, quantise(lifted[0])).area < STEP**2 / 100
    assert spoiled > 5 and mended > 0


def test_what_is_sound_is_only_rounded_and_several_keep_their_order() -> None:
    squares = np.array([shapely.box(0, 0, 90, 90), shapely.box(500, 0, 700, 90)], dtype=object)
    moved = shapely.transform(squares, lambda xy: np.add(xy, (500_000, 4_200_000)))
    assert in_degrees(moved, PLANE).tolist() == quantise(lifted_to_degrees(moved, PLANE)).tolist()


def test_rings_in_batches_are_rings_at_once(monkeypatch) -> None:
    field = near_grid(Random(3), 60)
    apart = shapely.transform(field, lambda xy: np.add(xy, (0.001, 0.0)))
    shapes = to_plane(
        np.array([field, shapely.multipolygons([field, apart]), shapely.MultiPolygon(), apart]),
        PLANE,
    )
    whole = in_degrees(shapes, PLANE)
    monkeypatch.setattr(rounding, "_CORNERS_AT_ONCE", 40)
    assert in_degrees(shapes, PLANE).tolist() == whole.tolist()
    assert [g.geom_type for g in whole] == ["Polygon", "MultiPolygon", "MultiPolygon", "Polygon"]
    assert whole[2].is_empty
    assert in_degrees(np.array([shapely.Polygon()]), PLANE)[0].is_empty


def test_a_sliver_that_the_grid_folds_up_leaves_no_empty_shape() -> None:
    sliver = to_plane(shapely.box(112.6, 38.3, 112.6000003, 38.30000000001), PLANE)
    assert not in_degrees(np.array([sliver], dtype=object), PLANE)[0].is_empty
