"""A user's own boundaries in the place of the bundled ones, and zones made with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..boundaries.extent import inside_china
from ..boundaries.zone_table import find_zone, member_rows, zone_rows
from ..boundaries.zones import build_zone
from ..catalog import read_table
from ..errors import InputError, SxgeoError, listed
from ..files.contents import fingerprint, named_path, path_problem, read_toml, receipt_name
from ..geometry.datums import to_geographic
from ..geometry.projection import GEOGRAPHIC, quantise
from ..sites.formats.vector_files import read_features, whole
from .vector import degrees_of

if TYPE_CHECKING:
    from ..boundaries.zones import Zone
    from ..files.contents import Fingerprint
    from ..geometry.shapes import Shape

_KEYS: dict[str, Any] = {
    "zone": str,
    "file": str,
    "layer": str,
    "code_field": str,
    "position_accuracy_m": (int, float),
    "accuracy_field": str,
}
_SHOWN = 50


@dataclass(frozen=True, slots=True)
class OwnBoundary:
    """One [[boundary]] table: a file whose polygons replace the bundled members of a zone.

    Attributes
    ----------
    zone
        Id or name of the zone as typed.
    code_field
        Column of the file that holds the members' GB/T 2260 codes.
    position_accuracy_m
        Of every polygon, in metres; None when `accuracy_field` names the column that holds it.
    file
        Its name for receipts: as the workspace writes it, relative to its folder.
    content
        Hashes of the files when the run began; what is read must still be that.
    """

    zone: str
    path: Path
    code_field: str
    layer: str | None = None
    position_accuracy_m: float | None = None
    accuracy_field: str | None = None
    file: str | None = None
    content: Fingerprint | None = None

    def record(self) -> dict[str, Any]:
        """Return it as the receipt keeps it."""
        known = self.content or fingerprint(self.path, "boundary file")
        return {
            "zone": self.zone,
            "file": self.file or self.path.name,
            **known.record(),
            "layer": self.layer,
            "code_field": self.code_field,
            "position_accuracy_m": self.position_accuracy_m,
            "accuracy_field": self.accuracy_field,
        }


def parse(entries: object, folder: Path) -> tuple[list[OwnBoundary], list[str]]:
    """Read the [[boundary]] tables of a parsed workspace file.

    Parameters
    ----------
    entries
        Value of the key ``boundary``; None when there is none.
    folder
        Folder of the workspace file, to which paths are relative.

    Returns
    -------
    boundaries, problems
        Those that can be used, and a line for each problem of the others.
    """
    if entries is None:
        return [], []
    if not isinstance(entries, list):
        return [], ["boundary: write it as [[boundary]], one table per zone"]
    good, found = [], []
    for number, entry in enumerate(entries, start=1):
        wrong = list(_problems(entry, folder)) if isinstance(entry, dict) else ["not a table"]
        found += [f"boundary {number}: {problem}" for problem in wrong]
        if not wrong:
            good.append(_boundary(entry, folder))
    return good, found


def _problems(entry: dict[str, Any], folder: Path) -> Iterator[str]:
    for key, value in entry.items():
        if key not in _KEYS:
            yield f"unknown key '{key}'; known: {', '.join(_KEYS)}"
        elif not isinstance(value, _KEYS[key]) or isinstance(value, bool):
            yield f"'{key}' has the wrong type"

    # What must be there, whatever else is wrong with the entry.
    for key in ("zone", "file", "code_field"):
        if key not in entry:
            yield f"'{key}' is missing"
    if isinstance(entry.get("file"), str) and (problem := path_problem(folder, entry["file"])):
        yield problem
    yield from _accuracy_problems(entry)


def _accuracy_problems(entry: dict[str, Any]) -> Iterator[str]:
    """Without an accuracy a polygon would count as exact to the hair."""
    if "position_accuracy_m" not in entry and "accuracy_field" not in entry:
        yield (
            "position_accuracy_m (metres) or accuracy_field is missing; accuracy is never taken"
            " as 0"
        )
    accuracy = entry.get("position_accuracy_m", 0)
    if isinstance(accuracy, (int, float)) and not 0 <= float(accuracy) < np.inf:
        yield f"position_accuracy_m {accuracy} is not a number of metres from 0"


def _boundary(entry: dict[str, Any], folder: Path) -> OwnBoundary:
    accuracy = entry.get("position_accuracy_m")
    return OwnBoundary(
        zone=entry["zone"],
        path=named_path(folder, entry["file"]),
        code_field=entry["code_field"],
        layer=entry.get("layer"),
        position_accuracy_m=None if accuracy is None else float(accuracy),
        accuracy_field=entry.get("accuracy_field"),
        file=receipt_name(entry["file"]),
    )


def read(own: OwnBoundary, codes: Sequence[str]) -> gpd.GeoDataFrame:
    """Read the polygons that replace the members `codes` of a zone.

    Returns
    -------
    GeoDataFrame
        EPSG:4490, quantised, by `code`: `code`, `position_accuracy_m` (m), geometry.

    Raises
    ------
    InputError
        If the file cannot be read, has no coordinate system, holds other codes than the zone, or
        bad polygons; every problem in one message.
    """

    heading = f"boundary file '{own.path}' for {own.zone} cannot be used:"
    raw, error_m = _read_unchanged(own, heading)

    # All that is wrong with file, codes and shapes comes in one message, the first lines of it.
    found = list(_file_problems(raw, own))
    if own.code_field in raw.columns:
        found += _code_problems(_codes(raw[own.code_field]), codes)
        found += _shape_problems(raw, own)
    if found:
        more = [f"... and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
        raise InputError(listed(heading, [*found[:_SHOWN], *more]))

    return _in_degrees(raw, own, error_m)


def _read_unchanged(own: OwnBoundary, heading: str) -> tuple[gpd.GeoDataFrame, float]:
    """Read the file as it is, and how far its system may be off, metres."""
    # The bytes are pinned before the file is read, and compared after: the receipt names what was
    # in fact read.
    before = own.content or fingerprint(own.path, "boundary file")
    try:
        features = read_features(own.path, "boundary file", layer=own.layer)
        raw = whole(features, f"boundary file '{own.path}'")
    except InputError as error:
        raise InputError(listed(heading, str(error).splitlines())) from error
    if fingerprint(own.path, "boundary file") != before:
        raise InputError(listed(heading, ["it changed while it was read; run the command again"]))
    return raw, features.error_m


def _in_degrees(
    raw: gpd.GeoDataFrame,
    own: OwnBoundary,
    error_m: float,
) -> gpd.GeoDataFrame:
    """Return the polygons as the bundled ones are kept, by code."""
    # Degrees are rounded as bundled polygons are; the error of the way there joins the accuracy.
    accuracy = raw[own.accuracy_field] if own.accuracy_field else own.position_accuracy_m
    geometry = gpd.GeoSeries(quantise(degrees_of(raw)), crs=GEOGRAPHIC)
    table = pd.DataFrame({"code": _codes(raw[own.code_field])}).assign(position_accuracy_m=accuracy)
    table["position_accuracy_m"] = pd.to_numeric(table["position_accuracy_m"]) + error_m
    frame = gpd.GeoDataFrame(table, geometry=geometry, crs=GEOGRAPHIC)
    return frame.sort_values("code", ignore_index=True)


def _codes(column: pd.Series) -> list[str]:
    """Codes as text: a shapefile may hold them as numbers, and some offices write twelve digits."""
    texts = [str(v).strip().removesuffix(".0") for v in column]
    return [t[:6] if len(t) == 12 and t.isdigit() and t.endswith("000000") else t for t in texts]


def _file_problems(raw: gpd.GeoDataFrame, own: OwnBoundary) -> Iterator[str]:
    if raw.crs is None:
        yield "no coordinate system; add a .prj file or save it as GeoPackage with EPSG:4490"
    else:
        try:
            # one polygon shows whether its system can be brought to degrees
            to_geographic(raw.geometry.to_numpy()[:1], raw.crs)
        except InputError as error:
            yield str(error)
    for field in (own.code_field, own.accuracy_field):
        if field is not None and field not in raw.columns:
            yield f"field '{field}' is not in the file; it has: {', '.join(map(str, raw.columns))}"


def _code_problems(found: list[str], codes: Sequence[str]) -> Iterator[str]:
    for code, count in sorted(Counter(found).items()):
        if code not in codes:
            yield f"code '{code}' is no member of the zone"
        elif count > 1:
            yield f"code '{code}' stands in {count} rows; dissolve them into one polygon"
    if missing := [code for code in codes if code not in found]:
        yield f"member(s) without a polygon: {', '.join(missing)}"


def _shape_problems(raw: gpd.GeoDataFrame, own: OwnBoundary) -> Iterator[str]:
    geographic = raw.crs is not None and raw.crs.is_geographic
    codes = _codes(raw[own.code_field])
    for row, (code, shape) in enumerate(zip(codes, raw.geometry, strict=True), start=1):
        if problem := _shape_problem(shape, geographic=geographic):
            yield f"row {row} ({code}): {problem}"
    if own.accuracy_field in raw.columns:
        accuracies = pd.to_numeric(raw[own.accuracy_field], errors="coerce")
        for row, value in enumerate(accuracies, start=1):
            # a cell that is no number is NaN here, for which no comparison holds
            if not 0 <= value < np.inf:
                yield f"row {row}: {own.accuracy_field} is not a number of metres from 0"


def _shape_problem(shape: Shape | None, *, geographic: bool) -> str | None:
    if shape is None or shape.is_empty:
        return "no geometry"
    if shapely.get_dimensions(shape) != 2:
        return f"{shape.geom_type}, not a polygon"
    if not shape.is_valid:
        return f"invalid geometry ({shapely.is_valid_reason(shape)}); repair it in the file"

    # only degrees can be swapped in the file; metres were refused or converted before
    if geographic and not inside_china(shape.bounds)[0]:
        return "not in China; are lon and lat swapped?"
    return None


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
        Outline (the union of the members), members, sub-regions, plan elements and sources,
        EPSG:4490.

    Raises
    ------
    UsageError
        If no zone has this name.
    InputError
        If the workspace file or a boundary file that it names cannot be used.
    DataError
        If the bundled boundaries are broken.

    Examples
    --------
    >>> import sxgeo
    >>> sxgeo.load_zone("太忻")
    <Zone taixin (太忻一体化经济区): 12 members, with outline>
    """
    return build_zone(zone_id, {} if workspace is None else own_polygons(workspace))


