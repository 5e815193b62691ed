"""A set of files: whole or not at all, as a folder or as a zip."""

from __future__ import annotations

from pathlib import Path

import pytest

from sxgeo.errors import InputError, UsageError
from sxgeo.files.folders import refuse_other, write_set

OLD = {"回执.json": b"old", "附图/a.png": b"old"}
NEW = {"回执.json": b"new", "b.txt": b"new"}


def laid(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def test_a_new_folder_takes_the_place_of_the_old_one_whole(tmp_path):
    target = tmp_path / "deep/成果"
    for files in (OLD, NEW):
        assert write_set(files, target, marker="回执.json") == target
        assert laid(target) == files
    assert [p.name for p in target.parent.iterdir()] == ["成果"]


@pytest.mark.parametrize("failing", ["rename", "write_bytes"])
def test_a_file_open_in_word_leaves_everything_as_it_was(tmp_path, monkeypatch, failing):
    target = tmp_path / "成果"
    write_set(OLD, target, marker="回执.json")
    real = getattr(Path, failing)

    def locked(self: Path, *args):
        # Windows lets nobody move a folder in which a file is open
        if failing == "write_bytes" or (
            str(args[0]).endswith((".old", "成果")) and ".new" in str(self)
        ):
            raise PermissionError(13, "in use")
        return real(self, *args)

    monkeypatch.setattr(Path, failing, locked)
    with pytest.raises(InputError, match=r"open in another program.*文件夹中有文件正被占用"):
        write_set(NEW, target, marker="回执.json")
    monkeypatch.undo()
    assert laid(target) == OLD
    assert [p.name for p in tmp_path.iterdir()] == ["成果"]


def test_a_folder_of_something_else_is_never_replaced(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.docx").write_bytes(b"x")
    with pytest.raises(InputError, match="holds other things"):
        write_set(NEW, tmp_path / "mine", marker="回执.json")
    assert laid(tmp_path / "mine") == {"thesis.docx": b"x"}


def test_links_files_and_other_suffixes_are_refused(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(InputError, match="is a link"):
        refuse_other(tmp_path / "link", "m")
    with pytest.raises(InputError, match="is a file"):
        refuse_other(tmp_path / "file", "m")
    with pytest.raises(UsageError, match=r"ends in \.zip"):
        write_set(NEW, tmp_path / "a.docx", marker="m")


def test_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "empty").mkdir()
    assert laid(write_set(NEW, tmp_path / "empty", marker="回执.json")) == NEW
