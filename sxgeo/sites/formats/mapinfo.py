"""How many objects a MapInfo table or MIF holds by its own bytes: its driver passes over a word
that it does not know, and over rows that a shorter part of an older export lacks.
"""

from __future__ import annotations

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


def mif_objects(path: Path) -> int:
    """Count the objects of a MIF.

    Raises
    ------
    InputError
        If a line of its data begins with a word that MIF does not know; the message lacks the name
        of the file.
    """
    count = parts = 0
    in_data = False
    with path.open(encoding="latin-1", newline=None) as lines:
        for number, line in enumerate(lines, start=1):
            words = line.split(maxsplit=2)
            # numbers continue the object above them
            if not words or not words[0][0].isalpha():
                continue
            word = words[0].lower()
            if not in_data:
                in_data = word == "data"
                continue
            if word in _OBJECTS:
                # the parts of a collection follow it and are no objects of their own
                if parts:
                    parts -= 1
                else:
                    count += 1
                if word == "collection" and len(words) > 1 and words[1].isdigit():
                    parts = int(words[1])
            elif word not in _CLAUSES:
                raise InputError(
                    f"line {number} of its data begins with '{words[0][:40]}', which is no object"
                    " of"
                    " MIF: it would be passed over; correct it, or export the table again"
                )
    return count


def mid_rows(path: Path) -> int:
    """Count the rows of a MID; a text in quotes may go over several lines."""
    rows, is_open = 0, False
    with path.open("rb") as lines:
        for line in lines:
            if not is_open and not line.strip():
                continue
            rows += not is_open
            is_open ^= line.count(b'"') % 2 == 1
    return rows


def tab_objects(path: Path) -> int:
    """Count the rows that the index of the objects (.id) of a MapInfo table holds."""
    return path.stat().st_size // _ID_BYTES
