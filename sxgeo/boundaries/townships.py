"""Townships of the twelve counties by their old and new names: a name in an address still finds its
place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..catalog import read_table
from ..errors import UsageError


@dataclass(frozen=True, slots=True)
class Township:
    """One township of 2026, or an old one whose successor was not found.

    Attributes
    ----------
    name_zh
        The name of 2026; of an old one without a known successor its own.
    code
        Twelve digits; empty for such an old one.
    old_names
        Names under which older addresses have it.
    changed_on
        ISO year or day of the last change; empty where it is unknown.
    """

    county_code: str
    name_zh: str
    code: str
    old_names: tuple[str, ...] = ()
    changed_on: str = ""
    note: str = ""


def load_townships() -> tuple[Township, ...]:
    """Return every township, those of 2026 first, by code; then the old ones without a known
    successor.
    """
    changes = read_table("sources/township_names.csv")
    of_today = [_of_today(row, changes) for row in read_table("sources/townships_2026.csv")]

    # Those without a successor still stand in old papers.
    gone = [
        Township(
            c["county_code"],
            c["old_name"],
            "",
            (),
            c["changed_on"],
            c["note"],
        )
        for c in changes
        if not c["new_name"]
    ]
    return (*of_today, *gone)


def _of_today(row: Mapping[str, str], changes: Sequence[Mapping[str, str]]) -> Township:
    """Return a township with the names it had: it may have taken in several, each on its own
    date.
    """
    place = row["county_code"], row["township"]
    own = [c for c in changes if (c["county_code"], c["new_name"]) == place]
    old = tuple(c["old_name"] for c in own)
    since = max((c["changed_on"] for c in own), default="")
    notes = (row["note"], *(c["note"] for c in own))
    note = "; ".join(text for text in notes if text)
    return Township(*place, row["code"], old, since, note)


def find_township(name: str, *, county_code: str | None = None) -> Township:
    """Find a township by its name of today or an older one.

    Parameters
    ----------
    county_code
        Six digits; needed only where two counties have a township of one name.

    Raises
    ------
    UsageError
        If no township has the name, or several counties have one.
    """
    named = [
        t
        for t in load_townships()
        if name in (t.name_zh, *t.old_names) and county_code in (None, t.county_code)
    ]
    if not named:
        place = f" in {county_code}" if county_code else ""
        raise UsageError(f"no township '{name}'{place}; give its full name, e.g. 雁门关镇")

    # never the first of several: the others lie tens of kilometres away
    if len(named) > 1:
        raise UsageError(
            f"township '{name}' stands in {', '.join(t.county_code for t in named)}: give"
            " county_code"
        )
    return named[0]
