"""The tool that plants faults: what it plants, that a fault is found or not as it should be, that
its lists speak of faults that there are.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import mutants  # noqa: E402
from mutation.operators import mutants_of, planted  # noqa: E402
from mutation.runner import (  # noqa: E402
    KILLED,
    SURVIVED,
    Reach,
    digests_of,
    forked,
    functions_of,
    read_reach,
    rows_of,
    statement_lines,
    write_reach,
)

MODULE = '''"""Text."""
LIMIT = 5


def decide(a: int, b: int, seen: list[bool]) -> str:
    """Say."""
    if a < LIMIT and not b:
        raise ValueError("a < b")
    total = max(a, b) + 1
    shapely.prepare(total)
    pairs = zip(seen, seen, strict=True)
    return "near" if any(seen) else f"{total}"
'''


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "module.py"
    path.write_text(MODULE, encoding="utf-8")
    return path


def test_every_kind_of_fault_is_planted_and_no_text_for_people(module: Path) -> None:
    found = mutants_of(module, module.parent)
    changes = {(m.operator, m.change) for m in found}
    assert changes >= {
        ("constant", "5 -> 6"),
        ("boundary", "a < LIMIT -> a <= LIMIT"),
        ("comparison", "a < LIMIT -> a >= LIMIT"),
        ("and/or", "a < LIMIT and (not b) -> a < LIMIT or not b"),
        ("condition dropped", "a < LIMIT and (not b) -> a < LIMIT"),
        ("not", "not b -> b"),
        ("arithmetic", "max(a, b) + 1 -> max(a, b) - 1"),
        ("any/all, min/max", "max(a, b) -> min(a, b)"),
        ("any/all, min/max", "any(seen) -> all(seen)"),
        ("removed statement", "raise ValueError('a < b') -> pass"),
        ("text", "'near' -> 'near_'"),
    }
    assert not any("prepare" in m.change or m.change == "True -> False" for m in found)
    assert not any("Text" in m.change or "Say" in m.change for m in found)
    assert len({m.key for m in found}) == len(found)


def test_a_planted_fault_is_the_module_with_one_change(module: Path) -> None:
    plain = ast.unparse(ast.parse(MODULE)).splitlines()
    for mutant in mutants_of(module, module.parent):
        changed = ast.unparse(planted(mutant, module.parent)).splitlines()
        assert changed != plain
        compile(planted(mutant, module.parent), "module.py", "exec")


def test_a_group_speaks_of_files_that_there_are() -> None:
    groups = mutants.read_groups()
    assert {g.name: g.target for g in groups} == {"verdict": 0.95, "analysis": 0.85}
    for group in groups:
        assert len(group.paths()) > 15
        for path in (*group.tests, *group.long):
            assert (ROOT / path).exists(), path


def test_an_equivalent_is_a_fault_that_there_is_and_has_a_reason() -> None:
    known = mutants.read_equivalents()
    paths = {ROOT / key.partition("::")[0] for key in known if not key.startswith("sxgeo/maps/")}
    keys = {m.key for path in paths for m in mutants_of(path, ROOT)}
    assert {key for key in known if not key.startswith("sxgeo/maps/")} <= keys
    assert all(len(reason) > 20 for reason in known.values())


def test_a_sample_falls_short_only_where_chance_hardly_explains_it() -> None:
    def short(killed: int, run: int, *, sampled: bool) -> bool:
        figures = {"killed": killed, "run": run, "target": 0.95, "floor": 0.95}
        return mutants.falls_short(figures, sampled=sampled)

    assert not short(95, 100, sampled=False) and short(94, 100, sampled=False)
    assert not short(28, 30, sampled=True) and short(23, 30, sampled=True)
    assert not short(90, 100, sampled=True) and short(85, 100, sampled=True)
    assert not short(0, 0, sampled=False)


def outcome_of(work: Callable[[], str], limit_s: float) -> str:
    """What comes of `work` in a process of its own."""
    told = forked(work, limit_s)
    while (outcome := told()) is None:
        time.sleep(0.05)
    return outcome[0]


def test_tests_that_wait_for_their_turn_find_no_fault_and_those_that_never_end_do() -> None:
    """What hangs is told by what it takes of the processor: others may use the machine."""

    def waits() -> str:
        time.sleep(2.5)
        return SURVIVED

    def never_ends() -> str:
        while True:
            pass

    assert outcome_of(waits, 1.0) == SURVIVED
    assert outcome_of(never_ends, 1.0) == KILLED
    assert outcome_of(lambda: "no such outcome", 1.0) == KILLED


def test_the_few_tests_of_a_function_run_all_its_lines_between_them(tmp_path: Path) -> None:
    (tmp_path / "law.py").write_text("def f(a):\n    if a:\n        a = 1\n    return a\n", "utf-8")
    seconds = {"quick": 0.1, "fast": 0.2, "slow": 5.0, "found": 3.0, "very slow": 90.0}
    reach = Reach(
        seconds=seconds,
        tests={"law.py::f": sorted(seconds)},
        lines={
            "law.py::f+0": sorted(seconds),
            "law.py::f+1": ["slow", "very slow"],
            "law.py::f+2": ["fast", "found", "quick", "slow"],
        },
    )
    reach.kills["law.py::f", "found"] = 3
    # what found faults there, what runs the line that few run; then the quick ones
    assert set(reach.shortened(tmp_path, 3, 60.0).tests["law.py::f"]) == {"found", "quick", "slow"}
    assert "very slow" not in reach.shortened(tmp_path, 4, 60.0).tests["law.py::None"]
    assert len(reach.shortened(tmp_path, 5, 1.0).tests["law.py::f"]) >= 1
    joined = Reach()
    other = Reach({"new": 1.0}, {"law.py::f": ["new"]}, left_out=["late"])
    for part in (reach, other, reach):
        joined.join(part)
    assert joined.tests["law.py::f"] == sorted([*seconds, "new"])
    assert joined.lines["law.py::f+1"] == ["slow", "very slow"]
    assert joined.left_out == ["late"]
    path = tmp_path / "notes.json"
    write_reach(path, joined)
    told = read_reach(path)
    assert (told.seconds, told.tests, told.lines) == (joined.seconds, joined.tests, joined.lines)
    assert told.left_out == ["late"]


def test_a_fault_meets_the_tests_of_its_line_until_its_function_changes(tmp_path: Path) -> None:
    law = "def f(a):\n    b = a + 1\n    if a:\n        b = 5\n    return b\n\n\ndef g():\n    return 7\n"
    (tmp_path / "law.py").write_text(law, "utf-8")
    reach = Reach(
        seconds={"one": 0.1, "two": 0.2, "three": 0.3},
        tests={"law.py::f": ["one", "three", "two"], "law.py::g": ["two"]},
        lines={"law.py::f+0": ["one"], "law.py::f+2": ["three"]},
        digests={f"law.py::{name}": d for name, d in digests_of(tmp_path / "law.py").items()},
    )
    by_change = {m.change: m for m in mutants_of(tmp_path / "law.py", tmp_path)}
    assert reach.known(by_change["a + 1 -> a - 1"], tmp_path) == ["one"]
    assert reach.of(by_change["5 -> 6"], tmp_path) == ["three"]
    # of a line that nobody noted the tests of the function are asked
    assert reach.known(by_change["7 -> 8"], tmp_path) == ["two"]

    # what changes before and behind a function moves none of its lines
    for new, known in (
        ("\n\nX = 3\n" + law + "Y = 4\n", ["one"]),
        (law.replace("= 5", "= 6"), None),
    ):
        (tmp_path / "law.py").write_text(new, "utf-8")
        for remembered in (digests_of, functions_of, rows_of, statement_lines):
            remembered.cache_clear()
        by_change = {m.change: m for m in mutants_of(tmp_path / "law.py", tmp_path)}
        told = reach.known(by_change["a + 1 -> a - 1"], tmp_path)
        assert told == (known or ["one", "three", "two"])


def test_lines_of_a_function_that_has_changed_are_forgotten() -> None:
    old = Reach(
        lines={"a.py::f+0": ["x"], "a.py::g+0": ["x"]}, digests={"a.py::f": "1", "a.py::g": "2"}
    )
    old.join(Reach(lines={"a.py::f+1": ["y"]}, digests={"a.py::f": "3", "a.py::g": "2"}))
    assert old.lines == {"a.py::g+0": ["x"], "a.py::f+1": ["y"]}
    assert old.digests == {"a.py::f": "3", "a.py::g": "2"}


def test_a_default_is_planted_where_its_module_is_read(tmp_path: Path) -> None:
    text = "X = 1\n\n\ndef f(a=2):\n    def g(b=3):\n        return 4\n    return g\n\n\nclass K:\n    y = 5\n"
    (tmp_path / "law.py").write_text(text, "utf-8")
    found = {m.change: m.at_import for m in mutants_of(tmp_path / "law.py", tmp_path)}
    assert {k: found[f"{k} -> {k + 1}"] for k in range(1, 6)} == {
        1: True, 2: True, 3: False, 4: False, 5: True
    }  # fmt: skip


def test_tests_that_speak_of_a_module_are_asked_before_their_neighbours(tmp_path: Path) -> None:
    (tmp_path / "wing").mkdir()
    (tmp_path / "wing" / "edge.py").write_text("def cut(): ...\ndef join(): ...\n", "utf-8")
    (tmp_path / "wing" / "plain.py").write_text("def other(): ...\n", "utf-8")
    (tmp_path / "tests").mkdir()
    for name, text in (("a", "other()"), ("b", "cut()"), ("c", "cut(), join()"), ("edge", "")):
        (tmp_path / "tests" / f"test_{name}.py").write_text(text, "utf-8")
    tests = [f"tests/test_{name}.py::test" for name in ("a", "b", "c", "edge")]
    first = {"wing": ["tests"], "wing/plain.py": ["tests/test_b", "tests/test_a"]}
    told = Reach().with_files(tests, ["wing/edge.py", "wing/plain.py"], first, tmp_path)
    nearest = [name.partition("test_")[2].partition(".")[0] for name in told.files["wing/edge.py"]]
    assert set(nearest[:2]) == {"c", "edge"} and nearest[2:] == ["b", "a"]
    # what is named for the module itself stays in its order
    assert told.files["wing/plain.py"] == [tests[1], tests[0]]


@pytest.mark.slow
def test_a_fault_that_tests_find_is_killed_and_one_that_none_reaches_is_not(
    tmp_path: Path,
) -> None:
    """On a package of its own: one law finds the fault of the limit, nobody looks at the rest."""
    for name in ("scripts", "scripts/mutation"):
        (tmp_path / name).mkdir()
        for path in (ROOT / name).glob("mut*.py" if name == "scripts" else "*.py"):
            (tmp_path / name / path.name).write_text(path.read_text("utf-8"), encoding="utf-8")
    (tmp_path / "sxgeo").mkdir()
    (tmp_path / "sxgeo" / "__init__.py").write_text("", encoding="utf-8")
    (tmp_path / "sxgeo" / "law.py").write_text(
        "LIMIT = 5\n\n\ndef near(a):\n    return a < LIMIT\n\n\ndef far(a):\n    return a > 9\n",
        encoding="utf-8",
    )
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_law.py").write_text(
        "from sxgeo.law import near\n\n\ndef test_limit():\n    assert near(4) and not near(5)\n",
        encoding="utf-8",
    )
    (tmp_path / "tests" / "mutants.toml").write_text(
        '[group.law]\ntarget = 0.6\nmodules = ["sxgeo/*.py"]\ntests = ["tests"]\n', encoding="utf-8"
    )
    (tmp_path / "tests" / "mutants_equivalent.txt").write_text(
        "sxgeo/law.py::far::boundary: a > 9 -> a >= 9\n    nobody asks for nine here\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, "scripts/mutants.py", "-o", "out.json"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr  # four of nine are not reached
    (told,) = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["groups"]
    assert {m["key"]: m["why"] for m in told["not_found"]} == {
        "sxgeo/law.py::far::comparison: a > 9 -> a <= 9": "unreached",
        "sxgeo/law.py::far::constant: 9 -> 10": "unreached",
        "sxgeo/law.py::far::returned constant: return a > 9 -> return None": "unreached",
        "sxgeo/law.py::far::returned constant: return a > 9 -> return True": "unreached",
    }
    assert told["killed"] == told["run"] - 4 == 5
