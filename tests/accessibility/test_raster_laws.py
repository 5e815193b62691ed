"""Rasters on a grid, step by step: each limit from both sides, each value against plain counting."""

from __future__ import annotations

from itertools import pairwise, product
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sxgeo.analysis.accessibility import rasters
from sxgeo.analysis.accessibility.friction import Grid
from sxgeo.analysis.accessibility.rasters import friction_surface, opened, sampled
from sxgeo.errors import InputError, UsageError
from sxgeo.geometry.projection import to_degrees

rasterio = pytest.importorskip("rasterio")

PLANE = "EPSG:4547"
WEST, NORTH = 400_000.0, 4_210_000.0
NAN = float("nan")


def write(path: Path, values: Any, *, pixel: float = 50.0, crs: str = PLANE, **more: Any) -> Path:
    values = np.asarray(values)
    west, north = more.pop("corner", (WEST, NORTH))
    told = {"driver": "GTiff", "width": values.shape[1], "height": values.shape[0], "count": 1}
    told |= {"dtype": values.dtype, "crs": crs, "nodata": more.pop("nodata", -9999)}
    scale, offset = more.pop("scale", 1.0), more.pop("offset", 0.0)
    transform = rasterio.transform.Affine(pixel, 0, west, 0, -pixel, north)
    with rasterio.open(path, "w", **told, transform=transform, **more) as file:
        file.scales, file.offsets = (scale,), (offset,)
        file.write(values[None])
    return path


def rough(rows: int, columns: int, seed: int = 1) -> Any:
    return np.random.default_rng(seed).integers(800, 900, (rows, columns)).astype(np.float32)


def grid_of(rows: int, columns: int, cell_m: float, west: float = 0, north: float = 0) -> Grid:
    return Grid(PLANE, WEST + west, NORTH - north, cell_m, rows, columns)


def read(path: Path, grid: Grid, *, nearest: bool) -> Any:
    with opened(path, "DEM") as dataset:
        parts = list(sampled(dataset, grid, nearest=nearest))
    ends = [0, *(last for _, last, _ in parts)]
    assert [(first, last) for first, last, _ in parts] == list(pairwise(ends))
    return np.vstack([values for *_, values in parts])


# values
# ------------------------------------------------------------------------------------------


def mean_of_four(table: Any, u: float, v: float) -> float:
    """The mean of the four values round a place, each by how near it lies; at the rim the last."""
    total = 0.0
    for i, k in product((0, 1), (0, 1)):
        column, row = int(np.floor(u)) + i, int(np.floor(v)) + k
        weight = (1 - abs(u - column)) * (1 - abs(v - row))
        if weight > 1e-9:
            at = min(max(row, 0), table.shape[0] - 1), min(max(column, 0), table.shape[1] - 1)
            total += weight * table[at]
    return total


@settings(max_examples=40)
@given(st.integers(0, 999))
def test_a_height_is_the_mean_of_the_four_round_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.uniform(0, 100, (3, 4))
    table[rng.uniform(size=table.shape) < 0.1] = np.nan
    u = np.concatenate([rng.uniform(-0.5, 3.5, 6), rng.integers(0, 4, 4)])
    v = np.concatenate([rng.uniform(-0.5, 2.5, 6), rng.integers(0, 3, 4)])
    told = [mean_of_four(table, *place) for place in zip(u, v, strict=True)]
    np.testing.assert_allclose(rasters._bilinear(table, u, v), told, rtol=1e-12)
    pixels = [
        table[min(max(int(np.floor(b)), 0), 2), min(max(int(np.floor(a)), 0), 3)]
        for a, b in zip(u, v, strict=True)
    ]
    np.testing.assert_array_equal(rasters._nearest(table, u, v), pixels)


@given(st.lists(st.floats(0, 60), min_size=1, max_size=5), st.integers(1, 7), st.integers(1, 61))
def test_the_pixels_of_places_hold_them_and_their_neighbours(
    places: list[float], step: int, size: int
) -> None:
    first, last = rasters._pixels(np.array(places), step, size)
    blocks = [int(np.floor(place / step)) for place in places]
    assert first == max(0, (min(blocks) - 1) * step)
    assert last == min(size, (max(blocks) + 2) * step)


