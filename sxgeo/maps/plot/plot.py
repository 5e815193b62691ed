"""The map of a zone as a static figure; matplotlib is imported only when one is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd

from ...errors import UsageError, unknown
from ..content import Given, drawable, shareable, zone_content
from .sheet import SIZES
from .underlay import underlays

if TYPE_CHECKING:
    from ...analysis.accessibility.compare import Comparison
    from ...boundaries.zones import Zone
    from ...layers.layers import Layer
    from ...reports.report import Report
    from .figure import MapFigure


def plot_map(
    zone: str | Zone = "taixin",
    *,
    layers: Sequence[Layer] | None = None,
    report: Report | None = None,
    areas: gpd.GeoDataFrame | Comparison | None = None,
    links: gpd.GeoDataFrame | None = None,
    size: str = "a4",
    embed_user_layers: bool = False,
    hillshade: str | Path | None = None,
    tiles: str | None = None,
) -> MapFigure:
    """Draw the map of a zone on one sheet of paper.

    Parameters
    ----------
    zone
        Zone or its id.
    layers, areas, links, embed_user_layers
        As for :func:`sxgeo.build_map`; of two days the later is drawn, and what it gains is
        hatched.
    report
        A report of :func:`sxgeo.check_sites`: its sites are drawn by verdict, what they share with
        a prohibition is hatched in red.
    size
        ``"a4"`` or ``"a3"``; landscape, or upright where the zone is drawn larger so.
    hillshade
        Elevation model of one's own, as for :func:`sxgeo.build_map`, laid over the land.
    tiles
        Background from a server, as for :func:`sxgeo.build_map`, fetched while the figure is drawn;
        none in GCJ-02.

    Returns
    -------
    MapFigure
        A matplotlib figure. Its ``savefig`` embeds the Chinese font (PDF), draws letters as
        outlines (SVG) and writes no dates, so the same data give the same bytes. The plane is the
        CGCS2000 3-degree plane of the zone's middle, or a conic projection for a zone wider than 9
        degrees; the sheet names it.

    Raises
    ------
    UsageError
        If zone or size is unknown, matplotlib is not installed, or the tiles are none that a figure
        takes.
    AnalysisError
        If the zone has no outline to draw.
    InputError
        If the system has no font with Chinese letters, `areas` is no frame of isochrones, the
        elevation model cannot be used, or a tile cannot be had.

    Examples
    --------
    >>> import sxgeo
    >>> figure = sxgeo.plot_map("taixin", size="a4")
    >>> figure.save("map.png", dpi=40)
    """
    if size not in SIZES:
        raise unknown("size", size, SIZES)

    # looked for first: without matplotlib all that follows is in vain
    figure_of = _figures()
    place, frame = drawable(zone)
    held = shareable(layers, embed_user_layers)
    content = zone_content(place, held, Given(report, areas, links))
    under = underlays(frame, hillshade=hillshade, tiles=tiles)

    # that a background is no evidence must stand above all other notices
    content["meta"]["notices"][:0] = [words for one in under for words in one.notices]
    return figure_of(
        content,
        frame,
        size=size,
        report=report,
        underlays=under,
    )


def _figures() -> Callable[..., MapFigure]:
    """Return what draws a figure, or say what it needs."""
    try:
        from .figure import figure_of  # matplotlib: an optional library
    except ImportError as error:
        # matplotlib is there and lacks something itself: that must not be called missing
        if (error.name or "").split(".")[0] != "matplotlib":
            raise
        raise UsageError(
            "a static figure needs matplotlib, which is not installed: pip install 'sxgeo[plot]'"
        ) from error
    return figure_of
