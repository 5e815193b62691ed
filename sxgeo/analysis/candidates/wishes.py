"""What the user asks of land, read and checked: layers, origins, numbers.

All problems come in one message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ...boundaries.zones import build_zone
from ...errors import AnalysisError, InputError, UsageError, listed, unknown
from ...geometry.datums import to_geographic
from ...geometry.projection import GEOGRAPHIC, quantise
from ...geometry.straight import carried, laid_on_plane
from ...layers.classes import ALL_CLASS_IDS
from ...layers.layers import TRANSPORT_IDS, load_layer
from ...sites.read import read_sites
from ...workspace.boundaries import load_zone, polygons_of
from ...workspace.file import Workspace
from ...workspace.vector import read_vector
from ..accessibility.isochrones import isochrones
from ..accessibility.place_files import read_places
from ..accessibility.rasters import is_number
from ..network.bundled import ZONE_BOXES, load_network, read_network, travelled
from .constraints import Constraint, Shapes, of_areas

if TYPE_CHECKING:
    from ...layers.layers import Layer
    from ..network.graph import Network

MODES = ("road", "walk", "rail", "road+rail")
_ACCURACY = "position_accuracy_m"
HOME_NETWORK = "taixin"
CONTOURS = ("inner", "middle", "outer")
STEPS = 6
"""Areas of reach on a map of candidates: as many as there are colours for."""
LAND_FIELD = "DLMC"
"""Field of the class names in a land survey."""


@dataclass(frozen=True, slots=True)
class Area:
    """Where candidates are looked for: EPSG:4490, its name, and the id of the zone where it is
    one.
    """

    geometry: Any
    name: str
    zone_id: str | None = None


def read_area(zone: Any, workspace: str | Path | Workspace | None = None) -> Area:
    """Return the area of a zone id or name, a file of polygons, a frame or a polygon in degrees.

    Raises
    ------
    UsageError
        If no zone has this name.
    InputError
        If the zone has no outline, or what is given is no area.
    """
    if isinstance(zone, str) and not Path(zone).suffix:
        if isinstance(workspace, Workspace):
            own, problems = polygons_of(workspace.boundaries)
            if problems:
                raise InputError(listed("the workspace's boundaries cannot be used:", problems))
            found = build_zone(zone, own)
        else:
            found = load_zone(zone, workspace=workspace)
        if found.outline is None:
            raise InputError(
                f"zone '{found.id}' has no outline:"
                f" {found.geometry_note or 'its members are not known'}; give a file of polygons"
                " instead"
            )
        return Area(found.outline, found.name_zh, found.id)
    if isinstance(zone, shapely.Geometry):
        zone = gpd.GeoDataFrame(geometry=[zone], crs=GEOGRAPHIC)
    sites = read_sites(zone).sites
    areal = [s.geometry for s in sites if s.usable and shapely.get_dimensions(s.geometry) == 2]
    if not areal or len(areal) < len(sites):
        wrong = "; ".join(
            f"{s.site_id}: {', '.join(s.problems) or 'no polygon'}" for s in sites[:20]
        )
        raise InputError(
            f"candidates are looked for inside polygons only: {wrong or 'nothing is given'}"
        )
    name = Path(zone).stem if isinstance(zone, (str, Path)) else "area"
    return Area(quantise(shapely.union_all(areal)), name)


def number_problems(numbers: Mapping[str, float | None]) -> Iterator[str]:
    """Say which numbers are none from 0."""
    for name, value in numbers.items():
        if value is not None and not (is_number(value) and 0 <= value < np.inf):
            yield f"{name} is {value!r}; it must be a number from 0"


def read_shapes(
    layer: Any,
    held: Mapping[str, Layer],
    plane: str,
) -> Shapes:
    """Read a layer: a class id, `transport_links` or `transport_nodes`, a file, or a frame with a
    CRS.

    The accuracy is that of each record, or of a column `position_accuracy_m`; unknown where there
    is none.

    Raises
    ------
    InputError
        If it cannot be read, has no CRS or an old datum, or holds no shapes.
    """
    if isinstance(layer, str) and layer in ALL_CLASS_IDS:
        own = held[layer]
        words, shapes = own.spec.name_zh, own.shapes
        accuracy = [_finite(r[_ACCURACY]) for r in own.records]
        names = [str(r["name_zh"] or r["feature_id"]) for r in own.records]
    else:
        words, frame = read_frame(layer)
        shapes = quantise(_carried(frame, words))
        column = frame[_ACCURACY] if _ACCURACY in frame else [None] * len(frame)
        accuracy, names = [_finite(v) for v in column], [words] * len(frame)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if not there.any():
        raise InputError(f"layer '{words}' holds no shapes; nothing can be measured to it")
    laid = laid_on_plane(np.asarray(shapes, dtype=object)[there], plane)
    kept = [n for n, here in zip(names, there, strict=True) if here]
    return Shapes(words, laid, np.array(accuracy, dtype=float)[there], kept)


def _carried(frame: gpd.GeoDataFrame, name: str) -> Any:
    """Bring a layer to degrees; one in an old datum is refused by its name."""
    flat = shapely.force_2d(frame.geometry.to_numpy())
    try:
        moved = carried(flat, lambda g: to_geographic(g, frame.crs))
    except InputError as error:
        raise InputError(f"layer '{name}': {error}") from error
    return np.asarray(moved, dtype=object)


def read_frame(layer: Any) -> tuple[str, gpd.GeoDataFrame]:
    """Read a file, a frame or a layer of transport: what to call it, and a frame with a CRS."""
    if isinstance(layer, gpd.GeoDataFrame):
        if layer.crs is None:
            raise InputError(
                "a layer has no CRS; declare one (e.g. EPSG:4490), it is never guessed"
            )
        return "frame", layer
    if isinstance(layer, str) and layer in TRANSPORT_IDS:
        return layer, load_layer(layer).frame
    if not isinstance(layer, (str, Path)):
        raise InputError(f"a layer is a class id, a file or a frame, not {type(layer).__name__}")
    if not Path(layer).exists():
        named = unknown("class", str(layer), (*ALL_CLASS_IDS, *TRANSPORT_IDS))
        raise InputError(f"layer '{layer}' is neither a file nor a class: {named}")
    frame, _ = read_vector(Path(layer))
    if frame.crs is None:
        raise InputError(
            f"layer '{layer}' has no coordinate system; declare one in the file, it is never"
            " guessed"
        )
    return Path(layer).name, frame


def _finite(value: Any) -> float:
    return float(value) if is_number(value) and np.isfinite(value) else float("nan")


@dataclass(frozen=True, slots=True)
class Reach:
    """One wish to be within minutes of a place: its words, the network by its mode, the origins."""

    words: str
    minutes: float
    mode: str
    network: Network
    origins: Any


def read_reach(
    wishes: Sequence[Any],
    network: Any,
    zone_id: str | None,
    as_of: str,
) -> list[Reach]:
    """Read the wishes ``(origin or facilities, minutes[, mode])``.

    Raises
    ------
    UsageError
        If a wish has not this form, or its mode or network is unknown.
    InputError
        If a file of facilities cannot be read.
    """
    networks: dict[str, Network] = {}
    read = []
    for wish in wishes:
        origin, minutes, mode = _wish(wish)
        if mode not in networks:
            networks[mode] = _network(network, zone_id, mode, as_of)
        origins, words = _origins(origin)
        read.append(
            Reach(f"{words} {minutes:g} min {mode}", float(minutes), mode, networks[mode], origins)
        )
    return read


def _wish(wish: Any) -> tuple[Any, float, str]:
    if not isinstance(wish, (tuple, list)) or len(wish) not in (2, 3):
        raise UsageError(f"within takes (origin or facilities, minutes, mode), not {wish!r}")
    origin, minutes = wish[0], wish[1]
    mode = wish[2] if len(wish) == 3 else "road"
    if not is_number(minutes) or not 0 < minutes < np.inf:
        raise UsageError(f"within: minutes are {minutes!r}; they must be a number above 0")
    if mode not in MODES:
        raise UsageError(f"within: unknown mode '{mode}'. Known: {', '.join(MODES)}.")
    return origin, float(minutes), mode


def _network(
    network: Any,
    zone_id: str | None,
    mode: str,
    as_of: str,
) -> Network:
    if network is None:
        home = zone_id if zone_id is not None and zone_id in ZONE_BOXES else HOME_NETWORK
        return load_network(home, by=mode, as_of=as_of)
    if isinstance(network, str) and network in ZONE_BOXES:
        return load_network(network, by=mode, as_of=as_of)
    roads = read_network(network) if isinstance(network, (str, Path)) else network
    return travelled(roads, by=mode, as_of=as_of)


def _origins(origin: Any) -> tuple[Any, str]:
    if isinstance(origin, (tuple, list)) and len(origin) == 2 and all(map(is_number, origin)):
        return [tuple(map(float, origin))], f"{origin[0]:g},{origin[1]:g}"
    if isinstance(origin, str) and origin == "transport_nodes":
        nodes = load_layer(origin).frame
        nodes = nodes[shapely.get_type_id(nodes.geometry.to_numpy()) == 0]
        return nodes[["geometry"]].assign(id=nodes["node_id"]), origin
    if isinstance(origin, (str, Path)):
        return read_places(origin)[["id", "geometry"]], Path(origin).name
    if isinstance(origin, gpd.GeoDataFrame):
        return origin, "facilities"
    raise UsageError(f"within: {origin!r} is no (lon, lat), file, frame or 'transport_nodes'")


def _drawn(reach: Reach) -> gpd.GeoDataFrame:
    return isochrones(reach.network, reach.origins, [reach.minutes], contours=CONTOURS, merged=True)


def of_reach(reach: Reach, plane: str) -> tuple[Constraint, list[str]]:
    """Return the land within the minutes, drawn for less, as much and more time than the network's
    error tells; and remarks.

    Raises
    ------
    AnalysisError
        If no origin lies near the network.
    """
    try:
        drawn = _drawn(reach)
    except AnalysisError as error:
        raise AnalysisError(f"within {reach.words}: {error}") from error
    by_contour = dict(
        zip(drawn["contour"], laid_on_plane(drawn.geometry.to_numpy(), plane), strict=True)
    )
    remarks = [f"within {reach.words}: {who}: {why}" for who, why in drawn.attrs["unanswered"]]
    remarks += [f"within {reach.words}: {text}" for _, text in drawn.attrs["notes"]]
    key = f"within:{reach.words}"
    return of_areas(key, f"{reach.words} 可达 reachable", **by_contour), remarks


def reached_in_steps(reaches: Sequence[Reach]) -> gpd.GeoDataFrame:
    """Return isochrones of the first wish at six steps up to its minutes, for a map, with the error
    of the last; an empty frame where there is none.
    """
    if not reaches:
        columns: dict[str, list[Any]] = {
            "origin_id": [],
            "minutes": [],
            "area_km2": [],
            "snap_m": [],
        }
        return gpd.GeoDataFrame(columns, geometry=[], crs=GEOGRAPHIC)
    first = reaches[0]
    # the last is drawn as the search had it, with its error: areas drawn together differ by metres
    asked = _drawn(first)
    steps = np.round(first.minutes * np.arange(1, STEPS) / STEPS)
    earlier = sorted({float(m) for m in steps if 0 < m < first.minutes})
    if not earlier:
        return asked
    less = isochrones(first.network, first.origins, earlier, merged=True)
    found = pd.concat([less.assign(contour="middle")[asked.columns], asked], ignore_index=True)
    found.attrs = asked.attrs
    return found
