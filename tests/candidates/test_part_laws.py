"""The parts of a search for land, each by itself: what a layer bounds, how candidates are ranked and
told, how probable an overlap is. Each limit from both sides.
"""

from __future__ import annotations

import json
from math import erf, sqrt
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

from sxgeo.analysis.candidates import (
    chapter,
    constraints,
    describe,
    ground,
    pieces,
    ranking,
    why,
    wishes,
)
from sxgeo.analysis.candidates.constraints import Bounds, Constraint, Shapes, bounds_of
from sxgeo.analysis.candidates.describe import Screened
from sxgeo.analysis.candidates.grown import MARGIN_M, KeepIn, KeepOut
from sxgeo.analysis.candidates.uncertainty import on_plane, overlap_probability
from sxgeo.errors import InputError, UsageError
from sxgeo.geometry.projection import GEOGRAPHIC
from sxgeo.reports.cells import Number

NAN = float("nan")
SQUARES = np.array([box(0, 0, 10, 10), box(50, 0, 60, 10)], dtype=object)


def layer(*accuracy_m: float) -> Shapes:
    return Shapes("roads", SQUARES, np.array(accuracy_m), ["a", "b"])


def only(bounds: Bounds) -> KeepOut | KeepIn:
    (one,) = (*bounds.outs, *bounds.ins)
    assert one.shapes is not None
    return one


# what a layer bounds
# ------------------------------------------------------------------------------------------


@given(st.floats(0, 500), st.floats(0, 50), st.floats(0, 50), st.floats(0, 9))
def test_away_keeps_out_by_its_distance_less_or_more_by_the_errors(
    metres: float, first: float, second: float, site: float
) -> None:
    told = constraints.of_away(layer(first, second), metres, site)
    assert told.key == "away:roads" and f"≥ {metres:g} m" in told.words
    error = np.array([first, second]) + site
    for bounds, distance, certain in (
        (told.known, np.full(2, metres + MARGIN_M), False),
        (told.possible, metres - error, True),
        (told.surely, metres + MARGIN_M + error, False),
    ):
        out = only(bounds)
        assert isinstance(out, KeepOut) and out.certain is certain and bounds.empty is None
        assert out.distance_m == pytest.approx(distance) and len(bounds.outs) == 1


@given(st.floats(0, 500), st.floats(0, 50), st.floats(0, 50), st.floats(0, 9))
def test_near_holds_within_its_distance_more_or_less_by_the_errors(
    metres: float, first: float, second: float, site: float
) -> None:
    told = constraints.of_near(layer(first, second), metres, site)
    assert told.key == "near:roads" and f"{metres:g} m" in told.words
    error = np.array([first, second]) + site
    known, possible, surely = (only(b) for b in (told.known, told.possible, told.surely))
    assert known.distance_m.tolist() == [metres, metres]
    assert possible.distance_m == pytest.approx(metres + error)
    assert [k.generous for k in (known, possible, surely)] == [False, True, False]
    # what is held within no metre surely holds nothing
    left = metres - error > 0
    assert surely.distance_m == pytest.approx((metres - error)[left])
    assert list(surely.shapes) == list(SQUARES[left])


@given(st.floats(0, 50), st.floats(0, 50), st.floats(0, 9))
def test_inside_holds_deeper_or_less_deep_by_the_worst_error(
    first: float, second: float, site: float
) -> None:
    told = constraints.of_inside(layer(first, second), site)
    worst = max(first, second) + site
    known, possible, surely = (only(b) for b in (told.known, told.possible, told.surely))
    assert told.key == "inside:roads" and known.distance_m.tolist() == [0, 0]
    assert possible.distance_m == pytest.approx([worst])
    assert surely.distance_m == pytest.approx([-worst - MARGIN_M])
    assert [k.generous for k in (known, possible, surely)] == [False, True, False]
    for whole in (possible, surely):
        assert shapely.equals(whole.shapes[0], shapely.union_all(SQUARES))


