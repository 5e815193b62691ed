"""Name -> Zone: outlines, counties, sub-regions, sources."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from .catalog import read_features, read_table
from .errors import unknown
from .model import Zone
from .projection import GEOGRAPHIC

MEMBER_COLUMNS = (
    "code",
    "name_zh",
    "name_en",
    "level",
    "sub_region",
    "certain",
    "source",
    "confidence",
    "position_accuracy_m",
)


def load_counties(*, neighbours: bool = False) -> gpd.GeoDataFrame:
    """Return the bundled counties.

    Parameters
    ----------
    neighbours
        Whether to add the counties outside the zone in which records lie.

    Returns
    -------
    GeoDataFrame
        EPSG:4490, by code: `code`, `name_zh`, `name_en`, `position_accuracy_m` (m), geometry.
    """
    properties, shapes = read_features("boundaries/counties.geojson")
    if neighbours:
        more_properties, more_shapes = read_features("boundaries/neighbours.geojson")
        properties, shapes = [*properties, *more_properties], np.concatenate([shapes, more_shapes])
    frame = gpd.GeoDataFrame(pd.DataFrame(properties), geometry=shapes, crs=GEOGRAPHIC)
    return frame.sort_values("code", ignore_index=True)


def _rows() -> list[dict[str, str]]:
    return read_table("sources/zones.csv")


def list_zones() -> pd.DataFrame:
    """List every zone.

    Returns
    -------
    DataFrame
        One row per zone in the order of the table: `zone_id`, `name_zh`, `name_en`, `parent` (empty for none),
        `members` (count), `geometry_note` (why there is no outline, or empty), `sources`.
    """
    rows = _rows()
    members = [len(_member_rows(row)) for row in rows]
    return pd.DataFrame(rows).assign(members=members)[
        ["zone_id", "name_zh", "name_en", "parent", "members", "geometry_note", "sources"]
    ]


def _member_rows(zone: dict[str, str]) -> list[dict[str, str]]:
    everything = read_table("sources/zone_members.csv")
    if zone["parent"]:
        return [m for m in everything if m["zone_id"] == zone["parent"] and m["sub_region"] == zone["zone_id"]]
    return [m for m in everything if m["zone_id"] == zone["zone_id"]]


def load_zone(zone_id: str) -> Zone:
    """Load a zone by its id.

    Parameters
    ----------
    zone_id
        E.g. ``"taixin"``.

    Returns
    -------
    Zone
        Outline, members, sub-regions and sources, EPSG:4490.

    Raises
    ------
    UsageError
        If no zone has this id.
    DataError
        If the bundled boundaries are broken.
    """
    rows = {row["zone_id"]: row for row in _rows()}
    if zone_id not in rows:
        raise unknown("zone", zone_id, rows)
    row = rows[zone_id]
    members = _members(row)
    return Zone(
        id=zone_id,
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        outline=_outline(zone_id),
        members=members,
        sub_regions=tuple(r["zone_id"] for r in rows.values() if r["parent"] == zone_id),
        geometry_note=row["geometry_note"] or None,
        sources=tuple(part.strip() for part in row["sources"].split(";") if part.strip()),
    )


def _outline(zone_id: str) -> Any:
    properties, geometry = read_features("boundaries/zones.geojson")
    for row, outline in zip(properties, geometry, strict=True):
        if row["zone_id"] == zone_id:
            return outline
    return None


def _members(zone: dict[str, str]) -> gpd.GeoDataFrame:
    members = pd.DataFrame(_member_rows(zone))
    members["certain"] = members["certain"] == "true"
    counties = load_counties()[["code", "position_accuracy_m", "geometry"]]
    merged = members.merge(counties, on="code", how="left", validate="one_to_one").sort_values("code")
    frame = gpd.GeoDataFrame(merged, geometry="geometry", crs=GEOGRAPHIC)
    return frame[[*MEMBER_COLUMNS, "geometry"]].reset_index(drop=True)


def zone_records() -> list[dict[str, Any]]:
    """Return what `sxgeo zones --format json` prints: a list with the keys of design.md."""
    rows = _rows()
    return [
        {
            "id": row["zone_id"],
            "name_zh": row["name_zh"],
            "name_en": row["name_en"],
            "members": [
                {
                    "code": m["code"],
                    "name_zh": m["name_zh"],
                    "level": m["level"],
                    "certain": m["certain"] == "true",
                    "source": m["source"],
                }
                for m in sorted(_member_rows(row), key=lambda m: m["code"])
            ],
            "sub_regions": [r["zone_id"] for r in rows if r["parent"] == row["zone_id"]],
            "geometry_note": row["geometry_note"] or None,
        }
        for row in rows
    ]
