"""One site, one resource, one rule -> met, between or missed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from ...geometry.projection import PLANE_SCALE
from ...layers.classes import COARSE_ACCURACY_M
from ...layers.rules import Rule
from ...model.outcomes import STORED_ROUNDING_M
from ...wording import FINDING_REASON_ZH
from .binding import superseded

if TYPE_CHECKING:
    from ...geometry.overlap import Overlap
    from ...model.outcomes import Relation
    from ...model.project import Project
    from ...model.sites import Site
    from .binding import Binding, Fit

TOUCH_M = 0.02
"""Overlap no deeper than this is touching (design: outcomes)."""
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
"""Stands for rules that were all seen and from which something that was said frees the project; a
touch is told all the same.
"""


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
        return FINDING_REASON_ZH[self.reason_code]


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
        The record's position says nothing closer than the county, and the site may lie in that
        county.
    shared
        The record's boundary has the force of law, and the site lies beside it with an edge in
        common.

    Returns
    -------
    Judgement
        `met` only where nothing that is unknown could undo it; `missed` only where nothing unknown
        could make it.
    """
    # without a position no distance is measured
    if overlap is None:
        return _without_position(rule)
    required = required_m(rule, project)
    error = _combined_error_m(site, record, required)
    extent = spread_m(record)
    margin = overlap.separation_m - required
    meant = _compare(rule, overlap, required, error, extent)

    # freed by what was said of the project, which is told as long as it is touched
    if rule is NOT_BOUND:
        return Judgement(_freed(meant), "not_bound", required, margin, error, None)
    if shared and required == 0:
        return Judgement("shared", "shared_edge", required, margin, error, None)

    # from here on only towards less certainty: what is met may fall to between, and nothing rises
    # from it
    why = cap(rule, record, project, bound, fit)
    meant = _capped(meant, rule, why, required + error + extent - overlap.separation_m)
    meant = _by_county(meant, record, county_wide=county_wide)
    height = _max_height_m(rule, overlap, error + extent, meant.relation)
    return Judgement(
        meant.relation,
        meant.code,
        required,
        margin,
        error,
        meant.flip_m,
        height,
    )


class _Meant(NamedTuple):
    """Relation, reason code and flip distance of a pair, m."""

    relation: Relation
    code: str
    flip_m: float | None


def _freed(meant: _Meant) -> Relation:
    """Return what a rule that was seen and does not bind makes of a relation."""
    return "missed" if meant.relation == "missed" else "unbound"


def _without_position(rule: Rule) -> Judgement:
    """Return what a record without position means: it is never missed, unless all rules were seen
    and none binds.
    """
    if rule is NOT_BOUND:
        return Judgement("missed", "not_bound", rule.required_m, None, None, None)
    return Judgement("between", "unlocated", rule.required_m, None, None, None)


def _combined_error_m(
    site: Site,
    record: Mapping[str, Any],
    required: float,
) -> float:
    """Add up all errors: they do not cancel, since both may be wrong in the same direction."""
    return (
        site.accuracy_m
        + site.datum_error_m
        + finite(accuracy_m(record))
        + finite(record["datum_error_m"])
        + PLANE_SCALE * required
    )


def _capped(
    meant: _Meant,
    rule: Rule,
    why: str | None,
    to_missed: float,
) -> _Meant:
    """Let what is met fall to between where something is unknown; of what lies between it is told
    that there is no rule.
    """
    if meant.relation == "met" and why:
        return _Meant("between", why, to_missed)
    if meant.code in ("within_error", "within_extent") and rule is NO_RULE:
        return meant._replace(code="no_rule")
    return meant


def _by_county(
    meant: _Meant,
    record: Mapping[str, Any],
    *,
    county_wide: bool,
) -> _Meant:
    """Let the county decide of a record whose position tells nothing closer."""
    # the drawn point is missed, the record itself may lie anywhere in the county
    if meant.relation == "missed" and county_wide:
        meant = _Meant("between", meant.code, None)

    # the county decides, not the distance to the point
    if meant.relation == "between" and is_coarse(record):
        return _Meant("between", coarse_code(record), None)
    return meant


def finite(value: float | None) -> float:
    """Return a finite number, 0 for what is unknown."""
    return float(value) if value is not None and isfinite(value) else 0.0


