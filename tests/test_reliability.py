"""The sheet of reliability: its pages are those of its figures, and a figure that fell is told."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import reliability  # noqa: E402
from reliability import LINES, SHOWN, Figure, argv_words, pages, said, sheet, worse  # noqa: E402

FIGURES: dict[str, Figure] = json.loads(reliability.FIGURES.read_text(encoding="utf-8"))


def test_the_pages_are_those_of_the_figures(capsys: pytest.CaptureFixture[str]) -> None:
    assert reliability.main(["--check"]) == 0, capsys.readouterr().out
    for path, text in pages(FIGURES).items():
        assert path.read_text(encoding="utf-8") == text
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    assert re.search(r"^reliability$", index, flags=re.MULTILINE)


def test_every_figure_says_how_it_was_measured() -> None:
    by_name = {line.name: line for line in LINES}
    for name, figure in FIGURES.items():
        line = by_name[name]
        assert figure["command"] == argv_words(line, figure["size"]), name
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", figure["date"])
        assert re.fullmatch(r"[0-9a-f]{10}", figure["commit"])
        assert figure["bad"] == 0 and figure["good"] > 0
        assert (figure["seed"] is None) == (not line.seeded)
    assert set(SHOWN) <= set(FIGURES)


def test_the_sheet_never_claims_a_size_that_was_not_run() -> None:
    text = sheet(FIGURES)
    for line in LINES:
        figure = FIGURES.get(line.name)
        if figure is None:
            assert line.title in text.partition("Not measured yet: ")[2]
        else:
            assert f"| {figure['size']} | `{figure['command']}` |" in text
            smaller = line.argv(figure["size"]) != line.argv("release")
            assert (line.title in text.partition("smaller size")[2].partition(".\n")[0]) == smaller


def test_the_readmes_show_five_figures_in_a_paragraph() -> None:
    for path in reliability.READMES.values():
        text = path.read_text(encoding="utf-8")
        inside = text.partition(reliability.BEGIN)[2].partition(reliability.END)[0]
        assert len(re.split("[;；]", inside.strip())) == len(SHOWN) == 5
    for name in SHOWN:
        line = next(one for one in LINES if one.name == name)
        english = reliability.READMES["en"].read_text(encoding="utf-8")
        assert f"{line.title}: {said(line, FIGURES[name])}" in english


def figure(**values: Any) -> Figure:
    plain = {"good": 1000, "bad": 0, "of": 0, "command": "python x", "size": "day"}
    return {**plain, **values}


def test_a_fault_is_always_worse_and_a_smaller_run_is_not() -> None:
    assert worse("exact", figure(), figure()) is None
    assert worse("exact", figure(), figure(bad=1)) is not None
    assert worse("exact", None, figure(bad=1)) is not None
    assert worse("exact", None, figure()) is None
    assert worse("exact", figure(), figure(good=999)) is not None
    assert worse("exact", figure(), figure(good=10, command="python y")) is None
    # how many files are read in a time hangs on the machine
    assert worse("fuzz", figure(), figure(good=10)) is None
    assert worse("fuzz", figure(), figure(good=10, bad=1)) is not None


def test_a_share_may_fall_by_less_than_the_faults_that_are_planted_change() -> None:
    def fell(before: float, now: float, command: str = "python x") -> bool:
        told = worse("mutants_verdict", figure(good=before), figure(good=now, command=command))
        return told is not None

    assert not fell(0.95, 0.946) and fell(0.95, 0.944)
    assert not fell(0.95, 0.91, "python y") and fell(0.95, 0.89, "python y")


def test_a_line_that_was_measured_meanwhile_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some lines take hours: what another run wrote before this one ends is not lost."""
    path = tmp_path / "figures.json"
    monkeypatch.setattr(reliability, "FIGURES", path)
    monkeypatch.setattr(reliability, "pages", lambda figures: {})

    def measure(line: Any, size: str, **told: str) -> Figure:
        path.write_text(json.dumps({"rows": figure(good=7)}), encoding="utf-8")
        return figure()

    monkeypatch.setattr(reliability, "measure", measure)
    assert reliability.main(["--only", "exact", "--write"]) == 0
    assert json.loads(path.read_text("utf-8")) == {"rows": figure(good=7), "exact": figure()}
