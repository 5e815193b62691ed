"""Every public name says what it takes, returns and raises, and shows it: the examples run."""

from __future__ import annotations

import doctest
import importlib
import inspect
from pathlib import Path

import pytest

import sxgeo

NAMES = [name for name in sxgeo.__all__ if callable(getattr(sxgeo, name))]
FUNCTIONS = [name for name in NAMES if not inspect.isclass(getattr(sxgeo, name))]
NEEDS = {
    "catchment": "access",
    "friction_surface": "rasterio",
    "overland_isochrones": "rasterio",
    "plot_map": "matplotlib",
    "population_within": "exactextract",
    "prepare": "numba",
    "screen": "pyarrow",
    "count_reached": "pyarrow",
    "write_isochrones": "pyarrow",
    "write_travel_times": "pyarrow",
}


def examples_of(name: str) -> list[doctest.DocTest]:
    thing = getattr(sxgeo, name)
    text = inspect.getdoc(thing) or ""
    found = doctest.DocTestParser().get_doctest(text, {"sxgeo": sxgeo}, name, None, None)
    return [found] if found.examples else []


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_of_a_public_name_run(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    monkeypatch.chdir(tmp_path)
    examples = examples_of(name)
    assert examples, f"{name} shows no example"
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    said: list[str] = []
    for each in examples:
        runner.run(each, out=said.append)
    assert runner.failures == 0, "".join(said)


@pytest.mark.parametrize("method", ["check", "locate", "map"])
def test_the_examples_of_the_accessor_run(method: str) -> None:
    accessor = importlib.import_module("sxgeo.accessors").SxgeoAccessor
    text = inspect.getdoc(getattr(accessor, method)) or ""
    each = doctest.DocTestParser().get_doctest(text, {}, method, None, None)
    assert each.examples
    assert doctest.DocTestRunner().run(each).failed == 0


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_says_everything(name: str) -> None:
    function = getattr(sxgeo, name)
    text = inspect.getdoc(function) or ""
    parameters = inspect.signature(function).parameters
    if parameters:
        section = text.partition("Parameters\n")[2].partition("Returns\n")[0]
        missing = [p for p in parameters if not mentions(section, p)]
        assert not missing, f"{name} does not explain {', '.join(missing)}"
    returned = inspect.signature(function).return_annotation
    assert "Returns\n" in text or returned == "None", f"{name} does not say what it returns"


def mentions(section: str, parameter: str) -> bool:
    heads = [line for line in section.splitlines() if line and not line.startswith(" ")]
    return any(parameter in head.replace("*", "").replace(" ", "").split(",") for head in heads)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_takes_no_any_and_returns_none(name: str) -> None:
    loose = [
        p.name
        for p in inspect.signature(getattr(sxgeo, name)).parameters.values()
        if p.annotation == "Any"
    ]
    assert not loose, f"{name} writes Any for {', '.join(loose)}"
    assert inspect.signature(getattr(sxgeo, name)).return_annotation != "Any"
