"""How much of two polygons overlaps, and nothing else: sums over edges, compiled, for pairs by the
million.

|A n B| is the sum, over pairs of one directed edge of A and one of B, of the signed overlap of the
trapezoids that lie below them; shells and holes are wound in opposite ways. There is no topology,
so nothing can be raised; the shape of the overlap is never made. Beside it stands an exact
`intersects`: pairs that do not meet are 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from ..errors import UsageError

if TYPE_CHECKING:
    from .shapes import Floats, Ints, Shapes


@dataclass(frozen=True, slots=True)
class Edges:
    """The rings of many polygons, ragged, each shell wound one way and each hole the other.

    The corners of shape `i` stand from ``first[i]`` to ``first[i + 1]``; before each ring stands a
    row of NaN, so that no edge leads from one ring to the next.
    """

    first: Ints
    xy: Floats

    @classmethod
    def of(cls, shapes: Shapes) -> Edges:
        """Take them from an array of polygons and multipolygons on one plane, metres; missing and
        other shapes have none.
        """

        # One way round for all: the sums tell a hole from a shell by its direction.
        polygons = np.array(shapes, dtype=object)
        polygons[shapely.get_dimensions(polygons) != 2] = None
        parts, owner = shapely.get_parts(shapely.orient_polygons(polygons), return_index=True)
        rings, part = shapely.get_rings(parts, return_index=True)
        corners, ring = shapely.get_coordinates(rings, return_index=True)

        # NaN stands before, between and behind rings, so that one flat array needs no second index
        # and no edge leads from one ring to the next.
        xy = np.full(
            (len(corners) + len(rings), 2),
            np.nan,
        )
        xy[np.arange(len(corners)) + ring + 1] = corners
        first_ring = np.searchsorted(
            owner[part],
            np.arange(len(shapes) + 1),
        )
        return cls(_ring_begins(ring, len(rings))[first_ring], xy)

    def of_pairs(
        self,
        other: Edges,
        own: Ints,
        others: Ints,
    ) -> Floats:
        """Return the sums for pairs of shapes, m2; the rounding may leave them a little beside 0 or
        the smaller area.
        """
        sums: Floats = area_kernel()(
            self.first,
            self.xy,
            other.first,
            other.xy,
            own,
            others,
        )
        return sums


def _ring_begins(ring: Ints, count: int) -> Ints:
    """Return the row at which each ring begins, and the end; `ring` says of which each corner
    is.
    """
    # Each ring begins later by the NaN that stand before it.
    number = np.arange(count + 1)
    begins: Ints = (np.searchsorted(ring, number) + number).astype(np.int64)
    return begins


def overlap_areas_m2(
    sites: Shapes,
    resources: Shapes,
    site: Ints,
    resource: Ints,
) -> Floats:
    """Return the common area of pairs of polygons.

    Parameters
    ----------
    sites, resources
        Arrays of valid shapes on one plane, metres.
    site, resource
        Rows of the pairs.

    Returns
    -------
    ndarray of float
        m2, at least 0 and at most the smaller area; 0 for pairs that do not meet, and where one is
        no polygon.

    Raises
    ------
    UsageError
        If numba is not installed.
    """
    site, resource = (
        np.asarray(site, dtype=np.int64),
        np.asarray(resource, dtype=np.int64),
    )
    areas = Edges.of(sites).of_pairs(Edges.of(resources), site, resource)
    least = np.minimum(
        shapely.area(sites)[site],
        shapely.area(resources)[resource],
    )
    meets = shapely.intersects(sites[site], resources[resource])
    return np.where(meets, np.clip(areas, 0.0, least), 0.0)


@lru_cache(maxsize=1)
def area_kernel() -> Callable[..., Any]:
    """Compile the sum once for a process."""
    try:
        import numba  # optional: the extra `fast`
    except ImportError as error:
        raise UsageError("areas by the million need numba: pip install 'sxgeo[fast]'") from error
    # compiled code may call these by their names, and plain Python too
    steps: tuple[Callable[..., Any], ...] = (_frame, _pair_m2, *SUMS)
    for step in steps:
        numba.extending.register_jitable(step)
    compiled: Callable[..., Any] = numba.njit(_pairs_m2, nogil=True, cache=False)
    return compiled


def _pairs_m2(
    first_a: Ints,
    xy_a: Floats,
    first_b: Ints,
    xy_b: Floats,
    rows_a: Ints,
    rows_b: Ints,
) -> Floats:
    found = np.zeros(len(rows_a))
    for k in range(len(rows_a)):
        i, j = rows_a[k], rows_b[k]
        own, held = xy_a[first_a[i] : first_a[i + 1]], xy_b[first_b[j] : first_b[j + 1]]
        found[k] = _pair_m2(own, held)
    return found


def _pair_m2(own: Floats, held: Floats) -> float:
    """Return what lies below both of each two edges, added or taken away by their directions."""
    west, east, base = _frame(held)
    total = 0.0
    for i in range(len(own) - 1):
        # most edges lie beside the other shape
        if not (leans(own, i) and reaches(own, i, west, east)):
            continue
        one = slope_of(own, i, base)
        for j in range(len(held) - 1):
            if leans(held, j) and reaches(held, j, one.west, one.east):
                other = slope_of(held, j, base)
                total += one.way * other.way * below(one, other)
    return total


def _frame(xy: Floats) -> tuple[float, float, float]:
    """Return the western, eastern and lower end of corners."""
    west, east, south = np.inf, -np.inf, np.inf
    for k in range(len(xy)):
        # NaN is the only number that does not equal itself
        if xy[k, 0] == xy[k, 0]:
            west, east = (
                min(west, xy[k, 0]),
                max(east, xy[k, 0]),
            )
            south = min(south, xy[k, 1])
    return west, east, south


def leans(xy: Floats, k: int) -> bool:
    """Say whether a row begins an edge with something below it: upright ones have nothing, and NaN
    stands between rings.
    """
    return bool(xy[k, 0] < xy[k + 1, 0] or xy[k, 0] > xy[k + 1, 0])


def reaches(
    xy: Floats,
    k: int,
    west: float,
    east: float,
) -> bool:
    """Say whether an edge runs over some width between west and east."""
    return bool(max(xy[k, 0], xy[k + 1, 0]) > west and min(xy[k, 0], xy[k + 1, 0]) < east)


class Slope(NamedTuple):
    """An edge that is not upright, from its western end; `way` is 1 where it runs east, else -1."""

    west: float
    height: float
    east: float
    rise: float
    way: float


def slope_of(
    xy: Floats,
    k: int,
    base: float,
) -> Slope:
    """Return the edge that begins in a row, which must not be upright; its height counts from
    `base`, so that no digits are lost to northings of millions of metres.
    """
    px, qx = xy[k, 0], xy[k + 1, 0]
    rise = (xy[k + 1, 1] - xy[k, 1]) / (qx - px)
    if px < qx:
        return Slope(px, xy[k, 1] - base, qx, rise, 1.0)
    return Slope(
        qx,
        xy[k + 1, 1] - base,
        px,
        rise,
        -1.0,
    )


def _height_at(slope: Slope, x: float) -> float:
    return slope.height + slope.rise * (x - slope.west)


def below(one: Slope, other: Slope) -> float:
    """Return the area below both of two edges: the integral of the lower one over what they span
    together.
    """
    # comparisons, where max and min would mind NaN as well: there is none here
    west = one.west if one.west > other.west else other.west
    east = one.east if one.east < other.east else other.east
    a0, a1 = _height_at(one, west), _height_at(one, east)
    b0, b1 = _height_at(other, west), _height_at(other, east)
    gap0, gap1 = a0 - b0, a1 - b1
    wide = east - west
    if gap0 * gap1 >= 0:  # one lies below the other all the way
        low0, low1 = (a0, a1) if gap0 + gap1 < 0 else (b0, b1)
        return wide * (low0 + low1) / 2
    at = gap0 / (gap0 - gap1)  # they cross
    height = a0 + at * (a1 - a0)
    low0 = a0 if a0 < b0 else b0
    low1 = a1 if a1 < b1 else b1
    return wide * (at * (low0 + height) + (1 - at) * (height + low1)) / 2


SUMS: tuple[Callable[..., Any], ...] = (leans, reaches, slope_of, _height_at, below)
"""Steps of the sum, for all compiled loops that take it."""
