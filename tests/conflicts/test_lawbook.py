"""The law as a book: each rule does what its hand-made cases say, its words have a source, and its
days are told.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from sxgeo.analysis.conflicts.lawbook import (
    DOES_ZH,
    does,
    excerpts,
    lawbook_html,
    load_cases,
    meaning,
    rules_diff,
)
from sxgeo.catalog import read_table
from sxgeo.cli import main
from sxgeo.errors import UsageError
from sxgeo.layers.rules import load_rules
from sxgeo.model.outcomes import BANS
from sxgeo.wording import CONDITION_ZH, EXCEPTION_ZH, PROJECT_TYPES, SHAPE_ZH

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import build_lawbook  # noqa: E402

RULES = {rule.rule_id: rule for rule in load_rules()}
CASES = load_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.rule_id}-{c.project_type}-{c.expected}")
def test_a_rule_does_what_its_case_says(case):
    assert set(case.said) <= {*CONDITION_ZH, *EXCEPTION_ZH, *SHAPE_ZH}
    assert meaning(RULES[case.rule_id], case.project()) == case.expected, case.why_zh


def test_every_new_effect_binding_and_exception_has_a_case():
    ruled = {case.rule_id for case in CASES}
    excepted = {rule.exception for rule in RULES.values() if rule.rule_id in ruled}
    assert {rule.exception for rule in RULES.values()} == excepted | {()}
    assert {rule.effect for rule in RULES.values()} == {RULES[i].effect for i in ruled}
    assert "building" in {RULES[i].binds for i in ruled}


def test_the_truth_table_is_that_of_the_project_types():
    assert [does(RULES["R017"], kind) for kind in (None, "residential")] == ["unless", "unless"]
    assert does(RULES["R065B"], "industrial") == "building"
    assert does(RULES["R090A"], "industrial") == "ask"
    assert does(RULES["R066E"], "residential") == "unbound"
    assert does(RULES["R073H"], None) == "unseen"
    cells = {does(rule, kind) for rule in RULES.values() for kind in (None, *PROJECT_TYPES)}
    assert cells == set(DOES_ZH)


def test_a_ban_never_reads_as_a_permit():
    for rule in RULES.values():
        for kind in (None, *PROJECT_TYPES):
            cell = does(rule, kind)
            assert cell not in ("permit", "study", "notify") or rule.effect not in BANS, (
                rule.rule_id
            )


def test_an_excerpt_is_short_has_a_source_and_belongs_to_a_rule():
    rows = read_table("sources/law_excerpts.csv")
    assert len({(row["law"], row["article"]) for row in rows}) == len(rows)
    cited = {quote[:2] for rule in RULES.values() for quote in excerpts(rule)}
    for row in rows:
        assert row["source"] and 5 <= len(row["excerpt"]) <= 80
        assert (row["law"], row["article"]) in cited


# --- the page
# -----------------------------------------------------------------------------------------


def test_the_page_holds_every_rule_once_with_its_table_and_escapes_what_it_holds():
    page = lawbook_html()
    assert re.findall(r'class="rule" id="([^"]+)"', page).count("R017") == 1
    assert set(re.findall(r'class="rule" id="([^"]+)"', page)) == set(RULES)
    assert page.count('class="truth"') == len(RULES)
    assert "原则禁止" in page and "2026-08-15" in page and "城镇开发边界 urban_boundary" in page
    assert 'id="procedures"' in page and "泉域水资源影响评价" in page
    assert not re.search(r"(?:src|href)=\"(?!#)", page)  # needs nothing else
    assert page == lawbook_html()


def test_the_page_in_docs_is_what_the_rules_give():
    assert build_lawbook.main(["--check"]) == 0


def test_the_command_prints_the_page_and_the_suffix_decides(tmp_path, capsys):
    assert main(["rules", "--format", "html", "--class", "airports"]) == 0
    page = capsys.readouterr().out
    assert page == lawbook_html("airports") and "R096A" in page and "R017" not in page
    for name, start in (
        ("book.html", "<!doctype html>"),
        ("rules.json", "[\n"),
        ("rules.txt", "5 条规则"),
    ):
        target = tmp_path / name
        assert main(["rules", "--class", "airports", "-o", str(target)]) == 0
        assert target.read_text(encoding="utf-8").startswith(start)


# --- what changes on which day
# --------------------------------------------------------------------------


def test_a_change_of_law_is_told_by_its_day():
    changes = rules_diff("2025-02-28", "2025-03-01")
    assert {(c.on, c.kind) for c in changes} == {("2025-03-01", "replaced")}
    assert {(c.before, c.after) for c in changes} >= {("R017-2017", "R017"), ("R018-2017", "R018")}
    (scope,) = [c for c in changes if c.after == "R017"]
    assert scope.fields["article"] == ("17", "28")


def test_nothing_changes_within_a_day_and_steps_add_up():
    assert rules_diff("2026-11-21", "2026-11-21") == []
    whole = rules_diff("2024-01-01", "2027-06-01")
    steps = rules_diff("2024-01-01", "2026-03-14") + rules_diff("2026-03-14", "2027-06-01")
    assert whole == steps and len(whole) > 30


def test_a_rule_that_ends_without_a_successor_is_told():
    ends = {c.before for c in rules_diff("2026-03-14", "2026-03-15") if c.kind == "ends"}
    assert ends == {"R005", "R006", "R007A", "R007B", "R008A", "R008B", "R009"}


def test_days_in_the_wrong_order_or_form_are_wrong_usage(capsys):
    with pytest.raises(UsageError, match="give the earlier day first"):
        rules_diff("2026-01-02", "2026-01-01")
    assert main(["rules", "diff", "2026-02-30", "2026-03-01"]) == 2
    assert "2026-02-30" in capsys.readouterr().err


def test_the_command_prints_text_and_json(capsys):
    assert main(["rules", "diff", "2026-08-14", "2026-08-15", "--class", "water_sources"]) == 0
    assert "R011 -> R011-2026" in capsys.readouterr().out
    assert main(["rules", "diff", "2026-08-14", "2026-08-15", "--format", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert {row["on"] for row in printed} == {"2026-08-15"} and all(row["kind"] for row in printed)
    assert main(["rules", "diff", "2026-11-21", "2026-11-22"]) == 0
    assert "没有变化" in capsys.readouterr().out
