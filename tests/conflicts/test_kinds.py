"""Records alike in the decisive fields are worked out once: nothing else of them is ever asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from conftest import make_record

from sxgeo.analysis.conflicts.binding import binding
from sxgeo.analysis.conflicts.prepared import (
    DECISIVE,
    Kinds,
    Planes,
    _terms,
    _terms_of,
    _unbound_by,
    options_for,
)
from sxgeo.analysis.conflicts.relation import accuracy_m, is_coarse, spread_m
from sxgeo.analysis.conflicts.subzones import subzone_homes
from sxgeo.boundaries.units import load_counties
from sxgeo.layers.classes import ALL_CLASS_IDS
from sxgeo.layers.layers import Layer, load_layers
from sxgeo.layers.rules import load_rules
from sxgeo.model.project import Project

INSIDE = shapely.box(112.60, 38.30, 112.61, 38.31)
PLANES, PLANE = Planes(load_counties()), "EPSG:4547"
PROJECTS = (
    Project(),
    Project(type="industrial"),
    Project(type="residential", height_m=60.0, attributes={"building_outlines": "yes"}),
)


class Asked(dict):
    """A record that keeps which of its fields were asked for."""

    def __init__(self, record: Any, fields: set[str]) -> None:
        super().__init__(record)
        self.fields = fields

    def __getitem__(self, name: str) -> Any:
        self.fields.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.fields.add(name)
        return super().get(name, default)


def classes() -> Iterator[Any]:
    """Every class with its rules: what is bundled, and a point and an area for each rule."""
    rules = load_rules()
    for layer in load_layers(ALL_CLASS_IDS):
        own = [r for r in rules if r.resource_class == layer.spec.id]
        made = [
            make_record(
                feature_id=f"{rule.rule_id}-{kind}",
                resource_class=layer.spec.id,
                resource_kind=next(iter(rule.possible_kinds), None),
                subzone=rule.subzone,
                geometry_kind=kind,
                point_role="object" if kind == "point" else None,
            )
            for rule in own
            for kind in ("point", "surveyed")
        ]
        shapes = np.concatenate([layer.shapes, np.array([INSIDE] * len(made), dtype=object)])
        yield Layer(layer.spec, (*layer.records, *made), shapes), own


@pytest.mark.parametrize("project", PROJECTS)
def test_no_other_field_of_a_record_is_asked(project: Project) -> None:
    asked: set[str] = set()
    for layer, rules in classes():
        bound = [(rule, binding(rule, project)) for rule in rules]
        homes = subzone_homes(rules)
        records = [Asked(record, asked) for record in layer.records]
        options = [options_for(bound, r, layer.spec, homes=homes) for r in records]
        for record in records:
            _unbound_by(bound, record, layer.spec, project)
            accuracy_m(record), spread_m(record), is_coarse(record), record["datum_error_m"]
        laid = PLANES.laid(layer, PLANE)
        each = Kinds(np.arange(len(records)), records, np.arange(len(records)))
        _terms_of(replace(laid, kinds=each), options, project)
    assert "resource_kind" in asked and asked <= set(DECISIVE)


@pytest.mark.parametrize("project", PROJECTS)
def test_terms_by_kind_are_those_of_each_record(project: Project) -> None:
    kinds_seen = records_seen = 0
    for layer, rules in classes():
        bound = [(rule, binding(rule, project)) for rule in rules]
        options = [options_for(bound, r, layer.spec) for r in layer.records]
        laid = PLANES.laid(layer, PLANE)
        kinds, rows = laid.kinds, np.arange(len(layer.records))
        own = [options_for(bound, r, layer.spec) for r in kinds.records]
        assert kinds.spread(own) == options
        each = replace(laid, kinds=Kinds(rows, layer.records, rows))
        plain, spread = _terms_of(each, options, project), _terms(laid, own, project)
        for name in plain.__slots__:
            np.testing.assert_array_equal(getattr(plain, name), getattr(spread, name))
        kinds_seen += len(kinds.records)
        records_seen += len(layer.records)
    assert kinds_seen < records_seen
