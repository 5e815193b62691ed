"""Other roads that a place could have joined, and how far behind its own they lie in time
(pure).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from ...geometry.projection import to_plane
from .arrays import TICKS_PER_MIN

if TYPE_CHECKING:
    from .arrays import Floats, Ints
    from .graph import Network
    from .snap import Snap

BESIDE_M = 10.0
"""A road no more than this farther off than the nearest one could as well be the one that serves a
place.
"""
APART_MIN = 10.0
"""From so many minutes between them on, the choice of the road is said."""
_METRES_PER_DEGREE = 111_320.0


def other_road(
    network: Network,
    ticks: Floats,
    origin: Snap,
    limit_min: float,
) -> str | None:
    """Say that a road beside the one that an origin joins is far from it by road; None where there
    is none.

    Parameters
    ----------
    ticks
        From the origin's foot to every node, as far as the limit; infinite beyond.
    limit_min
        What the search ended at.
    """
    # what lies beyond the limit of the search is not known to be far
    if limit_min < APART_MIN:
        return None
    reach_m = origin.distance_m + BESIDE_M
    near = _near(network, origin, reach_m)
    if not len(near):
        return None

    # the other road is met at the foot of the place on it
    distance_m, there = _met(network, ticks, origin, near)
    there[there + origin.walk_ticks > limit_min * TICKS_PER_MIN] = np.inf

    # what the box let through but lies farther off is no road beside it
    behind = np.where(distance_m <= reach_m, there / TICKS_PER_MIN, 0.0)
    if behind.max() < APART_MIN:
        return None

    # one is told: the road that would change the answer most
    worst = int(behind.argmax())
    when = f"{behind[worst]:.0f} min away by road"
    if not np.isfinite(behind[worst]):
        when = f"not reached by road within {limit_min:g} min"
    return (
        f"it joins a road {origin.distance_m:.0f} m off; another, {distance_m[worst]:.0f} m off, is"
        f" {when}: a place beside it may join that one and be answered quite differently. Give the"
        " entrance of the site"
    )


def _met(
    network: Network,
    ticks: Floats,
    origin: Snap,
    edges: Ints,
) -> tuple[Floats, Floats]:
    """Return how far edges are from an origin, and the ticks to its foot on each, by road."""
    lines = to_plane(network.lines(edges), origin.crs)
    place = shapely.Point(origin.place)
    share = shapely.line_locate_point(lines, place, normalized=True)
    return shapely.distance(lines, place), _ticks_at(network, ticks, edges, share)


def _ticks_at(
    network: Network,
    ticks: Floats,
    edges: Ints,
    share: Floats,
) -> Floats:
    """Return the ticks to a place on each edge, so far along it: from either end, from its head
    not against a one-way.
    """
    whole = network.ticks[edges]
    return np.minimum(
        ticks[network.tail[edges]] + share * whole,
        np.where(
            network.oneway[edges],
            np.inf,
            ticks[network.head[edges]] + (1 - share) * whole,
        ),
    )


def _near(
    network: Network,
    origin: Snap,
    reach_m: float,
) -> Ints:
    """Return the edges that a place may join, but its own, whose boxes come within the distance."""
    up = reach_m / _METRES_PER_DEGREE

    # a degree of longitude shrinks with the cosine; held up so that it stays finite at the poles
    aside = up / max(
        float(np.cos(np.radians(abs(origin.lat)))),
        0.01,
    )
    boxes = network.boxes
    near = (
        (boxes[:, 0] <= origin.lon + aside)
        & (boxes[:, 2] >= origin.lon - aside)
        & (boxes[:, 1] <= origin.lat + up)
        & (boxes[:, 3] >= origin.lat - up)
    )

    # its own edges are the answer, not a doubt of it
    near[origin.edges] = False
    if network.shut is not None:
        near &= ~network.shut
    return np.flatnonzero(near)
