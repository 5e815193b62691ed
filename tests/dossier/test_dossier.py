"""The dossier: whole, Chinese alone, honest about what it leaves open, and silent about what is secret."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from types import SimpleNamespace

import docx
import geopandas as gpd
import openpyxl
import pytest
import shapely
from bad_files import SURVEY

import sxgeo
from sxgeo.cli import main
from sxgeo.dossier.build import DATA, DOCUMENT, MAP, MOST_PLOTS, RECEIPT, WORKBOOK
from sxgeo.dossier.chinese import chinese
from sxgeo.dossier.departments import DEPARTMENTS, _pairs, _state, department_of
from sxgeo.dossier.outline import RESTS_ON, template_key
from sxgeo.errors import InputError, UsageError
from sxgeo.geometry.projection import to_degrees
from sxgeo.layers.classes import CLASS_IDS, EXTRA_CLASS_IDS
from sxgeo.layers.procedures import load_procedures
from sxgeo.model.sites import Sites
from sxgeo.reports.batch_table import BatchSummary, BatchTerms
from sxgeo.reports.fitting import ROOM_PX
from sxgeo.reports.secrecy import UNGRADED

PLANE = "EPSG:4547"
EAST, NORTH = 389_300.0, 4_220_700.0
SECRET_NAME, UNSAID_NAME, OPEN_NAME = "某某内部遗址", "某某未定级森林公园", "某某公开基本农田"
FIELDS = {"name": "某某园区项目", "applicant": "某某公司", "date": "2026-11-25"}


def box(west: float, south: float, east: float, north: float):
    return shapely.box(EAST + west, NORTH + south, EAST + east, NORTH + north)


PLOTS = {"甲": ("东地块", box(0, 0, 250, 170)), "乙": ("西地块", box(-900, 0, -700, 100))}


def office(folder: Path, *, project: str = "", plots=PLOTS) -> Path:
    """Three layers of three grades, and a workspace that names them."""

    def layer(name: str, feature: str, shape) -> None:
        frame = gpd.GeoDataFrame(
            {"feature_id": [f"{name}-7"], "name_zh": [feature]}, geometry=[shape], crs=PLANE
        )
        frame.to_file(folder / f"{name}.gpkg", engine="pyogrio")

    layer("secretfile", SECRET_NAME, box(100, 50, 400, 300))
    layer("unsaidfile", UNSAID_NAME, box(-1000, -50, -800, 60))
    layer("openfile", OPEN_NAME, box(-50, -50, 60, 60))
    entries = (
        ("heritage_sites", "secretfile", 'subzone = "保护范围"\nsecrecy = "内部"'),
        ("protected_areas", "unsaidfile", 'kind = "森林公园"'),
        ("permanent_farmland", "openfile", 'secrecy = "公开"'),
    )
    text = "".join(
        f'[[layer]]\nclass = "{c}"\nfile = "{f}.gpkg"\nposition_accuracy_m = 0.5\n{more}\n'
        for c, f, more in entries
    )
    told = "\n".join(f'{key} = "{value}"' for key, value in FIELDS.items())
    (folder / "sxgeo.toml").write_text(f"{text}[project]\n{told}\n{project}\n", encoding="utf-8")
    frame = gpd.GeoDataFrame(
        {"site_id": list(plots), "name": [name for name, _ in plots.values()]},
        geometry=[shape for _, shape in plots.values()],
        crs=PLANE,
    )
    frame.to_file(folder / "plots.gpkg", engine="pyogrio")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return office(tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def dossier(folder):
    return sxgeo.build_dossier(
        folder / "plots.gpkg", workspace=folder / "sxgeo.toml", project_type="industrial"
    )


@pytest.fixture(scope="module")
def document(dossier):
    return docx.Document(io.BytesIO(dossier.files[DOCUMENT]))


@pytest.fixture(scope="module")
def book(dossier):
    return openpyxl.load_workbook(io.BytesIO(dossier.files[WORKBOOK]))


def hectares(text: str) -> float:
    """The first number of hectares in a text."""
    return float(re.findall(r"([0-9.]+)公顷", text)[0])


def texts(document) -> list[str]:
    cells = [c.text for t in document.tables for row in t.rows for c in row.cells]
    return [p.text for p in document.paragraphs] + cells


def table_of(document, *heads: str):
    """The first table whose heading row holds these words."""
    for table in document.tables:
        labels = [cell.text.replace("\n", "") for cell in table.rows[0].cells]
        if all(head in labels for head in heads):
            return [[cell.text for cell in row.cells] for row in table.rows]
    raise AssertionError(f"no table with {heads}")


def test_it_holds_every_part(dossier):
    names = [
        DOCUMENT,
        WORKBOOK,
        "附图/位置套合图_1_甲.png",
        "附图/位置套合图_2_乙.png",
        DATA,
        MAP,
        RECEIPT,
    ]
    assert list(dossier.files) == names
    assert all(dossier.files.values())


def test_every_class_is_spoken_for_by_one_department():
    every = [class_id for ids in DEPARTMENTS.values() for class_id in ids]
    assert sorted(every) == sorted((*CLASS_IDS, *EXTRA_CLASS_IDS))
    assert all(department_of(procedure) in DEPARTMENTS for procedure in load_procedures())


def test_the_first_page_tells_each_department_what_is_taken_and_who_approves(document):
    rows = {row[0]: row[1:] for row in table_of(document, "主管部门", "一句话结论")}
    # of plot 甲 the heritage scope takes 150 m by 120 m, the farmland 60 m by 60 m
    assert (
        f"压占重点文物保护单位（{SECRET_NAME}保护范围）1.8000公顷（27.00亩）"
        in rows["文物主管部门"][0]
    )
    assert f"压占永久基本农田（{OPEN_NAME}）0.3600公顷（5.40亩）" in rows["自然资源主管部门"][0]
    # every rule that farmland meets has a lawful exception, and none says more
    assert "5.40亩），原则禁止（另有法定例外）" in rows["自然资源主管部门"][0]
    assert "国务院" in rows["自然资源主管部门"][1]
    assert "［甲 东地块］" in rows["文物主管部门"][0]
    assert "气象站" in rows["其他部门"][0]
    assert not any("±" in cell for row in rows.values() for cell in row)


def test_a_blank_is_named_in_the_text_and_listed_and_nothing_else_is(dossier, document):
    listed = {what for _, what, _, _ in dossier.blanks}
    told = {m for text in texts(document) for m in re.findall(r"【待填：([^】]+)】", text)}
    assert told == listed
    table = table_of(document, "待填事项", "由谁填写")
    assert [row[1] for row in table[1:]] == [what for _, what, _, _ in dossier.blanks]
    assert "项目名称" not in listed and "编制单位" in listed
    assert FIELDS["name"] in texts(document)


def test_the_document_is_chinese_alone(document):
    rests = {cell for row in RESTS_ON for cell in row}
    english = re.compile(r"[A-Za-z]{2,}(?:[ ,]+[A-Za-z]{2,}){2,}")
    assert [t for t in texts(document) if t not in rests and english.search(t)] == []


def test_a_text_in_two_languages_keeps_its_chinese():
    assert (
        chinese("坐标顺序按文件推测 axis order was guessed from the file") == "坐标顺序按文件推测"
    )
    assert "推测" in chinese("the polygon was repaired by make_valid")
    assert chinese("CGCS2000 3°带，EPSG:4547") == "CGCS2000 3°带，EPSG:4547"


def test_what_is_not_public_is_in_no_file_that_is_handed_on(dossier):
    for name in (DATA, MAP, RECEIPT):
        content = dossier.files[name].decode("utf-8", "replace")
        for secret in (SECRET_NAME, UNSAID_NAME, "secretfile", "unsaidfile"):
            assert secret not in content, (name, secret)
    assert OPEN_NAME in dossier.files[RECEIPT].decode()
    assert OPEN_NAME.encode() in dossier.files[DATA]
    receipt = json.loads(dossier.files[RECEIPT])["receipt"]
    withheld = [row for row in receipt["user_layers"] if row.get("withheld")]
    assert {(row["resource_class"], row["secrecy"]) for row in withheld} == {
        ("heritage_sites", "内部"),
        ("protected_areas", UNGRADED),
    }
    assert all(set(row) == set(withheld[0]) and len(row) == 5 for row in withheld)
    assert any("重点文物保护单位（内部）" in text for text in dossier.remarks)


def test_shapes_of_what_is_not_public_stay_out_of_the_geopackage(dossier, tmp_path):
    (tmp_path / "d.gpkg").write_bytes(dossier.files[DATA])
    overlaps = gpd.read_file(tmp_path / "d.gpkg", layer="overlaps")
    assert set(overlaps["resource_class"]) == {"permanent_farmland"}


def test_the_receipt_is_replayed_where_the_workspace_lies_and_nowhere_else(
    dossier, folder, tmp_path, capsys
):
    report = tmp_path / RECEIPT
    report.write_bytes(dossier.files[RECEIPT])
    assert main(["replay", str(report), "--folder", str(folder)]) == 0
    assert "same bytes" in capsys.readouterr().out
    assert main(["replay", str(report)]) == 3
    said = capsys.readouterr().err
    assert "heritage_sites" in said and "secretfile" not in said


def test_the_receipt_stands_in_no_chapter(document, dossier):
    whole = "\n".join(texts(document))
    receipt = json.loads(dossier.files[RECEIPT])["receipt"]
    assert receipt["rules_sha256"] not in whole
    assert "校验码" in [p.text for p in document.paragraphs if "校验码" in p.text][-1]


def test_boundary_points_carry_the_number_of_their_zone(document):
    rows = table_of(document, "点号", "X（北，米）")
    east = rows[0].index(next(c for c in rows[0] if c.startswith("Y")))
    corners = {round(float(row[east]), 1) for row in rows[1:]}
    assert corners == {round(38_000_000 + EAST + x, 1) for x in (0, 250)}


def test_alternatives_are_compared_on_what_was_measured(document):
    rows = {row[1]: row[2:] for row in table_of(document, "比选因子", "指标")}
    # the grid of 1e-7 degree may move an edge by a centimetre
    assert [hectares(cell) for cell in rows["用地面积"]] == pytest.approx([4.25, 2.0], abs=5e-4)
    assert hectares(rows["永久基本农田"][0]) == pytest.approx(0.36, abs=2e-4)
    assert rows["生态保护红线"] == ["未筛查", "未筛查"]
    assert "重点文物保护单位1处" in rows["涉及的15类资源"][0]
    assert UNSAID_NAME in rows["最近的自然保护地"][1] and "，0米" in rows["最近的自然保护地"][1]
    assert "分钟" in rows["最近的铁路客运站（公路行车）"][0]
    assert "【待填：推荐理由】" in texts(document)


def test_plots_together_are_added_up_and_checked(document):
    totals = next(
        t
        for t in document.tables
        if "各地块面积之和" in "".join(c.text for c in t.columns[0].cells)
    )
    last = [cell.text for cell in totals.rows[-1].cells]
    assert last[0].endswith("差0.00㎡")
    assert float(last[3]) == pytest.approx(6.25, abs=1e-3)


def test_each_plot_has_its_sheet_of_what_is_taken(document):
    headings = [p.text for p in document.paragraphs if p.text.startswith("压占分析表（")]
    assert headings == [
        "压占分析表（甲 东地块）",
        "压占分析表（乙 西地块）",
        "压占分析表（各地块合计）",
    ]
    rows = table_of(document, "控制线、类别", "处置")
    assert any(row[0] == "未筛查" and "生态保护红线" in row[-1] for row in rows)
    assert any(row[0].startswith("校核") and "差0.00㎡" in row[0] for row in rows)


def test_what_could_change_most_verdicts_is_asked_for_first(dossier, document):
    names = [row[0] for row in table_of(document, "类别", "需补资料")[1:]]
    specs = dossier.report.classes
    terms = BatchTerms(classes=specs, counties={}, class_ids=())
    summary = BatchSummary(terms)
    for outcome in dossier.report:
        summary.add(outcome)
    ranked = [specs[entry.class_id].name_zh for entry in summary.next_documents()]
    assert names[: len(ranked)] == [name for name in ranked if name in names]
    # of plot 甲 the red line was never looked at: nothing tells that it could change anything
    assert names.index("生态保护红线") >= len(ranked)


def test_a_plot_that_nothing_takes_says_nought_and_a_line_has_no_area():
    free = sxgeo.build_dossier(shapely.box(112.6, 38.3, 112.602, 38.302))
    document = docx.Document(io.BytesIO(free.files[DOCUMENT]))
    rows = {row[0]: row[1:] for row in table_of(document, "控制线、类别", "处置")}
    assert rows["去重后合计（不含城镇开发边界）"][1:4] == ["0.00", "0.0000", "0.00"]
    line = sxgeo.build_dossier(shapely.LineString([(112.6, 38.3), (112.62, 38.31)]))
    words = texts(docx.Document(io.BytesIO(line.files[DOCUMENT])))
    assert any(text.startswith("线，长") for text in words)
    for told in (texts(document), words):
        assert not any(re.search(r"\bNone\b|\bnan\b", text) for text in told)


def test_every_sheet_prints_on_a4_at_its_own_size(book):
    assert book.sheetnames[0] == "首页" and "压占分析表" in book.sheetnames
    for sheet in book:
        widths = [d.width for d in sheet.column_dimensions.values()]
        # a column of w letters takes 7 dots a letter and 5 of padding, at 96 dots an inch
        assert sum(7 * width + 5 for width in widths) <= ROOM_PX + 1, sheet.title
        assert not any(d.hidden for d in sheet.column_dimensions.values())
        assert sheet.freeze_panes and sheet.page_setup.orientation == "landscape"
        sizes = {
            cell.font.sz for row in sheet.iter_rows() for cell in row if cell.value is not None
        }
        assert min(sizes) >= 9


def test_the_same_question_gives_the_same_bytes(dossier, folder):
    again = sxgeo.build_dossier(
        folder / "plots.gpkg", workspace=folder / "sxgeo.toml", project_type="industrial"
    )
    assert [n for n in dossier.files if dossier.files[n] != again.files[n]] == []


def test_a_folder_and_a_zip_hold_the_same(dossier, tmp_path):
    dossier.save(tmp_path / "成果.zip")
    dossier.save(tmp_path / "成果")
    with zipfile.ZipFile(tmp_path / "成果.zip") as archive:
        packed = {name: archive.read(name) for name in archive.namelist()}
    laid = {
        p.relative_to(tmp_path / "成果").as_posix(): p.read_bytes()
        for p in (tmp_path / "成果").rglob("*")
        if p.is_file()
    }
    assert packed == laid == dict(dossier.files)


def test_a_dossier_never_takes_the_place_of_its_inputs(dossier, folder, tmp_path):
    with pytest.raises(InputError, match="holds site file"):
        dossier.save(folder)
    assert (folder / "plots.gpkg").exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("report.docx", "a folder or a .zip"),
        ("taken", "holds other things"),
        ("file", "is a file"),
    ],
)
def test_a_target_that_is_no_dossier_is_refused_before_any_work(tmp_path, capsys, name, words):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken/mine.txt").write_text("x", encoding="utf-8")
    (tmp_path / "file").write_text("x", encoding="utf-8")
    code = main(["dossier", "--at", "112.6,38.3", "-o", str(tmp_path / name), "--no-workspace"])
    assert code in (2, 3)
    assert words in capsys.readouterr().err
    assert (tmp_path / "taken/mine.txt").exists() and (tmp_path / "file").is_file()


def test_a_template_that_nobody_saw_is_named_and_not_written(capsys):
    assert template_key("选址论证报告") == template_key("siting") == "siting"
    with pytest.raises(UsageError, match=r"unknown template 'biodiversity'.*提纲未见"):
        template_key("biodiversity")
    assert main(["dossier", "--template", "help"]) == 0
    assert "选址论证报告" in capsys.readouterr().out
    assert main(["dossier", "--at", "112.6,38.3", "-o", "x", "--template", "sitng"]) == 2
    assert "Did you mean" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('applicnt = "某某"', "unknown project attribute 'applicnt'. Did you mean 'applicant'"),
        ('date2 = "x"', "unknown project attribute 'date2'"),
        ("version = 3", "is a text of the filing"),
        ('"申请单位" = "又一家"', "are the same field"),
        ('编制单位 = "某院"', '"编制单位" = ...'),
    ],
)
def test_a_field_that_no_template_has_is_refused_with_the_way_out(tmp_path, capsys, line, words):
    office(tmp_path, project=line)
    plots, workspace, target = (str(tmp_path / n) for n in ("plots.gpkg", "sxgeo.toml", "out"))
    code = main(["dossier", plots, "--workspace", workspace, "-o", target])
    assert code == 3
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_day_that_does_not_exist_is_refused(tmp_path, capsys):
    office(tmp_path)
    file = tmp_path / "sxgeo.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("11-25", "11-31"), encoding="utf-8")
    assert main(["check", str(tmp_path / "plots.gpkg"), "--workspace", str(file)]) == 3
    assert "is not a day" in capsys.readouterr().err


def test_fields_of_a_filing_say_nothing_of_the_project(folder):
    report = sxgeo.check_sites(folder / "plots.gpkg", workspace=folder / "sxgeo.toml")
    assert report.receipt["parameters"]["attributes"] == {}


def test_too_many_plots_are_refused_with_the_way_out(tmp_path):
    many = [(112.6 + n / 1000, 38.3) for n in range(MOST_PLOTS + 1)]
    with pytest.raises(UsageError, match="--plots ID"):
        sxgeo.build_dossier(many)
    with pytest.raises(UsageError, match="unknown plot 'nobody'"):
        sxgeo.build_dossier(many, plots=["nobody"])


def test_nothing_to_file_is_refused(tmp_path):
    broken = gpd.GeoDataFrame({"site_id": ["S"]}, geometry=[None], crs="EPSG:4490")
    with pytest.raises(InputError):
        sxgeo.build_dossier(broken)


def test_no_file_holds_the_seven_parameters(tmp_path, capsys):
    parameters = "120.53719,-40.27183,-31.79417,0.41937,0.23719,-0.97133,1.51937"
    text = SURVEY.replace("2000国家大地坐标系", "1980西安坐标系")
    (tmp_path / "old.txt").write_text(text, encoding="utf-8")
    target = tmp_path / "out"
    told = ["--assume", f"parameters={parameters}", "--no-workspace"]
    assert main(["dossier", str(tmp_path / "old.txt"), *told, "-o", str(target)]) == 0
    said = capsys.readouterr()
    shown = said.out + said.err
    for path in target.rglob("*"):
        if path.is_file():
            shown += contents(path)
    assert [n for n in parameters.replace("-", "").split(",") if n in shown] == []
    document = docx.Document(target / DOCUMENT)
    assert any("已使用" in text for text in texts(document))


def contents(path: Path) -> str:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = [n for n in archive.namelist() if not n.endswith(".png")]
            return "\n".join(archive.read(n).decode("utf-8", "replace") for n in names)
    return "" if path.suffix == ".png" else path.read_bytes().decode("utf-8", "replace")


@pytest.mark.skipif(shutil.which("soffice") is None, reason="no LibreOffice here")
@pytest.mark.parametrize("count", [2, 6])
def test_printed_it_has_a_cover_a_first_page_and_no_empty_one(dossier, tmp_path, count):
    pdfium = pytest.importorskip("pypdfium2")
    made = dossier
    if count > 2:
        plots = [shapely.box(112.6 + n / 50, 38.3, 112.602 + n / 50, 38.302) for n in range(count)]
        made = sxgeo.build_dossier(plots)
    (tmp_path / "d.docx").write_bytes(made.files[DOCUMENT])
    command = ["soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless"]
    command += ["--convert-to", "pdf", "--outdir", str(tmp_path), str(tmp_path / "d.docx")]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    pages = [
        "".join(p.get_textpage().get_text_range().split())
        for p in pdfium.PdfDocument(tmp_path / "d.pdf")
    ]
    assert "建设项目选址论证报告" in pages[0] and "编制单位" in pages[0]
    # the first page begins and ends on one sheet
    assert pages[1].startswith("首页") and "本页供各部门核对" in pages[1]
    assert pages[2].startswith("目录")
    # a sheet that holds a picture holds the words round it too
    assert [n for n, text in enumerate(pages, 1) if len(text) < 20] == []
    assert sum("位置套合图（" in text and "比例尺1:" in text for text in pages) == count


def test_the_document_that_clears_a_secret_class_is_not_named(tmp_path, capsys):
    frame = gpd.GeoDataFrame(
        {"feature_id": ["S-1"], "name_zh": [SECRET_NAME]},
        geometry=[box(5_000, 5_000, 5_050, 5_050)],
        crs=PLANE,
    )
    frame.to_file(tmp_path / "secretfile.gpkg", engine="pyogrio")
    (tmp_path / "sxgeo.toml").write_text(
        '[[layer]]\nclass = "permanent_farmland"\nfile = "secretfile.gpkg"\nmode = "replace"\n'
        'position_accuracy_m = 0.1\nsecrecy = "秘密"\ncomplete_in = ["阳曲县"]\n'
        'complete_document = "某局密件〔2026〕9号"\n',
        encoding="utf-8",
    )
    plot = to_degrees(box(0, 0, 100, 100), PLANE)
    made = sxgeo.build_dossier(plot, workspace=tmp_path / "sxgeo.toml", project_type="industrial")
    entry = next(e for e in made.report[0].extra if e.resource_class == "permanent_farmland")
    assert entry.outcome == "clear" and "密件" in made.report.to_json()
    for name in (DATA, MAP, RECEIPT):
        told = made.files[name].decode("utf-8", "replace")
        assert "密件" not in told and SECRET_NAME not in told and "secretfile" not in told
    (tmp_path / RECEIPT).write_bytes(made.files[RECEIPT])
    assert main(["replay", str(tmp_path / RECEIPT)]) == 0
    # what is a state secret is drawn for nobody
    assert "公开" not in made.remarks[0] and "秘密" in made.remarks[0]


def test_a_plot_that_was_not_screened_is_no_part_of_what_is_not_touched():
    """One plot is clear of a class, another could not be used: nobody looked there."""
    pairs = [
        (None, SimpleNamespace(outcome=one, known_outcome="none_found", requested=True))
        for one in ("clear", "not_screened")
    ]
    assert _state(pairs[:1]) == "查过，不涉及"
    assert _state(pairs[1:]) == "未筛查"
    assert _state(pairs) == "部分地块查过不涉及，其余未筛查"


def test_a_plot_that_cannot_be_used_stands_in_the_sentence_of_every_department():
    plots = Sites((sxgeo.Site("A", shapely.Point(112.6, 38.3)), sxgeo.Site("B", None)))
    report = sxgeo.check_sites(plots)
    assert {len(_pairs(report, class_id)) for class_id in CLASS_IDS} == {2}


@pytest.fixture
def asked(monkeypatch) -> list[tuple[Sites, dict]]:
    """What the command asks of a dossier, which is not built."""
    calls = []

    def build(sites, **values):
        calls.append((sites, values))
        raise InputError("not built")

    monkeypatch.setattr("sxgeo.cli.dossier.build_dossier", build)
    return calls


def test_a_dossier_of_an_answer_asks_what_the_answer_was_asked(asked, tmp_path):
    """With the accuracy, the doubts and the project of the answer; what is typed takes their place."""
    site = sxgeo.Site(
        "甲",
        shapely.box(112.70, 38.40, 112.71, 38.41),
        name="东地块",
        accuracy_m=600.0,
        accuracy_source="default: KML on imagery that nobody named",
        problems=("guess: datum taken as CGCS2000",),
        doubtful=True,
    )
    answer = tmp_path / "sxgeo-check.json"
    attributes = {"height_m": 30, "discharge": "no", "discharge_source": "环评第12页"}
    sxgeo.check_sites(
        Sites((site,)),
        project_type="industrial",
        project_attributes=attributes,
        as_of="2026-06-01",
        classes=["heritage_sites"],
    ).save(answer)

    target = ["-o", str(tmp_path / "成果"), "--no-workspace"]
    main(["dossier", str(answer), *target])
    main(
        [
            "dossier",
            str(answer),
            *target,
            "--project-attr",
            "discharge=yes",
            "--as-of",
            "2026-11-01",
        ]
    )
    (sites, told), (_, other) = asked
    assert sites.sites == (site,)
    assert (told["project_type"], told["as_of"]) == ("industrial", "2026-06-01")
    assert told["project_attributes"] == {**attributes, "discharge": False}
    assert other["project_attributes"] == {"height_m": 30, "discharge": "yes"}
    assert other["as_of"] == "2026-11-01"


def test_an_answer_is_no_file_of_plots_and_is_not_read_otherwise_than_it_was(
    asked, tmp_path, capsys, monkeypatch
):
    answer = tmp_path / "answer.json"
    sxgeo.check_sites((112.7, 38.4), classes=["heritage_sites"]).save(answer)
    refused = pytest.raises(InputError, match="is an answer of sxgeo and no file of plots")
    with refused:
        sxgeo.read_sites(answer)
    with monkeypatch.context() as patched, refused:
        patched.setattr("sxgeo.sites.formats.vector.XML_MAX", 100)  # too large for the memory
        sxgeo.read_sites(answer)

    target = ["-o", str(tmp_path / "成果"), "--no-workspace"]
    assert main(["dossier", str(answer), *target, "--site-accuracy-m", "1"]) == UsageError.exit_code
    assert "taken as they were read" in capsys.readouterr().err
    told = json.loads(answer.read_text("utf-8"))
    told["receipt"]["user_layers"] = [{"file": "红线.gpkg"}]
    answer.write_text(json.dumps(told), "utf-8")
    assert main(["dossier", str(answer), *target]) == UsageError.exit_code
    assert "红线.gpkg" in capsys.readouterr().err
    assert asked == []
