"""What a line of one's own brings within reach: by hand on a way round, and refused where it is no
line.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

import sxgeo
from sxgeo.analysis.network.planned import read_planned, with_and_without
from sxgeo.cli import main
from sxgeo.errors import AnalysisError, InputError, UsageError

LAT, WEST, EAST = 38.30, 112.50, 112.80


def frame(*shapes: Any, **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs="EPSG:4490")


def detour() -> Any:
    """Return two places joined by a long way round only."""
    way = shapely.LineString([(WEST, LAT), (WEST, LAT + 0.3), (EAST, LAT + 0.3), (EAST, LAT)])
    return sxgeo.read_network(frame(way, speed_kmh=[60.0]))


STRAIGHT = shapely.LineString([(WEST, LAT), (EAST, LAT)])
LENGTH_KM = 26.2


def minutes_between(network: Any) -> float:
    return float(sxgeo.travel_times(network, [(WEST, LAT)], [(EAST, LAT)])["minutes"].iloc[0])


def test_a_planned_road_is_driven_at_its_speed_and_joins_at_its_ends() -> None:
    planned = read_planned(frame(STRAIGHT, mode=["road"], speed_kmh=[80.0]), "road")
    before, after = with_and_without(detour(), planned)
    assert minutes_between(before) == pytest.approx(minutes_between(detour()), abs=0.1)
    assert minutes_between(after) == pytest.approx(LENGTH_KM / 80 * 60, abs=0.2)
    assert minutes_between(after) < minutes_between(before) / 3
    assert any("joins a road 0 m away" in note for note in after.notes)


def test_an_end_some_metres_off_is_joined_and_one_far_off_is_refused_with_its_metres() -> None:
    near = shapely.LineString([(WEST + 0.0005, LAT), (EAST, LAT)])  # 44 m
    planned = read_planned(frame(near, mode=["road"], speed_kmh=[80.0]), "road")
    _, after = with_and_without(detour(), planned)
    assert minutes_between(after) == pytest.approx(LENGTH_KM / 80 * 60, abs=0.2)
    assert any("joins a road 44 m away" in note for note in after.notes)
    far = shapely.LineString([(WEST + 0.01, LAT), (EAST, LAT)])
    planned = read_planned(frame(far, mode=["road"], speed_kmh=[80.0]), "road")
    with pytest.raises(AnalysisError, match=r"line 1: its first end lies 87\d m from any road"):
        with_and_without(detour(), planned)


def test_planned_roads_that_meet_are_one_way_and_one_that_crosses_does_not_join() -> None:
    middle = (WEST + EAST) / 2
    halves = [
        shapely.LineString([(WEST, LAT), (middle, LAT)]),
        shapely.LineString([(middle, LAT), (EAST, LAT)]),
    ]
    planned = read_planned(frame(*halves, mode=["road"] * 2, speed_kmh=[80.0] * 2), "road")
    _, after = with_and_without(detour(), planned)
    assert minutes_between(after) == pytest.approx(LENGTH_KM / 80 * 60, abs=0.2)
    # a road through the middle of the long way's east side: it meets no road but at its ends
    across = shapely.LineString([(EAST, LAT + 0.15), (EAST + 0.1, LAT + 0.15)])
    with pytest.raises(AnalysisError, match="its last end lies"):
        with_and_without(
            detour(), read_planned(frame(across, mode=["road"], speed_kmh=[80.0]), "x")
        )


def test_a_planned_railway_runs_at_a_share_of_its_speed_between_its_stops() -> None:
    planned = read_planned(frame(STRAIGHT, mode=["rail"], speed_kmh=[200.0]), "rail")
    before, after = with_and_without(detour(), planned)
    # to board 25, to ride at three quarters of the speed, to alight 5
    assert minutes_between(after) == pytest.approx(30 + LENGTH_KM / 150 * 60, abs=0.3)
    assert minutes_between(before) == pytest.approx(minutes_between(detour()), abs=0.1)
    stops = [shapely.Point(WEST, LAT), shapely.Point((WEST + EAST) / 2, LAT)]
    partly = frame(
        STRAIGHT,
        *stops,
        mode=["rail", None, None],
        speed_kmh=[200.0, np.nan, np.nan],
        name=[None, "西", "中"],
    )
    _, after = with_and_without(detour(), read_planned(partly, "rail"))
    # the train no longer stops in the east
    assert minutes_between(after) == pytest.approx(minutes_between(before), abs=0.1)
    assert [name for _, name, _ in after.legs.stops] == ["西", "中"]


def test_bad_lines_are_refused_with_all_that_is_wrong() -> None:
    bow = shapely.LineString([(WEST, LAT), (EAST, LAT), (EAST, LAT + 0.1), (WEST, LAT - 0.1)])
    bad = frame(
        bow,
        shapely.box(0, 0, 1, 1),
        STRAIGHT,
        mode=["ship", "road", "road"],
        speed_kmh=[80, 80, -5],
    )
    with pytest.raises(InputError) as refused:
        read_planned(bad, "lines.geojson")
    for words in (
        "planned line 'lines.geojson'",
        "row 1: mode is 'ship'",
        "row 1: the line crosses itself",
        "row 2: a Polygon",
        "row 3: speed_kmh is -5",
    ):
        assert words in str(refused.value)
    with pytest.raises(InputError, match="no column mode, speed_kmh"):
        read_planned(frame(STRAIGHT), "x")
    with pytest.raises(InputError, match="no CRS"):
        read_planned(gpd.GeoDataFrame({"mode": ["road"]}, geometry=[STRAIGHT]), "x")
    with pytest.raises(InputError, match="no line in it"):
        read_planned(frame(shapely.Point(WEST, LAT), mode=[None], speed_kmh=[np.nan]), "x")
    astray = frame(
        STRAIGHT, shapely.Point(WEST, LAT + 0.1), mode=["rail", None], speed_kmh=[200, 0]
    )
    with pytest.raises(InputError, match=r"stop 1 lies 11,\d+ m from the planned railway"):
        read_planned(astray, "x")
    fast = read_planned(frame(STRAIGHT, mode=["road"], speed_kmh=[900.0]), "x")
    with pytest.raises(InputError, match="speed_kmh is 900"):
        with_and_without(detour(), fast)


def road_in_wutai(path: Path) -> Path:
    """Write a straight road from Dingxiang to Mount Wutai, which no data hold."""
    way = shapely.LineString([(112.9582, 38.4827), (113.5949, 39.0060)])
    roads = sxgeo.load_network("taixin")
    ends = [np.argmin(np.hypot(roads.lon - x, roads.lat - y)) for x, y in way.coords]
    line = shapely.LineString([(roads.lon[k], roads.lat[k]) for k in ends])
    frame(line, mode=["road"], speed_kmh=[120.0]).to_file(path)
    return path


def test_what_a_line_of_ones_own_brings_within_reach_by_name_and_by_command(
    tmp_path: Path, capsys: Any
) -> None:
    line = road_in_wutai(tmp_path / "road.geojson")
    roads = sxgeo.load_network("taixin")
    origin = (112.9582, 38.4827)
    resources, areas = sxgeo.reachable_gain(
        roads, [origin], classes=["heritage_sites"], minutes=60, line=line
    )
    assert len(resources) and (resources["after_min"] <= 60).all()
    assert not (resources["before_min"] <= 60).any()
    assert areas["gained_km2"].sum() > 10
    assert any("joins a road" in note for _, note in areas.attrs["notes"])
    words = ["reach", f"{origin[0]},{origin[1]}", "--minutes", "60", "--planned", str(line)]
    assert main([*words, "--gain", "heritage_sites"]) == 0
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert [r["feature_id"] for r in told["resources"]] == resources["feature_id"].tolist()
    assert told["features"][0]["properties"]["change"] == "gained"
    assert told["features"][0]["properties"]["area_km2"] == pytest.approx(
        areas["gained_km2"].iloc[0], abs=0.001
    )
    assert "joins a road" in err
    assert main([*words]) == 2
    assert "--planned needs --gain" in capsys.readouterr().err
    assert main([*words, "--gain", "heritage_sites", "--compare", "2027-12-31"]) == 2
    assert main([*words, "--gain", "temples"]) == 2
    assert "unknown class 'temples'" in capsys.readouterr().err


def test_days_and_a_line_do_not_go_together() -> None:
    roads = detour()
    with pytest.raises(UsageError, match="leave out before and after"):
        sxgeo.reachable_gain(
            roads, [(WEST, LAT)], "2026-11-21", "2027-12-31", ["heritage_sites"], line="x.geojson"
        )
    with pytest.raises(UsageError, match="give two days"):
        sxgeo.reachable_gain(roads, [(WEST, LAT)], classes=["heritage_sites"])
