"""What is told of each candidate: how large, how far, how near, what is not known there, and what
screening says of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from ...errors import AnalysisError
from ...geometry.projection import GEOGRAPHIC, ellipsoid_area_m2, quantise, to_degrees
from ...geometry.straight import lifted_to_degrees
from ...model.outcomes import KNOWN_OUTCOMES, OUTCOMES
from ...model.sites import Site
from ..accessibility.travel_times import travel_times
from ..conflicts.relation import spread_m
from ..conflicts.screener import BATCH
from .holes import MANY, clipped
from .land import free_land, width_of
from .rounding import in_degrees
from .uncertainty import on_plane

if TYPE_CHECKING:
    from ...model.outcomes import SiteOutcome
    from ..conflicts.prepared import Table
    from .constraints import Constraint
    from .world import World

COLUMNS = (
    "site_id",
    "grade",
    "area_ha",
    "area_ellipsoid_ha",
    "surely_ha",
    "unknown_ha",
    "width_m",
    "minutes",
    "minutes_error",
    "nearest",
    "nearest_m",
    "nearest_error_m",
    "verdict",
    "known_verdict",
    "accuracy_m",
    "land",
    "reach",
    "resources",
    "unknown",
    "classes",
)
"""Columns of the candidates beside `rank`, `score` and geometry.

