"""From areas of reach to what the page draws: bands with their minutes and error, and two days side
by side.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import geopandas as gpd
import numpy as np
import shapely

from ..analysis.accessibility.isochrones import isochrones
from ..analysis.network.bundled import load_network
from ..analysis.network.rail import ALIGHT_MIN, BOARD_MIN, DWELL_MIN
from ..analysis.network.railways import SPEED_SHARE
from ..boundaries.zone_table import list_zones
from ..errors import InputError, UsageError
from ..geometry.datums import to_geographic
from ..geometry.projection import GEOGRAPHIC
from ..wording import ISOCHRONE_NOTICE
from ..workspace.boundaries import load_zone
from .drawing import EDGE_TOLERANCE_DEG, polygons
from .style import BAND_COLOURS, ORIGIN_COLOURS
from .words import blank, metres, text

if TYPE_CHECKING:
    from ..analysis.accessibility.compare import Comparison
    from ..boundaries.zones import Zone
    from ..geometry.shapes import Shape, Shapes

MINUTES = (15, 30, 60)
ORIGIN = ("taiyuan_station", "太原站", 112.582, 37.860)
"""Default origin of the isochrones: Taiyuan railway station, id, name, lon, lat."""
GAINED_COLOUR = "#00695c"
"""What is reached on the later day only: neither a colour of the bands nor the red of conflicts."""
NOTICE_WITHOUT_BAND = ISOCHRONE_NOTICE.replace("误差带见图，", "")
_NEEDED = ("origin_id", "minutes", "geometry")
_LABEL_PLACES = 24
_SIDE_PLACES = 48
"""Places that a label may take on a line; more where only a side of the line is seen."""
_MOST_PLACES = 8
_DIGITS = 5
_EDGE_DEG = 1e-6
_ASSUMED_ZH = (
    f"列车按设计时速的{SPEED_SHARE:.0%}运行，逐站停车{DWELL_MIN:g}分钟，"
    f"进站候车{BOARD_MIN:g}分钟，出站{ALIGHT_MIN:g}分钟：均为假定，未用时刻表。"
)
_ASSUMED_EN = (
    f"Trains run at {SPEED_SHARE:.0%} of the design speed, stop {DWELL_MIN:g} min at every"
    f" station; {BOARD_MIN:g} min to board, {ALIGHT_MIN:g} min to leave: all assumed, no"
    " timetable."
)

Drawn: TypeAlias = tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Any] | None]


def reach(zone: Zone, areas: gpd.GeoDataFrame | Comparison | None) -> Drawn:
    """Return what is drawn of reach: bands, origins and, where two days are compared, the scenario.

    Parameters
    ----------
    zone
        The zone of the map.
    areas
        As in :func:`sxgeo.build_map`; None computes the default areas where the default origin lies
        in the zone and the zone has a network, else there are none.

    Raises
    ------
    InputError
        If `areas` is neither a frame of isochrones nor a comparison.
    """
    if areas is None:
        return _default(zone)
    if isinstance(areas, gpd.GeoDataFrame):
        drawn = _in_degrees(areas)
        names = drawn.attrs.get("names")
        return band_rows(drawn, names), origin_rows(drawn, names), None
    if not hasattr(areas, "days"):
        raise InputError(
            f"areas is of type {type(areas).__name__}; give the frame of sxgeo.isochrones or the"
            " answer of sxgeo.compare"
        )
    return [], origin_rows(areas.after), scenario(areas)


def _in_degrees(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Bring areas to the degrees of the page; what cannot be drawn as an area is refused by name.

    Raises
    ------
    InputError
        If they have no geometry or no CRS, or are lines as those of ``kind="edges"``.
    """
    if areas.active_geometry_name is None:
        raise InputError("areas have no geometry column; give the frame of sxgeo.isochrones")

    # geopandas lets a geometry column have any name
    if areas.active_geometry_name != "geometry":
        areas = areas.rename_geometry("geometry")
    if areas.crs is None:
        raise InputError("areas have no CRS; declare one (e.g. EPSG:4490), it is never guessed")
    shapes = areas.geometry.to_numpy()
    _refuse_lines(shapes)
    if areas.crs == GEOGRAPHIC:
        return areas

    # a frame loses its attributes when its geometry changes
    degrees = to_geographic(shapes, areas.crs)
    found = areas.set_geometry(gpd.GeoSeries(degrees, index=areas.index, crs=GEOGRAPHIC))
    found.attrs = areas.attrs
    return found


