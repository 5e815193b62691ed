"""The workbook of a dossier: sheets that print on A4 landscape without being shrunk."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..reports.cells import Column, Table, area_cells, columns_of
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
    from ..reports.answer import Answer
    from ..reports.cells import Cell
    from .chapters import Material

_ROOM_PX = 1040
"""Width of A4 landscape between the margins at 96 dots an inch: wider sheets are printed smaller.
"""
_PX_PER_LETTER, _PADDING_PX = 7, 5
_LEAST = 5.0


def sheets(material: Material) -> list[Table]:
    """Return the tables of the workbook, the first page first."""
    report = material.report
    page = replace(first_page(report), heading="首页　各部门意见要点")
    tables: list[Table | None] = [
        page,
        plots(report),
        named(report, overlap_sheet(report)),
        total_table(report),
        named(report, land_sheet(report, "land_use")),
        named(report, land_sheet(report, "planned_use")),
        gathered_procedures(report),
        *alternatives(report, material.layers),
        gathered_materials(report),
        named(report, points_with_prefix(report)),
        consents(report),
        attachments(material.files),
        material.blanks.table(),
        sources_brief(report),
    ]
    return [fitted(table) for table in tables if table is not None]


def plots(report: Answer) -> Table:
    """One row per plot: where it is, how large, and what came out."""
    columns = columns_of(
        ("地块", 18),
        ("所在县（市、区）", 16),
        ("面积（㎡）", 14),
        ("公顷", 11),
        ("亩", 10),
        ("据已收录资料", 18),
        ("总体判定", 18),
        ("说明", 40),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            site_words(outcome.site),
            county_words(report, outcome) if outcome.site.usable else None,
            *area_cells(outcome.area_m2),
            *labels(outcome),
            "；".join(dict.fromkeys(map(chinese, outcome.site.problems))) or "—",
        )
        for outcome in report.sites
    )
    notes = ("面积为投影面积；总体判定计入资料是否完备。",)
    if len(usable(report)) > 1:
        whole = sum(outcome.area_m2 or 0.0 for outcome in usable(report))
        rows += (("各地块合计", None, *area_cells(whole), None, None, "备选方案之间不相加"),)
    return Table("地块一览", "地块一览", columns, rows, notes)


def printed_px(table: Table) -> float:
    """Return how wide a sheet is, in dots of 96 an inch."""
    return sum((column.width + 1) * _PX_PER_LETTER + _PADDING_PX for column in table.columns)


def fitted(table: Table) -> Table:
    """Return a table whose columns are no wider together than the paper, so that it is printed at
    its own size.
    """
    too_much = printed_px(table) / _ROOM_PX
    if too_much <= 1:
        return table
    fixed = len(table.columns) * (_PX_PER_LETTER + _PADDING_PX)
    factor = (_ROOM_PX - fixed) / (printed_px(table) - fixed)
    columns = tuple(
        Column(column.label, max(_LEAST, column.width * factor)) for column in table.columns
    )
    return replace(table, columns=columns)
