"""Transport: the tables, how a link is drawn, and what exists on a day."""

from __future__ import annotations

import io
import sys
from datetime import date
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

import sxgeo
from sxgeo.catalog import last_day, load_catalog
from sxgeo.errors import DataError, UsageError
from sxgeo.maps.drawing import link_rows

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "data" / "sources"
sys.path.insert(0, str(ROOT / "scripts"))

import describe_transport  # noqa: E402
from builders import transport  # noqa: E402
from builders.formats import read_csv  # noqa: E402

GEOD = Geod(ellps="GRS80")
MODES = {"high_speed_rail", "rail", "freight_rail", "expressway", "trunk_road", "city_road"}
NAMED_IN_THE_PLANS = {
    "LK-XX": "雄忻高铁",
    "LK-JDY": "集大原高铁",
    "LK-TS": "太绥高铁",
    "LK-CHL": "长邯聊高铁",
    "LK-JX": "京雄城际铁路",
    "LK-YS": "运三铁路",
    "LK-HHHJ": "韩河侯晋铁路",
    "LK-LYH": "临猗黄河大桥及引线",
    "LK-YSC": "三门峡公铁黄河大桥连接线",
    "LK-WY": "五盂高速",
    "LK-YSE": "阳涉铁路",
    "LK-TJR": "太焦铁路",
    "LK-HCR": "邯长铁路",
    "LK-ST3": "石太第三通道",
    "LK-TXG": "太原—雄安高速（过境阳泉）",
    "LK-JCX": "新晋高速",
    "LK-G108T": "G108 太原过境段改线",
    "LK-TX": "太忻大道",
    "LK-LH": "陇海铁路",
    "LK-HYU": "侯月铁路",
    "LK-HX": "侯西铁路",
    "LK-HJ": "浩吉铁路(蒙华)",
}


@pytest.fixture(scope="module")
def links() -> gpd.GeoDataFrame:
    return sxgeo.load_layer("transport_links").frame


@pytest.fixture(scope="module")
def nodes() -> gpd.GeoDataFrame:
    return sxgeo.load_layer("transport_nodes").frame


@pytest.fixture(scope="module")
def by_graph() -> dict[str, transport.Graph]:
    return transport.graphs((ROOT / "data" / "networks" / "region.npz").read_bytes())


# --- the tables ---------------------------------------------------------------------------------


def test_additions_fill_cells_append_sources_and_add_rows():
    columns = ["id", "opens", "length_km", "source", "note"]
    facts = [{"id": "b", "opens": "2010", "length_km": "", "source": "old", "note": "one"}]
    added = [
        {"id": "b", "opens": "2011", "length_km": "7", "source": "new", "note": ""},
        {"id": "a", "opens": "", "length_km": "", "source": "s", "note": ""},
    ]
    assert transport.merged(facts, added, "id", columns) == [
        {"id": "a", "opens": "", "length_km": "", "source": "s", "note": ""},
        {"id": "b", "opens": "2011", "length_km": "7", "source": "old; new", "note": "one"},
    ]
    with pytest.raises(DataError, match="id 'b' stands twice in one table of transport"):
        transport.merged(facts * 2, [], "id", columns)


def test_nothing_of_the_facts_is_lost_by_the_additions(links, nodes):
    for frame, table, key in (
        (links, "transport_links", "link_id"),
        (nodes, "transport_nodes", "node_id"),
    ):
        by_id = frame.set_index(key)
        for row in read_csv(SOURCES / f"{table}.csv"):
            held = by_id.loc[row[key]]
            assert held["source"].startswith(row["source"])
            if row["note"]:
                assert held["note"].startswith(row["note"])
        assert by_id.index.is_unique


def test_every_link_that_the_plans_name_is_there(links):
    names = links.set_index("link_id")["name_zh"]
    assert {link: names.get(link) for link in NAMED_IN_THE_PLANS} == NAMED_IN_THE_PLANS


