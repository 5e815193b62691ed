"""A user's own layers: the workspace file, `CLASS=FILE`, and how they join the bundled ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ..boundaries.units import load_counties
from ..errors import InputError, SxgeoError, UsageError, listed, unknown
from ..files.contents import fingerprint, read_toml, receipt_name
from ..layers.classes import CLASS_IDS
from ..layers.layers import ALL_CLASS_IDS, Layer, empty_layer, load_classes, with_default_extent
from ..model.outcomes import BOUNDARIES
from .amendments import parse_amendments
from .boundaries import parse, polygons_of
from .layers import (
    CLOSED_LINES,
    LINES,
    MODES,
    REVERSED,
    SECRECIES,
    UserLayer,
    read_resources,
    read_user_layer,
)
from .rows import codes_of

if TYPE_CHECKING:
    from .amendments import Amendment
    from .boundaries import OwnBoundary

__all__ = [
    "UserLayer",
    "Workspace",
    "load_workspace",
    "parse_layer_option",
    "plug_in",
    "read_user_layer",
    "read_workspace",
]


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace file, read once.

    Attributes
    ----------
    path, sha256
        The file, and the hash of the bytes that were read.
    layers
        Its `[[layer]]` tables, in their order.
    boundaries
        Its `[[boundary]]` tables, in their order.
    amendments
        Its `[[amend]]` tables, corrections of bundled records, in their order.
    project
        Its `[project]` table: project attributes as typed, by name; empty when there is none.
    found
        Whether it was found by itself, in the folder of the run.
    recorded
        Whether it comes from a receipt, and no file is looked at.
    """

    path: Path
    sha256: str
    layers: tuple[UserLayer, ...] = ()
    boundaries: tuple[OwnBoundary, ...] = ()
    project: Mapping[str, str | bool | int | float] = field(default_factory=dict)
    found: bool = False
    recorded: bool = False
    amendments: tuple[Amendment, ...] = ()

    def record(self) -> dict[str, Any]:
        """Return it as the receipt keeps it."""
        told = (
            {"amendments": [line.record() for line in self.amendments]} if self.amendments else {}
        )
        return {"file": self.path.name, "sha256": self.sha256, "found": self.found, **told}

    def refuse_changed(self) -> None:
        """Raise InputError if the file on disk is no longer what was read."""
        if self.recorded:
            return
        if fingerprint(self.path, "workspace file").sha256 != self.sha256:
            raise InputError(
                f"workspace file '{self.path}' changed while it was used; run the command again"
            )


def load_workspace(path: str | Path, *, found: bool = False) -> Workspace:
    """Read a `sxgeo.toml` workspace file: users' layers, own boundaries, the project.

    Parameters
    ----------
    path
        The file; paths in it are relative to its folder.
    found
        Whether it was found by itself, which the receipt tells.

    Returns
    -------
    Workspace
        What it says; the files that it names are read later.

    Raises
    ------
    InputError
        If it cannot be read or breaks a promise; all problems in one message.
    """
    file = Path(path)
    parsed, sha256 = read_toml(file, "workspace file")
    wrongs = [
        f"unknown table '{key}'; known: {', '.join(_TABLES)}"
        for key in parsed
        if key not in _TABLES
    ]
    entries = parsed.get("layer", [])
    bare = not isinstance(entries, list) or not any(parsed.get(key) for key in _TABLES)
    wrongs += ["no [[layer]] or [[boundary]] table, nor [[amend]], nor a [project]"] if bare else []
    layers = []
    for number, entry in enumerate(entries if isinstance(entries, list) else [], start=1):
        wrong = (
            list(_entry_problems(entry, file.parent))
            if isinstance(entry, dict)
            else ["not a table"]
        )
        wrongs += [f"layer {number}: {problem}" for problem in wrong]
        if not wrong:
            layers.append(_user_layer(entry, file.parent))
    boundaries, wrong = parse(parsed.get("boundary"), file.parent)
    project = parsed.get("project", {})
    amendments, misread = parse_amendments(parsed.get("amend"))
    wrongs += [*wrong, *_project_problems(project), *misread]
    if wrongs:
        raise InputError(listed(f"workspace file '{file}' cannot be used:", wrongs))
    return Workspace(
        file, sha256, tuple(layers), tuple(boundaries), project, found, amendments=tuple(amendments)
    )


