"""Vector files that GDAL reads, GeoParquet, and the care they need: encodings, entities, several
systems in one file.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from ...errors import EmptyError, InputError, listed
from ...files.contents import first_line, is_answer
from ...files.cut_letters import whole_letters
from ...files.encoding import Encoding, decode, mojibake, shapefile_encoding
from ...files.gdal_door import (
    XML_MAX,
    closed_doors,
    folder_kind,
    opened,
    refuse_linked_crs,
    write_xml,
    xml_kind,
    xml_text,
)
from ...files.libraries import library
from .archives import is_shadow
from .assumptions import NOTHING_SAID, Assumptions
from .closing import counted
from .corners import is_of_corners
from .counts import hold_to_count, unlisted_tables
from .curves import straighten
from .json_records import JsonAccount, inner, not_its_system
from .json_records import account as account_json
from .json_stream import account_stream
from .markup import Account, account
from .rings import nearly_closed
from .systems import under_known_name
from .table import Guess, LeftOut, Table
from .wkt import note_heights

ID_COLUMNS = ("site_id", "id", "ID", "fid", "编号", "地块编号", "DKBH")
NAME_COLUMNS = ("name", "Name", "name_zh", "NAME", "名称", "地块名称", "DKMC", "项目名称")
ACCURACY_COLUMNS = ("site_accuracy_m", "accuracy_m", "精度", "精度_m", "site_accur")
DOUBT_COLUMNS = ("sxgeo_doubts",)
"""Where an answer that is written as features says what it doubted of a site."""
ANSWER_COLUMN = "known_verdict"
"""A column that only answers have."""
COLUMNS = (*ID_COLUMNS, *NAME_COLUMNS, *ACCURACY_COLUMNS, *DOUBT_COLUMNS, ANSWER_COLUMN)
_INDEXED = (".gpkg", ".shp", ".fgb", ".gdb", ".sqlite")
NEUTRAL = (".tab", ".mif")
"""Files that may say of their text's encoding that it is neutral."""
_GIVE = "give GeoJSON, GeoPackage, shapefile or KML"
_LARGE = 20_000_000
_HEAD = 4096
_SURFACES = {
    15: "a polyhedral surface, which is not read; give polygons",
    16: "a TIN, which is not read; give polygons",
    17: "a triangle, which is not read; give polygons",
}
_UNBUILT = (
    "a geometry that cannot be built: a ring does not come back to its first point, or has too few"
    " points; close it"
)
_RECORDS = {
    "kml": "placemarks",
    "gml": "members",
    "gpx": "waypoints, routes and tracks",
}
_SHOWN = 20
_STEM = 60


def read_frame(frame: gpd.GeoDataFrame) -> Table:
    """Take the features of a frame; the frame is not written to."""
    columns = {
        str(c): frame[c].tolist()
        for c in frame.columns
        if (str(c) in COLUMNS or is_of_corners(str(c))) and c != frame.geometry.name
    }
    # a copy: a table lets its shapes go, the frame keeps its own
    shapes = np.array(frame.geometry.to_numpy(), dtype=object)
    table = Table(
        shapes,
        under_known_name(frame.crs),
        columns,
        declared=None if frame.crs is None else str(frame.crs.name),
    )
    note_heights(table)
    return table


def read_vector(path: Path, told: Assumptions) -> list[Table]:
    """Read every layer with geometry of a file that GDAL knows.

    Raises
    ------
    InputError
        If it cannot be read, has no geometry or holds no features.
    """
    with opened(path) as safe:
        if path.is_dir() and folder_kind(path) == "shapefile":
            return _read_folder(safe, told, path)
        return _read_layers(safe, told, path)


def _read_folder(
    path: Path,
    told: Assumptions,
    shown: Path,
) -> list[Table]:
    """Read the shapefiles of a folder, each in its own encoding."""
    tables: list[Table] = []
    for member in sorted(path.iterdir()):
        if member.suffix.lower() != ".shp" or not member.is_file() or is_shadow(member):
            continue
        # one without features says nothing beside others
        with suppress(EmptyError):
            tables += _read_layers(member, told, shown / member.name)
    if not tables:
        raise EmptyError(f"'{shown}' holds no features")
    _share_systems(tables)
    return tables


