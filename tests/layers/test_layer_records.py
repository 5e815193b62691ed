"""The records of a layer are plain dictionaries that share what they can."""

from __future__ import annotations

import sys

import geopandas as gpd

from sxgeo.layers.classes import RESOURCE_COLUMNS
from sxgeo.layers.layers import Layer, load_layer


def test_records_are_plain_dictionaries_that_share_their_keys():
    bundled = load_layer("heritage_sites")
    layer = Layer.from_frame(bundled.spec, bundled.frame)
    record = layer.records[0]
    assert type(record) is dict and tuple(record) == RESOURCE_COLUMNS
    assert layer.records == bundled.records
    assert sys.getsizeof(record) < 0.6 * sys.getsizeof(dict(record.items()))
    assert record | {"name_zh": "x"} == {**record, "name_zh": "x"}


def test_a_layer_without_records_has_none():
    bundled = load_layer("heritage_sites")
    empty = gpd.GeoDataFrame(bundled.frame.iloc[:0])
    assert Layer.from_frame(bundled.spec, empty).records == ()
