"""The command `sxgeo export`: what the house holds, in the files of other programs."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..analysis.conflicts.question import layers_of
from ..analysis.screening.duckdb import duckdb_views
from ..analysis.screening.postgis import write_postgis
from ..boundaries.zone_table import find_zone
from ..files.writing import refuse_inputs
from ..maps.qgis.project import write_project
from ..model.project import make_project
from ..workspace.boundaries import load_zone
from .terminal import emit, pairs, remark


def export_postgis(args: argparse.Namespace) -> int:
    """Answer `sxgeo export postgis`; return the exit code."""
    layers = layers_of(args.workspace)
    project = make_project(args.project_type, pairs(args.project_attr, "--project-attr"))
    write_postgis(
        args.output,
        results=args.results,
        layers=layers,
        project=project,
        as_of=args.as_of,
    )
    remark(f"wrote {args.output}")
    return 0


def export_duckdb(args: argparse.Namespace) -> int:
    """Answer `sxgeo export duckdb`; return the exit code."""
    emit(duckdb_views(args.results), args.output)
    return 0


def export_qgis(args: argparse.Namespace) -> int:
    """Answer `sxgeo export qgis`; return the exit code."""
    zone_id = find_zone(args.zone or "taixin")
    target = args.output or Path("maps") / f"{zone_id}.qgz"
    if args.workspace is not None:
        # the project writes two files, and neither may be the workspace itself
        for path in (target, target.with_suffix(".gpkg")):
            refuse_inputs(path, [("workspace", args.workspace)])
    zone = load_zone(zone_id, workspace=args.workspace)
    for path in write_project(zone, target):
        remark(f"wrote {path}")
    print(target)
    return 0
