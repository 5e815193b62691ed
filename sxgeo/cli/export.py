"""The command `sxgeo export`: what the house holds, in the files of other programs."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..boundaries.zone_table import find_zone
from ..files.writing import refuse_inputs
from ..maps.qgis.project import write_project
from ..workspace.boundaries import load_zone
from .terminal import remark


def export_qgis(args: argparse.Namespace) -> int:
    """Answer `sxgeo export qgis`; return the exit code."""
    zone_id = find_zone(args.zone or "taixin")
    target = args.output or Path("maps") / f"{zone_id}.qgz"
    if args.workspace is not None:
        for path in (target, target.with_suffix(".gpkg")):
            refuse_inputs(path, [("workspace", args.workspace)])
    zone = load_zone(zone_id, workspace=args.workspace)
    for path in write_project(zone, target):
        remark(f"wrote {path}")
    print(target)
    return 0
