"""Workbook, document and page: opened again, complete, harmless, the same bytes twice, and fit to
print.
"""

from __future__ import annotations

import html.parser
import io
import shutil
import subprocess
import zipfile
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import docx
import openpyxl
import pytest
from shapely.affinity import translate
from test_cli import SITES, YANGQU, run
from test_sites import PLOT, write

import sxgeo
from sxgeo.boundaries.units import load_counties
from sxgeo.errors import InputError
from sxgeo.files import libraries
from sxgeo.layers.classes import CLASS_IDS, EXTRA_CLASS_IDS
from sxgeo.reports import figure
from sxgeo.reports.cells import Number, area_cells, clean, head_words
from sxgeo.reports.chapters import CHAPTERS
from sxgeo.reports.docx import document_bytes
from sxgeo.reports.figure import place_figure, site_figure
from sxgeo.reports.html import page
from sxgeo.reports.tables import rings
from sxgeo.reports.xlsx import workbook_bytes
from sxgeo.wording import ARCHAEOLOGY_REMINDER, MAP_NOTICE, REPORT_DISCLAIMER, USER_DATA_NOTICE

SHEETS = [
    "结论汇总",
    "压占明细",
    "15类筛查表",
    "三线与X项",
    "需补资料清单",
    "数据来源",
    "参数回执",
    "界址点",
    "压占分析表",
    "现状地类",
    "规划用途",
    "需办手续表",
]
HEADINGS = {
    "压占分析表": "压占分析表（㎡、公顷四位、亩两位）",
    "压占明细": "压占明细（㎡、公顷、亩、占比、条款）",
    "需补资料清单": "需补资料清单（资料、主管部门、能改变哪条结论）",
}
HOSTILE = (
    '=HYPERLINK("x","y")',
    "+cmd|' /C calc'!A0",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "#N/A",
    "<script>alert(1)</script>&",
)
HEAD_ROW = 4


@pytest.fixture(scope="module")
def report() -> Any:
    return sxgeo.check_sites(sorted(SITES.glob("*.geojson")))


@pytest.fixture(scope="module")
def official() -> Any:
    plots = [YANGQU / f"{name}.geojson" for name in ("in_belt", "in_scope", "apart")]
    said = {"discharge": "no"}  # a factory discharges, where nobody says otherwise
    return sxgeo.check_sites(
        plots, workspace=YANGQU / "sxgeo.toml", project_type="industrial", project_attributes=said
    )


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Any:
    names = [f"{text}\x0b\x00" if text.startswith("<") else text for text in HOSTILE]
    shapes = [translate(PLOT, xoff=0.01 * i) for i in range(len(HOSTILE))]
    path = write(
        tmp_path_factory.mktemp("hostile") / "plots.geojson", *shapes, id=list(HOSTILE), name=names
    )
    return sxgeo.check_sites(path)


def book_of(report: Any) -> Any:
    return openpyxl.load_workbook(io.BytesIO(workbook_bytes(report)))


