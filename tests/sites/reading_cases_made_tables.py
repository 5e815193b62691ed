"""More inputs made by generators: survey TXT, CSV and workbooks; see :mod:`reading_cases_made`."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import shapely
from reading_cases import EAST, NORTH
from reading_cases import SQUARE as CORNERS
from reading_cases_made import GROUPS, SHAPES, Builder, degrees, group
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
from reading_cases_vector import OTHER, PLOT, SQUARE

__all__ = ["GROUPS"]
BOTH: dict[str, Any] = {"count": 2, "hectares": 72.0}
TWICE = (*EASTWARD, EASTWARD[0])


# --- survey TXT


def _of_surveys() -> None:
    made = group("TXT")
    whole = survey()
    two = survey() + "5,36.0000,DK2,乙地块,面,,,,@\n" + points(TWICE)
    for name, encoding in (
        ("UTF-8", "utf-8"),
        ("UTF-8 with a mark", "utf-8-sig"),
        ("GB18030", "gb18030"),
        ("GBK", "gbk"),
        ("UTF-16", "utf-16"),
    ):
        for ends in ("\n", "\r\n", "\r"):
            shown = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}[ends]
            made.text(f"{name}, {shown}", "txt", whole.replace("\n", ends).encode(encoding), "read")
    for name, content, right, more in (
        ("two plots", two, "read", BOTH),
        ("blank lines", two.replace("\n", "\n\n"), "read", BOTH),
        ("blanks at the ends", two.replace("\n", "  \n"), "read", BOTH),
        ("commas at the ends", two.replace("\nJ", ",\nJ"), "any", BOTH),
        ("wide commas", whole.replace(",", "，"), "read", {}),
        ("wide figures", whole.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789"}), "read", {}),
        ("wide signs of a plot", whole.replace("@", "＠"), "read", {}),
        ("blanks after commas", whole.replace(",", ", "), "read", {}),
        ("tabs", whole.replace(",", "\t"), "read", {}),
        ("small j", whole.replace("\nJ", "\nj"), "read", {}),
        ("no letters of points", whole.replace("\nJ", "\n"), "read", {}),
        ("points that begin at 0", survey(body=points(CLOSED, first=0)), "read", {}),
        ("points numbered on", survey() + "5,36.0,DK2,乙,面,,,,@\n" + points(TWICE, first=6), "read", BOTH),
        ("the first number again at the end", survey(body=points(CORNERS) + points(CORNERS[:1])), "read", {}),
        ("rings from 0", survey(body=points(CLOSED, ring=0)), "any", {}),
        ("a hole", survey("10,32.0,DK1,甲,面,,,,@", points(CLOSED) + points(((20, 20), (220, 20), (220, 220), (20, 220), (20, 20)), ring=2, first=6)), "read", {"hectares": 32.0}),
        ("a part as ring 2", survey("10,72.0,DK1,甲,面,,,,@", points(CLOSED) + points(TWICE, ring=2, first=6)), "read", {"hectares": 72.0}),
        ("another area", whole.replace("36.0000", "30.0000"), "doubt", {}),
        ("an area in square metres", whole.replace("36.0000", "360000"), "any", {}),
        ("an area in mu", whole.replace("36.0000", "540.0000"), "any", {}),
        ("no area", whole.replace("36.0000", ""), "read", {}),
        ("an area with its unit", whole.replace("36.0000", "36.0000公顷"), "read", {}),
        ("a count too high", whole.replace("5,36", "6,36"), "refuse", {}),
        ("a count too low", whole.replace("5,36", "4,36"), "any", {}),
        ("the sequence of corners broken", survey(body=points((CLOSED[0], CLOSED[2], CLOSED[1], CLOSED[3], CLOSED[0]))), "doubt", {}),
        ("a point missing", survey("4,36.0,DK1,甲,面,,,,@", points((CLOSED[0], CLOSED[1], CLOSED[3], CLOSED[0]))), "doubt", {}),
        ("a figure lost", whole.replace("4223500.000", "422350.000", 1), "doubt", {}),
        ("a letter in a figure", whole.replace("4223500.000", "42235O0.000", 1), "refuse", {}),
        ("east and north exchanged", survey(body="".join(f"J{k},1,{PREFIX + EAST + e:.3f},{NORTH + n:.3f}\n" for k, (n, e) in enumerate(CLOSED, 1))), "any", {}),
        ("no prefix", survey(body="".join(f"J{k},1,{NORTH + n:.3f},{EAST + e:.3f}\n" for k, (n, e) in enumerate(CLOSED, 1))), "read", {}),
        ("another zone", survey(带号="37"), "refuse", {}),
        ("another zone without prefix", survey(body="".join(f"J{k},1,{NORTH + n:.3f},{EAST + e:.3f}\n" for k, (n, e) in enumerate(CLOSED, 1)), 带号="39"), "any", {}),
        ("zones of six degrees", survey(几度分带="6", 带号="19"), "refuse", {}),
        ("no zone", survey(带号=None), "read", {}),
        ("no width", survey(几度分带=None), "read", {}),
        ("no projection", survey(投影类型=None), "read", {}),
        ("no unit", survey(计量单位=None), "read", {}),
        ("kilometres", survey(计量单位="千米"), "any", {}),
        ("degrees said of metres", survey(计量单位="度"), "any", {}),
        ("no system", survey(坐标系=None), "doubt", {}),
        ("Xi'an 1980", survey(坐标系="80国家大地坐标系"), "refuse", {}),
        ("Beijing 1954", survey(坐标系="54北京坐标系"), "refuse", {}),
        ("a local system", survey(坐标系="太原城建坐标系"), "any", {}),
        ("a zone in words", survey(带号="第38带"), "read", {}),
        ("a zone by its meridian", survey(带号="114"), "any", {}),
        ("degrees of width in words", survey(几度分带="三度带"), "read", {}),
        ("the head in other order", "[地块坐标]\n5,36.0,DK1,甲,面,,,,@\n" + points(CLOSED) + "[属性描述]\n坐标系=2000国家大地坐标系\n几度分带=3\n带号=38\n", "any", {}),
        ("two heads", survey() + survey().replace("DK1", "DK2"), "any", BOTH),
        ("a head alone", "[属性描述]\n坐标系=2000国家大地坐标系\n[地块坐标]\n", "refuse", {}),
        ("a plot without points", whole + "5,36.0,DK2,乙,面,,,,@\n", "site", {}),
        ("a point", survey("1,0,DK1,甲,点,,,,@", points(CLOSED[:1])), "read", {"hectares": 0}),
        ("a line", survey("3,0,DK1,甲,线,,,,@", points(CLOSED[:3])), "read", {"hectares": 0}),
        ("a closed line", survey("5,0,DK1,甲,线,,,,@", points(CLOSED)), "doubt", {"hectares": 0}),
        ("two closing points", survey("6,36.0,DK1,甲,面,,,,@", points((*CLOSED, CLOSED[0]))), "read", {}),
        ("words at the end", whole + "以下空白\n", "any", {}),
        ("a remark in the middle", whole.replace("J3,", "# 第三点\nJ3,"), "any", {}),
        ("a second section behind", whole + "[扩展信息]\n备注=无\n", "read", {}),
        ("a plot of the same name", two.replace("DK2", "DK1").replace("乙地块", "甲地块"), "read", BOTH),
        ("seconds of arc", survey(body="".join(f"J{k},1,{y:.7f},{x:.7f}\n" for k, (x, y) in enumerate((*LONLAT, LONLAT[0]), 1)), 几度分带=None, 投影类型=None, 带号=None, 计量单位="度"), "any", {}),
        ("a shape without a word", whole.replace("面,", ","), "any", {}),
        ("more fields", whole.replace(",,,,@", ",,,,,,,,@"), "read", {}),
        ("fewer fields", whole.replace(",,,,@", ",@"), "any", {}),
        ("no mark of a plot", whole.replace(",@", ","), "any", {}),
        ("points one by one far away", survey(body=points((*CORNERS[:3], (600_000.0, 0.0), CORNERS[0]))), "doubt", {}),
    ):  # fmt: skip
        made.text(name, "txt", content, right, **more)


# --- CSV


def _of_csv() -> None:
    made = group("CSV")
    wkts = {"WKT": PLOT.wkt, "wkt": PLOT.wkt.lower(), "geometry": f"SRID=4490;{PLOT.wkt}"}
    for heading, wkt in wkts.items():
        for mark, quote in ((",", '"'), (";", ""), ("\t", ""), ("|", "")):
            content = f"名称{mark}{heading}\n甲{mark}{quote}{wkt}{quote}\n"
            if mark == ";" and "SRID" in wkt:
                continue
            right = "read" if mark != "|" else "any"
            made.text(f"{heading} between '{mark!r}'", "csv", content, right, assume=DATUM)
    plane = {"crs": "EPSG:4547"}
    multi = shapely.MultiPolygon([PLOT, degrees(OTHER)]).wkt
    hexed, ewkb = (
        PLOT.wkb_hex,
        shapely.to_wkb(shapely.set_srid(PLOT, 4490), hex=True, include_srid=True),
    )
    for name, content, right, more in (
        ("WKT in metres", f'名称,WKT\n甲,"{SQUARE.wkt}"\n', "read", {"assume": plane}),
        ("WKT with its plane", f'名称,WKT\n甲,"SRID=4547;{SQUARE.wkt}"\n', "read", {}),
        ("WKT of two systems", f'名称,WKT\n甲,"SRID=4547;{SQUARE.wkt}"\n乙,"SRID=4490;{PLOT.wkt}"\n', "refuse", {}),
        ("WKT of two rows", f'名称,WKT\n甲,"{PLOT.wkt}"\n乙,"{degrees(OTHER).wkt}"\n', "read", BOTH),
        ("WKT of several parts", f'名称,WKT\n甲,"{multi}"\n', "read", {"hectares": 72.0}),
        ("WKT with a hole", f'名称,WKT\n甲,"{degrees(SHAPES["with a hole"][0]).wkt}"\n', "read", {"hectares": 32.0}),
        ("WKT that is missing", f'名称,WKT\n甲,"{PLOT.wkt}"\n乙,\n', "site", {}),
        ("WKT that is cut", f'名称,WKT\n甲,"{PLOT.wkt[:60]}"\n', "refuse", {}),
        ("WKT of a closed line", f'名称,WKT\n甲,"{PLOT.wkt.replace("POLYGON ((", "LINESTRING (").replace("))", ")")}"\n', "doubt", {"hectares": 0}),
        ("WKB", f"名称,WKB\n甲,{hexed}\n", "any", {}),
        ("WKB under geom", f"名称,geom\n甲,{hexed}\n", "any", {}),
        ("EWKB", f"名称,geom\n甲,{ewkb}\n", "any", {}),
        ("GeoJSON in a cell", "名称,geojson\n甲,\"" + shapely.to_geojson(PLOT).replace('"', '""') + '"\n', "refuse", {}),
        ("WKT beside a pair", f'名称,经度,纬度,WKT\n甲,112.7,38.14,"{PLOT.wkt}"\n', "any", {}),
    ):  # fmt: skip
        made.text(name, "csv", content, right, **{"assume": DATUM, **more})
    closed = (*LONLAT, LONLAT[0])
    # headings of a pair in degrees, and whether they are known
    for east, north in (
        ("经度", "纬度"),
        ("lon", "lat"),
        ("Longitude", "Latitude"),
        ("LNG", "LAT"),
        ("东经", "北纬"),
        ("经度(°)", "纬度(°)"),
        ("大地经度L", "大地纬度B"),
        ("L", "B"),
        ("x", "y"),
        ("X坐标", "Y坐标"),
        ("long", "lat"),
        ("经度/°", "纬度/°"),
        ("经度（度）", "纬度（度）"),
        ("WGS84_lon", "WGS84_lat"),
    ):
        rows = [["DK1", f"J{k}", f"{x:.7f}", f"{y:.7f}"] for k, (x, y) in enumerate(closed, 1)]
        made.text(f"{east}, {north}", "csv", table(f"地块编号,点号,{east},{north}", rows), "any" if east in ("L", "x", "X坐标", "大地经度L") else "read", assume=DATUM)  # fmt: skip
        turned = [[a, b, d, c] for a, b, c, d in rows]
        made.text(f"{north}, {east}", "csv", table(f"地块编号,点号,{north},{east}", turned), "any" if east in ("L", "x", "X坐标", "大地经度L") else "read", assume=DATUM)  # fmt: skip
        wrong = table(f"地块编号,点号,{north},{east}", rows)
        made.text(f"{north}, {east} exchanged", "csv", wrong, "any", assume=DATUM)
    for north, east in (
        ("X", "Y"),
        ("纵坐标", "横坐标"),
        ("北坐标", "东坐标"),
        ("X(m)", "Y(m)"),
        ("X坐标(米)", "Y坐标(米)"),
        ("Northing", "Easting"),
        ("N", "E"),
        ("x坐标", "y坐标"),
        ("纵坐标X", "横坐标Y"),
        ("X/m", "Y/m"),
    ):
        rows = [["DK1", *row] for row in metres(CLOSED, corner)]
        made.text(f"{north}, {east}", "csv", table(f"地块编号,点号,{north},{east}", rows), "read", assume=DATUM)  # fmt: skip
        turned = [[a, b, d, c] for a, b, c, d in rows]
        made.text(f"{east} before {north}", "csv", table(f"地块编号,点号,{east},{north}", turned), "any", assume=DATUM)  # fmt: skip
    heads = "地块编号,点号,X,Y"
    rows = [["DK1", *row] for row in metres(CLOSED, corner)]
    plain = table(heads, rows)
    more_rows = [["DK2", *row] for row in metres(TWICE, corner)]
    for name, content, right, more in (
        ("a title above", "某项目界址点成果表\n" + plain, "read", {}),
        ("two titles above", "某项目\n坐标系：CGCS2000，中央子午线114°\n" + plain, "read", {}),
        ("a title of Beijing 1954", "某项目（1954年北京坐标系）\n" + plain, "refuse", {"assume": {}}),
        ("quotes round all", "\n".join(",".join(f'"{c}"' for c in line.split(",")) for line in plain.splitlines()), "read", {}),
        ("blanks round commas", plain.replace(",", " , "), "read", {}),
        ("blank rows", plain.replace("\n", "\n\n"), "read", {}),
        ("rows of commas", plain + ",,,\n,,,\n", "read", {}),
        ("a total", plain + "合计,,,\n", "read", {}),
        ("two plots", table(heads, rows + more_rows), "read", BOTH),
        ("two plots, blank row between", table(heads, rows) + "\n" + table("", more_rows).lstrip(), "read", BOTH),
        ("two plots in turns", table(heads, [r for pair in zip(rows, more_rows, strict=True) for r in pair]), "any", BOTH),
        ("the heading again", table(heads, rows) + table(heads, more_rows), "any", BOTH),
        ("decimal commas", plain.replace(",", ";").replace(".", ","), "any", {}),
        ("thousands", table(heads.replace(",", ";"), [[*r[:2], f"{float(r[2]):,.1f}", f"{float(r[3]):,.1f}"] for r in rows], ";"), "any", {}),
        ("exponents", table(heads, [[*r[:2], f"{float(r[2]):.9e}", f"{float(r[3]):.10e}"] for r in rows]), "read", {}),
        ("exponents that lost figures", table(heads, [[*r[:2], f"{float(r[2]):.2e}", f"{float(r[3]):.2e}"] for r in rows]), "doubt", {}),
        ("a missing value", plain.replace("4224100.0", "", 1), "refuse", {}),
        ("a value of words", plain.replace("4224100.0", "待测", 1), "refuse", {}),
        ("a plus before", table(heads, [[*r[:2], f"+{r[2]}", f"+{r[3]}"] for r in rows]), "any", {}),
        ("units behind", table(heads, [[*r[:2], f"{r[2]}m", f"{r[3]}m"] for r in rows]), "any", {}),
        ("a column too many", table(heads, [[*r, "x"] for r in rows]), "refuse", {}),
        ("a column too few", table(heads, [r[:3] for r in rows]), "refuse", {}),
        ("headings alone", heads + "\n", "refuse", {}),
        ("no headings", table("", rows).lstrip(), "any", {}),
        ("heights", table(heads + ",H", [[*r, "812.5"] for r in rows]), "read", {}),
        ("a pair of degrees and one of metres", table(heads + ",经度,纬度", [[*r, *LONLAT[k % 4]] for k, r in enumerate(rows)]), "any", {}),
        ("zero bytes", plain.replace("J1", "J\x001"), "refuse", {}),
        ("GBK", plain.encode("gbk"), "read", {}),
        ("UTF-16", plain.encode("utf-16"), "read", {}),
    ):  # fmt: skip
        made.text(name, "csv", content, right, **{"assume": DATUM, **more})


# --- workbooks


def _rows(*, plot: str = "DK1", corners: Sequence[Any] = CLOSED) -> list[list[Any]]:
    return [[plot, a, float(b), float(c)] for a, b, c in metres(corners, corner)]


def _merged(*areas: str, rows: Sequence[Sequence[Any]], **how: Any) -> Builder:
    """A sheet whose cells are merged in these areas."""

    def build(folder: Path) -> Path:
        import openpyxl

        made = openpyxl.Workbook()
        sheet = made.active
        for row in rows:
            sheet.append(list(row))
        for area in areas:
            sheet.merge_cells(area)
        for column, pattern in how.get("formats", {}).items():
            for cell in sheet[column]:
                cell.number_format = pattern
        made.save(folder / "a.xlsx")
        return folder / "a.xlsx"

    return build


def _of_workbooks() -> None:
    made = group("XLSX")
    heads = ["地块编号", "点号", "X", "Y"]
    rows, others = _rows(), _rows(plot="DK2", corners=TWICE)
    blank = [None] * 4

    def once(part: list[list[Any]]) -> list[list[Any]]:
        return [[row[0] if k == 0 else None, *row[1:]] for k, row in enumerate(part)]

    two_heads = [["地块编号", "点号", "坐标", None], [None, None, "X", "Y"]]
    formulas = [[a, b, f"={c}+0", f"={d}+0"] for a, b, c, d in rows]
    texts = [[a, b, f"{c:.3f}", f"{d:.3f}"] for a, b, c, d in rows]
    dates = [[a, b, datetime.datetime(2026, 1, 1), d] for a, b, c, d in rows]
    for name, build, right, more in (
        ("one sheet", book(("表", "visible", [heads, *rows])), "read", {}),
        ("two plots", book(("表", "visible", [heads, *rows, *others])), "read", BOTH),
        ("merged plots", _merged("A2:A6", "A7:A11", rows=[heads, *once(rows), *once(others)]), "read", BOTH),
        ("a merged title", _merged("A1:D1", rows=[["某项目界址点成果表", None, None, None], heads, *rows]), "read", {}),
        ("headings in two rows", _merged("C1:D1", "A1:A2", "B1:B2", rows=[*two_heads, *rows]), "read", {}),
        ("headings in two rows and a title", _merged("A1:D1", "C2:D2", rows=[["表", None, None, None], *two_heads, *rows]), "read", {}),
        ("units in a row of their own", book(("表", "visible", [heads, ["", "", "（m）", "（m）"], *rows])), "any", {}),
        ("units in headings", book(("表", "visible", [["地块编号", "点号", "X(m)", "Y(m)"], *rows])), "read", {}),
        ("blank rows between", book(("表", "visible", [heads, *rows, blank, *others])), "read", BOTH),
        ("rows before", book(("表", "visible", [blank, blank, heads, *rows])), "read", {}),
        ("columns before", book(("表", "visible", [[None, None, *heads], *([None, None, *r] for r in rows)])), "read", {}),
        ("two sheets of plots", book(("甲", "visible", [heads, *rows]), ("乙", "visible", [heads, *others])), "read", BOTH),
        ("a hidden sheet of plots", book(("甲", "visible", [heads, *rows]), ("乙", "hidden", [heads, *others])), "any", BOTH),
        ("a sheet of words", book(("甲", "visible", [heads, *rows]), ("说明", "visible", [["本表共一块"]])), "read", {}),
        ("a sheet of other numbers", book(("甲", "visible", [heads, *rows]), ("费用", "visible", [["项目", "金额"], ["测绘", 12000.5]])), "read", {}),
        ("a sheet of unknown headings", book(("甲", "visible", [heads, *rows]), ("乙", "visible", [["a", "b", "X值", "Y值"], *others])), "any", BOTH),
        ("an empty sheet", book(("甲", "visible", [heads, *rows]), ("Sheet2", "visible", [])), "read", {}),
        ("an empty sheet first", book(("Sheet1", "visible", []), ("甲", "visible", [heads, *rows])), "read", {}),
        ("formulas that nobody worked out", book(("表", "visible", [heads, *formulas])), "refuse", {}),
        ("one formula that nobody worked out", book(("表", "visible", [heads, *rows[:2], formulas[2], *rows[3:]])), "refuse", {}),
        ("numbers as text", book(("表", "visible", [heads, *texts])), "read", {}),
        ("numbers as text with blanks", book(("表", "visible", [heads, *([a, b, f" {c} ", f"\u00a0{d}"] for a, b, c, d in texts)])), "read", {}),
        ("dates for numbers", book(("表", "visible", [heads, *dates])), "refuse", {}),
        ("numbers that look like dates", _merged(rows=[heads, *rows], formats={"C": "yyyy-mm-dd"}), "any", {}),
        ("numbers rounded by their format", _merged(rows=[heads, *rows], formats={"C": "0", "D": "0"}), "read", {}),
        ("errors", book(("表", "visible", [heads, *rows[:2], ["DK1", "J3", "#REF!", 38386300.0], *rows[3:]])), "refuse", {}),
        ("true for a number", book(("表", "visible", [heads, *rows[:2], ["DK1", "J3", True, 38386300.0], *rows[3:]])), "refuse", {}),
        ("a total and a maker", book(("表", "visible", [heads, *rows, ["合计", None, None, 36.0], ["制表人：", "甲", None, None]])), "any", {}),
        ("side lengths", book(("表", "visible", [[*heads, "边长"], *([*r, 600.0] for r in rows)])), "read", {}),
        ("two tables side by side", book(("表", "visible", [[*heads, *heads], *([*a, *b] for a, b in zip(rows, others, strict=True))])), "refuse", {}),
        ("two tables one below the other", book(("表", "visible", [heads, *rows, blank, heads, *others])), "any", BOTH),
        ("degrees", book(("表", "visible", [["地块编号", "点号", "经度", "纬度"], *(["DK1", f"J{k}", *p] for k, p in enumerate((*LONLAT, LONLAT[0]), 1))])), "read", {}),
        ("WKT in a cell", book(("表", "visible", [["名称", "WKT"], ["甲", PLOT.wkt]])), "read", {}),
        ("numbers in the title row", book(("表", "visible", [["甲", "J0", 1.0, 2.0], heads, *rows])), "any", {}),
        ("headings in the other direction", book(("表", "visible", [list(column) for column in zip(heads, *rows, strict=True)])), "refuse", {}),
        ("nothing", book(("表", "visible", [])), "refuse", {}),
        ("headings alone", book(("表", "visible", [heads])), "refuse", {}),
    ):  # fmt: skip
        made.add(name, build, right, **{"assume": DATUM, **more})


_of_surveys()
_of_csv()
_of_workbooks()
