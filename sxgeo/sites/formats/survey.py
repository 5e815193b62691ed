"""The national survey exchange TXT (勘测定界界址点坐标交换格式): reading it with its irregularities, and writing
it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...errors import InputError, listed
from .assumptions import NOTHING_SAID, Assumptions, seven
from .header_words import (
    code_in,
    datums_in,
    is_transverse,
    local_system,
    unit_in,
    width_in,
    zone_in,
)
from .systems import Declared

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


_MAX_PROBLEMS = 20
_MAX_LINE = 100_000
_MAX_VALUE = 500
_MOST_DECIMALS = 12
"""Digits behind the point that say something of a coordinate; more are those of a binary number."""
_LENGTHS_M = {
    "": 1.0,
    "米": 1.0,
    "m": 1.0,
    "cm": 0.01,
    "厘米": 0.01,
    "mm": 0.001,
    "毫米": 0.001,
}
_KINDS = {
    "": "面",
    "面": "面",
    "多边形": "面",
    "polygon": "面",
    "multipolygon": "面",
    "area": "面",
    "region": "面",
} | {
    "线": "线",
    "polyline": "线",
    "line": "线",
    "linestring": "线",
    "折线": "线",
    "多段线": "线",
    "点": "点",
    "point": "点",
}
_ALIASES = {
    "分带": "几度分带",
    "分带方式": "几度分带",
    "坐标系统": "坐标系",
    "坐标系名称": "坐标系",
    "投影": "投影类型",
    "投影方式": "投影类型",
    "坐标单位": "计量单位",
    "单位": "计量单位",
    "中央子午线": "带号",
    "中央经线": "带号",
}
"""Other names of the keys of a header; the key itself goes before them."""


@dataclass(slots=True)
class Plot:
    """One plot as it stands in the file.

    Attributes
    ----------
    fields
        The fields of its line without the closing ``@``: number of points, area, number, name,
        kind, sheet, use, code.
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

    def add(
        self,
        label: str,
        ring: int,
        first: float,
        second: float,
    ) -> None:
        """Add a point behind those that are there."""
        self.labels.append(label)
        self.rings.append(ring)
        self.first.append(first)
        self.second.append(second)

    def value(self, index: int) -> str:
        """Return a field of its line; empty when the line is shorter.

        The first two are numbers, made half-width.
        """
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
    words
        Lines among the points that are no point: remarks such as 以下空白.
    """

    header: dict[str, str] = field(default_factory=dict)
    sections: dict[str, list[str]] = field(default_factory=dict)
    plots: list[Plot] = field(default_factory=list)
    decimals: int = 4
    irregular: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Reading:
    """Where the reader of a survey stands: what it has, the section and the plot that it is in, the
    most digits so far, and what is wrong.
    """

    survey: Survey = field(default_factory=Survey)
    section: str = ""
    plot: Plot | None = None
    decimals: int = -1
    problems: list[str] = field(default_factory=list)


def parse_survey(text: str) -> Survey:
    """Parse the text of a survey TXT.

    Raises
    ------
    InputError
        If it has no plots, or points stand before any plot; several problems in one message.
    """
    reading = _Reading()
    narrow = _narrowed(text, reading.survey)
    lines = zip(text.splitlines(), narrow.splitlines(), strict=True)
    for number, (raw, half) in enumerate(lines, start=1):
        line = half.strip().lstrip("\ufeff")
        if line:
            _read_line(reading, line, raw, number)
        # Enough is wrong to know that it is no survey.
        if len(reading.problems) > _MAX_PROBLEMS:
            break
    return _checked(reading)


def _read_line(
    reading: _Reading,
    line: str,
    raw: str,
    number: int,
) -> None:
    """Read a line by the form that lines of its section have; those of plots are by far the
    most.
    """
    # A line without end is a binary file, or a whole survey without breaks.
    if len(line) > _MAX_LINE:
        raise InputError(
            f"is no survey TXT that can be read: line {number} has {len(line)} characters;"
            " put each point in a line of its own"
        )
    if line[0] == "[" and line[-1] == "]":
        reading.section = line[1:-1].strip()
    elif reading.section == _PLOTS:
        _line_of_plots(reading, line, raw, number)
    elif reading.section == _ATTRIBUTES:
        _line_of_header(reading.survey, line, raw, number)
    else:
        _line_elsewhere(reading, line, raw, number)


def _narrowed(text: str, survey: Survey) -> str:
    """Return a text with full-width digits and commas as their narrow twins, which is told."""
    # most surveys hold nothing of it in their points, and some nothing at all
    if text.isascii():
        return text
    narrow = text.translate(NARROW)
    if narrow != text and any("０" <= c <= "９" or c in "，．－" for c in text):
        survey.irregular.append("全角字符 full-width digits or punctuation, read as half-width")
    return narrow


def _checked(reading: _Reading) -> Survey:
    """Return the survey that was read; refuse one of which something stands where it cannot be."""
    survey, problems = reading.survey, reading.problems
    survey.decimals = 4 if reading.decimals < 0 else min(reading.decimals, _MOST_DECIMALS)
    if not survey.plots and not problems:
        # a survey without plots must not pass as one that was read
        problems.append("no plot: the section [地块坐标] is missing or empty; complete it")
    if problems:
        raise InputError(listed("is no survey TXT that can be read:", problems))
    _irregularities(survey)
    return survey


def _line_of_plots(
    reading: _Reading,
    line: str,
    raw: str,
    number: int,
) -> None:
    """Read a line among the plots: a point, the head of a plot, or one that stands before any."""
    fields, plot = line.split(","), reading.plot
    # The regular point of four fields goes first: a file has hundreds of them for each plot.
    if len(fields) == 4 and plot is not None:
        _regular_point(reading, plot, fields, line, number)
    elif _is_plot(fields):
        reading.plot = _head_of_plot(reading.survey, fields, raw, number)
        reading.survey.plots.append(reading.plot)
    elif plot is None:
        # whose point it is nobody knows
        reading.problems.append(
            f"line {number}: '{line[:60]}' stands before any plot line; put the line of its"
            " plot, which ends with @, above it"
        )
    else:
        _odd_line(reading.survey, plot, line, number)


def _regular_point(
    reading: _Reading,
    plot: Plot,
    fields: Sequence[str],
    line: str,
    number: int,
) -> None:
    try:
        ring, first, second = int(fields[1]), float(fields[2]), float(fields[3])
    except ValueError:
        _odd_line(reading.survey, plot, line, number)
        return
    plot.add(fields[0], ring, first, second)

    # The finest number tells how finely the file is written; beyond that nothing is to be learned.
    if reading.decimals < _MOST_DECIMALS:
        digits = [len(text.partition(".")[2]) for text in fields[2:]]
        reading.decimals = max(reading.decimals, *digits)


def _head_of_plot(
    survey: Survey,
    fields: list[str],
    raw: str,
    number: int,
) -> Plot:
    # a whole survey may be parted by tabs, this line too
    if len(fields) == 1:
        raw = raw.replace("\t", ",")
        fields = fields[0].split("\t")
    # names keep their full-width characters, unless these separate the fields
    wide = raw.strip().split(",")
    kept = wide if len(wide) == len(fields) else fields
    return Plot(_in_place(_trimmed(kept, survey), survey), line=number)


def _line_of_header(
    survey: Survey,
    line: str,
    raw: str,
    number: int,
) -> None:
    key, sign, _ = line.partition("=")
    if sign:
        # the value as it stands: names of offices keep their full-width characters
        survey.header[key.strip()] = re.split("[=＝]", raw, maxsplit=1)[1].strip()
        return
    words = f"第{number}行 line {number} of the header has no '=': '{line[:40]}'"
    survey.irregular.append(words)


def _line_elsewhere(
    reading: _Reading,
    line: str,
    raw: str,
    number: int,
) -> None:
    """Keep a line of a section that the standard does not know: writing gives it back."""
    if not reading.section:
        reading.problems.append(f"line {number}: '{line[:60]}' stands before any section")
    reading.survey.sections.setdefault(reading.section, []).append(raw)


def _is_plot(fields: Sequence[str]) -> bool:
    # by the sign at its end; one that lacks it has more fields than any point
    return fields[-1].strip().endswith("@") or len(fields) >= 7


def _trimmed(fields: list[str], survey: Survey) -> list[str]:
    # the sign that ends a plot line may be glued to its last field, or be forgotten
    last = fields[-1].strip().translate(NARROW)
    if last == "@":
        return fields[:-1]
    if last.endswith("@"):
        return [*fields[:-1], last[:-1]]
    _once(survey, "地块行缺少 @ plot line without its closing @")
    return list(fields)


def _in_place(fields: list[str], survey: Survey) -> list[str]:
    """Put the fields of a plot line where they belong when the number of points, or of the plot,
    was left out before its kind.
    """
    if len(fields) < 4 or kind_of_plot(fields[3]) is None or not fields[3].strip():
        return fields
    if len(fields) > 4 and fields[4].strip() and kind_of_plot(fields[4]) is not None:
        return fields
    # which of the two was left out shows in the first field
    if fields[0].strip().translate(NARROW).isdecimal():
        _once(survey, "地块行缺地块编号 plot line without the number of its plot")
        return [*fields[:2], "", *fields[2:]]
    _once(survey, "地块行缺界址点数 plot line without its number of points")
    return ["", *fields]


def kind_of_plot(text: str) -> str | None:
    """Return 点, 线 or 面 for what people write in 记录图形属性; 面 when it is blank, None for another
    word.
    """
    return _KINDS.get(
        re.sub(
            r"(状|图形)?(要素|对象|图形)?$",
            "",
            text.strip().translate(NARROW).lower(),
        )
    )


def _once(survey: Survey, text: str) -> None:
    if text not in survey.irregular:
        survey.irregular.append(text)


def _is_remark(line: str) -> bool:
    """Say whether a line among the points is words alone, such as 以下空白: without a digit, and not in
    the fields of a point, whose numbers may be lost.
    """
    fields = max(
        len(re.split(r"[,;，；]", line)),
        len(line.split()),
    )
    return fields < 3 and not any(character.isdigit() for character in line)


_WAYS = {
    4: "点行分隔符不是逗号 point lines not separated by commas alone",
    5: "点行带第五个数，按高程略去 a fifth number behind the coordinates, taken as a height and left"
    " out",
}
"""How point lines differ from those of the standard, by the number of their fields."""


def _odd_line(
    survey: Survey,
    plot: Plot,
    line: str,
    number: int,
) -> None:
    """Read a point line that is not of four fields: other separators, no ring number, a height
    behind.
    """
    # Words between points are remarks, and are counted.
    if _is_remark(line):
        survey.words.append(f"line {number} '{line[:60]}'")
        return
    fields = [f for f in re.split(r"[,;\s]+", line) if f]
    try:
        way, ring, first, second = _odd_fields(fields)
    except (ValueError, OverflowError, KeyError):
        # a point that is lost would leave another plot than the one that was meant
        plot.problems.append(
            f"line {number} '{line[:60]}' is no boundary point (label,ring,X,Y); correct it"
        )
        return
    _once(survey, way)
    plot.add(fields[0], ring, first, second)


def _odd_fields(fields: Sequence[str]) -> tuple[str, int, float, float]:
    """Return what programs of offices write instead of the four fields, with the words for the way,
    each of which is told once.
    """
    if len(fields) == 3:
        way = "点行缺圈号，按第 1 圈 point lines without ring number, taken as ring 1"
        return way, 1, float(fields[1]), float(fields[2])
    way = _WAYS[len(fields)]
    ring = int(float(fields[1]))
    first, second = float(fields[2]), float(fields[3])
    # a fifth field that is no number is no height either
    float(fields[-1])
    return way, ring, first, second


def _irregularities(survey: Survey) -> None:
    # in the order of the standard, whatever the order of the file
    for key in HEADER_KEYS:
        if key not in survey.header:
            survey.irregular.append(f"缺 {key} header has no {key}")
        elif not survey.header[key] and key in ("坐标系", "几度分带", "计量单位", "带号", "精度"):
            survey.irregular.append(f"{key} 为空 {key} is blank")
    survey.irregular += [f"多出 [{name}] extra section [{name}]" for name in survey.sections]


def declared_by(survey: Survey, told: Assumptions = NOTHING_SAID) -> Declared:
    """Say what the header declares of the coordinates.

    Parameters
    ----------
    survey
        As parsed.
    told
        Checked assumptions: what was told is not asked of the header, however it words it.

    Raises
    ------
    InputError
        If a value of the header is none that the format knows, with the `--assume` that settles it;
        all of them in one message.
    """
    head = _values_of_header(survey)
    found: list[str] = []

    # What the person said is not asked of the header again.
    datum = None
    if told.datum is None and told.crs is None:
        datum = _declared_datum(head.get("坐标系", ""), found)
    names_plane = told.crs is not None or told.zone is not None
    if not names_plane:
        _refuse_projection(head.get("投影类型", ""), found)
    unit = _declared_unit(head.get("计量单位", ""), told, found)

    # Degrees have no zone, whatever the header holds.
    zone = None
    if unit not in ("degree", "dms") and not names_plane:
        zone = _declared_zone(head, found)
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


def _values_of_header(survey: Survey) -> dict[str, str]:
    """Return what the header says, by the key of the standard.

    Names of keys vary; the standard one goes before its variants, and empty values say nothing.
    """
    plain = {key: value.translate(NARROW) for key, value in survey.header.items()}
    head = {_ALIASES[key]: value for key, value in plain.items() if key in _ALIASES and value}
    head |= {key: value for key, value in plain.items() if value or key not in head}
    # patterns look at each of them: none of a megabyte gets that far
    return {key: value[:_MAX_VALUE] for key, value in head.items()}


def _refuse_projection(projection: str, found: list[str]) -> None:
    """Another projection has other numbers: nothing is converted that nobody knows."""
    if projection and not _is_plane_or_none(projection):
        found.append(
            f"投影类型 '{projection}' is not 高斯克吕格; if its numbers are, say --assume zone=38"
            " or the like"
        )


def _declared_unit(
    text: str,
    told: Assumptions,
    found: list[str],
) -> str | None:
    unit = told.units or (unit_in(text) if text else None)
    # a system that was told has its own unit, whatever word the header has for it
    if text and unit is None and told.crs is None:
        found.append(f"计量单位 '{text}' is not 米 or 度; say --assume units=metre or units=degree")
    return unit


def _declared_datum(name: str, found: list[str]) -> str | None:
    # a local system may call itself after the datum that it was bent from
    datums = datums_in(name)
    if len(datums) == 1 and not local_system(name):
        return datums[0]
    if name:
        many = f"names {' and '.join(datums)}" if len(datums) > 1 else "is not known"
        found.append(
            f"坐标系 '{name}' {many}; 2000国家大地坐标系, 1980西安坐标系 or 1954北京坐标系; if its"
            " numbers are one of these, say --assume datum=CGCS2000, XIAN80 or BEIJING54"
        )
    return None


def _is_plane_or_none(projection: str) -> bool:
    """Whether a projection is Gauss-Krueger's, or none at all, as headers of degrees say."""
    return (
        is_transverse(projection)
        or projection in ("无", "/", "-")
        or any(w in projection for w in ("经纬", "地理坐标"))
    )


