"""Travel times and areas: cases worked by hand, laws, and questions without an answer."""

from __future__ import annotations

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString, Point

import sxgeo
from sxgeo.analysis.accessibility.isochrones import isochrones
from sxgeo.analysis.accessibility.travel_times import travel_times
from sxgeo.analysis.network.arrays import TICKS_PER_MIN
from sxgeo.analysis.network.build import network_from_lines
from sxgeo.analysis.network.graph import Network
from sxgeo.errors import AnalysisError, InputError, UsageError

GEOD = Geod(ellps="GRS80")
TAIYUAN = (112.5489, 37.8706)
HERE = (112.6, 38.0)


def move(place: tuple[float, float], azimuth: float, metres: float) -> tuple[float, float]:
    lon, lat, _ = GEOD.fwd(*place, azimuth, metres)
    return round(float(lon), 7), round(float(lat), 7)


def roads(lines, speed_kmh, **columns) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"speed_kmh": speed_kmh, **columns}, geometry=list(lines), crs="EPSG:4490"
    )


def straight(length_m: float = 20_000, speed_kmh: float = 60, **columns) -> Network:
    line = LineString([HERE, move(HERE, 90, length_m)])
    return network_from_lines(roads([line], [speed_kmh], **columns))


def minutes(network: Network, start, end) -> float:
    return float(travel_times(network, [start], [end])["minutes"].iloc[0])


@pytest.fixture(scope="module")
def taixin() -> Network:
    return sxgeo.load_network("taixin")


@pytest.fixture(scope="module")
def cross() -> Network:
    arms = [LineString([HERE, move(HERE, azimuth, 10_000)]) for azimuth in (0, 90, 180, 270)]
    return network_from_lines(roads(arms, [60] * 4))


# Times


def test_ten_kilometres_at_sixty_take_ten_minutes():
    assert minutes(straight(10_000), HERE, move(HERE, 90, 10_000)) == 10.0


def test_a_part_of_an_edge_takes_its_part_of_the_time():
    network = straight(20_000)
    start, end = move(HERE, 90, 5_000), move(HERE, 90, 12_000)
    assert minutes(network, start, end) == pytest.approx(7, abs=0.01)
    assert minutes(network, HERE, end) == pytest.approx(12, abs=0.01)
    assert minutes(network, end, HERE) == pytest.approx(12, abs=0.01)


def test_on_a_one_way_road_there_is_no_way_back():
    network = straight(20_000, oneway=[True])
    start, end = move(HERE, 90, 5_000), move(HERE, 90, 12_000)
    assert minutes(network, start, end) == pytest.approx(7, abs=0.01)
    assert np.isnan(minutes(network, end, start))


def test_a_one_way_ring_is_travelled_the_long_way_round():
    corners = [HERE, move(HERE, 90, 3_000), move(move(HERE, 90, 3_000), 0, 3_000)]
    sides = [LineString([corners[i], corners[(i + 1) % 3]]) for i in range(3)]
    network = network_from_lines(roads(sides, [60] * 3, oneway=[True] * 3))
    assert minutes(network, corners[0], corners[1]) == pytest.approx(3, abs=0.01)
    assert minutes(network, corners[1], corners[0]) == pytest.approx(3 + 3 * 2**0.5, abs=0.02)
    almost = move(HERE, 90, 1_000)
    assert minutes(network, almost, HERE) == pytest.approx(2 + 3 + 3 * 2**0.5, abs=0.02)


def test_the_way_to_the_road_is_walked_at_four_km_per_hour():
    network = straight(20_000)
    beside = move(move(HERE, 90, 10_000), 0, 1_000)
    assert minutes(network, beside, HERE) == pytest.approx(15 + 10, abs=0.05)
    assert minutes(network, HERE, beside) == pytest.approx(10 + 15, abs=0.05)
    assert minutes(network, beside, beside) == 0.0


def test_the_table_is_sorted_by_ids_and_holds_every_pair(cross):
    places = gpd.GeoDataFrame(
        {"site_id": ["b", "a"]},
        geometry=[Point(HERE), Point(move(HERE, 90, 6_000))],
        crs="EPSG:4326",
    )
    table = travel_times(cross, places, [move(HERE, 0, 3_000)])
    assert list(table.columns) == ["origin_id", "destination_id", "minutes"]
    assert table["origin_id"].tolist() == ["a", "b"]
    assert table["minutes"].tolist() == pytest.approx([9, 3], abs=0.01)
    assert travel_times(cross, [], [HERE]).shape == (0, 3)


