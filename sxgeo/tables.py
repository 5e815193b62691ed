"""Tables of coordinates, CSV and XLSX: Chinese or English headings, degrees-minutes-seconds, points or rings."""

from __future__ import annotations

import csv
import io
import itertools
import math
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from .datum import Declared, kinds_of, settle
from .errors import InputError
from .headings import HEADING_ROWS, Columns, columns_of, joined_parts, wkt_column_of
from .intake import Guess, LeftOut, Table
from .survey import NARROW, Plot, Survey
from .survey_shapes import survey_table
from .wkt import is_wkt, settled_by_srid, shape_of

_MAX_TEXT = 60_000_000
_MAX_SHEET_BYTES = 200_000_000
_DMS = re.compile(
    r"^(?P<sign>[-+])?(?P<d>\d{1,3})(?:[°度d:\s-])\s*(?P<m>\d{1,2}(?:\.\d+)?)(?:['′’分m:\s-]\s*(?:(?P<s>\d{1,2}(?:\.\d+)?)\s*(?:\"|″|”|''|秒|s)?)?)?$",
    re.I,
)
_THOUSANDS = re.compile(r"^[-+]?\d{1,3}(,\d{3})+(\.\d+)?$")


def number_of(text: Any) -> tuple[float | None, bool]:
    """Read a coordinate as people write it.

    Parameters
    ----------
    text
        A number, or text: full-width digits, ``112°33'45.6"E``, ``112度33分45.6秒``, ``112-33-45.6``, ``3,758,100.5``.

    Returns
    -------
    value, dms
        The number, None when it is none; whether it stood in degrees, minutes and seconds.
    """
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        return (float(text) if math.isfinite(text) else None), False
    plain = str(text).translate(NARROW).strip().strip("'").strip()
    if _THOUSANDS.match(plain):
        plain = plain.replace(",", "")
    try:
        value = float(plain)
        return (value if math.isfinite(value) else None), False
    except ValueError:
        pass
    bare = re.sub(r"^(东经|北纬|[EN])\s*|\s*[EN]$", "", plain, flags=re.I).strip()
    west = bool(re.search(r"(西经|南纬)|[WS]$|^[WS]", plain, re.I))
    bare = re.sub(r"^(西经|南纬|[WS])\s*|\s*[WS]$", "", bare, flags=re.I).strip()
    match = _DMS.match(bare)
    if match is None:
        bare = bare.removesuffix("°").removesuffix("度")
        try:
            return float(bare) * (-1 if west else 1), False
        except ValueError:
            return None, False
    minutes, seconds = float(match["m"]), float(match["s"] or 0)
    if minutes >= 60 or seconds >= 60:
        return None, True
    value = int(match["d"]) + minutes / 60 + seconds / 3600
    return value * (-1 if west or match["sign"] == "-" else 1), True


def read_csv(text: str, told: dict[str, str]) -> list[Table]:
    """Read a CSV text with a heading row.

    Raises
    ------
    InputError
        If it has no columns of coordinates, or they cannot be read.
    """
    if len(text) > _MAX_TEXT:
        raise InputError("is a table larger than 60 MB; split it, or give GeoPackage")
    plain = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    head = re.sub(r'"[^"]*"|\([^()\n]*\)', "", "\n".join(plain.split("\n", 10)[:10]))
    mark = max(",\t;，|", key=re.sub(r"\([^()\n]*\)", "", head).count)
    limit = csv.field_size_limit(_MAX_TEXT)  # a cell of WKT is as long as its plot has points
    try:
        rows = list(csv.reader(io.StringIO(plain, newline=""), delimiter=mark))
    except csv.Error as error:
        raise InputError(f"is no table that can be read ({error})") from error
    finally:
        csv.field_size_limit(limit)
    table = _read_rows(rows, told, "CSV")
    if table is None:
        raise InputError(
            "has no geometry and no columns of coordinates; head them 经度,纬度 or X,Y (lon,lat; easting,northing), "
            "or WKT, or give GeoJSON, GeoPackage, shapefile or survey TXT"
        )
    return [table]


def read_xlsx(path: Path, told: dict[str, str]) -> list[Table]:
    """Read every sheet of a workbook that has columns of coordinates.

    Raises
    ------
    InputError
        If openpyxl is not installed, it is no workbook, or no sheet has coordinates.
    """
    try:
        import openpyxl
    except ImportError as error:
        raise InputError("is a workbook, which needs openpyxl: pip install 'sxgeo[tables]'") from error
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(i.file_size for i in archive.infolist()) > _MAX_SHEET_BYTES:
                raise InputError("is a workbook of more than 200 MB unpacked; save the sheet as CSV and split it")
        with path.open("rb") as file:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            sheets = [(s.title, [list(row) for row in s.iter_rows(values_only=True)]) for s in book.worksheets]
    except InputError:
        raise
    except Exception as error:  # openpyxl raises many kinds; each means the workbook cannot be read
        raise InputError(
            f"cannot be read as a workbook ({type(error).__name__}: {error}); save it again as .xlsx"
        ) from error
    tables, rest = [], []
    for title, rows in sheets:
        table = _read_rows(rows, told, "XLSX")
        if table is None:
            rest.append(title)
            continue
        table.layer = title
        tables.append(table)
    if not tables:
        raise InputError("has no sheet with columns of coordinates; head them 经度,纬度 or X,Y")
    tables[0].left_out += [LeftOut("annotation", "sheet", title, "holds no coordinates") for title in rest]
    return tables


