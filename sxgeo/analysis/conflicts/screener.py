"""Sites x layers x rules -> outcomes. Pure: no files, no clock.

The definitions are those of the design: separation or penetration against the required distance,
with the combined error; what lies between is never decided; completeness is declared, never
computed.

Outcomes are decided for many sites at once, in arrays; the findings behind them are listed when one
is asked for, in arrays for many sites (:mod:`.finding_arrays`), one by one for few
(:mod:`.findings`), and both say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from ...geometry.projection import PLANE_SCALE, ellipsoid_areas_m2, plane_crs
from ...geometry.straight import REPAIRED_M, followed_in_degrees, laid_and_measured, laid_on_plane
from ...layers.classes import EXTRA_CLASS_IDS
from ...model.clearance import Clearance, Grounds
from ...model.outcomes import EFFECTS, KNOWN_OUTCOMES, OUTCOMES, ClassOutcome, SiteOutcome
from ...model.project import Project
from ...wording import CLASS_REASON_ZH
from .batch import Band, Batch, complete_at, known_at
from .binding import binding
from .findings import Kept, Spot, find, known_from, reason_code, unite
from .in_pieces import Whole
from .prepared import NO_EFFECT, Planes, prepare
from .subzones import subzone_homes
from .urban import CODES as URBAN_CODES
from .urban import INSIDE, URBAN, positions
from .voting import Voters, dissent_words

if TYPE_CHECKING:
    from ...geometry.kernel import Engine
    from ...geometry.shapes import Bools, Floats, Ints, Shapes
    from ...layers.layers import Layer
    from ...layers.rules import Rule
    from ...model.outcomes import Detail, KnownOutcome, Outcome
    from ...model.sites import Site
    from .binding import Binding
    from .finding_arrays import Found, Offers
    from .prepared import Ground, Table

Entries = tuple[ClassOutcome, ...]
FoundRows = tuple["Ints", "Found"]
"""Rows of sites, and the findings of a class at them."""
ENGINES = ("geos",)
"""Engines that measure here; the certificate and the receipt name them."""
DISAGREE = "engines_disagree"
BATCH = 1024
"""Sites that are worked through at once: bounds the memory, changes no answer."""
FEW = 2
"""Findings of batches up to this are listed one by one: arrays do not pay for a site or two."""
UNANSWERED = (
    "its shape cannot be laid on the plane without a change that counts; draw it without parts"
    " thinner than 0.02 m"
)
"""Problem of a site that gets no answer, while the others get theirs."""


def engines_asked(second: Engine | None) -> tuple[str, ...]:
    """Name the engines that measure where a second one is asked, or none."""
    return ENGINES if second is None else (*ENGINES, second.name)


def screen(
    sites: Iterable[Site],
    layers: Sequence[Layer],
    rules: Sequence[Rule],
    *,
    counties: gpd.GeoDataFrame,
    as_of: str,
    project: Project | None = None,
    requested: Sequence[str] | None = None,
    progress: Callable[[Iterable[Site]], Iterable[Site]] = iter,
    second: Engine | None = None,
) -> tuple[SiteOutcome, ...]:
    """Screen sites against layers under the rules in force on a day, and keep all answers; empty
    for no sites.

    The parameters are those of :class:`Screener` and :meth:`Screener.stream`.
    """
    screener = Screener(
        layers,
        rules,
        counties=counties,
        as_of=as_of,
        project=project,
        requested=requested,
        second=second,
    )
    return tuple(screener.stream(sites, progress))


class Answered(NamedTuple):
    """Some sites that were answered together, on one plane.

    Attributes
    ----------
    rows
        Their rows among the sites that were asked about.
    outcomes
        One for each.
    batch
        What was worked out for them, from which their findings are listed; None where they got no
        answer.
    """

    rows: Sequence[int]
    outcomes: Sequence[SiteOutcome]
    batch: Batch | None = None


class _State(NamedTuple):
    """All that a site's answer for a class hangs on: index of the known outcome, of its effect,
    bits of its reasons, and more.
    """

    known: int
    effect: int
    codes: int
    covered: bool
    complete: bool
    subzones: bool
    doubtful: bool
    urban: int


@dataclass(frozen=True, slots=True)
class _Ready:
    """What is worked out once, by plane and by plane and class."""

    prepared: dict[str, tuple[Ground, tuple[Table, ...]]] = field(default_factory=dict)
    bands: dict[str, dict[str, Sequence[Band]]] = field(default_factory=dict)
    kept: dict[tuple[str, str], Kept] = field(default_factory=dict)
    offered: dict[tuple[str, str], Offers] = field(default_factory=dict)


class _Told(NamedTuple):
    """What a site is told of a class."""

    outcome: Outcome
    known: KnownOutcome
    effect: str | None
    code: str
    certificate: Clearance | None = None


_BAD_SITE = _Told("not_screened", "none_found", None, "bad_site")
_LAYER_FAILED = _Told("not_screened", "none_found", None, "layer_failed")


class Screener:
    """Layers and rules prepared once, per plane, for many sites.

    Parameters
    ----------
    layers
        In the order of the answer; extra classes count as given when they have an origin.
    rules
        Of any class and generation; those not in force at `as_of` are left aside.
    counties
        EPSG:4490 frame with `code`, `position_accuracy_m` (m) and geometry.
    as_of
        ISO date.
    project
        What is to be built; None says nothing, so the rules of all types apply and the answer says
        "if".
    requested
        Class ids that enter the verdict; None takes all.
    second
        An engine that measures all once more; where it differs from GEOS, nothing is decided. None
        asks GEOS alone.
    planes
        Where `counties` and layers stand on planes already; None places them anew.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        rules: Sequence[Rule],
        *,
        counties: gpd.GeoDataFrame,
        as_of: str,
        project: Project | None = None,
        requested: Sequence[str] | None = None,
        second: Engine | None = None,
        planes: Planes | None = None,
    ) -> None:
        self._layers = tuple(layers)
        self.rules = tuple(rules)
        self._as_of = as_of
        self._second = second
        self.project = project or Project()
        self._requested = None if requested is None else frozenset(requested)
        self._rules = _rules_of(self.rules, self.class_ids, as_of, self.project)
        self._homes = _homes_of(layers, rules)
        self._counties = counties
        self._planes = Planes(counties) if planes is None else planes
        self._ready = _Ready()
        self._counted = _counts_of(layers)

    def of_class(self, class_id: str, project: Project) -> Screener:
        """Return a screener of one class for another project, on the same planes."""
        return Screener(
            [layer for layer in self._layers if layer.spec.id == class_id],
            self.rules,
            counties=self._counties,
            as_of=self._as_of,
            project=project,
            requested=[class_id],
            planes=self._planes,
        )

    def stream(
        self, sites: Iterable[Site], progress: Callable[[Iterable[Site]], Iterable[Site]] = iter
    ) -> Iterator[SiteOutcome]:
        """Screen sites one by one.

        Parameters
        ----------
        sites
            EPSG:4490; an unusable one gets an answer too.
        progress
            Wraps the sites as they are worked through.

        Yields
        ------
        SiteOutcome
            One per site in the given order. Nothing is kept of those that were yielded.
        """
        waiting = iter(progress(sites))
        while batch := list(islice(waiting, BATCH)):
            yield from self.screen_all(batch)

    def screen(self, site: Site) -> SiteOutcome:
        """Answer for one site."""
        return self.screen_all([site])[0]

    @property
    def class_ids(self) -> tuple[str, ...]:
        """Ids of the classes, in the order of the answer."""
        return tuple(layer.spec.id for layer in self._layers)

    def screen_all(self, sites: Sequence[Site]) -> list[SiteOutcome]:
        """Answer for sites, in their order."""
        return _in_order(len(sites), self._answered(sites, in_arrays=False))

    def screen_in_pieces(
        self, batches: Iterable[tuple[Sequence[Site], Ints]], count: int
    ) -> list[SiteOutcome]:
        """Answer for sites that are too large to be measured at once, without the findings behind
        the outcomes.

        Parameters
        ----------
        batches
            Pieces, which together are the sites, with the row of the site of each.
        count
            Of the sites.

        Returns
        -------
        list of SiteOutcome
            As of the whole sites, but that areas are not measured; the site of each is its first
            piece.
        """
        pieces = _Pieces(count, self.class_ids)
        for sites, owner in batches:
            pieces.note(sites, owner)
            for plane, rows in _by_plane(sites).items():
                own = [sites[row] for row in rows]
                sound = self._take_pieces(own, plane, owner[rows], pieces.wholes)

                # one piece that cannot be worked with leaves its whole site without an answer
                pieces.bad[owner[rows][~sound]] = True
        return self._of_pieces(pieces)

    def _of_pieces(self, pieces: _Pieces) -> list[SiteOutcome]:
        sites = pieces.sites
        error = np.array([site.accuracy_m + site.datum_error_m for site in sites])

        # where no piece at all could be worked with, no layer was made ready on any plane
        if pieces.bad.all():
            return [self._unusable(site) for site in sites]

        # on whichever plane: the rules and records of a layer are the same on all
        _, tables = next(iter(self._ready.prepared.values()))
        columns = [self._of_wholes(table, pieces.wholes, error) for table in tables]
        entries_of = zip(*_by_site(columns, len(sites)), strict=True)
        return [
            self._unusable(site) if bad else _site_outcome(site, _NOT_MEASURED, *entries)
            for site, bad, entries in zip(
                sites,
                pieces.bad.tolist(),
                entries_of,
                strict=True,
            )
        ]

    def _take_pieces(
        self,
        pieces: Sequence[Site],
        plane: str,
        owner: Ints,
        wholes: Mapping[str, Whole],
    ) -> Bools:
        """Take in pieces on one plane; return which of them can be worked with there."""
        shapes, moved_m = _laid(pieces, plane)
        sound: Bools = moved_m <= REPAIRED_M
        rows = np.flatnonzero(sound)
        own = [pieces[row] for row in rows.tolist()]
        bands = self._ready.bands.setdefault(plane, {})
        batch = self._batch(own, shapes[rows], plane, bands)
        near: dict[float, Any] = {}
        try:
            for class_id, table in batch.tables.items():
                if self._unasked(table.layer) is None:
                    told = _subzones_held(batch, table), _urban(batch, table)
                    wholes[class_id].take(batch, table, near, owner[rows], told)
        except shapely.GEOSException:
            # one bad shape spoils the arrays of all: their sites get no answer
            sound[:] = False
        return sound

    def _batch(
        self,
        sites: Sequence[Site],
        shapes: Shapes,
        plane: str,
        bands: dict[str, Sequence[Band]] | None = None,
    ) -> Batch:
        """Make sites on one plane ready to be held against all layers."""
        ground, tables = self.prepared(plane)
        shapely.prepare(shapes)
        error = np.array([s.accuracy_m + s.datum_error_m for s in sites])
        by_class = {table.layer.spec.id: table for table in tables}
        return Batch(sites, shapes, error, plane, ground, by_class, bands)

    def _of_wholes(
        self,
        table: Table,
        wholes: Mapping[str, Whole],
        error: Floats,
    ) -> Sequence[ClassOutcome]:
        layer = table.layer
        if (entry := self._unasked(layer)) is not None:
            return [entry] * len(error)
        states = wholes[layer.spec.id].states(table, error)
        return [self._entry(layer, self._told(table, _State(*row))) for row in states]

    def screen_found(self, sites: Sequence[Site]) -> tuple[list[SiteOutcome], list[FoundRows]]:
        """Answer for sites, with the findings of each class that is screened in arrays.

        Returns
        -------
        outcomes, found
            The outcomes in the order of the sites, without findings of their own; for each plane
            and class the rows of its sites among them, and the findings.
        """
        answered = list(self._answered(sites, in_arrays=True))
        found = [
            (np.array(part.rows, dtype=np.int64), listed)
            for part in answered
            if part.batch is not None
            for listed in part.batch.found.values()
        ]
        return _in_order(len(sites), answered), found

    def _answered(self, sites: Sequence[Site], *, in_arrays: bool) -> Iterator[Answered]:
        for i, site in enumerate(sites):
            if not site.usable:
                yield Answered([i], [self._unusable(site)])
        for plane, rows in _by_plane(sites).items():
            yield from self._answers(sites, rows, plane, in_arrays=in_arrays)

    def _answers(
        self,
        sites: Sequence[Site],
        rows: Sequence[int],
        plane: str,
        *,
        in_arrays: bool,
    ) -> Iterator[Answered]:
        """Answer for sites on one plane; one whose shape cannot be worked with there costs its own
        answer, not the run.
        """
        own = [sites[row] for row in rows]
        shapes, moved_m = _laid(own, plane)
        if (moved_m <= REPAIRED_M).all():
            with suppress(shapely.GEOSException):
                yield Answered(rows, *self._on_plane(own, shapes, plane, in_arrays=in_arrays))
                return
        if len(own) == 1:
            yield Answered(rows, [self._unanswered(own[0])])
            return

        # one bad shape spoils the arrays of all: each is then asked alone, and only the bad one is
        # lost
        for row in rows:
            yield from self._answers(sites, [row], plane, in_arrays=in_arrays)

    def _unanswered(self, site: Site) -> SiteOutcome:
        return self._unusable(replace(site, problems=(*site.problems, UNANSWERED)))

    def _unusable(self, site: Site) -> SiteOutcome:
        columns = [[self._entry(layer, _BAD_SITE)] for layer in self._layers]
        (entries,), (extra,) = _by_site(columns, 1)
        return _site_outcome(site, _NOT_MEASURED, entries, extra)

    def prepared(self, plane: str) -> tuple[Ground, tuple[Table, ...]]:
        """Return counties and layers made ready on a plane; worked out once."""
        if plane not in self._ready.prepared:
            ground = self._planes.ground(plane)
            tables = tuple(
                prepare(
                    self._planes.laid(layer, plane),
                    self._rules[layer.spec.id],
                    ground,
                    project=self.project,
                    homes=self._homes[layer.spec.id],
                )
                for layer in self._layers
            )
            self._ready.prepared[plane] = ground, tables
        return self._ready.prepared[plane]

    def _on_plane(
        self,
        sites: Sequence[Site],
        shapes: Shapes,
        plane: str,
        *,
        in_arrays: bool,
    ) -> tuple[list[SiteOutcome], Batch]:
        batch = self._batch(sites, shapes, plane)

        # what stands behind an outcome is worked out when it is asked for, which most never are
        details = [] if in_arrays else [partial(self._detail, batch, i) for i in range(len(sites))]
        columns = self._all_classes(batch, details)

        # a batch that goes into tables wants all findings, so they are listed at once
        if in_arrays:
            self._list_all(batch)
        if self._second is not None:
            columns = self._all_voted(Voters(self._second, batch), batch, columns)
        return _outcomes(batch, columns), batch

    def _all_classes(
        self, batch: Batch, details: Sequence[Callable[[str], Detail]]
    ) -> list[Sequence[ClassOutcome]]:
        # which counties are near hangs on the reach of a class, and many have the same
        near: dict[float, Any] = {}
        tables = batch.tables.values()
        return [self._class_outcomes(batch, table, near, details) for table in tables]

    def _list_all(self, batch: Batch) -> None:
        for class_id, table in batch.tables.items():
            if self._unasked(table.layer) is None:
                self._found(batch, class_id)

    def _all_voted(
        self,
        voters: Voters,
        batch: Batch,
        columns: Sequence[Sequence[ClassOutcome]],
    ) -> list[Sequence[ClassOutcome]]:
        """Let a second engine measure behind every entry of every class."""
        return [
            [self._voted(voters, batch, i, entry) for i, entry in enumerate(column)]
            for column in columns
        ]

    def is_requested(self, layer: Layer) -> bool:
        """Say whether a class enters the verdict."""
        if self._requested is not None:
            return layer.spec.id in self._requested
        return not layer.spec.extra or layer.origin.kind != "none"

    def _class_outcomes(
        self,
        batch: Batch,
        table: Table,
        near: dict[float, Any],
        details: Sequence[Callable[[str], Detail]],
    ) -> Sequence[ClassOutcome]:
        layer = table.layer
        if (unasked := self._unasked(layer)) is not None:
            return [unasked] * len(batch.sites)
        states = list(_states(batch, table, known_at(batch, table, near)))
        entries = self._entries(table, states)
        if not details:
            return entries
        return [entry.with_detail(own) for entry, own in zip(entries, details, strict=True)]

    def _entries(self, table: Table, states: Sequence[tuple[Any, ...]]) -> list[ClassOutcome]:
        # most sites are told the same of a class: the entry is made once
        alike = {
            state: self._entry(
                table.layer,
                self._told(table, _State(*state)),
            )
            for state in set(states)
        }
        return [alike[state] for state in states]

    def _unasked(self, layer: Layer) -> ClassOutcome | None:
        """Return the entry of a class that is not screened at all; None where it is."""
        if layer.failed is not None:
            return self._entry(layer, _LAYER_FAILED)

        # not asked for, or nothing there to ask: two reasons, neither of which is clear
        if not self.is_requested(layer):
            code = "not_requested" if layer.origin.kind != "none" else "nothing_held"
            return self._entry(layer, _Told("not_screened", "none_found", None, code))
        return None

    def _voted(
        self,
        voters: Voters,
        batch: Batch,
        i: int,
        entry: ClassOutcome,
    ) -> ClassOutcome:
        """Let a second engine measure all that decides; where the two differ nothing is decided but
        a conflict that both see.
        """
        table = batch.tables[entry.resource_class]
        if self._unasked(table.layer) is not None:
            return entry
        dissents = voters.dissents(i, table)
        if not dissents:
            return entry

        # records on which the two differ are still told, but decide nothing
        doubted = frozenset(d.row for d in dissents if d.row is not None)
        detail = partial(self._detail, batch, i, doubted=doubted)
        told = self._undisputed(
            table.layer,
            known_from(detail(entry.resource_class)[0]),
        )
        figures = dissent_words(dissents, table, voters.name)
        return replace(told, reason=f"{told.reason}：{figures}", detail=detail)

    def _undisputed(
        self, layer: Layer, sum_of: tuple[KnownOutcome, str | None, str]
    ) -> ClassOutcome:
        """Return what both engines leave of a class: a conflict that both measure alike stands."""
        known, effect, code = sum_of
        if known == "conflict":
            return self._entry(layer, _Told("conflict", known, effect, code))
        return self._entry(layer, _Told("undetermined", known, effect, DISAGREE))

    def _told(self, table: Table, state: _State) -> _Told:
        """Join what is known with what is complete: outcome, known outcome, effect, reason code,
        certificate.
        """
        known, gravest, code = _known(table, state)

        # what was found and binds stands whatever is missing: more data could only add to it
        if known in ("conflict", "undetermined"):
            return _Told(known, known, gravest, code)
        held = bool(self._counted[table.layer.spec.id][0])
        if (lacking := _looked_at(state, known, held=held)) is not None:
            return _Told(lacking[0], known, gravest, lacking[1])
        if known == "regulated":
            return _Told(known, known, gravest, code)

        # clear must be earned: the certificate lists every ground, and one that lacks refuses it
        grounds = self._grounds(table, state, held=held)
        if (ground := grounds.lacking()) is not None:
            return _Told("undetermined", known, None, ground)
        certificate = _certificate(table, grounds)
        return _Told(certificate.outcome, known, None, code, certificate)

    def _grounds(
        self,
        table: Table,
        state: _State,
        *,
        held: bool,
    ) -> Grounds:
        return Grounds(
            held=held,
            covered=state.covered,
            layer_read_whole=table.layer.failed is None,
            complete=state.complete,
            document=table.layer.spec.complete_document,
            subzones_held=state.subzones,
            read_without_doubt=not state.doubtful,
            # what was left out of a file makes all its sites doubtful
            input_accounted_for=not state.doubtful,
            all_missed_or_unbound=KNOWN_OUTCOMES[state.known] in ("none_found", "touched_unbound"),
            engines=engines_asked(self._second),
        )

    def _detail(
        self,
        batch: Batch,
        i: int,
        class_id: str,
        *,
        doubted: Collection[int] = (),
    ) -> Detail:
        # doubted records are told one by one: the arrays do not know of them
        if len(batch.sites) > FEW and not doubted:
            return self._found(batch, class_id).detail(i)
        spot = self._spot(batch, i, batch.tables[class_id])
        kept = self._ready.kept.setdefault((batch.plane, class_id), Kept())
        known = batch.measured(i, class_id)
        found = find(spot, measured=known, kept=kept, doubted=doubted)
        return found, unite(found, spot.shape, spot.plane)

    def _spot(
        self,
        batch: Batch,
        i: int,
        table: Table,
    ) -> Spot:
        return Spot(
            batch.sites[i],
            batch.shapes[i],
            table,
            batch.ground,
            batch.plane,
            self.project,
            batch.distances_m(i),
        )

    def _found(self, batch: Batch, class_id: str) -> Found:
        """Return the findings of a class for all sites of a batch, in arrays; worked out when the
        first of them is asked for.
        """
        if class_id not in batch.found:
            from .finding_arrays import list_found  # a site or two start without this

            table = batch.tables[class_id]
            offers = self._offers(batch.plane, table)
            near = batch.pairs.pop(class_id, None)
            batch.found[class_id] = list_found(batch.placed, table, offers, near)
            batch.missed.pop(class_id, None)
        return batch.found[class_id]

    def _offers(self, plane: str, table: Table) -> Offers:
        key = plane, table.layer.spec.id
        if key not in self._ready.offered:
            from .finding_arrays import Offers  # a site or two start without this

            self._ready.offered[key] = Offers.of(table, self.project)
        return self._ready.offered[key]

    def _entry(self, layer: Layer, told: _Told) -> ClassOutcome:
        held, candidates, located = self._counted[layer.spec.id]
        reason = CLASS_REASON_ZH[told.code]

        # of a layer that cannot be read the reader needs to know what is wrong with it
        if told.code == "layer_failed":
            reason = f"{reason}：{layer.failed}"
        return ClassOutcome(
            resource_class=layer.spec.id,
            outcome=told.outcome,
            known_outcome=told.known,
            effect=told.effect,
            reason_code=told.code,
            reason=reason,
            requested=self.is_requested(layer),
            official_count=layer.spec.official_count,
            held=held,
            candidates=candidates,
            located=located,
            clear_because=told.certificate,
        )


