"""Run tests against planted faults, each in a process of its own that is forked from one that has
read everything.

The tests are collected once. A run without any fault tells which test reaches which function, and
how long it takes; a fault in a function meets only the tests that reach it, the quick ones first,
until one fails. A fault that takes effect at import (a constant, a default) is planted in a new
process, before anything of the package is read.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import gc
import hashlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import math
import os
import re
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from .operators import Mutant, planted

KILLED, SURVIVED, UNREACHED = "killed", "survived", "unreached"
ANEW = "anew"
"""The fault must be planted in a new process."""
_OUTCOMES = (SURVIVED, KILLED, UNREACHED, ANEW)
LEAST_S = 10.0
"""A test that hangs is given this much of the processor, and ten times what it takes without a
fault.
"""
WAITING = 40
"""What waits without an end is given this many times as long by the clock: on a machine that others
use, no fault may pass for found because its tests had to wait for their turn.
"""


@dataclass(slots=True)
class Reach:
    """Which tests reach which line and function, and the seconds of each test."""

    seconds: dict[str, float] = field(default_factory=dict)
    tests: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, list[str]] = field(default_factory=dict)
    """Tests of a module, in their order, where they are known by file alone."""
    lines: dict[str, list[str]] = field(default_factory=dict)
    """The tests of each line, named by its function and its row there: what changes elsewhere in the
    module moves none.
    """
    digests: dict[str, str] = field(default_factory=dict)
    """What each function was when its lines were noted; of a changed one no lines are known."""
    left_out: list[str] = field(default_factory=list)
    """Tests that fail without any fault, or take too long: no fault is found by them."""
    kills: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often a test found a fault of a function: those that did come first."""

    def of(self, mutant: Mutant, root: Path) -> list[str]:
        """Return the tests that may find a fault, those that found others beside it and then the
        quick ones first.
        """
        path, place = mutant.path, mutant.outermost
        named = set(self.known(mutant, root))

        # a short table, in its order, where it knows the line or the function; then what speaks of
        # the module, for a law that was written since is in no table
        if self.files:
            return list(dict.fromkeys([*self.known(mutant, root), *self.files[path]]))
        if place is None:
            named = self._of_place(path, "None")
        return self._ranked(named, path, place, root)

    def _ranked(self, named: Iterable[str], path: str, place: str | None, root: Path) -> list[str]:
        """Order tests: what found faults beside it, what speaks of the module and what is quick comes
        first, and of the cases of one test each behind a case of every other.
        """
        ranked = sorted(named, key=lambda test: (*self._rank(test, path, place, root), test))
        cases: Counter[str] = Counter()
        before = {}
        for test in ranked:
            function = test.partition("[")[0]
            before[test] = cases[function]
            cases[function] += 1
        return sorted(ranked, key=before.__getitem__)

    def known(self, mutant: Mutant, root: Path) -> list[str]:
        """Return the tests that are known to run a fault's line, else its function; none where
        neither is known.
        """
        key = f"{mutant.path}::{mutant.outermost}"
        return self._of_line(mutant, root) or self.tests.get(key, [])

    def _of_line(self, mutant: Mutant, root: Path) -> list[str]:
        """Return the tests that run a fault's statement, those of its very line first; none where
        the function has changed since they were noted.
        """
        path, key = root / mutant.path, f"{mutant.path}::{mutant.outermost}"
        if key not in self.digests or self.digests[key] != digests_of(path)[mutant.outermost or ""]:
            return []
        rows = rows_of(path)
        lines = [mutant.line, *statement_lines(path)[mutant.line]]
        names = [f"{mutant.path}::{rows[line]}" for line in lines if line in rows]
        return list(dict.fromkeys(t for name in names for t in self.lines.get(name, ())))

    def _rank(self, test: str, path: str, place: str | None, root: Path) -> tuple[float, float]:
        found = self.kills[f"{path}::{place}", test] + 0.2 * self.kills[path, test]
        near = nearness(root, test.partition("::")[0], path)
        seconds = self.seconds.get(test, 0.0)
        return (seconds + 0.05) / (1 + 4 * found) / (1 + near), seconds

    def learn(self, mutant: Mutant, test: str) -> None:
        """Note which test found a fault."""
        self.kills[f"{mutant.path}::{mutant.outermost}", test] += 1
        self.kills[mutant.path, test] += 1

    def join(self, other: Reach) -> None:
        """Take in what was noted of other tests."""
        self.seconds |= other.seconds
        changed = {k for k, v in other.digests.items() if self.digests.get(k, v) != v}
        self.lines = {k: v for k, v in self.lines.items() if k.rpartition("+")[0] not in changed}
        self.digests |= other.digests
        self.left_out = sorted({*self.left_out, *other.left_out})
        self.kills.update(other.kills)
        for mine, theirs in ((self.tests, other.tests), (self.lines, other.lines)):
            for key, tests in theirs.items():
                mine[key] = sorted({*mine.get(key, ()), *tests})

    def with_files(
        self,
        tests: Sequence[str],
        modules: Sequence[str],
        first: Mapping[str, Sequence[str]],
        root: Path,
    ) -> Reach:
        """Return it with a module's own tests by `first`, in their order, for functions of which it
        knows none.

        What is longest of a module's path decides which they are; of one that is not named, all
        tests of its group are. Where a folder is named and not the module itself, tests that speak
        of the module come before their neighbours.
        """
        collected = set(tests)
        known = {key: [t for t in ids if t in collected] for key, ids in self.tests.items()}
        lines = {key: [t for t in ids if t in collected] for key, ids in self.lines.items()}
        reach = Reach(
            dict.fromkeys(tests, 0.0) | self.seconds,
            {k: v for k, v in known.items() if v},
            lines={k: v for k, v in lines.items() if v},
            digests=self.digests,
        )
        for module in modules:
            named = max((p for p in first if module.startswith(p)), key=len, default=None)
            wanted = [""] if named is None else list(first[named])
            found = [t for w in wanted for t in tests if t.startswith(w)]
            if named != module:
                found.sort(key=lambda test: -nearness(root, test.partition("::")[0], module))
            reach.files[module] = list(dict.fromkeys(found))
        return reach

    def shortened(self, root: Path, most: int, most_s: float) -> Reach:
        """Return the few tests of each function that are asked first, `most` of them, `most_s`
        together, and half as many of each line.

        Those that found faults there come first, then those that run its lines between them: a
        fault meets then a test that runs its line, where there is one.
        """
        short = Reach(digests=self.digests)
        modules = sorted({key.partition("::")[0] for key in self.tests})
        for key in (*self.tests, *(f"{module}::None" for module in modules)):
            path, _, place = key.partition("::")
            ranked = self._ranked(self._of_place(path, place), path, place, root)
            found = [t for t in ranked if self.kills[key, t]]
            lines = self._lines_of(path, place)
            covering = self._covering(ranked, lines)
            wanted = list(dict.fromkeys([*found[: most // 2], *covering, *ranked]))[:most]
            # what found most and is quick is asked first, whatever it was chosen for
            wanted.sort(key=ranked.index)
            short.tests[key] = self.within(wanted, most_s)
            if place != "None":
                for name, tests in lines.items():
                    of_line = self._ranked(tests, path, place, root)[: most // 2]
                    short.lines[name] = self.within(of_line, most_s)
        kept = {t for ids in (*short.tests.values(), *short.lines.values()) for t in ids}
        short.seconds = {test: round(self.seconds.get(test, 0.0), 2) for test in sorted(kept)}
        return short

    def _of_place(self, path: str, place: str) -> set[str]:
        """Return the tests that run a function; of the place None, those of its whole module."""
        prefix = f"{path}::"
        if place != "None":
            return set(self.tests[prefix + place])
        return {t for key, ids in self.tests.items() if key.startswith(prefix) for t in ids}

    def _lines_of(self, path: str, place: str) -> dict[str, set[str]]:
        """Return the tests of each line of a function, or of a module."""
        prefix = f"{path}::" if place == "None" else f"{path}::{place}+"
        return {key: set(ids) for key, ids in self.lines.items() if key.startswith(prefix)}

    def _covering(self, ranked: Sequence[str], lines: Mapping[str, set[str]]) -> list[str]:
        """Return tests that run all of `lines` between them: each time the one that adds most in
        its time.
        """
        left = dict(lines)
        chosen: list[str] = []
        while left:
            adds = {t: sum(t in tests for tests in left.values()) for t in ranked}
            best = max(ranked, key=lambda t: adds[t] / (self.seconds.get(t, 0.0) + 0.05))
            if not adds[best]:
                break
            chosen.append(best)
            left = {key: tests for key, tests in left.items() if best not in tests}
        return chosen

    def within(self, tests: Sequence[str], most_s: float) -> list[str]:
        """Return the first of these tests that take `most_s` together, one at least."""
        spent = 0.0
        kept: list[str] = []
        for test in tests:
            spent += self.seconds.get(test, 0.0)
            if kept and spent > most_s:
                break
            kept.append(test)
        return kept

    def limit_s(self, tests: Sequence[str]) -> float:
        """Return how long these tests may take before they count as hanging."""
        return LEAST_S + 10 * sum(self.seconds.get(test, 0.0) for test in tests)


class _Plugin:
    """Takes pytest's loop over: what it collected is run by `work`, and nothing else."""

    def __init__(self, work: Callable[[Any], None]) -> None:
        self.work = work
        self.failed: list[str] = []
        self.late = False

    def pytest_collection(self) -> None:
        """A fault is found by its first example; how small it could be is nobody's question."""
        import hypothesis

        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        hypothesis.settings.register_profile(
            "mutants", hypothesis.settings.default, phases=phases, database=None
        )
        hypothesis.settings.load_profile("mutants")

    def pytest_runtestloop(self, session: Any) -> bool:
        self.work(session)
        return True

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.failed.append(report.nodeid)
            self.late = "TimeoutError" in str(report.longrepr)


def run_pytest(tests: Sequence[str], work: Callable[[Any, _Plugin], None]) -> None:
    """Collect tests and hand them to `work` in place of running them all."""
    import pytest

    holder: list[_Plugin] = []
    plugin = _Plugin(lambda session: work(session, holder[0]))
    holder.append(plugin)
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header", "--no-summary"]
    options += ["--tb=no", "--show-capture=no"]
    code = pytest.main(
        [*options, "-m", "not browser and not qgis and not wheel", *tests], plugins=[plugin]
    )
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise SystemExit(f"the tests could not be collected: exit {int(code)}")


def run_items(
    session: Any, items: Sequence[Any], plugin: _Plugin, most_s: float = float("inf")
) -> str:
    """Run collected tests until one fails, or they have taken `most_s` of the processor; return
    whether the fault was killed.
    """
    began = _spent_s()
    for item, after in zip(items, [*items[1:], None], strict=True):
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        if plugin.failed:
            return KILLED
        if _spent_s() - began > most_s:
            break
    return SURVIVED


# which test reaches what
# ------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _stopped_after(most_s: float) -> Iterator[None]:
    """Let a test fail that takes more than `most_s` of the processor, or keeps waiting for others."""

    def stop(number: int, frame: object) -> None:
        raise TimeoutError(f"more than {most_s:g} s")

    timers = ((signal.SIGPROF, signal.ITIMER_PROF, 1), (signal.SIGALRM, signal.ITIMER_REAL, 5))
    before = [signal.signal(number, stop) for number, _, _ in timers]
    for _, timer, times in timers:
        signal.setitimer(timer, times * most_s)
    try:
        yield
    finally:
        for (number, timer, _), handler in zip(timers, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)


def _spent_s() -> float:
    """Return what this process and those it waited for have taken of the processor."""
    return sum(os.times()[:4])


def reach_of(session: Any, plugin: _Plugin, root: Path, modules: set[str], most_s: float) -> Reach:
    """Run every test once and note the lines of `modules` that it runs; one that takes more than
    `most_s` is left out.
    """
    import coverage  # only where lines are noted: a sample does without

    reach = Reach()
    paths = {str(root / module): module for module in sorted(modules)}
    noted = coverage.Coverage(data_file=None, include=list(paths), config_file=False)
    noted.start()
    try:
        for item, after in zip(session.items, [*session.items[1:], None], strict=True):
            plugin.failed.clear()
            began = _spent_s()
            noted.switch_context(item.nodeid)
            with _stopped_after(most_s):
                session.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            noted.switch_context("")
            spent = _spent_s() - began
            if plugin.failed:
                why = "it takes too long" if plugin.late else "it fails without any fault"
                print(f"left out, {why}: {item.nodeid}", file=sys.stderr, flush=True)
                reach.left_out.append(item.nodeid)
                continue
            reach.seconds[item.nodeid] = round(spent, 4)
    finally:
        noted.stop()
    rows = noted.get_data()
    for path, module in paths.items():
        named = rows_of(Path(path))
        of_function: dict[str, set[str]] = {}
        for line, contexts in rows.contexts_by_lineno(path).items():
            tests = sorted(c for c in contexts if c in reach.seconds)
            if tests and line in named:
                reach.lines[f"{module}::{named[line]}"] = tests
                function = named[line].partition("+")[0]
                of_function.setdefault(f"{module}::{function}", set()).update(tests)
        reach.tests |= {name: sorted(tests) for name, tests in of_function.items()}
        digests = digests_of(Path(path))
        reach.digests |= {f"{module}::{name}": digests[name] for name in digests}
    return reach


@functools.cache
def nearness(root: Path, test: str, module: str) -> float:
    """Say how much a test file speaks of a module: by its name, and by the share of the module's own
    functions and classes that it names.
    """
    if not (root / test).exists() or not (root / module).exists():
        return 0.0
    stem = module.rpartition("/")[2].removesuffix(".py")
    tree = ast.parse((root / module).read_text(encoding="utf-8"))
    own = {n.name for n in tree.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    words = _words(root / test)
    named = len(own & words) / max(1, len(own))
    return named + (test.rpartition("/")[2].startswith(f"test_{stem}")) + 0.2 * (stem in words)


@functools.cache
def _words(path: Path) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", path.read_text(encoding="utf-8")))


@functools.cache
def statement_lines(path: Path) -> dict[int, range]:
    """Return, for each line of a module, the lines of the innermost statement it belongs to, without
    the statements inside it.
    """
    found: dict[int, range] = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):  # the outer ones first
        if not isinstance(node, (ast.stmt, ast.excepthandler, ast.match_case)):
            continue
        body = getattr(node, "body", None)
        first = node.pattern.lineno if isinstance(node, ast.match_case) else node.lineno
        end = first if isinstance(node, ast.match_case) else node.end_lineno or first
        last = max(first, body[0].lineno - 1) if body else end
        found |= dict.fromkeys(range(first, last + 1), range(first, last + 1))
    return found


@functools.cache
def functions_of(path: Path) -> dict[str, list[range]]:
    """Return the lines of each outermost function of a module: more than once where a property and
    its setter share the name.
    """
    found: dict[str, list[range]] = {}

    def walk(node: ast.AST, scope: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = range(child.body[0].lineno, (child.end_lineno or child.lineno) + 1)
                found.setdefault(f"{scope}{child.name}", []).append(lines)
            elif isinstance(child, ast.ClassDef):
                walk(child, f"{scope}{child.name}.")
            else:
                walk(child, scope)

    walk(ast.parse(path.read_text(encoding="utf-8")), "")
    return found


@functools.cache
def rows_of(path: Path) -> dict[int, str]:
    """Return, for each line within a function of a module, the function and the row in it."""
    return {
        line: f"{name}+{row}"
        for name, parts in functions_of(path).items()
        for row, line in enumerate(line for part in parts for line in part)
    }


@functools.cache
def digests_of(path: Path) -> dict[str, str]:
    """Name what each function of a module holds."""
    text = path.read_text(encoding="utf-8").splitlines()
    return {
        name: hashlib.sha256("\n".join(text[i - 1] for p in parts for i in p).encode()).hexdigest()[
            :12
        ]
        for name, parts in functions_of(path).items()
    }


def read_reach(path: Path) -> Reach:
    """Read what :func:`write_reach` wrote."""
    told = json.loads(path.read_text(encoding="utf-8"))
    ids = list(told["tests"])

    def named(rows: Mapping[str, Sequence[int]]) -> dict[str, list[str]]:
        return {name: [ids[i] for i in numbers] for name, numbers in rows.items()}

    lines: dict[str, list[str]] = {}
    for name, tests in named(told.get("lines", {})).items():
        function, _, same = name.rpartition("+")
        lines |= {f"{function}+{row}": list(tests) for row in same.split(".")}
    reach = Reach(
        dict(told["tests"]),
        named(told.get("functions", {})),
        {},
        lines,
        told.get("digests", {}),
        told.get("left_out", []),
    )
    for name, counts in told.get("kills", {}).items():
        for row, count in counts.items():
            reach.kills[name, ids[int(row)]] = count
    return reach


def write_reach(path: Path, reach: Reach) -> None:
    """Write which test reaches what, every test named once."""
    rows = {test: i for i, test in enumerate(reach.seconds)}

    def numbered(named: Mapping[str, Sequence[str]]) -> dict[str, list[int]]:
        return {name: [rows[t] for t in ids if t in rows] for name, ids in sorted(named.items())}

    kills: dict[str, dict[int, int]] = {}
    for (name, test), count in sorted(reach.kills.items()):
        if test in rows:
            kills.setdefault(name, {})[rows[test]] = count
    # the rows of a function that the same tests run stand in one line
    alike: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for name, tests in reach.lines.items():
        function, _, row = name.rpartition("+")
        alike.setdefault((function, tuple(tests)), []).append(int(row))
    lines = {
        f"{function}+{'.'.join(map(str, sorted(same)))}": tests
        for (function, tests), same in alike.items()
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {
        "tests": reach.seconds,
        "functions": numbered(reach.tests),
        "lines": numbered(lines),
        "digests": reach.digests,
        "left_out": reach.left_out,
        "kills": kills,
    }
    told = {name: value for name, value in told.items() if value}
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    # a line for each name, so that a change can be read
    path.write_text(text.replace('],"', '],\n"').replace(',"tests/', ',\n"tests/') + "\n", "utf-8")


# planting
# ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Living:
    """The functions of the package as they stand in memory, and what remembers their answers."""

    functions: dict[tuple[str, str], list[FunctionType]]
    remembering: list[Any]

    @classmethod
    def found(cls, root: Path) -> Living:
        """Look through all that is alive."""
        functions: dict[tuple[str, str], list[FunctionType]] = {}
        remembering = []
        for thing in gc.get_objects():
            if isinstance(thing, FunctionType):
                code = thing.__code__
                functions.setdefault((code.co_filename, code.co_qualname), []).append(thing)
            elif isinstance(thing, functools._lru_cache_wrapper):
                wrapped: CodeType | None = getattr(thing.__wrapped__, "__code__", None)
                if wrapped is not None and Path(wrapped.co_filename).is_relative_to(root):
                    remembering.append(thing)
        return cls(functions, remembering)

    def swap(self, mutant: Mutant, root: Path) -> bool:
        """Give the living function the code with the fault in it; return whether it could be done."""
        path = str(root / mutant.path)
        compiled = compile(planted(mutant, root), path, "exec", dont_inherit=True)
        new = [c for c in _codes(compiled) if c.co_qualname == mutant.outermost]
        living = self.functions.get((path, mutant.outermost or ""), [])
        # a property and its setter share a name; a lost name of an outer scope cannot be swapped
        if len(new) != 1 or not living:
            return False
        if any(new[0].co_freevars != f.__code__.co_freevars for f in living):
            return False
        for function in living:
            function.__code__ = new[0]
        for cache in self.remembering:
            cache.cache_clear()
        return True


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


class _Planter(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module with its fault, and leaves all others alone."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self.name, self.path, self.tree = name, path, tree

    def find_spec(
        self, fullname: str, path: object = None, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.name:
            return None
        inner = [str(self.path.parent)] if self.path.name == "__init__.py" else None
        return importlib.util.spec_from_file_location(
            fullname, self.path, loader=self, submodule_search_locations=inner
        )

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.tree, str(self.path), "exec", dont_inherit=True), module.__dict__)


def module_name(mutant: Mutant) -> str:
    """Return the name by which the module of a fault is imported."""
    return mutant.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def plant_at_import(mutant: Mutant, root: Path) -> None:
    """Let the next import of the module read it with the fault."""
    planter = _Planter(module_name(mutant), root / mutant.path, planted(mutant, root))
    sys.meta_path.insert(0, planter)


# one process a fault
# ------------------------------------------------------------------------------------------


Outcome = tuple[str, str]
"""What came of a fault, and the test that found it (empty where none did, or it is not known)."""


def forked(
    work: Callable[[], str], limit_s: float, found_by: Callable[[], str] = str
) -> Callable[[], Outcome | None]:
    """Start `work` in a process of its own; the call returned says what came of it.

    That is one of the outcomes, as `work` said; :data:`KILLED` where it died, or took more than
    `limit_s` of the processor; None while it still runs. `found_by` is asked, after `work`, which
    test found it.
    """
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="mutant-"))
    told = folder / "found_by"
    child = os.fork()
    if child == 0:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(limit_s), math.ceil(limit_s) + 5))
        code = _OUTCOMES.index(KILLED)
        with contextlib.suppress(BaseException):
            null = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(null, stream)
            os.environ["PYTEST_DEBUG_TEMPROOT"] = tempfile.tempdir = str(folder)
            code = _OUTCOMES.index(work())
            told.write_text(found_by(), encoding="utf-8")
        os._exit(code)

    def outcome() -> Outcome | None:
        done, status = os.waitpid(child, os.WNOHANG)
        if not done and time.monotonic() - began < WAITING * limit_s:
            return None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        if not done:
            os.waitpid(child, 0)
        test = told.read_text(encoding="utf-8") if told.exists() else ""
        shutil.rmtree(folder, ignore_errors=True)
        code = os.waitstatus_to_exitcode(status) if done else -1
        return (_OUTCOMES[code] if 0 <= code < len(_OUTCOMES) else KILLED), test

    return outcome


def fresh_temp(session: Any) -> None:
    """Let a forked run of pytest have folders of its own."""
    factory = getattr(session.config, "_tmp_path_factory", None)
    if factory is not None:
        factory._basetemp = factory._given_basetemp = None
