"""A class of many features as columns: what the page draws on canvas tiles instead of one SVG
element each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from ..layers.classes import NUMBER_COLUMNS
from . import drawing
from .columns import any_column, chains, codes_of, numbered_column
from .inline import json_block
from .load import CHECKED_FEATURES, NO_CHECK_ZH, Load, refuse_too_much
from .pinyin import pinyin_of, stem_of
from .words import resource_rows, text

if TYPE_CHECKING:
    from ..boundaries.zones import Zone
    from ..layers.layers import Layer

DRAWN_DIGITS = 5
"""Decimals of a degree in the drawing copy: about a metre, half a pixel at the deepest zoom."""
SIMPLE_POINTS = 32
"""Shapes with more points than this are simplified by `SIMPLE_DEG`, about two metres."""
SIMPLE_DEG = 2e-5
MOST_STEMS = 5000
"""Names without their numbers that a page holds in pinyin, at most."""
PAGED_RECORDS = 1000
"""A page with more records that are no tiles carries the part that turns the pages of their table.
"""
_ROW_COLUMNS = (
    *(
        "role",
        "resource_kind",
        "level",
        "batch_or_year",
        "legal_designation",
        "designating_document",
        "designated_on",
    ),
    *(
        "geometry_kind",
        "point_role",
        "position_accuracy_m",
        "datum_error_m",
        "extent_m",
        "screening_extent_m",
    ),
    *("source", "source_date", "confidence", "county_code", "membership"),
)
"""What the lines of a popup and the columns of a feature are made from, beside its names and its
id.
"""
_REPEATED = ("county", "member", "mark", "kind", "acc_m", "ext_m", "scr_m")


def tiled(
    layer: Layer,
    zone: Zone,
    counties: Mapping[str, str],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the drawing copy of a layer's located records in and around `zone`, by `feature_id`.

    Parameters
    ----------
    layer
        A resource layer; its records without a position are left to `drawing.features`.
    zone
        The zone of the page; records of other places and controls are left out.
    counties
        Names of counties by their code.

    Returns
    -------
    tuple of dict
        Columns of the features, and their geometry in whole steps of 1e-5 degree. Both are plain
        values.
    """
    names = dict(counties) | dict(zip(zone.members["code"], zone.members["name_zh"], strict=True))
    rows, geometry = _drawn_rows(layer, zone)

    # records with the same values share one set of words: a popup for each would swell the page
    first, numbers = codes_of(rows[list(_ROW_COLUMNS)])
    kinds = [_kind(row, layer, names) for row in rows.iloc[first].to_dict("records")]
    titles = [text(v) for v in rows["name_zh"]]
    told = {
        "id": any_column([text(v) for v in rows["feature_id"]]),
        "zh": any_column(titles),
        "en": any_column([text(v) for v in rows["name_en"]]),
    }
    told |= {
        name: numbered_column([kind.get(name) for kind in kinds], numbers) for name in _REPEATED
    }

    # a column for each label that any kind has, in the order in which they first stand
    labels = list(dict.fromkeys(label for kind in kinds for label in kind["rows"]))
    lines = [
        [label, numbered_column([kind["rows"].get(label, "") for kind in kinds], numbers)]
        for label in labels
    ]
    table = {
        "cls": layer.spec.id,
        "count": len(rows),
        "columns": told,
        "rows": lines,
    }
    return table, chains(_simple(_coarse(geometry, rows, layer)), DRAWN_DIGITS, exact=False)


def stem_pinyin(layers: Iterable[Layer]) -> dict[str, str]:
    """Return the pinyin of names on tiles, each by its stem; none where there are too many stems to
    stand in a page.
    """
    names = {text(record["name_zh"]) for layer in layers for record in layer.records}
    stems = {stem_of(name) for name in names}
    return pinyin_of(stems) if len(stems) <= MOST_STEMS else {}


def _drawn_rows(layer: Layer, zone: Zone) -> tuple[pd.DataFrame, npt.NDArray[Any]]:
    """Return what the page tells of the drawn records, by `feature_id`, and their geometry."""
    # only the columns that are told: a frame of all of a large layer weighs as much as its records
    places = np.flatnonzero(_drawn(layer, zone))
    records = [layer.records[place] for place in places]
    columns = {
        name: pd.Series([record[name] for record in records], dtype=object)
        for name in ("feature_id", "name_zh", "name_en", *_ROW_COLUMNS)
    }
    columns |= {name: pd.to_numeric(columns[name]) for name in NUMBER_COLUMNS}
    rows = pd.DataFrame(columns)
    if not rows["feature_id"].is_monotonic_increasing:
        rows = rows.sort_values("feature_id")
    return rows, layer.shapes[places][rows.index]


def _drawn(layer: Layer, zone: Zone) -> npt.NDArray[np.bool_]:
    """Say which records have a position and stand in or near the zone, or in a county of it."""
    located = ~(shapely.is_missing(layer.shapes) | shapely.is_empty(layer.shapes))
    near = located & shapely.intersects(drawing.reach(zone), layer.shapes)
    members = set(zone.members["code"])
    codes = pd.Series([text(record["county_code"]) for record in layer.records], dtype=object)

    # the counties of a record are looked up once for each distinct value
    inside = {
        one: any(drawing.within(c, members) for c in one.split(";") if c) for one in codes.unique()
    }
    listed = np.array([record["role"] != "control" for record in layer.records], dtype=bool)
    kept: npt.NDArray[np.bool_] = listed & located & (near | codes.map(inside).to_numpy(dtype=bool))
    return kept


