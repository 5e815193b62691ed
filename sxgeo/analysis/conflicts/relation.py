"""One site, one resource, one rule -> met, between or missed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from ..model import (
    BANS,
    BEHAVIOURS,
    COARSE_ACCURACY_M,
    STORED_ROUNDING_M,
    TYPE_STATES,
    ClassSpec,
    Outcome,
    Project,
    Relation,
    Rule,
    Site,
)
from ..projection import PLANE_SCALE
from .overlap import Overlap

TOUCH_M = 0.02
"""Overlap no deeper than this is touching (design: outcomes)."""

Binding = Literal["yes", "if", "maybe", "no"]
"""Whether a rule binds the project: `if` = it decides on what was not said (no type given, or what its type presumes),
`maybe` = an attribute was not said, `no` = something that was said frees the project."""
Fit = Literal["yes", "possible", "no"]
"""Whether a rule binds a record: `possible` = its kind or subzone is unknown."""

NO_RULE = Rule(
    rule_id="",
    resource_class="",
    resource_kind=(),
    possible_kinds=(),
    subzone=None,
    project_types=(),
    effect="prohibited",
    required_m=0.0,
    comparison="within_le",
    ratio=None,
    condition=None,
    requirement_zh="",
    requirement_en="",
    law="",
    article="",
    in_force_from=None,
    in_force_to=None,
    authority="",
    verified=False,
    source="",
    note="",
)
"""Stands for the rule that nobody has found; it decides nothing."""
NOT_BOUND = replace(NO_RULE, note="not bound")
"""Stands for rules that were all seen and from which something that was said frees the project; a touch is told all the same."""

REASONS = {
    "met": "计入误差后仍压占或不满足规定距离",
    "missed": "余量大于合成误差",
    "within_error": "距离与规定距离之差小于合成误差",
    "within_extent": "资源仅有点位，范围未知，地块位于其可能范围内",
    "touching": "边界相接，重叠不超过0.02米",
    "shared_edge": "与法定矢量共边，压占0.0000公顷",
    "unlocated": "资源未定位，可能位于本县（市、区）",
    "unknown_accuracy": "资源位置精度未知",
    "coarse_accuracy": "资源位置精度低于3000米",
    "extent_box": "资源仅有四至范围，不是边界",
    "candidate": "资源为待核线索，未见其法定身份",
    "unknown_subzone": "资源分区或类别未知",
    "superseded_subzone": "所给分区不属于当日施行规定的分区，分区待新成果核定",
    "unknown_basin": "资源所属流域未核定，条文只约束特定流域",
    "unverified_rule": "条文未见原文，不作判定依据",
    "no_rule": "未掌握适用规则",
    "not_bound": "涉及，已说明情形下无约束规则",
    "attribute_unknown": "项目属性未给出",
    "height_unknown": "建筑高度未给出",
}
"""Chinese sentence of each reason code of a finding."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The relation and the figures behind it, metres; None where the position is unknown."""

    relation: Relation
    reason_code: str
    required_m: float
    margin_m: float | None
    uncertainty_m: float | None
    flip_distance_m: float | None
    max_height_m: float | None = None

    @property
    def reason(self) -> str:
        """The reason in Chinese."""
        return REASONS[self.reason_code]


_SYSTEMS = (
    frozenset({"core_zone_old", "buffer_zone_old", "experimental_zone_old"}),
    frozenset({"core_protection_zone", "general_control_zone"}),
    frozenset({"core_scenic_area"}),
)
"""Subzones that belong together. The first were replaced by the second on 2026-03-15; none is ever translated."""
_OUTSIDE_BASIN = {"yellow_river": frozenset({"140921", "140922", "140923", "140924"})}
"""Counties that are known not to drain to a basin: 定襄 五台 代县 繁峙 drain to the Hutuo; of the rest nothing is said."""
_TYPE_ATTRIBUTES = BEHAVIOURS


