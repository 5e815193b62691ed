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


def first_holding(lon: Floats, lat: Floats, polygons: Shapes) -> Ints:
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
    order = np.argsort(lon, kind="stable")
    sorted_lon, sorted_lat = lon[order], lat[order]
    for number, (west, south, east, north) in enumerate(shapely.bounds(polygons)):
        first, last = (
            np.searchsorted(sorted_lon, west, "left"),
            np.searchsorted(sorted_lon, east, "right"),
        )
        inside = (sorted_lat[first:last] >= south) & (sorted_lat[first:last] <= north)
        rows = order[first:last][inside]
        rows = rows[found[rows] == len(polygons)]
        if len(rows):
            shapely.prepare(polygons[number])
            found[rows[shapely.intersects_xy(polygons[number], lon[rows], lat[rows])]] = number
    return found


def near_edge(lon: Floats, lat: Floats, polygons: Shapes, accuracy_m: Floats) -> Bools:
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
    rows = _candidates(lon, lat, start, end, float(reach_m.max()))
    meridian = (3 * np.floor((lon[rows] + 1.5) / 3)).astype(int)
    for value in np.unique(meridian):
        own = rows[meridian == value]
        crs = plane_crs(float(value))
        margin = float(reach_m.max()) / (_METRES_PER_DEGREE * _NARROWEST)
        here = (np.maximum(start[:, 0], end[:, 0]) >= lon[own].min() - margin) & (
            np.minimum(start[:, 0], end[:, 0]) <= lon[own].max() + margin
        )
        edges_m = laid_on_plane(
            shapely.linestrings(np.stack([start[here], end[here]], axis=1)), crs
        )
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


def _candidates(lon: Floats, lat: Floats, start: Floats, end: Floats, reach_m: float) -> Ints:
    """Rows of the points that may lie within `reach_m` of an edge: those in or beside a cell that
    an edge crosses.
    """
    reach = max(reach_m / _METRES_PER_DEGREE / _NARROWEST, 1e-6)
    cell = max(reach, float(np.ptp(np.concatenate([start, end]), axis=0).max()) / 2048)
    steps = np.maximum(np.ceil(np.abs(end - start).max(axis=1) / cell * 2).astype(int), 1)
    piece = np.repeat(np.arange(len(steps)), steps + 1)
    share = (
        np.arange(len(piece)) - np.repeat(np.cumsum(steps + 1) - steps - 1, steps + 1)
    ) / steps[piece]
    along = start[piece] + share[:, None] * (end[piece] - start[piece])
    low = along.min(axis=0) - 3 * cell
    size = np.ceil((along.max(axis=0) + 3 * cell - low) / cell).astype(int) + 1
    crossed = np.zeros(size, dtype=bool)
    crossed[tuple(((along - low) // cell).astype(int).T)] = True
    for axis in (
        0,
        1,
    ):  # two cells further each way: half a step, the reach, and the rest of the cell
        for _ in range(2):
            wider = crossed.copy()
            wider[tuple(slice(1, None) if a == axis else slice(None) for a in (0, 1))] |= np.delete(
                crossed, -1, axis=axis
            )
            wider[tuple(slice(None, -1) if a == axis else slice(None) for a in (0, 1))] |= (
                np.delete(crossed, 0, axis=axis)
            )
            crossed = wider
    with np.errstate(invalid="ignore"):
        column, row = np.floor((lon - low[0]) / cell), np.floor((lat - low[1]) / cell)
        inside = (column >= 0) & (column < size[0]) & (row >= 0) & (row < size[1])
    kept = np.flatnonzero(inside)
    near: Ints = kept[crossed[column[kept].astype(int), row[kept].astype(int)]]
    return near
