"""A road network as arrays: from lines with speeds, or from nodes and chords.

Times are integers, 0.1 s each ("ticks"), fixed when the network is built: the search is exact on
them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import geopandas as gpd
import numpy as np
import scipy  # its parts load when they are first asked for: only a search needs them
import shapely

from ...errors import wrong_type
from ...geometry.projection import GEOGRAPHIC
from ...model.glance import card, counted, sketch
from ...model.shown import Shown
from .arrays import TICKS_PER_MIN, UNITS_PER_DEGREE, boxes_of, owners_of, spans, ticks_of
from .search import Steps, space_order
from .trace import Traces

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from ...geometry.shapes import Shapes
    from .arrays import Bools, Floats, Ints
    from .walls import Walls

MIN_KMH, MAX_LINE_KMH = 1.0, 400.0
"""A speed outside is a slip of the pen: slower than that one crawls, faster only trains run."""
LONGEST_STEP_M = 300_000.0
"""No road runs straight so far between two vertices: one of them lies wrong, as at 0,0."""
NEAR_END_M = 1.0


class HasNodesAndEdges(Protocol):
    """A graph of osmnx or networkx."""

    @property
    def nodes(self) -> Any: ...

    @property
    def edges(self) -> Any: ...


@dataclass(frozen=True, eq=False)
class Legs:
    """Steps that no road takes, such as train rides: one way each, without a course.

    Attributes
    ----------
    hidden
        How many nodes stand beyond those of the roads (platforms, stations); they are numbered
        after them.
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


