"""How much of two polygons overlaps, and nothing else: sums over edges, compiled, for pairs by the
million.

|A n B| is the sum, over pairs of one directed edge of A and one of B, of the signed overlap of the trapezoids that lie below them;
shells and holes are wound in opposite ways. There is no topology, so nothing can be raised; the
shape of the overlap is never made. Beside it stands an exact `intersects`: pairs that do not meet
are 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import shapely

from ..errors import UsageError


@dataclass(frozen=True, slots=True)
class Edges:
    """The edges of many polygons, ragged: those of shape `i` stand from `first[i]` to `first[i +
    1]`.

    Each runs from west to east: x0, y0, x1, y1, its rise, and 1 or -1 by the way in which its ring
    ran. Upright ones have nothing below them and are left out.
    """

    first: Any
    ends: Any

    @classmethod
    def of(cls, shapes: Any) -> Edges:
        """Take them from an array of polygons and multipolygons on one plane, metres; missing and
        other shapes have none.
        """
        polygons = np.where(shapely.get_dimensions(shapes) == 2, shapes, None)
        parts, owner = shapely.get_parts(shapely.orient_polygons(polygons), return_index=True)
        rings, part = shapely.get_rings(parts, return_index=True)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        within = (ring[1:] == ring[:-1]) & (xy[1:, 0] != xy[:-1, 0])
        start, end = xy[:-1][within], xy[1:][within]
        east = (start[:, 0] < end[:, 0])[:, None]
        west, last = np.where(east, start, end), np.where(east, end, start)
        run, rise = (last - west).T
        first = np.searchsorted(owner[part][ring[:-1][within]], np.arange(len(shapes) + 1))
        return cls(
            first, np.column_stack([west, last, rise / run, np.where(east[:, 0], 1.0, -1.0)])
        )


def overlap_areas_m2(
    sites: Any, resources: Any, site: Any, resource: Any, *, meets: bool = False
) -> Any:
    """Return the common area of pairs of polygons.

    Parameters
    ----------
    sites, resources
        Arrays of valid shapes on one plane, metres.
    site, resource
        Rows of the pairs.
    meets
        Whether all of them are known to meet.

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
    own, theirs = Edges.of(sites), Edges.of(resources)
    areas = area_kernel()(
        own.first, own.ends, theirs.first, theirs.ends, np.asarray(site), np.asarray(resource)
    )
    least = np.minimum(shapely.area(sites)[site], shapely.area(resources)[resource])
    clipped = np.clip(areas, 0.0, least)
    if meets:
        return clipped
    return np.where(shapely.intersects(sites[site], resources[resource]), clipped, 0.0)


@lru_cache(maxsize=1)
def area_kernel() -> Callable[..., Any]:
    """Compile the sum once for a process."""
    try:
        import numba
    except ImportError as error:
        raise UsageError("areas by the million need numba: pip install 'sxgeo[fast]'") from error
    below: Any = numba.njit(_below, nogil=True, cache=False)

    @numba.njit(nogil=True, cache=False)  # type: ignore[untyped-decorator,unused-ignore]
    def pairs_m2(
        first_a: Any, ends_a: Any, first_b: Any, ends_b: Any, rows_a: Any, rows_b: Any
    ) -> Any:
        found = np.zeros(len(rows_a))
        for k in range(len(rows_a)):
            a0, a1 = first_a[rows_a[k]], first_a[rows_a[k] + 1]
            b0, b1 = first_b[rows_b[k]], first_b[rows_b[k] + 1]
            if a0 == a1 or b0 == b1:
                continue
            # near the pair's own corner, so that no digits are lost to northings of millions of
            # metres
            west, east, north = np.inf, -np.inf, np.inf
            for j in range(b0, b1):
                west, east = min(west, ends_b[j, 0]), max(east, ends_b[j, 2])
                north = min(north, ends_b[j, 1], ends_b[j, 3])
            total = 0.0
            for i in range(a0, a1):
                ax, ay, bx, rise, sign = (
                    ends_a[i, 0],
                    ends_a[i, 1] - north,
                    ends_a[i, 2],
                    ends_a[i, 4],
                    ends_a[i, 5],
                )
                if bx <= west or ax >= east:
                    continue
                for j in range(b0, b1):
                    cx, dx = ends_b[j, 0], ends_b[j, 2]
                    if dx > ax and cx < bx:
                        total += (
                            sign
                            * ends_b[j, 5]
                            * below(ax, ay, bx, rise, cx, ends_b[j, 1] - north, dx, ends_b[j, 4])
                        )
            found[k] = total
        return found

    return pairs_m2


def _below(
    ax: float, ay: float, bx: float, rise_a: float, cx: float, cy: float, dx: float, rise_b: float
) -> float:
    """Return the area below both of two edges: the integral of the lower one over what they span
    together.
    """
    west, east = max(ax, cx), min(bx, dx)
    a0, a1 = ay + rise_a * (west - ax), ay + rise_a * (east - ax)
    b0, b1 = cy + rise_b * (west - cx), cy + rise_b * (east - cx)
    gap0, gap1 = a0 - b0, a1 - b1
    wide = east - west
    if gap0 * gap1 >= 0:  # one lies below the other all the way
        low0, low1 = (a0, a1) if gap0 + gap1 < 0 else (b0, b1)
        return wide * (low0 + low1) / 2
    at = gap0 / (gap0 - gap1)  # they cross
    height = a0 + at * (a1 - a0)
    low0, low1 = min(a0, b0), min(a1, b1)
    return wide * (at * (low0 + height) + (1 - at) * (height + low1)) / 2
