"""Large candidates in pieces that are quick to measure to. Pure, metres on one plane."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely

from .blocks import cut_out, filled, flat_polygons, merged

_AT_ONCE_POINTS = 20_000
_PIECE_POINTS = 2_000
_LEAST_PIECE_M2 = 1e-4
"""A square centimetre, which the grid of degrees has no room for: it is not halved any further."""
_CUT_SHARE = 1e-9
"""Of its area a shape may lose or gain so much when it is cut: the rounding of coordinates."""

Box = tuple[float, float, float, float]


def pieces_of(shape: Any) -> Any:
    """Halve a shape with very many corners until its pieces are quick to measure to; any other
    stays whole.
    """
    if shapely.get_num_coordinates(shape) <= _AT_ONCE_POINTS:
        return np.array([shape], dtype=object)
    polygons = flat_polygons([shape])
    rings, owner = shapely.get_rings(polygons, return_index=True)
    shell = np.diff(owner, prepend=-1) > 0
    holes = shapely.polygons(rings[~shell])
    fields: list[Any] = []
    for row, own in enumerate(filled(polygons)):
        fields += _cells(own, holes[owner[~shell] == row])
    cut = cut_out(np.concatenate(fields), merged(holes))

    # nothing of it is left out: what nobody screens must not be called available
    if _is_off(float(shapely.area(cut).sum()), shape.area):
        return _cut_exactly([shape])
    large = shapely.get_num_coordinates(cut) > _PIECE_POINTS
    return np.concatenate([cut[~large], _cut_exactly(cut[large])])


def _is_off(cut_m2: float, whole_m2: float) -> bool:
    return abs(cut_m2 - whole_m2) > _LEAST_PIECE_M2 + _CUT_SHARE * whole_m2


def _cells(shell: Any, holes: Any) -> Iterator[Any]:
    """Yield the polygons to which a shell is halved, as small as its holes want it."""
    box, corners = shapely.bounds(holes).reshape(-1, 4), shapely.get_num_coordinates(holes)
    corners_per_m2 = corners / np.maximum((box[:, 2:] - box[:, :2]).prod(axis=1), 1e-9)
    waiting = [(shapely.bounds(shell).tolist(), np.array([shell]), np.arange(len(holes)))]
    while waiting:
        bounds, parts, rows = waiting.pop()
        # of a hole across the edge only its share counts, or a large one would be cut to dust
        shared = np.minimum(box[rows, 2:], bounds[2:]) - np.maximum(box[rows, :2], bounds[:2])
        count = shapely.get_num_coordinates(parts).sum()
        count += (np.maximum(shared, 0.0).prod(axis=1) * corners_per_m2[rows]).sum()
        if count <= _PIECE_POINTS or shapely.area(parts).sum() <= _LEAST_PIECE_M2:
            yield parts
            continue
        boxes = _halved(bounds)
        for half, own in zip(boxes, _clipped(parts, boxes), strict=True):
            # a hole across the cut counts on both sides
            west, south, east, north = half
            there = (box[rows, 2] >= west) & (box[rows, 0] <= east)
            there &= (box[rows, 3] >= south) & (box[rows, 1] <= north)
            if len(own):
                waiting.append((half, own, rows[there]))


def _halved(bounds: Any) -> tuple[Box, Box]:
    """Halve a box across its longer side."""
    west, south, east, north = bounds
    middle_x, middle_y = (west + east) / 2, (south + north) / 2
    if east - west > north - south:
        return (west, south, middle_x, north), (middle_x, south, east, north)
    return (west, south, east, middle_y), (west, middle_y, east, north)


def _clipped(polygons: Any, boxes: tuple[Box, Box]) -> list[Any]:
    """Cut polygons to the two halves of their box."""
    cut = [flat_polygons(shapely.clip_by_rect(polygons, *box)) for box in boxes]

    # a quick clip is, rarely, wrong: then the land is cut exactly
    cut_m2 = sum(float(shapely.area(own).sum()) for own in cut)
    sound = all(shapely.is_valid(own).all() for own in cut)
    if not sound or _is_off(cut_m2, float(shapely.area(polygons).sum())):
        cut = [flat_polygons(shapely.intersection(polygons, shapely.box(*box))) for box in boxes]
    return cut


def _cut_exactly(shapes: Any) -> Any:
    """Halve shapes as wholes, which takes longer and needs no blocks that lie apart."""
    whole, cut = list(shapes), []
    while whole:
        one = whole.pop()
        if shapely.get_num_coordinates(one) <= _PIECE_POINTS or one.area <= _LEAST_PIECE_M2:
            cut.append(one)
            continue
        boxes = [shapely.box(*box) for box in _halved(one.bounds)]
        whole += flat_polygons(shapely.intersection(one, boxes)).tolist()
    return np.array(cut, dtype=object)