@pytest.mark.parametrize("corner", [(0.0, 0.0), (130.0, -70.0), (-90.0, 115.0)])
def test_a_raster_is_read_at_the_middles_of_the_cells(
    tmp_path: Path, corner: tuple[float, float]
) -> None:
    values = rough(13, 17)
    values[4, 5] = -9999
    path = write(tmp_path / "d.tif", values)
    known = np.where(values == -9999, np.nan, values)
    grid = grid_of(11, 9, 41.0, *corner)
    heights, codes = read(path, grid, nearest=False), read(path, grid, nearest=True)
    for row, column in product(range(11), range(9)):
        u = (corner[0] + (column + 0.5) * 41) / 50
        v = (corner[1] + (row + 0.5) * 41) / 50
        inside = 0 <= u < 17 and 0 <= v < 13
        expected = mean_of_four(known, u - 0.5, v - 0.5) if inside else NAN
        assert heights[row, column] == pytest.approx(expected, rel=1e-6, nan_ok=True)
        expected = known[int(v), int(u)] if inside else NAN
        assert codes[row, column] == pytest.approx(expected, nan_ok=True)


def test_pixels_finer_than_cells_are_taken_together(tmp_path: Path) -> None:
    values = rough(12, 18)
    path = write(tmp_path / "d.tif", values)
    # a cell of three pixels: its middle is that of a block of three by three
    told = read(path, grid_of(4, 6, 150.0), nearest=False)
    blocks = values.reshape(4, 3, 6, 3).mean(axis=(1, 3))
    assert told == pytest.approx(blocks, rel=1e-6)
    codes = np.ones((12, 18), dtype=np.uint8)
    codes[:, 9:] = 2
    codes[::3, ::3] = 7
    cover = write(tmp_path / "c.tif", codes, nodata=0)
    told = read(cover, grid_of(4, 6, 150.0), nearest=True)
    assert told.tolist() == [[1, 1, 1, 2, 2, 2]] * 4
    # not quite two pixels are read one by one
    told = read(path, grid_of(6, 9, 99.9), nearest=True)
    assert told[0, 0] == values[0, 0] and told[1, 1] == values[2, 2]


def test_a_raster_has_no_value_from_its_far_edges_on(tmp_path: Path) -> None:
    path = write(tmp_path / "d.tif", rough(4, 6))
    with opened(path, "DEM") as dataset:
        for u, v, inside in (
            (0, 0, True), (6 - 1e-9, 4 - 1e-9, True), (6, 1, False), (1, 4, False),
            (-1e-9, 1, False), (1, -1e-9, False), (NAN, 1, False),
        ):  # fmt: skip
            for nearest in (False, True):
                told = rasters._at(dataset, np.array([u]), np.array([v]), 1, nearest)
                assert np.isfinite(told[0]) == inside


def test_scale_and_offset_are_for_heights_and_not_for_codes(tmp_path: Path) -> None:
    path = write(tmp_path / "d.tif", np.full((5, 5), 7, np.int16), scale=3.0, offset=11.0)
    assert read(path, grid_of(5, 5, 50.0), nearest=False) == pytest.approx(32)
    assert (read(path, grid_of(5, 5, 50.0), nearest=True) == 7).all()


