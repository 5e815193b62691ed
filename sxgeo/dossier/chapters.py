"""The text of a dossier: cover, first page and the chapters of the outline, as blocks of a
document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..geometry.projection import meridian_of
from ..model.outcomes import asked
from ..reports.cells import Table, columns_of, fact_table
from ..reports.chapters import Heading, Text
from ..reports.docx import Cover, NewPage, Picture
from ..reports.filing import land_sheet
from ..reports.sentences import area_words, place_words
from ..reports.tables import (
    decisive,
    entry_label,
    labels,
    laws,
    permits,
    project_words,
    site_words,
    size_words,
    usable,
)
from ..wording import ARCHAEOLOGY_REMINDER, REPORT_DISCLAIMER, SUBZONE_ZH, USER_DATA_NOTICE
from .alternatives import alternatives
from .blanks import COMPILER, OWNER
from .chinese import chinese
from .departments import first_page, verdict_lines
from .distances import distance_table
from .lists import (
    attachments,
    by_plot,
    consents,
    gathered_materials,
    gathered_procedures,
    named,
    points_with_prefix,
)
from .outline import SITING, TEMPLATES, rests_table
from .overlaps import overlap_sheets, taken_words
from .totals import total_table

if TYPE_CHECKING:
    from ..layers.layers import Layer
    from ..model.outcomes import ClassOutcome, SiteOutcome
    from ..reports.cells import Cell
    from ..reports.chapters import Block
    from ..reports.docx import Paper
    from ..reports.report import Report
    from .blanks import Blanks

_SHOWN_POINTS = 60
_LEADS = 2
_NAMED = 6
_HISTORY = (
    "world_heritage",
    "heritage_sites",
    "great_wall",
    "historic_cities",
    "historic_districts",
    "historic_towns",
    "historic_villages",
    "industrial_heritage",
)
_NATURE = (
    "protected_areas",
    "forest_grade1",
    "wetlands",
    "scenic_areas",
    "public_welfare_forest",
    "forest_land",
    "old_trees",
    "water_sources",
    "karst_springs",
    "groundwater_overdraft",
    "river_management",
    "environment_units",
)
_MINERALS = ("mineral_overlay", "goaf")
_SAFETY = ("geohazard", "pipelines", "power_lines", "sensitive_places", "water_supply_works")
_FACILITIES = (
    "airports",
    "railway_strip",
    "road_strip",
    "village_roads",
    "weather_stations",
    "earthquake_stations",
    "air_stations",
    "water_sections",
)
_NEAREST = ("protected_areas", "wetlands", "scenic_areas", "water_sources", "river_management")
_SITING = "2 建设项目选址可行性"
_SENSITIVE: tuple[tuple[str, tuple[str, ...], tuple[str, ...], str], ...] = (
    ("2.5.1 历史保护情况", _HISTORY, _HISTORY, "文物和历史文化资源"),
    ("2.5.2 生态保护情况", _NATURE, _NEAREST, "自然保护地、湿地、水体"),
    ("2.5.3 矿产资源情况", _MINERALS, (), ""),
    ("2.5.4 安全防护情况", _SAFETY, (), ""),
    ("2.5.5 重要设施影响情况", _FACILITIES, (), ""),
)
"""Parts of the outline with their classes, those whose nearest records are told, and what these
are.
"""
_COVER = (
    ("申请单位", "applicant", OWNER),
    ("编制单位", "compiler", COMPILER),
    ("资质等级", "qualification", COMPILER),
    ("证书编号", "certificate", COMPILER),
    ("编　　制", "compiled_by", COMPILER),
    ("校　　核", "checked_by", COMPILER),
    ("审　　核", "reviewer", COMPILER),
    ("编制日期", "date", COMPILER),
    ("版　　本", "version", COMPILER),
)
"""Lines of the cover with their fields and who fills them in."""
_PLANS = (
    ("3.3 与国土空间总体规划的符合性", "spatial_plan"),
    ("3.4 与专项规划的符合性", "special_plans"),
    ("3.5 与其他相关规划的符合性", "other_plans"),
    ("3.6 （过渡期内）与城乡总体规划的符合性", "transition_plan"),
)
_SYNOPSIS = (
    ("合法合规性", "相关法律法规、政策文件", "industry_policy"),
    ("合法合规性", "永久基本农田", "permanent_farmland"),
    ("合法合规性", "生态保护红线", "ecological_redline"),
    ("合法合规性", "城镇开发边界", "urban_boundary"),
    ("合法合规性", "国土空间总体规划", "spatial_plan"),
    ("合法合规性", "专项规划", "special_plans"),
    ("合法合规性", "其他相关规划", "other_plans"),
    ("选址合理性", "环境影响", "environment_impact"),
    ("选址合理性", "压覆矿产资源", "mineral_overlay"),
    ("选址合理性", "地质灾害", "geohazard"),
    ("选址合理性", "社会稳定影响", "social_stability"),
    ("选址合理性", "节能", "energy_saving"),
    ("节约集约用地", "功能分区", "zoning"),
    ("节约集约用地", "用地规模", "land_standard"),
    ("节约集约用地", "节地水平", "land_saving"),
)
"""Rows of 表6-1: what is argued, and the class that was screened for it or the field in which it is
written.
"""


@dataclass(frozen=True, slots=True)
class Material:
    """What the chapters are written from.

    Attributes
    ----------
    report
        The answer as the office knows it, secret names included: the document is its own.
    layers
        Every layer of the question, for distances to what the answer does not tell.
    pictures
        The situation map of each plot by its id; a plot without one has the reason in `unmapped`.
    files
        Name and content of every file of the dossier, for the list of attachments.
    receipt_hash
        Of the receipt, by which the dossier is replayed.
    """

    report: Report
    layers: Sequence[Layer]
    blanks: Blanks
    pictures: Mapping[str, Picture]
    unmapped: Mapping[str, str]
    files: Sequence[tuple[str, str]]
    receipt_hash: str


def document(material: Material) -> Iterator[Block | Paper]:
    """Yield the whole document: cover, first page, contents, chapters 1 to 8 and the annexes."""
    yield from _cover(material)
    yield from _first(material)
    body: list[Block | Paper] = []
    for title, write in _CHAPTERS:
        body.append(Heading(title))
        body += write(material)
    yield NewPage()
    yield from _contents(material)
    yield NewPage()
    yield from body
    yield from _annexes(material)


def title_of(template: str = SITING) -> str:
    """Return the title of a dossier."""
    return f"建设项目{TEMPLATES[template]}"


def _cover(material: Material) -> Iterator[Block | Paper]:
    blanks = material.blanks
    lines = [(title, blanks.value(key, who=who)) for title, key, who in _COVER]
    subject = blanks.value("name", who=OWNER)

    # The project code only where it was given: most applicants have none yet.
    code = blanks.filing.get("code")
    if code:
        lines.insert(0, ("项目代码", code))
    yield Cover(title_of(), subject, tuple(lines))
    yield NewPage()


def _first(material: Material) -> Iterator[Block | Paper]:
    """The first page: what each department must know, in one sentence."""
    report = material.report
    yield Heading("首页　各部门意见要点")

    # Areas of all plots, or a word for plots that have none.
    area_m2 = sum(o.area_m2 or 0.0 for o in usable(report))
    name = material.blanks.filing.get("name") or "【待填：项目名称】"
    yield Text(
        f"{name}；地块{len(report.sites)}个，面积{area_words(area_m2) if area_m2 else '（线、点）'}；"
        f"判定时点{report.as_of}。"
    )
    yield from _leads(list(verdict_lines(report)))
    yield first_page(report)
    yield Text("本页供各部门核对，不替代书面意见；依据、面积和距离见正文及附表。", "small")


def _leads(lines: Sequence[tuple[str, str, str]]) -> Iterator[Text]:
    """Tell a few plots one by one; of more the plots of which the same is said in one line: the
    page is one page, however many they are.
    """
    if len(lines) <= _LEADS:
        for plot, area, verdict in lines:
            yield Text(f"{plot}：{'' if len(lines) == 1 else f'{area}；'}{verdict}", "lead")
        return
    by_words: dict[str, list[str]] = {}
    for plot, _, verdict in lines:
        by_words.setdefault(verdict, []).append(plot)
    for verdict, plots in list(by_words.items())[:_LEADS]:
        more = f"等{len(plots)}个" if len(plots) > _NAMED else ""
        yield Text(f"{'、'.join(plots[:_NAMED])}{more}：{verdict}", "lead")
    yield Text("各地块的面积和判定见附表“地块一览”。", "small")


def _contents(material: Material) -> Iterator[Block | Paper]:
    yield Heading("目　录")
    for title, _ in _CHAPTERS:
        yield Text(title)
    for title in ("附表1 待填事项清单", "附表2 提纲依据", "附表3 回执"):
        yield Text(title)


def _overview(material: Material) -> Iterator[Block | Paper]:
    report, blanks = material.report, material.blanks
    here = "1 项目概况"
    yield Heading("1.1 项目背景", 2)
    yield blanks.text(here, "background", who=OWNER)
    yield Heading("1.2 项目建设必要性", 2)
    yield blanks.text(here, "necessity", who=OWNER)
    yield Heading("1.3 区域概况", 2)
    yield Text(f"项目位于{_places(report)}。")
    yield blanks.text(here, "region")
    yield Heading("1.4 建设内容", 2)
    yield fact_table(project_words(report))
    yield blanks.text(here, "content", who=OWNER)
    yield blanks.text(here, "standard", who=OWNER)
    yield from _method(material, here)


def _places(report: Report) -> str:
    """The counties of all plots, each once, in their order."""
    places = [p for o in usable(report) for p in report.counties.get(o.site.site_id, ())]
    return "、".join(dict.fromkeys(places)) or "图幅资料以外"


def _method(material: Material, here: str) -> Iterator[Block | Paper]:
    """What the argument rests on, and how it was come to."""
    blanks = material.blanks
    yield Heading("1.5 论证依据", 2)
    yield laws(material.report)
    yield blanks.text(here, "plan_basis")
    yield Heading("1.6 论证原则", 2)
    yield blanks.text(here, "principles")
    yield Heading("1.7 技术路线", 2)

    # The method is stated as it is, the caveat with it.
    yield Text(
        "将地块界址点展绘到2000国家大地坐标系3°带平面，与所列资料逐一套合：量算压占面积和距离，"
        "计入地块、资料和坐标转换的误差，按判定时点有效的条款判定；资料未声明完整的类别不判“未发现冲突”。"
    )


def _feasibility(material: Material) -> Iterator[Block | Paper]:
    report, blanks = material.report, material.blanks
    here = _SITING
    yield Heading("2.1 建设项目选址原则", 2)
    yield blanks.text(here, "site_principles")
    yield Heading("2.2 项目备选方案情况", 2)

    # A comparison needs two; where only one was given the outline keeps its blank.
    if len(usable(report)) < 2:
        yield blanks.named(here, "备选方案（只给出一个地块；可在同一文件中给出两个以上方案）")
    for outcome in report.sites:
        yield from _plot(material, outcome)
    yield Heading("2.3 场地自然条件", 2)
    yield blanks.text(here, "natural_conditions")
    yield Heading("2.4 项目外部配套条件", 2)
    yield blanks.text(here, "infrastructure")
    yield from _conditions(material)


def _conditions(material: Material) -> Iterator[Block | Paper]:
    """What bears on the choice, and the choice."""
    blanks = material.blanks
    yield Heading("2.5 选址敏感条件", 2)
    yield from _sensitive(material)
    yield Heading("2.6 施工运营条件", 2)
    yield blanks.text(_SITING, "operation", who=OWNER)
    yield Heading("2.7 规划影响条件", 2)
    yield from _land(material, "planned_use", _SITING)
    yield Heading("2.8 项目选址征求意见情况", 2)
    yield blanks.text(_SITING, "opinions")
    yield consents(material.report)
    yield Heading("2.9 方案比选", 2)
    yield from _choice(material)


def _plot(material: Material, outcome: SiteOutcome) -> Iterator[Block | Paper]:
    """One plot: where it lies, how large it is, its land, its points and its map."""
    name = site_words(outcome.site)
    yield Heading(f"地块 {name}", 3)

    # A plot that cannot be used is said to be so; its chapter must not look finished.
    if not outcome.site.usable:
        yield Text(f"地块不可用，未作筛查：{'；'.join(map(chinese, outcome.site.problems))}。")
        return
    yield fact_table(list(_plot_facts(material.report, outcome)))
    yield replace(_corners(material.report, outcome), heading=f"界址点坐标表（{name}）")

    # A plot without a map has a blank in its place, with the reason.
    picture = material.pictures.get(outcome.site.site_id)
    if picture is not None:
        yield NewPage()
        yield picture
    else:
        why = material.unmapped.get(outcome.site.site_id, "未绘")
        yield material.blanks.named(_SITING, f"位置套合图（{name}）：{why}")


def _plot_facts(report: Report, outcome: SiteOutcome) -> Iterator[tuple[str, str]]:
    """Yield where a plot lies, how large it is, and how it was read."""
    site = outcome.site
    yield "所在县（市、区）", "、".join(report.counties.get(site.site_id, ())) or "—"
    degrees = meridian_of(outcome.crs or "")
    yield "坐标系", f"2000国家大地坐标系，3°带{degrees // 3}带，中央子午线{degrees}°"

    yield from _size_facts(outcome)
    for text in dict.fromkeys(map(chinese, site.problems)):
        yield "读取说明", text

    # The parameters are secret: their hash alone shows which were used.
    for entry in report.receipt["inputs"]:
        if entry.get("parameters") and entry.get("file") == site.file:
            yield "坐标转换", f"七参数{_hash_words(entry['parameters'])}"


def _size_facts(outcome: SiteOutcome) -> Iterator[tuple[str, str]]:
    """Lines and points have no area, and none is made up."""
    if outcome.area_m2:
        yield "投影面积", area_words(outcome.area_m2)
        yield "椭球面积", area_words(outcome.area_ellipsoid_m2 or 0.0)
    else:
        yield "图形", size_words(outcome)


def _corners(report: Report, outcome: SiteOutcome) -> Table:
    """The boundary points of a plot; of a long list the document shows the head and says so."""
    table = points_with_prefix(replace(report, sites=(outcome,)))
    table = table.without("地块编号", "坐标系", "中央子午线（°）")
    count = len(table.rows)
    if count <= _SHOWN_POINTS:
        return table
    note = f"界址点共{count}个，此处列前{_SHOWN_POINTS}个，全部见附表工作簿“界址点”。"
    return replace(
        table,
        rows=table.rows[:_SHOWN_POINTS],
        notes=(*table.notes, note),
    )


def _hash_words(told: str) -> str:
    """Say that parameters were used, and their hash, in Chinese alone."""
    return f"已使用，散列 {told.rpartition(' ')[2]}"


def _sensitive(material: Material) -> Iterator[Block | Paper]:
    report = material.report

    # The order and the titles are those of the outline; distances stand where it asks for them.
    for title, ids, near_ids, what in _SENSITIVE:
        yield Heading(title, 3)
        yield _classes(report, ids)
        if near_ids:
            near = [layer for layer in material.layers if layer.spec.id in near_ids]
            yield distance_table(report, near, what)

    # Farmland by land use and by control line: two sources that need not agree.
    yield Heading("2.5.6 占用耕地和永久基本农田情况", 3)
    yield from _land(material, "land_use", _SITING)
    yield _classes(report, ("permanent_farmland",))
    yield Heading("2.5.7 占用生态保护红线情况", 3)
    yield _classes(report, ("ecological_redline",))


def _classes(report: Report, ids: Sequence[str]) -> Table:
    """The classes of a part: outcome, what decides, why."""
    columns = columns_of(
        ("类别", 18),
        ("判定", 26),
        ("涉及的对象", 46),
        ("分区", 18),
    )
    rows = tuple(_class_row(report, class_id) for class_id in ids)
    return Table("", "", columns, rows, empty="没有可用地块。")


def _class_row(report: Report, class_id: str) -> tuple[Cell, ...]:
    """One class: the same words for several plots stand once, with the names of the plots."""
    told: tuple[dict[str, list[str]], ...] = ({}, {}, {})
    for outcome in usable(report):
        words = _class_words(report, outcome, _entry(outcome, class_id))
        for by_words, word in zip(told, words, strict=True):
            by_words.setdefault(word, []).append(site_words(outcome.site))
    return (report.classes[class_id].name_zh, *map(by_plot, told))


def _entry(outcome: SiteOutcome, class_id: str) -> ClassOutcome:
    return next(e for e in (*outcome.screening, *outcome.extra) if e.resource_class == class_id)


def _class_words(
    report: Report,
    outcome: SiteOutcome,
    entry: ClassOutcome,
) -> tuple[str, str, str]:
    """What is said of a class and a plot: outcome, what is taken, in which zones."""
    zones = dict.fromkeys(SUBZONE_ZH.get(f.subzone or "", "") for f in decisive(entry))
    return (
        entry_label(entry),
        taken_words(report, outcome, entry) or "—",
        "、".join(zone for zone in zones if zone) or "—",
    )


def _land(
    material: Material,
    role: str,
    chapter: str,
) -> Iterator[Block | Paper]:
    """Land classes of the plots, or the blank where no layer of them was given."""
    if role in material.report.land:
        yield named(material.report, land_sheet(material.report, role))
        return
    what = "现状地类（国土变更调查）" if role == "land_use" else "规划用途（国土空间规划）"
    yield material.blanks.named(chapter, f"{what}，未接入资料，未筛查")


def _choice(material: Material) -> Iterator[Block | Paper]:
    """The comparison, and who is to say why."""
    tables = alternatives(material.report, material.layers)
    if not tables:
        yield material.blanks.named(_SITING, "方案比选（须给出两个以上方案）")
    yield from tables
    yield Heading("推荐方案情况", 3)
    yield material.blanks.text(_SITING, "recommended")
    yield material.blanks.text(_SITING, "choice_reason")


def _compliance(material: Material) -> Iterator[Block | Paper]:
    report, blanks = material.report, material.blanks
    here = "3 建设项目合法合规性分析"
    yield Heading("3.1 与相关法律法规、政策文件的符合性", 2)

    # What must be applied for, plot by plot.
    for outcome in usable(report):
        heading = f"涉及的审批和征求意见事项（{site_words(outcome.site)}）"
        yield replace(permits(report, outcome), heading=heading)
    yield blanks.text(here, "industry_policy")
    yield from _overlaps(report)

    # Plans are not screened: these parts are the planner's to write.
    for title, key in _PLANS:
        yield Heading(title, 2)
        yield blanks.text(here, key)
    yield Heading("3.7 合法合规性分析小结", 2)
    yield from _summaries(report)


def _overlaps(report: Report) -> Iterator[Block | Paper]:
    """Overlap tables are wide: they lie across, the rest stands."""
    yield NewPage(landscape=True)
    yield Heading("3.2 与“三线”和耕地等各类空间的协调分析", 2)
    yield from overlap_sheets(report)
    totals = total_table(report)
    if totals is not None:
        yield totals
    yield NewPage(landscape=False)


def _summaries(report: Report) -> Iterator[Block | Paper]:
    """What the answer says of each plot, without margins of what is known to a county only."""
    for outcome in report.sites:
        known, verdict = labels(outcome)
        yield Text(
            f"地块 {site_words(outcome.site)}：据已收录资料，{known}；总体判定：{verdict}。", "lead"
        )
        words = [taken_words(report, outcome, e) for e in asked(outcome)]
        told = "；".join(word for word in words if word)
        if told:
            yield Text(f"{told}。")


def _soundness(material: Material) -> Iterator[Block | Paper]:
    report, blanks = material.report, material.blanks
    here = "4 建设项目选址合理性分析"
    yield Heading("4.1 环境影响分析", 2)
    yield blanks.text(here, "environment_impact")
    yield Heading("4.2 压覆矿产资源情况分析", 2)
    yield _classes(report, _MINERALS)
    yield Text("压覆矿产资源须向自然资源主管部门查询，见需办手续表。")
    yield Heading("4.3 地质灾害影响分析", 2)
    yield _classes(report, ("geohazard",))
    yield Text("地质灾害易发区内的工程建设须作地质灾害危险性评估，见需办手续表。")
    yield Heading("4.4 社会稳定影响分析", 2)
    yield blanks.text(here, "social_stability")
    yield Heading("4.5 节能分析", 2)
    yield blanks.text(here, "energy_saving")
    yield Heading("4.6 选址合理性分析小结", 2)
    yield blanks.named(here, "选址合理性分析小结")


def _saving(material: Material) -> Iterator[Block | Paper]:
    report, blanks = material.report, material.blanks
    here = "5 建设项目节约集约用地分析"
    yield Heading("5.1 功能分区情况", 2)
    yield blanks.text(here, "zoning", who=OWNER)
    yield Heading("5.2 用地规模合理性", 2)
    for outcome in usable(report):
        # points and lines take no land that could be measured
        if outcome.area_m2:
            yield Text(f"地块 {site_words(outcome.site)} 用地{area_words(outcome.area_m2)}。")
    yield blanks.text(here, "land_standard")
    yield Heading("5.3 采用的节地技术", 2)
    yield blanks.text(here, "land_saving")
    yield Heading("5.4 案例对比情况", 2)
    yield blanks.text(here, "case_comparison")
    yield Heading("5.5 建设项目节约集约用地分析小结", 2)
    if len(usable(report)) > 1:
        yield Text("备选方案的用地规模、耕地和各控制线占用情况对比见2.9方案比选。")
    yield blanks.named(here, "节约集约用地分析小结")


def _conclusion(material: Material) -> Iterator[Block | Paper]:
    report, blanks = material.report, material.blanks
    here = "6 结论与建议"
    yield Heading("6.1 综合论证结论", 2)
    yield _synopsis(material)
    yield blanks.named(here, "综合论证结论（由编制单位据上表和各部门意见作出）")
    yield gathered_materials(report)
    yield Heading("6.2 主要建议", 2)
    yield Text(ARCHAEOLOGY_REMINDER)
    yield blanks.text(here, "suggestions")
    yield NewPage(landscape=True)
    yield gathered_procedures(report)
    yield NewPage(landscape=False)


def _synopsis(material: Material) -> Table:
    """表6-1: what was argued, and what it came to; what nobody wrote is a blank."""
    report, filing = material.report, material.blanks.filing

    def said(key: str) -> str:
        if key in report.classes:
            return _states(report, key)

        # What is not written is a blank, never a finding.
        return "见正文" if filing.get(key) else "【待填】"

    rows = tuple((group, item, said(key)) for group, item, key in _SYNOPSIS)
    columns = columns_of(("论证内容", 18), ("项目", 26), ("主要结论", 52))
    return Table("", "表6-1 综合论证一览表", columns, rows)


def _states(report: Report, class_id: str) -> str:
    words = []
    for outcome in usable(report):
        entry = _entry(outcome, class_id)
        names = [place_words(f) for f in decisive(entry) if f.outcome == "conflict"]
        told = f"（{'、'.join(dict.fromkeys(names[:2]))}）" if names else ""
        words.append(f"{site_words(outcome.site)}：{entry_label(entry)}{told}")
    return "；".join(words)


def _attachments(material: Material) -> Iterator[Block | Paper]:
    yield attachments(material.files)


def _figures(material: Material) -> Iterator[Block | Paper]:
    here = "8 附图"
    for name, what in material.files:
        if name.endswith(".png"):
            yield Text(f"{what}（{name}）")
    for what in ("功能分区图", "项目方案与国土空间规划对接图", "选址实地照片"):
        yield material.blanks.named(here, what)


_CHAPTERS: tuple[tuple[str, Callable[[Material], Iterator[Block | Paper]]], ...] = (
    ("1 项目概况", _overview),
    ("2 建设项目选址可行性", _feasibility),
    ("3 建设项目合法合规性分析", _compliance),
    ("4 建设项目选址合理性分析", _soundness),
    ("5 建设项目节约集约用地分析", _saving),
    ("6 结论与建议", _conclusion),
    ("7 附件", _attachments),
    ("8 附图", _figures),
)


def _annexes(material: Material) -> Iterator[Block | Paper]:
    """Blanks, outlines and the receipt's hash: what a department does not read stands last."""
    yield NewPage()
    yield Heading("附表1 待填事项清单")
    yield replace(material.blanks.table(), heading="")
    yield Heading("附表2 提纲依据")
    yield replace(rests_table(), heading="")
    yield Heading("附表3 回执")
    yield Text(
        f"校验码 {material.receipt_hash[:16]}。本成果由“回执.json”复算：校验码为该文件 SHA-256 的前16位，"
        "用同一版本软件和同样的资料，sxgeo replay 回执.json 得到逐字节相同的结果。"
    )
    if material.report.receipt.get("user_layers"):
        yield Text(USER_DATA_NOTICE, "notice")
    yield Text(REPORT_DISCLAIMER, "notice")
