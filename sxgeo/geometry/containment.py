"""Where points lie: in which of many polygons, and near whose edge.

Arrays in, arrays out, no loop over points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from .projection import plane_crs, to_plane
from .straight import laid_on_plane

if TYPE_CHECKING:
    from .shapes import Bools, Floats, Ints, Shapes

_METRES_PER_DEGREE = 110_000.0
"""Fewer than a degree of latitude has anywhere: a reach in degrees is never too short."""
_NARROWEST = 0.5
"""Cosine of 60 degrees: north of any place in China a degree of longitude is wider than this times
that of latitude.
"""


def first_holding(
    lon: Floats,
    lat: Floats,
    polygons: Shapes,
) -> Ints:
    """Return for each point the position of the first polygon that holds it, edges included.

    Parameters
    ----------
    lon, lat
        Arrays of degrees; NaN lies nowhere.
    polygons
        Array of polygons in the order in which they claim a shared edge.

    Returns
    -------
    ndarray of int
        ``len(polygons)`` where none holds the point.
    """
    found = np.full(len(lon), len(polygons), dtype=np.intp)

    # Points in order of longitude: the box of a polygon then cuts out one stretch of them, and a
    # million points are not asked of every polygon.
    order = np.argsort(lon, kind="stable")
    sorted_lon, sorted_lat = lon[order], lat[order]
    for number, (west, south, east, north) in enumerate(shapely.bounds(polygons)):
        first, last = (
            np.searchsorted(sorted_lon, west, "left"),
            np.searchsorted(sorted_lon, east, "right"),
        )
        inside = (sorted_lat[first:last] >= south) & (sorted_lat[first:last] <= north)
        rows = order[first:last][inside]

        # Who comes first keeps a shared edge: each point belongs to exactly one polygon.
        rows = rows[found[rows] == len(polygons)]
        if len(rows):
            shapely.prepare(polygons[number])
            found[rows[shapely.intersects_xy(polygons[number], lon[rows], lat[rows])]] = number
    return found


def near_edge(
    lon: Floats,
    lat: Floats,
    polygons: Shapes,
    accuracy_m: Floats,
) -> Bools:
    """Say for each point whether it lies within `accuracy_m` of the edge of one of the polygons.

    Parameters
    ----------
    lon, lat
        Arrays of degrees; NaN is near nothing.
    polygons
        Array of polygons.
    accuracy_m
        Metres, one number per polygon; NaN has no say.

    Returns
    -------
    ndarray of bool
        Distances are those on the CGCS2000 3-degree plane of the point.
    """
    near = np.zeros(len(lon), dtype=bool)
    start, end, reach_m = _edges(polygons, np.asarray(accuracy_m, dtype=float))
    if not len(reach_m) or not len(lon):
        return near

    # A coarse grid of degrees throws out most points; only the rest is worth a plane.
    rows = _candidates(lon, lat, start, end, float(reach_m.max()))

    # Distances are true near a meridian only, so each point is measured on the plane of its own.
    meridian = (3 * np.floor((lon[rows] + 1.5) / 3)).astype(int)
    for value in np.unique(meridian):
        own = rows[meridian == value]
        crs = plane_crs(float(value))

        # Edges far from these points are left behind: on this plane they would be far off and bent.
        margin = float(reach_m.max()) / (_METRES_PER_DEGREE * _NARROWEST)
        here = (np.maximum(start[:, 0], end[:, 0]) >= lon[own].min() - margin) & (
            np.minimum(start[:, 0], end[:, 0]) <= lon[own].max() + margin
        )
        edges_m = laid_on_plane(
            shapely.linestrings(np.stack([start[here], end[here]], axis=1)), crs
        )

        # An edge reaches as far as the accuracy of its own polygon, not as far as the worst one.
        tree = shapely.STRtree(to_plane(shapely.points(lon[own], lat[own]), crs))
        _, hit = tree.query(edges_m, predicate="dwithin", distance=reach_m[here])
        near[own[hit]] = True
    return near


def _edges(polygons: Shapes, accuracy_m: Floats) -> tuple[Floats, Floats, Floats]:
    """Start and end of every straight piece of an edge, and the accuracy of its polygon."""
    known = np.flatnonzero(np.isfinite(accuracy_m))
    parts, owner = shapely.get_parts(
        shapely.boundary(np.asarray(polygons)[known]), return_index=True
    )
    xy, line = shapely.get_coordinates(parts, return_index=True)
    within = line[1:] == line[:-1]
    return xy[:-1][within], xy[1:][within], accuracy_m[known][owner[line[:-1][within]]]


def _candidates(
    lon: Floats,
    lat: Floats,
    start: Floats,
    end: Floats,
    reach_m: float,
) -> Ints:
    """Rows of the points that may lie within `reach_m` of an edge: those in or beside a cell that
    an edge crosses.
    """
    reach = max(reach_m / _METRES_PER_DEGREE / _NARROWEST, 1e-6)
    # A long edge makes the cells larger: a grid over a whole province must fit the memory.
    cell = max(reach, float(np.ptp(np.concatenate([start, end]), axis=0).max()) / 2048)
    along = _steps_along(start, end, cell)

    # A margin of three cells, so that widening by two never runs over the rim.
    low = along.min(axis=0) - 3 * cell
    size = np.ceil((along.max(axis=0) + 3 * cell - low) / cell).astype(int) + 1
    crossed = np.zeros(size, dtype=bool)
    crossed[tuple(((along - low) // cell).astype(int).T)] = True

    # Two cells further each way: half a step, the reach, and the rest of the cell.
    near_an_edge = _widened(_widened(crossed))

    # NaN, a point without a place, falls into no cell: it is near nothing.
    with np.errstate(invalid="ignore"):
        column, row = np.floor((lon - low[0]) / cell), np.floor((lat - low[1]) / cell)
        inside = (column >= 0) & (column < size[0]) & (row >= 0) & (row < size[1])
    kept = np.flatnonzero(inside)
    near: Ints = kept[near_an_edge[column[kept].astype(int), row[kept].astype(int)]]
    return near


def _steps_along(
    start: Floats,
    end: Floats,
    cell: float,
) -> Floats:
    """Places along edges, their ends included, at most half a cell apart on either axis."""
    steps = np.maximum(np.ceil(np.abs(end - start).max(axis=1) / cell * 2).astype(int), 1)
    edge = np.repeat(np.arange(len(steps)), steps + 1)
    first = np.cumsum(steps + 1) - steps - 1
    share = (np.arange(len(edge)) - np.repeat(first, steps + 1)) / steps[edge]
    places: Floats = start[edge] + share[:, None] * (end[edge] - start[edge])
    return places


def _widened(cells: Bools) -> Bools:
    """A grid in which the eight neighbours of every set cell are set too."""
    wider = cells.copy()
    wider[1:] |= cells[:-1]
    wider[:-1] |= cells[1:]
    # the second axis starts from the wider grid, which brings in the corners
    across = wider.copy()
    wider[:, 1:] |= across[:, :-1]
    wider[:, :-1] |= across[:, 1:]
    return wider
