"""Sentences and figures that every report for people shares: headlines, badges, areas, what would
settle what.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from ..layers.classes import COARSE_ACCURACY_M
from ..model.accuracy import words_zh
from ..model.outcomes import BANS, asked, gravest_per_feature
from ..wording import (
    CONDITION_ZH,
    OUTCOME_ZH,
    PROJECT_TYPES,
    SHARED_ZH,
    SUBZONE_ZH,
    URBAN_ZH,
    URBAN_ZONES,
    outcome_label,
)
from .answer import by_zone, clear_because

if TYPE_CHECKING:
    from ..layers.classes import ClassSpec
    from ..layers.rules import Rule
    from ..model.outcomes import ClassOutcome, Finding, Override, SiteOutcome
    from .answer import Answer

ELSEWHERE = "所收录县（市、区）之外"


def hectares(area_m2: float) -> str:
    """Write an area in hectares, always with four decimals: the accuracy stands beside, not in the
    decimals.
    """
    return "不足0.0001" if 0 < area_m2 < 0.5 else f"{area_m2 / 1e4:.4f}"


def mu(area_m2: float) -> str:
    """Write an area in mu (15 to the hectare), always with two decimals."""
    return "不足0.01" if 0 < area_m2 < 3.3 else f"{area_m2 * 3 / 2000:.2f}"


def area_words(area_m2: float) -> str:
    """Write an area in square metres, hectares and mu."""
    return f"{area_m2:,.2f} ㎡（{hectares(area_m2)} 公顷，{mu(area_m2)} 亩）"


def metres_words(metres: float | None) -> str:
    """Write a margin that decides, or the error that it is held against, to the millimetre."""
    return "—" if metres is None else f"{metres:,.3f}"


def accuracy_words(source: str) -> str:
    """Say in Chinese where the accuracy of a site comes from."""
    return (
        (words_zh(source) or source)
        .replace("option", "参数给出")
        .replace("file", "文件给出")
        .replace(", enlarged by the repair", "，因修复图形而增大")
    )


def completeness_words(report: Answer, outcome: SiteOutcome) -> str:
    """Say how much is held of what is official: the second badge."""
    classes = asked(outcome)
    complete = sum(bool(report.classes[e.resource_class].complete_in) for e in classes)
    empty = sum(e.held == 0 for e in classes)
    limited = "（按 --class 限定）" if report.limited_to is not None else ""
    return (
        f"{len(classes)}类{limited}：声明完整{complete}类，"
        f"收录不全{len(classes) - complete - empty}类，未收录{empty}类"
    )


def held_words(
    spec: ClassSpec,
    entry: ClassOutcome,
    with_polygon: int,
) -> str:
    """Say how many are official, held, located, with a boundary."""
    unit = "公顷" if spec.unit == "ha" else "处"
    official = (
        "未公布数量" if entry.official_count is None else f"公布{entry.official_count:g}{unit}"
    )
    return f"{official}，收录{entry.held}处，已定位{entry.located}处，有边界{with_polygon}处"


def unsaid(report: Answer, outcome: SiteOutcome) -> list[str]:
    """What was not said of the project though rules that come near hang on it."""
    findings = [f for e in asked(outcome) for f in e.findings if f.relation != "missed"]
    conditions = {c for f in findings for c in (f.condition or "").split(";")}
    words = ["项目类型"] if report.receipt["parameters"]["project_type"] is None else []
    words += ["建筑高度"] if any(f.reason_code == "height_unknown" for f in findings) else []
    return words + [f"是否{zh}" for code, zh in CONDITION_ZH.items() if code in conditions]


def law_words(finding: Finding) -> str:
    """Name the law and the article of a finding."""
    if not finding.law:
        return "（无已知规则）"
    article = f"第{finding.article}条" if finding.article else "（条号未见）"
    return f"《{finding.law}》{article}"


def if_words(finding: Finding) -> str:
    """Say on what a conditional answer hangs; empty when it hangs on nothing."""
    if not finding.condition:
        return ""
    words = [PROJECT_TYPES.get(c) or CONDITION_ZH.get(c, c) for c in finding.condition.split(";")]
    return f"（若项目属于：{'、'.join(dict.fromkeys(words))}）"


def place_words(finding: Finding) -> str:
    """Name a resource and its subzone; of the town boundary, the zone that the site lies in."""
    if finding.subzone in URBAN_ZONES:
        return f"{finding.name_zh}边界内（{SUBZONE_ZH[finding.subzone]}）"
    return f"{finding.name_zh}{SUBZONE_ZH.get(finding.subzone or '', '')}"


def finding_label(finding: Finding) -> str:
    """Return the Chinese label of a finding; what no rule binds and what only shares an edge is
    never called clear.
    """
    if finding.relation == "unbound":
        return OUTCOME_ZH["touched_unbound"]
    return (
        SHARED_ZH
        if finding.relation == "shared"
        else outcome_label(finding.outcome, finding.effect)
    )


def class_label(entry: ClassOutcome) -> str:
    """Return the Chinese label of a class's outcome; the town boundary says where the site lies."""
    return URBAN_ZH.get(entry.reason_code) or outcome_label(entry.outcome, entry.effect)


