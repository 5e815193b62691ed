"""Name -> Layer: the protected resources, and the transport links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from .catalog import checked_date, last_day, read_features, read_table
from .errors import DataError, unknown
from .model import (
    CLASS_IDS,
    EXTRA_CLASS_IDS,
    OPTIONAL_COLUMNS,
    RESOURCE_COLUMNS,
    ClassSpec,
    FrameLayer,
    Layer,
    Origin,
    elements_layer,
)
from .projection import GEOGRAPHIC

ALL_CLASS_IDS = (*CLASS_IDS, *EXTRA_CLASS_IDS)
TRANSPORT_IDS = ("transport_links", "transport_nodes")
PLAN_ID = "plan_elements"


def load_classes() -> dict[str, ClassSpec]:
    """Return the specification of every class, the fifteen first, then the extra ones, by id.

    Raises
    ------
    DataError
        If the table is broken or lacks a class.
    """
    specs = {row["class_id"]: _spec(row) for row in read_table("sources/classes.csv")}
    if tuple(specs) != ALL_CLASS_IDS:
        raise DataError("data/sources/classes.csv does not list the classes in their order: reinstall sxgeo")
    return specs


def _spec(row: Mapping[str, str]) -> ClassSpec:
    codes = {key: tuple(c for c in row[key].split(";") if c) for key in ("coverage", "complete_in")}
    return ClassSpec(
        id=row["class_id"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        official_count=float(row["official_count"]) if row["official_count"] else None,
        unit=row["unit"],
        screening_extent_m=float(row["screening_extent_m"]),
        extent_reason=row["extent_reason"],
        innermost_subzone=row["innermost_subzone"] or None,
        keeper_zh=row["keeper_zh"],
        material_zh=row["material_zh"],
        extra=row["extra"] == "true",
        coverage=codes["coverage"],
        complete_in=codes["complete_in"],
        complete_document=row["complete_document"] or None,
    )


def load_layer(layer_id: str, *, as_of: str | None = None) -> Any:
    """Load a bundled layer.

    Parameters
    ----------
    layer_id
        A class id (``"heritage_sites"``), ``"transport_links"``, ``"transport_nodes"`` or ``"plan_elements"``.
    as_of
        ISO date, `transport_links` only: keep what is open on that day; None keeps every status. A link opens on
        its day `opens` (a year or a month without a day: on the last day of it). An operating link whose
        opening is unknown is kept on every day, and the column `existence` says so: ``"open"`` where it is
        known, ``"assumed"`` before the day `status_as_of` on which it was seen operating (always where
        that is unknown too). What is under construction or planned is never kept, whatever is expected of it.

    Returns
    -------
    Layer or FrameLayer
        Its `frame` is EPSG:4490 with the documented columns, sorted by id, empty where nothing is bundled.

    Raises
    ------
    UsageError
        If the layer or the date is unknown.
    DataError
        If the bundled file is missing or broken.
    """
    if layer_id in TRANSPORT_IDS:
        return _transport(layer_id, as_of)
    if layer_id == PLAN_ID:
        return elements_layer(*read_features(f"layers/{PLAN_ID}.geojson"))
    classes = load_classes()
    if layer_id not in classes:
        raise unknown("layer", layer_id, (*ALL_CLASS_IDS, *TRANSPORT_IDS, PLAN_ID))
    return _bundled(classes[layer_id])


def load_layers(class_ids: Sequence[str] = CLASS_IDS) -> list[Layer]:
    """Load several bundled classes, in the given order."""
    classes = load_classes()
    return [_bundled(classes[class_id]) for class_id in class_ids]


def _bundled(spec: ClassSpec) -> Layer:
    if spec.extra:
        return empty_layer(spec)
    rows, shapes = read_features(f"layers/{spec.id}.geojson")
    order = sorted(range(len(rows)), key=lambda i: str(rows[i]["feature_id"]))
    return Layer(spec, tuple(with_default_extent(rows[i], spec) for i in order), shapes[order])


def empty_layer(spec: ClassSpec) -> Layer:
    return Layer(spec, (), np.array([], dtype=object), origin=Origin())


def with_default_extent(record: Mapping[str, Any], spec: ClassSpec) -> dict[str, Any]:
    """Give a point without a published extent the stated default of its class."""
    row = {column: record[column] for column in RESOURCE_COLUMNS}
    row |= {column: record[column] for column in OPTIONAL_COLUMNS if column in record}
    if row["geometry_kind"] == "point" and row["extent_m"] is None and row["screening_extent_m"] is None:
        row["screening_extent_m"] = spec.screening_extent_m
    return row


def _transport(layer_id: str, as_of: str | None) -> FrameLayer:
    rows, geometry = read_features(f"layers/{layer_id}.geojson")
    frame = gpd.GeoDataFrame(pd.DataFrame(rows), geometry=gpd.GeoSeries(geometry, crs=GEOGRAPHIC))
    if layer_id == "transport_links":
        frame = _existing(frame, as_of)
    key = "link_id" if layer_id == "transport_links" else "node_id"
    names = {
        "transport_links": ("交通线路", "Transport links"),
        "transport_nodes": ("交通节点", "Transport nodes"),
    }
    return FrameLayer(layer_id, *names[layer_id], frame.sort_values(key, ignore_index=True))


def _existing(links: gpd.GeoDataFrame, as_of: str | None) -> gpd.GeoDataFrame:
    """Keep the links that exist on a day; without one keep all, and say nothing of their existence."""
    if as_of is None:
        return links.assign(existence=None)
    on = checked_date(as_of)
    opens, seen = (links[column].map(last_day) for column in ("opens", "status_as_of"))
    operating = links["status"] == "operating"
    opened = operating & (opens != "") & (opens <= on)
    unknown = operating & (opens == "")
    open_ = opened | (unknown & (seen != "") & (seen <= on))
    return links.assign(existence=np.where(open_, "open", "assumed"))[opened | unknown]


def class_records(layers: Sequence[Layer]) -> list[dict[str, Any]]:
    """Return the `classes` of `sxgeo layers --format json`: a list with the keys of design.md."""
    return [
        {
            "resource_class": layer.spec.id,
            "name_zh": layer.spec.name_zh,
            "name_en": layer.spec.name_en,
            "official_count": layer.spec.official_count,
            "unit": layer.spec.unit,
            "held": layer.held,
            "candidates": layer.candidates,
            "located": layer.located,
            "with_polygon": layer.with_polygon,
            "coverage": list(layer.spec.coverage),
            "complete_in": list(layer.spec.complete_in),
            "origin": str(layer.origin),
            "user_files": list(layer.origin.files),
        }
        for layer in layers
    ]