class _Pieces:
    """Sites that come in pieces: the first piece of each, which of them get no answer, and what is
    known of them by class.
    """

    def __init__(self, count: int, class_ids: Iterable[str]) -> None:
        self.bad = np.zeros(count, dtype=bool)
        self.wholes = {class_id: Whole(count) for class_id in class_ids}
        self._firsts: dict[int, Site] = {}

    def note(self, pieces: Sequence[Site], owner: Ints) -> None:
        """Take in pieces, `owner` being the row of the site of each."""
        for row, piece in zip(owner.tolist(), pieces, strict=True):
            self._firsts.setdefault(row, piece)
            self.bad[row] |= not piece.usable

    @property
    def sites(self) -> list[Site]:
        """The first piece of each site."""
        return [self._firsts[row] for row in range(len(self.bad))]


def _certificate(table: Table, grounds: Grounds) -> Clearance:
    """Return what a class is clear by: every ground of it, and what its documents say."""
    spec = table.layer.spec
    return Clearance(
        grounds,
        spec.complete_in,
        table.needed,
        spec.subzones_absent,
        len(table.records),
    )


def _known(table: Table, state: _State) -> tuple[KnownOutcome, str | None, str]:
    """Return what is known of a class at a site: known outcome, gravest effect, reason code."""
    known = KNOWN_OUTCOMES[state.known]
    gravest = EFFECTS[state.effect] if state.effect < NO_EFFECT else None
    told = {name for bit, name in enumerate(_REASON_OF) if state.codes >> bit & 1}
    code = reason_code(known, gravest, told)

    # of the town boundary it is the place that is told, where there is one at all
    if table.layer.spec.id == URBAN and len(table.records):
        known, code = _of_urban(known, code, URBAN_CODES[state.urban])
    return known, gravest, code


