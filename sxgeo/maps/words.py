"""The Chinese words of the page: tables of terms, and the lines of a resource's popup."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from ..layers.classes import COARSE_ACCURACY_M
from ..wording import GEOMETRY_ZH

_SMALL_M = 10.0
"""Conversion errors below this are left out of the popup's words (they stay in the drawn ring)."""

POINT_ZH = {"object": "本体点位", "proxy": "代表点（边界未公布）"}
CONFIDENCE_ZH = {
    "high": "高",
    "medium": "中",
    "low": "低",
    "user": "使用单位提供",
}
KIND_ZH = {
    "ancient_building": "古建筑",
    "ancient_site": "古遗址",
    "ancient_tomb": "古墓葬",
    "modern_site": "近现代重要史迹",
    "linear_site": "线性遗址",
    "traditional_village": "传统村落",
    "historic_city": "历史文化名城",
    "historic_district": "历史文化街区",
    "historic_town": "历史文化名镇",
    "industrial_heritage": "工业遗产",
    "cultural_landscape": "文化景观",
    "nature_reserve": "自然保护区",
    "forest_park": "森林公园",
    "suburban_forest_park": "城郊森林公园",
    "geopark": "地质公园",
    "scenic_area": "风景名胜区",
    "groundwater_source": "地下水型水源地",
    "surface_source": "地表水型水源地",
    "karst_spring": "岩溶泉",
    "overdraft_area": "超采区",
    "national_station": "国家级站",
    "regional_station": "区域站",
    "national_section": "国考断面",
    "provincial_section": "省考断面",
    "national_control": "国控点",
    "provincial_control": "省控点",
}
NODE_ZH = {
    "railway_station": "火车站",
    "airport": "机场",
    "pass": "关隘",
    "node": "节点",
}
LEVEL_ZH = {
    "district": "市辖区",
    "county": "县、旗",
    "county_city": "县级市",
    "prefecture": "地级市",
    "province": "省、自治区、直辖市",
    "sar": "特别行政区",
}
LINE_ZH = {
    "network": "沿路网",
    "straight": "示意连线",
    "surveyed": "实测线位",
}
ROLE_ZH = {"component": "组成部分（不计数）", "control": "区外对照（不计数）"}


def blank(value: object) -> bool:
    """Whether a cell holds nothing: None, NaN or an empty text."""
    return (
        value is None
        or value is pd.NaT
        or (isinstance(value, float) and math.isnan(value))
        or value == ""
    )


def text(value: object) -> str:
    """A cell as text, empty when it holds nothing."""
    return "" if blank(value) else str(value)


def metres(value: float) -> str:
    """A length for reading: metres below 1 km, else kilometres."""
    return f"{value:g} 米" if value < 1000 else f"{value / 1000:.3g} 公里"


def member_rows(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield label and text of each line of a member's popup; the text is empty where nothing is
    known.
    """
    certain = "确定（官方文本或两个一致来源）" if row["certain"] else "据公开资料推定，未见名单原文"
    accuracy = row["position_accuracy_m"]
    yield "区划代码", text(row["code"])
    yield "级别", _called(LEVEL_ZH, row["level"])
    yield "片区", text(row.get("sub_region"))
    yield "成员依据", certain
    yield "来源", text(row["source"])
    yield "可信度", _called(CONFIDENCE_ZH, row["confidence"])
    yield "边界精度", "不明" if blank(accuracy) else f"±{metres(float(accuracy))}"
    yield "说明", text(row["note"])


def resource_rows(row: dict[str, Any], county: str) -> Iterator[tuple[str, str]]:
    """Yield label and text of each line of a resource's popup; the text is empty where nothing is
    known.
    """
    yield "说明", ROLE_ZH.get(text(row["role"]), "")
    yield "类型", _called(KIND_ZH, row["resource_kind"])
    yield "级别批次", _together(row, "level", "batch_or_year")
    yield "所在县区", county
    yield "法定身份", text(row["legal_designation"])
    yield "依据文件", _together(row, "designating_document", "designated_on")
    yield "位置", _position(row)
    yield "范围", _extent(row)
    yield "来源", _dated_source(row)
    yield "可信度", _called(CONFIDENCE_ZH, row["confidence"])


def _called(words: Mapping[str, str], value: object) -> str:
    """Return what a table calls a word."""
    # a word that no table knows is shown as it stands, rather than dropped
    word = text(value)
    return words.get(word, word)


def _dated_source(row: dict[str, Any]) -> str:
    day = text(row["source_date"])
    return text(row["source"]) + (f"（{day}）" if day else "")


def _together(row: dict[str, Any], *columns: str) -> str:
    """Join what is known of some columns."""
    return " · ".join(filter(None, (text(row[name]) for name in columns)))


def course_zh(
    kind: str,
    deviation: Any,
    farthest_m: Any,
) -> str:
    """What a transport line is: along the graph, with its deviation from the published length, or a
    sketch.
    """
    # cells of a frame: numbers, or one of the many ways to be blank; hence Any
    if kind == "network":
        off = "" if blank(deviation) else f"，与公布里程相差 {float(deviation):+.1%}"
        off += "" if blank(farthest_m) else f"，偏离已知站点至多 {metres(float(farthest_m))}"
        return f"沿路网：沿简化路网推定{off}，非实测线位"
    if kind == "surveyed":
        return LINE_ZH[kind]
    return "示意连线：依次连接已定位车站或节点，非实际线位"


def _position(row: dict[str, Any]) -> str:
    kind = text(row["geometry_kind"])
    word = GEOMETRY_ZH.get(kind, kind)
    if kind == "point":
        word = POINT_ZH.get(text(row["point_role"]), word)
    if kind == "none" or row["geometry"] is None:
        return GEOMETRY_ZH["none"]
    if blank(row["position_accuracy_m"]):
        return f"{word}，精度不明"
    accuracy, datum = float(row["position_accuracy_m"]), row["datum_error_m"]
    coarse = "（过粗，仅可定到县）" if accuracy > COARSE_ACCURACY_M else ""
    shifted = (
        f"；坐标系转换另计 ±{metres(float(datum))}"
        if not blank(datum) and datum >= _SMALL_M
        else ""
    )
    return f"{word}，±{metres(accuracy)}{coarse}{shifted}"


def _extent(row: dict[str, Any]) -> str:
    if text(row["geometry_kind"]) != "point":
        return ""
    if not blank(row["extent_m"]):
        return f"与公布面积相等的圆，半径 {metres(float(row['extent_m']))}"
    if not blank(row["screening_extent_m"]):
        return f"未公布；筛查半径取 {metres(float(row['screening_extent_m']))}（非法定距离）"
    return "未公布"
