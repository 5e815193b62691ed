"""Report -> plain tables with Chinese headings: what workbook, document and page have in common."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import shapely

from ..catalog import load_catalog
from ..geometry.projection import meridian_of, to_plane
from ..geometry.straight import laid_on_plane
from ..layers.classes import EXTRA_CLASS_IDS
from ..layers.rules import load_rules
from ..model.outcomes import asked, gravest_per_feature, known_effect, nearest
from ..model.questions import item_zh
from ..wording import (
    APPROVAL_ZH,
    EFFECT_ZH,
    GEOMETRY_ZH,
    MEMBERSHIP_ZH,
    PROJECT_TYPES,
    outcome_label,
)
from .batch_table import next_documents
from .cells import Column, Number, Table, area_cells, columns_of, metres
from .secrecy import WITHHELD
from .sentences import (
    ELSEWHERE,
    accuracy_words,
    building_words,
    certificate_words,
    class_label,
    completeness_words,
    could_become,
    finding_label,
    headline,
    held_words,
    if_words,
    law_words,
    legal_words,
    place_words,
    review_words,
    settled,
    unbound_words,
    verdict_title,
    zone_words,
)

if TYPE_CHECKING:
    from ..geometry.shapes import Shape
    from ..layers.classes import ClassSpec
    from ..layers.rules import Rule
    from ..model.outcomes import ClassOutcome, Finding, RuleUnion, SiteOutcome
    from ..model.sites import Site
    from .answer import Answer
    from .cells import Cell

THREE_LINES = EXTRA_CLASS_IDS[:3]
OTHER_CONTROLS = EXTRA_CLASS_IDS[3:]
NOT_ASKED = "本次未要求筛查"
UNUSABLE = "地块不可用，未作筛查"


def county_words(report: Answer, outcome: SiteOutcome) -> str:
    """Name the counties that a site touches."""
    return "、".join(report.counties.get(outcome.site.site_id, ())) or ELSEWHERE


def site_words(site: Site) -> str:
    """Name a site by its id and its name."""
    return f"{site.site_id} {site.name}".strip()


def said(report: Answer, outcome: SiteOutcome) -> str:
    """Say the verdict of a site in a sentence, also of one that cannot be used."""
    return (
        headline(report, outcome)
        if outcome.site.usable
        else f"{UNUSABLE}：{'；'.join(outcome.site.problems)}"
    )


def labels(outcome: SiteOutcome) -> tuple[str, str]:
    """Return the labels of what is known and of the verdict."""
    if not outcome.site.usable:
        return outcome_label("not_screened"), outcome_label("not_screened")
    effect = known_effect(outcome)
    return outcome_label(outcome.known_verdict, effect), outcome_label(outcome.verdict, effect)


def entry_label(entry: ClassOutcome) -> str:
    """Return the label of a class's outcome; a class that was not asked for says so."""
    # a class of which nothing is held is unscreened for that reason, asked for or not
    if not entry.requested and entry.reason_code != "nothing_held":
        return f"{outcome_label('not_screened')}（{NOT_ASKED}）"
    return class_label(entry)


def size_words(outcome: SiteOutcome) -> str:
    """Say what a site without area is; empty for a polygon."""
    shape = outcome.site.geometry
    if shape is None or outcome.area_m2:
        return ""
    if shapely.get_dimensions(shape) == 1 and outcome.crs:
        return f"线，长{laid_on_plane(shape, outcome.crs, outcome.site.crs).length:,.1f}米"
    return "点"


def usable(report: Answer) -> list[SiteOutcome]:
    """Return the sites that could be screened."""
    return [o for o in report.sites if o.site.usable]


@lru_cache(maxsize=4)
def rules_on(as_of: str) -> tuple[Rule, ...]:
    """Return the rules in force on a day."""
    return load_rules(as_of=as_of)


def summary(report: Answer) -> Table:
    """One row per site: verdicts, areas, counts and the sentence."""
    rows = tuple(
        _summary_row(report, outcome, n) for n, outcome in enumerate(report.sites, start=1)
    )
    title = verdict_title(report)
    notes = (
        f"面积为投影面积（㎡、公顷、亩，1公顷＝15亩）；结论只就已收录资料而言，{title}计入资料是否完备。",
    )
    return Table("结论汇总", "结论汇总", _summary_columns(title), rows, notes)


