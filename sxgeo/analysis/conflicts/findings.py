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
    from .prepared import Ground, Option, Table
    from .relation import Judgement

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
        # a stand-in for the rule that nobody has found names no law
        named = bool(rule.rule_id)
        known = (rule.rule_id, rule.effect, rule.law, rule.article or None)
        origin = (record["membership"], record["geometry_kind"], record["source"])
        return cls(
            names=(record["feature_id"], record["name_zh"]),
            law=(*(known if named else _NO_LAW), rule.in_force_from, rule.in_force_to, *origin),
            kind=(record["resource_kind"], record["subzone"], condition_words(rule, bound)),
            requirement=rule.requirement_zh if named else None,
            extent_m=extent_m(record),
            unbound_by=unbound_by,
            boundary=record.get("boundary"),
            binds=rule.binds if named else None,
            resource=resource,
            record=record,
        )


_NO_LAW = (None, None, None, None)


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


@dataclass(frozen=True, slots=True)
class Spot:
    """One site on its plane, before one prepared layer.

    Attributes
    ----------
    shape
        Geometry of the site on the plane, metres.
    plane
        Name of that plane.
    apart
        Distance of the site to each county, m, by code.
    """

    site: Site
    shape: Shape
    table: Table
    ground: Ground
    plane: str
    project: Project
    apart: Mapping[str, float]


