"""Reverse, banded and merged areas; the options of `sxgeo reach`."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString, Point

import sxgeo
from sxgeo.analysis.accessibility.isochrones import isochrones
from sxgeo.analysis.accessibility.origins import CONTOURS
from sxgeo.analysis.accessibility.travel_times import travel_times
from sxgeo.analysis.network.build import network_from_lines
from sxgeo.analysis.network.graph import Network, on_foot
from sxgeo.cli import main
from sxgeo.errors import UsageError

GEOD = Geod(ellps="GRS80")
HERE = (112.6, 38.0)
TAIYUAN, XINFU = "112.5489,37.8706", "112.7346,38.4163"


def move(place: tuple[float, float], azimuth: float, metres: float) -> tuple[float, float]:
    lon, lat, _ = GEOD.fwd(*place, azimuth, metres)
    return round(float(lon), 7), round(float(lat), 7)


def straight(length_m: float = 40_000, **columns) -> Network:
    line = LineString([HERE, move(HERE, 0, length_m)])
    frame = gpd.GeoDataFrame({"speed_kmh": [60], **columns}, geometry=[line], crs="EPSG:4490")
    return network_from_lines(frame)


def lattice(speeds: list[int], oneway: list[bool]) -> tuple[Network, list[tuple[float, float]]]:
    nodes = [
        (round(112.6 + 0.01 * i, 7), round(38.0 + 0.01 * j, 7)) for i in range(4) for j in range(4)
    ]
    pairs = [(n, n + 1) for n in range(16) if n % 4 != 3] + [(n, n + 4) for n in range(12)]
    lines = [LineString([nodes[a], nodes[b]]) for a, b in pairs]
    frame = gpd.GeoDataFrame(
        {"speed_kmh": speeds, "oneway": oneway}, geometry=lines, crs="EPSG:4490"
    )
    return network_from_lines(frame), nodes


links = st.lists(st.integers(5, 120), min_size=24, max_size=24)
ways = st.lists(st.booleans(), min_size=24, max_size=24)


def run(capsys: pytest.CaptureFixture[str], *args: object) -> tuple[int, str, str]:
    code = main(["reach", *(str(arg) for arg in args)])
    out, err = capsys.readouterr()
    return code, out, err


def shapes(features: list[dict]) -> list:
    return [shapely.from_geojson(json.dumps(feature["geometry"])) for feature in features]


def test_on_a_one_way_road_those_behind_can_come():
    network, origin = straight(oneway=[True]), move(HERE, 0, 20_000)
    ahead, behind = Point(move(origin, 0, 9_900)), Point(move(origin, 180, 9_900))
    there = isochrones(network, [origin], [10]).geometry[0]
    hither = isochrones(network, [origin], [10], reverse=True).geometry[0]
    assert there.covers(ahead) and not there.covers(behind)
    assert hither.covers(behind) and not hither.covers(ahead)


@settings(max_examples=20, deadline=None)
@given(speeds=links, oneway=ways)
def test_the_reverse_of_the_reverse_is_itself_and_turns_the_table(speeds, oneway):
    network, nodes = lattice(speeds, oneway)
    again = network.reversed().reversed()
    for name in ("tail", "head", "oneway", "ticks", "xy", "start"):
        assert np.array_equal(getattr(again, name), getattr(network, name))
    some = nodes[::5]
    plain = travel_times(network, some, some).pivot(
        index="origin_id", columns="destination_id", values="minutes"
    )
    turned = travel_times(network.reversed(), some, some)
    turned = turned.pivot(index="destination_id", columns="origin_id", values="minutes")
    assert np.array_equal(plain.to_numpy(), turned.to_numpy(), equal_nan=True)


def test_inner_and_outer_contours_lie_at_the_stated_error():
    network = straight()
    origin = move(HERE, 0, 20_000)
    found = isochrones(network, [origin], [10], contours=CONTOURS)
    assert found["contour"].tolist() == ["inner", "middle", "outer"]
    assert found["minutes"].tolist() == [10, 10, 10]
    for area, km in zip(found.geometry, (8.5, 10, 11.5), strict=True):
        assert area.covers(Point(move(origin, 0, km * 1000 - 60)))
        assert not area.covers(Point(move(origin, 0, km * 1000 + 200)))


@settings(max_examples=10, deadline=None)
@given(speeds=links, oneway=ways)
def test_contours_nest_and_hold_the_origin(speeds, oneway):
    network, nodes = lattice(speeds, oneway)
    found = isochrones(network, [nodes[5]], [2, 5], contours=CONTOURS)
    for limit in (2, 5):
        inner, middle, outer = found.geometry[found["minutes"] == limit]
        assert outer.covers(middle) and middle.covers(inner) and inner.covers(Point(nodes[5]))
    assert found.is_valid.all()


def test_merged_areas_are_the_sum_of_the_separate_ones():
    network, nodes = lattice([40] * 24, [False] * 24)
    apart = isochrones(network, [nodes[0], nodes[15]], [1, 2])
    joined = isochrones(network, [nodes[0], nodes[15]], [1, 2], merged=True)
    assert joined["origin_id"].unique().tolist() == ["112.6,38;112.63,38.03"]
    for limit in (1, 2):
        whole = apart.geometry[apart["minutes"] == limit].union_all()
        merged = joined.geometry[joined["minutes"] == limit].iloc[0]
        assert merged.is_valid and merged.symmetric_difference(whole).area < 1e-6 * whole.area
    assert joined.geometry[1].covers(joined.geometry[0])


def test_on_foot_a_kilometre_takes_twelve_minutes_both_ways():
    network = on_foot(straight(oneway=[True]))
    end = move(HERE, 0, 1_000)
    for pair in ((HERE, end), (end, HERE)):
        assert travel_times(network, [pair[0]], [pair[1]])["minutes"].iloc[0] == pytest.approx(
            12, abs=0.02
        )


def test_unknown_contours_are_refused():
    with pytest.raises(UsageError, match="choose some of inner, middle, outer"):
        isochrones(straight(), [HERE], [10], contours=["edge"])


def test_band_adds_contour_and_nothing_else(capsys):
    code, out, _ = run(capsys, TAIYUAN, "--minutes", "15,30", "--band")
    features = json.loads(out)["features"]
    assert code == 0
    assert [(f["properties"]["minutes"], f["properties"]["contour"]) for f in features] == [
        (limit, contour) for limit in (15, 30) for contour in CONTOURS
    ]
    assert set(features[0]["properties"]) == {
        "minutes",
        "origin_id",
        "area_km2",
        "snap_m",
        "contour",
    }
    _, plain, _ = run(capsys, TAIYUAN, "--minutes", "15,30")
    middle = [f for f in features if f["properties"]["contour"] == "middle"]
    for ours, theirs in zip(shapes(middle), shapes(json.loads(plain)["features"]), strict=True):
        assert ours.symmetric_difference(theirs).area < 0.002 * theirs.area


def test_several_origins_merged_or_separate(capsys):
    _, out, _ = run(capsys, TAIYUAN, XINFU, "--minutes", "15")
    assert len(json.loads(out)["features"]) == 2
    code, out, _ = run(capsys, TAIYUAN, XINFU, "--minutes", "15", "--merged")
    (feature,) = json.loads(out)["features"]
    assert code == 0 and feature["properties"]["origin_id"] == f"{TAIYUAN};{XINFU}"


def test_by_rail_says_the_day_and_what_was_assumed(capsys):
    code, out, err = run(
        capsys, XINFU, "--minutes", "60", "--by", "road+rail", "--as-of", "2022-01-01"
    )
    (feature,) = json.loads(out)["features"]
    assert code == 0 and feature["properties"]["as_of"] == "2022-01-01"
    assert feature["properties"]["access_error_min"] > 0
    assert "assumed, no timetable" in err and "not used" in err


def test_walking_reaches_less_than_driving(capsys):
    km2 = {}
    for by in ("walk", "road"):
        _, out, _ = run(capsys, TAIYUAN, "--minutes", "30", "--by", by)
        km2[by] = json.loads(out)["features"][0]["properties"]["area_km2"]
    assert 1 < km2["walk"] < km2["road"] / 10


def test_compare_writes_both_days_what_is_gained_and_the_places(capsys, tmp_path: Path):
    asked = (XINFU, "--minutes", "90", "--by", "road+rail", "--compare", "2027-12-31")
    code, out, err = run(capsys, *asked)
    told = json.loads(out)
    assert code == 0 and "雄忻高铁: under construction" in err
    assert [(f["properties"]["change"], f["properties"]["as_of"]) for f in told["features"]] == [
        ("before", "2026-11-21"), ("after", "2027-12-31"), ("gained", "2027-12-31"),
    ]  # fmt: skip
    assert all(shape.is_valid for shape in shapes(told["features"]))
    assert told["places"][0]["before_min"] is None and told["places"][0]["after_min"] > 0
    target = tmp_path / "c.gpkg"
    assert run(capsys, *asked, "--format", "gpkg", "-o", target)[0] == 0
    assert set(gpd.list_layers(target)["name"]) == {"before", "after", "gained"}


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--compare", "2027-12-31"), "add --by rail or --by road+rail"),
        (("--as-of", "soon"), "not of the form YYYY-MM-DD"),
        (("--compare", "2020-01-01", "--by", "rail"), "not later than"),
    ],
)
def test_wrong_questions_exit_2(capsys, args, words):
    code, out, err = run(capsys, TAIYUAN, "--minutes", "30", *args)
    assert (code, out) == (2, "") and words in err


def test_a_day_without_rail_changes_nothing_and_says_so(capsys):
    code, out, err = run(capsys, TAIYUAN, "--minutes", "15", "--as-of", "2027-12-31")
    assert code == 0 and "changes nothing here" in err
    assert out == run(capsys, TAIYUAN, "--minutes", "15")[1]


def test_the_public_names_are_there():
    assert sxgeo.compare and sxgeo.with_rail
