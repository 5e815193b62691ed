"""Fact tables of protected resources -> data/sources tables in the columns of sxgeo.model.outcomes."""

from __future__ import annotations

import math
from pathlib import Path

from sxgeo.layers.classes import RESOURCE_COLUMNS

from . import facts_maps as maps
from .facts_amend import ADDED, amend, read_amendments, series_problems
from .facts_common import Unmapped, latest_date, reword, rounded_position, sorted_codes
from .facts_wording import NOTES, SOURCES
from .formats import csv_text, read_csv

POSITION_COLUMNS = ("lon", "lat", "west", "south", "east", "north")
SOURCE_COLUMNS = (*RESOURCE_COLUMNS, *POSITION_COLUMNS)
TABLES = {
    "heritage_sites": (),
    "protected_areas": maps.BOX_COLUMNS,
    "water_resources": maps.BOX_COLUMNS,
    "historic_places": (),
    "monitoring": (),
}
"""Fact tables and the columns that they have beside the common ones."""

Row = dict[str, str]


def _kind(row: Row, prefix: str, unmapped: Unmapped) -> str:
    identity = row["id"]
    if identity in maps.KIND_OF_ID:
        return unmapped.look_up(maps.KIND_OF_ID, identity, "kind", "")
    if (prefix, row["level"]) in maps.KIND_OF_LEVEL:
        return maps.KIND_OF_LEVEL[prefix, row["level"]]
    if prefix == "HS":
        kinds = {maps.KIND_OF_HERITAGE_WORD.get(word) for word in row["note"].split("; ")} - {None}
        if len(kinds) == 1:
            return str(kinds.pop())
        unmapped.report(f"{identity}: the note names {len(kinds)} kinds of heritage")
        return ""
    return unmapped.look_up(maps.KIND_OF_PREFIX, prefix, f"{identity}: kind", "")


def _role(identity: str, note: str, unmapped: Unmapped) -> str:
    said = "control" in note.lower()
    if said != (identity in maps.CONTROL_COUNTIES):
        unmapped.report(f"{identity}: its note and the table of controls disagree")
    if identity in maps.CONTROL_COUNTIES:
        return "control"
    return "component" if identity in maps.COMPONENTS else "listed"


def _counties(row: Row, unmapped: Unmapped) -> str:
    identity, codes = row["id"], sorted_codes(row["county_code"])
    if identity in maps.CONTROL_COUNTIES:
        if codes:
            unmapped.report(f"{identity}: a control has county codes of its own")
        return maps.CONTROL_COUNTIES[identity]
    for code, name in zip(row["county_code"].split(";"), row["county_zh"].split(";"), strict=True):
        if code and unmapped.look_up(maps.COUNTY_NAMES, code, f"{identity}: county", name) != name:
            unmapped.report(f"{identity}: county {code} is not {name}")
    if not codes and identity not in maps.COUNTY_UNKNOWN:
        unmapped.report(f"{identity}: no county")
    return codes


def _designation(row: Row, prefix: str, unmapped: Unmapped) -> tuple[str, str, str]:
    identity, batch = row["id"], row["batch_or_year"]
    if identity in maps.DESIGNATIONS:
        return unmapped.look_up(maps.DESIGNATIONS, identity, "designation", ("", "", ""))
    if identity in maps.NO_DESIGNATION or prefix in maps.NO_DESIGNATION_PREFIXES:
        return "", "", ""
    name, _, year = batch.partition("/")
    if prefix == "HS" and row["level"] == "国家级" and name.startswith("第") and year.isdigit():
        return "全国重点文物保护单位", f"{name}全国重点文物保护单位", year
    if prefix == "HV" and name.startswith("第") and year.isdigit():
        return (
            "中国传统村落",
            f"{name.replace(name[1], '一二三四五六'[int(name[1]) - 1])}中国传统村落名录",
            year,
        )
    unmapped.report(f"{identity}: designation is not mapped")
    return "", "", ""


def _geometry(row: Row, unmapped: Unmapped) -> Row:
    box = [row.get(column, "") for column in maps.BOX_COLUMNS]
    method = row["position_method"]
    unmapped.look_up(maps.POSITION_WORDS, method, f"{row['id']}: position_method", "")
    datum, datum_error_m = unmapped.look_up(
        maps.DATUMS, row["datum_of_source"], f"{row['id']}: datum_of_source", ("", "")
    )
    if any(box) and not row["lon"]:
        if not all(box):
            unmapped.report(f"{row['id']}: half a box")
        # degrees and minutes as published: the datum of the text is not stated
        edges = dict(zip(POSITION_COLUMNS[2:], box, strict=True))
        return {"geometry_kind": "extent_box", "datum": "unstated", "datum_error_m": "580", **edges}
    if any(box) or bool(row["lon"]) != (method not in ("", "none")):
        unmapped.report(f"{row['id']}: position and position_method disagree")
    if not row["lon"]:
        return {"geometry_kind": "none"}
    lon, lat, accuracy_m = rounded_position(row["lon"], row["lat"], row["position_accuracy_m"])
    return {
        "geometry_kind": "point",
        "lon": lon,
        "lat": lat,
        "position_accuracy_m": accuracy_m,
        "datum": datum,
        "datum_error_m": datum_error_m,
        "extent_m": (
            str(round(math.sqrt(float(row["area_ha"]) * 1e4 / math.pi))) if row["area_ha"] else ""
        ),
        "point_role": _point_role(row["id"], row["id"].partition("-")[0], method),
    }


