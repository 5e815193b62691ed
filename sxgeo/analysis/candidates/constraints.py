"""Constraints on land, each in three grades: what it surely leaves, what it leaves as far as is
known, what it perhaps leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely

from ...geometry.projection import PLANE_SCALE
from ...model.outcomes import KNOWN_OUTCOMES
from ..conflicts.relation import TOUCH_M
from ..conflicts.urban import URBAN
from .grown import MARGIN_M, KeepIn, KeepOut

if TYPE_CHECKING:
    from ..conflicts.prepared import Ground, Table

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
    shapes: Any
    accuracy_m: Any
    names: Sequence[str] = field(default_factory=tuple)

    @property
    def is_accurate(self) -> bool:
        """Whether the accuracy of every shape is known."""
        return bool(np.isfinite(self.accuracy_m).all())


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
    owner = np.repeat(np.arange(len(table.records)), terms.count)
    located = np.array([shape is not None for shape in table.shapes], dtype=bool)
    coarse = np.zeros(len(table.records), dtype=bool)
    coarse[list(table.coarse)] = True
    doubt = site_error_m + terms.accuracy + terms.datum + PLANE_SCALE * terms.required
    outer = (terms.required + doubt + terms.extent) * stretch + MARGIN_M
    bound = terms.bound & located[owner] if len(owner) else np.zeros(0, dtype=bool)
    decided = bound & ~terms.capped & (terms.if_met == _CONFLICT)
    if clear:
        known = _kept(spec.id, table, owner, outer, bound & ~coarse[owner])
        decided |= bound & ~terms.capped & (terms.if_met == _REGULATED)
    else:
        known = _kept(spec.id, table, owner, terms.required * stretch + MARGIN_M, decided)
    inner = terms.required - doubt
    inner = np.where(terms.required == 0, np.minimum(inner, -TOUCH_M), inner)
    return Constraint(
        key=spec.id,
        words=f"{spec.name_zh} {spec.name_en}",
        known=Bounds(outs=known),
        possible=Bounds(outs=_kept(spec.id, table, owner, inner, decided, certain=True)),
        surely=Bounds(outs=_kept(spec.id, table, owner, outer, bound)),
    )


def _kept(
    key: str,
    table: Table,
    owner: Any,
    distance_m: Any,
    used: Any,
    *,
    certain: bool = False,
) -> tuple[KeepOut, ...]:
    """Return one keep-out with the largest distance of every record."""
    radius = np.full(len(table.records), -np.inf)
    np.maximum.at(radius, owner[used], distance_m[used])
    rows = np.flatnonzero(np.isfinite(radius))
    if not len(rows):
        return ()
    return (KeepOut(key, table.shapes[rows], radius[rows], certain),)


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
    layer, key = table.layer, table.layer.spec.id
    if layer.failed is not None:
        return Bounds(empty=f"{key}: the layer could not be loaded")
    if not layer.held:
        return Bounds(empty=f"{key}: nothing is held")
    if key == URBAN and len(table.records):
        return Bounds(empty=f"{key}: no rule of it was seen, so nothing is clear of it")
    if table.covered is None or table.complete is None or not np.isfinite(table.complete_edge_m):
        return Bounds(empty=f"{key}: no document says that it is whole anywhere")
    reach = (table.required_m * (1 + PLANE_SCALE) + site_error_m) * stretch + MARGIN_M
    whole = np.array([table.complete], dtype=object)
    ins = [KeepIn(key, whole, np.array([-(reach + table.complete_edge_m)]))]
    partial = table.partial
    outs = []
    if len(partial.rows):
        near = reach + partial.reach_m * stretch
        outs.append(KeepOut(key, table.shapes[partial.rows], near))
    codes = {tuple(table.codes[row]) for row in table.coarse if _is_bound(table, row)}
    if () in codes:
        return Bounds(empty=f"{key}: a record's place is not known at all")
    if any(not np.isfinite(ground.edge_m([c])) for c in ground.shapes) and codes:
        return Bounds(empty=f"{key}: the accuracy of a county's edge is not known")
    inside = {c for group in codes for c in group if c in ground.shapes}
    if any(c not in ground.shapes for group in codes for c in group):
        everywhere = np.array([ground.union(ground.shapes)], dtype=object)
        ins.append(KeepIn(key, everywhere, np.array([-MARGIN_M])))
    if inside:
        names = sorted(inside)
        shapes = np.array([ground.shapes[c] for c in names], dtype=object)
        outs.append(KeepOut(key, shapes, np.array([reach + ground.edge_m([c]) for c in names])))
    return Bounds(tuple(outs), tuple(ins))


def _is_bound(table: Table, row: int) -> bool:
    first, count = int(table.terms.first[row]), int(table.terms.count[row])
    return bool(table.terms.bound[first : first + count].any())


def of_inside(layer: Shapes, site_error_m: float) -> Constraint:
    """Land lies in the layer's shapes."""
    key, error = f"inside:{layer.words}", layer.accuracy_m + site_error_m
    zero = np.zeros(len(layer.shapes))
    united = layer.shapes
    if not layer.is_accurate:
        unknown = f"{key}: the accuracy of the layer is not known"
        return Constraint(
            key,
            f"位于 inside {layer.words}",
            Bounds(ins=(KeepIn(key, united, zero),)),
            FREE,
            Bounds(empty=unknown),
        )
    whole = np.array([shapely.union_all(united)], dtype=object) if len(united) else united
    worst = np.array([error.max(initial=0.0)])[: len(whole)]
    return Constraint(
        key,
        f"位于 inside {layer.words}",
        known=Bounds(ins=(KeepIn(key, united, zero),)),
        possible=Bounds(ins=(KeepIn(key, whole, worst, generous=True),)),
        surely=Bounds(ins=(KeepIn(key, whole, -worst - MARGIN_M),)),
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
    known = Bounds(outs=(KeepOut(key, layer.shapes, distance),))
    if not layer.is_accurate:
        return Constraint(
            key, words, known, FREE, Bounds(empty=f"{key}: the accuracy of the layer is not known")
        )
    return Constraint(
        key,
        words,
        known,
        possible=Bounds(outs=(KeepOut(key, layer.shapes, metres - error, certain=True),)),
        surely=Bounds(outs=(KeepOut(key, layer.shapes, distance + error),)),
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
    known = Bounds(ins=(KeepIn(key, layer.shapes, distance),))
    if not layer.is_accurate:
        return Constraint(
            key, words, known, FREE, Bounds(empty=f"{key}: the accuracy of the layer is not known")
        )
    sure = distance - error
    return Constraint(
        key,
        words,
        known,
        possible=Bounds(ins=(KeepIn(key, layer.shapes, distance + error, generous=True),)),
        surely=Bounds(ins=(KeepIn(key, layer.shapes[sure > 0], sure[sure > 0]),)),
    )


def of_areas(
    key: str,
    words: str,
    *,
    inner: Any,
    middle: Any,
    outer: Any,
) -> Constraint:
    """Land lies in an area that is drawn three times: as surely, likely and perhaps reached."""

    def held(shape: Any) -> Bounds:
        one = (
            NOWHERE if shape is None or shapely.is_empty(shape) else np.array([shape], dtype=object)
        )
        return Bounds(ins=(KeepIn(key, one, np.zeros(len(one))),))

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
