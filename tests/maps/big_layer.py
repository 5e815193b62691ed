"""A seeded layer of many small polygons inside the Taiyuan-Xinzhou zone, as a user's own file of
farmland or redline plots would be.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from sxgeo.layers.classes import RESOURCE_COLUMNS
from sxgeo.layers.layers import Layer, load_layers
from sxgeo.model.outcomes import Origin
from sxgeo.workspace.boundaries import load_zone

BASE = {
    "resource_class": "permanent_farmland",
    "resource_kind": "permanent_farmland",
    "membership": "official_list",
    "role": "listed",
    "geometry_kind": "surveyed",
    "position_accuracy_m": 1.0,
    "datum_error_m": 0.0,
    "legal_designation": "永久基本农田",
    "source": "永久基本农田划定成果（示例）",
    "confidence": "user",
}


def plots(count: int, seed: int = 8, vertices: int = 16) -> np.ndarray:
    """Star-shaped polygons in the zone; their size shrinks with their number, so that few overlap."""
    rng, outline = np.random.default_rng(seed), load_zone("taixin").outline
    west, south, east, north = outline.bounds
    shapely.prepare(outline)
    places = np.empty((0, 2))
    while len(places) < count:
        tried = rng.uniform((west, south), (east, north), (2 * count, 2))
        places = np.concatenate([places, tried[shapely.contains_xy(outline, *tried.T)]])
    radius = 0.32 * np.sqrt(outline.area / count)
    turns = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    reach = radius * rng.uniform(0.55, 1, (count, vertices, 1))
    rings = places[:count, None, :] + reach * np.column_stack([np.cos(turns), np.sin(turns)])
    return shapely.polygons(np.round(np.concatenate([rings, rings[:, :1]], axis=1), 7))


def big_layer(count: int, seed: int = 8, **values: object) -> Layer:
    """A user's layer of `count` plots; every hundredth is a candidate, every tenth lies in another
    county.
    """
    frame = gpd.GeoDataFrame(
        {c: [BASE.get(c)] * count for c in RESOURCE_COLUMNS}, geometry=plots(count, seed), crs=4490
    )
    number = np.arange(count)
    frame["feature_id"] = [f"PBF-{i:06d}" for i in number]
    frame["name_zh"] = [f"基本农田图斑{i:06d}" for i in number]
    frame["county_code"] = np.where(number % 10 == 0, "140122", "140981")
    for name, value in values.items():
        frame[name] = value
    (spec,) = [layer.spec for layer in load_layers(["permanent_farmland"])]
    return Layer.from_frame(spec, frame, origin=Origin(files=("plots.gpkg",)))
