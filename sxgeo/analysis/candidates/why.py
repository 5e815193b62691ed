"""Why not here: the constraints that exclude a place, in their order, and the smallest relaxation
that would free it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from ...errors import InputError
from ...geometry.overlap import measure
from ...geometry.projection import quantise
from ...geometry.straight import laid_on_plane
from ...model.sites import Site
from ..accessibility.travel_times import travel_times
from ..conflicts.freeing import lacking_m
from .constraints import bounds_of
from .grown import MARGIN_M
from .land import free_land, width_of

if TYPE_CHECKING:
    from ...geometry.shapes import Shape
    from ...model.outcomes import Finding
    from .constraints import Constraint, Grade
    from .grown import KeepIn, KeepOut
    from .world import World

WHY_COLUMNS = (
    "order",
    "constraint",
    "words",
    "grade",
    "feature_id",
    "name_zh",
    "rule_id",
    "lacks_m",
    "relaxation",
)
_SIZE = "size"
Row = dict[str, Any]
"""Some columns of an answer, by name; those that are not there stay empty."""


def why_not_here(world: World, place: Any) -> pd.DataFrame:
    """Say which constraints exclude a place.

    Parameters
    ----------
    place
        (lon, lat), or a point or polygon in degrees.

    Returns
    -------
    DataFrame
        Columns `WHY_COLUMNS`, the constraints in their order, in each the greatest lack first:
        `grade` is ``not`` where the constraint surely excludes it, else ``doubtful``; `lacks_m` how
        many metres are lacking (NaN where metres do not free it), `relaxation` what would free it
        by the least. Empty where nothing excludes the place.

    Raises
    ------
    InputError
        If the place is no point or polygon, or lies outside the area that was searched.
    """
    shape = place if isinstance(place, shapely.Geometry) else _point(place)
    if shape.is_empty or not shapely.covers(world.area.geometry, shape):
        raise InputError(
            f"the place {shape.wkt[:60]} does not lie in {world.area.name}, where candidates were"
            " looked for"
        )
    shape = quantise(shape)
    laid = laid_on_plane(shape, world.plane)
    rows = list(_excluding(world, shape, laid))
    # land that all constraints leave may still be too small
    if not rows:
        rows += _by_size(world, laid, len(world.constraints) + 1)
    return pd.DataFrame(rows, columns=list(WHY_COLUMNS))


def _excluding(
    world: World,
    shape: Shape,
    laid: Shape,
) -> Iterator[Row]:
    """Yield rows for the constraints that exclude a shape in degrees, laid on the plane beside."""
    findings = _findings(world, shape)
    for order, constraint in enumerate(world.constraints, start=1):
        lacks_m = _lack_m(constraint, laid, "known")
        if lacks_m is None:
            continue
        own = findings.get(constraint.key)
        if own is None:
            minutes = _minutes_more(world, constraint.key, shape)
            relaxed = [_by_wish(constraint, lacks_m, minutes)]
        else:
            relaxed = list(_by_law(own, lacks_m))
        told = _told(order, constraint, laid)
        yield from (told | row for row in relaxed)


def _told(
    order: int,
    constraint: Constraint,
    laid: Shape,
) -> Row:
    # what even the worst errors do not free is surely excluded
    is_doubtful = _lack_m(constraint, laid, "possible") is None
    return {
        "order": order,
        "constraint": constraint.key,
        "words": constraint.words,
        "grade": "doubtful" if is_doubtful else "not",
    }


def _minutes_more(
    world: World,
    key: str,
    shape: Shape,
) -> float | None:
    """Return how many minutes more the way to a place takes than was asked; None where there is no
    way or no wish.
    """
    for reach in world.reaches:
        if key != f"within:{reach.words}":
            continue
        inner = shapely.point_on_surface(shape)
        times = travel_times(
            reach.network,
            reach.origins,
            [(inner.x, inner.y)],
        )["minutes"]
        more = float(times.min()) - reach.minutes
        return more if more > 0 else None
    return None


def _point(place: Any) -> Shape:
    try:
        lon, lat = (float(v) for v in place)
    except (TypeError, ValueError) as error:
        raise InputError(f"a place is (lon, lat) or a shape in degrees, not {place!r}") from error
    return shapely.Point(lon, lat)


def _findings(world: World, shape: Shape) -> dict[str, list[Finding]]:
    """Return for every class what keeps a place from being clear of it; often nothing."""
    outcome = world.screener.screen(Site("place", shape, accuracy_m=world.site_error_m))
    _, tables = world.screener.prepared(world.plane)
    findings: dict[str, list[Finding]] = {table.layer.spec.id: [] for table in tables}
    for entry in (*outcome.screening, *outcome.extra):
        if entry.resource_class in findings:
            own = [f for f in entry.findings if f.relation in ("met", "between")]
            findings[entry.resource_class] = own
    return findings


def _lack_m(
    constraint: Constraint,
    shape: Shape,
    grade: Grade,
) -> float | None:
    """Return how many metres a place lacks to satisfy a constraint; None where it does."""
    bounds = constraint.at(grade)
    lacks = [_too_near_m(out, shape) for out in bounds.outs]
    lacks += [_too_far_m(held, shape) for held in bounds.ins]
    worst = max(lacks, default=-np.inf)
    return float(worst) if worst > 0 else None


def _too_near_m(out: KeepOut, shape: Shape) -> float:
    apart = shapely.distance(out.shapes, shape)
    lacks = out.distance_m - apart
    # where both overlap the way out begins at the edge: as deep as the check measures it
    for row in np.flatnonzero(apart == 0).tolist():
        lacks[row] = measure(shape, out.shapes[row]).penetration_m + out.distance_m[row]
    return float(lacks.max(initial=-np.inf))


def _too_far_m(held: KeepIn, shape: Shape) -> float:
    """Return how far the farthest corner lies beyond the nearest shape that would hold it."""
    if not len(held.shapes):
        return np.inf
    corners = shapely.points(shapely.get_coordinates(shape))
    pairs = zip(held.shapes, held.distance_m, strict=True)
    beyond = [shapely.distance(one, corners) - metres for one, metres in pairs]
    # any of the shapes will do for a corner, and the corner that lacks the most counts
    return float(np.min(beyond, axis=0).max()) - MARGIN_M


def _by_law(findings: Sequence[Finding], lacks_m: float) -> Iterator[Row]:
    """Yield a row for each record that is met or may be, the greatest lack first."""
    # land keeps out of a drawn buffer that is a little larger than what the check measures
    if not findings:
        yield {
            "lacks_m": round(lacks_m, 2),
            "relaxation": f"距资源再远 {lacks_m:.1f} m {lacks_m:.1f} m farther from the resource",
        }
    by_feature: dict[str, list[Finding]] = {}
    for finding in sorted(findings, key=_by_lack):
        by_feature.setdefault(finding.feature_id, []).append(finding)
    for own in by_feature.values():
        # of several rules of a record the one that asks for the most decides
        yield _of_record(own[0], {f.rule_id for f in own if f.rule_id})


def _by_lack(finding: Finding) -> tuple[float, str, str]:
    return -(_freed_m(finding) or 0.0), finding.feature_id, finding.rule_id or ""


def _of_record(finding: Finding, rule_ids: set[str]) -> Row:
    metres = _freed_m(finding)
    # no metres free it: it may lie anywhere
    words = "须查明位置 its position must be found"
    if metres is not None:
        words = (
            f"移开 {metres:.1f} m，或更精确的边界 {metres:.1f} m away, or a boundary that is better"
            " known"
        )
    return {
        "feature_id": finding.feature_id,
        "name_zh": finding.name_zh,
        "rule_id": ";".join(sorted(rule_ids)),
        "lacks_m": np.nan if metres is None else round(metres, 2),
        "relaxation": words,
    }


def _freed_m(finding: Finding) -> float | None:
    metres = lacking_m(finding)
    return metres if metres is not None and metres > 0 else None


def _by_wish(
    constraint: Constraint,
    lacks_m: float,
    minutes: float | None,
) -> Row:
    if not np.isfinite(lacks_m):
        return {"lacks_m": np.nan, "relaxation": f"无处满足 nothing satisfies: {constraint.words}"}
    return {"lacks_m": round(lacks_m, 2), "relaxation": _relaxation(constraint, lacks_m, minutes)}


def _relaxation(
    constraint: Constraint,
    lacks_m: float,
    minutes: float | None,
) -> str:
    """Say what of a wish would have to be asked for less."""
    kind = constraint.key.partition(":")[0]
    more = "增加分钟数 allow more minutes"
    if minutes is not None:
        more = f"增加 {minutes:.1f} 分钟 allow {minutes:.1f} more minutes"
    # inside of the layer there is no distance that would do
    asked_m = max((float(out.distance_m.max()) for out in constraint.known.outs), default=np.inf)
    if kind == "away" and lacks_m >= asked_m:
        return (
            f"位于图层之内，缩短距离无济于事，须移开 {lacks_m:.1f} m it lies within the layer, where no"
            f" shorter distance frees it: move {lacks_m:.1f} m away"
        )
    by_kind = {
        "within": f"在可达范围外 {lacks_m:.0f} m beyond what is reached：{more}",
        "away": f"要求减少 {lacks_m:.1f} m ask for {lacks_m:.1f} m less",
        "near": f"要求增加 {lacks_m:.1f} m ask for {lacks_m:.1f} m more",
    }
    return by_kind.get(kind, f"相差 {lacks_m:.1f} m lacks {lacks_m:.1f} m")


def _free_part_at(world: World, shape: Shape) -> Shape | None:
    """Return the land that all constraints leave round a place, however small or narrow."""
    outs, ins, _ = bounds_of(world.constraints, "known")
    parts = free_land(world.shape, outs, ins)
    return next((part for part in parts if shapely.intersects(part, shape)), None)


def _by_size(
    world: World,
    shape: Shape,
    order: int,
) -> Iterator[Row]:
    """Say that the land is free, but too narrow or too small: how wide and large it is."""
    kept = world.land("known")
    if any(shapely.intersects(part, shape) for part in kept):
        return
    part = _free_part_at(world, shape)
    # a place on the very edge of a constraint lies in none of the parts
    if part is None:
        return
    area, width = part.area / 1e4, width_of(part)
    yield {
        "order": order,
        "constraint": _SIZE,
        "words": f"面积 ≥ {world.min_area_m2 / 1e4:g} ha, 宽度 width ≥ {world.min_width_m:g} m",
        "grade": "doubtful",
        "lacks_m": round(max(0.0, world.min_width_m - width), 2),
        "relaxation": (
            f"此处可用地 {area:.2f} ha、最宽 {width:.1f} m the free land here has {area:.2f} ha"
            f" and is {width:.1f} m wide"
        ),
    }
