"""Files written whole or not at all."""

from __future__ import annotations

import csv
import io
import os
import secrets
import shutil
import stat
import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ..errors import InputError, listed, wrong_type
from .contents import sidecars

if TYPE_CHECKING:
    import sqlite3

    import geopandas as gpd

DRAFTS = ".sxgeo-drafts"
"""Name of the folder beside a target in which it is written; the next run clears what a killed one
left there.
"""
_DEVICE_NAMES = {
    "con",
    "prn",
    "aux",
    "nul",
    *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10)),
}


def path_of(path: str | os.PathLike[str]) -> Path:
    """Return a path as a Path.

    Raises
    ------
    UsageError
        If it is none.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise wrong_type("the path", path, "the name of a file; the thing to write comes first")
    return Path(path)


def moved(now: str) -> None:
    """Warn that arguments came in the order of version 0.1, which goes with version 0.3."""
    warnings.warn(
        f"the thing comes first and the path last: {now}; the old order goes with version 0.3",
        FutureWarning,
        stacklevel=3,
    )


def write_bytes(content: bytes, path: str | Path) -> Path:
    """Write a file, whole or not at all; missing folders are made.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If it cannot be written, or the path is a link, a folder or a device.
    """
    return _write((content,), Path(path))


def write_text(text: str, path: str | Path) -> Path:
    """Write UTF-8 text; else as :func:`write_bytes`."""
    return write_lines((text,), path)


def write_lines(lines: Iterable[str], path: str | Path) -> Path:
    """Write lines as they come, as UTF-8; else as :func:`write_bytes`."""
    return _write((line.encode("utf-8") for line in lines), Path(path))


def csv_line(values: Iterable[object]) -> str:
    """Return one line of a CSV file; None is empty.

    A text that a spreadsheet would take for a formula gets an apostrophe before it, and what would
    begin a new row or cell inside a text (a bare carriage return, a tab, another separator of
    lines) becomes a space.
    """
    # by the csv module: quotes and commas inside texts are its matter
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(
        [_plain("" if v is None else str(v)) for v in values]
    )
    return line.getvalue()


def _plain(text: str) -> str:
    # what can be printed holds no break
    flat = text if text.isprintable() else _unbroken(text)
    return f"'{flat}" if flat.lstrip()[:1] in _FORMULA and flat.strip() else flat


def _unbroken(text: str) -> str:
    return "".join(" " if unicodedata.category(c) in _BREAKS else c for c in text)


_BREAKS = ("Cc", "Zl", "Zp")
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "|", "%")


def write_gpkg(layers: Mapping[str, gpd.GeoDataFrame], path: str | Path) -> Path:
    """Write frames as layers of a GeoPackage; same frames, same bytes; else as
    :func:`write_bytes`.
    """
    with draft(path) as unfinished, without_clock():
        try:
            for layer, frame in layers.items():
                without_rings(frame).to_file(
                    unfinished,
                    layer=layer,
                    driver="GPKG",
                    engine="pyogrio",
                )
        except RuntimeError as error:  # a full disk, in the words of SQLite
            raise _unwritten(Path(path), str(error)) from error
        refuse_partial(unfinished, Path(path), {name: len(f) for name, f in layers.items()})
    return Path(path)


def refuse_partial(
    written: Path,
    target: Path,
    rows: Mapping[str, int],
) -> None:
    """Refuse a GeoPackage that did not come out whole: GDAL does not tell of a disk that is full
    only when the file is closed.

    Parameters
    ----------
    rows
        How many rows each of its layers must have.

    Raises
    ------
    InputError
        If it cannot be read, or lacks a row or the index of a layer.
    """
    import sqlite3  # most runs write no GeoPackage, and start without this

    try:
        with closing(sqlite3.connect(written)) as file:
            sound = file.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
            held = {
                name: file.execute(f'SELECT count(*) FROM "{_quoted(name)}"').fetchone()[0]
                for name in rows
            }
            indexed = _is_indexed(file)
    except sqlite3.Error as error:
        raise _unwritten(target, str(error)) from error
    if not sound or not indexed or held != dict(rows):
        raise _unwritten(target, "it did not come out whole: is the disk full?")


def _is_indexed(file: sqlite3.Connection) -> bool:
    """Say whether each layer of a GeoPackage has its spatial index, which is written last."""
    tables = {name for (name,) in file.execute("SELECT name FROM sqlite_master")}
    drawn = file.execute("SELECT table_name, column_name FROM gpkg_geometry_columns")
    return all(f"rtree_{layer}_{column}" in tables for layer, column in drawn)


def _quoted(name: str) -> str:
    return name.replace('"', '""')


@contextmanager
def without_clock() -> Iterator[None]:
    """Let GDAL write one fixed day into what it writes meanwhile: same input, same bytes."""
    import pyogrio  # lists and texts are written without GDAL

    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def without_rings(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a frame whose linear rings are line strings: the drivers know no such type and end the
    process.
    """
    import shapely  # lists and texts are written without GEOS

    shapes = frame.geometry.to_numpy()
    rings = shapely.get_type_id(shapes) == shapely.GeometryType.LINEARRING
    if not rings.any():
        return frame
    plain = shapes.copy()
    plain[rings] = [shapely.LineString(ring.coords) for ring in shapes[rings]]
    return frame.set_geometry(plain, crs=frame.crs)


