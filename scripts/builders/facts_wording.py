"""Short wording of sources and notes: whole fragments replaced or, when blank, left out."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_MAP = (
    "GitHub sjqsgg/ShanxiMap src/data/buildings.json (Amap, geo_precision={}, geo_source={}),"
    " GCJ-02 -> WGS-84 by PyPI eviltransform 0.1.1 gcj2wgs_exact"
)
_MAP_SHORT = (
    "position: GitHub sjqsgg/ShanxiMap buildings.json ({}), GCJ-02 to WGS-84 by PyPI eviltransform"
    " 0.1.1"
)
_PLAN = "14th Five-Year plan for integration (2021)"

SOURCES: Mapping[str, str] = MappingProxyType(
    {
        _MAP.format("high", "amap"): _MAP_SHORT.format("Amap geocode of the name"),
        _MAP.format("high", "amap-poi"): _MAP_SHORT.format("Amap point of interest"),
        _MAP.format("amap", "amap-enrichment"): _MAP_SHORT.format("Amap, coarse"),
        _MAP.format("high", "manual"): _MAP_SHORT.format("entered by hand"),
        "point: 平型关村 in traditional-village file (Flipped-cloud/ancient-buildings)": (
            "position: 平型关村 in the table of traditional villages (GitHub"
            " Flipped-cloud/ancient-buildings)"
        ),
        "Wikipedia infobox point via a public GitHub data file citing it": "position: Wikipedia",
        "cross-check: ShanxiMap converted point 2764 m away": "",
        "address 宏道镇北社东村 (page on 定襄县": "address 宏道镇北社东村 (a page on 定襄县)",
        "public page)": "",
        "ShanxiMap county centroid rejected": "",
        "geilw.com novel/385582/15101603 (machine-written guide: 2021年公布为省级)": (
            "geilw.com novel/385582 (a travel text that cannot be relied on: 2021年公布为省级)"
        ),
        "level: a public GitHub data file citing it": "level: a data file on GitHub",
        "bytravel-type page without address (public page): 代县城南20公里, 最高1951 m 最低1000 m": (
            "a travel page: 代县城南20公里, 最高1951 m 最低1000 m"
        ),
        "general knowledge, no document seen of the national reserve directory (earlier protected_areas.csv)": (
            "general knowledge, no document seen"
        ),
        "no source found after a search": "",
        "general knowledge, no document seen (earlier)": "general knowledge, no document seen",
        "one list search found nothing for 忻州": "",
        "degen8987.com fixkey -15,624960 (山西晚报 2020-03-17: 总体规划纲要, 164.74 km², 核心景区53.81 km²)": (
            "山西晚报 2020-03-17 (总体规划纲要, 164.74 km², 核心景区53.81 km²) via degen8987.com"
        ),
        "degen8987.com fixkey -15,624960 (115.38 km², 核心37.24 km²)": (
            "山西晚报 2020-03-17 (115.38 km², 核心37.24 km²) via degen8987.com"
        ),
        "a public GitHub data file citing it": "position: a data file on GitHub (sample of 2019)",
        "public GitHub data file (list of Taiyuan standard stations)": (
            "a data file on GitHub (list of Taiyuan standard stations)"
        ),
        "public GitHub data file": "a data file on GitHub",
        "public GitHub data file (112.9692,38.5989), 71553749697 (112.97,38.60), 21589172150 (112.9834,38.5993 Baidu-like)": (
            "three data files on GitHub (112.9692,38.5989; 112.97,38.60; 112.9834,38.5993 in BD-09)"
        ),
        "central.gov news via app.bjtitle.com (name only)": "央视 via app.bjtitle.com (name only)",
        "drbdp.com (UNRELIABLE page)": "drbdp.com (a page that cannot be relied on)",
        "seed 002 axis": f"{_PLAN}: axis",
    }
)

NOTES: Mapping[str, str] = MappingProxyType(
    {
        "county-centroid point of ShanxiMap rejected": "",
        'source point flagged "manual" (hand entered, unverified)': (
            "point entered by hand in the source"
        ),
        "ShanxiMap point rejected (2.8 km away)": "another source is 2.8 km off",
        "ShanxiMap repeats the 留晖洪福寺 point for this site (20 km off): rejected": "",
        "ShanxiMap gives only the Taiyuan city centroid (falls in 杏花岭区): rejected": "",
        "ShanxiMap gives the same failed geocode for both Gujiao sites (9 km NW of town): rejected": (
            ""
        ),
        "a GitHub hand list gives 113.5952,39.0070 (unverified)": "",
        "a GitHub hand list gives 113.5722,39.0603, which is north of 台怀 and contradicts the text: not used": (
            ""
        ),
        "listed by ShanxiMap as 6th batch (id 272) but not by lingdian1226": (
            "one list has it in the 6th batch, another not at all"
        ),
        "no usable position in sources": "",
        "commonly called provincial, level not confirmed in public pages": (
            "commonly called provincial, level not confirmed"
        ),
        "also the industrial-heritage candidate": "also IH-001",
        "行政管辖436 km². Published extent 38°55′-39°66′N 113°29′-113°39′E (nlcha/qebk) is impossible (66 minutes): NOT used as bbox": (
            "行政管辖436 km²; the published extent 38°55′-39°66′N is impossible and not used"
        ),
        "earlier lon_mem 112.83,38.30 is general knowledge: not used": "",
        "lead only": "",
        "CONTROL, outside the zone": "outside the zone",
        "OUTSIDE the zone (control)": "outside the zone",
        "CONTROL, outside the zone (小店 point looks wrong: it lies beside 金胜)": (
            "outside the zone; the point looks wrong: it lies beside 金胜"
        ),
        "point lies in None": "county by polygon",
        "datum offset up to 500 m if not WGS-84": "",
        "candidate 3 of 4": "",
        "candidate 4 of 4": "",
        "candidate for the 3 towns": "",
        "verify": "",
        "point in county polygon": "",
        "just outside the zone polygon (listed as 阳曲县)": (
            "the point lies 2.8 km outside 阳曲县, which the list names"
        ),
        "component of WH-001, do not count": "component of WH-001",
        "the earlier value 112.73,38.42 equals the city centre of a GitHub city list (112.734,38.416): it is NOT the station": (
            ""
        ),
        "choose neither blindly": "",
        "seed 002: 建成投用": f"{_PLAN}: 建成投用",
        "seed calls it 蒙西铁路": f"called 蒙西铁路 in the {_PLAN}",
    }
)

ALL_STATIONS = (
    "full station list:"
    " 雄安;雄安城际;小里(预留);保定东;保定南;望都北;唐县;曲阳;阜平;五台山;五台县;定襄北;忻州西 "
    "(雄安城际 小里 保定南 not in node table)"
)
