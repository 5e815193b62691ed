"""Sites x layers x rules -> outcomes. Pure: no files, no clock.

The definitions are those of the design: separation or penetration against the required distance, with the
combined error; what lies between is never decided; completeness is declared, never computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from ..model import (
    COARSE_ACCURACY_M,
    EFFECTS,
    EXTRA_CLASS_IDS,
    KNOWN_OUTCOMES,
    OUTCOMES,
    ClassOutcome,
    ClassSpec,
    Finding,
    KnownOutcome,
    Layer,
    Outcome,
    Project,
    Relation,
    Rule,
    RuleUnion,
    Site,
    SiteOutcome,
)
from ..projection import PLANE_SCALE, ellipsoid_area_m2, meridian_of, plane_crs, to_degrees, to_plane
from .overlap import Overlap, measure
from .relation import NO_RULE, NOT_BOUND, Binding, Fit, Judgement, applies, binding, judge

REASONS = {
    "prohibited_met": "计入误差后仍压占或不满足规定距离",
    "permit_met": "位于管控范围，依法报批后方可建设",
    "notify_met": "应书面征求主管部门意见",
    "between": "与已收录资源的关系在误差范围内，不足以判定",
    "unlocated": "有已收录资源缺少可用位置，可能涉及本县（市、区）",
    "no_rule": "涉及已收录资源，但未掌握适用规则",
    "unverified_rule": "涉及已收录资源，适用条文未见原文，不作判定依据",
    "incomplete": "资料未声明完整，不能得出未发现冲突的结论",
    "nothing_held": "无可用资料，不代表不存在冲突",
    "outside_coverage": "地块位于资料覆盖范围之外，不代表不存在冲突",
    "layer_failed": "资料读取失败，不代表不存在冲突",
    "not_requested": "本次未要求筛查此类",
    "bad_site": "地块不可用，未作筛查",
    "clear": "资料完备，且余量大于合成误差",
}
"""Chinese sentence of each reason code."""

_COARSE_REASONS = ("unlocated", "unknown_accuracy", "coarse_accuracy")


@dataclass(frozen=True, slots=True)
class _Ground:
    """Counties on one plane: what is covered, what is complete, who lies where."""

    shapes: Mapping[str, Any]
    accuracy_m: Mapping[str, float]
    unions: dict[tuple[str, ...], Any] = field(default_factory=dict)

    def union(self, codes: Iterable[str]) -> Any:
        key = tuple(sorted(c for c in set(codes) if c in self.shapes))
        if key not in self.unions:
            self.unions[key] = shapely.union_all([self.shapes[c] for c in key])
        return self.unions[key]

    def edge_m(self, codes: Iterable[str]) -> float:
        known = [self.accuracy_m[c] for c in codes if c in self.accuracy_m]
        return max((a if np.isfinite(a) else np.inf for a in known), default=np.inf)


@dataclass(frozen=True, slots=True)
class _Table:
    """One layer on one plane, in arrays."""

    layer: Layer
    rules: tuple[tuple[Rule, Binding], ...]
    shapes: Any
    tree: shapely.STRtree
    records: tuple[Mapping[str, Any], ...]
    coarse: tuple[int, ...]
    covered: Any
    complete: Any
    complete_edge_m: float
    slack_m: float


def screen(
    sites: Sequence[Site],
    layers: Sequence[Layer],
    rules: Sequence[Rule],
    *,
    counties: gpd.GeoDataFrame,
    as_of: str,
    project: Project | None = None,
    requested: Sequence[str] | None = None,
    progress: Callable[[Iterable[Site]], Iterable[Site]] = iter,
) -> tuple[SiteOutcome, ...]:
    """Screen sites against layers under the rules in force on a day.

    Parameters
    ----------
    sites
        EPSG:4490; an unusable one gets an answer too.
    layers
        In the order of the answer; extra classes count as given when they have an origin.
    rules
        Of any class and generation; those not in force at `as_of` are left aside.
    counties
        EPSG:4490 frame with `code`, `position_accuracy_m` (m) and geometry.
    as_of
        ISO date.
    project
        What is to be built; None says nothing, so the rules of all types apply and the answer says "if".
    requested
        Class ids that enter the verdict; None takes all.
    progress
        Wraps the sites as they are worked through.

    Returns
    -------
    tuple of SiteOutcome
        One per site in the given order; empty for no sites.
    """
    screener = Screener(layers, rules, counties=counties, as_of=as_of, project=project, requested=requested)
    return tuple(screener.screen(site) for site in progress(sites))


def _close(plane: str, site: Site) -> bool:
    """Whether distances on a plane keep to the scale error that the outcomes allow for.

    Two degrees off the meridian the scale is off by less than 0.0005 at these latitudes; farther off, areas are still told on
    the plane that the file declares, but distances are judged on the site's own.
    """
    west, _, east, _ = site.geometry.bounds
    return bool(max(abs(west - meridian_of(plane)), abs(east - meridian_of(plane))) <= 2.0)


class Screener:
    """Layers and rules prepared once, per plane, for many sites."""

    def __init__(
        self,
        layers: Sequence[Layer],
        rules: Sequence[Rule],
        *,
        counties: gpd.GeoDataFrame,
        as_of: str,
        project: Project | None = None,
        requested: Sequence[str] | None = None,
    ) -> None:
        self._layers = tuple(layers)
        self._project = project or Project()
        self._requested = None if requested is None else frozenset(requested)
        in_force = [rule for rule in rules if rule.in_force(as_of)]
        self._rules = {
            layer.spec.id: tuple(
                (rule, binding(rule, self._project)) for rule in in_force if rule.resource_class == layer.spec.id
            )
            for layer in layers
        }
        self._counties = counties
        self._planes: dict[str, tuple[_Table, ...]] = {}
        self._grounds: dict[str, _Ground] = {}

    def screen(self, site: Site) -> SiteOutcome:
        """Answer for one site."""
        if not site.usable:
            entries = tuple(self._silent(layer, "bad_site") for layer in self._layers)
            return _site_outcome(site, None, None, entries)
        own = plane_crs(float(site.geometry.centroid.x))
        declared = site.crs or own
        plane = declared if _close(declared, site) else own
        shape = to_plane(site.geometry, plane)
        tables = self._tables(plane)
        entries = tuple(self._class_outcome(site, shape, table, plane) for table in tables)
        return _site_outcome(site, shape if plane == declared else to_plane(site.geometry, declared), declared, entries)

    def _tables(self, plane: str) -> tuple[_Table, ...]:
        if plane not in self._planes:
            counties = self._counties
            shapes = dict(zip(counties["code"], to_plane(counties.geometry.to_numpy(), plane), strict=True))
            accuracy = dict(zip(counties["code"], counties["position_accuracy_m"].astype(float), strict=True))
            ground = _Ground(shapes, accuracy)
            self._grounds[plane] = ground
            self._planes[plane] = tuple(
                _table(layer, self._rules[layer.spec.id], ground, plane) for layer in self._layers
            )
        return self._planes[plane]

    def _silent(self, layer: Layer, code: str, findings: tuple[Finding, ...] = ()) -> ClassOutcome:
        return _entry(layer, "not_screened", "none_found", None, code, self._is_requested(layer), findings)

    def _is_requested(self, layer: Layer) -> bool:
        if self._requested is not None:
            return layer.spec.id in self._requested
        return not layer.spec.extra or layer.origin != "none"

    def _class_outcome(self, site: Site, shape: Any, table: _Table, plane: str) -> ClassOutcome:
        layer = table.layer
        if layer.failed is not None:
            return self._silent(layer, "layer_failed")
        if not self._is_requested(layer):
            return self._silent(layer, "not_requested" if layer.origin != "none" else "nothing_held")
        findings = tuple(self._findings(site, shape, table, plane))
        told = self._decided(site, shape, table, findings)
        return replace(told, unions=_unions(findings, shape, plane))

    def _decided(self, site: Site, shape: Any, table: _Table, findings: tuple[Finding, ...]) -> ClassOutcome:
        layer = table.layer
        known, effect, code = _known(findings)
        if known in ("conflict", "undetermined"):
            return _entry(layer, known, known, effect, code, True, findings)
        if not layer.held and known == "none_found" and not layer.spec.complete_in:
            return _entry(layer, "not_screened", known, effect, "nothing_held", True, findings)
        if table.covered is None or not shapely.intersects(table.covered, shape):
            outcome: Outcome = "undetermined" if known == "regulated" else "not_screened"
            return _entry(layer, outcome, known, effect, "outside_coverage", True, findings)
        if not self._complete(site, shape, table):
            return _entry(layer, "undetermined", known, effect, "incomplete", True, findings)
        if known == "regulated":
            return _entry(layer, known, known, effect, code, True, findings)
        return _entry(layer, "clear", known, None, "clear", True, findings)

    @staticmethod
    def _complete(site: Site, shape: Any, table: _Table) -> bool:
        """Whether a document declares the class whole wherever its rules could reach from the site."""
        if table.complete is None or not shapely.covers(table.complete, shape):
            return False
        required = max((r.required_m for r, bound in table.rules if bound != "no"), default=0.0)
        reach = required * (1 + PLANE_SCALE) + site.accuracy_m + site.datum_error_m
        depth = float(shapely.distance(shapely.boundary(table.complete), shape))
        return depth > reach + table.complete_edge_m

    def _findings(self, site: Site, shape: Any, table: _Table, plane: str) -> list[Finding]:
        ground = self._grounds[plane]
        near = table.tree.query(
            shape, predicate="dwithin", distance=table.slack_m + site.accuracy_m + site.datum_error_m
        )
        county_wide = {i for i in table.coarse if self._in_counties(site, shape, table, i, ground)}
        nearest = table.tree.query_nearest(shape) if len(table.tree) else []
        rows = sorted({*map(int, near), *county_wide, *map(int, nearest)})
        nearest_row = min(map(int, nearest), default=None) if len(nearest) else None
        found: list[Finding] = []
        for row in rows:
            judged = list(self._judged(site, shape, table, row, plane, row in county_wide))
            kept = [f for f in judged if f.relation != "missed"]
            if not kept and row == nearest_row and judged:
                kept = [
                    min(
                        judged,
                        key=lambda f: (f.margin_m if f.margin_m is not None else np.inf, f.rule_id or ""),
                    )
                ]
            found += kept
        return sorted(found, key=_finding_order)

    def _judged(
        self, site: Site, shape: Any, table: _Table, row: int, plane: str, county_wide: bool
    ) -> Iterator[Finding]:
        record, resource = table.records[row], table.shapes[row]
        spec = table.layer.spec
        overlap = measure(shape, resource) if resource is not None else None
        common = None if overlap is None or overlap.common is None else to_degrees(overlap.common, plane)
        for rule, bound, fit in _options(table.rules, record, spec):
            verdict = judge(
                rule,
                record,
                overlap,
                site=site,
                project=self._project,
                bound=bound,
                fit=fit,
                county_wide=county_wide,
            )
            yield _finding(record, rule, verdict, overlap, common, table.layer.shapes[row], bound)

    def _in_counties(self, site: Site, shape: Any, table: _Table, row: int, ground: _Ground) -> bool:
        """Whether the site may lie in, or within a rule's reach of, the counties of a record."""
        record = table.records[row]
        codes = [c for c in str(record["county_code"] or "").split(";") if c] or list(table.layer.spec.coverage)
        required = max((r.required_m for r, bound in table.rules if bound != "no"), default=0.0)
        reach = required * (1 + PLANE_SCALE) + site.accuracy_m + site.datum_error_m
        for code in codes:
            if code not in ground.shapes:
                if not shapely.covers(ground.union(ground.shapes), shape):
                    return True  # the county is not known here: nobody can say that the site lies elsewhere
                continue
            if shapely.distance(ground.shapes[code], shape) <= reach + ground.edge_m([code]):
                return True
        return False


