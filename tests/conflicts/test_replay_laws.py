"""What two reports differ in: each cause by its name, then what became of the answers."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import shapely

from sxgeo.analysis.conflicts.question import pose
from sxgeo.analysis.conflicts.receipt import layer_values, make_receipt, site_of
from sxgeo.analysis.conflicts.replay import differences, needed_again, read_again
from sxgeo.errors import InputError
from sxgeo.model.sites import Site, Sites
from sxgeo.workspace.layers import UserLayer

YANGQU = Path(__file__).parents[2] / "examples" / "yangqu"

Report = dict[str, Any]


def finding(name: str, rule: str | None, **values: Any) -> dict[str, Any]:
    told = {"feature_id": name, "rule_id": rule, "outcome": "conflict", "distance_m": 0.0}
    return told | values


def entry(class_id: str, outcome: str, *findings: dict[str, Any]) -> dict[str, Any]:
    return {
        "resource_class": class_id,
        "outcome": outcome,
        "reason_code": f"why_{outcome}",
        "findings": list(findings),
    }


def a_report() -> Report:
    """Two sites; one class of the fifteen and an extra one; a user's layer, and an amendment."""
    sites = [
        {
            "site_id": name,
            "verdict": "conflict",
            "known_verdict": "conflict",
            "screening": [entry("heritage_sites", "conflict", finding("F1", "R1"))],
            "extra": [entry("wetlands", "clear")],
        }
        for name in ("a", "b")
    ]
    return {
        "schema": "sxgeo.report/9",
        "sites": sites,
        "receipt": {
            "data": {"data_date": "2026-11-01", "sha256": "d" * 64},
            "rules_sha256": "e" * 64,
            "versions": {"sxgeo": "1.0", "geos": "3.12"},
            "parameters": {"as_of": "2026-11-21", "height_m": None, "attributes": {}},
            "sites": [{"site_id": name, "geometry": {"x": 1}} for name in ("a", "b")],
            "user_layers": [{"resource_class": "wetlands", "file": "w.gpkg", "sha256": "f" * 64}],
            "workspace": {
                "amendments": [{"feature_id": "F1", "field": "subzone", "value": "core"}]
            },
        },
    }


def changed(change: Callable[[Report], None]) -> list[str]:
    """What is said after a change, and of its undoing as many lines."""
    old, new = a_report(), a_report()
    change(new)
    before = copy.deepcopy((old, new))
    told = list(differences(old, new))
    assert (old, new) == before
    assert len(list(differences(new, old))) == len(told)
    return told


def put(path: str, value: Any) -> Callable[[Report], None]:
    """Return what writes a value into a report: its place by keys and numbers."""

    def write(report: Report) -> None:
        place: Any = report
        *parts, last = [int(part) if part.isdigit() else part for part in path.split("/")]
        for part in parts:
            place = place[part]
        place[last] = value

    return write


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("schema", "sxgeo.report/10", "schema: sxgeo.report/9 -> sxgeo.report/10: the law of"),
        (
            "receipt/data",
            {"data_date": "2026-12-01", "sha256": "9" * 64},
            "data: 2026-11-01 dddddddddddd -> 2026-12-01 999999999999",
        ),
        ("receipt/rules_sha256", "1234567890abcdef", "rules: eeeeeeeeeeee -> 1234567890ab"),
        ("receipt/versions/geos", "3.13", "code: geos 3.12 -> 3.13"),
        ("receipt/versions/proj", "9.4", "code: proj None -> 9.4"),
        ("receipt/parameters/as_of", "2027-01-01", "parameter as_of: 2026-11-21 -> 2027-01-01"),
        ("receipt/parameters/height_m", 9.0, "parameter height_m: None -> 9.0"),
        ("receipt/sites/1/geometry", {"x": 2}, "site b: its geometry changed"),
        ("receipt/workspace/amendments", [], "amendment: F1 subzone core -> None"),
        ("sites/1/verdict", "clear", "site b: verdict conflict -> clear"),
        ("sites/0/known_verdict", "none_found", "site a: known_verdict conflict -> none_found"),
        (
            "sites/0/screening/0/outcome",
            "regulated",
            "site a: heritage_sites conflict -> regulated (why_conflict)",
        ),
        ("sites/1/extra/0/outcome", "conflict", "site b: wetlands clear -> conflict (why_clear)"),
        ("sites/0/screening/0/findings", [], "site a: heritage_sites: F1 under R1 no longer found"),
        (
            "sites/1/extra/0/findings",
            [finding("F2", None, outcome="regulated")],
            "site b: wetlands: F2 under None newly found, regulated",
        ),
        (
            "sites/0/screening/0/findings/0",
            finding("F1", "R1", outcome="regulated", distance_m=5.0),
            "site a: heritage_sites: F1 under R1 outcome, distance_m changed",
        ),
    ],
)
def test_each_change_is_told_once_and_by_its_name(path: str, value: Any, told: str) -> None:
    (line,) = changed(put(path, value))
    assert line == told or (path == "schema" and line.startswith(told))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        # said to be nothing where nothing was said
        ("receipt/parameters/documents", {}),
        ("receipt/parameters/height_m", 0),
        ("receipt/parameters/attributes", None),
        # what only one of the two reports knows
        ("sites/0/screening/0/findings/0/new_field", 1),
        ("sites/0/new_field", 1),
        ("receipt/sites/0/name", "x"),
        ("receipt/new_key", 1),
    ],
)
def test_what_only_one_of_them_can_say_is_no_change(path: str, value: Any) -> None:
    assert changed(put(path, value)) == []


