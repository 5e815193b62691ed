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
from ...geometry.projection import GEOGRAPHIC, ellipsoid_areas_m2, quantise, to_degrees
from ...geometry.straight import lifted_to_degrees
from ...model.sites import Site
from ..accessibility.travel_times import travel_times
from ..conflicts.relation import spread_m
from ..conflicts.screener import BATCH
from .blocks import common_m2, flat_polygons, united
from .land import Sieve, width_of
from .pieces import pieces_of
from .rounding import in_degrees
from .uncertainty import farthest_m, on_plane

if TYPE_CHECKING:
    from ...model.outcomes import SiteOutcome
    from ..conflicts.prepared import Table
    from .constraints import Bounds, Constraint
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
_CORNERS_AT_ONCE = 400_000
_NEAREST = 5
_NEAR_AT_ONCE = 64
_SAME_SHARE = 1e-9


@dataclass(frozen=True, slots=True)
class Screened:
    """What screening says of a candidate: as :class:`SiteOutcome` says it, class by class."""

    verdict: str
    known_verdict: str
    classes: dict[str, tuple[str, str, str]]


def described(
    world: World,
    rows: Sequence[tuple[str, Any]],
    surely: Any,
) -> gpd.GeoDataFrame:
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
    pieces = [pieces_of(shape) for shape in shapes]
    screened = _screened(world, degrees, pieces)
    _refuse_prohibited(screened)
    minutes = _minutes(world, shapes)
    every, owner = _end_to_end(pieces)
    shared_m2 = np.bincount(owner, common_m2(every, surely), len(rows))
    unclear = _unclear(world, (every, owner), screened)
    ellipsoid_m2 = ellipsoid_areas_m2(degrees)
    uses = world.land_use
    use_tree = shapely.STRtree([] if uses is None else uses.shapes)
    told = []
    for i, (grade, shape) in enumerate(rows):
        near = _resources(world, pieces[i])
        sure_m2 = float(shared_m2[i]) if grade == "known" else shape.area
        verdict = screened[i]
        if grade == "surely" and verdict.verdict != "clear":
            grade, sure_m2 = "known", 0.0
        told.append(
            {
                "grade": grade,
                "area_ha": round(shape.area / 1e4, 4),
                "area_ellipsoid_ha": round(float(ellipsoid_m2[i]) / 1e4, 4),
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
                "land": _json({} if uses is None else uses.shares(use_tree, pieces[i])),
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


def site_of(
    world: World,
    site_id: str,
    geometry: Any,
) -> Site:
    """Return a candidate as a site."""
    return Site(site_id, geometry, accuracy_m=world.site_error_m, accuracy_source="candidate")


def _screened(
    world: World,
    degrees: Any,
    pieces: Sequence[Any],
) -> list[Screened]:
    """Screen candidates, of which the large ones are in pieces."""
    told = world.screener.screen_in_pieces(_sites_of(world, degrees, pieces), len(pieces))
    return [_told_of(outcome) for outcome in told]


def _sites_of(
    world: World,
    degrees: Any,
    pieces: Sequence[Any],
) -> Iterator[tuple[list[Site], Any]]:
    """Yield pieces as sites, with the row of the candidate of each, batch by batch."""
    for batch in _batches(pieces):
        whole = [degrees[i] if len(pieces[i]) == 1 else None for i, _ in batch]
        cut = np.array([shape for _, shape in batch], dtype=object)
        lone = np.array([shape is not None for shape in whole], dtype=bool)
        cut[~lone] = quantise(lifted_to_degrees(cut[~lone], world.plane))
        cut[lone] = np.array(whole, dtype=object)[lone]
        sites = [site_of(world, f"{i}-{k}", cut[k]) for k, (i, _) in enumerate(batch)]
        yield sites, np.array([i for i, _ in batch])


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


def _unclear(
    world: World,
    pieces: tuple[Any, Any],
    screened: Sequence[Screened],
) -> list[dict[str, float]]:
    """Return the ha of each class in which it is not known to be clear, class by class; those known
    everywhere are left out.
    """
    every, owner = pieces
    whole_m2 = np.bincount(owner, shapely.area(every), len(screened))
    constraints: dict[str, Constraint] = {c.key: c for c in world.constraints}
    blank_m2 = {
        key: np.bincount(owner, common_m2(every, united(c.blank)), len(screened))
        for key, c in constraints.items()
        if len(c.blank)
    }
    sure_m2: dict[str, Any] = {}
    unclear: list[dict[str, float]] = []
    for i, verdict in enumerate(screened):
        found = {}
        for class_id, (outcome, _, _) in verdict.classes.items():
            if outcome == "clear":
                continue
            # worked out for all candidates at once, when the first is not clear
            if class_id not in sure_m2:
                left_m2 = _left_m2(world, constraints[class_id].surely, every)
                sure_m2[class_id] = np.bincount(owner, left_m2, len(screened))
            found[class_id] = round(float(whole_m2[i] - sure_m2[class_id][i]) / 1e4, 4)
        for key, blank in blank_m2.items():
            found[key] = round(float(blank[i]) / 1e4, 4)
        unclear.append({key: ha for key, ha in found.items() if ha > 0})
    return unclear


def _end_to_end(pieces: Sequence[Any]) -> tuple[Any, Any]:
    """Return all polygons of the pieces of candidates, and the row of the candidate of each."""
    every = [flat_polygons(own) for own in pieces]
    owner = np.repeat(np.arange(len(every)), [len(own) for own in every])
    return np.concatenate(every), owner


def _left_m2(
    world: World,
    bounds: Bounds,
    parts: Any,
) -> Any:
    """Return how much of each polygon the bounds of a class leave."""
    if bounds.empty is not None or any(not len(held.shapes) for held in bounds.ins):
        return np.zeros(len(parts))
    return Sieve.of(world.shape, bounds.outs, bounds.ins).left_m2(parts)


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
    # told in an order that does not hang on that of the wishes
    reached = sorted(reached, key=lambda r: (r["within"], r["minutes"] or 0.0))
    known = [r for r in reached if r["minutes"] is not None]
    longest = max(known, key=lambda r: (r["minutes"], r["error"]), default=None)
    whole = longest is not None and len(known) == len(reached)
    return {
        "minutes": longest["minutes"] if whole and longest else np.nan,
        "minutes_error": longest["error"] if whole and longest else np.nan,
        "reach": _json(reached),
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
    tree = shapely.STRtree(pieces)
    return [_told_near(world, near, tree) for near in found[:_NEAREST]]


class _Near(NamedTuple):
    """The resource of a class that is nearest to a candidate."""

    class_id: str
    record: Mapping[str, Any]
    shape: Any
    apart_m: float


def _nearest_of(table: Table, pieces: Any) -> _Near | None:
    if not any(shape is not None for shape in table.shapes):
        return None
    row, apart = _nearest_rows(table, pieces)
    first = int(np.lexsort((row, apart))[0])
    own = int(row[first])
    return _Near(table.layer.spec.id, table.records[own], table.shapes[own], float(apart[first]))


def _nearest_rows(table: Table, pieces: Any) -> tuple[Any, Any]:
    """Return records and how far each is from some piece, the nearest of all among them.

    What is as near as the nearest of the pieces before bounds what is looked for round the next:
    nearly all of it is left aside without being measured.
    """
    (_, row), apart = table.tree.query_nearest(pieces[:1], return_distance=True)
    pairs, least = [(row, apart)], float(apart.min())
    for first in range(1, len(pieces), _NEAR_AT_ONCE):
        some = pieces[first : first + _NEAR_AT_ONCE]
        # equals are kept, whatever the last digit of their distances
        reach = least * (1 + _SAME_SHARE) + _SAME_SHARE
        shapely.prepare(some)
        piece, row = table.tree.query(some, predicate="dwithin", distance=reach)
        apart = shapely.distance(some[piece], table.shapes[row])
        shapely.destroy_prepared(some)
        pairs.append((row, apart))
        least = min(least, float(apart.min(initial=np.inf)))
    row, apart = (np.concatenate(column) for column in zip(*pairs, strict=True))
    return row, apart


def _told_near(
    world: World,
    near: _Near,
    pieces: shapely.STRtree,
) -> dict[str, Any]:
    """Tell of a near resource, with the error of its distance and how probably it overlaps."""
    record = near.record
    accuracy, error, share = record["position_accuracy_m"], None, float("nan")
    if accuracy is not None and np.isfinite(accuracy):
        own_m = accuracy + (record["datum_error_m"] or 0.0)
        error = round(world.site_error_m + own_m + spread_m(record), 1)
        sigma = float(np.hypot(world.site_error_m / 2, own_m / 2))
        share = _p_overlap(pieces, near.shape, sigma)
    return {
        "resource_class": near.class_id,
        "feature_id": record["feature_id"],
        "name_zh": record["name_zh"],
        "distance_m": round(near.apart_m, 1),
        "error_m": error,
        "p_overlap": None if share != share else round(share, 4),
    }


def _p_overlap(
    pieces: shapely.STRtree,
    resource: Any,
    sigma_m: float,
) -> float:
    """Return how probably a candidate that is given in pieces overlaps a resource."""
    # no shift brings it beyond these pieces; one of them alone would be hit less often
    rows = np.sort(pieces.query(resource, predicate="dwithin", distance=farthest_m(sigma_m)))
    if not len(rows):
        return 0.0
    near = pieces.geometries[rows]
    site = near[0] if len(near) == 1 else shapely.union_all(near)
    return on_plane(site, resource, sigma_m).share
