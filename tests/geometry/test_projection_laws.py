"""Places go to a plane and back, one by one as in shapes; other systems come by a way that is known or
not at all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely

from sxgeo.errors import InputError
from sxgeo.geometry.datums import from_encrypted, from_geographic, to_encrypted, to_geographic
from sxgeo.geometry.projection import (
    ellipsoid_area_m2,
    ellipsoid_length_m,
    on_earth,
    points_to_degrees,
    points_to_plane,
    to_degrees,
    to_plane,
)

PLANES = ("EPSG:4546", "EPSG:4547", "EPSG:4549")
LONLAT = np.random.default_rng(4).uniform((110.2, 34.6), (114.5, 40.7), (40, 2))
EQUAL = ("EPSG:4326", "EPSG:4490", "EPSG:4979", "EPSG:4480")
PROJECTED = ("EPSG:4547", "EPSG:4526", "EPSG:32649", "EPSG:3857")
OTHER = ("EPSG:4258", "EPSG:4269", "EPSG:7789", "EPSG:4283", "EPSG:4612")


@pytest.mark.parametrize("plane", PLANES)
def test_places_go_where_shapes_go_and_come_back(plane: str) -> None:
    metres = points_to_plane(LONLAT, plane)
    shapes = to_plane(shapely.points(LONLAT), plane)
    assert metres.tolist() == shapely.get_coordinates(shapes).tolist()
    degrees = points_to_degrees(metres, plane)
    assert degrees.shape == LONLAT.shape
    assert degrees.tolist() == shapely.get_coordinates(to_degrees(shapes, plane)).tolist()
    assert np.abs(degrees - LONLAT).max() < 1e-10


@pytest.mark.parametrize("crs", [*EQUAL, *PROJECTED])
def test_what_goes_to_a_system_comes_back_and_equal_datums_move_nothing(crs: str) -> None:
    for shape in (shapely.points(LONLAT), shapely.MultiPoint(LONLAT)):
        there = from_geographic(shape, crs)
        back = to_geographic(there, crs)
        told = shapely.get_coordinates(back)
        assert np.abs(told - LONLAT).max() < 1e-9
        if crs in EQUAL:
            assert told.tolist() == LONLAT.tolist()
        else:
            assert shapely.get_coordinates(there).max() > 1000


@pytest.mark.parametrize("crs", OTHER)
def test_a_datum_without_an_exact_way_is_refused_and_never_taken_as_ours(crs: str) -> None:
    with pytest.raises(InputError, match="no exact transformation"):
        to_geographic(shapely.Point(112.5, 38.0), crs)


@pytest.mark.parametrize("datum", ["GCJ-02", "BD-09"])
def test_degrees_of_web_maps_come_back_within_the_error_that_is_told(datum: str) -> None:
    pytest.importorskip("geocoordinates_ffi")
    shape = shapely.MultiPoint(LONLAT)
    there = to_encrypted(shape, datum)
    away = np.abs(shapely.get_coordinates(there) - LONLAT).max(axis=1)
    assert (away > 1e-4).all() and (away < 0.02).all()
    back, error_m = from_encrypted(there, datum)
    metres = np.abs(shapely.get_coordinates(back) - LONLAT).max() * 111_320
    assert 0 < error_m <= 1 and metres <= max(error_m, 1e-3)
    # the worst of all places, not that of the last
    each = [from_encrypted(point, datum)[1] for point in shapely.get_parts(there)]
    assert error_m == max(each)


def test_what_has_no_length_or_no_area_measures_nothing() -> None:
    line = shapely.LineString([(112.0, 38.0), (112.0, 38.1)])
    square: Any = shapely.box(112.0, 38.0, 112.1, 38.1)
    for nothing in (None, shapely.Point(112, 38), shapely.Polygon(), shapely.LineString()):
        assert ellipsoid_length_m(nothing) == ellipsoid_area_m2(nothing) == 0.0
    assert ellipsoid_area_m2(line) == 0.0
    # a line that comes back to its beginning goes round a place and is still none
    assert ellipsoid_area_m2(square.exterior) == 0.0
    assert ellipsoid_area_m2(shapely.LineString(square.exterior.coords)) == 0.0
    # a tenth of a degree of the meridian at 38 degrees is 11,100 m, to a thousandth
    assert ellipsoid_length_m(line) == pytest.approx(11_100, rel=1e-3)
    assert ellipsoid_length_m(line) == pytest.approx(
        sum(
            ellipsoid_length_m(shapely.LineString([(112.0, a), (112.0, b)]))
            for a, b in ((38.0, 38.03), (38.03, 38.1))
        ),
        abs=1e-6,
    )
    hole = shapely.box(112.02, 38.02, 112.05, 38.06)
    whole, cut = ellipsoid_area_m2(square), ellipsoid_area_m2(square - hole)
    assert whole - cut == pytest.approx(ellipsoid_area_m2(hole), rel=1e-9)
    for shape in (square.reverse(), shapely.MultiPolygon([square])):
        assert ellipsoid_area_m2(shape) == pytest.approx(whole, rel=1e-12)
    several = shapely.GeometryCollection([square, shapely.box(113, 38, 113.1, 38.1)])
    assert ellipsoid_area_m2(several) == pytest.approx(2 * whole, rel=1e-9)


@pytest.mark.parametrize(
    ("lon", "lat", "sound"),
    [
        (180, 90, True), (-180, -90, True), (180.0001, 0, False), (-180.0001, 0, False),
        (0, 90.0001, False), (0, -90.0001, False),
    ],
)  # fmt: skip
def test_degrees_end_at_the_date_line_and_the_poles(lon: float, lat: float, sound: bool) -> None:
    shapes = np.array(
        [shapely.Point(lon, lat), shapely.LineString([(0, 0), (lon, lat)]), None, shapely.Point()],
        dtype=object,
    )
    assert on_earth(shapes).tolist() == [sound, sound, True, True]
