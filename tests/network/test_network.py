"""Networks: from lines, from arrays, from files; their times, and what they refuse."""

from __future__ import annotations

import hashlib

import geopandas as gpd
import numpy as np
import pytest
from pyproj import Geod
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely import LineString, MultiLineString, Point

import sxgeo
from sxgeo.analysis.network.build import network_from_arrays, network_from_lines
from sxgeo.analysis.network.bundled import (
    BUNDLED_CLASSES,
    NO_NETWORK,
    ZONE_BOXES,
    inside_box,
    load_network,
    read_network,
    save_network,
)
from sxgeo.analysis.network.graph import Network
from sxgeo.analysis.network.snap import search, search_graph
from sxgeo.catalog import data_dir, data_path
from sxgeo.errors import AnalysisError, InputError, UsageError

GEOD = Geod(ellps="GRS80")
WEST = (112.5, 38.0)


def east_of(lon: float, lat: float, metres: float) -> tuple[float, float]:
    found_lon, found_lat, _ = GEOD.fwd(lon, lat, 90, metres)
    return float(found_lon), float(found_lat)


def roads(lines, speed_kmh, **columns) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"speed_kmh": speed_kmh, **columns}, geometry=lines, crs="EPSG:4490")


def arrays(network) -> list[bytes]:
    names = ("lon", "lat", "tail", "head", "oneway", "length_m", "ticks", "xy", "start")
    return [np.ascontiguousarray(getattr(network, name)).tobytes() for name in names]


def steps(network) -> set[tuple[int, int, int]]:
    return {tuple(int(v) for v in step) for step in zip(*network.arcs(), strict=True)}


def test_ten_kilometres_at_sixty_are_ten_minutes():
    network = network_from_lines(roads([LineString([WEST, east_of(*WEST, 10_000)])], [60]))
    assert network.ticks.tolist() == [6000]
    assert network.minutes.tolist() == [10.0]
    assert network.length_m[0] == pytest.approx(10_000, abs=0.01)


def test_lines_join_where_an_end_lies_on_a_vertex_but_not_where_they_only_cross():
    main = LineString([(112.5, 38.0), (112.51, 38.0), (112.52, 38.0)])
    joining = LineString([(112.51, 38.0), (112.51, 38.01)])
    crossing = LineString([(112.515, 37.99), (112.515, 38.01)])
    network = network_from_lines(roads([main, joining, crossing], [60, 60, 60]))
    assert len(network.tail) == 4  # the main road is cut in two
    degree = np.bincount(np.concatenate([network.tail, network.head]))
    assert sorted(degree.tolist()) == [1, 1, 1, 1, 1, 3]


def test_a_multilinestring_counts_as_its_parts():
    parts = [
        LineString([(112.5, 38.0), (112.51, 38.0)]),
        LineString([(112.51, 38.0), (112.52, 38.01)]),
    ]
    assert arrays(network_from_lines(roads([MultiLineString(parts)], [50]))) == arrays(
        network_from_lines(roads(parts, [50, 50]))
    )


def test_a_projected_frame_gives_the_same_network():
    lines = roads([LineString([(112.6, 38.0), (112.61, 38.005), (112.62, 38.0)])], [50])
    assert arrays(network_from_lines(lines.to_crs("EPSG:4547"))) == arrays(
        network_from_lines(lines)
    )


def test_row_order_and_drawing_direction_change_nothing():
    lines = [
        LineString([(112.5, 38.0), (112.51, 38.0), (112.52, 38.01)]),
        LineString([(112.52, 38.01), (112.5, 38.0)]),
        LineString([(112.52, 38.01), (112.53, 38.0), (112.52, 38.01)]),
        LineString([(112.5, 38.0), (112.5, 38.05)]),
    ]
    frame = roads(lines, [30, 40, 50, 60])
    turned = frame.iloc[::-1].assign(geometry=[line.reverse() for line in reversed(lines)])
    assert arrays(network_from_lines(turned)) == arrays(network_from_lines(frame))


