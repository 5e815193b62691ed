"""sxgeo replay, diff and inspect."""

from __future__ import annotations

import argparse

from ..analysis.candidates.receipt import SCHEMA
from ..analysis.candidates.replay import replay_candidates
from ..analysis.conflicts.replay import changes_between, needed_again, replay
from ..files.contents import read_json
from ..sites.inspection import inspect_file, inspection_text
from .terminal import dump, emit, pairs, remark


def run_inspect(args: argparse.Namespace) -> int:
    record = inspect_file(
        args.files,
        assume=pairs(args.assume, "--assume"),
        strict=args.strict,
        against=args.against,
    )
    if args.format == "json":
        return dump(record)
    emit(inspection_text(record), None)
    return 0


def run_replay(args: argparse.Namespace) -> int:
    parsed, _ = read_json(args.report, "report")
    if isinstance(parsed, dict) and parsed.get("schema") == SCHEMA:
        found, changes = replay_candidates(args.report, folders=args.folder)
        return _told(changes, f"{len(found.frame)} candidates")

    report, changes = replay(args.report, folders=args.folder)
    for text in needed_again(report.receipt):
        remark(text)
    return _told(changes, report.verdict)


def _told(changes: list[str], what: str) -> int:
    if not changes:
        print(f"结果一致，逐字节相同 same bytes: {what}")
        return 0
    # the page measures by other code than the command line: its answers differ in nothing else
    is_same = all(change.startswith("code: ") for change in changes)
    print("结论一致，计算程序不同 same answer, other code:" if is_same else "结果有变化 changed:")
    print("\n".join(f"  - {change}" for change in changes))
    return 1


def run_diff(args: argparse.Namespace) -> int:
    changes = changes_between(args.old, args.new)
    print("\n".join(changes) if changes else "无变化 nothing changed")
    return 0
