"""Rank candidates by stated criteria: one after another, or by weights in the open. No
optimiser.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np

from ...errors import UsageError, unknown

CRITERIA = ("grade", "area_ha", "width_m", "minutes", "nearest_m", "unknown_ha")
_GRADES = ("surely", "known")
Order = tuple[tuple[str, float], ...]
"""Criteria in their order, each with 1 (small first) or -1; with weights, the criteria by name with
the weight.
"""


def checked_order(rank_by: Sequence[str] | Mapping[str, float]) -> tuple[bool, Order]:
    """Return whether the criteria are weighted, and the criteria.

    Raises
    ------
    UsageError
        If a criterion is unknown, or a weight is no number.
    """
    if isinstance(rank_by, Mapping):
        pairs = tuple((str(name), weight) for name, weight in sorted(rank_by.items()))
        for name, weight in pairs:
            if (
                isinstance(weight, bool)
                or not isinstance(weight, (int, float))
                or not np.isfinite(weight)
            ):
                raise UsageError(
                    f"rank_by: the weight of '{name}' is {weight!r}; it must be a number"
                )
    else:
        names = [rank_by] if isinstance(rank_by, str) else list(rank_by)
        pairs = tuple(
            (str(n).removeprefix("-"), -1.0 if str(n).startswith("-") else 1.0) for n in names
        )
    for name, _ in pairs:
        if name not in CRITERIA:
            raise unknown("criterion", name, CRITERIA)
    return isinstance(rank_by, Mapping), pairs


def ranked(frame: gpd.GeoDataFrame, order: tuple[bool, Order]) -> gpd.GeoDataFrame:
    """Return candidates by rank, with the columns `rank` and `score` (NaN where they are ranked one
    criterion after another).

    What a candidate lacks counts as the worst. Equal candidates share a rank and stand by their
    ids.
    """
    weighted, criteria = order
    columns = [_column(frame, name) for name, _ in criteria]
    if weighted:
        score = sum(
            (weight * _share(c, weight) for c, (_, weight) in zip(columns, criteria, strict=True)),
            np.zeros(len(frame)),
        )
        keys = [-np.round(score, 9)]
    else:
        score = np.full(len(frame), np.nan)
        keys = [
            np.where(np.isnan(c), np.inf, sign * c)
            for c, (_, sign) in zip(columns, criteria, strict=True)
        ]
    table = np.column_stack([*keys, np.zeros(len(frame))]) if keys else np.zeros((len(frame), 1))
    rows = sorted(range(len(frame)), key=lambda i: (tuple(table[i]), i))
    sorted_table = table[rows]
    fresh = np.ones(len(rows), dtype=bool)
    fresh[1:] = (sorted_table[1:] != sorted_table[:-1]).any(axis=1)
    rank = np.maximum.accumulate(np.where(fresh, np.arange(1, len(rows) + 1), 0))
    best = frame.iloc[rows].reset_index(drop=True)
    best.insert(1, "rank", rank)
    best.insert(2, "score", np.round(np.asarray(score)[rows], 6))
    return best


def _column(frame: gpd.GeoDataFrame, name: str) -> np.ndarray:
    if name == "grade":
        return np.array([_GRADES.index(g) for g in frame[name]], dtype=float)
    return np.asarray(frame[name].to_numpy(dtype=float))


def _share(values: np.ndarray, weight: float) -> np.ndarray:
    """Lay values between 0 (the least) and 1 (the greatest); what is lacking is the worst, what
    does not differ is 0.
    """
    known = values[np.isfinite(values)]
    worst = 1.0 if weight < 0 else 0.0
    if not len(known):
        return np.zeros(len(values))
    spread = float(known.max() - known.min()) or 1.0
    return np.where(np.isfinite(values), (values - known.min()) / spread, worst)