def _looked_at(
    state: _State,
    known: KnownOutcome,
    *,
    held: bool,
) -> tuple[Outcome, str] | None:
    """Return outcome and reason where nothing found says nothing: where nothing is held, where
    nobody looked, or where no document says that all is there; None where all was looked at.
    """
    regulated = known == "regulated"
    if not held and not regulated:
        return "not_screened", "nothing_held"
    if not state.covered:
        return "undetermined" if regulated else "not_screened", "outside_coverage"
    if not state.complete:
        return "undetermined", "incomplete"
    return None if state.subzones else ("undetermined", "subzone_missing")


def _outcomes(batch: Batch, columns: Sequence[Sequence[ClassOutcome]]) -> list[SiteOutcome]:
    """Join what the classes say of each site with its areas on plane and ellipsoid."""
    sites, shapes, plane = batch.sites, batch.shapes, batch.plane
    areas = shapely.area(shapes).tolist()
    followed = ellipsoid_areas_m2(followed_in_degrees(_degrees(sites), shapes, plane)).tolist()
    return [
        _site_outcome(site, (*_on_declared(site, plane, area_m2), ellipsoid_m2), *entries)
        for site, area_m2, ellipsoid_m2, *entries in zip(
            sites, areas, followed, *_by_site(columns, len(sites)), strict=True
        )
    ]


