"""A user's own layers: the workspace file, `CLASS=FILE`, and how they join the bundled ones."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .errors import InputError, SxgeoError, UsageError, listed, unknown
from .layers import ALL_CLASS_IDS, empty_layer, load_classes, with_default_extent
from .model import CLASS_IDS, NUMBER_COLUMNS, RESOURCE_COLUMNS, ClassSpec, Layer
from .projection import GEOGRAPHIC, quantise, to_geographic
from .user_files import read_vector
from .user_rows import REQUIRED_COLUMNS, codes_of, row_problems
from .validation import problems

MODES = ("extend", "replace")
LINES = ("centre_line", "edge")
STRIPS = ("road_strip", "railway_strip")
CENTRE_LINE_M = 100.0
"""How far the edge of a road's or railway's land may lie from its centre line: wide cuts and yards included."""
_REVERSED = ("urban_boundary",)
"""Classes whose law binds the land outside them: a site that touches nothing of them is not clear."""
_NO_CRS = "no coordinate system; add a .prj file or save it as GeoPackage with EPSG:4490"
_SHOWN = 50
_SAID_ALREADY = ("feature_id is empty", "does not fit no geometry", "is not in China", "the geometry is empty")
"""Problems of any resource frame that user_rows.py names in better words."""


@dataclass(frozen=True, slots=True)
class UserLayer:
    """A user's own layer as the workspace file or `--layer` names it.

    Attributes
    ----------
    fields
        Column of the file by the column of sxgeo.
    subzones, kinds
        Subzone or kind of sxgeo by the value that stands in the file; the Chinese names of wording.py need no mapping.
    position_accuracy_m
        For all features, where the file has no such column.
    complete_in
        Codes of counties that `complete_document` declares complete.
    lines
        What lines of a road or railway layer are: the ``edge`` of its land, or its ``centre_line``.
    half_width_m
        From such a centre line to the edge of the land; None takes `CENTRE_LINE_M`.
    waive
        Faulty rows that are left out, by `feature_id` or as ``row 3``; the class is then not complete.
    """

    class_id: str
    path: Path
    layer: str | None = None
    mode: str = "extend"
    fields: Mapping[str, str] = field(default_factory=dict)
    subzones: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    position_accuracy_m: float | None = None
    coverage: tuple[str, ...] = ()
    complete_in: tuple[str, ...] = ()
    complete_document: str | None = None
    lines: str = "centre_line"
    half_width_m: float | None = None
    encoding: str | None = None
    waive: tuple[str, ...] = ()


def read_workspace(path: str | Path) -> list[UserLayer]:
    """Read a `sxgeo.toml` workspace file.

    Parameters
    ----------
    path
        The file; paths in it are relative to its folder.

    Returns
    -------
    list of UserLayer
        In the order of the file.

    Raises
    ------
    InputError
        If it cannot be read or breaks a promise; all problems in one message.
    """
    file = Path(path)
    try:
        parsed = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"workspace file '{file}' cannot be read: {_short(error)}") from error
    entries = parsed.get("layer", [])
    found = [] if isinstance(entries, list) and entries else ["no [[layer]] table"]
    layers = []
    for number, entry in enumerate(entries if isinstance(entries, list) else [], start=1):
        wrong = list(_entry_problems(entry, file.parent)) if isinstance(entry, dict) else ["not a table"]
        found += [f"layer {number}: {problem}" for problem in wrong]
        if not wrong:
            layers.append(_user_layer(entry, file.parent))
    if found:
        raise InputError(listed(f"workspace file '{file}' cannot be used:", found))
    return layers


_ENTRY_KEYS: dict[str, Any] = {
    "class": str,
    "file": str,
    "layer": str,
    "mode": str,
    "fields": dict,
    "subzones": dict,
    "kinds": dict,
    "position_accuracy_m": (int, float),
    "coverage": list,
    "complete_in": list,
    "complete_document": str,
    "lines": str,
    "half_width_m": (int, float),
    "encoding": str,
    "waive": list,
}
_TEXT_TABLES = ("fields", "subzones", "kinds")


def _entry_problems(entry: dict[str, Any], folder: Path) -> list[str]:
    found = [f"unknown key '{key}'; known: {', '.join(_ENTRY_KEYS)}" for key in entry if key not in _ENTRY_KEYS]
    found += [f"'{k}' has the wrong type" for k, t in _ENTRY_KEYS.items() if k in entry and not _is_a(entry[k], t)]
    tables = {k: entry[k] for k in _TEXT_TABLES if isinstance(entry.get(k), dict)}
    found += [f"'{k}.{o}' is not a text" for k, t in tables.items() for o, v in t.items() if not isinstance(v, str)]
    found += [f"waive '{name}' is not a text" for name in _listed(entry, "waive") if not isinstance(name, str)]
    if found:
        return found
    found += [f"'{key}' is missing" for key in ("class", "file") if key not in entry]
    if entry.get("class", CLASS_IDS[0]) not in ALL_CLASS_IDS:
        found.append(str(unknown("class", entry["class"], ALL_CLASS_IDS)))
    if "file" in entry and not (folder / entry["file"]).exists():
        found.append(f"file '{entry['file']}' does not exist beside the workspace file")
    if entry.get("mode", "extend") not in MODES:
        found.append(f"mode '{entry['mode']}' is not extend or replace")
    for key in ("position_accuracy_m", "half_width_m"):
        if not 0 <= float(entry.get(key, 0)) < np.inf:
            found.append(f"{key} {entry[key]} is not a number of metres from 0")
    if entry.get("lines", "edge") not in LINES:
        found.append(f"lines '{entry['lines']}' is not {' or '.join(LINES)}")
    codes = [*entry.get("complete_in", []), *entry.get("coverage", [])]
    found += [f"'{c}' is no county code (six digits)" for c in codes if not _is_code(c)]
    if entry.get("complete_in") and not str(entry.get("complete_document", "")).strip():
        found.append("complete_in needs complete_document: completeness is declared with its document")
    if entry.get("complete_in") and entry.get("class") in _REVERSED:
        found.append(
            f"complete_in is not taken for {entry['class']}: its law binds land outside it, which is not judged here"
        )
    return found


def _is_a(value: object, kind: Any) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _listed(entry: Mapping[str, Any], key: str) -> list[Any]:
    value = entry.get(key, [])
    return value if isinstance(value, list) else []


def _is_code(value: object) -> bool:
    return isinstance(value, str) and len(value) == 6 and value.isascii() and value.isdigit()


def _user_layer(entry: dict[str, Any], folder: Path) -> UserLayer:
    accuracy, half_width = entry.get("position_accuracy_m"), entry.get("half_width_m")
    return UserLayer(
        class_id=entry["class"],
        path=folder / entry["file"],
        layer=entry.get("layer"),
        mode=entry.get("mode", "extend"),
        fields=entry.get("fields", {}),
        subzones=entry.get("subzones", {}),
        kinds=entry.get("kinds", {}),
        position_accuracy_m=None if accuracy is None else float(accuracy),
        coverage=tuple(entry.get("coverage", ())),
        complete_in=tuple(entry.get("complete_in", ())),
        complete_document=entry.get("complete_document"),
        lines=entry.get("lines", "centre_line"),
        half_width_m=None if half_width is None else float(half_width),
        encoding=entry.get("encoding"),
        waive=tuple(entry.get("waive", ())),
    )


def parse_layer_option(text: str) -> UserLayer:
    """Parse a `CLASS=FILE` option.

    Raises
    ------
    UsageError
        If it has no ``=`` or names an unknown class.
    """
    class_id, sign, path = text.partition("=")
    if not sign or not path:
        raise UsageError(f"--layer '{text}' is not of the form CLASS=FILE, e.g. heritage_sites=official.gpkg")
    if class_id not in ALL_CLASS_IDS:
        raise unknown("class", class_id, ALL_CLASS_IDS)
    return UserLayer(class_id, Path(path))


def plug_in(
    layers: Sequence[Layer], user_layers: Sequence[UserLayer], *, remarks: list[str] | None = None
) -> list[Layer]:
    """Join users' layers to the bundled ones.

    Parameters
    ----------
    layers
        The bundled layers.
    user_layers
        `extend` adds to what is there; one `replace` drops what is bundled of its class, never another user's layer.
    remarks
        A list that takes what was assumed: an encoding, a centre line, rows that were waived.

    Returns
    -------
    list of Layer
        In the order of `layers`, then extra classes that only a user's layer fills.

    Raises
    ------
    InputError
        If any user's layer is bad; every problem of every layer in one message, and none is used.
    """
    said = [] if remarks is None else remarks
    classes = load_classes()
    joined = {layer.spec.id: layer for layer in layers}
    for class_id in {user.class_id for user in user_layers if user.mode == "replace"}:
        joined[class_id] = empty_layer(replace(classes[class_id], complete_in=(), complete_document=None))
    found: list[str] = []
    for user in user_layers:
        try:
            frame = read_user_layer(user, classes[user.class_id], remarks=said)
        except SxgeoError as error:
            found.append(str(error))
            continue
        base = joined.get(user.class_id, empty_layer(classes[user.class_id]))
        own = Layer.from_frame(base.spec, frame)
        if twice := sorted(_ids(own) & _ids(base)):
            found.append(f"{user.path}: feature_id {', '.join(twice[:5])} stands in {user.class_id} already; rename it")
            continue
        joined[user.class_id] = _merge(base, user, own)
    if found:
        raise InputError("\n".join(found))
    for class_id in {user.class_id for user in user_layers if user.waive}:
        layer = joined[class_id]
        joined[class_id] = replace(layer, spec=replace(layer.spec, complete_in=(), complete_document=None))
    return list(joined.values())


def _ids(layer: Layer) -> set[str]:
    return {record["feature_id"] for record in layer.records}


def _merge(base: Layer, user: UserLayer, own: Layer) -> Layer:
    spec = base.spec
    coverage = {*spec.coverage, *user.coverage, *user.complete_in} or set(load_classes()[CLASS_IDS[0]].coverage)
    documents = [d for d in (spec.complete_document, user.complete_document if user.complete_in else None) if d]
    spec = replace(
        spec,
        coverage=tuple(sorted(coverage)),
        complete_in=tuple(sorted({*spec.complete_in, *_complete_in(user)})),
        complete_document="; ".join(dict.fromkeys(documents)) or None,
    )
    records = [with_default_extent(r, spec) for r in (*base.records, *own.records)]
    shapes = np.concatenate([base.shapes, own.shapes])
    order = sorted(range(len(records)), key=lambda i: str(records[i]["feature_id"]))
    origin = user.path.name if base.origin == "none" else f"{base.origin} + {user.path.name}"
    return Layer(spec, tuple(records[i] for i in order), shapes[order], origin=origin)


def _complete_in(user: UserLayer) -> tuple[str, ...]:
    """Where the layer may make its class whole: never without a document, never for a reversed class."""
    declared = bool(user.complete_document and user.complete_document.strip())
    return user.complete_in if declared and user.class_id not in _REVERSED else ()


def read_user_layer(user: UserLayer, spec: ClassSpec, *, remarks: list[str] | None = None) -> gpd.GeoDataFrame:
    """Read and check a user's layer.

    Parameters
    ----------
    remarks
        A list that takes what was assumed.

    Returns
    -------
    GeoDataFrame
        EPSG:4490, quantised, all columns of a resource layer.

    Raises
    ------
    InputError
        Listing every problem by row; nothing of the file is used then.
    """
    said = [] if remarks is None else remarks
    heading = f"layer '{user.path}' for {spec.id} cannot be used:"
    raw, remark = read_vector(user.path, layer=user.layer, encoding=user.encoding)
    said += [f"{user.path.name}: {remark}"] if remark else []
    mapped, found = _mapped(raw, user)
    if found:
        raise InputError(listed(heading, found))
    frame, unread = _as_resources(mapped, user, spec)
    by_row = _by_row(frame, unread, spec)
    found = [f"waive '{name}': no faulty row has that name" for name in _unused(user, frame, by_row)]
    kept = [row for row in range(len(frame)) if not (row in by_row and _is_waived(user, frame, row))]
    found += [text for row in sorted(by_row) if row in kept for text in by_row[row]]
    if found:
        shown = found if len(found) <= _SHOWN else [*found[:_SHOWN], f"... and {len(found) - _SHOWN} more"]
        raise InputError(listed(heading, shown))
    if not kept:
        raise InputError(listed(heading, ["every row is waived; nothing is left"]))
    waived = [_row_name(frame, row) for row in range(len(frame)) if row not in set(kept)]
    said += [f"{user.path.name}: 已放弃 waived: {name}; {spec.id} 不按完整对待 is not complete" for name in waived]
    return _with_half_width(frame.iloc[kept].reset_index(drop=True), user, spec, said)


def _mapped(raw: gpd.GeoDataFrame, user: UserLayer) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Rename the file's fields to those of sxgeo, and say what stands in the way."""
    found = [f"field '{t}' (for {o}) is not in the file" for o, t in user.fields.items() if t not in raw.columns]
    found += [f"unknown column '{o}' in fields" for o in user.fields if o not in RESOURCE_COLUMNS]
    counted = list(user.fields.values())
    found += [f"field '{t}' is mapped twice" for t in dict.fromkeys(counted) if counted.count(t) > 1]
    taken = [o for o, t in user.fields.items() if o in raw.columns and t != o]
    mapped = raw.drop(columns=taken).rename(columns={theirs: ours for ours, theirs in user.fields.items()})
    if user.position_accuracy_m is not None and "position_accuracy_m" not in mapped:
        mapped = mapped.assign(position_accuracy_m=user.position_accuracy_m)
    if missing := [c for c in REQUIRED_COLUMNS if c not in mapped]:
        found.append(f"missing column(s): {', '.join(missing)}; it has: {', '.join(map(str, raw.columns))}")
    if raw.crs is None:
        found.append(_NO_CRS)
    return mapped, found


