"""Land that is left, each step by itself: what is handed on as it is, what a side, a number or an
empty answer says; by hand, or from what the step is for.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from conftest import box
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from sxgeo.analysis.candidates import (
    answer,
    blocks,
    chapter,
    constraints,
    describe,
    find,
    gain,
    ground,
    grown,
    holes,
    land,
    near,
    pieces,
    replay,
    request,
    rounding,
    uncertainty,
    why,
    wishes,
    world,
)
from sxgeo.analysis.candidates.constraints import Bounds, Constraint
from sxgeo.analysis.candidates.describe import Screened
from sxgeo.analysis.candidates.grown import MARGIN_M, KeepIn, KeepOut
from sxgeo.analysis.candidates.wishes import Area
from sxgeo.analysis.conflicts.relation import TOUCH_M
from sxgeo.errors import InputError
from sxgeo.geometry.projection import GEOGRAPHIC, PLANE_SCALE, plane_crs
from sxgeo.geometry.straight import laid_on_plane
from sxgeo.reports.cells import Number
from sxgeo.reports.chapters import Heading

GEOD = Geod(ellps="GRS80")
SQUARE = box(0, 0, 1000, 1000)
PARK = shapely.box(112.60, 37.95, 112.72, 38.03)
BENT = shapely.Polygon([(0, 0), (300, 0), (300, 100), (100, 100), (100, 300), (0, 300)])


def array(*shapes: Any) -> Any:
    held = np.empty(len(shapes), dtype=object)
    held[:] = shapes
    return held


# blocks
# ------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 2**16 - 1), st.integers(0, 2**16 - 1)), max_size=6))
def test_a_place_on_the_curve_has_the_bits_of_both_axes_in_turn(cells: Any) -> None:
    told = blocks._interleaved(np.array(cells, dtype=np.uint64).reshape(-1, 2)).tolist()
    for (x, y), place in zip(cells, told, strict=True):
        bits = [(v >> k) & 1 for k in range(16) for v in (x, y)]
        assert place == sum(bit << k for k, bit in enumerate(bits))


def test_what_lies_inside_is_common_corner_by_corner_as_it_is() -> None:
    odd = shapely.Polygon([(30, 30), (10, 40), (20, 10), (40, 10)])
    two = shapely.MultiPolygon([box(60, 60, 70, 70), box(70, 70, 80, 80)])
    told = blocks.common(array(box(0, 0, 100, 100)), array(odd, two))
    assert [one.wkb for one in told] == [one.wkb for one in (odd, *two.geoms)]


def test_work_in_threads_is_told_in_the_order_of_its_tasks_on_any_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for cores in (None, 1, 64):
        monkeypatch.setattr(blocks.os, "cpu_count", lambda cores=cores: cores)
        assert blocks.in_threads(lambda k: k * k, range(9)) == [k * k for k in range(9)]


def test_blocks_less_nothing_are_those_blocks() -> None:
    two = shapely.MultiPolygon([box(0, 0, 10, 10), box(10, 10, 20, 20)])
    for taken in (array(), array(box(50, 50, 60, 60))):
        told = land._minus(array(two), taken)
        assert shapely.union_all(told).equals(two)
    assert land._minus(array(two), array()).tolist() == [two]
    assert not len(land._minus(array(), array(two)))


# what is drawn
# ------------------------------------------------------------------------------------------


@settings(max_examples=30)
@given(st.floats(0.5, 40), st.floats(0.6, 300), st.floats(0.6, 300))
def test_what_may_lie_deep_enough_is_held_and_surely_nothing_else(
    deep_m: float, x: float, y: float
) -> None:
    # round the corner that points inwards an arc is drawn: smaller, or larger, than the true one
    whole = box(-900, -900, 900, 900)
    place = shapely.Point(x, y)
    depth_m = shapely.distance(place, BENT.exterior) * (1 if BENT.contains(place) else -1)
    held = [
        any(shapely.intersects(grown.kept_in(one, whole), place))
        for one in (
            KeepIn("k", array(BENT), np.array([-deep_m]), generous=True),
            KeepIn("k", array(BENT), np.array([-deep_m])),
        )
    ]
    assert held[0] or depth_m < deep_m + 1e-6
    assert not held[1] or depth_m > deep_m - 1e-6


def test_the_arc_round_an_inner_corner_is_drawn_on_the_side_that_is_asked() -> None:
    whole = box(-900, -900, 900, 900)
    corner = shapely.Point(100, 100)
    for generous in (True, False):
        (told,) = grown.kept_in(KeepIn("k", array(BENT), np.array([-50.0]), generous), whole)
        away_m = shapely.distance(told.exterior, corner)
        assert (away_m <= 50 + 1e-9) if generous else (away_m >= 50 - 1e-9)
        assert away_m == pytest.approx(50, rel=0.02)


def test_an_arc_has_the_fewest_corners_that_its_tolerance_allows() -> None:
    # so much of a radius is lost by an arc of that many segments
    lost_share = {n: 1 / np.cos(1.5 * np.pi / (4 * n)) - 1 for n in (2, 3, 4, 6, 8)}
    longest_m = {n: 0.13 / (share - 0.005) for n, share in lost_share.items()}
    for (n, metres), more in zip(longest_m.items(), (3, 4, 6, 8, 12), strict=True):
        told = grown._segments(np.array([metres * 0.999, metres * 1.001, metres * 1.3]))
        assert told.tolist() == [n, more, more]


def test_land_stands_from_west_to_east_then_from_south_to_north() -> None:
    places = [(0, 50), (20, 0), (20, 40), (40, 20)]
    squares = [box(x, y, x + 9, y + 9) for x, y in places]
    for order in ([3, 1, 2, 0], [0, 2, 1, 3]):
        told = land._ordered(array(*[squares[i] for i in order]))
        assert [one.bounds[:2] for one in told] == places


def test_a_width_takes_nothing_off_land_that_is_wide_everywhere() -> None:
    side = KeepOut("k", array(box(-9, -9, 100, 1009)), np.zeros(1))
    plain = land.free_land(SQUARE, [side])
    for width_m in (1.0, 50.0, 899.0):
        (told,) = land.free_land(SQUARE, [side], width_m=width_m)
        assert shapely.symmetric_difference(told, plain[0]).area < 1e-3
    assert not len(land.free_land(SQUARE, [side], width_m=901.0))


def test_a_shape_that_lies_in_no_block_is_too_near() -> None:
    outs = [KeepOut("k", array(shapely.Point(0, 0), shapely.Point(500, 0)), np.full(2, 10.0))]
    drawing = grown._drawing([grown._growth(one) for one in outs], SQUARE.buffer(900))
    round_first = array(shapely.Point(0, 0).buffer(20))
    assert grown._too_near(round_first, drawing, np.arange(2)).tolist() == [False, True]
    assert grown._too_near(array(), drawing, np.arange(2)).tolist() == [True, True]


@settings(max_examples=30)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=7), st.randoms())
def test_shapes_stand_in_an_order_that_is_theirs(rows: list[int], random: Any) -> None:
    some = [
        box(0, 0, 2, 9),
        box(0, 1, 2, 8),
        box(3, 0, 9, 2),
        BENT,
        BENT.reverse(),
        box(0, 0, 3, 3),
    ]
    order = [(shape.bounds, shape.wkb) for shape in (some[i] for i in rows)]
    random.shuffle(rows)
    drawn = [some[i] for i in rows]
    told = [drawn[i] for i in grown.ranked(array(*drawn)).tolist()]
    assert [(shape.bounds, shape.wkb) for shape in told] == sorted(order)


@given(st.floats(0, 5_000), st.floats(1, 1.01), st.floats(0, 50), st.floats(0, 50), st.floats(0, 9))
@settings(max_examples=20)
def test_a_rule_reaches_farther_on_a_plane_that_is_stretched_and_with_its_errors(
    required: float, stretch: float, site_m: float, own_m: float, more_m: float
) -> None:
    terms: Any = SimpleNamespace(
        **{k: np.array([v]) for k, v in {
            "required": required, "accuracy": own_m, "datum": more_m, "extent": more_m,
        }.items()}
    )  # fmt: skip
    told = constraints._Reach.of(terms, site_m, stretch)
    doubt = site_m + own_m + more_m + PLANE_SCALE * required
    assert told.lawful_m[0] == pytest.approx(required * stretch + MARGIN_M)
    outer = (required + doubt + more_m) * stretch + MARGIN_M
    assert told.outer_m[0] == pytest.approx(outer)
    inner = required - doubt
    assert told.inner_m[0] == pytest.approx(inner if required else min(inner, -TOUCH_M))


def test_small_parts_are_asked_whether_a_disc_enters_and_large_ones_are_taken_to_hold_it() -> None:
    # no tip of a corner is larger than four widths squared
    strips = array(box(0, 0, 320, 5), box(0, 0, 320.1, 5), box(0, 0, 11, 11), box(0, 0, 9.9, 9.9))
    assert land._hold_disc(strips, 10.0).tolist() == [False, True, True, False]
    assert land._hold_disc(strips, 0.0).all()


def test_every_distance_above_0_is_measured_after_it_was_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[float] = []

    def measured(blocks_: Any, drawing: Any, rows: Any) -> Any:
        asked.extend(drawing.distance_m[rows].tolist())
        return np.zeros(len(rows), dtype=bool)

    monkeypatch.setattr(grown, "_too_near", measured)
    distances = np.array([-5.0, 0.0, 1e-3, 0.5, 1.0, 20.0])
    shapes = array(*[box(20 * k, 0, 20 * k + 15, 15) for k in range(6)])
    grown.kept_out([KeepOut("k", shapes, distances)], SQUARE)
    assert sorted(asked) == [1e-3, 0.5, 1.0, 20.0]
    asked.clear()
    grown.kept_out([KeepOut("k", shapes, distances, certain=True)], SQUARE)
    assert asked == []


def test_shapes_of_a_layer_are_united_to_one_or_to_none() -> None:
    pair = array(box(0, 0, 10, 10), box(5, 0, 20, 10))
    told = constraints.Shapes("w", pair, np.zeros(2)).united()
    assert len(told) == 1 and told[0].equals(box(0, 0, 20, 10))
    none = constraints.Shapes("w", array(), np.zeros(0)).united()
    assert none is not None and len(none) == 0


def test_a_class_is_whole_nowhere_where_its_extent_or_its_edge_is_not_known() -> None:
    spec = SimpleNamespace(id="k", name_zh="某类")
    sound = {
        "covered": SQUARE, "complete": SQUARE, "complete_edge_m": 4.0,
        "layer": SimpleNamespace(spec=spec, failed=None, held=True),
    }  # fmt: skip
    assert constraints._why_nowhere_whole(SimpleNamespace(**sound)) is None  # type: ignore[arg-type]
    for name, values in (
        ("covered", (None,)), ("complete", (None,)), ("complete_edge_m", (np.inf, np.nan)),
    ):  # fmt: skip
        for value in values:
            table: Any = SimpleNamespace(**{**sound, name: value})
            assert constraints._why_nowhere_whole(table)


def test_strips_narrower_than_the_width_are_taken_off_inside_and_at_the_rim() -> None:
    # a block far inside, one that leaves a strip of 20 m along the rim, two that leave one of 10 m
    some = array(
        box(400, 400, 500, 500), box(-9, 20, 100, 120), box(700, 700, 720, 720),
        box(730, 700, 750, 720),
    )  # fmt: skip
    out = KeepOut("k", some, np.zeros(4))
    left = shapely.difference(SQUARE, shapely.union_all(some))
    for width_m, narrow in (
        (9.0, []), (15.0, [box(720, 700, 730, 720)]),
        (30.0, [box(720, 700, 730, 720), box(0, 0, 100, 20)]),
    ):  # fmt: skip
        told = shapely.union_all(land.free_land(SQUARE, [out], width_m=width_m))
        expected = shapely.difference(left, shapely.union_all(narrow))
        # of land that is wide enough nothing is lost, not a millimetre round a block
        wide = shapely.difference(expected, shapely.buffer(shapely.union_all(narrow), 60))
        assert shapely.difference(wide, told).area < 0.01
        # arcs of a disc at a corner are all that differs
        assert shapely.symmetric_difference(told, expected).area < width_m**2 / 4


# pieces
# ------------------------------------------------------------------------------------------


def test_a_hole_that_touches_a_side_of_a_box_reaches_into_it() -> None:
    measured = pieces._Holes.of(array(box(10, 10, 20, 20)))
    rows = np.arange(1)
    touching = [(20, 0, 30, 30), (0, 0, 10, 30), (0, 20, 30, 30), (0, 0, 30, 10)]
    for west, south, east, north in touching:
        assert measured.across(rows, (west, south, east, north)).tolist() == [0]
    for bounds in ((20.1, 0, 30, 30), (0, 0, 9.9, 30), (0, 20.1, 30, 30), (0, 0, 30, 9.9)):
        assert measured.across(rows, bounds).tolist() == []


def corners(shape: Any) -> int:
    return int(shapely.get_num_coordinates(shape))


def ragged(seed: int, corners_: int = 40) -> Any:
    """A star with many corners, and holes in it."""
    rng = np.random.default_rng(seed)
    angle = np.linspace(0, 2 * np.pi, corners_, endpoint=False)
    radius = rng.uniform(60, 100, corners_)
    shell = shapely.Polygon(np.column_stack([np.cos(angle), np.sin(angle)]) * radius[:, None])
    holes_ = [shapely.Point(x, y).buffer(6) for x, y in rng.uniform(-30, 30, (4, 2))]
    return shapely.difference(shell, shapely.union_all(holes_))


def parted_soundly(parts: Any, whole: Any) -> None:
    """Hold that parts lie side by side and are the whole."""
    assert shapely.is_valid(parts).all() and (shapely.area(parts) > 0).all()
    assert float(shapely.area(parts).sum()) == pytest.approx(whole.area, rel=1e-9)
    assert shapely.symmetric_difference(shapely.union_all(parts), whole).area < 1e-6


def test_pieces_are_the_whole_and_none_has_more_corners_than_are_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for seed in range(4):
        whole = ragged(seed)
        count = corners(whole)
        monkeypatch.setattr(pieces, "_PIECE_POINTS", 24)
        for most, is_cut in ((count, False), (count - 1, True)):
            monkeypatch.setattr(pieces, "_AT_ONCE_POINTS", most)
            told = pieces.pieces_of(whole)
            assert (len(told) > 1) is is_cut
            parted_soundly(told, whole)
            assert not is_cut or shapely.get_num_coordinates(told).max() <= 24
        parted_soundly(pieces._cut_along_holes(blocks.flat_polygons([whole])), whole)


def test_what_is_cut_exactly_is_halved_while_it_has_too_many_corners_and_some_area(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = ragged(9)
    monkeypatch.setattr(pieces, "_PIECE_POINTS", corners(whole))
    assert pieces._cut_exactly([whole, SQUARE]).tolist() == [SQUARE, whole]
    monkeypatch.setattr(pieces, "_PIECE_POINTS", corners(whole) - 1)
    assert len(pieces._cut_exactly([whole])) > 1
    monkeypatch.setattr(pieces, "_PIECE_POINTS", 12)
    told = pieces._cut_exactly([whole])
    parted_soundly(told, whole)
    assert shapely.get_num_coordinates(told).max() <= 12
    # a square centimetre is not halved any further, whatever its corners
    monkeypatch.setattr(pieces, "_LEAST_PIECE_M2", whole.area)
    assert pieces._cut_exactly([whole]).tolist() == [whole]
    monkeypatch.setattr(pieces, "_LEAST_PIECE_M2", whole.area * 0.999)
    assert len(pieces._cut_exactly([whole])) > 1
    assert not len(pieces._cut_exactly([]))


def test_a_quick_clip_that_is_wrong_is_cut_exactly() -> None:
    for fault in ("sound", "crossed", "crossed left", "lost", "doubled"):
        with pytest.MonkeyPatch.context() as patch:
            cut_in_spite_of(fault, patch)


def cut_in_spite_of(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clip with a fault, and hold what comes of it to the exact cut."""
    whole, quick = ragged(5), shapely.clip_by_rect
    boxes = pieces._halved(tuple(whole.bounds))
    bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])

    def clipped(polygons: Any, west: float, *rest: float) -> Any:
        own = quick(polygons, west, *rest)
        is_left = west == boxes[0][0] and (west, *rest) == boxes[0]
        if fault == "crossed" or (fault == "crossed left" and is_left):
            # its two halves turn against each other: it adds no area
            return np.append(own, bow)
        if fault == "lost":
            return own if is_left else array(box(0, 0, 1, 1))
        return np.append(own, own) if fault == "doubled" and is_left else own

    expected = [shapely.intersection(whole, shapely.box(*one)) for one in boxes]
    monkeypatch.setattr(shapely, "clip_by_rect", clipped)
    told = pieces._clipped(array(whole), boxes)
    assert len(told) == 2
    for own, right in zip(told, expected, strict=True):
        parted_soundly(own, right)


