"""A zip or KMZ, unpacked with care: no path escapes, nothing swells, no archive hides in an
archive.
"""

from __future__ import annotations

import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from ...errors import InputError
from .table import LeftOut

MAX_BYTES = 1_000_000_000
MAX_RATIO = 200
MAX_MEMBERS = 10_000
_SMALL = 20_000_000
_PARTS = {
    ".shp": (".shp", ".shx", ".dbf", ".prj", ".cpg", ".qpj"),
    ".tab": (".tab", ".dat", ".map", ".id", ".ind"),
    ".mif": (".mif", ".mid"),
}
_BESIDE = {
    ".shp": (
        ".sbn",
        ".sbx",
        ".shp.xml",
        ".cst",
        ".qix",
        ".fix",
        ".ixs",
        ".mxs",
        ".atx",
        ".fbn",
        ".fbx",
        ".ain",
        ".aih",
        ".qmd",
        ".qml",
    ),
    ".tab": (".tma", ".aid"),
}
"""What a format writes beside its own parts and what nobody needs to read."""
_SHADOW_NAME, _SHADOW_HEAD = "._", b"\0\5\x16\7"
"""How the name, and the content, of an AppleDouble file begin (RFC 1740)."""
_LOGS = ("-wal", "-journal")
_SINGLE = (
    ".kml",
    ".geojson",
    ".json",
    ".geojsonl",
    ".geojsons",
    ".gpkg",
    ".sqlite",
    ".fgb",
    ".txt",
    ".csv",
    ".xlsx",
    ".xlsm",
    ".dxf",
    ".gml",
    ".gpx",
    ".parquet",
    ".wkt",
)
_HARMLESS = {
    "a picture": (
        ".jpg",
        ".jpeg",
        ".png",
        ".gif",
        ".bmp",
        ".webp",
        ".svg",
        ".ico",
        ".pgw",
        ".jgw",
        ".tfw",
        ".wld",
        ".heic",
    ),
    "a paper": (
        ".pdf",
        ".doc",
        ".docx",
        ".wps",
        ".ppt",
        ".pptx",
        ".md",
        ".htm",
        ".html",
        ".rtf",
        ".ofd",
    ),
    "a description": (
        ".xml",
        ".yml",
        ".yaml",
        ".ini",
        ".log",
        ".lic",
        ".sld",
        ".qml",
        ".lyr",
        ".lyrx",
        ".style",
        ".css",
    ),
    "a project or its settings": (
        ".qgs",
        ".qgz",
        ".mxd",
        ".aprx",
        ".wor",
        ".cpg",
        ".prj",
        ".lock",
        ".tmp",
        ".ctb",
        ".stb",
    ),
    "a file of the operating system": (".ds_store", "thumbs.db", "desktop.ini", ".lnk", ".url"),
}
"""Files beside others that hold no plots of their own, by what they are; whatever is not listed may
hold some.
"""
_NESTED = (".zip", ".kmz", ".rar", ".7z", ".tar", ".gz", ".tgz")


@dataclass(frozen=True, slots=True)
class Member:
    """One readable file of an archive: its name inside, and where it lies unpacked."""

    name: str
    path: Path


@contextmanager
def unpacked(path: Path) -> Iterator[tuple[list[Member], list[str]]]:
    """Unpack what can be read of an archive into a folder that goes away afterwards.

    Parameters
    ----------
    path
        A .zip or .kmz.

    Yields
    ------
    members, others
        Readable members by name; the names of the rest.

    Raises
    ------
    InputError
        If it is no archive, is damaged or encrypted, holds archives, points outside itself, or
        would swell to more than 1 GB or 200 times its size.
    """
    try:
        with zipfile.ZipFile(path) as archive, TemporaryDirectory(prefix="sxgeo-") as folder:
            infos = [i for i in archive.infolist() if not i.is_dir()]
            # before they are counted: a Mac packs one beside each file
            infos = [i for i in infos if not _is_packed_shadow(archive, i)]
            _refuse(path, infos)
            yield _extract(archive, infos, Path(folder))
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, zlib.error) as error:
        raise InputError(f"'{path}' is a damaged archive ({error}); pack it again") from error