def _kind(
    row: dict[str, Any],
    layer: Layer,
    names: Mapping[str, str],
) -> dict[str, Any]:
    """What features with the same values have in common: the feature of `drawing.features` without
    place and names.
    """
    codes = [code for code in text(row["county_code"]).split(";") if code]
    county = drawing.county_words(codes, names)
    return {
        "county": county,
        "member": text(row["membership"]),
        "mark": drawing.mark(row),
        "kind": text(row["geometry_kind"]),
        **drawing.radii(row),
        "rows": {
            label: value
            for label, value in resource_rows(row | {"geometry": True}, county)
            if value
        },
    }


def _coarse(
    geometry: npt.NDArray[Any],
    rows: pd.DataFrame,
    layer: Layer,
) -> npt.NDArray[Any]:
    """Move points that are drawn no finer than their accuracy to a grid as wide as that."""
    if layer.spec.id not in drawing.COARSELY_DRAWN:
        return geometry
    told = geometry.copy()
    known = rows["position_accuracy_m"].notna() & (rows["geometry_kind"] == "point")
    for at in np.flatnonzero(known.to_numpy()):
        accuracy = drawing.radii(rows.iloc[at].to_dict())["acc_m"]
        lat, lon = drawing.coarsely(drawing.place(geometry[at]), accuracy)
        told[at] = shapely.Point(lon, lat)
    return told


def _simple(geometry: npt.NDArray[Any]) -> npt.NDArray[Any]:
    told = geometry.copy()
    many = shapely.get_num_coordinates(geometry) > SIMPLE_POINTS
    told[many] = shapely.simplify(geometry[many], SIMPLE_DEG)
    return told


@dataclass(frozen=True, slots=True)
class PageData:
    """The data of a page as blocks of JSON that may stand in script elements, by the ids of the
    elements; ``sx-data`` is the first.

    `bundle` names the smallest of the page's bundles that draws them; `second` says whether a
    second engine is asked for.
    """

    blocks: dict[str, str]
    title: str
    load: Load
    bundle: str
    second: bool = False


def page_data(
    payload: dict[str, Any], drawn: Mapping[str, tuple[dict[str, Any], dict[str, Any]]]
) -> PageData:
    """Put what a page draws and checks into blocks; what is large stands apart, to be read when it
    is needed.

    Parameters
    ----------
    payload
        What the page knows at once, with the keys ``features``, ``meta`` and ``check``.
    drawn
        Table and geometry of the classes that go onto tiles, as `tiled` gives them, by class id.

    Raises
    ------
    InputError
        If the page would be larger than 100 MB.
    """
    apart = {
        f"sx-tiles-{class_id}": json_block(geometry) for class_id, (_, geometry) in drawn.items()
    }
    tables = [
        table | {"geometry": f"sx-tiles-{class_id}"} for class_id, (table, _) in drawn.items()
    ]
    check = payload["check"]

    # records of many stand in an element of their own, read when somebody checks
    layers = []
    for layer in check["layers"]:
        if "apart" in layer:
            apart[f"sx-check-{layer['id']}"] = json_block(layer["apart"])
            layer = layer | {"apart": f"sx-check-{layer['id']}"}
        layers.append(layer)
    whole = payload | {"tiled": tables, "check": check | {"layers": layers}}

    # the size is that of bytes: a Chinese letter takes three
    size = sum(len(block.encode()) for block in (json_block(whole), *apart.values()))
    refuse_too_much(size)
    svg = sum("at" in feature for feature in payload["features"])
    load = Load(svg, sum(table["count"] for table in tables), "refusal" not in check, size)
    meta = payload["meta"]
    refused = [] if load.check else [NO_CHECK_ZH]

    # that the page cannot check stands above all, what it carries below all
    notices = [*refused, *meta["notices"], *([load.zh()] if drawn else [])]
    told = meta | {
        "notices": notices,
        "load_zh": load.zh(),
        "load_en": load.en(),
        "no_check_zh": NO_CHECK_ZH,
    }
    days, under = payload.get("scenario"), payload.get("backdrop")
    many = apart or len(payload["features"]) > PAGED_RECORDS

    # the smallest bundle that draws what is there: most pages need neither tiles nor two days
    bundle = "page.all" if many or (days and under) else "page.days" if days else "page"
    return PageData(
        {"sx-data": json_block(whole | {"meta": told}), **apart},
        meta["title_zh"],
        load,
        bundle,
        second=check.get("engine") == "both",
    )


def located(layers: Iterable[Layer]) -> dict[str, int]:
    """Count the records of each layer that have a position."""
    return {layer.spec.id: int((~shapely.is_missing(layer.shapes)).sum()) for layer in layers}


def too_many_to_check(layers: Iterable[Layer]) -> bool:
    """Say whether the layers that go onto tiles hold more outlines, or more points, than a page
    checks against.
    """
    dimensions = np.concatenate([shapely.get_dimensions(layer.shapes) for layer in layers] or [[]])
    return bool(max((dimensions > 0).sum(), (dimensions == 0).sum()) > CHECKED_FEATURES)