@pytest.mark.parametrize("accuracy_m", [(NAN, 3.0), (3.0, NAN), (NAN, NAN)])
def test_a_layer_of_unknown_accuracy_is_sure_of_nothing(accuracy_m: tuple[float, float]) -> None:
    told = layer(*accuracy_m)
    assert not told.is_accurate and layer(1.0, 2.0).is_accurate
    for one in (
        constraints.of_away(told, 100.0, 1.0),
        constraints.of_near(told, 100.0, 1.0),
        constraints.of_inside(told, 1.0),
    ):
        assert one.possible == Bounds()
        assert one.surely == Bounds(empty=f"{one.key}: the accuracy of the layer is not known")
        assert only(one.known).shapes is told.shapes


def test_an_area_is_held_three_times_and_one_that_is_none_holds_nothing() -> None:
    inner, middle = box(4, 4, 6, 6), box(2, 2, 8, 8)
    told = constraints.of_areas("k", "w", inner=inner, middle=middle, outer=None)
    assert list(only(told.surely).shapes) == [inner] and list(only(told.known).shapes) == [middle]
    assert only(told.surely).distance_m.tolist() == [0.0]
    assert len(only(told.possible).shapes) == 0
    empty = constraints.of_areas("k", "w", inner=shapely.Polygon(), middle=middle, outer=middle)
    assert len(only(empty.surely).shapes) == 0 and len(only(empty.possible).shapes) == 1


def test_the_bounds_of_all_constraints_of_a_grade_are_taken_together() -> None:
    out, held = KeepOut("a", SQUARES, np.zeros(2)), KeepIn("b", SQUARES, np.zeros(2))
    several = [
        Constraint("a", "", known=Bounds(outs=(out,)), surely=Bounds(empty="why")),
        Constraint("b", "", known=Bounds(ins=(held, held)), surely=Bounds((out,), (held,))),
        Constraint("c", "", possible=Bounds(empty="")),
    ]
    assert bounds_of(several, "known") == ([out], [held, held], [])
    assert bounds_of(several, "surely") == ([out], [held], ["why"])
    assert bounds_of(several, "possible") == ([], [], [""])


# ranks
# ------------------------------------------------------------------------------------------


def candidates(**columns: Any) -> gpd.GeoDataFrame:
    number = len(next(iter(columns.values())))
    ids = [f"C{i}" for i in range(number)]
    return gpd.GeoDataFrame({"site_id": ids, **columns}, geometry=[box(0, 0, 1, 1)] * number)


values = st.lists(st.sampled_from([1.0, 2.0, 3.0, NAN]), min_size=5, max_size=5)


@settings(max_examples=25)
@given(values, values, st.booleans(), st.booleans())
def test_one_criterion_after_another(a: Any, b: Any, down_a: bool, down_b: bool) -> None:
    frame = candidates(area_ha=a, width_m=b)
    names = ["-area_ha" if down_a else "area_ha", "-width_m" if down_b else "width_m"]
    told = ranking.ranked(frame, ranking.checked_order(names))
    assert list(told.columns[:3]) == ["site_id", "rank", "score"] and told["score"].isna().all()

    def key(i: int) -> tuple[float, float]:
        signs = (-1 if down_a else 1), (-1 if down_b else 1)
        pairs = zip((a[i], b[i]), signs, strict=True)
        first, second = (np.inf if v != v else s * v for v, s in pairs)
        return first, second

    order = sorted(range(5), key=lambda i: (key(i), i))
    assert told["site_id"].tolist() == [f"C{i}" for i in order]
    ranks = [1 + sum(key(k) < key(i) for k in range(5)) for i in order]
    assert told["rank"].tolist() == ranks


