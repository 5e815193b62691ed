"""A user's corrections of bundled records: `[[amend]]` in the workspace, each with its reason and
source.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..geometry.projection import GEOGRAPHIC, quantise
from ..layers.classes import MEMBERSHIPS, NUMBER_COLUMNS, POINT_ROLES, RESOURCE_COLUMNS
from ..layers.validation import row_checks
from .rows import codes_of

if TYPE_CHECKING:
    from ..geometry.shapes import Shape
    from ..layers.layers import Layer

POSITION = "lonlat"
"""The field that moves a record to a point: its value is ``"lon,lat"`` in degrees, CGCS2000."""
NUMBERS = ("extent_m", "position_accuracy_m", "datum_error_m")
TEXTS = (
    *("name_zh", "name_en", "resource_kind", "subzone", "level", "batch_or_year", "county_code"),
    *(
        "legal_designation",
        "designating_document",
        "designated_on",
        "membership",
        "point_role",
        "note",
    ),
)
FIELDS = (*TEXTS, *NUMBERS, POSITION)
"""What may be amended.

The class, the role and the id of a record never are: another thing is another record.
"""
_KEYS = ("feature_id", "field", "value", "reason", "source")
_CODED = ("subzone", "resource_kind")
_CHOICES = {"membership": MEMBERSHIPS, "point_role": POINT_ROLES}


@dataclass(frozen=True, slots=True)
class Amendment:
    """One correction of one field of a bundled record.

    Attributes
    ----------
    value
        Text, or a number of metres; for `POSITION` the text ``"lon,lat"``.
    reason, source
        Why, and by which document; neither may be empty.
    """

    feature_id: str
    field: str
    value: str | float
    reason: str
    source: str

    def record(self) -> dict[str, Any]:
        """Return it as the receipt keeps it."""
        return asdict(self)


def parse_amendments(entries: object) -> tuple[list[Amendment], list[str]]:
    """Read the `[[amend]]` tables of a workspace.

    Returns
    -------
    amendments, problems
        Those that are sound in form, and what is wrong with the others, each with its number from
        1.
    """
    if entries is None:
        return [], []
    if not isinstance(entries, list):
        return [], ["amend: write each correction as [[amend]]"]
    found: list[str] = []
    amendments = []
    for number, entry in enumerate(entries, start=1):
        wrong = list(_form_problems(entry)) if isinstance(entry, dict) else ["not a table"]
        found += [f"amend {number}: {problem}" for problem in wrong]
        if not wrong:
            amendments.append(Amendment(**{key: entry[key] for key in _KEYS}))
    return amendments, found


def _form_problems(entry: Mapping[str, Any]) -> Iterator[str]:
    yield from (
        f"unknown key '{key}'; known: {', '.join(_KEYS)}" for key in entry if key not in _KEYS
    )
    yield from (f"'{key}' is missing" for key in _KEYS if key not in entry)
    for key in _KEYS:
        texts = isinstance(entry.get(key), str) and str(entry[key]).strip()
        if key in entry and key != "value" and not texts:
            yield f"'{key}' is not a text, or is empty"
    value = entry.get("value", "")
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        yield "'value' is neither a text nor a number"


def amended(
    layers: Sequence[Layer], amendments: Sequence[Amendment]
) -> tuple[list[Layer], list[str]]:
    """Apply amendments to the bundled layers.

    Parameters
    ----------
    layers
        As bundled, before a user's layer is joined.

    Returns
    -------
    layers, problems
        The layers in their order, with every amendment that is sound; and each that is not, with
        its number from 1. An amended record names its amendments in its `source`.
    """
    work = _Drafts(layers)
    for number, line in enumerate(amendments, start=1):
        work.take(number, line)
    return work.finished()


class _Drafts:
    """Records while they are amended, by id: the draft of each, its shape, its last amendment."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        # Records are looked up by id over all layers: a line of the workspace names no class.
        self._layers = layers
        self._homes = {
            record["feature_id"]: number
            for number, layer in enumerate(layers)
            for record in layer.records
        }
        self._drafts: dict[str, dict[str, Any]] = {}
        self._shapes: dict[str, Any] = {}
        self._numbers: dict[str, int] = {}
        self._seen: set[tuple[str, str]] = set()
        self._problems: list[str] = []

    def take(self, number: int, line: Amendment) -> None:
        """Amend a record by a line, or keep what is wrong with the line."""
        wrong = list(self._wrong(line))
        name = f"amend {number} ({line.feature_id} {line.field})"
        self._problems += [f"{name}: {text}" for text in wrong]
        if not wrong:
            self._amend(number, line)

    def _wrong(self, line: Amendment) -> Iterator[str]:
        if line.feature_id not in self._homes:
            yield _unknown_record(line.feature_id, self._homes)
            return
        yield from _value_problems(line, self._layer(line).spec.id)
        if (line.feature_id, line.field) in self._seen:
            yield "amended twice; keep one"
        self._seen.add((line.feature_id, line.field))

    def _layer(self, line: Amendment) -> Layer:
        return self._layers[self._homes[line.feature_id]]

    def _amend(self, number: int, line: Amendment) -> None:
        # Several lines may amend one record: each works on the draft that the last one left.
        layer, feature_id = self._layer(line), line.feature_id
        if feature_id not in self._drafts:
            self._begin(layer, feature_id)
        draft = self._drafts[feature_id]
        self._numbers[feature_id] = number
        if line.field == POSITION:
            self._shapes[feature_id] = _moved(draft, str(line.value))
        else:
            draft[line.field] = _typed(line, layer.spec.id)

        # Who reads the record must see that it is not as it was published.
        draft["source"] = f"{draft['source']}；工作区修正 amended: {line.field}（{line.source}）"

    def _begin(self, layer: Layer, feature_id: str) -> None:
        """Take a copy of a record: what is bundled is never written to."""
        ids = [record["feature_id"] for record in layer.records]
        place = ids.index(feature_id)
        self._drafts[feature_id] = dict(layer.records[place])
        self._shapes[feature_id] = layer.shapes[place]

    def finished(self) -> tuple[list[Layer], list[str]]:
        """Return the layers with their drafts, and all that is wrong."""
        # A record is judged whole once all its lines are in: only then can they contradict.
        problems = list(self._problems)
        for feature_id, draft in self._drafts.items():
            name = f"amend {self._numbers[feature_id]} ({feature_id})"
            wrong = _record_problems(draft, self._shapes[feature_id])
            problems += [f"{name}: {text}" for text in wrong]
        layers = [_with_drafts(layer, self._drafts, self._shapes) for layer in self._layers]
        return layers, problems


