"""Report -> chapters in the order of wording.md, as blocks that a document and a page both can
show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..geometry.projection import meridian_of
from ..model.outcomes import asked, nearest
from ..wording import (
    ARCHAEOLOGY_REMINDER,
    EFFECT_ZH,
    MEMBERSHIP_ZH,
    OUTCOME_LINE_ZH,
    REPORT_DISCLAIMER,
    USER_DATA_NOTICE,
    outcome_label,
)
from .cells import Column, Number, Table, columns_of, fact_table
from .figure import Figure, place_figure, site_figure
from .filing import land_sheet
from .sentences import (
    accuracy_words,
    area_words,
    completeness_words,
    could_become,
    doubt_words,
    finding_label,
    held_words,
    hits_of,
    law_words,
    legal_words,
    metres_words,
    place_words,
    plan_elements,
    review_words,
    told_besides,
    touch_words,
    unbound_words,
    unsaid,
    verdict_title,
)
from .tables import (
    OTHER_CONTROLS,
    THREE_LINES,
    comparison,
    county_words,
    decisive,
    entry_label,
    labels,
    laws,
    main_finding,
    materials,
    permits,
    points,
    project_words,
    reason_words,
    receipt,
    requirement_words,
    rules_on,
    said,
    site_words,
    size_words,
    sources_brief,
    usable,
)

if TYPE_CHECKING:
    from ..model.outcomes import ClassOutcome, Finding, SiteOutcome, Suggestion
    from .answer import Answer
    from .cells import Cell

TITLE = "选址冲突筛查报告"
CHAPTERS = (
    "1 项目概况",
    "2 编制依据",
    "3 位置与用地范围",
    "4 “三区三线”",
    "5 现状地类与规划用途",
    "6 太忻清单15类",
    "7 其他管控",
    "8 避让比选",
    "9 结论、需办专项手续、需补资料",
    "附图附表",
)
_NOT_CLEAR = "未筛查不等于无冲突。"
_SHOWN_POINTS = 100
_FIGURES = 20
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: level 1 is a chapter."""

    text: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; `kind` is body, lead (the sentence that counts) or small."""

    text: str
    kind: str = "body"


@dataclass(frozen=True, slots=True)
class Badge:
    """A label, the outcome behind it, and the words."""

    label: str
    code: str
    text: str
    line: str = ""


Block = Heading | Text | Badge | Table | Figure


def front(report: Answer) -> Iterator[Block]:
    """Yield what stands before the first chapter: the answer for each site, then the disclaimers in
    full.
    """
    data = report.receipt["data"]
    yield Text(
        f"时点 {report.as_of}　数据版本 {data['data_date']}（{data['sha256'][:12]}）　地块"
        f" {len(report.sites)} 个"
    )
    for outcome in report.sites:
        yield Heading(f"地块 {site_words(outcome.site)}", 2)
        yield from answer(report, outcome)

    # that users' data was used stands before the disclaimers, on the first page
    if report.receipt.get("user_layers"):
        yield Text(USER_DATA_NOTICE, "notice")
    yield Text(REPORT_DISCLAIMER, "notice")


def answer(report: Answer, outcome: SiteOutcome) -> Iterator[Block]:
    """Yield the two badges, the verdict and the sentence of a site."""
    yield from _badges(report, outcome)
    yield Text(said(report, outcome), "lead")
    for text in review_words(report, outcome):
        yield Text(text)

    # of a site that cannot be used nothing more is known, and nothing is asked
    if not outcome.site.usable:
        return
    yield Text(_known(report, outcome))
    yield Text(_unknown(report, outcome))
    if words := unsaid(report, outcome):
        yield Text(f"未给出，结论以此为条件：{'、'.join(words)}。", "small")
    for question in report.questions.get(outcome.site.site_id, ()):
        yield Text(question.text_zh)


def _badges(report: Answer, outcome: SiteOutcome) -> Iterator[Block]:
    """The badges part what is known from how much is known: neither may be read for the other."""
    known, verdict = labels(outcome)
    if outcome.site.usable:
        code = outcome.known_verdict
        yield Badge("结论（据已收录资料）", code, known, OUTCOME_LINE_ZH[code])
        yield Badge("资料完备度", "", completeness_words(report, outcome))
    yield Badge(verdict_title(report), outcome.verdict, verdict, OUTCOME_LINE_ZH[outcome.verdict])


def _known(report: Answer, outcome: SiteOutcome) -> str:
    """What is known: the resources that decide, then the nearest ones of other classes."""
    classes = asked(outcome)
    hits = [finding for _, finding in hits_of(classes)]
    besides = [finding for _, finding in told_besides(outcome)]
    words = [*_hit_words(hits), *_beside_words(besides)]

    # what is told as touched is not told once more as near
    met = {f.feature_id for f in (*hits, *besides)}
    nearest_ones = [f for e in classes if (f := nearest(e)) and f.feature_id not in met]
    if near := sorted((f.distance_m or 0.0, _near_words(f)) for f in nearest_ones):
        words.append(f"最近的已收录资源：{'、'.join(text for _, text in near[:_SHOWN])}")
    return f"已知：{'；'.join(words) or '已收录资料中未查到涉及，也无已定位的资源'}。"


def _hit_words(hits: Sequence[Finding]) -> list[str]:
    """Name the first resources that a site collides with, and say how many more there are."""
    words = [f"{touch_words(f)}（{EFFECT_ZH.get(f.effect or '', '')}）" for f in hits[:_SHOWN]]
    if len(hits) > _SHOWN:
        words.append(f"另有{len(hits) - _SHOWN}处，见第6章")
    return words


def _beside_words(besides: Sequence[Finding]) -> list[str]:
    """The same of what is touched though no rule binds it, or shares an edge."""
    words = [
        f"{touch_words(f)}（{finding_label(f)}；{unbound_words(f) or legal_words(f)}）"
        for f in besides[:_SHOWN]
    ]
    if len(besides) > _SHOWN:
        words.append(f"另有{len(besides) - _SHOWN}处涉及而无约束规则或共边，见第6章")
    return words


def _near_words(finding: Finding) -> str:
    return f"{place_words(finding)}{finding.distance_m or 0.0:,.0f}米{doubt_words(finding)}"


def _unknown(report: Answer, outcome: SiteOutcome) -> str:
    """What is not known: the classes by name."""
    told = []
    for kind in ("undetermined", "not_screened"):
        names = [
            report.classes[e.resource_class].name_zh for e in asked(outcome) if e.outcome == kind
        ]
        if names:
            told.append(f"{outcome_label(kind)}{len(names)}类：{'、'.join(names)}")

    # classes without a layer are many: they are counted here and listed in their chapter
    left = [e for e in outcome.extra if not e.requested]
    if left and report.limited_to is None:
        told.append(f"未接入资料{len(left)}类（三线及其他管控，见第4、7章）")
    return f"未知：{'；'.join(told)}。所需资料及主管部门见第9章。" if told else "未知：无。"


def chapters(report: Answer) -> Iterator[Block]:
    """Yield the chapters 1 to 9 and the annex, each begun by its heading."""
    parts = (
        _project,
        _basis,
        _place,
        _three_lines,
        _land_use,
        _fifteen,
        _other,
        _choice,
        _conclusion,
        _annex,
    )
    for title, part in zip(CHAPTERS, parts, strict=True):
        yield Heading(title)
        yield from part(report)


def _project(report: Answer) -> Iterator[Block]:
    files = list(dict.fromkeys(o.site.file for o in report.sites if o.site.file))
    limited = report.limited_to
    rows = [
        ("地块", "、".join(site_words(o.site) for o in report.sites)),
        ("地块文件", "、".join(files) or "（无）"),
    ]
    rows += project_words(report)

    # a reader must not take a part for the whole
    if limited is not None:
        rows.append(("筛查范围", f"限定为{'、'.join(report.classes[c].name_zh for c in limited)}"))
    yield fact_table(rows)


def _basis(report: Answer) -> Iterator[Block]:
    yield Heading("2.1 法规", 2)
    yield laws(report)
    yield Heading("2.2 规划", 2)
    yield Text(
        "《太忻一体化经济区重要资源保护清单（试行）》（类别与数量据公开发布；官方名录及矢量边界未公开）。"
    )
    yield from _plans(report)
    yield Heading("2.3 数据版本", 2)
    data, versions = report.receipt["data"], report.receipt["versions"]
    yield fact_table(
        [
            ("时点", f"{report.as_of}（规则按此日有效版本取用）"),
            ("数据包", f"{data['data_date']}，SHA-256 {data['sha256']}"),
            ("规则表", f"SHA-256 {report.receipt['rules_sha256']}"),
            ("软件", "，".join(f"{name} {version}" for name, version in versions.items())),
        ]
    )


def _plans(report: Answer) -> Iterator[Block]:
    """Yield what the plans say of the counties of the sites, each element once; nothing where none
    is held.
    """
    elements = {e["element_id"]: e for o in usable(report) for e in plan_elements(report, o)}
    columns = columns_of(("规划", 26), ("章节", 16), ("内容", 44))
    rows = tuple(
        (e["plan"], e["chapter"], f"{e['name_zh']}：{e['says_zh']}") for e in elements.values()
    )
    if rows:
        yield Table("", "规划中提到所在县（市、区）的内容", columns, rows)


def _place(report: Answer) -> Iterator[Block]:
    for outcome in report.sites:
        yield Heading(f"地块 {site_words(outcome.site)}", 2)

        # a plot that cannot be used has no place, and says why in its stead
        if not outcome.site.usable:
            yield Text(said(report, outcome))
            continue
        yield fact_table(_place_rows(report, outcome))
        table = points(report, outcome).without("地块编号", "坐标系", "中央子午线（°）")

        # a plot of thousands of points would fill the report: the workbook has them all
        if len(table.rows) > _SHOWN_POINTS:
            note = (
                f"界址点共{len(table.rows)}个，此处列前{_SHOWN_POINTS}个；全部见工作簿“界址点”表。"
            )
            table = replace(
                table,
                rows=table.rows[:_SHOWN_POINTS],
                notes=(*table.notes, note),
            )
        yield replace(table, heading="界址点表")


def _place_rows(report: Answer, outcome: SiteOutcome) -> list[tuple[str, str]]:
    site, crs = outcome.site, outcome.crs or ""
    rows = [
        ("所在县（市、区）", county_words(report, outcome)),
        (
            "坐标系",
            f"2000国家大地坐标系（CGCS2000），{crs}，3°带，中央子午线{meridian_of(crs)}°，Y不加带号",
        ),
    ]
    if outcome.area_m2:
        ellipsoid = area_words(outcome.area_ellipsoid_m2 or 0.0)
        plane = f"投影面积（3°带，中央子午线{meridian_of(crs)}°）"
        rows += [(plane, area_words(outcome.area_m2)), ("椭球面积", ellipsoid)]
    else:
        rows.append(("图形", size_words(outcome)))
    rows.append(("地块精度", f"±{site.accuracy_m:g} 米（{accuracy_words(site.accuracy_source)}）"))
    rows += [("读取说明", text) for text in (*site.problems, *site.notes)]
    return rows


def _brief(
    report: Answer,
    pairs: Sequence[tuple[SiteOutcome, ClassOutcome]],
    *,
    with_site: bool,
) -> Table:
    """The classes in the width of a portrait page."""
    rows = []
    numbers: Counter[str] = Counter()
    for outcome, entry in pairs:
        # classes are numbered anew for each plot
        numbers[outcome.site.site_id] += 1
        rows.append(_brief_row(report, outcome, entry, numbers[outcome.site.site_id]))
    columns = _brief_columns(verdict_title(report))
    table = Table("", "", columns, tuple(rows), empty=f"未筛查。{_NOT_CLEAR}")
    return table if with_site else table.without("地块")


def _brief_columns(verdict: str) -> tuple[Column, ...]:
    return columns_of(
        ("地块", 8),
        ("序号", 7),
        ("类别", 14),
        (verdict, 13),
        ("资料完备度", 19),
        ("主要资源", 22),
        ("说明", 22),
    )


def _brief_row(
    report: Answer,
    outcome: SiteOutcome,
    entry: ClassOutcome,
    number: int,
) -> tuple[Cell, ...]:
    spec, finding = report.classes[entry.resource_class], main_finding(entry)
    return (
        outcome.site.site_id,
        Number(number),
        spec.name_zh,
        entry_label(entry),
        held_words(spec, entry, report.with_polygon.get(entry.resource_class, 0)),
        _where_words(finding) if finding else None,
        reason_words(outcome, entry),
    )


def _where_words(finding: Finding) -> str:
    name = f"{place_words(finding)}（{MEMBERSHIP_ZH.get(finding.membership, finding.membership)}）"
    if finding.distance_m is None:
        return f"{name}，未定位"
    doubt = f"，误差±{finding.uncertainty_m:,.0f}米" if finding.uncertainty_m is not None else ""
    return f"{name}，距{finding.distance_m:,.0f}米{doubt}"


def _extra(
    report: Answer,
    ids: Sequence[str],
    what: str,
) -> Iterator[Block]:
    pairs = _extra_pairs(report, ids)
    open_ones = [e for _, e in pairs if not e.requested]

    # nothing was looked at: the words must not be taken for nothing found
    if len(open_ones) == len(pairs):
        yield Text(f"未筛查：未接入{what}资料。{_NOT_CLEAR}")

    # one table for all sites, then the details of each
    held = [(o, e) for o, e in pairs if e.requested]
    if held:
        yield _brief(report, held, with_site=len(usable(report)) > 1)
    for outcome in usable(report):
        yield from _details(report, outcome, [e for o, e in pairs if o is outcome])
    if open_ones:
        yield _missing(report, open_ones)


def _extra_pairs(report: Answer, ids: Sequence[str]) -> list[tuple[SiteOutcome, ClassOutcome]]:
    """Return the answers of some of the further classes, each with its site."""
    return [(o, e) for o in usable(report) for e in o.extra if e.resource_class in ids]


def _missing(report: Answer, open_ones: Sequence[ClassOutcome]) -> Table:
    """Name the material of each class without data; it serves all sites: one row a class."""
    columns = columns_of(
        ("类别", 16),
        (verdict_title(report), 12),
        ("需补资料", 24),
        ("主管部门", 18),
        ("能改变哪条结论", 30),
    )
    rows = {}
    for entry in open_ones:
        spec = report.classes[entry.resource_class]
        change = could_become(entry, rules_on(report.as_of))
        rows[spec.id] = (spec.name_zh, entry_label(entry), spec.material_zh, spec.keeper_zh, change)
    return Table("", "", columns, tuple(rows.values()))


def _three_lines(report: Answer) -> Iterator[Block]:
    yield from _extra(report, THREE_LINES, "生态保护红线、永久基本农田、城镇开发边界")


def _other(report: Answer) -> Iterator[Block]:
    yield from _extra(report, OTHER_CONTROLS, "压覆矿产、采空区、地质灾害、河湖、交通等")


def _land_use(report: Answer) -> Iterator[Block]:
    if report.land:
        yield from (land_sheet(report, role) for role in report.land)
        return
    yield Text(f"未筛查：未接入国土变更调查现状地类与国土空间规划用途资料。{_NOT_CLEAR}")


def _fifteen(report: Answer) -> Iterator[Block]:
    if not usable(report):
        yield Text("未筛查：没有可用地块。")
    for outcome in usable(report):
        yield Heading(f"地块 {site_words(outcome.site)}", 2)
        yield _brief(report, [(outcome, e) for e in outcome.screening], with_site=False)
        yield from _details(report, outcome, outcome.screening)


def _details(
    report: Answer,
    outcome: SiteOutcome,
    entries: Sequence[ClassOutcome],
) -> Iterator[Block]:
    """Yield the findings that decide: amount, margin, law and requirement."""
    columns = columns_of(
        ("资源及分区", 17),
        ("判定", 13),
        ("压占或距离", 20),
        ("余量与误差", 19),
        ("条款及管控要求", 35),
    )
    rows = tuple(
        _detail(report, outcome, e, f) for e in entries if e.requested for f in decisive(e)
    )
    if rows:
        note = "同一资源受多条规则约束时逐条列出，面积不得相加。"
        heading = "压占与不满足规定距离明细"
        yield Table("", heading, columns, rows, (note,))


def _detail(
    report: Answer,
    outcome: SiteOutcome,
    entry: ClassOutcome,
    f: Finding,
) -> tuple[Cell, ...]:
    if f.overlap_m2:
        amount = f"压占{area_words(f.overlap_m2)}，占{f.overlap_share:.1%}"
    elif f.overlap_length_m:
        amount = f"线路在内{f.overlap_length_m:,.1f}米"
    elif f.distance_m:
        amount = f"距{f.distance_m:,.0f}米，规定{f.required_m:g}米"
    else:
        amount = touch_words(f).removeprefix("地块")

    # without a position there is no margin, and none is made up
    margin = "—"
    if f.margin_m is not None and f.uncertainty_m is not None:
        margin = f"余量{metres_words(f.margin_m)}米，合成误差±{metres_words(f.uncertainty_m)}米"
        if f.flip_distance_m is not None:
            margin += f"；边界移动{metres_words(f.flip_distance_m)}米，结论将改变"
    effect = EFFECT_ZH.get(f.effect or "", "无规则")
    law = f"{law_words(f)}（{effect}）：{requirement_words(f)}"
    name = f"{place_words(f)}（{report.classes[entry.resource_class].name_zh}，{f.feature_id}）"
    return name, finding_label(f), amount, margin, law


def _choice(report: Answer) -> Iterator[Block]:
    if len(usable(report)) > 1:
        yield comparison(report)
    else:
        yield Text("未筛查：只有一个可用地块，未作方案比选。")
    if report.suggestions:
        yield from _suggested(report)
    else:
        yield Text("避让参考方案：未筛查（本次未计算）。")


def _suggested(report: Answer) -> Iterator[Block]:
    """Yield the smallest move and trim of each site: a reference, not a design."""
    columns = columns_of(
        ("地块", 12), ("须避让的资源", 24), ("平移", 24), ("裁减", 24), ("不能以避让解决", 24)
    )
    rows = []
    for outcome in usable(report):
        found = report.suggestions.get(outcome.site.site_id)
        if found is not None:
            rows.append((site_words(outcome.site), *_suggestion_cells(outcome, found)))
    notes = (
        (
            "避让参考方案只避开据已收录资料满足的禁止性规则，余量不小于合成误差；须专项审批的规则、"
            "待核实和未筛查的类别仍然有效。"
        ),
        (
            "平移指整体移动的最短距离，裁减指去除压占部分后最大的一块；均为几何结果，"
            "所列距离为推算，非法定距离，未考虑地形、权属和用途，不是设计方案。"
        ),
    )
    yield Table("", "避让参考方案", columns, tuple(rows), notes)


def _suggestion_cells(outcome: SiteOutcome, found: Suggestion) -> tuple[Cell, ...]:
    open_ones = "、".join(found.unsettled) or None
    if not found.obstacles:
        return "未满足禁止性规则，无须避让", None, None, open_ones

    # nothing found says how far was looked: further away there may be a place
    move = f"{found.max_distance_m:,.0f}米内没有可避让的位置"
    if found.move is not None:
        move = f"向方位角{found.move.azimuth_deg:.1f}°移动{found.move.distance_m:,.1f}米"
    if found.trimmed is None:
        trim = "裁减后无剩余" if outcome.area_m2 else "线、点地块不作裁减"
    else:
        lost = area_words(found.lost_m2 or 0.0)
        trim = f"减少{lost}，占{found.lost_share or 0.0:.1%}"
    return "、".join(found.obstacles), move, trim, open_ones


def _conclusion(report: Answer) -> Iterator[Block]:
    for outcome in report.sites:
        yield Heading(f"地块 {site_words(outcome.site)}", 2)
        yield Text(f"{labels(outcome)[1]}。{said(report, outcome)}", "lead")
        if outcome.site.usable:
            yield permits(report, outcome)
            yield materials(report, outcome, with_extra=False).without("地块编号", "资料完备度")

    # classes without any data are named once for all plots, in their own chapters
    if any(not e.requested for o in usable(report) for e in o.extra) and report.limited_to is None:
        yield Text("“三区三线”及其他管控中未接入资料的类别，需补资料见第4、7章。")
    yield Text(ARCHAEOLOGY_REMINDER)


def _annex(report: Answer) -> Iterator[Block]:
    place = place_figure(report)
    if place is None:
        yield Text("附图：未绘制，没有可用地块。")
    else:
        yield place
    for outcome in usable(report)[:_FIGURES]:
        # points have no boundary to number
        if (figure := site_figure(outcome)) is not None:
            yield figure
    if len(usable(report)) > _FIGURES:
        yield Text(f"界址点示意图只绘前{_FIGURES}个地块。", "small")
    yield sources_brief(report)
    yield receipt(report)
