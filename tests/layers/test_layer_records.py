"""The records of a layer are plain dictionaries that share what they can."""

from __future__ import annotations

import sys

import geopandas as gpd
import pandas as pd

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


def test_records_share_the_texts_of_a_column_that_pandas_would_make_anew_for_each():
    bundled = load_layer("heritage_sites")
    frame = bundled.frame.assign(source=pd.array(["甲册"] * len(bundled), dtype="string"))
    frame.loc[2, "source"] = None
    records = Layer.from_frame(bundled.spec, frame).records
    assert [record["source"] for record in records[:4]] == ["甲册", "甲册", None, "甲册"]
    assert records[0]["source"] is records[1]["source"] is records[3]["source"]
