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
from ..geometry.shapes import Shapes
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


Thing: TypeAlias = str | Path | gpd.GeoDataFrame | bytes | Site | Typed


@dataclass(slots=True)
class Given:
    """What was handed in, in its order, as what the readers know: GeoJSON as bytes, the rest as it
    was.
    """

    things: list[Thing] = field(default_factory=list)

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
    if isinstance(source, Sites):
        given.things += source.sites
        return
    thing = _one_thing(source)
    if thing is not None:
        given.things.append(thing)
    elif isinstance(source, Iterable) and not isinstance(source, (bytes, bytearray)) and depth < 3:
        # A list may hold lists, but a few levels deep: bytes and endless nests are no sites.
        _sort_each(list(source), given, depth=depth)
    else:
        raise UsageError(f"sites are of type {type(source).__name__}; give {WAYS}")


# Any: as for `_sort`.
def _one_thing(source: Any) -> Thing | None:
    """Return what the readers know of one thing; None where it may be several."""
    if isinstance(source, str):
        return _named(source)
    if isinstance(source, os.PathLike):
        return Path(source)
    if isinstance(source, (gpd.GeoDataFrame, Site)):
        return source
    if isinstance(source, gpd.GeoSeries):
        return _framed(source)
    # after the tables that have a geometry: they are tables of pandas too
    if isinstance(source, (pd.DataFrame, pd.Series)):
        raise InputError(
            "a table of pandas has no geometry; give it one: gpd.GeoDataFrame(table, "
            "geometry=gpd.points_from_xy(table['lon'], table['lat']), crs='EPSG:4490')"
        )
    if isinstance(source, shapely.Geometry):
        return _bare([source])
    return _by_protocol(source)


def _named(text: str) -> str | Typed:
    """Tell a typed place from a path."""
    # a file of that name goes before the reading of its name
    if _LONLAT.fullmatch(text) and not Path(text).exists():
        lon, lat = text.replace("，", ",").split(",")
        return Typed((float(lon), float(lat)))
    return Typed(text) if is_wkt(text) else text


# Any: as for `_sort`.
def _by_protocol(source: Any) -> Thing | None:
    """Return the frame or the GeoJSON of whatever speaks a protocol, or the place of two numbers;
    None for anything else.
    """
    if isinstance(source, Mapping):
        return _geojson(source)
    if isinstance(source, Shown):
        return source.to_frame()
    # a frame of another library speaks both; GeoArrow says its system, GeoJSON never does
    if hasattr(source, "__arrow_c_stream__"):
        return _from_arrow(source)
    if hasattr(source, "__geo_interface__"):
        return _geojson(source.__geo_interface__)
    # Two numbers are a place, before an iterable of two things is looked at.
    if not _is_place(source):
        return None
    # a tuple stays as it is: one that was typed knows how many decimals it had
    return Typed(source if isinstance(source, tuple) else (float(source[0]), float(source[1])))


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
    srids = sorted({int(srid) for srid in shapely.get_srid(located)} - {0, -1})
    if len(srids) > 1:
        raise InputError(
            f"the geometries carry several SRIDs ({', '.join(map(str, srids))}); "
            "give a GeoSeries for each"
        )

    # Without a word of it the numbers must at least be able to be degrees.
    if not srids and not _can_be_degrees(located):
        raise InputError(
            "a bare geometry is taken in degrees, lon before lat, and these numbers are none; "
            "give a GeoSeries with its CRS, e.g. gpd.GeoSeries([geometry], crs='EPSG:4547')"
        )
    crs = f"EPSG:{srids[0]}" if srids else GEOGRAPHIC
    return gpd.GeoDataFrame(
        geometry=gpd.GeoSeries(list(shapes), crs=crs),
        crs=crs,
    )


def _can_be_degrees(shapes: Shapes) -> bool:
    bounds = shapely.bounds(shapes)
    # what is missing or empty has no bounds, and is told later with its number
    known = bounds[~np.isnan(bounds).any(axis=1)]
    return bool((np.abs(known) <= 360.0).all())


def _framed(series: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """Frame a series; an index of texts names the sites."""
    # numbers are what pandas counts rows with, and name nothing
    named = all(isinstance(label, str) for label in series.index)
    columns = {"site_id": list(series.index)} if named else {}
    geometry = gpd.GeoSeries(series.to_numpy(), crs=series.crs)
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=series.crs)


def _geojson(mapping: Mapping[str, Any]) -> bytes:
    # a row of a table, or the options of a function: told before a driver stumbles over it
    if "type" not in mapping:
        raise InputError(
            f"a mapping with the keys {', '.join(map(repr, list(mapping)[:5]))} is no GeoJSON: it"
            " lacks 'type'"
        )
    try:
        # NaN is no JSON, and a place of NaN is none
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
    # numbers of numpy are no numbers to JSON
    if isinstance(value, np.generic):
        value = value.item()
    if attribute and value != value:
        return None
    return (
        value
        if isinstance(
            value,
            (str, int, float, type(None)),
        )
        else str(value)
    )


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
