"""The resources that lie nearest to a candidate, how far, and how probably they overlap it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from ...geometry.shapes import Floats, Ints, Shape, Shapes
from ..conflicts.relation import spread_m
from .uncertainty import farthest_m, on_plane, standard_error_m

if TYPE_CHECKING:
    from ..conflicts.prepared import Table
    from .world import World

_NEAREST = 5
_AT_ONCE = 64
_SAME_SHARE = 1e-9


class _Near(NamedTuple):
    """The resource of a class that is nearest to a candidate."""

    class_id: str
    record: Mapping[str, Any]
    shape: Shape
    apart_m: float


def nearest_resources(world: World, pieces: Shapes) -> list[dict[str, Any]]:
    """Return the nearest resources of a candidate that is given in pieces: the nearest of every
    class, then the nearest of these.
    """
    _, tables = world.screener.prepared(world.plane)
    asked = [table for table in tables if world.screener.is_requested(table.layer)]
    by_class = [near for table in asked if (near := _nearest_of(table, pieces))]
    by_class.sort(key=lambda near: (round(near.apart_m, 1), near.record["feature_id"]))

    # what is asked of thousands of draws is asked of those alone that are told
    tree = shapely.STRtree(pieces)
    return [_told(world, near, tree) for near in by_class[:_NEAREST]]


def _nearest_of(table: Table, pieces: Shapes) -> _Near | None:
    # of a class of which no place is known nothing is near
    if not any(shape is not None for shape in table.shapes):
        return None
    row, apart = _nearest_rows(table, pieces)
    # of equals the first of the layer, whatever piece found it
    first = int(np.lexsort((row, apart))[0])
    own = int(row[first])
    return _Near(
        table.layer.spec.id,
        table.records[own],
        table.shapes[own],
        float(apart[first]),
    )


def _nearest_rows(table: Table, pieces: Shapes) -> tuple[Ints, Floats]:
    """Return records and how far each is from some piece, the nearest of all among them.

    What is as near as the nearest of the pieces before bounds what is looked for round the next:
    nearly all of it is left aside without being measured.
    """
    (_, row), apart = table.tree.query_nearest(pieces[:1], return_distance=True)
    rows, distances, least_m = [row], [apart], float(apart.min())
    for first in range(1, len(pieces), _AT_ONCE):
        row, apart = _within(table, pieces[first : first + _AT_ONCE], least_m)
        rows.append(row)
        distances.append(apart)
        least_m = min(least_m, float(apart.min(initial=np.inf)))
    return np.concatenate(rows), np.concatenate(distances)


def _within(
    table: Table,
    pieces: Shapes,
    distance_m: float,
) -> tuple[Ints, Floats]:
    """Return the records within a distance of pieces, and how far each is."""
    # equals are kept, whatever the last digit of their distances
    reach_m = distance_m * (1 + _SAME_SHARE) + _SAME_SHARE
    shapely.prepare(pieces)
    piece, row = table.tree.query(pieces, predicate="dwithin", distance=reach_m)
    apart = shapely.distance(pieces[piece], table.shapes[row])
    shapely.destroy_prepared(pieces)
    return row, apart


def _told(
    world: World,
    near: _Near,
    pieces: shapely.STRtree,
) -> dict[str, Any]:
    """Tell of a near resource, with the error of its distance and how probably it overlaps."""
    record, error_m, share = near.record, None, None
    own_m = _stated_error_m(record)
    # where nobody states how well its place is known, neither is told: no number stands for it
    if own_m is not None:
        error_m = round(world.site_error_m + own_m + spread_m(record), 1)
        sigma_m = standard_error_m(world.site_error_m, own_m)
        share = round(_overlap_share(pieces, near.shape, sigma_m), 4)
    return {
        "resource_class": near.class_id,
        "feature_id": record["feature_id"],
        "name_zh": record["name_zh"],
        "distance_m": round(near.apart_m, 1),
        "error_m": error_m,
        "p_overlap": share,
    }


def _stated_error_m(record: Mapping[str, Any]) -> float | None:
    accuracy = record["position_accuracy_m"]
    if accuracy is None or not np.isfinite(accuracy):
        return None
    return float(accuracy + (record["datum_error_m"] or 0.0))


def _overlap_share(
    pieces: shapely.STRtree,
    resource: Shape,
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
