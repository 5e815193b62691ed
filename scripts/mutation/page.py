"""Faults in the page's check, held against the answers that its tests compare with the library.

The jobs that the tests give to the page are recorded once, and the answers of the page as it is: the
tests hold those against the library. A fault is found where an answer changes, or where a test of
the scripts themselves fails.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .runner import KILLED, SURVIVED, run_items, run_pytest

TARGET = 0.95
SCRIPTS = (
    "sxgeo/maps/static/check/check.js",
    "sxgeo/maps/static/check/clearance.js",
    "sxgeo/maps/static/check/findings.js",
    "sxgeo/maps/static/check/geometry.js",
    "sxgeo/maps/static/check/judge.js",
    "sxgeo/maps/static/check/legal.js",
    "sxgeo/maps/static/check/outcomes.js",
    "sxgeo/maps/static/check/overlay.js",
    "sxgeo/maps/static/check/questions.js",
    "sxgeo/maps/static/check/shelf.js",
    "sxgeo/maps/static/check/validity.js",
)
WHOLE = (
    "test_random_sites_get_the_answer_of_the_library_word_for_word",
    "test_polygons_that_overlap_get_the_same_areas_depths_and_outcomes",
    "test_random_worlds_get_the_answer_of_the_library",
    "test_an_area_is_that_of_the_plane_that_the_site_was_drawn_on",
    "test_a_county_that_nobody_covers_counts_as_far_as_the_errors_reach",
)
"""Tests that hold the whole answer against the library, and not its outcomes alone."""
OUTLINED = (
    "test_a_condition_decides_by_itself_in_the_page",
    "test_every_case_of_the_case_file_gets_the_outcome_that_it_expects",
    "test_a_repaired_plot_is_clear_neither_in_the_page_nor_in_the_library",
)
TESTS = (
    "tests/maps/test_page_check.py",
    "tests/maps/test_page_worlds.py",
    "tests/test_outcome_rows.py",
)
PAIRS = 1200
"""Pairs of polygons near touching, of which the page's geometry must say what whole numbers say."""
COPIED = ("sxgeo/maps/static", "sxgeo/maps/assets/polygon-clipping", "tests/js")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a script: the text that stands in place of `start` to `end`."""

    path: str
    scope: str
    line: int
    operator: str
    change: str
    start: int
    end: int
    text: str
    occurrence: int

    @property
    def key(self) -> str:
        """What names it in the list of equivalents."""
        again = f" #{self.occurrence + 1}" if self.occurrence else ""
        return f"{self.path}::{self.scope or '<module>'}::{self.operator}: {self.change}{again}"


def faults_of(root: Path) -> list[Fault]:
    """List every fault of the page's check."""
    done = subprocess.run(
        ["node", "scripts/mutation/page.mjs", *SCRIPTS],
        cwd=root, capture_output=True, text=True, check=True, encoding="utf-8",
    )  # fmt: skip
    seen: Counter[tuple[str, ...]] = Counter()
    found = []
    for told in json.loads(done.stdout):
        same = (told["path"], told["scope"], told["operator"], told["change"])
        found.append(Fault(**told, occurrence=seen[same]))
        seen[same] += 1
    return found


def _recording(root: Path) -> Path:
    """Return the folder with what the tests give to the page, and what it answers; made once for a
    state of the library, the page and those tests.
    """
    library = [p for p in (root / "sxgeo").rglob("*") if p.suffix in (".py", ".js", ".csv")]
    read = [*library, *map(root.joinpath, TESTS), *(root / "tests/js").glob("*_*.mjs")]
    held = hashlib.sha256(str(PAIRS).encode())
    for path in sorted(p for p in read if not p.name.endswith((".min.js", ".test.mjs"))):
        held.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    folder = root / ".cache" / "mutants" / f"page-{held.hexdigest()[:16]}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as name:
            _record(root, Path(name))
            shutil.copytree(name, folder)
    return folder


