"""Name -> Layer: the protected resources, and the transport links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, overload

import geopandas as gpd
import numpy as np
import pandas as pd

from ..catalog import checked_date, last_day, read_features, read_table
from ..errors import DataError, unknown
from ..geometry.projection import GEOGRAPHIC
from ..model.elements import elements_frame
from ..model.glance import card, counted, sketch, table
from ..model.outcomes import BUNDLED, OPTIONAL_COLUMNS, ZONE_SIGN, Origin
from ..model.shown import Shown
from .classes import (
    ALL_CLASS_IDS,
    CLASS_IDS,
    EXTRA_CLASS_IDS,
    HELD,
    NUMBER_COLUMNS,
    RESOURCE_COLUMNS,
    ClassSpec,
    words_in,
)

_COLOUR = "#5a6f7d"


@dataclass(
    frozen=True,
    eq=False,
    repr=False,
)
class Layer(Shown):
    """Records of one resource class with what is declared of them; its length is their number, and
    it runs through them.

    Attributes
    ----------
    records
        One mapping per record with the keys `RESOURCE_COLUMNS`, perhaps `OPTIONAL_COLUMNS`, None
        where unknown, sorted by `feature_id`.
    shapes
        Array of EPSG:4490 geometries, one per record, None where unlocated.
    origin
        What sxgeo ships, the user's files, both or nothing.
    failed
        Why the layer could not be loaded; None when it was.

    Examples
    --------
    >>> import sxgeo
    >>> layer = sxgeo.load_layer("heritage_sites")
    >>> len(layer) > layer.held
    True
    >>> layer.frame.crs.to_epsg()
    4490
    """

    spec: ClassSpec
    records: tuple[Mapping[str, Any], ...]
    shapes: Any
    origin: Origin = BUNDLED
    failed: str | None = None

    def __repr__(self) -> str:
        official = self.spec.official_count
        published = "" if official is None else f" of {official:g} published"
        return (
            f"<Layer {self.spec.id} ({self.spec.name_zh}): {counted(len(self), 'record')},"
            f" {self.held} held{published}, {self.located} located, {self.with_polygon} with a"
            f" boundary; from {self.origin}>"
        )

    def _repr_html_(self) -> str:
        title = f"{self.spec.name_zh} {self.spec.name_en} · {self.spec.id}"
        facts = self._card_facts()

        # an office's own data do not slip into the outputs of a notebook
        if self.origin.kind == "user":
            return card(title, facts)
        rows = [
            (r["feature_id"], r["name_zh"], r["level"], r["geometry_kind"]) for r in self.records
        ]
        return card(
            title,
            facts,
            below=table(("编号", "名称", "级别", "位置"), rows),
            picture=sketch(
                list(self.shapes),
                [_COLOUR] * len(self.shapes),
            ),
        )

    def _card_facts(self) -> dict[str, object]:
        official = self.spec.official_count
        facts: dict[str, object] = {
            "公布 published": "—" if official is None else f"{official:g}",
            "收录 held": self.held,
            "已定位 located": self.located,
            "有边界 with a boundary": self.with_polygon,
            "待核线索 candidates": self.candidates,
            "来源 from": self.origin,
        }

        # A layer that failed says so on its card: an empty one would look like no resources.
        if self.failed:
            facts["未能读取 failed"] = self.failed
        return facts

    def __len__(self) -> int:
        return len(self.records)

    def __bool__(self) -> bool:
        """A layer without records is still a layer."""
        return True

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return iter(self.records)

    def to_frame(self) -> gpd.GeoDataFrame:
        """Return a copy of :attr:`frame`."""
        return self.frame.copy()

    @classmethod
    def from_frame(
        cls,
        spec: ClassSpec,
        frame: gpd.GeoDataFrame,
        *,
        origin: Origin | str = BUNDLED,
    ) -> Layer:
        """Build a layer from an EPSG:4490 frame with the columns `RESOURCE_COLUMNS` and geometry; a
        text names a file.
        """

        # Sorted by id: the same records in another order give the same answer.
        source = Origin(files=(origin,)) if isinstance(origin, str) else origin
        ordered = frame.sort_values("feature_id", ignore_index=True)

        # Optional columns only where the file has them; a missing value is None, never NaN.
        names = (*RESOURCE_COLUMNS, *(c for c in OPTIONAL_COLUMNS if c in ordered))
        shapes = np.asarray(ordered.geometry.to_numpy(), dtype=object)
        return cls(
            spec,
            tuple(_records(ordered[[*names]])),
            shapes,
            origin=source,
        )

    @cached_property
    def frame(self) -> gpd.GeoDataFrame:
        """The records as an EPSG:4490 frame: `RESOURCE_COLUMNS` and geometry, present also when
        empty.
        """
        # columns that no record has are left out, those of every resource are always there
        names = (
            *RESOURCE_COLUMNS,
            *(c for c in OPTIONAL_COLUMNS if any(c in r for r in self.records)),
        )
        columns = {c: pd.Series([r.get(c) for r in self.records], dtype=object) for c in names}
        columns |= {c: pd.to_numeric(columns[c]) for c in NUMBER_COLUMNS}
        return gpd.GeoDataFrame(
            columns,
            geometry=gpd.GeoSeries(list(self.shapes), crs=GEOGRAPHIC),
        )

    def _counted(self, memberships: tuple[str, ...]) -> list[int]:
        rows = enumerate(self.records)
        return [i for i, r in rows if r["role"] == "listed" and r["membership"] in memberships]

    def _sites(self, places: Iterable[int]) -> int:
        """Count records, those of one site in several subzones once."""
        return len({str(self.records[i]["feature_id"]).partition(ZONE_SIGN)[0] for i in places})

    @cached_property
    def held(self) -> int:
        """Entries named by an official list or inferred; no components, no controls."""
        return self._sites(self._counted(HELD))

    @cached_property
    def candidates(self) -> int:
        """Entries that may belong to the class but are not counted as held."""
        return self._sites(self._counted(("candidate",)))

    @cached_property
    def located(self) -> int:
        """Held entries that have any geometry."""
        return self._sites(i for i in self._counted(HELD) if self.shapes[i] is not None)

    @cached_property
    def with_polygon(self) -> int:
        """Held entries whose boundary, not only a point or a box, is there."""
        drawn = ("surveyed", "digitised")
        return self._sites(
            i for i in self._counted(HELD) if self.records[i]["geometry_kind"] in drawn
        )


@dataclass(
    frozen=True,
    eq=False,
    repr=False,
)
class FrameLayer(Shown):
    """A layer that is no resource class: transport links or nodes, plan elements, EPSG:4490."""

    id: str
    name_zh: str
    name_en: str
    frame: gpd.GeoDataFrame

    def __repr__(self) -> str:
        return f"<FrameLayer {self.id} ({self.name_zh}): {counted(len(self), 'record')}>"

    def _repr_html_(self) -> str:
        shapes = self.frame.geometry.tolist()
        return card(
            f"{self.name_zh} {self.name_en} · {self.id}",
            {"记录 records": len(self), "已定位 located": sum(s is not None for s in shapes)},
            below=table(("名称",), [(name,) for name in self.frame["name_zh"]]),
            picture=sketch(shapes, [_COLOUR] * len(shapes)),
        )

    def __len__(self) -> int:
        return len(self.frame)

    def __bool__(self) -> bool:
        """A layer without records is still a layer."""
        return True

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return iter(self.frame.to_dict("records"))

    def to_frame(self) -> gpd.GeoDataFrame:
        """Return a copy of the frame."""
        return self.frame.copy()


TRANSPORT_IDS = ("transport_links", "transport_nodes")
PLAN_ID = "plan_elements"


def load_classes() -> dict[str, ClassSpec]:
    """Return the specification of every class, the fifteen first, then the extra ones, by id.

    Raises
    ------
    DataError
        If the table is broken or lacks a class.
    """
    specs = {row["class_id"]: _spec(row) for row in read_table("sources/classes.csv")}

    # the order of the classes is that of every answer: a table in another order is another product
    if tuple(specs) != ALL_CLASS_IDS:
        raise DataError(
            "data/sources/classes.csv does not list the classes in their order: reinstall sxgeo"
        )
    return specs


def _spec(row: Mapping[str, str]) -> ClassSpec:
    return ClassSpec(
        id=row["class_id"],
        name_zh=row["name_zh"],
        name_en=row["name_en"],
        official_count=float(row["official_count"]) if row["official_count"] else None,
        unit=row["unit"],
        screening_extent_m=float(row["screening_extent_m"]),
        extent_reason=row["extent_reason"],
        innermost_subzone=row["innermost_subzone"] or None,
        keeper_zh=row["keeper_zh"],
        material_zh=row["material_zh"],
        extra=row["extra"] == "true",
        coverage=words_in(row["coverage"]),
        complete_in=words_in(row["complete_in"]),
        complete_document=row["complete_document"] or None,
    )


@overload
def load_layer(  # type: ignore[overload-overlap]
    layer_id: Literal["transport_links", "transport_nodes", "plan_elements"],
    *,
    as_of: str | None = None,
) -> FrameLayer: ...


@overload
def load_layer(layer_id: str, *, as_of: str | None = None) -> Layer: ...


def load_layer(layer_id: str, *, as_of: str | None = None) -> Layer | FrameLayer:
    """Load a bundled layer.

    Parameters
    ----------
    layer_id
        A class id (``"heritage_sites"``), ``"transport_links"``, ``"transport_nodes"`` or
        ``"plan_elements"``.
    as_of
        ISO date, `transport_links` only: keep what is open on that day; None keeps every status. A
        link opens on its day `opens` (a year or a month without a day: on the last day of it). An
        operating link whose opening is unknown is kept on every day, and the column `existence`
        says so: ``"open"`` where it is known, ``"assumed"`` before the day `status_as_of` on which
        it was seen operating (always where that is unknown too). What is under construction or
        planned is never kept, whatever is expected of it.

    Returns
    -------
    Layer or FrameLayer
        Its `frame` is EPSG:4490 with the documented columns, sorted by id, empty where nothing is
        bundled.

    Raises
    ------
    UsageError
        If the layer or the date is unknown.
    DataError
        If the bundled file is missing or broken.

    Examples
    --------
    >>> import sxgeo
    >>> sxgeo.load_layer("air_stations")
    <Layer air_stations (大气监测点): ... records, ... held of 26 published, ...>
    >>> sxgeo.load_layer("transport_links").frame.crs.to_epsg()
    4490
    """
    # these are no classes: nothing is judged by them
    if layer_id in (*TRANSPORT_IDS, PLAN_ID):
        return load_frame_layer(layer_id, as_of=as_of)
    classes = load_classes()

    # a list cannot even be looked up in a dictionary
    if not isinstance(layer_id, str) or layer_id not in classes:
        raise unknown("layer", layer_id, (*ALL_CLASS_IDS, *TRANSPORT_IDS, PLAN_ID))
    return _bundled(classes[layer_id])


def load_frame_layer(layer_id: str, *, as_of: str | None = None) -> FrameLayer:
    """Load the transport links or nodes, or the plan elements; parameters as :func:`load_layer`."""
    if layer_id == PLAN_ID:
        return _elements()
    return _transport(layer_id, as_of)


def load_layers(class_ids: Sequence[str] = CLASS_IDS) -> list[Layer]:
    """Load several bundled classes, in the given order."""
    classes = load_classes()
    return [_bundled(classes[class_id]) for class_id in class_ids]


def _bundled(spec: ClassSpec) -> Layer:
    # nothing of an extra class is bundled: a user brings it
    if spec.extra:
        return empty_layer(spec)
    rows, shapes = read_features(f"layers/{spec.id}.geojson")
    order = sorted(
        range(len(rows)),
        key=lambda i: str(rows[i]["feature_id"]),
    )
    return Layer(spec, tuple(with_default_extent(rows[i], spec) for i in order), shapes[order])


def empty_layer(spec: ClassSpec) -> Layer:
    return Layer(
        spec,
        (),
        np.array([], dtype=object),
        origin=Origin(),
    )


def in_order(layers: Sequence[Layer]) -> list[Layer]:
    """Return layers in the order of their classes, the bundled ones for extra classes not given."""
    by_id = {layer.spec.id: layer for layer in layers}
    missing = [class_id for class_id in EXTRA_CLASS_IDS if class_id not in by_id]
    by_id |= {layer.spec.id: layer for layer in load_layers(missing)}
    return [by_id[class_id] for class_id in ALL_CLASS_IDS if class_id in by_id]


def with_default_extent(record: Mapping[str, Any], spec: ClassSpec) -> dict[str, Any]:
    """Give a point without a published extent the stated default of its class."""
    row = {column: record[column] for column in RESOURCE_COLUMNS}
    row |= {column: record[column] for column in OPTIONAL_COLUMNS if column in record}
    if (
        row["geometry_kind"] == "point"
        and row["extent_m"] is None
        and row["screening_extent_m"] is None
    ):
        row["screening_extent_m"] = spec.screening_extent_m
    return row


def _transport(layer_id: str, as_of: str | None) -> FrameLayer:
    rows, geometry = read_features(f"layers/{layer_id}.geojson")
    frame = gpd.GeoDataFrame(
        pd.DataFrame(rows),
        geometry=gpd.GeoSeries(geometry, crs=GEOGRAPHIC),
    )
    if layer_id == "transport_links":
        frame = _existing(frame, as_of)
    key = "link_id" if layer_id == "transport_links" else "node_id"
    names = {
        "transport_links": ("交通线路", "Transport links"),
        "transport_nodes": ("交通节点", "Transport nodes"),
    }
    return FrameLayer(layer_id, *names[layer_id], frame.sort_values(key, ignore_index=True))


def _existing(links: gpd.GeoDataFrame, as_of: str | None) -> gpd.GeoDataFrame:
    """Keep the links that exist on a day; without one keep all, and say nothing of their
    existence.
    """
    if as_of is None:
        return links.assign(existence=None)

    # what is in force or under way on a day is decided by days, never by the clock
    on = checked_date(as_of)
    opens, seen = (links[column].map(last_day) for column in ("opens", "status_as_of"))
    operating = links["status"] == "operating"
    opened = operating & (opens != "") & (opens <= on)
    unknown = operating & (opens == "")
    open_ = opened | (unknown & (seen != "") & (seen <= on))
    return links.assign(existence=np.where(open_, "open", "assumed"))[opened | unknown]


def class_records(layers: Sequence[Layer]) -> list[dict[str, Any]]:
    """Return the `classes` of `sxgeo layers --format json`: a list with the keys of design.md."""
    return [
        {
            "resource_class": layer.spec.id,
            "name_zh": layer.spec.name_zh,
            "name_en": layer.spec.name_en,
            "official_count": layer.spec.official_count,
            "unit": layer.spec.unit,
            "held": layer.held,
            "candidates": layer.candidates,
            "located": layer.located,
            "with_polygon": layer.with_polygon,
            "coverage": list(layer.spec.coverage),
            "complete_in": list(layer.spec.complete_in),
            "origin": str(layer.origin),
            "user_files": list(layer.origin.files),
        }
        for layer in layers
    ]


_ROWS_AT_ONCE = 10_000


class _Row:
    """What makes the records of a layer share their keys, most of what a dictionary weighs."""


def _records(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield the rows of a frame as plain dictionaries, None where nothing is said."""
    names = list(frame.columns)

    # in pieces: the values of a large layer would stand twice in the memory
    for at in range(0, len(frame), _ROWS_AT_ONCE):
        some = frame.iloc[at : at + _ROWS_AT_ONCE]
        columns = [_values(some[name]) for name in names]
        for values in zip(*columns, strict=True):
            row = _Row()
            for name, value in zip(names, values, strict=True):
                setattr(row, name, value)
            yield row.__dict__


def _values(column: pd.Series) -> list[object]:
    """Return the plain values of a column, None where nothing is said."""
    if not isinstance(column.dtype, pd.StringDtype):
        return [_none_for_nan(value) for value in column.tolist()]

    # one object for each different text: pandas would make one for each row, most of a record
    codes, texts = pd.factorize(column)
    told = [*texts.tolist(), None]
    return [told[code] for code in codes.tolist()]


def _none_for_nan(value: object) -> object:
    return None if value is None or value != value else value


def _elements() -> FrameLayer:
    frame = elements_frame(*read_features(f"layers/{PLAN_ID}.geojson"))
    return FrameLayer(PLAN_ID, "规划要素", "Plan elements", frame)
