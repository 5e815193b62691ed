"""Rings of a polygon that its reader could not build: how far their ends lie apart, and those that
are closed all the same.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from ...geometry.shapes import Floats, Shape

CLOSED_M = 1e-3
"""Ends of a ring this near are one point, written twice with another last digit."""
_DEGREE_M = 111_320.0
_POLYGON, _MULTIPOLYGON = 3, 6
_EWKB_Z, _EWKB_M, _EWKB_SRID = 0x80000000, 0x40000000, 0x20000000


def nearly_closed(wkb: bytes) -> Any | None:
    """Build a polygon whose rings miss their first point by no more than a millimetre; None for
    anything else.
    """

    # Bytes that no polygon has are somebody else's to judge.
    try:
        gaps, _ = _gaps(wkb, 0)
    except (struct.error, ValueError, IndexError):
        return None

    # Only a gap that rounding makes: a larger one is a point that was lost.
    if not gaps or any(gap > _closed_within(reach) for gap, reach in gaps):
        return None
    # `fix` closes the rings with a point more, which `_one_end` takes out again
    shape = shapely.from_wkb(wkb, on_invalid="fix")
    return None if shapely.is_missing(shape) else _with_one_end(shape)


def _with_one_end(shape: Shape) -> Shape:
    parts = []
    for part in shapely.get_parts(shape):
        rings = [_one_end(ring) for ring in shapely.get_rings(part)]
        # an empty part has no rings
        if rings:
            parts.append(shapely.Polygon(rings[0], rings[1:]))
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _closed_within(reach: float) -> float:
    """Return how near ends must lie, in the unit of numbers as large as these."""
    return CLOSED_M if reach > 360 else CLOSED_M / _DEGREE_M


def _one_end(ring: Shape) -> Any:
    """Return the vertices of a ring without the last but one where it is the first one over
    again.
    """
    pairs = shapely.get_coordinates(ring)
    near = _closed_within(float(np.abs(pairs).max()))
    # of four points all are needed: a triangle and its first one again
    if len(pairs) > 4 and np.hypot(*(pairs[-2] - pairs[-1])) <= near:
        return np.delete(pairs, -2, axis=0)
    return pairs


@dataclass(frozen=True, slots=True)
class _Head:
    """The head of a geometry in WKB: order of bytes, kind, ordinates of a point, how many rings or
    parts follow, and where.
    """

    order: str
    kind: int
    dimension: int
    count: int
    end: int


def _head(wkb: bytes, at: int) -> _Head:
    """Read a head: kind, and whether Z, M and an SRID are there, in the old way of writing it and
    in the new.
    """
    order = "<" if wkb[at] == 1 else ">"
    (code,) = struct.unpack_from(order + "I", wkb, at + 1)
    at += 5 + (4 if code & _EWKB_SRID else 0)
    level, kind = divmod(code & 0x0FFFFFFF, 1000)
    has_z = bool(code & _EWKB_Z or level in (1, 3))
    has_m = bool(code & _EWKB_M or level in (2, 3))
    (count,) = struct.unpack_from(order + "I", wkb, at)
    return _Head(order, kind, 2 + has_z + has_m, count, at + 4)


def _gaps(wkb: bytes, at: int) -> tuple[list[tuple[float, float]], int]:
    """Return for each ring the distance of its ends and its largest number, and where the geometry
    ends.
    """
    head = _head(wkb, at)
    at = head.end
    gaps: list[tuple[float, float]] = []
    if head.kind not in (_POLYGON, _MULTIPOLYGON):
        raise ValueError("no polygon")
    for _ in range(head.count):
        # the polygons of a multipolygon have heads of their own
        if head.kind == _MULTIPOLYGON:
            inner, at = _gaps(wkb, at)
            gaps += inner
            continue
        points, at = _ring_at(wkb, at, head)
        gap = float(np.hypot(*(points[0] - points[-1])))
        gaps.append((gap, float(np.abs(points).max())))
    return gaps, at


def _ring_at(
    wkb: bytes,
    at: int,
    head: _Head,
) -> tuple[Floats, int]:
    """Read the x and y of the points of a ring, and where it ends."""
    (number,) = struct.unpack_from(head.order + "I", wkb, at)
    values = np.frombuffer(
        wkb,
        head.order + "f8",
        number * head.dimension,
        at + 4,
    )
    points = values.reshape(number, head.dimension)[:, :2]
    return points, at + 4 + values.nbytes
