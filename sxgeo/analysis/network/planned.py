"""A planned line of the user's own: a road that joins a network, or a railway with stops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from ...errors import AnalysisError, InputError, UsageError, listed
from ...geometry.datums import to_geographic
from ...geometry.projection import GEOGRAPHIC, plane_crs, to_plane
from .arrays import UNITS_PER_DEGREE, keys_of
from .build import network_from_lines
from .graph import checked_network
from .rail import Line, Stop, split_at, with_lines
from .railways import SPEED_SHARE
from .snap import edge_boxes, snap

if TYPE_CHECKING:
    from .arrays import Bools, Floats, Ints
    from .graph import Network

MODES = ("road", "rail")
JOIN_M = 100.0
"""An end of a planned road farther than this from any road joins none; so does a stop farther than
this from its railway.
"""
_NEEDED = ("mode", "speed_kmh")
_FIRST, _LAST = 0, -1
_END_NAMES = MappingProxyType({_FIRST: "first", _LAST: "last"})
"""The ends of a line, by the place of their vertex."""


@dataclass(frozen=True, eq=False)
class Planned:
    """Planned lines in degrees: roads and railways as frames with `speed_kmh`, and the stops."""

    roads: gpd.GeoDataFrame
    railways: gpd.GeoDataFrame
    stops: gpd.GeoDataFrame


def read_planned(frame: gpd.GeoDataFrame, name: str) -> Planned:
    """Read planned lines from a frame.

    Parameters
    ----------
    frame
        LineStrings with `mode` (``road`` or ``rail``) and `speed_kmh`, the speed driven on a road,
        the design speed of a railway; points are stops of the railways, by `name` where there is
        one.
    name
        What to call it in messages.

    Raises
    ------
    InputError
        If anything of it cannot be used: all problems at once.
    """
    # all problems at once: a plan is mended in one go
    if problems := list(_problems(frame)):
        raise InputError(listed(f"planned line '{name}' cannot be used:", problems))
    frame = _in_degrees(frame)
    points = shapely.get_type_id(frame.geometry.to_numpy()) == shapely.GeometryType.POINT
    lines = frame[~points]
    planned = Planned(
        lines[lines["mode"] == "road"],
        lines[lines["mode"] == "rail"],
        frame[points],
    )
    if far := list(_stray_stops(planned)):
        raise InputError(listed(f"planned line '{name}' cannot be used:", far))
    return planned


def _in_degrees(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a frame with its shapes in degrees and without heights, under the name `geometry`."""
    shapes = np.asarray(
        to_geographic(
            shapely.force_2d(frame.geometry.to_numpy()),
            frame.crs,
        )
    )
    return gpd.GeoDataFrame(
        frame.drop(columns=frame.geometry.name), geometry=shapes, crs=GEOGRAPHIC
    )


def _problems(frame: gpd.GeoDataFrame) -> Iterator[str]:
    if frame.crs is None:
        yield "no CRS; declare one (e.g. EPSG:4490), it is never guessed"
        return
    if missing := [c for c in _NEEDED if c not in frame.columns]:
        yield f"no column {', '.join(missing)}; give every line its mode (road or rail) and speed"
        return
    rows = zip(frame.geometry, frame["mode"], frame["speed_kmh"], strict=True)
    for row, (shape, mode, speed) in enumerate(rows, start=1):
        yield from (f"row {row}: {problem}" for problem in _row_problems(shape, mode, speed))

    # stops alone change nothing
    if not any(_is_line(shape) for shape in frame.geometry):
        yield "no line in it"


def _is_line(shape: Any) -> bool:
    return shape is not None and not shape.is_empty and shape.geom_type == "LineString"


def _row_problems(
    shape: Any,
    mode: object,
    speed: object,
) -> Iterator[str]:
    """Say what is wrong with one row; of a point, which is a stop, its columns say nothing."""
    if shape is None or shape.is_empty:
        yield "no geometry; draw it, or delete the row"
        return
    if not _is_line(shape):
        if shape.geom_type != "Point":
            yield f"a {shape.geom_type}; a planned line is a LineString, a stop a Point"
        return
    if mode not in MODES:
        yield f"mode is {mode!r}; it must be road or rail"
    if isinstance(speed, bool) or not _is_positive(speed):
        yield f"speed_kmh is {speed!r}; it must be a number above 0"

    # on a line that crosses itself a stop lies at two places along it
    if not shape.is_simple:
        yield "the line crosses itself; draw it as it will run"


def _is_positive(value: Any) -> bool:
    try:
        return 0 < float(value) < np.inf
    except (TypeError, ValueError):
        return False


def _stray_stops(planned: Planned) -> Iterator[str]:
    """Say which stops lie on no planned railway."""
    for row, stop in enumerate(planned.stops.geometry, start=1):
        apart = [_apart_m(stop, line) for line in planned.railways.geometry]
        if not apart:
            yield f"stop {row}: no railway among the planned lines; stops are those of railways"
        elif min(apart) > JOIN_M:
            yield (
                f"stop {row} lies {min(apart):,.0f} m from the planned railway, more than"
                f" {JOIN_M:g} m; move it onto the line"
            )


