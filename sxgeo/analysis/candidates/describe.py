"""What is told of each candidate: how large, how far, how near, what is not known there, and what
screening says of it.
"""

from __future__ import annotations

import json
from collections import ChainMap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from ...errors import AnalysisError
from ...geometry.projection import GEOGRAPHIC, ellipsoid_areas_m2, quantise, to_degrees
from ...geometry.shapes import Floats, Ints, Shape, Shapes
from ...geometry.straight import lifted_to_degrees
from ...model.sites import Site
from ..accessibility.travel_times import travel_times
from ..conflicts.screener import BATCH
from .blocks import common_m2, flat_polygons, summed, united
from .land import Sieve, width_of
from .near import nearest_resources
from .pieces import pieces_of
from .rounding import in_degrees

if TYPE_CHECKING:
    from ...model.outcomes import SiteOutcome
    from .constraints import Bounds
    from .wishes import Reach
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


@dataclass(frozen=True, slots=True)
class Screened:
    """What screening says of a candidate: as :class:`SiteOutcome` says it, class by class."""

    verdict: str
    known_verdict: str
    classes: dict[str, tuple[str, str, str]]

    @property
    def unsure(self) -> list[str]:
        """The classes of which it is not clear."""
        return [class_id for class_id, told in self.classes.items() if told[0] != "clear"]


