"""A road network as arrays: from lines with speeds, or from nodes and chords.

Times are integers, 0.1 s each ("ticks"), fixed when the network is built: the search is exact on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import Geod

from ..errors import InputError, listed
from ..projection import to_geographic

if TYPE_CHECKING:
    from .fast import Steps
    from .trace import Traces

TICKS_PER_MIN = 600
"""Times are quantised to 0.1 s: at most 0.05 s of error per edge, and never 0."""
LINES_ERROR_SHARE = 0.15
"""Relative error of times assumed for a user's lines: their speeds know neither junctions nor traffic."""
LINES_OFFROAD_KMH = 4.0
"""Off a user's lines one walks, in a straight line; no slope or water is known here."""
LINES_OFFROAD_CAP_M = 150.0
"""A user's lines lie on the road, so an area reaches no farther off it than a block of houses."""
_LISTED_ROWS = 50
_UNITS_PER_DEGREE = 10_000_000
_LAT_BITS = 31  # 180 degrees in units take 31 bits, 360 take 32: together 63
_GEOD = Geod(ellps="GRS80")
_ALONG = {"true", "yes", "1", "1.0", "f", "ft"}
_BOTH = {"false", "no", "0", "0.0", "", "nan", "none", "<na>", "b", "n"}
_AGAINST = {"-1", "-1.0", "reverse", "t", "tf"}
"""Words of a column `oneway`: of OpenStreetMap, of Geofabrik's shapefiles (F, T, B), of navigation data (FT, TF, N)."""
MIN_KMH, MAX_LINE_KMH = 1.0, 400.0
"""A speed outside is a slip of the pen: slower than that one crawls, faster only trains run."""
LONGEST_STEP_M = 300_000.0
"""No road runs straight so far between two vertices: one of them lies wrong, as at 0,0."""
NEAR_END_M = 1.0
_CROSSINGS_LOOKED_AT = 200_000

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Legs:
    """Steps that no road takes, such as train rides: one way each, without a course.

    Attributes
    ----------
    hidden
        How many nodes stand beyond those of the roads (platforms, stations); they are numbered after them.
    tail, head, ticks
        From, to and time in 0.1 s of each step.
    notes
        What was assumed or left out, for the reader of what is made from them.
    error_min
        For each hidden node the error in minutes of the way to the place it stands for.
    stops
        Id, name and node of each stop.
    """

    hidden: int
    tail: Ints
    head: Ints
    ticks: Ints
    notes: tuple[str, ...] = ()
    error_min: Floats = field(default_factory=lambda: np.empty(0))
    stops: tuple[tuple[str, str, int], ...] = ()


