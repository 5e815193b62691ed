"""A report for the terminal: what is known first, then what is not, in 80 columns, readable without colour."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import shapely

from .model import PROJECT_TYPES, ClassOutcome, ClassSpec, Finding, SiteOutcome
from .projection import meridian_of, to_plane
from .report import Report, gravest_per_feature
from .wording import (
    ARCHAEOLOGY_REMINDER,
    CONDITION_ZH,
    EFFECT_ZH,
    MEMBERSHIP_ZH,
    OUTCOME_EN,
    OUTCOME_LINE_ZH,
    OUTCOME_ZH,
    REPORT_DISCLAIMER,
    SUBZONE_ZH,
    USER_DATA_NOTICE,
    outcome_label,
)

WIDTH = 80
_SHOWN_PER_CLASS = 3
_SHOWN_ELEMENTS = 12
_MARKS = {"conflict": "×", "regulated": "!", "undetermined": "?", "not_screened": "-", "clear": "+"}


def report_text(report: Report) -> str:
    """Render a report as text.

    Returns
    -------
    str
        A block per site, the disclaimers, a line end at the end.
    """
    lines: list[str] = []
    for number, outcome in enumerate(report.sites, start=1):
        lines += _block(report, outcome, number)
        lines.append("")
    lines += wrapped(ARCHAEOLOGY_REMINDER)
    if report.receipt.get("user_layers"):
        lines += wrapped(USER_DATA_NOTICE)
    lines += wrapped(REPORT_DISCLAIMER)
    data = report.receipt["data"]
    lines.append(f"数据 data {data['data_date']} · {data['sha256'][:12]}    时点 as of {report.as_of}")
    return "\n".join(lines) + "\n"


def _block(report: Report, outcome: SiteOutcome, number: int) -> list[str]:
    site = outcome.site
    head = f"[{number}/{len(report.sites)}] {site.site_id}" + (f" · {site.name}" if site.name else "")
    lines = ["=" * WIDTH, head, "=" * WIDTH]
    for problem in site.problems:
        lines += wrapped(f"问题 problem: {problem}", hang=2)
    if not site.usable:
        return [*lines, f"结论 answer: 【{OUTCOME_ZH['not_screened']}】not screened — 地块不可用，未作筛查"]
    lines += _where(report, outcome)
    lines += ["", *_badges(report, outcome), ""]
    lines += wrapped(_headline(report, outcome))
    if unsaid := _unsaid(report, outcome):
        lines += wrapped(f"未给出，结论以此为条件 conditional on: {'、'.join(unsaid)}", hang=2)
    for opinion in report.overrides.get(site.site_id, ()):
        about = f"（{report.classes[opinion.resource_class].name_zh}）" if opinion.resource_class else ""
        lines += wrapped(
            f"人工复核意见（不替代机器结论）{about}：{OUTCOME_ZH[opinion.outcome]}。{opinion.who}，{opinion.when}；"
            f"理由：{opinion.reason}；依据：{opinion.document}",
            hang=2,
        )
    lines += ["", *_known(report, outcome), "", *_unknown(report, outcome)]
    return [*lines, *_plans(report, outcome)]


def _plans(report: Report, outcome: SiteOutcome) -> list[str]:
    """Which chapters of which plan speak about the counties of the site, in our own words."""
    elements = report.plan_elements.get(outcome.site.site_id, ())
    if not elements:
        return []
    lines = ["", "三、规划中提到本县（市、区）的内容 What the plans say of this county"]
    for element in elements[:_SHOWN_ELEMENTS]:
        where = "，".join(part for part in (element["plan"], element["chapter"]) if part)
        lines += wrapped(f"  · {element['name_zh']}：{element['says_zh']}（{where}，{element['element_id']}）", hang=4)
    if len(elements) > _SHOWN_ELEMENTS:
        lines.append(f"  … 另有{len(elements) - _SHOWN_ELEMENTS}条，见 --format json")
    return lines


def _where(report: Report, outcome: SiteOutcome) -> list[str]:
    counties = "、".join(report.counties.get(outcome.site.site_id, ())) or "所收录县（市、区）之外"
    crs = outcome.crs or ""
    place = f"位置 where: {counties}    {crs}（3°带，中央子午线{meridian_of(crs)}°）"
    lines = wrapped(place, hang=2)
    if outcome.area_m2:
        lines += wrapped(
            f"面积 area: 投影面积 {_area(outcome.area_m2)}；椭球面积 {outcome.area_ellipsoid_m2:,.1f} ㎡",
            hang=2,
        )
    elif shapely.get_dimensions(outcome.site.geometry) == 1 and outcome.crs:
        lines.append(f"长度 length: {to_plane(outcome.site.geometry, outcome.crs).length:,.1f} 米（投影平面）")
    accuracy = f"±{outcome.site.accuracy_m:g} 米（{_accuracy_zh(outcome.site.accuracy_source)}）"
    return [*lines, f"地块精度 site accuracy: {accuracy}"]


def _accuracy_zh(source: str) -> str:
    return (
        source.replace("not given: 0", "未给出，按0计")
        .replace("option", "参数给出")
        .replace("file", "文件给出")
        .replace(", enlarged by the repair", "，因修复图形而增大")
    )


def _area(area_m2: float) -> str:
    return f"{area_m2:,.1f} ㎡（{area_m2 / 1e4:.4f} 公顷，{area_m2 * 3 / 2000:.2f} 亩）"


def _badges(report: Report, outcome: SiteOutcome) -> list[str]:
    asked = _asked(outcome)
    known, verdict = outcome.known_verdict, outcome.verdict
    effect = next((e.effect for e in asked if e.known_outcome == known), None)
    complete = sum(bool(report.classes[e.resource_class].complete_in) for e in asked)
    empty = sum(e.held == 0 for e in asked)
    limited = "（按 --class 限定）" if report.limited_to is not None else ""
    return [
        f"结论 known        【{outcome_label(known, effect)}】{OUTCOME_EN[known]}",
        f"资料完备度 held   【{len(asked)}类{limited}：声明完整{complete}类，收录不全"
        f"{len(asked) - complete - empty}类，未收录{empty}类】",
        f"总体判定 verdict  【{outcome_label(verdict, effect)}】{OUTCOME_EN[verdict]} — {OUTCOME_LINE_ZH[verdict]}",
    ]


def _unsaid(report: Report, outcome: SiteOutcome) -> list[str]:
    """What was not said of the project though rules that come near hang on it."""
    findings = [f for e in _asked(outcome) for f in e.findings if f.relation != "missed"]
    conditions = {c for f in findings for c in (f.condition or "").split(";")}
    words = ["项目类型"] if report.receipt["parameters"]["project_type"] is None else []
    words += ["建筑高度"] if any(f.reason_code == "height_unknown" for f in findings) else []
    return words + [f"是否{zh}" for code, zh in CONDITION_ZH.items() if code in conditions]


def _asked(outcome: SiteOutcome) -> list[ClassOutcome]:
    return [e for e in (*outcome.screening, *outcome.extra) if e.requested]


def _headline(report: Report, outcome: SiteOutcome) -> str:
    asked = _asked(outcome)
    makers = {
        "conflict": _headline_conflict,
        "undetermined": _headline_undetermined,
        "regulated": _headline_regulated,
        "not_screened": _headline_not_screened,
        "clear": _headline_clear,
    }
    return makers[outcome.verdict](report, asked)


def _headline_conflict(report: Report, asked: list[ClassOutcome]) -> str:
    hits = [f for e in asked for f in gravest_per_feature(e) if f.outcome == "conflict"]
    first = max(hits, key=lambda f: (f.overlap_m2, f.overlap_length_m, f.flip_distance_m or 0.0))
    where = f"{first.name_zh}{SUBZONE_ZH.get(first.subzone or '', '')}"
    if first.overlap_m2:
        touch = (
            f"地块压占{where}{first.overlap_m2 / 1e4:.4f}公顷（{first.overlap_m2 * 3 / 2000:.2f}亩，"
            f"占{first.overlap_share:.1%}）"
        )
    elif first.overlap_length_m:
        touch = f"线路穿越{where}{first.overlap_length_m:,.1f}米"
    elif first.distance_m:
        touch = f"地块距{where}{first.distance_m:,.0f}米，小于规定的{first.required_m:g}米"
    else:
        touch = f"地块压占{where}本体点位"
    away = f"建议避让{_avoid_m(first):,.0f}米以上。" if first.flip_distance_m is not None else ""
    return f"发现禁止性冲突{len(hits)}项：{touch}。依据{_law(first)}，{first.requirement}。{_if(first)}{away}"


def _avoid_m(finding: Finding) -> float:
    margin, doubt = finding.margin_m or 0.0, finding.uncertainty_m or 0.0
    return float(int(doubt - margin) + 1)


def _headline_undetermined(report: Report, asked: list[ClassOutcome]) -> str:
    open_ones = [e for e in asked if e.outcome == "undetermined"]
    near = [(f.distance_m, f) for e in asked for f in e.findings if f.distance_m is not None]
    text = f"目前不能得出“未发现冲突”的结论：{len(open_ones)}类资源待核实。"
    if near:
        distance, finding = min(near, key=lambda pair: (pair[0], pair[1].feature_id))
        text += f"据现有资料，最近的已知资源为{finding.name_zh}，距{distance:,.0f}米（误差±{finding.uncertainty_m:,.0f}米）。"
    first = report.classes[open_ones[0].resource_class]
    more = "等" if len(open_ones) > 1 else ""
    return text + f"取得{first.material_zh}（{first.keeper_zh}）{more}后可重新判定。"


def _headline_regulated(report: Report, asked: list[ClassOutcome]) -> str:
    count = sum(f.outcome == "regulated" for e in asked for f in gravest_per_feature(e))
    return f"在已筛查资料范围内未发现禁止性冲突；涉及须专项审批或征求意见事项{count}项，须先行办理，见下。"


def _headline_not_screened(report: Report, asked: list[ClassOutcome]) -> str:
    names = "、".join(report.classes[e.resource_class].name_zh for e in asked if e.outcome == "not_screened")
    count = sum(e.outcome == "not_screened" for e in asked)
    return f"{count}类未筛查：{names}。未筛查不等于无冲突。"


def _headline_clear(report: Report, asked: list[ClassOutcome]) -> str:
    margins = [
        (f.margin_m, f.uncertainty_m)
        for e in asked
        for f in e.findings
        if f.margin_m is not None and f.uncertainty_m is not None
    ]
    text = f"在附表所列资料及时点范围内，{len(asked)}类均未发现冲突"
    if not margins:
        return text + "。"
    margin, doubt = min(margins)
    return text + f"；最小余量{margin:,.1f}米，大于合成误差{doubt:,.1f}米。"


def _law(finding: Finding) -> str:
    if not finding.law:
        return "（无已知规则）"
    article = f"第{finding.article}条" if finding.article else "（条号未见）"
    return f"《{finding.law}》{article}"


def _if(finding: Finding) -> str:
    """Say on what a conditional answer hangs; empty when it hangs on nothing."""
    if not finding.condition:
        return ""
    words = [PROJECT_TYPES.get(c) or CONDITION_ZH.get(c, c) for c in finding.condition.split(";")]
    return f"（若项目属于：{'、'.join(dict.fromkeys(words))}）"


def _known(report: Report, outcome: SiteOutcome) -> list[str]:
    """What is known: conflicts, then what is regulated, then the nearest of each class with its margin."""
    lines = ["一、据已收录资料 What is known"]
    asked = _asked(outcome)
    hits = [
        (e, f) for kind in ("conflict", "regulated") for e in asked for f in gravest_per_feature(e) if f.outcome == kind
    ]
    for entry, finding in hits:
        lines += _hit(report.classes[entry.resource_class], finding)
    shown = {f.feature_id for _, f in hits}
    near: list[str] = []
    for entry in asked:
        found = [f for f in entry.findings if f.distance_m is not None and f.feature_id not in shown]
        if found:
            near += _near(report.classes[entry.resource_class], min(found, key=lambda f: f.distance_m or 0.0))
    if near:
        lines += ["  最近的已收录资源 nearest known, by class:", *near]
    return lines if len(lines) > 1 else [*lines, "  （无 none）"]


def _hit(spec: ClassSpec, finding: Finding) -> list[str]:
    mark = _MARKS[finding.outcome]
    amount = ""
    if finding.overlap_m2:
        amount = f"，压占 {_area(finding.overlap_m2)}，占地块 {finding.overlap_share:.1%}"
    elif finding.overlap_length_m:
        amount = f"，线路在内 {finding.overlap_length_m:,.1f} 米"
    effect = EFFECT_ZH.get(finding.effect or "", "")
    subzone = SUBZONE_ZH.get(finding.subzone or "", "")
    first = f"  {mark} {finding.name_zh}{subzone}（{spec.name_zh}，{finding.feature_id}）— {effect}{amount}"
    second = f"    依据 {_law(finding)}：{finding.requirement}{_if(finding)}"
    third = (
        f"    余量 margin {finding.margin_m:,.1f} 米，合成误差 ±{finding.uncertainty_m:,.1f} 米；"
        f"边界移动{finding.flip_distance_m:,.1f}米，结论将改变（{MEMBERSHIP_ZH[finding.membership]}）"
    )
    return [*wrapped(first, hang=4), *wrapped(second, hang=4), *wrapped(third, hang=4)]


def _near(spec: ClassSpec, finding: Finding) -> list[str]:
    status = "" if finding.relation == "missed" else f"，{finding.reason}"
    height = f"，建筑高度不超过{finding.max_height_m:,.1f}米方可确定合法" if finding.max_height_m is not None else ""
    mark = "·" if finding.relation == "missed" else "?"
    text = (
        f"  {mark} {spec.name_zh}：{finding.name_zh} 距{finding.distance_m:,.0f}米"
        f"（误差±{finding.uncertainty_m:,.0f}米，{MEMBERSHIP_ZH[finding.membership]}{status}{height}）"
    )
    return wrapped(text, hang=4)


def _unknown(report: Report, outcome: SiteOutcome) -> list[str]:
    """What is not known, class by class, and which file from which office would settle it."""
    lines = ["二、尚不能判定 What is not known, and what would settle it"]
    for entry in _asked(outcome):
        if entry.outcome in ("undetermined", "not_screened", "conflict") and not _settled(report, entry):
            lines += _gap(report.classes[entry.resource_class], entry, report.with_polygon.get(entry.resource_class, 0))
    if len(lines) == 1:
        lines.append("  （无 none）")
    others = [e for e in outcome.extra if not e.requested]
    if others and report.limited_to is None:
        names = "、".join(report.classes[e.resource_class].name_zh for e in others)
        lines += wrapped(f"  - 未接入资料，未筛查（--layer）：{names}。未筛查不等于无冲突。", hang=4)
    left = [e for e in outcome.screening if not e.requested]
    if left:
        lines += wrapped(
            f"  - 本次未要求筛查：{'、'.join(report.classes[e.resource_class].name_zh for e in left)}。",
            hang=4,
        )
    return lines


def _settled(report: Report, entry: ClassOutcome) -> bool:
    return entry.outcome == "conflict" and bool(report.classes[entry.resource_class].complete_in)


def _gap(spec: ClassSpec, entry: ClassOutcome, with_polygon: int) -> list[str]:
    official = "未公布数量" if entry.official_count is None else f"公布{entry.official_count:g}{_unit(spec)}"
    held = f"{official}，收录{entry.held}处，已定位{entry.located}处，有边界{with_polygon}处"
    mark = _MARKS[entry.outcome]
    lines = wrapped(
        f"  {mark} {spec.name_zh} {spec.name_en}：{outcome_label(entry.outcome, entry.effect)}（{held}）",
        hang=4,
    )
    lines += wrapped(f"    {entry.reason}。需补：{spec.material_zh}（{spec.keeper_zh}）", hang=4)
    unplaced = [f for f in gravest_per_feature(entry) if f.distance_m is None]
    for finding in unplaced[:_SHOWN_PER_CLASS]:
        lines += wrapped(f"    ? {finding.name_zh}（{finding.feature_id}）：{finding.reason}", hang=6)
    if len(unplaced) > _SHOWN_PER_CLASS:
        lines.append(f"    … 另有{len(unplaced) - _SHOWN_PER_CLASS}处，见 --format json")
    return lines


def _unit(spec: ClassSpec) -> str:
    return "公顷" if spec.unit == "ha" else "处"


def text_width(text: str) -> int:
    """Return the number of terminal columns of a text; East Asian wide characters take two."""
    return sum(map(_char_width, text))


@lru_cache(maxsize=4096)
def _char_width(char: str) -> int:
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def wrapped(text: str, *, hang: int = 0) -> list[str]:
    """Break a text into lines of `WIDTH` columns; lines after the first are indented by `hang` columns."""
    return list(_wrapped(text, hang))


def _wrapped(text: str, hang: int) -> Iterator[str]:
    line, width = "", 0
    for token in _tokens(text):
        wide = text_width(token)
        if width + wide > WIDTH and line.strip():
            yield line.rstrip()
            line, width = " " * hang, hang
            token = token.lstrip()
            wide = text_width(token)
        line += token
        width += wide
    yield line.rstrip()


_NO_START = "，。；：、）》】”％%"


def _tokens(text: str) -> Iterator[str]:
    """Split where a line may break: after any wide character (not before closing marks), after spaces."""
    token = ""
    for index, char in enumerate(text):
        token += char
        follower = text[index + 1] if index + 1 < len(text) else ""
        wide = _char_width(char) == 2 and char not in "（《【“"
        next_wide = bool(follower) and _char_width(follower) == 2 and char not in "（《【“"
        if (wide or char == " " or next_wide) and follower not in _NO_START:
            yield token
            token = ""
    if token:
        yield token
