"""The workbook of a dossier: sheets that print on A4 landscape without being shrunk."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..reports.cells import Table, area_cells, columns_of
from ..reports.filing import land_sheet, overlap_sheet
from ..reports.tables import (
    county_words,
    labels,
    site_words,
    sources_brief,
    usable,
)
from .alternatives import alternatives
from .chinese import chinese
from .departments import first_page
from .lists import (
    attachments,
    consents,
    gathered_materials,
    gathered_procedures,
    named,
    points_with_prefix,
)
from .totals import total_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..model.outcomes import SiteOutcome
    from ..reports.answer import Answer
    from ..reports.cells import Cell
    from ..reports.report import Report
    from .chapters import Material

_PLOT_COLUMNS = columns_of(
    ("地块", 18),
    ("所在县（市、区）", 16),
    ("面积（㎡）", 14),
    ("公顷", 11),
    ("亩", 10),
    ("据已收录资料", 18),
    ("总体判定", 18),
    ("说明", 40),
)


def sheets(material: Material) -> list[Table]:
    """Return the tables of the workbook, the first page first."""
    # The first page of the document is also the first sheet: who opens one file sees it.
    report = material.report
    tables: list[Table | None] = [
        replace(first_page(report), heading="首页　各部门意见要点"),
        plots(report),
        *_land_sheets(report),
        gathered_procedures(report),
        *alternatives(report, material.layers),
        gathered_materials(report),
        named(report, points_with_prefix(report)),
        consents(report),
        attachments(material.files),
        material.blanks.table(),
        sources_brief(report),
    ]
    # a table that does not apply to these plots is no empty sheet
    return [table for table in tables if table is not None]


def _land_sheets(report: Report) -> Iterator[Table | None]:
    """What is taken, plot by plot and in all, and the land that it is."""
    yield named(report, overlap_sheet(report))
    yield total_table(report)
    yield named(report, land_sheet(report, "land_use"))
    yield named(report, land_sheet(report, "planned_use"))


def plots(report: Answer) -> Table:
    """One row per plot: where it is, how large, and what came out."""
    rows = [_plot_row(report, outcome) for outcome in report.sites]

    # A sum of alternatives means nothing, which its row says.
    if len(usable(report)) > 1:
        whole = sum(outcome.area_m2 or 0.0 for outcome in usable(report))
        rows.append(("各地块合计", None, *area_cells(whole), None, None, "备选方案之间不相加"))
    notes = ("面积为投影面积；总体判定计入资料是否完备。",)
    return Table("地块一览", "地块一览", _PLOT_COLUMNS, tuple(rows), notes)


def _plot_row(report: Answer, outcome: SiteOutcome) -> tuple[Cell, ...]:
    return (
        site_words(outcome.site),
        county_words(report, outcome) if outcome.site.usable else None,
        *area_cells(outcome.area_m2),
        *labels(outcome),
        "；".join(dict.fromkeys(map(chinese, outcome.site.problems))) or "—",
    )
