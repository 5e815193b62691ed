"""The map of a zone: a folium map that carries our page and saves itself as one file."""

from __future__ import annotations

import html
import math
import os
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import folium
import geopandas as gpd
import shapely
from branca.element import MacroElement
from folium.template import Template

from ..boundaries import list_zones, load_counties, load_units, load_zone
from ..catalog import load_catalog
from ..errors import AnalysisError, InputError
from ..files import write_text
from ..layers import load_layer, load_layers
from ..model import CLASS_IDS, Layer, Zone
from ..wording import ISOCHRONE_NOTICE, MAP_NOTICE, MEMBERSHIP_ZH, USER_DATA_NOTICE
from . import drawing, style
from .backdrop import backdrop
from .bands import NOTICE_WITHOUT_BAND, has_band, reach
from .inline import escape_script, inline, library_text
from .load import NO_CHECK, on_tiles, refuse_too_much
from .pack import check_pack, is_users
from .pinyin import pinyin_of
from .rulewords import rule_words
from .tiled import PageData, located, page_data, tiled, too_many_to_check

if TYPE_CHECKING:
    from ..railways import Comparison

HOME = "taixin"
"""The zone whose resource list the fifteen classes follow and whose counties were searched."""
SHANXI = "14"
_LIBRARIES = ("polygon-clipping/dist/polygon-clipping.umd.min.js",)
_TITLES = {"taixin": ("太原—忻州一体化经济区", "Taiyuan–Xinzhou Integrated Economic Zone")}
_ATTRIBUTION = "© OpenStreetMap contributors (ODbL) · 天地图 · GeoNames · Wikipedia（全文见图例“资料来源与署名”）"
_NOT_OFFICIAL = "资源据公开资料整理，非官方名录及矢量边界，范围以主管部门公布成果为准。"


@lru_cache(maxsize=3)
def _static(bundle: str) -> dict[str, str]:
    folder = files("sxgeo.maps").joinpath("static")
    names = ("page.min.css", "page.html", f"{bundle}.min.js")
    style, body, code = (folder.joinpath(name).read_text("utf-8") for name in names)
    libraries = "\n".join(library_text(path) for path in _LIBRARIES).replace("http://www.", "")  # a notice, no address
    return {"style": style, "body": body, "code": libraries + "\n" + escape_script(code)}


class _Furniture(MacroElement):
    """Everything of the page beside Leaflet: style, panel, data and the script that draws them."""

    _template = Template(
        """
        {% macro header(this, kwargs) %}<style>{{ this.parts.style }}</style>{% endmacro %}
        {% macro html(this, kwargs) %}{{ this.parts.body }}
        {% for id, block in this.blocks.items() %}<script type="application/json" id="{{ id }}">{{ block }}</script>
        {% endfor %}{% endmacro %}
        {% macro script(this, kwargs) %}
        {{ this.parts.code }}
        sxgeoPage({{ this._parent.get_name() }}, "sx-data");
        {% endmacro %}
        """
    )

    def __init__(self, data: PageData) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "SxgeoPage"
        self.parts = _static(data.bundle)
        self.blocks = data.blocks