def binding(rule: Rule, project: Project) -> Binding:
    """Say whether a rule binds a project.

    What is unsaid never frees: only something said makes it `no`, and an attribute that nobody gave makes it `maybe`,
    which never decides, unless the type presumes it. A type that was not given leaves every rule bound, as "if".
    """
    states = {_type_state(rule, project), _condition_state(rule, project)}
    return next(s for s in ("no", "maybe", "if", "yes") if s in states)


def freed_by(rule: Rule, project: Project) -> tuple[str, ...]:
    """Name what was said that keeps a rule from binding a project, as ``attribute=value``; empty where it may bind."""
    said = []
    if _type_state(rule, project) == "no":
        uses = [t for t in rule.project_types if t not in BEHAVIOURS]
        said += [f"project_type={project.type}"] if uses else []
        said += [f"{BEHAVIOURS[t]}=no" for t in rule.project_types if t in BEHAVIOURS]
    if rule.condition is not None and _condition_state(rule, project) == "no":
        said.append(f"{rule.condition}=no")
    return tuple(sorted(set(said)))


def answer_to(attribute: str, project: Project) -> str | None:
    """Return what was said of an attribute, ``yes`` or ``no``; None where nobody said."""
    given = getattr(project, attribute) if attribute in BEHAVIOURS.values() else project.attributes.get(attribute)
    return {True: "yes", False: "no"}.get(given) if isinstance(given, bool) else given


def _attribute_state(attribute: str, project: Project) -> Binding:
    """Whether an attribute holds: as said, else by the behaviour that the type names, else as the type presumes."""
    if project.type in BEHAVIOURS and BEHAVIOURS[project.type] == attribute:
        return "yes"
    said = answer_to(attribute, project)
    if said in ("yes", "no"):
        return "yes" if said == "yes" else "no"
    presumed = TYPE_STATES.get(project.type or "", {}).get(attribute)
    return "if" if presumed == "yes" else "maybe"


def _type_state(rule: Rule, project: Project) -> Binding:
    """A said use of land unbinds rules of other uses; a behaviour is only unbound by what is said of it."""
    if not rule.project_types or project.type in rule.project_types:
        return "yes"
    states = {_attribute_state(BEHAVIOURS[t], project) for t in rule.project_types if t in BEHAVIOURS}
    if any(t not in BEHAVIOURS for t in rule.project_types):
        states.add("if" if project.type is None else "maybe" if project.type in BEHAVIOURS else "no")
    if project.type is None and "maybe" in states:
        states.add("if")
    return next(s for s in ("yes", "if", "maybe", "no") if s in states)


def _condition_state(rule: Rule, project: Project) -> Binding:
    if rule.condition is None:
        return "yes"
    state = _attribute_state(rule.condition, project)
    if state == "maybe" and project.type is None and rule.condition in BEHAVIOURS.values():
        return "if"
    return state


def outcome_if_met(rule: Rule, project: Project) -> Outcome:
    """Return what a rule means where it is met.

    A ban means a conflict, unless its lawful exception was said with its document, or it bans only building and no
    outlines of buildings were given: then the plot is regulated.
    """
    if rule.effect not in BANS or excepted(rule, project) or only_building(rule, project):
        return "regulated"
    return "conflict"


def excepted(rule: Rule, project: Project) -> bool:
    """Say whether the lawful exception of a rule was said, with the document that grants it."""
    if rule.effect != "prohibited_unless":
        return False
    return any(answer_to(a, project) == "yes" and project.documents.get(a) for a in rule.exception)


def only_building(rule: Rule, project: Project) -> bool:
    """Say whether a rule binds buildings and the site is a bare plot: part of it may not be built on, which is no conflict."""
    return rule.binds == "building" and answer_to("building_outlines", project) != "yes"


def applies(rule: Rule, record: Mapping[str, Any], spec: ClassSpec) -> Fit:
    """Say whether a rule binds a record by its kind, subzone and river basin."""
    fits = {kind_fit(rule, record), _subzone_fit(rule, record, spec), basin_fit(rule, record)}
    return next(f for f in ("no", "possible", "yes") if f in fits)


