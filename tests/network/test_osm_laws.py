"""Tags and ways of OpenStreetMap, by themselves: a second writing of what docs/isochrones.md says of
access, direction and speed, and ways against a graph that merges nothing.
"""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sxgeo.analysis.network import osm
from sxgeo.analysis.network.arrays import geodesic_m
from sxgeo.analysis.network.build import Terms
from sxgeo.analysis.network.osm import (
    DRIVE_KMH,
    SURFACE_KMH,
    WALK_KMH,
    Ways,
    is_closed,
    maxspeed_kmh,
    may_enter,
    network_from_ways,
    stops,
    way_direction,
    way_speed_kmh,
    way_speeds_kmh,
)
from sxgeo.errors import InputError

TERMS = Terms("n", "road", "", 0.15, 4.0, 150.0)
SHUT = (
    "no",
    "private",
    "agricultural",
    "forestry",
    "military",
    "emergency",
    "psv",
    "bus",
    "use_sidepath",
)
FREE = ("yes", "permissive", "destination", "designated", "customers", "delivery")
CAR = ("motorcar", "motor_vehicle", "vehicle", "access")


# tags
# ------------------------------------------------------------------------------------------


def test_speeds_by_class_and_surface() -> None:
    assert dict(DRIVE_KMH) == {
        "motorway": 100, "motorway_link": 50, "trunk": 70, "trunk_link": 45, "primary": 60,
        "primary_link": 40, "secondary": 50, "secondary_link": 35, "tertiary": 40,
        "tertiary_link": 30, "unclassified": 35, "road": 30, "residential": 25, "living_street": 10,
        "service": 15,
    }  # fmt: skip
    assert dict(SURFACE_KMH) == {
        "compacted": 50, "fine_gravel": 40, "gravel": 40, "unpaved": 40, "cobblestone": 30,
        "sett": 40, "dirt": 25, "earth": 25, "ground": 25, "grass": 15, "sand": 15, "mud": 10,
    }  # fmt: skip
    for name in DRIVE_KMH:
        assert way_speeds_kmh({"highway": name}) == (DRIVE_KMH[name],) * 2
        walked = None if name.startswith("motorway") else 5.0
        assert way_speed_kmh({"highway": name}, by="walk") == walked
    for name in ("pedestrian", "footway", "path", "track", "cycleway", "bridleway"):
        assert way_speed_kmh({"highway": name}, by="walk") == 5
        assert way_speed_kmh({"highway": name}) is None
    assert way_speed_kmh({"highway": "steps"}, by="walk") == 2.5 and len(WALK_KMH) == 20
    for tags in ({}, {"highway": "proposed"}, {"highway": "primary", "area": "yes"}):
        assert way_speeds_kmh(tags) is None
    assert way_speeds_kmh({"highway": "primary", "area": "no"}) == (60, 60)


@pytest.mark.parametrize("surface", [None, "asphalt", *SURFACE_KMH])
@pytest.mark.parametrize("limit", [None, "80", "30", "none"])
def test_no_faster_than_the_surface_lets_whatever_is_said(
    surface: str | None, limit: str | None
) -> None:
    tags = {"highway": "primary"}
    tags |= {} if surface is None else {"surface": surface}
    tags |= {} if limit is None else {"maxspeed": limit}
    said = {"80": 80, "30": 30}.get(limit or "", 60)
    slowest = min(said, SURFACE_KMH.get(surface or "", 1000))
    assert way_speeds_kmh(tags) == (slowest, slowest)
    assert way_speeds_kmh(tags, by="walk") == (5, 5)