def find(
    spot: Spot,
    *,
    measured: Measured | None = None,
    kept: Kept | None = None,
    doubted: Collection[int] = (),
) -> tuple[Finding, ...]:
    """List what is not missed, and the nearest resource.

    Parameters
    ----------
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
    known = measured or _measured(spot)
    nearest = _nearest(spot)
    found: list[Finding] = []
    for row in sorted(
        {
            *known.near,
            *known.county_wide,
            *nearest,
            *doubted,
        }
    ):
        # a record without a position is told alike at every site
        told = kept.lost.get(row)
        if told is None:
            is_wide = row in known.county_wide
            asked = _Asked(
                row,
                is_wide,
                row in nearest[:1],
                row in doubted,
                known.missed.get(row),
            )
            told = _of_record(spot, asked, kept.said)
            if spot.table.shapes[row] is None:
                kept.lost[row] = told
        found += told
    return tuple(sorted(found, key=finding_order))


def _nearest(spot: Spot) -> list[int]:
    """Return the rows of the nearest records: all equally near ones are looked at, so that the
    answer does not hang on the order in the tree.
    """
    tree = spot.table.tree
    return sorted(map(int, tree.query_nearest(spot.shape))) if len(tree) else []


class _Asked(NamedTuple):
    """How one record is asked about; `missed` is what is known of its options already."""

    row: int
    county_wide: bool
    is_nearest: bool
    in_doubt: bool
    missed: Sequence[bool] | None

    @property
    def missed_too(self) -> bool:
        """Whether it is told also where it is missed."""
        return self.is_nearest or self.in_doubt


def _of_record(
    spot: Spot,
    asked: _Asked,
    said: dict[tuple[int, int], Said],
) -> list[Finding]:
    """Return what is told of one record."""
    # what the arrays call missed may still be known by its county, or be asked for all the same
    if asked.county_wide or asked.missed_too:
        asked = asked._replace(missed=None)
    if asked.missed is not None and all(asked.missed):
        return []
    judged = list(_judged(spot, asked, said))
    if asked.in_doubt:
        judged = [_undecided(finding) for finding in judged]
    told = [finding for finding in judged if finding.relation != "missed"]
    return told or (_narrowest(spot, asked.row, judged) if asked.is_nearest else [])


def _narrowest(
    spot: Spot,
    row: int,
    judged: Sequence[Finding],
) -> list[Finding]:
    """Return of a nearest record that is missed altogether the narrowest margin, so that a reader
    sees how near anything comes.
    """
    gap_m = _county_gap_m(spot, row) if row in spot.table.coarse else None
    return [_nearer_flip(finding, gap_m) for finding in sorted(judged, key=_margin_order)[:1]]


def _measured(spot: Spot) -> Measured:
    """Find what is near, and which records may lie where the site does."""
    site, table = spot.site, spot.table
    reach = table.slack_m + site.accuracy_m + site.datum_error_m
    near = table.tree.query(spot.shape, predicate="dwithin", distance=reach)

    # records known by their county: those of the same counties share one gap
    county_wide: set[int] = set()
    for group in range(len(table.together.effect)):
        members = [table.coarse[k] for k in np.flatnonzero(table.together.of == group)]
        if _county_gap_m(spot, members[0]) <= 0:
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


class _Common(NamedTuple):
    """What a site and a record have in common; `common` is it in degrees, where reports and maps
    want it, `overlay` how the site lies to a boundary with the force of law.
    """

    overlap: Overlap | None
    common: Shape | None = None
    shared: bool = False
    overlay: str | None = None


def _in_common(spot: Spot, row: int) -> _Common:
    """Measure what a site and a record have in common: once for all of its options."""
    record, resource = spot.table.records[row], spot.table.shapes[row]
    if resource is None:
        return _Common(None)
    overlap = measure(spot.shape, resource)
    common = None
    if overlap.common is not None:
        common = lifted_to_degrees(overlap.common, spot.plane)
    shared = shares_edge(record, spot.shape, resource, overlap)

    # a boundary of which nobody said where it comes from is overlaid with nothing
    overlay = None
    if record.get("boundary") is not None:
        overlay = legal_overlay(record, overlap, shared=shared)
    return _Common(overlap, common, shared, overlay)


def _judged(
    spot: Spot,
    asked: _Asked,
    said: dict[tuple[int, int], Said],
) -> Iterator[Finding]:
    """Judge a record under each of its options; what is missed is told only where it is asked for,
    of the nearest record and of one in doubt.
    """
    row, table = asked.row, spot.table
    shares = _in_common(spot, row)
    for number, option in enumerate(table.options[row]):
        # an edge in common is told also of a rule that misses by the distance alone
        if asked.missed is not None and asked.missed[number] and not shares.shared:
            continue
        verdict = _verdict(spot, asked, option, shares)
        if verdict.relation == "missed" and not asked.missed_too:
            continue
        if (row, number) not in said:
            said[row, number] = said_of(table, row, option[0], option[1])
        yield _finding(
            spot,
            said[row, number],
            option[0],
            verdict,
            shares,
            table.shapes[row],
        )


def said_of(
    table: Table,
    row: int,
    rule: Rule,
    bound: Binding,
) -> Said:
    """Return what a record says under a rule, whichever site is asked about."""
    # the shape of the layer is in degrees, as reports and maps want it
    return Said.of(
        table.records[row],
        rule,
        bound,
        table.layer.shapes[row],
        table.unbound_by[row],
    )


def _verdict(
    spot: Spot,
    asked: _Asked,
    option: Option,
    shares: _Common,
) -> Judgement:
    rule, bound, fit = option
    return judge(
        rule,
        spot.table.records[asked.row],
        shares.overlap,
        site=spot.site,
        project=spot.project,
        bound=bound,
        fit=fit,
        county_wide=asked.county_wide,
        shared=shares.shared,
    )


def _finding(
    spot: Spot,
    said: Said,
    rule: Rule,
    verdict: Judgement,
    shares: _Common,
    resource: Shape | None,
) -> Finding:
    # of a rule that bars buildings alone the ground may be used: what must stay free is told beside
    # it
    free = None
    if verdict.relation == "met" and only_building(rule, spot.project):
        free = kept_free_m2(spot.shape, resource, verdict.required_m)
    outcome = finding_outcome(verdict.relation, rule, spot.project)
    return value_of(
        said,
        (outcome, verdict.relation, verdict.reason_code),
        verdict.required_m,
        _measures(shares.overlap, shares.common),
        (verdict.margin_m, verdict.uncertainty_m, verdict.flip_distance_m),
        Beside(free, verdict.max_height_m, shares.common, shares.overlay),
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


class Beside(NamedTuple):
    """What a finding tells beside its words and measures; None for what does not apply.

    Attributes
    ----------
    free
        m2 to keep free of buildings.
    common
        What site and resource share, in degrees.
    overlay
        How the site lies to a boundary with the force of law.
    """

    free: float | None = None
    max_height_m: float | None = None
    common: Shape | None = None
    overlay: str | None = None


NOTHING_BESIDE = Beside()


def value_of(
    said: Said,
    words: tuple[Outcome, Relation, str],
    required_m: float,
    overlaps: tuple[float | None, ...],
    figures: tuple[float | None, ...],
    beside: Beside = NOTHING_BESIDE,
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
        beside.max_height_m,
        said.requirement,
        said.extent_m,
        said.unbound_by if relation == "unbound" else (),
        said.boundary if overlaps[-1] is not None else None,
        beside.overlay,
        said.binds,
        beside.free,
        None if beside.free is None else required_m,
        beside.common,
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


def _county_gap_m(spot: Spot, row: int) -> float:
    """Return how far the site lies beyond a rule's reach of the counties of a record; not above 0
    when it may lie in them.
    """
    site, ground, codes = spot.site, spot.ground, spot.table.codes[row]
    known = [code for code in codes if code in ground.shapes]

    # no county, or one that is not known here: nobody can say that the site lies elsewhere
    if not codes:
        return 0.0
    if len(known) < len(codes) and not shapely.covers(ground.union(ground.shapes), spot.shape):
        return 0.0
    reach = spot.table.required_m * (1 + PLANE_SCALE) + site.accuracy_m + site.datum_error_m
    gaps = (spot.apart[code] - reach - ground.edge_m([code]) for code in known)
    return min(gaps, default=np.inf)


def condition_words(rule: Rule, bound: Binding) -> str | None:
    """Return on what a rule hangs that was not said; None where it binds outright."""
    if bound == "yes":
        return None
    parts = [
        *rule.project_types,
        *([rule.condition] if rule.condition else []),
    ]
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
            shared.setdefault(
                (finding.rule_id or "", finding.effect or ""),
                [],
            ).append(finding)
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
