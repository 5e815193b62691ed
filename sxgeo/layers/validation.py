"""Every broken promise of a resource frame, all at once (pure: no files, nothing is raised)."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import pandas as pd
import shapely

from ..geometry.projection import GEOGRAPHIC
from .classes import (
    ALL_CLASS_IDS,
    GEOMETRY_KINDS,
    MEMBERSHIPS,
    POINT_ROLES,
    RESOURCE_COLUMNS,
    ROLES,
)

if TYPE_CHECKING:
    from ..geometry.shapes import Shape

CHINA_BOUNDS = (73.0, 3.0, 136.0, 54.0)
"""West, south, east, north in degrees: nothing that is in China lies outside."""

_VOCABULARIES = {
    "resource_class": ALL_CLASS_IDS,
    "membership": MEMBERSHIPS,
    "role": ROLES,
    "geometry_kind": GEOMETRY_KINDS,
}
_METRES = ("extent_m", "screening_extent_m", "position_accuracy_m", "datum_error_m")
_DATES = ("designated_on", "source_date")
_POINT_COLUMNS = ("point_role", "extent_m", "screening_extent_m")
_COUNTY_CODE = re.compile(r"[0-9]{6}")
_ISO_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?")

ProblemKind = Literal["no_id", "text", "value", "no_geometry", "geometry", "place"]
"""What a problem of a row is about; a text that quotes a user's words tells nothing of it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken promise of a row, counted from 0."""

    row: int
    kind: ProblemKind
    text: str


def problems(frame: gpd.GeoDataFrame) -> Iterator[str]:
    """Yield every broken promise of a resource frame.

    Parameters
    ----------
    frame
        To be EPSG:4490 with the columns `RESOURCE_COLUMNS` and geometry. It is not changed.

    Yields
    ------
    str
        A sentence that names the row (counted from 1), its `feature_id`, the value and what is
        allowed; nothing for a frame that keeps its promises, an empty one included.
    """
    yield from _frame_problems(frame)
    yield from _id_problems(frame)
    names = frame["feature_id"].tolist() if "feature_id" in frame.columns else [None] * len(frame)
    for problem in row_checks(frame):
        name = names[problem.row]
        yield (
            f"row {problem.row + 1} ({'no id' if _missing(name) or not name else name}):"
            f" {problem.text}"
        )


def row_checks(frame: gpd.GeoDataFrame) -> Iterator[Problem]:
    """Yield every broken promise of the rows of a resource frame, as :func:`problems` tells
    them.
    """
    # Only columns that are there: a missing one is told once for the frame, not in every row.
    columns = [column for column in RESOURCE_COLUMNS if column in frame.columns]
    records = frame[columns].to_dict("records")
    for number, (record, geometry) in enumerate(zip(records, _shapes(frame), strict=True)):
        # pandas writes a missing value in several ways; the checks know None
        row = {column: None if _missing(value) else value for column, value in record.items()}
        for check in _ROW_CHECKS:
            for kind, text in check(row, geometry):
                yield Problem(number, kind, text)


def _shapes(frame: gpd.GeoDataFrame) -> Sequence[Any]:
    """Return the geometry of each row, None for each where the frame has none."""
    has_geometry = isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None
    return list(frame.geometry) if has_geometry else [None] * len(frame)


_Found = Iterator[tuple[ProblemKind, str]]


def _missing(value: object) -> bool:
    return (
        value is None
        or value is pd.NA
        or value is pd.NaT
        or (isinstance(value, float) and math.isnan(value))
    )


def _frame_problems(frame: gpd.GeoDataFrame) -> Iterator[str]:
    if absent := [column for column in RESOURCE_COLUMNS if column not in frame.columns]:
        yield f"missing column(s): {', '.join(absent)}"

    # without geometry there is no system to ask about either
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        yield "no geometry column"
    elif frame.crs is None:
        yield f"no CRS; declare {GEOGRAPHIC}, it is never guessed"
    elif frame.crs != GEOGRAPHIC:
        yield f"CRS is {frame.crs.name}, not {GEOGRAPHIC}"


def _id_problems(frame: gpd.GeoDataFrame) -> Iterator[str]:
    # a column that is missing was told with the frame
    if "feature_id" not in frame.columns:
        return
    counted = Counter(str(value) for value in frame["feature_id"] if not _missing(value))
    for value, count in sorted(counted.items()):
        if count > 1:
            yield f"feature_id '{value}' stands in {count} rows; ids are unique"


