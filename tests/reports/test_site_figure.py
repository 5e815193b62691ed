"""The figure of a plot and what it shares with resources: no hole in either is painted over."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from PIL import Image
from shapely import box

from sxgeo.analysis.conflicts.check import check_sites
from sxgeo.reports.figure import HEIGHT, WIDTH, Figure, site_figure

PAPER, LAND, PROHIBITED, REGULATED = "#ffffff", "#dbe7f5", "#f0bcbf", "#bcd3ec"
PLOT = box(112.600, 38.300, 112.610, 38.308)
COURT = box(112.603, 38.302, 112.607, 38.306)
HUT = box(112.6045, 38.3035, 112.6055, 38.3045)
ALL = box(112.59, 38.29, 112.62, 38.32)
AWAY = box(112.70, 38.29, 112.71, 38.30)

# in units of the drawing: the middle of its frame, which is that of the plot, and places in it
HEART = (347.0, 211.0)
IN_COURT = (377.0, 241.0)
ON_LAND = (257.0, 301.0)


def drawn(
    folder: Path,
    plot: Any,
    core: Any,
    wood: Any,
) -> Figure:
    """Draw a plot of a prohibition and a regulated area, each of one's own."""
    told = []
    for class_id, shape, words in (
        ("heritage_sites", core, 'subzone = "保护范围"\n'),
        ("public_welfare_forest", wood, ""),
    ):
        name = f"layer{len(told)}.gpkg"
        frame = gpd.GeoDataFrame(
            {"feature_id": [class_id], "name_zh": ["某处"]}, geometry=[shape], crs="EPSG:4490"
        )
        frame.to_file(folder / name, engine="pyogrio")
        told.append(
            f'[[layer]]\nclass = "{class_id}"\nfile = "{name}"\n{words}position_accuracy_m = 1\n'
        )
    (folder / "sxgeo.toml").write_text("".join(told), encoding="utf-8")
    site = gpd.GeoDataFrame({"site_id": ["S"]}, geometry=[plot], crs="EPSG:4490")
    site.to_file(folder / "site.geojson", engine="pyogrio")
    report = check_sites(folder / "site.geojson", workspace=folder / "sxgeo.toml")
    figure = site_figure(report.sites[0])
    assert figure is not None
    return figure


def in_png(figure: Figure, at: tuple[float, float]) -> str:
    """Return the colour that fills the picture round a place, whatever line crosses it."""
    image = Image.open(io.BytesIO(figure.png()))
    fine = image.width / WIDTH
    assert fine == image.height / HEIGHT
    x, y = at
    spot = image.crop([round(n * fine) for n in (x - 5, y - 5, x + 5, y + 5)])
    _, colour = max(spot.getcolors())
    return "#" + bytes(colour).hex()


def in_svg(figure: Figure, at: tuple[float, float]) -> str:
    """Return the fill of the last shape that covers a place, as a reader of SVG fills it."""
    colour = PAPER
    for kind, path, fill in re.findall(
        r'<(polygon|path) (?:points|d)="([^"]*)".*? fill="(#\w+)"/>', figure.svg()
    ):
        assert kind == "polygon" or path.count("M") == path.count("Z") > 1
        rings = [
            shapely.Polygon([[float(n) for n in pair.split(",")] for pair in chain.split()])
            for chain in path.replace("M", "").strip("Z").split("Z")
        ]
        if sum(ring.contains(shapely.Point(at)) for ring in rings) % 2:
            colour = fill
    return colour


@pytest.mark.parametrize("colour_at", [in_png, in_svg])
@pytest.mark.parametrize(
    ("plot", "core", "wood", "expected"),
    [
        pytest.param(
            PLOT.difference(COURT),
            ALL,
            AWAY,
            {HEART: PAPER, ON_LAND: PROHIBITED},
            id="the courtyard of a plot that lies wholly in a prohibition is paper",
        ),
        pytest.param(
            PLOT,
            ALL.difference(COURT),
            HUT,
            {HEART: REGULATED, IN_COURT: LAND, ON_LAND: PROHIBITED},
            id="what is regulated in the middle of a prohibition is seen",
        ),
        pytest.param(
            PLOT.difference(COURT),
            ALL,
            ALL,
            {HEART: PAPER, ON_LAND: PROHIBITED},
            id="a courtyard stays paper under two shares",
        ),
        pytest.param(
            shapely.MultiPolygon([HUT, PLOT.difference(COURT)]),
            AWAY,
            AWAY,
            {HEART: LAND, IN_COURT: PAPER, ON_LAND: LAND},
            id="a part of a plot in its own courtyard is land",
        ),
    ],
)
def test_every_ground_has_the_colour_of_what_it_is(
    plot: Any,
    core: Any,
    wood: Any,
    expected: dict[tuple[float, float], str],
    colour_at: Callable[[Figure, tuple[float, float]], str],
    tmp_path: Path,
) -> None:
    figure = drawn(tmp_path, plot, core, wood)
    assert {at: colour_at(figure, at) for at in expected} == expected