def test_one_place_too_far_from_a_road_does_not_stop_the_others(cross):
    far = (113.2, 38.4)
    table = travel_times(cross, [HERE, far], [HERE])
    assert table["minutes"].tolist()[0] == 0 and np.isnan(table["minutes"].tolist()[1])
    assert [place for place, _ in table.attrs["unanswered"]] == ["113.2,38.4"]


def lattice(
    speeds: list[int], oneway: list[bool]
) -> tuple[gpd.GeoDataFrame, list[tuple[float, float]]]:
    """Return a lattice of 4 by 4 nodes with 24 links."""
    nodes = [
        (round(112.6 + 0.01 * i, 7), round(38.0 + 0.01 * j, 7)) for i in range(4) for j in range(4)
    ]
    pairs = [(n, n + 1) for n in range(16) if n % 4 != 3] + [(n, n + 4) for n in range(12)]
    lines = [LineString([nodes[a], nodes[b]]) for a, b in pairs]
    return roads(lines, speeds, oneway=oneway), nodes


links = st.lists(st.integers(5, 120), min_size=24, max_size=24)
ways = st.lists(st.booleans(), min_size=24, max_size=24)


@settings(max_examples=25, deadline=None)
@given(speeds=links, oneway=ways)
def test_times_equal_those_of_networkx_on_the_same_ticks(speeds, oneway):
    frame, nodes = lattice(speeds, oneway)
    network = network_from_lines(frame)
    graph = nx.DiGraph()
    graph.add_nodes_from(range(16))
    for start, end, ticks in zip(*network.arcs(), strict=True):
        graph.add_edge(int(start), int(end), ticks=int(ticks))
    table = travel_times(network, nodes, nodes)
    number = {
        f"{lon:.7f},{lat:.7f}": i
        for i, (lon, lat) in enumerate(zip(network.lon, network.lat, strict=True))
    }
    node_of = {
        name: number["{:.7f},{:.7f}".format(*map(float, name.split(",")))]
        for name in set(table["origin_id"])
    }
    expected = dict(nx.all_pairs_dijkstra_path_length(graph, weight="ticks"))
    for row in table.itertuples():
        ticks = expected[node_of[row.origin_id]].get(node_of[row.destination_id])
        assert (
            np.isnan(row.minutes)
            if ticks is None
            else row.minutes * TICKS_PER_MIN == pytest.approx(ticks)
        )


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(speeds=links, oneway=ways, raised=st.integers(0, 23), dropped=st.integers(0, 23))
def test_a_faster_or_a_further_link_never_lengthens_a_time(speeds, oneway, raised, dropped):
    frame, nodes = lattice(speeds, oneway)
    faster = frame.assign(speed_kmh=[s * 2 if i == raised else s for i, s in enumerate(speeds)])
    fewer = frame.drop(index=dropped)
    corners = [nodes[0], nodes[5], nodes[15]]
    plain = travel_times(network_from_lines(frame), corners, corners)["minutes"].fillna(np.inf)
    assert (
        travel_times(network_from_lines(faster), corners, corners)["minutes"].fillna(np.inf)
        <= plain
    ).all()
    assert (
        plain <= travel_times(network_from_lines(fewer), corners, corners)["minutes"].fillna(np.inf)
    ).all()


# Areas


def test_the_area_of_a_straight_road_ends_where_the_minutes_end():
    north = network_from_lines(roads([LineString([HERE, move(HERE, 0, 40_000)])], [60]))
    origin = move(HERE, 0, 20_000)
    found = isochrones(north, [origin], [5, 10])
    for limit, area in zip(found["minutes"], found.geometry, strict=True):
        for azimuth in (0, 180):
            assert area.covers(Point(move(origin, azimuth, limit * 1000 - 30)))
            assert not area.covers(Point(move(origin, azimuth, limit * 1000 + 120)))
        assert area.covers(Point(move(origin, 90, 100)))
        assert not area.covers(Point(move(origin, 90, 300)))
    # 150 m on both sides; a walk of them takes 2.25 min, so the last 2.25 km on each end taper
    tapered_km2 = 2 * 2.25 * 0.15
    exact = [length_km * 0.3 - tapered_km2 for length_km in (10, 20)]
    assert found["area_km2"].tolist() == pytest.approx(exact, rel=0.03)


def test_the_area_of_a_cross_has_four_equal_arms(cross):
    area = isochrones(cross, [HERE], [6]).geometry[0]
    arms = [move(HERE, azimuth, 5_900) for azimuth in (0, 90, 180, 270)]
    assert all(area.covers(Point(arm)) for arm in arms)
    assert not area.covers(Point(move(HERE, 45, 3_000)))