def _by_site(
    columns: Sequence[Sequence[ClassOutcome]], count: int
) -> tuple[Sequence[Entries], Sequence[Entries]]:
    """Return for each site its entries of the fifteen classes, and of the extra ones."""
    extra = [column[0].resource_class in EXTRA_CLASS_IDS for column in columns]
    plain, more = (
        [column for column, is_extra in zip(columns, extra, strict=True) if is_extra is wanted]
        for wanted in (False, True)
    )
    nothing: list[Entries] = [()] * count
    return list(zip(*plain, strict=True)) or nothing, list(zip(*more, strict=True)) or nothing


def _counts_of(layers: Iterable[Layer]) -> dict[str, tuple[int, int, int]]:
    """Return how many records each layer holds, how many are candidates, how many have a place."""
    # counting walks through all records of a layer, and every entry tells the counts
    return {layer.spec.id: (layer.held, layer.candidates, layer.located) for layer in layers}


def _rules_of(
    rules: Sequence[Rule],
    class_ids: Sequence[str],
    as_of: str,
    project: Project,
) -> dict[str, list[tuple[Rule, Binding]]]:
    """Return by class the rules in force on a day, each with whether it binds the project."""
    by_class: dict[str, list[tuple[Rule, Binding]]] = {class_id: [] for class_id in class_ids}
    for rule in rules:
        own = by_class.get(rule.resource_class)

        # rules of classes that were not asked for are left aside
        if own is not None and rule.in_force(as_of):
            own.append((rule, binding(rule, project)))
    return by_class