def _write(chunks: Iterable[bytes], target: Path) -> Path:
    with draft(target) as unfinished:
        file = _opened(unfinished, target)
        try:
            # what the chunks raise is theirs; only the writing of one is a fault of the target
            for chunk in chunks:
                _put(file, chunk, target)
        finally:
            _close(file, target)
    return target


def _opened(unfinished: Path, target: Path) -> BinaryIO:
    try:
        return unfinished.open("wb")
    except OSError as error:
        raise _unwritten(target, error) from error


def _put(
    file: BinaryIO,
    chunk: bytes,
    target: Path,
) -> None:
    try:
        file.write(chunk)
    except OSError as error:
        raise _unwritten(target, error) from error


def _close(file: BinaryIO, target: Path) -> None:
    try:
        file.close()
    except OSError as error:
        raise _unwritten(target, error) from error


@contextmanager
def draft(path: str | Path, *, parents: bool = True) -> Iterator[Path]:
    """Give a file to write; it takes the place of `path` when the block ends well, and is gone when
    it does not.

    Parameters
    ----------
    path
        The target. The draft has its suffix and a short name, so that the target's name may be as
        long as the file system allows.
    parents
        Make the target's folder where it is missing; else that is an error.

    Yields
    ------
    Path
        A file that does not exist yet, in the folder `DRAFTS` beside the target.

    Raises
    ------
    InputError
        If the target is a link, a folder, a pipe or a device, or cannot be written.
    """
    target = Path(path)
    refuse_odd(target)
    folder, lock, name = _room(target, parents=parents)

    # with the suffix of the target, by which drivers know what to write
    unfinished = folder / f"{name}{target.suffix if len(target.suffix) < 20 else ''}"
    try:
        yield unfinished
        refuse_odd(target)  # it may have become a link meanwhile
        try:
            unfinished.replace(target)
        except OSError as error:
            raise _unwritten(target, error) from error
    finally:
        _cleared(folder, name)
        _unlocked(lock, folder / f"{name}.lock")
        with suppress(OSError):  # another run may be writing beside
            folder.rmdir()


def _room(target: Path, *, parents: bool) -> tuple[Path, BinaryIO, str]:
    """Make the folder of drafts, clear what killed runs left in it, and lock a name of our own."""
    folder = target.parent / DRAFTS
    try:
        folder.mkdir(parents=parents, exist_ok=True)
        if folder.is_symlink():
            raise InputError(
                f"'{folder}' is a link; remove it, drafts of '{target.name}' are written there"
            )
        for left in sorted(folder.glob("*.lock")):
            _clear_left(folder, left)
        return folder, *_own_lock(folder)
    except OSError as error:
        with suppress(OSError):  # made for nothing, unless another run writes in it
            folder.rmdir()
        raise _unwritten(target, error) from error


def _own_lock(folder: Path) -> tuple[BinaryIO, str]:
    """Lock a name by chance. A run that clears may have taken the lock before we did: then the name
    is gone, and another is tried.
    """
    while True:
        name = secrets.token_hex(6)
        path = folder / f"{name}.lock"
        folder.mkdir(exist_ok=True)  # a run that ended meanwhile may have removed it
        lock = path.open("xb")
        if _locked(lock) and path.exists():
            return lock, name
        lock.close()


