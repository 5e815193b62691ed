"""Many rows with one fault are one line: what is wrong, how often, and which rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_NUMBERS = re.compile(r"-?\d+(?:\.\d+)?")
_IDS = re.compile(r"feature_id '[^']*' stands in row\(s\) [\d, ]+")
FEW = 3
"""So many equal lines stand for themselves; more become one."""
_NAMED = 5


def collapsed(lines: Iterable[tuple[str, str]], *, what: str = "rows") -> list[str]:
    """Join lines that say the same of different rows.

    Parameters
    ----------
    lines
        What each row is called, and what is wrong with it.
    what
        What the rows are.

    Returns
    -------
    list of str
        In the order in which each fault comes first; a fault of more than `FEW` rows is one line
        with their number, its first rows, and its words as the first of them has it (figures in it
        may differ).
    """
    told = list(lines)

    # Shown where the first of its kind stood, so that the list keeps the order of the file.
    shown: dict[int, str] = {}
    for places in _by_kind(text for _, text in told):
        if len(places) <= FEW:
            shown |= {place: "{}: {}".format(*told[place]) for place in places}
        else:
            shown[places[0]] = _as_one([told[place] for place in places], what)
    return [shown[place] for place in sorted(shown)]


def _kind(text: str) -> str:
    return _NUMBERS.sub("#", _IDS.sub("feature_id stands twice", text))


def _as_one(lines: Sequence[tuple[str, str]], what: str) -> str:
    """Say once what is said of many rows, in the words of the first."""
    names = ", ".join(name for name, _ in lines[:_NAMED])
    more = f" ... and {len(lines) - _NAMED} more" if len(lines) > _NAMED else ""
    return f"{len(lines)} {what}, {names}{more}: {lines[0][1]}"


def _by_kind(texts: Iterable[str]) -> Iterable[list[int]]:
    """Group the places of texts that are of one kind: that differ only in numbers and ids."""
    kinds: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        kinds.setdefault(_kind(text), []).append(place)
    return kinds.values()
