"""Roads of OpenStreetMap: which ways may be used, how fast, and the raw ways as a routable network
(pure).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from ...errors import InputError
from .arrays import geodesic_steps_m, is_fresh, keys_of, spans
from .build import Drawn, assemble

if TYPE_CHECKING:
    from .arrays import Bools, Floats, Ints
    from .build import Terms
    from .graph import Network

DRIVE_KMH: Mapping[str, float] = MappingProxyType(
    {
        "motorway": 100, "motorway_link": 50, "trunk": 70, "trunk_link": 45, "primary": 60,
        "primary_link": 40, "secondary": 50, "secondary_link": 35, "tertiary": 40,
        "tertiary_link": 30, "unclassified": 35, "road": 30, "residential": 25, "living_street": 10,
        "service": 15,
    }
)  # fmt: skip
"""Speed by class where a way has no usable `maxspeed`; other classes are not driven on.

Assumed, not measured.
"""
SURFACE_KMH: Mapping[str, float] = MappingProxyType(
    {
        "compacted": 50, "fine_gravel": 40, "gravel": 40, "unpaved": 40, "cobblestone": 30,
        "sett": 40, "dirt": 25, "earth": 25, "ground": 25, "grass": 15, "sand": 15, "mud": 10,
    }
)  # fmt: skip
"""No faster than this on such a surface, whatever else is said."""
WALK_KMH: Mapping[str, float] = MappingProxyType(
    {
        **{name: 5.0 for name in DRIVE_KMH if not name.startswith("motorway")},
        "pedestrian": 5, "footway": 5, "path": 5, "track": 5, "cycleway": 5, "bridleway": 5,
        "steps": 2.5,
    }
)  # fmt: skip
JUNCTION_DELAY_S = 4.0
"""Delay at a junction of three roads or more, half of it on each side; none on motorways (assumed).
"""
MIN_KMH = 1.0
"""A `maxspeed` below this says that nobody drives, or nothing: the class decides then."""
MAX_KMH = 200.0
"""A `maxspeed` above this is a slip of the pen (no road of the world has it); the class decides
then.
"""
_CLOSED = frozenset(
    {
        "no",
        "private",
        "agricultural",
        "forestry",
        "military",
        "emergency",
        "psv",
        "bus",
        "use_sidepath",
    }
)
_DRIVE_KEYS = ("motorcar", "motor_vehicle", "vehicle", "access")
_WALK_KEYS = ("foot", "access")
_ONEWAY_KEYS = ("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle")
_WALKING_PACE_KMH = 5.0
"""What `maxspeed=walk` means here: the speed on foot of this table."""
_LETS_CARS_PASS = frozenset(
    {
        "gate", "lift_gate", "swing_gate", "sliding_gate", "rising_bollard", "cattle_grid",
        "toll_booth", "border_control", "checkpoint", "sally_port", "entrance", "arch",
        "height_restrictor", "width_restrictor", "kerb", "spikes", "coupure", "no",
    }
)  # fmt: skip
"""Barriers on a way that a car passes unless an access tag or a lock keeps it out; no other kind,
known here or not, is passed without a tag that says so.
"""
_STOPS_WALKERS = frozenset(
    {"wall", "fence", "guard_rail", "hedge", "city_wall", "retaining_wall", "ditch"}
)
ACCESS_KEYS = ("foot", *_DRIVE_KEYS)
BARRIER_KEYS = ("barrier", "locked", *ACCESS_KEYS)
_PARTED = re.compile("[;,|]")
_FORWARD, _BACKWARD = frozenset({"yes", "true", "1"}), frozenset({"-1", "reverse"})
KNOWN_HIGHWAYS = (
    frozenset(DRIVE_KMH)
    | frozenset(WALK_KMH)
    | {"corridor", "elevator", "platform", "proposed", "construction"}
)
"""Values of `highway` of which it is known whether a car may use them."""
_NO_ENTRY = frozenset({"motorway", "motorway_link", "trunk_link"})
_SPEED = re.compile(
    r"(?:(?P<land>[a-z]{2})(?:-[a-z]+)?:)?(?:zone:?)?\s*(?P<number>\d+(?:[.,]\d+)?)"
    r"\s*(?P<unit>km/h|kmh|kph|mph|knots)?"
)
_MPH_LANDS = frozenset({"gb", "us"})
_KMH_OF = {
    "": 1.0,
    "km/h": 1.0,
    "kmh": 1.0,
    "kph": 1.0,
    "mph": 1.609344,
    "knots": 1.852,
}
TAG_KEYS = (
    "highway", "oneway", *_ONEWAY_KEYS, "junction", "maxspeed", "maxspeed:forward",
    "maxspeed:backward", "zone:maxspeed", "surface", "area", "foot", "tunnel", "location",
    "motorroad", *_DRIVE_KEYS,
    *(f"{key}:{way}" for key in _DRIVE_KEYS for way in ("forward", "backward")),
)  # fmt: skip


def way_speed_kmh(tags: Mapping[str, str], *, by: str = "road") -> float | None:
    """Return the speed on a way in km/h; None where it may not be used.

    Parameters
    ----------
    tags
        Those of the way; only `TAG_KEYS` are looked at. The narrowest access key decides.
    by
        ``"road"`` or ``"walk"``.
    """
    speeds = way_speeds_kmh(tags, by=by)
    return None if speeds is None else speeds[0]


def way_speeds_kmh(tags: Mapping[str, str], *, by: str = "road") -> tuple[float, float] | None:
    """Return the speed along a way and against it in km/h; None where it may not be used.

    `maxspeed:forward` and `maxspeed:backward` go before `maxspeed`.
    """
    table, keys = (WALK_KMH, _WALK_KEYS) if by == "walk" else (DRIVE_KMH, _DRIVE_KEYS)
    kmh = table.get(tags.get("highway", ""))
    if kmh is None or tags.get("area") == "yes" or _says_closed(tags, keys):
        return None

    # who walks is bound by no limit and hardly by the surface
    if by == "walk":
        return kmh, kmh
    slowest = SURFACE_KMH.get(tags.get("surface", ""), MAX_KMH)
    along = _limit_kmh(tags, "forward") or kmh
    against = _limit_kmh(tags, "backward") or kmh
    return min(along, slowest), min(against, slowest)


def _says_closed(tags: Mapping[str, str], keys: Iterable[str]) -> bool:
    """Say whether the narrowest of these keys closes a way, whatever a wider one says."""
    access = _narrowest(tags, keys)
    return access is not None and is_closed(access)


def _narrowest(tags: Mapping[str, str], keys: Iterable[str]) -> str | None:
    """Return what the first of these keys says that is there; None where none is.

    Keys stand from the narrowest to the widest: what is said of cars goes before what is said of
    all.
    """
    return next((tags[key] for key in keys if key in tags), None)


def _limit_kmh(tags: Mapping[str, str], direction: str) -> float | None:
    """Return the limit in one direction; None where `none` or a slip of the pen leaves the speed to
    the class.
    """
    own = f"maxspeed:{direction}"

    # the limit of a direction goes before that of the way, even where it cannot be read
    if own in tags:
        return maxspeed_kmh(tags[own])
    whole = maxspeed_kmh(tags.get("maxspeed", ""))
    return whole or maxspeed_kmh(tags.get("zone:maxspeed", ""))


def is_closed(access: str) -> bool:
    """Say whether an access value shuts the way: a list such as ``agricultural;forestry`` does when
    all of it does.
    """
    values = _listed(access)
    return bool(values) and _CLOSED.issuperset(values)


def _listed(value: str) -> list[str]:
    """Return the parts of a list of values, however it is parted and in whatever case; what is
    blank, as behind a last semicolon, is none.
    """
    return [word for part in _PARTED.split(value.lower()) if (word := part.strip())]


def stops(tags: Mapping[str, str], *, by: str = "road") -> bool:
    """Say whether a node of a way with such tags lets nobody through."""
    if tags.get("barrier", "no") == "no":
        return False
    kinds = _listed(tags["barrier"])
    access = _narrowest(tags, _WALK_KEYS if by == "walk" else _DRIVE_KEYS)

    # a tag of access says it outright; without one a lock does, and then the kind of barrier
    if access is not None:
        return is_closed(access)
    if tags.get("locked", "no").lower() == "yes":
        return True

    # on foot only walls and their like stop; a car passes only what is known to let it pass
    if by == "walk":
        return _STOPS_WALKERS.issuperset(kinds)
    return _LETS_CARS_PASS.isdisjoint(kinds)


def may_enter(tags: Mapping[str, str], *, by: str = "road") -> bool:
    """Say whether a place beside a way can join it between its junctions: no tunnel, motorway,
    motorroad or ramp, and nothing underground.
    """
    if tags.get("tunnel", "no").lower() not in ("no", "building_passage"):
        return False
    if tags.get("location", "").lower() == "underground":
        return False
    motorroad = tags.get("motorroad", "no").lower() == "yes"
    return by == "walk" or not (tags.get("highway") in _NO_ENTRY or motorroad)


def maxspeed_kmh(text: str) -> float | None:
    """Return a `maxspeed` tag in km/h, a zone (``CN:zone30``, ``DE:zone:30``) included; None where
    it is no number (``none``, ``CN:urban``), below `MIN_KMH`, or above `MAX_KMH`.
    """
    # of several limits the first is taken: for whom each of them is, is not told here
    first = text.split(";")[0].strip().lower()
    if first in ("walk", "walking_pace") or first.endswith(":walk"):
        return _WALKING_PACE_KMH

    # a number with more words behind it is no limit that can be trusted
    found = _SPEED.fullmatch(first)
    if not found:
        return None
    unit = found["unit"] or ("mph" if found["land"] in _MPH_LANDS else "")
    kmh = float(found["number"].replace(",", ".")) * _KMH_OF[unit]
    return kmh if MIN_KMH <= kmh <= MAX_KMH else None


def way_direction(tags: Mapping[str, str], *, by: str = "road") -> int | None:
    """Return 1 for one-way as drawn, -1 for one-way against it, 0 for both ways, None where it
    changes by the hour or is closed in the one direction it has.
    """
    # one-way streets bind cars alone
    if by == "walk":
        return 0
    drawn = _drawn_direction(tags)

    # a road that is shut in one direction by access is one-way the other way, whatever `oneway`
    # says
    shut = {way for way, word in ((1, "forward"), (-1, "backward")) if _is_shut(tags, word)}
    if not shut or drawn is None:
        return drawn
    left = {1, -1} - shut if drawn == 0 else {drawn} - shut
    return left.pop() if left else None


def _is_shut(tags: Mapping[str, str], word: str) -> bool:
    """Say whether access is closed in one direction, as by ``motor_vehicle:forward=no``."""
    return _says_closed(tags, [f"{key}:{word}" for key in _DRIVE_KEYS])


def _drawn_direction(tags: Mapping[str, str]) -> int | None:
    """Return the direction that `oneway` says, or what it says of cars, or the kind of the road."""
    oneway = (_narrowest(tags, (*_ONEWAY_KEYS, "oneway")) or "").strip().lower()

    # a direction that changes by the hour is unknown; alternating traffic passes both ways, one
    # after the other
    if oneway in ("reversible", "alternating"):
        return None if oneway == "reversible" else 0
    if oneway in _BACKWARD:
        return -1

    # a roundabout and a motorway are one-way without being told, unless `oneway=no` says otherwise
    is_round = tags.get("junction") in ("roundabout", "circular")
    implied = is_round or tags.get("highway") == "motorway"
    return 1 if oneway in _FORWARD or (implied and oneway != "no") else 0


@dataclass(frozen=True, eq=False)
class Ways:
    """Ways as arrays: way i has the vertices ``grid[start[i]:start[i + 1]]``, degrees times 1e7, as
    it is driven.

    `smooth` marks ways without junction delay, `shut` those that no place joins between their ends,
    `twin` those that run back on the course of another way, which make no junction of their own.
    """

    grid: Ints
    start: Ints
    speed_kmh: Floats
    oneway: Bools
    smooth: Bools
    shut: Bools
    twin: Bools


def network_from_ways(
    ways: Ways,
    terms: Terms,
    *,
    junction_delay_s: float = JUNCTION_DELAY_S,
) -> Network:
    """Join ways where they share a vertex, and merge what no junction parts, with its course kept.

    Parameters
    ----------
    ways
        At least one, of two vertices or more.
    terms
        Name and stated constants of the network.
    junction_delay_s
        Seconds at a junction of three roads or more; half is charged on each side.

    Raises
    ------
    InputError
        If no way has a length.

    Returns
    -------
    Network
        Only edges of one speed are merged, so that times along them stay true; each is rounded
        once.
    """
    vertices = _vertices_of(ways)
    pieces = _pieces_of(ways, vertices)
    _refuse_nothing(pieces, terms.id)
    chains = _chains(pieces, vertices.nodes)
    metres: Floats = np.asarray(
        np.bincount(chains.number, weights=pieces.length_m[chains.order]), dtype=np.float64
    )
    delayed_ends = _delayed_ends(pieces, chains, vertices.nodes)
    lead = chains.order[chains.begin]
    ticks = metres * 36.0 / pieces.speed_kmh[lead] + 5.0 * junction_delay_s * delayed_ends

    # time is rounded once, for the whole chain, so that many short pieces do not add up their
    # roundings
    return assemble(_drawn(vertices.grid, pieces, chains, metres, ticks), terms)


def _drawn(
    grid: Ints,
    pieces: _Pieces,
    chains: _Chains,
    metres: Floats,
    ticks: Floats,
) -> Drawn:
    """Return chains as edges: course, speed, and what their first piece says of them."""
    course, size = _courses(pieces, chains)
    stop = np.cumsum(size)
    lead = chains.order[chains.begin]
    return Drawn(
        grid=grid[course],
        first=stop - size,
        last=stop - 1,
        speed_kmh=metres * 36.0 / ticks,
        oneway=pieces.oneway[lead],
        length_m=metres,
        shut=pieces.kind[lead] % 2 == 1,
    )


def _refuse_nothing(pieces: _Pieces, name: str) -> None:
    if not len(pieces.first):
        raise InputError(
            f"network '{name}' has no way longer than 1e-7 degree (1 cm): nothing to travel on"
        )


def _delayed_ends(
    pieces: _Pieces,
    chains: _Chains,
    nodes: int,
) -> Ints:
    """Return at how many of its ends each chain is charged half a delay: where three roads or more
    meet, and at none of a motorway.
    """
    # a chain is of one kind throughout: its first piece speaks for all
    lead = chains.order[chains.begin]
    return (pieces.kind[lead] < 2) * _junction_ends(pieces, chains, nodes)


@dataclass(frozen=True, eq=False)
class _Vertices:
    """The vertices of all ways, none twice in a row: place on the grid, the way it is of, and the
    number of its place among all places.
    """

    grid: Ints
    way: Ints
    number: Ints
    nodes: int


def _vertices_of(ways: Ways) -> _Vertices:
    """Number the places of ways: they join where they share a vertex."""
    way = np.repeat(
        np.arange(len(ways.speed_kmh)),
        np.diff(ways.start),
    )

    # a vertex repeated on the grid is dropped, so that every step has a length
    fresh = is_fresh(ways.grid, way)
    grid = ways.grid[fresh]

    # ways join where they share a vertex, not where they cross: a bridge has no vertex with what it
    # crosses
    key, number = np.unique(keys_of(grid), return_inverse=True)
    return _Vertices(grid, way[fresh], number, len(key))


def _pieces_of(ways: Ways, vertices: _Vertices) -> _Pieces:
    """Cut ways where they meet; a piece is what its way is."""
    first, last = _cut_at_nodes(vertices)
    way = vertices.way[first]

    # pieces that differ in delay or entry must not be merged, so both go into one number
    kind = 2 * ways.smooth[way] + ways.shut[way]
    return _Pieces(
        first=first,
        last=last,
        tail=vertices.number[first],
        head=vertices.number[last],
        oneway=ways.oneway[way],
        speed_kmh=ways.speed_kmh[way],
        kind=kind,
        length_m=_lengths_m(vertices, first, last),
        twin=ways.twin[way],
    )


def _lengths_m(
    vertices: _Vertices,
    first: Ints,
    last: Ints,
) -> Floats:
    """Measure each piece."""
    # lengths along the whole of all ways once; each piece is a difference of two of them
    steps_m = geodesic_steps_m(vertices.grid, vertices.way)
    run_m = np.concatenate([[0.0], np.cumsum(steps_m)])
    return np.asarray(run_m[last] - run_m[first])


def _junction_ends(
    pieces: _Pieces,
    chains: _Chains,
    nodes: int,
) -> Ints:
    """Return at how many of the ends of each chain three roads or more meet."""
    is_junction = _junctions(pieces, nodes)
    tail, head = pieces.tail[chains.order], pieces.head[chains.order]

    # a chain begins where its first piece is entered, and ends where its last one is left
    entered = np.where(chains.forward, tail, head)[chains.begin]
    finish = (
        np.append(
            chains.begin[1:],
            len(chains.order),
        )
        - 1
    )
    left = np.where(chains.forward, head, tail)[finish]
    junctions: Ints = is_junction[entered].astype(np.int64) + is_junction[left]
    return junctions


def _junctions(pieces: _Pieces, nodes: int) -> Bools:
    """Say at which nodes three roads or more meet."""
    # the way back of a two-speed road is the same road: it makes no junction of its own
    counted = ~pieces.twin
    ends = np.concatenate([pieces.tail[counted], pieces.head[counted]])
    return np.bincount(ends, minlength=nodes) > 2


def _cut_at_nodes(vertices: _Vertices) -> tuple[Ints, Ints]:
    """Return the first and last vertex of each piece: ways are cut where vertices are shared."""
    way, number = vertices.way, vertices.number
    uses = np.bincount(number, minlength=vertices.nodes)

    # an end counts twice more, so that it is cut even where one way alone comes to it
    changes = way[1:] != way[:-1]
    uses[number[np.append(changes, True) | np.append(True, changes)]] += 2
    cut = np.flatnonzero(uses[number] > 1)

    # two cuts in a row bound a piece only where they lie on one way
    inside = way[cut[1:]] == way[cut[:-1]]
    return cut[:-1][inside], cut[1:][inside]


@dataclass(frozen=True, eq=False)
class _Pieces:
    """Edges between vertices that ways share or end at, from their first to their last vertex;
    `kind` is 2 where smooth, and 1 more where shut, `twin` as in :class:`Ways`.
    """

    first: Ints
    last: Ints
    tail: Ints
    head: Ints
    oneway: Bools
    speed_kmh: Floats
    kind: Ints
    length_m: Floats
    twin: Bools


@dataclass(frozen=True, eq=False)
class _Chains:
    """Pieces that no junction parts, chain after chain: piece, whether it runs as drawn, number of
    its chain; and where in this order each chain begins.
    """

    order: Ints
    forward: Bools
    number: Ints
    begin: Ints


def _chains(pieces: _Pieces, nodes: int) -> _Chains:
    """Order the pieces by chain.

    Each piece is two halves, one each way. A half goes on to the other half that leaves its end,
    where just two pieces of one speed meet and the way through is free both ways or one way. The
    rank along a chain comes by doubling.
    """
    count = len(pieces.tail)
    last, rank = _ends_of_chains(_followers(pieces, nodes))
    kept = _kept_halves(pieces, last)

    # a chain is named by its last half, and runs from the piece farthest from it
    order = kept[np.lexsort((-rank[kept], last[kept]))]
    is_first = np.concatenate(
        [
            [True],
            last[order][1:] != last[order][:-1],
        ]
    )
    number = np.cumsum(is_first) - 1
    return _Chains(order % count, order < count, number, np.flatnonzero(is_first))


def _kept_halves(pieces: _Pieces, last: Ints) -> Ints:
    """Return one half of each piece, given the last half of the chain of each."""
    count = len(pieces.tail)
    halves = np.arange(2 * count)

    # each chain stands there twice, once each way; of a two-way chain that with the lower last half
    # is kept
    is_lower = last < last[_ways_back(count)]
    return halves[
        np.where(
            pieces.oneway[halves % count],
            halves < count,
            is_lower,
        )
    ]


def _ways_back(count: int) -> Ints:
    """Return for each half of so many pieces the other half of its piece."""
    return (np.arange(2 * count) + count) % (2 * count)


def _followers(pieces: _Pieces, nodes: int) -> Ints:
    """Return for each half the half that goes on from its end; itself where the chain ends."""
    start = np.concatenate([pieces.tail, pieces.head])
    end = np.concatenate([pieces.head, pieces.tail])
    two = np.flatnonzero(np.bincount(start, minlength=nodes)[end] == 2)

    # halves sorted by the node that they leave: the two of a node with two stand side by side
    by_start = np.argsort(start, kind="stable")
    place = np.searchsorted(start[by_start], end[two])
    one, other = by_start[place], by_start[place + 1]

    # where two halves leave a node, one is the way back and the other goes on
    back = _ways_back(len(pieces.tail))[two]
    onward = np.where(one == back, other, one)
    free = _may_go_on(pieces, two, onward)
    follow = np.arange(len(start))
    follow[two[free]] = onward[free]
    return follow


def _may_go_on(
    pieces: _Pieces,
    two: Ints,
    onward: Ints,
) -> Bools:
    """Say where nothing changes from one half to the next: one speed, one kind, and both one-way
    the same way or neither.
    """
    count = len(pieces.tail)
    here, after = two % count, onward % count

    # a piece that comes back to the node it leaves would go on into itself
    free: Bools = (here != after) & (pieces.oneway[here] == pieces.oneway[after])
    free &= pieces.speed_kmh[here] == pieces.speed_kmh[after]
    free &= pieces.kind[here] == pieces.kind[after]

    # of two one-way pieces both must be run as drawn, or both against it
    free &= ~pieces.oneway[here] | ((two < count) == (onward < count))
    return free


def _ends_of_chains(follow: Ints) -> tuple[Ints, Ints]:
    """Return the last half of each half's chain, and how many pieces stand between them."""
    halves = np.arange(len(follow))

    # by doubling: after n rounds each half knows what stands 2**n pieces ahead of it
    last, rank = follow.copy(), (follow != halves).astype(np.int64)
    for _ in range(max(1, len(halves).bit_length())):
        rank, last, before = rank + rank[last], last[last], last
        if (last == before).all():
            break

    # a ring that nothing joins has no end to be ordered from: each piece of it stays an edge
    ring = follow[last] != last
    last[ring], rank[ring] = halves[ring], 0
    return last, rank


def _courses(pieces: _Pieces, chains: _Chains) -> tuple[Ints, Ints]:
    """Return the vertices of all chains one after another, each joint once, and how many each chain
    has.
    """
    lead = np.zeros(len(chains.order), dtype=bool)
    lead[chains.begin] = True
    first, last = pieces.first[chains.order], pieces.last[chains.order]

    # a piece that goes on leaves out its first vertex, which is the last of the piece before
    size = last - first + lead
    step = np.where(chains.forward, 1, -1)
    entered = np.where(chains.forward, first, last)
    source = entered + np.where(lead, 0, step)
    return spans(source, size, step), np.add.reduceat(size, chains.begin)
