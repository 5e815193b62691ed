"""Name -> Zone: outlines, members, sub-regions, plan elements, sources; and which zones a place is in."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from .catalog import read_features, read_table
from .contents import read_toml
from .errors import InputError, SxgeoError, UsageError, listed
from .model import Zone, as_lonlat, elements_layer
from .own_boundaries import OwnBoundary, parse, read
from .placing import first_holding, near_edge
from .projection import GEOGRAPHIC

MEMBER_COLUMNS = (
    "code",
    "name_zh",
    "name_en",
    "level",
    "sub_region",
    "certain",
    "source",
    "confidence",
    "note",
    "position_accuracy_m",
)
_COUNTY_FILES = ("counties", "neighbours", "atlas_counties")
_UNIT_FILES = {"county": _COUNTY_FILES, "prefecture": ("prefectures",), "province": ("provinces",)}


def load_counties(*, neighbours: bool = False) -> gpd.GeoDataFrame:
    """Return the counties of the Taiyuan-Xinzhou zone.

    Parameters
    ----------
    neighbours
        Whether to add the counties outside the zone in which records lie.

    Returns
    -------
    GeoDataFrame
        EPSG:4490, by code: `code`, `name_zh`, `name_en`, `position_accuracy_m` (m), geometry.
    """
    return _frame(_COUNTY_FILES[: 2 if neighbours else 1])


def load_units(kind: str = "county") -> gpd.GeoDataFrame:
    """Return every bundled unit of one level: ``county``, ``prefecture`` or ``province``.

    Returns
    -------
    GeoDataFrame
        EPSG:4490, by code: `code`, `name_zh`, `name_en`, `position_accuracy_m` (m), `deviation_median_m`,
        `deviation_p95_m` (measured against a second source), geometry.

    Raises
    ------
    UsageError
        If the level is unknown.
    """
    if kind not in _UNIT_FILES:
        raise UsageError(f"unknown level '{kind}'. Known: {', '.join(_UNIT_FILES)}.")
    return _frame(_UNIT_FILES[kind])


def _frame(names: Iterable[str]) -> gpd.GeoDataFrame:
    read_files = [read_features(f"boundaries/{name}.geojson") for name in names]
    properties = [row for rows, _ in read_files for row in rows]
    shapes = np.concatenate([shapes for _, shapes in read_files])
    frame = gpd.GeoDataFrame(pd.DataFrame(properties), geometry=shapes, crs=GEOGRAPHIC)
    return frame.sort_values("code", ignore_index=True)


def _units(codes: Iterable[str]) -> gpd.GeoDataFrame:
    """Read the units with these codes from as few files as hold them."""
    wanted = set(codes)
    frames = []
    for kind, names in _UNIT_FILES.items():
        own = {code for code in wanted if _kind(code) == kind}
        for name in names if own else ():
            frame = _frame([name])
            frames.append(frame[frame["code"].isin(own)])
            own -= set(frame["code"])
            if not own:
                break
    if not frames:
        frames = [_frame(["counties"]).iloc[:0]]
    return pd.concat(frames, ignore_index=True)[["code", "position_accuracy_m", "geometry"]]


def _kind(code: str) -> str:
    return "province" if code.endswith("0000") else "prefecture" if code.endswith("00") else "county"


def _above(code: str) -> tuple[str, ...]:
    """The code itself, its prefecture's and its province's."""
    return tuple(dict.fromkeys((code, f"{code[:4]}00", f"{code[:2]}0000")))


def _rows() -> list[dict[str, str]]:
    return read_table("sources/zones.csv")


def list_zones() -> pd.DataFrame:
    """List every zone.

    Returns
    -------
    DataFrame
        One row per zone in the order of the table: `zone_id`, `name_zh`, `name_en`, `parent` (empty for none),
        `members` (count), `geometry_note` (why there is no outline, or empty), `sources`.
    """
    rows, members = _rows(), read_table("sources/zone_members.csv")
    counts = [len(_member_rows(row, members)) for row in rows]
    return pd.DataFrame(rows).assign(members=counts)[
        ["zone_id", "name_zh", "name_en", "parent", "members", "geometry_note", "sources"]
    ]


def _member_rows(zone: Mapping[str, str], everything: list[dict[str, str]]) -> list[dict[str, str]]:
    if zone["parent"]:
        return [m for m in everything if m["zone_id"] == zone["parent"] and m["sub_region"] == zone["zone_id"]]
    return [m for m in everything if m["zone_id"] == zone["zone_id"]]


def _plain(name: str) -> str:
    """A name without case, spaces, dashes and brackets, so that 'Tai-Xin', 'taixin' and 'TAIXIN' are one."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in folded if unicodedata.category(c)[0] in "LN")


