"""Roads as a graph and as a file, each part by itself: who leads to whom, how an archive lies on
the disk, what a kind of road says of its direction; against plain counting.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from shapely import LineString
from small_roads import HERE, move

from sxgeo.analysis.network import (
    beside,
    build,
    bundled,
    file,
    osm,
    osm_extract,
    osm_fetch,
    planned,
    rail,
    railways,
    search,
    snap,
    trace,
)
from sxgeo.analysis.network.build import network_from_lines
from sxgeo.analysis.network.graph import MAX_LINE_KMH, MIN_KMH, Legs, Network
from sxgeo.analysis.network.hierarchy import Hierarchy
from sxgeo.analysis.network.walls import Walls
from sxgeo.errors import AnalysisError, InputError, UsageError
from sxgeo.geometry.projection import plane_crs, points_to_plane
from sxgeo.workspace.boundaries import load_zone


def random_roads(seed: int, *, oneway_share: float = 0.6) -> Network:
    """Some roads between places that lie anywhere, many of them one way, not all joined."""
    rng = np.random.default_rng(seed)
    places = np.round(np.array(HERE) + rng.uniform(0, 0.2, (9, 2)), 7)
    pairs = [rng.choice(6, 2, replace=False) for _ in range(6)]
    pairs += [6 + rng.choice(3, 2, replace=False) for _ in range(3)]
    frame = gpd.GeoDataFrame(
        {"speed_kmh": [40] * 9, "oneway": (rng.uniform(size=9) < oneway_share).tolist()},
        geometry=[LineString(places[pair]) for pair in pairs],
        crs="EPSG:4490",
    )
    return network_from_lines(frame)


# who leads to whom
# ------------------------------------------------------------------------------------------


def test_the_main_part_is_the_one_with_most_road_of_all_that_is_joined() -> None:
    for seed in range(12):
        network = random_roads(seed)
        graph = nx.DiGraph()
        graph.add_nodes_from(range(network.size))
        tail, head, _ = network.arcs()
        graph.add_edges_from(zip(tail.tolist(), head.tolist(), strict=True))
        leads_out, led_to = network.thoroughfare
        assert len(leads_out) == len(led_to) == network.size
        ends = list(zip(network.tail.tolist(), network.head.tolist(), strict=True))
        for ground in nx.weakly_connected_components(graph):
            road_m = {
                frozenset(part): sum(
                    float(network.length_m[i]) for i, pair in enumerate(ends) if set(pair) <= part
                )
                for part in nx.strongly_connected_components(graph.subgraph(ground))
            }
            most = [part for part, metres in road_m.items() if metres == max(road_m.values())]
            if len(most) > 1:
                continue
            main = next(iter(most[0]))
            for node in ground:
                assert leads_out[node] == nx.has_path(graph, node, main)
                assert led_to[node] == nx.has_path(graph, main, node)


def test_the_boxes_that_are_searched_are_those_of_the_edges() -> None:
    network = random_roads(1)
    boxes = snap.edge_boxes(network)
    for own, line in zip(boxes.tolist(), network.lines(np.arange(len(network.tail))), strict=True):
        assert own == list(line.bounds)


# an archive
# ------------------------------------------------------------------------------------------


def test_a_saved_network_is_the_same_archive_on_every_system(tmp_path: Path) -> None:
    path = tmp_path / "n.npz"
    file.write_network(random_roads(2), path)
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    assert members[0].filename == "format.npy"
    for member in members:
        assert member.compress_type == zipfile.ZIP_STORED
        assert (member.create_system, member.external_attr >> 16) == (3, 0o644)
        assert member.date_time == (1980, 1, 1, 0, 0, 0)
    # the first number of each array lies on a multiple of 64 bytes
    content = path.read_bytes()
    for name in file.ARRAYS:
        values = np.asarray(getattr(file.open_network(path), name))
        assert content.index(values.tobytes()[:4096]) % 64 == 0


def test_a_file_of_nothing_says_that_there_is_nothing_to_travel_on(tmp_path: Path) -> None:
    whole = random_roads(3)
    none: dict[str, Any] = {
        name: np.asarray(getattr(whole, name))[:0]
        for name in ("lon", "lat", "tail", "head", "oneway", "length_m", "ticks", "xy")
    }
    empty = replace(whole, **none, start=np.zeros(1, dtype=np.int64))
    path = tmp_path / "n.npz"
    file.write_network(empty, path)
    with pytest.raises(InputError, match="0 nodes, 0 edges: nothing to travel on"):
        file.open_network(path)


# directions
# ------------------------------------------------------------------------------------------


def test_a_kind_of_road_says_its_direction_where_nothing_is_told() -> None:
    for tags, way in (
        ({"junction": "roundabout"}, 1), ({"junction": "circular"}, 1), ({"junction": "jughandle"}, 0),
        ({"junction": "roundabout", "oneway": "no"}, 0), ({"junction": "circular", "oneway": "-1"}, -1),
        ({"highway": "motorway"}, 1), ({"highway": "motorway", "oneway": "no"}, 0),
        ({"highway": "motorway_link"}, 0), ({"highway": "trunk"}, 0), ({}, 0),
        ({"oneway": "alternating"}, 0), ({"oneway": "reversible"}, None), ({"oneway": " YES "}, 1),):  # fmt: skip
        assert osm._drawn_direction(tags) == way


# a file, value by value
# ------------------------------------------------------------------------------------------


def members(network: Network) -> dict[str, Any]:
    names = (*file.ARRAYS, *file.WORDS, *file.NUMBERS)
    return {name: np.asarray(getattr(network, name)) for name in names}


def test_an_array_of_another_type_or_shape_is_told_and_nothing_else() -> None:
    sound = members(random_roads(4))
    assert list(file._problems(sound)) == []
    for name, (kind, dimensions) in file.ARRAYS.items():
        other = np.float32 if kind != "<f8" else np.int64
        flat = sound[name].ravel() if dimensions == 2 else sound[name][:, None]
        for wrong in (sound[name].astype(other), flat):
            (told,) = file._problems({**sound, name: wrong})
            assert told.startswith(f"{name} is {wrong.dtype} in {wrong.ndim} dimension(s), not")
    # of edges without entry one fault is told, however wrong all else is in size
    (told,) = file._problems({**sound, "shut": np.zeros(99, dtype=bool)})
    assert told == "shut is not one truth for each edge"
    told_both = list(file._problems({**sound, "tail": sound["tail"][:1], "lon": np.zeros((2, 2))}))
    assert len(told_both) == 1 and told_both[0].startswith("lon is float64 in 2")


def test_courses_part_their_places_from_the_first_to_the_last_and_have_two_at_least() -> None:
    sound = members(random_roads(4))
    start = sound["start"]
    places = int(start[-1])
    faults = [start - 1, start + 1]
    for edge in range(1, len(start)):
        # each course by itself: one place too few at its end, and one left over behind all
        faults.append(np.where(np.arange(len(start)) >= edge, start - 1, start))
    faults.append(np.append(start[:-1], places + 1))
    for wrong in faults:
        told = list(file._problems({**sound, "start": wrong}))
        assert told == ["start does not part xy into courses of two places or more"]
    xy = np.zeros((6, 2))
    for cut, is_sound in (
        ([0, 2, 6], True), ([0, 3, 6], True), ([0, 6], True), ([0, 1, 6], False),
        ([0, 5, 6], False), ([0, 2, 3, 6], False), ([0, 4, 5], False), ([1, 3, 6], False),
        ([0, 3, 7], False),
    ):  # fmt: skip
        walls = {"walls_xy": xy, "walls_start": np.array(cut)}
        assert (list(file._wrong_walls(walls)) == []) is is_sound


def test_stated_constants_are_taken_up_to_their_limits() -> None:
    sound = members(random_roads(4))
    for name, least, most in (
        ("time_error_share", 0.0, 1.0), ("offroad_kmh", 0.01, 1000.0), ("offroad_cap_m", 0.0, 1e5)
    ):  # fmt: skip
        for value in (least, most):
            assert not list(file._problems({**sound, name: np.asarray(value)}))
        for value in (np.nextafter(least, -9), np.nextafter(most, 1e9), np.nan):
            (told,) = file._problems({**sound, name: np.asarray(value)})
            assert told == f"{name} is no number from {least:g} to {most:g}"


def test_times_and_texts_are_taken_up_to_their_limits() -> None:
    sound = members(random_roads(4))
    ticks = sound["ticks"]
    for value, is_sound in ((1, True), (0, False), (2**30, True), (2**30 + 1, False)):
        given = {**sound, "ticks": np.where(np.arange(len(ticks)) == 3, value, ticks)}
        told = list(file._problems(given))
        assert told == ([] if is_sound else [f"ticks are not all from 1 to {2**30}"])
    for name, most in (("id", 10_000), ("mode", 10_000), ("attribution", 10_000), ("notes", 10**6)):
        assert not list(file._problems({**sound, name: np.asarray("x" * most)}))
        (words,) = file._problems({**sound, name: np.asarray("x" * (most + 1))})
        assert words == f"{name} is no text of up to {most} characters"


def test_an_array_that_says_less_than_it_holds_is_cut_short(tmp_path: Path) -> None:
    whole, path = random_roads(5), tmp_path / "n.npz"
    file.write_network(whole, path)
    with zipfile.ZipFile(path) as archive:
        content = {one: archive.read(one) for one in archive.namelist()}
    size = len(whole.lon)
    said, less = f"({size},)".encode(), f"({size - 1},)".encode()
    assert content["lon.npy"].count(said) == 1 and len(said) == len(less)
    content["lon.npy"] = content["lon.npy"].replace(said, less)
    with zipfile.ZipFile(path, "w") as archive:
        for one, octets in content.items():
            archive.writestr(one, octets)
    with pytest.raises(InputError, match="lon is cut short"):
        file.open_network(path)


# roads that are split, and lines that are planned
# ------------------------------------------------------------------------------------------


def test_an_edge_that_is_split_is_the_same_road_in_two_pieces() -> None:
    network = replace(random_roads(6), shut=np.arange(9) % 2 == 0)
    lines = network.lines(np.arange(len(network.tail)))
    for edge in range(len(network.tail)):
        for share in (0.2, 0.5, 0.9):
            lon, lat = lines[edge].interpolate(share, normalized=True).coords[0]
            foot = snap._at_nearest(network, np.array([edge]), snap._placed(lon, lat))
            split, node = rail.split_at(network, foot)
            assert node == len(network.lon) == len(split.lon) - 1
            assert (split.lon[node], split.lat[node]) == pytest.approx((lon, lat), abs=1e-4)
            halves = [edge, len(network.tail)]
            assert split.tail[halves].tolist() == [network.tail[edge], node]
            assert split.head[halves].tolist() == [node, network.head[edge]]
            assert split.ticks[halves].tolist() == [foot.back[0], foot.ahead[0]]
            length_m = split.length_m[halves]
            assert float(length_m.sum()) == pytest.approx(network.length_m[edge])
            assert length_m[0] / network.length_m[edge] == pytest.approx(share, abs=0.01)
            assert split.oneway[halves].tolist() == [network.oneway[edge]] * 2
            assert (
                split.shut is not None and split.shut[halves].tolist() == [network.shut[edge]] * 2
            )
            ends = shapely.get_coordinates(split.lines(np.array(halves)))
            assert ends[0].tolist() == list(lines[edge].coords[0])
            assert ends[-1].tolist() == list(lines[edge].coords[-1])
            # every other edge is what it was
            others = np.flatnonzero(np.arange(len(network.tail)) != edge)
            for name in ("tail", "head", "oneway", "length_m", "ticks"):
                same = getattr(split, name)[others] == getattr(network, name)[others]
                assert same.all(), name
            assert shapely.equals_exact(split.lines(others), lines[others]).all()
            assert (split.lon[:-1] == network.lon).all() and (split.lat[:-1] == network.lat).all()


def test_a_foot_at_an_end_splits_nothing() -> None:
    network = random_roads(6)
    foot = snap._at_nearest(network, np.array([0]), snap._placed(*network.xy[0]))
    ticks = int(network.ticks[0])
    for back, at in ((0, network.tail[0]), (ticks, network.head[0])):
        there = replace(foot, back=np.array([back]), ahead=np.array([ticks - back]))
        assert rail.split_at(network, there) == (network, at)
    for back in (1, ticks - 1):
        there = replace(foot, back=np.array([back]), ahead=np.array([ticks - back]))
        split, node = rail.split_at(network, there)
        assert len(split.tail) == len(network.tail) + 1 and node == len(network.lon)


def straight_east(length_m: float = 10_000, **columns: Any) -> Network:
    line = LineString([HERE, move(HERE, 90, length_m)])
    return network_from_lines(
        gpd.GeoDataFrame({"speed_kmh": [60], **columns}, geometry=[line], crs="EPSG:4490")
    )


def plan_of(*lines: Any, kmh: float = 80, mode: str = "road", **columns: Any) -> Any:
    told = {"mode": [mode] * len(lines), "speed_kmh": [kmh] * len(lines), **columns}
    frame = gpd.GeoDataFrame(told, geometry=list(lines), crs="EPSG:4490")
    return planned.read_planned(frame, "n")


def test_a_planned_road_joins_roads_within_a_hundred_metres_and_is_refused_beyond() -> None:
    roads = straight_east()
    foot = move(HERE, 90, 4_000)
    for away_m, joins in ((0.0, True), (40.0, True), (99.5, True), (102.0, False), (6e3, False)):
        begin = move(foot, 0, away_m)
        end = move(move(HERE, 90, 9_000), 0, 30)
        line = LineString([begin, move(foot, 0, 9_000), end])
        if not joins:
            far = "more than 5 km" if away_m > 5_000 else "102 m"
            words = f"line 1: its first end lies {far} from any road, more than 100 m; draw it up"
            with pytest.raises(AnalysisError, match=words):
                planned.with_and_without(roads, plan_of(line))
            continue
        before, after = planned.with_and_without(roads, plan_of(line))
        # the same roads, split where the planned one joins; it alone is more
        assert len(before.tail) == 3 and len(after.tail) == 4
        for name in ("tail", "head", "ticks", "length_m", "oneway"):
            assert getattr(after, name)[:3].tolist() == getattr(before, name).tolist()
        assert len(after.lon) == len(before.lon) == 4 and after.shut is None
        assert {after.tail[3], after.head[3]} == {2, 3}
        assert after.ticks[3] == round(after.length_m[3] * 36 / 80)
        assert list(after.notes) == [
            f"line 1: its first end joins a road {away_m:.0f} m away",
            "line 1: its last end joins a road 30 m away",
        ]
        assert not before.notes and after.id == roads.id
        course = shapely.get_coordinates(after.lines(np.array([3])))
        assert {tuple(course[0]), tuple(course[-1])} == {
            (after.lon[k], after.lat[k]) for k in (2, 3)
        }


def test_planned_roads_that_meet_join_one_another_and_all_ends_that_stray_are_told() -> None:
    roads = replace(straight_east(), shut=np.array([True]), notes=("own",))
    first, second = move(HERE, 90, 1_000), move(HERE, 90, 8_000)
    top = move(first, 0, 3_000)
    pair = plan_of(LineString([first, top]), LineString([top, second]))
    before, after = planned.with_and_without(replace(roads, shut=None), pair)
    assert (len(before.tail), len(after.tail), len(after.lon)) == (3, 5, 5)
    assert after.notes[0] == "own" and [note[:22] for note in after.notes[1:]] == [
        "line 1: its first end ", "line 2: its last end j"
    ]  # fmt: skip
    # a planned road has no class: it is joined anywhere
    shut = replace(roads, shut=np.array([True]))
    merged = planned._merged(shut, straight_east(500))
    assert merged.shut is not None and merged.shut.tolist() == [True, False]
    assert len(merged.lon) == 3 and merged.start.tolist() == [0, 2, 4]
    assert merged.tail.tolist()[1] == 0 or merged.head.tolist()[1] == 0
    stray = plan_of(
        LineString([top, move(top, 0, 999)]), LineString([first, move(first, 0, 7_000)])
    )
    with pytest.raises(AnalysisError) as error:
        planned.with_and_without(replace(roads, shut=None), stray)
    words = str(error.value)
    assert words.count("from any road, more than 100 m") == 3
    for own in ("line 1: its first", "line 1: its last", "line 2: its last"):
        assert own in words
    for wrong, reason in (
        (replace(roads, mode="walk"), "take --by road, not a network on foot"),
        (replace(roads, legs=Legs(0, *[np.zeros(0, np.int64)] * 3)), "already has lines"),
    ):
        with pytest.raises(UsageError, match=reason):
            planned.with_and_without(wrong, pair)


def test_nodes_that_two_networks_share_keep_their_number_and_others_stand_behind() -> None:
    roads = random_roads(12)
    for more in (random_roads(13), roads, random_roads(12, oneway_share=0.0)):
        number, fresh = planned._numbers_beside(roads, more)
        own = list(zip(roads.lon.tolist(), roads.lat.tolist(), strict=True))
        other = list(zip(more.lon.tolist(), more.lat.tolist(), strict=True))
        every = own + [place for place in other if place not in own]
        assert [every[k] for k in number] == other
        assert [other[k] for k in fresh] == every[len(own) :]


def test_a_planned_railway_alone_adds_its_rides_and_nothing_else() -> None:
    roads = straight_east()
    line = LineString([move(HERE, 90, 1_000), move(HERE, 90, 9_000)])
    before, after = planned.with_and_without(roads, plan_of(line, kmh=160, mode="rail"))
    assert before.legs is not None and after.legs is not None
    assert len(before.tail) == len(after.tail) == 3
    assert after.legs.notes[0].startswith("trains run at 0.75 of the design speed")
    assert [name for _, name, _ in after.legs.stops] == ["first end", "last end"]
    assert len(after.legs.tail) > len(before.legs.tail)


# joining
# ------------------------------------------------------------------------------------------


def test_no_edge_that_may_be_the_nearest_is_left_aside() -> None:
    lon, lat = HERE
    near = np.array([lon, lat, lon, lat])
    twin = near + 1e-7
    told = snap._perhaps_nearest(np.array([near, twin, near + 1]), lon, lat)
    assert told.tolist() == [0, 1]
    # the box of a long slanting road holds the place, the road itself lies far from it
    corner = move(move(HERE, 180, 4_000), 270, 4_000)
    slant = LineString([move(corner, 0, 8_000), move(corner, 90, 8_000)])
    slant = LineString([(x + 0.02, y + 0.02) for x, y in slant.coords])
    beside = LineString([move(HERE, 270, 600), move(HERE, 270, 1_600)])
    frame = gpd.GeoDataFrame({"speed_kmh": [40] * 2}, geometry=[slant, beside], crs="EPSG:4490")
    network = network_from_lines(frame)
    found = snap.snap(network, network.boxes, *HERE)
    assert found.distance_m == pytest.approx(600, rel=1e-3)
    assert len(network.boxes) == len(snap._perhaps_nearest(network.boxes, *HERE))


def test_boxes_are_as_far_as_their_nearest_side_and_their_farthest_corner() -> None:
    rng = np.random.default_rng(11)
    low = rng.uniform(-3, 2, (40, 2))
    boxes = np.hstack([low, low + rng.uniform(0, 2, (40, 2))])
    scale_m = np.array([80.0, 111.0])
    nearest, farthest = snap._box_distances_m(boxes, scale_m)
    place = shapely.Point(0, 0)
    for box, least, most in zip(boxes * np.tile(scale_m, 2), nearest, farthest, strict=True):
        shape = shapely.box(*box)
        assert least == pytest.approx(shapely.distance(shape, place))
        corners = shapely.points(shapely.get_coordinates(shape))
        assert most == pytest.approx(float(shapely.distance(corners, place).max()))


def test_roads_are_equally_near_up_to_two_centimetres(monkeypatch: pytest.MonkeyPatch) -> None:
    network = random_roads(10)
    place, near = snap._placed(*HERE), np.arange(4)
    apart = np.array([5.0, 5.0199, 5.0201, 5.5])
    with monkeypatch.context() as patch:
        patch.setattr(shapely, "distance", lambda *_: apart)
        one = snap._at_nearest(network, near, place)
        ((row, of_many),) = snap._snap_on(network, [place], np.zeros(4, dtype=np.int64), near)
    # a road beyond the first window is not surely the nearest: that place is asked by itself
    for least_m, is_told in ((100.0, True), (np.nextafter(100, 101), False), (5_000.0, False)):
        with monkeypatch.context() as patch:
            patch.setattr(shapely, "distance", lambda *_, m=least_m: np.full(4, m))
            found = list(snap._snap_on(network, [place], np.zeros(4, dtype=np.int64), near))
        assert bool(found) is is_told
    for told in (one, of_many):
        assert told.edges.tolist() == [0, 1] and told.distance_m == 5.0
    assert row == 0


def test_how_far_the_nearest_road_is_is_told_where_any_distance_has_a_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = random_roads(10)
    place = snap._placed(*move(HERE, 0, 90_000))
    for some, words in (
        ([np.nan, 7_000.0, 12_000.0], "is 7 km away"), ([np.inf, 7_000.0], "is 7 km away"),
        ([9_400.0, 9_600.0], "is 9 km away"), ([np.nan, np.inf], "is thousands of km away"),
    ):  # fmt: skip
        with monkeypatch.context() as patch:
            patch.setattr(shapely, "distance", lambda *_, some=some: np.array(some))
            told = snap._far(network, place)
        assert words in told and "over the 5 km that are allowed" in told


def test_the_edges_that_are_asked_how_far_they_are_are_the_nearest_on_both_axes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(snap, "_ASKED_EDGES", 1)
    lines = np.array(
        [LineString([(112.6, 45.0), (112.61, 45.0)]), LineString([(112.7, 38.1), (112.71, 38.1)])]
    )
    network: Any = SimpleNamespace(
        id="n", boxes=np.array([line.bounds for line in lines]), lines=lambda edges: lines[edges]
    )
    assert "is 14 km away" in snap._far(network, snap._placed(112.6, 38.0))


def test_the_way_to_a_station_is_in_doubt_where_its_place_is_known_worse_than_three_kilometres() -> (
    None
):
    def error_min(accuracy_m: float, datum_m: float | None = None, kmh: float = 40.0) -> float:
        node = {
            "node_id": "a", "name_zh": "站", "geometry": shapely.Point(HERE),
            "position_accuracy_m": accuracy_m, "datum_error_m": datum_m,
        }  # fmt: skip
        return railways._stop(node, kmh).access_error_min

    assert error_min(3_000.0) == error_min(2_900.0, 100.0) == 0.0
    for accuracy_m, datum_m in ((3_000.1, None), (2_900.0, 101.0), (9_000.0, 0.0)):
        metres = accuracy_m + (datum_m or 0)
        for kmh in (40.0, 5.0):
            told = error_min(accuracy_m, datum_m, kmh)
            assert told == round(metres * 1.3 / (kmh * 1000 / 60), 1) > 0


def test_a_box_is_four_sides_on_the_earth_from_west_to_east_and_south_to_north() -> None:
    for place, told in (
        ("112,37,113,38", (112, 37, 113, 38)), ("-180,-90,180,90", (-180, -90, 180, 90)),
        ("太原", None), ("112,37,113,x", None),
    ):  # fmt: skip
        assert osm_fetch._box(place) == told
    for place in (
        "112,37,113", "112,37,113,38,1", "112", "113,37,112,38", "112,38,113,37", "112,37,112,38",
        "112,37,113,37", "-181,37,113,38", "112,37,181,38", "112,-91,113,38", "112,37,113,91",
    ):  # fmt: skip
        with pytest.raises(UsageError, match="is no box; give west,south,east,north in degrees"):
            osm_fetch._box(place)


def test_a_railway_needs_a_speed_above_0_and_two_stations(monkeypatch: pytest.MonkeyPatch) -> None:
    def node(name: str, kind: str = "railway_station", located: bool = True) -> dict[str, Any]:
        place = shapely.Point(move(HERE, 90, 10_000 * "abcd".index(name)))
        return {"node_id": name, "kind": kind, "geometry": place if located else None}

    nodes = {name: node(name) for name in "abcd"}
    link = {
        "link_id": "l", "name_zh": "线", "node_ids": "a;b;c;d", "design_speed_kmh": 0.5,
        "stretch_km": 45.0,
    }  # fmt: skip
    told = railways._line(link, nodes)
    assert told is not None and told.stops == tuple("abcd")
    # the published length is shared out by the chords
    each = 15 / (0.5 * railways.SPEED_SHARE) * 60
    assert told.run_min == pytest.approx([each] * 3, rel=1e-4)
    for kmh in (0.0, -1.0, np.nan):
        assert railways._line({**link, "design_speed_kmh": kmh}, nodes) is None
    few = {**nodes, "b": node("b", "junction"), "c": node("c", located=False), "d": node("d", "x")}
    assert railways._line(link, few) is None
    two = {**nodes, "b": node("b", "junction"), "d": node("d", located=False)}
    told = railways._line({**link, "design_speed_kmh": 200.0}, two)
    assert told is not None and told.stops == ("a", "c")
    # of another stretch than was published the chords count, with the usual detour
    hours = 20 * railways.RAIL_DETOUR / (200 * railways.SPEED_SHARE)
    assert told.run_min == pytest.approx([hours * 60], rel=1e-4)


# searching
# ------------------------------------------------------------------------------------------


def test_a_search_begins_at_a_row_of_its_own_unless_at_one_node_with_no_time_gone() -> None:
    network = random_roads(7)
    steps, size = network.steps, network.size

    def rows(start: list[int], nodes: list[int], ticks: list[int]) -> tuple[Any, list[int]]:
        seeds = search.Seeds(np.array(start), np.array(nodes), np.array(ticks))
        matrix, found = search._rows(steps, seeds)
        return matrix, found.tolist()

    assert rows([0, 1, 2], [4, 2], [0, 0]) == (steps.matrix, [4, 2])
    for start, nodes, ticks in (
        ([0, 1, 2], [4, 2], [0, 3]), ([0, 2, 2], [4, 2], [0, 0]), ([0, 2], [4, 2], [0, 0])
    ):  # fmt: skip
        matrix, found = rows(start, nodes, ticks)
        more = len(start) - 1
        assert matrix.shape == (size + more,) * 2 and found == list(range(size, size + more))
        for row in range(more):
            own = matrix[[size + row]].tocoo()
            seeds = dict(zip(own.col.tolist(), own.data.tolist(), strict=True))
            part = slice(start[row], start[row + 1])
            assert seeds == dict(zip(nodes[part], ticks[part], strict=True))


def test_the_compiled_search_takes_steps_and_seeds_up_to_its_limits_each_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    most = search.MAX_STEP_TICKS
    for nodes, links, longest, gone, fits in (
        (10, 20, most, most, True), (10, 20, most + 1, 0, False), (10, 20, 5, most + 1, False),
        (2**30, 2**30 - 1, 5, 0, True), (2**30, 2**30, 5, 0, False), (10, 0, 5, 0, True),
    ):  # fmt: skip
        monkeypatch.setattr(search, "_has_numba", lambda: True)
        matrix: Any = SimpleNamespace(shape=(nodes, nodes), nnz=links, data=np.array([longest]))
        seeds = search.Seeds(np.array([0, 1]), np.array([0]), np.array([gone]))
        assert search.Steps(matrix).takes_numba(seeds, "numba") is fits
    monkeypatch.undo()
    assert search._has_numba() is (find_spec("numba") is not None)
    monkeypatch.setattr(search, "find_spec", lambda name: None)
    assert search._has_numba.__wrapped__() is False


def test_between_no_places_there_are_no_ways() -> None:
    some: Any = ["a", "b"]
    nobody: Any = SimpleNamespace()
    for origins, destinations in (([], some), (some, []), ([], [])):
        told = Hierarchy.between(nobody, origins, destinations)
        assert told.shape == (len(origins), len(destinations)) and told.dtype == float


# lines with speeds, and ways
# ------------------------------------------------------------------------------------------


def test_rows_are_refused_beyond_the_speeds_and_the_rims_of_the_earth_each_by_itself() -> None:
    east = LineString([HERE, move(HERE, 90, 900)])

    def problems(line: Any = east, kmh: Any = 50, oneway: Any = False) -> list[str]:
        frame = gpd.GeoDataFrame(
            {"speed_kmh": [kmh], "oneway": [oneway]}, geometry=[line], crs="EPSG:4490"
        )
        return list(build._row_problems(frame, frame.geometry.to_numpy()))

    for kmh in (MIN_KMH, MAX_LINE_KMH, 50):
        assert problems(kmh=kmh) == []
    for kmh in (MIN_KMH - 1e-6, MAX_LINE_KMH + 1e-6, np.inf, np.nan):
        (told,) = problems(kmh=kmh)
        assert told.startswith(f"row 0: speed_kmh is {kmh}; it must be a number from 1 to 400")
    for word in (True, "F", "T", "B", "-1", "no"):
        assert problems(oneway=word) == []
    (told,) = problems(oneway="perhaps")
    assert told.startswith("row 0: oneway is 'perhaps'; use true or false")
    for x, y in ((180, 0), (-180, 0), (0, 90), (0, -90)):
        inner = LineString([(x * 0.9999, y * 0.9999), (x, y)])
        outer = LineString([(x, y), (x * 1.0001, y * 1.0001)])
        assert problems(inner) == []
        (told,) = problems(outer)
        assert "coordinates outside lon -180..180, lat -90..90" in told


class Asked(dict[str, str]):
    """Tags that note which keys they were asked for."""

    def __init__(self, tags: dict[str, str], keys: set[str]) -> None:
        super().__init__(tags)
        self.keys_asked = keys

    def get(self, key: str, default: Any = None) -> Any:
        self.keys_asked.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> str:
        self.keys_asked.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.keys_asked.add(str(key))
        return super().__contains__(key)


def test_the_keys_that_are_kept_of_a_way_are_those_that_it_is_asked_for() -> None:
    asked: set[str] = set()
    for highway in ("motorway", "primary", "footway", "none"):
        for oneway in ("yes", "reversible", "no"):
            tags = Asked({"highway": highway, "oneway": oneway}, asked)
            for by in ("road", "walk"):
                osm.way_speeds_kmh(tags, by=by)
                osm.way_direction(tags, by=by)
                osm.may_enter(tags, by=by)
    assert asked == set(osm.TAG_KEYS)
    stopped: set[str] = set()
    for by in ("road", "walk"):
        osm.stops(Asked({"barrier": "gate"}, stopped), by=by)
    assert stopped == set(osm.BARRIER_KEYS)


def test_each_word_of_access_shuts_a_road_and_the_narrowest_key_goes_before_the_wider() -> None:
    cars = ("motorcar", "motor_vehicle", "vehicle", "access")
    road = {"highway": "primary"}
    for word in (
        "no", "private", "agricultural", "forestry", "military", "emergency", "psv", "bus",
        "use_sidepath",
    ):  # fmt: skip
        for k, key in enumerate(cars):
            assert osm.way_speed_kmh({**road, key: word}) is None
            for wider in cars[k + 1 :]:
                assert osm.way_speed_kmh({**road, key: "yes", wider: word}) is not None
                assert osm.way_speed_kmh({**road, key: word, wider: "yes"}) is None
        assert osm.way_speed_kmh({**road, "foot": word}, by="walk") is None
        assert osm.way_speed_kmh({**road, "foot": "yes", "access": word}, by="walk") == 5
        assert osm.way_speed_kmh({**road, "access": word}, by="walk") is None
    for word in ("yes", "permissive", "destination", "", "no;yes"):
        assert all(osm.way_speed_kmh({**road, key: word}) is not None for key in cars)
    for k, key in enumerate(cars):
        assert osm.way_direction({**road, f"{key}:forward": "no"}) == -1
        assert osm.way_direction({**road, f"{key}:backward": "no"}) == 1
        if k < 3:
            assert osm.way_direction({**road, "oneway": "yes", f"oneway:{key}": "no"}) == 0
            assert osm.way_direction({**road, f"oneway:{key}": "-1"}) == -1
    for word, way in (("yes", 1), ("true", 1), ("1", 1), ("-1", -1), ("reverse", -1), ("no", 0)):
        assert osm.way_direction({**road, "oneway": word}) == way


def test_barriers_stop_cars_unless_they_are_known_to_let_them_pass() -> None:
    passed = (
        "gate", "lift_gate", "swing_gate", "sliding_gate", "rising_bollard", "cattle_grid",
        "toll_booth", "border_control", "checkpoint", "sally_port", "entrance", "arch",
        "height_restrictor", "width_restrictor", "kerb", "spikes", "coupure", "no",
    )  # fmt: skip
    walls = ("wall", "fence", "guard_rail", "hedge", "city_wall", "retaining_wall", "ditch")
    for kind in passed:
        assert not osm.stops({"barrier": kind}) and not osm.stops({"barrier": kind}, by="walk")
        if kind != "no":
            assert osm.stops({"barrier": kind, "locked": "yes"})
            assert osm.stops({"barrier": kind, "access": "no"})
    for kind in walls:
        assert osm.stops({"barrier": kind}) and osm.stops({"barrier": kind}, by="walk")
        assert not osm.stops({"barrier": kind, "motorcar": "yes"})
    for kind in ("bollard", "block", "yes", "unheard_of"):
        assert osm.stops({"barrier": kind}) and not osm.stops({"barrier": kind}, by="walk")


def test_no_delay_is_charged_on_a_smooth_road_whether_it_can_be_joined_or_not() -> None:
    # four roads of two vertices each that meet in one
    middle, ends = np.array([0, 0]), [(0, 9000), (9000, 0), (0, -9000), (-9000, 0)]
    grid = np.array([place for end in ends for place in (middle, end)])
    terms = build.Terms("n", "road", "", 0.1, 4.0, 150.0)
    states = [(False, False), (False, True), (True, False), (True, True)]

    def built(delay_s: float) -> Network:
        smooth, shut = (np.array([state[k] for state in states]) for k in (0, 1))
        ways = osm.Ways(
            grid, np.array([0, 2, 4, 6, 8]), np.full(4, 36.0), np.zeros(4, dtype=bool), smooth,
            shut, np.zeros(4, dtype=bool),
        )  # fmt: skip
        return osm.network_from_ways(ways, terms, junction_delay_s=delay_s)

    plain, delayed = built(0.0), built(8.0)
    assert len(plain.tail) == len(delayed.tail) == 4 and plain.shut is not None
    far = [
        next(k for k in range(4) if tuple(np.rint(plain.xy[plain.start[e] + v] * 1e7)) == ends[k])
        for e in range(4)
        for v in (0, 1)
        if tuple(np.rint(plain.xy[plain.start[e] + v] * 1e7)) != (0, 0)
    ]
    for edge, way in enumerate(far):
        smooth, shut = states[way]
        assert plain.shut[edge] == delayed.shut[edge] == shut  # type: ignore[index]
        # half of eight seconds at the one end where four roads meet
        assert delayed.ticks[edge] - plain.ticks[edge] == (0 if smooth else 40)


def test_a_limit_is_read_in_each_unit() -> None:
    for text, kmh in (
        ("50", 50), ("50 km/h", 50), ("50kmh", 50), ("50 kph", 50), ("50 mph", 80.4672),
        ("20 knots", 37.04), ("gb:30", 48.28032), ("de:30", 30), ("1", 1), ("0.9", None),
        ("200", 200), ("200.1", None), ("none", None), ("50;30", 50), ("walk", 5),
    ):  # fmt: skip
        assert (
            osm.maxspeed_kmh(text) == pytest.approx(kmh) if kmh else osm.maxspeed_kmh(text) is None
        )


def test_a_wall_has_a_tail_and_a_tick_for_each_line() -> None:
    wall = Walls(np.zeros((5, 2)), np.array([0, 2, 5]))
    assert wall.ticks.tolist() == [1, 1] and wall.tail.tolist() == [0, 0]


def test_the_box_of_a_bundled_network_lies_round_its_zone_and_not_far_beyond() -> None:
    for zone, box in bundled.ZONE_BOXES.items():
        outline = load_zone(zone).outline
        assert outline is not None
        west, south, east, north = outline.bounds
        room = (west - box[0], south - box[1], box[2] - east, box[3] - north)
        # a part of a zone takes the box of the whole
        assert all(0.3 <= one < 3 for one in room), zone


def test_a_file_of_several_layers_is_parted_from_the_layer_that_is_named(tmp_path: Path) -> None:
    path = tmp_path / "roads.gpkg"
    for name in ("a", "b"):
        straight_east().to_frame().assign(speed_kmh=50).to_file(path, layer=name)
    with pytest.raises(InputError, match=r"; a layer is named as roads\.gpkg:LAYER"):
        bundled.read_network(path)
    assert bundled._file_and_layer(f"{path}:a") == (path, "a")
    assert bundled._file_and_layer(str(path)) == (path, None)
    for none in (f"{path}:", f"{path}.none:a", f"{tmp_path / 'none.gpkg'}:a"):
        assert bundled._file_and_layer(none) == (Path(none), None)
    assert bundled.read_network(f"{path}:b").id == "b"


def test_a_road_beside_is_far_where_the_walk_to_ones_own_takes_the_rest_of_the_time() -> None:
    own = LineString([move(HERE, 270, 100), move(HERE, 90, 100)])
    feet = move(HERE, 0, 5)
    courses = np.array([own, LineString([move(feet, 270, 100), move(feet, 90, 100)])], dtype=object)
    network: Any = SimpleNamespace(
        boxes=np.array([line.bounds for line in courses]), lines=lambda edges: courses[edges],
        tail=np.array([0, 2]), head=np.array([1, 3]), ticks=np.array([0, 0]),
        oneway=np.array([False, False]), shut=None,
    )  # fmt: skip
    crs = plane_crs(HERE[0])
    for walk, words in ((0, "60 min away by road"), (1, "not reached by road within 60 min")):
        origin: Any = SimpleNamespace(
            distance_m=0.0, crs=crs, place=points_to_plane(np.array([HERE]), crs)[0],
            walk_ticks=walk, edges=np.array([0]), lon=HERE[0], lat=HERE[1],
        )  # fmt: skip
        told = beside.other_road(network, np.array([0.0, 0.0, 36e3, 36e3]), origin, 60)
        assert told is not None and words in told


def test_four_grids_are_kept_and_the_oldest_goes() -> None:
    assert (trace.MAX_SHEETS, build._CROSSINGS_LOOKED_AT) == (4, 200_000)
    network = random_roads(8)
    traces, edges = network.traces, np.arange(2)
    crs = plane_crs(HERE[0])
    for cell_m in (100.0, 200.0, 300.0, 400.0, 100.0, 500.0):
        traces.passages(network, edges, crs, cell_m)
    assert [cell for _, cell in traces._sheets] == [300.0, 400.0, 100.0, 500.0]


def test_a_stop_at_exactly_a_hundred_metres_lies_on_its_railway(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = LineString([HERE, move(HERE, 90, 9_000)])
    stops = [shapely.Point(move(HERE, 90, m)) for m in (1_000, 5_000)]
    told = gpd.GeoDataFrame(
        {"mode": ["rail", None, None], "speed_kmh": [200, None, None]},
        geometry=[line, *stops], crs="EPSG:4490",
    )  # fmt: skip
    plan = planned.read_planned(told, "n")
    for apart_m, on_it in ((100.0, True), (np.nextafter(100, 101), False)):
        monkeypatch.setattr(planned, "_apart_m", lambda point, line, apart_m=apart_m: apart_m)
        assert [one.name for one in planned._served(line, plan.stops)] == (
            ["stop 1", "stop 2"] if on_it else ["first end", "last end"]
        )
        assert (list(planned._stray_stops(plan)) == []) is on_it


# extracts
# ------------------------------------------------------------------------------------------


def test_a_text_is_made_plain_where_it_is_wide_or_json_and_left_alone_elsewhere() -> None:
    xml = '<?xml version="1.0"?><osm/>'
    for encoding, is_plain in (("utf-8", True), ("utf-16", False), ("utf-16-be", False)):
        octets = xml.encode(encoding)
        told = osm_extract._made_plain(lambda octets=octets: io.BytesIO(octets), "n", is_json=False)
        assert (told is None) is is_plain and (told is None or told.endswith(b"<osm/>"))
    told = osm_extract._made_plain(lambda: io.BytesIO(b'{"elements": []}'), "n", is_json=True)
    assert told is not None and told.startswith(b"<osm")


class _Unplaced(RuntimeError):
    pass


def reader_of(*nodes: Any, gone: frozenset[int] = frozenset()) -> Any:
    """What a reader of extracts has, of which nothing is read: nodes as (id, lon, lat)."""

    class Nodes(list[Any]):
        def with_filter(self, wanted: Any) -> Nodes:
            return Nodes(node for node in self if node.id in wanted)

    found = Nodes(
        SimpleNamespace(
            id=id_,
            location=SimpleNamespace(lon=lon, lat=lat, valid=lambda lon=lon: lon is not None),
        )
        for id_, lon, lat in nodes
    )
    osmium = SimpleNamespace(
        InvalidLocationError=_Unplaced,
        FileProcessor=lambda file, kinds: found,
        filter=SimpleNamespace(IdFilter=set),
        osm=SimpleNamespace(NODE="n"),
        geom=SimpleNamespace(ALL="all"),
    )
    roads = SimpleNamespace(walls=[], pending_walls=[], pending=[])
    return SimpleNamespace(osmium=osmium, roads=roads, gone_nodes=gone)


def test_a_wall_whose_places_are_not_known_yet_waits_if_it_has_two_of_them() -> None:
    for places, waits in (([], False), ([1], False), ([1, 2], True), ([1, 2, 3], True)):
        reader = reader_of()
        way = SimpleNamespace(nodes=[SimpleNamespace(ref=ref) for ref in places])

        def refuse(way: Any, nodes: str) -> str:
            raise _Unplaced

        course = SimpleNamespace(create_linestring=refuse)
        osm_extract._Reader._take_wall(reader, way, course)
        assert reader.roads.pending_walls == ([places] if waits else [])
        course.create_linestring = lambda way, nodes: "wkb"
        osm_extract._Reader._take_wall(reader, way, course)
        assert reader.roads.walls == ["wkb"]


def test_a_course_waits_only_where_one_of_its_own_nodes_is_gone() -> None:
    course = SimpleNamespace(create_linestring=lambda way, nodes: "wkb")
    way = SimpleNamespace(nodes=[SimpleNamespace(ref=ref) for ref in (1, 2)])
    for gone, told in (((), "wkb"), ((9,), "wkb"), ((2,), None), ((1, 9), None)):
        reader = reader_of(gone=frozenset(gone))
        assert osm_extract._Reader._course_of(reader, way, course) == told


def test_only_nodes_that_are_wanted_and_there_and_have_a_place_are_found() -> None:
    nodes = [(1, 112.0, 38.0), (2, None, None), (3, 113.0, 38.5), (-4, 114.0, 39.0), (5, 1.0, 2.0)]
    reader = reader_of(*nodes, gone=frozenset({3}))
    for wanted in ({1, 2, 3, 9}, {1, 2, 3, -4}):
        told = osm_extract._Reader._places_of(reader, "file", wanted)
        expected = {1: (112.0, 38.0)} | ({-4: (114.0, 39.0)} if -4 in wanted else {})
        assert told == expected