def _table(layer: Layer, rules: tuple[tuple[Rule, Binding], ...], ground: _Ground, plane: str) -> _Table:
    records = layer.records
    shapes = to_plane(layer.shapes, plane) if records else layer.shapes
    required = max((r.required_m for r, bound in rules if bound != "no"), default=0.0)
    slack = max((2 * _extent_m(r) + _error_m(r) for r in records), default=0.0)
    covered = tuple(c for c in layer.spec.coverage if c in ground.shapes)
    complete = tuple(c for c in layer.spec.complete_in if c in ground.shapes)
    return _Table(
        layer=layer,
        rules=rules,
        shapes=shapes,
        tree=shapely.STRtree(shapes),
        records=records,
        coarse=tuple(i for i, r in enumerate(records) if _is_coarse(r, shapes[i])),
        covered=ground.union(covered) if covered else None,
        complete=ground.union(complete) if complete else None,
        complete_edge_m=ground.edge_m(complete),
        slack_m=required * (1 + PLANE_SCALE) + slack + 1.0,
    )


def _error_m(record: Mapping[str, Any]) -> float:
    return _number(record["position_accuracy_m"]) + _number(record["datum_error_m"])


def _number(value: Any) -> float:
    return float(value) if value is not None and np.isfinite(value) else 0.0