def _point_role(identity: str, prefix: str, method: str) -> str:
    own = (
        prefix in maps.OBJECT_PREFIXES
        and method in maps.OBJECT_METHODS
        and identity not in maps.PROXY_IDS
    )
    return "object" if own or identity in maps.OBJECT_IDS else "proxy"


def _note(row: Row, geometry: Row, prefix: str, unmapped: Unmapped) -> str:
    parts = [
        f"place: {row['township_or_village']}" if row["township_or_village"] else "",
        reword(row["note"], NOTES, unmapped, f"{row['id']}: note"),
        maps.POSITION_WORDS.get(row["position_method"], ""),
        f"published area {row['area_ha']} ha" if row["area_ha"] else "",
        maps.CATCHMENT_NOTE if prefix == "KS" and geometry.get("extent_m") else "",
    ]
    return "; ".join(part.rstrip(";") for part in parts if part)


def convert(row: Row, unmapped: Unmapped) -> Row:
    """Carry one fact over into the columns of data/sources.

    Parameters
    ----------
    row
        A row of a fact table.
    unmapped
        Receives everything that the tables do not know.

    Returns
    -------
    dict
        `SOURCE_COLUMNS`, blank where unknown.
    """
    identity, prefix = row["id"], row["id"].partition("-")[0]
    resource_class, category = unmapped.look_up(
        maps.CLASS_OF_PREFIX, prefix, f"{identity}: id", ("", "")
    )
    for column, known in (
        ("category", {category}),
        ("level", maps.LEVELS),
        ("confidence", maps.CONFIDENCES),
        ("membership", maps.MEMBERSHIPS),
    ):
        if row[column] not in known:
            unmapped.report(f"{identity}: {column} '{row[column]}' is not mapped")
    geometry = _geometry(row, unmapped)
    source = reword(row["source"], SOURCES, unmapped, f"{identity}: source")
    legal, document, designated_on = _designation(row, prefix, unmapped)
    return dict.fromkeys(SOURCE_COLUMNS, "") | {
        "feature_id": identity,
        "resource_class": resource_class,
        "resource_kind": _kind(row, prefix, unmapped),
        "name_zh": row["name_zh"],
        "name_en": row["name_en"],
        "level": row["level"],
        "batch_or_year": row["batch_or_year"],
        "county_code": _counties(row, unmapped),
        "legal_designation": legal,
        "designating_document": document,
        "designated_on": designated_on,
        "membership": row["membership"],
        "role": _role(identity, row["note"], unmapped),
        **geometry,
        "source": source,
        "source_date": latest_date(source),
        "confidence": row["confidence"],
        "note": _note(row, geometry, prefix, unmapped),
    }


def _without_repeats(tables: dict[str, list[Row]], unmapped: Unmapped) -> dict[str, list[Row]]:
    """Keep the water sections of water_resources; those of monitoring must say the same."""
    sections = {row["id"]: row for row in tables["water_resources"] if row["id"].startswith("WS-")}
    copies = {row["id"]: row for row in tables["monitoring"] if row["id"].startswith("WS-")}
    if sections.keys() != copies.keys():
        unmapped.report("the water sections of water_resources and monitoring are not the same")
    for identity, copy in copies.items():
        for column in copy:
            if sections.get(identity, {}).get(column) != copy[column]:
                unmapped.report(
                    f"{identity}: {column} differs between water_resources and monitoring"
                )
    monitoring = [row for row in tables["monitoring"] if row["id"] not in copies]
    return {**tables, "monitoring": monitoring}


def count_problems(rows: list[Row]) -> list[str]:
    """Name every class whose held or candidate count is not the one of the fact tables."""
    found = []
    for resource_class, expected in maps.EXPECTED_COUNTS.items():
        listed = [
            r for r in rows if r["resource_class"] == resource_class and r["role"] == "listed"
        ]
        candidates = sum(r["membership"] == "candidate" for r in listed)
        if (len(listed) - candidates, candidates) != expected:
            found.append(
                f"{resource_class}: {len(listed) - candidates} held, {candidates} candidates; not"
                f" {expected}"
            )
    return found


def build(folder: Path, sources: Path, unmapped: Unmapped) -> dict[str, str]:
    """Build the resource tables of data/sources from the fact tables in `folder`.

    The amendments of `sources` are applied; its added records are checked and stay as they are.

    Returns
    -------
    dict
        File name -> CSV text, rows sorted by id.
    """
    facts = {
        name: unmapped.columns(folder / f"{name}.csv", [*maps.COLUMNS, *extra])
        for name, extra in TABLES.items()
    }
    tables = {
        name: sorted((convert(row, unmapped) for row in rows), key=lambda row: row["feature_id"])
        for name, rows in _without_repeats(facts, unmapped).items()
    }
    everything = [row for rows in tables.values() for row in rows]
    identities = [row["feature_id"] for row in everything]
    for identity in sorted({i for i in identities if identities.count(i) > 1}):
        unmapped.report(f"{identity} stands in more than one row")
    for problem in count_problems(everything):
        unmapped.report(problem)
    for name, table in (("KIND_OF_ID", maps.KIND_OF_ID), ("DESIGNATIONS", maps.DESIGNATIONS)):
        unmapped.unused(table, name)
    if (sources / ADDED).is_file():
        for problem in series_problems(
            set(identities), [row["feature_id"] for row in read_csv(sources / ADDED)]
        ):
            unmapped.report(problem)
    amended = {
        row["feature_id"]: row for row in amend(everything, read_amendments(sources), unmapped)
    }
    return {
        f"{name}.csv": csv_text(SOURCE_COLUMNS, (amended[row["feature_id"]] for row in rows))
        for name, rows in tables.items()
    }