# why
# ------------------------------------------------------------------------------------------


def test_a_line_holds_land_where_some_metres_round_it_are_asked_for() -> None:
    lines = array(shapely.LineString([(0, 0), (9, 9)]), shapely.LineString([(9, 0), (0, 9)]))

    def told(*metres: float) -> str:
        held = KeepIn("k", lines[: len(metres)], np.array(metres))
        return find._why_alone(Constraint("k", "k", Bounds(ins=(held,))), SQUARE)

    assert told(0, 0).startswith("it holds no polygons")
    mixed = KeepIn("k", array(lines[0], box(0, 0, 9, 9)), np.zeros(2))
    polygon_too = find._why_alone(Constraint("k", "k", Bounds(ins=(mixed,))), SQUARE)
    assert (
        polygon_too
        == told(0, 5)
        == told(5, 0)
        == "all of the area is too near to it; relax or drop it"
    )


def test_the_size_of_land_is_told_only_where_nothing_else_excludes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(why, "_findings", lambda world, shape: {})
    plane = plane_crs(112.66)
    land_m = laid_on_plane(PARK, plane)
    west, south, east, north = land_m.bounds
    strip = box(west - 9, south + 100, east + 9, north + 9)
    out = KeepOut("away:a", array(strip), np.zeros(1))
    constraint = Constraint("away:a", "off a", Bounds(outs=(out,)), Bounds(outs=(out,)))
    asked: Any = world.World(
        area=Area(PARK, "某区"), shape=land_m, plane=plane, constraints=(constraint,), reaches=(),
        screener=None, as_of="2026-11-21", site_error_m=2.0, min_area_m2=1e9, min_width_m=0.0,
        remarks=(),
    )  # fmt: skip
    free, taken = (112.66, 37.9502), (112.66, 38.0)
    told = why.why_not_here(asked, free)
    assert told[["order", "constraint"]].values.tolist() == [[2, "size"]]
    told = why.why_not_here(asked, taken)
    assert told[["order", "constraint", "grade"]].values.tolist() == [[1, "away:a", "not"]]
    alone: Any = SimpleNamespace(**{name: getattr(asked, name) for name in asked.__slots__})
    alone.constraints, alone.land = (), lambda grade: np.array([land_m], dtype=object)
    assert why.why_not_here(alone, free).empty


