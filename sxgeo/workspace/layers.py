"""One layer of a user: read, given all columns of a resource layer, and checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..boundaries.county_names import county_codes_of
from ..errors import InputError, UsageError, listed
from ..files.contents import fingerprint
from ..geometry.projection import GEOGRAPHIC, quantise
from ..layers.classes import NUMBER_COLUMNS, RESOURCE_COLUMNS
from ..layers.validation import row_checks
from ..model.outcomes import BOUNDARIES, OPTIONAL_COLUMNS, STORED_ROUNDING_M, ZONE_SIGN
from ..sites.formats.closing import closing_lines
from ..sites.formats.corners import is_of_corners, scope_evidence
from ..wording import BOUNDARY_ZH
from .row_lines import collapsed
from .rows import REQUIRED_COLUMNS, coded, codes_of, dimensions, row_problems
from .vector import degrees_of, read_layer_file

if TYPE_CHECKING:
    from ..files.contents import Fingerprint
    from ..geometry.shapes import Ints, Shapes
    from ..layers.classes import ClassSpec
    from ..layers.validation import ProblemKind
    from ..sites.formats.vector_files import Features

MODES = ("extend", "replace")
LINES = ("centre_line", "edge")
CLOSED_LINES = ("area", "line")
"""What closed lines of a layer are: the edge of an area, or lines."""
SECRECIES = ("公开", "内部", "工作秘密", "秘密")
"""Grades of secrecy of a layer, the most open first."""
POINTS = ("places",)
"""What points of a layer are that may be the corners of one area."""
STATIONS = ("air_stations", "weather_stations", "water_sections", "earthquake_stations")
"""Classes of single points, which are numbered and named by their numbers everywhere."""
STRIPS = ("road_strip", "railway_strip", "power_lines", "village_roads")
CENTRE_LINE_M = 100.0
"""How far the edge of a road's or railway's land may lie from its centre line: wide cuts and yards
included.
"""
NARROW_M = {"power_lines": 30.0, "village_roads": 20.0}
"""The same for classes that are narrower: from the axis of a line to its outer conductor, from a
lane to the edge of its land.
"""
REVERSED = ("urban_boundary",)
"""Classes whose law binds the land outside them: a site that touches nothing of them is not clear.
"""
_NO_CRS = "no coordinate system; add a .prj file or save it as GeoPackage with EPSG:4490"
_SHOWN = 50
SAID_BY_ROWS: frozenset[ProblemKind] = frozenset({"no_id", "no_geometry", "place"})
"""Kinds of problems of any resource frame that user_rows.py names in better words."""
CUT_LENGTH = 10
"""Letters that a shapefile keeps of the name of a field."""


@dataclass(frozen=True, slots=True)
class UserLayer:
    """A user's own layer as the workspace file or `--layer` names it.

    Attributes
    ----------
    fields
        Column of the file by the column of sxgeo.
    subzones, kinds
        Subzone or kind of sxgeo by the value that stands in the file; the Chinese names of
        wording.py need no mapping.
    position_accuracy_m
        For all features, where the file has no such column.
    complete_in
        Codes of counties that `complete_document` declares complete.
    lines
        What lines of a road or railway layer are: the ``edge`` of its land, or its ``centre_line``.
    closed_lines
        One of `CLOSED_LINES`; None where the workspace does not say, then a closed line is refused.
    points
        One of `POINTS`; None where the workspace does not say, then points that may be the corners
        of an area keep the class from being complete.
    half_width_m
        From such a centre line to the edge of the land; None takes `CENTRE_LINE_M`.
    waive
        Faulty rows that are left out, by `feature_id` or as ``row 3``; the class is then not
        complete.
    subzones_absent
        Codes of subzones that `complete_document` declares not to exist.
    boundary
        One of `BOUNDARIES`, for all features; None when not said.
    secrecy
        One of `SECRECIES`; None when not said.
    none_in
        Those of `complete_in` for which the document says that there is nothing of the class.
    subzone, kind
        Code or Chinese name of the subzone or kind of every feature; a file that says another one
        of a row is refused.
    name
        Name of the features that the file gives none.
    id_prefix
        Stands before each `feature_id`, or before the number of the row where the file has no ids.
    file
        Its name for receipts: as the workspace writes it, relative to its folder; None takes the
        name of `path`.
    content
        Hashes of the files when the run began; what is read must still be that. None takes them
        when it is read.
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
    subzones_absent: tuple[str, ...] = ()
    boundary: str | None = None
    secrecy: str | None = None
    closed_lines: str | None = None
    points: str | None = None
    none_in: tuple[str, ...] = ()
    subzone: str | None = None
    kind: str | None = None
    name: str | None = None
    id_prefix: str | None = None
    file: str | None = None
    content: Fingerprint | None = None