@dataclass(frozen=True, eq=False)
class Network:
    """Roads as nodes and edges; nodes and edges stand in an order that the input's order does not change.

    Attributes
    ----------
    lon, lat
        Nodes, EPSG:4490 degrees on the 1e-7 grid, sorted by lon, lat.
    tail, head
        Node numbers of each edge; travel goes both ways unless `oneway`, then from tail to head.
    length_m, ticks
        Length in metres along the road and time in 0.1 s, at least 1.
    xy, start
        Course of edge i in lon, lat: ``xy[start[i]:start[i + 1]]``, from tail to head.
    time_error_share
        Stated relative error of the times, e.g. 0.25.
    offroad_kmh, offroad_cap_m
        Straight-line speed off the lines in km/h, and how far off them an area may reach, in metres.
    legs
        Steps beside the roads, or None.
    shut
        Edges that a place beside them cannot join between their ends (motorways, ramps, tunnels); None where nobody knows.
    notes
        What a reader of the answers should know of how the roads were read: what was lost, what does not join.

    What is derived from these (`steps`, `boxes`, `part_m`, `traces`) is made once, when first asked for, and is neither
    copied nor pickled.
    """

    id: str
    mode: str
    attribution: str
    lon: Floats
    lat: Floats
    tail: Ints
    head: Ints
    oneway: Bools
    length_m: Floats
    ticks: Ints
    xy: Floats
    start: Ints
    time_error_share: float
    offroad_kmh: float
    offroad_cap_m: float
    legs: Legs | None = None
    shut: Bools | None = None
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Number of nodes, hidden ones of `legs` included."""
        return len(self.lon) + (self.legs.hidden if self.legs else 0)

    @property
    def minutes(self) -> Floats:
        """Time of each edge in minutes."""
        return self.ticks / TICKS_PER_MIN

    def __getstate__(self) -> dict[str, Any]:
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @cached_property
    def steps(self) -> Steps:
        """Every permitted step, ready for many searches."""
        from scipy.sparse import csr_matrix

        from .fast import Steps, space_order

        tail, head, ticks = self.arcs()
        first = np.searchsorted(tail, np.arange(self.size + 1))
        matrix = csr_matrix((ticks.astype(np.float64), head, first), shape=(self.size, self.size))
        hidden = np.arange(len(self.lon), self.size)
        return Steps(matrix, np.concatenate([space_order(self.lon, self.lat), hidden]))

    @cached_property
    def boxes(self) -> Floats:
        """West, south, east, north of each edge in degrees."""
        first = self.start[:-1]
        sides = [reduce.reduceat(self.xy[:, k], first) for reduce in (np.minimum, np.maximum) for k in (0, 1)]
        return np.array(sides).T

    @cached_property
    def joinable(self) -> Ints | None:
        """Numbers of the edges that a place can join between their ends; None for all of them."""
        return None if self.shut is None or not self.shut.any() else np.flatnonzero(~self.shut)

    @cached_property
    def joinable_boxes(self) -> Floats:
        """The boxes of `joinable`."""
        return self.boxes if self.joinable is None else self.boxes[self.joinable]

    @cached_property
    def edge_tree(self) -> Any:
        """An STRtree of the boxes of `joinable`, degrees; numbers are places in `joinable`."""
        return shapely.STRtree(shapely.box(*self.joinable_boxes.T))

    @cached_property
    def turned(self) -> Network:
        """The network of :meth:`reversed`, kept for the next search."""
        return self.reversed()

    @cached_property
    def thoroughfare(self) -> tuple[Bools, Bools]:
        """For each node whether it leads to the main part of the network, and whether that leads to it.

        The main part is the one with most road in which every place reaches every other.
        """
        from scipy.sparse.csgraph import breadth_first_order, connected_components

        matrix = self.steps.matrix
        _, part = connected_components(matrix, directed=True, connection="strong")
        inside = part[self.tail] == part[self.head]
        lengths_m = np.bincount(part[self.tail[inside]], weights=self.length_m[inside], minlength=part.max() + 1)
        start = int(np.flatnonzero(part == int(lengths_m.argmax()))[0])
        both = []
        for graph in (matrix.T.tocsr(), matrix):
            reached = np.zeros(self.size, dtype=bool)
            reached[breadth_first_order(graph, start, directed=True, return_predecessors=False)] = True
            both.append(reached)
        return both[0], both[1]

    @cached_property
    def traces(self) -> Traces:
        """The courses laid on the grids of time surfaces, as far as areas have asked for them."""
        from .trace import Traces

        return Traces()

    def lines(self, edges: Ints) -> Any:
        """Return the courses of the numbered edges as an array of LineStrings, EPSG:4490."""
        counts = np.diff(self.start)[edges]
        return shapely.linestrings(self.xy[spans(self.start[edges], counts)], indices=_owners(counts))

    def reversed(self) -> Network:
        """Return the network with every one-way edge and leg turned round; reversed again it is as before."""
        turn = self.oneway
        counts = np.diff(self.start)
        first = np.where(turn, self.start[1:] - 1, self.start[:-1])
        legs = self.legs
        return replace(
            self,
            tail=np.where(turn, self.head, self.tail),
            head=np.where(turn, self.tail, self.head),
            xy=self.xy[spans(first, counts, np.where(turn, -1, 1))],
            legs=replace(legs, tail=legs.head, head=legs.tail) if legs else None,
        )

    def arcs(self) -> tuple[Ints, Ints, Ints]:
        """Return from, to, ticks of every permitted step; the fastest of parallel ones, no loops."""
        back = ~self.oneway
        legs = self.legs or _NO_LEGS
        origin = np.concatenate([self.tail, self.head[back], legs.tail])
        target = np.concatenate([self.head, self.tail[back], legs.head])
        ticks = np.concatenate([self.ticks, self.ticks[back], legs.ticks])
        order = np.lexsort((ticks, target, origin))
        origin, target, ticks = origin[order], target[order], ticks[order]
        first = np.ones(len(origin), dtype=bool)
        first[1:] = (origin[1:] != origin[:-1]) | (target[1:] != target[:-1])
        keep = first & (origin != target)
        return origin[keep], target[keep], ticks[keep]

    def part_length_m(self) -> Floats:
        """Return for each node the road length in metres of the connected part it belongs to."""
        return self.part_m

    @cached_property
    def part_m(self) -> Floats:
        """For each node the road length in metres of the connected part it belongs to."""
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import connected_components

        size = len(self.lon)
        links = coo_matrix((np.ones(len(self.tail)), (self.tail, self.head)), shape=(size, size))
        _, part = connected_components(links.tocsr(), directed=False)
        return np.asarray(np.bincount(part[self.tail], weights=self.length_m, minlength=part.max() + 1)[part])


WALK_KMH = 5.0
"""Speed on foot along a road."""
WALK_OFFROAD_KMH = 4.0
_NONE: Ints = np.empty(0, dtype=np.int64)
_NO_LEGS = Legs(0, _NONE, _NONE, _NONE)


def ticks_of(length_m: Floats, speed_kmh: Floats) -> Ints:
    """Return the time in 0.1 s, at least 1, of lengths in metres at speeds in km/h."""
    return np.maximum(np.rint(length_m * 36.0 / speed_kmh), 1).astype(np.int64)


def on_foot(network: Network) -> Network:
    """Return the same roads on foot: `WALK_KMH` both ways, `WALK_OFFROAD_KMH` off them.

    Roads that nobody may walk on are not known to the bundled network and to lines without a class; what was read as a
    network for walking is returned as it is.
    """
    if network.mode == "walk":
        return network
    ticks = ticks_of(network.length_m, np.full(len(network.length_m), WALK_KMH))
    both = np.zeros(len(ticks), dtype=bool)
    offroad_kmh = min(network.offroad_kmh, WALK_OFFROAD_KMH)
    return replace(network, mode="walk", ticks=ticks, oneway=both, offroad_kmh=offroad_kmh)


def network_from_lines(frame: gpd.GeoDataFrame, *, id: str = "lines", attribution: str = "") -> Network:
    """Build a network from lines with speeds.

    Lines join where an end of one lies on an end or another vertex of the other (on the 1e-7 degree grid);
    lines that only cross do not join, as on a flyover; `notes` count them.

    Parameters
    ----------
    frame
        LineStrings or MultiLineStrings in any declared CRS; `speed_kmh` from `MIN_KMH` to `MAX_LINE_KMH`; optional `oneway`,
        true (or F) for travel only in the direction of the line, -1 (or T) only against it (B or missing: both ways).
    id, attribution
        Name and owner of the roads, carried into what is made from them.

    Returns
    -------
    Network
        Lengths are geodesic on the CGCS2000 ellipsoid.

    Raises
    ------
    InputError
        If there is no CRS, no line, no `speed_kmh`, or any row is bad: all problems at once, by row.
    """
    if problems := list(_frame_problems(frame)):
        raise InputError(listed(f"network '{id}' cannot be built from these lines:", problems))
    drawn = frame.geometry.to_numpy()
    flat = shapely.force_2d(drawn) if shapely.has_z(drawn).any() else drawn
    against = _oneway(frame) == -1
    if against.any():
        flat = np.where(against, shapely.reverse(flat), flat)
    finite = _finite(flat)
    geometry = np.full(len(flat), None, dtype=object)
    geometry[finite] = np.asarray(to_geographic(flat[finite], frame.crs))
    if problems := list(_row_problems(frame, geometry)):
        more = [f"and {len(problems) - _LISTED_ROWS} more"] if len(problems) > _LISTED_ROWS else []
        heading = f"network '{id}' has lines that cannot be used:"
        raise InputError(listed(heading, problems[:_LISTED_ROWS] + more))
    parts, row = shapely.get_parts(geometry, return_index=True)
    xy, line = shapely.get_coordinates(parts, return_index=True)
    grid = np.rint(xy * _UNITS_PER_DEGREE).astype(np.int64)
    fresh = np.ones(len(grid), dtype=bool)
    fresh[1:] = (grid[1:] != grid[:-1]).any(axis=1) | (line[1:] != line[:-1])
    start, end = _split(grid[fresh], line[fresh])
    if len(start) == 0:
        raise InputError(f"network '{id}' has no line longer than 1e-7 degree (1 cm): nothing to travel on")
    speed = pd.to_numeric(frame["speed_kmh"]).to_numpy(dtype=np.float64)
    oneway = _oneway(frame)
    of_edge = row[line[fresh][start]]
    return assemble(
        grid[fresh], start, end, speed_kmh=speed[of_edge], oneway=oneway[of_edge] != 0, length_m=None,
        terms=Terms(id, "road", attribution, LINES_ERROR_SHARE, LINES_OFFROAD_KMH, LINES_OFFROAD_CAP_M),
        notes=tuple(_join_notes(parts)),
    )  # fmt: skip


def network_from_arrays(
    lonlat: npt.ArrayLike,
    edges: npt.ArrayLike,
    *,
    length_m: npt.ArrayLike,
    speed_kmh: npt.ArrayLike,
    shut: npt.ArrayLike | None = None,
    id: str,
    mode: str = "road",
    attribution: str = "",
    time_error_share: float,
    offroad_kmh: float,
    offroad_cap_m: float,
) -> Network:
    """Build a network of straight two-way edges from arrays.

    Parameters
    ----------
    lonlat
        Nodes, (n, 2) integers: EPSG:4490 degrees times 1e7, lon before lat.
    edges
        (m, 2) node numbers.
    length_m, speed_kmh
        Length along the road (a chord runs short of it) and speed, one per edge, above 0.
    shut
        Which edges are joined at their ends only; None for none.
    time_error_share, offroad_kmh, offroad_cap_m
        As in :class:`Network`.

    Returns
    -------
    Network
        Edges from a node to itself are left out.

    Raises
    ------
    InputError
        If an edge names a node that is not there, or a length or speed is not above 0.
    """
    nodes, ends = np.asarray(lonlat, dtype=np.int64), np.asarray(edges, dtype=np.int64)
    metres, speed = np.asarray(length_m, dtype=np.float64), np.asarray(speed_kmh, dtype=np.float64)
    if len(ends) == 0 or ends.min() < 0 or ends.max() >= len(nodes):
        raise InputError(f"network '{id}': edges must name nodes 0 to {len(nodes) - 1}, and there must be some")
    if not (np.isfinite(metres) & (metres > 0)).all() or not (np.isfinite(speed) & (speed > 0)).all():
        raise InputError(f"network '{id}': every length_m and speed_kmh must be above 0")
    keep = (nodes[ends[:, 0]] != nodes[ends[:, 1]]).any(axis=1)
    closed = np.zeros(len(ends), dtype=bool) if shut is None else np.asarray(shut, dtype=bool)
    ends = ends[keep]
    start = np.arange(0, 2 * len(ends), 2)
    return assemble(
        nodes[ends.ravel()], start, start + 1, speed_kmh=speed[keep], oneway=np.zeros(len(ends), dtype=bool),
        length_m=metres[keep], shut=closed[keep],
        terms=Terms(id, mode, attribution, time_error_share, offroad_kmh, offroad_cap_m),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Terms:
    """Name and stated constants of a network, as in :class:`Network`."""

    id: str
    mode: str
    attribution: str
    time_error_share: float
    offroad_kmh: float
    offroad_cap_m: float


def assemble(
    grid: Ints,
    first: Ints,
    last: Ints,
    *,
    speed_kmh: Floats,
    oneway: Bools,
    length_m: Floats | None,
    terms: Terms,
    shut: Bools | None = None,
    notes: tuple[str, ...] = (),
) -> Network:
    """Number the nodes, give every edge one direction and one place, whatever the order of the input."""
    keys, number = np.unique(np.concatenate([keys_of(grid[first]), keys_of(grid[last])]), return_inverse=True)
    tail, head = number[: len(first)], number[len(first) :]
    size = last - first + 1
    flip = ~oneway & ((tail > head) | ((tail == head) & (keys_of(grid[first + 1]) > keys_of(grid[last - 1]))))
    tail, head = np.where(flip, head, tail), np.where(flip, tail, head)
    second = keys_of(grid[np.where(flip, last - 1, first + 1)])
    xy = grid / _UNITS_PER_DEGREE
    if length_m is None:
        length_m = _geodesic_m(xy[spans(first, size)], _owners(size))
    ticks = ticks_of(length_m, speed_kmh)
    closed = np.zeros(len(first), dtype=bool) if shut is None else shut
    order = np.lexsort((closed, second, size, length_m, ticks, oneway, head, tail))
    course = spans(np.where(flip, last, first)[order], size[order], np.where(flip, -1, 1)[order])
    return Network(
        id=terms.id, mode=terms.mode, attribution=terms.attribution,
        lon=((keys >> _LAT_BITS) - 180 * _UNITS_PER_DEGREE) / _UNITS_PER_DEGREE,
        lat=((keys & ((1 << _LAT_BITS) - 1)) - 90 * _UNITS_PER_DEGREE) / _UNITS_PER_DEGREE,
        tail=tail[order], head=head[order], oneway=oneway[order],
        length_m=length_m[order], ticks=ticks[order],
        xy=xy[course], start=np.concatenate([[0], np.cumsum(size[order])]),
        time_error_share=terms.time_error_share,
        offroad_kmh=terms.offroad_kmh, offroad_cap_m=terms.offroad_cap_m,
        shut=closed[order] if closed.any() else None, notes=notes,
    )  # fmt: skip


def _split(grid: Ints, line: Ints) -> tuple[Ints, Ints]:
    """Cut lines at every vertex where some line ends; return first and last vertex of each piece."""
    change = np.flatnonzero(line[1:] != line[:-1])
    first, last = np.concatenate([[0], change + 1]), np.concatenate([change, [len(line) - 1]])
    key = keys_of(grid)
    ends = np.sort(np.concatenate([key[first], key[last]]))  # np.isin takes five times as long on a million lines
    is_node = ends[np.minimum(np.searchsorted(ends, key), len(ends) - 1)] == key
    cut = np.flatnonzero(is_node)
    same = line[cut[1:]] == line[cut[:-1]]
    return cut[:-1][same], cut[1:][same]


def keys_of(grid: Ints) -> Ints:
    """Return one number per place, (n, 2) degrees times 1e7, that sorts by lon, then lat."""
    lon, lat = grid[:, 0] + 180 * _UNITS_PER_DEGREE, grid[:, 1] + 90 * _UNITS_PER_DEGREE
    return np.asarray((lon << _LAT_BITS) | lat, dtype=np.int64)


def spans(first: Ints, counts: Ints, step: Ints | int = 1) -> Ints:
    """Return ``first, first + step, ...`` of each span, `counts` long, one after the other."""
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.asarray(np.repeat(first, counts) + within * np.repeat(np.broadcast_to(step, counts.shape), counts))


def _owners(counts: Ints) -> Ints:
    return np.repeat(np.arange(len(counts)), counts)


def geodesic_steps_m(grid: Ints, owner: Ints) -> Floats:
    """Return the metres on the ellipsoid from each place to the next; 0 where the next belongs to another owner."""
    xy = grid / _UNITS_PER_DEGREE
    _, _, metres = _GEOD.inv(xy[:-1, 0], xy[:-1, 1], xy[1:, 0], xy[1:, 1])
    return np.where(owner[1:] == owner[:-1], metres, 0.0)


def _geodesic_m(xy: Floats, owner: Ints) -> Floats:
    """Return the length in metres on the ellipsoid of each course."""
    _, _, metres = _GEOD.inv(xy[:-1, 0], xy[:-1, 1], xy[1:, 0], xy[1:, 1])
    inside = owner[1:] == owner[:-1]
    return np.asarray(np.bincount(owner[:-1][inside], weights=np.asarray(metres)[inside]))


def _frame_problems(frame: gpd.GeoDataFrame) -> Iterator[str]:
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        yield "not a GeoDataFrame with a geometry column"
        return
    if frame.crs is None:
        yield "no CRS; declare one (e.g. EPSG:4490), it is never guessed"
    if "speed_kmh" not in frame.columns:
        yield "no column speed_kmh; give every line its speed in km/h"
    if len(frame) == 0:
        yield "no rows"


def _row_problems(frame: gpd.GeoDataFrame, geometry: Any) -> Iterator[str]:
    speed = pd.to_numeric(frame["speed_kmh"], errors="coerce").to_numpy(dtype=np.float64)
    oneway = _oneway(frame)
    drawn = frame.geometry.to_numpy()
    bounds = shapely.bounds(geometry)
    with np.errstate(invalid="ignore"):
        on_earth = np.isfinite(bounds).all(axis=1) & (np.abs(bounds) <= [180, 90, 180, 90]).all(axis=1)
        slow = ~(np.isfinite(speed) & (speed >= MIN_KMH) & (speed <= MAX_LINE_KMH))
    kind = shapely.get_type_id(drawn)
    empty = shapely.is_missing(drawn) | shapely.is_empty(drawn)
    infinite = ~_finite(drawn) & ~empty
    far = _far_steps(geometry)
    bad = empty | ((kind != 1) & (kind != 5)) | infinite | ~on_earth | slow | (oneway < -1)
    for i in np.flatnonzero(bad | np.isin(np.arange(len(drawn)), list(far))).tolist():
        label = frame.index[i]
        if empty[i]:
            yield f"row {label}: no geometry"
        elif kind[i] not in (1, 5):
            yield f"row {label}: a {drawn[i].geom_type}, not a line"
        elif infinite[i]:
            yield f"row {label}: a vertex that is no number (NaN or infinite); draw the line again"
        elif not on_earth[i]:
            yield f"row {label}: coordinates outside lon -180..180, lat -90..90 (is the CRS the right one?)"
        elif i in far:
            yield f"row {label}: {far[i]}"
        if slow[i]:
            said = frame["speed_kmh"].iloc[i]
            yield f"row {label}: speed_kmh is {said}; it must be a number from {MIN_KMH:g} to {MAX_LINE_KMH:g}"
        if oneway[i] < -1:
            yield f"row {label}: oneway is {frame['oneway'].iloc[i]!r}; use true or false (F, T or B are read too)"


def _finite(shapes: Any) -> Bools:
    """Return which shapes have only numbers as coordinates."""
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    good = np.ones(len(shapes), dtype=bool)
    good[owner[~np.isfinite(xy).all(axis=1)]] = False
    return good


def _far_steps(shapes: Any) -> dict[int, str]:
    """Return for each shape with a step that no road takes what it is; shapes in degrees or None."""
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    if len(xy) < 2:
        return {}
    found: dict[int, str] = {}
    with np.errstate(invalid="ignore"):
        apart = np.abs(np.diff(xy, axis=0)).max(axis=1)
    for step in np.flatnonzero((apart * 111_000 > LONGEST_STEP_M) & (owner[1:] == owner[:-1])).tolist():
        found.setdefault(int(owner[step]), _step_words(xy[step], xy[step + 1]))
    return found


def _step_words(here: Any, there: Any) -> str:
    return (
        f"a step of over {LONGEST_STEP_M / 1000:g} km between two vertices, {here[0]:.7g},{here[1]:.7g} and "
        f"{there[0]:.7g},{there[1]:.7g}; one of them lies wrong"
    )


def overlong(grid: Ints, owner: Ints) -> str | None:
    """Say that a course takes a step that no road takes; None where none does (`grid` in degrees times 1e7)."""
    apart = np.abs(np.diff(grid, axis=0)).max(axis=1) / _UNITS_PER_DEGREE if len(grid) > 1 else np.empty(0)
    far = np.flatnonzero((apart * 111_000 > LONGEST_STEP_M) & (owner[1:] == owner[:-1]))
    return _step_words(*(grid[far[0] : far[0] + 2] / _UNITS_PER_DEGREE)) if len(far) else None


def _join_notes(parts: Any) -> Iterator[str]:
    """Count where lines cross, or end beside one another, without joining: right for bridges, a fault of drawing elsewhere."""
    if len(parts) > _CROSSINGS_LOOKED_AT:
        yield f"with {len(parts)} lines nobody looked where lines cross without joining"
        return
    tree = shapely.STRtree(parts)
    left, right = tree.query(parts, predicate="crosses")
    left, right = left[left < right], right[left < right]
    if len(left):
        where = shapely.get_coordinates(shapely.intersection(parts[left[0]], parts[right[0]]))[0]
        yield (
            f"{len(left)} pair(s) of lines cross and do not join there, e.g. at {where[0]:.5f},{where[1]:.5f}: right for "
            "bridges; where they do meet, split the lines there (node them) first"
        )
    ends = shapely.get_coordinates(shapely.get_point(np.concatenate([parts, parts]), np.repeat([0, -1], len(parts))))
    key = keys_of(np.rint(ends * _UNITS_PER_DEGREE).astype(np.int64))
    xy = shapely.get_coordinates(parts)
    vertices, uses = np.unique(keys_of(np.rint(xy * _UNITS_PER_DEGREE).astype(np.int64)), return_counts=True)
    loose = np.flatnonzero(uses[np.searchsorted(vertices, key)] == 1)
    end, line = tree.query(shapely.points(ends[loose]), predicate="dwithin", distance=NEAR_END_M / 111_000)
    beside = np.unique(end[line != loose[end] % len(parts)])
    if len(beside):
        where = ends[loose[beside[0]]]
        yield (
            f"{len(beside)} end(s) of lines lie within {NEAR_END_M:g} m of another line and do not join it, e.g. at "
            f"{where[0]:.5f},{where[1]:.5f}: snap them to it first if they should"
        )


def _oneway(frame: gpd.GeoDataFrame) -> Ints:
    """Return 1 for one-way along the line, -1 against it, 0 for both ways, -2 for a value that says none of them."""
    if "oneway" not in frame.columns:
        return np.zeros(len(frame), dtype=np.int64)
    words = [str(value).strip().lower() for value in frame["oneway"]]
    codes = [1 if w in _ALONG else 0 if w in _BOTH else -1 if w in _AGAINST else -2 for w in words]
    return np.array(codes, dtype=np.int64)
