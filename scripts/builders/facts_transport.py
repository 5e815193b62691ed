"""Fact tables of transport -> data/sources."""

from __future__ import annotations

from pathlib import Path

from .facts_common import Unmapped, latest_date, reword, rounded_position
from .facts_maps import COLUMNS, CONFIDENCES, DATUMS
from .facts_wording import ALL_STATIONS, NOTES, SOURCES
from .formats import csv_text, words

NODE_COLUMNS = words(
    "node_id,name_zh,name_en,kind,county_code,county_zh,status,lon,lat,position_accuracy_m,datum,datum_error_m,"
    "source,confidence,note"
)
LINK_COLUMNS = words(
    "link_id,name_zh,name_en,code,mode,status,opens,planned_open,started,design_speed_kmh,length_km,"
    "length_in_shanxi_km,node_ids,status_as_of,source,confidence,note"
)

_LINK_FACT_COLUMNS = words(
    "link_id,name_zh,name_en,code,mode,status,open_date,start_date,planned_open,design_speed_kmh,length_km,"
    "length_in_shanxi_km,node_ids,chord_km_of_located_nodes,nodes_without_position,source,confidence,note"
)
_CATEGORY = "交通节点|transport_node"
_NODE_KINDS = {kind: kind for kind in ("railway_station", "airport", "town", "pass")}
_STATUSES = {status: status for status in ("operating", "under_construction", "planned")} | {"": ""}
_MODES = {
    "高速铁路": "high_speed_rail",
    "普速铁路": "rail",
    "普速/煤运南通道": "rail",
    "重载铁路": "freight_rail",
    "高速公路": "expressway",
    "快速路/一级公路": "trunk_road",
    "国道": "trunk_road",
    "城市道路6车道": "city_road",
}

Row = dict[str, str]


def _node(row: Row, unmapped: Unmapped) -> Row:
    identity = row["id"]
    kind, _, rest = row["note"].removeprefix("kind: ").partition("; ")
    status = ""
    if rest.startswith("status: "):
        status, _, rest = rest.removeprefix("status: ").partition("; ")
    if row["category"] != _CATEGORY or kind != row["level"] or row["confidence"] not in CONFIDENCES:
        unmapped.report(f"{identity}: category, kind or confidence is not mapped")
    lon, lat, accuracy_m = rounded_position(row["lon"], row["lat"], row["position_accuracy_m"])
    datum, error_m = unmapped.look_up(
        DATUMS, row["datum_of_source"], f"{identity}: datum", ("", "")
    )
    return {
        "node_id": identity,
        "name_zh": row["name_zh"],
        "name_en": row["name_en"],
        "kind": unmapped.look_up(_NODE_KINDS, row["level"], f"{identity}: kind", ""),
        "county_code": row["county_code"],
        "county_zh": row["county_zh"],
        "status": unmapped.look_up(_STATUSES, status, f"{identity}: status", ""),
        "lon": lon,
        "lat": lat,
        "position_accuracy_m": accuracy_m,
        "datum": datum,
        "datum_error_m": error_m,
        "source": reword(row["source"], SOURCES, unmapped, f"{identity}: source"),
        "confidence": row["confidence"],
        "note": reword(rest, NOTES, unmapped, f"{identity}: note"),
    }


def _link(row: Row, nodes: set[str], unmapped: Unmapped) -> Row:
    identity = row["link_id"]
    for node in row["node_ids"].split(";"):
        if node not in nodes:
            unmapped.report(f"{identity}: node {node} is not in the table of nodes")
    if row["confidence"] not in CONFIDENCES:
        unmapped.report(f"{identity}: confidence '{row['confidence']}' is not mapped")
    note = row["note"].replace(ALL_STATIONS, ALL_STATIONS.partition(" (")[0].replace(";", " "))
    return {
        **{column: row[column] for column in LINK_COLUMNS if column in row},
        "mode": unmapped.look_up(_MODES, row["mode"], f"{identity}: mode", ""),
        "status": unmapped.look_up(_STATUSES, row["status"], f"{identity}: status", ""),
        "opens": row["open_date"],
        "started": row["start_date"],
        "status_as_of": latest_date(row["source"]),
        "source": reword(row["source"], SOURCES, unmapped, f"{identity}: source"),
        "note": reword(note, NOTES, unmapped, f"{identity}: note"),
    }


def build(folder: Path, unmapped: Unmapped) -> dict[str, str]:
    """Build the transport tables of data/sources from the fact tables in `folder`.

    Returns
    -------
    dict
        File name -> CSV text, rows sorted by id.
    """
    facts = unmapped.columns(folder / "transport_nodes.csv", COLUMNS)
    nodes = sorted((_node(row, unmapped) for row in facts), key=lambda row: row["node_id"])
    identities = {row["node_id"] for row in nodes}
    facts = unmapped.columns(folder / "transport_links.csv", _LINK_FACT_COLUMNS)
    links = sorted(
        (_link(row, identities, unmapped) for row in facts), key=lambda row: row["link_id"]
    )
    for table, name in ((_MODES, "modes"), (_NODE_KINDS, "kinds of node")):
        unmapped.unused(table, name)
    return {
        "transport_nodes.csv": csv_text(NODE_COLUMNS, nodes),
        "transport_links.csv": csv_text(LINK_COLUMNS, links),
    }
