"""Points of the map are read byte by byte, matched by name and county, and what is doubtful is
said.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest

from sxgeo.errors import DataError

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from builders import osm_points  # noqa: E402
from builders.formats import read_csv  # noqa: E402
from builders.osm_points import Spot, matches, read_spots  # noqa: E402

TABLE = read_csv(ROOT / "data" / "sources" / "osm_points.csv")


def shapefile(rows):
    """Write a table of osm_id, fclass, name and its points."""
    widths = {"osm_id": 12, "fclass": 20, "name": 60}
    header = 32 + 32 * len(widths) + 1
    table = struct.pack("<BBBBIHH20x", 3, 124, 7, 1, len(rows), header, 1 + sum(widths.values()))
    for name, width in widths.items():
        table += name.encode().ljust(11, b"\0") + b"C" + bytes(4) + bytes([width]) + bytes(15)
    table += b"\r"
    shapes = bytes(100)
    for number, (osm_id, fclass, name, lon, lat) in enumerate(rows, start=1):
        values = zip((osm_id, fclass, name), widths.values(), strict=True)
        table += b" " + b"".join(value.encode().ljust(width) for value, width in values)
        shapes += struct.pack(">ii", number, 10) + struct.pack("<idd", 1, lon, lat)
    return table, shapes


def record(**columns):
    blank = {
        "lon": "",
        "lat": "",
        "position_accuracy_m": "",
        "datum_error_m": "",
        "source": "",
        "county_code": "140923",
    }
    return blank | columns


def test_named_points_in_the_box_are_read():
    rows = [
        ("1", "tower", "回凤塔", 112.9, 38.5),
        ("2", "tower", "", 112.9, 38.5),
        ("3", "tower", "东方明珠", 121.5, 31.2),
    ]
    assert list(read_spots(*shapefile(rows))) == [Spot("1", "回凤塔", "tower", 112.9, 38.5)]


def test_files_that_do_not_fit_are_refused():
    table, shapes = shapefile([("1", "tower", "塔", 112.9, 38.5)])
    with pytest.raises(DataError, match="end before their table"):
        list(read_spots(table, shapes[:-4]))
    with pytest.raises(DataError, match="no field name"):
        list(read_spots(table.replace(b"name\0", b"nome\0"), shapes))


def test_a_name_counts_only_in_its_county():
    spots = [
        Spot("1", "边靖楼", "building", 112.95, 39.06, "140923"),
        Spot("2", "边靖楼", "building", 113, 39, "140924"),
    ]
    found = matches(
        spots,
        [
            record(
                identity="HS-010",
                name_zh="边靖楼",
                lon="112.95",
                lat="39.06",
                position_accuracy_m="475",
            )
        ],
    )
    assert [(row["osm_id"], row["verdict"]) for row in found] == [("1", "agrees")]


def test_what_lies_beyond_the_accuracy_or_only_sounds_alike_is_doubtful():
    spots = [
        Spot("1", "佛光寺影壁", "building", 113.4, 38.87, "140922"),
        Spot("2", "佛光寺", "attraction", 113.5, 38.87, "140922"),
    ]
    row = record(
        identity="HS-003",
        name_zh="佛光寺",
        county_code="140922",
        lon="113.38",
        lat="38.87",
        position_accuracy_m="3000",
    )
    assert {r["osm_id"]: r["reason"] for r in matches(spots, [row])} == {
        "1": "one name only holds the other",
        "2": "the same name, beyond the accuracy of the record's own point",
    }


def test_the_bundled_table_lists_what_was_taken_and_what_is_doubtful():
    assert {row["verdict"] for row in TABLE} == set(osm_points.VERDICTS)
    taken = {row["identity"] for row in TABLE if row["verdict"] == "taken"}
    assert taken == {"HS-026", "HS-057", "HS-060", "HS-065", "HS-071", "HS-074", "HS-075", "ST-XZX"}
    assert all(row["reason"] and row["county_code"] for row in TABLE)
    assert all(len(row["lon"].partition(".")[2]) == 3 for row in TABLE)