def test_links_keep_their_promises(links, nodes):
    known, today = set(nodes["node_id"]), load_catalog().data_date
    assert set(links["mode"]) == MODES
    assert set(links["status"]) == {"operating", "under_construction", "planned"}
    assert set(links["confidence"]) <= {"high", "medium", "low"}
    for link in links.to_dict("records"):
        own = link["node_ids"].split(";")
        assert set(own) <= known and len(own) == len(set(own)) >= 2, link["link_id"]
        assert link["source"] and link["name_zh"] and link["name_en"], link["link_id"]
        dates = {
            name: last_day(link[name])
            for name in ("started", "opens", "status_as_of", "planned_open")
        }
        assert (link["status"] == "operating") or not dates["opens"], link["link_id"]
        assert all(
            not value or value <= f"{today[:4]}-12-31"
            for name, value in dates.items()
            if name != "planned_open"
        )
        assert not dates["started"] or not dates["opens"] or dates["started"] < dates["opens"], (
            link["link_id"]
        )
        for column in ("length_km", "length_in_shanxi_km", "stretch_km", "design_speed_kmh"):
            assert not link[column] <= 0, link["link_id"]  # blank is NaN, which is not at most 0
        assert not link["length_in_shanxi_km"] > link["length_km"], link["link_id"]


def test_a_point_has_a_source_and_an_accuracy_and_no_point_has_neither(nodes):
    for node in nodes.to_dict("records"):
        if node["geometry"] is None:
            assert node["position_accuracy_m"] != node["position_accuracy_m"], node["node_id"]
            continue
        lonlat = np.array(node["geometry"].coords[0])
        assert np.array_equal(lonlat, lonlat.round(3)), node["node_id"]
        assert node["position_accuracy_m"] >= 375 and node["datum_error_m"] >= 0, node["node_id"]
        assert node["source"] and node["datum"], node["node_id"]
    assert set(nodes["kind"]) == {"railway_station", "airport", "town", "pass"}


def test_a_station_at_the_point_of_its_county_seat_never_claims_to_be_exact(nodes):
    seats = nodes[
        (nodes["kind"] == "railway_station")
        & nodes["source"].str.contains("county-seat point", na=False)
    ]
    seats = seats[~seats["source"].str.contains("position: ", na=False)]
    assert len(seats) > 20 and seats["position_accuracy_m"].min() >= 3000


def test_every_county_of_the_two_main_zones_has_its_seat(nodes):
    towns = nodes[(nodes["kind"] == "town") & nodes.geometry.notna()]
    for zone_id in ("taixin", "yellow_river_triangle"):
        assert set(sxgeo.load_zone(zone_id).members["code"]) <= set(towns["county_code"])


# --- how a link is drawn --------------------------------------------------------------------------


def test_a_line_along_the_graph_keeps_every_condition(links, nodes, by_graph):
    by_id = {node["node_id"]: node for node in nodes.to_dict("records")}
    drawn = links[links["geometry_kind"] == "network"]
    assert {"LK-DXS", "LK-JY", "LK-ST", "LK-BTP", "LK-YSG"} <= set(drawn["link_id"])
    for link in drawn.to_dict("records"):
        assert link["status"] == "operating" and not link["opens"][:7] > "2024-04", link["link_id"]
        assert abs(link["length_deviation"]) <= 0.15 and pd.isna(link["geometry_note"]), link[
            "link_id"
        ]
        own = link["node_ids"].split(";")
        for end, place in (
            (own[0], link["geometry"].coords[0]),
            (own[-1], link["geometry"].coords[-1]),
        ):
            node = by_id[end]
            error_m = node["position_accuracy_m"] + node["datum_error_m"]
            _, _, apart_m = GEOD.inv(*node["geometry"].coords[0], *place)
            assert error_m <= 3100 and apart_m <= 1.01 * (error_m + 1000), (link["link_id"], end)
        graph = by_graph[transport.graph_of(link["mode"])]
        places = {tuple(place) for place in graph.lonlat.round(5).tolist()}
        inner = list(link["geometry"].coords)[1:-1]
        assert sum(place in places for place in inner) > 0.8 * len(inner), link["link_id"]
        chords_km = sum(GEOD.inv(*a, *b)[2] for a, b in pairwise(link["geometry"].coords)) / 1000
        along_km = link["stretch_km"] * (1 + link["length_deviation"])
        assert 0.86 * along_km <= chords_km <= 1.01 * along_km, link[
            "link_id"
        ]  # detours add up to 15 % to a chord