def _apart_m(point: Any, line: Any) -> float:
    plane = plane_crs(float(point.x))
    return float(shapely.distance(*to_plane(np.array([point, line], dtype=object), plane)))


def with_and_without(network: Network, planned: Planned) -> tuple[Network, Network]:
    """Return a network as it is and with planned lines, split at the same places, so that only the
    lines differ.

    Raises
    ------
    UsageError
        If the network has railways already, or a planned road is asked of a network on foot.
    InputError
        If a planned line's speed or shape cannot be travelled.
    AnalysisError
        If an end of a planned road lies farther than `JOIN_M` from any road.
    """
    checked_network(network)
    if network.legs is not None:
        raise UsageError(f"network '{network.id}' already has lines; give the roads alone")
    if len(planned.roads) and network.mode == "walk":
        raise UsageError("a planned road is driven on: take --by road, not a network on foot")
    before = after = network
    if len(planned.roads):
        before, after = _roads_joined(network, planned.roads)
    if len(planned.railways):
        stops, lines = _lines_of(planned)
        notes = [
            f"trains run at {SPEED_SHARE:g} of the design speed and stop at every stop: assumed,"
            " no timetable"
        ]

        # the network without them is split at their stops too, so that only the rides differ
        before = with_lines(before, stops, ())
        after = with_lines(after, stops, lines, notes)
    return before, after


def _roads_joined(network: Network, roads: gpd.GeoDataFrame) -> tuple[Network, Network]:
    """Join the ends of planned roads to the nearest roads; a road that only crosses another does
    not join it.
    """
    joining = _Joining(network, network)
    joined = []
    ends = _loose_ends(roads)
    for row, line in enumerate(roads.geometry, start=1):
        xy = shapely.get_coordinates(line)
        for end in (_FIRST, _LAST):
            # an end that meets another planned road is joined by it
            if (row - 1, end) in ends:
                xy = joining.drawn_up(f"line {row}: its {_END_NAMES[end]} end", xy, end)
        joined.append(shapely.LineString(xy))
    if joining.wrong:
        raise AnalysisError(listed("a planned road does not join the network:", joining.wrong))

    # the columns of the plan stay with the lines that were drawn longer
    drawn = roads.assign(geometry=joined).set_crs(GEOGRAPHIC, allow_override=True)
    after = _merged(joining.split, network_from_lines(drawn, id="planned"))
    return joining.split, replace(after, notes=(*network.notes, *joining.notes))


@dataclass(slots=True)
class _Joining:
    """Planned roads as they are joined to a network, end by end.

    Attributes
    ----------
    split
        The network with a node where each end joins it.
    wrong, notes
        What is to be said of the ends that join no road, and of the others.
    """

    network: Network
    split: Network
    wrong: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def drawn_up(
        self,
        name: str,
        xy: Floats,
        end: int,
    ) -> Floats:
        """Return a line with one of its ends drawn up to the nearest road; as it is where that is
        too far.
        """
        # measured to the roads as they were given, whatever was split of them since
        away_m = _away_m(self.network, *xy[end].tolist())
        if away_m > JOIN_M:
            self.wrong.append(_too_far(name, away_m))
            return xy
        self.split, place = _split_near(self.split, *xy[end].tolist())
        self.notes.append(f"{name} joins a road {away_m:.0f} m away")
        return np.vstack([place, xy] if end == _FIRST else [xy, place])


def _too_far(name: str, away_m: float) -> str:
    far = f"{away_m:,.0f} m" if np.isfinite(away_m) else "more than 5 km"
    return (
        f"{name} lies {far} from any road, more than {JOIN_M:g} m;"
        " draw it up to the road that it joins"
    )


def _away_m(
    network: Network,
    lon: float,
    lat: float,
) -> float:
    """Return how far a place is from any road; infinite where none is within reach of a snap."""
    try:
        return snap(network, edge_boxes(network), lon, lat).distance_m
    except AnalysisError:
        return np.inf


def _split_near(
    network: Network,
    lon: float,
    lat: float,
) -> tuple[Network, Floats]:
    """Return the network with a node where it is nearest to a place, and that node in degrees."""
    split, node = split_at(network, snap(network, edge_boxes(network), lon, lat))
    return split, np.array([split.lon[node], split.lat[node]])


def _loose_ends(roads: gpd.GeoDataFrame) -> set[tuple[int, int]]:
    """Return (row, 0 or -1) of the ends at which no other planned road begins or ends."""
    at: dict[bytes, list[tuple[int, int]]] = {}
    for row, line in enumerate(roads.geometry):
        xy = np.rint(shapely.get_coordinates(line) * UNITS_PER_DEGREE).astype(np.int64)
        for end in (_FIRST, _LAST):
            at.setdefault(xy[end].tobytes(), []).append((row, end))
    return {own[0] for own in at.values() if len(own) == 1}


