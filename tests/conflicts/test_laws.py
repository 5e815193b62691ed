"""Laws of the verdict on random small worlds; each holds whatever the world is."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

import pytest
import shapely
from case_worlds import geometry_of, run_case
from conftest import (
    PLANE,
    X0,
    Y0,
    ask,
    box,
    make_counties,
    make_layer,
    make_record,
    make_rule,
    make_site,
    make_spec,
    on_ground,
)
from hypothesis import given
from hypothesis import strategies as st
from oracle_outcomes import answer
from pyproj import Geod
from small_worlds import area, feature, record, world

from sxgeo.analysis.conflicts.screener import screen
from sxgeo.geometry.projection import quantise, to_degrees, to_plane
from sxgeo.layers.layers import Layer
from sxgeo.model.outcomes import ClassOutcome
from sxgeo.model.sites import Site

AT_ONCE = 6
BLUNT_M = 0.05
Case = dict[str, Any]
seeds = st.integers(0, 2**40)


def told(case: Case, **site: Any) -> ClassOutcome:
    return run_case(case, **site).screening[0]


def hits(outcome: ClassOutcome) -> set[str]:
    return {f.feature_id for f in outcome.findings if f.relation != "missed"}


def worlds(start: int) -> list[tuple[Case, Random]]:
    return [(world(seed), Random(seed)) for seed in range(start, start + AT_ONCE)]


def sharp(case: Case) -> bool:
    """Whether every figure keeps clear of its threshold, so that the 1e-7 degree grid decides
    nothing.
    """
    return bool(answer(case)["slack_m"] > BLUNT_M)


def changed(case: Case, change: Callable[[Case], None]) -> Case:
    other = deepcopy(case)
    change(other)
    return other


def in_metres(geometry: Any) -> Any:
    return to_plane(geometry, PLANE)


def as_json(shape_m: Any) -> Any:
    return json.loads(shapely.to_geojson(quantise(to_degrees(shape_m, PLANE))))


def cut(shape_m: Any, share: float) -> list[Any]:
    """Both sides of a line through a shape; one piece where the line misses or only touches."""
    west, south, east, north = shape_m.bounds
    middle = west + share * (east - west)
    sides = (
        box(west - 1, south - 1, middle, north + 1),
        box(middle, south - 1, east + 1, north + 1),
    )
    dimension = shapely.get_dimensions(shape_m)
    pieces = [shapely.intersection(shape_m, side) for side in sides]
    return [
        p for p in pieces if not p.is_empty and shapely.get_dimensions(p) == dimension and _whole(p)
    ]


def _whole(piece: Any) -> bool:
    return piece.geom_type != "GeometryCollection" and quantise(to_degrees(piece, PLANE)).is_valid


@given(start=seeds, extra=st.floats(0, 500))
def test_a_longer_required_distance_never_loses_a_finding(start: int, extra: float) -> None:
    for case, _ in worlds(start):
        longer = changed(
            case, lambda c: [r.update(required_m=r["required_m"] + extra) for r in c["rules"]]
        )
        assert hits(told(case)) <= hits(told(longer))


@pytest.mark.slow
@given(
    start=seeds, extra=st.floats(0, 4000), which=st.sampled_from(["accuracy_m", "datum_error_m"])
)
def test_a_larger_error_of_the_site_never_clears(start: int, extra: float, which: str) -> None:
    for case, _ in worlds(start):
        before = told(case).outcome
        site = case["site"]["properties"]
        after = told(
            changed(
                case,
                lambda c, own=site: c["site"]["properties"].update({which: own[which] + extra}),
            )
        )
        assert before == "clear" or after.outcome != "clear" or before == "not_screened"
        assert hits(told(case)) <= hits(after)


@pytest.mark.slow
@given(
    start=seeds,
    extra=st.floats(0, 4000),
    which=st.sampled_from(["position_accuracy_m", "datum_error_m"]),
)
def test_a_larger_error_of_a_record_never_clears(start: int, extra: float, which: str) -> None:
    def grow(case: Case) -> None:
        for f in case["layers"][0]["features"]:
            known = f["properties"].get(which)
            f["properties"][which] = None if known is None else known + extra

    def forget(case: Case) -> None:
        for f in case["layers"][0]["features"]:
            f["properties"].update(
                position_accuracy_m=None, county_code=None
            )  # it may lie in any county

    for case, _ in worlds(start):
        before = told(case)
        for change in (grow, forget) if which == "position_accuracy_m" else (grow,):
            after = told(changed(case, change))
            assert before.outcome in ("clear", "not_screened") or after.outcome != "clear"
        assert hits(before) <= hits(told(changed(case, grow)))


@given(start=seeds, share=st.floats(0.05, 0.95))
def test_a_site_cut_in_two_is_not_cleared(start: int, share: float) -> None:
    for case, _ in worlds(start):
        before = told(case).outcome
        pieces = cut(in_metres(geometry_of(case["site"])), share)
        if before in ("conflict", "undetermined") and len(pieces) == 2 and sharp(case):
            parts = [changed(case, lambda c: c["site"].update(geometry=as_json(p))) for p in pieces]  # noqa: B023
            assert {told(part).outcome for part in parts} != {"clear"}


@given(start=seeds, share=st.floats(0.05, 0.95))
def test_a_record_cut_in_two_clears_nothing(start: int, share: float) -> None:
    def cut_records(case: Case) -> None:
        made = []
        for f in case["layers"][0]["features"]:
            drawn = f["geometry"] is not None and f["properties"]["geometry_kind"] in (
                "surveyed",
                "digitised",
            )
            pieces = cut(in_metres(geometry_of(f)), share) if drawn else []
            for number, piece in enumerate(pieces if len(pieces) == 2 else []):
                own = {**f["properties"], "feature_id": f"{f['properties']['feature_id']}-{number}"}
                made.append({**f, "properties": own, "geometry": as_json(piece)})
            made += [] if len(pieces) == 2 else [f]
        case["layers"][0]["features"] = made

    for case, _ in worlds(start):
        if told(case).outcome in ("conflict", "undetermined") and sharp(case):
            assert told(changed(case, cut_records)).outcome != "clear"


@given(start=seeds)
def test_the_order_of_records_and_rules_changes_nothing(start: int) -> None:
    def mix(case: Case, rng: Random) -> None:
        rng.shuffle(case["rules"])
        rng.shuffle(case["counties"])
        rng.shuffle(case["layers"][0]["features"])

    for case, rng in worlds(start):
        assert told(changed(case, lambda c: mix(c, rng))) == told(case)  # noqa: B023


@given(start=seeds)
def test_a_record_or_rule_that_stands_twice_changes_no_outcome(start: int) -> None:
    def double(case: Case) -> None:
        features = case["layers"][0]["features"]
        again = [
            {
                **f,
                "properties": {
                    **f["properties"],
                    "feature_id": f["properties"]["feature_id"] + "x",
                },
            }
            for f in features
        ]
        case["layers"][0]["features"] = [*features, *again]
        case["rules"] = [
            *case["rules"],
            *({**r, "rule_id": r["rule_id"] + "x"} for r in case["rules"]),
        ]

    for case, _ in worlds(start):
        before, after = told(case), told(changed(case, double))
        assert (before.outcome, before.known_outcome, before.effect) == (
            after.outcome,
            after.known_outcome,
            after.effect,
        )
        assert hits(before) == {i.removesuffix("x") for i in hits(after)}


@given(start=seeds, crs=st.sampled_from(["EPSG:4546", "EPSG:4548", "EPSG:4534", "EPSG:4554"]))
def test_the_plane_changes_no_outcome_beyond_the_error_that_holds_its_scale(
    start: int, crs: str
) -> None:
    for case, _ in worlds(start):
        if answer(case)["slack_m"] > 0.0005 * (1000 + 2 * 700 + 3000) + BLUNT_M:
            assert told(case, crs=crs).outcome == told(case, crs=None).outcome


def test_no_plane_says_clear_within_the_reach_of_a_large_extent() -> None:
    spring = make_record(
        geometry_kind="point",
        point_role="object",
        extent_m=30_000.0,
        position_accuracy_m=1.0,
        county_code="149999",
    )
    layer = Layer(make_layer().spec, (spring,), shapely.points([[111.8, 38.0]]))
    counties = make_counties().set_geometry([shapely.box(109, 36, 116, 40)], crs="EPSG:4490")
    geod, answers = Geod(ellps="GRS80"), set()
    for lon in [112.4800 + 0.00005 * i for i in range(120)]:
        site = shapely.box(lon, 38.0, lon + 0.0005, 38.0005)
        apart = geod.inv(111.8, 38.0, lon, 38.0)[2]
        for crs in ("EPSG:4546", "EPSG:4547"):
            told = screen(
                [Site("s", site, crs=crs)],
                [layer],
                [make_rule()],
                counties=counties,
                as_of="2026-11-21",
            )[0]
            answers.add(told.verdict)
            assert (
                told.verdict != "clear" or apart > 60_001
            )  # on the ellipsoid, twice the extent and the error
    assert answers == {"clear", "undetermined"}


@given(start=seeds)
def test_one_more_record_never_clears(start: int) -> None:
    for case, rng in worlds(start):
        more = record(rng, 7)
        after = told(changed(case, lambda c: c["layers"][0]["features"].append(more)))  # noqa: B023
        before = told(case)
        assert before.outcome in ("clear", "not_screened") or after.outcome != "clear"
        assert before.outcome != "conflict" or after.outcome == "conflict"
        assert hits(before) <= hits(after)


@pytest.mark.slow
@given(start=seeds)
def test_less_completeness_or_coverage_never_clears(start: int) -> None:
    for case, rng in worlds(start):
        before = told(case).outcome
        for key in ("complete_in", "coverage"):
            kept = [c for c in case["layers"][0][key] if rng.random() < 0.4]
            after = told(changed(case, lambda c: c["layers"][0].update({key: kept}))).outcome  # noqa: B023
            assert before == "clear" or after != "clear"
            assert before != "conflict" or after == "conflict"


@pytest.mark.slow
@given(start=seeds)
def test_a_larger_site_never_clears_a_conflict(start: int) -> None:
    for case, rng in worlds(start):
        before = told(case)
        plot = in_metres(geometry_of(case["site"]))
        east, north = shapely.get_coordinates(plot)[0] - (X0, Y0)
        hull = shapely.convex_hull(shapely.union(plot, in_metres(on_ground(area(rng)))))
        for larger in (
            hull,
            plot.buffer(rng.uniform(1, 500)),
            plot.union(in_metres(on_ground(box(east, north, east + 9, north + 9)))),
        ):
            if larger.geom_type == "GeometryCollection" or before.outcome not in (
                "conflict",
                "undetermined",
            ):
                continue
            if not sharp(case):
                continue
            after = told(changed(case, lambda c: c["site"].update(geometry=as_json(larger))))  # noqa: B023
            assert after.outcome != "clear"
            assert hits(before) <= hits(after)


DECIDED = ("regulated", "conflict")


def doubt_never_raises(case: Case, doubt: Callable[[Case], None]) -> None:
    """Doubt makes no conflict, makes nothing regulated that was lighter, and clears nothing that
    was decided.
    """
    before, after = told(case), told(changed(case, doubt))
    for known_before, known_after in (
        (before.outcome, after.outcome),
        (before.known_outcome, after.known_outcome),
    ):
        assert known_after != "conflict" or known_before == "conflict"
        assert known_after != "regulated" or known_before in DECIDED
        assert known_before not in DECIDED or known_after not in ("clear", "none_found")


@given(start=seeds)
def test_an_unseen_article_never_raises_the_outcome(start: int) -> None:
    for case, rng in worlds(start):
        some = [r["rule_id"] for r in case["rules"] if rng.random() < 0.6]
        doubt_never_raises(
            case,
            lambda c: [r.update(verified=False) for r in c["rules"] if r["rule_id"] in some],  # noqa: B023
        )


@given(start=seeds)
def test_a_candidate_never_raises_the_outcome(start: int) -> None:
    def doubt(case: Case, some: set[str]) -> None:
        for f in case["layers"][0]["features"]:
            if f["properties"]["feature_id"] in some:
                f["properties"].update(membership="candidate", legal_designation=None)

    for case, rng in worlds(start):
        some = {
            f["properties"]["feature_id"]
            for f in case["layers"][0]["features"]
            if rng.random() < 0.6
        }
        doubt_never_raises(case, lambda c: doubt(c, some))  # noqa: B023


@given(start=seeds)
def test_a_class_more_never_lightens_the_verdict(start: int) -> None:
    order = ("conflict", "undetermined", "regulated", "not_screened", "clear")
    for case, _ in worlds(start):
        other = {**deepcopy(world(start + 1)["layers"][0]), "resource_class": "air_stations"}
        both = changed(case, lambda c: c["layers"].append(other))  # noqa: B023
        assert order.index(run_case(both).verdict) <= order.index(run_case(case).verdict)


@given(start=seeds)
def test_a_record_of_another_class_is_judged_by_no_rule_of_this_one(start: int) -> None:
    for case, _ in worlds(start):
        moved = changed(
            case, lambda c: [r.update(resource_class="air_stations") for r in c["rules"]]
        )
        assert {f.rule_id for f in told(moved).findings} <= {None}
        assert told(moved).outcome not in DECIDED


def test_a_feature_of_the_small_world_keeps_its_metres() -> None:
    shape = in_metres(geometry_of(feature(box(0, 0, 100, 100))))
    assert shape.area == pytest.approx(10_000, abs=2)


@given(start=seeds)
def test_the_flip_distance_is_the_error_that_changes_what_is_met_or_missed(start: int) -> None:
    def relations(outcome: ClassOutcome) -> dict[tuple[str, str | None], str]:
        return {(f.feature_id, f.rule_id): f.relation for f in outcome.findings}

    for case, _ in worlds(start):
        before = told(case)
        error = case["site"]["properties"]["accuracy_m"]
        placed = {
            f["properties"]["feature_id"]
            for f in case["layers"][0]["features"]
            if _placed(f["properties"])
        }
        for f in before.findings:
            if (
                f.relation == "between"
                or f.flip_distance_m is None
                or not 0.1 < f.flip_distance_m < 5000
            ):
                continue
            if f.feature_id not in placed:
                continue
            for share, same in ((0.99, True), (1.01, False)):
                moved = error + share * f.flip_distance_m + (0 if same else 0.03)
                after = relations(
                    told(
                        changed(
                            case,
                            lambda c, by=moved: c["site"]["properties"].update(accuracy_m=by),
                        )
                    )
                )
                assert (after.get((f.feature_id, f.rule_id), "missed") == f.relation) == same


def _placed(record: dict[str, Any]) -> bool:
    accuracy = record["position_accuracy_m"]
    return accuracy is not None and accuracy <= 3000


def test_the_flip_distance_of_a_record_known_by_its_county_minds_the_county() -> None:
    counties = make_counties(
        ("149998", box(-9000, -9000, 0, 9000), 10.0), ("149999", box(0, -9000, 9000, 9000), 10.0)
    )
    spec = make_spec(coverage=("149998", "149999"), complete_in=("149998", "149999"))
    coarse = make_record(geometry_kind="point", point_role="object", position_accuracy_m=3001.0)
    layer = make_layer((coarse, shapely.Point(8000, 0)), spec=spec)
    site = make_site(
        box(-150, 0, -100, 50)
    )  # 100 m from the county of the record, whose edge is good to 10 m
    (found,) = ask(site, layer, counties=counties).screening[0].findings
    assert found.relation == "missed"
    assert found.flip_distance_m == pytest.approx(90, abs=1)
