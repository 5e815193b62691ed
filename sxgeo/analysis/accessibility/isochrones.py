"""Travel times between places, and the areas reached from them (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..errors import AnalysisError, InputError, UsageError, listed
from ..projection import GEOGRAPHIC, ellipsoid_area_m2, quantise, to_geographic
from .fast import nearest_of, ticks_from
from .network import TICKS_PER_MIN, Network
from .reach import Ends, Snap, cut_off, edge_boxes, seeds_of, snap_each, ticks_between, turned
from .surface import areas, nested

if TYPE_CHECKING:
    from .hierarchy import Hierarchy

Places: TypeAlias = gpd.GeoDataFrame | gpd.GeoSeries | Sequence[tuple[float, float]]

CONTOURS = ("inner", "middle", "outer")
AREA_COLUMNS = ("origin_id", "minutes", "area_km2", "snap_m", "geometry")
_ALL_COLUMNS = ("origin_id", "minutes", "contour", "area_km2", "snap_m", "access_error_min", "geometry")
_TABLE_CELLS = 8_000_000  # times held at once while a table is made: 64 MB
_SEARCHED_AT_ONCE = 64
_ID_COLUMNS = ("site_id", "id")


def travel_times(
    network: Network | Hierarchy, origins: Places, destinations: Places, *, max_minutes: float | None = None
) -> pd.DataFrame:
    """Return the travel time from every origin to every destination.

    Each place goes in a straight line, at the network's `offroad_kmh`, to the nearest edge, which is split
    there; that way counts.

    Parameters
    ----------
    network
        The roads, or what :func:`sxgeo.prepare` made of them, which is faster for many places; the times are the same.
    origins, destinations
        Points with a CRS, or (lon, lat) pairs in EPSG:4490. Ids come from the column `origin_id` or
        `destination_id`, else `site_id`, else `id`, else the index; a pair is named ``"lon,lat"``.
    max_minutes
        Give only the pairs that are reached within these minutes, which takes less time and memory where they are few;
        None gives every pair. For more than memory holds see :func:`sxgeo.write_travel_times`.

    Returns
    -------
    DataFrame
        `origin_id`, `destination_id`, `minutes` (NaN when there is no way), sorted by the ids. Places too far
        from any road stand in ``attrs["unanswered"]`` as (id, reason). Empty when there are no origins or no
        destinations.

    Raises
    ------
    UsageError
        If `max_minutes` is not above 0.
    InputError
        If a place is not a point on the earth, has no CRS, or an id stands twice: all problems at once.
    """
    if max_minutes is not None:
        from .tables import sparse_times

        return sparse_times(_roads_of(network), origins, destinations, max_minutes)
    starts, ends = _read(origins, "origin"), _read(destinations, "destination")
    roads = _roads_of(network)
    left, refused = _snap_all(roads, edge_boxes(roads), starts)
    right, lost = _snap_all(roads, edge_boxes(roads), ends)
    minutes = np.full((len(starts.ids), len(ends.ids)), np.nan)
    if left and right:
        between = _all_ticks(network, list(left.values()), list(right.values()))
        minutes[np.ix_(list(left), list(right))] = np.where(np.isfinite(between), between / TICKS_PER_MIN, np.nan)
    table = pd.DataFrame(
        {
            "origin_id": pd.Series(np.repeat(starts.labels, len(ends.ids))).infer_objects(),
            "destination_id": pd.Series(np.tile(ends.labels, len(starts.ids))).infer_objects(),
            "minutes": minutes.ravel(),
        }
    ).sort_values(["origin_id", "destination_id"], ignore_index=True)
    table.attrs["unanswered"] = refused + lost
    table.attrs["notes"] = list(roads.notes)
    return table


def _roads_of(network: Network | Hierarchy) -> Network:
    return network if isinstance(network, Network) else network.network


def _all_ticks(network: Network | Hierarchy, origins: list[Snap], destinations: list[Snap]) -> Any:
    """Return the ticks from each origin to each destination, searched from whichever side is smaller."""
    if not isinstance(network, Network):
        return network.between(origins, destinations)
    if len(destinations) < len(origins):
        back = _all_ticks(
            network.turned, [turned(network, d) for d in destinations], [turned(network, o) for o in origins]
        )
        return back.T
    table = np.empty((len(origins), len(destinations)))
    seeds, ends = seeds_of(network, origins), Ends.of(destinations)
    chunk = max(1, _TABLE_CELLS // network.size)
    for first in range(0, len(origins), chunk):
        last = min(first + chunk, len(origins))
        for number, row in enumerate(ticks_from(network.steps, seeds.part(first, last)), start=first):
            table[number] = ticks_between(network, row, origins[number], destinations, ends)
    return table


def nearest(network: Network, facilities: Places, *, limit_min: float = np.inf) -> pd.DataFrame:
    """Return for every node of the network the facility from which it is reached soonest.

    Parameters
    ----------
    network
        The roads; give ``network.reversed()`` for the way to a facility instead of from it.
    facilities
        As the origins of :func:`travel_times`.
    limit_min
        Nodes farther than this have none.

    Returns
    -------
    DataFrame
        One row per node, in the network's order: `lon`, `lat` (EPSG:4490), `facility_id` (None where there is
        none; the first id where two are equally near) and `minutes`, the walk from the facility to its road
        included. ``attrs["unanswered"]`` as in :func:`travel_times`.

    Raises
    ------
    InputError
        As :func:`travel_times`.
    """
    places = _read(facilities, "facility")
    snaps, refused = _snap_all(network, edge_boxes(network), places)
    seeds = seeds_of(network, list(snaps.values()), walk=True)
    ticks, owner = nearest_of(network.steps, seeds, limit_ticks=limit_min * TICKS_PER_MIN)
    labels = np.append(places.labels[list(snaps)], [None])
    size = len(network.lon)
    minutes = np.where(np.isfinite(ticks), ticks / TICKS_PER_MIN, np.nan)[:size]
    table = pd.DataFrame(
        {"lon": network.lon, "lat": network.lat, "facility_id": labels[owner[:size]], "minutes": minutes}
    )
    table.attrs["unanswered"] = refused
    return table


def stop_times(network: Network, origins: Places) -> pd.DataFrame:
    """Return the time from every origin to the door of every stop of the network's lines.

    Returns
    -------
    DataFrame
        `origin_id`, `place_id`, `name_zh`, `minutes` (NaN when there is no way), sorted by the ids.

    Raises
    ------
    InputError
        As :func:`travel_times`.
    """
    places = _read(origins, "origin")
    snaps, _ = _snap_all(network, edge_boxes(network), places)
    stops = network.legs.stops if network.legs else ()
    rows = []
    for place, origin, ticks in _searched(network, snaps, np.inf):
        for stop_id, name, node in stops:
            minutes = (ticks[node] + origin.walk_ticks) / TICKS_PER_MIN
            rows.append((places.ids[place], stop_id, name, minutes if np.isfinite(minutes) else np.nan))
    return pd.DataFrame(rows, columns=["origin_id", "place_id", "name_zh", "minutes"])


def isochrones(
    network: Network,
    origins: Places,
    minutes: Sequence[float] = (15, 30, 60),
    *,
    reverse: bool = False,
    contours: Sequence[str] = ("middle",),
    merged: bool = False,
    kind: str = "area",
) -> gpd.GeoDataFrame:
    """Return the areas that each origin reaches within the given minutes.

    Cumulative: the area of 30 minutes covers that of 15 exactly. Roads count as far as they are reached; off
    the road the area spreads at the network's `offroad_kmh`, up to its `offroad_cap_m`.

    Parameters
    ----------
    network
        The roads.
    origins
        As in :func:`travel_times`.
    minutes
        Limits above 0, strictly increasing.
    reverse
        Who can reach the place, instead of what it reaches: one-way streets are taken the other way.
    contours
        Which of `CONTOURS` to draw. With the network's `time_error_share` e, ``"inner"`` lies where the time is
        at most ``(1 - e)`` of the limit (surely reached), ``"outer"`` at ``(1 + e)`` (perhaps reached).
    merged
        One area per limit for all answered origins together, instead of one for each.
    kind
        ``"area"``; ``"edges"`` for the roads themselves, cut where the time is up; ``"hull"`` for their convex hull,
        which covers ground that cannot be reached. For both see :func:`sxgeo.analysis.reached.reached_roads`.

    Returns
    -------
    GeoDataFrame
        EPSG:4490, one row per answered origin, limit and contour, sorted by `origin_id`, then `minutes`, then
        inner, middle, outer: `origin_id` (all of them, joined by ";", when merged), `minutes`, `contour`,
        `area_km2` (on the ellipsoid), `snap_m` (way to the road; the longest when merged), valid Polygon or
        MultiPolygon. The column `contour` is there only when others than the middle ones are asked for, `access_error_min` only when the network has
        stops: the largest error, for want of their exact position, of those whose platform is reached in time.
        ``attrs``: `unanswered` and `notes`, lists of (origin_id, text); `origins`, a list of (origin_id, lon, lat) of
        those answered; `network`, `attribution` and `time_error_share` of the network.

    Raises
    ------
    UsageError
        If `minutes` are not above 0 and strictly increasing, there are no origins, or a contour or kind is unknown.
    InputError
        If an origin is not a point on the earth, has no CRS, or an id stands twice: all problems at once.
    AnalysisError
        If no origin at all can be answered; it says why for each.
    """
    if kind != "area":
        from .reached import reached_roads

        return reached_roads(network, origins, minutes, kind=kind, reverse=reverse, contours=contours, merged=merged)
    limits, places = _limits(minutes), _read(origins, "origin")
    if not places.ids:
        raise UsageError("no origins given; give at least one")
    wanted = _levels(limits, contours, network.time_error_share)
    roads = network.reversed() if reverse else network
    snaps, unanswered = _snap_all(roads, edge_boxes(roads), places)
    if not snaps:
        reasons = [f"{origin_id}: {reason}" for origin_id, reason in unanswered]
        raise AnalysisError(listed("no origin can be answered:", reasons))
    levels = sorted({level for level, _, _ in wanted})
    notes: list[tuple[Any, str]] = []
    parts, drawn = roads.part_length_m(), list[_Drawn]()
    for place, origin, ticks in _searched(roads, snaps, levels[-1]):
        origin_id = places.ids[place]
        if note := cut_off(roads, parts, origin):
            notes.append((origin_id, note))
        shapes = areas(roads, ticks, origin, levels)
        drawn.append(
            _Drawn(
                str(origin_id) if merged else origin_id,
                origin.distance_m,
                shapes,
                _stop_errors(roads, ticks, origin, levels),
            )
        )
    if merged:
        drawn = [_merged(drawn)]
    rows = [
        (one.origin_id, limit, contour, round(ellipsoid_area_m2(one.shapes[n]) / 1e6, 4), round(one.snap_m, 1),
         one.errors_min[n], one.shapes[n])
        for one in drawn
        for level, limit, contour in wanted
        for n in (levels.index(level),)
    ]  # fmt: skip
    found = gpd.GeoDataFrame(rows, columns=list(_ALL_COLUMNS), geometry="geometry", crs=GEOGRAPHIC)
    unasked = ["contour"] if tuple(contours) == ("middle",) else []
    found = found.drop(columns=unasked if roads.legs else [*unasked, "access_error_min"])
    notes += [("", note) for note in (*roads.notes, *(roads.legs.notes if roads.legs else ()))]
    found.attrs.update(unanswered=unanswered, notes=notes, network=network.id, attribution=network.attribution)
    found.attrs["time_error_share"] = network.time_error_share
    found.attrs["origins"] = [(places.ids[place], places.lon[place], places.lat[place]) for place in snaps]
    return found


def _levels(limits: list[float], contours: Sequence[str], error_share: float) -> list[tuple[float, float, str]]:
    """Return (minutes to contour at, limit, contour) in the order of the rows."""
    if isinstance(contours, str) or not contours or not set(contours) <= set(CONTOURS):
        raise UsageError(f"contours are {contours!r}; choose some of {', '.join(CONTOURS)}")
    share = {"inner": 1 - error_share, "middle": 1.0, "outer": 1 + error_share}
    wanted = [contour for contour in CONTOURS if contour in contours]
    return [(limit if name == "middle" else limit * share[name], limit, name) for limit in limits for name in wanted]


def _searched(network: Network, snaps: dict[int, Snap], limit_min: float) -> Iterator[tuple[int, Snap, Any]]:
    seeds = seeds_of(network, list(snaps.values()))
    chunk = max(1, min(_SEARCHED_AT_ONCE, _TABLE_CELLS // network.size))
    for row, (place, origin) in enumerate(snaps.items()):
        if row % chunk == 0:
            some = seeds.part(row, min(row + chunk, len(snaps)))
            table = ticks_from(network.steps, some, limit_ticks=limit_min * TICKS_PER_MIN)
        yield place, origin, table[row % chunk]


@dataclass(frozen=True, slots=True)
class _Drawn:
    """One origin, or several merged: a shape and the largest error of a stop for each level."""

    origin_id: Any
    snap_m: float
    shapes: list[Any]
    errors_min: list[float]


def _stop_errors(network: Network, ticks: Any, origin: Snap, levels: list[float]) -> list[float]:
    """Return for each level the largest access error in minutes of the stops whose platform is reached in time."""
    if network.legs is None or not network.legs.hidden:
        return [0.0] * len(levels)
    there = (ticks[len(network.lon) : network.size] + origin.walk_ticks) / TICKS_PER_MIN
    return [round(float(network.legs.error_min[there <= level].max(initial=0)), 1) for level in levels]


def _merged(drawn: list[_Drawn]) -> _Drawn:
    joined = [quantise(shapely.union_all(shapes)) for shapes in zip(*(one.shapes for one in drawn), strict=True)]
    errors_min = [max(errors) for errors in zip(*(one.errors_min for one in drawn), strict=True)]
    origin_id = ";".join(str(one.origin_id) for one in drawn)
    return _Drawn(origin_id, max(one.snap_m for one in drawn), nested(joined), errors_min)


@dataclass(frozen=True, slots=True)
class _Places:
    """Places sorted by id."""

    ids: list[Any]
    lon: list[float]
    lat: list[float]

    @property
    def labels(self) -> Any:
        labels = np.empty(len(self.ids), dtype=object)
        labels[:] = self.ids
        return labels


def _limits(minutes: Sequence[float]) -> list[float]:
    try:
        limits = [value.item() if isinstance(value, np.generic) else value for value in minutes]
        numbers = np.array([float(value) for value in limits])
    except (TypeError, ValueError) as error:
        raise UsageError(f"minutes are {minutes!r}; give a list of numbers such as [15, 30, 60]") from error
    if len(numbers) == 0 or not np.isfinite(numbers).all() or (numbers <= 0).any() or (np.diff(numbers) <= 0).any():
        raise UsageError(f"minutes are {limits}; they must be above 0 and strictly increasing, e.g. 15,30,60")
    return limits if all(isinstance(value, int) for value in limits) else numbers.tolist()


def _snap_all(network: Network, boxes: Any, places: _Places) -> tuple[dict[int, Snap], list[tuple[Any, str]]]:
    """Return the snaps by number of the place, and (id, reason) of the places without one."""
    snaps: dict[int, Snap] = {}
    refused: list[tuple[Any, str]] = []
    for number, found in enumerate(snap_each(network, np.array(places.lon), np.array(places.lat))):
        if isinstance(found, str):
            refused.append((places.ids[number], found))
        else:
            snaps[number] = found
    return snaps, refused


def _read(places: Places, role: str) -> _Places:
    """Read points of any accepted form; `role` names them in messages and in the id column."""
    if isinstance(places, (gpd.GeoDataFrame, gpd.GeoSeries)):
        ids, xy = _from_frame(places, role)
    else:
        ids, xy = _from_pairs(places, role)
    if len({type(i) for i in ids}) > 1:
        ids = [i if _is_missing(i) else str(i) for i in ids]
    if problems := list(_problems(ids, xy)):
        raise InputError(listed(f"{role}s that cannot be used:", problems))
    order = sorted(range(len(ids)), key=lambda i: ids[i])
    xy = np.round(xy, 7)
    return _Places([ids[i] for i in order], [float(xy[i, 0]) for i in order], [float(xy[i, 1]) for i in order])


def _from_frame(places: gpd.GeoDataFrame | gpd.GeoSeries, role: str) -> tuple[list[Any], Any]:
    if places.crs is None:
        raise InputError(f"{role}s have no CRS; declare one (e.g. EPSG:4490), it is never guessed")
    columns = getattr(places, "columns", ())
    named = next((name for name in (f"{role}_id", *_ID_COLUMNS) if name in columns), None)
    ids = (places[named] if named else places.index.to_series()).tolist()
    points = places.geometry.to_numpy()
    kind = shapely.get_type_id(points)
    bad = (kind != 0) | shapely.is_empty(points)
    if bad.any():
        kinds = ["no geometry" if point is None else point.geom_type for point in points]
        problems = [f"{ids[i]}: {kinds[i]}, not a point" for i in np.flatnonzero(bad)]
        raise InputError(listed(f"{role}s that cannot be used:", problems))
    return ids, shapely.get_coordinates(to_geographic(shapely.force_2d(points), places.crs))


def _from_pairs(places: Any, role: str) -> tuple[list[Any], Any]:
    try:
        xy = np.array([(float(lon), float(lat)) for lon, lat in places]).reshape(-1, 2)
    except (TypeError, ValueError) as error:
        raise InputError(f"{role}s are no list of (lon, lat) pairs, e.g. [(112.5489, 37.8706)]") from error
    return [f"{_degrees(lon)},{_degrees(lat)}" for lon, lat in xy], xy


def _is_missing(place_id: Any) -> bool:
    """Say whether an id is None, NaN, NA or blank."""
    return place_id is None or place_id is pd.NA or place_id != place_id or str(place_id).strip() == ""


def _degrees(value: float) -> str:
    return np.format_float_positional(np.round(value, 7), trim="-")


def _problems(ids: list[Any], xy: Any) -> Iterator[str]:
    seen: set[Any] = set()
    for number, (place_id, (lon, lat)) in enumerate(zip(ids, xy, strict=True), start=1):
        if _is_missing(place_id):
            yield f"row {number}: it has no id; give every place one, or none at all"
        elif place_id in seen:
            yield f"{place_id}: this id stands twice; ids must differ"
        seen.add(place_id)
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            hint = " (lat before lon? give lon,lat)" if -90 <= lon <= 90 and 90 < lat <= 180 else ""
            yield f"{place_id}: lon {lon:g}, lat {lat:g} is no place on the earth{hint}"
