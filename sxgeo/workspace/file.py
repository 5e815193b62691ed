"""A user's own layers: the workspace file, `CLASS=FILE`, and how they join the bundled ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ..boundaries.county_names import county_code_of
from ..boundaries.units import load_counties
from ..errors import InputError, SxgeoError, UsageError, listed
from ..files.contents import fingerprint, named_path, parse_toml, path_problem, receipt_name
from ..layers.class_names import class_id_of
from ..layers.classes import ALL_CLASS_IDS, CLASS_IDS
from ..layers.layers import Layer, empty_layer, load_classes, with_default_extent
from ..model.filing import FIELDS, field_key, filing_problems
from ..model.outcomes import BOUNDARIES, ZONE_SIGN
from ..model.project import ATTRIBUTES, is_attribute
from .amendments import parse_amendments
from .boundaries import parse, polygons_of
from .land_use import parse_land
from .layers import (
    CLOSED_LINES,
    LINES,
    MODES,
    POINTS,
    REVERSED,
    SECRECIES,
    UserLayer,
    read_resources,
    read_user_layer,
    unusable,
)
from .row_lines import collapsed
from .rows import coded, codes_of

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from ..layers.classes import ClassSpec
    from .amendments import Amendment
    from .boundaries import OwnBoundary
    from .land_use import LandLayer

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
    remarks
        What was assumed of the file itself: its encoding.
    lands
        Its layers of land classes, `[land_use]` and `[planned_use]`.
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
    remarks: tuple[str, ...] = ()
    lands: tuple[LandLayer, ...] = ()

    def record(self) -> dict[str, Any]:
        """Return it as the receipt keeps it."""
        told = (
            {"amendments": [line.record() for line in self.amendments]} if self.amendments else {}
        )
        return {
            "file": self.path.name,
            "sha256": self.sha256,
            "found": self.found,
            **told,
        }

    def refuse_changed(self) -> None:
        """Raise InputError if the file on disk is no longer what was read."""
        # a receipt names a file that need not be here any more
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
    read = parse_toml(file, "workspace file")
    tables, wrongs = _tables(read.parsed, file.parent)
    if wrongs:
        raise InputError(listed(f"workspace file '{file}' cannot be used:", wrongs))
    return Workspace(
        path=file,
        sha256=read.sha256,
        layers=tables.layers,
        boundaries=tables.boundaries,
        project=tables.project,
        found=found,
        amendments=tables.amendments,
        remarks=() if read.remark is None else (read.remark,),
        lands=tables.lands,
    )


@dataclass(frozen=True, slots=True)
class _Tables:
    """What the tables of a workspace file say, under the names of :class:`Workspace`."""

    layers: tuple[UserLayer, ...]
    boundaries: tuple[OwnBoundary, ...]
    # Any: a project that is no table is kept as it stands, and refused.
    project: Any
    amendments: tuple[Amendment, ...]
    lands: tuple[LandLayer, ...]


def _tables(parsed: Mapping[str, Any], folder: Path) -> tuple[_Tables, list[str]]:
    """Read all tables to their end before one word is said: all problems come in one message."""
    wrongs = list(_table_problems(parsed))

    # Faulty defaults were told already, and would fault every layer once more.
    defaults = {} if wrongs else parsed.get("defaults", {})
    layers, faulty = _parsed_layers(_listed(parsed, "layer"), defaults, folder)
    wrongs += collapsed(faulty, what="layers")
    boundaries, wrong = parse(parsed.get("boundary"), folder)
    project = _with_days(parsed.get("project", {}))
    amendments, misread = parse_amendments(parsed.get("amend"))
    lands, bad = _parsed_lands(parsed, folder)
    wrongs += [*bad, *wrong, *_project_problems(project), *misread]
    tables = _Tables(
        layers=tuple(layers),
        boundaries=tuple(boundaries),
        project=project,
        amendments=tuple(amendments),
        lands=tuple(lands),
    )
    return tables, wrongs


def _table_problems(parsed: Mapping[str, Any]) -> Iterator[str]:
    """Say what is wrong with the tables as such: unknown ones, faulty defaults, none at all."""
    for key in parsed:
        if key not in _TABLES:
            yield f"unknown table '{key}'; known: {', '.join(_TABLES)}"
    yield from _default_problems(parsed.get("defaults", {}))

    # A workspace that brings nothing is a slip, not a wish.
    brings = any(parsed.get(key) for key in _TABLES if key != "defaults")
    if not brings or not isinstance(parsed.get("layer", []), list):
        yield "no [[layer]] or [[boundary]] table, nor [[amend]], nor a [project]"


def _parsed_lands(parsed: Mapping[str, Any], folder: Path) -> tuple[list[LandLayer], list[str]]:
    """Read the tables of land classes, and say what is wrong with them."""
    lands, wrongs = [], []
    for role in ("land_use", "planned_use"):
        land, wrong = parse_land(role, parsed.get(role), folder, SECRECIES)
        wrongs += wrong
        lands += [land] if land is not None else []
    return lands, wrongs


def read_workspace(path: str | Path) -> list[UserLayer]:
    """Read the layers of a `sxgeo.toml` workspace file, and check its boundaries.

    Parameters
    ----------
    path
        The file; paths in it are relative to its folder.

    Returns
    -------
    list of UserLayer
        In the order of the file; empty for a file of boundaries or a project only.
        :func:`load_workspace` returns all.

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


