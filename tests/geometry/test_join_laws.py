"""The join on few shapes, uncompiled: what it says of each pair is what GEOS says, kind by kind; that
the compiled loops say the same of many is the matter of test_join.py.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
import shapely

pytest.importorskip("numba")

from sxgeo.errors import DataError, UsageError
from sxgeo.geometry import join_kernels as loops
from sxgeo.geometry.join import BoxTree, ReadyRagged, join
from sxgeo.geometry.overlap_areas import area_kernel, overlap_areas_m2
from sxgeo.geometry.overlap_pairs import overlap_pairs
from sxgeo.geometry.ragged import RaggedShapes

FAR = (500_000.0, 4_200_000.0)


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


def far(shape: Any) -> Any:
    return shapely.transform(shape, lambda xy: xy + FAR)


SQUARE = shapely.box(0, 0, 10, 10)
RING = shapely.box(-5, -5, 30, 30).difference(shapely.box(12, 12, 20, 20))
BOTH = shapely.MultiPolygon([shapely.box(8, 2, 14, 6), shapely.box(13, 13, 15, 15)])
LINE = shapely.LineString([(-3, 5), (5, 5), (5, 25)])
LINES = shapely.MultiLineString([[(0, 0), (10, 0)], [(14, 14), (40, 14)]])
POINT, POINTS = shapely.Point(3, 3), shapely.MultiPoint([(3, 3), (10, 10), (16, 16), (90, 90)])
ODD = shapely.GeometryCollection([shapely.box(2, 2, 6, 6), shapely.Point(13, 5)])
ODD_LINE = shapely.GeometryCollection([shapely.LineString([(1, 1), (9, 1)])])
KINDS = [far(s) for s in (SQUARE, RING, BOTH, LINE, LINES, POINT, POINTS, ODD, ODD_LINE)]
ALL = np.array(
    [*KINDS, None, shapely.Polygon(), far(shapely.box(400, 400, 410, 410))], dtype=object
)


def measures(site: Any, resource: Any) -> tuple[float, float, float]:
    """Common area and length, and the share of the site that lies in the resource."""
    dims = shapely.get_dimensions(site), shapely.get_dimensions(resource)
    common = shapely.intersection(site, resource)
    area = common.area if dims == (2, 2) else 0.0
    length = common.length if sum(dims) == 3 else 0.0
    if dims[1] != 2:
        return area, length, 0.0
    parts = shapely.get_parts(site)
    inside = shapely.intersects(parts, resource)
    share = {
        0: float(inside.mean()),
        1: common.length / (site.length or 1),
        2: area / (site.area or 1),
    }
    return area, length, share[dims[0]]


def test_each_kind_of_pair_is_told_as_geos_tells_it() -> None:
    found = join(RaggedShapes.of(ALL), ReadyRagged.of(RaggedShapes.of(ALL)))
    pairs = list(zip(found.site.tolist(), found.resource.tolist(), strict=True))
    met = [
        (i, k) for i, k in product(range(len(ALL)), repeat=2)
        if ALL[i] is not None and ALL[k] is not None and ALL[i].intersects(ALL[k])
    ]  # fmt: skip
    assert pairs == met and len(met) > 50
    for row, (i, k) in enumerate(pairs):
        area, length, share = measures(ALL[i], ALL[k])
        odd = {"GeometryCollection"} & {ALL[i].geom_type, ALL[k].geom_type}
        assert found.area_m2[row] == pytest.approx(area, abs=1e-6), (i, k)
        assert found.length_m[row] == pytest.approx(length, abs=1e-6), (i, k)
        if not odd:
            assert found.share[row] == pytest.approx(min(share, 1.0), abs=1e-9), (i, k)
    assert (found.share <= 1).all()


def test_both_joins_tell_the_same_of_each_kind() -> None:
    plain = np.array([s for s in ALL if s is not None and s.geom_type != "GeometryCollection"])
    one = join(RaggedShapes.of(plain), ReadyRagged.of(RaggedShapes.of(plain)))
    other = overlap_pairs(plain, plain)
    for name in ("site", "resource"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist()
    for name in ("area_m2", "length_m", "share"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-9, abs=1e-7), name


def test_nothing_meets_nothing() -> None:
    none = RaggedShapes.of(np.array([None, shapely.Point()], dtype=object))
    for sites, resources in ((none, ALL), (RaggedShapes.of(ALL), [None])):
        held = RaggedShapes.of(np.array(resources, dtype=object))
        assert len(join(sites, ReadyRagged.of(held)).site) == 0
    empty = RaggedShapes.of(np.empty(0, dtype=object))
    assert len(empty) == 0 and len(join(empty, ReadyRagged.of(empty)).site) == 0


def test_dimensions_are_those_of_the_shapes() -> None:
    told = RaggedShapes.of(ALL).dimensions().tolist()
    assert told == [-1 if s is None or s.is_empty else shapely.get_dimensions(s) for s in ALL]


def test_shapes_come_back_in_any_order_and_as_often_as_asked() -> None:
    ragged = RaggedShapes.of(ALL)
    rows = np.array([8, 0, 2, 9, 2, 6, 3, 10, 1, 7, 4, 5])
    back = ragged.shapes(rows)
    for row, shape in zip(rows.tolist(), back, strict=True):
        if ALL[row] is None or ALL[row].is_empty:
            assert shape is None
        else:
            assert shapely.equals(shape, ALL[row]), row
    assert len(ragged.shapes(np.empty(0, dtype=np.int64))) == 0
    two = RaggedShapes.of(np.array([far(RING), far(BOTH)], dtype=object)).shapes(np.array([0, 1]))
    assert [len(shapely.get_parts(s)) for s in two] == [1, 2]
    assert [len(p.interiors) for s in two for p in shapely.get_parts(s)] == [1, 0, 0]


@pytest.mark.parametrize("large", [False, True])
def test_a_column_of_wkb_is_read_where_it_begins_and_ends(large: bool) -> None:
    pa = pytest.importorskip("pyarrow")
    pieces = [None if s is None else shapely.to_wkb(s, output_dimension=2) for s in ALL]
    column = pa.array(pieces, pa.large_binary() if large else pa.binary())
    whole = RaggedShapes.of(ALL)
    for told, begin, end in (
        (column, 0, 12), (column.slice(2, 7), 2, 9), (pa.chunked_array([column[:5], column[5:]]), 0, 12),
    ):  # fmt: skip
        read = RaggedShapes.of_arrow(told)
        back = read.shapes(np.arange(end - begin))
        expected = whole.shapes(np.arange(begin, end))
        assert shapely.is_missing(back).tolist() == shapely.is_missing(expected).tolist()
        there = ~shapely.is_missing(back)
        assert shapely.equals(back[there], expected[there]).all()
        assert read.laid.size == pytest.approx(whole.laid.size[begin:end])
        np.testing.assert_array_equal(read.laid.box, whole.laid.box[begin:end])
    assert len(RaggedShapes.of_arrow(pa.array([], pa.binary()))) == 0
    for wrong in (pa.array(["a"]), pa.array([1.0])):
        with pytest.raises(UsageError, match="expected a column of WKB, got one of"):
            RaggedShapes.of_arrow(wrong)
    with pytest.raises(DataError, match="row 1: the geometry cannot be read"):
        RaggedShapes.of_arrow(pa.array([pieces[0], b"\1\3"]))


def test_sizes_of_what_the_loops_leave_to_geos() -> None:
    ragged = RaggedShapes.of(ALL)
    assert sorted(ragged.odd) == [7, 8]
    assert ragged.laid.size[[7, 8]] == pytest.approx([16, 8])
    assert ragged.laid.box[7].tolist() == list(ALL[7].bounds)
    points = shapely.GeometryCollection([shapely.Point(1, 1), shapely.Point(2, 2)])
    assert RaggedShapes.of(np.array([points], dtype=object)).laid.size.tolist() == [2]
    empty = RaggedShapes.of(np.array([shapely.GeometryCollection()], dtype=object))
    assert not empty.odd and empty.laid.kind.tolist() == [loops.NONE]


def test_a_tree_over_nothing_and_over_one_place() -> None:
    none = BoxTree.of(np.full((3, 4), np.nan))
    assert len(none.order) == 0 and none.levels.tolist() == [0]
    assert [len(v) for v in none.near(np.array([[0.0, 0, 1, 1]]))] == [0, 0]
    same = BoxTree.of(np.tile([[5.0, 5.0, 5.0, 5.0]], (40, 1)))
    own, other = same.near(np.array([[5.0, 5, 5, 5], [6, 6, 7, 7]]))
    assert own.tolist() == [0] * 40 and other.tolist() == list(range(40))


def star(rng: Any, *, hole: bool) -> Any:
    angle = np.sort(rng.uniform(0, 2 * np.pi, 7))
    reach = rng.uniform(20, 60, 7)
    x, y = rng.uniform(0, 60, 2)
    shape = shapely.Polygon(np.column_stack([x + reach * np.cos(angle), y + reach * np.sin(angle)]))
    shape = shape if shape.is_valid else shape.convex_hull
    return far(shape.difference(shape.centroid.buffer(4, quad_segs=2)) if hole else shape)


@pytest.mark.parametrize("seed", range(4))
def test_areas_of_slanted_polygons_are_those_of_the_overlay(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one = np.array([*(star(rng, hole=k % 2 > 0) for k in range(4)), far(LINE), None], dtype=object)
    other = np.array([*(star(rng, hole=k % 2 > 0) for k in range(4)), far(BOTH)], dtype=object)
    site, resource = (rows.ravel() for rows in np.meshgrid(range(6), range(5)))
    told = overlap_areas_m2(one, other, site, resource)
    for area, i, k in zip(told, site, resource, strict=True):
        both = one[i] is not None and shapely.get_dimensions(one[i]) == 2
        truth = shapely.intersection(one[i], other[k]).area if both else 0.0
        assert area == pytest.approx(truth, abs=1e-6)
    found = join(RaggedShapes.of(one), ReadyRagged.of(RaggedShapes.of(other)))
    for row, (i, k) in enumerate(zip(found.site, found.resource, strict=True)):
        assert found.area_m2[row] == pytest.approx(measures(one[i], other[k])[0], abs=1e-6)
    assert (told > 0).sum() > 8


def test_areas_by_the_million_name_the_extra_that_they_need(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    area_kernel.cache_clear()
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(UsageError, match=r"need numba: pip install 'sxgeo\[fast\]'"):
        area_kernel()