def test_every_other_line_is_straight_from_located_node_to_located_node(links, nodes):
    points = nodes.set_index("node_id").geometry
    for link in links[links["geometry_kind"] != "network"].to_dict("records"):
        own = link["node_ids"].split(";")
        assert list(link["unlocated_nodes"]) == [node for node in own if points[node] is None]
        assert link["geometry_note"], link["link_id"]
        ways = [points[node].coords[0] for node in own if points[node] is not None]
        ways = [place for i, place in enumerate(ways) if i == 0 or place != ways[i - 1]]
        if link["geometry_kind"] == "none":
            assert link["geometry"] is None and len(ways) < 2, link["link_id"]
        else:
            assert list(link["geometry"].coords) == ways, link["link_id"]


def test_no_line_under_construction_or_planned_follows_the_graph(links):
    assert set(links.loc[links["status"] != "operating", "geometry_kind"]) <= {"straight", "none"}


def square() -> transport.Graph:
    """Return a way of 1 degree east, a bend north of it that is longer, and a spur, on the equator."""
    lonlat = np.array([[0, 0], [0.5, 0], [1, 0], [0.5, 0.5], [0.25, 0.1]])
    edges = np.array([[0, 1], [1, 2], [0, 3], [2, 3], [1, 4]])
    length_m = np.hypot(*(lonlat[edges[:, 0]] - lonlat[edges[:, 1]]).T) * 111_195
    return transport.Graph(lonlat, edges, length_m, length_m)


def node(name: str, lon: float, lat: float, accuracy: str = "300") -> dict[str, str]:
    return {
        "node_id": name,
        "lon": str(lon),
        "lat": str(lat),
        "position_accuracy_m": accuracy,
        "datum_error_m": "0",
    }


LINK = {"status": "operating", "opens": "2010-01-01", "stretch_km": "111", "mode": "rail"}
ENDS = [node("A", 0, 0), node("B", 1, 0)]


def test_the_shortest_way_between_two_nodes_is_drawn_by_hand():
    line, deviation, reason = transport.course(LINK, ENDS, square())
    assert list(line.coords) == [(0, 0), (0.5, 0), (1, 0)]
    assert (deviation, reason) == (0.002, "")  # 111.195 km of 111


def test_the_way_passes_within_the_error_of_the_nodes_between():
    line, deviation, _ = transport.course(
        LINK | {"stretch_km": "157"}, [ENDS[0], node("C", 0.5, 0.5), ENDS[1]], square()
    )
    assert (0.5, 0.5) in line.coords and deviation == pytest.approx(0.002, abs=0.001)
    coarse = [ENDS[0], node("C", 0.5, 0.5, "9000"), ENDS[1]]
    assert (0.5, 0.5) not in transport.course(LINK, coarse, square())[
        0
    ].coords  # too coarse to say anything
    contrary = [ENDS[0], node("C", 0.5, 0.3, "300"), ENDS[1]]
    assert (
        transport.course(LINK, contrary, square())[0] is not None
    )  # 22 km off every edge: not asked


