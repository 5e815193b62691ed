"""The only door between degrees and metres.

Storage and every public frame are EPSG:4490 (CGCS2000), lon before lat, quantised to 1e-7 degree.
Metres are the CGCS2000 3-degree Gauss-Krueger planes without zone prefix (EPSG:4534 to 4554).
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError, ProjError

from .errors import InputError, UsageError

GEOGRAPHIC = "EPSG:4490"
QUANTUM_DIGITS = 7
PLANE_SCALE = 0.0005
"""Largest relative error of a distance on the plane that screening allows for (design: outcomes)."""

_MANY = 50_000
_SEAM_DIGITS = 9
_GEOD = Geod(ellps="GRS80")  # a = 6378137 m, 1/f = 298.257222101: the CGCS2000 ellipsoid
_EQUAL_DATUMS = ("World Geodetic System 1984", "China 2000", "China Geodetic Coordinate System 2000")
_OLD_DATUMS = {"Xian 1980": "Xi'an 1980", "Beijing 1954": "Beijing 1954", "New Beijing": "New Beijing"}
ENCRYPTED = ("GCJ-02", "BD-09")
"""Datums of web maps: degrees that are no place until converted."""
_ZONE_BASE = {
    # datum: (3-degree without prefix, with prefix, 6-degree without prefix, with prefix): EPSG code of zone 0
    "CGCS2000": (4509, 4488, 4489, 4478),
    "XIAN80": (2345, 2324, 2325, 2314),
    "BEIJING54": (2397, 2376, 21440, 21400),
}
_DEGREES_OF = {"CGCS2000": "EPSG:4490", "XIAN80": "EPSG:4610", "BEIJING54": "EPSG:4214"}
_ZONE_NAME = re.compile(
    r"(?P<width>[36])\s*[-_ ]?(?:degree|deg|°|度)\S*\s*(?:gauss\S*\s*)?(?:cm\s*)?(?P<cm>\d{2,3})\s*[°]?\s*e", re.I
)
_ZONE_NUMBER = re.compile(r"(?:zone|带)\s*(?P<zone>\d{2})", re.I)


def is_encrypted(crs: Any) -> bool:
    """Say whether a system is named GCJ-02 or BD-09; a CRS object is none (and comparing one with a name is slow)."""
    return isinstance(crs, str) and crs in ENCRYPTED


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
    return quantise_valid(geometries)[0]


def quantise_valid(geometries: Any) -> tuple[Any, Any]:
    """Quantise as :func:`quantise`, and tell which geometries were valid before; the test is needed for both.

    Returns
    -------
    geometries, valid
        New geometries; whether each is valid, or was so before rounding (a missing one is not).
    """
    flat = shapely.force_2d(geometries) if np.any(shapely.get_coordinate_dimension(geometries) > 2) else geometries
    rounded = shapely.transform(flat, lambda xy: np.round(xy, QUANTUM_DIGITS))
    sound = are_valid(rounded)
    if np.all(sound):
        return rounded, sound
    if np.ndim(rounded) == 0:
        valid = shapely.is_valid(flat)
        return (shapely.make_valid(rounded, method="structure", keep_collapsed=True) if valid else rounded), valid
    valid = np.array(sound)
    valid[~sound] = shapely.is_valid(np.asarray(flat, dtype=object)[~sound])
    spoiled = valid & ~sound
    rounded[spoiled] = shapely.make_valid(rounded[spoiled], method="structure", keep_collapsed=True)
    return rounded, valid


def are_valid(geometries: Any) -> Any:
    """Test validity, of many geometries on several cores at once: GEOS works without the interpreter's lock."""
    cores = min(4, os.cpu_count() or 1)
    if np.ndim(geometries) != 1 or len(geometries) < _MANY or cores == 1:
        return shapely.is_valid(geometries)
    with ThreadPoolExecutor(cores) as pool:
        return np.concatenate(list(pool.map(shapely.is_valid, np.array_split(geometries, cores))))