# what is told
# ------------------------------------------------------------------------------------------


def test_the_longest_way_is_that_of_all_wishes_or_unknown() -> None:
    def told(*minutes: float | None) -> Any:
        rows = [
            {"within": "a", "minutes": m, "error": None if m is None else m / 10} for m in minutes
        ]
        return describe._longest(rows)

    assert told(30.0, 20.0)["minutes"] == 30.0 and told(30.0, 20.0)["minutes_error"] == 3.0
    assert told(20.0, 30.0) == told(30.0, 20.0)
    for unknown in (told(30.0, None), told(None, 30.0), told(None), told()):
        assert np.isnan(unknown["minutes"]) and np.isnan(unknown["minutes_error"])
    assert (
        told(30.0, None) == told(30.0, None)
        or told(30.0, None)["reach"] == told(None, 30.0)["reach"]
    )


def test_of_each_class_its_outcome_is_told_in_letters_that_are_read() -> None:
    screened = Screened("clear", "none_found", {"a": ("clear", "有", "z"), "b": ("open", "", "")})
    told = describe._told_of_law(screened, 3.0)
    assert told["classes"] == '{"a": "clear", "b": "open"}'
    assert (told["verdict"], told["known_verdict"], told["accuracy_m"]) == (
        "clear",
        "none_found",
        3.0,
    )
    assert describe._json({"耕地": 1}) == '{"耕地": 1}'
    assert pd.isna(describe._number(None)) and describe._number(0.0) == 0.0


