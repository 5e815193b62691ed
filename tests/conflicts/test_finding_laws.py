"""What findings sum up to, how they are ordered, where an edge is shared, where a town ends."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import shapely
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
)

from sxgeo.analysis.conflicts import findings
from sxgeo.analysis.conflicts.findings import (
    COARSE_REASONS,
    _margin_order,
    _nearer_flip,
    condition_words,
    finding_order,
    finding_outcome,
    kept_free_m2,
    known_from,
    reason_code,
    unite,
)
from sxgeo.analysis.conflicts.legal import legal_overlay, shares_edge
from sxgeo.analysis.conflicts.screener import Screener, _of_urban, _State
from sxgeo.analysis.conflicts.urban import CODES, INSIDE, OUTSIDE, PARTLY, positions
from sxgeo.geometry.overlap import Overlap, measure
from sxgeo.geometry.projection import to_degrees
from sxgeo.model.clearance import NOT_HIT
from sxgeo.model.outcomes import EFFECTS, KNOWN_OUTCOMES, OUTCOMES, Finding
from sxgeo.model.project import Project


def a_finding(**values: Any) -> Finding:
    """A finding of the small world, changed."""
    site = make_site(box(-100, -50, -10, 50), accuracy_m=20.0)
    layer = make_layer((make_record(), box(0, -500, 1000, 500)))
    (found,) = ask(site, layer).screening[0].findings
    return replace(found, **values)


BASE = a_finding()


def test_what_is_missed_is_worked_out_for_the_nearest_record_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    built: list[tuple[str, str]] = []
    plain, judge = findings.value_of, findings.judge

    def watched(said: Any, words: Any, *given: Any, **more: Any) -> Finding:
        built.append((said.names[0], words[1]))
        return plain(said, words, *given, **more)

    # what the outcome has found to be missed is not judged once more
    judged: list[str] = []

    def judging(rule: Any, record: Any, *given: Any, **more: Any) -> Any:
        judged.append(record["feature_id"])
        return judge(rule, record, *given, **more)

    monkeypatch.setattr(findings, "value_of", watched)
    monkeypatch.setattr(findings, "judge", judging)
    layer = make_layer(
        (make_record(feature_id="near"), box(0, -500, 1000, 500)),
        (make_record(feature_id="next"), box(0.2, -500, 1000, 500)),
        (make_record(feature_id="last"), box(0.3, -500, 1000, 500)),
    )
    rules = (make_rule(required_m=100.0),)
    site = make_site(box(-200, -50, -101.5, 50), accuracy_m=0.0)
    (told,) = ask(site, layer, rules=rules).screening[0].findings
    assert (told.feature_id, told.relation) == ("near", "missed")
    assert built == [("near", "missed")]
    assert judged == ["near"]


# sums
# ------------------------------------------------------------------------------------------

REASONS = ("no_rule", "unverified_rule", "within_error", *COARSE_REASONS)


def test_the_reason_of_a_class_is_that_of_what_decides_it() -> None:
    for effect in EFFECTS:
        assert reason_code("conflict", effect, {"met"}) == "prohibited_met"
        banned = effect in ("prohibited", "prohibited_unless")
        assert reason_code("regulated", effect, {"met"}) == (
            "restricted_met" if banned else f"{effect}_met"
        )
    assert reason_code("touched_unbound", None, set()) == "not_bound"
    assert reason_code("none_found", None, set()) == NOT_HIT
    for count in range(1, 4):
        for codes in map(set, combinations(REASONS, count)):
            finer = codes - set(COARSE_REASONS)
            if not finer:
                told = "unlocated"
            elif len(finer) == 1 and finer <= {"no_rule", "unverified_rule"}:
                (told,) = finer
            else:
                told = "between"
            assert reason_code("undetermined", None, codes) == told


def test_the_reasons_of_very_many_sites_are_read_bit_by_bit() -> None:
    """What the arrays tell of a class is what its findings tell, one by one."""
    screener = Screener([make_layer()], [make_rule()], counties=make_counties(), as_of="2026-11-21")
    (table,) = screener.prepared(PLANE)[1]
    undetermined = KNOWN_OUTCOMES.index("undetermined")
    names = ("unlocated", "no_rule", "unverified_rule", "within_error")
    for codes in range(1, 16):
        state = _State(undetermined, 0, codes, True, True, True, False, 0)
        told = {name for bit, name in enumerate(names) if codes // 2**bit % 2}
        expected = reason_code("undetermined", EFFECTS[0], told)
        assert screener._told(table, state)[3] == expected


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ((make_rule(verified=False, required_m=100.0),), "unverified_rule"),
        ((make_rule(in_force_from="2099-01-01"),), "no_rule"),
        ((make_rule(required_m=100.0),), "between"),
    ],
)
def test_what_no_rule_that_was_seen_decides_is_told_so(rules: Any, reason: str) -> None:
    layer = make_layer((make_record(), box(0, -500, 1000, 500)))
    beside, inside = box(-200, -50, -100.0, 50), box(100, 100, 200, 200)
    site = make_site(beside if reason == "between" else inside, accuracy_m=5.0)
    (entry,) = ask(site, layer, rules=rules).screening
    assert (entry.known_outcome, entry.reason_code) == ("undetermined", reason)


def test_what_is_known_is_the_gravest_of_what_is_not_missed() -> None:
    """Over every set of up to three findings of every relation and effect."""
    kinds = [
        ("met", "conflict", "prohibited", "met"),
        ("met", "regulated", "permit", "met"),
        ("met", "regulated", "notify", "met"),
        ("between", "undetermined", "study", "within_error"),
        ("between", "undetermined", None, "no_rule"),
        ("unbound", NOT_HIT, None, "not_bound"),
        ("shared", NOT_HIT, "prohibited", "shared_edge"),
        ("missed", NOT_HIT, "prohibited", "missed"),
    ]
    for count in range(4):
        for chosen in combinations(kinds, count):
            found = [
                replace(BASE, relation=r, outcome=o, effect=e, reason_code=c)
                for r, o, e, c in chosen
            ]
            known, effect, reason = known_from(found)
            there = [kind for kind in chosen if kind[0] != "missed"]
            outcomes = {kind[1] for kind in there}
            gravest = next(
                (o for o in ("conflict", "undetermined", "regulated") if o in outcomes), None
            )
            if gravest is None:
                gravest = (
                    "touched_unbound" if any(k[0] == "unbound" for k in there) else "none_found"
                )
            assert known == gravest
            effects = [e for e in EFFECTS if e in {kind[2] for kind in there}]
            assert effect == (effects[0] if effects else None)
            deciding = {kind[3] for kind in there if kind[1] == known}
            assert reason == reason_code(known, effect, deciding)
    assert KNOWN_OUTCOMES[:3] == ("conflict", "undetermined", "regulated")


def test_findings_stand_by_gravity_then_distance_then_name_then_effect() -> None:
    def key(outcome: str, distance: float | None, name: str, effect: Any, rule: Any) -> Any:
        return finding_order(
            replace(
                BASE,
                outcome=outcome,
                distance_m=distance,
                feature_id=name,
                effect=effect,
                rule_id=rule,
            )
        )

    every = [
        (outcome, distance, name, effect, rule)
        for outcome, distance, name, effect, rule in product(
            OUTCOMES, (0.0, 5.0, None), "AB", (*EFFECTS[:2], None), ("R1", "R2", None)
        )
    ]
    order = {None: 9}
    wanted = sorted(
        every,
        key=lambda v: (
            OUTCOMES.index(v[0]),
            1e9 if v[1] is None else v[1],
            v[2],
            order.get(v[3], 0 if v[3] == EFFECTS[0] else 1),
            v[4] or "",
        ),
    )
    assert sorted(every, key=lambda v: key(*v)) == wanted
    margins = [replace(BASE, margin_m=m, rule_id=r) for m in (-2.0, 3.0, None) for r in ("A", "B")]
    assert sorted(margins, key=_margin_order) == margins


def test_a_missed_record_of_a_county_comes_no_later_than_the_county() -> None:
    for relation, flip, gap in product(("missed", "between"), (None, 5.0), (None, 2.0, 9.0)):
        told = _nearer_flip(replace(BASE, relation=relation, flip_distance_m=flip), gap)
        moved = relation == "missed" and flip is not None and gap is not None
        assert told.flip_distance_m == (min(5.0, gap or 0.0) if moved else flip)


def test_a_condition_is_named_unless_the_rule_binds_outright() -> None:
    for types, condition in product(((), ("industrial", "energy")), (None, "railway", "energy")):
        rule = make_rule(project_types=types, condition=condition)
        assert condition_words(rule, "yes") is None
        words = [*types, *([condition] if condition and condition not in types else [])]
        for bound in ("if", "maybe"):
            assert condition_words(rule, bound) == (";".join(words) or None)


def test_what_a_relation_means_under_a_rule() -> None:
    for effect in EFFECTS:
        rule = make_rule(effect=effect)
        met = "conflict" if effect in ("prohibited", "prohibited_unless") else "regulated"
        for project in (None, Project()):
            assert finding_outcome("met", rule, project) == met
            assert finding_outcome("between", rule, project) == "undetermined"
            for other in ("missed", "unbound", "shared"):
                assert finding_outcome(other, rule, project) == NOT_HIT
    excepted = Project(attributes={"railway": "yes"}, documents={"railway": "a document"})
    rule = make_rule(effect="prohibited_unless", exception=("railway",))
    assert finding_outcome("met", rule, excepted) == "regulated"


# areas
# ------------------------------------------------------------------------------------------


def on_plane(*corners: float) -> Any:
    west, south, east, north = corners
    return shapely.box(X0 + west, Y0 + south, X0 + east, Y0 + north)


def test_overlaps_of_a_rule_are_counted_once_and_rules_apart() -> None:
    plot = on_plane(0, 0, 100, 100)
    strips = [(0, 0, 100, 30), (0, 20, 100, 50), (0, 90, 10, 100), (0, 0, 100, 100)]
    found = [
        replace(
            BASE,
            rule_id=rule,
            effect="permit",
            overlap_m2=float((c[2] - c[0]) * (c[3] - c[1])),
            overlap_geometry=to_degrees(on_plane(*c), PLANE),
        )
        for c, rule in zip(strips, ("R2", "R2", "R2", "R1"), strict=True)
    ]
    nothing = replace(BASE, rule_id="R3", overlap_m2=0.0)
    first, second = unite([*found, nothing], plot, PLANE)
    assert (first.rule_id, first.effect, first.features) == ("R1", "permit", 1)
    assert (first.overlap_m2, first.overlap_share) == (10_000, 1.0)
    assert (second.rule_id, second.features) == ("R2", 3)
    assert second.overlap_m2 == pytest.approx(5_100, abs=0.1)
    assert second.overlap_share == pytest.approx(0.51, abs=1e-4)
    assert unite([nothing], plot, PLANE) == ()
    # no more than the plot itself, whatever was rounded
    (whole,) = unite([replace(found[3], overlap_m2=10_001.0)], plot, PLANE)
    assert (whole.overlap_m2, whole.overlap_share) == (10_000, 1.0)


def test_what_must_be_kept_free_is_the_strip_around_the_resource() -> None:
    plot, monument = on_plane(0, 0, 100, 100), on_plane(-50, -50, 20, 150)
    for required_m in (0.0, 0.5, 1.0, 2.0, 30.0):
        free_m2 = 100 * (20 + required_m)
        assert kept_free_m2(plot, monument, required_m) == pytest.approx(free_m2)
    assert kept_free_m2(plot, on_plane(110, 0, 120, 100), 30.0) == pytest.approx(2_000, rel=1e-3)


# legal vectors, and the town
# ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("boundary", ["legal_vector", "digitised", None])
@pytest.mark.parametrize("gap", [-0.05, -0.01, 0.0, 0.01, 0.05])
@pytest.mark.parametrize("along", [0.5, 0.9, 1.1, 60.0])
def test_an_edge_is_shared_from_a_metre_on_and_within_two_centimetres(
    boundary: str | None, gap: float, along: float
) -> None:
    plot, resource = on_plane(0, 0, 100, 100), on_plane(100 + gap, 100 - along, 300, 300)
    overlap = measure(plot, resource)
    record = make_record() | {"boundary": boundary}
    # beside the edge itself lies a centimetre or two at its end
    shared = boundary == "legal_vector" and abs(gap) <= 0.02 and along >= 1.0
    assert shares_edge(record, plot, resource, overlap) == shared
    told = legal_overlay(record, overlap, shared=shared)
    if boundary != "legal_vector":
        assert told is None
    elif shared:
        assert told == "shared"
    else:
        assert told == ("overlap" if overlap.penetration_m > 0.02 else "apart")


def test_only_an_area_shares_an_edge() -> None:
    record = make_record() | {"boundary": "legal_vector"}
    resource = on_plane(0, 0, 100, 100)
    line = shapely.LineString([(X0, Y0), (X0 + 100, Y0)])
    assert not shares_edge(record, line, resource, measure(line, resource))
    assert legal_overlay(record, Overlap(-0.02, 0.0), shared=False) == "apart"
    assert legal_overlay(record, Overlap(-0.021, 0.0), shared=False) == "overlap"


def test_a_site_lies_inside_the_town_or_partly_or_outside() -> None:
    zones = [on_plane(0, 0, 100, 100), on_plane(100, 0, 200, 100), None]
    sites = np.array(
        [
            on_plane(10, 10, 90, 90),
            on_plane(50, 10, 150, 90),  # in two zones of it
            on_plane(0, 0, 200, 100),
            on_plane(150, 10, 250, 90),
            on_plane(200, 0, 300, 100),
            on_plane(300, 0, 400, 100),
        ]
    )
    told = [CODES[k] for k in positions(sites, zones)]
    assert told == [INSIDE, INSIDE, INSIDE, PARTLY, PARTLY, OUTSIDE]
    assert {CODES[k] for k in positions(sites, [None])} == {OUTSIDE}
    for known, code, position in product(KNOWN_OUTCOMES, ("a", "b"), CODES):
        decides = known == "conflict" or (known == "regulated" and position == INSIDE)
        assert _of_urban(known, code, position) == (
            (known, code) if decides else ("undetermined", position)
        )


@pytest.mark.parametrize("gaps", [(30, 60, 90), (90, 30, 60), (-10, 60, 90), (-10, -5, 90)])
def test_what_is_missed_is_told_of_the_nearest_record_alone(gaps: tuple[float, ...]) -> None:
    """Beside what is met stands nothing that is missed, but the nearest where all are."""
    records = [
        (make_record(feature_id=f"F{k}"), box(gap, -50, gap + 15, 50)) for k, gap in enumerate(gaps)
    ]
    site = make_site(box(-100, -50, 0, 50), accuracy_m=1.0)
    told = ask(site, make_layer(*records)).screening[0].findings
    met = {f"F{k}" for k, gap in enumerate(gaps) if gap < 0}
    nearest = {f"F{min(range(len(gaps)), key=lambda k: gaps[k])}"}
    assert {f.feature_id for f in told} == (met or nearest)
    assert {f.relation for f in told} == ({"met"} if met else {"missed"})


@pytest.mark.parametrize("codes", [(), ("A",), ("A", "B"), ("A", "X"), ("X",)])
@pytest.mark.parametrize("lies_in_some", [True, False])
def test_a_site_lies_off_the_counties_of_a_record_only_where_all_of_them_are_known(
    codes: tuple[str, ...], *, lies_in_some: bool
) -> None:
    """Where one is not known here, only a site within the known ones cannot lie in it."""
    apart, edge_m = {"A": 900.0, "B": 700.0}, {"A": 5.0, "B": 60.0}
    site = make_site(box(0, 0, 10, 10), accuracy_m=3.0)
    shape = box(0, 0, 10, 10)
    ground = SimpleNamespace(
        shapes={"A": None, "B": None},
        union=lambda names: box(-50, -50, 50, 50) if lies_in_some else box(40, 40, 50, 50),
        edge_m=lambda names: max(edge_m[name] for name in names),
    )
    table: Any = SimpleNamespace(required_m=100.0, codes=[codes])
    spot = findings.Spot(site, shape, table, ground, PLANE, Project(), apart)  # type: ignore[arg-type]
    gap = findings._county_gap_m(spot, 0)

    known = [code for code in codes if code in apart]
    if not codes or (len(known) < len(codes) and not lies_in_some):
        assert gap == 0.0
    elif not known:
        assert gap == np.inf
    else:
        assert gap == pytest.approx(min(apart[c] - 100.05 - 3.0 - edge_m[c] for c in known))


def test_a_reason_is_named_where_no_other_stands_beside_it_but_a_coarse_position() -> None:
    named = ("no_rule", "unverified_rule")
    for code, coarse in product(named, [(), COARSE_REASONS[:1], COARSE_REASONS]):
        assert reason_code("undetermined", None, {code, *coarse}) == code
        assert reason_code("undetermined", None, {code, *coarse, "within_error"}) == "between"
    assert reason_code("undetermined", None, set(named)) == "between"
    for coarse in (COARSE_REASONS[:1], COARSE_REASONS):
        assert reason_code("undetermined", None, set(coarse)) == "unlocated"
