"""Ask a person what is unsaid and matters: one question after another, each with both of its
branches.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ..model.questions import UNKNOWN
from ..wording import APPROVAL_ZH

if TYPE_CHECKING:
    from ..analysis.conflicts.question import Question
    from ..model.questions import Asked

_MOST = 20
_ANSWERS = {
    "是": "yes",
    "y": "yes",
    "yes": "yes",
    "否": "no",
    "n": "no",
    "no": "no",
}


def answered(question: Question, pose_again: Callable[[Mapping[str, str]], Question]) -> Question:
    """Ask until nothing unsaid matters any more, and return the question with what was said.

    Questions go to stderr, answers come from standard input; its end, and an answer that is not
    understood, say 不清楚.

    Parameters
    ----------
    pose_again
        Poses the same question with project attributes added, as typed.
    """
    said: dict[str, str] = {}
    passed: set[str] = set()
    for _ in range(_MOST):
        open_ones = _open(question, passed)
        if not open_ones:
            break
        asked = open_ones[0]

        # asked once: a question that was passed over is not put again
        passed.add(asked.attribute)
        answer = _answer(asked)
        if answer is None:
            continue
        said[asked.attribute] = answer
        source = read_line("  依据（文号、报告页码，可空） source: ")
        if source:
            said[f"{asked.attribute}_source"] = source

        # an answer may open or close other questions, so all is asked anew
        question = pose_again(said)
    return question


def _open(question: Question, passed: set[str]) -> list[Asked]:
    screener = question.screener()
    found = question.questions(screener.stream(question.sites.sites), screener)
    by_attribute = {a.attribute: a for site_id in found for a in found[site_id]}
    return [a for name, a in by_attribute.items() if name not in passed]


def _answer(asked: Asked) -> str | None:
    """Read one answer; None where it says nothing."""
    # on stderr: standard output is for the report
    print(asked.text_zh, file=sys.stderr)
    if asked.attribute == "height_m":
        text = read_line(f"  {asked.item_zh}（米，不清楚则空） metres: ")
        return text or None
    if asked.attribute == "approval_kind":
        text = read_line(f"  {asked.item_zh}，不清楚则空 {'/'.join(APPROVAL_ZH)}: ")
        return text or None
    return _ANSWERS.get(read_line(f"  {asked.item_zh}？是/否/不清楚 yes/no/{UNKNOWN}: ").lower())


def read_line(prompt: str) -> str:
    """Ask on stderr and return the line that was typed."""
    print(
        prompt,
        end="",
        file=sys.stderr,
        flush=True,
    )
    return sys.stdin.readline().strip()
