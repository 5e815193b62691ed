"""From reached roads to areas: one time surface per origin, contoured once per band (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from ..projection import QUANTUM_DIGITS, quantise, to_degrees, to_plane
from .network import TICKS_PER_MIN, Floats, Ints, Network
from .reach import Snap

CELLS_PER_CAP = 5
MIN_CELL_M, MAX_CELL_M = 50.0, 250.0
"""Cell of the time surface: a fifth of the network's off-road cap, between these."""
MAX_CELLS = 4_000_000
"""Above this the cell grows: 32 MB for one surface."""
MIN_PART_CELLS = 4
"""Parts of an area smaller than this many cells are specks of the grid."""
MIN_HOLE_CELLS = 16
"""Holes smaller than this many cells are closed: 0.64 km2 at 200 m, 0.04 km2 at 50 m."""
SIMPLIFY_CELLS = 0.2
_BEYOND_CAP_MIN_PER_M = 1.0  # past the cap a metre costs a minute: the contour ends there within a minute's reach
_FAR_MIN = 1e6


def areas(network: Network, ticks: Floats, origin: Snap, minutes: Sequence[float]) -> list[Any]:
    """Return the nested areas of one origin.

    Parameters
    ----------
    network, ticks
        The roads, and the ticks from the origin's foot to every node (the walk to the foot not included).
    origin
        Where the origin joins the roads.
    minutes
        Strictly increasing limits.

    Returns
    -------
    list
        One valid Polygon or MultiPolygon per limit, EPSG:4490 on the 1e-7 grid; each covers the one before
        exactly, and all hold the origin.
    """
    limit = minutes[-1] * TICKS_PER_MIN - origin.walk_ticks
    edges = _reached(network, ticks, origin, limit)
    lines = to_plane(network.lines(edges), origin.crs) if len(edges) else np.array([], dtype=object)
    cell_m = _cell_m(network.offroad_cap_m, lines, origin)
    xy, reached_min = _samples(network, ticks, origin, edges, lines, cell_m / 2)
    walk_xy, walk_min = _walk(origin, cell_m / 2)
    xy, reached_min = np.vstack([xy, walk_xy]), np.concatenate([reached_min, walk_min])
    within = reached_min <= minutes[-1]
    surface = _surface(xy[within], reached_min[within], cell_m, network)
    bands = [_contour(surface, limit_min, cell_m, origin) for limit_min in minutes]
    return nested([quantise(to_degrees(band, origin.crs)) for band in bands])


def _reached(network: Network, ticks: Floats, origin: Snap, limit: float) -> Ints:
    reached = (ticks[network.tail] <= limit) | ((ticks[network.head] <= limit) & ~network.oneway)
    if limit >= 0:
        reached[origin.edges] = True
    return np.flatnonzero(reached)


def _cell_m(cap_m: float, lines: Any, origin: Snap) -> float:
    cell_m = min(max(cap_m / CELLS_PER_CAP, MIN_CELL_M), MAX_CELL_M)
    box = shapely.total_bounds(np.append(lines, shapely.points(origin.place)))
    spread = (box[2:] - box[:2]) + 2 * cap_m
    least = float(np.sqrt(spread[0] * spread[1] / MAX_CELLS))
    return cell_m if least <= cell_m else float(np.ceil(least / 10) * 10)


def _samples(
    network: Network, ticks: Floats, origin: Snap, edges: Ints, lines: Any, step_m: float
) -> tuple[Floats, Floats]:
    """Return points along the edges, at most `step_m` apart, and the minutes to each, the walk included."""
    if len(edges) == 0:
        return np.empty((0, 2)), np.empty(0)
    xy, owner = shapely.get_coordinates(shapely.segmentize(lines, step_m), return_index=True)
    leap = np.hypot(*np.diff(xy, axis=0).T)
    leap[owner[1:] != owner[:-1]] = 0.0
    run = np.concatenate([[0.0], np.cumsum(leap)])
    first = np.searchsorted(owner, np.arange(len(edges)))
    run -= run[first][owner]
    last = np.append(first[1:], len(owner)) - 1
    share = run / np.maximum(run[last], 1e-9)[owner]
    edge = edges[owner]
    along = share * network.ticks[edge]
    there = ticks[network.tail[edge]] + along
    back = np.where(network.oneway[edge], np.inf, ticks[network.head[edge]] + network.ticks[edge] - along)
    best = np.minimum(there, back)
    for number, own in zip(origin.edges, origin.back, strict=True):
        here = (edge == number) & (~network.oneway[edge] | (along >= own))
        best = np.where(here, np.minimum(best, np.abs(along - own)), best)
    return xy, (best + origin.walk_ticks) / TICKS_PER_MIN


