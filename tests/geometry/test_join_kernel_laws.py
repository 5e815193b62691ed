"""The loops of the join, each by itself, against whole numbers, Shapely and plain counting.

They run uncompiled here, on few corners; that the compiled ones say the same of many is the matter
of test_join.py.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
import shapely

pytest.importorskip("numba")

from sxgeo.geometry import join_kernels as loops
from sxgeo.geometry.join import BoxTree
from sxgeo.geometry.join_kernels import APART, ASK, MEET, Laid
from sxgeo.geometry.ragged import RaggedShapes, _room

SEEDS = range(6)
SLANTED = np.array([[3, 1], [-1, 2]])
"""Turns the grid without leaving whole numbers: no edge stays level or upright."""


@pytest.fixture(autouse=True, scope="module")
def uncompiled() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, loop in list(vars(loops).items()):
            if hasattr(loop, "py_func"):
                patch.setattr(loops, name, loop.py_func)
        yield


def on_grid(seed: int, *, slanted: bool, size: int = 7) -> Any:
    """A polygon of unit squares with holes and parts, its corners whole even numbers."""
    rng = np.random.default_rng(seed)
    x, y = np.nonzero(rng.uniform(size=(size, size)) < 0.55)
    shift = rng.integers(-2, 3, 2)
    shape = shapely.union_all(shapely.box(x, y, x + 1, y + 1))
    turn = SLANTED if slanted else np.eye(2, dtype=int)
    return shapely.transform(shape, lambda xy: 2 * (xy + shift) @ turn)


def laid_out(*shapes: Any) -> Laid:
    return RaggedShapes.of(np.array(shapes, dtype=object)).laid


def edges_of(shape: Any) -> list[tuple[Any, Any]]:
    lines = shapely.get_parts(shape if shapely.get_dimensions(shape) == 1 else shape.boundary)
    return [edge for line in lines for edge in pairwise(shapely.get_coordinates(line).tolist())]


def turning(a: Any, b: Any, c: Any) -> int:
    """On which side of a to b the point c lies, in whole numbers."""
    (ax, ay), (bx, by), (cx, cy) = ([Fraction(v) for v in p] for p in (a, b, c))
    twice = (ax - cx) * (by - cy) - (ay - cy) * (bx - cx)
    return (twice > 0) - (twice < 0)


def crossing(one: Any, other: Any) -> tuple[int, float]:
    """What two edges have in common, in whole numbers: no point, one inside both, or a touch."""
    (p, q), (r, s) = one, other
    if not shapely.LineString(one).intersects(shapely.LineString(other)):
        return APART, 0.0
    sides = turning(p, q, r), turning(p, q, s), turning(r, s, p), turning(r, s, q)
    if 0 in sides:
        return ASK, 0.0
    (px, py), (qx, qy), (rx, ry), (sx, sy) = (map(Fraction, v) for v in (p, q, r, s))
    share = ((px - rx) * (ry - sy) - (py - ry) * (rx - sx)) / (
        (px - qx) * (ry - sy) - (py - qy) * (rx - sx)
    )
    return MEET, float(share)


def met_edges(one: Any, other: Any) -> set[int]:
    found = {crossing(a, b)[0] for a, b in product(edges_of(one), edges_of(other))}
    return found - {APART}


# bytes
# ------------------------------------------------------------------------------------------


def test_a_word_is_four_bytes_the_small_end_first() -> None:
    data = np.arange(7, 255, 31, dtype=np.uint8)
    for at in range(5):
        assert loops._word(data, at) == int.from_bytes(data[at : at + 4].tobytes(), "little")


@pytest.mark.parametrize("order", [0, 1, 2])
def test_a_head_says_the_type_and_how_wide_a_corner_is(order: int) -> None:
    for kind, thousands, z, m, srid in product(range(1, 9), range(6), (0, 1), (0, 1), (0, 1)):
        word = kind + 1000 * thousands + (z << 31) + (m << 30) + (srid << 29)
        data = np.frombuffer(b"\7\7" + struct.pack("<BI", order, word), dtype=np.uint8)
        more = (0, 1, 1, 2, 0, 0)[thousands]
        known = order == 1 and not srid and thousands <= 3
        told = (kind, 8 * (2 + z + m + more)) if known else (0, 16)
        assert loops._head(data, 2, 7) == told
        assert loops._head(data, 2, 6) == (0, 16)
        assert loops._head(data, 3, 7) == (0, 16)


def parts() -> list[Any]:
    square = shapely.box(0, 0, 8, 8)
    return [
        shapely.Point(1, 2),
        shapely.LineString([(0, 0), (1, 1), (2, 0)]),
        shapely.LineString(),
        square,
        square.difference(shapely.box(1, 1, 2, 2)).difference(shapely.box(4, 4, 6, 6)),
        shapely.Polygon(),
    ]


@pytest.mark.parametrize("dimension", [2, 3, 4])
def test_a_part_ends_where_its_bytes_end_and_one_that_is_cut_does_not_fit(dimension: int) -> None:
    for shape in parts():
        content = shapely.to_wkb(shape, output_dimension=dimension, byte_order=1)
        data = np.frombuffer(content, dtype=np.uint8)
        kind, wide = loops._head(data, 0, len(data))
        kind = {"Point": 1, "LineString": 2, "Polygon": 3}[shape.geom_type]
        corners = len(shapely.get_coordinates(shape))
        rings = {1: 0, 2: 1}.get(
            kind, 0 if shape.is_empty else 1 + len(getattr(shape, "interiors", ()))
        )
        told = (len(data), corners + rings, rings)
        assert loops._count_part(data, 5, len(data), kind, wide) == told
        # bytes behind the end are none of its own, whether there are any or not
        for end, held in product(range(5, len(data)), (data, None)):
            cut = data[:end] if held is None else held
            assert loops._count_part(cut, 5, end, kind, wide)[0] == -1
            if kind > 1:
                assert loops._count_part(cut, 5, end, kind, wide) == (-1, 0, 0)


def several() -> list[Any]:
    alone = parts()
    odd = shapely.GeometryCollection([alone[0], alone[3]])
    return [
        *alone,
        shapely.MultiPoint([(0, 0), (5, 6), (7, 1)]),
        shapely.MultiLineString([[(0, 0), (3, 4)], [(5, 5), (6, 6), (9, 2)]]),
        shapely.MultiPolygon([alone[4], shapely.box(20, 20, 30, 31)]),
        shapely.MultiPoint(),
        shapely.MultiPolygon(),
        odd,
        None,
    ]


def counted(pieces: list[bytes | None]) -> Any:
    sizes = [len(p or b"") for p in pieces]
    data = np.frombuffer(b"".join(p or b"" for p in pieces), dtype=np.uint8)
    offsets = np.cumsum([0, *sizes])
    there = np.array([p is not None for p in pieces])
    return data, offsets, loops.count(data, offsets, there)


def rings_of(shape: Any) -> list[tuple[Any, bool]]:
    """Corners of each line or ring, shells and holes the way they should run."""
    found = []
    for part in shapely.get_parts(shape):
        if part.is_empty:
            continue
        if part.geom_type == "LineString":
            found.append((shapely.get_coordinates(part), False))
            continue
        for k, ring in enumerate([part.exterior, *part.interiors]):
            xy = shapely.get_coordinates(ring)
            found.append((xy if shapely.is_ccw(ring) != (k > 0) else xy[::-1], k > 0))
    return found


def plain(shape: Any) -> bool:
    return shape is not None and shape.geom_type != "GeometryCollection"


def test_pieces_are_counted_one_by_one_and_what_is_cut_is_left_to_geos() -> None:
    shapes = several()
    pieces = list(shapely.to_wkb(np.array(shapes, dtype=object), byte_order=1))
    kinds, rows, rings = counted(pieces)[2]
    for shape, kind, row, ring in zip(shapes, kinds, rows, rings, strict=True):
        if not plain(shape):
            assert (kind, row, ring) == (loops.NONE if shape is None else loops.ODD, 0, 0)
            continue
        assert kind == shapely.get_dimensions(shape) or shape.is_empty
        held = (
            0
            if kind == loops.POINTS
            else max(len(rings_of(shape)), shape.geom_type == "LineString")
        )
        assert (row, ring) == (len(shapely.get_coordinates(shape)) + held, held)
    for shape, piece in zip(shapes, pieces, strict=True):
        if not plain(shape):
            continue
        cut = [piece[:end] for end in range(len(piece))]
        kinds, rows, rings = counted([*cut, piece])[2]
        assert (kinds[:-1] == loops.ODD).all() and not rows[:-1].any() and not rings[:-1].any()
        assert kinds[-1] != loops.ODD


def test_bytes_in_another_order_and_named_systems_are_left_to_geos() -> None:
    shapes = np.array([s for s in several() if plain(s)], dtype=object)
    named = shapely.to_wkb(shapely.set_srid(shapes, 4547), include_srid=True, byte_order=1)
    kinds, rows, rings = counted([*shapely.to_wkb(shapes, byte_order=0), *named])[2]
    assert (kinds == loops.ODD).all() and not rows.any() and not rings.any()


def test_a_part_of_another_type_than_its_whole_is_left_to_geos() -> None:
    for outer, inner in product(range(1, 9), range(1, 4)):
        part = shapely.to_wkb(parts()[(0, 1, 3)[inner - 1]], byte_order=1)
        piece = struct.pack("<BII", 1, outer, 1) + part
        if outer < 4:
            continue
        kind = counted([piece])[2][0][0]
        assert kind == (inner - 1 if outer == inner + 3 else loops.ODD)


def filled(pieces: list[bytes | None]) -> Laid:
    data, offsets, (kinds, rows, rings) = counted(pieces)
    laid = _room(kinds, rows, rings)
    loops.fill(data, offsets, laid.xy.view(np.uint8).ravel(), laid)
    return laid


def expected_rows(shape: Any) -> Any:
    if shapely.get_dimensions(shape) == 0:
        return shapely.get_coordinates(shape)
    rows = [[np.array([[np.nan, float(hole)]]), xy] for xy, hole in rings_of(shape)]
    return np.vstack([part for ring in rows for part in ring])


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("seed", [1, 2])
def test_shapes_are_laid_out_ring_by_ring_with_their_sizes_and_boxes(
    seed: int, dimension: int
) -> None:
    grids = [on_grid(seed + k, slanted=bool(k % 2)) for k in range(4)]
    line = shapely.LineString(np.random.default_rng(seed).uniform(0, 50, (40, 2)))
    turned = shapely.transform(grids[0], lambda xy: xy[:, ::-1])
    shapes = [s for s in [*several(), *grids, turned, grids[1].boundary, line] if plain(s)]
    shapes = [s for s in shapes if not s.is_empty]
    pieces = list(shapely.to_wkb(np.array(shapes), output_dimension=dimension, byte_order=1))
    pieces = list(
        shapely.to_wkb(shapely.force_3d(shapes, 9.0), output_dimension=dimension, byte_order=1)
    )
    laid = filled(pieces)
    for i, shape in enumerate(shapes):
        begin, end = laid.first[i], laid.first[i + 1]
        rows = laid.xy[begin:end]
        np.testing.assert_array_equal(rows, expected_rows(shape))
        ring = np.flatnonzero(np.isnan(rows[:, 0])) + begin + 1
        assert laid.ring[laid.ring_first[i] : laid.ring_first[i + 1]].tolist() == ring.tolist()
        size = {0: shapely.get_num_coordinates, 1: shapely.length, 2: shapely.area}
        assert laid.size[i] == pytest.approx(size[shapely.get_dimensions(shape)](shape), rel=1e-12)
        assert laid.box[i].tolist() == list(shape.bounds)
        assert laid.kind[i] == shapely.get_dimensions(shape)
        for k, number in enumerate(range(laid.block_first[i], laid.block_first[i + 1])):
            block = rows[k * loops.BLOCK : (k + 1) * loops.BLOCK + 1]
            held = block[~np.isnan(block[:, 0])]
            if len(held):
                corners = [*held.min(axis=0), *held.max(axis=0)]
                assert laid.block[number].tolist() == corners
            else:
                assert laid.block[number].tolist() == [np.inf, np.inf, -np.inf, -np.inf]


def ring_bytes(xy: list[tuple[float, float]]) -> bytes:
    return struct.pack("<I", len(xy)) + b"".join(struct.pack("<dd", *p) for p in xy)


def polygon_bytes(*rings: list[tuple[float, float]]) -> bytes:
    return struct.pack("<BII", 1, 3, len(rings)) + b"".join(map(ring_bytes, rings))


def line_bytes(*xy: tuple[float, float]) -> bytes:
    return struct.pack("<BI", 1, 2) + ring_bytes(list(xy))


SQUARE = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 0.0)]
NO_NUMBERS = (np.nan, np.inf, -np.inf)


@pytest.mark.parametrize(
    "piece",
    [
        *(line_bytes((0.0, 0.0), (x, 1.0)) for x in NO_NUMBERS),
        *(line_bytes((0.0, 0.0), (1.0, y)) for y in NO_NUMBERS),
        *(line_bytes((x, 0.0), (0.0, 1.0)) for x in NO_NUMBERS),
        line_bytes((0.0, 0.0)),
        polygon_bytes(SQUARE[:3]),
        polygon_bytes([(0.0, 0.0), (4.0, 0.0), (0.0, 0.0)]),
        polygon_bytes([*SQUARE[:3], (0.0, 1.0)]),
        polygon_bytes([*SQUARE[:3], (1.0, 0.0)]),
        polygon_bytes(SQUARE, SQUARE[:3]),
        polygon_bytes(SQUARE[:3], SQUARE),
        struct.pack("<BIdd", 1, 1, np.nan, np.nan),
        struct.pack("<BII", 1, 4, 2) + struct.pack("<BIdd", 1, 1, np.inf, 0) + struct.pack("<BIdd", 1, 1, 0, 0),
    ],
)  # fmt: skip
def test_what_is_no_sound_shape_is_left_to_geos(piece: bytes) -> None:
    whole = shapely.to_wkb(shapely.box(0, 0, 1, 1), byte_order=1)
    laid = filled([whole, piece, whole, None])
    assert laid.kind.tolist() == [loops.POLYGONS, loops.ODD, loops.POLYGONS, loops.NONE]
    assert np.isnan(laid.box[[1, 3]]).all() and laid.size[[0, 2]].tolist() == [1, 1]


def test_the_least_sound_shapes_are_laid_out() -> None:
    empty = [shapely.to_wkb(s, byte_order=1) for s in (shapely.Polygon(), shapely.LineString())]
    laid = filled([line_bytes((0.0, 0.0), (3.0, 4.0)), polygon_bytes(SQUARE), *empty])
    assert laid.kind.tolist() == [loops.LINES, loops.POLYGONS, loops.NONE, loops.NONE]
    assert laid.size.tolist() == [5, 8, 0, 0]
    assert filled([polygon_bytes(SQUARE, [])]).kind.tolist() == [loops.POLYGONS]


# the tree
# ------------------------------------------------------------------------------------------


def place_on_curve(x: int, y: int, side: int) -> int:
    """The curve of Hilbert, quarter by quarter."""
    if side == 1:
        return 0
    half = side // 2
    if x < half and y < half:
        return place_on_curve(y, x, half)
    if x < half:
        return half * half + place_on_curve(x, y - half, half)
    if y >= half:
        return 2 * half * half + place_on_curve(x - half, y - half, half)
    return 3 * half * half + place_on_curve(half - 1 - y, side - 1 - x, half)


def test_cells_lie_along_the_curve_of_hilbert() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.integers(0, 65_536, (2, 40))
    x[:4], y[:4] = [0, 0, 65_535, 65_535], [0, 65_535, 65_535, 0]
    told = loops.along_hilbert(x, y)
    assert told.tolist() == [
        place_on_curve(int(a), int(b), 65_536) for a, b in zip(x, y, strict=True)
    ]


@pytest.mark.parametrize("number", [0, 1, 2, 15, 16, 17, 33, 290])
def test_every_box_of_the_tree_is_that_of_what_stands_below(number: int) -> None:
    rng = np.random.default_rng(number)
    low = rng.integers(0, 90, (number, 2)).astype(float)
    boxes = np.hstack([low, low + rng.integers(0, 9, (number, 2))])
    tree = BoxTree.of(boxes)
    assert sorted(tree.order.tolist()) == list(range(number))
    assert tree.levels[0] == 0 and len(tree.boxes) == tree.levels[-1]
    level = boxes[tree.order]
    for begin, end in pairwise(tree.levels.tolist()):
        assert tree.boxes[begin:end].tolist() == level.tolist()
        groups = [level[k : k + loops.FAN] for k in range(0, len(level), loops.FAN)]
        above = [[*g[:, :2].min(axis=0), *g[:, 2:].max(axis=0)] for g in groups]
        level = np.array(above).reshape(-1, 4)
    assert number == 0 or tree.levels[-1] - tree.levels[-2] == 1

    asked = np.vstack([boxes[:25] + 3, [[200, 0, 300, 9]], [[np.nan] * 4], [[-1, -1, 200, 200]]])
    meets = (
        (boxes[None, :, 0] <= asked[:, None, 2])
        & (boxes[None, :, 2] >= asked[:, None, 0])
        & (boxes[None, :, 1] <= asked[:, None, 3])
        & (boxes[None, :, 3] >= asked[:, None, 1])
    )
    own, other = tree.near(asked)
    assert np.column_stack([own, other]).tolist() == np.argwhere(meets).tolist()


def test_boxes_that_touch_meet_and_those_that_do_not_are_told_apart_in_each_direction() -> None:
    tree = BoxTree.of(np.array([[10.0, 20.0, 30.0, 40.0]]))
    beside = np.array([[0, 0, 10, 20], [30, 40, 50, 60], [0, 40, 10, 50], [30, 0, 40, 20]], float)
    assert tree.near(beside)[0].tolist() == [0, 1, 2, 3]
    for c, step in product(range(4), (1e-9,)):
        away = beside.copy()
        away[:, c] += step if c < 2 else -step
        moved = {0: {1, 3}, 1: {1, 2}, 2: {0, 2}, 3: {0, 3}}[c]
        assert set(tree.near(away)[0].tolist()) == {0, 1, 2, 3} - moved


def test_more_pairs_than_there_was_room_for_are_all_told() -> None:
    boxes = np.tile([[0.0, 0.0, 1.0, 1.0]], (50, 1))
    own, other = BoxTree.of(boxes).near(boxes)
    assert np.column_stack([own, other]).tolist() == [[i, k] for i in range(50) for k in range(50)]


def test_a_stretch_is_sorted_and_what_stands_beside_it_stays() -> None:
    rng = np.random.default_rng(5)
    for begin, end in ((0, 0), (0, 9), (3, 7), (3, 4), (2, 9)):
        values = rng.integers(0, 6, 9)
        told = values.copy()
        loops._sort(told, begin, end)
        assert told.tolist() == [*values[:begin], *sorted(values[begin:end]), *values[end:]]


# sides, edges, crossings
# ------------------------------------------------------------------------------------------


def test_the_side_of_a_point_is_that_of_whole_numbers() -> None:
    rng = np.random.default_rng(8)
    for row in rng.integers(-5, 6, (300, 6)).astype(float).tolist():
        a, b, c = row[:2], row[2:4], row[4:]
        side, twice = loops._side(*a, *b, *c)
        assert side == turning(a, b, c)
        assert twice == (a[0] - c[0]) * (b[1] - c[1]) - (a[1] - c[1]) * (b[0] - c[0])


def test_a_side_is_left_open_only_where_rounding_could_turn_it() -> None:
    for bits, side in ((50, 1), (51, 0), (52, 0)):
        assert loops._side(1.0, 1.0, 1.0, 1 + 2.0**-bits, 0.0, 0.0)[0] == side
        assert loops._side(1.0, 1 + 2.0**-bits, 1.0, 1.0, 0.0, 0.0)[0] == -side
        assert loops._side(-1.0, 1.0, 1.0, -1 - 2.0**-bits, 0.0, 0.0)[0] == side
    rng = np.random.default_rng(9)
    settled = 0
    for _ in range(300):
        a, d = rng.uniform(0, 5e6, 2), rng.uniform(-100, 100, 2)
        b, c = a + d, a + d * rng.uniform(0, 1) + rng.normal(0, 1e-9, 2)
        side = loops._side(*a, *b, *c)[0]
        settled += side != 0
        assert side in (0, turning(a, b, c))
    assert settled > 30


def test_an_edge_that_passes_a_point_too_near_is_asked_about() -> None:
    for bits, told in ((50, (MEET, APART)), (51, (ASK, ASK)), (52, (ASK, ASK))):
        for edge in ([(-1.0, 1.0), (1.0, -1 - 2.0**-bits)], [(1.0, -1 - 2.0**-bits), (-1.0, 1.0)]):
            assert loops._passes(np.array(edge), 0, 0.0, 0.0) in told


@pytest.mark.parametrize("slanted", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_point_lies_in_polygons_beside_them_or_on_their_edge(seed: int, slanted: bool) -> None:
    shape = on_grid(seed, slanted=slanted)
    west, south, east, north = shape.bounds
    laid = laid_out(shapely.Point(0, 0), shape)
    corners = shapely.get_coordinates(shape)[:12]
    rng = np.random.default_rng(seed)
    some = rng.integers([west - 1, south - 1], [east + 2, north + 2], (60, 2))
    for x, y in np.vstack([corners, corners + 1, some]).astype(float).tolist():
        point = shapely.Point(x, y)
        told = MEET if shape.intersects(point) else APART
        assert loops._holds(laid, 1, x, y) == (ASK if shape.touches(point) else told)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_edges_near_a_box_are_those_whose_boxes_meet_it(seed: int) -> None:
    shape = on_grid(seed, slanted=bool(seed % 2))
    laid = laid_out(shapely.LineString([(0, 0), (1, 1)]), shape)
    rng = np.random.default_rng(seed)
    begin, end = laid.first[1], laid.first[2]
    rows = np.empty(end - begin, dtype=np.int64)
    middle = np.array(shape.centroid.coords[0]).round()
    for _ in range(25):
        low = middle + rng.integers(-9, 9, 2)
        west, south, east, north = *low.tolist(), *(low + rng.integers(0, 5, 2)).tolist()
        used = loops._edges_in(laid, 1, loops.Box(west, south, east, north), rows)
        pairs = ((k, laid.xy[k], laid.xy[k + 1]) for k in range(begin, end - 1))
        expected = [
            k
            for k, a, b in pairs
            if min(a[0], b[0]) <= east and max(a[0], b[0]) >= west
            if min(a[1], b[1]) <= north and max(a[1], b[1]) >= south
            if not np.isnan([a[0], b[0]]).any()
        ]
        assert rows[:used].tolist() == expected


@pytest.mark.parametrize("turn", [np.eye(2), np.eye(2)[::-1], SLANTED.astype(float)])
def test_edges_on_one_line_touch_or_lie_apart(turn: Any) -> None:
    for ends in product(range(4), repeat=4):
        if ends[0] == ends[1] or ends[2] == ends[3]:
            continue
        along = np.array([[float(x), 2.0] for x in ends]) @ turn
        one, other = along[:2], along[2:]
        apart = max(ends[:2]) < min(ends[2:]) or max(ends[2:]) < min(ends[:2])
        assert loops._cross(one, 0, other, 0) == (APART if apart else ASK, 0.0)


def test_edges_cross_touch_or_lie_apart_as_whole_numbers_say() -> None:
    rng = np.random.default_rng(4)
    seen = set()
    for row in rng.integers(0, 5, (500, 2, 2, 2)).astype(float):
        if (row[:, 0] == row[:, 1]).all(axis=1).any():
            continue
        told, share = loops._cross(row[0], 0, row[1], 0)
        expected, at = crossing(*row.tolist())
        assert told == expected and share == pytest.approx(at, abs=1e-12)
        seen.add(told)
    assert seen == {APART, MEET, ASK}


# shapes
# ------------------------------------------------------------------------------------------


def nested() -> list[tuple[Any, Any]]:
    """Pairs whose edges do not meet: beside each other, within, in a hole, in part and in hole."""
    square = shapely.box(0, 0, 30, 30)
    ring = square.difference(shapely.box(10, 10, 20, 20))
    inner, beside = shapely.box(12, 12, 18, 18), shapely.box(40, 0, 50, 30)
    both = shapely.MultiPolygon([inner, beside])
    around = shapely.box(-5, -5, 60, 60)
    corner = shapely.box(2, 2, 5, 5)
    ell = shapely.Polygon([(0, 0), (60, 0), (60, 60), (50, 60), (50, 10), (0, 10)])
    pairs = [
        (square, beside), (square, inner), (ring, inner), (ring, both), (square, both),
        (around, both), (around, ring), (ring, shapely.MultiPolygon([inner, corner])),
        (ring, shapely.box(-3, -3, 40, 40)), (ell, shapely.box(20, 20, 40, 40)),
        (shapely.box(-9, -9, 70, 70).difference(shapely.box(-2, -2, 32, 32)), ring),
        (shapely.MultiPolygon([ring, shapely.box(13, 13, 17, 17)]), inner),
    ]  # fmt: skip
    return [*pairs, *((b, a) for a, b in pairs)]


def known_of(one: Any, other: Any) -> tuple[int, float]:
    """What the loops say of two polygons: settled where no edges touch, its area where it need not
    be summed up.
    """
    edges = met_edges(one, other)
    if MEET in edges:
        return MEET, np.nan
    if ASK in edges:
        return ASK, np.nan
    if not one.intersects(other):
        return APART, 0.0
    if other.contains(one):
        return MEET, one.area
    return MEET, other.area if one.contains(other) else np.nan


@pytest.mark.parametrize(("one", "other"), nested())
def test_polygons_whose_edges_do_not_meet_lie_within_around_or_beside(one: Any, other: Any) -> None:
    far = shapely.box(900, 900, 901, 901)
    mine, theirs = laid_out(far, one), laid_out(other)
    rows = [np.empty(99, dtype=np.int64) for _ in range(2)]
    state, area = loops._polygons(mine, 1, theirs, 0, rows)
    expected, whole = known_of(one, other)
    assert state == expected
    # an area may always be summed up in place of being known
    assert area == pytest.approx(whole, nan_ok=True)
    room = (np.empty((99, 5)), np.empty((99, 5)), np.empty((13, 2)))
    summed = loops._area(mine, 1, theirs, 0, room)
    assert summed == pytest.approx(one.intersection(other).area, abs=1e-9)
    inside = [p for p in (r[0][0] for r in rings_of(one)) if other.contains(shapely.Point(p))]
    assert loops._rings_in(mine, 1, theirs, 0) == (len(inside), MEET)


@pytest.mark.parametrize("slanted", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_polygons_that_cross_or_touch_are_told_as_whole_numbers_do(
    seed: int, slanted: bool
) -> None:
    one = on_grid(seed, slanted=slanted, size=5)
    # by half a step its edges cross those of the first; else they touch
    shift = np.array([1, 1]) if seed % 2 else np.array([2, 0])
    other = shapely.transform(
        on_grid(seed + 50, slanted=seed % 3 > 0, size=4), lambda xy: xy + shift
    )
    mine, theirs = laid_out(one), laid_out(shapely.Point(0, 0), other)
    rows = [np.empty(200, dtype=np.int64) for _ in range(2)]
    state, area = loops._polygons(mine, 0, theirs, 1, rows)
    assert (state, np.isnan(area)) == (known_of(one, other)[0], state != APART)
    room = (np.empty((200, 5)), np.empty((200, 5)), np.empty((26, 2)))
    summed = loops._area(mine, 0, theirs, 1, room)
    assert summed == pytest.approx(one.intersection(other).area, rel=1e-9, abs=1e-9)


def test_a_ring_that_begins_on_an_edge_is_not_settled() -> None:
    square = shapely.box(0, 0, 10, 10)
    inner = laid_out(shapely.MultiPolygon([shapely.box(2, 2, 3, 3), shapely.box(12, 2, 13, 3)]))
    on_edge = laid_out(shapely.Polygon([(10, 5), (15, 5), (15, 8), (10, 5)]))
    apart = laid_out(shapely.box(10.5, 0, 12, 3))
    assert loops._rings_in(inner, 0, laid_out(square), 0) == (1, MEET)
    assert loops._rings_in(on_edge, 0, laid_out(square), 0) == (0, ASK)
    assert loops._rings_in(apart, 0, laid_out(square), 0) == (0, MEET)
    for x, y in ((0, 5), (5, 0), (10, 0), (0, 10), (5, 10)):
        begins = laid_out(shapely.LineString([(x, y), (x + 30, y + 31)]))
        assert loops._rings_in(begins, 0, laid_out(square), 0) == (0, ASK)


def test_edges_over_a_stretch_are_told_from_their_western_end() -> None:
    shape = on_grid(3, slanted=True)
    laid = laid_out(shapely.Point(0, 0), shapely.box(0, 0, 1, 1), shape)
    west, east, south = 2.0, 8.0, 5.0
    room = np.empty((200, 5))
    used = loops._slopes(laid, 2, loops.Box(west, south, east, 99.0), room)
    expected = []
    for a, b in ((laid.xy[k], laid.xy[k + 1]) for k in range(laid.first[2], laid.first[3] - 1)):
        low, high = (a, b) if a[0] < b[0] else (b, a)
        if np.isnan([a[0], b[0]]).any() or low[0] == high[0]:
            continue
        if low[0] < east and high[0] > west:
            rise = (high[1] - low[1]) / (high[0] - low[0])
            expected.append([low[0], low[1] - south, high[0], rise, 1.0 if a[0] < b[0] else -1.0])
    assert len(expected) > 6
    np.testing.assert_allclose(room[:used], expected, rtol=1e-12)


@pytest.mark.parametrize("used", [0, 1, 7, 8, 9, 16, 17])
def test_a_few_edges_in_a_row_know_from_where_to_where_they_run(used: int) -> None:
    edges = np.random.default_rng(used).uniform(0, 9, (20, 5))
    edges[:, 2] += edges[:, 0]
    spans = np.full((4, 2), 77.0)
    loops._spans(edges, used, spans)
    groups = [edges[k : min(k + loops.FEW, used)] for k in range(0, used, loops.FEW)]
    assert spans[: len(groups)].tolist() == [[g[:, 0].min(), g[:, 2].max()] for g in groups]
    assert (spans[len(groups) :] == 77).all()


def lines_of(seed: int) -> Any:
    rng = np.random.default_rng(seed)
    steps = rng.integers(-4, 20, (3, 4, 2)).astype(float)
    # on odd numbers they miss the corners of the grid, and may still touch a slanted edge
    steps = 2 * np.floor(steps / 2) + (seed % 4 > 0)
    return shapely.MultiLineString(list(steps))


@pytest.mark.parametrize("seed", range(16))
def test_a_line_lies_in_polygons_by_its_length_there(seed: int) -> None:
    shape, lines = on_grid(seed, slanted=seed % 3 == 0), lines_of(seed)
    mine, theirs = laid_out(shapely.Point(0, 0), lines), laid_out(shape)
    rows, shares = np.empty(200, dtype=np.int64), np.empty(200)
    told = loops._line(mine, 1, theirs, 0, (rows, shares))
    begins = [p.coords[0] for p in lines.geoms]
    touches = ASK in met_edges(lines, shape)
    if touches or any(shape.touches(shapely.Point(p)) for p in begins):
        assert told == (ASK, 0.0)
        return
    assert told[0] == (MEET if lines.intersects(shape) else APART)
    # edge by edge: a stretch that is run twice counts twice, as it does in the length of the line
    lengths = [shapely.LineString(edge).intersection(shape).length for edge in edges_of(lines)]
    assert told[1] == pytest.approx(sum(lengths), abs=1e-9)


def test_lines_by_hand() -> None:
    ring = shapely.box(0, 0, 30, 30).difference(shapely.box(10, 10, 20, 20))
    polygons = laid_out(ring)
    rows, shares = np.empty(99, dtype=np.int64), np.empty(99)
    for xy, state, length in (
        ([(-5, 15), (35, 15)], MEET, 20),
        ([(5, 15), (25, 15)], MEET, 10),
        ([(12, 12), (18, 18)], APART, 0),
        ([(3, 3), (6, 7)], MEET, 5),
        ([(-5, 35), (35, 36)], APART, 0),
        ([(15, 15), (15, 40), (40, 40), (40, 5), (25, 5)], MEET, 15),
        ([(-5, 31), (31, -5)], MEET, np.hypot(20, 20)),
        ([(0, 5), (5, 5)], ASK, 0),
        ([(5, 5), (30, 5)], ASK, 0),
        ([(-5, -5), (5, 5)], ASK, 0),
        ([(31, 40), (40, 31)], APART, 0),
        ([(35, 5), (30, 5)], ASK, 0),
        ([(-5, 5), (0, 5)], ASK, 0),
        ([(5, 35), (5, 30)], ASK, 0),
        ([(5, -5), (5, 0)], ASK, 0),
    ):
        told = loops._line(laid_out(shapely.LineString(xy)), 0, polygons, 0, (rows, shares))
        assert told == (state, pytest.approx(length, abs=1e-9)), xy


def test_points_in_polygons_are_counted_and_one_at_the_edge_is_left_to_geos() -> None:
    polygons = laid_out(shapely.box(0, 0, 10, 10))
    spots = [(5, 5), (6, 7), (20, 5), (5, -1)]
    for several in (spots, spots[2:], spots[:1]):
        inside = sum(0 < x < 10 and 0 < y < 10 for x, y in several)
        told = loops._points(laid_out(None, shapely.MultiPoint(several)), 1, polygons, 0)
        assert told == (MEET if inside else APART, inside)
    assert loops._points(laid_out(shapely.MultiPoint([*spots, (10, 5)])), 0, polygons, 0) == (
        ASK,
        0,
    )


def test_each_kind_of_pair_is_measured_by_its_own_kind() -> None:
    square = shapely.box(0, 0, 10, 10)
    crossing_one = shapely.box(5, 5, 15, 17)
    line, points = (
        shapely.LineString([(-5, 4), (5, 4)]),
        shapely.MultiPoint([(1, 1), (2, 3), (50, 0)]),
    )
    odd = shapely.GeometryCollection([shapely.Point(1, 1), line])
    held = [square, line, points, odd, None]
    long = shapely.LineString(np.column_stack([np.linspace(40, 90, 60), np.linspace(40, 90, 60)]))
    sites = laid_out(crossing_one, *held, long)
    resources = laid_out(long, *held, crossing_one)
    site, resource = (rows.ravel() for rows in np.meshgrid(range(7), range(7), indexing="ij"))
    state, measure = loops.common(sites, resources, site, resource)
    names = ("crossing", "square", "line", "points", "odd", "none", "long")
    mine = dict(enumerate(names))
    theirs = dict(enumerate(("long", *names[1:-1], "crossing")))
    expected = {
        ("square", "square"): (ASK, None),
        ("crossing", "square"): (MEET, 25), ("square", "crossing"): (MEET, 25),
        ("line", "square"): (MEET, 5), ("square", "line"): (MEET, 5),
        ("points", "square"): (MEET, 2), ("square", "points"): (MEET, 0),
        ("long", "square"): (APART, 0), ("square", "long"): (APART, 0),
        ("points", "crossing"): (APART, 0), ("crossing", "points"): (APART, 0),
        ("line", "crossing"): (APART, 0), ("crossing", "line"): (APART, 0),
        ("long", "crossing"): (APART, 0), ("crossing", "long"): (APART, 0),
        ("crossing", "crossing"): (ASK, None),
    }  # fmt: skip
    for k, (i, j) in enumerate(zip(site, resource, strict=True)):
        told, size = expected.get((mine[i], theirs[j]), (ASK, 0))
        assert state[k] == told, (mine[i], theirs[j])
        assert size is None or measure[k] == pytest.approx(size), (mine[i], theirs[j])


def test_there_is_room_for_all_crossings_of_one_edge() -> None:
    teeth = [(2 * k + step, 9 * step) for k in range(12) for step in (0, 1)]
    comb = shapely.Polygon([*teeth, (24, 20), (-1, 20)])
    line = shapely.LineString([(-5, 4.5), (30, 4.5)])
    inside = line.intersection(comb).length
    for one, other in ((line, comb), (comb, line)):
        pair = np.zeros(1, dtype=np.int64)
        state, measure = loops.common(laid_out(one), laid_out(other), pair, pair)
        assert (state[0], measure[0]) == (MEET, pytest.approx(inside))


@pytest.mark.parametrize("corners", range(6))
def test_a_ring_is_closed_where_more_than_three_corners_come_back_to_the_first(
    corners: int,
) -> None:
    ends = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)]
    for first, last in product(ends, repeat=2):
        ring = np.array([first, *[(0.3, 0.7)] * max(corners - 2, 0), last], dtype=float)
        ring = ring[:corners] if corners < 2 else ring
        xy = np.concatenate([[(9.0, 9.0)], ring.reshape(-1, 2), [(8.0, 8.0)]])
        closed = corners == 0 or (corners > 3 and first == last)
        assert bool(loops._closed(xy, 1, corners)) == closed
