"""What is printed in the READMEs and docs is true: every block runs."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", "README.zh.md", "docs/guide/handbook.md")
ENGLISH = "docs/guide/handbook_en.md"
FILES = {
    "地块.geojson": "plot.geojson",
    "地块.gpkg": "plot.gpkg",
    "文物保护范围.gpkg": "scopes.gpkg",
}
ANSWERS = {0, 10, 11, 12, 13}


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with the examples, and files under the names that the Chinese page uses."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    site = tmp_path / "examples" / "yangqu" / "apart.geojson"
    shutil.copy(site, tmp_path / "地块.geojson")
    import geopandas as gpd

    gpd.read_file(site).drop(columns="id").to_file(tmp_path / "地块.gpkg")
    gpd.read_file(tmp_path / "examples" / "yangqu" / "heritage_layer.geojson").to_file(
        tmp_path / "文物保护范围.gpkg"
    )
    return tmp_path


PYTHON = [code for page in ("README.md", "README.zh.md") for code in blocks(page, "python")]


@pytest.mark.parametrize("code", PYTHON)
def test_the_python_of_the_readme_runs(desk: Path, code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=desk, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    said = re.findall(r"print\(.*\) +# (.*)", code)
    assert done.stdout.split("\n")[: len(said)] == said


@pytest.mark.parametrize(
    "line",
    dict.fromkeys(
        line.partition("#")[0].strip()
        for page in PAGES
        for block in blocks(page, "sh")
        for line in block.splitlines()
        if line.startswith("sxgeo")
    ),
)
def test_the_commands_of_the_readmes_run(desk: Path, line: str) -> None:
    command = [sys.executable, "-m", *shlex.split(line)]
    done = subprocess.run(command, cwd=desk, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode in ANSWERS, done.stderr
    assert done.returncode == 0 or " check " in f" {line} "


def test_the_two_commands_are_the_ones_that_ci_runs() -> None:
    first, second = blocks("README.md", "sh")[0].strip().splitlines()
    assert blocks("README.zh.md", "sh")[0].strip().splitlines() == [first, second]
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8").replace("install -q", "install")
    assert first in ci
    assert second in ci


def test_both_handbooks_give_the_same_commands() -> None:
    def commands(page: str) -> list[str]:
        lines = "".join(blocks(page, "sh")).splitlines()
        return [line.partition("#")[0].strip() for line in lines]

    chinese = commands("docs/guide/handbook.md")
    for own, other in FILES.items():
        chinese = [line.replace(own, other) for line in chinese]
    assert commands(ENGLISH) == chinese


def test_both_handbooks_have_the_same_chapters_and_codes() -> None:
    def frame(page: str) -> list[object]:
        text = (ROOT / page).read_text(encoding="utf-8")
        codes = re.findall(r"^\| `(\w+)` .* \| (\d+) \|$", text, flags=re.MULTILINE)
        return [len(re.findall("^## ", text, flags=re.MULTILINE)), *codes]

    assert frame(ENGLISH) == frame("docs/guide/handbook.md")
    assert frame(ENGLISH)[1:]


def test_links_lead_somewhere() -> None:
    for page in (*PAGES, ENGLISH):
        for target in re.findall(r"\]\(([^)#]+)\)", (ROOT / page).read_text(encoding="utf-8")):
            assert target.startswith("http") or ((ROOT / page).parent / target).exists(), (
                f"{page}: {target}"
            )


def test_the_journeys_are_at_most_six_lines() -> None:
    for language in ("python", "sh"):
        for block in blocks("README.md", language):
            assert len(block.strip().splitlines()) <= 6


def test_the_counts_in_the_readme_are_those_of_the_tables() -> None:
    from sxgeo.layers.layers import load_layer

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    held = {
        name: load_layer(name) for name in ("heritage_sites", "protected_areas", "weather_stations")
    }
    heritage, areas, weather = held.values()
    assert f"of 110 heritage sites {heritage.held} are held and {heritage.located} located" in text
    assert f"of 25 protected areas {areas.held} and {areas.located}" in text
    assert f"of 167 weather stations {weather.held}" in text
    chinese = (ROOT / "README.zh.md").read_text(encoding="utf-8")
    assert f"110 处重点文物保护单位中 {heritage.held} 处（定位 {heritage.located} 处）" in chinese
    assert f"25 处自然保护地中 {areas.held} 处（定位 {areas.located} 处）" in chinese
    assert f"167 个气象站中 {weather.held} 个" in chinese


def test_both_readmes_tell_the_same() -> None:
    english, chinese = (
        (ROOT / p).read_text(encoding="utf-8") for p in ("README.md", "README.zh.md")
    )
    for text in (english, chinese):
        _, _, journeys, onward = re.split(r"^## .*$", text, flags=re.MULTILINE)
        assert len(re.findall(r"^\*\*", journeys, flags=re.MULTILINE)) == 3
        assert "](docs/guide/tutorial.md)" in onward
    for told in ("490", "1.7 GB", "54", *(f"`{extra}`" for extra in EXTRAS)):
        assert told in english and told in chinese, told


EXTRAS = ("office", "plot", "intake", "raster", "access", "osm", "fast", "docs", "dev")


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_a_readme_is_one_screen_with_the_two_commands(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert len(text.splitlines()) < 80
    assert "python -m pip install -e . && sxgeo map taixin\n" in text
    assert 'python -m pip install -e ".[test]" && python -m pytest -n auto\n' in text
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert [link for link in links if not (ROOT / link).exists()] == []