@settings(max_examples=25)
@given(values, values, st.sampled_from([-2.0, -1.0, 1.0, 3.0]), st.sampled_from([-1.0, 2.0]))
def test_weights_in_the_open(a: Any, b: Any, first: float, second: float) -> None:
    frame = candidates(area_ha=a, width_m=b)
    told = ranking.ranked(frame, ranking.checked_order({"width_m": second, "area_ha": first}))

    def share(column: Any, i: int, weight: float) -> float:
        known = [v for v in column if v == v]
        if not known:
            return 0.0
        if column[i] != column[i]:
            return 1.0 if weight < 0 else 0.0
        return (column[i] - min(known)) / ((max(known) - min(known)) or 1.0)

    score = [first * share(a, i, first) + second * share(b, i, second) for i in range(5)]
    order = sorted(range(5), key=lambda i: (-round(score[i], 9), i))
    assert told["site_id"].tolist() == [f"C{i}" for i in order]
    assert told["score"].tolist() == pytest.approx([score[i] for i in order], abs=1e-6)
    assert told["rank"].tolist() == [
        1 + sum(round(s, 9) > round(score[i], 9) for s in score) for i in order
    ]


def test_the_surely_available_come_before_the_known_and_without_criteria_all_are_equal() -> None:
    frame = candidates(grade=["known", "surely", "known"])
    told = ranking.ranked(frame, ranking.checked_order("grade"))
    assert told["site_id"].tolist() == ["C1", "C0", "C2"] and told["rank"].tolist() == [1, 2, 2]
    assert ranking.ranked(frame, ranking.checked_order([]))["rank"].tolist() == [1, 1, 1]
    assert ranking.ranked(frame, ranking.checked_order({}))["score"].tolist() == [0, 0, 0]


@pytest.mark.parametrize("weight", [True, "2", None, NAN, np.inf, -np.inf])
def test_a_weight_is_a_number(weight: Any) -> None:
    with pytest.raises(UsageError, match=r"the weight of 'area_ha' is .*; it must be a number"):
        ranking.checked_order({"area_ha": weight})


def test_an_unknown_criterion_is_refused_whatever_its_form() -> None:
    for order in (["area"], "-area", {"area": 1.0}):
        with pytest.raises(UsageError, match="unknown criterion 'area'"):
            ranking.checked_order(order)  # type: ignore[arg-type]
    assert ranking.checked_order("-minutes") == (False, (("minutes", -1.0),))


# what is wished
# ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [0, 0.0, 5, 1e300, None, np.float32(2)])
def test_a_number_from_0_is_no_problem(value: Any) -> None:
    assert not list(wishes.number_problems({"min_area_ha": value}))


@pytest.mark.parametrize("value", [-1e-9, NAN, np.inf, "5", True])
def test_what_is_no_number_from_0_is_named(value: Any) -> None:
    told = list(wishes.number_problems({"min_area_ha": 1, "min_width_m": value}))
    assert told == [f"min_width_m is {value!r}; it must be a number from 0"]


@pytest.mark.parametrize(
    ("wish", "read"),
    [
        (("f.csv", 5), ("f.csv", 5.0, "road")),
        (["f.csv", 0.1, "walk"], ("f.csv", 0.1, "walk")),
        (((112.0, 38.0), 60, "road+rail"), ((112.0, 38.0), 60.0, "road+rail")),
    ],
)
def test_a_wish_is_an_origin_minutes_and_a_mode(wish: Any, read: Any) -> None:
    assert wishes._wish(wish) == read


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (("f.csv",), "within takes"),
        (("f.csv", 5, "road", 1), "within takes"),
        ("ab", "within takes"),
        (("f.csv", 0), "a number above 0"),
        (("f.csv", -1), "a number above 0"),
        (("f.csv", np.inf), "a number above 0"),
        (("f.csv", NAN), "a number above 0"),
        (("f.csv", True), "a number above 0"),
        (("f.csv", "5"), "a number above 0"),
        (("f.csv", 5, "car"), "unknown mode 'car'"),
    ],
)
def test_a_wish_of_another_form_is_refused(wish: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        wishes._wish(wish)


def test_an_origin_is_a_place_or_a_frame() -> None:
    assert wishes._origins((112.5, 38)) == ([(112.5, 38.0)], "112.5,38")
    assert wishes._origins([112.5, 38.25]) == ([(112.5, 38.25)], "112.5,38.25")
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(112, 38)], crs=GEOGRAPHIC)
    assert wishes._origins(frame) == (frame, "facilities")
    nodes, name = wishes._origins("transport_nodes")
    assert name == "transport_nodes" and (nodes.geometry.geom_type == "Point").all()
    for wrong in (5, (112.5,), (112.5, 38.0, 1.0), (112.5, "38"), (True, 38.0), None):
        with pytest.raises(UsageError, match=r"is no \(lon, lat\), file, frame"):
            wishes._origins(wrong)


