"""Rings inside rings: which one holds which, for holes and parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely

if TYPE_CHECKING:
    from .shapes import Floats

MAX_OVERLAPS = 200_000
"""Pairs of rings whose boxes meet that are compared; a plot with more is refused by its reader."""
_SAME = 1e-6


@dataclass(frozen=True, slots=True)
class Nesting:
    """How rings lie in each other, by their place in the list.

    Attributes
    ----------
    parent
        The smallest ring that covers each; -1 where there is none.
    depth
        The number of rings around each: even for the edge of a part, odd for a hole.
    crossing
        Pairs of rings that overlap without one covering the other.
    """

    parent: list[int]
    depth: list[int]
    crossing: list[tuple[int, int]]


def nested(polygons: Sequence[Any]) -> Nesting | None:
    """Tell which of some rings lie inside which.

    Parameters
    ----------
    polygons
        One valid polygon without holes per ring, all on one plane.

    Returns
    -------
    Nesting or None
        None when more than :data:`MAX_OVERLAPS` pairs would have to be compared. Two rings drawn
        alike hold neither.
    """
    tree = shapely.STRtree(polygons)

    # Rings that lie over each other by the thousand are no plots, and their pairs have no end.
    if _overlaps(tree, polygons) > MAX_OVERLAPS:
        return None

    # The largest first: a ring can only lie in one that is not smaller.
    areas = shapely.area(polygons)
    rank = _ranks(areas)
    told = _unnested(len(polygons))
    for i in rank:
        around = [j for j in tree.query(polygons[i]).tolist() if rank[j] < rank[i]]
        holders, crossing = _held(polygons, i, around)
        told.crossing.extend(crossing)

        # Of equal rings, drawn twice, neither is the hole of the other.
        larger = [j for j in holders if areas[j] > areas[i] * (1 + _SAME)]
        if larger:
            _put_in(told, i, max(larger, key=lambda j: rank[j]))
    return told


def _put_in(
    told: Nesting,
    ring: int,
    holder: int,
) -> None:
    """Write down that a ring lies in another, which is placed already."""
    # the nearest holder, not the outermost: holes and islands alternate
    told.parent[ring] = holder
    told.depth[ring] = told.depth[holder] + 1


def _ranks(areas: Floats) -> dict[int, int]:
    """Return the rank of each ring by its size, the largest first and in this order."""
    # of equal ones the first in the file goes first: sorting keeps their order
    order = sorted(
        range(len(areas)),
        key=lambda i: -areas[i],
    )
    return {i: position for position, i in enumerate(order)}


def _unnested(count: int) -> Nesting:
    """Return rings of which none lies in another: what is found is written into it."""
    return Nesting([-1] * count, [0] * count, [])


def _held(
    polygons: Sequence[Any],
    ring: int,
    around: Sequence[int],
) -> tuple[list[int], list[tuple[int, int]]]:
    """Return which of the rings around cover one, and the pairs of it and one that crosses it."""
    holders, crossing = [], []
    for other in around:
        if shapely.covers(polygons[other], polygons[ring]):
            holders.append(other)
        elif polygons[other].overlaps(polygons[ring]):
            crossing.append((ring, other))
    return holders, crossing


def _overlaps(tree: shapely.STRtree, polygons: Sequence[Any]) -> int:
    """Count pairs whose boxes meet, until there are too many."""
    total, step = 0, 200
    for start in range(0, len(polygons), step):
        total += tree.query(polygons[start : start + step]).shape[1]
        if total > MAX_OVERLAPS:
            break
    return total
