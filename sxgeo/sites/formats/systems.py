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
from ...geometry.shapes import AnyCrs, Bools, Floats, Ints, Shape, Shapes
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
_EASTS, _NORTHS = ("lon", "east", "prefixed", "mercator"), ("lat", "north")
_LEAST_PREFIXED = 13e6
"""Zone 13 is the first of China: an easting below it has no prefix."""


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
    # a sign may be that of another hemisphere, or of a slip: the size tells the kind
    finite = np.abs(values[np.isfinite(values)])
    counts = {kind: int(np.count_nonzero(inside)) for kind, inside in _within(finite).items()}
    best = max(counts, key=lambda kind: counts[kind])
    return best if counts[best] * 2 >= len(finite) > 0 else None


def _within(sizes: Floats) -> dict[str, Bools]:
    """Say of each kind which numbers can be it."""
    return {kind: (low <= sizes) & (sizes <= high) for kind, low, high in _RANGES}


_PAIRS = (("lon", "lat"), ("east", "north"), ("prefixed", "north"), ("mercator", "north"))


def kinds_of(pairs: Floats) -> tuple[str | None, str | None]:
    """Tell what most pairs of numbers are; each number by itself where no pair fits half of
    them.
    """

    # Pairs as a whole: a number alone may be an easting as well as a northing.
    sane = np.abs(pairs[np.isfinite(pairs).all(axis=1)])
    counts = _counts_of_pairs(sane)
    best = max(counts, key=lambda pair: counts[pair])

    # Half of them decide, so that a few slips do not change what the file is.
    if counts[best] * 2 >= len(sane) > 0:
        return best
    return kind_of(pairs[:, 0]), kind_of(pairs[:, 1])


def _counts_of_pairs(sane: Floats) -> dict[tuple[str, str], int]:
    """Count the pairs that each order of each two kinds fits."""
    first, second = _within(sane[:, 0]), _within(sane[:, 1])
    return {
        (one, other): int(np.count_nonzero(first[one] & second[other]))
        for pair in _PAIRS
        for one, other in (pair, pair[::-1])
    }


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
        _unpack(table, pairs, declared if told.units is None else None)
        pairs = shapely.get_coordinates(table.shapes)
    pairs, kind = _in_order(table, pairs, declared, told)

    # A system that was told is believed; else the numbers are degrees, or of a map, or of a plane.
    if told.crs is not None:
        _take_told(table, told.crs)
    elif kind == "lon":
        # only a number that nobody gave a unit, and with no sign of degrees in it, may be packed
        if table.facts.plain_numbers and told.units is None and units != "dms":
            _doubt_packed(table, pairs)
        _settle_degrees(table, declared, told)
    elif kind == "mercator":
        raise _asked_of_web_map(pairs)
    else:
        _settle_metres(table, pairs, rows, declared, told)
    return table


def _in_order(
    table: Table,
    pairs: Floats,
    declared: Declared,
    told: Assumptions,
) -> tuple[Floats, str | None]:
    """Bring the pairs of a table to east before north, and say what its eastings can be."""
    # What the numbers can be decides the order; words only where the numbers leave it open.
    kinds = kinds_of(pairs)
    order = _axis(kinds, pairs, declared, told, table)
    table.note(axis_in_file=order)
    if order != "yx":
        return pairs, kinds[0]
    table.shapes = shapely.transform(
        table.shapes,
        lambda xy: xy[:, ::-1],
    )
    return pairs[:, ::-1], kinds[1]


def _take_told(table: Table, told: str) -> None:
    """Take the system that was told, unless the numbers cannot be of it."""
    table.crs = fitting_crs(named_crs(told), table.shapes)
    table.note(crs_evidence="told by --assume crs")
    if not is_encrypted(table.crs) and (problem := contradiction(table.crs, table.shapes)):
        raise InputError(problem)


def _asked_of_web_map(pairs: Floats) -> Asked:
    """Metres of a web map are stretched, and no survey is measured in them."""
    words = (
        f"eastings such as {pairs[0, 0]:.1f} look like EPSG:3857 (web maps); if so, say"
        " --assume crs=EPSG:3857"
    )
    return Asked([words], {"crs": "EPSG:3857"})


def _unpack(
    table: Table,
    pairs: Floats,
    declared: Declared | None,
) -> None:
    """Bring degrees, minutes and seconds in one number to degrees; `declared` is None where the
    person said that they are.
    """
    found = unpacked(pairs)
    bad = np.isnan(found).any(axis=1) & np.isfinite(pairs).all(axis=1)
    if bad.any():
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
    table.shapes = shapely.transform(table.shapes, unpacked)
    # the step of the file counts ten-thousandths of its packed numbers
    if (step := table.facts.step) is not None:
        table.note(step=step * 1e4 / 3600.0)


