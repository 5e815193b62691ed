"""The compiled loops: shortest times with a bucket queue on integer ticks (numba; imported only when needed).

Dial's queue: one bucket per tick, in a ring longer than the longest step. A bucket is a chain through the records of
its nodes, so that a node whose time falls is moved, never queued twice. Work grows with what is reached.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

FAR = np.iinfo(np.int32).max
_DONE = -2
_TIME, _NEXT, _BEFORE, _OWNER = 0, 1, 2, 3


@njit(cache=True, nogil=True)
def fresh_records(size: int) -> Any:
    """Return one record per node: ticks, next and previous in its bucket, owner."""
    record = np.empty((size, 4), np.int32)
    record[:, _TIME] = FAR
    record[:, _OWNER] = -1
    return record


@njit(cache=True, nogil=True)
def _queue(record: Any, ring: Any, slot: int, node: int) -> None:
    head = ring[slot]
    record[node, _NEXT] = head
    record[node, _BEFORE] = -1
    if head >= 0:
        record[head, _BEFORE] = node
    ring[slot] = node


@njit(cache=True, nogil=True)
def _unqueue(record: Any, ring: Any, slot: int, node: int) -> None:
    before, following = record[node, _BEFORE], record[node, _NEXT]
    if before >= 0:
        record[before, _NEXT] = following
    else:
        ring[slot] = following
    if following >= 0:
        record[following, _BEFORE] = before


@njit(cache=True, nogil=True)
def spread(first: Any, steps: Any, sources: Any, limit: int, record: Any, reached: Any, ring: Any) -> int:
    """Fill `record` with the ticks from the nearest source and its number, the lowest where two are equally near.

    Parameters
    ----------
    first, steps
        The steps in CSR, int32: target and cost (0 or more) of each.
    sources
        Node numbers.
    limit
        Nodes farther than this stay `FAR`.
    record, reached, ring
        Room to work in: :func:`fresh_records`, one number per node, and -1s, a power of two above the longest step.

    Returns
    -------
    int
        How many nodes were reached; `reached` holds them in the order of discovery, `ring` is all -1 again.
    """
    mask = len(ring) - 1
    waiting, count = 0, 0
    for number in range(len(sources)):
        node = sources[number]
        if record[node, _TIME] == FAR:
            reached[count] = node
            count += 1
            record[node, _TIME] = 0
            record[node, _OWNER] = number
            _queue(record, ring, 0, node)
            waiting += 1
    now = 0
    while waiting > 0:
        slot = now & mask
        while ring[slot] >= 0:
            node = ring[slot]
            _unqueue(record, ring, slot, node)
            record[node, _BEFORE] = _DONE
            waiting -= 1
            owner = record[node, _OWNER]
            for step in range(first[node], first[node + 1]):
                there = now + steps[step, 1]
                if there > limit:
                    continue
                other = steps[step, 0]
                known = record[other, _TIME]
                if there > known:
                    continue
                if there == known:
                    if owner < record[other, _OWNER]:
                        record[other, _OWNER] = owner
                        if record[other, _BEFORE] == _DONE:  # over a step of no time: it has to tell its neighbours
                            _queue(record, ring, slot, other)
                            waiting += 1
                    continue
                if known == FAR:
                    reached[count] = other
                    count += 1
                    waiting += 1
                else:
                    _unqueue(record, ring, known & mask, other)
                record[other, _TIME] = there
                record[other, _OWNER] = owner
                _queue(record, ring, there & mask, other)
        now += 1
    return count


@njit(cache=True, nogil=True)
def spread_each(first: Any, steps: Any, sources: Any, limit: int, record: Any, reached: Any, ring: Any) -> Any:
    """Search from each source on its own; return the number reached, the nodes and the ticks, one after another.

    The room to work in is that of :func:`spread`, and is left as it was found.
    """
    counts = np.empty(len(sources), np.int64)
    nodes = np.empty(8192, np.int32)
    ticks = np.empty(8192, np.int32)
    used = 0
    for number in range(len(sources)):
        count = spread(first, steps, sources[number : number + 1], limit, record, reached, ring)
        if used + count > len(nodes):
            more = max(len(nodes), used + count)
            nodes = np.concatenate((nodes, np.empty(more, np.int32)))
            ticks = np.concatenate((ticks, np.empty(more, np.int32)))
        for i in range(count):
            node = reached[i]
            nodes[used + i] = node
            ticks[used + i] = record[node, _TIME]
            record[node, _TIME] = FAR
        used += count
        counts[number] = count
    return counts, nodes[:used], ticks[:used]
