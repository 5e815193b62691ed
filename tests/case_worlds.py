"""Turn a case of `cases/screening.json` into the values of the library, and run it there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from conftest import make_record, make_rule, make_spec
from oracle_outcomes import RECORD, RULE

from sxgeo.analysis.conflicts.screener import UNANSWERED, screen
from sxgeo.geometry.projection import GEOGRAPHIC, quantise
from sxgeo.layers.layers import Layer
from sxgeo.layers.rules import Rule
from sxgeo.model.outcomes import SiteOutcome
from sxgeo.model.project import Project
from sxgeo.model.sites import Site


def geometry_of(feature: Mapping[str, Any]) -> Any:
    """The geometry of a GeoJSON feature; None stays None."""
    return (
        None
        if feature["geometry"] is None
        else shapely.from_geojson(json.dumps(feature["geometry"]))
    )


def site_of(case: Mapping[str, Any]) -> Site:
    told = case["site"]["properties"]
    return Site(
        site_id=told.get("site_id", "s"),
        geometry=quantise(geometry_of(case["site"])),
        accuracy_m=told.get("accuracy_m", 0.0),
        datum_error_m=told.get("datum_error_m", 0.0),
        crs=told.get("crs"),
    )


def layer_of(told: Mapping[str, Any]) -> Layer:
    features = sorted(told["features"], key=lambda f: str(f["properties"]["feature_id"]))
    spec = make_spec(
        id=told["resource_class"],
        coverage=tuple(told["coverage"]),
        complete_in=tuple(told["complete_in"]),
        innermost_subzone=told.get("innermost_subzone"),
        subzones_absent=tuple(told.get("subzones_absent", ())),
        complete_document=told.get("complete_document", "test"),
    )
    own = {"resource_class": told["resource_class"]}
    records = tuple(make_record(**{**RECORD, **own, **f["properties"]}) for f in features)
    shapes = np.empty(len(features), dtype=object)
    shapes[:] = [quantise(geometry_of(f)) for f in features]
    return Layer(spec, records, shapes, failed=told.get("failed"))


def rule_of(told: Mapping[str, Any]) -> Rule:
    values = {**RULE, **told}
    for key in ("resource_kind", "possible_kinds", "project_types", "exception"):
        values[key] = tuple(values[key])
    return make_rule(**values)


def counties_of(case: Mapping[str, Any]) -> gpd.GeoDataFrame:
    rows = [c["properties"] for c in case["counties"]]
    shapes = [quantise(geometry_of(c)) for c in case["counties"]]
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=GEOGRAPHIC)


def run_case(case: Mapping[str, Any], **site: Any) -> SiteOutcome:
    """Screen the site of a case in the library."""
    return screen(
        [replace(site_of(case), **site)],
        [layer_of(layer) for layer in case["layers"]],
        [rule_of(rule) for rule in case["rules"]],
        counties=counties_of(case),
        as_of=case["as_of"],
        project=Project(**(case.get("project") or {})),
    )[0]


def told_by_library(case: Mapping[str, Any]) -> dict[str, Any]:
    """What the library says of a case, in the shape of its `expect`."""
    outcome = run_case(case)
    entries = (*outcome.screening, *outcome.extra)
    gravest = next(e for e in entries if e.outcome == outcome.verdict)
    findings = [f for e in entries for f in e.findings if f.relation != "missed"]
    return {
        "outcome": outcome.verdict,
        "known_outcome": outcome.known_verdict,
        "effect": gravest.effect,
        "laid": outcome.site.usable and UNANSWERED not in outcome.site.problems,
        "findings": [
            {
                "feature_id": f.feature_id,
                "rule_id": f.rule_id,
                "outcome": f.outcome,
                "effect": f.effect,
                "overlap_m2": f.overlap_m2,
                "distance_m": f.distance_m,
            }
            for f in findings
        ],
    }


def signature(findings: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Findings without their figures, in a stable order."""
    return sorted((f["feature_id"], f["rule_id"] or "", f["outcome"]) for f in findings)