def _by_row(frame: gpd.GeoDataFrame, unread: Mapping[int, list[str]], spec: ClassSpec) -> dict[int, list[str]]:
    """All problems by the number of their row, from 0; each text names the row from 1 and its feature_id."""
    found: dict[int, list[str]] = {}
    for row, text in row_problems(frame, spec):
        found.setdefault(row, []).append(f"{_row_name(frame, row)}: {text}")
    for row, texts in unread.items():
        found.setdefault(row, []).extend(f"{_row_name(frame, row)}: {text}" for text in texts)
    for text in problems(frame):
        number = text.removeprefix("row ").partition(" ")[0]
        if text.startswith("row ") and number.isdigit() and not any(part in text for part in _SAID_ALREADY):
            found.setdefault(int(number) - 1, []).append(text)
    return found


def _row_name(frame: gpd.GeoDataFrame, row: int) -> str:
    return f"row {row + 1} ({frame['feature_id'].iloc[row] or 'no id'})"


def _is_waived(user: UserLayer, frame: gpd.GeoDataFrame, row: int) -> bool:
    return f"row {row + 1}" in user.waive or frame["feature_id"].iloc[row] in user.waive


def _unused(user: UserLayer, frame: gpd.GeoDataFrame, by_row: Mapping[int, list[str]]) -> list[str]:
    faulty = {str(frame["feature_id"].iloc[row]) for row in by_row} | {f"row {row + 1}" for row in by_row}
    return [name for name in user.waive if name not in faulty]


