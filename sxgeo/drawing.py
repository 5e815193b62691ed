"""DXF drawings: closed polylines by layer, arcs flattened, blocks taken apart; and writing them."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from .datum import Declared, settle
from .errors import InputError
from .intake import Table

ARC_TOLERANCE_M = 0.01
"""How far a flattened arc may lie inside the true one; it enters the datum error of a site with arcs."""
_MAX_BYTES = 100_000_000
_MAX_ENTITIES = 200_000
_MAX_VERTICES = 2_000_000
_MAX_DEPTH = 8
_MAX_COMPLAINTS = 1_000
_SECTION = re.compile(rb"^[ \t]*0[ \t]*\r?\nSECTION[ \t]*\r?\n[ \t]*2[ \t]*\r?\n([A-Z]+)", re.M)
_CURVES = ("LWPOLYLINE", "POLYLINE", "CIRCLE", "ELLIPSE", "SPLINE")


def read_drawing(path: Path, told: dict[str, str]) -> list[Table]:
    """Read the closed polylines, circles and closed curves of the model space, one site each.

    Everything else is counted by kind and layer in the autopsy, and said in the problems of the sites.

    Parameters
    ----------
    path
        A DXF file, text or binary.
    told
        Checked assumptions; a drawing declares no coordinate system, so it takes `crs`, or `datum` and maybe `zone`.

    Raises
    ------
    InputError
        If ezdxf is not installed, the drawing cannot be read or is too large, or it holds nothing closed.
    """
    drawing = _load(path)
    if (size := _size(drawing.modelspace(), drawing, {}, 0)) > _MAX_ENTITIES:
        raise InputError(
            f"holds {size} objects with its blocks taken apart, more than {_MAX_ENTITIES}; export the plots alone"
        )
    shapes: list[Any] = []
    layers: list[str] = []
    curved: list[bool] = []
    rest: Counter[str] = Counter()
    vertices = 0
    for entity in _entities(drawing):
        layer = _plain(entity.dxf.get("layer", "0") if entity.dxf.is_supported("layer") else "?")
        ring = _ring(entity)
        if ring is None:
            rest[f"{entity.dxftype()} / {layer}"] += 1
            continue
        vertices += len(ring)
        if vertices > _MAX_VERTICES:
            raise InputError(f"holds more than {_MAX_VERTICES} vertices after flattening its arcs; split it")
        shapes.append(shapely.Polygon(ring))
        layers.append(layer)
        curved.append(_is_curved(entity))
    left = dict(sorted(rest.items(), key=lambda item: (-item[1], item[0]))[:20])
    if not shapes:
        said = "; ".join(f"{n} x {what}" for what, n in left.items()) or "nothing"
        raise InputError(
            f"is a drawing without closed polylines (it holds {said}); close the plots' outlines (PEDIT, Close)"
        )
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    table = Table(array, None, {"name": layers})
    table.facts = {
        "format": "DXF",
        "drawing": {
            "version": str(drawing.dxfversion),
            "encoding": str(drawing.encoding),
            "layers": dict(sorted(Counter(layers).items())),
            "flattened_arcs": sum(curved),
            "arc_tolerance_m": ARC_TOLERANCE_M,
        },
    }
    if rest:
        table.facts["left_out"] = left
        words = (
            f"{sum(rest.values())} other objects of the drawing are no closed outlines and were left out: "
            + "; ".join(f"{n} x {what}" for what, n in list(left.items())[:5])
        )
        for row in range(len(shapes)):
            table.remark(row, words)
    table = settle(table, Declared(source="the drawing"), told)
    if any(curved):
        table.datum_error_m += ARC_TOLERANCE_M
    return [table]


def _load(path: Path) -> Any:
    if path.stat().st_size > _MAX_BYTES:
        raise InputError("is a drawing larger than 100 MB; export the layers of the plots alone")
    try:
        import ezdxf
    except ImportError as error:
        raise InputError("is a drawing, which needs ezdxf: pip install 'sxgeo[dxf]'") from error
    _refuse_repeated_sections(path)
    try:  # never ezdxf.recover: it turns a broken number into another one without a word
        with _complaints() as complaints:
            drawing = ezdxf.readfile(path)  # type: ignore[attr-defined]
    except Exception as error:  # ezdxf raises many kinds on a broken file; each means it cannot be read
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"cannot be read as DXF ({reason}); recover it in the CAD program and export it again"
        ) from error
    if twice := [text for text in complaints if "non-unique" in text]:
        raise InputError(
            f"holds {len(twice)} objects whose handle another object has too ({twice[0][:80]}), so that only one of "
            "each could be read; repair the drawing (AUDIT) and export it again"
        )
    return drawing


def _refuse_repeated_sections(path: Path) -> None:
    """Refuse a drawing of which a section stands twice: only one of them would be read, without a word."""
    names = Counter(match[1] for match in _SECTION.finditer(path.read_bytes()))
    if twice := sorted(name.decode("ascii") for name, times in names.items() if times > 1):
        raise InputError(f"holds section {', '.join(twice)} more than once; repair the drawing and export it again")


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Gather what ezdxf logs instead of printing it: what matters of it is raised, the rest would stand between our remarks."""
    log = logging.getLogger("ezdxf")
    kept: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if len(kept) < _MAX_COMPLAINTS:
                kept.append(record.getMessage())

    keeper, level, spread = Keeper(logging.WARNING), log.level, log.propagate
    log.addHandler(keeper)
    log.setLevel(logging.WARNING)
    log.propagate = False
    try:
        yield kept
    finally:
        log.removeHandler(keeper)
        log.setLevel(level)
        log.propagate = spread


