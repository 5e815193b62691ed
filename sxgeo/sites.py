"""A file in any format that the trade uses -> sites, and an autopsy of the file."""

from __future__ import annotations

import gc
import hashlib
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from .autopsy import file_report, site_remarks
from .datum import Declared, apply_parameters, contradiction, kinds_of, settle
from .errors import InputError, UsageError, listed
from .formats import read_tables
from .intake import Table, checked_assumptions
from .model import Site, Sites
from .places import inside_china
from .projection import (
    ENCRYPTED,
    GEOGRAPHIC,
    from_encrypted,
    is_encrypted,
    named_crs,
    old_datum,
    plane_crs,
    quantise,
    quantise_valid,
    to_geographic,
    to_plane,
)
from .vector import ACCURACY_COLUMNS, ID_COLUMNS, NAME_COLUMNS, read_frame

_SIDECARS = (".dbf", ".shx", ".prj", ".cpg")
_MAX_STDIN = 500_000_000
_COLLECTION = 7


def read_sites(
    source: Any,
    *,
    at: Sequence[tuple[float, float]] = (),
    site_accuracy_m: float | None = None,
    assume: Mapping[str, str] | None = None,
    strict: bool = False,
) -> Sites:
    """Read sites from files, frames or typed coordinates.

    Parameters
    ----------
    source
        A path, several paths, ``"-"`` for standard input, a GeoDataFrame with a CRS, or None when only `at` is given.
        Formats: GeoPackage, GeoJSON (also in sequence), shapefile, FlatGeobuf, GeoParquet, File Geodatabase, KML, KMZ,
        GML, GPX, DXF, zip of these, the national survey TXT, CSV and XLSX tables of coordinates, WKT.
    at
        Points as (lon, lat), degrees.
    site_accuracy_m
        How far the true edge may lie from the drawn one, where the file does not say; None means 0.
    assume
        What the file does not say, by key of :data:`sxgeo.intake.ASSUMABLE`, e.g. ``{"crs": "EPSG:4547"}``.
    strict
        Refuse a file as soon as anything in it had to be guessed.

    Returns
    -------
    Sites
        In the order given. A site that cannot be used has no geometry and says why in `problems`; every guess
        stands in the `problems` of the sites it touches, and in the autopsy.

    Raises
    ------
    InputError
        If a file cannot be read at all, or with `strict` was guessed at; every file's problem in one message.
    UsageError
        If `assume` has an unknown key or value, or the accuracy is no number of metres from 0.
    """
    sites, unread = read_some(source, at=at, site_accuracy_m=site_accuracy_m, assume=assume, strict=strict)
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
    strict: bool = False,
) -> tuple[Sites, list[str]]:
    """Read what can be read: :func:`read_sites`, but files that cannot be read are named, not raised.

    Returns
    -------
    sites, unread
        The sites, possibly none, and one message per file that could not be read.
    """
    with _no_collection():
        return _read_some(
            source, at, _checked_accuracy(site_accuracy_m), checked_assumptions(assume or {}), strict=strict
        )