def central_meridian(lon: float) -> int:
    """Return the central meridian in degrees of the 3-degree zone of `lon`; 112.5 goes to 114.

    A longitude counts to 1e-9 degree: the centroid of a shape about 112.5 exactly is off in its last digits.
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


def from_geographic(geometries: Any, crs: Any) -> Any:
    """Bring EPSG:4490 lon/lat geometries to a CRS on CGCS2000 or WGS 84; another datum needs an exact transformation.

    Raises
    ------
    InputError
        If there is none.
    """
    step = _step_from_degrees(crs)
    try:
        return geometries if step is None else _apply(geometries, *step)
    except ProjError as error:
        raise InputError(
            f"coordinate system '{CRS.from_user_input(crs).name}' has no exact transformation from CGCS2000"
        ) from error


def _step_from_degrees(crs: Any) -> tuple[str, str] | None:
    """Return the systems between which EPSG:4490 degrees become coordinates of `crs`; None where they already are."""
    parsed = CRS.from_user_input(crs).to_2d()
    geodetic = parsed.geodetic_crs
    if geodetic is None:
        raise InputError(f"coordinate system '{parsed.name}' has no datum; use a geographic or projected one")
    datum = geodetic.datum.name if geodetic.datum is not None else geodetic.name
    if any(name in datum for name in _EQUAL_DATUMS):
        return None if parsed.is_geographic else (geodetic.to_wkt(), parsed.to_wkt())
    return GEOGRAPHIC, parsed.to_wkt()


def plane_to(x: Any, y: Any, plane: str, crs: Any) -> tuple[Any, Any]:
    """Bring metres on a CGCS2000 plane to another system, as arrays: the way from a grid to the pixels of a raster.

    Parameters
    ----------
    x, y
        Metres on `plane`, arrays of one shape.
    plane
        Named by :func:`plane_crs`.
    crs
        Anything that :class:`pyproj.CRS` reads; WGS 84 and CGCS2000 are treated as equal.

    Returns
    -------
    x, y
        In `crs`; lon before lat. Infinite where the way leads nowhere.

    Raises
    ------
    InputError
        If there is no exact transformation.
    """
    lon, lat = _transformer(plane, GEOGRAPHIC).transform(x, y)
    try:
        step = _step_from_degrees(crs)
        return (lon, lat) if step is None else _transformer(*step).transform(lon, lat)
    except ProjError as error:
        raise InputError(
            f"coordinate system '{describe_crs(crs)}' has no exact transformation from CGCS2000"
        ) from error


def to_degrees(geometries: Any, crs: str) -> Any:
    """Project geometries in metres on the plane `crs` back to lon/lat (EPSG:4490)."""
    return _apply(geometries, crs, GEOGRAPHIC)


def points_to_plane(lonlat: Any, crs: str) -> Any:
    """Project places, (n, 2) lon/lat degrees (EPSG:4490), to (n, 2) metres on the plane `crs`."""
    return np.column_stack(_transformer(GEOGRAPHIC, crs).transform(lonlat[:, 0], lonlat[:, 1]))


def points_to_degrees(xy: Any, crs: str) -> Any:
    """Project (n, 2) metres on the plane `crs` back to (n, 2) lon/lat degrees (EPSG:4490)."""
    return np.column_stack(_transformer(crs, GEOGRAPHIC).transform(xy[:, 0], xy[:, 1]))


def ellipsoid_area_m2(geometry: Any) -> float:
    """Return the area in m2 of a lon/lat polygon on the CGCS2000 ellipsoid; 0 for lines and points."""
    if geometry is None or geometry.is_empty or shapely.get_dimensions(geometry) < 2:
        return 0.0
    oriented = shapely.orient_polygons(geometry)
    if oriented.geom_type not in ("Polygon", "MultiPolygon"):
        return abs(float(_GEOD.geometry_area_perimeter(oriented)[0]))
    total_m2 = 0.0
    for part in shapely.get_parts(oriented):  # as pyproj does it, but it takes every vertex apart in Python
        part_m2 = 0.0
        for ring in (part.exterior, *part.interiors):
            lon, lat = np.ascontiguousarray(shapely.get_coordinates(ring).T)
            part_m2 += _GEOD.polygon_area_perimeter(lon, lat)[0]
        total_m2 += part_m2
    return abs(float(total_m2))


def ellipsoid_length_m(geometry: Any) -> float:
    """Return the length in m of a lon/lat line on the CGCS2000 ellipsoid, along geodesics; 0 for a point or nothing."""
    if geometry is None or geometry.is_empty or shapely.get_dimensions(geometry) < 1:
        return 0.0
    return float(_GEOD.geometry_length(geometry))


def describe_crs(crs: Any) -> str:
    """Return a short name for a CRS: its authority code, else its own name."""
    parsed = CRS.from_user_input(crs)
    authority = parsed.to_authority(min_confidence=100)
    return ":".join(authority) if authority else parsed.name


def zone_crs(zone: int, datum: str = "CGCS2000", *, prefix: bool = False) -> str:
    """Name the Gauss-Krueger system of a degree-zone.

    Parameters
    ----------
    zone
        25 to 45 (3 degrees wide) or 13 to 23 (6 degrees wide); the numbers of the two kinds do not meet.
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
        raise InputError(f"degree-zone {zone} is not one of China's: 25 to 45 (3 degrees) or 13 to 23 (6 degrees)")
    return f"EPSG:{_ZONE_BASE[datum][2 * wide + prefix] + zone}"