def _homes_of(
    layers: Sequence[Layer], rules: Sequence[Rule]
) -> dict[str, Mapping[str, frozenset[str]]]:
    """Return by class which kinds have a subzone, from all rules that were ever known."""
    # which kinds have a subzone is a matter of all rules that were ever known, not of those of
    # the day
    by_class: dict[str, list[Rule]] = {layer.spec.id: [] for layer in layers}
    for rule in rules:
        by_class.get(rule.resource_class, []).append(rule)
    return {class_id: subzone_homes(known) for class_id, known in by_class.items()}


def _states(
    batch: Batch,
    table: Table,
    told: tuple[Ints, Ints, Ints],
) -> Iterator[tuple[Any, ...]]:
    """Yield for each site the fields of its `_State`; `told` is what :func:`known_at` returned."""
    known, effect, codes = told
    return zip(
        known.tolist(),
        effect.tolist(),
        codes.tolist(),
        _covered(batch, table).tolist(),
        complete_at(batch, table).tolist(),
        _subzones_held(batch, table).tolist(),
        [site.doubtful for site in batch.sites],
        _urban(batch, table).tolist(),
        strict=True,
    )


def _covered(batch: Batch, table: Table) -> Bools:
    """Say which sites touch the counties that were searched for a class."""
    if table.covered is None:
        return np.zeros(len(batch.sites), bool)
    return np.asarray(shapely.intersects(table.covered, batch.shapes))


