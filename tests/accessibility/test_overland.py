"""Over open ground: paces worked by hand, least-cost times against networkx, laws of the areas, bad
rasters.
"""

from __future__ import annotations

import subprocess
import sys
from itertools import product
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point

import sxgeo
from sxgeo.analysis.accessibility.friction import (
    OCTILE_EXCESS,
    FrictionSurface,
    Grid,
    friction,
    sealed,
    slope_factor,
    steepest_slope,
    tobler_kmh,
)
from sxgeo.analysis.accessibility.overland import (
    MAX_JOINT_CELLS,
    OVERLAND_COLUMNS,
    least_minutes,
    overland_isochrones,
)
from sxgeo.analysis.accessibility.rasters import MAX_CELLS, friction_surface
from sxgeo.analysis.network.build import network_from_lines
from sxgeo.errors import AnalysisError, InputError, UsageError
from sxgeo.geometry.projection import to_degrees, to_plane

rasterio = pytest.importorskip("rasterio")
pytest.importorskip("skimage")

PLANE = "EPSG:4547"  # central meridian 114 E
WEST, NORTH = 400_000.0, 4_210_000.0
HALF_CELL = 25 / 88_000  # degrees of longitude: what an outline may differ by where times are equal


def plane_box(columns: int = 40, rows: int = 40, cell_m: float = 50.0) -> Grid:
    return Grid(PLANE, WEST, NORTH, cell_m, rows, columns)


def flat(
    columns: int = 40, rows: int = 40, cell_m: float = 50.0, kmh: float = 5.0, **cells
) -> FrictionSurface:
    grid = plane_box(columns, rows, cell_m)
    return friction(grid, np.full((rows, columns), 900.0), np.full((rows, columns), kmh), **cells)


def at(column: float, row: float, cell_m: float = 50.0) -> tuple[float, float]:
    """Return lon, lat of a place given in cells from the corner."""
    place = to_degrees(Point(WEST + column * cell_m, NORTH - row * cell_m), PLANE)
    return place.x, place.y


def write(
    path: Path, values, *, crs="EPSG:4547", corner=(WEST, NORTH), pixel=50.0, nodata=-9999.0, **more
) -> Path:
    values = np.asarray(values)
    bands = values if values.ndim == 3 else values[None]
    transform = rasterio.transform.Affine(pixel, 0, corner[0], 0, -pixel, corner[1])
    with rasterio.open(
        path, "w", driver="GTiff", width=bands.shape[2], height=bands.shape[1], count=len(bands), dtype=values.dtype,
        crs=crs, transform=transform, nodata=nodata, **more,
    ) as file:  # fmt: skip
        file.write(bands)
    return path


def heights(rows: int = 40, columns: int = 40, fill: float = 900.0):
    return np.full((rows, columns), fill, dtype=np.float32)


# Pace


def test_tobler_walks_five_on_the_level_and_six_gently_downhill():
    assert tobler_kmh(0.0) == pytest.approx(5.0367, abs=1e-4)
    assert tobler_kmh(-0.05) == 6.0
    assert tobler_kmh(0.10) == pytest.approx(6 * np.exp(-3.5 * 0.15))


def test_a_slope_costs_the_mean_of_up_and_down():
    assert slope_factor(0.0) == 1.0
    up, down = tobler_kmh(0) / tobler_kmh(0.2), tobler_kmh(0) / tobler_kmh(-0.2)
    assert slope_factor(0.2) == pytest.approx((up + down) / 2) == slope_factor(-0.2)


def test_a_tilted_plane_has_one_slope_everywhere():
    down, across = np.mgrid[0:6, 0:7]
    slope = steepest_slope(3.0 * across + 4.0 * down, 50.0)
    assert slope == pytest.approx(np.full((6, 7), 5.0 / 50))