def read_user_layer(
    user: UserLayer,
    spec: ClassSpec,
    *,
    remarks: list[str] | None = None,
) -> gpd.GeoDataFrame:
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
    return read_resources(user, spec, remarks=[] if remarks is None else remarks)[0]


def read_resources(
    user: UserLayer,
    spec: ClassSpec,
    *,
    remarks: list[str],
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Read as :func:`read_user_layer` does, and say why the layer may not be all that its file
    means.

    Returns
    -------
    frame, doubts
        A layer with doubts cannot make its class complete.
    """
    said = remarks
    features = _read_unchanged(user)
    said += [f"{user.path.name}: {remark}" for remark in features.remarks]
    frame, by_row = _resource_rows(features, user, spec, said)

    # A waiver names a faulty row; every other fault keeps the whole file from being used.
    waived = [row for row in sorted(by_row) if _is_waived(user, frame, row)]
    if found := _row_faults(user, frame, by_row, waived):
        raise unusable(user, spec.id, found)

    # What was waived is left out, said, and keeps the class from being complete.
    said += [_waived_words(user, spec, _row_name(frame, row)) for row in waived]
    doubts = _doubts(features, frame, user, spec)
    said += [f"{text}; {spec.id} 不按完整对待 is not complete" for text in doubts]
    return _with_half_width(_without(frame, waived), user, spec, said), doubts


def _without(frame: gpd.GeoDataFrame, waived: Sequence[int]) -> gpd.GeoDataFrame:
    """Return the rows that nobody waived, numbered anew."""
    kept = np.setdiff1d(np.arange(len(frame)), waived)
    return frame.iloc[kept].reset_index(drop=True)


def _resource_rows(
    features: Features,
    user: UserLayer,
    spec: ClassSpec,
    said: list[str],
) -> tuple[gpd.GeoDataFrame, dict[int, list[str]]]:
    """Give what was read all columns of a resource layer, and say by row what is wrong with it."""
    # Without its fields nothing of the layer can be judged: told first, and alone.
    mapped, found = _mapped(features.frame, user, said)
    if found:
        raise unusable(user, spec.id, found)
    mapped, lines = _with_insides(mapped, user, spec)
    frame, unread = _as_resources(mapped, user, spec, error_m=features.error_m, said=said)

    # All problems by row, so that a person can waive a row by name.
    unbuilt = {row: [text] for row, text in features.wrong.items()}
    return frame, _by_row(frame, unbuilt, lines, unread, spec=spec)


def unusable(
    user: UserLayer,
    class_id: str,
    problems: Iterable[str],
) -> InputError:
    """Return the refusal of a layer, every problem of it in one message."""
    return InputError(listed(f"layer '{user.path}' for {class_id} cannot be used:", problems))


def _read_unchanged(user: UserLayer) -> Features:
    # Pinned before and compared after: the receipt must name the bytes that were read.
    before = user.content or fingerprint(user.path)
    features = read_layer_file(user.path, layer=user.layer, encoding=user.encoding)
    if fingerprint(user.path) != before:
        raise InputError(
            f"layer file '{user.path}' changed while it was read; run the command again"
        )
    return features


def _doubts(
    features: Features,
    frame: gpd.GeoDataFrame,
    user: UserLayer,
    spec: ClassSpec,
) -> list[str]:
    """Say why a layer may not be all that its file means."""
    corners = _corners(features.frame, frame, user, spec)
    return [f"{user.path.name}: {text}" for text in (*features.doubts, *corners)]


def _waived_words(
    user: UserLayer,
    spec: ClassSpec,
    name: str,
) -> str:
    return f"{user.path.name}: 已放弃 waived: {name}; {spec.id} 不按完整对待 is not complete"


def _row_faults(
    user: UserLayer,
    frame: gpd.GeoDataFrame,
    by_row: Mapping[int, list[str]],
    waived: Sequence[int],
) -> list[str]:
    """Say what is wrong with rows that nobody waived, and with waivers; the first lines of a long
    list say enough.
    """
    # A waiver that meets no fault is a slip, and might hide a row that was meant.
    unused = _unused(user, frame, by_row)
    found = [f"waive '{name}': no faulty row has that name" for name in unused]
    left = sorted(set(by_row).difference(waived))
    found += collapsed((_row_name(frame, row), text) for row in left for text in by_row[row])
    if not found and set(range(len(frame))) <= set(waived):
        return ["every row is waived; nothing is left"]
    more = len(found) - _SHOWN
    return found if more <= 0 else [*found[:_SHOWN], f"... and {more} more"]


def _mapped(
    raw: gpd.GeoDataFrame,
    user: UserLayer,
    said: list[str],
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Rename the file's fields to those of sxgeo, and say what stands in the way."""

    # A shapefile cuts names to ten letters: the workspace's words are those of the whole.
    raw = _with_whole_names(raw, user, said)
    found = _field_problems(raw, user)

    # What the workspace says of the layer holds where the file has no column for it.
    mapped = _with_accuracy(_with_names(_renamed(raw, user), user), user)
    if missing := [c for c in REQUIRED_COLUMNS if c not in mapped]:
        found.append(
            f"missing column(s): {', '.join(missing)}; it has: {', '.join(map(str, raw.columns))}"
        )
    if raw.crs is None:
        found.append(_NO_CRS)
    return mapped, found


def _renamed(raw: gpd.GeoDataFrame, user: UserLayer) -> gpd.GeoDataFrame:
    """Give fields that the workspace maps the names of our columns."""
    # one field may fill several columns: an office's HXLX is the kind and the level of a record
    filled = {ours: raw[theirs] for ours, theirs in user.fields.items() if theirs in raw.columns}
    mapped = raw.drop(
        columns=[c for c in user.fields.values() if c in raw.columns and c != raw.geometry.name]
    )
    return mapped.assign(**filled)


def _with_accuracy(mapped: gpd.GeoDataFrame, user: UserLayer) -> gpd.GeoDataFrame:
    """Give features the accuracy that the workspace says, else that of what the law drew."""
    if "position_accuracy_m" in mapped:
        return mapped
    if user.position_accuracy_m is not None:
        return mapped.assign(position_accuracy_m=user.position_accuracy_m)
    # the law's own coordinates are exact but for their rounding
    if user.boundary == "legal_vector":
        return mapped.assign(position_accuracy_m=STORED_ROUNDING_M)
    return mapped


def _field_problems(raw: gpd.GeoDataFrame, user: UserLayer) -> list[str]:
    """Say which fields of the workspace the file has not, and which columns we have not."""
    absent = [
        f"field '{theirs}' (for {ours}) is not in the file"
        for ours, theirs in user.fields.items()
        if theirs not in raw.columns
    ]
    unknown = [
        f"unknown column '{ours}' in fields"
        for ours in user.fields
        if ours not in (*RESOURCE_COLUMNS, *OPTIONAL_COLUMNS)
    ]
    return absent + unknown


_WHOLE_NAMES = {c[:CUT_LENGTH]: c for c in RESOURCE_COLUMNS if len(c) > CUT_LENGTH}


def _with_whole_names(
    raw: gpd.GeoDataFrame,
    user: UserLayer,
    said: list[str],
) -> gpd.GeoDataFrame:
    """Give fields whose names a shapefile cut to ten letters their whole names, unless the
    workspace maps them.
    """
    # Only where nothing is ambiguous: a mapped or a taken name is left as it is.
    mapped = {*user.fields, *user.fields.values()}
    free: dict[Any, str] = {}
    for name in raw.columns:
        whole = _WHOLE_NAMES.get(str(name).lower())
        if whole and str(name) not in mapped and whole not in {*raw.columns, *mapped}:
            free[str(name)] = whole
    said += [
        f"{user.path.name}: 字段名被截断，按 {c} 读取 field '{n}' is read as {c}"
        for n, c in free.items()
    ]
    return raw.rename(columns=free)


def _with_insides(
    mapped: gpd.GeoDataFrame,
    user: UserLayer,
    spec: ClassSpec,
) -> tuple[gpd.GeoDataFrame, dict[int, list[str]]]:
    """Make areas of the lines that the workspace says are areas; ask where it says nothing.

    A scope drawn as a closed line would be screened as a line, and its inside be free of it.
    """
    shapes = mapped.geometry.to_numpy()
    rows = np.flatnonzero(shapely.get_dimensions(shapes) == 1)
    if not _may_enclose(user, spec) or not len(rows):
        return mapped, {}
    changed, found = _closed(shapes, rows, user)
    return mapped.set_geometry(gpd.GeoSeries(changed, index=mapped.index, crs=mapped.crs)), found


def _closed(
    shapes: Shapes,
    rows: Ints,
    user: UserLayer,
) -> tuple[Shapes, dict[int, list[str]]]:
    """Return the shapes with areas for those of `rows` that close, and say by row why others may
    not be taken for areas.
    """
    # Lines that close, alone or with others, and the area that they then bound.
    closing = closing_lines(shapes[rows])
    changed = shapes.copy()
    found: dict[int, list[str]] = {}
    for members, outline in closing:
        first, *others = rows[members].tolist()

        if problem := _closing_problem(user, several=bool(others)):
            found |= {row: [problem] for row in (first, *others)}
        else:
            changed[first] = outline
    return changed, found


def _may_enclose(user: UserLayer, spec: ClassSpec) -> bool:
    """Say whether lines of a layer may be the edge of an area."""
    # a ring road encloses no land of its own
    roads = spec.id in STRIPS and user.lines == "centre_line"
    return not roads and 1 in dimensions(spec.id) and user.closed_lines != "line"


def _corners(
    raw: gpd.GeoDataFrame,
    frame: gpd.GeoDataFrame,
    user: UserLayer,
    spec: ClassSpec,
) -> list[str]:
    """Ask about points that may be the corners of a scope, whose inside points do not screen."""
    if user.points is not None:
        return []
    columns = {str(c): raw[c].tolist() for c in raw.columns if is_of_corners(str(c))}
    known = {c: frame[c].tolist() for c in ("name_zh", "feature_id")}
    shapes = frame.geometry.to_numpy()
    found = scope_evidence(shapes, {**columns, **known}, are_stations=spec.id in STATIONS)
    if found is None:
        return []
    rows, evidence = found
    return [
        f"rows {', '.join(str(row + 1) for row in rows[:5])}{' ...' if len(rows) > 5 else ''}:"
        f" {evidence}: the area inside them would not be screened; draw it as one polygon, or say"
        ' points = "places" for this layer in the workspace'
    ]


def _by_row(
    frame: gpd.GeoDataFrame,
    *more: Mapping[int, list[str]],
    spec: ClassSpec,
) -> dict[int, list[str]]:
    """All problems by the number of their row, from 0."""
    texts: dict[int, list[str]] = {}
    for row, text in row_problems(frame, spec):
        texts.setdefault(row, []).append(text)
    for told in more:
        for row, found in told.items():
            texts.setdefault(row, []).extend(found)
    # what user_rows.py says in better words is not said twice
    for problem in row_checks(frame):
        if problem.kind not in SAID_BY_ROWS:
            texts.setdefault(problem.row, []).append(problem.text)
    return texts


def _row_name(frame: gpd.GeoDataFrame, row: int) -> str:
    return f"row {row + 1} ({frame['feature_id'].iloc[row] or 'no id'})"


def _is_waived(
    user: UserLayer,
    frame: gpd.GeoDataFrame,
    row: int,
) -> bool:
    return f"row {row + 1}" in user.waive or frame["feature_id"].iloc[row] in user.waive


def _unused(
    user: UserLayer,
    frame: gpd.GeoDataFrame,
    by_row: Mapping[int, list[str]],
) -> list[str]:
    faulty = {str(frame["feature_id"].iloc[row]) for row in by_row} | {
        f"row {row + 1}" for row in by_row
    }
    return [name for name in user.waive if name not in faulty]


def _with_half_width(
    frame: gpd.GeoDataFrame,
    user: UserLayer,
    spec: ClassSpec,
    said: list[str],
) -> gpd.GeoDataFrame:
    """Let a centre line be as inaccurate as the land is wide: the law measures from the edge of the
    land.
    """
    lines = np.asarray(shapely.get_dimensions(frame.geometry.to_numpy()) == 1)
    if spec.id not in STRIPS or user.lines == "edge" or not lines.any():
        return frame
    width = NARROW_M.get(spec.id, CENTRE_LINE_M) if user.half_width_m is None else user.half_width_m
    said.append(
        f"{user.path.name}: {int(lines.sum())} 条线按中心线对待，位置精度加 {width:g} 米 lines are"
        " taken as centre lines"
    )
    accuracy = frame["position_accuracy_m"].to_numpy(dtype=float) + np.where(lines, width, 0.0)
    return frame.assign(position_accuracy_m=accuracy)


def _closing_problem(user: UserLayer, *, several: bool) -> str | None:
    """Say why lines that close may not be taken for the area that they bound."""
    # Nobody said what the lines are: the answer would hang on it, so the person is asked.
    if user.closed_lines is None:
        what = "a line that closes with others" if several else "a closed line"
        way = 'say closed_lines = "area" or "line" for this layer in the workspace'
        return f"{what}: its inside would not be screened; {way}"
    if several:
        return (
            "the lines that close together are several rows; join them into one polygon in the file"
        )
    return None


def _as_resources(
    mapped: gpd.GeoDataFrame,
    user: UserLayer,
    spec: ClassSpec,
    *,
    error_m: float,
    said: list[str],
) -> tuple[gpd.GeoDataFrame, dict[int, list[str]]]:
    """Give a user's frame all columns, and say by row which values could not be read."""
    geometry = quantise(degrees_of(mapped))
    frame = _resource_columns(mapped)
    unread = _unread(frame, spec)
    frame = _with_defaults(frame, geometry, user, spec, error_m=error_m)
    frame["boundary"] = _boundaries(mapped, user, unread)
    frame = _with_ids(_with_own_codes(frame, user, spec, unread))
    _settle_numbers(frame, user, said)
    shapes = gpd.GeoSeries(geometry, crs=GEOGRAPHIC)
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=GEOGRAPHIC), unread