@pytest.mark.parametrize("yes", [True, 1, "yes", "True"])
@pytest.mark.parametrize("no", [False, 0, "no", None])
def test_a_one_way_line_is_travelled_only_in_its_own_direction(yes, no):
    lines = [
        LineString([(112.51, 38.0), (112.5, 38.0)]),
        LineString([(112.51, 38.0), (112.52, 38.0)]),
    ]
    network = network_from_lines(roads(lines, [60, 60], oneway=np.array([yes, no], dtype=object)))
    assert {step[:2] for step in steps(network)} == {(1, 0), (1, 2), (2, 1)}


def test_parallel_roads_count_by_the_fastest():
    ends = [(112.5, 38.0), (112.52, 38.0)]
    detour = LineString([ends[0], (112.51, 38.02), ends[1]])
    network = network_from_lines(roads([LineString(ends), detour], [30, 30]))
    fastest = int(network.ticks.min())
    assert steps(network) == {(0, 1, fastest), (1, 0, fastest)}
    assert search(search_graph(network, []), [0])[0].tolist() == [0.0, fastest]


def test_a_very_short_edge_still_takes_time():
    network = network_from_lines(roads([LineString([(112.5, 38.0), (112.5000002, 38.0)])], [120]))
    assert network.ticks.tolist() == [1]


def test_all_bad_rows_are_listed_at_once():
    line = LineString([(112.5, 38.0), (112.51, 38.0)])
    frame = roads(
        [line, line, line, None, Point(112.5, 38), LineString(), line],
        [0, -5, np.nan, 60, 60, 60, 60],
        oneway=[False, False, False, False, False, False, "perhaps"],
    )
    with pytest.raises(InputError) as caught:
        network_from_lines(frame)
    for words in (
        "row 0: speed_kmh is 0",
        "row 1: speed_kmh is -5",
        "row 2: speed_kmh is nan",
        "row 3: no geometry",
        "row 4: a Point, not a line",
        "row 5: no geometry",
        "row 6: oneway is 'perhaps'; use true or false",
    ):
        assert words in str(caught.value)


def test_a_frame_without_crs_or_speed_says_both():
    frame = gpd.GeoDataFrame(geometry=[LineString([(112.5, 38.0), (112.51, 38.0)])])
    with pytest.raises(InputError, match=r"(?s)no CRS.*no column speed_kmh"):
        network_from_lines(frame)


def test_an_empty_frame_and_a_line_of_no_length_are_refused():
    with pytest.raises(InputError, match="no rows"):
        network_from_lines(roads([], []))
    with pytest.raises(InputError, match="nothing to travel on"):
        network_from_lines(roads([LineString([(112.5, 38.0), (112.5, 38.0)])], [60]))


def test_metres_declared_as_degrees_are_noticed():
    frame = roads([LineString([(500_000, 4_200_000), (501_000, 4_200_000)])], [60])
    with pytest.raises(InputError, match=r"row 0: coordinates outside .*is the CRS the right one"):
        network_from_lines(frame)


def test_arrays_with_an_unknown_node_or_a_negative_length_are_refused():
    given = {
        "speed_kmh": [60],
        "id": "x",
        "time_error_share": 0.1,
        "offroad_kmh": 4,
        "offroad_cap_m": 150,
    }
    nodes = [[1125000000, 380000000], [1125100000, 380000000]]
    with pytest.raises(InputError, match="edges must name nodes 0 to 1"):
        network_from_arrays(nodes, [[0, 2]], length_m=[900], **given)
    with pytest.raises(InputError, match="must be above 0"):
        network_from_arrays(nodes, [[0, 1]], length_m=[-900], **given)
    for kmh in (0, -60, np.nan, np.inf):
        with pytest.raises(InputError, match="every length_m and speed_kmh must be above 0"):
            network_from_arrays(nodes, [[0, 1]], length_m=[900], **{**given, "speed_kmh": [kmh]})


