"""The newer options of `sxgeo reach`: shapes, land, people, open ground, routes, the map."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from small_roads import GEOD

from sxgeo.analysis.accessibility.travel_times import travel_times
from sxgeo.analysis.network.bundled import load_network
from sxgeo.cli import main
from sxgeo.geometry.projection import to_degrees

TAIYUAN, XINFU, APART = "112.5489,37.8706", "112.7346,38.4163", "112.6,38.2"
PLANE, WEST, NORTH = "EPSG:4547", 370_000.0, 4_200_000.0


def run(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str, str]:
    code = main(["reach", *(str(arg) for arg in args)])
    out, err = capsys.readouterr()
    return code, out, err


def features(out: str) -> list[dict]:
    return json.loads(out)["features"]


def shape(feature: dict):
    return shapely.from_geojson(json.dumps(feature["geometry"]))


@pytest.fixture(scope="module")
def rasters(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A level DEM, one class of ground and ten people in each hectare, 10 km by 10 km round a place
    off the road.
    """
    rasterio = pytest.importorskip("rasterio")
    pytest.importorskip("skimage")
    pytest.importorskip("exactextract")
    folder = tmp_path_factory.mktemp("rasters")
    transform = rasterio.transform.Affine(100, 0, WEST, 0, -100, NORTH)
    told = {"dem": ("float32", 900), "cover": ("uint8", 10), "people": ("float32", 10)}
    for name, (kind, value) in told.items():
        with rasterio.open(
            folder / f"{name}.tif", "w", driver="GTiff", width=100, height=100, count=1, dtype=kind, crs=PLANE,
            transform=transform, nodata=0,
        ) as file:  # fmt: skip
            file.write(np.full((1, 100, 100), value, dtype=kind))
    return {name: folder / f"{name}.tif" for name in told}


def place(east_m: float = 5_000, south_m: float = 5_000) -> str:
    point = to_degrees(shapely.Point(WEST + east_m, NORTH - south_m), PLANE)
    return f"{point.x:.7f},{point.y:.7f}"


def test_shapes_are_named_in_the_answer(capsys):
    code, out, _ = run(capsys, TAIYUAN, "--minutes", "15,30", "--shape", "edges")
    edges = features(out)
    assert code == 0 and [f["properties"]["kind"] for f in edges] == ["edges"] * 2
    assert {f["geometry"]["type"] for f in edges} == {"MultiLineString"}
    assert set(edges[0]["properties"]) == {"origin_id", "minutes", "kind", "length_km", "snap_m"}
    code, out, err = run(capsys, TAIYUAN, "--minutes", "15", "--shape", "hull")
    (hull,) = features(out)
    assert code == 0 and hull["properties"]["kind"] == "hull" and "convex hull" in err
    _, out, _ = run(capsys, TAIYUAN, "--minutes", "15")
    assert hull["properties"]["area_km2"] > features(out)[0]["properties"]["area_km2"]


def test_land_takes_water_off_and_says_so(capsys, tmp_path: Path):
    land = tmp_path / "land.geojson"
    gpd.GeoDataFrame(geometry=[shapely.box(112, 37, 112.5489, 39)], crs="EPSG:4326").to_file(land)
    code, out, err = run(capsys, TAIYUAN, "--minutes", "15", "--land", land)
    (told,) = features(out)
    assert code == 0 and told["properties"]["water_km2"] > 10 and "water was taken off" in err
    assert shape(told).bounds[2] <= 112.5489 + 1e-6


def test_people_are_counted_and_what_is_not_known_is_told(capsys, rasters):
    code, out, err = run(
        capsys, place(), "--minutes", "30,60", "--by", "walk", "--population", rasters["people"]
    )
    near, far = (f["properties"] for f in features(out))
    assert code == 0 and near["known_share"] == 1 == near["population"] / round(near["population"])
    assert near["population"] == pytest.approx(
        near["area_km2"] * 1000, rel=0.01
    )  # ten in a hectare
    assert far["known_share"] <= 1 and ("population at least" in err) == (far["known_share"] < 1)


