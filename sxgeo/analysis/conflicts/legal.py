"""Boundaries that are coordinates with the force of law: they are overlaid exactly, and an edge may
be shared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import shapely

from .relation import TOUCH_M

if TYPE_CHECKING:
    from ...geometry.overlap import Overlap
    from ...geometry.shapes import Shape

SHARED_LENGTH_M = 1.0
"""Less of a common edge is a corner that happens to touch."""


def shares_edge(
    record: Mapping[str, Any],
    site: Shape,
    resource: Shape,
    overlap: Overlap,
) -> bool:
    """Say whether a site and a legal vector lie beside each other with a common edge: the same to
    the stored rounding.
    """
    if record.get("boundary") != "legal_vector":
        return False

    # farther apart, or deeper than a touch: then no edge is shared, whatever runs alongside
    if overlap.distance_m > TOUCH_M or overlap.penetration_m > TOUCH_M:
        return False

    # a line or a point has no edge to share
    if shapely.get_dimensions(site) != 2:
        return False

    # both edges were rounded when they were stored: a strip of that width finds what ran together
    # before
    along = shapely.intersection(
        shapely.boundary(site), shapely.buffer(shapely.boundary(resource), TOUCH_M)
    )
    return float(shapely.length(along)) >= SHARED_LENGTH_M


def legal_overlay(
    record: Mapping[str, Any],
    overlap: Overlap,
    *,
    shared: bool,
) -> str | None:
    """Say how a site lies to a legal vector when both are taken exactly: ``apart``, ``shared`` or
    ``overlap``; else None.
    """
    if record.get("boundary") != "legal_vector":
        return None
    if shared:
        return "shared"
    return "apart" if overlap.penetration_m <= TOUCH_M else "overlap"
