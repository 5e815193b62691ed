"""How many rows a File Geodatabase holds by its own bytes: the count at the head of a table, and
the places of rows in its index.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyogrio

_CATALOG = "GDB_SystemCatalog"
_VERSION = 3
"""Of tables with row numbers of 32 bits; those of 64 bits are held to their driver's count alone.
"""
_HEAD = 16
_ROWS_A_BLOCK = 1024


def table_of(path: Path, layer: str) -> Path | None:
    """Return the file of the table behind a layer; None where the catalogue does not name it.

    Parameters
    ----------
    path
        The folder of the geodatabase, its doors closed.
    """
    meta, fids, _, values = pyogrio.raw.read(
        path,
        layer=_CATALOG,
        read_geometry=False,
        return_fids=True,
        LIST_ALL_TABLES="YES",
    )
    # the number of a layer in the catalogue, in hexadecimal, is the name of its file
    names = values[[str(field) for field in meta["fields"]].index("Name")]
    for fid, name in zip(fids, names, strict=True):
        if name == layer:
            table = path / f"a{int(fid):08x}.gdbtable"
            return table if table.is_file() else None
    return None


def stated_rows(table: Path) -> int | None:
    """Return how many rows the head of a table states; None for a table of another kind."""
    with table.open("rb") as file:
        head = file.read(_HEAD)
    if len(head) < _HEAD:
        return None
    version, rows = struct.unpack_from("<2i", head)
    return int(rows) if version == _VERSION else None


def indexed_rows(table: Path) -> int | None:
    """Count the rows that the index of a table has a place for; None without an index that can be
    told.
    """

    # No index, no count: nobody can tell then whether rows are missing.
    index = table.with_suffix(".gdbtablx")
    if not index.is_file():
        return None
    with index.open("rb") as file:
        head = file.read(_HEAD)
        return None if len(head) < _HEAD else _rows_in_blocks(file, head)


def _rows_in_blocks(file: BinaryIO, head: bytes) -> int | None:
    """Count the rows in the blocks behind the head of an index; None where one of them is cut."""
    # Other versions write other blocks; they are not guessed at.
    version, blocks, _, width = struct.unpack("<4i", head)
    if version != _VERSION or width not in (4, 5, 6) or blocks < 0:
        return None
    size = _ROWS_A_BLOCK * width
    rows = 0
    for _ in range(blocks):
        places = np.frombuffer(file.read(size), dtype=np.uint8)
        if len(places) != size:
            return None
        # a row without a place in the file was deleted
        rows += int(places.reshape(-1, width).any(axis=1).sum())
    return rows