def _declared_zone(head: Mapping[str, str], found: list[str]) -> int | None:
    text, width_text = head.get("带号", ""), head.get("几度分带", "")

    # The width first: 带号 38 and 带号 19 are zones of different widths.
    width = width_in(width_text)
    if width_text and width is None:
        found.append(f"几度分带 '{width_text}' is not 3 or 6; say --assume zone=38 or the like")
        return None
    # a code of the whole system names its zone too
    if not text:
        code = code_in(head.get("坐标系", ""))
        return None if code is None else code.zone
    zone = zone_in(text, width)
    if zone is None:
        found.append(
            f"带号 '{text}' is not a number of a zone or of its central meridian; say --assume"
            " zone=38 or the like"
        )
    elif problem := _zone_problem(zone, width):
        found.append(problem)
        return None
    return zone


def _zone_problem(zone: int, width: int | None) -> str | None:
    """6-degree zones of China are 13 to 23, 3-degree zones 25 to 45: no number is both."""
    wide = 13 <= zone <= 23
    if not wide and not 25 <= zone <= 45:
        return f"带号 {zone} is not one of China's: 25 to 45 (3 degrees) or 13 to 23 (6 degrees)"
    if width and (width == 6) != wide:
        return (
            f"带号 {zone} is not a {width}-degree zone, as 几度分带 says; settle it with --assume"
            " zone=..."
        )
    return None


