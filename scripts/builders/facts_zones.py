"""Fact table of the regions' members -> data/sources/zones.csv and zone_members.csv.

Regions that the fact table lacks are built from the plans' own words, by prefecture or province.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .facts_common import Unmapped
from .formats import csv_text, read_csv, words

ZONE_COLUMNS = words(
    "zone_id,name_zh,name_en,aliases,parent,related,published_area_km2,published_members,geometry_note,note,sources"
)
MEMBER_COLUMNS = words(
    "zone_id,sub_region,code,name_zh,name_en,level,certain,source,confidence,note"
)
_FACT_COLUMNS = words(
    "scheme,group,code,name,city,province,role,lon,lat,coord_note,source,confidence,note"
)
PLACE_NAMES = Path(__file__).with_name("place_names.csv")
"""Code, Chinese and English name of every unit, as the boundary package names it today."""

Row = dict[str, str]

RECODED: dict[str, tuple[tuple[str, ...], str]] = {
    "140202": (("140213",), "城区 140202, dissolved in 2018; most of it is 平城区 140213"),
    "140203": (("140214",), "矿区 140203, dissolved in 2018; it went to 云冈区 140214"),
    "140211": (
        ("140213", "140214"),
        "南郊区 140211, dissolved in 2018 into 平城区 140213 and 云冈区 140214",
    ),
    "140227": (("140215",), "大同县 140227, renamed 云州区 140215 in 2018"),
    "140726": (("140703",), "太谷县 140726, renamed 太谷区 140703 in 2019"),
    "610125": (("610118",), "户县 610125, renamed 鄠邑区 610118"),
    "610322": (("610305",), "凤翔县 610322, renamed 凤翔区 610305"),
    "610427": (("610482",), "彬县 610427, renamed 彬州市 610482"),
    "610821": (("610881",), "神木县 610821, renamed 神木市 610881"),
    "620824": (("620881",), "华亭县 620824, renamed 华亭市 620881"),
}
"""Code of the fact table that is no longer used -> the codes of today, and what happened."""

_SCHEMES = {
    "taixin_zone": "taixin",
    "shanxi_central_cluster": "central_cluster",
    "huanghe_golden_triangle": "yellow_river_triangle",
    "wudazhang_changcheng": "wudazhang",
    "xin_yu_e_energy": "xin_yu_e",
    "guanzhong_plain": "guanzhong",
    "zhongyuan_cluster": "central_plains",
    "zhengzhou_metro": "zhengzhou_metro",
    "yiqun_liangqu_sanquan": "",  # three zones, by group
}
_CIRCLES = {
    "晋北城镇圈": "north_circle",
    "晋东南城镇圈": "southeast_circle",
    "晋南城镇圈": "south_circle",
}

_TAIYUAN_SOURCE = (
    "n6668.com 2022-07-26 (太原区两大组团: 阳曲—尖草坪—古交, 杏花岭—迎泽—万柏林); "
    "0350tv.cn 2022-07-20 (“136”: 1启动区, 3开发区, 6县市区)"
)
_VILLAGES = "旁证: 阳曲1+繁峙5+五台4+定襄2+原平3=15处传统村落, 与清单的15处相同"
_INFERRED = f"general knowledge, no document seen; {_VILLAGES}"
_TAIXIN_SEGMENTS = {"太原区": "taixin_taiyuan", "忻州区": "taixin_xinzhou"}
_XINZHOU = {
    "140902": (
        "xz.sxgov.cn 2022-07-13 (忻州启动区规划公示); no page that lists the Xinzhou members was"
        " found"
    ),
    "140921": f"山西日报 2022-03-21; no page that lists the Xinzhou members was found; {_VILLAGES}",
    "140922": _INFERRED,
    "140923": (
        "general knowledge, no document seen; 旁证: 清单有历史文化名城2处, 附近的国家级只有太原和代县"
    ),
    "140924": _INFERRED,
    "140981": _INFERRED,
}
_TRIANGLE_CIRCLES = {
    **dict.fromkeys(("610581", "140882", "140822"), "hancheng_hejin_wanrong"),
    **dict.fromkeys(("411282", "610522", "140830"), "lingbao_tongguan_ruicheng"),
    **dict.fromkeys(("141081", "140825", "141021"), "houma_xinjiang_quwo"),
}

_CLUSTER = (
    "晋政办发〔2022〕89号 (太原、晋中、忻州、吕梁、阳泉五市, lishi.gov.cn); diaojuan.cn 2023-02-09"
)
_TRIANGLE = "晋陕豫黄河金三角区域合作规划 2014-04 (cre.org.cn); tzzzs.com 2024-10 (47县、市、区)"
_WUDAZHANG = "jjckb.cn 2015-01-07; northnews.cn; hbjjrb.com 2025-06-12 (三市)"
_XIN_YU_E = (
    "“十四五”区域融合规划第六章第四节 (忻榆鄂); no document with its boundary was found, whole"
    " prefectures assumed"
)
_GUANZHONG = "发改规划〔2018〕220号, 规划范围 (nonglinyumu.com, whxn.com.cn)"
_PLAINS = (
    "中原城市群发展规划 (国务院2016-12-28批复; 洛阳市发展改革委2021-11-05答复, people.lyd.com.cn;"
    " 鲁网 2017-01-10)"
)
_METRO = "general knowledge, no document seen (郑州都市圈发展规划, 1+8)"
_THREE_CIRCLES = (
    "baiwen2.com 2022 (三圈以大同、长治、临汾为核心); epaper.sxrb.com 2023-04-20 (朔州、晋城、运城)"
)
_JJJ = "京津冀协同发展规划纲要 (hfbida.com; weixin.caupdcloud.com 2021)"
_DELTA = "长江三角洲区域一体化发展规划纲要 2019 (上海、江苏、浙江、安徽全域; scholarmate.com)"
_BAY = "粤港澳大湾区发展规划纲要 2019 (港、澳和珠三角九市; jinshusy.com)"
_RIVER = "黄河流域生态保护和高质量发展规划纲要 2021 (九省区; 新华社; aiytv.com)"

_SOURCES: dict[str, tuple[str, str, str]] = {
    "central_cluster": ("true", _CLUSTER, "high"),
    "yellow_river_triangle": ("true", _TRIANGLE, "high"),
    "wudazhang": ("true", _WUDAZHANG, "high"),
    "xin_yu_e": ("false", _XIN_YU_E, "medium"),
    "guanzhong": ("true", _GUANZHONG, "high"),
    "central_plains": ("true", _PLAINS, "high"),
    "zhengzhou_metro": ("false", _METRO, "medium"),
    "north_circle": ("false", _THREE_CIRCLES, "medium"),
    "southeast_circle": ("false", _THREE_CIRCLES, "medium"),
    "south_circle": ("false", _THREE_CIRCLES, "medium"),
    "jing_jin_ji": ("true", _JJJ, "high"),
    "yangtze_delta": ("true", _DELTA, "high"),
    "greater_bay": ("true", _BAY, "high"),
    "yellow_river_provinces": ("true", _RIVER, "high"),
}
"""Whether the members are certain (an official text or two agreeing sources name them), by whom,
confidence.
"""
_DOUBTED = {
    ("guanzhong", "621002"): "the plan says 庆阳市区 (urban area of Qingyang); read as 西峰区",
}
PLANNED = {
    "central_plains": (
        "410100 410200 410300 410400 410500 410600 410700 410800 410900 411000 411100 411200 411300"
        " 411400 411500 411600 411700 419001 130400 130500 371500 371700 340300 340600 341200"
        " 341300 341600"
    ),
    "zhengzhou_metro": "419001",
    "jing_jin_ji": "110000 120000 130000",
    "yangtze_delta": "310000 320000 330000 340000",
    "greater_bay": "440100 440300 440400 440600 440700 441200 441300 441900 442000 810000 820000",
    "yellow_river_provinces": "140000 150000 370000 410000 510000 610000 620000 630000 640000",
}
"""Members that the plans name by prefecture or province and the fact table does not hold."""

_OUTLINE = "outline: union of the members, as no official outline was found"


def _zone(
    zone_id: str,
    name_zh: str,
    name_en: str,
    aliases: str,
    sources: str,
    *,
    parent: str = "",
    related: str = "",
    area_km2: str = "",
    members: str = "",
    geometry_note: str = "",
    note: str = "",
) -> Row:
    return {
        "zone_id": zone_id,
        "name_zh": name_zh,
        "name_en": name_en,
        "aliases": aliases,
        "parent": parent,
        "related": related,
        "published_area_km2": area_km2,
        "published_members": members,
        "geometry_note": geometry_note,
        "note": note,
        "sources": sources if geometry_note else f"{sources}; {_OUTLINE}",
    }


_ONE_TWO_THREE = "一群两区三圈 (one cluster, two zones, three circles)"
ZONES: tuple[Row, ...] = (
    _zone(
        "taixin",
        "太忻一体化经济区",
        "Taiyuan-Xinzhou Integrated Economic Zone",
        "太忻;太忻经济区;太原—忻州一体化经济区;taixin zone;tai xin",
        "press conference of 2022-05-18 (清单(试行)和六个方案); 人民日报 2022-01-04",
        note=f"{_ONE_TWO_THREE}; no published area or population of the zone was found",
    ),
    _zone(
        "taixin_taiyuan",
        "太忻一体化经济区太原区",
        "Taiyuan segment of the Taiyuan-Xinzhou zone",
        "太忻太原区;太忻太原片区;太原片区",
        _TAIYUAN_SOURCE,
        parent="taixin",
        members="6",
    ),
    _zone(
        "taixin_xinzhou",
        "太忻一体化经济区忻州区",
        "Xinzhou segment of the Taiyuan-Xinzhou zone",
        "太忻忻州区;太忻忻州片区;忻州片区",
        "xz.sxgov.cn 2022-07-13 (忻州启动区); 山西日报 2022-03-21; the six members are inferred, "
        "no page that lists them was found",
        parent="taixin",
    ),
    _zone(
        "central_cluster",
        "山西中部城市群",
        "Central Shanxi City Cluster",
        "中部城市群;shanxi central cluster;zhongbu chengshiqun",
        _CLUSTER,
        area_km2="74100",
        members="53",
        note=f"{_ONE_TWO_THREE}; area: lishi.gov.cn, diaojuan.cn",
    ),
    _zone(
        "zonggai",
        "山西转型综合改革示范区",
        "Shanxi Transformation and Comprehensive Reform Demonstration Zone",
        "综改示范区;综改区;山西综改示范区;zonggai shifanqu",
        "山西日报 2022-03-21; baiwen2.com 2022 (2017年整合太原、晋中8个产学研园区)",
        geometry_note=(
            "它由太原、晋中两市县区内的托管园区组成，不由整县组成，未获取到公布的边界 "
            "(managed parks inside counties; no published outline was obtained)"
        ),
        note=_ONE_TWO_THREE,
    ),
    _zone(
        "north_circle",
        "晋北城镇圈",
        "North Shanxi Urban Circle",
        "晋北;晋北圈;jinbei",
        _THREE_CIRCLES,
        note=f"{_ONE_TWO_THREE}; core 大同",
    ),
    _zone(
        "southeast_circle",
        "晋东南城镇圈",
        "Southeast Shanxi Urban Circle",
        "晋东南;晋东南圈;jindongnan",
        _THREE_CIRCLES,
        note=f"{_ONE_TWO_THREE}; core 长治",
    ),
    _zone(
        "south_circle",
        "晋南城镇圈",
        "South Shanxi Urban Circle",
        "晋南;晋南圈;jinnan",
        _THREE_CIRCLES,
        note=f"{_ONE_TWO_THREE}; core 临汾",
    ),
    _zone(
        "yellow_river_triangle",
        "晋陕豫黄河金三角",
        "Yellow River Golden Triangle (Shanxi-Shaanxi-Henan)",
        "黄河金三角;晋陕豫黄河金三角地区;yellow river golden triangle;huanghe jinsanjiao",
        _TRIANGLE,
        area_km2="57800",
        members="47",
        note="area and count: cre.org.cn, tzzzs.com",
    ),
    _zone(
        "hancheng_hejin_wanrong",
        "韩城—河津—万荣次区域",
        "Hancheng-Hejin-Wanrong sub-circle",
        "韩城河津万荣;韩河万",
        "“十四五”区域融合规划第六章第二节; 黄河金三角山西片区工作计划第7条",
        parent="yellow_river_triangle",
        members="3",
    ),
    _zone(
        "lingbao_tongguan_ruicheng",
        "灵宝—潼关—芮城次区域",
        "Lingbao-Tongguan-Ruicheng sub-circle",
        "灵宝潼关芮城;灵潼芮;芮城潼关灵宝",
        "“十四五”区域融合规划第六章第二节; 黄河金三角山西片区工作计划第7、8条",
        parent="yellow_river_triangle",
        members="3",
        note=(
            "the cross-regional industrial pilot park (跨区域产业合作试点园区) is planned in these"
            " counties"
        ),
    ),
    _zone(
        "houma_xinjiang_quwo",
        "侯马—新绛—曲沃次区域",
        "Houma-Xinjiang-Quwo sub-circle",
        "侯马新绛曲沃;侯新曲",
        "“十四五”区域融合规划第六章第二节; 黄河金三角山西片区工作计划第7条",
        parent="yellow_river_triangle",
        members="3",
    ),
    _zone(
        "wudazhang",
        "蒙晋冀（乌大张）长城金三角合作区",
        "Great Wall Golden Triangle (Ulanqab-Datong-Zhangjiakou)",
        "乌大张;长城金三角;乌兰察布大同张家口;wu da zhang",
        _WUDAZHANG,
        area_km2="106000",
        note=(
            "area: jjckb.cn 2015; it counts 42 banners, counties and districts, before the mergers"
            " since"
        ),
    ),
    _zone(
        "xin_yu_e",
        "忻榆鄂",
        "Xinzhou-Yulin-Ordos",
        "忻州榆林鄂尔多斯;忻榆鄂区域;xin yu e",
        _XIN_YU_E,
        related="jin_shaan_meng",
        note="related to jin_shaan_meng, not the same",
    ),
    _zone(
        "jin_shaan_meng",
        "晋陕蒙能源金三角",
        "Shanxi-Shaanxi-Inner Mongolia Energy Golden Triangle",
        "晋陕蒙;能源金三角;jin shan meng;energy golden triangle",
        "省级规划解读 2021-08-26; “十四五”区域融合规划第六章第四节",
        related="xin_yu_e",
        geometry_note=(
            "规划只称“晋陕蒙能源金三角”，未列出市县，边界未见；相关而不等同的区域见 xin_yu_e "
            "(the plan names it and lists no city or county; xin_yu_e is related, not the same)"
        ),
    ),
    _zone(
        "guanzhong",
        "关中平原城市群",
        "Guanzhong Plain City Cluster",
        "关中;关中城市群;guanzhong pingyuan",
        _GUANZHONG,
        area_km2="107100",
        note="area: whxn.com.cn, quoting the plan; 运城 without 平陆 and 垣曲",
    ),
    _zone(
        "central_plains",
        "中原城市群",
        "Central Plains City Cluster",
        "中原;zhongyuan;zhongyuan chengshiqun",
        _PLAINS,
        area_km2="287000",
        members="30",
        note="area and count: people.lyd.com.cn 2021-11-05; by prefecture",
    ),
    _zone(
        "zhengzhou_metro",
        "郑州都市圈",
        "Zhengzhou Metropolitan Area",
        "zhengzhou dushiquan;zhengzhou metropolitan area",
        _METRO,
        members="9",
        area_km2="58700",
        note=(
            "area: henan.gov.cn 2007-03-05, of the same nine cities under an earlier name; by"
            " prefecture"
        ),
    ),
    _zone(
        "jing_jin_ji",
        "京津冀",
        "Beijing-Tianjin-Hebei",
        "京津冀地区;京津冀城市群;jing-jin-ji",
        _JJJ,
        area_km2="218000",
        members="3",
        note="area: weixin.caupdcloud.com 2021; by province",
    ),
    _zone(
        "yangtze_delta",
        "长三角",
        "Yangtze River Delta",
        "长江三角洲;长三角区域;changsanjiao",
        _DELTA,
        area_km2="358000",
        members="4",
        note="area: the outline plan of 2019; by province",
    ),
    _zone(
        "greater_bay",
        "粤港澳大湾区",
        "Guangdong-Hong Kong-Macao Greater Bay Area",
        "大湾区;粤港澳;dawanqu",
        _BAY,
        area_km2="56000",
        members="11",
        note="area: the outline plan of 2019; by prefecture and special administrative region",
    ),
    _zone(
        "yellow_river_provinces",
        "沿黄九省（区）",
        "The nine provinces along the Yellow River",
        "沿黄九省区;沿黄;黄河流域九省区;yanhuang",
        _RIVER,
        members="9",
        note=(
            "whole provinces; the outline plan itself covers only their counties on the river"
            " (about 1,300,000 km2)"
        ),
    ),
)


def level_of(code: str, name: str) -> str:
    """Name the administrative level of a unit by its code and name."""
    if code[:2] in ("81", "82"):
        return "sar"
    if code.endswith("0000"):
        return "province"
    if code.endswith("00"):
        return "prefecture"
    return {"区": "district", "市": "county_city"}.get(name[-1], "county")


def _source(zone_id: str, code: str) -> tuple[str, str, str]:
    if zone_id == "taixin":
        return (
            ("false", _XINZHOU[code], "medium")
            if code in _XINZHOU
            else ("true", _TAIYUAN_SOURCE, "high")
        )
    certain, source, confidence = _SOURCES[zone_id]
    return (
        ("false", source, "medium")
        if (zone_id, code) in _DOUBTED
        else (certain, source, confidence)
    )


def _named(rows: list[Row], unmapped: Unmapped) -> Iterator[tuple[str, str, str, str]]:
    """Yield zone, group, code of today and note of every row of the fact table."""
    for row in rows:
        where = f"zone_members: {row['scheme']} {row['code']}"
        zone_id = unmapped.look_up(_SCHEMES, row["scheme"], where, "")
        if row["scheme"] == "yiqun_liangqu_sanquan":
            zone_id = unmapped.look_up(_CIRCLES, row["group"], where, "")
        codes: tuple[str, ...] = (row["code"],)
        note = ""
        if row["code"] in RECODED:
            codes, note = unmapped.look_up(RECODED, row["code"], where, ((), ""))
        for code in codes:
            yield zone_id, row["group"], code, note


def _members(rows: list[Row], unmapped: Unmapped) -> list[Row]:
    names = {row["code"]: row for row in read_csv(PLACE_NAMES)}
    named = list(_named(rows, unmapped))
    named += [
        (zone_id, "", code, "") for zone_id, codes in PLANNED.items() for code in codes.split()
    ]
    for row in rows:
        current = names.get(row["code"])
        if row["code"] not in RECODED and (current is None or current["name_zh"] != row["name"]):
            unmapped.report(
                f"zone_members: {row['code']} {row['name']} is not a unit of the boundary package"
            )
    found: dict[tuple[str, str], Row] = {}
    for zone_id, group, code, note in named:
        if code not in names or not zone_id:
            unmapped.report(f"zone_members: {zone_id} {code} has no name")
            continue
        if (zone_id, code) in found:
            found[zone_id, code]["note"] += f"; {note}" if note else ""
            continue
        certain, source, confidence = _source(zone_id, code)
        sub_region = _TRIANGLE_CIRCLES.get(code, "") if zone_id == "yellow_river_triangle" else ""
        if zone_id == "taixin":
            sub_region = unmapped.look_up(_TAIXIN_SEGMENTS, group, f"zone_members: {code}", "")
        found[zone_id, code] = {
            "zone_id": zone_id,
            "sub_region": sub_region,
            "code": code,
            "name_zh": names[code]["name_zh"],
            "name_en": names[code]["name_en"],
            "level": level_of(code, names[code]["name_zh"]),
            "certain": certain,
            "source": source,
            "confidence": confidence,
            "note": _DOUBTED.get((zone_id, code), f"was {note}" if note else ""),
        }
    for table, name in ((_SCHEMES, "schemes"), (_CIRCLES, "circles"), (RECODED, "recoded units")):
        unmapped.unused(table, name)
    order = [zone["zone_id"] for zone in ZONES]
    return sorted(found.values(), key=lambda row: (order.index(row["zone_id"]), row["code"]))


def build(folder: Path, unmapped: Unmapped) -> dict[str, str]:
    """Build the tables of zones and members from the fact table in `folder`.

    Returns
    -------
    dict
        File name -> CSV text; zones in their own order, members by zone and code.
    """
    members = _members(unmapped.columns(folder / "zone_members.csv", _FACT_COLUMNS), unmapped)
    return {
        "zones.csv": csv_text(ZONE_COLUMNS, ZONES),
        "zone_members.csv": csv_text(MEMBER_COLUMNS, members),
    }
