"""What one site finds in one prepared layer, one by one: the detail behind an outcome."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ...geometry.overlap import common_part, measure
from ...geometry.projection import PLANE_SCALE, ellipsoid_area_m2, to_plane
from ...geometry.straight import lifted_to_degrees
from ...model.clearance import NOT_HIT
from ...model.outcomes import BANS, EFFECTS, KNOWN_OUTCOMES, OUTCOMES, Finding, RuleUnion
from ...model.project import Project
from ...wording import FINDING_REASON_ZH
from .binding import only_building, outcome_if_met
from .legal import legal_overlay, shares_edge
from .relation import extent_m, judge

if TYPE_CHECKING:
    from ...geometry.overlap import Overlap
    from ...geometry.shapes import Shape
    from ...layers.rules import Rule
    from ...model.outcomes import KnownOutcome, Outcome, Relation
    from ...model.sites import Site
    from .binding import Binding
    from .prepared import Ground, Table
    from .relation import Judgement

COARSE_REASONS = ("unlocated", "unknown_accuracy", "coarse_accuracy")


def find(
    site: Site,
    shape: Shape,
    table: Table,
    ground: Ground,
    *,
    plane: str,
    project: Project,
    apart: Mapping[str, float],
    lost: dict[int, list[Finding]] | None = None,
    doubted: Collection[int] = (),
) -> tuple[Finding, ...]:
    """List what is not missed, and the nearest resource.

    Parameters
    ----------
    site, shape
        The site and its geometry on the plane, metres.
    plane
        Name of that plane.
    apart
        Distance of the site to each county, m, by code.
    lost
        Keeps, by row, what is told of records without position: it is the same at every site. None
        keeps nothing.
    doubted
        Rows of records that two engines measure differently: they are told, and decide nothing.

    Returns
    -------
    tuple of Finding
        The gravest first, then by distance, id and rule.
    """
    reach = table.slack_m + site.accuracy_m + site.datum_error_m
    near = table.tree.query(shape, predicate="dwithin", distance=reach)

    # records known by their county: those of the same counties share one gap
    gaps: dict[int, float] = {}
    for group in table.together:
        members = [table.coarse[k] for k in group.members.tolist()]
        gap_m = _county_gap_m(site, shape, table, members[0], ground, apart)
        gaps |= dict.fromkeys(members, gap_m)
    county_wide = {i for i, gap in gaps.items() if gap <= 0}

    # all equally near ones are looked at, so that the answer does not hang on the order in the tree
    nearest = sorted(map(int, table.tree.query_nearest(shape))) if len(table.tree) else []
    missed_too = {*nearest[:1], *doubted}
    found: list[Finding] = []
    for row in sorted({*map(int, near), *county_wide, *nearest, *doubted}):
        # a record without a position is told alike at every site
        if lost is not None and row in lost:
            found += lost[row]
            continue
        judged = [
            _nearer_flip(finding, gaps.get(row))
            for finding in _judged(
                site,
                shape,
                table,
                row,
                plane=plane,
                project=project,
                county_wide=row in county_wide,
                missed_too=row in missed_too,
            )
        ]
        if row in doubted:
            judged = [_undecided(finding) for finding in judged]

        # of a nearest record that is missed altogether the narrowest margin is told, so that a
        # reader sees how near anything comes
        kept = [f for f in judged if f.relation != "missed"]
        if not kept and row in nearest[:1]:
            kept = sorted(judged, key=_margin_order)[:1]
        found += kept
        if lost is not None and table.shapes[row] is None:
            lost[row] = kept
    return tuple(sorted(found, key=finding_order))


def _undecided(finding: Finding) -> Finding:
    """Take from a finding what two engines do not bear out."""
    return replace(
        finding,
        relation="between",
        outcome="undetermined",
        reason_code="engines_disagree",
        reason=FINDING_REASON_ZH["engines_disagree"],
        flip_distance_m=None,
        max_height_m=None,
        unbound_by=(),
    )


def _nearer_flip(finding: Finding, gap_m: float | None) -> Finding:
    """Mind that a record known by its county also comes near when the county does."""
    if gap_m is None or finding.relation != "missed" or finding.flip_distance_m is None:
        return finding
    return replace(finding, flip_distance_m=min(finding.flip_distance_m, gap_m))


def _margin_order(finding: Finding) -> tuple[float, str]:
    return (finding.margin_m if finding.margin_m is not None else np.inf, finding.rule_id or "")


def _judged(
    site: Site,
    shape: Shape,
    table: Table,
    row: int,
    *,
    plane: str,
    project: Project,
    county_wide: bool,
    missed_too: bool,
) -> Iterator[Finding]:
    """Judge a record under each of its options; what is missed is told only where it is asked for,
    of the nearest record and of one in doubt.
    """
    record, resource = table.records[row], table.shapes[row]
    overlap = measure(shape, resource) if resource is not None else None

    # what is shared goes back to degrees, where reports and maps want it
    common = (
        None
        if overlap is None or overlap.common is None
        else lifted_to_degrees(overlap.common, plane)
    )
    shared = overlap is not None and shares_edge(record, shape, resource, overlap)
    for rule, bound, fit in table.options[row]:
        verdict = judge(
            rule,
            record,
            overlap,
            site=site,
            project=project,
            bound=bound,
            fit=fit,
            county_wide=county_wide,
            shared=shared,
        )
        if verdict.relation == "missed" and not missed_too:
            continue
        found = _finding(
            record,
            rule,
            verdict,
            overlap,
            common,
            table.layer.shapes[row],
            bound,
            project=project,
            unbound_by=table.unbound_by[row] if verdict.relation == "unbound" else (),
        )
        if overlap is not None and record.get("boundary") is not None:
            found = replace(
                found,
                boundary=record["boundary"],
                legal_overlay=legal_overlay(record, overlap, shared=shared),
            )

        # of a rule that bars buildings alone the ground may be used: what must stay free is told
        # beside it
        if verdict.relation == "met" and only_building(rule, project):
            bare_m2 = kept_free_m2(shape, resource, verdict.required_m)
            found = replace(found, no_build_m2=bare_m2, set_back_m=verdict.required_m)
        yield found


def kept_free_m2(shape: Shape, resource: Shape, required_m: float) -> float:
    """Where a bare plot must be kept free of buildings: a figure for people, decided by distances
    elsewhere.
    """
    strip = resource if required_m == 0 else shapely.buffer(resource, required_m, quad_segs=64)
    return float(shapely.area(common_part(shape, strip)))


def _county_gap_m(
    site: Site, shape: Shape, table: Table, row: int, ground: Ground, apart: Mapping[str, float]
) -> float:
    """Return how far the site lies beyond a rule's reach of the counties of a record; not above 0
    when it may lie in them.
    """
    reach = table.required_m * (1 + PLANE_SCALE) + site.accuracy_m + site.datum_error_m
    codes = table.codes[row]
    known = [code for code in codes if code in ground.shapes]
    if not codes or (
        len(known) < len(codes) and not shapely.covers(ground.union(ground.shapes), shape)
    ):
        # no county, or one that is not known here: nobody can say that the site lies elsewhere
        return 0.0
    return min((apart[c] - reach - ground.edge_m([c]) for c in known), default=np.inf)


def _finding(
    record: Mapping[str, Any],
    rule: Rule,
    verdict: Judgement,
    overlap: Overlap | None,
    common: Shape | None,
    resource: Shape | None,
    bound: Binding,
    *,
    project: Project,
    unbound_by: tuple[str, ...],
) -> Finding:
    known_rule = bool(rule.rule_id)
    return Finding(
        feature_id=record["feature_id"],
        name_zh=record["name_zh"],
        outcome=finding_outcome(verdict.relation, rule, project),
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
        condition=condition_words(rule, bound),
        max_height_m=verdict.max_height_m,
        requirement=rule.requirement_zh if known_rule else None,
        extent_m=extent_m(record),
        unbound_by=unbound_by,
        binds=rule.binds if known_rule else None,
        overlap_geometry=common,
        resource_geometry=resource,
    )


def condition_words(rule: Rule, bound: Binding) -> str | None:
    """Return on what a rule hangs that was not said; None where it binds outright."""
    if bound == "yes":
        return None
    parts = [*rule.project_types, *([rule.condition] if rule.condition else [])]
    return ";".join(dict.fromkeys(parts)) or None


def finding_outcome(relation: Relation, rule: Rule, project: Project | None = None) -> Outcome:
    """Return the outcome that a relation under a rule means; without a project, for one of which
    nothing was said.
    """
    if relation == "met":
        return outcome_if_met(rule, project or Project())
    return "undetermined" if relation == "between" else NOT_HIT


def finding_order(finding: Finding) -> tuple[Any, ...]:
    """Sort key of findings: gravity, distance, id, effect, rule."""
    distance = finding.distance_m if finding.distance_m is not None else np.inf
    effect = EFFECTS.index(finding.effect) if finding.effect in EFFECTS else len(EFFECTS)
    outcome = OUTCOMES.index(finding.outcome)
    return (outcome, distance, finding.feature_id, effect, finding.rule_id or "")


def known_from(findings: Sequence[Finding]) -> tuple[KnownOutcome, str | None, str]:
    """Sum findings up: known outcome, gravest effect, reason code."""
    kept = [f for f in findings if f.relation != "missed"]
    outcomes, effects = {f.outcome for f in kept}, {f.effect for f in kept}
    known: KnownOutcome = next((o for o in KNOWN_OUTCOMES if o in outcomes), "none_found")

    # what is touched without being bound is told, also where nothing else is known
    if known == "none_found" and any(f.relation == "unbound" for f in kept):
        known = "touched_unbound"
    effect = next((e for e in EFFECTS if e in effects), None)
    deciding = {f.reason_code for f in kept if f.outcome == known}
    return known, effect, reason_code(known, effect, deciding)


def reason_code(known: KnownOutcome, effect: str | None, codes: set[str]) -> str:
    """Return the reason code of a class from those of its deciding findings."""
    if known == "conflict":
        return "prohibited_met"
    if known == "regulated":
        return f"{effect}_met" if effect not in BANS else "restricted_met"
    if known == "touched_unbound":
        return "not_bound"
    if known == "none_found":
        return NOT_HIT
    if codes <= set(COARSE_REASONS):
        return "unlocated"
    return next(
        (c for c in ("no_rule", "unverified_rule") if codes <= {c, *COARSE_REASONS}), "between"
    )


def unite(findings: Sequence[Finding], shape: Shape, plane: str) -> tuple[RuleUnion, ...]:
    """Unite overlaps by rule, each place counted once however many features cover it."""
    shared: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        if finding.overlap_m2:
            shared.setdefault((finding.rule_id or "", finding.effect or ""), []).append(finding)
    return tuple(_union(*rule, shared[rule], shape, plane) for rule in sorted(shared))


def _union(
    rule_id: str, effect: str, group: Sequence[Finding], shape: Shape, plane: str
) -> RuleUnion:
    # rounding may make a union larger than the plot that it lies in
    whole = float(shape.area)
    area = min(_united_m2(group, plane), whole)
    return RuleUnion(rule_id or None, effect or None, len(group), area, area / whole)


def _united_m2(group: Sequence[Finding], plane: str) -> float:
    if len(group) == 1:
        return group[0].overlap_m2
    commons = to_plane([finding.overlap_geometry for finding in group], plane)
    return float(shapely.union_all(commons).area)
