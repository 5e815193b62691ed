"""Comparing sites, and suggesting moves: counted by hand from what findings say."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from conftest import ask, box, make_counties, make_layer, make_record, make_rule, make_site

import sxgeo
from sxgeo.analysis.conflicts.freeing import clearance_m, lacking_m
from sxgeo.analysis.conflicts.screener import Screener
from sxgeo.analysis.conflicts.variants import as_frame, with_suggestions
from sxgeo.errors import UsageError
from sxgeo.geometry.projection import PLANE_SCALE
from sxgeo.model.outcomes import RuleUnion, Suggestion

PLOT = shapely.box(112.5, 38.0, 112.51, 38.01)


def finding(name: str, outcome: str, **values: Any) -> Any:
    plain = {"feature_id": name, "name_zh": f"zh{name}", "outcome": outcome, "distance_m": None}
    return SimpleNamespace(**(plain | {"rule_id": "R1"} | values))


def union(rule: str, overlap_m2: float) -> RuleUnion:
    return RuleUnion(rule, "prohibited", 1, overlap_m2, 0.5)


def entry(outcome: str, *findings: Any, unions: Any = (), requested: bool = True) -> Any:
    return SimpleNamespace(outcome=outcome, findings=findings, unions=unions, requested=requested)


def compared(*entries: Any, extra: Any = (), areas: Any = None, usable: bool = True) -> Any:
    """The row of one site."""
    site = SimpleNamespace(site_id="s", name="n", usable=usable, geometry=PLOT)
    outcome = SimpleNamespace(
        site=site,
        verdict="conflict",
        known_verdict="regulated",
        area_m2=7.0,
        screening=entries,
        extra=extra,
    )
    report: Any = SimpleNamespace(sites=[outcome])
    (row,) = sxgeo.compare_sites(report, areas=areas).to_dict("records")
    return row


def test_a_resource_counts_once_by_its_gravest_and_classes_by_what_is_left_to_do() -> None:
    row = compared(
        entry(
            "conflict",
            finding("F1", "conflict"),
            finding("F1", "regulated"),
            finding("F2", "regulated"),
            finding("F3", "clear"),
        ),
        entry("undetermined", finding("F1", "conflict")),
        entry("undetermined"),
        entry("not_screened"),
        entry("conflict", finding("F9", "conflict"), requested=False),
        extra=[entry("regulated", finding("F7", "regulated")), entry("not_screened")],
    )
    assert (row["conflicts"], row["regulated"]) == (2, 2)
    assert (row["to_verify"], row["not_screened"]) == (2, 2)
    assert (row["site_id"], row["name"], row["area_m2"]) == ("s", "n", 7.0)
    assert (row["verdict"], row["known_verdict"]) == ("conflict", "regulated")


def test_an_overlap_counts_where_its_rule_is_broken_and_the_largest_is_told() -> None:
    row = compared(
        entry(
            "conflict",
            finding("F1", "conflict", rule_id="R1"),
            finding("F2", "regulated", rule_id="R2"),
            unions=[union("R1", 30.0), union("R2", 90.0)],
        ),
        entry("conflict", finding("F3", "conflict", rule_id="R3"), unions=[union("R3", 50.0)]),
        entry("clear", unions=[union("R4", 500.0)]),
    )
    assert row["prohibited_overlap_m2"] == 50.0
    assert compared(entry("clear"))["prohibited_overlap_m2"] == 0.0


def test_the_nearest_is_that_of_all_classes_and_of_two_the_first_by_id() -> None:
    row = compared(
        entry("clear", finding("F5", "clear", distance_m=9.0), finding("F4", "clear")),
        entry("clear", finding("F3", "clear", distance_m=4.0)),
        extra=[entry("clear", finding("F2", "clear", distance_m=4.0))],
    )
    assert (row["nearest"], row["nearest_m"]) == ("zhF2", 4.0)
    none = compared(entry("clear", finding("F4", "clear")))
    assert none["nearest"] is None and np.isnan(none["nearest_m"])


def test_the_fewest_minutes_of_the_areas_that_hold_the_middle_count() -> None:
    shapes = [PLOT.buffer(0.1), PLOT.buffer(0.2), shapely.box(0, 0, 1, 1)]
    areas = gpd.GeoDataFrame({"minutes": [30, 45, 5]}, geometry=shapes, crs=4490)
    assert compared(areas=areas)["reach_min"] == 30
    assert np.isnan(compared(areas=areas[2:])["reach_min"])
    assert np.isnan(compared(areas=areas, usable=False)["reach_min"])
    assert np.isnan(compared()["reach_min"])


@pytest.mark.parametrize(
    ("required", "margin", "error", "extent"), [(100.0, -30.0, 5.0, 0.0), (0.0, 12.0, 1.0, 50.0)]
)
def test_what_frees_is_what_is_missed(
    required: float, margin: float, error: float, extent: float
) -> None:
    """Farther than is required, by the error and twice the extent."""
    told: Any = SimpleNamespace(
        required_m=required, margin_m=margin, uncertainty_m=error, extent_m=extent
    )
    spread = 2 * extent * (1 + PLANE_SCALE)
    assert clearance_m(told) == pytest.approx(required + error + spread)
    assert lacking_m(told) == pytest.approx(error + spread - margin)
    for name in ("margin_m", "uncertainty_m"):
        unknown: Any = SimpleNamespace(**(vars(told) | {name: None}))
        assert clearance_m(unknown) is None
        assert lacking_m(unknown) is None


def suggested(plot: Any, *records: Any, rules: Any = None, most_m: float = 2000.0) -> Suggestion:
    """What is suggested for a plot of the small world."""
    layer = make_layer(*records)
    screener = Screener(
        [layer], rules or [make_rule()], counties=make_counties(), as_of="2026-11-21"
    )
    outcome = screener.screen(make_site(plot))
    question: Any = SimpleNamespace(screener=lambda: screener)
    report: Any = _Report(sites=(outcome,))
    return with_suggestions(report, question, max_distance_m=most_m).suggestions["s"]


@dataclass(frozen=True)
class _Report:
    """As much of a report as a suggestion needs."""

    sites: tuple[Any, ...]
    suggestions: dict[str, Suggestion] = field(default_factory=dict)


WALL = (make_record(feature_id="W", name_zh="墙"), box(0, -500, 1000, 500))


def test_a_plot_leaves_a_wall_by_its_depth_and_the_clearance() -> None:
    """Ten metres deep under a belt of 20 m: 30 m and the errors out, to the west."""
    told = suggested(box(-90, 0, 10, 40), WALL, rules=[make_rule(required_m=20.0)])
    assert told.obstacles == ("墙",)
    assert told.move is not None and told.moved is not None
    assert told.move.distance_m == pytest.approx(31.2, abs=0.3)
    assert told.move.azimuth_deg == pytest.approx(270.0, abs=3.0)
    again = ask(make_site(box(0, 0, 1, 1), geometry=told.moved), make_layer(WALL))
    assert again.known_verdict == "none_found"

    # the trim takes the strip of 31.2 m from a plot of 100 by 40
    assert told.trimmed is not None
    assert told.lost_m2 == pytest.approx(31.2 * 40, rel=0.02)
    assert told.lost_share == pytest.approx(0.312, rel=0.02)
    assert told.unsettled == ()
    assert told.max_distance_m == 2000.0
    way, far = f"{told.move.azimuth_deg:.1f}", f"{told.move.distance_m:.1f}"
    assert told.note == f"向方位角{way}°移动{far}米 move {far} m towards {way} deg"


def test_where_no_place_is_free_within_reach_a_trim_alone_is_told() -> None:
    told = suggested(box(-90, 0, 10, 40), WALL, rules=[make_rule(required_m=20.0)], most_m=9.0)
    assert (told.move, told.moved) == (None, None)
    assert told.trimmed is not None
    assert told.note.startswith("9米内没有")


def test_a_plot_that_lies_free_stays_as_it_is() -> None:
    plot = box(-900, 0, -800, 40)
    told = suggested(plot, WALL)
    assert (told.obstacles, told.move) == ((), None)
    assert told.moved.equals(told.trimmed)
    assert told.lost_m2 == pytest.approx(0.0, abs=0.5)
    assert told.note.startswith("未满足任何禁止性规则")


def test_what_has_no_position_is_named_and_cannot_be_left() -> None:
    lost = make_record(feature_id="L", name_zh="失", geometry_kind="none", position_accuracy_m=None)
    more = lost | {"feature_id": "M", "name_zh": "去"}
    told = suggested(box(-90, 0, 10, 40), WALL, (lost, None), (more, None), (more, None))
    assert told.unsettled == ("去", "失")
    assert told.obstacles == ("墙",)
    free = suggested(box(-900, 0, -800, 40), (lost, None), rules=[make_rule(effect="permit")])
    assert free.unsettled == ()


def test_of_several_rules_on_one_resource_the_widest_is_cleared() -> None:
    rules = [make_rule(rule_id="R1", required_m=50.0), make_rule(rule_id="R2", required_m=5.0)]
    for order in (rules, rules[::-1]):
        told = suggested(box(-90, 0, 10, 40), WALL, rules=order)
        assert told.move is not None
        assert told.move.distance_m == pytest.approx(61.2, abs=0.4)


def test_a_distance_to_look_within_is_a_positive_number() -> None:
    for wrong in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(UsageError):
            suggested(box(-900, 0, -800, 40), WALL, most_m=wrong)


def test_a_frame_holds_what_there_is_of_both_shapes() -> None:
    whole = suggested(box(-900, 0, -800, 40), WALL)
    for moved, trimmed, kinds in (
        (PLOT, PLOT, ["moved", "trimmed"]),
        (None, PLOT, ["trimmed"]),
        (PLOT, None, ["moved"]),
        (None, None, []),
    ):
        frame = as_frame(replace(whole, moved=moved, trimmed=trimmed), "s")
        assert frame["kind"].tolist() == kinds
        assert frame["site_id"].tolist() == ["s"] * len(kinds)
        assert frame.crs.to_epsg() == 4490