def test_the_accuracy_of_a_record_is_a_finite_number_or_unknown() -> None:
    assert wishes._finite(3) == 3.0 and wishes._finite(0.0) == 0.0
    for value in (None, "3", NAN, np.inf, True):
        assert np.isnan(wishes._finite(value))


@pytest.mark.parametrize("wrong", [7, None, ["roads.gpkg"]])
def test_a_layer_is_a_class_a_file_or_a_frame(wrong: Any) -> None:
    with pytest.raises(InputError, match="a layer is a class id, a file or a frame, not"):
        wishes.read_frame(wrong)
    with pytest.raises(InputError, match="neither a file nor a class"):
        wishes.read_frame("no_such_layer")
    with pytest.raises(InputError, match="declare one"):
        wishes.read_frame(gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)]))


def test_a_frame_is_read_with_the_accuracy_of_each_shape_and_missing_shapes_are_left_out() -> None:
    shapes = [
        shapely.box(112.5, 38, 112.51, 38.01),
        None,
        shapely.Point(112.5, 38),
        shapely.Point(),
    ]
    columns = {"position_accuracy_m": [5.0, 1.0, None, 2.0]}
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=GEOGRAPHIC)
    told = wishes.read_shapes(frame, {}, "EPSG:4546")
    assert told.words == "frame" and list(told.names) == ["frame", "frame"]
    assert told.accuracy_m[0] == 5.0 and np.isnan(told.accuracy_m[1])
    assert shapely.get_dimensions(told.shapes).tolist() == [2, 0]
    plain = wishes.read_shapes(frame[["geometry"]], {}, "EPSG:4546")
    assert np.isnan(plain.accuracy_m).all() and len(plain.accuracy_m) == 2
    with pytest.raises(InputError, match="layer 'frame' holds no shapes"):
        wishes.read_shapes(frame.iloc[[1, 3]], {}, "EPSG:4546")


# why not here
# ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "lacks"), [((25, 5), 15.0), ((30, 5), 10.0), ((40, 5), 20.0), ((30, -30), None)]
)
def test_a_place_lacks_as_much_as_it_lies_too_near(at: Any, lacks: float | None) -> None:
    out = KeepOut("k", SQUARES, np.array([30.0, 30.0]))
    constraint = Constraint("k", "", known=Bounds(outs=(out,)))
    told = why._lack_m(constraint, shapely.Point(at), "known")
    assert told == (None if lacks is None else pytest.approx(lacks))
    assert why._lack_m(constraint, shapely.Point(at), "possible") is None


def test_where_it_overlaps_it_lacks_its_depth_and_the_distance() -> None:
    out = KeepOut("k", SQUARES, np.array([7.0, 100.0]))
    told = why._too_near_m(out, box(8, 2, 20, 8))
    assert told == pytest.approx(max(7 + 2, 100 - 30), abs=0.1)
    assert why._too_near_m(KeepOut("k", SQUARES[:1], np.array([7.0])), box(8, 2, 20, 8)) == (
        pytest.approx(9.0, abs=0.1)
    )


def test_the_farthest_corner_says_how_far_a_place_lies_beyond() -> None:
    held = KeepIn("k", SQUARES, np.array([5.0, 20.0]))
    shape = box(12, 0, 18, 10)
    # 18 lies 8 from the first, 32 from the second: 3 and 12 beyond; 12 lies 2 from the first
    assert why._too_far_m(held, shape) == pytest.approx(3 - MARGIN_M)
    assert why._too_far_m(held, box(2, 2, 3, 3)) == pytest.approx(-5 - MARGIN_M)
    assert why._too_far_m(KeepIn("k", SQUARES[:0], np.zeros(0)), shape) == np.inf


