"""What one site finds in one prepared layer, one by one: the detail behind an outcome."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

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

COARSE_REASONS = ("unlocated", "unknown_accuracy", "coarse_accuracy")


class Said(NamedTuple):
    """What a finding says of its record and its rule, in the order of its fields: the same at every
    site.
    """

    names: tuple[Any, ...]
    law: tuple[Any, ...]
    kind: tuple[Any, ...]
    requirement: str | None
    extent_m: float
    unbound_by: tuple[str, ...]
    boundary: str | None
    binds: str | None
    resource: Any
    record: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        record: Mapping[str, Any],
        rule: Rule,
        bound: Binding,
        resource: Shape | None,
        unbound_by: tuple[str, ...],
    ) -> Said:
        """Take them from a record and one of its options."""
        known = (
            (rule.rule_id, rule.effect, rule.law, rule.article or None)
            if rule.rule_id
            else (None,) * 4
        )
        origin = (record["membership"], record["geometry_kind"], record["source"])
        return cls(
            names=(record["feature_id"], record["name_zh"]),
            law=(*known, rule.in_force_from, rule.in_force_to, *origin),
            kind=(record["resource_kind"], record["subzone"], condition_words(rule, bound)),
            requirement=rule.requirement_zh if rule.rule_id else None,
            extent_m=extent_m(record),
            unbound_by=unbound_by,
            boundary=record.get("boundary"),
            binds=rule.binds if rule.rule_id else None,
            resource=resource,
            record=record,
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a layer from site to site, by row and option: what its findings say of record
    and rule, and the findings of records without position, which are the same at every site.
    """

    lost: dict[int, list[Finding]] = field(default_factory=dict)
    said: dict[tuple[int, int], Said] = field(default_factory=dict)


class Measured(NamedTuple):
    """What outcomes have worked out of one site and a layer already.

    Attributes
    ----------
    near
        Rows of the records within reach, but for some of `county_wide`.
    county_wide
        Rows of coarse records in whose counties the site may lie.
    missed
        Of those in `near`, whether the site misses each of their options.
    """

    near: Sequence[int]
    county_wide: Collection[int]
    missed: Mapping[int, Sequence[bool]]


