"""Explicit tables of the fact import: every id, category and categorical value of the resources."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .formats import words

COLUMNS = words(
    "id,category,name_zh,name_en,level,batch_or_year,county_code,county_zh,township_or_village,area_ha,lon,lat,"
    "position_method,position_accuracy_m,datum_of_source,source,confidence,membership,note"
)
BOX_COLUMNS = ("bbox_west", "bbox_south", "bbox_east", "bbox_north")

CLASS_OF_PREFIX = {
    "PA": ("protected_areas", "自然保护地|protected_area"),
    "DW": ("water_sources", "饮用水源地|drinking_water_source"),
    "KS": ("karst_springs", "岩溶大泉|karst_spring"),
    "OD": ("groundwater_overdraft", "地下水超采区|groundwater_overdraft"),
    "WS": ("water_sections", "水质断面|water_section"),
    "AIR": ("air_stations", "大气监测点|air_station"),
    "WX": ("weather_stations", "气象站|weather_station"),
    "WH": ("world_heritage", "世界遗产|world_heritage"),
    "HS": ("heritage_sites", "重点文物保护单位|heritage_site"),
    "HC": ("historic_cities", "历史文化名城|historic_city"),
    "HD": ("historic_districts", "历史文化街区|historic_district"),
    "HT": ("historic_towns", "历史文化名镇|historic_town"),
    "HV": ("historic_villages", "历史文化名村(传统村落)|historic_village"),
    "IH": ("industrial_heritage", "工业遗产|industrial_heritage"),
}
"""Id prefix -> class and the only category that its rows may have."""

EXPECTED_COUNTS = {
    "protected_areas": (8, 13),
    "forest_grade1": (0, 0),
    "water_sources": (6, 1),
    "karst_springs": (2, 2),
    "groundwater_overdraft": (0, 2),
    "air_stations": (14, 0),
    "water_sections": (14, 2),
    "weather_stations": (23, 0),
    "world_heritage": (1, 0),
    "heritage_sites": (70, 6),
    "historic_cities": (2, 0),
    "historic_districts": (4, 0),
    "historic_towns": (0, 3),
    "historic_villages": (15, 1),
    "industrial_heritage": (1, 1),
}
"""Held and candidate entries of each class as the fact tables count them."""

KIND_OF_ID = {
    "PA-001": "scenic_area",
    "PA-002": "forest_park",
    "PA-003": "geopark",
    "PA-004": "forest_park",
    "PA-005": "forest_park",
    "PA-006": "forest_park",
    "PA-007": "nature_reserve",
    "PA-008": "forest_park",
    "PA-009": "forest_park",
    "PA-010": "forest_park",
    "PA-011": "forest_park",
    "PA-012": "suburban_forest_park",
    "PA-013": "mine_park",
    "PA-014": "nature_reserve",
    "PA-015": "nature_reserve",
    "PA-016": "nature_reserve",
    "PA-017": "nature_reserve",
    "PA-018": "scenic_area",
    "PA-019": "scenic_area",
    "PA-020": "forest_park",
    "PA-021": "",  # 风景区: neither its kind nor its grade was found
    "PA-022": "nature_reserve",
    "PA-023": "nature_reserve",
    "PA-024": "nature_reserve",
    "PA-025": "wetland_park",
    "DW-001": "groundwater_source",
    "DW-002": "groundwater_source",
    "DW-003": "groundwater_source",
    "DW-004": "groundwater_source",
    "DW-005": "",  # named only by its district: groundwater or not is not said
    "DW-006": "",
    "DW-007": "",
    "DW-008": "reservoir_source",
    "HS-057": "linear_site",
    "HS-073": "linear_site",
}
KIND_OF_LEVEL = {
    ("WS", "国考"): "national_section",
    ("WS", "省考"): "provincial_section",
    ("AIR", "国控"): "national_control",
    ("AIR", "省控"): "provincial_control",
    ("AIR", "国控/省控"): "",  # the source does not decide
    ("WX", "国家级"): "national_station",
    ("WX", "区域站"): "regional_station",
}
KIND_OF_PREFIX = {
    "KS": "karst_spring",
    "OD": "overdraft_area",
    "WH": "cultural_landscape",
    "HC": "historic_city",
    "HD": "historic_district",
    "HT": "historic_town",
    "HV": "traditional_village",
    "IH": "industrial_heritage",
}
KIND_OF_HERITAGE_WORD = {
    "古遗址": "ancient_site",
    "古墓葬": "ancient_tomb",
    "古建筑": "ancient_building",
    "石窟寺": "cave_temple",
    "近现代": "modern_site",
    "近现代/革命史迹": "modern_site",
}

LEVELS = frozenset(
    [
        *words("国家级 省级 市级 县级 市县级 省级(未核) 国考 省考 国控 省控 国控/省控 区域站 世界"),
        "",
    ]
)
CONFIDENCES = frozenset({"high", "medium", "low"})
MEMBERSHIPS = frozenset({"official_list", "inferred", "candidate"})

COMPONENTS = frozenset({"WH-002", "WH-003"})
CONTROL_COUNTIES = {
    "PA-022": "140925;140928;140929",  # 宁武 五寨 岢岚
    "PA-023": "141122;141128",  # 交城 方山
    "PA-024": "141123",  # 兴县
    "PA-025": "140926",  # 静乐
    "DW-008": "140123",  # 娄烦
    "AIR-015": "140105",  # 小店
    "AIR-016": "140110",  # 晋源
    "AIR-017": "140110",
}
"""Records outside the zone, with the counties that their notes name (AIR: that hold the point)."""

COUNTY_NAMES = {
    "140106": "迎泽区",
    "140107": "杏花岭区",
    "140108": "尖草坪区",
    "140109": "万柏林区",
    "140122": "阳曲县",
    "140181": "古交市",
    "140902": "忻府区",
    "140921": "定襄县",
    "140922": "五台县",
    "140923": "代县",
    "140924": "繁峙县",
    "140981": "原平市",
}
COUNTY_UNKNOWN = frozenset({"PA-009", "PA-010", "WS-015", "WS-016"})

DATUMS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "": ("", ""),
        "WGS-84": ("WGS-84", "0"),
        "WGS-84 (file column)": ("WGS-84", "0"),
        "WGS-84 (file column lng_wgs84)": ("WGS-84", "0"),
        "WGS-84 (GeoNames)": ("WGS-84", "0"),
        "WGS-84 (EPSG:4326)": ("WGS-84", "0"),
        "GCJ-02": ("GCJ-02 converted", "2"),
        "WGS-84 / GCJ-02 converted": ("GCJ-02 converted", "2"),
        "unstated": ("unstated", "580"),
        "unstated (DMS)": ("unstated", "580"),
        "unstated (PyPI sizhi box)": ("unstated", "580"),
        "unstated (PyPI sizhi box, un-offset)": ("unstated", "580"),
        "unstated (GCJ-02 or BD-09)": ("unstated", "860"),
    }
)
"""Datum of the source -> what the record states, and how far that may be off in metres.