@pytest.mark.parametrize(
    ("key", "minutes", "words"),
    [
        ("within:a 5 min road", 2.5, "在可达范围外 12 m beyond what is reached：增加 2.5 分钟 allow 2.5 more minutes"),
        ("within:a 5 min road", None, "在可达范围外 12 m beyond what is reached：增加分钟数 allow more minutes"),
        ("away:a", None, "要求减少 12.3 m ask for 12.3 m less"),
        ("near:a", 2.5, "要求增加 12.3 m ask for 12.3 m more"),
        ("inside:a", None, "相差 12.3 m lacks 12.3 m"),
    ],
)  # fmt: skip
def test_the_smallest_relaxation_is_told(key: str, minutes: float | None, words: str) -> None:
    told = why._by_wish(Constraint(key, "w"), 12.345, minutes)
    assert told == {"lacks_m": 12.35, "relaxation": words} or told["lacks_m"] == 12.34
    assert told["relaxation"] == words
    nothing = why._by_wish(Constraint(key, "w"), np.inf, minutes)
    assert np.isnan(nothing["lacks_m"]) and nothing["relaxation"].endswith(": w")


def test_a_place_is_two_numbers() -> None:
    assert why._point(("112.5", 38)) == shapely.Point(112.5, 38)
    for wrong in (5, (1,), (1, 2, 3), ("a", 2), None):
        with pytest.raises(InputError, match=r"a place is \(lon, lat\) or a shape in degrees"):
            why._point(wrong)


# slope and land use
# ------------------------------------------------------------------------------------------


def test_a_slope_is_that_of_the_plane_through_the_neighbours() -> None:
    row, column = np.mgrid[0:5, 0:6]
    heights = 3.0 * column + 4.0 * row
    told = ground._slope_pct(heights, transform(20.0, -40.0), geographic=False)
    assert told[1:-1, 1:-1] == pytest.approx(100 * np.hypot(3 / 20, 4 / 40))
    assert np.isnan(told[[0, -1]]).all() and np.isnan(told[:, [0, -1]]).all()
    heights[2, 2] = np.nan
    told = ground._slope_pct(heights, transform(20.0, -40.0), geographic=False)
    unknown = {(1, 2), (3, 2), (2, 1), (2, 3), (2, 2)}
    assert {(int(r), int(c)) for r, c in np.argwhere(np.isnan(told[:, :5]))} >= unknown
    assert np.isfinite(told[[1, 1, 3, 3], [1, 3, 1, 3]]).all()


def transform(a: float, e: float, *, f: float = 0.0) -> Any:
    return SimpleNamespace(a=a, b=0.0, c=0.0, d=0.0, e=e, f=f)


def test_a_slope_in_degrees_knows_that_meridians_meet() -> None:
    row, column = np.mgrid[0:3, 0:3]
    for rise, metres in ((column, np.cos(np.radians(60 - 1.5e-3))), (row, 1.0)):
        told = ground._slope_pct(1.0 * rise, transform(1e-3, -1e-3, f=60.0), geographic=True)
        assert told[1, 1] == pytest.approx(100 / (1e-3 * ground.DEGREE_M * metres), rel=1e-9)


@pytest.mark.parametrize(("rows", "columns"), [(2, 9), (9, 2), (1, 1)])
def test_a_strip_has_no_slope(rows: int, columns: int) -> None:
    told = ground._slope_pct(np.zeros((rows, columns)), transform(1, -1), geographic=False)
    assert told.shape == (rows, columns) and np.isnan(told).all()
    told = ground._slope_pct(np.zeros((3, 3)), transform(1, -1), geographic=False)
    assert told[1, 1] == 0


def uses() -> ground.LandUse:
    shapes = np.array([box(0, 0, 50, 100), box(50, 0, 80, 60), box(50, 60, 80, 100)], dtype=object)
    return ground.LandUse("DLMC", shapes, ["旱地", "林地", "旱地"])


