"""The command `sxgeo export`: layers, rules and results for programs that ask in SQL."""

from __future__ import annotations

import argparse

from ..analysis.conflicts.question import layers_of
from ..analysis.screening.duckdb import duckdb_views
from ..analysis.screening.postgis import write_postgis
from ..model.project import make_project
from .terminal import emit, pairs, remark


def export(args: argparse.Namespace) -> int:
    """Answer `sxgeo export`; return the exit code."""
    if args.action == "duckdb":
        emit(duckdb_views(args.results), args.output)
        return 0
    layers = layers_of(args.workspace)
    project = make_project(args.project_type, pairs(args.project_attr, "--project-attr"))
    write_postgis(
        args.output, results=args.results, layers=layers, project=project, as_of=args.as_of
    )
    remark(f"wrote {args.output}")
    return 0