def _record(root: Path, folder: Path) -> None:
    """Write the jobs of the tests, each with the answer of the page as it is."""
    jobs: list[dict[str, Any]] = []

    def work(session: Any, plugin: Any) -> None:
        modules = [
            sys.modules[n]
            for n in ("test_page_check", "test_page_worlds", "test_outcome_rows")
            if n in sys.modules
        ]
        honest = sys.modules["test_page_check"].run_page
        named = [""]

        def record(given: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
            jobs.extend({**job, "whole": named[0] in WHOLE} for job in given)
            answers: list[dict[str, Any]] = honest(given)
            return answers

        for module in modules:
            vars(module)["run_page"] = record
        for item in session.items:
            if item.originalname in (*WHOLE, *OUTLINED):
                named[0] = item.originalname
                if run_items(session, [item], plugin) == KILLED:
                    raise SystemExit(f"{item.nodeid} fails without any fault")

        exact = importlib.import_module("exact")  # beside the tests of geometry
        found = list(exact.pairs(7, PAIRS))
        if exact.compared(7, PAIRS, page=True)[1]:
            raise SystemExit("the page is wrong near touching without any fault")
        (folder / "pairs.jsonl").write_text("".join(json.dumps(p) + "\n" for p in found), "utf-8")

    run_pytest(TESTS, work)
    with (folder / "pairs.txt").open("w", encoding="utf-8") as told:
        pairs = ["node", "tests/js/exact_pairs.mjs", str(folder / "pairs.jsonl")]
        subprocess.run(pairs, cwd=root, stdout=told, check=True)
    plain = folder / "jobs.jsonl"
    plain.write_text("".join(json.dumps(j) + "\n" for j in jobs), encoding="utf-8")
    done = subprocess.run(
        ["node", "tests/js/same_answers.mjs", str(plain)],
        cwd=root, capture_output=True, text=True, check=True, encoding="utf-8",
    )  # fmt: skip
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    answered = folder / "answered.jsonl"
    lines = (
        json.dumps({**job, "answer": answer}) + "\n"
        for job, answer in zip(jobs, answers, strict=True)
    )
    answered.write_text("".join(lines), encoding="utf-8")


def _found(fault: Fault, root: Path, folder: Path, jobs: Path, limit_s: float) -> str:
    tree = Path(tempfile.mkdtemp(dir=folder))
    for part in COPIED:
        shutil.copytree(root / part, tree / part)
    path = tree / fault.path
    source = path.read_text(encoding="utf-8")
    path.write_text(source[: fault.start] + fault.text + source[fault.end :], encoding="utf-8")
    outcome = SURVIVED
    tests = sorted(p.relative_to(tree).as_posix() for p in (tree / "tests/js").glob("*.test.mjs"))
    pairs = [str(folder / name) for name in ("pairs.jsonl", "pairs.txt")]
    commands = (
        ["tests/js/exact_pairs.mjs", *pairs],
        ["--test", *tests],
        ["tests/js/same_answers.mjs", str(jobs)],
    )
    # what hangs is stopped by what it takes of the processor: others may use the machine meanwhile
    bounded = ["sh", "-c", f'ulimit -t {math.ceil(limit_s)}; exec node "$@"', "node"]
    for command in commands:
        done = subprocess.run([*bounded, *command], cwd=tree, capture_output=True, check=False)
        if done.returncode:
            outcome = KILLED
            break
    shutil.rmtree(tree)
    return outcome


def measure(root: Path, args: Namespace, equivalents: dict[str, str]) -> dict[str, Any]:
    """Plant faults in the page's check, and count those that are found."""
    faults = [
        f
        for f in faults_of(root)
        if f.key not in equivalents
        and args.only in f.key
        and (not args.modules or f.path in args.modules)
    ]
    if args.sample is not None and args.sample < len(faults):
        faults = random.Random(f"{args.seed}:page").sample(faults, args.sample)
    told: list[tuple[Fault, str]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(_recording(root), folder, dirs_exist_ok=True)
        jobs = folder / "answered.jsonl"
        began = os.times().children_user
        subprocess.run(["node", "tests/js/same_answers.mjs", str(jobs)], cwd=root, check=True)
        limit_s = 20 + 3 * (os.times().children_user - began)
        with ThreadPoolExecutor(args.jobs) as pool:
            outcomes = pool.map(lambda f: _found(f, root, folder, jobs, limit_s), faults)
            told = list(zip(faults, outcomes, strict=True))
    killed = sum(outcome == KILLED for _, outcome in told)
    counts = Counter(f.operator for f in faults)
    return {
        "group": "page",
        "drawn": len(faults),
        "run": len(told),
        "killed": killed,
        "score": round(killed / len(told), 4) if told else None,
        "target": TARGET,
        "operators": ", ".join(f"{name} {counts[name]}" for name in sorted(counts)),
        "not_found": [
            {"key": f.key, "line": f.line, "why": outcome}
            for f, outcome in told
            if outcome != KILLED
        ],
    }
