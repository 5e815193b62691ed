"""The ground beside dense roads: whose it is, what a walk does not cross, and what is said of a
place between two roads.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Geod
from shapely import LineString, Point

import sxgeo
from sxgeo.analysis.network.build import network_from_lines
from sxgeo.analysis.network.file import open_network, write_network
from sxgeo.analysis.network.walls import Walls, is_wall
from sxgeo.errors import InputError

HERE = (112.6, 38.0)
GEOD = Geod(ellps="GRS80")


def at(east_m: float, north_m: float) -> tuple[float, float]:
    lon, lat, _ = GEOD.fwd(*HERE, 90, east_m)
    lon, lat, _ = GEOD.fwd(lon, lat, 0, north_m)
    return round(float(lon), 7), round(float(lat), 7)


def street(*places: tuple[float, float]) -> LineString:
    return LineString([at(*place) for place in places])


def network_of(*lines: LineString, kmh: float = 30, **columns):
    frame = gpd.GeoDataFrame(
        {"speed_kmh": [kmh] * len(lines), **columns}, geometry=list(lines), crs="EPSG:4490"
    )
    return network_from_lines(frame)


MAIN = street((0, 0), (3000, 0))


def area_of(network, minutes: float = 5):
    return sxgeo.isochrones(network, [at(1500, 0)], [minutes]).geometry.iloc[0]


def wall(*places: tuple[float, float]) -> Walls:
    return Walls(np.array([at(*place) for place in places]), np.array([0, len(places)]))


def test_the_ground_at_a_road_that_is_not_reached_is_not_reached():
    """Its other end alone joins the main road, three kilometres round: nobody is there in time."""
    apart = street((1000, 100), (2000, 100), (2000, 9000))
    free, beside = area_of(network_of(MAIN)), area_of(network_of(MAIN, apart))
    assert free.covers(Point(at(1500, 100))) and not beside.covers(Point(at(1500, 100)))
    assert not beside.covers(Point(at(1500, 130))), "behind a road the ground is that road's"
    assert beside.covers(Point(at(1500, 60))) and beside.covers(Point(at(1500, -100)))


@pytest.mark.parametrize("north_m", [40, 70])
def test_a_walk_does_not_cross_a_river_but_the_road_over_its_bridge_does(north_m):
    river = wall((-500, north_m), (1000, north_m), (3500, north_m))
    dry, wet = (area_of(replace(network_of(MAIN), walls=walls)) for walls in (None, river))
    beyond = Point(at(1500, north_m + 40))
    assert dry.covers(beyond) and not wet.covers(beyond)
    assert wet.covers(Point(at(1500, -100))) and wet.covers(Point(at(1500, 10)))
    bridge = street((1500, 0), (1500, 500))
    joined = network_of(street((0, 0), (1500, 0)), street((1500, 0), (3000, 0)), bridge)
    bridged = area_of(replace(joined, walls=river))
    assert bridged.covers(Point(at(1500, 300))) and bridged.covers(Point(at(1560, 300)))


def test_nobody_leaves_a_motorway_between_its_ends():
    open_, shut = network_of(MAIN), replace(network_of(MAIN), shut=np.array([True]))
    far = Point(at(2300, 100))
    origin = [at(0, 0)]
    found = [sxgeo.isochrones(n, origin, [10]).geometry.iloc[0] for n in (open_, shut)]
    assert found[0].covers(far) and not found[1].covers(far)
    assert found[1].covers(Point(at(2300, 0))), "the motorway itself is reached"


def test_walls_of_any_order_give_the_same_bytes_and_travel_in_the_file(tmp_path: Path):
    network = replace(network_of(MAIN), walls=wall((-500, 60), (3500, 60)))
    write_network(network, tmp_path / "n.npz")
    again = open_network(tmp_path / "n.npz")
    assert again.walls is not None and np.array_equal(again.walls.xy, network.walls.xy)
    assert area_of(again).equals(area_of(network))
    broken = replace(network, walls=Walls(network.walls.xy, np.array([0, 1, 2])))
    write_network(broken, tmp_path / "b.npz")
    with pytest.raises(InputError, match="walls_start does not part"):
        open_network(tmp_path / "b.npz")


@pytest.mark.parametrize(
    ("tags", "stops"),
    [
        ({"waterway": "river"}, True),
        ({"waterway": "river", "tunnel": "culvert"}, False),
        ({"waterway": "stream"}, False),
        ({"railway": "rail"}, True),
        ({"railway": "rail", "bridge": "yes"}, False),
        ({"railway": "tram"}, False),
        ({"railway": "abandoned"}, False),
        ({"natural": "water"}, True),
        ({"natural": "wood"}, False),
        ({"highway": "motorway"}, True),
        ({"highway": "footway"}, False),
    ],
)
def test_what_stands_in_the_way_by_its_tags(tags, stops):
    assert is_wall(tags) is stops


def test_rivers_of_an_extract_are_walls(tmp_path: Path):
    pytest.importorskip("osmium")
    nodes = [at(0, 0), at(3000, 0), at(-500, 60), at(3500, 60)]
    body = "".join(
        f'<node id="{n}" lon="{lon}" lat="{lat}" version="1"/>'
        for n, (lon, lat) in enumerate(nodes, 1)
    )
    ways = [(1, 2, "highway", "residential"), (3, 4, "waterway", "river")]
    for number, (first, last, key, value) in enumerate(ways, 1):
        body += (
            f'<way id="{number}" version="1"><nd ref="{first}"/><nd ref="{last}"/>'
            f'<tag k="{key}" v="{value}"/></way>'
        )
    path = tmp_path / "town.osm"
    path.write_text(f'<osm version="0.6">{body}</osm>', encoding="utf-8")
    network = sxgeo.read_network(path)
    assert network.walls is not None and len(network.walls.xy) == 2 and len(network.tail) == 1
    assert not area_of(network).covers(Point(at(1500, 110)))


def test_two_places_a_metre_apart_differ_and_it_is_said_why():
    """Two streets eight metres apart that meet six kilometres away: 25 minutes between their
    neighbours.
    """
    south, north = street((0, 0), (6000, 0)), street((6000, 8), (0, 8))
    network = network_of(south, street((6000, 0), (6000, 8)), north, kmh=30)
    places = gpd.GeoDataFrame(
        {"id": ["south", "north"]},
        geometry=[Point(at(100, 3.6)), Point(at(100, 4.6))],
        crs="EPSG:4490",
    )
    found = sxgeo.isochrones(network, places, [20])
    said = dict(found.attrs["notes"])
    assert set(said) >= {"south", "north"}
    assert "not reached by road within 20 min" in said["south"] and "entrance" in said["north"]
    plain = sxgeo.isochrones(network_of(MAIN), [at(100, 3)], [20])
    assert not plain.attrs["notes"]


def test_the_error_of_areas_is_stated_where_it_was_measured():
    dense = sxgeo.isochrones(network_of(MAIN), [at(1500, 0)], [5])
    assert 0 < dense.attrs["area_error"]["wrong_share"] <= 0.1
    bundled = sxgeo.isochrones(sxgeo.load_network("taixin"), [(112.5489, 37.8706)], [15])
    assert bundled.attrs["area_error"] is None


def test_the_areas_of_one_call_nest_on_roads_that_claim_their_ground():
    lines = [street((0, y), (3000, y)) for y in range(0, 1000, 90)]
    lines += [street((x, 0), (x, 990)) for x in range(0, 3001, 300)]
    found = sxgeo.isochrones(network_of(*lines), [at(5, 3)], [2, 4, 8]).geometry.tolist()
    assert all(b.covers(a) for a, b in itertools.pairwise(found))
    assert shapely.is_valid(found).all()
