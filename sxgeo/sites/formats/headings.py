"""Headings of tables of coordinates: which column is what, and degrees, minutes and seconds in
columns of their own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ...errors import InputError
from .header_words import datums_in, unit_in
from .survey import NARROW

HEADING_ROWS = 20
_MOST_HEADS = 2_000
_MOST_CHARS = 200
_SUFFIX = r"(?:编号|编码|代码|代号|号码|号|序号|名称|名|标识码?|id|no|num|number|code|name|fid|index|bh|dm|mc)?\d*"
PLOT_HEADING = re.compile(
    r"(?:地块|宗地|图斑|地籍|区块|矿区|矿权|片区|多边形|小班|林班|parcel|plot|polygon|poly|shape|feature|lot|orig(?=fid|"
    r"id)|"
    r"dk(?=bh|mc)|zd(?=dm|bh)|tb(?=bh))" + _SUFFIX
)
_WEAK_PLOT = re.compile(
    r"(?:项目|工程|标段|区域|用地|红线|范围|分?组|组别|project|group|block|area(?=id|no|name|code)|objectid|oid|gid)"
    + _SUFFIX
)
ORDER_HEADINGS = (
    "序号",
    "顺序",
    "顺序号",
    "点序",
    "点序号",
    "order",
    "seq",
    "sequence",
    "index",
    "vertexindex",
)
_RING = ("圈号", "ring", "ringno", "ring_no", "part", "vertex_part_ring", "环号")
_PART = ("vertex_part", "部分号")
CORNER_HEADING = re.compile(
    r"(?!.*(?:经度|纬度|坐标[xy]?$|[xy]$|地点|站点|网点|景点|试点|角度|方位角|夹角)).*(?:点|桩|角|vertex|vertices|point|"
    r"corner|node)(?!.*(?:名称|name)$).*"
)
_NAME = ("名称", "地块名称", "项目名称", "name", "name_zh")
_NAMED = re.compile(r".*(?:名称?|name|单位|企业|公司)")
_ID = ("site_id", "id", "编号", "fid")
_SYSTEM = ("坐标系", "坐标系统", "坐标系名称", "datum", "crs", "基准")
_ACCURACY = ("site_accuracy_m", "accuracy_m", "精度", "精度_m")
_LON, _LAT = (
    ("经度", "东经", "longitude", "lon", "lng", "long"),
    ("纬度", "北纬", "latitude", "lat"),
)
_NORTH = ("纵坐标", "北坐标", "纵坐标x", "北坐标x", "northing", "north", "北", "n")
_EAST = ("横坐标", "东坐标", "横坐标y", "东坐标y", "easting", "east", "东", "e")
_DATED = re.compile(r"(?:国家|大地)?(?:cgcs)?2000(?:坐标系?)?|wgs84")
"""The datum of today in a heading, X_2000 or CGCS2000_X; another one is not taken away."""
_X, _Y = (
    ("x", "x坐标", "坐标x", "coordx", "x_coord", "xcoord", "pointx", "point_x"),
    ("y", "y坐标", "坐标y", "coordy", "y_coord", "ycoord", "pointy", "point_y"),
)
_WKT = (
    "wkt",
    "geometry",
    "geom",
    "几何",
    "几何图形",
    "几何信息",
    "图形",
    "thegeom",
    "wktgeom",
    "wkt_geom",
    "shapewkt",
    "shape",
)
_PARTS = (
    ("度", "deg", "degree", "degrees", "d"),
    ("分", "min", "minute", "minutes", "m"),
    ("秒", "sec", "second", "seconds", "s"),
)
_LON_LIKE = re.compile(r".{0,4}?(?:经度|东经|longitude|lon|lng)\d*.{0,2}")
_LAT_LIKE = re.compile(r".{0,4}?(?:纬度|北纬|latitude|lat)\d*.{0,2}")
_X_LIKE = re.compile(r".{0,5}?(?:x坐标|坐标x|纵坐标x?|北坐标x?|northing|x)\d*(?:min|max|coord)?")
_Y_LIKE = re.compile(r".{0,5}?(?:y坐标|坐标y|横坐标y?|东坐标y?|easting|y)\d*(?:min|max|coord)?")


@dataclass(slots=True)
class Columns:
    """Which column is what, from 0.

    Attributes
    ----------
    kind
        ``"degree"``, ``"metre"`` (north before east by name), ``"xy"`` (by name only) or ``"wkt"``,
        where both are one column.
    datums, units
        What the headings of the coordinates name.
    heads
        All headings, made plain.
    pairs
        The coordinates of each row that was looked at, by its identity: rows outlive their columns.
    """

    first: int
    second: int
    kind: str
    plot: int | None = None
    order: int | None = None
    ring: int | None = None
    part: int | None = None
    label: int | None = None
    name: int | None = None
    ident: int | None = None
    accuracy: int | None = None
    system: int | None = None
    datums: tuple[str, ...] = ()
    units: str | None = None
    heads: tuple[str, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    pairs: dict[int, tuple[float | None, float | None]] = field(default_factory=dict)


def _is_degrees(heading: str, words: Sequence[str]) -> bool:
    """Whether a heading is one of longitudes, or of latitudes: 大地经度, 经度E, WGS84经度."""
    # WGS84经度 is a longitude: the datum of today tells nothing of which ordinate it is
    bare = _DATED.sub("", heading)
    return bare in words or heading.startswith(tuple(words[:2])) or heading.endswith(words[0])


def columns_of(row: Sequence[Any]) -> Columns | None:
    """Find the columns of coordinates by their headings; None when no pair of them is in this
    row.
    """
    heads = [plain_heading(cell) for cell in row]
    lon, lat = (
        next((i for i, head in enumerate(heads) if _is_degrees(head, words)), None)
        for words in (_LON, _LAT)
    )

    # By what the headings say, the surest first: degrees, then north and east, then X and Y, of
    # which only the numbers tell which is north.
    for first, second, kind in (
        (lon, lat, "degree"),
        (_find(heads, _NORTH), _find(heads, _EAST), "metre"),
        (_find(heads, _X), _find(heads, _Y), "xy"),
    ):
        if first is not None and second is not None:
            return _completed(Columns(first, second, kind), row, heads)
    return None


def wkt_column_of(row: Sequence[Any]) -> Columns | None:
    """Find a column of geometries by its heading; None when there is none in this row."""
    heads = [plain_heading(cell) for cell in row]
    found = _find(heads, _WKT)
    return None if found is None else _completed(Columns(found, found, "wkt"), row, heads)


_WORDS_OF = (
    ("ring", _RING),
    ("order", ORDER_HEADINGS),
    ("part", _PART),
    ("name", _NAME),
    ("ident", _ID),
    ("accuracy", _ACCURACY),
    ("system", _SYSTEM),
)
"""Columns that are known by their very heading."""
_TOLD = (
    "first",
    "second",
    "plot",
    "order",
    "ring",
    "part",
    "label",
    "name",
    "ident",
    "accuracy",
)
"""Columns whose headings the autopsy tells, in its order."""


def _completed(
    found: Columns,
    row: Sequence[Any],
    heads: Sequence[str],
) -> Columns:
    found.heads = tuple(heads)
    _note_system(found, row)
    for key, words in _WORDS_OF:
        setattr(found, key, _find(heads, words))

    # A heading has one meaning: the plot is looked for among those left, then the label.
    taken = {
        found.first,
        found.second,
        found.ring,
        found.order,
        found.part,
        found.accuracy,
        found.system,
    }
    found.plot = _left(heads, taken, PLOT_HEADING)
    taken |= {found.plot, found.name, found.ident}
    found.label = _left(heads, taken, CORNER_HEADING)
    _note_names(found, row)
    return found


def _note_names(found: Columns, row: Sequence[Any]) -> None:
    """Note the headings as they were written, for whoever reads what was taken for what."""
    for key in _TOLD:
        index = getattr(found, key)
        if index is not None:
            found.names[key] = str(row[index]).strip()


def _note_system(found: Columns, row: Sequence[Any]) -> None:
    """Note the datums and the unit that the headings of the coordinates name: only these speak of
    them.
    """
    heads = [str(row[place])[:_MOST_CHARS] for place in (found.first, found.second)]
    words = " ".join(heads).translate(NARROW)
    found.datums = tuple(datums_in(words))
    # a column of geometries holds degrees as WKT writes them
    if found.kind == "wkt":
        return
    inside = re.findall(r"[(\[](.*?)[)\]]", words) + re.findall(r"\bdms\b|度分秒", words, re.I)
    if any(unit_in(text) == "dms" for text in inside):
        found.units = "dms"


def _left(
    heads: Sequence[str],
    taken: set[int | None],
    pattern: re.Pattern[str],
) -> int | None:
    """Return the first column of a kind that is not taken for another."""
    return next(
        (i for i, head in enumerate(heads) if i not in taken and pattern.fullmatch(head)), None
    )


def groups_weakly(columns: Columns) -> list[int]:
    """Return the columns whose headings may name plots, the likelier first: ids, projects, groups,
    names.
    """
    # an id goes before a project: it is made to tell things apart
    there = [i for i, head in enumerate(columns.heads) if _WEAK_PLOT.fullmatch(head)]
    known = (columns.ident, *there, columns.name)
    return list(
        dict.fromkeys(
            i
            for i in known
            if i is not None and i not in (columns.first, columns.second, columns.plot)
        )
    )


def names_places(columns: Columns) -> list[int]:
    """Return the columns that may name places: names and ids."""
    there = [i for i, head in enumerate(columns.heads) if _NAMED.fullmatch(head)]
    known = (columns.name, columns.ident, columns.plot, *there)
    return list(
        dict.fromkeys(
            i
            for i in known
            if i is not None and i not in (columns.first, columns.second, columns.label)
        )
    )


def several_pairs(columns: Columns) -> str | None:
    """Name the headings of a second pair of coordinates in each row; None where there is one pair,
    or one in each of two systems.
    """
    # degrees beside metres are one place in two systems, which is common and harmless
    one, other = (_LON_LIKE, _LAT_LIKE) if columns.kind == "degree" else (_X_LIKE, _Y_LIKE)
    heads = [head for head in columns.heads if head]
    first, second = ([head for head in heads if sign.fullmatch(head)] for sign in (one, other))
    return (
        f"{', '.join(first)} and {', '.join(second)}"
        if len(first) > 1 and len(second) > 1
        else None
    )


def plain_heading(text: object) -> str:
    """Make a heading plain: half-width, lower case, without spaces, signs and what stands in
    brackets, or its unit behind a stroke.
    """
    # a cell of a novel's length is no heading, and patterns would take their time over it
    plain = str("" if text is None else text)[:_MOST_CHARS].translate(NARROW).strip().lower()
    return re.sub(r"[\s_:°]+|\(.*?\)|\[.*?\]|/(?:m|米|°|度)?$", "", plain)


def is_corner_heading(text: str) -> bool:
    """Whether a heading is that of the labels of corners: 点号, 界址点, vertex ..."""
    return CORNER_HEADING.fullmatch(plain_heading(text)) is not None


def is_order_heading(text: str) -> bool:
    """Whether a heading is that of the places of vertices in their ring."""
    plain = plain_heading(text)
    return plain in ORDER_HEADINGS or plain.startswith(
        ("vertexind", "vertexno")
    )  # cut to ten letters


def is_plot_heading(text: str) -> bool:
    """Whether a heading says which plot a row is of."""
    return PLOT_HEADING.fullmatch(plain_heading(text)) is not None


def _find(headings: Sequence[str], words: Sequence[str]) -> int | None:
    # the whole heading first, then without the datum in it
    plain = [word.replace("_", "") for word in words]
    for known in (headings, [_DATED.sub("", heading) for heading in headings]):
        found = next((i for i, heading in enumerate(known) if heading in plain), None)
        if found is not None:
            return found
    return None


def joined_parts(rows: list[list[Any]]) -> list[list[Any]]:
    """Join degrees, minutes and seconds that stand in three columns each into one text,
    ``112°33′45.6″``.

    Parameters
    ----------
    rows
        Of the whole table. Headings say 度, 分, 秒 (deg, min, sec), with 经度 or 纬度 (lon, lat) before
        them or in the row above; without these the numbers have to tell which is which.

    Returns
    -------
    list
        New rows with the joined text in the first of the three columns, its heading beside it;
        `rows` themselves when no two such groups stand side by side in any of the first twenty.
    """
    for number, row in enumerate(rows[:HEADING_ROWS]):
        heads = _heads_of_parts(row)
        starts = [i for i in range(len(heads) - 2) if _is_group(heads[i : i + 3])]

        # More than two groups are corners side by side, which must not be read as one pair.
        if len(starts) > 2:
            raise InputError(
                f"has {len(starts)} groups of degrees, minutes and seconds in one row: give one"
                " pair of coordinates a row, the corners of a plot below each other, with a column"
                " 地块编号"
            )
        titles = _titles_of(heads, rows[number - 1] if number else [], starts)
        if titles:
            return _rows_joined(rows, number, titles)
    return rows


def _heads_of_parts(row: Sequence[Any]) -> list[str]:
    """Return plain headings, of which the unit in brackets is a part: without it the columns are no
    group.
    """
    cells = [_cell(row, i) for i in range(min(len(row), _MOST_HEADS))]
    return [plain_heading(re.sub(r"[(（](度|分|秒)[)）]", r"\1", cell)) for cell in cells]


def _titles_of(
    heads: Sequence[str],
    above: Sequence[Any],
    starts: Sequence[int],
) -> dict[int, str]:
    """Return a title for each group, by its first column; empty where the groups are no
    ordinates.
    """
    axes = [_axis_of(heads[i], above, i) for i in starts]
    # Titles that say both axes, or the one that there is.
    if set(axes) == {"经度", "纬度"} or (len(axes) == 1 and axes[0]):
        return {
            i: f"{axis} {_cell(above, i)}".strip() for axis, i in zip(axes, starts, strict=True)
        }
    # without them the pair is X and Y, as the numbers will tell
    if axes == ["", ""]:
        return dict(zip(starts, ("X", "Y"), strict=True))
    return {}


def _rows_joined(
    rows: Sequence[Sequence[Any]],
    number: int,
    titles: dict[int, str],
) -> list[list[Any]]:
    """Return a new list of rows: the caller's stays as it was read."""
    done = [_joined(row, list(titles)) for row in rows]
    for i, title in titles.items():
        done[number][i : i + 3] = [title, "", ""]
    # a title that went into the heading would be taken for a second one above it
    if number and set(titles.values()) != {"X", "Y"}:
        for i in titles:
            done[number - 1][i : i + 3] = ["", "", ""]
    return done


