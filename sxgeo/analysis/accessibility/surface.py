"""From reached roads to areas: one time surface per origin, contoured once per band (pure).

Times are integers from the search to the surface, and the outlines stand on a lattice of sixteenths
of a cell, so that areas nest by construction: two outlines never cross, and where they meet they
share a vertex.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import shapely
from contourpy import FillType, contour_generator

from ...geometry.projection import QUANTUM_DIGITS, points_to_degrees, points_to_plane
from ..network.arrays import TICKS_PER_MIN, spans
from ..network.trace import SAMPLES_PER_CELL
from .ground import FAR, Sheet, washed

if TYPE_CHECKING:
    from ..network.arrays import Bools, Floats, Ints
    from ..network.graph import Network
    from ..network.snap import Snap

CLAIM_CAP_M = 200.0
"""Where an area may leave the roads no farther than this, the roads are all there are, and each
claims the ground at it.
"""
FINE_CELLS_M = (5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0)
"""Cells tried first on such roads, the finest that keeps the grid under `FINE_GRID_CELLS`. The
carriageways of a motorway lie 15 m apart: a cell that holds both takes the one for the other.
"""
FINE_GRID_CELLS = 600_000
AREA_ERROR = MappingProxyType(
    {
        "wrong_share": 0.1,
        "empty_share": 0.01,
        "missed_share": 0.01,
    }
)
"""What :func:`area_error` gives."""
CELLS_PER_CAP = 5
MIN_CELL_M, MAX_CELL_M = 50.0, 250.0
"""Cell of the time surface: a fifth of the network's off-road cap, between these."""
MAX_CELLS = 4_000_000
"""Above this the cell grows: 32 MB for one surface."""
MIN_PART_CELLS = 4
"""Parts of an area smaller than this many cells are specks of the grid."""
MIN_HOLE_CELLS = 16
"""Holes smaller than this many cells are closed: 0.64 km2 at 200 m, 0.04 km2 at 50 m."""
SIMPLIFY_CELLS = 0.5
"""A vertex goes where the triangle with its neighbours is smaller than the square of this many
cells.
"""
LATTICE = 16
_BEYOND_CAP_TICKS_PER_M = (
    6000  # past the cap a metre costs ten minutes: the contour ends there within a few metres
)
_FAR = FAR
_FEW_SEEDS = 0.25
_BLOCK_KNOTS = 30_000
_METRES_PER_DEGREE = 111_320.0  # for tolerances and margins only
_LEAST_DEGREE_M = 110_500.0  # no degree of latitude is shorter

Grid = npt.NDArray[np.int32]
Extent: TypeAlias = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


def areas(
    network: Network,
    ticks: Floats,
    origin: Snap,
    minutes: Sequence[float],
) -> list[Any]:
    """Return the nested areas of one origin.

    Parameters
    ----------
    network, ticks
        The roads, and the ticks from the origin's foot to every node (the walk to the foot not
        included).
    origin
        Where the origin joins the roads.
    minutes
        Strictly increasing limits.

    Returns
    -------
    list
        One valid Polygon or MultiPolygon per limit, EPSG:4490 on the 1e-7 grid; each covers the one
        before exactly, and all hold the origin.
    """
    limits = [int(limit_min * TICKS_PER_MIN + 1e-6) for limit_min in minutes]
    left = limits[-1] - origin.walk_ticks
    edges = _reached(network, ticks, origin, left)
    extent = _extent_in_time(network, ticks, origin, edges, left)
    cell_m = _cell_m(network, extent, origin.crs)

    # dense roads bound one another: ground that another road serves is not walked over
    if network.offroad_cap_m <= CLAIM_CAP_M:
        surface = _claimed(network, ticks, origin, extent, cell_m, limits[-1])
    else:
        column, row, reached = _stamps(network, ticks, origin, edges, cell_m)
        within = reached <= limits[-1]
        surface = _surface(column[within], row[within], reached[within], cell_m, network)
    outlines = list(_outlines(surface, limits, origin))
    return _simplified(outlines, cell_m, origin)