def test_next_to_a_hole_the_slope_is_one_sided_and_in_it_unknown():
    height = np.array([[0.0, 5.0, np.nan], [0.0, 5.0, 10.0], [0.0, 5.0, 10.0]])
    slope = steepest_slope(height, 50.0)
    assert np.isnan(slope[0, 2]) and slope[0, 1] == pytest.approx(0.1) == slope[1, 2]
    assert np.isnan(steepest_slope(np.array([[np.nan], [1.0], [np.nan]]), 1.0)).all()


# Times


def test_ten_cells_of_fifty_metres_at_five_km_per_hour_take_six_minutes():
    minutes = least_minutes(flat(), (20, 5))
    assert minutes[20, 15] == pytest.approx(6.0)
    assert minutes[25, 10] == pytest.approx(5 * 50 * 2**0.5 / 5000 * 60)
    assert minutes[20, 5] == 0


def test_a_step_takes_the_mean_pace_of_both_cells():
    kmh = np.array([[6.0, 3.0, 0.0, 6.0]])
    surface = friction(
        Grid(PLANE, WEST, NORTH, 100.0, 3, 4), np.full((3, 4), 9.0), np.repeat(kmh, 3, axis=0)
    )
    minutes = least_minutes(surface, (1, 0))
    assert minutes[1, 1] == pytest.approx((1 + 2) / 2)
    assert np.isinf(minutes[1, 2]) and np.isinf(minutes[1, 3])


grounds = st.lists(st.sampled_from([0.0, 1.0, 2.5, 5.0, 6.0]), min_size=42, max_size=42)


@settings(max_examples=30, deadline=None)
@given(kmh=grounds)
def test_least_times_equal_those_of_networkx(kmh):
    kmh = np.array([5.0, *kmh[1:]]).reshape(6, 7)
    surface = friction(Grid(PLANE, WEST, NORTH, 30.0, 6, 7), np.full((6, 7), 9.0), kmh)
    graph = nx.Graph()
    graph.add_node((0, 0))
    for (i, j), (down, across) in product(
        product(range(6), range(7)), [(0, 1), (1, 0), (1, 1), (1, -1)]
    ):
        a, b = (i, j), (i + down, j + across)
        if b[0] < 6 and 0 <= b[1] < 7 and kmh[a] > 0 and kmh[b] > 0:
            cost = np.hypot(down, across) * 30 * (60 / 1000 / kmh[a] + 60 / 1000 / kmh[b]) / 2
            graph.add_edge(a, b, cost=cost)
    found = least_minutes(surface, (0, 0))
    told = nx.single_source_dijkstra_path_length(graph, (0, 0), weight="cost")
    expected = np.array([[told.get((i, j), np.inf) for j in range(7)] for i in range(6)])
    assert found == pytest.approx(expected)
    assert np.array_equal(
        least_minutes(surface, (0, 0), limit_min=1.0), np.where(found <= 1, found, np.inf)
    )


def test_ways_on_a_grid_are_at_most_eight_percent_too_long_and_never_too_short():
    minutes = least_minutes(flat(81, 81), (40, 40))
    down, across = np.mgrid[-40:41, -40:41]
    straight = np.hypot(down, across) * 50 / 5000 * 60
    excess = minutes[straight > 0] / straight[straight > 0] - 1
    assert excess.min() >= -1e-9 and 0.08 < excess.max() <= OCTILE_EXCESS


@settings(max_examples=50, deadline=None)
@given(cells=st.lists(st.booleans(), min_size=49, max_size=49))
def test_no_way_slips_between_two_cells_of_a_barrier_that_touch_at_a_corner(cells):
    shut = sealed(np.array(cells).reshape(7, 7))
    a, b, c, d = shut[:-1, :-1], shut[:-1, 1:], shut[1:, :-1], shut[1:, 1:]
    assert not ((a & d & ~b & ~c) | (b & c & ~a & ~d)).any()
    assert shut[np.array(cells).reshape(7, 7)].all()


# Areas