def test_the_classes_of_land_are_told_by_their_share_the_largest_first() -> None:
    layer_of_uses = uses()
    tree = shapely.STRtree(layer_of_uses.shapes)
    told = layer_of_uses.shares(tree, np.array([box(0, 0, 100, 100)]))
    assert list(told.items()) == [("旱地", 0.62), ("未知 unknown", 0.2), ("林地", 0.18)]
    # no more than a square metre is not told
    assert layer_of_uses.shares(tree, np.array([box(40, 0, 50.019, 50)])) == {"旱地": 0.9981}
    assert list(layer_of_uses.shares(tree, np.array([box(40, 0, 50.021, 50)]))) == ["旱地", "林地"]
    assert layer_of_uses.shares(tree, np.array([box(200, 0, 210, 10)])) == {"未知 unknown": 1.0}
    assert layer_of_uses.shares(tree, np.array([box(60, 10, 70, 20)])) == {"林地": 1.0}


def test_land_of_other_classes_is_left_out_and_what_is_not_covered_is_not_known() -> None:
    whole = box(0, 0, 100, 100)
    told, remarks = ground.of_land_use(uses(), ["旱地"], whole)
    assert told.key == "land_use" and list(only(told.known).shapes) == [uses().shapes[1]]
    assert only(told.known).distance_m.tolist() == [0] and told.possible == Bounds()
    assert shapely.area(told.blank).sum() == pytest.approx(2_000)
    assert remarks == [
        "the land-use layer says nothing on 0.2 of the 1.0 ha of the area: not excluded, told as not known"
    ]
    told, remarks = ground.of_land_use(uses(), ["旱地", "林地"], box(0, 0, 80, 100))
    assert not told.known.outs and not remarks and not len(told.blank)
    assert told.surely.empty == "land_use: the accuracy of the land-use layer is not known"
    # a square metre may be a gap between outlines
    for wide, known in ((80.009, True), (80.011, False)):
        told, remarks = ground.of_land_use(uses(), ["旱地"], box(0, 0, wide, 100))
        assert (not remarks) is known and (not len(told.blank)) is known
    with pytest.raises(
        UsageError, match=r"no land is of class '水田' in field 'DLMC'. Known: 旱地, 林地"
    ):
        ground.of_land_use(uses(), ["旱地", "水田"], whole)


def test_a_land_use_layer_needs_its_field_and_only_its_polygons_count() -> None:
    shapes = [shapely.box(112.5, 38, 112.51, 38.01), shapely.Point(112.5, 38)]
    frame = gpd.GeoDataFrame({"DLMC": ["旱地", "林地"]}, geometry=shapes, crs=GEOGRAPHIC)
    told = ground.read_land_use(frame, "n", "DLMC", "EPSG:4546")
    assert list(told.classes) == ["旱地"] and len(told.shapes) == 1 and told.field == "DLMC"
    with pytest.raises(InputError, match=r"has no field 'DLBM'; it has: DLMC$"):
        ground.read_land_use(frame, "n", "DLBM", "EPSG:4546")


# what is told
# ------------------------------------------------------------------------------------------


def test_the_longest_way_is_told_where_every_wish_is_reached() -> None:
    near = {"within": "a", "minutes": 5.0, "error": 0.5}
    far = {"within": "b", "minutes": 9.0, "error": 0.9}
    lost = {"within": "c", "minutes": None, "error": None}
    for reached in ([near, far], [far, near]):
        told = describe._longest(reached)
        assert (told["minutes"], told["minutes_error"]) == (9.0, 0.9)
        assert json.loads(told["reach"]) == [near, far]
    for reached in ([], [near, lost], [lost]):
        told = describe._longest(reached)
        assert np.isnan([told["minutes"], told["minutes_error"]]).all()
        assert json.loads(told["reach"]) == reached


def test_pieces_go_in_batches_that_bound_corners_and_number(monkeypatch: Any) -> None:
    monkeypatch.setattr(describe, "_CORNERS_AT_ONCE", 20)
    monkeypatch.setattr(describe, "BATCH", 3)
    cut = [np.array([box(i, k, i + 1, k + 1) for k in range(n)]) for i, n in enumerate((2, 5, 1))]
    # a box has five corners: four would fit in twenty, and three are the most
    told = list(describe._batches(cut))
    assert [len(batch) for batch in told] == [3, 3, 2]
    flat = [pair for batch in told for pair in batch]
    assert [i for i, _ in flat] == [0, 0, 1, 1, 1, 1, 1, 2]
    assert [shape for _, shape in flat] == [shape for own in cut for shape in own]
    monkeypatch.setattr(describe, "BATCH", 9)
    assert [len(batch) for batch in describe._batches(cut)] == [4, 4]
    monkeypatch.setattr(describe, "_CORNERS_AT_ONCE", 3)
    assert [len(batch) for batch in describe._batches(cut)] == [1] * 8
    assert list(describe._batches([])) == []