_BY_EDGE = ("oneway", "length_m", "ticks", "xy")
"""Arrays of a network that name no node."""


def _merged(base: Network, more: Network) -> Network:
    """Put the edges of a network beside those of another; nodes at the same place are one."""
    number, fresh = _numbers_beside(base, more)

    # what hangs on no number of a node goes over as it is
    alike: dict[str, Any] = {
        name: np.concatenate([getattr(base, name), getattr(more, name)]) for name in _BY_EDGE
    }
    return replace(
        base,
        lon=np.concatenate([base.lon, more.lon[fresh]]),
        lat=np.concatenate([base.lat, more.lat[fresh]]),
        tail=np.concatenate([base.tail, number[more.tail]]),
        head=np.concatenate([base.head, number[more.head]]),
        start=np.concatenate(
            [
                base.start,
                more.start[1:] + base.start[-1],
            ]
        ),
        shut=_shut_beside(base, len(more.tail)),
        **alike,
    )


def _shut_beside(base: Network, edges: int) -> Bools | None:
    """Return which edges are joined at their ends only, with so many more behind them."""
    if base.shut is None:
        return None

    # a planned road has no class: it is joined anywhere, as a user's lines are
    return np.concatenate(
        [
            base.shut,
            np.zeros(edges, dtype=bool),
        ]
    )


def _numbers_beside(base: Network, more: Network) -> tuple[Ints, Ints]:
    """Return the number of each node of a network beside those of another, and which of them the
    other does not have.
    """
    places = {key: node for node, key in enumerate(_keys(base).tolist())}
    number = np.array([places.get(key, -1) for key in _keys(more).tolist()], dtype=np.int64)

    # new nodes are numbered behind the old ones, in their order
    fresh = np.flatnonzero(number < 0)
    number[fresh] = len(base.lon) + np.arange(len(fresh))
    return number, fresh


def _keys(network: Network) -> Ints:
    lonlat = np.column_stack([network.lon, network.lat])
    return keys_of(np.rint(lonlat * UNITS_PER_DEGREE).astype(np.int64))


def _lines_of(planned: Planned) -> tuple[list[Stop], list[Line]]:
    """Return the stops and lines of planned railways; without stops of its own a railway stops at
    its two ends.
    """
    stops: dict[tuple[float, float], Stop] = {}
    lines = []
    railways = zip(planned.railways.geometry, planned.railways["speed_kmh"], strict=True)
    for number, (line, speed_kmh) in enumerate(railways, start=1):
        served = _served(line, planned.stops)
        for stop in served:
            # a stop of two railways is one: there one changes
            key = (stop.point.x, stop.point.y)
            stops.setdefault(key, Stop(f"planned-{len(stops) + 1}", stop.name, *key))
        lines.append(
            Line(
                id=f"planned-{number}",
                name=f"planned railway {number}",
                stops=tuple(stops[stop.point.x, stop.point.y].id for stop in served),
                run_min=_run_min(served, float(speed_kmh)),
            )
        )
    return list(stops.values()), lines


def _run_min(served: Sequence[_Served], speed_kmh: float) -> tuple[float, ...]:
    """Return the running minutes from stop to stop, at what trains reach of the design speed."""
    # metres to km, hours to minutes
    run_m = np.diff([stop.along_m for stop in served])
    run_min = run_m / 1000 / (speed_kmh * SPEED_SHARE) * 60
    return tuple(run_min.tolist())


@dataclass(frozen=True, slots=True)
class _Served:
    """A stop of a railway, and how far along its line it lies."""

    name: str
    point: shapely.Point
    along_m: float


def _names_of(stops: gpd.GeoDataFrame) -> list[str]:
    """Return what each stop is called; one without a name goes by its number."""
    names = stops["name"] if "name" in stops.columns else [None] * len(stops)
    return [
        name if isinstance(name, str) else f"stop {number}"
        for number, name in enumerate(names, start=1)
    ]


def _served(line: shapely.LineString, stops: gpd.GeoDataFrame) -> list[_Served]:
    """Return the stops of one railway in their order."""
    plane = plane_crs(float(line.centroid.x))
    line_m = to_plane(line, plane)
    served = []
    for point, name in zip(stops.geometry, _names_of(stops), strict=True):
        if _apart_m(point, line) <= JOIN_M:
            along_m = float(shapely.line_locate_point(line_m, to_plane(point, plane)))
            served.append(_Served(name, point, along_m))

    # with one stop a train would go nowhere
    if len(served) < 2:
        return _served_at_ends(line, float(line_m.length))
    return sorted(served, key=attrgetter("along_m"))


def _served_at_ends(line: shapely.LineString, length_m: float) -> list[_Served]:
    return [
        _Served("first end", shapely.get_point(line, 0), 0.0),
        _Served("last end", shapely.get_point(line, -1), length_m),
    ]