def _text_problems(row: dict[str, Any], _geometry: Shape) -> _Found:
    for column in ("feature_id", "source"):
        if column in row and not str(row[column] or "").strip():
            yield "no_id" if column == "feature_id" else "text", f"{column} is empty"


def _vocabulary_problems(row: dict[str, Any], _geometry: Shape) -> _Found:
    for column, known in _VOCABULARIES.items():
        if column in row and row[column] not in known:
            yield "value", f"{column} '{row[column]}' is not one of {', '.join(known)}"
    if (
        row.get("geometry_kind") == "point"
        and "point_role" in row
        and row["point_role"] not in POINT_ROLES
    ):
        yield "value", f"point_role '{row['point_role']}' is not one of {', '.join(POINT_ROLES)}"


def _geometry_problems(row: dict[str, Any], geometry: Shape) -> _Found:
    kind = row.get("geometry_kind")

    # an unknown kind is told by its vocabulary; what would fit it nobody knows
    if kind not in GEOMETRY_KINDS:
        return
    if geometry is not None and geometry.is_empty:
        yield "no_geometry", "the geometry is empty; leave it out and say geometry_kind 'none'"
    elif not _kind_fits(kind, geometry):
        drawn = "no geometry" if geometry is None else geometry.geom_type
        yield (
            "geometry" if geometry is not None else "no_geometry",
            f"geometry_kind '{kind}' does not fit {drawn}",
        )

    # what a point stands for has no meaning on a drawn boundary
    if kind != "point":
        for column in _POINT_COLUMNS:
            if row.get(column) is not None:
                yield "value", f"{column} is for points only, geometry_kind is '{kind}'"
    if kind == "extent_box" and row.get("position_accuracy_m") is not None:
        yield "value", "an extent_box has no position_accuracy_m: it is not a boundary"


def _kind_fits(kind: str, geometry: Shape) -> bool:
    if geometry is None or kind == "none":
        return geometry is None and kind == "none"
    if kind == "point":
        return bool(geometry.geom_type == "Point")
    if kind == "extent_box":
        return geometry.geom_type == "Polygon" and bool(
            shapely.equals(geometry, shapely.box(*geometry.bounds))
        )
    return int(shapely.get_dimensions(geometry)) >= 1


def _place_problems(row: dict[str, Any], geometry: Shape) -> _Found:
    if geometry is not None and not geometry.is_empty:
        west, south, east, north = geometry.bounds

        # lon and lat that were swapped lie outside for every place in China
        w, s, e, n = CHINA_BOUNDS
        if not (w <= west and s <= south and east <= e and north <= n):
            extent = f"{west:g},{south:g} to {east:g},{north:g}"
            yield "place", f"lon/lat {extent} is not in China; are lon and lat swapped?"
    codes = row.get("county_code")
    for code in str(codes).split(";") if codes is not None else ():
        if not _COUNTY_CODE.fullmatch(code):
            yield "value", f"county_code '{code}' is not six digits"


def _number_problems(row: dict[str, Any], _geometry: Shape) -> _Found:
    for column in _METRES:
        value = row.get(column)
        if value is not None and not _is_length(value):
            yield "value", f"{column} '{value}' is not a number of metres from 0"


def _is_length(value: str | float) -> bool:
    try:
        # true is a number to Python, and float reads a text: neither is a length here
        return not isinstance(value, (bool, str)) and 0 <= float(value) < math.inf
    except (TypeError, ValueError):
        return False


def _date_problems(row: dict[str, Any], _geometry: Shape) -> _Found:
    for column in _DATES:
        value = row.get(column)
        if value is not None and not _is_iso_date(value):
            yield (
                "value",
                f"{column} '{value}' is not an ISO date (year, year-month or year-month-day)",
            )


def _is_iso_date(value: object) -> bool:
    if isinstance(value, date):
        return True
    if not isinstance(value, str) or not _ISO_DATE.fullmatch(value):
        return False
    try:
        # a year or a month is held against its first day
        date.fromisoformat(value + "-01-01"[len(value) - 4 :])
    except ValueError:
        return False
    return True


_ROW_CHECKS: tuple[Callable[[dict[str, Any], Any], _Found], ...] = (
    _text_problems,
    _vocabulary_problems,
    _geometry_problems,
    _place_problems,
    _number_problems,
    _date_problems,
)
