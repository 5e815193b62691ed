"""What a project of a zone shows: one sheet a layer, with its records, its words and its
symbols.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ...boundaries.zones import Zone
from ...layers.layers import Layer, load_layer, load_layers
from .. import drawing
from ..style import (
    BASE_STYLES,
    EDGE_STYLES,
    ELEMENT_PATH,
    GROUPS,
    LINE_STYLES,
    MODE_ZH,
    NODE_PATH,
    STATUS_STYLES,
    BaseStyle,
    ClassStyle,
    class_style,
    mode_key,
)
from ..words import blank, text
from .symbols import Choice, by_rule, by_value, fill, line, marker, single

POINT, LINE, AREA = 0, 1, 2
GEOMETRY_NAMES = ("Point", "Line", "Polygon")
_SUFFIXES = ("points", "lines", "areas")
_MULTI = (shapely.multipoints, shapely.multilinestrings, shapely.multipolygons)
_NODE_COLOUR = LINE_STYLES["hsr"].colour
_ELEMENT_COLOUR = BASE_STYLES["sub_region"].colour
_ZONE_GROUP = "经济区 Zone"


@dataclass(
    frozen=True,
    slots=True,
    eq=False,
)
class Sheet:
    """One layer of a project.

    Attributes
    ----------
    table
        Name of the layer in the GeoPackage; unique.
    title, group
        Words in the list of layers, Chinese first, and the heading above.
    frame
        Its records, all of one `dimension`.
    renderer
        How they are drawn, as QGIS writes it.
    label
        Column that is written beside the records; empty for none.
    """

    table: str
    title: str
    group: str
    dimension: int
    frame: gpd.GeoDataFrame
    renderer: str
    label: str = ""


def zone_sheets(zone: Zone) -> list[Sheet]:
    """Return the sheets of a zone, from the topmost to the one under all others."""
    layers = load_layers()
    sheets = [
        *_elements(zone),
        *(sheet for layer in layers for sheet in _resources(layer, zone)),
        *_transport(zone),
        *_ground(zone),
    ]
    return [sheet for sheet in sheets if len(sheet.frame)]


def _ground(zone: Zone) -> Iterator[Sheet]:
    """Yield outline, sub-regions and counties."""
    known = zone.members[zone.members.geometry.notna()]

    # outlines carry no fill, or they would hide the counties below
    outline = zone.outline if zone.outline is not None else shapely.union_all(known.geometry)
    named = _frame(
        [{"zone_id": zone.id, "name_zh": zone.name_zh}],
        [outline],
    )
    yield _outlines("zone", f"{zone.name_zh} {zone.name_en}", named, BASE_STYLES["zone"])
    regions = _sub_regions(known)
    yield _outlines("sub_regions", "片区 Sub-regions", regions, BASE_STYLES["sub_region"])
    yield _counties(known)


def _counties(known: gpd.GeoDataFrame) -> Sheet:
    """Return the counties with their names: they alone are filled, as the ground of all else."""
    edge = BASE_STYLES["county"]
    land = fill(
        "0",
        BASE_STYLES["land"].fill or edge.colour,
        alpha=255,
        edge=edge.colour,
        width_px=edge.width_px,
    )
    return Sheet(
        "counties",
        "县（市、区） Counties",
        _ZONE_GROUP,
        AREA,
        _of_dimension(known.sort_values("code"), AREA),
        single(land),
        label="name_zh",
    )


def _outlines(
    table: str,
    title: str,
    frame: gpd.GeoDataFrame,
    edge: BaseStyle,
) -> Sheet:
    symbol = fill(
        "0",
        edge.colour,
        alpha=0,
        width_px=edge.width_px,
        dash=edge.dash,
    )
    return Sheet(table, title, _ZONE_GROUP, AREA, frame, single(symbol))


def _sub_regions(known: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Join the members of each sub-region, by its id."""
    parts = known.dropna(subset=["sub_region"])
    names = list(dict.fromkeys(sorted(parts["sub_region"])))
    shapes = [shapely.union_all(parts.geometry[parts["sub_region"] == n]) for n in names]
    return _frame([{"zone_id": n} for n in names], shapes)


def _renderers(style: ClassStyle) -> dict[int, str]:
    """Return how points, lines and areas of a class are drawn."""
    return {
        POINT: single(marker("0", style.path, style.colour)),
        LINE: single(line("0", style.colour)),
        AREA: _by_edge(style.colour, style.hatch),
    }


def _resources(layer: Layer, zone: Zone) -> Iterator[Sheet]:
    """Yield the located records of a class, by what they are drawn as."""
    spec, style = layer.spec, class_style(layer.spec.id)

    # controls lie outside on purpose, and no symbol may be finer than what was published
    here = _here(layer.frame, zone)
    here = _no_finer_than_stated(spec.id, here[here["role"] != "control"]).sort_values("feature_id")
    counts = f"已定位 {layer.located}／公布 {drawing.class_row(layer)['published']}"
    for dimension, renderer in _renderers(style).items():
        yield Sheet(
            f"{spec.id}_{_SUFFIXES[dimension]}",
            # how many of how many are drawn stands in the list of layers: an empty map is not an
            # empty land
            f"{spec.name_zh} {spec.name_en}（{counts}）",
            " ".join(GROUPS[style.group]),
            dimension,
            _of_dimension(here, dimension),
            renderer,
        )


