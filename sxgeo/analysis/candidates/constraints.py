"""Constraints on land, each in three grades: what it surely leaves, what it leaves as far as is
known, what it perhaps leaves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely

from ...geometry.projection import PLANE_SCALE
from ...geometry.shapes import Bools, Floats, Ints
from ...geometry.shapes import Shapes as ShapeArray
from ...model.outcomes import KNOWN_OUTCOMES
from ..conflicts.relation import TOUCH_M
from ..conflicts.urban import URBAN
from .grown import MARGIN_M, KeepIn, KeepOut

if TYPE_CHECKING:
    from ...geometry.shapes import Shape
    from ..conflicts.prepared import Ground, Table, Terms

Grade = Literal["surely", "known", "possible"]
_CONFLICT = KNOWN_OUTCOMES.index("conflict")
_REGULATED = KNOWN_OUTCOMES.index("regulated")
NOWHERE = np.array([], dtype=object)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Keep-outs and keep-ins of one constraint in one grade; `empty` says why it leaves nothing."""

    outs: tuple[KeepOut, ...] = ()
    ins: tuple[KeepIn, ...] = ()
    empty: str | None = None


FREE = Bounds()


def _off(
    key: str,
    shapes: ShapeArray,
    distance_m: Floats,
    *,
    certain: bool = False,
) -> Bounds:
    return Bounds(outs=(KeepOut(key, shapes, distance_m, certain),))


def _in(
    key: str,
    shapes: ShapeArray,
    distance_m: Floats,
    *,
    generous: bool = False,
) -> Bounds:
    return Bounds(ins=(KeepIn(key, shapes, distance_m, generous),))


@dataclass(frozen=True, slots=True)
class Constraint:
    """One constraint: its key, its words, what it bounds in each grade, and where its data say
    nothing (`blank`).
    """

    key: str
    words: str
    known: Bounds = FREE
    possible: Bounds = FREE
    surely: Bounds = FREE
    blank: Any = field(default_factory=lambda: NOWHERE)

    def at(self, grade: Grade) -> Bounds:
        """Return what it bounds in a grade."""
        bounds: Bounds = getattr(self, grade)
        return bounds


@dataclass(frozen=True, slots=True)
class Shapes:
    """A user's layer or a class on the plane: shapes, accuracy of each (NaN where unknown), what to
    call it.
    """

    words: str
    shapes: ShapeArray
    accuracy_m: Floats
    names: Sequence[str] = field(default_factory=tuple)

    @property
    def is_accurate(self) -> bool:
        """Whether the accuracy of every shape is known."""
        return bool(np.isfinite(self.accuracy_m).all())

    def united(self) -> ShapeArray:
        """Return all shapes as one, in an array; an empty array where there are none."""
        if not len(self.shapes):
            return self.shapes
        return np.array([shapely.union_all(self.shapes)], dtype=object)


Told = tuple[Constraint, list[str]]
"""A constraint, and remarks that a reader of the answer must know."""


def of_class(
    table: Table,
    *,
    clear: bool,
    site_error_m: float,
    stretch: float,
) -> Constraint:
    """Return what a class of resources leaves.

    Parameters
    ----------
    clear
        Whether the land must be clear of the class as far as is known: nothing met, and nothing
        within the error. Else only what is prohibited is left out.
    site_error_m
        How far the edge of a candidate may lie from the drawn one.
    stretch
        By how much distances grow, so that they hold on every plane that the area touches.
    """
    spec, terms = table.layer.spec, table.terms
    reach = _Reach.of(terms, site_error_m, stretch)
    bound = _binds(table)
    excluded = bound & _excludes(terms, _CONFLICT)
    known = (reach.lawful_m, excluded)
    if clear:
        # a record of coarse place would take whole counties away: it is in doubt, not known
        known = (reach.outer_m, bound & ~_is_coarse(table))
        excluded = excluded | (bound & _excludes(terms, _REGULATED))
    return Constraint(
        key=spec.id,
        words=f"{spec.name_zh} {spec.name_en}",
        known=_kept(table, *known),
        possible=_kept(table, reach.inner_m, excluded, certain=True),
        surely=_kept(table, reach.outer_m, bound),
    )


def _excludes(terms: Terms, outcome: int) -> Bools:
    """Say which options have this outcome where they are met, and are met where they reach."""
    excludes: Bools = ~terms.capped & (terms.if_met == outcome)
    return excludes


