"""The works of the plugin in a real QGIS without a window: what stands in the project afterwards,
and what is said of bad input.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from matplotlib.image import imread

from sxgeo.maps.qgis.project import write_project
from sxgeo.maps.style import LINE_STYLES, class_style

pytestmark = pytest.mark.qgis

HERE = Path(__file__).parent
SYSTEM_PATH = os.pathsep.join(["/usr/local/sbin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"])
Desk = Callable[..., dict[str, Any]]


def script(path: Path, *command: str) -> Path:
    """Write a program that runs a command with the arguments that it is given."""
    quoted = " ".join(f"'{part}'" for part in command)
    path.write_text(f'#!/bin/sh\nexec {quoted} "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture(scope="module")
def python_of_qgis() -> str:
    found = shutil.which("python3", path=SYSTEM_PATH)
    there = (
        found
        and not subprocess.run(
            [found, "-c", "import qgis.core, processing"],
            env={**os.environ, "PYTHONPATH": "/usr/share/qgis/python/plugins", "PATH": SYSTEM_PATH},
            capture_output=True,
            check=False,
        ).returncode
    )
    if not there:
        if os.environ.get("SXGEO_REQUIRE_QGIS"):
            pytest.fail("QGIS for Python is not installed")
        pytest.skip("QGIS for Python is not installed")
    return str(found)


@pytest.fixture
def desk(python_of_qgis: str, root: Path, tmp_path: Path) -> Desk:
    """Ask a QGIS of its own, with the sxgeo of this tree unless another program is given."""
    own = script(tmp_path / "own", "env", f"PYTHONPATH={root}", sys.executable, "-m", "sxgeo")

    def ask(program: Path | None = own, **request: Any) -> dict[str, Any]:
        told = tmp_path / "request.json"
        told.write_text(json.dumps(request, ensure_ascii=False), encoding="utf-8")
        environment = {
            "HOME": str(tmp_path), "PATH": SYSTEM_PATH, "QT_QPA_PLATFORM": "offscreen", "LANG": "C.UTF-8",
            "XDG_RUNTIME_DIR": str(tmp_path), "SXGEO_PROGRAM": str(program or ""), "TMPDIR": str(scratch),
        }  # fmt: skip
        done = subprocess.run(
            [python_of_qgis, HERE / "qgis_desk.py", root / "integrations" / "qgis", told],
            env=environment, capture_output=True, encoding="utf-8", timeout=300, check=False,
        )  # fmt: skip
        assert done.stdout.strip(), done.stderr[-2000:]
        answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        left = [p.name for p in scratch.iterdir() if p.name.startswith("sxgeo-")]
        assert not left, "a folder of a run was left behind"
        return answer

    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return ask


@pytest.fixture(scope="module")
def plot(root: Path) -> str:
    return str(root / "examples" / "sites" / "on_monument.geojson")


def by_name(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {layer["name"]: layer for layer in told["layers"]}


def test_a_check_gives_styled_layers_findings_tied_to_sites_and_a_page(
    desk: Desk, plot: str, tmp_path: Path
) -> None:
    page = tmp_path / "它的 'report'.html"
    told = desk(
        work="check",
        inputs={
            "SITES": plot, "TYPE": 1, "SITES_OUT": "TEMPORARY_OUTPUT", "FINDINGS_OUT": str(tmp_path / "f.gpkg"),
            "OVERLAPS_OUT": "TEMPORARY_OUTPUT", "OVERLAP_POINTS_OUT": "TEMPORARY_OUTPUT", "PAGE": str(page),
        },
    )  # fmt: skip
    assert told["results"]["VERDICT"] == "conflict"
    layers = by_name(told)
    sites, findings = layers["地块（含判定）"], layers["涉及项"]
    assert (sites["renderer"], sites["count"]) == ("categorizedSymbol", 1)
    assert sites["values"] == ["conflict", "undetermined", "regulated", "not_screened", "clear"]
    # the ground and the edge, and between them as many layers as the hatch has: cross, back, lines, dots, plain
    assert sites["symbol_layers"] == [4, 3, 3, 3, 2]
    assert findings["count"] > 0 and {"rule_id", "site_id"} <= set(findings["fields"])
    assert ["地块（含判定）", "涉及项", True] in told["relations"]
    # the monument is a point: what overlaps of it is no area, and is not lost
    assert layers["重叠部分（点）"]["count"] > 0
    assert 100.0 in told["shares"] and "冲突" in page.read_text(encoding="utf-8")


def test_an_english_qgis_is_answered_in_english(desk: Desk, plot: str) -> None:
    told = desk(
        locale="en_GB", work="check", inputs={"SITES": plot, "SITES_OUT": "TEMPORARY_OUTPUT"}
    )
    assert set(by_name(told)) == {"Sites with verdict"}


BOX = "POLYGON((112.55 37.86,112.551 37.86,112.551 37.861,112.55 37.861,112.55 37.86))"
ODD = "&field=fid:integer&field=名称:string"


def test_a_memory_layer_with_odd_ids_and_quotes_is_checked(desk: Desk) -> None:
    rows = [[BOX, [7, "a 'b' \"c\""]], [BOX, [7, "甲；--drop"]], [BOX, [None, None]]]
    told = desk(
        work="check",
        memory={"uri": f"Polygon?crs=EPSG:4490{ODD}", "rows": rows},
        inputs={"SITES_OUT": "TEMPORARY_OUTPUT"},
    )
    assert by_name(told)["地块（含判定）"]["count"] == 3


def test_a_site_without_geometry_stays_in_the_answer_and_is_never_clear(desk: Desk) -> None:
    told = desk(
        work="check",
        memory={
            "uri": f"Polygon?crs=EPSG:4490{ODD}",
            "rows": [[BOX, [1, "一"]], ["", [2, "二"]]],
        },
        inputs={"SITES_OUT": "TEMPORARY_OUTPUT"},
    )
    assert by_name(told)["地块（含判定）"]["count"] == 2
    assert told["results"]["VERDICT"] != "clear"


@pytest.mark.parametrize(
    ("uri", "rows", "words"),
    [
        ("Polygon", [[BOX, []]], "没有坐标系"),
        ("Polygon?crs=EPSG:4490", [], "没有要素"),
    ],
)
def test_a_layer_that_cannot_be_checked_is_named(
    desk: Desk, uri: str, rows: list[Any], words: str
) -> None:
    told = desk(
        work="check", memory={"uri": uri, "rows": rows}, inputs={"SITES_OUT": "TEMPORARY_OUTPUT"}
    )
    assert words in told["error"] and "它 '的' \"层\"" in told["error"]


def test_a_folder_is_scanned_and_its_workspace_written_once(
    desk: Desk, root: Path, tmp_path: Path
) -> None:
    target = tmp_path / "sxgeo.toml"
    inputs = {"FOLDER": str(root / "examples" / "office"), "WORKSPACE": str(target)}
    assert "永久基本农田" in desk(work="scan", inputs=inputs)["results"]["TEXT"]
    written = target.read_bytes()
    assert "永久基本农田" in written.decode("utf-8") and tomllib.loads(written.decode("utf-8"))
    assert str(target) in desk(work="scan", inputs=inputs)["error"]
    assert target.read_bytes() == written


def test_candidates_come_with_their_grades(desk: Desk, plot: str) -> None:
    told = desk(
        work="candidates",
        inputs={
            "ZONE": "taixin", "ORIGINS": plot, "MINUTES": 20, "CLEAR_OF": "heritage_sites", "AWAY": "heritage_sites:500",
            "MIN_AREA": 50, "CANDIDATES_OUT": "TEMPORARY_OUTPUT", "MAPS_OUT": "TEMPORARY_OUTPUT",
        },
    )  # fmt: skip
    layers = by_name(told)
    assert layers["候选地块"]["count"] > 0
    assert layers["可用性分区"]["values"] == ["surely", "known", "doubtful", "not"]
    assert "没有范围" in desk(
        work="candidates", inputs={"ZONE": "", "CANDIDATES_OUT": "TEMPORARY_OUTPUT"}
    )["error"]  # fmt: skip


def test_times_and_routes_carry_the_ids_of_the_features(
    desk: Desk, plot: str, tmp_path: Path
) -> None:
    places = gpd.GeoDataFrame(
        {"name": ["一", "二"]},
        geometry=gpd.points_from_xy([112.5489, 112.7], [37.8706, 38.4]),
        crs="EPSG:4490",
    )
    places.to_file(tmp_path / "places.gpkg")
    ends = str(tmp_path / "places.gpkg")
    told = desk(
        work="isochrones", inputs={"ORIGINS": ends, "MINUTES": "15,30", "AREAS": str(tmp_path / "a.gpkg")}
    )  # fmt: skip
    areas = pyogrio.read_dataframe(tmp_path / "a.gpkg")
    assert sorted(zip(areas["origin_id"], areas["minutes"], strict=True)) == [
        ("1", 15), ("1", 30), ("2", 15), ("2", 30),
    ]  # fmt: skip
    assert by_name(told)["可达范围"]["renderer"] == "RuleRenderer"
    told = desk(
        work="routes", inputs={"ORIGINS": plot, "DESTINATIONS": ends, "ROUTES": "TEMPORARY_OUTPUT"}
    )
    assert by_name(told)["路线"]["count"] == 2
    table = tmp_path / "t.csv"
    desk(work="table", inputs={"ORIGINS": ends, "DESTINATIONS": ends, "TABLE": str(table)})
    assert len(pd.read_csv(table)) == 4


def test_an_output_that_is_an_input_is_refused(desk: Desk, tmp_path: Path) -> None:
    places = tmp_path / "p.geojson"
    gpd.GeoDataFrame(geometry=gpd.points_from_xy([112.55], [37.87]), crs="EPSG:4490").to_file(
        places
    )
    held = places.read_bytes()
    told = desk(
        work="table",
        inputs={name: str(places) for name in ("ORIGINS", "DESTINATIONS", "TABLE")},
    )
    assert "p.geojson" in told["error"] and "输入" in told["error"]
    assert places.read_bytes() == held


@pytest.mark.parametrize("system", ["EPSG:4610", "EPSG:4214", "EPSG:2383"])
def test_an_old_datum_is_not_turned_silently(desk: Desk, system: str) -> None:
    at = "POINT(112.5 37.8)" if system != "EPSG:2383" else "POINT(544000 4185000)"
    told = desk(
        work="isochrones", memory={"uri": f"Point?crs={system}", "rows": [[at, []]]}, inputs={"ORIGINS": "它 '的' \"层\"", "AREAS": "TEMPORARY_OUTPUT"}
    )  # fmt: skip
    assert "七参数" in told["error"] and system in told["error"]


def test_a_dossier_is_made_or_the_installed_sxgeo_is_said_to_lack_it(
    desk: Desk, plot: str, tmp_path: Path
) -> None:
    target = tmp_path / "d.zip"
    told = desk(work="dossier", inputs={"SITES": plot, "DOSSIER": str(target)})
    if "error" in told:
        assert "没有 dossier 命令" in told["error"] and not target.exists()
    else:
        assert any(n.endswith(".docx") for n in zipfile.ZipFile(target).namelist())


def fake(folder: Path, text: str) -> Path:
    """Return a program that tells the version of sxgeo and then does what `text` says."""
    path = folder / "fake.py"
    path.write_text(
        "import sys, time, pathlib\nif '--version' in sys.argv:\n    print('sxgeo 9.9.9'); sys.exit()\n"
        f"out = pathlib.Path(sys.argv[sys.argv.index('-o') + 1])\n{text}\n",
        encoding="utf-8",
    )
    return script(folder / "fake", sys.executable, str(path))


OLD = "没有 check 命令"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("print(\"error: argument COMMAND: invalid choice: 'check'\", file=sys.stderr); sys.exit(2)", OLD),
        ("sys.exit(0)", "代码 0"),
        ("print('地块不可读', file=sys.stderr); sys.exit(3)", "地块不可读"),
    ],
)  # fmt: skip
def test_a_program_that_fails_is_quoted_and_nothing_is_written(
    desk: Desk, plot: str, tmp_path: Path, text: str, words: str
) -> None:
    target = tmp_path / "s.gpkg"
    told = desk(
        fake(tmp_path, text), work="check", inputs={"SITES": plot, "SITES_OUT": str(target)}
    )
    assert words in told["error"] and not target.exists()


def test_a_wrong_path_is_named(desk: Desk, plot: str, tmp_path: Path) -> None:
    told = desk(
        tmp_path / "nothing", work="check", inputs={"SITES": plot, "SITES_OUT": "TEMPORARY_OUTPUT"}
    )
    assert str(tmp_path / "nothing") in told["error"]


def many(path: Path, count: int) -> None:
    """Write an answer with so many findings."""
    site = gpd.GeoDataFrame(
        {"site_id": ["s"], "verdict": ["undetermined"]}, geometry=[shapely.box(112, 38, 112.1, 38.1)], crs="EPSG:4490",
    )  # fmt: skip
    site.to_file(path, layer="sites")
    rows = pd.DataFrame({"site_id": "s", "rule_id": [f"R{n}" for n in range(count)]})
    pyogrio.write_dataframe(rows, path, layer="findings")


COPY = (
    "import shutil; shutil.copy(pathlib.Path(__file__).with_name('many.gpkg'), out); sys.exit(11)"
)


def test_a_million_findings_arrive(desk: Desk, plot: str, tmp_path: Path) -> None:
    many(tmp_path / "many.gpkg", 1_000_000)
    target = tmp_path / "f.gpkg"
    told = desk(
        fake(tmp_path, COPY), work="check", inputs={"SITES": plot, "SITES_OUT": "TEMPORARY_OUTPUT", "FINDINGS_OUT": str(target)}
    )  # fmt: skip
    assert by_name(told)["涉及项"]["count"] == 1_000_000
    assert ["地块（含判定）", "涉及项", True] in told["relations"]


def test_work_that_is_cancelled_leaves_nothing(desk: Desk, plot: str, tmp_path: Path) -> None:
    target = tmp_path / "s.gpkg"
    inputs = {"SITES": plot, "SITES_OUT": str(target), "PAGE": str(tmp_path / "p.html")}
    slow = "out.write_text('x'); print('began', file=sys.stderr, flush=True); time.sleep(600)"
    told = desk(fake(tmp_path, slow), work="check", inputs=inputs, cancel_at="began")
    assert "已取消" in told["error"]
    many(tmp_path / "many.gpkg", 5_000)
    told = desk(fake(tmp_path, COPY), work="check", inputs=inputs, cancel_at="判定")
    assert "已取消" in told["error"]
    assert not target.exists() and not (tmp_path / "p.html").exists()


def test_an_exported_project_opens_with_all_its_layers_and_draws_them(
    desk: Desk, tmp_path: Path
) -> None:
    target, picture = tmp_path / "它的 'taixin'.qgz", tmp_path / "map.png"
    project, data = write_project("taixin", target)
    told = desk(project=str(project), picture=str(picture))
    assert told["read"] and told["crs"] == "EPSG:4547"
    assert "太忻" in told["title"] and "未经地图审核" in told["notice"]
    held = {f"{data}|layername={name}": count for name, count in counts(data).items()}
    assert {layer["source"]: layer["count"] for layer in told["layers"]} == held
    assert all(layer["valid"] and layer["crs"] == "EPSG:4490" for layer in told["layers"])
    drawn = {tuple(p) for p in (imread(picture)[..., :3].reshape(-1, 3) * 255).round().astype(int)}
    for colour in (class_style("heritage_sites").colour, LINE_STYLES["hsr"].colour, "#fbf9f3"):
        assert tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5)) in drawn, colour


def counts(path: Path) -> dict[str, int]:
    return {
        name: pyogrio.read_info(path, layer=name)["features"]
        for name, _ in pyogrio.list_layers(path)
    }
