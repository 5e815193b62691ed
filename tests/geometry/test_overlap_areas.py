"""Areas by sums over edges are those of the overlay."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sxgeo.geometry.overlap_areas import overlap_areas_m2

pytest.importorskip("numba")

EAST, NORTH = 500_000.0, 4_200_000.0


def star(rng: Any, middle: tuple[float, float], size: float, corners: int, hole: bool) -> Any:
    angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
    reach = size * rng.uniform(0.4, 1, corners)
    ring = np.column_stack([middle[0] + reach * np.cos(angle), middle[1] + reach * np.sin(angle)])
    shape = shapely.Polygon(ring)
    if hole and shape.is_valid:
        shape = shape.difference(shapely.Point(middle).buffer(size / 6))
    return shape if shape.is_valid else shape.convex_hull


def pairs_of(seed: int, number: int = 40) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)

    def some() -> Any:
        places = rng.uniform(0, 2_000, (number, 2)) + np.array([EAST, NORTH])
        shapes = [
            star(rng, (x, y), rng.uniform(50, 900), int(rng.integers(5, 60)), bool(k % 3))
            for k, (x, y) in enumerate(places)
        ]
        shapes[-1] = shapely.MultiPolygon(
            [shapes[-1].convex_hull, shapely.box(EAST - 900, NORTH, EAST - 800, NORTH + 90)]
        )
        return np.array(shapes, dtype=object)

    return some(), some()


@settings(max_examples=15)
@given(st.integers(0, 10_000))
def test_areas_are_those_of_the_overlay(seed: int) -> None:
    sites, resources = pairs_of(seed)
    site, resource = (
        rows.ravel() for rows in np.meshgrid(np.arange(len(sites)), np.arange(len(resources)))
    )
    found = overlap_areas_m2(sites, resources, site, resource)
    truth = shapely.area(shapely.intersection(sites[site], resources[resource]))
    assert (np.abs(found - truth) <= np.maximum(1e-4, 1e-6 * truth)).all()
    assert (found[~shapely.intersects(sites[site], resources[resource])] == 0).all()
    turned = overlap_areas_m2(resources, sites, resource, site)
    assert np.allclose(turned, found, rtol=1e-9, atol=1e-4)


def test_squares_by_hand() -> None:
    outer = shapely.box(EAST, NORTH, EAST + 100, NORTH + 100)
    ring = outer.difference(shapely.box(EAST + 25, NORTH + 25, EAST + 75, NORTH + 75))
    sites = np.array(
        [
            outer,
            shapely.box(EAST + 50, NORTH + 50, EAST + 150, NORTH + 150),
            None,
            shapely.Point(EAST, NORTH),
        ],
        dtype=object,
    )
    resources = np.array(
        [ring, shapely.box(EAST + 100, NORTH, EAST + 200, NORTH + 100)], dtype=object
    )
    site, resource = np.array([0, 0, 1, 1, 2, 3]), np.array([0, 1, 0, 1, 0, 0])
    found = overlap_areas_m2(sites, resources, site, resource)
    assert found == pytest.approx([7_500, 0, 2_500 - 625, 2_500, 0, 0], abs=1e-6)
