"""A question without its sites, as one Arrow table: layers, rules, counties, project and date,
shipped once to every worker.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from ...geometry.projection import GEOGRAPHIC
from ...layers.classes import ClassSpec
from ...layers.layers import Layer
from ...layers.rules import Rule
from ...model.outcomes import Origin
from ...model.project import Project
from ..conflicts.screener import Screener
from ..execution.job import Job, arrow, to_bytes
from .chunk import screen_chunk

_KINDS = ("meta", "layer", "record", "rule", "county")
_COLUMNS = ("kind", "class_id", "content", "geometry")
Row = tuple[str, str, str, bytes | None]
"""A row of a pack, in the order of its columns."""
_MANY = {
    ClassSpec: ("coverage", "complete_in", "subzones_absent"),
    Rule: ("resource_kind", "possible_kinds", "project_types", "exception"),
}


@dataclass(frozen=True, slots=True)
class Pack:
    """What a worker needs beside sites.

    Attributes
    ----------
    content
        An Arrow stream of one table: `kind` (meta, layer, record, rule, county), `class_id`,
        `content` (JSON), `geometry` (WKB).
    sha256
        Of what is in it, whoever wrote it.
    """

    content: bytes
    sha256: str

    def __hash__(self) -> int:
        return hash(self.sha256)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pack) and other.sha256 == self.sha256

    @classmethod
    def of(
        cls,
        layers: Sequence[Layer],
        rules: Sequence[Rule],
        *,
        counties: gpd.GeoDataFrame,
        as_of: str,
        project: Project | None = None,
        requested: Sequence[str] | None = None,
    ) -> Pack:
        """Pack what :class:`sxgeo.analysis.conflicts.screener.Screener` takes.

        Raises
        ------
        UsageError
            If pyarrow is not installed.
        """
        meta = _meta(as_of, project or Project(), requested)
        rows = [
            _row("meta", "", meta),
            *(row for layer in layers for row in _layer_rows(layer)),
            *(_row("rule", rule.resource_class, asdict(rule)) for rule in rules),
            *_county_rows(counties),
        ]
        return cls(_written(rows), _digest(rows))

    @property
    def table(self) -> Any:
        """The pack as one Arrow table."""
        return arrow("pyarrow.ipc").open_stream(self.content).read_all()

    def job(self) -> Job:
        """Return what workers are set up with, to screen chunks of sites."""
        return Job(screening_of, self.content, self.sha256)

    def screener(self) -> Screener:
        """Prepare its layers and rules; the same value for the same pack in one process."""
        return _ready(self)


def _meta(
    as_of: str,
    project: Project,
    requested: Sequence[str] | None,
) -> dict[str, Any]:
    return {
        "as_of": as_of,
        "project": asdict(project),
        "requested": None if requested is None else list(requested),
    }


def _layer_rows(layer: Layer) -> Iterator[Row]:
    origin = {"bundled": layer.origin.bundled, "files": list(layer.origin.files)}
    told = {
        "spec": asdict(layer.spec),
        "origin": origin,
        "failed": layer.failed,
    }
    yield _row("layer", layer.spec.id, told)
    for record, shape in zip(layer.records, layer.shapes, strict=True):
        yield _row("record", layer.spec.id, dict(record), shape)


def _county_rows(counties: gpd.GeoDataFrame) -> Iterator[Row]:
    columns = (counties["code"], counties["position_accuracy_m"], counties.geometry)
    for code, accuracy, shape in zip(*columns, strict=True):
        told = {"code": code, "position_accuracy_m": float(accuracy)}
        yield _row("county", "", told, shape)


def _digest(rows: Iterable[Row]) -> str:
    """Return the hash of what rows hold; each part stands behind its length, so that no two
    contents run together to the same bytes.
    """
    digest = hashlib.sha256()
    for row in rows:
        for part in row:
            content = part.encode("utf-8") if isinstance(part, str) else part or b""
            digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


def screening_of(content: bytes, sha256: str) -> Callable[[Any], Any]:
    """Make :func:`.chunk.screen_chunk` ready for the pack that has this content."""
    return partial(screen_chunk, screener=Pack(content, sha256).screener())


def _row(
    kind: str,
    class_id: str,
    content: Mapping[str, Any],
    shape: Any = None,
) -> Row:
    text = json.dumps(content, ensure_ascii=False)
    return kind, class_id, text, None if shape is None else shapely.to_wkb(shape, byte_order=1)


def _written(rows: Sequence[Row]) -> bytes:
    pa = arrow()
    types = (pa.string(), pa.string(), pa.string(), pa.binary())
    columns = [pa.array([row[k] for row in rows], type=kind) for k, kind in enumerate(types)]
    return to_bytes(pa.Table.from_arrays(columns, names=list(_COLUMNS)))


@lru_cache(maxsize=2)
def _ready(pack: Pack) -> Screener:
    by_kind = _sorted_out(pack)

    # a layer may hold no record, and is a layer all the same
    records: dict[str, list[_Packed]] = {row.class_id: [] for row in by_kind["layer"]}
    for row in by_kind["record"]:
        records[row.class_id].append(row)
    (meta,) = (row.told for row in by_kind["meta"])
    return Screener(
        [_layer(row.told, records[row.class_id]) for row in by_kind["layer"]],
        [_value(Rule, row.told) for row in by_kind["rule"]],
        counties=_counties(by_kind["county"]),
        as_of=meta["as_of"],
        project=Project(**meta["project"]),
        requested=meta["requested"],
    )


def _sorted_out(pack: Pack) -> dict[str, list[_Packed]]:
    """Return the rows of a pack by what they are, in their order; no kind is left out."""
    by_kind: dict[str, list[_Packed]] = {kind: [] for kind in _KINDS}
    for kind, class_id, text, wkb in zip(*map(_listed, pack.table.columns), strict=True):
        by_kind[kind].append(_Packed(class_id, json.loads(text), wkb))
    return by_kind


class _Packed(NamedTuple):
    """A row of a pack as it is read again."""

    class_id: str
    told: dict[str, Any]
    wkb: bytes | None


def _listed(column: Any) -> list[Any]:
    values: list[Any] = column.to_pylist()
    return values


def _counties(rows: Sequence[_Packed]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        [row.told for row in rows],
        columns=["code", "position_accuracy_m"],
        geometry=_shapes([row.wkb for row in rows]),
        crs=GEOGRAPHIC,
    )


def _layer(told: Mapping[str, Any], rows: Sequence[_Packed]) -> Layer:
    origin = Origin(
        told["origin"]["bundled"],
        tuple(told["origin"]["files"]),
    )
    return Layer(
        _value(ClassSpec, told["spec"]),
        tuple(row.told for row in rows),
        _shapes([row.wkb for row in rows]),
        origin,
        told["failed"],
    )


def _value(kind: Any, told: Mapping[str, Any]) -> Any:
    return kind(
        **{key: tuple(value) if key in _MANY[kind] else value for key, value in told.items()}
    )


def _shapes(content: Iterable[bytes | None]) -> Any:
    return shapely.from_wkb(np.array([*content], dtype=object))
