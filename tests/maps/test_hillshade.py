"""A hillshade from an elevation model: where it lies, what it shows, how large it may be, what is
refused.
"""

from __future__ import annotations

import base64
import re
import subprocess
import sys

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sxgeo.cli import main
from sxgeo.errors import InputError
from sxgeo.maps import build_map, hillshade
from sxgeo.maps.backdrop import backdrop
from sxgeo.maps.hillshade import MOST_BYTES, enlargement, hillshade_of, shaded

rasterio = pytest.importorskip("rasterio")
from_bounds = rasterio.transform.from_bounds

BOUNDS = (112.0, 37.5, 113.0, 38.5)


def write(
    path,
    heights,
    *,
    bounds=(111.5, 37.0, 113.5, 39.0),
    crs="EPSG:4490",
    nodata=-9999.0,
    tags=None,
    driver="GTiff",
):
    heights = np.atleast_3d(np.asarray(heights, dtype="float32"))
    high, wide, count = heights.shape
    shape = {"height": high, "width": wide, "count": count, "dtype": "float32", "nodata": nodata}
    with rasterio.open(
        path, "w", driver=driver, crs=crs, transform=from_bounds(*bounds, wide, high), **shape
    ) as target:
        target.write(np.moveaxis(heights, 2, 0))
        target.update_tags(**(tags or {}))
    return path


def hills(size=200):
    x, y = np.meshgrid(np.linspace(0, 12, size), np.linspace(0, 12, size))
    return 1000 + 400 * np.sin(x) * np.cos(y)


@pytest.fixture(autouse=True)
def _fewer_pixels(monkeypatch):
    monkeypatch.setattr(hillshade, "_MOST_PIXELS", 500)


def decoded(relief):
    with rasterio.MemoryFile(relief.image) as file, file.open() as picture:
        return picture.read()


def test_a_slope_towards_the_light_is_brighter_than_flat_ground_and_one_away_is_darker():
    x, _ = np.meshgrid(np.arange(30.0), np.arange(30.0))
    west_facing, flat, east_facing = (shaded(h * 10, 30.0)[0][15, 15] for h in (x, x * 0, -x))
    assert west_facing > flat > east_facing  # the light comes from the west and north-west


def test_a_flat_plain_is_one_tone_and_needs_no_enlargement():
    plain = np.full((20, 20), 800.0)
    assert len(np.unique(shaded(plain, 30.0)[0])) == 1
    assert enlargement(plain, 30.0) == 1.0


@settings(max_examples=25)
@given(height=st.floats(-100, 3000), turn=st.integers(0, 3))
def test_the_shade_depends_on_slopes_and_never_on_the_height(height, turn):
    ground = np.rot90(hills(24), turn)
    assert np.array_equal(shaded(ground, 90.0), shaded(ground + round(height), 90.0))


def test_where_no_height_is_known_the_picture_is_transparent():
    ground = hills(20)
    ground[:5] = np.nan
    alpha = shaded(ground, 30.0)[1]
    assert (alpha[:5] == 0).all()
    assert (alpha[5:] == 255).all()


def test_the_picture_lies_where_model_and_map_meet_and_tells_source_and_date(tmp_path):
    path = write(
        tmp_path / "dem.tif", hills(), tags={"SOURCE": "测绘院", "TIFFTAG_DATETIME": "2021:05:01"}
    )
    relief = hillshade_of(path, BOUNDS)
    assert relief.bounds == pytest.approx(BOUNDS, abs=1e-5)
    assert relief.words.startswith("dem.tif，来源：测绘院，日期：2021:05:01，竖向夸大")
    assert len(relief.image) <= MOST_BYTES
    assert hillshade_of(path, BOUNDS) == relief
    silent = hillshade_of(write(tmp_path / "silent.tif", hills()), BOUNDS)
    assert "来源不明，日期不明" in silent.words


def test_a_known_hill_lies_at_its_place_in_the_picture(tmp_path):
    """A cone at 112.25 E, 38.25 N, on the 3-degree plane: it lies round its summit, bright to the
    north-west.
    """
    size, step = 400, 400.0
    x, y = np.meshgrid(np.arange(size), np.arange(size))
    from sxgeo.geometry.projection import to_plane

    east, north = np.array(to_plane(shapely.Point(112.25, 38.25), "EPSG:4546").coords[0])
    west_edge, north_edge = east - 150 * step, north + 120 * step
    heights = np.maximum(0, 3000 - np.hypot(x + 0.5 - 150, y + 0.5 - 120) * 60)
    extent = (west_edge, north_edge - size * step, west_edge + size * step, north_edge)
    relief = hillshade_of(
        write(tmp_path / "cone.tif", heights, bounds=extent, crs="EPSG:4546"), BOUNDS
    )
    tone = decoded(relief)[0].astype(float)
    west, south, east_, north_ = relief.bounds
    high, wide = tone.shape
    merc = lambda lat: np.log(np.tan(np.pi / 4 + np.radians(lat) / 2))  # noqa: E731
    column = (112.25 - west) / (east_ - west) * wide
    row = (merc(north_) - merc(38.25)) / (merc(north_) - merc(south)) * high
    flat = np.median(tone)
    hill = np.argwhere(np.abs(tone - flat) > 12)
    assert (hill.min(axis=0) + hill.max(axis=0)) / 2 == pytest.approx(
        (row, column), abs=0.01 * wide
    )
    bright, dark = (np.argwhere(mask).mean(axis=0) for mask in (tone > flat + 8, tone < flat - 40))
    assert bright[0] < row < dark[0]
    assert bright[1] < column < dark[1]


