"""What options that several commands have name: a workspace."""

from __future__ import annotations

import argparse

from ..workspace.file import Workspace, load_workspace


def workspace_of(args: argparse.Namespace) -> Workspace | None:
    """Load the workspace that `--workspace` names or that was found in the folder; None without."""
    if args.workspace is None:
        return None
    return load_workspace(args.workspace, found=args.workspace_found)
