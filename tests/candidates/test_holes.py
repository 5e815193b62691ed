"""Polygons with very many holes: what is said and mended ring by ring is what the library does to
the whole.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely

from sxgeo.analysis.candidates import holes, pieces, rounding
from sxgeo.analysis.candidates.holes import clashes, is_sound, parted

SIDE = 100.0


def squares(count: int, size: float, rng: Any) -> Any:
    """Return random squares in a field, corners on a coarse grid so that many of them touch."""
    x, y = np.round(rng.uniform(2, SIDE - 2 - size, (2, count)))
    return shapely.box(x, y, x + size, y + size)


def field(rings: Any) -> Any:
    return shapely.polygons(shapely.get_exterior_ring(shapely.box(0, 0, SIDE, SIDE)), list(rings))


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: Any) -> None:
    monkeypatch.setattr(holes, "MANY", 2)
    monkeypatch.setattr(rounding, "MANY", 2)


def test_sound_is_what_the_library_calls_valid() -> None:
    rng, seen = np.random.default_rng(5), {True: 0, False: 0}
    for count in range(2, 60):
        shape = field(shapely.get_exterior_ring(squares(count, rng.integers(1, 5), rng)))
        assert is_sound(shape) == shapely.is_valid(shape), shape.wkt
        seen[is_sound(shape)] += 1
    assert min(seen.values()) > 5


def test_a_hole_at_the_rim_and_holes_that_close_a_ring_are_not_overlooked() -> None:
    ring = shapely.get_exterior_ring
    touching_rim = field([ring(shapely.box(0, 10, 5, 20)), ring(shapely.box(50, 50, 60, 60))])
    outside = field([ring(shapely.box(200, 10, 205, 20)), ring(shapely.box(50, 50, 60, 60))])
    diamonds = [
        shapely.Polygon([(x - 5, y), (x, y - 5), (x + 5, y), (x, y + 5)])
        for x, y in [(50, 40), (60, 50), (50, 60), (40, 50)]
    ]
    # four holes that meet at corners cut the land between them off
    chain = [shapely.box(50, 0, 51, 30), shapely.box(50, 30, 51, 60), shapely.box(20, 20, 21, 21)]
    for shape in (touching_rim, outside, field(map(ring, chain))):
        assert not is_sound(shape) and not shapely.is_valid(shape)
    moved = [shapely.Polygon([(45, 50), (50, 45), (50, 50)]), *diamonds]
    closed = field(map(ring, moved))
    assert is_sound(closed) == shapely.is_valid(closed)


def test_several_parts_are_sound_if_the_library_says_so() -> None:
    rng, seen = np.random.default_rng(8), {True: 0, False: 0}
    for count in range(3, 80):
        some = squares(count, int(rng.integers(1, 4)), rng)
        own = shapely.get_parts(shapely.union_all(some[: count // 2]))
        land = shapely.get_parts(shapely.difference(shapely.box(0, 0, SIDE, SIDE), own))
        base = shapely.difference(shapely.box(0, 0, SIDE, SIDE), shapely.union_all(own))
        islands = shapely.buffer(own, -0.4, join_style="mitre")
        islands = islands[~shapely.is_empty(islands)]
        extra = some[-1:] if count % 3 == 0 else some[:0]
        parts = np.concatenate([shapely.get_parts(base), shapely.get_parts(islands), extra])
        whole = shapely.multipolygons(parts)
        assert len(land)
        assert is_sound(whole) == shapely.is_valid(whole), whole.wkt
        seen[is_sound(whole)] += 1
        mended = parted(parts)
        assert shapely.is_valid(shapely.multipolygons(mended))
        assert sum(shapely.area(mended)) == pytest.approx(shapely.union_all(parts).area)
    assert min(seen.values()) > 5


def test_parts_that_share_an_edge_or_lie_in_each_other_clash_and_those_at_a_corner_do_not() -> None:
    ring = shapely.difference(shapely.box(0, 0, 10, 10), shapely.box(2, 2, 8, 8))
    beside, corner = shapely.box(10, 0, 12, 10), shapely.box(10, 10, 12, 12)
    inside, island = shapely.box(0.5, 0.5, 1, 1), shapely.box(3, 3, 4, 4)
    assert len(clashes(np.array([ring, corner, island]))) == 0
    for other in (beside, inside, shapely.box(1, 1, 3, 3)):
        assert len(clashes(np.array([ring, other]))), other.wkt


def test_pieces_of_a_field_of_very_many_holes_are_all_of_it(monkeypatch: Any) -> None:
    monkeypatch.setattr(pieces, "_AT_ONCE_POINTS", 60)
    monkeypatch.setattr(pieces, "_PIECE_POINTS", 60)
    rng = np.random.default_rng(2)
    shape = shapely.difference(
        shapely.box(0, 0, SIDE, SIDE), shapely.union_all(squares(80, 4, rng))
    )
    largest = max(shapely.get_parts(shape), key=shapely.area)
    cut = pieces.pieces_of(largest)
    assert len(cut) > 5 and shapely.is_valid(cut).all()
    assert sum(shapely.area(cut)) == pytest.approx(largest.area)
    assert shapely.union_all(cut).area == pytest.approx(largest.area)


def test_a_quick_clip_that_loses_land_is_made_good(monkeypatch: Any) -> None:
    """What is lost when a field is cut, nobody would screen."""
    turns = np.linspace(0, 2 * np.pi, 30_000, endpoint=False)
    reach = 10_000 + 500 * np.sin(200 * turns)
    round_field = shapely.Polygon(np.column_stack([reach * np.cos(turns), reach * np.sin(turns)]))
    quick = shapely.clip_by_rect
    asked = []

    def losing(shape: Any, *box: float) -> Any:
        asked.append(box)
        clip = quick(shape, *box)
        return clip if len(asked) % 3 else shapely.Polygon()

    monkeypatch.setattr(shapely, "clip_by_rect", losing)
    cut = pieces.pieces_of(round_field)
    assert len(asked) > 6 and shapely.is_valid(cut).all()
    assert shapely.area(cut).sum() == pytest.approx(round_field.area, rel=1e-9)
    rest = shapely.difference(round_field, shapely.union_all(cut))
    assert rest.area == pytest.approx(0.0, abs=1e-3)