def _extent_m(record: Mapping[str, Any]) -> float:
    if record["geometry_kind"] != "point":
        return 0.0
    return _number(record["extent_m"]) or _number(record["screening_extent_m"])


def _is_coarse(record: Mapping[str, Any], shape: Any) -> bool:
    accuracy = record["position_accuracy_m"]
    return shape is None or accuracy is None or not accuracy <= COARSE_ACCURACY_M


def _options(
    rules: Sequence[tuple[Rule, Binding]], record: Mapping[str, Any], spec: ClassSpec
) -> list[tuple[Rule, Binding, Fit]]:
    """The rules to judge a record by; where none binds, the stand-in that says why."""
    fitting: list[tuple[Rule, Binding, Fit]] = [
        (rule, bound, fit) for rule, bound in rules if (fit := applies(rule, record, spec)) != "no"
    ]
    binding_ones = [option for option in fitting if option[1] != "no"]
    if binding_ones:
        return binding_ones
    seen_all = bool(fitting) and all(rule.verified for rule, _, _ in fitting)
    return [(NOT_BOUND if seen_all else NO_RULE, "yes", "yes")]


def _finding(
    record: Mapping[str, Any],
    rule: Rule,
    verdict: Judgement,
    overlap: Overlap | None,
    common: Any,
    resource: Any,
    bound: Binding,
) -> Finding:
    known_rule = bool(rule.rule_id)
    return Finding(
        feature_id=record["feature_id"],
        name_zh=record["name_zh"],
        outcome=_finding_outcome(verdict.relation, rule),
        overlap_m2=overlap.area_m2 if overlap else 0.0,
        overlap_ellipsoid_m2=ellipsoid_area_m2(common) if overlap and overlap.area_m2 else 0.0,
        overlap_length_m=overlap.length_m if overlap else 0.0,
        overlap_share=overlap.share if overlap else 0.0,
        distance_m=overlap.distance_m if overlap else None,
        required_m=verdict.required_m,
        margin_m=verdict.margin_m,
        uncertainty_m=verdict.uncertainty_m,
        flip_distance_m=verdict.flip_distance_m,
        rule_id=rule.rule_id if known_rule else None,
        effect=rule.effect if known_rule else None,
        law=rule.law if known_rule else None,
        article=(rule.article or None) if known_rule else None,
        in_force_from=rule.in_force_from,
        in_force_to=rule.in_force_to,
        membership=record["membership"],
        geometry_kind=record["geometry_kind"],
        source=record["source"],
        relation=verdict.relation,
        reason_code=verdict.reason_code,
        reason=verdict.reason,
        resource_kind=record["resource_kind"],
        subzone=record["subzone"],
        condition=_condition(rule, bound),
        max_height_m=verdict.max_height_m,
        requirement=rule.requirement_zh if known_rule else None,
        extent_m=_extent_m(record),
        overlap_geometry=common,
        resource_geometry=resource,
    )


