"""Large tables of travel times, some origins at a time, only the pairs that are reached (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from ..errors import UsageError
from .isochrones import Places, _read, _snap_all
from .network import TICKS_PER_MIN, Network
from .reach import Ends, Snap, edge_boxes, search, search_graph, ticks_between

_Snapped: TypeAlias = tuple[dict[int, Snap], list[tuple[Any, str]]]

CHUNK_TIMES = 8_000_000
"""Times held at once while a table is made, 8 bytes each: nodes searched, or destinations, times origins."""


@dataclass(frozen=True, eq=False)
class TimeTable:
    """A table of travel times that is made while it is read.

    Attributes
    ----------
    network, origins, destinations
        As in :func:`sxgeo.travel_times`.
    max_minutes
        Pairs beyond are left out; None keeps every pair, NaN where there is no way.
    """

    network: Network
    origins: Places
    destinations: Places
    max_minutes: float | None = None

    def __post_init__(self) -> None:
        if self.max_minutes is not None and not 0 < self.max_minutes < np.inf:
            raise UsageError(f"max_minutes is {self.max_minutes}; give minutes above 0, or None for every pair")

    @cached_property
    def _starts(self) -> Any:
        return _read(self.origins, "origin")

    @cached_property
    def _ends(self) -> Any:
        return _read(self.destinations, "destination")

    @cached_property
    def _joined(self) -> tuple[_Snapped, _Snapped]:
        boxes = edge_boxes(self.network)
        return _snap_all(self.network, boxes, self._starts), _snap_all(self.network, boxes, self._ends)

    @property
    def ids(self) -> tuple[list[Any], list[Any]]:
        """Ids of the origins and of the destinations, sorted."""
        return self._starts.ids, self._ends.ids

    @property
    def origin_count(self) -> int:
        """Number of origins, those without a road included."""
        return len(self._starts.ids)

    @property
    def unanswered(self) -> list[tuple[Any, str]]:
        """Places too far from any road, as (id, reason)."""
        (_, refused), (_, lost) = self._joined
        return refused + lost

    def chunks(self) -> Iterator[tuple[int, pd.DataFrame]]:
        """Yield how many origins are done, and their rows, sorted by the ids as the whole table is."""
        (left, _), (right, _) = self._joined
        columns, targets = np.array(list(right), dtype=np.int64), list(right.values())
        ends = Ends.of(targets)
        graph = search_graph(self.network, list(left.values()))
        number = {row: i for i, row in enumerate(left)}
        size = max(graph.shape[0], len(self._ends.ids), 1)
        step = max(1, CHUNK_TIMES // size)
        most = np.inf if self.max_minutes is None else self.max_minutes
        limit = np.ceil(most * TICKS_PER_MIN)
        for first in range(0, self.origin_count, step):
            rows = range(first, min(first + step, self.origin_count))
            minutes = np.full((len(rows), len(self._ends.ids)), np.nan)
            answered = [row for row in rows if row in number and targets]
            if answered:
                ticks = search(graph, [self.network.size + number[row] for row in answered], limit_ticks=limit)
                for row, found in zip(answered, ticks, strict=True):
                    between = ticks_between(self.network, found, left[row], targets, ends)
                    told = between / TICKS_PER_MIN
                    minutes[row - first, columns] = np.where(np.isfinite(told) & (told <= most), told, np.nan)
            yield rows.stop, self._frame(rows, minutes)

    def _frame(self, rows: range, minutes: Any) -> pd.DataFrame:
        keep = np.ones(minutes.shape, dtype=bool) if self.max_minutes is None else np.isfinite(minutes)
        row, column = np.nonzero(keep)
        return pd.DataFrame(
            {
                "origin_id": pd.Series(self._starts.labels[rows.start :][row]).infer_objects(),
                "destination_id": pd.Series(self._ends.labels[column]).infer_objects(),
                "minutes": minutes[row, column],
            }
        )


def sparse_times(network: Network, origins: Places, destinations: Places, max_minutes: float) -> pd.DataFrame:
    """Return the travel times of the pairs that are reached within `max_minutes`, as :func:`sxgeo.travel_times` does."""
    table = TimeTable(network, origins, destinations, max_minutes)
    parts = [part for _, part in table.chunks() if len(part)]
    empty = pd.DataFrame({"origin_id": [], "destination_id": [], "minutes": np.empty(0)})
    found = pd.concat(parts, ignore_index=True) if parts else empty
    found.attrs["unanswered"] = table.unanswered
    return found