def test_nodata_of_the_file_is_transparent_and_the_rest_is_not(tmp_path):
    heights = hills()
    heights[:, :100] = -9999  # west of 112.5 E
    picture = decoded(hillshade_of(write(tmp_path / "half.tif", heights), BOUNDS))
    alpha, wide = picture[-1], picture.shape[2]
    assert (alpha[:, : int(wide * 0.47)] == 0).all()
    assert (alpha[:, int(wide * 0.53) :] == 255).all()


def test_a_noisy_model_is_drawn_with_fewer_pixels_until_it_fits(tmp_path, monkeypatch):
    path = write(tmp_path / "noise.tif", np.random.default_rng(1).uniform(0, 3000, (700, 700)))
    monkeypatch.setattr(hillshade, "MOST_BYTES", 60_000)
    relief = hillshade_of(path, BOUNDS)
    assert 0 < len(relief.image) <= 60_000


def test_an_arcinfo_grid_with_its_prj_is_read_as_well(tmp_path):
    grid = write(tmp_path / "dem.tif", hills(60))
    with rasterio.open(grid) as model:
        rows = "\n".join(" ".join(f"{v:.1f}" for v in row) for row in model.read(1))
        head = (
            f"ncols 60\nnrows 60\nxllcorner 111.5\nyllcorner 37.0\ncellsize {2 / 60}\nNODATA_value"
            " -9999\n"
        )
        (tmp_path / "dem.asc").write_text(head + rows)
        (tmp_path / "dem.prj").write_text(model.crs.to_wkt())
    assert hillshade_of(tmp_path / "dem.asc", BOUNDS).bounds == pytest.approx(BOUNDS, abs=1e-5)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"crs": None}, "it has no CRS; write the one it was made in"),
        ({"crs": "EPSG:2382"}, "needs seven parameters"),
        (
            {"bounds": (100.0, 20.0, 101.0, 21.0)},
            r"does not overlap the zone: it spans 100\.00, 20\.00, 101\.00, 21\.00",
        ),
        ({"heights": np.dstack([hills(20)] * 3)}, "it has 3 bands, so it is an image"),
        ({"heights": np.full((20, 20), -9999.0)}, "holds no heights in the zone"),
    ],
)
def test_a_model_that_cannot_be_used_is_refused_with_the_reason(tmp_path, values, words):
    path = write(tmp_path / "dem.tif", values.pop("heights", hills(20)), **values)
    with pytest.raises(InputError, match=words):
        hillshade_of(path, BOUNDS)


def test_a_file_that_is_no_raster_is_refused_and_one_that_points_elsewhere_too(tmp_path):
    (tmp_path / "text.tif").write_text("no raster")
    with pytest.raises(InputError, match=r"'text\.tif' is no elevation raster.*give a GeoTIFF"):
        hillshade_of(tmp_path / "text.tif", BOUNDS)
    target = write(tmp_path / "dem.tif", hills(20))
    vrt = (
        '<VRTDataset rasterXSize="20" rasterYSize="20"><VRTRasterBand dataType="Float32"'
        ' band="1"><SimpleSource>'
    )
    (tmp_path / "far.vrt").write_text(
        f"{vrt}<SourceFilename>{target}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    with pytest.raises(InputError, match=r"'far\.vrt' is no elevation raster"):
        hillshade_of(tmp_path / "far.vrt", BOUNDS)
    with pytest.raises(InputError, match="is no file"):
        hillshade_of(tmp_path / "missing.tif", BOUNDS)
    whole = write(
        tmp_path / "whole.tif", np.random.default_rng(2).uniform(0, 9, (300, 300))
    ).read_bytes()
    (tmp_path / "cut.tif").write_bytes(whole[: len(whole) // 3])
    with pytest.raises(InputError, match=r"'cut\.tif'"):
        hillshade_of(tmp_path / "cut.tif", BOUNDS)


def test_the_page_carries_the_picture_as_data_and_names_it_on_its_face(tmp_path):
    path = write(tmp_path / "dem.tif", hills(), tags={"SOURCE": "<script>x</script>"})
    page = build_map("taixin_taiyuan", hillshade=path).to_html()
    assert "img-src data: blob:;" in page
    uri = re.search(r'"uri":"data:image\\?/(webp|png);base64,([^"]+)"', page)
    assert uri
    assert base64.b64decode(uri[2].replace("\\/", "/"))
    assert "地形晕渲（dem.tif" in page
    assert "<script>x" not in page
    assert page == build_map("taixin_taiyuan", hillshade=path).to_html()


def test_nothing_asked_for_is_nothing_added():
    assert backdrop(shapely.box(*BOUNDS)) == type(backdrop(shapely.box(*BOUNDS)))()
    assert '"backdrop":' not in build_map("taixin_taiyuan").to_html()


def test_without_rasterio_the_error_names_the_extra():
    code = (
        "import sys; sys.modules['rasterio'] = None\nimport sxgeo\n"
        "try:\n    sxgeo.build_map('taixin_taiyuan', hillshade='dem.tif')\n"
        "except sxgeo.UsageError as error:\n    print(error)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert "pip install 'sxgeo[raster]'" in told.stdout


def test_the_command_line_takes_a_model_for_the_map_of_one_zone(tmp_path, capsys):
    path = write(tmp_path / "dem.tif", hills())
    target = tmp_path / "map.html"
    assert main(["map", "taixin_taiyuan", "--hillshade", str(path), "-o", str(target)]) == 0
    assert "地形晕渲" in target.read_text("utf-8")
    capsys.readouterr()
    assert main(["map", "--all", "--hillshade", str(path)]) == 2
    assert "for the map of one zone" in capsys.readouterr().err
    assert (
        main(["map", "--hillshade", str(tmp_path / "none.tif"), "-o", str(tmp_path / "b.html")])
        == 3
    )
    assert not (tmp_path / "b.html").exists()
