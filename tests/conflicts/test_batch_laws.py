"""What is told of a site hangs on that site alone: not on those beside it, nor on its pieces."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from case_worlds import counties_of, layer_of, rule_of
from conftest import (
    CLASS,
    PLANE,
    ask,
    box,
    make_counties,
    make_layer,
    make_record,
    make_rule,
    make_site,
    make_spec,
)
from small_worlds import world as small_world

from sxgeo.analysis.conflicts import prepared
from sxgeo.analysis.conflicts.findings import Spot, find
from sxgeo.analysis.conflicts.screener import Screener
from sxgeo.analysis.conflicts.urban import INSIDE, OUTSIDE, PARTLY, URBAN
from sxgeo.geometry.projection import plane_crs
from sxgeo.geometry.straight import REPAIRED_M, laid_on_plane
from sxgeo.model.clearance import NOT_HIT
from sxgeo.model.outcomes import Origin
from sxgeo.model.project import Project
from sxgeo.model.sites import Site

AS_OF = "2026-11-21"


def screener_of(seed: int) -> Screener:
    case = small_world(seed)
    return Screener(
        [layer_of(layer) for layer in case["layers"]],
        [rule_of(rule) for rule in case["rules"]],
        counties=counties_of(case),
        as_of=case["as_of"],
        project=Project(**(case.get("project") or {})),
    )


def sites_of(seed: int) -> list[Site]:
    rng = np.random.default_rng(seed)
    corners = rng.uniform(-2500, 2300, (7, 2)).tolist()
    return [
        make_site(box(x, y, x + 150, y + 150), site_id=f"s{k}", accuracy_m=1.0)
        for k, (x, y) in enumerate(corners)
    ]


def anew(screener: Screener, site: Site) -> Any:
    """The findings of a site in the one class, with nothing known of it beforehand."""
    plane = plane_crs(float(site.geometry.centroid.x))
    ground, (table, *_) = screener.prepared(plane)
    shape = laid_on_plane(site.geometry, plane, site.crs)
    apart = ground.distances_m(shape)
    return find(Spot(site, shape, table, ground, plane, screener.project, apart))


@pytest.mark.parametrize("start", [100, 105, 110, 115])
def test_a_site_alone_is_told_what_it_is_told_among_many(start: int) -> None:
    relations = set()
    for seed in range(start, start + 5):
        screener, sites = screener_of(seed), sites_of(seed)
        for site, among in zip(sites, screener.screen_all(sites), strict=True):
            for one, other in zip(screener.screen(site).screening, among.screening, strict=True):
                assert one.findings == other.findings, seed
                assert one.unions == other.unions, seed
                assert one == other, seed
                assert one.detail is None or one.findings == anew(screener, site), seed
                relations |= {finding.relation for finding in one.findings}
    assert {"between", "missed"} <= relations


@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.parametrize(("required_m", "free_m2"), [(0.0, 4_000.0), (30.0, 7_000.0)])
def test_where_buildings_alone_are_barred_what_must_stay_free_is_told(
    count: int, required_m: float, free_m2: float
) -> None:
    """Of a plot of 100 m, 40 m lie on the resource, and with a belt of 30 m 70 m are barred."""
    layer = make_layer((make_record(), box(60, -500, 1000, 500)))
    rules = (
        make_rule(rule_id="R1", binds="building", required_m=required_m),
        make_rule(rule_id="R2", binds="land", effect="permit"),
    )
    plots = [box(0, 120 * k, 100, 120 * k + 100) for k in range(count)]
    sites = [make_site(plot, site_id=f"s{k}", accuracy_m=0.0) for k, plot in enumerate(plots)]
    screener = Screener([layer], rules, counties=make_counties(), as_of=AS_OF)
    for outcome in screener.screen_all(sites):
        told = {finding.rule_id: finding for finding in outcome.screening[0].findings}
        assert told["R1"].outcome == "regulated"
        assert told["R1"].no_build_m2 == pytest.approx(free_m2, rel=1e-3)
        assert told["R1"].set_back_m == required_m
        assert (told["R2"].no_build_m2, told["R2"].set_back_m) == (None, None)

    # a plot that keeps away is told of no strip, though its nearest resource is
    beside = make_site(box(-900, 0, -800, 100), accuracy_m=0.0)
    (missed, *_) = ask(beside, layer, rules=rules).screening[0].findings
    assert (missed.relation, missed.no_build_m2, missed.set_back_m) == ("missed", None, None)


def test_only_rules_in_force_and_of_the_class_are_asked() -> None:
    layer = make_layer((make_record(), box(0, -500, 1000, 500)))
    site = make_site(box(100, 100, 200, 200))
    binds = make_rule(rule_id="R1")
    for other in (
        replace(binds, rule_id="R2", in_force_to="2026-11-20"),
        replace(binds, rule_id="R2", in_force_from="2026-11-22"),
        replace(binds, rule_id="R2", resource_class="wetlands"),
    ):
        (entry,) = ask(site, layer, rules=(other, binds)).screening
        assert [finding.rule_id for finding in entry.findings] == ["R1"]
        (alone,) = ask(site, layer, rules=(other,)).screening
        assert [finding.rule_id for finding in alone.findings] == [None]
        assert alone.reason_code == "no_rule"


def test_the_answer_of_a_site_in_pieces_is_that_of_its_own_pieces() -> None:
    """Told of the first piece that comes; and one bad piece leaves its site, and no other, without
    an answer.
    """
    layer = make_layer((make_record(), box(0, -500, 1000, 500)))
    screener = Screener([layer], [make_rule()], counties=make_counties(), as_of=AS_OF)

    def piece(name: str, west: float, **values: Any) -> Site:
        return make_site(box(west, 0, west + 10, 10), site_id=name, accuracy_m=0.0, **values)

    bad = replace(piece("c2", 100), geometry=None, problems=("torn",))
    batches = [
        ([piece("a1", -300), piece("b1", -200), piece("c1", -100)], np.array([0, 1, 2])),
        ([bad, piece("b2", 100), piece("a2", -400), piece("b3", -90)], np.array([2, 1, 0, 1])),
    ]
    away, across, torn = screener.screen_in_pieces(batches, 3)
    assert [one.site.site_id for one in (away, across, torn)] == ["a1", "b1", "c1"]
    assert (away.known_verdict, across.known_verdict) == ("none_found", "conflict")
    assert torn.verdict == "not_screened"
    assert torn.screening[0].reason_code == "bad_site"
    assert {one.area_m2 for one in (away, across, torn)} == {None}


def test_sites_of_which_no_piece_can_be_worked_with_are_answered_all_the_same() -> None:
    screener = Screener([make_layer()], [make_rule()], counties=make_counties(), as_of=AS_OF)
    torn = replace(make_site(box(0, 0, 10, 10)), geometry=None, problems=("torn",))
    told = screener.screen_in_pieces([([torn, torn], np.array([0, 1]))], 2)
    assert [one.screening[0].reason_code for one in told] == ["bad_site"] * 2
    assert screener.screen_in_pieces([], 0) == []


def test_the_error_of_a_site_in_pieces_counts_once() -> None:
    """A belt of 100 m is met at 80 m, and at 95 m not surely: the site may lie 10 m off."""
    layer = make_layer((make_record(position_accuracy_m=0.0), box(0, -500, 1000, 500)))
    screener = Screener(
        [layer], [make_rule(required_m=100.0)], counties=make_counties(), as_of=AS_OF
    )
    for gap, known in ((80, "conflict"), (95, "undetermined"), (120, "none_found")):
        plots = [box(-gap - 20, 0, -gap - 10, 10), box(-gap - 10, 0, -gap, 10)]
        pieces = [make_site(plot, accuracy_m=7.0, datum_error_m=3.0) for plot in plots]
        (told,) = screener.screen_in_pieces([(pieces, np.array([0, 0]))], 1)
        (whole,) = screener.screen_all([replace(pieces[0], geometry=_joined(pieces))])
        assert told.known_verdict == whole.known_verdict == known
        assert told.screening[0].resource_class == CLASS


def test_pieces_are_sought_as_far_as_a_plane_may_shorten_a_long_distance() -> None:
    """20 km on the plane may be 10 m more or less on the ground."""
    layer = make_layer((make_record(position_accuracy_m=0.0), box(0, -500, 1000, 500)))
    rule = make_rule(required_m=20_000.0)
    screener = Screener([layer], [rule], counties=make_counties(), as_of=AS_OF)
    far = {
        19_980: "conflict",
        19_995: "undetermined",
        20_009.7: "undetermined",
        20_020: "none_found",
    }
    for gap, known in far.items():
        plots = [box(-gap - 20, 0, -gap - 10, 10), box(-gap - 10, 0, -gap, 10)]
        pieces = [make_site(plot) for plot in plots]
        (told,) = screener.screen_in_pieces([(pieces, np.array([0, 0]))], 1)
        (whole,) = screener.screen_all([replace(pieces[0], geometry=_joined(pieces))])
        assert told.known_verdict == whole.known_verdict == known, gap


@pytest.mark.parametrize("why", ["position_accuracy_m", "datum_error_m", "extent_m"])
@pytest.mark.parametrize("gap", [50, 250, 350, 850, 950])
def test_pieces_are_sought_as_far_as_each_record_may_lie(why: str, gap: int) -> None:
    """Records of all errors and extents stand in one tree, sought as far as the worst of them."""
    reach_m = (300.0, 900.0, 400.0)
    records = []
    for k, most in enumerate(reach_m):
        told: dict[str, Any] = {"feature_id": f"F{k}", "position_accuracy_m": 0.0, why: most}
        drawn = box(0, -500, 10, 500)
        if why == "extent_m":  # a point reaches twice its extent
            told |= {"geometry_kind": "point", "point_role": "proxy", "extent_m": most / 2}
            drawn = shapely.Point(0, 5)
        records.append((make_record(**told), drawn))
    screener = Screener(
        [make_layer(*records)], [make_rule()], counties=make_counties(), as_of=AS_OF
    )
    pieces = [make_site(box(-gap - 20, 0, -gap - 10, 10)), make_site(box(-gap - 10, 0, -gap, 10))]
    (told_of,) = screener.screen_in_pieces([(pieces, np.array([0, 0]))], 1)
    (whole,) = screener.screen_all([replace(pieces[0], geometry=_joined(pieces))])
    known = "undetermined" if gap < max(reach_m) else "none_found"
    assert told_of.known_verdict == whole.known_verdict == known


def _joined(pieces: list[Site]) -> Any:
    return shapely.union_all([piece.geometry for piece in pieces])


# what is not decided by findings alone
# ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("effect", "spec", "told"),
    [
        # where nobody looked, nothing found says nothing, and what was found is to be verified
        (None, {"coverage": ()}, ("not_screened", "outside_coverage")),
        ("permit", {"coverage": ()}, ("undetermined", "outside_coverage")),
        ("prohibited", {"coverage": ()}, ("conflict", "prohibited_met")),
        # looked at, but no document says that all is there
        (None, {"complete_in": ()}, ("undetermined", "incomplete")),
        ("permit", {"complete_in": ()}, ("undetermined", "incomplete")),
        ("prohibited", {"complete_in": ()}, ("conflict", "prohibited_met")),
        # looked at, and whole
        (None, {}, ("clear", NOT_HIT)),
        ("permit", {}, ("regulated", "permit_met")),
        ("prohibited", {}, ("conflict", "prohibited_met")),
    ],
)
def test_what_is_known_is_joined_with_where_somebody_looked(
    effect: str | None, spec: dict[str, Any], told: tuple[str, str]
) -> None:
    layer = make_layer((make_record(), box(0, -500, 1000, 500)), spec=make_spec(**spec))
    west = -900 if effect is None else 100
    site = make_site(box(west, 0, west + 100, 100))
    (entry,) = ask(site, layer, rules=(make_rule(effect=effect or "prohibited"),)).screening
    assert (entry.outcome, entry.reason_code) == told
    assert (entry.clear_because is not None) == (told[0] == "clear")


@pytest.mark.parametrize("count", [1, 40])
def test_a_subzone_that_nobody_holds_leaves_open_what_lies_in_its_reach(count: int) -> None:
    """Whether one site is asked about or many: a belt may lie as far out as the class reaches."""
    record = make_record(subzone="protection_scope", position_accuracy_m=0.0)
    rule = make_rule(subzone="construction_control_belt")
    for absent, west, told in (
        ((), -400, ("undetermined", "subzone_missing")),
        ((), -4_000, ("clear", NOT_HIT)),
        (("construction_control_belt",), -400, ("clear", NOT_HIT)),
    ):
        spec = make_spec(subzones_absent=absent)
        layer = make_layer((record, box(0, -500, 1000, 500)), spec=spec)
        screener = Screener([layer], [rule], counties=make_counties(), as_of=AS_OF)
        sites = [
            make_site(box(west, k, west + 100, k + 100), site_id=f"s{k}") for k in range(count)
        ]
        for answer in screener.screen_all(sites):
            (entry,) = answer.screening
            assert (entry.outcome, entry.reason_code) == told


def test_what_is_regulated_stays_open_where_a_subzone_is_not_held() -> None:
    record = make_record(subzone="protection_scope", position_accuracy_m=0.0)
    rules = (
        make_rule(subzone="construction_control_belt"),
        make_rule(rule_id="R2", effect="permit", subzone="protection_scope"),
    )
    for absent, told in (
        ((), ("undetermined", "subzone_missing")),
        (("construction_control_belt",), ("regulated", "permit_met")),
    ):
        layer = make_layer(
            (record, box(0, -500, 1000, 500)), spec=make_spec(subzones_absent=absent)
        )
        (entry,) = ask(make_site(box(100, 0, 200, 100)), layer, rules=rules).screening
        assert (entry.outcome, entry.reason_code) == told


def test_of_the_town_boundary_it_is_the_place_that_is_told() -> None:
    record = make_record(resource_class=URBAN, position_accuracy_m=0.0)
    layer = make_layer((record, box(0, -500, 1000, 500)), spec=make_spec(id=URBAN))
    for west, place in ((100, INSIDE), (-50, PARTLY), (-900, OUTSIDE)):
        answer = ask(make_site(box(west, 0, west + 100, 100)), layer)
        (entry,) = (*answer.screening, *answer.extra)
        assert (entry.outcome, entry.known_outcome) == ("undetermined", "undetermined")
        assert entry.reason_code == place
    # but a rule that was seen and is met decides
    for effect, known in (("prohibited", "conflict"), ("permit", "regulated")):
        rule = make_rule(resource_class=URBAN, effect=effect)
        answer = ask(make_site(box(100, 0, 200, 100)), layer, rules=(rule,))
        (entry,) = (*answer.screening, *answer.extra)
        assert (entry.known_outcome, entry.reason_code) == (known, f"{effect}_met")


@pytest.mark.parametrize("count", [1, 40])
def test_an_edge_in_common_with_a_legal_line_is_told_of_a_rule_that_misses(count: int) -> None:
    """Both are the same to the stored rounding, though they may lie a centimetre apart."""
    record = make_record(boundary="legal_vector", position_accuracy_m=0.0)
    layer = make_layer((record, box(0, -500, 1000, 500)))
    screener = Screener([layer], [make_rule()], counties=make_counties(), as_of=AS_OF)
    for gap, relation in ((0.0, "shared"), (0.015, "shared"), (0.5, "missed")):
        sites = [make_site(box(-100, k, -gap, k + 100), site_id=f"s{k}") for k in range(count)]
        for answer in screener.screen_all(sites):
            findings = answer.screening[0].findings
            assert {finding.relation for finding in findings} == {relation}, gap


@pytest.mark.parametrize("crs", [PLANE, "EPSG:4546", None])
def test_the_area_is_that_on_the_plane_that_the_file_declares(crs: str | None) -> None:
    """Beside its middle a plane is longer: at 2 degrees by some five in ten thousand."""
    site = make_site(box(0, 0, 1000, 1000), crs=crs)
    told = ask(site, make_layer())
    assert told.crs == (crs or PLANE)
    on_plane = float(laid_on_plane(site.geometry, told.crs, crs).area)
    assert told.area_m2 == pytest.approx(on_plane, abs=1e-3)
    assert (told.area_m2 > 1_000_500.0) == (crs == "EPSG:4546")


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_a_site_that_a_repair_moves_loses_its_own_answer_and_no_other(order: list[int]) -> None:
    """A spike of a kilometre is cut off by a repair: who is asked about such a shape cannot say."""
    corners = [(0, 0), (1, 0), (1, 1), (0.5, 1), (0.5, 2), (0.5, 1), (0, 1)]
    spike = shapely.Polygon([(1000 * x, 1000 * y) for x, y in corners])
    sites = [make_site(box(100, 0, 200, 100), site_id="sound"), make_site(spike, site_id="spike")]
    screener = Screener(
        [make_layer((make_record(), box(0, -500, 1000, 500)))],
        [make_rule()],
        counties=make_counties(),
        as_of=AS_OF,
    )
    told = {one.site.site_id: one for one in screener.screen_all([sites[i] for i in order])}
    assert told["sound"].known_verdict == "conflict"
    assert told["spike"].screening[0].reason_code == "bad_site"
    assert told["spike"].verdict == "not_screened"


@pytest.mark.parametrize("beyond", [False, True])
def test_a_record_that_a_repair_moves_too_far_has_no_position(
    monkeypatch: pytest.MonkeyPatch, *, beyond: bool
) -> None:
    """As far as a repair may go it stays where it is drawn; a hair farther, nobody knows where."""
    plain = prepared.laid_and_measured
    moved = np.nextafter(REPAIRED_M, 1.0) if beyond else REPAIRED_M

    def measured(shapes: Any, plane: str) -> Any:
        laid, _ = plain(shapes, plane)
        return laid, np.full(len(laid), moved)

    monkeypatch.setattr(prepared, "laid_and_measured", measured)
    (entry,) = ask(
        make_site(box(100, 0, 200, 100)), make_layer((make_record(), box(0, -500, 1000, 500)))
    ).screening
    assert entry.outcome == ("undetermined" if beyond else "conflict")
    assert (entry.findings[0].distance_m is None) == beyond


@pytest.mark.parametrize("verified", [True, False])
def test_only_rules_that_were_seen_free_a_project(*, verified: bool) -> None:
    """What a project says frees it of a rule that was read; of one that nobody read, of nothing."""
    layer = make_layer((make_record(), box(0, -500, 1000, 500)))
    rules = (
        make_rule(rule_id="R1", condition="discharge"),
        make_rule(rule_id="R2", condition="discharge", verified=verified),
    )
    site = make_site(box(100, 0, 200, 100))
    (entry,) = ask(site, layer, rules=rules, project=Project(discharge=False)).screening
    (finding,) = entry.findings
    if verified:
        assert (entry.known_outcome, finding.relation) == ("touched_unbound", "unbound")
        assert finding.unbound_by == ("discharge=no",)
    else:
        assert (entry.known_outcome, entry.reason_code) == ("undetermined", "no_rule")
        assert finding.unbound_by == ()


def test_an_extra_class_enters_the_verdict_only_where_somebody_brought_it() -> None:
    """The fifteen always do, however empty; and what is asked for by name is asked alone."""
    site = make_site(box(100, 0, 200, 100))
    held = (make_record(), box(0, -500, 1000, 500))
    extra = make_spec(id="scenic_areas", extra=True)
    brought = make_layer(held, spec=extra, origin=Origin(files=("own.gpkg",)))
    absent = make_layer(spec=extra, origin=Origin())
    plain = make_layer()
    rule = make_rule(resource_class="scenic_areas")

    told = ask(site, plain, brought, rules=(rule,))
    assert [e.requested for e in (*told.screening, *told.extra)] == [True, True]
    assert told.verdict == "conflict"
    told = ask(site, plain, absent, rules=(rule,))
    assert [e.requested for e in (*told.screening, *told.extra)] == [True, False]
    assert told.extra[0].reason_code == "nothing_held"
    told = ask(site, plain, brought, rules=(rule,), requested=[CLASS])
    assert [e.requested for e in (*told.screening, *told.extra)] == [True, False]
    assert told.extra[0].reason_code == "not_requested"
    assert told.verdict != "conflict"


@pytest.mark.parametrize(
    ("discharge", "known", "effect"),
    [(None, "undetermined", "prohibited"), (False, "none_found", None)],
)
def test_a_record_of_unknown_place_is_told_only_where_a_rule_may_bind_it(
    discharge: bool | None, known: str, effect: str | None
) -> None:
    """It may lie anywhere in its county; but freed of all rules, no place of it matters."""
    lost = make_record(geometry_kind="none", position_accuracy_m=None)
    rules = (make_rule(condition="discharge"),)
    site = make_site(box(100, 0, 200, 100))
    project = Project(discharge=discharge)
    (entry,) = ask(site, make_layer((lost, None)), rules=rules, project=project).screening
    assert (entry.known_outcome, entry.effect) == (known, effect)
    assert bool(entry.findings) == (known == "undetermined")