def _summary_columns(verdict: str) -> tuple[Column, ...]:
    return columns_of(
        ("序号", 5),
        ("地块编号", 10),
        ("名称", 14),
        ("所在县（市、区）", 11),
        ("面积（㎡）", 11),
        ("公顷", 9),
        ("亩", 9),
        ("结论（据已收录资料）", 13),
        (verdict, 13),
        ("冲突（项）", 6),
        ("涉及（项）", 6),
        ("待核实（类）", 7),
        ("未筛查（类）", 7),
        ("结论说明", 50),
        ("资料完备度", 18),
        ("备注", 16),
    )


def _summary_row(
    report: Answer,
    outcome: SiteOutcome,
    number: int,
) -> tuple[Cell, ...]:
    site = outcome.site
    return (
        Number(number),
        site.site_id,
        site.name,
        county_words(report, outcome) if site.usable else None,
        *area_cells(outcome.area_m2),
        *labels(outcome),
        *(_counts(outcome) if site.usable else [None] * 4),
        said(report, outcome),
        completeness_words(report, outcome) if site.usable else None,
        _remarks(report, outcome) or None,
    )


def _counts(outcome: SiteOutcome) -> list[Cell]:
    """Count what a site collides with and what is open; a resource under several rules counts once,
    by its gravest.
    """
    classes = asked(outcome)
    hits = [f.outcome for e in classes for f in gravest_per_feature(e)]
    states = [e.outcome for e in classes]
    return [
        *(Number(hits.count(kind)) for kind in ("conflict", "regulated")),
        *(Number(states.count(kind)) for kind in ("undetermined", "not_screened")),
    ]


def _remarks(report: Answer, outcome: SiteOutcome) -> str:
    """Join what must be known of a site besides its verdict."""
    words = (
        size_words(outcome),
        *outcome.site.problems,
        *outcome.site.notes,
        *review_words(report, outcome),
        *_question_words(report, outcome),
    )
    return "；".join(filter(None, words))


def _question_words(report: Answer, outcome: SiteOutcome) -> list[str]:
    return [question.text_zh for question in report.questions.get(outcome.site.site_id, ())]


_OVERLAP_COLUMNS = columns_of(
    ("地块编号", 9),
    ("类别", 12),
    ("资源编号", 9),
    ("资源名称及分区", 16),
    ("判定", 19),
    ("压占（㎡）", 10),
    ("公顷", 9),
    ("亩", 8),
    ("占比", 7),
    ("线长（米）", 9),
    ("距离（米）", 8),
    ("规定（米）", 7),
    ("余量（米）", 8),
    ("合成误差（米）", 8),
    ("临界移动量（米）", 8),
    ("效力", 9),
    ("条款", 19),
    ("管控要求及条件", 28),
    ("资料性质", 13),
)


def overlaps(report: Answer) -> Table:
    """One row per site, resource and rule that overlap or break a distance, then what each rule
    covers in all.
    """
    rows = [row for o in usable(report) for e in asked(o) for row in _overlap_rows(report, o, e)]
    notes = (
        "同一资源受多条规则约束时逐条列出，面积不得相加；“合计”行为同一规则下各资源的并集，不重复计算。",
        "余量＝距离（压占时为负的压占深度）－规定距离；边界移动“临界移动量”所列米数，结论将改变。",
        "面积取㎡两位、公顷四位、亩两位小数，精度另列；建（构）筑物类规则只限制布置，不构成用地冲突。",
    )
    title = "压占明细（㎡、公顷、亩、占比、条款）"
    empty = "已收录资料中未查到压占或不满足规定距离的情形。仅就已收录资料而言，不代表不存在冲突。"
    return Table("压占明细", title, _OVERLAP_COLUMNS, tuple(rows), notes, empty)


def decisive(entry: ClassOutcome) -> list[Finding]:
    """Return the findings that decide, those that overlap within the error, and what is touched
    though nothing binds it.
    """
    # what is touched without being bound, and what overlaps within the error, is told too: a reader
    # sees it on the map
    return [
        f
        for f in entry.findings
        if f.outcome in ("conflict", "regulated")
        or f.relation in ("unbound", "shared")
        or (f.relation != "missed" and (f.overlap_m2 > 0 or f.overlap_length_m > 0))
    ]


