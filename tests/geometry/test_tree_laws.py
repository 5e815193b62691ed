"""How the tree of the join is built, and what it says of sites that lie wholly in a resource."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import shapely

pytest.importorskip("numba")

from sxgeo.geometry import join_kernels as loops
from sxgeo.geometry.join import BoxTree, ReadyRagged, join
from sxgeo.geometry.overlap import common_part, measure
from sxgeo.geometry.overlap_areas import area_kernel, overlap_areas_m2
from sxgeo.geometry.overlap_pairs import overlap_pairs
from sxgeo.geometry.ragged import RaggedShapes

CORNERS = [(0.0, 0.0), (5e5, 4.2e6), (-3e6, -40.0)]


@pytest.fixture(autouse=True, scope="module")
def uncompiled() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, loop in list(vars(loops).items()):
            if hasattr(loop, "py_func"):
                patch.setattr(loops, name, loop.py_func)
        patch.setattr("numba.njit", lambda *given, **_: given[0] if given else lambda loop: loop)
        area_kernel.cache_clear()
        yield
    area_kernel.cache_clear()


@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize("step", [1e-3, 1.0, 7e4])
def test_sixteen_by_sixteen_places_stand_in_the_tree_by_squares_of_four_by_four(
    corner: tuple[float, float], step: float
) -> None:
    """The curve fills a quarter of a quarter before it leaves it, wherever the places lie."""
    x, y = (rows.ravel() for rows in np.meshgrid(np.arange(16.0), np.arange(16.0)))
    places = np.column_stack([x, y])[np.random.default_rng(3).permutation(256)] * step + corner
    # one far to the west that is missing, and has no say in where the others stand
    boxes = np.vstack([np.hstack([places, places]), [[np.nan] * 4]])
    tree = BoxTree.of(boxes)
    assert tree.levels.tolist() == [0, 256, 272, 273]
    sides = tree.boxes[256:272, 2:] - tree.boxes[256:272, :2]
    assert sides / step == pytest.approx(3.0, abs=1e-3)
    assert tree.boxes[272].tolist() == [*places.min(axis=0), *places.max(axis=0)]
    for begin, end in pairwise(range(0, 257, 16)):
        held = places[tree.order[begin:end]]
        assert np.ptp(held, axis=0) / step == pytest.approx([3.0, 3.0], abs=1e-3)


def test_places_far_apart_one_way_stand_in_the_order_of_that_way() -> None:
    """A row of places is not drawn out to a square: the narrow way counts as little as it is."""
    along = np.arange(64.0)
    for places in (
        np.column_stack([along, along % 2 * 1e-4]),
        np.column_stack([along % 2 * 1e-4, along]),
    ):
        tree = BoxTree.of(np.hstack([places, places]))
        first = along[tree.order[:16]]
        assert np.ptp(first) == 15


def notched(seed: int) -> tuple[Any, Any]:
    """A line within a polygon, and notches of it that end on the line: GEOS tells it in pieces, whose
    lengths may sum up to a hair more than the line has.
    """
    rng = np.random.default_rng(seed)
    at = np.sort(rng.choice(np.arange(2, 98), 20, replace=False)).astype(float)
    run = np.array([3.0, float(1 + seed % 7)])
    up, end = 10 * np.array([-run[1], run[0]]), run * 100
    tips = [
        place
        for tip in at[::-1, None] * run
        for place in (tip + up + run / 5, tip, tip + up - run / 5)
    ]
    shape = shapely.Polygon([-run - up, end + run - up, end + run + up, *tips, -run + up])
    line = shapely.LineString([(0, 0), end])
    return shapely.transform([shape, line], lambda xy: np.add(xy, (5e5, 4.2e6)))


@pytest.mark.parametrize("seed", range(12))
def test_a_line_that_lies_in_a_polygon_gives_all_of_itself_and_no_more(seed: int) -> None:
    shape, line = notched(seed)
    sites, resources = np.array([line], dtype=object), np.array([shape], dtype=object)
    ready = ReadyRagged.of(RaggedShapes.of(resources))
    for told in (join(RaggedShapes.of(sites), ready), overlap_pairs(sites, resources)):
        assert told.share[0] <= 1 and told.share[0] == pytest.approx(1.0)
        assert told.length_m[0] == pytest.approx(line.length)
    for one, other in ((line, shape), (shape, line)):
        found = measure(one, other)
        assert found.share <= 1 and found.length_m <= line.length
        assert found.length_m == pytest.approx(line.length)


@pytest.mark.parametrize("seed", range(3))
def test_what_lies_within_another_has_all_of_its_area_in_common_and_no_more(seed: int) -> None:
    """However the sums over edges are rounded: a share is never more than all of it."""
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 2 * np.pi, (30, 7)), axis=1)
    rings = np.stack([np.cos(angle), np.sin(angle)], axis=2) * rng.uniform(1, 30, (30, 1, 1))
    inner = shapely.convex_hull(shapely.polygons(np.add(rings, (5e5, 4.2e6))))
    outer = np.array([shapely.Point(5e5, 4.2e6).buffer(90, quad_segs=5)], dtype=object)
    row, none = np.arange(30), np.zeros(30, dtype=np.int64)
    area = shapely.area(inner)
    for told in (
        overlap_areas_m2(inner, outer, row, none),
        overlap_areas_m2(outer, inner, none, row),
        overlap_pairs(inner, outer).area_m2,
        overlap_pairs(outer, inner).area_m2,
    ):
        assert (told <= area).all() and told == pytest.approx(area, abs=1e-6)


def test_what_is_at_no_distance_meets_whether_arithmetic_can_hold_the_place_or_not() -> None:
    """A point on a slanted line is off it by less than a number can say: the two touch."""
    rng = np.random.default_rng(2)
    lost = 0
    for a, b in rng.uniform(0, 9000, (60, 2, 2)):
        line = shapely.LineString([a, b])
        point = line.interpolate(rng.uniform(0, 1), normalized=True)
        if shapely.distance(point, line) > 0:
            continue
        lost += shapely.intersection(point, line).is_empty
        told = measure(point, line)
        assert (told.separation_m, told.distance_m, told.penetration_m) == (0, 0, 0)
        assert (told.area_m2, told.length_m, told.share) == (0, 0, 0)
    assert lost


@pytest.mark.parametrize("seed", range(4))
def test_what_the_overlay_cannot_hold_is_repaired_and_cut_once_more(seed: int) -> None:
    """Notches that run into each other: the outline crosses itself."""
    at = np.sort(np.random.default_rng(seed).uniform(1, 99, 60))
    tips = [place for x in at[::-1] for place in ((x + 1.0, 50), (x, 0), (x - 1.0, 50))]
    crossed = shapely.Polygon([(-10, -50), (110, -50), (110, 50), *tips, (-10, 50)])
    line = shapely.LineString([(-20, 20.3), (120, 20.3)])
    whole = shapely.make_valid(crossed, method="structure", keep_collapsed=True)
    with pytest.raises(shapely.GEOSException):
        shapely.intersection(line, crossed)
    for told in (common_part(line, crossed), common_part(crossed, line)):
        assert told.length == pytest.approx(shapely.intersection(line, whole).length, abs=1e-9)
        assert told.length > 1