def _unions(findings: Sequence[Finding], shape: Any, plane: str) -> tuple[RuleUnion, ...]:
    """Overlaps by rule, each place counted once however many features cover it."""
    shared: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        if finding.overlap_m2:
            shared.setdefault((finding.rule_id or "", finding.effect or ""), []).append(finding)
    unions = []
    for (rule_id, effect), group in sorted(shared.items()):
        if len(group) == 1:
            area = group[0].overlap_m2
        else:
            area = float(shapely.union_all(to_plane([f.overlap_geometry for f in group], plane)).area)
        area = min(area, float(shape.area))
        unions.append(RuleUnion(rule_id or None, effect or None, len(group), area, area / float(shape.area)))
    return tuple(unions)


def _condition(rule: Rule, bound: Binding) -> str | None:
    if bound == "yes":
        return None
    parts = [*rule.project_types, *([rule.condition] if rule.condition else [])]
    return ";".join(dict.fromkeys(parts)) or None


def _finding_outcome(relation: Relation, rule: Rule) -> Outcome:
    if relation == "met":
        return "conflict" if rule.effect == "prohibited" else "regulated"
    return "undetermined" if relation == "between" else "clear"


def _finding_order(finding: Finding) -> tuple[Any, ...]:
    distance = finding.distance_m if finding.distance_m is not None else np.inf
    effect = EFFECTS.index(finding.effect) if finding.effect in EFFECTS else len(EFFECTS)
    outcome = OUTCOMES.index(finding.outcome)
    return (outcome, distance, finding.feature_id, effect, finding.rule_id or "")