def test_the_bundled_network_holds_the_roads_of_the_zone():
    network = load_network("taixin")
    assert (
        network.id == "taixin" and network.mode == "road" and "OpenStreetMap" in network.attribution
    )
    assert network.time_error_share == 0.45
    assert network.lon.min() >= 110.5 and network.lon.max() <= 114.8
    assert network.length_m.sum() / 1000 == pytest.approx(20_900, rel=0.05)
    speeds = np.unique(np.rint(network.length_m * 36 / network.ticks)[network.ticks > 600])
    assert set(speeds) <= {row[1] for row in BUNDLED_CLASSES} | {
        40,
        54,
        72,
        90,
    }  # ties, and 0.9 of 60, 80, 100


def test_the_network_of_the_zone_is_what_it_was_before_other_zones_came():
    network = load_network("taixin")
    digest = hashlib.sha256(b"".join(arrays(network))).hexdigest()
    assert digest == "a2b0a40aaaaf8a89ef3c64dc1c23f657fe8163e9376034c0b371b8402db8ea0c"


BOXED_KINDS = [(zone, kind) for zone in ZONE_BOXES for kind in ("road", "rail")]


@pytest.mark.parametrize(("zone", "kind"), BOXED_KINDS)
def test_every_zone_with_a_box_holds_one_large_connected_part(zone, kind):
    west, south, east, north = ZONE_BOXES[zone]
    with np.load(data_path("networks/region.npz")) as held:
        given = (held[f"{kind}_{name}"] for name in ("lonlat", "edges", "length_m"))
        lonlat, edges, length_m = inside_box(*given, ZONE_BOXES[zone])
    lon, lat = lonlat[:, 0] / 1e7, lonlat[:, 1] / 1e7
    assert lon.min() >= west and lon.max() <= east and lat.min() >= south and lat.max() <= north
    assert edges.min() >= 0 and edges.max() < len(lonlat) and (length_m > 0).all()
    graph = coo_matrix((np.ones(len(edges)), edges.T), shape=(len(lonlat), len(lonlat)))
    _, component = connected_components(graph, directed=False)
    assert np.bincount(component).max() / len(lonlat) >= (0.98 if kind == "road" else 0.85)


@pytest.mark.parametrize("zone", ZONE_BOXES)
def test_the_box_of_a_zone_holds_its_outline_with_room_to_spare(zone):
    network = load_network(zone)
    assert network.id == zone and network.mode == "road"
    outline = sxgeo.load_zone(zone).outline
    assert outline is not None
    west, south, east, north = outline.bounds
    box = ZONE_BOXES[zone]
    assert (
        box[0] <= west - 0.3
        and box[1] <= south - 0.3
        and box[2] >= east + 0.3
        and box[3] >= north + 0.3
    )


def test_every_zone_of_the_plans_has_a_network_or_a_reason():
    assert set(sxgeo.list_zones()["zone_id"]) == set(ZONE_BOXES) | set(NO_NETWORK)


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        (
            "yellow_river_provinces",
            r"no bundled network: it is made of whole provinces.*sxgeo.read_network",
        ),
        ("zonggai", r"no published outline; take 'central_cluster'"),
    ],
)
def test_a_zone_without_a_network_says_why(zone, words):
    with pytest.raises(UsageError, match=words):
        load_network(zone)


def test_a_box_keeps_edges_between_its_own_nodes_and_numbers_them_anew():
    lonlat = np.array([[1, 1], [2, 2], [3, 3], [9, 9]]) * 10_000_000
    edges = np.array([[0, 1], [1, 2], [2, 3]])
    kept = inside_box(lonlat, edges, np.array([10, 20, 30]), (2, 2, 4, 4))
    assert [part.tolist() for part in kept] == [
        [[20_000_000] * 2, [30_000_000] * 2],
        [[0, 1]],
        [20],
    ]


def test_the_bundled_networks_are_small():
    assert data_path("networks/region.npz").stat().st_size < 4_000_000
    assert sum(path.stat().st_size for path in data_dir().rglob("*") if path.is_file()) < 25_000_000


