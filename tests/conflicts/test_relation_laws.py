"""What a distance means under a rule, said a second time and tried on both sides of every limit, on
figures that floats hold exactly.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
import shapely
from conftest import box, make_layer, make_record, make_rule, make_site, make_spec

from sxgeo.analysis.conflicts import relation as relation_module
from sxgeo.analysis.conflicts.binding import superseded
from sxgeo.analysis.conflicts.prepared import lay, prepare
from sxgeo.analysis.conflicts.relation import (
    NO_RULE,
    NOT_BOUND,
    TOUCH_M,
    accuracy_m,
    cap,
    coarse_code,
    extent_m,
    finite,
    is_coarse,
    judge,
    required_m,
    spread_m,
)
from sxgeo.geometry.overlap import Overlap
from sxgeo.model.project import Project
from sxgeo.model.sites import Site
from sxgeo.wording import FINDING_REASON_ZH

SITE = Site("s", shapely.Point(112.5, 38), accuracy_m=1.0, datum_error_m=2.0)
EXACT = Site("s", shapely.Point(112.5, 38), accuracy_m=0.0)
NAN = float("nan")


@pytest.fixture(autouse=True)
def sixteenth(monkeypatch: pytest.MonkeyPatch) -> None:
    """A scale of the plane that floats hold exactly."""
    monkeypatch.setattr(relation_module, "PLANE_SCALE", 0.0625)


def at(separation: float | None) -> Overlap | None:
    if separation is None:
        return None
    return Overlap(separation, max(0.0, separation))


def judged(rule: Any, separation: float | None, record: Any = None, **given: Any) -> Any:
    told: dict[str, Any] = {
        "site": SITE,
        "project": Project(),
        "bound": "yes",
        "fit": "yes",
        "county_wide": False,
    }
    record = record or make_record(position_accuracy_m=4.0, datum_error_m=8.0)
    return judge(rule, record, at(separation), **{**told, **given})


def limits() -> list[tuple[str, float, float, float]]:
    return list(product(("within_le", "at_least"), (0.0, 64.0), (0.0, 16.0), (-0.25, 0.0, 0.25)))


@pytest.mark.parametrize(("comparison", "required", "extent", "by"), limits())
def test_it_is_met_below_its_limit_less_all_errors_and_missed_beyond_it_with_them_and_the_spread(
    comparison: str, required: float, extent: float, by: float
) -> None:
    rule = make_rule(required_m=required, comparison=comparison)
    record = make_record(
        position_accuracy_m=4.0, datum_error_m=8.0, geometry_kind="point", extent_m=extent
    )
    error, spread = 15 + required / 16, 2 * extent * 1.0625
    assert spread_m(record) == spread
    strict = comparison != "within_le"
    inner, middle, outer = required - error, required + error, required + error + spread
    for separation in (inner + by, middle + by, outer + by):
        told = judged(rule, separation, record)
        met = separation < inner or (separation == inner and not strict)
        beyond = separation >= outer if strict and required else separation > outer
        wanted = "met" if met else "missed" if beyond else "between"
        within = "within_extent" if separation > middle else "within_error"
        assert told.relation == wanted
        assert told.reason_code == (within if wanted == "between" else wanted)
        assert told.reason == FINDING_REASON_ZH[told.reason_code]
        assert (told.required_m, told.uncertainty_m) == (required, error)
        assert told.margin_m == separation - required
        floor = inner if required else min(inner, -TOUCH_M)
        flip = {
            "met": floor - separation,
            "missed": separation - outer,
            "between": min(separation - inner, outer - separation),
        }
        assert told.flip_distance_m == flip[wanted]
        assert told.max_height_m is None


@pytest.mark.parametrize("of", ["site", "record"])
@pytest.mark.parametrize("key", ["accuracy_m", "datum_error_m"])
def test_every_error_moves_the_limit_by_itself(of: str, key: str) -> None:
    site = replace(EXACT, **{key: 16.0}) if of == "site" else EXACT
    name = "position_accuracy_m" if key == "accuracy_m" else key
    none = {"position_accuracy_m": 0.0, "datum_error_m": 0.0}
    record = make_record(**(none | {name: 16.0} if of == "record" else none))
    rule = make_rule(required_m=64.0)
    for separation, relation in (
        (44.0, "met"),
        (44.25, "between"),
        (84.0, "between"),
        (84.25, "missed"),
    ):
        told = judged(rule, separation, record, site=site)
        assert (told.relation, told.uncertainty_m) == (relation, 20.0)


def test_what_touches_no_deeper_than_is_drawn_decides_nothing_where_nothing_is_required() -> None:
    record = make_record(position_accuracy_m=0.0)
    for depth, code in (
        (0.0, "touching"),
        (TOUCH_M / 2, "touching"),
        (TOUCH_M, "touching"),
        (2 * TOUCH_M, "met"),
    ):
        told = judged(make_rule(), -depth, record, site=EXACT)
        assert told.relation == ("met" if code == "met" else "between")
        assert told.reason_code == code
        assert told.flip_distance_m == pytest.approx(abs(TOUCH_M - depth))
        assert judged(make_rule(required_m=64.0), -depth, record, site=EXACT).relation == "met"


@pytest.mark.parametrize("bound", ["yes", "if", "maybe"])
@pytest.mark.parametrize("fit", ["yes", "possible"])
@pytest.mark.parametrize("verified", [True, False])
@pytest.mark.parametrize("kind", ["surveyed", "extent_box"])
def test_what_is_unknown_takes_from_what_is_met_alone(
    bound: Any, fit: Any, verified: bool, kind: str
) -> None:
    """The first of what is unknown is named, and how far off it would be missed."""
    rule = make_rule(required_m=64.0, verified=verified)
    for membership, legal in product(("official_list", "candidate"), (None, "a decree")):
        record = make_record(
            position_accuracy_m=4.0,
            datum_error_m=8.0,
            geometry_kind=kind,
            membership=membership,
            legal_designation=legal,
        )
        reasons = (
            (not verified, "unverified_rule"),
            (kind == "extent_box", "extent_box"),
            (membership == "candidate" and not legal, "candidate"),
            (fit == "possible", "unknown_subzone"),
            (bound == "maybe", "attribute_unknown"),
        )
        why = next((name for there, name in reasons if there), None)
        assert cap(rule, record, Project(), bound, fit) == why
        for separation, relation in ((0.0, "met"), (64.0, "between"), (200.0, "missed")):
            told = judged(rule, separation, record, bound=bound, fit=fit)
            if relation == "met" and why:
                assert (told.relation, told.reason_code) == ("between", why)
                assert told.flip_distance_m == 64 + 19 - separation
            else:
                assert told.relation == relation


def test_a_subzone_that_is_not_known_is_named_by_what_is_not_known_of_it() -> None:
    old = make_record(subzone="core_zone_old")
    new = make_rule(subzone="core_protection_zone")
    assert superseded(new, old)
    assert cap(new, old, Project(), "yes", "possible") == "superseded_subzone"
    basin = make_rule(basin="yellow_river")
    assert cap(basin, make_record(), Project(), "yes", "possible") == "unknown_basin"
    assert cap(basin, make_record(), Project(), "yes", "yes") is None


def test_a_rule_that_nobody_has_found_decides_nothing() -> None:
    exact = make_record(position_accuracy_m=0.0)
    for separation, record, site, code in (
        (-20.0, None, SITE, "no_rule"),
        (0.0, None, SITE, "no_rule"),
        (15.0, None, SITE, "no_rule"),
        (15.25, None, SITE, "missed"),
        (0.0, exact, EXACT, "touching"),
        (-1.0, exact, EXACT, "no_rule"),
    ):
        told = judged(NO_RULE, separation, record, site=site)
        assert told.reason_code == code
        assert told.relation == ("missed" if code == "missed" else "between")
    wide = make_record(
        position_accuracy_m=4.0, datum_error_m=8.0, geometry_kind="point", extent_m=16.0
    )
    assert judged(NO_RULE, 40.0, wide).reason_code == "no_rule"
    assert judged(make_rule(), 40.0, wide).reason_code == "within_extent"


def test_what_does_not_bind_is_told_where_it_is_not_missed_and_never_decides() -> None:
    for separation, wide, accuracy, shared in product(
        (-20.0, 0.0, 20_000.0), (False, True), (4.0, None), (False, True)
    ):
        record = make_record(position_accuracy_m=accuracy)
        told = judged(NOT_BOUND, separation, record, county_wide=wide, shared=shared)
        assert told.relation == ("missed" if separation > 100 else "unbound")
        assert told.reason_code == "not_bound"
        assert told.flip_distance_m is told.max_height_m is None
        assert told.margin_m == separation
        assert told.uncertainty_m == 3 + (accuracy or 0)


def test_an_edge_is_shared_only_where_nothing_more_is_required() -> None:
    for required, shared in product((0.0, 64.0), (False, True)):
        told = judged(make_rule(required_m=required), 0.0, shared=shared)
        assert (told.relation == "shared") == (shared and not required)
        assert (told.reason_code == "shared_edge") == (shared and not required)
        if told.relation == "shared":
            assert (told.margin_m, told.uncertainty_m, told.flip_distance_m) == (0.0, 15.0, None)


def test_a_record_of_a_county_may_lie_here_though_its_point_lies_far_off() -> None:
    rule = make_rule(required_m=64.0)
    for separation, accuracy in product((-20.0, 64.0, 20_000.0), (4.0, 5000.0, None, NAN)):
        record = make_record(position_accuracy_m=accuracy, datum_error_m=0.0)
        alone, wide = (judged(rule, separation, record, county_wide=c) for c in (False, True))
        coarse = accuracy != 4.0
        known = accuracy is not None and np.isfinite(accuracy)
        assert is_coarse(record) == coarse
        if coarse:
            assert coarse_code(record) == ("coarse_accuracy" if known else "unknown_accuracy")
        if alone.relation == "missed":
            assert separation > 100
            assert (wide.relation, wide.flip_distance_m) == ("between", None)
            assert wide.reason_code == (coarse_code(record) if coarse else "missed")
        else:
            assert wide == alone
            if alone.relation == "between" and coarse:
                assert alone.reason_code == coarse_code(record)
                assert alone.flip_distance_m is None
        # a point so coarse decides nothing, however deep it lies
        assert alone.relation != "met" or not coarse
    lost, free = judged(rule, None), judged(NOT_BOUND, None)
    assert (lost.relation, lost.reason_code, lost.required_m) == ("between", "unlocated", 64.0)
    assert (free.relation, free.reason_code) == ("missed", "not_bound")
    for told in (lost, free):
        assert told.margin_m is told.uncertainty_m is told.flip_distance_m is None


@pytest.mark.parametrize("height", [None, 0.0, 16.0, 32.0, 48.0])
def test_a_height_that_is_known_shortens_the_distance_and_one_that_is_not_decides_nothing(
    height: float | None,
) -> None:
    rule = make_rule(required_m=64.0, comparison="height_ratio", ratio=2.0)
    project = Project(height_m=height)
    required = 64.0 if height is None else min(64.0, 2 * height)
    assert required_m(rule, project) == required
    inside = judged(rule, -40.0, project=project)
    assert inside.relation == ("between" if height is None else "met")
    assert inside.reason_code == ("height_unknown" if height is None else "met")
    assert (inside.required_m, inside.max_height_m) == (required, 0.0)
    apart = judged(rule, 60.0, project=project)
    lawful = (60.0 - (15 + required / 16)) / 2
    assert apart.max_height_m == (None if apart.relation == "missed" else lawful)
    wide = make_record(
        position_accuracy_m=4.0, datum_error_m=8.0, geometry_kind="point", extent_m=8.0
    )
    told = judged(rule, 60.0, wide, project=project)
    if told.relation != "missed":
        assert told.max_height_m == (60.0 - (15 + required / 16) - 17.0) / 2
    # without a ratio, or under another comparison, there is no such height
    for other in (replace(rule, ratio=None), replace(rule, comparison="at_least")):
        assert required_m(other, project) == 64.0
        assert judged(other, 60.0, project=project).max_height_m is None


def test_what_is_unknown_of_a_record_counts_nothing_and_what_is_published_counts_first() -> None:
    assert [finite(x) for x in (None, NAN, float("inf"), 0, 3, 2.5)] == [0, 0, 0, 0, 3, 2.5]
    for kind, published, default in product(
        ("point", "surveyed", "none"), (None, 0.0, 7.0), (None, 300.0)
    ):
        record = make_record(geometry_kind=kind, extent_m=published, screening_extent_m=default)
        radius = (default or 0.0) if published is None else published
        assert extent_m(record) == (radius if kind == "point" else 0.0)
        assert spread_m(record) == 2 * extent_m(record) * 1.0625
    for boundary, accuracy in product((None, "digitised", "legal_vector"), (None, 5.0)):
        record = make_record(boundary=boundary, position_accuracy_m=accuracy)
        assert accuracy_m(record) == (0.01 if boundary == "legal_vector" else accuracy)


@pytest.mark.parametrize("order", [1, -1])
def test_the_rule_that_reaches_farthest_says_how_far_a_class_reaches(order: int) -> None:
    """Of rules that may bind; one that does not bind reaches nowhere."""
    from test_limits import ground_of

    layer, ground = make_layer((make_record(), box(0, 0, 10, 10)), spec=make_spec()), ground_of()
    for needed in product((0.0, 50.0, 800.0), repeat=2):
        rules = [(make_rule(rule_id=f"R{k}", required_m=m), "yes") for k, m in enumerate(needed)]
        rules = [*rules, (make_rule(rule_id="R9", required_m=5000.0), "no")][::order]
        table = prepare(lay(layer, ground), rules, ground, project=Project())
        assert table.required_m == max(needed)
        own = lay(layer, ground).slack_m
        assert table.slack_m >= max(needed) + own
        assert table.slack_m == pytest.approx(max(needed) * 1.0005 + own + 1.0)
    none = prepare(lay(layer, ground), [], ground, project=Project())
    assert none.required_m == 0.0


@pytest.mark.parametrize("gap", [40.0, 700.0])
def test_another_rule_that_reaches_less_far_takes_nothing_from_what_one_tells(gap: float) -> None:
    from conftest import ask

    far = make_rule(rule_id="FAR", required_m=800.0)
    near = make_rule(rule_id="NEAR", required_m=1.0)
    site = make_site(box(-100 - gap, -50, -gap, 50), accuracy_m=1.0)
    layer = make_layer((make_record(), box(0, -500, 1000, 500)))
    alone = ask(site, layer, rules=(far,)).screening[0]
    for rules in ((far, near), (near, far)):
        both = ask(site, layer, rules=rules).screening[0]
        assert both.outcome == alone.outcome == "conflict"
        assert [f for f in both.findings if f.rule_id == "FAR"] == list(alone.findings)
