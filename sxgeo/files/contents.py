"""What a user's small file holds: TOML and JSON read whole, in bounds; and the fingerprint of a
data set on disk.
"""

from __future__ import annotations

import hashlib
import json
import re
import stat
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ..errors import InputError

MAX_TEXT_BYTES = 20_000_000
"""Largest workspace or override file: a list of layers, not a data set."""
_MOST_PARTS = 200
"""Parts of a key with dots: a table in a table has a few."""
MAX_REPORT_BYTES = 2_000_000_000
_SIDECARS = {
    ".shp": (".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".qix"),
    ".tab": (".dat", ".map", ".id", ".ind"),
    ".mif": (".mid",),
    ".gpkg": (".gpkg-wal",),
    ".gml": (".gfs", ".xsd"),
}
"""Files beside the named one that the drivers read with it."""
_ANSWER = re.compile(rb'"schema"\s*:\s*"sxgeo\.check/')
_CHUNK = 1 << 22
_LINE = 200


def regular_file(path: str | Path, what: str) -> Path:
    """Return the path of an ordinary file.

    Parameters
    ----------
    what
        What the file is, for the message, e.g. ``"workspace file"``.

    Raises
    ------
    InputError
        If it is missing, a folder, a pipe or a device: reading those would hang or never end.
    """
    file = Path(path)
    try:
        mode = file.stat().st_mode
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        reason = (
            "does not exist and cannot be read" if missing else f"cannot be read: {error.strerror}"
        )
        raise InputError(f"{what} '{file}' {reason}") from error
    except ValueError as error:  # a null byte in the name
        raise InputError(f"{what} {str(file)!r} is no name of a file") from error

    # a pipe or a device has no end, and would be read for ever
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "a pipe or a device, no file"
        raise InputError(f"{what} '{file}' is {kind}; name the file itself")
    return file


@dataclass(frozen=True, slots=True)
class Toml:
    """A TOML file, read once.

    Attributes
    ----------
    sha256
        Of the very bytes that were parsed.
    remark
        What was assumed of its encoding; None when nothing was.
    """

    parsed: dict[str, Any]
    sha256: str
    remark: str | None = None


def read_toml(path: str | Path, what: str) -> tuple[dict[str, Any], str]:
    """Read a TOML file once: its tables, and the hash of its bytes; errors as
    :func:`parse_toml`.
    """
    read = parse_toml(path, what)
    return read.parsed, read.sha256


def parse_toml(path: str | Path, what: str) -> Toml:
    """Read a TOML file once, in UTF-8, or in GB18030 as Chinese Windows saves it.

    Raises
    ------
    InputError
        If it is no ordinary file, too large, in another encoding, no TOML, or nested without end.
    """
    content = _content(path, what, MAX_TEXT_BYTES)
    # the hash is of these very bytes: a file that changes meanwhile is another one
    text, remark = _decoded(content, path, what)
    if (number := _endless_key(text)) is not None:  # tomllib takes the square of its parts
        raise InputError(
            f"{what} '{path}' cannot be read: the key in line {number} has more than"
            f" {_MOST_PARTS} parts"
        )
    try:
        parsed = tomllib.loads(text)
    except ValueError as error:  # no TOML, or a number of more digits than Python takes
        hint = _backslash_hint(text) or _bare_key_hint(text)
        raise InputError(f"{what} '{path}' cannot be read: {first_line(error)}{hint}") from error
    except RecursionError as error:
        raise InputError(
            f"{what} '{path}' cannot be read: its values are nested too deep"
        ) from error
    return Toml(parsed, hashlib.sha256(content).hexdigest(), remark)


def _endless_key(text: str) -> int | None:
    """Return the line of a key of very many parts, ``a.b.c...``; None where there is none."""
    for number, line in enumerate(text.splitlines(), start=1):
        # a dot in a value parts nothing, unless the line heads a table
        *keys, value = line.split("=")
        if any(key.count(".") > _MOST_PARTS for key in keys):
            return number
        if line.lstrip().startswith("[") and value.count(".") > _MOST_PARTS and not keys:
            return number
    return None


def _decoded(
    content: bytes,
    path: str | Path,
    what: str,
) -> tuple[str, str | None]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(
            f"{what} '{path}' cannot be read: it is UTF-16 (“Unicode”), no UTF-8; save it as UTF-8"
        )
    try:
        # with or without the mark that Windows puts before UTF-8
        return content.decode("utf-8-sig"), None
    except UnicodeDecodeError:
        pass
    try:
        # what Chinese Windows saves, which is read and told
        text = content.decode("gb18030")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{what} '{path}' cannot be read: it is no UTF-8, nor GBK as Chinese Windows saves it;"
            " save it as UTF-8"
        ) from error
    name = Path(path).name
    return (
        text,
        (
            f"{name}: 不是 UTF-8，按 GB18030 读取 is no UTF-8, read as GB18030; save it as UTF-8 to"
            " be sure"
        ),
    )


