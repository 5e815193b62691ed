"""What a popup tells of the rules in force for a resource of a class and kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..catalog import load_catalog
from ..layers.rules import load_rules
from ..wording import EFFECT_ZH

if TYPE_CHECKING:
    from ..layers.rules import Rule

_TOLD = 3
NO_RULE_ZH = "没有条文可作判定依据，须核实"


def rule_words(
    features: Iterable[Mapping[str, Any]], class_ids: Iterable[str]
) -> dict[str, dict[str, str]]:
    """Tell the rules that decide on the day of the data, by class and kind.

    Parameters
    ----------
    features
        Records as the page draws them: class `cls`, and kind `rk` where it is known.
    class_ids
        Every class of the page; records on tiles tell no kind.

    Returns
    -------
    dict
        For each class the text by kind; under the empty kind stand all rules of the class, because
        a kind that is unknown keeps every one. The gravest come first, those whose words were not
        seen are left out.
    """
    rules = load_rules(as_of=load_catalog().data_date)
    kinds = {(class_id, "") for class_id in class_ids} | {
        (f["cls"], f.get("rk", "")) for f in features
    }
    found: dict[str, dict[str, str]] = {}
    for class_id, kind in sorted(kinds):
        own = [rule for rule in rules if _speaks(rule, class_id, kind)]
        found.setdefault(class_id, {})[kind] = _words(own)
    return found


def _speaks(
    rule: Rule,
    class_id: str,
    kind: str,
) -> bool:
    """Whether a rule whose words were seen is one of a class and kind."""
    if not rule.verified or rule.resource_class != class_id:
        return False
    return not kind or not rule.resource_kind or kind in rule.resource_kind


def _words(rules: list[Rule]) -> str:
    graver = list(EFFECT_ZH)
    ordered = sorted(
        rules,
        key=lambda rule: (graver.index(rule.effect), rule.rule_id),
    )
    lines = list(dict.fromkeys(map(_line, ordered)))
    if not lines:
        return NO_RULE_ZH
    more = len(lines) - _TOLD
    return "\n".join(
        [*lines[:_TOLD], *([f"另有 {more} 条，随分区和项目类型而定"] if more > 0 else [])]
    )


def _line(rule: Rule) -> str:
    article = f"第{rule.article}条" if rule.article else "（条号未见）"
    distance = f"，{rule.required_m:g} 米" if rule.required_m else ""
    return f"《{rule.law}》{article}：{EFFECT_ZH[rule.effect]}{distance}"
