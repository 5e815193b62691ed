"""A report at a glance: one line for the prompt, a card for a notebook."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ..model.glance import badge, card, counted, sketch, table
from ..model.outcomes import OUTCOMES
from ..wording import OUTCOME_EN, OUTCOME_ZH
from .palette import VERDICT_COLOURS

if TYPE_CHECKING:
    from ..model.outcomes import SiteOutcome
    from .answer import Answer

_KNOWN_COLOURS = VERDICT_COLOURS | {"touched_unbound": "#6b7280", "none_found": "#6b7280"}
"""What is held and shows nothing is never green: that it is not there follows from no document."""


def report_line(report: Answer) -> str:
    """Return a report in one line."""
    if not report.sites:
        return "<Report: no sites>"
    verdicts = Counter(s.verdict for s in report.sites)
    counts = ", ".join(f"{verdicts[o]:,} {o}" for o in OUTCOMES if verdicts[o])
    limited = "" if report.limited_to is None else f", limited to {', '.join(report.limited_to)}"
    kind = "verdict" if report.limited_to is None else "limited verdict"
    return (
        f"<Report: {counted(len(report.sites), 'site')}, {kind} {report.verdict}, known verdict "
        f"{report.known_verdict}, as of {report.as_of}{limited}; {counts}>"
    )


def report_card(report: Answer) -> str:
    """Return a report as HTML: verdicts, counts, a sketch of the sites, the gravest sites first."""
    if not report.sites:
        return card("sxgeo · 选址筛查 site check", {"地块 sites": 0})
    # a card shows the head of a long list only: the gravest come first
    gravest = sorted(report.sites, key=lambda s: OUTCOMES.index(s.verdict))
    rows = [_card_row(report, outcome) for outcome in gravest]
    heads = ("地块", "结论", "据现有资料", "面积（公顷）", "县区", "问题")
    return card(
        _title(report),
        _facts(report),
        badges=_verdict_badges(report),
        below=table(heads, rows),
        picture=sketch(
            [s.site.geometry for s in report.sites],
            [VERDICT_COLOURS[s.verdict] for s in report.sites],
        ),
    )


def _title(report: Answer) -> str:
    if report.limited_to is None:
        return "sxgeo · 选址筛查 site check"
    return f"sxgeo · 限定类判定（{len(report.limited_to)}类） limited verdict"


def _facts(report: Answer) -> dict[str, str]:
    """Return what must be known of a report at first sight."""
    known = report.known_verdict
    facts = {
        "地块 sites": f"{len(report.sites):,}",
        "据现有资料 from what is held": f"{OUTCOME_ZH[known]} {OUTCOME_EN[known]}",
        "规则日期 rules as of": report.as_of,
    }

    # clear of some classes is not clear: the card says which
    if report.limited_to is not None:
        facts["限定类判定 limited to"] = ", ".join(report.limited_to)
    return facts


def _verdict_badges(report: Answer) -> list[str]:
    """Return how many sites have each verdict, the gravest first."""
    counts = Counter(outcome.verdict for outcome in report.sites)
    return [
        badge(f"{counts[one]:,} · {OUTCOME_ZH[one]} {OUTCOME_EN[one]}", VERDICT_COLOURS[one])
        for one in OUTCOMES
        if counts[one]
    ]


def _card_row(report: Answer, outcome: SiteOutcome) -> tuple[str, ...]:
    site, area_m2 = outcome.site, outcome.area_m2
    return (
        site.site_id,
        OUTCOME_ZH[outcome.verdict],
        OUTCOME_ZH[outcome.known_verdict],
        "" if area_m2 is None else f"{area_m2 / 10_000:,.4f}",
        "；".join(report.counties.get(site.site_id, ())),
        "；".join(site.problems),
    )
