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
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

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
    from ..network.trace import Passages

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
_NEVER = 2**62  # above all ticks of ways that end on far nodes
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
    asked = _Asked(network, ticks, origin, cell_m, limits[-1])

    # dense roads bound one another: ground that another road serves is not walked over
    dense = network.offroad_cap_m <= CLAIM_CAP_M
    surface = _claimed(asked, extent) if dense else _surface(asked, edges)
    outlines = list(_outlines(surface, limits, origin))
    return _simplified(outlines, cell_m, origin)


@dataclass(frozen=True, eq=False)
class _Asked:
    """The search from one origin, and how it is to be drawn: cells and the largest limit."""

    network: Network
    ticks: Floats
    origin: Snap
    cell_m: float
    limit: int


@dataclass(frozen=True, eq=False)
class _Stamps:
    """Cells through which roads run, by column and row, and the ticks when one first comes there;
    a cell may stand here several times.
    """

    column: Grid
    row: Grid
    ticks: Ints

    def taken(self, which: Bools) -> _Stamps:
        """Return those of a mask."""
        return _Stamps(
            self.column[which],
            self.row[which],
            self.ticks[which],
        )


@dataclass(frozen=True, slots=True)
class _Frame:
    """A grid of knots: column and row of its first, and how many there are."""

    column: int
    row: int
    width: int
    height: int

    @classmethod
    def around(cls, stamps: _Stamps, ring: int) -> _Frame:
        """Return the grid that holds all stamps, with a ring of so many cells about them."""
        column, row = int(stamps.column.min()) - ring, int(stamps.row.min()) - ring

        # a cell needs the knots on its far sides too
        return cls(
            column,
            row,
            int(stamps.column.max()) + ring + 2 - column,
            int(stamps.row.max()) + ring + 2 - row,
        )

    def flat(self, column: Grid, row: Grid) -> tuple[Bools, Ints]:
        """Return which cells lie on the grid, and the flat numbers of these."""
        # the last column and row are left free: a cell needs the knots on its far sides
        right, up = column.astype(np.int64) - self.column, row.astype(np.int64) - self.row
        on_it = (right >= 0) & (right < self.width - 1)
        on_it &= (up >= 0) & (up < self.height - 1)
        return on_it, up[on_it] * self.width + right[on_it]


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

    # the walk off the roads needs ground on all sides
    across_m, up_m = _size_m(extent, crs) + 2 * cap_m

    # fine cells where the area is small enough for them; else as fine as the memory allows
    if cap_m <= CLAIM_CAP_M:
        for fine_m in FINE_CELLS_M:
            if across_m * up_m <= FINE_GRID_CELLS * fine_m**2:
                return fine_m
    least = float(np.sqrt(across_m * up_m / MAX_CELLS))
    return cell_m if least <= cell_m else float(np.ceil(least / 10) * 10)


def _size_m(extent: Extent, crs: str) -> Floats:
    west, south, east, north = extent
    corners = np.array(
        [
            [west, south],
            [west, north],
            [east, south],
            [east, north],
        ]
    )
    size: Floats = np.ptp(points_to_plane(corners, crs), axis=0)
    return size


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
    back = edges[~network.oneway[edges]]
    boxes = []
    for some, end in ((edges, network.tail[edges]), (back, network.head[back])):
        at = _Spot(network.lon[end], network.lat[end], 0.0)
        boxes.append(_in_time(network, some, left - ticks[end], at))
    boxes.append(_own_in_time(network, origin, left))
    return _around(np.concatenate(boxes), origin)


def _own_in_time(
    network: Network,
    origin: Snap,
    left: float,
) -> Floats:
    """Return the boxes of the origin's own edges, cut to what lies in time from beside them."""
    own = origin.edges

    # the edge may lie as far from the place as its walk is long
    beside = _Spot(
        np.full(len(own), origin.lon),
        np.full(len(own), origin.lat),
        origin.distance_m,
    )
    return _in_time(
        network,
        own,
        np.full(len(own), left),
        beside,
    )


@dataclass(frozen=True, eq=False)
class _Spot:
    """Where the time of an edge begins, and how far that may lie from the edge."""

    lon: Floats
    lat: Floats
    beside_m: float


