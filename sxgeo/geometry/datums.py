"""Coordinate systems that are not ours, and the way from and to them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from ..errors import InputError, UsageError
from .projection import GEOGRAPHIC, transformed, transformer_of, zone_crs, zone_meridian

if TYPE_CHECKING:
    from .shapes import AnyCrs, Floats, Geometries, Move

_EQUAL_DATUMS = (
    "World Geodetic System 1984",
    "China 2000",
    "China Geodetic Coordinate System 2000",
)
_OLD_DATUMS = {
    "Xian 1980": "Xi'an 1980",
    "Beijing 1954": "Beijing 1954",
    "New Beijing": "New Beijing",
}
ENCRYPTED = ("GCJ-02", "BD-09")
"""Datums of web maps: degrees that are no place until converted."""
_DEGREES_OF = {
    "CGCS2000": "EPSG:4490",
    "XIAN80": "EPSG:4610",
    "BEIJING54": "EPSG:4214",
}
_OURS = ("CGCS2000", "2000国家大地坐标系")
_ZONE_NAME = re.compile(
    r"(?P<width>[36])\s*[-_"
    r" ]?(?:degree|deg|°|度)\S*\s*(?:gauss\S*\s*)?(?:cm\s*)?(?P<cm>\d{2,3})\s*[°]?\s*e",
    re.I,
)
_ZONE_NUMBER = re.compile(r"(?:zone|带)\s*(?P<zone>\d{2})", re.I)
_NUMBER_ZONE = re.compile(r"(?<![\d.])(?P<zone>\d{2})\s*[号號]?\s*[带帶]")
"""As people say it: 38带, 第38带."""


def is_encrypted(crs: AnyCrs) -> bool:
    """Say whether a system is named GCJ-02 or BD-09; a CRS object is none (and comparing one with a
    name is slow).
    """
    return isinstance(crs, str) and crs in ENCRYPTED


def from_geographic(geometries: Geometries, crs: AnyCrs) -> Geometries:
    """Bring EPSG:4490 lon/lat geometries to a CRS on CGCS2000 or WGS 84; another datum needs an
    exact transformation.

    Raises
    ------
    InputError
        If there is none.
    """
    step = _step_from_degrees(crs)
    try:
        return geometries if step is None else transformed(geometries, *step)
    except ProjError as error:
        raise InputError(
            f"coordinate system '{CRS.from_user_input(crs).name}' has no exact transformation from"
            " CGCS2000"
        ) from error


def _step_from_degrees(crs: AnyCrs) -> tuple[str, str] | None:
    """Return the systems between which EPSG:4490 degrees become coordinates of `crs`; None where
    they already are.
    """
    # heights are dropped: a plot has none
    parsed = CRS.from_user_input(crs).to_2d()
    geodetic = _geodetic(parsed)
    if any(name in _datum_name(geodetic) for name in _EQUAL_DATUMS):
        return None if parsed.is_geographic else (geodetic.to_wkt(), parsed.to_wkt())
    return GEOGRAPHIC, parsed.to_wkt()


def plane_to(
    x: Floats,
    y: Floats,
    plane: str,
    crs: AnyCrs,
) -> tuple[Floats, Floats]:
    """Bring metres on a CGCS2000 plane to another system, as arrays: the way from a grid to the
    pixels of a raster.

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
    lon, lat = transformer_of(plane, GEOGRAPHIC).transform(x, y)
    try:
        step = _step_from_degrees(crs)
        return (lon, lat) if step is None else transformer_of(*step).transform(lon, lat)
    except ProjError as error:
        raise InputError(
            f"coordinate system '{describe_crs(crs)}' has no exact transformation from CGCS2000"
        ) from error


def describe_crs(crs: AnyCrs) -> str:
    """Return a short name for a CRS: its authority code, else its own name."""
    parsed = CRS.from_user_input(crs)
    authority = parsed.to_authority(min_confidence=100)
    return ":".join(authority) if authority else parsed.name


def degrees_crs(datum: str) -> str:
    """Name the geographic system of a datum of :func:`zone_crs`."""
    return _DEGREES_OF[datum]


