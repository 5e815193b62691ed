"""The one door between sxgeo and GDAL: a file is data, never a command.

GDAL takes a file for what its first bytes say, and among its drivers are some that open other files
or the network (virtual formats, pipelines, web services). So each file is told by its content
first, must be of a format that holds its own data, and is opened while every other driver is off.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pyogrio
from pyogrio import _ogr

from ..errors import InputError
from .contents import first_line
from .encoding import decode

if TYPE_CHECKING:
    from .encoding import Encoding

DRIVERS = frozenset(
    {
        "ESRI Shapefile",
        "ESRIJSON",
        "FlatGeobuf",
        "GML",
        "GPKG",
        "GPX",
        "GeoJSON",
        "GeoJSONSeq",
        "JSONFG",
        "LIBKML",
        "MEM",
        "MapInfo File",
        "OpenFileGDB",
        "SQLite",
        "TopoJSON",
    }
)
"""Drivers that are on while a file is read: their formats hold their own data."""

XML_MAX = 200_000_000
MAX_DEPTH = 200
"""Elements of an XML, or lists and objects of a JSON, that may stand in one another."""
_GIVE = "give GeoJSON, GeoPackage, shapefile, KML, DXF, survey TXT, CSV or XLSX"
_HEAD = 8192
_OPTIONS: dict[str, Any] = {
    "GDAL_HTTP_PROXY": (
        "none://off"
    ),  # a scheme that no client knows: a request fails before it leaves
    "GDAL_HTTPS_PROXY": "none://off",
    "GDAL_HTTP_MAX_RETRY": "0",
    "GML_DOWNLOAD_SCHEMA": "NO",
    "GML_SKIP_RESOLVE_ELEMS": "ALL",
    "OGR_SQLITE_ALLOW_EXTERNAL_ACCESS": "NO",
    "OGR_SQLITE_LOAD_EXTENSIONS": "",
}
_LOCK = threading.RLock()
_open = 0

_SCHEMA = re.compile(r"\s(?:[\w.-]+:)?(?:noNamespaceS|s)chemaLocation\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_DECLARATION = re.compile(r"<\?xml[^>]*\?>")
_ROOT = re.compile(r"<\s*(?:[A-Za-z][\w.-]*:)?([A-Za-z][\w.-]*)")
_BEFORE_ROOT = re.compile(r"<\?.*?\?>|<!--.*?-->", re.S)
_CRS = re.compile(r'"crs"\s*:\s*\{(?:[^{}]|\{[^{}]*\})*\}', re.I)
_LINK = re.compile(r'"(?:link|url|uri|href)"', re.I)
_ESCAPED = re.compile(r"\\u00([0-7][0-9A-Fa-f])")
_MODULE = re.compile(r"\bUSING\s+[\"'`\[]?(\w+)", re.I)
_HARMLESS_MODULES = ("rtree", "rtree_i32", "fts3", "fts4", "fts5")
_CALL = re.compile(r"([A-Za-z_]\w*)[\"'`\]]?\s*\(")
_OUTWARD = re.compile(
    r"^(?:ogr_|gdal_|load_extension|readfile|writefile|edit|fts3_tokenizer|import|export|blobfrom|"
    r"xb_)",
    re.I,
)
_TAB_OUTWARD = re.compile(
    r"^\s*(?:open\s+table|create\s+view)\b|\\IsSeamless|^\s*type\s+(?!native\b|dbf\b)", re.I | re.M
)


@contextmanager
def closed_doors() -> Iterator[None]:
    """Turn off every driver that is not in :data:`DRIVERS`, and the network, while a file is read.

    Threads of one process read one after another: drivers and options belong to the process.
    """
    global _open
    with _LOCK:
        if _open:  # within another reading
            _open += 1
            try:
                yield
            finally:
                _open -= 1
            return

        # GDAL knows its drivers for the whole process: they come back when the file is read
        others = sorted(set(pyogrio.list_drivers()) - DRIVERS)
        options = {**_OPTIONS, "GDAL_SKIP": ",".join(others)}
        before = {name: pyogrio.get_gdal_config_option(name) for name in options}
        pyogrio.set_gdal_config_options(options)
        _ogr._register_drivers()
        _open = 1
        try:
            yield
        finally:
            _open = 0
            pyogrio.set_gdal_config_options(before)
            _ogr._register_drivers()


@contextmanager
def opened(path: Path, encoding: str | None = None) -> Iterator[Path]:
    """Check a vector file and yield the path to read it by, with the doors closed.

    Parameters
    ----------
    path
        A vector file, a .gdb folder, or a folder of shapefiles.
    encoding
        Of its text, for XML; None to tell it.

    Yields
    ------
    Path
        The file itself by its absolute name; for XML a copy in UTF-8 without references to other
        files.

    Raises
    ------
    InputError
        If it is missing, no regular file, no vector file by its content, or refers to other files
        or the network.
    """
    # by its content: a suffix says what somebody called it
    kind = vector_kind(path)
    if kind in ("kml", "gml", "gpx"):
        text, _ = xml_text(path, encoding)
        with TemporaryDirectory(prefix="sxgeo-") as folder, closed_doors():
            yield write_xml(Path(folder), text, kind, path)
        return

    # a file of an allowed kind may still point at another one
    refuse_references(path, kind)
    with closed_doors():
        yield path.absolute()


def need_kml_columns(path: Path) -> None:
    """Refuse a KML where GDAL would pass over its columns, and what they say in doubt of a plot.

    Raises
    ------
    InputError
        If GDAL was built without LIBKML: its older driver neither reads nor rightly writes columns.
    """
    if "LIBKML" not in pyogrio.list_drivers():
        raise InputError(
            f"'{path}' is KML, whose columns this GDAL does not know (it lacks LIBKML); install"
            " pyogrio 0.12 or later from PyPI, or use GeoPackage"
        )


def layer_names(path: Path) -> list[str]:
    """Name the layers with geometry of a vector file.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    with opened(path) as safe:
        try:
            return [str(name) for name, kind in pyogrio.list_layers(safe) if kind is not None]
        except Exception as error:
            # the drivers raise many kinds; each means the file cannot be read
            raise InputError(
                f"'{path}' cannot be read as a vector file ({first_line(error)}); {_GIVE}"
            ) from error


