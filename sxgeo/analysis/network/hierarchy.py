"""A network made ready for whole trees and tables: nodes in an order in which every shortest way
climbs, then descends.

R. Geisberger, P. Sanders, D. Schultes, D. Delling: Contraction Hierarchies (2008); D. Delling, A.
Goldberg, A. Nowatzyk, R. Werneck: PHAST (2011). Times are whole ticks, so the answers equal those
of a search without hierarchy, bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...errors import InputError
from .graph import checked_network
from .search import seeds_at
from .snap import Ends, ends_of, seeds_of

if TYPE_CHECKING:
    from .arrays import Floats, Ints
    from .graph import Network
    from .search import Seeds, Sources
    from .snap import Snap

LANES = 16
"""Trees that are swept together: as many as fill a line of the cache with their ticks."""

Ticks = npt.NDArray[np.int32]


@dataclass(
    frozen=True,
    eq=False,
    repr=False,
)
class Hierarchy:
    """The hierarchy of a network; places are its nodes from the top of the hierarchy down.

    Attributes
    ----------
    network
        What it was made from.
    place
        Where each node stands.
    up_first, up
        Steps upwards in CSR by place: target and ticks of each.
    down_first, down
        Steps downwards in CSR by the place they lead to: where they come from, and ticks.
    """

    network: Network
    place: Ticks
    up_first: Ticks
    up: Ticks
    down_first: Ticks
    down: Ticks

    def __repr__(self) -> str:
        return f"<Hierarchy of {self.network!r}>"

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays."""
        return sum(
            part.nbytes for part in (self.place, self.up_first, self.up, self.down_first, self.down)
        )

    def ticks_from(self, sources: Sources) -> Floats:
        """Return the ticks from each source to every node: sources times nodes, infinite where
        there is no way.

        Parameters
        ----------
        sources
            Node numbers, or :class:`sxgeo.analysis.network.search.Seeds`.
        """
        from .contract import FAR  # numba: an optional library

        found = self.swept(sources)[:, self.place].astype(np.float64)
        found[found >= FAR] = np.inf
        return found

    def swept(self, sources: Sources) -> Ticks:
        """Return the same as :meth:`ticks_from` in int32 and by `place`, at least `contract.FAR`
        where there is no way.
        """
        from .contract import Groups, Side, trees  # numba: an optional library

        seeds = seeds_at(sources)
        table = np.empty(
            (seeds.count, len(self.place)),
            dtype=np.int32,
        )
        up, down = (
            Side(self.up_first, self.up),
            Side(self.down_first, self.down),
        )
        trees(up, down, Groups(*self._placed(seeds)), table, LANES)
        return table

    def between(self, origins: Sequence[Snap], destinations: Sequence[Snap]) -> Floats:
        """Return the ticks from each origin to each destination, both walks included; infinite
        where there is no way.
        """
        from .contract import FAR, Groups, Side, meetings  # numba: an optional library

        if not origins or not destinations:
            return np.full((len(origins), len(destinations)), np.inf)
        starts = Groups(*self._placed(seeds_of(self.network, origins)))
        stops = Groups(*self._placed(ends_of(self.network, destinations)))
        up, down = (
            Side(self.up_first, self.up),
            Side(self.down_first, self.down),
        )
        table = meetings(up, down, starts, stops).astype(np.float64)
        table[table >= FAR] = np.inf
        return self._finished(np.asarray(table), origins, destinations)

    def _finished(
        self,
        table: Floats,
        origins: Sequence[Snap],
        destinations: Sequence[Snap],
    ) -> Floats:
        """Add the walks to ticks between places; where both lie on one edge the way passes no
        node.
        """
        ends = Ends.of(destinations)
        for row, origin in enumerate(origins):
            table[row] = ends.finish(self.network, table[row], origin)
        return table

    def _placed(self, seeds: Seeds) -> tuple[Ints, Ticks, Ticks]:
        return seeds.start.astype(np.int64), self.place[seeds.nodes], seeds.ticks.astype(np.int32)


def prepare(network: Network | Hierarchy) -> Hierarchy:
    """Make a network ready for whole trees and tables; worth its time from some hundred origins on.

    Parameters
    ----------
    network
        The roads, with rail or without; a hierarchy is returned as it is.

    Returns
    -------
    Hierarchy
        :func:`sxgeo.travel_times` and :func:`sxgeo.write_travel_times` take it in the place of the
        network and give the same times.

    Raises
    ------
    InputError
        If numba is not installed, or a step takes 3.4 years or more.

    Examples
    --------
    >>> import sxgeo
    >>> prepared = sxgeo.prepare(sxgeo.load_network("taixin"))
    >>> times = sxgeo.travel_times(prepared, [(112.5489, 37.8706)], [(112.7346, 38.4163)])
    >>> bool(times["minutes"].notna().all())
    True
    """
    # so that a caller need not know which of the two it was given
    if isinstance(network, Hierarchy):
        return network
    checked_network(network)
    try:
        from .contract import FAR, contract  # numba: an optional library
    except ImportError as error:
        raise InputError("a hierarchy needs numba: pip install 'sxgeo[fast]'") from error
    rank, low, high, cost, climbs = contract(network.size, *_short_arcs(network, int(FAR)))

    # the node that was taken out last is the most important: it stands at the top, place 0
    place = (network.size - 1 - rank).astype(np.int32)
    up, down = (
        _by_place(
            place[low[some]],
            place[high[some]],
            cost[some],
            network.size,
        )
        for some in (climbs, ~climbs)
    )
    return Hierarchy(network, place, *up, *down)


def _short_arcs(network: Network, far: int) -> tuple[Ticks, Ticks, Ticks]:
    """Return from, to, ticks of every permitted step in 32 bits; none may be as long as what stands
    for no way.
    """
    tail, head, ticks = network.arcs()

    # two of them are added in 32 bits by the compiled loops
    if len(ticks) and ticks.max() >= far:
        raise InputError(
            f"network '{network.id}' has a step of {ticks.max() / 600:.0f} minutes: too long for a"
            " hierarchy"
        )
    return tail.astype(np.int32), head.astype(np.int32), ticks.astype(np.int32)


def _by_place(
    owner: Ticks,
    other: Ticks,
    ticks: Ticks,
    size: int,
) -> tuple[Ticks, Any]:
    # sorted to the last, so that the same network gives the same bytes
    order = np.lexsort((ticks, other, owner))
    first = np.searchsorted(owner[order], np.arange(size + 1)).astype(np.int32)
    return first, np.column_stack([other[order], ticks[order]]).astype(np.int32)
