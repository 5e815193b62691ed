"""Workbooks: every sheet as a table of coordinates, and what of it is not shown."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ...errors import InputError
from ...files.libraries import library
from .assumptions import Assumptions
from .table import Asked, LeftOut, Table, ask_at_once
from .tables import pairs_in, read_rows
from .unshown import Unshown

if TYPE_CHECKING:
    from typing import BinaryIO

_MAX_SHEET_BYTES = 200_000_000
_CHUNK = 1 << 20
_TAG = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?(row|col|filterColumn)\b([^<>]*)>")
_ATTRIBUTE = re.compile(rb"""([A-Za-z]+)\s*=\s*["']([^"']*)["']""")
_MOST_COLUMNS = 16_384


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as it is held: its cells, whether it is shown, and what of it is not."""

    title: str
    visible: bool
    rows: list[list[Any]]
    unshown: Unshown


def read_xlsx(path: Path, told: Assumptions) -> list[Table]:
    """Read every visible sheet of a workbook that has columns of coordinates.

    Rows and columns that a sheet does not show are read all the same, with a remark.

    Raises
    ------
    InputError
        If openpyxl is not installed, it is no workbook, or no sheet has coordinates.
    """
    openpyxl = library("openpyxl", "is a workbook, which needs openpyxl")
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(i.file_size for i in archive.infolist()) > _MAX_SHEET_BYTES:
                raise InputError(
                    "is a workbook of more than 200 MB unpacked; save the sheet as CSV and split it"
                )
        with path.open("rb") as file:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            sheets = [_sheet(worksheet) for worksheet in book.worksheets]
    except InputError:
        raise
    except Exception as error:  # openpyxl raises many kinds; each means the workbook cannot be read
        raise InputError(
            f"cannot be read as a workbook ({type(error).__name__}: {error}); save it again as"
            " .xlsx"
        ) from error
    return ask_at_once(lambda said: _read_book(sheets, said), told)


def _sheet(worksheet: Any) -> Sheet:
    """Take all cells of a sheet: the extent that it states is not believed, other programs leave an
    old one there.
    """
    worksheet.reset_dimensions()
    rows = [list(row) for row in worksheet.iter_rows(values_only=True)]
    with worksheet._get_source() as source:
        unshown = unshown_in(source)
    return Sheet(worksheet.title, worksheet.sheet_state == "visible", rows, unshown)


def unshown_in(source: BinaryIO) -> Unshown:
    """Find the rows and columns that a sheet does not show, in the text of its part.

    Parameters
    ----------
    source
        The XML of a sheet. It is looked through in pieces, for its tags alone: a sheet of a million
        rows is not parsed a second time.
    """
    rows: list[int] = []
    columns: set[int] = set()
    is_filtered = False
    number = 0
    for tag, words in _tags(source):
        said = dict(_ATTRIBUTE.findall(words))
        if tag == b"filterColumn":
            is_filtered = True
        elif tag == b"row":
            # some programs number no rows: each is the one below the last
            number = int(said.get(b"r", number + 1))
            if _is_unshown(said, b"ht"):
                rows.append(number)
        elif _is_unshown(said, b"width"):
            columns.update(_columns_of(said))
    return Unshown(frozenset(rows), frozenset(columns), is_filtered)


def _columns_of(said: dict[bytes, bytes]) -> range:
    """Return the columns, from 0, that a tag speaks of; a sheet may name all that there could
    be.
    """
    return range(
        int(said[b"min"]) - 1,
        min(int(said[b"max"]), _MOST_COLUMNS),
    )


def _tags(source: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    rest = b""
    while piece := source.read(_CHUNK):
        text = rest + piece
        cut = max(text.rfind(b"<"), text.rfind(b">") + 1)  # a tag may go on in the next piece
        text, rest = text[:cut], text[cut:]
        yield from _TAG.findall(text)


def _is_unshown(said: dict[bytes, bytes], size: bytes) -> bool:
    # hidden by a person, or made so narrow that nothing is seen
    if said.get(b"hidden", b"0") in (b"1", b"true"):
        return True
    return float(said.get(size, b"1") or b"1") == 0.0


def _read_book(sheets: Sequence[Sheet], told: Assumptions) -> list[Table]:
    tables, left_out = [], []
    hidden = [sheet for sheet in sheets if not sheet.visible]
    for sheet in (sheet for sheet in sheets if sheet.visible):
        table = _read_sheet(sheet, told)
        if table is None:
            left_out.append(_unread_sheet(sheet))
        else:
            tables.append(table)
    if not tables:
        unseen = "; hidden sheets are not read" if hidden else ""
        raise InputError(
            f"has no sheet with columns of coordinates; head them 经度,纬度 or X,Y{unseen}"
        )
    tables[0].left_out += left_out
    if hidden:
        tables[0].left_out += _hidden_sheets(sheets)
    return tables


def _read_sheet(sheet: Sheet, told: Assumptions) -> Table | None:
    try:
        table = read_rows(sheet.rows, told, "XLSX", sheet.unshown)
    except Asked:
        # a question is of the whole file: one answer holds for all sheets
        raise
    except InputError as error:
        raise InputError(f"sheet '{sheet.title}' {error}") from error
    if table is not None:
        table.layer = sheet.title
    return table


def _hidden_sheets(sheets: Sequence[Sheet]) -> list[LeftOut]:
    """Say what sheets hold that are not shown: copies of the visible ones are common, and
    harmless.
    """
    shown = {pair for sheet in sheets if sheet.visible for pair in pairs_in(sheet.rows)}
    entries = []
    for sheet in (sheet for sheet in sheets if not sheet.visible):
        kind: Literal["geometry", "annotation"] = "annotation"
        why = "holds no coordinates of its own"
        if set(pairs_in(sheet.rows)) - shown:
            kind = "geometry"
            why = "holds coordinates that no visible sheet has; show it, or delete it"
        entries.append(LeftOut(kind, "hidden sheet", sheet.title, why))
    return entries


def _unread_sheet(sheet: Sheet) -> LeftOut:
    """Say what a sheet without known headings is: one that holds pairs of coordinates all the same
    was meant to be read.
    """
    # one pair is enough: such a sheet was meant to be read
    pair = next(iter(pairs_in(sheet.rows)), None)
    if pair is None:
        return LeftOut("annotation", "sheet", sheet.title, "holds no coordinates")
    shown = ", ".join(f"{value:.10g}" for value in pair)
    reason = (
        f"holds numbers like coordinates ({shown}) under headings that are not known; head them"
        " 经度,纬度 or X,Y"
    )
    return LeftOut("geometry", "sheet", sheet.title, reason)