def own_polygons(workspace: str | Path) -> dict[str, tuple[Path, gpd.GeoDataFrame]]:
    """Read the users' own boundaries that a workspace file names: zone id -> file and polygons by
    `code`.

    Raises
    ------
    InputError
        If the workspace file, or a boundary file that it names, cannot be used: every problem in
        one message.
    """
    file = Path(workspace)
    parsed, _ = read_toml(file, "workspace file")
    boundaries, found = parse(parsed.get("boundary"), file.parent)
    polygons, wrong = polygons_of(boundaries)
    if found := [*found, *wrong]:
        raise InputError(listed(f"workspace file '{file}' cannot be used:", found))
    return polygons


def polygons_of(
    boundaries: Iterable[OwnBoundary],
) -> tuple[dict[str, tuple[Path, gpd.GeoDataFrame]], list[str]]:
    """Read what the [[boundary]] tables of a workspace name, and list every problem of them all."""
    polygons: dict[str, tuple[Path, gpd.GeoDataFrame]] = {}
    found: list[str] = []
    for own in boundaries:
        try:
            zone_id = find_zone(own.zone)

            # nobody said which of the two holds
            if zone_id in polygons:
                raise InputError(f"zone '{zone_id}' has two [[boundary]] tables; leave one")
            polygons[zone_id] = (own.path, _own(own, zone_id))
        except SxgeoError as error:
            found.append(str(error))
    return polygons, found


def _own(own: OwnBoundary, zone_id: str) -> gpd.GeoDataFrame:
    row = next(r for r in zone_rows() if r["zone_id"] == zone_id)
    codes = sorted(m["code"] for m in member_rows(row, read_table("sources/zone_members.csv")))
    if not codes:
        raise InputError(f"zone '{zone_id}' has no members whose polygons a file could replace")
    return read(own, codes)


def with_own(
    counties: gpd.GeoDataFrame, own: Mapping[str, tuple[Path, gpd.GeoDataFrame]]
) -> gpd.GeoDataFrame:
    """Return counties with the polygons and accuracies of the users' own boundaries put in their
    place.
    """
    replaced = counties.copy()
    for _, polygons in own.values():
        by_code = polygons.set_index("code")
        for row, code in enumerate(replaced["code"]):
            if code in by_code.index:
                replaced.loc[row, "geometry"] = by_code.geometry[code]
                replaced.loc[row, "position_accuracy_m"] = by_code["position_accuracy_m"][code]
    return replaced