@pytest.mark.parametrize("block", [1, 3, 10, 1000])
def test_blocks_of_rows_are_read_one_after_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    path = write(tmp_path / "d.tif", rough(20, 10))
    grid = grid_of(20, 10, 50.0)
    whole = read(path, grid, nearest=False)
    with opened(path, "DEM") as dataset:
        pixels = next(rasters._pixel_blocks(dataset, grid))
    assert pixels.shape == (20, 10)
    monkeypatch.setattr(rasters, "BLOCK_CELLS", block)
    assert (read(path, grid, nearest=False) == whole).all()

    # of pixels each block has the last row of the one before
    with opened(path, "DEM") as dataset:
        parts = list(rasters._pixel_blocks(dataset, grid))
    rows = max(2, block // 10)
    begins = range(0, 20, rows)
    assert len(parts) == len(begins)
    for first, part in zip(begins, parts, strict=True):
        assert (part == pixels[max(0, first - 1) : first + rows]).all()


def test_the_pixels_of_a_grid_in_the_middle_are_those_beneath_it(tmp_path: Path) -> None:
    values = rough(30, 40)
    path = write(tmp_path / "d.tif", values)
    with opened(path, "DEM") as dataset:
        (pixels,) = rasters._pixel_blocks(dataset, grid_of(6, 5, 50.0, 500, 700))
    # from one before the first middle to one behind the last
    assert (pixels == values[13:21, 9:16]).all()


# what is no ground
# ------------------------------------------------------------------------------------------


def test_steps_are_those_between_pixels_of_one_height_and_others() -> None:
    rng = np.random.default_rng(2)
    values = rng.integers(0, 4, (6, 7)).astype(float)
    values[2, 3] = np.nan
    same = values == 0
    told = sorted(rasters._jumps(values, same).tolist())
    pairs = [(i, k) for i in range(5) for k in range(7) if same[i, k] != same[i + 1, k]]
    steps = [abs(values[i + 1, k] - values[i, k]) for i, k in pairs]
    assert told == sorted(s for s in steps if np.isfinite(s)) and len(told) > 5


@pytest.mark.parametrize(
    ("ground", "zeros", "between", "refused"),
    [
        (20.0, 3, 0, False),
        (20.1, 3, 0, True),
        (900.0, 1, 0, True),
        (900.0, 0, 0, False),
        # a shore: more than a tenth as many cells lie between
        (900.0, 10, 1, True),
        (900.0, 10, 2, False),
    ],
)
def test_zeros_far_below_all_others_stand_for_nothing(
    ground: float, zeros: int, between: int, refused: bool
) -> None:
    heights = np.full(200, ground, dtype=np.float32)
    heights[:zeros] = 0
    heights[20 : 20 + between] = 10
    heights[100] = np.nan
    if refused:
        words = f"{zeros} cells of exactly 0 m beside ground that begins at about {ground:.0f} m"
        with pytest.raises(InputError, match=words):
            rasters._check_zeros(heights.reshape(20, 10), "d.tif")
    else:
        rasters._check_zeros(heights.reshape(20, 10), "d.tif")


def test_nothing_but_zeros_is_a_sea() -> None:
    rasters._check_zeros(np.zeros((3, 3), dtype=np.float32), "d.tif")
    rasters._check_zeros(np.full((3, 3), np.nan, dtype=np.float32), "d.tif")


@pytest.mark.parametrize(
    ("pixels", "gap", "refused"),
    [(8, 101.0, True), (7, 101.0, False), (8, 99.0, False), (8, -101.0, True)],
)
def test_eight_pixels_that_stand_off_by_a_hundred_metres_are_no_ground(
    tmp_path: Path, pixels: int, gap: float, refused: bool
) -> None:
    values = 900 + np.arange(400, dtype=np.float32).reshape(20, 20) / 1e4
    values[9, 5 : 5 + pixels] = 900 - gap
    path = write(tmp_path / "d.tif", values)
    with opened(path, "DEM") as dataset:
        if refused:
            with pytest.raises(InputError, match=f"has {pixels} pixels of exactly {900 - gap:g} m"):
                rasters._check_fillers(dataset, grid_of(20, 20, 50.0), path)
        else:
            rasters._check_fillers(dataset, grid_of(20, 20, 50.0), path)


def test_on_large_pixels_a_filler_stands_off_by_more(tmp_path: Path) -> None:
    for gap, refused in ((310.0, True), (290.0, False)):
        values = 900 + np.arange(400, dtype=np.float32).reshape(20, 20) / 1e4
        values[5:9, 5:9] = 900 - gap
        path = write(tmp_path / "d.tif", values, pixel=200.0)
        grid = grid_of(20, 20, 200.0)
        with opened(path, "DEM") as dataset:
            if refused:
                with pytest.raises(InputError, match="16 pixels"):
                    rasters._check_fillers(dataset, grid, path)
            else:
                rasters._check_fillers(dataset, grid, path)


@pytest.mark.parametrize(
    ("low", "high", "sound"),
    [(-500, 9000, True), (-500.5, 300, False), (300, 9000.5, False), (-400, 8000, True)],
)
def test_heights_that_the_earth_has_not_are_refused(
    tmp_path: Path, low: float, high: float, sound: bool
) -> None:
    values = np.linspace(low, high, 900, dtype=np.float32).reshape(30, 30)
    path = write(tmp_path / "d.tif", values)
    grid = grid_of(30, 30, 50.0)
    with opened(path, "DEM") as dataset:
        if sound:
            assert rasters._heights(dataset, grid, path) == pytest.approx(values, rel=1e-6)
        else:
            with pytest.raises(InputError, match=f"heights from {low:g} to {high:g} m"):
                rasters._heights(dataset, grid, path)


@pytest.mark.parametrize("unit", ["", "m", "Metre", " metres ", "METER", "meters", "米"])
def test_metres_have_many_names(tmp_path: Path, unit: str) -> None:
    path = write(tmp_path / "d.tif", rough(5, 5))
    with rasterio.open(path, "r+") as file:
        file.units = (unit,)
    assert friction_surface(path).known.all()


# options
# ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kmh", [0, 0.0, 200, 200.0, np.float32(3.5), np.int64(4)])
@pytest.mark.parametrize("code", [0, 7, -3, 5.0, np.uint8(9)])
def test_speeds_from_0_to_200_of_whole_classes_are_taken(kmh: Any, code: Any) -> None:
    rasters._check_options("c.tif", {code: kmh}, None, None)


@pytest.mark.parametrize(
    ("code", "kmh"),
    [
        (1, 200.1),
        (1, -0.1),
        (1, NAN),
        (1, True),
        (1, "5"),
        (1, None),
        (1.5, 5),
        ("1", 5),
        (True, 5),
    ],
)
def test_other_speeds_and_classes_are_refused_all_at_once(code: Any, kmh: Any) -> None:
    with pytest.raises(UsageError, match=r"a speed is 0 to 200 km/h") as refused:
        rasters._check_options("c.tif", {code: kmh, 2: 5.0, 3: -7}, None, None)
    told = str(refused.value)
    assert f"{code!r}: {kmh!r}" in told and "3: -7" in told and "2: 5.0" not in told


def test_land_cover_and_speeds_go_together() -> None:
    rasters._check_options(None, None, None, None)
    for cover, speeds in (("c.tif", None), (None, {1: 2.0}), (None, {})):
        with pytest.raises(UsageError, match="go together"):
            rasters._check_options(cover, speeds, None, None)


@pytest.mark.parametrize(
    ("cell_m", "sound"), [(0.001, True), (1e9, True), (0, False), (-1, False), (np.inf, False), (NAN, False)]
)  # fmt: skip
def test_a_cell_has_a_side(cell_m: float, sound: bool) -> None:
    if sound:
        rasters._check_options(None, None, cell_m, None)
    else:
        with pytest.raises(UsageError, match="give the side of a cell in metres, above 0"):
            rasters._check_options(None, None, cell_m, None)


@pytest.mark.parametrize(
    ("bounds", "sound"),
    [
        ((-180, -90, 180, 90), True),
        ((112, 37, 112.1, 37.1), True),
        ((-180.1, -90, 180, 90), False),
        ((-180, -90.1, 180, 90), False),
        ((-180, -90, 180.1, 90), False),
        ((-180, -90, 180, 90.1), False),
        ((112, 37, 112, 37.1), False),
        ((112, 37, 112.1, 37), False),
        ((112.2, 37, 112.1, 37.1), False),
        ((112, 37.2, 112.1, 37.1), False),
        ((112, 37, 112.1), False),
        ((112, 37, 112.1, 37.1, 5), False),
        ((112, NAN, 112.1, 37.1), False),
    ],
)
def test_bounds_are_west_south_east_north_on_the_earth(bounds: Any, sound: bool) -> None:
    if sound:
        rasters._check_options(None, None, None, bounds)
    else:
        with pytest.raises(UsageError, match="give west, south, east, north in degrees"):
            rasters._check_options(None, None, None, bounds)


@pytest.mark.parametrize(
    ("share", "words"),
    [(1.0, "100.0%"), (0.0625, "6.2%"), (0.001, "0.1%"), (0.0009999, "less than 0.1%")],
)
def test_small_shares_are_not_rounded_to_none(share: float, words: str) -> None:
    assert rasters._percent(share) == words


# the grid
# ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell_m", [None, 30.0, 50.0, 70.0, 333.0])
@pytest.mark.parametrize("shift", [(0.0, 0.0), (13.0, -21.0)])
def test_a_grid_covers_its_raster_on_multiples_of_its_cell(
    tmp_path: Path, cell_m: float | None, shift: tuple[float, float]
) -> None:
    west, north = WEST + shift[0], NORTH + shift[1]
    path = write(tmp_path / "d.tif", rough(11, 23), corner=(west, north))
    with opened(path, "DEM") as dataset:
        grid = rasters._grid(dataset, cell_m, None)
    side = cell_m or 50.0
    assert grid.cell_m == side and grid.crs == PLANE
    assert grid.west_m % side == pytest.approx(0) and grid.north_m % side == pytest.approx(0)
    assert west - grid.west_m + 1e-3 >= 0 and west - grid.west_m < side
    assert grid.north_m - north + 1e-3 >= 0 and grid.north_m - north < side
    right, low = grid.west_m + grid.columns * side, grid.north_m - grid.rows * side
    east, south = west + 23 * 50, north - 11 * 50
    assert -1e-3 <= right - east < side and -1e-3 <= south - low < side


def test_the_cell_of_a_fine_raster_is_a_metre_and_of_others_the_rounded_pixel(
    tmp_path: Path,
) -> None:
    for pixel, side in ((0.3, 1.0), (1.6, 2.0), (12.4, 12.0)):
        path = write(tmp_path / "d.tif", rough(6, 6), pixel=pixel)
        with opened(path, "DEM") as dataset:
            assert rasters._grid(dataset, None, None).cell_m == side
            assert rasters._pixel_m(dataset, PLANE) == pytest.approx(pixel, rel=1e-4)


def test_a_pixel_in_degrees_is_measured_in_the_middle(tmp_path: Path) -> None:
    path = write(
        tmp_path / "d.tif", rough(3, 3000), crs="EPSG:4490", pixel=0.001, corner=(111.5, 38.0)
    )
    with opened(path, "DEM") as dataset:
        told = rasters._pixel_m(dataset, "EPSG:4546")
    # 0.001 degrees at 38 N: 110.99 m to the north, 87.83 m to the east
    assert told == pytest.approx(np.sqrt(110.99 * 87.83), rel=1e-3)


def test_as_many_cells_as_are_held_and_not_one_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "d.tif", rough(10, 12))
    assert rasters.MAX_CELLS == 10_000_000
    monkeypatch.setattr(rasters, "MAX_CELLS", 120)
    with opened(path, "DEM") as dataset:
        assert rasters._grid(dataset, None, None).columns == 12
    monkeypatch.setattr(rasters, "MAX_CELLS", 119)
    with (
        opened(path, "DEM") as dataset,
        pytest.raises(
            InputError, match=r"10 x 12 cells of 50 m is over the 119.*cell_m=51 or more"
        ),
    ):
        rasters._grid(dataset, None, None)


