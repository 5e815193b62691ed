"""A batch as a file: CSV for Excel, a workbook with the summary first, a GeoPackage for the map."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from ..errors import UsageError
from ..files.writing import csv_line, write_bytes, write_gpkg
from ..geometry.projection import GEOGRAPHIC
from ..wording import OUTCOME_ZH, REPORT_DISCLAIMER, USER_DATA_NOTICE
from .archive import library, spooled, without_clock
from .batch_table import TRIAGE_ZH, BatchSummary, Brief, columns_of, heading_of, row_of

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

    from ..model.outcomes import SiteOutcome
    from .batch_table import BatchColumn, BatchTerms

BOM = "\ufeff"
"""Without it Chinese Excel reads a CSV file as GBK."""
MOST_ROWS = 1_000_000
"""Rows of a sheet of a workbook, the heading and a little more left out."""
_TELLTALE = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_WIDTHS = {
    "site_id": 14,
    "name": 16,
    "county": 12,
    "triage": 20,
    "verdict": 16,
    "known_verdict": 16,
}


def csv_lines(
    outcomes: Iterable[SiteOutcome],
    terms: BatchTerms,
    *,
    bom: bool,
) -> Iterator[str]:
    """Yield a batch as lines of CSV, the heading first; formulas are defused."""
    columns = columns_of(terms)
    yield (BOM if bom else "") + csv_line(heading_of(c, terms) for c in columns)
    for outcome in outcomes:
        yield csv_line(row_of(columns, Brief(outcome)))


def write_batch_gpkg(
    outcomes: Iterable[SiteOutcome],
    terms: BatchTerms,
    path: Path,
) -> Path:
    """Write a batch as the layer `sites` of a GeoPackage, with the names of the data as columns."""
    return write_gpkg({"sites": _frame(outcomes, terms)}, path)


def write_batch_parquet(
    outcomes: Iterable[SiteOutcome],
    terms: BatchTerms,
    path: Path,
) -> Path:
    """Write a batch as GeoParquet, with the names of the data as columns.

    Raises
    ------
    UsageError
        If pyarrow is not installed.
    """
    target = io.BytesIO()
    try:
        _frame(outcomes, terms).to_parquet(target, index=False)
    except ImportError as error:
        raise UsageError(
            "this format needs pyarrow, which is not installed: pip install sxgeo[parquet]"
        ) from error
    return write_bytes(target.getvalue(), path)


def _frame(outcomes: Iterable[SiteOutcome], terms: BatchTerms) -> gpd.GeoDataFrame:
    columns = columns_of(terms)
    rows, shapes = [], []
    for outcome in outcomes:
        rows.append(row_of(columns, Brief(outcome)))
        shapes.append(outcome.site.geometry)
    table = pd.DataFrame(rows, columns=[c.key for c in columns], dtype=object)

    # a column of numbers in which some are missing must not become one of texts
    for column in columns:
        if column.number:
            table[column.key] = pd.to_numeric(table[column.key])
    return gpd.GeoDataFrame(
        table,
        geometry=gpd.GeoSeries(shapes, crs=GEOGRAPHIC),
        crs=GEOGRAPHIC,
    )


def write_batch_xlsx(
    outcomes: Iterable[SiteOutcome],
    terms: BatchTerms,
    path: Path,
    *,
    told: Sequence[str],
    as_of: str,
) -> Path:
    """Write a batch as a workbook: summary by county and class, what to get first, sites in the
    order of work, nearest resources.

    Parameters
    ----------
    told
        Lines for the head of the summary: the project, the date, whose data.
    as_of
        The day that stands in the file in place of the clock.

    Raises
    ------
    UsageError
        If the sites are more than a sheet holds, or openpyxl is not installed.
    """
    # a library that is missing is told before the wait
    library("openpyxl")
    columns = columns_of(terms)
    summary = BatchSummary(terms)
    rows = _sheet_rows(outcomes, columns, summary)

    # rows are sorted at the end: which come first is known when all are answered
    order = next(n for n, c in enumerate(columns) if c.key == "triage")
    ranked = sorted(rows, key=lambda row: str(row[order]))
    with spooled():
        content = _workbook(columns, ranked, summary, terms, told, as_of)
    return write_bytes(content, path)


def _sheet_rows(
    outcomes: Iterable[SiteOutcome],
    columns: Sequence[BatchColumn],
    summary: BatchSummary,
) -> list[list[Any]]:
    """Return the rows of as many sites as a sheet holds, and count them in the summary."""
    rows: list[list[Any]] = []
    for outcome in outcomes:
        site = Brief(outcome)
        summary.add(site)
        rows.append(row_of(columns, site))

        # refused, not cut: a sheet that ends early looks like all of it
        if len(rows) > MOST_ROWS:
            raise UsageError(
                f"a sheet holds {MOST_ROWS} sites; write .csv, .gpkg or .parquet, or split the"
                " batch"
            )
    return rows


def _workbook(
    columns: Sequence[BatchColumn],
    rows: Sequence[Sequence[Any]],
    summary: BatchSummary,
    terms: BatchTerms,
    told: Sequence[str],
    as_of: str,
) -> bytes:
    # rows go out as they come: a whole book of them would fill the memory
    book = library("openpyxl").Workbook(write_only=True)
    book.properties.creator, book.properties.title = "sxgeo", "批量选址筛查"
    _summary_sheet(book, summary, terms, told)
    main, near = _two_sheets(columns)
    _table_sheet(book, "地块清单", columns, main, rows, terms)
    _table_sheet(book, "最近资源", columns, near, rows, terms)
    target = io.BytesIO()
    book.save(target)
    return without_clock(target.getvalue(), as_of)


def _two_sheets(columns: Sequence[BatchColumn]) -> tuple[list[int], list[int]]:
    """Part the columns into a sheet to work from and a sheet to look up: dozens of distances would
    hide the verdict.
    """
    distances = ("_nearest", "_distance_m", "_error_m")
    main = [n for n, c in enumerate(columns) if not c.key.endswith(distances)]
    near = [n for n, c in enumerate(columns) if n not in main or c.key in ("site_id", "name")]
    return main, near


_SUMMARY_WIDTHS = (26, 16, 16, 20, 18, 24, 16, 14, 40)


@dataclass(frozen=True, slots=True)
class _Page:
    """The sheet of the summary, what it tells, and the styles of its cells."""

    sheet: WriteOnlyWorksheet
    summary: BatchSummary
    terms: BatchTerms
    styles: dict[str, Any]

    @property
    def zh(self) -> bool:
        """Whether titles and heads are Chinese."""
        return self.terms.headings == "zh"

    def title(self, words: str) -> None:
        _line(self.sheet, words, self.styles, bold=True)

    def line(self, words: str) -> None:
        _line(self.sheet, words, self.styles)

    def head(self, words: Sequence[str]) -> None:
        _head(self.sheet, words, self.styles)

    def row(self, values: Sequence[object]) -> None:
        _row(self.sheet, values, self.styles)


def _summary_title(page: _Page) -> str:
    count = page.summary.sites
    return f"批量选址筛查：{count} 个地块" if page.zh else f"{count} sites"


def _summary_sheet(
    book: Workbook,
    summary: BatchSummary,
    terms: BatchTerms,
    told: Sequence[str],
) -> None:
    sheet = book.create_sheet("汇总")
    for letter, width in zip("ABCDEFGHI", _SUMMARY_WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    _print_setup(sheet, None)

    # what was asked stands above what was found: a number without it may be misread
    page = _Page(sheet, summary, terms, _styles())
    page.title(_summary_title(page))
    for text in told:
        page.line(text)

    # an empty row before each part
    for write in (_county_part, _class_part, _next_part):
        sheet.append([])
        write(page)
    sheet.append([])
    page.line(REPORT_DISCLAIMER)


def _next_part(page: _Page) -> None:
    """Write which material is worth getting first: the one that can change most answers."""
    zh, terms = page.zh, page.terms
    page.title(
        "三、先取哪份资料（按能改变多少个地块的结论排列）" if zh else "what data to get first"
    )
    heads = [
        "类",
        "只差这一类的地块",
        "贴近该类已知资源的地块",
        "结论可能变重的地块",
        "主管部门",
        "资料",
    ]
    english = ["class", "only_open", "near", "could_change", "keeper", "material"]
    page.head(heads if zh else english)
    for entry in page.summary.next_documents():
        cells = [
            terms.title(entry.class_id),
            entry.only_open,
            entry.near,
            entry.could_change,
            entry.keeper_zh,
            entry.material_zh,
        ]
        page.row(cells)


_CLASS_COUNTS = ("conflict", "regulated", "undetermined", "touched_unbound", "none_found")
_CLASS_HEADS = ["class", *_CLASS_COUNTS, "open"]
_CLASS_HEADS_ZH = ["类", *(OUTCOME_ZH[k] for k in _CLASS_COUNTS), "资料不足以定论"]


def _class_part(page: _Page) -> None:
    """Write what was found in each class, by the number of plots."""
    terms, by_class = page.terms, page.summary.by_class
    page.title("二、按类（地块数，据已收录资料）" if page.zh else "by class")
    page.head(_CLASS_HEADS_ZH if page.zh else _CLASS_HEADS)
    for class_id in (c for c in terms.classes if c in by_class):
        counts = by_class[class_id]
        numbers = [counts[k] for k in _CLASS_COUNTS]
        page.row([terms.title(class_id), *numbers, counts["open"]])


_COUNTY_HEADS = ["county", *TRIAGE_ZH, "sites"]
_COUNTY_HEADS_ZH = ["县（市、区）", *TRIAGE_ZH.values(), "合计"]


def _county_part(page: _Page) -> None:
    """Write how many plots of each county stand in which place of the order of work."""
    by_county = page.summary.by_county
    page.title("一、按县（市、区）和处理次序" if page.zh else "by county")
    page.head(_COUNTY_HEADS_ZH if page.zh else _COUNTY_HEADS)
    for county in sorted(by_county):
        counts = by_county[county]
        page.row([county, *counts.values(), sum(counts.values())])
    totals = [sum(c[key] for c in by_county.values()) for key in TRIAGE_ZH]
    page.row(["合计" if page.zh else "all", *totals, page.summary.sites])


def _table_sheet(
    book: Workbook,
    title: str,
    columns: Sequence[BatchColumn],
    picked: Sequence[int],
    rows: Sequence[Sequence[Any]],
    terms: BatchTerms,
) -> None:
    sheet = book.create_sheet(title)
    _set_widths(sheet, [columns[number] for number in picked])
    sheet.freeze_panes = "C2"
    _print_setup(sheet, 1)
    letter = library("openpyxl.utils").get_column_letter
    sheet.auto_filter.ref = f"A1:{letter(len(picked))}{len(rows) + 1}"
    styles = _styles()
    _head(sheet, [heading_of(columns[n], terms) for n in picked], styles)
    for row in rows:
        # a cell of its own is made only for texts that a spreadsheet would take for something else
        sheet.append([_cell(sheet, row[n], styles) for n in picked])


def _set_widths(sheet: WriteOnlyWorksheet, columns: Sequence[BatchColumn]) -> None:
    letter = library("openpyxl.utils").get_column_letter
    for place, column in enumerate(columns, start=1):
        width = _WIDTHS.get(column.key, 40 if column.wide else 14)
        sheet.column_dimensions[letter(place)].width = width


def _styles() -> dict[str, Any]:
    made = library("openpyxl.styles")
    return {
        "bold": made.Font(
            name="黑体",
            size=12,
            bold=True,
        ),
        "plain": made.Font(name="宋体", size=10),
        "head": made.Font(
            name="黑体",
            size=10,
            color="FFFFFF",
        ),
        "fill": made.PatternFill("solid", fgColor="2F4B6E"),
        "wrap": made.Alignment(wrap_text=True, vertical="center"),
    }


def _cell(
    sheet: WriteOnlyWorksheet,
    value: object,
    styles: dict[str, Any],
) -> object:
    if not isinstance(value, str):
        return value

    # a control character makes the file unreadable; a text that begins like a formula is marked as
    # text
    text = "".join(c if c.isprintable() or c == "\n" else " " for c in value)
    if not text.startswith(_TELLTALE):
        return text
    made = library("openpyxl.cell").WriteOnlyCell(sheet, value=None)
    made.value, made.data_type, made.quotePrefix = text, "s", True
    return made


def _line(
    sheet: WriteOnlyWorksheet,
    text: str,
    styles: dict[str, Any],
    *,
    bold: bool = False,
) -> None:
    # made empty: given to it at once, a text that begins with = would be a formula
    cell = library("openpyxl.cell").WriteOnlyCell(sheet, value=None)
    cell.value, cell.data_type = text, "s"
    cell.font = styles["bold" if bold else "plain"]
    sheet.append([cell])


def _head(
    sheet: WriteOnlyWorksheet,
    texts: Sequence[str],
    styles: dict[str, Any],
) -> None:
    cells = []
    for text in texts:
        cell = library("openpyxl.cell").WriteOnlyCell(sheet, value=text)
        cell.font, cell.fill, cell.alignment = styles["head"], styles["fill"], styles["wrap"]
        cells.append(cell)
    sheet.append(cells)


def _row(
    sheet: WriteOnlyWorksheet,
    values: Sequence[object],
    styles: dict[str, Any],
) -> None:
    sheet.append([_cell(sheet, value, styles) for value in values])


def _print_setup(sheet: WriteOnlyWorksheet, head: int | None) -> None:
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = library(
        "openpyxl.worksheet.properties"
    ).PageSetupProperties(fitToPage=True)
    if head is not None:
        sheet.print_title_rows = f"{head}:{head}"


def told_lines(
    project_words: Sequence[tuple[str, str]],
    as_of: str,
    data_date: str,
    *,
    own: bool,
) -> list[str]:
    """Return the lines at the head of the summary."""
    project = "；".join(f"{label}：{value}" for label, value in project_words)
    return [
        f"时点 {as_of}    数据版本 {data_date}    {project}",
        *([USER_DATA_NOTICE] if own else []),
    ]