def _of_urban(
    known: KnownOutcome,
    code: str,
    position: str,
) -> tuple[KnownOutcome, str]:
    """Let the town boundary say where the site lies: only rules that were seen decide, and only for
    a site wholly inside.
    """
    if known == "conflict" or (position == INSIDE and known == "regulated"):
        return known, code
    return "undetermined", position


_NOT_MEASURED = (None, None, None)
"""Plane and areas of a site that is not measured."""
_REASON_OF = ("unlocated", "no_rule", "unverified_rule", "other")
"""Reason codes that stand for :data:`CODES`, bit by bit."""


def _in_order(count: int, answered: Iterable[Answered]) -> list[SiteOutcome]:
    outcomes: dict[int, SiteOutcome] = {}
    for part in answered:
        outcomes.update(zip(part.rows, part.outcomes, strict=True))
    return [outcomes[row] for row in range(count)]


def _by_plane(sites: Sequence[Site]) -> dict[str, list[int]]:
    """Return the rows of usable sites by the plane on which they are decided."""
    planes: dict[str, list[int]] = {}
    for i, site in enumerate(sites):
        if site.usable:
            planes.setdefault(_decision_plane(site), []).append(i)
    return planes


def _decision_plane(site: Site) -> str:
    """Name the plane on which distances to a site are judged and shown: that of its own centroid,
    whatever its file declares.
    """
    return plane_crs(float(site.geometry.centroid.x))


