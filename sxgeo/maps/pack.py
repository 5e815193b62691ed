"""What the check in the page needs, as plain values: layers, rules, counties and words, on the
library's own grid.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

import geopandas as gpd
import numpy as np
import shapely

from .. import wording
from ..analysis.conflicts import relation
from ..analysis.conflicts.binding import applies, binding, freed_by, outcome_if_met
from ..analysis.conflicts.findings import COARSE_REASONS, reason_code
from ..analysis.conflicts.legal import SHARED_LENGTH_M
from ..analysis.conflicts.subzones import hidden_reach_m, impossible, lacking, subzone_homes
from ..analysis.conflicts.urban import CODES as URBAN_CODES
from ..analysis.conflicts.urban import URBAN
from ..boundaries.plan_elements import elements_at
from ..boundaries.units import load_counties
from ..boundaries.zone_table import zones_of
from ..catalog import YEARS, data_path, load_catalog, read_features
from ..geometry.projection import PLANE_SCALE, QUANTUM_DIGITS
from ..layers.classes import COARSE_ACCURACY_M, EXTRA_CLASS_IDS
from ..layers.layers import in_order, load_layers
from ..layers.rules import load_rules
from ..model.accuracy import SOURCES
from ..model.outcomes import BEHAVIOURS, EFFECTS, KNOWN_OUTCOMES, OUTCOMES
from ..model.project import Project
from ..model.questions import ORDER, UNKNOWN, item_zh
from ..reports.answer import SCHEMA
from ..sites.formats.corners import page_rule
from ..version import __version__
from ..wording import CLASS_REASON_ZH, FINDING_REASON_ZH, PROJECT_TYPES
from .columns import any_column, chains, has_shape, number_column
from .english import SOURCES_EN, english

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..geometry.shapes import Floats, Shape
    from ..layers.classes import ClassSpec
    from ..layers.layers import Layer
    from ..layers.rules import Rule

PAGE_VERSION = "sxgeo.page/1"
_RECORD_KEYS = (
    *(
        "feature_id",
        "name_zh",
        "resource_kind",
        "subzone",
        "county_code",
        "membership",
        "geometry_kind",
        "source",
    ),
)
_RULE_KEYS = (
    *(
        "rule_id",
        "resource_class",
        "project_types",
        "effect",
        "required_m",
        "comparison",
        "ratio",
        "condition",
    ),
    *(
        "law",
        "article",
        "in_force_from",
        "in_force_to",
        "verified",
        "subzone",
        "binds",
        "exception",
    ),
)
_SAID = (None, "yes", "no")
"""What can be said of an attribute, in the order of the tables of bindings."""
_GRANTED = (*_SAID, "granted")
"""What can be said of an attribute that lifts a ban; `granted` is yes with its document."""
_ALL_SAID = Project(height_m=0.0)
"""A project of which nothing is unknown: what caps a rule all the same hangs on the record alone.
"""


def check_pack(
    layers: Sequence[Layer] | None = None,
    rules: Iterable[Rule] | None = None,
    counties: gpd.GeoDataFrame | None = None,
    *,
    apart: Collection[str] = (),
    refusal: str | None = None,
    second: bool = False,
) -> dict[str, Any]:
    """Return what the page checks a site against.

    Parameters
    ----------
    layers
        Resource layers; classes that are not among them stand without data. None takes every
        bundled class.
    rules
        Rules of every generation; None takes the bundled ones.
    counties
        EPSG:4490 frame with `code`, `position_accuracy_m` (m) and geometry; None takes the bundled
        ones.
    apart
        Classes whose records are written as columns under the key ``apart``, because they are many.
    refusal
        Why the page cannot check; then it holds no record.
    second
        Whether a second engine must say the same.

    Returns
    -------
    dict
        Plain values. Geometry is exact: whole numbers of 1e-7 degree, each the difference to the
        one before.
    """
    ordered = in_order(load_layers() if layers is None else layers)
    told_rules = load_rules() if rules is None else tuple(rules)
    rows, law = _judged(told_rules)
    unions = _Unions(counties)
    held = _holder(told_rules, apart, refusal)
    return {
        **_origin(),
        "layers": [_layer(layer, unions) | held(layer) for layer in ordered],
        "rules": rows,
        **_ground(unions),
        "remarks": _remarks(ordered),
        "china": _china(),
        "law": law,
        **_constants(),
        **_way(refusal, second=second),
    }


def _way(refusal: str | None, *, second: bool) -> dict[str, str]:
    """Say what is not as in most pages: that this one cannot check, or asks a second engine."""
    # the page looks whether the key is there
    told = {"refusal": refusal} if refusal else {}
    return told | {"engine": "both"} if second else told


def _judged(rules: Iterable[Rule]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the rules as rows, and the law: the tables that the rows name by number among it."""
    tables = _Tables()
    rows = [_rule(rule) | tables.row(rule) for rule in rules]
    return rows, _law() | tables.told()


