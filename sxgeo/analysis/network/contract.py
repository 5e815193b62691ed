"""The compiled loops of the hierarchy: contraction, upward search, sweep (numba; imported only when
needed).

Nodes are taken out one by one, the least important first; where a shortest way led through one, a
shortcut takes its place. What remains is an order in which every shortest way climbs and then
descends. All times are whole ticks, so that sums are exact and the answers are those of Dijkstra's
search, bit for bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from .arrays import Bools, Ints, Ints32

NONE = -1
FAR = np.int32(2**30 - 1)
"""No way; two of them still fit into 32 bits."""
_SETTLED = 40
"""Nodes that a search for a witness looks at: fewer leave shortcuts that nobody needs, which cost
time and no truth.
"""


@njit(cache=True, nogil=True)
def _sift_up(
    key: Ints,
    item: Ints32,
    place: int,
) -> None:
    # the entry is held aside while others move down, and written once
    k, v = key[place], item[place]
    while place > 0:
        above = (place - 1) >> 1
        if key[above] < k or (key[above] == k and item[above] <= v):
            break
        key[place], item[place] = key[above], item[above]
        place = above
    key[place], item[place] = k, v


@njit(cache=True, nogil=True)
def _sift_down(
    key: Ints,
    item: Ints32,
    size: int,
) -> None:
    k, v = key[0], item[0]
    place = 0
    while True:
        below = 2 * place + 1
        if below >= size:
            break

        # of two entries of one key the lower node goes first, so that the order is the same
        # everywhere
        other = below + 1
        if other < size and (
            key[other] < key[below] or (key[other] == key[below] and item[other] < item[below])
        ):
            below = other
        if k < key[below] or (k == key[below] and v <= item[below]):
            break
        key[place], item[place] = key[below], item[below]
        place = below
    key[place], item[place] = k, v


@njit(cache=True, nogil=True)
def _push(
    key: Ints,
    item: Ints32,
    size: int,
    k: np.int64,
    v: np.int32 | int,
) -> int:
    key[size], item[size] = k, v
    _sift_up(key, item, size)
    return size + 1


@njit(cache=True, nogil=True)
def _pop(
    key: Ints,
    item: Ints32,
    size: int,
) -> int:
    size -= 1

    # the last entry takes the place of the first, and sinks to where it belongs
    key[0], item[0] = key[size], item[size]
    if size > 0:
        _sift_down(key, item, size)
    return size


class _Links(NamedTuple):
    """Steps as lists linked by number: from each node (`first_out`, `next_out`) and to each node
    (`first_in`, `next_in`).
    """

    frm: Ints32
    to: Ints32
    cost: Ints32
    next_out: Ints32
    next_in: Ints32
    first_out: Ints32
    first_in: Ints32


class _Ways(NamedTuple):
    """Ways between two nodes, one after another, with room for more behind them."""

    frm: Ints32
    to: Ints32
    cost: Ints32


class _Witnesses(NamedTuple):
    """Room for the search for witnesses: the turn of each node that is gone; ticks by node, all
    `FAR` between two searches; the nodes that have some; and a heap.
    """

    rank: Ints32
    dist: Ints32
    touched: Ints32
    near_key: Ints
    near_node: Ints32


@njit(cache=True, nogil=True)
def contract(
    count: int,
    tail: Ints32,
    head: Ints32,
    ticks: Ints32,
) -> Any:
    """Order the nodes and find the shortcuts.

    Parameters
    ----------
    count
        Number of nodes.
    tail, head, ticks
        Each permitted step once, int32, sorted by tail.

    Returns
    -------
    rank, low, high, way, climbs
        The turn in which each node is taken out; and each step of the hierarchy: its lower and its
        higher node, its ticks, and whether it climbs (else it descends), in the order in which the
        lower nodes were taken out.
    """
    # whole on purpose: compiled, and what is left are the turns of nodes, with all that they change
    links, used = _linked(count, tail, head, ticks), len(tail)
    heap_key, heap_node = (
        np.empty(count + 1, np.int64),
        np.empty(count + 1, np.int32),
    )
    size = _first_turns(count, tail, head, heap_key, heap_node)
    level = np.zeros(count, np.int32)
    room = _witness_room(count)
    short, steps = _empty_ways(256), _empty_ways(max(2 * used, 64))
    climbs = np.empty(len(steps.cost), np.bool_)
    written, turn = 0, 0
    while size > 0:
        v = heap_node[0]
        size = _pop(heap_key, heap_node, size)
        _unlink_all_gone(v, links, room.rank)
        degree_out, farthest = _ways_out(links, v)
        degree_in, shorts, short = _shortcuts_of(v, farthest, links, room, short)

        # the estimate was of an older graph: a node that is dearer by now goes back
        priority = np.int64(8 * (shorts - degree_in - degree_out) + 4 * level[v])
        if size > 0 and priority > heap_key[0]:
            size = _push(heap_key, heap_node, size, priority, v)
            continue
        room.rank[v] = turn
        turn += 1

        # all that is still linked to `v` becomes a step of the hierarchy
        steps, climbs = _with_room_for(steps, climbs, written, degree_in + degree_out)
        written = _take_out(v, links, level, steps, climbs, written)
        links, used = _with_shortcuts(links, used, short, shorts)
    low, high, way = steps.frm[:written], steps.to[:written], steps.cost[:written]
    return room.rank, low, high, way, climbs[:written]


@njit(cache=True, nogil=True)
def _unlink_all_gone(
    v: int,
    links: _Links,
    rank: Ints32,
) -> None:
    """Unlink the steps of `v` from and to nodes that were taken out before: they stand in the steps
    of the hierarchy already.
    """
    _unlink_gone(v, links.first_out, links.next_out, links.to, rank)
    _unlink_gone(v, links.first_in, links.next_in, links.frm, rank)


@njit(cache=True, nogil=True)
def _with_room_for(
    steps: _Ways,
    climbs: Bools,
    written: int,
    more: int,
) -> tuple[_Ways, Bools]:
    """Return the steps of the hierarchy with room for so many behind those that are written."""
    if written + more > len(steps.cost):
        # doubled, so that growing costs no more than the steps
        more = len(steps.cost) + more
        steps = _longer_ways(steps, more)
        climbs = np.concatenate((climbs, np.empty(more, np.bool_)))
    return steps, climbs


@njit(cache=True, nogil=True)
def _with_shortcuts(
    links: _Links,
    used: int,
    short: _Ways,
    shorts: int,
) -> tuple[_Links, int]:
    """Return the links with so many shortcuts among them, and how many numbers are used by now."""
    for i in range(shorts):
        # each may need a number of its own
        if used == len(links.to):
            links = _longer_links(links, used)
        used += _link_shortcut(
            links,
            used,
            short.frm[i],
            short.to[i],
            short.cost[i],
        )
    return links, used


@njit(cache=True, nogil=True)
def _first_turns(
    count: int,
    tail: Ints32,
    head: Ints32,
    heap_key: Ints,
    heap_node: Ints32,
) -> int:
    """Queue every node by how many shortcuts it may take at most, less the steps that go with
    it.
    """
    ins, outs = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for e in range(len(tail)):
        outs[tail[e]] += 1
        ins[head[e]] += 1

    # the estimate of the first round is sharpened when a node comes to the top
    size = 0
    for v in range(count):
        estimate = ins[v] * outs[v] - ins[v] - outs[v]
        size = _push(heap_key, heap_node, size, estimate * 8, np.int32(v))
    return size


@njit(cache=True, nogil=True)
def _witness_room(count: int) -> _Witnesses:
    rank, dist = (
        np.full(count, NONE, np.int32),
        np.full(count, FAR, np.int32),
    )
    near_key, near_node = np.empty(4096, np.int64), np.empty(4096, np.int32)
    return _Witnesses(rank, dist, np.empty(count, np.int32), near_key, near_node)


@njit(cache=True, nogil=True)
def _empty_ways(size: int) -> _Ways:
    return _Ways(
        np.empty(size, np.int32),
        np.empty(size, np.int32),
        np.empty(size, np.int32),
    )


@njit(cache=True, nogil=True)
def _longer(values: Ints32, more: int) -> Ints32:
    return np.concatenate((values, np.empty(more, np.int32)))


@njit(cache=True, nogil=True)
def _longer_ways(ways: _Ways, more: int) -> _Ways:
    return _Ways(
        _longer(ways.frm, more),
        _longer(ways.to, more),
        _longer(ways.cost, more),
    )


@njit(cache=True, nogil=True)
def _longer_links(links: _Links, more: int) -> _Links:
    """Return the links with room for more; the lists begin where they began."""
    return _Links(
        _longer(links.frm, more),
        _longer(links.to, more),
        _longer(links.cost, more),
        _longer(links.next_out, more),
        _longer(links.next_in, more),
        links.first_out,
        links.first_in,
    )


@njit(cache=True, nogil=True)
def _ways_out(links: _Links, v: int) -> tuple[int, np.int32]:
    """Return how many steps leave a node, and the ticks of the longest."""
    count, farthest = 0, np.int32(0)
    e = links.first_out[v]
    while e != NONE:
        count += 1
        farthest = max(farthest, links.cost[e])
        e = links.next_out[e]
    return count, farthest


@njit(cache=True, nogil=True)
def _shortcuts_of(
    v: int,
    farthest: np.int32,
    links: _Links,
    room: _Witnesses,
    short: _Ways,
) -> tuple[int, int, _Ways]:
    """Find which pairs of neighbours of `v` need a shortcut; return how many steps lead in, how
    many shortcuts there are, and these.
    """
    # whole on purpose: compiled, and run for every node that is looked at
    shorts, degree_in = 0, 0
    a = links.first_in[v]
    while a != NONE:
        degree_in += 1
        u = links.frm[a]

        # each neighbour that leads in searches once for all that are led to
        marked = _search_witnesses(u, v, links.cost[a] + farthest, links, room)

        # no way round `v` that is as short was found: then a shortcut takes its place
        e = links.first_out[v]
        while e != NONE:
            w = links.to[e]
            through = links.cost[a] + links.cost[e]
            if w != u and room.dist[w] > through and through < FAR:
                if shorts == len(short.cost):
                    short = _longer_ways(short, shorts)
                short.frm[shorts], short.to[shorts], short.cost[shorts] = u, w, through
                shorts += 1
            e = links.next_out[e]

        # only what was touched is made anew: clearing all nodes each time would cost the square
        for i in range(marked):
            room.dist[room.touched[i]] = FAR
        a = links.next_in[a]
    return degree_in, shorts, short


@njit(cache=True, nogil=True)
def _take_out(
    v: int,
    links: _Links,
    level: Ints32,
    steps: _Ways,
    climbs: Bools,
    written: int,
) -> int:
    """Write down what is still linked to `v`: it leads to nodes above it, which must wait for a
    turn after it. Return how many steps are written by now.
    """
    for side in range(2):
        e = links.first_out[v] if side == 0 else links.first_in[v]
        while e != NONE:
            other = links.to[e] if side == 0 else links.frm[e]
            steps.frm[written], steps.to[written], steps.cost[written] = v, other, links.cost[e]
            climbs[written] = side == 0
            written += 1
            level[other] = max(level[other], level[v] + 1)
            e = links.next_out[e] if side == 0 else links.next_in[e]
    return written


@njit(cache=True, nogil=True)
def _link_shortcut(
    links: _Links,
    used: int,
    u: int,
    w: int,
    through: int,
) -> int:
    """Link a shortcut at the number `used`; return how many numbers that took."""
    e = links.first_out[u]
    while e != NONE and links.to[e] != w:
        e = links.next_out[e]

    # a shortcut beside a step that stands there already only makes that one quicker
    if e != NONE:
        links.cost[e] = min(links.cost[e], through)
        return 0
    links.frm[used], links.to[used], links.cost[used] = u, w, through
    links.next_out[used], links.first_out[u] = links.first_out[u], used
    links.next_in[used], links.first_in[w] = links.first_in[w], used
    return 1


@njit(cache=True, nogil=True)
def _linked(
    count: int,
    tail: Ints32,
    head: Ints32,
    ticks: Ints32,
) -> _Links:
    """Link the steps, with room for shortcuts."""
    links = _no_links(count, max(4 * len(tail), 64))

    # from the last step on, so that each list runs in the order of the steps
    for e in range(len(tail) - 1, -1, -1):
        u, v = tail[e], head[e]
        links.frm[e], links.to[e], links.cost[e] = u, v, ticks[e]
        links.next_out[e], links.first_out[u] = links.first_out[u], e
        links.next_in[e], links.first_in[v] = links.first_in[v], e
    return links


@njit(cache=True, nogil=True)
def _no_links(count: int, room: int) -> _Links:
    """Return room for links between so many nodes, of which none is linked yet."""
    return _Links(
        np.empty(room, np.int32),
        np.empty(room, np.int32),
        np.empty(room, np.int32),
        np.full(room, NONE, np.int32),
        np.full(room, NONE, np.int32),
        np.full(count, NONE, np.int32),
        np.full(count, NONE, np.int32),
    )


@njit(cache=True, nogil=True)
def _unlink_gone(
    v: int,
    first: Ints32,
    after: Ints32,
    other: Ints32,
    rank: Ints32,
) -> None:
    """Take the steps to nodes that are gone out of one of the lists of `v`."""
    last, e = NONE, first[v]
    while e != NONE:
        following = after[e]

        # a step that stays is what a later one is linked behind
        if rank[other[e]] == NONE:
            last = e
        elif last == NONE:
            first[v] = following
        else:
            after[last] = following
        e = following


@njit(cache=True, nogil=True)
def _search_witnesses(
    u: int,
    v: int,
    limit: int,
    links: _Links,
    room: _Witnesses,
) -> int:
    """Search from `u` for ways that do without `v`, up to `limit`; return how many nodes have a
    number in `dist`: they stand in `touched`.
    """
    # whole on purpose: compiled, and run more often than anything else of the hierarchy
    dist, near_key, near_node = room.dist, room.near_key, room.near_node
    marked = 1
    dist[u] = 0
    room.touched[0] = u
    near = _push(near_key, near_node, 0, np.int64(0), u)
    settled = 0
    while near > 0 and settled < _SETTLED:
        d, x = np.int32(near_key[0]), near_node[0]
        near = _pop(near_key, near_node, near)

        # nothing is moved in the heap: of a node that was reached again the worse entry is stale
        if d > dist[x]:
            continue
        if d > limit:
            break
        settled += 1
        e = links.first_out[x]
        while e != NONE:
            y, there = links.to[e], d + links.cost[e]
            e = links.next_out[e]
            if y == v or room.rank[y] != NONE or there >= dist[y] or there > limit:
                continue
            if dist[y] == FAR:
                room.touched[marked] = y
                marked += 1
            dist[y] = there

            # a full heap loses a witness at worst, which leaves one shortcut too many
            if near + 1 < len(near_key):
                near = _push(near_key, near_node, near, np.int64(there), y)
    return marked


class Side(NamedTuple):
    """Steps by place in CSR: target and ticks of each."""

    first: Ints32
    steps: Ints32


class Groups(NamedTuple):
    """Seeds or ends of many groups: those of group g are ``nodes[start[g]:start[g + 1]]``."""

    start: Ints
    nodes: Ints32
    ticks: Ints32


class _Room(NamedTuple):
    """Room for climbs: `best` is `FAR` for every place before and after; `heap` and `found` hold
    every place.
    """

    best: Ints32
    heap: Ints32
    found: Ints32


@njit(cache=True, nogil=True)
def _room(places: int) -> _Room:
    best, heap = (
        np.full(places, FAR, np.int32),
        np.empty(places + 1, np.int32),
    )
    return _Room(best, heap, np.empty(places, np.int32))


@njit(cache=True, nogil=True)
def _climb(
    side: Side,
    seeds: Groups,
    group: int,
    room: _Room,
) -> int:
    """Search upwards from the seeds of a group; the nodes reached stand in `found`, as many as are
    returned, their ticks in `best`: the caller makes these `FAR` again.

    Places are numbered from the top, so a step leads to a lower number, and the highest number that
    waits is final: no step can still lead into it.
    """
    best, heap = room.best, room.heap
    size, count = _seeded(seeds, group, room), 0
    while size > 0:
        place = -heap[0]
        size = _drop(heap, size)
        room.found[count] = place
        count += 1

        # final: whatever led here stood at a higher number, and had its turn
        value = best[place]
        for step in range(side.first[place], side.first[place + 1]):
            other, there = side.steps[step, 0], value + side.steps[step, 1]
            if there < best[other]:
                if best[other] == FAR:
                    heap[size] = -other
                    size = _lift(heap, size)
                best[other] = there
    return count


@njit(cache=True, nogil=True)
def _seeded(
    seeds: Groups,
    group: int,
    room: _Room,
) -> int:
    """Put the seeds of a group into the heap; return how many places wait in it."""
    best, heap = room.best, room.heap
    size = 0

    # a place waits once, however often its ticks fall: its number, not its ticks, is its turn
    for i in range(seeds.start[group], seeds.start[group + 1]):
        place = seeds.nodes[i]
        if best[place] == FAR:
            heap[size] = -place
            size = _lift(heap, size)
        best[place] = min(best[place], seeds.ticks[i])
    return size


@njit(cache=True, nogil=True)
def _lift(heap: Ints32, place: int) -> int:
    size = place + 1

    # the heap holds numbers with their sign turned: the least is the highest place
    value = heap[place]
    while place > 0:
        above = (place - 1) >> 1
        if heap[above] <= value:
            break
        heap[place] = heap[above]
        place = above
    heap[place] = value
    return size


@njit(cache=True, nogil=True)
def _drop(heap: Ints32, size: int) -> int:
    size -= 1
    value = heap[size]
    place = 0
    while True:
        below = 2 * place + 1
        if below >= size:
            break

        # the lesser of the two below moves up
        if below + 1 < size and heap[below + 1] < heap[below]:
            below += 1
        if value <= heap[below]:
            break
        heap[place] = heap[below]
        place = below
    heap[place] = value
    return size


@njit(cache=True, nogil=True)
def trees(
    up: Side,
    down: Side,
    seeds: Groups,
    table: Ints32,
    width: int,
) -> None:
    """Fill a table of ticks from each group of seeds to every place: climb, then one sweep
    downwards for `width` at once.

    Parameters
    ----------
    up, down
        Steps upwards from, and downwards to each place, by place from the top.
    seeds
        Their nodes are places.
    table
        Groups times places, int32.
    width
        Groups that are swept together: their ticks lie side by side.
    """
    places, groups = len(up.first) - 1, len(seeds.start) - 1
    room = _room(places)
    lanes = np.empty((places, width), np.int32)
    for begin in range(0, groups, width):
        lanes[:] = FAR
        many = min(width, groups - begin)
        for lane in range(many):
            for i in range(_climb(up, seeds, begin + lane, room)):
                place = room.found[i]
                lanes[place, lane] = room.best[place]
                room.best[place] = FAR
        _sweep(down, lanes)

        # lanes stand side by side for the sweep, the table has a row for each
        for lane in range(many):
            for place in range(places):
                table[begin + lane, place] = lanes[place, lane]


@njit(cache=True, nogil=True)
def _sweep(down: Side, lanes: Ints32) -> None:
    """Hand the ticks of all lanes downwards."""
    places, width = lanes.shape

    # from the top down: what leads to a place stands above it and is final when its turn comes
    for place in range(places):
        own = lanes[place]
        for step in range(down.first[place], down.first[place + 1]):
            above, cost = lanes[down.steps[step, 0]], down.steps[step, 1]
            for lane in range(width):
                there = above[lane] + cost
                own[lane] = min(own[lane], there)


@njit(cache=True, nogil=True)
def meetings(
    up: Side,
    down: Side,
    seeds: Groups,
    ends: Groups,
) -> Any:
    """Return the ticks from each group of seeds to each group of ends: both climb, and the best
    place where they meet counts.

    `down` holds the steps that lead down to a place, so that ends climb them backwards.
    """
    room = _room(len(up.first) - 1)
    held, whose, left = _ends_by_place(down, ends, room)

    # each group climbs, and meets the ends at the places that both reach
    groups = len(seeds.start) - 1
    table = np.full(
        (groups, len(ends.start) - 1),
        FAR,
        np.int32,
    )
    for group in range(groups):
        row = table[group]
        for i in range(_climb(up, seeds, group, room)):
            place = room.found[i]
            gone = room.best[place]
            room.best[place] = FAR
            for at in range(held[place], held[place + 1]):
                end = whose[at]
                row[end] = min(row[end], gone + left[at])
    return table


@njit(cache=True, nogil=True)
def _ends_by_place(
    down: Side,
    ends: Groups,
    room: _Room,
) -> tuple[Ints, Ints32, Ints32]:
    """Return for each place which ends reach it, and their ticks from there: those of place p stand
    from ``held[p]`` to before ``held[p + 1]``.
    """
    places = len(down.first) - 1
    held = np.zeros(places + 1, np.int64)

    # all ends climb, and what each reaches is written down: end, place, ticks
    reached, used = _empty_ways(1024), 0
    for end in range(len(ends.start) - 1):
        count = _climb(down, ends, end, room)
        reached = _with_room_behind(reached, used, count)
        for i in range(count):
            place = room.found[i]
            reached.frm[used], reached.to[used], reached.cost[used] = end, place, room.best[place]
            room.best[place] = FAR
            held[place + 1] += 1
            used += 1
    whose, left = _by_place(held, reached, used)
    return held, whose, left


@njit(cache=True, nogil=True)
def _with_room_behind(
    ways: _Ways,
    used: int,
    more: int,
) -> _Ways:
    """Return ways with room for so many behind those that are used."""
    if used + more > len(ways.cost):
        ways = _longer_ways(ways, max(len(ways.cost), more))
    return ways


@njit(cache=True, nogil=True)
def _by_place(
    held: Ints,
    reached: _Ways,
    used: int,
) -> tuple[Ints32, Ints32]:
    """Return the ends that were reached and their ticks, by place; `held`, how many reach the place
    before, becomes where those of each place begin.
    """
    for place in range(len(held) - 1):
        held[place + 1] += held[place]

    # sorted in one pass (counting sort), so that a place finds all ends that reach it
    slot, whose, left = held[:-1].copy(), np.empty(used, np.int32), np.empty(used, np.int32)
    for i in range(used):
        at = slot[reached.to[i]]
        whose[at], left[at] = reached.frm[i], reached.cost[i]
        slot[reached.to[i]] += 1
    return whose, left