def accuracy_m(record: Mapping[str, Any]) -> float | None:
    """Return how far a record's boundary may lie from the drawn one: for coordinates with the force
    of law their rounding.
    """
    if record.get("boundary") == "legal_vector":
        return STORED_ROUNDING_M
    accuracy: float | None = record["position_accuracy_m"]
    return accuracy


def extent_m(record: Mapping[str, Any]) -> float:
    """Return the radius taken for a point record, the class's default where none is published; 0
    for any other.
    """
    if record["geometry_kind"] != "point":
        return 0.0
    published = record["extent_m"]
    return finite(record["screening_extent_m"] if published is None else published)


def spread_m(record: Mapping[str, Any]) -> float:
    """Return how far beyond its point a record may reach: twice its extent, with the scale of the
    plane.
    """
    return 2 * extent_m(record) * (1 + PLANE_SCALE)


def is_coarse(record: Mapping[str, Any]) -> bool:
    """Say whether a record's stated accuracy tells nothing closer than its county."""
    accuracy = accuracy_m(record)
    return accuracy is None or not accuracy <= COARSE_ACCURACY_M


def required_m(rule: Rule, project: Project) -> float:
    """Return the distance that a rule requires of a project: for a building of known height that of
    its ratio.
    """
    if rule.comparison == "height_ratio" and project.height_m is not None and rule.ratio:
        return min(rule.required_m, rule.ratio * project.height_m)
    return rule.required_m


def _compare(
    rule: Rule,
    overlap: Overlap,
    required: float,
    error: float,
    extent: float,
) -> _Meant:
    s, inner, outer = overlap.separation_m, required - error, required + error + extent

    # "at least 100 m" is kept at exactly 100 m; "within 100 m" still binds there
    strict = rule.comparison != "within_le"
    if s < inner if strict else s <= inner:
        return _met(overlap, required, inner)
    if (s >= outer) if strict and required > 0 else (s > outer):
        return _Meant("missed", "missed", s - outer)

    # between by the extent of a point alone, or by what was measured
    code = "within_extent" if s > required + error else "within_error"
    return _Meant("between", code, min(s - inner, outer - s))


def _met(
    overlap: Overlap,
    required: float,
    inner: float,
) -> _Meant:
    # two neighbours that were drawn along one line overlap by the width of a stroke: nobody can
    # tell
    if required == 0 and overlap.penetration_m <= TOUCH_M:
        return _Meant("between", "touching", TOUCH_M - overlap.penetration_m)

    # met under a rule without a distance means deeper than a touch, so it flips back there
    floor = min(inner, -TOUCH_M) if required == 0 else inner
    return _Meant("met", "met", floor - overlap.separation_m)


def cap(
    rule: Rule,
    record: Mapping[str, Any],
    project: Project,
    bound: Binding,
    fit: Fit,
) -> str | None:
    """Say why a rule that is met all the same decides nothing; None when it decides."""
    # the order is that of the reasons given to a reader: first what lacks altogether, then what is
    # uncertain
    if rule is NO_RULE:
        return "no_rule"
    if not rule.verified:
        return "unverified_rule"
    if record["geometry_kind"] == "extent_box":
        return "extent_box"
    if is_coarse(record):
        return coarse_code(record)
    if record["membership"] == "candidate" and not record["legal_designation"]:
        return "candidate"
    if fit == "possible":
        return _possible_code(rule, record)
    if rule.comparison == "height_ratio" and project.height_m is None:
        return "height_unknown"
    return "attribute_unknown" if bound == "maybe" else None


def _possible_code(rule: Rule, record: Mapping[str, Any]) -> str:
    if superseded(rule, record):
        return "superseded_subzone"
    return "unknown_basin" if rule.basin is not None else "unknown_subzone"


def coarse_code(record: Mapping[str, Any]) -> str:
    """Return why a coarse record's position tells nothing closer than its county."""
    accuracy = accuracy_m(record)
    return "unknown_accuracy" if accuracy is None or not isfinite(accuracy) else "coarse_accuracy"


def _max_height_m(
    rule: Rule,
    overlap: Overlap,
    doubt_m: float,
    relation: Relation,
) -> float | None:
    """Height that is lawful whatever the error; None where the rule sets no limit."""
    if rule.comparison != "height_ratio" or not rule.ratio or relation == "missed":
        return None
    return max(0.0, (overlap.separation_m - doubt_m) / rule.ratio)