def kind_fit(rule: Rule, record: Mapping[str, Any]) -> Fit:
    """Say whether a rule binds records of this kind."""
    kind = record["resource_kind"]
    if not rule.resource_kind or kind in rule.resource_kind:
        return "yes"
    return "possible" if kind is None or kind in rule.possible_kinds else "no"


def _subzone_fit(rule: Rule, record: Mapping[str, Any], spec: ClassSpec) -> Fit:
    subzone = record["subzone"]
    if rule.subzone is None or subzone == rule.subzone:
        return "yes"
    if subzone is not None:
        return "possible" if _superseded(rule, record) else "no"
    itself = record["geometry_kind"] == "point" and record["point_role"] == "object"
    return "yes" if itself and rule.subzone == spec.innermost_subzone else "possible"


def _superseded(rule: Rule, record: Mapping[str, Any]) -> bool:
    """Whether the record's subzone is of another system than the rule's: nobody has said yet which of its own it is."""
    mine, theirs = _system(record["subzone"]), _system(rule.subzone)
    return mine is not None and theirs is not None and mine != theirs


def _system(subzone: str | None) -> int | None:
    return next((number for number, zones in enumerate(_SYSTEMS) if subzone in zones), None)


def basin_fit(rule: Rule, record: Mapping[str, Any]) -> Fit:
    """Say whether a rule binds records in this river basin."""
    if rule.basin is None:
        return "yes"
    codes = {c for c in str(record["county_code"] or "").split(";") if c}
    return "no" if codes and codes <= _OUTSIDE_BASIN.get(rule.basin, frozenset()) else "possible"


def judge(
    rule: Rule,
    record: Mapping[str, Any],
    overlap: Overlap | None,
    *,
    site: Site,
    project: Project,
    bound: Binding,
    fit: Fit,
    county_wide: bool,
    shared: bool = False,
) -> Judgement:
    """Judge one site against one record under one rule that may bind it.

    Parameters
    ----------
    overlap
        Separation on the plane; None for a record without position.
    county_wide
        The record's position says nothing closer than the county, and the site may lie in that county.
    shared
        The record's boundary has the force of law, and the site lies beside it with an edge in common.

    Returns
    -------
    Judgement
        `met` only where nothing that is unknown could undo it; `missed` only where nothing unknown could make it.
    """
    if overlap is None:
        relation: Relation = "missed" if rule is NOT_BOUND else "between"
        code = "not_bound" if rule is NOT_BOUND else "unlocated"
        return Judgement(relation, code, rule.required_m, None, None, None)
    required = required_m(rule, project)
    error = (
        site.accuracy_m
        + site.datum_error_m
        + finite(accuracy_m(record))
        + finite(record["datum_error_m"])
        + PLANE_SCALE * required
    )
    extent = spread_m(record)
    relation, code, flip = _compare(rule, overlap, required, error, extent)
    if rule is NOT_BOUND:
        relation = "missed" if relation == "missed" else "unbound"
        return Judgement(relation, "not_bound", required, overlap.separation_m - required, error, None)
    if shared and required == 0:
        return Judgement("shared", "shared_edge", required, overlap.separation_m - required, error, None)
    if relation == "met" and (why := cap(rule, record, project, bound, fit)):
        relation, code, flip = "between", why, _to_missed(overlap, required, error, extent)
    elif relation == "between" and code in ("within_error", "within_extent") and rule is NO_RULE:
        code = "no_rule"
    if relation == "missed" and county_wide:
        relation, flip = "between", None
    if relation == "between" and is_coarse(record):
        code, flip = _coarse_code(record), None  # the county decides, not the distance to the point
    return Judgement(
        relation=relation,
        reason_code=code,
        required_m=required,
        margin_m=overlap.separation_m - required,
        uncertainty_m=error,
        flip_distance_m=flip,
        max_height_m=_max_height_m(rule, overlap, error + extent, relation),
    )


