"""What a file is, with evidence: for `sxgeo inspect` and for every receipt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from ..boundaries.places import counties_of, place_of
from ..boundaries.zone_table import zones_of_any
from ..geometry.datums import describe_crs, is_encrypted
from ..geometry.projection import GEOGRAPHIC, plane_crs, to_degrees, to_plane
from ..geometry.shapes import Floats, Ints
from ..geometry.straight import laid_on_plane
from .formats.assumptions import Assumptions, conceal
from .formats.survey_shapes import area_words

if TYPE_CHECKING:
    from ..geometry.shapes import AnyCrs, Shapes
    from ..model.sites import Site
    from .formats.table import Table

EXAMINED = 5_000
"""Features whose rings, parts and twins are looked at; more would cost more than reading them."""
_LISTED = 20
_SLIVER_WIDTH_M = 1.0
_FAR_M = 20_000.0
_DEGREE_M = 111_320.0


def site_remarks(
    table: Table,
    sites: list[Site],
    start: int,
    unit: str | None,
) -> list[Site]:
    """Compare the area of each plot with that of its line, where a file has one; a problem joins
    the site.

    An area that contradicts the drawn one puts the site in doubt; one that is no number says
    nothing about it.
    """
    written = table.facts.areas
    if not written:
        return sites
    found, compared = [], []
    for number, (site, area) in enumerate(zip(sites, written, strict=True), start):
        facts, problem = _compared_area(site, area, unit)
        if facts is not None:
            compared.append(
                {
                    "site_id": site.site_id,
                    **facts,
                    "agrees": problem is None,
                }
            )
        if facts is not None and problem:
            site = _contradicted(site, f"feature {number}: {problem}", facts)
        found.append(site)
    table.note(area_check=_area_check(compared))
    return found


def _contradicted(
    site: Site,
    problem: str,
    facts: Mapping[str, Any],
) -> Site:
    """Return a site with what its written area contradicts."""
    # an area that fits in no unit hints at a lost or a wrong point: no class is clear for it
    doubtful = site.doubtful or "ratio" in facts
    return replace(site, problems=(*site.problems, problem), doubtful=doubtful)


def _area_check(compared: list[dict[str, Any]]) -> dict[str, Any]:
    """How many areas agree, and those that do not; a few of the others where all do."""
    disagreeing = [plot for plot in compared if not plot["agrees"]]
    # One unit for the whole file is what an office writes; several are told as they are.
    units = sorted({plot["unit"] for plot in compared if plot["agrees"] and "unit" in plot})
    return {
        "compared": len(compared),
        "disagree": len(disagreeing),
        "unit": units[0] if len(units) == 1 else units,
        "plots": disagreeing[:_LISTED] or compared[:3],
    }


def _compared_area(
    site: Site,
    written: str,
    unit: str | None,
) -> tuple[dict[str, Any] | None, str | None]:
    """What comes of comparing an area as written with the drawn one; None where one is missing."""
    if not (site.usable and shapely.get_dimensions(site.geometry) == 2 and written):
        return None, None
    # on the plane on which its edges are straight, as the report measures it
    plane = site.crs or plane_crs(site.geometry.centroid.x)
    shape = laid_on_plane(site.geometry, plane, site.crs)
    return area_words(written, float(shape.area), unit)


def file_report(
    name: str,
    digest: str | None,
    kind: str,
    parts: Sequence[tuple[Table, list[Site]]],
    told: Assumptions,
) -> dict[str, Any]:
    """Build the autopsy of one file, as the receipt keeps it.

    Parameters
    ----------
    name, digest, kind
        The file's name without folder, the SHA-256 of its bytes, its format.
    parts
        Each layer as read, and its sites.
    told
        What was assumed on the command line.

    Returns
    -------
    dict
        Plain values for JSON; long lists are cut, their counts are not.
    """
    tables = [table for table, _ in parts]
    sites = [site for _, found in parts for site in found]

    # What could not be used has no shape to be measured, and is counted by itself.
    good = [s for s in sites if s.geometry is not None]
    report: dict[str, Any] = {
        "file": name,
        "format": (tables[0].facts.format if tables else None) or kind,
        "sha256": digest,
        "layers": [table.layer for table in tables],
        "features": len(sites),
        **_systems_of(tables),
        "unusable": len(sites) - len(good),
        **_assumed_of(tables, told),
    }
    return report | _told_by_layers(tables) | _geometry_facts(good) | _repairs_of(tables, good)


def _assumed_of(tables: Sequence[Table], told: Assumptions) -> dict[str, Any]:
    """What the person said, what was guessed, and how far the datum may be off by it."""
    return {
        # seven parameters are secret: the receipt holds their hash alone
        "assumed": conceal(told.said()),
        "guesses": _guesses_of(tables),
        "datum_error_m": max((table.datum_error_m for table in tables), default=0.0),
    }


def _repairs_of(tables: Sequence[Table], good: Sequence[Site]) -> dict[str, Any]:
    """The first rings that were mended; nothing is said of them where no site is left."""
    if not good:
        return {}
    repairs = [text for table in tables for text in table.facts.repaired]
    return {"repaired": repairs[:_LISTED]}


def _systems_of(tables: Sequence[Table]) -> dict[str, Any]:
    """The system of each layer: as declared, as used, and which ordinate stands first."""
    used = [crs_of(table) for table in tables]
    return {
        "crs_declared": [_declared_name(table.declared) for table in tables],
        # the encrypted ones are no systems of PROJ, which could describe them
        "crs_used": [crs if is_encrypted(crs) else describe_crs(crs) for crs in used],
        "axis_order": [_axis_words(table, crs) for table, crs in zip(tables, used, strict=True)],
    }


def _guesses_of(tables: Sequence[Table]) -> list[dict[str, str]]:
    """Each guess once: the layers of a file leave the same things open."""
    records = {str(guess): guess.record() for table in tables for guess in table.guesses}
    return list(records.values())


def _told_by_layers(tables: Sequence[Table]) -> dict[str, Any]:
    """What was left out, the facts that the readers noted, and their remarks."""
    lost = [entry.record() for table in tables for entry in table.left_out]
    remarks = [
        f"feature {row + 1}: {text}"
        for table in tables
        for row, rest in table.remarks.items()
        for text in rest
    ]
    return {
        **_first_of("left_out", lost),
        **_noted(tables),
        **_first_of("remarks", remarks),
    }


def _first_of(key: str, entries: Sequence[Any]) -> dict[str, Any]:
    """A file may hold thousands: the first are told, the number is of all; nothing of none."""
    return (
        {
            key: list(entries[:_LISTED]),
            f"{key}_count": len(entries),
        }
        if entries
        else {}
    )


def _noted(tables: Sequence[Table]) -> dict[str, Any]:
    """Facts that all layers share stand once; otherwise each layer's, in their order."""
    told: dict[str, Any] = {}
    for key in _FACTS:
        noted = [getattr(table.facts, key) for table in tables]
        if values := [value for value in noted if value is not None]:
            told[key] = values[0] if all(v == values[0] for v in values) else values
    return told


