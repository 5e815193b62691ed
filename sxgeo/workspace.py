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

from .boundaries import boundary_polygons
from .errors import InputError, SxgeoError, UsageError, listed, unknown
from .layers import ALL_CLASS_IDS, empty_layer, load_classes, with_default_extent
from .model import CLASS_IDS, NUMBER_COLUMNS, RESOURCE_COLUMNS, ClassSpec, Layer
from .projection import GEOGRAPHIC, quantise, to_geographic
from .rules import load_rules
from .validation import problems

REQUIRED_COLUMNS = ("feature_id", "name_zh", "position_accuracy_m")
MODES = ("extend", "replace")
_NO_CRS = "no coordinate system; add a .prj file or save it as GeoPackage with EPSG:4490"


@dataclass(frozen=True, slots=True)
class UserLayer:
    """A user's own layer as the workspace file or `--layer` names it.

    Attributes
    ----------
    fields
        Column of the file by the column of sxgeo.
    subzones
        Subzone of sxgeo by the value that stands in the file.
    position_accuracy_m
        For all features, where the file has no such column.
    complete_in
        Codes of counties that `complete_document` declares complete.
    """

    class_id: str
    path: Path
    layer: str | None = None
    mode: str = "extend"
    fields: Mapping[str, str] = field(default_factory=dict)
    subzones: Mapping[str, str] = field(default_factory=dict)
    position_accuracy_m: float | None = None
    coverage: tuple[str, ...] = ()
    complete_in: tuple[str, ...] = ()
    complete_document: str | None = None


