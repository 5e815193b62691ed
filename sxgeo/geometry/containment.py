"""Where points lie: in which of many polygons, and near whose edge.

Arrays in, arrays out, no loop over points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from .projection import plane_crs, to_plane
from .shapes import counted_up
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
        beside = _stretch(sorted_lon, west, east)
        heights = sorted_lat[beside]
        rows = order[beside][(heights >= south) & (heights <= north)]

        # Who comes first keeps a shared edge: each point belongs to exactly one polygon.
        rows = rows[found[rows] == len(polygons)]
        if len(rows):
            shapely.prepare(polygons[number])
            held = shapely.intersects_xy(polygons[number], lon[rows], lat[rows])
            found[rows[held]] = number
    return found


@dataclass(frozen=True, slots=True)
class _Edges:
    """Straight pieces of edges in degrees, and the accuracy of the polygon of each."""

    start: Floats
    end: Floats
    reach_m: Floats

    @property
    def most_m(self) -> float:
        """The largest accuracy of all."""
        return float(self.reach_m.max())

    def between(self, west: float, east: float) -> _Edges:
        """Return those that reach into a stretch of longitude."""
        here = (
            np.maximum(
                self.start[:, 0],
                self.end[:, 0],
            )
            >= west
        ) & (np.minimum(self.start[:, 0], self.end[:, 0]) <= east)
        return _Edges(
            self.start[here],
            self.end[here],
            self.reach_m[here],
        )


def _stretch(
    places: Floats,
    low: float,
    high: float,
) -> slice:
    """Return where places between two lie among sorted ones, both ends included."""
    first = np.searchsorted(places, low, "left")
    last = np.searchsorted(places, high, "right")
    return slice(int(first), int(last))


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
    edges = _edges(polygons, np.asarray(accuracy_m, dtype=float))
    if not len(edges.reach_m) or not len(lon):
        return near

    # A coarse grid of degrees throws out most points; only the rest is worth a plane.
    rows = _candidates(lon, lat, edges)

    # Distances are true near a meridian only, so each point is measured on the plane of its own.
    meridian = (3 * np.floor((lon[rows] + 1.5) / 3)).astype(int)
    for value in np.unique(meridian):
        own = rows[meridian == value]
        hit = _near_on_plane(
            lon[own],
            lat[own],
            edges,
            plane_crs(float(value)),
        )
        near[own[hit]] = True
    return near


def _near_on_plane(
    lon: Floats,
    lat: Floats,
    edges: _Edges,
    crs: str,
) -> Ints:
    """Return the rows of points that lie near an edge, metres on one plane; some more than once."""
    # Edges far from these points are left behind: on this plane they would be far off and bent.
    margin = edges.most_m / (_METRES_PER_DEGREE * _NARROWEST)
    here = edges.between(lon.min() - margin, lon.max() + margin)
    lines = shapely.linestrings(np.stack([here.start, here.end], axis=1))
    edges_m = laid_on_plane(lines, crs)

    # An edge reaches as far as the accuracy of its own polygon, not as far as the worst one.
    tree = shapely.STRtree(to_plane(shapely.points(lon, lat), crs))
    _, hit = tree.query(edges_m, predicate="dwithin", distance=here.reach_m)
    rows: Ints = hit
    return rows


def _edges(polygons: Shapes, accuracy_m: Floats) -> _Edges:
    # a polygon of unknown accuracy says nothing of who is near
    known = np.flatnonzero(np.isfinite(accuracy_m))
    lines = shapely.boundary(np.asarray(polygons)[known])
    parts, owner = shapely.get_parts(lines, return_index=True)
    xy, line = shapely.get_coordinates(parts, return_index=True)
    # no edge leads from the end of one ring to the start of the next
    within = line[1:] == line[:-1]
    reach_m = accuracy_m[known][owner[line[:-1][within]]]
    return _Edges(
        xy[:-1][within],
        xy[1:][within],
        reach_m,
    )


def _candidates(
    lon: Floats,
    lat: Floats,
    edges: _Edges,
) -> Ints:
    """Rows of the points that may lie near an edge: those in or beside a cell that an edge
    crosses.
    """
    cell = _cell_of(edges)
    along = _steps_along(edges.start, edges.end, cell)
    low, crossed = _crossed_cells(along, cell)

    # Two cells further each way: half a step, the reach, and the rest of the cell.
    near_an_edge = _widened(_widened(crossed))

    # NaN, a point without a place, falls into no cell: it is near nothing.
    with np.errstate(invalid="ignore"):
        column, row = np.floor((lon - low[0]) / cell), np.floor((lat - low[1]) / cell)
        inside = (column >= 0) & (row >= 0)
        inside &= (column < crossed.shape[0]) & (row < crossed.shape[1])
    kept = np.flatnonzero(inside)
    near: Ints = kept[near_an_edge[column[kept].astype(int), row[kept].astype(int)]]
    return near


def _cell_of(edges: _Edges) -> float:
    """Return the size of the cells of a raster over edges, in degrees: their reach, or more."""
    ends = np.concatenate([edges.start, edges.end])
    reach = max(edges.most_m / _METRES_PER_DEGREE / _NARROWEST, 1e-6)
    # A long edge makes the cells larger: a grid over a whole province must fit the memory.
    return max(
        reach,
        float(np.ptp(ends, axis=0).max()) / 2048,
    )


def _crossed_cells(along: Floats, cell: float) -> tuple[Floats, Bools]:
    """Return the corner of a grid around places, and which of its cells hold one."""
    # A margin of three cells, so that widening by two never runs over the rim.
    low = along.min(axis=0) - 3 * cell
    size = np.ceil((along.max(axis=0) + 3 * cell - low) / cell).astype(int) + 1
    crossed = np.zeros(size, dtype=bool)
    crossed[tuple(((along - low) // cell).astype(int).T)] = True
    return low, crossed


def _steps_along(
    start: Floats,
    end: Floats,
    cell: float,
) -> Floats:
    """Places along edges, their ends included, at most half a cell apart on either axis."""
    longest = np.abs(end - start).max(axis=1)
    steps = np.maximum(
        np.ceil(longest / cell * 2).astype(int),
        1,
    )
    # one place more than steps: both ends of an edge
    edge, step = counted_up(steps + 1)
    share = step / steps[edge]
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
