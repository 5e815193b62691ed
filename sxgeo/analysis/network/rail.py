"""Trains over roads: stops, rides and waits as steps beside the edges of a network (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import shapely

from ...errors import AnalysisError, UsageError
from ...geometry.projection import quantise, to_degrees, to_plane
from .arrays import TICKS_PER_MIN
from .graph import Legs
from .snap import edge_boxes, snap

if TYPE_CHECKING:
    from .arrays import Bools, Floats, Ints
    from .graph import Network
    from .snap import Snap

BOARD_MIN = 25.0
"""From the station's door onto a moving train: 10 min through the station, 15 min of mean wait
(assumed, no timetable).
"""
ALIGHT_MIN = 5.0
"""From the train to the station's door (assumed)."""
DWELL_MIN = 2.0
"""Every train is taken to stop this long at every stop on its way (assumed: the slow pattern)."""

_Step: TypeAlias = tuple[int, int, int]
"""From, to, and ticks."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A station: where it is, how well that is known, and what it costs not to know it better.

    Attributes
    ----------
    lon, lat
        EPSG:4490 degrees.
    access_error_min
        Error in minutes of the way to it and from it; 0 where its position is good enough.
    """

    id: str
    name: str
    lon: float
    lat: float
    access_error_min: float = 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """A line served in both directions: the ids of its stops in order, and the running minutes
    between them.
    """

    id: str
    name: str
    stops: tuple[str, ...]
    run_min: tuple[float, ...]


def with_lines(
    network: Network,
    stops: Sequence[Stop],
    lines: Sequence[Line],
    notes: Sequence[str] = (),
) -> Network:
    """Lay lines over a network.

    A stop joins the nearest edge, which is split there. From it one boards (`BOARD_MIN`), rides,
    each ride with its running time and `DWELL_MIN` at every stop passed, and alights
    (`ALIGHT_MIN`); a change of lines is an alighting and a boarding.

    Parameters
    ----------
    network
        Roads, or paths on foot, without legs.
    stops, lines
        A stop with no road within 5 km is ridden through, and one can only change trains there.
    notes
        What the reader should know of the lines.

    Returns
    -------
    Network
        Nodes of stops follow those of the network; `legs` holds station and platform nodes after
        them all.

    Raises
    ------
    UsageError
        If the network already has legs, or a line names a stop that is not given.
    """
    if network.legs is not None:
        raise UsageError(f"network '{network.id}' already has lines; give the roads alone")
    served = _in_order(stops, lines)
    network, doors = _with_doors(network, served)

    # a stop far from any road keeps its trains: it is ridden through, and said
    if far := [stop.name for stop in served if stop.id not in doors]:
        notes = [*notes, f"no road within 5 km, only ridden through: {', '.join(far)}"]
    legs = replace(
        _legs(len(network.lon), served, lines, doors),
        notes=tuple(notes),
    )
    return replace(network, mode=f"{network.mode}+rail", legs=legs)


def _in_order(stops: Sequence[Stop], lines: Sequence[Line]) -> list[Stop]:
    """Return the stops by id, each once; all that lines name have to be there."""
    by_id = {stop.id: stop for stop in stops}
    if missing := sorted({s for line in lines for s in line.stops} - set(by_id)):
        raise UsageError(f"lines name stops that are not given: {', '.join(missing)}")
    return [by_id[stop_id] for stop_id in sorted(by_id)]


def _legs(
    base: int,
    served: Sequence[Stop],
    lines: Sequence[Line],
    doors: Mapping[str, tuple[int, int]],
) -> Legs:
    """Number stations behind the `base` nodes of the roads, platforms behind the stations, and lay
    the steps between them.
    """
    station = {stop.id: base + i for i, stop in enumerate(served)}
    steps = [
        *_access(doors, station),
        *_trains(lines, station, base + len(served)),
    ]
    tail, head, ticks = np.array(steps, dtype=np.int64).reshape(-1, 3).T
    platforms_min = _platform_errors_min(served, lines)
    return Legs(
        hidden=len(served) + len(platforms_min),
        tail=tail,
        head=head,
        ticks=ticks,
        error_min=np.array([0.0] * len(served) + platforms_min),
        stops=tuple((stop.id, stop.name, station[stop.id]) for stop in served),
    )


