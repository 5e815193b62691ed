"""Sites that are given in pieces: each record is judged by what all pieces of a site have in common
with it.

A piece may come nearer than its site does to being missed, or overlap a resource by a sliver: its
own outcome is not that of the site.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from .batch import Gathered, complete_at, gather, judge_pairs
from .pairs import NO_PAIRS, Pairs
from .urban import CODES as URBAN_CODES
from .urban import PARTLY

if TYPE_CHECKING:
    from ...geometry.shapes import Floats, Ints
    from .batch import Batch
    from .prepared import Table

_URBAN_PARTLY = URBAN_CODES.index(PARTLY)


class Whole:
    """What is known of one class at sites whose pieces come in batch by batch."""

    def __init__(self, count: int) -> None:
        self._gathered = Gathered(count)
        self._pairs: list[Pairs] = []
        self._covered = np.zeros(count, dtype=bool)
        self._complete = np.ones(count, dtype=bool)
        self._subzones = np.ones(count, dtype=bool)
        self._urban = np.full(count, -1)

    def take(
        self,
        batch: Batch,
        table: Table,
        near: dict[float, Any],
        owner: Ints,
        told: tuple[Any, Any],
    ) -> None:
        """Take in the pieces of a batch; `told` says which of them lack no subzone, and where each
        lies to the town boundary.
        """
        self._gathered.owner = owner
        pairs = gather(batch, table, near, self._gathered)
        self._pairs.append(_of_sites(pairs, owner))
        if table.covered is not None:
            self._covered[owner[shapely.intersects(table.covered, batch.shapes)]] = True
        subzones, urban = told

        # one piece that is not in what is declared whole takes it from the whole site
        self._complete[owner[~complete_at(batch, table)]] = False
        self._subzones[owner[~subzones]] = False
        self._take_urban(owner, urban)

    def _take_urban(self, owner: Ints, urban: Ints) -> None:
        for row, code in zip(
            owner.tolist(),
            urban.tolist(),
            strict=True,
        ):
            # pieces inside and outside are parts of a site across the boundary
            same = self._urban[row] in (-1, code)
            self._urban[row] = code if same else _URBAN_PARTLY

    def states(self, table: Table, error: Floats) -> Iterator[tuple[Any, ...]]:
        """Yield for each site what its answer for the class hangs on."""
        self._gathered.owner = None
        pairs = Pairs.joined([NO_PAIRS, *self._pairs])
        if len(pairs.site):
            judge_pairs(_nearest_of(pairs), error, table.terms, self._gathered)
        known, effect, codes = self._gathered.summed_up()
        doubtful = np.zeros(len(known), dtype=bool)
        columns = (known, effect, codes, self._covered, self._complete, self._subzones, doubtful)
        return zip(*(column.tolist() for column in (*columns, self._urban)), strict=True)


def _of_sites(pairs: Pairs, owner: Ints) -> Pairs:
    """Return pairs with the rows of sites in place of those of their pieces."""
    rest = [getattr(pairs, name) for name in Pairs.__slots__ if name != "site"]
    return _nearest_of(Pairs(owner[pairs.site], *rest))


def _nearest_of(pairs: Pairs) -> Pairs:
    """Return one pair of each site and record: the nearest, or the deepest overlap."""
    # sorted by separation last, so that the first of each site and record is the nearest
    order = np.lexsort((pairs.separation, pairs.record, pairs.site))
    site, record = pairs.site[order], pairs.record[order]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (site[1:] != site[:-1]) | (record[1:] != record[:-1])
    return pairs.part(order[first])