def test_bounds_that_touch_the_raster_are_taken_and_those_beside_it_are_not(tmp_path: Path) -> None:
    path = write(
        tmp_path / "d.tif", rough(20, 20), crs="EPSG:4490", pixel=0.001, corner=(113.0, 38.0)
    )
    with opened(path, "DEM") as dataset:
        grid = rasters._grid(dataset, 20.0, (113.019, 37.99, 113.03, 38.0))
        assert 40 < grid.columns < 60
        words = r"does not cover the bounds.*between lon 113 and 113.02, lat 37.98 and 38"
        with pytest.raises(InputError, match=words):
            rasters._grid(dataset, 20.0, (113.021, 37.99, 113.03, 38.0))


@pytest.mark.parametrize(("zone", "sound"), [(38, True), (37, False), (40, False)])
def test_a_raster_whose_numbers_name_another_zone_than_its_system_is_refused(
    tmp_path: Path, zone: int, sound: bool
) -> None:
    corner = (zone * 1_000_000.0 + 400_000, NORTH)
    path = write(tmp_path / "d.tif", rough(8, 8), crs="EPSG:4526", corner=corner)
    if sound:
        assert friction_surface(path).known.all()
        return
    with pytest.raises(InputError, match=r"\d+ degrees outside the area where that system holds"):
        friction_surface(path)


