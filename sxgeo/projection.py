"""The only door between degrees and metres.

Storage and every public frame are EPSG:4490 (CGCS2000), lon before lat, quantised to 1e-7 degree.
Metres are the CGCS2000 3-degree Gauss-Krueger planes without zone prefix (EPSG:4534 to 4554).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError, ProjError

from .errors import InputError

GEOGRAPHIC = "EPSG:4490"
QUANTUM_DIGITS = 7
PLANE_SCALE = 0.0005
"""Largest relative error of a distance on the plane that screening allows for (design: outcomes)."""

_GEOD = Geod(ellps="GRS80")  # a = 6378137 m, 1/f = 298.257222101: the CGCS2000 ellipsoid
_EQUAL_DATUMS = ("World Geodetic System 1984", "China 2000", "China Geodetic Coordinate System 2000")
_OLD_DATUMS = {"Xian 1980": "Xi'an 1980", "Beijing 1954": "Beijing 1954", "New Beijing": "New Beijing"}


def quantise(geometries: Any) -> Any:
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
    flat = shapely.force_2d(geometries)
    rounded = shapely.transform(flat, lambda xy: np.round(xy, QUANTUM_DIGITS))
    spoiled = shapely.is_valid(flat) & ~shapely.is_valid(rounded)
    if not np.any(spoiled):
        return rounded
    return np.where(spoiled, shapely.make_valid(rounded, method="structure", keep_collapsed=True), rounded)[()]


def central_meridian(lon: float) -> int:
    """Return the central meridian in degrees of the 3-degree zone of `lon`; 112.5 goes to 114."""
    return int(3 * np.floor((lon + 1.5) / 3))


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
def _transformer(source: str, target: str) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True, allow_ballpark=False)


def _apply(geometries: Any, source: str, target: str) -> Any:
    transformer = _transformer(source, target)

    def move(xy: Any) -> Any:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

    return shapely.transform(geometries, move)


def to_plane(geometries: Any, crs: str) -> Any:
    """Project lon/lat geometries (EPSG:4490) to metres on the plane `crs`."""
    return _apply(geometries, GEOGRAPHIC, crs)


def to_degrees(geometries: Any, crs: str) -> Any:
    """Project geometries in metres on the plane `crs` back to lon/lat (EPSG:4490)."""
    return _apply(geometries, crs, GEOGRAPHIC)


def ellipsoid_area_m2(geometry: Any) -> float:
    """Return the area in m2 of a lon/lat polygon on the CGCS2000 ellipsoid; 0 for lines and points."""
    if geometry is None or geometry.is_empty or shapely.get_dimensions(geometry) < 2:
        return 0.0
    return abs(float(_GEOD.geometry_area_perimeter(shapely.orient_polygons(geometry))[0]))


def describe_crs(crs: Any) -> str:
    """Return a short name for a CRS: its authority code, else its own name."""
    parsed = CRS.from_user_input(crs)
    authority = parsed.to_authority(min_confidence=100)
    return ":".join(authority) if authority else parsed.name


def to_geographic(geometries: Any, crs: Any) -> Any:
    """Bring geometries of any declared CRS to EPSG:4490 lon/lat, not yet quantised.

    WGS 84 and CGCS2000 are treated as equal at siting accuracy; every other datum needs a
    transformation with a stated accuracy, never a ballpark.

    Parameters
    ----------
    geometries
        One geometry or an array of them in `crs`.
    crs
        Anything that :class:`pyproj.CRS` reads.

    Returns
    -------
    geometry or ndarray
        Lon/lat degrees.

    Raises
    ------
    InputError
        If the CRS is unknown, is Xi'an 1980 or Beijing 1954, or has no exact way to CGCS2000.
    """
    try:
        parsed = CRS.from_user_input(crs)
    except CRSError as error:
        raise InputError(f"coordinate system '{crs}' is not known to PROJ; use an EPSG code") from error
    geodetic = parsed.geodetic_crs
    if geodetic is None:
        raise InputError(f"coordinate system '{parsed.name}' has no datum; use a geographic or projected one")
    datum = geodetic.datum.name if geodetic.datum is not None else geodetic.name
    for sign, name in _OLD_DATUMS.items():
        if sign.lower() in datum.lower() or sign.lower() in geodetic.name.lower():
            raise InputError(
                f"coordinate system '{parsed.name}' stands on {name}: its way to CGCS2000 needs the seven "
                "parameters of the survey office; convert the file there and give CGCS2000 coordinates"
            )
    if any(name in datum for name in _EQUAL_DATUMS):
        source, target = parsed.to_wkt(), geodetic.to_wkt()
        return geometries if parsed.is_geographic and not parsed.is_vertical else _apply(geometries, source, target)
    try:
        return _apply(geometries, parsed.to_wkt(), GEOGRAPHIC)
    except ProjError as error:
        raise InputError(
            f"coordinate system '{parsed.name}' has no exact transformation to CGCS2000; "
            "convert the file to EPSG:4490 or EPSG:4326 first"
        ) from error