def requirement_words(finding: Finding) -> str:
    """What a rule asks, on what it hangs, and what of the plot must stay free of buildings."""
    told = f"{finding.requirement or finding.reason}{if_words(finding)}"
    besides = (building_words(finding), unbound_words(finding), legal_words(finding))
    return "；".join([told, *(words for words in besides if words)])


def _overlap_rows(
    report: Answer,
    outcome: SiteOutcome,
    entry: ClassOutcome,
) -> Iterator[tuple[Cell, ...]]:
    head = outcome.site.site_id, report.classes[entry.resource_class].name_zh
    for finding in decisive(entry):
        yield (*head, *_finding_cells(finding))
    for union in entry.unions:
        # of one resource the union is the overlap itself: a row of totals would repeat it
        if union.features >= 2:
            yield (*head, *_union_cells(entry, union))


def _finding_cells(f: Finding) -> tuple[Cell, ...]:
    return (
        f.feature_id,
        place_words(f),
        finding_label(f),
        *area_cells(f.overlap_m2),
        Number(round(f.overlap_share, 4), 2, percent=True) if f.overlap_m2 else None,
        metres(f.overlap_length_m or None, 1),
        metres(f.distance_m, 1),
        metres(f.required_m),
        *(metres(value, 3) for value in (f.margin_m, f.uncertainty_m, f.flip_distance_m)),
        EFFECT_ZH.get(f.effect or "", "（无规则）"),
        law_words(f),
        requirement_words(f),
        f"{MEMBERSHIP_ZH.get(f.membership, f.membership)}，"
        f"{GEOMETRY_ZH.get(f.geometry_kind, f.geometry_kind)}",
    )


def _union_cells(entry: ClassOutcome, union: RuleUnion) -> tuple[Cell, ...]:
    """Return what all resources under one rule cover together, each place once."""
    law = next((law_words(f) for f in entry.findings if f.rule_id == union.rule_id), "")
    share = Number(round(union.overlap_share, 4), 2, percent=True)
    effect = EFFECT_ZH.get(union.effect or "", "（无规则）")
    merged = f"{union.features}处资源的并集"
    figures = (*area_cells(union.overlap_m2), share, *[None] * 6)
    return ("合计", merged, None, *figures, effect, law, None, None)


def classes(report: Answer, *, extra: bool) -> Table:
    """The fifteen classes (or the extra ones) of every site: what is held, the outcome, the
    resource that matters.
    """
    rows = [
        _class_row(report, o, e, n)
        for o in report.sites
        for n, e in enumerate(o.extra if extra else o.screening, start=1)
    ]
    columns = _class_columns(verdict_title(report))
    if extra:
        notes = ("接入使用单位资料（--layer 或工作区文件）后方可筛查；未筛查不等于无冲突。",)
        return Table("三线与X项", "三线与X项", columns, tuple(rows), notes)
    notes = (
        "主要资源：判定所依据的资源，无则为最近的已收录资源。公布数：Ⅰ级保护林地为公顷，其余为处。",
    )
    return Table("15类筛查表", "15类筛查表", columns, tuple(rows), notes)


def _class_columns(verdict: str) -> tuple[Column, ...]:
    return columns_of(
        ("地块编号", 9),
        ("序号", 5),
        ("类别", 15),
        ("公布", 8),
        ("收录", 6),
        ("已定位", 7),
        ("有边界", 7),
        ("声明完整", 9),
        ("结论（据已收录资料）", 23),
        (verdict, 23),
        ("主要资源", 18),
        ("距离（米）", 10),
        ("合成误差（米）", 9),
        ("余量（米）", 10),
        ("依据", 22),
        ("说明", 30),
    )


def main_finding(entry: ClassOutcome) -> Finding | None:
    """Return the finding that a reader should see first: one that decides, else the nearest."""
    # what is touched, though nothing binds it, goes before what only lies near
    return next(
        (f for f in entry.findings if f.outcome in ("conflict", "regulated")), None
    ) or next((f for f in entry.findings if f.relation == "unbound"), nearest(entry))


def reason_words(outcome: SiteOutcome, entry: ClassOutcome) -> str:
    """Why a class has its outcome: for a clear one its certificate, for the town boundary the
    zones.
    """
    told = certificate_words(entry) or entry.reason
    return "；".join(words for words in (told, zone_words(outcome, entry)) if words)


