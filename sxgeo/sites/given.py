"""What a caller may hand in as sites -> files, frames, texts and typed places that the readers
know.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from pathlib import Path
from typing import Any, Protocol, TypeAlias, runtime_checkable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..errors import InputError, UsageError
from ..geometry.projection import GEOGRAPHIC
from ..model.shown import Shown
from ..model.sites import Site, Sites
from .formats.wkt import is_wkt

WAYS = (
    "a path, a GeoDataFrame or GeoSeries, a Shapely geometry, (lon, lat), WKT, GeoJSON or GeoArrow,"
    " or a list of these"
)
_LONLAT = re.compile(r"\s*[-+]?\d+(\.\d*)?\s*[,，]\s*[-+]?\d+(\.\d*)?\s*")


@runtime_checkable
class HasGeoInterface(Protocol):
    """Whatever carries GeoJSON in `__geo_interface__`."""

    @property
    def __geo_interface__(self) -> Mapping[str, Any]: ...


@runtime_checkable
class HasArrowStream(Protocol):
    """Whatever hands on a table of GeoArrow."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object: ...


OneSource: TypeAlias = (
    str
    | os.PathLike[str]
    | gpd.GeoDataFrame
    | gpd.GeoSeries
    | shapely.Geometry
    | tuple[float, float]
    | Mapping[str, Any]
    | HasGeoInterface
    | HasArrowStream
    | Site
)
SiteSource: TypeAlias = OneSource | Sites | Sequence[OneSource]
"""Everything that :func:`sxgeo.check_sites` and :func:`sxgeo.read_sites` take as sites."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A point as (lon, lat), or WKT."""

    place: tuple[float, float] | str


