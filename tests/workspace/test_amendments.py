"""A user's correction of a bundled record: it changes the answer, is named in the receipt, and is
refused by its row.
"""

from __future__ import annotations

import json

import geopandas as gpd
import pytest
import shapely

from sxgeo.analysis.conflicts.check import check_sites
from sxgeo.analysis.conflicts.replay import replay
from sxgeo.cli import main
from sxgeo.errors import InputError
from sxgeo.layers.layers import load_layers
from sxgeo.workspace.amendments import FIELDS, Amendment, amended, parse_amendments
from sxgeo.workspace.file import load_workspace, plug_in
from sxgeo.workspace.layers import UserLayer, zoned_ids

SITE = gpd.GeoDataFrame(
    {"site_id": ["S-1"]}, geometry=[shapely.box(112.590, 37.845, 112.592, 37.847)], crs="EPSG:4490"
)
WHY = 'reason = "measured"\nsource = "a letter"\n'


def workspace(tmp_path, *tables):
    path = tmp_path / "sxgeo.toml"
    path.write_text("".join(f"[[amend]]\n{table}\n" for table in tables), encoding="utf-8")
    return path


def line(field, value, feature_id="HS-022"):
    return Amendment(feature_id, field, value, "measured", "a letter")


def record(layers, feature_id="HS-022"):
    return next(
        (r, layer.shapes[i])
        for layer in layers
        for i, r in enumerate(layer.records)
        if r["feature_id"] == feature_id
    )


def test_a_record_takes_the_amended_value_and_names_it_in_its_source():
    layers, problems = amended(load_layers(), [line("position_accuracy_m", 12)])
    changed, _ = record(layers)
    assert problems == []
    assert changed["position_accuracy_m"] == 12.0
    assert "工作区修正 amended: position_accuracy_m（a letter）" in changed["source"]
    before, _ = record(load_layers())
    assert "amended" not in before["source"] and before["position_accuracy_m"] != 12.0


def test_a_record_without_position_becomes_a_point_with_its_accuracy():
    lines = [line("lonlat", "112.9,39.15", "HS-089"), line("position_accuracy_m", 50, "HS-089")]
    layers, problems = amended(load_layers(), lines)
    changed, shape = record(layers, "HS-089")
    assert problems == []
    assert (shape.x, shape.y) == (112.9, 39.15)
    assert (changed["geometry_kind"], changed["point_role"], changed["datum_error_m"]) == (
        "point",
        "proxy",
        0.0,
    )
    layer = next(layer for layer in layers if layer.spec.id == "heritage_sites")
    (held,) = [layer for layer in load_layers() if layer.spec.id == "heritage_sites"]
    assert layer.located == held.located + 1


@pytest.mark.parametrize(
    ("field", "value", "feature_id", "words"),
    [
        ("note", "x", "HS-999", "no bundled record 'HS-999'. Did you mean"),
        ("colour", "red", "HS-022", "unknown field 'colour'; known: name_zh"),
        ("feature_id", "HS-1", "HS-022", "unknown field 'feature_id'"),
        ("role", "control", "HS-022", "unknown field 'role'"),
        ("position_accuracy_m", "five", "HS-022", "'five' is not a number of metres from 0"),
        ("position_accuracy_m", -1, "HS-022", "'-1' is not a number of metres"),
        ("position_accuracy_m", float("nan"), "HS-022", "is not a number of metres"),
        ("lonlat", "112.9", "HS-022", 'is not "lon,lat" in degrees'),
        ("lonlat", "112.9,38.1", "HS-089", "amend position_accuracy_m too"),
        ("lonlat", "2.3,48.8", "HS-022", "is not in China"),
        (
            "membership",
            "certain",
            "HS-022",
            "'certain' is not official_list or inferred or candidate",
        ),
        ("membership", "official_list", "HS-076", "official_list needs its document"),
        ("subzone", "inner", "HS-022", "unknown subzone 'inner'; known for heritage_sites"),
        ("county_code", "14", "HS-022", "amend 1 (HS-022)"),
        ("designated_on", "yesterday", "HS-022", "amend 1 (HS-022)"),
        ("name_zh", " ", "HS-022", "is not a text, or is empty"),
    ],
)
def test_what_cannot_be_amended_is_named_with_its_row(field, value, feature_id, words):
    _, problems = amended(load_layers(), [line(field, value, feature_id)])
    assert problems and all(text.startswith("amend 1 (") for text in problems)
    assert any(words in text for text in problems), problems


def test_all_mistakes_come_at_once_and_nothing_is_used(tmp_path, capsys):
    path = workspace(
        tmp_path,
        f'feature_id = "HS-999"\nfield = "note"\nvalue = "x"\n{WHY}',
        f'feature_id = "HS-022"\nfield = "colour"\nvalue = "x"\n{WHY}',
        f'feature_id = "HS-022"\nfield = "note"\nvalue = "x"\n{WHY}',
        f'feature_id = "HS-022"\nfield = "note"\nvalue = "y"\n{WHY}',
    )
    assert main(["check", "--at", "112.591,37.846", "--workspace", str(path)]) == 3
    err = capsys.readouterr().err
    for words in (
        "amend 1 (HS-999 note)",
        "amend 2 (HS-022 colour)",
        "amend 4 (HS-022 note): amended twice",
    ):
        assert words in err


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('feature_id = "HS-022"', "amend 1: 'field' is missing"),
        (
            f'feature_id = 3\nfield = "note"\nvalue = "x"\n{WHY}',
            "amend 1: 'feature_id' is not a text",
        ),
        (
            'feature_id = "A"\nfield = "note"\nvalue = "x"\nreason = ""\nsource = "s"',
            "'reason' is not a text, or is empty",
        ),
        (
            f'feature_id = "A"\nfield = "note"\nvalue = true\n{WHY}',
            "'value' is neither a text nor a number",
        ),
        (f'feature_id = "A"\nfield = "note"\nvalue = "x"\nwhy = "z"\n{WHY}', "unknown key 'why'"),
    ],
)
def test_a_table_in_the_wrong_form_is_named(tmp_path, table, words):
    with pytest.raises(InputError) as caught:
        load_workspace(workspace(tmp_path, table))
    assert words in str(caught.value)


