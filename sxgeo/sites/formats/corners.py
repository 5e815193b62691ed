"""Points that may be the corners of a plot: J1, J2, J3 as placemarks, waypoints, points of a GIS
program or of a frame, several points in one feature; and those of a layer, corners of a scope.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
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
from .survey import NARROW
from .table import Guess, Table
from .tables import CORNER_WORD, COUNTED, LAST_NUMBER, counts_corners, number_of

if TYPE_CHECKING:
    from ...geometry.shapes import Floats, Shapes

_POINT, _MULTIPOINT, _FEWEST = 0, 4, 3
_FIRST = 50
_ON_EDGE_M = 1.0
_WIDEST_M = 20_000.0
"""Points further apart are places of their own, unless a word says that they are corners."""
_LABEL = re.compile(
    r"[Jj]\d+|.*(?:拐|界址|界桩|顶点|角点|corner).*|[东西南北左右上下中][东西南北左右上下]?角", re.I
)
"""A name that only corners have."""
_STRONG = re.compile(rf"(?:{CORNER_WORD.pattern})|^(?:vert|node)", re.I)
"""A heading that only corners have: one of 监测点编号, 桩号 or 序号 numbers places as well."""
_RING = "ring: the corners of a plot, whose inside counts"


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


def settle_corners(
    tables: Sequence[Table],
    told: Assumptions,
    names: Sequence[str],
    ids: Sequence[str],
) -> None:
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
    ids
        Columns that hold its id.
    """
    if told.shape == "points":
        return
    for table in tables:
        # fewer than three enclose nothing
        rows = np.flatnonzero(shapely.get_type_id(table.shapes) == _POINT)
        if len(rows) < _FEWEST:
            continue
        evidence = _evidence(table, rows, names, ids)
        if evidence is None or _on_an_edge(table.shapes[rows], tables):
            continue
        if told.shape == "ring":
            _make_rings(table, rows, (*names, *ids))
            continue
        table.guesses.append(
            Guess(
                "shape",
                "points",
                evidence,
                _RING,
                frozenset(rows.tolist()),
            )
        )


def settle_multipoints(tables: Sequence[Table], told: Assumptions) -> None:
    """Doubt features of several points that go round a plot; make rings of them where that was
    said. Arguments as for :func:`settle_corners`.
    """
    if told.shape == "points":
        return
    for table in tables:
        shapes, rows = table.shapes, _rows_round_a_plot(table)
        # corners of a polygon of the file, drawn once more, need no question
        if all(_on_an_edge(shapely.get_parts(shapes[row]), tables) for row in rows):
            continue
        if told.shape == "ring":
            for row in rows:
                shapes[row] = _ring_through(shapely.get_coordinates(shapes[row]))
            continue
        count = int(shapely.get_num_geometries(shapes[rows[0]]))
        evidence = f"the {count} points of one feature go round an area"
        table.guesses.append(Guess("shape", "points", evidence, _RING, frozenset(rows)))


def _rows_round_a_plot(table: Table) -> list[int]:
    several = np.flatnonzero(shapely.get_type_id(table.shapes) == _MULTIPOINT).tolist()
    return [row for row in several if draws_a_plot(table.shapes[row], fewest=_FEWEST)]


def _evidence(
    table: Table,
    rows: Any,
    names: Sequence[str],
    ids: Sequence[str],
) -> str | None:
    """Say what makes corners of points, the surest sign first; None where nothing does."""
    return (
        _evidence_of_headings(table, rows, names)
        or _evidence_of_names(table, rows, names, ids)
        or _evidence_of_places(table, rows)
    )


def _evidence_of_headings(
    table: Table,
    rows: Any,
    names: Sequence[str],
) -> str | None:
    """By a column that says that it holds the labels of corners, their order, or their plot."""
    for column in filter(is_of_corners, table.columns):
        texts = _texts(table, column, rows)
        if is_corner_heading(column) or is_order_heading(column):
            ordered = _in_their_order(texts)
            # who numbers places and names each of them counts no corners
            if _count(ordered) and (
                is_corner_heading(column) or not _are_named(table, rows, names)
            ):
                return _numbered(ordered, len(rows))
        if is_plot_heading(column) and _are_one(texts):
            return _sharing(column, texts[0], len(rows))
    return None


def _evidence_of_names(
    table: Table,
    rows: Any,
    names: Sequence[str],
    ids: Sequence[str],
) -> str | None:
    """By names and ids. Places have names that count up, too, and names in common: corners only
    where they go round a plot. An id that counts up is that of any record: only a label of corners
    says more.
    """
    for column in (column for column in table.columns if column in (*names, *ids)):
        texts = _texts(table, column, rows)
        is_label = all(_LABEL.fullmatch(text) for text in texts[:_FIRST])
        if is_label and _count(texts):
            return _numbered(texts, len(rows))
        if column not in names:
            continue
        if _count(texts) and _draw_plots(table.shapes[rows], texts):
            return _numbered(texts, len(rows))
        if _are_one(texts) and draws_a_plot(table.shapes[rows]):
            return _sharing(column, texts[0], len(rows))
    return None