def _with_half_width(frame: gpd.GeoDataFrame, user: UserLayer, spec: ClassSpec, said: list[str]) -> gpd.GeoDataFrame:
    """Let a centre line be as inaccurate as the land is wide: the law measures from the edge of the land."""
    lines = np.asarray(shapely.get_dimensions(frame.geometry.to_numpy()) == 1)
    if spec.id not in STRIPS or user.lines == "edge" or not lines.any():
        return frame
    width = CENTRE_LINE_M if user.half_width_m is None else user.half_width_m
    said.append(
        f"{user.path.name}: {int(lines.sum())} 条线按中心线对待，位置精度加 {width:g} 米 lines are taken as centre lines"
    )
    accuracy = frame["position_accuracy_m"].to_numpy(dtype=float) + np.where(lines, width, 0.0)
    return frame.assign(position_accuracy_m=accuracy)


def _as_resources(
    mapped: gpd.GeoDataFrame, user: UserLayer, spec: ClassSpec
) -> tuple[gpd.GeoDataFrame, dict[int, list[str]]]:
    """Give a user's frame all columns, and say by row which values could not be read."""
    geometry = quantise(to_geographic(mapped.geometry.to_numpy(), mapped.crs))
    rows = {c: list(mapped[c].astype(object)) if c in mapped else [None] * len(mapped) for c in RESOURCE_COLUMNS}
    frame = pd.DataFrame({c: pd.Series([_blank(v) for v in values], dtype=object) for c, values in rows.items()})
    unread = _unread(frame, spec)
    is_point = [g is not None and shapely.get_dimensions(g) == 0 for g in geometry]
    for column in ("county_code", "designated_on", "source_date", "batch_or_year"):
        frame[column] = frame[column].map(_as_text, na_action="ignore")
    defaults = {
        "membership": "official_list",
        "role": "listed",
        "source": user.path.name,
        "confidence": "user",
        "datum": "CGCS2000",
        "datum_error_m": 0.0,
    }
    for column, value in defaults.items():
        frame[column] = frame[column].where(frame[column].notna(), value)
    frame["resource_class"] = spec.id
    kinds = pd.Series(np.where(is_point, "point", "digitised"), dtype=object)
    frame["geometry_kind"] = frame["geometry_kind"].where(frame["geometry_kind"].notna(), kinds)
    proxy = pd.Series(["proxy" if p else None for p in is_point], dtype=object)
    frame["point_role"] = frame["point_role"].where(frame["point_role"].notna(), proxy)
    for column, said in (("subzone", user.subzones), ("resource_kind", user.kinds)):
        known = codes_of(column, spec.id)
        frame[column] = [_coded(value, said, known) for value in frame[column]]
    for column in ("feature_id", "name_zh"):
        frame[column] = frame[column].map(_as_text, na_action="ignore")
    frame = pd.DataFrame({c: pd.Series([_blank(v) for v in frame[c]], dtype=object) for c in frame})
    for column in NUMBER_COLUMNS:
        frame[column] = pd.to_numeric(frame[column], errors="coerce")
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(geometry, crs=GEOGRAPHIC), crs=GEOGRAPHIC), unread


def _blank(value: Any) -> Any:
    missing = value is None or value is pd.NaT or value is pd.NA or value != value
    return None if missing or (isinstance(value, str) and not value.strip()) else value


def _as_text(value: Any) -> str | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, pd.Timestamp):
        value = value.date().isoformat()
    return str(value).strip() or None


def _coded(value: Any, said: Mapping[str, str], known: Mapping[str, str]) -> str | None:
    """The code of a subzone or kind: as the workspace maps it, else by its Chinese name, else as it stands."""
    if value is None:
        return None
    text = str(value).strip()
    mapped = said.get(text, text)
    return known.get(mapped, mapped) or None


def _unread(frame: pd.DataFrame, spec: ClassSpec) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for column in NUMBER_COLUMNS:
        numbers = pd.to_numeric(frame[column], errors="coerce")
        for row in map(int, np.flatnonzero(frame[column].notna() & numbers.isna())):
            found.setdefault(row, []).append(f"{column} '{frame[column].iloc[row]}' is not a number of metres")
    for place, value in enumerate(frame["resource_class"]):
        if value is not None and value != spec.id:
            found.setdefault(place, []).append(f"resource_class '{value}' is not {spec.id}")
    return found


def _short(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return text[0] if text else type(error).__name__