def test_on_level_ground_the_area_is_the_octagon_of_eight_directions():
    found = overland_isochrones(flat(120, 120), [at(60.5, 60.5)], [15])
    radius_m = 15 / 60 * 5000
    octagon = 8 * (2**0.5 - 1) * radius_m**2 / 1e6  # circumscribed radius on the axes and diagonals
    corners = 2 * 2**0.5 * radius_m**2 / 1e6
    assert corners * 0.97 < found["area_km2"][0] < octagon
    assert found.attrs["unanswered"] == []
    assert list(found.columns) == [name for name in OVERLAND_COLUMNS if name != "road_min"]


def wall(opening: bool):
    """A barrier down the middle of a grid of 40 columns, with or without a bridge in row 20."""
    barrier, bridge = np.zeros((40, 40), bool), np.zeros((40, 40), bool)
    barrier[:, 20] = True
    bridge[20, 20] = opening
    return {"barrier": barrier, "opening": bridge}


def test_nobody_crosses_a_river_but_by_its_bridge():
    origin, across, far = at(10.5, 20.5), Point(at(23.5, 20.5)), Point(at(20.5, 5.5))
    dry = overland_isochrones(flat(), [origin], [30]).geometry[0]
    shut = overland_isochrones(flat(**wall(False)), [origin], [30]).geometry[0]
    bridged = overland_isochrones(flat(**wall(True)), [origin], [30]).geometry[0]
    assert dry.covers(across) and dry.covers(far)
    assert not shut.covers(across) and not shut.covers(far)
    assert bridged.covers(across) and not bridged.covers(far)


grids = st.lists(st.sampled_from([0.0, 0.5, 2.0, 5.0]), min_size=400, max_size=400)


@settings(max_examples=20, deadline=None)
@given(kmh=grids, row=st.integers(0, 19), column=st.integers(0, 19))
def test_areas_nest_are_valid_hold_the_origin_and_a_barrier_never_adds(kmh, row, column):
    speeds = np.array(kmh).reshape(20, 20)
    speeds[10, 10] = 5.0
    grid, height = plane_box(20, 20), np.full((20, 20), 9.0)
    barrier = np.zeros((20, 20), bool)
    barrier[row, column] = (row, column) != (10, 10)
    origin = at(10.2, 10.9)
    found = overland_isochrones(friction(grid, height, speeds), [origin], [2, 5, 11.5])
    less = least_minutes(friction(grid, height, speeds, barrier=barrier), (10, 10))
    assert (less >= least_minutes(friction(grid, height, speeds), (10, 10))).all()
    first, second, third = found.geometry
    assert found.is_valid.all() and first.covers(Point(origin))
    assert second.covers(first) and third.covers(second)
    assert (np.diff(found["area_km2"]) >= 0).all()


def roads(*lines, kmh: float = 60, **columns):
    courses = [LineString([at(*place) for place in line]) for line in lines]
    return network_from_lines(
        gpd.GeoDataFrame(
            {"speed_kmh": [kmh] * len(courses), **columns}, geometry=courses, crs="EPSG:4490"
        )
    )


def test_the_way_to_the_road_goes_round_the_barrier_and_back_over_the_ground():
    network = roads([(5, 10.5), (95, 10.5)])  # 4.5 km from west to east in row 10
    barrier = np.zeros((60, 100), bool)
    barrier[20, 10:50] = True
    surface, shut = flat(100, 60), flat(100, 60, barrier=barrier)
    origin = at(30.5, 30.5)
    plain = overland_isochrones(surface, [origin], [25], network=network)
    detour = overland_isochrones(shut, [origin], [25], network=network)
    assert plain["road_min"][0] == pytest.approx(20 * 0.6, abs=0.02)
    assert detour["road_min"][0] == pytest.approx(
        (10 * 2**0.5 + 20) * 0.6, abs=0.02
    )  # by column 50: ten slant, twenty
    end = Point(at(90.5, 20.5))  # 12 min of ground, 3 min of road, 6 min of ground
    assert plain.geometry[0].covers(end) and not detour.geometry[0].covers(end)
    walked = overland_isochrones(surface, [origin], [25])
    assert not walked.geometry[0].covers(end)
    assert plain.geometry[0].buffer(HALF_CELL).covers(walked.geometry[0])