def _settle_numbers(
    frame: pd.DataFrame,
    user: UserLayer,
    said: list[str],
) -> None:
    """Make numbers of the columns of a frame of our own that hold metres."""
    # What is no number was told above by its row, and is unknown from here on.
    for column in NUMBER_COLUMNS:
        frame[column] = pd.to_numeric(frame[column], errors="coerce")
    _forget_zero_extents(frame, user, said)

    # The law drew it: all that is inaccurate is the rounding of the numbers.
    legal = frame["boundary"].eq("legal_vector") & frame["position_accuracy_m"].isna()
    frame["position_accuracy_m"] = frame["position_accuracy_m"].mask(legal, STORED_ROUNDING_M)


def _with_ids(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame of plain cells whose ids are texts, each once."""
    typed = _with_texts(frame, ("feature_id", "name_zh"))
    cells = {name: pd.Series([_blank(v) for v in typed[name]], dtype=object) for name in typed}

    # Ids are told apart once subzones are codes: one id may stand once for each of them.
    own_ids = zoned_ids(cells["feature_id"].tolist(), cells["subzone"].tolist())
    return pd.DataFrame(cells | {"feature_id": pd.Series(own_ids, dtype=object)})


def _with_texts(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """Return a frame with texts in some columns, where an office may write numbers or dates."""
    texts = {column: frame[column].map(_as_text, na_action="ignore") for column in columns}
    return frame.assign(**texts)


def _forget_zero_extents(
    frame: pd.DataFrame,
    user: UserLayer,
    said: list[str],
) -> None:
    """Take extents of nothing out of a frame of our own, and say so."""
    # Writers without null make zeros, and an area of nothing is none.
    zero = (frame["point_role"] == "proxy") & (frame["extent_m"] == 0)
    if zero.any():
        frame.loc[zero, "extent_m"] = np.nan
        said.append(
            f"{user.path.name}: {int(zero.sum())} 个代表点的 extent_m 为 0，按未知对待 extent_m = 0"
            " is taken as unknown"
        )


def _resource_columns(mapped: gpd.GeoDataFrame) -> pd.DataFrame:
    """All columns of a resource layer, the file's values in them, None where it has none."""
    rows = {
        c: list(mapped[c].astype(object)) if c in mapped else [None] * len(mapped)
        for c in RESOURCE_COLUMNS
    }
    return pd.DataFrame(
        {c: pd.Series([_blank(v) for v in values], dtype=object) for c, values in rows.items()}
    )


def _with_defaults(
    frame: pd.DataFrame,
    geometry: Shapes,
    user: UserLayer,
    spec: ClassSpec,
    *,
    error_m: float,
) -> pd.DataFrame:
    """A frame whose empty cells say what is true of every layer of a user's own."""
    filled = _with_texts(frame, ("county_code", "designated_on", "source_date", "batch_or_year"))
    defaults = {
        "role": "listed",
        "source": user.path.name,
        "confidence": "user",
        "datum": "CGCS2000",
        "datum_error_m": error_m,
    }
    for column, value in defaults.items():
        if column in filled and value is not None:
            filled[column] = _or_else(filled[column], value)

    filled["membership"] = _or_else(filled["membership"], _by_document(filled, user))
    filled["resource_class"] = spec.id
    return _with_geometry_words(filled, geometry)


def _by_document(filled: pd.DataFrame, user: UserLayer) -> pd.Series:
    """Say of each row whether a document puts it on an official list."""
    # a point of one's own is not on the official list because it is one's own: the document says so
    documented = filled["designating_document"].notna() | (user.complete_document is not None)
    return pd.Series(np.where(documented, "official_list", "inferred"), dtype=object)


def _or_else(column: pd.Series, value: object) -> pd.Series:
    """Fill the empty cells of a column."""
    return column.where(column.notna(), value)


def _with_geometry_words(filled: pd.DataFrame, geometry: Shapes) -> pd.DataFrame:
    """Say of a frame of our own what its shapes are, where the file did not."""
    # A bare point stands for an area that nobody drew, unless the file says that it is the thing.
    is_point = [g is not None and shapely.get_dimensions(g) == 0 for g in geometry]
    kinds = pd.Series(np.where(is_point, "point", "digitised"), dtype=object)
    filled["geometry_kind"] = _or_else(filled["geometry_kind"], kinds)
    proxy = pd.Series(["proxy" if point else None for point in is_point], dtype=object)
    filled["point_role"] = _or_else(filled["point_role"], proxy)
    return filled


def _with_own_codes(
    frame: pd.DataFrame,
    user: UserLayer,
    spec: ClassSpec,
    unread: dict[int, list[str]],
) -> pd.DataFrame:
    """A frame with codes for an office's words of subzone, kind and county; `unread` gains the
    words that nobody knows.
    """
    written = frame.copy()
    constants = {
        "subzone": (user.subzones, user.subzone),
        "resource_kind": (user.kinds, user.kind),
    }
    for column, (meant, constant) in constants.items():
        known = codes_of(column, spec.id)
        codes = _meant_codes(written[column], meant, known)
        written[column] = _with_constant(column, codes, coded(constant, known), unread)
    written["county_code"] = _with_codes(written["county_code"], unread)
    return written


def _meant_codes(
    column: pd.Series,
    meant: Mapping[str, str],
    known: Mapping[str, str],
) -> list[str | None]:
    """Return the codes of an office's words, which `meant` may spell in ours."""
    # the workspace's own dictionary goes before the words that are known to all
    spelt = [meant.get(str(v).strip(), v) if v is not None else None for v in column]
    return [coded(word, known) for word in spelt]


def _boundaries(
    mapped: gpd.GeoDataFrame,
    user: UserLayer,
    unread: dict[int, list[str]],
) -> list[str | None]:
    """What each boundary is: as the file's column says, else as the workspace says of the layer."""
    told = _cells_or_none(mapped, "boundary")
    known = {label: code for code, zh in BOUNDARY_ZH.items() for label in (code, zh)}
    values: list[str | None] = []
    for row, value in enumerate(told):
        # a row's own word goes before the word for the whole layer
        text = _as_text(_blank(value)) if _blank(value) is not None else user.boundary
        if text is not None and text not in known:
            unread.setdefault(row, []).append(f"boundary '{text}' is not {' or '.join(BOUNDARIES)}")
        values.append(known.get(text) if text is not None else None)
    return values


# Any: cells of the user's file.
def _cells_or_none(mapped: pd.DataFrame, column: str) -> list[Any]:
    """Return the cells of a column that need not be there; None for each row where it is not."""
    return list(mapped[column]) if column in mapped else [None] * len(mapped)


def zoned_ids(ids: list[str | None], subzones: list[str | None]) -> list[str | None]:
    """Tell polygons of one site apart by their subzones, where they share its id and each has a
    subzone of its own.

    An id that stands twice otherwise stays as it is, and is refused.
    """
    zones: dict[str, list[str | None]] = {}
    for feature_id, subzone in zip(ids, subzones, strict=True):
        if feature_id is not None:
            zones.setdefault(feature_id, []).append(subzone)
    shared = {
        i
        for i, own in zones.items()
        if len(own) > 1 and None not in own and len(set(own)) == len(own)
    }
    pairs = zip(ids, subzones, strict=True)
    return [f"{i}{ZONE_SIGN}{subzone}" if i in shared else i for i, subzone in pairs]


def _blank(value: object) -> object:
    # nothing comes in several forms, and NaN is not even equal to itself
    missing = value is None or value is pd.NaT or value is pd.NA or value != value
    return None if missing or (isinstance(value, str) and not value.strip()) else value


def _as_text(value: object) -> str | None:
    # a spreadsheet hands on a number of an office as 12.0
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, datetime):  # a Timestamp is one
        value = value.date().isoformat()
    return str(value).strip() or None