def read_features(
    path: Path,
    *,
    layer: str | None = None,
    encoding: str | None = None,
) -> Any:
    """Read a layer of a vector file with all its columns.

    Returns
    -------
    GeoDataFrame, or DataFrame where there is no geometry
        As it stands in the file.

    Raises
    ------
    InputError
        If it cannot be read.
    UnicodeDecodeError, LookupError
        If its text is not of the encoding.
    """
    with opened(path) as safe:
        try:
            return pyogrio.read_dataframe(safe, layer=layer, encoding=encoding)
        except Exception as error:
            # the drivers raise many kinds; each means the file cannot be read
            if (
                isinstance(error, UnicodeDecodeError) or type(error) is LookupError
            ):  # of the encoding alone
                raise
            raise InputError(
                f"'{path}' cannot be read as a vector file ({first_line(error)}); {_GIVE}"
            ) from error


def vector_kind(path: Path) -> str:
    """Tell a vector format by the content of a file.

    Returns
    -------
    str
        ``shapefile``, ``gdb``, ``sqlite``, ``fgb``, ``tab``, ``mif``, ``kml``, ``gml``, ``gpx`` or
        ``json``.

    Raises
    ------
    InputError
        If it is missing, no regular file, empty, or none of them.
    """
    check_source(path)
    if path.is_dir():
        return folder_kind(path)
    with path.open("rb") as file:
        head = file.read(_HEAD)

    # told as it is: each driver would say something else of nothing
    if not head:
        raise InputError(f"'{path}' is empty (0 bytes); save or download it again")
    kind = kind_of_head(head, path.suffix.lower())
    if kind is None:
        raise InputError(f"'{path}' is no vector file that can be read, by its content; {_GIVE}")
    return kind


def check_source(path: Path) -> None:
    """Refuse what is missing, a folder without vector data, a pipe or a device, which never end.

    Raises
    ------
    InputError
        If it is so.
    """
    try:
        if "\0" in str(path):
            raise ValueError("it holds a null byte")
        there, usable = path.exists(), path.is_file() or path.is_dir()
    except (OSError, ValueError) as error:  # a name that is too long
        shown, reason = (
            str(path)[:80].replace("\0", "?"),
            getattr(error, "strerror", None) or first_line(error),
        )
        raise InputError(f"'{shown}' cannot be a file ({reason}); check its name") from error
    if not there:
        raise InputError(f"'{path}' does not exist")
    if not usable:
        raise InputError(
            f"'{path}' is no file (a pipe, device or socket); name a file, or give '-' for standard"
            " input"
        )
    if path.is_dir():
        folder_kind(path)