`land` (shares), `reach`, `resources`, `unknown` (ha) and `classes` are JSON texts.
"""
_AT_ONCE_POINTS = 20_000
_CORNERS_AT_ONCE = 400_000
_PIECE_POINTS = 2_000
_LEAST_PIECE_M2 = 1e-4
"""A square centimetre, which the grid of degrees has no room for: it is not halved any further."""
_CUT_SHARE = 1e-9
"""Of its area a shape may lose or gain so much when it is cut: the rounding of coordinates."""
_NEAREST = 5


@dataclass(frozen=True, slots=True)
class Screened:
    """What screening says of a candidate: as :class:`SiteOutcome` says it, class by class."""

    verdict: str
    known_verdict: str
    classes: dict[str, tuple[str, str, str]]


def described(world: World, rows: Sequence[tuple[str, Any]], surely: Any) -> gpd.GeoDataFrame:
    """Describe candidates, shapes on the world's plane with their grades.

    Returns
    -------
    GeoDataFrame
        EPSG:4490, columns `COLUMNS` and geometry, in the order of their ids: the surely available
        first, from west to east.

    Raises
    ------
    AnalysisError
        If screening prohibits one: the search and the verdict then contradict each other, and
        nothing is offered.
    """
    shapes = np.array([shape for _, shape in rows], dtype=object)
    degrees = in_degrees(shapes, world.plane)
    pieces = [_pieces(shape) for shape in shapes]
    screened = _screened(world, degrees, pieces)
    _refuse_prohibited(screened)
    minutes = _minutes(world, shapes)
    sure_tree = shapely.STRtree(surely)
    unclear = _unclear(world, shapes, screened)
    uses = world.land_use
    use_tree = shapely.STRtree([] if uses is None else uses.shapes)
    told = []
    for i, (grade, shape) in enumerate(rows):
        near = _resources(world, pieces[i])
        sure_m2 = _common_m2(shape, surely, sure_tree) if grade == "known" else shape.area
        verdict = screened[i]
        if grade == "surely" and verdict.verdict != "clear":
            grade, sure_m2 = "known", 0.0
        told.append(
            {
                "grade": grade,
                "area_ha": round(shape.area / 1e4, 4),
                "area_ellipsoid_ha": round(ellipsoid_area_m2(degrees[i]) / 1e4, 4),
                "surely_ha": round(sure_m2 / 1e4, 4),
                "unknown_ha": round((shape.area - sure_m2) / 1e4, 4),
                "width_m": round(width_of(shape), 1),
                **minutes[i],
                "nearest": near[0]["name_zh"] if near else None,
                "nearest_m": near[0]["distance_m"] if near else np.nan,
                "nearest_error_m": _number(near[0]["error_m"]) if near else np.nan,
                "verdict": verdict.verdict,
                "known_verdict": verdict.known_verdict,
                "accuracy_m": world.site_error_m,
                "land": _json({} if uses is None else uses.shares(use_tree, shape)),
                "resources": _json(near),
                "unknown": _json(unclear[i]),
                "classes": _json({k: v[0] for k, v in verdict.classes.items()}),
            }
        )
    digits = max(2, len(str(len(told))))
    for number, row in enumerate(told, start=1):
        row["site_id"] = f"C{number:0{digits}d}"
    return gpd.GeoDataFrame(
        {column: [row[column] for row in told] for column in COLUMNS},
        geometry=list(degrees),
        crs=GEOGRAPHIC,
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _pieces(shape: Any) -> Any:
    """Halve a shape with very many corners until its pieces are quick to measure to; any other
    stays whole.
    """
    if shapely.get_num_coordinates(shape) <= _AT_ONCE_POINTS:
        return np.array([shape], dtype=object)
    whole, cut = [shape], []
    while whole:
        one = whole.pop()
        # nothing of it is left out: what nobody screens must not be called available
        if shapely.get_num_coordinates(one) <= _PIECE_POINTS or one.area <= _LEAST_PIECE_M2:
            cut.append(one)
            continue
        parts = _halves(one)
        whole += parts[shapely.area(parts) > 0].tolist()
    return np.array(cut, dtype=object)


def _halves(shape: Any) -> Any:
    """Cut a shape in two across its longer side; the parts of both, as polygons."""
    west, south, east, north = shape.bounds
    middle_x, middle_y = (west + east) / 2, (south + north) / 2
    if east - west > north - south:
        boxes = [(west, south, middle_x, north), (middle_x, south, east, north)]
    else:
        boxes = [(west, south, east, middle_y), (west, middle_y, east, north)]
    if shape.geom_type == "Polygon" and shapely.get_num_interior_rings(shape) >= MANY:
        parts = np.concatenate([clipped(shape, box) for box in boxes])
    else:
        parts = shapely.get_parts([shapely.clip_by_rect(shape, *box) for box in boxes])

    # a quick clip is, rarely, wrong: then the land is cut exactly, so that all of it is screened
    lost_m2 = shape.area - float(shapely.area(parts).sum())
    if abs(lost_m2) > _LEAST_PIECE_M2 + _CUT_SHARE * shape.area:
        parts = shapely.get_parts([shapely.intersection(shape, shapely.box(*box)) for box in boxes])
    return parts


def site_of(world: World, site_id: str, geometry: Any) -> Site:
    """Return a candidate as a site."""
    return Site(site_id, geometry, accuracy_m=world.site_error_m, accuracy_source="candidate")


def _screened(world: World, degrees: Any, pieces: Sequence[Any]) -> list[Screened]:
    """Screen candidates; one in pieces has the gravest outcome of its pieces, which is its own: it
    lies apart from all that binds.
    """
    told: list[list[Screened]] = [[] for _ in pieces]
    for batch in _batches(pieces):
        whole = [degrees[i] if len(pieces[i]) == 1 else None for i, _ in batch]
        cut = np.array([shape for _, shape in batch], dtype=object)
        lone = np.array([shape is not None for shape in whole], dtype=bool)
        cut[~lone] = quantise(lifted_to_degrees(cut[~lone], world.plane))
        cut[lone] = np.array(whole, dtype=object)[lone]
        sites = [site_of(world, f"{i}-{k}", cut[k]) for k, (i, _) in enumerate(batch)]
        # only the words are kept: an outcome holds all that was measured for it
        for (i, _), outcome in zip(batch, world.screener.screen_all(sites), strict=True):
            told[i].append(_told_of(outcome))
    return [_gravest(own) for own in told]


def _batches(pieces: Sequence[Any]) -> Iterator[list[tuple[int, Any]]]:
    """Yield pieces with the row of their candidate, as many at once as bound the memory."""
    batch: list[tuple[int, Any]] = []
    corners = 0
    for i, own in enumerate(pieces):
        for shape, count in zip(own, shapely.get_num_coordinates(own).tolist(), strict=True):
            if batch and (corners + count > _CORNERS_AT_ONCE or len(batch) == BATCH):
                yield batch
                batch, corners = [], 0
            batch.append((i, shape))
            corners += count
    if batch:
        yield batch


def _told_of(outcome: SiteOutcome) -> Screened:
    classes = {
        entry.resource_class: (str(entry.outcome), str(entry.known_outcome), entry.reason_code)
        for entry in (*outcome.screening, *outcome.extra)
        if entry.requested
    }
    return Screened(outcome.verdict, outcome.known_verdict, classes)


def _gravest(told: Sequence[Screened]) -> Screened:
    """Return the gravest outcome of the pieces of a candidate, class by class."""
    classes = {}
    for class_id in told[0].classes:
        entries = [one.classes[class_id] for one in told]
        outcome, _, code = min(entries, key=lambda e: OUTCOMES.index(e[0]))
        known = min((e[1] for e in entries), key=KNOWN_OUTCOMES.index)
        classes[class_id] = (outcome, known, code)
    verdict = min((one.verdict for one in told), key=OUTCOMES.index)
    known_verdict = min((one.known_verdict for one in told), key=KNOWN_OUTCOMES.index)
    return Screened(verdict, known_verdict, classes)


def _refuse_prohibited(screened: Sequence[Screened]) -> None:
    bad = [
        f"{number}: {', '.join(k for k, v in one.classes.items() if v[1] == 'conflict')}"
        for number, one in enumerate(screened, start=1)
        if one.known_verdict == "conflict"
    ]
    if bad:
        raise AnalysisError(
            "screening prohibits candidates that the search had left, so nothing is offered; please"
            " report it: " + "; ".join(bad[:10])
        )


def _unclear(world: World, shapes: Any, screened: Sequence[Screened]) -> list[dict[str, float]]:
    """Return the ha of each class in which it is not known to be clear, class by class; those known
    everywhere are left out.
    """
    by_key: dict[str, Constraint] = {c.key: c for c in world.constraints}
    unclear = []
    for shape, verdict in zip(shapes, screened, strict=True):
        found = {}
        for class_id, (outcome, _, _) in verdict.classes.items():
            if outcome == "clear":
                continue
            bounds = by_key[class_id].surely
            sure_m2 = 0.0
            if bounds.empty is None:
                sure_m2 = float(shapely.area(free_land(shape, bounds.outs, bounds.ins)).sum())
            found[class_id] = round((shape.area - sure_m2) / 1e4, 4)
        for constraint in world.constraints:
            if len(constraint.blank):
                blank = shapely.area(shapely.intersection(constraint.blank, shape)).sum()
                found[constraint.key] = round(float(blank) / 1e4, 4)
        unclear.append({key: ha for key, ha in found.items() if ha > 0})
    return unclear


def _common_m2(shape: Any, surely: Any, tree: shapely.STRtree) -> float:
    rows = np.sort(tree.query(shape, predicate="intersects"))
    return float(shapely.area(shapely.intersection(surely[rows], shape)).sum())


def _minutes(world: World, shapes: Any) -> list[dict[str, Any]]:
    """Return for each candidate the minutes to a point on it, of every wish, and the longest of
    them with its error.
    """
    inner = quantise(to_degrees(shapely.point_on_surface(shapes), world.plane))
    points = gpd.GeoDataFrame({"id": np.arange(len(shapes))}, geometry=inner, crs=GEOGRAPHIC)
    told: list[list[dict[str, Any]]] = [[] for _ in shapes]
    for reach in world.reaches:
        times = travel_times(reach.network, reach.origins, points)
        least = times.groupby("destination_id")["minutes"].min().reindex(points["id"])
        share = reach.network.time_error_share
        for i, minutes in enumerate(least.tolist()):
            known = np.isfinite(minutes)
            told[i].append(
                {
                    "within": reach.words,
                    "minutes": round(minutes, 1) if known else None,
                    "error": round(minutes * share, 1) if known else None,
                }
            )
    return [_longest(own) for own in told]


def _longest(reached: Sequence[dict[str, Any]]) -> dict[str, Any]:
    known = [r for r in reached if r["minutes"] is not None]
    longest = max(known, key=lambda r: r["minutes"], default=None)
    whole = longest is not None and len(known) == len(reached)
    return {
        "minutes": longest["minutes"] if whole and longest else np.nan,
        "minutes_error": longest["error"] if whole and longest else np.nan,
        "reach": _json(list(reached)),
    }


def _resources(world: World, pieces: Any) -> list[dict[str, Any]]:
    """Return the nearest resources: the nearest of every class, then the nearest of these."""
    _, tables = world.screener.prepared(world.plane)
    found = [
        nearest
        for table in tables
        if world.screener.is_requested(table.layer) and (nearest := _nearest_of(table, pieces))
    ]
    found.sort(key=lambda near: (round(near.apart_m, 1), near.record["feature_id"]))
    # what is asked of thousands of draws is asked of those alone that are told
    return [_told_near(world, near) for near in found[:_NEAREST]]


class _Near(NamedTuple):
    """The resource of a class that is nearest to a candidate, and the piece that it is nearest
    to.
    """

    class_id: str
    record: Mapping[str, Any]
    shape: Any
    piece: Any
    apart_m: float


def _nearest_of(table: Table, pieces: Any) -> _Near | None:
    if not any(shape is not None for shape in table.shapes):
        return None
    (piece, row), apart = table.tree.query_nearest(pieces, return_distance=True)
    first = int(np.lexsort((row, apart))[0])
    own = int(row[first])
    return _Near(
        table.layer.spec.id,
        table.records[own],
        table.shapes[own],
        pieces[piece[first]],
        float(apart[first]),
    )


def _told_near(world: World, near: _Near) -> dict[str, Any]:
    """Tell of a near resource, with the error of its distance and how probably it overlaps."""
    record = near.record
    accuracy, error, share = record["position_accuracy_m"], None, float("nan")
    if accuracy is not None and np.isfinite(accuracy):
        own_m = accuracy + (record["datum_error_m"] or 0.0)
        error = round(world.site_error_m + own_m + spread_m(record), 1)
        sigma = float(np.hypot(world.site_error_m / 2, own_m / 2))
        share = on_plane(near.piece, near.shape, sigma).share
    return {
        "resource_class": near.class_id,
        "feature_id": record["feature_id"],
        "name_zh": record["name_zh"],
        "distance_m": round(near.apart_m, 1),
        "error_m": error,
        "p_overlap": None if share != share else round(share, 4),
    }
