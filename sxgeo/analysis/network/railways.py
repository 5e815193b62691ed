"""Railways of a day over a network: which lines exist, how fast they run, and what a new one changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Geod

from .analysis.isochrones import Places, isochrones, stop_times, travel_times
from .analysis.network import Network
from .analysis.rail import DWELL_MIN, Line, Stop, with_lines
from .analysis.surface import CELLS_PER_CAP, MIN_PART_CELLS
from .catalog import checked_date, last_day
from .errors import UsageError
from .layers import load_layer
from .projection import GEOGRAPHIC, ellipsoid_area_m2

PASSENGER_MODES = ("high_speed_rail", "rail")
SPEED_SHARE = 0.75
"""Mean running speed between stops as a share of the design speed: acceleration, braking, slack (assumed)."""
RAIL_DETOUR = 1.08
"""Length of line to chords between its stops; four lines of published length have 1.03, 1.09, 1.10 and 1.13."""
GOOD_STATION_M = 3000.0
"""A station whose position is known worse than this is used only with the error of the way to it."""
_ROAD_KMH, _FOOT_KMH, _WAY_DETOUR = 40.0, 5.0, 1.3
_GEOD = Geod(ellps="GRS80")


@dataclass(frozen=True, eq=False)
class Comparison:
    """What changes between two days.

    Attributes
    ----------
    places
        `origin_id`, `place_id`, `name_zh`, `before_min`, `after_min`, `saved_min`; first the
        places newly reached, then the greatest saving. Minutes are NaN where there is no way.
    areas
        EPSG:4490, one row per origin and limit: `origin_id`, `minutes`, `before_km2`, `after_km2`, `gained_km2`, and
        as geometry what is reached after and was not before (empty where nothing is).
    before, after
        The areas of each day, as :func:`sxgeo.isochrones` returns them.
    days
        The two ISO dates.
    lines
        What runs on one day only: `link_id`, `name_zh`, `name_en`, `design_speed_kmh`, `opens` (ISO date, or empty),
        `planned_open` (as published, or empty), `runs` (``"after"`` or ``"before"``), by `link_id`; empty when no
        line differs.
    """

    places: pd.DataFrame
    areas: gpd.GeoDataFrame
    before: gpd.GeoDataFrame
    after: gpd.GeoDataFrame
    days: tuple[str, str]
    lines: pd.DataFrame


def with_rail(network: Network, *, as_of: str | None = None) -> Network:
    """Lay the passenger railways of a day over a network.

    A link is used when it is open on that day, or, later than the day of the data, when it is expected to have
    opened by then (`planned_open`, on its last day); it needs a published design speed and two located stations.
    Towns on a line are no stops: where their stations are is not published.

    Parameters
    ----------
    network
        Roads or paths on foot; access to stations goes over them.
    as_of
        ISO date; None takes the day of the data.

    Returns
    -------
    Network
        With `legs`; ``legs.notes`` says what is expected, assumed and left out.

    Raises
    ------
    UsageError
        If the date is wrong or the network already has rail.
    """
    day = checked_date(as_of)
    return _over(network, [_lines(day, _access_kmh(network))])[0]


def compare(
    network: Network,
    origins: Places | tuple[float, float],
    before: str,
    after: str,
    *,
    minutes: Sequence[float] = (60,),
    places: Places | None = None,
    reverse: bool = False,
    contours: Sequence[str] = ("middle",),
    merged: bool = False,
) -> Comparison:
    """Compare what is reached by rail over a network on two days.

    Parameters
    ----------
    network
        Roads or paths on foot, without rail.
    origins
        As in :func:`sxgeo.travel_times`, or one (lon, lat) pair.
    before, after
        ISO dates; :func:`with_rail` says which lines exist on them.
    minutes
        Limits of the areas, strictly increasing.
    places
        Where to measure the minutes saved; None takes every station of the later day.
    reverse
        Who can reach the origins, instead of what they reach; the minutes are those from each place.
    contours, merged
        As in :func:`sxgeo.isochrones`; each contour is compared with its like. Minutes by place are never merged.

    Returns
    -------
    Comparison
        Minutes saved by place, and the area gained; the areas have a column `contour` when others than the middle ones are
        asked for.

    Raises
    ------
    UsageError
        If a date is wrong, `after` is not later than `before`, or the network already has rail.
    InputError, AnalysisError
        As in :func:`sxgeo.isochrones`.
    """
    first, second = checked_date(before), checked_date(after)
    if second <= first:
        raise UsageError(f"{second} is not later than {first}; give the earlier day first")
    if isinstance(origins, tuple) and len(origins) == 2 and np.isscalar(origins[0]):
        origins = [origins]
    told = [_lines(day, _access_kmh(network)) for day in (first, second)]
    networks = _over(network, told)
    if reverse:
        networks = [each.reversed() for each in networks]
    was, becomes = (isochrones(each, origins, minutes, contours=contours, merged=merged) for each in networks)
    tables = [_times(each, origins, places) for each in networks]
    gained = _gained(was, becomes, network.offroad_cap_m)
    return Comparison(
        _saved(*tables), gained, was, becomes, (first, second), _differing(*(lines for _, lines, _ in told))
    )


_LINE_COLUMNS = ("link_id", "name_zh", "name_en", "design_speed_kmh", "opens", "planned_open")


def _differing(before: Sequence[Line], after: Sequence[Line]) -> pd.DataFrame:
    """Return the links that carry trains on one day only."""
    was, becomes = ({line.id for line in lines} for lines in (before, after))
    links = load_layer("transport_links").frame
    some = links[links["link_id"].isin(was ^ becomes)].sort_values("link_id")
    table = pd.DataFrame({column: some[column].to_numpy() for column in _LINE_COLUMNS})
    for column in ("opens", "planned_open"):
        table[column] = table[column].fillna("").astype(str)
    return table.assign(runs=["after" if link in becomes else "before" for link in table["link_id"]])


def _over(network: Network, told: Sequence[tuple[list[Stop], list[Line], list[str]]]) -> list[Network]:
    """Lay the lines of each day over the same roads, split at the stops of all days, so that only lines differ."""
    stops = {stop.id: stop for some, _, _ in told for stop in some}
    return [with_lines(network, list(stops.values()), lines, notes) for _, lines, notes in told]


def _access_kmh(network: Network) -> float:
    return _FOOT_KMH if network.mode == "walk" else _ROAD_KMH


def _saved(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Join the times of both days; places newly reached come first, then the greatest saving."""
    key = ["origin_id", "place_id"]
    table = after.merge(before.drop(columns="name_zh"), on=key, how="left", suffixes=("_after", "_before"))
    table = table.rename(columns={"minutes_after": "after_min", "minutes_before": "before_min"})
    table = table[[*key, "name_zh", "before_min", "after_min"]].round(1)
    table["saved_min"] = (table["before_min"] - table["after_min"]).round(1)
    rank = table["saved_min"].where(table["before_min"].notna() | table["after_min"].isna(), np.inf)
    order = pd.DataFrame({"rank": -rank.fillna(-np.inf), **table[["after_min", *key]]})
    return table.loc[order.sort_values(["rank", "after_min", *key]).index].reset_index(drop=True)