def area_error(network: Network) -> dict[str, float] | None:
    """Return what real extracts showed of areas on dense roads; None for networks that leave roads
    out.

    Returns
    -------
    dict
        Largest shares at a single origin, of any limit from 5 minutes on: `wrong_share` of the road
        length covered that is not reached in time, `empty_share` of the area over 200 m from a road
        that is, `missed_share` of the road length reached that is not covered. docs/isochrones.md
        tells on what they were measured.
    """
    return dict(AREA_ERROR) if network.offroad_cap_m <= CLAIM_CAP_M else None


def _reached(
    network: Network,
    ticks: Floats,
    origin: Snap,
    limit: float,
) -> Ints:
    reached = (ticks[network.tail] <= limit) | ((ticks[network.head] <= limit) & ~network.oneway)

    # a road may be left again before either of its ends is reached
    if limit >= 0:
        reached[origin.edges] = True
    return np.flatnonzero(reached)


def _cell_m(
    network: Network,
    extent: Extent,
    crs: str,
) -> float:
    cap_m = network.offroad_cap_m
    cell_m = min(max(cap_m / CELLS_PER_CAP, MIN_CELL_M), MAX_CELL_M)
    west, south, east, north = extent
    corners = points_to_plane(
        np.array([[west, south], [west, north], [east, south], [east, north]]), crs
    )

    # fine cells where the area is small enough for them; else as fine as the memory allows
    spread = np.ptp(corners, axis=0) + 2 * cap_m
    if cap_m <= CLAIM_CAP_M:
        for fine_m in FINE_CELLS_M:
            if spread[0] * spread[1] <= FINE_GRID_CELLS * fine_m**2:
                return fine_m
    least = float(np.sqrt(spread[0] * spread[1] / MAX_CELLS))
    return cell_m if least <= cell_m else float(np.ceil(least / 10) * 10)


def _around(boxes: Floats, origin: Snap) -> Extent:
    west, south = (boxes[:, k].min(initial=at) for k, at in ((0, origin.lon), (1, origin.lat)))
    east, north = (boxes[:, k].max(initial=at) for k, at in ((2, origin.lon), (3, origin.lat)))
    return float(west), float(south), float(east), float(north)


def _extent_in_time(
    network: Network,
    ticks: Floats,
    origin: Snap,
    edges: Ints,
    left: float,
) -> Extent:
    """Return west, south, east, north of what is reached of the edges, and of the origin."""
    # from either end, and on the origin's own edges from beside it, as far as the time goes: a long
    # motorway that is reached a little would make the cells of all others coarse
    own = origin.edges
    back = edges[~network.oneway[edges]]
    parts = [(edges, network.tail[edges]), (back, network.head[back])]
    boxes = [
        _in_time(network, some, left - ticks[end], 0.0, network.lon[end], network.lat[end])
        for some, end in parts
    ]
    time = np.full(len(own), left)
    beside = np.full(len(own), origin.lon), np.full(len(own), origin.lat)
    boxes.append(_in_time(network, own, time, origin.distance_m, *beside))
    return _around(np.concatenate(boxes), origin)


def _in_time(
    network: Network,
    edges: Ints,
    time: Floats,
    more_m: float,
    lon: Floats,
    lat: Floats,
) -> Floats:
    """Return the boxes of edges, each cut to what lies as far from a place as its time goes, and so
    many metres more.
    """
    some = np.flatnonzero(time >= 0)
    edges, lon, lat = edges[some], lon[some], lat[some]
    share = np.minimum(time[some] / network.ticks[edges], 1)
    up = (share * network.length_m[edges] + more_m) / _LEAST_DEGREE_M
    aside = up / np.maximum(np.cos(np.radians(np.abs(lat) + up)), 0.01)
    box = network.boxes[edges]
    low = np.maximum(box[:, :2], np.column_stack([lon - aside, lat - up]))
    high = np.minimum(box[:, 2:], np.column_stack([lon + aside, lat + up]))
    return np.hstack([low, high])