def test_on_a_one_way_road_reverse_is_the_other_way():
    network = roads([(5, 10.5), (95, 10.5)], oneway=[True])
    origin, east, west = at(50.5, 12.5), Point(at(90.5, 10.5)), Point(at(10.5, 10.5))
    there = overland_isochrones(flat(100, 60), [origin], [12], network=network).geometry[0]
    hither = overland_isochrones(
        flat(100, 60), [origin], [12], network=network, reverse=True
    ).geometry[0]
    assert there.covers(east) and not there.covers(west)
    assert hither.covers(west) and not hither.covers(east)


def test_a_faster_road_never_shrinks_the_area():
    slow, fast = (roads([(5, 10.5), (95, 30.5)], kmh=kmh) for kmh in (20, 60))
    small, large = (
        overland_isochrones(flat(100, 60), [at(50.5, 40.5)], [20], network=network).geometry[0]
        for network in (slow, fast)
    )
    assert large.buffer(HALF_CELL).covers(small) and large.area > small.area


def test_one_origin_on_water_does_not_stop_the_others():
    surface = flat(**wall(False))
    found = overland_isochrones(surface, [at(20.5, 5.5), at(10.5, 20.5), at(300, 20)], [10])
    assert len(found) == 1
    reasons = " ".join(reason for _, reason in found.attrs["unanswered"])
    assert "lies on a barrier" in reasons and "outside the surface" in reasons
    with pytest.raises(AnalysisError, match="no origin can be answered"):
        overland_isochrones(surface, [at(20.5, 5.5)], [10])


def test_an_area_that_the_surface_cuts_off_says_so():
    found = overland_isochrones(flat(), [at(20.5, 20.5)], [5, 60])
    assert found["cut_by_edge"].tolist() == [False, True]
    assert [note for _, note in found.attrs["notes"]] == [
        "its area goes on beyond the edge of the surface; give rasters that reach farther"
    ]


def test_roads_apart_from_the_surface_and_surfaces_too_large_are_refused():
    with pytest.raises(InputError, match="no road of network 'lines' lies on the surface"):
        overland_isochrones(flat(), [at(5, 5)], [5], network=roads([(500, 500), (600, 600)]))
    side = int(MAX_JOINT_CELLS**0.5) + 1
    grid = Grid(PLANE, WEST, NORTH, 50.0, side, side)
    large = FrictionSurface(
        grid, np.broadcast_to(0.01, (side, side)), np.broadcast_to(True, (side, side))
    )
    with pytest.raises(InputError, match="together with roads 4,000,000 can be searched"):
        overland_isochrones(large, [at(5, 5)], [5], network=roads([(5, 5), (6, 6)]))


# From files


def test_a_level_dem_is_walked_at_toblers_off_path_speed(tmp_path: Path):
    surface = friction_surface(write(tmp_path / "d.tif", heights()))
    assert surface.grid == plane_box() and surface.notes == ()
    assert surface.min_per_m == pytest.approx(60 / (1000 * 0.6 * 5.0367421))


def test_degrees_and_a_plane_give_the_same_slopes(tmp_path: Path):
    """A plane that rises 0.1 to the east, written on metres and on degrees: the pace is that of 0.1
    on both.
    """
    across = np.arange(60) * 50.0
    plane = write(tmp_path / "p.tif", np.tile(0.1 * across, (60, 1)).astype(np.float32))
    middle = to_degrees(Point(WEST + 1500, NORTH - 1500), PLANE)
    lon, lat = middle.x - 0.015, middle.y + 0.015
    places = [
        [Point(lon + (j + 0.5) * 0.0005, lat - (i + 0.5) * 0.0005) for j in range(60)]
        for i in range(60)
    ]
    x = np.array([[p.x for p in row] for row in to_plane(np.array(places), PLANE)])
    degrees = write(
        tmp_path / "g.tif",
        (0.1 * (x - WEST)).astype(np.float32),
        crs="EPSG:4326",
        corner=(lon, lat),
        pixel=0.0005,
    )
    expected = 60 / (1000 * 0.6 * 5.0367421) * slope_factor(0.1)
    assert friction_surface(plane).min_per_m == pytest.approx(expected, rel=1e-4)
    surface = friction_surface(degrees)
    assert np.median(surface.min_per_m[surface.known]) == pytest.approx(expected, rel=0.01)
    assert surface.grid.crs == PLANE and surface.known.mean() > 0.9


