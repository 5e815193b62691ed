"""The page's committed bundle is that of its modules.

No npm is needed here; `scripts/bundle_page.py --check` makes it anew.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
import bundle_page

from sxgeo.maps.page import _static
from sxgeo.maps.tiled import page_data


@pytest.fixture
def copy(tmp_path, monkeypatch) -> Path:
    folder = Path(shutil.copytree(bundle_page.STATIC, tmp_path / "static"))
    monkeypatch.setattr(bundle_page, "STATIC", folder)
    return folder


def test_the_bundle_was_made_from_the_modules_as_they_are():
    assert bundle_page.stale() == []


MODULES = [name for name in bundle_page.sources() if "/" in name]
IMPORT = re.compile(r"^(?:import|export)\b[^;]*?from '([^']+)';", re.MULTILINE)


def imported(module: str) -> list[str]:
    """Modules that one module imports, by their path below the folder."""
    text = (bundle_page.STATIC / module).read_text("utf-8")
    folder = bundle_page.STATIC / Path(module).parent
    return [
        (folder / path).resolve().relative_to(bundle_page.STATIC.resolve()).as_posix()
        for path in IMPORT.findall(text)
    ]


def reached(entry: str) -> set[str]:
    """A module and all that stands behind its imports."""
    found, open_ends = {entry}, [entry]
    while open_ends:
        new = set(imported(open_ends.pop())) - found
        found |= new
        open_ends.extend(new)
    return found


def test_the_manifest_names_every_module_and_the_tool():
    manifest = json.loads((bundle_page.STATIC / "bundle.json").read_text("utf-8"))
    assert list(manifest["sources"]) == bundle_page.sources()
    assert manifest["tool"] == f"esbuild {bundle_page.ESBUILD}"


def test_the_entries_reach_every_module():
    assert set().union(*map(reached, bundle_page.BUNDLES.values())) == set(MODULES)


def test_no_module_imports_itself_through_others():
    for module in MODULES:
        assert module not in set().union(*map(reached, imported(module)), set()), module


def test_the_check_draws_nothing_and_the_map_does_not_read_files():
    """The rooms know each other one way: page over draw, draw and say over check and read."""
    allowed = {
        "check": {"check", "read"},
        "read": {"read", "check"},
        "say": {"say", "check"},
        "draw": {"draw", "check"},
        "page": {"page", "draw", "say", "check", "read"},
        "second": {"second", "check"},
    }
    for module in MODULES:
        rooms = {path.split("/")[0] for path in imported(module)}
        assert rooms <= allowed[module.split("/")[0]], module


@pytest.mark.parametrize("name", ["check/check.js", "page.css", "page.min.js"])
def test_a_changed_file_is_named_with_the_command_to_run(copy, name):
    (copy / name).write_text((copy / name).read_text("utf-8") + "\n", "utf-8")
    assert bundle_page.stale() == [f"{name} has changed: run python scripts/bundle_page.py"]


def test_a_new_and_a_lost_module_are_named(copy):
    (copy / "say" / "more.js").write_text("const more = 1;\n", "utf-8")
    (copy / "draw" / "draw.js").unlink()
    assert bundle_page.stale() == [
        "say/more.js is new: run python scripts/bundle_page.py",
        "draw/draw.js is bundled, but is gone",
    ]


def test_line_ends_of_a_checkout_change_nothing(copy):
    text = (copy / "check" / "judge.js").read_text("utf-8")
    (copy / "check" / "judge.js").write_bytes(text.replace("\n", "\r\n").encode())
    assert bundle_page.stale() == []


PAGES = [name for name in bundle_page.BUNDLES if name.startswith("page")]


@pytest.mark.parametrize("name", PAGES)
def test_the_bundle_keeps_the_names_that_others_use_and_is_well_formed(name):
    code = (bundle_page.STATIC / name).read_text("utf-8")
    assert "window.sxgeoPage=" in code
    assert not re.search(r"\{[{%#]", code)  # folium renders the page as a template
    assert "window.sxgeo={map:" in code
    node = shutil.which("node")
    if node is not None:
        checked = subprocess.run(
            [node, "--check", "-"], input=code.encode(), capture_output=True, check=False
        )
        assert checked.returncode == 0, checked.stderr.decode()


@pytest.mark.parametrize(
    ("name", "most"),
    [("page.min.js", 220_000), ("page.days.min.js", 224_000), ("page.all.min.js", 242_500)],
)
def test_a_bundle_and_its_library_are_small(name, most):
    """A page with tiles is allowed more: its data are megabytes."""
    code = _static(name.removesuffix(".min.js"))["code"]
    assert "polygonClipping" in code and len(code.encode()) < most


def test_a_page_carries_the_smallest_bundle_that_draws_it():
    payload = {"features": [], "meta": {"notices": [], "title_zh": "甲"}, "check": {"layers": []}}
    drawn = {"heritage_sites": ({"count": 1}, {})}
    assert page_data(payload, {}).bundle == "page"
    assert page_data(payload | {"scenario": {"days": []}}, {}).bundle == "page.days"
    assert (
        page_data(payload | {"scenario": {"days": []}, "backdrop": [{}]}, {}).bundle == "page.all"
    )
    assert page_data(payload | {"backdrop": [{}]}, {}).bundle == "page"
    assert page_data(payload, drawn).bundle == "page.all"


def test_a_minifier_that_is_not_the_pinned_one_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(bundle_page, "archive", lambda name, version: b"something else")
    monkeypatch.setattr(bundle_page.sys, "platform", "linux")
    monkeypatch.setattr(bundle_page.platform, "machine", lambda: "x86_64")
    with pytest.raises(SystemExit, match=r"@esbuild/linux-x64@0\.28\.2 has the hash"):
        bundle_page.esbuild(tmp_path)
    monkeypatch.setattr(bundle_page.platform, "machine", lambda: "mips")
    with pytest.raises(SystemExit, match="no esbuild is pinned for linux-mips; known: linux-x64"):
        bundle_page.esbuild(tmp_path)
    assert list(tmp_path.iterdir()) == []
