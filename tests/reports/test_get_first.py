"""Which data to get first: what may decide stands before what is merely not whole."""

from __future__ import annotations

from pathlib import Path

import sxgeo
from sxgeo.model.outcomes import asked
from sxgeo.reports.batch_table import next_documents
from sxgeo.reports.tables import materials
from sxgeo.reports.text import report_text

SITES = Path(__file__).parents[2] / "examples" / "sites"


def near_classes(report: sxgeo.Report) -> set[str]:
    """Classes with a located record that only the error holds apart from the first site."""
    return {
        entry.resource_class
        for entry in asked(report.sites[0])
        for finding in entry.findings
        if finding.relation == "between" and finding.distance_m is not None
    }


def test_what_may_decide_is_named_first_in_text_and_table() -> None:
    report = sxgeo.check_sites(SITES / "near_resources.geojson")
    ranked = next_documents(report.classes, report.sites)
    near = [one.class_id for one in ranked if one.near]
    assert near and set(near) <= near_classes(report)
    assert [one.class_id for one in ranked][: len(near)] == near
    line = next(x for x in report_text(report).splitlines() if "先取得 get first" in x)
    assert report.classes[near[0]].name_zh in line
    told = [row[1] for row in materials(report).rows]
    assert told[: len(near)] == [report.classes[class_id].name_zh for class_id in near]
    assert len(told) == len(set(told))


def test_nothing_is_named_first_where_nothing_near_is_known() -> None:
    report = sxgeo.check_sites((112.75, 38.62), classes=["karst_springs", "air_stations"])
    assert not any(one.near for one in next_documents(report.classes, report.sites))
    assert "get first" not in report_text(report)