def _class_row(
    report: Answer,
    outcome: SiteOutcome,
    entry: ClassOutcome,
    number: int,
) -> tuple[Cell, ...]:
    spec, usable_site = report.classes[entry.resource_class], outcome.site.usable
    known = outcome_label(entry.known_outcome, entry.effect) if entry.requested else "—"
    return (
        outcome.site.site_id,
        Number(number),
        spec.name_zh,
        *_held_cells(report, entry),
        "是" if spec.complete_in else "否",
        known if usable_site else "—",
        entry_label(entry),
        *_resource_cells(main_finding(entry)),
        reason_words(outcome, entry) if usable_site else UNUSABLE,
    )


def _held_cells(report: Answer, entry: ClassOutcome) -> tuple[Cell, ...]:
    """Count the records of a class: published, held, located, and with a boundary."""
    published, with_polygon = entry.official_count, report.with_polygon
    return (
        None if published is None else Number(published),
        Number(entry.held),
        Number(entry.located),
        Number(with_polygon.get(entry.resource_class, 0)),
    )


def _resource_cells(finding: Finding | None) -> tuple[Cell, ...]:
    """Name the resource that matters, its figures and its law; five empty cells where there is
    none.
    """
    if finding is None:
        return (None,) * 5
    law = unbound_words(finding) or law_words(finding)
    figures = finding.distance_m, finding.uncertainty_m, finding.margin_m

    # a rule that is missed decides nothing, and is not cited
    return (
        place_words(finding),
        *map(metres, figures),
        law if finding.relation != "missed" else None,
    )


def gaps(
    report: Answer,
    outcome: SiteOutcome,
    *,
    with_extra: bool = True,
) -> list[ClassOutcome]:
    """Return the classes of a site that more material could settle; extra classes without a layer
    come last.
    """
    own = [e for e in asked(outcome) if not settled(report, e)]

    # a verdict that was limited to some classes has no gaps in the others
    if not with_extra or report.limited_to is not None:
        return own
    return own + [e for e in outcome.extra if not e.requested]


_MATERIAL_COLUMNS = columns_of(
    ("地块编号", 9),
    ("类别", 15),
    ("现判定", 12),
    ("资料完备度", 42),
    ("需补资料", 34),
    ("主管部门", 18),
    ("能改变哪条结论", 46),
)


_MATERIAL_ORDER = "按能改变多少个地块的结论排列，先取排在前面的；未接入图层的类别在后。"


def _by_rank(
    entries: Iterable[ClassOutcome],
    rank: Mapping[str, int],
) -> list[ClassOutcome]:
    """Sort classes by their rank; those without one, whose layer is not connected, come last."""
    return sorted(
        entries,
        key=lambda entry: rank.get(entry.resource_class, len(rank)),
    )


def materials(
    report: Answer,
    only: SiteOutcome | None = None,
    *,
    with_extra: bool = True,
) -> Table:
    """What to bring: the material, who keeps it, which outcome it could change; of each site what
    could change most verdicts of the report stands first.
    """
    # the order is that of the whole report, also in the table of one site
    first = [entry.class_id for entry in next_documents(report.classes, usable(report))]
    rank = {class_id: number for number, class_id in enumerate(first)}
    outcomes = [only] if only is not None else usable(report)
    rows = [
        (outcome.site.site_id, *_material_cells(report, entry))
        for outcome in outcomes
        for entry in _by_rank(gaps(report, outcome, with_extra=with_extra), rank)
    ]
    return Table(
        "需补资料清单",
        "需补资料清单（资料、主管部门、能改变哪条结论）",
        _MATERIAL_COLUMNS,
        tuple(rows),
        (_MATERIAL_ORDER,) if rows else (),
        empty="各类资料均已声明完整，无需补充。",
    )


def _material_cells(report: Answer, entry: ClassOutcome) -> tuple[Cell, ...]:
    spec = report.classes[entry.resource_class]
    return (
        spec.name_zh,
        entry_label(entry),
        held_words(spec, entry, report.with_polygon.get(entry.resource_class, 0)),
        spec.material_zh,
        spec.keeper_zh,
        could_become(entry, rules_on(report.as_of)),
    )


_PERMIT_COLUMNS = columns_of(
    ("事项", 14), ("资源", 18), ("条款", 24), ("要求", 36), ("主管部门", 16)
)