def _platform_errors_min(served: Sequence[Stop], lines: Sequence[Line]) -> list[float]:
    """Return the access error of every platform, line by line."""
    # the way to a stop is as vague as its place, whichever train one takes there
    vague_min = {stop.id: stop.access_error_min for stop in served}
    return [vague_min[stop_id] for line in lines for stop_id in line.stops]


def _access(doors: Mapping[str, tuple[int, int]], station: Mapping[str, int]) -> Iterator[_Step]:
    """Yield the ways from the roads to the stations, then those back."""
    for stop_id, (node, walk) in doors.items():
        yield node, station[stop_id], walk
    for stop_id, (node, walk) in doors.items():
        yield station[stop_id], node, walk


def _trains(
    lines: Sequence[Line],
    station: Mapping[str, int],
    first: int,
) -> Iterator[_Step]:
    """Yield the steps between stations and platforms and along each line; platforms are numbered
    from `first` on, line after line.
    """
    for line in lines:
        for i, stop_id in enumerate(line.stops):
            # each ride from here begins with the dwell: taken off, or it is paid twice
            yield station[stop_id], first + i, _ticks(BOARD_MIN - _dwell_min(i, line))
            yield first + i, station[stop_id], _ticks(ALIGHT_MIN)
        yield from _rides(line, first)
        first += len(line.stops)


def _with_doors(
    network: Network, stops: Sequence[Stop]
) -> tuple[Network, dict[str, tuple[int, int]]]:
    """Return the network split at each stop, and node and walk (ticks) of each."""
    doors: dict[str, tuple[int, int]] = {}

    # each stop splits an edge of the network that the one before it left; by id, so that the order
    # of the input does not matter
    for stop in stops:
        try:
            foot = snap(network, edge_boxes(network), stop.lon, stop.lat)
        except AnalysisError:
            continue

        # several stops may stand on one road, hence the network as it is by now
        network, node = split_at(network, foot)
        doors[stop.id] = (node, foot.walk_ticks)
    return network, doors


def _rides(line: Line, first: int) -> Iterator[_Step]:
    """Yield from, to and ticks of each ride of a line, both ways, its platforms from `first` on."""
    for (i, j), run in zip(
        pairwise(range(len(line.stops))),
        line.run_min,
        strict=True,
    ):
        yield first + i, first + j, _ticks(run + _dwell_min(i, line))
        yield first + j, first + i, _ticks(run + _dwell_min(j, line))


def _ticks(minutes: float) -> int:
    return max(1, round(minutes * TICKS_PER_MIN))


def _dwell_min(position: int, line: Line) -> float:
    """A train dwells where it goes on; at the ends of the line there is nothing to wait for."""
    return DWELL_MIN if 0 < position < len(line.stops) - 1 else 0.0


def split_at(network: Network, foot: Snap) -> tuple[Network, int]:
    """Return the network with a node at the foot, and its number."""
    edge, back, ahead = int(foot.edges[0]), int(foot.back[0]), int(foot.ahead[0])

    # a foot at the end of an edge is that end's node: nothing is split
    if back == 0 or ahead == 0:
        return network, int(network.tail[edge] if back == 0 else network.head[edge])
    left, right = _halves(network, edge, foot)

    # the piece to the tail keeps the number of the edge, the piece to the head is appended: no
    # other edge moves
    return _extended(_shortened(network, edge, left), edge, right), len(network.lon)