def _read_layers(
    path: Path,
    told: Assumptions,
    shown: Path,
) -> list[Table]:
    """Read every layer with geometry of a file that was checked; `shown` is how messages name
    it.
    """
    encoding = _attribute_encoding(path, told, shown)
    try:
        return _layers_in(path, encoding, shown)
    except UnicodeDecodeError as error:
        if encoding is not None and path.suffix.lower() == ".shp":
            return _cut_layers_in(path, encoding, shown)
        # a MapInfo table of charset Neutral says nothing of its text; strict UTF-8 was tried first
        if path.suffix.lower() not in NEUTRAL:
            raise _unreadable(shown, error, path) from error
    try:
        return _layers_in(path, Encoding("gb18030", "its text is no UTF-8"), shown)
    except UnicodeDecodeError as error:
        raise _unreadable(shown, error, path) from error


def _cut_layers_in(
    path: Path,
    encoding: Encoding,
    shown: Path,
) -> list[Table]:
    """Read a shapefile of which the width of a field cut a heading or value inside a letter."""
    evidence = f"{encoding.evidence}; letters that a field cut in two are left out"
    with whole_letters(path, encoding.name) as mended:
        try:
            return _layers_in(mended, replace(encoding, evidence=evidence), shown)
        except UnicodeDecodeError as error:
            raise InputError(
                f"'{shown}' has text in its .dbf that is no {encoding.name.upper()}"
                f" ({error.reason}); say --assume encoding=NAME, or save it as GeoPackage"
            ) from error


def _unreadable(
    shown: Path,
    error: Exception,
    path: Path,
) -> InputError:
    # where a member of an archive was unpacked is nobody's business
    reason = first_line(error).replace(str(path.with_suffix("")), shown.stem)
    return InputError(f"'{shown}' cannot be read as a vector file ({reason}); {_GIVE}")


def _layers_in(
    path: Path,
    encoding: Encoding | None,
    shown: Path,
) -> list[Table]:
    try:
        layers = _layers_with_geometry(path)
        tables = _read_each(path, layers, encoding, shown)
    except (InputError, UnicodeDecodeError):
        raise
    except Exception as error:  # the drivers raise many kinds; each means the file cannot be read
        raise _unreadable(shown, error, path) from error

    # No layer and no feature are different faults: the first is no vector file.
    if not layers:
        raise InputError(f"'{shown}' has rows but no geometry, or is cut short; {_GIVE}")

    # Empty layers beside full ones are passed over; several systems in one file are told.
    tables = [table for table in tables if len(table.shapes)]
    if not tables:
        raise EmptyError(f"'{shown}' holds no features")
    _share_systems(tables)
    tables[0].left_out += unlisted_tables(path, layers)
    return tables


def _read_each(
    path: Path,
    layers: Sequence[str],
    encoding: Encoding | None,
    shown: Path,
) -> list[Table]:
    # What drivers mutter is told feature by feature below, or is refused.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tables = [_layer(path, layer, encoding, shown) for layer in layers]
        for table, layer in zip(tables, layers, strict=True):
            hold_to_count(table, path, layer, shown)
    return tables


def _layers_with_geometry(path: Path) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layers = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
    # The points of a track are its vertices, not sites of their own.
    if layers == ["waypoints", "routes", "tracks", "route_points", "track_points"]:
        return layers[:3]
    return layers


def _attribute_encoding(
    path: Path,
    told: Assumptions,
    shown: Path,
) -> Encoding | None:
    if path.suffix.lower() not in (".shp", ".dbf"):
        return None
    if told.encoding is not None:
        return Encoding(told.encoding, "told by --assume encoding")
    try:
        return shapefile_encoding(path)
    except InputError as error:
        raise InputError(f"'{shown}' {error}") from error


