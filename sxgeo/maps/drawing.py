"""From frames to what the page draws: plain lists and texts, rounded and in a fixed order.

Drawing copies are simplified; they are for the eye and never for a verdict.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from ..geometry.projection import plane_crs, to_plane
from ..reports.palette import VERDICT_COLOURS
from ..wording import OUTCOME_ZH, outcome_label
from .columns import has_shape
from .style import MODE_ZH, STATUS_STYLES, VERDICT_STYLES, class_style, mode_key
from .words import LINE_ZH, NODE_ZH, blank, course_zh, member_rows, metres, resource_rows, text

if TYPE_CHECKING:
    from ..boundaries.zones import Zone
    from ..geometry.shapes import Shape
    from ..layers.layers import Layer
    from ..model.outcomes import Finding, SiteOutcome

EDGE_TOLERANCE_DEG = 0.0008
"""Largest simplification of a county's edge in the drawing, about 70 m."""
_EDGE_STEPS = 8000
"""Steps of the drawing's edges over the width of a large zone: finer than the pixels of any screen.
"""
_DIGITS = 5
_COINCIDENT_DEG = 0.004
_METRES_PER_DEG = 111_320.0
COARSELY_DRAWN = frozenset({"water_sources", "karst_springs", "weather_stations"})
"""Wells, springs and weather stations: drawn no finer than their stated accuracy."""
_RADII = {
    "acc_m": "position_accuracy_m",
    "ext_m": "extent_m",
    "scr_m": "screening_extent_m",
}


def polygons(geometry: Shape) -> list[list[list[list[float]]]]:
    """Rings of every polygon in `geometry`, each ring a list of [lat, lon] without its closing
    point.
    """
    # a collection may hold lines and points beside its areas
    parts = [p for p in shapely.get_parts([geometry]) if shapely.get_type_id(p) in (3, 6)]
    flat = shapely.get_parts(parts)
    return [
        [_pairs(ring, closed=True) for ring in shapely.get_rings(p)] for p in flat if not p.is_empty
    ]


def lines(geometry: Shape) -> list[list[list[float]]]:
    """Every line of `geometry` as a list of [lat, lon]."""
    return [
        _pairs(part) for part in shapely.get_parts([geometry]) for part in shapely.get_parts([part])
    ]


def _pairs(line: Shape, *, closed: bool = False) -> list[list[float]]:
    lat_lon = np.round(
        shapely.get_coordinates(line)[:, ::-1],
        _DIGITS,
    )

    # points that rounding has put on one place would be dots on a line
    kept = np.concatenate(
        [
            [True],
            np.any(np.diff(lat_lon, axis=0) != 0, axis=1),
        ]
    )
    pairs: list[list[float]] = lat_lon[kept].tolist()

    # of a ring that rounding has all but closed up no further point is taken
    return pairs[:-1] if closed and len(pairs) > 3 else pairs


def place(geometry: Shape) -> list[float]:
    """Position [lat, lon] of a geometry's mark: the point itself, else a point inside it."""
    point = geometry if geometry.geom_type == "Point" else geometry.representative_point()
    return [round(point.y, _DIGITS), round(point.x, _DIGITS)]


def coarsely(place_: Sequence[float], accuracy_m: float) -> list[float]:
    """Move [lat, lon] to a grid as wide as its accuracy, so that a drawing shows no finer position
    than is stated.
    """
    lat, lon = place_

    # a degree of longitude shrinks with the cosine: the grid is square on the ground
    steps = (
        accuracy_m / _METRES_PER_DEG,
        accuracy_m / (_METRES_PER_DEG * math.cos(math.radians(lat))),
    )
    pairs = zip((lat, lon), steps, strict=True)
    return [round(round(value / step) * step, _DIGITS) if step else value for value, step in pairs]


