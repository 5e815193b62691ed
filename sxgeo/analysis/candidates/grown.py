"""Shapes that land keeps away from or lies in, each grown by its own distance.

Pure, metres on one plane. A drawn buffer only proposes: what it leaves is measured to every shape,
and the shape is drawn larger until no distance is too short.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
import shapely

from ...errors import AnalysisError
from ...geometry.shapes import Bools, Floats, Ints, Shape, Shapes
from .blocks import MANY_CORNERS, flat_polygons, in_threads, single_parts, united

ARC_SEGMENTS = 12
"""Of a quarter of a circle; arcs of short distances are drawn with fewer."""
_FEWER = (2, 3, 4, 6, 8)
WITHIN = 0.98
"""A buffer drawn so much smaller lies inside the true one, whatever was simplified on the way."""
TOLERANCE_SHARE = 0.02
TOLERANCE_M = 0.2
"""No place is lost that is farther from every shape than `TOLERANCE_M` + (1 + `TOLERANCE_SHARE`) x
distance.
"""
_ARC_SHARE = 0.005
_ARC_M = 0.13
"""What the arcs take of this tolerance; the rest is for what is simplified and measured."""
MARGIN_M = 0.05
"""Added to every distance: the grid of 1e-7 degree and straight edges may move a corner by less."""
_DRAWN_AT_ONCE = 4_096
_CUTS = 6


def round_share(segments: int) -> float:
    """Return by how much a buffer's arc of so many segments is drawn larger, so that it lies
    outside the true one: a segment spans up to 1.5 of its shares.
    """
    return float(1 / np.cos(1.5 * np.pi / (4 * segments)))


ROUND = round_share(ARC_SEGMENTS)


@dataclass(frozen=True, slots=True)
class KeepOut:
    """Shapes that the land keeps away from.

    Attributes
    ----------
    key
        Of the constraint that they come from.
    shapes
        Points, lines and polygons in m; none is missing.
    distance_m
        One for each: land is farther away than that. Below 0: land keeps out of what lies deeper
        inside the shape than that.
    certain
        Whether buffers lie inside the true ones: what is kept out is surely too near.
    """

    key: str
    shapes: Any
    distance_m: Any
    certain: bool = False


@dataclass(frozen=True, slots=True)
class KeepIn:
    """Shapes in one of which the land must lie: within `distance_m` of it, or deeper inside than
    that where it is below 0.

    `generous` takes in all that may lie there, else only what surely does.
    """

    key: str
    shapes: Any
    distance_m: Any
    generous: bool = False


@dataclass(frozen=True, slots=True)
class _Drawing:
    """Shapes, single ones, with the radius and the segments that they are drawn with; `measured`
    are those from which distances are measured afterwards, `key` and `row` say where
    they come from.
    """

    shapes: Shapes
    distance_m: Floats
    radius_m: Floats
    segments: Ints
    measured: Bools
    key: Any
    row: Ints

    def at(self, rows: Ints) -> _Drawing:
        """Return the drawing of some of the shapes."""
        return _Drawing(*(getattr(self, column.name)[rows] for column in fields(self)))

    def enlarge(self, rows: Ints, by_m: float) -> None:
        """Draw some of the shapes larger, with as many segments as there are."""
        self.radius_m[rows] *= ROUND
        self.radius_m[rows] += by_m
        self.segments[rows] = ARC_SEGMENTS

    def named(self, rows: Ints) -> str:
        """Return what the user knows shapes by: the constraint and their row in it."""
        return ", ".join(f"{self.key[k]} {self.row[k]}" for k in rows.tolist())


def kept_out(keep_outs: Sequence[KeepOut], area: Shape) -> Shapes:
    """Return what land keeps out of.

    Parameters
    ----------
    area
        Shapes that reach nowhere into its bounds are left aside.

    Returns
    -------
    ndarray
        Blocks as of :func:`.blocks.united`.

    Raises
    ------
    AnalysisError
        If land stays too near to a shape however large it is drawn.
    """
    drawing = _drawing([_growth(one) for one in keep_outs], area)
    blocks = united(_drawn(drawing, np.arange(len(drawing.shapes))))
    rows = np.flatnonzero(drawing.measured & (drawing.distance_m > 0))
    grown_m = MARGIN_M
    for _ in range(_CUTS):
        # distances decide, not the drawn buffer
        rows = rows[_too_near(blocks, drawing, rows)]
        if not len(rows):
            return blocks
        drawing.enlarge(rows, grown_m)
        blocks = united(np.concatenate([blocks, _drawn(drawing, rows)]))
        # a shape that is still too near after several cuts lacks more than rounding
        grown_m *= 4
    raise AnalysisError(
        f"land near {drawing.named(rows[:3])} stays too near after {_CUTS} cuts: check these shapes"
        " for errors"
    )


def kept_in(keep_in: KeepIn, area: Shape) -> Shapes:
    """Return what land lies in: blocks as of :func:`.blocks.united`."""
    drawing = _drawing([_hold(keep_in)], area)
    return united(_drawn(drawing, np.arange(len(drawing.shapes))))


class _Way(NamedTuple):
    """How shapes are drawn: by what positive and negative distances are multiplied, and whether
    distances are measured afterwards. `outward` is NaN where a buffer must lie outside of the true
    one: it is then drawn larger by what its arcs need.
    """

    kept: KeepOut | KeepIn
    outward: float
    inward: float
    measured: bool


def _growth(keep_out: KeepOut) -> _Way:
    # what is surely too near lies inside the true buffer, what is left out round it
    if keep_out.certain:
        return _Way(keep_out, WITHIN, ROUND, measured=False)
    return _Way(keep_out, np.nan, 1 / ROUND, measured=True)


def _hold(keep_in: KeepIn) -> _Way:
    if keep_in.generous:
        return _Way(keep_in, np.nan, 1 / ROUND, measured=False)
    return _Way(keep_in, WITHIN, ROUND, measured=False)


def _drawing(ways: Sequence[_Way], area: Shape) -> _Drawing:
    """Lay out all shapes that reach into the bounds of an area, in an order that is theirs."""
    if not ways:
        kinds = (object, float, float, int, bool, object, int)
        return _Drawing(*(np.array([], dtype=kind) for kind in kinds))
    columns = zip(*(_laid_out(way) for way in ways), strict=True)
    every = _Drawing(*(np.concatenate(column) for column in columns))
    near = every.at(np.flatnonzero(_reach_into(every, area)))

    # unions are rounded in the order of their shapes: neither the order of a file's rows nor that
    # of the constraints must count
    return near.at(ranked(near.shapes, near.distance_m, near.radius_m))


def _reach_into(drawing: _Drawing, area: Shape) -> Bools:
    """Say which shapes, grown, may reach into the bounds of an area."""
    # arcs are drawn a little larger than their radius
    box, reach = shapely.bounds(drawing.shapes), np.maximum(drawing.radius_m, 0.0) * 1.01
    west, south, east, north = shapely.bounds(area).tolist()
    near = (box[:, 0] - reach <= east) & (box[:, 2] + reach >= west)
    near &= (box[:, 1] - reach <= north) & (box[:, 3] + reach >= south)
    return np.asarray(near, dtype=bool)


def _laid_out(way: _Way) -> list[Any]:
    """Return the columns of a drawing for one constraint."""
    kept = way.kept
    shapes = np.asarray(kept.shapes, dtype=object)
    distance = np.broadcast_to(
        np.asarray(kept.distance_m, dtype=float),
        len(shapes),
    )
    parts, row = single_parts(shapes)
    own = distance[row]
    radius, segments = _radius_m(way, own)
    key = np.full(len(parts), kept.key, dtype=object)
    return [
        parts,
        own,
        radius,
        segments,
        np.full(len(parts), way.measured),
        key,
        row,
    ]


def _radius_m(way: _Way, distance_m: Floats) -> tuple[Floats, Ints]:
    """Return the radius to draw each distance with, and the segments of its arcs."""
    segments = np.full(len(distance_m), ARC_SEGMENTS)
    share = np.full(len(distance_m), way.outward)
    if np.isnan(way.outward):
        outward = distance_m > 0
        segments[outward] = _segments(distance_m[outward])
        round_shares = np.array([round_share(s) for s in range(1, ARC_SEGMENTS + 1)])
        share = round_shares[segments - 1]
    return distance_m * np.where(distance_m >= 0, share, way.inward), segments


def _segments(distance_m: Floats) -> Ints:
    """Return the fewest segments of an arc by which no more land is lost than the tolerance of arcs
    allows.
    """
    segments = np.full(len(distance_m), ARC_SEGMENTS)
    # the fewest last: what is written later stays
    for fewer in reversed(_FEWER):
        lost = (round_share(fewer) - 1) * distance_m
        segments[lost <= _ARC_M + _ARC_SHARE * distance_m] = fewer
    return segments


def ranked(shapes: Shapes, *numbers: Floats) -> Ints:
    """Return the rows of shapes in an order that is theirs: by bounds and numbers of each, then by
    what they are.
    """
    keys = np.column_stack(
        [
            shapely.bounds(shapes).reshape(-1, 4),
            *numbers,
        ]
    )
    order = np.lexsort(keys.T[::-1])
    alike = _rows_alike(keys, order)
    if not len(alike):
        return order

    # bytes are worked out for those alone that share bounds and numbers: they are few
    content = np.zeros(len(shapes), dtype=np.int64)
    content[alike] = np.unique(shapely.to_wkb(shapes[alike]), return_inverse=True)[1]
    return np.lexsort([content, *keys.T[::-1]])


def _rows_alike(keys: Floats, order: Ints) -> Ints:
    """Return the rows whose keys another row has too; `order` sorts the keys."""
    same = (keys[order[1:]] == keys[order[:-1]]).all(axis=1)
    return np.unique(
        np.concatenate(
            [
                order[1:][same],
                order[:-1][same],
            ]
        )
    )


def _drawn(drawing: _Drawing, rows: Ints) -> Shapes:
    """Return the polygons that shapes grow to."""
    shapes, radius = drawing.shapes[rows], drawing.radius_m[rows]
    grown = shapes.copy()
    # the library takes one number of segments for all that it draws at once
    for segments in np.unique(drawing.segments[rows]).tolist():
        own = np.flatnonzero((drawing.segments[rows] == segments) & (radius != 0))
        grown[own] = buffered(shapes[own], radius[own], quad_segs=segments)
    return flat_polygons(grown)


def buffered(
    shapes: Shapes,
    radius_m: Floats | float,
    **style: Any,
) -> Shapes:
    """Grow shapes, many at once."""
    if not len(shapes):
        return shapes
    radius = np.broadcast_to(np.asarray(radius_m, dtype=float), len(shapes))
    count = -(-len(shapes) // _DRAWN_AT_ONCE)
    chunks = zip(
        np.array_split(shapes, count),
        np.array_split(radius, count),
        strict=True,
    )
    return np.concatenate(
        in_threads(
            lambda some: shapely.buffer(*some, **style),
            chunks,
        )
    )


def _too_near(
    blocks: Shapes,
    drawing: _Drawing,
    rows: Ints,
) -> Bools:
    """Say for which rows the edge of the block round a shape is too near to it."""
    shapes = drawing.shapes[rows]
    holder = holders(blocks, shapes)
    held = holder >= 0
    # a shape that is in no block was not drawn large enough
    near = ~held
    used, block = np.unique(holder[held], return_inverse=True)
    edges = shapely.boundary(blocks[used])
    large = shapely.get_num_coordinates(edges) > MANY_CORNERS
    shapely.prepare(edges[large])
    least = drawing.distance_m[rows] - MARGIN_M / 2
    near[held] = shapely.dwithin(
        edges[block.ravel()],
        shapes[held],
        least[held],
    )
    return near


def holders(blocks: Shapes, shapes: Shapes) -> Ints:
    """Return for each shape the row of the block in which its first corner lies; -1 is none."""
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    points = shapely.points(xy[first])
    holder = np.full(len(shapes), -1)
    row, block = shapely.STRtree(blocks).query(points, predicate="intersects")
    holder[row] = block
    return holder
