"""Why nothing is left, why a place is no candidate, and what would free it: each reason where it
holds and where it does not; by hand.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from conftest import box

from sxgeo.analysis.candidates import (
    answer,
    chapter,
    describe,
    find,
    gain,
    ground,
    land,
    why,
    wishes,
)
from sxgeo.analysis.candidates.constraints import NOWHERE, Bounds, Constraint
from sxgeo.analysis.candidates.grown import KeepIn, KeepOut
from sxgeo.analysis.candidates.wishes import Area, Reach
from sxgeo.analysis.candidates.world import World
from sxgeo.errors import InputError, UsageError
from sxgeo.geometry.projection import GEOGRAPHIC, to_degrees
from sxgeo.layers.layers import load_layer

NAN = float("nan")
PLANE = "EPSG:4546"
SQUARE = box(0, 0, 1000, 1000)
PARK = shapely.box(112.60, 37.95, 112.72, 38.03)


def array(*shapes: Any) -> Any:
    held = np.empty(len(shapes), dtype=object)
    held[:] = shapes
    return held


def off(key: str, shape: Any, metres: float = 0.0) -> Constraint:
    out = KeepOut(key, array(shape), np.array([metres]))
    return Constraint(key, f"off {key}", known=Bounds(outs=(out,)))


def inside(key: str, shape: Any) -> Constraint:
    held = KeepIn(key, array(shape), np.zeros(1))
    return Constraint(key, f"in {key}", known=Bounds(ins=(held,)))


def world_of(*held: Constraint, area_m2: float = 0.0, width_m: float = 0.0, **more: Any) -> World:
    """A square of a kilometre on the plane; nothing of the law."""
    values: dict[str, Any] = {
        "area": Area(PARK, "某区"),
        "shape": SQUARE,
        "plane": PLANE,
        "constraints": held,
        "reaches": (),
        "screener": None,
        "as_of": "2026-11-21",
        "site_error_m": 2.0,
        "min_area_m2": area_m2,
        "min_width_m": width_m,
        "remarks": (),
        **more,
    }
    return World(**values)


# why nothing is left
# ------------------------------------------------------------------------------------------

LEFT, RIGHT, MIDDLE = box(-9, -9, 600, 1009), box(400, -9, 1009, 1009), box(300, -9, 700, 1009)
ALL = box(-9, -9, 1009, 1009)


def test_each_constraint_that_alone_leaves_nothing_is_named_and_no_other() -> None:
    told = find._why_nothing(world_of(off("a", ALL), off("b", LEFT), off("c", ALL)))
    assert "these constraints alone leave nothing" in told
    assert "off a: all of the area is too near" in told and "off c: all of" in told
    assert "off b" not in told


def test_the_first_two_that_leave_nothing_together_are_named() -> None:
    told = find._why_nothing(world_of(off("a", LEFT), off("b", MIDDLE), off("c", RIGHT)))
    assert told.startswith("nothing is left: 'off a' and 'off c' leave nothing together;")
    held = find._why_nothing(world_of(inside("a", box(0, 0, 90, 90)), off("b", box(0, 0, 95, 95))))
    assert "'in a' and 'off b' leave nothing together" in held


def test_without_any_one_of_those_that_are_named_land_is_left() -> None:
    thirds = [box(x, -9, x + 400, 1009) for x in (-50, 320, 650)]
    names = "abc"
    needed = [off(key, third) for key, third in zip(names, thirds, strict=True)]
    spare = off("d", box(0, 0, 50, 50))
    told = find._why_nothing(world_of(spare, *needed))
    assert "without any one of them land is left" in told and "off d" not in told
    assert all(f"off {key}" in told for key in names)


def test_pairs_are_tried_among_the_first_twelve_constraints() -> None:
    spare = [off(f"s{n}", box(n, 0, n + 0.5, 0.5)) for n in range(12)]
    wide = world_of()
    for before, is_tried in ((10, True), (11, False)):
        binding = [*spare[:before], off("a", LEFT), off("b", RIGHT)]
        pair = find._pair_alone(binding, wide)
        assert (pair is not None) is is_tried
        assert pair is None or [one.key for one in pair] == ["a", "b"]


def test_land_that_is_too_small_or_too_narrow_says_how_large_or_wide_it_is() -> None:
    strip = [off("a", box(-9, -9, 1009, 700)), off("b", box(-9, 800, 1009, 1009))]
    assert find._why_nothing(world_of(*strip, width_m=150)) == (
        "no land is 150 m wide: the widest found is 100.0 m; lower min_width_m"
    )
    told = find._why_nothing(world_of(*strip, area_m2=200_000, width_m=50))
    assert told == "no land has 20 ha: the largest found has 10.00 ha; lower min_area_ha"
    # the narrow part does not count where a width is asked for
    neck = off("c", box(500, -9, 1009, 1009))
    beside = inside("d", shapely.union_all([box(0, 0, 400, 400), box(450, 0, 460, 1000)]))
    told = find._why_nothing(world_of(neck, beside, area_m2=1e6, width_m=100))
    assert told == "no land has 100 ha: the largest found has 16.00 ha; lower min_area_ha"
    # what is taken off by a smaller area is no reason
    told = find._why_nothing(world_of(neck, area_m2=1e6))
    assert "the largest found has 50.00 ha" in told


def test_the_maps_of_land_are_the_area_and_the_width_is_not_asked_of_what_is_possible() -> None:
    known = Bounds(outs=(KeepOut("k", array(MIDDLE), np.zeros(1)),))
    possible = Bounds(outs=(KeepOut("k", array(box(450, -9, 550, 1009)), np.zeros(1)),))
    surely = Bounds(empty="k: nobody knows")
    world = world_of(Constraint("k", "k", known, possible, surely), width_m=310)
    assert shapely.area(world.land("possible")).tolist() == pytest.approx([450_000, 450_000])
    assert not len(world.land("known")) and not len(world.land("surely"))
    for width_m, wide in ((290, 600_000), (310, 0)):
        mapped = world_of(*world.constraints, width_m=width_m).mapped()
        areas = [float(shapely.area(part).sum()) for part in mapped]
        assert areas == pytest.approx([wide, 900_000 - wide, 100_000], abs=10)


def test_without_a_least_area_the_smallest_land_is_mapped_as_known() -> None:
    mapped = land.mapped_land(box(0, 0, 0.7, 0.7), ([], []), ([], []))
    assert [len(part) for part in mapped] == [1, 0, 0]


@pytest.mark.parametrize("hole", [box(450, 450, 550, 550), box(-9, -9, 100, 100)])
def test_what_must_lie_within_is_in_doubt_up_to_what_is_possible(hole: Any) -> None:
    within = [box(0, 0, 500, 1000), box(200, 0, 700, 1000)]
    narrow, wide = (Bounds(ins=(KeepIn("k", array(shape), np.zeros(1)),)) for shape in within)
    both = Bounds(ins=(KeepIn("k", array(shapely.union_all(within)), np.zeros(1)),))
    out = Bounds(outs=(KeepOut("h", array(hole), np.zeros(1)),))
    held = Constraint("h", "h", out, out)
    known, doubtful, never = (
        shapely.union_all(part)
        for part in world_of(Constraint("k", "k", narrow, both), held).mapped()
    )
    left = shapely.difference(SQUARE, hole)
    for part, expected in (
        (known, shapely.intersection(left, within[0])),
        (doubtful, shapely.intersection(left, box(500, 0, 700, 1000))),
        (never, shapely.union(box(700, 0, 1000, 1000), shapely.intersection(hole, SQUARE))),
    ):
        assert shapely.symmetric_difference(part, expected).area < 10
    other = world_of(Constraint("k", "k", wide, both), held).mapped()
    assert sum(float(shapely.area(part).sum()) for part in other) == pytest.approx(1e6, abs=1)


# why a place is no candidate
# ------------------------------------------------------------------------------------------


def finding(feature: str, rule: str | None, metres: float | None, relation: str = "met") -> Any:
    return SimpleNamespace(
        feature_id=feature, name_zh=f"名{feature}", rule_id=rule, metres=metres, relation=relation
    )


@pytest.fixture
def by_metres(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(why, "lacking_m", lambda one: one.metres)


@pytest.mark.usefixtures("by_metres")
def test_records_are_told_the_greatest_lack_first_each_with_all_its_rules() -> None:
    told = list(
        why._by_law(
            [
                finding("B", "r2", 12.345),
                finding("A", "r1", 12.345),
                finding("C", None, None),
                finding("D", "r9", 80.0),
                finding("B", "r1", 3.0),
                finding("E", "r1", 0.0),
            ],
            99.0,
        )
    )
    assert [row["feature_id"] for row in told] == ["D", "A", "B", "C", "E"]
    assert [row["rule_id"] for row in told] == ["r9", "r1", "r1;r2", "", "r1"]
    lacks = [row["lacks_m"] for row in told]
    assert lacks[0] == 80.0 and lacks[1] in (12.34, 12.35) and np.isnan(lacks[3:]).all()
    assert "移开 80.0 m" in told[0]["relaxation"] and told[0]["name_zh"] == "名D"
    # what no metres free must be looked for
    assert [row["relaxation"] for row in told[3:]] == ["须查明位置 its position must be found"] * 2


def test_a_drawn_buffer_that_nothing_found_explains_tells_its_own_metres() -> None:
    (row,) = why._by_law([], 3.456)
    assert row == {
        "lacks_m": 3.46, "relaxation": "距资源再远 3.5 m 3.5 m farther from the resource",
    }  # fmt: skip


@pytest.mark.usefixtures("by_metres")
def test_only_what_is_met_or_may_be_excludes_and_only_of_classes_that_are_held() -> None:
    entries = [
        SimpleNamespace(
            resource_class="a",
            findings=[
                finding("1", "r", 5.0, relation) for relation in ("met", "between", "missed")
            ],
        ),
        SimpleNamespace(resource_class="z", findings=[finding("2", "r", 5.0)]),
    ]
    tables = [SimpleNamespace(layer=SimpleNamespace(spec=SimpleNamespace(id=key))) for key in "ab"]
    screener = SimpleNamespace(
        screen=lambda site: SimpleNamespace(screening=entries[:1], extra=entries[1:]),
        prepared=lambda plane: (None, tables),
    )
    told = why._findings(world_of(screener=screener), shapely.Point(112.65, 38.0))
    assert set(told) == {"a", "b"} and not told["b"]
    assert [one.relation for one in told["a"]] == ["met", "between"]


def test_a_place_is_surely_excluded_where_the_worst_errors_do_not_free_it() -> None:
    near_one = KeepOut("k", array(shapely.Point(0, 0)), np.array([50.0]))
    at_least = KeepOut("k", array(shapely.Point(0, 0)), np.array([30.0]))
    constraint = Constraint("k", "w", Bounds(outs=(near_one,)), Bounds(outs=(at_least,)))
    for x, grade in ((29.0, "not"), (31.0, "doubtful")):
        assert why._told(3, constraint, shapely.Point(x, 0)) == {
            "order": 3, "constraint": "k", "words": "w", "grade": grade,
        }  # fmt: skip


def test_no_shorter_distance_frees_what_lies_within_a_layer() -> None:
    away = off("away:a", SQUARE, 100.0)
    for lacks, word in ((99.9, "要求减少 99.9 m"), (100.0, "图层之内"), (130.0, "须移开 130.0 m")):
        assert word in why._by_wish(away, lacks, None)["relaxation"]
    other = off("near:a", SQUARE, 100.0)
    assert "要求增加 130.0 m" in why._by_wish(other, 130.0, None)["relaxation"]


def test_free_land_that_is_too_small_says_how_large_and_wide_it_is() -> None:
    strips = off("a", box(-9, 100, 1009, 1009))
    world = world_of(strips, area_m2=200_000, width_m=120)
    (row,) = why._by_size(world, shapely.Point(500, 50), 2)
    assert (row["order"], row["constraint"], row["grade"]) == (2, "size", "doubtful")
    assert row["lacks_m"] == pytest.approx(20, abs=0.3) and "≥ 20 ha" in row["words"]
    assert "10.00 ha、最宽 " in row["relaxation"] and "width ≥ 120 m" in row["words"]
    # a place in what is kept out, or in land that is kept, is told nothing of sizes
    assert not list(why._by_size(world, shapely.Point(500, 500), 2))
    assert not list(why._by_size(world_of(strips), shapely.Point(500, 50), 2))
    (row,) = why._by_size(world_of(strips, area_m2=200_000), shapely.Point(500, 50), 2)
    assert row["lacks_m"] == 0.0


@pytest.mark.parametrize(("least", "more"), [(45.0, 15.0), (30.0, None), (20.0, None)])
def test_minutes_are_told_that_the_way_takes_more(
    least: float, more: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = pd.DataFrame({"minutes": [NAN, 90.0, least]})
    monkeypatch.setattr(why, "travel_times", lambda *_: times)
    reach = Reach("a 30 min road", 30.0, "road", None, None)  # type: ignore[arg-type]
    world = world_of(reaches=(reach,))
    assert why._minutes_more(world, "within:a 30 min road", shapely.Point(1, 2)) == more
    assert why._minutes_more(world, "within:b 30 min road", shapely.Point(1, 2)) is None
    lost = pd.DataFrame({"minutes": [NAN]})
    monkeypatch.setattr(why, "travel_times", lambda *_: lost)
    assert why._minutes_more(world, "within:a 30 min road", shapely.Point(1, 2)) is None


def test_a_place_outside_or_empty_is_refused() -> None:
    for place in ((112.5, 38.0), shapely.Point(), shapely.box(112.7, 38.0, 112.8, 38.01)):
        with pytest.raises(InputError, match="does not lie in 某区"):
            why.why_not_here(world_of(), place)


# layers, zones and ground
# ------------------------------------------------------------------------------------------


def test_the_records_of_a_class_are_read_with_their_names_and_accuracy() -> None:
    layer = load_layer("heritage_sites")
    told = wishes.read_shapes("heritage_sites", {"heritage_sites": layer}, PLANE)
    located = [i for i, shape in enumerate(layer.shapes) if shape is not None]
    assert told.words == layer.spec.name_zh and 0 < len(located) < len(layer.shapes)
    assert len(told.shapes) == len(told.names) == len(told.accuracy_m) == len(located)
    for row, i in enumerate(located):
        record = layer.records[i]
        assert told.names[row] == (record["name_zh"] or record["feature_id"])
        stated = record["position_accuracy_m"]
        assert told.accuracy_m[row] == stated or np.isnan(told.accuracy_m[row])


def test_an_area_is_made_of_all_its_polygons_and_of_polygons_only() -> None:
    two = gpd.GeoDataFrame(
        geometry=[shapely.box(112, 38, 112.1, 38.1), shapely.box(112.1, 38, 112.2, 38.1)],
        crs=GEOGRAPHIC,
    )
    told = wishes.read_area(two)
    assert told.geometry.equals(shapely.box(112, 38, 112.2, 38.1))
    assert (told.name, told.zone_id) == ("area", None)
    mixed = gpd.GeoDataFrame(geometry=[PARK, shapely.Point(112, 38)], crs=GEOGRAPHIC)
    with pytest.raises(InputError, match=r"inside polygons only: .*no polygon"):
        wishes.read_area(mixed)
    with pytest.raises(InputError, match="inside polygons only"):
        wishes.read_area(mixed.iloc[1:])
    zone = wishes.read_area("taixin")
    assert zone.zone_id == "taixin" and zone.geometry.area > 1


def test_ground_of_unknown_state_is_told_and_stays_and_nothing_of_it_is_sure() -> None:
    for blank_m2, is_silent in ((1.0, False), (1.01, True)):
        blank = array(box(0, 0, blank_m2, 1))
        told, remarks = ground._of_ground(
            ground._Ground("k", "词", array(SQUARE), blank, "it says nothing on", "unknown"), 2e4
        )
        assert (told.key, told.words, told.surely.empty) == ("k", "词", "k: unknown")
        assert told.possible == Bounds() and len(told.blank) == is_silent
        assert [out.distance_m.tolist() for out in told.known.outs] == [[0.0]]
        words = "it says nothing on 0.0 of the 2.0 ha of the area: not excluded, told as not known"
        assert remarks == [words] * is_silent
    lawful = ground._Ground("k", "词", NOWHERE, NOWHERE, "", "")
    assert ground._of_ground(lawful, 1.0)[0].known == Bounds()


def test_pixels_are_outlined_where_they_lie() -> None:
    from rasterio import features
    from rasterio.transform import from_origin

    pixels = ground._Pixels(features, from_origin(112.6, 38.0, 0.01, 0.01), "EPSG:4490", PLANE)
    mask = np.zeros((4, 5), dtype=bool)
    assert not len(pixels.outlined(mask))
    mask[1, 2] = mask[3, 4] = True
    told = to_degrees(pixels.outlined(mask), PLANE)
    expected = [
        shapely.box(112.62, 37.98, 112.63, 37.99),
        shapely.box(112.64, 37.96, 112.65, 37.97),
    ]
    assert len(told) == 2
    for shape, square in zip(sorted(told, key=lambda s: s.centroid.x), expected, strict=True):
        assert shapely.symmetric_difference(shape, square).area < 1e-9


def test_the_pixels_of_a_turned_raster_are_as_large_as_they_are() -> None:
    # 30 m across and 20 m down, turned by an angle whose sine is 0.6
    turned = SimpleNamespace(a=24.0, b=12.0, d=18.0, e=-16.0, f=0.0)
    across, down = ground._pixel_sizes_m(turned, 3, geographic=False)
    assert across.tolist() == [30.0] * 3 and down == 20.0


# what is told, and of whom
# ------------------------------------------------------------------------------------------


def test_a_candidate_bears_its_rank_and_area_in_its_name() -> None:
    row = SimpleNamespace(site_id="C07", rank=2, area_ha=1234.56)
    assert answer._site_name(row) == "候选地块C07（第2位，1,234.6公顷）"
    site = describe.site_of(world_of(), "C07", PARK)
    assert (site.site_id, site.accuracy_m, site.accuracy_source) == ("C07", 2.0, "candidate")


def test_the_nearest_resource_has_columns_of_its_own() -> None:
    near = [
        {"name_zh": "甲", "distance_m": 5.0, "error_m": None},
        {"name_zh": "乙", "distance_m": 9.0, "error_m": 1.0},
    ]
    told = describe._told_near(near)
    assert (told["nearest"], told["nearest_m"]) == ("甲", 5.0) and np.isnan(told["nearest_error_m"])
    assert told["resources"].startswith('[{"name_zh": "甲"')
    assert describe._told_near(near[1:])["nearest_error_m"] == 1.0
    none = describe._told_near([])
    assert none["nearest"] is None and none["resources"] == "[]"
    assert np.isnan([none["nearest_m"], none["nearest_error_m"]]).all()
    assert chapter._metres(None) == "未知" and chapter._metres(1234.5) == "1,234米"


def test_what_is_not_surely_clear_is_told_by_class_in_hectares() -> None:
    half = Bounds(outs=(KeepOut("a", array(box(-9, -9, 500, 1009)), np.zeros(1)),))
    held = (
        Constraint("a", "", surely=half),
        Constraint("b", "", surely=Bounds(empty="b: nobody knows")),
        Constraint("c", "", blank=array(box(0, 0, 1000, 200))),
    )
    parts = describe._Parts.of([array(SQUARE), array(box(600, 0, 700, 500), box(700, 0, 800, 500))])
    screened = [
        describe.Screened(
            "undetermined", "none_found", {"a": (first, "", ""), "b": (second, "", "")}
        )
        for first, second in (("undetermined", "clear"), ("undetermined", "not_screened"))
    ]
    told = describe._unclear(world_of(*held), parts, screened)
    assert told[0] == pytest.approx({"a": 50, "c": 20}, abs=0.01)
    assert told[1] == pytest.approx({"b": 10, "c": 4}, abs=0.01)


def test_resources_within_reach_after_and_not_before_are_gained_the_quickest_first() -> None:
    times = pd.DataFrame(
        {
            "place_id": ["k/1", "k/2", "k/3", "k/4", "k/5"],
            "origin_id": ["o"] * 5,
            "before_min": [NAN, 60.0, 60.1, 70.0, 90.0],
            "after_min": [60.0, 30.0, 20.0, 60.1, 20.0],
            "saved_min": [NAN, 30.0, 40.1, 9.9, 70.0],
        }
    )
    records = pd.DataFrame(
        [gain._row_of("k", {"feature_id": n, "name_zh": f"名{n}"}) for n in range(1, 6)],
        columns=["id", "resource_class", "feature_id", "name_zh"],
    )
    told = gain._gained(times, records, 60)
    assert list(told.columns) == [
        "origin_id", "resource_class", "feature_id", "name_zh", "before_min", "after_min",
        "saved_min",
    ]  # fmt: skip
    assert told["feature_id"].tolist() == ["3", "5", "1"]
    assert told["name_zh"].tolist() == ["名3", "名5", "名1"]


def test_two_days_or_a_line_and_never_both() -> None:
    assert gain._days("2026-01-01", "2027-01-01", None) == ("2026-01-01", "2027-01-01")
    assert gain._days(None, None, "line.gpkg") is None
    for days in (("2026-01-01", None), (None, "2026-01-01"), (None, None)):
        with pytest.raises(UsageError, match="give two days, before and after, or a planned line"):
            gain._days(*days, None)
    for days in (("2026-01-01", None), (None, "2026-01-01")):
        with pytest.raises(UsageError, match="leave out before and after"):
            gain._days(*days, "line.gpkg")
    for classes, words in (([], "no class given"), (["heritage"], "unknown class 'heritage'")):
        with pytest.raises(UsageError, match=words):
            gain._places(classes)


def test_a_network_is_that_of_the_zone_that_is_named_or_the_one_at_home(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wishes, "load_network", lambda zone, *, by, as_of: (zone, by, as_of))
    monkeypatch.setattr(wishes, "travelled", lambda roads, *, by, as_of: (roads, by, as_of))
    monkeypatch.setattr(wishes, "read_network", lambda path: f"read {path}")
    monkeypatch.setattr(wishes, "ZONE_BOXES", {"taixin": None, "other": None})
    for network, zone, used in (
        (None, None, "taixin"),
        (None, "other", "other"),
        (None, "unknown", "taixin"),
        ("other", "taixin", "other"),
        ("n.graphml", "other", "read n.graphml"),
        (5, "other", 5),
    ):
        assert wishes._network(network, zone, "walk", "2026-11-21") == (used, "walk", "2026-11-21")
