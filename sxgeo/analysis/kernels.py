"""The compiled loops: shortest times with a bucket queue on integer ticks (numba; imported only when needed).

Dial's queue: one bucket per tick, in a ring as long as the longest step. Each push is an entry in its bucket's
chain; an entry whose node has meanwhile got a shorter time is passed over. Work grows with what is reached.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

FAR = np.iinfo(np.int32).max


@njit(cache=True, nogil=True)
def spread(
    first: Any, target: Any, cost: Any, sources: Any, limit: int, dist: Any, owner: Any, reached: Any, ring: Any
) -> int:
    """Fill `dist` (all `FAR` before) with the ticks from the nearest source, `owner` with its number.

    Parameters
    ----------
    first, target, cost
        The steps in CSR, int32; costs of 0 or more.
    sources
        Node numbers; the lowest owner wins where two are equally near. Empty `owner` where nobody asks.
    limit
        Nodes farther than this stay `FAR`.
    dist, owner, reached, ring
        Room to work in: per node, per node or empty, per node, and -1s, a power of two above the longest step.

    Returns
    -------
    int
        How many nodes were reached; `reached` holds them in the order of discovery, `ring` is all -1 again.
    """
    owned = len(owner) > 0
    mask = len(ring) - 1
    room = len(sources) + 64
    node_of = np.empty(room, np.int32)
    after = np.empty(room, np.int32)
    used, waiting, count = 0, 0, 0
    free = -1
    for number in range(len(sources)):
        node = sources[number]
        if dist[node] == FAR:
            reached[count] = node
            count += 1
            dist[node] = 0
            if owned:
                owner[node] = number
            node_of[used] = node
            after[used] = ring[0]
            ring[0] = used
            used += 1
            waiting += 1
    now = 0
    while waiting > 0 and now <= limit:
        slot = now & mask
        while ring[slot] >= 0:
            entry = ring[slot]
            ring[slot] = after[entry]
            node = node_of[entry]
            after[entry] = free
            free = entry
            waiting -= 1
            if dist[node] != now:
                continue
            for step in range(first[node], first[node + 1]):
                other = target[step]
                there = now + cost[step]
                if there > limit:
                    continue
                known = dist[other]
                if there > known:
                    continue
                if there == known and not (owned and owner[node] < owner[other]):
                    continue
                if known == FAR:
                    reached[count] = other
                    count += 1
                dist[other] = there
                if owned:
                    owner[other] = owner[node]
                if there == known and there > now:
                    continue  # it waits there already, and now for the lower owner
                if free >= 0:
                    entry = free
                    free = after[entry]
                else:
                    if used == room:
                        node_of = np.concatenate((node_of, np.empty(room, np.int32)))
                        after = np.concatenate((after, np.empty(room, np.int32)))
                        room *= 2
                    entry = used
                    used += 1
                node_of[entry] = other
                goal = there & mask
                after[entry] = ring[goal]
                ring[goal] = entry
                waiting += 1
        now += 1
    if waiting > 0:
        ring[:] = -1
    return count


@njit(cache=True, nogil=True)
def spread_each(first: Any, target: Any, cost: Any, sources: Any, limit: int, ring_size: int) -> Any:
    """Search from each source on its own; return the number reached, the nodes and the ticks, one after another."""
    size = len(first) - 1
    dist = np.full(size, FAR, np.int32)
    reached = np.empty(size, np.int32)
    nobody = np.empty(0, np.int32)
    ring = np.full(ring_size, -1, np.int32)
    counts = np.empty(len(sources), np.int64)
    nodes = np.empty(max(size, 1024), np.int32)
    ticks = np.empty(max(size, 1024), np.int32)
    used = 0
    for number in range(len(sources)):
        count = spread(first, target, cost, sources[number : number + 1], limit, dist, nobody, reached, ring)
        while used + count > len(nodes):
            nodes = np.concatenate((nodes, np.empty(len(nodes), np.int32)))
            ticks = np.concatenate((ticks, np.empty(len(ticks), np.int32)))
        for i in range(count):
            node = reached[i]
            nodes[used + i] = node
            ticks[used + i] = dist[node]
            dist[node] = FAR
        used += count
        counts[number] = count
    return counts, nodes[:used], ticks[:used]