def zone_meridian(zone: int) -> int:
    """Return the central meridian in degrees of a zone: 3-degree from 25, 6-degree below."""
    return 3 * zone if zone >= 25 else 6 * zone - 3


def epsg_zone(code: int) -> tuple[str, int] | None:
    """Return datum and degree-zone of an EPSG code of :func:`zone_crs`, with prefix or without; None for any other."""
    for datum, bases in _ZONE_BASE.items():
        for kind, base in enumerate(bases):
            zone = code - base
            if (13 <= zone <= 23) if kind >= 2 else (25 <= zone <= 45):
                return datum, zone
    return None


def degrees_crs(datum: str) -> str:
    """Name the geographic system of a datum of :func:`zone_crs`."""
    return _DEGREES_OF[datum]


def named_crs(name: str) -> str:
    """Turn the name of a coordinate system, as people write it, into its code.

    Parameters
    ----------
    name
        ``"EPSG:4526"``, ``"CGCS2000 3-degree 114E"``, ``"CGCS2000 zone 38"`` (with prefix), ``"CGCS2000"``, ``"WGS84"``,
        ``"GCJ-02"``, ``"BD-09"``, or anything that :class:`pyproj.CRS` reads.

    Returns
    -------
    str
        An ``EPSG:...`` code, ``"GCJ-02"`` or ``"BD-09"``, or the name itself when PROJ knows it.

    Raises
    ------
    UsageError
        If nobody knows it.
    """
    text = name.strip()
    plain = text.upper().replace(" ", "")
    for datum in ENCRYPTED:
        if plain in (datum, datum.replace("-", "")):
            return datum
    if plain in ("CGCS2000", "2000国家大地坐标系"):
        return GEOGRAPHIC
    if plain in ("WGS84", "WGS-84"):
        return "EPSG:4326"
    if plain.startswith(("CGCS2000", "2000国家大地坐标系")):
        if match := _ZONE_NAME.search(text):
            width, meridian = int(match["width"]), int(match["cm"])
            zone = meridian // 3 if width == 3 else (meridian + 3) // 6
            if zone_meridian(zone) == meridian and (zone >= 25) == (width == 3):
                return zone_crs(zone)
        elif match := _ZONE_NUMBER.search(text):
            return zone_crs(int(match["zone"]), prefix=True)
    try:
        CRS.from_user_input(text)
    except CRSError:
        raise UsageError(
            f"coordinate system '{name}' is not known; say EPSG:4547, 'CGCS2000 3-degree 114E', CGCS2000, GCJ-02 or BD-09"
        ) from None
    return text