def read_workspace(path: str | Path) -> list[UserLayer]:
    """Read the layers of a `sxgeo.toml` workspace file, and check its boundaries.

    Parameters
    ----------
    path
        The file; paths in it are relative to its folder.

    Returns
    -------
    list of UserLayer
        In the order of the file; empty for a file of boundaries only. :func:`sxgeo.boundaries.own_polygons`
        reads those.

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
    bare = not isinstance(entries, list) or not (entries or "boundary" in parsed)
    found = ["no [[layer]] or [[boundary]] table"] if bare else []
    layers = []
    for number, entry in enumerate(entries if isinstance(entries, list) else [], start=1):
        wrong = list(_entry_problems(entry, file.parent)) if isinstance(entry, dict) else ["not a table"]
        found += [f"layer {number}: {problem}" for problem in wrong]
        if not wrong:
            layers.append(_user_layer(entry, file.parent))
    found += boundary_polygons(parsed.get("boundary"), file.parent)[1]
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
    "position_accuracy_m": (int, float),
    "coverage": list,
    "complete_in": list,
    "complete_document": str,
}


def _entry_problems(entry: dict[str, Any], folder: Path) -> list[str]:
    found = [f"unknown key '{key}'; known: {', '.join(_ENTRY_KEYS)}" for key in entry if key not in _ENTRY_KEYS]
    found += [f"'{k}' has the wrong type" for k, t in _ENTRY_KEYS.items() if k in entry and not isinstance(entry[k], t)]
    if found:
        return found
    found += [f"'{key}' is missing" for key in ("class", "file") if key not in entry]
    if entry.get("class", CLASS_IDS[0]) not in ALL_CLASS_IDS:
        found.append(str(unknown("class", entry["class"], ALL_CLASS_IDS)))
    if "file" in entry and not (folder / entry["file"]).exists():
        found.append(f"file '{entry['file']}' does not exist beside the workspace file")
    if entry.get("mode", "extend") not in MODES:
        found.append(f"mode '{entry['mode']}' is not extend or replace")
    if not 0 <= float(entry.get("position_accuracy_m", 0)) < np.inf:
        found.append(f"position_accuracy_m {entry['position_accuracy_m']} is not a number of metres from 0")
    codes = [*entry.get("complete_in", []), *entry.get("coverage", [])]
    found += [f"'{c}' is no county code (six digits)" for c in codes if not _is_code(c)]
    if entry.get("complete_in") and not str(entry.get("complete_document", "")).strip():
        found.append("complete_in needs complete_document: completeness is declared with its document")
    return found


def _is_code(value: object) -> bool:
    return isinstance(value, str) and len(value) == 6 and value.isascii() and value.isdigit()


def _user_layer(entry: dict[str, Any], folder: Path) -> UserLayer:
    accuracy = entry.get("position_accuracy_m")
    return UserLayer(
        class_id=entry["class"],
        path=folder / entry["file"],
        layer=entry.get("layer"),
        mode=entry.get("mode", "extend"),
        fields=entry.get("fields", {}),
        subzones=entry.get("subzones", {}),
        position_accuracy_m=None if accuracy is None else float(accuracy),
        coverage=tuple(entry.get("coverage", ())),
        complete_in=tuple(entry.get("complete_in", ())),
        complete_document=entry.get("complete_document"),
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


def plug_in(layers: Sequence[Layer], user_layers: Sequence[UserLayer]) -> list[Layer]:
    """Join users' layers to the bundled ones.

    Parameters
    ----------
    layers
        The bundled layers.
    user_layers
        `extend` adds to what is there, `replace` drops what is bundled.

    Returns
    -------
    list of Layer
        In the order of `layers`, then extra classes that only a user's layer fills.

    Raises
    ------
    InputError
        If any user's layer is bad; every problem of every layer in one message, and none is used.
    """
    joined = {layer.spec.id: layer for layer in layers}
    classes = load_classes()
    found: list[str] = []
    replaced: set[str] = set()
    for user in user_layers:
        try:
            frame = read_user_layer(user, classes[user.class_id])
        except SxgeoError as error:
            found.append(str(error))
            continue
        base = joined.get(user.class_id, empty_layer(classes[user.class_id]))
        if user.mode == "replace" and user.class_id not in replaced:
            base = empty_layer(base.spec)
            replaced.add(user.class_id)
        own = Layer.from_frame(base.spec, frame)
        if twice := sorted(_ids(own) & _ids(base)):
            found.append(f"{user.path}: feature_id {', '.join(twice[:5])} stands in {user.class_id} already; rename it")
            continue
        joined[user.class_id] = _merge(base, user, own)
    if found:
        raise InputError("\n".join(found))
    return list(joined.values())


def _ids(layer: Layer) -> set[str]:
    return {record["feature_id"] for record in layer.records}


def _merge(base: Layer, user: UserLayer, own: Layer) -> Layer:
    spec = base.spec
    coverage = {*spec.coverage, *user.coverage, *user.complete_in} or set(load_classes()[CLASS_IDS[0]].coverage)
    spec = replace(
        spec,
        coverage=tuple(sorted(coverage)),
        complete_in=tuple(sorted({*spec.complete_in, *user.complete_in})),
        complete_document=user.complete_document or spec.complete_document,
    )
    records = [with_default_extent(r, spec) for r in (*base.records, *own.records)]
    shapes = np.concatenate([base.shapes, own.shapes])
    order = sorted(range(len(records)), key=lambda i: str(records[i]["feature_id"]))
    origin = user.path.name if base.origin == "none" else f"{base.origin} + {user.path.name}"
    return Layer(spec, tuple(records[i] for i in order), shapes[order], origin=origin)


def read_user_layer(user: UserLayer, spec: ClassSpec) -> gpd.GeoDataFrame:
    """Read and check a user's layer.

    Returns
    -------
    GeoDataFrame
        EPSG:4490, quantised, all columns of a resource layer.

    Raises
    ------
    InputError
        Listing every problem by row; nothing of the file is used then.
    """
    raw = _read_file(user)
    mapped = raw.rename(columns={theirs: ours for ours, theirs in user.fields.items()})
    found = [f"field '{t}' (for {o}) is not in the file" for o, t in user.fields.items() if t not in raw.columns]
    found += [f"unknown column '{o}' in fields" for o in user.fields if o not in RESOURCE_COLUMNS]
    if user.position_accuracy_m is not None and "position_accuracy_m" not in mapped:
        mapped = mapped.assign(position_accuracy_m=user.position_accuracy_m)
    if missing := [c for c in REQUIRED_COLUMNS if c not in mapped]:
        found.append(f"missing column(s): {', '.join(missing)}; it has: {', '.join(map(str, raw.columns))}")
    if raw.crs is None:
        found.append(_NO_CRS)
    if found:
        raise InputError(listed(f"layer '{user.path}' for {spec.id} cannot be used:", found))
    frame = _as_resources(mapped, user, spec)
    if found := list(_row_problems(frame, spec)) + list(problems(frame)):
        shown = found if len(found) <= 50 else [*found[:50], f"... and {len(found) - 50} more"]
        raise InputError(listed(f"layer '{user.path}' for {spec.id} cannot be used:", shown))
    return frame


def _read_file(user: UserLayer) -> gpd.GeoDataFrame:
    if not user.path.exists():
        raise InputError(f"layer file '{user.path}' does not exist")
    try:
        frame = gpd.read_file(user.path, layer=user.layer) if user.layer else gpd.read_file(user.path)
    except Exception as error:  # the drivers raise many kinds; each means the file cannot be read
        raise InputError(f"layer file '{user.path}' cannot be read as a vector file: {_short(error)}") from error
    if not isinstance(frame, gpd.GeoDataFrame) or not len(frame):
        raise InputError(f"layer file '{user.path}' holds no features")
    return frame


def _as_resources(mapped: gpd.GeoDataFrame, user: UserLayer, spec: ClassSpec) -> gpd.GeoDataFrame:
    geometry = quantise(to_geographic(mapped.geometry.to_numpy(), mapped.crs))
    rows = {c: (mapped[c].astype(object) if c in mapped else pd.Series([None] * len(mapped))) for c in RESOURCE_COLUMNS}
    frame = pd.DataFrame({c: pd.Series(list(v), dtype=object) for c, v in rows.items()})
    frame = frame.where(frame.notna(), None)
    is_point = [g is not None and shapely.get_dimensions(g) == 0 for g in geometry]
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
    if user.subzones:
        frame["subzone"] = frame["subzone"].map(lambda v: user.subzones.get(v, v))
    for column in ("feature_id", "name_zh", "county_code"):
        frame[column] = frame[column].map(lambda v: None if v is None else str(v).strip() or None)
    for column in NUMBER_COLUMNS:
        frame[column] = pd.to_numeric(frame[column], errors="coerce")
    return gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(geometry, crs=GEOGRAPHIC), crs=GEOGRAPHIC)


def _row_problems(frame: gpd.GeoDataFrame, spec: ClassSpec) -> list[str]:
    """What a user's layer must hold beyond what holds for every resource frame."""
    known = sorted({r.subzone for r in load_rules(spec.id) if r.subzone})
    found = []
    for row, (geometry, accuracy, subzone) in enumerate(
        zip(frame.geometry, frame["position_accuracy_m"], frame["subzone"], strict=True), start=1
    ):
        if geometry is None or geometry.is_empty:
            found.append(f"row {row}: no geometry")
        elif not geometry.is_valid:
            found.append(f"row {row}: invalid geometry ({shapely.is_valid_reason(geometry)}); repair it in the file")
        if not np.isfinite(accuracy):
            found.append(f"row {row}: position_accuracy_m is not given; it is never taken as 0")
        if subzone is not None and subzone not in known:
            found.append(f"row {row}: unknown subzone '{subzone}'; known for {spec.id}: {', '.join(known) or 'none'}")
    return found


def _short(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return text[0] if text else type(error).__name__
