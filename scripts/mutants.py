"""Plant faults in the modules that decide, one at a time, and count how many the tests find.

    python scripts/mutants.py                                every fault of every group (hours)
    python scripts/mutants.py --sample 40 --seed 7           forty of them, drawn with a seed
    python scripts/mutants.py --groups verdict --modules sxgeo/analysis/conflicts/relation.py
    python scripts/mutants.py --page                         the scripts of the page's check, in Node.js
    python scripts/mutants.py --sample 40 --quick            only the few tests that found most there
    python scripts/mutants.py --sample 0                     note which test runs which line
    python scripts/mutants.py --shorten                      write those few tests from the notes

Groups, the share of faults that must be found, and the tests of each stand in tests/mutants.toml;
so do, in tests/mutants_equivalent.txt, the faults that change nothing, each with the reason.
Printed is every fault that was not found. Exit 1 when a group falls short of its share, or of that
of `--least`; of a sample, when chance hardly explains it.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import gc
import importlib
import json
import math
import os
import random
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mutation import page
from mutation.operators import Mutant, described, mutants_of
from mutation.runner import (
    ANEW,
    KILLED,
    UNREACHED,
    Living,
    Outcome,
    Reach,
    forked,
    fresh_temp,
    module_name,
    plant_at_import,
    reach_of,
    read_reach,
    run_items,
    run_pytest,
    write_reach,
)

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "tests" / "mutants.toml"
EQUIVALENT = ROOT / "tests" / "mutants_equivalent.txt"
NOTES = ROOT / ".cache" / "mutants"
SHORT = ROOT / "tests" / "mutants_reach.json"
"""The few tests of each function that a quick run asks, and the seconds of each."""
SHORT_TESTS, SHORT_S = 48, 8.0
_CHANCE = 0.01
THIRD_PARTY = (
    "geopandas",
    "hypothesis",
    "networkx",
    "pandas",
    "pyogrio",
    "pyproj",
    "pytest",
    "shapely",
)


@dataclass(frozen=True, slots=True)
class Group:
    """Modules that are measured together, the tests that speak for them, and what is aimed at."""

    name: str
    target: float
    modules: tuple[str, ...]
    tests: tuple[str, ...]
    long: tuple[str, ...]
    """Tests that take long: they run where every fault is planted."""
    left_out: tuple[str, ...]
    first: Mapping[str, Sequence[str]]
    """The tests of a module or a folder, in the order in which a quick run asks them."""

    def paths(self) -> list[Path]:
        """Return the files of the group, in their order."""
        found = {path for pattern in self.modules for path in ROOT.glob(pattern)}
        unwanted = {path for pattern in self.left_out for path in ROOT.glob(pattern)}
        return sorted(p for p in found - unwanted if p.name != "__init__.py")


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one fault."""

    mutant: Mutant
    outcome: str
    test: str = ""
    """The test that found it."""


@dataclass(frozen=True, slots=True)
class How:
    """How faults are run: how many at once, until when, and for how long a single one."""

    jobs: int
    anew: bool
    deadline: float
    most_s: float
    """Seconds that the tests of one fault may take together; the quick ones come first."""
    long: bool
    quick: bool
    """Whether only the few tests of each function that SHORT names are asked: nothing is noted."""

    green: bool
    """Whether all tests were seen to pass before: a quick run then need not ask them again."""
    only: tuple[str, ...] = ()
    """Tests to be asked in place of those of the group."""

    def tests_of(self, group: Group, mutants: Sequence[Mutant]) -> tuple[str, ...]:
        """Return the tests that speak for a group: of a quick run, those that faults need."""
        every = (*group.tests, *group.long) if self.long else group.tests
        if not self.quick:
            return self.only or every
        short = short_reach()
        wanted: set[str] = set()
        for mutant in mutants:
            known = [*short.known(mutant, ROOT), *_named_first(group, mutant.path)] or every
            files = {test.partition("::")[0] for test in known}
            wanted |= {file for file in files if (ROOT / file).exists()}
        return self.only or tuple(sorted(wanted))

    def notes_of(self, group: Group) -> Path:
        """Return the file that says which test reaches what."""
        return NOTES / f"{group.name}{'-long' if self.long else ''}.json"


def _named_first(group: Group, path: str) -> Sequence[str]:
    """Return the tests that a quick run asks of a module, as tests/mutants.toml names them."""
    named = max((p for p in group.first if path.startswith(p)), key=len, default=None)
    return () if named is None else group.first[named]


def short_reach() -> Reach:
    """Read the few tests of each function; nothing where they were never written."""
    return read_reach(SHORT) if SHORT.exists() else Reach()