def _times(network: Network, origins: Any, places: Places | None) -> pd.DataFrame:
    if places is not None:
        table = travel_times(network, origins, places).rename(columns={"destination_id": "place_id"})
        return table.assign(name_zh=table["place_id"].astype(str))
    return stop_times(network, origins)


def _gained(was: gpd.GeoDataFrame, becomes: gpd.GeoDataFrame, cap_m: float) -> gpd.GeoDataFrame:
    """Return what was not reached before, without the slivers that two outlines of one edge leave."""
    least_m2 = MIN_PART_CELLS * (cap_m / CELLS_PER_CAP) ** 2
    more = [shapely.normalize(shapely.difference(b, a)) for a, b in zip(was.geometry, becomes.geometry, strict=True)]
    parts = [[p for p in shapely.get_parts(m) if p.geom_type == "Polygon" and _is_large(p, least_m2)] for m in more]
    shapes = [shapely.MultiPolygon(some) for some in parts]
    same = ["origin_id", "minutes", *(["contour"] if "contour" in becomes.columns else [])]
    return gpd.GeoDataFrame(
        {
            **{name: becomes[name] for name in same},
            "before_km2": was["area_km2"],
            "after_km2": becomes["area_km2"],
            "gained_km2": [round(ellipsoid_area_m2(shape) / 1e6, 4) for shape in shapes],
        },
        geometry=shapes,
        crs=GEOGRAPHIC,
    )