def rounding_of(survey: Survey) -> float | None:
    """Return the step to which 精度 says the coordinates are rounded, in their units; None when it
    says none.

    It is the rounding of the numbers, often a count of decimals (精度=3), and says nothing of where
    the true edge lies.
    """

    # 精度 is a length, a number of decimals, or a ratio such as 1:500, which says nothing of it.
    text = survey.header.get("精度", "")[:_MAX_VALUE].translate(NARROW).strip().lower()
    match = re.search(r"\d+(?:\.\d+)?", text)
    if match is None or ":" in text or "/" in text:
        return None
    value = float(match[0])
    # a small whole number without a unit counts decimals
    is_count = match[0] == text and value in range(1, 10)
    if is_count or "位" in text or "小数" in text:
        return float(10.0 ** -min(value, 9.0))

    # A length in a unit that nobody knows is no length.
    size = _LENGTHS_M.get(text[match.end() :].strip())
    return None if size is None or value <= 0 else value * size


def accuracy_kind(survey: Survey) -> str:
    """Say which kind of source of :mod:`sxgeo.model.accuracy` a survey is: one with producer and
    date, or one without.
    """
    # who made it and when: without both nobody answers for it
    signed = all(survey.header.get(key, "").strip() for key in ("数据产生单位", "数据产生日期"))
    return "survey_signed" if signed else "survey_blank"


def survey_text(survey: Survey) -> str:
    """Write a survey TXT; parsing what this writes gives the same survey, and regular files come
    back byte by byte.

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
        # fields as they stood, so that a regular file comes back byte by byte
        lines.append(",".join([*plot.fields, "@"]))
        digits = survey.decimals
        lines += [
            f"{label},{ring},{first:.{digits}f},{second:.{digits}f}"
            for label, ring, first, second in zip(
                plot.labels, plot.rings, plot.first, plot.second, strict=True
            )
        ]
    return "\n".join(lines) + "\n"