def permits(report: Answer, outcome: SiteOutcome) -> Table:
    """What a site must apply for: one row per resource and rule that binds it with a permit or a
    notice.
    """
    rows = [
        _permit_row(report, report.classes[entry.resource_class], finding)
        for entry in asked(outcome)
        for finding in entry.findings
        if finding.outcome == "regulated"
    ]
    empty = "已收录资料中未查到须专项审批或征求意见的事项。"
    return Table("专项手续", "需办专项手续", _PERMIT_COLUMNS, tuple(rows), empty=empty)


def _permit_row(
    report: Answer,
    spec: ClassSpec,
    finding: Finding,
) -> tuple[Cell, ...]:
    # the authority of the rule goes before the keeper of the class, who may be another office
    authorities = {r.rule_id: r.authority for r in rules_on(report.as_of)}
    return (
        EFFECT_ZH.get(finding.effect or "", ""),
        f"{place_words(finding)}（{spec.name_zh}）",
        law_words(finding),
        f"{finding.requirement or ''}{if_words(finding)}",
        authorities.get(finding.rule_id or "") or spec.keeper_zh,
    )


def comparison(report: Answer) -> Table:
    """The sites beside each other."""
    columns = columns_of(
        ("地块", 16),
        (verdict_title(report), 14),
        ("冲突（项）", 10),
        ("涉及（项）", 10),
        ("待核实（类）", 10),
        ("未筛查（类）", 10),
        ("最大压占（㎡）", 13),
        ("最近的已知资源", 20),
        ("距离（米）", 11),
    )
    rows = tuple(_comparison_row(outcome) for outcome in usable(report))
    return Table("方案比选", "方案比选", columns, rows)


def _comparison_row(outcome: SiteOutcome) -> tuple[Cell, ...]:
    near = [f for e in asked(outcome) if (f := nearest(e))]

    # of equally near resources that with the first id, so that the row does not hang on their order
    first = min(
        near,
        key=lambda f: (f.distance_m or 0.0, f.feature_id),
        default=None,
    )
    most = max((f.overlap_m2 for e in asked(outcome) for f in e.findings), default=0.0)
    place = (place_words(first), metres(first.distance_m)) if first else (None, None)
    verdict = labels(outcome)[1]
    return (site_words(outcome.site), verdict, *_counts(outcome), metres(most), *place)


_FILE_ZH = {
    "boundaries/counties.geojson": "县级边界（12县、市、区）",
    "boundaries/neighbours.geojson": "相邻县级边界",
    "sources/rules.csv": "管控规则表",
    "sources/classes.csv": "资源类别表",
}
_PHRASES_ZH = {
    "facts, no file of a source is copied; see LICENSE-DATA": (
        "事实数据，未复制来源文件，见 LICENSE-DATA"
    ),
    "curated by the project; the source of each row stands in the row": (
        "本项目据公开资料整理，来源逐条注明"
    ),
    "MIT (package)": "MIT（数据包）",
}


def sources(report: Answer) -> Table:
    """Where everything comes from: bundled files, the user's layers, laws, the records that the
    findings name.
    """
    columns = columns_of(
        ("类型", 10),
        ("名称", 34),
        ("来源", 50),
        ("许可或状态", 26),
        ("日期", 12),
        ("校验值（SHA-256）", 34),
    )
    rows = [
        *_file_rows(report),
        *_user_rows(report),
        *_law_rows(report),
        *_record_rows(report),
    ]
    notes = (
        (
            f"数据版本 {report.receipt['data']['data_date']}，数据包校验值"
            f" {report.receipt['data']['sha256']}。"
        ),
    )
    return Table("数据来源", "数据来源", columns, tuple(rows), notes)


_BRIEF_COLUMNS = columns_of(
    ("类型", 9), ("名称", 30), ("来源", 44), ("许可或状态", 26), ("日期", 15)
)


def sources_brief(report: Answer) -> Table:
    """:func:`sources` for a portrait page: without hashes, files of the same origin in one row."""
    table = sources(report).without("校验值（SHA-256）")

    # files of one origin would fill the page with the same words
    merged: dict[tuple[Cell, ...], list[str]] = {}
    for kind, name, *rest in table.rows:
        merged.setdefault((kind, *rest), []).append(str(name))
    rows = tuple((key[0], "、".join(names), *key[1:]) for key, names in merged.items())
    return Table(table.name, table.heading, _BRIEF_COLUMNS, rows, table.notes)


