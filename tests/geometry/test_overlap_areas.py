"""Areas by sums over edges are those of the overlay."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sxgeo.geometry.overlap_areas import overlap_areas_m2
from sxgeo.geometry.overlap_pairs import overlap_pairs

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


@settings(max_examples=10)
@given(st.integers(0, 10_000))
def test_pairs_are_those_of_geopandas_with_the_areas_and_lengths_of_the_overlay(seed: int) -> None:
    sites, resources = pairs_of(seed)
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 2_000, (2, 20)) + np.array([[EAST], [NORTH]])
    lines = [
        shapely.LineString([(a, b), (a + 900, b + 500)])
        for a, b in zip(x[:10], y[:10], strict=True)
    ]
    points = [shapely.MultiPoint([(a, b), (a + 700, b)]) for a, b in zip(x, y, strict=True)]
    inside = [shapely.Point(a, b).buffer(5) for a, b in zip(x, y, strict=True)]
    everywhere = shapely.box(EAST - 5_000, NORTH - 5_000, EAST + 9_000, NORTH + 9_000)
    sites = np.array([*sites, *lines, *points, *inside, everywhere, None], dtype=object)
    resources = np.array([*resources, *lines, None], dtype=object)
    found = overlap_pairs(sites, resources)
    left, right = (gpd.GeoDataFrame(geometry=list(shapes)) for shapes in (sites, resources))
    joined = gpd.sjoin(left, right, predicate="intersects")
    truth = sorted(zip(joined.index, joined["index_right"], strict=True))
    assert list(zip(found.site.tolist(), found.resource.tolist(), strict=True)) == truth
    common = shapely.intersection(sites[found.site], resources[found.resource])
    kinds = [
        shapely.get_dimensions(s[r]) for s, r in ((sites, found.site), (resources, found.resource))
    ]
    area = np.where((kinds[0] == 2) & (kinds[1] == 2), shapely.area(common), 0.0)
    assert (np.abs(found.area_m2 - area) <= np.maximum(1e-4, 1e-6 * area)).all()
    length = np.where(kinds[0] + kinds[1] == 3, shapely.length(common), 0.0)
    assert found.length_m == pytest.approx(length, rel=1e-9, abs=1e-6)
    whole = shapely.area(sites[found.site])
    polygons = (kinds[0] == 2) & (kinds[1] == 2)
    assert found.share[polygons] == pytest.approx(
        (area / np.where(whole, whole, 1))[polygons], abs=1e-6
    )
    several = (kinds[0] == 0) & (kinds[1] == 2)
    parts = [
        np.mean(shapely.intersects(shapely.get_parts(sites[s]), resources[r]))
        for s, r in zip(found.site[several], found.resource[several], strict=True)
    ]
    assert found.share[several].tolist() == parts
