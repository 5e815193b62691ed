"""How many records a file holds by its own bytes, to be held against what its driver handed
over.
"""

from __future__ import annotations

import filecmp
import mmap
import sqlite3
import struct
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio

from ...errors import InputError
from ...files.gdal_door import database_address
from .geodatabase import indexed_rows, stated_rows, table_of
from .mapinfo import mid_rows, mif_objects, tab_objects
from .table import LeftOut

if TYPE_CHECKING:
    from .table import Table

_DELETED = 0x2A
_HEADER = 100
_COUNT_FIELD = 8
_NODE_FIELD = 9
_NODE_BYTES = 40


def hold_to_count(
    table: Table,
    path: Path,
    layer: str,
    shown: Path,
) -> None:
    """Refuse a layer of which its driver passed over a record that the file holds, or counted by a
    stale index.

    Parameters
    ----------
    table
        As read; rows that their program deleted join its `left_out`.
    path, layer
        The file and the layer.
    shown
        How messages name the file.

    Raises
    ------
    InputError
        If the counts differ.
    """
    suffix = path.suffix.lower()
    if path.is_dir():
        _hold_geodatabase(len(table.shapes), path, layer, shown)
    elif suffix == ".shp":
        _hold_shapefile(table, path, shown)
    elif suffix in (".gpkg", ".sqlite"):
        _hold_database(len(table.shapes), path, layer, shown)
    elif suffix == ".fgb":
        _hold_flatgeobuf(len(table.shapes), path, shown)
    elif suffix == ".tab":
        _hold_mapinfo_table(table, path, shown)
    elif suffix == ".mif":
        _hold_mif(len(table.shapes), path, shown)


def _hold_geodatabase(
    found: int,
    path: Path,
    layer: str,
    shown: Path,
) -> None:
    rows = table_of(path, layer)
    if rows is None:
        return
    driver = int(pyogrio.read_info(path, layer=layer, force_feature_count=True)["features"])
    # three counts of three parts: a part of an older export differs from the others
    stated, indexed = stated_rows(rows), indexed_rows(rows)
    counts = {
        "its table states": stated,
        "its index holds": indexed,
        "its driver counts": driver,
    }
    other = [f"{words} {count}" for words, count in counts.items() if count not in (None, found)]
    if other:
        raise InputError(
            f"'{shown}' layer {layer}: {found} rows were read, {', '.join(other)}: a part of it is"
            " of another state; export the layer again"
        )


def _hold_mapinfo_table(
    table: Table,
    path: Path,
    shown: Path,
) -> None:
    rows = beside(path, ".dat") or beside(path, ".dbf")
    if rows is None:
        return
    count, deleted = dbf_rows(rows)
    rest = "a part of an older export hides the others; export the table again, all its parts"
    index = beside(path, ".id")
    # the driver reads as many as the shorter of both has, and says nothing
    if index is not None and (objects := tab_objects(index)) != count:
        raise InputError(f"'{shown}' has {count} rows, its .id {objects} objects: {rest}")
    if len(table.shapes) + deleted != count:
        raise InputError(f"'{shown}' has {count} rows, {len(table.shapes)} were read: {rest}")
    _note_deleted(table, deleted, rows.name)


def _hold_mif(
    found: int,
    path: Path,
    shown: Path,
) -> None:
    try:
        objects = mif_objects(path)
    except InputError as error:
        raise InputError(f"'{shown}': {error}") from error
    rows = beside(path, ".mid")
    counts = {"it holds": objects, "its .mid has": None if rows is None else mid_rows(rows)}
    if rows is not None and rows.stat().st_size == 0:  # a table without columns
        counts["its .mid has"] = None
    other = [f"{words} {count}" for words, count in counts.items() if count not in (None, found)]
    if other:
        raise InputError(
            f"'{shown}': {found} objects were read, {', '.join(other)}: it is cut short, or its"
            " parts are of different exports; export it again, .mif and .mid at once"
        )


