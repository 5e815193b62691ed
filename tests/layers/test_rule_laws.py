"""The table of rules, promise by promise: each is broken by itself, and told once with its row."""

from __future__ import annotations

from dataclasses import fields
from itertools import product

import pytest

from sxgeo.catalog import read_table
from sxgeo.errors import UsageError
from sxgeo.layers import rules as rules_module
from sxgeo.layers.rules import Rule, load_rules, rule_problems, rule_records

WHOLE = dict.fromkeys(read_table("sources/rules.csv")[0], "") | {
    "rule_id": "R1",
    "resource_class": "heritage_sites",
    "effect": "prohibited",
    "required_m": "0",
    "comparison": "within_le",
    "law": "law",
    "article": "1",
    "in_force_from": "2020-01-01",
    "verified": "true",
    "source": "source",
    "requirement_zh": "zh",
    "requirement_en": "en",
}


def problems(**values: str) -> list[str]:
    return list(rule_problems([{**WHOLE, **values}]))


def broken(count: int, **values: str) -> None:
    found = problems(**values)
    assert len(found) == count, (values, found)
    assert all(text.startswith("row 1 (") for text in found)


def test_a_whole_rule_has_no_problem_and_each_empty_column_that_must_be_filled_has_one() -> None:
    broken(0)
    for column in WHOLE:
        needed = {
            *("rule_id", "resource_class", "effect", "required_m", "comparison", "verified"),
            *("law", "source", "requirement_zh", "requirement_en", "article", "in_force_from"),
        }
        broken(int(column in needed), **{column: ""})


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", True),
        ("0.5", True),
        ("1e300", True),
        ("-0.1", False),
        ("inf", False),
        ("nan", False),
        ("", False),
        ("x", False),
    ],
)
def test_metres_and_ratios_are_finite_numbers_from_nought(text: str, amount: bool) -> None:
    broken(int(not amount), required_m=text)
    if text:
        broken(int(not amount), comparison="height_ratio", ratio=text)


def test_a_ratio_goes_with_its_comparison_and_an_exception_with_its_effect() -> None:
    for comparison, ratio in product(("within_le", "at_least", "height_ratio"), ("", "2")):
        fits = (comparison == "height_ratio") == bool(ratio)
        broken(int(not fits), comparison=comparison, ratio=ratio)
    for effect, exception in product(
        ("prohibited", "prohibited_unless", "permit", "study", "notify"), ("", "railway_crossing")
    ):
        known = exception == "" or exception in rules_module.EXCEPTION_ZH
        fits = exception == "" or effect == "prohibited_unless"
        broken(int(not known) + int(not fits), effect=effect, exception=exception)
    some = next(iter(rules_module.EXCEPTION_ZH))
    broken(0, effect="prohibited_unless", exception=some)
    broken(1, effect="permit", exception=some)


def test_what_is_verified_has_its_article_and_its_day() -> None:
    for verified, article, day in product(("true", "false"), ("", "1"), ("", "2020-01-01")):
        wrong = verified == "true" and (not article or not day)
        broken(int(wrong), verified=verified, article=article, in_force_from=day)


def test_a_rule_ends_no_sooner_than_it_begins() -> None:
    broken(0, in_force_to="2020-01-01")
    broken(1, in_force_to="2019-12-31")
    broken(0, in_force_to="2020-01-02")
    broken(0, in_force_to="2020-01-02", in_force_from="", verified="false")
    broken(1, in_force_to="2020-02-30")
    broken(1, in_force_from="2020-1-1")


def test_an_id_stands_once_and_is_there() -> None:
    row = {**WHOLE}
    found = list(rule_problems([row, {**row, "in_force_from": "2021-01-01"}]))
    assert "row 2 (R1): id stands twice" in found
    assert next(iter(rule_problems([{**row, "rule_id": ""}]))) == "row 1 (no id): rule_id is empty"
    assert list(rule_problems([])) == list(rule_problems([{}]))
    (missing,) = rule_problems([{"rule_id": "R1"}])
    assert missing == f"missing column(s): {', '.join(sorted(set(WHOLE) - {'rule_id'}))}"


DAYS = ("2020-01-01", "2020-06-30", "2020-07-01", "2021-01-01")


