"""Areas reached over open ground, and over ground and roads together: least-cost times, contoured
(pure).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from contourpy import FillType, contour_generator
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from ...errors import AnalysisError, InputError, UsageError, listed
from ...files.libraries import library
from ...geometry.projection import GEOGRAPHIC, ellipsoid_area_m2, quantise, to_degrees, to_plane
from ..network.arrays import TICKS_PER_MIN
from .origins import limits_of, read_places
from .surface import MIN_PART_CELLS, nested

if TYPE_CHECKING:
    from ...geometry.shapes import Shape, Shapes
    from ..network.arrays import Floats, Ints
    from ..network.graph import Network
    from .friction import FrictionSurface, Grid
    from .origins import Places

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
_SIDES = ((0, 1), (1, 0), (1, 1), (1, -1))
_BEYOND_MIN = 1.0


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
    limits, places = limits_of(minutes), read_places(origins, "origin")
    if not places.ids:
        raise UsageError("no origins given; give at least one")
    joint = (
        None
        if network is None
        else _Joint.build(surface, network.reversed() if reverse else network)
    )

    # an origin without an answer costs its own row, not those of the others
    unanswered: list[tuple[Any, str]] = []
    notes: list[tuple[Any, str]] = [("", note) for note in surface.notes]
    rows, answered = [], list[tuple[Any, float, float]]()
    for origin_id, lon, lat in zip(places.ids, places.lon, places.lat, strict=True):
        place = shapely.get_coordinates(to_plane(shapely.Point(lon, lat), surface.grid.crs))[0]
        try:
            cell = _cell_of(surface, place)
        except AnalysisError as error:
            unanswered.append((origin_id, str(error)))
            continue
        answered.append((origin_id, lon, lat))

        # on foot alone first: it says how far the nearest road is, and is what roads are compared
        # with
        walked = least_minutes(surface, cell, limit_min=float(limits[-1]))
        reached = (
            walked if joint is None else np.minimum(walked, joint.minutes(cell, float(limits[-1])))
        )
        if _at_edge(surface, reached, limits[-1]):
            notes.append(
                (
                    origin_id,
                    (
                        "its area goes on beyond the edge of the surface; give rasters that reach"
                        " farther"
                    ),
                )
            )
        road_min = np.nan if joint is None else joint.nearest_road_min(walked)
        for limit, shape in zip(
            limits, _areas(surface.grid, reached, limits, place, cell), strict=True
        ):
            rows.append(
                (
                    origin_id,
                    limit,
                    "overland",
                    round(ellipsoid_area_m2(shape) / 1e6, 4),
                    0.0,
                    _at_edge(surface, reached, limit),
                    road_min,
                    shape,
                )
            )
    if not rows:
        raise AnalysisError(
            listed("no origin can be answered:", [f"{i}: {reason}" for i, reason in unanswered])
        )
    found = gpd.GeoDataFrame(
        rows,
        columns=list(OVERLAND_COLUMNS),
        geometry="geometry",
        crs=GEOGRAPHIC,
    )
    if network is None:
        found = found.drop(columns="road_min")
    found.attrs.update(
        unanswered=unanswered,
        notes=notes,
        time_error_share=None,
    )
    found.attrs["origins"] = answered
    found.attrs.update(
        network=network.id if network else "", attribution=network.attribution if network else ""
    )
    return found


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
    graph = library("skimage.graph", "times over a surface need scikit-image")
    pace, side = surface.min_per_m, surface.grid.cell_m

    # no way within the limit leaves the square that the cheapest pace crosses in that time
    ring = max(pace.shape)
    if np.isfinite(limit_min):
        ring = int(min(ring, np.ceil(limit_min / (float(pace.min()) * side)) + 1))
    top, left = max(cell[0] - ring, 0), max(cell[1] - ring, 0)
    part = (slice(top, cell[0] + ring + 1), slice(left, cell[1] + ring + 1))

    # a negative cost is what MCP takes for ground that nobody passes
    costs = np.where(np.isfinite(pace[part]), pace[part], -1.0)
    found, _ = graph.MCP_Geometric(costs, sampling=(side, side)).find_costs(
        [(cell[0] - top, cell[1] - left)]
    )
    minutes = np.full(pace.shape, np.inf)
    minutes[part] = np.where(found <= limit_min, found, np.inf)
    return minutes


def _cell_of(surface: FrictionSurface, place: Floats) -> tuple[int, int]:
    row, column, inside = surface.grid.cells(place[0], place[1])
    if not inside:
        raise AnalysisError("it lies outside the surface; give rasters or bounds that hold it")
    cell = int(row), int(column)
    if np.isfinite(surface.min_per_m[cell]):
        return cell

    # nothing known and nobody passes are two answers
    if not surface.known[cell]:
        raise AnalysisError(
            "the rasters hold no value where it lies (nodata); fill the hole or move the origin"
        )
    raise AnalysisError(
        "it lies on a barrier, or on ground that nobody passes (speed 0); move it beside"
    )


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
        cells = surface.min_per_m.size
        _refuse_too_many(cells)
        pieces = _pieces(surface.grid, network)
        cell, reached_min = _beside(surface, pieces)
        joined = cell >= 0
        if not joined.any():
            raise InputError(
                f"no road of network '{network.id}' lies on the surface; give rasters that cover"
                " the roads"
            )

        # cells are numbered first, then the points of the roads
        road = cells + pieces.node[joined]
        steps = [
            (cell[joined], road, reached_min[joined]),
            (road, cell[joined], reached_min[joined]),
            *((cells + a, cells + b, t) for a, b, t in _along(network, pieces)),
        ]
        matrix = _matrix(
            surface,
            _fastest(*(np.concatenate(column) for column in zip(*steps, strict=True))),
            pieces.size,
        )
        return cls(surface, matrix, cell[joined], reached_min[joined])

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


def _fastest(
    tail: Ints,
    head: Ints,
    cost: Floats,
) -> tuple[Ints, Ints, Floats]:
    """Return the fastest of parallel steps (a matrix would add them up), by tail."""
    # a sparse matrix would add parallel steps up
    order = np.lexsort((cost, head, tail))
    first = np.ones(len(order), dtype=bool)
    a, b = order[1:], order[:-1]
    first[1:] = (tail[a] != tail[b]) | (head[a] != head[b])
    kept = order[first]
    return tail[kept], head[kept], cost[kept]


def _matrix(
    surface: FrictionSurface,
    roads: tuple[Ints, Ints, Floats],
    road_nodes: int,
) -> csr_matrix:
    """Return all steps in CSR, filled in place: steps of the ground are too many to be sorted."""
    size = surface.min_per_m.size + road_nodes
    tail, head, cost = roads

    # each row gets the room it needs first; then the steps are put in place, side by side
    counts = np.bincount(tail, minlength=size)
    for ground, _, _ in _steps(surface):
        # a cell has one neighbour on each side, so that no cell stands twice in one step
        counts[ground] += 1
    first = np.concatenate([[0], np.cumsum(counts)])
    indices, minutes = np.empty(first[-1], dtype=np.int32), np.empty(first[-1])
    free = first[:-1].copy()
    for ground, there, needed in _steps(surface):
        place = free[ground]
        indices[place], minutes[place] = there, needed
        free[ground] += 1
    place = free[tail] + np.arange(len(tail)) - np.searchsorted(tail, tail)
    indices[place], minutes[place] = head, cost
    return csr_matrix((minutes, indices, first), shape=(size, size))


def _steps(surface: FrictionSurface) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Yield the steps between neighbouring cells, both ways."""
    pace, side = surface.min_per_m, surface.grid.cell_m
    rows, columns = pace.shape
    number = np.arange(rows * columns).reshape(rows, columns)
    for down, across in _SIDES:
        a = (slice(0, rows - down), slice(max(-across, 0), columns - max(across, 0)))
        b = (slice(down, rows), slice(max(across, 0), columns - max(-across, 0)))

        # half the step at the pace of each cell; a barrier is infinite, and no step crosses it
        cost = np.hypot(down, across) * side * (pace[a] + pace[b]) / 2
        open_ = np.isfinite(cost)
        yield number[a][open_], number[b][open_], cost[open_]
        yield number[b][open_], number[a][open_], cost[open_]


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

    fine = _fine(lines, grid)

    # shares run along the plane, which is near enough to the length along the road
    xy, edge = shapely.get_coordinates(fine, return_index=True)
    leap = np.concatenate([[0.0], np.hypot(*np.diff(xy, axis=0).T)])
    leap[np.concatenate([[True], edge[1:] != edge[:-1]])] = 0.0
    run = np.cumsum(leap)
    first = np.searchsorted(edge, edges)
    last = np.append(first[1:], len(edge)) - 1
    share = (run - run[first][edge]) / np.maximum(run[last] - run[first], 1e-9)[edge]

    # the ends of an edge are the nodes of the network, what lies between gets numbers behind them
    node = np.zeros(len(edge), dtype=np.int64)
    inner = np.ones(len(edge), dtype=bool)
    inner[first] = inner[last] = False
    node[inner] = network.size + np.arange(inner.sum())
    node[first], node[last] = network.tail, network.head
    return _Pieces(edge, share, xy, node, network.size + int(inner.sum()))