@dataclass(
    frozen=True,
    eq=False,
    repr=False,
)
class Network(Shown):
    """Roads as nodes and edges; nodes and edges stand in an order that the input's order does not
    change.

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
        Straight-line speed off the lines in km/h, and how far off them an area may reach, in
        metres.
    legs
        Steps beside the roads, or None.
    shut
        Edges that a place beside them cannot join between their ends (motorways, ramps, tunnels);
        None where nobody knows.
    notes
        What a reader of the answers should know of how the roads were read: what was lost, what
        does not join.

    walls
        Lines that a walk off the roads does not cross; None where the source tells of none.

    What is derived from these (`steps`, `boxes`, `part_m`, `traces`) is made once, when first asked
    for, and is neither copied nor pickled.

    Examples
    --------
    >>> import sxgeo
    >>> network = sxgeo.load_network("taixin")
    >>> network.mode
    'road'
    >>> len(network) == network.size
    True
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
    walls: Walls | None = None

    def __repr__(self) -> str:
        rail = f", {counted(len(self.legs.stops), 'stop')} of rail" if self.legs else ""
        return (
            f"<Network {self.id} by {self.mode}: {counted(self.size, 'node')},"
            f" {counted(len(self.tail), 'edge')}{rail}, times within {self.time_error_share:.0%}>"
        )

    def _repr_html_(self) -> str:
        facts: dict[str, object] = {
            "节点 nodes": f"{self.size:,}",
            "路段 edges": f"{len(self.tail):,}",
            "总长 length": f"{self.length_m.sum() / 1000:,.0f} km",
            "时间误差 error of times": f"±{self.time_error_share:.0%}",
            "来源 from": self.attribution,
        }
        if self.notes:
            facts["说明 notes"] = "；".join(self.notes)

        # every 37th node: enough to see the shape of the roads, few enough for a picture in a
        # notebook
        points = shapely.points(
            self.lon[::37],
            self.lat[::37],
        )
        return card(
            f"路网 network · {self.id} · {self.mode}",
            facts,
            picture=sketch(list(points), ["#5a6f7d"] * len(points)),
        )

    def __len__(self) -> int:
        return self.size

    def __bool__(self) -> bool:
        """A network is one also where it is empty."""
        return True

    def to_frame(self) -> gpd.GeoDataFrame:
        """Return the edges.

        Returns
        -------
        GeoDataFrame
            EPSG:4490, in the order of the edges: `tail`, `head` (numbers of nodes), `oneway`,
            `length_m`, `minutes`, geometry.
        """
        columns = {
            "tail": self.tail,
            "head": self.head,
            "oneway": self.oneway,
            "length_m": self.length_m,
            "minutes": self.minutes,
        }
        courses = self.lines(np.arange(len(self.tail)))
        return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(courses, crs=GEOGRAPHIC))

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
        tail, head, ticks = self.arcs()
        first = np.searchsorted(tail, np.arange(self.size + 1))
        by_row = ticks.astype(np.float64), head, first
        matrix = scipy.sparse.csr_matrix(by_row, shape=(self.size, self.size))

        # hidden nodes have no place on the ground: they stand behind those that have one
        hidden = np.arange(len(self.lon), self.size)
        return Steps(
            matrix,
            np.concatenate([space_order(self.lon, self.lat), hidden]),
        )

    @cached_property
    def boxes(self) -> Floats:
        """West, south, east, north of each edge in degrees."""
        return boxes_of(self.xy, self.start)

    @cached_property
    def joinable(self) -> Ints | None:
        """Numbers of the edges that a place can join between their ends; None for all of them."""
        return None if self.shut is None or not self.shut.any() else np.flatnonzero(~self.shut)

    @cached_property
    def joinable_boxes(self) -> Floats:
        """The boxes of `joinable`."""
        return self.boxes if self.joinable is None else self.boxes[self.joinable]

    @cached_property
    def edge_tree(self) -> shapely.STRtree:
        """An STRtree of the boxes of `joinable`, degrees; numbers are places in `joinable`."""
        return shapely.STRtree(shapely.box(*self.joinable_boxes.T))

    @cached_property
    def turned(self) -> Network:
        """The network of :meth:`reversed`, kept for the next search."""
        return self.reversed()

    @cached_property
    def thoroughfare(self) -> tuple[Bools, Bools]:
        """For each node whether it leads to the main part of the roads that it is joined to, and
        whether that leads to it.

        The main part is the one with most road in which every place reaches every other. Roads that
        are apart on the ground have one each: what parts them is no one-way street.
        """
        matrix, csgraph = self.steps.matrix, scipy.sparse.csgraph
        _, part = csgraph.connected_components(matrix, directed=True, connection="strong")
        _, ground = csgraph.connected_components(matrix, directed=True, connection="weak")
        starts = self._main_nodes(part, ground)

        # every node of a main part reaches all of it, so one of them answers for all: forward
        # along the turned steps says who leads to it, along the steps whom it leads to
        leads_out, led_to = (_reached_from_any(graph, starts) for graph in (matrix.T, matrix))
        return leads_out, led_to

    def _main_nodes(self, part: Ints, ground: Ints) -> Ints:
        """Return a node of the main part of each ground, given the part and the ground of each
        node.
        """
        # the main part is the one with most road, not with most nodes: a dense car park is no
        # network
        inside = part[self.tail] == part[self.head]
        lengths_m = np.bincount(
            part[self.tail[inside]], weights=self.length_m[inside], minlength=part.max() + 1
        )
        _, first = np.unique(part, return_index=True)

        # of each ground the part with most road comes first
        of_ground = ground[first]
        order = np.lexsort((-lengths_m, of_ground))
        lead = np.concatenate(
            [
                [True],
                of_ground[order][1:] != of_ground[order][:-1],
            ]
        )
        return np.asarray(first[order[lead]])

    @cached_property
    def traces(self) -> Traces:
        """The courses laid on the grids of time surfaces, as far as areas have asked for them."""
        return Traces()

    def lines(self, edges: Ints) -> Shapes:
        """Return the courses of the numbered edges as an array of LineStrings, EPSG:4490."""
        counts = np.diff(self.start)[edges]
        courses: Shapes = shapely.linestrings(
            self.xy[spans(self.start[edges], counts)], indices=owners_of(counts)
        )
        return courses

    def reversed(self) -> Network:
        """Return the network with every one-way edge and leg turned round; reversed again it is as
        before.
        """
        turn = self.oneway
        counts = np.diff(self.start)

        # a turned course is read from its last vertex back
        first = np.where(
            turn,
            self.start[1:] - 1,
            self.start[:-1],
        )
        legs = self.legs
        return replace(
            self,
            tail=np.where(turn, self.head, self.tail),
            head=np.where(turn, self.tail, self.head),
            xy=self.xy[
                spans(
                    first,
                    counts,
                    np.where(turn, -1, 1),
                )
            ],
            legs=replace(legs, tail=legs.head, head=legs.tail) if legs else None,
        )

    def arcs(self) -> tuple[Ints, Ints, Ints]:
        """Return from, to, ticks of every permitted step; the fastest of parallel ones, no
        loops.
        """
        back = ~self.oneway

        # rides stand beside the roads, and go one way each
        legs = self.legs or _NO_LEGS
        origin = np.concatenate(
            [
                self.tail,
                self.head[back],
                legs.tail,
            ]
        )
        target = np.concatenate(
            [
                self.head,
                self.tail[back],
                legs.head,
            ]
        )
        ticks = np.concatenate(
            [
                self.ticks,
                self.ticks[back],
                legs.ticks,
            ]
        )
        return _quickest_steps(origin, target, ticks)

    def part_length_m(self) -> Floats:
        """Return for each node the road length in metres of the connected part it belongs to."""
        return self.part_m

    @cached_property
    def part_m(self) -> Floats:
        """For each node the road length in metres of the connected part it belongs to."""
        size = len(self.lon)

        # one-way or not: a road that can only be left is still joined to the rest on the ground
        ones = np.ones(len(self.tail)), (self.tail, self.head)
        links = scipy.sparse.coo_matrix(ones, shape=(size, size))
        _, part = scipy.sparse.csgraph.connected_components(links.tocsr(), directed=False)
        return np.asarray(
            np.bincount(
                part[self.tail],
                weights=self.length_m,
                minlength=part.max() + 1,
            )[part]
        )


def _reached_from_any(graph: csr_matrix, starts: Ints) -> Bools:
    """Return which nodes are reached from at least one of some."""
    # one node more leads to all of them: a single search then answers
    size, rows = graph.shape[0], graph.tocsr()
    indices = np.concatenate([rows.indices, starts])
    pointer = np.append(rows.indptr, len(indices))
    by_row = np.ones(len(indices)), indices, pointer
    joined = scipy.sparse.csr_matrix(by_row, shape=(size + 1, size + 1))
    reached = np.zeros(size + 1, dtype=bool)
    order = scipy.sparse.csgraph.breadth_first_order(
        joined, size, directed=True, return_predecessors=False
    )
    reached[order] = True
    return reached[:size]


WALK_KMH = 5.0
"""Speed on foot along a road."""
WALK_OFFROAD_KMH = 4.0
_NONE: Ints = np.empty(0, dtype=np.int64)
_NO_LEGS = Legs(0, _NONE, _NONE, _NONE)


def on_foot(network: Network) -> Network:
    """Return the same roads on foot: `WALK_KMH` both ways, `WALK_OFFROAD_KMH` off them.

    Roads that nobody may walk on are not known to the bundled network and to lines without a class;
    what was read as a network for walking is returned as it is.
    """
    # its ways have speeds on foot of their own, as stairs have
    if network.mode == "walk":
        return network

    # one-way streets bind cars alone
    ticks = ticks_of(network.length_m, np.full(len(network.length_m), WALK_KMH))
    both = np.zeros(len(ticks), dtype=bool)

    # roads may state a speed beside them that is a car's
    offroad_kmh = min(network.offroad_kmh, WALK_OFFROAD_KMH)
    return replace(
        network,
        mode="walk",
        ticks=ticks,
        oneway=both,
        offroad_kmh=offroad_kmh,
    )


def step_words(here: Floats, there: Floats) -> str:
    return (
        f"a step of over {LONGEST_STEP_M / 1000:g} km between two vertices,"
        f" {here[0]:.7g},{here[1]:.7g} and {there[0]:.7g},{there[1]:.7g}; one of them lies wrong"
    )


def overlong(grid: Ints, owner: Ints) -> str | None:
    """Say that a course takes a step that no road takes; None where none does (`grid` in degrees
    times 1e7).
    """
    apart = (
        np.abs(np.diff(grid, axis=0)).max(axis=1) / UNITS_PER_DEGREE
        if len(grid) > 1
        else np.empty(0)
    )

    # a degree is taken for 111 km on either axis: too much from east to west, and still far more
    # than any road runs straight
    far = np.flatnonzero((apart * 111_000 > LONGEST_STEP_M) & (owner[1:] == owner[:-1]))
    return step_words(*(grid[far[0] : far[0] + 2] / UNITS_PER_DEGREE)) if len(far) else None


def checked_network(network: Network) -> Network:
    """Return a network as it was given.

    Raises
    ------
    UsageError
        If it is none.
    """
    if not isinstance(network, Network):
        raise wrong_type(
            "the network",
            network,
            "what sxgeo.load_network('taixin') or sxgeo.read_network(file) returns",
        )
    return network


def _quickest_steps(
    origin: Ints,
    target: Ints,
    ticks: Ints,
) -> tuple[Ints, Ints, Ints]:
    """Return the quickest of parallel steps, without those to their own node, which are part of no
    shortest way.
    """
    # the quickest comes first and is kept
    order = np.lexsort((ticks, target, origin))
    origin, target, ticks = origin[order], target[order], ticks[order]
    first = np.ones(len(origin), dtype=bool)
    first[1:] = (origin[1:] != origin[:-1]) | (target[1:] != target[:-1])
    keep = first & (origin != target)
    return origin[keep], target[keep], ticks[keep]