def unbound_words(finding: Finding) -> str:
    """Say what frees the project from the rules of a resource that it touches; empty where nothing
    does.
    """
    told = [_said_words(*text.split("=", 1)) for text in finding.unbound_by]
    return f"已说明：{'、'.join(told)}" if told else ""


def _said_words(attribute: str, value: str) -> str:
    if attribute == "project_type":
        return f"项目类型为{PROJECT_TYPES[value]}"
    return f"{CONDITION_ZH.get(attribute, attribute)}：{'是' if value == 'yes' else '否'}"


def hits_of(entries: Sequence[ClassOutcome]) -> list[tuple[ClassOutcome, Finding]]:
    """Return what a site collides with, then what regulates it: of each record its gravest rule."""
    return [
        (entry, finding)
        for kind in ("conflict", "regulated")
        for entry in entries
        for finding in gravest_per_feature(entry)
        if finding.outcome == kind
    ]


def told_besides(outcome: SiteOutcome) -> list[tuple[ClassOutcome, Finding]]:
    """Return what the site touches though nothing binds it: unbound, and edges shared with legal
    vectors.
    """
    return [
        (e, f)
        for e in asked(outcome)
        for f in gravest_per_feature(e)
        if f.relation in ("unbound", "shared")
    ]


def legal_words(finding: Finding) -> str:
    """Say how the plot lies to a legal vector when both are taken exactly; empty for any other
    boundary.
    """
    said = {
        "apart": "不压占",
        "shared": "共边，压占0.0000公顷",
        "overlap": f"压占{hectares(finding.overlap_m2)}公顷",
    }
    return f"按法定矢量套合：{said[finding.legal_overlay]}" if finding.legal_overlay else ""


def building_words(finding: Finding) -> str:
    """Say where on a bare plot nothing may be built; empty where no such rule is met."""
    if finding.no_build_m2 is None:
        return ""
    return (
        f"控制区内{finding.no_build_m2:,.2f}㎡不得布置建（构）筑物，须退让{finding.set_back_m:g}米"
    )


def certificate_words(entry: ClassOutcome) -> str:
    """Say in one line why a class is clear; empty for any other outcome."""
    told = clear_because(entry)
    if told is None:
        return ""
    zones = [SUBZONE_ZH.get(z, z) for z in told["subzones"] if z not in told["subzones_absent"]]
    absent = [SUBZONE_ZH.get(z, z) for z in told["subzones_absent"]]
    words = [f"资料声明完整（{told['complete_document']}）"]
    words += [f"分区齐全（{'、'.join(zones)}）"] if zones else []
    words += [f"声明不存在{'、'.join(absent)}"] if absent else []
    words += [
        (
            f"已核{told['records']}条记录，均不涉及"
            if not told["unbound"]
            else f"已核{told['records']}条记录"
        )
    ]
    words += [f"{len(told['unbound'])}处涉及而已说明情形下无约束规则"] if told["unbound"] else []
    words += [f"{len(told['shared_edges'])}处与法定矢量共边"] if told["shared_edges"] else []
    return "；".join(
        [*words, "地块读取无疑点，输入无遗漏", f"计算引擎{'、'.join(told['engines'])}"]
    )


def zone_words(outcome: SiteOutcome, entry: ClassOutcome) -> str:
    """Say how much of a site lies in which zone of the town development boundary; empty for every
    other class.
    """
    names = {
        **{z: SUBZONE_ZH[z] for z in URBAN_ZONES},
        "unknown": "未标明分区",
        "outside": "边界外",
    }

    # less than half a square metre would be told as 0.0000 hectares
    shares = [s for s in by_zone(outcome, entry) or [] if s["area_m2"] >= 0.5]
    return "；".join(
        f"{names[s['zone']]}{hectares(s['area_m2'])}公顷（占{s['share']:.1%}）" for s in shares
    )


def verdict_title(report: Answer) -> str:
    """Name the verdict: one limited to some classes is never an overall one."""
    return "总体判定" if report.limited_to is None else f"限定类判定（{len(report.limited_to)}类）"


