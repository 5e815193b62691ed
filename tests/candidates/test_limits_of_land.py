"""Limits of a search for land, each from both sides: what is asked, kept, listed and refused; by
hand, or against every pair asked by itself.
"""

from __future__ import annotations

import inspect
import json
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from conftest import box
from hypothesis import given, settings
from hypothesis import strategies as st

from sxgeo.analysis.candidates import (
    answer,
    blocks,
    chapter,
    constraints,
    describe,
    find,
    ground,
    grown,
    holes,
    near,
    pieces,
    ranking,
    receipt,
    replay,
    uncertainty,
    wishes,
    world,
)
from sxgeo.analysis.candidates.constraints import Bounds, Constraint
from sxgeo.analysis.candidates.describe import Screened
from sxgeo.analysis.candidates.grown import MARGIN_M, KeepIn, KeepOut
from sxgeo.analysis.candidates.request import Wish
from sxgeo.analysis.conflicts.relation import TOUCH_M, spread_m
from sxgeo.errors import AnalysisError, InputError
from sxgeo.geometry.projection import GEOGRAPHIC, PLANE_SCALE, plane_crs
from sxgeo.geometry.straight import laid_on_plane
from sxgeo.model.outcomes import KNOWN_OUTCOMES
from sxgeo.reports.cells import Table

NAN = float("nan")
PARK = shapely.box(112.60, 37.95, 112.72, 38.03)


def array(*shapes: Any) -> Any:
    held = np.empty(len(shapes), dtype=object)
    held[:] = shapes
    return held


# what is asked
# ------------------------------------------------------------------------------------------


def test_nothing_is_asked_of_land_that_was_not_asked() -> None:
    given_by_name = inspect.signature(find.find_candidates).parameters
    wish = Wish(PARK)
    for field in fields(Wish)[1:]:
        assert given_by_name[field.name].default == getattr(wish, field.name), field.name
    asked = {f.name: getattr(wish, f.name) for f in fields(wish)[1:]}
    asked.pop("land_field")
    assert asked.pop("rank_by") == ("grade", "-area_ha")
    assert set(map(str, asked.values())) == {"()", "0.0", "None"}


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"clear_of": ["heritage_site"]}, "unknown class 'heritage_site'"),
        ({"clear_of": ["urban_boundary"]}, "is a place to lie in"),
        ({"away": ["roads.gpkg"]}, "away takes (layer, metres), not 'roads.gpkg'"),
        ({"near": [("a", 1, 2)]}, "near takes (layer, metres), not ('a', 1, 2)"),
        ({"near": [("a", -1)]}, "near: the distance is -1"),
        ({"away": [["a", NAN]]}, "away: the distance is nan"),
        ({"min_area_ha": -0.1}, "min_area_ha is -0.1"),
        ({"min_width_m": "5"}, "min_width_m is '5'"),
        ({"site_accuracy_m": -1}, "site_accuracy_m is -1"),
        ({"max_slope_pct": -1, "dem": "h.tif"}, "max_slope_pct is -1"),
        ({"max_slope_pct": 5}, "max_slope_pct and dem go together"),
        ({"dem": "h.tif"}, "max_slope_pct and dem go together"),
        ({"land_use": ["a"]}, "land_use needs land_layer"),
    ],
)
def test_a_wish_tells_what_cannot_be_used_and_all_of_it(asked: Any, words: str) -> None:
    (told,) = Wish(PARK, **asked).problems()
    assert words in told
    more = list(Wish(PARK, **{"within": [], **asked}, network=3, workspace="w").problems())
    assert more == [told]


def test_a_wish_without_problems_tells_none() -> None:
    wish = Wish(
        PARK,
        clear_of=["heritage_sites"],
        away=[("a", 0), ["b", 5.5]],
        near=[(PARK, 1)],
        min_area_ha=0,
        max_slope_pct=0,
        dem="h.tif",
        land_use=["a"],
        land_layer="l.gpkg",
    )
    assert not list(wish.problems()) and wish.site_error_m == 2.0
    assert Wish(PARK, site_accuracy_m=0).site_error_m == 0.0
    law = {"project_type", "project_attributes", "as_of", "layers", "workspace"}
    assert {f.name for f in fields(Wish)} - set(wish.of_land()) == law
    assert wish.of_land()["away"] == [("a", 0), ["b", 5.5]]


@pytest.mark.parametrize("mode", ["road", "walk", "rail", "road+rail"])
def test_a_place_is_reached_by_each_mode(mode: str) -> None:
    assert wishes._wish(("f.csv", 5, mode)) == ("f.csv", 5.0, mode)


def test_candidates_are_ranked_by_columns_of_the_answer() -> None:
    assert set(ranking.CRITERIA) < set(describe.COLUMNS) and len(ranking.CRITERIA) == 6
    for name in ranking.CRITERIA:
        assert ranking.checked_order(f"-{name}") == (False, ((name, -1.0),))


def test_wishes_of_one_mode_go_by_one_network(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Any] = []

    def load(zone: str, *, by: str, as_of: str) -> Any:
        read.append((zone, by, as_of))
        return read[-1]

    monkeypatch.setattr(wishes, "load_network", load)
    monkeypatch.setattr(wishes, "ZONE_BOXES", {"taixin": None, "other": None})
    asked = [((112.5, 38), 60), ((112.5, 38.1), 7.5, "walk"), ((112, 38), 5)]
    told = wishes.read_reach(asked, None, "other", "2026-11-21")
    assert read == [("other", "road", "2026-11-21"), ("other", "walk", "2026-11-21")]
    assert [one.network for one in told] == [read[0], read[1], read[0]]
    assert [one.words for one in told] == [
        "112.5,38 60 min road",
        "112.5,38.1 7.5 min walk",
        "112,38 5 min road",
    ]
    assert [(one.minutes, one.mode) for one in told] == [(60, "road"), (7.5, "walk"), (5, "road")]
    assert told[2].origins == [(112.0, 38.0)] and wishes.read_reach([], None, None, "") == []


