"""The targets that the plans set themselves, and how far they are reached on a day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...boundaries.zone_table import find_zone
from ...catalog import checked_date, read_table
from ...errors import UsageError, listed
from ...geometry.projection import ellipsoid_area_m2
from ...layers.layers import load_layer
from ...workspace.boundaries import load_zone
from ..network.bundled import ZONE_BOXES, load_network
from .indicators import (
    Bounds,
    Node,
    judge,
    leg_km,
    legs_of,
    length_inside_km,
    running_min,
    slowest,
    within,
)
from .travel_times import travel_times

if TYPE_CHECKING:
    from ...geometry.shapes import Shape
    from ..network.graph import Network

COLUMNS = (
    "indicator_id",
    "zone_id",
    "name_zh",
    "name_en",
    "target",
    "unit",
    "comparison",
    "due",
    "as_of",
    "low",
    "high",
    "outcome",
    "counted",
    "given",
    "note_zh",
    "note_en",
    "plan",
    "source",
    "confidence",
)
OUTCOME_ZH = {
    "reached": "已达到",
    "not_reached": "未达到",
    "undetermined": "不能判定",
    "unknown": "无数据",
}
OUTCOME_EN = {
    "reached": "reached",
    "not_reached": "not reached",
    "undetermined": "cannot be told",
    "unknown": "no figures",
}
UNIT_ZH = {
    "km": "公里",
    "km/100km2": "公里/百平方公里",
    "percentage points": "个百分点",
    "%": "%",
    "firms": "家",
    "10^8 CNY": "亿元",
    "persons": "人",
    "min": "分钟",
    "cities": "个市",
    "h": "小时",
}
_SIGN = {
    "at_least": "≥",
    "above": ">",
    "at_most": "≤",
}
_Row = Mapping[str, str]


def list_indicators(
    zone_id: str | None = None,
    *,
    as_of: str | None = None,
    values: Mapping[str, float | str] | None = None,
) -> pd.DataFrame:
    """List the plans' targets and compute those that the bundled data can bound.

    Parameters
    ----------
    zone_id
        Only the targets of this zone; None lists all, those of the whole province too.
    as_of
        ISO date of what exists; None takes the day of the data.
    values
        Measured values by `indicator_id`, in the unit of the target, from statistics that you hold.
        They take the place of what is computed, and `given` says so.

    Returns
    -------
    DataFrame
        One row per target, in the order of the table, empty where a zone has none: `low` and `high`
        bound the value (NaN: no bound), `outcome` is ``"reached"``, ``"not_reached"``,
        ``"undetermined"`` (the bounds leave it open) or ``"unknown"`` (nothing is bundled to
        compute it, `note_en` says what is missing), `counted` names what was counted, `zone_id` is
        empty for the province, `due` is empty where the plan states no day.

    Raises
    ------
    UsageError
        If the zone, the date or an id in `values` is unknown, or a value is no finite number.

    Examples
    --------
    >>> import sxgeo
    >>> targets = sxgeo.list_indicators("taixin")
    >>> list(targets.columns[:3])
    ['indicator_id', 'zone_id', 'name_zh']
    """
    day = checked_date(as_of)
    rows = read_table("sources/indicators.csv")
    given = _checked(values or {}, {row["indicator_id"] for row in rows})
    if zone_id is not None:
        zone_id = find_zone(zone_id)
        rows = [row for row in rows if row["zone_id"] == zone_id]
    return pd.DataFrame([_record(row, day, given) for row in rows], columns=list(COLUMNS))


def indicator_records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return :func:`list_indicators` as the list of `sxgeo indicators --format json`: what is not
    known is None.
    """
    blank = table.astype(object).where(table.notna() & (table != ""), None)
    return [{str(key): value for key, value in row.items()} for row in blank.to_dict("records")]


def indicator_lines(table: pd.DataFrame) -> list[str]:
    """Return :func:`list_indicators` as lines for the terminal, Chinese first."""
    lines = [f"规划指标 targets of the plans: {len(table)}"]
    for row in indicator_records(table):
        unit = UNIT_ZH[row["unit"]]
        due = f"，期限 due {row['due']}" if row["due"] else ""
        zone = row["zone_id"] or "全省 the province"
        lines += [
            (
                f"{row['indicator_id']:<6} {OUTCOME_ZH[row['outcome']]}  {row['name_zh']} "
                f" {OUTCOME_EN[row['outcome']]}: {row['name_en']}"
            ),
            (
                f"       {zone}，目标 target {_SIGN[row['comparison']]} {row['target']:g}"
                f" {unit}{due}；{_bounds_words(row, unit)}"
            ),
            f"       {row['note_zh']}  {row['note_en']}",
            f"       依据 source: {row['plan']}",
        ]
    return lines


