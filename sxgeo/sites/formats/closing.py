"""Lines that may be the outline of an area, and geometries made of several kinds: what a feature
is, once for all formats.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import shapely

from ...geometry.shapes import Floats, Shape, Shapes
from .assumptions import Assumptions
from .table import Guess, LeftOut

if TYPE_CHECKING:
    from .table import Table

Word = TypeVar("Word")
END_M = 1.0
"""Ends of a line, or of lines beside each other, that lie this close come together."""
END_SHARE = 0.01
"""Or within this share of the length of the line: a walked track does not end where it began."""
_THIN = 1e-3
DEGREE_M = 111_320.0
_LINES = (1, 2, 5)
_COLLECTION = 7
_MAX_NODED = 50_000
_MAX_SNAPPED = 20_000
_MAX_JOINED = 2_000_000


def settle_shapes(tables: Sequence[Table], told: Assumptions) -> None:
    """Make one geometry of a collection where its parts allow it, and ask about lines that close.

    Parameters
    ----------
    tables
        All layers of one input, as their readers hand them on; they are changed in place.
    told
        Checked assumptions; `closed_line` is ``plot`` or ``line``.
    """
    for table in tables:
        _one_kind(table)
    if told.closed_line == "line":
        return
    for group in _by_system(tables):
        _ask(group, told)


def _one_kind(table: Table) -> None:
    """Turn collections of one kind into one geometry; points beside polygons are their labels."""
    kinds = shapely.get_type_id(table.shapes)
    for row in np.flatnonzero(kinds == _COLLECTION).tolist():
        parts = _simple_parts(table.shapes[row])
        dimensions = shapely.get_dimensions(parts)
        there = set(dimensions.tolist())
        # of several dimensions it stays a collection, which is no site
        if there in ({2}, {0, 2}):
            _without_labels(table, row, parts[dimensions == 2], parts[dimensions == 0])
        elif there == {1}:
            table.shapes[row] = shapely.multilinestrings(parts)
        elif there == {0}:
            table.shapes[row] = shapely.multipoints(parts)


def _simple_parts(shape: Shape) -> Shapes:
    """Return parts that have none of their own: collections may hold collections, and only simple
    parts have one dimension.
    """
    parts: Shapes = shapely.get_parts(shape)
    while (shapely.get_type_id(parts) >= 4).any():
        parts = shapely.get_parts(parts)
    return parts


def _without_labels(
    table: Table,
    row: int,
    areal: Shapes,
    points: Shapes,
) -> None:
    """Take the labels out of a polygon; a point beside it may be a site of its own, and all stays
    as it was.
    """
    whole = shapely.multipolygons(areal) if len(areal) > 1 else areal[0]
    if not shapely.contains_properly(whole, points).all():
        return
    if len(points):
        place = f"in {_name_of(table, row)}"
        label = LeftOut("annotation", "point", place, "a label in its polygon", len(points))
        table.left_out.append(label)
    table.shapes[row] = whole


def _name_of(table: Table, row: int) -> str:
    layer = "" if table.layer is None else f"layer {table.layer}, "
    return f"{layer}feature {row + 1}"


def _by_system(tables: Sequence[Table]) -> list[list[Table]]:
    groups: dict[str, list[Table]] = {}
    for table in tables:
        groups.setdefault(str(table.crs), []).append(table)
    return list(groups.values())


def _ask(tables: list[Table], told: Assumptions) -> None:
    # Lines of all layers together: an outline may be drawn over several of them.
    places: list[tuple[int, int]] = []
    for number, table in enumerate(tables):
        are_lines = np.isin(shapely.get_type_id(table.shapes), _LINES)
        places += [(number, row) for row in np.flatnonzero(are_lines).tolist()]
    if not places:
        return
    closing = _closing_at(tables, places)
    if closing and told.closed_line == "plot":
        _take_as_plots(tables, closing)
    elif closing:
        _guess_lines(tables, [members for members, _ in closing])


def _closing_at(
    tables: Sequence[Table], places: Sequence[tuple[int, int]]
) -> list[tuple[list[tuple[int, int]], Shape]]:
    """Find lines that enclose an area among those at some places; their places, and the area."""
    lines = np.array([tables[number].shapes[row] for number, row in places], dtype=object)
    return [
        ([places[member] for member in members], outline)
        for members, outline in closing_lines(lines)
    ]


def _take_as_plots(
    tables: list[Table], closing: Sequence[tuple[list[tuple[int, int]], Shape]]
) -> None:
    """Put each outline for the first of its lines; the others are part of it, and go."""
    # the rows of a layer go together: each going gives new numbers to those that stay
    gone: dict[int, set[int]] = {}
    for members, outline in closing:
        number, row = members[0]
        tables[number].shapes[row] = outline
        for other, lost in members[1:]:
            gone.setdefault(other, set()).add(lost)
    for number, rows in gone.items():
        drop_rows(tables[number], rows)


def _guess_lines(tables: list[Table], closing: Sequence[list[tuple[int, int]]]) -> None:
    """Leave lines what they are, as nobody said more of them; each says what it could be too."""
    touched: dict[int, set[int]] = {}
    for members in closing:
        for number, row in members:
            touched.setdefault(number, set()).add(row)
    alone = sum(len(members) == 1 for members in closing)
    evidence = f"{alone} lines come back to their first point" if alone == len(closing) else (
        f"{len(closing)} outlines are closed by lines, {len(closing) - alone} of them by several"
        " together"
    )  # fmt: skip
    plot = "plot: the outline of an area, whose inside counts"
    for number, rows in touched.items():
        tables[number].guesses.append(Guess("closed_line", "line", evidence, plot, frozenset(rows)))


def closing_lines(lines: Shapes) -> list[tuple[list[int], Any]]:
    """Find lines that enclose an area, by themselves or together.

    Parameters
    ----------
    lines
        Array of line geometries, all in one system.

    Returns
    -------
    list of (places, polygon)
        The places of the lines that make an outline, the first one first, and the area; by the
        first place.
    """
    found = [
        ([place], outline)
        for place in _near_ends(lines)
        if (outline := outline_of(lines[place])) is not None
    ]
    alone = {members[0] for members, _ in found}
    rest = [place for place in range(len(lines)) if place not in alone]
    if len(rest) > 1:
        found += _together(lines, rest)
    return sorted(found, key=lambda item: item[0][0])


def _near_ends(lines: Shapes) -> list[int]:
    """Return the places of lines whose ends may come together: all with several parts, and the
    single ones by their ends.
    """
    # of a line with parts no two ends are the ends
    single = np.isin(shapely.get_type_id(lines), (1, 2))
    gap = shapely.distance(
        shapely.get_point(lines, 0),
        shapely.get_point(lines, -1),
    )
    with np.errstate(invalid="ignore"):
        near = gap <= np.maximum(_ends(lines), END_SHARE * shapely.length(lines))
    return [int(place) for place in np.flatnonzero(~single | near)]


def outline_of(line: Shape) -> Any | None:
    """Return the area that a line encloses when it comes back to its start; None where it does
    not.

    Of a line of several parts, some of which close, it is a collection of the area and of the parts
    that do not: nobody can say that it is the one or the other.
    """

    # A missing line encloses nothing.
    if shapely.is_missing(line) or shapely.is_empty(line):
        return None
    # parts of one line that meet are drawn as one
    merged = line if shapely.get_type_id(line) in (1, 2) else shapely.line_merge(line)

    # Rings and open parts side by side: the rings are areas, the rest stays a line.
    areas, open_parts = [], []
    for part in shapely.get_parts(merged):
        ring = _ring_of(part)
        if ring is None:
            open_parts.append(part)
        else:
            areas.append(ring)
    if not areas:
        return None
    area = areas[0] if len(areas) == 1 else shapely.union_all(areas)
    return shapely.GeometryCollection([area, *open_parts]) if open_parts else area


def _ring_of(line: Shape) -> Any | None:
    pairs = shapely.get_coordinates(line)

    # Two points and back are no ring, and a NaN lies nowhere.
    if len(pairs) < 3 or not np.isfinite(pairs).all():
        return None
    gap = float(np.hypot(*(pairs[0] - pairs[-1])))
    length = float(shapely.length(line))

    # A gap is bridged only where it is small beside the line itself.
    if gap > max(_end(line), END_SHARE * length):
        return None
    closed = pairs if gap == 0 else np.vstack([pairs, pairs[:1]])
    least = 0.0 if gap == 0 else _THIN * length**2
    return _area_above(closed, least)


def _area_above(pairs: Floats, least: float) -> Any | None:
    """Return the polygon of closed pairs; None for a sliver: a line that was drawn there and back,
    not an area.
    """
    if len(pairs) < 4:
        return None
    ring = shapely.polygons(pairs)
    return ring if _area_inside(ring) > least else None


def _area_inside(ring: Shape) -> float:
    if ring.is_valid:
        return float(abs(ring.area))
    return float(shapely.make_valid(ring, method="structure", keep_collapsed=False).area)


def _end(shape: Shape) -> float:
    """Return the distance at which ends come together, in the units of a shape."""
    return END_M if float(np.abs(shapely.bounds(shape)).max()) > 360 else END_M / DEGREE_M


def _ends(lines: Shapes) -> Any:
    with np.errstate(invalid="ignore"):
        reach = np.abs(shapely.bounds(lines)).max(axis=1)
        return np.where(reach > 360, END_M, END_M / DEGREE_M)


def _together(lines: Shapes, rest: list[int]) -> list[tuple[list[int], Any]]:
    """Find areas that several of the lines enclose; with the places of these lines."""
    some = lines[rest]
    near = _end(shapely.GeometryCollection(list(some)))
    areas = _enclosed(some, near)
    if not len(areas):
        return []

    # Areas that share an edge are one outline, and its lines are those along it.
    wholes = shapely.get_parts(shapely.union_all(areas))
    return [
        ([rest[i] for i in members], shapely.polygons(whole.exterior))
        for whole, members in zip(wholes, _lines_along(wholes, some, near), strict=True)
        if members
    ]


def _lines_along(
    wholes: Shapes,
    lines: Shapes,
    near: float,
) -> list[list[int]]:
    """Return for each area the places of the lines along its edge, in their order."""
    edges = shapely.buffer(shapely.boundary(wholes), near)
    tree = shapely.STRtree(lines)
    return [sorted(tree.query(edge, predicate="intersects").tolist()) for edge in edges]


def _enclosed(lines: Shapes, near: float) -> Shapes:
    # Bounds first: noding grows with the square of what crosses.
    count = int(shapely.get_num_coordinates(lines).sum())
    if count > _MAX_JOINED:
        return lines[:0]
    joined = shapely.get_parts(lines)

    # A tenth of the gap: lines that belong together are drawn together.
    if len(joined) <= _MAX_SNAPPED:
        joined = _snapped(joined, near / 10)

    # Noded, so that lines which cross or lie on each other meet in points.
    if count <= _MAX_NODED:
        joined = shapely.get_parts(shapely.union_all(joined))
    areas: Shapes = shapely.get_parts(shapely.polygonize(joined))
    return areas


def _snapped(parts: Shapes, near: float) -> Any:
    """Bring the ends of lines that lie close to each other to one point."""
    first_ends, last_ends = (
        shapely.get_coordinates(shapely.get_point(parts, place)) for place in (0, -1)
    )
    placed = _brought_together(np.vstack([first_ends, last_ends]), near)
    made = []
    ends = zip(
        parts,
        placed[: len(parts)],
        placed[len(parts) :],
        strict=True,
    )
    for part, first, last in ends:
        pairs = shapely.get_coordinates(part)
        pairs[0], pairs[-1] = first, last
        made.append(shapely.linestrings(pairs))
    return np.array(made, dtype=object)


def _brought_together(ends: Floats, near: float) -> Floats:
    """Put each end in the place of the first one that lies close to it."""
    points = shapely.points(ends)
    one, other = shapely.STRtree(points).query(points, predicate="dwithin", distance=near)
    lowest = np.arange(len(ends))
    np.minimum.at(lowest, one, other)
    return ends[lowest]


def drop_rows(table: Table, gone: set[int]) -> None:
    """Take rows out of a table, with all that is said of them."""

    # New numbers for the rows that stay; all that is said of rows goes with them.
    kept = [row for row in range(len(table.shapes)) if row not in gone]
    place = {row: number for number, row in enumerate(kept)}
    table.shapes = table.shapes[kept]
    table.columns = {name: [values[row] for row in kept] for name, values in table.columns.items()}
    table.wrong = _by_place(table.wrong, place)
    table.remarks = _by_place(table.remarks, place)
    table.doubtful = _renumbered(table.doubtful, place)
    if areas := table.facts.areas:
        table.note(areas=[areas[row] for row in kept])
    for index, guess in enumerate(table.guesses):
        table.guesses[index] = _of_rows_left(guess, place)


def _of_rows_left(guess: Guess, place: Mapping[int, int]) -> Guess:
    """A guess of the whole table stays whole, one of some rows loses those that went."""
    if guess.rows is None:
        return guess
    return replace(guess, rows=frozenset(_renumbered(guess.rows, place)))


def _by_place(said: Mapping[int, Word], place: Mapping[int, int]) -> dict[int, Word]:
    return {place[row]: words for row, words in said.items() if row in place}


def _renumbered(rows: Iterable[int], place: Mapping[int, int]) -> set[int]:
    return {place[row] for row in rows if row in place}


def counted(entries: Iterator[LeftOut]) -> list[LeftOut]:
    """Bring entries that differ in their number alone to one each, in the order of their first."""
    total: Counter[LeftOut] = Counter()
    for entry in entries:
        total[replace(entry, count=1)] += entry.count
    return [replace(entry, count=count) for entry, count in total.items()]
