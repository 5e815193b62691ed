"""`sxgeo check --batch`: sites are answered one by one, so that memory does not grow with their
number where a format allows it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..analysis.conflicts.question import counties_of
from ..catalog import load_catalog
from ..files.writing import refuse_inputs, write_lines
from ..layers.layers import load_classes
from ..reports import batch_files
from ..reports.answer import Told, exit_code, told_of
from ..reports.batch import batch_line
from ..reports.batch_table import BatchTerms
from ..reports.secrecy import secret_classes, without_secrets
from ..wording import PROJECT_TYPES
from .terminal import progress, remark

if TYPE_CHECKING:
    from ..analysis.conflicts.question import Question
    from ..model.outcomes import SiteOutcome
    from ..reports.batch_table import Headings


def write_batch(question: Question, args: argparse.Namespace) -> int:
    """Answer and write a batch in the format `args.format`; return the exit code."""
    told: set[Told] = set()

    def outcomes() -> Iterator[SiteOutcome]:
        for outcome in question.outcomes(progress("screening sites", always=args.progress)):
            told.add(told_of(outcome))
            yield outcome

    # what the exit code needs is gathered on the way: outcomes are written and forgotten one by one
    terms = _terms(question, args)
    if args.format in _FILES:
        refuse_inputs(args.output, question.inputs)
        remark(f"wrote {_FILES[args.format](question, outcomes(), terms, args.output)}")
    else:
        _write_lines(_lines(question, outcomes(), terms, args), args.output)
    return exit_code(told, limited=question.limited_to is not None and not args.allow_partial)


def _html(
    question: Question,
    outcomes: Iterator[SiteOutcome],
    _: BatchTerms,
    target: Path,
) -> Path:
    from .batch_map import write_batch_map  # folium: only a map needs it

    return write_batch_map(question, outcomes, target)


def _xlsx(
    question: Question,
    outcomes: Iterator[SiteOutcome],
    terms: BatchTerms,
    target: Path,
) -> Path:
    words = _head_words(question)
    return batch_files.write_batch_xlsx(outcomes, terms, target, told=words, as_of=question.as_of)


def _gpkg(
    question: Question,
    outcomes: Iterator[SiteOutcome],
    terms: BatchTerms,
    target: Path,
) -> Path:
    # names and shapes of secret layers must not get into a file that maps are made from
    shown = _for_all_eyes(question, outcomes)
    return batch_files.write_batch_gpkg(shown, terms, target)


def _parquet(
    _: Question,
    outcomes: Iterator[SiteOutcome],
    terms: BatchTerms,
    target: Path,
) -> Path:
    return batch_files.write_batch_parquet(outcomes, terms, target)


_FILES = {
    "html": _html,
    "xlsx": _xlsx,
    "gpkg": _gpkg,
    "parquet": _parquet,
}
"""What writes a batch into a file that is no text."""


def _lines(
    question: Question,
    outcomes: Iterator[SiteOutcome],
    terms: BatchTerms,
    args: argparse.Namespace,
) -> Iterator[str]:
    """Yield a batch as lines of JSON or CSV, as it is answered."""
    if args.format == "json":
        for outcome in outcomes:
            yield batch_line(outcome, format="json", limited_to=question.limited_to)
        return

    # Excel on a Chinese PC takes a file without this mark for GBK
    bom = args.output is not None and terms.headings == "zh"
    yield from batch_files.csv_lines(outcomes, terms, bom=bom)


def _write_lines(lines: Iterator[str], output: Path | None) -> None:
    """Write lines as they come, so that a pipe can work on the first ones."""
    if output is not None:
        remark(f"wrote {write_lines(lines, output)}")
        return
    for line in lines:
        sys.stdout.write(line)
    sys.stdout.flush()


def _for_all_eyes(question: Question, outcomes: Iterator[SiteOutcome]) -> Iterator[SiteOutcome]:
    """Take from the answers of a GeoPackage what layers of 内部 and above hold."""
    classes = secret_classes(
        [{"resource_class": user.class_id, "secrecy": user.secrecy} for user in question.users]
    )
    for outcome in outcomes:
        yield from without_secrets((outcome,), classes)


def _terms(question: Question, args: argparse.Namespace) -> BatchTerms:
    specs = {layer.spec.id: layer.spec for layer in question.layers}

    # columns have Chinese heads in a file for people, and the names of the data for programs
    headings: Headings = args.headings or ("zh" if _for_people(args.output) else "en")
    return BatchTerms(
        classes={c: specs[c] for c in load_classes() if c in specs},
        counties=counties_of(question.sites.sites, question.counties),
        class_ids=_told_classes(question),
        limited_to=question.limited_to,
        headings=headings,
    )


def _told_classes(question: Question) -> list[str]:
    """Return the classes that get columns: those asked for, else all that hold anything or are of
    the zone's list.
    """
    limited = question.limited_to
    if limited is not None:
        return [layer.spec.id for layer in question.layers if layer.spec.id in limited]
    return [layer.spec.id for layer in question.layers if layer.records or not layer.spec.extra]


def _for_people(output: Path | None) -> bool:
    """Whether an answer goes into a file that people open; what goes to standard output is read by
    programs.
    """
    return output is not None and output.suffix.lower() in (".csv", ".xlsx", ".txt", "")


def _head_words(question: Question) -> list[str]:
    project = question.project
    kind = PROJECT_TYPES.get(project.type or "", "未给出（结论以此为条件）")
    return batch_files.told_lines(
        [("项目类型", kind)], question.as_of, load_catalog().data_date, own=bool(question.users)
    )
