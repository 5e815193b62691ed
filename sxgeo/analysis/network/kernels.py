"""The compiled loop: shortest times with a bucket queue on integer ticks (numba; imported only when
needed).

Dial's queue with buckets of 16 ticks. A better label is queued again and the worse one skipped when
its turn comes, so that nothing is ever moved; within a bucket labels are taken in any order and
corrected, which is exact all the same. Work grows with what is reached.

A label is ``ticks << bits | owner``: one comparison puts the sooner first, and the lower owner
where two are equally soon. Everything is unsigned: numba then needs no test for negative indices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from .arrays import BUCKET_BITS

if TYPE_CHECKING:
    import numpy.typing as npt

    from .arrays import Ints

    Words32 = npt.NDArray[np.uint32]
    Words64 = npt.NDArray[np.uint64]

_NODE, _NEXT, _LABEL = 0, 1, 2
FULL = -1


@njit(cache=True, nogil=True)
def spread(
    first: Words32,
    steps: Words32,
    seeds: Words64,
    limit: np.uint64,
    bits: np.uint32,
    label: Words64,
    reached: Words32,
    ring: Words32,
    queue: Words64,
) -> int:
    """Give every node that the seeds reach its label.

    Parameters
    ----------
    first, steps
        The steps in CSR, uint32: target and cost (0 or more) of each.
    seeds
        Node, and label to begin with.
    limit
        Labels above this are not given.
    bits
        Bits of the owner in a label; 0 when nobody asks for it.
    label, reached, ring, queue
        Room to work in: the largest uint64 for every node; one uint32 per node; uint32 zeros, a
        power of two that holds the longest step and seed in buckets (zeros again at the end); rows
        of three uint64.

    Returns
    -------
    int
        How many nodes were reached: `reached` begins with them. `FULL` when the queue was too
        short; `label` and `ring` then have to be made anew.
    """
    one, wide = np.uint32(1), np.uint32(bits + BUCKET_BITS)
    mask = np.uint32(len(ring) - 1)
    far = ~np.uint64(0)
    room = np.uint32(len(queue) - 1)
    last, waiting, count = one, 0, 0  # entry 0 is never used: it ends a chain
    now = np.uint32(0)

    # seeds first: a node that is given twice keeps its better label, as any other would
    for number in range(len(seeds)):
        node, value = seeds[number, 0], seeds[number, 1]
        if value > limit or value >= label[node]:
            continue
        if label[node] == far:
            reached[count] = node
            count += 1
        if last >= room:
            return FULL
        slot = (value >> wide) & mask
        label[node] = value
        queue[last, _NODE], queue[last, _NEXT], queue[last, _LABEL] = node, ring[slot], value
        ring[slot] = last
        last += one
        waiting += 1

    # then bucket by bucket; the ring holds the longest step, so no label falls behind the hand
    while waiting > 0:
        slot = now & mask

        # a label of this very bucket may be corrected while it is worked off: it is taken again
        while ring[slot]:
            entry = ring[slot]
            ring[slot] = 0
            while entry:
                node, value = queue[entry, _NODE], queue[entry, _LABEL]
                entry = queue[entry, _NEXT]
                waiting -= 1

                # stale: the node was reached sooner after this entry was queued
                if label[node] != value:
                    continue
                for step in range(first[node], first[node + one]):
                    there = value + (steps[step, 1] << bits)
                    other = steps[step, 0]
                    known = label[other]
                    if there >= known or there > limit:
                        continue
                    if known == far:
                        reached[count] = other
                        count += 1
                    if last >= room:
                        return FULL
                    label[other] = there
                    place = (there >> wide) & mask
                    queue[last, _NODE], queue[last, _NEXT], queue[last, _LABEL] = (
                        other,
                        ring[place],
                        there,
                    )
                    ring[place] = last
                    last += one
                    waiting += 1
        now += one
    return count


@njit(cache=True, nogil=True)
def spread_each(
    first: Words32,
    steps: Words32,
    start: Ints,
    seeds: Words64,
    limit: np.uint64,
    bits: np.uint32,
    label: Words64,
    reached: Words32,
    ring: Words32,
    queue: Words64,
) -> Any:
    """Search from each group of seeds on its own: group g has ``seeds[start[g]:start[g + 1]]``.

    The room to work in is that of :func:`spread`, and is left as it was found.

    Returns
    -------
    counts, nodes, labels, queue
        How many nodes each group reaches; these and their labels, one group after another, in no
        stated order; and the queue, or a longer one, for the next time.
    """
    far = ~np.uint64(0)
    groups = len(start) - 1
    counts = np.empty(groups, np.int64)
    nodes = np.empty(0, np.uint32)
    labels = np.empty(0, np.uint64)
    used = 0
    for group in range(groups):
        own = seeds[start[group] : start[group + 1]]
        count = spread(first, steps, own, limit, bits, label, reached, ring, queue)

        # the queue was too short: twice as long, and the search begins anew
        while count == FULL:
            label[:] = far
            ring[:] = 0
            queue = np.empty((2 * len(queue), 3), np.uint64)
            count = spread(first, steps, own, limit, bits, label, reached, ring, queue)

        # doubled, so that growing costs no more than the answers; one group alone fits at once
        if used + count > len(nodes):
            more = count if groups == 1 else max(len(nodes), 2 * count)
            nodes = np.concatenate((nodes, np.empty(more, np.uint32)))
            labels = np.concatenate((labels, np.empty(more, np.uint64)))
        for i in range(count):
            node = reached[i]
            nodes[used + i] = node
            labels[used + i] = label[node]
            label[node] = far
        used += count
        counts[group] = count
    return counts, nodes[:used], labels[:used], queue
