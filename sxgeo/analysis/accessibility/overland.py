"""Areas reached over open ground, and over ground and roads together: least-cost times, contoured
(pure).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from contourpy import FillType, contour_generator
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from ...errors import InputError
from ...files.libraries import library
from ...geometry.projection import GEOGRAPHIC, ellipsoid_area_m2, quantise, to_degrees, to_plane
from ..network.arrays import TICKS_PER_MIN
from .origins import limits_of, no_answer, origins_given
from .surface import MIN_PART_CELLS, nested

if TYPE_CHECKING:
    from ...geometry.shapes import Shape, Shapes
    from ..network.arrays import Bools, Floats, Ints
    from ..network.graph import Network
    from .friction import FrictionSurface, Grid
    from .origins import Note, Places, SortedPlaces

MAX_JOINT_CELLS = 4_000_000
"""Cells that can be searched together with roads: about 200 bytes each."""
SIMPLIFY_CELLS = 0.2
"""How far a line of an outline may move: less than the half cell that parts it from a barrier."""
OVERLAND_COLUMNS = (
    "origin_id",
    "minutes",
    "kind",
    "area_km2",
    "snap_m",
    "cut_by_edge",
    "road_min",
    "geometry",
)
EDGE_NOTE = "its area goes on beyond the edge of the surface; give rasters that reach farther"
_SIDES = ((0, 1), (1, 0), (1, 1), (1, -1))
"""Rows down and columns across to half of the neighbours; the others have them on these sides."""
_BEYOND_MIN = 1.0


@dataclass(frozen=True, eq=False)
class _Reach:
    """What one origin reaches: its cell, the minutes to every cell, and those to a road."""

    cell: tuple[int, int]
    minutes: Floats
    road_min: float


def overland_isochrones(
    surface: FrictionSurface,
    origins: Places,
    minutes: Sequence[float] = (15, 30, 60),
    *,
    network: Network | None = None,
    reverse: bool = False,
) -> gpd.GeoDataFrame:
    """Return the areas that each origin reaches on foot over a friction surface, or over it and
    along roads.

    Nothing is leapt over: an origin off the road goes over the surface to whichever road serves it
    best, and leaves the road again anywhere. Nobody crosses barriers or ground that is not known,
    except on a road of the network.

    Parameters
    ----------
    surface
        As :func:`sxgeo.friction_surface` builds it.
    origins
        As in :func:`sxgeo.travel_times`; an origin counts for the whole of its cell.
    minutes
        Limits above 0, strictly increasing.
    network
        Roads to be taken where they are faster; None walks everywhere.
    reverse
        Who can reach the place: one-way roads are taken the other way. The surface is the same both
        ways.

    Returns
    -------
    GeoDataFrame
        EPSG:4490, cumulative, one row per answered origin and limit, sorted so: `origin_id`,
        `minutes`, `kind` (``"overland"``), `area_km2` (on the ellipsoid), `snap_m` (0: nothing is
        leapt over), `cut_by_edge` (whether the area goes on beyond the edge of the surface or
        beside cells without values, where nothing is known), `road_min` (minutes over the surface
        to the nearest road, NaN where there is none; only with `network`), valid Polygon or
        MultiPolygon on the surface. ``attrs``: `unanswered` and `notes`, lists of (origin_id,
        text); `origins`, the answered ones with lon and lat; `network`, `attribution`;
        `time_error_share` is None: the error of walking times is not known.

    Raises
    ------
    UsageError
        If `minutes` are not above 0 and strictly increasing, or there are no origins.
    InputError
        If scikit-image is not installed, the origins cannot be read, no road of the network lies on
        the surface, or it has more than `MAX_JOINT_CELLS` cells for a search with roads.
    AnalysisError
        If no origin at all can be answered; it says why for each.

    Examples
    --------
    >>> import sxgeo
    >>> import numpy as np, rasterio
    >>> from rasterio.transform import from_bounds
    >>> grid = from_bounds(112.5, 37.8, 112.54, 37.84, 40, 40)
    >>> told = {"driver": "GTiff", "width": 40, "height": 40, "count": 1, "dtype": "float32"}
    >>> told |= {"crs": "EPSG:4490", "transform": grid}
    >>> with rasterio.open("dem.tif", "w", **told) as file:
    ...     file.write(np.full((1, 40, 40), 800, "float32"))
    >>> surface = sxgeo.friction_surface("dem.tif")
    >>> sxgeo.overland_isochrones(surface, (112.52, 37.82), minutes=[5])["minutes"].tolist()
    [5]
    """
    limits, places = limits_of(minutes), origins_given(origins)
    joint = None
    if network is not None:
        joint = _Joint.build(surface, network.reversed() if reverse else network)
    told = _answers(surface, joint, places, limits)
    if not told.rows:
        raise no_answer(told.unanswered)
    found = _frame_of(told.rows, network)
    found.attrs.update(
        unanswered=told.unanswered,
        notes=[*(("", note) for note in surface.notes), *told.notes],
        time_error_share=None,
        origins=told.answered,
        **_source_words(network),
    )
    return found


def _source_words(network: Network | None) -> dict[str, str]:
    """Return name and owner of the roads that were walked to; empty words without any."""
    if network is None:
        return {"network": "", "attribution": ""}
    return {"network": network.id, "attribution": network.attribution}


@dataclass(frozen=True, slots=True)
class _Answers:
    """What is told of all origins: rows, who is answered, who is not and why, and notes."""

    rows: list[tuple[Any, ...]] = field(default_factory=list)
    answered: list[tuple[Any, float, float]] = field(default_factory=list)
    unanswered: list[Note] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def _answers(
    surface: FrictionSurface,
    joint: _Joint | None,
    places: SortedPlaces,
    limits: Sequence[float],
) -> _Answers:
    """Answer one origin after another."""
    told = _Answers()
    for origin in zip(places.ids, places.lon, places.lat, strict=True):
        origin_id, lon, lat = origin

        cell = _cell_of(surface, lon, lat)

        # an origin without an answer costs its own row, not those of the others
        if isinstance(cell, str):
            told.unanswered.append((origin_id, cell))
            continue
        told.answered.append(origin)
        reach = _reach(surface, joint, cell, float(limits[-1]))
        if _at_edge(surface, reach.minutes, limits[-1]):
            told.notes.append((origin_id, EDGE_NOTE))
        told.rows.extend(_rows(surface, origin_id, reach, limits))
    return told


def _reach(
    surface: FrictionSurface,
    joint: _Joint | None,
    cell: tuple[int, int],
    limit_min: float,
) -> _Reach:
    """Return what is reached from a cell: over the ground, or over the ground and roads."""
    # on foot alone first: it says how far the nearest road is, and is what roads are compared with
    walked = least_minutes(surface, cell, limit_min=limit_min)
    if joint is None:
        return _Reach(cell, walked, np.nan)
    fastest = np.minimum(walked, joint.minutes(cell, limit_min))
    return _Reach(cell, fastest, joint.nearest_road_min(walked))


def _rows(
    surface: FrictionSurface,
    origin_id: Any,
    reach: _Reach,
    limits: Sequence[float],
) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each limit, in the order of the columns."""
    shapes = _areas(surface.grid, reach, limits)
    for limit, shape in zip(limits, shapes, strict=True):
        yield (
            origin_id,
            limit,
            "overland",
            round(ellipsoid_area_m2(shape) / 1e6, 4),
            0.0,  # nothing is leapt over on the way to a road
            _at_edge(surface, reach.minutes, limit),
            reach.road_min,
            shape,
        )