def test_land_cover_sets_the_speed_and_zero_shuts(tmp_path: Path):
    dem = write(tmp_path / "d.tif", heights())
    codes = np.full((40, 40), 10, dtype=np.uint8)
    codes[:, 20:30], codes[:5, :5] = 60, 0
    cover = write(tmp_path / "c.tif", codes, nodata=0)
    surface = friction_surface(dem, cover, speeds_kmh={10: 4.0, 60: 0})
    assert surface.min_per_m[30, 5] == pytest.approx(0.015) and np.isinf(surface.min_per_m[30, 25])
    assert surface.known[30, 25] and not surface.known[2, 2]
    assert surface.notes == ("1.6% has no class in 'c.tif': unknown, not walked through",)


def test_a_coarser_cell_averages_heights_and_takes_the_commonest_class(tmp_path: Path):
    rise = np.tile(np.arange(80) * 5.0, (80, 1)).astype(np.float32)
    rise[::2] += 3.0  # a roughness that the mean takes out
    dem = write(tmp_path / "d.tif", rise)
    codes = np.full((80, 80), 1, dtype=np.uint8)
    codes[::4, ::4] = 2
    cover = write(tmp_path / "c.tif", codes, nodata=0)
    surface = friction_surface(dem, cover, speeds_kmh={1: 5.0, 2: 0.0}, cell_m=200)
    assert surface.min_per_m.shape == (20, 20)
    assert surface.min_per_m[5:15, 5:15] == pytest.approx(0.012 * slope_factor(0.1), rel=1e-3)


def test_land_cover_of_another_system_lies_where_it_lies(tmp_path: Path):
    """A class west of a meridian, written in degrees, under a DEM in metres."""
    dem = write(tmp_path / "d.tif", heights())
    lon, lat = at(-10, -10)
    codes = np.full((300, 300), 1, dtype=np.uint8)
    edge = at(20, 20)[0]
    codes[:, round((edge - lon) / 0.0002) :] = 2
    cover = write(
        tmp_path / "c.tif", codes, crs="EPSG:4326", corner=(lon, lat), pixel=0.0002, nodata=0
    )
    surface = friction_surface(dem, cover, speeds_kmh={1: 6.0, 2: 3.0})
    assert surface.known.all()
    assert surface.min_per_m[20, :19] == pytest.approx(0.01) and surface.min_per_m[
        20, 21:
    ] == pytest.approx(0.02)


def test_scaled_heights_are_taken_as_they_are_meant(tmp_path: Path):
    steps = np.tile(np.arange(40), (40, 1)).astype(np.int16)
    dem = write(tmp_path / "d.tif", steps, nodata=-999)
    with rasterio.open(dem, "r+") as file:
        file.scales, file.offsets = (5.0,), (900.0,)
    assert friction_surface(dem).min_per_m == pytest.approx(
        60 / (1000 * 0.6 * 5.0367421) * slope_factor(0.1)
    )


def test_a_small_window_of_a_huge_raster_is_read_alone(tmp_path: Path):
    """50,000 x 50,000 pixels, 10 GB if it were read whole; only a corner was ever written."""
    path = tmp_path / "huge.tif"
    transform = rasterio.transform.Affine(50, 0, WEST, 0, -50, NORTH)
    with rasterio.open(
        path, "w", driver="GTiff", width=50_000, height=50_000, count=1, dtype="float32", crs=PLANE, transform=transform,
        nodata=-9999, tiled=True, sparse_ok=True,
    ) as file:  # fmt: skip
        file.write(heights(512, 512)[None], window=rasterio.windows.Window(0, 0, 512, 512))
    west, south = at(10, 110)
    east, north = at(110, 10)
    surface = friction_surface(path, bounds=(west, south, east, north))
    assert surface.known.all() and 100 <= surface.grid.rows <= 106
    with pytest.raises(InputError, match="give bounds"):
        friction_surface(path)