def rows_of(sheet: Any) -> list[dict[str, Any]]:
    """Rows below the header as far as the first cell that is no value of the table."""
    head = [str(c.value).replace("\n", "") for c in sheet[HEAD_ROW]]
    last = (
        int(sheet.auto_filter.ref.rpartition(":")[2].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
        if sheet.auto_filter.ref
        else 4
    )
    rows = sheet.iter_rows(min_row=HEAD_ROW + 1, max_row=last, values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def text_of(document: Any) -> str:
    cells = [c.text for t in document.tables for row in t.rows for c in row.cells]
    return "\n".join([p.text for p in document.paragraphs] + cells)


# --- the workbook
# -----------------------------------------------------------------------------------------------


def test_the_workbook_has_its_sheets_in_order_with_their_headings(report: Any) -> None:
    book = book_of(report)
    assert book.sheetnames == SHEETS
    for sheet in book:
        assert sheet["A1"].value == HEADINGS.get(sheet.title, sheet.title)
        assert sheet.freeze_panes == f"A{HEAD_ROW + 1}"
        assert sheet.print_title_rows == f"${HEAD_ROW}:${HEAD_ROW}"
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage


def test_every_class_of_every_site_has_its_row(report: Any) -> None:
    book = book_of(report)
    for title, ids in (("15类筛查表", CLASS_IDS), ("三线与X项", EXTRA_CLASS_IDS)):
        rows = rows_of(book[title])
        names = [report.classes[c].name_zh for c in ids]
        for site in ("S-1", "S-2", "S-3", "S-4"):
            assert [r["类别"] for r in rows if r["地块编号"] == site] == names


def test_the_workbook_says_what_the_report_says(official: Any) -> None:
    book = book_of(official)
    summary = {r["地块编号"]: r for r in rows_of(book["结论汇总"])}
    assert summary["P-1"]["总体判定"] == "冲突（原则禁止，另有法定例外）"
    assert (
        summary["P-1"]["冲突（项）"],
        summary["P-2"]["涉及（项）"],
        summary["P-3"]["冲突（项）"],
    ) == (1, 1, 0)
    hits = [r for r in rows_of(book["压占明细"]) if r["地块编号"] == "P-1"]
    assert {r["条款"] for r in hits} >= {"《文物保护法（2024年修订）》第28条"}
    found = official.findings.query("site_id == 'P-1' and outcome == 'conflict'").iloc[0]
    row = next(r for r in hits if r["判定"].startswith("冲突"))
    assert row["压占（㎡）"] == pytest.approx(found["overlap_m2"], abs=0.5)
    assert row["占比"] == pytest.approx(found["overlap_share"], abs=1e-4)
    gaps = [r for r in rows_of(book["需补资料清单"]) if r["地块编号"] == "P-3"]
    assert all(r["需补资料"] and r["主管部门"] and "“" in r["能改变哪条结论"] for r in gaps)
    assert "重点文物保护单位" not in {
        r["类别"] for r in gaps
    }  # clear and declared complete: nothing to bring
    assert {"使用单位数据", "内置数据", "法规", "资源记录"} <= {
        r["类型"] for r in rows_of(book["数据来源"])
    }
    keys = {r["键"]: r["值"] for r in rows_of(book["参数回执"])}
    assert keys["data.sha256"] == official.receipt["data"]["sha256"]
    assert keys["parameters.project_type"] == "工业（industrial）"


def test_the_boundary_points_are_those_of_the_plane_without_prefix(official: Any) -> None:
    from sxgeo.geometry.projection import to_plane

    outcome = official.sites[0]
    rows = [
        r for r in rows_of(book_of(official)["界址点"]) if r["地块编号"] == outcome.site.site_id
    ]
    ring = to_plane(outcome.site.geometry, outcome.crs).exterior
    assert [r["点号"] for r in rows] == [f"J{i}" for i in range(1, len(ring.coords))]
    for row, (east, north) in zip(rows, list(ring.coords)[:-1], strict=True):
        assert (row["X（北，米）"], row["Y（东，米）"]) == pytest.approx((north, east), abs=0.006)
        assert row["Y（东，米）"] < 1e6 < row["X（北，米）"]
    assert sum(r["边长（米）"] for r in rows) == pytest.approx(ring.length, abs=0.05)


def test_hostile_names_never_become_formulas(hostile: Any) -> None:
    book = book_of(hostile)
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]
    assert not [c for c in cells if c.data_type in ("f", "e")]
    assert {c.value for c in book["结论汇总"]["B"]} >= {t for t in HOSTILE if "\t" not in t}
    risky = [
        c
        for c in cells
        if isinstance(c.value, str) and c.value.startswith(("=", "+", "-", "@", "\t"))
    ]
    assert len(risky) > 5
    assert all(c.quotePrefix for c in risky)
    with zipfile.ZipFile(io.BytesIO(workbook_bytes(hostile))) as files:
        assert not [n for n in files.namelist() if "externalLink" in n or "vba" in n]
        assert not any(b"<f>" in files.read(n) for n in files.namelist())


def test_no_cell_holds_a_number_that_is_none(report: Any) -> None:
    for sheet in book_of(report):
        for row in sheet.iter_rows(values_only=True):
            assert not [v for v in row if isinstance(v, float) and v != v]
            assert not [
                v for v in row if isinstance(v, str) and v.lower() in ("nan", "none", "inf")
            ]


@pytest.mark.parametrize(
    ("area_m2", "told"),
    [
        (12_345.678, ("12,345.68", "1.2346", "18.52")),
        (20.0, ("20.00", "0.0020", "0.03")),
        (10_000.0, ("10,000.00", "1.0000", "15.00")),
        (0.3, ("0.30", "不足0.0001", "不足0.01")),
    ],
)
def test_hectares_have_four_decimals_and_mu_two_whatever_the_accuracy(
    area_m2: float, told: tuple[str, ...]
) -> None:
    assert tuple(map(str, area_cells(area_m2))) == told
    assert area_cells(0.0) == (None, None, None)


def test_a_number_is_written_as_people_read_it() -> None:
    assert [str(Number(0.25, 1, percent=True)), str(Number(4223747.4, 2, grouped=False))] == [
        "25.0%",
        "4223747.40",
    ]
    assert head_words("合成误差（米）") == "合成误差\n（米）"
    assert clean("a\x00\x0b\ud800b\n") == "a\ufffd\ufffd\ufffdb\n"


# --- the document
# -----------------------------------------------------------------------------------------------


def test_the_chapters_stand_in_their_order_also_without_data(report: Any) -> None:
    document = docx.Document(io.BytesIO(document_bytes(report)))
    heads = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert heads == list(CHAPTERS)
    assert [h[0] for h in heads[:9]] == list("123456789")
    text = text_of(document)
    assert "未筛查：未接入国土变更调查现状地类" in text
    assert "未筛查：未接入生态保护红线" in text
    for class_id in (*CLASS_IDS, *EXTRA_CLASS_IDS):
        assert report.classes[class_id].name_zh in text


def test_the_document_carries_the_disclaimers_in_full(report: Any, official: Any) -> None:
    text = text_of(docx.Document(io.BytesIO(document_bytes(report))))
    for words in (REPORT_DISCLAIMER, MAP_NOTICE, ARCHAEOLOGY_REMINDER):
        assert words in text
    assert USER_DATA_NOTICE not in text
    assert USER_DATA_NOTICE in text_of(docx.Document(io.BytesIO(document_bytes(official))))


def test_the_document_is_set_for_chinese_readers(report: Any) -> None:
    document = docx.Document(io.BytesIO(document_bytes(report)))
    fonts = {s: document.styles[s].element.rPr.rFonts for s in ("Normal", "Heading 1", "Title")}
    name = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}eastAsia"
    assert [f.get(name) for f in fonts.values()] == ["宋体", "黑体", "黑体"]
    footer = document.sections[0].footer._element.xml
    assert " PAGE " in footer and " NUMPAGES " in footer
    assert round(document.sections[0].page_width.cm, 1) == 21.0
    for table in document.tables:
        assert "w:tblHeader" in table.rows[0]._tr.xml
    assert len(document.inline_shapes) == 1 + 4