def _file_rows(report: Answer) -> Iterator[tuple[Cell, ...]]:
    names = {
        f"layers/{c}.geojson": spec.name_zh for c, spec in report.classes.items() if not spec.extra
    } | _FILE_ZH

    # only what an answer is made from: roads and atlas have no say in it
    for file in load_catalog().files:
        if file["path"] in names:
            review = file.get("map_review_number", "")
            licence = _PHRASES_ZH.get(file["licence"], file["licence"])
            origin = _PHRASES_ZH.get(file["source"], file["source"])
            if review:
                origin += f"；审图号 {review}"
            yield (
                "内置数据",
                names[file["path"]],
                origin,
                licence,
                str(file["retrieved"]),
                file["sha256"],
            )


def _user_rows(report: Answer) -> Iterator[tuple[Cell, ...]]:
    for user in report.receipt.get("user_layers", ()):
        # the receipt knows a secret layer by its hash alone: neither file nor zones may be named
        if user.get(WITHHELD):
            name = report.classes[user["resource_class"]].name_zh
            state = f"{user['secrecy']}，不列名称"
            yield "使用单位数据", name, "使用单位提供", state, None, user["sha256"]
            continue
        name = f"{report.classes[user['resource_class']].name_zh}：{user['file']}"
        document = user.get("complete_document")
        state = (
            f"声明完整：{'、'.join(user['complete_in'])}，依据 {document}"
            if document
            else "未声明完整"
        )
        mode = {"extend": "并入内置数据", "replace": "替换内置数据"}.get(user["mode"], user["mode"])
        yield "使用单位数据", name, f"使用单位提供，{mode}", state, None, user["sha256"]


def laws(report: Answer) -> Table:
    """The laws whose rules bind the classes that were asked, as in force on the day."""
    columns = columns_of(
        ("法规", 40),
        ("条款", 26),
        ("施行", 14),
        ("条文核对", 20),
    )
    rows = [(row[1], row[2], row[4], row[3]) for row in _law_rows(report)]
    return Table("法规", f"法规（截至{report.as_of}有效）", columns, tuple(rows))


def _law_rows(report: Answer) -> Iterator[tuple[Cell, ...]]:
    wanted = {e.resource_class for o in usable(report) for e in asked(o)}
    by_law: dict[str, list[Rule]] = {}
    for rule in rules_on(report.as_of):
        if rule.resource_class in wanted:
            by_law.setdefault(rule.law, []).append(rule)
    for law, rules in sorted(by_law.items()):
        since = min((r.in_force_from for r in rules if r.in_force_from), default=None)
        yield "法规", f"《{law}》", _article_words(rules), _seen_words(rules), since, None


def _article_words(rules: Sequence[Rule]) -> str:
    """Name the articles of rules of one law, the short numbers first as they come in the law."""
    parts = {part for r in rules for part in r.article.split("、") if part}
    articles = sorted(parts, key=lambda a: (len(a), a))
    return f"第{'、'.join(articles)}条" if articles else "条号未见"


def _seen_words(rules: Sequence[Rule]) -> str:
    open_ones = sum(not r.verified for r in rules)
    if not open_ones:
        return "条文已核"
    return f"{len(rules)}条规则中{open_ones}条未见原文，不单独作判定依据"


def _record_rows(report: Answer) -> Iterator[tuple[Cell, ...]]:
    seen: set[str] = set()
    for outcome in usable(report):
        for entry in asked(outcome):
            near = nearest(entry)
            for f in entry.findings:
                # each record once; of what is missed the report names the nearest alone
                if f.feature_id in seen or (f.relation == "missed" and f is not near):
                    continue
                seen.add(f.feature_id)
                membership = MEMBERSHIP_ZH.get(f.membership, f.membership)
                state = f"{membership}，{GEOMETRY_ZH.get(f.geometry_kind, '')}"
                yield "资源记录", f"{f.name_zh}（{f.feature_id}）", f.source, state, None, None