def _frame_of(rows: list[tuple[Any, ...]], network: Network | None) -> gpd.GeoDataFrame:
    found = gpd.GeoDataFrame(
        rows,
        columns=list(OVERLAND_COLUMNS),
        geometry="geometry",
        crs=GEOGRAPHIC,
    )

    # without roads the way to the nearest one was not asked
    return found.drop(columns="road_min") if network is None else found


def least_minutes(
    surface: FrictionSurface,
    cell: tuple[int, int],
    *,
    limit_min: float = np.inf,
) -> Floats:
    """Return the minutes from one cell to every other by the cheapest way over the surface.

    Ways run from centre to centre in eight directions (`skimage.graph.MCP_Geometric`); a step costs
    its length times the mean pace of both cells.

    Parameters
    ----------
    cell
        Row and column.
    limit_min
        Cells that nobody can reach within it are not looked at.

    Returns
    -------
    ndarray
        Of the surface's shape; infinite where there is no way, or none within the limit.

    Raises
    ------
    InputError
        If scikit-image is not installed.
    """
    part = _in_reach(surface, cell, limit_min)
    start = cell[0] - part[0].start, cell[1] - part[1].start
    found = _walked(surface.min_per_m[part], surface.grid.cell_m, start)

    # what lies farther than the limit was searched in part only
    minutes = np.full(surface.min_per_m.shape, np.inf)
    minutes[part] = np.where(found <= limit_min, found, np.inf)
    return minutes


