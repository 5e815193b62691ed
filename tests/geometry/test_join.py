"""The join on arrays tells what the join on shapes tells, touching and nearly touching ones too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from test_overlap_areas import EAST, NORTH, pairs_of

from sxgeo.errors import DataError, UsageError
from sxgeo.geometry.overlap_pairs import OverlapPairs, overlap_pairs

pytest.importorskip("numba")

from sxgeo.geometry.join import BoxTree, ReadyRagged, join
from sxgeo.geometry.ragged import RaggedShapes

NUDGES = (0.0, 1e-13, 1e-9, 1e-6, 1e-4, -1e-9, -1e-6)


def joined(sites: Any, resources: Any) -> OverlapPairs:
    return join(RaggedShapes.of(sites), ReadyRagged.of(RaggedShapes.of(resources)))


def same(sites: Any, resources: Any) -> OverlapPairs:
    """Both joins, held to each other; pairs to what GEOS says of each."""
    found, truth = joined(sites, resources), overlap_pairs(sites, resources)
    pairs = np.column_stack([found.site, found.resource])
    assert pairs.tolist() == np.column_stack([truth.site, truth.resource]).tolist()
    rows = shapely.STRtree(resources).query(sites, predicate="intersects").T.tolist()
    assert pairs.tolist() == sorted(rows)
    assert (np.abs(found.area_m2 - truth.area_m2) <= np.maximum(1e-4, 1e-9 * truth.area_m2)).all()
    assert found.length_m == pytest.approx(truth.length_m, rel=1e-9, abs=1e-6)
    assert found.share == pytest.approx(truth.share, rel=1e-7, abs=1e-7)
    return found


def mixed(seed: int) -> tuple[Any, Any]:
    """Polygons with holes and of parts, lines, points, nothing, and collections."""
    rng = np.random.default_rng(seed)
    sites, resources = pairs_of(seed, 30)
    x, y = rng.uniform(0, 2_000, (2, 12)) + np.array([[EAST], [NORTH]])
    lines = [
        shapely.LineString(np.column_stack([a + rng.normal(0, 400, 5), b + rng.normal(0, 400, 5)]))
        for a, b in zip(x, y, strict=True)
    ]
    more = [
        *lines,
        shapely.MultiLineString(lines[:3]),
        *shapely.points(x, y),
        shapely.MultiPoint(np.column_stack([x, y])),
        shapely.box(EAST - 5_000, NORTH - 5_000, EAST + 9_000, NORTH + 9_000),
        shapely.box(x[0], y[0], x[0] + 2, y[0] + 2),
        shapely.Polygon(),
        shapely.Point(),
        None,
        shapely.GeometryCollection([resources[0], lines[0]]),
        shapely.GeometryCollection(list(shapely.points(x[:4], y[:4]))),
    ]
    return (
        np.array([*sites, *more], dtype=object),
        np.array([*resources, *reversed(more)], dtype=object),
    )


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_both_joins_tell_the_same_of_shapes_of_every_kind(seed: int) -> None:
    found = same(*mixed(seed))
    assert len(found.site) > 50


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.sampled_from(NUDGES), st.floats(0, 6.3))
def test_both_joins_tell_the_same_of_neighbours_that_share_corners_and_edges(
    seed: int, nudge_m: float, turn: float
) -> None:
    # parcels of one cadastre: a grid, turned, so that corners and edges coincide up to rounding
    rng = np.random.default_rng(seed)
    at = np.arange(0, 5) * 37.3
    x, y = (grid.ravel() for grid in np.meshgrid(at, at))
    cells = shapely.box(x, y, x + 37.3, y + 37.3)
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    cells = shapely.transform(cells, lambda xy: xy @ spin + np.array([EAST, NORTH]))
    moved = shapely.transform(cells, lambda xy: xy + nudge_m * rng.choice([-1, 0, 1], 2))
    corners = shapely.points(shapely.get_coordinates(cells)[:30])
    edges = shapely.boundary(cells[:10])
    chords = shapely.linestrings(shapely.get_coordinates(moved).reshape(-1, 5, 2)[:, [0, 2]])
    same(np.concatenate([cells, corners, edges, chords]), moved)
    same(moved, np.concatenate([cells, corners, edges, chords]))


def test_what_touches_meets_and_has_no_area_in_common_by_hand() -> None:
    square = shapely.box(EAST, NORTH, EAST + 100, NORTH + 100)
    ring = square.difference(shapely.box(EAST + 25, NORTH + 25, EAST + 75, NORTH + 75))
    sites = np.array(
        [
            shapely.box(EAST + 100, NORTH, EAST + 200, NORTH + 100),
            shapely.box(EAST + 100, NORTH + 100, EAST + 200, NORTH + 200),
            shapely.box(EAST + 100.001, NORTH, EAST + 200, NORTH + 100),
            shapely.box(EAST + 30, NORTH + 30, EAST + 70, NORTH + 70),
            shapely.box(EAST + 25, NORTH + 25, EAST + 75, NORTH + 75),
            shapely.box(EAST + 20, NORTH + 20, EAST + 80, NORTH + 80),
            shapely.box(EAST - 50, NORTH - 50, EAST + 150, NORTH + 150),
            shapely.box(EAST + 5, NORTH + 5, EAST + 15, NORTH + 15),
            shapely.LineString([(EAST - 50, NORTH + 50), (EAST + 150, NORTH + 50)]),
            shapely.LineString([(EAST, NORTH), (EAST + 100, NORTH)]),
            shapely.MultiPoint([(EAST + 10, NORTH + 10), (EAST + 50, NORTH + 50)]),
            shapely.Point(EAST, NORTH + 50),
        ],
        dtype=object,
    )
    found = joined(sites, np.array([ring], dtype=object))
    assert found.site.tolist() == [0, 1, 4, 5, 6, 7, 8, 9, 10, 11]
    assert found.area_m2 == pytest.approx([0, 0, 0, 1_100, 7_500, 100, 0, 0, 0, 0], abs=1e-6)
    assert found.length_m == pytest.approx([0] * 6 + [50, 100, 0, 0], abs=1e-9)
    assert found.share == pytest.approx(
        [0, 0, 0, 1_100 / 3_600, 7_500 / 40_000, 1, 0.25, 1, 0.5, 1], abs=1e-9
    )


@settings(max_examples=10)
@given(st.integers(0, 10_000), st.integers(1, 20))
def test_pieces_of_the_sites_tell_what_the_whole_tells(seed: int, step: int) -> None:
    pa = pytest.importorskip("pyarrow")
    sites, resources = mixed(seed)
    whole = joined(sites, resources)
    wkb = list(shapely.to_wkb(resources))
    pieces = [pa.array(part, pa.binary()) for part in (wkb[:7], [], wkb[7:])]
    ready = ReadyRagged.of(RaggedShapes.of_pieces(pieces))
    parts = [
        (begin, join(RaggedShapes.of(sites[begin : begin + step]), ready))
        for begin in range(0, len(sites), step)
    ]
    for name in ("resource", "area_m2", "length_m", "share"):
        assert np.concatenate([getattr(p, name) for _, p in parts]).tolist() == (
            getattr(whole, name).tolist()
        )
    assert np.concatenate([begin + p.site for begin, p in parts]).tolist() == whole.site.tolist()


@settings(max_examples=15)
@given(st.integers(0, 10_000))
def test_shapes_come_back_as_they_were_laid_out(seed: int) -> None:
    sites, _ = mixed(seed)
    ragged = RaggedShapes.of(sites)
    back = ragged.shapes(np.arange(len(sites)))
    empty = shapely.is_missing(sites) | shapely.is_empty(sites)
    assert (shapely.is_missing(back) == empty).all()
    assert shapely.equals(back[~empty], sites[~empty]).all()
    assert np.allclose(ragged.laid.box[~empty], shapely.bounds(sites[~empty]), rtol=0, atol=0)


@pytest.mark.parametrize("flavor", ["iso", "extended"])
@pytest.mark.parametrize("byte_order", [0, 1])
@pytest.mark.parametrize("dimension", [2, 3, 4])
def test_wkb_of_every_kind_is_read(flavor: Any, byte_order: Any, dimension: Any) -> None:
    pa = pytest.importorskip("pyarrow")
    sites, resources = mixed(3)
    heights = shapely.force_3d(sites, 7.5)
    if flavor == "extended" and dimension == 3:
        heights = shapely.set_srid(heights, 4547)
    pieces = shapely.to_wkb(
        heights,
        output_dimension=dimension,
        byte_order=byte_order,
        flavor=flavor,
        include_srid=flavor == "extended",
    )
    column = pa.array(list(pieces), type=pa.large_binary() if dimension == 3 else pa.binary())
    ready = ReadyRagged.of(RaggedShapes.of(resources))
    truth = join(RaggedShapes.of(sites), ready)
    for told in (column, pa.chunked_array([column[:9], column[9:]])):
        found = join(RaggedShapes.of_arrow(told), ready)
        assert found.site.tolist() == truth.site.tolist()
        assert found.area_m2 == pytest.approx(truth.area_m2, rel=1e-9, abs=1e-6)


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 40), st.binary(min_size=1, max_size=4))
def test_wkb_that_is_cut_or_spoiled_is_an_error_or_another_shape_never_more(
    seed: int, at: int, spoil: bytes
) -> None:
    pa = pytest.importorskip("pyarrow")
    sites, _ = pairs_of(seed % 5, 6)
    whole = bytearray(shapely.to_wkb(sites[0]))
    at = min(at, len(whole) - 1)
    for content in (whole[:at], whole[:at] + spoil + whole[at + len(spoil) :]):
        try:
            truth = shapely.from_wkb(bytes(content))
        except shapely.GEOSException:
            with pytest.raises(DataError, match="row 0: the geometry cannot be read"):
                RaggedShapes.of_arrow(pa.array([bytes(content)]))
        else:
            assert len(RaggedShapes.of_arrow(pa.array([bytes(content)]))) == 1, truth


def test_a_column_of_something_else_is_refused() -> None:
    pa = pytest.importorskip("pyarrow")
    with pytest.raises(UsageError, match="expected a column of WKB, got one of int64"):
        RaggedShapes.of_arrow(pa.array([1, 2]))


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(0, 700))
def test_the_tree_finds_the_boxes_that_meet(seed: int, number: int) -> None:
    rng = np.random.default_rng(seed)

    def some(count: int) -> Any:
        low = rng.integers(0, 50, (count, 2)).astype(float)
        boxes = np.hstack([low, low + rng.integers(0, 8, (count, 2))])
        boxes[rng.uniform(size=count) < 0.1] = np.nan
        return boxes

    held, asked = some(number), some(40)
    own, other = BoxTree.of(held).near(asked)
    meets = (
        (held[None, :, 0] <= asked[:, None, 2])
        & (held[None, :, 2] >= asked[:, None, 0])
        & (held[None, :, 1] <= asked[:, None, 3])
        & (held[None, :, 3] >= asked[:, None, 1])
    )
    assert np.column_stack([own, other]).tolist() == np.argwhere(meets).tolist()