def beside(path: Path, suffix: str) -> Path | None:
    """Return the part of a file that stands beside it under another suffix, whatever its letters'
    case; None without one.
    """
    for name in (suffix, suffix.upper(), suffix.capitalize()):
        # three spellings are met: .shx, .SHX and .Shx
        if (part := path.with_suffix(name)).is_file():
            return part
    return None


def _note_deleted(
    table: Table,
    deleted: int,
    place: str,
) -> None:
    if deleted:
        table.left_out.append(
            LeftOut(
                "annotation",
                "row",
                f"in {place}",
                "marked as deleted by its program, not read",
                deleted,
            )
        )


@contextmanager
def _mapped(path: Path) -> Iterator[Any]:
    with path.open("rb") as file:
        if not path.stat().st_size:
            yield b""
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            yield content


def _hold_shapefile(
    table: Table,
    path: Path,
    shown: Path,
) -> None:
    _refuse_twins(path, shown)
    # by walking through it: the index beside it may be of another export
    held = shp_records(path)
    rest = (
        "an index or table of an older export hides the others; export the shapefile again, all its"
        " parts at once"
    )
    index = beside(path, ".shx")
    stated = None if index is None else (index.stat().st_size - _HEADER) // 8
    if stated is not None and stated != held:
        raise InputError(f"'{shown}' has {held} records, its .shx {stated}: {rest}")
    rows = beside(path, ".dbf")
    deleted = 0
    if rows is not None:
        count, deleted = dbf_rows(rows)
        if count != held:
            raise InputError(f"'{shown}' has {held} records, its .dbf {count} rows: {rest}")
        _note_deleted(table, deleted, rows.name)
    if len(table.shapes) + deleted != held:
        raise InputError(
            f"'{shown}' has {held} records, {len(table.shapes)} could be read; export it again"
        )


def _refuse_twins(path: Path, shown: Path) -> None:
    """Refuse a part that stands there twice, its suffix in other letters: one of them is read, and
    nobody knows which was meant.
    """
    for suffix in (".shx", ".dbf", ".prj"):
        parts = [path.with_suffix(name) for name in (suffix, suffix.upper(), suffix.capitalize())]
        first, *others = [part for part in parts if part.is_file()] or [path]
        for other in others:
            if not first.samefile(other) and not filecmp.cmp(first, other, shallow=False):
                raise InputError(
                    f"'{shown}' has {first.name} and {other.name}, which differ; remove the one"
                    " that is not its own"
                )


def shp_records(path: Path) -> int:
    """Count the records of a .shp by walking through it; one that is cut short counts."""
    count = 0
    with _mapped(path) as content:
        end, at = len(content), _HEADER
        while at + 8 <= end:
            (words,) = struct.unpack_from(">i", content, at + 4)
            # a length below nothing would walk backwards for ever
            if words < 0:
                break
            count += 1
            at += 8 + 2 * words
    return count