def _in_time(
    network: Network,
    edges: Ints,
    time: Floats,
    at: _Spot,
) -> Floats:
    """Return the boxes of edges, each cut to what lies as far from a place as its time goes."""
    some = np.flatnonzero(time >= 0)
    edges, lon, lat = edges[some], at.lon[some], at.lat[some]
    share = np.minimum(time[some] / network.ticks[edges], 1)

    # generous to all sides: a box too large costs room, one too small would cut an area
    up = (share * network.length_m[edges] + at.beside_m) / _LEAST_DEGREE_M
    aside = up / np.maximum(
        np.cos(np.radians(np.abs(lat) + up)),
        0.01,
    )
    around = np.column_stack([lon - aside, lat - up, lon + aside, lat + up])
    return _common(network.boxes[edges], around)


def _common(boxes: Floats, others: Floats) -> Floats:
    """Return what boxes have in common with as many others; each is west, south, east, north."""
    low = np.maximum(boxes[:, :2], others[:, :2])
    high = np.minimum(boxes[:, 2:], others[:, 2:])
    return np.hstack([low, high])


def _claimed(asked: _Asked, extent: Extent) -> _Surface:
    """Lay the roads on the grid, reached or not, and walk off those that are, as far as the others
    leave ground.
    """
    network, cell_m = asked.network, asked.cell_m
    near = _Near(extent, network.offroad_cap_m + 3 * cell_m)

    # roads that are not reached in time count too: they claim the ground beside them
    edges = near.of(network.boxes)
    stamps = _stamps(asked, edges)
    leave = _may_leave(asked, edges, len(stamps.column))

    frame = _frame_in_time(asked, stamps)
    sheet = _sheet(frame, stamps, leave, _wall_cells(asked, near, frame))

    # a knot stands up to a cell and more from its road: the walk is so much shorter
    cap_m = max(network.offroad_cap_m - cell_m / 2, cell_m)
    ticks = washed(sheet, cell_m, cap_m, network.offroad_kmh, asked.limit)
    return _Surface(ticks, frame.column, frame.row, cell_m)


def _frame_in_time(asked: _Asked, stamps: _Stamps) -> _Frame:
    """Return the grid that holds what is reached in time, and a walk more."""
    ring = int(np.ceil(asked.network.offroad_cap_m / asked.cell_m)) + 2
    return _Frame.around(stamps.taken(stamps.ticks <= asked.limit), ring)


def _sheet(
    frame: _Frame,
    stamps: _Stamps,
    leave: Bools,
    walls: Ints,
) -> Sheet:
    """Return the ground of a frame: what is passed when, where one can leave, and the walls."""
    inside, cells = frame.flat(stamps.column, stamps.row)
    return Sheet(
        frame.height,
        frame.width,
        cells,
        stamps.ticks[inside],
        leave[inside],
        walls,
    )


def _may_leave(
    asked: _Asked,
    edges: Ints,
    size: int,
) -> Bools:
    """Return for each stamp whether one can leave the road there: not from motorways, ramps and
    tunnels.
    """
    network = asked.network
    leave = np.ones(size, dtype=bool)

    # stamps behind those of the roads are the walk to them, which runs over open ground
    if network.shut is not None and network.shut[edges].any():
        counts = network.traces.counts(network, edges, asked.origin.crs, asked.cell_m)
        leave[: counts.sum()] = ~np.repeat(network.shut[edges], counts)
    return leave


@dataclass(frozen=True, slots=True)
class _Near:
    """What lies within an extent or not farther from it than a margin."""

    extent: Extent
    margin_m: float

    def of(self, boxes: Floats) -> Ints:
        """Return the numbers of the boxes that come so near."""
        west, south, east, north = self.extent
        up = self.margin_m / _METRES_PER_DEGREE
        aside = up / max(
            float(np.cos(np.radians(max(abs(south), abs(north))))),
            0.01,
        )
        return np.flatnonzero(
            (boxes[:, 0] <= east + aside)
            & (boxes[:, 2] >= west - aside)
            & (boxes[:, 1] <= north + up)
            & (boxes[:, 3] >= south - up)
        )


def _wall_cells(
    asked: _Asked,
    near: _Near,
    frame: _Frame,
) -> Ints:
    """Return the flat numbers of the cells that a river, a railway or a bank passes."""
    walls = asked.network.walls
    if walls is None:
        return np.empty(0, dtype=np.int64)
    which = near.of(walls.boxes)
    if not len(which):
        return which
    along = walls.traces.passages(walls, which, asked.origin.crs, asked.cell_m)
    return np.unique(frame.flat(along.column, along.row)[1])