def described(
    world: World,
    rows: Sequence[tuple[str, Shape]],
    surely: Shapes,
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
    laid = _Laid.of([shape for _, shape in rows], world.plane)
    screened = _screened(world, laid)
    _refuse_prohibited(screened)

    columns = _columns_of(
        world,
        rows,
        surely,
        laid,
        screened,
    )
    return _numbered([dict(ChainMap(*own)) for own in columns], laid.degrees)


def _columns_of(
    world: World,
    rows: Sequence[tuple[str, Shape]],
    surely: Shapes,
    laid: _Laid,
    screened: Sequence[Screened],
) -> Iterator[tuple[Row, ...]]:
    """Return for each candidate what is told of it, a group of columns after another."""
    parts = _Parts.of(laid.pieces)

    # each of these tells some columns, for all candidates in their order
    return zip(
        _graded(rows, screened, parts.summed(common_m2(parts.polygons, surely))),
        _measured(laid),
        _minutes(world, laid.shapes),
        [_told_near(nearest_resources(world, pieces)) for pieces in laid.pieces],
        [_told_of_law(one, world.site_error_m) for one in screened],
        _shares(world, laid.pieces),
        [{"unknown": _json(areas_ha)} for areas_ha in _unclear(world, parts, screened)],
        strict=True,
    )


@dataclass(frozen=True, slots=True)
class _Laid:
    """Candidates on the plane, in degrees, and in pieces that are quick to measure to."""

    shapes: Shapes
    degrees: Shapes
    pieces: Sequence[Shapes]

    @classmethod
    def of(cls, shapes: Sequence[Shape], plane: str) -> _Laid:
        array = np.array(shapes, dtype=object)
        return cls(array, in_degrees(array, plane), [pieces_of(shape) for shape in array])


Row = dict[str, Any]
"""Some columns of a candidate, by name."""


def _numbered(table: Sequence[Row], degrees: Shapes) -> gpd.GeoDataFrame:
    """Return rows as a frame, with ids that sort as the rows stand, however many they are."""
    digits = max(2, len(str(len(table))))
    for number, row in enumerate(table, start=1):
        row["site_id"] = f"C{number:0{digits}d}"
    return gpd.GeoDataFrame(
        {column: [row[column] for row in table] for column in COLUMNS},
        geometry=list(degrees),
        crs=GEOGRAPHIC,
    )


def _graded(
    rows: Sequence[tuple[str, Shape]],
    screened: Sequence[Screened],
    shared_m2: Floats,
) -> Iterator[Row]:
    """Yield the grade of each candidate, and how much of it is surely available; `shared_m2` is
    what it has in common with the land that is surely left.
    """
    for (grade, shape), verdict, shared in zip(rows, screened, shared_m2.tolist(), strict=True):
        sure_m2 = shared if grade == "known" else shape.area
        # screening has the last word: what it does not call clear is not surely available
        if grade == "surely" and verdict.verdict != "clear":
            grade, sure_m2 = "known", 0.0
        yield {
            "grade": grade,
            "surely_ha": _hectares(sure_m2),
            "unknown_ha": _hectares(shape.area - sure_m2),
        }


def _measured(laid: _Laid) -> Iterator[Row]:
    """Yield how large and wide each candidate is."""
    ellipsoid_m2 = ellipsoid_areas_m2(laid.degrees)
    for shape, on_ellipsoid_m2 in zip(laid.shapes, ellipsoid_m2, strict=True):
        yield {
            "area_ha": _hectares(shape.area),
            "area_ellipsoid_ha": _hectares(float(on_ellipsoid_m2)),
            "width_m": round(width_of(shape), 1),
        }


def _told_near(near: Sequence[Row]) -> Row:
    """Return the nearest resource in columns of its own, and all that were found."""
    first: Row = {"nearest": None, "nearest_m": np.nan, "nearest_error_m": np.nan}
    if near:
        nearest = near[0]
        first = {
            "nearest": nearest["name_zh"],
            "nearest_m": nearest["distance_m"],
            "nearest_error_m": _number(nearest["error_m"]),
        }
    return {**first, "resources": _json(near)}


def _told_of_law(screened: Screened, site_error_m: float) -> Row:
    """Return what screening says, and the accuracy that it was asked with."""
    outcomes = {class_id: told[0] for class_id, told in screened.classes.items()}
    return {
        "verdict": screened.verdict,
        "known_verdict": screened.known_verdict,
        "classes": _json(outcomes),
        "accuracy_m": site_error_m,
    }


def _shares(world: World, pieces: Sequence[Shapes]) -> Iterator[Row]:
    """Yield the share of each class of land use; none where no layer was given."""
    uses = world.land_use
    tree = shapely.STRtree([] if uses is None else uses.shapes)
    for own in pieces:
        yield {"land": _json({} if uses is None else uses.shares(tree, own))}


def _hectares(area_m2: float) -> float:
    return round(area_m2 / 1e4, 4)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def site_of(
    world: World,
    site_id: str,
    geometry: Shape,
) -> Site:
    """Return a candidate as a site."""
    return Site(site_id, geometry, accuracy_m=world.site_error_m, accuracy_source="candidate")


def _screened(world: World, laid: _Laid) -> list[Screened]:
    """Screen candidates, of which the large ones are in pieces."""
    told = world.screener.screen_in_pieces(_sites_of(world, laid), len(laid.pieces))
    return [_told_of(outcome) for outcome in told]


def _sites_of(world: World, laid: _Laid) -> Iterator[tuple[list[Site], Ints]]:
    """Yield pieces as sites, with the row of the candidate of each, batch by batch."""
    is_whole = np.array([len(own) == 1 for own in laid.pieces], dtype=bool)
    for batch in _batches(laid.pieces):
        owner = np.array([i for i, _ in batch])
        shapes = np.array([shape for _, shape in batch], dtype=object)
        # a candidate in one piece is screened as it is told, mended where rounding spoilt it
        whole = is_whole[owner]
        shapes[whole] = laid.degrees[owner[whole]]
        shapes[~whole] = quantise(lifted_to_degrees(shapes[~whole], world.plane))
        yield _named(world, owner, shapes), owner


def _named(
    world: World,
    owner: Ints,
    shapes: Shapes,
) -> list[Site]:
    """Return pieces as sites; no two of one batch have the same id."""
    numbered = enumerate(zip(owner.tolist(), shapes, strict=True))
    return [site_of(world, f"{row}-{k}", shape) for k, (row, shape) in numbered]


def _batches(pieces: Sequence[Shapes]) -> Iterator[list[tuple[int, Shape]]]:
    """Yield pieces with the row of their candidate, as many at once as bound the memory."""
    batch: list[tuple[int, Shape]] = []
    corners = 0
    for i, own in enumerate(pieces):
        for shape, count in zip(
            own,
            shapely.get_num_coordinates(own).tolist(),
            strict=True,
        ):
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
    parts: _Parts,
    screened: Sequence[Screened],
) -> list[dict[str, float]]:
    """Return the ha of each class in which it is not known to be clear, class by class; those known
    everywhere are left out.
    """
    # worked out for all candidates at once, of the classes that are not clear for all of them
    wanted = dict.fromkeys(class_id for one in screened for class_id in one.unsure)
    lacking_m2 = {class_id: _lacking_m2(world, class_id, parts) for class_id in wanted}
    blank_m2 = _blank_m2(world, parts)
    unclear: list[dict[str, float]] = []
    for i, one in enumerate(screened):
        areas_m2 = {class_id: lacking_m2[class_id][i] for class_id in one.unsure}
        areas_m2 |= {key: area[i] for key, area in blank_m2.items()}
        areas_ha = {key: _hectares(float(area)) for key, area in areas_m2.items()}
        unclear.append({key: ha for key, ha in areas_ha.items() if ha > 0})
    return unclear


