"""`sxgeo check --batch` into Parquet on an executor: one core, several, or a cluster."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import UsageError
from ..reports.answer import exit_code
from .terminal import counting, going_on, remark

if TYPE_CHECKING:
    from ..analysis.conflicts.question import Question

_OPTIONS = ("executor", "address", "memory", "resume")


def wants_run(args: argparse.Namespace) -> bool:
    """Say whether a run with a manifest is asked for, refusing its options where there is none."""
    named = [f"--{name}" for name in _OPTIONS if vars(args).get(name)]
    if not named:
        return False
    output = args.output
    if not args.batch or output is None or output.suffix.lower() != ".parquet":
        raise UsageError(f"{', '.join(named)}: for runs into Parquet, add --batch -o FILE.parquet")
    if args.override:
        raise UsageError(
            "--override tells opinions beside a report: leave it out of a run into Parquet"
        )
    if args.verify:
        raise UsageError(
            "--verify asks a second engine site by site: write another format, or leave it out of a"
            " run into Parquet"
        )
    if args.headings == "zh":
        raise UsageError("--headings zh: a run into Parquet has the names of the data; drop it")
    return True


def run_into_parquet(
    question: Question,
    args: argparse.Namespace,
    unread: Sequence[str],
) -> int:
    """Write tables of sites and findings; return the exit code."""
    from ..analysis.screening.screen import screen_question  # pyarrow: only such a run needs it

    with counting("screening sites", always=args.progress) as tick, going_on(args.output):
        written = screen_question(
            question,
            args.output,
            executor=args.executor or "serial",
            address=args.address,
            memory=args.memory or "2GB",
            resume=args.resume,
            unread=unread,
            progress=tick,
        )
    remark(f"wrote {written.sites}, {written.findings.name} and {written.manifest.name}")
    limited = question.limited_to is not None and not args.allow_partial
    return exit_code(set(written.told), limited=limited)