def _unknown_record(feature_id: str, known: Mapping[str, int]) -> str:
    close = difflib.get_close_matches(feature_id, known, n=1)
    hint = f" Did you mean '{close[0]}'?" if close else ""
    return (
        f"no bundled record '{feature_id}'.{hint} Only bundled records are amended; your own stand"
        " in your layer"
    )


def _value_problems(line: Amendment, class_id: str) -> Iterator[str]:
    if line.field not in FIELDS:
        yield f"unknown field '{line.field}'; known: {', '.join(FIELDS)}"
    elif line.field in NUMBERS:
        if isinstance(line.value, str) or not 0 <= line.value < np.inf:
            yield f"'{line.value}' is not a number of metres from 0"
    elif not isinstance(line.value, str) or not line.value.strip():
        yield f"'{line.value}' is not a text, or is empty"
    elif line.field == POSITION and _degrees(line.value) is None:
        yield f'\'{line.value}\' is not "lon,lat" in degrees, e.g. "112.564,37.866"'
    elif line.field in _CHOICES and line.value not in _CHOICES[line.field]:
        yield f"'{line.value}' is not {' or '.join(_CHOICES[line.field])}"
    elif line.field in _CODED:
        yield from _code_problems(line.field, line.value, class_id)


def _code_problems(
    field: str,
    value: str,
    class_id: str,
) -> Iterator[str]:
    """Codes differ from class to class, so they are asked of the class that the record is in."""
    known = codes_of(field, class_id)
    if known and value not in known:
        codes = ", ".join(sorted(set(known.values())))
        yield f"unknown {field} '{value}'; known for {class_id}: {codes}"


def _degrees(text: str) -> tuple[float, float] | None:
    parts = text.replace("，", ",").split(",")
    try:
        lon, lat = (float(part) for part in parts)
    except ValueError:
        return None
    return (lon, lat) if np.isfinite([lon, lat]).all() else None


def _moved(draft: dict[str, Any], text: str) -> Shape:
    """Turn a record into the point that was given, in CGCS2000."""
    lonlat = _degrees(text)

    # a point stands for an area, unless its record says that it is the thing
    role = draft["point_role"] or "proxy"
    draft |= {
        "geometry_kind": "point",
        "point_role": role,
        "datum": "CGCS2000",
        "datum_error_m": 0.0,
    }
    return quantise(shapely.Point(lonlat))


def _typed(line: Amendment, class_id: str) -> str | float:
    if line.field in NUMBERS:
        return float(line.value)
    text = str(line.value).strip()
    return codes_of(line.field, class_id).get(text, text) if line.field in _CODED else text


def _record_problems(draft: Mapping[str, Any], shape: Shape) -> Iterator[str]:
    """Say what an amended record breaks; a membership of the official list needs its document."""
    if draft["membership"] == "official_list" and not draft["designating_document"]:
        yield "official_list needs its document: amend designating_document too"
    if (
        shape is not None
        and draft["geometry_kind"] == "point"
        and draft["position_accuracy_m"] is None
    ):
        yield "a point needs its accuracy: amend position_accuracy_m too"
        return
    columns = {column: pd.Series([draft[column]], dtype=object) for column in RESOURCE_COLUMNS}
    columns |= {column: pd.to_numeric(columns[column]) for column in NUMBER_COLUMNS}
    frame = gpd.GeoDataFrame(
        columns,
        geometry=gpd.GeoSeries([shape], crs=GEOGRAPHIC),
    )
    yield from (problem.text for problem in row_checks(frame))


def _with_drafts(
    layer: Layer,
    drafts: Mapping[str, Mapping[str, Any]],
    shapes: Mapping[str, Any],
) -> Layer:
    ids = [record["feature_id"] for record in layer.records]
    if not any(feature_id in drafts for feature_id in ids):
        return layer
    changed = layer.shapes.copy()
    for place, feature_id in enumerate(ids):
        if feature_id in drafts:
            changed[place] = shapes[feature_id]
    records = tuple(drafts.get(r["feature_id"], r) for r in layer.records)
    return replace(layer, records=records, shapes=changed)