def test_open_ground_is_walked_with_and_without_roads(capsys, rasters):
    ground = ("--minutes", "30", "--dem", rasters["dem"])
    code, out, err = run(capsys, place(), *ground, "--network", "none")
    (alone,) = features(out)
    assert code == 0 and err == "" and alone["properties"]["snap_m"] == 0
    cover = ("--land-cover", rasters["cover"], "--speeds", "10=6")
    _, out, _ = run(capsys, place(), *ground, *cover, "--network", "none")
    assert features(out)[0]["properties"]["area_km2"] > 2 * alone["properties"]["area_km2"]
    code, out, _ = run(capsys, place(), *ground)
    (joint,) = features(out)
    assert code == 0 and joint["properties"]["road_min"] >= 0
    assert shape(joint).buffer(1e-3).covers(shape(alone))


def test_barriers_and_bounds_reach_the_surface(capsys, rasters, tmp_path: Path):
    wall = to_degrees(
        shapely.LineString([(WEST + 5_350, NORTH + 100), (WEST + 5_350, NORTH - 10_100)]), PLANE
    )
    file = tmp_path / "river.gpkg"
    gpd.GeoDataFrame(geometry=[wall], crs="EPSG:4490").to_file(file)
    ground = ("--minutes", "30", "--dem", rasters["dem"], "--network", "none")
    _, out, _ = run(capsys, place(), *ground, "--barriers", file)
    assert not shape(features(out)[0]).intersects(wall)
    west, south = place(4_000, 6_000).split(",")
    east, north = place(6_000, 4_000).split(",")
    code, out, err = run(capsys, place(), *ground, "--bounds", f"{west},{south},{east},{north}")
    assert (
        code == 0
        and "goes on beyond the edge" in err
        and features(out)[0]["properties"]["area_km2"] < 5
    )


def test_the_way_there_takes_the_time_of_the_table(capsys, tmp_path: Path):
    code, out, err = run(capsys, TAIYUAN, "--to", XINFU, "--to", APART)
    told = features(out)
    assert code == 0 and err == ""
    assert [f["geometry"]["type"] for f in told] == ["LineString"] * 2
    pairs = [tuple(map(float, text.split(","))) for text in (TAIYUAN, XINFU, APART)]
    table = travel_times(load_network("taixin"), pairs[:1], pairs[1:])
    assert [f["properties"]["minutes"] for f in told] == table["minutes"].tolist()
    length_km = GEOD.geometry_length(shape(told[1])) / 1000
    assert (
        length_km < told[1]["properties"]["length_km"] < 1.2 * length_km
    )  # the chords run short of the road
    target = tmp_path / "way.gpkg"
    assert run(capsys, TAIYUAN, "--to", XINFU, "--format", "gpkg", "-o", target)[0] == 0
    assert len(gpd.read_file(target, layer="routes")) == 1


def test_a_place_without_a_road_has_no_way(capsys):
    code, out, err = run(capsys, TAIYUAN, "--to", "113.0,38.0", "--to", XINFU)
    found, lost = features(out)
    assert code == 5 and lost["geometry"] is None and lost["properties"]["minutes"] is None
    assert found["properties"]["minutes"] > 50 and "no way from" in err and "nearest road" in err


def test_the_map_tells_of_ground_people_and_water(capsys, tmp_path: Path, rasters):
    target, land = tmp_path / "reach.html", tmp_path / "land.geojson"
    gpd.GeoDataFrame(geometry=[shapely.box(112, 37, 112.58, 39)], crs="EPSG:4326").to_file(land)
    asked = (
        place(),
        "--minutes",
        "30,150",
        "--dem",
        rasters["dem"],
        "--land",
        land,
        "--population",
        rasters["people"],
    )
    code, out, err = run(capsys, *asked, "--format", "html", "-o", target)
    assert code == 0 and out == "" and f"wrote {target}: map of taixin" in err
    page = target.read_text(encoding="utf-8")
    for words in (
        place(),
        "按所给高程步行越野，约",
        "平方公里（按所给陆域）",
        "可达人口",
        "只到所给栅格的边缘",
    ):
        assert words in page