def test_what_is_added_for_other_planes_is_the_scale_of_this_one_and_that_of_their_rims() -> None:
    for west, east in (
        (112.3, 112.9),
        (112.4, 114.2),
        (110.6, 113.4),
    ):
        shape = shapely.box(west, 38, east, 38.5)
        plane = plane_crs(float(shape.centroid.x))
        scales = []
        for lon in (west, east):
            line = shapely.LineString([(lon, 38.0), (lon, 38.01)])
            scales.append(laid_on_plane(line, plane).length / GEOD.geometry_length(line) - 1)
        assert world._seam(shape, plane) == pytest.approx(max(scales) + 0.0003, abs=2e-5)


def test_figures_are_compared_to_the_digits_that_they_have() -> None:
    row = {
        "rank": 1, "site_id": "C", "grade": "known", "area_ha": 1.0, "width_m": 2.0,
        "minutes": 3.25, "minutes_error": 0.5, "nearest": "塔", "nearest_m": 1234.4,
        "nearest_error_m": 7.2, "verdict": "clear",
    }  # fmt: skip
    told = chapter._compared(row)
    assert [c.digits for c in told if isinstance(c, Number)] == [0, 2, 0]
    assert (told[5], told[7]) == ("3.2（±0.5）", "1,234（±7）")
    assert chapter._with_error(float("nan"), 0.5, 1) is None
    assert chapter._with_error(2.0, float("nan"), 1) == "2.0（误差未知）"


