"""Headings of tables of coordinates: which column is what, and degrees, minutes and seconds in columns of their own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .survey import NARROW

HEADING_ROWS = 20
_PLOT = (
    "地块编号", "地块号", "地块", "宗地号", "宗地代码", "图斑编号", "plot", "plotid", "plotno", "plot_id", "plot_no", "polygon", "polygonid", "dkbh",
)  # fmt: skip
_ORDER = ("序号", "顺序", "顺序号", "点序", "点序号", "order", "seq", "sequence", "index")
_RING = ("圈号", "ring", "ringno", "ring_no", "part")
_LABEL = ("点号", "界址点号", "界址点", "拐点", "拐点号", "拐点编号", "点名", "point", "pointno", "point_no", "vertex")
_NAME = ("名称", "地块名称", "项目名称", "name", "name_zh")
_ID = ("site_id", "id", "编号", "fid")
_ACCURACY = ("site_accuracy_m", "accuracy_m", "精度", "精度_m")
_LON, _LAT = ("经度", "东经", "longitude", "lon", "lng", "long"), ("纬度", "北纬", "latitude", "lat")
_NORTH = ("纵坐标", "北坐标", "纵坐标x", "北坐标x", "northing", "north", "北")
_EAST = ("横坐标", "东坐标", "横坐标y", "东坐标y", "easting", "east", "东")
_X, _Y = (
    ("x", "x坐标", "坐标x", "coordx", "x_coord", "pointx", "point_x"),
    ("y", "y坐标", "坐标y", "coordy", "y_coord", "pointy", "point_y"),
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
_DATUM_WORDS = (
    (re.compile(r"gcj|火星|高德|腾讯|amap", re.I), "GCJ-02"),
    (re.compile(r"bd-?09|百度|baidu", re.I), "BD-09"),
    (re.compile(r"2000|cgcs|wgs", re.I), "CGCS2000"),
    (re.compile(r"西安|xi'?an|80坐标", re.I), "XIAN80"),
    (re.compile(r"北京54|1954|beijing", re.I), "BEIJING54"),
)


@dataclass(slots=True)
class Columns:
    """Which column is what, from 0.

    Attributes
    ----------
    kind
        ``"degree"``, ``"metre"`` (north before east by name), ``"xy"`` (by name only) or ``"wkt"``, where both are one column.
    """

    first: int
    second: int
    kind: str
    plot: int | None = None
    order: int | None = None
    ring: int | None = None
    label: int | None = None
    name: int | None = None
    ident: int | None = None
    accuracy: int | None = None
    datum: str | None = None
    names: dict[str, str] = field(default_factory=dict)


def columns_of(row: Sequence[Any]) -> Columns | None:
    """Find the columns of coordinates by their headings; None when no pair of them is in this row."""
    heads = [_heading(cell) for cell in row]
    lon, lat = (
        next((i for i, h in enumerate(heads) if h in words or h.startswith(words[:2])), None) for words in (_LON, _LAT)
    )
    north, east = _find(heads, _NORTH), _find(heads, _EAST)
    x, y = _find(heads, _X), _find(heads, _Y)
    if lon is not None and lat is not None:
        return _completed(Columns(lon, lat, "degree"), row, heads)
    if north is not None and east is not None:
        return _completed(Columns(north, east, "metre"), row, heads)
    if x is not None and y is not None:
        return _completed(Columns(x, y, "xy"), row, heads)
    return None


def wkt_column_of(row: Sequence[Any]) -> Columns | None:
    """Find a column of geometries by its heading; None when there is none in this row."""
    heads = [_heading(cell) for cell in row]
    found = _find(heads, _WKT)
    return None if found is None else _completed(Columns(found, found, "wkt"), row, heads)


def _completed(found: Columns, row: Sequence[Any], heads: Sequence[str]) -> Columns:
    words = " ".join(str(row[i]) for i in (found.first, found.second))
    found.datum = next((datum for sign, datum in _DATUM_WORDS if sign.search(words)), None)
    found.label, found.ring, found.order = _find(heads, _LABEL), _find(heads, _RING), _find(heads, _ORDER)
    found.plot, found.name, found.ident = _find(heads, _PLOT), _find(heads, _NAME), _find(heads, _ID)
    found.accuracy = _find(heads, _ACCURACY)
    for key in ("first", "second", "plot", "order", "ring", "label", "name", "ident", "accuracy"):
        index = getattr(found, key)
        if index is not None:
            found.names[key] = str(row[index]).strip()
    return found


def _heading(text: Any) -> str:
    plain = str("" if text is None else text).translate(NARROW).strip().lower()
    return re.sub(r"[\s_:°]+|\(.*?\)|\[.*?\]", "", plain)


def _find(headings: Sequence[str], words: Sequence[str]) -> int | None:
    plain = [word.replace("_", "") for word in words]
    return next((i for i, h in enumerate(headings) if h in plain), None)


def joined_parts(rows: list[list[Any]]) -> list[list[Any]]:
    """Join degrees, minutes and seconds that stand in three columns each into one text, ``112°33′45.6″``.

    Parameters
    ----------
    rows
        Of the whole table. Headings say 度, 分, 秒 (deg, min, sec), with 经度 or 纬度 (lon, lat) before them or in the row above; without
        these the numbers have to tell which is which.

    Returns
    -------
    list
        New rows with the joined text in the first of the three columns, its heading beside it; `rows` themselves when no two such
        groups stand side by side in any of the first twenty.
    """
    for number, row in enumerate(rows[:HEADING_ROWS]):
        heads = [_heading(re.sub(r"[(（](度|分|秒)[)）]", r"\1", _cell(row, i))) for i in range(len(row))]
        starts = [i for i in range(len(heads) - 2) if _is_group(heads[i : i + 3])]
        if len(starts) != 2:
            continue
        above = rows[number - 1] if number else []
        said = [_axis_of(heads[i], above, i) for i in starts]
        if set(said) == {"经度", "纬度"}:
            titles = [f"{axis} {_cell(above, i)}".strip() for axis, i in zip(said, starts, strict=True)]
        elif said == ["", ""]:
            titles = ["X", "Y"]
        else:
            continue
        done = [_joined(r, starts) for r in rows]
        for title, i in zip(titles, starts, strict=True):
            done[number][i : i + 3] = [title, "", ""]
        if titles != ["X", "Y"] and number:
            for i in starts:
                done[number - 1][i : i + 3] = ["", "", ""]
        return done
    return rows


def _is_group(heads: Sequence[str]) -> bool:
    stems = [
        next((h.removesuffix(p) for p in words if h.endswith(p)), None) for h, words in zip(heads, _PARTS, strict=True)
    ]
    return None not in stems and len({s for s in stems[1:] if s} | ({stems[0]} if stems[0] else set())) <= 1


def _axis_of(head: str, above: Sequence[Any], start: int) -> str:
    """Say which ordinate a group is: by its own heading, else by the cell above, a merged one standing over its first column."""
    for text in (head, _heading(_cell(above, start))):
        if text.startswith(("经", "东经", "lon", "lng")):
            return "经度"
        if text.startswith(("纬", "北纬", "lat")):
            return "纬度"
    return ""


def _cell(row: Sequence[Any], index: int) -> str:
    return "" if index >= len(row) or row[index] is None else str(row[index]).strip()


def _joined(row: Sequence[Any], starts: Sequence[int]) -> list[Any]:
    done = list(row)
    for i in starts:
        parts = [_cell(row, j).removesuffix(".0") if j - i < 2 else _cell(row, j) for j in range(i, i + 3)]
        done[i : i + 3] = ["{}°{}′{}″".format(*parts) if any(parts) else "", "", ""]
    return done
