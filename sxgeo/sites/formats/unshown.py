"""What a sheet holds and its program does not show: rows that are hidden or filtered away, columns
that are hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely

if TYPE_CHECKING:
    from .headings import Columns
    from .table import Table

_UNSEEN = "表中不显示 not shown by the sheet: "
_MOST = 5


@dataclass(frozen=True, slots=True)
class Unshown:
    """Rows, counted from 1, and columns, counted from 0, that a sheet does not show.

    Attributes
    ----------
    rows, columns
        Hidden ones, and those of no height or width.
    is_filtered
        Whether a filter is on, which hides rows as well.
    """

    rows: frozenset[int] = frozenset()
    columns: frozenset[int] = frozenset()
    is_filtered: bool = False


ALL_SHOWN = Unshown()
"""A table of text, or a sheet that shows all that it holds."""


def tell_unshown(
    table: Table,
    numbers: Sequence[Sequence[int]],
    unshown: Unshown,
    above: Sequence[int],
    columns: Columns,
    shown_only: Callable[[int], Any],
) -> None:
    """Put a remark on every feature that rests on what the sheet does not show.

    What is hidden is screened all the same. A plot that would be no larger without its hidden rows
    is certain: what is clear of the larger one is clear of the other. One that would reach
    elsewhere without them (a hole, a notch) is in doubt.

    Parameters
    ----------
    table
        Of the sheet; its remarks are added to.
    numbers
        The numbers of the rows of each feature.
    unshown
        What is not shown.
    above
        The numbers of the rows of headings and titles.
    columns
        Which column is what.
    shown_only
        Draws a feature, by its row in `table`, from the rows that are shown; None where they draw
        nothing.
    """
    common = _common(unshown, above, columns)
    for index, own in enumerate(numbers):
        for words in common:
            table.remark(index, words)
        hidden = [number for number in own if number in unshown.rows]
        if not hidden:
            continue
        words = _hidden_words(hidden, unshown)
        # one that is hidden whole has no smaller form to compare it with
        if len(hidden) == len(own) or _is_within(shown_only(index), table.shapes[index]):
            table.remark(index, f"{words}: show them, or delete them")
        else:
            other = "and the plot is another one without them: show them, or delete them"
            table.doubt(index, f"{words}, {other}")


def _hidden_words(rows: Sequence[int], unshown: Unshown) -> str:
    # which of the two hid a row the sheet does not say
    how = "筛选或隐藏 filtered or hidden" if unshown.is_filtered else "隐藏 hidden"
    return f"{_UNSEEN}{how}, {_told('row', rows)}; read all the same"


def _common(
    unshown: Unshown,
    above: Sequence[int],
    columns: Columns,
) -> list[str]:
    """Say what is hidden of headings and of columns that were read."""
    found = []
    # a hidden column that was not read changes nothing
    read = {getattr(columns, key): head for key, head in columns.names.items()}
    names = [f"'{read[index]}'" for index in sorted(unshown.columns & read.keys())]
    if names:
        found.append(f"{_UNSEEN}隐藏 hidden, column {', '.join(names)}; read all the same")
    titles = [number for number in above if number in unshown.rows]
    if titles:
        found.append(f"{_UNSEEN}隐藏 hidden, {_told('row', titles)} (headings); read all the same")
    return found


def _told(what: str, numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, sorted(numbers)[:_MOST]))
    return f"{what} {shown}{' ...' if len(numbers) > _MOST else ''}"


def _is_within(shown: Any, whole: Any) -> bool:
    """Whether a shape drawn from what is shown lies in that drawn from all, which may be broken."""
    # what is left draws no area: nothing of it can lie elsewhere
    if shown is None or whole is None or shapely.area(shown) == 0:
        return True
    return bool(shapely.covers(shapely.make_valid(whole), shapely.make_valid(shown)))
