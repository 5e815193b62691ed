"""Sites of one plane asked about one class at once, in arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ...geometry.overlap import measure
from ...geometry.projection import PLANE_SCALE
from ...model.outcomes import EFFECTS, KNOWN_OUTCOMES
from .findings import finding_outcome
from .legal import shares_edge
from .prepared import CODES, NO_EFFECT
from .relation import TOUCH_M, judge

if TYPE_CHECKING:
    from ...model.project import Project
    from ...model.sites import Site
    from .prepared import Ground, Table

_UNDETERMINED = KNOWN_OUTCOMES.index("undetermined")
_UNBOUND = KNOWN_OUTCOMES.index("touched_unbound")
_NONE = KNOWN_OUTCOMES.index("none_found")


@dataclass(frozen=True, slots=True)
class Batch:
    """Usable sites on one plane, in arrays: metres."""

    sites: Sequence[Site]
    shapes: Any
    error: Any
    plane: str
    ground: Ground
    apart: dict[int, dict[str, float]]

    def distances_m(self, i: int) -> dict[str, float]:
        """Return the distance of site `i` to each county, by code; worked out once."""
        if i not in self.apart:
            self.apart[i] = self.ground.distances_m(self.shapes[i])
        return self.apart[i]


def known_at(
    batch: Batch, table: Table, near: dict[float, Any], project: Project
) -> tuple[Any, Any, Any]:
    """Index of the known outcome, of the gravest deciding effect, and bits of its reasons, per
    site.
    """
    gathered = _Gathered(len(batch.sites))
    if len(table.records):
        wide = _county_wide(batch, table, near, gathered)
        _by_distance(batch, table, wide, project, gathered)
    return gathered.summed_up()


class _Gathered:
    """Relations of many sites as they come in, kept per site and outcome: gravest effect and
    reasons.
    """

    def __init__(self, count: int) -> None:
        self._effect = np.full((len(KNOWN_OUTCOMES), count), NO_EFFECT + 1)
        self._codes = np.zeros((len(KNOWN_OUTCOMES), count), dtype=np.int64)

    def add(self, site: Any, outcome: Any, effect: Any, code: Any) -> None:
        """Take in relations: site row, outcome, effect and reason of each (arrays or scalars)."""
        np.minimum.at(self._effect, (outcome, site), effect)
        np.bitwise_or.at(self._codes, (outcome, site), 1 << np.asarray(code))

    def summed_up(self) -> tuple[Any, Any, Any]:
        """Return outcome, effect and reasons per site."""
        there = self._effect <= NO_EFFECT
        there[_NONE] = True
        known = np.argmax(there, axis=0)
        rows = np.arange(self._effect.shape[1])
        effect = np.minimum(self._effect.min(axis=0), NO_EFFECT)
        return known, effect, self._codes[known, rows]


def _county_wide(batch: Batch, table: Table, near: dict[float, Any], gathered: _Gathered) -> Any:
    """Take in records whose position tells nothing closer than a county; return which (site,
    record) they are: bool.
    """
    wide = np.zeros((len(batch.sites), len(table.coarse)), dtype=bool)
    if not table.coarse:
        return wide
    if table.required_m not in near:
        near[table.required_m] = _near_counties(batch, table.required_m)
    within, outside = near[table.required_m]
    column = {code: k for k, code in enumerate(batch.ground.shapes)}
    groups: dict[tuple[str, ...], list[int]] = {}
    for k, row in enumerate(table.coarse):
        groups.setdefault(tuple(table.codes[row]), []).append(k)
    terms = table.terms
    for codes, members in groups.items():
        known = [column[c] for c in codes if c in column]
        flagged = within[:, known].any(axis=1) | (outside if len(known) < len(codes) else not codes)
        wide[np.ix_(flagged, members)] = True
        rows = [table.coarse[k] for k in members]
        options = np.concatenate(
            [np.arange(terms.first[r], terms.first[r] + terms.count[r]) for r in rows]
        )
        options = options[terms.bound[options]]
        if len(options):
            sites = np.flatnonzero(flagged)
            gathered.add(sites, _UNDETERMINED, terms.effect[options].min(), CODES.index("coarse"))
    return wide


def _near_counties(batch: Batch, required_m: float) -> tuple[Any, Any]:
    reach = required_m * (1 + PLANE_SCALE) + batch.error
    outside = ~shapely.covers(batch.ground.union(batch.ground.shapes), batch.shapes)
    return batch.ground.within(batch.shapes, reach), outside


def _by_distance(
    batch: Batch, table: Table, wide: Any, project: Project, gathered: _Gathered
) -> None:
    """Take in every located record within reach: those apart in arrays, those that touch or overlap
    one by one.
    """
    site, record = table.tree.query(
        batch.shapes, predicate="dwithin", distance=table.slack_m + batch.error
    )
    if table.coarse:
        place = np.full(len(table.records), -1)
        place[list(table.coarse)] = np.arange(len(table.coarse))
        bound = table.terms.bound[
            table.terms.first[record]
        ]  # one that no rule binds is still told where it is touched
        done = (place[record] >= 0) & wide[site, place[record]] & bound
        site, record = site[~done], record[~done]
    if not len(site):
        return
    apart = shapely.distance(batch.shapes[site], table.shapes[record])
    meets = (apart == 0.0) | (table.legal[record] & (apart <= TOUCH_M))
    _apart(site[~meets], record[~meets], apart[~meets], batch.error, table, gathered)
    for i, j in zip(site[meets].tolist(), record[meets].tolist(), strict=True):
        _meeting(i, j, batch, table, project, gathered)


def _apart(
    site: Any, record: Any, apart: Any, error: Any, table: Table, gathered: _Gathered
) -> None:
    """Judge pairs by their distance alone; the arithmetic is that of :func:`.relation.judge`, in
    its order.
    """
    terms = table.terms
    count = terms.count[record]
    pair = np.repeat(np.arange(len(site)), count)
    option = (
        np.arange(len(pair))
        - np.repeat(np.cumsum(count) - count, count)
        + terms.first[record][pair]
    )
    s, required, extent = apart[pair], terms.required[option], terms.extent[option]
    doubt = (
        error[site[pair]] + terms.accuracy[option] + terms.datum[option] + PLANE_SCALE * required
    )
    strict = terms.strict[option]
    inner, outer = required - doubt, required + doubt + extent
    met = np.where(strict, s < inner, s <= inner)
    missed = ~met & np.where(strict & (required > 0), s >= outer, s > outer)
    decided = met & ~terms.capped[option]
    outcome = np.where(decided, terms.if_met[option], _UNDETERMINED)
    outcome = np.where(terms.bound[option], outcome, _UNBOUND)
    code = np.where(met, terms.cap_code[option], terms.between_code[option])
    kept = ~missed
    gathered.add(site[pair][kept], outcome[kept], terms.effect[option][kept], code[kept])


def _meeting(
    i: int, row: int, batch: Batch, table: Table, project: Project, gathered: _Gathered
) -> None:
    site, record = batch.sites[i], table.records[row]
    overlap = measure(batch.shapes[i], table.shapes[row])
    shared = shares_edge(record, batch.shapes[i], table.shapes[row], overlap)
    for rule, bound, fit in table.options[row]:
        verdict = judge(
            rule,
            record,
            overlap,
            site=site,
            project=project,
            bound=bound,
            fit=fit,
            county_wide=False,
            shared=shared,
        )
        if verdict.relation in ("missed", "shared"):
            continue
        if verdict.relation == "unbound":
            gathered.add(i, _UNBOUND, NO_EFFECT, CODES.index("other"))
            continue
        outcome = KNOWN_OUTCOMES.index(finding_outcome(verdict.relation, rule, project))
        effect = EFFECTS.index(rule.effect) if rule.rule_id else NO_EFFECT
        gathered.add(i, outcome, effect, _code_of(verdict.reason_code))


def _code_of(reason: str) -> int:
    if reason in ("unlocated", "unknown_accuracy", "coarse_accuracy"):
        return CODES.index("coarse")
    return CODES.index(reason) if reason in CODES else CODES.index("other")


def complete_at(batch: Batch, table: Table) -> Any:
    """Whether a document declares the class whole wherever its rules could reach from each site:
    bool.
    """
    if table.complete is None:
        return np.zeros(len(batch.sites), dtype=bool)
    inside = shapely.covers(table.complete, batch.shapes)
    reach = table.required_m * (1 + PLANE_SCALE) + batch.error
    depth = np.zeros(len(batch.sites))
    depth[inside] = shapely.distance(shapely.boundary(table.complete), batch.shapes[inside])
    return inside & (depth > reach + table.complete_edge_m)
