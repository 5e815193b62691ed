"""压占分析表 of one plot for the document: what is taken line by line, what is not in as few rows as
may be.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..model.outcomes import gravest_per_feature
from ..reports.cells import Column
from ..reports.filing import overlap_sheet
from ..reports.overlap_table import overlap_table
from ..reports.sentences import hectares, mu, place_words, touch_words
from ..reports.tables import site_words, usable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ..model.outcomes import ClassOutcome, Finding, SiteOutcome
    from ..reports.cells import Cell, Table
    from ..reports.overlap_table import OverlapRow, OverlapTable
    from ..reports.report import Report

_NAMES = 3
_WIDTHS = {
    "控制线、类别": 22.0,
    "占比": 10.0,
    "条款": 20.0,
    "处置": 50.0,
}
"""Of columns that hold more here: what is not taken stands together in the last."""


def overlap_sheets(report: Report) -> Iterator[Table]:
    """Yield a table for each plot that has an area, its name in the heading."""
    for outcome in usable(report):
        alone = overlap_sheet(replace(report, sites=(outcome,)))
        if alone.rows:
            heading = f"压占分析表（{site_words(outcome.site)}）"
            rows = tuple(_gathered(alone))
            table = alone.without("地块编号")
            columns = tuple(Column(c.label, _WIDTHS.get(c.label, c.width)) for c in table.columns)
            yield replace(
                table,
                heading=heading,
                rows=rows,
                columns=columns,
            )


def _gathered(table: Table) -> Iterator[tuple[Cell, ...]]:
    """Yield the rows that take land; then those that take none, by what is said of them; then the
    sums.
    """
    # Headings, since the columns belong to the table of the report.
    labels = [column.label for column in table.columns]
    area, patches = labels.index("面积（㎡）"), labels.index("图斑数")

    # Sums last, as a reader adds them up.
    taking = [row for row in table.rows if row[area] is not None]
    yield from (row[1:] for row in taking if row[patches] is not None)
    yield from _idle([row for row in table.rows if row[area] is None], labels)
    yield from (row[1:] for row in taking if row[patches] is None)


def _idle(rows: Iterable[tuple[Cell, ...]], labels: Sequence[str]) -> Iterator[tuple[Cell, ...]]:
    """A row without area takes nothing; of such, one line says what is said of all."""
    title = labels.index("控制线、类别")
    by_words: dict[str, list[str]] = {}
    for row in rows:
        by_words.setdefault(str(row[-1]), []).append(str(row[title]))
    blank: tuple[Cell, ...] = (None,) * (len(labels) - 3)
    for words, names in by_words.items():
        yield (words, *blank, "、".join(names))


def taken_words(
    report: Report,
    outcome: SiteOutcome,
    entry: ClassOutcome,
) -> str:
    """Say what a plot takes of a class in all, or how they meet; empty where nothing decides."""
    findings = [f for f in gravest_per_feature(entry) if _decides(f)]
    if not findings:
        return ""
    table = overlap_table(outcome, report.classes)
    rows = _rows_of(table, entry.resource_class)

    # No area in common: a line, a point, or a mere touch, and it is said how they meet.
    if not rows or table is None:
        return _meeting_words(findings)
    area_m2 = _area_of(rows)

    # A few names, then how many.
    names = list(dict.fromkeys(place_words(f) for f in findings))
    told = "、".join(names[:_NAMES]) + (f"等{len(names)}处" if len(names) > _NAMES else "")
    share = area_m2 / table.area_m2
    return f"压占{told}{hectares(area_m2)}公顷（{mu(area_m2)}亩，占{share:.1%}）"


def _decides(finding: Finding) -> bool:
    """What frees or merely lies near takes nothing, and is not told here."""
    return finding.outcome in ("conflict", "regulated") or finding.relation in ("unbound", "shared")


def _rows_of(table: OverlapTable | None, class_id: str) -> list[OverlapRow]:
    """The rows of a class that take land."""
    rows = table.rows if table is not None else ()
    return [row for row in rows if row.class_id == class_id and row.area_m2]


def _meeting_words(findings: Sequence[Finding]) -> str:
    words = [touch_words(f).removeprefix("地块") for f in findings[:_NAMES]]
    more = f"等{len(findings)}处" if len(findings) > _NAMES else ""
    return "；".join(dict.fromkeys(words)) + more


def _area_of(rows: Sequence[OverlapRow]) -> float:
    """A total counts overlapping records once; a sum would count them twice."""
    whole = next((row for row in rows if row.is_total), None)
    return (whole.area_m2 if whole is not None else sum(r.area_m2 or 0.0 for r in rows)) or 0.0
