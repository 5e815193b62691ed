"""Tables of coordinates: Chinese or English headings, degrees-minutes-seconds, points
or rings.
"""

from __future__ import annotations

import csv
import io
import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import shapely

from ...errors import InputError
from ...geometry.datums import ENCRYPTED
from ...model.accuracy import step_of
from .assumptions import Assumptions
from .header_words import titled
from .headings import (
    HEADING_ROWS,
    columns_of,
    groups_weakly,
    joined_parts,
    names_places,
    plain_heading,
    several_pairs,
    wkt_column_of,
)
from .survey import NARROW, Plot, Survey
from .survey_shapes import area_number, survey_table
from .systems import Declared, kinds_of, settle
from .table import Asked, Facts, Guess, LeftOut, Table
from .unshown import ALL_SHOWN, Unshown, tell_unshown
from .wkt import is_wkt, settled_by_srid, shape_of, written_step

if TYPE_CHECKING:
    from ...geometry.shapes import Shape
    from .headings import Columns

Row: TypeAlias = tuple[int, list[Any]]
"""A row with its number in the file, from 1."""
_MAX_TEXT = 60_000_000
_DEGREE, _MINUTE, _SECOND = "°º˚∘度d:\\s-", "'′’‘´`＇分m:\\s-", '"″”“〃＂秒s'
_DMS = re.compile(
    rf"(?P<sign>[-+])?(?P<d>\d{{1,3}})[{_DEGREE}]\s*(?P<m>\d{{1,2}}(?:\.\d+)?)"
    rf"(?:[{_MINUTE}]\s*(?:(?P<s>\d{{1,2}}(?:\.\d+)?)\s*(?:(?:[{_SECOND}]|"
    rf"[′'’]{{2}})(?P<f>\.\d+)?)?)?)?",
    re.I,
)
_HEMISPHERE = re.compile(
    r"^(?:东经|北纬|经度|纬度|lon|lat|[EN])\s*[:：]?\s*|\s*(?:[EN]|东经|北纬)$", re.I
)
_LETTERED = re.compile(r"\d\s*m\s*[\d.]+\s*s$", re.I)
_MAX_COLUMNS = 16_384
_MAX_CELL = 200
_MOST_TITLE = 500
_SHOWN = 60
_SAMPLE = 2_000
_LOOKED_AT = 50
_MINUTES = re.compile(
    r"(?:东?经度?|北?纬度?|longitude|latitude|lon|lng|lat)(?:分|秒|min|minutes?|sec|seconds?)"
)
_AREA_HEAD = re.compile(
    r"(?:地块|用地|占地|宗地|项目|图斑|总|拟?选址)*面积.{0,4}|(?:plot|site)?_?area_?(?:ha|m2|mu|sqm)?",
    re.I,
)
_FOOTER = re.compile(
    r"\W*(?:合计|总计|小计|累计|共计|总面积|地块面积|用地面积|面积|S\s*=|周长|边长|平均|制表|填表|绘图|制图|校核|审核|复核|核对|测量(?:单位|员|人|"
    r"日期|\s*[:：])|绘制(?:人|\s*[:：])|"
    r"检查(?:员|人|者)|计算(?:员|人|者)|负责人|经办|日期|单位\s*[:：]|备注\s*[:：]?|说明\s*[:：]|附注|注\s*[:：]|坐标系|total|sum\b|"
    r"note\b|area\s*:)",
    re.I,
)
_UNIT_CELL = re.compile(
    r"[(（\[]?\s*(?:单位\s*[:：])?\s*(?:米|m|度|°|degrees?|metres?|meters?|[xyXY]|东经|"
    r"北纬)\s*(?:[(（]m[)）])?[)）\]]?",
    re.I,
)
CORNER_WORD = re.compile(
    r"拐|界址|界桩|[东西南北左右上下中][东西南北左右上下]?角|顶点|角点|corner", re.I
)
LAST_NUMBER = re.compile(r"(.*?)(\d{1,9})\D{0,2}")
COUNTED = (
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "abcdefghijklmnopqrstuvwxyz",
    "甲乙丙丁戊己庚辛壬癸",
    "一二三四五六七八九十",
    "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳",
    "ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ",
)
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
_TWO_NUMBERS = re.compile(r"[-+]?\d+\.\d+\s*[,，;；\s]\s*[-+]?\d+\.\d+")
_THOUSANDS = re.compile(r"^[-+]?\d{1,3}(,\d{3})+(\.\d+)?$")


def number_of(text: object) -> tuple[float | None, bool]:
    """Read a coordinate as people write it.

    Parameters
    ----------
    text
        A number, or text: full-width digits, ``112°33'45.6"E``, ``112度33分45.6秒``, ``112-33-45.6``,
        ``3,758,100.5``.

    Returns
    -------
    value, dms
        The number, None when it is none; whether it stood in degrees, minutes and seconds.
    """
    # A number of a workbook, or a plain text: nearly all cells.
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        return (float(text) if math.isfinite(text) else None), False
    if isinstance(text, str):
        try:  # by far the most cells
            value = float(text)
        except ValueError:
            pass
        else:
            return (value if math.isfinite(value) and "_" not in text else None), False
    return _dressed_number(str(text))


def _dressed_number(text: str) -> tuple[float | None, bool]:
    """Read a number with full-width digits, thousands or signs of degrees."""
    # Longer than any coordinate: the patterns below would take their time over it.
    if len(text) > _MAX_CELL:
        return None, False

    # Full-width digits and thousands are read as what they mean.
    plain = text.translate(NARROW).strip().strip("'").strip()
    if _THOUSANDS.match(plain):
        plain = plain.replace(",", "")
    try:
        value = float(plain)
        return (value if math.isfinite(value) else None), False
    except ValueError:
        pass
    return _degrees_of(plain)