_KEYS_ZH = {
    "schema": "回执格式",
    "versions.sxgeo": "软件版本 sxgeo",
    "versions.geos": "几何库版本 GEOS",
    "versions.proj": "投影库版本 PROJ",
    "data.data_date": "数据版本",
    "data.sha256": "数据包校验值",
    "rules_sha256": "规则表校验值",
    "parameters.as_of": "时点",
    "parameters.project_type": "项目类型",
    "parameters.height_m": "建筑高度（米）",
    "parameters.groundwater_use": "是否取用地下水",
    "parameters.discharge": "是否排污",
    "parameters.classes": "限定类别",
    "inputs": "输入文件",
    "user_layers": "使用单位图层",
    "overrides": "人工复核意见",
}
_LEAVES_ZH = {
    "file": "文件",
    "sha256": "校验值",
    "layers": "图层",
    "features": "要素数",
    "crs_declared": "声明坐标系",
    "crs_used": "采用坐标系",
    "axis_order": "坐标顺序",
    "encoding": "编码",
    "unusable": "不可用要素数",
    "resource_class": "类别",
    "mode": "接入方式",
    "position_accuracy_m": "位置精度（米）",
    "complete_in": "声明完整的县（市、区）",
    "complete_document": "完整性依据文件",
}
_SAID_WORDS = {
    "yes": "是",
    "no": "否",
    **APPROVAL_ZH,
}
_SAID_ZH = {
    None: "未给出",
    True: "是",
    False: "否",
    "": "未给出",
}


def receipt(report: Answer) -> Table:
    """The receipt without the geometries, one row per value."""
    columns = columns_of(("项目", 30), ("键", 34), ("值", 76))
    rows = []

    # the shapes of the sites would fill pages: each site has one line below
    for key, value in _flat({k: v for k, v in report.receipt.items() if k != "sites"}):
        rows.append((_key_words(key), key, _value_words(key, value)))
    for outcome in report.sites:
        site = outcome.site
        accuracy = (
            f"±{site.accuracy_m:g}米（{accuracy_words(site.accuracy_source)}）；来自"
            f" {site.file or '输入'}"
        )
        rows.append((f"地块 {site.site_id} 精度", "sites.accuracy_m", accuracy))
    rows.append(("判定", "verdict", f"{outcome_label(report.verdict)}（{report.verdict}）"))
    notes = ("完整回执（含量化后的地块坐标）见 --format json，可用 sxgeo replay 复算。",)
    return Table("参数回执", "参数回执", columns, tuple(rows), notes)


def _flat(value: object, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, (list, tuple)) and any(
        isinstance(v, (Mapping, list, tuple)) for v in value
    ):
        for number, inner in enumerate(value, start=1):
            yield from _flat(inner, f"{path}[{number}]")

    # an empty mapping says nothing
    elif not isinstance(value, Mapping):
        yield path, value


def _key_words(key: str) -> str:
    if key in _KEYS_ZH:
        return _KEYS_ZH[key]
    head, _, leaf = key.rpartition(".")
    base, _, number = head.rstrip("]").partition("[")
    if base == "parameters.attributes":
        return _attribute_words(leaf)
    return f"{_KEYS_ZH.get(base, base)}{number} {_LEAVES_ZH.get(leaf, leaf)}".strip()


def _value_words(key: str, value: object) -> str:
    if key == "parameters.project_type" and value is not None:
        return f"{PROJECT_TYPES.get(str(value), str(value))}（{value}）"
    if key == "parameters.classes" and value is None:
        return "未限定"
    if isinstance(value, (list, tuple)):
        return "、".join(map(str, value)) or "（无）"
    if isinstance(value, (str, bool)) or value is None:
        return str(_SAID_ZH.get(value, value))
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Ring:
    """A chain of points of a site on its plane: x is east, y is north, metres; `closed` rings
    repeat no point.
    """

    part: int
    kind: str
    closed: bool
    plane: Sequence[tuple[float, float]]
    degrees: Sequence[tuple[float, float]]


def rings(outcome: SiteOutcome) -> list[Ring]:
    """Return the rings, lines and points of a usable site, in the order of its file."""
    site, crs = outcome.site, outcome.crs
    if site.geometry is None or crs is None:
        return []
    return [
        _ring(part, kind, chain, crs)
        for part, shape in enumerate(shapely.get_parts(site.geometry), start=1)
        for kind, chain in _chains(shape)
    ]


