"""The plans' own targets: bounds of what is measured, and what they say of the target (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import shapely

from ...geometry.projection import ellipsoid_length_m

DETOUR = (1.0, 1.13)
"""Length of a railway or road to the chords between its nodes, at least and at most; four railways
of published length have 1.03 to 1.13.
"""
RUNNING_SHARE = 0.75
"""Mean running speed as a share of the design speed, for the upper bound of a time (assumed, no
timetable).
"""
DWELL_MIN = 2.0
"""Every train is taken to stop this long at every stop on its way, for the upper bound of a time
(assumed).
"""
OUTCOMES = ("reached", "not_reached", "undetermined", "unknown")
COMPARISONS = ("at_least", "above", "at_most")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is known of a value: it lies from `low` to `high`; None where there is no bound."""

    low: float | None = None
    high: float | None = None
    counted: tuple[str, ...] = ()

    @classmethod
    def exactly(cls, value: float) -> Bounds:
        return cls(value, value)


@dataclass(
    frozen=True,
    slots=True,
    order=True,
)
class Node:
    """A located node of a link: EPSG:4490 degrees, and how far it may lie off in metres."""

    lon: float
    lat: float
    accuracy_m: float


Leg = tuple[Node, Node]


def judge(
    bounds: Bounds,
    target: float,
    comparison: str,
) -> str:
    """Tell whether a target is reached, by the bounds of the value.

    Parameters
    ----------
    bounds
        In the unit of the target.
    comparison
        One of `COMPARISONS`.

    Returns
    -------
    str
        ``"reached"`` or ``"not_reached"`` where every value within the bounds says so,
        ``"undetermined"`` where some do, ``"unknown"`` where there is no bound at all.
    """
    # nothing known is not the same as known too roughly: the one asks for data, the other for
    # better ones
    low, high = bounds.low, bounds.high
    if low is None and high is None:
        return "unknown"

    # here the worst value counts: a time that may be longer than the target is not yet within it
    if comparison == "at_most":
        if high is not None and high <= target:
            return "reached"
        return "not_reached" if low is not None and low > target else "undetermined"

    # only where the least value is enough are all of them
    enough = low is not None and (low > target if comparison == "above" else low >= target)
    if enough:
        return "reached"

    # and only where the greatest one falls short do all of them
    short = high is not None and (high <= target if comparison == "above" else high < target)
    return "not_reached" if short else "undetermined"


def legs_of(links: Iterable[Sequence[Node]]) -> list[Leg]:
    """Cut links into legs from node to node; a leg that several links share comes once."""
    # either way round it is the same track, and would count twice
    return list(
        dict.fromkeys((min(a, b), max(a, b)) for nodes in links for a, b in pairwise(nodes))
    )


def length_inside_km(legs: Iterable[Leg], outline: Any) -> tuple[float, float]:
    """Bound the length of legs inside an outline.

    Returns
    -------
    low, high
        Kilometres. The chords inside, less the error of both ends, times the least detour; and with
        it, times the greatest. 0, 0 where no chord touches the outline.
    """
    low = high = 0.0
    for a, b in legs:
        chord = shapely.LineString(
            [
                (a.lon, a.lat),
                (b.lon, b.lat),
            ]
        )

        # legs far away are most of them: no intersection is worked out for those
        if not shapely.intersects(chord, outline):
            continue
        inside_km = ellipsoid_length_m(shapely.intersection(chord, outline)) / 1000

        # an end that lies off may lie off along the chord, so that all of the error counts
        error_km = (a.accuracy_m + b.accuracy_m) / 1000

        # a chord shorter than its error bounds nothing, and no length is below 0
        low += max(0.0, inside_km - error_km) * DETOUR[0]
        high += (inside_km + error_km) * DETOUR[1]
    return low, high


def leg_km(nodes: Sequence[Node]) -> tuple[float, float]:
    """Bound the length in kilometres along nodes in order; only the ends' errors count, and at
    least the straight way is ridden.
    """
    first, last = nodes[0], nodes[-1]
    error_km = (first.accuracy_m + last.accuracy_m) / 1000
    straight = shapely.LineString(
        [
            (first.lon, first.lat),
            (last.lon, last.lat),
        ]
    )
    chords_km = sum(
        ellipsoid_length_m(
            shapely.LineString(
                [
                    (a.lon, a.lat),
                    (b.lon, b.lat),
                ]
            )
        )
        for a, b in pairwise(nodes)
    )

    # nodes between may be misplaced, and no way is shorter than the straight one
    low = max(0.0, ellipsoid_length_m(straight) / 1000 - error_km)
    return low, (chords_km / 1000 + error_km) * DETOUR[1]


def running_min(
    length_km: tuple[float, float],
    design_speed_kmh: float,
    stops_between: int,
) -> tuple[float, float]:
    """Bound the minutes of a train: all the way at design speed; and at `RUNNING_SHARE` of it with
    every stop.
    """
    low_km, high_km = length_km

    # the slow one stops everywhere on the way: no timetable says that it does not
    slow_min = high_km / (design_speed_kmh * RUNNING_SHARE) * 60 + DWELL_MIN * stops_between
    return low_km / design_speed_kmh * 60, slow_min


def slowest(legs: Iterable[tuple[float, float]], *, all_known: bool) -> Bounds:
    """Bound the slowest of several legs; without an upper bound where some leg is not known."""
    # a railway without any located leg has no time at all, not one of 0
    some = list(legs)
    if not some:
        return Bounds()
    return Bounds(max(low for low, _ in some), max(high for _, high in some) if all_known else None)


def within(
    minutes: Iterable[float | None],
    limit_min: float,
    *,
    error_share: float,
) -> Bounds:
    """Bound from below how many places are reached within a limit.

    There is no upper bound: a faster way than the network knows may exist, and plans seldom say
    whether waiting counts.

    Parameters
    ----------
    minutes
        Door to door, with a relative error; None is not known.
    """
    # a place without a way may have one that the network does not know: it is not counted, nor
    # counted out
    known = [m for m in minutes if m is not None]
    return (
        Bounds(float(sum(m * (1 + error_share) <= limit_min for m in known))) if known else Bounds()
    )
