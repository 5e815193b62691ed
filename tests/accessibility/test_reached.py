"""Roads that are reached exactly, their hull, areas without their water."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point
from small_roads import GEOD, HERE, lattice, move, oneways, speeds, spots, straight

import sxgeo
from sxgeo.analysis.accessibility.isochrones import isochrones
from sxgeo.analysis.accessibility.land import clip_to_land
from sxgeo.analysis.accessibility.origins import CONTOURS
from sxgeo.analysis.accessibility.reached import HULL_NOTE, Pieces, joined
from sxgeo.errors import InputError, UsageError


def length_km(shape) -> float:
    return float(GEOD.geometry_length(shape)) / 1000


def test_ten_minutes_at_sixty_reach_ten_kilometres_each_way_exactly():
    network, origin = straight(40_000), move(HERE, 90, 20_000)
    found = isochrones(network, [origin], [10], kind="edges")
    assert list(found.columns) == [
        "origin_id",
        "minutes",
        "kind",
        "length_km",
        "snap_m",
        "geometry",
    ]
    assert found["kind"][0] == "edges" and found["length_km"][0] == pytest.approx(20, abs=0.01)
    west, _, east, _ = found.geometry[0].bounds
    assert GEOD.inv(west, HERE[1], east, HERE[1])[2] == pytest.approx(20_000, abs=20)


def test_a_one_way_road_is_reached_ahead_only_and_behind_when_reversed():
    network, origin = straight(40_000, oneway=[True]), move(HERE, 90, 20_000)
    ahead = isochrones(network, [origin], [10], kind="edges").geometry[0]
    behind = isochrones(network, [origin], [10], kind="edges", reverse=True).geometry[0]
    assert ahead.bounds[0] == pytest.approx(origin[0], abs=1e-5) and length_km(
        ahead
    ) == pytest.approx(10, abs=0.01)
    assert behind.bounds[2] == pytest.approx(origin[0], abs=1e-5) and length_km(
        behind
    ) == pytest.approx(10, abs=0.01)


def test_the_walk_to_the_road_is_charged_and_a_road_out_of_reach_is_empty():
    network = straight(40_000)
    origin = move(move(HERE, 90, 20_000), 0, 1_000)  # fifteen minutes on foot
    found = isochrones(network, [origin], [10, 20], kind="edges")
    assert found.geometry[0].is_empty and found["length_km"].tolist() == [
        0,
        pytest.approx(10, abs=0.1),
    ]
    assert found["snap_m"].tolist() == pytest.approx([1000, 1000], abs=2)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(kmh=speeds, oneway=oneways, starts=spots)
def test_reached_roads_grow_with_time_lie_on_the_roads_and_in_the_area(kmh, oneway, starts):
    network, _ = lattice(kmh, oneway)
    roads = shapely.union_all(network.lines(np.arange(len(network.tail))))
    found = isochrones(network, starts, [3, 6, 12], kind="edges")
    areas = isochrones(network, starts, [3, 6, 12])
    assert found["origin_id"].equals(areas["origin_id"])
    for (_, some), (_, around) in zip(
        found.groupby("origin_id"), areas.groupby("origin_id"), strict=True
    ):
        lengths = some["length_km"].tolist()
        assert lengths == sorted(lengths) and lengths[-1] <= network.length_m.sum() / 1000 + 1e-3
        for lines, area in zip(some.geometry, around.geometry, strict=True):
            assert lines.difference(roads.buffer(1e-6)).is_empty
            assert (
                lines.difference(area.buffer(4.5e-4)).length < 1e-6
            )  # an outline is good to a cell, 50 m
        for less, more in zip(some.geometry.iloc[:-1], some.geometry.iloc[1:], strict=True):
            assert less.is_empty or more.buffer(1e-6).covers(less)


def test_pieces_of_one_edge_join_where_they_touch_and_not_across_edges():
    told = joined([
        Pieces(np.array([0, 1]), np.array([0.0, 0.5]), np.array([0.4, 1.0])),
        Pieces(np.array([0, 2, 0]), np.array([0.4, 0.0, 0.9]), np.array([0.6, 1.0, 1.0])),
    ])  # fmt: skip
    assert told.edge.tolist() == [0, 0, 1, 2]
    assert told.low.tolist() == [0, 0.9, 0.5, 0] and told.high.tolist() == pytest.approx(
        [0.6, 1, 1, 1]
    )


def test_merged_roads_are_counted_once():
    network = straight(40_000)
    near, far = move(HERE, 90, 18_000), move(HERE, 90, 22_000)
    found = isochrones(network, [near, far], [5], kind="edges", merged=True)
    assert len(found) == 1 and found["length_km"][0] == pytest.approx(14, abs=0.01)


def test_contours_of_roads_take_the_stated_error():
    found = isochrones(
        straight(40_000), [move(HERE, 90, 20_000)], [10], kind="edges", contours=CONTOURS
    )
    assert found["contour"].tolist() == list(CONTOURS)
    assert found["length_km"].tolist() == pytest.approx([17, 20, 23], abs=0.01)


def test_a_hull_says_that_it_is_one_and_covers_what_is_not_reached():
    arms = [LineString([HERE, move(HERE, azimuth, 10_000)]) for azimuth in (0, 120, 240)]
    network = sxgeo.read_network(
        gpd.GeoDataFrame({"speed_kmh": 60}, geometry=arms, crs="EPSG:4490", index=range(3))
    )
    hull, area = (
        isochrones(network, [HERE], [3, 6], kind="hull"),
        isochrones(network, [HERE], [3, 6]),
    )
    assert hull["kind"].tolist() == ["hull"] * 2 and ("", HULL_NOTE) in hull.attrs["notes"]
    three_sides = 3 * 3**0.5 / 4 * 36  # of an equilateral triangle with corners 6 km out
    assert hull["area_km2"][1] == pytest.approx(three_sides, rel=0.01)
    between = Point(move(HERE, 60, 2_000))
    assert hull.geometry[1].covers(between) and not area.geometry[1].covers(between)
    assert hull.geometry[1].covers(hull.geometry[0])


def test_the_hull_of_a_road_out_of_reach_is_empty():
    origin = move(move(HERE, 90, 20_000), 0, 1_000)  # fifteen minutes on foot
    found = isochrones(straight(40_000), [origin], [10, 20], kind="hull")
    assert found.geometry[0].geom_type == "Polygon" and found.geometry[0].is_empty
    assert found["area_km2"].tolist() == [
        0,
        pytest.approx(5, abs=0.1),
    ]  # a triangle 10 km long, 1 km high


def test_unknown_kinds_and_empty_questions_are_refused():
    with pytest.raises(UsageError, match=r"unknown kind of shape 'edge'\. Did you mean 'edges'"):
        isochrones(straight(), [HERE], [10], kind="edge")
    with pytest.raises(UsageError, match="no origins given"):
        isochrones(straight(), [], [10], kind="edges")


# Land


def land(*boxes, crs="EPSG:4490") -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.box(*box) for box in boxes], crs=crs)


@pytest.fixture(scope="module")
def reached() -> gpd.GeoDataFrame:
    return isochrones(straight(40_000), [move(HERE, 90, 20_000)], [5, 10])


def test_water_is_taken_off_and_the_answer_says_so(reached):
    west, _, east, _ = reached.geometry[1].bounds
    middle = (west + east) / 2
    found = clip_to_land(reached, land((112, 37.5, middle, 38.5), (middle + 0.01, 37.5, 114, 38.5)))
    assert found["area_km2"].to_numpy() + found["water_km2"].to_numpy() == pytest.approx(
        reached["area_km2"], abs=1e-3
    )
    gap = shapely.box(middle, 37.5, middle + 0.01, 38.5)
    water = [
        abs(GEOD.geometry_area_perimeter(area.intersection(gap))[0]) / 1e6
        for area in reached.geometry
    ]
    assert found["water_km2"].tolist() == pytest.approx(water, abs=1e-3) and min(water) > 0.2
    assert found.attrs["notes"] == [
        ("", "water was taken off by the land mask given, see water_km2")
    ]
    assert found.geometry[1].covers(found.geometry[0]) and found.is_valid.all()
    assert (
        found.attrs["attribution"] == reached.attrs["attribution"]
        and "water_km2" not in reached.columns
    )


def test_beyond_the_extent_of_the_mask_the_answer_warns(reached):
    west, south, _, north = reached.geometry[1].bounds
    found = clip_to_land(reached, land((west - 1, south - 1, HERE[0] + 0.2, north + 1)))
    assert any("beyond the extent of the land mask" in note for _, note in found.attrs["notes"])


@settings(max_examples=15, deadline=None)
@given(
    cuts=st.lists(
        st.tuples(st.floats(112.6, 112.63), st.floats(38.0, 38.03), st.floats(0.001, 0.02)),
        max_size=5,
    )
)
def test_clipped_areas_nest_and_lie_on_land(cuts):
    network, nodes = lattice([30] * 24, [False] * 24)
    areas = isochrones(network, [nodes[5]], [1, 2, 4])
    ground = land((112.5, 37.9, 112.7, 38.1))
    for lon, lat, size in cuts:
        ground = ground.assign(
            geometry=ground.difference(shapely.box(lon, lat, lon + size, lat + size))
        )
    found = clip_to_land(areas, ground)
    for less, more in zip(found.geometry[:-1], found.geometry[1:], strict=True):
        assert less.is_empty or more.covers(less)
    assert (
        found.is_valid.all()
        and found.geometry[2].difference(ground.union_all().buffer(1e-6)).is_empty
    )


def test_masks_that_cannot_be_used_are_refused(reached):
    with pytest.raises(InputError, match="no land lies in any of the areas"):
        clip_to_land(reached, land((0, 0, 1, 1)))
    with pytest.raises(InputError, match="land: no CRS"):
        clip_to_land(reached, land((112, 37, 113, 39)).set_crs(None, allow_override=True))
    with pytest.raises(InputError, match="land, row 0: a Point, not a polygon"):
        clip_to_land(reached, gpd.GeoDataFrame(geometry=[Point(HERE)], crs="EPSG:4490"))
    edges = isochrones(straight(), [HERE], [5], kind="edges")
    with pytest.raises(UsageError, match="edges are not clipped to land"):
        clip_to_land(edges, land((112, 37, 113, 39)))