def _draw_plots(points: Shapes, texts: Sequence[str]) -> bool:
    """Whether points go round a plot with each round of their labels."""
    return all(draws_a_plot(points[part]) for part in _runs(texts))


def _evidence_of_places(table: Table, rows: Any) -> str | None:
    """By where they lie, and by how many stand together, where no name says anything."""
    if len(rows) > _FEWEST and table.shapes[rows[0]] == table.shapes[rows[-1]]:
        return f"the last of {len(rows)} points comes back to the first"
    groups = _groups(table, rows)
    if len(groups) > 1 and all(len(group) >= _FEWEST for group in groups):
        return f"{len(rows)} points are grouped as corners are"
    return None


def _are_one(texts: Sequence[str]) -> bool:
    return bool(texts[0]) and len(set(texts)) == 1


def _sharing(
    column: str,
    text: str,
    count: int,
) -> str:
    return f"{count} points share a '{column}', '{text[:40]}'"


def scope_evidence(
    shapes: Shapes,
    columns: Mapping[str, Sequence[Any]],
    *,
    are_stations: bool,
) -> tuple[list[int], str] | None:
    """Say which points of a layer are the corners of one area, as a scope is often given.

    Records are numbered in every table: labels count only where a word says that they are those of
    corners, or where their points go round an area of a size that plots have.

    Parameters
    ----------
    shapes
        The features, all in one system.
    columns
        Fields for labels and plots by their heading, with `name_zh` and `feature_id`.
    are_stations
        Whether the class is one of single points: their names and numbers say nothing.

    Returns
    -------
    (rows, evidence)
        None where no points are corners.
    """
    rows = np.flatnonzero(shapely.get_type_id(shapes) == _POINT)
    if len(rows) < _FEWEST:
        return None
    table = Table(shapes, None, {name: list(values) for name, values in columns.items()})
    passed = are_stations or _are_named(table, rows, ("name_zh",))
    for column in columns:
        # names that count up are judged themselves
        is_known = passed and (are_stations or column != "name_zh")
        labels = _groups_of_labels(column, _texts(table, column, rows), is_known)
        for group, evidence, is_sure in labels:
            if is_sure or draws_a_plot(shapes[rows[group]]):
                return rows[group].tolist(), evidence
    return None


def _groups_of_labels(
    column: str,
    texts: Sequence[str],
    is_known: bool,
) -> Iterator[tuple[list[int], str, bool]]:
    """Yield the places of texts that may be labels of the corners of one area, in their order; with
    the evidence, and whether a word makes it sure.

    Parameters
    ----------
    is_known
        Whether the records are known by other names: then only a word for corners counts.
    """
    for group in _behind_one_stem(texts):
        labels = [texts[place] for place in group]
        is_sure = _says_corners(column, labels)
        if (is_sure or not is_known) and counts_corners(labels):
            yield group, _numbered(labels, len(group)), is_sure
    # A name that several points share is that of their area, though no word says so.
    shared = {} if is_known else _places_of(texts)
    for text, group in shared.items():
        if text and len(group) > _FEWEST:
            yield group, _sharing(column, text, len(group)), False


def _says_corners(column: str, labels: Sequence[str]) -> bool:
    """Whether a heading or every label is a word that only corners have."""
    return _STRONG.search(column) is not None or all(map(CORNER_WORD.search, labels))