2: two converters agreed within 1.6 m. 580: the GCJ-02 offset here is 557 to 577 m, were the
unstated datum GCJ-02. 860: the readings as GCJ-02 and as BD-09 lie that far apart.
"""

POSITION_WORDS = {
    "": "",
    "none": "",
    "published_point": "",
    "geocoded_site": "",
    "county_seat": "position: seat of the county or city",
    "township_point": "position: its township",
    "village_point": "position: its village",
}
OBJECT_METHODS = frozenset({"published_point", "geocoded_site"})
OBJECT_PREFIXES = frozenset({"HS", "AIR", "WX"})
OBJECT_IDS = frozenset({"DW-002"})  # 11号井: a well of the field
PROXY_IDS = frozenset(
    {
        "AIR-016",  # the point looks wrong
        "HS-025",  # tunnels under a village, one point
        "HS-055",  # a battlefield, one point
        "HS-057",  # a wall, one point at the pass
        "HS-071",  # point borrowed from another monument
        "WX-666423",  # the point lies 2.8 km outside the county that the list names
    }
)
"""A point is the thing itself only for monuments and stations whose own position was published."""

CATCHMENT_NOTE = "extent_m is that of the spring's catchment (泉域)"

DESIGNATIONS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "PA-001": ("国家级风景名胜区", "第一批国家级风景名胜区", "1982"),
        "PA-002": ("国家森林公园", "林业部1992年批准", "1992"),
        "PA-003": ("国家地质公园", "第四批国家地质公园", "2005-09"),
        "PA-004": ("国家森林公园", "", ""),
        "PA-005": ("国家森林公园", "林造批字(1992)200号", "1992"),
        "PA-006": ("国家森林公园", "", "1992"),
        "PA-007": ("省级自然保护区", "", ""),
        "PA-008": ("省级森林公园", "", "2006-11-20"),
        "PA-009": ("省级森林公园", "", "2006-11-20"),
        "PA-010": ("省级森林公园", "", "2006-11-20"),
        "PA-018": ("省级风景名胜区", "", "2011"),
        "PA-019": ("省级风景名胜区", "", "1987"),
        "PA-022": ("国家级自然保护区", "", "1997"),
        "PA-023": ("国家级自然保护区", "", "1986"),
        "PA-024": ("国家级自然保护区", "", ""),
        "PA-025": ("国家湿地公园", "", "2019"),
        "KS-001": ("兰村泉域", "太原市兰村泉域水资源保护条例", ""),
        "WH-001": ("世界遗产", "World Heritage List no. 1279", "2009-06-26"),
        "WH-002": ("世界遗产", "World Heritage List no. 1279", "2009-06-26"),
        "WH-003": ("世界遗产", "World Heritage List no. 1279", "2009-06-26"),
        "HC-001": ("国家历史文化名城", "", ""),
        "HC-002": ("国家历史文化名城", "", ""),
        "HD-001": ("历史文化街区", "", ""),
        "HD-002": ("历史文化街区", "", ""),
        "HD-003": ("历史文化街区", "", ""),
        "HD-004": ("历史文化街区", "", ""),
        "IH-001": ("国家工业遗产", "第二批国家工业遗产名单", ""),
        "IH-002": ("山西工业遗产", "2024年山西工业遗产名单", "2024"),
        "HS-059": ("山西省文物保护单位", "第四批山西省文物保护单位", "2004-06-10"),
        "HS-060": ("山西省文物保护单位", "第五批山西省文物保护单位", "2016"),
        "HS-061": ("山西省文物保护单位", "第五批山西省文物保护单位", "2016"),
        "HS-062": ("山西省文物保护单位", "第二批山西省文物保护单位", "1986"),
        "HS-063": ("山西省文物保护单位", "", ""),
        "HS-064": ("山西省文物保护单位", "", ""),
        "HS-066": ("山西省文物保护单位", "第四批山西省文物保护单位", "2004"),
        "HS-067": ("山西省文物保护单位", "", ""),
        "HS-068": ("山西省文物保护单位", "", ""),
        "HS-069": ("山西省文物保护单位", "", ""),
        "HS-070": ("山西省文物保护单位", "第二批山西省文物保护单位", "1986"),
        "HS-071": ("山西省文物保护单位", "", ""),
        "HS-072": ("山西省文物保护单位", "第六批山西省文物保护单位", "2021"),
        "HS-073": ("山西省文物保护单位", "第二批山西省文物保护单位", "1986"),
    }
)
"""Only where the source of the fact states the designation: what, by which document, when (ISO)."""

NO_DESIGNATION = frozenset(
    words(
        "PA-011 PA-012 PA-013 PA-014 PA-015 PA-016 PA-017 PA-020 PA-021 HS-058 HS-065 HS-074 HS-075"
        " HS-076 KS-002 KS-003 KS-004 OD-001 OD-002 HT-001 HT-002 HT-003"
    )
)
NO_DESIGNATION_PREFIXES = frozenset({"DW", "WS", "AIR", "WX"})