def headline(report: Answer, outcome: SiteOutcome) -> str:
    """Say the verdict of a usable site in one or two sentences."""
    # each verdict has a sentence of its own, so that none is said in the words of another
    makers = {
        "conflict": _headline_conflict,
        "undetermined": _headline_undetermined,
        "regulated": _headline_regulated,
        "not_screened": _headline_not_screened,
        "clear": _headline_clear,
    }
    limits = "" if report.limited_to is None else f"{verdict_title(report)}："
    return limits + makers[outcome.verdict](report, outcome) + _besides(outcome)


def _besides(outcome: SiteOutcome) -> str:
    """Name what needs approval beside a graver verdict; empty when there is nothing."""
    count = sum(f.outcome == "regulated" for e in asked(outcome) for f in gravest_per_feature(e))
    words = (
        ""
        if not count or outcome.verdict == "regulated"
        else f"另涉及须专项审批或征求意见事项{count}项，须先行办理。"
    )

    # the first speaks for all: the others stand in the table
    bare = [
        building_words(f)
        for e in asked(outcome)
        for f in gravest_per_feature(e)
        if f.no_build_m2 is not None
    ]
    return words + "".join(f"{text}。" for text in bare[:1]) + _touched_words(outcome)


def _touched_words(outcome: SiteOutcome) -> str:
    """Tell what the site touches though nothing binds it; empty when it touches nothing so."""
    unbound = [f for _, f in told_besides(outcome) if f.relation == "unbound"]
    shared = [f for _, f in told_besides(outcome) if f.relation == "shared"]
    words = ""
    if unbound:
        names = "、".join(place_words(f) for f in unbound[:3]) + ("等" if len(unbound) > 3 else "")
        words += f"涉及{names}{len(unbound)}处，{unbound_words(unbound[0])}，无约束规则；情形改变时须重新判定。"
    if shared:
        names = "、".join(place_words(f) for f in shared[:3]) + ("等" if len(shared) > 3 else "")
        words += f"与{names}{SHARED_ZH}（按法定矢量套合）。"
    return words


def review_words(report: Answer, outcome: SiteOutcome) -> list[str]:
    """Name what people decided after the report, beside its own outcome; empty when there is
    nothing.
    """
    return [
        f"人工复核意见（不替代机器结论）{_about(report, opinion)}：{outcome_label(opinion.outcome)}。"
        f"{opinion.who}，{opinion.when}；理由：{opinion.reason}；依据：{opinion.document}"
        for opinion in report.overrides.get(outcome.site.site_id, ())
    ]


def plan_elements(report: Answer, outcome: SiteOutcome) -> tuple[Mapping[str, str], ...]:
    """Return what the plans say of the counties of a site: `element_id`, `name_zh`, `plan`,
    `chapter`, `says_zh`.
    """
    found: tuple[Mapping[str, str], ...] = report.plan_elements.get(outcome.site.site_id, ())
    return found


def _about(report: Answer, opinion: Override) -> str:
    return f"（{report.classes[opinion.resource_class].name_zh}）" if opinion.resource_class else ""


def touch_words(finding: Finding) -> str:
    """Say how a site and a resource that decides meet: area, length, distance or the point
    itself.
    """
    where = place_words(finding)
    if finding.overlap_m2:
        verb = "位于" if finding.subzone in URBAN_ZONES else "压占"
        return (
            f"地块{verb}{where}{hectares(finding.overlap_m2)}公顷"
            f"（{mu(finding.overlap_m2)}亩，占{finding.overlap_share:.1%}）"
        )
    if finding.overlap_length_m:
        return f"线路穿越{where}{finding.overlap_length_m:,.1f}米"
    if finding.distance_m:
        return f"地块距{where}{finding.distance_m:,.0f}米，小于规定的{finding.required_m:g}米"

    # no area in common, and not apart: they touch
    if finding.relation in ("unbound", "shared") or finding.outcome == "undetermined":
        return f"地块与{where}相接"
    return f"地块压占{where}本体点位"


def _headline_conflict(report: Answer, outcome: SiteOutcome) -> str:
    hits = [f for e in asked(outcome) for f in gravest_per_feature(e) if f.outcome == "conflict"]

    # the one that takes most is told; of points the one that is hardest to get clear of
    first = max(
        hits,
        key=lambda f: (f.overlap_m2, f.overlap_length_m, f.flip_distance_m or 0.0),
    )
    away = (
        f"建议避让{avoid_m(first):,.0f}米以上（推算，非法定距离）。"
        if first.flip_distance_m is not None
        else ""
    )
    touch = touch_words(first)
    return (
        f"发现禁止性冲突{len(hits)}项：{touch}。"
        f"依据{law_words(first)}，{first.requirement}。{if_words(first)}{away}"
    )