def _walked(
    pace: Floats,
    side_m: float,
    start: tuple[int, int],
) -> Floats:
    graph = library("skimage.graph", "times over a surface need scikit-image")

    # a negative cost is what MCP takes for ground that nobody passes
    costs = np.where(np.isfinite(pace), pace, -1.0)
    search = graph.MCP_Geometric(costs, sampling=(side_m, side_m))
    minutes: Floats = search.find_costs([start])[0]
    return minutes


def _in_reach(
    surface: FrictionSurface,
    cell: tuple[int, int],
    limit_min: float,
) -> tuple[slice, slice]:
    """Return the part of the grid that no way within the limit leaves: a search over all of it
    would take as long for five minutes as for sixty.
    """
    pace = surface.min_per_m
    ring = max(pace.shape)

    # the square that the cheapest pace crosses in that time
    if np.isfinite(limit_min):
        least_min = float(pace.min()) * surface.grid.cell_m
        ring = int(min(ring, np.ceil(limit_min / least_min) + 1))
    top, left = (
        max(cell[0] - ring, 0),
        max(cell[1] - ring, 0),
    )
    return slice(top, cell[0] + ring + 1), slice(left, cell[1] + ring + 1)


def _cell_of(
    surface: FrictionSurface,
    lon: float,
    lat: float,
) -> tuple[int, int] | str:
    """Return row and column of a place; where it cannot be answered, say why."""
    x, y = shapely.get_coordinates(to_plane(shapely.Point(lon, lat), surface.grid.crs))[0]
    row, column, inside = surface.grid.cells(x, y)
    if not inside:
        return "it lies outside the surface; give rasters or bounds that hold it"
    cell = int(row), int(column)
    if np.isfinite(surface.min_per_m[cell]):
        return cell

    # nothing known and nobody passes are two answers
    if not surface.known[cell]:
        return "the rasters hold no value where it lies (nodata); fill the hole or move the origin"
    return "it lies on a barrier, or on ground that nobody passes (speed 0); move it beside"


def _at_edge(
    surface: FrictionSurface,
    minutes: Floats,
    limit: float,
) -> bool:
    """Say whether an area meets the rim of the grid, or cells of which the rasters say nothing."""
    within = minutes <= limit

    # beyond the rim nothing is known: the area may go on there
    rim = np.ones(within.shape, dtype=bool)
    rim[1:-1, 1:-1] = False
    if (within & rim).any():
        return True

    # a warped raster fills the rim of its grid with unknown cells: what touches one of them goes on
    # there, or may
    unknown = np.pad(~surface.known, 1)
    rows, columns = within.shape
    beside = np.zeros(within.shape, dtype=bool)
    for down in (0, 1, 2):
        for across in (0, 1, 2):
            beside |= unknown[down : down + rows, across : across + columns]
    return bool((within & beside).any())