def test_on_a_one_way_road_the_area_goes_one_way():
    network = straight(40_000, oneway=[True])
    origin = move(HERE, 90, 20_000)
    area = isochrones(network, [origin], [10]).geometry[0]
    assert area.covers(Point(move(HERE, 90, 29_900)))
    assert not area.covers(Point(move(origin, 270, 500)))


def test_a_bent_road_is_followed_not_cut_across():
    bend = [HERE, move(HERE, 0, 5_000), move(move(HERE, 0, 5_000), 90, 5_000)]
    area = isochrones(network_from_lines(roads([LineString(bend)], [60])), [HERE], [9]).geometry[0]
    assert area.covers(Point(move(bend[1], 90, 3_900)))
    assert not area.covers(Point(move(HERE, 45, 3_500)))


def test_the_origin_lies_in_its_own_smallest_area_even_off_the_road():
    network = straight(20_000)
    beside = move(move(HERE, 90, 10_000), 0, 1_500)
    found = isochrones(network, [beside], [1, 15, 30])
    assert found.geometry.covers(Point(beside)).all()
    assert found["snap_m"].tolist() == pytest.approx([1_500] * 3, abs=2)
    assert not found.geometry[1].covers(Point(move(HERE, 90, 10_000)))  # 22.5 minutes on foot
    assert found.geometry[2].covers(Point(move(HERE, 90, 10_000)))


@settings(max_examples=15, deadline=None)
@given(
    speeds=links, oneway=ways, lon=st.floats(112.59, 112.64), lat=st.floats(37.99, 38.04),
    limits=st.lists(st.integers(1, 40), min_size=2, max_size=4, unique=True).map(sorted),
)  # fmt: skip
def test_more_time_never_shrinks_an_area(speeds, oneway, lon, lat, limits):
    network = network_from_lines(lattice(speeds, oneway)[0])
    found = isochrones(network, [(lon, lat)], limits)
    assert found.is_valid.all() and set(found.geom_type) <= {"Polygon", "MultiPolygon"}
    for smaller, larger in zip(found.geometry[:-1], found.geometry[1:], strict=True):
        assert larger.covers(smaller)
    assert found.geometry.covers(Point(round(lon, 7), round(lat, 7))).all()
    xy = shapely.get_coordinates(found.geometry.to_numpy())
    assert (xy == np.round(xy, 7)).all()


@settings(max_examples=10, deadline=None)
@given(speeds=links, raised=st.integers(0, 23))
def test_a_faster_link_never_shrinks_an_area(speeds, raised):
    frame, nodes = lattice(speeds, [False] * 24)
    faster = frame.assign(speed_kmh=[s * 2 if i == raised else s for i, s in enumerate(speeds)])
    plain = isochrones(network_from_lines(frame), [nodes[5]], [4])["area_km2"][0]
    assert isochrones(network_from_lines(faster), [nodes[5]], [4])["area_km2"][0] >= plain - 0.02


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(order=st.permutations(range(24)), speeds=links, oneway=ways)
def test_row_order_changes_no_byte(order, speeds, oneway):
    frame, nodes = lattice(speeds, oneway)
    plain = isochrones(network_from_lines(frame), [nodes[5], nodes[0]], [3, 6])
    mixed = isochrones(network_from_lines(frame.iloc[list(order)]), [nodes[0], nodes[5]], [3, 6])
    assert plain.to_json() == mixed.to_json()


def test_asking_for_one_band_more_keeps_the_areas(cross):
    alone = isochrones(cross, [HERE], [5]).geometry[0]
    among = isochrones(cross, [HERE], [5, 9]).geometry[0]
    # the cell follows the farthest limit: the outline is another by a cell of 25 m on either side of
    # a strip of 300 m, the reach the same
    assert alone.symmetric_difference(among).area < 0.1 * alone.area
    assert shapely.hausdorff_distance(alone, among) < 120 / 87_700


# The bundled network


def test_the_bundled_network_gives_three_nested_areas_round_taiyuan(taixin):
    found = isochrones(taixin, [TAIYUAN])
    assert list(found.columns) == ["origin_id", "minutes", "area_km2", "snap_m", "geometry"]
    assert found.crs == "EPSG:4490"
    assert found["origin_id"].tolist() == ["112.5489,37.8706"] * 3
    assert found["minutes"].tolist() == [15, 30, 60]
    assert found.is_valid.all() and found.geometry.covers(Point(TAIYUAN)).all()
    assert found.geometry[1].covers(found.geometry[0]) and found.geometry[2].covers(
        found.geometry[1]
    )
    assert 50 < found["area_km2"][0] < found["area_km2"][1] < found["area_km2"][2] < 5_000
    assert (
        found.attrs["unanswered"] == []
        and found.attrs["time_error_share"] == taixin.time_error_share
    )
    assert found.to_json() == isochrones(taixin, [TAIYUAN]).to_json()