@dataclass(frozen=True, slots=True)
class _Raw:
    """A layer as its driver hands it over: what it says of the layer, the bytes of its geometries,
    all its fields, and the values of those that are kept.
    """

    meta: Any
    geometry: Any
    fields: list[str]
    columns: dict[str, list[Any]]


def _layer(
    path: Path,
    layer: str,
    encoding: Encoding | None,
    shown: Path,
) -> Table:
    name = None if encoding is None else encoding.name.upper().replace("UTF-8-SIG", "UTF-8")
    known, wanted = _fields_of(path, layer, name)
    table, fields, straight = _raw_table(path, layer, wanted, name)
    if not straight:
        straighten(table, path, layer, name, shown)
    note_heights(table)
    if encoding is not None:
        _note_encoding(table, encoding)
    _spoiled_names(table, known or fields)
    return table


def _raw_table(
    path: Path,
    layer: str,
    wanted: list[str] | None,
    name: str | None,
) -> tuple[Table, list[str], bool]:
    """Read a layer as it stands; beside it all its fields, and whether it has straight edges for
    certain.
    """
    # By columns where the file is large: feature by feature takes its time.
    large = wanted is not None and _is_large(path)
    raw = (_by_arrow if large else _by_feature)(path, layer, wanted, name)
    try:
        table = _table_of(raw, layer)
    except NotImplementedError:
        # curves: read in columns they stay what they are, feature by feature they do not
        large = False
        raw = _by_feature(path, layer, wanted, name)
        table = _table_of(raw, layer)
    # the bytes of a large layer are not handed on: they need not stand beside its shapes
    return table, raw.fields, large


def _fields_of(
    path: Path,
    layer: str,
    encoding: str | None,
) -> tuple[list[str], list[str] | None]:
    """Return all fields and those that are needed, where they can be listed without reading all
    features; none and None where they cannot.
    """
    if path.suffix.lower() not in _INDEXED:
        return [], None
    info = pyogrio.read_info(path, layer=layer, encoding=encoding)
    known = [str(field) for field in info["fields"]]
    return known, [field for field in known if _is_kept(field, info["geometry_type"])]


def _is_large(path: Path) -> bool:
    """Whether reading by columns pays; it needs pyarrow, which takes its time to load."""
    is_long = path.is_file() and path.stat().st_size > _LARGE
    return is_long and find_spec("pyarrow") is not None


def _table_of(raw: _Raw, layer: str) -> Table:
    shapes = np.asarray(
        shapely.from_wkb(raw.geometry, on_invalid="ignore"),
        dtype=object,
    )
    # Under the name that EPSG has for it: programs write CGCS2000 in words of their own.
    declared = raw.meta["crs"]
    crs = under_known_name(declared)
    table = Table(shapes, crs, raw.columns, layer=layer, declared=declared)
    _tell_unbuilt(table, raw.geometry)
    return table


def _tell_unbuilt(table: Table, geometry: Sequence[bytes | None]) -> None:
    """Close rings that miss their end by the rounding; say of what cannot be built what it is."""
    for row in np.flatnonzero(shapely.is_missing(table.shapes)).tolist():
        wkb = geometry[row]
        if wkb is None:
            continue
        table.shapes[row] = nearly_closed(bytes(wkb))
        if table.shapes[row] is None:
            table.wrong[row] = _SURFACES.get(_wkb_kind(wkb), _UNBUILT)
        else:
            table.note(closed_rings=table.facts.closed_rings + 1)


def _note_encoding(table: Table, encoding: Encoding) -> None:
    """Note what the texts were read in; where another encoding fits as well, it is a guess."""
    table.note(encoding={"name": encoding.name, "evidence": encoding.evidence})
    if encoding.alternative:
        table.guesses.append(
            Guess("encoding", encoding.name, encoding.evidence, encoding.alternative)
        )


def _wkb_kind(wkb: bytes) -> int:
    """Return the kind of a geometry by its WKB, without its dimension."""
    return (
        int.from_bytes(
            wkb[1:5],
            "little" if wkb[:1] == b"\1" else "big",
        )
        % 0x10000000
        % 1000
    )


