"""Degrees and metres: hand-checked points, refusals, the quantum."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from sxgeo.errors import InputError
from sxgeo.geometry.datums import to_geographic
from sxgeo.geometry.projection import (
    central_meridian,
    ellipsoid_area_m2,
    ellipsoid_areas_m2,
    meridian_of,
    plane_crs,
    quantise,
    to_degrees,
    to_plane,
)
from sxgeo.geometry.shapes import object_array


@pytest.mark.parametrize(
    ("lon", "crs"),
    [(112.4999, "EPSG:4546"), (112.5, "EPSG:4547"), (114.0, "EPSG:4547"), (108.0, "EPSG:4545")],
)
def test_the_seam_at_112_5_goes_to_114(lon: float, crs: str) -> None:
    assert plane_crs(lon) == crs
    assert meridian_of(crs) == central_meridian(lon)


def test_a_place_outside_every_chinese_zone_is_refused() -> None:
    with pytest.raises(InputError, match="no CGCS2000 3-degree zone"):
        plane_crs(10.0)


def test_a_point_on_the_central_meridian_has_easting_500000() -> None:
    projected = to_plane(shapely.Point(114.0, 38.0), "EPSG:4547")
    assert projected.x == pytest.approx(500_000, abs=1e-6)
    # meridian arc from the equator to 38 N on the CGCS2000 ellipsoid, by the series of Snyder
    # (1987, eq. 3-21)
    e2 = 0.00669438002290
    m0 = 1 - e2 / 4 - 3 * e2**2 / 64 - 5 * e2**3 / 256
    m2 = 3 * e2 / 8 + 3 * e2**2 / 32 + 45 * e2**3 / 1024
    m4 = 15 * e2**2 / 256 + 45 * e2**3 / 1024
    m6 = 35 * e2**3 / 3072
    phi = np.radians(38.0)
    arc = 6378137.0 * (
        m0 * phi - m2 * np.sin(2 * phi) + m4 * np.sin(4 * phi) - m6 * np.sin(6 * phi)
    )
    assert projected.y == pytest.approx(arc, abs=1e-3)


@given(lon=st.floats(109.6, 115.4), lat=st.floats(34, 41))
def test_there_and_back_is_the_same_place(lon: float, lat: float) -> None:
    crs = plane_crs(lon)
    back = to_degrees(to_plane(shapely.Point(lon, lat), crs), crs)
    assert (back.x, back.y) == pytest.approx((lon, lat), abs=1e-9)


@given(lon=st.floats(109.6, 115.4), lat=st.floats(34, 41))
def test_quantising_twice_is_quantising_once(lon: float, lat: float) -> None:
    once = quantise(shapely.Point(lon, lat))
    assert once == quantise(once)
    assert abs(once.x - lon) <= 0.5e-7 + 1e-12


def test_quantising_does_not_hide_a_self_crossing() -> None:
    bow_tie = shapely.Polygon([(112, 38), (112.1, 38.1), (112.1, 38), (112, 38.1)])
    assert not quantise(bow_tie).is_valid


def test_the_area_of_one_degree_square_is_that_of_the_ellipsoid() -> None:
    # zone between two parallels times 1/360: authalic integral, evaluated numerically here
    a, e2 = 6378137.0, 0.00669438002290
    lat = np.radians(np.linspace(38, 39, 200_001))
    band = a**2 * (1 - e2) * np.cos(lat) / (1 - e2 * np.sin(lat) ** 2) ** 2
    expected = np.sum((band[1:] + band[:-1]) / 2 * np.diff(lat)) * np.radians(1.0)
    fine = shapely.segmentize(shapely.box(112, 38, 113, 39), 0.001)  # parallels, not geodesics
    assert ellipsoid_area_m2(fine) == pytest.approx(expected, rel=1e-6)


def test_wgs84_and_cgcs2000_are_equal_and_a_projected_wgs84_is_unprojected() -> None:
    place = shapely.Point(112.5, 38.0)
    assert to_geographic(place, "EPSG:4326") == place
    assert to_geographic(place, "EPSG:4490") == place
    mercator = shapely.Point(12523442.714243278, 4579425.812870098)
    assert to_geographic(mercator, "EPSG:3857").x == pytest.approx(112.5, abs=1e-6)


@pytest.mark.parametrize("crs", ["EPSG:4610", "EPSG:2383", "EPSG:4214", "EPSG:2436"])
def test_old_chinese_datums_are_refused(crs: str) -> None:
    with pytest.raises(InputError, match="seven parameters"):
        to_geographic(shapely.Point(112.5, 38.0), crs)


def test_an_unknown_system_is_refused() -> None:
    with pytest.raises(InputError, match="not known"):
        to_geographic(shapely.Point(112.5, 38.0), "EPSG:999999")


def test_the_area_on_the_ellipsoid_is_that_of_pyproj_to_the_last_bit():
    draw = np.random.default_rng(3)
    whole = shapely.union_all(
        shapely.buffer(shapely.points(np.array([112, 37]) + draw.random((60, 2))), 0.05)
    )
    holes = whole.difference(
        shapely.union_all(
            shapely.buffer(shapely.points(np.array([112, 37]) + draw.random((60, 2))), 0.01)
        )
    )
    plain = shapely.box(112, 37, 113, 38)
    mixed = shapely.GeometryCollection([plain, shapely.Point(111, 37)])
    shapes = [whole, holes, plain, mixed, shapely.reverse(holes)]
    for shape in shapes:
        expected = Geod(ellps="GRS80").geometry_area_perimeter(shapely.orient_polygons(shape))[0]
        assert ellipsoid_area_m2(shape) == abs(expected) > 0

    # many at once, with such among them as have no area
    none = [
        None,
        shapely.Point(112, 37),
        shapely.Polygon(),
        shapely.LineString([(112, 37), (113, 37)]),
    ]
    several = object_array([*shapes, *none, *shapes])
    assert ellipsoid_areas_m2(several).tolist() == [ellipsoid_area_m2(shape) for shape in several]