def _known(findings: Sequence[Finding]) -> tuple[KnownOutcome, str | None, str]:
    """What is known from what is held: outcome, gravest effect, reason code."""
    kept = [f for f in findings if f.relation != "missed"]
    outcomes = {f.outcome for f in kept}
    known: KnownOutcome = next((o for o in KNOWN_OUTCOMES if o in outcomes), "none_found")
    deciding = [f for f in kept if f.outcome == known]
    effect = next((e for e in EFFECTS if any(f.effect == e for f in deciding)), None)
    if known == "conflict":
        return known, effect, "prohibited_met"
    if known == "regulated":
        return known, effect, "permit_met" if effect == "permit" else "notify_met"
    if known == "none_found":
        return known, effect, "clear"
    codes = {f.reason_code for f in deciding}
    if codes <= set(_COARSE_REASONS):
        return known, effect, "unlocated"
    for code in ("no_rule", "unverified_rule"):
        if codes <= {code, *_COARSE_REASONS}:
            return known, effect, code
    return known, effect, "between"


def _entry(
    layer: Layer,
    outcome: Outcome,
    known: KnownOutcome,
    effect: str | None,
    code: str,
    requested: bool,
    findings: tuple[Finding, ...],
) -> ClassOutcome:
    return ClassOutcome(
        resource_class=layer.spec.id,
        outcome=outcome,
        known_outcome=known,
        effect=effect,
        reason_code=code,
        reason=REASONS[code] if code != "layer_failed" else f"{REASONS[code]}：{layer.failed}",
        requested=requested,
        official_count=layer.spec.official_count,
        held=layer.held,
        candidates=layer.candidates,
        located=layer.located,
        findings=findings,
    )


def _site_outcome(site: Site, shape: Any, plane: str | None, entries: Sequence[ClassOutcome]) -> SiteOutcome:
    asked = [e for e in entries if e.requested]
    usable = shape is not None
    verdict: Outcome = next((o for o in OUTCOMES if any(e.outcome == o for e in asked)), "not_screened")
    known: KnownOutcome = next((o for o in KNOWN_OUTCOMES if any(e.known_outcome == o for e in asked)), "none_found")
    return SiteOutcome(
        site=site,
        verdict=verdict,
        known_verdict=known,
        area_m2=float(shapely.area(shape)) if usable else None,
        area_ellipsoid_m2=ellipsoid_area_m2(site.geometry) if usable else None,
        crs=plane,
        screening=tuple(e for e in entries if e.resource_class not in EXTRA_CLASS_IDS),
        extra=tuple(e for e in entries if e.resource_class in EXTRA_CLASS_IDS),
    )
