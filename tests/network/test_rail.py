"""Rail over road: rides worked by hand, what exists on a day, and what a new line changes."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString, Point

import sxgeo
from sxgeo.analysis.accessibility.isochrones import isochrones
from sxgeo.analysis.accessibility.travel_times import stop_times, travel_times
from sxgeo.analysis.network.build import network_from_lines
from sxgeo.analysis.network.bundled import save_network
from sxgeo.analysis.network.graph import Network
from sxgeo.analysis.network.rail import ALIGHT_MIN, BOARD_MIN, DWELL_MIN, Line, Stop, with_lines
from sxgeo.analysis.network.railways import SPEED_SHARE
from sxgeo.errors import UsageError

GEOD = Geod(ellps="GRS80")
HERE = (112.6, 38.0)
XINFU = (112.7346, 38.4163)
TODAY, NEXT = "2026-11-21", "2027-12-31"


def move(place: tuple[float, float], azimuth: float, metres: float) -> tuple[float, float]:
    lon, lat, _ = GEOD.fwd(*place, azimuth, metres)
    return round(float(lon), 7), round(float(lat), 7)


ENDS = [HERE, move(HERE, 90, 40_000), move(HERE, 90, 80_000)]
STOPS = [Stop(name, name, *place) for name, place in zip("abc", ENDS, strict=True)]


def road(speed_kmh: float = 30, **columns) -> Network:
    frame = gpd.GeoDataFrame(
        {"speed_kmh": [speed_kmh], **columns}, geometry=[LineString(ENDS)], crs="EPSG:4490"
    )
    return network_from_lines(frame)


def minutes(network: Network, start, end) -> float:
    return float(travel_times(network, [start], [end])["minutes"].iloc[0])


@pytest.fixture(scope="module")
def taixin() -> Network:
    return sxgeo.load_network("taixin")


def test_a_ride_is_access_wait_running_dwell_and_egress():
    railed = with_lines(road(), STOPS, [Line("l", "l", ("a", "b", "c"), (10.0, 12.0))])
    assert minutes(railed, ENDS[0], ENDS[1]) == pytest.approx(BOARD_MIN + 10 + ALIGHT_MIN, abs=0.01)
    assert minutes(railed, ENDS[0], ENDS[2]) == pytest.approx(
        BOARD_MIN + 10 + DWELL_MIN + 12 + ALIGHT_MIN, abs=0.01
    )
    assert minutes(railed, ENDS[2], ENDS[0]) == pytest.approx(
        BOARD_MIN + 10 + DWELL_MIN + 12 + ALIGHT_MIN, abs=0.01
    )
    beside = move(ENDS[1], 90, 2_000)  # 4 minutes by road from b
    assert minutes(railed, ENDS[0], beside) == pytest.approx(
        BOARD_MIN + 10 + ALIGHT_MIN + 4, abs=0.3
    )
    assert minutes(railed, beside, ENDS[0]) == pytest.approx(
        4 + BOARD_MIN + 10 + ALIGHT_MIN, abs=0.3
    )


def test_a_change_of_lines_costs_an_alighting_and_a_boarding():
    lines = [Line("l", "l", ("a", "b"), (10.0,)), Line("m", "m", ("b", "c"), (12.0,))]
    railed = with_lines(road(), STOPS, lines)
    assert minutes(railed, ENDS[0], ENDS[2]) == pytest.approx(
        2 * (BOARD_MIN + ALIGHT_MIN) + 22, abs=0.01
    )


def test_the_area_lies_round_both_ends_of_the_ride_and_not_between():
    found = isochrones(
        with_lines(road(), STOPS, [Line("l", "l", ("a", "c"), (10.0,))]), [HERE], [50]
    )
    assert found.geometry[0].covers(Point(ENDS[2])) and found.geometry[0].covers(Point(ENDS[0]))
    assert not found.geometry[0].covers(Point(ENDS[1]))
    assert found["access_error_min"].tolist() == [0.0]


def test_a_vague_station_states_its_access_error_where_it_is_reached():
    vague = [STOPS[0], Stop("c", "c", *ENDS[2], access_error_min=12.5)]
    railed = with_lines(road(), vague, [Line("l", "l", ("a", "c"), (10.0,))])
    assert isochrones(railed, [HERE], [15, 60])["access_error_min"].tolist() == [0.0, 12.5]


def test_a_stop_without_a_road_is_ridden_through():
    lost = Stop("b", "b", *move(ENDS[1], 0, 20_000))
    railed = with_lines(
        road(), [STOPS[0], lost, STOPS[2]], [Line("l", "l", ("a", "b", "c"), (10.0, 12.0))]
    )
    assert minutes(railed, ENDS[0], ENDS[2]) == pytest.approx(BOARD_MIN + 24 + ALIGHT_MIN, abs=0.01)
    assert railed.legs is not None and "only ridden through: b" in railed.legs.notes[0]
    assert stop_times(railed, [HERE])["minutes"].tolist() == pytest.approx([0, 40, 54], abs=0.01)


def test_unknown_stops_and_a_second_layer_are_refused(tmp_path):
    with pytest.raises(UsageError, match="not given: x"):
        with_lines(road(), STOPS, [Line("l", "l", ("a", "x"), (1.0,))])
    railed = with_lines(road(), STOPS, [])
    with pytest.raises(UsageError, match="already has lines"):
        with_lines(railed, STOPS, [])
    with pytest.raises(UsageError, match="saved without its rail"):
        save_network(railed, tmp_path / "x.npz")


@settings(max_examples=20, deadline=None)
@given(along=st.floats(0, 80_000), stop_at=st.floats(100, 79_900), oneway=st.booleans())
def test_a_stop_that_no_line_serves_changes_no_time(along, stop_at, oneway):
    plain = road(oneway=[oneway])
    split = with_lines(plain, [Stop("s", "s", *move(HERE, 90, stop_at))], [])
    place = move(HERE, 90, along)
    for ends in ((HERE, place), (place, HERE)):
        assert minutes(split, *ends) == pytest.approx(minutes(plain, *ends), abs=0.02, nan_ok=True)


@settings(max_examples=20, deadline=None)
@given(run_min=st.floats(1, 90), faster=st.floats(0.1, 1))
def test_a_faster_line_never_lengthens_a_time(run_min, faster):
    slow, fast = (
        with_lines(road(), STOPS, [Line("l", "l", ("a", "b"), (r,))])
        for r in (run_min, run_min * faster)
    )
    for place in (ENDS[1], ENDS[2], move(HERE, 90, 30_000)):
        assert minutes(fast, HERE, place) <= minutes(slow, HERE, place) + 1e-9


def test_the_day_decides_which_lines_exist(taixin):
    names = {}
    for day in ("2022-01-01", TODAY, NEXT):
        legs = sxgeo.with_rail(taixin, as_of=day).legs
        assert legs is not None
        names[day] = {name for _, name, _ in legs.stops}
        expected = [
            note for note in legs.notes if "雄忻高铁: under construction, expected 2027-03" in note
        ]
        assert len(expected) == (day == NEXT)
    assert (
        "雁门关站" not in names["2022-01-01"] and "雁门关站" in names[TODAY]
    )  # 集大原, 2024-12-31
    assert "雄安站" not in names[TODAY] and "雄安站" in names[NEXT]
    assert "太原南站" in names["2022-01-01"] <= names[TODAY] <= names[NEXT]


def test_lines_without_a_design_speed_are_named_as_not_used(taixin):
    legs = sxgeo.with_rail(taixin).legs
    assert legs is not None
    (left_out,) = [note for note in legs.notes if note.startswith("not used")]
    assert "北同蒲铁路" in left_out and "石太客专" not in left_out


def test_the_running_time_is_the_published_length_at_a_share_of_the_design_speed(taixin):
    times = stop_times(sxgeo.with_rail(taixin), [(112.586, 37.863)]).set_index("place_id")[
        "minutes"
    ]
    running = 189 / (250 * SPEED_SHARE) * 60
    assert times["ST-SJZ"] - times["ST-TY"] == pytest.approx(
        BOARD_MIN + running + DWELL_MIN + ALIGHT_MIN, abs=0.2
    )


def test_the_new_line_brings_xiongan_near_and_takes_nothing_away(taixin):
    told = sxgeo.compare(taixin, XINFU, TODAY, NEXT, minutes=(60, 90))
    places = told.places.set_index("place_id")
    assert (
        np.isnan(places.loc["ST-XA", "before_min"]) and 100 < places.loc["ST-XA", "after_min"] < 180
    )
    assert places.loc["ST-WTX", "saved_min"] > 5 and places["saved_min"].min() == 0
    assert (
        places["saved_min"].iloc[0] != places["saved_min"].iloc[0]
    )  # newly reached places come first
    # the station stands 15 km off the county town: within the hour it wins nothing
    assert (
        told.areas["gained_km2"].iloc[-1] > 15
        and (told.areas["after_km2"] >= told.areas["before_km2"]).all()
    )
    assert told.after["access_error_min"].min() > 0  # 忻州西站 is known to 7 km
    again = sxgeo.compare(taixin, [XINFU], TODAY, NEXT, minutes=(60, 90))
    assert told.areas.to_json() == again.areas.to_json() and told.places.equals(again.places)


def test_where_nothing_changes_nothing_is_gained(taixin):
    told = sxgeo.compare(
        taixin, [(112.5489, 37.8706)], "2025-06-01", TODAY, minutes=(30,), places=[XINFU]
    )
    assert told.areas["gained_km2"].tolist() == [0.0] and told.areas.geometry.is_empty.all()
    assert told.places["saved_min"].tolist() == [0.0]


def test_days_in_the_wrong_order_are_refused(taixin):
    with pytest.raises(UsageError, match="2026-11-21 is not later than 2027-12-31"):
        sxgeo.compare(taixin, XINFU, NEXT, TODAY)
