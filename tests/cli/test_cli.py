"""The command line as a user meets it: exit codes, streams, words."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import jsonschema
import pytest
import shapely
from test_sites import PLOT, write

from sxgeo.cli import main
from sxgeo.geometry.projection import to_plane

EXAMPLES = Path(__file__).parents[2] / "examples"
SITES = EXAMPLES / "sites"
YANGQU = EXAMPLES / "yangqu"
SCHEMA = json.loads((EXAMPLES.parent / "docs" / "check.schema.json").read_text(encoding="utf-8"))
OFFICIAL = [
    "--workspace",
    str(YANGQU / "sxgeo.toml"),
    "--class",
    "heritage_sites",
    "--allow-partial",
]


def run(capsys: pytest.CaptureFixture[str], *args: Any) -> tuple[int, str, str]:
    try:
        code = main([str(a) for a in args])
    except SystemExit as stop:  # argparse
        code = int(stop.code or 0)
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    return code, out, err


@pytest.mark.parametrize(
    ("name", "code"),
    [("on_monument", 10), ("near_resources", 11), ("outside_zone", 12), ("road_line", 11)],
)
def test_the_example_sites_are_answered(
    capsys: pytest.CaptureFixture[str], name: str, code: int
) -> None:
    told, out, err = run(capsys, "check", SITES / f"{name}.geojson")
    assert told == code
    for words in (
        "结论 known",
        "资料完备度 held",
        "总体判定 verdict",
        "一、据已收录资料",
        "二、尚不能判定",
    ):
        assert words in out
    assert out.index("一、据已收录资料") < out.index("二、尚不能判定")
    assert err == ""


def test_all_example_sites_together_exit_by_the_gravest(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "check", *sorted(SITES.glob("*.geojson")))
    assert code == 10
    assert "[4/4]" in out


@pytest.mark.parametrize(
    ("name", "more", "code"),
    [
        ("in_scope", [], 10),
        ("in_belt", ["--project-type", "industrial", "--project-attr", "discharge=no"], 13),
        ("in_belt", ["--project-type", "industrial"], 10),
        ("apart", [], 0),
    ],
)
def test_an_official_layer_reaches_every_other_outcome(
    capsys: pytest.CaptureFixture[str], name: str, more: list[str], code: int
) -> None:
    told, out, _ = run(capsys, "check", YANGQU / f"{name}.geojson", *OFFICIAL, *more)
    assert told == code
    assert "本文件含使用单位导入数据" in out


def test_a_batch_is_one_line_per_site_and_the_same_answer(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    import csv
    import io

    sites = sorted(SITES.glob("*.geojson"))
    hostile = write(tmp_path / "x.geojson", PLOT, None, id=["=1+1", "b"])
    code, out, _ = run(capsys, "check", *sites, hostile, "--batch")
    assert code == 10
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [r["verdict"] for r in rows][1:] == [
        "conflict",
        "not_screened",
        "undetermined",
        "undetermined",
        "not_screened",
    ]
    assert rows[1]["conflict"] == "heritage_sites"
    assert rows[4]["site_id"] == "'=1+1"
    assert "no geometry" in rows[5]["problems"]
    target = tmp_path / "b.jsonl"
    run(capsys, "check", *sites, "--batch", "--format", "json", "-o", target)
    _, whole, _ = run(capsys, "check", *sites, "--format", "json")
    for line, site in zip(
        target.read_text(encoding="utf-8").splitlines(), json.loads(whole)["sites"], strict=True
    ):
        assert json.loads(line)["screening"] == site["screening"]
    assert run(capsys, "check", *sites, "--batch", "--format", "geojson")[0] == 2


def test_progress_goes_to_stderr_and_leaves_the_answer_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    plain = run(capsys, "check", SITES / "outside_zone.geojson")
    code, out, err = run(capsys, "check", SITES / "outside_zone.geojson", "--progress")
    assert (code, out) == plain[:2]
    assert "screening sites" in err


def test_without_the_document_the_same_layer_never_clears(
    capsys: pytest.CaptureFixture[str],
) -> None:
    layer = f"heritage_sites={YANGQU / 'heritage_layer.geojson'}"
    code, *_ = run(
        capsys, "check", YANGQU / "apart.geojson", "--layer", layer, "--class", "heritage_sites"
    )
    assert code == 11
    code, *_ = run(capsys, "check", YANGQU / "in_scope.geojson", "--layer", layer)
    assert code == 10


def test_bundled_data_alone_never_say_clear(capsys: pytest.CaptureFixture[str]) -> None:
    for lon, lat in ((112.6, 38.3), (113.2, 38.9), (112.1, 37.9), (110.0, 36.0), (112.55, 37.87)):
        _, out, _ = run(capsys, "check", "--at", f"{lon},{lat}", "--format", "json")
        answer = json.loads(out)["sites"][0]
        assert "clear" not in {e["outcome"] for e in answer["screening"]}


def test_text_keeps_to_eighty_columns_and_uses_no_forbidden_word(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from sxgeo.reports.sentences import text_width

    _, out, _ = run(capsys, "check", *sorted(SITES.glob("*.geojson")), "--at", "112.6,38.3")
    for line in out.splitlines():
        assert text_width(line) <= 84 or "总体判定" in line, line
    assert "待定" not in out
    assert "无冲突" not in "".join(out.split()).replace("未筛查不等于无冲突", "")


def test_json_and_geojson_and_gpkg(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    site = SITES / "on_monument.geojson"
    code, out, _ = run(capsys, "check", site, "--format", "json")
    assert (code, json.loads(out)["verdict"]) == (10, "conflict")
    _, out, _ = run(capsys, "check", site, "--format", "geojson")
    assert json.loads(out)["features"][0]["properties"]["verdict"] == "conflict"
    code, out, err = run(capsys, "check", site, "--format", "gpkg", "-o", tmp_path / "r.gpkg")
    assert (code, out) == (10, "")
    assert "wrote" in err
    assert gpd.read_file(tmp_path / "r.gpkg", layer="sites")["verdict"].tolist() == ["conflict"]
    assert len(gpd.read_file(tmp_path / "r.gpkg", layer="findings"))
    overlaps = gpd.read_file(tmp_path / "r.gpkg", layer="overlaps")
    assert set(overlaps["feature_id"]) == {"HS-022"}
    first = (tmp_path / "r.gpkg").read_bytes()
    run(capsys, "check", site, "--format", "gpkg", "-o", tmp_path / "r.gpkg")
    assert (tmp_path / "r.gpkg").read_bytes() == first
    assert [p.name for p in tmp_path.iterdir()] == ["r.gpkg"]
    code, _, err = run(capsys, "check", site, "--format", "gpkg")
    assert (code, "needs -o" in err) == (2, True)


def test_the_same_question_gives_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    args = ("check", *sorted(SITES.glob("*.geojson")), "--format", "json")
    assert run(capsys, *args)[1] == run(capsys, *args)[1]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("check",), "no site given"),
        (("check", "--at", "112.6;38"), "LON,LAT"),
        (
            ("check", "--at", "112.6,38", "--class", "heritage_site"),
            "Did you mean 'heritage_sites'",
        ),
        (("check", "--at", "112.6,38", "--class", ","), "no class given"),
        (
            ("check", "--at", "112.6,38", "--project-type", "factory"),
            "unknown project type 'factory'",
        ),
        (
            ("check", "--at", "112.6,38", "--project-attr", "height=3"),
            "unknown project attribute 'height'",
        ),
        (("check", "--at", "112.6,38", "--project-attr", "height_m"), "KEY=VALUE"),
        (
            ("check", "--at", "112.6,38", "--project-attr", "height_m=tall"),
            "not a number of metres",
        ),
        (("check", "--at", "112.6,38", "--project-attr", "discharge=maybe"), "not yes or no"),
        (("check", "--at", "112.6,38", "--as-of", "2026-13-01"), "not of the form YYYY-MM-DD"),
        (("check", "--at", "112.6,38", "--as-of", "20260101"), "not of the form YYYY-MM-DD"),
        (("check", "--at", "112.6,38", "--layer", "heritage_sites"), "CLASS=FILE"),
        (("check", "--at", "112.6,38", "--layer", "heritage=a.gpkg"), "unknown class 'heritage'"),
        (("check", "--at", "112.6,38", "--format", "pdf"), "invalid choice"),
        (("check", "--at", "112.6,38", "--site-accuracy-m=-1"), "not a number of metres"),
        (("map", "taixing"), "Did you mean 'taixin'"),
        (("map", "--all", "taixin"), "--all builds every zone"),
        (("reach", "112.5,37.8", "--minutes", "fast"), "not a list of numbers"),
        (("reach", "112.5,37.8", "--minutes", "30,15"), "increas"),
        (("reach", "112.5,37.8", "--minutes", "15", "--network", "mars"), "unknown"),
        (("rules", "--class", "parks"), "unknown class 'parks'"),
        (("dance",), "invalid choice"),
    ],
)
def test_wrong_usage_exits_2_and_names_the_way_out(
    capsys: pytest.CaptureFixture[str], args: tuple[str, ...], words: str
) -> None:
    code, out, err = run(capsys, *args)
    assert code == 2
    assert words in err
    assert out == ""


def test_bad_input_exits_3(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, err = run(capsys, "check", tmp_path / "none.geojson")
    assert (code, out) == (3, "")
    assert "does not exist" in err
    code, out, err = run(capsys, "check", "--at", "139.7,35.7")
    assert code == 3
    assert "lies outside China" in out
    assert "lies outside China" in err


def test_a_bad_site_beside_good_ones(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = write(tmp_path / "m.geojson", PLOT, None)
    code, out, err = run(capsys, "check", path, "--format", "json")
    assert code == 11  # by the good one
    sites = json.loads(out)["sites"]
    assert [s["verdict"] for s in sites] == ["undetermined", "not_screened"]
    assert sites[1]["problems"]
    assert len(sites[1]["screening"]) == 15
    assert "no geometry" in err


def test_clear_beside_a_bad_site_exits_3(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = write(tmp_path / "m.geojson", shapely.box(112.729, 38.159, 112.731, 38.161), None)
    assert run(capsys, "check", path, *OFFICIAL)[0] == 3


def test_a_site_that_rests_on_a_guess_or_a_repair_is_never_clear_and_exits_3(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The same place, drawn well, is clear; a reader of the JSON alone must not find clear in what
    is doubtful.
    """
    west, south, east, north = 112.729, 38.159, 112.731, 38.161
    good = write(tmp_path / "good.geojson", shapely.box(west, south, east, north))
    assert run(capsys, "check", good, *OFFICIAL)[0] == 0
    bow_tie = write(
        tmp_path / "bow.geojson",
        shapely.Polygon([(west, south), (east, north), (east, south), (west, north)]),
    )
    guessed = tmp_path / "guessed.csv"
    guessed.write_text("编号,经度,纬度\na,112.730,38.160\n", encoding="utf-8")
    for path, words in ((bow_tie, "crosses itself"), (guessed, "guess: datum")):
        code, out, err = run(capsys, "check", path, *OFFICIAL, "--format", "json")
        assert code == 3
        assert words in err
        answer = json.loads(out)
        (site,) = answer["sites"]
        assert (answer["verdict"], site["verdict"], site["known_verdict"]) == (
            "undetermined",
        ) * 2 + ("none_found",)
        assert site["doubtful"]
        asked = [e for e in site["screening"] if e["requested"]]
        assert {(e["outcome"], e["reason_code"]) for e in asked} == {
            ("undetermined", "doubtful_site")
        }
        jsonschema.validate(answer, SCHEMA)
        said = run(capsys, "check", path, *OFFICIAL)[1]
        assert "须先确认地块坐标" in said
        assert "后可重新判定" not in said  # no material of an authority would settle it
        assert run(capsys, "check", path, *OFFICIAL, "--batch")[0] == 3
    code, out, _ = run(capsys, "check", good, bow_tie, *OFFICIAL, "--format", "json")
    assert code == 3
    assert [s["verdict"] for s in json.loads(out)["sites"]] == ["clear", "undetermined"]
    settled = run(
        capsys, "check", guessed, *OFFICIAL, "--assume", "datum=CGCS2000", "--format", "json"
    )
    assert settled[0] == 0
    assert json.loads(settled[1])["verdict"] == "clear"