def test_what_is_reached_is_drawn_in_six_steps_of_whole_minutes() -> None:
    assert wishes._earlier(60) == [10, 20, 30, 40, 50]
    assert wishes._earlier(3) == [1, 2] and wishes._earlier(0.4) == wishes._earlier(1) == []
    none = wishes.reached_in_steps([])
    assert list(none.columns) == ["origin_id", "minutes", "area_km2", "snap_m", "geometry"]
    assert not len(none) and none.crs == GEOGRAPHIC


# what a class bounds
# ------------------------------------------------------------------------------------------

CONFLICT, REGULATED, NONE = (
    KNOWN_OUTCOMES.index(word) for word in ("conflict", "regulated", "none_found")
)


def table_of(**values: Any) -> Any:
    """Four records: options 0 and 1 are of the first, then one each; the last has no place."""
    shapes = array(box(0, 0, 9, 9), box(20, 0, 29, 9), box(40, 0, 49, 9), None)
    terms = {
        "first": np.array([0, 2, 3, 4]),
        "count": np.array([2, 1, 1, 1]),
        "required": np.array([100.0, 0.0, 50.0, 30.0, 10.0]),
        "accuracy": np.array([3.0, 3.0, 5.0, 0.5, 1.0]),
        "datum": np.array([0.0, 0.0, 2.0, 0.0, 0.0]),
        "extent": np.array([0.0, 0.0, 0.0, 7.0, 0.0]),
        "bound": np.array([True, True, True, True, True]),
        "capped": np.array([False, False, False, False, False]),
        "if_met": np.array([CONFLICT, CONFLICT, REGULATED, CONFLICT, CONFLICT]),
    }
    terms.update({name: np.array(v) for name, v in values.pop("terms", {}).items()})
    spec = SimpleNamespace(id="heritage_sites", name_zh="文物", name_en="heritage")
    held: dict[str, Any] = {
        "layer": SimpleNamespace(spec=spec, failed=None, held=True),
        "terms": SimpleNamespace(**terms),
        "shapes": shapes,
        "records": [{}] * 4,
        "coarse": (),
        "codes": [("140100",), (), ("140200", "999999"), ("140100",)],
        "covered": PARK,
        "complete": box(-500, -500, 500, 500),
        "complete_edge_m": 4.0,
        "required_m": 100.0,
        "partial": SimpleNamespace(rows=np.array([], dtype=int), reach_m=np.zeros(0)),
    }
    return SimpleNamespace(**{**held, **values})


def distances(bounds: Bounds) -> dict[int, float]:
    """Return the distance of each record of the four, by its row."""
    shapes = list(table_of().shapes)
    return {
        shapes.index(shape): float(metres)
        for out in bounds.outs
        for shape, metres in zip(out.shapes, out.distance_m, strict=True)
    }


def test_a_class_keeps_out_by_its_largest_rule_with_the_errors_or_without() -> None:
    told = constraints.of_class(table_of(), clear=False, site_error_m=2.0, stretch=1.0)
    assert (told.key, told.words) == ("heritage_sites", "文物 heritage")
    # what is regulated is left where only what is prohibited is kept away from
    assert distances(told.known) == pytest.approx({0: 100 + MARGIN_M, 2: 30 + MARGIN_M})
    doubt = 2 + 3 + PLANE_SCALE * 100
    worst = {0: 100 + doubt, 1: 50 + 2 + 7 + PLANE_SCALE * 50, 2: 30 + 2.5 + 7 + PLANE_SCALE * 30}
    expected = {row: metres + MARGIN_M for row, metres in worst.items()}
    assert distances(told.surely) == pytest.approx(expected)
    inner = distances(told.possible)
    assert inner == pytest.approx({0: 100 - doubt, 2: 30 - 2.5 - PLANE_SCALE * 30})
    assert [out.certain for out in told.possible.outs] == [True]
    assert not told.known.outs[0].certain and not told.surely.outs[0].certain


def test_land_that_is_clear_of_a_class_keeps_out_of_what_is_regulated_too() -> None:
    far = constraints.of_class(table_of(), clear=False, site_error_m=2.0, stretch=1.0)
    told = constraints.of_class(table_of(), clear=True, site_error_m=2.0, stretch=1.0)
    assert distances(told.known) == distances(told.surely) == distances(far.surely)
    assert set(distances(told.possible)) == {0, 1, 2}
    # a record of coarse place is in doubt, not known
    coarse = constraints.of_class(table_of(coarse=(1,)), clear=True, site_error_m=2.0, stretch=1.0)
    assert set(distances(coarse.known)) == {0, 2} and set(distances(coarse.surely)) == {0, 1, 2}
    wider = constraints.of_class(table_of(), clear=True, site_error_m=2.0, stretch=1.5)
    for row, metres in distances(told.surely).items():
        assert distances(wider.surely)[row] == pytest.approx((metres - MARGIN_M) * 1.5 + MARGIN_M)
    assert distances(wider.possible) == distances(told.possible)