def test_whatever_lies_too_near_at_all_is_freed_by_metres(monkeypatch: pytest.MonkeyPatch) -> None:
    for metres in (
        None,
        -1.0,
        0.0,
        0.01,
        0.5,
        7.0,
    ):
        monkeypatch.setattr(why, "lacking_m", lambda one: one)
        told: Any = why._freed_m(metres)  # type: ignore[arg-type]
        assert told == (metres if metres is not None and metres > 0 else None)


def test_of_resources_that_are_equally_near_the_first_is_told_whatever_piece_finds_it() -> None:
    for apart in (0.0, 5.0):
        shapes = array(box(100 + apart, 0, 110, 10), box(-9, 0, 10 - apart, 10), None)
        table: Any = SimpleNamespace(
            shapes=shapes, tree=shapely.STRtree(shapes), records=["a", "b", "c"],
            layer=SimpleNamespace(spec=SimpleNamespace(id="k")),
        )  # fmt: skip
        parts = array(box(10, 0, 20, 10), box(90, 0, 100, 10))
        for some in (parts, parts[::-1]):
            told = near._nearest_of(table, some)
            assert told is not None
            assert (told.record, told.apart_m, told.class_id) == ("a", apart, "k")


def test_steps_on_the_way_to_a_wish_stand_before_it_in_rows_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []

    def drawn(network: Any, origins: Any, minutes: Any, **options: Any) -> Any:
        asked.append((network, origins, minutes, options))
        frame = gpd.GeoDataFrame(
            {"origin_id": ["o"] * len(minutes), "minutes": minutes, "contour": "middle"},
            geometry=[PARK] * len(minutes), crs=GEOGRAPHIC,
        )  # fmt: skip
        return frame if len(asked) == 2 else frame.drop(columns="contour")

    whole = drawn("n", "o", [12])
    monkeypatch.setattr(wishes, "_drawn", lambda reach: whole.assign(contour="last"))
    monkeypatch.setattr(wishes, "isochrones", drawn)
    told = wishes.reached_in_steps([wishes.Reach("w", 12, "road", "net", "places")])  # type: ignore[arg-type]
    assert asked[1][:3] == ("net", "places", [2, 4, 6, 8, 10]) and asked[1][3]["merged"] is True
    assert told.index.tolist() == list(range(6))
    assert told["minutes"].tolist() == [2, 4, 6, 8, 10, 12]
    assert told["contour"].tolist() == ["middle"] * 5 + ["last"]