_FACTS = (
    "encoding",
    "mojibake",
    "datum",
    "zone",
    "central_meridian",
    "zone_prefix",
    "zone_evidence",
    "crs_evidence",
    "parameters",
    "parameters_rotation",
    "parameters_from",
    "several_systems",
    "header",
    "irregular",
    "points",
    "area_check",
    "columns",
    "drawing",
    "curves",
    "heights",
    "entities_left_out",
    "others",
)


# Any: a CRS is a text, a number or pyproj's own.
def crs_of(table: Table) -> Any:
    """Return the system that a table was settled in; degrees of CGCS2000 where nothing was said."""
    return GEOGRAPHIC if table.facts.crs_used is None else table.facts.crs_used


def _declared_name(declared: AnyCrs | None) -> str | None:
    if declared is None:
        return None
    if not str(declared).isascii():  # a header's own words
        return str(declared)
    try:
        return describe_crs(declared)
    except CRSError:
        return str(declared)


def _axis_words(table: Table, crs: AnyCrs) -> str:
    geographic = is_encrypted(crs) or CRS.from_user_input(crs).is_geographic
    words = ("lon, lat", "lat, lon") if geographic else ("east, north", "north, east")
    return words[table.facts.axis_in_file == "yx"]


def _geometry_facts(sites: list[Site]) -> dict[str, Any]:
    if not sites:
        return {}
    shapes = np.array([s.geometry for s in sites], dtype=object)
    # The first features speak for a large file; the receipt says how many were looked at.
    few = shapes[:EXAMINED]
    facts: dict[str, Any] = {
        "bounds": [round(float(v), 7) for v in shapely.total_bounds(shapes)],
        "kinds": _kinds(shapes),
        "vertices": int(shapely.get_num_coordinates(shapes).sum()),
        "examined": len(few),
        **_ring_facts(few),
        **_twins(few),
    }
    middles = shapely.get_coordinates(shapely.centroid(few))
    middle = np.median(middles, axis=0)
    return facts | _strays(sites, middles, middle) | _where(few, middle)


def _strays(
    sites: Sequence[Site],
    middles: Floats,
    middle: Floats,
) -> dict[str, Any]:
    """Name the sites whose middles lie far from that of all; nothing where none does."""
    # One plot far from all others is, more often than not, a slip in a number.
    far = _away_m(middles, middle) > _FAR_M
    if not far.any():
        return {}
    return {
        "far_from_the_rest": [sites[i].site_id for i in np.flatnonzero(far)[:_LISTED]],
        "far_count": int(far.sum()),
    }


def _where(shapes: Shapes, middle: Floats) -> dict[str, Any]:
    counties = _counties(shapes)
    facts: dict[str, Any] = {
        "counties": counties,
        "zones": zones_of_any(county.rpartition(" ")[2] for county in counties),
    }
    # In no county at all: the neighbouring degree-zones are tried, and told as a suspicion.
    if not counties:
        facts["suspicions"] = _other_zones(middle)
    return facts


