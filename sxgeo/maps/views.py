"""What `explore` and `plot` of a value draw; the values ask for this module by name
(sxgeo/model/shown.py).
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..boundaries.units import load_counties
from ..boundaries.zones import Zone
from ..errors import InputError, UsageError
from ..files.libraries import library
from ..geometry.datums import to_geographic
from ..geometry.projection import GEOGRAPHIC
from ..layers.layers import FrameLayer, Layer
from ..reports.palette import COUNTY_EDGE, LAND, VERDICT_COLOURS
from ..reports.report import Report
from ..wording import ISOCHRONE_NOTICE, MAP_NOTICE, OUTCOME_ZH, USER_DATA_NOTICE
from .offline import OfflineMap
from .page import build_map

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..model.shown import Shown

MOST_SHAPES = 20_000
"""More shapes make a page that no browser moves; a network of a zone has more, a part of it has
not.
"""
_PLAIN = "#1d5fa8"
_SHOWN_COLUMNS = 12
_HOME = "taixin"
_BOUNDARIES = "县级界线 counties: 天地图"


def explore(thing: Shown) -> OfflineMap:
    """Return the map of a value: of a zone its page, of a report within the home zone that page, of
    others their shapes.

    Raises
    ------
    InputError
        If there is nothing with a place, or more than a page can carry.
    """
    if isinstance(thing, Zone) and thing.outline is not None:
        return build_map(thing)
    if isinstance(thing, Report) and _is_at_home(thing):
        return build_map(_HOME, report=thing)
    shipped = isinstance(thing, (Zone, FrameLayer)) or (
        isinstance(thing, Layer) and thing.origin.kind != "user"
    )
    return frame_map(
        thing.to_frame(),
        repr(thing).strip("<>"),
        users=not shipped,
    )


def _is_at_home(report: Report) -> bool:
    usable = [s.site.site_id for s in report.sites if s.site.usable]
    return bool(usable) and all(_HOME in report.zones.get(i, ()) for i in usable)


def frame_map(
    frame: gpd.GeoDataFrame,
    title: str,
    *,
    users: bool = True,
) -> OfflineMap:
    """Draw a frame on a bare ground with the counties around; its columns stand in the tooltips,
    escaped.

    The page says that it is for internal work, and, unless `users` is False, that it holds a user's
    own data.

    Raises
    ------
    InputError
        If there is nothing with a place, more than a page can carry, or no CRS.
    """
    # refused before anything is drawn: a browser would only stand still
    placed = degrees_of(frame)
    _refuse_count(len(placed), title)
    west, south, east, north = placed.total_bounds
    page = _blank_page(
        title,
        ((south + north) / 2, (west + east) / 2),
    )
    page.add_child(_ground(placed))
    page.add_child(feature_layer(placed))

    # what must be known of the page stands on its face, not behind a click
    add_notice(page, _face_notices(timed="minutes" in frame.columns, users=users))
    page.fit_bounds([[south, west], [north, east]], max_zoom=14)
    return page


def _refuse_count(count: int, title: str) -> None:
    if count == 0:
        raise InputError(f"{title}: nothing with a place to draw")
    if count > MOST_SHAPES:
        raise InputError(
            f"{title}: {count:,} shapes, and a page carries {MOST_SHAPES:,}; take a part of"
            " the frame (to_frame()) and draw it with frame.sx.map()"
        )


def add_notice(
    page: OfflineMap,
    lines: Sequence[str],
    *,
    bottom_px: int = 8,
) -> None:
    """Write sentences that a reader must see on the face of a map, so far above its lower edge."""
    words = "<br>".join(html.escape(line) for line in lines)
    figure: Any = page.get_root()
    figure.html.add_child(
        folium.Element(
            "<div"
            f' style="position:fixed;left:8px;bottom:{bottom_px}px;z-index:1000;max-width:80%;'
            f'background:#fffd;padding:3px 8px;font:12px sans-serif;color:#985a00">{words}</div>'
        )
    )


def degrees_of(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the rows with a place, in EPSG:4490.

    Raises
    ------
    InputError
        If the frame has no CRS, or one on another datum.
    """
    if frame.crs is None:
        raise InputError(
            "the frame has no CRS, and it is never guessed; say it: frame.set_crs('EPSG:4490')"
        )
    placed = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    shapes = to_geographic(
        np.asarray(placed.geometry.to_numpy(), dtype=object),
        frame.crs,
    )

    # the geometry column may have any name: it is taken off and put back under the usual one
    table = pd.DataFrame(placed.drop(columns=placed.geometry.name))
    places = gpd.GeoSeries(list(shapes), index=placed.index, crs=GEOGRAPHIC)
    return gpd.GeoDataFrame(table, geometry=places, crs=GEOGRAPHIC)


