"""What the check in the page needs, as plain values: layers, rules, counties and words, on the library's own grid."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from .. import wording
from ..analysis import relation
from ..analysis.conflicts import REASONS
from ..boundaries import elements_at, load_counties, zones_of
from ..catalog import data_path, load_catalog, read_features
from ..layers import load_layers
from ..model import CLASS_IDS, EXTRA_CLASS_IDS, PROJECT_TYPES, Layer, Rule
from ..projection import QUANTUM_DIGITS
from ..rules import load_rules
from ..version import __version__
from .columns import any_column, chains, number_column
from .english import SOURCES_EN, english

PAGE_VERSION = "sxgeo.page/1"
_RECORD_KEYS = (
    *("feature_id", "name_zh", "resource_kind", "subzone", "county_code", "membership", "geometry_kind", "point_role"),
    *("extent_m", "screening_extent_m", "position_accuracy_m", "datum_error_m", "source"),
)
_RULE_KEYS = (
    *("rule_id", "resource_class", "resource_kind", "possible_kinds", "subzone", "project_types", "effect"),
    *(
        "required_m",
        "comparison",
        "ratio",
        "condition",
        "law",
        "article",
        "in_force_from",
        "in_force_to",
        "verified",
        "basin",
    ),
)


def check_pack(
    layers: Sequence[Layer] | None = None,
    rules: Iterable[Rule] | None = None,
    counties: gpd.GeoDataFrame | None = None,
    *,
    apart: Collection[str] = (),
    refusal: str | None = None,
) -> dict[str, Any]:
    """Return what the page checks a site against.

    Parameters
    ----------
    layers
        Resource layers; classes that are not among them stand without data. None takes every bundled class.
    rules
        Rules of every generation; None takes the bundled ones.
    counties
        EPSG:4490 frame with `code`, `position_accuracy_m` (m) and geometry; None takes the bundled ones.
    apart
        Classes whose records are written as columns under the key ``apart``, because they are many.
    refusal
        Why the page cannot check; then it holds no record.

    Returns
    -------
    dict
        Plain values. Geometry is exact: whole numbers of 1e-7 degree, each the difference to the one before.
    """
    ordered = _in_order(load_layers() if layers is None else layers)
    form = _none if refusal else _records
    ground = load_counties(neighbours=True) if counties is None else counties
    unions = _Unions(ground)
    catalog = load_catalog()
    everything = unions.row(ground["code"])
    return {
        "data_date": catalog.data_date,
        "data_sha256": catalog.sha256,
        "rules_sha256": hashlib.sha256(data_path("sources/rules.csv").read_bytes()).hexdigest(),
        "versions": {"page": PAGE_VERSION, "sxgeo": __version__},
        "layers": [
            _layer(la, unions) | (_columns if la.spec.id in apart and not refusal else form)(la) for la in ordered
        ],
        "rules": [_rule(rule) for rule in (load_rules() if rules is None else rules)],
        "counties": [_county(row) for row in ground.to_dict("records")],
        "unions": [packed(shape) for shape in unions.shapes],
        "all_counties": everything,
        "zones": {code: list(zones_of(code)) for code in ground["code"]} if counties is None else {},
        "elements": _elements(ground["code"]) if counties is None else [],
        "remarks": [f"the page holds users' records: {la.spec.id} ({la.origin})" for la in ordered if is_users(la)],
        "china": packed(read_features("boundaries/china.geojson")[1][0]),
        "tables": _tables(),
        "words": _words(),
        **({"refusal": refusal} if refusal else {}),
    }


def is_users(layer: Layer) -> bool:
    """Say whether a layer holds records that a user brought."""
    return bool(layer.origin.files)


def _words() -> dict[str, Any]:
    return {
        "outcome_zh": wording.OUTCOME_ZH,
        "outcome_en": wording.OUTCOME_EN,
        "lines_zh": wording.OUTCOME_LINE_ZH,
        "notify_zh": list(wording.NOTIFY_ZH),
        "memberships": wording.MEMBERSHIP_ZH,
        "subzones": wording.SUBZONE_ZH,
        "disclaimer": wording.REPORT_DISCLAIMER,
        "english": english(),
    }


def _tables() -> dict[str, Any]:
    return {
        "class_reasons": REASONS,
        "finding_reasons": relation.REASONS,
        "systems": [sorted(zones) for zones in relation._SYSTEMS],
        "outside_basin": {basin: sorted(codes) for basin, codes in relation._OUTSIDE_BASIN.items()},
        "type_attributes": relation._TYPE_ATTRIBUTES,
        "project_types": PROJECT_TYPES,
        "conditions": wording.CONDITION_ZH,
    }


def _in_order(layers: Sequence[Layer]) -> list[Layer]:
    by_id = {layer.spec.id: layer for layer in layers}
    wanted = (*CLASS_IDS, *EXTRA_CLASS_IDS)
    by_id |= {layer.spec.id: layer for layer in load_layers([c for c in EXTRA_CLASS_IDS if c not in by_id])}
    return [by_id[c] for c in wanted if c in by_id]


class _Unions:
    """Unions of counties by their codes, each once."""

    def __init__(self, counties: gpd.GeoDataFrame) -> None:
        self._shapes = dict(zip(counties["code"], counties.geometry, strict=True))
        self._rows: dict[tuple[str, ...], int] = {}
        self.shapes: list[Any] = []

    def row(self, codes: Iterable[str]) -> int | None:
        """Return the number of the union of the known counties among `codes`; None where none is known."""
        key = tuple(sorted(c for c in set(codes) if c in self._shapes))
        if not key:
            return None
        if key not in self._rows:
            self._rows[key] = len(self.shapes)
            self.shapes.append(shapely.union_all([self._shapes[c] for c in key]))
        return self._rows[key]


def _layer(layer: Layer, unions: _Unions) -> dict[str, Any]:
    spec, count = layer.spec, layer.spec.official_count
    material_en, keeper_en = SOURCES_EN.get(spec.id, (spec.material_zh, spec.keeper_zh))
    whole = count is not None and float(count).is_integer()
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
        "origin": layer.origin.kind,
        "failed": layer.failed,
        "official_count": int(count) if whole and count is not None else count,
        "held": layer.held,
        "candidates": layer.candidates,
        "located": layer.located,
        "polygons": layer.with_polygon,
        "innermost_subzone": spec.innermost_subzone,
        "coverage": list(spec.coverage),
        "complete_in": list(spec.complete_in),
        "covered": unions.row(spec.coverage),
        "complete": unions.row(spec.complete_in),
    }


def _records(layer: Layer) -> dict[str, Any]:
    return {"records": [_record(r, shape) for r, shape in zip(layer.records, layer.shapes, strict=True)]}


def _none(layer: Layer) -> dict[str, Any]:
    return {"records": []}


def _columns(layer: Layer) -> dict[str, Any]:
    """Records of a layer as columns, the geometry exact; as `_records`, but for many."""
    held = ~(shapely.is_missing(layer.shapes) | shapely.is_empty(layer.shapes))
    keys = {key: [_plain(record[key]) for record in layer.records] for key in _RECORD_KEYS}
    keys["legal_designation"] = [bool(record["legal_designation"]) for record in layer.records]
    return {
        "records": [],
        "apart": {
            "count": len(layer.records),
            "drawn": int(held.sum()),
            "has": number_column(held.astype(np.int64)),
            "columns": {key: any_column(values) for key, values in keys.items()},
            "geometry": chains(layer.shapes[held], QUANTUM_DIGITS, exact=True),
        },
    }


def _plain(value: Any) -> Any:
    if value is None or value != value:
        return None
    return value.item() if isinstance(value, np.generic) else value


def _record(record: Any, shape: Any) -> dict[str, Any]:
    row = {key: _plain(record[key]) for key in _RECORD_KEYS}
    return row | {"legal_designation": bool(record["legal_designation"]), "packed": packed(shape)}


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
    found: dict[str, dict[str, Any]] = {}
    for code in codes:
        for element in elements_at([code]):
            found.setdefault(element["element_id"], {**element, "codes": []})["codes"].append(code)
    return [found[key] for key in sorted(found)]


def packed(geometry: Any) -> list[Any] | None:
    """Pack a lon/lat geometry as its type and chains of differences in 1e-7 degree; None for none."""
    if geometry is None or geometry.is_empty:
        return None
    kind = geometry.geom_type
    if kind in ("Point", "LineString"):
        return [kind, _chain(geometry)]
    if kind == "Polygon":
        return [kind, [_chain(ring) for ring in shapely.get_rings(geometry)]]
    parts = shapely.get_parts(geometry)
    if kind == "MultiPoint":
        return [kind, _differences(shapely.get_coordinates(geometry))]
    if kind == "MultiPolygon":
        return [kind, [[_chain(ring) for ring in shapely.get_rings(part)] for part in parts]]
    return [kind, [_chain(part) for part in parts]]


def _chain(line: Any) -> list[int]:
    return _differences(shapely.get_coordinates(line))


def _differences(lon_lat: Any) -> list[int]:
    grid = np.rint(lon_lat * 10**QUANTUM_DIGITS).astype(np.int64)
    steps: list[int] = np.diff(grid, axis=0, prepend=[[0, 0]]).ravel().tolist()
    return steps
