"""Rank candidates by stated criteria: one after another, or by weights in the open. No
optimiser.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import geopandas as gpd
import numpy as np

from ...errors import UsageError, unknown
from ...geometry.shapes import Floats, Ints

CRITERIA = ("grade", "area_ha", "width_m", "minutes", "nearest_m", "unknown_ha")
_GRADES = ("surely", "known")
Criteria = Sequence[str] | Mapping[str, float]
"""Columns in the order in which they count, or weights by column."""
Order = tuple[tuple[str, float], ...]
"""Criteria in their order, each with 1 (small first) or -1; with weights, the criteria by name with
the weight.
"""


def checked_order(rank_by: Criteria) -> tuple[bool, Order]:
    """Return whether the criteria are weighted, and the criteria.

    Raises
    ------
    UsageError
        If a criterion is unknown, or a weight is no number.
    """
    weighted = isinstance(rank_by, Mapping)
    pairs = _weights(rank_by) if isinstance(rank_by, Mapping) else _directions(rank_by)
    for name, _ in pairs:
        if name not in CRITERIA:
            raise unknown("criterion", name, CRITERIA)
    return weighted, pairs


def _weights(rank_by: Mapping[str, float]) -> Order:
    # by name: the order in which weights are given does not count
    pairs = tuple((str(name), weight) for name, weight in sorted(rank_by.items()))
    for name, weight in pairs:
        # true and false are numbers in Python, and no weights
        is_number = isinstance(weight, (int, float)) and not isinstance(weight, bool)
        if not is_number or not np.isfinite(weight):
            raise UsageError(f"rank_by: the weight of '{name}' is {weight!r}; it must be a number")
    return pairs


def _directions(rank_by: Sequence[str]) -> Order:
    # one name alone is a text, and a text is a sequence of letters
    names = [rank_by] if isinstance(rank_by, str) else [str(name) for name in rank_by]
    return tuple((name.removeprefix("-"), -1.0 if name.startswith("-") else 1.0) for name in names)


def ranked(frame: gpd.GeoDataFrame, order: tuple[bool, Order]) -> gpd.GeoDataFrame:
    """Return candidates by rank, with the columns `rank` and `score` (NaN where they are ranked one
    criterion after another).

    What a candidate lacks counts as the worst. Equal candidates share a rank and stand by their
    ids.
    """
    score, keys = _score_and_keys(frame, order)

    # the last key is the same for all: without any criterion all are equal
    table = np.column_stack([*keys, np.zeros(len(frame))])
    rows = np.lexsort(table.T[::-1])
    best = frame.iloc[rows].reset_index(drop=True)
    best.insert(1, "rank", _ranks(table[rows]))
    best.insert(2, "score", np.round(score[rows], 6))
    return best


def _score_and_keys(
    frame: gpd.GeoDataFrame, order: tuple[bool, Order]
) -> tuple[Floats, Sequence[Floats]]:
    """Return the score of each candidate, and what they are sorted by, the first key first."""
    weighted, criteria = order
    if weighted:
        score = _scores(frame, criteria)
        # what differs by the last digits alone is equal
        return score, [-np.round(score, 9)]
    return np.full(len(frame), np.nan), list(_in_turn(frame, criteria))


def _in_turn(frame: gpd.GeoDataFrame, criteria: Order) -> Iterator[Floats]:
    """Yield what sorts candidates by each criterion, the best first; what is lacking comes last."""
    for name, sign in criteria:
        column = _column(frame, name)
        yield np.where(np.isnan(column), np.inf, sign * column)


def _scores(frame: gpd.GeoDataFrame, weights: Order) -> Floats:
    scores = np.zeros(len(frame))
    for name, weight in weights:
        scores = scores + weight * _share(_column(frame, name), weight)
    return scores


def _ranks(sorted_keys: Floats) -> Ints:
    """Number rows from 1 on; those that do not differ from the row before share its number."""
    fresh = np.ones(len(sorted_keys), dtype=bool)
    fresh[1:] = (sorted_keys[1:] != sorted_keys[:-1]).any(axis=1)
    return np.maximum.accumulate(
        np.where(
            fresh,
            np.arange(1, len(fresh) + 1),
            0,
        )
    )


def _column(frame: gpd.GeoDataFrame, name: str) -> Floats:
    if name == "grade":
        return np.array([_GRADES.index(g) for g in frame[name]], dtype=float)
    return np.asarray(frame[name].to_numpy(dtype=float))


def _share(values: Floats, weight: float) -> Floats:
    """Lay values between 0 (the least) and 1 (the greatest); what is lacking is the worst, what
    does not differ is 0.
    """
    known = values[np.isfinite(values)]
    worst = 1.0 if weight < 0 else 0.0
    # what nobody knows of any candidate tells none from another
    if not len(known):
        return np.zeros(len(values))
    spread = float(known.max() - known.min()) or 1.0
    return np.where(
        np.isfinite(values),
        (values - known.min()) / spread,
        worst,
    )