def tolerance_deg(whole: Shape) -> float:
    """Return how far edges may be simplified in a drawing of `whole`: a part of its width, never
    more than the eye sees.
    """
    west, south, east, north = shapely.bounds(whole)
    return max(EDGE_TOLERANCE_DEG, float(max(east - west, north - south)) / _EDGE_STEPS)


def simplified(geometries: Sequence[Any], tolerance: float = EDGE_TOLERANCE_DEG) -> list[Any]:
    """Simplify polygons that tile an area so that shared edges still match; `tolerance` in
    degrees.
    """
    array = np.array(list(geometries), dtype=object)

    # together where they tile the ground: one by one, neighbours would part along their edge
    if len(array) and shapely.coverage_is_valid(array):
        return list(shapely.coverage_simplify(array, tolerance))
    return list(shapely.simplify(array, tolerance))


def _inner_circle(polygon: Shape) -> tuple[list[float], float]:
    """Centre [lat, lon] and radius in metres of about the largest circle inside `polygon`."""
    # of a county in several parts the label stands in the largest
    largest = max(shapely.get_parts([polygon]), key=shapely.area)
    spoke = shapely.maximum_inscribed_circle(largest, tolerance=0.005)
    lon, lat = shapely.get_coordinates(spoke)[0]
    radius = shapely.length(to_plane(spoke, plane_crs(float(lon))))
    return [
        round(float(lat), _DIGITS),
        round(float(lon), _DIGITS),
    ], round(float(radius))


