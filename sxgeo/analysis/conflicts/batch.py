"""Sites of one plane asked about one class at once, in arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ...geometry.projection import PLANE_SCALE
from ...model.outcomes import KNOWN_OUTCOMES
from .findings import Measured
from .pairs import NO_PAIRS, Placed, compare, measured, options_of
from .prepared import CODES, NO_EFFECT

if TYPE_CHECKING:
    from ...geometry.shapes import Bools, Floats, Ints, Shape
    from .finding_arrays import Found
    from .pairs import Compared, Pairs
    from .prepared import Ground, Table, Terms, Together

_UNDETERMINED = KNOWN_OUTCOMES.index("undetermined")
_UNBOUND = KNOWN_OUTCOMES.index("touched_unbound")
_NONE = KNOWN_OUTCOMES.index("none_found")


@dataclass(frozen=True, slots=True)
class Band:
    """Records of a layer that reach about as far: their rows, and how far at most, metres."""

    rows: Ints
    tree: shapely.STRtree
    reach_m: float


@dataclass(frozen=True, slots=True)
class Batch(Placed):
    """Usable sites on one plane, in arrays: metres.

    Attributes
    ----------
    tables
        The layers on that plane, by class.
    bands
        Records by their own reach, by class, where no findings are listed; None where they may be:
        then all within the widest reach of a class are measured.
    pairs
        What was measured for the outcomes of a class, until its findings are listed: the pairs,
        and which (site, coarse record) lie in one county.
    found
        Findings that were listed, by class.
    apart, places
        Distances of sites to counties, and where they lie to them, once they were asked for.
    missed
        Of the pairs of a class, which options the site misses, until its findings are listed.
    """

    tables: Mapping[str, Table]
    bands: dict[str, Sequence[Band]] | None = None
    pairs: dict[str, tuple[Pairs, Any]] = field(default_factory=dict)
    found: dict[str, Found] = field(default_factory=dict)
    apart: dict[int, Mapping[str, float]] = field(default_factory=dict)
    places: dict[str, Bools] = field(default_factory=dict)
    missed: dict[str, Bools] = field(default_factory=dict)

    @property
    def placed(self) -> Placed:
        """The sites alone: findings that are kept must not keep all that was worked out."""
        return Placed(
            self.sites,
            self.shapes,
            self.error,
            self.plane,
            self.ground,
        )

    def in_counties(self) -> Bools:
        """Say which sites meet which county; worked out once."""
        if "in" not in self.places:
            self.places["in"] = self.ground.meets(self.shapes)
        return self.places["in"]

    def outside(self) -> Bools:
        """Say which sites do not lie in the known counties altogether; worked out once."""
        if "outside" not in self.places:
            known = self.ground.union(self.ground.shapes)
            self.places["outside"] = ~shapely.covers(known, self.shapes)
        return self.places["outside"]

    def distances_m(self, i: int) -> Mapping[str, float]:
        """Return the distance of site `i` to each county, by code; each is measured once, when it
        is asked for.
        """
        if i not in self.apart:
            self.apart[i] = _Distances(self.ground, self.shapes[i])
        return self.apart[i]

    def measured(self, i: int, class_id: str) -> Measured | None:
        """Return what the outcome of site `i` in a class was worked out from; None where nothing is
        held.
        """
        if class_id not in self.pairs:
            return None
        table = self.tables[class_id]
        pairs, wide = self.pairs[class_id]
        county_wide = {table.coarse[k] for k in np.flatnonzero(wide[i]).tolist()}
        own, missed = pairs.site == i, self.missed.get(class_id)

        # of sites in pieces, and where nothing was judged, which options are missed is not known
        by_row = {} if missed is None else _by_record(pairs.record, table.terms.count, own, missed)
        return Measured(pairs.record[own].tolist(), county_wide, by_row)


def _by_record(
    record: Ints,
    count_of: Ints,
    own: Bools,
    missed: Bools,
) -> dict[int, list[bool]]:
    """Return by record which of its options one site misses; `own` are the pairs of the site."""
    # the options of all pairs stand one after the other, in the order of the pairs
    count = count_of[record]
    flags = iter(missed[np.repeat(own, count)].tolist())
    sizes = zip(
        record[own].tolist(),
        count[own].tolist(),
        strict=True,
    )
    return {row: list(islice(flags, number)) for row, number in sizes}


class _Distances(dict[str, float]):
    """Distances of one shape to counties by code, m; measured when they are asked for."""

    def __init__(self, ground: Ground, shape: Shape) -> None:
        self._ground, self._shape = ground, shape

    def __missing__(self, code: str) -> float:
        distance_m = float(shapely.distance(self._ground.shapes[code], self._shape))
        self[code] = distance_m
        return distance_m


def known_at(
    batch: Batch,
    table: Table,
    near: dict[float, Any],
) -> tuple[Ints, Ints, Ints]:
    """Index of the known outcome, of the gravest deciding effect, and bits of its reasons, per
    site.
    """
    gathered = Gathered(len(batch.sites))
    pairs = gather(batch, table, near, gathered)
    if len(pairs.site):
        missed = judge_pairs(pairs, batch.error, table.terms, gathered)
        batch.missed[table.layer.spec.id] = missed
    return gathered.summed_up()


def gather(
    batch: Batch,
    table: Table,
    near: dict[float, Any],
    gathered: Gathered,
) -> Pairs:
    """Take in records whose position tells nothing closer than a county; measure and return the
    others within reach, and keep them for the findings.
    """
    if not len(table.records):
        return NO_PAIRS
    wide = _county_wide(batch, table, near, gathered)
    pairs = _measured(batch, table, wide)
    batch.pairs[table.layer.spec.id] = pairs, wide
    return pairs


class Gathered:
    """Relations of many sites as they come in, kept per site and outcome: gravest effect and
    reasons.

    Where sites come in pieces, `owner` is the row of the site of every piece of the batch.
    """

    owner: Ints | None = None

    def __init__(self, count: int) -> None:
        self._count = count
        self._effect: Ints | None = None
        self._codes = np.zeros(0, dtype=np.int64)

    def add(
        self,
        site: Ints,
        outcome: Ints | int,
        effect: Ints | int,
        code: Ints | int,
    ) -> None:
        """Take in relations: site row, outcome, effect and reason of each (arrays or scalars)."""
        if self._effect is None:
            shape = (len(KNOWN_OUTCOMES), self._count)
            self._effect = np.full(shape, NO_EFFECT + 1)
            self._codes = np.zeros(shape, dtype=np.int64)
        site = site if self.owner is None else self.owner[site]
        where = (np.asarray(outcome), site)
        np.minimum.at(self._effect, where, effect)
        np.bitwise_or.at(self._codes, where, 1 << np.asarray(code))

    def summed_up(self) -> tuple[Ints, Ints, Ints]:
        """Return outcome, effect and reasons per site."""
        # of most classes there is nothing near a single site
        if self._effect is None:
            nothing = np.zeros(self._count, dtype=np.int64)
            return nothing + _NONE, nothing + NO_EFFECT, nothing
        there = self._effect <= NO_EFFECT
        there[_NONE] = True

        # the gravest outcome that is there; nothing found is always there, and last
        known = np.argmax(there, axis=0)
        rows = np.arange(self._count)
        effect = np.minimum(self._effect.min(axis=0), NO_EFFECT)
        return known, effect, self._codes[known, rows]


def _county_wide(
    batch: Batch,
    table: Table,
    near: dict[float, Any],
    gathered: Gathered,
) -> Bools:
    """Take in records whose position tells nothing closer than a county; return which (site,
    record) they are: bool.
    """
    if not table.coarse:
        return np.zeros((len(batch.sites), 0), dtype=bool)
    if table.required_m not in near:
        near[table.required_m] = _near_counties(batch, table.required_m)
    flagged = _flagged(table.together, *near[table.required_m])
    sites, effect = _gravest_at(table.together, flagged)
    if len(sites):
        gathered.add(sites, _UNDETERMINED, effect, CODES.index("coarse"))
    return flagged[:, table.together.of]


def _gravest_at(together: Together, flagged: Bools) -> tuple[Ints, Ints]:
    """Return the sites at which a rule binds a record of their groups, and the gravest effect."""
    effect = np.where(flagged, together.effect, NO_EFFECT + 1).min(axis=1)
    sites = np.flatnonzero(effect <= NO_EFFECT)
    return sites, effect[sites]


def _flagged(
    together: Together,
    within: Floats,
    outside: Bools,
) -> Bools:
    """Say which sites lie in one of the counties of a group, or where nobody can say that they lie
    elsewhere: bool (sites, groups).
    """
    flagged: Bools = (within @ together.holds > 0) | together.everywhere
    if together.beyond.any():
        flagged |= together.beyond & outside[:, None]
    return flagged


def _near_counties(batch: Batch, required_m: float) -> tuple[Any, Bools]:
    """Return which sites lie near which county, 1 or 0 to be multiplied by those of a group, and
    which lie outside all.
    """
    reach = required_m * (1 + PLANE_SCALE) + batch.error
    within = batch.ground.within(batch.shapes, reach, batch.in_counties())
    return within.astype(np.float32), batch.outside()


def _measured(
    batch: Batch,
    table: Table,
    wide: Bools,
) -> Pairs:
    """Measure every located record within reach."""
    site, record = _near_pairs(batch, table)
    if not len(site):
        return NO_PAIRS
    if table.coarse:
        # what a county decides already need not be measured
        place = np.full(len(table.records), -1)
        place[list(table.coarse)] = np.arange(len(table.coarse))
        # one that no rule binds is still told where it is touched
        bound = table.terms.bound[table.terms.first[record]]
        done = (place[record] >= 0) & wide[site, place[record]] & bound
        site, record = site[~done], record[~done]
    return measured(batch.shapes, table, site, record)


def _near_pairs(batch: Batch, table: Table) -> tuple[Ints, Ints]:
    """Return pairs of sites and records that are near enough to be measured."""
    if batch.bands is None:
        reach = table.slack_m + batch.error
        site, record = table.tree.query(batch.shapes, predicate="dwithin", distance=reach)
        return site, record

    # records that reach about as far are sought together, each band as far as its own reach
    sites, records = [_NO_ROWS], [_NO_ROWS]
    for band in _bands_of(table, batch.bands):
        reach = band.reach_m + batch.error
        site, row = band.tree.query(batch.shapes, predicate="dwithin", distance=reach)
        sites.append(site)
        records.append(band.rows[row])
    return np.concatenate(sites), np.concatenate(records)


def _bands_of(table: Table, kept: dict[str, Sequence[Band]]) -> Sequence[Band]:
    """Return the bands of a layer; sorted once for all batches."""
    class_id = table.layer.spec.id
    if class_id not in kept:
        kept[class_id] = _bands(table)
    return kept[class_id]


_NO_ROWS = np.zeros(0, dtype=np.int64)
_BAND = 4.0
_ROOM_M = 1.0


def _bands(table: Table) -> list[Band]:
    """Sort located records by how far they reach at most: beyond that they are missed under every
    rule.

    One record of poor accuracy would otherwise have all others measured as far as it may lie.
    """
    terms = table.terms
    outer = terms.required * (1 + PLANE_SCALE) + terms.accuracy + terms.datum + terms.extent
    reach = np.maximum.reduceat(outer, terms.first) + _ROOM_M
    band_of = np.floor(np.log(reach) / np.log(_BAND))
    bands = []
    for band in np.unique(band_of).tolist():
        rows = np.flatnonzero(band_of == band)
        tree = shapely.STRtree(table.shapes[rows])
        bands.append(
            Band(
                rows,
                tree,
                float(reach[rows].max()),
            )
        )
    return bands


def judge_pairs(
    pairs: Pairs,
    error: Floats,
    terms: Terms,
    gathered: Gathered,
) -> Bools:
    """Say what each pair means under each option, and return which are missed; the arithmetic is
    that of :func:`.relation.judge`, in its order.
    """
    pair, option = options_of(terms, pairs.record)
    site = pairs.site[pair]
    means = compare(terms, option, pairs.separation[pair], error[site])

    kept = np.flatnonzero(
        _hits(
            means,
            pairs.shared[pair],
            terms.bound[option],
        )
    )
    if len(kept):
        outcome, code = _outcomes(means, terms, option), _codes(means, terms, option)
        gathered.add(
            site[kept],
            outcome[kept],
            terms.effect[option[kept]],
            code[kept],
        )
    return means.missed


def _hits(
    means: Compared,
    edge: Bools,
    bound: Bools,
) -> Bools:
    """Say which pairs hit something: an edge in common with a boundary of the law hits nothing."""
    shared: Bools = edge & (means.required == 0) & bound
    hits: Bools = ~means.missed & ~shared
    return hits


def _outcomes(
    means: Compared,
    terms: Terms,
    option: Ints,
) -> Ints:
    """Return what is known of pairs that are not missed."""
    # a pair that is met decides, unless something unknown about the record caps it
    decided = means.met & ~terms.capped[option]
    outcome = np.where(decided, terms.if_met[option], _UNDETERMINED)
    return np.where(terms.bound[option], outcome, _UNBOUND)


def _codes(
    means: Compared,
    terms: Terms,
    option: Ints,
) -> Ints:
    """Return why pairs that are not missed mean what they do."""
    code = np.where(
        means.met,
        terms.cap_code[option],
        terms.between_code[option],
    )

    # a touch is neither coarse nor unruled: its reason is its own, unless the position is coarse
    coarse = terms.between_code[option] == CODES.index("coarse")
    return np.where(means.touching & ~coarse, CODES.index("other"), code)


def complete_at(batch: Batch, table: Table) -> Bools:
    """Whether a document declares the class whole wherever its rules could reach from each site:
    bool.
    """
    if table.complete is None:
        return np.zeros(len(batch.sites), dtype=bool)
    inside: Bools = shapely.covers(table.complete, batch.shapes)
    reach = table.required_m * (1 + PLANE_SCALE) + batch.error

    # the declared area must hold the site and all that a rule could reach from it, edge error
    # included
    depth = np.zeros(len(batch.sites))
    depth[inside] = shapely.distance(
        shapely.boundary(table.complete),
        batch.shapes[inside],
    )
    return inside & (depth > reach + table.complete_edge_m)