@dataclass(frozen=True, slots=True)
class _Parts:
    """All polygons of the pieces of candidates, and the row of the candidate of each."""

    polygons: Shapes
    owner: Ints
    count: int

    @classmethod
    def of(cls, pieces: Sequence[Shapes]) -> _Parts:
        every = [flat_polygons(own) for own in pieces]
        owner = np.repeat(np.arange(len(every)), [len(own) for own in every])
        return cls(np.concatenate(every), owner, len(every))

    def summed(self, areas_m2: Floats) -> Floats:
        """Return what the polygons of each candidate have together."""
        return summed(self.owner, areas_m2, self.count)


def _lacking_m2(
    world: World,
    class_id: str,
    parts: _Parts,
) -> Floats:
    """Return how much of each candidate is not surely clear of a class."""
    by_class = {constraint.key: constraint for constraint in world.constraints}
    left_m2 = _left_m2(world, by_class[class_id].surely, parts.polygons)
    return parts.summed(shapely.area(parts.polygons)) - parts.summed(left_m2)


def _blank_m2(world: World, parts: _Parts) -> dict[str, Floats]:
    """Return by constraint how much of each candidate lies where its data say nothing."""
    return {
        c.key: parts.summed(common_m2(parts.polygons, united(c.blank)))
        for c in world.constraints
        if len(c.blank)
    }


def _left_m2(
    world: World,
    bounds: Bounds,
    parts: Shapes,
) -> Floats:
    """Return how much of each polygon the bounds of a class leave."""
    # a class that is clear nowhere leaves nothing, and need not be drawn
    if bounds.empty is not None or any(not len(held.shapes) for held in bounds.ins):
        return np.zeros(len(parts))
    return Sieve.of(world.shape, bounds.outs, bounds.ins).left_m2(parts)


def _minutes(world: World, shapes: Shapes) -> list[Row]:
    """Return for each candidate the minutes to a point on it, of every wish, and the longest of
    them with its error.
    """
    inner = quantise(to_degrees(shapely.point_on_surface(shapes), world.plane))
    points = gpd.GeoDataFrame(
        {"id": np.arange(len(shapes))},
        geometry=inner,
        crs=GEOGRAPHIC,
    )
    by_wish = [_reached(reach, points) for reach in world.reaches]
    return [_longest([told[i] for told in by_wish]) for i in range(len(shapes))]


def _reached(reach: Reach, points: gpd.GeoDataFrame) -> list[Row]:
    """Return for each point the minutes from the nearest origin of a wish, None without a way."""
    times = travel_times(reach.network, reach.origins, points)
    least = times.groupby("destination_id")["minutes"].min().reindex(points["id"])
    share = reach.network.time_error_share
    told: list[Row] = []
    for minutes in least.tolist():
        known = np.isfinite(minutes)
        told.append(
            {
                "within": reach.words,
                "minutes": round(minutes, 1) if known else None,
                "error": round(minutes * share, 1) if known else None,
            }
        )
    return told


def _longest(reached: Sequence[Row]) -> Row:
    # told in an order that does not hang on that of the wishes
    reached = sorted(
        reached,
        key=lambda r: (r["within"], r["minutes"] or 0.0),
    )
    known = [r for r in reached if r["minutes"] is not None]
    longest = max(
        known,
        key=lambda r: (r["minutes"], r["error"]),
        default=None,
    )
    whole = longest is not None and len(known) == len(reached)
    return {
        "minutes": longest["minutes"] if whole and longest else np.nan,
        "minutes_error": longest["error"] if whole and longest else np.nan,
        "reach": _json(reached),
    }