def test_unknown_networks_and_means_are_refused_with_the_way_out():
    with pytest.raises(UsageError, match=r"unknown network 'taxin'. Did you mean 'taixin'"):
        sxgeo.load_network("taxin")
    with pytest.raises(
        UsageError, match=r"unknown means of travel 'boat'. Known: road, walk, rail, road\+rail"
    ):
        sxgeo.load_network("taixin", by="boat")


def test_a_saved_network_comes_back_and_has_the_same_bytes(tmp_path):
    network = network_from_lines(
        roads([LineString([WEST, east_of(*WEST, 3_000)])], [50]), attribution="ours"
    )
    first, second = tmp_path / "a.npz", tmp_path / "b.npz"
    save_network(network, first)
    again = read_network(first)
    save_network(again, second)
    assert first.read_bytes() == second.read_bytes()
    assert arrays(again) == arrays(network)
    assert (again.id, again.attribution, again.offroad_cap_m) == ("lines", "ours", 150.0)


def test_lines_are_read_from_a_vector_file(tmp_path):
    frame = roads([LineString([(112.5, 38.0), (112.51, 38.0)])], [50])
    frame.to_file(tmp_path / "county.gpkg")
    network = sxgeo.read_network(tmp_path / "county.gpkg")
    assert network.id == "county"
    assert arrays(network) == arrays(network_from_lines(frame))


def test_files_that_are_no_network_are_refused(tmp_path):
    (tmp_path / "text.gpkg").write_text("no map")
    (tmp_path / "text.npz").write_text("no arrays")
    (tmp_path / "city.osm.pbf").write_bytes(b"\0")
    np.savez(tmp_path / "other.npz", a=np.arange(3))
    (tmp_path / "table.csv").write_text("speed_kmh\n50\n")
    for name, words in {
        "missing.gpkg": "does not exist",
        "text.gpkg": "cannot be read as a vector file",
        "text.npz": "not a network that sxgeo saved",
        "other.npz": "not a network that sxgeo saved",
        "city.osm.pbf": "broken or truncated",
        "table.csv": "without geometry",
    }.items():
        with pytest.raises(InputError, match=words):
            read_network(tmp_path / name)
    with pytest.raises(UsageError, match=r"saved as .npz"):
        save_network(load_network(), tmp_path / "x.gpkg")


def bits(side: int) -> Network:
    """Return side x side roads of 6 m that touch nothing, a lattice 20 m wide."""
    column, row = (part.ravel() for part in np.meshgrid(np.arange(side), np.arange(side)))
    west = np.column_stack([1125000000 + column * 2000, 380000000 + row * 2000])
    count = side * side
    return network_from_arrays(
        np.vstack([west, west + np.array([700, 0])]), np.column_stack([np.arange(count), np.arange(count) + count]),
        length_m=np.full(count, 6.1), speed_kmh=np.full(count, 30.0), id="bits",
        time_error_share=0.1, offroad_kmh=4, offroad_cap_m=150,
    )  # fmt: skip


def test_a_million_isolated_bits_are_answered_and_said_to_be_cut_off():
    network = bits(1000)
    assert len(network.tail) == 1_000_000
    places = [(112.6, 38.1), (112.61, 38.1)]
    found = sxgeo.isochrones(network, places[:1], [15])
    assert 0.05 < found["area_km2"][0] < 0.15  # a walk of 150 m round one bit
    assert "cut off from the rest: 0.0 of 6100 km" in found.attrs["notes"][0][1]
    assert np.isnan(sxgeo.travel_times(network, places[:1], places[1:])["minutes"][0])
    assert sxgeo.nearest(network, places)["minutes"].notna().sum() == 4
    with pytest.raises(AnalysisError, match=r"nearest road of network 'bits' is 6\d\d km away"):
        sxgeo.isochrones(network, [(119.6, 38.1)], [15])


def test_many_bad_lines_are_named_fifty_at_most():
    line = LineString([(112.5, 38.0), (112.51, 38.0)])
    with pytest.raises(InputError, match=r"(?s)row 0: speed_kmh is 0.*row 49: .*and 9950 more"):
        network_from_lines(roads([line] * 10_000, [0] * 10_000))
