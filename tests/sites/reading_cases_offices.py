"""Surveys and tables as offices write them, in their words and signs: see reading_cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reading_cases import Case, written
from reading_cases_tables import CLOSED, DATUM, LONLAT, corner, metres, points, survey, table

CASES: list[Case] = []
WIDE = str.maketrans("0123456789.,", "０１２３４５６７８９．，")
RING = (*LONLAT, LONLAT[0])
HEADS = "地块编号,点号,X,Y"
ROWS = metres(CLOSED, lambda k: "A", corner)


def text(name: str, kind: str, content: str | bytes, right: Any = "read", **more: Any) -> None:
    suffix = "csv" if kind.startswith("table") else "txt"
    CASES.append(Case(f"office_{name}", kind, written(f"a.{suffix}", content), right, **more))


SIGNS = "survey: signs of offices"
for encoding in ("gb18030", "utf-16"):
    for name, end in (("lf", "\n"), ("cr", "\r")):
        content = survey().replace("\n", end).encode(encoding)
        text(f"{encoding}_{name}", SIGNS, content)
for name, content in (
    ("wide_points", survey(body=points(CLOSED).translate(WIDE))),
    ("wide_everything", survey().translate(WIDE)),
    ("wide_equals", survey().replace("=", "＝")),
    ("colons", survey().replace("=", "：")),
    ("semicolons", survey(body=points(CLOSED).replace(",", ";"))),
    ("wide_spaces", survey(body="\u3000" + points(CLOSED).replace("\n", "\n\u3000"))),
    ("trailing_commas", survey(body=points(CLOSED).replace("\n", ",\n"))),
    ("blank_lines", survey(body=points(CLOSED).replace("\n", "\n\n"))),
    ("comments", survey(body=f"# 说明\n{points(CLOSED)}")),
):
    text(name, SIGNS, content, assume=DATUM if name == "colons" else {})
text("decimal_commas", SIGNS, survey(body=points(CLOSED).replace(".", ",")), "refuse")
text("cut_in_a_number", SIGNS, survey()[:-8], "doubt")

AREAS = "survey: areas in units of offices"
for written_area in (
    *("36ha", "36公顷", "540亩", "360000平方米", "360000㎡", "0.36km2", "0.36平方公里"),
    *("36hm²", "36 hm2", "35.9999"),
):
    text(f"area_{written_area}", AREAS, survey(f"5,{written_area},DK1,甲地块,面,,,,@"))
for written_area in ("40.0", "40亩"):
    text(f"area_{written_area}", AREAS, survey(f"5,{written_area},DK1,甲,面,,,,@"), "doubt")

WORDS = "survey: header in words of offices"
for key, values, right in (
    (
        "坐标系",
        ("国家2000", "CGCS_2000", "大地2000", "CGCS2000_3_Degree_GK_CM_114E", "EPSG:4526"),
        "read",
    ),
    ("坐标系", ("西安80", "80西安坐标系", "54北京", "Xian 1980", "太原独立坐标系"), "refuse"),
    ("坐标系", ("GCJ02", "百度坐标", "CGCS2000（由西安80转换）"), "doubt"),
    ("带号", ("第38带", "114", "CM 114"), "read"),
    ("带号", ("37",), "doubt"),
    ("几度分带", ("三度带", "3°", "3 degree"), "read"),
    ("几度分带", ("6",), "doubt"),
    ("投影类型", ("高斯-克吕格", "Gauss-Kruger", "高斯—克吕格投影"), "read"),
    ("投影类型", ("UTM", "兰伯特"), "doubt"),
    ("计量单位", ("千米", "毫米", "度"), "doubt"),
):
    for value in values:
        text(f"{key}_{value}", WORDS, survey(**{key: value}), right)

MARKS = "table: marks and encodings of offices"
for encoding in ("gb18030", "utf-16"):
    for name, mark in (("comma", ","), ("tab", "\t"), ("semicolon", ";"), ("bar", "|")):
        content = table(HEADS.replace(",", mark), ROWS, mark).encode(encoding)
        text(f"{encoding}_{name}", MARKS, content, assume=DATUM)

WORDED = "table: headings of offices"
for heads in (
    "地块编号,点号,N,E",
    "地块编号,点号,X_2000,Y_2000",
    "地块编号,点号,CGCS2000_X,CGCS2000_Y",
    "地块编号,点号,2000坐标X,2000坐标Y",
    "宗地编号,界址点号,北(X),东(Y)",
    "地块 编号,点 号,Ｘ,Ｙ",
    "Parcel,Point,Northing (m),Easting (m)",
):
    text(heads, WORDED, table(heads, ROWS), assume=DATUM)
for heads in ("X(西安80),Y(西安80)", "X北京54,Y北京54", "X80,Y80", "施工坐标A,施工坐标B"):
    text(heads, WORDED, table(f"地块编号,点号,{heads}", ROWS), "doubt")
degrees = [("A", f"J{k}", y, x) for k, (x, y) in enumerate(RING, 1)]
for heads in ("大地纬度,大地经度", "纬度B,经度L", "GPS纬度,GPS经度", "北纬N,东经E"):
    text(heads, WORDED, table(f"地块编号,点号,{heads}", degrees), assume=DATUM)
for heads in ("高德纬度,高德经度", "百度纬度,百度经度", "纬度（GCJ-02）,经度（GCJ-02）"):
    text(heads, WORDED, table(f"地块编号,点号,{heads}", degrees), "doubt")

NOTES = "table: notes below the points"
for name, row in (
    ("area_in_brackets", ("面积（公顷）", "36.0000", "", "")),
    ("area_beside", ("", "", "面积", "360000")),
    ("area_as_s", ("S=360000㎡", "", "", "")),
    ("makers", ("测量：张三", "校核：李四", "日期：2026-01-01", "")),
    ("total", ("合计", "", "", "36.0000公顷")),
):
    text(name, NOTES, table(HEADS, [*ROWS, row]), assume=DATUM)
text(
    "lost_number", NOTES, table(HEADS, [*ROWS, ("A", "J6", "4223500.0", "")]), "doubt", assume=DATUM
)

PARTS = "table: degrees, minutes and seconds of offices"


def parted(value: float, how: Callable[[int, int, float], str]) -> str:
    degree = int(value)
    minute = int((value - degree) * 60)
    return how(degree, minute, ((value - degree) * 60 - minute) * 60)


for name, how in (
    ("letters", lambda d, m, s: f"{d}d{m}m{s:.3f}s"),
    ("capitals", lambda d, m, s: f"{d}D{m}M{s:.3f}S"),
    ("spaces", lambda d, m, s: f"{d} {m} {s:.3f}"),
    ("colons", lambda d, m, s: f"{d}:{m}:{s:.3f}"),
    ("wide", lambda d, m, s: f"{d}°{m}′{s:.3f}″".translate(WIDE)),
    ("quotes", lambda d, m, s: f"{d}º{m}’{s:.3f}”"),
    ("minutes", lambda d, m, s: f"{d}°{m + s / 60:.6f}′"),
):
    for before in (("", ""), ("E", "N"), ("东经", "北纬")):
        rows = [
            ("A", f"J{k}", *(before[i] + parted(v, how) for i, v in enumerate(point)))
            for k, point in enumerate(RING, 1)
        ]
        content = table("地块编号,点号,经度,纬度", rows)
        text(f"{name}_{before[0]}", PARTS, content, assume=DATUM)