def test_amendments_that_are_no_list_of_tables_are_refused():
    assert parse_amendments({"feature_id": "HS-022"}) == (
        [],
        ["amend: write each correction as [[amend]]"],
    )
    assert parse_amendments(["x"]) == ([], ["amend 1: not a table"])


def test_the_receipt_names_the_amendment_and_a_replay_gives_the_same_bytes(tmp_path):
    path = workspace(
        tmp_path, f'feature_id = "HS-022"\nfield = "position_accuracy_m"\nvalue = 12\n{WHY}'
    )
    report = check_sites(SITE, project_type="residential", workspace=path)
    told = report.receipt["workspace"]["amendments"]
    assert told == [line("position_accuracy_m", 12).record()]
    assert any("HS-022 position_accuracy_m = 12" in text for text in report.receipt["remarks"])
    plain = check_sites(SITE, project_type="residential")
    assert report.to_json() != plain.to_json()
    saved = tmp_path / "report.json"
    saved.write_bytes(report.to_json().encode("utf-8"))
    again, changes = replay(saved)
    assert changes == [] and again.to_json() == report.to_json()


def test_a_difference_of_amendments_is_a_cause(tmp_path):
    from sxgeo.analysis.conflicts.replay import differences

    path = workspace(
        tmp_path, f'feature_id = "HS-022"\nfield = "position_accuracy_m"\nvalue = 12\n{WHY}'
    )
    with_it = check_sites(SITE, workspace=path).to_dict()
    without = check_sites(SITE).to_dict()
    assert "amendment: HS-022 position_accuracy_m None -> 12" in list(differences(without, with_it))


def test_the_docs_list_what_may_be_amended():
    from pathlib import Path

    page = (Path(__file__).resolve().parents[2] / "docs" / "own_layers.md").read_text(
        encoding="utf-8"
    )
    section = page.partition("## 修正内置记录")[2].partition("\n## ")[0]
    for name in (
        "membership",
        "point_role",
        "extent_m",
        "position_accuracy_m",
        "datum_error_m",
        "lonlat",
    ):
        assert name in FIELDS and f"`{name}" in section


# --- a user's own records
# ----------------------------------------------------------------------------


def own_layer(tmp_path, **columns):
    count = len(next(iter(columns.values())))
    rows = {"position_accuracy_m": [1.0] * count, "name_zh": ["某寺"] * count} | columns
    shapes = [shapely.box(112.7 + i / 100, 38.1, 112.705 + i / 100, 38.105) for i in range(count)]
    path = tmp_path / "own.gpkg"
    gpd.GeoDataFrame(rows, geometry=shapes, crs="EPSG:4490").to_file(path, driver="GPKG")
    return path


def heritage(path, **options):
    (layer,) = [
        x
        for x in plug_in(
            load_layers(), [UserLayer("heritage_sites", path, mode="replace", **options)]
        )
        if x.spec.id == "heritage_sites"
    ]
    return layer


def test_a_record_of_ones_own_is_inferred_unless_a_document_is_named(tmp_path):
    path = own_layer(
        tmp_path, feature_id=["A", "B"], designating_document=[None, "某政函〔2026〕1号"]
    )
    assert [r["membership"] for r in heritage(path).records] == ["inferred", "official_list"]
    by_document = heritage(path, complete_in=("140122",), complete_document="某文件〔2026〕1号")
    assert {r["membership"] for r in by_document.records} == {"official_list"}


def test_polygons_of_one_site_in_several_subzones_count_once(tmp_path):
    path = own_layer(
        tmp_path,
        feature_id=["A", "A", "B"],
        subzone=["protection_scope", "建设控制地带", "protection_scope"],
    )
    layer = heritage(path)
    assert len(layer.records) == 3
    assert (layer.held, layer.located, layer.with_polygon) == (2, 2, 2)
    assert {r["feature_id"] for r in layer.records} == {
        "A#protection_scope",
        "A#construction_control_belt",
        "B",
    }


def test_an_id_that_stands_twice_in_one_subzone_is_still_refused(tmp_path):
    assert zoned_ids(["A", "A"], ["s", "s"]) == ["A", "A"]
    assert zoned_ids(["A", "A", None], ["s", None, "s"]) == ["A", "A", None]
    path = own_layer(
        tmp_path, feature_id=["A", "A"], subzone=["protection_scope", "protection_scope"]
    )
    with pytest.raises(InputError, match="stands in row"):
        heritage(path)


def test_the_json_is_as_it_was_without_amendments():
    receipt = json.loads(check_sites(SITE).to_json())["receipt"]
    assert receipt["workspace"] is None
