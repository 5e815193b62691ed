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
        by_code = dict(zip(codes, map(float, counties["position_accuracy_m"]), strict=True))
        return cls(
            degrees=dict(zip(codes, degrees, strict=True)),
            plane=plane,
            shapes=dict(zip(codes, shapes, strict=True)),
            accuracy_m=by_code,
            tree=shapely.STRtree(shapes),
            edges=np.array([a if np.isfinite(a) else np.inf for a in by_code.values()]),
        )

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
            zip(self.shapes, shapely.distance(self.tree.geometries, shape).tolist(), strict=True)
        )

    def meets(self, shapes: Shapes) -> Bools:
        """Say which shapes meet which county: bool (n, counties)."""
        met = np.zeros((len(shapes), len(self.edges)), dtype=bool)
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
        farthest = (reach + edges.max(initial=0.0))[:, None]
        boxes = shapely.box(*(shapely.bounds(shapes) + farthest * _OUTWARDS).T)
        row, county = self.tree.query(boxes)
        off = np.flatnonzero(~near[row, county])
        row, county = row[off], county[off]
        near[row, county] = shapely.dwithin(
            self.tree.geometries[county], shapes[row], reach[row] + edges[county]
        )
        return near


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


def alike(records: Sequence[Mapping[str, Any]], shapes: Shapes) -> Kinds:
    """Sort records into kinds that are alike in all `DECISIVE` fields, and in being located."""
    places: dict[tuple[Any, ...], int] = {}
    rows: list[int] = []
    of = np.zeros(len(records), dtype=np.int64)
    for i, (record, shape) in enumerate(zip(records, shapes, strict=True)):
        # records that no rule can tell apart share one judgement
        key = (shape is None, *map(record.get, DECISIVE))
        place = places.setdefault(key, len(rows))
        if place == len(rows):
            rows.append(i)
        of[i] = place
    return Kinds(np.array(rows, dtype=np.int64), [records[i] for i in rows], of)


@dataclass(frozen=True, slots=True)
class Laid:
    """One layer laid on one plane: all of it that does not hang on what was said of a project.

    Attributes
    ----------
    codes
        Counties in which each record counts when its position tells nothing closer.
    coarse
        Rows of the records whose position tells nothing closer than a county; `is_coarse` says so
        of each.
    accuracy, datum, extent
        Of each record, metres; what is unknown counts 0 here.
    kinds
        Records that no rule can tell apart.
    """

    layer: Layer
    shapes: Any
    tree: shapely.STRtree
    codes: Sequence[Sequence[str]]
    coarse: tuple[int, ...]
    is_coarse: Any
    accuracy: Any
    datum: Any
    extent: Any
    slack_m: float
    covered: Any
    complete: Any
    complete_edge_m: float
    legal: Any
    kinds: Kinds


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

    # coverage that names a county outside the data is none: nothing is known of it
    covered = tuple(c for c in spec.coverage if c in ground.shapes)
    complete = tuple(c for c in spec.complete_in if c in ground.shapes)
    coarse = np.array([shapes[i] is None or is_coarse(r) for i, r in enumerate(records)], bool)
    extent = np.array([spread_m(record) for record in records], dtype=float)
    accuracy = np.array([finite(accuracy_m(record)) for record in records], dtype=float)
    datum = np.array([finite(record["datum_error_m"]) for record in records], dtype=float)
    return Laid(
        layer=layer,
        shapes=shapes,
        tree=shapely.STRtree(shapes),
        codes=[_county_codes(record, shapes[i], spec, ground) for i, record in enumerate(records)],
        coarse=tuple(np.flatnonzero(coarse).tolist()),
        is_coarse=coarse,
        accuracy=accuracy,
        datum=datum,
        extent=extent,
        slack_m=max((spread_m(r) + error_m(r) for r in records), default=0.0),
        covered=ground.union(covered) if covered else None,
        complete=ground.union(complete) if complete else None,
        complete_edge_m=ground.edge_m(complete),
        legal=np.array([r.get("boundary") == "legal_vector" for r in records], dtype=bool),
        kinds=alike(records, shapes),
    )


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
    holds: Any
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
    """One layer on one plane."""

    layer: Layer
    shapes: Any
    tree: shapely.STRtree
    records: Sequence[Mapping[str, Any]]
    options: Sequence[Sequence[Option]]
    unbound_by: Sequence[tuple[str, ...]]
    codes: Sequence[Sequence[str]]
    coarse: tuple[int, ...]
    together: Together
    terms: Terms
    required_m: float
    slack_m: float
    covered: Any
    complete: Any
    complete_edge_m: float
    legal: Any
    needed: tuple[str, ...]
    lacking: Sequence[tuple[str, ...]]
    partial: Partial


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
    layer, shapes = laid.layer, laid.shapes
    spec, records = layer.spec, layer.records
    kinds = laid.kinds
    options = [options_for(rules, record, spec, homes=homes) for record in kinds.records]

    # the farthest that any rule reaches: it bounds what must be looked at around a site
    required = max((r.required_m for r, bound in rules if bound != "no"), default=0.0)
    missing = lacking(records, rules, spec)
    terms = _terms(laid, options, project)
    return Table(
        layer=layer,
        shapes=shapes,
        tree=laid.tree,
        records=records,
        options=kinds.spread(options),
        unbound_by=kinds.spread([_unbound_by(rules, r, spec, project) for r in kinds.records]),
        codes=laid.codes,
        coarse=laid.coarse,
        together=_together(laid.coarse, laid.codes, terms, ground),
        terms=terms,
        required_m=required,
        slack_m=required * (1 + PLANE_SCALE) + laid.slack_m + 1.0,
        covered=laid.covered,
        complete=laid.complete,
        complete_edge_m=laid.complete_edge_m,
        legal=laid.legal,
        needed=needed_by(rules),
        lacking=missing,
        partial=_partial(records, shapes, missing, spec),
    )


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