def folder_kind(path: Path) -> str:
    """Tell whether a folder is a File Geodatabase or holds shapefiles.

    Raises
    ------
    InputError
        If it is neither.
    """
    try:
        # a copied geodatabase may have lost the suffix of its folder
        names = [part.name.lower() for part in path.iterdir()]
    except OSError as error:
        raise InputError(f"'{path}' cannot be opened ({first_line(error)})") from error
    if path.suffix.lower() == ".gdb" or any(name.endswith(".gdbtable") for name in names):
        return "gdb"
    if any(name.endswith(".shp") for name in names):
        return "shapefile"
    raise InputError(f"'{path}' is a folder, no .gdb and without shapefiles; name the file")


def kind_of_head(head: bytes, suffix: str) -> str | None:
    """Tell a vector format by the first bytes of a file; None where it is none."""
    if head.startswith(b"SQLite format 3\0"):
        return "sqlite"
    if head.startswith(b"fgb\x03"):
        return "fgb"
    if head.startswith(b"\0\0\x27\x0a"):
        return "shapefile"
    text = head_text(head)
    if text.startswith("<"):
        return xml_kind(text, suffix)
    if text.startswith(("{", "[", "\x1e")):
        return "json"
    if text[:6].lower() == "!table":
        return "tab"
    if re.match(r"version\s+\d+\s", text, re.I) and suffix == ".mif":
        return "mif"
    return None


def head_text(head: bytes) -> str:
    """Decode the first bytes of a text as far as its first signs go."""
    name = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return head.decode(name, errors="replace").lstrip()


def xml_kind(text: str, suffix: str) -> str | None:
    """Tell KML, GML or GPX by the root of an XML, or by the suffix where the root says nothing;
    None where it is none.
    """
    # comments and instructions may hold tags of anything
    root = _ROOT.search(_BEFORE_ROOT.sub("", text))
    name = root[1].lower() if root else ""
    if name in ("kml", "gpx"):
        return name
    # GML has no root of its own: any schema may name its collection so
    if name == "featurecollection":
        return "gml"
    outward = (
        "ogrvrtdatasource",
        "vrtdataset",
        "ogrwfsdatasource",
        "gdal_wms",
        "wcs_gdal",
        "ogcapi",
        "service",
    )

    # a name may tell a dialect, but never makes data of what reaches out
    if suffix in (".kml", ".gml") and name not in outward:
        return suffix[1:]
    return None


def xml_text(path: Path, said: str | None = None) -> tuple[str, Encoding]:
    """Decode an XML, and refuse what reaches beyond it.

    Raises
    ------
    InputError
        If it is larger than 200 MB, of no known encoding, or declares a document type or entities.
    """
    if path.stat().st_size > XML_MAX:
        raise InputError(f"'{path}' is XML larger than 200 MB; give GeoPackage")
    text, encoding = _decoded_xml(path, said)

    # Entities can reach into files beside it, or grow a kilobyte to gigabytes.
    if re.search(r"<!\s*(DOCTYPE|ENTITY)", text, re.I):
        raise InputError(
            f"'{path}' declares a document type or entities, which are never resolved; remove its"
            " DOCTYPE"
        )

    # The text is decoded: an old declaration would make the parser decode it a second time.
    plain = text.lstrip("\ufeff").lstrip()
    return _DECLARATION.sub('<?xml version="1.0" encoding="UTF-8"?>', plain, count=1), encoding


def _decoded_xml(path: Path, said: str | None) -> tuple[str, Encoding]:
    """Decode an XML; what the file declares counts where the user said nothing."""
    # the declaration is ASCII in UTF-8 and in GBK, so it is looked for in the bytes
    content = path.read_bytes()
    written = re.search(rb'encoding=["\']([A-Za-z0-9_\-]+)["\']', content[:200])
    if said is None and written and written[1].lower() in (b"gbk", b"gb2312", b"gb18030"):
        said = "gb18030"
    try:
        return decode(content, said)
    except InputError as error:
        raise InputError(f"'{path}' {error}") from error