def _project_problems(project: object) -> Iterator[str]:
    if not isinstance(project, dict):
        yield "project: write it as [project], one table of attributes"
        return
    for key, value in project.items():
        if not isinstance(value, (str, bool, int, float)):
            yield f"project: '{key}' is neither a text nor a number nor true or false"
        elif field_key(key) is None and key != "type" and not is_attribute(key):
            yield f"project: {_unknown_field(key)}"
    yield from filing_problems(project)


def _unknown_field(key: str) -> str:
    """Name the nearest field, and every field that a filing knows."""
    names = [*FIELDS, *FIELDS.values(), "type", *ATTRIBUTES]
    near = get_close_matches(key, names, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    fields = ", ".join(f"{name} {zh}" for name, zh in FIELDS.items())
    return (
        f"unknown project attribute '{key}'.{hint} Known: type, {', '.join(ATTRIBUTES)}; fields of"
        f" a filing: {fields}"
    )


def _with_days(project: object) -> Any:
    """Write a day that TOML knows as such as its text; everything else stays as it is."""
    if not isinstance(project, dict):
        return project
    return {
        key: value.isoformat() if type(value) is date else value for key, value in project.items()
    }


_TABLES = ("layer", "boundary", "amend", "project", "defaults", "land_use", "planned_use")
_DEFAULT_KEYS = (
    "position_accuracy_m",
    "mode",
    "coverage",
    "complete_in",
    "complete_document",
    "secrecy",
)
"""What `[defaults]` may say of every layer that says nothing else."""
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
    "points": str,
    "none_in": list,
    "subzone": str,
    "kind": str,
    "name": str,
    "id_prefix": str,
}
_COUNTY_KEYS = ("complete_in", "coverage", "none_in")
NEAR_DEGREES = 0.3
"""How near to a county a feature speaks for it: some thirty kilometres, the width of a county."""
_TEXT_TABLES = ("fields", "subzones", "kinds")


def _default_problems(defaults: object) -> Iterator[str]:
    """Say what is wrong with the form of `[defaults]`; the values are checked with each layer that
    takes them.
    """
    if not isinstance(defaults, dict):
        yield "defaults: write it as [defaults], one table"
        return
    for key, value in defaults.items():
        if key not in _DEFAULT_KEYS:
            yield f"defaults: unknown key '{key}'; known: {', '.join(_DEFAULT_KEYS)}"
        elif not _is_a(value, _ENTRY_KEYS[key]):
            yield f"defaults: '{key}' has the wrong type"

    # a county that nobody knows would else be the silent word of every layer
    yield from (f"defaults: {problem}" for problem in _coded(defaults)[1])


