"""The fastest way between places, with its course along the roads (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse.csgraph import dijkstra
from shapely.ops import substring

from ...errors import UsageError
from ...geometry.projection import GEOGRAPHIC, quantise, to_degrees, to_plane
from ..network.arrays import TICKS_PER_MIN
from ..network.graph import checked_network
from ..network.snap import search_graph
from .origins import read_places, snap_all

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...geometry.shapes import Shape
    from ..network.arrays import Floats, Ints
    from ..network.graph import Network
    from ..network.snap import Snap
    from .origins import Places

ROUTE_COLUMNS = ("origin_id", "destination_id", "minutes", "length_km", "offroad_m", "geometry")


def routes(
    network: Network,
    origins: Places,
    destinations: Places,
) -> gpd.GeoDataFrame:
    """Return the fastest way from every origin to every destination.

    The minutes are those of :func:`sxgeo.travel_times`, exactly: the same network, the same 0.1 s.

    Parameters
    ----------
    network
        Roads without rail, whose rides have no course.
    origins, destinations
        As in :func:`sxgeo.travel_times`.

    Returns
    -------
    GeoDataFrame
        EPSG:4490, one row per pair, sorted by the ids: `origin_id`, `destination_id`, `minutes`,
        `length_km` (along the roads as the network states their lengths, and the ways to them),
        `offroad_m` (the straight ways to the road at both ends), geometry LineString from place to
        place. Where there is no way minutes and length are NaN and the geometry is None; from a
        place to itself they are 0 and None. ``attrs``: `unanswered` as in
        :func:`sxgeo.travel_times`, `network`, `attribution`. Of ways that take equally long one is
        given, always the same.

    Raises
    ------
    UsageError
        If the network carries rail.
    InputError
        As in :func:`sxgeo.travel_times`.

    Examples
    --------
    >>> import sxgeo
    >>> network = sxgeo.load_network("taixin")
    >>> way = sxgeo.routes(network, (112.5489, 37.8706), (112.73, 38.42))
    >>> way.geometry.geom_type.tolist()
    ['LineString']
    """
    if checked_network(network).legs is not None:
        raise UsageError(
            "a route follows roads, and train rides have no course here; give the network without"
            " rail"
        )
    starts, ends = read_places(origins, "origin"), read_places(destinations, "destination")
    left, refused = snap_all(network, starts)
    right, lost = snap_all(network, ends)
    frame = _frame_of(starts.ids, ends.ids, _ways(network, left, right))
    frame.attrs.update(
        unanswered=refused + lost,
        network=network.id,
        attribution=network.attribution,
    )
    return frame


def _ways(
    network: Network,
    left: dict[int, Snap],
    right: dict[int, Snap],
) -> dict[tuple[int, int], _Way | None]:
    """Return the way between every two places on the roads, by their numbers."""
    graph = search_graph(network, list(left.values()))
    finder = _Finder(network)
    found = {}

    # one search from each origin serves all its destinations
    for number, (row, origin) in enumerate(left.items()):
        ticks, before = dijkstra(
            graph,
            directed=True,
            indices=network.size + number,
            return_predecessors=True,
        )
        for column, destination in right.items():
            found[row, column] = finder.way(origin, destination, ticks, before)
    return found


def _frame_of(
    origin_ids: Sequence[Any],
    destination_ids: Sequence[Any],
    found: Mapping[tuple[int, int], _Way | None],
) -> gpd.GeoDataFrame:
    """Return a row for each pair of places, answered or not."""
    # a missing row would read as no question
    pairs = [(i, j) for i in range(len(origin_ids)) for j in range(len(destination_ids))]
    ways = [found.get(pair) or _NO_WAY for pair in pairs]
    return gpd.GeoDataFrame(
        {
            "origin_id": [origin_ids[i] for i, _ in pairs],
            "destination_id": [destination_ids[j] for _, j in pairs],
            "minutes": _column(way.ticks / TICKS_PER_MIN for way in ways),
            "length_km": _column(round(way.length_m / 1000, 4) for way in ways),
            "offroad_m": _column(round(way.offroad_m, 1) for way in ways),
        },
        geometry=gpd.GeoSeries([way.course for way in ways], crs=GEOGRAPHIC),
    )


def _column(values: Iterator[float]) -> Floats:
    # of one kind for no pairs too
    return np.array(list(values), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class _Way:
    ticks: float
    length_m: float
    offroad_m: float
    course: Any


_NO_WAY = _Way(np.nan, np.nan, np.nan, None)


@dataclass(frozen=True, eq=False)
class _Finder:
    """Turns the predecessors of a search into courses."""

    network: Network

    @cached_property
    def _steps(self) -> tuple[Ints, Ints]:
        """Return (a key of from and to, edge) of every permitted step, the fastest of parallel ones
        first.
        """
        net = self.network
        edges = np.arange(len(net.tail))
        back = ~net.oneway
        edge = np.concatenate([edges, edges[back]])
        key = np.concatenate(
            [
                net.tail * net.size + net.head,
                (net.head * net.size + net.tail)[back],
            ]
        )

        # of parallel steps the search took the quickest; of equally quick ones the lowest edge is
        # told
        order = np.lexsort((edge, net.ticks[edge], key))
        return key[order], edge[order]

    def _edge_between(self, a: int, b: int) -> int:
        keys, edges = self._steps
        return int(edges[np.searchsorted(keys, a * self.network.size + b)])

    def way(
        self,
        origin: Snap,
        destination: Snap,
        ticks: Floats,
        before: Ints,
    ) -> _Way | None:
        """Return the fastest way between two places; None where there is none."""
        if _is_same_place(origin, destination):
            return _Way(0.0, 0.0, 0.0, None)
        best, end, edge, side = min(
            [*self._direct(origin, destination), *self._arrivals(destination, ticks)],
            default=_NOWHERE,
        )
        if not np.isfinite(best):
            return None
        foot = _share(self.network, destination, edge)
        if end < 0:
            # where both join one edge the way between them may pass no node at all
            pieces = [_Piece(edge, _share(self.network, origin, edge), foot)]
        else:
            pieces = [
                *self._along(origin, end, ticks, before),
                _Piece(edge, float(side), foot),
            ]
        whole = best + origin.walk_ticks + destination.walk_ticks
        return self._told(origin, destination, whole, pieces)

    def _direct(self, origin: Snap, destination: Snap) -> Iterator[tuple[float, int, int, int]]:
        """Yield (ticks, -1, edge, 0) for each edge that both places join."""
        for edge, own in zip(
            origin.edges.tolist(),
            origin.back.tolist(),
            strict=True,
        ):
            for other, back in zip(
                destination.edges.tolist(), destination.back.tolist(), strict=True
            ):
                if edge == other and (not self.network.oneway[edge] or back >= own):
                    yield float(abs(back - own)), -1, edge, 0

    def _arrivals(self, destination: Snap, ticks: Floats) -> Iterator[tuple[float, int, int, int]]:
        """Yield (ticks, node, edge, 0 for its tail or 1 for its head) for each end of the edges
        that are joined.
        """
        net = self.network
        for edge, back, ahead in zip(
            destination.edges.tolist(),
            destination.back.tolist(),
            destination.ahead.tolist(),
            strict=True,
        ):
            tail, head = int(net.tail[edge]), int(net.head[edge])
            yield float(ticks[tail] + back), tail, edge, 0
            if not net.oneway[edge] or ahead == 0:
                yield float(ticks[head] + ahead), head, edge, 1

    def _along(
        self,
        origin: Snap,
        end: int,
        ticks: Floats,
        before: Ints,
    ) -> list[_Piece]:
        """Return the edges from the origin's foot to a node."""
        nodes = self._nodes_to(end, before)
        pieces = [
            self._first(
                origin,
                nodes[0],
                float(ticks[nodes[0]]),
            )
        ]
        for a, b in pairwise(nodes):
            edge = self._edge_between(a, b)

            # an edge that is driven against its direction is told backwards
            ends = (0.0, 1.0) if int(self.network.tail[edge]) == a else (1.0, 0.0)
            pieces.append(_Piece(edge, *ends))
        return pieces

    def _nodes_to(self, end: int, before: Ints) -> list[int]:
        # predecessors lead back to the row of the origin, which stands behind all nodes
        nodes = [end]
        while before[nodes[-1]] < self.network.size:
            nodes.append(int(before[nodes[-1]]))
        return nodes[::-1]

    def _first(
        self,
        origin: Snap,
        node: int,
        ticks: float,
    ) -> _Piece:
        net = self.network
        for edge, back, ahead in zip(
            origin.edges.tolist(), origin.back.tolist(), origin.ahead.tolist(), strict=True
        ):
            foot = _share(net, origin, edge)

            # of several edges at a junction the one whose time the search has used
            if net.head[edge] == node and ahead == ticks:
                return _Piece(edge, foot, 1.0)
            if net.tail[edge] == node and back == ticks and (not net.oneway[edge] or back == 0):
                return _Piece(edge, foot, 0.0)
        raise AssertionError("a search starts at an end of an edge of its origin")

    def _told(
        self,
        origin: Snap,
        destination: Snap,
        ticks: float,
        pieces: list[_Piece],
    ) -> _Way:
        """Return a way with its length and its course, from place to place."""
        offroad_m = origin.distance_m + destination.distance_m
        length_m = sum(
            abs(piece.to - piece.start) * float(self.network.length_m[piece.edge])
            for piece in pieces
        )
        course = [
            _at(origin),
            *self._courses(origin, destination, pieces),
            _at(destination),
        ]
        return _Way(ticks, offroad_m + length_m, offroad_m, _line(course))

    def _courses(
        self,
        origin: Snap,
        destination: Snap,
        pieces: list[_Piece],
    ) -> Iterator[Floats]:
        for number, piece in enumerate(pieces):
            # a way may cross from one plane to the next: the last edge is cut where its place was
            # snapped
            is_last = number > 0 and number == len(pieces) - 1
            yield _cut(self.network, piece, destination.crs if is_last else origin.crs)


