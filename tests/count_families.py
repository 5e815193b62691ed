"""Families that :mod:`count_clear` counts beside surveys and tables, each with its judge."""

from __future__ import annotations

import base64
import json
import shutil
import sqlite3
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from count_clear import outcomes, refused

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "sites"), str(HERE / "maps")]

from bad_files import BAD, Bad  # noqa: E402  (beside this file once the paths are known)
from reading_cases_made import GROUPS  # noqa: E402
from reading_cases_made_forms import GROUPS as _FORMS  # noqa: E402, F401  (they join the others)
from reading_cases_made_tables import GROUPS as _TABLES  # noqa: E402, F401
from reading_cases_vector import (  # noqa: E402
    BESIDE,
    CASES,
    PLOT,
    Reading,
    area_ha,
    collection,
    feature,
    is_close,
)
from reading_cases_vector_sisters import CASES as SISTERS  # noqa: E402

from sxgeo.analysis.accessibility.friction import Grid  # noqa: E402
from sxgeo.analysis.accessibility.land import clip_to_land  # noqa: E402
from sxgeo.analysis.accessibility.rasters import _burnt as burnt  # noqa: E402
from sxgeo.analysis.conflicts.check import check_sites  # noqa: E402
from sxgeo.analysis.network.bundled import read_network  # noqa: E402
from sxgeo.cli.reach import _frame as reach_frame  # noqa: E402
from sxgeo.errors import InputError, UsageError  # noqa: E402
from sxgeo.geometry.datums import to_geographic  # noqa: E402
from sxgeo.sites.formats.vector_files import read_features, whole  # noqa: E402
from sxgeo.sites.read import read_some  # noqa: E402

CLASS = "heritage_sites"
Verdict = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Member:
    """A case of another table, under the kind that it is counted by."""

    name: str
    kind: str
    case: Any


def _in_kind(role: str, cases: Sequence[Reading]) -> list[Member]:
    return [Member(case.name, f"{role}: {_format(case)}", case) for case in cases]


def _format(case: Reading) -> str:
    """Tell a format by the name of the case: ``pretty.geojsonl``, ``dxf_hatch``, ``zip_of_tab``."""
    name = case.name.rpartition("!")[2]
    word = name.rpartition(".")[2] if "." in name else name.split("_")[0]
    known = ("kml", "gml", "gpx", "wkt", "dxf", "zip", "folder", "gdb", "mif", "tab")
    if "json" in word:
        return "GeoJSON"
    return word if word in known else "shapefile, GeoPackage, FlatGeobuf"


def _assumed(case: Reading, path: Path) -> dict[str, str]:
    """A KML says nothing of its imagery: what is certain in it is so once the datum is said."""
    is_kml = path.suffix in (".kml", ".kmz", ".zip") and case.right == "read"
    return {**({"datum": "CGCS2000"} if is_kml else {}), **case.assume}


def judge_vector(member: Member, folder: Path, hit: Path, far: Path) -> Verdict:
    """Judge a vector file as sites."""
    case: Reading = member.case
    return _judge_sites(case, case.build(folder), hit, far)


def judge_zipped(member: Member, folder: Path, hit: Path, far: Path) -> Verdict:
    """Judge the same file in a zip: as beside it, and no message names where it was unpacked."""
    case: Reading = member.case
    inside = folder / "in"
    inside.mkdir()
    case.build(inside)
    path = folder / "包.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in sorted(inside.rglob("*")):
            if part.is_file():
                archive.write(part, part.relative_to(inside).as_posix())
    sites, unread = read_some(path, assume=_assumed(case, path))
    told = json.dumps([unread, sites.autopsy, [s.problems for s in sites.sites]], default=str)
    if "sxgeo-" in told:
        return "wrong", f"names where it was unpacked: {told[:300]}"
    if case.right in ("refuse", "doubt") and "clear" in (
        outcomes(sites, far) if sites.sites else ()
    ):
        return "false_clears", f"clear in a zip: {told[:300]}"
    return ("ok", told[:300]) if sites.sites else refused(" ".join(unread))


