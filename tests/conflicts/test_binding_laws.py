"""Whether a rule binds, held against possible worlds: every way in which what is unsaid may be.

In a world everything of a project is known: how its land is used, and whether each thing is done. A
rule binds a project for certain when it binds in every world that agrees with what was said, and is
unbound when it binds in none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, product
from typing import Any, NamedTuple

import pytest
from conftest import make_record, make_rule, make_spec

from sxgeo.analysis.conflicts.binding import (
    Binding,
    answer_to,
    applies,
    basin_fit,
    binding,
    binding_rules,
    excepted,
    freed_by,
    kind_fit,
    only_building,
    outcome_if_met,
    superseded,
    why,
)
from sxgeo.errors import UsageError
from sxgeo.layers.rules import Rule
from sxgeo.model.outcomes import BEHAVIOURS, EFFECTS, TYPE_STATES
from sxgeo.model.project import Project
from sxgeo.wording import BASIN_ZH, BROAD_KINDS, CONDITION_ZH, PROJECT_TYPES

USES = ("industrial", "energy", "other")
ATTRIBUTES = ("discharge", "groundwater_use", "railway")
YES_NO = (None, "yes", "no")


class World(NamedTuple):
    """All that is true of a project."""

    use: str
    true: frozenset[str]


WORLDS = [
    World(use, frozenset(a for a, holds in zip(ATTRIBUTES, truth, strict=True) if holds))
    for use in USES
    for truth in product((True, False), repeat=len(ATTRIBUTES))
]


def projects() -> Iterator[Project]:
    """Every project of three uses, two behaviours and three attributes that does not contradict
    itself.
    """
    for kind, *said in product((None, *USES, *BEHAVIOURS), YES_NO, YES_NO, YES_NO):
        given = dict(zip(ATTRIBUTES, said, strict=True))
        if given.get(BEHAVIOURS.get(kind or "", "")) == "no":
            continue
        boolean = {None: None, "yes": True, "no": False}
        yield Project(
            type=kind,
            discharge=boolean[given["discharge"]],
            groundwater_use=boolean[given["groundwater_use"]],
            attributes={} if given["railway"] is None else {"railway": str(given["railway"])},
        )


def rules() -> Iterator[Rule]:
    """Every rule that hangs on some of these types, and on one of these attributes or on none."""
    types = ("industrial", "energy", *BEHAVIOURS)
    for count in range(len(types) + 1):
        for chosen in combinations(types, count):
            for condition in (None, *ATTRIBUTES):
                yield make_rule(project_types=chosen, condition=condition)


def agrees(world: World, project: Project) -> bool:
    if project.type in USES and world.use != project.type:
        return False
    if project.type in BEHAVIOURS and BEHAVIOURS[project.type] not in world.true:
        return False
    said = {a: answer_to(a, project) for a in ATTRIBUTES}
    return all(word is None or (word == "yes") == (a in world.true) for a, word in said.items())


def binds(rule: Rule, world: World) -> bool:
    done = {t for t, attribute in BEHAVIOURS.items() if attribute in world.true}
    of_type = not rule.project_types or bool({world.use, *done} & set(rule.project_types))
    return of_type and (rule.condition is None or rule.condition in world.true)


EVERY = [(rule, project) for rule in rules() for project in projects()]


def test_a_rule_binds_in_every_world_or_in_none_or_it_is_open() -> None:
    for rule, project in EVERY:
        truths = {binds(rule, world) for world in WORLDS if agrees(world, project)}
        told = binding(rule, project)
        assert (told == "no") == (truths == {False}), (rule.project_types, rule.condition, project)
        # a rule that hangs twice on the same thing may be open where it is certain, never the
        # other way
        assert told != "yes" or truths == {True}, (rule.project_types, rule.condition, project)
        if rule.condition is None or not rule.project_types:
            assert (told == "yes") == (truths == {True}), (rule.project_types, project)


def presumed(project: Project) -> Project:
    """Return the project with what its type presumes said."""
    states = TYPE_STATES.get(project.type or "", {})
    said: dict[str, Any] = {
        a: True for a, word in states.items() if word == "yes" and answer_to(a, project) is None
    }
    return replace(project, **said)


def test_if_is_what_the_type_presumes_or_what_only_the_type_leaves_open() -> None:
    """A rule that is open is `if` exactly where it would bind with what the type presumes said; or,
    no type being given, where it hangs on the type and on no attribute that stands for itself.
    """
    seen = set()
    for rule, project in EVERY:
        told = binding(rule, project)
        if told not in ("if", "maybe"):
            continue
        seen.add((told, project.type is None))
        if project.type is not None:
            assert (told == "if") == (binding(rule, presumed(project)) == "yes")
        else:
            itself = rule.condition == "railway" and answer_to("railway", project) is None
            assert (told == "maybe") == itself
    assert len(seen) == 4


def without(project: Project, reasons: tuple[str, ...], *, keep: bool) -> Project:
    """Return the project of which only these things (`keep`), or all but these, are said."""
    named = {reason.partition("=")[0] for reason in reasons}

    def stays(name: str) -> bool:
        return (name in named) == keep

    return Project(
        # a behaviour that was given frees from nothing and is no reason
        type=project.type if stays("project_type") else None,
        discharge=project.discharge if stays("discharge") else None,
        groundwater_use=project.groundwater_use if stays("groundwater_use") else None,
        attributes={a: v for a, v in project.attributes.items() if stays(a)},
    )


def test_what_frees_a_project_frees_it_alone_and_without_it_nothing_does() -> None:
    freed = 0
    for rule, project in EVERY:
        reasons = freed_by(rule, project)
        assert bool(reasons) == (binding(rule, project) == "no")
        assert list(reasons) == sorted(set(reasons))
        if reasons:
            freed += 1
            assert binding(rule, without(project, reasons, keep=True)) == "no"
            assert binding(rule, without(project, reasons, keep=False)) != "no"
            for reason in reasons:
                name, _, value = reason.partition("=")
                said = project.type if name == "project_type" else answer_to(name, project)
                assert said == value
    assert freed > 1000


def test_the_rules_that_bind_a_type_are_those_that_it_does_not_free() -> None:
    some = [rule for rule, _ in EVERY[:: len(list(projects()))]]
    for kind in (None, *PROJECT_TYPES):
        kept = binding_rules(some, kind)
        told = [(rule, binding(rule, Project(type=kind))) for rule in some]
        assert kept == [(rule, bound) for rule, bound in told if bound != "no"]
    assert len(binding_rules(some, None)) == len(some) > len(binding_rules(some, "other"))
    with pytest.raises(UsageError, match="unknown project type 'mine'"):
        binding_rules(some, "mine")


def test_what_was_said_is_yes_or_no_or_its_own_word() -> None:
    assert answer_to("discharge", Project()) is None
    assert answer_to("discharge", Project(discharge=True)) == "yes"
    assert answer_to("groundwater_use", Project(groundwater_use=False)) == "no"
    assert answer_to("approval_kind", Project(attributes={"approval_kind": "batch"})) == "batch"


# what a rule that is met means
# ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("binds_what", ["land", "building"])
@pytest.mark.parametrize("said", YES_NO)
@pytest.mark.parametrize("document", [None, "a document"])
@pytest.mark.parametrize("outlines", YES_NO)
def test_a_ban_is_a_conflict_but_for_its_exception_with_a_document_and_a_bare_plot(
    effect: Any, binds_what: Any, said: str | None, document: str | None, outlines: str | None
) -> None:
    rule = make_rule(effect=effect, binds=binds_what, exception=("railway", "public_place"))
    given = {"public_place": said, "building_outlines": outlines}
    project = Project(
        attributes={a: word for a, word in given.items() if word},
        documents={"public_place": document} if document else {},
    )
    freed = effect == "prohibited_unless" and said == "yes" and document is not None
    bare = binds_what == "building" and outlines != "yes"
    assert excepted(rule, project) == freed
    assert only_building(rule, project) == bare
    banned = effect in ("prohibited", "prohibited_unless") and not freed and not bare
    assert outcome_if_met(rule, project) == ("conflict" if banned else "regulated")


# which records a rule binds
# ------------------------------------------------------------------------------------------

OLD = ("core_zone_old", "buffer_zone_old", "experimental_zone_old")
NEW = ("core_protection_zone", "general_control_zone")
SCENIC = ("core_scenic_area",)
SUBZONES = (*OLD, *NEW, *SCENIC, "protection_scope", None)


def test_a_subzone_is_bound_as_itself_and_those_of_another_system_may_be() -> None:
    systems = {zone: name for name, zones in enumerate((OLD, NEW, SCENIC)) for zone in zones}
    spec = make_spec(innermost_subzone="core_protection_zone")
    for wanted, mine in product(SUBZONES, SUBZONES):
        rule = make_rule(subzone=wanted)
        for kind, role in product(("point", "surveyed"), ("object", "proxy", None)):
            record = make_record(subzone=mine, geometry_kind=kind, point_role=role)
            if wanted is None or wanted == mine:
                fit = "yes"
            elif mine is None:
                itself = (kind, role) == ("point", "object") and wanted == "core_protection_zone"
                fit = "yes" if itself else "possible"
            else:
                other = wanted in systems and mine in systems and systems[wanted] != systems[mine]
                assert superseded(rule, record) == other
                fit = "possible" if other else "no"
            assert applies(rule, record, spec) == fit, (wanted, mine, kind, role)


def test_a_basin_frees_only_where_every_county_is_known_to_drain_elsewhere() -> None:
    hutuo = ("140921", "140922", "140923", "140924")
    others = ("140105", "149999")
    (basin,) = (b for b in BASIN_ZH if b == "yellow_river")
    for count in range(4):
        for codes in combinations((*hutuo, *others), count):
            record = make_record(county_code=";".join(codes) if codes else None)
            fit = "no" if codes and not set(codes) & set(others) else "possible"
            assert basin_fit(make_rule(basin=basin), record) == fit
            assert basin_fit(make_rule(basin="another"), record) == "possible"
            assert basin_fit(make_rule(basin=None), record) == "yes"


def test_a_kind_is_bound_as_itself_and_one_that_says_less_may_be() -> None:
    (broad, parks), *_ = BROAD_KINDS.items()
    for wanted in ((), ("well",), (parks[0],), (parks[0], "well")):
        for possible in ((), ("spring",)):
            rule = make_rule(resource_kind=wanted, possible_kinds=possible)
            for kind in (None, "well", "spring", "station", broad, *parks[:2]):
                if not wanted or kind in wanted:
                    fit = "yes"
                elif kind is None or kind in possible or (kind == broad and parks[0] in wanted):
                    fit = "possible"
                else:
                    fit = "no"
                assert kind_fit(rule, make_record(resource_kind=kind)) == fit, (wanted, kind)


def test_a_rule_fits_a_record_no_better_than_in_each_respect() -> None:
    spec = make_spec()
    respects = {
        "resource_kind": {"yes": "well", "possible": None, "no": "station"},
        "subzone": {"yes": NEW[0], "possible": OLD[0], "no": NEW[1]},
        "county_code": {"possible": "140105", "no": "140921"},
    }
    rule = make_rule(resource_kind=("well",), subzone=NEW[0], basin="yellow_river")
    for fits in product(*respects.values()):
        record = make_record(**{c: respects[c][fit] for c, fit in zip(respects, fits, strict=True)})
        worst: Binding | str = "no" if "no" in fits else "possible"
        assert applies(rule, record, spec) == worst
        assert applies(replace(rule, basin=None), record, spec) == (
            "no" if "no" in fits[:2] else "possible" if "possible" in fits[:2] else "yes"
        )


# in words
# ------------------------------------------------------------------------------------------


def test_the_words_say_what_binds_and_on_what_it_hangs() -> None:
    for rule, project in EVERY:
        bound = binding(rule, project)
        if bound == "no":
            continue
        zh, en = why(rule, bound, project.type)
        types = "、".join(PROJECT_TYPES[t] for t in rule.project_types)
        if bound == "maybe" and rule.condition is not None:
            said = f"视项目是否“{CONDITION_ZH[rule.condition]}”而定，未说明不作判定"
        elif bound == "maybe":
            said = f"若同时属于{types}则适用"
        else:
            if bound == "if" and project.type is not None:
                said = f"按项目类型推定“{'、'.join(CONDITION_ZH[a] for a in TYPE_STATES.get(project.type, {}))}”则适用，说明为“否”可解除"
            elif bound == "if" and types:
                said = f"未给出项目类型；若为{types}则适用"
            else:
                said = f"约束{types}" if types else "约束各类项目"
            if rule.condition is not None:
                said += f"；以“{CONDITION_ZH[rule.condition]}”为条件"
        assert zh == said
        assert all(t in en for t in rule.project_types) or bound == "maybe" or "presumed" in en
        unseen_zh, unseen_en = why(replace(rule, verified=False), bound, project.type)
        assert unseen_zh == f"{zh}；条文未见原文，不作判定依据"
        assert unseen_en == f"{en}; its words were not seen, it decides nothing"
