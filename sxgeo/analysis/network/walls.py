"""Lines that nobody crosses off the roads: rivers, banks, railways, and motorways that the network
does not hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .arrays import boxes_of
from .trace import Traces

if TYPE_CHECKING:
    from .arrays import Floats, Ints

WALL_KEYS = ("waterway", "railway", "natural", "highway", "tunnel", "bridge", "layer")
_WATERWAYS = frozenset({"river", "canal", "riverbank", "dock"})
_RAILWAYS = frozenset({"rail", "light_rail", "narrow_gauge", "subway"})
_BANKS = frozenset({"water", "coastline"})
_MOTORWAYS = frozenset({"motorway", "motorway_link"})
_NO = frozenset({None, "", "no"})


def is_wall(tags: Mapping[str, str]) -> bool:
    """Say whether a line of OpenStreetMap stands in the way of who leaves the roads.

    What runs in a tunnel does not, nor what crosses on a bridge: below it one passes.
    """
    # one walks over a tunnel, and under a bridge
    if tags.get("tunnel") not in _NO or tags.get("bridge") not in _NO:
        return False
    return (
        tags.get("waterway") in _WATERWAYS
        or tags.get("railway") in _RAILWAYS
        or tags.get("natural") in _BANKS
        or tags.get("highway") in _MOTORWAYS
    )


@dataclass(frozen=True, eq=False)
class Walls:
    """Courses in lon, lat, one after another: ``xy[start[i]:start[i + 1]]``."""

    xy: Floats
    start: Ints

    def __getstate__(self) -> dict[str, Any]:
        return {"xy": self.xy, "start": self.start}

    @cached_property
    def tail(self) -> Ints:
        """One number for each line, as :class:`sxgeo.analysis.network.trace.Courses` asks for
        it.
        """
        return np.zeros(len(self.start) - 1, dtype=np.int64)

    @cached_property
    def ticks(self) -> Ints:
        """No time is spent on a wall."""
        return np.ones(len(self.start) - 1, dtype=np.int64)

    @cached_property
    def boxes(self) -> Floats:
        """West, south, east, north of each line in degrees."""
        return boxes_of(self.xy, self.start)

    @cached_property
    def traces(self) -> Traces:
        """The lines laid on the grids of time surfaces, as far as areas have asked for them."""
        return Traces()