def _partial(
    records: Sequence[Mapping[str, Any]],
    shapes: Shapes,
    missing: Sequence[tuple[str, ...]],
    spec: ClassSpec,
) -> Partial:
    rows = np.array(
        [i for i, zones in enumerate(missing) if zones and shapes[i] is not None], dtype=np.int64
    )

    # what is not held lies beyond what is drawn, by as much as the drawing may be wrong
    reach = np.array(
        [hidden_reach_m(records[i], spec) + error_m(records[i]) for i in rows], dtype=float
    )
    return Partial(rows, shapely.STRtree(shapes[rows]), reach)


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
    coarse: Sequence[int],
    codes: Sequence[Sequence[str]],
    terms: Terms,
    ground: Ground,
) -> Together:
    column = {code: k for k, code in enumerate(ground.shapes)}
    groups: dict[tuple[str, ...], list[int]] = {}
    for row in coarse:
        groups.setdefault(tuple(codes[row]), []).append(row)

    place = {named: k for k, named in enumerate(groups)}
    known = [[column[code] for code in named if code in column] for named in groups]
    holds = np.zeros((len(column), len(groups)), dtype=np.float32)
    for k, columns in enumerate(known):
        holds[columns, k] = 1.0
    sizes = zip(groups, known, strict=True)
    return Together(
        of=np.array([place[tuple(codes[row])] for row in coarse], dtype=np.int64),
        holds=holds,
        everywhere=np.array([not named for named in groups], dtype=bool),
        beyond=np.array([len(columns) < len(named) for named, columns in sizes], dtype=bool),
        effect=np.array([_gravest(terms, rows) for rows in groups.values()], dtype=np.int64),
    )


def _gravest(terms: Terms, rows: Sequence[int]) -> int:
    """Return the gravest effect of any rule that binds one of some records: which of them lies
    there nobody knows.
    """
    options = np.concatenate(
        [np.arange(terms.first[row], terms.first[row] + terms.count[row]) for row in rows]
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
    arrays = {
        f.name: getattr(by_kind, f.name)[rows]
        for f in fields(Terms)
        if f.name not in ("first", "count")
    }
    return Terms(
        first=first,
        count=count,
        **arrays,
    )


def _terms_of(
    laid: Laid,
    options: Sequence[Sequence[Option]],
    project: Project,
) -> Terms:
    """Lay out the options of the first record of each kind."""
    count = np.array([len(own) for own in options], dtype=np.int64)
    row = np.repeat(laid.kinds.rows, count)
    pairs = list(zip(laid.kinds.records, options, strict=True))

    # a rule says the same of every record: it is asked once
    told: dict[int, tuple[Any, ...]] = {}
    for _, own in pairs:
        for rule, _, _ in own:
            if id(rule) not in told:
                told[id(rule)] = _told_by(rule, project)
    by_rule = np.array([told[id(rule)] for _, own in pairs for rule, _, _ in own], dtype=_BY_RULE)
    caps = [
        cap(rule, record, project, bound, fit) for record, own in pairs for rule, bound, fit in own
    ]

    # a position that tells nothing closer than the county outweighs every other reason
    cap_code = np.array([_CODE_OF.get(c or "", _OTHER) for c in caps], dtype=np.int64)
    between_code = np.where(by_rule["no_rule"], _CODE_OF["no_rule"], _OTHER)
    return Terms(
        first=np.cumsum(count) - count,
        count=count,
        required=by_rule["required"].copy(),
        accuracy=laid.accuracy[row],
        datum=laid.datum[row],
        extent=laid.extent[row],
        strict=by_rule["strict"].copy(),
        effect=by_rule["effect"].copy(),
        if_met=by_rule["if_met"].copy(),
        capped=np.array([c is not None for c in caps], dtype=bool),
        cap_code=np.where(laid.is_coarse[row], _CODE_OF["coarse"], cap_code),
        between_code=np.where(laid.is_coarse[row], _CODE_OF["coarse"], between_code),
        bound=by_rule["bound"].copy(),
    )


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
