"""Relations between two answers, in the library and in the page; no right answer is known to
either.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from case_worlds import run_case
from metamorphic import RELATIONS, Case, Relation, Told, broken
from test_page_check import needs_node, run_page
from test_page_worlds import job_of

LIBRARY, PAGE = range(3000, 3070), range(4000, 4040)
each = pytest.mark.parametrize("relation", RELATIONS, ids=lambda r: r.name)


def _told(entry: dict[str, Any]) -> Told:
    findings = entry["findings"]
    figures = [
        (f["feature_id"], f["rule_id"] or "", f["margin_m"])
        for f in findings
        if f["margin_m"] is not None
    ]
    return Told(
        entry["outcome"],
        entry["known_outcome"],
        entry["effect"],
        frozenset(f["feature_id"] for f in findings if f["relation"] != "missed"),
        tuple(figures),
    )


def by_library(cases: Sequence[Case]) -> list[Told]:
    told = []
    for case in cases:
        (entry,) = run_case(case).screening
        findings = [
            {k: getattr(f, k) for k in ("feature_id", "rule_id", "margin_m", "relation")}
            for f in entry.findings
        ]
        told.append(
            _told(
                {
                    "outcome": entry.outcome,
                    "known_outcome": entry.known_outcome,
                    "effect": entry.effect,
                    "findings": findings,
                }
            )
        )
    return told


def by_page(cases: Sequence[Case]) -> list[Told]:
    answers = run_page([job_of(case) for case in cases])
    return [_told(answer["sites"][0]["screening"][0]) for answer in answers]


@each
def test_a_relation_holds_in_the_library(relation: Relation) -> None:
    tried, faults = broken(relation, by_library, LIBRARY)
    assert tried > 8
    assert not faults


@needs_node
@each
def test_a_relation_holds_in_the_page(relation: Relation) -> None:
    tried, faults = broken(relation, by_page, PAGE)
    assert tried > 8
    assert not faults


def test_a_relation_is_broken_by_an_engine_that_forgets() -> None:
    """An engine that calls every second case clear, and one that tells its margins wrongly, are
    found out.
    """

    def forgets(cases: Sequence[Case]) -> list[Told]:
        told = by_library(cases)
        return [
            t if i % 2 == 0 else Told("clear", "none_found", None, frozenset(), ())
            for i, t in enumerate(told)
        ]

    for relation in RELATIONS:
        if not relation.name.endswith("part of the site"):
            assert broken(relation, forgets, range(3000, 3016))[1], relation.name
