"""The tools that reach is measured against, each on the same extract; one that is not installed
says so.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

Question = Callable[[], object]


class Missing(Exception):
    """A peer that cannot be measured here, and why."""


def valhalla_bands(extract: Path, at: tuple[float, float], minutes: Sequence[int]) -> Question:
    """Return a call of Valhalla in process for the polygons of all bands; its tiles are built
    before.

    Its speeds are its own, so what it reaches differs.
    """
    if find_spec("valhalla") is None:
        raise Missing("pip install --pre pyvalhalla-weekly")
    import valhalla

    tiles = extract.parent / "tiles"
    tiles.mkdir(exist_ok=True)
    config: dict[str, Any] = valhalla.get_config(
        tile_extract="", tile_dir=str(tiles), verbose=False
    )
    for name in ("traffic_extract", "admin", "timezone"):
        config["mjolnir"].pop(name, None)
    config["mjolnir"].update(concurrency=1, tile_extract="")
    config["service_limits"]["isochrone"].update(
        max_contours=len(minutes), max_time_contour=minutes[-1]
    )
    told = tiles / "valhalla.json"
    told.write_text(json.dumps(config), encoding="utf-8")
    build = Path(valhalla.__file__).parent / "bin" / "valhalla_build_tiles"
    command = [str(build), "-c", str(told.resolve()), str(extract.resolve())]
    done = subprocess.run(
        command, cwd=tiles, capture_output=True, text=True, check=False
    )  # it writes lists beside itself
    if done.returncode:
        raise Missing(f"its tiles cannot be built: {(done.stdout + done.stderr)[-200:]}")
    actor = valhalla.Actor(str(told))
    asked = {
        "locations": [{"lon": at[0], "lat": at[1]}],
        "costing": "auto",
        "contours": [{"time": limit} for limit in minutes],
        "polygons": True,
    }
    return lambda: actor.isochrone(asked)


def osmnx_graph(extract: Path) -> Any:
    """Return the projected graph with times that osmnx makes of an extract (.osm beside it)."""
    if find_spec("osmnx") is None:
        raise Missing("pip install 'sxgeo[osm]'")
    import osmnx

    graph = osmnx.graph_from_xml(plain_xml(extract), simplify=False, retain_all=True)
    graph = osmnx.simplify_graph(graph)
    return osmnx.project_graph(
        osmnx.add_edge_travel_times(osmnx.add_edge_speeds(graph, fallback=30))
    )


def pandana_network(tail: Any, head: Any, ticks: Any, lon: Any, lat: Any) -> Any:
    """Return the network that pandana prepares of the same arcs; it prints lines of its own."""
    if find_spec("pandana") is None:
        raise Missing("pip install pandana")
    import pandana
    import pandas as pd

    times = pd.DataFrame({"ticks": ticks})
    ends = pd.Series(tail), pd.Series(head)
    return pandana.Network(pd.Series(lon), pd.Series(lat), *ends, times, twoway=False)


def plain_xml(extract: Path) -> Path:
    """Return the extract as .osm, which is all that osmnx reads; written once."""
    import osmium

    plain = extract.with_suffix("").with_suffix(".osm")
    if not plain.exists():
        with osmium.SimpleWriter(str(plain), overwrite=True) as writer:
            for thing in osmium.FileProcessor(str(extract)):
                writer.add(thing)
    return plain


def osmnx_bands(
    graph: Any, at: tuple[float, float], minutes: Sequence[int], metres: float = 50.0
) -> Question:
    """Return the recipe of osmnx's example for all bands: the part of the graph in time, its edges
    widened and united.
    """
    import geopandas as gpd
    import networkx as nx
    import osmnx
    import shapely

    crs = graph.graph["crs"]
    place = gpd.GeoSeries([shapely.Point(at)], crs="EPSG:4326").to_crs(crs).iloc[0]
    centre = osmnx.nearest_nodes(graph, place.x, place.y)

    def recipe() -> list[Any]:
        areas = []
        for limit in minutes:
            part = nx.ego_graph(graph, centre, radius=limit * 60, distance="travel_time")
            lines = [
                told.get("geometry")
                or shapely.LineString(
                    [(part.nodes[n]["x"], part.nodes[n]["y"]) for n in (start, end)]
                )
                for start, end, told in part.edges(data=True)
            ]
            areas.append(gpd.GeoSeries(lines).buffer(metres).union_all())
        return areas

    return recipe
