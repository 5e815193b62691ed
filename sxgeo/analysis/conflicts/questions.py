"""What is unsaid of a project and would change the answer here: questions with both of their
branches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...model.outcomes import BEHAVIOURS, KNOWN_OUTCOMES, asked
from ...model.questions import ORDER, Asked, item_zh
from ...wording import EXCEPTION_ZH, MATERIALS_ZH, WRITTEN_ZH, outcome_label
from .binding import answer_to
from .urban import URBAN

if TYPE_CHECKING:
    from ...layers.rules import Rule
    from ...model.outcomes import ClassOutcome, Finding, KnownOutcome, SiteOutcome
    from ...model.project import Project
    from .screener import Screener

_PENDING = "待附批准文件"
_OPEN = ("attribute_unknown", "height_unknown")
_OPEN_ENDED = ("height_m", "approval_kind")
"""Questions that are not answered with yes or no."""
Answers = tuple[tuple[str, str], ...]


class Questioner:
    """Ask of many sites what one project leaves unsaid; worlds in which it is said are prepared
    once, on the planes of the world in which it is not.

    Parameters
    ----------
    screener
        The one that answered; its project is the one that is asked about.
    """

    def __init__(self, screener: Screener) -> None:
        self._screener = screener
        self._rules = {rule.rule_id: rule for rule in screener.rules}
        self._project = screener.project
        self._screeners: dict[tuple[Answers, str], Screener] = {}

    def ask(self, outcome: SiteOutcome) -> tuple[Asked, ...]:
        """Return the questions of a site, in a fixed order; empty where nothing unsaid matters.

        Asked only where a rule is met here and answers could free the site from it, or where it
        lies to the town boundary.
        """
        raised: dict[str, list[ClassOutcome]] = {}
        if not outcome.site.usable:
            return ()
        for entry in asked(outcome):
            attributes = sorted(set(self._attributes(entry)))
            if not self._matters(outcome, entry, attributes):
                continue
            for attribute in attributes:
                raised.setdefault(attribute, []).append(entry)
        return tuple(self._question(outcome, a, raised[a]) for a in ORDER if a in raised)

    def _matters(
        self,
        outcome: SiteOutcome,
        entry: ClassOutcome,
        attributes: Sequence[str],
    ) -> bool:
        """Whether all open questions of a class together could change what is known of it."""
        # what nobody can answer with yes or no is always worth asking
        if set(attributes) & set(_OPEN_ENDED):
            return True
        freeing = tuple((a, _frees(a)) for a in attributes)
        return (
            bool(freeing)
            and self._known(outcome, freeing, [entry.resource_class]) != entry.known_outcome
        )

    def _attributes(self, entry: ClassOutcome) -> Iterator[str]:
        if entry.resource_class == URBAN and entry.reason_code.startswith("urban_"):
            yield "approval_kind"
        for finding in entry.findings:
            if finding.relation == "met" or (
                finding.relation == "between" and finding.reason_code in _OPEN
            ):
                yield from self._open_in(finding)

    def _open_in(self, finding: Finding) -> Iterator[str]:
        """Yield what a rule that is met hangs on and nobody said."""
        rule = self._rules.get(finding.rule_id or "")
        if rule is None:
            return
        if finding.reason_code == "height_unknown":
            yield "height_m"
        yield from self._behaviours(rule, conditional=bool(finding.condition))
        if finding.outcome == "conflict":
            yield from (a for a in rule.exception if not self._granted(a))
        if finding.no_build_m2 is not None and self._is_unsaid("building_outlines"):
            yield "building_outlines"

    def _behaviours(self, rule: Rule, *, conditional: bool) -> Iterator[str]:
        """Yield what a rule asks of the project's behaviour; the type may have said it."""
        # a rule that its types alone bind is freed by a no to what they do
        named = (
            [BEHAVIOURS[t] for t in rule.project_types if t in BEHAVIOURS] if conditional else []
        )
        for attribute in (*named, *([rule.condition] if rule.condition else [])):
            by_type = BEHAVIOURS.get(self._project.type or "") == attribute
            if self._is_unsaid(attribute) and not by_type:
                yield attribute

    def _is_unsaid(self, attribute: str) -> bool:
        return answer_to(attribute, self._project) is None

    def _granted(self, attribute: str) -> bool:
        return answer_to(attribute, self._project) == "no" or bool(
            self._project.documents.get(attribute)
        )

    def _question(
        self,
        outcome: SiteOutcome,
        attribute: str,
        entries: Sequence[ClassOutcome],
    ) -> Asked:
        classes = tuple(entry.resource_class for entry in entries)
        now = _gravest(entry.known_outcome for entry in entries)
        item, material = item_zh(attribute), MATERIALS_ZH.get(attribute, WRITTEN_ZH)

        # an answer that no one can give beforehand is not tried out
        if attribute in _OPEN_ENDED:
            text = _open_words(attribute, item, material, now, _lowest_limit_m(entries))
            return Asked(attribute, classes, now, now, None, item, material, text)
        frees = _frees(attribute)
        said = {a: self._known(outcome, ((attribute, a),), classes) for a in ("yes", "no")}
        worst, freed = _gravest((now, *said.values())), said[frees]
        text = (
            f"未说明{item}，按最不利情形为“{outcome_label(worst, _label_effect(attribute, entries))}”；"
            f"书面说明为“{'是' if frees == 'yes' else '否'}”（附{material}）后为“{outcome_label(freed)}”"
            f"{'。' if freed != worst else '，其余各问同时说明后方可改变。'}"
        )
        return Asked(attribute, classes, worst, freed, frees, item, material, text)

    def _known(
        self,
        outcome: SiteOutcome,
        said: Answers,
        classes: Sequence[str],
    ) -> KnownOutcome:
        """What would be known of some classes if answers were given; the gravest of them."""
        told = []
        for class_id in classes:
            key = (said, class_id)
            if key not in self._screeners:
                project = self._project
                for attribute, answer in said:
                    project = said_of(project, attribute, answer)
                self._screeners[key] = self._screener.of_class(class_id, project)
            told.append(self._screeners[key].screen(outcome.site).known_verdict)
        return _gravest(told)