def _origin() -> dict[str, Any]:
    """Say which data, rules and versions a page was made from: the receipt of its answers."""
    catalog = load_catalog()
    rules = data_path("sources/rules.csv").read_bytes()
    return {
        "schema": SCHEMA,
        "data_date": catalog.data_date,
        "data_sha256": catalog.sha256,
        "rules_sha256": hashlib.sha256(rules).hexdigest(),
        "versions": {"page": PAGE_VERSION, "sxgeo": __version__},
    }


def _ground(unions: _Unions) -> dict[str, Any]:
    """Return the counties, what lies in them, and their unions, once the layers have asked for
    theirs.
    """
    counties = unions.counties
    return {
        "counties": [_county(row) for row in counties.to_dict("records")],
        "unions": [packed(shape) for shape in unions.shapes],
        "all_counties": unions.row(counties["code"]),
        **_places(counties["code"], bundled=unions.are_bundled),
    }


def _china() -> list[Any] | None:
    """Return the extent of China, beyond which nothing is checked."""
    return packed(read_features("boundaries/china.geojson")[1][0])


def _places(codes: Iterable[str], *, bundled: bool) -> dict[str, Any]:
    """Return the zones and plan elements of counties."""
    # nothing is known of counties that a caller brought: their codes may mean other places
    if not bundled:
        return {"zones": {}, "elements": []}
    return {
        "zones": {code: list(zones_of(code)) for code in codes},
        "elements": _elements(codes),
    }


def _remarks(layers: Iterable[Layer]) -> list[str]:
    """Name the layers that a user brought: the page must say what it carries."""
    return [
        f"the page holds users' records: {layer.spec.id} ({layer.origin})"
        for layer in layers
        if is_users(layer)
    ]


def _constants() -> dict[str, Any]:
    """Return what is the same in every page: words, questions, and how files of corners read."""
    return {
        "tables": _tables(),
        "questions": _questions(),
        "accuracies": {
            kind: [source.metres, source.name, source.name_zh] for kind, source in SOURCES.items()
        },
        "corners": page_rule(),
        "words": _words(),
    }


def is_users(layer: Layer) -> bool:
    """Say whether a layer holds records that a user brought."""
    return bool(layer.origin.files)


def _words() -> dict[str, Any]:
    return {
        "outcome_zh": wording.OUTCOME_ZH,
        "outcome_en": wording.OUTCOME_EN,
        "lines_zh": wording.OUTCOME_LINE_ZH,
        "urban_zh": wording.URBAN_ZH,
        "urban_zones": list(wording.URBAN_ZONES),
        "shared_zh": wording.SHARED_ZH,
        "labels_zh": {
            f"{outcome}:{effect}": list(w)
            for (outcome, effect), w in wording.EFFECT_LABELS_ZH.items()
        },
        "memberships": wording.MEMBERSHIP_ZH,
        "subzones": wording.SUBZONE_ZH,
        "disclaimer": wording.REPORT_DISCLAIMER,
        "english": english(),
    }


