"""Sisters of the inputs in reading_cases_tables: other office files of the same kinds."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from reading_cases import EAST, NORTH, SQUARE, Case, written
from reading_cases_tables import (
    CLOSED,
    DATUM,
    EASTWARD,
    LONLAT,
    PREFIX,
    book,
    corner,
    metres,
    points,
    survey,
    table,
)

CASES: list[Case] = []
TWO: dict[str, Any] = {"area_ha": 72.0, "sites": 2}
SPOTS: dict[str, Any] = {"area_ha": 0.0, "meets": False}


def text(name: str, kind: str, content: str | bytes, right: Any = "read", **more: Any) -> None:
    """Register a file of text by its content; tables are CSV."""
    suffix = "csv" if kind.startswith("table") else "txt"
    CASES.append(Case(name, kind, written(f"{name}.{suffix}", content), right, **more))


def a_plot(
    corners: Sequence[tuple[float, float]], name: str = "A", *, blank: bool = False
) -> list[list[object]]:
    """Rows of a plot: its name (in the first row alone where cells were merged), corner, pair."""
    return metres(corners, lambda k: "" if blank and k > 1 else name, corner)


# --- a drawing is what it draws: labels, names and headings of corners

DRAWN = "table: a drawing, sisters"
LABELS: dict[str, Callable[[int], object]] = {
    "roman": lambda k: "ⅠⅡⅢⅣ"[k - 1],
    "bracketed": lambda k: f"({k})",
    "hash": lambda k: f"{k}#",
    "padded": lambda k: f"J{k:03d}",
    "of_a_plot": lambda k: f"1-{k}",
    "wide": lambda k: f"Ｊ{'１２３４'[k - 1]}",
    "word_before": lambda k: f"点{k}",
    "word_behind": lambda k: f"{k}号点",
    "squared": lambda k: "¹²³⁴"[k - 1],
    "chainage": lambda k: f"K0+{100 * k:03d}",
    "compass": lambda k: ("NE", "SE", "SW", "NW")[k - 1],
}
for word, label in LABELS.items():
    content = table("点,X,Y", metres(SQUARE, label))
    text(f"label_{word}", DRAWN, content, "doubt", assume=DATUM, settled_by={"shape": "ring"})
text(
    "owner_repeated",
    DRAWN,
    table("权利人,X,Y", metres(SQUARE, lambda k: "甲村")),
    "doubt",
    assume=DATUM,
    settled_by={"shape": "ring"},
)
text(
    "plot_named_once_as_merged_cells_are_saved",
    DRAWN,
    table("地块名称,点号,X,Y", [*a_plot(CLOSED, blank=True), *a_plot([*EASTWARD, EASTWARD[0]], "B", blank=True)]),
    assume=DATUM,
    **TWO,
)  # fmt: skip
text(
    "with_heights",
    DRAWN,
    table("点号,X,Y,H", [[*row, "812.3"] for row in metres(SQUARE, corner)]),
    "doubt",
    assume=DATUM,
    settled_by={"shape": "ring"},
)
text(
    "headings_in_three_rows",
    DRAWN,
    table("界址点成果表,,\n点号,坐标（米）,\n,X,Y", metres(SQUARE, corner)),
    "doubt",
    assume=DATUM,
    settled_by={"shape": "ring"},
)
text(
    "eastings_first_without_prefix",
    DRAWN,
    table("点号,Y坐标,X坐标", [[a, f"{float(e) - PREFIX:.1f}", n] for a, n, e in metres(SQUARE, corner)]),
    "doubt",
    assume={**DATUM, "zone": "38"},
    settled_by={"shape": "ring"},
)  # fmt: skip

# --- degrees and datums

DEGREES = "table: degrees and datums, sisters"
SHUT = (*LONLAT, LONLAT[0])
LETTERED = [("A", corner(k), *pair) for k, pair in enumerate(SHUT, 1)]


def minutes(value: float) -> str:
    """Degrees and decimal minutes in one number, as receivers write them: DDDMM.mmmm."""
    whole = int(value)
    return f"{whole}{(value - whole) * 60:07.4f}"


text(
    "receiver_minutes",
    DEGREES,
    table("地块编号,点号,经度,纬度", [(a, b, minutes(x), minutes(y)) for a, b, x, y in LETTERED]),
    "refuse",
    assume=DATUM,
)
for number, (head_x, head_y) in enumerate(
    (
        ("东经", "北纬"),
        ("经度(°)", "纬度(°)"),
        ("Longitude", "Latitude"),
        ("lng", "lat"),
        ("经度E", "纬度N"),
        ("LON", "LAT"),
        ("X(经度)", "Y(纬度)"),
        ("纬度", "经度"),
    )
):
    turned = head_x == "纬度"
    rows = [(a, b, y, x) if turned else (a, b, x, y) for a, b, x, y in LETTERED]
    text(
        f"headed_{number}",
        DEGREES,
        table(f"地块编号,点号,{head_x},{head_y}", rows),
        assume=DATUM,
    )
for number, sign in enumerate(
    ("112°41.775′", "112.69625°E", "E112.69625°", "112°41′46.5″E", "１１２．６９６２５", "112° 41' 46.5''")
):  # fmt: skip
    text(
        f"sign_{number}",
        DEGREES,
        f"编号;经度;纬度\nA;{sign};38.13692\n",
        assume=DATUM,
        **SPOTS,
    )
for number, title in enumerate(
    ("火星坐标", "高德坐标", "腾讯地图坐标", "谷歌地图取点", "GCJ-02", "坐标系：bd09ll", "北京54坐标系", "西安80")
):  # fmt: skip
    rows = [*LETTERED]
    text(
        f"title_{number}",
        DEGREES,
        table(f"{title},,,\n地块编号,点号,经度,纬度", rows),
        "doubt" if "谷歌" in title else "refuse",  # its roads and its pictures lie differently
    )
    CASES.append(
        Case(
            f"sheet_named_{number}",
            DEGREES,
            book((title[:20].replace("：", ""), "visible", [("地块编号", "点号", "经度", "纬度"), *rows])),
            "doubt",
        )
    )  # fmt: skip
text(
    "heading_names_the_datum",
    DEGREES,
    table("地块编号,点号,经度(GCJ02),纬度(GCJ02)", LETTERED),
    "refuse",
)
text(
    "heading_names_an_old_datum",
    DEGREES,
    table("地块编号,点号,X(西安80),Y(西安80)", a_plot(CLOSED)),
    "refuse",
)
text(
    "note_behind_the_table",
    DEGREES,
    table("地块编号,点号,经度,纬度", [*LETTERED, ("说明：坐标由百度地图拾取", "", "", "")]),
    "refuse",
)

# --- nothing is left out without a word

LEFT = "survey: left out, sisters"
OTHER_POINTS = points((*EASTWARD, EASTWARD[0]))
text(
    "two_sections_of_plots",
    LEFT,
    survey() + "[地块坐标]\n5,36.0,DK2,乙,面,,,,@\n" + OTHER_POINTS,
    **TWO,
)
text("two_surveys_in_one_file", LEFT, survey() + survey(body=OTHER_POINTS), **TWO)
text(
    "two_surveys_of_two_zones",
    LEFT,
    survey() + survey(带号="37", body=OTHER_POINTS.replace(",38", ",37")),
    "doubt",
)
text(
    "plot_line_without_its_mark",
    LEFT,
    survey() + "5,36.0,DK2,乙,面,,,,\n" + OTHER_POINTS,
    **TWO,
)
text(
    "plot_line_with_a_wide_mark",
    LEFT,
    survey() + "5,36.0,DK2,乙,面,,,,＠\n" + OTHER_POINTS,
    **TWO,
)
text("words_behind_the_points", LEFT, survey() + "以下空白\n")
for number, line in enumerate(("J?,?,--,--", "J？，？，－，－", "J ? -- --", ",,,")):
    text(f"a_point_that_lost_its_numbers_{number}", LEFT, survey() + line + "\n", "doubt")
text("points_before_a_plot", LEFT, survey().replace("5,36.0000,DK1,甲地块,面,,,,@\n", ""), "refuse")
text("wide_commas", LEFT, survey(body=points(CLOSED, mark="，")))
text("semicolons", LEFT, survey(body=points(CLOSED, mark=";")))
text("spaces", LEFT, survey(body=points(CLOSED, mark=" ")))
text("no_ring_numbers", LEFT, survey(body=points(CLOSED).replace(",1,", ",,")))
text("utf_16", LEFT, survey().encode("utf-16"))
text("gb18030", LEFT, survey().encode("gb18030"))
text("returns_of_old_machines", LEFT, survey().replace("\n", "\r"))
text("empty_lines", LEFT, survey().replace("\n", "\n\n"))
text("a_mark_at_the_end", LEFT, survey() + "\x1a")
text("zeros_of_a_disk", LEFT, survey() + "\x00" * 512, "doubt")

BESIDE = "workbook: left out, sisters"
HEADS = ("地块编号", "点号", "X", "Y")


def numbers(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [[*row[:-2], float(row[-2]), float(row[-1])] for row in rows]


ONE, OTHER = numbers(a_plot(CLOSED)), numbers(a_plot((*EASTWARD, EASTWARD[0]), "B"))


def sheets(
    name: str, *given: tuple[str, str, Sequence[Sequence[Any]]], right: Any = "read", **more: Any
) -> None:
    CASES.append(Case(name, BESIDE, book(*given), right, assume=DATUM, **more))


sheets(
    "two_tables_side_by_side",
    ("S", "visible", [(*HEADS, None, *HEADS), *([*a, None, *b] for a, b in zip(OTHER, ONE, strict=True))]),
    right="refuse",
)  # fmt: skip
sheets("two_sheets", ("一", "visible", [HEADS, *OTHER]), ("二", "visible", [HEADS, *ONE]), **TWO)
sheets(
    "sheet_without_headings",
    ("一", "visible", [HEADS, *OTHER]),
    ("二", "visible", ONE),
    right="doubt",
)
sheets(
    "very_hidden_sheet",
    ("一", "visible", [HEADS, *OTHER]),
    ("二", "veryHidden", [HEADS, *ONE]),
    right="doubt",
)
sheets(
    "sheet_of_other_units",
    ("一", "visible", [HEADS, *OTHER]),
    ("二", "visible", [("地块编号", "点号", "经度", "纬度"), *LETTERED]),
    **TWO,
)
sheets("empty_rows_between", ("S", "visible", [HEADS, *OTHER, [], [], *ONE]), **TWO)


def hidden_rows(folder: Path) -> Path:
    """A second plot stands in rows that were hidden."""
    import openpyxl

    path = book(("S", "visible", [HEADS, *OTHER, *ONE]))(folder)
    made = openpyxl.load_workbook(path)
    for row in range(len(OTHER) + 2, len(OTHER) + len(ONE) + 2):
        made.active.row_dimensions[row].hidden = True
    made.save(path)
    return path


CASES.append(Case("hidden_rows", BESIDE, hidden_rows, assume=DATUM, **TWO))  # no row is passed over


def formulas(folder: Path) -> Path:
    """Eastings are formulas that no program has worked out."""
    import openpyxl

    path = book(("S", "visible", [HEADS, *ONE]))(folder)
    made = openpyxl.load_workbook(path)
    for row in range(2, len(ONE) + 2):
        made.active.cell(row, 4).value = f"=38000000+{ONE[row - 2][3] - PREFIX}"
    made.save(path)
    return path


CASES.append(Case("formulas_without_values", BESIDE, formulas, "refuse", assume=DATUM))


def packed(*members: tuple[str, str | bytes]) -> Callable[[Path], Path]:
    def build(folder: Path) -> Path:
        path = folder / "成果.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members:
                archive.writestr(name, content)
        return path

    return build


PACK = "archive: left out, sisters"
for number, (name, content) in enumerate(
    (("乙.rar", b"Rar!\x1a\x07"), ("乙.7z", b"7z\xbc\xaf"), ("乙.gdbtable", b"?"), ("乙.kmz", b"PK"), ("乙.xls", b"\xd0\xcf\x11\xe0"), ("乙.docx", b"PK"), ("乙.dgn", b"?"), ("乙.bak", b"?"), ("乙.shp", b"?"))
):  # fmt: skip
    CASES.append(
        Case(
            f"beside_{number}",
            PACK,
            packed(("甲.txt", survey()), (name, content)),
            "read" if name == "乙.docx" else "doubt",
        )
    )
CASES.append(
    Case("mac_leavings", PACK, packed(("甲.txt", survey()), ("__MACOSX/._甲.txt", b"\0\5\x16\7")))
)
for number, name in enumerate(("._乙.rar", "__MACOSX/乙.rar", "__MACOSX/._乙.rar")):
    # only what begins as an AppleDouble file is one
    beside = packed(("甲.txt", survey()), (name, b"Rar!\x1a\x07"))
    CASES.append(Case(f"called_as_a_mac_does_{number}", PACK, beside, "doubt"))
CASES.append(
    Case(
        "plots_called_as_a_mac_does",
        PACK,
        packed(("甲.txt", survey()), ("._乙.txt", survey(body=OTHER_POINTS))),
        **TWO,
    )
)
CASES.append(Case("same_name_in_two_folders", PACK, packed(("一/甲.txt", survey()), ("二/甲.txt", survey(body=OTHER_POINTS))), **TWO))  # fmt: skip

# --- needless doubt

NEEDLESS = "survey: needless doubt, sisters"
for key, values in {
    "坐标系": ("CGCS2000坐标系（3度带，38带）", "２０００国家大地坐标系", "国家大地2000坐标系", "CGCS2000_3_Degree_GK_Zone_38", "CGCS 2000"),
    "几度分带": ("３", "3.0", "三度分带", "3 度 带", "6"),
    "带号": ("38带(114°)", "３８", "38.0", "Zone 38", "114度00分"),
    "计量单位": ("米（m）", "公尺", "METER", "m（米）"),
    "精度": ("0.0001", "±0.05m", "0.05 m", "0.01m（小数点后两位）"),
    "转换参数": ("0,0,0,0,0,0,0", "无", ""),
}.items():  # fmt: skip
    for number, value in enumerate(values):
        right = "doubt" if (key, value) == ("几度分带", "6") else "read"
        text(f"{key}_{number}", NEEDLESS, survey(**{key: value}), right)
for number, area in enumerate(
    ("36.0000 ha", "36.0000公顷", "540亩", "540.00亩", "360000平方米", "360000.00㎡", "0.36km2", "36")
):  # fmt: skip
    text(f"area_{number}", NEEDLESS, survey(f"5,{area},DK1,甲,面,,,,@"))
text(
    "no_names_of_points",
    NEEDLESS,
    survey(body="".join(f",1,{NORTH + n:.3f},{PREFIX + EAST + e:.3f}\n" for n, e in CLOSED)),
)
text("tabs_everywhere", NEEDLESS, survey().replace(",", "\t"))
text(
    "heading_with_a_stroke",
    "table: needless doubt, sisters",
    table("地块编号,点号,X/m,Y/米", a_plot(CLOSED)),
    assume=DATUM,
)
text(
    "heading_with_a_datum",
    "table: needless doubt, sisters",
    table(
        "地块编号,点号,WGS84_lon,WGS84_lat",
        [["A", corner(k), *p] for k, p in enumerate((*LONLAT, LONLAT[0]), 1)],
    ),
)
text("spaces_in_numbers", NEEDLESS, survey(body=points(CLOSED).replace(",", " , ")))
text("commas_at_the_end", NEEDLESS, survey(body=points(CLOSED).replace("\n", ",,\n")))
text(
    "many_decimals",
    NEEDLESS,
    survey(
        body="".join(
            f"J{k},1,{NORTH + n:.10f},{PREFIX + EAST + e:.10f}\n"
            for k, (n, e) in enumerate(CLOSED, 1)
        )
    ),
)
text(
    "no_header_at_all",
    NEEDLESS,
    "[地块坐标]\n5,36.0,DK1,甲,面,,,,@\n" + points(CLOSED),
    assume=DATUM,
)

# --- hard faults

HARD = "survey: hard faults, sisters"
for number, (key, value) in enumerate(
    (("带号", "3" * 5000), ("带号", "²"), ("带号", "³⁸"), ("带号", "③⑧"), ("几度分带", "③"), ("精度", "9" * 5000), ("精度", "1e999"), ("带号", "-38"), ("带号", "NaN"))
):  # fmt: skip
    text(
        f"header_{number}",
        HARD,
        survey(**{key: value}),
        "read" if key == "精度" or value == "-38" else "doubt",
    )
for number, line in enumerate(
    ("²,36,DK1,甲,面,,,,@", "⑤,36,DK1,甲,面,,,,@", "5" * 5000 + ",36,DK1,甲,面,,,,@", "-5,36,DK1,甲,面,,,,@")
):  # fmt: skip
    text(f"plot_line_{number}", HARD, survey(line), "doubt")
for number, value in enumerate(
    ("NaN", "1e999", "-36")
):  # an area that says nothing; the ring is closed
    text(f"area_that_is_none_{number}", HARD, survey(f"5,{value},DK1,甲,面,,,,@"))
for number, value in enumerate(("1" * 5000, "1e999", "NaN", "inf", "0x10")):
    text(
        f"number_{number}",
        HARD,
        survey(body=points(CLOSED).replace(f"{NORTH:.3f}", value, 1)),
        "doubt",
    )
    text(
        f"cell_{number}",
        "table: hard faults, sisters",
        table("地块编号,点号,X,Y", a_plot(CLOSED)).replace(f"{NORTH:.1f}", value, 1),
        "doubt",
        assume=DATUM,
    )
for number, value in enumerate(("²", "①", "9" * 5000, "甲")):
    text(f"ring_{number}", HARD, survey(body=points(CLOSED).replace(",1,", f",{value},")), "doubt")

CASES[:] = [replace(case, name=f"sister_{case.name}") for case in CASES]