def find(
    site: Site,
    shape: Shape,
    table: Table,
    ground: Ground,
    *,
    plane: str,
    project: Project,
    apart: Mapping[str, float],
    measured: Measured | None = None,
    kept: Kept | None = None,
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
    measured
        What is known of the site already; None works it out anew.
    kept
        Keeps what is the same at every site; None keeps nothing.
    doubted
        Rows of records that two engines measure differently: they are told, and decide nothing.

    Returns
    -------
    tuple of Finding
        The gravest first, then by distance, id and rule.
    """
    kept = kept or Kept()
    known = measured or _measured(site, shape, table, ground, apart)

    # all equally near ones are looked at, so that the answer does not hang on the order in the tree
    nearest = sorted(map(int, table.tree.query_nearest(shape))) if len(table.tree) else []
    missed_too = {*nearest[:1], *doubted}
    found: list[Finding] = []
    for row in sorted({*known.near, *known.county_wide, *nearest, *doubted}):
        # a record without a position is told alike at every site
        if row in kept.lost:
            found += kept.lost[row]
            continue
        is_wide, is_told = row in known.county_wide, row in missed_too
        missed = None if is_wide or is_told else known.missed.get(row)
        if missed is not None and all(missed):
            continue
        judged = list(
            _judged(
                site,
                shape,
                table,
                row,
                plane=plane,
                project=project,
                county_wide=is_wide,
                missed_too=is_told,
                missed=missed,
                said=kept.said,
            )
        )
        if row in doubted:
            judged = [_undecided(finding) for finding in judged]

        # of a nearest record that is missed altogether the narrowest margin is told, so that a
        # reader sees how near anything comes
        told = [f for f in judged if f.relation != "missed"]
        if not told and row in nearest[:1]:
            is_coarse = row in table.coarse
            gap_m = _county_gap_m(site, shape, table, row, ground, apart) if is_coarse else None
            told = [_nearer_flip(f, gap_m) for f in sorted(judged, key=_margin_order)[:1]]
        found += told
        if table.shapes[row] is None:
            kept.lost[row] = told
    return tuple(sorted(found, key=finding_order))


def _measured(
    site: Site,
    shape: Shape,
    table: Table,
    ground: Ground,
    apart: Mapping[str, float],
) -> Measured:
    """Find what is near, and which records may lie where the site does."""
    reach = table.slack_m + site.accuracy_m + site.datum_error_m
    near = table.tree.query(shape, predicate="dwithin", distance=reach)

    # records known by their county: those of the same counties share one gap
    county_wide: set[int] = set()
    for group in range(len(table.together.effect)):
        members = [table.coarse[k] for k in np.flatnonzero(table.together.of == group)]
        if _county_gap_m(site, shape, table, members[0], ground, apart) <= 0:
            county_wide.update(members)
    return Measured(near.tolist(), county_wide, {})


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
    missed: Sequence[bool] | None,
    said: dict[tuple[int, int], Said],
) -> Iterator[Finding]:
    """Judge a record under each of its options; what is missed is told only where it is asked for,
    of the nearest record and of one in doubt. `missed` is what is known of that already.
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
    measures = _measures(overlap, common)
    overlay = None
    if overlap is not None and record.get("boundary") is not None:
        overlay = legal_overlay(record, overlap, shared=shared)
    for number, (rule, bound, fit) in enumerate(table.options[row]):
        if missed is not None and missed[number] and not shared:
            continue
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
        if (row, number) not in said:
            own = (record, rule, bound, table.layer.shapes[row], table.unbound_by[row])
            said[row, number] = Said.of(*own)

        # of a rule that bars buildings alone the ground may be used: what must stay free is told
        # beside it
        free = None
        if verdict.relation == "met" and only_building(rule, project):
            free = kept_free_m2(shape, resource, verdict.required_m)
        outcome = finding_outcome(verdict.relation, rule, project)
        yield value_of(
            said[row, number],
            (outcome, verdict.relation, verdict.reason_code),
            verdict.required_m,
            measures,
            (verdict.margin_m, verdict.uncertainty_m, verdict.flip_distance_m),
            free=free,
            max_height_m=verdict.max_height_m,
            common=common,
            overlay=overlay,
        )


NO_OVERLAP: tuple[float | None, ...] = (0.0, 0.0, 0.0, 0.0, None)
"""What a record without position shares with a site, in the order of :func:`value_of`."""
NO_FIGURES: tuple[float | None, ...] = (None, None, None)


def _measures(overlap: Overlap | None, common: Shape | None) -> tuple[float | None, ...]:
    """Return area on plane and ellipsoid, length, share and distance of what two have in common."""
    if overlap is None:
        return NO_OVERLAP
    on_ellipsoid = 0.0
    if common is not None and overlap.area_m2:
        on_ellipsoid = ellipsoid_area_m2(common)
    return (overlap.area_m2, on_ellipsoid, overlap.length_m, overlap.share, overlap.distance_m)


def value_of(
    said: Said,
    words: tuple[Outcome, Relation, str],
    required_m: float,
    overlaps: tuple[float | None, ...],
    figures: tuple[float | None, ...],
    *,
    free: float | None = None,
    max_height_m: float | None = None,
    common: Shape | None = None,
    overlay: str | None = None,
) -> Finding:
    """Build a finding.

    Parameters
    ----------
    words
        Its outcome, relation and reason code.
    overlaps
        Area on plane and ellipsoid, length, share, distance; the last is None for a record without
        position.
    figures
        Margin, error and flip distance, metres.
    free
        m2 to keep free of buildings.
    common
        What both share, in degrees.
    overlay
        How the site lies to a boundary with the force of law.
    """
    outcome, relation, code = words
    build: Any = Finding  # by place: a name for each of its many fields would double the time
    found: Finding = build(
        *said.names,
        outcome,
        *overlaps,
        required_m,
        *figures,
        *said.law,
        relation,
        code,
        FINDING_REASON_ZH[code],
        *said.kind,
        max_height_m,
        said.requirement,
        said.extent_m,
        said.unbound_by if relation == "unbound" else (),
        said.boundary if overlaps[-1] is not None else None,
        overlay,
        said.binds,
        free,
        None if free is None else required_m,
        common,
        said.resource,
    )
    return found


def kept_free_m2(
    shape: Shape,
    resource: Shape,
    required_m: float,
) -> float:
    """Where a bare plot must be kept free of buildings: a figure for people, decided by distances
    elsewhere.
    """
    strip = resource if required_m == 0 else shapely.buffer(resource, required_m, quad_segs=64)
    return float(shapely.area(common_part(shape, strip)))


def _county_gap_m(
    site: Site,
    shape: Shape,
    table: Table,
    row: int,
    ground: Ground,
    apart: Mapping[str, float],
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


def condition_words(rule: Rule, bound: Binding) -> str | None:
    """Return on what a rule hangs that was not said; None where it binds outright."""
    if bound == "yes":
        return None
    parts = [*rule.project_types, *([rule.condition] if rule.condition else [])]
    return ";".join(dict.fromkeys(parts)) or None


def finding_outcome(
    relation: Relation,
    rule: Rule,
    project: Project | None = None,
) -> Outcome:
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


def reason_code(
    known: KnownOutcome,
    effect: str | None,
    codes: set[str],
) -> str:
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


def unite(
    findings: Sequence[Finding],
    shape: Shape,
    plane: str,
) -> tuple[RuleUnion, ...]:
    """Unite overlaps by rule, each place counted once however many features cover it."""
    shared: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        if finding.overlap_m2:
            shared.setdefault((finding.rule_id or "", finding.effect or ""), []).append(finding)
    return tuple(_union(*rule, shared[rule], shape, plane) for rule in sorted(shared))


def _union(
    rule_id: str,
    effect: str,
    group: Sequence[Finding],
    shape: Shape,
    plane: str,
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