class ZoneMap(folium.Map):
    """A folium map of a zone; any folium layer or plugin can be added to it.

    It asks for Leaflet only. What else a plugin needs stays an address that Jupyter loads from the network
    and that :meth:`save` refuses.
    """

    default_js = tuple(e for e in folium.Map.default_js if e[0] == "leaflet")  # type: ignore[assignment]
    default_css = tuple(e for e in folium.Map.default_css if e[0] == "leaflet_css")  # type: ignore[assignment]

    def __init__(
        self, data: PageData, centre: tuple[float, float], *, min_zoom: int = 7, images_from: Sequence[str] = ()
    ) -> None:
        super().__init__(
            location=centre,
            tiles=None,
            zoom_start=max(9, min_zoom),
            min_zoom=min_zoom,
            max_zoom=16,
            zoom_snap=0.25,
            zoom_delta=0.5,
            wheel_px_per_zoom_level=120,
            max_bounds_viscosity=0.8,
            attribution_control=False,
        )
        self.images_from = tuple(images_from)
        figure: Any = self.get_root()
        figure.title = html.escape(data.title)
        self.load = data.load
        self.add_child(_Furniture(data), name="sxgeo_page")

    def to_html(self) -> str:
        """Return the page as one self-contained HTML text.

        Raises
        ------
        InputError
            If something added to the map asks for an address that is not vendored, or the page is larger than 100 MB.
        """
        page = inline(self, images_from=self.images_from)
        refuse_too_much(len(page.encode()))
        page = re.sub(r"<html\b[^>]*>", '<html lang="zh-CN">', page, count=1)
        return re.sub(r",\s*maximum-scale=1\.0, user-scalable=no", "", page, count=1)

    def save(self, outfile: Any, close_file: bool = True, **kwargs: Any) -> None:
        """Write the page to one file, whole or not at all; missing folders are made.

        Parameters
        ----------
        outfile
            Path of the HTML file; an old one is replaced only when the new one is complete. An open binary
            file is written to and, unless `close_file` is False, closed, as folium does.
        **kwargs
            Taken for the sake of :meth:`folium.Map.save`; they have no effect.

        Raises
        ------
        InputError
            If something added to the map is not vendored, or the file cannot be written.
        """
        page = self.to_html()
        if isinstance(outfile, (str, bytes, os.PathLike)):
            write_text(page, os.fsdecode(outfile))
            return
        outfile.write(page.encode("utf-8"))
        if close_file:
            outfile.close()

    def _repr_html_(self, **kwargs: Any) -> str:
        try:
            page = self.to_html()
        except InputError:  # a plugin that is not vendored: the notebook may have a network
            return str(super()._repr_html_(**kwargs))
        return (
            f'<iframe srcdoc="{html.escape(page)}" title="sxgeo map" '
            'style="width:100%;height:640px;border:0" allowfullscreen></iframe>'
        )


def build_map(
    zone: str | Zone = "taixin",
    *,
    layers: Sequence[Layer] | None = None,
    report: Any = None,
    areas: gpd.GeoDataFrame | Comparison | None = None,
    links: gpd.GeoDataFrame | None = None,
    nodes: gpd.GeoDataFrame | None = None,
    embed_user_layers: bool = False,
    hillshade: str | Path | None = None,
    tiles: str | None = None,
) -> ZoneMap:
    """Build the map of a zone.

    Parameters
    ----------
    zone
        Zone or its id.
    layers
        Resource layers; None takes every bundled class. Of a user's own layers the page carries nothing unless
        `embed_user_layers` says so: the bundled layer of their class stands in.
    report
        A report of :func:`sxgeo.check_sites`, whose sites are drawn by verdict.
    areas
        Frame of :func:`sxgeo.isochrones`, whose inner and outer contours are drawn as an error band; or the answer of
        :func:`sxgeo.compare`, whose two days stand side by side with a slider between them. None computes 15, 30 and
        60 minutes by road from Taiyuan railway station where that lies in the zone, an empty frame draws none.
    links, nodes
        Frames of the layers ``transport_links`` and ``transport_nodes``; None takes the bundled ones.
    embed_user_layers
        Whether a user's own layers stand in the page; it then names them on its face, with a place for their
        classification and scope of use.
    hillshade
        Elevation model of one's own (GeoTIFF ..., needs rasterio), drawn as a hillshade that stands in the page.
    tiles
        ``tianditu``, ``tianditu-image``, ``tianditu-terrain``, ``amap`` or a URL template with {z}, {x} and {y}: an online
        background, see :func:`sxgeo.maps.online.tile_source`. None keeps the page without any request.

    Returns
    -------
    ZoneMap
        A folium map.

    Raises
    ------
    UsageError
        If the zone is unknown.
    AnalysisError
        If the zone has no outline to draw.
    InputError
        If `areas` is no frame of isochrones, the elevation model cannot be used, or the page would be larger than 100 MB.
    """
    place, frame = drawable(zone)
    held = load_layers() if layers is None else shareable(layers, embed_user_layers)
    many, names = on_tiles(located(held)), _county_names()
    refusal = NO_CHECK if too_many_to_check([la for la in held if la.spec.id in many]) else None
    payload = {
        **zone_content(place, held, report=report, areas=areas, links=links, nodes=nodes, apart=many),
        "check": check_pack(held, apart=many, refusal=refusal),
    }
    under = backdrop(frame, hillshade=hillshade, tiles=tiles)
    if under.layers:
        payload["backdrop"] = list(under.layers)
        payload["meta"]["notices"][:0] = under.notices
    west, south, east, north = shapely.bounds(frame)
    centre = ((south + north) / 2, (west + east) / 2)
    drawn = {la.spec.id: tiled(la, place, names) for la in held if la.spec.id in many}
    return ZoneMap(page_data(payload, drawn), centre, min_zoom=_min_zoom(frame), images_from=under.origins)