def _counties(shapes: Shapes) -> list[str]:
    # of many plots their middles tell the counties, and far sooner
    if len(shapes) <= 50:
        return sorted(
            {county for shape in shapes for county in counties_of(shape)},
            key=lambda c: c.rpartition(" ")[2],
        )
    return counties_of(shapely.MultiPoint(shapely.get_coordinates(shapely.centroid(shapes))))


def _kinds(shapes: Shapes) -> dict[str, int]:
    names = {
        0: "Point",
        1: "LineString",
        3: "Polygon",
        4: "MultiPoint",
        5: "MultiLineString",
        6: "MultiPolygon",
    }
    ids, counts = np.unique(shapely.get_type_id(shapes), return_counts=True)
    by_kind = zip(ids.tolist(), counts.tolist(), strict=True)
    return {names.get(kind, str(kind)): count for kind, count in by_kind}


def _away_m(points: Floats, place: Floats) -> Any:
    east, north = ((points - place) * _DEGREE_M).T
    return np.hypot(
        east * np.cos(np.radians(place[1])),
        north,
    )


def _ring_facts(shapes: Shapes) -> dict[str, Any]:
    """Count rings by direction, holes, slivers, and parts of one feature that lie far apart."""
    areal = shapes[shapely.get_dimensions(shapes) == 2]
    if not len(areal):
        return {}
    parts, owner = shapely.get_parts(areal, return_index=True)
    return {
        "rings": _ring_counts(parts, len(areal)),
        "slivers": int((_widths_m(parts) < _SLIVER_WIDTH_M).sum()),
        "parts_far_apart": _far_apart(parts, owner, len(areal)),
    }


def _ring_counts(parts: Shapes, features: int) -> dict[str, int]:
    # programs differ in the direction of rings: it is told, and decides nothing
    turned_left = int(shapely.is_ccw(shapely.get_exterior_ring(parts)).sum())
    return {
        "outer_counter_clockwise": turned_left,
        "outer_clockwise": len(parts) - turned_left,
        "holes": int(shapely.get_num_interior_rings(parts).sum()),
        "parts_beyond_the_first": len(parts) - features,
    }


def _widths_m(parts: Shapes) -> Floats:
    """How wide polygons are, roughly: degrees become metres by rule of thumb."""
    scale = np.cos(np.radians(shapely.get_y(shapely.centroid(parts)))) * _DEGREE_M**2
    area = shapely.area(parts) * scale
    length = shapely.length(parts) * _DEGREE_M
    # a ring of no length has no width, and counts as a sliver
    with np.errstate(divide="ignore", invalid="ignore"):
        widths: Floats = np.where(length > 0, 2 * area / length, 0.0)
    return widths


def _far_apart(
    parts: Shapes,
    owner: Ints,
    count: int,
) -> int:
    """How many features have parts far from each other: two plots under one number, or a slip."""
    far = 0
    for i in np.flatnonzero(np.bincount(owner, minlength=count) > 1).tolist():
        middles = shapely.get_coordinates(shapely.centroid(parts[owner == i]))
        far += bool((_away_m(middles, middles[0]) > _FAR_M).any())
    return far


def _twins(shapes: Shapes) -> dict[str, Any]:
    """Count features that are drawn twice, and vertices that stand twice in a row."""
    # where a ring begins, and which way it runs, makes no other plot
    plain = shapely.to_wkb(shapely.normalize(shapes))
    pairs, rows = shapely.get_coordinates(shapes, return_index=True)
    in_one_feature = rows[1:] == rows[:-1]
    same = (pairs[1:] == pairs[:-1]).all(axis=1) & in_one_feature
    return {
        "duplicate_features": len(plain) - len(set(plain.tolist())),
        "duplicate_vertices": int(same.sum()),
    }


def _other_zones(middle: Floats) -> list[str]:
    """Say where the middle would lie with another reading, when that is in a bundled county and the
    one taken is not.
    """
    found = []
    lon, lat = float(middle[0]), float(middle[1])
    here = plane_crs(lon) if 73.5 <= lon < 136.5 else None
    for words, place in _readings(lon, lat, here):
        if counties := counties_of(place):
            found.append(f"{words}: {counties[0]} ({place_of(place.x, place.y).partition(':')[0]})")
    return found


def _readings(
    lon: float,
    lat: float,
    crs: str | None,
) -> list[tuple[str, Any]]:
    readings = []
    if crs is not None:
        flat = to_plane(shapely.Point(lon, lat), crs)
        number = int(crs.removeprefix("EPSG:"))
        for step in (-2, -1, 1, 2):
            other = f"EPSG:{number + step}"
            if 4534 <= number + step <= 4554:
                readings.append(
                    (
                        f"差 {abs(step)} 带 with degree-zone {number + step - 4509} instead",
                        to_degrees(flat, other),
                    )
                )
    return readings
