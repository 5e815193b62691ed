"""A report for the terminal: what is known first, then what is not, in 80 columns, readable without
colour.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

import shapely

from ..geometry.projection import meridian_of
from ..geometry.straight import laid_on_plane
from ..model.outcomes import asked, gravest_per_feature, known_effect
from ..wording import (
    ARCHAEOLOGY_REMINDER,
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
from .batch_table import next_documents
from .sentences import (
    ELSEWHERE,
    accuracy_words,
    area_words,
    building_words,
    certificate_words,
    char_width,
    class_label,
    completeness_words,
    finding_label,
    headline,
    held_words,
    hits_of,
    if_words,
    law_words,
    legal_words,
    metres_words,
    place_words,
    plan_elements,
    review_words,
    settled,
    text_width,
    told_besides,
    touch_words,
    unbound_words,
    unsaid,
    verdict_title,
    zone_words,
)

if TYPE_CHECKING:
    from ..layers.classes import ClassSpec
    from ..model.outcomes import ClassOutcome, Finding, SiteOutcome
    from .answer import Answer

WIDTH = 80
_SHOWN_PER_CLASS = 3
_SHOWN_ELEMENTS = 12
_FIRST = 3
_MARKS = {
    "conflict": "×",
    "regulated": "!",
    "undetermined": "?",
    "not_screened": "-",
    "clear": "+",
}


def report_text(report: Answer) -> str:
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
    lines.append(
        f"数据 data {data['data_date']} · {data['sha256'][:12]}    时点 as of {report.as_of}"
    )
    return "\n".join(lines) + "\n"


def _block(
    report: Answer,
    outcome: SiteOutcome,
    number: int,
) -> list[str]:
    lines = _head(report, outcome, number)

    # of a plot that could not be read nothing is known but that
    if not outcome.site.usable:
        label = OUTCOME_ZH["not_screened"]
        return [*lines, f"结论 answer: 【{label}】not screened — 地块不可用，未作筛查"]
    return [
        *lines,
        *_where(report, outcome),
        *("", *_badges(report, outcome), ""),
        *_sentences(report, outcome),
        *("", *_known(report, outcome), ""),
        *_unknown(report, outcome),
        *_cleared(report, outcome),
        *_plans(report, outcome),
    ]


def _head(
    report: Answer,
    outcome: SiteOutcome,
    number: int,
) -> list[str]:
    """Name a site between two rules, and what is wrong with it before all else."""
    site = outcome.site
    name = f" · {site.name}" if site.name else ""
    rule = "=" * WIDTH
    lines = [rule, f"[{number}/{len(report.sites)}] {site.site_id}{name}", rule]
    for problem in site.problems:
        lines += wrapped(f"问题 problem: {problem}", hang=2)
    return lines


def _sentences(report: Answer, outcome: SiteOutcome) -> list[str]:
    """Say what came out, on what it hangs, what a person holds of it, and what to ask next."""
    lines = wrapped(headline(report, outcome))
    if words := unsaid(report, outcome):
        lines += wrapped(f"未给出，结论以此为条件 conditional on: {'、'.join(words)}", hang=2)
    for text in review_words(report, outcome):
        lines += wrapped(text, hang=2)
    for question in report.questions.get(outcome.site.site_id, ()):
        lines += wrapped(f"？{question.text_zh}", hang=2)
    return lines


def _cleared(report: Answer, outcome: SiteOutcome) -> list[str]:
    """Why each class that is clear is clear: its certificate in one line."""
    lines: list[str] = []
    for entry in asked(outcome):
        if words := certificate_words(entry):
            lines += wrapped(f"  + {report.classes[entry.resource_class].name_zh}：{words}", hang=4)
    return ["", "未发现冲突的依据 Why clear", *lines] if lines else []


def _plans(report: Answer, outcome: SiteOutcome) -> list[str]:
    """Which chapters of which plan speak about the counties of the site, in our own words."""
    elements = plan_elements(report, outcome)
    if not elements:
        return []
    lines = ["", "三、规划中提到本县（市、区）的内容 What the plans say of this county"]
    for element in elements[:_SHOWN_ELEMENTS]:
        where = "，".join(part for part in (element["plan"], element["chapter"]) if part)
        lines += wrapped(
            f"  · {element['name_zh']}：{element['says_zh']}（{where}，{element['element_id']}）",
            hang=4,
        )
    if len(elements) > _SHOWN_ELEMENTS:
        lines.append(f"  … 另有{len(elements) - _SHOWN_ELEMENTS}条，见 --format json")
    return lines


def _where(report: Answer, outcome: SiteOutcome) -> list[str]:
    counties = "、".join(report.counties.get(outcome.site.site_id, ())) or ELSEWHERE
    crs = outcome.crs or ""
    place = f"位置 where: {counties}    {crs}（3°带，中央子午线{meridian_of(crs)}°）"
    lines = wrapped(place, hang=2)
    if outcome.area_m2:
        ellipsoid = f"{outcome.area_ellipsoid_m2:,.2f} ㎡"
        plane = area_words(outcome.area_m2)
        lines += wrapped(f"面积 area: 投影面积 {plane}；椭球面积 {ellipsoid}", hang=2)
    elif shapely.get_dimensions(outcome.site.geometry) == 1 and outcome.crs:
        lines.append(
            "长度 length:"
            f" {laid_on_plane(outcome.site.geometry, outcome.crs, outcome.site.crs).length:,.1f}"
            " 米（投影平面）"
        )
    accuracy = f"±{outcome.site.accuracy_m:g} 米（{accuracy_words(outcome.site.accuracy_source)}）"
    return [*lines, f"地块精度 site accuracy: {accuracy}"]


def _badges(report: Answer, outcome: SiteOutcome) -> list[str]:
    known, verdict = outcome.known_verdict, outcome.verdict
    return [
        f"结论 known        【{outcome_label(known, known_effect(outcome))}】{OUTCOME_EN[known]}",
        f"资料完备度 held   【{completeness_words(report, outcome)}】",
        (
            f"{verdict_title(report)} verdict "
            f" 【{outcome_label(verdict, known_effect(outcome))}】{OUTCOME_EN[verdict]} —"
            f" {OUTCOME_LINE_ZH[verdict]}"
        ),
    ]


def _known(report: Answer, outcome: SiteOutcome) -> list[str]:
    """What is known: conflicts, then what is regulated, then the nearest of each class with its
    margin.
    """
    classes = asked(outcome)
    hits, besides = hits_of(classes), told_besides(outcome)
    lines: list[str] = []
    for entry, finding in hits:
        lines += _hit(report.classes[entry.resource_class], finding)
    for entry, finding in besides:
        lines += _touched(report.classes[entry.resource_class], finding)

    # what is told as touched is not told once more as near
    shown = {f.feature_id for _, f in (*hits, *besides)}
    lines += _nearest_others(report, classes, shown)
    return ["一、据已收录资料 What is known", *(lines or ["  （无 none）"])]


def _nearest_others(
    report: Answer,
    classes: Sequence[ClassOutcome],
    shown: Collection[str],
) -> list[str]:
    """Name the nearest record of each class that is not told yet."""
    near: list[str] = []
    for entry in classes:
        # what is told above is passed over, so that the class names the next one
        found = [f for f in entry.findings if f.distance_m is not None]
        found = [f for f in found if f.feature_id not in shown]
        if found:
            nearest = min(found, key=lambda f: f.distance_m or 0.0)
            near += _near(report.classes[entry.resource_class], nearest)
    return ["  最近的已收录资源 nearest known, by class:", *near] if near else []


def _hit(spec: ClassSpec, finding: Finding) -> list[str]:
    effect = EFFECT_ZH.get(finding.effect or "", "")
    subzone = SUBZONE_ZH.get(finding.subzone or "", "")
    first = (
        f"  {_MARKS[finding.outcome]} {finding.name_zh}{subzone}（{spec.name_zh}，"
        f"{finding.feature_id}）— {effect}{_amount_words(finding)}"
    )
    second = f"    依据 {law_words(finding)}：{finding.requirement}{if_words(finding)}"
    third = (
        f"    余量 margin {metres_words(finding.margin_m)} 米，合成误差"
        f" ±{metres_words(finding.uncertainty_m)}"
        f" 米；边界移动{metres_words(finding.flip_distance_m)}米，"
        f"结论将改变（{MEMBERSHIP_ZH[finding.membership]}）"
    )
    lines = [
        *wrapped(first, hang=4),
        *wrapped(second, hang=4),
        *wrapped(third, hang=4),
    ]
    for words in (building_words(finding), legal_words(finding)):
        lines += wrapped(f"    {words}", hang=4) if words else []
    return lines


def _amount_words(finding: Finding) -> str:
    """Say how much of the site lies in it; empty where they only come near each other."""
    if finding.overlap_m2:
        area = area_words(finding.overlap_m2)
        return f"，压占 {area}，占地块 {finding.overlap_share:.1%}"
    if finding.overlap_length_m:
        return f"，线路在内 {finding.overlap_length_m:,.1f} 米"
    return ""


def _touched(spec: ClassSpec, finding: Finding) -> list[str]:
    """What the site touches though nothing binds it: never left out, never called clear."""
    why = unbound_words(finding) or legal_words(finding)
    head = (
        f"  ! {place_words(finding)}（{spec.name_zh}，{finding.feature_id}）—"
        f" {finding_label(finding)}"
    )
    return [*wrapped(head, hang=4), *wrapped(f"    {touch_words(finding)}；{why}", hang=4)]


def _near(spec: ClassSpec, finding: Finding) -> list[str]:
    status = "" if finding.relation == "missed" else f"，{finding.reason}"
    height = (
        f"，建筑高度不超过{finding.max_height_m:,.1f}米方可确定合法"
        if finding.max_height_m is not None
        else ""
    )
    mark = "·" if finding.relation == "missed" else "?"
    text = (
        f"  {mark} {spec.name_zh}：{finding.name_zh} 距{finding.distance_m:,.0f}米"
        f"（误差±{finding.uncertainty_m:,.0f}米，{MEMBERSHIP_ZH[finding.membership]}{status}{height}）"
    )
    return wrapped(text, hang=4)


def _unknown(report: Answer, outcome: SiteOutcome) -> list[str]:
    """What is not known, class by class, and which file from which office would settle it."""
    gaps: list[str] = []
    for entry in asked(outcome):
        if not settled(report, entry):
            held = report.with_polygon.get(entry.resource_class, 0)
            gaps += _gap(report.classes[entry.resource_class], outcome, entry, held)
    return [
        "二、尚不能判定 What is not known, and what would settle it",
        # above the gaps: few read a long list to its end
        *_get_first(report, outcome),
        *(gaps or ["  （无 none）"]),
        *_not_looked_at(report, outcome),
    ]


def _not_looked_at(report: Answer, outcome: SiteOutcome) -> list[str]:
    """Name the classes without data, and those that this run was not asked for."""

    def names(entries: Sequence[ClassOutcome]) -> str:
        return "、".join(report.classes[e.resource_class].name_zh for e in entries)

    lines = []
    others = [e for e in outcome.extra if not e.requested]

    # a verdict that was limited to some classes has no gap in the others
    if others and report.limited_to is None:
        text = f"未接入资料，未筛查（--layer）：{names(others)}。未筛查不等于无冲突。"
        lines += wrapped(f"  - {text}", hang=4)
    left = [e for e in outcome.screening if not e.requested]
    if left:
        lines += wrapped(f"  - 本次未要求筛查：{names(left)}。", hang=4)
    return lines


def _get_first(report: Answer, outcome: SiteOutcome) -> list[str]:
    """Say which data to get first: those of classes with something known so near that it may
    decide.
    """
    ranked = next_documents(report.classes, [outcome])
    near = [one for one in ranked if one.near]

    # with one class open, or nothing near, there is no order to tell
    if len(ranked) < 2 or not near:
        return []
    told = "；".join(
        f"{report.classes[one.class_id].name_zh}（{one.keeper_zh}）" for one in near[:_FIRST]
    )
    return wrapped(
        f"  先取得 get first: {told}。其已知资源与地块的关系在误差之内，最可能改变结论。", hang=4
    )


def _gap(
    spec: ClassSpec,
    outcome: SiteOutcome,
    entry: ClassOutcome,
    with_polygon: int,
) -> list[str]:
    held = held_words(spec, entry, with_polygon)
    mark = _MARKS[entry.outcome]
    lines = wrapped(
        f"  {mark} {spec.name_zh} {spec.name_en}：{class_label(entry)}（{held}）",
        hang=4,
    )
    if words := zone_words(outcome, entry):
        lines += wrapped(f"    {words}", hang=4)
    lines += wrapped(f"    {entry.reason}。需补：{spec.material_zh}（{spec.keeper_zh}）", hang=4)

    # what has no place is never near: it is named with its class
    unplaced = [f for f in gravest_per_feature(entry) if f.distance_m is None]
    for finding in unplaced[:_SHOWN_PER_CLASS]:
        lines += wrapped(
            f"    ? {finding.name_zh}（{finding.feature_id}）：{finding.reason}", hang=6
        )
    if len(unplaced) > _SHOWN_PER_CLASS:
        lines.append(f"    … 另有{len(unplaced) - _SHOWN_PER_CLASS}处，见 --format json")
    return lines


def wrapped(text: str, *, hang: int = 0) -> list[str]:
    """Break a text into lines of `WIDTH` columns; lines after the first are indented by `hang`
    columns.
    """
    return list(_wrapped(text, hang))


def _wrapped(text: str, hang: int) -> Iterator[str]:
    line, width = "", 0
    for token in _tokens(text):
        wide = text_width(token)

        # a token wider than the line is not broken: it starts a line and runs over
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
    """Split where a line may break: after any wide character (not before closing marks), after
    spaces.
    """
    token = ""
    for index, char in enumerate(text):
        token += char
        follower = text[index + 1] if index + 1 < len(text) else ""

        # a mark that opens stays with what follows it
        wide = char_width(char) == 2 and char not in "（《【“"
        next_wide = bool(follower) and char_width(follower) == 2 and char not in "（《【“"
        if (wide or char == " " or next_wide) and follower not in _NO_START:
            yield token
            token = ""
    if token:
        yield token


__all__ = ["WIDTH", "report_text", "text_width", "wrapped"]
