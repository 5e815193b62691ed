"""Shortest times over a step matrix: compiled where numba is installed, by scipy where it is not; equal numbers."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from .network import Floats, Ints

ENGINES = ("auto", "numba", "scipy")
COMPILED_FROM_STEPS = 5_000_000
"""`auto` takes numba when origins times steps exceed this, or it is loaded: else loading costs more than it saves."""
MAX_STEP_TICKS = 2**24
"""Longest single step of the compiled search: 19 days, a ring of 64 MB; scipy takes what is longer."""
MIN_CHUNK = 8


@dataclass(frozen=True, eq=False)
class Reached:
    """What each of many sources reaches: of source i the nodes ``nodes[start[i]:start[i + 1]]``, by number."""

    start: Ints
    nodes: npt.NDArray[np.int32]
    ticks: npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Steps:
    """A matrix of steps (CSR, ticks) made ready for the search; use the same one for many searches."""

    matrix: Any

    @cached_property
    def arrays(self) -> tuple[Any, Any]:
        """First step of each node, and target and cost of each step, int32."""
        m = self.matrix
        return m.indptr.astype(np.int32), np.column_stack([m.indices, np.rint(m.data)]).astype(np.int32)

    @cached_property
    def ring_size(self) -> int:
        """Buckets in the ring: the next power of two above the longest step."""
        longest = int(self.matrix.data.max()) if self.matrix.nnz else 0
        return 1 << (longest + 1).bit_length()

    def room(self) -> tuple[Any, Any, Any]:
        """Return this thread's room to work in; a search of many sources leaves it as it found it."""
        if not hasattr(self._rooms, "room"):
            from .kernels import fresh_records

            size = self.matrix.shape[0]
            ring = np.full(self.ring_size, -1, np.int32)
            self._rooms.room = fresh_records(size), np.empty(size, np.int32), ring
        found: tuple[Any, Any, Any] = self._rooms.room
        return found

    @cached_property
    def _rooms(self) -> threading.local:
        return threading.local()

    def takes_numba(self, origins: int, engine: str) -> bool:
        """Tell whether the compiled search is to be used.

        Raises
        ------
        UsageError
            If the engine is unknown, or numba is asked for and not installed.
        """
        if engine not in ENGINES:
            raise UsageError(f"unknown engine '{engine}'. Known: {', '.join(ENGINES)}.")
        installed = find_spec("numba") is not None
        if engine == "numba" and not installed:
            raise UsageError("engine 'numba' needs numba: pip install 'sxgeo[fast]', or use engine 'scipy'")
        fits = self.ring_size <= 2 * MAX_STEP_TICKS and self.matrix.shape[0] + self.matrix.nnz < 2**31
        large = origins * self.matrix.nnz >= COMPILED_FROM_STEPS or f"{__package__}.kernels" in sys.modules
        return installed and fits and (engine == "numba" or (engine == "auto" and large))


