"""Trains over roads: stops, rides and waits as steps beside the edges of a network (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np
import shapely

from ...errors import AnalysisError, UsageError
from ...geometry.projection import quantise, to_degrees, to_plane
from .arrays import TICKS_PER_MIN
from .graph import Legs
from .snap import edge_boxes, snap

if TYPE_CHECKING:
    from .arrays import Floats, Ints
    from .graph import Network
    from .snap import Snap

    Array = TypeVar("Array", Floats, Ints)

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
    by_id = {stop.id: stop for stop in stops}
    if missing := sorted({s for line in lines for s in line.stops} - set(by_id)):
        raise UsageError(f"lines name stops that are not given: {', '.join(missing)}")
    served = [by_id[stop_id] for stop_id in sorted(by_id)]
    network, doors = _with_doors(network, served)

    # a stop far from any road keeps its trains: it is ridden through, and said
    if far := [stop.name for stop in served if stop.id not in doors]:
        notes = [*notes, f"no road within 5 km, only ridden through: {', '.join(far)}"]

    # stations come behind all nodes of the roads, platforms behind the stations
    base = len(network.lon)
    station = {stop.id: base + i for i, stop in enumerate(served)}
    platforms = [by_id[stop_id] for line in lines for stop_id in line.stops]
    steps = [*_access(doors, station), *_trains(lines, station, base + len(served))]
    tail, head, ticks = np.array(steps, dtype=np.int64).reshape(-1, 3).T
    legs = Legs(
        hidden=len(served) + len(platforms),
        tail=tail,
        head=head,
        ticks=ticks,
        notes=tuple(notes),
        error_min=np.array([0.0] * len(served) + [stop.access_error_min for stop in platforms]),
        stops=tuple((stop.id, stop.name, station[stop.id]) for stop in served),
    )
    return replace(network, mode=f"{network.mode}+rail", legs=legs)


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
        network, node = split_at(network, foot)
        doors[stop.id] = (node, foot.walk_ticks)
    return network, doors


def _rides(line: Line, first: int) -> Iterator[_Step]:
    """Yield from, to and ticks of each ride of a line, both ways, its platforms from `first` on."""
    for (i, j), run in zip(pairwise(range(len(line.stops))), line.run_min, strict=True):
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
    node = len(network.lon)
    course = network.xy[network.start[edge] : network.start[edge + 1]]
    cut, place, share = _foot_on(course, foot)
    whole_m = network.length_m[edge]

    # the piece to the tail keeps the number of the edge, the piece to the head is appended: no
    # other edge moves
    split = replace(
        _with_course(network, edge, np.vstack([course[:cut], place])),
        head=_with_value(network.head, edge, node),
        ticks=_with_value(network.ticks, edge, back),
        length_m=_with_value(network.length_m, edge, share * whole_m),
    )
    right = np.vstack([place, course[cut:]])
    shut = network.shut
    return (
        replace(
            split,
            lon=np.append(network.lon, place[0, 0]),
            lat=np.append(network.lat, place[0, 1]),
            tail=np.append(network.tail, node),
            head=np.append(split.head, network.head[edge]),
            oneway=np.append(network.oneway, network.oneway[edge]),
            length_m=np.append(split.length_m, (1 - share) * whole_m),
            ticks=np.append(split.ticks, ahead),
            xy=np.vstack([split.xy, right]),
            start=np.append(split.start, len(split.xy) + len(right)),
            shut=None if shut is None else np.append(shut, shut[edge]),
        ),
        node,
    )


def _with_value(
    values: Array,
    place: int,
    value: float,
) -> Array:
    """Return an array with one value changed; what was given stays as it is."""
    changed = values.copy()
    changed[place] = value
    return changed


def _with_course(
    network: Network,
    edge: int,
    course: Floats,
) -> Network:
    """Return the network with another course of one edge; those behind it move up."""
    first, last = int(network.start[edge]), int(network.start[edge + 1])
    start = network.start.copy()
    start[edge + 1 :] += len(course) - (last - first)
    xy = np.vstack([network.xy[:first], course, network.xy[last:]])
    return replace(network, xy=xy, start=start)


def _foot_on(course: Floats, foot: Snap) -> tuple[int, Floats, float]:
    """Return where a foot lies on a course: before which vertex, its place in degrees, and its
    share of the way.
    """
    at_m = shapely.Point(foot.foot)
    line_m = to_plane(shapely.LineString(course), foot.crs)
    along = shapely.line_locate_point(line_m, at_m)
    run = _run_m(line_m)

    # the foot lies behind at least one vertex and before at least one, also when rounding puts it
    # on an end
    cut = min(max(int(np.searchsorted(run, along)), 1), len(course) - 1)
    place: Floats = shapely.get_coordinates(quantise(to_degrees(at_m, foot.crs)))
    return cut, place, float(along / run[-1])


def _run_m(line_m: shapely.LineString) -> Floats:
    """Return how far along a line each of its vertices lies."""
    return np.concatenate(
        [[0.0], np.cumsum(np.hypot(*np.diff(shapely.get_coordinates(line_m), axis=0).T))]
    )