def _bounds_words(row: Mapping[str, Any], unit: str) -> str:
    low, high = row["low"], row["high"]
    if low is None and high is None:
        return "现值未知 value unknown"

    # a measured value is one number, and no estimate
    if row["given"]:
        return f"用户给出 given: {low:g} {unit}"
    span = f"{low:.3g}—{high:.3g}" if high is not None else f"至少 at least {low:.3g}"
    counted = f"（{row['counted']}）" if row["counted"] else ""
    return f"{row['as_of']} 估算 estimated: {span} {unit}{counted}"


def _checked(values: Mapping[str, float | str], known: set[str]) -> dict[str, float]:
    """Return the values as numbers, or refuse them all in one message."""
    found, numbers = [], {}
    for key, value in values.items():
        # a word becomes NaN, which is refused below with the word itself
        try:
            numbers[key] = float(value)
        except (TypeError, ValueError):
            numbers[key] = float("nan")
        if key not in known:
            found.append(f"unknown indicator '{key}'; known: {', '.join(sorted(known))}")
        elif not np.isfinite(numbers[key]):
            found.append(f"{key} '{value}' is not a finite number")
    if found:
        raise UsageError(listed("the values cannot be used:", found))
    return numbers


def _record(
    row: _Row,
    day: str,
    given: Mapping[str, float],
) -> dict[str, Any]:
    key, target = row["indicator_id"], float(row["target"])

    # what the user has measured goes before what is computed
    bounds = Bounds.exactly(given[key]) if key in given else _computed(row, day)
    return {
        **{name: row[name] for name in COLUMNS if name in row},
        "target": target,
        "as_of": day,
        "low": _rounded(bounds.low),
        "high": _rounded(bounds.high),
        # judged by the bounds themselves: rounded ones could lie on the other side of the target
        "outcome": judge(bounds, target, row["comparison"]),
        "counted": "、".join(bounds.counted),
        "given": key in given,
    }


def _computed(row: _Row, day: str) -> Bounds:
    # without a method nothing is bundled that bounds the value
    return _METHODS[row["method"]](row, day) if row["method"] else Bounds()


def _rounded(bound: float | None) -> float:
    return np.nan if bound is None else round(bound, 2)


def _hsr_added(row: _Row, day: str) -> Bounds:
    """Bound the kilometres of high-speed railway in the zone that opened since a day."""
    links = _open(day, "high_speed_rail")
    new = links[links["opens"].fillna("") > row["since"]]
    outline = load_zone(row["zone_id"]).outline
    published_km = new["length_in_shanxi_km"].fillna(new["length_km"])
    low_km, high_km = 0.0, 0.0
    for course, published in zip(_courses(new), published_km, strict=True):
        low, high = length_inside_km(legs_of([course]), outline)
        low_km += low

        # a railway is no longer than its builder says
        high_km += min(high, published) if published > 0 else high
    return Bounds(low_km, high_km, tuple(new["name_zh"]))


def _expressway_density(row: _Row, day: str) -> Bounds:
    """Bound from below the kilometres of expressway per 100 km2 of the zone: not every expressway
    is held.

    `arguments` names links whose course others describe too; they are not counted a second time.
    """
    links = _open(day, "expressway")
    outline = load_zone(row["zone_id"]).outline
    courses = _courses(links)
    names = _names_inside(links["name_zh"], courses, outline)

    # what two links describe is one road, and counts once
    doubled = row["arguments"].split(";")
    apart = [
        course
        for course, link_id in zip(courses, links["link_id"], strict=True)
        if link_id not in doubled
    ]
    low_km, _ = length_inside_km(legs_of(apart), outline)
    zone_km2 = ellipsoid_area_m2(outline) / 1e6
    return Bounds(low_km / zone_km2 * 100, None, names)


