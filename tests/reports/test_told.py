"""What people read: overlaps that nothing binds, limits of a verdict, questions with both branches,
the town boundary.
"""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import jsonschema
import pytest
import shapely
from conftest import make_rule

import sxgeo
from sxgeo.analysis.conflicts.question import pose
from sxgeo.catalog import is_day
from sxgeo.cli import main
from sxgeo.errors import UsageError
from sxgeo.geometry.projection import to_degrees
from sxgeo.model.project import make_project
from sxgeo.reports.answer import exit_code, told_of
from sxgeo.reports.batch import batch_line
from sxgeo.reports.text import report_text
from sxgeo.wording import OUTCOME_ZH

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs" / "check.schema.json").read_text(encoding="utf-8"))
HERE = "140122"
CENTRE_M = (389_300.0, 4_220_700.0)
TOLD, NONE_FOUND = OUTCOME_ZH["touched_unbound"], OUTCOME_ZH["none_found"]
SPRINGS = {"resource_class": "water_sources", "in_force_from": "2020-01-01"}
RULES = (
    make_rule(
        rule_id="W1",
        subzone="level_2",
        project_types=("polluting_discharge",),
        condition="discharge",
        **SPRINGS,
    ),
    make_rule(rule_id="W2", subzone="level_1", **SPRINGS),
    make_rule(
        rule_id="F1",
        resource_class="permanent_farmland",
        effect="prohibited_unless",
        exception=("farmland_major_project",),
    ),
    make_rule(
        rule_id="S1",
        resource_class="road_strip",
        binds="building",
        required_m=20.0,
        comparison="at_least",
    ),
)


def degrees(shape: Any) -> Any:
    return to_degrees(shapely.transform(shape, lambda xy: xy + CENTRE_M), "EPSG:4547")


