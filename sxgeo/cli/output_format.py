"""Which format an answer is written in: as `--format` says, else as the suffix of `-o` says."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from ..errors import UsageError

REPORT_SUFFIXES: Mapping[str, str] = {
    ".txt": "text",
    ".json": "json",
    ".geojson": "geojson",
    ".gpkg": "gpkg",
    ".xlsx": "xlsx",
    ".docx": "docx",
    ".html": "html",
    ".htm": "html",
}
BATCH_SUFFIXES: Mapping[str, str] = {
    ".csv": "text",
    ".txt": "text",
    ".jsonl": "json",
    ".json": "json",
    ".xlsx": "xlsx",
    ".gpkg": "gpkg",
    ".parquet": "parquet",
    ".html": "html",
    ".htm": "html",
}
LIST_SUFFIXES: Mapping[str, str] = {".txt": "text", ".json": "json"}
REACH_SUFFIXES: Mapping[str, str] = {
    ".geojson": "geojson",
    ".json": "geojson",
    ".gpkg": "gpkg",
    ".html": "html",
    ".htm": "html",
}


def format_of(
    given: str | None,
    output: Path | None,
    suffixes: Mapping[str, str],
    default: str,
) -> str:
    """Return the format of an answer.

    Parameters
    ----------
    given
        What `--format` says; None where it was not given.
    suffixes
        Format by suffix, in lower case.
    default
        For standard output, and for a name without a suffix.

    Raises
    ------
    UsageError
        If the suffix is that of no format, or of another one than `--format` says.
    """
    suffix = "" if output is None else output.suffix.lower()
    told = suffixes.get(suffix)
    if given is not None:
        # text and JSON go into files of either name; any other name promises a format
        if told is not None and told != given and suffix not in (".txt", ".json"):
            raise UsageError(
                f"-o '{output}' is {told} by its name, and --format {given} contradicts it; drop"
                " one of them"
            )
        return given
    if not suffix:
        return default
    if told is None:
        known = ", ".join(suffixes)
        raise UsageError(
            f"-o '{output}' does not say in which format; give a name that ends in {known}, or"
            " --format"
        )
    return told


def batch_format(args: argparse.Namespace) -> str:
    """Return the format of a batch, refusing those that hold one report."""
    if args.format not in (None, "text", "json", "xlsx", "gpkg", "html"):
        raise UsageError(
            "--batch writes CSV (--format text), JSON lines (--format json), .xlsx, .gpkg, .parquet"
            " or a map (.html)"
        )

    # a page of many plots is no text for a terminal
    if args.format == "html" and args.output is None:
        raise UsageError("a map needs -o FILE.html")
    if args.format is None and args.output is not None and args.output.suffix.lower() == ".docx":
        raise UsageError(
            f"--batch does not write '{args.output.suffix}': a document of many plots is not read."
            " Write .xlsx for the whole batch, and a report of the plots that matter without"
            " --batch"
        )
    return format_of(args.format, args.output, BATCH_SUFFIXES, "text")