def test_the_same_report_differs_in_nothing_whatever_the_order_of_its_sites() -> None:
    assert changed(lambda report: None) == []
    assert changed(lambda report: report["sites"].reverse()) == []
    assert changed(lambda report: report["receipt"]["sites"].reverse()) == []


def test_a_class_that_one_report_does_not_know_is_no_change_of_an_answer() -> None:
    old, new = a_report(), a_report()
    new["sites"][0]["extra"] = []
    assert list(differences(old, new)) == list(differences(new, old)) == []


def test_sites_that_came_and_went_are_told_and_their_geometry_is_not() -> None:
    old, new = a_report(), a_report()
    for part in (new["sites"][0], new["receipt"]["sites"][0]):
        part["site_id"] = "c"
    new["receipt"]["sites"][0]["geometry"] = {"x": 3}
    assert list(differences(old, new)) == ["site a: no longer there", "site c: new, conflict"]


def test_a_layer_that_was_edited_shows_as_one_gone_and_one_come() -> None:
    told = changed(put("receipt/user_layers/0/sha256", "7" * 64))
    assert told == [
        "user layer removed: wetlands w.gpkg ffffffffffff",
        "user layer added: wetlands w.gpkg 777777777777",
    ]


def test_reports_without_a_workspace_have_no_amendments() -> None:
    for lacking in (None, {}):
        told = changed(put("receipt/workspace", lacking))
        assert told == ["amendment: F1 subzone core -> None"]
    old, new = a_report(), a_report()
    del new["receipt"]["workspace"]
    assert list(differences(old, new)) == ["amendment: F1 subzone core -> None"]


def test_causes_come_before_answers_and_each_in_its_order() -> None:
    old, new = a_report(), a_report()
    for path, value in (
        ("sites/0/verdict", "clear"),
        ("receipt/sites/0/geometry", {}),
        ("receipt/workspace/amendments", []),
        ("receipt/user_layers", []),
        ("receipt/parameters/as_of", "2027-01-01"),
        ("receipt/versions/sxgeo", "2.0"),
        ("receipt/rules_sha256", "1" * 64),
        ("receipt/data/data_date", "2027-01-01"),
        ("schema", "x"),
    ):
        put(path, value)(new)
    heads = [line.split(" ")[0].rstrip(":") for line in differences(old, new)]
    assert heads == [
        *("schema", "data", "rules", "code", "parameter", "user"),
        *("amendment", "site", "site"),
    ]


def test_seven_parameters_are_asked_for_again_of_each_file_that_was_read_with_them() -> None:
    inputs = [
        {"file": "a.dxf", "parameters": "hash"},
        {"file": "b.dxf", "parameters": None},
        {"file": "c.dxf"},
        {"file": "d.dxf", "parameters": "hash"},
    ]
    told = list(needed_again({"inputs": inputs}))
    assert [line.partition(":")[0] for line in told] == ["a.dxf", "d.dxf"]


def test_a_site_is_read_back_as_it_was_written_and_an_old_receipt_by_its_problems() -> None:
    row = {
        "site_id": "a",
        "geometry": {"type": "Point", "coordinates": [112.5, 38.0]},
        "name": "n",
        "file": "f",
        "accuracy_m": 2.0,
        "accuracy_source": "option",
        "datum_error_m": 3.0,
        "crs": "EPSG:4547",
        "problems": [],
        "doubtful": True,
    }
    site = site_of(row)
    assert (site.site_id, site.name, site.file, site.crs) == ("a", "n", "f", "EPSG:4547")
    assert (site.accuracy_m, site.accuracy_source, site.datum_error_m) == (2.0, "option", 3.0)
    assert (site.geometry.x, site.geometry.y) == (112.5, 38.0)
    assert (site.problems, site.doubtful) == ((), True)
    lost = site_of(row | {"geometry": None, "problems": ["torn"], "doubtful": False})
    assert (lost.geometry, lost.problems, lost.doubtful) == (None, ("torn",), False)

    # of before doubts were written: what had a problem was in doubt
    for problems in ([], ["torn"]):
        old = {key: value for key, value in row.items() if key != "doubtful"}
        assert site_of(old | {"problems": problems}).doubtful == bool(problems)