def _bare_key_hint(text: str) -> str:
    """Say which key must stand in quotes: TOML knows bare keys of Latin letters only."""
    for number, line in enumerate(text.splitlines(), start=1):
        key = line.partition("=")[0].strip() if "=" in line else ""
        is_bare = bool(key) and not key.startswith(("#", "[", '"', "'"))
        if is_bare and not key.isascii():
            return f'; line {number}: 中文键要加引号 a Chinese key stands in quotes: "{key}" = ...'
    return ""


def _backslash_hint(text: str) -> str:
    """Name the lines whose double quotes hold a backslash: there it is no part of a path."""
    # r"\t" in a path of Windows would be a tab, and the file is not found
    lines = [
        n for n, line in enumerate(text.splitlines(), start=1) if re.search(r'"[^"]*\\[^"]*"', line)
    ]
    if not lines:
        return ""
    where = ", ".join(map(str, lines[:5]))
    return (
        f"; line(s) {where}: a backslash stands in double quotes. Write a Windows path in single"
        " quotes, 'D:\\data\\a.shp', or with /: \"D:/data/a.shp\""
    )


def named_path(folder: Path, text: str) -> Path:
    """Return a file that a workspace in `folder` names; backslashes part folders on every
    system.
    """
    path = folder / text
    return path if "\\" not in text or path.exists() else folder / text.replace("\\", "/")


def path_problem(folder: Path, text: str) -> str | None:
    """Say why a file that a workspace names cannot be found; None when it is there."""
    if any(ord(sign) < 32 for sign in text):
        return (
            f"file {text!r} holds a control character: a backslash in double quotes is no part of a"
            " path. Write it in single quotes, 'D:\\data\\a.shp', or with /"
        )
    # said here with the line that names it, before any driver says it in its own words
    if not named_path(folder, text).exists():
        return f"file '{text}' does not exist beside the workspace file"
    return None


def read_json(path: str | Path, what: str) -> tuple[Any, bytes]:
    """Read a JSON file once.

    Returns
    -------
    parsed, content
        The value, and the very bytes that were parsed.

    Raises
    ------
    InputError
        If it is no ordinary file, too large, no UTF-8, no JSON, or nested without end.
    """
    content = _content(path, what, MAX_REPORT_BYTES)
    try:
        return json.loads(content.decode("utf-8")), content
    except (UnicodeDecodeError, ValueError) as error:
        raise InputError(f"{what} '{path}' cannot be read: {first_line(error)}") from error
    except RecursionError as error:
        raise InputError(
            f"{what} '{path}' cannot be read: its values are nested too deep"
        ) from error


def is_answer(content: bytes) -> bool:
    """Say whether a JSON is an answer of sxgeo, of which a receipt is part."""
    return _ANSWER.search(content) is not None and b'"receipt"' in content


def _content(
    path: str | Path,
    what: str,
    most: int,
) -> bytes:
    file = regular_file(path, what)
    try:
        with file.open("rb") as opened:
            # one byte more than is taken tells a larger file without reading it
            content = opened.read(most + 1)
    except OSError as error:
        raise InputError(f"{what} '{file}' cannot be read: {error.strerror}") from error
    if len(content) > most:
        raise InputError(
            f"{what} '{file}' is larger than {most // 1_000_000} MB; is it the right file?"
        )
    return content


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, cut where it quotes without end; its kind when
    it says nothing.
    """
    lines = str(error).strip().splitlines()
    if not lines:
        return type(error).__name__
    return lines[0] if len(lines[0]) <= _LINE else f"{lines[0][:_LINE]}…"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Hashes of all files of a data set, at one moment.

    Attributes
    ----------
    sha256
        Of the named file; for a folder, of the list of its files and their hashes.
    parts
        Name relative to the data set's folder and hash of every further file: sidecars of a
        shapefile, files of a .gdb.
    """

    sha256: str
    parts: tuple[tuple[str, str], ...] = ()

    def record(self) -> dict[str, Any]:
        """Return it as the receipt keeps it."""
        return {
            "sha256": self.sha256,
            "parts": [{"file": name, "sha256": digest} for name, digest in self.parts],
        }


