"""Degree-zones of China: which numbers there are, and where their meridians lie."""

from __future__ import annotations

import pytest
import shapely
from pyproj import CRS

from sxgeo.errors import InputError, UsageError
from sxgeo.geometry.datums import named_crs
from sxgeo.geometry.projection import (
    central_meridian,
    epsg_zone,
    meridian_of,
    plane_crs,
    zone_crs,
    zone_meridian,
)
from sxgeo.geometry.straight import laid_on_plane

DATUMS = ("CGCS2000", "XIAN80", "BEIJING54")
THREE, SIX = range(25, 46), range(13, 24)


@pytest.mark.parametrize("datum", ["CGCS2000", "XIAN80"])
@pytest.mark.parametrize("prefix", [True, False])
def test_there_is_a_system_for_every_zone_and_none_beside_them(datum: str, prefix: bool) -> None:
    known = {}
    for zone in range(-5, 70):
        if zone in THREE or zone in SIX:
            known[zone] = zone_crs(zone, datum, prefix=prefix)
        else:
            with pytest.raises(InputError, match=f"degree-zone {zone} is not one of China's"):
                zone_crs(zone, datum, prefix=prefix)
    assert 24 not in known and 12 not in known and 46 not in known
    assert len(set(known.values())) == len(known) == 21 + 11
    for zone, name in known.items():
        assert epsg_zone(int(name.removeprefix("EPSG:"))) == (datum, zone)


def test_the_codes_beside_the_zones_are_no_zones() -> None:
    names = [zone_crs(z, "CGCS2000", prefix=p) for z in (*THREE, *SIX) for p in (True, False)]
    codes = {int(name.removeprefix("EPSG:")) for name in names}
    for code in range(4480, 4570):
        assert (epsg_zone(code) is not None) == (code in codes)


def test_a_zone_has_the_meridian_of_its_width() -> None:
    assert [zone_meridian(z) for z in (25, 37, 38, 45)] == [75, 111, 114, 135]
    assert [zone_meridian(z) for z in (13, 19, 20, 23)] == [75, 111, 117, 135]


def test_the_plane_of_a_place_is_the_nearest_meridian() -> None:
    for lon in (73.5, 75.0, 76.4999, 76.5, 111.0, 112.4999, 112.5, 134.0, 136.4999):
        meridian = central_meridian(lon)
        assert abs(lon - meridian) <= 1.5
        assert meridian_of(plane_crs(lon)) == meridian
        assert plane_crs(lon) == zone_crs(meridian // 3)
    assert central_meridian(112.5) == 114
    # a longitude counts to a thousand-millionth of a degree
    assert central_meridian(112.5 - 4e-10) == 114 and central_meridian(112.5 - 6e-10) == 111
    for lon in (73.4, 136.6):
        with pytest.raises(InputError, match="lies in no CGCS2000 3-degree zone"):
            plane_crs(lon)


@pytest.mark.slow
@pytest.mark.parametrize("width", [3, 6])
def test_a_zone_is_known_by_its_width_and_meridian_and_by_its_number(width: int) -> None:
    zones = {zone_meridian(z): z for z in (THREE if width == 3 else SIX)}
    first, last = min(zones), max(zones)
    beside = {first - width, first - 1, first + 1, (first + last) // 2 + 1, last - 1, last + width}
    for meridian in sorted(beside | set(zones)):
        name = f"CGCS2000 {width}-degree {meridian}E"
        if meridian in zones:
            assert named_crs(name) == zone_crs(zones[meridian])
        else:
            with pytest.raises((UsageError, InputError), match=r"is not known|is not one of China"):
                named_crs(name)
    for zone in zones.values():
        assert named_crs(f"CGCS2000 zone {zone}") == zone_crs(zone, prefix=True)


def test_a_collection_is_laid_on_the_plane_as_its_parts_are() -> None:
    """Long edges get their points in whatever they are kept: alone, in a multi-part shape, in a
    collection, in a collection in a collection.
    """
    line = shapely.LineString([(112.0, 38.0), (112.4, 38.3), (112.9, 38.0)])
    area = shapely.Polygon([(113.0, 38.0), (113.4, 38.0), (113.4, 38.3), (113.0, 38.0)])
    parts = [line, area, shapely.Point(112, 38)]
    laid = [laid_on_plane(part, "EPSG:4547") for part in parts]
    assert shapely.get_num_coordinates(laid[0]) > 20
    inner = shapely.GeometryCollection(parts)
    for whole in (inner, shapely.GeometryCollection([inner])):
        told = laid_on_plane(whole, "EPSG:4547")
        assert told.geom_type == "GeometryCollection"
        assert shapely.get_num_coordinates(told) == sum(map(shapely.get_num_coordinates, laid))
        assert told.length == pytest.approx(sum(part.length for part in laid))
    for several, one in ((shapely.MultiLineString([line]), 0), (shapely.MultiPolygon([area]), 1)):
        told = laid_on_plane(several, "EPSG:4547")
        assert told.equals_exact(type(several)([laid[one]]), 0)


@pytest.mark.parametrize("datum", DATUMS)
@pytest.mark.parametrize("zone", [13, 19, 23, 25, 38, 45])
def test_the_system_of_a_zone_is_that_of_the_register(datum: str, zone: int) -> None:
    word = {"CGCS2000": "CGCS2000", "XIAN80": "Xian 1980", "BEIJING54": "Beijing 1954"}[datum]
    for prefix in (False, True):
        told = CRS.from_user_input(zone_crs(zone, datum, prefix=prefix))
        parameters = {p.name: p.value for p in told.coordinate_operation.params}
        assert word in told.name
        assert parameters["Longitude of natural origin"] == zone_meridian(zone)
        east = 500_000 + (zone * 1_000_000 if prefix else 0)
        assert parameters["False easting"] == east


@pytest.mark.parametrize("meridian", range(72, 142))
def test_a_name_with_a_meridian_names_a_zone_where_its_width_has_one(meridian: int) -> None:
    for width, known in ((3, 75 <= meridian <= 135 and meridian % 3 == 0),
                         (6, 75 <= meridian <= 135 and (meridian - 3) % 6 == 0)):  # fmt: skip
        name = f"CGCS2000 {width}-degree {meridian}E"
        if not known:
            with pytest.raises((UsageError, InputError)):
                named_crs(name)
            continue
        told = CRS.from_user_input(named_crs(name))
        parameters = {p.name: p.value for p in told.coordinate_operation.params}
        assert parameters["Longitude of natural origin"] == meridian
        assert parameters["False easting"] == 500_000
