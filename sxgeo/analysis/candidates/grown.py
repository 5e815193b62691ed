"""Shapes that land keeps away from or lies in, each grown by its own distance.

Pure, metres on one plane. A drawn buffer only proposes: what it leaves is measured to every shape,
and the shape is drawn larger until no distance is too short.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from ...errors import AnalysisError
from .blocks import MANY_CORNERS, flat_polygons, in_threads, united

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

    shapes: Any
    distance_m: Any
    radius_m: Any
    segments: Any
    measured: Any
    key: Any
    row: Any


def kept_out(keep_outs: Sequence[KeepOut], area: Any) -> Any:
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
    drawing = _drawing([(k, _growth(k), not k.certain) for k in keep_outs], area)
    blocks = united(_drawn(drawing, np.arange(len(drawing.shapes))))
    rows = np.flatnonzero(drawing.measured & (drawing.distance_m > 0))
    grown_m = MARGIN_M
    for _ in range(_CUTS):
        # distances decide, not the drawn buffer
        rows = rows[_too_near(blocks, drawing, rows)]
        if not len(rows):
            return blocks
        drawing.radius_m[rows] *= ROUND
        drawing.radius_m[rows] += grown_m
        drawing.segments[rows] = ARC_SEGMENTS
        blocks = united(np.concatenate([blocks, _drawn(drawing, rows)]))
        grown_m *= 4
    given = [f"{drawing.key[k]} {drawing.row[k]}" for k in rows[:3].tolist()]
    raise AnalysisError(
        f"land near {', '.join(given)} stays too near after {_CUTS} cuts: check these shapes for"
        " errors"
    )


def kept_in(keep_in: KeepIn, area: Any) -> Any:
    """Return what land lies in: blocks as of :func:`.blocks.united`."""
    drawing = _drawing([(keep_in, _hold(keep_in), False)], area)
    return united(_drawn(drawing, np.arange(len(drawing.shapes))))


def _growth(keep_out: KeepOut) -> tuple[float, float]:
    """Return by what positive and negative distances are multiplied; positive ones that must lie
    outside the true round by what their arcs need.
    """
    return (WITHIN, ROUND) if keep_out.certain else (np.nan, 1 / ROUND)


def _hold(keep_in: KeepIn) -> tuple[float, float]:
    return (np.nan, 1 / ROUND) if keep_in.generous else (WITHIN, ROUND)


def _drawing(
    kept: Sequence[tuple[KeepOut | KeepIn, tuple[float, float], bool]], area: Any
) -> _Drawing:
    """Lay out all shapes that reach into the bounds of an area, in an order that is theirs."""
    laid = [_laid_out(one, factors, measured) for one, factors, measured in kept]
    if not laid:
        kinds = (object, float, float, int, bool, object, int)
        return _Drawing(*(np.array([], dtype=kind) for kind in kinds))
    columns = [np.concatenate(column) for column in zip(*laid, strict=True)]
    every = _Drawing(*columns)
    box, reach = shapely.bounds(every.shapes), np.maximum(every.radius_m, 0.0) * 1.01
    west, south, east, north = shapely.bounds(area).tolist()
    near = (box[:, 0] - reach <= east) & (box[:, 2] + reach >= west)
    near &= (box[:, 1] - reach <= north) & (box[:, 3] + reach >= south)
    rows = np.flatnonzero(near)

    # unions are rounded in the order of their shapes: neither the order of a file's rows nor that
    # of the constraints must count
    rows = rows[ranked(every.shapes[rows], every.distance_m[rows], every.radius_m[rows])]
    return _Drawing(*(column[rows] for column in columns))


def _laid_out(
    kept: KeepOut | KeepIn,
    factors: tuple[float, float],
    measured: bool,
) -> list[Any]:
    """Return the columns of a drawing for one constraint."""
    shapes = np.asarray(kept.shapes, dtype=object)
    distance = np.broadcast_to(np.asarray(kept.distance_m, dtype=float), len(shapes))
    parts, row = shapely.get_parts(shapes, return_index=True)
    # a collection may hold shapes of several parts
    parts, inner = shapely.get_parts(parts, return_index=True)
    row = row[inner]
    full = ~shapely.is_empty(parts)
    parts, row = parts[full], row[full]
    own = distance[row]
    outward, inward = factors
    segments = np.full(len(parts), ARC_SEGMENTS)
    if np.isnan(outward):
        segments[own > 0] = _segments(own[own > 0])
        outward_share = np.array([round_share(s) for s in range(1, ARC_SEGMENTS + 1)])
        share = outward_share[segments - 1]
    else:
        share = np.full(len(parts), outward)
    radius = own * np.where(own >= 0, share, inward)
    key = np.full(len(parts), kept.key, dtype=object)
    return [parts, own, radius, segments, np.full(len(parts), measured), key, row]


def _segments(distance_m: Any) -> Any:
    """Return the fewest segments of an arc by which no more land is lost than the tolerance of arcs
    allows.
    """
    segments = np.full(len(distance_m), ARC_SEGMENTS)
    for fewer in reversed(_FEWER):
        lost = (round_share(fewer) - 1) * distance_m
        segments[lost <= _ARC_M + _ARC_SHARE * distance_m] = fewer
    return segments


def ranked(shapes: Any, *numbers: Any) -> Any:
    """Return the rows of shapes in an order that is theirs: by bounds and numbers of each, then by
    what they are.
    """
    keys = np.column_stack([shapely.bounds(shapes).reshape(-1, 4), *numbers])
    order = np.lexsort(keys.T[::-1])
    sorted_keys = keys[order]
    same = (sorted_keys[1:] == sorted_keys[:-1]).all(axis=1)
    if not same.any():
        return order
    content = np.zeros(len(shapes), dtype=np.int64)
    rows = np.unique(np.concatenate([order[1:][same], order[:-1][same]]))
    content[rows] = np.unique(shapely.to_wkb(shapes[rows]), return_inverse=True)[1]
    return np.lexsort([content, *keys.T[::-1]])


def _drawn(drawing: _Drawing, rows: Any) -> Any:
    """Return the polygons that shapes grow to."""
    shapes, radius = drawing.shapes[rows], drawing.radius_m[rows]
    grown = shapes.copy()
    for segments in np.unique(drawing.segments[rows]).tolist():
        own = np.flatnonzero((drawing.segments[rows] == segments) & (radius != 0))
        grown[own] = buffered(shapes[own], radius[own], quad_segs=segments)
    return flat_polygons(grown)


def buffered(
    shapes: Any,
    radius_m: Any,
    **style: Any,
) -> Any:
    """Grow shapes, many at once."""
    if not len(shapes):
        return shapes
    radius = np.broadcast_to(np.asarray(radius_m, dtype=float), len(shapes))
    count = -(-len(shapes) // _DRAWN_AT_ONCE)
    chunks = zip(np.array_split(shapes, count), np.array_split(radius, count), strict=True)
    return np.concatenate(in_threads(lambda some: shapely.buffer(*some, **style), chunks))


def _too_near(
    blocks: Any,
    drawing: _Drawing,
    rows: Any,
) -> Any:
    """Say for which rows the edge of the block round a shape is too near to it."""
    shapes = drawing.shapes[rows]
    holder = holders(blocks, shapes)
    held = holder >= 0
    near = ~held
    used, block = np.unique(holder[held], return_inverse=True)
    edges = shapely.boundary(blocks[used])
    large = shapely.get_num_coordinates(edges) > MANY_CORNERS
    shapely.prepare(edges[large])
    least = drawing.distance_m[rows] - MARGIN_M / 2
    near[held] = shapely.dwithin(edges[block.ravel()], shapes[held], least[held])
    return near


def holders(blocks: Any, shapes: Any) -> Any:
    """Return for each shape the row of the block in which its first corner lies; -1 is none."""
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    first = np.flatnonzero(np.diff(owner, prepend=-1))
    points = shapely.points(xy[first])
    holder = np.full(len(shapes), -1)
    row, block = shapely.STRtree(blocks).query(points, predicate="intersects")
    holder[row] = block
    return holder
