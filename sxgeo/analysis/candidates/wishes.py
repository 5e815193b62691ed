"""What the user asks of land, read and checked: layers, origins, numbers.

All problems come in one message.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from .constraints import Shapes, of_areas

if TYPE_CHECKING:
    from ...geometry.shapes import Floats, Shape
    from ...layers.layers import Layer
    from ...model.sites import Site
    from ..network.graph import Network
    from .constraints import Told

MODES = ("road", "walk", "rail", "road+rail")
_ACCURACY = "position_accuracy_m"
_NODES = "transport_nodes"
_REACHED = ("origin_id", "minutes", "area_km2", "snap_m")
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

    geometry: Shape
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
    # a text without a suffix is no file
    if isinstance(zone, str) and not Path(zone).suffix:
        return _of_zone(zone, workspace)
    if isinstance(zone, shapely.Geometry):
        zone = gpd.GeoDataFrame(geometry=[zone], crs=GEOGRAPHIC)
    name = Path(zone).stem if isinstance(zone, (str, Path)) else "area"
    return Area(
        quantise(shapely.union_all(_areal(read_sites(zone).sites))),
        name,
    )


def _areal(sites: Sequence[Site]) -> list[Shape]:
    """Return the polygons of sites: one that is none would be searched by nobody."""
    areal = [site.geometry for site in sites if _is_areal(site)]
    if not areal or len(areal) < len(sites):
        wrong = "; ".join(
            f"{site.site_id}: {', '.join(site.problems) or 'no polygon'}" for site in sites[:20]
        )
        raise InputError(
            f"candidates are looked for inside polygons only: {wrong or 'nothing is given'}"
        )
    return areal


def _is_areal(site: Site) -> bool:
    return site.usable and bool(shapely.get_dimensions(site.geometry) == 2)


def _of_zone(name: str, workspace: str | Path | Workspace | None) -> Area:
    """Return the area of a zone; the boundaries of a workspace, read or not, come before ours."""
    if isinstance(workspace, Workspace):
        own, problems = polygons_of(workspace.boundaries)
        if problems:
            raise InputError(listed("the workspace's boundaries cannot be used:", problems))
        zone = build_zone(name, own)
    else:
        zone = load_zone(name, workspace=workspace)
    # of some zones only the members are published, or not even these
    if zone.outline is None:
        raise InputError(
            f"zone '{zone.id}' has no outline:"
            f" {zone.geometry_note or 'its members are not known'}; give a file of polygons"
            " instead"
        )
    return Area(zone.outline, zone.name_zh, zone.id)


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
    read = _of_class(held[layer]) if _is_class(layer) else _of_frame(*read_frame(layer))
    there = ~(shapely.is_missing(read.shapes) | shapely.is_empty(read.shapes))
    if not there.any():
        raise InputError(f"layer '{read.words}' holds no shapes; nothing can be measured to it")
    return replace(
        read,
        shapes=laid_on_plane(read.shapes[there], plane),
        accuracy_m=read.accuracy_m[there],
        names=[name for name, here in zip(read.names, there, strict=True) if here],
    )


def _is_class(layer: Any) -> bool:
    return isinstance(layer, str) and layer in ALL_CLASS_IDS


def _of_class(layer: Layer) -> Shapes:
    """Return the records of a class in degrees, those of unknown place among them."""
    return Shapes(
        layer.spec.name_zh,
        np.asarray(layer.shapes, dtype=object),
        _finite_all(record[_ACCURACY] for record in layer.records),
        [str(record["name_zh"] or record["feature_id"]) for record in layer.records],
    )


def _of_frame(words: str, frame: gpd.GeoDataFrame) -> Shapes:
    """Return the shapes of a frame in degrees, those that are missing among them."""
    accuracy = frame[_ACCURACY] if _ACCURACY in frame else [None] * len(frame)
    shapes = np.asarray(quantise(_carried(frame, words)), dtype=object)
    return Shapes(words, shapes, _finite_all(accuracy), [words] * len(frame))


def _finite_all(values: Iterable[Any]) -> Floats:
    return np.array([_finite(value) for value in values], dtype=float)


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
    # a network is read once for each mode, however many wishes go by it
    networks: dict[str, Network] = {}
    read = []
    for wish in wishes:
        origin, minutes, mode = _wish(wish)
        if mode not in networks:
            networks[mode] = _network(network, zone_id, mode, as_of)
        origins, name = _origins(origin)
        words = f"{name} {minutes:g} min {mode}"
        read.append(
            Reach(
                words,
                float(minutes),
                mode,
                networks[mode],
                origins,
            )
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
    # without a network the zone's own serves; an area elsewhere is asked on the one at home
    if network is None:
        home = zone_id if zone_id is not None and zone_id in ZONE_BOXES else HOME_NETWORK
        return load_network(home, by=mode, as_of=as_of)
    if isinstance(network, str) and network in ZONE_BOXES:
        return load_network(network, by=mode, as_of=as_of)
    roads = read_network(network) if isinstance(network, (str, Path)) else network
    return travelled(roads, by=mode, as_of=as_of)


def _origins(origin: Any) -> tuple[Any, str]:
    """Return places as the search for ways takes them, and what to call them."""
    if isinstance(origin, (tuple, list)) and len(origin) == 2 and all(map(is_number, origin)):
        return [tuple(map(float, origin))], f"{origin[0]:g},{origin[1]:g}"
    # the name of our layer comes before a file of the same name
    if isinstance(origin, str) and origin == _NODES:
        return _stations(), origin
    if isinstance(origin, (str, Path)):
        return read_places(origin)[["id", "geometry"]], Path(origin).name
    if isinstance(origin, gpd.GeoDataFrame):
        return origin, "facilities"
    raise UsageError(f"within: {origin!r} is no (lon, lat), file, frame or '{_NODES}'")


def _stations() -> gpd.GeoDataFrame:
    """Return the bundled nodes of transport that are points: only these can be set out from."""
    nodes = load_layer(_NODES).frame
    nodes = nodes[shapely.get_type_id(nodes.geometry.to_numpy()) == 0]
    return nodes[["geometry"]].assign(id=nodes["node_id"])


def _drawn(reach: Reach) -> gpd.GeoDataFrame:
    return isochrones(
        reach.network,
        reach.origins,
        [reach.minutes],
        contours=CONTOURS,
        merged=True,
    )


def of_reach(reach: Reach, plane: str) -> Told:
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
        zip(
            drawn["contour"],
            laid_on_plane(drawn.geometry.to_numpy(), plane),
            strict=True,
        )
    )
    remarks = [f"within {reach.words}: {who}: {why}" for who, why in drawn.attrs["unanswered"]]
    remarks += [f"within {reach.words}: {text}" for _, text in drawn.attrs["notes"]]
    key = f"within:{reach.words}"
    return of_areas(key, f"{reach.words} 可达 reachable", **by_contour), remarks


def _earlier(minutes: float) -> list[float]:
    """Return the steps before so many minutes: of a few, some round to none, to the same or to
    all.
    """
    steps = np.round(minutes * np.arange(1, STEPS) / STEPS)
    return sorted({float(step) for step in steps if 0 < step < minutes})


def reached_in_steps(reaches: Sequence[Reach]) -> gpd.GeoDataFrame:
    """Return isochrones of the first wish at six steps up to its minutes, for a map, with the error
    of the last; an empty frame where there is none.
    """
    if not reaches:
        return gpd.GeoDataFrame({name: [] for name in _REACHED}, geometry=[], crs=GEOGRAPHIC)
    first = reaches[0]
    # the last is drawn as the search had it, with its error: areas drawn together differ by metres
    asked = _drawn(first)
    earlier = _earlier(first.minutes)
    if not earlier:
        return asked
    less = isochrones(first.network, first.origins, earlier, merged=True)
    less = less.assign(contour="middle")[asked.columns]
    every = pd.concat([less, asked], ignore_index=True)
    every.attrs = asked.attrs
    return every
