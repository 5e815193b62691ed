"""The courses of edges laid on the grid of a time surface: which cells an edge passes, and when
(pure).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from ...geometry.projection import points_to_plane
from .arrays import is_fresh, owners_of, spans

if TYPE_CHECKING:
    from .arrays import Floats, Ints

Counts = npt.NDArray[np.int32]

MAX_SHEETS = 4
"""Grids kept for one network; the oldest goes first."""
SAMPLES_PER_CELL = 2
_MM = 1000


@dataclass(frozen=True, slots=True)
class Passages:
    """Stretches of edges within one cell, edge by edge along their courses.

    Attributes
    ----------
    counts
        How many stretches each edge has.
    column, row
        The cell: its lower left corner in metres on the plane, divided by the cell.
    ahead, behind
        Ticks from the tail to where the stretch begins, and from the head back to where it ends.
    """

    counts: Ints
    column: Counts
    row: Counts
    ahead: Counts
    behind: Counts


class Courses(Protocol):
    """What is traced: edges with their courses and times, as
    :class:`sxgeo.analysis.network.graph.Network` holds them.
    """

    @property
    def tail(self) -> Ints:
        """Node that each edge begins at."""

    @property
    def ticks(self) -> Ints:
        """Time of each edge in 0.1 s."""

    @property
    def xy(self) -> Floats:
        """Courses of all edges in lon, lat, one after another."""

    @property
    def start(self) -> Ints:
        """Where the course of each edge begins in `xy`, and where the last one ends."""


class Traces:
    """The passages of a network's edges, traced when first asked for.

    An edge is traced by itself and in integers, so that what was traced before changes nothing.
    """

    def __init__(self) -> None:
        self._sheets: dict[tuple[str, float], _Sheet] = {}
        self._lock = threading.Lock()

    def passages(
        self,
        network: Courses,
        edges: Ints,
        crs: str,
        cell_m: float,
    ) -> Passages:
        """Return the passages of the numbered edges on the plane `crs` over a grid on multiples of
        `cell_m`.
        """
        with self._lock:
            sheet = self._sheet(network, edges, crs, cell_m)
            counts = sheet.count[edges].astype(np.int64)
            column, row, ahead, behind = sheet.table[
                :,
                spans(sheet.first[edges], counts),
            ]
        return Passages(counts, column, row, ahead, behind)

    def counts(
        self,
        network: Courses,
        edges: Ints,
        crs: str,
        cell_m: float,
    ) -> Ints:
        """Return how many passages each edge has there."""
        with self._lock:
            return self._sheet(network, edges, crs, cell_m).count[edges].astype(np.int64)

    def _sheet(
        self,
        network: Courses,
        edges: Ints,
        crs: str,
        cell_m: float,
    ) -> _Sheet:
        """Return the sheet of that grid, the edges traced on it."""
        # taken out and put back, so that the sheet used last stands last and the oldest goes first
        sheet = self._sheets.pop((crs, cell_m), None) or _Sheet(len(network.tail))
        self._sheets[crs, cell_m] = sheet
        while len(self._sheets) > MAX_SHEETS:
            del self._sheets[next(iter(self._sheets))]

        # what was traced before is not traced again
        missing = edges[sheet.count[edges] == 0]
        if len(missing):
            sheet.add(missing, _traced(network, missing, crs, cell_m))
        return sheet


class _Sheet:
    """Passages in one table that grows by doubling; an edge without a count is not traced yet."""

    def __init__(self, edges: int) -> None:
        self.first = np.zeros(edges, dtype=np.int64)
        self.count = np.zeros(edges, dtype=np.int32)
        self.table = np.empty((4, 0), dtype=np.int32)
        self.used = 0

    def add(self, edges: Ints, traced: Passages) -> None:
        self.first[edges] = self.used + np.cumsum(traced.counts) - traced.counts
        self.count[edges] = traced.counts
        end = self.used + len(traced.column)
        self._make_room(end)
        rows = (traced.column, traced.row, traced.ahead, traced.behind)
        self.table[:, self.used : end] = rows
        self.used = end

    def _make_room(self, end: int) -> None:
        if end <= self.table.shape[1]:
            return

        # the first table is as large as asked for: many networks are asked once
        longer = np.empty(
            (4, max(end, 2 * self.used)),
            dtype=np.int32,
        )
        longer[:, : self.used] = self.table[:, : self.used]
        self.table = longer


def _traced(
    network: Courses,
    edges: Ints,
    crs: str,
    cell_m: float,
) -> Passages:
    counts = np.diff(network.start)[edges]
    xy = points_to_plane(
        network.xy[spans(network.start[edges], counts)],
        crs,
    )
    leap = _leaps(xy, counts)
    leap_m = np.hypot(leap[:, 0], leap[:, 1])
    begin, length = _times(leap_m, counts, network.ticks[edges])
    vertex, share = _samples(leap_m, cell_m)

    # where each sample lies, and when it is passed
    cell = np.floor((xy[vertex] + share[:, None] * leap[vertex]) / cell_m).astype(np.int32)
    along = np.rint(begin[vertex] + share * length[vertex]).astype(np.int32)
    return _passages(owners_of(counts)[vertex], cell, along, network.ticks[edges])


def _leaps(xy: Floats, counts: Ints) -> Floats:
    """Return the step from each vertex to the next of its edge."""
    leap = np.zeros_like(xy)
    leap[:-1] = np.diff(xy, axis=0)

    # the step from the last vertex of an edge leads to another edge: it is none
    leap[np.cumsum(counts) - 1] = 0.0
    return leap


def _samples(leap_m: Floats, cell_m: float) -> tuple[Ints, Floats]:
    """Return samples along steps: the vertex that each comes after, and the share of its step."""
    # two samples a cell: a corner that is cut by less may be missed, no cell that is crossed
    parts = np.maximum(np.ceil(leap_m * (SAMPLES_PER_CELL / cell_m)), 1).astype(np.int64)
    vertex = owners_of(parts)
    within = np.arange(len(vertex)) - np.repeat(np.cumsum(parts) - parts, parts)
    return vertex, within / parts[vertex]


def _times(
    leap_m: Floats,
    counts: Ints,
    ticks: Ints,
) -> tuple[Floats, Floats]:
    """Return when each vertex is passed, in ticks from the tail of its edge, and how long the step
    from it takes: time runs evenly along an edge.
    """
    # whole millimetres, summed up: what one edge gets does not hang on those traced with it
    run_mm = np.concatenate(
        [
            [0],
            np.cumsum(np.rint(leap_m * _MM).astype(np.int64)),
        ]
    )
    last = np.cumsum(counts) - 1
    first_mm = run_mm[last - counts + 1]

    # an edge shorter than a millimetre would be divided by nothing
    whole_mm = np.maximum(run_mm[last] - first_mm, 1)
    edge = owners_of(counts)
    begin = (run_mm[:-1] - first_mm[edge]) * ticks[edge] / whole_mm[edge]
    return begin, np.diff(run_mm) * ticks[edge] / whole_mm[edge]


def _passages(
    owner: Ints,
    cell: Counts,
    along: Counts,
    ticks: Ints,
) -> Passages:
    """Join the samples of one edge that follow each other in one cell."""
    begin = np.flatnonzero(is_fresh(cell, owner))
    end = np.append(begin[1:], len(owner)) - 1
    edge = owner[begin]
    column, row = np.ascontiguousarray(cell[begin].T)
    behind = (ticks[edge] - along[end]).astype(np.int32)
    return Passages(
        np.bincount(edge, minlength=len(ticks)),
        column,
        row,
        along[begin],
        behind,
    )
