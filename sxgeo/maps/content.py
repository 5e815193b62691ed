"""What a map tells: zone, resources, links, areas and words, for page and figure alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import shapely

from ..boundaries.units import load_counties, load_units
from ..boundaries.zone_table import list_zones
from ..boundaries.zones import Zone
from ..catalog import load_catalog
from ..errors import AnalysisError, wrong_type
from ..layers.classes import CLASS_IDS
from ..layers.layers import Layer, load_layer, load_layers
from ..reports.answer import Answer
from ..reports.secrecy import secret_classes, without_secrets
from ..wording import ISOCHRONE_NOTICE, MAP_NOTICE, MEMBERSHIP_ZH, USER_DATA_NOTICE
from ..workspace.boundaries import load_zone
from . import drawing, style
from .available import LAND_TITLE, land_drawn
from .bands import NOTICE_WITHOUT_BAND, has_band, reach, within_minutes
from .pack import is_users
from .pinyin import pinyin_of
from .rulewords import rule_words

if TYPE_CHECKING:
    from ..analysis.accessibility.compare import Comparison
    from ..geometry.shapes import Shape
    from ..model.outcomes import SiteOutcome

HOME = "taixin"
"""The zone whose resource list the fifteen classes follow and whose counties were searched."""
SHANXI = "14"
_TITLES = {"taixin": ("太原—忻州一体化经济区", "Taiyuan–Xinzhou Integrated Economic Zone")}
_RESOURCES_TITLE = ("保护资源与交通", "protected resources and transport")
_ATTRIBUTION = (
    "© OpenStreetMap contributors (ODbL) · 天地图 · GeoNames ·"
    " Wikipedia（全文见图例“资料来源与署名”）"
)
_NOT_OFFICIAL = "资源据公开资料整理，非官方名录及矢量边界，范围以主管部门公布成果为准。"


@dataclass(frozen=True, slots=True)
class Given:
    """What a caller lays on a map beside its resources, as for :func:`build_map`; None takes what
    is bundled, or draws nothing.
    """

    report: Answer | None = None
    areas: gpd.GeoDataFrame | Comparison | None = None
    links: gpd.GeoDataFrame | None = None
    nodes: gpd.GeoDataFrame | None = None
    land: gpd.GeoDataFrame | None = None


NOTHING_GIVEN = Given()


def county_names() -> dict[str, str]:
    counties = load_counties(neighbours=True)
    return dict(zip(counties["code"], counties["name_zh"], strict=True))


def drawable(zone: str | Zone) -> tuple[Zone, Any]:
    """Return a zone and the lon/lat shape that a map of it must show.

    Raises
    ------
    UsageError
        If the zone is unknown.
    AnalysisError
        If it has no outline to draw.
    """
    place = zone if isinstance(zone, Zone) else load_zone(zone)
    outlines = [shape for shape in place.members.geometry if _is_drawn(shape)]
    if place.outline is None and not outlines:
        raise AnalysisError(
            f"zone '{place.id}' has no outline to draw:"
            f" {place.geometry_note or 'none was obtained'}"
        )
    return place, place.outline if place.outline is not None else shapely.union_all(outlines)


def zone_content(
    place: Zone,
    held: Sequence[Layer],
    given: Given = NOTHING_GIVEN,
    *,
    apart: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """Return what page and static figure draw of a zone: plain lists in lat, lon order, in a fixed
    order.

    `held` is drawn as it is given, but of the classes `apart` only the records without a position
    are told.
    """
    _refuse_no_report(given.report)
    bands, origins, days = reach(place, given.areas)
    drawn_land = {} if given.land is None else {"available": land_drawn(given.land)}

    # every list comes in a fixed order, so that the page is the same bytes for the same data
    content = {
        **_base(place),
        **_resources(place, held, apart),
        **_transport(place, given.links, given.nodes),
        "bands": bands,
        "origins": origins,
        "scenario": days,
        "elements": drawing.element_rows(place),
        "sites": [] if given.report is None else site_rows(given.report, given.areas),
        "style": style.table(),
        "meta": _meta(place, held, given, origins),
        **drawn_land,
    }
    return _completed(content, held)


def _refuse_no_report(report: Answer | None) -> None:
    if report is not None and not hasattr(report, "sites"):
        raise wrong_type("the report", report, "what sxgeo.check_sites returns")


def _resources(
    place: Zone,
    held: Sequence[Layer],
    apart: frozenset[str],
) -> dict[str, Any]:
    """Classes and records, of those that are drawn `apart` the ones without a position alone."""
    names = county_names()
    rows = []
    for layer in held:
        unlocated_only = layer.spec.id in apart
        rows += drawing.features(layer, place, names, unlocated_only=unlocated_only)
    return {"classes": [drawing.class_row(layer) for layer in held], "features": rows}


def _transport(
    place: Zone,
    links: gpd.GeoDataFrame | None,
    nodes: gpd.GeoDataFrame | None,
) -> dict[str, Any]:
    """Links and nodes as they were given, else the bundled ones."""
    lines = load_layer("transport_links").frame if links is None else links
    stations = load_layer("transport_nodes").frame if nodes is None else nodes
    return {
        "links": drawing.link_rows(lines, place),
        "nodes": drawing.node_rows(stations, place),
    }


def _completed(content: dict[str, Any], held: Sequence[Layer]) -> dict[str, Any]:
    """Add pinyin and rules, which go by what is really there; then draw apart what stands on one
    place.
    """
    named = (*content["counties"], *content["features"])
    content["pinyin"] = pinyin_of(item["zh"] for item in named)
    content["rules"] = rule_words(content["features"], [layer.spec.id for layer in held])
    drawing.spread(content["features"])
    drawing.spread(content["elements"])
    return content


def site_rows(report: Answer, areas: gpd.GeoDataFrame | Comparison | None) -> list[dict[str, Any]]:
    """Return what is drawn of the sites of a report, each with the least minutes of a given area
    that holds all of it (`within_min`; null where none does).
    """
    outcomes = for_all_eyes(report)
    rows = drawing.site_rows(outcomes)
    minutes = within_minutes(areas, [outcome.site.geometry for outcome in outcomes])

    # without areas no row has the key: null would say that none of them holds the site
    if not minutes:
        return rows
    return [row | {"within_min": held} for row, held in zip(rows, minutes, strict=True)]


def for_all_eyes(report: Answer) -> Sequence[SiteOutcome]:
    """Return the answers of a report without names and shapes of layers of 内部 and above."""
    return without_secrets(report.sites, secret_classes(report.receipt.get("user_layers", ())))


def shareable(layers: Sequence[Layer] | None, embed_user_layers: bool) -> Sequence[Layer]:
    """Keep users' own layers only when that was said; else their class falls back to what is
    bundled, as all do where None were given.
    """
    if layers is None:
        return load_layers()
    _refuse_no_layers(layers)
    if embed_user_layers:
        return list(layers)
    own = {layer.spec.id for layer in layers if is_users(layer)}

    # a class that only the user has falls away; one that is bundled stands in with what is public
    public = load_layers(sorted(own & set(CLASS_IDS))) if own else []
    bundled = {layer.spec.id: layer for layer in public}
    return [
        bundled.get(layer.spec.id, layer)
        for layer in layers
        if layer.spec.id not in own or layer.spec.id in bundled
    ]


def _refuse_no_layers(layers: Sequence[Layer]) -> None:
    # a text is a sequence too, and its letters would be taken for layers
    if isinstance(layers, str) or not all(isinstance(layer, Layer) for layer in layers):
        raise wrong_type("layers", layers, "a list of layers: [sxgeo.load_layer('heritage_sites')]")


def _base(zone: Zone) -> dict[str, Any]:
    """Members, zone outline and what lies around, simplified together so that their edges match."""
    known = [shape for shape in zone.members.geometry if _is_drawn(shape)]

    # a zone whose members have no shapes may still have an outline of its own
    whole = shapely.union_all(known) if known else zone.outline
    kept = _around(zone, whole)
    tolerance = drawing.tolerance_deg(whole)

    own, others = _tidied(known, [shape for _, shape in kept], tolerance)
    context = [_neighbour(name, shape) for (name, _), shape in zip(kept, others, strict=True)]
    return _zone_rows(zone, own, _outline(zone, own, tolerance)) | {"context": context}


def _outline(
    zone: Zone,
    own: Sequence[Shape],
    tolerance: float,
) -> Shape:
    """Return the outline as it is drawn; the zone's own where none of its members is."""
    # the outline of the union of what is drawn, or a gap would show along it
    return shapely.union_all(own) if own else drawing.simplified([zone.outline], tolerance)[0]