def _read_rows(rows: list[list[Any]], told: dict[str, str], kind: str) -> Table | None:
    rows = joined_parts(rows)
    columns, start = _headings(rows)
    if columns is None:
        return None
    if columns.kind != "wkt" and (
        above := [number for number, row in enumerate(rows[: start - 1], 1) if None not in _pair(row, columns)]
    ):
        raise InputError(
            f"has coordinates above its headings, in row {', '.join(map(str, above[:5]))}: put the headings "
            f"('{columns.names['first']}', row {start}) first"
        )
    if _coordinates_in(rows[start - 1]):
        raise InputError(f"has headings and coordinates in one row ({start}): the end of its line is lost; complete it")
    _refuse_shifted(rows[start:], len(rows[start - 1]), start)
    body = [(i, row) for i, row in enumerate(rows[start:], start + 1) if any(_text(row, j) for j in range(len(row)))]
    if not body:
        raise InputError("has headings of coordinates but no rows below them")
    if columns.datum in ("GCJ-02", "BD-09") and "datum" not in told:
        raise InputError(
            f"has coordinates headed '{columns.names['first']}', which speaks of {columns.datum}; "
            f"if so, say --assume datum={columns.datum}"
        )
    if columns.kind == "wkt":
        table = _geometries(columns, body)
        table.facts |= {"format": kind, "columns": columns.names}
        return settled_by_srid(table, told)
    shape, evidence, guess = _grouping(columns, body, told)
    table = _points(columns, body) if shape == "points" else _plots(columns, body, told)
    if guess:
        table.guesses.append(guess)
    table.facts |= {"format": kind, "columns": {**columns.names, "read_as": f"{shape}: {evidence}"}}
    first = "yx" if columns.kind == "metre" else "xy" if columns.kind == "degree" else None
    declared = Declared(
        datum=columns.datum if columns.datum not in ("GCJ-02", "BD-09") else None,
        units="degree" if columns.kind == "degree" else None,
        first=first,
        source="its heading",
    )
    return settle(table, declared, told)


def _headings(rows: Sequence[Sequence[Any]]) -> tuple[Columns | None, int]:
    """Find the row of headings among the first, and the number of the row below it; a column of WKT goes before coordinates."""
    for number, row in enumerate(rows[:HEADING_ROWS]):
        found = wkt_column_of(row)
        if found is not None and any(is_wkt(_text(r, found.first)) for r in rows[number + 1 :]):
            return found, number + 1
    for number, row in enumerate(rows[:HEADING_ROWS]):
        if (found := columns_of(row)) is not None:
            return found, number + 1
    return None, 0


def _geometries(columns: Columns, body: list[tuple[int, list[Any]]]) -> Table:
    """Read one geometry a row."""
    table = _named_rows(columns, body)
    for index, (number, row) in enumerate(body):
        try:
            if text := _text(row, columns.first):
                table.shapes[index] = shape_of(text)
        except InputError as error:
            table.wrong[index] = f"row {number}, column '{columns.names['first']}' {error}"
    return table


def _refuse_shifted(rows: Sequence[Sequence[Any]], width: int, start: int) -> None:
    """Refuse rows with values beyond the last heading: a comma too many has moved their coordinates."""
    found = [i for i, row in enumerate(rows, start + 1) if any(_text(row, j) for j in range(width, len(row)))]
    if found:
        raise InputError(
            f"has more values than headings ({width}) in row {', '.join(map(str, found[:5]))}"
            f"{' ...' if len(found) > 5 else ''}: their columns may be shifted; give every value a heading"
        )


def _coordinates_in(row: Sequence[Any]) -> bool:
    """Whether two neighbours of a row are a pair of coordinates in China."""
    numbers = [number_of("" if cell is None else cell)[0] for cell in row]
    pairs = [pair for pair in itertools.pairwise(numbers) if None not in pair]
    return any(None not in kinds_of(np.array([pair], dtype=float)) for pair in pairs)


def _text(row: Sequence[Any], index: int | None) -> str:
    if index is None or index >= len(row) or row[index] is None:
        return ""
    text = str(row[index]).strip()
    return text.removesuffix(".0") if isinstance(row[index], float) else text


