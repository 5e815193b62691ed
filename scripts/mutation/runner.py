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
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

from .operators import Mutant, planted

KILLED, SURVIVED, UNREACHED = "killed", "survived", "unreached"
ANEW = "anew"
"""The fault must be planted in a new process."""
_OUTCOMES = (SURVIVED, KILLED, UNREACHED, ANEW)
LEAST_S = 20.0
"""A test that hangs is given this long, and ten times what it takes without a fault: others may
use the machine meanwhile.
"""


@dataclass(slots=True)
class Reach:
    """Which tests reach which function, and the seconds of each test."""

    seconds: dict[str, float] = field(default_factory=dict)
    tests: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, list[str]] = field(default_factory=dict)
    """Tests of a module, in their order, where they are known by file alone."""

    def of(self, mutant: Mutant) -> list[str]:
        """Return the tests that may find a fault, the quick ones first."""
        if self.files:
            return self.files[mutant.path]
        if mutant.outermost is None:
            prefix = f"{mutant.path}::"
            named = {t for key, ids in self.tests.items() if key.startswith(prefix) for t in ids}
        else:
            named = set(self.tests.get(f"{mutant.path}::{mutant.outermost}", ()))
        return sorted(named, key=lambda test: (self.seconds.get(test, 0.0), test))

    @classmethod
    def of_files(
        cls, tests: Sequence[str], modules: Sequence[str], first: Mapping[str, Sequence[str]]
    ) -> Reach:
        """Say it by files where nobody has noted it: a module's own tests, by `first`, in their
        order.

        What is longest of a module's path decides which they are; of one that is not named, all
        tests of its group are.
        """
        reach = cls(dict.fromkeys(tests, 0.0))
        for module in modules:
            known = max((p for p in first if module.startswith(p)), key=len, default=None)
            wanted = [""] if known is None else list(first[known])
            reach.files[module] = [t for w in wanted for t in tests if t.startswith(w)]
        return reach

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

    def pytest_runtestloop(self, session: Any) -> bool:
        self.work(session)
        return True

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.failed.append(report.nodeid)


def run_pytest(tests: Sequence[str], work: Callable[[Any, _Plugin], None]) -> None:
    """Collect tests and hand them to `work` in place of running them all."""
    import pytest

    holder: list[_Plugin] = []
    plugin = _Plugin(lambda session: work(session, holder[0]))
    holder.append(plugin)
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header", "--no-summary"]
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
    began = time.process_time()
    for item, after in zip(items, [*items[1:], None], strict=True):
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        if plugin.failed:
            return KILLED
        if time.process_time() - began > most_s:
            break
    return SURVIVED


# which test reaches what
# ------------------------------------------------------------------------------------------


def reach_of(session: Any, plugin: _Plugin, root: Path, modules: set[str]) -> Reach:
    """Run every test once and note the functions of `modules` that it calls."""
    reach = Reach()
    named: dict[CodeType, str | None] = {}
    called: set[str] = set()

    def name(code: CodeType) -> str | None:
        path = Path(code.co_filename)
        if not path.is_relative_to(root):
            return None
        module = path.relative_to(root).as_posix()
        return f"{module}::{code.co_qualname.split('.<locals>')[0]}" if module in modules else None

    def trace(frame: FrameType, event: str, arg: object) -> None:
        code = frame.f_code
        if code not in named:
            named[code] = name(code)
        if (function := named[code]) is not None:
            called.add(function)

    for item, after in zip(session.items, [*session.items[1:], None], strict=True):
        called.clear()
        plugin.failed.clear()
        began = time.process_time()
        sys.settrace(trace)
        try:
            session.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        finally:
            sys.settrace(None)
        if plugin.failed:
            print(f"left out, it fails without any fault: {item.nodeid}", file=sys.stderr)
            continue
        reach.seconds[item.nodeid] = round(time.process_time() - began, 4)
        for function in called:
            reach.tests.setdefault(function, []).append(item.nodeid)
    return reach


def read_reach(path: Path) -> Reach:
    """Read what :func:`write_reach` wrote."""
    told = json.loads(path.read_text(encoding="utf-8"))
    ids = list(told["tests"])
    tests = {name: [ids[i] for i in rows] for name, rows in told["functions"].items()}
    files = {name: [ids[i] for i in rows] for name, rows in told.get("files", {}).items()}
    return Reach(dict(told["tests"]), tests, files)


def write_reach(path: Path, reach: Reach) -> None:
    """Write which test reaches what, every test named once."""
    rows = {test: i for i, test in enumerate(reach.seconds)}
    functions = {name: [rows[t] for t in ids] for name, ids in sorted(reach.tests.items())}
    path.parent.mkdir(parents=True, exist_ok=True)
    files = {name: [rows[t] for t in ids] for name, ids in sorted(reach.files.items())}
    told = {"tests": reach.seconds, "functions": functions, "files": files}
    path.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


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


def plant_at_import(mutant: Mutant, root: Path) -> None:
    """Let the next import of the module read it with the fault."""
    name = mutant.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    sys.meta_path.insert(0, _Planter(name, root / mutant.path, planted(mutant, root)))


# one process a fault
# ------------------------------------------------------------------------------------------


def forked(work: Callable[[], str], limit_s: float) -> Callable[[], str | None]:
    """Start `work` in a process of its own; the call returned says what came of it.

    That is one of the outcomes, as `work` said; :data:`KILLED` where it died or ran longer than
    `limit_s`; None while it still runs.
    """
    began = time.monotonic()
    folder = tempfile.mkdtemp(prefix="mutant-")
    child = os.fork()
    if child == 0:
        os.setsid()
        code = _OUTCOMES.index(KILLED)
        with contextlib.suppress(BaseException):
            null = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(null, stream)
            os.environ["PYTEST_DEBUG_TEMPROOT"] = tempfile.tempdir = folder
            code = _OUTCOMES.index(work())
        os._exit(code)

    def outcome() -> str | None:
        done, status = os.waitpid(child, os.WNOHANG)
        if not done and time.monotonic() - began < limit_s:
            return None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        if not done:
            os.waitpid(child, 0)
        shutil.rmtree(folder, ignore_errors=True)
        code = os.waitstatus_to_exitcode(status) if done else -1
        return _OUTCOMES[code] if 0 <= code < len(_OUTCOMES) else KILLED

    return outcome


def fresh_temp(session: Any) -> None:
    """Let a forked run of pytest have folders of its own."""
    factory = getattr(session.config, "_tmp_path_factory", None)
    if factory is not None:
        factory._basetemp = factory._given_basetemp = None
