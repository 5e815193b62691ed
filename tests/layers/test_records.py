"""The records of protected resources: where they lie, what they stand on, and what is said of them."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
import shapely

from sxgeo.geometry.projection import plane_crs, to_plane
from sxgeo.layers.classes import CLASS_IDS, RESOURCE_COLUMNS

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "data" / "sources"
sys.path.insert(0, str(ROOT / "scripts"))

from builders import data_page, duplicates, facts_amend, facts_common, facts_maps, layers  # noqa: E402
from builders.formats import read_csv  # noqa: E402

ROWS = layers.resource_rows(SOURCES)
BY_ID = {row["feature_id"]: row for row in ROWS}
LISTED = [row for row in ROWS if row["role"] == "listed"]
POINTS = [row for row in ROWS if row["lon"]]
GUESS = "general knowledge, no document seen"


def boundary_features(name: str) -> list[dict]:
    return json.loads(
        (ROOT / "data" / "boundaries" / f"{name}.geojson").read_text(encoding="utf-8")
    )["features"]


@pytest.fixture(scope="module")
def counties() -> dict[str, tuple[float, shapely.Geometry]]:
    """Code -> accuracy of the boundary in metres, polygon; the twelve and their neighbours."""
    rows = [row for name in ("counties", "neighbours") for row in boundary_features(name)]
    return {
        row["properties"]["code"]: (
            float(row["properties"]["position_accuracy_m"]),
            shapely.geometry.shape(row["geometry"]),
        )
        for row in rows
    }


def apart_m(first: shapely.Geometry, second: shapely.Geometry) -> float:
    crs = plane_crs(shapely.centroid(first).x)
    return float(shapely.distance(to_plane(first, crs), to_plane(second, crs)))


# --- positions ----------------------------------------------------------------------------------


@pytest.mark.parametrize("row", POINTS, ids=lambda row: row["feature_id"])
def test_a_point_lies_in_a_county_that_its_record_names(row, counties):
    codes = [code for code in row["county_code"].split(";") if code]
    if not codes:
        pytest.skip("the source names no county")
    point = shapely.Point(float(row["lon"]), float(row["lat"]))
    own_m = float(row["position_accuracy_m"]) + float(row["datum_error_m"])
    apart = {code: apart_m(point, counties[code][1]) - counties[code][0] for code in codes}
    assert min(apart.values()) <= own_m, apart


def test_a_point_in_a_village_of_the_bundled_list_agrees_with_it():
    villages = {
        (row["county_code"], re.sub(r".*[乡镇]", "", row["name_zh"].removesuffix("村"))): row
        for row in ROWS
        if row["feature_id"].startswith("HV-")
    }
    checked = 0
    for row in POINTS:
        place = re.match(r"place: (?:[^;]*?[乡镇])?([^;乡镇]+?)村", row["note"])
        village = villages.get((row["county_code"], place[1])) if place else None
        if village is None or village is row:
            continue
        points = [shapely.Point(float(r["lon"]), float(r["lat"])) for r in (row, village)]
        allowed_m = float(row["position_accuracy_m"]) + float(village["position_accuracy_m"])
        assert apart_m(*points) <= allowed_m + 3_000, row[
            "feature_id"
        ]  # sites lie outside their villages
        checked += 1
    assert checked >= 5


def test_a_point_lies_in_the_township_that_its_address_names():
    """The boxes are crude and their datum unstated, so they are checked with the point's own
    accuracy.
    """
    boxes = {
        (row["county_code"], row["township"]): row for row in read_csv(SOURCES / "townships.csv")
    }
    for row in read_csv(SOURCES / "township_names.csv"):
        if row["new_name"]:
            boxes[row["county_code"], row["new_name"]] = boxes[row["county_code"], row["old_name"]]
    checked, objects = 0, 0
    for row in POINTS:
        place = row["note"].partition("place: ")[2].partition(";")[0]
        named = [
            box
            for (code, town), box in boxes.items()
            if town in place and code in row["county_code"].split(";")
        ]
        if not named:
            continue
        point = shapely.Point(float(row["lon"]), float(row["lat"]))
        apart = [
            apart_m(
                point,
                shapely.box(*(float(box[edge]) for edge in ("west", "south", "east", "north"))),
            )
            for box in named
        ]
        assert min(apart) <= float(row["position_accuracy_m"]) + facts_common.ROUNDING_M + 580, row[
            "feature_id"
        ]
        checked, objects = checked + 1, objects + (row["point_role"] == "object")
    assert checked >= 85 and objects >= 40


def test_a_point_that_stands_for_a_town_or_an_area_is_a_proxy():
    for row in POINTS:
        if (
            "position: its t" in row["note"]
            or "position: seat" in row["note"]
            or "box centre" in row["source"]
        ):
            assert row["point_role"] == "proxy", row["feature_id"]
        if row["point_role"] == "object":
            assert float(row["position_accuracy_m"]) <= 3_100, row["feature_id"]


def test_what_contradicts_its_own_list_is_lowered():
    station = BY_ID["WX-666423"]
    assert (station["confidence"], station["point_role"], station["position_accuracy_m"]) == (
        "low",
        "proxy",
        "12000",
    )
    assert BY_ID["WS-003"]["county_code"] == "140902;140921"
    assert BY_ID["KS-002"]["county_code"] == "140109;140110;140181"
    assert {BY_ID[i]["confidence"] for i in ("WX-53588", "WX-53589")} == {"medium"}


# --- membership and designation -----------------------------------------------------------------


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["feature_id"])
def test_a_record_says_how_it_is_known(row):
    assert row["source"].strip() and row["confidence"] in ("high", "medium", "low")
    assert row["designated_on"] == "" or row["legal_designation"]
    if row["source"].startswith(GUESS):
        assert row["role"] != "listed" or row["membership"] == "candidate"
        assert row["legal_designation"] == ""
    if row["membership"] != "candidate" and row["role"] == "listed" and row["county_code"]:
        assert set(row["county_code"].split(";")) & set(facts_maps.COUNTY_NAMES)


def test_held_heritage_binds_by_its_own_designation():
    for row in LISTED:
        if row["resource_class"] == "heritage_sites" and row["membership"] != "candidate":
            assert row["legal_designation"] in ("全国重点文物保护单位", "山西省文物保护单位"), row[
                "feature_id"
            ]


def test_the_villages_are_traditional_villages_and_nothing_more():
    villages = [row for row in ROWS if row["resource_class"] == "historic_villages"]
    assert len(villages) == 16
    assert {row["resource_kind"] for row in villages} == {"traditional_village"}
    assert {row["legal_designation"] for row in villages} == {"中国传统村落"}


def test_no_class_is_declared_complete():
    specs = read_csv(SOURCES / "classes.csv")
    assert all(row["complete_in"] == "" and row["complete_document"] == "" for row in specs)


# --- what is added and amended ------------------------------------------------------------------


def test_ids_are_never_reused_and_the_added_ones_continue_their_series():
    imported = [
        r["feature_id"]
        for n in layers.RESOURCE_TABLES
        if n != "added_records"
        for r in read_csv(SOURCES / f"{n}.csv")
    ]
    added = [row["feature_id"] for row in read_csv(SOURCES / facts_amend.ADDED)]
    assert added and facts_amend.series_problems(set(imported), added) == []
    assert facts_amend.series_problems({"HS-001", "HS-002"}, ["HS-002", "HS-x", "HS-003"]) == [
        "added_records.csv: HS-002 does not continue the series of HS",
        "added_records.csv: HS-x does not continue the series of HS",
    ]


def test_every_amendment_stands_in_the_tables():
    lines = read_csv(SOURCES / facts_amend.AMENDMENTS)
    assert len({(line["feature_id"], line["column"]) for line in lines}) == len(lines)
    for line in lines:
        assert tuple(line) == facts_amend.AMENDMENT_COLUMNS
        assert BY_ID[line["feature_id"]][line["column"]] == line["new"], line


def test_an_amendment_that_no_longer_fits_is_named():
    rows = [{"feature_id": "HS-001", "county_code": "140924", "source": "a", "source_date": ""}]
    line = {
        "feature_id": "HS-001",
        "column": "source",
        "old": "a",
        "new": "b 2021-08-04",
        "reason": "why",
        "source": "",
    }
    unmapped = facts_common.Unmapped()
    assert facts_amend.amend(rows, [line], unmapped) == [
        {
            "feature_id": "HS-001",
            "county_code": "140924",
            "source": "b 2021-08-04",
            "source_date": "2021-08-04",
        }
    ]
    assert unmapped.problems == []
    assert rows[0]["source"] == "a"
    facts_amend.amend(
        rows, [line | {"old": "c"}, line | {"feature_id": "HS-9"}, line | {"reason": ""}], unmapped
    )
    assert unmapped.problems == [
        "amendments.csv: HS-001 source is 'a' in the facts, not 'c'",
        "amendments.csv: HS-9 source is not in the facts",
        "amendments.csv: HS-001 source changes nothing or gives no reason",
    ]


LINE = {
    "feature_id": "HS-001",
    "column": "note",
    "old": "a",
    "new": "b",
    "reason": "why",
    "source": "where",
}
PLAIN = {"feature_id": "HS-001", "note": "a", "source": "s", "source_date": ""}


def test_the_build_applies_an_amendment_once_and_again():
    for note in ("a", "b"):
        rows, found = facts_amend.settled([PLAIN | {"note": note}], [LINE], set())
        assert (rows[0]["note"], found) == ("b", [])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"feature_id": "HS-9"}, "unknown record"),
        ({"column": "colour"}, "unknown column"),
        ({"column": "feature_id"}, "unknown column"),
        ({"old": "c", "new": "d"}, "the record says 'a', neither the old value nor the new one"),
        ({"source": ""}, "gives no reason or no source"),
        ({"new": "a"}, "changes nothing"),
        ({"feature_id": "HS-099"}, "an added record; change its row in added_records.csv"),
    ],
)
def test_an_amendment_that_changes_nothing_is_named_with_its_line(change, words):
    _, (text,) = facts_amend.settled([PLAIN], [LINE | change], {"HS-099"})
    assert text.startswith("amendments.csv line 2 (") and words in text


def test_an_amendment_reaches_the_table_and_the_layer(tmp_path):
    for path in SOURCES.glob("*.csv"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    lines = (tmp_path / facts_amend.AMENDMENTS).read_text(encoding="utf-8")
    old = BY_ID["HS-008"]["confidence"]
    lines += f"HS-008,confidence,{old},low,a doubt,a letter\n"
    (tmp_path / facts_amend.AMENDMENTS).write_text(lines, encoding="utf-8")
    table = layers.amended_files(tmp_path)["sources/heritage_sites.csv"].decode("utf-8")
    assert table != (SOURCES / "heritage_sites.csv").read_text(encoding="utf-8")
    feature = next(
        f
        for f in json.loads(layers.build(tmp_path)["layers/heritage_sites.geojson"])["features"]
        if f["properties"]["feature_id"] == "HS-008"
    )
    assert feature["properties"]["confidence"] == "low"


def test_the_stations_that_an_audit_corrected_stand_where_the_national_list_has_them():
    for identity, number, lon, lat in (
        ("AIR-001", "1081A", "112.514", "37.887"),
        ("AIR-014", "2182A", "112.7", "38.493"),
        ("AIR-016", "1085A", "112.558", "37.739"),
    ):
        row = BY_ID[identity]
        assert (row["batch_or_year"], row["lon"], row["lat"], row["point_role"]) == (
            number,
            lon,
            lat,
            "object",
        )
    numbers = {row["batch_or_year"] for row in ROWS if row["resource_class"] == "air_stations"}
    assert not numbers & {f"{n}A" for n in range(1037, 1044)}  # of 唐山 and 秦皇岛


def test_the_seat_of_a_county_says_nothing_closer_than_its_county_for_a_thing_of_unknown_place():
    for row in LISTED:
        town = row["resource_class"] in ("historic_cities", "historic_towns")
        if (
            "position: seat of the county" in row["note"]
            and "place: " not in row["note"]
            and not town
        ):
            assert float(row["position_accuracy_m"]) > 3_000, row["feature_id"]


def test_an_added_record_has_every_column():
    for row in read_csv(SOURCES / facts_amend.ADDED):
        assert tuple(row)[: len(RESOURCE_COLUMNS)] == RESOURCE_COLUMNS
        assert row["resource_class"] in CLASS_IDS


# --- duplicates ---------------------------------------------------------------------------------


def test_every_pair_that_looks_alike_is_explained():
    table = read_csv(SOURCES / "duplicates.csv")
    known = [(row["first_id"], row["second_id"]) for row in table]
    assert known == sorted(set(known)) and all(first < second for first, second in known)
    assert all(row["relation"] in duplicates.RELATIONS and row["reason"] for row in table)
    assert {identity for pair in known for identity in pair} <= BY_ID.keys()
    unexplained = [
        (*pair, why) for *pair, why in duplicates.suspects(ROWS) if tuple(pair) not in set(known)
    ]
    assert unexplained == []


def test_no_thing_is_counted_twice_in_one_class():
    for pair in read_csv(SOURCES / "duplicates.csv"):
        first, second = BY_ID[pair["first_id"]], BY_ID[pair["second_id"]]
        if (
            pair["relation"] in ("same", "part")
            and first["resource_class"] == second["resource_class"]
        ):
            counted = [
                r
                for r in (first, second)
                if r["role"] == "listed" and r["membership"] != "candidate"
            ]
            assert len(counted) <= 1, pair


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("原平惠济寺", "惠济寺"),
        ("太原縣文廟", "县文庙"),
        ("太原兵工厂旧址", "兵工厂"),
        ("繁峙正觉寺大雄宝殿", "正觉寺"),
        ("五台山", "五台山"),
        ("代县浮屠塔(洪济寺砖塔)", "浮屠塔"),
        ("古交遗址", "古交"),
    ],
)
def test_names_are_folded_by_hand(name, expected):
    assert duplicates.folded(name) == expected


def _row(identity: str, name: str, **columns: str) -> dict[str, str]:
    blank = {
        "resource_class": "heritage_sites",
        "county_code": "140981",
        "lon": "",
        "lat": "",
        "note": "",
    }
    return {"feature_id": identity, "name_zh": name, **blank, **columns}


def test_suspicion_comes_from_name_number_or_distance():
    rows = [
        _row("A-1", "原平惠济寺"),
        _row("A-2", "惠濟寺(遺址)"),
        _row("A-3", "甲塔", note="古建筑; no. 7-0851-3-149"),
        _row("A-4", "乙桥", note="no. 7-0851-3-149"),
        _row("A-5", "丙碑", lon="112.8", lat="38.8"),
        _row("A-6", "丁洞", lon="112.801", lat="38.8"),
        _row("A-7", "惠济寺", county_code="140122"),
    ]
    assert list(duplicates.suspects(rows)) == [
        ("A-1", "A-2", "name"),
        ("A-3", "A-4", "number"),
        ("A-5", "A-6", "distance"),
    ]


# --- the page -----------------------------------------------------------------------------------


def test_the_data_page_says_what_the_tables_say():
    assert (ROOT / "docs" / "data.md").read_text(encoding="utf-8") == data_page.build(SOURCES)


def test_the_page_counts_what_the_layers_count():
    from sxgeo import load_layer

    for name in CLASS_IDS:
        layer = load_layer(name)
        count = data_page.figures([row for row in ROWS if row["resource_class"] == name])
        found = (layer.held, layer.candidates, layer.located, layer.with_polygon)
        assert (
            tuple(count[key] for key in ("held", "candidates", "located", "with_polygon")) == found
        ), name


def test_every_class_says_what_was_searched_and_what_was_not_found():
    searches = read_csv(SOURCES / "searches.csv")
    assert [row["resource_class"] for row in searches] == list(CLASS_IDS)
    assert all(row["searched"] and row["found"] and row["not_found"] for row in searches)


def test_a_page_of_hand_made_records_is_counted_by_hand():
    point = {
        "geometry_kind": "point",
        "role": "listed",
        "confidence": "high",
        "legal_designation": "",
    }
    rows = [
        point | {"membership": "inferred", "position_accuracy_m": "1000", "point_role": "object"},
        point | {"membership": "inferred", "position_accuracy_m": "3001", "point_role": "proxy"},
        point | {"membership": "candidate", "position_accuracy_m": "10", "point_role": "object"},
        point
        | {
            "membership": "inferred",
            "position_accuracy_m": "10",
            "point_role": "object",
            "role": "control",
        },
    ]
    count = data_page.figures(rows)
    assert (count["held"], count["candidates"], count["controls"], count["located"]) == (2, 1, 1, 2)
    assert (count["fine"], count["medium"], count["coarse"], count["objects"]) == (1, 0, 1, 1)
