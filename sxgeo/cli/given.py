"""What options that several commands have name: a workspace, layers. Most runs name none and start
without what reads them.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..workspace.file import Workspace
    from ..workspace.layers import UserLayer


def workspace_of(args: argparse.Namespace) -> Workspace | None:
    """Load the workspace that `--workspace` names or that was found in the folder; None without."""
    if args.workspace is None:
        return None
    from ..workspace.file import load_workspace  # as the module says

    return load_workspace(args.workspace, found=args.workspace_found)


def layers_of(texts: Sequence[str]) -> list[UserLayer]:
    """Parse the values of `--layer`."""
    if not texts:
        return []
    from ..workspace.file import parse_layer_option  # as the module says

    return [parse_layer_option(text) for text in texts]


def parts_of(text: str) -> list[str]:
    """Return what was typed between commas; a comma too many names nothing."""
    return [part.strip() for part in text.split(",") if part.strip()]