@settings(max_examples=10)
@given(st.integers(0, 999))
def test_pieces_are_the_whole_and_small(seed: int) -> None:
    rng = np.random.default_rng(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "_AT_ONCE_POINTS", 60)
        patch.setattr(pieces, "_PIECE_POINTS", 20)
        angle = np.sort(rng.uniform(0, 2 * np.pi, 150))
        reach = rng.uniform(300, 500, 150)
        shape = shapely.Polygon(np.column_stack([reach * np.cos(angle), reach * np.sin(angle)]))
        told = pieces.pieces_of(shape)
        assert len(told) > 5 and (shapely.get_num_coordinates(told) <= 20).all()
        assert shapely.area(told).sum() == pytest.approx(shape.area, rel=1e-9)
        assert shapely.union_all(told).area == pytest.approx(shape.area, rel=1e-9)
        few = shape.simplify(200)
        assert list(pieces.pieces_of(few)) == [few]


@pytest.mark.parametrize(("wide", "high"), [(10, 4), (4, 10), (6, 6)])
def test_a_shape_is_halved_across_its_longer_side(wide: float, high: float) -> None:
    told = [box(*half) for half in pieces._halved((0, 0, wide, high))]
    if wide > high:
        halves = [box(0, 0, wide / 2, high), box(wide / 2, 0, wide, high)]
    else:
        halves = [box(0, 0, wide, high / 2), box(0, high / 2, wide, high)]
    assert shapely.equals(told, halves).all()


def test_prohibited_candidates_are_not_offered() -> None:
    fine = Screened("undetermined", "regulated", {"a": ("undetermined", "regulated", "x")})
    bad = Screened("conflict", "conflict", {"b": ("conflict", "conflict", "x"), **fine.classes})
    describe._refuse_prohibited([fine, fine])
    with pytest.raises(Exception, match=r"nothing is offered; please report it: 2: b$"):
        describe._refuse_prohibited([fine, bad])


@pytest.mark.parametrize(
    ("value", "error", "digits", "words"),
    [
        (1234.56, 7.89, 1, "1,234.6（±7.9）"),
        (1234.56, NAN, 0, "1,235（误差未知）"),
        (NAN, 3.0, 1, None),
    ],
)
def test_a_figure_is_told_with_its_error(
    value: float, error: float, digits: int, words: str | None
) -> None:
    assert chapter._with_error(value, error, digits) == words


def test_the_comparison_has_a_row_for_each_candidate() -> None:
    row = {
        "rank": 2, "site_id": "C07", "grade": "known", "area_ha": 12.345, "width_m": 310.4,
        "minutes": 41.25, "minutes_error": 4.1, "nearest": "某寺", "nearest_m": 812.4,
        "nearest_error_m": NAN, "verdict": "undetermined", "land": json.dumps({"旱地": 0.625}),
        "resources": json.dumps([{"name_zh": "某寺", "distance_m": 812.4, "error_m": None}]),
        "unknown": json.dumps({"wetlands": 3.21}),
    }  # fmt: skip
    told = chapter._comparison(pd.DataFrame([row]))
    assert len(told.columns) == len(told.rows[0]) == 9
    cells = [(c.value, c.digits) if isinstance(c, Number) else c for c in told.rows[0]]
    assert cells == [
        (2, 0), "C07", chapter.GRADE_ZH["known"], (12.345, 2), (310.4, 0), "41.2（±4.1）", "某寺",
        "812（误差未知）", chapter.OUTCOME_ZH["undetermined"],
    ]  # fmt: skip
    (text,) = chapter._one(row)
    assert text.text == (
        "C07：最近资源：某寺 812米（误差未知）。资料不足：wetlands 3.2公顷。地类：旱地 62.5%。"
    )
    (text,) = chapter._one({**row, "land": "{}", "unknown": "{}", "resources": "[]"})
    assert text.text == "C07：最近资源：无。资料不足：无。"
    maps = pd.DataFrame({"grade": ["surely", "not"], "area_ha": [1.25, 3.0]})
    areas = chapter._areas(maps)
    assert [(name, n.value, n.digits) for name, n in areas.rows] == [
        (chapter.GRADE_ZH["surely"], 1.25, 1), (chapter.GRADE_ZH["not"], 3.0, 1)
    ]  # fmt: skip