def _stamps(asked: _Asked, edges: Ints) -> _Stamps:
    """Return cells and the ticks when the roads and the walk to them first come there."""
    network, origin = asked.network, asked.origin
    along = network.traces.passages(network, edges, origin.crs, asked.cell_m)
    reached = _from_ends(asked, edges, along)
    _pass_the_foot(asked, edges, along, reached)

    # the walk from the place to its road belongs to the area
    walk, gone = _walk(origin, asked.cell_m)
    column, row = np.floor(walk / asked.cell_m).astype(np.int32).T
    return _Stamps(
        np.append(along.column, column), np.append(along.row, row), np.append(reached, gone)
    )


def _from_ends(
    asked: _Asked,
    edges: Ints,
    along: Passages,
) -> Ints:
    """Return the ticks when each passage of edges is reached from either end of its edge."""
    network, origin = asked.network, asked.origin

    # infinite ticks would overflow as whole numbers: far stands for no way
    ticks = asked.ticks
    node = np.where(np.isfinite(ticks), ticks + origin.walk_ticks, _FAR).astype(np.int64)

    # a one-way edge is not entered from its head
    from_head = np.where(
        network.oneway[edges],
        _FAR,
        node[network.head[edges]],
    )
    reached: Ints = np.minimum(
        np.repeat(node[network.tail[edges]], along.counts) + along.ahead,
        np.repeat(from_head, along.counts) + along.behind,
    )
    return reached


def _pass_the_foot(
    asked: _Asked,
    edges: Ints,
    along: Passages,
    reached: Ints,
) -> None:
    """Lower the ticks on the origin's own edges: there time grows from the foot both ways, not from
    the ends.
    """
    origin = asked.origin
    begin = np.cumsum(along.counts) - along.counts
    for edge, own in zip(
        origin.edges.tolist(),
        origin.back.tolist(),
        strict=True,
    ):
        for at in np.flatnonzero(edges == edge).tolist():
            here = slice(
                int(begin[at]),
                int(begin[at] + along.counts[at]),
            )
            gone = _from_foot(asked.network, edge, own, along, here) + origin.walk_ticks
            reached[here] = np.minimum(reached[here], gone)


def _from_foot(
    network: Network,
    edge: int,
    own: int,
    along: Passages,
    here: slice,
) -> Ints:
    """Return the ticks from a foot to stretches of its edge; a stretch that holds the foot takes
    none.
    """
    # all are counted from the tail, as the foot is
    first, last = along.ahead[here], network.ticks[edge] - along.behind[here]
    gap: Ints = np.maximum(first.astype(np.int64) - own, 0)

    # against a one-way edge what lies before the foot is not passed
    if network.oneway[edge]:
        gap = np.where(last >= own, gap, _NEVER)
    else:
        gap = np.maximum(gap, own - last)
    return gap


def _walk(origin: Snap, cell_m: float) -> tuple[Floats, Ints]:
    """Return points from the origin to its foot, and the ticks to each."""
    share = np.linspace(
        0,
        1,
        1 + int(np.ceil(origin.distance_m * SAMPLES_PER_CELL / cell_m)),
    )
    xy = origin.place + share[:, None] * (origin.foot - origin.place)
    return xy, np.rint(share * origin.walk_ticks).astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Surface:
    """Ticks at the knots of a grid; knot [0, 0] stands at (column, row) times the cell."""

    ticks: Grid
    column: int
    row: int
    cell_m: float


def _surface(asked: _Asked, edges: Ints) -> _Surface:
    """Spread the ticks of the cells over the knots.

    The four knots of a cell get its ticks, so that the road in it lies inside the contour; from
    there they grow by the walk, up to the cap.
    """
    cell_m = asked.cell_m
    stamps = _stamps(asked, edges)

    # what is reached later would only make the grid larger
    stamps = stamps.taken(stamps.ticks <= asked.limit)
    ring = int(np.ceil(asked.network.offroad_cap_m / cell_m)) + 1
    frame = _Frame.around(stamps, ring + 1)
    walks = list(_walks(ring, cell_m, asked.network))
    return _Surface(
        _spread(_knots(stamps, frame), walks),
        frame.column,
        frame.row,
        cell_m,
    )


