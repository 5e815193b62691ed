"""Workbooks that hold what is not shown, or more than they state: see reading_cases."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from reading_cases import SQUARE, Case
from reading_cases_tables import CLOSED, DATUM, EASTWARD, HEADS, LONLAT, book, corner, metres

KIND = "workbook: not shown"
UNSEEN = "表中不显示 not shown by the sheet: "
CASES: list[Case] = []


def corners(points: Sequence[tuple[float, float]], plot: str = "A") -> list[list[Any]]:
    """Return rows of 地块编号, 点号, X, Y as numbers."""
    rows = metres(points, lambda k: plot, corner)
    return [[*labels, float(north), float(east)] for *labels, north, east in rows]


ONE, OTHER = corners(CLOSED), corners((*EASTWARD, EASTWARD[0]), "B")
NOTCHED = corners((*SQUARE, (400.0, 0.0), (300.0, 200.0), (200.0, 0.0), SQUARE[0]))
BULGED = corners((*SQUARE, (300.0, -100.0), SQUARE[0]))


def changed(change: Callable[[Any], object], *sheets: Any) -> Callable[[Path], Path]:
    """Return a builder of a workbook of which something is hidden."""

    def build(folder: Path) -> Path:
        import openpyxl

        path = book(*sheets)(folder)
        made = openpyxl.load_workbook(path)
        change(made.worksheets[0])
        made.save(path)
        return path

    return build


def rewritten(pattern: str, by: str, *sheets: Any) -> Callable[[Path], Path]:
    """Return a builder of a workbook whose first sheet was written by another program."""

    def build(folder: Path) -> Path:
        path = book(*sheets)(folder)
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        name = "xl/worksheets/sheet1.xml"
        text = parts[name].decode()
        assert re.search(pattern, text), text[:500]
        parts[name] = re.sub(pattern, by, text).encode()
        with zipfile.ZipFile(path, "w") as archive:
            for part, content in parts.items():
                archive.writestr(part, content)
        return path

    return build


def rows(*numbers: int) -> Callable[[Any], None]:
    def hide(sheet: Any) -> None:
        for number in numbers:
            sheet.row_dimensions[number].hidden = True

    return hide


def columns(*letters: str) -> Callable[[Any], None]:
    def hide(sheet: Any) -> None:
        for letter in letters:
            sheet.column_dimensions[letter].hidden = True

    return hide


def filtered(sheet: Any) -> None:
    sheet.auto_filter.ref = "A1:D11"
    sheet.auto_filter.add_filter_column(0, ["B"])
    rows(*range(7, 12))(sheet)


def grouped(sheet: Any) -> None:
    sheet.row_dimensions.group(7, 11, hidden=True)


def case(name: str, build: Callable[[Path], Path], right: Any = "read", **more: Any) -> None:
    CASES.append(Case(name, KIND, build, right, **{"assume": DATUM, **more}))


BOTH: dict[str, Any] = {"area_ha": 72.0, "sites": 2}
TWO_PLOTS = ("S", "visible", [HEADS, *OTHER, *ONE])
for name, change, words in (
    ("plot_hidden", rows(*range(7, 12)), "隐藏 hidden, row 7, 8, 9, 10, 11;"),
    ("plot_filtered", filtered, "筛选或隐藏 filtered or hidden, row 7"),
    ("plot_in_a_folded_group", grouped, "隐藏 hidden, row 7"),
    ("headings_hidden", rows(1), "row 1 (headings)"),
    ("coordinates_hidden", columns("C", "D"), "column 'X', 'Y'"),
    ("one_coordinate_hidden", columns("D"), "column 'Y'"),
    ("plots_hidden", columns("A"), "column '地块编号'"),
):
    case(name, changed(change, TWO_PLOTS), words=words, **BOTH)
case(
    "row_of_no_height",
    rewritten('<row r="5"', '<row r="5" ht="0" customHeight="1"', TWO_PLOTS),
    words=f"{UNSEEN}隐藏 hidden, row 5",
    **BOTH,
)
case(
    "column_of_no_width",
    rewritten("<sheetData>", '<cols><col min="3" max="3" width="0"/></cols><sheetData>', TWO_PLOTS),
    words="column 'X'",
    **BOTH,
)
case("corner_hidden", changed(rows(3), ("S", "visible", [HEADS, *ONE])), words="row 3")
case(
    "notch_hidden",
    changed(rows(7), ("S", "visible", [HEADS, *NOTCHED])),
    "doubt",
    words="is another one without them",
)
case(
    "bulge_hidden",
    changed(rows(6), ("S", "visible", [HEADS, *BULGED])),
    words="row 6",
    area_ha=39.0,
)
case(
    "hole_hidden",
    changed(
        rows(*range(7, 12)),
        (
            "S",
            "visible",
            [
                (*HEADS, "圈号"),
                *([*row, 1] for row in ONE),
                *([*row, 2] for row in corners(tuple((n / 6 + 50, e / 6 + 50) for n, e in CLOSED))),
            ],
        ),
    ),
    "doubt",
    words="is another one without them",
)
case(
    "points_hidden",
    changed(rows(3), ("S", "visible", [("名称", "经度", "纬度"), ("甲", *LONLAT[0]), ("乙", *LONLAT[2])])),
    words="row 3",
    area_ha=0.0,
    sites=2,
    meets=False,
)  # fmt: skip
SQUARE_WKT = f"POLYGON(({', '.join(f'{x} {y}' for x, y in (*LONLAT, LONLAT[0]))}))"
FAR_WKT = "POLYGON((112.8 38.2, 112.801 38.2, 112.801 38.201, 112.8 38.2))"
case(
    "geometry_hidden",
    changed(rows(3), ("S", "visible", [("名称", "WKT"), ("乙", FAR_WKT), ("甲", SQUARE_WKT)])),
    words="row 3",
    area_ha=None,
    sites=2,
)
for state in ("hidden", "veryHidden"):
    case(
        f"geometry_in_a_sheet_{state}",
        book(
            ("现行", "visible", [("名称", "WKT"), ("乙", FAR_WKT)]),
            ("旧版", state, [("名称", "图形"), ("甲", SQUARE_WKT)]),
        ),
        "doubt",
        words="hidden sheet",
    )
case(
    "pair_in_one_cell_of_a_hidden_sheet",
    book(
        ("现行", "visible", [HEADS, *OTHER]),
        ("旧版", "hidden", [("甲", f"{x},{y}") for x, y in LONLAT]),
    ),
    "doubt",
    words="hidden sheet",
)
case(
    "coordinates_apart_in_a_hidden_sheet",
    book(
        ("现行", "visible", [HEADS, *OTHER]),
        ("旧版", "hidden", [("经度", "备注", "纬度"), *((x, "角", y) for x, y in LONLAT)]),
    ),
    "doubt",
    words="hidden sheet",
)
for state in ("hidden", "visible"):
    case(
        f"prices_in_a_sheet_{state}",
        book(
            ("现行", "visible", [HEADS, *ONE]),
            ("造价", state, [("数量", "单价"), (45, 120.5), (36.25, 80)]),
        ),
    )
for name, stated in (("short", "A1:D6"), ("narrow", "A1:B11"), ("one_cell", "A1")):
    case(
        f"states_a_{name}_extent",
        rewritten('<dimension ref="[^"]*"', f'<dimension ref="{stated}"', TWO_PLOTS),
        **BOTH,
    )
case(
    "states_a_huge_extent",
    rewritten('<dimension ref="[^"]*"', '<dimension ref="A1:XFD1048576"', TWO_PLOTS),
    **BOTH,
)
