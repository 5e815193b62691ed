"""The QGIS project of a zone: what the page draws, in the colours of the style table; two files or
none.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pyogrio
import pytest

import sxgeo
from sxgeo import errors
from sxgeo.cli import main
from sxgeo.layers.layers import load_layers
from sxgeo.maps.content import zone_content
from sxgeo.maps.qgis.project import write_project
from sxgeo.maps.qgis.symbols import Choice, by_rule, by_value, dot, fill, line, marker, single
from sxgeo.maps.style import CLASS_STYLES, VERDICT_HATCHES


def document(project: Path) -> ET.Element:
    with zipfile.ZipFile(project) as archive:
        (name,) = archive.namelist()
        return ET.fromstring(archive.read(name))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_project("taixin", tmp_path_factory.mktemp("qgis") / "taixin.qgz")


def test_the_project_shows_what_the_page_draws(files: tuple[Path, Path]) -> None:
    zone = sxgeo.load_zone("taixin")
    content = zone_content(zone, load_layers())
    drawn = {f["id"] for f in content["features"] if "at" in f}
    shown: set[str] = set()
    for name, _ in pyogrio.list_layers(files[1]):
        frame = pyogrio.read_dataframe(files[1], layer=name)
        assert frame.crs.to_epsg() == 4490 and not frame.geometry.isna().any()
        assert frame.geom_type.nunique() == 1
        shown |= set(frame.get("feature_id", ()))
    assert shown == drawn
    links = pyogrio.read_dataframe(files[1], layer="links")
    assert sorted(links["link_id"]) == [link["id"] for link in content["links"]]


def test_each_layer_of_the_project_lies_beside_it(files: tuple[Path, Path]) -> None:
    root = document(files[0])
    sources = {layer.findtext("datasource") for layer in root.iter("maplayer")}
    held = {f"./taixin.gpkg|layername={name}" for name, _ in pyogrio.list_layers(files[1])}
    assert sources == held
    leaves = {leaf.get("id") for leaf in root.iter("layer-tree-layer")}
    assert leaves == {layer.findtext("id") for layer in root.iter("maplayer")}


def test_wells_are_placed_no_finer_than_their_accuracy(files: tuple[Path, Path]) -> None:
    exact = sxgeo.load_layer("weather_stations").frame.set_index("feature_id").geometry
    shown = pyogrio.read_dataframe(files[1], layer="weather_stations_points").set_index(
        "feature_id"
    )
    stated = shown["position_accuracy_m"] > 100
    assert stated.any()
    for name in shown.index[stated]:
        assert shown.geometry[name].distance(exact[name]) > 0


def test_the_same_zone_gives_the_same_bytes(files: tuple[Path, Path], tmp_path: Path) -> None:
    again = write_project("taixin", tmp_path / "taixin.qgz")
    assert [p.read_bytes() for p in again] == [p.read_bytes() for p in files]


@pytest.mark.slow
def test_every_zone_with_an_outline_can_be_exported(tmp_path: Path) -> None:
    for zone_id in sxgeo.list_zones()["zone_id"]:
        zone = sxgeo.load_zone(zone_id)
        target = tmp_path / f"{zone_id}.qgz"
        if zone.outline is None and zone.members.geometry.isna().all():
            with pytest.raises(errors.AnalysisError, match=zone_id):
                write_project(zone, target)
            assert not target.exists()
        else:
            project, data = write_project(zone, target)
            assert len(list(document(project).iter("maplayer"))) == len(pyogrio.list_layers(data))


def test_two_files_or_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.gpkg").mkdir()
    assert main(["export", "qgis", "taixin", "-o", str(tmp_path / "t.qgz")]) == 3
    assert "t.gpkg" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["t.gpkg"]
    assert main(["export", "qgis", "taixin", "-o", str(tmp_path / "t.zip")]) == 2
    assert ".qgz" in capsys.readouterr().err
    assert main(["export", "qgis", "nowhere", "-o", str(tmp_path / "u.qgz")]) == 2


def test_no_output_takes_the_place_of_the_workspace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = tmp_path / "own.gpkg"
    workspace.write_text("", encoding="utf-8")
    asked = ["export", "qgis", "--workspace", str(workspace), "-o", str(tmp_path / "own.qgz")]
    assert main(asked) in (2, 3)
    assert workspace.read_bytes() == b"" and "own.gpkg" in capsys.readouterr().err


@pytest.mark.parametrize("hatch", sorted({s.hatch for s in CLASS_STYLES.values()} | {"plain"}))
def test_a_hatch_is_a_pattern_of_its_own_colour(hatch: str) -> None:
    symbol = ET.fromstring(fill("3", "#112233", hatch=hatch))
    patterns = [la for la in symbol.findall("layer") if "PatternFill" in la.get("class", "")]
    wanted = {"cross": 2, "waves": 2, "plain": 0}.get(hatch, 1)
    assert len(patterns) == wanted
    names = [inner.get("name") for la in patterns for inner in la.findall("symbol")]
    assert names == [f"@3@{n}" for n in range(1, wanted + 1)]
    assert all("17,34,51,255" in ET.tostring(la, encoding="unicode") for la in patterns)


def test_verdicts_differ_without_colour() -> None:
    shapes = {fill("0", "#000000", hatch=hatch) for hatch, _ in VERDICT_HATCHES.values()}
    assert len(shapes) == len(VERDICT_HATCHES)


def test_words_with_quotes_and_marks_stay_words() -> None:
    odd = "a\"b'<&>甲"
    choices = [Choice(odd, odd, dot("0", "#000000", "#ffffff"))]
    for text in (by_value(odd, choices), by_rule(choices, largest_below="m")):
        root = ET.fromstring(text)
        entry = next(e for e in root.iter() if e.tag in ("category", "rule"))
        assert entry.get("label") == odd
    for symbol in (line("0", "#000000", dash="7 4"), marker("0", "M0 0", "#000000")):
        ET.fromstring(single(symbol))