@contextmanager
def _no_collection() -> Iterator[None]:
    """Pause the garbage collector: a million sites make no garbage, and scanning them costs a third of the reading."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _read_some(
    source: Any, at: Sequence[tuple[float, float]], accuracy: float | None, told: dict[str, str], *, strict: bool
) -> tuple[Sites, list[str]]:
    single = isinstance(source, (str, Path, gpd.GeoDataFrame))
    files = [] if source is None else [source] if single else list(source)
    found: list[Site] = []
    autopsy: list[dict[str, Any]] = []
    unread: list[str] = []
    for file in files:
        try:
            sites, report = _read_one(file, accuracy, told, strict=strict)
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


def _read_one(
    file: Any, accuracy: float | None, told: dict[str, str], *, strict: bool
) -> tuple[list[Site], dict[str, Any]]:
    if isinstance(file, gpd.GeoDataFrame):
        kind, tables, name, digest = "GeoDataFrame", [read_frame(file)], "GeoDataFrame", None
    elif str(file) == "-":
        kind, tables, digest = _from_stdin(told)
        name = "stdin"
    else:
        path = Path(file)
        name = path.name
        with ThreadPoolExecutor(1) as beside:  # hashing lets the reader run meanwhile
            hashed = beside.submit(_digest, path)
            kind, tables = read_tables(path, told)
            digest = hashed.result()
    sites: list[Site] = []
    parts = []
    for table in tables:
        found = _sites_of(table, name, accuracy, told, start=len(sites) + 1)
        sites += found
        parts.append((table, found))
    if strict and (guesses := list(dict.fromkeys(str(g) for table in tables for g in table.guesses))):
        raise InputError(listed(f"'{name}' was guessed at, which --strict refuses:", guesses))
    return sites, file_report(name, digest, kind, parts, told)


def _from_stdin(told: dict[str, str]) -> tuple[str, list[Table], str]:
    """Read standard input whole; what it is shows in its bytes, as for a file."""
    content = sys.stdin.buffer.read(_MAX_STDIN + 1)
    if len(content) > _MAX_STDIN:
        raise InputError("standard input is larger than 500 MB; write it to a file")
    with TemporaryDirectory(prefix="sxgeo-") as folder:
        path = Path(folder) / "stdin"
        path.write_bytes(content)
        try:
            kind, tables = read_tables(path, told)
        except InputError as error:
            raise InputError(str(error).replace(str(path), "stdin")) from error
    return kind, tables, hashlib.sha256(content).hexdigest()


def _sites_of(table: Table, name: str, accuracy: float | None, told: dict[str, str], *, start: int) -> list[Site]:
    """Bring a table to quantised degrees, all its features at once, and say what is wrong with each."""
    plane = _settle(table, name, told)
    shapes = table.shapes
    wrong = {**_shape_problems(shapes), **table.wrong}
    good = np.ones(len(shapes), dtype=bool)
    good[list(wrong)] = False
    placed = np.full(len(shapes), None, dtype=object)
    placed[good], valid = quantise_valid(shapes[good])
    invalid = set(np.flatnonzero(good)[~valid].tolist())
    ids, names, given = (_firsts(table, columns) for columns in (ID_COLUMNS, NAME_COLUMNS, ACCURACY_COLUMNS))
    stem = Path(name).stem
    guesses = tuple(str(guess) for guess in table.guesses)
    default = (0.0, "not given: 0") if accuracy is None else (accuracy, "option")
    if table.accuracy_m is not None:
        default = (table.accuracy_m, "file header")
    common = (repeat(name), *map(repeat, default), repeat(table.datum_error_m), repeat(plane), repeat(guesses))
    common = (*common, repeat(()), repeat(bool(guesses)))
    ids = [text or f"{stem}#{number}" for number, text in enumerate(ids, start)]
    sites = list(map(Site, ids, placed, names, *common))
    special = {*wrong, *table.remarks, *invalid, *(row for row, text in enumerate(given) if text)}
    for row in sorted(special):
        number = start + row
        value, source, bad = _accuracy(given[row], default) if given[row] else (*default, None)
        problem = wrong.get(row) or bad
        remarks: tuple[str, ...] = (f"feature {number}: {problem}",) if problem else ()
        remarks += tuple(f"feature {number}: {text}" for text in table.remarks.get(row, ()))
        site = replace(
            sites[row],
            geometry=None if problem else placed[row],
            accuracy_m=value,
            accuracy_source=source,
            problems=remarks if problem else remarks + guesses,
            doubtful=not problem and (bool(guesses) or row in table.doubtful),
        )
        sites[row] = _repaired(site, number) if row in invalid and not problem else site
    return site_remarks(table, sites, start, told.get("area_unit"))


def _settle(table: Table, name: str, told: dict[str, str]) -> str | None:
    """Bring the shapes of a table to degrees; return the plane that its file declares, None when it declares none."""
    try:
        if table.crs is None:
            _undeclared(table, told)
        elif "axis_in_file" not in table.facts:  # a reader that did not settle: the file declares its system
            _declared(table, told)
        plane = None if is_encrypted(table.crs) else _declared_plane(CRS.from_user_input(table.crs))
        table.facts["crs_used"] = table.crs
        _convert(table, told)
    except InputError as error:
        raise InputError(f"'{name}'{'' if table.layer is None else f' layer {table.layer}'}: {error}") from error
    return plane


def _undeclared(table: Table, told: dict[str, str]) -> None:
    if "crs" in told:
        _declared(table, told)
        return
    if told.keys() & {"zone", "datum", "axis"}:
        settle(table, Declared(), told)
        return
    pairs = shapely.get_coordinates(table.shapes)
    kinds = [str(kind) for kind in kinds_of(pairs)] if len(pairs) else []
    looks = f" (its numbers look like {kinds[0]}, {kinds[1]})" if kinds and "None" not in kinds else ""
    raise InputError(
        f"declares no coordinate system{looks}; add its .prj file, or say it: --assume crs=EPSG:4547 "
        "(CGCS2000 3-degree, 114 E), EPSG:4546 (111 E) or EPSG:4490 (degrees)"
    )


def _declared(table: Table, told: dict[str, str]) -> None:
    """Believe what the file declares, or what was told instead; refuse it when the numbers contradict it."""
    if told.get("axis") == "yx":
        table.shapes = shapely.transform(shapely.force_2d(table.shapes), lambda xy: xy[:, ::-1])
    if "crs" in told:
        table.crs = named_crs(told["crs"])
    if is_encrypted(table.crs):
        return
    try:
        parsed = CRS.from_user_input(table.crs)
    except CRSError as error:
        raise InputError(f"coordinate system '{table.crs}' is not known to PROJ; use an EPSG code") from error
    if problem := contradiction(parsed, table.shapes):
        raise InputError(problem)
    datum = told.get("datum")
    if datum in ENCRYPTED:
        if not parsed.is_geographic:
            raise InputError(f"you said datum={datum}, which holds for degrees; the file is in '{parsed.name}'")
        table.crs = datum
    elif datum is not None and (datum == "CGCS2000") == (old_datum(parsed) is not None):
        raise InputError(f"you said datum={datum}, but the file declares '{parsed.name}'; say --assume crs=EPSG:CODE")


def _convert(table: Table, told: dict[str, str]) -> None:
    if is_encrypted(table.crs):
        sane = ~np.isin(np.arange(len(table.shapes)), list(_shape_problems(table.shapes)))
        shapes = table.shapes.copy()
        shapes[sane], error_m = from_encrypted(table.shapes[sane], table.crs)
        table.shapes, table.datum_error_m = shapes, table.datum_error_m + error_m
        return
    old = old_datum(table.crs)
    if old is not None:
        if apply_parameters(table, told):
            return
        if declared := table.facts.get("datum"):
            raise InputError(
                f"stands on {old} ({declared}): its way to CGCS2000 needs the seven parameters of the survey office; "
                "give them: --assume parameters=dx,dy,dz,rx,ry,rz,ppm, or convert the file there"
            )
    table.shapes = np.asarray(to_geographic(table.shapes, table.crs), dtype=object)


def _shape_problems(shapes: Any) -> dict[int, str]:
    """Say what keeps each feature from being a site, by its row; degrees, not yet quantised."""
    found: dict[int, str] = {}
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    for row in np.flatnonzero(missing):
        found[int(row)] = "no geometry (null or empty); draw it or delete the row"
    for row in np.flatnonzero(shapely.get_type_id(shapes) == _COLLECTION):
        found.setdefault(int(row), "a geometry collection; split it into polygons, lines and points")
    pairs, rows = shapely.get_coordinates(shapes, return_index=True)
    for row in np.unique(rows[~np.isfinite(pairs).all(axis=1)]):
        found.setdefault(int(row), "coordinates that are not numbers")
    bounds = shapely.bounds(shapes)
    outside = ~inside_china(bounds)
    outside[list(found)] = False
    for row in np.flatnonzero(outside):
        found[int(row)] = _outside(shapes[row], bounds[row])
    return found


def _outside(shape: Any, bounds: Any) -> str:
    swapped = bool(inside_china(bounds[[1, 0, 3, 2]])[0])
    if (np.abs(bounds[[0, 2]]) > 180).any() or (np.abs(bounds[[1, 3]]) > 90).any():
        if swapped:
            return f"lon and lat look swapped ({_place(shape)}); write lon first, then lat, or say --assume axis=yx"
        return f"coordinates {_place(shape)} are not degrees; declare the projected system of the file (a .prj or GeoPackage)"
    hint = "; lon and lat look swapped: write lon first, or say --assume axis=yx" if swapped else ""
    if bounds[2] - bounds[0] > 180:
        hint = "; it spans more than half the globe: it may cross the antimeridian"
    return f"lies outside China ({_place(shape)}){hint}"


def _place(shape: Any) -> str:
    first = shapely.get_coordinates(shape)[0]
    return f"{first[0]:.6g}, {first[1]:.6g}"


def _firsts(table: Table, columns: Sequence[str]) -> list[str]:
    """Return for each feature the first text among some columns; empty where there is none."""
    texts = [""] * len(table.shapes)
    there = [column for column in columns if column in table.columns]
    if len(there) == 1 and all(type(value) is str for value in table.columns[there[0]]):
        return [value.strip() for value in table.columns[there[0]]]
    for column in there:
        for row, value in enumerate(table.columns.get(column, ())):
            if not texts[row] and value is not None and value == value:
                text = str(value).strip()
                texts[row] = text.removesuffix(".0") if isinstance(value, float) else text
    return texts


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


def _accuracy(text: str, default: tuple[float, str]) -> tuple[float, str, str | None]:
    try:
        metres = float(text)
    except ValueError:
        metres = -1.0
    if not 0 <= metres < np.inf:
        return 0.0, "file", f"its accuracy '{text}' is not a number of metres from 0"
    return metres, "file", None


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
        problems=(text, *site.problems),
        doubtful=True,
    )


def _typed(lon: float, lat: float, accuracy: float | None) -> Site:
    point = shapely.Point(lon, lat)
    given, source = (accuracy, "option") if accuracy is not None else (0.0, "not given: 0")
    site = Site(f"{lon:g},{lat:g}", None, file="--at", accuracy_m=given, accuracy_source=source)
    if problem := _shape_problems(np.array([point], dtype=object)).get(0):
        return replace(site, problems=(problem,))
    return replace(site, geometry=quantise(point))


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    parts = sorted(path.rglob("*")) if path.is_dir() else [path, *(path.with_suffix(s) for s in _SIDECARS)]
    for part in parts if path.suffix.lower() == ".shp" or path.is_dir() else [path]:
        if part.is_file():
            with part.open("rb") as file:
                while chunk := file.read(1 << 22):
                    digest.update(chunk)
    return digest.hexdigest()


def _unique(sites: Sequence[Site]) -> Iterable[Site]:
    """Qualify ids that stand more than once by their file, then by a counter."""
    if len({s.site_id for s in sites}) == len(sites):
        yield from sites
        return
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
    """Join the problems of all sites into one text, a line each; what all sites of a file share is said once."""
    counts = Counter((s.file, p) for s in sites.sites for p in s.problems)
    lines, told = [], set()
    for site in sites.sites:
        for problem in site.problems:
            key = (site.file, problem)
            if key not in told:
                told.add(key)
                who = site.site_id if counts[key] == 1 else f"{counts[key]} sites"
                lines.append(f"{site.file}: {who}: {problem}")
    return listed("some sites need attention:", lines) if lines else ""


__all__ = ["GEOGRAPHIC", "parse_lonlat", "read_sites", "read_some", "site_problems"]
