"""A person's opinion beside the computed answer: who, when, why, on what document.

Never instead of it.
"""

from __future__ import annotations

from pathlib import Path

from ..catalog import is_day
from ..errors import InputError, listed
from ..files.contents import read_toml
from ..layers.classes import ALL_CLASS_IDS
from ..model.outcomes import OUTCOMES, Override

_KEYS = ("site_id", "resource_class", "outcome", "who", "when", "reason", "document")
_NEEDED = ("site_id", "outcome", "who", "when", "reason", "document")


def read_overrides(path: str | Path) -> tuple[Override, ...]:
    """Read a TOML file of `[[override]]` tables.

    Raises
    ------
    InputError
        If it cannot be read or a table lacks something; all problems in one message.
    """
    file = Path(path)
    parsed, _ = read_toml(file, "override file")
    tables = parsed.get("override")
    if not isinstance(tables, list) or not tables:
        raise InputError(f"override file '{file}' holds no [[override]] table")
    found = [
        f"override {n}: {text}"
        for n, table in enumerate(tables, start=1)
        for text in _problems(table)
    ]
    if found:
        raise InputError(listed(f"override file '{file}' cannot be used:", found))
    return tuple(
        Override(**{key: str(table[key]) for key in _KEYS if key in table}) for table in tables
    )


def _problems(table: object) -> list[str]:
    if not isinstance(table, dict):
        return ["not a table"]
    found = [f"unknown key '{key}'; known: {', '.join(_KEYS)}" for key in table if key not in _KEYS]
    found += [
        f"'{key}' is missing or empty" for key in _NEEDED if not str(table.get(key, "")).strip()
    ]
    if table.get("outcome", OUTCOMES[0]) not in OUTCOMES:
        found.append(f"unknown outcome '{table['outcome']}'; known: {', '.join(OUTCOMES)}")
    if table.get("resource_class", ALL_CLASS_IDS[0]) not in ALL_CLASS_IDS:
        found.append(f"unknown class '{table['resource_class']}'")
    if not is_day(str(table.get("when", "2000-01-01"))):
        found.append(f"'when' is '{table['when']}', not a date YYYY-MM-DD")
    return found


def matched(overrides: tuple[Override, ...], site_ids: set[str]) -> dict[str, tuple[Override, ...]]:
    """Sort opinions by site.

    Raises
    ------
    InputError
        If one names a site that was not screened.
    """
    # an opinion on a site that is not there has a misspelt id, and would be lost
    if strange := sorted({o.site_id for o in overrides} - site_ids):
        raise InputError(
            f"override for unknown site(s) {', '.join(strange)}; screened:"
            f" {', '.join(sorted(site_ids))}"
        )
    return {
        site_id: tuple(o for o in overrides if o.site_id == site_id) for site_id in sorted(site_ids)
    }
