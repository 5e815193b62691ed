"""Labels that avoid each other: placed one by one in order of priority, each at its cheapest free
place.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .faces import POINTS_PER_MM, width_mm

if TYPE_CHECKING:
    from .sheet import Box, Point

_AIR_MM = 0.35
_SPOKES = 12


@dataclass(frozen=True, slots=True)
class Label:
    """A text that wants a place.

    Attributes
    ----------
    places
        Points in millimetres where it may stand, the best first.
    priority
        Small ones are placed first; equal ones in the order of their texts.
    beside_mm
        Distance from a symbol that it stands beside; None for a label that is centred on its place.
    room_mm
        How far a centred label may move from its place.
    plate
        Colour of a plate under it; None draws a white edge round its letters.
    """

    text: str
    places: tuple[Point, ...]
    priority: float
    size_pt: float
    colour: str = "#26333c"
    bold: bool = False
    beside_mm: float | None = None
    room_mm: float = 0.0
    plate: str | None = None

    @property
    def size_mm(self) -> Point:
        """Width and height."""
        return width_mm(self.text, self.size_pt, self.bold), self.size_pt / POINTS_PER_MM * 1.05


@dataclass(frozen=True, slots=True)
class Placed:
    """A label and the box that it got: left, bottom, right, top."""

    label: Label
    box: Box


def place_labels(
    labels: Iterable[Label],
    symbols: Sequence[Box],
    frame: Box,
) -> tuple[list[Placed], list[Label]]:
    """Place what finds room.

    Parameters
    ----------
    labels
        In any order; the result does not depend on it.
    symbols
        Boxes of symbols: a label beside a symbol never covers one, a centred one avoids them.
    frame
        No label leaves it.

    Returns
    -------
    placed, left_out
        No two placed boxes meet. Both in the order of priority.
    """
    # apart: a centred label may cover a symbol at a price, another label never
    taken, marks = _Grid(), _Grid()
    for mark in symbols:
        marks.add(mark)
    placed: list[Placed] = []
    left_out: list[Label] = []
    for label in sorted(labels, key=_order):
        box = _best(label, taken, marks, frame)
        if box is None:
            left_out.append(label)
        else:
            taken.add(box)
            placed.append(Placed(label, box))
    return placed, left_out


def _order(label: Label) -> tuple[float, str, tuple[Point, ...], str]:
    """By priority; then by all that a label is, so that none hangs on the order it came in."""
    return label.priority, label.text, label.places, repr(label)


def _best(
    label: Label,
    taken: _Grid,
    marks: _Grid,
    frame: Box,
) -> Box | None:
    best, least = None, math.inf
    for x, y, cost in _candidates(label):
        wide, high = label.size_mm
        box = (x, y, x + wide, y + high)
        if cost >= least or not _inside(box, frame) or taken.meets(box, _AIR_MM):
            continue
        covered = marks.meets(box, -_AIR_MM / 2)
        if covered and label.beside_mm is not None:
            continue
        if cost + 6 * covered < least:
            best, least = box, cost + 6 * covered
    return best


def _candidates(label: Label) -> Iterator[tuple[float, float, float]]:
    """Yield lower left corners with what each costs."""
    for number, at in enumerate(label.places):
        if label.beside_mm is not None:
            yield from _beside(label, at, label.beside_mm)
        else:
            yield from _about(label, at, number)


def _beside(
    label: Label,
    at: Point,
    gap: float,
) -> Iterator[tuple[float, float, float]]:
    """Round a symbol: beside it, over and under it, then at its corners."""
    wide, high = label.size_mm
    x, y = at
    yield x + gap, y - high / 2, 0
    yield x - gap - wide, y - high / 2, 1
    yield x - wide / 2, y + gap, 2
    yield x - wide / 2, y - gap - high, 3
    near = gap * 0.75
    yield x + near, y + near, 4
    yield x + near, y - near - high, 4.1
    yield x - near - wide, y + near, 4.2
    yield x - near - wide, y - near - high, 4.3


def _about(
    label: Label,
    at: Point,
    number: int,
) -> Iterator[tuple[float, float, float]]:
    """On a place, then in rings about it as far as the label may move."""
    wide, high = label.size_mm
    x, y = at
    yield x - wide / 2, y - high / 2, number * 0.01
    for share in (0.25, 0.5, 0.75) if label.room_mm else ():
        reach = label.room_mm * share
        for spoke in range(_SPOKES):
            angle = spoke * math.tau / _SPOKES
            east, north = reach * math.cos(angle), reach * math.sin(angle)
            yield x + east - wide / 2, y + north - high / 2, share * 5


def _inside(box: Box, frame: Box) -> bool:
    return frame[0] <= box[0] and frame[1] <= box[1] and box[2] <= frame[2] and box[3] <= frame[3]


class _Grid:
    """Boxes in cells, so that a label is compared with its neighbours only."""

    _CELL = 12.0

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], list[Box]] = {}

    def _keys(self, box: Box, more: float = 0.0) -> Iterator[tuple[int, int]]:
        west, south, east, north = (
            math.floor(v / self._CELL)
            for v in (box[0] - more, box[1] - more, box[2] + more, box[3] + more)
        )
        return ((x, y) for x in range(west, east + 1) for y in range(south, north + 1))

    def add(self, box: Box) -> None:
        for key in self._keys(box):
            self._cells.setdefault(key, []).append(box)

    def meets(self, box: Box, air: float) -> int:
        """Count the boxes that come nearer than `air`."""
        found = {
            other for key in self._keys(box, max(air, 0)) for other in self._cells.get(key, ())
        }
        return sum(
            box[0] < b[2] + air
            and b[0] < box[2] + air
            and box[1] < b[3] + air
            and b[1] < box[3] + air
            for b in found
        )