def _is_large(part: shapely.Polygon, least_m2: float) -> bool:
    """A sliver is small, or so thin that nothing of it is left an eighth of its root inwards."""
    return ellipsoid_area_m2(part) >= least_m2 and not shapely.is_empty(shapely.buffer(part, -(part.area**0.5) / 8))


def _lines(day: str, access_kmh: float) -> tuple[list[Stop], list[Line], list[str]]:
    links = load_layer("transport_links").frame
    there = load_layer("transport_links", as_of=day).frame.set_index("link_id")["existence"]
    expected = (links["planned_open"].map(last_day) != "") & (links["planned_open"].map(last_day) <= day)
    expected &= (links["status"] == "under_construction") & (day > checked_date(None))
    some = links[links["mode"].isin(PASSENGER_MODES) & (links["link_id"].isin(there.index) | expected)]
    nodes = {row["node_id"]: row for row in load_layer("transport_nodes").frame.to_dict("records")}
    lines: list[Line] = []
    notes = [
        f"trains run at {SPEED_SHARE:g} of the design speed and stop {DWELL_MIN:g} min at every station: "
        "assumed, no timetable"
    ]
    slow: list[str] = []
    for link in some.to_dict("records"):
        line = _line(link, nodes)
        if line is None:
            slow.append(link["name_zh"])
            continue
        lines.append(line)
        if link["link_id"] not in there.index:
            notes.append(f"{link['name_zh']}: under construction, expected {link['planned_open']}; that is no opening")
        elif there[link["link_id"]] == "assumed":
            notes.append(f"{link['name_zh']}: its opening day is unknown, assumed to be open on {day}")
    if slow:
        notes.append(f"not used, no published design speed or fewer than two located stations: {', '.join(slow)}")
    served = sorted({stop for line in lines for stop in line.stops})
    return [_stop(nodes[stop], access_kmh) for stop in served], lines, notes


def _line(link: dict[str, Any], nodes: dict[str, dict[str, Any]]) -> Line | None:
    """Return the stops and running minutes of a link; None where they are not known."""
    speed_kmh = link["design_speed_kmh"]
    located = [nodes[node] for node in link["node_ids"].split(";") if nodes[node]["geometry"] is not None]
    stations = [i for i, node in enumerate(located) if node["kind"] == "railway_station"]
    if not speed_kmh > 0 or len(stations) < 2:  # blank is NaN, which is not above 0
        return None
    lon, lat = (np.array([getattr(node["geometry"], axis) for node in located]) for axis in "xy")
    _, _, chord_m = _GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
    whole = _length_known(link, located)
    factor = link["stretch_km"] * 1000 / np.sum(chord_m) if whole else RAIL_DETOUR
    run = np.concatenate([[0.0], np.cumsum(chord_m)]) * factor / 1000 / (speed_kmh * SPEED_SHARE) * 60
    minutes = tuple(float(run[b] - run[a]) for a, b in pairwise(stations))
    return Line(link["link_id"], link["name_zh"], tuple(located[i]["node_id"] for i in stations), minutes)


def _length_known(link: dict[str, Any], located: Sequence[dict[str, Any]]) -> bool:
    """Tell whether the published length of a link runs between its first and last located node."""
    own = link["node_ids"].split(";")
    return bool(link["stretch_km"] > 0 and (located[0]["node_id"], located[-1]["node_id"]) == (own[0], own[-1]))


def _stop(node: dict[str, Any], access_kmh: float) -> Stop:
    error_m = node["position_accuracy_m"] + (node["datum_error_m"] or 0)
    error_min = error_m * _WAY_DETOUR / (access_kmh * 1000 / 60) if error_m > GOOD_STATION_M else 0.0
    return Stop(node["node_id"], node["name_zh"], node["geometry"].x, node["geometry"].y, round(float(error_min), 1))