def _claimed(
    network: Network,
    ticks: Floats,
    origin: Snap,
    extent: Extent,
    cell_m: float,
    limit: int,
) -> _Surface:
    """Lay the roads on the grid, reached or not, and walk off those that are, as far as the others
    leave ground.
    """
    # roads that are not reached in time count too: they claim the ground beside them
    margin_m = network.offroad_cap_m + 3 * cell_m
    near = _within(network.boxes, extent, margin_m)
    column, row, reached = _stamps(network, ticks, origin, near, cell_m)
    leave = _may_leave(network, near, origin, cell_m, len(column))

    # the grid holds what is reached in time, and a walk more
    within = reached <= limit
    ring = int(np.ceil(network.offroad_cap_m / cell_m)) + 2
    low = int(column[within].min()) - ring, int(row[within].min()) - ring
    width, height = (
        int(part[within].max()) + ring + 2 - first
        for part, first in zip((column, row), low, strict=True)
    )
    inside, cells = _on_grid(column, row, low, width, height)
    sheet = Sheet(
        height, width, cells, reached[inside], leave[inside],
        _wall_cells(network, origin, extent, margin_m, cell_m, low, width, height),
    )  # fmt: skip
    # a knot stands up to a cell and more from its road: the walk is so much shorter
    cap_m = max(network.offroad_cap_m - cell_m / 2, cell_m)
    return _Surface(washed(sheet, cell_m, cap_m, network.offroad_kmh, limit), *low, cell_m)


def _may_leave(
    network: Network,
    edges: Ints,
    origin: Snap,
    cell_m: float,
    size: int,
) -> Bools:
    """Return for each stamp whether one can leave the road there: not from motorways, ramps and
    tunnels.
    """
    leave = np.ones(size, dtype=bool)
    if network.shut is not None and network.shut[edges].any():
        counts = network.traces.counts(network, edges, origin.crs, cell_m)
        leave[: counts.sum()] = ~np.repeat(network.shut[edges], counts)
    return leave


def _within(
    boxes: Floats,
    extent: Extent,
    margin_m: float,
) -> Ints:
    """Return the numbers of the boxes that come within the margin of the extent."""
    west, south, east, north = extent
    up = margin_m / _METRES_PER_DEGREE
    aside = up / max(float(np.cos(np.radians(max(abs(south), abs(north))))), 0.01)
    return np.flatnonzero(
        (boxes[:, 0] <= east + aside)
        & (boxes[:, 2] >= west - aside)
        & (boxes[:, 1] <= north + up)
        & (boxes[:, 3] >= south - up)
    )


def _on_grid(
    column: Grid,
    row: Grid,
    low: tuple[int, int],
    width: int,
    height: int,
) -> tuple[Bools, Ints]:
    """Return which cells lie on the grid, and the flat numbers of these."""
    # the last column and row are left free: a cell needs the knots on its far sides
    right, up = column.astype(np.int64) - low[0], row.astype(np.int64) - low[1]
    inside = (right >= 0) & (right < width - 1) & (up >= 0) & (up < height - 1)
    return inside, up[inside] * width + right[inside]


def _wall_cells(
    network: Network,
    origin: Snap,
    extent: Extent,
    margin_m: float,
    cell_m: float,
    low: tuple[int, int],
    width: int,
    height: int,
) -> Ints:
    """Return the flat numbers of the cells that a river, a railway or a bank passes."""
    if network.walls is None:
        return np.empty(0, dtype=np.int64)
    near = _within(network.walls.boxes, extent, margin_m)
    if not len(near):
        return near
    along = network.walls.traces.passages(network.walls, near, origin.crs, cell_m)
    return np.unique(_on_grid(along.column, along.row, low, width, height)[1])


