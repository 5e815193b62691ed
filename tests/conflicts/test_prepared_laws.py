"""Layers made ready: which subzones are missed, which options a record has, where counties reach."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import numpy as np
import pytest
import shapely
from conftest import (
    COUNTY,
    PLANE,
    X0,
    Y0,
    box,
    make_counties,
    make_record,
    make_rule,
    make_spec,
)

from sxgeo.analysis.conflicts.binding import applies, binding, freed_by
from sxgeo.analysis.conflicts.prepared import Ground, _county_codes, _unbound_by, options_for
from sxgeo.analysis.conflicts.relation import NO_RULE, NOT_BOUND
from sxgeo.analysis.conflicts.subzones import (
    hidden_reach_m,
    impossible,
    lacking,
    needed_by,
    resource_name,
    subzone_homes,
)
from sxgeo.geometry.straight import laid_on_plane
from sxgeo.model.project import Project
from sxgeo.wording import SUBZONE_ZH

ZONES = ("core_protection_zone", "general_control_zone", "protection_scope")
BOUND = ("yes", "if", "maybe", "no")
INDUSTRY = Project(type="industrial")


# subzones
# ------------------------------------------------------------------------------------------


def test_a_resource_lacks_what_a_rule_needs_and_none_of_its_parts_holds() -> None:
    """Two parts of one reserve, and another reserve: each lacks the subzones that rules which may
    bind it name, less those held under its name and those declared absent.
    """
    held = [(None, None), (ZONES[0], None), (ZONES[0], ZONES[1]), (None, ZONES[2])]
    for needed, (first, second), absent, bound in product(
        (*combinations(ZONES, 1), *combinations(ZONES, 2), ()), held, ((), ZONES[:1]), BOUND
    ):
        rules = [(make_rule(subzone=zone), bound) for zone in needed]
        rules.append((make_rule(subzone=None), "yes"))
        records = [
            make_record(name_zh="庞泉沟核心保护区", subzone=first),
            make_record(name_zh="庞泉沟", subzone=second),
            make_record(name_zh="芦芽山", subzone=None),
        ]
        told = lacking(records, rules, make_spec(subzones_absent=absent))
        wanted = set() if bound == "no" else set(needed) - set(absent)
        own = wanted - {first, second}
        assert told == [tuple(sorted(own)), tuple(sorted(own)), tuple(sorted(wanted))]
        assert needed_by(rules) == (() if bound == "no" else tuple(sorted(needed)))


def test_a_rule_of_another_kind_or_basin_needs_no_subzone() -> None:
    rules = [
        (make_rule(subzone=ZONES[0], resource_kind=("nature_reserve",)), "yes"),
        (make_rule(subzone=ZONES[1], basin="yellow_river"), "yes"),
    ]
    for kind, county in product(("nature_reserve", "scenic_area", None), ("140921", "140105")):
        record = make_record(resource_kind=kind, county_code=county)
        lacks = {ZONES[0]} if kind != "scenic_area" else set()
        lacks |= {ZONES[1]} if county == "140105" else set()
        assert lacking([record], rules, make_spec()) == [tuple(sorted(lacks))]


@pytest.mark.parametrize("zone", SUBZONE_ZH)
def test_a_part_has_the_name_of_its_resource(zone: str) -> None:
    word = SUBZONE_ZH[zone]
    for name in (f"晋祠{word}", f"晋祠（{word}）", f"晋祠-{word}", f"{word} 晋祠", "晋祠"):
        assert resource_name({"name_zh": name, "feature_id": "F"}) == "晋祠"
    assert resource_name({"name_zh": word, "feature_id": "F"}) == word
    assert resource_name({"name_zh": None, "feature_id": "F"}) == "F"


def test_a_subzone_is_at_home_in_the_kinds_that_rules_name_unless_one_gives_it_to_all() -> None:
    rules = [
        make_rule(subzone="a", resource_kind=("x",), possible_kinds=("y",)),
        make_rule(subzone="a", resource_kind=("z",)),
        make_rule(subzone="b", resource_kind=("x",)),
        make_rule(subzone="b"),
        make_rule(subzone=None, resource_kind=("w",)),
    ]
    homes = subzone_homes(rules)
    assert homes == {"a": frozenset("xyz")}
    for kind, subzone in product((None, "x", "w"), (None, "a", "b")):
        record = make_record(resource_kind=kind, subzone=subzone)
        assert impossible(record, homes) == ((kind, subzone) == ("w", "a"))


def test_what_nobody_holds_may_lie_twice_the_extent_beyond() -> None:
    spec = make_spec(screening_extent_m=300.0)
    area = make_record(geometry_kind="surveyed", extent_m=50.0)
    point = make_record(geometry_kind="point", extent_m=50.0)
    assert hidden_reach_m(area, spec) == pytest.approx(600 * 1.0005)
    assert hidden_reach_m(point, spec) == pytest.approx(100 * 1.0005)


# options of a record
# ------------------------------------------------------------------------------------------


def test_a_record_has_the_rules_that_may_bind_it_or_the_stand_in_that_says_why() -> None:
    """Over every pair of rules: of the record's kind or not, seen or not, freed or not."""
    spec = make_spec()
    kinds = (("well",), ("spring",))
    each = [
        make_rule(rule_id=f"R{n}", resource_kind=kind, verified=seen, project_types=types)
        for n, (kind, seen, types) in enumerate(
            product(kinds, (True, False), (("industrial",), ("energy",)))
        )
    ]
    homes = {"protection_scope": frozenset({"spring"})}
    for some in (*combinations(each, 2), *((rule,) for rule in each), ()):
        rules = [(rule, binding(rule, INDUSTRY)) for rule in some]
        for subzone in (None, "protection_scope"):
            record = make_record(resource_kind="well", subzone=subzone)
            fitting = [(r, b, "yes") for r, b in rules if r.resource_kind == ("well",)]
            bind = [option for option in fitting if option[1] != "no"]
            told = options_for(rules, record, spec, homes=homes if subzone else {})
            if subzone:
                assert told == [*bind, (NO_RULE, "yes", "yes")]
            elif bind:
                assert told == bind
            else:
                seen = bool(fitting) and all(rule.verified for rule, *_ in fitting)
                assert told == [(NOT_BOUND if seen else NO_RULE, "yes", "yes")]
                assert told[0][0] is (NOT_BOUND if seen else NO_RULE)
            reasons = {
                text
                for rule, bound in rules
                if bound == "no" and applies(rule, record, spec) != "no"
                for text in freed_by(rule, INDUSTRY)
            }
            assert _unbound_by(rules, record, spec, INDUSTRY) == tuple(sorted(reasons))
            assert not reasons or reasons == {"project_type=industrial"}


