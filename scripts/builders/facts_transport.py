"""Fact tables of transport and of the zone's members -> data/sources."""

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
ZONE_COLUMNS = words("zone_id,name_zh,name_en,parent,geometry_note,sources")
MEMBER_COLUMNS = words("zone_id,sub_region,code,name_zh,name_en,level,certain,source,confidence")

_LINK_FACT_COLUMNS = words(
    "link_id,name_zh,name_en,code,mode,status,open_date,start_date,planned_open,design_speed_kmh,length_km,"
    "length_in_shanxi_km,node_ids,chord_km_of_located_nodes,nodes_without_position,source,confidence,note"
)
_MEMBER_FACT_COLUMNS = words("scheme,group,code,name,city,province,role,lon,lat,coord_note,source,confidence,note")
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
_SCHEMES_LATER = frozenset(
    words(
        "guanzhong_plain huanghe_golden_triangle shanxi_central_cluster wudazhang_changcheng xin_yu_e_energy "
        "yiqun_liangqu_sanquan zhengzhou_metro zhongyuan_cluster"
    )
)
"""Regions of the member table that are not bundled yet."""

_TAIYUAN_SOURCE = (
    "n6668.com 2022-07-26 (太原区两大组团: 阳曲—尖草坪—古交, 杏花岭—迎泽—万柏林); "
    "0350tv.cn 2022-07-20 (“136”: 1启动区, 3开发区, 6县市区)"
)
_VILLAGES = "旁证: 阳曲1+繁峙5+五台4+定襄2+原平3=15处传统村落, 与清单的15处相同"
_INFERRED = f"general knowledge, no document seen; {_VILLAGES}"
_SUB_REGIONS = {"太原区": "taixin_taiyuan", "忻州区": "taixin_xinzhou"}
_MEMBERS = {
    "140106": ("Yingze District", "district", "true", _TAIYUAN_SOURCE, "high"),
    "140107": ("Xinghualing District", "district", "true", _TAIYUAN_SOURCE, "high"),
    "140108": ("Jiancaoping District", "district", "true", _TAIYUAN_SOURCE, "high"),
    "140109": ("Wanbailin District", "district", "true", _TAIYUAN_SOURCE, "high"),
    "140122": ("Yangqu County", "county", "true", _TAIYUAN_SOURCE, "high"),
    "140181": ("Gujiao City", "county_city", "true", _TAIYUAN_SOURCE, "high"),
    "140902": (
        "Xinfu District",
        "district",
        "false",
        "xz.sxgov.cn 2022-07-13 (忻州启动区规划公示); no page that lists the Xinzhou members was found",
        "medium",
    ),
    "140921": (
        "Dingxiang County",
        "county",
        "false",
        f"山西日报 2022-03-21; no page that lists the Xinzhou members was found; {_VILLAGES}",
        "medium",
    ),
    "140922": ("Wutai County", "county", "false", _INFERRED, "medium"),
    "140923": (
        "Dai County",
        "county",
        "false",
        "general knowledge, no document seen; 旁证: 清单有历史文化名城2处, 附近的国家级只有太原和代县",
        "medium",
    ),
    "140924": ("Fanshi County", "county", "false", _INFERRED, "medium"),
    "140981": ("Yuanping City", "county_city", "false", _INFERRED, "medium"),
}
_OUTLINE = "outline: union of the members, as no official outline was found"
_ZONES = (
    {
        "zone_id": "taixin",
        "name_zh": "太忻一体化经济区",
        "name_en": "Taiyuan-Xinzhou Integrated Economic Zone",
        "sources": "press conference of 2022-05-18 (清单(试行)和六个方案); 人民日报 2022-01-04; " + _OUTLINE,
    },
    {
        "zone_id": "taixin_taiyuan",
        "name_zh": "太忻一体化经济区太原区",
        "name_en": "Taiyuan segment of the Taiyuan-Xinzhou zone",
        "parent": "taixin",
        "sources": f"{_TAIYUAN_SOURCE}; {_OUTLINE}",
    },
    {
        "zone_id": "taixin_xinzhou",
        "name_zh": "太忻一体化经济区忻州区",
        "name_en": "Xinzhou segment of the Taiyuan-Xinzhou zone",
        "parent": "taixin",
        "sources": (
            "xz.sxgov.cn 2022-07-13 (忻州启动区); 山西日报 2022-03-21; the six members are inferred, "
            f"no page that lists them was found; {_OUTLINE}"
        ),
    },
)

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
    datum, error_m = unmapped.look_up(DATUMS, row["datum_of_source"], f"{identity}: datum", ("", ""))
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


def _members(rows: list[Row], unmapped: Unmapped) -> list[Row]:
    found = []
    for row in rows:
        if row["scheme"] in _SCHEMES_LATER or row["scheme"] == "scheme":
            continue
        if row["scheme"] != "taixin_zone":
            unmapped.report(f"zone_members: scheme '{row['scheme']}' is not mapped")
            continue
        where = f"zone_members: {row['code']}"
        name_en, level, certain, source, confidence = unmapped.look_up(_MEMBERS, row["code"], where, ("",) * 5)
        found.append(
            {
                "zone_id": "taixin",
                "sub_region": unmapped.look_up(_SUB_REGIONS, row["group"], where, ""),
                "code": row["code"],
                "name_zh": row["name"],
                "name_en": name_en,
                "level": level,
                "certain": certain,
                "source": source,
                "confidence": confidence,
            }
        )
    unmapped.unused(_MEMBERS, "members of the zone")
    return sorted(found, key=lambda row: row["code"])


def build(folder: Path, unmapped: Unmapped) -> dict[str, str]:
    """Build the transport and zone tables of data/sources from the fact tables in `folder`.

    Returns
    -------
    dict
        File name -> CSV text, rows sorted by id.
    """
    facts = unmapped.columns(folder / "transport_nodes.csv", COLUMNS)
    nodes = sorted((_node(row, unmapped) for row in facts), key=lambda row: row["node_id"])
    identities = {row["node_id"] for row in nodes}
    facts = unmapped.columns(folder / "transport_links.csv", _LINK_FACT_COLUMNS)
    links = sorted((_link(row, identities, unmapped) for row in facts), key=lambda row: row["link_id"])
    members = _members(unmapped.columns(folder / "zone_members.csv", _MEMBER_FACT_COLUMNS), unmapped)
    for table, name in ((_MODES, "modes"), (_NODE_KINDS, "kinds of node")):
        unmapped.unused(table, name)
    return {
        "transport_nodes.csv": csv_text(NODE_COLUMNS, nodes),
        "transport_links.csv": csv_text(LINK_COLUMNS, links),
        "zones.csv": csv_text(ZONE_COLUMNS, _ZONES),
        "zone_members.csv": csv_text(MEMBER_COLUMNS, members),
    }
