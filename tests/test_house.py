"""The house itself: imports run one way, `import sxgeo` stays light, public names exist."""

from __future__ import annotations

import ast
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

import sxgeo


def test_imports_run_one_way(root: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=root,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "statement",
    ["import sxgeo", "import sxgeo.analysis.conflicts.question", "import sxgeo.cli.main"],
)
def test_importing_sxgeo_is_light(statement: str) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", statement],
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert imported & {"sxgeo"}
    assert not imported & {"folium", "osmnx", "rasterio", "numba", "matplotlib", "scipy"}


def test_every_public_name_is_there() -> None:
    for name in sxgeo.__all__:
        assert getattr(sxgeo, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        sxgeo.nothing  # noqa: B018


def test_no_file_speaks_of_a_machine(root: Path) -> None:
    words = (
        "/" + "tmp/",
        "/" + "work/",
        "/" + "root/",
        "files.pythonhosted" + ".org",
        "registry.npmjs" + ".org",
    )
    kinds = {
        ".py",
        ".md",
        ".toml",
        ".csv",
        ".geojson",
        ".json",
        ".lock",
        ".js",
        ".css",
        ".html",
        "",
    }
    listed = subprocess.run(
        ["git", "ls-files"], cwd=root, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in listed.stdout.splitlines():
        path = root / name
        if path.suffix in kinds and path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            assert not [w for w in words if w in text], name


def test_no_two_files_of_tests_share_a_name(root: Path) -> None:
    """Where two do, all tests of the second are lost when everything is run at once."""
    names = sorted(path.name for path in (root / "tests").rglob("*.py"))
    assert len(names) > 100
    assert [one for one, next_one in pairwise(names) if one == next_one] == []


def test_three_parameters_stand_on_lines_of_their_own(root: Path) -> None:
    """A line of a signature holds one thing and its type, from three things on."""
    folded = []
    for path in sorted((root / "sxgeo").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                named = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                own = [a.lineno for a in named if a.arg not in ("self", "cls")]
                if len(own) >= 3 and len(set(own)) < len(own):
                    folded.append(f"{path.name}:{node.lineno} {node.name}")
    assert folded == []