def _doubt_packed(table: Table, pairs: Floats) -> None:
    """Guess that degrees are decimal where each of them could be degrees, minutes and seconds."""
    if not could_be_packed(pairs.ravel(), table.facts.step):
        return
    lon, lat = unpacked(pairs[0]).tolist()
    table.guesses.append(
        Guess(
            "units",
            "degree",
            "decimal degrees are usual",
            "dms (DDD.MMSS: every number could be degrees, minutes and seconds, the first point"
            f" then {lon:.6f}, {lat:.6f}, up to 70 km away)",
        )
    )


def _axis(
    kinds: tuple[str | None, str | None],
    pairs: Floats,
    declared: Declared,
    told: Assumptions,
    table: Table,
) -> str:
    found = _order_of(*kinds)

    # No order makes sense: with system and axis both told, the person has the say.
    if found is None:
        if told.crs is not None and told.axis is not None:
            return told.axis
        raise _no_pair(kinds, pairs)
    first, second = (f"{v:.10g}" for v in pairs[0])
    one, other = (_WORDS[str(kind)] for kind in kinds)
    evidence = f"{first} can only be {one}"
    if told.axis is None:
        _doubt_order(table, declared, found, evidence)
    elif told.axis != found:
        # Told against the numbers: a slip, which would put the plot elsewhere.
        raise InputError(
            f"you said axis={told.axis}, but {evidence} and {second} {other}: the order is {found}"
        )
    return found


def _doubt_order(
    table: Table,
    declared: Declared,
    found: str,
    evidence: str,
) -> None:
    """A file that says the other order is believed by its numbers, with a guess to look at."""
    if declared.first in (None, found):
        return
    says = "north first" if declared.first == "yx" else "east first"
    alternative = f"{declared.first}: {declared.source} says {says}"
    table.guesses.append(Guess("axis", found, evidence, alternative))


def _order_of(first: str | None, second: str | None) -> str | None:
    """Return the only order that makes sense of most pairs in China, east having other sizes than
    north; None where none does.
    """
    # degrees stand beside degrees, and metres beside metres
    if first in _EASTS and second in _NORTHS and (first == "lon") == (second == "lat"):
        return "xy"
    if first in _NORTHS and second in _EASTS and (second == "lon") == (first == "lat"):
        return "yx"
    return None


def _no_pair(kinds: tuple[str | None, str | None], pairs: Floats) -> InputError:
    """Show a pair that fits nothing: the first such one, or the first at all."""
    unfit = (pair for pair in pairs[:1000] if None in kinds_of(pair[None, :]))
    odd = next(unfit, pairs[0])
    if not (odd == pairs[0]).all():
        kinds = kinds_of(odd[None, :])
    shown = ", ".join(f"{v:.10g}" for v in odd)
    what = " and ".join(_WORDS.get(str(kind), "no coordinate in China") for kind in kinds)
    return InputError(
        f"the numbers {shown} are {what}: no pair of coordinates; say --assume crs=... and"
        " axis=xy or yx"
    )


_EVIDENCE_OF = {
    "degree": ("metre", "the numbers are a longitude and a latitude"),
    "metre": ("degree", "the numbers are metres"),
}
"""The other unit than that of the numbers, and what speaks against it."""


def _settle_unit(
    table: Table,
    declared: Declared,
    told: Assumptions,
    unit: str,
) -> None:
    """Take the unit of the numbers against the file's word, with a guess; against that of the
    person it is a slip: 38 million degrees do not exist.
    """
    other, evidence = _EVIDENCE_OF[unit]
    if declared.units != other or told.units == unit:
        return
    if told.units == other:
        raise InputError(f"you said units={other}, but the numbers are {unit}s")
    alternative = f"{other}: {declared.source} says {other}s"
    table.guesses.append(Guess("units", unit, evidence, alternative))


def _settle_degrees(
    table: Table,
    declared: Declared,
    told: Assumptions,
) -> None:
    _settle_unit(table, declared, told, "degree")
    datum = told.datum or declared.datum
    # without a word of it they may be those of a map service, half a kilometre away
    if datum is None:
        datum = "CGCS2000"
        table.guesses.append(
            Guess(
                "datum",
                datum,
                "degrees, and nothing says which datum",
                "WGS84 (the same here), GCJ-02 (about 560 m away) or BD-09 (about 1,345 m)",
            )
        )
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
    _settle_unit(table, declared, told, "metre")
    datum = told.datum or declared.datum

    # The zone: by a prefix, a header or the person; all that is open is asked at once.
    prefix = _prefixes(table, pairs[:, 0], rows)
    try:
        zone = _zone(table, prefix, declared, told, pairs)
    except Asked as question:
        if datum is not None:
            raise
        raise _asked_of_datum_too(question) from None

    # Without its prefix, an easting is one of the zone's plane.
    if (prefix > 0).any():
        table.shapes = shapely.transform(table.shapes, _without_prefix)
    if datum is None or datum in ENCRYPTED:
        raise _asked_of_datum(datum, zone)
    table.crs = zone_crs(zone, datum)
    table.note(
        datum=datum,
        zone=zone,
        central_meridian=zone_meridian(zone),
    )
    _with_header_parameters(table, declared, told)


