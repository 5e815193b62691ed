"""The law as a book: what each article says, the rules that stand for it, what they do, and what
changes on which day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ...catalog import checked_date, load_catalog, read_table
from ...errors import UsageError
from ...layers.layers import load_classes
from ...layers.procedures import load_procedures
from ...layers.rules import load_rules
from ...model.project import Project
from ...wording import (
    BINDS_ZH,
    CONDITION_ZH,
    EFFECT_ZH,
    EXCEPTION_ZH,
    KIND_ZH,
    PROJECT_TYPES,
    SUBZONE_ZH,
)
from .binding import binding, binding_rules, outcome_if_met

if TYPE_CHECKING:
    from ...layers.rules import Rule

DOES_ZH = {
    "conflict": "冲突",
    "unless": "原则禁止",
    "building": "不得布置建筑",
    "permit": "报批",
    "study": "评估或查询",
    "notify": "征求意见",
    "ask": "须说明",
    "unbound": "不约束",
    "unseen": "待核实",
}
"""What a rule does to a project where it is met, in the cells of the truth table."""
_COMPARED = (
    *(
        "effect",
        "binds",
        "required_m",
        "comparison",
        "ratio",
        "condition",
        "exception",
        "project_types",
    ),
    *(
        "resource_kind",
        "subzone",
        "basin",
        "measured_from",
        "law",
        "article",
        "verified",
        "requirement_zh",
    ),
)


@dataclass(frozen=True, slots=True)
class Case:
    """A case worked out by hand that fixes what a rule does; a test runs it.

    Attributes
    ----------
    said
        Attributes by name; `documented` are those of them that were said with a document.
    expected
        ``conflict``, ``regulated``, ``ask`` or ``unbound``.
    """

    rule_id: str
    project_type: str | None
    said: Mapping[str, str]
    documented: tuple[str, ...]
    expected: str
    why_zh: str

    def project(self) -> Project:
        """Return the project of the case."""
        own = {
            name: self.said[name] == "yes"
            for name in ("groundwater_use", "discharge")
            if name in self.said
        }
        rest = {name: value for name, value in self.said.items() if name not in own}
        documents = dict.fromkeys(self.documented, "文件")
        return Project(
            type=self.project_type,
            attributes=rest,
            documents=documents,
            **own,
        )


def load_cases() -> tuple[Case, ...]:
    """Return the bundled cases, in the order of their table."""
    return tuple(_case(row) for row in read_table("sources/rule_cases.csv"))


def _case(row: Mapping[str, str]) -> Case:
    parts = [part for part in row["said"].split(";") if part]
    said = dict(part.rstrip("!").split("=") for part in parts)
    documented = tuple(part.split("=")[0] for part in parts if part.endswith("!"))
    return Case(
        row["rule_id"],
        row["project_type"] or None,
        said,
        documented,
        row["expected"],
        row["why_zh"],
    )


def meaning(rule: Rule, project: Project) -> str:
    """Say what a rule means for a project where it is met: ``conflict``, ``regulated``, ``ask`` or
    ``unbound``.
    """
    bound = binding(rule, project)
    if bound in ("no", "maybe"):
        return {"no": "unbound", "maybe": "ask"}[bound]
    return outcome_if_met(rule, project)


def does(rule: Rule, project_type: str | None) -> str:
    """Return the cell of the truth table, a key of `DOES_ZH`: what a rule does to a type of which
    nothing else was said.
    """
    project = Project(type=project_type)
    told = meaning(rule, project)
    if not rule.verified and told != "unbound":
        return "unseen"
    if told in ("ask", "unbound"):
        return told
    if rule.effect in ("permit", "study", "notify"):
        return rule.effect
    if told == "regulated":
        return "building"
    return "unless" if rule.effect == "prohibited_unless" else "conflict"


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one rule between two days.

    Attributes
    ----------
    kind
        ``begins``, ``ends`` or ``replaced``.
    on
        The first day on which the later state holds.
    fields
        For a rule that is replaced: field -> old and new value, of those that differ.
    """

    on: str
    kind: str
    resource_class: str
    before: str | None
    after: str | None
    law_before: str | None
    law_after: str | None
    fields: Mapping[str, tuple[Any, Any]]