def _walk(origin: Snap, step_m: float) -> tuple[Floats, Floats]:
    """Return points from the origin to its foot, and the minutes to each."""
    share = np.linspace(0, 1, 1 + int(np.ceil(origin.distance_m / step_m)))
    xy = origin.place + share[:, None] * (origin.foot - origin.place)
    return xy, share * origin.walk_ticks / TICKS_PER_MIN


def _surface(xy: Floats, reached_min: Floats, cell_m: float, network: Network) -> tuple[Floats, Floats, Floats]:
    """Return x, y and the minutes at the knots of a grid that lies on multiples of the cell.

    The four knots round a reached point get its time, so that the point lies inside the contour; from there
    the time grows by the walk, up to the cap.
    """
    ring = int(np.ceil(network.offroad_cap_m / cell_m)) + 2
    knot = np.floor(xy / cell_m).astype(np.int64)
    low = knot.min(axis=0) - ring - 1
    width, height = knot.max(axis=0) + ring + 3 - low
    flat = (knot[:, 1] - low[1]) * width + knot[:, 0] - low[0]
    base = np.full(width * height, np.inf)
    for corner in (0, 1, width, width + 1):
        np.minimum.at(base, flat + corner, reached_min)
    seeds = np.flatnonzero(np.isfinite(base))
    start_min = base[seeds]
    spread = base.copy()
    for step, cost in _steps(ring, cell_m, network, int(width)):
        spread[seeds + step] = np.minimum(spread[seeds + step], start_min + cost)
    spread[~np.isfinite(spread)] = _FAR_MIN
    x, y = ((low[k] + np.arange(n)) * cell_m for k, n in ((0, width), (1, height)))
    return x, y, spread.reshape(height, width)


def _steps(ring: int, cell_m: float, network: Network, width: int) -> list[tuple[int, float]]:
    """Return the walks to the knots of a disc as (step in the flat grid, minutes)."""
    down, across = np.mgrid[-ring : ring + 1, -ring : ring + 1]
    metres = np.hypot(down, across) * cell_m
    cap_m, min_per_m = network.offroad_cap_m, 60 / (1000 * network.offroad_kmh)
    cost = metres * min_per_m + np.maximum(metres - cap_m, 0) * _BEYOND_CAP_MIN_PER_M
    inside = (metres > 0) & (metres <= cap_m + 2 * cell_m)
    return list(zip((down * width + across)[inside].tolist(), cost[inside].tolist(), strict=True))


def _contour(surface: tuple[Floats, Floats, Floats], limit_min: float, cell_m: float, origin: Snap) -> Any:
    """Return where the surface is at most `limit_min`, without specks and small holes, on the plane."""
    from contourpy import FillType, contour_generator

    x, y, z = surface
    generator = contour_generator(x=x, y=y, z=z, name="serial", fill_type=FillType.OuterOffset)
    filled: Any = generator.filled(-1.0, float(limit_min))  # (points, ring offsets) of each polygon
    place = shapely.points(origin.place)
    parts = []
    for coordinates, offset in zip(*filled, strict=True):
        shell, *holes = np.split(coordinates, offset[1:-1])
        large = [hole for hole in holes if shapely.Polygon(hole).area >= MIN_HOLE_CELLS * cell_m**2]
        part = shapely.Polygon(shell, large)
        if shapely.area(part) >= MIN_PART_CELLS * cell_m**2 or shapely.covers(part, place):
            parts.append(part)
    smooth = shapely.simplify(shapely.multipolygons(parts), SIMPLIFY_CELLS * cell_m)
    return smooth if shapely.covers(smooth, place) else shapely.multipolygons(parts)


def nested(bands: Sequence[Any]) -> list[Any]:
    """Rebuild the areas from the pieces that all their outlines cut, so that each covers the one before.

    The outlines are noded together once, on the coordinate grid; an area is the sum of the pieces that it or
    a smaller one holds. Shared edges are then the same numbers, and nesting cannot fail by a rounding.
    """
    grid = 10.0**-QUANTUM_DIGITS
    noded = shapely.union_all(shapely.boundary(bands), grid_size=grid)
    pieces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    pieces = shapely.transform(pieces, lambda xy: np.round(xy, QUANTUM_DIGITS))
    inner = shapely.point_on_surface(pieces)
    held = np.zeros(len(pieces), dtype=bool)
    rebuilt = []
    for band in bands:
        shapely.prepare(band)
        held |= shapely.contains(band, inner)
        rebuilt.append(shapely.normalize(shapely.coverage_union_all(pieces[held])))
    return rebuilt
