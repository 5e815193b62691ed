"""Well-known text: one geometry or many, with or without SRID; and the geometries that it is not
read with.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import shapely

from ...errors import InputError
from ...geometry.shapes import object_array
from ...model.accuracy import step_of
from .assumptions import Assumptions
from .systems import Declared, settle
from .table import Facts, Table

_KINDS = r"(?:MULTI)?(?:POINT|LINESTRING|POLYGON)|GEOMETRYCOLLECTION"
_CURVES = "CIRCULARSTRING|COMPOUNDCURVE|CURVEPOLYGON|MULTICURVE|MULTISURFACE"
_WKT = re.compile(rf"^\s*(?:SRID=(\d+);)?\s*({_KINDS}|{_CURVES})\s*Z?M?\s*(?:\(|EMPTY\b)", re.I)
_EMPTY_PART = re.compile(r"[(,]\s*(?:[A-Z]+\s*Z?M?\s*)?EMPTY\b", re.I)
_SHOWN = 60
MAX_DEPTH = 32
"""Brackets that may stand in one another: the parser calls itself for each, and a crash is no
message.
"""
_LOOKED_AT = 200_000
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


def is_wkt(text: str) -> bool:
    """Say whether a text begins as WKT does, SRID before it or not."""
    return _WKT.match(text) is not None


def shape_of(text: str) -> Any:
    """Parse one geometry; its SRID, where it has one, is set on it.

    Raises
    ------
    InputError
        If it is no WKT, or a curved geometry; the message lacks the name of the file.
    """
    # only what begins as WKT does: the parser would take other words for kinds of its own
    match = _WKT.match(text)
    if match is None:
        raise InputError(f"is no WKT that can be read ('{_short(text)}'); repair it")
    _refuse_wkt(text, match[2])
    try:
        # PostGIS writes the system before the shape.
        shape = shapely.from_wkt(text.strip() if match[1] is None else text.partition(";")[2])
        return shapely.set_srid(shape, int(match[1])) if match[1] else shape
    except (shapely.errors.ShapelyError, ValueError, OverflowError, NotImplementedError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise InputError(f"is no WKT that can be read ({reason}); repair it") from error


def _refuse_wkt(text: str, kind: str) -> None:
    # Deep brackets would end in the parser, not in an error that a person can read.
    if (depth := _depth(text)) > MAX_DEPTH:
        raise InputError(
            f"is no WKT that can be read: its brackets nest {depth} deep, more than {MAX_DEPTH};"
            " take them apart"
        )

    # Curves have no straight edges to be measured.
    if re.search(rf"\b(?:{_CURVES})\b", text, re.I):
        raise InputError(
            f"holds a curved geometry ({kind.upper()}), which WKT is not read with; give"
            " straight edges, or GeoPackage or GML"
        )

    # An empty part may have been a plot that was lost.
    if _EMPTY_PART.search(text):
        raise InputError(
            "holds a geometry of which a part is EMPTY: it may have been lost; complete it or"
            " remove the part"
        )


def _depth(text: str) -> int:
    """Return how deep brackets nest: the parser below calls itself for each level, and has no floor
    of its own.
    """
    # fewer brackets than that cannot nest deeper
    if text.count("(") <= MAX_DEPTH:
        return 0
    signs = np.frombuffer(text.encode("utf-8", "replace"), dtype=np.uint8)
    opening, closing = (signs == ord(sign) for sign in "()")
    steps = opening.astype(np.int32) - closing.astype(np.int32)
    return int(np.cumsum(steps, dtype=np.int64).max())


def read_wkt(text: str, told: Assumptions) -> Table:
    """Read WKT, one geometry a line or one in all.

    Raises
    ------
    InputError
        If a line is no WKT, or the lines are of several systems.
    """
    # a geometry may be written over several lines, then the second line begins as none
    pieces = [piece for piece in text.splitlines() if piece.strip()]
    single = len(pieces) == 1 or not is_wkt(pieces[1])
    shapes = [shape_of(text)] if single else [shape_of(piece) for piece in pieces]
    facts = Facts(format="WKT", step=written_step(text))
    return settled_by_srid(Table(object_array(shapes), None, facts=facts), told)


def written_step(text: str) -> float | None:
    """Return the unit of the last place of the numbers in WKT, by its beginning."""
    # the number of a system is no coordinate
    body = text.partition(";")[2] if text.lstrip().upper().startswith("SRID") else text
    return step_of(_NUMBER.findall(body[:_LOOKED_AT]))


def settled_by_srid(table: Table, told: Assumptions) -> Table:
    """Name the system of a table by the SRID of its shapes; without one its numbers have to tell.

    Raises
    ------
    InputError
        If the shapes are of several systems, or nothing tells theirs.
    """
    # a row without geometry has no system either
    there = table.shapes[~shapely.is_missing(table.shapes)]
    srids = np.unique(shapely.get_srid(there)).tolist()
    if len(srids) > 1:
        raise InputError(
            f"holds WKT of several systems: SRID {', '.join(map(str, srids))} (0 is none);"
            " give them as files of their own"
        )
    note_heights(table)
    if srids and srids[0]:
        table.crs = table.declared = f"EPSG:{srids[0]}"
        return table
    return settle(table, Declared(), told)


def note_heights(table: Table) -> None:
    """Say how many features carry heights or measures (Z, M), which are left out: they say nothing
    of the plan.
    """
    if count := int((shapely.get_coordinate_dimension(table.shapes) > 2).sum()):
        table.note(heights={"features": count, "read_as": "Z and M left out, the plan is kept"})


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _SHOWN else plain[:_SHOWN] + "…"