def _judge_sites(case: Reading, path: Path, hit: Path, far: Path) -> Verdict:
    sites, unread = read_some(path, assume=_assumed(case, path))
    told = " ".join([*unread, *(p for site in sites.sites for p in site.problems)])[:400]
    if case.words not in told:
        return "wrong", f"does not say '{case.words}': {told}"
    usable = [site for site in sites.sites if site.usable]
    if case.right == "refuse":
        return ("wrong", f"is read: {told}") if usable else refused(told)
    found = outcomes(sites, far) if usable else set()
    if case.right == "doubt":
        is_false = "clear" in found | outcomes(sites, hit)
        return ("false_clears" if is_false else "ok"), told
    if case.right == "site":
        all_good = len(usable) == len(sites.sites)
        return ("false_clears" if all_good else "ok"), told
    if found != {"clear"}:
        return "needless_doubts", f"{sorted(found)}: {told}"
    hectares = area_ha([site.geometry for site in usable])
    if len(usable) != case.count or not is_close(hectares, case.hectares):
        return "wrong", f"{len(usable)} sites of {hectares} ha"
    if hectares >= 30 and outcomes(sites, hit) == {"clear"}:
        return "false_clears", "the monument inside is not found"
    return "ok", told


def judge_made(member: Member, folder: Path, hit: Path, far: Path) -> Verdict:
    """Judge a file that was made by a generator; of one that may be read or refused (``any``) only
    what is read for certain is measured.
    """
    case: Reading = member.case
    path = case.build(folder)
    if case.right != "any":
        return _judge_sites(case, path, hit, far)
    sites, unread = read_some(path, assume=_assumed(case, path))
    told = " ".join([*unread, *(p for site in sites.sites for p in site.problems)])[:400]
    usable = [site for site in sites.sites if site.usable]
    if not usable:
        return refused(told)
    if "clear" not in outcomes(sites, far) | outcomes(sites, hit):
        return "ok", told
    return _judge_sites(replace(case, right="read"), path, hit, far)


def judge_layer(member: Member, folder: Path, hit: Path, far: Path) -> Verdict:
    """Judge the same file as an official layer, a boundary or a mask: all of it, or refused."""
    case: Reading = member.case
    path = case.build(folder)
    try:
        frame = whole(read_features(path, "layer file"), f"'{path.name}'")
        if frame.crs is not None:
            to_geographic(frame.geometry.to_numpy(), frame.crs)
    except (InputError, UsageError) as error:
        asked = case.assume or case.left_out or "name one: layer" in str(error)
        if case.right == "read" and not asked:
            return "needless_doubts", str(error)[:300]
        return refused(str(error))
    if case.right == "refuse" and not case.assume:
        return "false_clears", "taken for whole"
    if case.right == "read" and not case.assume and len(frame) != case.count:
        return "false_clears", f"{len(frame)} records of {case.count}"
    return "ok", ""


def judge_bad(member: Member, folder: Path, hit: Path, far: Path) -> Verdict:
    """Judge a bad file: refused, or its site named."""
    case: Bad = member.case
    sites, unread = read_some(case.build(folder))
    told = " ".join([*unread, *(p for site in sites.sites for p in site.problems)])[:400]
    if case.kind == "file" and any(site.usable for site in sites.sites):
        return "false_clears", f"is read: {told}"
    # a file of the kind "any" is refused or its site is named, in whatever words
    if case.kind != "any" and case.words not in told:
        return "wrong", f"does not say '{case.words}': {told}"
    if any("guess: " in p and not site.doubtful for site in sites.sites for p in site.problems):
        return "false_clears", f"a guess without doubt: {told}"
    return ("ok", told) if any(site.usable for site in sites.sites) else refused(told)


# --- workspaces


def _workspace(change: Callable[[str, Path], str]) -> Callable[[Path, Path], Path]:
    """Return a builder that copies a sound workspace and spoils the copy."""

    def build(folder: Path, world: Path) -> Path:
        layer = world.with_suffix(".geojson")
        shutil.copy(layer, folder / layer.name)
        path = folder / "sxgeo.toml"
        path.write_text(change(world.read_text("utf-8"), folder / layer.name), encoding="utf-8")
        return path

    return build


def _in_layer(change: Callable[[dict[str, Any]], object]) -> Callable[[str, Path], str]:
    def spoil(toml: str, layer: Path) -> str:
        held = json.loads(layer.read_text("utf-8"))
        change(held)
        layer.write_text(json.dumps(held), encoding="utf-8")
        return toml

    return spoil


def _as_line(held: dict[str, Any]) -> None:
    shape = held["features"][0]["geometry"]
    held["features"][0]["geometry"] = {
        "type": "LineString",
        "coordinates": shape["coordinates"][0],
    }


def _without_accuracy(held: dict[str, Any]) -> None:
    del held["features"][0]["properties"]["position_accuracy_m"]