def _law() -> dict[str, Any]:
    """Return the constants and orders by which both engines judge, and the stand-ins for rules."""
    return {
        "plane_scale": PLANE_SCALE,
        "touch_m": relation.TOUCH_M,
        "effects": list(EFFECTS),
        "outcomes": list(OUTCOMES),
        "known_outcomes": list(KNOWN_OUTCOMES),
        "regulated_codes": {effect: reason_code("regulated", effect, set()) for effect in EFFECTS},
        "coarse_reasons": list(COARSE_REASONS),
        "no_rule": _rule(relation.NO_RULE),
        "not_bound": _rule(relation.NOT_BOUND),
        "years": list(YEARS),
        "shared_length_m": SHARED_LENGTH_M,
        "coarse_m": COARSE_ACCURACY_M,
        "urban": {
            "class": URBAN,
            "inside": URBAN_CODES[0],
            "part": URBAN_CODES[1],
            "outside": URBAN_CODES[2],
        },
    }


class _Tables:
    """How each rule binds every project that can be told apart by what it hangs on, and what it
    means where it is met.

    Alike tables stand once, as the attributes that they hang on and the numbers of their values.
    """

    def __init__(self) -> None:
        self._bindings: dict[tuple[Any, ...], int] = {}
        self._bound: dict[tuple[str, tuple[str, ...]], int] = {}
        self._meanings: dict[tuple[Any, ...], int] = {}

    def row(self, rule: Rule) -> dict[str, int]:
        """Return the numbers of the two tables of a rule."""
        return {"binding": self._binding(rule), "meaning": self._meaning(rule)}

    def _binding(self, rule: Rule) -> int:
        # only attributes on which this rule hangs are tried: each more takes three times as many
        # projects
        behaviours = {BEHAVIOURS.get(type_) for type_ in rule.project_types}
        asks = tuple(sorted(ask for ask in {rule.condition, *behaviours} if ask is not None))
        said = [dict(zip(asks, one, strict=True)) for one in product(_SAID, repeat=len(asks))]
        values = tuple(
            self._bound_number(rule, _project(type_, one))
            for type_ in (None, *PROJECT_TYPES)
            for one in said
        )
        return self._bindings.setdefault((asks, values), len(self._bindings))

    def _bound_number(self, rule: Rule, project: Project) -> int:
        """Return the number of how a rule binds a project."""
        # what frees a project is told only where the rule does not bind it
        state = binding(rule, project)
        bound = state, freed_by(rule, project) if state == "no" else ()
        return self._bound.setdefault(bound, len(self._bound))

    def _meaning(self, rule: Rule) -> int:
        # that outlines of buildings were given changes what a rule on buildings means
        outlines = ("building_outlines",) if rule.binds == "building" else ()
        asks = tuple(sorted({*rule.exception, *outlines}))
        projects = (
            _with_documents(dict(zip(asks, said, strict=True)))
            for said in product(_GRANTED, repeat=len(asks))
        )
        values = tuple(outcome_if_met(rule, project) for project in projects)
        return self._meanings.setdefault((asks, values), len(self._meanings))

    def told(self) -> dict[str, Any]:
        """Return the tables, and what the numbers in them mean."""
        return {
            "types": ["", *PROJECT_TYPES],
            "said": ["", "yes", "no"],
            "granted": ["", "yes", "no", "granted"],
            "bindings": [[list(asks), list(values)] for asks, values in self._bindings],
            "bound": [[state, list(freed)] for state, freed in self._bound],
            "meanings": [[list(asks), list(values)] for asks, values in self._meanings],
        }


