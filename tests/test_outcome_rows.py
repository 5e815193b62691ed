"""Each condition of the outcome table decides by itself, in the library and in the page."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from case_worlds import counties_of, layer_of, rule_of, site_of
from outcome_rows import PLAIN, ROWS, TABLE, Change, Row, page_text, world
from test_page_check import needs_node, run_page
from test_page_worlds import job_of

from sxgeo.analysis.conflicts.findings import known_from
from sxgeo.analysis.conflicts.screener import screen
from sxgeo.model.clearance import Grounds
from sxgeo.model.project import Project
from sxgeo.wording import CLASS_REASON_ZH, FINDING_REASON_ZH


def both(row: Row) -> tuple[Change, Change]:
    return {**row.world, **row.holds}, {**row.world, **row.fails}


def named(rows: Any) -> Any:
    rows = list(rows)
    ids = [f"{r.decides}: {r.condition}" for r in rows]
    return pytest.mark.parametrize("row", rows, ids=ids)


def entry_of(change: Change) -> Any:
    case = world(change)
    site = replace(site_of(case), doubtful=change.get("doubtful", False))
    answer = screen(
        [site],
        [layer_of(layer) for layer in case["layers"]],
        [rule_of(rule) for rule in case["rules"]],
        counties=counties_of(case),
        as_of=case["as_of"],
        project=Project(**case["project"]),
    )[0]
    return answer.screening[0]


@named(ROWS)
def test_a_condition_decides_by_itself_in_the_library(row: Row) -> None:
    told = [entry_of(change) for change in both(row)]
    assert [f"{e.outcome} {e.reason_code}" for e in told] == [row.told, row.told_else]
    assert row.told != row.told_else
    for entry in told:  # finding by finding the same is known as in arrays
        if entry.reason_code not in ("bad_site", "layer_failed"):
            assert known_from(entry.findings)[0] == entry.known_outcome


@needs_node
def test_a_condition_decides_by_itself_in_the_page() -> None:
    rows = [row for row in ROWS if row.page]
    jobs = [job_of(world(change)) for row in rows for change in both(row)]
    told = iter(run_page(jobs))
    wrong = []
    for row in rows:
        for expected in (row.told, row.told_else):
            answer = next(told)
            entry = answer["sites"][0]["screening"][0]
            if f"{entry['outcome']} {entry['reason_code']}" != expected:
                wrong.append(
                    (row.decides, row.condition, expected, entry["outcome"], entry["reason_code"])
                )
    assert not wrong


def test_a_pair_differs_in_one_condition() -> None:
    for row in ROWS:
        assert set(row.holds) <= set(row.fails) or row.holds == {}, row
        assert row.holds != row.fails
        assert len(row.fails) == 1, (row.decides, row.condition)


def test_every_ground_and_every_reason_is_among_the_pairs() -> None:
    """`engines` and `engines_agree` are shown where a certificate is made; an urban boundary and a
    class that was not asked for are no conditions of a record.
    """
    grounds = {f.name for f in fields(Grounds)} - {"engines", "engines_agree"}
    shown = {
        "held": "something is held",
        "covered": "the site lies where someone looked",
        "layer_read_whole": "the layer was read whole",
        "complete": "declared whole in the counties in reach",
        "document": "with a document",
        "subzones_held": "every subzone held or declared absent",
        "read_without_doubt": "the site was read without doubt",
        "input_accounted_for": "the site was read without doubt",
        "all_missed_or_unbound": "s > required + r",
    }
    assert set(shown) == grounds
    assert set(shown.values()) <= {row.condition for row in ROWS}
    told = {t.split()[1] for row in ROWS for t in (row.told, row.told_else)}
    apart = {"engines_disagree", "not_requested", "bad_site"}
    assert {c for c in CLASS_REASON_ZH if not c.startswith("urban_")} - apart == told
    reasons = {f.reason_code for row in ROWS for c in both(row) for f in entry_of(c).findings}
    assert set(FINDING_REASON_ZH) - {"engines_disagree"} == reasons


def test_the_table_in_the_documentation_is_that_of_the_rows() -> None:
    assert TABLE.read_text(encoding="utf-8") == page_text(), "python tests/outcome_rows.py --write"
    assert set(PLAIN) > {"gap"}