def counties(
    zone: Zone,
    shapes: Sequence[Any],
    titles: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """What is drawn of each member: names, outline, the circle that holds its label, the lines of
    its popup.

    `titles` names the sub-regions.
    """
    found = []
    for row, shape in zip(
        zone.members.to_dict("records"),
        shapes,
        strict=True,
    ):
        if shape is not None and not shape.is_empty:
            named = row | {"sub_region": (titles or {}).get(text(row["sub_region"]), "")}
            found.append(_county(named, shape))
    return found


def _county(row: dict[str, Any], shape: Shape) -> dict[str, Any]:
    centre, room_m = _inner_circle(shape)
    return {
        "code": text(row["code"]),
        "zh": text(row["name_zh"]),
        "en": text(row["name_en"]),
        "rings": polygons(shape),
        "at": centre,
        "room_m": room_m,
        "rows": _known(member_rows(row)),
    }


def _known(rows: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Keep the lines of a popup that say something."""
    return [[label, value] for label, value in rows if value]


def sub_regions(
    zone: Zone,
    shapes: Sequence[Any],
    titles: Mapping[str, str],
) -> list[dict[str, Any]]:
    """What is drawn of the sub-regions: name and outline, by id."""
    found = []
    for zone_id in sorted(titles):
        own = [
            s
            for s, sub in zip(shapes, zone.members["sub_region"], strict=True)
            if sub == zone_id and s is not None
        ]
        if own:
            merged = shapely.union_all(own)
            found.append(
                {
                    "id": zone_id,
                    "zh": titles[zone_id],
                    "rings": polygons(merged),
                }
            )
    return found


def element_rows(zone: Zone) -> list[dict[str, Any]]:
    """What is listed, and where a point is known drawn, of the plan elements of `zone`, by
    `element_id`.
    """
    return [_element(row) for row in zone.plan_elements().to_dict("records")]


def _element(row: dict[str, Any]) -> dict[str, Any]:
    located = row["geometry"] is not None and row["geometry_kind"] == "point"
    element: dict[str, Any] = {
        "id": text(row["element_id"]),
        "zh": text(row["name_zh"]),
        "en": text(row["name_en"]),
        "type": text(row["type_zh"]),
        "rows": _known(_element_lines(row, located=located)),
    }
    if located:
        accuracy = float(row["position_accuracy_m"])
        element |= {"at": place(row["geometry"]), "acc_m": accuracy}
    return element


def _element_lines(row: dict[str, Any], *, located: bool) -> Iterator[tuple[str, str]]:
    where = "未公布或未定位"
    if located:
        where = f"代表点，±{metres(float(row['position_accuracy_m']))}，非其边界"
    yield "状态", text(row["status_zh"])
    yield (
        "规划",
        "，".join(
            filter(
                None,
                (text(row["plan"]), text(row["chapter"])),
            )
        ),
    )
    yield "内容", text(row["says_zh"])
    yield "地点", text(row["places_zh"])
    yield "位置", where
    yield "来源", text(row["source"])
    yield "说明", text(row["note"])


def class_row(layer: Layer) -> dict[str, Any]:
    """What the legend says of a class: its style and its counts, located / held / published."""
    spec, style = layer.spec, class_style(layer.spec.id)
    return {
        "id": spec.id,
        "zh": spec.name_zh,
        "en": spec.name_en,
        "group": style.group,
        "colour": style.colour,
        "path": style.path,
        "hatch": style.hatch,
        "located": layer.located,
        "held": layer.held,
        "candidates": layer.candidates,
        "polygons": layer.with_polygon,
        "published": _published(spec.official_count, spec.unit),
        "keeper": spec.keeper_zh,
        "failed": layer.failed,
    }


def _published(count: float | None, unit: str) -> str:
    if count is None:
        return "—"
    if unit != "ha":
        return f"{count:g}"
    return f"{count / 10000:g}万公顷" if count >= 10000 else f"{count:g}公顷"


def features(
    layer: Layer,
    zone: Zone,
    counties: Mapping[str, str] | None = None,
    *,
    unlocated_only: bool = False,
) -> list[dict[str, Any]]:
    """What is drawn and listed of a layer's records in and around `zone`, by `feature_id`.

    Controls, which lie outside the zone on purpose, and records of other places are left out.
    `counties` names counties that are no members themselves, because the zone goes by prefecture or
    province. `unlocated_only` leaves out what has a position, because it is drawn on tiles.
    """
    members = dict(
        zip(
            zone.members["code"],
            zone.members["name_zh"],
            strict=True,
        )
    )

    # a member is called as the zone calls it, also where its county has another name
    names = dict(counties or {}) | members
    here = _Here(set(members), reach(zone))
    frame = (_unlocated(layer) if unlocated_only else layer).frame
    return [
        _feature(row, layer, names)
        for row in frame.sort_values("feature_id").to_dict("records")
        if here.holds(row, layer.spec.coverage)
    ]


@dataclass(frozen=True, slots=True)
class _Here:
    """The zone of a page: the codes of its members, and the box in which things are drawn."""

    members: set[str]
    bounds: Shape

    def holds(self, row: dict[str, Any], coverage: Sequence[str]) -> bool:
        """Say whether a record is drawn or listed; `coverage` is where its class was looked for."""
        if row["role"] == "control":
            return False
        codes, located = _codes(row), _is_located(row)

        # what reaches into the box is drawn, whatever county it is entered under
        if located and shapely.intersects(self.bounds, row["geometry"]):
            return True

        # one without position and counties is listed wherever its class was looked for
        listed = codes if codes or located else coverage
        return any(within(code, self.members) for code in listed)


def _codes(row: Mapping[str, Any]) -> list[str]:
    """Codes of the counties of a record; one record may lie in several."""
    return [code for code in text(row["county_code"]).split(";") if code]


def _is_located(row: Mapping[str, Any]) -> bool:
    return row["geometry"] is not None and not row["geometry"].is_empty


def _unlocated(layer: Layer) -> Layer:
    """Return a layer of the records without a position."""
    # they are few: a frame of all would weigh as much as the whole layer
    places = np.flatnonzero(~has_shape(layer.shapes))
    records = tuple(layer.records[place] for place in places)
    return replace(layer, records=records, shapes=layer.shapes[places])


def within(code: str, members: set[str]) -> bool:
    """Say whether a county, or the prefecture or province that it lies in, is a member."""
    return not members.isdisjoint((code, f"{code[:4]}00", f"{code[:2]}0000"))


def reach(zone: Zone) -> Shape:
    """Return the box round `zone` in which things are drawn."""
    frame = (
        zone.outline
        if zone.outline is not None
        else shapely.union_all(zone.members.geometry.to_numpy())
    )
    return shapely.buffer(shapely.envelope(frame), 0.1)


def _feature(
    row: dict[str, Any],
    layer: Layer,
    names: dict[str, str],
) -> dict[str, Any]:
    county = county_words(_codes(row), names)
    feature: dict[str, Any] = {
        "id": text(row["feature_id"]),
        "cls": layer.spec.id,
        **_feature_names(row),
        "county": county,
        "member": text(row["membership"]),
        "rows": _known(resource_rows(row, county)),
    }
    if kind_id := text(row["resource_kind"]):
        feature["rk"] = kind_id
    return feature | _located(row, layer) if _is_located(row) else feature


def _feature_names(row: Mapping[str, Any]) -> dict[str, str]:
    # what nobody named is called by its id: a line without a name could not be asked about
    return {
        "zh": text(row["name_zh"]) or text(row["feature_id"]),
        "en": text(row["name_en"]),
    }


def _located(row: dict[str, Any], layer: Layer) -> dict[str, Any]:
    """Where a record is drawn, and how: as a mark, and where it is more than a point its shape."""
    geometry, kind = row["geometry"], text(row["geometry_kind"])
    told: dict[str, Any] = {
        "at": place(geometry),
        "mark": mark(row),
        **radii(row),
    }

    # wells and stations are drawn no finer than published, for they must not be found by the map
    if layer.spec.id in COARSELY_DRAWN and kind == "point" and "acc_m" in told:
        told["at"] = coarsely(told["at"], told["acc_m"])
    return told | _outline(geometry, kind)


def _outline(geometry: Shape, kind: str) -> dict[str, Any]:
    """The shape of what is more than a point; of an area also how well its edge is known."""
    dimension = shapely.get_dimensions(geometry)
    if dimension == 2:
        rings = polygons(shapely.simplify(geometry, EDGE_TOLERANCE_DEG / 8))
        return {"kind": kind, "rings": rings}
    return {"lines": lines(geometry)} if dimension == 1 else {}


def county_words(codes: Sequence[str], names: Mapping[str, str]) -> str:
    """Names of the counties of a record, by their codes."""
    return "、".join(names.get(code, code) for code in codes) or "未定到县"


def mark(row: Mapping[str, Any]) -> str:
    """Say whether a record's mark stands for the thing itself or for an area."""
    return (
        "object"
        if text(row["point_role"]) == "object" or text(row["geometry_kind"]) == "surveyed"
        else "proxy"
    )


def radii(row: Mapping[str, Any]) -> dict[str, float]:
    """Radii of a record's rings in metres: accuracy with the error of the datum, extent, else
    screening extent.
    """
    found = {}
    for key, name in _RADII.items():
        # a published extent goes before the screening one: two rings would say two things
        if not blank(row[name]) and (key != "scr_m" or blank(row["extent_m"])):
            found[key] = round(float(row[name]), 1)

    # both errors may fall the same way, so they add up
    if "acc_m" in found and not blank(row["datum_error_m"]):
        found["acc_m"] = round(found["acc_m"] + float(row["datum_error_m"]), 1)
    return found


def spread(items: list[dict[str, Any]]) -> None:
    """Give symbols that would hide each other a place in a ring, in units of the symbol's size.

    Several records share one coarse position (a county seat, a temple); the ring only keeps them
    apart on the screen.
    """
    groups: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for item in items:
        if "at" in item:
            key = (round(item["at"][0] / _COINCIDENT_DEG), round(item["at"][1] / _COINCIDENT_DEG))
            groups.setdefault(key, []).append(item)
    for group in groups.values():
        # one alone stays where it is
        if len(group) > 1:
            _in_ring(group)


def _in_ring(group: Sequence[dict[str, Any]]) -> None:
    """The more there are, the wider the ring."""
    radius = max(0.62, len(group) / 5.6)
    for number, item in enumerate(group):
        angle = 2 * math.pi * number / len(group) - math.pi / 2
        item["shift"] = [
            round(radius * math.cos(angle), 2),
            round(radius * math.sin(angle), 2),
        ]


def link_rows(links: gpd.GeoDataFrame, zone: Zone | None = None) -> list[dict[str, Any]]:
    """What is drawn of transport links, by `link_id`; links without a line, or far from `zone`, are
    left out.
    """
    drawn = links[links.geometry.notna()].sort_values("link_id")
    if zone is not None:
        drawn = drawn[drawn.intersects(reach(zone))]
    return [_link(row) for row in drawn.to_dict("records")]


def _link(row: dict[str, Any]) -> dict[str, Any]:
    kind = text(row.get("geometry_kind"))
    return {
        "id": text(row["link_id"]),
        "zh": text(row["name_zh"]),
        "en": text(row.get("name_en")),
        "mode": mode_key(text(row["mode"])),
        "status": text(row["status"]) or "operating",
        "drawn": LINE_ZH.get(kind, LINE_ZH["straight"]),
        "rows": _known(_link_lines(row)),
        "lines": lines(row["geometry"]),
    }


def _link_lines(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    mode = text(row["mode"])
    yield "方式", MODE_ZH.get(mode, mode)
    yield "线路代号", text(row.get("code"))
    yield "开通", text(row.get("opens"))
    yield "计划开通", text(row.get("planned_open"))
    yield "设计时速", _number(row.get("design_speed_kmh"), "公里/小时")
    yield "全长", _number(row.get("length_km"), "公里")
    yield "线形", _course(row)
    yield "来源", text(row.get("source"))


def _course(row: dict[str, Any]) -> str:
    """Say how a line was drawn: most are no surveyed course."""
    kind, deviation = text(row.get("geometry_kind")), row.get("length_deviation")
    return course_zh(kind, deviation, row.get("farthest_node_m"))


def _number(value: float | None, unit: str) -> str:
    """A number with its unit; empty where nothing is known."""
    return "" if value is None or blank(value) else f"{float(value):g} {unit}"


def node_rows(nodes: gpd.GeoDataFrame, zone: Zone) -> list[dict[str, Any]]:
    """What is drawn of transport nodes in and around `zone`, by `node_id`."""
    bounds = reach(zone)
    here = nodes[nodes.geometry.notna() & nodes.intersects(bounds)].sort_values("node_id")

    # towns only carry the chords of roads
    here = here[here["kind"] != "town"]
    return [_node(row) for row in here.to_dict("records")]


def _node(row: dict[str, Any]) -> dict[str, Any]:
    kind = text(row.get("kind"))
    return {
        "id": text(row["node_id"]),
        "zh": text(row["name_zh"]),
        "en": text(row.get("name_en")),
        "kind": kind or "node",
        "at": place(row["geometry"]),
        "rows": _known(_node_lines(row)),
    }


def _node_lines(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    kind, accuracy = text(row.get("kind")), row.get("position_accuracy_m")
    yield "类型", NODE_ZH.get(kind, kind)
    yield (
        "状态",
        STATUS_STYLES.get(
            text(row.get("status")),
            ("", "", None),
        )[0],
    )
    yield "位置", "精度不明" if accuracy is None or blank(accuracy) else f"±{metres(accuracy)}"
    yield "来源", text(row.get("source"))


def site_rows(outcomes: Iterable[SiteOutcome]) -> list[dict[str, Any]]:
    """What is drawn of checked sites: shape, verdict colour and words, gravest findings first."""
    return [_site(outcome) for outcome in outcomes]


def _site(outcome: SiteOutcome) -> dict[str, Any]:
    site = outcome.site
    row: dict[str, Any] = {
        "id": site.site_id,
        "zh": site.name or site.site_id,
        "verdict": outcome.verdict,
        "colour": VERDICT_COLOURS[outcome.verdict],
        "mark": VERDICT_STYLES[outcome.verdict][0],
        "label": _label(outcome),
        **triage(outcome),
        "rows": [[name, value] for name, value in _site_lines(outcome)],
    }

    # a site without a shape is listed beside the map
    return row if site.geometry is None else row | _site_shape(site.geometry)


def _site_shape(geometry: Shape) -> dict[str, Any]:
    """Where a site is drawn: its mark, and what it covers."""
    dimension = shapely.get_dimensions(geometry)
    shape: dict[str, Any] = {"at": place(geometry)}
    if dimension == 2:
        shape["rings"] = polygons(geometry)
    if dimension == 1:
        shape["lines"] = lines(geometry)
    return shape


def _site_lines(outcome: SiteOutcome) -> Iterator[tuple[str, str]]:
    yield "结论", _label(outcome)
    yield "据现有资料", OUTCOME_ZH[outcome.known_verdict]
    area_m2 = outcome.area_m2
    if area_m2 is not None:
        yield "面积", f"{area_m2 / 10000:.4g} 公顷（投影面积 {area_m2:,.0f} 平方米）"
    for line in _findings(outcome):
        yield "涉及", line
    for problem in outcome.site.problems:
        yield "问题", problem


NEAR_M = 1000.0
"""Within this distance a known resource is said to be close to a site; a matter of order on the
map, never of the verdict.
"""


def triage(outcome: SiteOutcome) -> dict[str, Any]:
    """Sort a site for the eye: a known conflict, something known close by, or nothing known near.

    Returns
    -------
    dict
        `triage` (``conflict``, ``near`` or ``far``), and where a resource with a position is known
        `near_m` and `near_zh` of the nearest.
    """
    entries = (*outcome.screening, *outcome.extra)
    placed = [f for entry in entries for f in entry.findings if f.distance_m is not None]
    nearest = min(
        placed,
        key=lambda f: (f.distance_m, f.feature_id),
        default=None,
    )
    if nearest is None:
        return {"triage": "conflict" if outcome.known_verdict == "conflict" else "far"}

    # by distance alone: this orders the map, and must not look like a verdict
    near_m = max(0, round(nearest.distance_m or 0.0))
    order = "near" if near_m <= NEAR_M else "far"

    # what conflicts is no matter of distance
    if outcome.known_verdict == "conflict":
        order = "conflict"
    return {
        "triage": order,
        "near_m": near_m,
        "near_zh": nearest.name_zh,
    }


def _label(outcome: SiteOutcome) -> str:
    # where every rule asks for a notice only, the milder word is the true one
    effects = {c.effect for c in (*outcome.screening, *outcome.extra) if c.outcome == "regulated"}
    return outcome_label(outcome.verdict, "notify" if effects == {"notify"} else "permit")


def _findings(outcome: SiteOutcome, most: int = 4) -> list[str]:
    classes = [
        c
        for c in (*outcome.screening, *outcome.extra)
        if c.known_outcome in ("conflict", "regulated")
    ]
    found = [f for c in classes for f in c.findings if f.outcome in ("conflict", "regulated")]

    # several rules may say the same of a resource: one line is enough
    return list(dict.fromkeys(map(_finding, found)))[:most]


def _finding(finding: Finding) -> str:
    article = f"第{finding.article}条" if finding.article else "（条号未见）"
    law = f"，依据《{finding.law}》{article}" if finding.law else ""
    return f"{finding.name_zh}：{outcome_label(finding.outcome, finding.effect)}{law}"