def test_reached_roads_are_covered_and_others_are_not(taixin):
    area = isochrones(taixin, [TAIYUAN], [30]).geometry[0]
    every = np.arange(len(taixin.tail))
    middles = shapely.line_interpolate_point(taixin.lines(every), 0.5, normalized=True)
    near = every[
        shapely.dwithin(middles, Point(TAIYUAN), 0.5) & ~taixin.shut
    ]  # no place joins a shut edge there
    table = travel_times(
        taixin, [TAIYUAN], gpd.GeoSeries(middles[near], index=near, crs="EPSG:4490")
    )
    inside = shapely.covers(area, middles[table["destination_id"].to_numpy()])
    assert inside[table["minutes"] <= 30].mean() > 0.99
    assert not inside[table["minutes"] > 36].any()


# Questions without an answer


def test_an_origin_fifty_kilometres_from_any_road_is_told_so(cross):
    far = move(HERE, 45, 57_000)
    with pytest.raises(
        AnalysisError,
        match=r"(?s)no origin can be answered.*nearest road of network 'lines' is \d\d km",
    ):
        isochrones(cross, [far], [15])


def test_the_other_origins_are_answered(cross):
    found = isochrones(cross, [HERE, move(HERE, 45, 57_000)], [5])
    assert found["origin_id"].tolist() == ["112.6,38"]
    (place, reason), = found.attrs["unanswered"]  # fmt: skip
    assert place.startswith("113.") and "choose a place nearer to a road" in reason


def test_an_origin_in_no_chinese_zone_is_told_so(cross):
    with pytest.raises(AnalysisError, match=r"longitude 10 lies in no CGCS2000 3-degree zone"):
        isochrones(cross, [(10.0, 50.0)], [15])


def test_an_origin_on_a_cut_off_road_is_answered_and_told_so():
    island = move(HERE, 0, 30_000)
    lines = [
        LineString([HERE, move(HERE, 90, 90_000)]),
        LineString([island, move(island, 90, 500)]),
    ]
    network = network_from_lines(roads(lines, [60, 60]))
    found = isochrones(network, [island, HERE], [15])
    assert len(found) == 2
    (place, note), = found.attrs["notes"]  # fmt: skip
    assert place.startswith("112.6,38.27")
    assert "cut off from the rest: 0.5 of 91 km" in note
    assert np.isnan(minutes(network, island, HERE))


@pytest.mark.parametrize(
    "bad", [[30, 15], [15, 15], [0, 15], [-5], [], [float("nan")], [float("inf")], 15, ["soon"]]
)
def test_minutes_must_be_above_zero_and_strictly_increasing(cross, bad):
    with pytest.raises(UsageError, match="minutes are"):
        isochrones(cross, [HERE], bad)


def test_no_origins_is_a_wrong_question(cross):
    with pytest.raises(UsageError, match="no origins given"):
        isochrones(cross, [], [15])


def test_swapped_axes_and_repeated_ids_are_listed_together(cross):
    with pytest.raises(InputError) as caught:
        isochrones(cross, [(38.0, 112.6), HERE, HERE], [15])
    assert "lat before lon? give lon,lat" in str(caught.value)
    assert "112.6,38: this id stands twice" in str(caught.value)


def test_places_without_crs_or_that_are_no_points_are_refused(cross):
    with pytest.raises(InputError, match="origins have no CRS"):
        isochrones(cross, gpd.GeoSeries([Point(HERE)]), [15])
    areas = gpd.GeoSeries([Point(HERE).buffer(0.1), None], index=["plot", "gap"], crs="EPSG:4490")
    with pytest.raises(
        InputError, match=r"(?s)plot: Polygon, not a point.*gap: no geometry, not a point"
    ):
        isochrones(cross, areas, [15])
    with pytest.raises(InputError, match=r"no list of .lon, lat. pairs"):
        isochrones(cross, [("east", "north")], [15])


def test_what_was_given_is_not_written_to(cross):
    places = gpd.GeoDataFrame(
        {"id": [2, 1]}, geometry=[Point(HERE), Point(move(HERE, 0, 500))], crs="EPSG:4490"
    )
    before = places.copy()
    found = isochrones(cross, places, (5,))
    pd.testing.assert_frame_equal(pd.DataFrame(places), pd.DataFrame(before))
    assert found["origin_id"].tolist() == [1, 2]
