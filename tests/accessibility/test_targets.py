"""The plans' own targets: bounds decide only where every value within them says the same."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import sxgeo
from sxgeo.analysis.accessibility.indicators import (
    COMPARISONS,
    Bounds,
    Node,
    judge,
    leg_km,
    legs_of,
    length_inside_km,
    running_min,
    slowest,
    within,
)
from sxgeo.analysis.accessibility.targets import UNIT_ZH
from sxgeo.catalog import read_table
from sxgeo.cli import main
from sxgeo.errors import UsageError
from sxgeo.geometry.projection import ellipsoid_length_m

numbers = st.floats(-1e6, 1e6)


def met(value: float, target: float, comparison: str) -> bool:
    return {"at_least": value >= target, "above": value > target, "at_most": value <= target}[
        comparison
    ]


@given(
    a=numbers,
    b=numbers,
    target=numbers,
    share=st.floats(0, 1),
    comparison=st.sampled_from(COMPARISONS),
)
def test_what_the_bounds_say_holds_for_every_value_within_them(
    a: float, b: float, target: float, share: float, comparison: str
) -> None:
    low, high = min(a, b), max(a, b)
    value = min(max(low + share * (high - low), low), high)
    outcome = judge(Bounds(low, high), target, comparison)
    if outcome == "undetermined":
        assert met(low, target, comparison) != met(high, target, comparison)
    else:
        assert met(value, target, comparison) == (outcome == "reached")


@given(target=numbers, value=numbers, comparison=st.sampled_from(COMPARISONS))
def test_a_missing_bound_never_decides_against_the_other(
    target: float, value: float, comparison: str
) -> None:
    favourable = Bounds(high=value) if comparison == "at_most" else Bounds(low=value)
    assert judge(favourable, target, comparison) in ("reached", "undetermined")
    other = Bounds(low=value) if comparison == "at_most" else Bounds(high=value)
    assert judge(other, target, comparison) in ("not_reached", "undetermined")
    assert judge(Bounds(), target, comparison) == "unknown"


def test_a_leg_counts_inside_the_outline_less_and_more_by_the_error_of_its_ends() -> None:
    west, east = Node(112.0, 38.0, 1000.0), Node(113.0, 38.0, 2000.0)
    half_km = ellipsoid_length_m(shapely.LineString([(112, 38), (112.5, 38)])) / 1000
    assert half_km == pytest.approx(43.9, abs=0.1)  # 0.5 degree of longitude at 38 N
    low, high = length_inside_km(legs_of([[west, east]]), shapely.box(111, 37, 112.5, 39))
    assert (low, high) == (pytest.approx(half_km - 3), pytest.approx((half_km + 3) * 1.13))
    assert length_inside_km(legs_of([[west, east]]), shapely.box(100, 20, 101, 21)) == (0, 0)


def test_a_leg_that_two_links_share_counts_once_in_either_direction() -> None:
    a, b, c = Node(112.0, 38.0, 0.0), Node(112.5, 38.0, 0.0), Node(113.0, 38.0, 0.0)
    assert legs_of([[a, b, c], [b, a]]) == legs_of([[a, b, c]])
    assert legs_of([]) == legs_of([[a]]) == []


def test_no_train_is_faster_than_its_line_is_designed_for() -> None:
    low, high = running_min((100.0, 110.0), 200.0, stops_between=3)
    assert low == pytest.approx(30.0)
    assert high == pytest.approx(110 / 150 * 60 + 3 * 2)
    ends = [Node(112.0, 38.0, 500.0), Node(112.5, 38.5, 9e9), Node(113.0, 38.0, 500.0)]
    straight_km = ellipsoid_length_m(shapely.LineString([(112, 38), (113, 38)])) / 1000
    assert leg_km(ends)[0] == pytest.approx(straight_km - 1)  # what lies between may be anywhere
    assert leg_km(ends)[1] > straight_km * 1.13


def test_the_slowest_leg_has_no_upper_bound_while_one_is_not_known() -> None:
    assert slowest([(10.0, 20.0), (30.0, 40.0)], all_known=True) == Bounds(30.0, 40.0)
    assert slowest([(10.0, 20.0)], all_known=False) == Bounds(10.0, None)
    assert slowest([], all_known=True) == Bounds()


def test_places_count_only_where_the_error_leaves_no_doubt() -> None:
    assert within([60.0, 100.0, None], 120.0, error_share=0.25) == Bounds(1.0)  # 100 x 1.25 = 125
    assert within([None], 120.0, error_share=0.25) == Bounds()


def test_every_target_has_its_source_and_a_word_on_what_is_missing() -> None:
    rows = read_table("sources/indicators.csv")
    zones = {*sxgeo.list_zones()["zone_id"], ""}
    assert len({row["indicator_id"] for row in rows}) == len(rows)
    for row in rows:
        assert row["plan"] and row["source"] and row["note_zh"] and row["note_en"]
        assert (
            row["zone_id"] in zones and row["comparison"] in COMPARISONS and row["unit"] in UNIT_ZH
        )
        assert float(row["target"]) > 0


def test_two_hundred_kilometres_of_new_railway_are_not_there() -> None:
    """The one line that opened has 197 km in the province, and less in the zone."""
    table = sxgeo.list_indicators("taixin", as_of="2026-11-21").set_index("indicator_id")
    railway = table.loc["IN-01"]
    assert (railway["outcome"], railway["counted"]) == ("not_reached", "集大原高铁")
    assert 0 < railway["low"] < railway["high"] < 197.2
    before = (
        sxgeo.list_indicators("taixin", as_of="2024-12-30").set_index("indicator_id").loc["IN-01"]
    )
    assert (before["low"], before["high"], before["counted"]) == (0, 0, "")
    assert set(table.loc["IN-03":, "outcome"]) == {"unknown"}


def test_a_density_of_roads_that_are_not_all_held_is_only_bounded_from_below() -> None:
    road = sxgeo.list_indicators("taixin").set_index("indicator_id").loc["IN-02"]
    assert road["outcome"] == "undetermined"
    assert 1 < road["low"] < 4.9
    assert np.isnan(road["high"])


def test_half_an_hour_is_not_reached_where_even_the_design_speed_is_too_slow() -> None:
    row = sxgeo.list_indicators("wudazhang").iloc[0]
    assert row["low"] == pytest.approx(136 / 250 * 60)  # LK-DZ: 136 km, 250 km/h
    assert row["outcome"] == "not_reached"
    earlier = sxgeo.list_indicators("wudazhang", as_of="2018-01-01").iloc[0]
    assert earlier["outcome"] == "unknown"


def test_a_figure_of_the_users_takes_the_place_of_what_is_not_known() -> None:
    table = sxgeo.list_indicators("taixin", values={"IN-04": 23.5, "IN-08": 2000}).set_index(
        "indicator_id"
    )
    assert tuple(table.loc["IN-04", ["low", "high", "outcome", "given"]]) == (
        23.5,
        23.5,
        "reached",
        True,
    )
    assert table.loc["IN-08", "outcome"] == "not_reached"  # above 2,000, and 2,000 is not above
    assert not table.loc["IN-01", "given"]


def test_wrong_questions_are_told_all_at_once() -> None:
    with pytest.raises(
        UsageError, match=r"unknown indicator 'IN-99'[\s\S]*IN-04 'much' is not a finite number"
    ):
        sxgeo.list_indicators(values={"IN-99": 1, "IN-04": "much"})
    with pytest.raises(UsageError, match="unknown zone"):
        sxgeo.list_indicators("nowhere")
    assert list(sxgeo.list_indicators("yangtze_delta").columns) == list(
        sxgeo.list_indicators().columns
    )
    assert sxgeo.list_indicators("yangtze_delta").empty


def test_the_command_line_lists_targets(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["indicators", "--format", "json", "--value", "IN-04=21"]) == 0
    told = {row["indicator_id"]: row for row in json.loads(capsys.readouterr().out)}
    assert told["IN-14"]["zone_id"] is None and told["IN-14"]["high"] is None
    assert told["IN-14"]["low"] >= 2  # Xinzhou and Jinzhong lie within an hour
    assert told["IN-04"]["outcome"] == "reached"
    assert main(["indicators", "taixin"]) == 0
    out = capsys.readouterr().out
    assert "IN-01  未达到  新增高速铁路里程" in out
    assert "无数据" in out
    assert main(["indicators", "--value", "IN-04"]) == 2
