"""The table of plan elements: what plans say of places, as a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from ..geometry.projection import GEOGRAPHIC

if TYPE_CHECKING:
    from ..geometry.shapes import Shapes

ELEMENT_COLUMNS = (
    "element_id",
    "type",
    "type_zh",
    "name_zh",
    "name_en",
    "zone_ids",
    "members",
    "places_zh",
    "status",
    "status_zh",
    "plan",
    "chapter",
    "says_zh",
    "says_en",
    "geometry_kind",
    "position_accuracy_m",
    "datum",
    "datum_error_m",
    "extent_m",
    "source",
    "confidence",
    "note",
)
"""Columns of the plan elements beside `geometry`; `zone_ids` and `members` are lists,
`geometry_kind` is
``point``, ``members`` (the union of the members) or ``none``."""

_NUMBERS = ("position_accuracy_m", "datum_error_m", "extent_m")


def elements_frame(properties: Sequence[Mapping[str, Any]], shapes: Shapes) -> gpd.GeoDataFrame:
    """Build the frame of plan elements from what their file holds.

    Returns
    -------
    GeoDataFrame
        EPSG:4490, by `element_id`, columns `ELEMENT_COLUMNS` and geometry (None where the place is
        not known).
    """
    table = pd.DataFrame(list(properties), columns=list(ELEMENT_COLUMNS), dtype=object)
    for column in _NUMBERS:
        table[column] = pd.to_numeric(table[column])
    places = gpd.GeoSeries(list(shapes), crs=GEOGRAPHIC)
    frame = gpd.GeoDataFrame(table, geometry=places, crs=GEOGRAPHIC)
    return frame.sort_values("element_id", ignore_index=True)