@pytest.mark.parametrize("forward", [None, "50", "none"])
@pytest.mark.parametrize("backward", [None, "40", "none"])
@pytest.mark.parametrize("both", [None, "70"])
@pytest.mark.parametrize("zone", [None, "CN:zone30"])
def test_the_limit_of_a_direction_goes_before_that_of_the_way_and_that_before_the_zone(
    forward: str | None, backward: str | None, both: str | None, zone: str | None
) -> None:
    said = {
        "maxspeed:forward": forward, "maxspeed:backward": backward, "maxspeed": both,
        "zone:maxspeed": zone,
    }  # fmt: skip
    tags = {"highway": "tertiary"} | {k: v for k, v in said.items() if v is not None}
    either = 70 if both else (30 if zone else 40)
    told = {None: either, "50": 50, "40": 40, "none": 40}
    assert way_speeds_kmh(tags) == (told[forward], told[backward])


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("60", 60), (" 60 ", 60), ("60 km/h", 60), ("60kmh", 60), ("60 kph", 60), ("30 mph", 48.28032),
        ("10 knots", 18.52), ("12,5", 12.5), ("12.5", 12.5), ("60;80", 60), ("walk", 5),
        ("walking_pace", 5), ("DE:walk", 5), ("CN:zone30", 30), ("DE:zone:30", 30), ("zone30", 30),
        ("GB:30", 48.28032), ("US:zone20", 32.18688), ("us:25", 40.2336), ("US:25 km/h", 25),
        ("CN-sx:zone:20", 20), ("1", 1), ("0.9", None), ("200", 200), ("200.1", None), ("0", None),
        ("none", None), ("CN:urban", None), ("", None), ("60 m", None), ("-60", None), ("a60", None),
    ],
)  # fmt: skip
def test_a_limit_is_read_in_its_unit_and_a_slip_of_the_pen_is_none(
    text: str, kmh: float | None
) -> None:
    assert maxspeed_kmh(text) == (None if kmh is None else pytest.approx(kmh))


@pytest.mark.parametrize("parts", ["{};{}", "{} , {}", "{}|{}"])
def test_a_list_shuts_a_way_where_all_of_it_does(parts: str) -> None:
    for one, other in product((*SHUT[:3], FREE[0]), (*SHUT, FREE[1])):
        assert is_closed(parts.format(one, other.upper())) is (one in SHUT and other in SHUT)
    assert all(is_closed(word) for word in SHUT) and not any(is_closed(word) for word in FREE)


@pytest.mark.parametrize("keys", list(product((None, "no", "yes"), repeat=4)))
def test_the_narrowest_key_of_access_decides(keys: Any) -> None:
    tags = {"highway": "residential"} | {k: v for k, v in zip(CAR, keys, strict=True) if v}
    first = next((v for v in keys if v), "yes")
    assert (way_speeds_kmh(tags) is None) is (first == "no")
    foot = {"highway": "residential"} | {
        k: v for k, v in zip(("foot", "access"), keys[:2], strict=True) if v
    }
    told = next((v for v in keys[:2] if v), "yes")
    assert (way_speeds_kmh(foot, by="walk") is None) is (told == "no")