def rules_diff(
    first: str,
    second: str,
    *,
    resource_class: str | None = None,
) -> list[Change]:
    """Say what changes in the rules between two days.

    Parameters
    ----------
    first, second
        ISO dates, the first not after the second.

    Returns
    -------
    list of Change
        By day, class and rule; empty when nothing changes.

    Raises
    ------
    UsageError
        If a date is none, or the first is after the second.
    """
    since, until = checked_date(first), checked_date(second)
    if since > until:
        raise UsageError(f"{first} is after {second}: give the earlier day first")
    every = load_rules(resource_class)
    found: list[Change] = []
    before = _in_force(every, since)

    # day by day, so that a rule that comes and goes between the two is told
    for day in sorted(turn for turn in _turns(every) if since < turn <= until):
        after = _in_force(every, day)
        found += _changes_on(day, before, after)
        before = after
    return sorted(
        found,
        key=lambda c: (c.on, c.resource_class, c.after or c.before or ""),
    )


def _turns(rules: Sequence[Rule]) -> set[str]:
    """Return the days on which a rule begins, or is the first time no longer in force."""
    days = {day for rule in rules for day in (rule.in_force_from, _next_day(rule.in_force_to))}
    return {day for day in days if day}


def _changes_on(
    day: str,
    before: Mapping[str, Rule],
    after: Mapping[str, Rule],
) -> Iterator[Change]:
    for family in sorted(before.keys() | after.keys()):
        was, now = before.get(family), after.get(family)

        # generations of a rule differ by their id
        if (was and was.rule_id) != (now and now.rule_id):
            yield _change(day, was, now)


def _in_force(rules: Sequence[Rule], day: str) -> dict[str, Rule]:
    """The rules of a day by their family: generations of one rule share what stands before the
    dash.
    """
    return {rule.rule_id.partition("-")[0]: rule for rule in rules if rule.in_force(day)}


def _change(
    on: str,
    before: Rule | None,
    after: Rule | None,
) -> Change:
    states = [rule for rule in (before, after) if rule is not None]
    return Change(
        on=on,
        kind="begins" if before is None else "ends" if after is None else "replaced",
        resource_class=states[-1].resource_class,
        before=before.rule_id if before else None,
        after=after.rule_id if after else None,
        law_before=f"{before.law} {before.article}" if before else None,
        law_after=f"{after.law} {after.article}" if after else None,
        fields=_differing(before, after) if before and after else {},
    )


# Any: fields of a rule are texts, numbers and tuples of texts.
def _differing(before: Rule, after: Rule) -> dict[str, tuple[Any, Any]]:
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in _COMPARED)
    return {name: (was, now) for name, was, now in pairs if was != now}


def _next_day(value: str | None) -> str:
    return (date.fromisoformat(value) + timedelta(days=1)).isoformat() if value else ""


def change_lines(changes: Sequence[Change]) -> Iterator[str]:
    """Write changes as text, by day, Chinese first."""
    kinds = {
        "begins": "新增 begins",
        "ends": "废止 ends",
        "replaced": "更替 replaced",
    }
    for on, own in groupby(changes, key=lambda c: c.on):
        yield on
        for change in own:
            ids = " -> ".join(i for i in (change.before, change.after) if i)
            laws = " -> ".join(f"《{law}》" for law in (change.law_before, change.law_after) if law)
            yield f"  {kinds[change.kind]}  {change.resource_class}  {ids}  {laws}"
            yield from (
                f"      {name}: {_shown(was)} -> {_shown(now)}"
                for name, (was, now) in change.fields.items()
            )