def test_the_document_takes_hostile_names_as_text(hostile: Any) -> None:
    text = text_of(docx.Document(io.BytesIO(document_bytes(hostile))))
    assert "<script>alert(1)</script>&" in text
    assert '=HYPERLINK("x","y")' in text


# --- the page
# ---------------------------------------------------------------------------------------------------


class Reader(html.parser.HTMLParser):
    """Collects tags, attributes and text; raises when the tags do not nest."""

    void = frozenset(("meta", "col", "br"))

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: dict[str, list[str]] = {}
        self.words: list[str] = []
        self.heads: list[str] = []
        self.feed(markup)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for key, value in attrs:
            self.attributes.setdefault(key, []).append(value or "")
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self.open and self.open[-1] == "h2":
            self.heads.append(data)


@pytest.mark.parametrize("which", ["report", "official", "hostile"])
def test_the_page_is_alone_and_runs_nothing(which: str, request: pytest.FixtureRequest) -> None:
    markup = page(request.getfixturevalue(which))
    read = Reader(markup)
    assert not read.tags & {
        "script",
        "link",
        "img",
        "iframe",
        "object",
        "embed",
        "form",
        "base",
        "a",
    }
    assert not {"src", "href", "srcset", "action", "xlink:href"} & set(read.attributes)
    assert not [key for key in read.attributes if key.startswith("on")]
    assert "url(" not in markup and "@import" not in markup and "://" not in markup
    assert "default-src 'none'" in read.attributes["content"][0]
    assert read.heads == list(CHAPTERS)


def test_the_page_says_it_all(official: Any) -> None:
    text = "".join(Reader(page(official)).words)
    for words in (
        REPORT_DISCLAIMER,
        USER_DATA_NOTICE,
        MAP_NOTICE,
        ARCHAEOLOGY_REMINDER,
        "已知：",
        "未知：",
    ):
        assert words in text
    for class_id in (*CLASS_IDS, *EXTRA_CLASS_IDS):
        assert official.classes[class_id].name_zh in text
    assert official.receipt["data"]["sha256"] in text


