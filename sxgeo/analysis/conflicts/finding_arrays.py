"""What many sites find in one prepared layer, in arrays: the findings behind outcomes, no object
until one is asked for.

The definitions are those of :mod:`.findings`, which lists them one by one and is the oracle of the
tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from ...geometry.overlap import Overlap, common_part
from ...geometry.projection import PLANE_SCALE, ellipsoid_area_m2
from ...geometry.straight import lifted_to_degrees
from ...model.outcomes import OUTCOMES, Finding
from ...wording import FINDING_REASON_ZH
from .binding import only_building
from .findings import (
    NO_FIGURES,
    NO_OVERLAP,
    Beside,
    Said,
    kept_free_m2,
    said_of,
    unite,
    value_of,
)
from .legal import legal_overlay
from .pairs import NO_PAIRS, Pairs, compare, measured, options_of
from .relation import NO_RULE, NOT_BOUND, TOUCH_M, cap, coarse_code, is_coarse

if TYPE_CHECKING:
    from ...geometry.shapes import Bools, Floats, Ints, Shape, Shapes
    from ...layers.rules import Rule
    from ...model.outcomes import Detail, Outcome, Relation
    from ...model.project import Project
    from .binding import Binding, Fit
    from .pairs import Compared, Placed
    from .prepared import Ground, Table

RELATIONS: tuple[Relation, ...] = ("met", "between", "unbound", "shared", "missed")
_MET, _BETWEEN, _UNBOUND, _SHARED, _MISSED = range(5)
REASON_CODES = tuple(FINDING_REASON_ZH)
_NO_REASON = -1


class _Offer(NamedTuple):
    """A record of a layer, by its row, and one of the rules that it is judged by."""

    row: int
    rule: Rule
    bound: Binding
    fit: Fit


@dataclass(frozen=True, slots=True)
class ByRule:
    """What every (record, option) of a layer has from its rule alone."""

    rank: Ints
    stated: Floats
    no_rule: Bools
    bound: Bools
    ratio: Floats
    building: Bools

    @classmethod
    def of(cls, rules: Sequence[Rule], project: Project) -> ByRule:
        """Ask each rule."""
        # a stand-in has no id of its own, and comes first among equals
        return cls(
            rank=_places([rule.rule_id or "" for rule in rules]),
            stated=np.array([rule.required_m for rule in rules], dtype=float),
            no_rule=_flags([rule is NO_RULE for rule in rules]),
            bound=_flags([rule is not NOT_BOUND for rule in rules]),
            ratio=np.array([_ratio(rule) for rule in rules], dtype=float),
            building=_flags([only_building(rule, project) for rule in rules]),
        )


@dataclass(frozen=True, slots=True)
class Offers:
    """What every (record, option) of a layer says of itself, whatever the site; flat, in the order
    of its terms.
    """

    record: Ints
    located: Bools
    by_id: Ints
    by_rule: ByRule
    capped: Ints
    coarse: Ints
    said: Sequence[Said]
    unlocated: dict[int, Finding] = field(default_factory=dict)
    texts: dict[str, list[str | None]] = field(default_factory=dict)
    """Of each option, by column; filled by who writes tables."""

    @classmethod
    def of(cls, table: Table, project: Project) -> Offers:
        """Gather them from a prepared layer."""
        offers = [
            _Offer(row, *option) for row, options in enumerate(table.options) for option in options
        ]
        records = table.records
        coarse = [coarse_code(r) if is_coarse(r) else None for r in records]
        return cls(
            record=np.array([offer.row for offer in offers], dtype=np.int64),
            located=_flags([shape is not None for shape in table.shapes]),
            by_id=_places([record["feature_id"] for record in records]),
            by_rule=ByRule.of([offer.rule for offer in offers], project),
            capped=_caps(offers, records, project),
            coarse=_reasons([coarse[offer.row] for offer in offers]),
            said=[said_of(table, o.row, o.rule, o.bound) for o in offers],
        )


def _ratio(rule: Rule) -> float:
    """Return the share of its height that a building must keep off; NaN where a rule names none."""
    if rule.comparison != "height_ratio":
        return np.nan
    return rule.ratio or np.nan


def _places(names: Sequence[str]) -> Ints:
    """Return of each name its place among all, sorted: findings are put in order by numbers."""
    place_of = {name: place for place, name in enumerate(sorted(set(names)))}
    return np.array([place_of[name] for name in names], dtype=np.int64)


def _flags(values: Sequence[bool]) -> Bools:
    return np.array(values, dtype=bool)


def _caps(
    offers: Sequence[_Offer],
    records: Sequence[Mapping[str, Any]],
    project: Project,
) -> Ints:
    """Return by their codes why options decide nothing, even where they are met."""
    return _reasons(
        [
            cap(
                offer.rule,
                records[offer.row],
                project,
                offer.bound,
                offer.fit,
            )
            for offer in offers
        ]
    )


def _reasons(codes: Sequence[str | None]) -> Ints:
    return np.array(
        [_NO_REASON if code is None else REASON_CODES.index(code) for code in codes], dtype=np.int64
    )


@dataclass(frozen=True, slots=True)
class Rows:
    """Findings of many sites in one class, a row each.

    Attributes
    ----------
    site, option, pair
        Row of the site, of the option in the layer's offers, of the measured pair (-1 where the
        record has no position).
    outcome, relation, reason
        Indices in `OUTCOMES`, `RELATIONS` and `REASON_CODES`.
    required, margin, error, flip, height
        Metres; NaN where there is none.
    """

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

    @property
    def placed(self) -> Bools:
        """Which of them are of records with a position."""
        return self.pair >= 0

    def part(self, rows: Ints) -> Rows:
        """Return some of them."""
        return Rows(*(getattr(self, name)[rows] for name in self.__slots__))

    @classmethod
    def joined(cls, several: Sequence[Rows]) -> Rows:
        """Put them one after another."""
        names = cls.__slots__
        return cls(*(np.concatenate([getattr(rows, name) for rows in several]) for name in names))


class _Row(NamedTuple):
    """One finding, as plain numbers."""

    option: int
    pair: int
    outcome: int
    relation: int
    reason: int
    required: float
    margin: float
    error: float
    flip: float
    height: float

    @property
    def words(self) -> tuple[Outcome, Relation, str]:
        """Its outcome, relation and reason code."""
        return OUTCOMES[self.outcome], RELATIONS[self.relation], REASON_CODES[self.reason]


@dataclass(frozen=True, eq=False)
class Found:
    """The findings of one class at the sites of a batch, in arrays: sorted by site, then as
    :func:`.findings.finding_order`.

    Attributes
    ----------
    rows
        The findings; `first` is where those of each site begin, with one more at the end.
    pairs
        What was measured, see `rows.pair`.
    """

    placed: Placed
    table: Table
    offers: Offers
    pairs: Pairs
    rows: Rows
    first: Ints

    def detail(self, i: int) -> Detail:
        """Build the findings of one site as values, and the unions of what they overlap."""
        first, last = self._firsts[i], self._firsts[i + 1]
        if first == last:
            return (), ()
        commons: dict[int, Shape] = {}
        found = tuple(
            self._unlocated(row) if row.pair < 0 else self._finding(commons, row)
            for row in self._plain[first:last]
        )
        return found, unite(found, self.placed.shapes[i], self.placed.plane)

    def _unlocated(self, row: _Row) -> Finding:
        """Return the finding of a record without position, which is the same for every site."""
        made = self.offers.unlocated
        if row.option not in made:
            said = self.offers.said[row.option]
            made[row.option] = value_of(said, row.words, row.required, NO_OVERLAP, NO_FIGURES)
        return made[row.option]

    @cached_property
    def _firsts(self) -> list[int]:
        firsts: list[int] = self.first.tolist()
        return firsts

    @cached_property
    def _plain(self) -> list[_Row]:
        """The findings of all sites, row by row: plain numbers are read faster than arrays."""
        columns = (getattr(self.rows, name).tolist() for name in _Row._fields)
        return list(map(_Row._make, zip(*columns, strict=True)))

    def beside(self) -> tuple[Floats, Floats]:
        """Return what takes more than arrays, finding by finding: overlap on the ellipsoid, area to
        keep free, NaN for none.
        """
        return self._on_ellipsoid(), self._kept_free()

    def _on_ellipsoid(self) -> Floats:
        pairs, pair_of = self.pairs, self.rows.pair
        ellipsoid = np.zeros(len(pair_of))

        # a layer of records without position has no pair to look into
        if not len(pairs.area):
            return ellipsoid
        once: dict[int, float] = {}
        for row in np.flatnonzero(self.rows.placed & (pairs.area[pair_of] > 0)).tolist():
            pair = int(pair_of[row])

            # one pair stands under several rules, and what it shares is measured once
            if pair not in once:
                once[pair] = ellipsoid_area_m2(self._common(pair))
            ellipsoid[row] = once[pair]
        return ellipsoid

    def _kept_free(self) -> Floats:
        rows = self.rows
        free = np.full(len(rows.pair), np.nan)

        # only of a rule that bars buildings alone, and only where it is met
        met = (rows.relation == _MET) & self.offers.by_rule.building[rows.option]
        for row in np.flatnonzero(rows.placed & met).tolist():
            free[row] = self._kept_free_m2(
                int(rows.pair[row]),
                float(rows.required[row]),
            )
        return free

    def _kept_free_m2(self, pair: int, required: float) -> float:
        site, record = int(self.pairs.site[pair]), int(self.pairs.record[pair])
        return kept_free_m2(
            self.placed.shapes[site],
            self.table.shapes[record],
            required,
        )

    def overlays(self) -> list[str | None]:
        """Say of each finding how its site lies to a boundary with the force of law; else None."""
        rows = self.rows
        overlay: list[str | None] = [None] * len(rows.pair)
        drawn = _flags([said.boundary is not None for said in self.offers.said])
        for row in np.flatnonzero(rows.placed & drawn[rows.option]).tolist():
            said = self.offers.said[int(rows.option[row])]
            overlay[row] = self._overlay(said, int(rows.pair[row]))
        return overlay

    def _overlay(self, said: Said, pair: int) -> str | None:
        # a boundary that is drawn carries its own word: whether both merely share an edge there
        if said.boundary is None:
            return None
        pairs = self.pairs
        overlap = Overlap(
            float(pairs.separation[pair]),
            float(pairs.distance[pair]),
        )
        return legal_overlay(said.record, overlap, shared=bool(pairs.shared[pair]))

    def _finding(self, commons: dict[int, Shape], row: _Row) -> Finding:
        offers = self.offers
        said = offers.said[row.option]
        if self.pairs.common[row.pair] and row.pair not in commons:
            commons[row.pair] = self._common(row.pair)
        common = commons.get(row.pair)

        # of a rule that bars buildings alone the ground may be used: what must stay free is told
        free = None
        if row.relation == _MET and offers.by_rule.building[row.option]:
            free = self._kept_free_m2(row.pair, row.required)
        return value_of(
            said,
            row.words,
            row.required,
            self._overlaps(row.pair, common),
            (row.margin, row.error, _number(row.flip)),
            Beside(
                free,
                _number(row.height),
                common,
                self._overlay(said, row.pair),
            ),
        )

    def _overlaps(self, pair: int, common: Shape | None) -> tuple[float | None, ...]:
        pairs = self.pairs
        distance = float(pairs.distance[pair])
        if common is None:
            return (0.0, 0.0, 0.0, 0.0, distance)
        area = float(pairs.area[pair])

        # a point or a line in common has no area to be measured on the ellipsoid
        on_ellipsoid = ellipsoid_area_m2(common) if area else 0.0
        length, share = float(pairs.length[pair]), float(pairs.share[pair])
        return (area, on_ellipsoid, length, share, distance)

    def _common(self, pair: int) -> Shape:
        site, record = int(self.pairs.site[pair]), int(self.pairs.record[pair])
        common = common_part(self.placed.shapes[site], self.table.shapes[record])
        return lifted_to_degrees(common, self.placed.plane)


def _number(value: float) -> float | None:
    # NaN, the only number that differs from itself, stands for none
    return None if value != value else value


def list_found(
    placed: Placed,
    table: Table,
    offers: Offers,
    near: tuple[Pairs, Bools] | None,
) -> Found:
    """List what is not missed, and the nearest resource, for many sites at once.

    Parameters
    ----------
    placed
        The sites on their plane.
    near
        Pairs measured already, and which (site, coarse record) lie in one county; None for a layer
        without records.

    Returns
    -------
    Found
        Sorted by site, gravity, distance, id and rule; empty for a layer without records.
    """
    count = len(placed.sites)
    known, wide = _none_near(count) if near is None else near
    pairs, nearest = _candidates(placed, table, offers, known, wide)
    coarse = np.array(table.coarse, dtype=np.int64)
    judged = _judged(pairs, placed.error, table, offers, _spread_wide(wide, coarse, table))
    kept = judged.part(_kept(judged, pairs, offers, nearest))
    told = _nearer_flips(kept, pairs, placed, table)
    rows = _sorted(
        [told, _lost(wide, coarse, table, offers)],
        pairs,
        table,
        offers,
    )
    first = np.searchsorted(rows.site, np.arange(count + 1))
    return Found(placed, table, offers, pairs, rows, first)


def _spread_wide(
    wide: Bools,
    coarse: Ints,
    table: Table,
) -> Bools:
    """Return for every (site, record) whether both may lie in one county, given it for the coarse
    ones: no other record lies anywhere in a county.
    """
    county = np.zeros((len(wide), len(table.records)), dtype=bool)
    county[:, coarse] = wide
    return county


def _none_near(count: int) -> tuple[Pairs, Bools]:
    """Return what is measured of so many sites beside a layer without records."""
    return NO_PAIRS, np.zeros((count, 0), dtype=bool)


def _candidates(
    placed: Placed,
    table: Table,
    offers: Offers,
    known: Pairs,
    wide: Bools,
) -> tuple[Pairs, Ints]:
    """Join all located records that may be told: near, in the same county, or the nearest; and
    which that is for each site, or -1.
    """
    shapes = placed.shapes
    if not len(table.tree):
        return known, np.full(len(shapes), -1, dtype=np.int64)
    reach = table.slack_m + placed.error
    near = table.tree.query(shapes, predicate="dwithin", distance=reach)

    # a site with nothing near is still told the nearest record
    lonely = np.ones(len(shapes), dtype=bool)
    lonely[near[0]] = False
    keys = [
        site * len(table.records) + record
        for site, record in (
            near,
            _by_county(table, offers, wide),
            _closest(shapes, np.flatnonzero(lonely), table),
        )
    ]
    pairs = _with_new(known, np.concatenate(keys), shapes, table)
    return pairs, _nearest(pairs, len(shapes))


def _by_county(
    table: Table,
    offers: Offers,
    wide: Bools,
) -> tuple[Ints, Ints]:
    """Return sites and located records that are known by their county: they come in by the county,
    however far their point is drawn.
    """
    site, place = np.nonzero(wide)
    record = np.array(table.coarse, dtype=np.int64)[place]
    located = offers.located[record]
    return site[located], record[located]


def _closest(
    shapes: Shapes,
    rows: Ints,
    table: Table,
) -> tuple[Ints, Ints]:
    """Return some sites and the records nearest to them, all that are equally near."""
    lone, closest = table.tree.query_nearest(shapes[rows], all_matches=True)
    return rows[lone], closest


def _nearest(pairs: Pairs, count: int) -> Ints:
    """Return for each site the nearest record; of equally near ones the first in the layer."""
    nearest = np.full(count, -1, dtype=np.int64)
    by_distance = np.lexsort((pairs.record, pairs.distance, pairs.site))
    first = np.unique(pairs.site[by_distance], return_index=True)[1]
    rows = by_distance[first]
    nearest[pairs.site[rows]] = pairs.record[rows]
    return nearest


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
        more = measured(
            shapes,
            table,
            new // len(table.records),
            new % len(table.records),
        )
        pairs = Pairs.joined([known, more]) if len(own) else more
    order = np.lexsort((pairs.record, pairs.site))
    return pairs.part(order)


def _judged(
    pairs: Pairs,
    error: Floats,
    table: Table,
    offers: Offers,
    county: Bools,
) -> Rows:
    """Judge every pair under every option, as :func:`.relation.judge` does one by one."""
    pair, option = options_of(table.terms, pairs.record)
    site, separation = pairs.site[pair], pairs.separation[pair]
    means = compare(table.terms, option, separation, error[site])

    # an edge in common with a boundary of the law is no overlap; only a rule without a distance is
    # content with that
    edge = pairs.shared[pair] & (means.required == 0)
    bearing = _Bearing.of(offers, option, edge, county[site, pairs.record[pair]])
    meant = _meant(means, separation, bearing)
    height = _lawful_height(means, separation, offers.by_rule.ratio[option], meant.relation)
    return Rows(
        site=site,
        option=option,
        pair=pair,
        outcome=_outcomes(meant.relation, table.terms.if_met[option]),
        relation=meant.relation,
        reason=meant.reason,
        required=means.required,
        margin=separation - means.required,
        error=means.error,
        flip=meant.flip,
        height=height,
    )


class _Bearing(NamedTuple):
    """What bears on pairs under options beside their distance.

    Attributes
    ----------
    shared
        Whether they merely share an edge.
    in_county
        Whether the record may lie anywhere in a county that the site lies in.
    cap_of, coarse_of
        Codes of why nothing is decided where the pair is met, and where its position is coarse; -1
        for no reason. Of what no rule binds, and of a shared edge, there is none.
    """

    no_rule: Bools
    bound: Bools
    shared: Bools
    in_county: Bools
    cap_of: Ints
    coarse_of: Ints

    @classmethod
    def of(
        cls,
        offers: Offers,
        option: Ints,
        edge: Bools,
        in_county: Bools,
    ) -> _Bearing:
        """Take it from what options say of themselves."""
        bound = offers.by_rule.bound[option]
        judged = bound & ~edge
        return cls(
            no_rule=offers.by_rule.no_rule[option],
            bound=bound,
            shared=bound & edge,
            in_county=judged & in_county,
            cap_of=np.where(judged, offers.capped[option], _NO_REASON),
            coarse_of=np.where(judged, offers.coarse[option], _NO_REASON),
        )


def _meant(
    means: Compared,
    separation: Floats,
    bearing: _Bearing,
) -> _Meant:
    """Say what pairs mean: first by their distance, then by all that is unknown."""
    alone = _by_distance_alone(means, separation, bearing.no_rule)
    capped = _capped(alone, means, separation, bearing.cap_of)
    placed = _by_county_alone(capped, bearing.in_county, bearing.coarse_of)
    return _freed(placed, bearing.bound, bearing.shared)


class _Meant(NamedTuple):
    """What pairs mean under options: relation and reason by their codes, and the flip distance."""

    relation: Ints
    reason: Ints
    flip: Floats


def _capped(
    meant: _Meant,
    means: Compared,
    separation: Floats,
    cap_of: Ints,
) -> _Meant:
    """What is met decides nothing where something about the record is unknown: it falls to
    between.
    """
    capped = means.met & (cap_of != _NO_REASON)
    to_missed = means.required + means.error + means.extent - separation
    return _Meant(
        np.where(capped, _BETWEEN, meant.relation),
        np.where(capped, cap_of, meant.reason),
        np.where(capped, to_missed, meant.flip),
    )


def _by_county_alone(
    meant: _Meant,
    in_county: Bools,
    coarse_of: Ints,
) -> _Meant:
    """Let the county decide of records whose position tells nothing closer."""
    # missed by its point, but the record may lie anywhere in a county that the site lies in
    wide = (meant.relation == _MISSED) & in_county
    relation = np.where(wide, _BETWEEN, meant.relation)

    # not the distance to the point: that it would flip at some distance says nothing
    coarse = (relation == _BETWEEN) & (coarse_of != _NO_REASON)
    return _Meant(
        relation,
        np.where(coarse, coarse_of, meant.reason),
        np.where(coarse | wide, np.nan, meant.flip),
    )


def _freed(
    meant: _Meant,
    bound: Bools,
    shared: Bools,
) -> _Meant:
    """Tell what is touched by a project that no rule binds, and what merely shares an edge."""
    touched = ~bound & (meant.relation != _MISSED)
    relation = np.where(touched, _UNBOUND, meant.relation)
    reason = np.where(bound, meant.reason, _code("not_bound"))
    return _Meant(
        np.where(shared, _SHARED, relation),
        np.where(shared, _code("shared_edge"), reason),
        np.where(shared | ~bound, np.nan, meant.flip),
    )


def _lawful_height(
    means: Compared,
    separation: Floats,
    ratio: Floats,
    relation: Ints,
) -> Floats:
    """Return the height that is lawful whatever the error; NaN without a ratio, and where a rule
    does not bind or is missed.
    """
    doubt = means.error + means.extent
    height = np.maximum(0.0, (separation - doubt) / ratio)
    return np.where(np.isin(relation, (_MET, _BETWEEN)), height, np.nan)


def _outcomes(relation: Ints, if_met: Ints) -> Ints:
    outcome = np.where(relation == _MET, if_met, len(OUTCOMES) - 1)
    return np.where(relation == _BETWEEN, OUTCOMES.index("undetermined"), outcome)


def _by_distance_alone(
    means: Compared,
    separation: Floats,
    no_rule: Bools,
) -> _Meant:
    """Return relation, reason and flip distance of pairs before anything that is unknown caps
    them.
    """
    between = ~means.met & ~means.touching & ~means.missed
    reason = _why_between(means, separation, between & no_rule)
    reason = np.where(means.missed, _code("missed"), reason)
    reason = np.where(means.met, _code("met"), reason)
    reason = np.where(means.touching, _code("touching"), reason)
    relation = np.where(
        means.met,
        _MET,
        np.where(means.missed, _MISSED, _BETWEEN),
    )
    return _Meant(relation, reason, _flip_alone(means, separation))


def _why_between(
    means: Compared,
    separation: Floats,
    no_rule: Bools,
) -> Ints:
    """Return why pairs lie between: because of the extent of a point, or the error of both; or
    since nobody knows a rule.
    """
    beyond = separation > means.required + means.error
    reason = np.where(beyond, _code("within_extent"), _code("within_error"))
    return np.where(no_rule, _code("no_rule"), reason)


def _flip_alone(means: Compared, separation: Floats) -> Floats:
    """Return how far a boundary must move to change what a pair means."""
    # met means deeper than a touch where a rule asks for no distance: the flip counts from there
    lowest = np.where(
        means.required == 0,
        np.minimum(means.inner, -TOUCH_M),
        means.inner,
    )
    flip = np.minimum(separation - means.inner, means.outer - separation)
    flip = np.where(means.missed, separation - means.outer, flip)
    flip = np.where(means.met, lowest - separation, flip)
    return np.where(
        means.touching,
        TOUCH_M - np.maximum(0.0, -separation),
        flip,
    )


def _code(reason: str) -> int:
    return REASON_CODES.index(reason)


def _kept(
    rows: Rows,
    pairs: Pairs,
    offers: Offers,
    nearest: Ints,
) -> Ints:
    """Return which rows are told: all that are not missed; of the nearest record, if all of it is
    missed, the least margin.
    """
    missed = rows.relation == _MISSED
    closest = pairs.record[rows.pair] == nearest[rows.site]

    # the nearest record is told even where all of it is missed, by its narrowest rule alone
    served = np.zeros(len(nearest), dtype=bool)
    served[rows.site[closest & ~missed]] = True
    least = _narrowest(
        rows,
        offers,
        np.flatnonzero(closest & ~served[rows.site]),
    )
    return np.sort(np.concatenate([np.flatnonzero(~missed), least]))


def _narrowest(
    rows: Rows,
    offers: Offers,
    among: Ints,
) -> Ints:
    """Return of some rows the one with the least margin for each site; of two the graver rule."""
    rank = offers.by_rule.rank[rows.option[among]]
    among = among[np.lexsort((rank, rows.margin[among], rows.site[among]))]
    return among[np.unique(rows.site[among], return_index=True)[1]]


def _nearer_flips(
    rows: Rows,
    pairs: Pairs,
    placed: Placed,
    table: Table,
) -> Rows:
    """Mind that a record known by its county also comes near when the county does."""
    record = pairs.record[rows.pair]
    missed = (rows.relation == _MISSED) & np.isfinite(rows.flip)
    own = np.flatnonzero(missed & table.laid.is_coarse[record])

    # most batches have no such record, and no county is measured for them
    if not len(own):
        return rows
    gap = _county_gaps(record[own], rows.site[own], placed, table)
    flip = rows.flip.copy()
    flip[own] = np.minimum(flip[own], gap)
    return replace(rows, flip=flip)


def _known_counties(
    record: Ints,
    table: Table,
    ground: Ground,
) -> tuple[Ints, Ints]:
    """Return the counties of records that are known here, one after another: whose each is, and its
    number.
    """
    # a missed record lies in no county of its own here: its counties are known, or the site lies
    # outside none that is not
    column = {code: k for k, code in enumerate(ground.shapes)}
    known = [[column[c] for c in table.codes[row] if c in column] for row in record.tolist()]
    item = np.repeat(
        np.arange(len(record)),
        list(map(len, known)),
    )
    return item, np.array(list(chain.from_iterable(known)), dtype=np.int64)


def _county_reach(
    placed: Placed,
    site: Ints,
    table: Table,
) -> Floats:
    """Return from how near on the county of a record would count for each site."""
    # the reach is that of the outcome
    reach: Floats = table.required_m * (1 + PLANE_SCALE) + np.array(
        [placed.sites[row].accuracy_m for row in site.tolist()]
    )
    reach += np.array([placed.sites[row].datum_error_m for row in site.tolist()])
    return reach


def _county_gaps(
    record: Ints,
    site: Ints,
    placed: Placed,
    table: Table,
) -> Floats:
    """Return how far sites lie beyond the reach of the counties of records that they miss."""
    ground = placed.ground
    item, county = _known_counties(record, table, ground)

    reach = _county_reach(placed, site, table)
    apart = shapely.distance(
        ground.tree.geometries[county],
        placed.shapes[site[item]],
    )

    # of several counties the one that comes near first
    gap = np.full(len(record), np.inf)
    np.minimum.at(
        gap,
        item,
        apart - reach[item] - ground.edges[county],
    )
    return gap


def _lost(
    wide: Bools,
    coarse: Ints,
    table: Table,
    offers: Offers,
) -> Rows:
    """Tell of the records without position in the counties of each site."""
    site, place = np.nonzero(wide)
    record = coarse[place]
    lost = ~offers.located[record]
    pair, option = options_of(table.terms, record[lost])

    # one that no rule binds is told only where it is touched, and without a position nothing is
    bound = offers.by_rule.bound[option]
    return _unlocated(
        site[lost][pair][bound],
        option[bound],
        offers.by_rule.stated,
    )


def _unlocated(
    site: Ints,
    option: Ints,
    stated: Floats,
) -> Rows:
    """Return findings of records without position: they may lie anywhere in the county."""
    count = len(option)
    none = np.full(count, np.nan)
    return Rows(
        site=site,
        option=option,
        pair=np.full(count, -1),
        outcome=np.full(count, OUTCOMES.index("undetermined")),
        relation=np.full(count, _BETWEEN),
        reason=np.full(count, _code("unlocated")),
        required=stated[option],
        margin=none,
        error=none,
        flip=none,
        height=none,
    )


def _sorted(
    several: Sequence[Rows],
    pairs: Pairs,
    table: Table,
    offers: Offers,
) -> Rows:
    """Put findings in the order of :func:`.findings.finding_order`, site by site."""
    rows = Rows.joined(several)

    # without a position it comes last of its outcome
    distance = np.full(len(rows.pair), np.inf)
    distance[rows.placed] = pairs.distance[rows.pair[rows.placed]]
    option = rows.option
    keys = (
        option,
        offers.by_rule.rank[option],
        table.terms.effect[option],
        offers.by_id[offers.record[option]],
        distance,
        rows.outcome,
        rows.site,
    )
    return rows.part(np.lexsort(keys))
