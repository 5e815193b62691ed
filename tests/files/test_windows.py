"""What the reading and writing path does on Windows, as far as another system can act it."""

from __future__ import annotations

import builtins
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from sxgeo.errors import InputError
from sxgeo.files import writing
from sxgeo.files.writing import DRAFTS, draft, refuse_odd, write_text
from sxgeo.sites.formats.archives import unpacked


class _System:
    """The module `os` of another system: its name is another, all else is the same."""

    name = "nt"

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Act Windows where `writing` asks for it: the name of the system, and no module fcntl."""
    real = builtins.__import__

    def imported(name: str, *rest: Any, **more: Any) -> Any:
        if name == "fcntl":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(writing, "os", _System())
    monkeypatch.setattr(builtins, "__import__", imported)


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize("name", ["CON", "nul.csv", "Com1.gpkg", "lpt9", "aux .json"])
def test_the_name_of_a_device_is_no_file(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the name of a device; give another file name"):
        refuse_odd(tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("windows")
@pytest.mark.parametrize("name", ["console.csv", "com10.gpkg", "null.json", "a.con"])
def test_a_name_that_only_looks_so_is_written(name: str, tmp_path: Path) -> None:
    write_text("甲\n", tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.usefixtures("windows")
def test_what_a_killed_run_left_goes_with_the_next(tmp_path: Path) -> None:
    rest = tmp_path / DRAFTS
    rest.mkdir()
    (rest / "0a1b.lock").touch()
    (rest / "0a1b.gpkg").write_bytes(b"half")
    write_text("甲\n", tmp_path / "a.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.usefixtures("windows")
def test_what_a_running_one_holds_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rest = tmp_path / DRAFTS
    rest.mkdir()
    held, half = rest / "0a1b.lock", rest / "0a1b.gpkg"
    held.touch()
    half.write_bytes(b"half")
    real = Path.unlink

    def unlink(path: Path, *, missing_ok: bool = False) -> None:
        if path == held:  # Windows removes no file that another process has open
            raise PermissionError(13, "The process cannot access the file", str(path))
        real(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    with draft(tmp_path / "a.txt") as unfinished:
        unfinished.write_text("甲", encoding="utf-8")
    assert half.read_bytes() == b"half"
    assert held.exists()


@pytest.mark.usefixtures("windows")
def test_a_file_that_is_open_elsewhere_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = write_text("old\n", tmp_path / "a.csv")

    def replace(path: Path, other: Path) -> Path:
        raise PermissionError(13, "The process cannot access the file", str(other))

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(InputError, match="it is open in another program"):
        write_text("new\n", target)
    assert target.read_text(encoding="utf-8") == "old\n"
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize("name", ["C:\\plots\\a.csv", "..\\a.csv", "\\\\server\\a.csv", "c:a.csv"])
def test_a_path_of_windows_in_an_archive_does_not_escape(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, "x")
    with pytest.raises(InputError, match="points outside the archive"), unpacked(path):
        pass


def test_folders_of_an_archive_of_windows_are_folders(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("图\\甲.csv", "经度,纬度\n112.7,38.1\n")
    with unpacked(path) as (members, others):
        assert [member.name for member in members] == ["图/甲.csv"]
        assert others == []
