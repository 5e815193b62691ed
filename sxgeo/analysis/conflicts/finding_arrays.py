"""What many sites find in one prepared layer, in arrays: the findings behind outcomes, no object
until one is asked for.

The definitions are those of :mod:`.findings`, which lists them one by one and is the oracle of the
tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ...geometry.overlap import Overlap, common_part
from ...geometry.projection import PLANE_SCALE, ellipsoid_area_m2
from ...geometry.straight import lifted_to_degrees
from ...model.outcomes import OUTCOMES, Finding
from ...wording import FINDING_REASON_ZH
from .binding import only_building
from .findings import NO_FIGURES, NO_OVERLAP, Said, kept_free_m2, unite, value_of
from .legal import legal_overlay
from .pairs import NO_PAIRS, Pairs, compare, measured, options_of
from .relation import NO_RULE, NOT_BOUND, TOUCH_M, cap, coarse_code, is_coarse

if TYPE_CHECKING:
    from ...geometry.shapes import Bools, Floats, Ints, Shapes
    from ...layers.rules import Rule
    from ...model.outcomes import Detail, Relation
    from ...model.project import Project
    from ...model.sites import Site
    from .binding import Binding
    from .pairs import Compared
    from .prepared import Ground, Table

RELATIONS: tuple[Relation, ...] = ("met", "between", "unbound", "shared", "missed")
_MET, _BETWEEN, _UNBOUND, _SHARED, _MISSED = range(5)
REASON_CODES = tuple(FINDING_REASON_ZH)
_NO_REASON = -1


@dataclass(frozen=True, slots=True)
class Offers:
    """What every (record, option) of a layer says of itself, whatever the site; flat, in the order
    of its terms.
    """

    records: Sequence[Mapping[str, Any]]
    rules: Sequence[Rule]
    bounds: Sequence[Binding]
    record: Ints
    rank: Ints
    located: Bools
    stated: Floats
    capped: Ints
    coarse: Ints
    no_rule: Bools
    bound: Bools
    ratio: Floats
    building: Bools
    by_id: Ints
    said: Sequence[Said]
    unlocated: dict[int, Finding] = field(default_factory=dict)
    texts: dict[str, list[str | None]] = field(default_factory=dict)
    """Of each option, by column; filled by who writes tables."""

    @classmethod
    def of(cls, table: Table, project: Project) -> Offers:
        """Gather them from a prepared layer."""
        rows = [(i, *option) for i, options in enumerate(table.options) for option in options]
        records = table.records
        ratios = [
            rule.ratio or np.nan if rule.comparison == "height_ratio" else np.nan
            for _, rule, *_ in rows
        ]
        caps = [cap(rule, records[i], project, bound, fit) for i, rule, bound, fit in rows]
        coarse = [coarse_code(records[i]) if is_coarse(records[i]) else None for i, *_ in rows]

        # ids and rules become their places in sorted lists, so that findings are put in order by
        # numbers
        ids = sorted({record["feature_id"] for record in records})
        rules = sorted({rule.rule_id or "" for _, rule, *_ in rows})
        place_of_rule, place_of_id = (
            {name: k for k, name in enumerate(names)} for names in (rules, ids)
        )
        return cls(
            records=records,
            rules=[rule for _, rule, *_ in rows],
            bounds=[bound for *_, bound, _ in rows],
            record=np.array([i for i, *_ in rows], dtype=np.int64),
            rank=np.array(
                [place_of_rule[rule.rule_id or ""] for _, rule, *_ in rows], dtype=np.int64
            ),
            located=np.array([shape is not None for shape in table.shapes], dtype=bool),
            stated=np.array([rule.required_m for _, rule, *_ in rows], dtype=float),
            capped=_reasons(caps),
            coarse=_reasons(coarse),
            no_rule=np.array([rule is NO_RULE for _, rule, *_ in rows], dtype=bool),
            bound=np.array([rule is not NOT_BOUND for _, rule, *_ in rows], dtype=bool),
            ratio=np.array(ratios, dtype=float),
            building=np.array([only_building(rule, project) for _, rule, *_ in rows], dtype=bool),
            by_id=np.array(
                [place_of_id[record["feature_id"]] for record in records], dtype=np.int64
            ),
            said=[
                Said.of(records[i], rule, bound, table.layer.shapes[i], table.unbound_by[i])
                for i, rule, bound, _ in rows
            ],
        )


def _reasons(codes: Sequence[str | None]) -> Ints:
    return np.array(
        [_NO_REASON if code is None else REASON_CODES.index(code) for code in codes], dtype=np.int64
    )


@dataclass(frozen=True, eq=False)
class Found:
    """The findings of one class at the sites of a batch, in arrays: sorted by site, then as
    :func:`.findings.finding_order`.

    Attributes
    ----------
    first
        Where the findings of each site begin; one more at the end.
    site, option, pair
        Row of the site, of the option in `offers`, of the measured pair (-1 where the record has no
        position).
    outcome, relation, reason
        Indices in `OUTCOMES`, `RELATIONS` and `REASON_CODES`.
    required, margin, error, flip, height
        Metres; NaN where there is none.
    """

    sites: Sequence[Site]
    shapes: Shapes
    table: Table
    offers: Offers
    plane: str
    pairs: Pairs
    first: Ints
    site: Ints
    option: Ints
    pair: Ints
    outcome: Ints
    relation: Ints
    reason: Ints
    required: Floats
    margin: Floats
    error: Floats
    flip: Floats
    height: Floats

    def detail(self, i: int) -> Detail:
        """Build the findings of one site as values, and the unions of what they overlap."""
        first, last = self._firsts[i], self._firsts[i + 1]
        if first == last:
            return (), ()
        commons: dict[int, Any] = {}
        found = tuple(
            self._unlocated(row) if row[1] < 0 else self._finding(commons, *row)
            for row in self._rows[first:last]
        )
        return found, unite(found, self.shapes[i], self.plane)

    # Any: a row holds what its columns hold, numbers and nothing.
    def _unlocated(self, row: Sequence[Any]) -> Finding:
        """Return the finding of a record without position, which is the same for every site."""
        made, option = self.offers.unlocated, row[0]
        if option not in made:
            made[option] = _unlocated(self.offers.said[option], *row[2:6])
        return made[option]

    @cached_property
    def _firsts(self) -> list[int]:
        firsts: list[int] = self.first.tolist()
        return firsts

    @cached_property
    def _rows(self) -> list[tuple[Any, ...]]:
        """The findings of all sites, row by row: plain numbers are read faster than arrays."""
        names = ("option", "pair", "outcome", "relation", "reason", "required")
        figures = ("margin", "error", "flip", "height")
        columns = (getattr(self, name).tolist() for name in (*names, *figures))
        return list(zip(*columns, strict=True))

    def beside(self) -> tuple[Floats, Floats]:
        """Return what takes more than arrays, finding by finding: overlap on the ellipsoid, area to
        keep free, NaN for none.
        """
        ellipsoid, free = np.zeros(len(self.pair)), np.full(len(self.pair), np.nan)
        pairs, once = self.pairs, dict[int, float]()
        placed = self.pair >= 0
        met = (self.relation == _MET) & self.offers.building[self.option]
        for row in np.flatnonzero(placed & met).tolist():
            i, k = int(pairs.site[self.pair[row]]), int(pairs.record[self.pair[row]])
            free[row] = kept_free_m2(
                self.shapes[i], self.table.shapes[k], float(self.required[row])
            )
        if not len(pairs.area):
            return ellipsoid, free
        for row in np.flatnonzero(placed & (pairs.area[self.pair] > 0)).tolist():
            pair = int(self.pair[row])

            # one pair stands under several rules, and what it shares is measured once
            if pair not in once:
                once[pair] = ellipsoid_area_m2(self._common(pair))
            ellipsoid[row] = once[pair]
        return ellipsoid, free

    def overlays(self) -> list[str | None]:
        """Say of each finding how its site lies to a boundary with the force of law; else None."""
        placed = self.pair >= 0
        overlay: list[str | None] = [None] * len(self.pair)
        drawn = np.array([said.boundary is not None for said in self.offers.said], dtype=bool)
        for row in np.flatnonzero(placed & drawn[self.option]).tolist():
            record = self.offers.said[int(self.option[row])].record
            overlay[row] = self._overlay(record, int(self.pair[row]))
        return overlay

    def _overlay(self, record: Mapping[str, Any], pair: int) -> str | None:
        pairs = self.pairs
        overlap = Overlap(float(pairs.separation[pair]), float(pairs.distance[pair]))
        return legal_overlay(record, overlap, shared=bool(pairs.shared[pair]))

    def _finding(
        self,
        commons: dict[int, Any],
        option: int,
        pair: int,
        outcome: int,
        relation: int,
        reason: int,
        required: float,
        margin: float,
        error: float,
        flip: float,
        height: float,
    ) -> Finding:
        offers, pairs = self.offers, self.pairs
        said = offers.said[option]
        distance, common, area, free = float(pairs.distance[pair]), None, 0.0, None
        overlaps: tuple[float | None, ...] = (0.0, 0.0, 0.0, 0.0, distance)
        if pairs.common[pair]:
            if pair not in commons:
                commons[pair] = self._common(pair)
            common, area = commons[pair], float(pairs.area[pair])
            on_ellipsoid = ellipsoid_area_m2(common) if area else 0.0
            overlaps = (
                area,
                on_ellipsoid,
                float(pairs.length[pair]),
                float(pairs.share[pair]),
                distance,
            )
        if relation == _MET and offers.building[option]:
            i = int(pairs.site[pair])
            free = kept_free_m2(
                self.shapes[i], self.table.shapes[int(pairs.record[pair])], required
            )

        # a boundary that is drawn carries its own word: whether both merely share an edge there
        overlay = None
        if said.boundary is not None:
            overlap = Overlap(float(pairs.separation[pair]), distance)
            overlay = legal_overlay(said.record, overlap, shared=bool(pairs.shared[pair]))

        # NaN, the only number that differs from itself, stands for a rule that sets no height
        limit = None if height != height else height
        figures = (margin, error, None if flip != flip else flip)
        words = (OUTCOMES[outcome], RELATIONS[relation], REASON_CODES[reason])
        return value_of(
            said,
            words,
            required,
            overlaps,
            figures,
            free=free,
            max_height_m=limit,
            common=common,
            overlay=overlay,
        )

    def _common(self, pair: int) -> Any:
        site, record = int(self.pairs.site[pair]), int(self.pairs.record[pair])
        return lifted_to_degrees(
            common_part(self.shapes[site], self.table.shapes[record]), self.plane
        )


def _unlocated(
    said: Said,
    outcome: int,
    relation: int,
    reason: int,
    required: float,
) -> Finding:
    words = (OUTCOMES[outcome], RELATIONS[relation], REASON_CODES[reason])
    return value_of(said, words, required, NO_OVERLAP, NO_FIGURES)


def list_found(
    sites: Sequence[Site],
    shapes: Shapes,
    error: Floats,
    table: Table,
    offers: Offers,
    ground: Ground,
    near: tuple[Pairs, Bools] | None,
    *,
    plane: str,
) -> Found:
    """List what is not missed, and the nearest resource, for many sites at once.

    Parameters
    ----------
    sites, shapes, error
        The sites, their geometries on the plane, and their own part of the combined error, m.
    near
        Pairs measured already, and which (site, coarse record) lie in one county; None for a layer
        without records.
    plane
        Name of the plane.

    Returns
    -------
    Found
        Sorted by site, gravity, distance, id and rule; empty for a layer without records.
    """
    known, wide = near if near is not None else (NO_PAIRS, np.zeros((len(sites), 0), dtype=bool))
    pairs, nearest = _candidates(shapes, error, table, offers, known, wide)
    coarse = np.array(table.coarse, dtype=np.int64)
    county = np.zeros((len(sites), len(table.records)), dtype=bool)
    county[:, coarse] = wide
    told = _judged(pairs, error, table, offers, county)
    rows = _kept(told, pairs, offers, nearest, len(sites))
    _nearer_flips(told, rows, pairs, sites, shapes, table, ground)
    lost = _lost(wide, coarse, table, offers)
    return _sorted(
        sites, shapes, table, offers, plane, pairs, [{k: v[rows] for k, v in told.items()}, lost]
    )


def _candidates(
    shapes: Shapes,
    error: Floats,
    table: Table,
    offers: Offers,
    known: Pairs,
    wide: Bools,
) -> tuple[Pairs, Ints]:
    """Join all located records that may be told: near, in the same county, or the nearest; and
    which that is for each site, or -1.
    """
    count = len(shapes)
    nearest = np.full(count, -1, dtype=np.int64)
    if not len(table.tree):
        return known, nearest
    site, record = table.tree.query(shapes, predicate="dwithin", distance=table.slack_m + error)

    # records known by their county come in by the county, however far their point is drawn
    coarse = np.array(table.coarse, dtype=np.int64)
    far_site, place = np.nonzero(wide)
    located = offers.located[coarse[place]] if len(coarse) else np.zeros(0, dtype=bool)
    far_site, far = far_site[located], coarse[place[located]] if len(coarse) else coarse

    # a site with nothing near is still told the nearest record
    reached = np.zeros(count, dtype=bool)
    reached[site] = True
    lonely = np.flatnonzero(~reached)
    lone, closest = table.tree.query_nearest(shapes[lonely], all_matches=True)

    keys = [
        s * len(table.records) + r
        for s, r in ((site, record), (far_site, far), (lonely[lone], closest))
    ]
    pairs = _with_new(known, np.concatenate(keys), shapes, table)

    # of equally near records the one that stands first in the layer
    by_distance = np.lexsort((pairs.record, pairs.distance, pairs.site))
    first = np.unique(pairs.site[by_distance], return_index=True)[1]
    nearest[pairs.site[by_distance[first]]] = pairs.record[by_distance[first]]
    return pairs, nearest


def _with_new(
    known: Pairs,
    keys: Ints,
    shapes: Shapes,
    table: Table,
) -> Pairs:
    """Measure the pairs that are not measured yet, and put all in the order of site and record."""
    # a pair as one number, so that what the outcomes have measured already is not measured again
    own = known.site * len(table.records) + known.record
    new = np.setdiff1d(keys, own)
    pairs = known
    if len(new):
        more = measured(shapes, table, new // len(table.records), new % len(table.records))
        pairs = Pairs.joined([known, more]) if len(own) else more
    order = np.lexsort((pairs.record, pairs.site))
    return pairs.part(order)


def _judged(
    pairs: Pairs,
    error: Floats,
    table: Table,
    offers: Offers,
    county: Bools,
) -> dict[str, Any]:
    """Judge every pair under every option, as :func:`.relation.judge` does one by one."""
    terms = table.terms
    pair, option = options_of(terms, pairs.record)
    site, separation = pairs.site[pair], pairs.separation[pair]
    means = compare(terms, option, separation, error[site])
    relation, reason, flip = _by_distance_alone(means, separation, offers.no_rule[option])

    bound = offers.bound[option]

    # an edge in common with a boundary of the law is no overlap; only a rule without a distance is
    # content with that
    shared = bound & pairs.shared[pair] & (means.required == 0)
    judged = bound & ~shared

    # what is met decides nothing where something about the record is unknown: it falls to between
    capped = judged & means.met & (offers.capped[option] != _NO_REASON)
    relation = np.where(capped, _BETWEEN, relation)
    reason = np.where(capped, offers.capped[option], reason)
    flip = np.where(capped, means.required + means.error + means.extent - separation, flip)

    # missed by its point, but the record may lie anywhere in a county that the site lies in
    wide = judged & (relation == _MISSED) & county[site, pairs.record[pair]]
    relation = np.where(wide, _BETWEEN, relation)

    # the county decides here, not the distance to the point: that it would flip at some distance
    # says nothing
    coarse = judged & (relation == _BETWEEN) & (offers.coarse[option] != _NO_REASON)
    reason = np.where(coarse, offers.coarse[option], reason)
    flip = np.where(coarse | wide | ~judged, np.nan, flip)
    relation = np.where(
        shared, _SHARED, np.where(~bound & (relation != _MISSED), _UNBOUND, relation)
    )
    reason = np.where(shared, _code("shared_edge"), np.where(bound, reason, _code("not_bound")))

    # the height that is lawful whatever the error
    height = np.maximum(0.0, (separation - (means.error + means.extent)) / offers.ratio[option])
    outcome = np.where(relation == _MET, terms.if_met[option], len(OUTCOMES) - 1)
    return {
        "site": site,
        "option": option,
        "pair": pair,
        "outcome": np.where(relation == _BETWEEN, OUTCOMES.index("undetermined"), outcome),
        "relation": relation,
        "reason": reason,
        "required": means.required,
        "margin": separation - means.required,
        "error": means.error,
        "flip": flip,
        "height": np.where(judged & (relation != _MISSED), height, np.nan),
    }


def _by_distance_alone(
    means: Compared,
    separation: Floats,
    no_rule: Bools,
) -> tuple[Ints, Ints, Floats]:
    """Return relation, reason and flip distance of pairs before anything that is unknown caps
    them.
    """
    # met means deeper than a touch where a rule asks for no distance: the flip counts from there
    lowest = np.where(means.required == 0, np.minimum(means.inner, -TOUCH_M), means.inner)

    # between because of the extent of a point, or because of the error of both
    beyond = separation > means.required + means.error
    between = ~means.met & ~means.touching & ~means.missed
    flip = _flip_alone(means, separation, lowest)
    reason = np.where(beyond, _code("within_extent"), _code("within_error"))
    reason = np.where(between & no_rule, _code("no_rule"), reason)
    reason = np.where(means.met, _code("met"), np.where(means.missed, _code("missed"), reason))
    reason = np.where(means.touching, _code("touching"), reason)
    relation = np.where(means.met, _MET, np.where(means.missed, _MISSED, _BETWEEN))
    return relation, reason, flip


def _flip_alone(
    means: Compared,
    separation: Floats,
    lowest: Floats,
) -> Floats:
    """Return how far a boundary must move to change what a pair means."""
    flip = np.minimum(separation - means.inner, means.outer - separation)
    flip = np.where(
        means.met, lowest - separation, np.where(means.missed, separation - means.outer, flip)
    )
    return np.where(means.touching, TOUCH_M - np.maximum(0.0, -separation), flip)


def _code(reason: str) -> int:
    return REASON_CODES.index(reason)


def _kept(
    told: Mapping[str, Any],
    pairs: Pairs,
    offers: Offers,
    nearest: Ints,
    count: int,
) -> Ints:
    """Return the rows that are told: all that is not missed; of the nearest record, if all of it is
    missed, the least margin.
    """
    missed = told["relation"] == _MISSED
    record = pairs.record[told["pair"]]
    closest = record == nearest[told["site"]]

    # the nearest record is told even where all of it is missed, by its narrowest rule alone
    served = np.zeros(count, dtype=bool)
    served[told["site"][closest & ~missed]] = True
    least = _narrowest(told, offers, np.flatnonzero(closest & ~served[told["site"]]))
    return np.sort(np.concatenate([np.flatnonzero(~missed), least]))


def _narrowest(
    told: Mapping[str, Any],
    offers: Offers,
    rows: Ints,
) -> Ints:
    """Return of some rows the one with the least margin for each site; of two the graver rule."""
    rank, margin, site = offers.rank[told["option"][rows]], told["margin"][rows], told["site"][rows]
    rows = rows[np.lexsort((rank, margin, site))]
    return rows[np.unique(told["site"][rows], return_index=True)[1]]


def _nearer_flips(
    told: Mapping[str, Any],
    rows: Ints,
    pairs: Pairs,
    sites: Sequence[Site],
    shapes: Shapes,
    table: Table,
    ground: Ground,
) -> None:
    """Mind that a record known by its county also comes near when the county does."""
    record, site = pairs.record[told["pair"][rows]], told["site"][rows]
    coarse = np.zeros(len(table.records), dtype=bool)
    coarse[list(table.coarse)] = True
    own = (told["relation"][rows] == _MISSED) & np.isfinite(told["flip"][rows]) & coarse[record]
    if not own.any():
        return
    rows, record, site = rows[own], record[own], site[own]
    column = {code: k for k, code in enumerate(ground.shapes)}
    known = [[column[c] for c in table.codes[k] if c in column] for k in record.tolist()]
    item = np.repeat(np.arange(len(rows)), [len(columns) for columns in known])
    county = np.array([k for columns in known for k in columns], dtype=np.int64)
    # a missed record lies in no county of its own here: its counties are known, or the site lies
    # outside none that is not
    # the reach is that of the outcome: from so near on the county would count
    reach = table.required_m * (1 + PLANE_SCALE) + np.array(
        [sites[i].accuracy_m for i in site.tolist()]
    )
    reach += np.array([sites[i].datum_error_m for i in site.tolist()])
    apart = shapely.distance(ground.tree.geometries[county], shapes[site[item]])
    gap = np.full(len(rows), np.inf)

    # of several counties the one that comes near first
    np.minimum.at(gap, item, apart - reach[item] - ground.edges[county])
    told["flip"][rows] = np.minimum(told["flip"][rows], gap)


def _lost(
    wide: Bools,
    coarse: Ints,
    table: Table,
    offers: Offers,
) -> dict[str, Any]:
    """Tell of the records without position in the counties of each site."""
    site, place = np.nonzero(wide)
    record = coarse[place]
    lost = ~offers.located[record]
    pair, option = options_of(table.terms, record[lost])

    # one that no rule binds is told only where it is touched, and without a position nothing is
    bound = offers.bound[option]
    pair, option = pair[bound], option[bound]
    none = np.full(len(option), np.nan)
    return {
        "site": site[lost][pair],
        "option": option,
        "pair": np.full(len(option), -1),
        "outcome": np.full(len(option), OUTCOMES.index("undetermined")),
        "relation": np.full(len(option), _BETWEEN),
        "reason": np.full(len(option), _code("unlocated")),
        "required": offers.stated[option],
        **dict.fromkeys(("margin", "error", "flip", "height"), none),
    }


def _sorted(
    sites: Sequence[Site],
    shapes: Shapes,
    table: Table,
    offers: Offers,
    plane: str,
    pairs: Pairs,
    several: Sequence[Mapping[str, Any]],
) -> Found:
    """Put findings in the order of :func:`.findings.finding_order`, site by site."""
    columns = {name: np.concatenate([told[name] for told in several]) for name in several[0]}
    placed = columns["pair"] >= 0

    # without a position it comes last of its outcome
    distance = np.full(len(placed), np.inf)
    distance[placed] = pairs.distance[columns["pair"][placed]]
    option = columns["option"]
    record = offers.record[option]
    order = np.lexsort(
        (
            option,
            offers.rank[option],
            table.terms.effect[option],
            offers.by_id[record],
            distance,
            columns["outcome"],
            columns["site"],
        )
    )
    columns = {name: values[order] for name, values in columns.items()}
    first = np.searchsorted(columns["site"], np.arange(len(sites) + 1))
    return Found(sites, shapes, table, offers, plane, pairs, first, **columns)
