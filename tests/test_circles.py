"""No circle of files, anywhere: imports inside functions and imports for types count as imports."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def script(root: Path, name: str) -> ModuleType:
    """Load a script of the checkout as a module."""
    spec = importlib.util.spec_from_file_location(name, root / "scripts" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def house() -> ModuleType:
    return script(Path(__file__).resolve().parents[1], "house")


def test_no_files_import_each_other_in_a_circle(house: ModuleType, root: Path) -> None:
    graph = house.import_graph(house.read_sources(root))
    assert sum(map(len, graph.values())) > 300
    assert house.circles(graph) == []


@pytest.mark.parametrize(
    "back",
    [
        "from .a import x",
        "def f():\n    from .a import x",
        "if TYPE_CHECKING:\n    from .a import x",
        "from . import a",
    ],
)
def test_every_kind_of_import_closes_a_circle(house: ModuleType, tmp_path: Path, back: str) -> None:
    package = tmp_path / "sxgeo"
    package.mkdir()
    texts = {"__init__": "", "a": "from .b import y\n", "b": f"{back}\n", "c": "from .a import x\n"}
    for name, text in texts.items():
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    graph = house.import_graph(house.read_sources(tmp_path))
    assert house.circles(graph) == [["sxgeo.a", "sxgeo.b"]]


@pytest.fixture(scope="module")
def figures(house: ModuleType) -> dict[str, Any]:
    root = Path(__file__).resolve().parents[1]
    return {figure.name: figure for figure in house.measure(root)}


@pytest.mark.slow
def test_the_top_level_is_no_heap(figures: dict[str, Any]) -> None:
    assert len(figures["top"].listed) <= 17, figures["top"].listed


@pytest.mark.slow
@pytest.mark.parametrize("name", ["wide", "repeated"])
def test_what_was_reached_in_the_house_stays(figures: dict[str, Any], name: str) -> None:
    assert list(figures[name].listed) == []


@pytest.mark.slow
def test_the_house_grows_no_floor(figures: dict[str, Any]) -> None:
    assert len(figures["floors"].listed) <= 11, figures["floors"].listed


@pytest.mark.slow
def test_few_imports_stand_inside_functions(figures: dict[str, Any]) -> None:
    # each has its reason behind it: a library that need not be there, or a start that it would slow
    assert len(figures["imports"].listed) <= 60, figures["imports"].listed


def test_every_wing_says_what_it_holds(root: Path) -> None:
    for path in (root / "sxgeo").rglob("__init__.py"):
        if path.parent.name not in ("sxgeo", "maps", "plot"):
            text = path.read_text(encoding="utf-8")
            assert text.startswith('"""') and "Imports" in text.partition('\n"""')[0], path


def test_the_page_of_the_house_agrees_with_the_contract(root: Path) -> None:
    architecture = script(root, "architecture")
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    assert architecture.problems(text) == []
    assert architecture.picture(
        text.replace('"sxgeo.maps",', '"sxgeo.atlas",')
    ) != architecture.picture(text)