@lru_cache(maxsize=1)
def _names() -> tuple[dict[str, str], dict[str, str]]:
    """Every plain name -> zone id, and zone id -> Chinese name."""
    found: dict[str, str] = {}
    titles = {}
    for row in _rows():
        titles[row["zone_id"]] = row["name_zh"]
        for name in (row["zone_id"], row["name_zh"], row["name_en"], *row["aliases"].split(";")):
            if name:
                found.setdefault(_plain(name), row["zone_id"])
    return found, titles


def find_zone(name: str) -> str:
    """Return the id of the zone that an id, a Chinese, English or pinyin name stands for.

    Raises
    ------
    UsageError
        If none does; the nearest names are in the message.
    """
    names, titles = _names()
    plain = _plain(name)
    if plain in names:
        return names[plain]
    near = [known for known in names if len(plain) > 1 and plain in known]
    near += get_close_matches(plain, names, n=3, cutoff=0.55)
    ids = list(dict.fromkeys(names[known] for known in near))[:3]
    hint = ""
    if ids:
        hint = " Did you mean " + " or ".join(f"'{i}'（{titles[i]}）" for i in ids) + "?"
    raise UsageError(f"unknown zone '{name}'.{hint} Known: {', '.join(titles)}.")


def load_zone(zone_id: str, *, workspace: str | Path | None = None) -> Zone:
    """Load a zone by its id or name.

    Parameters
    ----------
    zone_id
        E.g. ``"taixin"``; a Chinese, English or pinyin name will do: ``"太忻"``, ``"Taixin"``.
    workspace
        A sxgeo.toml file whose [[boundary]] tables replace bundled polygons by the user's own.

    Returns
    -------
    Zone
        Outline (the union of the members), members, sub-regions, plan elements and sources, EPSG:4490.

    Raises
    ------
    UsageError
        If no zone has this name.
    InputError
        If the workspace file or a boundary file that it names cannot be used.
    DataError
        If the bundled boundaries are broken.
    """
    rows = {row["zone_id"]: row for row in _rows()}
    row = rows[find_zone(zone_id)]
    own = {} if workspace is None else own_polygons(workspace)
    members, files = _members(row, own)
    known = [shape for shape in members.geometry if shape is not None]
    area = row["published_area_km2"]
    return Zone(
        id=row["zone_id"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        outline=_outline(known),
        members=members,
        sub_regions=tuple(r["zone_id"] for r in rows.values() if r["parent"] == row["zone_id"]),
        geometry_note=row["geometry_note"] or None,
        sources=(*(part.strip() for part in row["sources"].split(";") if part.strip()), *files),
        parent=row["parent"] or None,
        related=tuple(filter(None, row["related"].split(";"))),
        note=row["note"] or None,
        published_area_km2=float(area) if area else None,
        elements=_elements(row, members["code"].tolist(), rows),
    )


def _outline(polygons: list[Any]) -> Any:
    if not polygons:
        return None
    tiled = bool(shapely.coverage_is_valid(polygons))
    merged = shapely.coverage_union_all(polygons) if tiled else shapely.union_all(polygons)
    parts = shapely.get_parts([merged])
    return shapely.orient_polygons(shapely.normalize(parts[0] if len(parts) == 1 else merged))


def _members(
    zone: Mapping[str, str], own: Mapping[str, tuple[Path, gpd.GeoDataFrame]]
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Members with polygons, and a source line for a file of the user's that drew them."""
    rows = sorted(_member_rows(zone, read_table("sources/zone_members.csv")), key=lambda m: m["code"])
    members = pd.DataFrame(rows, columns=[c for c in MEMBER_COLUMNS if c != "position_accuracy_m"], dtype=object)
    members["certain"] = members["certain"] == "true"
    if found := own.get(zone["parent"] or zone["zone_id"], own.get(zone["zone_id"])):
        units, files = found[1], [f"boundary: {found[0].name} (workspace)"]
    else:
        units, files = _units(members["code"]), []
    merged = members.merge(units, on="code", how="left", validate="one_to_one").sort_values("code")
    frame = gpd.GeoDataFrame(merged, geometry="geometry", crs=GEOGRAPHIC)
    return frame[[*MEMBER_COLUMNS, "geometry"]].reset_index(drop=True), files


def own_polygons(workspace: str | Path) -> dict[str, tuple[Path, gpd.GeoDataFrame]]:
    """Read the users' own boundaries that a workspace file names: zone id -> file and polygons by `code`.

    Raises
    ------
    InputError
        If the workspace file, or a boundary file that it names, cannot be used: every problem in one message.
    """
    file = Path(workspace)
    parsed, _ = read_toml(file, "workspace file")
    boundaries, found = parse(parsed.get("boundary"), file.parent)
    polygons, wrong = polygons_of(boundaries)
    if found := [*found, *wrong]:
        raise InputError(listed(f"workspace file '{file}' cannot be used:", found))
    return polygons


def polygons_of(boundaries: Iterable[OwnBoundary]) -> tuple[dict[str, tuple[Path, gpd.GeoDataFrame]], list[str]]:
    """Read what the [[boundary]] tables of a workspace name, and list every problem of them all."""
    polygons: dict[str, tuple[Path, gpd.GeoDataFrame]] = {}
    found: list[str] = []
    for own in boundaries:
        try:
            zone_id = find_zone(own.zone)
            if zone_id in polygons:
                raise InputError(f"zone '{zone_id}' has two [[boundary]] tables; leave one")
            polygons[zone_id] = (own.path, _own(own, zone_id))
        except SxgeoError as error:
            found.append(str(error))
    return polygons, found


def _own(own: OwnBoundary, zone_id: str) -> gpd.GeoDataFrame:
    row = next(r for r in _rows() if r["zone_id"] == zone_id)
    codes = sorted(m["code"] for m in _member_rows(row, read_table("sources/zone_members.csv")))
    if not codes:
        raise InputError(f"zone '{zone_id}' has no members whose polygons a file could replace")
    return read(own, codes)


def with_own(counties: gpd.GeoDataFrame, own: Mapping[str, tuple[Path, gpd.GeoDataFrame]]) -> gpd.GeoDataFrame:
    """Return counties with the polygons and accuracies of the users' own boundaries put in their place."""
    replaced = counties.copy()
    for _, polygons in own.values():
        by_code = polygons.set_index("code")
        for row, code in enumerate(replaced["code"]):
            if code in by_code.index:
                replaced.loc[row, "geometry"] = by_code.geometry[code]
                replaced.loc[row, "position_accuracy_m"] = by_code["position_accuracy_m"][code]
    return replaced


@lru_cache(maxsize=4096)
def zones_of(code: str) -> tuple[str, ...]:
    """Return the ids of all zones and sub-regions that a county, prefecture or province belongs to.

    Parameters
    ----------
    code
        GB/T 2260 code. A county belongs to a zone that goes by prefecture or province when that holds it.

    Returns
    -------
    tuple of str
        In the order of the zones; empty for none.
    """
    codes = set(_above(code))
    held = {
        zone_id
        for member in read_table("sources/zone_members.csv")
        if member["code"] in codes
        for zone_id in (member["zone_id"], member["sub_region"])
    }
    return tuple(row["zone_id"] for row in _rows() if row["zone_id"] in held)


def locate(points: gpd.GeoSeries | None = None, *, lon: Any = None, lat: Any = None) -> pd.DataFrame:
    """Say in which of all zones and sub-regions each place is.

    Parameters
    ----------
    points
        Points in EPSG:4490 or EPSG:4326; or give `lon` and `lat`.
    lon, lat
        Arrays of degrees.

    Returns
    -------
    DataFrame
        A row per point, in the given order and with the index of `points`: `county_code` (of the county where one is
        bundled, else of its prefecture or province; None outside all zones), `zone_ids` (a tuple, empty outside all),
        `near_edge` (True within the stated accuracy of an edge of the bundled units).

    Raises
    ------
    InputError
        If neither form is given, lengths differ, or `points` has no geographic CRS.
    """
    x, y, index = as_lonlat(points, lon, lat)
    code = np.full(len(x), None, dtype=object)
    near = np.zeros(len(x), dtype=bool)
    for kind in _UNIT_FILES:
        units = load_units(kind)
        shapes, names = units.geometry.to_numpy(), np.array([*units["code"], None], dtype=object)
        rows = np.flatnonzero(pd.isna(code))
        code[rows] = names[first_holding(x[rows], y[rows], shapes)]
        near |= near_edge(x, y, shapes, units["position_accuracy_m"].to_numpy(dtype=float))
    ids = {c: zones_of(c) if c is not None else () for c in set(code.tolist())}
    zones = pd.Series([ids[c] for c in code.tolist()], index=index, dtype=object)
    return pd.DataFrame(
        {"county_code": pd.Series(code, index=index, dtype=object), "zone_ids": zones, "near_edge": near}
    )


def load_elements() -> gpd.GeoDataFrame:
    """Return every plan element.

    Returns
    -------
    GeoDataFrame
        EPSG:4490, by `element_id`, columns `ELEMENT_COLUMNS` and geometry (None where the place is not known).
    """
    return elements_layer(*read_features("layers/plan_elements.geojson")).frame


def _own_zones(zone_ids: Iterable[str], parents: Mapping[str, str]) -> set[str]:
    """The zones that an element is about: a zone that is named beside its own sub-region is not meant as a whole."""
    named = set(zone_ids)
    return named - {parents[zone_id] for zone_id in named}


def _elements(zone: Mapping[str, str], codes: list[str], rows: Mapping[str, Mapping[str, str]]) -> gpd.GeoDataFrame:
    """The plan elements that name the zone, a sub-region of it, or a place in it."""
    parents = {zone_id: row["parent"] for zone_id, row in rows.items()}
    family = {zone["zone_id"], zone["parent"], *(z for z, parent in parents.items() if parent == zone["zone_id"])}
    inside, above = set(codes), {upper for code in codes for upper in _above(code)}

    def concerns(members: list[str], zone_ids: list[str]) -> bool:
        if _own_zones(zone_ids, parents) & (family - {""}):
            return True
        return any(m in above or inside & set(_above(m)) for m in members)

    frame = load_elements()
    kept = [concerns(*pair) for pair in zip(frame["members"], frame["zone_ids"], strict=True)]
    return frame[kept].reset_index(drop=True)


def elements_at(codes: Iterable[str]) -> list[dict[str, str]]:
    """Say which chapters of which plan speak about a place, by the counties it touches.

    Parameters
    ----------
    codes
        GB/T 2260 codes of those counties.

    Returns
    -------
    list of dict
        `element_id`, `name_zh`, `plan`, `chapter`, `says_zh`, by `element_id`; empty for none.
    """
    return [dict(element) for element in _elements_at(tuple(codes))]


@lru_cache(maxsize=1024)
def _elements_at(own: tuple[str, ...]) -> tuple[dict[str, str], ...]:
    above = {upper for code in own for upper in _above(code)}
    zones = {zone_id for code in own for zone_id in zones_of(code)}
    parents = {row["zone_id"]: row["parent"] for row in _rows()}
    found = []
    for row in read_table("sources/plan_elements.csv"):
        members = set(filter(None, row["members"].split(";")))
        meant = _own_zones(filter(None, row["zone_ids"].split(";")), parents)
        if members & above if members else meant & zones:
            found.append({key: row[key] for key in ("element_id", "name_zh", "plan", "chapter", "says_zh")})
    return tuple(found)


def zone_records() -> list[dict[str, Any]]:
    """Return what `sxgeo zones --format json` prints: a list with the keys of design.md."""
    rows, members = _rows(), read_table("sources/zone_members.csv")
    return [
        {
            "id": row["zone_id"],
            "name_zh": row["name_zh"],
            "name_en": row["name_en"],
            "members": [
                {
                    "code": m["code"],
                    "name_zh": m["name_zh"],
                    "level": m["level"],
                    "certain": m["certain"] == "true",
                    "source": m["source"],
                }
                for m in sorted(_member_rows(row, members), key=lambda m: m["code"])
            ],
            "sub_regions": [r["zone_id"] for r in rows if r["parent"] == row["zone_id"]],
            "geometry_note": row["geometry_note"] or None,
        }
        for row in rows
    ]