def _ground(placed: gpd.GeoDataFrame) -> folium.GeoJson:
    """The counties around, for the eye."""
    counties = load_counties(neighbours=True)
    around = shapely.box(*placed.total_bounds).buffer(0.3)
    outlines = counties.geometry[counties.intersects(around)].simplify(0.002)
    return folium.GeoJson(
        json.loads(outlines.to_json()),
        name="县区 counties",
        style_function=lambda _: {
            "color": COUNTY_EDGE,
            "weight": 1,
            "fillColor": LAND,
            "fillOpacity": 0.8,
        },
    )


def feature_layer(placed: gpd.GeoDataFrame) -> folium.GeoJson:
    """Return a frame in degrees as a folium layer with tooltips; everything a file said is
    escaped.
    """
    columns = [c for c in placed.columns if c != placed.geometry.name][:_SHOWN_COLUMNS]

    # a tooltip is HTML, and its fields are looked up by plain names of our own
    fields = {f"c{number}": column for number, column in enumerate(columns)}
    heads = [html.escape(str(column)) for column in columns]
    return folium.GeoJson(
        json.loads(_escaped(placed, fields).to_json()),
        name="图层 layer",
        style_function=_style,
        marker=folium.CircleMarker(
            radius=5,
            weight=1,
            fill=True,
            fill_opacity=0.6,
        ),
        tooltip=folium.GeoJsonTooltip(list(fields), aliases=heads) if fields else None,
    )


def _escaped(placed: gpd.GeoDataFrame, fields: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """Return the texts of some columns as HTML shows them, and the verdict that colours each."""
    table = {
        name: [html.escape(_text(v)) for v in placed[c].tolist()] for name, c in fields.items()
    }
    if "verdict" in placed.columns:
        table["verdict"] = [_text(v) for v in placed["verdict"]]
    shapes = gpd.GeoSeries(placed.geometry.to_numpy(), crs=GEOGRAPHIC)
    return gpd.GeoDataFrame(table, geometry=shapes)


def _style(feature: Mapping[str, Any]) -> dict[str, Any]:
    colour = VERDICT_COLOURS.get(str(feature["properties"].get("verdict")), _PLAIN)
    return {
        "color": colour,
        "weight": 2,
        "fillColor": colour,
        "fillOpacity": 0.3,
    }


def _text(value: object) -> str:
    text = "" if value is None or value is pd.NA or value != value else str(value)
    return text if len(text) <= 200 else f"{text[:199]}…"


def _blank_page(title: str, middle: tuple[float, float]) -> OfflineMap:
    page = OfflineMap(
        tiles=None,
        location=middle,
        zoom_start=9,
    )

    # a title comes from a user's file, and stands in HTML
    figure: Any = page.get_root()
    figure.title = html.escape(title)
    return page


def _face_notices(*, timed: bool, users: bool) -> list[str]:
    """Return what must be known: of every map, of a user's data, of times."""
    own = [USER_DATA_NOTICE] if users else []
    return [MAP_NOTICE, _BOUNDARIES, *own, *([ISOCHRONE_NOTICE] if timed else [])]


def plot(thing: Shown, *, ax: Axes | None = None) -> Axes:
    """Draw a value with matplotlib, a report by verdict.

    Raises
    ------
    UsageError
        If matplotlib is not installed.
    """
    need = "a static figure needs matplotlib, which is not installed"
    pyplot = library("matplotlib.pyplot", need, UsageError)
    frame = degrees_of(thing.to_frame())
    drawn: Axes = ax if ax is not None else pyplot.subplots()[1]
    if "verdict" in frame.columns:
        _plot_by_verdict(frame, drawn)
    elif len(frame):
        frame.plot(
            ax=drawn,
            color=_PLAIN,
            alpha=0.6,
        )
    drawn.set_xlabel("lon, EPSG:4490")
    drawn.set_ylabel("lat")
    return drawn


def _plot_by_verdict(frame: gpd.GeoDataFrame, ax: Axes) -> None:
    """Plot each verdict in its own colour, under its own name in a legend."""
    for verdict, rows in frame.groupby("verdict", sort=True):
        rows.plot(
            ax=ax,
            color=VERDICT_COLOURS[str(verdict)],
            label=OUTCOME_ZH[str(verdict)],
        )
