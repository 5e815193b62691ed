"""The report: the published schema, frames, numbers, text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import shapely
from test_cli import SITES, YANGQU

import sxgeo
from sxgeo.files.writing import write_text
from sxgeo.layers.classes import CLASS_IDS, EXTRA_CLASS_IDS
from sxgeo.reports.answer import FINDING_COLUMNS, SCREENING_COLUMNS
from sxgeo.reports.text import report_text


@pytest.fixture(scope="module")
def report() -> Any:
    return sxgeo.check_sites(sorted(SITES.glob("*.geojson")))


def test_every_answer_follows_the_published_schema(report: Any, root: Path) -> None:
    schema = json.loads((root / "docs" / "check.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    bad = sxgeo.check_sites(sxgeo.read_sites(None, at=[(0.0, 0.0), (112.6, 38.3)]))
    official = sxgeo.check_sites(
        YANGQU / "in_belt.geojson", workspace=YANGQU / "sxgeo.toml", as_of="2024-05-01"
    )
    for answer in (report, bad, official):
        validator.validate(json.loads(answer.to_json()))
    broken = json.loads(report.to_json())
    del broken["sites"][0]["screening"][3]
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(broken)


def test_a_site_has_the_fifteen_classes_in_their_order_and_then_the_extra_ones(report: Any) -> None:
    for site in report.to_dict()["sites"]:
        assert tuple(e["resource_class"] for e in site["screening"]) == CLASS_IDS
        assert tuple(e["resource_class"] for e in site["extra"]) == EXTRA_CLASS_IDS
        assert {e["outcome"] for e in site["extra"]} == {"not_screened"}


def test_the_monument_is_met_and_the_law_is_named(report: Any) -> None:
    row = report.findings.query("site_id == 'S-1' and outcome == 'conflict'").iloc[0]
    assert row["feature_id"] == "HS-022"
    # a factory discharges unless it says that it does not: the ban without an exception comes first
    assert (row["rule_id"], row["article"], row["effect"]) == ("R019A", "30", "prohibited")
    assert row["law"].startswith("文物保护法")
    scope = report.findings.query("site_id == 'S-1' and rule_id == 'R017'").iloc[0]
    assert (scope["article"], scope["effect"]) == ("28", "prohibited_unless")


def test_the_frames_have_their_columns(report: Any) -> None:
    assert tuple(report.findings.columns) == FINDING_COLUMNS
    assert tuple(report.screening.columns) == SCREENING_COLUMNS
    assert len(report.screening) == 4 * (15 + len(EXTRA_CLASS_IDS))


def test_the_verdict_is_the_gravest_and_decides_the_exit_code(report: Any) -> None:
    assert (report.verdict, report.known_verdict, report.exit_code) == ("conflict", "conflict", 10)
    assert {s.site.site_id: s.verdict for s in report.sites} == {
        "S-1": "conflict",
        "S-2": "undetermined",
        "S-3": "not_screened",
        "S-4": "undetermined",
    }


def test_the_law_of_the_day_is_used() -> None:
    plot = SITES / "on_monument.geojson"
    old = sxgeo.check_sites(plot, as_of="2025-02-28").findings.query("outcome == 'conflict'")
    new = sxgeo.check_sites(plot, as_of="2025-03-01").findings.query("outcome == 'conflict'")
    assert (set(old["article"]), set(new["article"])) == ({"17", "19"}, {"28", "30"})


def test_the_receipt_says_what_was_asked_and_read(report: Any) -> None:
    receipt = report.receipt
    assert receipt["parameters"]["as_of"] == "2026-11-21"
    assert [i["file"] for i in receipt["inputs"]] == sorted(p.name for p in SITES.glob("*.geojson"))
    assert all(len(i["sha256"]) == 64 for i in receipt["inputs"])
    told = sxgeo.check_sites(YANGQU / "apart.geojson", workspace=YANGQU / "sxgeo.toml").receipt[
        "user_layers"
    ]
    assert told[0]["complete_document"] == "示例文件（虚构），非主管部门公布"
    assert "/" not in json.dumps([i["file"] for i in receipt["inputs"]])


def test_areas_are_told_twice_and_differ_by_the_scale_of_the_plane(report: Any) -> None:
    site = report.to_dict()["sites"][1]
    assert site["crs"] == "EPSG:4547"
    assert site["area_m2"] / site["area_ellipsoid_m2"] == pytest.approx(1.0, abs=5e-4)
    assert site["area_m2"] != site["area_ellipsoid_m2"]


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    from test_sites import PLOT, write

    name = "<script>alert(1)</script>\u2028=cmd|' /C calc'!A0"
    path = write(tmp_path / "x.geojson", PLOT, name=[name], id=["=1+1"])
    answer = sxgeo.check_sites(path)
    assert json.loads(answer.to_json())["sites"][0]["site_id"] == "=1+1"
    assert name.split("\u2028")[0] in report_text(answer)


def test_text_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "r.json"
    write_text("one\n", target)
    with pytest.raises(UnicodeEncodeError):
        write_text("\ud800", target)
    assert target.read_text(encoding="utf-8") == "one\n"
    assert [p.name for p in target.parent.iterdir()] == ["r.json"]


def test_a_frame_of_a_user_is_screened_and_left_alone() -> None:
    import geopandas as gpd

    frame = gpd.GeoDataFrame(
        {"id": ["a"]}, geometry=[shapely.box(112.6, 38.0, 112.61, 38.01)], crs="EPSG:4326"
    )
    before = frame.copy()
    assert sxgeo.check_sites(frame).sites[0].site.site_id == "a"
    assert frame.equals(before)
