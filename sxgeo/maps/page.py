"""The map of a zone: a folium map that carries our page and saves itself as one file."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import shapely
from branca.element import MacroElement
from folium.template import Template

from ..errors import UsageError
from .backdrop import backdrop
from .content import Given, county_names, drawable, shareable, zone_content
from .geos import BLOCK, LICENCE_BLOCK, geos
from .inline import escape_script, json_block, library_text
from .load import NO_CHECK, on_tiles
from .offline import OfflineMap
from .pack import check_pack
from .tiled import located, page_data, stem_pinyin, tiled, too_many_to_check

if TYPE_CHECKING:
    from ..analysis.accessibility.compare import Comparison
    from ..boundaries.zones import Zone
    from ..geometry.shapes import Shape
    from ..layers.layers import Layer
    from ..reports.report import Report
    from .backdrop import Backdrop
    from .tiled import PageData

ENGINES = ("own", "both")
"""What a page measures with: its own arithmetic, or that and GEOS, which must say the same."""
_GEOS_NOTE = (
    "GEOS 3.13.0 (GNU LGPL 2.1), geos-wasm 3.1.1 (GNU LGPL 2.1, 3.0 or later): a library of its"
    " own in"
    " this page, which may be replaced; source: npm package geos-wasm, project libgeos"
)
_LIBRARIES = ("polygon-clipping/dist/polygon-clipping.umd.min.js",)


@lru_cache(maxsize=3)
def _static(bundle: str) -> dict[str, str]:
    folder = files("sxgeo.maps").joinpath("static")
    names = ("page.min.css", "page.html", f"{bundle}.min.js", "floor.min.js")
    style, body, code, floor = (folder.joinpath(name).read_text("utf-8") for name in names)
    libraries = "\n".join(library_text(path) for path in _LIBRARIES).replace(
        "http://www.", ""
    )  # a notice, no address
    return {
        "style": style,
        "body": body,
        "code": libraries + "\n" + escape_script(code),
        "floor": escape_script(floor).strip(),
    }


@lru_cache(maxsize=1)
def _second() -> str:
    folder = files("sxgeo.maps").joinpath("static")
    return escape_script(folder.joinpath("second.min.js").read_text("utf-8")).strip()


class _Furniture(MacroElement):
    """Everything of the page beside Leaflet: style, panel, data and the script that draws them."""

    _template = Template("""
        {% macro header(this, kwargs) %}<style>{{ this.parts.style }}</style>{% endmacro %}
        {% macro html(this, kwargs) %}{{ this.parts.body }}
        {% for id, block in this.blocks.items() %}
        <script type="application/json" id="{{ id }}">{{ block }}</script>
        {% endfor %}{% endmacro %}
        {% macro script(this, kwargs) %}
        {{ this.parts.code }}
        sxgeoPage({{ this._parent.get_name() }}, "sx-data");
        {% endmacro %}
        """)

    def __init__(self, data: PageData) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "SxgeoPage"
        self.parts = _static(data.bundle)
        self.blocks = data.blocks

        # the licence of GEOS wants its text beside every copy
        if data.second:
            held = geos()
            self.blocks |= {
                BLOCK: json_block(held.code),
                LICENCE_BLOCK: json_block(held.licence),
            }


_LEAFLET: dict[str, Any] = {
    "tiles": None,
    "max_zoom": 16,
    "zoom_snap": 0.25,
    "zoom_delta": 0.5,
    "wheel_px_per_zoom_level": 120,
    "max_bounds_viscosity": 0.8,
    "attribution_control": False,
}
"""How Leaflet moves and zooms; no tiles, for they would be fetched."""


class ZoneMap(OfflineMap):
    """A folium map of a zone; any folium layer or plugin can be added to it.

    The page asks for nothing: see :class:`sxgeo.maps.offline.OfflineMap`.
    """

    def __init__(
        self,
        data: PageData,
        centre: tuple[float, float],
        *,
        min_zoom: int = 7,
        images_from: Sequence[str] = (),
    ) -> None:
        super().__init__(
            location=centre,
            zoom_start=max(9, min_zoom),
            min_zoom=min_zoom,
            **_LEAFLET,
        )

        # sources stand in the panel of the page itself, which folium does not know
        self.images_from = tuple(images_from)

        # folium writes a title into the page as it stands
        figure: Any = self.get_root()
        figure.title = html.escape(data.title)
        self.first_script = _static("page")["floor"]
        self.engine_scripts = (geos().script, _second()) if data.second else ()
        self.load = data.load
        self.add_child(_Furniture(data), "sxgeo_page")


def build_map(
    zone: str | Zone = "taixin",
    *,
    layers: Sequence[Layer] | None = None,
    report: Report | None = None,
    areas: gpd.GeoDataFrame | Comparison | None = None,
    links: gpd.GeoDataFrame | None = None,
    nodes: gpd.GeoDataFrame | None = None,
    land: gpd.GeoDataFrame | None = None,
    embed_user_layers: bool = False,
    hillshade: str | Path | None = None,
    tiles: str | None = None,
    engine: Literal["own", "both"] = "own",
) -> ZoneMap:
    """Build the map of a zone.

    Parameters
    ----------
    zone
        Zone or its id.
    layers
        Resource layers; None takes every bundled class. Of a user's own layers the page carries
        nothing unless `embed_user_layers` says so: the bundled layer of their class stands in.
    report
        A report of :func:`sxgeo.check_sites`, whose sites are drawn by verdict.
    areas
        Frame of :func:`sxgeo.isochrones`, whose inner and outer contours are drawn as an error
        band; or the answer of
        :func:`sxgeo.compare`, whose two days stand side by side with a slider between them. None
        computes 15, 30 and 60 minutes by road from Taiyuan railway station where that lies in the
        zone, an empty frame draws none.
    links, nodes
        Frames of the layers ``transport_links`` and ``transport_nodes``; None takes the bundled
        ones.
    land
        The `maps` of :func:`sxgeo.find_candidates`: land that is surely available, available as far
        as is known, in doubt and surely not available, each a layer of its own; None draws none.
    embed_user_layers
        Whether a user's own layers stand in the page; it then names them on its face, with a place
        for their classification and scope of use.
    hillshade
        Elevation model of one's own (GeoTIFF ..., needs rasterio), drawn as a hillshade that stands
        in the page.
    tiles
        ``tianditu``, ``tianditu-image``, ``tianditu-terrain``, ``amap`` or a URL template with {z},
        {x} and {y}: an online background, see :func:`sxgeo.maps.online.tile_source`. None keeps the
        page without any request.
    engine
        ``own`` measures by the page's own arithmetic; ``both`` by GEOS, too (0.8 MB more): where
        the two differ by more than 1 mm or 1e-4 m2, or GEOS cannot run in the browser, nothing is
        clear.

    Returns
    -------
    ZoneMap
        A folium map.

    Raises
    ------
    UsageError
        If the zone or the engine is unknown.
    AnalysisError
        If the zone has no outline to draw.
    InputError
        If `areas` is no frame of isochrones or `land` no maps of candidates, the elevation model
        cannot be used, or the page would be larger than 100 MB.

    Examples
    --------
    >>> import sxgeo
    >>> report = sxgeo.check_sites((112.6001, 38.3001))
    >>> page = sxgeo.build_map("taixin", report=report)
    >>> page.save("map.html")
    """
    _refuse_unknown(engine)
    place, frame = drawable(zone)
    held = shareable(layers, embed_user_layers)
    given = Given(report, areas, links, nodes, land)
    payload, on_canvas = _payload(place, held, given, engine)
    origins = _lay_under(payload, backdrop(frame, hillshade=hillshade, tiles=tiles))

    # tiles are made last: all above may still refuse
    return _opened(page_data(payload, _tiles(on_canvas, place)), frame, origins)


def _refuse_unknown(engine: str) -> None:
    if engine not in ENGINES:
        raise UsageError(f"unknown engine '{engine}'. Known: {', '.join(ENGINES)}.")


def _opened(
    data: PageData,
    frame: Shape,
    origins: Sequence[str],
) -> ZoneMap:
    """Return a page that opens where all of `frame` is seen, its images from some origins."""
    return ZoneMap(
        data,
        _centre(frame),
        min_zoom=_min_zoom(frame),
        images_from=origins,
    )


def _tiles(layers: Sequence[Layer], zone: Zone) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Return table and geometry of the classes that are drawn on canvas tiles, by class id."""
    names = county_names()
    return {layer.spec.id: tiled(layer, zone, names) for layer in layers}