@pytest.mark.parametrize(
    ("change", "nodes", "reason"),
    [
        ({"status": "under_construction"}, ENDS, "not built"),
        ({"status": "planned"}, ENDS, "not built"),
        ({"opens": "2024-05-01"}, ENDS, "opened after 2024-04"),
        ({"stretch_km": ""}, ENDS, "no published length"),
        ({}, [ENDS[0], node("B", 1, 0, "7000")], "an end is not known within 3.1 km: B"),
        ({}, [ENDS[0], node("B", 1, 0, "")], "an end is not known within 3.1 km: B"),
        ({}, [ENDS[0], node("B", 1, 0.05, "1000")], "the graph has no line at B"),
        ({}, [ENDS[0], node("C", 0.25, 0.1), ENDS[1]], "no single way"),  # out on the spur and back
        ({"stretch_km": "90"}, ENDS, r"differs by \+24%"),
        ({"stretch_km": "140"}, ENDS, "differs by -2[01]%"),
    ],
)
def test_a_course_that_is_not_credible_is_refused_with_the_reason(change, nodes, reason):
    line, _, said = transport.course(LINK | change, nodes, square())
    assert line is None
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(said)


@settings(max_examples=50, deadline=None)
@given(
    start=st.tuples(st.floats(0, 0.45), st.floats(-0.002, 0.002)),
    end=st.tuples(st.floats(0.55, 1), st.floats(-0.002, 0.002)),
    stretch_km=st.integers(20, 140),
)
def test_a_line_is_drawn_only_when_its_length_is_within_fifteen_percent(start, end, stretch_km):
    line, deviation, _ = transport.course(
        LINK | {"stretch_km": str(stretch_km)}, [node("A", *start), node("B", *end)], square()
    )
    away = (end[0] - start[0]) * 111.195 / stretch_km - 1
    assert deviation == pytest.approx(
        away, abs=0.001 + 0.5 / stretch_km
    )  # the ends lie up to 220 m beside the line
    assert (line is None) == (abs(deviation) > 0.15)


def test_a_link_with_an_unknown_node_is_refused(tmp_path):
    for name in (
        "transport_nodes",
        "transport_nodes_added",
        "transport_links",
        "transport_links_added",
    ):
        text = (SOURCES / f"{name}.csv").read_text(encoding="utf-8")
        (tmp_path / f"{name}.csv").write_text(
            text.replace("ST-QY;ST-FP", "ST-QY;ST-NONE"), encoding="utf-8"
        )
    with pytest.raises(DataError, match=r"LK-XX: node 'ST-NONE' is not in the table"):
        transport.tables(tmp_path)


def test_the_farthest_node_is_measured_by_hand(links):
    line = shapely.LineString([(0, 0), (1, 0)])
    assert (
        transport.farthest_m(line, [*ENDS, node("C", 0.5, 0.01), node("D", 0.5, 0.5, "9000")])
        == 1200
    )  # 1,112 m
    drawn = links["geometry_kind"] == "network"
    assert links.loc[drawn, "farthest_node_m"].between(100, 10_000).all()
    assert links.loc[~drawn, "farthest_node_m"].isna().all()


def test_the_graph_by_time_prefers_the_expressway():
    arrays = {
        "rail_lonlat": np.zeros((2, 2), int),
        "rail_edges": np.array([[0, 1]]),
        "rail_length_m": np.array([1]),
    }
    arrays |= {
        "road_lonlat": np.zeros((4, 2), int),
        "road_edges": np.array([[0, 1], [1, 2], [2, 3]]),
    }
    arrays["road_length_m"] = np.array([500, 2_000, 10_000])
    arrays |= {"road_way_m": np.array([0, 0, 0]), "road_kmh": np.array([0, 0, 0])}
    content = io.BytesIO()
    np.savez(content, **arrays)
    found = transport.graphs(content.getvalue())
    assert found["express"].length_m == pytest.approx([525, 2_100, 10_500])
    assert found["express"].cost == pytest.approx([15, 42, 105])  # at 35, 50 and 100 km/h
    assert [transport.graph_of(mode) for mode in ("freight_rail", "expressway", "trunk_road")] == [
        "rail",
        "express",
        "trunk",
    ]


# --- what exists on a day -------------------------------------------------------------------------


def ids(as_of: str) -> set[str]:
    return set(sxgeo.load_layer("transport_links", as_of=as_of).frame["link_id"])