def test_a_river_from_a_frame_stops_and_its_bridge_opens(tmp_path: Path):
    dem = write(tmp_path / "d.tif", heights())
    shapes = [LineString([at(3, -2), at(37.3, 42)]), LineString([at(18, 20.5), at(22, 20.5)])]
    river = gpd.GeoDataFrame({"opening": [False, True]}, geometry=shapes, crs="EPSG:4490")
    shut, open_ = (
        least_minutes(friction_surface(dem, barriers=f), (35, 5)) for f in (river.iloc[:1], river)
    )
    assert np.isinf(shut[5, 35]) and np.isfinite(open_[5, 35])
    assert (open_ <= shut).all()


def test_a_hole_is_told_and_an_origin_in_it_refused(tmp_path: Path):
    values = heights()
    values[10:20, 10:20] = -9999
    surface = friction_surface(write(tmp_path / "d.tif", values))
    assert surface.notes == (
        "6.2% of the surface has no height in 'd.tif': unknown, not walked through",
    )
    with pytest.raises(AnalysisError, match=r"no value where it lies \(nodata\)"):
        overland_isochrones(surface, [at(15, 15)], [5])


def test_blocks_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    rough = np.random.default_rng(7).normal(900, 5, (50, 50)).astype(np.float32)
    dem = write(tmp_path / "d.tif", rough)
    whole = friction_surface(dem, cell_m=70).min_per_m
    monkeypatch.setattr("sxgeo.analysis.accessibility.rasters.BLOCK_CELLS", 100)
    assert np.array_equal(friction_surface(dem, cell_m=70).min_per_m, whole)


@pytest.mark.parametrize(
    ("values", "options", "words"),
    [
        (heights(), {"crs": None}, "no CRS; declare one in the file"),
        (heights(), {"crs": "EPSG:2383"}, "seven parameters"),
        (np.stack([heights(), heights()]), {}, "2 bands"),
        (heights(fill=-9999.0), {}, "holds no height here"),
        (heights(fill=-32768.0), {}, r"heights from -32768 to -32768 m.*gdal_edit.py -a_nodata"),
    ],
)
def test_a_dem_that_cannot_be_used_says_why(tmp_path: Path, values, options, words):
    with pytest.raises(InputError, match=words):
        friction_surface(write(tmp_path / "d.tif", values, **options))


def test_heights_in_feet_are_refused(tmp_path: Path):
    dem = write(tmp_path / "d.tif", heights())
    with rasterio.open(dem, "r+") as file:
        file.units = ("ft",)
    with pytest.raises(InputError, match="heights in 'ft'; convert them to metres"):
        friction_surface(dem)


def test_files_that_are_no_rasters_are_named(tmp_path: Path):
    text = tmp_path / "d.tif"
    text.write_text("no raster")
    with pytest.raises(InputError, match="is no GeoTIFF that can be read"):
        friction_surface(text)
    with pytest.raises(InputError, match="does not exist"):
        friction_surface(tmp_path / "none.tif")
    whole = write(
        tmp_path / "w.tif", np.random.default_rng(1).normal(900, 9, (400, 400)).astype(np.float32)
    )
    text.write_bytes(whole.read_bytes()[:300_000])
    with pytest.raises(InputError, match=r"broken or truncated|no GeoTIFF"):
        friction_surface(text)


def test_rasters_and_bounds_that_do_not_overlap_are_told(tmp_path: Path):
    dem = write(tmp_path / "d.tif", heights())
    cover = write(
        tmp_path / "c.tif", np.ones((40, 40), np.uint8), corner=(WEST + 50_000, NORTH), nodata=0
    )
    with pytest.raises(InputError, match="the rasters do not overlap"):
        friction_surface(dem, cover, speeds_kmh={1: 5})
    with pytest.raises(InputError, match=r"does not cover the bounds.*it lies between lon"):
        friction_surface(dem, bounds=(100, 30, 100.1, 30.1))


