"""A class of many features as columns: what the page draws on canvas tiles instead of one SVG
element each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from ..layers.classes import NUMBER_COLUMNS
from . import drawing
from .columns import any_column, chains, codes_of, has_shape, numbered_column
from .inline import json_block
from .load import CHECKED_FEATURES, NO_CHECK_ZH, Load, refuse_too_much
from .pinyin import pinyin_of, stem_of
from .words import resource_rows, text

if TYPE_CHECKING:
    from ..boundaries.zones import Zone
    from ..layers.layers import Layer
    from .columns import Integers

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
    rows, geometry = _drawn_rows(layer, zone)
    kinds, numbers = _kinds(rows, layer, _names(zone, counties))
    table = {
        "cls": layer.spec.id,
        "count": len(rows),
        "columns": _own_columns(rows) | _shared_columns(kinds, numbers),
        "rows": _popup_lines(kinds, numbers),
    }
    return table, chains(
        _simple(_coarse(geometry, rows, layer)),
        DRAWN_DIGITS,
        exact=False,
    )


def _kinds(
    rows: pd.DataFrame,
    layer: Layer,
    names: Mapping[str, str],
) -> tuple[list[dict[str, Any]], Integers]:
    """Return what is said of the records, each set of words once, and which set each has."""
    # records with the same values share one set of words: a popup for each would swell the page
    first, numbers = codes_of(rows[list(_ROW_COLUMNS)])
    return [_kind(row, layer, names) for row in rows.iloc[first].to_dict("records")], numbers


def _names(zone: Zone, counties: Mapping[str, str]) -> dict[str, str]:
    """Return the names of counties; the zone's own go before those that are bundled."""
    own = zip(zone.members["code"], zone.members["name_zh"], strict=True)
    return dict(counties) | dict(own)


def _own_columns(rows: pd.DataFrame) -> dict[str, Any]:
    """Write what each feature has for itself: its id and its names."""
    named = {
        "id": "feature_id",
        "zh": "name_zh",
        "en": "name_en",
    }
    return {key: any_column([text(cell) for cell in rows[name]]) for key, name in named.items()}


def _shared_columns(kinds: Sequence[dict[str, Any]], numbers: Integers) -> dict[str, Any]:
    """Write what features of one kind have in common, by the number of their kind."""
    return {
        name: numbered_column([kind.get(name) for kind in kinds], numbers) for name in _REPEATED
    }


def _popup_lines(kinds: Sequence[dict[str, Any]], numbers: Integers) -> list[list[Any]]:
    """Write the lines of the popups, a column for each label that any kind has."""
    # in the order in which they first stand: that of `resource_rows`
    labels = dict.fromkeys(label for kind in kinds for label in kind["rows"])
    return [
        [label, numbered_column([kind["rows"].get(label, "") for kind in kinds], numbers)]
        for label in labels
    ]


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

    # most layers are sorted already, and to sort them would copy them
    if not rows["feature_id"].is_monotonic_increasing:
        rows = rows.sort_values("feature_id")
    return rows, layer.shapes[places][rows.index]


def _drawn(layer: Layer, zone: Zone) -> npt.NDArray[np.bool_]:
    """Say which records have a position and stand in or near the zone, or in a county of it."""
    located = has_shape(layer.shapes)
    near = located & shapely.intersects(drawing.reach(zone), layer.shapes)
    inside = _inside(layer, set(zone.members["code"]))

    # controls lie outside on purpose: they are no resources of the zone
    listed = np.array([record["role"] != "control" for record in layer.records], dtype=bool)
    kept: npt.NDArray[np.bool_] = listed & located & (near | inside)
    return kept


def _inside(layer: Layer, members: set[str]) -> npt.NDArray[np.bool_]:
    """Say which records name a county of the zone."""
    codes = pd.Series([text(record["county_code"]) for record in layer.records], dtype=object)

    # looked up once for each distinct value, of which there are few
    known = {
        one: any(drawing.within(code, members) for code in one.split(";") if code)
        for one in codes.unique()
    }
    inside: npt.NDArray[np.bool_] = codes.map(known).to_numpy(dtype=bool)
    return inside


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

    # every record on a tile has a place, whatever the geometry of this one of its kind
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

    # only points: an outline shows its own accuracy
    told = geometry.copy()
    known = rows["position_accuracy_m"].notna() & (rows["geometry_kind"] == "point")
    for at in np.flatnonzero(known.to_numpy()):
        accuracy = drawing.radii(rows.iloc[at].to_dict())["acc_m"]
        lat, lon = drawing.coarsely(drawing.place(geometry[at]), accuracy)
        told[at] = shapely.Point(lon, lat)
    return told