def test_what_binds_nobody_or_is_never_met_keeps_nothing_out() -> None:
    unbound = table_of(terms={"bound": [False] * 5})
    for bounds in constraints.of_class(unbound, clear=True, site_error_m=2.0, stretch=1.0), None:
        if bounds is not None:
            assert not bounds.known.outs and not bounds.possible.outs and not bounds.surely.outs
    capped = table_of(terms={"capped": [True] * 5})
    told = constraints.of_class(capped, clear=False, site_error_m=2.0, stretch=1.0)
    assert not told.known.outs and not told.possible.outs and len(told.surely.outs) == 1
    where = {"required": [0.0] * 5, "accuracy": [0.0] * 5, "datum": [0.0] * 5}
    touching = constraints.of_class(
        table_of(terms=where), clear=False, site_error_m=0.0, stretch=1.0
    )
    # where no distance is asked for, what only touches does not overlap
    assert set(distances(touching.possible).values()) == {-TOUCH_M}


@pytest.mark.parametrize("accuracy_m", [1.0, NAN])
def test_a_constraint_is_called_by_its_kind_and_layer_whatever_is_known_of_it(
    accuracy_m: float,
) -> None:
    roads = constraints.Shapes("roads", array(box(0, 0, 9, 9)), np.array([accuracy_m]), ["r"])
    for told, key, words in (
        (constraints.of_inside(roads, 1.0), "inside:roads", "位于 inside roads"),
        (constraints.of_away(roads, 12.5, 1.0), "away:roads", "距 away from roads ≥ 12.5 m"),
        (constraints.of_near(roads, 12.5, 1.0), "near:roads", "距 within 12.5 m of roads"),
    ):
        assert (told.key, told.words) == (key, words)
        assert (told.surely.empty is None) == (accuracy_m == 1.0)
        known = (*told.known.outs, *told.known.ins)
        assert [one.key for one in known] == [key] and told.at("known") is told.known
        assert told.at("possible") is told.possible and told.at("surely") is told.surely


def ground_of(**accuracy_m: float) -> Any:
    shapes = {"140100": box(0, 0, 1000, 1000), "140200": box(1000, 0, 2000, 1000)}
    edges = {
        "140100": 3.0,
        "140200": 8.0,
        **{k.removeprefix("c"): v for k, v in accuracy_m.items()},
    }
    return SimpleNamespace(
        shapes=shapes,
        edge_m=lambda codes: max(edges[c] for c in codes),
        union=lambda codes: shapely.union_all([shapes[c] for c in codes]),
    )


def whole(table: Any, counties: Any = None) -> Bounds:
    used = ground_of() if counties is None else counties
    return constraints.completeness(table, used, site_error_m=2.0, stretch=1.0)


def test_a_class_can_be_clear_deep_inside_of_where_it_is_whole() -> None:
    told = whole(table_of())
    reach_m = 100 * (1 + PLANE_SCALE) + 2 + MARGIN_M
    (held,) = told.ins
    assert told.empty is None and not told.outs and held.key == "heritage_sites"
    assert held.distance_m == pytest.approx([-(reach_m + 4)])
    partial = SimpleNamespace(rows=np.array([1]), reach_m=np.array([60.0]))
    (out,) = whole(table_of(partial=partial)).outs
    assert list(out.shapes) == [table_of().shapes[1]] and out.distance_m == [reach_m + 60]


def test_off_the_counties_of_a_record_of_coarse_place() -> None:
    reach_m = 100 * (1 + PLANE_SCALE) + 2 + MARGIN_M
    told = whole(table_of(coarse=(0,)))
    (out,) = told.outs
    assert out.distance_m == pytest.approx([reach_m + 3]) and len(told.ins) == 1
    # a county that nobody holds may begin right beyond those that are held
    told = whole(table_of(coarse=(0, 2)))
    (out,), (_, everywhere) = told.outs, told.ins
    assert out.distance_m == pytest.approx([reach_m + 3, reach_m + 8])
    assert everywhere.distance_m == pytest.approx([-MARGIN_M])
    assert everywhere.shapes[0].area == 2_000_000
    # one that binds nobody may lie where it will
    unbound = {"bound": [True, True, False, True, True]}
    assert whole(table_of(coarse=(1,), terms=unbound)).empty is None


@pytest.mark.parametrize(
    ("values", "counties", "words"),
    [
        ({"coarse": (1,)}, {}, "a record's place is not known at all"),
        ({"coarse": (0,)}, {"c140200": np.inf}, "the accuracy of a county's edge is not known"),
        ({"complete": None}, {}, "no document says that it is whole anywhere"),
        ({"covered": None}, {}, "no document says that it is whole anywhere"),
        ({"complete_edge_m": np.inf}, {}, "no document says that it is whole anywhere"),
        ({"complete_edge_m": NAN}, {}, "no document says that it is whole anywhere"),
    ],
)
def test_a_class_is_clear_nowhere_and_it_is_said_why(
    values: Any, counties: Any, words: str
) -> None:
    told = whole(table_of(**values), ground_of(**counties))
    assert told == Bounds(empty=f"heritage_sites: {words}")


def test_a_class_of_which_nothing_is_held_is_clear_nowhere() -> None:
    for change, words in (
        ({"failed": "broken"}, "the layer could not be loaded"),
        ({"held": False}, "nothing is held"),
    ):
        table = table_of()
        table.layer = SimpleNamespace(**{**vars(table.layer), **change})
        assert whole(table).empty == f"heritage_sites: {words}"
    urban = table_of()
    urban.layer.spec.id = "urban_boundary"
    assert whole(urban).empty == (
        "urban_boundary: no rule of it was seen, so nothing is clear of it"
    )
    urban.records = []
    assert whole(urban).empty is None
    # without a record of coarse place nobody asks for the edges of counties
    assert whole(table_of(), ground_of(c140100=np.inf)).empty is None


