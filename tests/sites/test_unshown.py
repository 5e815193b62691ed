"""What a sheet does not show is read with a remark, and what it misstates is read all the same."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from reading_cases_unshown import HEADS, ONE, OTHER, changed, rewritten, rows

from sxgeo.errors import InputError
from sxgeo.sites.formats import workbooks
from sxgeo.sites.formats.unshown import Unshown
from sxgeo.sites.formats.workbooks import unshown_in
from sxgeo.sites.read import read_sites

TOLD = {"datum": "CGCS2000"}


def test_a_remark_on_a_hidden_plot_leaves_the_other_one_alone(tmp_path: Path) -> None:
    build = changed(rows(*range(7, 12)), ("S", "visible", [HEADS, *OTHER, *ONE]))
    first, second = read_sites(build(tmp_path), assume=TOLD).sites
    assert first.problems == ()
    (words,) = second.problems
    assert words.endswith("row 7, 8, 9, 10, 11; read all the same: show them, or delete them")
    assert not second.doubtful


@pytest.mark.parametrize("size", [1, 7, 64, 1 << 20])
def test_pieces_of_any_size_hide_the_same(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        b'<x:cols><x:col min="2" max="3" hidden="1"/></x:cols><x:row r="1"/><x:row hidden="true"/>'
        b'<x:row r="5" ht="0"/><x:row r=\'9\' hidden=\'1\'><x:c><x:v>row hidden="1"</x:v></x:c>'
    )
    monkeypatch.setattr(workbooks, "_CHUNK", size)
    expected = Unshown(frozenset({2, 5, 9}), frozenset({1, 2}))
    assert unshown_in(io.BytesIO(text)) == expected


def test_rows_below_the_extent_that_a_sheet_states_are_no_less_read(tmp_path: Path) -> None:
    sheet = ("S", "visible", [HEADS, *OTHER, *ONE])
    build = rewritten('<dimension ref="[^"]*"', '<dimension ref="A1:D6"', sheet)
    assert len(read_sites(build(tmp_path), assume=TOLD).sites) == 2


@pytest.mark.parametrize(
    ("member", "words"),
    [
        ("word/document.xml", "a text document"),
        ("content.xml", "an OpenDocument file"),
        ("xl/workbook.bin", "a binary workbook"),
    ],
)
def test_an_office_file_that_cannot_be_read_is_named(
    member: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "甲.bin"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, "<a/>")
    with pytest.raises(InputError, match=rf"{words}.*save .* as \.xlsx or CSV"):
        read_sites(path)
