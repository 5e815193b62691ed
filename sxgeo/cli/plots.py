"""The plots that a command names: files, and places that were typed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from ..sites.read import parse_place, read_some
from .terminal import pairs

if TYPE_CHECKING:
    from ..model.sites import Sites


def plots_of(args: argparse.Namespace) -> tuple[Sites, list[str]]:
    """Read the plots that are named; say of each file that could not be read why."""
    return read_some(
        args.sites,
        at=[parse_place(text) for text in args.at],
        site_accuracy_m=args.site_accuracy_m,
        assume=pairs(args.assume, "--assume"),
        strict=args.strict,
    )