# what shapes grow to
# ------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(st.floats(0.01, 20_000))
def test_an_arc_has_as_few_corners_as_its_tolerance_allows(distance_m: float) -> None:
    (told,) = grown._segments(np.array([distance_m]))

    def lost_m(segments: int) -> float:
        return float((1 / np.cos(1.5 * np.pi / (4 * segments)) - 1) * distance_m)

    allowed_m = 0.13 + 0.005 * distance_m
    enough = [n for n in (2, 3, 4, 6, 8) if lost_m(n) <= allowed_m]
    assert told == (enough[0] if enough else 12)


@pytest.mark.parametrize("distance_m", [0.5, 3.0, 10.0, 250.0, 4_000.0])
def test_no_more_land_is_lost_than_is_stated(distance_m: float) -> None:
    area = box(-9_000, -9_000, 9_000, 9_000)
    point = array(shapely.Point(0, 0))
    out = grown.kept_out([KeepOut("k", point, np.array([distance_m]))], area)
    rim = shapely.get_coordinates(out)
    from_point = np.hypot(rim[:, 0], rim[:, 1])
    assert from_point.max() <= 0.2 + 1.02 * distance_m
    assert shapely.distance(shapely.boundary(out[0]), point[0]) >= distance_m - 0.025
    # what is surely too near lies inside the true circle
    sure = grown.kept_out([KeepOut("k", point, np.array([distance_m]), certain=True)], area)
    rim = shapely.get_coordinates(sure)
    assert np.hypot(rim[:, 0], rim[:, 1]).max() <= distance_m
    assert shapely.area(sure[0]) >= 0.94 * np.pi * distance_m**2
    held = grown.kept_in(KeepIn("k", point, np.array([distance_m])), area)
    assert shapely.equals(held[0], sure[0])
    generous = grown.kept_in(KeepIn("k", point, np.array([distance_m]), generous=True), area)
    assert shapely.distance(shapely.boundary(generous[0]), point[0]) >= distance_m
    assert shapely.area(generous[0]) <= np.pi * (0.2 + 1.02 * distance_m) ** 2


def test_the_land_that_is_lost_is_what_the_page_of_documentation_says() -> None:
    text = (Path(__file__).parents[2] / "docs" / "candidates.md").read_text(encoding="utf-8")
    share_pct = 100 * grown.TOLERANCE_SHARE
    assert f"at most {grown.TOLERANCE_M:g} m + {share_pct:g} % of the distance" in " ".join(
        text.split()
    )
    # the margin of the grid counts among it
    roads = constraints.Shapes("roads", array(shapely.Point(0, 0)), np.zeros(1), ["r"])
    (out,) = constraints.of_away(roads, 0.5, 0.0).known.outs
    rim = shapely.get_coordinates(grown.kept_out([out], box(-9, -9, 9, 9)))
    assert 0.55 <= np.hypot(*rim.T).max() <= 0.2 + 1.02 * 0.5


def test_a_shape_that_no_buffer_frees_is_named_after_six_cuts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried = []

    def always(blocks: Any, drawing: Any, rows: Any) -> Any:
        tried.append(drawing.radius_m.copy())
        return np.ones(len(rows), dtype=bool)

    monkeypatch.setattr(grown, "_too_near", always)
    two = array(shapely.Point(0, 0), shapely.Point(300, 0))
    out = KeepOut("away:roads", two, np.array([0.0, 20.0]))
    with pytest.raises(AnalysisError, match="land near away:roads 1 stays too near after 6 cuts"):
        grown.kept_out([out], box(-900, -900, 900, 900))
    # each time larger, and by more than before; the point that keeps nothing away stays one
    radius = np.array(tried)
    assert len(tried) == 6 and not radius[:, 0].any()
    assert (np.diff(np.diff(radius[:, 1])) > 0).all() and radius[1, 1] > radius[0, 1] + 0.05


def test_a_hole_brings_its_corners_into_a_box_by_the_share_that_lies_there() -> None:
    some = array(box(0, 0, 10, 4), shapely.Point(30, 5).buffer(5, quad_segs=25), box(50, 0, 60, 10))
    measured = pieces._Holes.of(some)
    rows = np.arange(3)
    assert measured.corners_in(rows, (-1, -1, 70, 20)) == pytest.approx(5 + 101 + 5)
    assert measured.corners_in(rows, (-1, -1, 2, 20)) == pytest.approx(1)
    assert measured.corners_in(rows, (5, 2, 30, 20)) == pytest.approx(5 / 4 + 101 * 0.5 * 0.8)
    assert measured.corners_in(rows[:0], (-1, -1, 70, 20)) == 0
    # a box that a hole only touches is none that it reaches into by area, and both sides have it
    assert measured.across(rows, (10, 0, 20, 4)).tolist() == [0]
    assert measured.across(rows, (11, 0, 24, 4)).tolist() == []
    assert measured.across(rows[1:], (-9, -9, 99, 99)).tolist() == [1, 2]
    assert measured.across(rows, (0, 11, 99, 20)).tolist() == []


def test_a_cut_may_lose_a_square_centimetre_and_a_billionth_and_no_more() -> None:
    for off_m2, is_off in ((0.00105, False), (0.00115, True)):
        assert pieces._is_off(1e6 - off_m2, 1e6) is pieces._is_off(1e6 + off_m2, 1e6) is is_off


