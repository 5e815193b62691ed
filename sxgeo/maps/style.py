"""One style table for page, legend and static figure: what each class, link, verdict and outline
looks like.

Legend and map are drawn from the same values, so a swatch cannot differ from its symbol. Classes
differ by shape as well as by colour (colour-blind readers), and red is kept for conflicts.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..reports.palette import COUNTY_EDGE, LAND, VERDICT_COLOURS, VERDICT_MARKS


@dataclass(frozen=True, slots=True)
class ClassStyle:
    """How one resource class is drawn.

    Attributes
    ----------
    group
        Key of `GROUPS`, the heading of the legend.
    colour
        Hex colour of symbol, outline and hatch.
    path
        SVG path of the symbol in a box from -10 to 10.
    hatch
        Pattern that fills polygons: ``diagonal``, ``back``, ``cross``, ``dots``, ``lines`` or
        ``waves``.
    """

    group: str
    colour: str
    path: str
    hatch: str


@dataclass(frozen=True, slots=True)
class LineStyle:
    """How transport links of one mode are drawn; `width_px` at the overview."""

    label_zh: str
    label_en: str
    colour: str
    width_px: float


@dataclass(frozen=True, slots=True)
class EdgeStyle:
    """How the edge of a polygon tells what kind of boundary it is.

    Attributes
    ----------
    width_px, dash
        Of the line; no dash is a line without gaps.
    hatched
        Whether the inside carries the hatch of its class, or only a faint colour.
    """

    label_zh: str
    label_en: str
    width_px: float
    dash: str | None
    hatched: bool


@dataclass(frozen=True, slots=True)
class BaseStyle:
    """Border and fill of what lies under everything else."""

    colour: str
    width_px: float
    dash: str | None = None
    fill: str | None = None


EDGE_STYLES: dict[str, EdgeStyle] = {
    "surveyed": EdgeStyle("实测边界", "surveyed boundary", 2.2, None, True),
    "digitised": EdgeStyle(
        "数字化边界（近似）", "digitised boundary, approximate", 1.7, "8 3", True
    ),
    "extent_box": EdgeStyle("概略范围（非边界）", "rough extent, no boundary", 1.3, "3 3.5", False),
}

BASE_STYLES: dict[str, BaseStyle] = {
    "beyond": BaseStyle("", 0, fill="#dfe5e7"),
    "context": BaseStyle("#a9b5bb", 1.4, fill="#e9edee"),
    "land": BaseStyle("", 0, fill=LAND),
    "veil": BaseStyle("", 0, fill="#e3e8ea"),
    "county": BaseStyle(COUNTY_EDGE, 1.0),
    "sub_region": BaseStyle("#7b4b94", 2.0, "7 4"),
    "zone": BaseStyle("#22313a", 2.4, "11 4 2 4"),
}

NODE_PATH = "M0-7A7 7 0 1 1 0 7A7 7 0 1 1 0-7Z"
ELEMENT_PATH = "M-7.5-7.5H7.5V7.5H-7.5ZM-3-3H3V3H-3Z"

LAND_STYLES: dict[str, dict[str, str]] = {
    "surely": {"colour": "#0b6e4f", "hatch": "plain"},
    "known": {"colour": "#4a9a3f", "hatch": "diagonal"},
    "doubtful": {"colour": "#b07a00", "hatch": "dots"},
    "not": {"colour": "#a9adb3", "hatch": "cross"},
}
"""Land by what is known of it. Grades differ by their hatch as well as by their colour; red is kept
for conflicts.
"""

GROUPS = {
    "nature": ("自然生态", "Nature"),
    "water": ("水资源", "Water"),
    "monitoring": ("监测设施", "Monitoring"),
    "heritage": ("历史文化", "Heritage"),
    "extra": ("其他管控", "Other controls"),
}

_CIRCLE = "M0-7.5A7.5 7.5 0 1 1 0 7.5A7.5 7.5 0 1 1 0-7.5Z"
_HEXAGON = "M-8 0L-4-7H4L8 0L4 7H-4Z"

CLASS_STYLES: dict[str, ClassStyle] = {
    "protected_areas": ClassStyle("nature", "#1f8a55", "M0-8.5L8.5 6.5H-8.5Z", "diagonal"),
    "forest_grade1": ClassStyle(
        "nature", "#0f5132", "M0-9.5L6-2H3.5L8 5H1.8V9H-1.8V5H-8L-3.5-2H-6Z", "cross"
    ),
    "water_sources": ClassStyle(
        "water",
        "#1769aa",
        "M0-9.5C3.6-4 6.6-.8 6.6 2.8A6.6 6.2 0 0 1-6.6 2.8C-6.6-.8-3.6-4 0-9.5Z",
        "waves",
    ),
    "karst_springs": ClassStyle(
        "water",
        "#0a8f9c",
        "M0-8.5A8.5 8.5 0 1 1 0 8.5A8.5 8.5 0 1 1 0-8.5ZM0-5A5 5 0 1 0 0 5A5 5 0 1 0 0-5Z"
        "M0-2.4A2.4 2.4 0 1 1 0 2.4A2.4 2.4 0 1 1 0-2.4Z",
        "dots",
    ),
    "groundwater_overdraft": ClassStyle("water", "#4653a8", "M-8.5-6.5H8.5L0 8.5Z", "lines"),
    "air_stations": ClassStyle("monitoring", "#64748b", _CIRCLE, "dots"),
    "water_sections": ClassStyle(
        "monitoring", "#2f7fa3", "M-7.5-8H7.5L2 0L7.5 8H-7.5L-2 0Z", "waves"
    ),
    "weather_stations": ClassStyle(
        "monitoring",
        "#3f4c5c",
        "M-2.8-8.5H2.8V-2.8H8.5V2.8H2.8V8.5H-2.8V2.8H-8.5V-2.8H-2.8Z",
        "lines",
    ),
    "world_heritage": ClassStyle(
        "heritage",
        "#c98a00",
        "M0-10L2.6-3.4L9.5-3.1L4.1 1.3L5.9 8.1L0 4.2L-5.9 8.1L-4.1 1.3L-9.5-3.1L-2.6-3.4Z",
        "back",
    ),
    "heritage_sites": ClassStyle("heritage", "#8c4a1d", "M0-8.5L8.5 0L0 8.5L-8.5 0Z", "diagonal"),
    "historic_cities": ClassStyle(
        "heritage", "#6d2f6b", "M-8.5 8V-7.5H-4.8V-4H-1.8V-7.5H1.8V-4H4.8V-7.5H8.5V8Z", "cross"
    ),
    "historic_districts": ClassStyle(
        "heritage", "#a2569b", "M0-9L8.8-2.6L5.4 7.6H-5.4L-8.8-2.6Z", "dots"
    ),
    "historic_towns": ClassStyle("heritage", "#b3682b", "M-7-7H7V7H-7Z", "lines"),
    "historic_villages": ClassStyle(
        "heritage", "#a8842c", "M0-9.5L9.5-1H6.8V8H-6.8V-1H-9.5Z", "back"
    ),
    "industrial_heritage": ClassStyle(
        "heritage", "#4a4038", "M-9 8V-1.5L-4-5.5V-1.5L1-5.5V-1.5H3.6L4.2-9H7.6L8.6-1.5V8Z", "cross"
    ),
    "ecological_redline": ClassStyle("extra", "#3d7a34", _HEXAGON, "diagonal"),
    "permanent_farmland": ClassStyle("extra", "#a88400", _HEXAGON, "dots"),
    "urban_boundary": ClassStyle("extra", "#5b4a8a", _HEXAGON, "lines"),
}
_OTHER = ClassStyle("extra", "#5f6368", _HEXAGON, "cross")

LINE_STYLES: dict[str, LineStyle] = {
    "hsr": LineStyle("高速铁路", "High-speed rail", "#1d3557", 2.3),
    "rail": LineStyle("普速与重载铁路", "Conventional and heavy-haul rail", "#6b7280", 1.5),
    "expressway": LineStyle("高速公路", "Expressway", "#d08a1d", 2.0),
    "road": LineStyle("其他道路", "Other roads", "#a9986c", 1.5),
    "other": LineStyle("其他线路", "Other links", "#7c7c7c", 1.6),
}

STATUS_STYLES: dict[str, tuple[str, str, str | None]] = {
    "operating": ("运营", "operating", None),
    "under_construction": ("在建", "under construction", "9 5"),
    "planned": ("规划", "planned", "1.5 5"),
}
"""Status of a link: Chinese, English, dash pattern."""

VERDICT_STYLES: dict[str, tuple[str, str]] = {
    "conflict": (VERDICT_MARKS["conflict"], "冲突（禁止或原则禁止）"),
    "undetermined": (VERDICT_MARKS["undetermined"], "待核实"),
    "regulated": (VERDICT_MARKS["regulated"], "涉及（须审批或征求意见）"),
    "not_screened": (VERDICT_MARKS["not_screened"], "未筛查"),
    "clear": (VERDICT_MARKS["clear"], "未发现冲突"),
}
"""Colour of the mark and words; edges and letters take `VERDICT_COLOURS`."""
VERDICT_HATCHES: dict[str, tuple[str, str]] = {
    "conflict": ("cross", "×"),
    "undetermined": ("back", "?"),
    "regulated": ("lines", "!"),
    "not_screened": ("dots", "–"),
    "clear": ("plain", "✓"),
}
"""Hatch and sign: a verdict is told without any colour."""
_TOUCHED = [VERDICT_MARKS["not_screened"], "", VERDICT_COLOURS["not_screened"], "plain", "○"]
"""Look of what is touched though nothing binds what was said: neither a verdict nor clear."""
BAND_COLOURS = ("#6a1b9a", "#9c4dcc", "#c79be6", "#dfc8f0", "#ecdff7", "#f4ecfb")
"""Isochrone bands from the shortest time to the longest."""
ORIGIN_COLOURS = (
    BAND_COLOURS,
    ("#00594f", "#1d8578", "#5fb3a6", "#9fd3ca", "#cfe9e4", "#e4f3f0"),
    ("#7a4100", "#a8661c", "#cf9a55", "#e6c79b", "#f3e3cb", "#f9f0e3"),
    ("#1f3c88", "#4464b5", "#8299d6", "#b8c5ea", "#dbe2f5", "#ebeffa"),
    ("#5c5c00", "#868619", "#b3b355", "#d4d498", "#e9e9c8", "#f3f3df"),
    ("#880e4f", "#b8437d", "#da84ae", "#edb9d2", "#f7dce8", "#fbebf2"),
)
"""The same for each of several origins; from the seventh on they begin anew."""


def class_style(class_id: str) -> ClassStyle:
    """Return the style of a class; classes without one of their own share a neutral one."""
    return CLASS_STYLES.get(class_id, _OTHER)


_MODES = {
    "high_speed_rail": "hsr",
    "rail": "rail",
    "freight_rail": "rail",
    "expressway": "expressway",
    "trunk_road": "road",
    "city_road": "road",
    "road": "road",
}
MODE_ZH = {
    "high_speed_rail": "高速铁路",
    "rail": "普速铁路",
    "freight_rail": "重载（货运）铁路",
    "expressway": "高速公路",
    "trunk_road": "国道、一级公路",
    "city_road": "城市道路",
}


def mode_key(mode: str) -> str:
    """Return the key of `LINE_STYLES` for a link's mode."""
    return _MODES.get(mode, "other")


def table() -> dict[str, Any]:
    """Return the parts of the table that the page's script needs, as plain values."""
    return {
        "groups": {key: list(names) for key, names in GROUPS.items()},
        "lines": {key: asdict(style) for key, style in LINE_STYLES.items()},
        "statuses": {key: list(style) for key, style in STATUS_STYLES.items()},
        "verdicts": _verdict_looks(),
        "edges": {key: asdict(style) for key, style in EDGE_STYLES.items()},
        "bases": {key: asdict(style) for key, style in BASE_STYLES.items()},
    }


def _verdict_looks() -> dict[str, Any]:
    """Return mark, word, colour and hatch of each verdict: colour alone is not seen by
    everybody.
    """
    looks: dict[str, Any] = {
        key: [*style, VERDICT_COLOURS[key], *VERDICT_HATCHES[key]]
        for key, style in VERDICT_STYLES.items()
    }
    return looks | {"touched_unbound": _TOUCHED}