def _simple(geometry: npt.NDArray[Any]) -> npt.NDArray[Any]:
    told = geometry.copy()

    # what has few points gains nothing and would lose its form
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
    tables, apart = _tables(drawn)
    check = _set_apart(payload["check"], apart)
    whole = payload | {"tiled": tables, "check": check}
    load = _weighed(whole, apart.values())
    meta = _meta_with_load(payload["meta"], load, tiles=bool(drawn))
    return PageData(
        {"sx-data": json_block(whole | {"meta": meta}), **apart},
        meta["title_zh"],
        load,
        _bundle(payload, tiles=bool(apart)),
        second=check.get("engine") == "both",
    )


def _tables(
    drawn: Mapping[str, tuple[dict[str, Any], dict[str, Any]]],
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Return the tables of the tiles, each naming the block of its geometry, and these blocks."""
    named = {f"sx-tiles-{class_id}": pair for class_id, pair in drawn.items()}
    tables = [table | {"geometry": name} for name, (table, _) in named.items()]
    return tables, {name: json_block(geometry) for name, (_, geometry) in named.items()}


def _weighed(whole: dict[str, Any], apart: Iterable[str]) -> Load:
    """Return how heavy a page is with its blocks `apart`; refuse one that no browser opens."""
    # the size is that of bytes: a Chinese letter takes three
    size = sum(len(block.encode()) for block in (json_block(whole), *apart))
    refuse_too_much(size)
    svg = sum("at" in feature for feature in whole["features"])
    on_canvas = sum(table["count"] for table in whole["tiled"])
    return Load(svg, on_canvas, "refusal" not in whole["check"], size)


def _set_apart(check: dict[str, Any], apart: dict[str, str]) -> dict[str, Any]:
    """Put records of many into elements of their own, read when somebody checks."""
    layers = []
    for layer in check["layers"]:
        if "apart" in layer:
            element = f"sx-check-{layer['id']}"
            apart[element] = json_block(layer["apart"])
            layer = layer | {"apart": element}
        layers.append(layer)
    return check | {"layers": layers}


def _meta_with_load(
    meta: dict[str, Any],
    load: Load,
    *,
    tiles: bool,
) -> dict[str, Any]:
    """Add to the words of a page what it carries, and that it cannot check where it cannot."""
    # that the page cannot check stands above all, what it carries below all
    refused = [] if load.check else [NO_CHECK_ZH]
    notices = [
        *refused,
        *meta["notices"],
        *([load.zh()] if tiles else []),
    ]
    return meta | {
        "notices": notices,
        "load_zh": load.zh(),
        "load_en": load.en(),
        "no_check_zh": NO_CHECK_ZH,
    }


def _bundle(payload: dict[str, Any], *, tiles: bool) -> str:
    """Name the smallest bundle that draws what is there: most pages need neither tiles nor two
    days.
    """
    days, under = payload.get("scenario"), payload.get("backdrop")

    # two days over a backdrop need the whole bundle, as tiles and long tables do
    if tiles or len(payload["features"]) > PAGED_RECORDS or (days and under):
        return "page.all"
    return "page.days" if days else "page"


def located(layers: Iterable[Layer]) -> dict[str, int]:
    """Count the records of each layer that have a position; an empty geometry is none."""
    return {layer.spec.id: int(has_shape(layer.shapes).sum()) for layer in layers}


def too_many_to_check(layers: Iterable[Layer]) -> bool:
    """Say whether the layers that go onto tiles hold more outlines, or more points, than a page
    checks against.
    """
    shapes = [layer.shapes[has_shape(layer.shapes)] for layer in layers]

    # without such a layer there is nothing to join, and numpy refuses an empty list
    dimensions = np.concatenate([shapely.get_dimensions(one) for one in shapes] or [[]])
    return bool(
        max(
            (dimensions > 0).sum(),
            (dimensions == 0).sum(),
        )
        > CHECKED_FEATURES
    )
