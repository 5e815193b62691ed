"""Where a layer comes from is a value: a user's file may have any name."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

import sxgeo
from sxgeo.layers.layers import load_classes, load_layers
from sxgeo.maps.pack import is_users
from sxgeo.model.outcomes import Origin
from sxgeo.workspace.file import plug_in
from sxgeo.workspace.layers import UserLayer

PLOT = shapely.box(112.70, 38.14, 112.705, 38.145)
NAMES = ("none", "bundled", "user", "constructor", "official.gpkg")


def own(folder, name):
    columns = {"feature_id": ["U-1"], "name_zh": ["甲"], "position_accuracy_m": [1.0]}
    frame = gpd.GeoDataFrame(columns, geometry=[PLOT], crs="EPSG:4490")
    path = folder / name
    frame.to_file(path, driver="GPKG" if name.endswith(".gpkg") else "GeoJSON", engine="pyogrio")
    return path


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mode", ["extend", "replace"])
def test_a_file_of_any_name_is_the_user_s(tmp_path, name, mode):
    user = UserLayer("ecological_redline", own(tmp_path, name), mode=mode)
    layers = plug_in(load_layers(), [user])
    (layer,) = [la for la in layers if la.spec.id == "ecological_redline"]
    assert layer.origin == Origin(files=(name,))
    assert is_users(layer)
    assert [la.spec.id for la in layers if is_users(la)] == ["ecological_redline"]
    # the page asks for an extra class, and tells of users' records, by this word
    assert layer.origin.kind == "user"


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_any_name_keeps_its_conflict_and_its_notice(tmp_path, name):
    path = own(tmp_path, name)
    report = sxgeo.check_sites(
        gpd.GeoDataFrame(geometry=[PLOT], crs="EPSG:4490"),
        layers={"ecological_redline": path},
        project_type="industrial",
    )
    (entry,) = [e for e in report.sites[0].extra if e.resource_class == "ecological_redline"]
    assert entry.requested
    assert {f.feature_id for f in entry.findings} == {"U-1"}
    page = sxgeo.build_map(
        "taixin",
        layers=plug_in(load_layers(), [UserLayer("ecological_redline", path)]),
        embed_user_layers=True,
    )
    assert f"（{name}）" in page.to_html()


def test_what_nobody_holds_has_no_origin():
    specs = load_classes()
    layers = {layer.spec.id: layer for layer in load_layers(specs)}
    assert str(layers["goaf"].origin) == "none"
    assert str(layers["heritage_sites"].origin) == "bundled"