def test_a_link_exists_from_its_opening_day():
    assert "LK-JDY" not in ids("2024-12-30")
    assert "LK-JDY" in ids("2024-12-31")
    assert "LK-XX" not in ids(
        "2027-04-01"
    )  # planned to open in 2027-03: an expectation, no opening


@pytest.mark.parametrize(
    ("value", "day"),
    [("1994", "1994-12-31"), ("2012-02", "2012-02-29"), ("2012-07-12", "2012-07-12"), (None, "")],
)
def test_a_year_or_a_month_counts_from_itslast_day(value, day):
    assert last_day(value) == day


def test_an_opening_year_alone_does_not_open_a_link_on_new_years_day():
    assert "LK-HX" not in ids("1985-06-30") and "LK-HX" in ids("1985-12-31")


def test_an_operating_link_of_unknown_opening_is_kept_and_said_to_be_assumed():
    early = sxgeo.load_layer("transport_links", as_of="1990-01-01").frame.set_index("link_id")[
        "existence"
    ]
    late = sxgeo.load_layer("transport_links", as_of="2026-11-21").frame.set_index("link_id")[
        "existence"
    ]
    assert (early["LK-HCR"], late["LK-HCR"]) == ("assumed", "open")  # seen operating on 2014-12-30
    assert (early["LK-G5"], late["LK-G5"]) == ("assumed", "assumed")  # never dated
    assert late["LK-JDY"] == "open"


def test_without_a_day_every_status_comes_and_nothing_is_said_of_existence(links):
    assert {"opens", "status_as_of", "existence", "geometry_kind", "length_deviation"} <= set(
        links.columns
    )
    assert set(links["status"]) == {"operating", "under_construction", "planned"}
    assert links["existence"].isna().all()
    assert links["link_id"].is_monotonic_increasing and links.crs == "EPSG:4490"


@settings(max_examples=20, deadline=None)
@given(
    days=st.lists(st.dates(date(1900, 1, 1), date(2100, 12, 31)), min_size=2, max_size=2).map(
        sorted
    )
)
def test_a_later_day_never_loses_a_link(days):
    earlier, later = (ids(day.isoformat()) for day in days)
    assert earlier <= later


@pytest.mark.parametrize("day", ["1899-12-31", "2101-01-01", "0001-01-01"])
def test_a_day_out_of_range_is_a_wrong_question(day):
    with pytest.raises(
        UsageError, match=f"date '{day}' is out of range; give a day of 1900 to 2100"
    ):
        sxgeo.load_layer("transport_links", as_of=day)


def test_a_day_that_is_none_is_a_wrong_question():
    with pytest.raises(UsageError, match=r"date '2026-02-30' is not of the form YYYY-MM-DD"):
        sxgeo.load_layer("transport_links", as_of="2026-02-30")


def test_the_popup_says_whether_a_line_follows_the_graph(links):
    drawn = {link["id"]: link for link in link_rows(links)}
    words = {name: dict(drawn[name]["rows"])["线形"] for name in ("LK-DXS", "LK-XX")}
    assert (
        words["LK-DXS"]
        == "沿路网：沿简化路网推定，与公布里程相差 +0.7%，偏离已知站点至多 9.3 公里，非实测线位"
    )
    assert words["LK-XX"] == "示意连线：依次连接已定位车站或节点，非实际线位"
    assert (drawn["LK-DXS"]["drawn"], drawn["LK-XX"]["drawn"]) == ("沿路网", "示意连线")


# --- the page -------------------------------------------------------------------------------------


def test_the_tables_of_the_page_are_those_of_the_layers():
    page = describe_transport.PAGE.read_text(encoding="utf-8")
    assert describe_transport.filled(page) == page
    assert page.count("<!-- /") == len(describe_transport.tables()) == 6


def test_lines_along_the_graph_stay_small(links):
    assert (ROOT / "data" / "layers" / "transport_links.geojson").stat().st_size < 200_000
    assert shapely.get_num_coordinates(links.geometry.to_numpy()).sum() < 5_000
