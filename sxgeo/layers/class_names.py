"""What people call classes -> the ids that sxgeo knows them by."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from ..errors import unknown
from ..model.project_types import unknown_name
from .classes import ALL_CLASS_IDS
from .layers import load_classes

CLASS_ALIASES_ZH = {
    "保护地": "protected_areas",
    "一级保护林地": "forest_grade1",
    "I级保护林地": "forest_grade1",
    "水源地": "water_sources",
    "饮用水源地": "water_sources",
    "饮用水水源保护区": "water_sources",
    "饮用水源保护区": "water_sources",
    "水源保护区": "water_sources",
    "泉域": "karst_springs",
    "超采区": "groundwater_overdraft",
    "空气质量监测点": "air_stations",
    "大气监测站": "air_stations",
    "气象台站": "weather_stations",
    "文物保护单位": "heritage_sites",
    "不可移动文物": "heritage_sites",
    "文物": "heritage_sites",
    "名城": "historic_cities",
    "历史街区": "historic_districts",
    "名镇": "historic_towns",
    "历史文化名村": "historic_villages",
    "传统村落": "historic_villages",
    "名村": "historic_villages",
    "生态红线": "ecological_redline",
    "红线": "ecological_redline",
    "基本农田": "permanent_farmland",
    "永农": "permanent_farmland",
    "开发边界": "urban_boundary",
    "重要湿地": "wetlands",
    "风景区": "scenic_areas",
    "国家级公益林": "public_welfare_forest",
    "河道管理范围": "river_management",
    "河湖划界": "river_management",
    "矿产": "mineral_overlay",
    "矿业权": "mineral_overlay",
    "地质灾害隐患点": "geohazard",
    "地灾": "geohazard",
    "公路控制区": "road_strip",
    "公路": "road_strip",
    "铁路安全保护区": "railway_strip",
    "铁路": "railway_strip",
    "电力线": "power_lines",
    "输电线路": "power_lines",
    "油气管道": "pipelines",
    "机场": "airports",
    "古树": "old_trees",
    "地震台站": "earthquake_stations",
    "管控单元": "environment_units",
}
"""Other Chinese names of classes; a class is also known by its own, with or without what stands in
brackets.
"""


def class_id_of(name: str) -> str:
    """Return the id of a class that is named by its id or in Chinese.

    Raises
    ------
    UsageError
        If no class has that name; the nearest one is named.
    """
    # ids come first: no Chinese name can hide one
    text = name.strip()
    if text in ALL_CLASS_IDS:
        return text
    names = _class_names()
    if text in names:
        return names[text]
    raise (
        unknown("class", text, ALL_CLASS_IDS)
        if text.isascii()
        else unknown_name("class", text, names)
    )


@lru_cache(maxsize=1)
def _class_names() -> Mapping[str, str]:
    names: dict[str, str] = {}
    for class_id, spec in load_classes().items():
        names[spec.name_zh] = class_id

        # people leave out what stands in brackets
        names[spec.name_zh.partition("（")[0]] = class_id
    return names | CLASS_ALIASES_ZH