@dataclass(slots=True)
class Given:
    """What was handed in, in its order, as what the readers know: GeoJSON as bytes, the rest as it
    was.
    """

    things: list[str | Path | gpd.GeoDataFrame | bytes | Site | Typed] = field(default_factory=list)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files among them."""
        named = (t for t in self.things if isinstance(t, (str, Path)) and str(t) != "-")
        return tuple(Path(thing) for thing in named)


def given_sites(source: SiteSource | Given | None) -> Given:
    """Sort what was handed in.

    Raises
    ------
    UsageError
        If something is no form of sites that is known.
    InputError
        If GeoJSON or GeoArrow is broken, or a table has no geometry.
    """
    given = Given()
    if isinstance(source, Given):
        return source
    _sort(source, given, depth=0)
    return given


# Any: whatever a caller hands in is told apart here, by its kind or by a protocol.
def _sort(
    source: Any,
    given: Given,
    *,
    depth: int,
) -> None:
    if source is None:
        return
    if isinstance(source, str):
        # a file of that name goes before the reading of its name
        if _LONLAT.fullmatch(source) and not Path(source).exists():
            lon, lat = source.replace("，", ",").split(",")
            given.things.append(Typed((float(lon), float(lat))))
        elif is_wkt(source):
            given.things.append(Typed(source))
        else:
            given.things.append(source)
    elif isinstance(source, os.PathLike):
        given.things.append(Path(source))
    elif isinstance(source, Sites):
        given.things += source.sites
    elif isinstance(source, (gpd.GeoDataFrame, Site)):
        given.things.append(source)
    elif isinstance(source, gpd.GeoSeries):
        given.things.append(_framed(source))
    elif isinstance(source, (pd.DataFrame, pd.Series)):
        raise InputError(
            "a table of pandas has no geometry; give it one: gpd.GeoDataFrame(table, "
            "geometry=gpd.points_from_xy(table['lon'], table['lat']), crs='EPSG:4490')"
        )
    elif isinstance(source, shapely.Geometry):
        # Bare shapes, mappings and whatever speaks a protocol: the frame is made here.
        given.things.append(_bare([source]))
    elif isinstance(source, Mapping):
        given.things.append(_geojson(source))
    elif isinstance(source, Shown):
        given.things.append(source.to_frame())
    elif hasattr(source, "__arrow_c_stream__"):
        given.things.append(_from_arrow(source))
    elif hasattr(source, "__geo_interface__"):
        given.things.append(_geojson(source.__geo_interface__))
    elif _is_place(source):
        # Two numbers are a place, before an iterable of two things is looked at.
        lon, lat = source
        given.things.append(
            Typed(source if isinstance(source, tuple) else (float(lon), float(lat)))
        )
    elif isinstance(source, Iterable) and not isinstance(source, (bytes, bytearray)) and depth < 3:
        # A list may hold lists, but a few levels deep: bytes and endless nests are no sites.
        _sort_each(list(source), given, depth=depth)
    else:
        raise UsageError(f"sites are of type {type(source).__name__}; give {WAYS}")


def _sort_each(
    several: list[Any],
    given: Given,
    *,
    depth: int,
) -> None:
    """Sort a list; bare geometries stand in one frame, so that they are numbered through."""
    bare = all(one is None or isinstance(one, shapely.Geometry) for one in several)
    if bare and any(one is not None for one in several):
        given.things.append(_bare(several))
        return
    for number, one in enumerate(several, start=1):
        if one is None:
            raise UsageError(f"entry {number} of the sites is None; give {WAYS}")
        _sort(one, given, depth=depth + 1)


def _is_place(source: object) -> bool:
    if not isinstance(source, (tuple, list)) and not (
        isinstance(source, np.ndarray) and source.ndim == 1
    ):
        return False
    return len(source) == 2 and all(isinstance(v, Real) and not isinstance(v, bool) for v in source)


def _bare(shapes: Sequence[shapely.Geometry | None]) -> gpd.GeoDataFrame:
    """Frame geometries that carry no system: an SRID says it, else degrees, lon before lat, if that
    is what they can be.
    """

    # An SRID on the shape is its own word; several of them are a mix that nobody meant.
    located = np.array(shapes, dtype=object)
    srids = {int(srid) for srid in shapely.get_srid(located)} - {0, -1}
    if len(srids) > 1:
        raise InputError(
            f"the geometries carry several SRIDs ({', '.join(map(str, sorted(srids)))}); "
            "give a GeoSeries for each"
        )

    # Without a word of it the numbers must at least be able to be degrees.
    bounds = shapely.bounds(located)
    known = bounds[~np.isnan(bounds).any(axis=1)]
    degrees = bool((np.abs(known) <= 360.0).all())
    if not srids and not degrees:
        raise InputError(
            "a bare geometry is taken in degrees, lon before lat, and these numbers are none; "
            "give a GeoSeries with its CRS, e.g. gpd.GeoSeries([geometry], crs='EPSG:4547')"
        )
    crs = f"EPSG:{srids.pop()}" if srids else GEOGRAPHIC
    return gpd.GeoDataFrame(geometry=gpd.GeoSeries(list(shapes), crs=crs), crs=crs)


def _framed(series: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """Frame a series; an index of texts names the sites."""
    named = len(series) > 0 and all(isinstance(label, str) for label in series.index)
    columns = {"site_id": list(series.index)} if named else {}
    geometry = gpd.GeoSeries(series.to_numpy(), crs=series.crs)
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=series.crs)


def _geojson(mapping: Mapping[str, Any]) -> bytes:
    if "type" not in mapping:
        raise InputError(
            f"a mapping with the keys {', '.join(map(repr, list(mapping)[:5]))} is no GeoJSON: it"
            " lacks 'type'"
        )
    try:
        text = json.dumps(_plain(mapping), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InputError(f"the mapping is no GeoJSON: {error}") from error
    return text.encode("utf-8")


# Any: an attribute of whatever kind a frame holds.
def _plain(value: Any, *, attribute: bool = False) -> Any:
    """Return what JSON can hold: mappings and arrays of any kind, times as text, an attribute that
    is no number as null.
    """
    if isinstance(value, Mapping):
        return {
            str(key): _plain(one, attribute=attribute or key == "properties")
            for key, one in value.items()
        }
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(one, attribute=attribute) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    if attribute and value != value:
        return None
    return value if isinstance(value, (str, int, float, type(None))) else str(value)


def _from_arrow(table: object) -> gpd.GeoDataFrame:
    try:
        frame = gpd.GeoDataFrame.from_arrow(table)
    except ImportError as error:
        raise InputError("reading GeoArrow needs pyarrow: pip install 'sxgeo[parquet]'") from error
    except (TypeError, ValueError) as error:
        raise InputError(
            f"the Arrow table has no geometry that can be read ({error}); "
            "mark its column as GeoArrow, e.g. with GeoDataFrame.to_arrow()"
        ) from error
    return frame