def test_a_row_of_reasons_has_the_columns_that_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(why, "lacking_m", lambda one: one.metres)
    constraint = Constraint("k", "w", Bounds(outs=(KeepOut("k", array(SQUARE), np.zeros(1)),)))
    told = why._told(1, constraint, shapely.Point(5, 5))
    one: Any = SimpleNamespace(feature_id="f", name_zh="名", rule_id="r", metres=5.0)
    by_record, by_nothing = next(why._by_law([one], 9.0)), next(why._by_law([], 9.0))
    assert set(told | by_record) == set(why.WHY_COLUMNS)
    for row in (by_nothing, why._by_wish(constraint, 5.0, None)):
        assert set(told | row) <= set(why.WHY_COLUMNS)


def test_no_shorter_distance_frees_where_the_greatest_that_is_asked_is_lacking() -> None:
    pair = array(SQUARE, BENT)
    for metres in ([50.0, 100.0], [100.0, 50.0]):
        out = KeepOut("away:a", pair, np.array(metres))
        away = Constraint("away:a", "w", Bounds(outs=(out,)))
        for lacks_m, is_within in ((70.0, False), (99.9, False), (100.0, True)):
            told = why._relaxation(away, lacks_m, None)
            assert ("it lies within the layer" in told) is is_within
            assert (f"ask for {lacks_m:.1f} m less" in told) is not is_within


def test_the_network_of_a_zone_that_has_none_is_the_one_at_home(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wishes, "load_network", lambda zone, *, by, as_of: zone)
    monkeypatch.setattr(wishes, "ZONE_BOXES", {"taixin": None, "other": None})
    for zone, told in ((None, "taixin"), ("other", "other"), ("unknown", "taixin")):
        assert wishes._network(None, zone, "road", "") == told
    assert wishes._network("other", "taixin", "road", "") == "other"


def test_of_land_that_is_too_narrow_it_is_told_to_a_centimetre_what_it_lacks() -> None:
    for least_m in (
        100.12345,
        60.0,
    ):
        strip = box(0, 0, 1000, 80)
        asked: Any = SimpleNamespace(
            land=lambda grade: array(),
            constraints=(),
            shape=strip,
            min_width_m=least_m,
            min_area_m2=0.0,
        )
        (row,) = why._by_size(asked, shapely.Point(500, 40), 1)
        width_m = land.width_of(strip)
        assert row["lacks_m"] == round(max(0.0, least_m - width_m), 2)


def test_what_is_surely_available_is_described_before_what_is_known_beside_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sure, free = box(0, 0, 100, 100), box(0, 0, 300, 100)
    described: list[Any] = []

    def describe_(world_: Any, rows: Any, surely: Any) -> Any:
        described.append((rows, list(surely)))
        return gpd.GeoDataFrame(geometry=[free])

    monkeypatch.setattr(find, "described", describe_)
    monkeypatch.setattr(find, "_maps", lambda *_: None)
    monkeypatch.setattr(find, "ranked", lambda frame, order: frame)
    asked: Any = SimpleNamespace(
        mapped=lambda: land.Mapped(array(free), array(), array()), land=lambda grade: array(sure)
    )
    find.answer(asked, (False, ()))
    assert described == [([("surely", sure), ("known", free)], [sure])]


def test_a_cut_may_be_off_by_exactly_what_is_allowed() -> None:
    assert not pieces._is_off(1e-4, 0.0)
    assert pieces._is_off(float(np.nextafter(1e-4, 1)), 0.0)


def test_origins_of_a_file_are_called_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    places = gpd.GeoDataFrame({"id": ["a"], "more": [1]}, geometry=[shapely.Point(112, 38)])
    read: list[Any] = []
    monkeypatch.setattr(wishes, "read_places", lambda path: read.append(path) or places)
    for origin in ("folder/schools.gpkg", Path("folder/schools.gpkg")):
        told, name = wishes._origins(origin)
        assert name == "schools.gpkg" and list(told.columns) == ["id", "geometry"]
        assert read.pop() == origin


def test_a_chapter_has_one_heading_and_its_parts_below_it() -> None:
    row = dict.fromkeys(describe.COLUMNS, 0.0) | {
        "grade": "known", "verdict": "clear", "land": "{}", "resources": "[]", "unknown": "{}",
    }  # fmt: skip
    found: Any = SimpleNamespace(
        frame=pd.DataFrame([row | {"rank": 1}]),
        maps=pd.DataFrame({"grade": ["surely"], "area_ha": [1.0]}),
        world=SimpleNamespace(
            area=Area(PARK, "某区"), as_of="2026-11-21", constraints=(), remarks=()
        ),
    )
    levels = [block.level for block in chapter.chapter(found) if isinstance(block, Heading)]
    assert levels == [1, 2, 2, 2, 2]


def test_the_tables_of_a_chapter_have_the_widths_that_a_page_has_room_for() -> None:
    frame = pd.DataFrame({"grade": ["surely"], "area_ha": [1.0]})
    assert [c.width for c in chapter._areas(frame).columns] == [24, 16]
    told = chapter._comparison(frame.iloc[:0])
    assert [c.width for c in told.columns] == [6, 8, 16, 12, 10, 12, 22, 14, 16]


def test_a_network_that_is_given_goes_before_that_of_the_zone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(wishes, "_network", lambda *told: asked.append(told) or "net")
    (told,) = wishes.read_reach([((112, 38), 5, "walk")], "mine", "zone", "2026-11-21")
    assert asked == [("mine", "zone", "walk", "2026-11-21")] and told.network == "net"