@dataclass(frozen=True, eq=False)
class _Joint:
    """Cells, roads and the steps between them as one matrix of minutes.

    Nodes: the cells, row by row; the nodes of the network; the points where its edges are cut, so
    that one can leave or join a road in every cell that it crosses.
    """

    surface: FrictionSurface
    matrix: csr_matrix
    road_cells: Ints
    road_min: Floats

    @classmethod
    def build(cls, surface: FrictionSurface, network: Network) -> _Joint:
        _refuse_too_many(surface.min_per_m.size)
        pieces = _pieces(surface.grid, network)
        doors = _doors(surface, pieces)

        # where no road is met, the answer would look like one with roads and be one on foot
        if not len(doors.cell):
            raise InputError(
                f"no road of network '{network.id}' lies on the surface; give rasters that cover"
                " the roads"
            )
        steps = _road_steps(surface.min_per_m.size, doors, _along(network, pieces))
        matrix = _matrix(surface, _fastest(steps), pieces.size)
        return cls(surface, matrix, doors.cell, doors.minutes)

    def minutes(self, cell: tuple[int, int], limit_min: float) -> Floats:
        """Return the minutes from a cell to all cells, by ground and road."""
        shape = self.surface.min_per_m.shape
        start = cell[0] * shape[1] + cell[1]

        # the matrix holds roads too: of the answer only the cells are wanted
        found = dijkstra(
            self.matrix,
            directed=True,
            indices=start,
            limit=limit_min,
        )
        return np.asarray(found)[: shape[0] * shape[1]].reshape(shape)

    def nearest_road_min(self, walked: Floats) -> float:
        """Return the minutes over the ground to the nearest road; NaN where none is reached within
        the limit.
        """
        least = float((walked.ravel()[self.road_cells] + self.road_min).min())
        return round(least, 2) if np.isfinite(least) else np.nan


def _refuse_too_many(cells: int) -> None:
    """Refuse a surface that has too many cells to be searched together with roads."""
    if cells > MAX_JOINT_CELLS:
        raise InputError(
            f"the surface has {cells:,} cells; together with roads {MAX_JOINT_CELLS:,} can be"
            " searched. Give smaller bounds or a larger cell_m"
        )


@dataclass(frozen=True, eq=False)
class _Steps:
    """Steps from node to node, and the minutes that each takes."""

    tail: Ints
    head: Ints
    minutes: Floats

    def taken(self, which: Ints | Bools) -> _Steps:
        """Return some of them, by number or by a mask."""
        return _Steps(
            self.tail[which],
            self.head[which],
            self.minutes[which],
        )

    def back(self) -> _Steps:
        """Return them the other way."""
        return _Steps(self.head, self.tail, self.minutes)


def _road_steps(
    cells: int,
    doors: _Doors,
    along: Iterable[_Steps],
) -> _Steps:
    """Return the steps between ground and roads, and along the roads."""
    # cells are numbered first, then the points of the roads
    onto = _Steps(doors.cell, cells + doors.node, doors.minutes)
    driven = [
        _Steps(
            cells + step.tail,
            cells + step.head,
            step.minutes,
        )
        for step in along
    ]
    steps = [onto, onto.back(), *driven]
    return _Steps(
        np.concatenate([step.tail for step in steps]),
        np.concatenate([step.head for step in steps]),
        np.concatenate([step.minutes for step in steps]),
    )


def _fastest(steps: _Steps) -> _Steps:
    """Return the fastest of parallel steps (a sparse matrix would add them up), by tail."""
    ordered = steps.taken(np.lexsort((steps.minutes, steps.head, steps.tail)))
    tail, head = ordered.tail, ordered.head
    first = np.ones(len(tail), dtype=bool)
    first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    return ordered.taken(first)


