"""Rings that touch themselves: holes drawn with a bridge, or an outer ring that closes upon itself,
without a crossing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from .shapes import Floats, Shape, Shapes

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

    kept = _inner_faces(shape, unit_m, even_odd=even_odd)
    # drawn the other way round, or of no width at all
    if not kept:
        return None

    # Faces that meet along an edge become one area again.
    whole = shapely.union_all(kept)
    return whole if whole.is_valid and shapely.get_dimensions(whole) == 2 else None


def _inner_faces(
    shape: Shape,
    unit_m: float,
    *,
    even_odd: bool,
) -> list[Shape] | None:
    """Return the faces between the edges that belong to the area; None where rings truly cross."""
    # Every ring adds its turns around a face; that tells in from out where rings touch.
    rings = [ring for part in shapely.get_parts(shape) for ring in _wound(part)]
    kept = []
    for face in _faces(rings):
        place = shapely.point_on_surface(face)
        times = sum(_winding(place, ring) for ring in rings)
        # once around is inside; twice or backwards is a true crossing, unless it is a sliver
        if times == 1 or (even_odd and times % 2):
            kept.append(face)
        elif times != 0 and not even_odd and face.area > _THIN_M / unit_m * face.length / 2:
            return None
    return kept


def _faces(rings: Sequence[Floats]) -> Shapes:
    """Return the faces between rings, cut at each of their crossings."""
    edges = shapely.union_all([shapely.LineString(ring) for ring in rings])
    faces: Shapes = shapely.get_parts(shapely.polygonize([edges]))
    return faces


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
    a, b = ring[:-1], ring[1:]
    side = _side(
        np.hstack([a, b]),
        np.array([[point.x, point.y]]),
    )

    # An upward edge with the point to its left turns once around it, a downward one with it to its
    # right turns back.
    up = (a[:, 1] <= point.y) & (b[:, 1] > point.y) & (side > 0)
    down = (a[:, 1] > point.y) & (b[:, 1] <= point.y) & (side < 0)
    return int(np.count_nonzero(up)) - int(np.count_nonzero(down))


def _side(edges: Floats, places: Floats) -> Floats:
    """Say on which side of edges (x0, y0, x1, y1) places lie: above 0 to the left."""
    run, rise = edges[:, 2] - edges[:, 0], edges[:, 3] - edges[:, 1]
    side: Floats = run * (places[:, 1] - edges[:, 1]) - rise * (places[:, 0] - edges[:, 0])
    return side


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
    start, end = edges[:, :2], edges[:, 2:]
    boxes = shapely.box(
        *np.minimum(start, end).T,
        *np.maximum(start, end).T,
    )
    first, second = shapely.STRtree(boxes).query(boxes)
    # each pair once, and no edge with itself
    a, b = (edges[rows[first < second]] for rows in (first, second))

    # Each edge parts the ends of the other; where one ends on the other they only touch.
    parted = _side(a, b[:, :2]) * _side(a, b[:, 2:]) < 0
    parting = _side(b, a[:, :2]) * _side(b, a[:, 2:]) < 0
    return int((parted & parting).sum())