def read_groups() -> list[Group]:
    """Read the groups of tests/mutants.toml."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return [
        Group(
            name,
            float(values["target"]),
            tuple(values["modules"]),
            tuple(values["tests"]),
            tuple(values.get("long", ())),
            tuple(values.get("left_out", ())),
            table.get("first", {}),
        )
        for name, values in table["group"].items()
    ]


def read_equivalents() -> dict[str, str]:
    """Read the faults that change nothing: key and reason, in two lines each."""
    lines = [x for x in EQUIVALENT.read_text(encoding="utf-8").splitlines() if x.strip()]
    found: dict[str, str] = {}
    key = ""
    for line in lines:
        if line.startswith("#"):
            continue
        if line.startswith("    "):
            found[key] = line.strip()
        else:
            key = line
            found[key] = ""
    if without := [key for key, reason in found.items() if not reason]:
        raise SystemExit("no reason is given in mutants_equivalent.txt for " + "; ".join(without))
    return found


def run_group(group: Group, mutants: Sequence[Mutant], how: How) -> list[Told]:
    """Run the tests of a group against faults; those that `deadline` does not reach are left out."""
    told: list[Told] = []
    if not mutants and how.quick:
        return told
    later = _in_collected(group, mutants, how, told)
    reach = Reach() if how.quick else read_reach(how.notes_of(group))
    ready = (_start_anew(m, tests, reach, how.most_s) for m, tests in later)
    _work_off(ready, how, told, reach)
    if how.quick:
        if not how.green:
            _pass_without_fault(sorted({one.test for one in told if one.test}))
        return told
    for one in told:
        if one.test:
            reach.learn(one.mutant, one.test)
    write_reach(how.notes_of(group), reach)
    return told


def _pass_without_fault(tests: Sequence[str]) -> None:
    """Refuse an answer that rests on a test which fails anyway; a full run leaves such a test out
    when it notes which test runs what.
    """
    if not tests:
        return
    pytest = [sys.executable, "-m", "pytest", "-q", "--no-header", "--tb=no"]
    done = subprocess.run(
        [*pytest, "-p", "no:cacheprovider", *tests],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(
            f"tests fail without any fault:\n{done.stdout[-3000:]}{done.stderr[-500:]}"
        )


def _in_collected(
    group: Group, mutants: Sequence[Mutant], how: How, told: list[Told]
) -> list[tuple[Mutant, list[str]]]:
    """Run faults of functions on tests collected once; return those that need a new process, each
    with its tests.

    All of this happens in a fork, so that the caller never reads the package.
    """
    report, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(report)
        # what pytest prints of its collection is no answer
        sys.stdout.flush()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 1
        try:
            answers: list[tuple[int, str, str, list[str]]] = []

            def work(session: Any, plugin: Any) -> None:
                answers.extend(_answers(session, plugin, group, mutants, how))

            run_pytest(how.tests_of(group, mutants), work)
            with os.fdopen(write, "w", encoding="utf-8") as pipe:
                json.dump(answers, pipe)
            code = 0
        finally:
            os._exit(code)
    os.close(write)
    with os.fdopen(report, encoding="utf-8") as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    if not text:
        raise SystemExit(f"the tests of group {group.name} could not be run")
    later = []
    for number, outcome, test, tests in json.loads(text):
        if outcome == ANEW:
            later.append((mutants[number], tests))
        else:
            told.append(Told(mutants[number], outcome, test))
    return later


def _answers(
    session: Any, plugin: Any, group: Group, mutants: Sequence[Mutant], how: How
) -> list[tuple[int, str, str, list[str]]]:
    path = how.notes_of(group)
    modules = {p.relative_to(ROOT).as_posix() for p in group.paths()}
    if not how.quick:
        known = Reach() if how.anew or not path.exists() else read_reach(path)
        _note_reach(session, plugin, modules, how, known)
        write_reach(path, known)
    reach = _reach(group, how, [item.nodeid for item in session.items])
    items = {item.nodeid: item for item in session.items}
    # what a test would read only when it runs must be in memory for a fault to be put there
    for name in sorted({module_name(m) for m in mutants if not m.at_import}):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    living = Living.found(ROOT)
    gc.freeze()  # what was read stays shared among the forks
    answers: list[Told] = []
    tests_of = {
        id(m): [t for t in reach.within(reach.of(m, ROOT), how.most_s) if t in items]
        for m in mutants
    }
    ready = (
        (m, ANEW)
        if m.at_import
        else _start_swapped(
            m, [items[t] for t in tests_of[id(m)]], reach, session, plugin, living, how.most_s
        )
        for m in mutants
    )
    _work_off(ready, how, answers, reach)
    rows = {id(m): i for i, m in enumerate(mutants)}
    return [
        (
            rows[id(t.mutant)],
            t.outcome,
            t.test,
            tests_of[id(t.mutant)] if t.outcome == ANEW else [],
        )
        for t in answers
    ]


def _reach(group: Group, how: How, tests: Sequence[str]) -> Reach:
    """Return which of the collected tests reach what: as it was noted, or of a quick run by files."""
    if not how.quick:
        return read_reach(how.notes_of(group))
    modules = [p.relative_to(ROOT).as_posix() for p in group.paths()]
    return short_reach().with_files(tests, modules, group.first, ROOT)


def _note_reach(session: Any, plugin: Any, modules: set[str], how: How, known: Reach) -> None:
    """Note what the tests reach that are not noted yet; they are dealt out to as many processes as
    faults are.
    """
    every = list(session.items)
    new = [i for i in every if i.nodeid not in known.seconds and i.nodeid not in known.left_out]
    parts = [NOTES / f"part-{os.getpid()}-{k}.json" for k in range(min(len(new), how.jobs))]

    def note(k: int) -> None:
        session.items = new[k :: len(parts)]
        fresh_temp(session)
        write_reach(parts[k], reach_of(session, plugin, ROOT, modules, how.most_s))

    children = [_in_fork(functools.partial(note, k)) for k in range(len(parts))]
    codes = [os.waitpid(child, 0)[1] for child in children]  # all of them, whatever one says
    if any(codes):
        raise SystemExit("it could not be noted which test reaches what")
    for part in parts:
        known.join(read_reach(part))
        part.unlink()


def _in_fork(work: Callable[[], None]) -> int:
    """Start `work` in a process of its own; return its number."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return child