def check_archive(path: Path) -> list[str]:
    """Refuse an archive that :func:`unpacked` would refuse; return the names of its members."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [i for i in archive.infolist() if not i.is_dir()]
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise InputError(f"'{path}' is a damaged archive ({error}); pack it again") from error
    _refuse(path, infos, office=True)
    return [_name(i) for i in infos]


def _is_packed_shadow(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
    """Say whether a member is what a Mac packs beside another one: its icon and attributes. Its
    name alone says nothing: a file of plots may be called so, too.
    """
    name = PurePosixPath(_name(info).replace("\\", "/")).name
    if not name.startswith(_SHADOW_NAME) or info.flag_bits & 0x1:
        return False
    with archive.open(info) as content:
        return content.read(len(_SHADOW_HEAD)) == _SHADOW_HEAD


def is_shadow(path: Path) -> bool:
    """The same of a file in a folder."""
    if not path.name.startswith(_SHADOW_NAME):
        return False
    with path.open("rb") as content:
        return content.read(len(_SHADOW_HEAD)) == _SHADOW_HEAD


def _name(info: zipfile.ZipInfo) -> str:
    """Return a member's name; archives of Chinese programs write it in GBK without saying so."""
    name = info.filename
    if not info.flag_bits & 0x800 and not name.isascii():
        # what zip says of a name without a mark: it is of the old code page of DOS
        raw = name.encode("cp437", errors="replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                return raw.decode(encoding)
            except UnicodeDecodeError:
                continue
    return name


def _refuse(
    path: Path,
    infos: list[zipfile.ZipInfo],
    *,
    office: bool = False,
) -> None:
    # Bounds that a folder of plots never meets, and an archive made to harm does.
    if len(infos) > MAX_MEMBERS:
        raise InputError(
            f"'{path}' holds {len(infos)} files, more than {MAX_MEMBERS}; unpack it and give the"
            " one you mean"
        )
    total = sum(i.file_size for i in infos)

    # The ratio counts for large ones only: a small text packs well and does no harm.
    packed = max(1, path.stat().st_size)
    if total > MAX_BYTES or (total > _SMALL and total > MAX_RATIO * packed):
        raise InputError(
            f"'{path}' would swell from {packed} to {total} bytes: not unpacked; unpack it yourself"
            " if you trust it"
        )
    for info in infos:
        _refuse_member(path, info, office=office)


def _refuse_member(
    path: Path,
    info: zipfile.ZipInfo,
    *,
    office: bool,
) -> None:
    # Names with drive letters, `..` or a leading slash would be written beside the folder.
    name = PurePosixPath(_name(info).replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or ":" in str(name)[:3]:
        raise InputError(f"'{path}' holds '{name}', which points outside the archive: not unpacked")
    if info.flag_bits & 0x1:
        raise InputError(f"'{path}' is protected by a password; unpack it first")

    # An archive in an archive would have to pass all of this again.
    if not office and name.suffix.lower() in _NESTED:
        raise InputError(f"'{path}' holds another archive, '{name}'; unpack it first")


def left_beside(names: Iterable[str], reason: str) -> list[LeftOut]:
    """Say what stands beside the files that were read: what may hold plots puts them in doubt, what
    cannot is a remark.
    """
    entries = []
    for name in sorted(names):
        inner = PurePosixPath(name)
        suffix = inner.suffix.lower() or (inner.name.lower() if inner.name.startswith(".") else "")
        what = next(
            (
                what
                for what, known in _HARMLESS.items()
                if suffix in known or inner.name.lower() in known
            ),
            None,
        )
        if what is None:
            kind = f"{suffix[1:].upper()} file" if suffix else "file"
            entries.append(LeftOut("geometry", kind, name, reason))
        else:
            entries.append(LeftOut("annotation", "file", name, f"{what}, without plots of its own"))
    return entries


def left_in_folder(path: Path) -> list[LeftOut]:
    """Say what stands in a folder of shapefiles beside them, its own folders included."""
    names = []
    for number, part in enumerate(sorted(path.rglob("*"))):
        if number >= MAX_MEMBERS:
            raise InputError(f"'{path}' holds more than {MAX_MEMBERS} files; name the one you mean")
        if part.is_file() and not is_shadow(part):
            names.append(part.relative_to(path).as_posix())
    # only at the top: a shapefile in a folder of its own is not read
    top = {_stem(name) for name in names if "/" not in name and name.lower().endswith(".shp")}
    others = [name for name in names if not ("/" not in name and _part_of(name, ".shp", top))]
    return left_beside(others, "a folder is read for the shapefiles in it; name this file as well")


def _part_of(
    name: str,
    suffix: str,
    stems: set[str],
) -> bool:
    """Say whether a file belongs to one of another suffix: its parts, and what is written beside
    it.
    """
    lower = name.lower()
    return any(
        lower == stem + part or (lower.startswith(f"{stem}.") and lower.endswith(part))
        for part in (*_PARTS[suffix], *_BESIDE.get(suffix, ()))
        for stem in stems
        if lower.endswith(part)
    )


def _geodatabase_in(inner: PurePosixPath) -> str | None:
    """Return the folder of a geodatabase in the path of a member; the member itself may be called
    so.
    """
    above = (inner, *inner.parents)
    return next((str(folder) for folder in above if folder.suffix.lower() == ".gdb"), None)


@dataclass(slots=True)
class _Unpacking:
    """An archive on its way into a folder: its members by name, those that can be read, and the
    names of which something was made.
    """

    archive: zipfile.ZipFile
    names: dict[str, zipfile.ZipInfo]
    folder: Path
    members: list[Member] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def take(self, number: int, name: str) -> None:
        """Unpack a member that can be read, with all that belongs to it; leave any other."""
        inner = PurePosixPath(name)
        suffix = inner.suffix.lower()
        base = _geodatabase_in(inner)
        # under a number of ours: names of an archive may be any, and as long as they like
        target = self.folder / f"{number}{suffix}"
        if base is not None and base != name:
            self._write(name, self._geodatabase(base) / inner.name)
        elif suffix in _PARTS:
            self._write_parts(name, target)
            self.members.append(Member(name, target))
        elif suffix in _SINGLE:
            self._write_single(name, target)
            self.members.append(Member(name, target))

    def _write_single(self, name: str, target: Path) -> None:
        self._write(name, target)
        # a database may have rows in a log beside it that are not in it yet
        for end in _LOGS:
            if name + end in self.names:
                self._write(name + end, self.folder / (target.name + end))

    def _geodatabase(self, base: str) -> Path:
        """The folder for the files of a geodatabase, under a name of ours; made at its first
        file.
        """
        known = next((member for member in self.members if member.name == base), None)
        if known is None:
            count = sum(1 for member in self.members if member.path.suffix == ".gdb")
            known = Member(base, self.folder / f"gdb{count}.gdb")
            known.path.mkdir()
            self.members.append(known)
        return known.path

    def _write_parts(self, name: str, target: Path) -> None:
        """Unpack all files of one stem that make a layer, whatever their case."""
        suffix, stem = target.suffix, _stem(name)
        self.used |= {other for other in self.names if _part_of(other, suffix, {stem})}
        written: dict[str, str] = {}
        for part, info in self.names.items():
            own = PurePosixPath(part).suffix.lower()
            if _stem(part) != stem or own not in _PARTS[suffix]:
                continue
            # a.shp and A.SHP would be one file: which of them is meant nobody knows
            twin = written.setdefault(own, part)
            if self.names[twin].CRC != info.CRC:
                raise InputError(
                    f"'{self.archive.filename}' holds {twin} and {part}, which differ; remove one"
                )
            self._write(part, target.with_suffix(own))

    def _write(self, name: str, target: Path) -> None:
        with self.archive.open(self.names[name]) as source, target.open("wb") as out:
            shutil.copyfileobj(source, out, 1 << 20)
        self.used.add(name)


def _extract(
    archive: zipfile.ZipFile,
    infos: list[zipfile.ZipInfo],
    folder: Path,
) -> tuple[list[Member], list[str]]:
    names = {_name(info).replace("\\", "/"): info for info in infos}
    unpacking = _Unpacking(archive, names, folder)
    # in the order of names, so that the same archive gives the same sites
    for number, name in enumerate(sorted(names)):
        unpacking.take(number, name)
    return unpacking.members, sorted(set(names) - unpacking.used)


def _stem(name: str) -> str:
    return (
        name[: -len(PurePosixPath(name).suffix)].lower()
        if PurePosixPath(name).suffix
        else name.lower()
    )