def test_the_depth_inside_a_shape_is_kept_out_or_held_by_its_sign() -> None:
    square, area = array(box(0, 0, 100, 100)), box(-500, -500, 500, 500)
    out = grown.kept_out([KeepOut("k", square, np.array([-10.0]))], area)
    # the round share makes the shrunken square no smaller than it must be
    assert shapely.contains(out[0], box(10, 10, 90, 90))
    assert shapely.area(out[0]) < 81.0**2
    far = grown.kept_out([KeepOut("k", square, np.array([-60.0]))], area)
    assert not len(far)
    assert not len(grown.kept_out([KeepOut("k", square, np.zeros(1))], box(200, 0, 300, 100)))
    assert len(grown.kept_out([KeepOut("k", square, np.full(1, 101.0))], box(200, 0, 300, 100)))
    # on each of the four sides a shape that reaches into the bounds counts, and no other
    for x, y in ((150, 0), (-150, 0), (0, 150), (0, -150)):
        beside = box(x, y, x + 100, y + 100)
        for metres, count in ((45.0, 0), (51.0, 1)):
            told = grown.kept_out([KeepOut("k", square, np.array([metres]))], beside)
            assert len(told) == count


# polygons among many
# ------------------------------------------------------------------------------------------


@settings(max_examples=12)
@given(st.integers(0, 10_000), st.booleans())
def test_shapes_that_meet_are_those_of_every_pair_asked_by_itself(seed: int, parted: bool) -> None:
    rng = np.random.default_rng(seed)
    middle = rng.integers(0, 14, (12, 2))
    size = rng.integers(1, 4, 12)
    shapes = shapely.box(middle[:, 0], middle[:, 1], middle[:, 0] + size, middle[:, 1] + 2)
    shapes[::4] = shapely.buffer(shapely.centroid(shapes[::4]), 1.5, quad_segs=80)
    group = np.arange(12) // 3 if parted else None
    expected = {
        (i, k)
        for i in range(12)
        for k in range(i + 1, 12)
        if shapes[i].intersects(shapes[k]) and not (parted and i // 3 == k // 3)
    }
    one, other = blocks.pairs_that_meet(shapely.STRtree(shapes), group)
    told = {(min(pair), max(pair)) for pair in zip(one.tolist(), other.tolist(), strict=True)}
    assert told == expected and len(one) == len(expected)
    graph = nx.Graph([(i, k) for i, k in expected])
    groups = sorted((sorted(part) for part in nx.connected_components(graph)), key=min)
    assert [own.tolist() for own in holes.grouped(np.column_stack([one, other]))] == groups
    if not parted:
        label = blocks.touching(shapes)
        for i in range(12):
            for k in range(12):
                joined = i == k or (i in graph and k in graph and nx.has_path(graph, i, k))
                assert (label[i] == label[k]) == joined


HOLED = {
    "a hole inside": [box(2, 2, 4, 4)],
    "two that meet in a corner": [box(2, 2, 4, 4), box(4, 4, 6, 6)],
    "two that share an edge": [box(2, 2, 4, 4), box(4, 2, 6, 4)],
    "two that overlap": [box(2, 2, 5, 5), box(4, 4, 7, 7)],
    "one in another": [box(2, 2, 8, 8), box(4, 4, 5, 5)],
    "one that touches the rim": [shapely.Polygon([(0, 5), (3, 4), (3, 6)])],
    "one along the rim": [box(0, 2, 3, 4)],
    "one across the rim": [box(-1, 2, 3, 4)],
    "one from rim to rim": [shapely.Polygon([(0, 5), (5, 4), (10, 5), (5, 6)])],
    "two from rim to rim": [
        shapely.Polygon([(0, 5), (3, 4), (5, 5), (3, 6)]),
        shapely.Polygon([(5, 5), (7, 4), (10, 5), (7, 6)]),
    ],
    "two at the rim apart": [
        shapely.Polygon([(0, 5), (3, 4), (3, 6)]),
        shapely.Polygon([(10, 5), (7, 4), (7, 6)]),
    ],
    "a chain that closes": [
        shapely.Polygon([(3, 5), (4, 4), (5, 3), (4, 3)]),
        shapely.Polygon([(5, 3), (6, 3), (7, 5), (6, 4)]),
        shapely.Polygon([(3, 5), (4, 6), (5, 7), (4, 7)]),
        shapely.Polygon([(5, 7), (6, 7), (7, 5), (6, 6)]),
    ],
    "one beyond the shell": [box(20, 20, 22, 22)],
    "a bow tie": [shapely.Polygon([(2, 2), (4, 4), (4, 2), (2, 4)])],
}


@pytest.mark.parametrize("name", HOLED)
def test_a_polygon_of_many_rings_is_sound_where_the_library_says_so(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holes, "MANY", 2)
    rings = [shape.exterior for shape in HOLED[name]]
    polygon = shapely.Polygon(box(0, 0, 10, 10).exterior, rings)
    valid = shapely.is_valid(polygon)
    assert holes.is_sound(polygon) == valid
    beside = shapely.polygons(shapely.get_rings(box(30, 30, 40, 40)))
    both = shapely.MultiPolygon([polygon, beside[0]])
    assert holes.is_sound(both) == valid == shapely.is_valid(both)
    assert holes.are_sound(array(polygon, box(0, 0, 1, 1), both)).tolist() == [valid, True, valid]


def test_neighbours_are_united_first_along_a_curve_of_quarters() -> None:
    cells = [(x, y) for x in range(4) for y in range(4)]
    rng = np.random.default_rng(3)
    rng.shuffle(cells)
    # each quarter of the square is gone through before the next, and its own quarters likewise
    quarter = {(0, 0): 0, (1, 0): 1, (0, 1): 2, (1, 1): 3}

    def place(x: int, y: int) -> int:
        return 4 * quarter[x // 2, y // 2] + quarter[x % 2, y % 2]

    shapes = array(*[box(7 + 2 * x, 500 + 2 * y, 8 + 2 * x, 501 + 2 * y) for x, y in cells])
    order = np.argsort(blocks._places(shapes), kind="stable")
    assert [place(*cells[i]) for i in order] == list(range(16))
    # in a long strip the cells stay squares: what lies far along comes late, however low
    strip = array(box(0, 1, 1, 2), box(90, 0, 91, 1), box(0, 8, 1, 9), box(40, 0, 41, 1))
    assert np.argsort(blocks._places(strip)).tolist() == [0, 2, 3, 1]
    with np.errstate(all="raise"):
        assert blocks._places(array(*[box(3, 3, 4, 4)] * 2)).tolist() == [0, 0]


def test_nothing_meets_nothing() -> None:
    assert not len(blocks.touching(array())) and not len(blocks.united(array()))
    assert blocks.summed(np.array([2, 0, 2]), np.array([1.0, 2.0, 3.0]), 4).tolist() == [2, 0, 4, 0]


# what is told of candidates
# ------------------------------------------------------------------------------------------


def test_ids_sort_as_the_candidates_stand() -> None:
    row = dict.fromkeys(describe.COLUMNS, 0.0)
    for count, first, last in ((1, "C01", "C01"), (99, "C01", "C99"), (100, "C001", "C100")):
        shapes = array(*[box(0, 0, 1, 1)] * count)
        frame = describe._numbered([dict(row) for _ in range(count)], shapes)
        ids = frame["site_id"].tolist()
        assert (ids[0], ids[-1]) == (first, last) and ids == sorted(ids)
        assert list(frame.columns) == [*describe.COLUMNS, "geometry"] and frame.crs == GEOGRAPHIC


def test_only_what_screening_calls_clear_is_surely_available() -> None:
    shape = box(0, 0, 200, 100)
    rows = [("surely", shape), ("surely", shape), ("known", shape)]
    screened = [
        Screened(verdict, "none_found", {}) for verdict in ("clear", "undetermined", "clear")
    ]
    told = list(describe._graded(rows, screened, np.array([1.0, 2.0, 5_000.0])))
    assert [row["grade"] for row in told] == ["surely", "known", "known"]
    assert [row["surely_ha"] for row in told] == [2.0, 0.0, 0.5]
    assert [row["unknown_ha"] for row in told] == [0.0, 2.0, 1.5]


def test_a_class_is_unsure_where_it_is_not_clear() -> None:
    classes = {"a": ("clear", "", ""), "b": ("undetermined", "", ""), "c": ("not_screened", "", "")}
    assert Screened("undetermined", "none_found", classes).unsure == ["b", "c"]


def near_table(class_id: str, shapes: Any, accuracy_m: float | None = 6.0) -> Any:
    records = [
        {
            "feature_id": f"{class_id}{n:02d}",
            "name_zh": f"名{n}",
            "position_accuracy_m": accuracy_m,
            "datum_error_m": None if n % 2 else 1.5,
            "geometry_kind": "polygon" if n % 2 else "point",
            "extent_m": 20.0,
        }
        for n in range(len(shapes))
    ]
    spec = SimpleNamespace(id=class_id)
    layer = SimpleNamespace(spec=spec)
    return SimpleNamespace(
        layer=layer, shapes=shapes, records=records, tree=shapely.STRtree(shapes)
    )


def near_world(*tables: Any, unasked: str = "") -> Any:
    screener = SimpleNamespace(
        prepared=lambda plane: (None, tables),
        is_requested=lambda layer: layer.spec.id != unasked,
    )
    return SimpleNamespace(plane="EPSG:4546", screener=screener, site_error_m=2.0)


@settings(max_examples=6)
@given(st.integers(0, 10_000))
def test_the_five_nearest_of_all_classes_are_told_the_nearest_first(seed: int) -> None:
    rng = np.random.default_rng(seed)
    corner = rng.integers(0, 60, (150, 2)) * 10
    pieces = shapely.box(corner[:, 0], corner[:, 1], corner[:, 0] + 10, corner[:, 1] + 10)
    tables = [
        near_table(name, shapely.points(rng.integers(-900, 1500, (9, 2)).astype(float)), None)
        for name in "abcdefg"
    ]
    told = near.nearest_resources(near_world(*tables, unasked="c"), pieces)
    every = []
    for table in tables:
        apart = shapely.distance(table.shapes[:, None], pieces[None]).min(axis=1)
        row = int(np.argmin(apart))
        every.append((round(float(apart[row]), 1), table.records[row]["feature_id"]))
    expected = sorted(pair for pair in every if pair[1][0] != "c")[:5]
    assert [(one["distance_m"], one["feature_id"]) for one in told] == expected
    assert [one["resource_class"] for one in told] == [feature[0] for _, feature in expected]


def test_the_error_of_a_distance_is_that_of_site_record_and_datum_or_unknown() -> None:
    pieces = array(box(0, 0, 10, 10))
    points = array(shapely.Point(40, 5), shapely.Point(900, 5))
    (told,) = near.nearest_resources(near_world(near_table("a", points)), pieces)
    record = near_table("a", points).records[0]
    assert told["error_m"] == round(2.0 + 6.0 + 1.5 + spread_m(record), 1)
    assert told["distance_m"] == 30.0 and told["p_overlap"] == 0.0
    (inside,) = near.nearest_resources(
        near_world(near_table("a", array(shapely.Point(5, 5)), 0.0)), pieces
    )
    assert inside["p_overlap"] == 1.0 and inside["distance_m"] == 0.0
    # the second record is no point and has no error of a datum
    second = near_table("a", points[::-1])
    assert near.nearest_resources(near_world(second), pieces)[0]["error_m"] == 2.0 + 6.0
    two = array(box(-900, 0, -890, 10), box(0, 0, 10, 10))
    assert near.nearest_resources(near_world(second), two)[0]["distance_m"] == 30.0
    for unknown in (None, NAN, np.inf):
        table = near_table("a", points, unknown)
        (told,) = near.nearest_resources(near_world(table), pieces)
        assert told["error_m"] is told["p_overlap"] is None
    assert near.nearest_resources(near_world(near_table("a", array(None, None))), pieces) == []


def test_a_chapter_lists_fifty_candidates_and_says_how_many_there_are() -> None:
    row = {
        "rank": 1, "site_id": "C", "grade": "known", "area_ha": 1.0, "width_m": 2.0,
        "minutes": NAN, "minutes_error": NAN, "nearest": None, "nearest_m": NAN,
        "nearest_error_m": NAN, "verdict": "clear", "land": "{}", "resources": "[]",
        "unknown": "{}",
    }  # fmt: skip
    maps = pd.DataFrame({"grade": ["surely"], "area_ha": [1.0]})
    where = SimpleNamespace(name="某区")
    for count, listed in ((49, 49), (50, 50), (51, 50), (60, 50)):
        found = SimpleNamespace(
            frame=pd.DataFrame([row] * count),
            maps=maps,
            world=SimpleNamespace(
                area=where, as_of="2026-11-21", constraints=[Constraint("k", "词")], remarks=("注",)
            ),
        )
        told = list(chapter.chapter(found))
        texts = [block.text for block in told if hasattr(block, "text")]
        assert any(f"候选{count}处，列前{listed}处" in text for text in texts)
        tables = [block for block in told if isinstance(block, Table)]
        assert [len(table.rows) for table in tables] == [1, listed]
        assert sum(text.startswith("C：") for text in texts) == listed
        assert "1. 词" in texts and texts[-1] == "注"
        # the grade is told in Chinese
        assert tables[0].rows[0][0] == "确定可用" and tables[1].rows[0][2] == "就现有资料可用"


@pytest.mark.parametrize("column", ["land", "reach", "resources", "unknown", "classes"])
def test_what_is_a_list_or_a_table_is_one_in_the_file_too(column: str) -> None:
    row = {column: '{"a": [1]}', "width_m": NAN, "grade": "known", "geometry": box(0, 0, 1, 1)}
    told = answer._feature("candidate", row)
    assert told["properties"] == {
        "kind": "candidate", column: {"a": [1]}, "width_m": None, "grade": "known",
    }  # fmt: skip
    assert told["type"] == "Feature" and told["geometry"]["type"] == "Polygon"


def test_candidates_of_a_world_without_a_question_have_no_report() -> None:
    found = answer.Candidates(None, None, SimpleNamespace(question=None))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="rest on no question"):
        found.report()


# the receipt
# ------------------------------------------------------------------------------------------


def test_what_is_recorded_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "roads.csv"
    file.write_text("id\n1\n", encoding="utf-8")
    asked = {
        "within": [((112.5, 38.0), 60, "road")],
        "away": [(file, 5.5)],
        "near": [(str(file), True)],
        "zone": PARK,
        "rank_by": {"b": -1.0, "a": 2},
        "min_area_ha": np.float32(2.5),
        "min_width_m": np.int64(3),
        "dem": None,
        "land_field": "DLMC",
    }
    told = json.loads(json.dumps(receipt.asked_of(asked)))
    assert list(told["rank_by"]) == ["a", "b"]
    assert list(told["zone"]) == ["geometry"] and set(told["away"][0][0]) >= {"file", "sha256"}
    again = receipt.asked_again(told, [tmp_path])
    assert again["zone"].equals(PARK) and again["within"] == [[[112.5, 38.0], 60, "road"]]
    assert Path(again["away"][0][0]).read_text(encoding="utf-8") == "id\n1\n"
    assert again["away"][0][1] == 5.5 and again["near"][0][1] is True
    assert (again["min_area_ha"], again["min_width_m"], again["dem"]) == (2.5, 3, None)
    assert again["rank_by"] == {"a": 2, "b": -1.0} and again["land_field"] == "DLMC"
    file.write_text("id\n2\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"roads\.csv \(sha256 .*; .*roads\.csv \(sha256"):
        receipt.asked_again(told, [tmp_path])


def test_what_stood_in_memory_only_is_named_in_one_message() -> None:
    frame = gpd.GeoDataFrame(geometry=[PARK] * 3, crs=GEOGRAPHIC)
    told = receipt.asked_of({"inside": [frame], "near": [frame.geometry], "network": object()})
    assert told["inside"] == told["near"] == [{"in_memory": "frame of 3 rows"}]
    with pytest.raises(InputError) as error:
        receipt.asked_again(told, [])
    assert str(error.value).count("frame of 3 rows, which stood in memory only") == 2
    assert "object, which stood in memory only" in str(error.value)
    assert receipt.make_receipt(SimpleNamespace(question=None, asked={"a": 1})) == {
        "asked": {"a": 1}
    }


def test_a_replay_says_what_changed_and_that_something_did() -> None:
    found: Any = SimpleNamespace(frame=[0] * 7)
    old = {"receipt": {"data": "a", "rules_sha256": "b", "versions": 1}, "features": [1, 2]}

    def changes(features: list[int], **parts: Any) -> list[str]:
        new = {"receipt": {**old["receipt"], **parts}, "features": features}  # type: ignore[dict-item]
        return replay._changes(old, found, json.dumps(new))

    assert changes([1, 2]) == ["the answer differs; 7 candidates now"]
    assert changes([1, 2, 3]) == ["candidates and maps: 2 -> 3"]
    assert changes([1, 2], data="c", versions=2) == ["data: 'a' -> 'c'", "versions: 1 -> 2"]
    assert changes([1], rules_sha256="d") == [
        "rules_sha256: 'b' -> 'd'",
        "candidates and maps: 2 -> 1",
    ]


def test_what_nobody_said_of_a_project_is_not_said_in_a_replay() -> None:
    said = {
        "height_m": 0.0, "groundwater_use": None, "discharge": "no",
        "attributes": {"a": 1}, "documents": {"discharge": "paper"},
    }  # fmt: skip
    assert replay._attributes(said) == {
        "height_m": 0.0, "discharge": "no", "a": 1, "discharge_source": "paper",
    }  # fmt: skip


# how much is enough
# ------------------------------------------------------------------------------------------


def raster(width: int, height: int) -> Any:
    """A model of twenty degrees round 0, of which one height is read."""
    across, down = 20 / width, 20 / height
    from rasterio.transform import from_origin

    return SimpleNamespace(
        width=width,
        height=height,
        transform=from_origin(-10, 10, across, down),
        window_transform=lambda window: window,
        read=lambda *_, **__: np.ma.masked_array(np.ones((1, 1))),
    )


def test_a_model_of_heights_has_at_most_sixty_million_pixels_in_the_area() -> None:
    area, crs = shapely.box(-12, -12, 12, 12), "EPSG:4490"
    heights, window = ground._heights(raster(60_000_000, 1), area, crs, "h.tif")
    assert (window.width, window.height) == (60_000_000, 1) and heights.tolist() == [[1.0]]
    with pytest.raises(InputError, match="has 60,000,001 pixels in the area, more than 60,000,000"):
        ground._heights(raster(60_000_001, 1), area, crs, "h.tif")
    with pytest.raises(InputError, match="does not reach the area"):
        ground._heights(raster(100, 100), shapely.box(30, 30, 31, 31), crs, "h.tif")
    # two pixels of room on all sides of a small area, and one more for its part of a pixel
    _, window = ground._heights(raster(2_000, 2_000), shapely.box(0, 0, 0.1, 0.2), crs, "h.tif")
    assert (window.col_off, window.row_off, window.width, window.height) == (998, 978, 15, 25)


def test_a_probability_is_drawn_twenty_thousand_times_from_the_same_seed() -> None:
    told = uncertainty.overlap_probability(PARK, PARK, site_accuracy_m=1, resource_accuracy_m=1)
    assert (told.draws, told.seed, told.share) == (20_000, 20261121, 1.0)
    shifts = np.random.default_rng(20261121).normal(0.0, 1.0, (20_000, 2))
    assert uncertainty.farthest_m(3.0) == pytest.approx(3 * np.hypot(*shifts.T).max())
    assert not uncertainty._drawn(5, 1).flags.writeable


def test_a_sliver_of_less_than_a_square_metre_is_no_candidate() -> None:
    least = world.World.least_m2.fget  # type: ignore[attr-defined]
    assert least(SimpleNamespace(min_area_m2=0.0)) == 1.0
    assert least(SimpleNamespace(min_area_m2=1.5)) == 1.5


@pytest.mark.parametrize(("west", "east"), [(112.3, 112.9), (112.4, 114.2), (110.6, 112.6)])
def test_distances_differ_between_the_planes_of_an_area_by_no_more_than_is_added(
    west: float, east: float
) -> None:
    shape = shapely.box(west, 38, east, 38.5)
    plane = plane_crs(float(shape.centroid.x))
    seam = world._seam(shape, plane)
    for lon in np.linspace(west, east, 9):
        line = shapely.LineString([(lon, 38.2), (lon, 38.21)])
        own = laid_on_plane(line, plane_crs(float(lon))).length
        assert abs(laid_on_plane(line, plane).length / own - 1) <= seam
    assert 0 < seam < 0.0012
    assert world._seam(shapely.box(112.6, 38, 112.9, 38.5), plane_crs(112.7)) == 0.0


def test_what_is_surely_available_as_a_whole_is_told_once() -> None:
    land = box(0, 0, 100, 100)
    for inner, told_twice in (
        (land, False),
        (box(0, 0, 100, 99.991), False),
        (box(0, 0, 100, 99.98), True),
    ):
        rows = find._told_apart(array(land), array(inner))
        assert [grade for grade, _ in rows] == ["surely", "known"][: 1 + told_twice]
    two = find._told_apart(array(land), array(box(0, 0, 40, 100), box(60, 0, 100, 100)))
    assert [grade for grade, _ in two] == ["surely", "surely", "known"]
    assert find._told_apart(array(land), array()) == [("known", land)]


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (KeepIn("k", array(), np.zeros(0)), "nothing is reached"),
        (KeepIn("k", array(box(150, 0, 160, 9)), np.array([20.0])), "the nearest of it lies 50 m"),
        (KeepIn("k", array(shapely.Point(5, 5)), np.zeros(1)), "it holds no polygons"),
        (KeepIn("k", array(shapely.Point(5, 5)), np.ones(1)), "all of the area is too near"),
        (KeepIn("k", array(box(0, 0, 9, 9)), np.zeros(1)), "all of the area is too near"),
    ],
)
def test_why_a_constraint_alone_leaves_nothing(held: KeepIn, words: str) -> None:
    told = find._why_alone(Constraint("k", "", known=Bounds(ins=(held,))), box(0, 0, 100, 100))
    assert told.startswith(words)