# counties
# ------------------------------------------------------------------------------------------

CODES = ("149997", "149998", COUNTY)
EDGES_M = (10.0, 200.0, 0.0)


def ground(accuracy: tuple[float, ...] = EDGES_M) -> Ground:
    """Three counties beside each other, a kilometre wide."""
    boxes = [box(1000 * k, -5000, 1000 * (k + 1), 5000) for k in range(3)]
    return Ground.on_plane(make_counties(*zip(CODES, boxes, accuracy, strict=True)), PLANE)


def placed(west: float) -> Any:
    return shapely.box(X0 + west, Y0, X0 + west + 10, Y0 + 10)


def test_a_county_is_in_reach_up_to_its_edge_and_the_accuracy_of_that() -> None:
    counties = ground()
    shapes = np.array([placed(w) for w in range(-1500, 4500, 35)])
    for reach in (0.0, 100.0, 700.0):
        told = counties.within(shapes, np.full(len(shapes), reach))
        for row, shape in enumerate(shapes):
            apart = counties.distances_m(shape)
            assert list(apart) == list(CODES)
            for k, code in enumerate(CODES):
                assert apart[code] == shapely.distance(shape, counties.shapes[code])
                assert told[row, k] == (apart[code] <= reach + EDGES_M[k])
    # a reach of its own for each shape
    reaches = np.linspace(0, 900, len(shapes))
    told = counties.within(shapes, reaches)
    each = [counties.within(shapes[k : k + 1], reaches[k : k + 1])[0] for k in range(len(shapes))]
    assert (told == np.array(each)).all()
    assert not told.all() and told.any()
    # an edge that nobody knows may lie anywhere
    unknown = ground((10.0, float("nan"), 0.0))
    assert unknown.within(shapes, np.zeros(len(shapes))).all()


def test_the_edge_of_counties_is_as_bad_as_their_worst_and_unknown_where_one_is() -> None:
    counties = ground()
    for count in range(1, 4):
        for codes in combinations(CODES, count):
            worst = max(EDGES_M[CODES.index(code)] for code in codes)
            assert counties.edge_m(codes) == counties.edge_m([*codes, "unknown"]) == worst
            assert ground((10.0, np.nan, 0.0)).edge_m(codes) == (
                np.inf if CODES[1] in codes else worst
            )
            union = counties.union(iter([*codes, codes[0], "unknown"]))
            whole = laid_on_plane(
                shapely.union_all([counties.degrees[code] for code in codes]), PLANE
            )
            assert union.equals(whole)
            assert counties.union(reversed(codes)) is union
    assert counties.edge_m([]) == counties.edge_m(["unknown"]) == np.inf


def test_a_coarse_record_counts_where_it_says_and_where_it_is_drawn() -> None:
    counties, spec = ground(), make_spec(coverage=(CODES[0], CODES[2]))
    inside_second = placed(1500)
    for codes, shape, accuracy in product(
        (None, CODES[0], f"{CODES[0]};{CODES[2]}"), (None, inside_second), (None, 5000.0)
    ):
        record = make_record(county_code=codes, position_accuracy_m=accuracy)
        named = codes.split(";") if codes else [CODES[0], CODES[2]]
        drawn = [CODES[1]] if shape is not None and accuracy is None else []
        assert _county_codes(record, shape, spec, counties) == [*named, *drawn]
        # a class that covers nowhere in particular counts everywhere
        nowhere = _county_codes(record, shape, make_spec(coverage=()), counties)
        assert nowhere == ([*named, *drawn] if codes else [])
