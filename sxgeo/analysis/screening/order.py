"""In which order sites are screened, and in which pieces: neighbours together, work of one size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from ..conflicts.relation import accuracy_m, finite, is_coarse, spread_m
from .chunk import chunk_of

if TYPE_CHECKING:
    from ...layers.layers import Layer
    from ...layers.rules import Rule
    from ...model.sites import Site
    from ..execution.executors import Key

MOST_SITES = 2048
"""Sites of a chunk at most."""
_AT_ONCE = 16_384
"""Sites whose candidates are counted together."""
_METRES_PER_DEGREE = 85_000.0
"""Fewer than a degree has here in any direction north of 40: a reach in degrees is never too short
for counting.
"""


def hilbert_order(sites: Sequence[Site]) -> Any:
    """Return the rows of sites along a Hilbert curve, neighbours together; those without geometry
    last.
    """
    usable = np.array([site.usable for site in sites], dtype=bool)
    place = np.full(len(sites), np.iinfo(np.int64).max)
    shapes = [site.geometry for site in sites if site.usable]
    if len(shapes) > 1:
        place[usable] = gpd.GeoSeries(shapes).hilbert_distance().to_numpy(dtype=np.int64)
    return np.argsort(place, kind="stable")


def candidates(
    sites: Sequence[Site],
    layers: Sequence[Layer],
    rules: Sequence[Rule],
) -> Any:
    """Count for each site the records that may be told of it: the work follows these, not the
    number of sites.
    """
    counts = np.ones(len(sites), dtype=np.int64)
    shapes = np.array([site.geometry for site in sites], dtype=object)
    bounds = shapely.bounds(shapes)
    usable = np.flatnonzero(np.isfinite(bounds).all(axis=1))
    for layer in layers:
        if not layer.records:
            continue
        own = max(
            (rule.required_m for rule in rules if rule.resource_class == layer.spec.id), default=0.0
        )
        widest = max((spread_m(r) + finite(accuracy_m(r)) for r in layer.records), default=0.0)
        reach = (own + widest) / _METRES_PER_DEGREE
        tree = shapely.STRtree(layer.shapes)

        # some sites at a time: boxes and pairs of all would stand in memory at once
        for start in range(0, len(usable), _AT_ONCE):
            rows = usable[start : start + _AT_ONCE]
            west, south, east, north = bounds[rows].T
            boxes = shapely.box(west - reach, south - reach, east + reach, north + reach)
            counts[rows] += np.bincount(tree.query(boxes)[0], minlength=len(rows))
        counts[usable] += sum(is_coarse(r) for r in layer.records) // 4
    return counts


def cut(
    cost: Any,
    done: Sequence[Key],
    most: int,
) -> Iterator[Key]:
    """Cut what is not done into chunks of at most so many candidates and `MOST_SITES` sites."""
    edges = [0, *(edge for key in done for edge in key), len(cost)]
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        start, total = first, 0
        for row in range(first, last):
            total += int(cost[row])
            if row > start and (total > most or row - start >= MOST_SITES):
                yield start, row
                start, total = row, int(cost[row])
        if start < last:
            yield start, last


def tasks_of(
    sites: Sequence[Site],
    order: Any,
    keys: Iterator[Key],
) -> Iterator[tuple[Key, Any]]:
    for first, last in keys:
        rows = order[first:last].tolist()
        yield (first, last), chunk_of([sites[row] for row in rows], rows)