@pytest.mark.parametrize(
    ("lon", "lat", "sound"),
    [(180, 0, True), (-180, 0, True), (180.1, 0, False), (0, 90.1, False), (NAN, 0, False), (0, np.inf, False)],
)  # fmt: skip
def test_a_middle_that_is_no_place_is_told(lon: float, lat: float, sound: bool) -> None:
    dataset = type("Dataset", (), {"crs": rasterio.crs.CRS.from_epsg(4326)})()
    told = list(rasters._place_problems(dataset, shapely.Point(1, 2), shapely.Point(lon, lat)))
    assert [("is no place in its CRS" in t) for t in told] == ([] if sound else [True])


@pytest.mark.parametrize("side", ["west", "east", "south", "north"])
def test_each_side_of_the_area_counts(side: str) -> None:
    crs = rasterio.crs.CRS.from_epsg(4547)
    west, south, east, north = rasters.CRS.from_epsg(4547).area_of_use.bounds
    dataset = type("Dataset", (), {"crs": crs})()
    for off in (2.9, 3.1):
        x = {"west": west - off, "east": east + off}.get(side, (west + east) / 2)
        y = {"south": south - off, "north": north + off}.get(side, (south + north) / 2)
        told = list(rasters._place_problems(dataset, shapely.Point(1, 2), shapely.Point(x, y)))
        assert bool(told) == (off > 3)

    # a system that is in no register holds wherever it is said to
    nameless = rasterio.crs.CRS.from_proj4("+proj=tmerc +lon_0=113.3 +x_0=5e5 +ellps=GRS80")
    dataset = type("Dataset", (), {"crs": nameless})()
    assert not list(rasters._place_problems(dataset, shapely.Point(1, 2), shapely.Point(x, y)))


