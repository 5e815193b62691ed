"""Clear must be earned: what is unsaid, what is touched, what a certificate rests on, and who may
say the word.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from conftest import COUNTY, ask, box, make_layer, make_record, make_rule, make_site, make_spec

from sxgeo.analysis.conflicts.binding import answer_to, binding, freed_by
from sxgeo.errors import AnalysisError
from sxgeo.layers.rules import load_rules
from sxgeo.model.clearance import Clearance, Grounds
from sxgeo.model.outcomes import BEHAVIOURS, EFFECTS, TYPE_STATES, ClassOutcome, Origin
from sxgeo.model.project import Project
from sxgeo.wording import CONDITION_ZH, PROJECT_TYPES

SCOPE = box(0, 0, 1000, 1000)
INSIDE = box(300, 300, 500, 500)
APART = box(1500, 0, 1600, 100)
BELT = "construction_control_belt"
DISCHARGE = make_rule(project_types=("polluting_discharge",), condition="discharge")
ZONES = (
    make_rule(subzone="protection_scope"),
    make_rule(rule_id="R2", subzone=BELT, effect="permit"),
)


def entry_of(shape: Any, *features: Any, rules: tuple[Any, ...] = (), **world: Any) -> ClassOutcome:
    spec = make_spec(**{"screening_extent_m": 500.0, **world.pop("spec", {})})
    site = make_site(shape, **world.pop("site", {}))
    (entry,) = ask(site, make_layer(*features, spec=spec), rules=rules, **world).screening
    return entry


# what is unsaid never frees
# -----------------------------------------------------------------------------------


def test_only_something_said_frees_a_project_and_it_is_named() -> None:
    """Over every bundled rule, type and answer: a rule that does not bind names what was said, and
    that was said.
    """
    attributes = sorted(
        {r.condition for r in load_rules() if r.condition} | set(BEHAVIOURS.values())
    )
    for rule, type_, answer in product(load_rules(), (None, *PROJECT_TYPES), (None, "yes", "no")):
        for attribute in attributes:
            own = (
                {attribute: None if answer is None else answer == "yes"}
                if attribute in BEHAVIOURS.values()
                else {}
            )
            rest = {attribute: answer} if answer is not None and not own else {}
            project = Project(type=type_, attributes=rest, **own)
            freed = freed_by(rule, project)
            assert bool(freed) == (binding(rule, project) == "no")
            for text in freed:
                name, _, value = text.partition("=")
                assert value == (type_ if name == "project_type" else answer_to(name, project))


def test_a_behaviour_is_never_ruled_out_by_a_type() -> None:
    for behaviour, attribute in BEHAVIOURS.items():
        rule = make_rule(project_types=(behaviour,))
        for type_ in PROJECT_TYPES:
            expected = (
                "yes"
                if type_ == behaviour
                else "if"
                if attribute in TYPE_STATES.get(type_, {})
                else "maybe"
            )
            assert binding(rule, Project(type=type_)) == expected
            if type_ != behaviour:
                assert binding(rule, Project(type=type_, **{attribute: False})) == "no"


def test_a_type_states_only_what_binds() -> None:
    assert {value for states in TYPE_STATES.values() for value in states.values()} == {"yes"}


@pytest.mark.parametrize("condition", sorted(set(CONDITION_ZH) - set(BEHAVIOURS.values())))
def test_a_condition_that_nobody_said_is_maybe_whatever_the_type(condition: str) -> None:
    for type_ in (None, *PROJECT_TYPES):
        assert binding(make_rule(condition=condition), Project(type=type_)) == "maybe"


@pytest.mark.slow
def test_said_or_unsaid_inside_is_clear_only_where_a_finding_says_why() -> None:
    kinds = ((), ("polluting_discharge",), ("tourism",), ("groundwater_extraction", "tourism"))
    for types, condition, type_ in product(
        kinds, (None, "discharge", "development_zone"), (None, *PROJECT_TYPES)
    ):
        rule = make_rule(project_types=types, condition=condition)
        for discharge, zone in product((None, True, False), (None, "yes", "no")):
            said = {} if zone is None else {"development_zone": zone}
            project = Project(type=type_, discharge=discharge, attributes=said)
            entry = entry_of(INSIDE, (make_record(), SCOPE), rules=(rule,), project=project)
            if entry.outcome == "clear":
                (finding,) = entry.findings
                assert entry.known_outcome == "touched_unbound"
                assert finding.reason_code == "not_bound"
                assert finding.unbound_by == freed_by(rule, project) != ()


# an overlap is always told
# ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gap_m", "known"), [(-200.0, "touched_unbound"), (0.5, "touched_unbound"), (1.5, "none_found")]
)
def test_what_is_touched_within_the_error_is_told_though_nothing_binds_it(
    gap_m: float, known: str
) -> None:
    shape = box(1000 + gap_m, 0, 1400, 100)
    entry = entry_of(
        shape, (make_record(), SCOPE), rules=(DISCHARGE,), project=Project(discharge=False)
    )
    assert (entry.outcome, entry.known_outcome) == ("clear", known)
    assert [f.relation for f in entry.findings] == [
        "unbound" if known == "touched_unbound" else "missed"
    ]


def test_a_kind_in_a_subzone_of_another_kind_has_no_rule() -> None:
    rules = (
        make_rule(resource_kind=("nature_reserve",), subzone="level_1"),
        make_rule(rule_id="R2", resource_kind=("scenic_area",), project_types=("tourism",)),
    )
    record = make_record(resource_kind="scenic_area", subzone="level_1")
    entry = entry_of(INSIDE, (record, SCOPE), rules=rules, project=Project(type="industrial"))
    assert (entry.outcome, entry.reason_code) == ("undetermined", "no_rule")


# the certificate
# ----------------------------------------------------------------------------------------------

GROUNDS = Grounds(
    held=True,
    covered=True,
    layer_read_whole=True,
    complete=True,
    document="文件",
    subzones_held=True,
    read_without_doubt=True,
    input_accounted_for=True,
    all_missed_or_unbound=True,
    engines=("geos",),
)


@pytest.mark.parametrize(
    "missing",
    [
        *(
            {name: False}
            for name in ("held", "covered", "layer_read_whole", "complete", "subzones_held")
        ),
        *(
            {name: False}
            for name in ("read_without_doubt", "input_accounted_for", "all_missed_or_unbound")
        ),
        {"document": ""},
        {"document": None},
        {"engines": ()},
        {"engines": ("geos", "page"), "engines_agree": False},
    ],
    ids=str,
)
def test_a_certificate_cannot_exist_without_any_of_its_grounds(missing: dict[str, Any]) -> None:
    assert Clearance(GROUNDS, (COUNTY,), (), (), 1).outcome == "clear"
    with pytest.raises(AnalysisError, match="cannot be called clear here"):
        Clearance(replace(GROUNDS, **missing), (COUNTY,), (), (), 1)


def test_no_class_says_clear_without_its_certificate_nor_has_one_and_says_something_else() -> None:
    entry = entry_of(APART, (make_record(), SCOPE))
    assert entry.outcome == "clear" and isinstance(entry.clear_because, Clearance)
    for changed in (
        {"clear_because": None},
        {"outcome": "undetermined"},
        {"clear_because": "because"},
    ):
        with pytest.raises(AnalysisError, match="its grounds do not bear out"):
            replace(entry, **changed)


def test_the_word_clear_is_made_in_one_place_only(root: Path) -> None:
    """Walk the source: nothing but clearance.py returns, assigns or passes on the text `clear`."""
    made = []
    for path in sorted((root / "sxgeo").rglob("*.py")):
        if path.name == "clearance.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            values = (
                [getattr(node, "value", None)]
                if isinstance(node, (ast.Return, ast.Assign, ast.AnnAssign))
                else []
            )
            values += (
                [k.value for k in node.keywords] + node.args if isinstance(node, ast.Call) else []
            )
            values += [node.body, node.orelse] if isinstance(node, ast.IfExp) else []
            values += [
                e
                for v in values
                if isinstance(v, ast.Tuple) and isinstance(node, ast.Return)
                for e in v.elts
            ]
            made += [
                (path.name, node.lineno)
                for v in values
                if isinstance(v, ast.Constant) and v.value == "clear"
            ]
    assert not made


# every subzone that a rule may need
# ---------------------------------------------------------------------------


def zones(shape: Any, *features: Any, **spec: Any) -> tuple[str, str]:
    entry = entry_of(shape, *features, rules=ZONES, spec=spec)
    return entry.outcome, entry.reason_code


def test_a_scope_without_its_belt_is_not_whole_and_a_document_may_say_that_there_is_none() -> None:
    scope = (make_record(subzone="protection_scope"), SCOPE)
    assert zones(APART, scope) == ("undetermined", "subzone_missing")
    assert zones(APART, scope, subzones_absent=(BELT,)) == ("clear", "clear")
    assert zones(box(9000, 0, 9100, 100), scope) == (
        "clear",
        "clear",
    )  # out of reach of what is not held


def test_scope_and_belt_of_one_name_are_one_resource() -> None:
    scope = (make_record(subzone="protection_scope", name_zh="晋祠保护范围"), SCOPE)
    belt = make_record(feature_id="F2", subzone=BELT, name_zh="晋祠（建设控制地带）")
    ring = box(-100, -100, 1200, 1200)
    assert zones(APART, scope, (belt, ring)) == ("clear", "clear")
    assert zones(APART, scope, (belt | {"name_zh": "另一处"}, ring)) == (
        "undetermined",
        "subzone_missing",
    )


def test_a_subzone_that_only_rules_of_other_projects_name_is_not_needed() -> None:
    rules = (ZONES[0], replace(ZONES[1], project_types=("tourism",)))
    scope = (make_record(subzone="protection_scope"), SCOPE)
    assert entry_of(APART, scope, rules=rules, project=Project(type="energy")).outcome == "clear"
    assert entry_of(APART, scope, rules=rules).reason_code == "subzone_missing"


# coordinates with the force of law
# ----------------------------------------------------------------------------


def legal(shape: Any, **values: Any) -> ClassOutcome:
    record = make_record(boundary="legal_vector", position_accuracy_m=None, **values)
    return entry_of(shape, (record, SCOPE), site={"accuracy_m": 0.1})


def test_a_plot_that_is_cut_on_a_legal_line_shares_its_edge() -> None:
    entry = legal(box(1000, 200, 1300, 400))
    (finding,) = entry.findings
    assert entry.outcome == "clear"
    assert (finding.relation, finding.reason_code, finding.legal_overlay) == (
        "shared",
        "shared_edge",
        "shared",
    )
    assert "共边，压占0.0000公顷" in finding.reason


def test_a_plot_that_overlaps_a_legal_vector_or_only_touches_a_corner_does_not_share_an_edge() -> (
    None
):
    for shape, overlay in (
        (box(999.9, 200, 1300, 400), "overlap"),
        (box(1000, 1000, 1300, 1200), "apart"),
    ):
        entry = legal(shape)
        assert entry.outcome == "undetermined"
        assert entry.findings[0].legal_overlay == overlay
    assert legal(box(900, 200, 1300, 400)).outcome == "conflict"


def test_the_same_edge_of_a_digitised_boundary_is_between() -> None:
    record = make_record(boundary="digitised", position_accuracy_m=1.0)
    assert entry_of(box(1000, 200, 1300, 400), (record, SCOPE)).outcome == "undetermined"


# effects, and what a rule binds
# -------------------------------------------------------------------------------


def test_a_ban_is_lifted_by_its_exception_with_the_document_only() -> None:
    rule = make_rule(effect="prohibited_unless", exception=("major",))
    for said, documents, outcome in (
        ({}, {}, "conflict"),
        ({"major": "yes"}, {}, "conflict"),
        ({"major": "no"}, {"major": "文号"}, "conflict"),
        ({"major": "yes"}, {"major": "文号"}, "regulated"),
    ):
        project = Project(attributes=said, documents=documents)
        entry = entry_of(INSIDE, (make_record(), SCOPE), rules=(rule,), project=project)
        assert (entry.outcome, entry.effect) == (outcome, "prohibited_unless")
    plain = Project(attributes={"major": "yes"}, documents={"major": "文号"})
    assert (
        entry_of(INSIDE, (make_record(), SCOPE), rules=(make_rule(),), project=plain).outcome
        == "conflict"
    )


def test_a_rule_for_buildings_keeps_a_part_of_a_bare_plot_free_and_forbids_an_outline() -> None:
    rule = make_rule(binds="building", required_m=20.0, comparison="at_least")
    plot = box(1010, 0, 1110, 100)
    bare = entry_of(plot, (make_record(), SCOPE), rules=(rule,))
    (finding,) = bare.findings
    assert (bare.outcome, bare.reason_code) == ("regulated", "restricted_met")
    assert finding.set_back_m == 20.0
    assert finding.no_build_m2 == pytest.approx(10 * 100, rel=1e-3)
    outline = Project(attributes={"building_outlines": "yes"})
    assert (
        entry_of(plot, (make_record(), SCOPE), rules=(rule,), project=outline).outcome == "conflict"
    )


def test_a_graver_effect_never_gives_a_lighter_outcome() -> None:
    ranks = {"conflict": 0, "regulated": 1}
    told = [
        ranks[entry_of(INSIDE, (make_record(), SCOPE), rules=(make_rule(effect=effect),)).outcome]
        for effect in EFFECTS
    ]
    assert told == sorted(told) == [0, 0, 1, 1, 1]


# the town development boundary
# --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (INSIDE, "urban_inside"),
        (box(900, 0, 1100, 100), "urban_part"),
        (box(5000, 0, 5100, 100), "urban_outside"),
    ],
)
def test_the_town_boundary_is_never_overlapped_nor_clear(shape: Any, code: str) -> None:
    spec = make_spec(id="urban_boundary", extra=True)
    record = make_record(resource_class="urban_boundary", subzone="urban_concentrated")
    (entry,) = ask(
        make_site(shape),
        make_layer((record, SCOPE), spec=spec, origin=Origin(files=("town.gpkg",))),
    ).extra
    assert (entry.outcome, entry.reason_code) == ("undetermined", code)
    assert "压占" not in entry.reason