def _project(type_: str | None, said: dict[str, str | None]) -> Project:
    """Return a project of which this was said and nothing else."""

    def behaviour(attribute: str) -> bool | None:
        return said[attribute] == "yes" if said.get(attribute) else None

    return Project(
        type=type_,
        groundwater_use=behaviour("groundwater_use"),
        discharge=behaviour("discharge"),
        # the two behaviours have fields of their own
        attributes={
            key: value for key, value in said.items() if value and key not in BEHAVIOURS.values()
        },
    )


def _with_documents(given: Mapping[str, str | None]) -> Project:
    """Return a project of which this was said, with a document for what was granted."""
    granted = [attribute for attribute, value in given.items() if value == "granted"]

    # granted is a yes that somebody wrote down
    project = _project(None, {**given, **dict.fromkeys(granted, "yes")})
    return replace(project, documents=dict.fromkeys(granted, "document"))


def _questions() -> dict[str, Any]:
    """Return what is asked of a project: the order, the words, and what to enclose with an
    answer.
    """
    return {
        "order": list(ORDER),
        "items": {attribute: item_zh(attribute) for attribute in ORDER},
        "materials": {
            attribute: wording.MATERIALS_ZH.get(attribute, wording.WRITTEN_ZH)
            for attribute in ORDER
        },
        "exceptions": list(wording.EXCEPTION_ZH),
        "behaviours": BEHAVIOURS,
        "choices": {"approval_kind": wording.APPROVAL_ZH},
        "answers": {
            "是": "yes",
            "否": "no",
            "不清楚": UNKNOWN,
            "true": "yes",
            "false": "no",
        },
        "unknown": UNKNOWN,
    }


def _tables() -> dict[str, Any]:
    return {
        "class_reasons": CLASS_REASON_ZH,
        "finding_reasons": FINDING_REASON_ZH,
        "project_types": PROJECT_TYPES,
        "conditions": wording.CONDITION_ZH,
        "attributes": wording.CONDITION_ZH | wording.EXCEPTION_ZH | wording.SHAPE_ZH,
    }


class _Unions:
    """Counties, the bundled ones where none were given, and unions of them by their codes, each
    once.
    """

    def __init__(self, given: gpd.GeoDataFrame | None) -> None:
        self.are_bundled = given is None
        self.counties = counties = load_counties(neighbours=True) if given is None else given

        # unions are shared by all classes and stand once
        self._shapes = dict(zip(counties["code"], counties.geometry, strict=True))
        self._rows: dict[tuple[str, ...], int] = {}
        self.shapes: list[Any] = []

        # the union of all comes first, so that its number does not hang on the layers
        self.row(counties["code"])

    def row(self, codes: Iterable[str]) -> int | None:
        """Return the number of the union of the known counties among `codes`; None where none is
        known.
        """
        # counties that a caller brought may lack some that a class covers
        key = tuple(sorted(c for c in set(codes) if c in self._shapes))
        if not key:
            return None
        if key not in self._rows:
            self._rows[key] = len(self.shapes)
            self.shapes.append(shapely.union_all([self._shapes[c] for c in key]))
        return self._rows[key]


def _layer(layer: Layer, unions: _Unions) -> dict[str, Any]:
    spec = layer.spec
    return {
        **_class_words(spec),
        "origin": layer.origin.kind,
        "failed": layer.failed,
        "official_count": _whole(spec.official_count),
        "held": layer.held,
        "candidates": layer.candidates,
        "located": layer.located,
        "polygons": layer.with_polygon,
        "coverage": list(spec.coverage),
        "complete_in": list(spec.complete_in),
        "complete_document": spec.complete_document,
        "subzones_absent": list(spec.subzones_absent),
        "covered": unions.row(spec.coverage),
        "complete": unions.row(spec.complete_in),
    }