def read_workspace(path: str | Path) -> list[UserLayer]:
    """Read the layers of a `sxgeo.toml` workspace file, and check its boundaries.

    Parameters
    ----------
    path
        The file; paths in it are relative to its folder.

    Returns
    -------
    list of UserLayer
        In the order of the file; empty for a file of boundaries or a project only. :func:`load_workspace` returns all.

    Raises
    ------
    InputError
        If it cannot be read or breaks a promise; all problems in one message.
    """
    workspace = load_workspace(path)
    _, found = polygons_of(workspace.boundaries)
    if found:
        raise InputError(listed(f"workspace file '{workspace.path}' cannot be used:", found))
    return list(workspace.layers)


def _project_problems(project: Any) -> Iterator[str]:
    if not isinstance(project, dict):
        yield "project: write it as [project], one table of attributes"
        return
    for key, value in project.items():
        if not isinstance(value, (str, bool, int, float)):
            yield f"project: '{key}' is neither a text nor a number nor true or false"


_TABLES = ("layer", "boundary", "amend", "project")
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
    "subzones_absent": list,
    "boundary": str,
    "secrecy": str,
    "closed_lines": str,
    "none_in": list,
}
NEAR_DEGREES = 0.3
"""How near to a county a feature speaks for it: some thirty kilometres, the width of a county."""
_TEXT_TABLES = ("fields", "subzones", "kinds")


def _entry_problems(entry: dict[str, Any], folder: Path) -> list[str]:
    found = [
        f"unknown key '{key}'; known: {', '.join(_ENTRY_KEYS)}"
        for key in entry
        if key not in _ENTRY_KEYS
    ]
    found += [
        f"'{k}' has the wrong type"
        for k, t in _ENTRY_KEYS.items()
        if k in entry and not _is_a(entry[k], t)
    ]
    tables = {k: entry[k] for k in _TEXT_TABLES if isinstance(entry.get(k), dict)}
    found += [
        f"'{k}.{o}' is not a text"
        for k, t in tables.items()
        for o, v in t.items()
        if not isinstance(v, str)
    ]
    found += [
        f"waive '{name}' is not a text"
        for name in _listed(entry, "waive")
        if not isinstance(name, str)
    ]
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
    for key, known in (
        ("boundary", BOUNDARIES),
        ("secrecy", SECRECIES),
        ("closed_lines", CLOSED_LINES),
    ):
        if entry.get(key, known[0]) not in known:
            found.append(f"{key} '{entry[key]}' is not {' or '.join(known)}")
    found += list(_absent_problems(entry))
    codes = [*entry.get("complete_in", []), *entry.get("coverage", [])]
    strange = [c for c in entry.get("none_in", []) if c not in entry.get("complete_in", [])]
    found += [f"none_in '{c}' does not stand in complete_in" for c in strange]
    found += [f"'{c}' is no county code (six digits)" for c in codes if not _is_code(c)]
    if entry.get("complete_in") and not str(entry.get("complete_document", "")).strip():
        found.append(
            "complete_in needs complete_document: completeness is declared with its document"
        )
    if entry.get("complete_in") and entry.get("class") in REVERSED:
        found.append(
            f"complete_in is not taken for {entry['class']}: its law binds land outside it, which is not judged here"
        )
    return found


def _absent_problems(entry: Mapping[str, Any]) -> Iterator[str]:
    """Say what is wrong with the subzones that a document declares not to exist."""
    absent = entry.get("subzones_absent", [])
    if absent and not str(entry.get("complete_document", "")).strip():
        yield "subzones_absent needs complete_document: what does not exist is declared with its document"
    if entry.get("class") not in ALL_CLASS_IDS:
        return
    known = codes_of("subzone", entry["class"])
    for name in absent:
        if not isinstance(name, str) or name not in known:
            codes = ", ".join(sorted(set(known.values()))) or "none"
            yield f"subzones_absent '{name}' is no subzone of {entry['class']}; known: {codes}"


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
        subzones_absent=_absent(entry),
        boundary=entry.get("boundary"),
        secrecy=entry.get("secrecy"),
        closed_lines=entry.get("closed_lines"),
        none_in=tuple(entry.get("none_in", ())),
        file=receipt_name(entry["file"]),
    )


def _absent(entry: Mapping[str, Any]) -> tuple[str, ...]:
    known = codes_of("subzone", entry["class"])
    return tuple(sorted({known[name] for name in entry.get("subzones_absent", ())}))


def parse_layer_option(text: str) -> UserLayer:
    """Parse a `CLASS=FILE` option.

    Raises
    ------
    UsageError
        If it has no ``=`` or names an unknown class.
    """
    class_id, sign, path = text.partition("=")
    if not sign or not path:
        raise UsageError(
            f"--layer '{text}' is not of the form CLASS=FILE, e.g. heritage_sites=official.gpkg"
        )
    if class_id not in ALL_CLASS_IDS:
        raise unknown("class", class_id, ALL_CLASS_IDS)
    return UserLayer(class_id, Path(path))