# how probable
# ------------------------------------------------------------------------------------------


def normal_beyond(distance: float, sigma: float) -> float:
    """The share of a normal error beyond a distance on one side."""
    return 0.5 * (1 - erf(distance / sigma / sqrt(2)))


@pytest.mark.parametrize("apart", [-8.0, -2.0, 0.0, 3.0, 9.0])
@pytest.mark.parametrize("required_m", [0.0, 4.0])
def test_two_long_edges_come_too_near_as_often_as_a_normal_error_says(
    apart: float, required_m: float
) -> None:
    site, resource = box(-1000, -5000, 0, 5000), box(apart, -5000, 1000, 5000)
    told = on_plane(site, resource, 4.0, required_m=required_m, draws=4_000, seed=3)
    expected = normal_beyond(apart - required_m, 4.0)
    assert told.share == pytest.approx(expected, abs=4 * max(told.standard_error, 1e-3))
    assert told.standard_error == pytest.approx(np.sqrt(told.share * (1 - told.share) / 4_000))
    assert (told.draws, told.seed, told.sigma_m) == (4_000, 3, 4.0)
    turned = on_plane(resource, site, 4.0, required_m=required_m, draws=4_000, seed=3)
    assert turned.share == pytest.approx(expected, abs=4 * max(told.standard_error, 1e-3))


def test_the_shape_with_fewer_corners_is_moved_and_it_comes_to_the_same() -> None:
    site, resource = box(0, 0, 30, 30), shapely.Point(60, 40).buffer(20)
    for one, other, way in ((site, resource, 1), (resource, site, -1)):
        told = on_plane(one, other, 15.0, draws=500, seed=5)
        shift = way * np.random.default_rng(5).normal(0.0, 1.0, (500, 2)) * 15.0
        if way < 0:
            shift = -shift
        moved = [shapely.transform(one, lambda xy, s=s: xy + s) for s in shift]
        assert told.share == shapely.intersects(moved, other).mean()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"site_accuracy_m": -1}, "site_accuracy_m is -1"),
        ({"site_accuracy_m": NAN}, "site_accuracy_m is nan"),
        ({"resource_accuracy_m": np.inf}, "resource_accuracy_m is inf"),
        ({"required_m": -0.1}, "required_m is -0.1"),
        ({"draws": 0}, "0 draws tell nothing"),
    ],
)
def test_a_probability_needs_numbers(options: Any, words: str) -> None:
    told = {"site_accuracy_m": 1.0, "resource_accuracy_m": 2.0, **options}
    near = shapely.box(112.60, 38.30, 112.61, 38.31)
    with pytest.raises(UsageError, match=words):
        overlap_probability(near, near, **told)
    sound = {"site_accuracy_m": 0.0, "resource_accuracy_m": 0.0, "required_m": 0.0, "draws": 1}
    assert overlap_probability(near, near, **sound).share == 1.0
    for unknown in (None, NAN):
        share = overlap_probability(near, near, site_accuracy_m=1.0, resource_accuracy_m=unknown)
        assert np.isnan([share.share, share.standard_error, share.sigma_m]).all()


def test_a_stated_accuracy_is_twice_the_standard_error_of_both() -> None:
    near = shapely.box(112.60, 38.30, 112.61, 38.31)
    told = overlap_probability(near, near, site_accuracy_m=6.0, resource_accuracy_m=8.0, draws=10)
    assert told.sigma_m == 5.0
