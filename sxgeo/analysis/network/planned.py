"""A planned line of the user's own: a road that joins a network, or a railway with stops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
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
    from .graph import Network

MODES = ("road", "rail")
JOIN_M = 100.0
"""An end of a planned road farther than this from any road joins none; so does a stop farther than
this from its railway.
"""
_NEEDED = ("mode", "speed_kmh")


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
    if problems := list(_problems(frame)):
        raise InputError(listed(f"planned line '{name}' cannot be used:", problems))
    shapes = np.asarray(to_geographic(shapely.force_2d(frame.geometry.to_numpy()), frame.crs))
    frame = gpd.GeoDataFrame(
        frame.drop(columns=frame.geometry.name), geometry=shapes, crs=GEOGRAPHIC
    )
    points = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    lines = frame[~points]
    planned = Planned(lines[lines["mode"] == "road"], lines[lines["mode"] == "rail"], frame[points])
    if far := list(_stray_stops(planned)):
        raise InputError(listed(f"planned line '{name}' cannot be used:", far))
    return planned


def _problems(frame: gpd.GeoDataFrame) -> Iterator[str]:
    if frame.crs is None:
        yield "no CRS; declare one (e.g. EPSG:4490), it is never guessed"
        return
    if missing := [c for c in _NEEDED if c not in frame.columns]:
        yield f"no column {', '.join(missing)}; give every line its mode (road or rail) and speed"
        return
    lines = 0
    for row, (shape, mode, speed) in enumerate(
        zip(frame.geometry, frame["mode"], frame["speed_kmh"], strict=True), start=1
    ):
        if shape is None or shape.is_empty:
            yield f"row {row}: no geometry; draw it, or delete the row"
        elif shape.geom_type == "LineString":
            lines += 1
            if mode not in MODES:
                yield f"row {row}: mode is {mode!r}; it must be road or rail"
            if isinstance(speed, bool) or not _is_positive(speed):
                yield f"row {row}: speed_kmh is {speed!r}; it must be a number above 0"
            if not shape.is_simple:
                yield f"row {row}: the line crosses itself; draw it as it will run"
        elif shape.geom_type != "Point":
            yield f"row {row}: a {shape.geom_type}; a planned line is a LineString, a stop a Point"
    if not lines:
        yield "no line in it"


def _is_positive(value: Any) -> bool:
    try:
        return 0 < float(value) < np.inf
    except (TypeError, ValueError):
        return False


def _stray_stops(planned: Planned) -> Iterator[str]:
    """Say which stops lie on no planned railway."""
    for row, stop in enumerate(planned.stops.geometry, start=1):
        apart = [_apart_m(stop, line) for line in planned.railways.geometry]
        if min(apart, default=np.inf) > JOIN_M:
            yield (
                f"stop {row} lies {min(apart):,.0f} m from the planned railway, more than"
                f" {JOIN_M:g} m; move it onto the line"
                if apart
                else f"stop {row}: no railway among the planned lines; stops are those of railways"
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
        before = with_lines(before, stops, ())
        after = with_lines(after, stops, lines, notes)
    return before, after


def _roads_joined(network: Network, roads: gpd.GeoDataFrame) -> tuple[Network, Network]:
    """Join the ends of planned roads to the nearest roads; a road that only crosses another does
    not join it.
    """
    joined, wrong, notes = [], [], []
    before = network
    ends = _loose_ends(roads)
    for row, line in enumerate(roads.geometry, start=1):
        xy = shapely.get_coordinates(line)
        for at, name in ((0, "first"), (-1, "last")):
            if (row - 1, at) not in ends:
                continue
            lon, lat = xy[0 if at == 0 else -1].tolist()
            try:
                foot = snap(network, edge_boxes(network), lon, lat)
            except AnalysisError:
                foot = None
            if foot is None or foot.distance_m > JOIN_M:
                far = "more than 5 km" if foot is None else f"{foot.distance_m:,.0f} m"
                wrong.append(
                    f"line {row}: its {name} end lies {far} from any road, more than {JOIN_M:g} m;"
                    " draw it up to the road that it joins"
                )
                continue
            before, node = split_at(before, snap(before, edge_boxes(before), lon, lat))
            place = np.array([[before.lon[node], before.lat[node]]])
            xy = np.vstack([place, xy] if at == 0 else [xy, place])
            notes.append(f"line {row}: its {name} end joins a road {foot.distance_m:.0f} m away")
        joined.append(shapely.LineString(xy))
    if wrong:
        raise AnalysisError(listed("a planned road does not join the network:", wrong))
    built = network_from_lines(
        roads.assign(geometry=joined).set_crs(GEOGRAPHIC, allow_override=True), id="planned"
    )
    return before, replace(_merged(before, built), notes=(*network.notes, *notes))


def _loose_ends(roads: gpd.GeoDataFrame) -> set[tuple[int, int]]:
    """Return (row, 0 or -1) of the ends at which no other planned road begins or ends."""
    at: dict[bytes, list[tuple[int, int]]] = {}
    for row, line in enumerate(roads.geometry):
        xy = np.rint(shapely.get_coordinates(line) * UNITS_PER_DEGREE).astype(np.int64)
        for end in (0, -1):
            at.setdefault(xy[end].tobytes(), []).append((row, end))
    return {own[0] for own in at.values() if len(own) == 1}


def _merged(base: Network, more: Network) -> Network:
    """Put the edges of a network beside those of another; nodes at the same place are one."""
    places = {key: node for node, key in enumerate(_keys(base).tolist())}
    size = len(base.lon)
    fresh: list[int] = []
    number = np.zeros(len(more.lon), dtype=np.int64)
    for node, key in enumerate(_keys(more).tolist()):
        if key in places:
            number[node] = places[key]
        else:
            number[node] = size + len(fresh)
            fresh.append(node)
    shut = None
    if base.shut is not None:
        shut = np.concatenate([base.shut, np.zeros(len(more.tail), dtype=bool)])
    return replace(
        base,
        lon=np.concatenate([base.lon, more.lon[fresh]]),
        lat=np.concatenate([base.lat, more.lat[fresh]]),
        tail=np.concatenate([base.tail, number[more.tail]]),
        head=np.concatenate([base.head, number[more.head]]),
        oneway=np.concatenate([base.oneway, more.oneway]),
        length_m=np.concatenate([base.length_m, more.length_m]),
        ticks=np.concatenate([base.ticks, more.ticks]),
        xy=np.vstack([base.xy, more.xy]),
        start=np.concatenate([base.start, more.start[1:] + base.start[-1]]),
        shut=shut,
    )


def _keys(network: Network) -> Any:
    lonlat = np.column_stack([network.lon, network.lat])
    return keys_of(np.rint(lonlat * UNITS_PER_DEGREE).astype(np.int64))


def _lines_of(planned: Planned) -> tuple[list[Stop], list[Line]]:
    """Return the stops and lines of planned railways; without stops of its own a railway stops at
    its two ends.
    """
    stops: dict[tuple[float, float], Stop] = {}
    lines = []
    names = planned.stops.get("name")
    for number, (line, speed) in enumerate(
        zip(planned.railways.geometry, planned.railways["speed_kmh"], strict=True), start=1
    ):
        plane = plane_crs(float(line.centroid.x))
        line_m = to_plane(line, plane)
        along, served = [], []
        for row, point in enumerate(planned.stops.geometry):
            if _apart_m(point, line) > JOIN_M:
                continue
            told = None if names is None else names.iloc[row]
            label = told if isinstance(told, str) else f"stop {row + 1}"
            along.append(float(shapely.line_locate_point(line_m, to_plane(point, plane))))
            served.append((label, point))
        if len(served) < 2:
            served = [
                ("first end", shapely.get_point(line, 0)),
                ("last end", shapely.get_point(line, -1)),
            ]
            along = [0.0, float(line_m.length)]
        order = np.argsort(along, kind="stable")
        ids = []
        for k in order.tolist():
            label, point = served[k]
            key = (point.x, point.y)
            stops.setdefault(key, Stop(f"planned-{len(stops) + 1}", label, point.x, point.y))
            ids.append(stops[key].id)
        run_m = np.diff(np.array(along)[order])
        run_min = run_m / 1000 / (float(speed) * SPEED_SHARE) * 60
        lines.append(
            Line(
                f"planned-{number}",
                f"planned railway {number}",
                tuple(ids),
                tuple(run_min.tolist()),
            )
        )
    return list(stops.values()), lines
