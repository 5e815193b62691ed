"""Procedures are told as lines of a table; one whose article was not seen says so and decides
nothing.
"""

from __future__ import annotations

import pytest

from sxgeo.catalog import read_table
from sxgeo.errors import DataError
from sxgeo.layers import procedures as procedures_module
from sxgeo.layers.procedures import load_procedures, procedure_problems
from sxgeo.layers.rules import load_rules

TABLE = read_table("sources/procedures.csv")


def test_a_catchment_is_a_line_of_the_procedures_and_no_rule_that_decides_nothing():
    (line,) = [p for p in load_procedures({"karst_springs"}) if p.resource_class == "karst_springs"]
    assert not line.seen and line.article == "" and "水行政主管部门" in line.authority_zh
    assert all(rule.verified for rule in load_rules("karst_springs"))


def test_a_procedure_of_a_class_comes_only_where_the_class_is_touched():
    always = {p.procedure_id for p in load_procedures(())}
    assert always == {p.procedure_id for p in load_procedures() if p.resource_class is None}
    assert {p.procedure_id for p in load_procedures({"geohazard"})} - always == {"P03"}


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("resource_class", "springs", "unknown class 'springs'"),
        ("seen", "yes", "unknown value of seen 'yes'"),
        ("article", "", "seen without an article"),
        ("law", "", "no law"),
        ("procedure_id", "P02", "id stands twice"),
    ],
)
def test_a_broken_procedure_is_named_with_its_row(column, value, words):
    rows = [dict(row) for row in TABLE]
    rows[2][column] = value
    assert any(text.startswith("row 3 (") and words in text for text in procedure_problems(rows))


def test_a_table_without_its_columns_is_broken_data(monkeypatch):
    monkeypatch.setattr(procedures_module, "read_table", lambda path: [{"procedure_id": "P01"}])
    with pytest.raises(DataError, match="missing column"):
        load_procedures()