def _class_words(spec: ClassSpec) -> dict[str, Any]:
    """Name a class, its keeper and its material in both languages."""
    # a class of a user's own has no English words for its sources: the Chinese ones stand in
    material_en, keeper_en = SOURCES_EN.get(spec.id, (spec.material_zh, spec.keeper_zh))
    return {
        "id": spec.id,
        "zh": spec.name_zh,
        "en": spec.name_en,
        "keeper": spec.keeper_zh,
        "material": spec.material_zh,
        "keeper_en": keeper_en,
        "material_en": material_en,
        "unit": spec.unit,
        "extra": spec.id in EXTRA_CLASS_IDS,
    }


def _whole(count: float | None) -> float | None:
    """Return a count as a whole number where it is one: JSON would write 12.0 for it."""
    return count if count is None or not float(count).is_integer() else int(count)


def _holder(
    rules: Sequence[Rule],
    apart: Collection[str],
    refusal: str | None,
) -> Callable[[Layer], dict[str, Any]]:
    """Return what writes the records of a layer."""
    # a page that refuses to check holds no record: nobody may read an answer out of it
    return _no_contents if refusal else partial(_contents, rules=rules, apart=apart)


def _no_contents(_: Layer) -> dict[str, Any]:
    return {"records": [], "fits": []}


_Numbered: TypeAlias = "Sequence[tuple[int, Rule]]"
"""Rules of one class with their numbers among all rules, by which the page names them."""


def _contents(
    layer: Layer,
    *,
    rules: Sequence[Rule],
    apart: Collection[str],
) -> dict[str, Any]:
    """Return the records of a layer, and the lists of rules that they name by number."""
    rows, own = _rows(layer, rules)
    if layer.spec.id in apart:
        return own | _columns(layer, rows)
    shapes = zip(rows, layer.shapes, strict=True)
    return own | {"records": [row | {"packed": packed(shape)} for row, shape in shapes]}


