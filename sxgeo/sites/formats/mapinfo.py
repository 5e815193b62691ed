"""How many objects a MapInfo table or MIF holds by its own bytes: its driver passes over a word
that it does not know, and over rows that a shorter part of an older export lacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import InputError

_OBJECTS = frozenset(
    {
        "arc",
        "collection",
        "ellipse",
        "line",
        "multipoint",
        "none",
        "pline",
        "point",
        "rect",
        "region",
        "roundrect",
        "text",
    }
)
"""Words that begin an object of a MIF."""
_CLAUSES = frozenset(
    {
        "angle",
        "brush",
        "center",
        "font",
        "justify",
        "label",
        "pen",
        "smooth",
        "spacing",
        "symbol",
    }
)
"""Words that say how an object is drawn."""
_ID_BYTES = 4


@dataclass(slots=True)
class _Drawn:
    """An object of a MIF: the positions that it states, and those that stand below it."""

    word: str = ""
    line: int = 0
    stated: int | None = None
    found: int = 0

    def add(self, words: Sequence[str]) -> None:
        """Take a line of numbers: how many positions follow, or positions."""
        if self.stated is None:
            return
        if len(words) == 1 and self.word != "multipoint" and words[0].isdigit():
            self.stated += int(words[0])
        else:
            self.found += len(words) // 2

    def check(self) -> None:
        """Refuse other positions than stated: the driver passes over those that are too many."""
        if self.stated is not None and self.found != self.stated:
            raise InputError(
                f"line {self.line}: its {self.word} states {self.stated} positions and has"
                f" {self.found}; correct it, or export the table again"
            )


def _begun(words: Sequence[str], line: int) -> _Drawn:
    """Return the object that a line begins; what it states is known where the line ends there."""
    word = words[0].lower()
    rest = [text.lower() for text in words[1:]]
    is_alone = len(rest) == 1 and rest[0].isdigit()
    is_counted = not rest or is_alone or rest[0] == "multiple"
    if word not in ("region", "pline", "multipoint") or not is_counted:
        return _Drawn(word, line)
    # a line or points in one state their positions here, all others above each part
    first = int(rest[0]) if word != "region" and rest and rest[0].isdigit() else 0
    return _Drawn(word, line, first)


@dataclass(slots=True)
class _Objects:
    """The objects of a MIF so far, and the one that is being drawn."""

    count: int = 0
    parts: int = 0
    drawn: _Drawn = field(default_factory=_Drawn)

    def begin(self, words: Sequence[str], line: int) -> None:
        """Take the line that begins an object."""
        self.drawn.check()
        self.drawn = _begun(words, line)
        # the parts of a collection follow it and are no objects of their own
        if self.parts:
            self.parts -= 1
        else:
            self.count += 1
        if self.drawn.word == "collection" and len(words) > 1 and words[1].isdigit():
            self.parts = int(words[1])


def mif_objects(path: Path) -> int:
    """Count the objects of a MIF.

    Raises
    ------
    InputError
        If a line of its data begins with a word that MIF does not know, or an object has other
        positions than it states; the message lacks the name of the file.
    """
    objects = _Objects()
    in_data = False
    with path.open(encoding="latin-1", newline=None) as lines:
        for number, line in enumerate(lines, start=1):
            words = line.split()
            if not words:
                continue
            # numbers continue the object above them
            if not words[0][0].isalpha():
                objects.drawn.add(words)
                continue
            word = words[0].lower()
            if not in_data:
                in_data = word == "data"
            elif word in _OBJECTS:
                objects.begin(words, number)
            elif word not in _CLAUSES:
                raise InputError(
                    f"line {number} of its data begins with '{words[0][:40]}', which is no object"
                    " of"
                    " MIF: it would be passed over; correct it, or export the table again"
                )
    objects.drawn.check()
    return objects.count


def mid_rows(path: Path) -> int:
    """Count the rows of a MID; a text in quotes may go over several lines."""
    rows, is_open = 0, False
    with path.open("rb") as lines:
        for line in lines:
            if not is_open and not line.strip():
                continue
            # a row ends where the line does, unless a text is still open
            rows += not is_open
            is_open ^= line.count(b'"') % 2 == 1
    return rows


def tab_objects(path: Path) -> int:
    """Count the rows that the index of the objects (.id) of a MapInfo table holds."""
    return path.stat().st_size // _ID_BYTES
