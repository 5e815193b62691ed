"""Coordinates out: sites and findings in the system an office asks for, and as files in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from ..errors import InputError, UsageError
from ..files.gdal_door import need_kml_columns
from ..files.libraries import library
from ..files.writing import draft, moved, path_of, without_rings, write_gpkg, write_text
from ..geometry.datums import (
    ENCRYPTED,
    from_encrypted,
    from_geographic,
    is_encrypted,
    named_crs,
    old_datum,
    to_encrypted,
    to_geographic,
)
from ..geometry.projection import (
    GEOGRAPHIC,
    central_meridian,
    meridian_of,
    plane_crs,
    to_plane,
    zone_crs,
)
from ..geometry.shapes import Shape, Shapes, object_array
from ..geometry.straight import laid_on_plane
from ..model.accuracy import SOURCES
from ..model.outcomes import Finding
from ..model.sites import STANDING, Site, Sites
from .formats.survey import HEADER_KEYS, Plot, Survey, survey_text

if TYPE_CHECKING:
    from ezdxf.document import Drawing
    from ezdxf.layouts.base import BaseLayout

Located: TypeAlias = (
    shapely.Geometry
    | tuple[float, float]
    | Site
    | Sites
    | Sequence[Site]
    | Finding
    | gpd.GeoSeries
    | gpd.GeoDataFrame
)
_MARKS = str.maketrans(
    {
        ",": "、",
        "，": "、",
        "@": "·",
        "＠": "·",
    }
)
"""Signs that part fields, or end a plot line, in a survey TXT."""
COLUMNS = ("site_id", "name", "crs_name", "error_m")
WRITERS = (".txt", ".gpkg", ".kml", ".dxf")


def to_crs_name(
    thing: Located,
    name: str,
    *,
    source: str = "CGCS2000",
) -> gpd.GeoDataFrame:
    """Give coordinates in a named system.

    Parameters
    ----------
    thing
        A geometry, (lon, lat), a site, a finding (its overlap, else its resource),
        :class:`sxgeo.model.sites.Sites`, a GeoSeries or a GeoDataFrame.
    name
        ``"CGCS2000 3-degree 114E"``, ``"CGCS2000 zone 38"`` (eastings with prefix),
        ``"EPSG:4526"``, ``"CGCS2000"``, ``"WGS84"``, ``"GCJ-02"``, ``"BD-09"``.
    source
        System of a bare geometry, or of a frame without a CRS; sites and findings are CGCS2000.

    Returns
    -------
    GeoDataFrame
        A row per site in their order: `site_id`, `name`, `crs_name`, `error_m` (largest error in
        metres that conversions of datum brought, 0 when none did), geometry with x before y. Its
        CRS is None for GCJ-02 and BD-09, which are none; sites without geometry are left out; no
        rows give an empty frame.

    Raises
    ------
    UsageError
        If a system is unknown.
    InputError
        If it stands on another datum, or the package for GCJ-02 and BD-09 is missing.

    Examples
    --------
    >>> import sxgeo
    >>> frame = sxgeo.to_crs_name((112.5489, 37.8706), "CGCS2000 zone 38")
    >>> frame["crs_name"].tolist(), int(frame.geometry.x.iloc[0] // 1e6)
    (['EPSG:4526'], 38)
    """
    target, origin = named_crs(name), named_crs(source)
    taken = _taken(thing, origin)

    if target not in ENCRYPTED:
        _refuse_old_datum(target, name)
    placed, crs = _moved(taken.shapes, target)
    rows = {
        "site_id": taken.ids,
        "name": taken.names,
        "crs_name": [target] * len(taken.ids),
        "error_m": taken.errors_m,
    }
    return gpd.GeoDataFrame(
        rows,
        columns=list(COLUMNS),
        geometry=gpd.GeoSeries(list(placed), crs=crs),
        crs=crs,
    )


def _moved(shapes: Shapes, target: str) -> tuple[Any, CRS | None]:
    """Bring shapes to a system. The encrypted ones have no place in PROJ: their frame carries the
    name in a column alone.
    """
    if target in ENCRYPTED:
        return to_encrypted(shapes, target), None
    return from_geographic(shapes, target), CRS.from_user_input(target)


def _refuse_old_datum(crs: str, name: str) -> None:
    """The old datums lie up to 150 m off; without the seven parameters nothing is made up."""
    if (old := old_datum(crs)) is not None:
        raise InputError(
            f"'{name}' stands on {old}: the way there needs the seven parameters of the survey"
            " office"
        )


# Any, since it tells apart what a caller may have handed in; `Located` is what it takes.
@dataclass(frozen=True, slots=True)
class _Taken:
    """What was handed in, in degrees: ids, names, shapes and the errors of their datum."""

    ids: list[str]
    names: list[str]
    shapes: Shapes
    errors_m: list[float]


def _taken(thing: Any, origin: str) -> _Taken:
    # Sites first, in any wrapping: they carry their own errors, which must not be lost.
    sites = _sites_in(thing)
    if sites is not None:
        return _taken_sites(sites)
    if isinstance(thing, Finding):
        return _taken_finding(thing)
    if isinstance(thing, gpd.GeoDataFrame):
        return _taken_frame(thing, origin)
    if isinstance(thing, gpd.GeoSeries):
        return _taken_frame(gpd.GeoDataFrame(geometry=thing, crs=thing.crs), origin)
    return _taken_bare(thing, origin)


# Any: as for `_taken`.
def _taken_bare(thing: Any, origin: str) -> _Taken:
    """What carries no system is in the one that the caller named."""
    if isinstance(thing, tuple) and len(thing) == 2 and all(np.isreal(v) for v in thing):
        thing = shapely.Point(thing)
    if isinstance(thing, shapely.Geometry):
        shapes, error_m = _degrees(object_array([thing]), origin)
        return _Taken(["1"], [""], shapes, [error_m])
    raise UsageError(
        f"{type(thing).__name__} has no coordinates; give a geometry, (lon, lat), a site, a"
        " finding, sites, a GeoSeries or a GeoDataFrame"
    )


# Any: as for `_taken`.
def _sites_in(thing: Any) -> Sequence[Site] | None:
    if isinstance(thing, Sites):
        return thing.sites
    if isinstance(thing, Site):
        return [thing]
    are_sites = isinstance(thing, tuple | list) and all(isinstance(one, Site) for one in thing)
    return thing if are_sites else None


def _taken_finding(finding: Finding) -> _Taken:
    """A finding is where site and resource meet, or else where the resource lies."""
    shape = finding.overlap_geometry
    if shape is None:
        shape = finding.resource_geometry
    # a record that is known by its county alone
    if shape is None:
        raise InputError(f"finding {finding.feature_id} has no position")
    return _Taken(
        [finding.feature_id],
        [finding.name_zh],
        object_array([shape]),
        [0.0],
    )


def _taken_sites(sites: Sequence[Site]) -> _Taken:
    good = [site for site in sites if site.usable]
    return _Taken(
        [site.site_id for site in good],
        [site.name for site in good],
        object_array([site.geometry for site in good]),
        [site.datum_error_m for site in good],
    )


def _taken_frame(given: gpd.GeoDataFrame, origin: str) -> _Taken:
    """What a frame holds; its own system goes before what was said of bare coordinates."""
    # a row without a place has no coordinates to give
    frame = given[~(given.geometry.isna() | given.geometry.is_empty)]
    ids = frame.get("site_id", frame.index)
    texts = frame["name"].fillna("") if "name" in frame else [""] * len(frame)
    shapes, error_m = _degrees(object_array(frame.geometry), frame.crs or origin)
    names = [str(text) for text in texts]
    return _Taken([str(name) for name in ids], names, shapes, [error_m] * len(frame))


def _degrees(shapes: Shapes, crs: str) -> tuple[Any, float]:
    return from_encrypted(shapes, crs) if is_encrypted(crs) else (to_geographic(shapes, crs), 0.0)


def write_sites(
    sites: Sites | Sequence[Site],
    path: str | Path,
    *,
    crs: str | None = None,
) -> Path:
    """Write sites as survey TXT, GeoPackage, KML or DXF, whole or not at all.

    How far a site may lie off and what is in doubt of it go along, as :meth:`Site.standing` says
    it: in columns of GeoPackage and KML; in the header of a TXT and the properties of a drawing for
    the whole file. But for GeoPackage it is said only where reading the file again would take the
    sites for surer than they are.

    Parameters
    ----------
    sites
        Those without geometry are left out.
    path
        Its suffix decides: .txt, .gpkg, .kml, .dxf. The order of version 0.1 (the path first) still
        works and warns.
    crs
        A name of :func:`to_crs_name`. None means: TXT and DXF the 3-degree zone of the sites with
        prefix, GeoPackage EPSG:4490; KML is always WGS 84.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    UsageError
        If the suffix or system is unknown, or the system does not suit the format.
    InputError
        If there is nothing to write, the sites lie in several degree-zones and none was named, or
        GDAL cannot write columns of KML.

    Examples
    --------
    >>> import sxgeo
    >>> import shapely
    >>> sites = sxgeo.read_sites(shapely.box(112.6, 38.3, 112.602, 38.302))
    >>> sxgeo.write_sites(sites, "plots.txt").name
    'plots.txt'
    """

    # The order of the parameters changed; the old one works, with a word.
    if isinstance(sites, (str, Path)):
        moved("write_sites(sites, path)")
        sites, path = path, sites  # type: ignore[assignment]
    target = path_of(path)
    kind = target.suffix.lower()
    if kind not in WRITERS:
        raise UsageError(f"'{target.name}' cannot be written; known: {', '.join(WRITERS)}")
    good = _usable(sites)
    if kind == ".kml":
        _check_kml(target, crs)
    if kind == ".txt":
        own_words = _standing_words(good, SOURCES["survey_blank"].metres)
        return write_text(survey_text(survey_of(good, crs=crs, header=own_words)), target)
    return _write_frame(to_crs_name(good, crs or _usual_crs(kind, good)), good, target)


def _usable(sites: Sites | Sequence[Site]) -> tuple[Site, ...]:
    """Return the sites that have a geometry; raise where none has."""
    good = tuple(s for s in (sites.sites if isinstance(sites, Sites) else sites) if s.usable)
    if not good:
        raise InputError("no site with a geometry to write")
    return good


def _check_kml(target: Path, crs: str | None) -> None:
    """Raise where a KML cannot be written, or not in the system that was named."""
    # KML has no place for a system: other numbers in it would be read as WGS 84.
    if crs is not None and named_crs(crs) not in (GEOGRAPHIC, "EPSG:4326"):
        raise UsageError("KML is WGS 84 by definition; write GeoPackage or DXF for another system")
    need_kml_columns(target)


def _write_frame(
    frame: gpd.GeoDataFrame,
    sites: Sequence[Site],
    target: Path,
) -> Path:
    """Write the frame of some sites; where a row has columns, each site keeps its own accuracy and
    doubts.
    """
    kind = target.suffix.lower()
    standing = [site.standing() for site in sites]
    rows: dict[str, list[Any]] = {key: [row[key] for row in standing] for key in STANDING}
    if kind == ".gpkg":
        return write_gpkg({"sites": frame.assign(**rows)}, target)

    # GDAL writes in place, so it writes beside the target, which is moved over once it is whole.
    with draft(target) as unfinished:
        if kind == ".kml":
            _write_kml(frame, unfinished, rows)
        else:
            _write_drawing(frame, unfinished, _standing_words(sites, SOURCES["cad"].metres))
    return target


def _write_kml(
    frame: gpd.GeoDataFrame,
    path: Path,
    rows: Mapping[str, list[Any]],
) -> None:
    """Write sites under the names that programs show, with columns for accuracy and doubts."""
    # a KML is drawn anew on imagery with its columns kept: a finer word than the reader's own
    # would then be said of another outline
    accuracy, _ = STANDING
    coarse = [metres if metres > _KML_M else np.nan for metres in rows[accuracy]]
    named = without_rings(frame).rename(columns={"site_id": "Name", "name": "Description"})
    columns = {**rows, accuracy: coarse}
    named.assign(**columns).to_file(path, driver="LIBKML", layer="sites")


_KML_M = SOURCES["kml_named"].metres
"""The finest that a reader takes a KML for."""


def _usual_crs(kind: str, sites: Sequence[Site]) -> str:
    """Return the system that a format is used with: degrees, or a plane for drawings."""
    if kind == ".kml":
        return "EPSG:4326"
    return GEOGRAPHIC if kind == ".gpkg" else _zone_of(sites)


def _standing_words(sites: Sequence[Site], assumed_m: float) -> dict[str, str]:
    """Return what a file without columns must say of its sites: the worst accuracy, where it is
    worse than what a reader assumes of such a file, and what is in doubt of any.
    """
    accuracy, doubts = STANDING
    standing = [site.standing() for site in sites]
    worst_m = max(float(row[accuracy] or 0.0) for row in standing)
    in_doubt = list(dict.fromkeys(str(row[doubts]) for row in standing if row[doubts] is not None))
    words = {}
    if worst_m > assumed_m:
        words[accuracy] = f"{worst_m:g}"
    if in_doubt:
        words[doubts] = " ".join("; ".join(in_doubt).split())
    return words


def _zone_of(sites: Sequence[Site]) -> str:
    """Name the 3-degree zone of all sites, with prefix.

    Raises
    ------
    InputError
        If they lie in several.
    """
    zones = sorted(
        {
            meridian_of(s.crs) // 3 if s.crs else central_meridian(s.geometry.centroid.x) // 3
            for s in sites
        }
    )
    if len(zones) > 1:
        raise InputError(
            f"the sites lie in degree-zones {', '.join(map(str, zones))}; name one, e.g."
            f" crs='CGCS2000 zone {zones[0]}'"
        )
    return zone_crs(zones[0], prefix=True)


def survey_of(
    sites: Sequence[Site],
    *,
    crs: str | None = None,
    header: dict[str, str] | None = None,
) -> Survey:
    """Turn sites into a survey, ready for :func:`sxgeo.sites.formats.survey.survey_text`.

    Parameters
    ----------
    sites
        With geometry.
    crs
        A CGCS2000 degree-zone, or None for that of the sites; with prefix unless its code has none.
    header
        Values for the header, over those that are computed.

    Raises
    ------
    UsageError
        If `crs` is no CGCS2000 degree-zone.
    """
    code = named_crs(crs) if crs else _zone_of(sites)
    zone, prefix = _zone_number(code)

    # The caller's words go before the computed ones; what nobody knows stays blank.
    computed = _header_of(zone)
    values = {key: computed.get(key, "") for key in HEADER_KEYS} | (header or {})
    bare = zone_crs(zone)
    plots = [_plot_of(site, bare, zone * 1e6 if prefix else 0.0) for site in sites]
    return Survey(
        header=values,
        plots=plots,
        decimals=4,
    )


def _header_of(zone: int) -> dict[str, str]:
    """What a survey office reads first."""
    return {
        "格式版本号": "1.01",
        "坐标系": "2000国家大地坐标系",
        # zones of 6 degrees are numbered below those of 3
        "几度分带": "6" if zone < 25 else "3",
        "投影类型": "高斯克吕格",
        "计量单位": "米",
        "带号": str(zone),
        "精度": "0.0001",  # the rounding of the numbers, which is all that this key states
        "转换参数": "0,0,0,0,0,0,0",
    }


def _zone_number(code: str) -> tuple[int, bool]:
    for prefix in (True, False):
        for zone in (*range(25, 46), *range(13, 24)):
            if zone_crs(zone, prefix=prefix) == code:
                return zone, prefix
    raise UsageError(
        f"survey TXT is written in a CGCS2000 degree-zone, '{code}' is none; say 'CGCS2000 zone 38'"
    )


def _plot_of(
    site: Site,
    plane: str,
    offset: float,
) -> Plot:
    shape = to_plane(site.geometry, plane)
    dimension = int(shapely.get_dimensions(shape))
    area = f"{_area_m2(site) / 1e4:.4f}" if dimension == 2 else ""
    kind = ("点", "线", "面")[dimension]
    plot = Plot(
        [
            "",
            area,
            _clean(site.site_id),
            _clean(site.name),
            kind,
            "",
            "",
            "",
        ]
    )
    for number, ring in enumerate(_rings_of(shape), start=1):
        # points of one plot share a ring: the standard numbers rings, not points
        _add_ring(plot, ring, 1 if dimension == 0 else number, offset, closed=dimension == 2)
    plot.fields[0] = str(len(plot.labels))
    return plot


def _area_m2(site: Site) -> float:
    """The area of the site's own plane, where its edges are straight, whatever plane is written."""
    own = site.crs or plane_crs(site.geometry.centroid.x)
    return float(laid_on_plane(site.geometry, own, site.crs).area)


def _rings_of(shape: Shape) -> list[Shape]:
    """The rings of polygons, outer ones before their holes; of other shapes their parts."""
    rings: list[Shape] = []
    for part in shapely.get_parts(shape):
        is_areal = part.geom_type == "Polygon"
        rings += [part.exterior, *part.interiors] if is_areal else [part]
    return rings


def _add_ring(
    plot: Plot,
    ring: Shape,
    number: int,
    offset: float,
    *,
    closed: bool,
) -> None:
    """Add points; labels count on through the rings, a closing point bears that of the first."""
    pairs = shapely.get_coordinates(ring)
    first = len(plot.labels) + 1
    for index, (east, north) in enumerate(pairs.tolist()):
        closing = closed and index == len(pairs) - 1
        label = f"J{first if closing else len(plot.labels) + 1}"
        plot.add(
            label,
            number,
            round(north, 4),
            round(east + offset, 4),
        )


def _clean(text: str) -> str:
    """Keep a text from breaking the line: commas, at signs and line ends have a meaning in the
    format.
    """
    plain = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(plain.translate(_MARKS).split())


def _write_drawing(
    frame: gpd.GeoDataFrame,
    path: Path,
    properties: Mapping[str, str],
) -> None:
    ezdxf = library("ezdxf", "DXF needs ezdxf")
    options = ezdxf.options

    # Ids and times by chance would change the bytes at every run: same sites, same bytes.
    known = options.write_fixed_meta_data_for_testing
    options.write_fixed_meta_data_for_testing = True
    try:
        drawing = ezdxf.new("R2007", setup=False)
        for key, value in properties.items():
            drawing.header.custom_vars.append(key, value)
        _draw_sites(drawing, frame)
        _sort_classes(drawing)
        drawing.saveas(path)
    finally:
        # a switch of the whole library: others in this process must find it as it was
        options.write_fixed_meta_data_for_testing = known


def _draw_sites(drawing: Drawing, frame: gpd.GeoDataFrame) -> None:
    """Draw each site on a layer of its own, by which a CAD program tells them apart."""
    space = drawing.modelspace()
    for site_id, shape in zip(frame["site_id"], frame.geometry, strict=True):
        layer = _layer_name(site_id)
        if layer not in drawing.layers:
            drawing.layers.add(layer)
        for part in shapely.get_parts(shape):
            _draw(space, part, {"layer": layer})


def _sort_classes(drawing: Drawing) -> None:
    """Bring the classes that a drawing names into one order: the library takes them out of a set,
    whose order is another one from run to run.
    """
    drawing.classes.add_required_classes(drawing.dxfversion)
    classes = drawing.classes.classes
    for key in sorted(classes):
        classes[key] = classes.pop(key)


def _layer_name(site_id: str) -> str:
    """Return an id without the characters that DXF forbids in the name of a layer."""
    return "".join("_" if c in '<>/\\":;?*|=`,' else c for c in site_id)[:200] or "site"


def _draw(
    space: BaseLayout,
    part: Shape,
    attributes: dict[str, str],
) -> None:
    if part.geom_type == "Point":
        space.add_point((part.x, part.y), dxfattribs=attributes)
    elif part.geom_type == "LineString":
        space.add_lwpolyline(shapely.get_coordinates(part).tolist(), dxfattribs=attributes)
    else:
        for ring in (part.exterior, *part.interiors):
            space.add_lwpolyline(
                shapely.get_coordinates(ring)[:-1].tolist(), close=True, dxfattribs=attributes
            )