def reached_from(
    steps: Steps, sources: Sequence[int] | Ints, *, limit_ticks: float = np.inf, engine: str = "auto", threads: int = 0
) -> Reached:
    """Return the nodes and ticks that each source reaches within the limit; only these are held.

    Parameters
    ----------
    sources
        Node numbers.
    limit_ticks
        Inclusive; infinite for no limit.
    engine
        One of `ENGINES`.
    threads
        0 takes as many as there are processors.

    Raises
    ------
    UsageError
        If the engine is unknown or not installed.
    """
    rows = np.asarray(sources, dtype=np.int32)
    if not steps.takes_numba(len(rows), engine):
        return _by_scipy(steps, rows, limit_ticks)
    from .kernels import spread_each

    limit = int(min(limit_ticks, np.iinfo(np.int32).max // 2))
    workers = threads or os.cpu_count() or 1
    size = max(MIN_CHUNK, -(-len(rows) // (workers * 4)))
    chunks = [rows[i : i + size] for i in range(0, len(rows), size)]

    def work(chunk: Any) -> Any:
        return spread_each(*steps.arrays, chunk, limit, *steps.room())

    if workers == 1 or len(chunks) == 1:
        parts = [work(chunk) for chunk in chunks]
    else:
        steps.arrays, steps.ring_size, steps._rooms  # noqa: B018 - made once, before the threads ask for them
        with ThreadPoolExecutor(workers) as pool:
            parts = list(pool.map(work, chunks))
    if not parts:
        return Reached(np.zeros(1, dtype=np.int64), np.empty(0, np.int32), np.empty(0, np.int32))
    counts, nodes, ticks = (np.concatenate(some) for some in zip(*parts, strict=True))
    return Reached(np.concatenate([[0], np.cumsum(counts)]), nodes, ticks)


def _by_scipy(steps: Steps, rows: Any, limit_ticks: float) -> Reached:
    from scipy.sparse.csgraph import dijkstra

    counts, nodes, ticks = [0], [], []
    for row in rows:
        found = np.asarray(dijkstra(steps.matrix, directed=True, indices=row, limit=limit_ticks))
        there = np.flatnonzero(np.isfinite(found))
        counts.append(len(there))
        nodes.append(there.astype(np.int32))
        ticks.append(found[there].astype(np.int32))
    empty = [np.empty(0, np.int32)]
    return Reached(np.cumsum(counts), np.concatenate(nodes or empty), np.concatenate(ticks or empty))


def ticks_from(
    steps: Steps, rows: Sequence[int] | Ints, *, limit_ticks: float = np.inf, engine: str = "auto"
) -> Floats:
    """Return the ticks from each numbered row to every node; infinite where no way is within the limit."""
    sources = np.asarray(rows)
    if not steps.takes_numba(len(sources), engine):
        from scipy.sparse.csgraph import dijkstra

        return np.asarray(dijkstra(steps.matrix, directed=True, indices=sources, limit=limit_ticks))
    found = reached_from(steps, sources, limit_ticks=limit_ticks, engine="numba")
    table = np.full((len(sources), steps.matrix.shape[0]), np.inf)
    table[np.repeat(np.arange(len(sources)), np.diff(found.start)), found.nodes] = found.ticks
    return table


def nearest_of(
    steps: Steps, facilities: Sequence[int] | Ints, *, limit_ticks: float = np.inf, engine: str = "auto"
) -> tuple[Floats, Ints]:
    """Return for every node the ticks from the nearest facility, and which: the lowest number where two are equal.

    Parameters
    ----------
    facilities
        Node numbers. For the way to a facility instead of from it, give the steps of the reversed network.
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
    places = np.asarray(facilities, dtype=np.int32)
    size = steps.matrix.shape[0]
    if not len(places):
        return np.full(size, np.inf), np.full(size, -1, dtype=np.int64)
    if not steps.takes_numba(1, engine):
        return _nearest_by_scipy(steps, places, limit_ticks)
    from .kernels import FAR, fresh_records, spread

    record, room = fresh_records(size), np.empty(size, np.int32)
    ring = np.full(steps.ring_size, -1, np.int32)
    spread(*steps.arrays, places, int(min(limit_ticks, FAR // 2)), record, room, ring)
    ticks = record[:, 0].astype(np.float64)
    ticks[record[:, 0] == FAR] = np.inf
    return ticks, record[:, 3].astype(np.int64)


def _nearest_by_scipy(steps: Steps, places: Any, limit_ticks: float) -> tuple[Floats, Ints]:
    from scipy.sparse.csgraph import dijkstra

    number = np.full(steps.matrix.shape[0], len(places), dtype=np.int64)
    np.minimum.at(number, places, np.arange(len(places)))
    ticks, _, source = dijkstra(
        steps.matrix,
        directed=True,
        indices=np.unique(places),
        limit=limit_ticks,
        min_only=True,
        return_predecessors=True,
    )
    owner = np.where(source >= 0, number[np.maximum(source, 0)], len(places))
    tail = np.repeat(np.arange(len(owner)), np.diff(steps.matrix.indptr))
    head, cost = steps.matrix.indices, steps.matrix.data
    tight = np.isfinite(ticks[tail]) & (ticks[tail] + cost == ticks[head])
    tail, head = tail[tight], head[tight]
    while True:  # scipy settles ties as it likes: hand the lowest number down along the shortest ways
        lower = owner.copy()
        np.minimum.at(lower, head, owner[tail])
        if (lower == owner).all():
            return np.asarray(ticks), np.where(np.isfinite(ticks), owner, -1)
        owner = lower
