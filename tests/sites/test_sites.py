"""Reading sites: what is taken, what is refused, and in which words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from sxgeo.errors import InputError, UsageError
from sxgeo.sites.read import parse_lonlat, read_sites, read_some

PLOT = shapely.box(112.60, 38.00, 112.61, 38.01)


def write(path: Path, *shapes: Any, **columns: Any) -> Path:
    features = [
        {
            "type": "Feature",
            "properties": {key: values[i] for key, values in columns.items()},
            "geometry": None if shape is None else json.loads(shapely.to_geojson(shape)),
        }
        for i, shape in enumerate(shapes)
    ]
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8"
    )
    return path


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "shp", "fgb", "kml"])
def test_the_usual_formats_give_the_same_site(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"地块.{suffix}"
    gpd.GeoDataFrame({"name": ["a"]}, geometry=[PLOT], crs="EPSG:4326").to_file(path)
    site = read_sites(path).sites[0]
    assert shapely.equals(site.geometry, PLOT)
    assert site.site_id == "地块#1"


def test_a_zipped_shapefile_is_read(tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "inside"
    folder.mkdir()
    gpd.GeoDataFrame({"name": ["a"]}, geometry=[PLOT], crs="EPSG:4490").to_file(folder / "p.shp")
    archive = shutil.make_archive(str(tmp_path / "plots"), "zip", folder)
    assert read_sites(archive).sites[0].usable


def test_every_layer_of_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "two.gpkg"
    frame = gpd.GeoDataFrame({"name": ["a"]}, geometry=[PLOT], crs="EPSG:4490")
    frame.to_file(path, layer="east")
    frame.to_file(path, layer="west")
    assert [s.site_id for s in read_sites(path).sites] == ["two#1", "two#2"]


def test_a_projected_file_keeps_the_plane_it_declares(tmp_path: Path) -> None:
    path = tmp_path / "p.gpkg"
    frame = gpd.GeoDataFrame(geometry=[PLOT], crs="EPSG:4490")
    frame.to_crs("EPSG:4526").to_file(path)  # zone 38 with prefix: 114 E
    site = read_sites(path).sites[0]
    assert site.crs == "EPSG:4547"
    assert shapely.hausdorff_distance(site.geometry, PLOT) < 2e-7


def test_ids_come_from_an_id_column_and_are_unique(tmp_path: Path) -> None:
    first = write(tmp_path / "a.geojson", PLOT, PLOT, id=["P", "Q"])
    second = write(tmp_path / "b.geojson", PLOT, PLOT, id=["P", "P"])
    ids = [s.site_id for s in read_sites([first, second]).sites]
    assert ids == ["a:P", "Q", "b:P", "b:P#2"]


def test_the_accuracy_of_the_file_goes_before_the_option(tmp_path: Path) -> None:
    path = write(tmp_path / "a.geojson", PLOT, PLOT, accuracy_m=[0.5, None])
    first, second = read_sites(path, site_accuracy_m=3.0).sites
    assert (first.accuracy_m, first.accuracy_source) == (0.5, "file")
    assert (second.accuracy_m, second.accuracy_source) == (3.0, "option")
    unsaid = read_sites(write(tmp_path / "b.geojson", PLOT)).sites[0]
    assert (unsaid.accuracy_m, unsaid.accuracy_source) == (
        2.0,
        "default: vector file without a word of its source",
    )


def test_a_bad_accuracy_makes_the_site_bad(tmp_path: Path) -> None:
    site = read_sites(write(tmp_path / "a.geojson", PLOT, accuracy_m=[-1])).sites[0]
    assert not site.usable
    assert "accuracy '-1'" in site.problems[0]


def test_a_missing_an_empty_and_a_foreign_file_are_named_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_sites(tmp_path / "none.geojson")
    (tmp_path / "empty.geojson").touch()
    with pytest.raises(InputError, match="is empty"):
        read_sites(tmp_path / "empty.geojson")
    (tmp_path / "text.geojson").write_text("今天天气很好", encoding="utf-8")
    with pytest.raises(InputError, match="give GeoJSON"):
        read_sites(tmp_path / "text.geojson")
    (tmp_path / "table.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="no geometry"):
        read_sites(tmp_path / "table.csv")
    (tmp_path / "plan.dwg").write_bytes(b"AC1032")
    with pytest.raises(InputError, match="export it as DXF"):
        read_sites(tmp_path / "plan.dwg")
    write(tmp_path / "bare.geojson")
    with pytest.raises(InputError, match="no features"):
        read_sites(tmp_path / "bare.geojson")


def test_all_unreadable_files_are_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_sites([tmp_path / "a.shp", tmp_path / "b.shp"])
    assert "a.shp" in str(caught.value)
    assert "b.shp" in str(caught.value)
    good = write(tmp_path / "good.geojson", PLOT)
    sites, unread = read_some([tmp_path / "a.shp", good])
    assert (len(sites.sites), len(unread)) == (1, 1)


def test_a_shapefile_without_prj_is_refused_until_its_system_is_said(tmp_path: Path) -> None:
    path = tmp_path / "p.shp"
    frame = gpd.GeoDataFrame({"name": ["a"]}, geometry=[PLOT], crs="EPSG:4490").to_crs("EPSG:4547")
    frame.to_file(path)
    path.with_suffix(".prj").unlink()
    with pytest.raises(InputError, match="--assume crs=EPSG:4547"):
        read_sites(path)
    told = read_sites(path, assume={"crs": "EPSG:4547"})
    assert shapely.hausdorff_distance(told.sites[0].geometry, PLOT) < 2e-7
    assert told.autopsy[0]["crs_declared"] == [None]
    with pytest.raises(UsageError, match="cannot assume 'datun'"):
        read_sites(path, assume={"datun": "x"})
    with pytest.raises(UsageError, match="datum 'x' is not CGCS2000"):
        read_sites(path, assume={"datum": "x"})


def test_old_datums_are_refused_by_file(tmp_path: Path) -> None:
    path = tmp_path / "p.gpkg"
    gpd.GeoDataFrame(
        geometry=[shapely.box(5e5, 4.2e6, 5.001e5, 4.2001e6)], crs="EPSG:2384"
    ).to_file(path)
    with pytest.raises(InputError, match=r"p\.gpkg.*seven parameters"):
        read_sites(path)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (None, "no geometry"),
        (shapely.Polygon(), "no geometry"),
        (shapely.Point(139.7, 35.7), "lies outside China"),
        (shapely.Point(126.98, 37.57), "lies outside China"),
        (shapely.Point(139.7, 35.7), "check its numbers, their order and the coordinate system"),
        (
            shapely.multipoints([(112 + n / 1e6, 38) for n in range(100_001)]),
            "100,001 points in one multipoint, more than are measured as one site",
        ),
        (shapely.Point(37.87, 112.55), "look swapped"),
        (shapely.Point(500_000, 4_200_000), "not degrees"),
        (shapely.GeometryCollection([shapely.Point(112, 38), PLOT]), "geometry collection"),
    ],
)
def test_a_bad_shape_among_good_ones_is_named_and_the_others_are_kept(
    tmp_path: Path, shape: Any, words: str
) -> None:
    sites = read_sites(write(tmp_path / "mixed.geojson", PLOT, shape, PLOT)).sites
    assert [s.usable for s in sites] == [True, False, True]
    assert words in sites[1].problems[0]
    assert "feature 2" in sites[1].problems[0]


def test_a_bow_tie_is_repaired_named_and_doubted(tmp_path: Path) -> None:
    bow_tie = shapely.Polygon([(112.60, 38.00), (112.61, 38.01), (112.61, 38.00), (112.60, 38.01)])
    site = read_sites(write(tmp_path / "tie.geojson", bow_tie), site_accuracy_m=1.0).sites[0]
    assert site.usable
    assert site.geometry.is_valid
    assert "crosses itself" in site.problems[0]
    assert site.accuracy_m > 400  # the hull reaches half the plot beyond the two triangles
    assert "repair" in site.accuracy_source


def test_a_polygon_without_area_is_bad(tmp_path: Path) -> None:
    flat = shapely.Polygon([(112.60, 38.00), (112.61, 38.00), (112.60, 38.00)])
    assert not read_sites(write(tmp_path / "flat.geojson", flat)).sites[0].usable


def test_z_values_are_dropped(tmp_path: Path) -> None:
    site = read_sites(write(tmp_path / "z.geojson", shapely.Point(112.6, 38.0, 800.0))).sites[0]
    assert not site.geometry.has_z


def test_a_frame_needs_a_crs_and_is_not_written_to() -> None:
    frame = gpd.GeoDataFrame({"id": ["a"]}, geometry=[PLOT])
    with pytest.raises(InputError, match="declares no coordinate system"):
        read_sites(frame)
    told = frame.set_crs("EPSG:4490")
    before = told.copy()
    assert read_sites(told).sites[0].site_id == "a"
    assert told.equals(before)


def test_typed_points() -> None:
    site = read_sites(None, at=[(112.55, 37.87)]).sites[0]
    assert (site.site_id, site.geometry.x) == ("112.55,37.87", 112.55)
    assert parse_lonlat("112.55，37.87") == (112.55, 37.87)
    for text in ("112.55", "a,b", "1,2,3", "nan,1", ""):
        with pytest.raises(UsageError, match="LON,LAT"):
            parse_lonlat(text)
    with pytest.raises(InputError, match="no site given"):
        read_sites(None)
    with pytest.raises(UsageError, match="accuracy"):
        read_sites(None, at=[(112.0, 38.0)], site_accuracy_m=-1.0)


def test_the_frame_of_sites_has_its_columns() -> None:
    frame = read_sites(None, at=[(112.55, 37.87), (0.0, 0.0)]).frame
    assert list(frame.columns) == ["site_id", "name", "file", "accuracy_m", "problems", "geometry"]
    assert frame.geometry.isna().tolist() == [False, True]


def test_a_frame_that_was_read_is_as_it_was() -> None:
    """A table lets its shapes go while they are quantised; those of a caller stay."""
    frame = gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=[PLOT, None], crs="EPSG:4490")
    before = frame.geometry.to_wkt().tolist()
    assert [s.usable for s in read_sites(frame).sites] == [True, False]
    assert frame.geometry.to_wkt().tolist() == before


CORNERS = [shapely.Point(pair) for pair in PLOT.exterior.coords[:4]]
LABELS = ["J1", "J2", "J3", "J4"]


@pytest.mark.parametrize(
    "given",
    [
        gpd.GeoDataFrame({"点号": [1, 2, 3, 4]}, geometry=CORNERS, crs="EPSG:4490"),
        gpd.GeoDataFrame({"name": LABELS}, geometry=CORNERS, crs="EPSG:4490").to_crs("EPSG:4547"),
        gpd.GeoSeries(CORNERS, index=LABELS, crs="EPSG:4490"),
        [*CORNERS, CORNERS[0]],
        [shapely.MultiPoint(CORNERS)],
        "MULTIPOINT (112.60 38.00, 112.61 38.00, 112.61 38.01, 112.60 38.01)",
    ],
    ids=["numbered", "named", "indexed", "closed", "one feature", "text"],
)
def test_points_of_a_caller_that_may_be_corners_are_in_doubt(given: Any) -> None:
    asked = read_sites(given)
    assert all(site.doubtful for site in asked.sites)
    assert "guess: shape taken as points" in asked.sites[0].problems[0]
    points = read_sites(given, assume={"shape": "points"})
    assert not any(site.doubtful for site in points.sites)
    (plot,) = read_sites(given, assume={"shape": "ring"}).sites
    assert not plot.doubtful
    assert plot.geometry is not None and plot.geometry.area == pytest.approx(PLOT.area, rel=1e-4)


def test_points_of_a_caller_that_nothing_calls_corners_are_places() -> None:
    named = gpd.GeoDataFrame(
        {"name": ["甲厂", "乙厂", "丙厂", "丁厂"], "序号": [1, 2, 3, 4]},
        geometry=CORNERS,
        crs="EPSG:4490",
    )
    crossing = shapely.MultiPoint([CORNERS[k] for k in (0, 2, 1, 3)])
    for given in (named, CORNERS, [crossing], CORNERS[:2]):
        assert not any(site.doubtful for site in read_sites(given).sites)