def _matrix(
    surface: FrictionSurface,
    roads: _Steps,
    road_nodes: int,
) -> csr_matrix:
    """Return all steps in CSR, filled in place: steps of the ground are too many to be sorted."""
    size = surface.min_per_m.size + road_nodes
    first = _room(surface, roads, size)
    indices, minutes = (
        np.empty(first[-1], dtype=np.int32),
        np.empty(first[-1]),
    )

    # each row is filled from its beginning; `free` is where its next step goes
    free = first[:-1].copy()
    for step in _ground_steps(surface):
        place = free[step.tail]
        indices[place], minutes[place] = step.head, step.minutes
        free[step.tail] += 1

    # roads come by tail: the steps of one row stand side by side, behind those of the ground
    nth = np.arange(len(roads.tail)) - np.searchsorted(roads.tail, roads.tail)
    place = free[roads.tail] + nth
    indices[place], minutes[place] = roads.head, roads.minutes
    return csr_matrix((minutes, indices, first), shape=(size, size))


def _room(
    surface: FrictionSurface,
    roads: _Steps,
    size: int,
) -> Ints:
    """Return where each row of the matrix begins, and the end of the last."""
    counts = np.bincount(roads.tail, minlength=size)
    for step in _ground_steps(surface):
        # a cell has one neighbour on each side, so that no cell stands twice in one step
        counts[step.tail] += 1
    return np.concatenate([[0], np.cumsum(counts)])


def _ground_steps(surface: FrictionSurface) -> Iterator[_Steps]:
    """Yield the steps between neighbouring cells, both ways."""
    pace, side = surface.min_per_m, surface.grid.cell_m
    number = np.arange(pace.size).reshape(pace.shape)
    for down, across in _SIDES:
        here, there = _shifted(pace.shape, down, across)

        # half the step at the pace of each cell; a barrier is infinite, and no step crosses it
        cost = np.hypot(down, across) * side * (pace[here] + pace[there]) / 2
        open_ = np.isfinite(cost)
        step = _Steps(
            number[here][open_],
            number[there][open_],
            cost[open_],
        )
        yield step
        yield step.back()