# classes and barriers
# ------------------------------------------------------------------------------------------


def test_a_file_with_letters_in_place_of_numbers_has_no_speed(tmp_path: Path) -> None:
    codes = np.full((6, 6), 3, dtype=np.float32)
    codes[0, :2], codes[1, 0] = 2.5, NAN
    path = write(tmp_path / "c.tif", codes, nodata=0)
    high = np.ones((6, 6), bool)
    grid = grid_of(6, 6, 50.0)
    words = "values that are no class codes: 2.5"
    with opened(path, "land cover") as dataset, pytest.raises(InputError, match=words):
        rasters._speeds(dataset, grid, {3: 4.0}, path, high)
    codes[0, :2] = 9
    path = write(tmp_path / "c2.tif", codes, nodata=0)
    with opened(path, "land cover") as dataset:
        with pytest.raises(InputError, match=r"9 \(2 cells\)"):
            rasters._speeds(dataset, grid, {3: 4.0}, path, high)
        told = rasters._speeds(dataset, grid, {3: 4.0, 9: 0.5}, path, high)
        assert told[0].tolist() == [0.5, 0.5, 4, 4, 4, 4] and np.isnan(told[1, 0])
        high[:] = False
        high[1, 0] = True
        with pytest.raises(InputError, match="no cell has both a class and a height"):
            rasters._speeds(dataset, grid, {3: 4.0, 9: 0.5}, path, high)


