"""The reverse: which resources, and how much land, a line that is planned brings within reach, and
by how much.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from ...errors import UsageError, unknown
from ...geometry.projection import GEOGRAPHIC
from ...layers.classes import ALL_CLASS_IDS
from ...layers.layers import load_layers
from ..accessibility.compare import compare

if TYPE_CHECKING:
    from ..accessibility.origins import Places
    from ..network.graph import Network

GAIN_COLUMNS = (
    "origin_id",
    "resource_class",
    "feature_id",
    "name_zh",
    "before_min",
    "after_min",
    "saved_min",
)


def reachable_gain(
    network: Network,
    origins: Places,
    before: str,
    after: str,
    classes: Sequence[str],
    *,
    minutes: float = 60,
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Say what the lines that open between two days bring within reach.

    Parameters
    ----------
    network
        Roads or paths on foot, without rail.
    origins
        As in :func:`sxgeo.compare`.
    before, after
        ISO dates.
    classes
        Class ids whose bundled records are looked at.
    minutes
        What counts as within reach.

    Returns
    -------
    resources, areas
        A row per origin and resource that lies within reach after and was not before, the quickest
        first, columns `GAIN_COLUMNS` (minutes, NaN where there was no way); and per origin the land
        gained, as `areas` of :func:`sxgeo.compare`.

    Raises
    ------
    UsageError
        If a class or date is unknown, or no class is given.
    InputError, AnalysisError
        As :func:`sxgeo.compare`.

    Examples
    --------
    >>> import sxgeo
    >>> resources, areas = sxgeo.reachable_gain(
    ...     sxgeo.load_network("taixin"),
    ...     [(113.25, 38.73)],
    ...     "2026-11-21",
    ...     "2027-12-31",
    ...     ["heritage_sites"],
    ... )
    >>> bool((resources["after_min"] <= 60).all())
    True
    """
    if not classes:
        raise UsageError("no class given; name those whose resources are to be looked at")
    for class_id in classes:
        if class_id not in ALL_CLASS_IDS:
            raise unknown("class", class_id, ALL_CLASS_IDS)
    places, records = _places(classes)
    found = compare(network, origins, before, after, minutes=(minutes,), places=places)
    table = found.places.merge(records, left_on="place_id", right_on="id", suffixes=("_place", ""))
    gained = (table["after_min"] <= minutes) & ~(table["before_min"] <= minutes)
    rows = table[gained].sort_values(["after_min", "origin_id", "feature_id"], ignore_index=True)
    return rows[list(GAIN_COLUMNS)], found.areas


def _places(classes: Sequence[str]) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return a point for each located record, and the records, both by an id of class and
    feature.
    """
    rows, points = [], []
    for layer in load_layers(classes):
        for record, shape in zip(layer.records, layer.shapes, strict=True):
            if shape is None:
                continue
            class_id, feature_id = layer.spec.id, str(record["feature_id"])
            rows.append((f"{class_id}/{feature_id}", class_id, feature_id, record["name_zh"]))
            points.append(shapely.point_on_surface(shape))
    records = pd.DataFrame(rows, columns=["id", "resource_class", "feature_id", "name_zh"])
    return gpd.GeoDataFrame(records[["id"]], geometry=points, crs=GEOGRAPHIC), records
