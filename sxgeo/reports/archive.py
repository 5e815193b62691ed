"""Same input, same bytes: rewrite an Office archive without its clock; load the libraries that
write one.
"""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

from ..errors import InputError, UsageError
from ..files.libraries import library as optional_library

_DAWN = (1980, 1, 1, 0, 0, 0)
_AT_ONCE = 256
_STAMP = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:)")


def library(name: str) -> Any:
    """Import a library of the `office` extra.

    Raises
    ------
    UsageError
        If it is not installed.
    """
    need = f"this format needs {name.partition('.')[0]}, which is not installed"
    return optional_library(name, need, UsageError, extra="office")


@contextmanager
def spooled() -> Iterator[None]:
    """Work on a workbook: openpyxl keeps the rows of a sheet in the folder for temporary files.

    Raises
    ------
    InputError
        If that folder is full or cannot be written, in whatever words openpyxl and lxml say it.
    """
    try:
        yield
    except Exception as error:
        # lxml tells of a full disk by an error of its own
        of_lxml = type(error).__module__.partition(".")[0] == "lxml"
        if not isinstance(error, OSError) and not of_lxml:
            raise
        raise InputError(
            f"the workbook cannot be put together in '{tempfile.gettempdir()}' ({error}); make room"
            " there, or let TMPDIR name another folder"
        ) from error


def without_clock(
    archive: bytes,
    date: str,
    parts: Mapping[str, Callable[[bytes], Iterator[bytes]]] | None = None,
) -> bytes:
    """Return the archive with every time in it set to midnight of `date` (ISO), or to 1980 for the
    entries.

    Parameters
    ----------
    parts
        By the name of an entry what is written in its place, piece by piece, made from what it
        holds.
    """
    given = parts or {}
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            if name in given:
                _write_pieces(new, name, given[name](content))
            else:
                new.writestr(_timeless(name), _at_midnight(name, content, date))
    return target.getvalue()


def _at_midnight(
    name: str,
    content: bytes,
    date: str,
) -> bytes:
    """Set the day in the properties of a document; every other file of it is left as it is."""
    if name != "docProps/core.xml":
        return content
    return _STAMP.sub(rb"\g<1>" + f"{date}T00:00:00Z".encode() + rb"\g<3>", content)


def _timeless(name: str) -> zipfile.ZipInfo:
    """Return the entry of a file in an archive, as if it had been written at the dawn of zip."""
    entry = zipfile.ZipInfo(name, _DAWN)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 0
    return entry


def _write_pieces(
    archive: zipfile.ZipFile,
    name: str,
    pieces: Iterator[bytes],
) -> None:
    """Write a file of an archive as its pieces come, some at a time."""
    with archive.open(_timeless(name), "w") as file:
        while some := b"".join(islice(pieces, _AT_ONCE)):
            file.write(some)