def test_a_layer_of_an_old_receipt_says_nothing_of_what_could_not_be_said_then() -> None:
    always = (
        *("layer", "mode", "fields", "subzones", "kinds", "lines", "half_width_m", "encoding"),
        *("position_accuracy_m", "complete_document"),
    )
    row: dict[str, Any] = {name: f"<{name}>" for name in always}
    row |= {"resource_class": "wetlands", "waive": ["w"], "coverage": ["1"], "complete_in": ["2"]}
    told = layer_values(row)
    assert told["class_id"] == "wetlands"
    assert {name: told[name] for name in always} == {name: f"<{name}>" for name in always}
    assert (told["waive"], told["coverage"], told["complete_in"]) == (("w",), ("1",), ("2",))
    later = ("boundary", "secrecy", "closed_lines", "points", "subzone", "kind", "name")
    for name in (*later, "id_prefix"):
        assert told[name] is None
        assert layer_values(row | {name: "said"})[name] == "said"
    for name in ("subzones_absent", "none_in"):
        assert told[name] == ()
        assert layer_values(row | {name: ["said"]})[name] == ("said",)


# users' files
# ------------------------------------------------------------------------------------------


def layer_row(file: str, sha256: str) -> dict[str, Any]:
    said = dict.fromkeys(
        (
            *("layer", "mode", "fields", "subzones", "kinds", "lines", "half_width_m"),
            *("encoding", "position_accuracy_m", "complete_document"),
        )
    )
    listed = {"waive": [], "coverage": ["140122"], "complete_in": []}
    return {"resource_class": "wetlands", "file": file, "sha256": sha256, **said, **listed}


def boundary_row(file: str, sha256: str) -> dict[str, Any]:
    told = {"zone": "taixin", "layer": None, "code_field": "code", "accuracy_field": None}
    return {"file": file, "sha256": sha256, "position_accuracy_m": 5.0, **told}


def test_every_file_that_is_not_found_again_is_named_in_one_message(tmp_path: Path) -> None:
    receipt = {
        "user_layers": [layer_row("a.gpkg", "1" * 64), layer_row("b.gpkg", "2" * 64)],
        "boundaries": [boundary_row("c.gpkg", "3" * 64)],
    }
    (tmp_path / "a.gpkg").write_bytes(b"other content")
    with pytest.raises(InputError) as told:
        read_again(receipt, [tmp_path])
    named = "; ".join(
        f"{name}.gpkg (sha256 {digit * 64})" for name, digit in zip("abc", "123", strict=True)
    )
    assert named in str(told.value)


def test_files_that_are_found_again_are_taken_as_the_receipt_tells_them(tmp_path: Path) -> None:
    content = b"the same content"
    digest = hashlib.sha256(content).hexdigest()
    (tmp_path / "moved.gpkg").write_bytes(content)
    row, edge = layer_row("moved.gpkg", digest), boundary_row("moved.gpkg", digest)
    assert read_again({"user_layers": []}, [tmp_path]) == (None, [])
    workspace, (layer,) = read_again({"user_layers": [row]}, [tmp_path])
    assert workspace is None
    assert (layer.path, layer.file) == (tmp_path / "moved.gpkg", "moved.gpkg")
    assert (layer.class_id, layer.coverage) == ("wetlands", ("140122",))

    # a recorded workspace holds the layers itself, and its own file is not looked for
    mended = {"feature_id": "F1", "field": "subzone", "value": "core"}
    mended |= {"reason": "r", "source": "s"}
    recorded = {"file": "gone.toml", "sha256": "9" * 64, "found": True, "amendments": [mended]}
    receipt = {"user_layers": [row], "boundaries": [edge], "workspace": recorded}
    workspace, beside = read_again(receipt, [tmp_path])
    assert beside == () and workspace is not None
    assert (workspace.path, workspace.sha256) == (Path("gone.toml"), "9" * 64)
    assert (workspace.found, workspace.recorded) == (True, True)
    assert workspace.layers == (layer,)
    assert [(one.zone, one.position_accuracy_m) for one in workspace.boundaries] == [
        ("taixin", 5.0)
    ]
    assert [(one.feature_id, one.value) for one in workspace.amendments] == [("F1", "core")]


def test_a_receipt_tells_of_a_layer_all_that_reads_it_again() -> None:
    posed = pose(
        Sites((Site("p", shapely.Point(112.6, 38.1), accuracy_m=1.0),)),
        workspace=YANGQU / "sxgeo.toml",
        project_type="industrial",
        classes=["heritage_sites"],
    )
    receipt = make_receipt(posed)
    (row,) = json.loads(json.dumps(receipt["user_layers"]))
    (user,) = posed.users
    assert row == receipt["user_layers"][0]
    assert UserLayer(path=user.path, file=None, **layer_values(row)) == replace(
        user, content=None, file=None
    )
    assert row["file"] == "official_heritage.geojson"
    assert receipt["parameters"]["project_type"] == "industrial"
    assert receipt["parameters"]["classes"] == ["heritage_sites"]
    assert receipt["workspace"]["file"] == "sxgeo.toml"
    assert receipt["engines"] == ["geos"]
    assert [site_of(told) for told in receipt["sites"]] == list(posed.sites.sites)
