"""A set of files written whole or not at all, as a folder or as one zip."""

from __future__ import annotations

import io
import secrets
import shutil
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from ..errors import InputError, UsageError
from .writing import write_bytes

_DAWN = (1980, 1, 1, 0, 0, 0)


def write_set(
    files: Mapping[str, bytes],
    path: str | Path,
    *,
    marker: str,
) -> Path:
    """Write files as a folder, or as one zip where the name ends in .zip; same files, same bytes.

    Parameters
    ----------
    files
        Content by name, with ``/`` between folders.
    path
        The folder or the zip; missing folders above it are made.
    marker
        A name of `files`: an old folder is replaced only where it holds one of that name.

    Returns
    -------
    Path
        What was written.

    Raises
    ------
    UsageError
        If the name has another suffix.
    InputError
        If it cannot be written, or a folder stands there that is something else; nothing of it has
        changed then.
    """
    target = Path(path)
    if target.suffix.lower() == ".zip":
        return write_bytes(_zipped(files), target)
    if target.suffix:
        raise UsageError(
            f"'{target}' is neither a folder nor a .zip; give a name without a suffix, or one that"
            " ends in .zip"
        )
    return _write_folder(files, target, marker)


def _zipped(files: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, inside in files.items():
            entry = zipfile.ZipInfo(name, _DAWN)
            # nothing of the machine or of the hour goes into it: same files, same bytes
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 0
            archive.writestr(entry, inside)
    return content.getvalue()


def _write_folder(
    files: Mapping[str, bytes],
    target: Path,
    marker: str,
) -> Path:
    refuse_other(target, marker)

    # A name by chance, so that two runs never write in one place.
    name = f".{target.name}.{secrets.token_hex(6)}"
    fresh, old = target.with_name(f"{name}.new"), target.with_name(f"{name}.old")
    try:
        _fill(fresh, files)
        # nothing stands at the target until all of it is written
        _put_in_place(fresh, target, old)
    except OSError as error:
        raise _unwritten(target, error) from error
    finally:
        for left in (fresh, old):
            if left.exists():
                shutil.rmtree(left, ignore_errors=True)
    return target


def _fill(folder: Path, files: Mapping[str, bytes]) -> None:
    for inside, content in files.items():
        part = folder.joinpath(*PurePosixPath(inside).parts)
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)


def _put_in_place(
    fresh: Path,
    target: Path,
    old: Path,
) -> None:
    """A folder cannot be replaced in one step: the old one steps aside until the new one stands."""
    if target.exists():
        target.rename(old)
    try:
        fresh.rename(target)
    except OSError:
        if old.exists():  # the old one goes back to its place
            old.rename(target)
        raise


def refuse_other(target: str | Path, marker: str) -> None:
    """Refuse a target that is a file, a link, or a folder of something else.

    Raises
    ------
    InputError
        If it is one; before any work is done.
    """
    path = Path(target)
    # what it points at may be anybody's folder
    if path.is_symlink():
        raise InputError(
            f"'{path}' is a link; nothing is written through it: name the folder itself"
        )
    if not path.exists():
        return
    if not path.is_dir():
        raise InputError(f"'{path}' is a file; name a folder that does not exist yet, or a .zip")
    entries: list[str] = []
    with suppress(OSError):
        entries = [entry.name for entry in path.iterdir()]

    # only a folder that a run of ours made may be replaced: others hold somebody's work
    if entries and marker not in entries:
        raise InputError(
            f"'{path}' is a folder that holds other things and no '{marker}'; name a new folder"
        )


def _unwritten(target: Path, error: OSError) -> InputError:
    if isinstance(error, PermissionError):
        return InputError(
            f"'{target}' cannot be written: a file in it is open in another program (Word, Excel,"
            " QGIS?), or it is read-only; nothing was changed."
            " 文件夹中有文件正被占用或只读：关闭打开它的程序后再运行，或换一个名称"
        )
    # a full disk, a name that is too long: the system says it best
    reason = error.strerror or str(error)
    return InputError(f"'{target}' cannot be written ({reason}); give another name with -o")