# --- all of them
# ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["xlsx", "docx", "html"])
def test_the_same_report_gives_the_same_bytes(
    format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = []
    for day in ("0", "1"):
        monkeypatch.setenv("TZ", "UTC" if day == "0" else "Asia/Shanghai")
        answer = sxgeo.check_sites(YANGQU / "in_belt.geojson", workspace=YANGQU / "sxgeo.toml")
        files.append(answer.save(tmp_path / f"{day}.{format}", format=format).read_bytes())
        monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    assert files[0] == files[1]
    if format != "html":
        with zipfile.ZipFile(tmp_path / f"0.{format}") as packed:
            assert {i.date_time for i in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert packed.read("docProps/core.xml").count(b"2026-11-21T00:00:00Z") == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"0.{format}", f"1.{format}"]


def test_a_site_that_cannot_be_used_is_still_in_every_file() -> None:
    answer = sxgeo.check_sites(sxgeo.read_sites(None, at=[(0.0, 0.0), (112.6, 38.3)]))
    assert next(r["总体判定"] for r in rows_of(book_of(answer)["结论汇总"])) == "未筛查"
    document = docx.Document(io.BytesIO(document_bytes(answer)))
    assert "地块不可用，未作筛查" in text_of(document)
    nothing = sxgeo.check_sites(sxgeo.read_sites(None, at=[(0.0, 0.0)]))
    assert book_of(nothing)["界址点"].cell(HEAD_ROW + 1, 1).value == "无可用地块。"
    heads = [
        p.text
        for p in docx.Document(io.BytesIO(document_bytes(nothing))).paragraphs
        if p.style.name == "Heading 1"
    ]
    assert heads == list(CHAPTERS)
    assert Reader(page(nothing)).heads == list(CHAPTERS)


def test_holes_parts_and_lines_are_listed_and_drawn(tmp_path: Path) -> None:
    import geopandas as gpd
    import shapely

    ring = shapely.box(112.60, 38.30, 112.61, 38.31).difference(
        shapely.box(112.603, 38.303, 112.606, 38.306)
    )
    two = shapely.MultiPolygon([ring, shapely.box(112.62, 38.30, 112.63, 38.31)])
    line = shapely.LineString([(112.6, 38.3), (112.7, 38.3), (112.7, 38.4)])
    frame = gpd.GeoDataFrame({"id": ["m", "l"]}, geometry=[two, line], crs="EPSG:4490")
    answer = sxgeo.check_sites(frame)
    many, thread = (rings(o) for o in answer.sites)
    assert [(r.part, r.kind, len(r.plane)) for r in many] == [
        (1, "外环", 4),
        (1, "内环", 4),
        (2, "外环", 4),
    ]
    assert [(r.kind, r.closed, len(r.plane)) for r in thread] == [("线", False, 3)]
    for outcome in answer.sites:
        drawn = site_figure(outcome)
        assert drawn is not None
        assert drawn.png().startswith(b"\x89PNG")
        assert drawn.png() == drawn.png()
    place = place_figure(answer)
    assert place is not None
    assert MAP_NOTICE in place.caption
    assert place.svg().count("<text") >= 12 + 2


def test_counties_have_their_names_on_the_overview_and_letters_where_no_font_has_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = sxgeo.check_sites(SITES / "near_resources.geojson")
    drawn = place_figure(answer)
    assert drawn is not None and drawn.lettered is not None
    names = set(load_counties()["name_zh"])
    told = {shape.text for shape in drawn.shapes} & names
    assert len(told) >= len(names) - 4
    for name in names:
        assert (name in told) != (name in drawn.caption)
    assert all(shape.text.isascii() for shape in drawn.lettered.shapes)
    assert all(name in drawn.lettered.caption for name in names)
    monkeypatch.setattr(figure, "chinese_font", lambda: None)
    assert drawn.for_png() is drawn.lettered


def test_no_name_on_the_overview_runs_into_another() -> None:
    spots = [(0.0, 0.0), (20.0, 0.0), (300.0, 0.0)]
    labels = figure._county_labels(["忻府区", "定襄县", "代县"], spots, [1.0, 2.0, 0.5], named=True)
    assert labels == ["a", "b", "代县"]
    apart = [(0.0, 0.0), (60.0, 0.0), (300.0, 0.0)]
    labels = figure._county_labels(["忻府区", "定襄县", "代县"], apart, [1.0, 2.0, 0.5], named=True)
    assert labels == ["忻府区", "定襄县", "代县"]


def test_the_command_line_writes_them(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    plot = SITES / "on_monument.geojson"
    for format in ("xlsx", "docx", "html"):
        code, out, err = run(
            capsys, "check", plot, "--format", format, "-o", tmp_path / f"r.{format}"
        )
        assert (code, out) == (10, "")
        assert f"wrote {tmp_path / f'r.{format}'}" in err
    for format in ("xlsx", "docx"):
        code, _, err = run(capsys, "check", plot, "--format", format)
        assert code == 2
        assert f"--format {format} needs -o FILE" in err
    code, out, _ = run(capsys, "check", plot, "--format", "html")
    assert code == 10
    assert out == (tmp_path / "r.html").read_text(encoding="utf-8")


def test_a_missing_library_is_named_with_its_remedy(
    report: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(libraries, "import_module", missing)
    for write_it in (report.to_xlsx, report.to_docx):
        with pytest.raises(sxgeo.UsageError, match=r"pip install .sxgeo\[office\]"):
            write_it(tmp_path / "r")
    assert not list(tmp_path.iterdir())
    assert report.to_html()
    with pytest.raises(sxgeo.UsageError, match="known: json, geojson, gpkg, xlsx, docx, html"):
        report.save(tmp_path / "r.pdf", format="pdf")


@pytest.mark.skipif(shutil.which("soffice") is None, reason="no LibreOffice here")
@pytest.mark.parametrize("format", ["xlsx", "docx"])
def test_libreoffice_opens_and_prints_them(official: Any, format: str, tmp_path: Path) -> None:
    source = official.save(tmp_path / f"r.{format}", format=format)
    profile = (tmp_path / "profile").as_uri()
    command = [
        "soffice",
        f"-env:UserInstallation={profile}",
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        tmp_path,
    ]
    subprocess.run([*command, source], check=True, capture_output=True, timeout=180)
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF")
    if shutil.which("pdftotext"):
        told = subprocess.run(
            ["pdftotext", "-layout", tmp_path / "r.pdf", "-"],
            check=True,
            capture_output=True,
            text=True,
            encoding="utf-8",
        ).stdout
        flat = "".join(told.split())
        for words in ("冲突（禁止或原则禁止）", "不替代用地预审与选址意见", "需补资料清单"):
            assert words in flat
        assert "###" not in told  # a number too wide for its column


def test_opinions_and_plans_stand_beside_the_outcome(report: Any) -> None:
    """Whatever holds them: a report with `overrides` and `plan_elements` shows both, the verdict
    stays its own.
    """
    opinion = SimpleNamespace(
        resource_class="heritage_sites",
        outcome="clear",
        who="甲",
        when="2026-10-01",
        reason="现场核对",
        document="文号1",
    )
    element = {
        "element_id": "E1",
        "name_zh": "某园区",
        "plan": "某规划",
        "chapter": "第三章",
        "says_zh": "布局产业",
    }
    told = SimpleNamespace(**{f.name: getattr(report, f.name) for f in fields(report)})
    told.overrides, told.plan_elements, told.verdict = (
        {"S-1": (opinion,)},
        {"S-1": (element,)},
        report.verdict,
    )
    row = next(r for r in rows_of(book_of(told)["结论汇总"]) if r["地块编号"] == "S-1")
    assert (
        "人工复核意见（不替代机器结论）（重点文物保护单位）：未发现冲突。甲，2026-10-01"
        in row["备注"]
    )
    assert row["总体判定"].startswith("冲突")
    text = text_of(docx.Document(io.BytesIO(document_bytes(told))))
    assert "人工复核意见（不替代机器结论）" in text
    assert "某园区：布局产业" in text
    assert "人工复核意见" in page(told)


def test_rows_written_as_xml_hold_any_text_as_it_is(tmp_path: Path) -> None:
    """Line ends, angle brackets, spaces at the edges and what looks like a formula come back as
    they were told.
    """

    from sxgeo.model.sites import Site, Sites

    texts = ("=1+1", " spaced ", "<&>\"'", "two\nlines", "carriage\rreturn", "bell\a")
    sites = Sites(tuple(Site(f"s{k}", None, name=text) for k, text in enumerate(texts)))
    path = sxgeo.check_sites(sites).to_xlsx(tmp_path / "o.xlsx")
    sheet = openpyxl.load_workbook(path).worksheets[0]
    names = [row[2].value for row in sheet.iter_rows(min_row=5, max_row=10)]
    assert names == ["=1+1", " spaced ", "<&>\"'", "two\nlines", "carriage\rreturn", "bell\ufffd"]
    assert {row[2].data_type for row in sheet.iter_rows(min_row=5, max_row=10)} == {"s"}
    assert sheet.dimensions.startswith("A1:P")


def test_a_full_folder_for_temporary_files_is_bad_input_whoever_says_so() -> None:
    """openpyxl keeps rows in files: the system says it as an error of its own, lxml in its words."""
    from lxml import etree

    from sxgeo.reports.archive import spooled

    for fault in (OSError(28, "No space left on device"), etree.SerialisationError("IO_EFBIG")):
        with pytest.raises(InputError, match="make room there, or let TMPDIR name"), spooled():
            raise fault
    with pytest.raises(KeyError), spooled():
        raise KeyError("a fault of ours stays one")
