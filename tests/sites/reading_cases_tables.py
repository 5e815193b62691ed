"""Survey TXT, CSV and workbooks as people bring them: see reading_cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from reading_cases import EAST, NORTH, SQUARE, Case, written

HEADER = {
    "格式版本号": "1.01",
    "数据产生单位": "甲院",
    "数据产生日期": "2026-01-01",
    "坐标系": "2000国家大地坐标系",
    "几度分带": "3",
    "投影类型": "高斯克吕格",
    "计量单位": "米",
    "带号": "38",
    "精度": "0.01",
    "转换参数": ",,,,,,",
}
PREFIX = 38e6
DATUM = {"datum": "CGCS2000"}
RING = {**DATUM, "shape": "ring"}
CLOSED = (*SQUARE, SQUARE[0])
LONLAT = (
    (112.6962578, 38.1369292),
    (112.7031, 38.1370049),
    (112.7030043, 38.142409),
    (112.6961617, 38.1423332),
)
"""The corners in degrees."""
EASTWARD = tuple((n, e + 2_000.0) for n, e in SQUARE)


def points(
    corners: Sequence[tuple[float, float]], ring: int = 1, first: int = 1, mark: str = ","
) -> str:
    """Return point lines of a survey TXT."""
    return "".join(
        mark.join((f"J{number}", str(ring), f"{NORTH + n:.3f}", f"{PREFIX + EAST + e:.3f}")) + "\n"
        for number, (n, e) in enumerate(corners, first)
    )


def survey(
    line: str = "5,36.0000,DK1,甲地块,面,,,,@", body: str | None = None, **header: str | None
) -> str:
    """Return a survey TXT; a value of None takes a key of the header away."""
    head = {**HEADER, **header}
    lines = [f"{key}={value}" for key, value in head.items() if value is not None]
    return (
        "\n".join(["[属性描述]", *lines, "[地块坐标]", line])
        + "\n"
        + (points(CLOSED) if body is None else body)
    )


def table(heads: str, rows: Sequence[Sequence[object]], mark: str = ",") -> str:
    """Return a CSV."""
    return "\n".join([heads, *(mark.join(map(str, row)) for row in rows)]) + "\n"


def metres(
    corners: Sequence[tuple[float, float]], *labels: Callable[[int], object]
) -> list[list[object]]:
    """Return rows of a table: labels by the number of the corner, northing, easting with prefix."""
    return [
        [*(label(number) for label in labels), f"{NORTH + n:.1f}", f"{PREFIX + EAST + e:.1f}"]
        for number, (n, e) in enumerate(corners, 1)
    ]


def corner(number: int) -> str:
    return f"J{number}"


def book(
    *sheets: tuple[str, str, Sequence[Sequence[Any]]], name: str = "表.xlsx"
) -> Callable[[Path], Path]:
    """Return a builder of a workbook: title, state and rows of each sheet."""

    def build(folder: Path) -> Path:
        import openpyxl

        made = openpyxl.Workbook()
        made.remove(made.active)
        for title, state, rows in sheets:
            sheet = made.create_sheet(title)
            sheet.sheet_state = state
            for row in rows:
                sheet.append(list(row))
        path = folder / name
        with path.open("wb") as file:
            made.save(file)
        return path

    return build


CASES: list[Case] = []


def text(name: str, kind: str, content: str, right: Any = "read", **more: Any) -> None:
    CASES.append(
        Case(
            name,
            kind,
            written(f"{name}.{'csv' if kind.startswith('table') else 'txt'}", content),
            right,
            **more,
        )
    )


# --- survey TXT: rings

RINGS = "survey: rings"
text("closed_once", RINGS, survey())
text("closed_twice", RINGS, survey("6,36.0,DK1,甲,面,,,,@", points((*CLOSED, SQUARE[0]))))
text(
    "closed_thrice", RINGS, survey("7,36.0,DK1,甲,面,,,,@", points((*CLOSED, SQUARE[0], SQUARE[0])))
)
text("open_with_count_and_area", RINGS, survey("4,36.0,DK1,甲,面,,,,@", points(SQUARE)))
text("open_by_a_millimetre", RINGS, survey(body=points((*SQUARE, (0.001, 0.0)))))
text(
    "open_without_area",
    RINGS,
    survey("4,,DK1,甲,面,,,,@", points(SQUARE)),
    "doubt",
    settled_by={"shape": "ring"},
)
text("open_with_another_area", RINGS, survey("4,30,DK1,甲,面,,,,@", points(SQUARE)), "doubt")
text(
    "open_by_ten_metres",
    RINGS,
    survey("5,,DK1,甲,面,,,,@", points((*SQUARE, (0.0, 10.0)))),
    "doubt",
)
second = [(n, e + 700.0) for n, e in CLOSED]
text(
    "parts_numbered",
    RINGS,
    survey("10,72.0,DK1,甲,面,,,,@", points(CLOSED) + points(second, 2)),
    area_ha=72.0,
)
text(
    "parts_of_one_number",
    RINGS,
    survey("10,72.0,DK1,甲,面,,,,@", points(CLOSED) + points(second, 1, 6)),
    area_ha=72.0,
)
text(
    "parts_without_area", RINGS, survey("10,,DK1,甲,面,,,,@", points(CLOSED) + points(second, 2)), "doubt", area_ha=72.0,
    settled_by={"shape": "ring"},
)  # fmt: skip
text(
    "open_parts_that_restart",
    RINGS,
    survey("8,72.0,DK1,甲,面,,,,@", points(SQUARE) + points(second[:4])),
    area_ha=72.0,
)
text(
    "open_parts_without_restart", RINGS, survey("8,72.0,DK1,甲,面,,,,@", points((*SQUARE, *second[:4]))), "refuse",
    words="close each part",
)  # fmt: skip
hole = [(200.0, 200.0), (200.0, 400.0), (400.0, 400.0), (400.0, 200.0)]
text(
    "hole_first_open",
    RINGS,
    survey("8,32.0,DK1,甲,面,,,,@", points(hole, 2) + points(SQUARE, 1, 5)),
    area_ha=32.0,
    meets=False,
)
bridge = (*CLOSED, *(hole[i] for i in (0, 3, 2, 1, 0)), SQUARE[0])
text("keyhole", RINGS, survey("11,32.0,DK1,甲,面,,,,@", points(bridge)), area_ha=32.0, meets=False)
far_bridge = (*SQUARE[:3], *(hole[i] for i in (2, 1, 0, 3, 2)), *SQUARE[2:], SQUARE[0])
text(
    "keyhole_from_another_corner",
    RINGS,
    survey("11,32.0,DK1,甲,面,,,,@", points(far_bridge)),
    area_ha=32.0,
    meets=False,
)
loop = (
    (0.0, 0.0),
    (0.0, 300.0),
    (200.0, 200.0),
    (200.0, 400.0),
    (0.0, 300.0),
    (0.0, 600.0),
    *SQUARE[2:],
    (0.0, 0.0),
)
text("touches_itself", RINGS, survey("9,34.0,DK1,甲,面,,,,@", points(loop)), area_ha=34.0)
inner_loop = (*loop[:2], loop[3], loop[2], *loop[4:])
text(
    "touches_itself_and_winds_twice",
    RINGS,
    survey("9,34.0,DK1,甲,面,,,,@", points(inner_loop)),
    area_ha=34.0,
)
tie = (SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0])
text(
    "bow_tie", RINGS, survey("5,36.0,DK1,甲,面,,,,@", points(tie)), "doubt", words="crosses itself"
)
text("a_point_lost", RINGS, survey("6,,DK1,甲,面,,,,@"), "refuse", words="--assume count=as_found")

# --- survey TXT: the words of its header

WORDS = "survey: header words"
for key, values in {
    "坐标系": ("WGS84", "EPSG:4547", "大地2000", "CGCS2000", "国家2000坐标系", "China 2000", "2000坐标系"),
    "几度分带": ("3度带", "3°带", "三", "三度带", "3度", "3°", "3度分带", ""),
    "带号": ("38带", "第38带", "38N", "3度带38带", "114E", "114°E", "114°", "CM114", "中央子午线114", "三十八", "114度", ""),
    "投影类型": ("高斯-克吕格", "高斯投影", "横轴墨卡托", "GK", "Gauss-Kruger", "TM", ""),
    "计量单位": ("M", "m", "meter", "metres", "米(m)", ""),
    "精度": ("0.01米", "1cm", "0.001m", "小数点后3位", "1:2000", "3", "4", "很高", ""),
}.items():  # fmt: skip
    for number, value in enumerate(values):
        text(f"{key}_{number}", WORDS, survey(**{key: value}))
text("width_under_another_name", WORDS, survey(几度分带=None, 分带="3度带"))
text("meridian_under_its_name", WORDS, survey(带号=None, 中央子午线="114°"))
text("sections_in_wide_brackets", WORDS, survey().replace("[", "【").replace("]", "】"))
text("space_before_the_section", WORDS, " " + survey())
text("tabs", WORDS, survey(body=points(CLOSED, mark="\t")))
for number, value in enumerate(("polygon", "Polygon", "多边形", "面状", "面要素", "")):
    text(f"kind_{number}", WORDS, survey(f"5,36.0,DK1,甲,{value},,,,@"))
text("hectares_written_out", WORDS, survey("5,36.0000公顷,,地块1,面,,,,@"))
text("no_number_of_points", WORDS, survey("36.0000公顷,,地块1,面,,,,@"))
BEIJING = survey(坐标系="1954北京坐标系")
text("beijing", WORDS, BEIJING, "refuse", words="seven parameters")
text("code_of_beijing", WORDS, survey(坐标系="EPSG:2434"), "refuse", words="seven parameters")
text(
    "two_datums",
    WORDS,
    survey(坐标系="1980西安坐标系转2000坐标系"),
    "refuse",
    words="--assume datum=",
    settled_by=DATUM,
)
text(
    "local_system",
    WORDS,
    survey(坐标系="太原市独立坐标系"),
    "refuse",
    words="太原市独立坐标系",
    settled_by=DATUM,
)
text("unknown_projection", WORDS, survey(投影类型="UTM"), "refuse", settled_by={"zone": "38"})
text("zone_told_by_code", WORDS, survey(带号="很多"), "refuse", settled_by={"crs": "EPSG:4547"})
text("code_of_the_plane_for_numbers_with_prefix", WORDS, survey(), assume={"crs": "EPSG:4547"})

text(
    "closed_line",
    "survey: lines",
    survey("5,,DK1,甲,线,,,,@"),
    "doubt",
    settled_by={"closed_line": "plot"},
)
text(
    "closed_line_said", "survey: lines", survey("5,,DK1,甲,线,,,,@"), assume={"closed_line": "plot"}
)
text(
    "open_line",
    "survey: lines",
    survey("3,,DK1,甲,线,,,,@", points(SQUARE[:3])),
    area_ha=0.0,
    meets=False,
)
text(
    "lines_that_close_together",
    "survey: lines",
    survey("6,,DK1,甲,线,,,,@", points(SQUARE[:3]) + points((*SQUARE[2:], SQUARE[0]), 2)),
    "doubt",
    settled_by={"closed_line": "plot"},
)

# --- tables: corners or points

CORNERS = "tables: corners"
for number, head in enumerate(
    ("点号", "序号", "界址点编号", "拐点序号", "点位", "角点", "坐标点", "桩号", "界桩号", "节点号", "ID", "OBJECTID", "编号", "名称", "No.", "备注")
):  # fmt: skip
    for sign, label in (("J", corner), ("", int)):
        rows = metres(SQUARE, label)
        text(
            f"corners_{number}{sign}",
            "table: corners",
            table(f"{head},X坐标,Y坐标", rows),
            "doubt",
            assume=DATUM,
            settled_by={"shape": "ring"},
        )
for number, labels in enumerate(
    ("ABCD", "甲乙丙丁", "一二三四", "①②③④", ("东南角", "西南角", "西北角", "东北角"))
):
    rows = metres(SQUARE, lambda k, labels=labels: labels[k - 1])
    text(
        f"corner_names_{number}",
        "table: corners",
        table("名称,X,Y", rows),
        "doubt",
        assume=DATUM,
        settled_by={"shape": "ring"},
    )
text(
    "no_labels",
    "table: corners",
    table("X,Y", metres(SQUARE)),
    "doubt",
    assume=DATUM,
    settled_by={"shape": "ring"},
)
text(
    "headings_in_two_rows", "table: corners", table("点号,坐标,\n,X(m),Y(m)", metres(SQUARE, corner)), "doubt", assume=DATUM,
    settled_by={"shape": "ring"},
)  # fmt: skip
text(
    "plot_and_accuracy_over_two_rows", "table: corners",
    table("地块编号,点号,精度,坐标,\n,,,X,Y", metres(CLOSED, lambda k: "A", corner, lambda k: 5)), assume=DATUM,
)  # fmt: skip
text(
    "closes",
    "table: corners",
    table("编号,X,Y", metres(CLOSED, int)),
    "doubt",
    assume=DATUM,
    settled_by={"shape": "ring"},
)
text(
    "closed_twice_in_a_table",
    "table: corners",
    table("地块编号,点号,X,Y", metres((*CLOSED, SQUARE[0]), lambda k: "A", corner)),
    assume=DATUM,
)
NAMES = ("甲化工厂", "滨河水泥公司", "新城热电", "北区污水厂")
text(
    "places_with_names", "table: points", table("序号,名称,X,Y", metres(SQUARE, int, lambda k: NAMES[k - 1])), assume=DATUM,
    area_ha=0.0, meets=False, sites=4,
)  # fmt: skip
text(
    "one_place",
    "table: points",
    table("编号,X,Y", metres(SQUARE[:1], corner)),
    assume=DATUM,
    area_ha=0.0,
    meets=False,
)
text(
    "a_point_for_a_plot", "table: points", table("项目名称,经度,纬度,面积(亩)", [("甲", *LONLAT[0], 540)]), "doubt", assume=DATUM, area_ha=0.0, meets=False,
    settled_by={"shape": "points"},
)  # fmt: skip

# --- tables: a column that groups is a plot

for number, head in enumerate(
    ("地块编号", "项目编号", "宗地", "图斑号", "地块序号", "矿区编号", "ORIG_FID", "OBJECTID_1", "区块", "地块名称", "项目代码", "polygon_id", "parcel", "PARCEL_ID", "group", "shape_id", "编号", "id", "名称")
):  # fmt: skip
    two = [*metres(SQUARE, lambda k: "A"), *metres(EASTWARD, lambda k: "B")]
    text(
        f"grouped_{number}",
        "table: plots",
        table(f"{head},X,Y", two),
        "doubt",
        assume=DATUM,
        area_ha=72.0,
        sites=2,
        settled_by={"shape": "ring"},
    )
    shut = [
        *metres(CLOSED, lambda k: "A", corner),
        *metres((*EASTWARD, EASTWARD[0]), lambda k: "B", corner),
    ]
    text(
        f"grouped_closed_{number}",
        "table: plots",
        table(f"{head},点号,X,Y", shut),
        assume=DATUM,
        area_ha=72.0,
        sites=2,
    )
text(
    "vertices_of_a_program", "table: plots",
    table("OBJECTID,ORIG_FID,POINT_X,POINT_Y", [[k, 1, PREFIX + EAST + e, NORTH + n] for k, (n, e) in enumerate(CLOSED, 1)]),
    assume=DATUM,
)  # fmt: skip
text(
    "vertices_with_rings", "table: plots",
    table(
        "fid,vertex_index,vertex_part,vertex_part_ring,vertex_part_index,x,y",
        [[7, k, 0, int(k > 4), k % 5, PREFIX + EAST + e, NORTH + n] for k, (n, e) in enumerate((*CLOSED, *hole, hole[0]))],
    ),
    assume=DATUM, area_ha=32.0, meets=False,
)  # fmt: skip
text(
    "wells_of_two_projects", "table: plots",
    table("项目编号,名称,X,Y", metres(SQUARE, lambda k: "AB"[k > 2], lambda k: NAMES[k - 1])), assume=DATUM, area_ha=0.0, meets=False, sites=4,
)  # fmt: skip
text(
    "several_pairs",
    "table: left out",
    table("编号,经度1,纬度1,经度2,纬度2", [("A", *LONLAT[0], *LONLAT[1])]),
    "refuse",
    words="several pairs",
)
text(
    "pairs_side_by_side",
    "table: left out",
    table(
        "点号,X,Y,点号,X,Y",
        [[*a, *b] for a, b in zip(metres(SQUARE, corner), metres(EASTWARD, corner), strict=True)],
    ),
    "refuse",
    words="several pairs",
)
text(
    "box",
    "table: left out",
    "名称,东经,北纬,西至,南至\n甲,112.71,38.15,112.69,38.13\n",
    "refuse",
    words="several pairs",
)
text(
    "pair_without_headings",
    "table: left out",
    table(
        "名称,X,Y,甲,乙", [[*row, NORTH + 50, PREFIX + EAST] for row in metres(SQUARE[:1], corner)]
    ),
    "refuse",
    words="several pairs",
)

text(
    "minutes_apart",
    "table: left out",
    "编号,经度度,经度分,纬度度,纬度分\na,112,41.5,38,8.2\n",
    "refuse",
    words="join them",
)
for number, order in enumerate((lambda k: 10 * k, lambda k: 9 - k)):
    text(
        f"corners_in_steps_{number}",
        "table: corners",
        table("编号,X,Y", metres(SQUARE, order)),
        "doubt",
        assume=DATUM,
        settled_by={"shape": "ring"},
    )

# --- tables: degrees, minutes and seconds; words of a title

PACKED = (
    (112.414652808, 38.081294512),
    (112.421116, 38.081321764),
    (112.421081548, 38.08326724),
    (112.414618212, 38.083239952),
)
packed_rows = [("A", corner(k), *pair) for k, pair in enumerate((*PACKED, PACKED[0]), 1)]
text(
    "packed_degrees",
    "table: degrees",
    table("地块编号,点号,经度,纬度", packed_rows),
    "doubt",
    assume=DATUM,
    area_ha=None,
    words="DDD.MMSS",
    settled_by={"units": "dms"},
)
for number, head in enumerate(
    (
        "经度(DDD.MMSS),纬度(DDD.MMSS)",
        "经度(度分秒),纬度(度分秒)",
        "经度（度.分秒）,纬度（度.分秒）",
    )
):
    text(
        f"packed_and_said_{number}",
        "table: degrees",
        table(f"地块编号,点号,{head}", packed_rows),
        assume=DATUM,
    )
text(
    "decimal_degrees",
    "table: degrees",
    table(
        "地块编号,点号,经度,纬度",
        [("A", corner(k), *pair) for k, pair in enumerate((*LONLAT, LONLAT[0]), 1)],
    ),
    assume=DATUM,
)
signs = (
    "112°41′46.5″",
    "112º41'46.5\"",
    "112˚41’46.5”",
    "112度41分46.5秒",
    "112°41′46″.5",
    "E: 112°41′46.5″",
    "东经：112°41′46.5″",
    "112-41-46.5",
)
for number, sign in enumerate(signs):
    text(
        f"signs_{number}",
        "table: degrees",
        f"编号;经度;纬度\nA;{sign};38°8′12.9″\n",
        assume=DATUM,
        area_ha=0.0,
        meets=False,
    )
degrees = [("A", corner(k), *pair) for k, pair in enumerate((*LONLAT, LONLAT[0]), 1)]
text(
    "title_of_beijing",
    "table: titles",
    table("坐标系：1954年北京坐标系,,,\n地块编号,点号,经度,纬度", degrees),
    "refuse",
    words="Beijing 1954",
)
text(
    "title_of_baidu",
    "table: titles",
    table("百度地图坐标,,,\n地块编号,点号,经度,纬度", degrees),
    "refuse",
    words="datum=BD-09",
)
text(
    "note_of_xian",
    "table: titles",
    table("地块编号,点号,经度,纬度", [*degrees, ("注：1980西安坐标系", "", "", "")]),
    "refuse",
    words="Xi'an 1980",
)
text(
    "column_of_systems",
    "table: titles",
    table("地块编号,坐标系,经度,纬度", [(a, "西安80", x, y) for a, _, x, y in degrees]),
    "refuse",
    words="Xi'an 1980",
)
bare = [[a, b, n, str(float(e) - PREFIX)] for a, b, n, e in metres(CLOSED, lambda k: "A", corner)]
text(
    "title_of_datum_and_meridian",
    "table: titles",
    table("坐标系：2000国家大地坐标系 3度带 中央子午线114°,,,\n地块编号,点号,X,Y", bare),
)
text(
    "all_questions_at_once",
    "table: titles",
    table("点号,X,Y", [row[1:] for row in bare]),
    "refuse",
    words="--assume zone=38 --assume datum=CGCS2000 --assume shape=ring",
    settled_by={**RING, "zone": "38"},
)

# --- workbooks

HEADS = ("地块编号", "点号", "X", "Y")
plot = [[a, b, float(n), float(e)] for a, b, n, e in metres(CLOSED, lambda k: "A", corner)]
other = [
    [a, b, float(n), float(e)]
    for a, b, n, e in metres((*EASTWARD, EASTWARD[0]), lambda k: "B", corner)
]
merged = [[row[0] if k % 5 == 0 else None, *row[1:]] for k, row in enumerate([*plot, *other])]
BOOK = "workbook"


def sheets(
    name: str,
    *given: tuple[str, str, Sequence[Sequence[Any]]],
    right: Any = "read",
    file: str = "表.xlsx",
    **more: Any,
) -> None:
    CASES.append(Case(name, BOOK, book(*given, name=file), right, assume=DATUM, **more))


sheets("merged_plots", ("S", "visible", [HEADS, *merged]), area_ha=72.0, sites=2)
sheets(
    "hidden_sheet",
    ("现行", "visible", [HEADS, *other]),
    ("旧版", "hidden", [HEADS, *plot]),
    right="doubt",
    words="hidden sheet",
)
sheets("hidden_copy", ("现行", "visible", [HEADS, *plot]), ("旧版", "hidden", [HEADS, *plot]))
sheets("hidden_notes", ("现行", "visible", [HEADS, *plot]), ("说明", "hidden", [["无"]]))
sheets(
    "sheet_of_unknown_headings",
    ("一", "visible", [HEADS, *other]),
    ("二", "visible", [("地块编号", "点号", "X值", "Y值"), *plot]),
    right="doubt",
    words="二",
)
sheets("sheet_of_words", ("一", "visible", [HEADS, *plot]), ("说明", "visible", [["面积", 36.0]]))
sheets(
    "second_table_below",
    ("S", "visible", [HEADS, *other, [None], ["地块二"], HEADS, *plot]),
    right="refuse",
    words="second row of headings",
)
sheets(
    "totals_and_makers",
    (
        "S",
        "visible",
        [
            HEADS,
            *plot,
            ["合计", None, None, 36.0],
            ["制表人：某某", None, None, "日期：2026-01-01"],
        ],
    ),
)
sides = [line for row in plot for line in ([*row, None], [None, None, None, None, 600.0])]
sheets("rows_of_sides", ("S", "visible", [(*HEADS, "边长"), *sides]))
sheets("macro_workbook", ("S", "visible", [HEADS, *plot]), file="表.xlsm")
sheets("workbook_of_another_office", ("S", "visible", [HEADS, *plot]), file="表.et")