Started = tuple[Mutant, Callable[[], Outcome | None] | str]


def _start_swapped(
    mutant: Mutant,
    items: Sequence[Any],
    reach: Reach,
    session: Any,
    plugin: Any,
    living: Living,
    most_s: float,
) -> Started:
    if not items:
        return mutant, UNREACHED

    def work() -> str:
        fresh_temp(session)
        return run_items(session, items, plugin, most_s) if living.swap(mutant, ROOT) else ANEW

    limit_s = reach.limit_s([item.nodeid for item in items])
    return mutant, forked(work, limit_s, lambda: next(iter(plugin.failed), ""))


def _start_anew(mutant: Mutant, tests: Sequence[str], reach: Reach, most_s: float) -> Started:
    if not tests:
        return mutant, UNREACHED

    found: list[str] = []
    failed: list[str] = []

    def work() -> str:
        plant_at_import(mutant, ROOT)

        def run(session: Any, plugin: Any) -> None:
            rank = {test: i for i, test in enumerate(tests)}
            items = sorted(
                (item for item in session.items if item.nodeid in rank),
                key=lambda item: rank[item.nodeid],
            )
            found.append(run_items(session, items, plugin, most_s))
            failed.extend(plugin.failed)

        files = sorted({test.partition("::")[0] for test in tests})
        run_pytest(files, run)
        return found[0]

    return mutant, forked(work, reach.limit_s(tests) + 30, lambda: next(iter(failed), ""))


def _take(one: Told, told: list[Told]) -> None:
    """Keep an outcome, and tell at once of a fault that was not found: the run may be stopped."""
    told.append(one)
    if one.outcome not in (KILLED, ANEW):
        print(f"  {one.outcome}: {one.mutant.key}", file=sys.stderr, flush=True)


def _work_off(ready: Iterator[Started], how: How, told: list[Told], reach: Reach) -> None:
    running: list[tuple[Mutant, Callable[[], Outcome | None]]] = []
    waiting = True
    while waiting or running:
        while waiting and len(running) < how.jobs:
            if time.monotonic() > how.deadline or (started := next(ready, None)) is None:
                waiting = False
                break
            mutant, outcome = started
            if isinstance(outcome, str):
                _take(Told(mutant, outcome), told)
            else:
                running.append((mutant, outcome))
        for pair in list(running):
            if (found := pair[1]()) is not None:
                running.remove(pair)
                _take(Told(pair[0], *found), told)
                # the next faults of the same function meet first what found this one
                if found[1] and not how.quick:
                    reach.learn(pair[0], found[1])
        time.sleep(0.01)


# figures
# ------------------------------------------------------------------------------------------


def summed_up(group: Group, drawn: Sequence[Mutant], told: Sequence[Told]) -> dict[str, Any]:
    """Count what was found; a fault that no test reaches counts as not found."""
    killed = sum(t.outcome == KILLED for t in told)
    missed = sorted((t for t in told if t.outcome != KILLED), key=lambda t: t.mutant.key)
    return {
        "group": group.name,
        "drawn": len(drawn),
        "run": len(told),
        "killed": killed,
        "score": round(killed / len(told), 4) if told else None,
        "target": group.target,
        "operators": described(drawn),
        "not_found": [
            {"key": t.mutant.key, "line": t.mutant.line, "why": t.outcome} for t in missed
        ],
    }