WORKSPACES: dict[str, tuple[Callable[[str, Path], str], bool]] = {
    "as it is": (lambda toml, layer: toml, True),
    "download cut": (_in_layer(lambda held: held.update(exceededTransferLimit=True)), False),
    "more matched": (_in_layer(lambda held: held.update(numberMatched=9)), False),
    "type misspelt": (_in_layer(lambda held: held["features"].append({"type": "Featur"})), False),
    "scope as a closed line": (_in_layer(_as_line), False),
    "no accuracy": (_in_layer(_without_accuracy), False),
    "no document": (lambda toml, layer: toml.replace('complete_document = "试验"\n', ""), False),
    "another county": (lambda toml, layer: toml.replace("140122", "140121"), False),
    # a belt that is neither held nor declared absent matters near its monument alone
    "belt not declared": (
        lambda toml, layer: "".join(
            line for line in toml.splitlines(True) if "subzones_absent" not in line
        ),
        True,
    ),
    "not declared whole": (
        lambda toml, layer: "".join(
            line for line in toml.splitlines(True) if "complete" not in line
        ),
        False,
    ),
}
"""What is done to a sound workspace, and whether a plot far from its monument may still be clear."""


def judge_workspace(member: Member, folder: Path, hit: Path, far: Path) -> Verdict:
    """Judge a workspace in both worlds: one that is spoilt gives nothing clear in either."""
    change, sound = member.case
    plot = gpd.GeoDataFrame({"site_id": ["S"]}, geometry=[PLOT], crs="EPSG:4490")
    found: list[str] = []
    for name, world in (("hit", hit), ("far", far)):
        place = folder / name
        place.mkdir()
        try:
            path = _workspace(change)(place, world)
            report = check_sites(plot, classes=[CLASS], workspace=path)
        except InputError as error:
            found.append(f"refused: {error}")
            continue
        found += [e.outcome for e in report.sites[0].screening if e.resource_class == CLASS]
    if found[0] == "clear" or ("clear" in found and not sound):
        return "false_clears", str(found)
    if sound and found[1] != "clear":
        return "needless_doubts", str(found)
    return ("refused" if found[1].startswith("refused") else "ok"), str(found)


# --- networks, land masks and barriers

_PLANE, _OTHER_ZONE = "EPSG:4526", "EPSG:4525"
_ROADS = [[(385700, 4223500), (386300, 4223500)], [(386300, 4223500), (386300, 4224100)]]
_LANDS = [
    shapely.box(385000, 4223000, 386000, 4225000),
    shapely.box(386000, 4223000, 387000, 4225000),
]


def _drawn(role: str) -> gpd.GeoDataFrame:
    """Two roads with their speeds, or two pieces of land or of water, on the plane of zone 38."""
    shapes = [shapely.LineString(road) for road in _ROADS] if role == "network" else _LANDS
    moved = shapely.transform(shapes, lambda pairs: pairs + np.array([38e6, 0.0]))
    return gpd.GeoDataFrame({"speed_kmh": [60.0, 40.0]}, geometry=list(moved), crs=_PLANE)


def _saved(name: str, change: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame] = lambda f: f) -> Any:
    def build(folder: Path, role: str) -> Path:
        change(_drawn(role)).to_file(folder / name)
        return folder / name

    return build


