"""The command `sxgeo check`: read the options, ask the library, write what it answers."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from ..analysis.conflicts.check import answer
from ..analysis.conflicts.question import pose
from ..analysis.conflicts.variants import with_suggestions
from ..errors import InputError, UsageError
from ..model.project_types import type_lines
from ..reports.answer import exit_code, told_of
from ..reports.text import report_text
from ..sites.read import site_problems
from .asking import answered
from .batch import write_batch
from .given import layers_of, parts_of, workspace_of
from .output_format import REPORT_SUFFIXES, batch_format, format_of
from .plots import plots_of
from .screening import run_into_parquet, wants_run
from .terminal import complain, emit, found_words, pairs, progress, remark

if TYPE_CHECKING:
    from ..analysis.conflicts.question import Question
    from ..model.sites import Sites
    from ..reports.report import Report
    from ..workspace.file import UserLayer


def check(args: argparse.Namespace) -> int:
    """Answer `sxgeo check`; return the exit code."""
    # the list of types needs no site
    if args.project_type == "help":
        return _list_types()
    if not args.sites and not args.at:
        raise UsageError("no site given: name a file or --at LON,LAT")
    is_run = wants_run(args)
    _check_options(args)
    layers = layers_of(args.layer)
    attributes = pairs(args.project_attr, "--project-attr")

    # a file that cannot be read costs the exit code, not the answers for the others
    sites, unread = plots_of(args)
    for problem in unread:
        complain(problem)
    if not sites.sites:
        return InputError.exit_code

    # all is read and checked before anything is answered
    question = _posed(args, sites, layers, attributes)
    _tell_before(question, sites)
    code = run_into_parquet(question, args, unread) if is_run else _written(question, args)
    return InputError.exit_code if unread else code


def _list_types() -> int:
    """Write the types of projects that a question may name; return the exit code."""
    emit("\n".join(type_lines()) + "\n", None)
    return 0


def _written(question: Question, args: argparse.Namespace) -> int:
    """Answer as a batch or as one report; return the exit code."""
    return write_batch(question, args) if args.batch else _report(question, args)


def _tell_before(question: Question, sites: Sites) -> None:
    """Say what is assumed, and what is wrong with sites: before the wait, not after it."""
    for text in question.remarks:
        remark(text)
    if problems := site_problems(sites):
        complain(problems)


def _posed(
    args: argparse.Namespace,
    sites: Sites,
    layers: Sequence[UserLayer],
    attributes: Mapping[str, str],
) -> Question:
    """Pose the question; with `--ask` go on asking until nothing unsaid matters."""
    pose_with = partial(
        pose,
        sites,
        project_type=args.project_type,
        as_of=args.as_of,
        classes=None if args.classes is None else parts_of(args.classes),
        layers=layers,
        workspace=workspace_of(args),
        overrides=args.override or (),
        verify=args.verify,
    )
    question = pose_with(project_attributes=attributes)
    if not args.ask:
        return question
    return answered(question, lambda said: pose_with(project_attributes={**attributes, **said}))


def _report(question: Question, args: argparse.Namespace) -> int:
    """Answer as one report, write it, and return the exit code."""
    report = answer(question, progress("screening sites", always=args.progress))
    if args.suggest_shift is not None:
        # a few sites take long already: each is tried in many places
        moving = progress("moving sites", few=2, always=args.progress)
        report = with_suggestions(
            report, question, max_distance_m=args.suggest_shift, progress=moving
        )
    _write_report(report, args)

    # what was limited to some classes is not clear, unless that was asked for in words
    limited = args.classes is not None and not args.allow_partial
    return exit_code({told_of(site) for site in report.sites}, limited=limited)


def _check_options(args: argparse.Namespace) -> None:
    """Settle the format, and refuse what does not go together."""
    if args.batch:
        args.format = batch_format(args)
    else:
        args.format = format_of(args.format, args.output, REPORT_SUFFIXES, "text")

    # each of these would be passed over in silence otherwise
    if args.headings and not args.batch:
        raise UsageError("--headings names the columns of a batch: add --batch")
    if args.format in ("gpkg", "xlsx", "docx") and args.output is None:
        raise UsageError(f"--format {args.format} needs -o FILE")

    # only these two have the chapter that holds suggestions
    if args.suggest_shift is not None and args.format not in ("docx", "html"):
        raise UsageError("--suggest-shift fills a chapter: add --format docx or --format html")

    # with - standard input holds the sites, and no answer can come from it
    if args.ask and (args.batch or "-" in args.sites):
        raise UsageError(
            "--ask asks about one report: leave --batch out, and name a file instead of -"
        )
    if args.allow_partial and args.classes is None:
        raise UsageError(
            "--allow-partial lets a verdict limited by --class be clear: add --class, or leave"
            " it out"
        )


def _write_report(report: Report, args: argparse.Namespace) -> None:
    if args.format in ("gpkg", "xlsx", "docx"):
        report.save(args.output, format=args.format)
        remark(f"wrote {args.output}")
    elif args.format == "html":
        emit(report.to_html(), args.output)
    elif args.format == "text":
        # who finds a workspace by chance should see in the answer that it was taken
        first = f"{found_words(args.workspace)}\n" if args.workspace_found else ""
        emit(first + report_text(report), args.output)
    else:
        emit(
            report.to_json() if args.format == "json" else report.to_geojson(),
            args.output,
        )