def write_xml(
    folder: Path,
    text: str,
    kind: str,
    source: Path,
) -> Path:
    """Write an XML as UTF-8 without the places of its schemas, which a driver would open.

    Raises
    ------
    InputError
        If it is KML, and GDAL does not know the columns of one; it names `source`.
    """
    if kind == "kml":
        need_kml_columns(source)
    copy = folder / f"copy.{kind}"
    copy.write_text(_SCHEMA.sub("", text), encoding="utf-8")
    return copy


def refuse_references(path: Path, kind: str) -> None:
    """Refuse a file whose own content would make its driver open another file or the network.

    Raises
    ------
    InputError
        If it is so.
    """
    if kind == "sqlite":
        _check_database(path)
    elif kind == "tab":
        with path.open("rb") as file:
            # its words are ASCII, whatever its values are written in
            text = file.read(1_000_000).decode("latin-1")
        if found := _TAB_OUTWARD.search(text):
            raise InputError(
                f"'{path}' is a MapInfo table made of other files ('{found[0].strip()}'), which are"
                " not followed; save it as a table of its own"
            )
    elif kind == "json":
        refuse_linked_crs(path)


def refuse_linked_crs(path: Path) -> None:
    """Refuse a JSON whose coordinate system is a link: it would be fetched.

    Raises
    ------
    InputError
        If it is so.
    """
    for text in _pieces(path):
        if any(_LINK.search(crs) for crs in _CRS.findall(text)):
            raise InputError(
                f"'{path}' gives its coordinate system by a link, which is not followed; name it,"
                ' for instance "crs": {"type": "name", "properties": {"name": "EPSG:4490"}}'
            )


def _pieces(path: Path) -> Iterator[str]:
    """Yield the text of a file in pieces that overlap, so that no word is cut in all of them."""
    before = ""
    with path.open("rb") as file:
        while chunk := file.read(1 << 24):
            piece = chunk.replace(b"\0", b"").decode("latin-1")
            # a word may be spelt in escapes, which the parser reads and a search would not
            if "\\u00" in piece:
                piece = _ESCAPED.sub(
                    lambda match: chr(int(match[1], 16)),
                    piece,
                )
            yield before + piece
            # what the edge of two pieces cuts stands whole in the second
            before = piece[-1000:]


def _check_database(path: Path) -> None:
    """Refuse a GeoPackage or SQLite whose tables or views would reach out of it when they are
    read.
    """
    for kind, name, sql in _schema(path):
        module = _MODULE.search(sql) if re.match(r"\s*CREATE\s+VIRTUAL\b", sql, re.I) else None
        if module and module[1].lower() not in _HARMLESS_MODULES:
            raise InputError(
                f"'{path}' holds table '{name}', which shows another file ({module[1]}) and is not"
                " followed; export its features as a table of their own"
            )

        # views and defaults run when they are read, triggers only when somebody writes
        calls = sorted({call for call in _CALL.findall(sql) if _OUTWARD.match(call)})
        if calls and kind != "trigger":
            raise InputError(
                f"'{path}' holds {kind} '{name}', which calls {', '.join(calls)} and would reach"
                " out of the file; export its features as a table of their own"
            )


def database_address(path: Path) -> str:
    """Return the address by which SQLite only reads a database; one that nobody writes to is opened
    so that nothing is left beside it.
    """
    try:
        written_to = path.with_name(path.name + "-wal").exists()
    except OSError:  # the name is as long as a name may be, and so has no log
        written_to = False
    return path.absolute().as_uri() + ("?mode=ro" if written_to else "?mode=ro&immutable=1")


def _schema(path: Path) -> list[tuple[str, str, str]]:
    """Return kind, name and SQL of what a database holds; nothing where it is no database, which
    its driver will say.
    """
    try:
        database = sqlite3.connect(database_address(path), uri=True)
        try:
            # the schema alone: no view is run, and no function called
            rows = database.execute(
                "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
            ).fetchall()
        finally:
            database.close()
    except sqlite3.Error:
        return []
    return [(str(kind), str(name), str(sql)) for kind, name, sql in rows]
