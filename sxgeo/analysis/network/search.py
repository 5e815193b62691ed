"""Shortest times over a step matrix: compiled where numba is installed, by scipy where it is not;
equal numbers.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import scipy  # its parts load when they are first asked for

from ...errors import UsageError
from .arrays import BUCKET_BITS, Ints, owners_of

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from .arrays import Floats

ENGINES = ("auto", "numba", "scipy")
COMPILED_FROM_STEPS = 5_000_000
"""`auto` takes numba when origins times steps exceed this, or it is loaded: else loading costs more
than it saves.
"""
MAX_STEP_TICKS = 2**24
"""Longest single step of the compiled search: 19 days, a ring of 4 MB; scipy takes what is longer.
"""
MAX_TICKS = 2**31
MIN_CHUNK = 8
FIRST_QUEUE = 16_384
"""Entries of the queue at first; it is doubled when it is full, and kept for the next search of the
thread.
"""


@dataclass(frozen=True, eq=False)
class Reached:
    """What each of many searches reaches: of search i the nodes ``nodes[start[i]:start[i + 1]]``,
    by number.
    """

    start: Ints
    nodes: npt.NDArray[np.int32]
    ticks: npt.NDArray[np.int32]

    def table(self, size: int) -> Floats:
        """Return the ticks from each search to each of so many nodes, infinite where it does not
        reach.
        """
        table = np.full(
            (len(self.start) - 1, size),
            np.inf,
        )
        for row, (begin, end) in enumerate(pairwise(self.start.tolist())):
            table[row, self.nodes[begin:end]] = self.ticks[begin:end]
        return table


@dataclass(frozen=True, eq=False)
class Seeds:
    """Where searches begin: search i at each of ``nodes[start[i]:start[i + 1]]``, with so many
    ticks already gone.
    """

    start: Ints
    nodes: Ints
    ticks: Ints

    @property
    def count(self) -> int:
        """Number of searches."""
        return len(self.start) - 1

    def part(self, first: int, last: int) -> Seeds:
        """Return the seeds of the searches from `first` to before `last`."""
        begin, end = int(self.start[first]), int(self.start[last])
        return Seeds(
            self.start[first : last + 1] - begin, self.nodes[begin:end], self.ticks[begin:end]
        )

    def together(self) -> Seeds:
        """Return one search that begins at all of them."""
        return Seeds(
            np.array([0, len(self.nodes)]),
            self.nodes,
            self.ticks,
        )


Sources: TypeAlias = Sequence[int] | Ints | Seeds
Nodes = npt.NDArray[np.int32]


def seeds_at(sources: Sources) -> Seeds:
    """Return one search from each numbered node, with no time gone; seeds stay as they are."""
    if isinstance(sources, Seeds):
        return sources
    nodes = np.asarray(sources, dtype=np.int64)
    return Seeds(
        np.arange(len(nodes) + 1),
        nodes,
        np.zeros(len(nodes), dtype=np.int64),
    )


@dataclass(frozen=True, eq=False)
class Steps:
    """A matrix of steps (CSR, ticks) made ready for the search; use the same one for many searches.

    Attributes
    ----------
    matrix
        Square; row i holds the steps from node i.
    order
        The nodes in the order in which the compiled search keeps them in memory, neighbours near
        each other (:func:`space_order`); None keeps them as they are numbered. It changes no
        answer.
    """

    matrix: Any
    order: Ints | None = None

    @cached_property
    def arrays(self) -> tuple[Any, Any]:
        """First step of each node, and target and cost of each step, uint32, in `order`."""
        m = self.matrix
        if self.order is not None:
            # rows move with the order by indexing, the targets in them by number
            m = m[self.order]
            m.indices = self.place[m.indices].astype(m.indices.dtype)
        steps = np.column_stack([m.indices, np.rint(m.data)])
        return m.indptr.astype(np.uint32), steps.astype(np.uint32)

    @cached_property
    def place(self) -> Ints:
        """Where each node stands in `order`."""
        nodes = np.arange(self.matrix.shape[0])
        if self.order is None:
            return nodes
        place = np.empty_like(nodes)
        place[self.order] = nodes
        return place

    @cached_property
    def order32(self) -> npt.NDArray[np.int32]:
        """`order` in the type of an answer."""
        return np.argsort(self.place).astype(np.int32)

    @cached_property
    def longest(self) -> int:
        """Ticks of the longest step."""
        return int(self.matrix.data.max()) if self.matrix.nnz else 0

    def room(self, longest: int) -> list[Any]:
        """Return this thread's room to work in, for steps and seeds up to `longest`; a search
        leaves it as it was.
        """
        size = 1 << ((longest >> BUCKET_BITS) + 1).bit_length()
        room: list[Any] | None = getattr(self._rooms, "room", None)

        # a ring that is too short would hand late labels to an early bucket: it is made anew
        if room is None or len(room[2]) < size:
            room = _fresh_room(self.matrix.shape[0], size)
            self._rooms.room = room
        return room

    @cached_property
    def _rooms(self) -> threading.local:
        return threading.local()

    def takes_numba(self, seeds: Seeds, engine: str) -> bool:
        """Tell whether the compiled search is to be used.

        Raises
        ------
        UsageError
            If the engine is unknown, or numba is asked for and not installed.
        """
        if engine not in ENGINES:
            raise UsageError(f"unknown engine '{engine}'. Known: {', '.join(ENGINES)}.")
        installed = _has_numba()
        if engine == "numba" and not installed:
            raise UsageError(
                "engine 'numba' needs numba: pip install 'sxgeo[fast]', or use engine 'scipy'"
            )

        # the ring needs a slot for the longest step or seed, and places are numbered in 32 bits;
        # beyond either scipy answers
        longest = max(self.longest, int(seeds.ticks.max(initial=0)))
        fits = longest <= MAX_STEP_TICKS and self.matrix.shape[0] + self.matrix.nnz < 2**31

        # once the kernels are loaded their start is paid, and small questions take them too
        work = (len(seeds.start) - 1) * self.matrix.nnz
        large = work >= COMPILED_FROM_STEPS or f"{__package__}.kernels" in sys.modules
        return installed and fits and (engine == "numba" or (engine == "auto" and large))


@cache
def _has_numba() -> bool:
    return find_spec("numba") is not None


def _fresh_room(nodes: int, size: int) -> list[Any]:
    """Return room to work in as :class:`sxgeo.analysis.network.kernels.Room` asks for it."""
    label, reached = (
        np.full(nodes, np.iinfo(np.uint64).max),
        np.empty(nodes, np.uint32),
    )
    return [
        label,
        reached,
        np.zeros(size, np.uint32),
        np.empty((FIRST_QUEUE, 3), np.uint64),
    ]


def space_order(lon: Floats, lat: Floats) -> Ints:
    """Return places in the order of a Z-curve, so that what is near on the ground is mostly near in
    memory.
    """
    if not len(lon):
        return np.empty(0, dtype=np.int64)

    # one scale for both axes: a Z-curve over a stretched square would part what is near; held up,
    # so that places that are all one have a square too
    side = max(
        float(np.ptp(lon)),
        float(np.ptp(lat)),
        1e-9,
    )
    east, north = (_every_other_bit((v - v.min()) * (65_535 / side)) for v in (lon, lat))
    return np.argsort(east | (north << np.uint64(1)), kind="stable")


def _every_other_bit(values: Floats) -> npt.NDArray[np.uint64]:
    """Spread the low 16 bits of whole numbers over their even bits."""
    bits = values.astype(np.uint64)
    for step, mask in _EVERY_OTHER_BIT:
        bits = (bits | (bits << step)) & mask
    return bits


_EVERY_OTHER_BIT = tuple(
    (np.uint64(step), np.uint64(mask))
    for step, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555))
)
"""Spreads the low 16 bits of a number over its even bits."""


def reached_from(
    steps: Steps,
    sources: Sources,
    *,
    limit_ticks: float = np.inf,
    engine: str = "auto",
    threads: int = 0,
) -> Reached:
    """Return the nodes and ticks that each search reaches within the limit; only these are held.

    Parameters
    ----------
    sources
        Node numbers, or seeds.
    limit_ticks
        Inclusive; infinite for no limit.
    engine
        One of `ENGINES`.
    threads
        0 takes as many as there are processors.

    Returns
    -------
    Reached
        The nodes of a search stand in no stated order.

    Raises
    ------
    UsageError
        If the engine is unknown or not installed.
    """
    seeds = seeds_at(sources)
    if not steps.takes_numba(seeds, engine):
        return _by_scipy(steps, seeds, limit_ticks)
    workers = threads or os.cpu_count() or 1
    parts = _by_numba(steps, _chunks(seeds, workers), limit_ticks, workers)
    if not parts:
        return _laid_out([])
    counts, nodes, ticks = _put_together(parts)
    return Reached(
        np.concatenate([[0], np.cumsum(counts)]),
        nodes,
        ticks,
    )


def _put_together(parts: Sequence[tuple[Ints, Nodes, Nodes]]) -> tuple[Ints, Nodes, Nodes]:
    """Return what was found in parts as a whole."""
    # one part is handed on as it is: a copy of a large answer costs as much as its search
    if len(parts) == 1:
        return parts[0]

    # the chunks come back in the order of the searches, whoever ended first
    counts, nodes, ticks = (np.concatenate(some) for some in zip(*parts, strict=True))
    return counts, nodes, ticks


def _chunks(seeds: Seeds, workers: int) -> list[Seeds]:
    """Part searches among workers."""
    # four chunks a worker, so that one slow search does not leave the others idle
    size = max(MIN_CHUNK, -(-seeds.count // (workers * 4)))
    return [
        seeds.part(first, min(first + size, seeds.count)) for first in range(0, seeds.count, size)
    ]


def _by_numba(
    steps: Steps,
    chunks: Sequence[Seeds],
    limit_ticks: float,
    workers: int,
) -> list[tuple[Ints, Nodes, Nodes]]:
    """Return for each chunk how many nodes each search reaches, the nodes, and their ticks."""

    def work(chunk: Seeds) -> tuple[Ints, Nodes, Nodes]:
        counts, nodes, labels = _compiled(steps, chunk, limit_ticks)
        return counts, nodes, labels.astype(np.int32)

    # a pool costs more than one worker or one chunk could gain
    if workers == 1 or len(chunks) == 1:
        return [work(chunk) for chunk in chunks]

    # made once, before the threads ask
    steps.arrays, steps.place, steps.order32, steps.longest, steps._rooms  # noqa: B018
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, chunks))


def _compiled(
    steps: Steps,
    seeds: Seeds,
    limit_ticks: float,
    owners: Ints | None = None,
) -> tuple[Ints, Nodes, Any]:
    """Return how many nodes each search reaches, the nodes, and ``ticks << bits | owner`` of
    each.
    """
    from .kernels import Room, spread_each  # numba: an optional library

    bits = 0 if owners is None else _owner_bits(owners)
    room = steps.room(
        max(
            steps.longest,
            int(seeds.ticks.max(initial=0)),
        )
    )
    counts, places, labels, room[3] = spread_each(
        *steps.arrays,
        seeds.start,
        _labelled(steps, seeds, bits, owners),
        _last_label(limit_ticks, bits),
        np.uint32(bits),
        Room(*room),
    )
    nodes = places.view(np.int32) if steps.order is None else steps.order32[places]
    return counts, nodes, labels


def _last_label(limit_ticks: float, bits: int) -> np.uint64:
    """Return the largest label that still counts: the last tick with all bits of the owner set."""
    last = int(min(limit_ticks, MAX_TICKS - 1))
    return np.uint64(((last + 1) << bits) - 1)


def _labelled(
    steps: Steps,
    seeds: Seeds,
    bits: int,
    owners: Ints | None,
) -> npt.NDArray[np.uint64]:
    """Return the place and the label of each seed, as the compiled search takes them."""
    # owner in the low bits: of two equally soon labels the smaller one, that of the lower owner,
    # wins
    given = np.empty((len(seeds.nodes), 2), np.uint64)
    given[:, 0] = seeds.nodes if steps.order is None else steps.place[seeds.nodes]
    given[:, 1] = seeds.ticks if owners is None else (seeds.ticks << bits) | owners
    return given


def _owner_bits(owners: Ints) -> int:
    """Return how many bits of a label hold the owner."""
    return int(owners.max()).bit_length()


def joined(matrix: csr_matrix, seeds: Seeds) -> csr_matrix:
    """Return the matrix with one more row for each search, that steps to its seeds."""
    # steps lead from the new rows only, never to them: no way can pass through
    size, more = matrix.shape[0], len(seeds.start) - 1
    indptr = np.concatenate(
        [
            matrix.indptr,
            matrix.indptr[-1] + seeds.start[1:],
        ]
    )
    indices = np.concatenate([matrix.indices, seeds.nodes])
    return scipy.sparse.csr_matrix(
        (np.concatenate([matrix.data, seeds.ticks]), indices, indptr),
        shape=(size + more, size + more),
    )


def _rows(steps: Steps, seeds: Seeds) -> tuple[Any, Ints]:
    """Return a matrix and the row of each search: the node itself where it begins at one, with no
    time gone.
    """
    size = steps.matrix.shape[0]

    # a search that begins at one node with no time gone needs no row of its own
    one_each = len(seeds.nodes) == seeds.count and (np.diff(seeds.start) == 1).all()
    if one_each and not seeds.ticks.any():
        return steps.matrix, seeds.nodes
    return joined(steps.matrix, seeds), np.arange(size, size + seeds.count)


def _dijkstra(
    matrix: csr_matrix,
    rows: Ints,
    limit_ticks: float,
) -> Floats:
    """Return the ticks from one row, or from each of several, to every node."""
    return np.asarray(
        scipy.sparse.csgraph.dijkstra(
            matrix,
            directed=True,
            indices=rows,
            limit=limit_ticks,
        )
    )


def _by_scipy(
    steps: Steps,
    seeds: Seeds,
    limit_ticks: float,
) -> Reached:
    matrix, rows = _rows(steps, seeds)
    size = steps.matrix.shape[0]
    searches = []
    for row in rows:
        # one row at a time: all at once would hold searches times nodes
        ticks = _dijkstra(matrix, row, limit_ticks)[:size]
        nodes = np.flatnonzero(np.isfinite(ticks))
        searches.append((nodes.astype(np.int32), ticks[nodes].astype(np.int32)))
    return _laid_out(searches)


def _laid_out(searches: Sequence[tuple[Nodes, Nodes]]) -> Reached:
    """Lay the nodes and ticks of many searches one after another."""
    none = np.empty(0, np.int32)
    start = np.cumsum([0, *(len(nodes) for nodes, _ in searches)])
    nodes = np.concatenate([none, *(nodes for nodes, _ in searches)])
    return Reached(start, nodes, np.concatenate([none, *(ticks for _, ticks in searches)]))


def ticks_from(
    steps: Steps,
    rows: Sources,
    *,
    limit_ticks: float = np.inf,
    engine: str = "auto",
) -> Floats:
    """Return the ticks from each numbered row, or each search's seeds, to every node.

    Infinite where no way is within the limit.
    """
    seeds = seeds_at(rows)
    size = steps.matrix.shape[0]
    if not steps.takes_numba(seeds, engine):
        return _dijkstra(*_rows(steps, seeds), limit_ticks)[:, :size]
    return reached_from(steps, seeds, limit_ticks=limit_ticks, engine="numba").table(size)


def nearest_of(
    steps: Steps,
    facilities: Sources,
    *,
    limit_ticks: float = np.inf,
    engine: str = "auto",
) -> tuple[Floats, Ints]:
    """Return for every node the ticks from the nearest facility, and which: the lowest number where
    two are equal.

    Parameters
    ----------
    facilities
        Node numbers, or seeds: search i begins at facility i. For the way to a facility instead of
        from it, give the steps of the reversed network.
    limit_ticks, engine
        As in :func:`reached_from`.

    Returns
    -------
    ticks, facility
        Infinite, and -1, where none is within the limit.

    Raises
    ------
    UsageError
        If the engine is unknown or not installed.
    """
    seeds = seeds_at(facilities)
    size = steps.matrix.shape[0]
    if not len(seeds.nodes):
        return _from_nowhere(size)

    # all facilities spread in one search, so the work is that of a single one
    together = seeds.together()
    if not steps.takes_numba(together, engine):
        nearest, owner = _nearest_by_scipy(*_rows(steps, seeds), limit_ticks)
        return nearest[:size], owner[:size]
    return _nearest_by_numba(steps, together, owners_of(np.diff(seeds.start)), limit_ticks)


def _nearest_by_numba(
    steps: Steps,
    seeds: Seeds,
    owners: Ints,
    limit_ticks: float,
) -> tuple[Floats, Ints]:
    """Return the same of one search from all seeds, each of which has an owner."""
    ticks, facility = _from_nowhere(steps.matrix.shape[0])
    _, nodes, labels = _compiled(steps, seeds, limit_ticks, owners)

    # the label comes apart again as it was put together in `_compiled`
    bits = _owner_bits(owners)
    ticks[nodes] = labels >> np.uint64(bits)
    facility[nodes] = labels & np.uint64((1 << bits) - 1)
    return ticks, facility


def _from_nowhere(size: int) -> tuple[Floats, Ints]:
    """Return ticks and facility of so many nodes that no facility reaches."""
    return np.full(size, np.inf), np.full(size, -1, dtype=np.int64)


def _nearest_by_scipy(
    matrix: csr_matrix,
    places: Ints,
    limit_ticks: float,
) -> tuple[Floats, Ints]:
    ticks, _, source = scipy.sparse.csgraph.dijkstra(
        matrix,
        directed=True,
        indices=np.unique(places),
        limit=limit_ticks,
        min_only=True,
        return_predecessors=True,
    )
    number = _lowest_at(places, matrix.shape[0])
    owner = np.where(
        source >= 0,
        number[np.maximum(source, 0)],
        len(places),
    )

    # scipy settles ties as it likes
    owner = _lowest_owner(matrix, ticks, owner)
    return np.asarray(ticks), np.where(np.isfinite(ticks), owner, -1)


def _lowest_at(places: Ints, size: int) -> Ints:
    """Return for each node the first facility that begins there: the lower number owns it."""
    number = np.full(size, len(places), dtype=np.int64)
    np.minimum.at(number, places, np.arange(len(places)))
    return number


def _lowest_owner(
    matrix: csr_matrix,
    ticks: Floats,
    owner: Ints,
) -> Ints:
    """Return the lowest owner of those that are equally near to each node."""
    tail, head = owners_of(np.diff(matrix.indptr)), matrix.indices

    # steps on some shortest way: along these alone a tie can be handed down
    tight = np.isfinite(ticks[tail]) & (ticks[tail] + matrix.data == ticks[head])
    tail, head = tail[tight], head[tight]

    # handed from node to node until nothing changes
    while True:
        lower = owner.copy()
        np.minimum.at(lower, head, owner[tail])
        if (lower == owner).all():
            return owner
        owner = lower