def _degrees(sites: Sequence[Site]) -> Shapes:
    shapes = np.empty(len(sites), dtype=object)
    shapes[:] = [site.geometry for site in sites]
    return shapes


def _laid(sites: Sequence[Site], plane: str) -> tuple[Shapes, Floats]:
    """Lay sites on a plane, each with the edges of its file: shapes in metres, and how far a repair
    moved each.
    """
    shapes = np.empty(len(sites), dtype=object)
    moved_m = np.zeros(len(sites))
    degrees = _degrees(sites)

    # sites of one file and system go together; the system says how straight an edge is between its
    # corners
    drawn_on = np.array([site.crs or "" for site in sites])
    for crs in np.unique(drawn_on).tolist():
        rows = np.flatnonzero(drawn_on == crs)
        shapes[rows], moved_m[rows] = laid_and_measured(degrees[rows], plane, crs or None)
    return shapes, moved_m


def _on_declared(
    site: Site,
    plane: str,
    area_m2: float,
) -> tuple[str, float]:
    """Return the name of the declared plane, and the area on it."""
    declared = site.crs or plane
    if declared == plane:
        return declared, area_m2
    return declared, float(shapely.area(laid_on_plane(site.geometry, declared, site.crs)))


def _subzones_held(batch: Batch, table: Table) -> Bools:
    """Whether no record in reach lacks a subzone that a rule may need: bool."""
    held = np.ones(len(batch.sites), dtype=bool)
    partial = table.partial
    if table.complete is None or not len(partial.rows):
        return held

    # a core zone that is not held may reach beyond what is: it counts as far as it may lie
    own = table.required_m * (1 + PLANE_SCALE) + batch.error
    site, row = partial.tree.query(
        batch.shapes, predicate="dwithin", distance=own + partial.reach_m.max()
    )
    apart = shapely.distance(batch.shapes[site], partial.tree.geometries[row])
    held[site[apart <= own[site] + partial.reach_m[row]]] = False
    return held


