"""GeoJSON layers of resources and transport, from the tables of data/sources."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
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
_NUMBERS = frozenset(
    words(
        "extent_m screening_extent_m position_accuracy_m datum_error_m design_speed_kmh length_km length_in_shanxi_km"
    )
)
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


def _link(row: Row, points: dict[str, Any]) -> Feature:
    nodes = row["node_ids"].split(";")
    located = [points[node].coords[0] for node in nodes if points[node] is not None]
    way = [xy for xy, _ in groupby(located)]  # two stations may share the point of their town
    line = shapely.LineString(way) if len(way) > 1 else None
    return _properties(row) | {
        "geometry_kind": "straight" if line is not None else "none",
        "unlocated_nodes": [node for node in nodes if points[node] is None],
        "position_accuracy_m": None,
    }, line


def build(sources: Path) -> dict[str, bytes]:
    """Build every file of data/layers.

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
    nodes = read_csv(sources / "transport_nodes.csv")
    points = {row["node_id"]: _geometry(row) for row in nodes}
    links = read_csv(sources / "transport_links.csv")
    files = {
        f"layers/{name}.geojson": geojson_bytes(_resource(r) for r in rows if r["resource_class"] == name)
        for name in CLASS_IDS
    }
    files["layers/transport_nodes.geojson"] = geojson_bytes((_properties(r), points[r["node_id"]]) for r in nodes)
    files["layers/transport_links.geojson"] = geojson_bytes(_link(row, points) for row in links)
    return files