@pytest.mark.parametrize(("length", "closed"), [(5, False), (6, True)])
def test_closed_ground_longer_than_a_cell_runs_through_all_its_cells(
    tmp_path: Path, length: int, closed: bool
) -> None:
    codes = np.ones((60, 60), dtype=np.uint8)
    codes[22, 11 : 11 + length] = 5
    codes[50, 50] = 5
    path = write(tmp_path / "c.tif", codes, pixel=10.0, nodata=0)
    with opened(path, "land cover") as dataset:
        told = rasters._thin_barriers(dataset, grid_of(12, 12, 50.0), [5])
        assert not rasters._thin_barriers(dataset, grid_of(12, 12, 50.0), []).any()
        # pixels as large as a cell have no need of it
        assert not rasters._thin_barriers(dataset, grid_of(67, 67, 9.0), [5]).any()
        assert not rasters._thin_barriers(dataset, grid_of(12, 12, 50.0), [4]).any()
    cells = {(22 // 5, (11 + k) // 5) for k in range(length)} if closed else set()
    assert {(int(r), int(c)) for r, c in np.argwhere(told)} == cells


def test_closed_ground_that_goes_on_in_the_next_block_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = np.ones((400, 10), dtype=np.uint8)
    codes[37:43, 3], codes[100:250, 7] = 5, 5
    path = write(tmp_path / "c.tif", codes, pixel=10.0, nodata=0)
    grid = grid_of(80, 2, 50.0)
    with opened(path, "land cover") as dataset:
        whole = rasters._thin_barriers(dataset, grid, [5])
        monkeypatch.setattr(rasters, "BLOCK_CELLS", 1)
        assert (rasters._thin_barriers(dataset, grid, [5]) == whole).all()
    rows = {(k // 5, 0) for k in range(37, 43)} | {(k // 5, 1) for k in range(100, 250)}
    assert {(int(r), int(c)) for r, c in np.argwhere(whole)} == rows


def cell_box(column: float, row: float, wide: float, high: float) -> Any:
    return shapely.box(
        WEST + column * 50, NORTH - (row + high) * 50, WEST + (column + wide) * 50, NORTH - row * 50
    )


def test_barriers_close_every_cell_that_they_touch() -> None:
    grid = grid_of(6, 8, 50.0)
    assert not rasters._touched(np.array([], dtype=object), grid).any()
    shapes = np.array([cell_box(1.2, 2.3, 2.1, 0.4), cell_box(6.5, 0.5, 0.1, 0.1)], dtype=object)
    told = {(int(r), int(c)) for r, c in np.argwhere(rasters._touched(shapes, grid))}
    assert told == {(2, 1), (2, 2), (2, 3), (0, 6)}


@pytest.mark.parametrize("word", ["true", "YES", " 1 ", "1.0", True, 1])
def test_an_opening_has_many_names(word: Any) -> None:
    shapes = [to_degrees(cell_box(k + 0.3, 1.3, 0.2, 0.2), PLANE) for k in range(2)]
    for closed in ("no", False, 0, 0.0, "", None, NAN, "None", "FALSE"):
        frame = gpd.GeoDataFrame({"opening": [word, closed]}, geometry=shapes, crs="EPSG:4490")
        barrier, opening = rasters._burnt(frame, grid_of(3, 4, 50.0))
        assert np.argwhere(opening).tolist() == [[1, 0]]
        assert np.argwhere(barrier).tolist() == [[1, 1]]
    plain = gpd.GeoDataFrame(geometry=shapes, crs="EPSG:4490")
    barrier, opening = rasters._burnt(plain, grid_of(3, 4, 50.0))
    assert np.argwhere(barrier).tolist() == [[1, 0], [1, 1]] and not opening.any()


def test_a_frame_is_needed_for_barriers() -> None:
    for wrong in ([shapely.Point(0, 0)], gpd.GeoDataFrame({"a": [1]})):
        with pytest.raises(InputError, match="no GeoDataFrame with a geometry column"):
            rasters._burnt(wrong, grid_of(3, 4, 50.0))
    far = gpd.GeoDataFrame(geometry=[shapely.box(500, 1, 501, 2)], crs="EPSG:4490")
    with pytest.raises(InputError, match="barriers that cannot be used"):
        rasters._burnt(far, grid_of(3, 4, 50.0))


def test_a_raster_of_no_numbers_or_pixels_of_no_size_is_told() -> None:
    crs = rasterio.crs.CRS.from_epsg(4490)
    flat = rasterio.transform.Affine(0.001, 0, 113, 0, 0, 38)
    sound = rasterio.transform.Affine(0.001, 0, 113, 0, -0.001, 38)
    for count, kind, transform, words in (
        (1, "float32", sound, []),
        (1, "uint8", sound, []),
        (1, "int16", sound, []),
        (1, "complex64", sound, ["of type complex64"]),
        (2, "float32", sound, ["2 bands"]),
        (3, "complex64", flat, ["3 bands", "complex64", "no size"]),
    ):
        facts = {"crs": crs, "count": count, "dtypes": [kind], "transform": transform}
        dataset = type("Dataset", (), {**facts, "width": 10, "height": 10})()
        told = list(rasters._dataset_problems(dataset))
        assert len(told) == len(words)
        assert all(word in line for word, line in zip(words, told, strict=True))