def _rows(
    layer: Layer,
    rules: Sequence[Rule],
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the records of a layer without their shapes, and the lists that they share."""
    numbered = _of_class(rules, layer.spec.id)

    # which kinds have a subzone is worked out from all rules of the class, as in the library
    homes = subzone_homes(rule for _, rule in numbered)
    missing = _lacking(layer, numbered)

    # most records of a class share their list of rules: each list stands once, in a table
    fits, lacks = _Lists(), _Lists()
    rows = [
        _record(record, layer)
        | {
            "fits": fits.number(_fitting(record, layer, numbered)),
            "impossible": impossible(record, homes),
            "lacks": lacks.number(lost),
        }
        for record, lost in zip(layer.records, missing, strict=True)
    ]
    return rows, {
        "fits": [list(map(list, one)) for one in fits.known],
        "lacks": list(map(list, lacks.known)),
    }


def _of_class(rules: Iterable[Rule], class_id: str) -> list[tuple[int, Rule]]:
    """Return the rules of a class with their numbers among all."""
    return [pair for pair in enumerate(rules) if pair[1].resource_class == class_id]


class _Lists:
    """Lists by their number, each once, in the order in which they first came."""

    def __init__(self) -> None:
        self.known: dict[tuple[Any, ...], int] = {}

    def number(self, one: tuple[Any, ...]) -> int:
        return self.known.setdefault(one, len(self.known))


def _lacking(layer: Layer, rules: _Numbered) -> list[tuple[int, ...]]:
    """Return for each record the rules, by number, whose subzone should be there and is not
    held.
    """
    found: list[list[int]] = [[] for _ in layer.records]
    for number, rule in rules:
        for row, zones in enumerate(lacking(layer.records, [(rule, "yes")], layer.spec)):
            if zones:
                found[row].append(number)
    return [tuple(numbers) for numbers in found]


def _columns(layer: Layer, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Write the records of a layer as columns, the geometry exact, because they are many."""
    # chains hold no place for what is missing: who has a shape is told beside them
    held = has_shape(layer.shapes)
    keys = rows[0].keys() if rows else ()
    columns = {key: any_column([row[key] for row in rows]) for key in keys}
    geometry = chains(layer.shapes[held], QUANTUM_DIGITS, exact=True)
    table = {
        "count": len(rows),
        "drawn": int(held.sum()),
        "has": number_column(held.astype(np.int64)),
        "columns": columns,
        "geometry": geometry,
    }
    return {"records": [], "apart": table}


def _plain(value: object) -> object:
    # NaN is the one value that is not itself; JSON has no word for it
    if value is None or value != value:
        return None
    return value.item() if isinstance(value, np.generic) else value


def _fitting(
    record: Mapping[str, Any],
    layer: Layer,
    rules: _Numbered,
) -> tuple[Any, ...]:
    """Return the rules that fit a record: number, how surely, and what caps their word."""
    # the reasons of the cap are those of a project of which everything is said; the page adds its
    # own
    fits = []
    for number, rule in rules:
        fit = applies(rule, record, layer.spec)
        if fit != "no":
            fits.append(
                (
                    number,
                    fit,
                    relation.cap(rule, record, _ALL_SAID, "yes", fit),
                )
            )
    return tuple(fits)


def _record(record: Mapping[str, Any], layer: Layer) -> dict[str, Any]:
    """Return a record with its figures, worked out here so that the page need not know how."""
    return {key: _plain(record[key]) for key in _RECORD_KEYS} | {
        # a column that only some layers have
        "boundary": record.get("boundary"),
        "accuracy_m": relation.finite(relation.accuracy_m(record)),
        "datum_error_m": relation.finite(record["datum_error_m"]),
        "extent_m": relation.extent_m(record),
        "spread_m": relation.spread_m(record),
        "hidden_m": hidden_reach_m(record, layer.spec),
        "coarse": relation.coarse_code(record) if relation.is_coarse(record) else None,
    }


def _rule(rule: Rule) -> dict[str, Any]:
    values = {key: getattr(rule, key) for key in _RULE_KEYS}
    row = {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}
    return row | {"requirement": rule.requirement_zh, "requirement_en": rule.requirement_en}


def _county(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "code": row["code"],
        "name": row.get("name_zh") or "",
        "position_accuracy_m": _plain(row["position_accuracy_m"]),
        "packed": packed(row["geometry"]),
    }


def _elements(codes: Iterable[str]) -> list[dict[str, Any]]:
    # an element that lies in several counties stands once, with the codes of all of them
    found: dict[str, dict[str, Any]] = {}
    for code in codes:
        for element in elements_at([code]):
            found.setdefault(element["element_id"], {**element, "codes": []})["codes"].append(code)
    return [found[key] for key in sorted(found)]


def packed(geometry: Shape) -> list[Any] | None:
    """Pack a lon/lat geometry as its type and chains of differences in 1e-7 degree; None for
    none.
    """
    if geometry is None or geometry.is_empty:
        return None

    # differences of whole numbers are short in JSON, and exact
    kind = geometry.geom_type
    if kind in ("Point", "LineString"):
        return [kind, _chain(geometry)]
    if kind == "Polygon":
        return [kind, [_chain(ring) for ring in shapely.get_rings(geometry)]]
    parts = shapely.get_parts(geometry)

    # points need no chain each: they have no rings to be kept apart
    if kind == "MultiPoint":
        return [kind, _differences(shapely.get_coordinates(geometry))]
    if kind == "MultiPolygon":
        return [kind, [[_chain(ring) for ring in shapely.get_rings(part)] for part in parts]]
    return [kind, [_chain(part) for part in parts]]


def _chain(line: Shape) -> list[int]:
    return _differences(shapely.get_coordinates(line))


def _differences(lon_lat: Floats) -> list[int]:
    grid = np.rint(lon_lat * 10**QUANTUM_DIGITS).astype(np.int64)

    # the first point is the step from zero
    steps: list[int] = np.diff(grid, axis=0, prepend=[[0, 0]]).ravel().tolist()
    return steps