def test_a_remark_that_leaves_the_geometry_certain_keeps_the_verdict(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A drawing holds more than plots; the plot stays clear, and the code tells that something was
    left out.
    """
    ezdxf = pytest.importorskip("ezdxf")
    drawing = ezdxf.new("R2010")
    corners = shapely.get_coordinates(
        to_plane(shapely.box(112.729, 38.159, 112.731, 38.161), "EPSG:4547")
    )
    drawing.modelspace().add_lwpolyline(corners[:-1], close=True)
    drawing.modelspace().add_line(*corners[:2])
    drawing.saveas(tmp_path / "plan.dxf")
    code, out, err = run(
        capsys,
        "check",
        tmp_path / "plan.dxf",
        "--assume",
        "crs=EPSG:4547",
        *OFFICIAL,
        "--format",
        "json",
    )
    (site,) = json.loads(out)["sites"]
    assert (code, site["verdict"], site["doubtful"]) == (3, "clear", False)
    assert "were left out" in err


def test_an_unreadable_file_beside_a_good_one_exits_3_and_the_good_one_is_answered(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, err = run(capsys, "check", tmp_path / "none.shp", SITES / "on_monument.geojson")
    assert code == 3
    assert "发现禁止性冲突" in out
    assert "none.shp" in err


def test_a_bad_user_layer_exits_3_and_lists_every_problem(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bare = write(tmp_path / "bare.geojson", PLOT, name=["a"])
    code, out, err = run(capsys, "check", "--at", "112.6,38", "--layer", f"heritage_sites={bare}")
    assert (code, out) == (3, "")
    assert "missing column(s): feature_id, name_zh, position_accuracy_m" in err
    rows = write(
        tmp_path / "rows.geojson",
        PLOT,
        None,
        PLOT,
        feature_id=["A", "A", "B"],
        name_zh=["甲", "乙", "丙"],
        position_accuracy_m=[1.0, 1.0, None],
        subzone=["protection_scope", None, "inner"],
    )
    code, _, err = run(capsys, "check", "--at", "112.6,38", "--layer", f"heritage_sites={rows}")
    assert code == 3
    for words in (
        "no geometry",
        "position_accuracy_m is not given",
        "row 3 (B): unknown subzone 'inner'",
        "'A'",
    ):
        assert words in err


def test_a_bad_workspace_lists_every_problem(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "sxgeo.toml"
    path.write_text(
        '[[layer]]\nclass = "parks"\nfile = "none.gpkg"\nmode = "merge"\ncomplete_in = ["12"]\n',
        encoding="utf-8",
    )
    code, _, err = run(capsys, "check", "--at", "112.6,38", "--workspace", path)
    assert code == 3
    for words in (
        "unknown class 'parks'",
        "none.gpkg",
        "mode 'merge'",
        "'12' is no county code",
        "complete_document",
    ):
        assert words in err


def test_lists(capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("zones", "layers", "rules"):
        code, out, err = run(capsys, command)
        assert (code, err) == (0, "")
        assert len(out.splitlines()) > 3
        code, out, _ = run(capsys, command, "--format", "json")
        assert code == 0
        assert json.loads(out)
    zones = {z["id"]: z for z in json.loads(run(capsys, "zones", "--format", "json")[1])}
    assert len(zones["taixin"]["members"]) == 12
    assert zones["taixin"]["sub_regions"] == ["taixin_taiyuan", "taixin_xinzhou"]
    assert set(zones["taixin"]["members"][0]) == {"code", "name_zh", "level", "certain", "source"}
    classes = json.loads(run(capsys, "layers", "--format", "json")[1])["classes"]
    assert [c["official_count"] for c in classes[:15]] == [
        25,
        70000,
        13,
        4,
        4,
        26,
        14,
        167,
        1,
        110,
        2,
        8,
        3,
        15,
        1,
    ]
    assert all(c["complete_in"] == [] for c in classes)


def test_verify(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "verify")
    assert code == 0
    assert "verified" in out


def test_broken_bundled_data_exit_4(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    from sxgeo import catalog

    copy = tmp_path / "data"
    shutil.copytree(catalog.data_dir(), copy)
    monkeypatch.setattr(catalog, "_PACKAGE", tmp_path / "sxgeo")
    catalog.load_catalog.cache_clear()
    try:
        assert catalog.data_dir() == copy
        (copy / "layers" / "heritage_sites.geojson").write_text("{", encoding="utf-8")
        code, _, err = run(capsys, "check", "--at", "112.6,38.3")
        assert (code, "heritage_sites.geojson" in err) == (4, True)
        from sxgeo.cli import verification

        monkeypatch.setattr(verification, "data_dir", catalog.data_dir)
        code, _, err = run(capsys, "verify")
        assert (code, "checksum" in err) == (4, True)
    finally:
        catalog.load_catalog.cache_clear()


def test_reach_writes_nested_valid_areas(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, out, _ = run(capsys, "reach", "112.5489,37.8706", "--minutes", "15,30,60")
    assert code == 0
    features = json.loads(out)["features"]
    assert [f["properties"]["minutes"] for f in features] == [15, 30, 60]
    assert set(features[0]["properties"]) == {"minutes", "origin_id", "area_km2", "snap_m"}
    shapes = [shapely.from_geojson(json.dumps(f["geometry"])) for f in features]
    assert all(s.is_valid for s in shapes)
    assert shapes[2].covers(shapes[1])
    assert shapes[1].covers(shapes[0])
    assert shapes[0].covers(shapely.Point(112.5489, 37.8706))
    code, _, _ = run(
        capsys,
        "reach",
        "112.5489,37.8706",
        "--minutes",
        "15",
        "--format",
        "gpkg",
        "-o",
        tmp_path / "a.gpkg",
    )
    assert (code, len(gpd.read_file(tmp_path / "a.gpkg"))) == (0, 1)


def test_an_origin_far_from_any_road_exits_5_and_the_other_is_answered(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, err = run(capsys, "reach", "109.0,39.5", "--minutes", "15")
    assert (code, out) == (5, "")
    assert "109" in err
    code, out, err = run(capsys, "reach", "112.5489,37.8706", "109.0,39.5", "--minutes", "15")
    assert code == 5
    assert len(json.loads(out)["features"]) == 1
    assert "109" in err


def test_map_writes_one_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target = tmp_path / "maps" / "t.html"
    code, out, _ = run(capsys, "map", "taixin", "-o", target)
    assert (code, out.strip()) == (0, str(target))
    assert [p.name for p in target.parent.iterdir()] == ["t.html"]
    assert target.stat().st_size < 1_500_000


def test_the_module_runs_as_a_program_with_any_console_encoding() -> None:
    import os

    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "sxgeo", "check", "--at", "112.6,38.3"],
        capture_output=True,
        env=environment,
        check=False,
    )
    assert done.returncode == 11
    assert "待核实" in done.stdout.decode("utf-8")


@pytest.mark.parametrize("name", ["map.bmp", "map", "map.json"])
def test_a_map_is_not_written_under_a_name_that_says_something_else(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    code, _, err = run(capsys, "map", "taixin", "-o", tmp_path / name)
    assert (code, list(tmp_path.iterdir())) == (2, [])
    assert name in err
    assert ".html, .htm, .png, .pdf, .svg" in err