def fingerprint(path: Path, what: str = "layer file") -> Fingerprint:
    """Hash a data set: the file with its sidecars, or every file of a .gdb folder.

    Raises
    ------
    InputError
        If it does not exist, is a pipe or a device, or a part of it cannot be read.
    """
    # a folder has no bytes of its own
    if path.is_dir():
        parts = tuple(
            (part.relative_to(path).as_posix(), _hashed(part, what))
            for part in _folder_files(path, what)
        )

        # a folder is known by all of its files, names among them
        listing = "".join(f"{digest}  {name}\n" for name, digest in parts)
        return Fingerprint(hashlib.sha256(listing.encode()).hexdigest(), parts)
    regular_file(path, what)
    beside = tuple((part.name, _hashed(part, what)) for part in sidecars(path))
    return Fingerprint(_hashed(path, what), beside)


@contextmanager
def unchanged(path: Path, what: str) -> Iterator[None]:
    """Read a data set: what was read and what was hashed must be the same file.

    Size, time and place on the disk are compared, of every part of it.

    Raises
    ------
    InputError
        If it was changed, replaced or removed meanwhile.
    """
    before = _stamps(path)
    # by stamps alone: hashing twice would take as long as the reading
    yield
    if _stamps(path) != before:
        raise InputError(f"{what} '{path}' changed while it was read; run the command again")


def _stamps(path: Path) -> list[tuple[object, ...]]:
    try:
        parts = sorted(path.rglob("*")) if path.is_dir() else [path, *sidecars(path)]
        stats = [(part, part.stat()) for part in parts]
    except OSError:
        return []
    return [(p.name, s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns) for p, s in stats]


def sidecars(path: Path) -> list[Path]:
    """Return the files beside a data set that belong to it, by name; in upper or lower case, as
    they stand.
    """
    # in any case of letters: a disk that knows the difference holds A.DBF beside a.shp
    wanted = {f"{path.stem}{suffix}".lower() for suffix in _SIDECARS.get(path.suffix.lower(), ())}
    if not wanted:
        return []
    try:
        beside = sorted(path.parent.iterdir())
    except OSError:
        return []
    return [part for part in beside if part.name.lower() in wanted and part.is_file()]


def receipt_name(text: str) -> str:
    """Return how a receipt names a file: as a workspace wrote it where that stays in its folder,
    else by its name alone.
    """
    path = PurePosixPath(text.replace("\\", "/"))
    # whoever gets the receipt need not know the folders of who made it
    outside = path.is_absolute() or ".." in path.parts or ":" in text
    return path.name if outside else path.as_posix()


def find_again(row: Mapping[str, Any], folders: Iterable[Path]) -> Path | None:
    """Find what a receipt names, with the very content that it had.

    Parameters
    ----------
    row
        With `file`, `sha256` and, since receipts know of them, `parts`.
    folders
        Where it may lie: under the path that the receipt writes, or by its name alone.

    Returns
    -------
    Path or None
        The first that has the same hashes.
    """
    name = receipt_name(str(row["file"]))
    for folder in folders:
        for path in dict.fromkeys((folder / name, folder / Path(name).name)):
            try:
                known = fingerprint(path).record()
            except InputError:
                continue

            # by content: a file of that name may be another one today
            if all(known[key] == row[key] for key in known if key in row):
                return path
    return None


def _folder_files(path: Path, what: str) -> list[Path]:
    """Return the files of a data set that is a folder, by name; a .gdb is flat, and nothing below
    it is looked at.
    """
    try:
        parts = sorted(part for part in path.iterdir() if part.is_file())
    except OSError as error:
        raise InputError(f"{what} '{path}' cannot be read: {error.strerror}") from error
    # a folder of anything else may hold a whole disk
    known = {part.suffix.lower() for part in parts}
    if path.suffix.lower() != ".gdb" and not known & {".gdbtable", ".shp"}:
        raise InputError(
            f"{what} '{path}' is a folder, no .gdb and without shapefiles; name the file itself"
        )
    # a .gdb that is open elsewhere holds locks
    return [part for part in parts if part.suffix.lower() != ".lock"]


def _hashed(path: Path, what: str) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise InputError(f"{what} '{path}' cannot be read: {error.strerror}") from error
    return digest.hexdigest()