def _fine(lines: Shapes, grid: Grid) -> Shapes:
    """Cut lines at points no more than half a cell apart where they cross the grid; elsewhere
    their two ends are kept.
    """
    low = np.array([grid.west_m, grid.north_m - grid.rows * grid.cell_m])
    high = np.array([grid.west_m + grid.columns * grid.cell_m, grid.north_m])
    # edges off the surface keep their two ends: one can still drive along them and come back
    box = shapely.bounds(lines)
    near = (box[:, :2] <= high).all(axis=1) & (box[:, 2:] >= low).all(axis=1)
    fine = np.array(lines, dtype=object)
    fine[near] = shapely.segmentize(lines[near], grid.cell_m / 2)
    ends = [shapely.get_coordinates(shapely.get_point(lines[~near], at)) for at in (0, -1)]
    fine[~near] = shapely.linestrings(np.stack(ends, axis=1))
    return fine


def _beside(surface: FrictionSurface, pieces: _Pieces) -> tuple[Ints, Floats]:
    """Return the cell of each point (-1 for none that can be walked on) and the minutes to its
    centre.
    """
    grid = surface.grid
    row, column, inside = grid.cells(pieces.xy[:, 0], pieces.xy[:, 1])
    x, y = grid.centres()

    # from the road to the centre of its cell at the pace of that cell
    away_m = np.hypot(pieces.xy[:, 0] - x[column], pieces.xy[:, 1] - y[row])
    pace = surface.min_per_m[row, column]
    there = inside & np.isfinite(pace)
    return np.where(there, row * grid.columns + column, -1), np.where(
        there, away_m * np.where(there, pace, 0), np.inf
    )