def from_encrypted(geometries: Any, datum: str) -> tuple[Any, float]:
    """Bring GCJ-02 or BD-09 degrees back to EPSG:4490.

    Parameters
    ----------
    geometries
        One geometry or an array of them, lon/lat in `datum`.
    datum
        ``"GCJ-02"`` or ``"BD-09"``.

    Returns
    -------
    geometries, max_error_m
        New geometries, and the largest error in metres that the library states for its inverse.

    Raises
    ------
    InputError
        If the library geocoordinates-rs is not installed, or a coordinate is no place.
    """
    library = _china_datums()
    source, inverse = {
        "GCJ-02": (library.Gcj02, library.gcj02_to_wgs84_refined),
        "BD-09": (library.Bd09, library.bd09_to_wgs84_refined),
    }[datum]
    worst = 0.0

    def move(xy: Any) -> Any:
        nonlocal worst
        out = np.empty_like(xy)
        for i, (lon, lat) in enumerate(xy.tolist()):
            back = inverse(source(lat=lat, lon=lon))
            out[i] = back.lon, back.lat
            worst = max(worst, back.max_error_m)
        return out

    return _through_library(geometries, move), worst


def to_encrypted(geometries: Any, datum: str) -> Any:
    """Turn EPSG:4490 degrees into GCJ-02 or BD-09, exact by the definition of these; see :func:`from_encrypted`."""
    library = _china_datums()
    forward = {"GCJ-02": library.wgs84_to_gcj02, "BD-09": library.wgs84_to_bd09}[datum]

    def move(xy: Any) -> Any:
        out = np.empty_like(xy)
        for i, (lon, lat) in enumerate(xy.tolist()):
            there = forward(library.Wgs84(lat=lat, lon=lon))
            out[i] = there.lon, there.lat
        return out

    return _through_library(geometries, move)


def _china_datums() -> Any:
    try:
        import geocoordinates_ffi
    except ImportError as error:
        raise InputError("GCJ-02 and BD-09 need the package geocoordinates-rs: pip install 'sxgeo[datum]'") from error
    return geocoordinates_ffi


def _through_library(geometries: Any, move: Any) -> Any:
    try:
        return shapely.transform(shapely.force_2d(geometries), move)
    except _china_datums().GeoError as error:
        raise InputError(f"GCJ-02 and BD-09 are degrees, lon before lat: {error!r}") from error


def with_parameters(geometries: Any, crs: Any, parameters: Sequence[float], rotation: str = "coordinate_frame") -> Any:
    """Bring geometries on an old datum to EPSG:4490 by seven parameters (Bursa-Wolf).

    Parameters
    ----------
    geometries
        In `crs`, x before y.
    crs
        Xi'an 1980, Beijing 1954 or another, in degrees or metres.
    parameters
        dx, dy, dz in metres, rx, ry, rz in arc seconds, scale in 1e-6; from `crs` towards CGCS2000.
    rotation
        ``"coordinate_frame"`` (the sign of the Chinese handbooks) or ``"position_vector"``.

    Returns
    -------
    geometry or ndarray
        Lon/lat degrees; ellipsoidal heights are taken as 0.
    """
    parsed = CRS.from_user_input(crs)
    geodetic = parsed.geodetic_crs
    if geodetic is None or geodetic.ellipsoid is None:
        raise InputError(f"coordinate system '{parsed.name}' has no ellipsoid")
    old = geodetic.ellipsoid
    dx, dy, dz, rx, ry, rz, ppm = parameters
    pipeline = (
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        f"+step +proj=cart +a={old.semi_major_metre!r} +rf={old.inverse_flattening!r} "
        f"+step +proj=helmert +x={dx!r} +y={dy!r} +z={dz!r} +rx={rx!r} +ry={ry!r} +rz={rz!r} +s={ppm!r} "
        f"+convention={rotation} +step +inv +proj=cart +ellps=GRS80 "
        "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )
    flat = shapely.force_2d(geometries)
    degrees = flat if parsed.is_geographic else _apply(flat, parsed.to_wkt(), geodetic.to_wkt())
    shift = Transformer.from_pipeline(pipeline)

    def move(xy: Any) -> Any:
        lon, lat, _ = shift.transform(xy[:, 0], xy[:, 1], np.zeros(len(xy)))
        return np.column_stack((lon, lat))

    return shapely.transform(degrees, move)


def old_datum(crs: Any) -> str | None:
    """Name the old datum on which a CRS stands; None when it stands on another."""
    geodetic = CRS.from_user_input(crs).geodetic_crs
    if geodetic is None:
        return None
    names = f"{geodetic.name} {geodetic.datum.name if geodetic.datum is not None else ''}".lower()
    return next((name for sign, name in _OLD_DATUMS.items() if sign.lower() in names), None)


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