def _with_defaults(entry: dict[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Give a layer what `[defaults]` says and it does not say itself.

    An accuracy is not given to legal vectors, whose own is their stored rounding, nor completeness
    to a class that takes none.
    """
    passed = {"position_accuracy_m"} if entry.get("boundary") == "legal_vector" else set()
    passed |= (
        {"complete_in", "complete_document"}
        if entry.get("class") in REVERSED or "complete_in" in entry
        else set()
    )
    taken = {
        key: value for key, value in defaults.items() if key not in entry and key not in passed
    }
    return {**_coded(taken)[0], **entry}


def _checked(
    entry: object,
    defaults: dict[str, Any],
    folder: Path,
) -> tuple[dict[str, Any], list[str]]:
    """Return a table in codes and with its defaults, and what is wrong with it."""
    if not isinstance(entry, dict):
        return {}, ["not a table"]
    coded, wrong = _coded(entry)
    if not coded:
        return coded, wrong

    # defaults first: a table may lack what all of them have in common
    filled = _with_defaults(coded, defaults)
    return filled, [*wrong, *_entry_problems(filled, folder)]


def _parsed_layers(
    entries: Sequence[Any],
    defaults: dict[str, Any],
    folder: Path,
) -> tuple[list[UserLayer], list[tuple[str, str]]]:
    """The layers of a workspace; beside them each problem with the number of its entry."""
    layers = []
    faulty: list[tuple[str, str]] = []
    for number, entry in enumerate(entries, start=1):
        coded, wrong = _checked(entry, defaults, folder)
        faulty += [(f"layer {number}", problem) for problem in wrong]
        if not wrong:
            layers.append(_user_layer(coded, folder))
    return layers, faulty


def _coded(entry: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Write a layer's class and counties, which may be named in Chinese, as their codes; and name
    those that nobody knows.
    """
    coded = dict(entry)
    found: list[str] = []
    if isinstance(entry.get("class"), str):
        # a Chinese name of a class is taken, a class that nobody knows is told
        try:
            coded["class"] = class_id_of(entry["class"])
        except UsageError as error:
            found.append(str(error))
    for key in _COUNTY_KEYS:
        if isinstance(entry.get(key), list):
            coded[key] = [_coded_county(county, key, found) for county in entry[key]]
    return coded, found


# Any: what a list of the file holds, which need be no text.
def _coded_county(
    county: Any,
    key: str,
    found: list[str],
) -> Any:
    """Return the code of a county; what nobody knows is kept as it stands, so that the other
    problems of the entry are found beside it.
    """
    try:
        return county_code_of(str(county))
    except UsageError as error:
        found.append(f"{key}: {error}")
        return county


def _entry_problems(entry: dict[str, Any], folder: Path) -> list[str]:
    # Of values of the wrong type nothing more can be asked.
    if found := _type_problems(entry):
        return found
    found += [f"'{key}' is missing" for key in ("class", "file") if key not in entry]
    if "file" in entry and (problem := path_problem(folder, entry["file"])):
        found.append(problem)
    found += list(_choice_problems(entry))

    # What a user says of a whole layer weighs more than a row: it can make a class complete.
    found += list(_absent_problems(entry))
    found += list(_constant_problems(entry))
    found += list(_completeness_problems(entry))
    return found


def _type_problems(entry: dict[str, Any]) -> list[str]:
    """Unknown keys, then values that are not of the kind of their key."""
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
    return found


def _choice_problems(entry: dict[str, Any]) -> Iterator[str]:
    """Values that are none of the few that their key takes, and lengths that are none."""
    if entry.get("mode", "extend") not in MODES:
        yield f"mode '{entry['mode']}' is not extend or replace"
    for key in ("position_accuracy_m", "half_width_m"):
        if not 0 <= float(entry.get(key, 0)) < np.inf:
            yield f"{key} {entry[key]} is not a number of metres from 0"
    if entry.get("lines", "edge") not in LINES:
        yield f"lines '{entry['lines']}' is not {' or '.join(LINES)}"
    for key, known in (
        ("boundary", BOUNDARIES),
        ("secrecy", SECRECIES),
        ("closed_lines", CLOSED_LINES),
        ("points", POINTS),
    ):
        if entry.get(key, known[0]) not in known:
            yield f"{key} '{entry[key]}' is not {' or '.join(known)}"


def _completeness_problems(entry: dict[str, Any]) -> Iterator[str]:
    """Completeness clears sites: it stands on a document, and only where the law can be judged."""
    # none is in a county that was looked through; elsewhere nobody knows
    for code in entry.get("none_in", []):
        if code not in entry.get("complete_in", []):
            yield f"none_in '{code}' does not stand in complete_in"
    if entry.get("complete_in") and not str(entry.get("complete_document", "")).strip():
        yield "complete_in needs complete_document: completeness is declared with its document"
    if entry.get("complete_in") and entry.get("class") in REVERSED:
        yield (
            f"complete_in is not taken for {entry['class']}: its law binds land outside it, which"
            " is not judged here"
        )


def _absent_problems(entry: Mapping[str, Any]) -> Iterator[str]:
    """Say what is wrong with the subzones that a document declares not to exist."""
    absent = entry.get("subzones_absent", [])
    if absent and not str(entry.get("complete_document", "")).strip():
        yield (
            "subzones_absent needs complete_document: what does not exist is declared with its"
            " document"
        )
    if entry.get("class") not in ALL_CLASS_IDS:
        return
    known = codes_of("subzone", entry["class"])
    for name in absent:
        if not isinstance(name, str) or name not in known:
            codes = ", ".join(sorted(set(known.values()))) or "none"
            yield f"subzones_absent '{name}' is no subzone of {entry['class']}; known: {codes}"


def _constant_problems(entry: Mapping[str, Any]) -> Iterator[str]:
    """Say what is wrong with what the workspace says of every feature of a file."""
    for key, column in (("subzone", "subzone"), ("kind", "resource_kind")):
        if key not in entry or entry.get("class") not in ALL_CLASS_IDS:
            continue
        known = codes_of(column, entry["class"])
        if coded(entry[key], known) not in known.values():
            names = "、".join(label for label in known if not label.isascii()) or "none"
            yield f"{key} '{entry[key]}' is none of {entry['class']}; known: {names}"
    for key in ("name", "id_prefix"):
        if key in entry and not entry[key].strip():
            yield f"'{key}' is empty"


def _is_a(value: object, kind: type | tuple[type, ...]) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _listed(entry: Mapping[str, Any], key: str) -> list[Any]:
    value = entry.get(key, [])
    return value if isinstance(value, list) else []


_AS_SAID = (
    "layer",
    "complete_document",
    "encoding",
    "boundary",
    "secrecy",
    "closed_lines",
    "points",
    "subzone",
    "kind",
    "name",
    "id_prefix",
)
"""What a table says of its layer in one word, under the name that it has there."""
_LISTS = ("coverage", "complete_in", "waive", "none_in")
_MAPPINGS = ("fields", "subzones", "kinds")
_METRES = ("position_accuracy_m", "half_width_m")


def _user_layer(entry: dict[str, Any], folder: Path) -> UserLayer:
    return UserLayer(
        class_id=entry["class"],
        path=named_path(folder, entry["file"]),
        mode=entry.get("mode", "extend"),
        lines=entry.get("lines", "centre_line"),
        subzones_absent=_absent(entry),
        file=receipt_name(entry["file"]),
        **_said(entry),
    )


def _said(entry: dict[str, Any]) -> dict[str, Any]:
    """Return what is taken over from a table under the name that it has there."""
    # What was not said stays None: a default of 0 m would call a sketch exact.
    said = {key: entry.get(key) for key in (*_AS_SAID, *_METRES)}
    said |= {key: float(entry[key]) for key in _METRES if said[key] is not None}
    said |= {key: tuple(entry.get(key, ())) for key in _LISTS}
    return said | {key: entry.get(key, {}) for key in _MAPPINGS}


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
    return UserLayer(class_id_of(class_id), Path(path))


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
    layers: Sequence[Layer],
    user_layers: Sequence[UserLayer],
    *,
    remarks: list[str] | None = None,
) -> list[Layer]:
    """Join users' layers to the bundled ones.

    Parameters
    ----------
    layers
        The bundled layers.
    user_layers
        `extend` adds to what is there; one `replace` drops what is bundled of its class, never
        another user's layer.
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
    joined = {layer.spec.id: layer for layer in layers} | _emptied(user_layers, classes)
    read, found, partial = _read_layers(user_layers, classes, said)
    found += _join(joined, _told_apart(read, said), classes)
    if found:
        raise InputError("\n".join(found))

    # A layer that is not all it should be makes its class incomplete, whatever was declared.
    for class_id in sorted(partial):
        joined[class_id] = _incomplete(joined[class_id])
    return list(joined.values())


def _join(
    joined: dict[str, Layer],
    read: Sequence[tuple[UserLayer, gpd.GeoDataFrame]],
    classes: Mapping[str, ClassSpec],
) -> list[str]:
    """Put each layer of a user into its class, and say of those that cannot join why."""
    problems = []
    for user, frame in read:
        # an extra class has no layer until a user brings one
        base = joined.get(user.class_id, empty_layer(classes[user.class_id]))
        own = Layer.from_frame(base.spec, frame)
        if problem := _shared_with(base, user, own):
            problems.append(problem)
            continue
        joined[user.class_id] = _merge(base, user, own)
    return problems


def _shared_with(
    base: Layer,
    user: UserLayer,
    own: Layer,
) -> str | None:
    """Say which ids of a user's layer its class has already, if any."""
    # One id for two things would merge their findings.
    if twice := sorted(_ids(own) & _ids(base)):
        return (
            f"{user.path}: feature_id {', '.join(twice[:5])} stands in {user.class_id} already;"
            " rename it"
        )
    return None


def _emptied(
    user_layers: Sequence[UserLayer],
    classes: Mapping[str, ClassSpec],
) -> dict[str, Layer]:
    """Return empty layers of the classes that a user replaces."""
    # Of a class that is replaced nothing bundled stays, not even its completeness.
    replaced = dict.fromkeys(user.class_id for user in user_layers if user.mode == "replace")
    return {
        class_id: empty_layer(replace(classes[class_id], complete_in=(), complete_document=None))
        for class_id in replaced
    }


def _incomplete(layer: Layer) -> Layer:
    """Return a layer that is complete nowhere."""
    spec = replace(
        layer.spec,
        complete_in=(),
        complete_document=None,
        subzones_absent=(),
    )
    return replace(layer, spec=spec)


def _read_layers(
    user_layers: Sequence[UserLayer],
    classes: Mapping[str, ClassSpec],
    said: list[str],
) -> tuple[list[tuple[UserLayer, gpd.GeoDataFrame]], list[str], set[str]]:
    """Read all layers: those that can be used, the problems of the others, and the classes of
    which a layer is not all that it should be.
    """
    read: list[tuple[UserLayer, gpd.GeoDataFrame]] = []
    found: list[str] = []
    partial: set[str] = set()
    for user in user_layers:
        try:
            frame, doubts = read_resources(user, classes[user.class_id], remarks=said)
            _refuse_empty_counties(user, frame)
        except SxgeoError as error:
            # the next file is read all the same: a person mends all of them in one go
            found.append(str(error))
            continue
        if doubts or user.waive:
            partial.add(user.class_id)
        read.append((user, frame))
    return read, found, partial


def _refuse_empty_counties(user: UserLayer, frame: gpd.GeoDataFrame) -> None:
    if wrong := list(_empty_counties(user, frame)):
        raise unusable(user, user.class_id, wrong)


def _shared_ids(
    read: Sequence[tuple[UserLayer, Any]],
) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """Yield each id that two files of a class have, and where it stands: file and row."""
    places: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for number, (user, frame) in enumerate(read):
        for row, feature_id in enumerate(frame["feature_id"]):
            places.setdefault((user.class_id, feature_id), []).append((number, row))
    for (_, feature_id), own in places.items():
        if len({number for number, _ in own}) > 1:
            yield feature_id, own


def _is_one(rows: Sequence[pd.Series]) -> bool:
    """Say whether rows are parts of one resource: one name, and each a subzone of its own."""
    subzones = [row["subzone"] for row in rows]
    names = {row["name_zh"] for row in rows}
    return len(names) == 1 and None not in subzones and len(set(subzones)) == len(subzones)


def _told_apart(
    read: Sequence[tuple[UserLayer, Any]], said: list[str]
) -> list[tuple[UserLayer, Any]]:
    """Give features of several files of one class ids of their own where the files have the same
    ones.

    Features of one name that differ by their subzone are parts of one resource, and count once;
    others are different things.
    """
    frames = [frame.copy() for _, frame in read]
    counts: dict[int, int] = {}
    for feature_id, own in _shared_ids(read):
        signs = _signs(frames, own)
        for (number, row), sign in zip(own, signs, strict=True):
            frames[number].loc[frames[number].index[row], "feature_id"] = f"{feature_id}{sign}"
            counts[number] = counts.get(number, 0) + 1
    said += [_apart_words(read[number][0], count) for number, count in sorted(counts.items())]
    return [(user, frame) for (user, _), frame in zip(read, frames, strict=True)]


def _apart_words(user: UserLayer, count: int) -> str:
    return (
        f"{user.path.name}: {count} 个编号在本类另一文件中也有，已加后缀区分 ids"
        " stand in another file of the class too, and were told apart; give id_prefix to"
        " choose them"
    )


# Any: frames of users' layers.
def _signs(frames: Sequence[Any], places: Sequence[tuple[int, int]]) -> list[str]:
    """Return what tells apart the features of one id that stand there, by file and row."""
    rows = [frames[number].iloc[row] for number, row in places]

    # A core and its buffer in two files are one resource with two subzones, told apart by
    # these; anything else by the number of its file.
    if _is_one(rows):
        return [f"{ZONE_SIGN}{cells['subzone']}" for cells in rows]
    return [f"@{number + 1}" for number, _ in places]


def _empty_counties(user: UserLayer, frame: gpd.GeoDataFrame) -> Iterator[str]:
    """Say of which counties a layer declares itself complete while it holds nothing in or near
    them.

    Most often it is another file than was meant, or one in another system; that there is nothing is
    for a document to say.
    """
    if not _complete_in(user):
        return

    # A layer that claims a county and holds nothing near it is, more often than not, the wrong file
    # or in the wrong system; it would clear every site there.
    counties = load_counties(neighbours=True)
    areas = dict(zip(counties["code"], counties.geometry, strict=True))
    shapes = frame.geometry.to_numpy()
    named = _named_counties(frame)
    for code in (code for code in user.complete_in if code in areas):
        near = code in named or bool(shapely.dwithin(shapes, areas[code], NEAR_DEGREES).any())
        if not near and code not in user.none_in:
            yield _nothing_near(code)

        # The other way round: said to have none, and one lies there.
        held = code in named or bool(shapely.intersects(shapes, areas[code]).any())
        if code in user.none_in and held:
            yield _one_there(code)


def _named_counties(frame: gpd.GeoDataFrame) -> set[str]:
    """Return the codes of the counties that the rows themselves name, one or several each."""
    return {code for codes in frame["county_code"].dropna() for code in str(codes).split(";")}


def _nothing_near(code: str) -> str:
    return (
        f"complete_in {code}: no feature of the layer lies in or near that county; is it"
        " the right file, in the "
        "right system? Where the document says that there is none, say so: none_in ="
        f' ["{code}"]'
    )


def _one_there(code: str) -> str:
    return (
        f"none_in {code}: a feature of the layer lies in that county; take the code out of none_in"
    )


def _ids(layer: Layer) -> set[str]:
    return {record["feature_id"] for record in layer.records}


def _merged_spec(spec: ClassSpec, user: UserLayer) -> ClassSpec:
    """Say what is covered and complete of a class once a user's layer has joined it."""
    # A class that nothing covered yet covers, with a user's layer, the bundled province.
    province = load_classes()[CLASS_IDS[0]].coverage
    coverage = {
        *spec.coverage,
        *user.coverage,
        *user.complete_in,
    } or set(province)

    # The documents of all layers together vouch for the class.
    own_document = user.complete_document if user.complete_in else None
    documents = filter(None, (spec.complete_document, own_document))
    return replace(
        spec,
        coverage=tuple(sorted(coverage)),
        complete_in=tuple(sorted({*spec.complete_in, *_complete_in(user)})),
        complete_document="; ".join(dict.fromkeys(documents)) or None,
        subzones_absent=tuple(sorted({*spec.subzones_absent, *_absent_of(user)})),
    )


def _merge(
    base: Layer,
    user: UserLayer,
    own: Layer,
) -> Layer:
    """Return a layer that holds what was there and what a user brings."""
    spec = _merged_spec(base.spec, user)

    records = [with_default_extent(record, spec) for record in (*base.records, *own.records)]
    shapes = np.concatenate([base.shapes, own.shapes])

    # Sorted by id, as bundled records are: the answer must not hang on the order of files.
    order = sorted(range(len(records)), key=lambda i: str(records[i]["feature_id"]))
    files = (*base.origin.files, user.path.name)
    origin = replace(base.origin, files=files)
    return Layer(spec, tuple(records[i] for i in order), shapes[order], origin=origin)


def _absent_of(user: UserLayer) -> tuple[str, ...]:
    """Which subzones the layer may declare absent: none without a document."""
    return user.subzones_absent if _complete_in(user) else ()


def _complete_in(user: UserLayer) -> tuple[str, ...]:
    """Where the layer may make its class whole: never without a document, never for a reversed
    class.
    """
    declared = bool(user.complete_document and user.complete_document.strip())
    return user.complete_in if declared and user.class_id not in REVERSED else ()
