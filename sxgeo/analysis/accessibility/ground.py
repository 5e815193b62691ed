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


@dataclass(frozen=True, slots=True)
class Walk:
    """How people walk off the roads, in whole numbers: the same on every machine.

    Attributes
    ----------
    cap_mm
        The longest walk.
    limit
        Ticks above which nobody walks on.
    steps
        To each knot beside a knot: how far its number lies off, the length in mm, and the ticks.
    """

    cap_mm: int
    limit: int
    steps: tuple[tuple[int, int, int], ...]

    @classmethod
    def over(
        cls,
        width: int,
        cell_m: float,
        *,
        cap_m: float,
        kmh: float,
        limit: int,
    ) -> Walk:
        """Return the walk over knots that lie `cell_m` apart, `width` in a row."""
        steps = []
        for down, across in _SIDES:
            step_mm = round(float(np.hypot(down, across)) * cell_m * _MM)
            step_ticks = round(step_mm * 36 / (kmh * _MM))
            steps.append((down * width + across, step_mm, step_ticks))
        return cls(int(cap_m * _MM), limit, tuple(steps))


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
    # what lies at a road is reached as the road is, before anybody walks
    ticks = _road_ticks(sheet)
    walk = Walk.over(
        sheet.width,
        cell_m,
        cap_m=cap_m,
        kmh=kmh,
        limit=limit,
    )

    # walks begin where a road can be left in time, and nowhere else
    left = sheet.road[_left_on_foot(sheet, limit)]
    _walk(
        ticks,
        _open_knots(sheet),
        np.flatnonzero(_knots_of(sheet, left)),
        walk,
    )
    return ticks.reshape(sheet.height, sheet.width)


def _road_ticks(sheet: Sheet) -> Grid:
    """Return the ticks at the knots of cells with a road, one after another; `FAR` elsewhere."""
    cells = np.full(sheet.height * sheet.width, FAR, dtype=np.int32)
    np.minimum.at(
        cells,
        sheet.road,
        np.minimum(sheet.ticks, FAR).astype(np.int32),
    )
    return _corners_least(cells.reshape(sheet.height, sheet.width)).ravel()


def _open_knots(sheet: Sheet) -> Bools:
    """Return the knots that a walk may pass."""
    # a knot at a road keeps its time, whatever a walk would say
    open_ = ~(_knots_of(sheet, sheet.road) | _knots_of(sheet, sheet.shut))

    # beyond the rim the next knot in number lies on the other side of the sheet
    on_sheet = open_.reshape(sheet.height, sheet.width)
    on_sheet[[0, -1]] = False
    on_sheet[:, [0, -1]] = False
    return open_


def _left_on_foot(sheet: Sheet, limit: int) -> Bools:
    """Say of each cell of a road whether people walk off it there."""
    # a road that shares its cell with a river is left on its own side only, from the cells beside
    by_shut = np.zeros(sheet.height * sheet.width, dtype=bool)
    by_shut[sheet.shut] = True
    return sheet.leave & (sheet.ticks <= limit) & ~by_shut[sheet.road]


def _corners_least(cells: Grid) -> Grid:
    """Return for each knot the least of its four cells."""
    # copies, for a knot must not hand on what it was just given
    cells[1:] = np.minimum(
        cells[1:],
        cells[:-1].copy(),
    )
    cells[:, 1:] = np.minimum(
        cells[:, 1:],
        cells[:, :-1].copy(),
    )
    return cells


def _knots_of(sheet: Sheet, cells: Ints) -> Bools:
    """Return which knots are corners of the cells."""
    found = np.zeros(sheet.height * sheet.width, dtype=bool)
    for corner in (0, 1, sheet.width, sheet.width + 1):
        found[cells + corner] = True
    return found


def _walk(
    ticks: Grid,
    open_: Bools,
    active: Ints,
    walk: Walk,
) -> None:
    """Walk from the active knots over open ones, step by step, as long as that is sooner."""
    # metres are counted beside ticks: a walk ends at the cap also where time is left
    gone_mm = np.zeros(len(ticks), dtype=np.int32)
    changed = np.zeros(len(ticks), dtype=bool)
    while len(active):
        own_ticks, own_mm = ticks[active], gone_mm[active]
        for offset, step_mm, step_ticks in walk.steps:
            there = active + offset
            then = own_ticks + np.int32(step_ticks)
            walked_mm = own_mm + np.int32(step_mm)

            # first what the walk allows, then whether it is any gain
            allowed = open_[there] & (walked_mm <= walk.cap_mm) & (then <= walk.limit)
            sooner = allowed & (then < ticks[there])
            better = there[sooner]
            ticks[better], gone_mm[better] = then[sooner], walked_mm[sooner]
            changed[better] = True

        # only from where something has changed can anything further change
        active = np.flatnonzero(changed)
        changed[active] = False
