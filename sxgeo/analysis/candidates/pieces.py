"""Large candidates in pieces that are quick to measure to. Pure, metres on one plane."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import shapely

from ...geometry.shapes import Floats, Ints, Shape, Shapes
from .blocks import cut_out, filled, flat_polygons, merged

_AT_ONCE_POINTS = 20_000
_PIECE_POINTS = 2_000
_LEAST_PIECE_M2 = 1e-4
"""A square centimetre, which the grid of degrees has no room for: it is not halved any further."""
_CUT_SHARE = 1e-9
"""Of its area a shape may lose or gain so much when it is cut: the rounding of coordinates."""

Box = tuple[float, float, float, float]


def pieces_of(shape: Shape) -> Shapes:
    """Halve a shape with very many corners until its pieces are quick to measure to; any other
    stays whole.
    """
    if shapely.get_num_coordinates(shape) <= _AT_ONCE_POINTS:
        return np.array([shape], dtype=object)
    cut = _cut_along_holes(flat_polygons([shape]))

    # nothing of it is left out: what nobody screens must not be called available
    if _is_off(float(shapely.area(cut).sum()), shape.area):
        return _cut_exactly([shape])
    large = shapely.get_num_coordinates(cut) > _PIECE_POINTS
    return np.concatenate([cut[~large], _cut_exactly(cut[large])])


def _cut_along_holes(polygons: Shapes) -> Shapes:
    """Cut polygons to cells of few corners, and their holes out of these."""
    rings, owner = shapely.get_rings(polygons, return_index=True)
    is_shell = np.diff(owner, prepend=-1) > 0
    holes = shapely.polygons(rings[~is_shell])
    fields: list[Shape] = []
    for row, own in enumerate(filled(polygons)):
        fields += _cells(own, holes[owner[~is_shell] == row])
    return cut_out(np.concatenate(fields), merged(holes))


def _is_off(cut_m2: float, whole_m2: float) -> bool:
    return abs(cut_m2 - whole_m2) > _LEAST_PIECE_M2 + _CUT_SHARE * whole_m2


@dataclass(frozen=True, slots=True)
class _Holes:
    """Holes by their boxes (west, south, east, north), and how many corners each has on an area."""

    box: Floats
    corners_per_m2: Floats

    @classmethod
    def of(cls, holes: Shapes) -> _Holes:
        box = shapely.bounds(holes).reshape(-1, 4)
        # a hole may have no width: its box has then no area to divide by
        box_m2 = np.maximum(
            (box[:, 2:] - box[:, :2]).prod(axis=1),
            1e-9,
        )
        return cls(box, shapely.get_num_coordinates(holes) / box_m2)

    def corners_in(self, rows: Ints, bounds: Box) -> float:
        """Return how many corners holes bring into a box."""
        # of a hole across the edge only its share counts, or a large one would be cut to dust
        low, high = self.box[rows, :2], self.box[rows, 2:]
        shared = np.minimum(high, bounds[2:]) - np.maximum(low, bounds[:2])
        corners = np.maximum(shared, 0.0).prod(axis=1) * self.corners_per_m2[rows]
        return float(corners.sum())

    def across(self, rows: Ints, bounds: Box) -> Ints:
        """Return those of some rows that reach into a box; a hole across a cut counts on both
        sides.
        """
        west, south, east, north = bounds
        box = self.box[rows]
        there = (box[:, 2] >= west) & (box[:, 0] <= east)
        there &= (box[:, 3] >= south) & (box[:, 1] <= north)
        return rows[there]


class _Cell(NamedTuple):
    """A box, what of a shell lies in it, and the rows of the holes that reach into it."""

    bounds: Box
    parts: Shapes
    holes: Ints


def _cells(shell: Shape, holes: Shapes) -> Iterator[Shapes]:
    """Yield the polygons to which a shell is halved, as small as its holes want it."""
    measured = _Holes.of(holes)
    whole: Box = tuple(shapely.bounds(shell).tolist())
    waiting = [
        _Cell(
            whole,
            np.array([shell]),
            np.arange(len(holes)),
        )
    ]
    while waiting:
        cell = waiting.pop()
        if _is_small(cell, measured):
            yield cell.parts
        else:
            waiting += _halves(cell, measured)


def _is_small(cell: _Cell, measured: _Holes) -> bool:
    corners = shapely.get_num_coordinates(cell.parts).sum()
    corners += measured.corners_in(cell.holes, cell.bounds)
    return bool(corners <= _PIECE_POINTS or shapely.area(cell.parts).sum() <= _LEAST_PIECE_M2)


def _halves(cell: _Cell, measured: _Holes) -> Iterator[_Cell]:
    """Yield the halves of a cell in which something of the shell lies."""
    halves = _halved(cell.bounds)
    for bounds, parts in zip(
        halves,
        _clipped(cell.parts, halves),
        strict=True,
    ):
        if len(parts):
            yield _Cell(bounds, parts, measured.across(cell.holes, bounds))


def _halved(bounds: Box) -> tuple[Box, Box]:
    """Halve a box across its longer side."""
    west, south, east, north = bounds
    middle_x, middle_y = (west + east) / 2, (south + north) / 2
    # the pieces stay compact: a long strip has far corners to measure to
    if east - west > north - south:
        return (west, south, middle_x, north), (middle_x, south, east, north)
    return (west, south, east, middle_y), (west, middle_y, east, north)


def _clipped(polygons: Shapes, boxes: tuple[Box, Box]) -> list[Shapes]:
    """Cut polygons to the two halves of their box."""
    cut = [flat_polygons(shapely.clip_by_rect(polygons, *box)) for box in boxes]

    # a quick clip is, rarely, wrong: then the land is cut exactly
    cut_m2 = sum(float(shapely.area(own).sum()) for own in cut)
    sound = all(shapely.is_valid(own).all() for own in cut)
    if not sound or _is_off(
        cut_m2,
        float(shapely.area(polygons).sum()),
    ):
        cut = [flat_polygons(shapely.intersection(polygons, shapely.box(*box))) for box in boxes]
    return cut


def _cut_exactly(shapes: Iterable[Shape]) -> Shapes:
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