_NOWHERE = (np.inf, -1, -1, -1)


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of an edge, from one share of its length to another; backwards where `to` is the
    smaller.
    """

    edge: int
    start: float
    to: float


def _at(place: Snap) -> Floats:
    return np.array([[place.lon, place.lat]])


def _line(course: list[Floats]) -> Shape:
    """Return courses that follow each other as one line on the grid of all coordinates."""
    xy = np.round(np.concatenate(course), 7)

    # where edges join, the joint stands twice
    fresh = np.ones(len(xy), dtype=bool)
    fresh[1:] = (xy[1:] != xy[:-1]).any(axis=1)
    return quantise(shapely.LineString(xy[fresh]))


def _share(
    network: Network,
    place: Snap,
    edge: int,
) -> float:
    line = to_plane(
        network.lines(np.array([edge])),
        place.crs,
    )[0]
    return float(
        shapely.line_locate_point(
            line,
            shapely.Point(place.foot),
            normalized=True,
        )
    )


def _cut(
    network: Network,
    piece: _Piece,
    plane: str,
) -> Floats:
    """Return the course of a part of an edge, lon, lat."""
    line = network.lines(np.array([piece.edge]))[0]
    if (piece.start, piece.to) in ((0.0, 1.0), (1.0, 0.0)):
        xy = shapely.get_coordinates(line)
        return np.asarray(
            xy if piece.start == 0.0 else xy[::-1],
            dtype=np.float64,
        )

    part = substring(
        to_plane(line, plane),
        piece.start,
        piece.to,
        normalized=True,
    )
    return np.asarray(
        shapely.get_coordinates(to_degrees(part, plane)),
        dtype=np.float64,
    )


def _is_same_place(one: Snap, other: Snap) -> bool:
    return (one.lon, one.lat) == (other.lon, other.lat)