def test_of_a_line_of_ones_own_its_own_notes_are_told_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    networks = [SimpleNamespace(notes=("old",)), SimpleNamespace(notes=("old", "joins", "runs"))]
    asked: list[Any] = []
    monkeypatch.setattr(gain, "read_planned", lambda frame, name: (frame, name))
    monkeypatch.setattr(gain, "with_and_without", lambda network, plan: networks)
    becomes = SimpleNamespace(attrs={"notes": [("a", "answer")], "unanswered": [("b", "lost")]})
    areas = gpd.GeoDataFrame(geometry=[PARK], crs=GEOGRAPHIC)

    def differences(both: Any, origins: Any, **options: Any) -> Any:
        asked.append((both, origins, options))
        return "times", areas, None, becomes

    monkeypatch.setattr(gain, "differences", differences)
    told = gain._by_line("net", "from", areas, 30.0, "places")  # type: ignore[arg-type]
    assert told == ("times", areas)
    assert asked == [(networks, "from", {"minutes": (30.0,), "places": "places"})]
    assert areas.attrs["notes"] == [("", "joins"), ("", "runs"), ("a", "answer")]
    assert areas.attrs["unanswered"] == [("b", "lost")]


def test_a_planned_line_is_a_frame_or_a_file_and_is_called_by_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frame = gpd.GeoDataFrame(geometry=[PARK], crs=GEOGRAPHIC)
    told, name = gain._frame_of(frame)
    assert told is frame and name == "line"
    monkeypatch.setattr(gain, "read_features", lambda path, named: (path, named))
    monkeypatch.setattr(gain, "whole", lambda features, named: (features, named))
    path = Path("folder/line.gpkg")
    assert gain._frame_of("folder/line.gpkg") == (
        ((path, "planned line"), f"planned line '{path}'"), "line.gpkg",
    )  # fmt: skip


def test_what_is_never_left_is_the_area_less_what_is_perhaps_left() -> None:
    for bounded in (
        False,
        True,
    ):
        base = array(box(0, 0, 600, 1000)) if bounded else array(SQUARE)
        inner, rim = box(100, 100, 200, 200), box(-50, 500, 50, 600)
        whole = array(SQUARE)
        open_to = land._Left(base if bounded else whole, array(inner, rim))
        never = shapely.union_all(land._never(whole, open_to))
        left = shapely.union_all(blocks.cut_out(base, array(inner, rim)))
        assert shapely.symmetric_difference(never, shapely.difference(SQUARE, left)).area < 1e-6


# shapes
# ------------------------------------------------------------------------------------------


def test_two_parts_that_meet_are_laid_together_as_one() -> None:
    pair = array(box(0, 0, 10, 10), box(10, 0, 20, 10))
    told = rounding.laid_together(pair)
    assert told.is_valid and told.equals(box(0, 0, 20, 10))
    assert rounding.laid_together(pair[:1]).equals(pair[0])


def test_rings_that_cross_themselves_are_mended_and_the_others_kept() -> None:
    bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    square, flat = box(20, 0, 30, 10), shapely.Polygon([(0, 50), (9, 50), (5, 50)])
    told = rounding._sound(array(bow.exterior, square.exterior, flat.exterior))
    assert shapely.is_valid(told).all()
    assert sorted(shapely.area(told).tolist()) == [25.0, 25.0, 100.0]
    assert not len(rounding._sound(array()))


def test_holes_in_a_chain_from_rim_to_rim_part_the_land(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holes, "MANY", 2)
    shell = box(0, 0, 12, 10)
    first = shapely.Polygon([(0, 5), (2, 4), (4, 5), (2, 6)])
    inner = shapely.Polygon([(4, 5), (6, 4), (8, 5), (6, 6)])
    last = shapely.Polygon([(8, 5), (10, 4), (12, 5), (10, 6)])
    for some in ((first, inner, last), (first, inner), (inner, last), (inner,), (first, last)):
        whole = shapely.Polygon(shell.exterior, [hole.exterior for hole in some])
        assert holes.is_sound(whole) == whole.is_valid == (len(some) < 3)


def test_shifts_that_are_not_measured_are_counted_as_those_that_are() -> None:
    for required_m in (
        0.0,
        3.0,
        8.0,
        20.0,
    ):
        for east_m in (
            -4.0,
            0.0,
            8.0,
            8.5,
            20.0,
        ):
            site, resource = box(0, 0, 10, 10), box(10 + east_m, 0, 30 + east_m, 10)
            steps = [(x, y) for x in np.linspace(-30, 30, 13) for y in (-7.5, 0.0)]
            # steps to just within the distance, exactly to it, and just short of it
            to_m = east_m - required_m
            steps += [(to_m, 0.0), (to_m + 1e-6, 0.0), (to_m - 1e-6, 0.0)]
            told = uncertainty._hits(site, resource, required_m, np.array(steps))
            moved = [shapely.transform(site, lambda xy, step=step: xy + step) for step in steps]
            assert told == sum(shapely.distance(one, resource) <= required_m for one in moved)


