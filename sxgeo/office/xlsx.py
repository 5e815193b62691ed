"""Report -> workbook: one sheet per table of wording.md, made to be filtered, printed and handed on."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

from ..sentences import text_width
from ..wording import ARCHAEOLOGY_REMINDER, OUTCOME_ZH, REPORT_DISCLAIMER, USER_DATA_NOTICE
from .archive import library, without_clock
from .content import (
    Cell,
    Number,
    Table,
    classes,
    clean,
    head_words,
    materials,
    overlaps,
    points,
    project_words,
    receipt,
    sources,
    summary,
)

if TYPE_CHECKING:
    from ..report import Report

_FONT = "宋体"
_TELLTALE = tuple("=+-@\t\r\n＝＋－＠")
_FILLS = {"conflict": "F8D7DA", "regulated": "FFE8CC", "undetermined": "FFF6CC", "not_screened": "E9ECEF"}
_TOP = 3
"""Rows above the header: heading, the day and the data, notes."""


def workbook_bytes(report: Report) -> bytes:
    """Return the report as an XLSX file.

    Parameters
    ----------
    report
        Sites may be many; each stands in the first column of every sheet.

    Returns
    -------
    bytes
        Eight sheets in the order of wording.md; same report, same bytes.

    Raises
    ------
    UsageError
        If openpyxl is not installed.
    """
    openpyxl = library("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    book.properties.creator = "sxgeo"
    book.properties.title = "选址冲突筛查"
    tables = (
        summary(report),
        overlaps(report),
        classes(report, extra=False),
        classes(report, extra=True),
        materials(report),
        sources(report),
        receipt(report),
        points(report),
    )
    for table in tables:
        sheet = book.create_sheet(table.name)
        last = _fill(sheet, table, _day(report))
        if table is tables[0]:
            _closing(sheet, report, last, len(table.columns))
    target = io.BytesIO()
    book.save(target)
    return without_clock(target.getvalue(), report.as_of)


def _day(report: Report) -> str:
    told = "；".join(f"{label}：{value}" for label, value in project_words(report))
    return f"时点 {report.as_of}    数据版本 {report.receipt['data']['data_date']}    {told}"


def _fill(sheet: Any, table: Table, day: str) -> int:
    """Write a table into an empty sheet; return the last row."""
    styles = library("openpyxl.styles")
    letter = library("openpyxl.utils").get_column_letter
    last_column = letter(len(table.columns))
    for number, column in enumerate(table.columns, start=1):
        sheet.column_dimensions[letter(number)].width = column.width + 1
    wide = sum(c.width for c in table.columns)
    bold = styles.Font(name="黑体", size=14, bold=True)
    _line(sheet, 1, last_column, table.heading, bold, wide, size=14)
    _line(sheet, 2, last_column, day, styles.Font(name=_FONT, size=9), wide)
    _line(sheet, 3, last_column, " ".join(table.notes), styles.Font(name=_FONT, size=9, color="555555"), wide)
    head = _TOP + 1
    for number, column in enumerate(table.columns, start=1):
        _put(
            sheet,
            head,
            number,
            head_words(column.label),
            styles.Font(name="黑体", size=10, color="FFFFFF"),
            middle=True,
        )
        sheet.cell(head, number).fill = styles.PatternFill("solid", fgColor="2F4B6E")
    sheet.row_dimensions[head].height = 15.0 * max(_lines(head_words(c.label), c.width) for c in table.columns) + 3
    font = styles.Font(name=_FONT, size=10)
    for offset, row in enumerate(table.rows, start=1):
        for number, cell in enumerate(row, start=1):
            _put(sheet, head + offset, number, cell, font)
        sheet.row_dimensions[head + offset].height = _height(table, row)
    last = head + len(table.rows)
    if not table.rows:
        last += 1
        _line(sheet, last, last_column, table.empty, font, wide)
    else:
        sheet.auto_filter.ref = f"A{head}:{last_column}{last}"
    _print_setup(sheet, head)
    return last


def _closing(sheet: Any, report: Report, last: int, columns: int) -> None:
    """Write the disclaimers below the first table."""
    styles = library("openpyxl.styles")
    last_column = library("openpyxl.utils").get_column_letter(columns)
    wide = sum(
        sheet.column_dimensions[library("openpyxl.utils").get_column_letter(i + 1)].width for i in range(columns)
    )
    font = styles.Font(name=_FONT, size=10)
    for offset, text in enumerate(closing_words(report), start=2):
        _line(sheet, last + offset, last_column, text, font, wide)


def closing_words(report: Report) -> list[str]:
    """Return the reminder and the disclaimers that every file carries in full."""
    own = [USER_DATA_NOTICE] if report.receipt.get("user_layers") else []
    return [ARCHAEOLOGY_REMINDER, *own, REPORT_DISCLAIMER]


def _line(sheet: Any, row: int, last_column: str, text: str, font: Any, wide: float, *, size: float = 10) -> None:
    """Write one text across the table."""
    sheet.merge_cells(f"A{row}:{last_column}{row}")
    _put(sheet, row, 1, text, font, border=False)
    sheet.row_dimensions[row].height = 1.4 * size * _lines(text, wide * 10 / size) + 3


def _put(
    sheet: Any, row: int, column: int, value: Cell, font: Any, *, middle: bool = False, border: bool = True
) -> None:
    styles = library("openpyxl.styles")
    cell = sheet.cell(row, column)
    number = isinstance(value, Number) and math.isfinite(value.value)
    if isinstance(value, Number) and number:
        cell.value = int(value.value) if not value.digits and not value.percent else value.value
        cell.number_format = _number_format(value)
    else:
        text = "—" if value is None or isinstance(value, Number) else clean(value)
        cell.value = text
        cell.data_type = "s"  # never a formula, never an error code
        cell.quotePrefix = text.startswith(_TELLTALE)
        cell.number_format = "@"
        code = next((c for c, zh in OUTCOME_ZH.items() if text and text == zh), None)
        if border and code in _FILLS:
            cell.fill = styles.PatternFill("solid", fgColor=_FILLS[code])
    cell.font = font
    horizontal = "center" if middle or value is None else "right" if number else "left"
    vertical = "center" if border else "top"
    cell.alignment = styles.Alignment(horizontal=horizontal, vertical=vertical, wrap_text=True)
    if border:
        edge = styles.Side(style="thin", color="BBBBBB")
        cell.border = styles.Border(left=edge, right=edge, top=edge, bottom=edge)


def _number_format(number: Number) -> str:
    decimals = "." + "0" * number.digits if number.digits else ""
    whole = "#,##0" if number.grouped and not number.percent else "0"
    return f"{whole}{decimals}{'%' if number.percent else ''}_)"  # a gap as wide as a bracket at the right


def _lines(text: str, width: float) -> int:
    """How many lines a text takes in a column; one character is kept free, words may not fill a line."""
    return sum(max(1, math.ceil(text_width(part) / max(width - 1, 2))) for part in text.split("\n"))


def _height(table: Table, row: tuple[Cell, ...]) -> float:
    lines = max(
        _lines(clean("" if cell is None else cell), column.width)
        for cell, column in zip(row, table.columns, strict=True)
    )
    return min(13.5 * lines + 4, 409.0)


def _print_setup(sheet: Any, head: int) -> None:
    sheet.freeze_panes = f"A{head + 1}"
    sheet.print_title_rows = f"{head}:{head}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_options.horizontalCentered = True
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top, margins.bottom, margins.header, margins.footer = 0.5, 0.75, 0.3, 0.4
    sheet.oddFooter.left.text = "&A"
    sheet.oddFooter.center.text = "第 &P 页，共 &N 页"
    sheet.oddFooter.right.text = "选址阶段辅助筛查"
