"""A question without its sites, as one Arrow table: layers, rules, counties, project and date,
shipped once to every worker.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from typing import Any

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

_COLUMNS = ("kind", "class_id", "content", "geometry")
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
        meta = {
            "as_of": as_of,
            "project": asdict(project or Project()),
            "requested": None if requested is None else list(requested),
        }
        rows = [_row("meta", "", meta)]
        for layer in layers:
            origin = {"bundled": layer.origin.bundled, "files": list(layer.origin.files)}
            told = {
                "spec": asdict(layer.spec),
                "origin": origin,
                "failed": layer.failed,
            }
            rows.append(_row("layer", layer.spec.id, told))
            rows += [
                _row("record", layer.spec.id, dict(r), s)
                for r, s in zip(layer.records, layer.shapes, strict=True)
            ]
        rows += [_row("rule", rule.resource_class, asdict(rule)) for rule in rules]
        for code, accuracy, shape in zip(
            counties["code"], counties["position_accuracy_m"], counties.geometry, strict=True
        ):
            rows.append(
                _row("county", "", {"code": code, "position_accuracy_m": float(accuracy)}, shape)
            )
        digest = hashlib.sha256()
        for row in rows:
            for part in row:
                told_bytes = (
                    b""
                    if part is None
                    else part
                    if isinstance(part, bytes)
                    else part.encode("utf-8")
                )
                digest.update(len(told_bytes).to_bytes(8, "big") + told_bytes)
        return cls(_written(rows), digest.hexdigest())

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


def screening_of(content: bytes, sha256: str) -> Callable[[Any], Any]:
    """Make :func:`.chunk.screen_chunk` ready for the pack that has this content."""
    return partial(screen_chunk, screener=Pack(content, sha256).screener())


def _row(
    kind: str,
    class_id: str,
    content: Mapping[str, Any],
    shape: Any = None,
) -> tuple[str, str, str, bytes | None]:
    text = json.dumps(content, ensure_ascii=False)
    return kind, class_id, text, None if shape is None else shapely.to_wkb(shape, byte_order=1)


def _written(rows: Sequence[tuple[Any, ...]]) -> bytes:
    pa = arrow()
    types = (pa.string(), pa.string(), pa.string(), pa.binary())
    columns = [pa.array([row[k] for row in rows], type=kind) for k, kind in enumerate(types)]
    return to_bytes(pa.Table.from_arrays(columns, names=list(_COLUMNS)))


@lru_cache(maxsize=2)
def _ready(pack: Pack) -> Screener:
    rows = list(zip(*(column.to_pylist() for column in pack.table.columns), strict=True))
    by_kind: dict[str, list[tuple[str, dict[str, Any], bytes | None]]] = {}
    for kind, class_id, text, wkb in rows:
        by_kind.setdefault(kind, []).append((class_id, json.loads(text), wkb))
    (_, meta, _), *_ = by_kind["meta"]
    records: dict[str, list[tuple[dict[str, Any], bytes | None]]] = {}
    for class_id, record, wkb in by_kind.get("record", []):
        records.setdefault(class_id, []).append((record, wkb))
    layers = [_layer(told, records.get(class_id, [])) for class_id, told, _ in by_kind["layer"]]
    county_rows = by_kind["county"]
    counties = gpd.GeoDataFrame(
        [told for _, told, _ in county_rows],
        columns=["code", "position_accuracy_m"],
        geometry=_shapes([wkb for *_, wkb in county_rows]),
        crs=GEOGRAPHIC,
    )
    return Screener(
        layers,
        [_value(Rule, told) for _, told, _ in by_kind.get("rule", [])],
        counties=counties,
        as_of=meta["as_of"],
        project=Project(**meta["project"]),
        requested=meta["requested"],
    )


def _layer(
    told: Mapping[str, Any], rows: Sequence[tuple[Mapping[str, Any], bytes | None]]
) -> Layer:
    origin = Origin(told["origin"]["bundled"], tuple(told["origin"]["files"]))
    records = tuple(record for record, _ in rows)
    return Layer(
        _value(ClassSpec, told["spec"]),
        records,
        _shapes([wkb for _, wkb in rows]),
        origin,
        told["failed"],
    )


def _value(kind: Any, told: Mapping[str, Any]) -> Any:
    return kind(
        **{key: tuple(value) if key in _MANY[kind] else value for key, value in told.items()}
    )


def _shapes(content: Iterable[bytes | None]) -> Any:
    return shapely.from_wkb(np.array([*content], dtype=object))
