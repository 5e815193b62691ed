"""Rings that touch themselves: holes drawn with a bridge, or an outer ring that closes upon itself,
without a crossing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from .shapes import Floats, Shape

_MOST_POINTS = 20_000
_MOST_CROSSINGS = 200
_SAMPLE = 1_000
_THIN_M = 0.02


def untouched(
    shape: Shape,
    unit_m: float = 1.0,
    *,
    even_odd: bool = False,
) -> Any:
    """Return the same area with rings that do not touch themselves; None when its rings truly
    cross.

    Every face between the edges is looked at: when the rings wind once around it, it belongs to the
    area, when not at all, it does not. A face that they wind around twice, or the other way, means
    a crossing, whose area nobody can tell; one thinner than 2 cm is none.

    Parameters
    ----------
    shape
        Polygon or multipolygon, on one plane.
    unit_m
        Length of a unit of its coordinates in m.
    even_odd
        Take the faces that the rings wind around an odd number of times, whatever the number: for a
        caller who knows the area.

    Returns
    -------
    Polygon, MultiPolygon or None
        Valid where it is one.
    """

    # To polygonise millions of corners, or a scribble, would not end in time.
    if shapely.get_num_coordinates(shape) > _MOST_POINTS or shapely.get_dimensions(shape) != 2:
        return None
    if crossings(shape) > _MOST_CROSSINGS:
        return None

    # Every ring adds its turns around a face; that tells in from out where rings touch.
    rings = [ring for part in shapely.get_parts(shape) for ring in _wound(part)]
    edges = shapely.union_all([shapely.LineString(ring) for ring in rings])
    faces = shapely.get_parts(shapely.polygonize([edges]))
    kept = []
    for face in faces:
        times = sum(_winding(shapely.point_on_surface(face), ring) for ring in rings)
        # once around is inside; twice or backwards is a true crossing, unless it is a sliver
        if times == 1 or (even_odd and times % 2):
            kept.append(face)
        elif times != 0 and not even_odd and face.area > _THIN_M / unit_m * face.length / 2:
            return None
    if not kept:
        return None

    # Faces that meet along an edge become one area again.
    whole = shapely.union_all(kept)
    return whole if whole.is_valid and shapely.get_dimensions(whole) == 2 else None


def _wound(part: Shape) -> list[Any]:
    """Return the rings of a part, the outer one counter-clockwise, holes clockwise, by their signed
    areas.
    """
    found = []
    for number, ring in enumerate((part.exterior, *part.interiors)):
        pairs = shapely.get_coordinates(ring)
        local = pairs - pairs[0]
        signed = float((local[:-1, 0] * local[1:, 1] - local[1:, 0] * local[:-1, 1]).sum())
        found.append(pairs if (signed > 0) == (number == 0) else pairs[::-1])
    return found


def _winding(point: Shape, ring: Floats) -> int:
    """Count how often a ring goes around a point, counter-clockwise."""
    x, y = point.x, point.y
    a, b = ring[:-1], ring[1:]

    # An upward edge with the point to its left turns once around it, a downward one with it to its
    # right turns back.
    side = (b[:, 0] - a[:, 0]) * (y - a[:, 1]) - (x - a[:, 0]) * (b[:, 1] - a[:, 1])
    up = (a[:, 1] <= y) & (b[:, 1] > y) & (side > 0)
    down = (a[:, 1] > y) & (b[:, 1] <= y) & (side < 0)
    return int(np.count_nonzero(up)) - int(np.count_nonzero(down))


def crossings(shape: Shape) -> float:
    """Estimate from samples how often the edges of a polygon cross: a repair takes as long as there
    are crossings.
    """
    edges = _ring_edges(shape)

    # A sample over the whole ring; pairs grow by the square of the edges.
    count = len(edges)
    spread = edges[:: max(1, count // _SAMPLE)][:_SAMPLE]
    worst = _crossing_pairs(spread) * (count / max(1, len(spread))) ** 2
    if count > _SAMPLE:  # tangles between neighbours, which a sample from afar does not show
        for start in np.linspace(0, count - _SAMPLE, 5).astype(int).tolist():
            worst = max(worst, _crossing_pairs(edges[start : start + _SAMPLE]) * count / _SAMPLE)
    return worst


def _ring_edges(shape: Shape) -> Floats:
    """Return the edges within each ring: the last corner of one does not lead to the first of the
    next.
    """
    rings = shapely.get_rings(shapely.get_parts(shape))
    pairs, ring = shapely.get_coordinates(rings, return_index=True)
    edges: Floats = np.hstack([pairs[:-1], pairs[1:]])[ring[1:] == ring[:-1]]
    return edges


def _crossing_pairs(edges: Floats) -> int:
    """Count the pairs of segments (x0, y0, x1, y1) that cross properly."""

    # Boxes first: of all pairs only the neighbours are worth the arithmetic.
    boxes = shapely.box(
        *(f(edges[:, k], edges[:, k + 2]) for f in (np.minimum, np.maximum) for k in (0, 1))
    )
    first, second = shapely.STRtree(boxes).query(boxes)
    a, b = (edges[rows[first < second]] for rows in (first, second))

    def side(line: Floats, point: Floats) -> Floats:
        run, rise = line[:, 2] - line[:, 0], line[:, 3] - line[:, 1]
        return run * (point[:, 1] - line[:, 1]) - rise * (point[:, 0] - line[:, 0])

    apart = (side(a, b[:, :2]) * side(a, b[:, 2:]) < 0) & (
        side(b, a[:, :2]) * side(b, a[:, 2:]) < 0
    )
    return int(apart.sum())