def _size(layout: Any, drawing: Any, known: dict[str, int], depth: int) -> int:
    """Count the objects of a layout with its blocks taken apart, without taking them apart."""
    total = 0
    for entity in layout:
        if entity.dxftype() != "INSERT" or depth >= _MAX_DEPTH:
            total += 1
            continue
        name = str(entity.dxf.get("name", ""))
        if name not in known:
            block = drawing.blocks.get(name)
            known[name] = 1  # for a block that holds itself
            known[name] = 1 if block is None else _size(block, drawing, known, depth + 1)
        total += max(1, int(entity.mcount)) * known[name]
    return total


def _entities(drawing: Any) -> Iterator[Any]:
    """Yield the entities of the model space with blocks taken apart, a bounded number of them."""
    count = 0
    stack: list[tuple[Iterator[Any], int]] = [(iter(drawing.modelspace()), 0)]
    while stack:
        items, depth = stack[-1]
        entity = next(items, None)
        if entity is None:
            stack.pop()
            continue
        count += 1
        if count > _MAX_ENTITIES:
            raise InputError(
                f"holds more than {_MAX_ENTITIES} objects with its blocks taken apart; export the plots alone"
            )
        if entity.dxftype() != "INSERT" or depth >= _MAX_DEPTH:
            yield entity
            continue
        stack.append((_inside(entity), depth + 1))


def _inside(insert: Any) -> Iterator[Any]:
    try:
        copies = insert.multi_insert() if insert.mcount > 1 else [insert]
        for copy in copies:
            yield from copy.virtual_entities()
    except InputError:
        raise
    except Exception as error:  # a block that refers to itself, a scale of 0 ...
        raise InputError(f"holds a block that cannot be taken apart ({type(error).__name__}: {error})") from error


def _is_curved(entity: Any) -> bool:
    if entity.dxftype() in ("LWPOLYLINE", "POLYLINE"):
        return bool(entity.has_arc)
    return True


def _ring(entity: Any) -> list[tuple[float, float]] | None:
    """Return the outline of a closed entity, arcs flattened; None when it is not closed or no outline."""
    from ezdxf import path as paths

    if entity.dxftype() not in _CURVES:
        return None
    try:
        outline = paths.make_path(entity)
        if not len(outline):
            return None
        reach = max(abs(v) for p in outline.control_vertices() for v in (p.x, p.y))
        if not reach < 1e9:
            return None
        points = [(p.x, p.y) for p in outline.flattening(ARC_TOLERANCE_M)]
    except (ValueError, TypeError, ZeroDivisionError, OverflowError, ArithmeticError):
        return None
    closed = outline.is_closed or getattr(entity, "is_closed", False) or getattr(entity, "closed", False)
    if not closed or len(points) < 3:
        return None
    if points[0] != points[-1]:
        points.append(points[0])
    return points if len(points) >= 4 else None


def _plain(name: str) -> str:
    """Return a layer's name; one of an old drawing in GBK without its code page is told from its bytes."""
    try:
        raw = (
            name.encode("utf-8", "surrogateescape")
            if any("\udc80" <= c <= "\udcff" for c in name)
            else name.encode("cp1252")
        )
        return raw.decode("gb18030") if not raw.isascii() else name
    except UnicodeError:
        return name.encode("utf-8", "replace").decode("utf-8", "replace")