def test_generations_are_told_exactly_where_some_day_has_two() -> None:
    ends = (*DAYS, "")
    for (a, b), (c, d) in product(product(DAYS, ends), repeat=2):
        if (b and b < a) or (d and d < c):
            continue
        days = {*DAYS, "2020-03-01", "2030-01-01"}
        shared = [x for x in days if a <= x <= (b or "9999") and c <= x <= (d or "9999")]
        for other, counts in (("R1-2026", True), ("R2", False)):
            rows = [
                {**WHOLE, "in_force_from": a, "in_force_to": b},
                {**WHOLE, "rule_id": other, "in_force_from": c, "in_force_to": d},
            ]
            found = list(rule_problems(rows))
            assert len(found) == int(bool(shared) and counts), (a, b, c, d, found)
            if found:
                assert "R1 (row 1)" in found[0] or "R1-2026 (row 2)" in found[0]
                assert found[0].startswith("row ")


def test_a_rule_is_in_force_from_its_first_day_to_its_last(table_of_rules) -> None:
    rows = [
        {**WHOLE, "in_force_to": "2020-12-31"},
        {**WHOLE, "rule_id": "R1-2", "in_force_from": "2021-01-01"},
        {
            **WHOLE,
            "rule_id": "Q",
            "resource_class": "protected_areas",
            "in_force_from": "",
            "verified": "false",
        },
    ]
    table_of_rules(rows)

    def named(*words: str, **when: str) -> list[str]:
        return [rule.rule_id for rule in load_rules(*words, **when)]

    assert named() == ["Q", "R1", "R1-2"]
    assert named("heritage_sites") == ["R1", "R1-2"]
    for day, first, second in (
        ("2019-12-31", False, False),
        ("2020-01-01", True, False),
        ("2020-12-31", True, False),
        ("2021-01-01", False, True),
        ("2099-01-01", False, True),
    ):
        kept = [name for name, holds in (("R1", first), ("R1-2", second)) if holds]
        assert named("heritage_sites", as_of=day) == kept
        assert named(as_of=day) == ["Q", *kept]
        assert named("protected_areas", as_of=day) == ["Q"]
    for words, when in ((("springs",), {}), (("springs",), {"as_of": "2020-01-01"})):
        with pytest.raises(UsageError, match="unknown class 'springs'"):
            named(*words, **when)
    with pytest.raises(UsageError, match="date '2020-02-30'"):
        named(as_of="2020-02-30")


def test_every_column_is_in_its_field_and_an_empty_one_says_nothing(table_of_rules) -> None:
    some = next(iter(rules_module.EXCEPTION_ZH))
    told = {
        **WHOLE,
        "resource_kind": "national_station;scenic_area",
        "possible_kinds": "nature_reserve",
        "subzone": "protection_scope",
        "basin": "yellow_river",
        "project_types": "industrial;energy",
        "effect": "prohibited_unless",
        "required_m": "12.5",
        "comparison": "height_ratio",
        "ratio": "3",
        "measured_from": "edge",
        "condition": "railway",
        "in_force_to": "2030-01-01",
        "authority": "authority",
        "note": "note",
        "binds": "building",
        "exception": some,
        "verified": "true",
    }
    bare = {**WHOLE, "rule_id": "R2", "verified": "false", "in_force_from": ""}
    table_of_rules([told, bare])
    full, empty = load_rules()
    tuples = {"resource_kind", "possible_kinds", "project_types", "exception"}
    for field in fields(Rule):
        value, nothing = getattr(full, field.name), getattr(empty, field.name)
        if field.name == "verified":
            assert (value, nothing) == (True, False)
        elif field.name in tuples:
            assert (";".join(value), nothing) == (told[field.name], ())
        elif field.name in ("required_m", "ratio"):
            assert value == float(told[field.name])
            assert nothing == (float(WHOLE[field.name]) if WHOLE[field.name] else None)
        else:
            assert value == told[field.name]
            assert (nothing or "") == (
                bare[field.name] or ("land" if field.name == "binds" else "")
            )
    assert empty.subzone is empty.basin is empty.condition is empty.in_force_to is None
    assert empty.in_force_from is empty.measured_from is None
    for record, rule in zip(rule_records((full, empty)), (full, empty), strict=True):
        assert len(record) >= 15
        for key, value in record.items():
            kept = getattr(rule, key)
            assert value == (list(kept) if isinstance(kept, tuple) else kept), key
