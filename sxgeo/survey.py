"""The national survey exchange TXT (勘测定界界址点坐标交换格式): reading it with its irregularities, and writing it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from .datum import Declared
from .errors import InputError, listed
from .intake import Table, seven

HEADER_KEYS = (
    "格式版本号",
    "数据产生单位",
    "数据产生日期",
    "坐标系",
    "几度分带",
    "投影类型",
    "计量单位",
    "带号",
    "精度",
    "转换参数",
)
_ATTRIBUTES, _PLOTS = "属性描述", "地块坐标"
NARROW = {
    ord("　"): " ",
    ord("，"): ",",
    ord("。"): ".",
    ord("【"): "[",
    ord("】"): "]",
    ord("；"): ",",
    ord("－"): "-",
}
NARROW |= {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_DATUMS = (
    ("2000", "CGCS2000"),
    ("CGCS", "CGCS2000"),
    ("80", "XIAN80"),
    ("西安", "XIAN80"),
    ("54", "BEIJING54"),
    ("北京", "BEIJING54"),
)
_AREA_UNITS = (("ha", 1e4), ("m2", 1.0), ("mu", 1e4 / 15))
_MU_TOLERANCE = 0.01
_MAX_PROBLEMS = 20


@dataclass(slots=True)
class Plot:
    """One plot as it stands in the file.

    Attributes
    ----------
    fields
        The fields of its line without the closing ``@``: number of points, area, number, name, kind, sheet, use, code.
    labels, rings, first, second
        One entry a point: label, ring number, first and second coordinate.
    line
        Its line in the file, from 1.
    problems
        Lines of it that could not be read.
    """

    fields: list[str]
    line: int = 0
    labels: list[str] = field(default_factory=list)
    rings: list[int] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    second: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def value(self, index: int) -> str:
        """Return a field of its line; empty when the line is shorter. The first two are numbers, made half-width."""
        text = self.fields[index].strip() if index < len(self.fields) else ""
        return text.translate(NARROW) if index < 2 else text


@dataclass(slots=True)
class Survey:
    """A whole file: header in its order, other sections as they stand, plots.

    Attributes
    ----------
    decimals
        Digits after the point of its coordinates, the most that any has.
    irregular
        What departs from the format, for the autopsy.
    """

    header: dict[str, str] = field(default_factory=dict)
    sections: dict[str, list[str]] = field(default_factory=dict)
    plots: list[Plot] = field(default_factory=list)
    decimals: int = 4
    irregular: list[str] = field(default_factory=list)


def parse_survey(text: str) -> Survey:
    """Parse the text of a survey TXT.

    Raises
    ------
    InputError
        If it has no plots, or points stand before any plot; several problems in one message.
    """
    survey = Survey()
    if not text.isascii():
        narrow = text.translate(NARROW)
        if narrow != text and any("０" <= c <= "９" or c in "，．－" for c in text):
            survey.irregular.append("全角字符 full-width digits or punctuation, read as half-width")
    else:
        narrow = text
    section = ""
    found: list[str] = []
    plot: Plot | None = None
    decimals = -1
    for number, (raw, half) in enumerate(zip(text.splitlines(), narrow.splitlines(), strict=True), start=1):
        line = half.strip().lstrip("\ufeff")
        if not line:
            continue
        if line[0] == "[" and line[-1] == "]":
            section = line[1:-1].strip()
            continue
        if section == _PLOTS:
            fields = line.split(",")
            if len(fields) == 4 and plot is not None:  # the regular point, by far the most lines
                try:
                    ring, first, second = int(fields[1]), float(fields[2]), float(fields[3])
                except ValueError:
                    _odd_line(survey, plot, line, number)
                    continue
                plot.labels.append(fields[0])
                plot.rings.append(ring)
                plot.first.append(first)
                plot.second.append(second)
                if decimals < 12:
                    decimals = max(decimals, len(fields[2].partition(".")[2]), len(fields[3].partition(".")[2]))
            elif _is_plot(fields):
                wide = raw.strip().split(
                    ","
                )  # names keep their full-width characters, unless these separate the fields
                plot = Plot(_trimmed(wide if len(wide) == len(fields) else fields, survey), line=number)
                survey.plots.append(plot)
            elif plot is None:
                found.append(f"line {number}: '{line[:60]}' stands before any plot line")
            else:
                _odd_line(survey, plot, line, number)
        elif section == _ATTRIBUTES:
            key, sign, _ = line.partition("=")
            if sign:
                survey.header[key.strip()] = re.split("[=＝]", raw, maxsplit=1)[1].strip()
            else:
                survey.irregular.append(f"第{number}行 line {number} of the header has no '=': '{line[:40]}'")
        else:
            if not section:
                found.append(f"line {number}: '{line[:60]}' stands before any section")
            survey.sections.setdefault(section, []).append(raw)
        if len(found) > _MAX_PROBLEMS:
            break
    survey.decimals = 4 if decimals < 0 else min(decimals, 12)
    if not survey.plots and not found:
        found.append("no plot: the section [地块坐标] is missing or empty")
    if found:
        raise InputError(listed("is no survey TXT that can be read:", found))
    _irregularities(survey)
    return survey


def _is_plot(fields: Sequence[str]) -> bool:
    return fields[-1].strip() == "@" or fields[-1].strip().endswith("@") or len(fields) >= 7


def _trimmed(fields: list[str], survey: Survey) -> list[str]:
    last = fields[-1].strip().translate(NARROW)
    if last == "@":
        return fields[:-1]
    if last.endswith("@"):
        return [*fields[:-1], last[:-1]]
    _once(survey, "地块行缺少 @ plot line without its closing @")
    return list(fields)


def _once(survey: Survey, text: str) -> None:
    if text not in survey.irregular:
        survey.irregular.append(text)


def _odd_line(survey: Survey, plot: Plot, line: str, number: int) -> None:
    """Read a point line that is not of four fields: other separators, no ring number, a height behind."""
    fields = [f for f in re.split(r"[,;\s]+", line) if f]
    try:
        if len(fields) == 3:
            label, ring, first, second = fields[0], 1, float(fields[1]), float(fields[2])
            _once(survey, "点行缺圈号，按第 1 圈 point lines without ring number, taken as ring 1")
        elif len(fields) == 4:
            label, ring, first, second = fields[0], int(float(fields[1])), float(fields[2]), float(fields[3])
            _once(survey, "点行分隔符不是逗号 point lines not separated by commas alone")
        elif len(fields) == 5:
            label, ring, first, second = fields[0], int(float(fields[1])), float(fields[2]), float(fields[3])
            float(fields[4])
            _once(
                survey,
                "点行带第五个数，按高程略去 a fifth number behind the coordinates, taken as a height and left out",
            )
        else:
            raise ValueError
    except (ValueError, OverflowError):
        plot.problems.append(f"line {number} '{line[:60]}' is no boundary point (label,ring,X,Y)")
        return
    plot.labels.append(label)
    plot.rings.append(ring)
    plot.first.append(first)
    plot.second.append(second)


def _irregularities(survey: Survey) -> None:
    for key in HEADER_KEYS:
        if key not in survey.header:
            survey.irregular.append(f"缺 {key} header has no {key}")
        elif not survey.header[key] and key in ("坐标系", "几度分带", "计量单位", "带号", "精度"):
            survey.irregular.append(f"{key} 为空 {key} is blank")
    survey.irregular += [f"多出 [{name}] extra section [{name}]" for name in survey.sections]


def declared_by(survey: Survey) -> Declared:
    """Say what the header declares of the coordinates.

    Raises
    ------
    InputError
        If a value of the header is none that the format knows; all of them in one message.
    """
    head = {key: value.translate(NARROW) for key, value in survey.header.items()}
    found: list[str] = []
    name = head.get("坐标系", "")
    datum = next((known for sign, known in _DATUMS if sign in name.upper()), None)
    if name and datum is None:
        found.append(f"坐标系 '{name}' is not known; 2000国家大地坐标系, 1980西安坐标系 or 1954北京坐标系")
    projection = head.get("投影类型", "")
    if projection and "高斯" not in projection and "GAUSS" not in projection.upper():
        found.append(f"投影类型 '{projection}' is not 高斯克吕格")
    units = head.get("计量单位", "")
    unit = {"米": "metre", "M": "metre", "度": "degree", "": None}.get(units.upper(), "?")
    if unit == "?":
        found.append(f"计量单位 '{units}' is not 米 or 度")
    zone = _declared_zone(head, found) if unit != "degree" else None
    if found:
        raise InputError(listed("has a header that cannot be used:", found))
    return Declared(
        datum=datum,
        zone=zone,
        units=unit,
        first="yx",
        parameters=seven(head.get("转换参数", "")),
        source="the header",
    )


def _declared_zone(head: dict[str, str], found: list[str]) -> int | None:
    text, width = head.get("带号", ""), head.get("几度分带", "").removesuffix("度").removesuffix("度分")
    if width not in ("", "3", "6"):
        found.append(f"几度分带 '{width}' is not 3 or 6")
        return None
    if not text:
        return None
    try:
        number = float(text.removesuffix("带").removesuffix("°").rstrip("Ee"))
        zone = int(number)
        if zone != number:
            raise ValueError
    except (ValueError, OverflowError):
        found.append(f"带号 '{text}' is not a number")
        return None
    if 75 <= zone <= 135 and zone % 3 == 0:  # some write the central meridian
        zone = (zone + 3) // 6 if width == "6" and (zone + 3) % 6 == 0 else zone // 3
    wide = 13 <= zone <= 23
    if not wide and not 25 <= zone <= 45:
        found.append(f"带号 {zone} is not one of China's: 25 to 45 (3 degrees) or 13 to 23 (6 degrees)")
        return None
    if width and (width == "6") != wide:
        found.append(f"带号 {zone} is not a {width}-degree zone, as 几度分带 says; settle it with --assume zone=...")
        return None
    return zone


def accuracy_of(survey: Survey) -> float | None:
    """Return the accuracy of the header in metres; None when it is blank or missing.

    Raises
    ------
    InputError
        If it is no number of metres from 0.
    """
    text = survey.header.get("精度", "").translate(NARROW).removesuffix("米").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e5:
        raise InputError(f"has a header with 精度 '{text}', which is not a number of metres from 0")
    return value


def survey_table(survey: Survey, told: dict[str, str]) -> Table:
    """Turn the plots into a table of raw shapes: first number first, system not settled yet."""
    table = Table(np.full(len(survey.plots), None, dtype=object), None)
    table.accuracy_m = accuracy_of(survey)
    table.declared = survey.header.get("坐标系") or None
    table.columns = {
        "编号": [plot.value(2) for plot in survey.plots],
        "名称": [plot.value(3) for plot in survey.plots],
    }
    table.facts = {"header": dict(survey.header), "irregular": survey.irregular, "plots": len(survey.plots)}
    points = 0
    for row, plot in enumerate(survey.plots):
        points += len(plot.first)
        shape, problem = _shape(plot, row, table, told)
        table.shapes[row] = shape
        if problem:
            table.wrong[row] = problem
    table.facts["points"] = points
    _name_twice(table)
    return table


def _name_twice(table: Table) -> None:
    seen: dict[str, int] = {}
    for row, number in enumerate(table.columns["编号"]):
        if number and number in seen:
            for each in {seen[number], row}:
                table.remark(each, f"plot number '{number}' stands more than once in the file")
        seen.setdefault(number, row)


def _shape(plot: Plot, row: int, table: Table, told: dict[str, str]) -> tuple[Any, str | None]:
    if plot.problems:
        more = f" and {len(plot.problems) - 3} more" if len(plot.problems) > 3 else ""
        return None, "; ".join(plot.problems[:3]) + more
    if not plot.first:
        return None, f"plot of line {plot.line} has no points"
    pairs = np.column_stack([plot.first, plot.second])
    if not np.isfinite(pairs).all():
        return None, "coordinates that are not numbers"
    kind = plot.value(4)
    rings = [] if kind in ("点", "线") else list(_rings(plot, pairs))
    if problem := _count_problem(plot, rings, told):
        return None, problem
    if kind == "点":
        return (shapely.Point(pairs[0]) if len(pairs) == 1 else shapely.MultiPoint(pairs)), None
    if kind == "线":
        return _line(plot, pairs)
    if kind not in ("面", ""):
        return None, f"记录图形属性 '{kind}' is not 点, 线 or 面"
    return _polygon(rings, row, table)


def _line(plot: Plot, pairs: Any) -> tuple[Any, str | None]:
    numbers = np.array(plot.rings)
    parts = [pairs[numbers == ring] for ring in dict.fromkeys(plot.rings)]
    if any(len(part) < 2 for part in parts):
        return None, "a line of one point"
    return (shapely.LineString(parts[0]) if len(parts) == 1 else shapely.MultiLineString(parts)), None


def _count_problem(plot: Plot, rings: list[_Ring], told: dict[str, str]) -> str | None:
    """Refuse a plot that lacks points which its line announces; the closing point of each ring may count or not."""
    text = plot.value(0)
    if not text or told.get("count") == "as_found":
        return None
    try:
        announced = int(float(text))
    except (ValueError, OverflowError):
        return f"its number of points '{text}' is not a number"
    found = len(plot.first)
    closings = sum(ring.closed for ring in rings)
    if announced in (found, found - closings, found + sum(not r.closed for r in rings)):
        return None
    return (
        f"its line announces {announced} points, {found} are there: points may be lost; complete it, or say "
        "--assume count=as_found"
    )


@dataclass(slots=True)
class _Ring:
    number: int
    pairs: Any
    closed: bool
    split: bool = False


def _rings(plot: Plot, pairs: Any) -> Iterator[_Ring]:
    """Yield rings: runs of one number; a run that comes back to its first point and goes on is split there."""
    numbers = np.array(plot.rings)
    starts = np.flatnonzero(np.r_[True, numbers[1:] != numbers[:-1]])
    merged: dict[int, list[Any]] = {}
    for start, end in zip(starts, [*starts[1:], len(numbers)], strict=True):
        merged.setdefault(int(numbers[start]), []).append(pairs[start:end])
    for number, runs in merged.items():
        run = np.concatenate(runs)
        split = False
        while len(run):
            again = np.flatnonzero((run[1:] == run[0]).all(axis=1)) + 1
            again = again[again >= 3]
            if not len(again):
                yield _Ring(number, run, False, split)
                break
            end = int(again[0])
            yield _Ring(number, run[: end + 1], True, split)
            run, split = run[end + 1 :], True


def _polygon(rings: list[_Ring], row: int, table: Table) -> tuple[Any, str | None]:
    outers: list[tuple[Any, list[Any]]] = []
    for ring in rings:
        if len(ring.pairs) < 3 + ring.closed:
            return None, f"ring {ring.number} has {len(ring.pairs)} points; a ring needs 3 and its first one again"
        if not ring.closed:
            table.doubt(row, f"ring {ring.number} does not come back to its first point; closed with a straight line")
    if len(rings) == 1:
        return shapely.Polygon(rings[0].pairs), None
    polygons = [shapely.Polygon(ring.pairs) for ring in rings]
    bad = [r.number for r, p in zip(rings, polygons, strict=True) if not p.is_valid]
    if bad:
        return (
            None,
            f"ring {', '.join(map(str, bad[:5]))} crosses itself in a plot of several rings; put its points in order",
        )
    order = sorted(range(len(rings)), key=lambda i: -polygons[i].area)
    depth: dict[int, int] = {}
    parent: dict[int, int] = {}
    tree = shapely.STRtree(polygons)
    rank = {i: position for position, i in enumerate(order)}
    for i in order:
        outside = [j for j in tree.query(polygons[i]).tolist() if rank[j] < rank[i]]
        holders = [j for j in outside if shapely.covers(polygons[j], polygons[i])]
        crossing = [j for j in outside if j not in holders and polygons[j].overlaps(polygons[i])]
        if crossing:
            return None, f"ring {rings[i].number} crosses ring {rings[crossing[0]].number}; put their points in order"
        parent[i] = max(holders, key=lambda j: rank[j]) if holders else -1
        depth[i] = depth[parent[i]] + 1 if holders else 0
    place: dict[int, int] = {}
    for i in range(len(rings)):
        if depth[i] % 2 == 0:
            place[i] = len(outers)
            outers.append((rings[i].pairs, []))
    for i in range(len(rings)):
        if depth[i] % 2:
            outers[place[parent[i]]][1].append(rings[i].pairs)
    if any(depth[i] % 2 == 0 and ring.number != 1 for i, ring in enumerate(rings)):
        table.doubt(row, "a ring number above 1 stands for a part, not a hole, as it lies outside ring 1")
    if any(ring.split for ring in rings):
        table.doubt(row, "one ring number stands for several closed rings")
    shapes = [shapely.Polygon(outer, holes) for outer, holes in outers]
    return (shapes[0] if len(shapes) == 1 else shapely.MultiPolygon(shapes)), None


def area_words(text: str, area_m2: float, told: str | None) -> tuple[dict[str, Any], str | None]:
    """Compare the area of a plot's line with the drawn one: the ratio tells hectares, m2 and mu apart.

    Parameters
    ----------
    text
        The area as written.
    area_m2
        The drawn one, on the plane.
    told
        Unit by `--assume area_unit`, else None.

    Returns
    -------
    facts, problem
        For the autopsy; the problem is None when they agree in some unit.
    """
    try:
        written = float(text)
    except ValueError:
        return {"written": text}, f"its area '{text}' is not a number"
    if not math.isfinite(written) or written <= 0 or area_m2 <= 0:
        return {"written": written}, None if written == 0 else f"its area {text} cannot be compared"
    fits = [(abs(written * size / area_m2 - 1), unit, size) for unit, size in _AREA_UNITS if told in (None, unit)]
    apart, unit, size = min(fits)
    facts = {
        "written": written,
        "unit": unit,
        "drawn_m2": round(area_m2, 2),
        "ratio": round(written * size / area_m2, 6),
    }
    if apart <= _MU_TOLERANCE or abs(written * size - area_m2) <= 1.0 + 0.5 * size * 10.0 ** -_decimals(text):
        return facts, None
    return facts, (
        f"its line says an area of {text}, {area_m2 / 1e4:.4f} ha ({area_m2:.1f} m2) are drawn: "
        f"{'neither hectares nor m2 nor mu fit' if told is None else f'it does not fit in {told}'}; a point may be wrong or lost"
    )


def _decimals(text: str) -> int:
    return len(text.strip().partition(".")[2])


def survey_text(survey: Survey) -> str:
    """Write a survey TXT; parsing what this writes gives the same survey, and regular files come back byte by byte.

    Returns
    -------
    str
        Lines end with ``\\n``.
    """
    lines = [f"[{_ATTRIBUTES}]", *(f"{key}={value}" for key, value in survey.header.items())]
    for name, content in survey.sections.items():
        lines += [f"[{name}]", *content]
    lines.append(f"[{_PLOTS}]")
    for plot in survey.plots:
        lines.append(",".join([*plot.fields, "@"]))
        digits = survey.decimals
        lines += [
            f"{label},{ring},{first:.{digits}f},{second:.{digits}f}"
            for label, ring, first, second in zip(plot.labels, plot.rings, plot.first, plot.second, strict=True)
        ]
    return "\n".join(lines) + "\n"