def _stamps(
    network: Network,
    ticks: Floats,
    origin: Snap,
    edges: Ints,
    cell_m: float,
) -> tuple[Grid, Grid, npt.NDArray[np.int64]]:
    """Return cells, by column and row, and the ticks when the roads and the walk to them first come
    there.
    """
    along = network.traces.passages(network, edges, origin.crs, cell_m)

    # infinite ticks would overflow as whole numbers: far stands for no way
    node = np.where(np.isfinite(ticks), ticks + origin.walk_ticks, _FAR).astype(np.int64)
    from_head = np.where(network.oneway[edges], _FAR, node[network.head[edges]])
    reached = np.minimum(
        np.repeat(node[network.tail[edges]], along.counts) + along.ahead,
        np.repeat(from_head, along.counts) + along.behind,
    )

    # on the origin's own edges time grows from the foot both ways, not from the ends
    begin = np.cumsum(along.counts) - along.counts
    for edge, own in zip(origin.edges.tolist(), origin.back.tolist(), strict=True):
        for at in np.flatnonzero(edges == edge).tolist():
            here = slice(int(begin[at]), int(begin[at] + along.counts[at]))
            first, last = along.ahead[here], network.ticks[edge] - along.behind[here]
            gap = (
                np.maximum(first - own, 0)
                if network.oneway[edge]
                else np.maximum(np.maximum(first - own, own - last), 0)
            )
            open_ = ~network.oneway[edge] | (last >= own)
            reached[here] = np.where(
                open_, np.minimum(reached[here], gap + origin.walk_ticks), reached[here]
            )

    # the walk from the place to its road belongs to the area
    walk, gone = _walk(origin, cell_m)
    column, row = np.floor(walk / cell_m).astype(np.int32).T
    return np.append(along.column, column), np.append(along.row, row), np.append(reached, gone)


def _walk(origin: Snap, cell_m: float) -> tuple[Floats, Ints]:
    """Return points from the origin to its foot, and the ticks to each."""
    share = np.linspace(0, 1, 1 + int(np.ceil(origin.distance_m * SAMPLES_PER_CELL / cell_m)))
    xy = origin.place + share[:, None] * (origin.foot - origin.place)
    return xy, np.rint(share * origin.walk_ticks).astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Surface:
    """Ticks at the knots of a grid; knot [0, 0] stands at (column, row) times the cell."""

    ticks: Grid
    column: int
    row: int
    cell_m: float


def _surface(
    column: Grid,
    row: Grid,
    reached: Ints,
    cell_m: float,
    network: Network,
) -> _Surface:
    """Spread the ticks of the cells over the knots.

    The four knots of a cell get its ticks, so that the road in it lies inside the contour; from
    there they grow by the walk, up to the cap.
    """
    ring = int(np.ceil(network.offroad_cap_m / cell_m)) + 1
    low = int(column.min()) - ring - 1, int(row.min()) - ring - 1
    width, height = int(column.max()) + ring + 3 - low[0], int(row.max()) + ring + 3 - low[1]
    cells = np.full(width * height, _FAR, dtype=np.int32)
    np.minimum.at(
        cells, (row.astype(np.int64) - low[1]) * width + (column - low[0]), reached.astype(np.int32)
    )

    # each cell hands its ticks to its four knots: first to the row below, then to the column beside
    knots = cells.reshape(height, width)
    knots[1:] = np.minimum(knots[1:], knots[:-1].copy())
    knots[:, 1:] = np.minimum(knots[:, 1:], knots[:, :-1].copy())
    return _Surface(_spread(knots, list(_walks(ring, cell_m, network))), *low, cell_m)