def _by_edge(colour: str, hatch: str) -> str:
    """Draw polygons by what kind of boundary they are; whatever else there is as a rough extent."""
    rough = EDGE_STYLES["extent_box"]
    entries = [*EDGE_STYLES.items(), ("", rough)]
    choices = [
        Choice(
            kind,
            f"{edge.label_zh} {edge.label_en}" if kind else "其他 other",
            fill(
                str(n),
                colour,
                hatch=hatch if edge.hatched else "plain",
                alpha=46 if edge.hatched else 18,
                width_px=edge.width_px,
                dash=edge.dash,
            ),
        )
        for n, (kind, edge) in enumerate(entries)
    ]
    return by_value("geometry_kind", choices)


def _transport(zone: Zone) -> Iterator[Sheet]:
    """Yield links by mode and status, and their stations."""
    group = "交通 Transport"
    nodes = _here(load_layer("transport_nodes").frame, zone)
    nodes = nodes[nodes["kind"] != "town"]  # towns only carry the chords of roads
    yield Sheet(
        "nodes",
        "站点与枢纽 Stations and hubs",
        group,
        POINT,
        _of_dimension(nodes.sort_values("node_id"), POINT),
        single(marker("0", NODE_PATH, _NODE_COLOUR, size_mm=2.4)),
    )
    links = _here(load_layer("transport_links").frame, zone).sort_values("link_id")
    yield Sheet(
        "links",
        "线路 Links",
        group,
        LINE,
        _of_dimension(links, LINE),
        by_rule(list(_link_choices(links))),
    )


def _link_choices(links: gpd.GeoDataFrame) -> Iterator[Choice]:
    """Yield an entry of the legend for each look and status: modes that look alike are one."""
    modes: dict[str, set[str]] = {}
    for mode in links["mode"]:
        modes.setdefault(mode_key(text(mode)), set()).add(text(mode))
    looks = [key for key in LINE_STYLES if key in modes]
    for number, (key, status) in enumerate(product(looks, STATUS_STYLES)):
        yield _link_choice(number, key, sorted(modes[key]), status)


def _link_choice(
    number: int,
    key: str,
    modes: Sequence[str],
    status: str,
) -> Choice:
    style, (zh, en, dash) = LINE_STYLES[key], STATUS_STYLES[status]
    caught = ", ".join(f"'{mode}'" for mode in modes)
    words = "、".join(MODE_ZH.get(mode, style.label_zh) for mode in modes)
    return Choice(
        f"\"mode\" IN ({caught}) AND coalesce(\"status\", 'operating') = '{status}'",
        f"{words}（{zh}） {style.label_en}, {en}",
        line(str(number), style.colour, width_px=style.width_px, dash=dash),
    )


def _elements(zone: Zone) -> Iterator[Sheet]:
    """Yield what the zone's plan names."""
    if zone.elements is None:
        return
    for dimension in (POINT, AREA):
        if dimension == POINT:
            renderer = single(marker("0", ELEMENT_PATH, _ELEMENT_COLOUR))
        else:
            renderer = single(fill("0", _ELEMENT_COLOUR, alpha=18, dash="7 4"))
        yield Sheet(
            f"elements_{_SUFFIXES[dimension]}",
            "规划要素 Plan elements",
            "规划 Plans",
            dimension,
            _of_dimension(zone.elements.sort_values("element_id"), dimension),
            renderer,
        )


def _here(frame: gpd.GeoDataFrame, zone: Zone) -> gpd.GeoDataFrame:
    """Keep the located records in and around a zone, as the page draws them."""
    located = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    return located[located.intersects(drawing.reach(zone))]


def _no_finer_than_stated(class_id: str, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Lay the points of wells, springs and weather stations on a grid as wide as their accuracy."""
    if class_id not in drawing.COARSELY_DRAWN:
        return frame
    moved = [
        _coarse(shape, accuracy)
        for shape, accuracy in zip(frame.geometry, frame["position_accuracy_m"], strict=True)
    ]
    return frame.set_geometry(gpd.GeoSeries(moved, index=frame.index, crs=frame.crs))


def _coarse(shape: shapely.Geometry, accuracy: float | None) -> shapely.Geometry:
    if shapely.get_dimensions(shape) != POINT or accuracy is None or blank(accuracy):
        return shape
    lat, lon = drawing.coarsely(drawing.place(shape), float(accuracy))
    return shapely.Point(lon, lat)


def _of_dimension(frame: gpd.GeoDataFrame, dimension: int) -> gpd.GeoDataFrame:
    """Keep the records of one dimension as multi-geometries, lists as texts."""
    shapes = frame.geometry.to_numpy()
    kept = frame[shapely.get_dimensions(shapes) == dimension]

    # a layer of a GeoPackage holds one type: single parts are written as multi too
    multi = [_MULTI[dimension](shapely.get_parts(shape)) for shape in kept.geometry]
    plain = pd.DataFrame(
        {
            name: [_cell(value) for value in kept[name]]
            for name in kept.columns
            if name != "geometry"
        }
    )
    return _frame(plain, multi)


def _cell(value: object) -> object:
    """Return a value that a table holds: lists joined, what is missing as None."""
    if isinstance(value, (list, tuple)):
        return ";".join(map(str, value))
    if isinstance(value, (np.bool_, bool)):
        return "yes" if value else "no"
    return None if value is None or blank(value) else value


def _frame(
    rows: pd.DataFrame | Sequence[dict[str, str]], shapes: Sequence[shapely.Geometry]
) -> gpd.GeoDataFrame:
    parts = [shapely.multipolygons(shapely.get_parts(s)) if _is_area(s) else s for s in shapes]
    return gpd.GeoDataFrame(
        pd.DataFrame(rows),
        geometry=gpd.GeoSeries(parts, crs=4490),
    )


def _is_area(shape: shapely.Geometry) -> bool:
    return bool(shapely.get_dimensions(shape) == AREA)
