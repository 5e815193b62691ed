"""Scripts of a release: what the changelog tells, checksums, builds that differ; pages that lead
nowhere.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest


def script(root: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, root / "scripts" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def release(root: Path) -> ModuleType:
    return script(root, "release")


@pytest.fixture(scope="module")
def docs(root: Path) -> ModuleType:
    return script(root, "build_docs")


def test_the_changes_of_a_version_are_its_entry_alone(release: ModuleType) -> None:
    text = "# Changelog\n\n## Unreleased\n\n- new\n\n## 0.1.0 (2026-11-21)\n\n- old\n"
    assert release.changes("0.1.0", text) == "# sxgeo 0.1.0\n\n- old\n"
    assert release.changes("0.2.0", text) == "# sxgeo 0.2.0\n\n- new\n"
    with pytest.raises(release.ReleaseError, match=r"tells of neither 0\.2\.0"):
        release.changes("0.2.0", "# Changelog\n")


def test_two_builds_that_differ_are_refused(
    release: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drifting(kind: str, target: Path) -> Path:
        target.mkdir(parents=True, exist_ok=True)
        (target / "a.whl").write_text(str(target))
        return target / "a.whl"

    monkeypatch.setattr(release, "build", drifting)
    with pytest.raises(release.ReleaseError, match=r"two builds of a\.whl differ"):
        release.build_twice("wheel", tmp_path / "made", tmp_path)


def test_a_folder_with_files_is_not_written_over(
    release: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").write_text("x")
    assert release.main(["-o", str(tmp_path)]) == 1
    assert "is not empty" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]


def test_checksums_are_those_of_the_files(release: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert release.checksums(tmp_path) == f"{empty}  b\n"


def test_the_command_line_page_names_every_command(docs: ModuleType) -> None:
    page = docs.cli_page()
    for command in ("map", "check", "inspect", "reach", "layers template", "rules diff"):
        assert f"## `sxgeo {command}`" in page


def test_the_api_page_names_every_public_function_and_value(docs: ModuleType) -> None:
    import sxgeo

    page = docs.api_page()
    for name in sxgeo.__all__:
        thing = getattr(sxgeo, name)
        if callable(thing) and not (isinstance(thing, type) and issubclass(thing, Exception)):
            assert f":: sxgeo.{name}\n" in page, name


def test_every_key_of_the_schema_is_told_in_both_languages(docs: ModuleType, root: Path) -> None:
    schema = json.loads((root / "docs" / "check.schema.json").read_text(encoding="utf-8"))
    keys = {key for _, part in docs.schema_parts(schema) for key in part["properties"]}
    words = docs.schema_words()
    assert set(words) == keys
    assert all(any("\u4e00" <= c <= "\u9fff" for c in zh) and en for zh, en in words.values())
    page = docs.schema_page()
    assert all(f"| `{key}` | {zh} *{en}* |" in page for key, (zh, en) in words.items())


def test_the_errors_page_shows_what_is_said(docs: ModuleType) -> None:
    page = docs.errors_page()
    assert "### UsageError" in page and "sxgeo.load_layer" in page


def test_the_errors_page_has_the_codes_of_the_tree(docs: ModuleType) -> None:
    assert "| `DataError` | 4 | `SxgeoError` |" in docs.errors_page()


def test_a_link_out_of_the_pages_becomes_the_name_of_the_file(
    docs: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "there.md").write_text("# There")
    text = (
        "[a](there.md) [b](../LICENSE) [c](https://example.org) ![d](d.png) [e](reference/cli.md)"
    )
    assert docs.with_links_inside(text, tmp_path, tmp_path) == (
        "[a](there.md) b (`LICENSE`) [c](https://example.org) ![d](d.png) [e](reference/cli.md)"
    )


def test_a_page_that_loads_from_the_network_is_found(docs: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<a href="https://example.org">x</a>', encoding="utf-8")
    assert docs.foreign(tmp_path) == []
    (tmp_path / "b.html").write_text('<script src="//cdn.example.org/x.js">', encoding="utf-8")
    assert docs.foreign(tmp_path) == ["b.html loads from the network"]


def test_the_zip_of_a_folder_is_the_same_bytes_each_time(docs: ModuleType, tmp_path: Path) -> None:
    folder = tmp_path / "html"
    folder.mkdir()
    (folder / "a.html").write_text("a")
    docs.write_zip(folder, tmp_path / "1.zip")
    (folder / "a.html").touch()
    docs.write_zip(folder, tmp_path / "2.zip")
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()


def test_the_notebooks_hold_outputs_that_are_small_and_name_no_machine(root: Path) -> None:
    notebooks = sorted((root / "examples").glob("*.ipynb"))
    assert len(notebooks) >= 5
    for path in notebooks:
        text = path.read_text(encoding="utf-8")
        assert len(text) < 100_000, path.name
        assert '"output_type": "error"' not in text, path.name
        assert "/home/" not in text and "\\\\Users\\\\" not in text, path.name
