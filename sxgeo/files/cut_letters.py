"""A shapefile whose texts were cut in the middle of a letter by the width of their field -> one
that can be read.
"""

from __future__ import annotations

import codecs
import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

_HEAD, _FIELD, _NAME = 32, 32, 11
_END = 0x0D


@contextmanager
def whole_letters(path: Path, encoding: str) -> Iterator[Path]:
    """Yield a shapefile whose texts end with a whole letter: the given one where all of them do.

    Parameters
    ----------
    path
        The .shp; it and its parts stay as they are.
    encoding
        Of its text.

    Yields
    ------
    Path
        The same shapefile, or one under the same name with a table of its own.
    """
    beside = (path.with_suffix(suffix) for suffix in (".dbf", ".DBF"))
    table = next(filter(Path.is_file, beside), None)
    content = None if table is None else mended_table(table.read_bytes(), encoding)
    if table is None or content is None:
        yield path
        return
    # the other parts stand beside it by links: a large shapefile is not copied
    with TemporaryDirectory(prefix="sxgeo-") as folder:
        for part in path.parent.glob(f"{_plain(path.stem)}.*"):
            if part != table and part.is_file():
                _put(part, Path(folder) / part.name)
        (Path(folder) / table.name).write_bytes(content)
        yield Path(folder) / path.name


def _plain(stem: str) -> str:
    """Return a pattern that matches nothing but these letters."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in stem)


def _put(part: Path, place: Path) -> None:
    """Let a file stand in another place too, by a link where there can be one."""
    try:
        place.symlink_to(part.absolute())
    except OSError:
        shutil.copyfile(part, place)


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of a .dbf: where its heading stands, its kind, and which bytes of a row are its."""

    at: int
    name: bytes
    kind: bytes
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the head of a .dbf says: how many rows, where they begin, and how wide each is."""

    rows: int
    head: int
    width: int


def _fields(content: bytes, head: int) -> Iterator[_Field]:
    at, start = _HEAD, 1
    while at + _FIELD <= min(head, len(content)) and content[at] != _END:
        name = content[at : at + _NAME].split(b"\0")[0]
        size = content[at + 16]
        yield _Field(at, name, content[at + 11 : at + 12], start, size)
        start += size
        at += _FIELD


def mended_table(content: bytes, encoding: str) -> bytes | None:
    """Return a .dbf whose headings and values lose the part of a letter that they end with; None
    where none of them does, or the table is damaged.
    """
    if len(content) < _HEAD:
        return None
    shape = _Shape(*struct.unpack("<IHH", content[4:12]))
    mended = bytearray(content)
    found = False
    for column in _fields(content, shape.head):
        lost = _lost(column.name, encoding)
        end = column.at + len(column.name)
        mended[end - lost : end] = bytes(lost)
        found |= lost > 0
        # numbers and dates hold no letters
        if column.kind == b"C" and column.size and shape.width:
            found |= _mend_values(mended, encoding, shape, column)
    return bytes(mended) if found else None


def _mend_values(
    mended: bytearray,
    encoding: str,
    shape: _Shape,
    column: _Field,
) -> bool:
    """Blank the parts of letters at the end of one field, in place; say whether there were any."""
    found = False
    for row in _rows_beyond_ascii(mended, shape, column):
        begin = shape.head + row * shape.width + column.start
        text = bytes(mended[begin : begin + column.size]).rstrip(b" \0")
        lost = _lost(text, encoding)
        end = begin + len(text)
        mended[end - lost : end] = b" " * lost
        found |= lost > 0
    return found


def _rows_beyond_ascii(
    mended: bytearray,
    shape: _Shape,
    column: _Field,
) -> list[int]:
    """Return the rows whose value may be cut: one of ASCII alone has no letter of several bytes."""
    # a table that was cut short holds fewer rows than it states
    held = min(
        shape.rows,
        (len(mended) - shape.head) // shape.width,
    )
    flat = np.frombuffer(mended, np.uint8, held * shape.width, shape.head)
    values = flat.reshape(held, shape.width)[:, column.start : column.start + column.size]
    rows: list[int] = np.flatnonzero((values > 0x7F).any(axis=1)).tolist()
    return rows


def _lost(text: bytes, encoding: str) -> int:
    """Count the bytes at the end of a text that begin a letter and do not finish it; none where the
    text is in another encoding.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        decoder.decode(text, final=False)
    except UnicodeDecodeError:
        return 0
    return len(decoder.getstate()[0])