def test_people_that_are_not_all_known_are_a_lower_bound_on_the_map():
    from sxgeo.maps.bands import _people

    assert _people({"population": 1234.7, "known_share": 1.0}) == "1,234 人"
    assert (
        _people({"population": 1234.7, "known_share": 0.75})
        == "不少于 1,234 人（25.0% 面积无人口数据）"
    )
    assert _people({"population": float("nan"), "known_share": 0.0}) == "不详（所给人口栅格未覆盖）"
    assert _people({"minutes": 15}) == ""


def test_compare_takes_what_the_single_question_takes(capsys):
    options = ("--reverse", "--band", "--merged")
    asked = (XINFU, TAIYUAN, "--minutes", "60", "--by", "road+rail")
    code, out, _ = run(capsys, *asked, "--compare", "2027-12-31", *options)
    told = features(out)
    assert code == 0
    _, out, _ = run(capsys, *asked, "--as-of", "2027-12-31", *options)
    later = features(out)
    after = [f for f in told if f["properties"]["change"] == "after"]
    key = ("origin_id", "minutes", "contour")
    assert [[f["properties"].get(k) for k in key] for f in after] == [
        [f["properties"].get(k) for k in key] for f in later
    ]
    for ours, theirs in zip(after, later, strict=True):
        assert ours["properties"]["area_km2"] == pytest.approx(
            theirs["properties"]["area_km2"], rel=0.01
        )
    gained = [f for f in told if f["properties"]["change"] == "gained"]
    assert gained and all(f["properties"]["area_km2"] > 0 for f in gained)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "--minutes is missing"),
        (("--minutes", "15", "--to", XINFU), "--to does not go with --minutes"),
        (("--to", XINFU, "--by", "rail"), "train rides have no course"),
        (("--minutes", "15", "--format", "html"), "--format html needs -o FILE"),
        (("--minutes", "15", "--shape", "hull", "--format", "html", "-o", "x.html"), "draws areas, not --shape hull"),
        (
            ("--minutes", "15", "--format", "html", "-o", "x.html", "--compare", "2027-12-31", "--by", "rail", "--band"),
            "draws areas, not --compare with --band",
        ),
        (("--minutes", "15", "--shape", "edges", "--land", "x.gpkg"), "--shape edges gives roads; land needs areas"),
        (("--minutes", "15", "--speeds", "1=2", "--cell-m", "30"), "--speeds needs --dem"),
        (("--minutes", "15", "--network", "none"), "--network none needs --dem"),
        (("--minutes", "15", "--dem", "x.tif", "--band", "--merged"), "--dem does not go with --merged"),
        (("--minutes", "15", "--dem", "x.tif", "--land-cover", "y.tif"), "land_cover and speeds_kmh go together"),
        (("--minutes", "15", "--dem", "x.tif", "--land-cover", "y.tif", "--speeds", "a=b"), "--speeds 'a=b' is not"),
        (("--minutes", "15", "--dem", "x.tif", "--bounds", "1,2"), "give west, south, east, north"),
        (("--minutes", "15", "--compare", "2027-12-31", "--by", "rail", "--dem", "x.tif"), "--compare does not go with --dem"),
    ],
)  # fmt: skip
def test_options_that_do_not_go_together_exit_2(capsys, args, words):
    code, out, err = run(capsys, TAIYUAN, *args)
    assert (code, out) == (2, "") and words in err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--land", "none.gpkg"), "land file 'none.gpkg' does not exist"),
        (("--population", "none.tif"), "population raster 'none.tif' does not exist"),
        (("--dem", "none.tif"), "DEM 'none.tif' does not exist"),
    ],
)
def test_files_that_are_not_there_exit_3(capsys, args, words):
    code, out, err = run(capsys, TAIYUAN, "--minutes", "15", *args)
    assert (code, out) == (3, "") and words in err