def test_every_class_without_a_speed_is_listed(tmp_path: Path):
    codes = np.full((40, 40), 10, dtype=np.uint8)
    codes[0], codes[1] = 20, 30
    dem, cover = write(tmp_path / "d.tif", heights()), write(tmp_path / "c.tif", codes, nodata=0)
    with pytest.raises(
        InputError, match=r"(?s)classes without a speed.*20 \(40 cells\).*30 \(40 cells\)"
    ):
        friction_surface(dem, cover, speeds_kmh={10: 4})


def test_a_huge_surface_is_refused_before_it_is_read(tmp_path: Path):
    dem = write(tmp_path / "d.tif", heights())
    with pytest.raises(
        InputError,
        match=rf"over the {MAX_CELLS:,} that are held; give bounds .* or cell_m=1 or more",
    ):
        friction_surface(dem, cell_m=0.05)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cell_m": 0}, "cell_m is 0; give the side of a cell"),
        ({"bounds": (3, 2, 1, 0)}, "give west, south, east, north"),
        ({"speeds_kmh": {1: 5}}, "land_cover and speeds_kmh go together"),
        (
            {"land_cover": "c.tif", "speeds_kmh": {1: -5, "a": 3, 2: 4}},
            r"(?s)not so:\n  - 1: -5\n  - 'a': 3",
        ),
    ],
)
def test_wrong_options_are_usage(tmp_path: Path, options, words):
    with pytest.raises(UsageError, match=words):
        friction_surface(write(tmp_path / "d.tif", heights()), **options)


def test_a_dem_of_half_the_earth_asks_for_bounds(tmp_path: Path):
    wide = write(
        tmp_path / "w.tif", heights(180, 200), crs="EPSG:4326", corner=(12.0, 90.0), pixel=1.0
    )
    with pytest.raises(InputError, match="give bounds"):
        friction_surface(wide)
    found = friction_surface(wide, bounds=(112.5, 37.9, 112.6, 38.0), cell_m=100)
    assert found.known.all()


def test_a_raster_written_from_south_to_north_lies_where_it_lies(tmp_path: Path):
    rows = np.tile(np.arange(40)[:, None] * 5.0, (1, 40)).astype(np.float32)
    rows[:, 30:] = 0  # level in the east, a slope of 0.1 elsewhere
    north, south = write(tmp_path / "n.tif", rows), tmp_path / "s.tif"
    with rasterio.open(
        south, "w", driver="GTiff", width=40, height=40, count=1, dtype="float32", crs=PLANE, nodata=-9999,
        transform=rasterio.transform.Affine(50, 0, WEST, 0, 50, NORTH - 2000),
    ) as file:  # fmt: skip
        file.write(rows[::-1][None])
    assert np.array_equal(friction_surface(south).min_per_m, friction_surface(north).min_per_m)


def test_barriers_that_cannot_be_used_are_listed_by_row(tmp_path: Path):
    dem = write(tmp_path / "d.tif", heights())
    bad = gpd.GeoDataFrame({"opening": ["no", "perhaps", "no"]}, geometry=[Point(at(1, 1)), LineString([at(1, 1), at(2, 2)]), None], crs="EPSG:4490")  # fmt: skip
    with pytest.raises(
        InputError, match=r"(?s)row 0: a Point.*row 2: no geometry.*row 1: opening is 'perhaps'"
    ):
        friction_surface(dem, barriers=bad)
    with pytest.raises(InputError, match="barriers have no CRS"):
        friction_surface(dem, barriers=bad.set_crs(None, allow_override=True))
    whole = gpd.GeoDataFrame(geometry=[shapely.box(*at(-5, 45), *at(45, -5))], crs="EPSG:4490")
    with pytest.raises(InputError, match="nobody can pass anywhere"):
        friction_surface(dem, barriers=whole)