def _tidied(
    members: Sequence[Shape],
    around: Sequence[Shape],
    tolerance: float,
) -> tuple[Sequence[Shape], Sequence[Shape]]:
    """Simplify the edges of members and of what lies around."""
    # all edges are simplified in one go: neighbours keep one line between them
    tidy = drawing.simplified([*members, *around], tolerance)
    return tidy[: len(members)], tidy[len(members) :]


def _zone_rows(
    zone: Zone,
    own: Iterable[Shape],
    outline: Shape,
) -> dict[str, Any]:
    """Members, outline and sub-regions as they are drawn; `own` are the shapes of the members that
    have one.
    """
    shown = _in_places(list(zone.members.geometry), own)
    titles = dict(list_zones().set_index("zone_id")["name_zh"])
    return {
        "counties": drawing.counties(zone, shown, titles),
        "outline": drawing.polygons(outline),
        "subs": drawing.sub_regions(zone, shown, {i: titles[i] for i in zone.sub_regions}),
    }


def _in_places(members: Sequence[Any], own: Iterable[Any]) -> list[Any]:
    """Put the shapes of the known members in their places, None in the others."""
    drawn = iter(own)
    return [next(drawn) if _is_drawn(shape) else None for shape in members]


def _is_drawn(shape: Shape | None) -> bool:
    """Say whether there is anything to draw of a member."""
    return shape is not None and not shape.is_empty