def avoid_m(finding: Finding) -> float:
    """Return how many whole metres away the site must move to be certainly lawful."""
    margin, doubt = finding.margin_m or 0.0, finding.uncertainty_m or 0.0

    # a whole metre more than the last one needed, for the very limit is not certain
    return float(int(doubt - margin) + 1)


def _headline_undetermined(report: Answer, outcome: SiteOutcome) -> str:
    classes = asked(outcome)
    open_ones = [e for e in classes if e.outcome == "undetermined"]
    text = f"目前不能得出“未发现冲突”的结论：{len(open_ones)}类资源待核实。"
    text += _nearest_words([f for e in classes for f in e.findings])
    if outcome.site.doubtful:
        text += "地块的读取含推测、修复或疑点（见问题），须先确认地块坐标。"

    # no data settle a class that is open only because the site itself is in doubt
    bringing = [e for e in open_ones if e.reason_code != "doubtful_site"]
    if not bringing:
        return text
    first = report.classes[bringing[0].resource_class]
    more = "等" if len(bringing) > 1 else ""
    return text + f"取得{first.material_zh}（{first.keeper_zh}）{more}后可重新判定。"


def _nearest_words(findings: Sequence[Finding]) -> str:
    """Name the nearest of what is known; empty where nothing has a place."""
    near = [(f.distance_m, f) for f in findings if f.distance_m is not None]
    if not near:
        return ""
    distance, finding = min(
        near,
        key=lambda pair: (pair[0], pair[1].feature_id),
    )
    return f"据现有资料，最近的已知资源为{finding.name_zh}，距{distance:,.0f}米{doubt_words(finding)}。"


def _headline_regulated(report: Answer, outcome: SiteOutcome) -> str:
    count = sum(f.outcome == "regulated" for e in asked(outcome) for f in gravest_per_feature(e))
    return f"在已筛查资料范围内未发现禁止性冲突；涉及须专项审批或征求意见事项{count}项，须先行办理，见下。"


def _headline_not_screened(report: Answer, outcome: SiteOutcome) -> str:
    left = [e for e in asked(outcome) if e.outcome == "not_screened"]
    names = "、".join(report.classes[e.resource_class].name_zh for e in left)
    return f"{len(left)}类未筛查：{names}。未筛查不等于无冲突。"


def doubt_words(finding: Finding) -> str:
    """Say how far a distance may be off; an error beyond `COARSE_ACCURACY_M` says no more than the
    county.
    """
    doubt = finding.uncertainty_m or 0.0
    return "（位置只精确到县）" if doubt > COARSE_ACCURACY_M else f"（误差±{doubt:,.0f}米）"


def _headline_clear(report: Answer, outcome: SiteOutcome) -> str:
    classes = asked(outcome)
    text = f"在附表所列资料及时点范围内，{len(classes)}类均未发现冲突"
    margins = [
        (f.margin_m, f.uncertainty_m)
        for e in classes
        for f in e.findings
        if f.margin_m is not None and f.uncertainty_m is not None
    ]

    # beside something touched a margin would speak of other resources than a reader thinks
    if not margins or told_besides(outcome):
        return text + "。"
    margin, doubt = min(margins)
    return text + f"；最小余量{metres_words(margin)}米，大于合成误差{metres_words(doubt)}米。"


def settled(report: Answer, entry: ClassOutcome) -> bool:
    """Say whether no further material could change what is said of a class."""
    # a doubt about the site itself is settled by no material
    if entry.outcome in ("clear", "regulated") or entry.reason_code == "doubtful_site":
        return True
    return entry.outcome == "conflict" and bool(report.classes[entry.resource_class].complete_in)


def could_become(entry: ClassOutcome, rules: Iterable[Rule]) -> str:
    """Say which outcome of a class the missing material could change, and to what; `rules` are
    those in force.
    """
    effects = {r.effect for r in rules if r.resource_class == entry.resource_class and r.verified}

    # only the record itself can lift a conflict, more records cannot
    if entry.outcome == "conflict":
        return "核定压占范围；边界显示不压占时，“冲突”可解除"
    worse = ["冲突"] if effects & set(BANS) else []
    lighter = next((e for e in ("permit", "study", "notify") if e in effects), None)
    worse += [outcome_label("regulated", lighter)] if lighter else []
    now = "未筛查" if entry.outcome == "not_screened" else "待核实"
    better = "未发现冲突"
    if not worse:
        return f"“{now}”可改判为“{better}”；本类无条文已核的规则，压占时须征询主管部门"
    return f"“{now}”可改判为“{'”“'.join(worse)}”或“{better}”"


def text_width(text: str) -> int:
    """Return the number of terminal columns of a text; East Asian wide characters take two."""
    return sum(map(char_width, text))


@lru_cache(maxsize=4096)
def char_width(char: str) -> int:
    """Return the number of terminal columns of a character."""
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
