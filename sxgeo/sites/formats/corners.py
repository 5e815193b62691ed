"""Points of a vector file that may be the corners of a plot: J1, J2, J3 as placemarks, waypoints or
points of a GIS program.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from .assumptions import Assumptions
from .closing import DEGREE_M, drop_rows
from .headings import (
    CORNER_HEADING,
    ORDER_HEADINGS,
    PLOT_HEADING,
    is_corner_heading,
    is_order_heading,
    is_plot_heading,
)
from .table import Guess
from .tables import CORNER_WORD, COUNTED, LAST_NUMBER, counts_corners, number_of

if TYPE_CHECKING:
    from ...geometry.shapes import Shapes
    from .table import Table

_POINT, _FEWEST = 0, 3
_FIRST = 50
_ON_EDGE_M = 1.0
_WIDEST_M = 20_000.0
"""Points further apart are places of their own, unless a word says that they are corners."""
_LABEL = re.compile(
    r"[Jj]\d+|.*(?:拐|界址|界桩|顶点|角点|corner).*|[东西南北左右上下中][东西南北左右上下]?角", re.I
)
"""A name that only corners have."""


def page_rule() -> dict[str, Any]:
    """Return the words and limits of the rule, for the page, which reads by the same."""
    return {
        "corner_heading": CORNER_HEADING.pattern,
        "plot_heading": PLOT_HEADING.pattern,
        "order": list(ORDER_HEADINGS),
        "label": _LABEL.pattern,
        "word": CORNER_WORD.pattern,
        "number": LAST_NUMBER.pattern,
        "counted": list(COUNTED),
        "fewest": _FEWEST,
        "first": _FIRST,
        "on_edge_m": _ON_EDGE_M,
        "widest_m": _WIDEST_M,
    }


def is_of_corners(field: str) -> bool:
    """Whether a field may say which corner of which plot a point is."""
    return is_corner_heading(field) or is_order_heading(field) or is_plot_heading(field)


def settle_corners(tables: Sequence[Table], told: Assumptions, names: Sequence[str]) -> None:
    """Doubt points that are numbered as corners are, or come back to the first; make rings of them
    where that was said.

    Points that all lie on the edge of a polygon of the same file are its corners, drawn twice: they
    need no question.

    Parameters
    ----------
    tables
        All layers of one file; they are changed in place.
    told
        Checked assumptions; `shape` is ``points`` or ``ring``.
    names
        Columns that hold the name of a feature.
    """
    if told.shape == "points":
        return
    for table in tables:
        rows = np.flatnonzero(shapely.get_type_id(table.shapes) == _POINT)
        if len(rows) < _FEWEST:
            continue
        evidence = _evidence(table, rows, names)
        if evidence is None or _on_an_edge(table.shapes[rows], tables):
            continue
        if told.shape == "ring":
            _make_rings(table, rows)
            continue
        alternative = "ring: the corners of a plot, whose inside counts"
        table.guesses.append(
            Guess("shape", "points", evidence, alternative, frozenset(rows.tolist()))
        )


def _evidence(table: Table, rows: Any, names: Sequence[str]) -> str | None:
    """Say what makes corners of points; None where nothing does."""
    for column in table.columns:
        if is_corner_heading(column) or is_order_heading(column):
            # labels and places need not stand in their order
            texts = sorted(_texts(table, column, rows), key=lambda text: (len(text), text))
            if _count(texts):
                return _numbered(texts)
        if is_plot_heading(column):
            texts = _texts(table, column, rows)
            if texts[0] and len(set(texts)) == 1:
                return f"{len(rows)} points share a '{column}', '{texts[0][:40]}'"

    # Places have names that count up, too, and names in common: corners only where they go round
    # a plot.
    for column in (column for column in table.columns if column in names):
        texts = _texts(table, column, rows)
        is_label = all(_LABEL.fullmatch(text) for text in texts[:_FIRST])
        if _count(texts) and (is_label or _draw_a_plot(table.shapes[rows])):
            return _numbered(texts)
        if texts[0] and len(set(texts)) == 1 and _draw_a_plot(table.shapes[rows]):
            return f"{len(rows)} points share a '{column}', '{texts[0][:40]}'"
    if len(rows) > _FEWEST and table.shapes[rows[0]] == table.shapes[rows[-1]]:
        return f"the last of {len(rows)} points comes back to the first"
    groups = _groups(table, rows)
    if len(groups) > 1 and all(len(group) >= _FEWEST for group in groups):
        return f"{len(rows)} points are grouped as corners are"
    return None


def _numbered(texts: Sequence[str]) -> str:
    return f"{len(texts)} points are numbered as corners are, '{texts[0]}', '{texts[1]}'"


def _draw_a_plot(points: Shapes) -> bool:
    """Whether four points or more, in their order, go round a plot of a size that plots have."""
    if len(points) <= _FEWEST:
        return False
    corners = shapely.get_coordinates(points)
    is_degrees = np.abs(corners).max() <= 180
    widest = np.ptp(corners, axis=0).max() * (DEGREE_M if is_degrees else 1.0)
    ring = np.vstack([corners, corners[:1]])
    return bool(widest <= _WIDEST_M and shapely.is_valid(shapely.polygons(ring)))


def _count(texts: Sequence[str]) -> bool:
    """Whether texts count up as corners do; all are looked at only where the first ones do."""
    first = texts[:_FIRST]
    return (
        all(first) and counts_corners(first) and (len(texts) == len(first) or counts_corners(texts))
    )


def _texts(table: Table, column: str, rows: Any) -> list[str]:
    values = table.columns[column]
    return [_plain(values[row]) for row in rows.tolist()]


def _plain(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:.0f}" if isinstance(value, float) and value.is_integer() else str(value).strip()


def _groups(table: Table, rows: Any) -> list[list[int]]:
    """Part rows by the first column that names plots and repeats in runs; all are one group where
    none does.
    """
    for column in filter(is_plot_heading, table.columns):
        texts = _texts(table, column, rows)
        runs = [len(list(run)) for _, run in itertools.groupby(texts)]
        if all(texts) and len(runs) == len(set(texts)) and 1 < len(runs) < len(texts):
            ends = np.cumsum(runs)
            return [part.tolist() for part in np.split(rows, ends[:-1])]
    return [rows.tolist()]


def _make_rings(table: Table, rows: Any) -> None:
    """Put the polygon of each group of points in place of its first one."""
    gone: set[int] = set()
    for group in _groups(table, rows):
        ordered = _in_order(table, group)
        corners = shapely.get_coordinates(table.shapes[ordered])
        if (corners[0] == corners[-1]).all():
            corners = corners[:-1]
        if len(corners) < _FEWEST:
            table.wrong[group[0]] = f"a ring needs three corners, not {len(corners)}; complete it"
            continue
        table.shapes[group[0]] = shapely.polygons(np.vstack([corners, corners[:1]]))
        gone |= set(group[1:])
    drop_rows(table, gone)


def _in_order(table: Table, group: list[int]) -> list[int]:
    """Sort rows by the column that numbers their points, where it numbers all of them otherwise."""
    for column in filter(is_order_heading, table.columns):
        places = [number_of(table.columns[column][row])[0] for row in group]
        numbers = [place for place in places if place is not None]
        if len(set(numbers)) == len(group):
            return [row for _, row in sorted(zip(numbers, group, strict=True))]
    return group


def _on_an_edge(points: Any, tables: Sequence[Table]) -> bool:
    areas = [
        shape
        for table in tables
        for shape in table.shapes[shapely.get_dimensions(table.shapes) == 2]
    ]
    if not areas:
        return False
    edges = shapely.boundary(np.array(areas, dtype=object))
    near = (
        _ON_EDGE_M / DEGREE_M
        if np.abs(shapely.get_coordinates(points)).max() <= 180
        else _ON_EDGE_M
    )
    tree = shapely.STRtree(edges)
    found = tree.query(points, predicate="dwithin", distance=near)[0]
    return len(np.unique(found)) == len(points)