def layer(
    folder: Path, class_id: str, *rows: dict[str, Any], shapes: list[Any], **keys: Any
) -> str:
    """Write a user's layer, and return its table of the workspace; complete here unless the class
    is reversed.
    """
    base = {"feature_id": "U1", "name_zh": "示例甲", "position_accuracy_m": 1.0}
    frame = gpd.GeoDataFrame(
        [{**base, **row} for row in rows], geometry=list(map(degrees, shapes)), crs=4490
    )
    frame.to_file(folder / f"{class_id}.geojson")
    told = {"class": class_id, "file": f"{class_id}.geojson", "mode": "replace", **keys}
    if class_id != "urban_boundary":
        told |= {"complete_in": [HERE], "complete_document": "示例文件"}
    return "[[layer]]\n" + "".join(
        f"{k} = {json.dumps(v, ensure_ascii=False)}\n" for k, v in told.items()
    )


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A level 2 zone 1 km wide that a plot lies in; its level 1 is declared absent."""
    monkeypatch.setattr("sxgeo.analysis.conflicts.question.load_rules", lambda: RULES)
    zone = layer(
        tmp_path,
        "water_sources",
        {"subzone": "level_2"},
        shapes=[shapely.box(0, 0, 1000, 1000)],
        subzones_absent=["level_1", "quasi"],
    )
    (tmp_path / "sxgeo.toml").write_text(zone, encoding="utf-8")
    plot(tmp_path, shapely.box(300, 300, 500, 500))
    return tmp_path


def plot(folder: Path, shape: Any) -> None:
    gpd.GeoDataFrame(
        {"id": ["P"], "accuracy_m": [0.5]}, geometry=[degrees(shape)], crs=4490
    ).to_file(folder / "plot.geojson")


def checked(
    folder: Path, *, classes: tuple[str, ...] = ("water_sources",), **more: Any
) -> sxgeo.Report:
    return sxgeo.check_sites(
        folder / "plot.geojson", workspace=folder / "sxgeo.toml", classes=classes, **more
    )


# an overlap is always told
# ------------------------------------------------------------------------------------

DRY = {"project_type": "energy", "project_attributes": {"discharge": "no"}}


def test_json_and_geojson_tell_an_overlap_that_nothing_binds(desk: Path) -> None:
    report = checked(desk, **DRY)
    answer = json.loads(report.to_json())
    jsonschema.validate(answer, SCHEMA)
    (entry,) = [
        e for e in answer["sites"][0]["screening"] if e["resource_class"] == "water_sources"
    ]
    assert (entry["outcome"], entry["known_outcome"], entry["reason_code"]) == (
        "clear",
        "touched_unbound",
        "not_bound",
    )
    (finding,) = entry["findings"]
    assert (finding["relation"], finding["unbound_by"]) == ("unbound", ["discharge=no"])
    assert finding["overlap_m2"] == pytest.approx(40_000, rel=1e-3)
    assert entry["clear_because"]["unbound"] == [
        {"feature_id": "U1", "unbound_by": ["discharge=no"]}
    ]
    features = json.loads(report.to_geojson())["features"]
    assert features[0]["properties"]["known_classes"] == {"water_sources": "touched_unbound"}
    assert [f["properties"]["feature_id"] for f in features[1:]] == ["U1"]


def test_people_read_of_an_overlap_that_nothing_binds_in_every_output(
    desk: Path, tmp_path: Path
) -> None:
    openpyxl, docx = pytest.importorskip("openpyxl"), pytest.importorskip("docx")
    report = checked(desk, **DRY)
    book = openpyxl.load_workbook(report.to_xlsx(tmp_path / "a.xlsx"))
    sheets = "\n".join(
        str(c.value)
        for sheet in book
        for row in sheet.iter_rows()
        for c in row
        if c.value is not None
    )
    document = docx.Document(str(report.to_docx(tmp_path / "a.docx")))
    words = [p.text for p in document.paragraphs]
    words += [c.text for table in document.tables for row in table.rows for c in row.cells]
    for text in (report_text(report), report.to_html(), sheets, "\n".join(words)):
        flat = text.replace("\n", "").replace(" ", "")
        assert TOLD in flat
        assert "示例甲" in flat
        assert "排放污染物：否" in flat
        assert NONE_FOUND not in flat
        assert "最小余量" not in flat
    gpd_layers = report.to_gpkg(tmp_path / "a.gpkg")
    assert gpd.read_file(gpd_layers, layer="findings")["unbound_by"].tolist() == ["discharge=no"]
    assert len(gpd.read_file(gpd_layers, layer="overlaps")) == 1
    row = batch_line(report.sites[0], format="text", limited_to=report.limited_to)
    assert row.startswith("P,,clear,touched_unbound,") and "water_sources,water_sources" in row
    assert (
        json.loads(batch_line(report.sites[0], format="json"))["known_verdict"] == "touched_unbound"
    )


def test_a_plot_apart_has_its_margin_to_the_millimetre(desk: Path) -> None:
    plot(desk, shapely.box(1100, 0, 1200, 100))
    said = report_text(checked(desk, **DRY)).replace("\n", "").replace(" ", "")
    assert NONE_FOUND in said
    assert "大于合成误差1.500米" in said
    assert "最小余量99.99" in said or "最小余量100.0" in said
    assert "声明不存在一级保护区、准保护区" in said


# limits
# -------------------------------------------------------------------------------------------------------


def test_a_limited_verdict_says_so_and_is_not_clear(desk: Path) -> None:
    report = checked(desk, **DRY)
    told = {told_of(s) for s in report.sites}
    assert (report.verdict, report.exit_code) == ("clear", 12)
    assert (exit_code(told, limited=True), exit_code(told)) == (12, 0)
    for text in (report_text(report), report.to_html()):
        assert "限定类判定（1类）" in text
        assert "总体判定" not in text
    assert report.to_dict()["limited_to"] == ["water_sources"]


def test_the_command_line_takes_a_part_only_when_it_is_told_to(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [
        "check",
        str(desk / "plot.geojson"),
        "--workspace",
        str(desk / "sxgeo.toml"),
        "--class",
        "water_sources",
    ]
    asked += ["--project-type", "energy", "--project-attr", "discharge=no"]
    for more, code in (
        ([], 12),
        (["--allow-partial"], 0),
        (["--batch"], 12),
        (["--batch", "--allow-partial"], 0),
    ):
        assert main([*asked, *more]) == code
    capsys.readouterr()
    assert main([*asked[:4], "--allow-partial"]) == 2
    assert "--class" in capsys.readouterr().err


# questions
# ----------------------------------------------------------------------------------------------------


def test_a_question_prints_both_branches_and_only_where_a_rule_is_met(desk: Path) -> None:
    report = checked(desk, project_type="industrial")
    (question,) = report.questions["P"]
    assert (question.attribute, question.worst, question.freed) == (
        "discharge",
        "conflict",
        "touched_unbound",
    )
    assert (
        question.text_zh == "未说明是否排放污染物，按最不利情形为“冲突（禁止或原则禁止）”；"
        f"书面说明为“否”（附环境影响评价文件或污水去向说明）后为“{TOLD}”。"
    )
    assert question.text_zh.replace("，", "") in report_text(report).replace("\n  ", "").replace(
        "，", ""
    )
    assert question.text_zh in report.to_html()
    assert report.to_dict()["sites"][0]["questions"] == [question.record()]
    assert checked(desk, **DRY).questions == {}
    plot(desk, shapely.box(3000, 0, 3100, 100))
    assert checked(desk, project_type="industrial").questions == {}


def test_the_command_asks_and_answers_with_what_was_said(
    desk: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = [
        "check",
        str(desk / "plot.geojson"),
        "--workspace",
        str(desk / "sxgeo.toml"),
        "--class",
        "water_sources",
    ]
    asked += ["--project-type", "industrial", "--format", "json", "--ask"]
    for typed, verdict, documents in (
        ("否\n环评第12页\n", "clear", {"discharge": "环评第12页"}),
        ("是\n\n", "conflict", {}),
        ("不清楚\n", "conflict", {}),
        ("", "conflict", {}),
    ):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        main(asked)
        out, err = capsys.readouterr()
        answer = json.loads(out)
        assert answer["verdict"] == verdict
        assert answer["receipt"]["parameters"]["documents"] == documents
        assert "未说明是否排放污染物" in err


def test_a_workspace_says_what_the_project_is_and_the_command_line_may_say_otherwise(
    desk: Path,
) -> None:
    told = (desk / "sxgeo.toml").read_text(encoding="utf-8")
    project = '[project]\ntype = "industrial"\ndischarge = "否"\ndischarge_source = "环评第12页"\n'
    (desk / "sxgeo.toml").write_text(project + told, encoding="utf-8")
    report = checked(desk)
    assert (report.verdict, report.receipt["parameters"]["documents"]) == (
        "clear",
        {"discharge": "环评第12页"},
    )
    assert checked(desk, project_attributes={"discharge": "yes"}).verdict == "conflict"


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"discharge": "perhaps"}, "discharge 'perhaps' is not yes or no"),
        (
            {"approval_kind": "quick"},
            "approval_kind 'quick' is not one of batch, separate, village, temporary",
        ),
        ({"discharge_source": "x"}, "discharge_source names a document, but discharge is not said"),
        ({"discharge": "yes", "discharge_source": " "}, "discharge_source ' ' names no document"),
        ({"colour": "red"}, "unknown project attribute 'colour'"),
        ({"discharge": "no"}, "contradicts it"),
    ],
)
def test_what_is_said_of_a_project_is_checked_at_the_door(
    attributes: dict[str, str], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        make_project("polluting_discharge", attributes)


def test_not_known_says_nothing() -> None:
    assert make_project(
        "energy", {"discharge": "不清楚", "hazardous_goods": "unknown"}
    ) == make_project("energy", {})
    assert make_project(None, {"approval_kind": "单独选址"}).attributes == {
        "approval_kind": "separate"
    }


# exceptions, buildings, the town boundary
# ---------------------------------------------------------------------


def test_a_ban_with_an_exception_is_named_so_and_lifted_by_its_document(desk: Path) -> None:
    fields = layer(
        desk,
        "permanent_farmland",
        {},
        shapes=[shapely.box(0, 0, 1000, 1000)],
        boundary="legal_vector",
    )
    (desk / "sxgeo.toml").write_text(fields, encoding="utf-8")
    banned = checked(desk, classes=("permanent_farmland",))
    assert "冲突（原则禁止，另有法定例外）" in report_text(banned)
    assert re.search(
        r"按法定矢量套合：压占(3\.99|4\.00)\d\d公顷", report_text(banned).replace("\n    ", "")
    )
    (question,) = banned.questions["P"]
    assert (question.attribute, question.frees, question.freed) == (
        "farmland_major_project",
        "yes",
        "regulated",
    )
    said = {"farmland_major_project": "yes"}
    assert (
        checked(desk, classes=("permanent_farmland",), project_attributes=said).verdict
        == "conflict"
    )
    said["farmland_major_project_source"] = "国函〔2026〕1号"
    assert (
        checked(desk, classes=("permanent_farmland",), project_attributes=said).verdict
        == "regulated"
    )


def test_a_strip_beside_a_road_keeps_a_part_of_the_plot_free(desk: Path) -> None:
    road = layer(desk, "road_strip", {}, shapes=[shapely.box(0, 0, 1000, 290)], lines="edge")
    (desk / "sxgeo.toml").write_text(road, encoding="utf-8")
    said = report_text(checked(desk, classes=("road_strip",))).replace("\n", "").replace(" ", "")
    assert "涉及（部分不得布置建（构）筑物）" in said
    assert "须退让20米" in said
    assert "压占" not in said.partition("二、尚不能判定")[0].partition("结论known")[2]


def test_the_town_boundary_is_told_by_its_zones(desk: Path) -> None:
    zones = [{"subzone": "集中建设区"}, {"feature_id": "U2", "subzone": "特别用途区"}]
    shapes = [shapely.box(0, 0, 350, 1000), shapely.box(350, 0, 400, 1000)]
    (desk / "sxgeo.toml").write_text(
        layer(desk, "urban_boundary", *zones, shapes=shapes), encoding="utf-8"
    )
    report = checked(desk, classes=("urban_boundary",))
    said = report_text(report).replace("\n", "").replace(" ", "")
    assert "部分边界外，须论证" in said
    assert re.search(r"集中建设区(0\.99|1\.00)\d\d公顷（占25\.0%）", said)
    assert re.search(r"边界外(1\.99|2\.00)\d\d公顷（占50\.0%）", said)
    assert "压占" not in said.partition("结论known")[2].partition("提示")[0]
    assert [q.attribute for q in report.questions["P"]] == ["approval_kind"]
    jsonschema.validate(json.loads(report.to_json()), SCHEMA)


# days, and older reports
# --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["2026-02-31", "2026-W10-1", "20260101", "2026-1-1", "0001-01-01x", "", "2026-13-01"]
)
def test_a_day_is_written_in_one_way_everywhere(text: str) -> None:
    assert not is_day(text)
    if text:
        with pytest.raises(UsageError, match="is not of the form YYYY-MM-DD"):
            pose([(112.6, 38.3)], as_of=text)


def test_a_report_of_the_first_schema_is_still_read(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = json.loads(checked(desk, **DRY).to_json())
    old = json.loads(json.dumps(new))
    old["schema"] = "sxgeo.check/1"
    for key in ("limited_to", "engines"):
        del old[key]
    del old["receipt"]["engines"], old["receipt"]["parameters"]["documents"]
    for row in old["receipt"]["user_layers"]:
        row["subzones_absent"] = row.pop("subzones_absent")
    for entry in old["sites"][0]["screening"]:
        entry["findings"] = [
            {k: v for k, v in f.items() if k not in ("unbound_by", "binds")}
            for f in entry["findings"]
        ]
    (desk / "old.json").write_text(json.dumps(old, ensure_ascii=False), encoding="utf-8")
    (desk / "new.json").write_text(json.dumps(new, ensure_ascii=False), encoding="utf-8")
    assert main(["diff", str(desk / "old.json"), str(desk / "new.json")]) == 0
    said = capsys.readouterr().out
    assert "schema: sxgeo.check/1 -> sxgeo.check/2" in said
    assert "changed\n" not in said
    assert main(["replay", str(desk / "old.json")]) == 1
    assert "schema: sxgeo.check/1 -> sxgeo.check/2" in capsys.readouterr().out
