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
from typing import TYPE_CHECKING, Any

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
        xy = np.full((len(corners) + len(rings), 2), np.nan)
        xy[np.arange(len(corners)) + ring + 1] = corners

        # Each ring begins later by the NaN that stand before it.
        begins = np.searchsorted(ring, np.arange(len(rings) + 1)) + np.arange(len(rings) + 1)
        first = begins[np.searchsorted(owner[part], np.arange(len(shapes) + 1))]
        return cls(first.astype(np.int64), xy)

    def of_pairs(
        self,
        other: Edges,
        own: Ints,
        others: Ints,
    ) -> Floats:
        """Return the sums for pairs of shapes, m2; the rounding may leave them a little beside 0 or
        the smaller area.
        """
        sums: Floats = area_kernel()(self.first, self.xy, other.first, other.xy, own, others)
        return sums


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
    site, resource = np.asarray(site, dtype=np.int64), np.asarray(resource, dtype=np.int64)
    areas = Edges.of(sites).of_pairs(Edges.of(resources), site, resource)
    least = np.minimum(shapely.area(sites)[site], shapely.area(resources)[resource])
    meets = shapely.intersects(sites[site], resources[resource])
    return np.where(meets, np.clip(areas, 0.0, least), 0.0)


@lru_cache(maxsize=1)
def area_kernel() -> Callable[..., Any]:
    """Compile the sum once for a process."""
    try:
        import numba  # optional: the extra `fast`
    except ImportError as error:
        raise UsageError("areas by the million need numba: pip install 'sxgeo[fast]'") from error
    lower: Any = numba.njit(below, nogil=True, cache=False)

    @numba.njit(nogil=True, cache=False)  # type: ignore[untyped-decorator,unused-ignore]
    def pairs_m2(
        first_a: Ints,
        xy_a: Floats,
        first_b: Ints,
        xy_b: Floats,
        rows_a: Ints,
        rows_b: Ints,
    ) -> Floats:
        found = np.zeros(len(rows_a))
        for k in range(len(rows_a)):
            a0, a1 = first_a[rows_a[k]], first_a[rows_a[k] + 1]
            b0, b1 = first_b[rows_b[k]], first_b[rows_b[k] + 1]
            # near the pair's own corner, so that no digits are lost to northings of millions of
            # metres
            west, east, north = np.inf, -np.inf, np.inf
            for j in range(b0, b1):
                # NaN is the only number that does not equal itself
                if xy_b[j, 0] == xy_b[j, 0]:
                    west, east = min(west, xy_b[j, 0]), max(east, xy_b[j, 0])
                    north = min(north, xy_b[j, 1])

            # Over all pairs of edges: what lies below both, added or taken away by their
            # directions.
            total = 0.0
            for i in range(a0, a1 - 1):
                px, qx = xy_a[i, 0], xy_a[i + 1, 0]
                # upright edges have nothing below them; NaN stands between rings
                if not (px < qx or px > qx):
                    continue
                ax, bx = min(px, qx), max(px, qx)
                if bx <= west or ax >= east:
                    continue
                rise = (xy_a[i + 1, 1] - xy_a[i, 1]) / (qx - px)
                ay = (xy_a[i, 1] if px < qx else xy_a[i + 1, 1]) - north
                for j in range(b0, b1 - 1):
                    rx, sx = xy_b[j, 0], xy_b[j + 1, 0]
                    if not (rx < sx or rx > sx):
                        continue
                    cx, dx = min(rx, sx), max(rx, sx)
                    if dx > ax and cx < bx:
                        slope = (xy_b[j + 1, 1] - xy_b[j, 1]) / (sx - rx)
                        cy = (xy_b[j, 1] if rx < sx else xy_b[j + 1, 1]) - north
                        area = lower(ax, ay, bx, rise, cx, cy, dx, slope)
                        total += area if (px < qx) == (rx < sx) else -area
            found[k] = total
        return found

    return pairs_m2


def below(
    ax: float,
    ay: float,
    bx: float,
    rise_a: float,
    cx: float,
    cy: float,
    dx: float,
    rise_b: float,
) -> float:
    """Return the area below both of two edges: the integral of the lower one over what they span
    together.
    """
    # comparisons, where max and min would mind NaN as well: there is none here
    west = ax if ax > cx else cx
    east = bx if bx < dx else dx
    a0, a1 = ay + rise_a * (west - ax), ay + rise_a * (east - ax)
    b0, b1 = cy + rise_b * (west - cx), cy + rise_b * (east - cx)
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