def _neighbour(name: str, shape: Shape) -> dict[str, Any]:
    largest = max(shapely.get_parts([shape]), key=shapely.area)
    return {
        "zh": name,
        "rings": drawing.polygons(shape),
        "at": drawing.place(largest),
    }


def _around(zone: Zone, whole: Shape) -> list[tuple[str, Shape]]:
    """Name and shape of what is drawn round the zone: its own prefectures, and Shanxi for a zone
    that reaches there.

    The home zone stands in its two prefectures; zones by province stand alone.
    """
    codes = set(zone.members["code"])
    if any(code.endswith("0000") for code in codes):
        return []
    prefectures = load_units("prefecture")
    around = prefectures[_wanted(zone, prefectures["code"])]

    # what lies in the zone is drawn as its members already
    rest = shapely.difference(around.geometry.to_numpy(), whole) if len(around) else []
    pairs = zip(around["name_zh"], map(_without_slivers, rest), strict=True)
    return [(name, shape) for name, shape in pairs if not shape.is_empty]


def _wanted(zone: Zone, prefectures: Iterable[str]) -> list[bool]:
    """Say which prefectures are drawn round a zone."""
    codes = set(zone.members["code"])
    own = {f"{code[:4]}00" for code in codes}
    shanxi = not _is_home(zone) and any(code.startswith(SHANXI) for code in codes)
    return [code in own or (shanxi and code.startswith(SHANXI)) for code in prefectures]


def _without_slivers(shape: Shape) -> Shape:
    """Slivers along the edge of the zone are no neighbours."""
    return shapely.union_all([p for p in shapely.get_parts([shape]) if shapely.area(p) > 1e-4])


def _is_home(zone: Zone) -> bool:
    return HOME in (zone.id, zone.parent)


def _meta(
    zone: Zone,
    layers: Sequence[Layer],
    given: Given,
    origins: list[dict[str, Any]],
) -> dict[str, Any]:
    return {
        **_titles(zone, _RESOURCES_TITLE if given.land is None else LAND_TITLE),
        "origin_zh": _from_zh(origins),
        "band_note": "公路" if given.areas is None else "",
        "areas_given": given.areas is not None,
        "inset_zh": _inset_zh(zone),
        "home": _is_home(zone),
        "coverage_zh": _coverage_zh(zone, layers),
        "unit_zh": _unit_zh(zone),
        "memberships": MEMBERSHIP_ZH,
        "notices": _notices(layers, _timed_zh(given.areas, origins)),
        "attribution": list(load_catalog().attribution),
    }


