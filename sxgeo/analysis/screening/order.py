"""In which order sites are screened, and in which pieces: neighbours together, work of one size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from ..conflicts.relation import accuracy_m, finite, is_coarse, spread_m
from .chunk import chunk_of

if TYPE_CHECKING:
    from ...geometry.shapes import Floats, Ints, Shapes
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

    # the curve of a single place has no length to be laid along
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
    bounds = shapely.bounds(np.array([site.geometry for site in sites], dtype=object))
    usable = np.flatnonzero(np.isfinite(bounds).all(axis=1))

    # a class without records costs nothing at any site
    for layer in filter(len, layers):
        boxes = _Boxes(bounds[usable], _reach_degrees(layer, rules))
        counts[usable] += boxes.near(layer.shapes)

        # a coarse record is told wherever its county is near: of all of them a part
        counts[usable] += sum(map(is_coarse, layer.records)) // 4
    return counts


class _Boxes(NamedTuple):
    """Bounds of sites, (n, 4), and how far around them records count; degrees."""

    bounds: Floats
    reach: float

    def near(self, shapes: Shapes) -> Ints:
        """Count for each site the records near it."""
        tree = shapely.STRtree(shapes)
        counts = np.zeros(len(self.bounds), dtype=np.int64)

        # some sites at a time: boxes and pairs of all would stand in memory at once
        for start in range(0, len(counts), _AT_ONCE):
            west, south, east, north = self.bounds[start : start + _AT_ONCE].T
            boxes = shapely.box(
                west - self.reach, south - self.reach, east + self.reach, north + self.reach
            )
            some = counts[start : start + _AT_ONCE]
            some += np.bincount(
                tree.query(boxes)[0],
                minlength=len(some),
            )
        return counts


def _reach_degrees(layer: Layer, rules: Sequence[Rule]) -> float:
    """Return how far from a record of a layer a site may be told of it, at the most."""
    own = [rule.required_m for rule in rules if rule.resource_class == layer.spec.id]
    spreads = (spread_m(record) + finite(accuracy_m(record)) for record in layer.records)
    return (max(own, default=0.0) + max(spreads, default=0.0)) / _METRES_PER_DEGREE


def cut(
    cost: Any,
    done: Sequence[Key],
    most: int,
) -> Iterator[Key]:
    """Cut what is not done into chunks of at most so many candidates and `MOST_SITES` sites."""
    edges = [0, *(edge for key in done for edge in key), len(cost)]
    for first, last in zip(
        edges[::2],
        edges[1::2],
        strict=True,
    ):
        # a gap between parts that are done is cut by itself, so that no chunk runs across one
        start, total = first, 0
        for row in range(first, last):
            total += int(cost[row])

            # a single site is never cut, however many candidates it has
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