def finite(value: Any) -> float:
    """Return a finite number, 0 for what is unknown."""
    return float(value) if value is not None and np.isfinite(value) else 0.0


def accuracy_m(record: Mapping[str, Any]) -> float | None:
    """Return how far a record's boundary may lie from the drawn one: for coordinates with the force of law their rounding."""
    if record.get("boundary") == "legal_vector":
        return STORED_ROUNDING_M
    accuracy: float | None = record["position_accuracy_m"]
    return accuracy


def extent_m(record: Mapping[str, Any]) -> float:
    """Return the radius taken for a point record, the class's default where none is published; 0 for any other."""
    if record["geometry_kind"] != "point":
        return 0.0
    published = record["extent_m"]
    return finite(record["screening_extent_m"] if published is None else published)


def spread_m(record: Mapping[str, Any]) -> float:
    """Return how far beyond its point a record may reach: twice its extent, with the scale of the plane."""
    return 2 * extent_m(record) * (1 + PLANE_SCALE)


def is_coarse(record: Mapping[str, Any]) -> bool:
    """Say whether a record's stated accuracy tells nothing closer than its county."""
    accuracy = accuracy_m(record)
    return accuracy is None or not accuracy <= COARSE_ACCURACY_M


def required_m(rule: Rule, project: Project) -> float:
    """Return the distance that a rule requires of a project: for a building of known height that of its ratio."""
    if rule.comparison == "height_ratio" and project.height_m is not None and rule.ratio:
        return min(rule.required_m, rule.ratio * project.height_m)
    return rule.required_m


def _compare(
    rule: Rule, overlap: Overlap, required: float, error: float, extent: float
) -> tuple[Relation, str, float | None]:
    s, inner, outer = overlap.separation_m, required - error, required + error + extent
    strict = rule.comparison != "within_le"
    met = s < inner if strict else s <= inner
    if met and required == 0 and overlap.penetration_m <= TOUCH_M:
        return "between", "touching", TOUCH_M - overlap.penetration_m
    if met:
        floor = min(inner, -TOUCH_M) if required == 0 else inner
        return "met", "met", floor - s
    if (s >= outer) if strict and required > 0 else (s > outer):
        return "missed", "missed", s - outer
    code = "within_extent" if s > required + error else "within_error"
    return "between", code, min(s - inner, outer - s)


def _to_missed(overlap: Overlap, required: float, error: float, extent: float) -> float:
    return required + error + extent - overlap.separation_m


def cap(rule: Rule, record: Mapping[str, Any], project: Project, bound: Binding, fit: Fit) -> str | None:
    """Say why a rule that is met all the same decides nothing; None when it decides."""
    checks = (
        (rule is NO_RULE, "no_rule"),
        (not rule.verified, "unverified_rule"),
        (record["geometry_kind"] == "extent_box", "extent_box"),
        (is_coarse(record), _coarse_code(record)),
        (record["membership"] == "candidate" and not record["legal_designation"], "candidate"),
        (fit == "possible", _possible_code(rule, record)),
        (rule.comparison == "height_ratio" and project.height_m is None, "height_unknown"),
        (bound == "maybe", "attribute_unknown"),
    )
    return next((code for holds, code in checks if holds), None)


def _possible_code(rule: Rule, record: Mapping[str, Any]) -> str:
    if _superseded(rule, record):
        return "superseded_subzone"
    return "unknown_basin" if rule.basin is not None else "unknown_subzone"


def _coarse_code(record: Mapping[str, Any]) -> str:
    accuracy = accuracy_m(record)
    return "unknown_accuracy" if accuracy is None or not np.isfinite(accuracy) else "coarse_accuracy"


def _max_height_m(rule: Rule, overlap: Overlap, doubt_m: float, relation: Relation) -> float | None:
    """Height that is lawful whatever the error; None where the rule sets no limit."""
    if rule.comparison != "height_ratio" or not rule.ratio or relation == "missed":
        return None
    return max(0.0, (overlap.separation_m - doubt_m) / rule.ratio)