def _by_feature(
    path: Path,
    layer: str,
    wanted: list[str] | None,
    encoding: str | None,
) -> _Raw:
    meta, _, geometry, values = pyogrio.raw.read(
        path,
        layer=layer,
        columns=wanted,
        encoding=encoding,
    )
    fields = [str(field) for field in meta["fields"]]
    kind = meta["geometry_type"]
    # where no field could be named before, all were read, and the others are let go here
    columns = {
        field: column.tolist()
        for field, column in zip(fields, values, strict=True)
        if _is_kept(field, kind)
    }
    return _Raw(meta, geometry, fields, columns)


def _by_arrow(
    path: Path,
    layer: str,
    wanted: list[str] | None,
    encoding: str | None,
) -> _Raw:
    """Read as :func:`_by_feature` does, in columns: twice as fast, but pyarrow takes its time to
    load.
    """
    meta, table = pyogrio.raw.read_arrow(
        path,
        layer=layer,
        columns=wanted,
        encoding=encoding,
    )
    name = meta["geometry_name"] or "wkb_geometry"
    fields = [field for field in table.column_names if field != name]
    kept = [field for field in fields if _is_kept(field, meta["geometry_type"])]
    columns = {field: _values(table.column(field)) for field in kept}
    return _Raw(meta, table.column(name).to_numpy(), fields, columns)


def _is_kept(field: str, kind: str | None) -> bool:
    """Whether a site, or what decides whether points are the corners of one, needs a field."""
    # a layer of unknown kind may hold points
    is_of_points = kind is None or kind in ("Point", "Point Z", "2.5D Point", "Unknown")
    return field in COLUMNS or (is_of_points and is_of_corners(field))


# Any: a column of pyarrow, which is optional and has no types.
def _values(column: Any) -> list[Any]:
    """Return the values of a column; texts through numpy, which takes a tenth of the time."""
    if "string" in str(column.type):
        return list(column.to_numpy().tolist())
    return list(column.to_pylist())


def _spoiled_names(table: Table, fields: list[str]) -> None:
    """Remark on names that an earlier program spoiled, by one example."""
    # a program spoils all texts of a file, so a few tell it
    texts = [v for values in table.columns.values() for v in values[:1000] if isinstance(v, str)]
    words = next(
        (w for w in map(mojibake, [*fields, *texts]) if w),
        None,
    )
    if words:
        table.note(mojibake=words)


def _share_systems(tables: list[Table]) -> None:
    systems = sorted({str(table.crs) for table in tables})
    if len(systems) > 1:
        for table in tables:
            table.note(several_systems=systems)


def read_parquet(path: Path) -> list[Table]:
    """Read a GeoParquet file.

    Raises
    ------
    InputError
        If pyarrow is not installed, or it is no GeoParquet.
    """
    pq = library("pyarrow.parquet", f"'{path}' is Parquet, which needs pyarrow")
    try:
        meta = pq.read_schema(path).metadata or {}
        _refuse_spheres(path, meta.get(b"geo", b"{}"))
        frame = gpd.read_parquet(path) if b"geo" in meta else None
    except InputError:
        raise
    except Exception as error:  # pyarrow raises many kinds; each means the file cannot be read
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"'{path}' cannot be read as GeoParquet ({reason}); write it again"
        ) from error
    if frame is None:
        raise InputError(
            f"'{path}' is Parquet without the metadata of GeoParquet; write it with a geometry"
            " column"
        )
    if not len(frame):
        raise EmptyError(f"'{path}' holds no features")
    table = read_frame(frame)
    table.left_out += _second_columns(frame)
    return [table]


def _refuse_spheres(path: Path, geo: bytes) -> None:
    """Refuse edges that a GeoParquet calls arcs on a sphere: here they are straight in degrees."""
    columns = json.loads(geo).get("columns", {}).values()
    if any(column.get("edges") == "spherical" for column in columns):
        raise InputError(
            f"'{path}' says that its edges are arcs on a sphere (edges: spherical), which bend away"
            " from the straight ones that are measured; write it with planar edges"
        )