def dbf_rows(path: Path) -> tuple[int, int]:
    """Return the number of rows of a .dbf, and how many of them are marked as deleted."""
    with _mapped(path) as content:
        if len(content) < 32:
            return 0, 0
        stated, header, length = struct.unpack_from("<IHH", content, 4)
        if length < 1:
            return int(stated), 0
        # a table that is cut short states more rows than it has
        there = max(0, (len(content) - header) // length)
        marks = np.frombuffer(content, dtype=np.uint8)[header::length][: min(stated, there)]
        deleted = int((marks == _DELETED).sum())
        del marks
    return int(stated), deleted


def _hold_database(
    found: int,
    path: Path,
    layer: str,
    shown: Path,
) -> None:
    try:
        database = sqlite3.connect(database_address(path), uri=True)
        try:
            # counted anew: the number that the file keeps of itself goes stale
            (held,) = database.execute(f'SELECT COUNT(*) FROM "{_quoted(layer)}"').fetchone()
        finally:
            database.close()
    except sqlite3.Error:  # a view that needs the driver's own functions
        return
    if held != found:
        raise InputError(
            f"'{shown}' layer {layer} holds {held} rows, {found} were read: the number of features"
            " that it states (gpkg_ogr_contents) is stale; save it again"
        )


_GEOMETRY_COLUMNS = ("BLOB", "GEOMETRY", "POINT", "LINESTRING", "POLYGON", "CURVE", "SURFACE")
_LOOKED_AT = 1000


def unlisted_tables(path: Path, layers: Collection[str]) -> list[LeftOut]:
    """Name the tables of a GeoPackage that hold geometries and that its list of contents leaves
    out: its driver does not see them.

    Parameters
    ----------
    layers
        The layers that the driver sees.
    """
    if path.suffix.lower() != ".gpkg":
        return []
    try:
        database = sqlite3.connect(database_address(path), uri=True)
        try:
            unseen = [name for name in _tables_with_geometry(database) if name not in layers]
            counts = [_rows_of(database, name) for name in unseen]
        finally:
            database.close()
    except sqlite3.Error:  # its driver will say what is wrong with it
        return []
    why = "holds geometries, and gpkg_contents does not list it; register it, or export it anew"
    return [
        LeftOut("geometry", "table", name, why, count)
        for name, count in zip(unseen, counts, strict=True)
    ]


def _tables_with_geometry(database: sqlite3.Connection) -> Iterator[str]:
    names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    for (name,) in names.fetchall():
        for column, kind in database.execute(
            "SELECT name, upper(type) FROM pragma_table_info(?)", (name,)
        ).fetchall():
            # a blob of anything else: pictures, styles, settings
            if not kind.removeprefix("MULTI").startswith(_GEOMETRY_COLUMNS):
                continue
            value = f'"{_quoted(column)}"'
            # GP is how a geometry of a GeoPackage begins
            some = f'SELECT {value} FROM "{_quoted(name)}" LIMIT {_LOOKED_AT}'
            found = database.execute(
                f"SELECT 1 FROM ({some}) WHERE typeof({value}) = 'blob' AND substr({value}, 1, 2) ="
                " X'4750' LIMIT 1"
            ).fetchone()
            if found:
                yield str(name)
                break


def _rows_of(database: sqlite3.Connection, name: str) -> int:
    return int(database.execute(f'SELECT COUNT(*) FROM "{_quoted(name)}"').fetchone()[0])


def _quoted(name: str) -> str:
    return name.replace('"', '""')


def _hold_flatgeobuf(
    found: int,
    path: Path,
    shown: Path,
) -> None:
    stated, held = fgb_features(path)
    if held is not None and held != found:
        raise InputError(
            f"'{shown}' holds {held} features, {found} were read (its header says {stated}); save"
            " it again"
        )


def fgb_features(path: Path) -> tuple[int, int | None]:
    """Return how many features the header of a FlatGeobuf states (0: it does not say), and how many
    follow; None when cut.
    """
    with _mapped(path) as content:
        try:
            (size,) = struct.unpack_from("<I", content, 8)
            stated = _field(content, 12, _COUNT_FIELD, "<Q", 0)
            node = _field(content, 12, _NODE_FIELD, "<H", 16)
            at = 12 + size + _index_bytes(stated, node)
            held = 0
            while at + 4 <= len(content):
                (length,) = struct.unpack_from("<I", content, at)
                at += 4 + length
                held += 1
        except struct.error:
            return 0, None
        return stated, held if at == len(content) else None


def _field(
    content: bytes,
    start: int,
    number: int,
    form: str,
    default: int,
) -> int:
    """Read a number of the table at the root of a flatbuffer."""
    root = start + struct.unpack_from("<I", content, start)[0]
    table = root - struct.unpack_from("<i", content, root)[0]
    (length,) = struct.unpack_from("<H", content, table)
    place = 4 + 2 * number
    offset = struct.unpack_from("<H", content, table + place)[0] if place < length else 0
    return int(struct.unpack_from(form, content, root + offset)[0]) if offset else default


def _index_bytes(count: int, node: int) -> int:
    """Return the size of the packed tree of a FlatGeobuf with so many features; 0 where it has
    none.
    """
    # written without an index, or by a program that counts no features beforehand
    if node < 2 or not count:
        return 0
    nodes, level = count, count
    while True:  # at least one node stands above the features
        level = -(-level // node)
        nodes += level
        if level == 1:
            return nodes * _NODE_BYTES