def named_crs(name: str) -> str:
    """Turn the name of a coordinate system, as people write it, into its code.

    Parameters
    ----------
    name
        ``"EPSG:4526"``, ``"CGCS2000 3-degree 114E"``, ``"CGCS2000 zone 38"`` (with prefix),
        ``"CGCS2000"``, ``"WGS84"``, ``"GCJ-02"``, ``"BD-09"``, or anything that :class:`pyproj.CRS`
        reads.

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

    # The encrypted ones first: PROJ has no such system, and must not be asked for a guess.
    for datum in ENCRYPTED:
        if plain in (datum, datum.replace("-", "")):
            return datum
    if plain in _OURS:
        return GEOGRAPHIC
    if plain in ("WGS84", "WGS-84"):
        return "EPSG:4326"
    if plain.startswith(_OURS) and (zone := _zone_named(text)):
        return zone

    # Whatever else is left to PROJ, which knows the registered names and WKT.
    try:
        CRS.from_user_input(text)
    except CRSError:
        raise UsageError(
            f"coordinate system '{name}' is not known; say EPSG:4547, 'CGCS2000 3-degree 114E',"
            " CGCS2000, GCJ-02 or BD-09"
        ) from None
    return text


def _zone_named(text: str) -> str | None:
    """Return the code of a CGCS2000 zone named by its width and meridian, or by its number; None
    where there is neither.
    """
    if match := _ZONE_NAME.search(text):
        width, meridian = int(match["width"]), int(match["cm"])
        zone = meridian // 3 if width == 3 else (meridian + 3) // 6
        # A meridian decides the zone only where a zone of that width has it.
        if zone_meridian(zone) == meridian and (zone >= 25) == (width == 3):
            return zone_crs(zone)
    elif match := _ZONE_NUMBER.search(text) or _NUMBER_ZONE.search(text):
        # who gives the number has it in front of the eastings too
        return zone_crs(int(match["zone"]), prefix=True)
    return None


def from_encrypted(geometries: Geometries, datum: str) -> tuple[Geometries, float]:
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

    def move(xy: Floats) -> Floats:
        nonlocal worst
        out = np.empty_like(xy)
        for i, (lon, lat) in enumerate(xy.tolist()):
            back = inverse(source(lat=lat, lon=lon))
            out[i] = back.lon, back.lat
            worst = max(worst, back.max_error_m)
        return out

    return _through_library(geometries, move), worst


def to_encrypted(geometries: Geometries, datum: str) -> Geometries:
    """Turn EPSG:4490 degrees into GCJ-02 or BD-09, exact by the definition of these; see
    :func:`from_encrypted`.
    """
    library = _china_datums()
    forward = {"GCJ-02": library.wgs84_to_gcj02, "BD-09": library.wgs84_to_bd09}[datum]

    def move(xy: Floats) -> Floats:
        out = np.empty_like(xy)
        for i, (lon, lat) in enumerate(xy.tolist()):
            there = forward(library.Wgs84(lat=lat, lon=lon))
            out[i] = there.lon, there.lat
        return out

    return _through_library(geometries, move)


def _china_datums() -> Any:
    try:
        import geocoordinates_ffi  # only encrypted coordinates need it
    except ImportError as error:
        raise InputError(
            "GCJ-02 and BD-09 need the package geocoordinates-rs: pip install 'sxgeo[datum]'. There"
            " is none for Windows: convert the file on another system, or give coordinates in"
            " CGCS2000 or WGS 84"
        ) from error
    return geocoordinates_ffi


def _through_library(geometries: Geometries, move: Move) -> Geometries:
    try:
        moved: Geometries = shapely.transform(shapely.force_2d(geometries), move)
        return moved
    except _china_datums().GeoError as error:
        raise InputError(f"GCJ-02 and BD-09 are degrees, lon before lat: {error!r}") from error


def with_parameters(
    geometries: Geometries,
    crs: AnyCrs,
    parameters: Sequence[float],
    rotation: str = "coordinate_frame",
) -> Geometries:
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
    shape = f"+a={old.semi_major_metre!r} +rf={old.inverse_flattening!r}"
    shift = _shift(shape, parameters, rotation)

    # Heights are of the old vertical datum and would be turned with the rest: they count as 0.
    flat = shapely.force_2d(geometries)
    degrees = flat
    if not parsed.is_geographic:
        degrees = transformed(flat, parsed.to_wkt(), geodetic.to_wkt())

    moved: Geometries = shapely.transform(degrees, lambda xy: _shifted(xy, shift))
    return moved


def _shifted(xy: Floats, shift: Transformer) -> Floats:
    """Return places in degrees after a shift of datum; heights count as 0."""
    lon, lat, _ = shift.transform(
        xy[:, 0],
        xy[:, 1],
        np.zeros(len(xy)),
    )
    return np.column_stack((lon, lat))


def _shift(
    ellipsoid: str,
    parameters: Sequence[float],
    rotation: str,
) -> Transformer:
    # The seven parameters hold between geocentric coordinates: out along the old ellipsoid, in
    # again on that of CGCS2000.
    dx, dy, dz, rx, ry, rz, ppm = parameters
    return Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=cart"
        f" {ellipsoid} +step +proj=helmert +x={dx!r}"
        f" +y={dy!r} +z={dz!r} +rx={rx!r} +ry={ry!r} +rz={rz!r} +s={ppm!r} +convention={rotation}"
        " +step +inv +proj=cart +ellps=GRS80 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )


def old_datum(crs: AnyCrs) -> str | None:
    """Name the old datum on which a CRS stands; None when it stands on another."""
    geodetic = CRS.from_user_input(crs).geodetic_crs
    if geodetic is None:
        return None
    datum = geodetic.datum.name if geodetic.datum is not None else ""
    return _old_named(f"{geodetic.name} {datum}")


def _old_named(names: str) -> str | None:
    plain = names.lower()
    return next((name for sign, name in _OLD_DATUMS.items() if sign.lower() in plain), None)


def to_geographic(geometries: Geometries, crs: AnyCrs) -> Geometries:
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
        raise InputError(
            f"coordinate system '{crs}' is not known to PROJ; use an EPSG code"
        ) from error
    geodetic = _geodetic(parsed)
    datum = _datum_name(geodetic)
    _refuse_old(parsed, datum, geodetic.name)

    # Equal datums: only the projection is undone, no shift is made up.
    if any(name in datum for name in _EQUAL_DATUMS):
        # degrees with heights beside them are no plain degrees: they go through PROJ
        if parsed.is_geographic and not parsed.is_vertical:
            return geometries
        return transformed(geometries, parsed.to_wkt(), geodetic.to_wkt())

    # Without a transformation of stated accuracy there is an error, never a guess.
    try:
        return transformed(geometries, parsed.to_wkt(), GEOGRAPHIC)
    except ProjError as error:
        raise InputError(
            f"coordinate system '{parsed.name}' has no exact transformation to CGCS2000; "
            "convert the file to EPSG:4490 or EPSG:4326 first"
        ) from error


def _geodetic(parsed: CRS) -> CRS:
    """Return the degrees on which a system stands."""
    if parsed.geodetic_crs is None:
        raise InputError(
            f"coordinate system '{parsed.name}' has no datum; use a geographic or projected one"
        )
    return parsed.geodetic_crs


def _datum_name(geodetic: CRS) -> str:
    # where no datum is given by itself, the name of the system is all that tells
    return geodetic.datum.name if geodetic.datum is not None else geodetic.name


def _refuse_old(
    parsed: CRS,
    *names: str,
) -> None:
    # Refused before PROJ is asked: it would carry Xi'an 1980 and Beijing 1954 over by a ballpark
    # that is many metres off, and say nothing.
    if old := _old_named(" ".join(names)):
        raise InputError(
            f"coordinate system '{parsed.name}' stands on {old}: its way to CGCS2000 needs the"
            " seven parameters of the survey office; convert the file there and give CGCS2000"
            " coordinates"
        )