def _degrees_of(plain: str) -> tuple[float | None, bool]:
    """Read degrees with signs, hemispheres, minutes and seconds; as :func:`number_of`."""
    bare, west = _without_hemisphere(plain)
    sign = -1 if west else 1
    match = _DMS.fullmatch(bare)
    if match is not None and not (match["f"] and "." in match["s"]):
        value = _of_minutes(match)
        sign = -1 if match["sign"] == "-" else sign
        return (None if value is None else value * sign), True

    # Without minutes it is a number with a degree sign.
    try:
        return float(bare.rstrip("°º˚∘度")) * sign, False
    except ValueError:
        return None, False


def _of_minutes(match: re.Match[str]) -> float | None:
    """Sixty of them would be the next unit: such a number was written otherwise than it is read."""
    minutes = float(match["m"])
    seconds = float((match["s"] or "0") + (match["f"] or ""))
    if minutes >= 60 or seconds >= 60:
        return None
    return int(match["d"]) + minutes / 60 + seconds / 3600


def _without_hemisphere(plain: str) -> tuple[str, bool]:
    """Take the hemisphere off a text; and whether it is west or south, which are negative: of east
    and north nothing needs to be said.
    """
    bare = _HEMISPHERE.sub("", plain).strip()
    south = "W" if _LETTERED.search(plain) else "WS"  # the s of 41m46.5s is that of seconds
    west = bool(re.search(rf"(西经|南纬)|[{south}]$|^[WS]", plain, re.I))
    bare = re.sub(rf"^(西经|南纬|[WS])\s*|\s*[{south}]$", "", bare, flags=re.I)
    return bare.strip(), west


def read_csv(text: str, told: Assumptions) -> list[Table]:
    """Read a CSV text with a heading row.

    Raises
    ------
    InputError
        If it has no columns of coordinates, or they cannot be read.
    """
    if len(text) > _MAX_TEXT:
        raise InputError("is a table larger than 60 MB; split it, or give GeoPackage")
    plain = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    mark = _mark_between(plain)
    _refuse_wide(plain, mark)
    limit = csv.field_size_limit(_MAX_TEXT)  # a cell of WKT is as long as its plot has points
    try:
        rows = list(csv.reader(io.StringIO(plain, newline=""), delimiter=mark))
    except csv.Error as error:
        raise InputError(f"is no table that can be read ({error})") from error
    finally:
        csv.field_size_limit(limit)

    # None means that nothing in it looks like coordinates
    table = read_rows(rows, told, "CSV")
    if table is None:
        raise InputError(
            "has no geometry and no columns of coordinates; head them 经度,纬度 or X,Y (lon,lat;"
            " easting,northing), or WKT, or give GeoJSON, GeoPackage, shapefile or survey TXT"
        )
    return [table]


def _mark_between(plain: str) -> str:
    """Return the mark that parts the cells: the most frequent of the head, quoted and bracketed
    ones left out.
    """
    head = re.sub(
        r'"[^"]*"|\([^()\n]*\)',
        "",
        "\n".join(plain.split("\n", 10)[:10]),
    )
    return max(",\t;，|", key=re.sub(r"\([^()\n]*\)", "", head).count)


def _refuse_wide(text: str, mark: str) -> None:
    """Refuse a row of more columns than any program writes, before anybody looks at each of
    them.
    """
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > _MAX_COLUMNS and re.sub(r'"[^"]*"', "", line).count(mark) >= _MAX_COLUMNS:
            raise InputError(
                f"is no table that can be read: row {number} has more than {_MAX_COLUMNS}"
                " columns; save the columns that are meant"
            )


def pairs_in(rows: Sequence[Sequence[Any]]) -> Iterator[tuple[float, float]]:
    """Yield the first pair in each row that are coordinates in China: in neighbouring cells that
    are numbers, or in one cell, as WKT or as a text of two.
    """
    for row in rows:
        cells = ["" if cell is None else cell for cell in row]
        # cells of words between two numbers do not part a pair
        numbers = [number for cell in cells if (number := number_of(cell)[0]) is not None]
        together = [pair for cell in cells if (pair := _pair_in_a_cell(cell)) is not None]
        for first, second in (*itertools.pairwise(numbers), *together):
            if _is_pair(first, second) and _is_no_tally(first, second):
                yield first, second
                break


def _pair_in_a_cell(cell: Any) -> tuple[float, float] | None:
    """Return the first two numbers of a text that is WKT, or that holds nothing but two numbers."""
    if not isinstance(cell, str) or not (is_wkt(cell) or _TWO_NUMBERS.fullmatch(cell.strip())):
        return None
    found = _NUMBER.findall(cell[:_MAX_CELL])
    return (float(found[0]), float(found[1])) if len(found) > 1 else None


def _is_no_tally(first: float, second: float) -> bool:
    """Whether two numbers that could be degrees are written as such: amounts and prices (45, 120.5)
    are coarser, or lie elsewhere.
    """
    low, high = sorted((abs(first), abs(second)))
    if high >= 180.0:
        return True
    near = 34.0 <= low <= 41.5 and 109.5 <= high <= 115.5
    digits = 1 if near else 2
    return any(round(value, digits) != value for value in (first, second))


