"""The command that lists the targets of the plans."""

from __future__ import annotations

import argparse

from ..analysis.accessibility.targets import indicator_lines, indicator_records, list_indicators
from ..reports.text import wrapped
from .terminal import dump, pairs


def indicators(args: argparse.Namespace) -> int:
    """List the plans' targets; return the exit code."""
    table = list_indicators(
        args.zone,
        as_of=args.as_of,
        values=pairs(args.value, "--value"),
    )
    if args.format == "json":
        return dump(indicator_records(table))

    for line in indicator_lines(table):
        print("\n".join(wrapped(line, hang=7)))
    return 0
