"""GeoJSON layers of resources, from the tables of data/sources."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import shapely

from sxgeo.errors import DataError, listed
from sxgeo.model import CLASS_IDS, RESOURCE_COLUMNS

from .formats import geojson_bytes, read_csv, words

RESOURCE_TABLES = (
    "added_records",
    "heritage_sites",
    "historic_places",
    "monitoring",
    "protected_areas",
    "water_resources",
)
_NUMBERS = frozenset(words("extent_m screening_extent_m position_accuracy_m datum_error_m"))
_POSITION = frozenset({"lon", "lat", "west", "south", "east", "north"})

Row = dict[str, str]
Feature = tuple[dict[str, Any], Any]


def _value(column: str, text: str) -> str | float | None:
    if not text:
        return None
    return float(text) if column in _NUMBERS else text


def _properties(row: Row) -> dict[str, Any]:
    return {column: _value(column, text) for column, text in row.items() if column not in _POSITION}


def _geometry(row: Row) -> Any:
    if row["lon"]:
        return shapely.Point(float(row["lon"]), float(row["lat"]))
    if row.get("west"):
        return shapely.box(*(float(row[edge]) for edge in ("west", "south", "east", "north")))
    return None


def resource_rows(sources: Path) -> list[Row]:
    """Read every resource record of data/sources, sorted by id.

    Raises
    ------
    DataError
        If an id stands twice or a class is unknown.
    """
    rows = [row for name in RESOURCE_TABLES for row in read_csv(sources / f"{name}.csv")]
    rows.sort(key=lambda row: row["feature_id"])
    counted = Counter(row["feature_id"] for row in rows)
    wrong = [f"{feature_id}: {count} rows" for feature_id, count in counted.items() if count > 1]
    classes = {row["resource_class"] for row in rows}
    wrong += [f"unknown class '{name}'" for name in sorted(classes - set(CLASS_IDS))]
    if wrong:
        raise DataError(listed("data/sources cannot be built into layers:", wrong))
    return rows


def _resource(row: Row) -> Feature:
    properties = _properties(row)
    return {column: properties[column] for column in RESOURCE_COLUMNS}, _geometry(row)


def build(sources: Path) -> dict[str, bytes]:
    """Build the files of the resource classes in data/layers.

    Parameters
    ----------
    sources
        The folder data/sources.

    Returns
    -------
    dict
        Path below data/ -> bytes; all fifteen classes, also those without a record.
    """
    rows = resource_rows(sources)
    return {
        f"layers/{name}.geojson": geojson_bytes(_resource(r) for r in rows if r["resource_class"] == name)
        for name in CLASS_IDS
    }
