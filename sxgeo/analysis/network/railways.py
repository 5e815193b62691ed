"""Railways of a day over a network: which lines exist, how fast they run, and what a new one
changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from pyproj import Geod

from ...catalog import checked_date, last_day
from ...layers.layers import load_layer
from .graph import checked_network
from .rail import DWELL_MIN, Line, Stop, with_lines

if TYPE_CHECKING:
    import pandas as pd

    from .arrays import Floats
    from .graph import Network

PASSENGER_MODES = ("high_speed_rail", "rail")
SPEED_SHARE = 0.75
"""Mean running speed between stops as a share of the design speed: acceleration, braking, slack
(assumed).
"""
RAIL_DETOUR = 1.08
"""Length of line to chords between its stops; four lines of published length have 1.03, 1.09, 1.10
and 1.13.
"""
GOOD_STATION_M = 3000.0
"""A station whose position is known worse than this is used only with the error of the way to it.
"""
_ROAD_KMH, _FOOT_KMH, _WAY_DETOUR = 40.0, 5.0, 1.3
_GEOD = Geod(ellps="GRS80")


def with_rail(network: Network, *, as_of: str | None = None) -> Network:
    """Lay the passenger railways of a day over a network.

    A link is used when it is open on that day, or, later than the day of the data, when it is
    expected to have opened by then (`planned_open`, on its last day); it needs a published design
    speed and two located stations. Towns on a line are no stops: where their stations are is not
    published.

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

    Examples
    --------
    >>> import sxgeo
    >>> roads = sxgeo.load_network("taixin")
    >>> sxgeo.with_rail(roads, as_of="2026-11-01").legs is not None
    True
    """
    checked_network(network)
    day = checked_date(as_of)
    return networks_over(network, [lines_on(day, access_kmh_of(network))])[0]


def networks_over(
    network: Network, told: Sequence[tuple[list[Stop], list[Line], list[str]]]
) -> list[Network]:
    """Lay the lines of each day over the same roads, split at the stops of all days, so that only
    lines differ.
    """
    # split at the stops of all days: else a network would differ where only the lines do
    stops = {stop.id: stop for some, _, _ in told for stop in some}
    return [with_lines(network, list(stops.values()), lines, notes) for _, lines, notes in told]


def access_kmh_of(network: Network) -> float:
    return _FOOT_KMH if network.mode == "walk" else _ROAD_KMH


def lines_on(day: str, access_kmh: float) -> tuple[list[Stop], list[Line], list[str]]:
    links = load_layer("transport_links").frame
    existence = load_layer("transport_links", as_of=day).frame.set_index("link_id")["existence"]
    nodes = _nodes_by_id()
    lines: list[Line] = []
    notes = [
        f"trains run at {SPEED_SHARE:g} of the design speed and stop {DWELL_MIN:g} min at every"
        " station: assumed, no timetable"
    ]
    unknown: list[str] = []
    for link in _running(links, existence.index, day).to_dict("records"):
        line = _line(link, nodes)
        if line is None:
            unknown.append(link["name_zh"])
            continue
        lines.append(line)
        notes += _doubts(link, existence.get(link["link_id"]), day)
    notes += _unused_notes(unknown)
    served = sorted({stop for line in lines for stop in line.stops})
    return [_stop(nodes[stop], access_kmh) for stop in served], lines, notes


def _nodes_by_id() -> dict[str, dict[str, Any]]:
    """Return all nodes, not those of a day: a station's place does not hang on it."""
    return {row["node_id"]: row for row in load_layer("transport_nodes").frame.to_dict("records")}


def _unused_notes(names: Sequence[str]) -> list[str]:
    # what is not used is named: a missing line makes places farther than they are
    if not names:
        return []
    return [
        "not used, no published design speed or fewer than two located stations:"
        f" {', '.join(names)}"
    ]


def _doubts(
    link: dict[str, Any],
    existence: str | None,
    day: str,
) -> Iterator[str]:
    """Say that a link is not open yet, or since when is not known; it is open where it exists."""
    if existence is None:
        yield (
            f"{link['name_zh']}: under construction, expected {link['planned_open']}; that is"
            " no opening"
        )
    elif existence == "assumed":
        yield f"{link['name_zh']}: its opening day is unknown, assumed to be open on {day}"


def _running(
    links: pd.DataFrame,
    open_ids: pd.Index,
    day: str,
) -> pd.DataFrame:
    """Return the passenger links that are open on a day, or expected to be."""
    # a plan counts from the last day it names, and only for a day later than the data
    planned = links["planned_open"].map(last_day)
    expected = (planned != "") & (planned <= day) & (day > checked_date(None))
    expected &= links["status"] == "under_construction"
    return links[links["mode"].isin(PASSENGER_MODES) & (links["link_id"].isin(open_ids) | expected)]


def _line(link: dict[str, Any], nodes: dict[str, dict[str, Any]]) -> Line | None:
    """Return the stops and running minutes of a link; None where they are not known."""
    speed_kmh = link["design_speed_kmh"]
    along = [nodes[node] for node in link["node_ids"].split(";")]
    located = [node for node in along if node["geometry"] is not None]
    stations = [i for i, node in enumerate(located) if node["kind"] == "railway_station"]
    if not speed_kmh > 0 or len(stations) < 2:  # blank is NaN, which is not above 0
        return None
    run_min = _run_m(link, located) / 1000 / (speed_kmh * SPEED_SHARE) * 60
    return Line(
        id=link["link_id"],
        name=link["name_zh"],
        stops=tuple(located[i]["node_id"] for i in stations),
        run_min=tuple(float(run_min[b] - run_min[a]) for a, b in pairwise(stations)),
    )


def _run_m(link: dict[str, Any], located: Sequence[dict[str, Any]]) -> Floats:
    """Return how far along a link each of its located nodes lies."""
    lon = np.array([node["geometry"].x for node in located])
    lat = np.array([node["geometry"].y for node in located])
    _, _, chord_m = _GEOD.inv(
        lon[:-1],
        lat[:-1],
        lon[1:],
        lat[1:],
    )

    # the published length is shared out by the chords; where it is of another stretch, chords with
    # the usual detour stand in
    factor = RAIL_DETOUR
    if _length_known(link, located):
        factor = link["stretch_km"] * 1000 / np.sum(chord_m)
    return np.concatenate([[0.0], np.cumsum(chord_m)]) * factor


def _length_known(link: dict[str, Any], located: Sequence[dict[str, Any]]) -> bool:
    """Tell whether the published length of a link runs between its first and last located node."""
    # a length that was published runs from the first to the last node that the link names
    own = link["node_ids"].split(";")
    return bool(
        link["stretch_km"] > 0
        and (located[0]["node_id"], located[-1]["node_id"]) == (own[0], own[-1])
    )


def _stop(node: dict[str, Any], access_kmh: float) -> Stop:
    error_m = node["position_accuracy_m"] + (node["datum_error_m"] or 0)
    error_min = (
        error_m * _WAY_DETOUR / (access_kmh * 1000 / 60) if error_m > GOOD_STATION_M else 0.0
    )
    return Stop(
        node["node_id"],
        node["name_zh"],
        node["geometry"].x,
        node["geometry"].y,
        round(float(error_min), 1),
    )