def _grouping(
    columns: Columns, body: list[tuple[int, list[Any]]], told: dict[str, str]
) -> tuple[str, str, Guess | None]:
    """Decide whether rows are points or the vertices of rings."""
    if "shape" in told:
        return told["shape"], "told by --assume shape", None
    if columns.plot is not None:
        names = [_text(row, columns.plot) for _, row in body]
        if len(set(names)) == len(names):
            return "points", f"every '{columns.names['plot']}' stands once", None
        return "ring", f"rows share a '{columns.names['plot']}'", None
    if columns.ring is not None:
        return "ring", f"there is a column '{columns.names['ring']}'", None
    if len(body) >= 4 and _pair(body[0][1], columns) == _pair(body[-1][1], columns) != (None, None):
        evidence = "the last row comes back to the first"
        return "ring", evidence, Guess("shape", "ring", evidence, "points")
    if columns.label is not None and len(body) >= 3:
        raise InputError(
            f"lists {len(body)} boundary points ('{columns.names['label']}') without a plot number: one ring or single points? "
            "say --assume shape=ring or shape=points"
        )
    return "points", "one row, one point", None


def _pair(row: Sequence[Any], columns: Columns) -> tuple[float | None, float | None]:
    first, second = (row[i] if i < len(row) else "" for i in (columns.first, columns.second))
    return number_of("" if first is None else first)[0], number_of("" if second is None else second)[0]


def _wrong(row: Sequence[Any], columns: Columns, number: int) -> str:
    cells = [_text(row, i) for i in (columns.first, columns.second)]
    if any(cell.startswith("=") for cell in cells):
        return f"row {number} holds a formula ('{' , '.join(cells)}') where a number should be; paste the values"
    if not any(cells):
        return f"row {number} has no coordinates"
    return f"row {number}: '{cells[0]}', '{cells[1]}' are no coordinates"


def _named_rows(columns: Columns, body: list[tuple[int, list[Any]]]) -> Table:
    table = Table(np.full(len(body), None, dtype=object), None)
    ids = next((c for c in (columns.ident, columns.plot, columns.label) if c is not None), None)
    table.columns = {
        "编号": [_text(row, ids) for _, row in body],
        "名称": [_text(row, columns.name) for _, row in body],
        "精度": [_text(row, columns.accuracy) for _, row in body],
    }
    return table


def _points(columns: Columns, body: list[tuple[int, list[Any]]]) -> Table:
    table = _named_rows(columns, body)
    for index, (number, row) in enumerate(body):
        first, second = _pair(row, columns)
        if first is None or second is None:
            table.wrong[index] = _wrong(row, columns, number)
        else:
            table.shapes[index] = shapely.Point(first, second)
    return table


def _plots(columns: Columns, body: list[tuple[int, list[Any]]], told: dict[str, str]) -> Table:
    """Group rows into plots and let the survey reader build their rings."""
    groups: dict[str, list[tuple[int, list[Any]]]] = {}
    for number, row in body:
        groups.setdefault(_text(row, columns.plot), []).append((number, row))
    survey = Survey()
    gaps: dict[int, str] = {}
    accuracies = []
    for name, rows in groups.items():
        plot = Plot(
            ["", "", name, next((t for t in (_text(r, columns.name) for _, r in rows) if t), ""), "面"], rows[0][0]
        )
        accuracies.append(next((t for t in (_text(r, columns.accuracy) for _, r in rows) if t), ""))
        if columns.order is not None and (words := _sort(rows, columns, plot)):
            gaps[len(survey.plots)] = words
        for number, row in rows:
            _vertex(plot, row, columns, number)
        survey.plots.append(plot)
    table = survey_table(survey, told)
    table.facts.clear()
    table.columns["精度"] = accuracies
    for index, words in gaps.items():
        table.doubt(index, words)
    return table


def _sort(rows: list[tuple[int, list[Any]]], columns: Columns, plot: Plot) -> str | None:
    """Sort rows of a plot by their order column, ring by ring; return a remark on gaps."""
    keys = []
    for number, row in rows:
        value = number_of(_text(row, columns.order))[0]
        if value is None:
            plot.problems.append(
                f"row {number}: '{_text(row, columns.order)}' in '{columns.names['order']}' is no number"
            )
            return None
        keys.append((_text(row, columns.ring), value))
    order = sorted(range(len(rows)), key=lambda i: keys[i])
    rows[:] = [rows[i] for i in order]
    keys = [keys[i] for i in order]
    twice = [k for k, n in itertools.pairwise(keys) if k == n]
    if twice:
        plot.problems.append(f"order number {twice[0][1]:g} stands twice in plot '{plot.value(2)}'")
    jumps = [a[1] for a, b in itertools.pairwise(keys) if a[0] == b[0] and b[1] - a[1] > 1]
    return f"its order numbers jump after {jumps[0]:g}: a point may be lost" if jumps else None


def _vertex(plot: Plot, row: Sequence[Any], columns: Columns, number: int) -> None:
    first, second = _pair(row, columns)
    if first is None or second is None:
        plot.problems.append(_wrong(row, columns, number))
        return
    ring = number_of(_text(row, columns.ring) or 1)[0]
    if ring is None or not ring.is_integer():
        plot.problems.append(f"row {number}: '{_text(row, columns.ring)}' is no ring number")
        return
    plot.labels.append(_text(row, columns.label))
    plot.rings.append(int(ring))
    plot.first.append(first)
    plot.second.append(second)
