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
    # a site that could not be used has no shape, and its problems say why
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
        **{name: row[name] for name in _SAID},
        **{name: tuple(row[name]) for name in _LISTED},
        # receipts of before these could be said lack them
        **{name: row.get(name) for name in _SAID_LATER},
        **{name: tuple(row.get(name, ())) for name in _LISTED_LATER},
    }


_SAID = (
    "layer",
    "mode",
    "fields",
    "subzones",
    "kinds",
    "lines",
    "half_width_m",
    "encoding",
    "position_accuracy_m",
    "complete_document",
)
_LISTED = ("waive", "coverage", "complete_in")
_SAID_LATER = (
    "boundary",
    "secrecy",
    "closed_lines",
    "points",
    "subzone",
    "kind",
    "name",
    "id_prefix",
)
_LISTED_LATER = ("subzones_absent", "none_in")
_OF_LAYER = (
    "layer",
    "mode",
    "fields",
    "subzones",
    "kinds",
    "coverage",
    "position_accuracy_m",
    "complete_in",
    "complete_document",
    "subzones_absent",
    "boundary",
    "secrecy",
    "lines",
    "half_width_m",
    "encoding",
    "waive",
    "closed_lines",
    "none_in",
)
"""What a receipt tells of a user's layer, in its order: the bytes of a report hang on it."""
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
    catalog = load_catalog()
    return {
        "engines": list(engines_asked(question.second)),
        "versions": versions(),
        "data": {"data_date": catalog.data_date, "sha256": catalog.sha256},
        "rules_sha256": _rules_sha256(),
        "parameters": _parameters(question),
        "remarks": list(question.remarks),
        "inputs": [dict(report) for report in question.sites.autopsy],
        "workspace": None if question.workspace is None else question.workspace.record(),
        "user_layers": [_layer_receipt(user) for user in question.users],
        "boundaries": [own.record() for own in question.boundaries],
    }


def _rules_sha256() -> str:
    return hashlib.sha256(data_path("sources/rules.csv").read_bytes()).hexdigest()


def _parameters(question: Question) -> dict[str, Any]:
    """Return what was said with the question, by which a replay asks it again."""
    project, limited = question.project, question.limited_to
    return {
        "as_of": question.as_of,
        "project_type": project.type,
        "height_m": project.height_m,
        "groundwater_use": project.groundwater_use,
        "discharge": project.discharge,
        "attributes": dict(project.attributes),
        "documents": dict(project.documents),
        "classes": None if limited is None else list(limited),
        "overrides": [opinion.record() for opinion in question.overrides],
    }


def _layer_receipt(user: UserLayer) -> dict[str, Any]:
    content = user.content or fingerprint(user.path)
    said = {name: getattr(user, name) for name in _CONSTANTS}
    return {
        "resource_class": user.class_id,
        "file": user.file or user.path.name,
        **content.record(),
        **{name: _as_json(getattr(user, name)) for name in _OF_LAYER},
        **{name: value for name, value in said.items() if value is not None},
    }


def _as_json(value: object) -> object:
    """Return a table or a tuple as JSON holds it, anything else as it is."""
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value