def _clear_left(folder: Path, left: Path) -> None:
    """Remove the draft of a run that is no more: nobody holds its lock."""
    with suppress(OSError):
        if os.name == "nt":
            left.unlink()  # fails while the file is open in a run
            _cleared(folder, left.stem)
            return
        with left.open("rb+") as lock:
            if _locked(lock):
                _cleared(folder, left.stem)
                left.unlink()


def _locked(file: BinaryIO) -> bool:
    """Lock an open file; False when another process holds it.

    On Windows to hold it open is to lock it.
    """
    try:
        import fcntl  # not on Windows
    except ImportError:
        return True
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _unlocked(lock: BinaryIO, path: Path) -> None:
    lock.close()
    path.unlink(missing_ok=True)


def _cleared(folder: Path, name: str) -> None:
    for part in folder.glob(f"{name}*"):
        if part.suffix == ".lock":
            continue
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            with suppress(OSError):
                part.unlink()


def refuse_odd(target: Path) -> None:
    """Refuse a target that is not a file, or not a new one.

    Raises
    ------
    InputError
        If it is a link, a folder, a pipe or a device.
    """
    # Windows takes CON.txt for the console, in any folder
    if os.name == "nt" and target.name.split(".")[0].rstrip(" ").lower() in _DEVICE_NAMES:
        raise InputError(f"'{target}' is the name of a device; give another file name")
    try:
        mode = target.lstat().st_mode
    except FileNotFoundError:
        if target.name in ("", ".", ".."):
            raise InputError(f"'{target}' is a folder; name a file in it") from None
        return
    except (OSError, ValueError) as error:
        raise _unwritten(target, error) from error
    # a link would lead the writing to a file that nobody named
    if stat.S_ISLNK(mode):
        raise InputError(
            f"'{target}' is a symbolic link; nothing is written through it: name the file itself"
        )
    if stat.S_ISDIR(mode):
        raise InputError(f"'{target}' is a folder; name a file in it")
    if not stat.S_ISREG(mode):
        raise InputError(f"'{target}' is a pipe or a device; nothing is written there: name a file")


def refuse_inputs(target: str | Path | None, inputs: Iterable[tuple[str, str | Path]]) -> None:
    """Refuse an output that is an input, before any work is done.

    Parameters
    ----------
    target
        Where the answer will be written; None writes to standard output.
    inputs
        What each is, e.g. ``"site file"``, and its path; a shapefile stands for its sidecars too, a
        .gdb for all in it.

    Raises
    ------
    InputError
        If the target is one of them, under whatever name; or a link, a folder, a pipe or a device.
    """
    if target is None:
        return
    # before hours of work, not after them
    output = Path(target)
    refuse_odd(output)
    found = [
        f"it is the {what} '{path}'"
        for what, path in dict.fromkeys(inputs)
        if _is_part(output, Path(path))
    ]
    if found:
        raise InputError(
            listed(f"'{output}' would be written over, give another name with -o:", found)
        )


def _is_part(output: Path, source: Path) -> bool:
    """Tell whether writing the output would change the source."""
    try:
        # the file itself need not exist yet, its folder may be a link
        place = output.parent.resolve() / output.name
        if source.is_dir():
            return place.is_relative_to(source.resolve()) and source.suffix.lower() == ".gdb"
        own = [source, *sidecars(source)]
        if any(output.exists() and part.exists() and output.samefile(part) for part in own):
            return True
        return place == source.resolve()
    except (OSError, ValueError):
        return False


def _unwritten(target: Path, error: Exception | str) -> InputError:
    if isinstance(error, PermissionError) and target.is_file():
        return InputError(
            f"'{target}' cannot be written: it is open in another program (Word, Excel, QGIS?) or"
            " read-only. 文件正被占用或只读：关闭打开它的程序后再运行, or give another file"
            " with -o"
        )
    # drivers write whole paragraphs, or nothing at all
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    reason = reason.strip().splitlines()[0] if reason.strip() else "no reason given"
    return InputError(
        f"'{target}' cannot be written ({reason}); give another file with -o, or make room for it"
    )