def _from_zh(origins: Iterable[dict[str, Any]]) -> str:
    """Say from where times are counted; empty where there are none."""
    return "、".join(f"自{origin['zh']}" for origin in origins)


def _titles(zone: Zone, subject: tuple[str, str]) -> dict[str, str]:
    """Return the title of a map in both languages: where it is, and what it is of."""
    # the home zone is called by its full name, others by that of the table
    name_zh, name_en = _TITLES.get(zone.id, (zone.name_zh, zone.name_en))
    return {"title_zh": f"{name_zh} · {subject[0]}", "title_en": f"{name_en}: {subject[1]}"}


def _notices(layers: Sequence[Layer], timed: str) -> list[str]:
    """What stands on the face of every map: warning, dates and sources."""
    catalog = load_catalog()
    dated = f"{timed}数据日期 {catalog.data_date} · 坐标系 CGCS2000（EPSG:4490）·"
    review = f" 行政区划来源平台审图号 {_review_number(catalog.files)}"
    return [
        *_user_notices(layers),
        f"{MAP_NOTICE}{_NOT_OFFICIAL}",
        dated + review,
        _ATTRIBUTION,
    ]


def _timed_zh(
    areas: gpd.GeoDataFrame | Comparison | None, origins: Sequence[dict[str, Any]]
) -> str:
    """What must be known of times where there are any."""
    # the areas that nobody gave are drawn only where their origin lies in the zone
    if areas is None and not origins:
        return ""
    with_band = areas is not None and has_band(areas)
    return f"等时圈：{ISOCHRONE_NOTICE if with_band else NOTICE_WITHOUT_BAND}"


def _user_notices(layers: Sequence[Layer]) -> list[str]:
    """What stands on the face of a page that carries users' layers; empty when it carries none."""
    named = [f"{layer.spec.name_zh}（{layer.origin}）" for layer in layers if is_users(layer)]
    if not named:
        return []
    return [f"{USER_DATA_NOTICE}含：{'、'.join(named)}。密级：＿＿＿＿　使用范围：＿＿＿＿"]


def _inset_zh(zone: Zone) -> str:
    if _is_home(zone):
        return "区位：太原市、忻州市"
    codes = zone.members["code"]
    by_province = codes.str.endswith("0000").any()
    return "区位：山西省" if codes.str.startswith(SHANXI).any() and not by_province else "本区轮廓"


def _unit_zh(zone: Zone) -> str:
    ranks = {
        "prefecture": "市",
        "province": "省",
        "sar": "特别行政区",
    }
    kinds = {ranks.get(level, "县（市、区）") for level in zone.members["level"]}
    return (
        "、".join(
            sorted(
                kinds,
                key=lambda kind: (len(kind), kind),
            )
        )
        + "界"
    )


def _coverage_zh(zone: Zone, layers: Sequence[Layer]) -> str:
    """Say which classes have no data in the zone, and where data were looked for; empty for the
    home zone.
    """
    if _is_home(zone):
        return ""
    searched = {code for layer in layers for code in layer.spec.coverage}

    # coverage goes by county; members may go by prefecture or province
    here = {c for c in searched if {c, f"{c[:4]}00", f"{c[:2]}0000"} & set(zone.members["code"])}
    if not here:
        return f"本区不在资料收集范围内，{len(layers)}类保护资源均无资料。空白不等于没有保护资源。"
    none = "、".join(layer.spec.name_zh for layer in layers if not set(layer.spec.coverage) & here)
    rest = f"下列类别在本区没有资料：{none}。" if none else ""
    return (
        f"保护资源只在太忻一体化经济区的{len(here)}个县（市、区）内收集过，"
        f"本区其余部分各类均无资料。{rest}空白不等于没有保护资源。"
    )


def _review_number(entries: Iterable[dict[str, Any]]) -> str:
    # a map of China without a number of review may not be published: a blank keeps its place
    for entry in entries:
        for value in entry.values():
            if match := re.search(r"GS\s*[（(]\d{4}[)）]\s*\d+\s*号", str(value)):
                return match[0].replace(" ", "")
    return "＿＿＿＿"
