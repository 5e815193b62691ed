"""Which rules bind: by project, by record, by place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from ...errors import unknown
from ...model.outcomes import BANS, BEHAVIOURS, TYPE_STATES
from ...model.project import Project
from ...wording import BROAD_KINDS, CONDITION_ZH, PROJECT_TYPES

if TYPE_CHECKING:
    from ...layers.classes import ClassSpec
    from ...layers.rules import Rule
    from ...model.outcomes import Outcome

Binding = Literal["yes", "if", "maybe", "no"]
"""Whether a rule binds the project: `if` = it decides on what was not said (no type given, or what
its type presumes),
`maybe` = an attribute was not said, `no` = something that was said frees the project."""
Fit = Literal["yes", "possible", "no"]
"""Whether a rule binds a record: `possible` = its kind or subzone is unknown."""
_SYSTEMS = (
    frozenset({"core_zone_old", "buffer_zone_old", "experimental_zone_old"}),
    frozenset({"core_protection_zone", "general_control_zone"}),
    frozenset({"core_scenic_area"}),
)
"""Subzones that belong together.

The first were replaced by the second on 2026-03-15; none is ever translated.
"""
_OUTSIDE_BASIN = {"yellow_river": frozenset({"140921", "140922", "140923", "140924"})}
"""Counties that are known not to drain to a basin: 定襄 五台 代县 繁峙 drain to the Hutuo; of the rest
nothing is said.
"""
_TYPE_ATTRIBUTES = BEHAVIOURS


def binding(rule: Rule, project: Project) -> Binding:
    """Say whether a rule binds a project.

    What is unsaid never frees: only something said makes it `no`, and an attribute that nobody gave
    makes it `maybe`, which never decides, unless the type presumes it. A type that was not given
    leaves every rule bound, as "if".
    """
    # type and condition must both hold: the weaker of the two has the say
    states = {_type_state(rule, project), _condition_state(rule, project)}
    return next(s for s in ("no", "maybe", "if", "yes") if s in states)


def freed_by(rule: Rule, project: Project) -> tuple[str, ...]:
    """Name what was said that keeps a rule from binding a project, as ``attribute=value``; empty
    where it may bind.
    """
    said = []
    if _type_state(rule, project) == "no":
        # a use of land is ruled out by another type, a behaviour only by its own no
        uses = [t for t in rule.project_types if t not in BEHAVIOURS]
        said += [f"project_type={project.type}"] if uses else []
        said += [f"{BEHAVIOURS[t]}=no" for t in rule.project_types if t in BEHAVIOURS]
    if rule.condition is not None and _condition_state(rule, project) == "no":
        said.append(f"{rule.condition}=no")
    return tuple(sorted(set(said)))


def answer_to(attribute: str, project: Project) -> str | None:
    """Return what was said of an attribute, ``yes`` or ``no``; None where nobody said."""
    given = (
        getattr(project, attribute)
        if attribute in BEHAVIOURS.values()
        else project.attributes.get(attribute)
    )
    return {True: "yes", False: "no"}.get(given) if isinstance(given, bool) else given


def _attribute_state(attribute: str, project: Project) -> Binding:
    """Whether an attribute holds: as said, else by the behaviour that the type names, else as the
    type presumes.
    """
    # a type that is a behaviour says by its name what the attribute would say
    if project.type in BEHAVIOURS and BEHAVIOURS[project.type] == attribute:
        return "yes"
    said = answer_to(attribute, project)
    if said in ("yes", "no"):
        return "yes" if said == "yes" else "no"

    # what a type presumes only binds, and a written no lifts it
    presumed = TYPE_STATES.get(project.type or "", {}).get(attribute)
    return "if" if presumed == "yes" else "maybe"


def _type_state(rule: Rule, project: Project) -> Binding:
    """A said use of land unbinds rules of other uses; a behaviour is only unbound by what is said
    of it.
    """
    if not rule.project_types or project.type in rule.project_types:
        return "yes"
    states = {
        _attribute_state(BEHAVIOURS[t], project) for t in rule.project_types if t in BEHAVIOURS
    }
    if any(t not in BEHAVIOURS for t in rule.project_types):
        states.add(
            "if" if project.type is None else "maybe" if project.type in BEHAVIOURS else "no"
        )

    # without a type the rule stays in the answer, with an if
    if project.type is None and "maybe" in states:
        states.add("if")
    return next(s for s in ("yes", "if", "maybe", "no") if s in states)


def _condition_state(rule: Rule, project: Project) -> Binding:
    if rule.condition is None:
        return "yes"
    state = _attribute_state(rule.condition, project)

    # a behaviour may still come with the type, which nobody gave
    if state == "maybe" and project.type is None and rule.condition in BEHAVIOURS.values():
        return "if"
    return state


def outcome_if_met(rule: Rule, project: Project) -> Outcome:
    """Return what a rule means where it is met.

    A ban means a conflict, unless its lawful exception was said with its document, or it bans only
    building and no outlines of buildings were given: then the plot is regulated.
    """
    # a ban that is lifted, or that leaves the ground itself free, is no conflict
    if rule.effect not in BANS or excepted(rule, project) or only_building(rule, project):
        return "regulated"
    return "conflict"


def excepted(rule: Rule, project: Project) -> bool:
    """Say whether the lawful exception of a rule was said, with the document that grants it."""
    if rule.effect != "prohibited_unless":
        return False
    return any(answer_to(a, project) == "yes" and project.documents.get(a) for a in rule.exception)


def only_building(rule: Rule, project: Project) -> bool:
    """Say whether a rule binds buildings and the site is a bare plot: part of it may not be built
    on, which is no conflict.
    """
    return rule.binds == "building" and answer_to("building_outlines", project) != "yes"


def applies(
    rule: Rule,
    record: Mapping[str, Any],
    spec: ClassSpec,
) -> Fit:
    """Say whether a rule binds a record by its kind, subzone and river basin."""
    # all three must fit: one that does not rules the record out, one that may leaves it open
    fits = {
        kind_fit(rule, record),
        _subzone_fit(rule, record, spec),
        basin_fit(rule, record),
    }
    return next(f for f in ("no", "possible", "yes") if f in fits)


def kind_fit(rule: Rule, record: Mapping[str, Any]) -> Fit:
    """Say whether a rule binds records of this kind."""
    kind = record["resource_kind"]
    if not rule.resource_kind or kind in rule.resource_kind:
        return "yes"

    # a broad kind may be any of those that it holds
    may_be = BROAD_KINDS.get(kind or "", ())
    unsure = (
        kind is None or kind in rule.possible_kinds or any(k in rule.resource_kind for k in may_be)
    )
    return "possible" if unsure else "no"


def _subzone_fit(
    rule: Rule,
    record: Mapping[str, Any],
    spec: ClassSpec,
) -> Fit:
    subzone = record["subzone"]
    if rule.subzone is None or subzone == rule.subzone:
        return "yes"
    if subzone is not None:
        return "possible" if superseded(rule, record) else "no"

    # a point that is the object itself lies in the innermost zone, wherever its edge runs
    itself = record["geometry_kind"] == "point" and record["point_role"] == "object"
    return "yes" if itself and rule.subzone == spec.innermost_subzone else "possible"


def superseded(rule: Rule, record: Mapping[str, Any]) -> bool:
    """Whether the record's subzone is of another system than the rule's: nobody has said yet which
    of its own it is.
    """
    mine, theirs = _system(record["subzone"]), _system(rule.subzone)
    return mine is not None and theirs is not None and mine != theirs


def _system(subzone: str | None) -> int | None:
    return next((number for number, zones in enumerate(_SYSTEMS) if subzone in zones), None)


def basin_fit(rule: Rule, record: Mapping[str, Any]) -> Fit:
    """Say whether a rule binds records in this river basin."""
    if rule.basin is None:
        return "yes"

    # only a record whose counties all drain elsewhere is out: one that names none may lie inside
    codes = {c for c in str(record["county_code"] or "").split(";") if c}
    return "no" if codes and codes <= _OUTSIDE_BASIN.get(rule.basin, frozenset()) else "possible"


def binding_rules(rules: Iterable[Rule], project_type: str | None) -> list[tuple[Rule, Binding]]:
    """Keep the rules that bind a project type, each with how.

    Parameters
    ----------
    project_type
        One of :data:`sxgeo.wording.PROJECT_TYPES`; None says nothing, then every rule is kept.

    Returns
    -------
    list of (Rule, Binding)
        In the given order: `yes`, `if` (the type was not said, or presumes it) or `maybe` (an
        attribute was not said).

    Raises
    ------
    UsageError
        If the type is unknown.
    """
    if project_type is not None and project_type not in PROJECT_TYPES:
        raise unknown("project type", project_type, PROJECT_TYPES)
    project = Project(type=project_type)
    judged = [(rule, binding(rule, project)) for rule in rules]
    return [(rule, bound) for rule, bound in judged if bound != "no"]


def why(
    rule: Rule,
    bound: Binding,
    project_type: str | None = None,
) -> tuple[str, str]:
    """Say in Chinese and in English why a rule applies to a project of a type."""
    zh, en = _type_words(rule, bound, project_type)
    condition = None if rule.condition is None else CONDITION_ZH[rule.condition]

    # what is open goes before what is certain: a reader must see on what the rule hangs
    if bound == "maybe" and condition is not None:
        zh, en = f"视项目是否“{condition}”而定，未说明不作判定", f"depends on {rule.condition}"
    elif bound == "maybe":
        zh, en = f"若同时属于{_named(rule)}则适用", f"applies if it is {_ids(rule)} too"
    elif condition is not None:
        zh, en = f"{zh}；以“{condition}”为条件", f"{en}; on condition {rule.condition}"
    if not rule.verified:
        zh = f"{zh}；条文未见原文，不作判定依据"
        en = f"{en}; its words were not seen, it decides nothing"
    return zh, en


def _named(rule: Rule) -> str:
    return "、".join(PROJECT_TYPES[t] for t in rule.project_types)


def _ids(rule: Rule) -> str:
    return ", ".join(rule.project_types)


def _type_words(
    rule: Rule,
    bound: Binding,
    project_type: str | None,
) -> tuple[str, str]:
    """Say what the type of the project has to do with it."""
    named = _named(rule)
    if bound == "if" and project_type is not None:
        presumed = "、".join(CONDITION_ZH[a] for a in TYPE_STATES.get(project_type, {}))
        zh = f"按项目类型推定“{presumed}”则适用，说明为“否”可解除"
        return zh, "presumed of the type, unless said otherwise"
    if bound == "if" and named:
        return f"未给出项目类型；若为{named}则适用", f"type not given; applies if {_ids(rule)}"
    return (
        (f"约束{named}", f"binds {_ids(rule)}")
        if named
        else ("约束各类项目", "binds every project")
    )
