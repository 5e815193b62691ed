"""The pace of walking over open ground, as a grid: slope, classes of ground, barriers (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ...errors import InputError

if TYPE_CHECKING:
    from ..network.arrays import Bools, Floats, Ints

TOBLER_KMH, TOBLER_DECAY, TOBLER_BEST_SLOPE = 6.0, 3.5, -0.05
"""Tobler's hiking function: 6 km/h at a fall of 5 %, less by exp(-3.5 x deviation).

Source: W. Tobler, Three Presentations on Geographical Analysis and Modeling, NCGIA Technical Report
93-1, 1993, who fitted it to the tables of E. Imhof (1950).
"""
OFF_PATH_SHARE = 0.6
"""Off paths Tobler (same report) takes three fifths of the speed."""
OCTILE_EXCESS = 0.0824
"""A way over a grid of eight directions is at most this share longer than the straight one, never
shorter.
"""


@dataclass(frozen=True, slots=True)
class Grid:
    """Square cells on a CGCS2000 plane, rows from the north; corners lie on multiples of the cell.

    Attributes
    ----------
    crs
        The plane, as :func:`sxgeo.geometry.projection.plane_crs` names it.
    west_m, north_m, cell_m
        Corner of the first cell and side of a cell, metres.
    rows, columns
        Size.
    """

    crs: str
    west_m: float
    north_m: float
    cell_m: float
    rows: int
    columns: int

    def centres(self, first: int = 0, last: int | None = None) -> tuple[Floats, Floats]:
        """Return x of each column and y of the rows from `first` up to `last`, metres."""
        # rows count from the north, and y falls with them
        rows = np.arange(first, self.rows if last is None else last)
        x = np.asarray(
            self.west_m + (np.arange(self.columns) + 0.5) * self.cell_m, dtype=np.float64
        )
        return x, np.asarray(
            self.north_m - (rows + 0.5) * self.cell_m,
            dtype=np.float64,
        )

    def cells(self, x: Any, y: Any) -> tuple[Ints, Ints, Bools]:
        """Return row and column of places in metres, and whether they lie in the grid."""
        # a place without coordinates is NaN: it lies in no cell, and is no error
        with np.errstate(invalid="ignore"):
            row = np.floor((self.north_m - np.asarray(y)) / self.cell_m)
            column = np.floor((np.asarray(x) - self.west_m) / self.cell_m)
            inside = (row >= 0) & (row < self.rows) & (column >= 0) & (column < self.columns)
        # numbers that can be looked up in any case: whether they mean anything, `inside` says
        return (
            np.where(inside, row, 0).astype(np.int64),
            np.where(inside, column, 0).astype(np.int64),
            inside,
        )


@dataclass(
    frozen=True,
    eq=False,
    repr=False,
)
class FrictionSurface:
    """How long a metre takes in each cell of a grid.

    Attributes
    ----------
    grid
        Where the cells lie.
    min_per_m
        Minutes for a metre, in any direction, float64; infinite where nobody passes.
    known
        False where the rasters hold no value: nobody is led through such a cell.
    notes
        What was assumed or is missing, for the reader of what is made from it.
    """

    grid: Grid
    min_per_m: Floats
    known: Bools
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        rows, columns = self.known.shape
        return f"<FrictionSurface: {rows} x {columns} cells, {self.known.mean():.0%} known>"


def tobler_kmh(slope: npt.ArrayLike) -> Floats:
    """Return Tobler's walking speed in km/h on a path; `slope` is rise over run, negative
    downhill.
    """
    return TOBLER_KMH * np.exp(-TOBLER_DECAY * np.abs(np.asarray(slope) - TOBLER_BEST_SLOPE))


def slope_factor(slope: npt.ArrayLike) -> Floats:
    """Return how much longer a metre takes on a slope than on the level: the mean of up and down.

    A grid of paces knows no direction: what is lost uphill and won downhill is spread over both.
    """
    # a share of the level speed, for roads and fields have level speeds of their own
    level = tobler_kmh(0.0)
    return (level / tobler_kmh(slope) + level / tobler_kmh(-np.asarray(slope))) / 2


def steepest_slope(height_m: npt.NDArray[np.floating[Any]], cell_m: float) -> Floats:
    """Return the steepest slope (rise over run) in each cell.

    Central differences; one-sided where a neighbour has no height. NaN where the height itself is
    missing, or both neighbours in one direction.
    """
    # the steepest way lies between the two axes: both rises together
    rise = [_difference(height_m, axis) for axis in (0, 1)]
    return np.asarray(np.hypot(*rise) / cell_m, dtype=np.float64)


def _difference(height_m: npt.NDArray[np.floating[Any]], axis: int) -> Floats:
    """Return the change of height per cell along an axis."""
    before, after = _neighbours(height_m, axis)

    # at the rim and beside a hole the other side alone tells the slope
    there, here = np.isfinite(before), np.isfinite(after)
    both = (after - before) / 2
    one_sided = np.where(here, after - height_m, height_m - before)
    change = np.where(there & here, both, one_sided)

    # between two known neighbours a cell without a height has no slope either
    return np.asarray(change + 0.0 * height_m, dtype=np.float64)


def _neighbours(height_m: npt.NDArray[np.floating[Any]], axis: int) -> tuple[Floats, Floats]:
    """Return the heights of the cell before and of the cell behind each, along an axis."""
    # a column of nothing on either side, so that the rim has neighbours too
    rim = np.full_like(
        np.take(height_m, [0], axis=axis),
        np.nan,
        dtype=np.float64,
    )
    all_but_last = np.delete(height_m, -1, axis=axis)
    all_but_first = np.delete(height_m, 0, axis=axis)
    before = np.concatenate([rim, all_but_last], axis=axis)
    return before, np.concatenate([all_but_first, rim], axis=axis)


def friction(
    grid: Grid,
    height_m: npt.NDArray[np.floating[Any]],
    level_kmh: npt.NDArray[np.floating[Any]] | None = None,
    *,
    barrier: Bools | None = None,
    opening: Bools | None = None,
) -> FrictionSurface:
    """Build a surface from heights and speeds.

    Parameters
    ----------
    grid
        Where the cells lie.
    height_m
        Height of each cell; NaN where it is not known.
    level_kmh
        Walking speed on level ground in each cell, 0 where nobody passes, NaN where it is not
        known; None takes Tobler's off-path speed everywhere (3.02 km/h).
    barrier, opening
        Cells that nobody crosses; cells of bridges, which are walked at Tobler's level speed (5.04
        km/h) whatever lies under them, barriers included.

    Returns
    -------
    FrictionSurface
        Pace = 60 / (1000 x speed) x :func:`slope_factor`.

    Raises
    ------
    InputError
        If no cell at all can be passed.
    """
    slope = steepest_slope(height_m, grid.cell_m)

    # nobody said what grows there: it is walked as ground off the paths
    if level_kmh is None:
        level_kmh = np.full(height_m.shape, OFF_PATH_SHARE * tobler_kmh(0.0))

    # a cell without height or speed is unknown, which is more than impassable: it is told apart
    known = np.isfinite(slope) & np.isfinite(level_kmh)
    pace = np.where(known, _min_per_m(level_kmh, slope), np.inf)

    # barriers shut what the speed alone would let through
    if barrier is not None:
        pace[sealed(barrier)] = np.inf

    # last, for a bridge leads over whatever lies under it, and needs no height of the ground
    if opening is not None:
        pace[opening] = 60 / (1000 * float(tobler_kmh(0.0)))
        known = known | opening
    _refuse_closed(pace)
    return FrictionSurface(grid, pace, known)


def _refuse_closed(pace: Floats) -> None:
    # an answer of nothing reached would look like a finding
    if not np.isfinite(pace).any():
        raise InputError(
            "nobody can pass anywhere on this surface: every cell is a barrier, of speed 0 or"
            " unknown"
        )


def _min_per_m(level_kmh: npt.NDArray[np.floating[Any]], slope: Floats) -> Floats:
    """Return the minutes for a metre at a speed on the level; infinite where there is no pace."""
    # a speed of 0 divides by nothing, a cliff is steeper than numbers reach: nobody passes either
    with np.errstate(
        divide="ignore",
        invalid="ignore",
        over="ignore",
    ):
        level_min = 60 / (1000 * np.asarray(level_kmh, dtype=np.float64))
        pace = level_min * slope_factor(slope)
    return np.where(np.isfinite(pace), pace, np.inf)


def sealed(barrier: Bools) -> Bools:
    """Return a barrier without leaks: where two of its cells touch at a corner only, a third one
    joins them.

    The ways run in eight directions, and one could slip between the two.
    """
    shut = np.array(barrier, dtype=bool)
    northwest, northeast = shut[:-1, :-1], shut[:-1, 1:]
    southwest, southeast = shut[1:, :-1], shut[1:, 1:]
    while True:  # a cell that joins two may touch a third at a corner
        # all pairs are found before any is joined: the order of cells changes nothing
        falling = northwest & southeast & ~northeast & ~southwest
        rising = northeast & southwest & ~northwest & ~southeast
        if not falling.any() and not rising.any():
            return shut
        northeast |= falling
        northwest |= rising