def _places_of(texts: Sequence[str]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        places.setdefault(text, []).append(place)
    return places


def _behind_one_stem(texts: Sequence[str]) -> list[list[int]]:
    """Group the places of three texts or more that differ in their last number alone, in its order;
    those without a number are one group. Where numbers come again, each round is a group.
    """
    found = []
    for numbers in _numbers_by_stem(texts):
        places = list(numbers)
        # labels need not stand in their order; a number that comes again begins a next round
        if len(set(numbers.values())) == len(places):
            places.sort(key=numbers.__getitem__)
        rounds = _runs([texts[place] for place in places])
        found += [places[part] for part in rounds]
    return [places for places in found if len(places) >= _FEWEST]


def _numbers_by_stem(texts: Sequence[str]) -> list[dict[int, int]]:
    """Return the last numbers of texts by their places, for each text before the number."""
    groups: dict[str, dict[int, int]] = {}
    for place, text in enumerate(texts):
        part = LAST_NUMBER.fullmatch(text.translate(NARROW))
        stem, number = (part[1], int(part[2])) if part else ("", 0)
        # an empty cell is no label, and stands in no group
        if text:
            groups.setdefault(stem, {})[place] = number
    return list(groups.values())


def _are_named(
    table: Table,
    rows: Any,
    names: Sequence[str],
) -> bool:
    """Whether every point has a name of its own, one that is no number of a corner."""
    for column in (column for column in table.columns if column in names):
        texts = _texts(table, column, rows)
        if all(texts) and len(set(texts)) == len(texts) and not counts_corners(texts):
            return True
    return False


def _in_their_order(texts: Sequence[str]) -> list[str]:
    """Sort labels and places, which need not stand in their order; those of several plots once."""
    # several plots number their corners alike
    distinct = set(texts)
    kept = distinct if len(distinct) >= _FEWEST else texts
    return sorted(kept, key=lambda text: (len(text), text))


def _numbered(texts: Sequence[str], count: int) -> str:
    return f"{count} points are numbered as corners are, '{texts[0]}', '{texts[1]}'"


def draws_a_plot(points: Any, *, fewest: int = _FEWEST + 1) -> bool:
    """Whether so many points or more, in their order, go round a plot of a size that plots have."""
    corners = _without_closing(shapely.get_coordinates(points))
    if len(corners) < fewest or not np.isfinite(corners).all():
        return False
    # plots are small: points over half a county are places
    is_degrees = np.abs(corners).max() <= 180
    widest = np.ptp(corners, axis=0).max() * (DEGREE_M if is_degrees else 1.0)
    return bool(widest <= _WIDEST_M and shapely.is_valid(_ring_through(corners)))


def _without_closing(corners: Floats) -> Floats:
    """Return corners without the last one where it is the first over again."""
    closes = len(corners) > 0 and (corners[0] == corners[-1]).all()
    return corners[:-1] if closes else corners


def _ring_through(corners: Any) -> Any:
    """Return the polygon with these corners, the last of which may be the first again."""
    return shapely.polygons(np.vstack([corners, corners[:1]]))


def _count(texts: Sequence[str]) -> bool:
    """Whether texts count up as corners do, one plot after another; all are looked at only where
    the first ones do.
    """
    parts = [_without_return(texts[part]) for part in _runs(texts)]
    first = parts[0][:_FIRST]
    if not all(first) or not counts_corners(first):
        return False
    return all(all(part) and counts_corners(part) for part in parts)


def _without_return(texts: Sequence[str]) -> Sequence[str]:
    return texts[:-1] if len(texts) > _FEWEST and texts[-1] == texts[0] else texts


def _runs(texts: Sequence[str]) -> list[slice]:
    """Return where the labels of each plot stand: they begin anew where the first one comes again,
    unless that closes the plot before it. Runs of fewer than three are no corners; then all is one.
    """
    whole = [slice(0, len(texts))]
    # a next plot begins with the label with which the first one began
    starts = [place for place, text in enumerate(texts) if text == texts[0]]
    runs: list[slice] = []
    for start, stop in itertools.pairwise([*starts, len(texts)]):
        if stop - start >= _FEWEST:
            runs.append(slice(start, stop))
        elif runs and stop - start == 1 and runs[-1].stop == start:
            runs[-1] = slice(runs[-1].start, stop)
        else:
            return whole
    return runs


def _texts(
    table: Table,
    column: str,
    rows: Any,
) -> list[str]:
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


def _rounds(
    table: Table,
    rows: Any,
    known: Sequence[str],
) -> list[list[int]]:
    """Part rows where their labels begin anew; all are one group where they do not."""
    for column in table.columns:
        if not is_corner_heading(column) and not is_order_heading(column) and column not in known:
            continue
        texts = _texts(table, column, rows)
        if len(runs := _runs(texts)) > 1 and _count(texts):
            return [rows[run].tolist() for run in runs]
    return [rows.tolist()]


def _make_rings(
    table: Table,
    rows: Any,
    known: Sequence[str],
) -> None:
    """Put the polygon of each group of points in place of its first one; `known` are the columns of
    names and ids.
    """
    gone: set[int] = set()
    groups = _groups(table, rows)
    # without a column of plots, labels that begin anew part them
    for group in groups if len(groups) > 1 else _rounds(table, rows, known):
        ordered = table.shapes[_in_order(table, group)]
        corners = _without_closing(shapely.get_coordinates(ordered))
        if len(corners) < _FEWEST:
            table.wrong[group[0]] = f"a ring needs three corners, not {len(corners)}; complete it"
            continue
        table.shapes[group[0]] = _ring_through(corners)
        gone |= set(group[1:])
    drop_rows(table, gone)


def _in_order(table: Table, group: list[int]) -> list[int]:
    """Sort rows by the column that numbers their points, where it numbers all of them otherwise."""
    for column in filter(is_order_heading, table.columns):
        # an order that repeats a number is none
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