def _knots(stamps: _Stamps, frame: _Frame) -> Grid:
    """Return the ticks of each knot: the least of the cells round it."""
    cells = np.full(frame.width * frame.height, _FAR, dtype=np.int32)
    _, number = frame.flat(stamps.column, stamps.row)
    np.minimum.at(cells, number, stamps.ticks.astype(np.int32))

    # each cell hands its ticks to its four knots: first to the row below, then to the column beside
    knots = cells.reshape(frame.height, frame.width)
    knots[1:] = np.minimum(
        knots[1:],
        knots[:-1].copy(),
    )
    knots[:, 1:] = np.minimum(
        knots[:, 1:],
        knots[:, :-1].copy(),
    )
    return knots


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
    seeds = np.flatnonzero(knots < _FAR)

    # few roads on a wide grid: from each of them; many: the whole grid at once
    if len(seeds) < _FEW_SEEDS * knots.size:
        return _spread_from(seeds, knots, walks)
    return _spread_shifted(knots, walks)


def _spread_from(
    seeds: Ints,
    knots: Grid,
    walks: Sequence[tuple[int, int, int]],
) -> Grid:
    spread = knots.copy()
    flat, start = spread.ravel(), knots.ravel()[seeds]
    for down, across, cost in walks:
        there = seeds + (down * knots.shape[1] + across)
        flat[there] = np.minimum(flat[there], start + np.int32(cost))
    return spread