@dataclass(frozen=True, slots=True)
class _Reach:
    """How far each option of a class reaches, m: in any case (`inner_m`), as its rule says, and at
    the most, with all errors.
    """

    inner_m: Floats
    lawful_m: Floats
    outer_m: Floats

    @classmethod
    def of(
        cls,
        terms: Terms,
        site_error_m: float,
        stretch: float,
    ) -> _Reach:
        required = terms.required
        doubt = site_error_m + terms.accuracy + terms.datum + PLANE_SCALE * required
        inner = required - doubt
        # where no distance is asked for, shapes that touch do not overlap yet
        return cls(
            inner_m=np.where(
                required == 0,
                np.minimum(inner, -TOUCH_M),
                inner,
            ),
            lawful_m=required * stretch + MARGIN_M,
            outer_m=(required + doubt + terms.extent) * stretch + MARGIN_M,
        )


def _owners(table: Table) -> Ints:
    """Return the row of the record of each option."""
    return np.repeat(
        np.arange(len(table.records)),
        table.terms.count,
    )


def _binds(table: Table) -> Bools:
    """Say which options bind the project and have a place on the plane."""
    owner = _owners(table)
    # a class of which nothing is held has no shapes to ask
    if not len(owner):
        return np.zeros(0, dtype=bool)
    located = np.array([shape is not None for shape in table.shapes], dtype=bool)
    bound: Bools = table.terms.bound & located[owner]
    return bound


def _is_coarse(table: Table) -> Bools:
    """Say which options are of a record whose place is known by its county only."""
    coarse = np.zeros(len(table.records), dtype=bool)
    coarse[list(table.coarse)] = True
    return coarse[_owners(table)]


def _kept(
    table: Table,
    distance_m: Floats,
    used: Bools,
    *,
    certain: bool = False,
) -> Bounds:
    """Return one keep-out with the largest distance of every record."""
    radius = np.full(len(table.records), -np.inf)
    np.maximum.at(radius, _owners(table)[used], distance_m[used])
    rows = np.flatnonzero(np.isfinite(radius))
    if not len(rows):
        return FREE
    return _off(
        table.layer.spec.id,
        table.shapes[rows],
        radius[rows],
        certain=certain,
    )


def completeness(
    table: Table,
    ground: Ground,
    *,
    site_error_m: float,
    stretch: float,
) -> Bounds:
    """Return where a class can be clear at all: whole by its document, and nothing of unknown place
    near; see the design's outcomes.
    """
    key = table.layer.spec.id
    codes = {tuple(table.codes[row]) for row in table.coarse if _is_bound(table, row)}
    why = _why_nowhere_whole(table) or _why_nowhere_without(codes, ground)
    if why is not None:
        return Bounds(empty=f"{key}: {why}")
    reach_m = (table.required_m * (1 + PLANE_SCALE) + site_error_m) * stretch + MARGIN_M
    held = _in_what_is_whole(table, reach_m)
    partial = _off_partial(table, reach_m, stretch)
    coarse = _without_counties(key, sorted(set(chain(*codes))), ground, reach_m)
    return Bounds(
        (*partial.outs, *coarse.outs),
        (*held.ins, *coarse.ins),
    )


def _in_what_is_whole(table: Table, reach_m: float) -> Bounds:
    """Return the land whose reach stays inside of what a class has whole."""
    # what lies beyond the edge of what is whole may reach over it
    whole = np.array([table.complete], dtype=object)
    return _in(
        table.layer.spec.id,
        whole,
        np.array([-(reach_m + table.complete_edge_m)]),
    )


def _off_partial(
    table: Table,
    reach_m: float,
    stretch: float,
) -> Bounds:
    """Return the land off records of which only a part is drawn: each may go on for some way."""
    partial = table.partial
    if not len(partial.rows):
        return FREE
    near_m = reach_m + partial.reach_m * stretch
    return _off(table.layer.spec.id, table.shapes[partial.rows], near_m)


def _why_nowhere_whole(table: Table) -> str | None:
    """Say why a class is whole nowhere; None where a document says where it is."""
    layer = table.layer
    if layer.failed is not None:
        return "the layer could not be loaded"
    if not layer.held:
        return "nothing is held"
    if layer.spec.id == URBAN and len(table.records):
        return "no rule of it was seen, so nothing is clear of it"
    if table.covered is None or table.complete is None or not np.isfinite(table.complete_edge_m):
        return "no document says that it is whole anywhere"
    return None


def _why_nowhere_without(codes: Collection[tuple[str, ...]], ground: Ground) -> str | None:
    """Say why records of coarse place, told by their counties, may lie anywhere."""
    if () in codes:
        return "a record's place is not known at all"
    if codes and any(not np.isfinite(ground.edge_m([c])) for c in ground.shapes):
        return "the accuracy of a county's edge is not known"
    return None