def _ring(
    part: int,
    kind: str,
    chain: Shape,
    crs: str,
) -> Ring:
    """Return a chain of corners in degrees and on the plane; a ring without its last corner, which
    is its first.
    """
    degrees = shapely.get_coordinates(chain)
    closed = kind.endswith("环")
    if closed:
        degrees = degrees[:-1]
    plane = shapely.get_coordinates(to_plane(shapely.points(degrees), crs))
    return Ring(
        part,
        kind,
        closed,
        [*map(tuple, plane)],
        [*map(tuple, degrees)],
    )


def _chains(shape: Shape) -> Iterable[tuple[str, Shape]]:
    if shapely.get_dimensions(shape) == 2:
        return [("外环", shape.exterior), *(("内环", hole) for hole in shape.interiors)]
    return [("线", shape)] if shapely.get_dimensions(shape) == 1 else [("点", shape)]


def points(report: Answer, only: SiteOutcome | None = None) -> Table:
    """The boundary points of the sites on their plane without zone prefix, and in degrees."""
    columns = columns_of(
        ("地块编号", 12),
        ("部分", 6),
        ("环", 7),
        ("点号", 8),
        ("X（北，米）", 15),
        ("Y（东，米）", 15),
        ("边长（米）", 11),
        ("经度（°）", 14),
        ("纬度（°）", 14),
        ("坐标系", 13),
        ("中央子午线（°）", 9),
    )
    rows = tuple(
        row for o in ([only] if only is not None else usable(report)) for row in _point_rows(o)
    )
    notes = (
        (
            "CGCS2000 3°带高斯－克吕格投影，X为北、Y为东，Y不加带号；坐标按1e-7度（约0.01米）量化，"
            "取两位小数。"
        ),
        "边长为本点至下一点的平面距离；环的末点与首点闭合，不重复列出。",
    )
    return Table("界址点", "界址点", columns, rows, notes, empty="无可用地块。")


def _coordinate(value: float, digits: int) -> Number:
    """A coordinate as it is set out: never in groups of three, or a copy of it is no number."""
    return Number(round(value, digits), digits, grouped=False)


def _point_rows(outcome: SiteOutcome) -> Iterator[tuple[Cell, ...]]:
    # numbered on through all rings, as in the figure
    number = 0
    crs = outcome.crs or ""
    for ring in rings(outcome):
        for i, ((east, north), (lon, lat)) in enumerate(zip(ring.plane, ring.degrees, strict=True)):
            number += 1
            yield (
                outcome.site.site_id,
                Number(ring.part),
                ring.kind,
                f"J{number}",
                _coordinate(north, 2),
                _coordinate(east, 2),
                _side_cell(ring, i),
                _coordinate(lon, 7),
                _coordinate(lat, 7),
                crs,
                Number(meridian_of(crs)),
            )


def _side_cell(ring: Ring, i: int) -> Number | None:
    """Return how far it is to the next corner; the last one of a line has none."""
    count = len(ring.plane)
    if count < 2 or not (ring.closed or i + 1 < count):
        return None
    return Number(
        round(
            _side(ring.plane[i], ring.plane[(i + 1) % count]),
            2,
        ),
        2,
    )


def _side(a: tuple[float, float], b: tuple[float, float]) -> float:
    return float(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5)


def project_words(report: Answer) -> list[tuple[str, str]]:
    """Label and value of what was said of the project, and what was not."""
    told = report.receipt["parameters"]
    kind, height = told["project_type"], told["height_m"]
    asked_first = [
        ("项目类型", PROJECT_TYPES.get(kind, kind) if kind else "未给出（结论以此为条件）"),
        ("建筑高度", "未给出" if height is None else f"{height:g}米"),
        ("是否取用地下水", _SAID_ZH[told["groundwater_use"]]),
        ("是否排污", _SAID_ZH[told["discharge"]]),
    ]
    return [
        *asked_first,
        *_other_words(told["attributes"], told.get("documents", {})),
    ]


def _other_words(
    attributes: Mapping[str, str], documents: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """What rules hang on besides, and the documents of lawful exceptions."""
    for key, value in attributes.items():
        yield _attribute_words(key), _SAID_WORDS.get(value, value)
    for key, text in documents.items():
        yield f"依据文件：{_attribute_words(key)}", text


def _attribute_words(attribute: str) -> str:
    if attribute == "approval_kind":
        return "报批类型"
    return item_zh(attribute)
