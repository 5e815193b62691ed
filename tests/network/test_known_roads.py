"""Known roads: laid on the chords, held against what is published, and the faults of the roads that
people named.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

import sxgeo
from sxgeo.analysis.network.bundled import BUNDLED_ERROR_SHARE, bundled_lengths_and_speeds
from sxgeo.errors import DataError

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import judge_roads  # noqa: E402
from builders import roads  # noqa: E402
from builders.formats import read_csv  # noqa: E402

KM = 89_932  # of longitude in degrees x 1e7 at the equator
ROW = {
    "road_id": "RD-A", "shut": "yes", "design_kmh": "100", "length_km": "", "places": "0 0;0.08993 0;0.26980 0", "joins": ""
}  # fmt: skip


def extract(*lonlat, edges):
    """Nodes in km east and north of 0,0, and the straight edges between them."""
    nodes = np.array([(round(x * KM), round(y * KM)) for x, y in lonlat])
    ends = np.array(edges)
    return nodes, ends, np.array([round(roads.straight_m(nodes[u], nodes[v])) for u, v in ends])


LINE = extract((0, 0), (10, 0), (30, 0), edges=[(0, 1), (1, 2)])


def lay(line, *rows, towns=None):
    return roads.lay(*line, [ROW | row for row in rows], towns or {})


# --- laying -------------------------------------------------------------------------------------


def test_each_chord_takes_its_share_of_the_published_length_and_the_mean_speed():
    laid, ratios = lay(LINE, {"length_km": "33"})
    assert laid["length_m"].tolist() == [10_000, 20_000]
    assert laid["way_m"].tolist() == pytest.approx([11_000, 22_000], abs=2)
    assert (
        laid["kmh"].tolist() == [90, 90]
        and laid["shut"].all()
        and ratios == {"RD-A": pytest.approx(1.1, rel=1e-3)}
    )
    length_m, kmh = bundled_lengths_and_speeds(
        {f"road_{name}": values for name, values in laid.items()}
    )
    assert (length_m / kmh).sum() * 0.06 == pytest.approx(22, rel=1e-3)  # 33 km at 90 km/h


def test_a_road_without_length_or_design_speed_takes_what_is_assumed_and_says_class_for_its_chords():
    laid, ratios = lay(LINE, {"design_kmh": ""})
    assert (
        laid["way_m"].tolist() == [10_500, 21_000]
        and laid["kmh"].tolist() == [72, 72]
        and ratios == {}
    )
    assert lay(LINE, {"design_kmh": "class"})[0]["kmh"].tolist() == [0, 0]


def test_edges_that_no_road_claims_stay_as_they_were():
    laid, _ = roads.lay(*LINE, [], {})
    assert np.array_equal(laid["edges"], LINE[1]) and np.array_equal(laid["length_m"], LINE[2])
    assert not laid["way_m"].any() and not laid["kmh"].any() and not laid["shut"].any()


def test_the_direct_chord_goes_before_a_shorter_way_round():
    nodes, ends, metres = extract((0, 0), (10, 0.1), (30, 0), edges=[(0, 1), (0, 2), (1, 2)])
    metres[1] = 36_000  # the chord is known to be longer than the way over the middle
    laid, _ = lay((nodes, ends, metres), {"places": "0 0;0.26980 0"})
    assert laid["shut"].tolist() == [False, True, False] and laid["way_m"][1] == 37_800


def test_a_gap_of_the_extract_becomes_an_edge():
    line = extract((0, 0), (10, 0), (16, 0), (30, 0), edges=[(0, 1), (2, 3)])
    laid, _ = lay(line, {"places": "0 0;0.08993 0;+0.14389 0;0.26980 0", "length_km": "30"})
    assert laid["edges"].tolist() == [[0, 1], [1, 2], [2, 3]]
    assert laid["way_m"].tolist() == pytest.approx([10_000, 6_000, 14_000], abs=20)


def test_everything_that_does_not_fit_is_told_at_once():
    with pytest.raises(DataError) as caught:
        lay(
            LINE,
            {"road_id": "RD-LONG", "length_km": "50"},
            {"road_id": "RD-TWICE"},
            {"road_id": "RD-OFF", "places": "0 0;1 1"},
        )
    told = str(caught.value)
    assert "RD-LONG: length_km is 50, its chords are 30.0 km" in told
    assert "RD-TWICE: a chord of it is one of RD-LONG already" in told
    assert "RD-OFF: the nearest node to the place '1 1' is" in told


def test_a_town_is_tied_from_its_own_street_to_the_nearest_place_of_the_road():
    line = extract((0, 0), (10, 0), (30, 0), (19, 3), (21, 3), edges=[(0, 1), (1, 2), (3, 4)])
    town = {"TW-A": {"lon": "0.17986", "lat": "0.02698"}}  # 20 km east, 3 km north: on the street
    laid, _ = lay(line, {"joins": "TW-A", "length_km": "33"}, towns=town)
    parts = sorted(zip(laid["length_m"], laid["way_m"], laid["kmh"], laid["shut"], strict=True))
    ties = [part for part in parts if part[2] == roads.JOIN_KMH]
    assert [(round(m / 100), round(way / 100), bool(shut)) for m, way, _, shut in ties] == [
        (30, 39, False)
    ]
    assert laid["way_m"][laid["shut"]].tolist() == pytest.approx([11_000, 11_000, 11_000], abs=20)
    assert len(laid["lonlat"]) == 7  # the road and the street are cut once each


def test_a_town_that_the_road_passes_far_off_is_an_error():
    line = extract((0, 0), (10, 0), (30, 0), (19, 9), (21, 9), edges=[(0, 1), (1, 2), (3, 4)])
    with pytest.raises(DataError, match=r"RD-A: it passes 'TW-A' at (8999|9000) m"):
        lay(line, {"joins": "TW-A"}, towns={"TW-A": {"lon": "0.17986", "lat": "0.08093"}})
    with pytest.raises(DataError, match="RD-A: 'TW-B' is no located node of transport"):
        lay(line, {"joins": "TW-B"})


@pytest.mark.parametrize(("north", "slow"), [(3, True), (5, False)])
def test_a_long_chord_beside_a_known_road_is_the_ordinary_road(north, slow):
    line = extract(
        (0, 0), (10, 0), (30, 0), (2, north), (12, north), edges=[(0, 1), (1, 2), (3, 4)]
    )
    laid, _ = lay(line, {})
    assert (laid["kmh"][2], laid["shut"][2]) == (roads.BESIDE_KMH if slow else 0, False)


# --- the bundled roads --------------------------------------------------------------------------


def point(node_id):
    place = sxgeo.load_layer("transport_nodes").frame.set_index("node_id").geometry[node_id]
    return place.x, place.y


@pytest.fixture(scope="module")
def taixin():
    return sxgeo.load_network("taixin")


@pytest.mark.parametrize(
    ("start", "end", "most_km", "most_min"),
    [
        ("TW-DAI", "TW-FS", 40, 40),  # 28 km straight; was 54 km in 66 min
        ("TW-XF", "TW-BD", 212, 190),  # 191 km of expressway and its ends; was 249 km in 201 min
        ("TW-XF", "TW-DX", 27, 40),  # 22 km published; was 32 km
        ("TW-DX", "TW-WT", 55, 50),  # 38 km straight; was 92 km in 71 min
        ("TW-XF", "TW-TYC", 77, 65),  # 70 km published; was 85 km
    ],
)
def test_a_way_that_was_told_wrong_is_told_right(taixin, start, end, most_km, most_min):
    way = sxgeo.routes(taixin, [point(start)], [point(end)]).iloc[0]
    assert way["length_km"] <= most_km and way["minutes"] <= most_min


def test_nobody_joins_an_expressway_between_its_junctions(taixin):
    assert taixin.shut is not None and 150 < taixin.shut.sum() < 400
    long = np.flatnonzero(taixin.shut & (taixin.length_m > 10_000))
    middles = [line.interpolate(0.5, normalized=True) for line in taixin.lines(long)]
    found = sxgeo.routes(taixin, [(each.x, each.y) for each in middles], [point("TW-TYC")])
    assert len(found) == len(long) and found["offroad_m"].notna().sum() > 10
    assert not (
        found["offroad_m"] < 100
    ).any()  # they lie on the chord, and get away over other roads or not at all


def test_every_known_road_names_its_source_and_its_link():
    links = set(sxgeo.load_layer("transport_links").frame["link_id"])
    table = read_csv(ROOT / "data" / "sources" / "roads.csv")
    assert [row["road_id"] for row in table] == sorted({row["road_id"] for row in table})
    for row in table:
        assert row["source"] and row["name_zh"] and row["shut"] in ("yes", "no"), row["road_id"]
        assert not row["link_id"] or row["link_id"] in links, row["road_id"]
        assert row["design_kmh"] or "not seen" in row["note"], row["road_id"]


# --- judged -------------------------------------------------------------------------------------


def test_the_page_tells_what_is_measured():
    page = judge_roads.PAGE.read_text(encoding="utf-8")
    assert judge_roads.filled(page) == page


def test_the_stated_error_is_the_smallest_twentieth_that_holds_nine_of_ten_times():
    _, of_min = judge_roads.shares(judge_roads.measured(), "judge")
    held = [
        np.mean(np.abs(of_min) <= share + 1e-9)
        for share in (BUNDLED_ERROR_SHARE, BUNDLED_ERROR_SHARE - 0.05)
    ]
    assert held[0] >= 0.9 > held[1]


def test_two_places_fit_or_judge_and_never_both():
    uses = defaultdict(set)
    for row in read_csv(judge_roads.PAIRS):
        assert row["source"] and row["use"] in ("fit", "judge") and (row["km"] or row["minutes"]), (
            row["pair_id"]
        )
        uses[frozenset((row["from_id"], row["to_id"]))].add(row["use"])
    assert all(len(use) == 1 for use in uses.values())
    assert (
        sum(bool(row[cell]) for row in read_csv(judge_roads.PAIRS) for cell in ("km", "minutes"))
        >= 40
    )


def test_no_published_distance_is_shorter_than_the_straight_line():
    nodes = sxgeo.load_layer("transport_nodes").frame.set_index("node_id")
    for row in read_csv(judge_roads.PAIRS):
        if row["km"]:
            ends = [nodes.geometry[row[side]] for side in ("from_id", "to_id")]
            straight_m = roads.straight_m(*(np.array([end.x, end.y]) * 1e7 for end in ends))
            assert float(row["km"]) * 1000 >= straight_m, row["pair_id"]
