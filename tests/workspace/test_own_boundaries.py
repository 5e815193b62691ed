"""Users' own boundaries replace the bundled ones through the workspace file."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

import sxgeo
from sxgeo import cli
from sxgeo.errors import InputError
from sxgeo.workspace.boundaries import own_polygons
from sxgeo.workspace.file import read_workspace


@pytest.fixture
def official():
    members = sxgeo.load_zone("taixin").members
    moved = members.geometry.translate(xoff=0.001)
    return gpd.GeoDataFrame(
        {"XZQDM": members["code"], "XZQMC": members["name_zh"]}, geometry=moved, crs="EPSG:4490"
    )


@pytest.fixture
def workspace(tmp_path):
    def write(frame=None, **keys):
        if frame is not None:
            frame.to_file(tmp_path / "official.gpkg", engine="pyogrio")
        table = {
            "zone": "太忻",
            "file": "official.gpkg",
            "code_field": "XZQDM",
            "position_accuracy_m": 5,
        } | keys
        lines = [f"{key} = {value!r}" for key, value in table.items() if value is not None]
        path = tmp_path / "sxgeo.toml"
        path.write_text("[[boundary]]\n" + "\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


def test_the_file_draws_the_zone_and_its_segments(official, workspace):
    path = workspace(official)
    zone, segment = (sxgeo.load_zone(z, workspace=path) for z in ("taixin", "taixin_xinzhou"))
    bundled = sxgeo.load_zone("taixin")
    assert zone.outline.bounds[0] == pytest.approx(bundled.outline.bounds[0] + 0.001)
    assert (zone.members["position_accuracy_m"] == 5).all() and len(segment.members) == 6
    assert "boundary: official.gpkg (workspace)" in zone.sources
    assert (
        zone.members["source"] == bundled.members["source"]
    ).all()  # who says that it is a member stays
    assert sxgeo.load_zone("central_cluster", workspace=path).outline.equals(
        sxgeo.load_zone("central_cluster").outline
    )


def test_a_shapefile_with_numbers_or_twelve_digits_will_do(official, workspace):
    numbers = official.assign(XZQDM=official["XZQDM"].astype(int))
    assert len(sxgeo.load_zone("taixin", workspace=workspace(numbers)).members) == 12
    longer = official.assign(XZQDM=official["XZQDM"] + "000000")
    assert len(sxgeo.load_zone("taixin", workspace=workspace(longer)).members) == 12


def test_a_projected_file_is_brought_to_degrees(official, workspace):
    drawn = official.set_geometry(
        official.geometry.segmentize(0.002)
    )  # straight in degrees and on the plane alike
    zone = sxgeo.load_zone("taixin", workspace=workspace(drawn.to_crs("EPSG:4547")))
    assert zone.outline.hausdorff_distance(official.union_all()) < 1e-6


def test_a_check_uses_the_user_s_counties(official, workspace, capsys):
    path = workspace(official)
    assert read_workspace(path) == []
    cli.main(["check", "--at", "112.68,38.06", "--workspace", str(path)])
    assert "阳曲县 140122" in capsys.readouterr().out


def test_a_map_is_drawn_from_the_user_s_counties(official, workspace, tmp_path, capsys):
    target = tmp_path / "own.html"
    assert (
        cli.main(["map", "taixin", "--workspace", str(workspace(official)), "-o", str(target)]) == 0
    )
    assert target.stat().st_size > 100_000


def test_every_wrong_code_is_named_at_once(official, workspace):
    wrong = official.copy()
    wrong.loc[0, "XZQDM"] = "999999"
    wrong.loc[1, "XZQDM"] = wrong.loc[2, "XZQDM"]
    with pytest.raises(InputError) as error:
        sxgeo.load_zone("taixin", workspace=workspace(wrong))
    text = str(error.value)
    assert "code '999999' is no member of the zone" in text
    assert "code '140108' stands in 2 rows" in text
    assert "without a polygon: 140106, 140107" in text


def test_every_bad_shape_is_named_at_once(official, workspace):
    bad = official.copy()
    bad.loc[0, "geometry"] = shapely.Polygon([(112, 38), (113, 39), (113, 38), (112, 39)])
    bad.loc[1, "geometry"] = shapely.Point(112, 38)
    bad.loc[2, "geometry"] = shapely.box(38, 112, 39, 113)
    with pytest.raises(InputError) as error:
        sxgeo.load_zone("taixin", workspace=workspace(bad))
    for words in (
        "row 1 (140106): invalid geometry",
        "row 2 (140107): Point",
        "row 3 (140108): not in China",
    ):
        assert words in str(error.value)


def test_no_coordinate_system_and_no_field_are_both_named(official, workspace):
    bare = official.set_crs(None, allow_override=True)
    with pytest.raises(
        InputError,
        match=r"no coordinate system[\s\S]*field 'QXDM' is not in the file; it has: XZQDM",
    ):
        sxgeo.load_zone("taixin", workspace=workspace(bare, code_field="QXDM"))


def test_the_workspace_file_tells_all_its_problems(tmp_path):
    path = tmp_path / "sxgeo.toml"
    path.write_text(
        '[[layer]]\nclass = "heritage_sites"\nfile = "no.gpkg"\n'
        '[[boundary]]\nzone = "taixn"\nfile = "none.shp"\n[[boundary]]\nzone = 1\ncolour = "red"\n',
        encoding="utf-8",
    )
    with pytest.raises(InputError) as error:
        read_workspace(path)
    text = str(error.value)
    for words in ("layer 1: file 'no.gpkg'", "boundary 1: 'code_field' is missing", "boundary 1: file 'none.shp'",
                  "never taken as 0", "boundary 2: unknown key 'colour'", "boundary 2: 'zone' has the wrong type"):  # fmt: skip
        assert words in text
    assert cli.main(["map", "taixin", "--workspace", str(path)]) == 3


def test_unknown_zones_twice_named_zones_and_zones_without_members_are_refused(
    official, workspace, tmp_path
):
    with pytest.raises(InputError, match="unknown zone 'taixn'"):
        own_polygons(workspace(official, zone="taixn"))
    with pytest.raises(InputError, match="no members whose polygons"):
        own_polygons(workspace(official, zone="zonggai"))
    path = workspace(official)
    path.write_text(path.read_text(encoding="utf-8") * 2, encoding="utf-8")
    with pytest.raises(InputError, match="two \\[\\[boundary"):
        own_polygons(path)
    with pytest.raises(InputError, match="cannot be read"):
        own_polygons(tmp_path / "missing.toml")


def test_accuracy_may_stand_in_a_field_but_never_be_missing(official, workspace):
    path = workspace(
        official.assign(acc=[3.0] * 12), position_accuracy_m=None, accuracy_field="acc"
    )
    assert (sxgeo.load_zone("taixin", workspace=path).members["position_accuracy_m"] == 3).all()
    path = workspace(
        official.assign(acc=[None] + [3.0] * 11), position_accuracy_m=None, accuracy_field="acc"
    )
    with pytest.raises(InputError, match="row 1: acc is not a number of metres"):
        sxgeo.load_zone("taixin", workspace=path)
    with pytest.raises(InputError, match="never taken as 0"):
        own_polygons(workspace(official, position_accuracy_m=None))
