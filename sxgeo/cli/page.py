"""The map of an answer; folium takes its time to load, so only what draws a page loads this."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..maps.bands import zone_for
from ..maps.page import build_map

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..maps.page import ZoneMap


def page_of(
    zone: str,
    places: Sequence[tuple[Any, float, float]],
    **drawn: Any,
) -> tuple[ZoneMap, str]:
    """Draw on the map of a zone, else of one that the first of the places lies in.

    Parameters
    ----------
    zone
        An id, or another text where the places decide.
    places
        Id, lon and lat of each.
    drawn
        What :func:`sxgeo.build_map` draws.

    Returns
    -------
    page, zone_id
        The map, and the zone that it is of.
    """
    at = zone_for(zone, places)
    return build_map(at, **drawn), at.id
