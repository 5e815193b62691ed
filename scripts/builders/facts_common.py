"""Shared steps of the fact import: exact tables, exact rounding, dates, wording."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from .formats import read_csv

POSITION_DIGITS = Decimal("0.001")
ROUNDING_M = 75
"""Added to the accuracy of a rounded point: 0.0005 degree each way is at most 71 m at 38 N, rounded
up.
"""

_V = TypeVar("_V")
_DATES = (
    r"(?<!\d)(?P<y>20\d{2})-(?P<m>\d{2})(?:-(?P<d>\d{2}))?(?!\d)",
    r"(?<!\d)(?P<y>20\d{2})/(?P<m>\d{2})(?P<d>\d{2})(?!\d)",
    r"(?<!\d)t?(?P<y>20\d{2})(?P<m>\d{2})(?P<d>\d{2})(?=[_/A])",
)
_LEFTOVERS = re.compile(
    r"public (?:page|GitHub)|\bearlier\b|lon_mem|[Mm]achine|lead only|\bseed\b|citing"
    r" it|None|rejected"
)


class Unmapped:
    """Collects everything that the explicit tables do not know, so that one run names it all."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._used: dict[int, set[str]] = {}

    def report(self, problem: str) -> None:
        """Add a problem once."""
        if problem not in self.problems:
            self.problems.append(problem)

    def look_up(self, table: Mapping[str, _V], key: str, where: str, default: _V) -> _V:
        """Return ``table[key]``; report an unknown key and return `default`."""
        if key not in table:
            self.report(f"{where}: '{key}' is not mapped")
            return default
        self._used.setdefault(id(table), set()).add(key)
        return table[key]

    def columns(self, path: Path, known: Iterable[str]) -> list[dict[str, str]]:
        """Read a table; report columns that are missing or unknown."""
        rows = read_csv(path)
        found = set(rows[0]) if rows else set()
        for column in sorted(found ^ set(known)):
            self.report(
                f"{path.name}: column '{column}' is"
                f" {'not mapped' if column in found else 'missing'}"
            )
        return rows if found == set(known) else []

    def unused(self, table: Mapping[str, _V], name: str) -> None:
        """Report entries of a table that no row needed: the facts have changed under it."""
        for key in table:
            if key not in self._used.get(id(table), set()):
                self.report(f"{name}: entry '{key}' is needed by no row")


def rounded_position(lon: str, lat: str, accuracy_m: str) -> tuple[str, str, str]:
    """Round a point to 3 decimals; when that moves it, enlarge its accuracy by 75 m."""
    if not lon:
        return "", "", ""
    exact = Decimal(lon), Decimal(lat)
    near = tuple(value.quantize(POSITION_DIGITS) for value in exact)
    moved = near != exact
    enlarged = str(int(accuracy_m) + (ROUNDING_M if moved else 0)) if accuracy_m else ""
    return f"{near[0].normalize():f}", f"{near[1].normalize():f}", enlarged


def latest_date(text: str) -> str:
    """Return the latest date that stands in a source, as ISO year-month or day; else blank."""
    found = []
    for pattern in _DATES:
        for match in re.finditer(pattern, text):
            parts = match.groupdict()
            try:
                date(int(parts["y"]), int(parts["m"]), int(parts["d"] or 1))
            except ValueError:
                continue
            found.append("-".join(part for part in (parts["y"], parts["m"], parts["d"]) if part))
    return max(found, default="")


def reword(text: str, fragments: Mapping[str, str], unmapped: Unmapped, where: str) -> str:
    """Replace or drop whole ``; ``-separated fragments by a table; report wording that must not
    remain.
    """
    kept = []
    for fragment in filter(None, text.split("; ")):
        if fragment in fragments:
            fragment = unmapped.look_up(fragments, fragment, where, "")
        if fragment:
            kept.append(fragment)
    joined = "; ".join(dict.fromkeys(kept))
    if match := _LEFTOVERS.search(joined):
        unmapped.report(f"{where}: wording '{match.group()}' needs an entry: {joined}")
    return joined


def sorted_codes(text: str) -> str:
    """Return `text` with its codes joined by ``;`` and sorted."""
    return ";".join(sorted(filter(None, text.split(";"))))
