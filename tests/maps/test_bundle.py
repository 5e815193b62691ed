"""The page's committed bundle is that of its modules. No npm is needed here; `scripts/bundle_page.py --check` makes it anew."""

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


def test_the_bundle_joins_every_module_in_the_order_of_the_script():
    manifest = json.loads((bundle_page.STATIC / "bundle.json").read_text("utf-8"))
    assert list(manifest["sources"]) == [*bundle_page.MODULES, bundle_page.SHEET]
    assert manifest["tool"] == f"esbuild {bundle_page.ESBUILD}"


@pytest.mark.parametrize("name", ["check.js", "page.css", "page.min.js"])
def test_a_changed_file_is_named_with_the_command_to_run(copy, name):
    (copy / name).write_text((copy / name).read_text("utf-8") + "\n", "utf-8")
    assert bundle_page.stale() == [f"{name} has changed: run python scripts/bundle_page.py"]


def test_a_new_and_a_lost_module_are_named(copy):
    (copy / "more.js").write_text("const more = 1;\n", "utf-8")
    (copy / "draw.js").unlink()
    assert bundle_page.stale() == [
        "more.js is not in the bundle: add it to MODULES of scripts/bundle_page.py",
        "draw.js is bundled, but is gone",
    ]


def test_line_ends_of_a_checkout_change_nothing(copy):
    text = (copy / "judge.js").read_text("utf-8")
    (copy / "judge.js").write_bytes(text.replace("\n", "\r\n").encode())
    assert bundle_page.stale() == []


@pytest.mark.parametrize("name", bundle_page.BUNDLES)
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
    [("page.min.js", 186_000), ("page.days.min.js", 190_000), ("page.all.min.js", 208_000)],
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