def _refuse_lines(shapes: Shapes) -> None:
    held = [s for s in shapes if s is not None and not s.is_empty]
    if kinds := sorted({s.geom_type for s in held if shapely.get_dimensions(s) < 2}):
        raise InputError(
            f"areas are {', '.join(kinds)}, no polygons: a map draws areas; take kind='area' or"
            " kind='hull', or write the roads of kind='edges' to GeoJSON or GPKG"
        )


def within_minutes(
    areas: gpd.GeoDataFrame | Comparison | None, shapes: Iterable[Shape | None]
) -> list[float | None]:
    """Return for each shape in degrees the least minutes of an area that holds all of it, to a
    decimetre: what was cut out of an area shares its edge.

    Returns
    -------
    list
        None where no area does; empty where `areas` is no frame, or a frame of none.
    """
    if not isinstance(areas, gpd.GeoDataFrame) or not len(areas):
        return []
    reached = _middle_contours(_in_degrees(areas)).sort_values("minutes", kind="stable")

    # what was cut out of an area has rounded corners on its edge: a decimetre lets them in
    held = shapely.buffer(reached.geometry.to_numpy(), _EDGE_DEG, quad_segs=1)
    shapely.prepare(held)
    minutes = reached["minutes"].astype(float).tolist()
    pairs = list(zip(minutes, held, strict=True))
    return [_first_that_holds(shape, pairs) for shape in shapes]


def _first_that_holds(
    shape: Shape | None,
    areas: Iterable[tuple[float, Shape]],
) -> float | None:
    """Return the minutes of the first area that holds all of a shape."""
    return next((minutes for minutes, area in areas if shapely.covers(area, shape)), None)


