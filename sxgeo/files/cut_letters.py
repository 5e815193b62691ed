"""A shapefile whose texts were cut in the middle of a letter by the width of their field -> one
that can be read.
"""

from __future__ import annotations

import codecs
import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager
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
    table = next((p for s in (".dbf", ".DBF") if (p := path.with_suffix(s)).is_file()), None)
    content = None if table is None else mended_table(table.read_bytes(), encoding)
    if table is None or content is None:
        yield path
        return
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


def mended_table(content: bytes, encoding: str) -> bytes | None:
    """Return a .dbf whose headings and values lose the part of a letter that they end with; None
    where none of them does, or the table is damaged.
    """
    if len(content) < _HEAD:
        return None
    rows, head, width = struct.unpack("<IHH", content[4:12])
    mended = bytearray(content)
    at, start, found = _HEAD, 1, False
    while at + _FIELD <= min(head, len(content)) and content[at] != _END:
        name = content[at : at + _NAME].split(b"\0")[0]
        lost = _lost(name, encoding)
        mended[at + len(name) - lost : at + len(name)] = bytes(lost)
        found |= lost > 0

        kind, size = content[at + 11 : at + 12], content[at + 16]
        if kind == b"C" and size and width:
            found |= _mend_values(mended, encoding, (rows, head, width), (start, size))
        start += size
        at += _FIELD
    return bytes(mended) if found else None


def _mend_values(
    mended: bytearray,
    encoding: str,
    shape: tuple[int, int, int],
    field: tuple[int, int],
) -> bool:
    """Blank the parts of letters at the end of one field, in place; say whether there were any."""
    (rows, head, width), (start, size) = shape, field
    held = min(rows, (len(mended) - head) // width)
    table = np.frombuffer(mended, np.uint8, held * width, head).reshape(held, width)
    values = table[:, start : start + size]
    beyond = np.flatnonzero((values > 0x7F).any(axis=1)).tolist()
    del table, values
    found = False
    for row in beyond:
        begin = head + row * width + start
        text = bytes(mended[begin : begin + size]).rstrip(b" \0")
        lost = _lost(text, encoding)
        mended[begin + len(text) - lost : begin + len(text)] = b" " * lost
        found |= lost > 0
    return found


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