def _county_names() -> dict[str, str]:
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
    place = load_zone(zone) if isinstance(zone, str) else zone
    outlines = [g for g in place.members.geometry if g is not None and not g.is_empty]
    if place.outline is None and not outlines:
        raise AnalysisError(f"zone '{place.id}' has no outline to draw: {place.geometry_note or 'none was obtained'}")
    return place, place.outline if place.outline is not None else shapely.union_all(outlines)


def zone_content(
    place: Zone,
    held: Sequence[Layer],
    *,
    report: Any = None,
    areas: gpd.GeoDataFrame | Comparison | None = None,
    links: gpd.GeoDataFrame | None = None,
    nodes: gpd.GeoDataFrame | None = None,
    apart: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """Return what page and static figure draw of a zone: plain lists in lat, lon order, in a fixed order.

    The parameters are those of :func:`build_map`; `held` is drawn as it is given, but of the classes `apart` only the
    records without a position are told.
    """
    bands, origins, days = reach(place, areas)
    names = _county_names()
    content = {
        **_base(place),
        "classes": [drawing.class_row(layer) for layer in held],
        "features": [f for la in held for f in drawing.features(la, place, names, unlocated_only=la.spec.id in apart)],
        "links": drawing.link_rows(load_layer("transport_links").frame if links is None else links, place),
        "nodes": drawing.node_rows(load_layer("transport_nodes").frame if nodes is None else nodes, place),
        "bands": bands,
        "origins": origins,
        "scenario": days,
        "elements": drawing.element_rows(place),
        "sites": drawing.site_rows(report.sites) if report is not None else [],
        "style": style.table(),
        "meta": _meta(place, held, areas, origins),
    }
    content["pinyin"] = pinyin_of(item["zh"] for item in (*content["counties"], *content["features"]))
    content["rules"] = rule_words(content["features"], [layer.spec.id for layer in held])
    drawing.spread(content["features"])
    drawing.spread(content["elements"])
    return content


def shareable(layers: Sequence[Layer], embed_user_layers: bool) -> list[Layer]:
    """Keep users' own layers only when that was said; else their class falls back to what is bundled."""
    if embed_user_layers:
        return list(layers)
    own = {layer.spec.id for layer in layers if is_users(layer)}
    bundled = {layer.spec.id: layer for layer in load_layers(sorted(own & set(CLASS_IDS)))} if own else {}
    return [
        bundled.get(layer.spec.id, layer) for layer in layers if layer.spec.id not in own or layer.spec.id in bundled
    ]


def _min_zoom(frame: Any) -> int:
    """Return the zoom at which the zone still fills about half of a window, 7 at most."""
    west, south, east, north = shapely.bounds(frame)
    span = max(east - west, 1.5 * (north - south))
    return max(3, min(7, math.floor(math.log2(360 * 800 / (256 * span)))))


def _base(zone: Zone) -> dict[str, Any]:
    """Members, zone outline and what lies around, simplified together so that their edges match."""
    members = list(zone.members.geometry)
    known = [g for g in members if g is not None and not g.is_empty]
    whole = shapely.union_all(known) if known else zone.outline
    kept = _around(zone, whole)
    tolerance = drawing.tolerance_deg(whole)
    tidy = drawing.simplified([*known, *(shape for _, shape in kept)], tolerance)
    drawn = iter(tidy[: len(known)])
    shown = [next(drawn) if g is not None and not g.is_empty else None for g in members]
    outline = shapely.union_all(tidy[: len(known)]) if known else drawing.simplified([zone.outline], tolerance)[0]
    context = [
        {
            "zh": name,
            "rings": drawing.polygons(shape),
            "at": drawing.place(max(shapely.get_parts([shape]), key=shapely.area)),
        }
        for (name, _), shape in zip(kept, tidy[len(known) :], strict=True)
    ]
    titles = dict(list_zones().set_index("zone_id")["name_zh"])
    return {
        "counties": drawing.counties(zone, shown, titles),
        "outline": drawing.polygons(outline),
        "subs": drawing.sub_regions(zone, shown, {i: titles[i] for i in zone.sub_regions}),
        "context": context,
    }


def _around(zone: Zone, whole: Any) -> list[tuple[str, Any]]:
    """Name and shape of what is drawn round the zone: its own prefectures, and Shanxi for a zone that reaches there.

    The home zone stands in its two prefectures; zones by province stand alone.
    """
    codes = set(zone.members["code"])
    if any(code.endswith("0000") for code in codes):
        return []
    prefectures = load_units("prefecture")
    own = {f"{code[:4]}00" for code in codes}
    home = _is_home(zone)
    shanxi = not home and any(code.startswith(SHANXI) for code in codes)
    wanted = [code in own or (shanxi and code.startswith(SHANXI)) for code in prefectures["code"]]
    around = prefectures[wanted]
    rest = shapely.difference(around.geometry.to_numpy(), whole) if len(around) else []
    parts = [shapely.union_all([p for p in shapely.get_parts([g]) if shapely.area(p) > 1e-4]) for g in rest]
    return [(name, shape) for name, shape in zip(around["name_zh"], parts, strict=True) if not shape.is_empty]


def _is_home(zone: Zone) -> bool:
    return HOME in (zone.id, zone.parent)


def _meta(
    zone: Zone, layers: Sequence[Layer], areas: gpd.GeoDataFrame | Comparison | None, origins: list[dict[str, Any]]
) -> dict[str, Any]:
    catalog = load_catalog()
    name_zh, name_en = _TITLES.get(zone.id, (zone.name_zh, zone.name_en))
    with_band = areas is not None and has_band(areas)
    isochrones = ISOCHRONE_NOTICE if with_band else NOTICE_WITHOUT_BAND
    timed = f"等时圈：{isochrones}" if areas is not None or origins else ""
    review = _review_number(catalog.files)
    return {
        "title_zh": f"{name_zh} · 保护资源与交通",
        "title_en": f"{name_en}: protected resources and transport",
        "origin_zh": "、".join(f"自{origin['zh']}" for origin in origins),
        "band_note": "公路" if areas is None else "",
        "areas_given": areas is not None,
        "inset_zh": "区位：太原市、忻州市" if _is_home(zone) else _inset_zh(zone),
        "home": _is_home(zone),
        "coverage_zh": _coverage_zh(zone, layers),
        "unit_zh": _unit_zh(zone),
        "memberships": MEMBERSHIP_ZH,
        "notices": [
            *_user_notices(layers),
            f"{MAP_NOTICE}{_NOT_OFFICIAL}",
            f"{timed}数据日期 {catalog.data_date} · 坐标系 CGCS2000（EPSG:4490）· 行政区划来源平台审图号 {review}",
            _ATTRIBUTION,
        ],
        "attribution": list(catalog.attribution),
    }


def _user_notices(layers: Sequence[Layer]) -> list[str]:
    """What stands on the face of a page that carries users' layers; empty when it carries none."""
    named = [f"{layer.spec.name_zh}（{layer.origin}）" for layer in layers if is_users(layer)]
    if not named:
        return []
    return [f"{USER_DATA_NOTICE}含：{'、'.join(named)}。密级：＿＿＿＿　使用范围：＿＿＿＿"]


def _inset_zh(zone: Zone) -> str:
    codes = zone.members["code"]
    by_province = codes.str.endswith("0000").any()
    return "区位：山西省" if codes.str.startswith(SHANXI).any() and not by_province else "本区轮廓"


def _unit_zh(zone: Zone) -> str:
    ranks = {"prefecture": "市", "province": "省", "sar": "特别行政区"}
    kinds = {ranks.get(level, "县（市、区）") for level in zone.members["level"]}
    return "、".join(sorted(kinds, key=lambda kind: (len(kind), kind))) + "界"


def _coverage_zh(zone: Zone, layers: Sequence[Layer]) -> str:
    """Say which classes have no data in the zone, and where data were looked for; empty for the home zone."""
    if _is_home(zone):
        return ""
    searched = {code for layer in layers for code in layer.spec.coverage}
    here = {c for c in searched if {c, f"{c[:4]}00", f"{c[:2]}0000"} & set(zone.members["code"])}
    if not here:
        return f"本区不在资料收集范围内，{len(layers)}类保护资源均无资料。空白不等于没有保护资源。"
    none = "、".join(layer.spec.name_zh for layer in layers if not set(layer.spec.coverage) & here)
    rest = f"下列类别在本区没有资料：{none}。" if none else ""
    return f"保护资源只在太忻一体化经济区的{len(here)}个县（市、区）内收集过，本区其余部分各类均无资料。{rest}空白不等于没有保护资源。"


def _review_number(entries: Iterable[dict[str, Any]]) -> str:
    for entry in entries:
        for value in entry.values():
            if match := re.search(r"GS\s*[（(]\d{4}[)）]\s*\d+\s*号", str(value)):
                return match[0].replace(" ", "")
    return "＿＿＿＿"