def _middle_contours(drawn: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Inner and outer contours are bounds of an error, no times of their own."""
    if "contour" not in drawn:
        return drawn
    return drawn[drawn["contour"].isin(("middle", None)) | drawn["contour"].isna()]


def zone_for(network: str, origins: Sequence[tuple[Any, float, float]]) -> Zone:
    """Return the zone whose map shows some origins: that of the network's name, else the first that
    holds the first one.

    Parameters
    ----------
    network
        Id or name of a zone, or anything else, such as a file.
    origins
        Id, lon and lat of each, EPSG:4490 degrees.

    Raises
    ------
    InputError
        If no zone with an outline holds the first origin.
    """
    try:
        named = load_zone(network)
    except UsageError:
        named = None
    if named is not None and named.outline is not None:
        return named

    # the name was that of a file or network: the place decides
    key, lon, lat = origins[0]
    for zone_id in list_zones()["zone_id"]:
        zone = load_zone(zone_id)
        if zone.outline is not None and shapely.covers(zone.outline, shapely.Point(lon, lat)):
            return zone
    raise InputError(
        f"origin {key} lies in no zone with an outline, so there is no map to draw it on; write"
        " geojson or gpkg"
    )


def _default(zone: Zone) -> Drawn:
    # times from a place outside the zone would say nothing of it
    key, name, lon, lat = ORIGIN
    if zone.outline is None or not shapely.covers(zone.outline, shapely.Point(lon, lat)):
        return [], [], None
    origin = gpd.GeoDataFrame(
        {"origin_id": [key]}, geometry=[shapely.Point(lon, lat)], crs=GEOGRAPHIC
    )
    try:
        network = load_network(zone.id)
    except UsageError:  # no bundled network for this zone: no isochrones
        return [], [], None
    computed = isochrones(network, origin, minutes=MINUTES)
    return band_rows(computed, {key: name}), origin_rows(computed, {key: name}), None


def band_rows(
    areas: gpd.GeoDataFrame,
    names: Mapping[str, str] | None = None,
    *,
    label_places: int = _LABEL_PLACES,
) -> list[dict[str, Any]]:
    """What is drawn of areas of reach: per origin and limit the area, its error band, its label and
    its popup.

    Parameters
    ----------
    areas
        Frame of :func:`sxgeo.isochrones`, EPSG:4490; with the contours ``inner`` and ``outer`` what
        lies between them is the error band. An empty frame gives an empty list.
    names
        Names of origins by id; an origin without one is named by its id.
    label_places
        How many places on each line its label may take.

    Returns
    -------
    list of dict
        Sorted by origin, the longest time first, so that short ones lie on top.

    Raises
    ------
    InputError
        If `areas` lacks the columns of `sxgeo.isochrones`.
    """
    _refuse_other_frames(areas)
    share = areas.attrs.get("time_error_share")
    groups = _by_limit(areas)
    looks = _Looks(areas, [origin for origin, _ in groups], names or {})
    found = []
    for (origin, negative), contours in sorted(groups.items()):
        band = _band(contours, origin, looks.name(origin), share)
        band["places"] = _label_places(band.pop("line"), label_places)
        found.append(looks.of(band, origin, -negative))
    return found


def _refuse_other_frames(areas: gpd.GeoDataFrame) -> None:
    if missing := [column for column in _NEEDED if column not in areas.columns]:
        raise InputError(
            f"areas lacks column(s) {', '.join(missing)}; give the frame of sxgeo.isochrones"
        )


_Contours: TypeAlias = dict[str, dict[str, Any]]


def _by_limit(areas: gpd.GeoDataFrame) -> dict[tuple[str, float], _Contours]:
    """Group contours by origin and limit. By the negative time: the longest is drawn first and
    lies below.
    """
    groups: dict[tuple[str, float], _Contours] = {}
    for row in areas.to_dict("records"):
        if row["geometry"] is not None and not row["geometry"].is_empty:
            contour = text(row.get("contour")) or "middle"
            groups.setdefault(
                (text(row["origin_id"]), -float(row["minutes"])),
                {},
            )[contour] = row
    return groups


class _Looks:
    """Colours and names that tell bands apart: of one origin colours tell times, of several they
    tell origins.
    """

    def __init__(
        self,
        areas: gpd.GeoDataFrame,
        origins: Iterable[str],
        names: Mapping[str, str],
    ) -> None:
        self.minutes = sorted({float(m) for m in areas["minutes"]})
        self.origins = sorted(set(origins))
        self.names = names

    def name(self, origin: str) -> str:
        return self.names.get(origin, origin)

    def of(
        self,
        band: dict[str, Any],
        origin: str,
        minutes: float,
    ) -> dict[str, Any]:
        """Return a band with its colour; of several origins with the name of its own, otherwise
        two areas would have one name.
        """
        # more limits than colours share the last colour
        place = min(self.minutes.index(minutes), len(BAND_COLOURS) - 1)
        if len(self.origins) == 1:
            return band | {"colour": BAND_COLOURS[place]}
        name = self.name(origin)
        colours = ORIGIN_COLOURS[self.origins.index(origin) % len(ORIGIN_COLOURS)]
        band |= {
            "zh": f"{name}：{band['zh']}",
            "en": f"{name}: {band['en']}",
            "name": name,
        }
        return band | {"colour": colours[place]}


def _band(
    contours: _Contours,
    origin: str,
    name: str,
    share: float | None,
) -> dict[str, Any]:
    # an area without a middle contour is told by its outer one: rather too far than too near
    main = next(contours[c] for c in ("middle", "outer", "inner") if c in contours)
    minutes = float(main["minutes"])
    rows = _rows(main, name, share, with_band=len(contours) > 1)
    shapes = _seen(contours)
    return {
        "id": origin,
        "origin": origin,
        **_limit_words(minutes),
        "minutes": minutes,
        **_middle_shapes(shapes),
        "rows": [list(pair) for pair in rows if pair[1]],
        **_known_area(main),
        **_error_shapes(shapes),
    }


def _known_area(row: dict[str, Any]) -> dict[str, float]:
    """Return the area that a contour states, where it does."""
    area_km2 = row.get("area_km2")
    return {} if blank(area_km2) else {"area_km2": round(float(row["area_km2"]), 1)}


def _limit_words(minutes: float) -> dict[str, str]:
    return {
        "zh": f"{minutes:g} 分钟可达范围",
        "en": f"Reached within {minutes:g} min",
    }


def _middle_shapes(shapes: Mapping[str, Shape]) -> dict[str, Any]:
    """The area that is filled, if any, and the line that carries the label."""
    return {
        "rings": polygons(shapes["middle"]) if "middle" in shapes else [],
        "line": shapes.get("middle", next(iter(shapes.values()))),
    }


def _seen(contours: _Contours) -> dict[str, Shape]:
    """Simplify contours for the eye alone; the area told is that of the frame."""
    return {c: shapely.simplify(row["geometry"], EDGE_TOLERANCE_DEG) for c, row in contours.items()}


def _error_shapes(shapes: Mapping[str, Shape]) -> dict[str, Any]:
    """Inner and outer contour, and what lies between them."""
    told: dict[str, Any] = {}

    # with one of them alone nobody knows how far the other bound lies
    if {"inner", "outer"} <= shapes.keys():
        told["error"] = polygons(shapely.difference(shapes["outer"], shapes["inner"]))
    return told | {c: polygons(shapes[c]) for c in ("inner", "outer") if c in shapes}


def _rows(
    row: dict[str, Any],
    name: str,
    share: float | None,
    *,
    with_band: bool,
) -> Iterable[tuple[str, str]]:
    """Yield label and text of each line of the popup; the text is empty where nothing is known."""
    limit = float(row["minutes"])
    yield "时限", f"{limit:g} 分钟"
    yield "起点", name
    yield "日期", text(row.get("as_of"))
    yield from _extent_lines(row)
    yield "到路网", _to_road(row)
    yield "时间误差", error_words(share, limit)
    yield "车站误差", _station_error(row.get("access_error_min"))
    yield "说明", ISOCHRONE_NOTICE if with_band else NOTICE_WITHOUT_BAND


def _extent_lines(row: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """Yield how much is reached, and what makes that less than it looks, or more."""
    yield "可达面积", _square_km(row.get("area_km2"), "椭球面积")
    yield "范围", "只到所给栅格的边缘，其外未知，实际更大" if row.get("cut_by_edge") is True else ""
    yield "扣除水面", _square_km(row.get("water_km2"), "按所给陆域")
    yield "可达人口", _people(row)


def _square_km(area: float | None, how: str) -> str:
    """An area with how it was measured; empty where nothing is known."""
    return "" if area is None or blank(area) else f"{float(area):,.1f} 平方公里（{how}）"


def _station_error(minutes: float | None) -> str:
    if minutes is None or blank(minutes) or not float(minutes):
        return ""
    return f"车站位置不准，另计 ±{float(minutes):g} 分钟"


def _people(row: dict[str, Any]) -> str:
    """Say how many people, and of how much of the area the raster knows nothing."""
    if "population" not in row or blank(row.get("known_share")):
        return ""
    share = float(row["known_share"])

    # asked for and not covered is another answer than not asked for
    if blank(row["population"]):
        return "不详（所给人口栅格未覆盖）"

    # rounded down: "no fewer than" must stay true
    count = f"{math.floor(float(row['population'])):,} 人"
    return count if share >= 1 else f"不少于 {count}（{1 - share:.1%} 面积无人口数据）"


def _to_road(row: dict[str, Any]) -> str:
    """Say how the road is reached: in a straight line, or over open ground."""
    if row.get("kind") == "overland":
        over = "按所给高程步行越野"
        return (
            f"{over}，约 {float(row['road_min']):.0f} 分钟（已计入时间）"
            if not blank(row.get("road_min"))
            else over
        )
    return "未说明" if blank(row.get("snap_m")) else f"{metres(float(row['snap_m']))}（已计入时间）"


def error_words(share: float | None, limit_min: float) -> str:
    """Say the stated error of the times, and what it means at a limit in minutes."""
    if share is None:
        return "未说明"
    least, most = limit_min * (1 - share), limit_min * (1 + share)
    return f"±{share:.0%}：实际可能为 {least:.3g} 至 {most:.3g} 分钟"


def origin_rows(
    areas: gpd.GeoDataFrame, names: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """Name and position of each origin that `areas` knows, by id; empty where the frame does not
    hold them.
    """
    told: Sequence[tuple[Any, float, float]] = areas.attrs.get("origins", ())
    return [
        {
            "id": text(key),
            "zh": (names or {}).get(text(key), text(key)),
            "at": [round(lat, _DIGITS), round(lon, _DIGITS)],
        }
        for key, lon, lat in sorted(told, key=lambda one: text(one[0]))
    ]


def _label_places(shape: Shape, count: int) -> list[list[float]]:
    largest = max(shapely.get_parts([shape]), key=shapely.area)
    steps = (np.arange(count) + 0.5) / count
    along = shapely.line_interpolate_point(
        shapely.get_exterior_ring(largest), steps, normalized=True
    )
    return [
        [
            round(p.y, _DIGITS),
            round(p.x, _DIGITS),
        ]
        for p in along
    ]


def scenario(comparison: Comparison) -> dict[str, Any]:
    """What the page draws of two days side by side.

    Parameters
    ----------
    comparison
        Answer of :func:`sxgeo.compare`.

    Returns
    -------
    dict
        Plain values: `days`, `before` and `after` (bands as :func:`band_rows`), `gained` (per
        origin and limit the areas of both days, the gained one and its rings, which may be none),
        `lines` that run on one day only, `places` with the greatest saving of minutes,
        `error_share` of the times, `banded` (whether bands have an error band), `notes` of what is
        assumed, and `colour`.
    """
    first, second = comparison.days
    return {
        "days": [first, second],
        "before": _day_bands(comparison.before, first),
        "after": _day_bands(comparison.after, second),
        "gained": [_gained(row) for row in _main_contour(comparison.areas).to_dict("records")],
        "banded": has_band(comparison),
        "lines": [_line(row) for row in comparison.lines.to_dict("records")],
        "places": _nearer(comparison),
        "error_share": comparison.after.attrs.get("time_error_share"),
        "notes": _notes(comparison),
        "assumed_zh": _ASSUMED_ZH,
        "assumed_en": _ASSUMED_EN,
        "colour": GAINED_COLOUR,
    }


def _nearer(comparison: Comparison) -> list[dict[str, Any]]:
    """Return the places that the later day brings nearer, the first few of them."""
    rows = comparison.places.to_dict("records")
    return [_place(row) for row in rows if _saves(row)][:_MOST_PLACES]


def _day_bands(frame: gpd.GeoDataFrame, day: str) -> list[dict[str, Any]]:
    return band_rows(frame.assign(as_of=day), label_places=_SIDE_PLACES)


def _notes(comparison: Comparison) -> list[str]:
    """What was noted of either day, each note once."""
    notes = [
        *comparison.before.attrs["notes"],
        *comparison.after.attrs["notes"],
    ]
    return list(dict.fromkeys(note for _, note in notes))


def has_band(areas: gpd.GeoDataFrame | Comparison) -> bool:
    """Say whether areas, or the two days of a comparison, hold contours other than the middle
    one.
    """
    frame = areas if isinstance(areas, gpd.GeoDataFrame) else areas.after
    return "contour" in frame.columns


def _main_contour(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Keep one contour of each area: the middle one, or what stands in for it."""
    if "contour" not in areas.columns:
        return areas
    wanted = next(
        (c for c in ("middle", "outer", "inner") if (areas["contour"] == c).any()), "middle"
    )
    return areas[areas["contour"] == wanted]


def _gained(row: dict[str, Any]) -> dict[str, Any]:
    shape = shapely.simplify(row["geometry"], EDGE_TOLERANCE_DEG / 4)
    keys = ("minutes", "before_km2", "after_km2", "gained_km2")
    told: dict[str, Any] = {key: round(float(row[key]), 1) for key in keys}
    told["rings"] = polygons(shape) if not shape.is_empty else []
    told["places"] = _middle(shape) if told["rings"] else []
    return {"origin": text(row["origin_id"]), **told}


def _middle(shape: Shape) -> list[list[float]]:
    """The one place of a label, inside the largest part."""
    spot = max(
        shapely.get_parts([shape]),
        key=shapely.area,
    ).representative_point()
    return [[round(spot.y, _DIGITS), round(spot.x, _DIGITS)]]


def _line(row: dict[str, Any]) -> dict[str, Any]:
    speed = row["design_speed_kmh"]
    return {
        "id": text(row["link_id"]),
        "zh": text(row["name_zh"]),
        "en": text(row["name_en"]),
        "runs": row["runs"],
        "opens": text(row["opens"]),
        "planned": text(row["planned_open"]),
        "speed_kmh": None if blank(speed) else round(float(speed)),
    }


def _saves(row: dict[str, Any]) -> bool:
    """Say whether a place is reached sooner, or at all, on the later day."""
    return not blank(row["after_min"]) and (blank(row["before_min"]) or row["saved_min"] > 0)


def _place(row: dict[str, Any]) -> dict[str, Any]:
    before = None if blank(row["before_min"]) else float(row["before_min"])
    return {
        "origin": text(row["origin_id"]),
        "zh": text(row["name_zh"]),
        "before": before,
        "after": float(row["after_min"]),
    }