def _without_counties(
    key: str,
    codes: Sequence[str],
    ground: Ground,
    reach_m: float,
) -> Bounds:
    """Return the land that lies surely off the counties in which records lie somewhere."""
    inside = [c for c in codes if c in ground.shapes]
    off, within = FREE, FREE
    if inside:
        shapes = np.array([ground.shapes[c] for c in inside], dtype=object)
        off = _off(key, shapes, np.array([reach_m + ground.edge_m([c]) for c in inside]))
    # a county beyond the known ones may begin anywhere outside of them
    if len(inside) < len(codes):
        everywhere = np.array([ground.union(ground.shapes)], dtype=object)
        within = _in(key, everywhere, np.array([-MARGIN_M]))
    return Bounds(off.outs, within.ins)


def _is_bound(table: Table, row: int) -> bool:
    # one rule of a record that binds the project is enough
    first, count = int(table.terms.first[row]), int(table.terms.count[row])
    return bool(table.terms.bound[first : first + count].any())


def of_inside(layer: Shapes, site_error_m: float) -> Constraint:
    """Land lies in the layer's shapes."""
    key, words = f"inside:{layer.words}", f"位于 inside {layer.words}"
    known = _in(key, layer.shapes, np.zeros(len(layer.shapes)))
    if not layer.is_accurate:
        return _unsure(key, words, known)

    # the errors move the rim of all together: where two shapes meet there is none
    whole = layer.united()
    error = layer.accuracy_m + site_error_m
    worst = np.array([error.max(initial=0.0)])[: len(whole)]
    return Constraint(
        key,
        words,
        known,
        possible=_in(key, whole, worst, generous=True),
        surely=_in(key, whole, -worst - MARGIN_M),
    )


def of_away(
    layer: Shapes,
    metres: float,
    site_error_m: float,
) -> Constraint:
    """Land lies at least so many metres from every shape; exactly so many is lawful."""
    key, words = f"away:{layer.words}", f"距 away from {layer.words} ≥ {metres:g} m"
    error = layer.accuracy_m + site_error_m
    distance = np.full(len(layer.shapes), metres + MARGIN_M)
    known = _off(key, layer.shapes, distance)
    if not layer.is_accurate:
        return _unsure(key, words, known)
    return Constraint(
        key,
        words,
        known,
        possible=_off(key, layer.shapes, metres - error, certain=True),
        surely=_off(key, layer.shapes, distance + error),
    )


def of_near(
    layer: Shapes,
    metres: float,
    site_error_m: float,
) -> Constraint:
    """All of the land lies within so many metres of some shape."""
    key, words = f"near:{layer.words}", f"距 within {metres:g} m of {layer.words}"
    error = layer.accuracy_m + site_error_m
    distance = np.full(len(layer.shapes), float(metres))
    known = _in(key, layer.shapes, distance)
    if not layer.is_accurate:
        return _unsure(key, words, known)
    # what the errors eat up holds nothing for sure
    sure = distance - error
    return Constraint(
        key,
        words,
        known,
        possible=_in(key, layer.shapes, distance + error, generous=True),
        surely=_in(
            key,
            layer.shapes[sure > 0],
            sure[sure > 0],
        ),
    )


def _unsure(
    key: str,
    words: str,
    known: Bounds,
) -> Constraint:
    """Return a constraint by a layer of unknown accuracy: it may leave all, and surely nothing."""
    empty = f"{key}: the accuracy of the layer is not known"
    return Constraint(key, words, known, FREE, Bounds(empty=empty))


def of_areas(
    key: str,
    words: str,
    *,
    inner: Shape | None,
    middle: Shape | None,
    outer: Shape | None,
) -> Constraint:
    """Land lies in an area that is drawn three times: as surely, likely and perhaps reached."""

    def held(shape: Shape | None) -> Bounds:
        # an area that is none holds nothing: to leave it out would hold everything
        is_none = shape is None or shapely.is_empty(shape)
        one = NOWHERE if is_none else np.array([shape], dtype=object)
        return _in(key, one, np.zeros(len(one)))

    return Constraint(key, words, held(middle), held(outer), held(inner))


def bounds_of(
    constraints: Iterable[Constraint], grade: Grade
) -> tuple[list[KeepOut], list[KeepIn], list[str]]:
    """Return all keep-outs and keep-ins of a grade, and why nothing at all is left where that is
    so.
    """
    outs: list[KeepOut] = []
    ins: list[KeepIn] = []
    empty: list[str] = []
    for constraint in constraints:
        bounds = constraint.at(grade)
        outs += bounds.outs
        ins += bounds.ins
        if bounds.empty is not None:
            empty.append(bounds.empty)
    return outs, ins, empty
