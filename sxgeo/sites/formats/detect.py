"""Which format a file is in, by its first bytes rather than its name, and the reader for it."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import InputError
from ...files.encoding import decode
from ...files.gdal_door import check_source, folder_kind, head_text, kind_of_head, xml_kind
from .archives import Member, check_archive, left_beside, left_in_folder, unpacked
from .assumptions import Assumptions
from .corners import settle_corners
from .json_records import is_wrapped_json
from .survey import declared_by, parse_survey
from .survey_shapes import survey_table
from .systems import settle
from .table import Guess, LeftOut, ask_at_once
from .tables import read_csv
from .vector import ID_COLUMNS, NAME_COLUMNS, read_json, read_parquet, read_vector, read_xml
from .wkt import is_wkt, read_wkt
from .workbooks import read_xlsx

if TYPE_CHECKING:
    from .table import Table

MAX_BYTES = 2_000_000_000
_TEXT_MAX = 150_000_000
_NOTE_MAX = 1_000_000
_LONG_NUMBER = re.compile(rb"\d{5,}|\d+\.\d{3,}")
_GDAL_SUFFIXES = (".shp", ".fgb", ".gpkg", ".sqlite", ".tab", ".mif")
_SURVEY = re.compile(r"[\[【［]\s*(?:地块坐标|属性描述)\s*[\]】］]")
_OFFICE = {
    "xl/workbook.bin": "a binary workbook (.xlsb); save it as .xlsx or CSV",
    "word/document.xml": (
        "a text document (.docx); save the table of its coordinates as .xlsx or CSV"
    ),
    "ppt/presentation.xml": "a presentation (.pptx); save its coordinates as .xlsx or CSV",
    "content.xml": "an OpenDocument file (.ods, .odt); save its sheet as .xlsx or CSV",
}
"""Members by which an archive is known as an office file that cannot be read."""
_MARKUP = {
    "document": "an office file as XML (.fods); save its sheet as .xlsx or CSV",
    "workbook": "a workbook as XML; save it as .xlsx or CSV",
    "html": "a web page, whatever its name; open it and save it as .xlsx or CSV",
}
_VECTORS = {
    "vector": read_vector,
    "json": read_json,
    "xml": read_xml,
}
_GIVE = "give GeoJSON, GeoPackage, shapefile, KML, DXF, survey TXT, CSV or XLSX"


def read_tables(path: Path, told: Assumptions) -> tuple[str, list[Table]]:
    """Read a file of any format.

    Parameters
    ----------
    path
        The file, or a .gdb folder.
    told
        Checked assumptions.

    Returns
    -------
    format, tables
        The name of the format; the layers with features.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    kind = sniff(path)
    if kind == "zip":
        return _read_archive(path, told)
    return kind, _read(kind, path, told)


def _plain_note(member: Member) -> LeftOut | None:
    """Tell a text beside the plots that only explains them: it holds no two numbers that could be
    coordinates.
    """
    if member.path.suffix not in (".txt", ".csv") or member.path.stat().st_size > _NOTE_MAX:
        return None
    content = member.path.read_bytes()
    if len(_LONG_NUMBER.findall(content)) > 1 or b"\0" in content:
        return None
    return LeftOut("annotation", "file", member.name, "a text without coordinates")


def _read(
    kind: str,
    path: Path,
    told: Assumptions,
) -> list[Table]:
    if kind in _VECTORS or kind == "parquet":
        return _read_features(kind, path, told)
    if kind == "dxf":
        from .dxf import read_drawing  # 3 ms, and few runs read a drawing

        return _named(path, read_drawing, path, told)
    if kind == "xlsx":
        return _named(path, read_xlsx, path, told)

    # Text is read whole into memory; a larger one is no survey.
    if path.stat().st_size > _TEXT_MAX:
        raise InputError(f"'{path}' is a text larger than 150 MB; split it")
    return _named(path, read_text, path.read_bytes(), told)


def _read_features(
    kind: str,
    path: Path,
    told: Assumptions,
) -> list[Table]:
    """Read features of a layer; points may be the corners of a plot, which is asked."""
    tables = read_parquet(path) if kind == "parquet" else _VECTORS[kind](path, told)
    settle_corners(tables, told, NAME_COLUMNS, ID_COLUMNS)

    # what lies beside a shapefile in its folder may have been a plot
    if kind != "parquet" and path.is_dir() and folder_kind(path) == "shapefile":
        tables[0].left_out += [
            _plain_note(Member(entry.place, path / entry.place)) or entry
            for entry in left_in_folder(path)
        ]
    return tables


