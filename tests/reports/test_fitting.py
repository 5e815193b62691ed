"""Sheets fit A4 landscape with letters that can be read, and no number is cut."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest

import sxgeo
from sxgeo.reports.cells import Number, Table, columns_of
from sxgeo.reports.fitting import ROOM_PX, fitted, printed_px
from sxgeo.reports.xlsx import workbook_bytes

SITES = Path(__file__).parents[2] / "examples" / "sites"


def table(*columns: tuple[str, float], rows: tuple[tuple[object, ...], ...] = ()) -> Table:
    return Table("t", "t", columns_of(*columns), rows)  # type: ignore[arg-type]


def test_a_table_that_fits_is_left_as_it_is() -> None:
    narrow = table(("a", 40), ("b", 60))
    assert fitted(narrow) is narrow


@pytest.mark.parametrize("width", [30.0, 80.0, 200.0])
def test_columns_of_text_are_narrowed_to_the_paper(width: float) -> None:
    wide = fitted(table(("a", width), ("b", 3 * width), ("c", 60)))
    whole = min(ROOM_PX, 7 * (4 * width + 63) + 15)
    assert whole - 3 * 0.7 <= printed_px(wide) <= whole + 1e-6
    assert wide.columns[1].width >= wide.columns[0].width


def test_a_number_keeps_the_room_that_it_needs() -> None:
    rows = ((Number(16_787_123_456.78, 2), "text " * 40, Number(3)),)
    told = fitted(table(("a", 30), ("b", 200), ("c", 30), rows=rows))
    assert told.columns[0].width >= len("16,787,123,456.78") + 1
    assert printed_px(told) <= ROOM_PX + 1e-6
    many = fitted(table(*[("a", 30)] * 12, rows=((Number(16_787_123_456.78, 2),) * 12,)))
    assert all(column.width == pytest.approx(18) for column in many.columns)


def test_the_sheets_of_a_report_are_printed_with_letters_of_nine_points_or_more() -> None:
    report = sxgeo.check_sites([SITES / "near_resources.geojson", SITES / "on_monument.geojson"])
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(report)))
    for sheet in book:
        wide = sum(one.width * 7 + 5 for one in sheet.column_dimensions.values())
        body = {c.font.sz for row in sheet.iter_rows() for c in row if c.border.left.style}
        assert body == {10}, sheet.title
        assert 10 * min(1.0, ROOM_PX / wide) >= 9, sheet.title