def falls_short(figures: Mapping[str, Any], *, sampled: bool) -> bool:
    """Say whether a group falls short of its share: of a sample only where chance hardly explains
    it (one in a hundred).
    """
    killed, run = figures["killed"], figures["run"]
    if not run or not sampled:
        return bool(run) and killed / run < figures["target"]
    target = figures["target"]
    below = sum(
        math.comb(run, k) * target**k * (1 - target) ** (run - k) for k in range(killed + 1)
    )
    return bool(below < _CHANCE)


def _printed(figures: dict[str, Any]) -> None:
    score = "no faults" if figures["score"] is None else f"{figures['score']:.4f}"
    print(
        f"{figures['group']}: {figures['killed']} of {figures['run']} found ({score},"
        f" at least {figures['target']}); drawn {figures['drawn']}"
    )
    for missed in figures["not_found"]:
        print(f"  {missed['why']}: line {missed['line']} of {missed['key']}")


def drawn_from(group: Group, args: argparse.Namespace, equivalents: dict[str, str]) -> list[Mutant]:
    """Return the faults of a group that are to be run."""
    wanted = [
        p
        for p in group.paths()
        if not args.modules or p.relative_to(ROOT).as_posix() in args.modules
    ]
    mutants = [m for path in wanted for m in mutants_of(path, ROOT)]
    mutants = [m for m in mutants if m.key not in equivalents and args.only in m.key]
    if args.sample is None or args.sample >= len(mutants):
        return mutants
    return random.Random(f"{args.seed}:{group.name}").sample(mutants, args.sample)


def shortened() -> Reach:
    """Return the few tests of each function and line of all groups, from what was noted."""
    short = Reach()
    for group in read_groups():
        found = read_reach(NOTES / f"{group.name}.json").shortened(ROOT, SHORT_TESTS, SHORT_S)
        short.tests |= {key: tests for key, tests in found.tests.items() if tests}
        short.lines |= found.lines
        short.digests |= found.digests
        short.seconds |= found.seconds
    return short


def commit() -> str:
    """Return the commit that was measured."""
    done = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() or "unknown"


def main() -> int:
    """Measure the groups asked for; return 1 when one falls short."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sample", type=int, help="faults of each group; all when not said")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--groups", nargs="*", help="names of tests/mutants.toml; all when not said"
    )
    parser.add_argument("--modules", nargs="*", help="files, from the root of the checkout")
    parser.add_argument("--tests", nargs="*", default=(), help="files of tests to ask, no others")
    parser.add_argument("--only", default="", help="only faults whose name holds this text")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after this long")
    parser.add_argument("--most", type=float, default=20, help="seconds of tests for one fault")
    parser.add_argument("--quick", action="store_true", help="only the few tests that found most")
    parser.add_argument("--least", type=float, help="share to be held to instead of the target")
    parser.add_argument("--green", action="store_true", help="all tests were seen to pass before")
    parser.add_argument("--shorten", action="store_true", help="write those few from the notes")
    parser.add_argument("--long", action="store_true", help="the tests that take long too")
    parser.add_argument("--reach", action="store_true", help="note anew which test reaches what")
    parser.add_argument("--page", action="store_true", help="the page's scripts instead")
    parser.add_argument("-o", type=Path, help="write the figures as JSON")
    args = parser.parse_args()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NUMBA_DISABLE_JIT="1")
    for name in THIRD_PARTY:
        __import__(name)
    equivalents = read_equivalents()
    began, measured = time.monotonic(), []
    how = How(
        args.jobs,
        args.reach,
        began + args.seconds,
        args.most,
        args.long,
        args.quick,
        args.green,
        tuple(args.tests),
    )
    if args.shorten:
        write_reach(SHORT, shortened())
        return 0
    if args.page:
        measured.append(page.measure(ROOT, args, equivalents))
    for group in [] if args.page else read_groups():
        if args.groups and group.name not in args.groups:
            continue
        mutants = drawn_from(group, args, equivalents)
        told = run_group(group, mutants, how)
        measured.append(summed_up(group, mutants, told))
    for figures in measured:
        _printed(figures)
    print(f"seed {args.seed}, commit {commit()}, {time.monotonic() - began:.0f} s")
    if args.o:
        told_all = {
            "seed": args.seed,
            "sample": args.sample,
            "commit": commit(),
            "groups": measured,
        }
        args.o.write_text(
            json.dumps(told_all, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )
    held_to = [
        figures if args.least is None else {**figures, "target": args.least} for figures in measured
    ]
    return int(any(falls_short(figures, sampled=args.sample is not None) for figures in held_to))


if __name__ == "__main__":
    sys.exit(main())
