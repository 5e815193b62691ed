"""`sxgeo reach` over files: tables, the nearest facility, what lies within each area, origins with
names.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import sxgeo
from sxgeo.cli import main


def run(capsys: pytest.CaptureFixture, *args: object) -> tuple[int, str, str]:
    code = main(["reach", *(str(arg) for arg in args)])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    origins, ends = tmp_path / "origins.csv", tmp_path / "ends.csv"
    origins.write_text(
        "id,lon,lat\na,112.58,37.86\nb,112.73,38.41\n=c,113.0,38.5\n", encoding="utf-8"
    )
    ends.write_text("id,名称,lon,lat\nx,甲,112.55,37.87\ny,乙,112.74,38.42\n", encoding="utf-8")
    return origins, ends


def test_a_table_holds_the_times_of_the_library(capsys, places) -> None:
    code, out, _ = run(capsys, "--table", *places)
    rows = list(csv.DictReader(io.StringIO(out)))
    told = sxgeo.travel_times(
        sxgeo.load_network("taixin"),
        [(112.58, 37.86), (112.73, 38.41), (113.0, 38.5)],
        [(112.55, 37.87), (112.74, 38.42)],
    )
    assert code == 0 and [row["way"] for row in rows] == ["yes"] * 6
    assert sorted(float(row["minutes"]) for row in rows) == pytest.approx(
        sorted(told["minutes"]), abs=0.006
    )
    assert rows[0]["origin_id"] == "'=c", "no spreadsheet may take an id for a formula"
    assert {row["origin_snap_m"] for row in rows if row["origin_id"] == "a"} == {"52.2"}


@pytest.mark.parametrize("suffix", ["csv", "parquet", "xlsx"])
def test_the_suffix_decides_the_format_and_the_bytes_are_the_same_twice(
    capsys, places, tmp_path: Path, suffix: str
) -> None:
    first, second = tmp_path / f"one.{suffix}", tmp_path / f"two.{suffix}"
    for target in (first, second):
        assert run(capsys, "--table", *places, "-o", target)[0] == 0
    assert first.read_bytes() == second.read_bytes()
    read = {"csv": pd.read_csv, "parquet": pd.read_parquet, "xlsx": pd.read_excel}[suffix]
    assert read(first)["minutes"].notna().sum() == 6
    if suffix == "csv":
        assert first.read_bytes().startswith(b"\xef\xbb\xbf")


def test_reverse_asks_for_the_way_back(capsys, places, tmp_path: Path) -> None:
    network = tmp_path / "one_way.geojson"
    network.write_text(
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "properties": {"speed_kmh": 60, "oneway": True},
                        "geometry": {
                            "type": "LineString",
                            "coordinates": [[112.58, 37.86], [112.55, 37.87]],
                        },
                    }
                ],
            }
        )
    )
    _, there, _ = run(capsys, "--table", *places, "--network", network)
    _, back, _ = run(capsys, "--table", *places, "--network", network, "--reverse")
    assert {
        (r["origin_id"], r["destination_id"], r["way"]) for r in csv.DictReader(io.StringIO(there))
    } >= {("a", "x", "yes")}
    assert {
        (r["origin_id"], r["destination_id"], r["way"]) for r in csv.DictReader(io.StringIO(back))
    } >= {("a", "x", "none")}


def test_a_place_without_a_road_is_told_and_the_rest_answered(capsys, places) -> None:
    origins, ends = places
    with origins.open("a", encoding="utf-8") as file:
        file.write("far,100.0,30.0\n")
    code, out, err = run(capsys, "--table", origins, ends)
    assert code == 5 and "far: the nearest road" in err
    assert [r["way"] for r in csv.DictReader(io.StringIO(out)) if r["origin_id"] == "far"] == [
        "no road near"
    ] * 2


def test_each_origin_has_its_nearest_facility(capsys, places) -> None:
    code, out, _ = run(
        capsys, "--origin", "太原站=112.582,37.86", "112.73,38.41", "--nearest", places[1]
    )
    rows = {row["origin_id"]: row for row in csv.DictReader(io.StringIO(out))}
    assert code == 0
    assert (rows["太原站"]["facility_name"], rows["112.73,38.41"]["facility_id"]) == ("甲", "y")


def test_what_lies_within_each_area_is_counted_and_named(capsys, places) -> None:
    code, out, err = run(
        capsys,
        "--origin",
        "太原站=112.582,37.86",
        "--minutes",
        "15,30",
        "--count",
        "heritage_sites",
        "--count",
        places[1],
    )
    near, far = (feature["properties"] for feature in json.loads(out)["features"])
    assert code == 0 and near["origin_id"] == "太原站"
    assert (
        near["heritage_sites_count"]
        == len(near["heritage_sites_ids"].split(";"))
        <= far["heritage_sites_count"]
    )
    assert (near["ends_count"], near["ends_ids"]) == (1, "x")
    assert "have no position and are counted nowhere" in err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--minutes", "15"], "no origin"),
        (["--table", "a.csv", "b.csv", "112.5,37.8"], "takes its origins from its first file"),
        (["--table", "a.csv", "b.csv", "--minutes", "15"], "--table does not go with --minutes"),
        (
            ["112.5,37.8", "--nearest", "a.csv", "--count", "x"],
            "--nearest does not go with --count",
        ),
        (["--origin", "112.5,37.8", "--minutes", "15"], "NAME=LON,LAT"),
        (
            ["112.5,37.8", "--origins", "a.csv", "--minutes", "15"],
            "takes all origins from its file",
        ),
        (["--table", "a.csv", "b.csv", "--origins", "c.csv"], "leave out LON,LAT, --origin and"),
        (["112.5,37.8", "--minutes", "15", "--executor", "processes"], "--executor serves --table"),
        (["--table", "a.csv", "b.csv", "--memory", "1GB"], "--memory needs --executor"),
        (["112.5,37.8", "--minutes", "15", "-o", "a.parquet", "--band"], "leave out --band"),
        (["112.5,37.8", "--reached", "a.csv"], "--minutes is missing"),
        (["112.5,37.8", "--reached", "a.csv", "--nearest", "b.csv", "--minutes", "5"], "--reached"),
        (["112.58,37.86", "--minutes", "15", "--count", "nothing"], "neither a class"),
    ],
)
def test_options_that_make_no_question_are_refused(capsys, args: list, words: str) -> None:
    code, _, err = run(capsys, *args)
    assert code == 2 and words in err


@pytest.mark.parametrize("suffix", ["csv", "parquet", "xlsx"])
def test_what_each_origin_of_a_file_reaches_is_counted_by_time(
    capsys, places, tmp_path: Path, suffix: str
) -> None:
    origins, ends = places
    with origins.open("a", encoding="utf-8") as file:
        file.write("far,100.0,30.0\n")
    target = tmp_path / f"r.{suffix}"
    code, _, err = run(
        capsys, "--origins", origins, "--reached", ends, "--minutes", "10,60", "-o", target
    )
    read = {"csv": pd.read_csv, "parquet": pd.read_parquet, "xlsx": pd.read_excel}[suffix]
    found = read(target).set_index("origin_id")
    told = sxgeo.travel_times(
        sxgeo.load_network("taixin"), [(112.58, 37.86)], [(112.55, 37.87), (112.74, 38.42)]
    )
    assert code == 5 and "far: the nearest road" in err
    assert found.loc["a", "nearest_min"] == pytest.approx(told["minutes"].min(), abs=0.006)
    assert [found.loc["a", f"count_{m}"] for m in (10, 60)] == [
        (told["minutes"] <= m).sum() for m in (10, 60)
    ]
    assert pd.isna(found.loc["far", "count_10"]) and pd.isna(found.loc["far", "origin_snap_m"])


def test_what_lies_in_areas_of_many_is_counted_as_they_come(capsys, tmp_path: Path) -> None:
    near = tmp_path / "near.csv"
    near.write_text("id,lon,lat\na,112.58,37.86\nb,112.6,37.88\nfar,113.9,39.9\n")
    target, plain = tmp_path / "a.parquet", tmp_path / "a.geojson"
    asked = ("112.58,37.86", "--minutes", "5,15", "--count", "heritage_sites")
    asked = (*asked, "--count", str(near))
    assert run(capsys, *asked, "--executor", "serial", "-o", str(target))[0] == 0
    assert run(capsys, *asked, "-o", str(plain))[0] == 0
    found, truth = gpd.read_parquet(target), gpd.read_file(plain)
    for name in ("heritage_sites_count", "heritage_sites_ids", "near_count", "near_ids"):
        assert found[name].tolist() == truth[name].tolist()
    assert found["near_count"].tolist()[-1] == 2


def test_areas_of_a_file_of_origins_go_into_parquet(capsys, places, tmp_path: Path) -> None:
    target = tmp_path / "a.parquet"
    code, _, err = run(capsys, "--origins", places[0], "--minutes", "5,10", "-o", target)
    found = gpd.read_parquet(target)
    truth = sxgeo.isochrones(sxgeo.load_network("taixin"), [(112.58, 37.86)], [5, 10])
    assert code == 0 and "6 rows" in err
    own = found[found["origin_id"] == "a"]
    assert own["area_km2"].tolist() == truth["area_km2"].tolist()
    code, _, err = run(capsys, "--origins", places[0], "--minutes", "5", "-o", places[0])
    assert code == 3 and places[0].read_text().startswith("id,lon"), err


@pytest.mark.slow
@pytest.mark.parametrize("by", ["road", "rail"])
def test_a_table_is_the_same_by_any_executor(capsys, places, by: str) -> None:
    with places[0].open("a", encoding="utf-8") as file:
        file.write("far,100.0,30.0\n")
    given = ("--table", *places, "--by", by)
    runs = [
        run(capsys, *given, *more) for more in ((), ("--executor", "processes", "--memory", "2GB"))
    ]
    assert runs[0][:2] == runs[1][:2] and runs[0][0] == 5


def test_the_error_of_an_outline_is_told_with_it(capsys, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"speed_kmh": [50.0]}, geometry=[shapely.LineString([(112.6, 38), (112.61, 38)])], crs=4490
    )
    frame.to_file(tmp_path / "roads.geojson")
    given = ("112.6,38", "--minutes", "5", "--network", tmp_path / "roads.geojson")
    code, out, err = run(capsys, *given)
    assert code == 0 and json.loads(out)["area_error"]["wrong_share"] == 0.1
    assert "10% of the road length within is not reached in time" in err
    _, out, err = run(capsys, "112.58,37.86", "--minutes", "5")
    assert "area_error" not in json.loads(out) and "error of these outlines" not in err


@pytest.mark.parametrize("option", ["--table", "--nearest", "--reached"])
def test_places_a_metre_apart_that_join_other_roads_are_told(
    capsys, tmp_path: Path, option: str
) -> None:
    """Two roads 6 m apart that meet only 20 km away: which of them a place joins is half an hour."""
    far, gap = 112.85, 0.00006
    shapes = [
        shapely.LineString([(112.6, 38), (far, 38), (far, 38 + gap)]),
        shapely.LineString([(112.6, 38 + gap), (far, 38 + gap)]),
    ]
    roads = gpd.GeoDataFrame({"speed_kmh": [50.0, 50.0]}, geometry=shapes, crs=4490)
    roads.to_file(tmp_path / "roads.geojson")
    (tmp_path / "o.csv").write_text(
        f"id,lon,lat\nsouth,112.61,{38 + gap * 0.4}\nnorth,112.61,{38 + gap * 0.6}\n"
        f"plain,{far + 0.0003},{38 + gap / 2}\n"
    )
    (tmp_path / "d.csv").write_text("id,lon,lat\nend,112.6,38\n")
    origins, ends = tmp_path / "o.csv", tmp_path / "d.csv"
    given = [option, origins, ends] if option == "--table" else ["--origins", origins, option, ends]
    if option == "--reached":
        given += ["--minutes", "5"]
    code, out, err = run(capsys, *given, "--network", tmp_path / "roads.geojson")
    assert code == 0 and out
    told = [line for line in err.splitlines() if "Give the entrance" in line]
    assert {line.split(": ")[1] for line in told} == {"south", "north", "end"}, err


def test_a_table_is_not_written_over_its_own_places_or_as_something_else(
    capsys, places, tmp_path: Path
) -> None:
    code, _, err = run(capsys, "--table", *places, "-o", places[0])
    assert code == 3 and "table file" in err and places[0].read_text().startswith("id,lon")
    code, _, err = run(capsys, "--table", *places, "-o", tmp_path / "t.pdf")
    assert code == 2 and ".parquet" in err


@pytest.mark.slow
def test_a_table_and_the_map_of_its_origins_come_from_one_command(
    capsys, places, tmp_path: Path
) -> None:
    table, page = tmp_path / "t.csv", tmp_path / "m.html"
    given = ("--table", *places, "-o", table, "--minutes", "15", "--map", page)
    code, _, err = run(capsys, *given)
    assert code == 0 and f"wrote {page}: map of taixin" in err
    assert len(table.read_text(encoding="utf-8-sig").splitlines()) == 7
    assert "15 分钟可达范围" in page.read_text(encoding="utf-8")


def test_a_map_is_refused_where_it_cannot_be_drawn(capsys, places, tmp_path: Path) -> None:
    code, _, err = run(capsys, "--table", *places, "--map", tmp_path / "m.html")
    assert code == 2 and "needs --minutes" in err
    code, _, err = run(capsys, "112.58,37.86", "--minutes", "15", "--map", tmp_path / "m.txt")
    assert code == 2 and "written as .html" in err and not (tmp_path / "m.txt").exists()


@pytest.mark.slow
def test_a_table_is_written_from_a_hierarchy_as_from_its_network(tmp_path: Path) -> None:
    pytest.importorskip("numba")
    network = sxgeo.load_network("taixin")
    sides = [(112.58, 37.86), (112.73, 38.41)], [(112.55, 37.87), (112.74, 38.42)]
    for number, most in enumerate((None, 20)):
        paths = [tmp_path / f"{name}{number}.parquet" for name in ("plain", "prepared")]
        for path, ready in zip(paths, (network, sxgeo.prepare(network)), strict=True):
            sxgeo.write_travel_times(path, ready, *sides, max_minutes=most)
        assert paths[0].read_bytes() == paths[1].read_bytes()


def test_places_that_count_up_are_not_asked_about(capsys, tmp_path: Path) -> None:
    """Four houses named 1 to 4 go round an area; as places they are points all the same."""
    square = ((112.55, 37.87), (112.58, 37.87), (112.58, 37.89), (112.55, 37.89))
    points = [shapely.Point(place) for place in square]
    path = tmp_path / "houses.geojson"
    frame = gpd.GeoDataFrame({"name": ["1", "2", "3", "4"]}, geometry=points, crs="EPSG:4490")
    frame.to_file(path)
    code, out, err = run(capsys, "--table", path, path)
    assert code == 0 and len(out.splitlines()) == 17 and "shape" not in err