def test_a_distance_is_asked_of_a_layer() -> None:
    for pair, words in (
        (("roads", 5), None), (["roads", 0.0], None), ("ab", "away takes (layer, metres), not 'ab'"),
        (("roads",), "away takes (layer, metres)"), (("roads", 5, 5), "away takes (layer, metres)"),
        (5, "away takes (layer, metres), not 5"), (("roads", -1), "away: the distance is -1"),
        (("roads", "x"), "away: the distance is"),):  # fmt: skip
        told = list(request._distance_problems("away", [pair]))
        assert (told == []) if words is None else (len(told) == 1 and told[0].startswith(words))


def test_of_what_nobody_said_nothing_is_asked() -> None:
    wish = request.Wish("taixin")
    assert (wish.min_area_ha, wish.min_width_m, wish.max_slope_pct) == (0.0, 0.0, None)
    said = inspect.signature(find.find_candidates).parameters
    for name, one in said.items():
        if one.default is not inspect.Parameter.empty:
            assert getattr(wish, name) == one.default, name


def test_a_replay_tells_the_new_answer_and_what_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "candidates.geojson"
    old = {"receipt": {"data": "1"}, "features": [1]}
    path.write_text(json.dumps(old), encoding="utf-8")
    for new, changes in (
        (old, []),
        ({"receipt": {"data": "2"}, "features": [1]}, ["data: '1' -> '2'"]),
        ({"receipt": {"data": "1"}, "features": [1, 2]}, ["candidates and maps: 1 -> 2"]),
    ):
        found: Any = SimpleNamespace(to_geojson=lambda new=new: json.dumps(new), frame=[])
        monkeypatch.setattr(replay, "_asked_anew", lambda receipt, places, found=found: found)
        told, changed = replay.replay_candidates(path)
        assert told is found and changed == changes


def test_a_receipt_that_lacks_something_cannot_be_replayed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "candidates.geojson"
    path.write_text(json.dumps({"receipt": {}}), encoding="utf-8")
    for error in (KeyError("asked"), TypeError("x"), ValueError("x"), IndexError("x")):

        def fail(receipt: Any, places: Any, error: Exception = error) -> Any:
            raise error

        monkeypatch.setattr(replay, "_asked_anew", fail)
        with pytest.raises(InputError, match="has a receipt that cannot be replayed"):
            replay.replay_candidates(path)


def test_only_classes_that_are_asked_for_leave_land(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = [SimpleNamespace(layer=SimpleNamespace(spec=SimpleNamespace(id=key))) for key in "abc"]
    screener: Any = SimpleNamespace(
        prepared=lambda plane: ("ground", tables), is_requested=lambda layer: layer.spec.id != "b"
    )
    asked: list[Any] = []

    def of_class(table: Any, **told: Any) -> Constraint:
        asked.append((table.layer.spec.id, told))
        return Constraint(table.layer.spec.id, "w")

    out = KeepOut("k", array(SQUARE), np.zeros(1))
    monkeypatch.setattr(world, "of_class", of_class)
    monkeypatch.setattr(world, "completeness", lambda *_, **__: Bounds((out,), empty="nowhere"))
    wish: Any = SimpleNamespace(clear_of=("c",), site_error_m=3.0)
    told = list(world._by_law(screener, wish, Area(PARK, "某区"), plane_crs(112.66)))
    assert [one.key for one in told] == ["a", "c"]
    assert asked == [
        ("a", {"clear": False, "site_error_m": 3.0, "stretch": 1.0}),
        ("c", {"clear": True, "site_error_m": 3.0, "stretch": 1.0}),
    ]
    # surely available is only what is whole too
    assert all(one.surely == Bounds((out,), empty="nowhere") for one in told)


def test_candidates_are_saved_as_their_text(tmp_path: Path) -> None:
    found: Any = SimpleNamespace(to_geojson=lambda: "词")
    path = tmp_path / "c.geojson"
    assert answer.Candidates.save(found, path) == path
    assert path.read_text(encoding="utf-8") == "词"


def test_a_square_metre_is_no_class_of_land_and_what_is_more_is_one() -> None:
    whole = array(box(0, 0, 100, 100))
    for wide_m, told in ((1.0, False), (1.01, True)):
        shapes = array(box(0, 0, wide_m, 1), box(0, 50, 100, 100))
        uses = ground.LandUse("DLMC", shapes, ["林地", "耕地"])
        shares = uses.shares(shapely.STRtree(shapes), whole)
        assert list(shares) == ["耕地", "未知 unknown", *(["林地"] if told else [])]
        assert shares["耕地"] == 0.5
    # what is not covered by a square metre is no class either
    for lacking_m, told in ((0.01, False), (0.0101, True)):
        covered = array(box(0, 0, 100, 100 - lacking_m))
        uses = ground.LandUse("DLMC", covered, ["耕地"])
        shares = uses.shares(shapely.STRtree(covered), whole)
        assert ("未知 unknown" in shares) is told