def _along(network: Network, pieces: _Pieces) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Yield the steps from point to point along the edges, and those of rails beside them."""
    same = pieces.edge[1:] == pieces.edge[:-1]
    a, b, edge = pieces.node[:-1][same], pieces.node[1:][same], pieces.edge[1:][same]
    cost = np.diff(pieces.share)[same] * network.ticks[edge] / TICKS_PER_MIN
    yield a, b, cost

    # against a one-way edge nobody drives
    back = ~network.oneway[edge]
    yield b[back], a[back], cost[back]
    if network.legs is not None:
        yield network.legs.tail, network.legs.head, network.legs.ticks / TICKS_PER_MIN


def _areas(
    grid: Grid,
    minutes: Floats,
    limits: Sequence[float],
    place: Floats,
    cell: tuple[int, int],
) -> list[Shape]:
    """Return the nested areas within each limit, EPSG:4490 on the 1e-7 grid."""
    rows, columns = np.nonzero(minutes <= limits[-1])
    top, left = rows.min(), columns.min()
    part = (slice(top, rows.max() + 1), slice(left, columns.max() + 1))
    x, y = grid.centres()

    # a rim of infinite times closes every outline
    padded = np.pad(minutes[part], 1, constant_values=np.inf)
    xs = x[left] + grid.cell_m * np.arange(-1, padded.shape[1] - 1)
    ys = y[top] - grid.cell_m * np.arange(-1, padded.shape[0] - 1)
    half = grid.cell_m / 2

    # the cell of the origin belongs to its area, even where the limit is less than a step
    own = shapely.box(x[cell[1]] - half, y[cell[0]] - half, x[cell[1]] + half, y[cell[0]] + half)
    bands = [_band((xs, ys, padded), float(limit), grid.cell_m, own) for limit in limits]
    return nested([quantise(to_degrees(band, grid.crs)) for band in bands])


def _band(
    surface: tuple[Floats, Floats, Floats],
    limit_min: float,
    cell_m: float,
    own: Shape,
) -> Shape:
    """Return where the time is at most the limit, on the plane; the outline ends half a cell before
    what is not passed.
    """
    x, y, minutes = surface
    level = _with_edge(minutes, limit_min)
    generator = contour_generator(
        x=x,
        y=y,
        z=level,
        name="serial",
        fill_type=FillType.OuterOffset,
    )
    filled: Any = generator.filled(-1.0, limit_min)
    parts = [own]
    for coordinates, offset in zip(*filled, strict=True):
        shell, *holes = np.split(coordinates, offset[1:-1])

        # specks and holes of a few cells are the grid's, not the ground's
        large = [hole for hole in holes if shapely.Polygon(hole).area >= MIN_PART_CELLS * cell_m**2]
        part = shapely.Polygon(shell, large)
        if part.area >= MIN_PART_CELLS * cell_m**2 or shapely.intersects(part, own):
            parts.append(shapely.simplify(part, SIMPLIFY_CELLS * cell_m))
    return shapely.union_all(parts)


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
    return np.where(none, np.where(near <= limit_min, beyond, limit_min + _BEYOND_MIN), minutes)