def _walks(
    ring: int,
    cell_m: float,
    network: Network,
) -> Iterator[tuple[int, int, int]]:
    """Yield the walks to the knots of a disc: rows down, columns across, ticks."""
    cap_m = network.offroad_cap_m
    for down in range(-ring, ring + 1):
        for across in range(-ring, ring + 1):
            metres = float(np.hypot(down, across)) * cell_m

            # beyond the cap time grows so steeply that no contour gets there: it closes just
            # outside the cap
            beyond_m = max(metres - cap_m, 0)
            if 0 < metres <= cap_m + cell_m:
                yield (
                    down,
                    across,
                    round(metres * 36 / network.offroad_kmh + beyond_m * _BEYOND_CAP_TICKS_PER_M),
                )


def _spread(knots: Grid, walks: Sequence[tuple[int, int, int]]) -> Grid:
    """Return the least ticks at each knot over every walk to it; knots within a ring of the edge
    are `_FAR`.
    """
    height, width = knots.shape
    spread = knots.copy()
    seeds = np.flatnonzero(knots < _FAR)

    # few roads on a wide grid: from each seed
    if len(seeds) < _FEW_SEEDS * knots.size:
        flat, start = spread.ravel(), knots.ravel()[seeds]
        for down, across, cost in walks:
            there = seeds + (down * width + across)
            flat[there] = np.minimum(flat[there], start + np.int32(cost))
        return spread

    # many: the whole grid, shifted, in blocks that stay in the cache
    rows = max(1, _BLOCK_KNOTS // width)
    room = np.empty((rows, width), dtype=np.int32)
    for top in range(0, height, rows):
        for down, across, cost in walks:
            first, last = max(top, down), min(top + rows, height, height + down)
            if first < last:
                to = slice(max(across, 0), width + min(across, 0))
                of = slice(max(-across, 0), width + min(-across, 0))
                shifted = room[: last - first, to]
                np.add(knots[first - down : last - down, of], np.int32(cost), out=shifted)
                np.minimum(spread[first:last, to], shifted, out=spread[first:last, to])
    return spread


def _outlines(
    surface: _Surface,
    limits: Sequence[int],
    origin: Snap,
) -> Iterator[Any]:
    """Yield where the surface is at most each limit, without specks and small holes, in degrees on
    the 1e-7 grid.

    The level lies between two ticks, so that no knot lies on an outline. A vertex lies on a side
    between two knots, at a sixteenth of it that is never an end: outlines of two levels then meet
    only in vertices, and never come nearer to each other than the rounding of degrees.
    """
    # ticks that nobody can reach would pull the level of a contour towards them
    level = np.minimum(surface.ticks, limits[-1] + 200 * TICKS_PER_MIN).astype(np.float64)
    generator = contour_generator(
        z=level,
        name="serial",
        fill_type=FillType.OuterOffset,
    )
    low = np.array([surface.column, surface.row])
    place = (origin.place / surface.cell_m - low) * LATTICE
    for limit in limits:
        filled: Any = generator.filled(-1.0, limit + 0.5)  # (points, ring offsets) of each polygon
        lattice = _on_lattice(np.concatenate(filled[0]))
        rings = _rings(lattice, filled[1])
        degrees = points_to_degrees((lattice / LATTICE + low) * surface.cell_m, origin.crs)
        yield _polygons(np.round(degrees, QUANTUM_DIGITS), lattice, rings, place)


def _on_lattice(knots: Floats) -> Ints:
    """Move points on the sides of a grid to sixteenths of the side, but not to its ends."""
    near = np.rint(knots)
    lattice = (near * LATTICE).astype(np.int64)
    point = np.arange(len(knots))

    # the side along which it lies: its other coordinate is a whole number but for rounding
    axis = (np.abs(knots - near)[:, 1] > np.abs(knots - near)[:, 0]).astype(np.int64)
    along = knots[point, axis]
    side = np.floor(along)
    lattice[point, axis] = side * LATTICE + np.clip(
        np.rint((along - side) * LATTICE), 1, LATTICE - 1
    )
    return lattice


@dataclass(frozen=True, slots=True)
class _Rings:
    """Closed rings, one after another: where each begins, the part it belongs to, whether a hole,
    its area in cells.
    """

    start: Ints
    part: Ints
    hole: Bools
    cells: Floats


def _rings(lattice: Ints, offsets: Sequence[Any]) -> _Rings:
    count = np.array([len(offset) - 1 for offset in offsets])
    size = np.concatenate([np.diff(offset.astype(np.int64)) for offset in offsets])
    start = np.concatenate([[0], np.cumsum(size)])
    part = np.repeat(np.arange(len(count)), count)
    hole = np.ones(len(size), dtype=bool)
    hole[np.cumsum(count) - count] = False
    x, y = lattice.T

    # the shoelace formula over all rings at once, without the step from one ring to the next
    twice = np.append(x[:-1] * y[1:] - x[1:] * y[:-1], 0)
    twice[start[1:] - 1] = 0
    cells = np.abs(np.add.reduceat(twice, start[:-1])) / (2 * LATTICE**2)
    return _Rings(start, part, hole, cells)


def _polygons(
    degrees: Floats,
    lattice: Ints,
    rings: _Rings,
    place: Floats,
) -> Any:
    """Return the parts with their holes; no specks without the origin, no small holes, nor what
    lies in these.
    """
    shells = np.flatnonzero(~rings.hole)
    large = rings.cells[shells] >= MIN_PART_CELLS
    for number in np.flatnonzero(~large).tolist():
        ring = slice(*rings.start[shells[number] : shells[number] + 2].tolist())
        large[number] = shapely.contains_xy(shapely.Polygon(lattice[ring]), *place)
    kept = np.where(rings.hole, rings.cells >= MIN_HOLE_CELLS, True) & large[rings.part]
    closed = shapely.polygons(
        _lines(degrees, rings, np.flatnonzero(rings.hole & ~kept & large[rings.part]))
    )
    if len(closed):
        points = shapely.points(degrees[rings.start[shells]])
        kept &= ~np.isin(rings.part, shapely.STRtree(closed).query(points, predicate="within")[0])
    used = np.flatnonzero(kept)
    _, part = np.unique(rings.part[used], return_inverse=True)
    return shapely.multipolygons(shapely.polygons(_lines(degrees, rings, used), indices=part))


def _lines(
    degrees: Floats,
    rings: _Rings,
    used: Ints,
) -> Any:
    size = np.diff(rings.start)[used]
    return shapely.linearrings(
        degrees[spans(rings.start[used], size)], indices=np.repeat(np.arange(len(used)), size)
    )


def _simplified(
    outlines: Sequence[Any],
    cell_m: float,
    origin: Snap,
) -> list[Any]:
    """Return the areas with fewer vertices, all outlines simplified together, so that they nest as
    before.
    """
    belts = [
        outlines[0],
        *(shapely.difference(outer, inner) for inner, outer in pairwise(outlines)),
    ]
    tolerance = (
        SIMPLIFY_CELLS * cell_m / (_METRES_PER_DEGREE * np.sqrt(np.cos(np.radians(origin.lat))))
    )
    filled = [number for number, belt in enumerate(belts) if not belt.is_empty]
    simple = shapely.coverage_simplify([belts[number] for number in filled], tolerance)
    within = np.searchsorted(filled, np.arange(len(belts)), side="right")
    found = [shapely.coverage_union_all(simple[:count]) for count in within]
    place = shapely.Point(origin.lon, origin.lat)
    if not (shapely.is_valid(found).all() and shapely.covers(found, place).all()):
        found = list(outlines)
    return [shapely.normalize(area) for area in found]


def nested(bands: Sequence[Any]) -> list[Any]:
    """Rebuild the areas from the pieces that all their outlines cut, so that each covers the one
    before.

    The outlines are noded together once, on the coordinate grid; an area is the sum of the pieces
    that it or a smaller one holds. Shared edges are then the same numbers, and nesting cannot fail
    by a rounding.
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
