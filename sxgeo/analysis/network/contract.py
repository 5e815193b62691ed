"""The compiled loops of the hierarchy: contraction, upward search, sweep (numba; imported only when
needed).

Nodes are taken out one by one, the least important first; where a shortest way led through one, a
shortcut takes its place. What remains is an order in which every shortest way climbs and then
descends. All times are whole ticks, so that sums are exact and the answers are those of Dijkstra's
search, bit for bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from .arrays import Ints, Ints32

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
    key[0], item[0] = key[size], item[size]
    if size > 0:
        _sift_down(key, item, size)
    return size


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
    to, frm, cost, next_out, next_in, first_out, first_in, ins, outs = _linked(
        count, tail, head, ticks
    )
    used = len(tail)

    # the estimate of the first round is sharpened when a node comes to the top
    heap_key, heap_node = np.empty(count + 1, np.int64), np.empty(count + 1, np.int32)
    size = 0
    level = np.zeros(count, np.int32)
    for v in range(count):
        estimate = np.int64(ins[v]) * outs[v] - ins[v] - outs[v]
        size = _push(heap_key, heap_node, size, estimate * 8, np.int32(v))

    rank = np.full(count, NONE, np.int32)
    dist = np.full(count, FAR, np.int32)
    touched = np.empty(count, np.int32)
    near_key, near_node = np.empty(4096, np.int64), np.empty(4096, np.int32)
    short_from, short_to, short_cost = (
        np.empty(256, np.int32),
        np.empty(256, np.int32),
        np.empty(256, np.int32),
    )

    made = max(2 * len(tail), 64)
    low, high, way, climbs = (
        np.empty(made, np.int32),
        np.empty(made, np.int32),
        np.empty(made, np.int32),
        np.empty(made, np.bool_),
    )
    written = 0
    turn = 0
    while size > 0:
        v = heap_node[0]
        size = _pop(heap_key, heap_node, size)

        # steps to nodes that were taken out before stand in the steps of the hierarchy already
        _unlink_gone(v, first_out, next_out, to, rank)
        _unlink_gone(v, first_in, next_in, frm, rank)
        degree_out = 0
        farthest = np.int32(0)
        e = first_out[v]
        while e != NONE:
            degree_out += 1
            farthest = max(farthest, cost[e])
            e = next_out[e]

        # which pairs of neighbours need a shortcut? Each neighbour that leads in searches once for
        # all that are led to
        shorts, degree_in = 0, 0
        a = first_in[v]
        while a != NONE:
            degree_in += 1
            u = frm[a]
            limit = cost[a] + farthest
            marked = _search_witnesses(
                u, v, limit, first_out, next_out, to, cost, rank, dist, touched, near_key, near_node
            )

            # no way round `v` that is as short was found: then a shortcut takes its place
            e = first_out[v]
            while e != NONE:
                w = to[e]
                through = cost[a] + cost[e]
                if w != u and dist[w] > through and through < FAR:
                    if shorts == len(short_from):
                        more = np.empty(shorts, np.int32)
                        short_from = np.concatenate((short_from, more))
                        short_to = np.concatenate((short_to, more))
                        short_cost = np.concatenate((short_cost, more))
                    short_from[shorts], short_to[shorts], short_cost[shorts] = u, w, through
                    shorts += 1
                e = next_out[e]

            # only what was touched is made anew: clearing all nodes each time would cost the square
            for i in range(marked):
                dist[touched[i]] = FAR
            a = next_in[a]

        # the estimate was of an older graph: a node that is dearer by now goes back
        priority = np.int64(8 * (shorts - degree_in - degree_out) + 4 * level[v])
        if size > 0 and priority > heap_key[0]:
            size = _push(heap_key, heap_node, size, priority, v)
            continue

        rank[v] = turn
        turn += 1
        if written + degree_in + degree_out > len(low):
            more = np.empty(len(low) + degree_in + degree_out, np.int32)
            low, high, way = (
                np.concatenate((low, more)),
                np.concatenate((high, more)),
                np.concatenate((way, more)),
            )
            climbs = np.concatenate((climbs, np.empty(len(more), np.bool_)))

        # what is still linked to `v` leads to nodes above it; they must wait for a turn after it
        for side in range(2):
            e = first_out[v] if side == 0 else first_in[v]
            while e != NONE:
                other = to[e] if side == 0 else frm[e]
                low[written], high[written], way[written], climbs[written] = (
                    v,
                    other,
                    cost[e],
                    side == 0,
                )
                written += 1
                level[other] = max(level[other], level[v] + 1)
                e = next_out[e] if side == 0 else next_in[e]

        # a shortcut beside a step that stands there already only makes that one quicker
        for i in range(shorts):
            u, w, through = short_from[i], short_to[i], short_cost[i]
            e = first_out[u]
            while e != NONE and to[e] != w:
                e = next_out[e]
            if e != NONE:
                cost[e] = min(cost[e], through)
                continue
            if used == len(to):
                more = np.empty(used, np.int32)
                to, frm, cost = (
                    np.concatenate((to, more)),
                    np.concatenate((frm, more)),
                    np.concatenate((cost, more)),
                )
                next_out, next_in = (
                    np.concatenate((next_out, more)),
                    np.concatenate((next_in, more)),
                )
            frm[used], to[used], cost[used] = u, w, through
            next_out[used], first_out[u] = first_out[u], used
            next_in[used], first_in[w] = first_in[w], used
            used += 1
    return rank, low[:written], high[:written], way[:written], climbs[:written]


@njit(cache=True, nogil=True)
def _linked(
    count: int,
    tail: Ints32,
    head: Ints32,
    ticks: Ints32,
) -> Any:
    """Lay the steps out as lists linked by number, from each node and to each node, with room for
    shortcuts; and count both.
    """
    room = max(4 * len(tail), 64)
    to, frm, cost = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32)
    next_out, next_in = np.full(room, NONE, np.int32), np.full(room, NONE, np.int32)
    first_out, first_in = np.full(count, NONE, np.int32), np.full(count, NONE, np.int32)
    ins, outs = np.zeros(count, np.int32), np.zeros(count, np.int32)

    # from the last step on, so that each list runs in the order of the steps
    for e in range(len(tail) - 1, -1, -1):
        u, v = tail[e], head[e]
        frm[e], to[e], cost[e] = u, v, ticks[e]
        next_out[e], first_out[u] = first_out[u], e
        next_in[e], first_in[v] = first_in[v], e
        outs[u] += 1
        ins[v] += 1
    return to, frm, cost, next_out, next_in, first_out, first_in, ins, outs


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
    first_out: Ints32,
    next_out: Ints32,
    to: Ints32,
    cost: Ints32,
    rank: Ints32,
    dist: Ints32,
    touched: Ints32,
    near_key: Ints,
    near_node: Ints32,
) -> int:
    """Search from `u` for ways that do without `v`, up to `limit`; return how many nodes have a
    number in `dist`: they stand in `touched`.
    """
    marked = 1
    dist[u] = 0
    touched[0] = u
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
        e = first_out[x]
        while e != NONE:
            y = to[e]
            if y != v and rank[y] == NONE:
                there = d + cost[e]
                if there < dist[y] and there <= limit:
                    if dist[y] == FAR:
                        touched[marked] = y
                        marked += 1
                    dist[y] = there

                    # a full heap loses a witness at worst, which leaves one shortcut too many
                    if near + 1 < len(near_key):
                        near = _push(near_key, near_node, near, np.int64(there), y)
            e = next_out[e]
    return marked


@njit(cache=True, nogil=True)
def climb(
    first: Ints32,
    steps: Ints32,
    nodes: Ints32,
    ticks: Ints32,
    best: Ints32,
    heap: Ints32,
    found: Ints32,
) -> int:
    """Search upwards from some seeds; the nodes reached stand in `found`, their ticks in `best`.

    Places are numbered from the top, so a step leads to a lower number, and the highest number that
    waits is final: no step can still lead into it.

    Parameters
    ----------
    first, steps
        Steps upwards by place: target and ticks.
    nodes, ticks
        Seeds.
    best
        `FAR` for every place; made so again by the caller for those in `found`.
    heap, found
        Room for every place.
    """
    size, count = 0, 0

    # a place waits once, however often its ticks fall: its number, not its ticks, is its turn
    for i in range(len(nodes)):
        place = nodes[i]
        if best[place] == FAR:
            heap[size] = -place
            size = _lift(heap, size)
        best[place] = min(best[place], ticks[i])
    while size > 0:
        place = -heap[0]
        size = _drop(heap, size)
        found[count] = place
        count += 1
        value = best[place]
        for step in range(first[place], first[place + 1]):
            other, there = steps[step, 0], value + steps[step, 1]
            if there < best[other]:
                if best[other] == FAR:
                    heap[size] = -other
                    size = _lift(heap, size)
                best[other] = there
    return count


@njit(cache=True, nogil=True)
def _lift(heap: Ints32, place: int) -> int:
    size = place + 1
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
    up_first: Ints32,
    up: Ints32,
    down_first: Ints32,
    down: Ints32,
    start: Ints,
    nodes: Ints32,
    ticks: Ints32,
    table: Ints32,
    width: int,
) -> None:
    """Fill a table of ticks from each group of seeds to every place: climb, then one sweep
    downwards for `width` at once.

    Parameters
    ----------
    up_first, up, down_first, down
        Steps upwards from, and downwards to each place, by place from the top.
    start, nodes, ticks
        Seeds of group g: ``nodes[start[g]:start[g + 1]]``, places.
    table
        Groups times places, int32.
    width
        Groups that are swept together: their ticks lie side by side.
    """
    places = len(up_first) - 1
    best = np.full(places, FAR, np.int32)
    heap, found = np.empty(places + 1, np.int32), np.empty(places, np.int32)
    lanes = np.empty((places, width), np.int32)
    groups = len(start) - 1
    for begin in range(0, groups, width):
        lanes[:] = FAR
        many = min(width, groups - begin)
        for lane in range(many):
            a, b = start[begin + lane], start[begin + lane + 1]
            count = climb(up_first, up, nodes[a:b], ticks[a:b], best, heap, found)
            for i in range(count):
                place = found[i]
                lanes[place, lane] = best[place]
                best[place] = FAR

        # from the top down: what leads to a place stands above it and is final when its turn comes
        for place in range(places):
            own = lanes[place]
            for step in range(down_first[place], down_first[place + 1]):
                above, cost = lanes[down[step, 0]], down[step, 1]
                for lane in range(width):
                    there = above[lane] + cost
                    own[lane] = min(own[lane], there)
        for lane in range(many):
            for place in range(places):
                table[begin + lane, place] = lanes[place, lane]


@njit(cache=True, nogil=True)
def meetings(
    up_first: Ints32,
    up: Ints32,
    down_first: Ints32,
    down: Ints32,
    start: Ints,
    nodes: Ints32,
    ticks: Ints32,
    end_start: Ints,
    end_nodes: Ints32,
    end_ticks: Ints32,
) -> Any:
    """Return the ticks from each group of seeds to each group of ends: both climb, and the best
    place where they meet counts.

    `down` holds the steps that lead down to a place, so that ends climb them backwards.
    """
    places = len(up_first) - 1
    best = np.full(places, FAR, np.int32)
    heap, found = np.empty(places + 1, np.int32), np.empty(places, np.int32)
    ends, groups = len(end_start) - 1, len(start) - 1

    # first all ends climb, and what each reaches is written down: place, end, ticks
    held = np.zeros(places + 1, np.int64)
    which, where, value = (
        np.empty(1024, np.int32),
        np.empty(1024, np.int32),
        np.empty(1024, np.int32),
    )
    used = 0
    for end in range(ends):
        a, b = end_start[end], end_start[end + 1]
        count = climb(down_first, down, end_nodes[a:b], end_ticks[a:b], best, heap, found)
        if used + count > len(which):
            more = np.empty(max(len(which), count), np.int32)
            which, where, value = (
                np.concatenate((which, more)),
                np.concatenate((where, more)),
                np.concatenate((value, more)),
            )
        for i in range(count):
            place = found[i]
            which[used], where[used], value[used] = end, place, best[place]
            best[place] = FAR
            held[place + 1] += 1
            used += 1

    # sorted by place in one pass (counting sort), so that a place finds all ends that reach it
    for place in range(places):
        held[place + 1] += held[place]
    slot, whose, left = held[:-1].copy(), np.empty(used, np.int32), np.empty(used, np.int32)
    for i in range(used):
        at = slot[where[i]]
        whose[at], left[at] = which[i], value[i]
        slot[where[i]] += 1

    # then each group climbs, and meets the ends at the places that both reach
    table = np.full((groups, ends), FAR, np.int32)
    for group in range(groups):
        a, b = start[group], start[group + 1]
        count = climb(up_first, up, nodes[a:b], ticks[a:b], best, heap, found)
        row = table[group]
        for i in range(count):
            place = found[i]
            gone = best[place]
            best[place] = FAR
            for at in range(held[place], held[place + 1]):
                end = whose[at]
                row[end] = min(row[end], gone + left[at])
    return table