def _named(
    path: Path,
    reader: object,
    *args: object,
) -> list[Table]:
    """Call a reader and put the name of the file before what it complains of."""
    try:
        return reader(*args)  # type: ignore[operator, no-any-return]
    except InputError as error:
        raise InputError(f"'{path}' {error}") from error


def sniff(path: Path) -> str:
    """Tell the format of a file: vector, json, xml, parquet, zip, xlsx, dxf or text.

    Raises
    ------
    InputError
        If it is missing, empty, too large, or of a kind that cannot be read.
    """
    check_source(path)
    if path.is_dir():
        return "vector"
    # before any byte is read: a library would say it in its own words, or not at all
    size = path.stat().st_size
    if size == 0:
        raise InputError(f"'{path}' is empty (0 bytes); save or download it again")
    if size > MAX_BYTES:
        raise InputError(f"'{path}' is larger than 2 GB; split it")
    with path.open("rb") as file:
        head = file.read(8192)
    return _by_signature(path, head)


def _by_signature(path: Path, head: bytes) -> str:
    suffix = path.suffix.lower()
    _refuse_unreadable(path, head)

    # A workbook and an archive begin alike: the content tells them apart.
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        if suffix == ".xlsx" or _is_workbook(path):
            check_archive(path)
            return "xlsx"
        if words := _other_office(path):
            raise InputError(f"'{path}' is {words}")
        return "zip"
    if head.startswith(b"PAR1"):
        return "parquet"
    if kind_of_head(head, suffix) in ("sqlite", "fgb", "shapefile", "tab", "mif"):
        return "vector"

    # A vector suffix on something else: GDAL would guess, and might read a part.
    if suffix in _GDAL_SUFFIXES:
        raise InputError(
            f"'{path}' cannot be read as a vector file: its content is no {suffix[1:]}; {_GIVE}"
        )
    if head.startswith(b"AutoCAD Binary DXF"):
        return "dxf"
    return _by_text(path, head)


