"""Name -> the legal rules that bind a resource class."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from .catalog import checked_date, read_table
from .errors import DataError, listed, unknown
from .model import CLASS_IDS, EFFECTS, EXTRA_CLASS_IDS, PROJECT_TYPES, Comparison, Rule


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
        If the table is broken; all problems in one message.
    """
    if resource_class is not None and resource_class not in (*CLASS_IDS, *EXTRA_CLASS_IDS):
        raise unknown("class", resource_class, (*CLASS_IDS, *EXTRA_CLASS_IDS))
    on = checked_date(as_of) if as_of is not None else None
    rows = read_table("sources/rules.csv")
    if found := list(_problems(rows)):
        raise DataError(listed("data/sources/rules.csv is broken:", found))
    rules = (_rule(row) for row in rows)
    return tuple(
        rule
        for rule in sorted(rules, key=lambda r: r.rule_id)
        if (resource_class in (None, rule.resource_class)) and (on is None or rule.in_force(on))
    )


def _split(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(";") if part)


def _rule(row: dict[str, str]) -> Rule:
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
    )


def _problems(rows: list[dict[str, str]]) -> Iterable[str]:
    seen: set[str] = set()
    for row in rows:
        name = row.get("rule_id") or "(no id)"
        if name in seen:
            yield f"{name}: id stands twice"
        seen.add(name)
        if row["resource_class"] not in (*CLASS_IDS, *EXTRA_CLASS_IDS):
            yield f"{name}: unknown class '{row['resource_class']}'"
        if row["effect"] not in EFFECTS:
            yield f"{name}: unknown effect '{row['effect']}'"
        if row["comparison"] not in get_args(Comparison):
            yield f"{name}: unknown comparison '{row['comparison']}'"
        if row["comparison"] == "height_ratio" and not row["ratio"]:
            yield f"{name}: height_ratio without a ratio"
        if wrong := set(_split(row["project_types"])) - set(PROJECT_TYPES):
            yield f"{name}: unknown project type(s) {', '.join(sorted(wrong))}"
        if row["in_force_to"] and row["in_force_from"] > row["in_force_to"]:
            yield f"{name}: in force until {row['in_force_to']}, before it begins"
        if row["verified"] == "true" and not row["article"]:
            yield f"{name}: verified without an article"
        if not row["source"]:
            yield f"{name}: no source"


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
        }
        for r in rules
    ]
