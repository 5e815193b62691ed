"""Limits nailed down on both sides: what reach, scale, error and county add to a distance, to a
decimetre and less.
"""

from __future__ import annotations

from typing import Any

import pytest
import shapely
from conftest import (
    COUNTY,
    PLANE,
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

from sxgeo.geometry.straight import laid_on_plane
from sxgeo.model.sites import Site

FAR_PLANES = ("EPSG:4534", "EPSG:4540", "EPSG:4545", "EPSG:4546", "EPSG:4548", "EPSG:4554")
REQUIRED_M = 2000.0
SCALE_M = 0.0005 * REQUIRED_M
WHOLE = make_spec(subzones_absent=("protection_scope",))


def plot(gap: float, **values: Any) -> Site:
    """A plot whose east edge lies `gap` west of 0."""
    return make_site(box(-100 - gap, -50, -gap, 50), **{"accuracy_m": 1.0, **values})


def told(site: Site, *records: dict[str, Any], spec: Any = WHOLE, **asked: Any) -> Any:
    features = [(record, box(0, -500, 1000, 500)) for record in records]
    return ask(site, make_layer(*features, spec=spec), **asked).screening[0]


@pytest.mark.parametrize("error", ["accuracy_m", "datum_error_m"])
@pytest.mark.parametrize("of", ["site", "record"])
@pytest.mark.parametrize("required", [0.0, 50.0, REQUIRED_M])
def test_every_error_moves_the_limit_by_itself_and_by_its_whole_size(
    error: str, of: str, required: float
) -> None:
    """An error of 40 m from one source and 0 from all others: between up to required + 40 m + the
    scale, missed a decimetre beyond, whichever source it is; and the finding is listed as far.
    """
    mine = {"accuracy_m": 0.0, "datum_error_m": 0.0}
    theirs = {"position_accuracy_m": 0.0, "datum_error_m": 0.0}
    if of == "site":
        mine[error] = 40.0
    else:
        theirs["position_accuracy_m" if error == "accuracy_m" else error] = 40.0
    rule, limit = make_rule(required_m=required), required * 1.0005 + 40.0
    for gap, outcome in ((limit - 0.05, "undetermined"), (limit + 0.05, "clear")):
        entry = told(plot(gap, **mine), make_record(**theirs), rules=(rule,))
        assert entry.outcome == outcome
        (finding,) = entry.findings
        assert finding.relation == ("between" if outcome == "undetermined" else "missed")
        assert finding.uncertainty_m == pytest.approx(40.0 + 0.0005 * required)
        assert finding.margin_m == pytest.approx(gap - required, abs=0.02)
        assert finding.flip_distance_m == pytest.approx(0.05, abs=0.02)


def test_a_finding_is_listed_as_far_as_it_can_be_between_though_another_is_nearer() -> None:
    """Only the nearest record is told when it is missed; every other must be within reach of the
    whole error, its datum's among it.
    """
    near = make_record(feature_id="NEAR", position_accuracy_m=0.0)
    far = make_record(feature_id="FAR", position_accuracy_m=0.0)
    for where, key in (("site", "accuracy_m"), ("site", "datum_error_m"), ("far", "datum_error_m")):
        mine = {"accuracy_m": 0.0, "datum_error_m": 0.0}
        theirs = dict(far)
        if where == "site":
            mine[key] = 300.0
        else:
            theirs[key] = 300.0
        layer = make_layer(
            (near, box(0, -500, 10, 500)), (theirs, box(290, -500, 400, 500)), spec=WHOLE
        )
        entry = ask(plot(2, **mine), layer).screening[0]
        assert "FAR" in {f.feature_id for f in entry.findings if f.relation != "missed"}


def unlocated(**values: Any) -> tuple[dict[str, Any], None]:
    return make_record(geometry_kind="none", position_accuracy_m=None, **values), None


@pytest.mark.parametrize("required", [0.0, 500.0, REQUIRED_M])
def test_the_scale_of_the_plane_counts_in_the_reach_of_a_county(required: float) -> None:
    counties = make_counties(
        ("149998", box(-9000, -9000, 0, 9000), 10.0), (COUNTY, box(0, -9000, 9000, 9000), 10.0)
    )
    spec = make_spec(
        coverage=(COUNTY, "149998"),
        complete_in=(COUNTY, "149998"),
        subzones_absent=("protection_scope",),
    )
    layer = make_layer(unlocated(county_code=COUNTY), spec=spec)
    limit = required * 1.0005 + 1.0 + 10.0
    for gap, outcome in ((limit - 0.1, "undetermined"), (limit + 0.1, "clear")):
        entry = ask(plot(gap), layer, rules=(make_rule(required_m=required),), counties=counties)
        assert entry.screening[0].outcome == outcome
        assert bool(entry.screening[0].findings) == (outcome == "undetermined")


@pytest.mark.parametrize("required", [0.0, 500.0, REQUIRED_M])
def test_the_scale_of_the_plane_counts_in_the_reach_of_what_is_whole(required: float) -> None:
    """A class is whole only as far as its rules can reach inside the county that is declared: the
    edge of that county is drawn in degrees, so how far it lies is measured.
    """
    counties = make_counties((COUNTY, box(-9000, -9000, 9000, 9000), 10.0))
    edge = shapely.boundary(laid_on_plane(counties.geometry[0], PLANE))

    def inside_m(west: float) -> float:
        return float(shapely.distance(edge, laid_on_plane(placed(west).geometry, PLANE)))

    def placed(west: float) -> Site:
        return make_site(box(west, -50, west + 100, 50), accuracy_m=1.0)

    reach = required * 1.0005 + 1.0 + 10.0
    exact = -9000 + reach + (9000 - 5000 - inside_m(-5000.0))
    for beyond, outcome in ((0.3, "clear"), (-0.3, "undetermined")):
        site = placed(exact + beyond)
        assert inside_m(exact + beyond) == pytest.approx(reach + beyond, abs=0.2)
        rule = make_rule(required_m=required)
        entry = told(site, make_record(), rules=(rule,), counties=counties)
        assert entry.outcome == outcome
        assert entry.reason_code == ("clear" if outcome == "clear" else "incomplete")


@pytest.mark.parametrize("codes", [None, "", ";"])
def test_a_record_of_no_county_may_lie_anywhere_whatever_was_searched(codes: str | None) -> None:
    for coverage in ((), (COUNTY,)):
        spec = make_spec(coverage=coverage)
        entry = ask(plot(0), make_layer(unlocated(county_code=codes), spec=spec)).screening[0]
        assert (entry.known_outcome, entry.reason_code) == ("undetermined", "unlocated")
        assert [f.feature_id for f in entry.findings] == ["F1"]


def test_a_county_that_is_not_known_here_holds_its_record_only_outside_those_that_are() -> None:
    layer = make_layer(unlocated(county_code="999999"), spec=WHOLE)
    inside, beyond = plot(0), make_site(box(60_000, 0, 60_100, 100), accuracy_m=1.0)
    assert ask(inside, layer).screening[0].known_outcome == "none_found"
    assert ask(beyond, layer).screening[0].known_outcome == "undetermined"


@pytest.mark.parametrize("plane", FAR_PLANES)
def test_a_plane_however_far_off_that_a_file_declares_moves_no_limit(plane: str) -> None:
    """Planes from 3 to 39 degrees off: distances are those of the plot's own plane. Its edges are
    short, so that straight there and here is the same to a millimetre.
    """
    shape = on_ground(box(-110, -50, -10, 50))
    own = told(Site("s", shape, accuracy_m=1.0, crs=PLANE), make_record())
    far = told(Site("s", shape, accuracy_m=1.0, crs=plane), make_record())
    assert own.outcome == far.outcome == "clear"
    assert far.findings[0].distance_m == pytest.approx(own.findings[0].distance_m, abs=0.01)
    assert far.findings[0].distance_m == pytest.approx(10.0, abs=0.02)


def test_a_strip_of_land_is_told_with_its_area_and_share() -> None:
    entry = told(plot(-40), make_record())
    (finding,) = entry.findings
    assert finding.overlap_m2 == pytest.approx(40 * 100, rel=1e-3)
    assert finding.overlap_share == pytest.approx(0.4, rel=1e-3)
    (union,) = entry.unions
    assert (union.features, union.rule_id) == (1, "R1")
    assert union.overlap_m2 == finding.overlap_m2


def test_overlaps_of_one_rule_are_counted_once_and_never_above_the_plot() -> None:
    records = [make_record(feature_id=f"F{i}") for i in range(3)]
    entry = told(plot(-40), *records)
    (union,) = entry.unions
    assert (union.features, len(entry.findings)) == (3, 3)
    assert union.overlap_m2 == pytest.approx(40 * 100, rel=1e-3)
    whole = told(make_site(box(400, -50, 500, 50)), *records)
    assert whole.unions[0].overlap_share == 1.0
    assert shapely.area(whole.findings[0].overlap_geometry) > 0
