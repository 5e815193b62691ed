"""A batch that says something: columns, order of work, what to get first; and the suffix of -o
decides the format.
"""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest

from sxgeo.analysis.conflicts.check import check_sites
from sxgeo.analysis.conflicts.question import counties_of, pose
from sxgeo.cli import main
from sxgeo.cli.output_format import BATCH_SUFFIXES, REACH_SUFFIXES, REPORT_SUFFIXES, format_of
from sxgeo.errors import UsageError
from sxgeo.layers.classes import CLASS_IDS
from sxgeo.reports.batch_table import (
    TRIAGE_ZH,
    BatchSummary,
    BatchTerms,
    columns_of,
    decides,
    row_of,
    triage,
)


@pytest.fixture(scope="module")
def sites(root: Path) -> list[Path]:
    return sorted((root / "examples/sites").glob("*.geojson"))


@pytest.fixture(scope="module")
def answered(sites):
    question = pose(sites)
    specs = {layer.spec.id: layer.spec for layer in question.layers}
    terms = BatchTerms(specs, counties_of(question.sites.sites, question.counties), CLASS_IDS)
    return terms, list(question.outcomes())


def batch(sites, target: Path, *more: str) -> int:
    return main(["check", *map(str, sites), "--no-workspace", "--batch", "-o", str(target), *more])


def test_a_csv_file_opens_in_chinese_excel(sites, tmp_path):
    target = tmp_path / "b.csv"
    assert batch(sites, target) == 10
    content = target.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    on_monument = next(r for r in rows if r["处理次序"] == "1 已知冲突")
    assert on_monument["总体判定"] == "冲突（禁止或原则禁止）"
    assert on_monument["冲突（禁止或原则禁止）的类"] == "重点文物保护单位"
    assert float(on_monument["重点文物保护单位距离（米）"]) == 0.0
    assert "文物保护法" in on_monument["起决定作用的"]


def test_english_headings_are_the_codes_of_the_data_without_a_mark(sites, tmp_path):
    target = tmp_path / "b.csv"
    batch(sites, target, "--headings", "en")
    assert target.read_bytes().startswith(b"site_id,name,county,triage,verdict,known_verdict")
    rows = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8"))))
    assert {r["triage"] for r in rows} <= set(TRIAGE_ZH)
    assert any(r["verdict"] == "conflict" for r in rows)


def test_every_column_has_a_name_and_a_heading_of_its_own(answered):
    columns = columns_of(answered[0])
    assert len({c.key for c in columns}) == len({c.zh for c in columns}) == len(columns)


def test_the_nearest_of_a_class_stands_with_its_distance_and_error(answered):
    terms, outcomes = answered
    columns = columns_of(terms)
    for outcome in outcomes:
        row = dict(zip([c.key for c in columns], row_of(columns, outcome), strict=True))
        for entry in outcome.screening if outcome.site.usable else ():
            located = [f for f in entry.findings if f.distance_m is not None]
            least = min((f.distance_m for f in located), default=None)
            told = row[f"{entry.resource_class}_distance_m"]
            assert (told is None) == (least is None)
            assert told is None or abs(told - least) <= 0.005


def test_the_order_of_work_follows_what_is_known(answered):
    for outcome in answered[1]:
        code = triage(outcome)
        assert (code == "1_known_conflict") == (outcome.known_verdict == "conflict")
        assert (code == "0_unusable") == (not outcome.site.usable)
        assert code != "6_clear" or outcome.verdict == "clear"
    assert len({triage(outcome) for outcome in answered[1]}) > 1


def test_what_decides_a_conflict_names_the_resource(answered):
    terms, outcomes = answered
    conflict = next(o for o in outcomes if o.known_verdict == "conflict")
    names = {f.name_zh for e in conflict.screening for f in e.findings if f.outcome == "conflict"}
    assert any(name in decides(terms, conflict) for name in names)


def test_a_summary_counts_each_site_once_and_ranks_what_to_get(answered):
    terms, outcomes = answered
    summary = BatchSummary(terms)
    for outcome in outcomes:
        summary.add(outcome)
    assert sum(sum(counts.values()) for counts in summary.by_county.values()) == len(outcomes)
    ranked = summary.next_documents()
    assert ranked and [n.only_open for n in ranked] == sorted(
        (n.only_open for n in ranked), reverse=True
    )
    assert all(n.could_change <= len(outcomes) for n in ranked)
    assert all(n.material_zh and n.keeper_zh for n in ranked)