def with_content(users: Iterable[Any]) -> list[Any]:
    """Return users' layers, or own boundaries, with the hashes of their files as they are now.

    A file that cannot be read keeps none: who reads it says why, beside the problems of the others.
    """
    kept = []
    for user in users:
        try:
            kept.append(replace(user, content=user.content or fingerprint(user.path)))
        except InputError:
            kept.append(user)
    return kept


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
        joined[class_id] = empty_layer(
            replace(classes[class_id], complete_in=(), complete_document=None)
        )
    found: list[str] = []
    partial: set[str] = set()  # classes of which a layer is not all that it should be
    for user in user_layers:
        try:
            frame, doubts = read_resources(user, classes[user.class_id], remarks=said)
            if wrong := list(_empty_counties(user, frame)):
                raise InputError(
                    listed(f"layer '{user.path}' for {user.class_id} cannot be used:", wrong)
                )
        except SxgeoError as error:
            found.append(str(error))
            continue
        if doubts or user.waive:
            partial.add(user.class_id)
        base = joined.get(user.class_id, empty_layer(classes[user.class_id]))
        own = Layer.from_frame(base.spec, frame)
        if twice := sorted(_ids(own) & _ids(base)):
            found.append(
                f"{user.path}: feature_id {', '.join(twice[:5])} stands in {user.class_id} already; rename it"
            )
            continue
        joined[user.class_id] = _merge(base, user, own)
    if found:
        raise InputError("\n".join(found))
    for class_id in sorted(partial):
        layer = joined[class_id]
        joined[class_id] = replace(
            layer,
            spec=replace(layer.spec, complete_in=(), complete_document=None, subzones_absent=()),
        )
    return list(joined.values())


def _empty_counties(user: UserLayer, frame: Any) -> Iterator[str]:
    """Say of which counties a layer declares itself complete while it holds nothing in or near them.

    Most often it is another file than was meant, or one in another system; that there is nothing is for a document to say.
    """
    if not _complete_in(user):
        return
    counties = load_counties(neighbours=True)
    areas = dict(zip(counties["code"], counties.geometry, strict=True))
    shapes = frame.geometry.to_numpy()
    named = {code for codes in frame["county_code"].dropna() for code in str(codes).split(";")}
    for code in user.complete_in:
        if code not in areas:
            continue
        near = code in named or bool(shapely.dwithin(shapes, areas[code], NEAR_DEGREES).any())
        if not near and code not in user.none_in:
            yield (
                f"complete_in {code}: no feature of the layer lies in or near that county; is it the right file, in the "
                f'right system? Where the document says that there is none, say so: none_in = ["{code}"]'
            )
        if code in user.none_in and (
            code in named or bool(shapely.intersects(shapes, areas[code]).any())
        ):
            yield f"none_in {code}: a feature of the layer lies in that county; take the code out of none_in"


def _ids(layer: Layer) -> set[str]:
    return {record["feature_id"] for record in layer.records}


def _merge(base: Layer, user: UserLayer, own: Layer) -> Layer:
    spec = base.spec
    coverage = {*spec.coverage, *user.coverage, *user.complete_in} or set(
        load_classes()[CLASS_IDS[0]].coverage
    )
    documents = [
        d
        for d in (spec.complete_document, user.complete_document if user.complete_in else None)
        if d
    ]
    spec = replace(
        spec,
        coverage=tuple(sorted(coverage)),
        complete_in=tuple(sorted({*spec.complete_in, *_complete_in(user)})),
        complete_document="; ".join(dict.fromkeys(documents)) or None,
        subzones_absent=tuple(sorted({*spec.subzones_absent, *_absent_of(user)})),
    )
    records = [with_default_extent(r, spec) for r in (*base.records, *own.records)]
    shapes = np.concatenate([base.shapes, own.shapes])
    order = sorted(range(len(records)), key=lambda i: str(records[i]["feature_id"]))
    origin = replace(base.origin, files=(*base.origin.files, user.path.name))
    return Layer(spec, tuple(records[i] for i in order), shapes[order], origin=origin)


def _absent_of(user: UserLayer) -> tuple[str, ...]:
    """Which subzones the layer may declare absent: none without a document."""
    return user.subzones_absent if _complete_in(user) else ()


def _complete_in(user: UserLayer) -> tuple[str, ...]:
    """Where the layer may make its class whole: never without a document, never for a reversed class."""
    declared = bool(user.complete_document and user.complete_document.strip())
    return user.complete_in if declared and user.class_id not in REVERSED else ()
