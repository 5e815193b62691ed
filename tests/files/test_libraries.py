"""The door to libraries that need not be there: it opens, or says what to install."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

from sxgeo.errors import InputError, UsageError
from sxgeo.files.libraries import EXTRA_OF, library


def test_a_library_that_is_missing_is_named_with_the_extra_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, extra in EXTRA_OF.items():
        monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(InputError, match=rf"^this needs it: pip install 'sxgeo\[{extra}\]'$"):
            library(name, "this needs it")

    # who asks may know another extra that brings it, and say whose fault it is
    monkeypatch.setitem(sys.modules, "openpyxl.styles", None)
    with pytest.raises(UsageError, match=r"'sxgeo\[office\]'"):
        library("openpyxl.styles", "this needs it", UsageError, extra="office")


def test_a_library_that_is_there_is_the_one_that_is_asked_for() -> None:
    assert library("json.decoder", "nobody needs it") is sys.modules["json.decoder"]


def test_every_extra_that_is_named_can_be_installed(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(EXTRA_OF.values()) <= set(project["optional-dependencies"])
