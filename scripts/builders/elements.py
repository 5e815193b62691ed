"""data/layers/plan_elements.geojson: what the plans place on the map, from its table and the
boundaries.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import shapely

from sxgeo.errors import DataError, listed
from sxgeo.geometry.projection import quantise

from .formats import geojson_bytes, read_csv, words

AREAL_TYPES = frozenset(words("sub_circle town_group target"))
"""Types that are as large as their members; a project or corridor only lies somewhere in them."""
_NUMBERS = frozenset(words("position_accuracy_m datum_error_m extent_m"))
_UNITS = ("counties", "neighbours", "atlas_counties", "prefectures", "provinces")


def _units(packaged: dict[str, bytes]) -> dict[str, Any]:
    units: dict[str, Any] = {}
    for name in _UNITS:
        for feature in json.loads(packaged[f"boundaries/{name}.geojson"])["features"]:
            units.setdefault(
                feature["properties"]["code"], shapely.geometry.shape(feature["geometry"])
            )
    return units


def _feature(row: dict[str, str], units: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    codes = [code for code in row["members"].split(";") if code]
    kind, geometry = "none", None
    if row["lon"]:
        kind, geometry = "point", shapely.Point(float(row["lon"]), float(row["lat"]))
    elif codes and row["type"] in AREAL_TYPES:
        merged = quantise(shapely.coverage_union_all([units[code] for code in codes]))
        kind, geometry = "members", shapely.orient_polygons(shapely.normalize(merged))
    properties: dict[str, Any] = {
        column: (float(text) if column in _NUMBERS else text) if text else None
        for column, text in row.items()
        if column not in ("lon", "lat")
    }
    return properties | {
        "members": codes,
        "zone_ids": [z for z in row["zone_ids"].split(";") if z],
        "geometry_kind": kind,
    }, geometry


def build(sources: Path, packaged: dict[str, bytes]) -> dict[str, bytes]:
    """Build the layer of plan elements.

    Parameters
    ----------
    sources
        The folder data/sources.
    packaged
        The built boundaries, path below data/ -> bytes.

    Raises
    ------
    DataError
        If an element names a place or zone that is not bundled.
    """
    rows = read_csv(sources / "plan_elements.csv")
    units = _units(packaged)
    zones = {row["zone_id"] for row in read_csv(sources / "zones.csv")}
    wrong = [
        f"{r['element_id']}: {c}"
        for r in rows
        for c in r["members"].split(";")
        if c and c not in units
    ]
    wrong += [
        f"{r['element_id']}: {z}"
        for r in rows
        for z in r["zone_ids"].split(";")
        if z and z not in zones
    ]
    if wrong:
        raise DataError(listed("plan elements name places or zones that are not bundled:", wrong))
    return {"layers/plan_elements.geojson": geojson_bytes(_feature(row, units) for row in rows)}