KINDS = {
    "gate": True, "lift_gate": True, "swing_gate": True, "sliding_gate": True, "rising_bollard": True,
    "cattle_grid": True, "toll_booth": True, "border_control": True, "checkpoint": True,
    "sally_port": True, "entrance": True, "arch": True, "height_restrictor": True,
    "width_restrictor": True, "kerb": True, "spikes": True, "coupure": True, "bollard": False,
    "block": False, "jersey_barrier": False, "gate;bollard": True, "chain": False, "unheard_of": False,
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("locked", [None, "yes", "Yes", "no"])
@pytest.mark.parametrize("access", [None, "no", "yes", "private"])
def test_a_barrier_stops_cars_by_its_access_then_its_lock_then_its_kind(
    kind: str, locked: str | None, access: str | None
) -> None:
    tags = {"barrier": kind}
    tags |= {} if locked is None else {"locked": locked}
    for key in CAR:
        told = tags | ({} if access is None else {key: access})
        if access is not None:
            expected = access in SHUT
        elif locked is not None and locked.lower() == "yes":
            expected = True
        else:
            expected = not KINDS[kind]
        assert stops(told) is expected
    assert stops({k: v for k, v in tags.items() if k != "barrier"}) is False
    assert stops({**tags, "barrier": "no", "access": "no"}) is False


@pytest.mark.parametrize(
    ("kind", "stopped"),
    [
        ("wall", True), ("fence", True), ("guard_rail", True), ("hedge", True), ("city_wall", True),
        ("retaining_wall", True), ("ditch", True), ("gate", False), ("bollard", False),
        ("fence;gate", False), ("fence;wall", True),
    ],
)  # fmt: skip
def test_a_barrier_stops_walkers_by_its_kind(kind: str, stopped: bool) -> None:
    assert stops({"barrier": kind}, by="walk") is stopped
    assert stops({"barrier": kind, "foot": "yes"}, by="walk") is False
    assert stops({"barrier": kind, "foot": "no"}, by="walk") is True
    assert stops({"barrier": kind, "motorcar": "no"}, by="walk") is stopped
    assert stops({"barrier": kind, "locked": "yes"}, by="walk") is True


@pytest.mark.parametrize(
    ("tags", "road", "walk"),
    [
        ({"highway": "primary"}, True, True), ({"highway": "motorway"}, False, True),
        ({"highway": "motorway_link"}, False, True), ({"highway": "trunk_link"}, False, True),
        ({"highway": "trunk"}, True, True), ({"highway": "trunk", "motorroad": "YES"}, False, True),
        ({"highway": "trunk", "motorroad": "no"}, True, True),
        ({"highway": "primary", "tunnel": "yes"}, False, False),
        ({"highway": "primary", "tunnel": "No"}, True, True),
        ({"highway": "primary", "tunnel": "building_passage"}, True, True),
        ({"highway": "primary", "location": "Underground"}, False, False),
        ({"highway": "primary", "location": "overground"}, True, True),
    ],
)  # fmt: skip
def test_where_a_way_can_be_joined_between_its_junctions(
    tags: dict[str, str], road: bool, walk: bool
) -> None:
    assert (may_enter(tags), may_enter(tags, by="walk")) == (road, walk)


ONEWAYS = {
    "yes": 1, "true": 1, "1": 1, " Yes": 1, "-1": -1, "reverse": -1, "no": 0, "": 0, "reversible": None,
    "alternating": 0, "sometimes": 0,
}  # fmt: skip


@pytest.mark.parametrize("word", ONEWAYS)
@pytest.mark.parametrize("kind", [{}, {"junction": "roundabout"}, {"junction": "circular"}, {"highway": "motorway"}, {"highway": "primary"}])  # fmt: skip
def test_the_direction_is_what_oneway_says_else_what_the_kind_implies(
    word: str, kind: dict[str, str]
) -> None:
    implied = bool(kind) and kind != {"highway": "primary"}
    told = ONEWAYS[word]
    if told == 0 and word not in ("no", "alternating") and implied:
        told = 1
    for key in ("oneway", "oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle"):
        tags = {**kind, key: word}
        assert way_direction(tags) == told
        assert way_direction(tags, by="walk") == 0
        # what is said of cars goes before what is said of all
        if key != "oneway":
            assert way_direction({"oneway": "-1", **tags}) == told


@pytest.mark.parametrize("key", CAR)
@pytest.mark.parametrize("drawn", ["yes", "-1", "no", "reversible"])
def test_a_road_that_is_shut_in_one_direction_goes_the_other_way(key: str, drawn: str) -> None:
    said = {"yes": 1, "-1": -1, "no": 0, "reversible": None}[drawn]
    for forward, backward in product(("no", "yes"), repeat=2):
        tags = {"oneway": drawn, f"{key}:forward": forward, f"{key}:backward": backward}
        left = {1} if forward == "yes" else set()
        left |= {-1} if backward == "yes" else set()
        told = way_direction(tags)
        if said is None:
            assert told is None
        elif said == 0:
            assert told == (0 if len(left) == 2 else (left.pop() if left else None))
        else:
            assert told == (said if said in left else None)
    # the narrowest key decides
    wide = {"oneway": "no", "access:forward": "no", "motorcar:forward": "yes"}
    assert way_direction(wide) == 0


# ways
# ------------------------------------------------------------------------------------------


def grid_of(places: Any) -> Any:
    lon = 1_125_000_000 + 10_000 * np.array([p[0] for p in places])
    return np.column_stack([lon, 380_000_000 + 10_000 * np.array([p[1] for p in places])])


def ways_of(courses: list[list[tuple[int, int]]], **told: Any) -> Ways:
    count = len(courses)
    start = np.cumsum([0, *(len(c) for c in courses)])

    def column(name: str, kind: Any, value: Any) -> Any:
        return np.array(told.get(name, [value] * count), dtype=kind)

    return Ways(
        grid_of([p for c in courses for p in c]), start, column("speed", float, 36.0),
        column("oneway", bool, False), column("smooth", bool, False), column("shut", bool, False),
        column("twin", bool, False),
    )  # fmt: skip


def length(course: list[tuple[int, int]]) -> float:
    grid = grid_of(course)
    return float(geodesic_m(grid / 1e7, np.zeros(len(grid), dtype=np.int64))[0])


nodes = st.tuples(st.integers(0, 3), st.integers(0, 3))
drawn_ways = st.lists(
    st.tuples(
        st.lists(nodes, min_size=2, max_size=5), st.sampled_from([18.0, 36.0]), st.booleans(),
        st.booleans(), st.booleans(),
    ),
    min_size=1, max_size=6,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(drawn_ways, st.sampled_from([0.0, 4.0]))
def test_ways_are_merged_without_a_change_of_time_length_or_course(
    drawn: Any, delay_s: float
) -> None:
    columns = {
        k: [d[i] for d in drawn]
        for i, k in ((1, "speed"), (2, "oneway"), (3, "smooth"), (4, "shut"))
    }
    ways = ways_of([d[0] for d in drawn], **columns)
    steps = [(a, b, *d[1:]) for d in drawn for a, b in pairwise(d[0]) if a != b]
    if not steps:
        with pytest.raises(InputError, match="no way longer than 1e-7 degree"):
            network_from_ways(ways, TERMS)
        return
    network = network_from_ways(ways, TERMS, junction_delay_s=delay_s)
    total = sum(length([a, b]) for a, b, *_ in steps)
    assert network.length_m.sum() == pytest.approx(total, rel=1e-9)

    # each edge is one speed, one direction, one kind: those of all steps on its course
    kinds: dict[Any, list[Any]] = {}
    for a, b, speed, oneway, smooth, shut in steps:
        kinds.setdefault(frozenset((a, b)), []).append((a, b, speed, oneway, smooth, shut))
    places = {(int(x), int(y)): p for p in product(range(4), range(4)) for x, y in grid_of([p])}
    count = 0
    for i in range(len(network.tail)):
        course = np.rint(network.xy[network.start[i] : network.start[i + 1]] * 1e7).astype(int)
        own = [places[x, y] for x, y in course.tolist()]
        count += len(own) - 1
        alike = [
            {(k[2], k[4], k[5]) for k in kinds[frozenset((a, b))] if k[3] == network.oneway[i]
             and (not k[3] or (k[0], k[1]) == (a, b))}
            for a, b in pairwise(own)
        ]  # fmt: skip
        shared = set.intersection(*alike)
        assert any(s[2] == (network.shut is not None and network.shut[i]) for s in shared)
        assert network.length_m[i] == pytest.approx(length(own), rel=1e-9)
    assert count == len(steps)


def test_a_delay_is_charged_at_each_end_where_three_roads_meet_and_on_no_smooth_road() -> None:
    star = [
        [(1, 1), (0, 1)],
        [(1, 1), (2, 1)],
        [(1, 1), (1, 0)],
        [(2, 1), (3, 1)],
        [(2, 1), (2, 2)],
    ]
    for smooth in (False, True):
        network = network_from_ways(ways_of(star, smooth=[smooth] * 5), TERMS, junction_delay_s=6.0)
        told = {}
        for i in range(5):
            ends = frozenset(map(tuple, np.rint(
                (network.xy[[network.start[i], network.start[i + 1] - 1]] - [112.5, 38.0]) * 1000
            ).astype(int).tolist()))  # fmt: skip
            told[ends] = network.ticks[i] - network.length_m[i] * 36 / 36
        for ends, ticks in told.items():
            three = sum(end in ((1, 1), (2, 1)) for end in ends)
            assert ticks == pytest.approx(0 if smooth else 30 * three, abs=0.51)
    plain = network_from_ways(ways_of(star), TERMS)
    assert osm.JUNCTION_DELAY_S == 4.0
    assert plain.ticks.sum() == pytest.approx(plain.length_m.sum() + 6 * 20, abs=3)


def test_the_way_back_of_a_road_of_two_speeds_makes_no_junction() -> None:
    there, back = [(0, 0), (1, 0), (2, 0)], [(2, 0), (1, 0), (0, 0)]
    side = [(2, 0), (3, 0)]
    told = {"speed": [36.0, 18.0, 36.0], "oneway": [True, True, False]}
    for twin, delayed in ((True, False), (False, True)):
        ways = ways_of([there, back, side], twin=[False, twin, False], **told)
        network = network_from_ways(ways, TERMS, junction_delay_s=6.0)
        extra = network.ticks - network.length_m * 36 / np.where(network.ticks > 0, 36.0, 1.0)
        alone = extra[~network.oneway]
        assert bool(alone.max() > 15) is delayed


def test_a_ring_and_a_repeated_corner() -> None:
    ring = [(0, 0), (1, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
    network = network_from_ways(ways_of([ring]), TERMS)
    assert network.length_m.sum() == pytest.approx(length([ring[0], *ring[2:]]))
    assert (network.tail == network.head).all() and len(network.tail) == 1
    cut = network_from_ways(ways_of([ring, [(1, 1), (2, 2)]]), TERMS)
    # the ring is one edge from its junction back to it
    assert len(cut.tail) == 2
    graph = nx.MultiGraph(list(zip(cut.tail.tolist(), cut.head.tolist(), strict=True)))
    assert sorted(dict(graph.degree()).values()) == [1, 3]