def _payload(
    place: Zone,
    held: Sequence[Layer],
    given: Given,
    engine: str,
) -> tuple[dict[str, Any], list[Layer]]:
    """Return what a page draws and checks, and the layers that go onto its tiles."""
    # a class of very many records goes onto tiles
    many = on_tiles(located(held))
    content = zone_content(place, held, given, apart=many)
    on_canvas = [layer for layer in held if layer.spec.id in many]
    return _with_check(content, held, on_canvas, second=engine == "both"), on_canvas


def _with_check(
    content: dict[str, Any],
    held: Sequence[Layer],
    on_canvas: Sequence[Layer],
    *,
    second: bool,
) -> dict[str, Any]:
    """Add to what is drawn what is checked against. They are packed apart: the one may be
    simplified, the other never.
    """
    # of more than a page can check it says so, and refuses to
    refusal = NO_CHECK if too_many_to_check(on_canvas) else None
    many = {layer.spec.id for layer in on_canvas}
    check = check_pack(
        held,
        apart=many,
        refusal=refusal,
        second=second,
    )
    payload = content | {"check": check}
    if second:
        payload["meta"]["attribution"].append(_GEOS_NOTE)
    payload["pinyin"] |= stem_pinyin(on_canvas)
    return payload


def _lay_under(payload: dict[str, Any], under: Backdrop) -> Sequence[str]:
    """Lay a background under the page, where one was asked for; return the origins of its
    images.
    """
    # that a background is no evidence must stand above all other notices
    if under.layers:
        payload["backdrop"] = list(under.layers)
        payload["meta"]["notices"][:0] = under.notices
    return under.origins


def _centre(frame: Shape) -> tuple[float, float]:
    """Return the middle of a shape as lat, lon: the order of Leaflet."""
    west, south, east, north = shapely.bounds(frame)
    return (south + north) / 2, (west + east) / 2


def _min_zoom(frame: Shape) -> int:
    """Return the zoom at which the zone still fills about half of a window, 7 at most."""
    west, south, east, north = shapely.bounds(frame)

    # a window is wider than high, so that height counts more
    span = max(east - west, 1.5 * (north - south))
    return max(
        3,
        min(
            7,
            math.floor(math.log2(360 * 800 / (256 * span))),
        ),
    )