def _refuse_unreadable(path: Path, head: bytes) -> None:
    """Tell by its name what cannot be read, with the format to save it in."""
    if head.startswith(b"AC10") or path.suffix.lower() == ".dwg":
        raise InputError(
            f"'{path}' is a DWG drawing, which cannot be read; export it as DXF or GeoPackage"
        )
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(f"'{path}' is an old Office file (.xls); save it as .xlsx or CSV")
    if head.startswith((b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b")):
        raise InputError(f"'{path}' is an archive that is not zip; unpack it first")
    if head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*")):
        raise InputError(f"'{path}' is a picture or a PDF: no coordinates to read; {_GIVE}")


def _is_workbook(path: Path) -> bool:
    """Whether an archive is a workbook, whatever its name: .xlsm, .et, or standard input."""
    return "xl/workbook.xml" in _members(path)


def _other_office(path: Path) -> str | None:
    """Name an office file that cannot be read, and what its program saves instead."""
    names = _members(path)
    return next((words for name, words in _OFFICE.items() if name in names), None)


def _members(path: Path) -> frozenset[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            # names alone: nothing is unpacked to know what it is
            return frozenset(archive.NameToInfo)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError):
        return frozenset()  # damaged: whoever unpacks it says so


def _by_text(path: Path, head: bytes) -> str:
    suffix = path.suffix.lower()
    text = head_text(head)
    if text.startswith("<"):
        _refuse_other_xml(path, text)
        return "xml"
    named = suffix in (".geojson", ".json", ".geojsonl", ".geojsons")

    # Some services wrap their JSON in a call; only a name says that such a text is JSON.
    if text.startswith(("{", "[{", "\x1e")) or (named and is_wrapped_json(text)):
        if "gdal_streamed_alg" in text:
            raise InputError(f"'{path}' is a GDAL pipeline, not data; {_GIVE}")
        return "json"
    if suffix == ".dxf" or _begins_as_dxf(text):
        return "dxf"
    if named:
        raise InputError(f"'{path}' cannot be read as a vector file (it is no JSON); {_GIVE}")

    # NUL bytes come in no text but UTF-16, which says so at its head.
    if b"\0" in head and head[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError(f"'{path}' is a binary file of unknown kind; {_GIVE}")
    return "text"


def _refuse_other_xml(path: Path, text: str) -> None:
    """Refuse XML of a kind that is not known: it may hold coordinates in any order, and is not
    guessed at.
    """
    if xml_kind(text, path.suffix.lower()):
        return
    bare = re.sub(r"<\?.*?\?>|<!--.*?-->", "", text, flags=re.S)
    match = re.search(r"<\s*(?:[A-Za-z][\w.-]*:)?([A-Za-z][\w.-]*)", bare)
    root = match[1].lower() if match else "?"
    if words := _MARKUP.get(root):
        raise InputError(f"'{path}' is {words}")
    raise InputError(f"'{path}' is XML <{root}>, not KML, GML or GPX; {_GIVE}")


def _begins_as_dxf(text: str) -> bool:
    """A DXF is pairs of lines, a code and a value; some writers put a comment first."""
    lines = [line.strip() for line in text.splitlines()[:2]]
    return len(lines) == 2 and (lines == ["0", "SECTION"] or lines[0] == "999")


def read_text(content: bytes, told: Assumptions) -> list[Table]:
    """Read a text: survey TXT, WKT, GeoJSON, or else a table of coordinates.

    Raises
    ------
    InputError
        If it is none of them; the message lacks the name of the file.
    """
    text, encoding = decode(content, told.encoding)

    # All questions of a file are put at once: nobody wants to answer them one by one.
    tables = ask_at_once(_reader_of(text), told)
    for table in tables:
        if table.facts.encoding is None:
            table.note(encoding={"name": encoding.name, "evidence": encoding.evidence})
        if encoding.alternative:
            table.guesses.append(
                Guess("encoding", encoding.name, encoding.evidence, encoding.alternative)
            )
    return tables


def _reader_of(text: str) -> Callable[[Assumptions], list[Table]]:
    start = text.lstrip("\ufeff \t\r\n")
    # A survey has its sections; a bracket alone may also begin a list of JSON.
    bracketed = start.startswith(("[", "【", "［")) and "坐标" in start[:2000]
    if bracketed or _SURVEY.search(text):
        survey = parse_survey(text)
        return lambda said: [
            settle(
                survey_table(survey, said),
                declared_by(survey, said),
                said,
            )
        ]
    if is_wkt(start):
        return lambda said: [read_wkt(start, said)]
    return lambda said: read_csv(text, said)


def _read_archive(path: Path, told: Assumptions) -> tuple[str, list[Table]]:
    with unpacked(path) as (members, others):
        if not members:
            raise _nothing_readable(path, others)
        tables: list[Table] = []
        why = "it is no file that can be read; export its plots, or give them apart"
        lost = left_beside(others, why)
        for member in members:
            found = _tables_or_note(member, path, told)
            if isinstance(found, LeftOut):
                lost.append(found)
                continue
            for table in found:
                table.note(others=others[:20])
            tables += found
        if not tables:
            raise InputError(f"'{path}' holds no file with plots; {_GIVE}")
        tables[0].left_out += lost
    return ("kmz" if path.suffix.lower() == ".kmz" else "zip"), tables


def _nothing_readable(path: Path, others: Sequence[str]) -> InputError:
    """An archive that holds nothing readable must not look like an empty one."""
    shown = ", ".join(others[:5]) or "nothing"
    return InputError(f"'{path}' holds no file that can be read ({shown}); {_GIVE}")


def _tables_or_note(
    member: Member,
    path: Path,
    told: Assumptions,
) -> list[Table] | LeftOut:
    """Read a file of an archive; what cannot be read is a plain note, or it stops the reading: it
    may hold plots.
    """
    try:
        return _read_member(member, told)
    except InputError as error:
        if (remark := _plain_note(member)) is not None:
            return remark
        # the archive's name and the member's, not that of a copy that is gone again
        text = str(error).replace(str(member.path), f"{path}!{member.name}")
        raise InputError(text) from error


def _read_member(member: Member, told: Assumptions) -> list[Table]:
    kind = sniff(member.path)
    if kind == "zip":
        raise InputError(f"'{member.path}' is an archive in an archive; unpack it first")
    tables = _read(kind, member.path, told)
    # A site must tell which file of the archive it comes from.
    for table in tables:
        own = table.layer in (None, member.path.stem)
        table.layer = member.name if own else f"{member.name}/{table.layer}"
    return tables