def _with_constant(
    column: str,
    codes: list[str | None],
    constant: str | None,
    unread: dict[int, list[str]],
) -> pd.Series:
    """Give every row what the workspace says of the whole file; a row that says another thing is
    told.
    """
    if constant is None:
        return pd.Series(codes, dtype=object)
    for row, code in enumerate(codes):
        if code is not None and code != constant:
            unread.setdefault(row, []).append(
                f"{column} '{code}' is not '{constant}', which the workspace says of all"
            )
    return pd.Series([constant] * len(codes), dtype=object)


def _with_codes(column: pd.Series, unread: dict[int, list[str]]) -> pd.Series:
    """Write counties as their codes; a name that no county has is told."""
    codes: list[str | None] = []
    for row, value in enumerate(column):
        # what is written in digits is a code already
        code = value if value is None or str(value).isascii() else None
        if code is None and value is not None:
            try:
                code = county_codes_of(str(value))
            except UsageError as error:
                unread.setdefault(row, []).append(str(error))
        codes.append(code)
    return pd.Series(codes, dtype=object)


def _with_names(mapped: gpd.GeoDataFrame, user: UserLayer) -> gpd.GeoDataFrame:
    """Give features the name and the ids that the workspace says for the whole file."""
    columns: dict[str, Any] = {}
    if user.name is not None:
        columns["name_zh"] = _own_names(mapped, user, user.name)
    if user.id_prefix is not None:
        # without ids of its own, a row is known by its number
        ids = (
            list(mapped["feature_id"])
            if "feature_id" in mapped
            else [str(n) for n in range(1, len(mapped) + 1)]
        )
        columns["feature_id"] = [
            None if _blank(v) is None else f"{user.id_prefix}{_as_text(v)}" for v in ids
        ]
    return mapped.assign(**columns)


# Any: a cell of the user's file.
def _own_names(
    mapped: gpd.GeoDataFrame,
    user: UserLayer,
    name: str,
) -> list[Any]:
    """Return the name of each row: its own, else that of the file.

    Records of one name are parts of one resource, which nobody said of these: where subzones must
    be whole, each is its own.
    """
    told = _cells_or_none(mapped, "name_zh")
    parted = bool(codes_of("subzone", user.class_id))
    return [
        v if _blank(v) is not None else f"{name}（第{n}行）" if parted else name
        for n, v in enumerate(told, start=1)
    ]


def _unread(frame: pd.DataFrame, spec: ClassSpec) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for column in NUMBER_COLUMNS:
        numbers = pd.to_numeric(frame[column], errors="coerce")
        for row in map(
            int,
            np.flatnonzero(frame[column].notna() & numbers.isna()),
        ):
            found.setdefault(row, []).append(
                f"{column} '{frame[column].iloc[row]}' is not a number of metres"
            )
    for place, value in enumerate(frame["resource_class"]):
        if value is not None and value != spec.id:
            found.setdefault(place, []).append(f"resource_class '{value}' is not {spec.id}")
    return found