def _spread_shifted(knots: Grid, walks: Sequence[tuple[int, int, int]]) -> Grid:
    height, width = knots.shape
    spread = knots.copy()
    moves = [_Move(down, np.int32(cost), *_columns(across, width)) for down, across, cost in walks]

    # in blocks that stay in the cache, with one room for all sums
    rows = max(1, _BLOCK_KNOTS // width)
    room = np.empty((rows, width), dtype=np.int32)
    for top in range(0, height, rows):
        _spread_block(knots, spread, top, moves, room)
    return spread


class _Move(NamedTuple):
    """A walk over a whole grid: rows down, its ticks, and the columns that it leaves from and comes
    to.
    """

    down: int
    cost: np.int32
    of: slice
    to: slice


def _spread_block(
    knots: Grid,
    spread: Grid,
    top: int,
    moves: Sequence[_Move],
    room: Grid,
) -> None:
    """Spread ticks over as many rows, from `top` on, as there is room for."""
    height, rows = len(knots), len(room)
    for down, cost, of, to in moves:
        first, last = max(top, down), min(top + rows, height, height + down)

        # a walk from beyond the edge brings nothing into this block
        if first >= last:
            continue
        shifted = room[: last - first, to]
        np.add(
            knots[first - down : last - down, of],
            cost,
            out=shifted,
        )
        np.minimum(
            spread[first:last, to],
            shifted,
            out=spread[first:last, to],
        )


def _columns(across: int, width: int) -> tuple[slice, slice]:
    """Return the columns that a walk across leaves from, and those that it comes to."""
    # what would leave the grid on one side has nothing to come from on the other
    return (
        slice(max(-across, 0), width + min(-across, 0)),
        slice(max(across, 0), width + min(across, 0)),
    )


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
    generator = _contours(_level(surface.ticks, limits[-1]))
    low = np.array([surface.column, surface.row])
    place = (origin.place / surface.cell_m - low) * LATTICE
    for limit in limits:
        points, offsets = generator.filled(-1.0, limit + 0.5)
        lattice = _on_lattice(np.concatenate(points))
        on_plane = (lattice / LATTICE + low) * surface.cell_m
        degrees = np.round(points_to_degrees(on_plane, origin.crs), QUANTUM_DIGITS)
        yield _polygons(degrees, lattice, _rings(lattice, offsets), place)


def _level(ticks: Grid, most: int) -> Floats:
    """Return the height of each knot, over which outlines are drawn."""
    # ticks that nobody can reach would pull the level of a contour towards them
    return np.minimum(ticks, most + 200 * TICKS_PER_MIN).astype(np.float64)


def _contours(level: Floats) -> Any:
    """Return what draws outlines: each polygon as points and the offsets of its rings."""
    return contour_generator(
        z=level,
        name="serial",
        fill_type=FillType.OuterOffset,
    )


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

    # the first ring of each part is its shell, the others are holes
    hole = np.ones(len(size), dtype=bool)
    hole[np.cumsum(count) - count] = False
    return _Rings(start, part, hole, _ring_cells(lattice, start))


def _ring_cells(lattice: Ints, start: Ints) -> Floats:
    """Return the area of each ring in cells."""
    x, y = lattice.T

    # the shoelace formula over all rings at once, without the step from one ring to the next
    twice = np.append(
        x[:-1] * y[1:] - x[1:] * y[:-1],
        0,
    )
    twice[start[1:] - 1] = 0
    cells: Floats = np.abs(np.add.reduceat(twice, start[:-1])) / (2 * LATTICE**2)
    return cells


def _polygons(
    degrees: Floats,
    lattice: Ints,
    rings: _Rings,
    place: Floats,
) -> Any:
    """Return the parts with their holes; no specks without the origin, no small holes, nor what
    lies in these.
    """
    large = _no_specks(lattice, rings, place)[rings.part]
    kept = np.where(rings.hole, rings.cells >= MIN_HOLE_CELLS, True) & large

    # a part that lies in a hole which is closed would lie twice in the area
    closed_holes = np.flatnonzero(rings.hole & ~kept & large)
    if len(closed_holes):
        kept &= ~np.isin(rings.part, _parts_inside(degrees, rings, closed_holes))
    used = np.flatnonzero(kept)
    _, part = np.unique(rings.part[used], return_inverse=True)
    return shapely.multipolygons(shapely.polygons(_lines(degrees, rings, used), indices=part))


def _parts_inside(
    degrees: Floats,
    rings: _Rings,
    holes: Ints,
) -> Ints:
    """Return the parts that lie in any of some holes: one point of each tells it."""
    closed = shapely.polygons(_lines(degrees, rings, holes))
    points = shapely.points(degrees[rings.start[:-1][~rings.hole]])
    parts: Ints = shapely.STRtree(closed).query(points, predicate="within")[0]
    return parts


def _no_specks(
    lattice: Ints,
    rings: _Rings,
    place: Floats,
) -> Bools:
    """Return for each part whether it is large enough, or holds the origin."""
    shells = np.flatnonzero(~rings.hole)
    large: Bools = rings.cells[shells] >= MIN_PART_CELLS

    # where little time is left the area is small, and still the answer
    for number in np.flatnonzero(~large).tolist():
        ring = slice(*rings.start[shells[number] : shells[number] + 2].tolist())
        large[number] = shapely.contains_xy(shapely.Polygon(lattice[ring]), *place)
    return large


def _lines(
    degrees: Floats,
    rings: _Rings,
    used: Ints,
) -> Any:
    size = np.diff(rings.start)[used]
    return shapely.linearrings(
        degrees[spans(rings.start[used], size)],
        indices=np.repeat(np.arange(len(used)), size),
    )


def _simplified(
    outlines: Sequence[Any],
    cell_m: float,
    origin: Snap,
) -> list[Any]:
    """Return the areas with fewer vertices, all outlines simplified together, so that they nest as
    before.
    """
    found = _sums_of_simple(_belts(outlines), _tolerance_deg(cell_m, origin.lat))

    # the origin may stand so near to an outline that the simpler one leaves it out
    place = shapely.Point(origin.lon, origin.lat)
    if not (shapely.is_valid(found).all() and shapely.covers(found, place).all()):
        found = list(outlines)
    return [shapely.normalize(area) for area in found]


def _belts(outlines: Sequence[Any]) -> list[Any]:
    """Return what each outline has more than the one before: belts that share their edges."""
    rings = [shapely.difference(outer, inner) for inner, outer in pairwise(outlines)]
    return [outlines[0], *rings]


def _tolerance_deg(cell_m: float, lat: float) -> float:
    # a degree of longitude is shorter than one of latitude: the root lies between the two
    degree_m = _METRES_PER_DEGREE * np.sqrt(np.cos(np.radians(lat)))
    return float(SIMPLIFY_CELLS * cell_m / degree_m)


def _sums_of_simple(belts: list[Any], tolerance_deg: float) -> list[Any]:
    """Simplify belts as one coverage, and return the sum of each with those before it."""
    # a limit that adds nothing has an empty belt, which is no part of a coverage
    filled = [number for number, belt in enumerate(belts) if not belt.is_empty]
    simple = shapely.coverage_simplify([belts[number] for number in filled], tolerance_deg)
    counts = np.searchsorted(filled, np.arange(len(belts)), side="right")
    return [shapely.coverage_union_all(simple[:count]) for count in counts]


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

    # the grid of the union leaves a last digit: the numbers are those of the files
    pieces = shapely.transform(pieces, lambda xy: np.round(xy, QUANTUM_DIGITS))
    inner = shapely.point_on_surface(pieces)
    held = np.zeros(len(pieces), dtype=bool)
    rebuilt = []
    for band in bands:
        shapely.prepare(band)

        # a piece that a smaller area holds belongs to all larger ones
        held |= shapely.contains(band, inner)
        rebuilt.append(shapely.normalize(shapely.coverage_union_all(pieces[held])))
    return rebuilt
