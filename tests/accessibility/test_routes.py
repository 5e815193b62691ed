"""Routes: worked by hand, as fast as the table of times says, along the roads."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from shapely import LineString
from small_roads import GEOD, HERE, lattice, move, oneways, speeds, spots, straight

import sxgeo
from sxgeo.analysis.accessibility.routes import ROUTE_COLUMNS, routes
from sxgeo.analysis.accessibility.travel_times import travel_times
from sxgeo.analysis.network.build import network_from_lines
from sxgeo.analysis.network.graph import Network
from sxgeo.errors import InputError, UsageError


def length_m(course) -> float:
    return float(GEOD.geometry_length(course))


def test_two_kilometres_of_road_and_a_walk_of_one_at_either_end():
    network = straight()
    start, end = move(move(HERE, 90, 5_000), 0, 1_000), move(move(HERE, 90, 7_000), 180, 1_000)
    found = routes(network, [start], [end])
    row = found.iloc[0]
    assert tuple(found.columns) == ROUTE_COLUMNS and found.crs == "EPSG:4490"
    assert row["minutes"] == pytest.approx(15 + 2 + 15, abs=0.05)
    assert row["length_km"] == pytest.approx(4, abs=0.01) and row["offroad_m"] == pytest.approx(
        2000, abs=5
    )
    assert (
        row.geometry.coords[0] == start
        and row.geometry.coords[-1] == end
        and len(row.geometry.coords) == 4
    )
    assert length_m(row.geometry) == pytest.approx(4000, rel=0.002)


def test_a_route_follows_the_bends_of_the_road():
    bend = LineString([HERE, move(HERE, 0, 3_000), move(move(HERE, 0, 3_000), 90, 4_000)])
    network = network_from_lines(
        gpd.GeoDataFrame({"speed_kmh": [60]}, geometry=[bend], crs="EPSG:4490")
    )
    there = routes(network, [bend.coords[0]], [bend.coords[2]])
    back = routes(network, [bend.coords[2]], [bend.coords[0]])
    assert there.geometry[0].equals_exact(bend, 1e-7) and back.geometry[0].equals_exact(
        bend.reverse(), 1e-7
    )
    assert there["length_km"][0] == pytest.approx(7, abs=0.001) and there["minutes"][
        0
    ] == pytest.approx(7, abs=0.01)


def test_of_two_roads_between_the_same_places_the_faster_is_taken():
    end = move(HERE, 90, 4_000)
    over = move(move(HERE, 90, 2_000), 0, 2_000)
    lines = [LineString([HERE, end]), LineString([HERE, over, end])]
    network = network_from_lines(
        gpd.GeoDataFrame({"speed_kmh": [20, 90]}, geometry=lines, crs="EPSG:4490")
    )
    found = routes(network, [HERE], [end])
    assert len(found.geometry[0].coords) == 3 and found["length_km"][0] == pytest.approx(
        5.657, abs=0.01
    )


def test_no_way_has_no_course_and_the_way_to_itself_is_nothing():
    network = straight(oneway=[True])
    start, end = move(HERE, 90, 2_000), move(HERE, 90, 9_000)
    found = routes(network, [start, end], [start, end])
    told = {(a, b): (m, g) for a, b, m, g in zip(found["origin_id"], found["destination_id"], found["minutes"], found.geometry, strict=True)}  # fmt: skip
    here, there = sorted({a for a, _ in told})
    assert told[here, here] == (0.0, None) and told[here, there][0] == pytest.approx(7, abs=0.01)
    assert np.isnan(told[there, here][0]) and told[there, here][1] is None


@settings(max_examples=40, deadline=None)
@given(kmh=speeds, oneway=oneways, starts=spots, ends=spots)
def test_routes_take_exactly_the_times_of_the_table_and_lie_on_the_roads(kmh, oneway, starts, ends):
    network, _ = lattice(kmh, oneway)
    table, found = travel_times(network, starts, ends), routes(network, starts, ends)
    assert np.array_equal(table["minutes"], found["minutes"], equal_nan=True)
    assert table["origin_id"].equals(found["origin_id"]) and table["destination_id"].equals(
        found["destination_id"]
    )
    streets = shapely.union_all(network.lines(np.arange(len(network.tail)))).buffer(2e-6)
    for row in found.itertuples():
        if row.geometry is None:
            assert np.isnan(row.minutes) or row.minutes == 0
            continue
        assert row.geometry.is_valid and length_m(row.geometry) / 1000 == pytest.approx(
            row.length_km, rel=0.003, abs=0.002
        )
        off = row.geometry.difference(streets)
        assert length_m(off) <= row.offroad_m * 1.003 + 1


@settings(max_examples=20, deadline=None)
@given(kmh=speeds, oneway=oneways, starts=spots)
def test_one_way_streets_are_followed_in_their_direction(kmh, oneway, starts):
    network, nodes = lattice(kmh, oneway)
    forbidden = set()
    for edge in np.flatnonzero(network.oneway):
        course = [
            tuple(xy) for xy in network.xy[network.start[edge] : network.start[edge + 1]].tolist()
        ]
        forbidden |= {(b, a) for a, b in pairwise(course)}
    for course in routes(network, nodes[:3], nodes).geometry:
        if course is not None:
            coordinates = list(course.coords)
            assert not forbidden & set(pairwise(coordinates))


def test_places_without_a_road_are_named_and_rail_is_refused():
    network = straight()
    found = routes(network, [HERE, (113.5, 38.5)], [move(HERE, 90, 1_000)])
    assert [place for place, _ in found.attrs["unanswered"]] == ["113.5,38.5"]
    assert found["minutes"].isna().tolist() == [False, True]
    with pytest.raises(UsageError, match="train rides have no course"):
        routes(sxgeo.load_network("taixin", by="road+rail"), [HERE], [HERE])
    with pytest.raises(InputError, match="no list of"):
        routes(network, ["nowhere"], [HERE])
    assert len(routes(network, [], [HERE])) == 0


def test_two_runs_give_the_same_bytes_on_the_bundled_network():
    network: Network = sxgeo.load_network("taixin")
    places = [(112.5489, 37.8706), (112.7346, 38.4163), (112.6, 38.2)]
    first, second = (routes(network, places, places).to_json() for _ in range(2))
    assert first == second
    assert np.array_equal(
        routes(network, places, places)["minutes"], travel_times(network, places, places)["minutes"]
    )
