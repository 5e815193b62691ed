"""The ground beside dense roads: each knot of a time surface belongs to the road it lies at, the
rest is walked to (pure).

What lies at a road is reached as that road is, not on foot from another one. A walk off the roads
therefore ends where a road begins, and where a river, a railway or a bank stands in its way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from ..network.arrays import Bools, Ints

FAR = 2**29
_SIDES = ((-1, 0), (0, -1), (0, 1), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1))
_MM = 1000

Grid = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Flat numbers of cells on a grid of `height` x `width` knots; cell n has the knots n, n + 1, n
    + width, n + width + 1.

    Attributes
    ----------
    road, ticks
        The cells that roads pass, and when each is first reached (`FAR` where it is not).
    leave
        Whether a road can be left in that cell.
    shut
        Cells that no walk crosses.
    """

    height: int
    width: int
    road: Ints
    ticks: Ints
    leave: Bools
    shut: Ints


def washed(
    sheet: Sheet,
    cell_m: float,
    cap_m: float,
    kmh: float,
    limit: int,
) -> Grid:
    """Return the ticks at every knot: those of its road, else of the walk there, up to the cap and
    the limit.

    Parameters
    ----------
    cap_m
        The longest walk.
    kmh
        Its speed.
    limit
        Ticks above which nobody walks on.
    """
    size = sheet.height * sheet.width
    cells = np.full(size, FAR, dtype=np.int32)
    np.minimum.at(cells, sheet.road, np.minimum(sheet.ticks, FAR).astype(np.int32))
    ticks = _corners_least(cells.reshape(sheet.height, sheet.width)).ravel()

    # a knot at a road keeps its time, whatever a walk would say
    at_road, at_shut = _knots_of(sheet, sheet.road), _knots_of(sheet, sheet.shut)
    open_ = ~(at_road | at_shut)
    open_.reshape(sheet.height, sheet.width)[[0, -1]] = False
    open_.reshape(sheet.height, sheet.width)[:, [0, -1]] = False

    # a road that shares its cell with a river is left on its own side only, from the cells beside
    by_shut = np.zeros(size, dtype=bool)
    by_shut[sheet.shut] = True
    left = sheet.road[sheet.leave & (sheet.ticks <= limit) & ~by_shut[sheet.road]]
    _walk(ticks, open_, np.flatnonzero(_knots_of(sheet, left)), sheet, cell_m, cap_m, kmh, limit)
    return ticks.reshape(sheet.height, sheet.width)


def _corners_least(cells: Grid) -> Grid:
    """Return for each knot the least of its four cells."""
    cells[1:] = np.minimum(cells[1:], cells[:-1].copy())
    cells[:, 1:] = np.minimum(cells[:, 1:], cells[:, :-1].copy())
    return cells


def _knots_of(sheet: Sheet, cells: Ints) -> Bools:
    found = np.zeros(sheet.height * sheet.width, dtype=bool)
    for corner in (0, 1, sheet.width, sheet.width + 1):
        found[cells + corner] = True
    return found


def _walk(
    ticks: Grid,
    open_: Bools,
    active: Ints,
    sheet: Sheet,
    cell_m: float,
    cap_m: float,
    kmh: float,
    limit: int,
) -> None:
    """Walk from the active knots over open ones, step by step, as long as that is sooner."""
    gone_mm = np.zeros(len(ticks), dtype=np.int32)
    cap_mm = int(cap_m * _MM)
    changed = np.zeros(len(ticks), dtype=bool)
    while len(active):
        own_ticks, own_mm = ticks[active], gone_mm[active]
        for down, across in _SIDES:
            step_mm = round(float(np.hypot(down, across)) * cell_m * _MM)
            there = active + (down * sheet.width + across)
            then = own_ticks + np.int32(round(step_mm * 36 / (kmh * _MM)))
            walked_mm = own_mm + np.int32(step_mm)
            sooner = open_[there] & (walked_mm <= cap_mm) & (then <= limit) & (then < ticks[there])
            better = there[sooner]
            ticks[better], gone_mm[better] = then[sooner], walked_mm[sooner]
            changed[better] = True
        active = np.flatnonzero(changed)
        changed[active] = False