def change_records(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Return changes as `sxgeo rules diff --format json` prints them."""
    return [
        asdict(change) | {"fields": {name: list(pair) for name, pair in change.fields.items()}}
        for change in changes
    ]


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "-"
    return "-" if value in (None, "") else str(value)


def excerpts(rule: Rule) -> list[tuple[str, str, str, str]]:
    """Return the words seen of a rule's articles: law, article, excerpt and source; empty where
    only our summary is held.
    """
    cited = list(
        zip(
            rule.law.split("；"),
            rule.article.split("；"),
            strict=False,
        )
    )
    rows = {(row["law"], row["article"]): row for row in read_table("sources/law_excerpts.csv")}
    return [
        (law, a, rows[law, a]["excerpt"], rows[law, a]["source"])
        for law, a in cited
        if (law, a) in rows
    ]


def lawbook_html(
    resource_class: str | None = None,
    *,
    as_of: str | None = None,
    project_type: str | None = None,
) -> str:
    """Write the book as one HTML page that needs nothing else.

    Parameters
    ----------
    resource_class, as_of, project_type
        As :func:`sxgeo.layers.rules.load_rules` and
        :func:`sxgeo.analysis.conflicts.binding.binding_rules` take them; None takes all.

    Returns
    -------
    str
        By class and article: the words seen or our summary, the rules, the truth table by project
        type, the cases; then the days on which the law changes. The same rules give the same text.
    """
    held = load_rules(resource_class, as_of=as_of)
    rules = [rule for rule, _ in binding_rules(held, project_type)]
    names = {spec.id: spec.name_zh for spec in load_classes().values()}
    by_class = _by_class(rules, names)
    ordered = list(by_class)
    body = _head(rules, ordered, names)
    body += _chapters(by_class, names)

    # the book of one class says nothing of the others
    if resource_class is None:
        body += _without_rules([c for c in names if c not in ordered], names)
        body += _procedures()
    body += _calendar(rules)
    return _PAGE.format(style=_STYLE, body="\n".join(body))


def _by_class(rules: Sequence[Rule], classes: Iterable[str]) -> dict[str, list[Rule]]:
    """Return the rules of each class that has any, in the order of the classes."""
    by_class = {c: [rule for rule in rules if rule.resource_class == c] for c in classes}

    # a class without a rule has no chapter, and is named behind them
    return {class_id: own for class_id, own in by_class.items() if own}


def _chapters(by_class: Mapping[str, Sequence[Rule]], names: Mapping[str, str]) -> Iterator[str]:
    """Yield the rules of each class under its heading."""
    # cases are read once for all chapters
    by_rule = _cases_by_rule()
    for class_id, rules in by_class.items():
        yield f'<h2 id="{class_id}">{escape(names[class_id])} <small>{class_id}</small></h2>'
        yield from _articles(rules, by_rule)


def _cases_by_rule() -> dict[str, list[Case]]:
    by_rule: dict[str, list[Case]] = {}
    for case in load_cases():
        by_rule.setdefault(case.rule_id, []).append(case)
    return by_rule


def _articles(rules: Sequence[Rule], cases: Mapping[str, Sequence[Case]]) -> Iterator[str]:
    """Write the rules of a class, by law and article."""
    ordered = sorted(
        rules,
        key=lambda rule: (rule.law, rule.article, rule.rule_id),
    )
    for (law, article), group in groupby(ordered, key=lambda rule: (rule.law, rule.article)):
        yield from _article(law, article, list(group), cases)


def _head(
    rules: Sequence[Rule],
    classes: Sequence[str],
    names: Mapping[str, str],
) -> list[str]:
    seen = sum(rule.verified for rule in rules)
    links = " ".join(f'<a href="#{c}">{escape(names[c])}</a>' for c in classes)
    legend = "；".join(f"<b>{zh}</b>" for zh in DOES_ZH.values())
    return [
        "<h1>规则书 The law as a book</h1>",
        (
            f"<p>数据日期 {load_catalog().data_date}。{len(rules)} 条规则，{seen}"
            " 条条文已见；其余不作判定依据。"
            f" {len(rules)} rules, {seen} of them seen in words.</p>"
        ),
        (
            "<p>每条写明看到的条文（短引文，其余为本工具自己的转述）、代表它的规则、"
            "未说明其他情况时对各类项目的作用，以及固定它的算例。哪一行不对，指出规则编号即可。"
            " Short excerpts, else our own summary; what each rule does to each project type of"
            " which nothing else was said; the cases that fix it. Name the rule that is wrong.</p>"
        ),
        (
            f"<p>表中用词 words of the tables: {legend}。“须说明”是条件属性没有说明，"
            "“不得布置建筑”是裸地块压占控制区。</p>"
        ),
        f'<nav>{links} <a href="#days">逐日更替</a></nav>',
    ]


def _link(rule: Rule) -> str:
    return f'<a href="#{escape(rule.rule_id)}">{escape(rule.rule_id)}</a>'


def _calendar(rules: Sequence[Rule]) -> list[str]:
    days: dict[str, list[str]] = {}
    for rule in rules:
        if rule.in_force_from:
            days.setdefault(rule.in_force_from, []).append(f"{_link(rule)} 起")
        if rule.in_force_to:
            days.setdefault(_next_day(rule.in_force_to), []).append(f"{_link(rule)} 止")
    rows = "".join(
        f"<tr><td>{day}</td><td>{'、'.join(own)}</td></tr>" for day, own in sorted(days.items())
    )
    table = f'<table class="days"><tr><th>日期</th><th>规则</th></tr>{rows}</table>'
    return ['<h2 id="days">逐日更替 What changes on which day</h2>', table]


def _without_rules(classes: Sequence[str], names: Mapping[str, str]) -> list[str]:
    """Say of which classes no rule is held: what is not seen decides nothing."""
    if not classes:
        return []
    told = "、".join(f"{escape(names[c])} {c}" for c in classes)
    return [
        f"<h2>没有规则的类 Classes without a rule</h2><p>{told}：条文未见，"
        "涉及即待核实或者作为问题提出。</p>"
    ]


def _procedures() -> list[str]:
    rows = "".join(
        f"<tr><td>{escape(p.name_zh)}</td><td>{escape(p.trigger_zh)}</td>"
        f"<td>{escape(p.what_zh)}</td><td>{escape(p.authority_zh)}</td>"
        f"<td>《{escape(p.law)}》{f'第{escape(p.article)}条' if p.seen else '条文未见'}</td></tr>"
        for p in load_procedures()
    )
    head = "".join(f"<th>{word}</th>" for word in ("手续", "何时", "做什么", "主管", "依据"))
    return [
        '<h2 id="procedures">手续 Procedures</h2>',
        "<p>只提示，不作判定。 Told, never judged.</p>",
        f"<table><tr>{head}</tr>{rows}</table>",
    ]


def _article(
    law: str,
    article: str,
    rules: Sequence[Rule],
    cases: Mapping[str, Sequence[Case]],
) -> list[str]:
    words = dict.fromkeys(quote for rule in rules for quote in excerpts(rule))
    title = f"《{law}》第{article}条" if article else f"《{law}》条号未见"
    parts = [f"<h3>{escape(title)}</h3>"]
    for of_law, number, text, source in words:
        parts.append(
            f"<blockquote>{escape(text)}"
            f" <cite>《{escape(of_law)}》第{escape(number)}条，{escape(source)}</cite></blockquote>"
        )
    if not words:
        parts.append('<p class="own">以下为本工具的转述 our own summary.</p>')
    for rule in rules:
        parts += _rule(rule, cases.get(rule.rule_id, ()))
    return parts


def _rule(rule: Rule, cases: Sequence[Case]) -> list[str]:
    seen = "" if rule.verified else ' <b class="unseen">条文未见，不作判定依据</b>'
    note = f"；{escape(rule.note)}" if rule.note else ""
    parts = [
        f'<div class="rule" id="{escape(rule.rule_id)}"><h4>{escape(rule.rule_id)}{seen}</h4>',
        f"<p>{escape(rule.requirement_zh)}<br><small>{escape(rule.requirement_en)}</small></p>",
        f"<p>{escape(' · '.join(_facts(rule)))}</p>",
        _truth_table(rule),
    ]
    if rule.authority:
        parts.append(f"<p>主管 {escape(rule.authority)}</p>")
    parts.append(f"<p><small>来源 {escape(rule.source)}{note}</small></p>")
    if cases:
        lines = "".join(f"<li>{escape(_case_words(case))}</li>" for case in cases)
        parts.append(f"<ul>{lines}</ul>")
    parts.append("</div>")
    return parts


def _facts(rule: Rule) -> Iterator[str]:
    """Say of a rule what it covers, what it does, and when."""
    where = [KIND_ZH[kind] for kind in rule.resource_kind]
    if rule.subzone:
        where.append(SUBZONE_ZH[rule.subzone])
    edge = f"（自{rule.measured_from}起算）" if rule.measured_from else ""
    yield "、".join(where) or "全部"
    yield EFFECT_ZH[rule.effect]
    yield f"约束{BINDS_ZH[rule.binds]}"
    yield f"{rule.required_m:g}米{edge}" if rule.required_m else "范围内"
    yield f"{rule.in_force_from or '…'} 至 {rule.in_force_to or '今'}"
    if rule.condition:
        yield f"条件：{CONDITION_ZH[rule.condition]}"
    if rule.exception:
        yield f"例外：{'；'.join(EXCEPTION_ZH[one] for one in rule.exception)}"


def _truth_table(rule: Rule) -> str:
    """Write what a rule does to each type of which nothing else was said."""
    heads = "".join(f"<th>{escape(zh)}</th>" for zh in ("未说明类型", *PROJECT_TYPES.values()))
    cells = [does(rule, kind) for kind in (None, *PROJECT_TYPES)]
    row = "".join(f'<td class="{cell}">{DOES_ZH[cell]}</td>' for cell in cells)
    return f'<table class="truth"><tr>{heads}</tr><tr>{row}</tr></table>'


def _case_words(case: Case) -> str:
    told = {
        "conflict": "冲突",
        "regulated": "涉及",
        "ask": "须说明",
        "unbound": "不约束",
    }[case.expected]
    kind = PROJECT_TYPES[case.project_type] if case.project_type else "未说明类型"
    words = CONDITION_ZH | EXCEPTION_ZH
    said = [
        f"{words.get(n, n)}={v}{'（有文件）' if n in case.documented else ''}"
        for n, v in case.said.items()
    ]
    return f"{kind}{'，' + '，'.join(said) if said else ''}：{told}——{case.why_zh}"


_STYLE = (
    "body{font:15px/1.6 sans-serif;max-width:64rem;margin:0 auto;padding:1rem;"
    "color:#1c2429;background:#fff}"
    "table{border-collapse:collapse}"
    "th,td{border:1px solid #c6ced2;padding:.15rem .4rem;font-weight:400;text-align:left}"
    ".truth{display:block;overflow-x:auto}"
    ".rule{border-left:3px solid #c6ced2;padding-left:.8rem;margin:1rem 0}"
    "blockquote{margin:.5rem 0;padding-left:.8rem;border-left:3px solid #8a6d1d}"
    "cite{font-size:.85em;color:#4b575d}"
    "nav a{margin-right:.6rem}"
    ".conflict,.unless{background:#f6dcd9}"
    ".building,.permit,.study,.notify{background:#f7edcf}"
    ".ask,.unseen{background:#e3e8f2}"
    ".days td:first-child{white-space:nowrap}"
)
_PAGE = """<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>规则书 The law as a book</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""
