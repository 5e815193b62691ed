"""A QGIS project of a zone: `.qgz`, and beside it the GeoPackage that its layers lie in."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pyproj
import shapely

from ...boundaries.zones import Zone
from ...errors import UsageError
from ...files.writing import draft, refuse_odd, write_gpkg
from ...geometry.projection import GEOGRAPHIC, plane_crs
from ...wording import MAP_NOTICE
from ..content import drawable
from .sheets import GEOMETRY_NAMES, Sheet, zone_sheets

SUFFIX = ".qgz"
_DAWN = (1980, 1, 1, 0, 0, 0)


def write_project(zone: str | Zone, path: str | Path) -> tuple[Path, Path]:
    """Write a QGIS project of a zone with its resources, links and plan elements, in the styles of
    the map.

    Parameters
    ----------
    zone
        A zone or its id.
    path
        The project; its layers lie beside it in a GeoPackage of the same name, which it finds by
        the way from one to the other: move both together.

    Returns
    -------
    project, data : Path
        The two files. Same data, same bytes.

    Raises
    ------
    UsageError
        If the zone is unknown, or `path` does not end in ``.qgz``.
    AnalysisError
        If the zone has no outline to draw.
    InputError
        If one of the files cannot be written; then neither is.

    Notes
    -----
    Records without a position are not in it, and the name of each layer tells how many are located
    of how many there are. Users' own layers are never taken in.
    """
    target = Path(path)
    if target.suffix.lower() != SUFFIX:
        raise UsageError(f"'{path}' is no name of a QGIS project; give one that ends in {SUFFIX}")
    data = target.with_suffix(".gpkg")
    refuse_odd(data)
    place, shape = drawable(zone)
    sheets = zone_sheets(place)
    project = project_text(place, shape, sheets, data.name)

    # the project is put in its place only once its data are there
    with draft(target) as unfinished:
        unfinished.write_bytes(_packed(project, f"{target.stem}.qgs"))
        write_gpkg({sheet.table: sheet.frame for sheet in sheets}, data)
    return target, data


def project_text(
    zone: Zone,
    shape: shapely.Geometry,
    sheets: Sequence[Sheet],
    data_name: str,
) -> str:
    """Return the project as QGIS reads it.

    Parameters
    ----------
    zone, shape
        The zone and the shape that the map opens on.
    sheets
        From the topmost to the one under all others.
    data_name
        Name of the GeoPackage beside the project.
    """
    plane = plane_crs(float(shapely.centroid(shape).x))
    title = f"{zone.name_zh} {zone.name_en}"
    groups = list(dict.fromkeys(sheet.group for sheet in sheets))
    # the notice heads the list of layers, and QGIS writes it on the map itself
    notice = f"<layer-tree-group name={quoteattr(MAP_NOTICE)}/>"
    tree = "".join(
        f'<layer-tree-group name={quoteattr(group)} checked="Qt::Checked" expanded="1">'
        + "".join(_leaf(zone, sheet, data_name) for sheet in sheets if sheet.group == group)
        + "</layer-tree-group>"
        for group in groups
    )
    layers = "".join(_layer(zone, sheet, data_name) for sheet in sheets)
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        f'<qgis version="3.22.0" projectname={quoteattr(title)}>\n'
        f"<title>{escape(title)}</title>\n"
        f"<projectCrs>{_system(plane)}</projectCrs>\n"
        f"<layer-tree-group>{notice}{tree}</layer-tree-group>\n"
        f"<projectlayers>{layers}</projectlayers>\n"
        f"{_view(shape)}\n"
        '<properties><Paths><Absolute type="bool">false</Absolute></Paths>'
        '<SpatialRefSys><ProjectionsEnabled type="int">1</ProjectionsEnabled></SpatialRefSys>'
        '<CopyrightLabel><Enabled type="bool">true</Enabled>'
        f'<Label type="QString">{escape(MAP_NOTICE)}</Label></CopyrightLabel></properties>\n'
        f"<projectMetadata><title>{escape(title)}</title><abstract>{escape(MAP_NOTICE)}</abstract>"
        "</projectMetadata>\n</qgis>\n"
    )


def _source(sheet: Sheet, data_name: str) -> str:
    return f"./{data_name}|layername={sheet.table}"


def _id(zone: Zone, sheet: Sheet) -> str:
    return f"{zone.id}_{sheet.table}"


def _leaf(
    zone: Zone,
    sheet: Sheet,
    data_name: str,
) -> str:
    return (
        f"<layer-tree-layer id={quoteattr(_id(zone, sheet))} name={quoteattr(sheet.title)}"
        f' providerKey="ogr" source={quoteattr(_source(sheet, data_name))}'
        ' checked="Qt::Checked" expanded="0"/>'
    )


def _layer(
    zone: Zone,
    sheet: Sheet,
    data_name: str,
) -> str:
    labelled = int(bool(sheet.label))
    return (
        f'<maplayer type="vector" geometry="{GEOMETRY_NAMES[sheet.dimension]}"'
        f' labelsEnabled="{labelled}">'
        f"<id>{escape(_id(zone, sheet))}</id>"
        f"<datasource>{escape(_source(sheet, data_name))}</datasource>"
        f"<layername>{escape(sheet.title)}</layername>"
        f"<srs>{_system(GEOGRAPHIC)}</srs>"
        '<provider encoding="UTF-8">ogr</provider>'
        f"{sheet.renderer}{_labels(sheet.label)}</maplayer>\n"
    )


def _labels(field: str) -> str:
    if not field:
        return ""
    return (
        '<labeling type="simple"><settings calloutType="simple">'
        f'<text-style fieldName={quoteattr(field)} fontSize="8" fontSizeUnit="Point"'
        ' textColor="80,90,98,255"><text-buffer bufferDraw="1" bufferSize="0.8"'
        ' bufferColor="255,255,255,200"/></text-style></settings></labeling>'
    )


def _view(shape: shapely.Geometry) -> str:
    """Open on the whole zone: the extent stands in degrees, as the layers do."""
    west, south, east, north = shapely.bounds(shapely.buffer(shapely.envelope(shape), 0.05))
    box = (
        f"<xmin>{west:.6f}</xmin><ymin>{south:.6f}</ymin>"
        f"<xmax>{east:.6f}</xmax><ymax>{north:.6f}</ymax>"
    )
    return (
        f'<ProjectViewSettings UseProjectScales="0"><DefaultViewExtent xmin="{west:.6f}"'
        f' ymin="{south:.6f}" xmax="{east:.6f}" ymax="{north:.6f}">{_system(GEOGRAPHIC)}'
        "</DefaultViewExtent></ProjectViewSettings>"
        f"<mapcanvas><units>degrees</units><extent>{box}</extent><rotation>0</rotation>"
        f"<destinationsrs>{_system(GEOGRAPHIC)}</destinationsrs></mapcanvas>"
    )


@cache
def _system(name: str) -> str:
    """Return a system as QGIS reads it: it takes the name alone for no system at all."""
    wkt = escape(pyproj.CRS(name).to_wkt())
    return f"<spatialrefsys><wkt>{wkt}</wkt><authid>{name}</authid></spatialrefsys>"


def _packed(text: str, name: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        # a fixed day and fixed rights: the same project gives the same bytes
        entry = zipfile.ZipInfo(name, _DAWN)
        entry.compress_type, entry.external_attr, entry.create_system = (
            zipfile.ZIP_DEFLATED,
            0o644 << 16,
            3,
        )
        archive.writestr(entry, text.encode("utf-8"))
    return stream.getvalue()