def _is_pair(first: float, second: float) -> bool:
    """Whether two numbers are coordinates in China: of degrees, or a northing beside an easting,
    with prefix or without.
    """
    low, high = sorted((abs(first), abs(second)))
    if high < 180.0:
        return 3.0 <= low <= 54.5 and 73.0 <= high <= 136.0
    return (1.2e5 <= low <= 8.8e5 and 1.9e6 <= high <= 6.0e6) or (
        1.9e6 <= low <= 6.0e6 and 8.1e6 <= high <= 4.6e7
    )


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What is known of a table beside its cells: the name of its format, what was assumed of it,
    what its program does not show, and where its headings end.
    """

    kind: str
    told: Assumptions
    unshown: Unshown
    headings: range


def read_rows(
    rows: list[list[Any]],
    told: Assumptions,
    kind: str,
    unshown: Unshown = ALL_SHOWN,
) -> Table | None:
    """Read the rows of a table, headings among them.

    Parameters
    ----------
    rows
        Cells, text or numbers.
    told
        Checked assumptions.
    kind
        The name of the format, for the autopsy.
    unshown
        What the program of the table does not show.

    Returns
    -------
    Table or None
        None where no row holds headings of coordinates.

    Raises
    ------
    InputError
        If coordinates cannot be read, or rows could be of another plot.
    """
    # Three columns of degrees, minutes, seconds become one before headings are looked for.
    rows = joined_parts(rows)
    columns, start = _headings(rows)
    if columns is None:
        return None
    _refuse_lost_rows(rows, columns, start)
    body = _filled_rows(rows, start)
    sheet = _Sheet(kind, told, unshown, range(1, start + 1))
    if columns.kind == "wkt":
        return _of_geometries(columns, body, sheet)
    return _of_coordinates(columns, rows[: start - 1], body, sheet)


def _filled_rows(rows: list[list[Any]], start: int) -> list[Row]:
    """Return the rows below the headings that hold anything, each with its number."""
    numbered = enumerate(rows[start:], start + 1)
    return [(n, row) for n, row in numbered if any(_text(row, j) for j in range(len(row)))]


def _of_coordinates(
    columns: Columns,
    titles: list[list[Any]],
    body: list[Row],
    sheet: _Sheet,
) -> Table:
    """Read columns of coordinates below their titles and headings."""
    # Totals, signatures and notes are rows, and no points.
    body, notes = _without_notes(columns, body)
    if not body:
        raise InputError("has headings of coordinates but no rows below them; complete it")
    _refuse_several_pairs(columns, body)

    # What headings and titles say of the system, then which rows belong together.
    beside = [*titles, *(row for _, row in notes)]
    declared = _declared_above(columns, beside, body, sheet.told)
    table = _shaped(columns, body, sheet)
    if notes:
        table.left_out.append(_notes_left_out(notes))
    return settle(table, declared, sheet.told)


def _notes_left_out(notes: list[Row]) -> LeftOut:
    """What was taken for notes is counted, so that a person can look."""
    numbers = ", ".join(str(number) for number, _ in notes[:5])
    reason = "totals, notes or side lengths: no coordinates"
    return LeftOut("annotation", "row", numbers, reason, len(notes))


def _of_geometries(
    columns: Columns,
    body: list[Row],
    sheet: _Sheet,
) -> Table:
    """Read a column of WKT, which needs no grouping; its system may stand in each cell."""
    if not body:
        raise InputError("has headings of geometry but no rows below them; complete it")
    table = _geometries(columns, body)
    table.note(
        format=sheet.kind,
        columns=columns.names,
        step=written_step(_text(body[0][1], columns.first)),
    )
    # each row is a plot: one that is not shown has nothing that is
    if sheet.unshown != ALL_SHOWN:
        rows_of = [[number] for number, _ in body]
        tell_unshown(table, rows_of, sheet.unshown, sheet.headings, columns, lambda _: None)
    return settled_by_srid(table, sheet.told)


def _refuse_lost_rows(
    rows: list[list[Any]],
    columns: Columns,
    start: int,
) -> None:
    """Refuse a table of which points would be lost: above its headings, in their row, or shifted
    below them.
    """
    above = []
    if columns.kind != "wkt":
        numbered = enumerate(rows[: start - 1], 1)
        above = [number for number, row in numbered if None not in _pair(row, columns)]
    if above:
        raise InputError(
            f"has coordinates above its headings, in row {', '.join(map(str, above[:5]))}: put the"
            f" headings ('{columns.names['first']}', row {start}) first"
        )
    if _coordinates_in(rows[start - 1]):
        raise InputError(
            f"has headings and coordinates in one row ({start}): the end of its line is lost;"
            " complete it"
        )
    # a row that is shifted puts a northing where an easting stands
    _refuse_shifted(rows[start:], len(rows[start - 1]), start)


def _shaped(
    columns: Columns,
    body: list[Row],
    sheet: _Sheet,
) -> Table:
    """Make points or rings of the rows, as they, or the person, say what they are."""
    grouping = _grouping(columns, body, sheet.told)
    table, guess = _grouped_table(columns, body, sheet, grouping)
    if guess:
        table.guesses.append(guess)
    read_as = f"{grouping.shape}: {grouping.evidence}"
    table.note(
        format=sheet.kind,
        columns={**columns.names, "read_as": read_as},
    )
    table.note(**_written(columns, body))
    if sheet.unshown != ALL_SHOWN:
        _tell_unshown_of(table, columns, _rows_of_each(grouping, body), sheet)
    return table


def _rows_of_each(grouping: _Grouping, body: list[Row]) -> list[list[Row]]:
    """Return the rows of each point, or of each plot."""
    if grouping.shape == "points":
        return [[row] for row in body]
    return list(_rows_by_plot(body, grouping.groups).values())


def _tell_unshown_of(
    table: Table,
    columns: Columns,
    plots: Sequence[Sequence[Row]],
    sheet: _Sheet,
) -> None:
    """Tell of rows and columns that are not shown, plot by plot: what a plot would be without its
    hidden corners decides whether it is in doubt.
    """

    def shown_only(index: int) -> Shape | None:
        rest = [row for row in plots[index] if row[0] not in sheet.unshown.rows]
        return _plots(columns, rest, [""] * len(rest), sheet.told).shapes[0] if rest else None

    rows_of = [[number for number, _ in own] for own in plots]
    tell_unshown(table, rows_of, sheet.unshown, sheet.headings, columns, shown_only)


def _written(columns: Columns, body: Sequence[Row]) -> dict[str, Any]:
    """Say how fine the coordinates are written, and whether they are plain numbers."""
    # some rows of all of it: the first ones may be written more coarsely
    some = body[:: max(1, len(body) // _SAMPLE)]
    cells = [
        row[i]
        for _, row in some
        for i in (columns.first, columns.second)
        if i < len(row) and row[i] is not None
    ]
    plain = not any(number_of(cell)[1] for cell in cells)
    return {
        "accuracy_kind": "table",
        "step": step_of(cells),
        "plain_numbers": plain,
    }


def _without_notes(columns: Columns, body: list[Row]) -> tuple[list[Row], list[Row]]:
    """Part the rows of points from rows that are none: totals, makers, side lengths, units below
    the headings.

    Raises
    ------
    InputError
        If the headings come again: a second table, whose rows are of another plot.
    """
    points: list[Row] = []
    notes: list[Row] = []
    for number, row in body:
        first, second = _pair(row, columns)
        if first is not None and second is not None:
            # a word for a footer, and numbers that are no coordinates
            is_note = _is_footer(row) and not _is_pair(first, second)
        else:
            _refuse_second_headings(row, columns, number)
            is_note = _is_note(row, columns, first=not points)
        (notes if is_note else points).append((number, row))
    return points, notes


def _is_footer(row: Sequence[Any]) -> bool:
    return _FOOTER.match(_first_text(row)) is not None


def _refuse_second_headings(
    row: Sequence[Any],
    columns: Columns,
    number: int,
) -> None:
    """Refuse a second table below the first, which may have its columns in another order."""
    places = columns.first, columns.second
    cells = [_text(row, place) for place in places]
    heads = [columns.heads[place] for place in places]
    if all(cells) and [plain_heading(cell) for cell in cells] == heads:
        raise InputError(
            f"has a second row of headings, row {number}: a second table below the first;"
            " put both into one, with a column 地块编号 that says which plot a corner is"
            " of, or give a sheet to each"
        )


def _is_note(
    row: Sequence[Any],
    columns: Columns,
    *,
    first: bool,
) -> bool:
    if _is_footer(row):
        return True
    # units below the headings: (m), (m)
    cells = [_text(row, place) for place in (columns.first, columns.second)]
    are_units = all(not cell or _UNIT_CELL.fullmatch(cell) for cell in cells)
    if first and are_units and any(cells):
        return True
    # a row with a name and no numbers is a point that lost them, and no note
    named = (
        columns.label,
        columns.plot,
        columns.order,
        columns.name,
        columns.ident,
        *groups_weakly(columns),
    )
    return not any(cells) and not any(_text(row, i) for i in named)


def _first_text(row: Sequence[Any]) -> str:
    texts = (_text(row, j) for j in range(len(row)))
    return next(filter(None, texts), "").translate(NARROW)


def _refuse_several_pairs(columns: Columns, body: Sequence[Row]) -> None:
    """Refuse rows that hold several pairs of coordinates: all but the first would be lost."""
    if any(_MINUTES.fullmatch(head) for head in columns.heads):
        raise InputError(
            "has degrees and minutes in columns of their own that are not 度, 分, 秒 side by side:"
            " join them into one, 112°41.5′, or give decimal degrees"
        )
    words = several_pairs(columns)
    if words is None and (found := _pair_beside(columns, body)):
        words = " and ".join(columns.heads[i] or f"column {i + 1}" for i in found)
    if words:
        raise InputError(
            f"has several pairs of coordinates in a row ({words}): give one pair a row, the corners"
            " of a plot below each other with a column 地块编号, or a column of WKT"
        )


def _pair_beside(columns: Columns, body: Sequence[Row]) -> tuple[int, int] | None:
    """Find two neighbouring columns whose numbers are coordinates of the kind and near those that
    are read.
    """

    # Looked for among the first rows, near the coordinates that are read.
    some = [row for _, row in body[:_LOOKED_AT]]
    own = _pairs_of(some, columns.first, columns.second)
    if not own:
        return None
    for i in range(len(columns.heads) - 1):
        beside = not {i, i + 1} & {columns.first, columns.second}
        if beside and _are_rivals(_pairs_of(some, i, i + 1), own):
            return i, i + 1
    return None


def _are_rivals(there: Sequence[tuple[float, float]], own: Sequence[tuple[float, float]]) -> bool:
    """Whether pairs are as complete and as near as those that are read: which are meant is
    asked.
    """
    near = 3.0 if abs(own[0][0]) < 180 else 300_000.0
    return len(there) >= len(own) and all(_apart(pair, own[0]) < near for pair in there)


def _pairs_of(
    rows: Sequence[Sequence[Any]],
    first: int,
    second: int,
) -> list[tuple[float, float]]:
    """Return the pairs of two columns, of the rows that have numbers in both."""
    pairs = []
    for row in rows:
        one, other = (number_of(_text(row, index))[0] for index in (first, second))
        if one is not None and other is not None:
            pairs.append((one, other))
    return pairs


def _apart(pair: tuple[float, float], other: tuple[float, float]) -> float:
    """Return the larger difference of two pairs, whichever number of them stands first."""
    (a, b), (c, d) = sorted(map(abs, pair)), sorted(map(abs, other))
    return max(abs(a - c), abs(b - d))


def _declared_above(
    columns: Columns,
    beside: Sequence[Sequence[Any]],
    body: Sequence[Row],
    told: Assumptions,
) -> Declared:
    """Say what headings, the titles and notes beside the points and a column of systems declare.

    Raises
    ------
    Asked
        If they name a datum that has to be said, or several.
    """
    lines = _lines_of_words(columns, beside, body)
    datums, zone = titled([line[:_MOST_TITLE].translate(NARROW) for line in lines])
    named = list(dict.fromkeys([*columns.datums, *datums]))
    if told.datum is None and told.crs is None:
        _ask_of_datum(named, columns)
    return Declared(
        datum=_certain_datum(named),
        zone=zone,
        units=_declared_unit(columns, body),
        first={"metre": "yx", "degree": "xy"}.get(columns.kind),
        source="its heading" if columns.datums or not lines else "its title",
    )


def _lines_of_words(
    columns: Columns,
    beside: Sequence[Sequence[Any]],
    body: Sequence[Row],
) -> list[str]:
    """Titles, notes and a column of systems: people write it in any of them."""
    lines = [" ".join(_text(row, j) for j in range(len(row))) for row in beside]
    if columns.system is not None:
        lines += sorted({_text(row, columns.system) for _, row in body} - {""})
    return lines


def _declared_unit(columns: Columns, body: Sequence[Row]) -> str | None:
    if columns.units == "dms":
        # degree signs say it already
        plain = _written(columns, body)["plain_numbers"]
        return "dms" if plain else "degree"
    return columns.units or ("degree" if columns.kind == "degree" else None)


def _certain_datum(named: Sequence[str]) -> str | None:
    """Return the datum that is named alone; one that encrypts is asked for, never taken."""
    return named[0] if len(named) == 1 and named[0] not in ENCRYPTED else None


def _ask_of_datum(named: Sequence[str], columns: Columns) -> None:
    """Two datums, or an encrypted one by a word in passing: asked, since hundreds of metres hang on
    it.
    """
    if len(named) > 1:
        raise Asked(
            [f"names {' and '.join(named)}: say which it is, --assume datum={named[0]}"],
            {"datum": named[0]},
        )
    if named and named[0] in ENCRYPTED:
        where = f"headed '{columns.names['first']}'" if columns.datums else "under a title"
        words = (
            f"has coordinates {where}, which speaks of {named[0]}; if so, say --assume"
            f" datum={named[0]}"
        )
        raise Asked([words], {"datum": named[0]})


def _headings(rows: Sequence[Sequence[Any]]) -> tuple[Columns | None, int]:
    """Find the row of headings among the first, and the number of the row below it; a column of WKT
    goes before coordinates.
    """
    for number, row in enumerate(rows[:HEADING_ROWS]):
        found = wkt_column_of(row)
        if found is not None and any(is_wkt(_text(r, found.first)) for r in rows[number + 1 :]):
            return found, number + 1
    for number, row in enumerate(rows[:HEADING_ROWS]):
        if columns_of(row) is not None:
            return columns_of(_with_those_above(rows, number)), number + 1
    return None, 0


def _with_those_above(rows: Sequence[Sequence[Any]], number: int) -> list[Any]:
    """Fill the blank headings of a row from the rows above it: headings in two rows, or in
    three.
    """
    heads = list(rows[number])
    for above in reversed(rows[max(0, number - 2) : number]):
        if sum(bool(_text(above, j)) for j in range(len(above))) < 2:
            break  # a title
        heads += [None] * (len(above) - len(heads))
        heads = [
            head if _text(heads, j) else above[j] if j < len(above) else None
            for j, head in enumerate(heads)
        ]
    return heads


def _geometries(columns: Columns, body: list[Row]) -> Table:
    """Read one geometry a row."""
    table = _named_rows(columns, body)
    for index, (number, row) in enumerate(body):
        try:
            if text := _text(row, columns.first):
                table.shapes[index] = shape_of(text)
        except InputError as error:
            table.wrong[index] = f"row {number}, column '{columns.names['first']}' {error}"
    return table


def _refuse_shifted(
    rows: Sequence[Sequence[Any]],
    width: int,
    start: int,
) -> None:
    """Refuse rows with values beyond the last heading: a comma too many has moved their
    coordinates.
    """
    found = [
        i
        for i, row in enumerate(rows, start + 1)
        if any(_text(row, j) for j in range(width, len(row)))
    ]
    if found:
        raise InputError(
            f"has more values than headings ({width}) in row"
            f" {', '.join(map(str, found[:5]))}{' ...' if len(found) > 5 else ''}: their columns"
            " may be shifted; give every value a heading"
        )


def _coordinates_in(row: Sequence[Any]) -> bool:
    """Whether two neighbours of a row are a pair of coordinates in China."""
    numbers = [number_of("" if cell is None else cell)[0] for cell in row]
    pairs = [pair for pair in itertools.pairwise(numbers) if None not in pair]
    return any(None not in kinds_of(np.array([pair], dtype=float)) for pair in pairs)


def _text(row: Sequence[Any], index: int | None) -> str:
    if index is None or index >= len(row) or row[index] is None:
        return ""
    # a workbook holds 12 as 12.0
    text = str(row[index]).strip()
    return text.removesuffix(".0") if isinstance(row[index], float) else text


@dataclass(frozen=True, slots=True)
class _Grouping:
    """What rows are: ``"points"`` or ``"ring"``, why, the guess where it is one, and the plot of
    each row.
    """

    shape: str
    evidence: str
    guess: Guess | None
    groups: list[str]


@dataclass(frozen=True, slots=True)
class _Signs:
    """What the columns tell of which rows belong together.

    Attributes
    ----------
    plots
        The plot of each row, by a column of plots; None where there is none.
    weak
        A column that may be of plots, whose equal names stand in one run, with its texts.
    places
        Columns that give each row a name of its own, which speak for points.
    """

    plots: list[str] | None
    weak: tuple[int, list[str]] | None
    places: list[int]

    @property
    def plots_repeat(self) -> bool:
        return self.plots is not None and len(set(self.plots)) < len(self.plots)

    @property
    def weak_groups(self) -> list[str] | None:
        return None if self.weak is None else self.weak[1]


def _grouping(
    columns: Columns,
    body: list[Row],
    told: Assumptions,
) -> _Grouping:
    """Decide whether rows are points or the corners of rings.

    Raises
    ------
    Asked
        If they could be either.
    """
    signs = _signs(columns, body)
    whole = [""] * len(body)

    # The person said what the rows are; only the groups are still looked for.
    if told.shape is not None:
        groups = signs.plots if signs.plots_repeat else signs.weak_groups
        return _Grouping(told.shape, "told by --assume shape", None, groups or whole)

    # The surest sign first; what none of them tells is a point where nothing can make a ring.
    found = (
        _by_plots(columns, body, signs)
        or _by_rings(columns, body, signs)
        or _by_return(columns, body)
        or _by_single_rows(columns, body, signs)
    )
    # nothing speaks clearly, and clear must be earned: the person is asked
    if found is None:
        raise _asked(columns, body)
    return found


def _signs(columns: Columns, body: list[Row]) -> _Signs:
    weak = None
    for index in groups_weakly(columns):
        texts = _filled(body, index)
        if texts and _in_runs(texts):
            weak = index, texts
            break
    # labels of corners are names as well: with a column of them, no name speaks for points
    places = []
    if columns.label is None:
        places = [index for index in names_places(columns) if _names_each(body, index)]
    return _Signs(_filled(body, columns.plot), weak, places)


def _by_plots(
    columns: Columns,
    body: list[Row],
    signs: _Signs,
) -> _Grouping | None:
    """Names repeat: rings, unless every row is a place with a name and the ring would not close."""
    plots = signs.plots
    if plots is None or not signs.plots_repeat:
        return None
    if signs.places and not _all_close(columns, body, plots):
        raise _asked(columns, body)
    return _Grouping("ring", f"rows share a '{columns.names['plot']}'", None, plots)


def _by_rings(
    columns: Columns,
    body: list[Row],
    signs: _Signs,
) -> _Grouping | None:
    """Rings by a column that numbers them, or by one that may be of plots."""
    # Who numbers rings draws rings.
    if columns.ring is not None:
        groups = signs.weak_groups or [""] * len(body)
        return _Grouping("ring", f"there is a column '{columns.names['ring']}'", None, groups)
    if signs.weak is None or signs.places:
        return None

    # A weaker column counts where the rings that it makes close; else it is a guess.
    index, groups = signs.weak
    evidence = f"rows share a '{columns.heads[index]}'"
    if _all_close(columns, body, groups):
        return _Grouping("ring", f"{evidence}, and come back to their first point", None, groups)
    return _Grouping("ring", evidence, Guess("shape", "ring", evidence, "points"), groups)


def _by_return(columns: Columns, body: list[Row]) -> _Grouping | None:
    """One ring in all, which comes back to its first point."""
    if len(body) < 4:
        return None
    first, last = (
        _pair(body[0][1], columns),
        _pair(body[-1][1], columns),
    )
    if first != last or first == (None, None):
        return None
    evidence = "the last row comes back to the first"
    guess = Guess("shape", "ring", evidence, "points")
    return _Grouping("ring", evidence, guess, [""] * len(body))


def _by_single_rows(
    columns: Columns,
    body: list[Row],
    signs: _Signs,
) -> _Grouping | None:
    """Points, where each row is a thing of its own."""
    whole = [""] * len(body)
    # A plot a row, with names that are no numbers of corners.
    if signs.plots is not None and not counts_corners(signs.plots):
        return _Grouping("points", f"every '{columns.names['plot']}' stands once", None, whole)

    # Fewer than three rows make no ring.
    if len(body) >= 3 and not signs.places:
        return None
    named = f", each with its own '{columns.heads[signs.places[0]]}'" if signs.places else ""
    return _Grouping("points", f"one row, one point{named}", None, whole)


def _point_for_a_plot(columns: Columns, body: Sequence[Row]) -> Guess | None:
    """Doubt points whose rows state an area: each stands for a plot, of which nobody gave the
    edge.
    """
    index = next((i for i, head in enumerate(columns.heads) if _AREA_HEAD.fullmatch(head)), None)
    if index is None:
        return None
    areas = [area_number(_text(row, index))[0] or 0.0 for _, row in body]
    rows = frozenset(place for place, area in enumerate(areas) if area > 0)
    if not rows:
        return None
    stated = f"{_text(body[min(rows)][1], index)} in '{columns.heads[index]}'"
    return Guess(
        "shape",
        "points",
        "one row, one point",
        f"plots of which only a middle is given: their rows state an area, {stated}",
        rows,
    )


def _asked(columns: Columns, body: Sequence[Row]) -> Asked:
    what = "boundary points" if columns.label is not None else "rows"
    heads = columns.names.get("label") or ", ".join(head for head in columns.heads if head)
    return Asked(
        [
            f"lists {len(body)} {what} ('{heads[:60]}') without a plot number: one ring or single"
            " points? say --assume shape=ring or shape=points"
        ],
        {"shape": "ring"},
    )


def _filled(body: Sequence[Row], index: int | None) -> list[str] | None:
    """Return the texts of a column, a blank taking that above it, as merged cells do; None without
    a column, or a first value.
    """
    if index is None:
        return None
    texts = [_text(row, index) for _, row in body]
    if not texts[0]:
        return texts if any(texts) else None
    filled: list[str] = []
    for text in texts:
        filled.append(text or filled[-1])
    return filled


def _in_runs(texts: Sequence[str]) -> bool:
    """Whether a column groups rows: each value in one run of three rows or more."""
    # a name that comes back later groups nothing: it names things of one kind
    runs = [(value, len(list(run))) for value, run in itertools.groupby(texts)]
    return len({value for value, _ in runs}) == len(runs) and all(
        value and count >= 3 for value, count in runs
    )


def _names_each(body: Sequence[Row], index: int) -> bool:
    """Whether a column gives each row a name of its own, one that is no number of a corner."""
    texts = [_text(row, index) for _, row in body]
    return all(texts) and len(set(texts)) == len(texts) and not counts_corners(texts)


def counts_corners(texts: Sequence[str]) -> bool:
    """Whether texts are those of corners: they count up, or speak of corners."""

    # By a word: 界址点, corner.
    if all(CORNER_WORD.search(text) for text in texts):
        return True
    bare = [text.strip(".、()（）") for text in texts]
    return any(_counts_by(signs, bare) for signs in COUNTED) or _counts_by_numbers(texts)


def _counts_by(signs: str, texts: Sequence[str]) -> bool:
    """Whether texts are signs that count up: circled numbers, letters, Chinese numerals."""
    places = [signs.find(text) if len(text) == 1 else -1 for text in texts]
    return -1 not in places and all(b - a == 1 for a, b in itertools.pairwise(places))


def _counts_by_numbers(texts: Sequence[str]) -> bool:
    """Whether texts count by a number behind one stem; plots are numbered too, so steps must be
    even or small.
    """
    parts = [LAST_NUMBER.fullmatch(text.translate(NARROW)) for text in texts]
    stems = {part[1] for part in parts if part}
    numbers = [int(part[2]) for part in parts if part]
    if len(numbers) < len(texts) or len(stems) > 1:
        return False
    steps = [after - before for before, after in itertools.pairwise(numbers)]
    even = len(set(steps)) == 1 and steps[0] != 0  # by ones, by tens, downwards
    # records are numbered as well: without a stem only even steps count
    return even or (stems != {""} and all(1 <= step <= 3 for step in steps))


def _all_close(
    columns: Columns,
    body: Sequence[Row],
    groups: Sequence[str],
) -> bool:
    """Whether the rows of every group come back to the first of them."""
    ends: dict[str, list[tuple[float | None, float | None]]] = {}
    for group, (_, row) in zip(groups, body, strict=True):
        ends.setdefault(group, []).append(_pair(row, columns))
    return all(
        len(pairs) >= 4 and pairs[0] == pairs[-1] and pairs[0] != (None, None)
        for pairs in ends.values()
    )


def _pair(row: Sequence[Any], columns: Columns) -> tuple[float | None, float | None]:
    # each row is asked for its pair many times, and its text is slow to read
    known = columns.pairs.get(id(row))
    if known is None:
        first = row[columns.first] if columns.first < len(row) else None
        second = row[columns.second] if columns.second < len(row) else None
        known = (
            number_of("" if first is None else first)[0],
            number_of("" if second is None else second)[0],
        )
        columns.pairs[id(row)] = known
    return known


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _wrong(
    row: Sequence[Any],
    columns: Columns,
    number: int,
) -> str:
    # from what is surely a slip to what is merely unreadable
    cells = [_short(_text(row, i)) for i in (columns.first, columns.second)]
    if any(cell.startswith("=") for cell in cells):
        return (
            f"row {number} holds a formula ('{' , '.join(cells)}') where a number should be; paste"
            " the values"
        )
    if not any(cells):
        return f"row {number} has no coordinates; complete it, or delete the row"
    if not all(cells):
        return (
            f"row {number}: '{cells[0]}', '{cells[1]}' are no pair of coordinates; complete it (a"
            " formula has a value once the workbook was opened and saved)"
        )
    return f"row {number}: '{cells[0]}', '{cells[1]}' are no coordinates; correct them"


def _named_rows(columns: Columns, body: list[Row]) -> Table:
    table = Table(np.full(len(body), None, dtype=object), None)
    # the surest name of a row, of those that it has
    ids = next((c for c in (columns.ident, columns.plot, columns.label) if c is not None), None)
    table.columns = {
        "编号": [_text(row, ids) for _, row in body],
        "名称": [_text(row, columns.name) for _, row in body],
        "精度": [_text(row, columns.accuracy) for _, row in body],
    }
    return table


def _points(columns: Columns, body: list[Row]) -> Table:
    table = _named_rows(columns, body)
    for index, (number, row) in enumerate(body):
        first, second = _pair(row, columns)
        if first is None or second is None:
            table.wrong[index] = _wrong(row, columns, number)
        else:
            table.shapes[index] = shapely.Point(first, second)
    return table


def _plots(
    columns: Columns,
    body: list[Row],
    group: Sequence[str],
    told: Assumptions,
) -> Table:
    """Group rows into plots and let the survey reader build their rings."""
    survey = Survey(decimals=_decimals_of(_written(columns, body)["step"]))
    gaps: dict[int, str] = {}
    accuracies = []

    # Plots in the order of their first rows.
    for index, (name, rows) in enumerate(_rows_by_plot(body, group).items()):
        # before rows are sorted: the first one that is written has the say
        accuracies.append(_first_of(rows, columns.accuracy))
        plot, gap = _plot_of(name, rows, columns)
        survey.plots.append(plot)
        if gap:
            gaps[index] = gap

    # The survey reader builds the rings: its rules for holes and gaps hold here too.
    table = survey_table(survey, told)
    # what the survey says of itself is not true of a table
    table.facts = Facts()
    table.columns["精度"] = accuracies
    for index, words in gaps.items():
        table.doubt(index, words)
    return table


def _grouped_table(
    columns: Columns,
    body: list[Row],
    sheet: _Sheet,
    grouping: _Grouping,
) -> tuple[Table, Guess | None]:
    """Make points or plots of the rows, and say what else they could be."""
    if grouping.shape != "points":
        return _plots(columns, body, grouping.groups, sheet.told), grouping.guess
    table = _points(columns, body)
    # a lone point may be a plot of which one corner was given
    guess = _point_for_a_plot(columns, body) if sheet.told.shape is None else None
    return table, guess


def _decimals_of(step: float | None) -> int:
    """The decimals of the written numbers tell the rounding, as the digits of a survey do."""
    return (
        4
        if step is None
        else max(
            0,
            min(12, round(-math.log10(step))),
        )
    )


def _plot_of(
    name: str,
    rows: list[Row],
    columns: Columns,
) -> tuple[Plot, str | None]:
    """Make a plot of its rows; with a remark on a gap in their order."""
    plot = Plot(
        ["", "", name, _first_of(rows, columns.name), "面"],
        rows[0][0],
    )
    # An order that was written goes before the order of the rows.
    gap = None if columns.order is None else _sort(rows, columns, plot)
    _add_vertices(plot, rows, columns)
    return plot, gap


def _first_of(rows: Sequence[Row], column: int | None) -> str:
    """The first text of a column among the rows of a plot: many write it in the first row alone."""
    return next((text for text in (_text(row, column) for _, row in rows) if text), "")


def _rows_by_plot(body: Sequence[Row], group: Sequence[str]) -> dict[str, list[Row]]:
    """Gather the rows of each plot, plots in the order of their first rows."""
    groups: dict[str, list[Row]] = {}
    for name, entry in zip(group, body, strict=True):
        groups.setdefault(name, []).append(entry)
    return groups


def _place_of(text: str) -> float | None:
    """Read an order number: a number, or one behind a stem, J12."""
    value = number_of(text)[0]
    if value is None and (match := LAST_NUMBER.fullmatch(text.translate(NARROW))):
        value = float(match[2])
    return value


def _sort(
    rows: list[Row],
    columns: Columns,
    plot: Plot,
) -> str | None:
    """Sort rows of a plot by their order column, ring by ring; return a remark on gaps."""
    keys = _order_keys(rows, columns, plot)
    if keys is None:
        return None

    # Ring by ring: numbers may begin anew in each of them.
    order = sorted(range(len(rows)), key=lambda i: keys[i])
    rows[:] = [rows[i] for i in order]
    steps = list(itertools.pairwise(keys[i] for i in order))

    # A number twice: a point may be of another plot.
    twice = next((before for before, after in steps if before == after), None)
    if twice is not None:
        words = f"order number {twice[1]:g} stands twice in plot '{plot.value(2)}'; correct it"
        plot.problems.append(words)
    return _jump_in(steps)


def _jump_in(steps: Sequence[tuple[tuple[str, float], tuple[str, float]]]) -> str | None:
    for (ring, number), (next_ring, after) in steps:
        if ring == next_ring and after - number > 1:
            return f"its order numbers jump after {number:g}: a point may be lost"
    return None


def _order_keys(
    rows: Sequence[Row],
    columns: Columns,
    plot: Plot,
) -> list[tuple[str, float]] | None:
    """Return ring and order number of each row; None, with a problem, where one cannot be read: the
    ring would be left to chance.
    """
    keys = []
    for number, row in rows:
        text = _text(row, columns.order)
        value = _place_of(text)
        if value is None:
            words = f"row {number}: '{_short(text)}' in '{columns.names['order']}' is no number"
            plot.problems.append(words)
            return None
        keys.append((f"{_text(row, columns.part)} {_text(row, columns.ring)}", value))
    return keys


def _add_vertices(
    plot: Plot,
    rows: Sequence[Row],
    columns: Columns,
) -> None:
    numbers: dict[tuple[str, str], int] = {}
    for number, row in rows:
        first, second = _pair(row, columns)
        # A row without numbers in a plot is a fault of the plot, not a gap to be closed.
        if first is None or second is None:
            plot.problems.append(_wrong(row, columns, number))
            continue
        ring = _ring_of(row, columns, numbers)
        if ring is None or not float(ring).is_integer():
            words = f"row {number}: '{_short(_text(row, columns.ring))}' is no ring number"
            plot.problems.append(words)
            continue
        plot.add(_text(row, columns.label), int(ring), first, second)


def _ring_of(
    row: Sequence[Any],
    columns: Columns,
    numbers: dict[tuple[str, str], int],
) -> float | None:
    """Return the number of the ring of a row, 1 where nothing tells it; None where it is none."""
    # parts and their rings, as programs number vertices: each pair of them is a ring of its own
    if columns.part is not None:
        key = _text(row, columns.part), _text(row, columns.ring)
        return numbers.setdefault(key, len(numbers) + 1)
    return 1 if columns.ring is None else number_of(_text(row, columns.ring) or 1)[0]