def _names_inside(
    names: Iterable[str],
    courses: list[list[Node]],
    outline: Shape,
) -> tuple[str, ...]:
    """Return the names of the links of which some part may lie in an outline."""
    return tuple(
        name
        for name, course in zip(names, courses, strict=True)
        if length_inside_km(legs_of([course]), outline)[1]
    )


def _rail_minutes(row: _Row, day: str) -> Bounds:
    """Bound the slowest of the railways between places: ``LINK:FROM:TO`` by ``;``, the whole link
    where no ends are named.
    """
    links = _open(day, "high_speed_rail").set_index("link_id")
    legs, names = [], []
    for leg in row["arguments"].split(";"):
        link_id, first, last = leg.split(":")

        # a railway that is not open on the day takes nobody anywhere
        if link_id not in links.index:
            continue
        link = links.loc[link_id]
        ids, length_km = _stretch(link, first, last)
        legs.append(running_min(length_km, link["design_speed_kmh"], len(ids) - 2))
        names.append(link["name_zh"])
    bounds = slowest(legs, all_known=False)
    return Bounds(bounds.low, bounds.high, tuple(names))


def _stretch(
    link: pd.Series,
    first: str,
    last: str,
) -> tuple[list[str], tuple[float, float]]:
    """Return the stops of a link from one to another and the least and greatest kilometres between
    them; all of it, at its published length, where no ends are named.
    """
    ids = link["node_ids"].split(";")
    if not first:
        return ids, (link["length_km"], link["length_km"])
    ids = ids[ids.index(first) : ids.index(last) + 1]
    return ids, leg_km(_nodes(ids))


def _cities_within(row: _Row, day: str) -> Bounds:
    """Bound from below how many places are surely reached in time:
    ``NETWORK:MEANS:MINUTES:ORIGIN:PLACES``.
    """
    network_id, by, limit_min, origin, places = row["arguments"].split(":")
    nodes = load_layer("transport_nodes").frame.set_index("node_id")

    # places beyond the network cannot be reached by it: they are left out and lower the bound,
    # which stays true
    inside = _places_inside(nodes, places.split(";"), network_id)
    network = load_network(network_id, by=by, as_of=day)
    start = nodes.loc[origin, "geometry"]
    minutes = _minutes(
        network,
        (start.x, start.y),
        list(inside.values()),
    )
    bounds = within(minutes, float(limit_min), error_share=network.time_error_share)
    return Bounds(
        bounds.low,
        bounds.high,
        tuple(nodes.loc[list(inside), "name_zh"]),
    )


def _minutes(
    network: Network,
    start: tuple[float, float],
    places: list[tuple[float, float]],
) -> list[float | None]:
    """Return the minutes to each place, None where there is no way."""
    table = travel_times(network, [start], places)
    return [None if np.isnan(told) else float(told) for told in table["minutes"]]


def _places_inside(
    nodes: pd.DataFrame,
    places: list[str],
    network_id: str,
) -> dict[str, tuple[float, float]]:
    """Return lon and lat of the places that lie in the box of a network."""
    west, south, east, north = ZONE_BOXES[network_id]
    inside = {}
    for place in places:
        point = nodes.loc[place, "geometry"]
        if west <= point.x <= east and south <= point.y <= north:
            inside[place] = (point.x, point.y)
    return inside


_METHODS: Mapping[str, Callable[[_Row, str], Bounds]] = {
    "hsr_added": _hsr_added,
    "expressway_density": _expressway_density,
    "rail_minutes": _rail_minutes,
    "cities_within": _cities_within,
}


def _open(day: str, mode: str) -> pd.DataFrame:
    links = load_layer("transport_links", as_of=day).frame
    return links[links["mode"] == mode]


def _courses(links: pd.DataFrame) -> list[list[Node]]:
    """Return the located nodes of each link."""
    return [_nodes(ids.split(";")) for ids in links["node_ids"]]


def _nodes(ids: list[str]) -> list[Node]:
    """Return the located nodes of known accuracy, in order."""
    frame = load_layer("transport_nodes").frame.set_index("node_id").loc[ids]

    # a node that may lie anywhere bounds nothing
    frame = frame[frame.geometry.notna() & frame["position_accuracy_m"].notna()]
    errors = frame["position_accuracy_m"] + frame["datum_error_m"].fillna(0)
    places = zip(frame.geometry, errors, strict=True)
    return [Node(place.x, place.y, float(error_m)) for place, error_m in places]