def test_a_workbook_has_the_summary_first_and_sites_in_the_order_of_work(sites, tmp_path):
    hostile = tmp_path / "x.geojson"
    gpd.GeoDataFrame(
        {"site_id": ["=1+1"]}, geometry=gpd.points_from_xy([112.6], [38.3]), crs="EPSG:4490"
    ).to_file(hostile)
    target = tmp_path / "b.xlsx"
    batch([*sites, hostile], target, "--project-type", "工业")
    book = openpyxl.load_workbook(target)
    assert book.sheetnames == ["汇总", "地块清单", "最近资源"]
    texts = [str(row[0].value) for row in book["汇总"].iter_rows() if row[0].value is not None]
    assert (
        texts[0] == f"批量选址筛查：{len(sites) + 1} 个地块"
        and "三、先取哪份资料（按能改变多少个地块的结论排列）" in texts
    )
    listed = list(book["地块清单"].values)
    place = listed[0].index("处理次序")
    assert [row[place] for row in listed[1:]] == sorted(row[place] for row in listed[1:])
    cells = [c for row in book["地块清单"].iter_rows() for c in row if c.value == "=1+1"]
    assert cells and all(c.data_type == "s" for c in cells)
    assert (
        book["地块清单"].freeze_panes == "C2"
        and book["地块清单"].page_setup.orientation == "landscape"
    )


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".gpkg", ".parquet"])
def test_the_same_batch_gives_the_same_bytes(sites, tmp_path, suffix):
    targets = [tmp_path / f"{name}{suffix}" for name in "ab"]
    for target in targets:
        batch(sites, target)
    assert targets[0].read_bytes() == targets[1].read_bytes()


@pytest.mark.parametrize("suffix", [".gpkg", ".parquet"])
def test_a_batch_for_the_map_holds_shapes_and_codes(sites, tmp_path, suffix):
    target = tmp_path / f"b{suffix}"
    batch(sites, target)
    frame = gpd.read_file(target) if suffix == ".gpkg" else gpd.read_parquet(target)
    assert len(frame) >= len(sites) and frame.crs.to_epsg() == 4490
    assert {"triage", "decides", "heritage_sites_distance_m"} <= set(frame.columns)
    assert frame["heritage_sites_distance_m"].dtype == float


def test_a_document_of_a_batch_is_refused_with_the_way_out(sites, tmp_path, capsys):
    assert batch(sites, tmp_path / "b.docx") == 2
    assert "Write .xlsx for the whole batch" in capsys.readouterr().err
    assert not (tmp_path / "b.docx").exists()


@pytest.mark.parametrize(
    ("name", "start"), [("r.json", b"{"), ("r.docx", b"PK"), ("r.xlsx", b"PK"), ("r.html", b"<!")]
)
def test_the_suffix_of_a_report_decides(sites, tmp_path, name, start):
    main(["check", str(sites[0]), "--no-workspace", "-o", str(tmp_path / name)])
    assert (tmp_path / name).read_bytes().lstrip().startswith(start)


@pytest.mark.parametrize("suffixes", [REPORT_SUFFIXES, BATCH_SUFFIXES, REACH_SUFFIXES])
def test_a_suffix_is_a_format_and_a_contradiction_is_refused(suffixes):
    for suffix, name in suffixes.items():
        assert format_of(None, Path(f"a{suffix}"), suffixes, "text") == name
        assert format_of(None, Path(f"A{suffix.upper()}"), suffixes, "text") == name
    assert (
        format_of(None, None, suffixes, "text")
        == format_of(None, Path("a"), suffixes, "text")
        == "text"
    )
    with pytest.raises(UsageError, match="does not say in which format"):
        format_of(None, Path("a.pdf"), suffixes, "text")
    with pytest.raises(UsageError, match="contradicts it"):
        format_of(
            "html" if ".xlsx" in suffixes else "geojson",
            Path("a.xlsx" if ".xlsx" in suffixes else "a.gpkg"),
            suffixes,
            "text",
        )


def test_a_document_tells_of_the_plots_that_matter_and_how_many_it_leaves_out(
    sites, tmp_path, monkeypatch
):
    docx = pytest.importorskip("docx")
    report = check_sites(sites)
    monkeypatch.setattr("sxgeo.reports.report.WORD_SITES", 2)
    text = "\n".join(p.text for p in docx.Document(report.to_docx(tmp_path / "r.docx")).paragraphs)
    count = len(report.sites)
    assert (
        f"共判定 {count} 个地块，本文件只列其中最需处理的 2 个，其余 {count - 2} 个未列入" in text
    )
    told = report.worst(2)
    assert told.verdict == report.verdict and report.worst(count) is report
    monkeypatch.setattr("sxgeo.reports.report.WORD_SITES", count)
    whole = "\n".join(p.text for p in docx.Document(report.to_docx(tmp_path / "w.docx")).paragraphs)
    assert "未列入" not in whole


def test_a_batch_is_a_map_by_order_of_work(sites, tmp_path, capsys):
    target = tmp_path / "b.html"
    assert batch(sites, target) == 10
    page = target.read_text(encoding="utf-8")
    drawn = json.loads(re.search(r'<script[^>]*id="sx-data"[^>]*>(.*?)</script>', page, re.S)[1])
    told = {row["id"]: row["triage"] for row in drawn["sites"]}
    assert len(told) >= len(sites) and len(set(told.values())) > 1
    assert "wrote" in capsys.readouterr().err


def test_plots_outside_of_every_zone_have_no_map(tmp_path, capsys):
    args = ["check", "--at", "91.1,29.7", "--no-workspace", "--batch"]
    assert main([*args, "-o", str(tmp_path / "b.html")]) == 5
    assert "write .gpkg" in capsys.readouterr().err
    assert main([*args, "--format", "html"]) == 2
    assert not (tmp_path / "b.html").exists()
