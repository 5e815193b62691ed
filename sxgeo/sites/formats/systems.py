"""Coordinates without a declared system: what their numbers can be, which zone, which axis; what
cannot be known is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_system import Cartesian2DCS
from pyproj.exceptions import CRSError

from ...boundaries.places import place_of
from ...errors import InputError
from ...geometry.datums import ENCRYPTED, degrees_crs, is_encrypted, named_crs, old_datum
from ...geometry.projection import GEOGRAPHIC, epsg_zone, to_degrees, zone_crs, zone_meridian
from ...geometry.shapes import AnyCrs, Floats, Ints, Shape, Shapes
from .assumptions import Assumptions, concealed
from .packed_degrees import could_be_packed, unpacked
from .table import Asked, Guess

if TYPE_CHECKING:
    from .table import Table

_RANGES = (
    ("lat", 3.0, 54.5),
    ("lon", 73.0, 136.0),
    ("east", 1.2e5, 8.8e5),
    ("north", 1.9e6, 6.0e6),
    ("mercator", 8.1e6, 12.99e6),
    ("prefixed", 13.0e6, 46.0e6),
)
"""What a number can be in mainland China: degrees; metres with the equator at 0 and the central
meridian at 500,000.
"""

_WORDS = {
    "lat": "a latitude",
    "lon": "a longitude",
    "east": "an easting without zone prefix",
    "north": "a northing",
    "mercator": "an easting of EPSG:3857",
    "prefixed": "an easting with zone prefix",
}
_SEMI_MAJOR_M = 6378137.0
_INVERSE_FLATTENING = 298.257222101
_CGCS2000 = frozenset(
    {
        "cgcs2000", "cgcs", "china2000", "chinageodetic2000", "chinageodeticcoordinatesystem2000",
        "chinesegeodeticcoordinatesystem2000", "chinageodeticcoordinatesystem",
        "cgcs2000geographic", "2000国家大地坐标系", "国家大地坐标系2000", "国家2000", "国家2000坐标系", "2000坐标系",
        "大地2000",
    }
)  # fmt: skip
"""Names of CGCS2000 in files, in small letters and without signs."""
_LIKELY_ZONES = (37, 38, 39)


@dataclass(frozen=True, slots=True)
class Declared:
    """What a file says of its coordinates; None where it says nothing.

    Attributes
    ----------
    first
        ``"yx"`` when its format puts the northing first, ``"xy"`` the easting, None when it does
        not say.
    parameters
        Seven parameters of the file itself.
    """

    datum: str | None = None
    zone: int | None = None
    units: str | None = None
    first: str | None = None
    parameters: tuple[float, ...] | None = None
    source: str = "the file"


def kind_of(values: Floats) -> str | None:
    """Tell what most of some numbers can be: lat, lon, east, north, mercator, prefixed; None when
    not half of them agree.
    """
    finite = np.abs(values[np.isfinite(values)])
    counts = {kind: int(((low <= finite) & (finite <= high)).sum()) for kind, low, high in _RANGES}
    best = max(counts, key=lambda kind: counts[kind])
    return best if counts[best] * 2 >= len(finite) > 0 else None


_PAIRS = (("lon", "lat"), ("east", "north"), ("prefixed", "north"), ("mercator", "north"))


def kinds_of(pairs: Floats) -> tuple[str | None, str | None]:
    """Tell what most pairs of numbers are; each number by itself where no pair fits half of
    them.
    """

    # Pairs as a whole: a number alone may be an easting as well as a northing.
    sane = np.abs(pairs[np.isfinite(pairs).all(axis=1)])
    within = {kind: (low <= sane) & (sane <= high) for kind, low, high in _RANGES}
    counts: dict[tuple[str, str], int] = {}
    for first, second in _PAIRS:
        counts[first, second] = int((within[first][:, 0] & within[second][:, 1]).sum())
        counts[second, first] = int((within[second][:, 0] & within[first][:, 1]).sum())
    best = max(counts, key=lambda pair: counts[pair])

    # Half of them decide, so that a few slips do not change what the file is.
    if counts[best] * 2 >= len(sane) > 0:
        return best
    return kind_of(pairs[:, 0]), kind_of(pairs[:, 1])


def settle(
    table: Table,
    declared: Declared,
    told: Assumptions,
) -> Table:
    """Turn the raw pairs of a table into lon, lat order or east, north, and name their system.

    Parameters
    ----------
    table
        Shapes whose first ordinate is the first number of the file.
    declared
        What the file says.
    told
        Checked assumptions; they win over the file, and where both speak the remark says so.

    Returns
    -------
    Table
        With `crs`, guesses and facts; a feature that does not fit the others' system is in `wrong`.

    Raises
    ------
    InputError
        If the numbers can be nothing, or could be several things and nobody said which.
    """

    # A table without points has no numbers to ask; degrees harm nobody.
    pairs, rows = shapely.get_coordinates(table.shapes, return_index=True)
    if not len(pairs):
        table.crs = GEOGRAPHIC
        return table

    # Packed degrees are unpacked before anything is asked of their size.
    units = told.units or declared.units
    if units == "dms":
        table.shapes = _unpacked(table.shapes, pairs, declared if told.units is None else None)
        pairs = shapely.get_coordinates(table.shapes)
        # the step of the file counts ten-thousandths of its packed numbers
        if (step := table.facts.step) is not None:
            table.note(step=step * 1e4 / 3600.0)

    # What the numbers can be decides the order; words only where the numbers leave it open.
    kinds = kinds_of(pairs)
    order = _axis(kinds, pairs, declared, told, table)
    if order == "yx":
        table.shapes = shapely.transform(table.shapes, lambda xy: xy[:, ::-1])
        pairs, kinds = pairs[:, ::-1], (kinds[1], kinds[0])
    table.note(axis_in_file=order)

    # A system that was told is believed, unless the numbers cannot be of it.
    if told.crs is not None:
        table.crs = fitting_crs(named_crs(told.crs), table.shapes)
        table.note(crs_evidence="told by --assume crs")
        if not is_encrypted(table.crs) and (problem := contradiction(table.crs, table.shapes)):
            raise InputError(problem)
        return table

    # By the numbers: degrees, web maps or a plane of Gauss-Krueger.
    if kinds[0] == "lon":
        plain = table.facts.plain_numbers and told.units is None and units != "dms"
        if plain and could_be_packed(pairs.ravel(), table.facts.step):
            table.guesses.append(_packed_guess(pairs))
        _settle_degrees(table, declared, told)
    elif kinds[0] == "mercator":
        # metres of a web map are stretched, and no survey is measured in them
        words = (
            f"eastings such as {pairs[0, 0]:.1f} look like EPSG:3857 (web maps); if so, say"
            " --assume crs=EPSG:3857"
        )
        raise Asked([words], {"crs": "EPSG:3857"})
    else:
        _settle_metres(table, pairs, rows, declared, told)
    return table


def _unpacked(
    shapes: Shapes,
    pairs: Floats,
    declared: Declared | None,
) -> Any:
    """Bring degrees, minutes and seconds in one number to degrees."""
    found = unpacked(pairs)
    if (bad := np.isnan(found).any(axis=1) & np.isfinite(pairs).all(axis=1)).any():
        shown = ", ".join(f"{v:.10g}" for v in pairs[bad][0])
        by = (
            "you said units=dms"
            if declared is None
            else f"{declared.source} says degrees, minutes and seconds"
        )
        raise InputError(
            f"{by}, but {shown} has 60 or more of them; say --assume units=degree if they are"
            " decimal degrees"
        )
    return shapely.transform(shapes, unpacked)


def _packed_guess(pairs: Floats) -> Guess:
    lon, lat = unpacked(pairs[0]).tolist()
    return Guess(
        "units",
        "degree",
        "decimal degrees are usual",
        "dms (DDD.MMSS: every number could be degrees, minutes and seconds, the first point then"
        f" {lon:.6f}, {lat:.6f}, up to 70 km away)",
    )


def _axis(
    kinds: tuple[str | None, str | None],
    pairs: Floats,
    declared: Declared,
    told: Assumptions,
    table: Table,
) -> str:
    easts, norths = ("lon", "east", "prefixed", "mercator"), ("lat", "north")
    found = None

    # Only one order makes sense of most pairs in China: east has other sizes than north.
    if kinds[0] in easts and kinds[1] in norths and (kinds[0] == "lon") == (kinds[1] == "lat"):
        found = "xy"
    elif kinds[0] in norths and kinds[1] in easts and (kinds[1] == "lon") == (kinds[0] == "lat"):
        found = "yx"

    # No order does: with system and axis both told, the person has the say; else a pair that fits
    # nothing is shown.
    if found is None:
        if told.crs is not None and told.axis is not None:
            return told.axis
        odd = next((pair for pair in pairs[:1000] if None in kinds_of(pair[None, :])), pairs[0])
        shown = ", ".join(f"{v:.10g}" for v in odd)
        if not (odd == pairs[0]).all():
            kinds = kinds_of(odd[None, :])
        what = " and ".join(_WORDS.get(str(k), "no coordinate in China") for k in kinds)
        raise InputError(
            f"the numbers {shown} are {what}: no pair of coordinates; say --assume crs=... and"
            " axis=xy or yx"
        )

    # Told against the numbers: a slip, which would put the plot elsewhere.
    if (told.axis or found) != found:
        raise InputError(
            f"you said axis={told.axis}, but {pairs[0, 0]:.10g} can only be"
            f" {_WORDS[str(kinds[0])]} and {pairs[0, 1]:.10g} {_WORDS[str(kinds[1])]}: the order is"
            f" {found}"
        )

    # A file that says the other order is believed by its numbers, with a guess to look at.
    if declared.first not in (None, found) and told.axis is None:
        evidence = f"{pairs[0, 0]:.10g} can only be {_WORDS[str(kinds[0])]}"
        says = "north first" if declared.first == "yx" else "east first"
        table.guesses.append(
            Guess("axis", found, evidence, f"{declared.first}: {declared.source} says {says}")
        )
    return found


def _settle_degrees(
    table: Table,
    declared: Declared,
    told: Assumptions,
) -> None:
    if declared.units == "metre" and told.units != "degree":
        if told.units == "metre":
            raise InputError("you said units=metre, but the numbers are degrees")
        table.guesses.append(
            Guess(
                "units",
                "degree",
                "the numbers are a longitude and a latitude",
                f"metre: {declared.source} says metres",
            )
        )
    datum = told.datum or declared.datum
    if datum is None:
        table.guesses.append(
            Guess(
                "datum",
                "CGCS2000",
                "degrees, and nothing says which datum",
                "WGS84 (the same here), GCJ-02 (about 560 m away) or BD-09 (about 1,345 m)",
            )
        )
        datum = "CGCS2000"
    table.note(datum=datum)
    table.crs = datum if datum in ENCRYPTED else degrees_crs(datum)
    _with_header_parameters(table, declared, told)


def _settle_metres(
    table: Table,
    pairs: Floats,
    rows: Ints,
    declared: Declared,
    told: Assumptions,
) -> None:
    # Units against the numbers: 38 million degrees do not exist.
    if declared.units == "degree" and told.units != "metre":
        if told.units == "degree":
            raise InputError("you said units=degree, but the numbers are metres")
        table.guesses.append(
            Guess(
                "units",
                "metre",
                "the numbers are metres",
                f"degree: {declared.source} says degrees",
            )
        )

    # The zone: by a prefix, a header or the person; all that is open is asked at once.
    prefix = _prefixes(table, pairs[:, 0], rows)
    try:
        zone = _zone(table, prefix, declared, told, pairs)
    except Asked as question:
        if (told.datum or declared.datum) is None:
            words = [
                *question.problems,
                "metres, and nothing says which datum; say --assume datum=CGCS2000 or the like",
            ]
            raise Asked(words, {**question.answers, "datum": "CGCS2000"}) from None
        raise

    # Without its prefix, an easting is one of the zone's plane.
    if (prefix > 0).any():
        table.shapes = shapely.transform(
            table.shapes,
            lambda xy: np.column_stack(
                [np.where(xy[:, 0] >= 13e6, xy[:, 0] % 1e6, xy[:, 0]), xy[:, 1]]
            ),
        )

    # Metres without a datum could be of three systems that lie up to 150 m apart.
    datum = told.datum or declared.datum
    if datum is None or datum in ENCRYPTED:
        said = (
            f"datum {datum} holds for degrees only"
            if datum
            else "metres, and nothing says which datum"
        )
        which = (
            f"{said}: CGCS2000, Xi'an 1980 and Beijing 1954 lie up to 150 m apart; "
            f"say --assume datum=CGCS2000 (or crs={zone_crs(zone)})"
        )
        raise Asked([which], {"datum": "CGCS2000"})
    table.crs = zone_crs(zone, datum)
    table.note(
        datum=datum,
        zone=zone,
        central_meridian=zone_meridian(zone),
    )
    _with_header_parameters(table, declared, told)


def _prefixes(
    table: Table,
    east: Floats,
    rows: Ints,
) -> Any:
    """Return the zone prefix of each feature, 0 for none; features that mix several are wrong."""
    count = len(table.shapes)

    # The millions of an easting are its zone; below 13 million there is none.
    number = np.where(east >= 13e6, np.minimum(east // 1e6, 999.0), 0.0)
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    with np.errstate(invalid="ignore"):
        np.minimum.at(low, rows, number)
        np.maximum.at(high, rows, number)

    # Of one feature all points have one prefix, or none is sure.
    for row in np.flatnonzero(low < high):
        table.wrong.setdefault(
            int(row),
            f"its points carry different zone prefixes ({int(low[row])}, {int(high[row])}); bring"
            " them to one zone",
        )
    return np.where(np.isfinite(high), high, 0).astype(int)


def _zone(
    table: Table,
    prefix: Ints,
    declared: Declared,
    told: Assumptions,
    pairs: Floats,
) -> int:
    # What the person says goes before the file, and the file's word before the numbers.
    said = int(told.zone) if told.zone is not None else declared.zone
    usable = np.array([row not in table.wrong for row in range(len(prefix))])
    found = sorted({int(p) for p in prefix[usable] if p})
    table.note(zone_prefix=found)
    by = "--assume zone" if told.zone is not None else declared.source

    # A header speaks of one zone; plots of two would be moved by hundreds of kilometres.
    if len(found) > 1 and told.zone is None:
        counts = {p: int((prefix == p).sum()) for p in found}
        raise InputError(
            f"holds plots of zones {', '.join(f'{p} ({n})' for p, n in counts.items())} by their"
            " prefix; split the file by zone, as a header speaks of one"
        )

    # Nobody says it: the prefix does, or it is asked.
    if said is None:
        if found:
            table.note(zone_evidence=f"eastings begin with {found[0]}")
            return found[0]
        raise Asked([f"{_zone_words(pairs)}; say --assume zone=38 or the like"], {"zone": "38"})

    # Word and numbers differ: only the person can go against the prefix, and it is told.
    if found and found != [said]:
        if told.zone is None:
            words = (
                f"{by} says zone {said}, the eastings begin with {found[0]}: 263 km apart in"
                f" 3-degree zones. {_landings(pairs, (said, found[0]))}; say --assume zone=..."
            )
            raise Asked([words], {"zone": str(found[0])})
        evidence = f"told by --assume zone, against the prefix {found}"
        table.guesses.append(
            Guess(
                "zone",
                str(said),
                "told by --assume zone",
                f"{found[0]}: the prefix of the eastings",
            )
        )
    else:
        evidence = by + (", and the prefix of the eastings agrees" if found else "; no prefix")

    # Some features with a prefix, some without: read as one zone, and told.
    bare = int((prefix[usable] == 0).sum())
    if found and bare:
        evidence += f"; {bare} features carry no prefix"
    table.note(zone_evidence=evidence)
    return said


def _zone_words(pairs: Floats) -> str:
    return (
        "metres without zone prefix, and nothing says which zone."
        f" {_landings(pairs, _LIKELY_ZONES)}"
    )


def _landings(pairs: Floats, zones: tuple[int, ...]) -> str:
    """Say where the first point lands in each zone."""
    east, north = float(pairs[0, 0]), float(pairs[0, 1])
    told = []
    for zone in zones:
        try:
            point = to_degrees(shapely.Point(east % 1e6, north), zone_crs(zone))
            told.append(
                f"zone {zone} ({zone_meridian(zone)} E) puts the first point at"
                f" {place_of(point.x, point.y)}"
            )
        except InputError:
            told.append(f"zone {zone} is none of China's")
    return "; ".join(told)


def _with_header_parameters(
    table: Table,
    declared: Declared,
    told: Assumptions,
) -> None:
    """Mark that the seven parameters of the header itself are to be used, when nobody gave
    others.
    """
    if (
        old_datum(table.crs if not is_encrypted(table.crs) else GEOGRAPHIC) is None
        or told.parameters is not None
    ):
        return
    if declared.parameters and any(declared.parameters):
        text = ",".join(f"{v:g}" for v in declared.parameters)
        table.note(header_parameters=text)
        table.guesses.append(
            Guess(
                "parameters",
                concealed(declared.parameters),
                f"{declared.source} gives them, taken as leading to CGCS2000",
                "leading the other way, or to another datum",
            )
        )


def contradiction(crs: AnyCrs, shapes: Shapes | Sequence[Shape | None]) -> str | None:
    """Say how the numbers of a file contradict the projected system that it declares, and what
    would settle it.

    Parameters
    ----------
    crs
        As declared; geographic ones are judged feature by feature elsewhere.
    shapes
        Coordinates as read, x before y.

    Returns
    -------
    str or None
        None when they agree, or nothing can be told.
    """

    # Degrees have no false easting that could be contradicted.
    parsed = CRS.from_user_input(crs)
    if not parsed.is_projected:
        return None
    pairs = shapely.get_coordinates(shapes)
    kinds = kinds_of(pairs)
    name = f"declares '{parsed.name}', but "
    first = f"numbers such as {pairs[0, 0]:.10g}, {pairs[0, 1]:.10g} are " if len(pairs) else ""

    # Degrees read as metres would put the plot beside the equator.
    if set(kinds) == {"lon", "lat"}:
        return f"{name}{first}degrees; say --assume crs=EPSG:4490" + (
            " and axis=yx" if kinds[0] == "lat" else ""
        )

    # Only systems of Gauss-Krueger are known well enough to be contradicted.
    false_easting = _false_easting(parsed)
    if false_easting is None:
        return None
    if kinds[0] == "mercator" and kinds[1] == "north":
        return f"{name}{first}those of EPSG:3857 (web maps); say --assume crs=EPSG:3857"
    if kinds[0] == "north" and kinds[1] in ("east", "prefixed"):
        return f"{name}{first}north before east; say --assume axis=yx"

    # A prefix of another zone, or none where the system has one.
    own = int(false_easting // 1e6)
    if kinds == ("prefixed", "north"):
        found = int(np.median(pairs[:, 0]) // 1e6)
        if found != own:
            what = f"the prefix of zone {found}" + (f", not {own}: 263 km apart" if own else "")
            return (
                f"{name}its eastings carry {what}; say --assume crs={_zone_code(found)}."
                f" {_landings(pairs, (found,))}"
            )
    if kinds == ("east", "north") and own:
        return (
            f"{name}its eastings carry no zone prefix; say --assume"
            f" crs={_zone_code(own, prefix=False)} if they are of zone {own}."
            f" {_landings(pairs, (own,))}"
        )
    return None


def fitting_crs(crs: AnyCrs, shapes: Shapes) -> Any:
    """Return the system that was told, with or without zone prefix as its numbers carry it: the
    zone is the same.

    Parameters
    ----------
    crs
        A code; one that is no degree-zone comes back as it is.
    shapes
        Coordinates as read, x before y.
    """
    # Other systems are taken as told: only the zones have two forms.
    match = re.fullmatch(r"EPSG:(\d+)", str(crs), re.I)
    known = epsg_zone(int(match[1])) if match else None
    if known is None:
        return crs
    datum, zone = known

    # The numbers show which form it is: the code alone is often named for the other.
    kinds = kinds_of(shapely.get_coordinates(shapes))
    if kinds == ("east", "north"):
        return zone_crs(zone, datum)
    if kinds == ("prefixed", "north"):
        prefix = int(np.median(shapely.get_coordinates(shapes)[:, 0]) // 1e6)
        return zone_crs(_zone_by_prefix(zone, prefix), datum, prefix=True)
    return crs


def _zone_by_prefix(zone: int, prefix: int) -> int:
    """Return the prefix where it is a zone of the other width with the same central meridian."""
    other_width = (prefix >= 25) != (zone >= 25)
    if prefix != zone and other_width and zone_meridian(zone) == _meridian(prefix):
        return prefix
    return zone


def _meridian(zone: int) -> int | None:
    return zone_meridian(zone) if 13 <= zone <= 23 or 25 <= zone <= 45 else None


def under_known_name(crs: AnyCrs | None) -> Any:
    """Put EPSG's CGCS2000 for a datum that a program wrote under a name of its own, on the
    ellipsoid of CGCS2000.

    Parameters
    ----------
    crs
        As a driver hands it on; None stays None.

    Returns
    -------
    CRS or what was given
        The same projection on EPSG:4490 where the name and the ellipsoid are those of CGCS2000,
        else what was given.
    """

    # A file that names nothing is left to what can be asked of its numbers.
    if crs is None:
        return None
    try:
        parsed = CRS.from_user_input(crs)

        # A shift that a program hung on the system would move coordinates that are CGCS2000
        # already.
        while parsed.is_bound and parsed.source_crs is not None:
            parsed = parsed.source_crs
        base = parsed.geodetic_crs
        # a registered code needs no help, and a compound one has heights to keep
        if (
            parsed.is_compound
            or base is None
            or base.datum is None
            or parsed.to_epsg(min_confidence=100)
        ):
            return crs
    except CRSError:
        return crs

    # Only a datum that is CGCS2000 by name and ellipsoid is taken for it.
    if base.to_epsg() == int(GEOGRAPHIC.removeprefix("EPSG:")) or not _is_cgcs2000(base):
        return crs
    plain = CRS.from_user_input(GEOGRAPHIC)
    if parsed.is_geographic:
        return plain

    # A plane in other units is left alone: its numbers are no metres.
    metres = all(abs(axis.unit_conversion_factor - 1.0) < 1e-9 for axis in parsed.axis_info)
    if not parsed.is_projected or parsed.coordinate_operation is None or not metres:
        return crs
    return ProjectedCRS(
        parsed.coordinate_operation,
        name=parsed.name,
        cartesian_cs=Cartesian2DCS(),
        geodetic_crs=plain,
    )


# Any: a geodetic system whose datum is there, which no type of pyproj says.
def _is_cgcs2000(base: Any) -> bool:
    words = {_bare(base.datum.name), _bare(base.name)}
    ellipsoid = base.ellipsoid
    alike = (
        ellipsoid is not None
        and abs(ellipsoid.semi_major_metre - _SEMI_MAJOR_M) < 1e-3
        and abs(ellipsoid.inverse_flattening - _INVERSE_FLATTENING) < 1e-7
    )
    return bool(
        alike
        and _bare(base.datum.name) in _CGCS2000
        and words <= _CGCS2000 | {"unknown", "unnamed", ""}
    )


def _bare(name: str) -> str:
    """Return a name without prefixes, signs and case."""
    plain = "".join(sign for sign in name.lower() if sign.isalnum())
    for prefix in ("gcs", "d"):
        if plain.startswith(prefix) and plain.removeprefix(prefix) in _CGCS2000:
            return plain.removeprefix(prefix)
    return plain


def _false_easting(parsed: CRS) -> float | None:
    operation = parsed.coordinate_operation
    if operation is None or operation.method_name != "Transverse Mercator":
        return None
    values: dict[str, Any] = {p.name: p.value for p in operation.params}
    return values.get("False easting")


def _zone_code(zone: int, *, prefix: bool = True) -> str:
    try:
        return zone_crs(zone, prefix=prefix)
    except InputError:
        return "EPSG:CODE"