def _urban(batch: Batch, table: Table) -> Ints:
    """Where each site lies to the town boundary; 0 for every other class."""
    if table.layer.spec.id != URBAN:
        return np.zeros(len(batch.sites), dtype=np.int64)
    return positions(batch.shapes, table.shapes)


def _site_outcome(
    site: Site,
    measured: tuple[str | None, float | None, float | None],
    entries: Entries,
    extra: Entries,
) -> SiteOutcome:
    asked = [e for e in (*entries, *extra) if e.requested]

    # the gravest outcome of all classes that were asked is that of the site
    verdict = min([_GRAVITY[e.outcome] for e in asked], default=_NOT_SCREENED)
    known = min([_KNOWN_GRAVITY[e.known_outcome] for e in asked], default=_NONE_FOUND)
    plane, area_m2, area_ellipsoid_m2 = measured
    return SiteOutcome(
        site=site,
        verdict=OUTCOMES[verdict],
        known_verdict=KNOWN_OUTCOMES[known],
        area_m2=area_m2,
        area_ellipsoid_m2=area_ellipsoid_m2,
        crs=plane,
        screening=entries,
        extra=extra,
    )


_GRAVITY = {outcome: rank for rank, outcome in enumerate(OUTCOMES)}
_KNOWN_GRAVITY = {outcome: rank for rank, outcome in enumerate(KNOWN_OUTCOMES)}
_NOT_SCREENED, _NONE_FOUND = _GRAVITY["not_screened"], _KNOWN_GRAVITY["none_found"]
