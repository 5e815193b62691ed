"""Name -> the legal rules that bind a resource class."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, get_args

from .analysis.relation import Binding, binding
from .catalog import checked_date, is_day, read_table
from .errors import DataError, listed, unknown
from .model import BINDS, CLASS_IDS, EFFECTS, EXTRA_CLASS_IDS, PROJECT_TYPES, TYPE_STATES, Comparison, Project, Rule
from .wording import BASIN_ZH, CONDITION_ZH, EXCEPTION_ZH, KIND_ZH, SUBZONE_ZH

_CLASSES = (*CLASS_IDS, *EXTRA_CLASS_IDS)
_ALWAYS = "9999-12-31"
_COLUMNS = {
    *("rule_id", "facts", "resource_class", "resource_kind", "possible_kinds", "subzone", "basin"),
    *("project_types", "effect", "required_m", "comparison", "ratio", "measured_from", "condition"),
    *("requirement_zh", "requirement_en", "law", "article", "in_force_from", "in_force_to"),
    *("authority", "verified", "source", "note", "binds", "exception"),
}


def load_rules(resource_class: str | None = None, *, as_of: str | None = None) -> tuple[Rule, ...]:
    """Load the rules, of all classes or of one.

    Parameters
    ----------
    resource_class
        A class id; None takes all.
    as_of
        ISO date on which the rules must be in force; None takes every generation.

    Returns
    -------
    tuple of Rule
        Sorted by `rule_id`; empty when no rule is known for the class.

    Raises
    ------
    UsageError
        If the class or the date is unknown.
    DataError
        If the table is broken; all problems in one message, each with its row.
    """
    if resource_class is not None and resource_class not in _CLASSES:
        raise unknown("class", resource_class, _CLASSES)
    on = checked_date(as_of) if as_of is not None else None
    rows = read_table("sources/rules.csv")
    if found := list(rule_problems(rows)):
        raise DataError(listed("data/sources/rules.csv is broken:", found))
    rules = (_rule(row) for row in rows)
    return tuple(
        rule
        for rule in sorted(rules, key=lambda r: r.rule_id)
        if (resource_class in (None, rule.resource_class)) and (on is None or rule.in_force(on))
    )


def binding_rules(rules: Iterable[Rule], project_type: str | None) -> list[tuple[Rule, Binding]]:
    """Keep the rules that bind a project type, each with how.

    Parameters
    ----------
    project_type
        One of :data:`sxgeo.model.PROJECT_TYPES`; None says nothing, then every rule is kept.

    Returns
    -------
    list of (Rule, Binding)
        In the given order: `yes`, `if` (the type was not said, or presumes it) or `maybe` (an attribute was not said).

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


def why(rule: Rule, bound: Binding, project_type: str | None = None) -> tuple[str, str]:
    """Say in Chinese and in English why a rule applies to a project of a type."""
    named = "、".join(PROJECT_TYPES[t] for t in rule.project_types)
    types = ", ".join(rule.project_types)
    zh, en = ("约束各类项目", "binds every project") if not named else (f"约束{named}", f"binds {types}")
    if bound == "if" and project_type is not None:
        presumed = "、".join(CONDITION_ZH[a] for a in TYPE_STATES.get(project_type, {}))
        zh, en = f"按项目类型推定“{presumed}”则适用，说明为“否”可解除", "presumed of the type, unless said otherwise"
    elif bound == "if" and named:
        zh, en = f"未给出项目类型；若为{named}则适用", f"type not given; applies if {types}"
    if bound == "maybe" and rule.condition is not None:
        zh, en = f"视项目是否“{CONDITION_ZH[rule.condition]}”而定，未说明不作判定", f"depends on {rule.condition}"
    elif bound == "maybe":
        zh, en = f"若同时属于{named}则适用", f"applies if it is {types} too"
    elif rule.condition is not None:
        zh, en = f"{zh}；以“{CONDITION_ZH[rule.condition]}”为条件", f"{en}; on condition {rule.condition}"
    if not rule.verified:
        zh, en = f"{zh}；条文未见原文，不作判定依据", f"{en}; its words were not seen, it decides nothing"
    return zh, en


def _split(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(";") if part)


def _rule(row: Mapping[str, str]) -> Rule:
    return Rule(
        rule_id=row["rule_id"],
        resource_class=row["resource_class"],
        resource_kind=_split(row["resource_kind"]),
        possible_kinds=_split(row["possible_kinds"]),
        subzone=row["subzone"] or None,
        project_types=_split(row["project_types"]),
        effect=row["effect"],  # type: ignore[arg-type]
        required_m=float(row["required_m"]),
        comparison=row["comparison"],  # type: ignore[arg-type]
        ratio=float(row["ratio"]) if row["ratio"] else None,
        condition=row["condition"] or None,
        requirement_zh=row["requirement_zh"],
        requirement_en=row["requirement_en"],
        law=row["law"],
        article=row["article"],
        in_force_from=row["in_force_from"] or None,
        in_force_to=row["in_force_to"] or None,
        authority=row["authority"],
        verified=row["verified"] == "true",
        source=row["source"],
        note=row["note"],
        basin=row["basin"] or None,
        measured_from=row["measured_from"] or None,
        binds=row["binds"] or "land",  # type: ignore[arg-type]
        exception=_split(row["exception"]),
    )


