"""Small worlds for the tests: a plane at 114 E, 38 N, drawn in metres round its centre."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import geopandas as gpd
import hypothesis
import numpy as np
import pytest
import shapely

from sxgeo.analysis.conflicts.relation import NO_RULE
from sxgeo.analysis.conflicts.screener import screen
from sxgeo.geometry.projection import GEOGRAPHIC, quantise, to_degrees
from sxgeo.layers import rules as rules_module
from sxgeo.layers.classes import RESOURCE_COLUMNS, ClassSpec
from sxgeo.layers.layers import Layer
from sxgeo.layers.rules import Rule
from sxgeo.model.outcomes import SiteOutcome
from sxgeo.model.project import Project
from sxgeo.model.sites import Site

hypothesis.settings.register_profile("default", deadline=None, derandomize=True, max_examples=60)
hypothesis.settings.register_profile("long", deadline=None, max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

PLANE = "EPSG:4547"
X0, Y0 = 500_000.0, 4_207_000.0
CLASS = "heritage_sites"
COUNTY = "149999"


def on_ground(shape: Any) -> Any:
    """Turn metres round the centre of the small world into quantised degrees."""
    return quantise(to_degrees(shapely.transform(shape, lambda xy: np.add(xy, (X0, Y0))), PLANE))


def box(west: float, south: float, east: float, north: float) -> Any:
    return shapely.box(west, south, east, north)


def make_site(shape: Any, **values: Any) -> Site:
    plain = {"site_id": "s", "geometry": on_ground(shape), "crs": PLANE, "accuracy_m": 0.0}
    return Site(**{**plain, **values})


def make_rule(**values: Any) -> Rule:
    told = {
        "rule_id": "R1",
        "resource_class": CLASS,
        "law": "示例法",
        "article": "1",
        "verified": True,
        "source": "test",
        "requirement_zh": "不得建设",
    }
    return replace(NO_RULE, **{**told, **values})


def make_record(**values: Any) -> dict[str, Any]:
    told: dict[str, Any] = dict.fromkeys(RESOURCE_COLUMNS)
    told |= {
        "feature_id": "F1",
        "resource_class": CLASS,
        "name_zh": "甲",
        "county_code": COUNTY,
        "membership": "official_list",
        "role": "listed",
        "geometry_kind": "surveyed",
        "position_accuracy_m": 1.0,
        "datum_error_m": 0.0,
        "source": "test",
    }
    return told | values


def make_spec(**values: Any) -> ClassSpec:
    told: dict[str, Any] = {
        "id": CLASS,
        "name_zh": "文物",
        "name_en": "heritage",
        "official_count": 1,
        "unit": "count",
        "screening_extent_m": 500.0,
        "extent_reason": "test",
        "innermost_subzone": "protection_scope",
        "keeper_zh": "文物局",
        "material_zh": "边界",
        "coverage": (COUNTY,),
        "complete_in": (COUNTY,),
        "complete_document": "test",
    }
    return ClassSpec(**{**told, **values})


def make_layer(
    *features: tuple[Mapping[str, Any], Any], spec: ClassSpec | None = None, **values: Any
) -> Layer:
    shapes = np.empty(len(features), dtype=object)
    shapes[:] = [None if shape is None else on_ground(shape) for _, shape in features]
    return Layer(
        spec or make_spec(), tuple(dict(record) for record, _ in features), shapes, **values
    )


def make_counties(*shapes: tuple[str, Any, float]) -> gpd.GeoDataFrame:
    rows = shapes or ((COUNTY, box(-50_000, -50_000, 50_000, 50_000), 10.0),)
    return gpd.GeoDataFrame(
        {"code": [r[0] for r in rows], "position_accuracy_m": [r[2] for r in rows]},
        geometry=[on_ground(r[1]) for r in rows],
        crs=GEOGRAPHIC,
    )


def ask(site: Site, *layers: Layer, rules: tuple[Rule, ...] = (), **values: Any) -> SiteOutcome:
    """Screen one site in the small world."""
    told: dict[str, Any] = {
        "counties": make_counties(),
        "as_of": "2026-11-21",
        "project": Project(),
    }
    return screen([site], layers, rules or (make_rule(),), **{**told, **values})[0]


@pytest.fixture(scope="session")
def root() -> Any:
    from pathlib import Path

    return Path(__file__).parent.parent


@pytest.fixture
def table_of_rules(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any], None]]:
    """Hand out what puts other rows in the place of the table of rules, which is read once."""

    def put(rows: Any) -> None:
        monkeypatch.setattr(rules_module, "read_table", lambda path: rows)
        rules_module._every_rule.cache_clear()

    yield put
    rules_module._every_rule.cache_clear()