def _second_columns(frame: gpd.GeoDataFrame) -> list[LeftOut]:
    """Say which columns of geometry beside the first are not read; points are labels of areas."""
    found = []
    # the file names one column as its geometry, and other programs show that one
    others = frame.drop(columns=frame.geometry.name).select_dtypes("geometry")
    for name in others.columns:
        shapes = np.asarray(others[name], dtype=object)
        count = int((~shapely.is_missing(shapes)).sum())
        is_label = bool((shapely.get_dimensions(shapes[~shapely.is_missing(shapes)]) == 0).all())
        if count:
            kind: Literal["geometry", "annotation"] = "annotation" if is_label else "geometry"
            reason = "a second column of geometry, which is not read; give it as a file of its own"
            found.append(LeftOut(kind, "column", f"'{name}'", reason, count))
    return found


_ACCURACY_KIND = {"kml": "kml", "gpx": "gps"}
"""Kinds of sources of :mod:`sxgeo.model.accuracy` that a format tells by itself."""


def read_xml(path: Path, told: Assumptions) -> list[Table]:
    """Read KML, GML or GPX: refuse entities, bring any encoding to UTF-8, leave nothing beside the
    file.

    Raises
    ------
    InputError
        If it declares a document type or entities, is larger than 200 MB, or cannot be read.
    """
    text, encoding = xml_text(path, told.encoding)
    kind = xml_kind(text[:8192], path.suffix.lower()) or "gml"
    held = _accounted(path, text, kind)
    with TemporaryDirectory(prefix="sxgeo-") as folder, closed_doors():
        tables = _read_layers(write_xml(Path(folder), held.text, kind, path), NOTHING_SAID, path)
    _hold_to_records(tables, held.records, kind, path)
    tables[0].left_out += counted(iter(held.left_out))
    _note_markup(tables, encoding, kind)
    return tables


def _note_markup(
    tables: Sequence[Table],
    encoding: Encoding,
    kind: str,
) -> None:
    """Note how the text was read, and what the format says of the accuracy of what is drawn."""
    for table in tables:
        table.note(encoding={"name": encoding.name, "evidence": encoding.evidence})
        # a GML says nothing of its own accuracy
        if kind in _ACCURACY_KIND:
            table.note(accuracy_kind=_ACCURACY_KIND[kind])


def _accounted(
    path: Path,
    text: str,
    kind: str,
) -> Account:
    """Count what an XML holds: its own tools may write what GDAL passes over, and it is held
    against what is read.
    """
    try:
        held = account(text, kind)
    except InputError as error:
        raise InputError(f"'{path}' {error}") from error
    if held.problems:
        raise InputError(listed(f"'{path}' cannot be read whole:", held.problems[:_SHOWN]))
    return held


def _hold_to_records(
    tables: list[Table],
    records: int,
    kind: str,
    path: Path,
) -> None:
    """Refuse an XML of which GDAL found another number of records than stand in it."""
    found = sum(len(table.shapes) for table in tables)
    # GML may hold features where nobody looks for them: none counted says nothing
    if records == found or (kind == "gml" and not records):
        return
    raise InputError(
        f"'{path}' has {records} {_RECORDS[kind]}, {found} could be read: one stands"
        " inside another, or where its format does not look for it; repair it"
    )


def read_json(path: Path, told: Assumptions) -> list[Table]:
    """Read GeoJSON in any arrangement, TopoJSON or Esri JSON; one in GBK is brought to UTF-8 first.

    Raises
    ------
    InputError
        If it cannot be read, or its driver passed over a feature or a vertex of it.
    """
    # Too large for the memory: counted in passing, then read by GDAL.
    if path.stat().st_size > XML_MAX:
        return _read_large_json(path, told)
    content = path.read_bytes()
    _refuse_answer(path, content)
    try:
        text, encoding = _json_text(content, told)
        held = account_json(text.removeprefix("\ufeff"))
    except InputError as error:
        raise InputError(f"'{path}' {error}") from error
    del content

    # What GDAL reads whole is handed to it as it is; else a collection of all that was found.
    if held.plain and (encoding is None or encoding.name in ("utf-8", "utf-8-sig")):
        tables = read_vector(path, told)
    else:
        tables = _read_rewritten(path, text, held, told)

    # As many features and vertices as were counted, or the file is refused.
    _hold_to_account(tables, held, path)
    _hold_to_system(tables, held, path, told)
    if encoding is not None:
        for table in tables:
            _note_encoding(table, encoding)
    return tables


