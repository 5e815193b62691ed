"""A file in any format that the drivers read -> sites, and an autopsy of the file."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from pyproj import CRS

from .catalog import read_features
from .errors import InputError, UsageError, listed
from .model import Site, Sites
from .projection import GEOGRAPHIC, describe_crs, plane_crs, quantise, to_geographic, to_plane

ID_COLUMNS = ("site_id", "id", "ID", "fid", "编号", "地块编号", "DKBH")
NAME_COLUMNS = ("name", "Name", "name_zh", "NAME", "名称", "地块名称", "DKMC", "项目名称")
ACCURACY_COLUMNS = ("site_accuracy_m", "accuracy_m", "精度", "精度_m")
ASSUMABLE = ("crs",)
_SIDECARS = (".dbf", ".shx", ".prj", ".cpg")
_MAX_FILE_BYTES = 2_000_000_000


def read_sites(
    source: Any,
    *,
    at: Sequence[tuple[float, float]] = (),
    site_accuracy_m: float | None = None,
    assume: Mapping[str, str] | None = None,
) -> Sites:
    """Read sites from files, frames or typed coordinates.

    Parameters
    ----------
    source
        A path, several paths, a GeoDataFrame with a CRS, or None when only `at` is given. Formats: GeoJSON, GeoPackage,
        shapefile (also zipped), KML, FlatGeobuf and what else GDAL reads.
    at
        Points as (lon, lat), degrees.
    site_accuracy_m
        How far the true edge may lie from the drawn one, where the file does not say; None means 0.
    assume
        `crs` for a file that declares none, e.g. ``{"crs": "EPSG:4547"}``.

    Returns
    -------
    Sites
        In the order given. A site that cannot be used has no geometry and says why in `problems`.

    Raises
    ------
    InputError
        If a file cannot be read at all; every file's problem in one message.
    UsageError
        If `assume` has an unknown key or the accuracy is no number of metres from 0.
    """
    sites, unread = read_some(source, at=at, site_accuracy_m=site_accuracy_m, assume=assume)
    if unread:
        raise InputError("\n".join(unread))
    if not sites.sites:
        raise InputError("no site given: name a file or --at LON,LAT")
    return sites


def read_some(
    source: Any,
    *,
    at: Sequence[tuple[float, float]] = (),
    site_accuracy_m: float | None = None,
    assume: Mapping[str, str] | None = None,
) -> tuple[Sites, list[str]]:
    """Read what can be read: :func:`read_sites`, but files that cannot be read are named, not raised.

    Returns
    -------
    sites, unread
        The sites, possibly none, and one message per file that could not be read.
    """
    accuracy = _checked_accuracy(site_accuracy_m)
    settled = _checked_assumptions(assume or {})
    single = isinstance(source, (str, Path, gpd.GeoDataFrame))
    files = [] if source is None else [source] if single else list(source)
    found: list[Site] = []
    autopsy: list[dict[str, Any]] = []
    unread: list[str] = []
    for file in files:
        try:
            sites, report = _read_one(file, accuracy, settled)
        except InputError as error:
            unread.append(str(error))
            continue
        found += sites
        autopsy.append(report)
    found += [_typed(lon, lat, accuracy) for lon, lat in at]
    return Sites(tuple(_unique(found)), tuple(autopsy)), unread


def _checked_accuracy(value: float | None) -> float | None:
    if value is not None and not 0 <= value < np.inf:
        raise UsageError(f"site accuracy {value} is not a number of metres from 0")
    return value


def _checked_assumptions(assume: Mapping[str, str]) -> Mapping[str, str]:
    if wrong := sorted(set(assume) - set(ASSUMABLE)):
        raise UsageError(f"cannot assume '{', '.join(wrong)}'; known: {', '.join(ASSUMABLE)}=EPSG:CODE")
    return assume


@dataclass(frozen=True, slots=True)
class _Table:
    """Features of one layer of a file as the driver gives them."""

    rows: list[dict[str, Any]]
    shapes: Any
    crs: Any
    layer: str | None = None


def _read_one(file: Any, accuracy: float | None, assume: Mapping[str, str]) -> tuple[list[Site], dict[str, Any]]:
    if isinstance(file, gpd.GeoDataFrame):
        tables, name, digest = [_from_frame(file)], "GeoDataFrame", None
    else:
        path = Path(file)
        tables, name, digest = _load(path), path.name, _digest(path)
    sites: list[Site] = []
    for table in tables:
        sites += _from_table(table, name, accuracy, assume, start=len(sites) + 1)
    declared = [table.crs for table in tables]
    used = [assume.get("crs") if crs is None else crs for crs in declared]
    report = {
        "file": name,
        "sha256": digest,
        "layers": [table.layer for table in tables],
        "features": len(sites),
        "crs_declared": [None if crs is None else describe_crs(crs) for crs in declared],
        "crs_used": [describe_crs(crs) for crs in used],
        "axis_order": ["lon, lat" if CRS.from_user_input(crs).is_geographic else "east, north" for crs in used],
        "unusable": sum(not s.usable for s in sites),
    }
    return sites, report


def _from_table(
    table: _Table, name: str, accuracy: float | None, assume: Mapping[str, str], *, start: int
) -> list[Site]:
    crs = assume.get("crs") if table.crs is None else table.crs
    if crs is None:
        raise InputError(
            f"'{name}' declares no coordinate system; add its .prj file, or say it: --assume crs=EPSG:4547 "
            "(CGCS2000 3-degree, 114 E), EPSG:4546 (111 E) or EPSG:4490 (degrees)"
        )
    try:
        shapes = to_geographic(table.shapes, crs)
    except InputError as error:
        raise InputError(f"'{name}': {error}") from error
    plane = _declared_plane(CRS.from_user_input(crs))
    stem = Path(name).stem
    return [
        _site((number, row), shape, stem=stem, file=name, plane=plane, accuracy=accuracy)
        for number, (row, shape) in enumerate(zip(table.rows, shapes, strict=True), start=start)
    ]


def _from_frame(frame: gpd.GeoDataFrame) -> _Table:
    columns = [c for c in frame.columns if c != frame.geometry.name]
    rows = [{str(c): v for c, v in zip(columns, values, strict=True)} for values in frame[columns].itertuples(False)]
    return _Table(
        rows or [{} for _ in range(len(frame))], np.asarray(frame.geometry.to_numpy(), dtype=object), frame.crs
    )


def _load(path: Path) -> list[_Table]:
    if not path.exists():
        raise InputError(f"'{path}' does not exist")
    if path.is_file() and path.stat().st_size == 0:
        raise InputError(f"'{path}' is empty (0 bytes)")
    if path.is_file() and path.stat().st_size > _MAX_FILE_BYTES:
        raise InputError(f"'{path}' is larger than 2 GB; split it")
    if path.suffix.lower() == ".dwg":
        raise InputError(f"'{path}' is a DWG drawing, which cannot be read; export it as DXF or GeoPackage")
    try:
        layers = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
        tables = [_layer(path, layer) for layer in layers]
    except Exception as error:  # the drivers raise many kinds; each means the file cannot be read
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"'{path}' cannot be read as a vector file ({reason}); give GeoJSON, GeoPackage, shapefile or KML"
        ) from error
    if not layers:
        raise InputError(f"'{path}' has rows but no geometry; give GeoJSON, GeoPackage, shapefile or KML")
    if not any(table.rows for table in tables):
        raise InputError(f"'{path}' holds no features")
    return [table for table in tables if table.rows]


def _layer(path: Path, layer: str) -> _Table:
    meta, _, geometry, values = pyogrio.raw.read(path, layer=layer)
    shapes = np.asarray(shapely.from_wkb(geometry), dtype=object)
    fields = [str(field) for field in meta["fields"]]
    columns = [value.tolist() for value in values]
    rows = [dict(zip(fields, row, strict=True)) for row in zip(*columns, strict=True)]
    return _Table(rows or [{} for _ in shapes], shapes, meta["crs"], layer)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    parts = sorted(path.rglob("*")) if path.is_dir() else [path, *(path.with_suffix(s) for s in _SIDECARS)]
    for part in parts if path.suffix.lower() == ".shp" or path.is_dir() else [path]:
        if part.is_file():
            digest.update(part.read_bytes())
    return digest.hexdigest()


def _first(row: Mapping[str, Any], columns: Sequence[str]) -> str:
    for column in columns:
        value = row.get(column)
        if value is not None and value == value and str(value).strip():
            text = str(value).strip()
            return text.removesuffix(".0") if isinstance(value, float) else text
    return ""


def _declared_plane(crs: CRS) -> str | None:
    """Name the plane without prefix of a projected CGCS2000 3-degree CRS; None for any other."""
    if not crs.is_projected or crs.geodetic_crs is None or "2000" not in crs.geodetic_crs.name:
        return None
    operation = crs.coordinate_operation
    if operation is None or operation.method_name != "Transverse Mercator":
        return None
    parameters: dict[str, Any] = {p.name: p.value for p in operation.params}
    meridian = parameters.get("Longitude of natural origin")
    scale = parameters.get("Scale factor at natural origin")
    if scale != 1 or meridian is None or meridian % 3 or not 75 <= meridian <= 135:
        return None
    return plane_crs(float(meridian))


def _site(
    row: tuple[int, Mapping[str, Any]],
    shape: Any,
    *,
    stem: str,
    file: str,
    plane: str | None,
    accuracy: float | None,
) -> Site:
    number, values = row
    given, source, wrong = _accuracy(values, accuracy)
    site = Site(
        site_id=_first(values, ID_COLUMNS) or f"{stem}#{number}",
        geometry=None,
        name=_first(values, NAME_COLUMNS),
        file=file,
        accuracy_m=given,
        accuracy_source=source,
        crs=plane,
    )
    if problem := wrong or _shape_problem(shape):
        return replace(site, problems=(f"feature {number}: {problem}",))
    return _repaired(replace(site, geometry=quantise(shape)), number)


def _accuracy(values: Mapping[str, Any], default: float | None) -> tuple[float, str, str | None]:
    text = _first(values, ACCURACY_COLUMNS)
    if text:
        try:
            metres = float(text)
        except ValueError:
            metres = -1.0
        if not 0 <= metres < np.inf:
            return 0.0, "file", f"its accuracy '{text}' is not a number of metres from 0"
        return metres, "file", None
    if default is not None:
        return default, "option", None
    return 0.0, "not given: 0", None


def _shape_problem(shape: Any) -> str | None:
    if shape is None or shape.is_empty:
        return "no geometry (null or empty); draw it or delete the row"
    if shape.geom_type == "GeometryCollection":
        return "a geometry collection; split it into polygons, lines and points"
    bounds = np.array(shape.bounds)
    if not np.isfinite(bounds).all():
        return "coordinates that are not numbers"
    if (np.abs(bounds[[0, 2]]) > 180).any() or (np.abs(bounds[[1, 3]]) > 90).any():
        if _inside_china(_swapped(shape)):
            return f"lon and lat look swapped ({_place(shape)}); write lon first, then lat"
        return f"coordinates {_place(shape)} are not degrees; declare the projected system of the file (a .prj or GeoPackage)"
    if not _inside_china(shape):
        hint = "; lon and lat look swapped: write lon first" if _inside_china(_swapped(shape)) else ""
        return f"lies outside China ({_place(shape)}){hint}"
    return None


def _swapped(shape: Any) -> Any:
    return shapely.transform(shapely.force_2d(shape), lambda xy: xy[:, ::-1])


@lru_cache(maxsize=1)
def _china_envelope() -> Any:
    """The coarse envelope of China (EPSG:4490): only for the test whether a site is in China at all."""
    _, shapes = read_features("boundaries/china.geojson")
    shapely.prepare(shapes[0])
    return shapes[0]


def _inside_china(shape: Any) -> bool:
    bounds = shape.bounds
    return bool(abs(bounds[1]) <= 90 and abs(bounds[3]) <= 90 and _china_envelope().covers(shape.envelope))


def _place(shape: Any) -> str:
    first = shapely.get_coordinates(shape)[0]
    return f"{first[0]:.6g}, {first[1]:.6g}"


def _repaired(site: Site, number: int) -> Site:
    """Repair a polygon that crosses itself; the repair's doubt enters the accuracy.

    Which shape was meant is not known: the true edge may lie as far from the repaired one as the convex hull does.
    """
    shape = site.geometry
    if shape.is_valid:
        return site
    whole = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    if whole.is_empty or shapely.get_dimensions(whole) != shapely.get_dimensions(shape):
        return replace(site, geometry=None, problems=(f"feature {number}: a polygon without area; check its points",))
    plane = site.crs or plane_crs(whole.centroid.x)
    before, after = (to_plane(g, plane) for g in (shape, whole))
    doubt = float(shapely.hausdorff_distance(after, shapely.convex_hull(after)))
    text = (
        f"feature {number}: the ring crosses itself ({shapely.is_valid_reason(shape)}); repaired, area "
        f"{abs(before.area):.1f} -> {after.area:.1f} m2, its edge is taken as uncertain by {doubt:.1f} m; "
        "put the points in order to be sure"
    )
    return replace(
        site,
        geometry=quantise(whole),
        accuracy_m=site.accuracy_m + doubt,
        accuracy_source=f"{site.accuracy_source}, enlarged by the repair",
        problems=(text,),
    )


def _typed(lon: float, lat: float, accuracy: float | None) -> Site:
    point = shapely.Point(lon, lat)
    given, source = (accuracy, "option") if accuracy is not None else (0.0, "not given: 0")
    site = Site(f"{lon:g},{lat:g}", None, file="--at", accuracy_m=given, accuracy_source=source)
    if problem := _shape_problem(point):
        return replace(site, problems=(problem,))
    return replace(site, geometry=quantise(point))


def _unique(sites: Sequence[Site]) -> Iterable[Site]:
    """Qualify ids that stand more than once by their file, then by a counter."""
    times = Counter(s.site_id for s in sites)
    sites = [
        replace(s, site_id=f"{Path(s.file).stem}:{s.site_id}") if times[s.site_id] > 1 and s.file else s for s in sites
    ]
    seen: Counter[str] = Counter()
    for site in sites:
        seen[site.site_id] += 1
        count = seen[site.site_id]
        yield site if count == 1 else replace(site, site_id=f"{site.site_id}#{count}")


def parse_lonlat(text: str) -> tuple[float, float]:
    """Parse ``LON,LAT`` in degrees.

    Raises
    ------
    UsageError
        If it is not two finite numbers with a comma.
    """
    parts = text.replace("，", ",").split(",")
    try:
        lon, lat = (float(part) for part in parts)
    except ValueError:
        raise UsageError(f"'{text}' is not of the form LON,LAT in degrees, e.g. 112.5489,37.8706") from None
    if not (np.isfinite(lon) and np.isfinite(lat)):
        raise UsageError(f"'{text}' is not of the form LON,LAT in degrees, e.g. 112.5489,37.8706")
    return lon, lat


def site_problems(sites: Sites) -> str:
    """Join the problems of all sites into one text, a line each; empty when there are none."""
    lines = [f"{s.file}: {s.site_id}: {p}" for s in sites.sites for p in s.problems]
    return listed("some sites need attention:", lines) if lines else ""


__all__ = ["GEOGRAPHIC", "parse_lonlat", "read_sites", "site_problems"]