def _lowest_limit_m(entries: Sequence[ClassOutcome]) -> float | None:
    """Return the lowest height that is lawful under all that is found; None without any."""
    limits = [finding.max_height_m for entry in entries for finding in entry.findings]
    return min((limit for limit in limits if limit is not None), default=None)


def _label_effect(attribute: str, entries: Sequence[ClassOutcome]) -> str | None:
    """Return the effect by which a conflict is named: one that an exception lifts has its own
    word, where nothing graver is among them.
    """
    if attribute not in EXCEPTION_ZH:
        return None
    graver = any(entry.effect == "prohibited" for entry in entries)
    return None if graver else "prohibited_unless"


def _frees(attribute: str) -> str:
    """The answer that can only free: a lawful exception that was granted, any other attribute that
    does not hold.
    """
    return "yes" if attribute in EXCEPTION_ZH else "no"


def _gravest(outcomes: Any) -> KnownOutcome:
    return min(outcomes, key=KNOWN_OUTCOMES.index)


def said_of(
    project: Project,
    attribute: str,
    answer: str,
) -> Project:
    """Return the project with one attribute said, and its document promised where the answer is an
    exception.
    """
    if attribute in BEHAVIOURS.values():
        return replace(project, **{attribute: answer == "yes"})  # type: ignore[arg-type]
    attributes: Mapping[str, str] = {**project.attributes, attribute: answer}
    documents = (
        {attribute: _PENDING, **project.documents}
        if attribute in EXCEPTION_ZH
        else project.documents
    )
    return replace(project, attributes=dict(attributes), documents=dict(documents))


def _open_words(
    attribute: str,
    item: str,
    material: str,
    now: KnownOutcome,
    limit_m: float | None,
) -> str:
    if attribute == "height_m":
        lawful = f"不超过{limit_m:,.1f}米方可确定合法" if limit_m else "须重新判定"
        return f"未说明{item}，按最不利情形为“{outcome_label(now)}”；书面说明高度（附{material}）后重新判定，{lawful}。"
    return (
        f"未说明{item}，按最不利情形为“{outcome_label(now)}”；书面说明（附{material}）后，"
        "适用条文未见原文，仍以主管部门书面意见为准。"
    )
