"""GeoJSON layers of resources, from the tables of data/sources."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import shapely

from sxgeo.errors import DataError, listed
from sxgeo.layers.classes import CLASS_IDS, RESOURCE_COLUMNS

from .facts_amend import ADDED, read_amendments, settled
from .formats import csv_text, geojson_bytes, read_csv, words

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
    """Read every resource record of data/sources with its amendments, sorted by id.

    Raises
    ------
    DataError
        If an id stands twice, a class is unknown, or an amendment fits no record.
    """
    return sorted(
        (row for table in amended_tables(sources).values() for row in table),
        key=lambda r: r["feature_id"],
    )


def amended_tables(sources: Path) -> dict[str, list[Row]]:
    """Read the tables of records with every amendment applied, by name, in their order.

    Raises
    ------
    DataError
        As :func:`resource_rows`.
    """
    tables = {name: read_csv(sources / f"{name}.csv") for name in RESOURCE_TABLES}
    rows = [row for table in tables.values() for row in table]
    _refuse_broken(rows)
    added = {row["feature_id"] for row in tables[ADDED.removesuffix(".csv")]}
    amended, found = settled(rows, read_amendments(sources), added)
    if found:
        raise DataError(listed("data/sources/amendments.csv cannot be applied:", found))
    by_id = {row["feature_id"]: row for row in amended}
    return {name: [by_id[row["feature_id"]] for row in table] for name, table in tables.items()}


def amended_files(sources: Path) -> dict[str, bytes]:
    """Return the tables of records as they must stand on disk: path below data/ -> bytes."""
    tables = amended_tables(sources)
    return {
        f"sources/{name}.csv": csv_text(list(rows[0]), rows).encode("utf-8")
        for name, rows in tables.items()
        if rows
    }


def _refuse_broken(rows: list[Row]) -> None:
    counted = Counter(row["feature_id"] for row in rows)
    wrong = [f"{feature_id}: {count} rows" for feature_id, count in counted.items() if count > 1]
    classes = {row["resource_class"] for row in rows}
    wrong += [f"unknown class '{name}'" for name in sorted(classes - set(CLASS_IDS))]
    if wrong:
        raise DataError(listed("data/sources cannot be built into layers:", wrong))


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
        f"layers/{name}.geojson": geojson_bytes(
            _resource(r) for r in rows if r["resource_class"] == name
        )
        for name in CLASS_IDS
    }
