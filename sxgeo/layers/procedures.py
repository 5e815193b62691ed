"""Procedures that a project goes through wherever it lies, or where it touches a class: told, never
judged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..catalog import read_table
from ..errors import DataError, listed
from .classes import ALL_CLASS_IDS

TABLE = "sources/procedures.csv"
_COLUMNS = (
    *("procedure_id", "name_zh", "name_en", "resource_class", "trigger_zh", "what_zh", "what_en"),
    *("authority_zh", "law", "article", "seen", "source", "note"),
)
_FILLED = (
    "procedure_id",
    "name_zh",
    "name_en",
    "trigger_zh",
    "what_zh",
    "what_en",
    "authority_zh",
    "law",
    "source",
)


@dataclass(frozen=True, slots=True)
class Procedure:
    """One procedure.

    Attributes
    ----------
    resource_class
        The class that triggers it where it is touched; None for one that every project is asked
        about.
    seen
        Whether the words of the article were seen. One that was not is still a line of the table,
        and says so.
    """

    procedure_id: str
    name_zh: str
    name_en: str
    resource_class: str | None
    trigger_zh: str
    what_zh: str
    what_en: str
    authority_zh: str
    law: str
    article: str
    seen: bool
    source: str
    note: str


def load_procedures(touched: Collection[str] | None = None) -> tuple[Procedure, ...]:
    """Load the procedures.

    Parameters
    ----------
    touched
        Ids of the classes that a site touches or may touch; None takes every procedure. Those that
        hang on no class always come.

    Returns
    -------
    tuple of Procedure
        Sorted by id.

    Raises
    ------
    DataError
        If the table is broken; all problems in one message, each with its row.
    """
    rows = read_table(TABLE)
    if found := procedure_problems(rows):
        raise DataError(listed(f"data/{TABLE} is broken:", found))

    # one that hangs on no class goes with every project
    every = sorted((_procedure(row) for row in rows), key=lambda p: p.procedure_id)
    return tuple(
        p
        for p in every
        if touched is None or p.resource_class is None or p.resource_class in touched
    )


def procedure_problems(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """Name every broken promise of the table, each with its row (counted from 1)."""
    # Without its columns no row can be judged.
    if missing := sorted(set(_COLUMNS) - set(rows[0] if rows else ())):
        return [f"missing column(s): {', '.join(missing)}"]
    found = []
    seen: set[str] = set()
    for number, row in enumerate(rows, start=1):
        name = f"row {number} ({row['procedure_id'] or 'no id'})"
        found += [f"{name}: {text}" for text in _row_problems(row, seen)]
        seen.add(row["procedure_id"])
    return found


def _row_problems(row: Mapping[str, str], before: set[str]) -> Iterator[str]:
    """Name what is wrong with a row, whose id must not be one of those before."""
    for column in _FILLED:
        if not row[column]:
            yield f"no {column}"
    if row["procedure_id"] in before:
        yield "id stands twice"
    if row["resource_class"] not in ("", *ALL_CLASS_IDS):
        yield f"unknown class '{row['resource_class']}'"
    if row["seen"] not in ("true", "false"):
        yield f"unknown value of seen '{row['seen']}'"

    # what nobody can look up was not seen
    if row["seen"] == "true" and not row["article"]:
        yield "seen without an article"


def _procedure(row: Mapping[str, str]) -> Procedure:
    texts = {column: row[column] for column in _COLUMNS if column not in ("resource_class", "seen")}
    return Procedure(
        **texts,
        resource_class=row["resource_class"] or None,
        seen=row["seen"] == "true",
    )
