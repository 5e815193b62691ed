"""The compiled loop: shortest times with a bucket queue on integer ticks (numba; imported only when
needed).

Dial's queue with buckets of 16 ticks. A better label is queued again and the worse one skipped when
its turn comes, so that nothing is ever moved; within a bucket labels are taken in any order and
corrected, which is exact all the same. Work grows with what is reached.

A label is ``ticks << bits | owner``: one comparison puts the sooner first, and the lower owner
where two are equally soon. Everything is unsigned: numba then needs no test for negative indices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

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


class Room(NamedTuple):
    """Room to work in, as a search leaves it: `label` the largest uint64 for every node; `reached`
    one uint32 per node; `ring` uint32 zeros, a power of two that holds the longest step and seed in
    buckets; `queue` rows of three uint64.
    """

    label: Words64
    reached: Words32
    ring: Words32
    queue: Words64


@njit(cache=True, nogil=True)
def _enqueue(
    room: Room,
    last: np.uint32,
    wide: np.uint32,
    node: np.uint64,
    value: np.uint64,
) -> None:
    """Give a node its label, and put it before the others of its bucket."""
    slot = (value >> wide) & np.uint32(len(room.ring) - 1)
    room.label[node] = value
    room.queue[last, _NODE], room.queue[last, _NEXT], room.queue[last, _LABEL] = (
        node,
        room.ring[slot],
        value,
    )
    room.ring[slot] = last


@njit(cache=True, nogil=True)
def spread(
    first: Words32,
    steps: Words32,
    seeds: Words64,
    limit: np.uint64,
    bits: np.uint32,
    room: Room,
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
    room
        All but the queue is as it was found at the end, but for the labels of what was reached.

    Returns
    -------
    int
        How many nodes were reached: `reached` begins with them. `FULL` when the queue was too
        short; `label` and `ring` then have to be made anew.
    """
    # whole on purpose: this is the innermost loop of all searches, and a part of it would have to
    # be handed its four counters and hand them back for every step
    one, wide = np.uint32(1), np.uint32(bits + BUCKET_BITS)
    mask = np.uint32(len(room.ring) - 1)
    far = ~np.uint64(0)
    space = np.uint32(len(room.queue) - 1)
    last, waiting, count = one, 0, 0  # entry 0 is never used: it ends a chain
    now = np.uint32(0)
    label, ring, queue = room.label, room.ring, room.queue

    # seeds first: a node that is given twice keeps its better label, as any other would
    for number in range(len(seeds)):
        node, value = seeds[number, 0], seeds[number, 1]
        if value > limit or value >= label[node]:
            continue
        if label[node] == far:
            room.reached[count] = node
            count += 1
        if last >= space:
            return FULL
        _enqueue(room, last, wide, node, value)
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
                        room.reached[count] = other
                        count += 1
                    if last >= space:
                        return FULL
                    _enqueue(room, last, wide, other, there)
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
    room: Room,
) -> Any:
    """Search from each group of seeds on its own: group g has ``seeds[start[g]:start[g + 1]]``.

    The room to work in is left as it was found.

    Returns
    -------
    counts, nodes, labels, queue
        How many nodes each group reaches; these and their labels, one group after another, in no
        stated order; and the queue, or a longer one, for the next time.
    """
    # whole on purpose: compiled, and what is left is one turn a group
    groups = len(start) - 1
    counts = np.empty(groups, np.int64)
    nodes = np.empty(0, np.uint32)
    labels = np.empty(0, np.uint64)
    used = 0
    for group in range(groups):
        own = seeds[start[group] : start[group + 1]]
        count, room = _spread_whole(first, steps, own, limit, bits, room)

        # doubled, so that growing costs no more than the answers; one group alone fits at once
        if used + count > len(nodes):
            more = count if groups == 1 else max(len(nodes), 2 * count)
            nodes, labels = _longer(nodes, labels, more)
        _handed_over(room, count, nodes[used:], labels[used:])
        used += count
        counts[group] = count
    return counts, nodes[:used], labels[:used], room.queue


@njit(cache=True, nogil=True)
def _longer(
    nodes: Words32,
    labels: Words64,
    more: int,
) -> tuple[Words32, Words64]:
    """Return what was found with room for so much more."""
    return (
        np.concatenate((nodes, np.empty(more, np.uint32))),
        np.concatenate((labels, np.empty(more, np.uint64))),
    )


@njit(cache=True, nogil=True)
def _spread_whole(
    first: Words32,
    steps: Words32,
    seeds: Words64,
    limit: np.uint64,
    bits: np.uint32,
    room: Room,
) -> tuple[int, Room]:
    """Search with a queue as long as it takes; return how many nodes were reached, and the room."""
    count = spread(first, steps, seeds, limit, bits, room)
    while count == FULL:
        room = _with_longer_queue(room)
        count = spread(first, steps, seeds, limit, bits, room)
    return count, room


@njit(cache=True, nogil=True)
def _with_longer_queue(room: Room) -> Room:
    """Return the room with a queue twice as long, ready for the same search anew."""
    room.label[:] = ~np.uint64(0)
    room.ring[:] = 0
    queue = np.empty(
        (2 * len(room.queue), 3),
        np.uint64,
    )
    return Room(room.label, room.reached, room.ring, queue)


@njit(cache=True, nogil=True)
def _handed_over(
    room: Room,
    count: int,
    nodes: Words32,
    labels: Words64,
) -> None:
    """Hand over what was reached, and leave the room as it was found."""
    far = ~np.uint64(0)
    for i in range(count):
        node = room.reached[i]
        nodes[i] = node
        labels[i] = room.label[node]
        room.label[node] = far
