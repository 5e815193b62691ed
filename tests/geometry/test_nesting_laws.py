"""Which ring lies in which: said a second time by counting, in whatever order they come."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely

from sxgeo.geometry import nesting as nesting_module
from sxgeo.geometry.nesting import nested


def rings(seed: int) -> list[Any]:
    """Boxes in boxes, five deep, beside others that cross them, stand apart, or are drawn alike."""
    rng = np.random.default_rng(seed)
    deep = [shapely.box(k, k, 40 - k, 40 - k) for k in (0, 2, 4, 6, 8)]
    beside = [shapely.box(60, 0, 80, 20), shapely.box(62, 2, 70, 10), shapely.box(72, 2, 78, 10)]
    crossing = [shapely.box(35, 10, 65, 15), shapely.box(20, 36, 25, 60)]
    alike = [shapely.box(100, 0, 110, 10), shapely.box(100, 0, 110, 10)]
    every = [*deep, *beside, *crossing, *alike]
    return [every[k] for k in rng.permutation(len(every))]


@pytest.mark.parametrize("seed", range(8))
def test_a_ring_lies_as_deep_as_rings_around_it_and_in_the_smallest_of_them(seed: int) -> None:
    some = rings(seed)
    told = nested(some)
    assert told is not None
    for i, ring in enumerate(some):
        around = [
            j for j, other in enumerate(some) if other.covers(ring) and other.area > ring.area
        ]
        assert told.depth[i] == len(around)
        smallest = min(around, key=lambda j: some[j].area, default=-1)
        assert told.parent[i] == smallest
    pairs = {
        frozenset((i, j))
        for i, one in enumerate(some)
        for j, other in enumerate(some)
        if i < j and one.overlaps(other)
    }
    assert {frozenset(pair) for pair in told.crossing} == pairs
    assert len(told.crossing) == len(pairs)


def test_more_pairs_than_are_compared_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    some = rings(1)
    meeting = sum(one.envelope.intersects(other.envelope) for one in some for other in some)
    monkeypatch.setattr(nesting_module, "MAX_OVERLAPS", meeting)
    assert nested(some) is not None
    monkeypatch.setattr(nesting_module, "MAX_OVERLAPS", meeting - 1)
    assert nested(some) is None
    assert nested([]) == nesting_module.Nesting([], [], [])


def test_pairs_are_counted_to_the_last_of_many_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rings apart from each other meet themselves alone."""
    some = [shapely.box(2 * k, 0, 2 * k + 1, 1) for k in range(450)]
    monkeypatch.setattr(nesting_module, "MAX_OVERLAPS", 450)
    assert nested(some) == nesting_module.Nesting([-1] * 450, [0] * 450, [])
    monkeypatch.setattr(nesting_module, "MAX_OVERLAPS", 449)
    assert nested(some) is None