def _shifted(
    shape: tuple[int, ...],
    down: int,
    across: int,
) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return the cells that have a neighbour so far down and across, and these neighbours."""
    rows, columns = shape
    here = (
        slice(0, rows - down),
        slice(max(-across, 0), columns - max(across, 0)),
    )
    there = (
        slice(down, rows),
        slice(
            max(across, 0),
            columns - max(-across, 0),
        ),
    )
    return here, there


@dataclass(frozen=True, eq=False)
class _Pieces:
    """The edges of a network on a plane, cut at points no more than half a cell apart.

    `edge`, `share`, `xy`, `node` of each point, edge by edge from tail to head; `size` counts the
    nodes, those of the network first.
    """

    edge: Ints
    share: Floats
    xy: Floats
    node: Ints
    size: int


def _pieces(grid: Grid, network: Network) -> _Pieces:
    edges = np.arange(len(network.tail))
    lines = to_plane(network.lines(edges), grid.crs)
    xy, edge = shapely.get_coordinates(_fine(lines, grid), return_index=True)

    # points come edge by edge, so that an edge is known by its first and its last
    first = np.searchsorted(edge, edges)
    last = np.append(first[1:], len(edge)) - 1
    share = _shares(xy, edge, first, last)
    return _Pieces(
        edge,
        share,
        xy,
        *_numbered(network, first, last, len(edge)),
    )


def _numbered(
    network: Network,
    first: Ints,
    last: Ints,
    points: int,
) -> tuple[Ints, int]:
    """Return the node of each point, and how many nodes there are."""
    # the ends of an edge are the nodes of the network, what lies between gets numbers behind them
    inner = np.ones(points, dtype=bool)
    inner[first] = inner[last] = False
    node = np.zeros(points, dtype=np.int64)
    node[inner] = network.size + np.arange(inner.sum())
    node[first], node[last] = network.tail, network.head
    return node, network.size + int(inner.sum())


def _shares(
    xy: Floats,
    edge: Ints,
    first: Ints,
    last: Ints,
) -> Floats:
    """Return how far along its edge each point lies, from 0 to 1."""
    # shares run along the plane, which is near enough to the length along the road
    leap = np.concatenate(
        [
            [0.0],
            np.hypot(*np.diff(xy, axis=0).T),
        ]
    )

    # from the end of one edge to the beginning of the next nobody goes
    leap[
        np.concatenate(
            [
                [True],
                edge[1:] != edge[:-1],
            ]
        )
    ] = 0.0
    run = np.cumsum(leap)
    begun = run[first]

    # an edge of no length, as a loop drawn as a point, must not divide by it
    whole = np.maximum(run[last] - begun, 1e-9)
    share: Floats = (run - begun[edge]) / whole[edge]
    return share


def _fine(lines: Shapes, grid: Grid) -> Shapes:
    """Cut lines at points no more than half a cell apart where they cross the grid; elsewhere
    their two ends are kept.
    """
    # edges off the surface keep their two ends: one can still drive along them and come back
    near = _near(lines, grid)
    fine = np.array(lines, dtype=object)
    fine[near] = shapely.segmentize(lines[near], grid.cell_m / 2)
    far = lines[~near]
    ends = [shapely.get_coordinates(shapely.get_point(far, at)) for at in (0, -1)]
    fine[~near] = shapely.linestrings(np.stack(ends, axis=1))
    return fine


def _near(lines: Shapes, grid: Grid) -> Bools:
    """Return which lines may cross the grid: those whose boxes meet it."""
    low = np.array(
        [
            grid.west_m,
            grid.north_m - grid.rows * grid.cell_m,
        ]
    )
    high = np.array(
        [
            grid.west_m + grid.columns * grid.cell_m,
            grid.north_m,
        ]
    )
    box = shapely.bounds(lines)
    near: Bools = (box[:, :2] <= high).all(axis=1) & (box[:, 2:] >= low).all(axis=1)
    return near


@dataclass(frozen=True, eq=False)
class _Doors:
    """Where ground and roads meet: a cell that can be walked on, a point of a road in it, and the
    minutes between its centre and that point.
    """

    cell: Ints
    node: Ints
    minutes: Floats


def _doors(surface: FrictionSurface, pieces: _Pieces) -> _Doors:
    """Return a door for each point of the roads that lies in a cell that can be walked on."""
    grid = surface.grid
    x, y = pieces.xy.T
    row, column, inside = grid.cells(x, y)
    pace = surface.min_per_m[row, column]

    # a bridge over a barrier and a road beyond the rim have no door
    open_ = inside & np.isfinite(pace)
    row, column = row[open_], column[open_]

    # from the road to the centre of its cell at the pace of that cell
    centre_x, centre_y = grid.centres()
    away_m = np.hypot(
        x[open_] - centre_x[column],
        y[open_] - centre_y[row],
    )
    return _Doors(
        row * grid.columns + column,
        pieces.node[open_],
        away_m * pace[open_],
    )


def _along(network: Network, pieces: _Pieces) -> Iterator[_Steps]:
    """Yield the steps from point to point along the edges, and those of rails beside them."""
    same = pieces.edge[1:] == pieces.edge[:-1]
    edge = pieces.edge[1:][same]
    cost = np.diff(pieces.share)[same] * network.ticks[edge] / TICKS_PER_MIN
    forward = _Steps(
        pieces.node[:-1][same],
        pieces.node[1:][same],
        cost,
    )
    yield forward

    # against a one-way edge nobody drives
    yield forward.taken(~network.oneway[edge]).back()
    if network.legs is not None:
        legs = network.legs
        yield _Steps(legs.tail, legs.head, legs.ticks / TICKS_PER_MIN)


@dataclass(frozen=True, eq=False)
class _Window:
    """The part of a grid that is reached and a rim round it: where the centres of its cells stand,
    and the minutes to them.
    """

    x: Floats
    y: Floats
    minutes: Floats
    cell_m: float


def _areas(
    grid: Grid,
    reach: _Reach,
    limits: Sequence[float],
) -> list[Shape]:
    """Return the nested areas within each limit, EPSG:4490 on the 1e-7 grid."""
    window = _window(grid, reach.minutes, limits[-1])
    x, y = grid.centres()
    half = grid.cell_m / 2

    # the cell of the origin belongs to its area, even where the limit is less than a step
    own_x, own_y = x[reach.cell[1]], y[reach.cell[0]]
    own = shapely.box(own_x - half, own_y - half, own_x + half, own_y + half)
    bands = [_band(window, float(limit), own) for limit in limits]
    return nested([quantise(to_degrees(band, grid.crs)) for band in bands])


def _window(
    grid: Grid,
    minutes: Floats,
    limit_min: float,
) -> _Window:
    rows, columns = np.nonzero(minutes <= limit_min)
    top, left = rows.min(), columns.min()
    x, y = grid.centres()

    # a rim of infinite times closes every outline
    part = minutes[top : rows.max() + 1, left : columns.max() + 1]
    padded = np.pad(part, 1, constant_values=np.inf)
    down, across = (grid.cell_m * np.arange(-1, size - 1) for size in padded.shape)
    return _Window(
        x[left] + across,
        y[top] - down,
        padded,
        grid.cell_m,
    )


def _band(
    window: _Window,
    limit_min: float,
    own: Shape,
) -> Shape:
    """Return where the time is at most the limit, on the plane; the outline ends half a cell before
    what is not passed.
    """
    generator = contour_generator(
        x=window.x,
        y=window.y,
        z=_with_edge(window.minutes, limit_min),
        name="serial",
        fill_type=FillType.OuterOffset,
    )
    filled: Any = generator.filled(-1.0, limit_min)
    least_m2 = MIN_PART_CELLS * window.cell_m**2
    parts = [own]
    for part in _without_holes_below(filled, least_m2):
        # specks of a few cells are the grid's, not the ground's; but where the origin stands is no
        # speck
        if part.area >= least_m2 or shapely.intersects(part, own):
            parts.append(shapely.simplify(part, SIMPLIFY_CELLS * window.cell_m))
    return shapely.union_all(parts)


def _without_holes_below(filled: Any, least_m2: float) -> Iterator[Shape]:
    """Yield what contourpy has filled, which has no types, without its small holes."""
    for coordinates, offset in zip(*filled, strict=True):
        shell, *holes = np.split(coordinates, offset[1:-1])
        yield shapely.Polygon(
            shell, [hole for hole in holes if shapely.Polygon(hole).area >= least_m2]
        )


def _with_edge(minutes: Floats, limit_min: float) -> Floats:
    """Return the times with a value where there is none, so that the contour lies half way to the
    nearest neighbour.
    """
    none = ~np.isfinite(minutes)
    padded = np.pad(minutes, 1, constant_values=np.inf)
    rows, columns = minutes.shape

    # the contour runs between cells: towards a barrier it is to end half way
    near = np.min(
        [
            padded[1 + i : 1 + i + rows, 1 + j : 1 + j + columns]
            for i in (-1, 0, 1)
            for j in (-1, 0, 1)
        ],
        axis=0,
    )
    beyond = np.maximum(2 * limit_min - near, limit_min + _BEYOND_MIN)
    return np.where(
        none,
        np.where(near <= limit_min, beyond, limit_min + _BEYOND_MIN),
        minutes,
    )
