"""Report -> workbook: one sheet per table of wording.md, made to be filtered, printed and handed
on.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from ..wording import (
    ARCHAEOLOGY_REMINDER,
    NOTIFY_ZH,
    OUTCOME_ZH,
    REPORT_DISCLAIMER,
    USER_DATA_NOTICE,
)
from .archive import library, spooled, without_clock
from .cells import Number, clean, head_words
from .filing import land_sheet, overlap_sheet, procedure_sheet
from .fitting import fitted
from .sentences import text_width
from .tables import classes, materials, overlaps, points, project_words, receipt, sources, summary

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell as OpenpyxlCell
    from openpyxl.worksheet.worksheet import Worksheet

    from .answer import Answer
    from .cells import Cell, Column, Table

_TELLTALE = tuple("=+-@\t\r\n＝＋－＠")
_FILLS = {
    "conflict": "F8D7DA",
    "regulated": "FFE8CC",
    "undetermined": "FFF6CC",
    "not_screened": "E9ECEF",
}
_FILL_OF = {OUTCOME_ZH[code]: colour for code, colour in _FILLS.items()} | {
    NOTIFY_ZH[0]: _FILLS["regulated"]
}


@dataclass(frozen=True, slots=True)
class _Look:
    """How a cell looks; `risky` text gets the prefix that keeps it text when it is edited."""

    font: str = "宋体"
    size: float = 10
    bold: bool = False
    colour: str = "000000"
    fill: str = ""
    side: str = "left"
    border: bool = False
    form: str = "@"
    risky: bool = False


def workbook_bytes(report: Answer) -> bytes:
    """Return the report as an XLSX file.

    Parameters
    ----------
    report
        Sites may be many; each stands in the first column of every sheet.

    Returns
    -------
    bytes
        The eight sheets of wording.md in their order, then those that a filing needs; same report,
        same bytes.

    Raises
    ------
    UsageError
        If openpyxl is not installed.
    """
    tables = (
        summary(report),
        overlaps(report),
        classes(report, extra=False),
        classes(report, extra=True),
        materials(report),
        sources(report),
        receipt(report),
        points(report),
        overlap_sheet(report),
        land_sheet(report, "land_use"),
        land_sheet(report, "planned_use"),
        procedure_sheet(report),
    )
    return tables_bytes("选址冲突筛查", tables, _day(report), closing_words(report), report.as_of)


def tables_bytes(
    title: str,
    tables: Sequence[Table],
    line: str,
    closing: Sequence[str],
    day: str,
) -> bytes:
    """Return tables as the sheets of an XLSX file.

    Parameters
    ----------
    line
        Stands under the heading of every sheet.
    closing
        Texts below the first table.
    day
        ISO date that stands for the clock.

    Raises
    ------
    UsageError
        If openpyxl is not installed.
    """
    book = _book(title)

    # rows are written into the archive at the end, sheet by sheet
    rows: dict[str, Callable[[bytes], Iterator[bytes]]] = {}
    for number, table in enumerate(tables, start=1):
        sheet = _Sheet(book.create_sheet(table.name), fitted(table))
        rows[f"xl/worksheets/sheet{number}.xml"] = sheet.with_rows
        sheet.fill(line)
        if table is tables[0]:
            sheet.close(closing)
    return without_clock(_saved(book), day, rows)


def _saved(book: Workbook) -> bytes:
    """Return a workbook as the bytes of its file."""
    target = io.BytesIO()
    with spooled():
        book.save(target)
    return target.getvalue()


def _widened(sheet: Worksheet, columns: Sequence[Column]) -> list[str]:
    """Make the columns of a sheet as wide as they are to be; return their letters."""
    letter_of = library("openpyxl.utils").get_column_letter
    letters = [letter_of(k + 1) for k in range(len(columns))]
    for letter, column in zip(letters, columns, strict=True):
        sheet.column_dimensions[letter].width = column.width + 1
    return letters


# Any: openpyxl has no types.
def _book(title: str) -> Any:
    """Return an empty workbook; the sheet that openpyxl begins with is none of ours."""
    book = library("openpyxl").Workbook()
    book.remove(book.active)
    book.properties.creator, book.properties.title = "sxgeo", title
    return book


def _day(report: Answer) -> str:
    told = "；".join(f"{label}：{value}" for label, value in project_words(report))
    return f"时点 {report.as_of}    数据版本 {report.receipt['data']['data_date']}    {told}"


def closing_words(report: Answer) -> list[str]:
    """Return the reminder and the disclaimers that every file carries in full."""
    own = [USER_DATA_NOTICE] if report.receipt.get("user_layers") else []
    return [ARCHAEOLOGY_REMINDER, *own, REPORT_DISCLAIMER]


class _Sheet:
    """One sheet being written: its table, the row that comes next, and the styles that it has
    built.
    """

    def __init__(self, sheet: Worksheet, table: Table) -> None:
        self.sheet, self.table = sheet, table
        self.styles = library("openpyxl.styles")
        self.letters = _widened(sheet, table.columns)
        self.last_column = self.letters[-1]
        self.head = 0
        self.wide = sum(c.width for c in table.columns)
        self.row = 0

        # a style is built once for each look, however many cells have it
        self.built: dict[_Look, Any] = {}
        self.numbers: dict[tuple[int, bool, bool], str] = {}
        self.texts: dict[str | None, str] = {}

    def fill(self, day: str) -> None:
        """Write heading, day, notes, header and rows."""
        self.line(
            self.table.heading,
            _Look(
                font="黑体",
                size=14,
                bold=True,
            ),
        )
        self.line(day, _Look(size=9))
        self.line(
            " ".join(self.table.notes),
            _Look(size=9, colour="555555"),
        )
        self.header()

        # rows are not written here: their XML is put in when the file is packed
        rows = self.table.rows
        self.learn(rows)
        self.row += len(rows)
        if rows:
            self.sheet.auto_filter.ref = f"A{self.head}:{self.last_column}{self.row}"
        else:
            self.line(self.table.empty, _Look())
        _print_setup(self.sheet, self.head)

    def header(self) -> None:
        """Write the row of labels, as high as the longest of them needs."""
        columns = self.table.columns
        labels = [head_words(c.label) for c in columns]
        look = _Look(
            font="黑体",
            colour="FFFFFF",
            fill="2F4B6E",
            side="center",
            border=True,
        )
        most = max(_lines(t, c.width) for t, c in zip(labels, columns, strict=True))
        self.cells(labels, look, 15.0 * most + 3)
        self.head = self.row

    def learn(self, rows: Sequence[tuple[Cell, ...]]) -> None:
        """Build the styles that the rows need, and the XML of every text once: most texts stand
        many times.
        """
        for row in rows:
            for cell in row:
                if isinstance(cell, Number) and math.isfinite(cell.value):
                    self._learn_number(cell)
                else:
                    self._learn_text(cell)

    def _learn_number(self, cell: Number) -> None:
        kind = cell.digits, cell.percent, cell.grouped
        if kind not in self.numbers:
            look = _Look(
                border=True,
                form=_number_format(cell),
                side="right",
            )
            self.numbers[kind] = f'" s="{self.style(look)}" t="n"><v>'

    def _learn_text(self, cell: Cell) -> None:
        # a number that is none is written as a text, and stands for nothing
        value = None if cell is None or isinstance(cell, Number) else cell
        if value in self.texts:
            return
        text, look = _text_look(value if value is not None else cell, _Look(border=True))

        # a space at the end would be lost without the word that keeps it
        space = ' xml:space="preserve"' if text != text.strip() else ""
        told = escape(text, {"\r": "&#13;"})
        self.texts[value] = (
            f'" s="{self.style(look)}" t="inlineStr"><is><t{space}>{told}</t></is></c>'
        )

    def style(self, look: _Look) -> int:
        """Return the number of a style in the workbook."""
        if look not in self.built:
            self.built[look] = self.dress(
                library("openpyxl.cell").Cell(self.sheet, row=1, column=1), look
            )
        cell = library("openpyxl.cell").Cell(self.sheet, row=1, column=1)
        cell._style = copy(self.built[look])
        return int(cell.style_id)

    def with_rows(self, sheet: bytes) -> Iterator[bytes]:
        """Put the rows of the table into the XML of the sheet, behind the header; openpyxl would
        take minutes for many.
        """
        begin = sheet.index(b'<row r="%d"' % self.head)
        cut = sheet.index(b"</row>", begin) + len(b"</row>")
        last = self.head + len(self.table.rows)

        # openpyxl wrote the extent of the sheet before the rows were in it
        extent = b'<dimension ref="A1:%s%d"/>' % (self.last_column.encode(), max(last, self.row))
        yield _DIMENSION.sub(extent, sheet[:cut], count=1)
        for number, row in enumerate(self.table.rows, start=self.head + 1):
            yield self._row_xml(number, row)
        yield sheet[cut:]

    def _row_xml(self, number: int, row: tuple[Cell, ...]) -> bytes:
        height = _height(self.table, row)
        cells = "".join(
            f'<c r="{letter}{number}{self.written(cell)}'
            for letter, cell in zip(self.letters, row, strict=True)
        )
        return f'<row r="{number}" ht="{height:.16g}" customHeight="1">{cells}</row>'.encode()

    def written(self, cell: Cell) -> str:
        """Return the XML of a cell behind its place."""
        if isinstance(cell, Number):
            if not math.isfinite(cell.value):
                return self.texts[None]
            value = int(cell.value) if not cell.digits and not cell.percent else cell.value
            told = str(value) if isinstance(value, int) else f"{value:.16g}"
            return f"{self.numbers[cell.digits, cell.percent, cell.grouped]}{told}</v></c>"
        return self.texts[cell]

    def close(self, texts: Sequence[str]) -> None:
        """Write texts below the table, a free row between."""
        self.row += 1
        for text in texts:
            self.line(text, _Look())

    def line(self, text: str, look: _Look) -> None:
        """Write one text across the table."""
        self.row += 1
        self.sheet.merge_cells(f"A{self.row}:{self.last_column}{self.row}")
        self.put(1, text, look)
        self.sheet.row_dimensions[self.row].height = (
            1.4 * look.size * _lines(text, self.wide * 10 / look.size) + 3
        )

    def cells(
        self,
        row: Sequence[Cell],
        look: _Look,
        height: float,
    ) -> None:
        """Write a row of the table."""
        self.row += 1
        for number, cell in enumerate(row, start=1):
            self.put(number, cell, look)
        self.sheet.row_dimensions[self.row].height = height

    def put(
        self,
        column: int,
        value: Cell,
        look: _Look,
    ) -> None:
        """Write a value into a cell of the row; text stays text, whatever it starts with."""
        cell = self.sheet.cell(self.row, column)
        if isinstance(value, Number) and math.isfinite(value.value):
            cell.value = _plain_number(value)
            look = replace(look, form=_number_format(value), side="right")
        else:
            text, look = _text_look(value, look)
            cell.value = text

            # never a formula, never an error code
            cell.data_type = "s"

        # building a style takes longer than writing a cell
        if look not in self.built:
            self.built[look] = self.dress(cell, look)
        cell._style = copy(self.built[look])

    def dress(self, cell: OpenpyxlCell, look: _Look) -> Any:
        """Give a cell its look; return what openpyxl keeps of it."""
        cell.font = self.styles.Font(
            name=look.font,
            size=look.size,
            bold=look.bold,
            color=look.colour,
        )
        cell.number_format, cell.quotePrefix = look.form, look.risky
        vertical = "center" if look.border else "top"
        cell.alignment = self.styles.Alignment(
            horizontal=look.side,
            vertical=vertical,
            wrap_text=True,
        )
        if look.fill:
            cell.fill = self.styles.PatternFill("solid", fgColor=look.fill)
        if look.border:
            cell.border = self._frame()
        return cell._style

    def _frame(self) -> Any:
        """Return a thin grey line round a cell."""
        edge = self.styles.Side(style="thin", color="BBBBBB")
        return self.styles.Border(
            left=edge,
            right=edge,
            top=edge,
            bottom=edge,
        )


def _text_look(value: Cell, look: _Look) -> tuple[str, _Look]:
    """Return a text as it stands in a cell, and its look."""
    text = "—" if value is None or isinstance(value, Number) else clean(value)

    # only cells of the table are coloured: a line above may read like an outcome
    fill = look.fill or (_FILL_OF.get(text, "") if look.border else "")
    side = "center" if value is None else look.side
    return text, replace(
        look,
        risky=text.startswith(_TELLTALE),
        fill=fill,
        side=side,
    )


_DIMENSION = re.compile(rb'<dimension ref="[^"]*"/>')


def _number_format(number: Number) -> str:
    decimals = "." + "0" * number.digits if number.digits else ""
    whole = "#,##0" if number.grouped and not number.percent else "0"
    return (  # a gap as wide as a bracket at the right
        f"{whole}{decimals}{'%' if number.percent else ''}_)"
    )


@lru_cache(maxsize=100_000)
def _lines(text: str, width: float) -> int:
    """How many lines a text takes in a column; one character is kept free, words may not fill a
    line.
    """
    return sum(max(1, math.ceil(text_width(part) / max(width - 1, 2))) for part in text.split("\n"))


def _height(table: Table, row: tuple[Cell, ...]) -> float:
    lines = 1
    for cell, column in zip(row, table.columns, strict=True):
        if cell is not None:
            lines = max(
                lines,
                _lines(
                    str(cell) if isinstance(cell, Number) else clean(cell),
                    column.width,
                ),
            )

    # the format knows no higher row
    return min(13.5 * lines + 4, 409.0)


def _print_setup(sheet: Worksheet, head: int) -> None:
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


def _plain_number(number: Number) -> float:
    """Return a number as a cell keeps it: a count as a whole number, without a point."""
    is_count = not number.digits and not number.percent
    return int(number.value) if is_count else number.value
