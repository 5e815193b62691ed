"""The only door between degrees and metres.

Storage and every public frame are EPSG:4490 (CGCS2000), lon before lat, quantised to 1e-7 degree.
Metres are the CGCS2000 3-degree Gauss-Krueger planes without zone prefix (EPSG:4534 to 4554).
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import Geod, Transformer

from ..errors import InputError

if TYPE_CHECKING:
    from .shapes import Bools, Floats, Geometries, Shape, Shapes

GEOGRAPHIC = "EPSG:4490"
QUANTUM_DIGITS = 7
PLANE_SCALE = 0.0005
"""Largest relative error of a distance on the plane that screening allows for (design: outcomes).
"""

_MANY = 50_000
_SEAM_DIGITS = 9
_GEOD = Geod(ellps="GRS80")  # a = 6378137 m, 1/f = 298.257222101: the CGCS2000 ellipsoid
_ZONE_BASE = {
    # datum: (3-degree without prefix, with prefix, 6-degree without prefix, with prefix): EPSG code
    # of zone 0
    "CGCS2000": (4509, 4488, 4489, 4478),
    "XIAN80": (2345, 2324, 2325, 2314),
    "BEIJING54": (2397, 2376, 21440, 21400),
}


def quantise(geometries: Geometries) -> Geometries:
    """Round lon/lat coordinates to 1e-7 degree, the grid that library and page share.

    Parameters
    ----------
    geometries
        One geometry or an array of them, degrees; missing ones stay missing. Z and M are dropped.

    Returns
    -------
    geometry or ndarray
        New geometries; a polygon that only the rounding made invalid is repaired.
    """
    moved: Geometries = quantise_valid(geometries)[0]
    return moved


def quantise_valid(geometries: Geometries) -> tuple[Any, Any]:
    """Quantise as :func:`quantise`, and tell which geometries were valid before; the test is needed
    for both.

    Returns
    -------
    geometries, valid
        New geometries; whether each is valid, or was so before rounding (a missing one is not).
    """

    # Heights are of no use here, and would be carried through every step.
    has_heights = np.any(shapely.get_coordinate_dimension(geometries) > 2)
    flat = shapely.force_2d(geometries) if has_heights else geometries
    rounded = shapely.transform(flat, lambda xy: np.round(xy, QUANTUM_DIGITS))
    sound = are_valid(rounded)

    # The usual case: nothing was spoiled by rounding, and nothing is touched.
    if np.all(sound):
        return rounded, sound

    # Repaired is what rounding broke. What was broken before stays so, for the reader to tell.
    if np.ndim(rounded) == 0:
        valid = shapely.is_valid(flat)
        return (_repaired(rounded) if valid else rounded), valid
    valid = _valid_before(flat, sound)
    spoiled = valid & ~sound
    rounded[spoiled] = _repaired(rounded[spoiled])
    return rounded, valid


def _valid_before(flat: Geometries, sound: Bools) -> Bools:
    """Say which geometries were valid before rounding: those that are sound after it, and others
    that are asked themselves.
    """
    # a copy: the answer of after the rounding is needed beside it
    valid: Bools = np.array(sound)
    valid[~sound] = shapely.is_valid(np.asarray(flat, dtype=object)[~sound])
    return valid


def _repaired(spoiled: Geometries) -> Geometries:
    # what collapsed to a line stays as a line: a site must not vanish by rounding
    repaired: Geometries = shapely.make_valid(spoiled, method="structure", keep_collapsed=True)
    return repaired


def on_earth(shapes: Shapes) -> Bools:
    """Say which shapes have only degrees as coordinates: lon from -180 to 180, lat from -90 to 90;
    missing and empty ones have none that is not.
    """
    bounds = shapely.bounds(shapes)
    nothing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    with np.errstate(invalid="ignore"):
        inside: Bools = (np.abs(bounds) <= [180, 90, 180, 90]).all(axis=1) | nothing
    return inside


def are_valid(geometries: Geometries) -> Any:
    """Test validity, of many geometries on several cores at once: GEOS works without the
    interpreter's lock.
    """
    # few are not worth the question, which reads a file
    if np.ndim(geometries) != 1 or len(geometries) < _MANY:
        return shapely.is_valid(geometries)
    cores = min(4, os.cpu_count() or 1)
    if cores == 1:
        return shapely.is_valid(geometries)
    with ThreadPoolExecutor(cores) as pool:
        return np.concatenate(list(pool.map(shapely.is_valid, np.array_split(geometries, cores))))


def central_meridian(lon: float) -> int:
    """Return the central meridian in degrees of the 3-degree zone of `lon`; 112.5 goes to 114.

    A longitude counts to 1e-9 degree: the centroid of a shape about 112.5 exactly is off in its
    last digits.
    """
    return int(3 * np.floor((round(float(lon), _SEAM_DIGITS) + 1.5) / 3))


def plane_crs(lon: float) -> str:
    """Name the CGCS2000 3-degree plane of a longitude.

    Parameters
    ----------
    lon
        Degrees east, 73.5 to 136.5.

    Returns
    -------
    str
        ``"EPSG:4547"`` style: the plane without zone prefix.

    Raises
    ------
    InputError
        If no Chinese 3-degree zone covers `lon`.
    """
    meridian = central_meridian(lon)
    if not 75 <= meridian <= 135:
        raise InputError(f"longitude {lon:g} lies in no CGCS2000 3-degree zone (75 E to 135 E)")
    return f"EPSG:{4534 + (meridian - 75) // 3}"


def meridian_of(crs: str) -> int:
    """Return the central meridian in degrees of a plane named by :func:`plane_crs`."""
    return 75 + 3 * (int(crs.removeprefix("EPSG:")) - 4534)


@lru_cache(maxsize=64)
def transformer_of(source: str, target: str) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True, allow_ballpark=False)


def transformed(
    geometries: Geometries,
    source: str,
    target: str,
) -> Geometries:
    transformer = transformer_of(source, target)

    def move(xy: Floats) -> Floats:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

    moved: Geometries = shapely.transform(geometries, move)
    return moved


def to_plane(geometries: Geometries, crs: str) -> Geometries:
    """Project lon/lat geometries (EPSG:4490) to metres on the plane `crs`."""
    return transformed(geometries, GEOGRAPHIC, crs)


def to_degrees(geometries: Geometries, crs: str) -> Geometries:
    """Project geometries in metres on the plane `crs` back to lon/lat (EPSG:4490)."""
    return transformed(geometries, crs, GEOGRAPHIC)


def points_to_plane(lonlat: Floats, crs: str) -> Floats:
    """Project places, (n, 2) lon/lat degrees (EPSG:4490), to (n, 2) metres on the plane `crs`."""
    return np.column_stack(transformer_of(GEOGRAPHIC, crs).transform(lonlat[:, 0], lonlat[:, 1]))


def points_to_degrees(xy: Floats, crs: str) -> Floats:
    """Project (n, 2) metres on the plane `crs` back to (n, 2) lon/lat degrees (EPSG:4490)."""
    return np.column_stack(transformer_of(crs, GEOGRAPHIC).transform(xy[:, 0], xy[:, 1]))


def ellipsoid_area_m2(geometry: Shape) -> float:
    """Return the area in m2 of a lon/lat polygon on the CGCS2000 ellipsoid; 0 for lines and
    points.
    """
    if geometry is None or geometry.is_empty or shapely.get_dimensions(geometry) < 2:
        return 0.0
    if geometry.geom_type not in ("Polygon", "MultiPolygon"):
        oriented = shapely.orient_polygons(geometry)
        return abs(float(_GEOD.geometry_area_perimeter(oriented)[0]))
    return float(_polygon_areas_m2(np.array([geometry], dtype=object))[0])


def ellipsoid_areas_m2(geometries: Shapes) -> Floats:
    """Return what :func:`ellipsoid_area_m2` returns of each, bit for bit."""
    areas = np.zeros(len(geometries))
    areal = shapely.get_dimensions(geometries) == 2
    kinds = shapely.get_type_id(geometries)
    plain = areal & ((kinds == _POLYGON) | (kinds == _MULTIPOLYGON))
    areas[plain] = _polygon_areas_m2(geometries[plain])
    for row in np.flatnonzero(areal & ~plain).tolist():
        areas[row] = ellipsoid_area_m2(geometries[row])
    return areas


_POLYGON, _MULTIPOLYGON = shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON


def _polygon_areas_m2(polygons: Shapes) -> Floats:
    """As pyproj does it, but it takes every vertex apart in Python."""
    parts, owner = shapely.get_parts(shapely.orient_polygons(polygons), return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)

    # holes run the other way round and count below zero; one after the other, as they stand
    by_part = np.bincount(part, _ring_areas_m2(rings), len(parts))
    return np.abs(np.bincount(owner, by_part, len(polygons)))


def _ring_areas_m2(rings: Shapes) -> list[float]:
    """Return the signed area of each ring."""
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    lon, lat = np.ascontiguousarray(xy.T)
    ends = np.searchsorted(ring, np.arange(len(rings) + 1)).tolist()
    return [
        _GEOD.polygon_area_perimeter(lon[start:end], lat[start:end])[0]
        for start, end in pairwise(ends)
    ]


def ellipsoid_length_m(geometry: Shape) -> float:
    """Return the length in m of a lon/lat line on the CGCS2000 ellipsoid, along geodesics; 0 for a
    point or nothing.
    """
    if geometry is None or geometry.is_empty or shapely.get_dimensions(geometry) < 1:
        return 0.0
    return float(_GEOD.geometry_length(geometry))


def zone_crs(
    zone: int,
    datum: str = "CGCS2000",
    *,
    prefix: bool = False,
) -> str:
    """Name the Gauss-Krueger system of a degree-zone.

    Parameters
    ----------
    zone
        25 to 45 (3 degrees wide) or 13 to 23 (6 degrees wide); the numbers of the two kinds do not
        meet.
    datum
        ``"CGCS2000"``, ``"XIAN80"`` or ``"BEIJING54"``.
    prefix
        Whether eastings carry the number of the zone in front.

    Raises
    ------
    InputError
        If there is no such zone in China.
    """
    wide = 13 <= zone <= 23
    if not wide and not 25 <= zone <= 45:
        raise InputError(
            f"degree-zone {zone} is not one of China's: 25 to 45 (3 degrees) or 13 to 23 (6"
            " degrees)"
        )
    return f"EPSG:{_ZONE_BASE[datum][2 * wide + prefix] + zone}"


def zone_meridian(zone: int) -> int:
    """Return the central meridian in degrees of a zone: 3-degree from 25, 6-degree below."""
    return 3 * zone if zone >= 25 else 6 * zone - 3


def epsg_zone(code: int) -> tuple[str, int] | None:
    """Return datum and degree-zone of an EPSG code of :func:`zone_crs`, with prefix or without;
    None for any other.
    """
    for datum, bases in _ZONE_BASE.items():
        for kind, base in enumerate(bases):
            zone = code - base
            if (13 <= zone <= 23) if kind >= 2 else (25 <= zone <= 45):
                return datum, zone
    return None
