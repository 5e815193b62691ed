"""The receipt of an answer: written here, and read back here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import shapely

from ...catalog import data_path, load_catalog
from ...files.contents import fingerprint
from ...geometry.engines import versions
from ...model.sites import Site
from .screener import engines_asked

if TYPE_CHECKING:
    from ...workspace.layers import UserLayer
    from .question import Question


def site_of(row: Mapping[str, Any]) -> Site:
    shape = None if row["geometry"] is None else shapely.from_geojson(json.dumps(row["geometry"]))
    return Site(
        site_id=row["site_id"],
        geometry=shape,
        name=row["name"],
        file=row["file"],
        accuracy_m=row["accuracy_m"],
        accuracy_source=row["accuracy_source"],
        datum_error_m=row["datum_error_m"],
        crs=row["crs"],
        problems=tuple(row["problems"]),
        doubtful=bool(row.get("doubtful", row["problems"])),
    )


def layer_values(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "class_id": row["resource_class"],
        "layer": row["layer"],
        "mode": row["mode"],
        "fields": row["fields"],
        "subzones": row["subzones"],
        "kinds": row["kinds"],
        "lines": row["lines"],
        "half_width_m": row["half_width_m"],
        "encoding": row["encoding"],
        "waive": tuple(row["waive"]),
        "position_accuracy_m": row["position_accuracy_m"],
        "coverage": tuple(row["coverage"]),
        "complete_in": tuple(row["complete_in"]),
        "complete_document": row["complete_document"],
        "subzones_absent": tuple(row.get("subzones_absent", ())),
        "boundary": row.get("boundary"),
        "secrecy": row.get("secrecy"),
        "closed_lines": row.get("closed_lines"),
        "points": row.get("points"),
        "none_in": tuple(row.get("none_in", ())),
        "subzone": row.get("subzone"),
        "kind": row.get("kind"),
        "name": row.get("name"),
        "id_prefix": row.get("id_prefix"),
    }


_CONSTANTS = ("subzone", "kind", "name", "id_prefix", "points")
"""What a workspace may say of all features of a layer; it stands in the receipt where it is said.
"""


def make_receipt(question: Question) -> dict[str, Any]:
    return {
        "schema": "sxgeo.receipt/2",
        **asked_of(question),
        "sites": [
            {
                "site_id": s.site_id,
                "name": s.name,
                "file": s.file,
                "crs": s.crs,
                "datum_error_m": s.datum_error_m,
                "problems": list(s.problems),
                "doubtful": s.doubtful,
                "accuracy_m": s.accuracy_m,
                "accuracy_source": s.accuracy_source,
                "geometry": json.loads(shapely.to_geojson(s.geometry)) if s.usable else None,
            }
            for s in question.sites.sites
        ],
    }


def asked_of(question: Question) -> dict[str, Any]:
    """Return what was asked, of which data, read how: all of a receipt but its sites."""
    project, limited = question.project, question.limited_to
    catalog = load_catalog()
    return {
        "engines": list(engines_asked(question.second)),
        "versions": versions(),
        "data": {"data_date": catalog.data_date, "sha256": catalog.sha256},
        "rules_sha256": hashlib.sha256(data_path("sources/rules.csv").read_bytes()).hexdigest(),
        "parameters": {
            "as_of": question.as_of,
            "project_type": project.type,
            "height_m": project.height_m,
            "groundwater_use": project.groundwater_use,
            "discharge": project.discharge,
            "attributes": dict(project.attributes),
            "documents": dict(project.documents),
            "classes": None if limited is None else list(limited),
            "overrides": [opinion.record() for opinion in question.overrides],
        },
        "remarks": list(question.remarks),
        "inputs": [dict(report) for report in question.sites.autopsy],
        "workspace": None if question.workspace is None else question.workspace.record(),
        "user_layers": [_layer_receipt(user) for user in question.users],
        "boundaries": [own.record() for own in question.boundaries],
    }


def _layer_receipt(user: UserLayer) -> dict[str, Any]:
    content = user.content or fingerprint(user.path)
    return {
        "resource_class": user.class_id,
        "file": user.file or user.path.name,
        **content.record(),
        "layer": user.layer,
        "mode": user.mode,
        "fields": dict(user.fields),
        "subzones": dict(user.subzones),
        "kinds": dict(user.kinds),
        "coverage": list(user.coverage),
        "position_accuracy_m": user.position_accuracy_m,
        "complete_in": list(user.complete_in),
        "complete_document": user.complete_document,
        "subzones_absent": list(user.subzones_absent),
        "boundary": user.boundary,
        "secrecy": user.secrecy,
        "lines": user.lines,
        "half_width_m": user.half_width_m,
        "encoding": user.encoding,
        "waive": list(user.waive),
        "closed_lines": user.closed_lines,
        "none_in": list(user.none_in),
        **{key: value for key in _CONSTANTS if (value := getattr(user, key)) is not None},
    }