def _is_group(heads: Sequence[str]) -> bool:
    stems = [
        next((h.removesuffix(p) for p in words if h.endswith(p)), None)
        for h, words in zip(heads, _PARTS, strict=True)
    ]
    # one stem for all that carry one: 经度度, 分, 秒
    return None not in stems and len({stem for stem in stems if stem}) <= 1


def _axis_of(
    head: str,
    above: Sequence[Any],
    start: int,
) -> str:
    """Say which ordinate a group is: by its own heading, else by the cell above, a merged one
    standing over its first column.
    """
    for text in (head, plain_heading(_cell(above, start))):
        if text.startswith(("经", "东经", "lon", "lng")):
            return "经度"
        if text.startswith(("纬", "北纬", "lat")):
            return "纬度"
    return ""


def _cell(row: Sequence[Any], index: int) -> str:
    if index >= len(row) or row[index] is None:
        return ""
    return str(row[index])[:_MOST_CHARS].strip()


def _joined(row: Sequence[Any], starts: Sequence[int]) -> list[Any]:
    done = list(row)
    for i in starts:
        parts = [
            _cell(row, j).removesuffix(".0") if j - i < 2 else _cell(row, j)
            for j in range(i, i + 3)
        ]
        done[i : i + 3] = [
            "{}°{}′{}″".format(*parts) if any(parts) else "",
            "",
            "",
        ]
    return done