def _json_text(content: bytes, told: Assumptions) -> tuple[str, Encoding | None]:
    """Return the text of a JSON, and its encoding where the bytes leave one to be told."""
    # ASCII reads alike in every encoding, and saves a second look at the text.
    if content.isascii() and told.encoding is None:
        return content.decode("ascii"), None
    return decode(content, told.encoding)


def _read_large_json(path: Path, told: Assumptions) -> list[Table]:
    with path.open("rb") as file:
        _refuse_answer(path, file.read(_HEAD) + b'"receipt"')  # which stands at its end
    try:
        passed = account_stream(path)
    except InputError as error:
        raise InputError(f"'{path}' {error}") from error
    tables = read_vector(path, told)
    # held to the count as a small one is: nothing is lost because a file is large
    _hold_to_account(tables, passed, path)
    _hold_to_system(tables, passed, path, told)
    return tables


def _refuse_answer(path: Path, content: bytes) -> None:
    """Refuse an answer: its geometry alone would be a plot without the doubts and the accuracy that
    it was read with.
    """
    if is_answer(content):
        raise InputError(
            f"'{path}' is an answer of sxgeo and no file of plots; sxgeo replay FILE answers it"
            " again, sxgeo dossier FILE -o FOLDER writes it up"
        )


def _read_rewritten(
    path: Path,
    text: str,
    held: JsonAccount,
    told: Assumptions,
) -> list[Table]:
    """Read a copy in UTF-8, in one collection: another arrangement GDAL would read in part."""
    # the rewriting keeps the system as it stands, a link among them
    refuse_linked_crs(path)
    if held.collection is None:
        whole = inner(text.removeprefix("\ufeff"))
    else:
        whole = json.dumps(held.collection)
    # by its suffix the driver knows whether records are features or a service's own form
    suffix = ".json" if held.records is None else ".geojson"
    with TemporaryDirectory(prefix="sxgeo-") as folder, closed_doors():
        copy = Path(folder) / (path.stem[:_STEM] + suffix)
        copy.write_text(whole, encoding="utf-8")
        return _read_layers(copy, told, path)


def _hold_to_system(
    tables: list[Table],
    held: JsonAccount,
    path: Path,
    told: Assumptions,
) -> None:
    """Refuse a GeoJSON whose system its driver does not know, unless the person said another."""
    if told.crs is not None:
        return
    for table in tables:
        if (name := not_its_system(held.system, table.declared)) is not None:
            raise InputError(
                f"'{path}' names a coordinate system (crs) that is not known, {name}: it would be"
                " taken for WGS 84; say --assume crs=..., or name it as EPSG:CODE"
            )


def _hold_to_account(
    tables: list[Table],
    held: JsonAccount,
    path: Path,
) -> None:
    """Refuse a GeoJSON of which its driver passed over a feature or a vertex; what it says of
    itself joins what is left out.
    """
    found = sum(len(table.shapes) for table in tables)
    if held.records is not None and held.records != found:
        raise InputError(
            f"'{path}' has {held.records} records, {found} could be read as features; complete it:"
            " each is an object of type Feature"
        )
    vertices = sum(int(shapely.get_num_coordinates(table.shapes).sum()) for table in tables)
    # a shape that was not built, or closed with a point more, has another number of them
    comparable = not any(table.wrong or table.facts.closed_rings for table in tables)
    if held.vertices is not None and held.vertices != vertices and comparable:
        raise InputError(
            f"'{path}' has {held.vertices} vertices, {vertices} could be read: a position in it is"
            " no pair of numbers; repair it"
        )
    tables[0].left_out += held.left_out
