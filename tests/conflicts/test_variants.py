"""Comparing sites and moving them, on the examples."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely
from test_cli import SITES, YANGQU
from test_sites import PLOT, write

import sxgeo
from sxgeo.analysis.conflicts.check import answer
from sxgeo.analysis.conflicts.question import pose
from sxgeo.analysis.conflicts.variants import COMPARISON_COLUMNS, as_frame, with_suggestions
from sxgeo.cli import main
from sxgeo.errors import InputError, UsageError
from sxgeo.model.sites import Sites

PLOTS = [YANGQU / f"{name}.geojson" for name in ("in_scope", "in_belt", "apart")]
WORKSPACE = YANGQU / "sxgeo.toml"
DRY = {"discharge": "no"}


def test_variants_stand_in_one_table() -> None:
    report = sxgeo.check_sites(
        PLOTS,
        workspace=WORKSPACE,
        project_type="industrial",
        project_attributes=DRY,
        classes=["heritage_sites"],
    )
    areas = sxgeo.isochrones(sxgeo.load_network("taixin"), [(112.66, 38.08)], minutes=[15, 60])
    table = sxgeo.compare_sites(report, areas=areas)
    assert tuple(table.columns) == COMPARISON_COLUMNS
    assert table["verdict"].tolist() == ["conflict", "regulated", "clear"]
    assert table["conflicts"].tolist() == [1, 0, 0]
    assert table["prohibited_overlap_m2"].tolist()[1:] == [0.0, 0.0]
    assert table["nearest_m"].tolist()[:2] == [0.0, 0.0]
    assert table["reach_min"].notna().any()


def test_without_areas_reach_is_not_known() -> None:
    table = sxgeo.compare_sites(sxgeo.check_sites(SITES / "outside_zone.geojson"))
    assert table["reach_min"].isna().all()


def test_a_suggested_move_and_trim_are_free_of_what_prohibited() -> None:
    found = sxgeo.suggest_shift(
        PLOTS[0], workspace=WORKSPACE, project_type="industrial", project_attributes=DRY
    )
    assert found.obstacles == ("示例文物甲（虚构）",)
    assert found.move is not None
    site = sxgeo.read_sites(PLOTS[0]).sites[0]
    from dataclasses import replace

    moved = Sites((replace(site, geometry=found.moved),))
    again = sxgeo.check_sites(
        moved,
        workspace=WORKSPACE,
        project_type="industrial",
        project_attributes=DRY,
        classes=["heritage_sites"],
    )
    assert again.verdict == "regulated"  # out of the scope, still in the belt
    assert as_frame(found, "P-1")["kind"].tolist() == ["moved"]


def test_a_monument_known_as_a_point_is_left_by_its_whole_extent() -> None:
    found = sxgeo.suggest_shift(SITES / "on_monument.geojson")
    assert found.obstacles == ("永祚寺",)
    assert found.move is not None
    assert (
        found.move.distance_m > 1000
    )  # twice the extent taken for a monument without a published scope
    assert any("地下水超采区" in name for name in found.unsettled)
    near = sxgeo.suggest_shift(SITES / "on_monument.geojson", max_distance_m=500)
    assert near.move is None
    assert "500" in near.note


def test_a_site_that_meets_nothing_prohibited_stays() -> None:
    found = sxgeo.suggest_shift(SITES / "near_resources.geojson")
    assert (found.obstacles, found.lost_m2) == ((), 0.0)
    assert shapely.equals(
        found.moved, sxgeo.read_sites(SITES / "near_resources.geojson").sites[0].geometry
    )


def test_one_site_at_a_time(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one site at a time"):
        sxgeo.suggest_shift(write(tmp_path / "two.geojson", PLOT, PLOT))
    with pytest.raises(UsageError, match="positive number"):
        sxgeo.suggest_shift(PLOTS[0], max_distance_m=0)


def test_a_report_tells_how_each_site_could_move() -> None:
    plots = sxgeo.read_sites(PLOTS)
    question = pose(
        plots,
        workspace=WORKSPACE,
        project_type="industrial",
        project_attributes=DRY,
        classes=["heritage_sites"],
    )
    report = with_suggestions(answer(question), question, max_distance_m=3000)
    assert list(report.suggestions) == [s.site_id for s in plots.sites]
    alone = sxgeo.suggest_shift(
        PLOTS[0],
        workspace=WORKSPACE,
        project_type="industrial",
        project_attributes=DRY,
        max_distance_m=3000,
    )
    first = report.suggestions[plots.sites[0].site_id]
    assert first.move is not None and alone.move is not None
    assert first.move.distance_m == alone.move.distance_m
    page = report.to_html()
    assert f"移动{first.move.distance_m:,.1f}米" in page
    assert page.count("未满足禁止性规则，无须避让") == 2
    assert "本次未计算" not in page and "本次未计算" in answer(question).to_html()
    near = with_suggestions(answer(question), question, max_distance_m=1).to_html()
    assert "1米内没有可避让的位置" in near
    with pytest.raises(UsageError, match="positive number"):
        with_suggestions(report, question, max_distance_m=-1)


def test_the_command_line_fills_the_chapter(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["check", str(PLOTS[0]), "--workspace", str(WORKSPACE), "--suggest-shift", "2000"]
    assert main([*asked, "--format", "html", "-o", str(tmp_path / "a.html")]) in (10, 11)
    assert "向方位角" in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert main(asked) == 2
    assert "--format docx or --format html" in capsys.readouterr().err