def _degrees(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.set_geometry(to_geographic(frame.geometry.to_numpy(), frame.crs)).set_crs(
        "EPSG:4490", allow_override=True
    )


def _as_json(change: Callable[[dict[str, Any]], object]) -> Any:
    def build(folder: Path, role: str) -> Path:
        held = json.loads(_degrees(_drawn(role)).to_json())
        held.pop("crs", None)
        change(held)
        path = folder / "a.geojson"
        path.write_text(json.dumps(held), encoding="utf-8")
        return path

    return build


def _older(part: str) -> Any:
    """A part of a shapefile is that of an older export, of one record."""

    def build(folder: Path, role: str) -> Path:
        path, old = folder / "a.shp", folder / "b.shp"
        _drawn(role).to_file(path)
        _drawn(role).iloc[:1].to_file(old)
        path.with_suffix(part).write_bytes(old.with_suffix(part).read_bytes())
        return path

    return build


def _stale_count(folder: Path, role: str) -> Path:
    path = _saved("a.gpkg")(folder, role)
    with sqlite3.connect(path) as base:
        base.execute("UPDATE gpkg_ogr_contents SET feature_count = 1")
    base.close()
    return path


def _without_prj(folder: Path, role: str) -> Path:
    path = _saved("a.shp")(folder, role)
    path.with_suffix(".prj").unlink()
    return path


_APPLE_DOUBLE = b"\0\5\x16\7\0\2\0\0Mac OS X        "


def _in_zip(*beside: str, holding: bytes = b"?") -> Any:
    def build(folder: Path, role: str) -> Path:
        inner = folder / "in"
        inner.mkdir()
        _saved("a.shp")(inner, role)
        path = folder / "a.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for part in sorted(inner.iterdir()):
                archive.write(part, part.name)
            for name in beside:
                archive.writestr(name, holding)
        return path

    return build


def _unlisted(folder: Path, role: str) -> Path:
    path = _saved("a.gpkg")(folder, role)
    _drawn(role).to_file(path, layer="b")
    with sqlite3.connect(path) as base:
        base.execute("DELETE FROM gpkg_contents WHERE table_name = 'b'")
    base.close()
    return path


def _swapped(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    turned = shapely.transform(_degrees(frame).geometry.to_numpy(), lambda pairs: pairs[:, ::-1])
    return gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=turned, crs="EPSG:4490")


def _empty_row(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame.set_geometry(gpd.GeoSeries([frame.geometry.iloc[0], None], crs=frame.crs))


def _misspelt(held: dict[str, Any]) -> None:
    held["features"][1]["type"] = "feature"


def _lost_position(held: dict[str, Any]) -> None:
    pairs = held["features"][1]["geometry"]["coordinates"]
    (pairs[0] if isinstance(pairs[0][0], list) else pairs)[1] = [112.7]


GROUND: dict[str, tuple[Callable[[Path, str], Path], bool]] = {
    "GeoPackage": (_saved("a.gpkg"), True),
    "shapefile": (_saved("a.shp"), True),
    "FlatGeobuf": (_saved("a.fgb"), True),
    "in degrees": (_saved("a.gpkg", _degrees), True),
    "GeoJSON": (_as_json(lambda held: None), True),
    "zip": (_in_zip(), True),
    "zip with papers": (_in_zip("说明.pdf", "a.png"), True),
    "zip of a Mac": (_in_zip("__MACOSX/._a.shp", holding=_APPLE_DOUBLE), True),
    "zip of what is only called so": (_in_zip("__MACOSX/._a.dwg"), False),
    "zip with a drawing": (_in_zip("乙.dwg"), False),
    "another zone": (
        _saved("a.gpkg", lambda f: f.set_crs(_OTHER_ZONE, allow_override=True)),
        False,
    ),
    "Beijing 1954": (
        _saved("a.gpkg", lambda f: f.set_crs("EPSG:2414", allow_override=True)),
        False,
    ),
    "no system": (_without_prj, False),
    "latitude first": (_saved("a.gpkg", _swapped), False),
    "a row without geometry": (_saved("a.gpkg", _empty_row), False),
    "stale index": (_older(".shx"), False),
    "stale table": (_older(".dbf"), False),
    "stale count": (_stale_count, False),
    "layer that is not listed": (_unlisted, False),
    "download cut": (_as_json(lambda held: held.update(exceededTransferLimit=True)), False),
    "more matched": (_as_json(lambda held: held.update(numberMatched=9)), False),
    "next page": (_as_json(lambda held: held.update(links=[{"rel": "next"}])), False),
    "type misspelt": (_as_json(_misspelt), False),
    "position lost": (_as_json(_lost_position), False),
    "features twice": (
        _as_json(lambda held: held.update(rest=[{"type": "Featur"}], count=9)),
        False,
    ),
}
"""Files of roads, of land and of water: how each is spoilt, and whether it may be used."""
ROLES = ("network", "land", *(["barriers"] if find_spec("rasterio") else []))


def judge_ground(member: Member, folder: Path, hit: Path, far: Path) -> Verdict:
    """Judge a network, a land mask or barriers: all of it is used, or none."""
    role, build, sound = member.case
    path = build(folder, role)
    try:
        used = _used(path, role)
    except (InputError, UsageError) as error:
        return ("needless_doubts", str(error)[:300]) if sound else refused(str(error))
    if not sound:
        return "false_clears", f"taken for whole: {used}"
    if not is_close(used, {"network": 1.2, "land": 4.0, "barriers": 4.0}[role]):
        return "wrong", f"{used} km or km2"
    return "ok", ""


def _used(path: Path, role: str) -> float:
    """Kilometres of road, or square kilometres that count as land or as barrier."""
    if role == "network":
        return float(read_network(path).length_m.sum() / 1e3)
    frame = reach_frame(path, role)
    if role == "land":
        around = gpd.GeoDataFrame(
            {"origin_id": ["o"]}, geometry=[shapely.box(112.5, 38.0, 112.9, 38.3)], crs="EPSG:4490"
        )
        return float(clip_to_land(around, frame)["area_km2"].iloc[0])
    grid = Grid("EPSG:4547", 385000.0, 4225000.0, 10.0, 200, 200)
    shut, _ = burnt(frame, grid)
    return float(shut.sum()) * 10.0**2 / 1e6


# --- the page

_RING = [[x, y] for x, y in shapely.get_coordinates(PLOT).tolist()]
_LINE = {"type": "LineString", "coordinates": _RING}
PAGE: dict[str, tuple[dict[str, Any], str]] = {
    "a plot": (collection(feature(PLOT)), "clear"),
    "two plots": (collection(feature(PLOT), feature(BESIDE, "乙")), "clear"),
    "a closed line": (
        {"type": "Feature", "properties": {}, "geometry": _LINE},
        "doubt",
    ),
    "a download that was cut": (collection(feature(PLOT), exceededTransferLimit=True), "doubt"),
    "more matched than returned": (collection(feature(PLOT), numberMatched=5), "doubt"),
    "a next page": (collection(feature(PLOT), links=[{"rel": "next"}]), "doubt"),
    "a type that is none": (collection(feature(PLOT), {"type": "Featur"}), "doubt"),
}
"""What is given to the page, and whether its answer may be clear."""


def judge_page(member: Member, folder: Path, hit: Path, far: Path) -> Verdict:
    """Judge what the page says where a class is whole and nothing of it lies near."""
    from test_page_check import (  # a browser's engine is needed here alone
        far_and_complete,
        run_page,
    )

    from sxgeo.layers.rules import load_rules
    from sxgeo.maps.pack import check_pack

    told, right = member.case
    layer, counties = far_and_complete()
    pack = check_pack([layer], load_rules(CLASS), counties)
    text = base64.b64encode(json.dumps(_moved(told)).encode()).decode()
    options = {"as_of": "2026-11-21", "accuracy_m": 1}
    (answer,) = run_page([{"pack": pack, "name": "a.geojson", "file": text, "options": options}])
    verdict = answer.get("verdict", "refused")
    if right == "doubt":
        if verdict == "refused":
            return "refused", str(answer)[:300]
        return ("false_clears" if verdict == "clear" else "ok"), str(answer)[:300]
    return ("ok" if verdict == "clear" else "needless_doubts"), str(answer)[:300]


def _moved(value: Any) -> Any:
    """Bring positions of the plot to where the page's world is known."""
    if isinstance(value, dict):
        return {key: _moved(part) for key, part in value.items()}
    if isinstance(value, list):
        if len(value) == 2 and all(isinstance(part, float) for part in value):
            return [value[0] - 0.4, value[1] + 0.19]
        return [_moved(part) for part in value]
    return value


def _is_layer(case: Reading) -> bool:
    return _format(case) not in ("dxf", "wkt", "zip", "folder")


ALL = [*CASES, *SISTERS]
MADE = [Member(case.name, f"made: {made.kind}", case) for made in GROUPS for case in made.cases]
FAMILIES: tuple[tuple[list[Member], Callable[..., Verdict]], ...] = (
    (_in_kind("vector", ALL), judge_vector),
    (MADE, judge_made),
    (_in_kind("zipped", [case for case in ALL if _format(case) != "zip"]), judge_zipped),
    (_in_kind("layer or boundary", list(filter(_is_layer, ALL))), judge_layer),
    ([Member(name, "workspace", case) for name, case in WORKSPACES.items()], judge_workspace),
    *(
        (
            [Member(f"{role}: {name}", role, (role, *case)) for name, case in GROUND.items()],
            judge_ground,
        )
        for role in ROLES
    ),
    ([Member(case.name, f"bad files: {case.kind}", case) for case in BAD], judge_bad),
    *(
        [([Member(name, "page", case) for name, case in PAGE.items()], judge_page)]
        if shutil.which("node")
        else []
    ),
)
"""Cases with their judges; the page only where Node is at hand."""
