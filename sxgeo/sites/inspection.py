"""What a file is: the autopsy of every file as text or record, and how well its sites fit a zone or
a layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ..boundaries.places import counties_of
from ..boundaries.zone_table import list_zones, zones_of_any
from ..boundaries.zones import build_zone
from ..errors import InputError
from ..geometry.datums import ENCRYPTED, from_encrypted
from ..geometry.projection import ellipsoid_area_m2, meridian_of, plane_crs, to_degrees, to_plane
from ..geometry.shapes import Floats, Shape, Shapes, object_array
from ..geometry.straight import laid_on_plane
from .read import read_some

if TYPE_CHECKING:
    from ..model.sites import Site, Sites
    from .given import SiteSource

SCHEMA = "sxgeo.inspect/1"
_SHOWN = 20
_SAMPLE = 2_000
_BETTER = 0.2


def inspect_file(
    source: SiteSource,
    *,
    assume: Mapping[str, str] | None = None,
    strict: bool = False,
    against: str | Path | None = None,
) -> dict[str, Any]:
    """Say what a file is, with evidence, its guesses and what they could be as well.

    Parameters
    ----------
    source
        What :func:`sxgeo.read_sites` reads.
    assume, strict
        As there.
    against
        A zone id, or a file that the sites should fit: then each other reading of the coordinates
        (GCJ-02, BD-09, the neighbouring degree-zones, lon and lat swapped) is measured against it.
        Nothing is converted.

    Returns
    -------
    dict
        `schema`, `files` (one autopsy each), `sites` (with area, counties and problems), `fit`
        (None without `against`).

    Raises
    ------
    InputError
        If a file cannot be read, or with `strict` was guessed at.

    Examples
    --------
    >>> import sxgeo
    >>> found = sxgeo.inspect_file((112.6001, 38.3001))
    >>> found["sites"][0]["kind"], found["sites"][0]["usable"]
    ('Point', True)
    """
    sites, unread = read_some(source, assume=assume, strict=strict)
    if unread:
        raise InputError("\n".join(unread))
    return {
        "schema": SCHEMA,
        "files": [dict(report) for report in sites.autopsy],
        "sites": [_site(site) for site in sites.sites],
        "fit": None if against is None else fit(sites, against),
    }


def _site(site: Site) -> dict[str, Any]:
    counties = counties_of(site.geometry) if site.usable else []
    return {
        "site_id": site.site_id,
        "name": site.name,
        "usable": site.usable,
        **_measures(site),
        "accuracy_m": site.accuracy_m,
        "accuracy_source": site.accuracy_source,
        "datum_error_m": site.datum_error_m,
        "counties": counties,
        "zones": zones_of_any(county.rpartition(" ")[2] for county in counties),
        "problems": list(site.problems),
    }


_NO_MEASURES: dict[str, Any] = {
    "kind": None,
    "points": 0,
    "crs": None,
    "area_m2": None,
    "area_ellipsoid_m2": None,
}


def _measures(site: Site) -> dict[str, Any]:
    """What the shape of a site is, and how large."""
    shape = site.geometry
    if shape is None:
        return _NO_MEASURES
    # The plane of the file, or that of the place: the area is that of the report to come.
    plane = site.crs or plane_crs(shape.centroid.x)
    facts = {
        **_NO_MEASURES,
        "kind": shape.geom_type,
        "points": int(shapely.get_num_coordinates(shape)),
        "crs": plane,
    }
    if shapely.get_dimensions(shape) == 2:
        on_plane_m2 = float(laid_on_plane(shape, plane, site.crs).area)
        facts["area_m2"] = round(on_plane_m2, 2)
        facts["area_ellipsoid_m2"] = round(ellipsoid_area_m2(shape), 2)
    return facts


def fit(sites: Sites, against: str | Path) -> dict[str, Any]:
    """Measure how well the sites fit a zone or a layer as read, and in every other reading of their
    coordinates.

    Returns
    -------
    dict
        `against`; `readings`, each with `inside` (share of vertices inside the reference, or within
        1 m of it) and `median_m` (median distance of vertices to its edge, in m), the best first;
        `remark`, None when nothing fits clearly better than what was read.

    Raises
    ------
    InputError
        If the reference cannot be read or nothing usable is there to compare.
    """
    good = [s.geometry for s in sites.sites if s.usable]
    if not good:
        raise InputError("no usable site to compare")

    reference, name = _reference(against)
    rows = _measured_readings(_sample(good), reference)
    taken = rows[0]

    # The reading as it stands comes first among equals: nothing is suspected without a reason.
    sign, measured = (-1, "inside") if reference.zone else (1, "median_m")
    rows.sort(key=lambda row: (sign * row[measured], row["reading"] != "as read"))
    return {
        "against": name,
        "readings": rows,
        "remark": _suspicion(rows[0], taken, name, is_zone=reference.zone),
    }


def _sample(shapes: Sequence[Shape]) -> Floats:
    """Return some corners of shapes, evenly taken."""
    # a sample tells how a reading fits; all of them would tell no more
    count = int(shapely.get_num_coordinates(shapes).sum())
    corners: Floats = shapely.get_coordinates(shapes)[:: max(1, count // _SAMPLE)]
    return corners


def _measured_readings(points: Floats, reference: _Reference) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for key, words, moved in _readings(points):
        row: dict[str, Any] = {"reading": key, "words": words}
        rows.append(row | _measure(moved, reference))
    return rows


def _suspicion(
    best: Mapping[str, Any],
    taken: Mapping[str, Any],
    name: str,
    *,
    is_zone: bool,
) -> str | None:
    """Say which reading fits clearly better: half of all corners, or a distance several times
    smaller. It is told and never done: only the person knows what the file is.
    """
    if is_zone:
        clear = best["inside"] - taken["inside"] >= 0.5
    else:
        clear = best["median_m"] < _BETTER * taken["median_m"] and taken["median_m"] > 50.0
    if not clear or best is taken:
        return None
    return (
        f"疑似 suspected: {best['words']}; as read {taken['median_m']:.0f} m from {name}"
        f" ({taken['inside']:.0%} inside), so read {best['median_m']:.0f} m"
        f" ({best['inside']:.0%} inside). Nothing was converted; {_way_out(best['reading'])}"
    )


def _way_out(reading: str) -> str:
    if reading in ENCRYPTED:
        return f"if so, say --assume datum={reading}"
    return (
        "if so, say --assume axis=yx"
        if reading == "swapped"
        else f"if so, say --assume zone={reading.removeprefix('zone ')}"
    )


class _Reference:
    """Edges and areas of what the sites should fit, on one plane."""

    __slots__ = ("areas", "edges", "plane", "zone")

    def __init__(self, shapes: Shapes, *, zone: bool) -> None:
        # the reference decides the plane: the readings lie in several zones
        middle = float(np.median(shapely.get_coordinates(shapes)[:, 0]))
        self.plane = plane_crs(middle)
        self.zone = zone
        flat = np.atleast_1d(to_plane(np.asarray(shapes, dtype=object), self.plane))
        self.areas = shapely.STRtree(flat)
        areal = shapely.get_dimensions(flat) == 2
        self.edges = shapely.STRtree(np.where(areal, shapely.boundary(flat), flat))


def _reference(against: str | Path) -> tuple[_Reference, str]:
    # A name of a zone goes before a file of that name.
    if str(against) in list_zones()["zone_id"].tolist():
        return _outline_of(str(against)), str(against)
    sites, unread = read_some(against)
    shapes = [s.geometry for s in sites.sites if s.usable]
    if unread or not shapes:
        raise InputError("\n".join(unread) or f"'{against}' has nothing to compare with")
    return _Reference(
        np.array(shapes, dtype=object),
        zone=False,
    ), Path(against).name


def _outline_of(zone: str) -> _Reference:
    outline = build_zone(zone, {}).outline
    # a zone of points or of plans that are not bundled
    if outline is None:
        raise InputError(f"zone '{zone}' has no outline to compare with")
    return _Reference(np.array([outline], dtype=object), zone=True)


def _measure(points: Floats, reference: _Reference) -> dict[str, float]:
    places = object_array(to_plane(shapely.points(points), reference.plane))
    places = places[np.isfinite(shapely.get_coordinates(places)).all(axis=1)]
    # a reading whose numbers lie nowhere fits nothing, and sorts last
    if not len(places):
        return {"inside": 0.0, "median_m": float("1e9")}

    # One metre of grace: a corner on the outline is inside.
    inside = np.unique(reference.areas.query(places, predicate="dwithin", distance=1.0)[0])
    return {
        "inside": round(len(inside) / len(points), 4),
        "median_m": round(float(np.median(_to_edge_m(places, reference))), 2),
    }


def _to_edge_m(places: Shapes, reference: _Reference) -> Floats:
    """Return how far each place lies from the nearest edge of a reference."""
    # one nearest edge each: a corner between two edges would else count twice
    _, distances = reference.edges.query_nearest(places, return_distance=True, all_matches=False)
    to_edge_m: Floats = distances
    return to_edge_m


def _readings(points: Floats) -> Iterator[tuple[str, str, Any]]:
    """Yield each way to read the numbers: as read first."""
    yield "as read", "as read", points
    yield from _decrypted(points)
    yield from _next_zones(points)

    # Latitude and longitude the other way round, where the numbers allow it.
    if (np.abs(points[:, 0]) <= 90).all():
        yield "swapped", "经纬度颠倒 lon and lat are swapped", points[:, ::-1]


def _decrypted(points: Floats) -> Iterator[tuple[str, str, Any]]:
    """The encrypted systems of map services, a few hundred metres off."""
    shapes = shapely.points(points)
    for datum in ENCRYPTED:
        try:
            moved, _ = from_encrypted(shapes, datum)
        except InputError:
            continue
        yield datum, f"坐标为 {datum} the coordinates are {datum}", shapely.get_coordinates(moved)


def _next_zones(points: Floats) -> Iterator[tuple[str, str, Any]]:
    """The degree-zones next door, where a header names the wrong one."""
    plane = plane_crs(float(np.median(points[:, 0])))
    # the same metres, read in the zones to the left and to the right
    flat = to_plane(shapely.points(points), plane)
    own = meridian_of(plane) // 3
    for zone in (own - 1, own + 1):
        if 25 <= zone <= 45:
            moved = shapely.get_coordinates(to_degrees(flat, f"EPSG:{4509 + zone}"))
            yield f"zone {zone}", f"带号应为 {zone} the degree-zone is {zone}", moved


_LABELS = (
    ("format", "格式 format"),
    ("encoding", "编码 encoding"),
    ("mojibake", "乱码 spoiled text"),
    ("layers", "图层 layers"),
    ("crs_declared", "声明坐标系 CRS declared"),
    ("crs_used", "采用坐标系 CRS used"),
    ("datum", "基准 datum"),
    ("zone", "带号 degree-zone"),
    ("central_meridian", "中央经线 central meridian"),
    ("zone_prefix", "东坐标带号前缀 zone prefix"),
    ("zone_evidence", "带号依据 evidence"),
    ("axis_order", "坐标次序 axis order"),
    ("parameters", "七参数 seven parameters"),
    ("parameters_rotation", "旋转约定 rotation convention"),
    ("parameters_from", "参数来源 parameters from"),
    ("several_systems", "多个坐标系 several systems"),
    ("datum_error_m", "基准转换误差 datum error, m"),
    ("columns", "列 columns"),
    ("drawing", "图形 drawing"),
    ("curves", "曲线 curves"),
    ("heights", "高程和量测值 Z and M"),
    ("irregular", "不合格式处 irregularities"),
    ("points", "界址点数 points"),
    ("area_check", "面积核对 area check"),
    ("features", "要素 features"),
    ("unusable", "不可用 unusable"),
    ("kinds", "类型 kinds"),
    ("vertices", "顶点 vertices"),
    ("rings", "环 rings"),
    ("repaired", "自相交修复 repaired"),
    ("duplicate_features", "重复要素 duplicate features"),
    ("duplicate_vertices", "重复顶点 duplicate vertices"),
    ("slivers", "狭长碎片 slivers"),
    ("parts_far_apart", "部分相距过远 parts far apart"),
    ("far_from_the_rest", "远离其余 far from the rest"),
    ("left_out", "未取 left out"),
    ("entities_left_out", "图形中未取的图元 entities left out"),
    ("others", "压缩包内其他文件 other files in the archive"),
    ("bounds", "范围 bounds"),
    ("counties", "所在县 counties"),
    ("zones", "所在经济区 zones"),
    ("suspicions", "疑点 suspicions"),
    ("assumed", "用户指定 assumed"),
)


def inspection_text(record: dict[str, Any]) -> str:
    """Render what :func:`inspect_file` returns: Chinese first, English beside it."""
    lines: list[str] = []
    for report in record["files"]:
        lines += _file_lines(report)
    sites = record["sites"]
    for site in sites[:_SHOWN]:
        lines += _site_lines(site)
    if len(sites) > _SHOWN:
        lines.append(f"…… 另有 {len(sites) - _SHOWN} 个地块 more sites: --format json lists all")
    if record["fit"]:
        lines += _fit_lines(record["fit"])
    return "\n".join(lines) + "\n"


def _file_lines(report: Mapping[str, Any]) -> list[str]:
    """What one file is: its facts, then each guess with the way to settle it."""
    lines = [f"文件 file: {report['file']}", f"  SHA-256: {report['sha256']}"]
    for key, label in _LABELS:
        # empty facts are left out, but for the two counts that say how much was read
        is_empty = report.get(key) in (None, [], {}, 0, 0.0, [None])
        if not is_empty or key in ("unusable", "features"):
            lines.append(f"  {label}: {_words(report.get(key))}")
    lines.append(f"  推断 guesses: {len(report['guesses']) or '无 none'}")
    for guess in report["guesses"]:
        lines += [
            f"    ? {guess['key']} = {guess['taken']}：依据 evidence: {guess['evidence']}",
            f"      也可能是 or: {guess['alternative']}；用 --assume {guess['key']}=… 确定"
            " settles it",
        ]
    return [*lines, ""]


def _site_lines(site: Mapping[str, Any]) -> list[str]:
    """Where a plot lies and how large it is; guesses were told with the file already."""
    size = f" {site['area_m2'] / 1e4:.4f} 公顷 ha" if site["area_m2"] else ""
    counties = "、".join(c.rpartition(" ")[0] for c in site["counties"])
    where = counties or "内置县界之外 in no bundled county"
    state = f"{site['kind']}{size} · {where}" if site["usable"] else "不可用 unusable"
    named = f" · {site['name']}" if site["name"] else ""
    told = [problem for problem in site["problems"] if not problem.startswith("guess: ")]
    return [
        f"地块 site {site['site_id']}{named}: {state}",
        *(f"    ! {problem}" for problem in told),
    ]


def _fit_lines(fitted: Mapping[str, Any]) -> list[str]:
    """How every reading of the numbers fits, and whether one is worth a suspicion."""
    lines = ["", f"与 {fitted['against']} 的吻合 fit:"]
    for row in fitted["readings"]:
        lines.append(
            f"  {row['words']}: {row['inside']:.0%} 在内 inside, 距边界中位数 median to its"
            f" edge {row['median_m']:.1f} m"
        )
    lines.append(f"  {fitted['remark'] or '无更合理的读法 no other reading fits clearly better'}")
    return lines


def _words(value: object) -> str:
    if isinstance(value, dict):
        if {"what", "place", "reason"} <= set(value):
            return f"{value['what']} {value['place']} ({value['reason']})"
        if set(value) == {"name", "evidence"}:
            return f"{value['name']}（{value['evidence']}）"
        return "; ".join(f"{k} {_words(v)}" for k, v in value.items())
    if isinstance(value, list):
        return ", ".join(_words(v) for v in value)
    return "-" if value is None else str(value)
