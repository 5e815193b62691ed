"""What the project adds to the imported facts: corrections of cells, and records beyond them.

`amendments.csv` changes single cells of imported records; each line says the old value, the new
one, why and by which source, so an import of changed facts names every line that no longer fits.
`added_records.csv` holds whole records that the fact tables do not have; an import never writes it,
it only sees to it that the ids continue the series.
"""

from __future__ import annotations

from pathlib import Path

from .facts_common import Unmapped, latest_date
from .formats import read_csv

AMENDMENTS = "amendments.csv"
ADDED = "added_records.csv"
AMENDMENT_COLUMNS = ("feature_id", "column", "old", "new", "reason", "source")

Row = dict[str, str]


def amend(rows: list[Row], amendments: list[Row], unmapped: Unmapped) -> list[Row]:
    """Return the rows with every amendment applied.

    A changed `source` brings its own `source_date`. An amendment of an unknown record or column, or
    whose old value is not the one that the facts give, is reported and left out.
    """
    amended = {row["feature_id"]: dict(row) for row in rows}
    for line in amendments:
        identity, column = line["feature_id"], line["column"]
        row = amended.get(identity, {})
        if column not in row:
            unmapped.report(f"{AMENDMENTS}: {identity} {column} is not in the facts")
        elif row[column] != line["old"]:
            unmapped.report(
                f"{AMENDMENTS}: {identity} {column} is '{row[column]}' in the facts, not"
                f" '{line['old']}'"
            )
        elif line["new"] == line["old"] or not line["reason"]:
            unmapped.report(f"{AMENDMENTS}: {identity} {column} changes nothing or gives no reason")
        else:
            row[column] = line["new"]
            if column == "source":
                row["source_date"] = latest_date(line["new"])
    return list(amended.values())


def settled(rows: list[Row], amendments: list[Row], added: set[str]) -> tuple[list[Row], list[str]]:
    """Apply amendments to rows that may have them already: what the build does, with no folder of
    facts at hand.

    Parameters
    ----------
    rows
        Records as they stand in data/sources, amended or not.
    added
        Ids of added records: they are changed in their own table, an amendment of one is a mistake.

    Returns
    -------
    rows, problems
        The rows with every amendment, and each line that fits none, with its number (the header is
        line 1).
    """
    amended = {row["feature_id"]: dict(row) for row in rows}
    seen: set[tuple[str, str]] = set()
    found = []
    for number, line in enumerate(amendments, start=2):
        identity, column = line["feature_id"], line["column"]
        name = f"{AMENDMENTS} line {number} ({identity} {column})"
        row = amended.get(identity)
        if identity in added:
            found.append(f"{name}: an added record; change its row in {ADDED}")
        elif row is None:
            found.append(f"{name}: unknown record")
        elif column not in row or column == "feature_id":
            found.append(f"{name}: unknown column")
        elif (identity, column) in seen:
            found.append(
                f"{name}: amended twice; keep one line with the first old value and the last"
                " new one"
            )
        elif not line["reason"] or not line["source"] or line["new"] == line["old"]:
            found.append(f"{name}: changes nothing, or gives no reason or no source")
        elif row[column] not in (line["old"], line["new"]):
            found.append(
                f"{name}: the record says '{row[column]}', neither the old value nor the new one"
            )
        else:
            row[column] = line["new"]
            if column == "source":
                row["source_date"] = latest_date(line["new"])
        seen.add((identity, column))
    return list(amended.values()), found


def read_amendments(sources: Path) -> list[Row]:
    """Read the amendments of `sources`; none when there is no such file."""
    path = sources / AMENDMENTS
    return read_csv(path) if path.is_file() else []


def series_problems(imported: set[str], added: list[str]) -> list[str]:
    """Name every added id that is taken, or does not come after the numbered ones of its prefix."""
    found = []
    for identity in added:
        prefix, _, number = identity.partition("-")
        taken = [int(i.partition("-")[2]) for i in imported if i.startswith(f"{prefix}-")]
        if identity in imported or not number.isdigit() or int(number) <= max(taken, default=0):
            found.append(f"{ADDED}: {identity} does not continue the series of {prefix}")
    return found
