"""Layers, rules and counties made ready on one plane, in arrays, for many sites."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from math import isfinite
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from ...geometry.projection import PLANE_SCALE
from ...geometry.straight import REPAIRED_M, laid_and_measured, laid_on_plane
from ...layers.rules import Rule
from ...model.outcomes import EFFECTS, KNOWN_OUTCOMES
from .binding import Binding, Fit, applies, freed_by, outcome_if_met
from .relation import NO_RULE, NOT_BOUND, accuracy_m, cap, finite, is_coarse, required_m, spread_m
from .subzones import NO_HOMES, hidden_reach_m, impossible, lacking, needed_by

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...geometry.shapes import Bools, Floats, Ints, Shape, Shapes
    from ...layers.classes import ClassSpec
    from ...layers.layers import Layer
    from ...model.project import Project

Option = tuple[Rule, Binding, Fit]
NO_EFFECT = len(EFFECTS)


@dataclass(frozen=True, slots=True)
class Ground:
    """Counties on one plane: what is covered, what is complete, who lies where."""

    degrees: Mapping[str, Any]
    plane: str
    shapes: Mapping[str, Any]
    accuracy_m: Mapping[str, float]
    tree: shapely.STRtree
    edges: Any
    unions: dict[tuple[str, ...], Any] = field(default_factory=dict)

    @classmethod
    def on_plane(cls, counties: gpd.GeoDataFrame, plane: str) -> Ground:
        """Project a frame of counties (`code`, `position_accuracy_m`, geometry)."""
        codes = counties["code"].tolist()
        degrees = counties.geometry.to_numpy()
        shapes = laid_on_plane(degrees, plane)
        shapely.prepare(shapes)
        accuracy = counties["position_accuracy_m"].to_numpy(dtype=float)

        # an edge of unknown accuracy may lie anywhere
        edges = np.where(np.isfinite(accuracy), accuracy, np.inf)
        degrees_of, shape_of, accuracy_of = (
            dict(zip(codes, values, strict=True)) for values in (degrees, shapes, accuracy.tolist())
        )
        return cls(degrees_of, plane, shape_of, accuracy_of, shapely.STRtree(shapes), edges)

    def union(self, codes: Iterable[str]) -> Shape:
        """Return the union of the known counties among `codes`, prepared."""
        key = tuple(sorted(c for c in set(codes) if c in self.shapes))
        if key not in self.unions:
            self.unions[key] = laid_on_plane(
                shapely.union_all([self.degrees[c] for c in key]), self.plane
            )
            shapely.prepare(self.unions[key])
        return self.unions[key]

    def edge_m(self, codes: Iterable[str]) -> float:
        """Return the worst accuracy of the counties' edges; infinite when one is unknown or none is
        there.
        """
        known = [self.accuracy_m[c] for c in codes if c in self.accuracy_m]
        return max((a if isfinite(a) else np.inf for a in known), default=np.inf)

    def distances_m(self, shape: Shape) -> dict[str, float]:
        """Return the distance of a shape to each county, by code."""
        return dict(
            zip(
                self.shapes,
                shapely.distance(self.tree.geometries, shape).tolist(),
                strict=True,
            )
        )

    def meets(self, shapes: Shapes) -> Bools:
        """Say which shapes meet which county: bool (n, counties)."""
        met = np.zeros(
            (len(shapes), len(self.edges)),
            dtype=bool,
        )
        row, county = self.tree.query(shapes)

        # the county comes first, since the shape that comes first keeps its index, and a site may
        # have thousands of corners
        met[row, county] = shapely.intersects(self.tree.geometries[county], shapes[row])
        return met

    def within(
        self,
        shapes: Shapes,
        reach: Floats,
        met: Bools | None = None,
    ) -> Bools:
        """Say which shapes lie within `reach` (m, one per shape) and the edge's accuracy of which
        county: bool (n, counties); `met` are those that were found to meet it.
        """
        edges = self.edges

        # where the edge of a county is not known, nobody can say that a site lies elsewhere
        if not np.isfinite(edges).all():
            return np.ones((len(shapes), len(edges)), dtype=bool)
        near = self.meets(shapes) if met is None else met.copy()

        # most lie in a county, or far from it by their boxes: only the rest is measured, and no
        # farther than it matters
        row, county = self._by_boxes(shapes, reach + edges.max(initial=0.0))
        unmet = ~near[row, county]
        row, county = row[unmet], county[unmet]
        apart_m = reach[row] + edges[county]
        near[row, county] = shapely.dwithin(self.tree.geometries[county], shapes[row], apart_m)
        return near

    def _by_boxes(self, shapes: Shapes, farthest: Floats) -> tuple[Ints, Ints]:
        """Return shapes and counties whose boxes come so near."""
        boxes = shapely.box(*(shapely.bounds(shapes) + farthest[:, None] * _OUTWARDS).T)
        row, county = self.tree.query(boxes)
        return row, county


_OUTWARDS = np.array([-1.0, -1.0, 1.0, 1.0])


@dataclass(frozen=True, slots=True)
class Terms:
    """Every (record, option) of a layer as arrays, sorted by record; what a pair needs to be judged
    by distance alone.

    `code` is the index in `CODES` of the reason when it is between; `capped` means that it is never
    met, `if_met` is the index in `KNOWN_OUTCOMES` of what it means where it is.
    """

    first: Ints
    count: Ints
    required: Floats
    accuracy: Floats
    datum: Floats
    extent: Floats
    strict: Bools
    effect: Ints
    if_met: Ints
    capped: Bools
    cap_code: Ints
    between_code: Ints
    bound: Bools


DECISIVE = (
    "resource_kind",
    "subzone",
    "county_code",
    "membership",
    "legal_designation",
    "boundary",
    "geometry_kind",
    "point_role",
    "position_accuracy_m",
    "datum_error_m",
    "extent_m",
    "screening_extent_m",
)
"""All fields of a record on which it hangs which rules bind it, and how: records that are alike in
them are worked out once.
"""


@dataclass(frozen=True, slots=True)
class Kinds:
    """Records sorted by what decides of them.

    Attributes
    ----------
    rows
        The first record of each kind.
    records
        The same, as records.
    of
        The kind of every record.
    """

    rows: Any
    records: Sequence[Mapping[str, Any]]
    of: Any

    def spread(self, told: Sequence[Any]) -> list[Any]:
        """Return for every record what was told of its kind."""
        return [told[kind] for kind in self.of.tolist()]


def _kind_key(record: Mapping[str, Any], shape: Shape | None) -> tuple[Any, ...]:
    return (shape is None, *map(record.get, DECISIVE))


def alike(records: Sequence[Mapping[str, Any]], shapes: Shapes) -> Kinds:
    """Sort records into kinds that are alike in all `DECISIVE` fields, and in being located."""
    # records that no rule can tell apart share one judgement
    keys = list(map(_kind_key, records, shapes))
    first: dict[tuple[Any, ...], int] = {}
    for row, key in enumerate(keys):
        first.setdefault(key, row)
    place = {key: kind for kind, key in enumerate(first)}
    of = np.array([place[key] for key in keys], dtype=np.int64)
    return Kinds(
        np.array([*first.values()], dtype=np.int64),
        [records[row] for row in first.values()],
        of,
    )


@dataclass(frozen=True, slots=True)
class Laid:
    """One layer laid on one plane: all of it that does not hang on what was said of a project.

    Attributes
    ----------
    codes
        Counties in which each record counts when its position tells nothing closer.
    is_coarse
        Whether the position of each record tells nothing closer than a county.
    slack_m
        How far beyond a rule's reach a record may lie and still be within its own error.
    kinds
        Records that no rule can tell apart.
    """

    layer: Layer
    shapes: Shapes
    tree: shapely.STRtree
    codes: Sequence[Sequence[str]]
    is_coarse: Bools
    errors: Errors
    slack_m: float
    coverage: Coverage
    legal: Bools
    kinds: Kinds

    @property
    def coarse(self) -> tuple[int, ...]:
        """Rows of the records whose position tells nothing closer than a county."""
        return tuple(np.flatnonzero(self.is_coarse).tolist())


@dataclass(frozen=True, slots=True)
class Errors:
    """How far records may be wrong, each in metres; what is unknown counts 0 here."""

    accuracy: Floats
    datum: Floats
    extent: Floats

    @classmethod
    def of(cls, records: Sequence[Mapping[str, Any]]) -> Errors:
        """Ask each record."""
        return cls(
            accuracy=np.array([finite(accuracy_m(record)) for record in records], dtype=float),
            datum=np.array([finite(record["datum_error_m"]) for record in records], dtype=float),
            extent=np.array([spread_m(record) for record in records], dtype=float),
        )

    def of_rows(self, rows: Ints) -> dict[str, Any]:
        """Return the errors of some records, each under its name."""
        return {
            "accuracy": self.accuracy[rows],
            "datum": self.datum[rows],
            "extent": self.extent[rows],
        }


@dataclass(frozen=True, slots=True)
class Coverage:
    """The union of the counties that were searched for a class, and of those in which a document
    says that it is complete, None for none; and how far the edge of these may be wrong, metres.
    """

    covered: Shape | None
    complete: Shape | None
    complete_edge_m: float

    @classmethod
    def of(cls, spec: ClassSpec, ground: Ground) -> Coverage:
        """Unite the counties of a class."""
        # coverage that names a county outside the data is none: nothing is known of it
        covered = [code for code in spec.coverage if code in ground.shapes]
        complete = [code for code in spec.complete_in if code in ground.shapes]
        return cls(
            covered=ground.union(covered) if covered else None,
            complete=ground.union(complete) if complete else None,
            complete_edge_m=ground.edge_m(complete),
        )


class Planes:
    """Counties and layers on the planes that sites need: placed, projected and indexed once for
    every screener that asks, whatever was said to it.
    """

    def __init__(self, counties: gpd.GeoDataFrame) -> None:
        self._counties = counties
        self._grounds: dict[str, Ground] = {}
        self._laid: dict[tuple[str, int], Laid] = {}

    def ground(self, plane: str) -> Ground:
        """Return the counties on a plane."""
        if plane not in self._grounds:
            self._grounds[plane] = Ground.on_plane(self._counties, plane)
        return self._grounds[plane]

    def laid(self, layer: Layer, plane: str) -> Laid:
        """Return a layer on a plane."""
        key = plane, id(layer)  # what is laid keeps the layer, so that no other gets its id
        if key not in self._laid:
            self._laid[key] = lay(layer, self.ground(plane))
        return self._laid[key]


def lay(layer: Layer, ground: Ground) -> Laid:
    """Lay a layer on the plane of the counties."""
    spec, records = layer.spec, layer.records
    shapes = _on_plane(layer.shapes, ground.plane) if len(records) else layer.shapes
    codes = [_county_codes(record, shapes[row], spec, ground) for row, record in enumerate(records)]
    return Laid(
        layer=layer,
        shapes=shapes,
        tree=shapely.STRtree(shapes),
        codes=codes,
        is_coarse=_without_place(records, shapes),
        errors=Errors.of(records),
        slack_m=max((spread_m(r) + error_m(r) for r in records), default=0.0),
        coverage=Coverage.of(spec, ground),
        legal=np.array([r.get("boundary") == "legal_vector" for r in records], dtype=bool),
        kinds=alike(records, shapes),
    )


def _without_place(records: Sequence[Mapping[str, Any]], shapes: Shapes) -> Bools:
    """Say of which records the position tells nothing closer than the county, or none is known."""
    coarse = [shapes[row] is None or is_coarse(record) for row, record in enumerate(records)]
    return np.array(coarse, dtype=bool)


CODES = ("coarse", "no_rule", "unverified_rule", "other")
_CODE_OF = {code: k for k, code in enumerate(CODES)}
_OTHER = _CODE_OF["other"]


@dataclass(frozen=True, slots=True)
class Together:
    """Coarse records by the counties in which they count: those of the same counties are a group.

    Attributes
    ----------
    of
        The group of each coarse record, in the order of `Table.coarse`.
    holds
        1 where a county is one of a group: (counties, groups).
    everywhere, beyond
        Whether those of a group count at every site; whether also at one outside all known
        counties.
    effect
        The gravest effect of a rule that binds one of a group; above `NO_EFFECT` where none does.
    """

    of: Ints
    holds: NDArray[np.float32]
    everywhere: Bools
    beyond: Bools
    effect: Ints


@dataclass(frozen=True, slots=True)
class Partial:
    """Located records of which a subzone is not held: their rows, and how far from each what is not
    held may reach, metres.
    """

    rows: Any
    tree: shapely.STRtree
    reach_m: Any


@dataclass(frozen=True, slots=True)
class Table:
    """One layer on one plane, ready for one project."""

    laid: Laid
    coarse: tuple[int, ...]
    options: Sequence[Sequence[Option]]
    unbound_by: Sequence[tuple[str, ...]]
    together: Together
    terms: Terms
    required_m: float
    slack_m: float
    needed: tuple[str, ...]
    lacking: Sequence[tuple[str, ...]]
    partial: Partial

    @property
    def layer(self) -> Layer:
        """The layer."""
        return self.laid.layer

    @property
    def records(self) -> Sequence[Mapping[str, Any]]:
        """Its records."""
        return self.laid.layer.records

    @property
    def shapes(self) -> Shapes:
        """Its records on the plane; None for one without position."""
        return self.laid.shapes

    @property
    def tree(self) -> shapely.STRtree:
        """The tree of the shapes."""
        return self.laid.tree

    @property
    def codes(self) -> Sequence[Sequence[str]]:
        """Counties in which each record counts when its position tells nothing closer."""
        return self.laid.codes

    @property
    def legal(self) -> Bools:
        """Which records have a boundary with the force of law."""
        return self.laid.legal

    @property
    def covered(self) -> Shape | None:
        """Where its class was searched."""
        return self.laid.coverage.covered

    @property
    def complete(self) -> Shape | None:
        """Where a document says that its class is complete."""
        return self.laid.coverage.complete

    @property
    def complete_edge_m(self) -> float:
        """How far the edge of that may be wrong."""
        return self.laid.coverage.complete_edge_m


def prepare(
    laid: Laid,
    rules: Sequence[tuple[Rule, Binding]],
    ground: Ground,
    *,
    project: Project,
    homes: Mapping[str, frozenset[str]] = NO_HOMES,
) -> Table:
    """Make a layer ready for a project.

    Parameters
    ----------
    laid
        The layer on the plane of the counties.
    rules
        The rules of the layer's class that are in force, each with whether it binds the project.
    homes
        Kinds that have a subzone, by subzone, where the law gives it to some kinds only; see
        :func:`subzone_homes`.
    """
    spec, kinds = laid.layer.spec, laid.kinds
    options = [options_for(rules, record, spec, homes=homes) for record in kinds.records]
    freed = _all_unbound_by(rules, kinds.records, spec, project)
    required = _farthest_m(rules)
    missing = lacking(laid.layer.records, rules, spec)
    terms = _terms(laid, options, project)
    return Table(
        laid=laid,
        coarse=laid.coarse,
        options=kinds.spread(options),
        unbound_by=kinds.spread(freed),
        together=_together(laid, terms, ground),
        terms=terms,
        required_m=required,
        slack_m=_slack_m(laid, required),
        needed=needed_by(rules),
        lacking=missing,
        partial=_partial(laid, missing),
    )


def _slack_m(laid: Laid, required_m: float) -> float:
    """Return how far from a site something may lie that a rule still reaches, and a metre more."""
    return required_m * (1 + PLANE_SCALE) + laid.slack_m + 1.0


def _farthest_m(rules: Sequence[tuple[Rule, Binding]]) -> float:
    """Return the farthest that any rule reaches: it bounds what must be looked at around a site."""
    return max((rule.required_m for rule, bound in rules if bound != "no"), default=0.0)


def _on_plane(shapes: Shapes, plane: str) -> Shapes:
    """Lay records on a plane; one that cannot be laid there without a change that counts is taken
    as unlocated.
    """
    laid: Shapes
    laid, moved_m = laid_and_measured(shapes, plane)
    if (moved_m > REPAIRED_M).any():
        laid = laid.copy()
        laid[moved_m > REPAIRED_M] = None
    return laid


def _partial(laid: Laid, missing: Sequence[tuple[str, ...]]) -> Partial:
    layer, shapes = laid.layer, laid.shapes
    lacks = [bool(zones) and shapes[row] is not None for row, zones in enumerate(missing)]
    rows = np.flatnonzero(np.array(lacks, dtype=bool))

    # what is not held lies beyond what is drawn, by as much as the drawing may be wrong
    records = [layer.records[row] for row in rows.tolist()]
    reach = [hidden_reach_m(record, layer.spec) + error_m(record) for record in records]
    return Partial(
        rows,
        shapely.STRtree(shapes[rows]),
        np.array(reach, dtype=float),
    )


def options_for(
    rules: Sequence[tuple[Rule, Binding]],
    record: Mapping[str, Any],
    spec: ClassSpec,
    *,
    homes: Mapping[str, frozenset[str]] = NO_HOMES,
) -> list[Option]:
    """Return the rules to judge a record by; where none binds, the stand-in that says why.

    A kind in a subzone that the law gives to other kinds only cannot be: no rule is known for it,
    whatever else binds.
    """
    fitting: list[Option] = [
        (r, bound, fit) for r, bound in rules if (fit := applies(r, record, spec)) != "no"
    ]

    # a record that cannot be, by the law, keeps the rule that nobody knows: it is told, and cleared
    # by none
    binding_ones = [option for option in fitting if option[1] != "no"]
    if impossible(record, homes):
        return [*binding_ones, (NO_RULE, "yes", "yes")]
    return binding_ones or [(_stand_in(fitting), "yes", "yes")]


def _stand_in(fitting: Sequence[Option]) -> Rule:
    """Only where every rule that fits was read may the project be free of all of them."""
    seen_all = bool(fitting) and all(rule.verified for rule, _, _ in fitting)
    return NOT_BOUND if seen_all else NO_RULE


def _unbound_by(
    rules: Sequence[tuple[Rule, Binding]],
    record: Mapping[str, Any],
    spec: ClassSpec,
    project: Project,
) -> tuple[str, ...]:
    """Name all that was said by which the rules that fit a record do not bind the project."""
    freed = (
        freed_by(r, project)
        for r, bound in rules
        if bound == "no" and applies(r, record, spec) != "no"
    )
    return tuple(sorted({text for texts in freed for text in texts}))


def _all_unbound_by(
    rules: Sequence[tuple[Rule, Binding]],
    records: Sequence[Mapping[str, Any]],
    spec: ClassSpec,
    project: Project,
) -> list[tuple[str, ...]]:
    return [_unbound_by(rules, record, spec, project) for record in records]


def _county_codes(
    record: Mapping[str, Any],
    shape: Shape | None,
    spec: ClassSpec,
    ground: Ground,
) -> list[str]:
    """Counties in which a record counts when its position tells nothing closer; none means
    everywhere.

    A record of unknown accuracy counts, beside the counties that it names, in those that it is
    drawn in.
    """
    # a record that names no county may lie anywhere in what its class covers
    named = [c for c in str(record["county_code"] or "").split(";") if c] or list(spec.coverage)
    if shape is None or accuracy_m(record) is not None:
        return named
    known = list(ground.shapes)
    drawn = [known[i] for i in sorted(ground.tree.query(shape, predicate="intersects"))]
    return list(dict.fromkeys([*named, *drawn])) if named else []


def _together(
    laid: Laid,
    terms: Terms,
    ground: Ground,
) -> Together:
    groups = _by_counties(laid)
    place = {row: group for group, rows in enumerate(groups.values()) for row in rows}
    effects = [_gravest(terms, rows) for rows in groups.values()]

    # a group that names a county which is not known here may lie beyond all that are
    holds = _holds(groups, ground)
    named = np.array([len(set(codes)) for codes in groups], dtype=np.int64)
    return Together(
        of=np.array([place[row] for row in laid.coarse], dtype=np.int64),
        holds=holds,
        everywhere=named == 0,
        beyond=holds.sum(axis=0) < named,
        effect=np.array(effects, dtype=np.int64),
    )


def _by_counties(laid: Laid) -> dict[tuple[str, ...], list[int]]:
    """Return the coarse records by the counties in which they count: those of one group are looked
    for together.
    """
    groups: dict[tuple[str, ...], list[int]] = {}
    for row in laid.coarse:
        groups.setdefault(tuple(laid.codes[row]), []).append(row)
    return groups


def _holds(groups: Iterable[Sequence[str]], ground: Ground) -> NDArray[np.float32]:
    """Return 1 where a county is one of a group, else 0: (counties, groups); of 32 bits, as the
    product with these is what many sites cost.
    """
    columns = [[code in named for code in ground.shapes] for named in map(frozenset, groups)]
    return np.array(columns, dtype=np.float32).reshape(len(columns), len(ground.shapes)).T.copy()


def _gravest(terms: Terms, rows: Sequence[int]) -> int:
    """Return the gravest effect of any rule that binds one of some records: which of them lies
    there nobody knows.
    """
    options = np.concatenate(
        [
            np.arange(
                terms.first[row],
                terms.first[row] + terms.count[row],
            )
            for row in rows
        ]
    )
    effects = terms.effect[options[terms.bound[options]]]
    return int(effects.min(initial=NO_EFFECT + 1))


def _terms(
    laid: Laid,
    options: Sequence[Sequence[Option]],
    project: Project,
) -> Terms:
    """Lay out the options of all records, given those of each kind."""
    kinds = laid.kinds
    by_kind = _terms_of(laid, options, project)

    # the rows of each record are those of its kind
    count = by_kind.count[kinds.of]
    first = np.cumsum(count) - count
    rows = np.arange(int(count.sum())) + np.repeat(by_kind.first[kinds.of] - first, count)
    names = [one.name for one in fields(Terms) if one.name not in ("first", "count")]
    return Terms(first, count, **{name: getattr(by_kind, name)[rows] for name in names})


def _terms_of(
    laid: Laid,
    options: Sequence[Sequence[Option]],
    project: Project,
) -> Terms:
    """Lay out the options of the first record of each kind."""
    count = np.array([len(own) for own in options], dtype=np.int64)
    row = np.repeat(laid.kinds.rows, count)
    by_rule = _by_rule([rule for own in options for rule, _, _ in own], project)
    capped, cap_code = _caps(laid.kinds.records, options, project)
    between_code = np.where(by_rule["no_rule"], _CODE_OF["no_rule"], _OTHER)
    coarse = laid.is_coarse[row]
    return Terms(
        first=np.cumsum(count) - count,
        count=count,
        **laid.errors.of_rows(row),
        capped=capped,
        cap_code=_coarse_first(coarse, cap_code),
        between_code=_coarse_first(coarse, between_code),
        **{name: by_rule[name].copy() for name in _FROM_RULE},
    )


def _coarse_first(coarse: Bools, code: Ints) -> Ints:
    """Return the codes of reasons: a position that tells nothing closer than the county outweighs
    every other one.
    """
    return np.where(coarse, _CODE_OF["coarse"], code)


def _caps(
    records: Sequence[Mapping[str, Any]],
    options: Sequence[Sequence[Option]],
    project: Project,
) -> tuple[Bools, Ints]:
    """Return which options decide nothing where they are met, and the code of why."""
    caps = [
        cap(rule, record, project, bound, fit)
        for record, own in zip(records, options, strict=True)
        for rule, bound, fit in own
    ]
    codes = [_CODE_OF.get(why or "", _OTHER) for why in caps]
    capped = np.array([why is not None for why in caps], dtype=bool)
    return capped, np.array(codes, dtype=np.int64)


def _by_rule(rules: Sequence[Rule], project: Project) -> Any:
    """Return what options take from their rules, `_BY_RULE`, a row each."""
    # a rule says the same of every record: it is asked once
    told: dict[int, tuple[Any, ...]] = {}
    for rule in rules:
        if id(rule) not in told:
            told[id(rule)] = _told_by(rule, project)
    return np.array([told[id(rule)] for rule in rules], dtype=_BY_RULE)


_BY_RULE = np.dtype(
    [
        ("required", "f8"),
        ("strict", "?"),
        ("effect", "i8"),
        ("if_met", "i8"),
        ("no_rule", "?"),
        ("bound", "?"),
    ]
)
"""What an option takes from its rule alone, whatever the record."""
_FROM_RULE = ("required", "strict", "effect", "if_met", "bound")
"""Which of these stand in `Terms` as they are."""


def _told_by(rule: Rule, project: Project) -> tuple[Any, ...]:
    return (
        required_m(rule, project),
        rule.comparison != "within_le",
        EFFECTS.index(rule.effect) if rule.rule_id else NO_EFFECT,
        KNOWN_OUTCOMES.index(outcome_if_met(rule, project)),
        rule is NO_RULE,
        rule is not NOT_BOUND,
    )


def error_m(record: Mapping[str, Any]) -> float:
    """Return the record's own part of the combined error; what is unknown counts 0 here."""
    return finite(accuracy_m(record)) + finite(record["datum_error_m"])