def _halves(
    network: Network,
    edge: int,
    foot: Snap,
) -> tuple[_Piece, _Piece]:
    """Return the pieces of an edge on both sides of a foot on it."""
    course = network.xy[network.start[edge] : network.start[edge + 1]]
    cut, place, share = _foot_on(course, foot)
    whole_m = network.length_m[edge]

    # metres go by the share of the course; ticks were parted when the foot was found
    left = _Piece(
        np.vstack([course[:cut], place]),
        int(foot.back[0]),
        share * whole_m,
    )
    right = _Piece(
        np.vstack([place, course[cut:]]),
        int(foot.ahead[0]),
        (1 - share) * whole_m,
    )
    return left, right


@dataclass(frozen=True, eq=False, slots=True)
class _Piece:
    """A part of an edge that is split."""

    course: Floats
    ticks: int
    length_m: float


def _shortened(
    network: Network,
    edge: int,
    piece: _Piece,
) -> Network:
    """Return the network with a piece in the place of an edge; only its head is left as it was."""
    first, last = int(network.start[edge]), int(network.start[edge + 1])
    start, ticks, length_m = network.start.copy(), network.ticks.copy(), network.length_m.copy()

    # the courses behind it move up
    start[edge + 1 :] += len(piece.course) - (last - first)
    xy = np.vstack(
        [
            network.xy[:first],
            piece.course,
            network.xy[last:],
        ]
    )
    ticks[edge], length_m[edge] = piece.ticks, piece.length_m
    return replace(network, xy=xy, start=start, ticks=ticks, length_m=length_m)


def _extended(
    network: Network,
    edge: int,
    piece: _Piece,
) -> Network:
    """Return the network with the rest of an edge behind all edges, and a new node between."""
    node = len(network.lon)
    lon, lat = piece.course[0]
    return replace(
        network,
        lon=np.append(network.lon, lon),
        lat=np.append(network.lat, lat),
        tail=np.append(network.tail, node),
        head=_heads_with(network, edge, node),
        oneway=np.append(network.oneway, network.oneway[edge]),
        length_m=np.append(network.length_m, piece.length_m),
        ticks=np.append(network.ticks, piece.ticks),
        xy=np.vstack([network.xy, piece.course]),
        start=np.append(
            network.start,
            len(network.xy) + len(piece.course),
        ),
        shut=_shut_with(network, edge),
    )


def _shut_with(network: Network, edge: int) -> Bools | None:
    """Return which edges are joined at their ends only; the rest of an edge is as the edge was."""
    shut = network.shut
    return None if shut is None else np.append(shut, shut[edge])


def _heads_with(
    network: Network,
    edge: int,
    node: int,
) -> Ints:
    """Return where edges end when one of them ends at a new node, and its rest goes on from it."""
    # a copy: the network as it was goes on using its own
    head = network.head.copy()
    head[edge] = node
    return np.append(head, network.head[edge])


def _foot_on(course: Floats, foot: Snap) -> tuple[int, Floats, float]:
    """Return where a foot lies on a course: before which vertex, its place in degrees, and its
    share of the way.
    """
    at_m = shapely.Point(foot.foot)

    # metres of the place's own plane, on which the foot was found
    line_m = to_plane(shapely.LineString(course), foot.crs)
    along = shapely.line_locate_point(line_m, at_m)
    run = _run_m(line_m)

    # the foot lies behind at least one vertex and before at least one, also when rounding puts it
    # on an end
    cut = min(
        max(int(np.searchsorted(run, along)), 1),
        len(course) - 1,
    )
    place: Floats = shapely.get_coordinates(quantise(to_degrees(at_m, foot.crs)))
    return cut, place, float(along / run[-1])


def _run_m(line_m: shapely.LineString) -> Floats:
    """Return how far along a line each of its vertices lies."""
    return np.concatenate(
        [
            [0.0],
            np.cumsum(np.hypot(*np.diff(shapely.get_coordinates(line_m), axis=0).T)),
        ]
    )