def test_nothing_heavy_is_imported_before_it_is_needed():
    code = "import sys, sxgeo; sxgeo.friction_surface; sxgeo.overland_isochrones; print([m for m in ('rasterio', 'skimage', 'exactextract') if m in sys.modules])"  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout.strip() == "[]"
    assert sxgeo.friction_surface is friction_surface


def test_without_the_packages_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    dem = write(tmp_path / "d.tif", heights())
    monkeypatch.setitem(sys.modules, "skimage.graph", None)
    with pytest.raises(InputError, match=r"scikit-image: pip install 'sxgeo\[raster\]'"):
        least_minutes(flat(), (1, 1))
    monkeypatch.setitem(sys.modules, "rasterio", None)
    with pytest.raises(
        InputError, match=r"reading a DEM needs rasterio: pip install 'sxgeo\[raster\]'"
    ):
        friction_surface(dem)


def test_a_river_thinner_than_a_cell_is_not_crossed(tmp_path: Path):
    """A river of one pixel of 10 m, on cells of 50 m, straight and slanting: nobody gets over it,
    and that is said.
    """
    dem = write(tmp_path / "d.tif", heights())
    span = heights().shape[0] * 5
    for name, river in {"straight": lambda i: 103, "slanting": lambda i: 40 + i // 2}.items():
        codes = np.full((span, span), 1, dtype=np.uint8)
        for i in range(span):
            codes[i, river(i) : river(i) + 1] = 2
        cover = write(tmp_path / f"{name}.tif", codes, pixel=10.0, nodata=0)
        surface = friction_surface(dem, cover, speeds_kmh={1: 5.0, 2: 0.0})
        west = least_minutes(surface, (20, 2))
        assert np.isfinite(west[:, 0]).all() and np.isinf(west[:, -1]).all(), name
        assert any("thinner than a cell" in note for note in surface.notes)


def test_heights_of_nothing_are_no_cliffs(tmp_path: Path):
    rise = heights()
    rise[:, :7] = 0
    with pytest.raises(InputError, match="exactly 0 m beside ground that begins at about 900"):
        friction_surface(write(tmp_path / "d.tif", rise))
    shore = np.tile(np.arange(40, dtype=np.float32), (40, 1))
    shore[:, :5] = 0
    assert friction_surface(write(tmp_path / "shore.tif", shore)).known.all()


@pytest.mark.parametrize(
    ("part", "value"),
    [
        (np.s_[20, :], 0),
        (np.s_[:, 11], 0),
        (np.s_[:, 30:], 255),
        (np.s_[5:7, :], 9),
        (np.s_[20, 11:14], 0),
    ],
)
def test_many_pixels_of_one_height_far_from_all_beside_them_are_no_ground(
    tmp_path: Path, part: object, value: float
):
    rise = 900 + np.arange(1600, dtype=np.float32).reshape(40, 40) / 10
    rise[part] = value
    # half a pixel off the cells: in these the stripe is mixed with the ground
    with pytest.raises(InputError, match=f"of exactly {value} m beside"):
        friction_surface(write(tmp_path / "d.tif", rise), cell_m=37.0)
    gorge = 900 + 60 * np.abs(np.arange(-20, 20, dtype=np.float32))[None, :] * np.ones((40, 1))
    assert friction_surface(write(tmp_path / "gorge.tif", gorge.astype("float32"))).known.any()


def test_a_raster_whose_numbers_and_zone_disagree_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match="zone and the prefix"):
        friction_surface(write(tmp_path / "d.tif", heights(), crs="EPSG:4526"))


def test_an_area_beside_cells_without_values_is_cut(tmp_path: Path):
    """A raster warped from degrees fills the rim of its grid with nothing: the area goes on there."""
    rise = np.full((60, 60), 900, dtype=np.float32)
    rise[:, :10] = -9999
    surface = friction_surface(write(tmp_path / "d.tif", rise, nodata=-9999))
    x, y = (axis[30] for axis in surface.grid.centres())
    place = to_degrees(shapely.Point(x, y), surface.grid.crs)
    areas = overland_isochrones(surface, [(place.x, place.y)], [5, 22])
    assert areas["cut_by_edge"].tolist() == [False, True]