def rule_problems(rows: Sequence[Mapping[str, str]]) -> Iterable[str]:
    """Yield every broken promise of the table of rules, each with its row (counted from 1) and its id."""
    if missing := sorted(_COLUMNS - set(rows[0] if rows else ())):
        yield f"missing column(s): {', '.join(missing)}"
        return
    seen: set[str] = set()
    for number, row in enumerate(rows, start=1):
        name = f"row {number} ({row['rule_id'] or 'no id'})"
        if not row["rule_id"]:
            yield f"{name}: rule_id is empty"
        elif row["rule_id"] in seen:
            yield f"{name}: id stands twice"
        seen.add(row["rule_id"])
        for problem in (*_word_problems(row), *_number_problems(row), *_date_problems(row), *_seen_problems(row)):
            yield f"{name}: {problem}"
    yield from _family_problems(rows)


def _word_problems(row: Mapping[str, str]) -> Iterable[str]:
    allowed = {
        "resource_class": ("class", _CLASSES),
        "effect": ("effect", EFFECTS),
        "comparison": ("comparison", get_args(Comparison)),
        "verified": ("value of verified", ("true", "false")),
        "subzone": ("subzone", ("", *SUBZONE_ZH)),
        "basin": ("basin", ("", *BASIN_ZH)),
        "condition": ("condition", ("", *CONDITION_ZH)),
        "binds": ("value of binds", ("", *BINDS)),
    }
    for column, (kind, known) in allowed.items():
        if row[column] not in known:
            yield f"unknown {kind} '{row[column]}'"
    for column, kind, names in (
        ("project_types", "project type(s)", PROJECT_TYPES),
        ("resource_kind", "kind(s)", KIND_ZH),
        ("possible_kinds", "kind(s)", KIND_ZH),
        ("exception", "exception(s)", EXCEPTION_ZH),
    ):
        if wrong := sorted(set(_split(row[column])) - set(names)):
            yield f"unknown {kind} {', '.join(wrong)}"
    if row["exception"] and row["effect"] != "prohibited_unless":
        yield f"an exception goes with prohibited_unless, not with {row['effect']}"


def _number_problems(row: Mapping[str, str]) -> Iterable[str]:
    for column in ("required_m", "ratio"):
        text = row[column]
        if not (text == "" and column == "ratio") and not _is_amount(text):
            yield f"{column} '{text}' is not a number from 0"
    if (row["comparison"] == "height_ratio") != bool(row["ratio"]):
        yield "a ratio goes with height_ratio, and only with it"


def _is_amount(text: str) -> bool:
    try:
        return 0 <= float(text) < float("inf")
    except ValueError:
        return False


def _date_problems(row: Mapping[str, str]) -> Iterable[str]:
    for column in ("in_force_from", "in_force_to"):
        if row[column] and not is_day(row[column]):
            yield f"{column} '{row[column]}' is not a date like 2026-03-15"
    if row["in_force_to"] and row["in_force_from"] > row["in_force_to"]:
        yield f"in force until {row['in_force_to']}, before it begins"


def _seen_problems(row: Mapping[str, str]) -> Iterable[str]:
    if row["verified"] == "true" and not (row["article"] and row["in_force_from"]):
        yield "verified without an article and the day it is in force from"
    for column in ("source", "law", "requirement_zh", "requirement_en"):
        if not row[column]:
            yield f"no {column}"


def _family_problems(rows: Sequence[Mapping[str, str]]) -> Iterable[str]:
    """Generations of one rule (R010A, R010A-2026) must not be in force on the same day."""
    families: dict[str, list[tuple[str, str, int, str]]] = defaultdict(list)
    for number, row in enumerate(rows, start=1):
        span = (row["in_force_from"], row["in_force_to"] or _ALWAYS, number, row["rule_id"])
        families[row["rule_id"].partition("-")[0]].append(span)
    for spans in families.values():
        ordered = sorted(spans)
        for before, after in pairwise(ordered):
            if after[0] <= before[1]:
                yield (
                    f"row {after[2]} ({after[3]}): in force from {after[0] or 'always'}, "
                    f"while {before[3]} (row {before[2]}) is in force until {before[1]}"
                )


def rule_records(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """Return what `sxgeo rules --format json` prints: a list with the keys of design.md."""
    return [
        {
            "rule_id": r.rule_id,
            "resource_class": r.resource_class,
            "resource_kind": list(r.resource_kind),
            "subzone": r.subzone,
            "project_types": list(r.project_types),
            "effect": r.effect,
            "required_m": r.required_m,
            "comparison": r.comparison,
            "condition": r.condition,
            "law": r.law,
            "article": r.article,
            "in_force_from": r.in_force_from,
            "in_force_to": r.in_force_to,
            "verified": r.verified,
            "source": r.source,
            "ratio": r.ratio,
            "possible_kinds": list(r.possible_kinds),
            "requirement_zh": r.requirement_zh,
            "requirement_en": r.requirement_en,
            "authority": r.authority,
            "basin": r.basin,
            "measured_from": r.measured_from,
            "binds": r.binds,
            "exception": list(r.exception),
            "note": r.note,
        }
        for r in rules
    ]
