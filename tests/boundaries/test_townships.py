"""An old name and a new one find the same township, and a name that nobody has is refused."""

from __future__ import annotations

import pytest

from sxgeo.boundaries.townships import find_township, load_townships
from sxgeo.catalog import read_table
from sxgeo.errors import UsageError


def test_the_list_of_2026_holds_the_townships_of_the_twelve_counties_once():
    rows = read_table("sources/townships_2026.csv")
    assert len(rows) == 152 and len({row["code"] for row in rows}) == 152
    assert all(
        row["code"].startswith(row["county_code"]) and len(row["code"]) == 12 for row in rows
    )
    assert len({row["county_code"] for row in rows}) == 12


@pytest.mark.parametrize(
    ("old", "new", "since"),
    [
        ("雁门关乡", "雁门关镇", "2021"),
        ("横涧乡", "平型关镇", "2020-03-06"),
        ("磨坊乡", "上磨坊乡", ""),
        ("闫庄镇", "阎庄镇", ""),
    ],
)
def test_an_old_name_and_a_new_one_find_the_same_place(old, new, since):
    assert find_township(old) == find_township(new)
    assert (find_township(old).name_zh, find_township(old).changed_on) == (new, since)


def test_every_township_of_the_boxes_is_found_by_the_name_of_its_box():
    codes = {t.county_code for t in load_townships()}
    for row in read_table("sources/townships.csv"):
        if row["county_code"] in codes:
            assert (
                find_township(row["township"], county_code=row["county_code"]).county_code
                == row["county_code"]
            )


def test_a_name_without_a_known_successor_is_found_and_says_so():
    gone = find_township("马头水乡")
    assert gone.code == "" and "successor not found" in gone.note


def test_a_name_that_nobody_has_is_refused():
    with pytest.raises(UsageError, match="no township '雁门关'"):
        find_township("雁门关")
