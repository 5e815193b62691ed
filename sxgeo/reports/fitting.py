"""How wide the columns of a sheet are, so that it is printed on A4 landscape with letters that can
be read.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from .cells import Cell, Column, Number, Table

ROOM_PX = 1040
"""Width of A4 landscape between the margins at 96 dots an inch: wider sheets are printed
smaller.
"""
_PX_PER_LETTER, _PADDING_PX = 7, 5
_LEAST = 5.0


def printed_px(table: Table) -> float:
    """Return how wide a sheet is, in dots of 96 an inch."""
    return sum((column.width + 1) * _PX_PER_LETTER + _PADDING_PX for column in table.columns)


def fitted(table: Table) -> Table:
    """Return a table whose columns are no wider together than the paper, so that it is printed at
    its own size.

    Columns of text are narrowed alike and their texts take more lines. A number takes no second
    line: where numbers alone need more than the paper, the sheet stays wider.
    """
    if printed_px(table) <= ROOM_PX:
        return table
    fixed = len(table.columns) * (_PX_PER_LETTER + _PADDING_PX)
    room = (ROOM_PX - fixed) / _PX_PER_LETTER
    least = [
        min(column.width, max(_LEAST, _widest(table.rows, number)))
        for number, column in enumerate(table.columns)
    ]

    # what the widest words leave of the paper is shared out by what each column asked for beyond
    spare = sum(column.width for column in table.columns) - sum(least)
    share = max(0.0, room - sum(least)) / spare if spare > 0 else 0.0
    columns = map(partial(_narrowed, share=share), table.columns, least)
    return replace(table, columns=tuple(columns))


def _narrowed(
    column: Column,
    least: float,
    *,
    share: float,
) -> Column:
    """Return a column between its least width and its own, rounded down to a tenth."""
    width = least + (column.width - least) * share
    return Column(column.label, math.floor(10 * width) / 10)


def _widest(rows: Sequence[Sequence[Cell]], number: int) -> float:
    """Return the letters of the longest number of a column, and one to spare; 0 without one."""
    told = (row[number] for row in rows)
    return max((len(str(cell)) + 1.0 for cell in told if isinstance(cell, Number)), default=0.0)