def _asked_of_datum_too(question: Asked) -> Asked:
    """Return what is asked of a zone, with the question after it: one run then tells both."""
    words = [
        *question.problems,
        "metres, and nothing says which datum; say --assume datum=CGCS2000 or the like",
    ]
    return Asked(words, {**question.answers, "datum": "CGCS2000"})


def _without_prefix(pairs: Floats) -> Floats:
    east, north = pairs[:, 0], pairs[:, 1]
    return np.column_stack(
        [
            np.where(east >= _LEAST_PREFIXED, east % 1e6, east),
            north,
        ]
    )


def _asked_of_datum(datum: str | None, zone: int) -> Asked:
    """Metres without a datum could be of three systems that lie up to 150 m apart."""
    said = (
        f"datum {datum} holds for degrees only" if datum else "metres, and nothing says which datum"
    )
    which = (
        f"{said}: CGCS2000, Xi'an 1980 and Beijing 1954 lie up to 150 m apart; "
        f"say --assume datum=CGCS2000 (or crs={zone_crs(zone)})"
    )
    return Asked([which], {"datum": "CGCS2000"})


def _prefixes(
    table: Table,
    east: Floats,
    rows: Ints,
) -> Any:
    """Return the zone prefix of each feature, 0 for none; features that mix several are wrong."""
    # The millions of an easting are its zone; below 13 million there is none.
    number = np.where(
        east >= _LEAST_PREFIXED,
        np.minimum(east // 1e6, 999.0),
        0.0,
    )
    low, high = _range_of_each(number, rows, len(table.shapes))

    # Of one feature all points have one prefix, or none is sure.
    for row in np.flatnonzero(low < high).tolist():
        both = f"{int(low[row])}, {int(high[row])}"
        words = f"its points carry different zone prefixes ({both}); bring them to one zone"
        table.wrong.setdefault(row, words)
    # a feature without points has none
    return np.where(np.isfinite(high), high, 0).astype(int)


def _range_of_each(
    numbers: Floats,
    rows: Ints,
    count: int,
) -> tuple[Floats, Floats]:
    """Return the least and the largest number of each feature; without end where it has none."""
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    with np.errstate(invalid="ignore"):
        np.minimum.at(low, rows, numbers)
        np.maximum.at(high, rows, numbers)
    return low, high


def _zone(
    table: Table,
    prefix: Ints,
    declared: Declared,
    told: Assumptions,
    pairs: Floats,
) -> int:
    usable = prefix[[row not in table.wrong for row in range(len(prefix))]]
    found = sorted(set(usable.tolist()) - {0})
    table.note(zone_prefix=found)
    if told.zone is None:
        _refuse_several_zones(prefix, found)

    # What the person says goes before the file, and the file's word before the numbers.
    if told.zone is not None:
        said = int(told.zone)
        evidence = _evidence_against(table, said, found)
    elif declared.zone is not None:
        said = declared.zone
        if found not in ([], [said]):
            raise _asked_of_zone(said, found[0], declared.source, pairs)
        evidence = _evidence_of(declared.source, found)
    else:
        return _zone_by_numbers(table, found, pairs)

    table.note(zone_evidence=evidence + _bare_words(usable))
    return said


def _bare_words(usable: Ints) -> str:
    """Some features with a prefix, some without: read as one zone, and told."""
    bare = int((usable == 0).sum())
    return f"; {bare} features carry no prefix" if 0 < bare < len(usable) else ""


def _evidence_of(by: str, found: Sequence[int]) -> str:
    """Say who names the zone, where the prefixes do not contradict."""
    return by + (", and the prefix of the eastings agrees" if found else "; no prefix")


def _evidence_against(
    table: Table,
    said: int,
    found: Sequence[int],
) -> str:
    """Say that the person names the zone; against the prefix it stays a guess to look at."""
    if found in ([], [said]):
        return _evidence_of("--assume zone", found)
    # Word and numbers differ: only the person can go against the prefix, and it is told.
    alternative = f"{found[0]}: the prefix of the eastings"
    table.guesses.append(Guess("zone", str(said), "told by --assume zone", alternative))
    return f"told by --assume zone, against the prefix {found}"


def _refuse_several_zones(prefix: Ints, found: Sequence[int]) -> None:
    """A header speaks of one zone; plots of two would be moved by hundreds of kilometres."""
    if len(found) < 2:
        return
    counts = ", ".join(f"{zone} ({int((prefix == zone).sum())})" for zone in found)
    raise InputError(
        f"holds plots of zones {counts} by their prefix; split the file by zone, as a header speaks"
        " of one"
    )


def _zone_by_numbers(
    table: Table,
    found: Sequence[int],
    pairs: Floats,
) -> int:
    """Nobody says the zone: the prefix does, or it is asked."""
    if not found:
        raise Asked([f"{_zone_words(pairs)}; say --assume zone=38 or the like"], {"zone": "38"})
    table.note(zone_evidence=f"eastings begin with {found[0]}")
    return found[0]


def _asked_of_zone(
    said: int,
    prefix: int,
    by: str,
    pairs: Floats,
) -> Asked:
    words = (
        f"{by} says zone {said}, the eastings begin with {prefix}: 263 km apart in"
        f" 3-degree zones. {_landings(pairs, (said, prefix))}; say --assume zone=..."
    )
    return Asked([words], {"zone": str(prefix)})


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
            # the first point is enough to see which county it would be
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
    # seven zeros are what the standard writes for none
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
        swapped = " and axis=yx" if kinds[0] == "lat" else ""
        return f"{name}{first}degrees; say --assume crs=EPSG:4490{swapped}"

    # Only systems of Gauss-Krueger are known well enough to be contradicted.
    false_easting = _false_easting(parsed)
    if false_easting is None:
        return None
    if (problem := _other_plane(kinds)) is not None:
        return name + first + problem
    problem = _prefix_problem(int(false_easting // 1e6), kinds, pairs)
    return None if problem is None else name + problem


def _other_plane(kinds: tuple[str | None, str | None]) -> str | None:
    """Say that numbers are those of a web map, or stand in the other order."""
    if kinds == ("mercator", "north"):
        return "those of EPSG:3857 (web maps); say --assume crs=EPSG:3857"
    if kinds[0] == "north" and kinds[1] in ("east", "prefixed"):
        return "north before east; say --assume axis=yx"
    return None


def _prefix_problem(
    own: int,
    kinds: tuple[str | None, str | None],
    pairs: Floats,
) -> str | None:
    """Say that eastings carry the prefix of another zone than `own`, or none where it is not 0."""
    if kinds == ("prefixed", "north"):
        found = int(np.median(pairs[:, 0]) // 1e6)
        if found == own:
            return None
        what = f"the prefix of zone {found}" + (f", not {own}: 263 km apart" if own else "")
        return (
            f"its eastings carry {what}; say --assume crs={_zone_code(found)}."
            f" {_landings(pairs, (found,))}"
        )
    if kinds == ("east", "north") and own:
        return (
            "its eastings carry no zone prefix; say --assume"
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
    # 19 and 37 are one meridian, numbered by zones of 6 and of 3 degrees
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
    parsed = None if crs is None else _unregistered(crs)
    if parsed is None:
        return crs

    # Only a datum that is CGCS2000 by name and ellipsoid is taken for it.
    base = parsed.geodetic_crs
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


# Any: a system whose datum is there, which no type of pyproj says.
def _unregistered(crs: AnyCrs) -> Any:
    """Return a system of one datum that has no code; None where it needs no other name, or can have
    none.
    """
    try:
        parsed = CRS.from_user_input(crs)
        # A shift that a program hung on the system would move coordinates that are CGCS2000
        # already.
        while parsed.is_bound and parsed.source_crs is not None:
            parsed = parsed.source_crs
        base = parsed.geodetic_crs
        # a registered code needs no help, and a compound one has heights to keep
        without = parsed.is_compound or base is None or base.datum is None
        return None if without or parsed.to_epsg(min_confidence=100) else parsed
    except CRSError:
        return None


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
    # ESRI writes GCS_ and D_ before the names of others
    plain = "".join(sign for sign in name.lower() if sign.isalnum())
    for prefix in ("gcs", "d"):
        if plain.startswith(prefix) and plain.removeprefix(prefix) in _CGCS2000:
            return plain.removeprefix(prefix)
    return plain


def _false_easting(parsed: CRS) -> float | None:
    operation = parsed.coordinate_operation
    if operation is None or operation.method_name != "Transverse Mercator":
        return None
    # the prefix of a zone stands in the false easting: 38,500,000
    values: dict[str, Any] = {p.name: p.value for p in operation.params}
    return values.get("False easting")


def _zone_code(zone: int, *, prefix: bool = True) -> str:
    try:
        return zone_crs(zone, prefix=prefix)
    except InputError:
        return "EPSG:CODE"
