"""DXF drawings: closed polylines by layer, arcs flattened, blocks taken apart; and writing them."""

from __future__ import annotations

import logging
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ...errors import InputError
from ...files.libraries import library
from ...geometry.nesting import MAX_OVERLAPS, nested
from ...geometry.shapes import Floats, Shape, object_array
from ...model.sites import STANDING
from .assumptions import Assumptions
from .closing import counted
from .dxf_rest import (
    FILLS,
    Rest,
    decoded,
    fill_of,
    hiding,
    is_reference,
    left_out_of,
    outlines_of_lines,
    paper_left_out,
    reference_left_out,
)
from .systems import Declared, settle
from .table import Guess, LeftOut, Table

if TYPE_CHECKING:
    from ezdxf.document import Drawing
    from ezdxf.entities.dxfentity import DXFEntity

ARC_TOLERANCE_M = 0.01
"""How far a flattened arc may lie inside the true one; it enters the datum error of a site with
arcs.
"""
_MAX_BYTES = 100_000_000
_MAX_ENTITIES = 200_000
_MAX_VERTICES = 2_000_000
_MAX_DEPTH = 8
_MAX_COMPLAINTS = 1_000
_SECTION = re.compile(rb"^[ \t]*0[ \t]*\r?\nSECTION[ \t]*\r?\n[ \t]*2[ \t]*\r?\n([A-Z]+)", re.M)
_LINES = ("LWPOLYLINE", "POLYLINE", "CIRCLE", "ELLIPSE", "SPLINE", "LINE", "ARC", "HELIX")
_REACH = 1e12
_HALVINGS = 20
"""A spline is followed by halving what is bent, at most so often."""
_PIECE_OFF_M, _OFF_OF_RADIUS = 1e-4, 2e-5
"""How far the library's curve for a piece of an arc may lie off; it does by this share of the
radius times the angle, in radians, to the sixth power.
"""
_SMOOTHED, _OF_THE_FRAME = 4, 16
"""Flags of a polyline and of its vertices."""
_OFF = "图层关闭"
"""How :func:`hiding` begins for a layer that is off."""


def read_drawing(path: Path, told: Assumptions) -> list[Table]:
    """Read the closed polylines, circles and closed curves of the model space, one site each.

    An outline inside another one of its layer is taken as a hole, a guess that `inside` settles.
    Everything else is counted by kind and layer in the autopsy, and said in the problems of the
    sites.

    Parameters
    ----------
    path
        A DXF file, text or binary.
    told
        Checked assumptions; a drawing declares no coordinate system, so it takes `crs`, or `datum`
        and maybe `zone`; `dxf_layer` names the layers of the plots, `inside` says ``hole`` or
        ``plot``.

    Raises
    ------
    InputError
        If ezdxf is not installed, the drawing cannot be read or is too large, it holds nothing
        closed, or a layer is named that has no outlines.
    """
    drawing = _load(path)
    _refuse_swelling(drawing)
    outlines, layers = _asked_outlines(drawing, told)

    # Holes are found within the layers that were asked for: another layer's outline is no hole.
    rows = _of_layers(outlines, layers)
    placed = _placed(outlines, rows, told)
    table = _table_of(placed, dict(drawing.header.custom_vars))
    if placed.holes and told.inside is None:
        table.guesses.append(_hole_guess(placed))
    table.note(
        format="DXF",
        accuracy_kind="cad",
        drawing=_facts(drawing, outlines, rows, placed),
    )
    _say_hidden(table, placed)
    _say_left_out(table, outlines)
    table.left_out += _left_out(drawing, outlines, layers, told)

    # Arcs became chords: how far those lie off joins the error of every site.
    table = settle(table, Declared(source="the drawing"), told)
    if any(outlines.curved[i] for i in rows):
        table.datum_error_m += ARC_TOLERANCE_M
    return [table]


def _refuse_swelling(drawing: Drawing) -> None:
    """Blocks in blocks can make millions of a small file: counted before any is taken apart."""
    size = _size(drawing.modelspace(), drawing, {}, 0)
    if size > _MAX_ENTITIES:
        raise InputError(
            f"holds {size} objects with its blocks taken apart, more than {_MAX_ENTITIES}; export"
            " the plots alone"
        )


def _asked_outlines(drawing: Drawing, told: Assumptions) -> tuple[_Outlines, set[str] | None]:
    """Return all outlines of a drawing, and the layers that were asked for; None where none was."""
    outlines = _outlines(drawing)
    layers = _asked_layers(outlines, told)
    # what open lines enclose is an outline where somebody said so
    if told.closed_line == "plot":
        _take_lines(outlines, layers)
    if not outlines.rings:
        raise InputError(_nothing_closed(outlines, layers))
    _refuse_millimetres(outlines)
    return outlines, layers


def _table_of(placed: _Placed, properties: Mapping[str, str]) -> Table:
    """Return the plots with their layers, and what the drawing says of all of them."""
    table = Table(object_array(placed.shapes), None, {"name": placed.layers})

    # What :func:`sxgeo.write_sites` says for the whole drawing holds for each plot.
    said = {key: properties[key] for key in STANDING if key in properties}
    table.columns |= {key: [value] * len(placed.shapes) for key, value in said.items()}
    return table


def _left_out(
    drawing: Drawing,
    outlines: _Outlines,
    layers: set[str] | None,
    told: Assumptions,
) -> list[LeftOut]:
    """References and blocks, then what bounds nothing or is not closed, then the sheets."""
    rings = object_array(outlines.rings)
    return [
        *counted(iter(outlines.left_out)),
        *left_out_of(outlines.rest, layers, rings, told.closed_line),
        *paper_left_out(drawing),
    ]


def _say_hidden(table: Table, placed: _Placed) -> None:
    """Tell of each outline that nobody sees in the drawing: it may be an old state of the plot."""
    for row, why in enumerate(placed.hidden):
        if why:
            table.remark(
                row,
                f"图中不显示 not shown by the drawing: {why}, layer {placed.layers[row]}; it is"
                " screened all the same: erase it (LAYDEL, ERASE), or name the layers of the"
                " plots with --assume dxf_layer=NAME",
            )


def _say_left_out(table: Table, outlines: _Outlines) -> None:
    """Tell at every site what else the drawing holds: a plot may be drawn as something else."""
    counts = _counts(outlines.rest)
    if not counts:
        return
    table.note(entities_left_out=dict(_most(counts, 20)))
    words = (
        f"{counts.total()} other objects of the drawing are no closed outlines and were left"
        f" out: {_told(counts)}"
    )
    for row in range(len(table.shapes)):
        table.remark(row, words)


@dataclass(slots=True)
class _Outlines:
    """Closed outlines as they stand in the drawing, the objects that are none, and references to
    other drawings; `hidden` says why one is not shown, `unshown` names the layers of such objects.
    """

    rings: list[Any] = field(default_factory=list)
    layers: list[str] = field(default_factory=list)
    curved: list[bool] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    unshown: dict[str, str] = field(default_factory=dict)
    rest: Rest = field(default_factory=Rest)
    left_out: list[LeftOut] = field(default_factory=list)


@dataclass(slots=True)
class _Placed:
    """Polygons with their holes; `holes` counts them by the row of their polygon, `hidden` says why
    the drawing does not show it, or one of its holes.
    """

    shapes: list[Any]
    layers: list[str]
    hidden: list[str]
    holes: Counter[int]


def _outlines(drawing: Drawing) -> _Outlines:
    found, vertices = _Outlines(), 0
    for entity, layer, hidden in _entities(drawing, found.left_out):
        points, closed = _line(entity)
        if hidden:
            found.unshown.setdefault(layer, hidden)
        vertices += len(points)
        if vertices > _MAX_VERTICES:
            raise InputError(
                f"holds more than {_MAX_VERTICES} vertices after flattening its arcs; split it"
            )
        if not closed:
            _keep(found.rest, entity, layer, points)
            continue
        found.rings.append(shapely.Polygon(points))
        found.layers.append(layer)
        found.curved.append(_is_curved(entity))
        found.hidden.append(hidden)
    return found


def _keep(
    rest: Rest,
    entity: DXFEntity,
    layer: str,
    points: list[tuple[float, float]],
) -> None:
    kind = str(entity.dxftype())
    # a circle of no radius draws a point
    if kind == "CIRCLE" and not entity.dxf.radius:
        kind = "POINT"
    if len(points) > 1:
        rest.lines.append((shapely.linestrings(points), kind, layer))
    elif kind in FILLS:
        rest.fills.append((fill_of(entity), kind, layer))
    else:
        rest.others[kind, layer] += 1


def _counts(rest: Rest) -> Counter[str]:
    """Count what is no outline by kind and layer, as the autopsy shows it."""
    counts = Counter(f"{kind} / {layer}" for _, kind, layer in rest.lines)
    counts += Counter(f"{kind} / {layer}" for _, kind, layer in rest.fills)
    for (kind, layer), count in rest.others.items():
        counts[f"{kind} / {layer}"] += count
    return counts


def _take_lines(outlines: _Outlines, layers: set[str] | None) -> None:
    """Take the areas that open lines enclose as outlines, as was said."""
    for area, layer, _ in outlines_of_lines(outlines.rest, layers):
        outlines.rings.append(
            shapely.Polygon(area.exterior) if shapely.get_type_id(area) == 3 else area
        )
        outlines.layers.append(layer)
        outlines.curved.append(True)
        outlines.hidden.append(outlines.unshown.get(layer, ""))


def _nothing_closed(outlines: _Outlines, layers: set[str] | None) -> str:
    closing = outlines_of_lines(outlines.rest, layers)
    way = "close the plots' outlines (PEDIT, Close)"
    if closing:
        way += f", or say --assume closed_line=plot: {len(closing)} areas are enclosed by its lines"
    references = "".join(f"; {entry}" for entry in outlines.left_out[:3])
    return (
        "is a drawing without closed polylines (it holds"
        f" {_told(_counts(outlines.rest))}{references}); {way}"
    )


def _refuse_millimetres(outlines: _Outlines) -> None:
    """Refuse a drawing whose numbers are those of the ground in millimetres."""
    # the middle of all numbers: a frame at the origin is drawn in many files
    pairs = np.abs(shapely.get_coordinates(outlines.rings)) / 1000
    east, north = np.median(pairs, axis=0)
    if 1.9e6 <= north <= 6.0e6 and (1.2e5 <= east <= 8.8e5 or 1.3e7 <= east <= 4.6e7):
        raise InputError(
            f"is drawn in millimetres (numbers such as {east * 1000:.0f}, {north * 1000:.0f});"
            " scale it by 0.001 about the origin (SCALE, base point 0,0) and export it again"
        )


def _asked_layers(outlines: _Outlines, told: Assumptions) -> set[str] | None:
    """Return the layers that were asked for; None where none was."""
    if told.dxf_layer is None:
        return None
    # a layer may have a comma in its name: then it is one name, and no list
    whole = told.dxf_layer
    there = {*outlines.layers, *(layer for *_, layer in outlines.rest.lines)}
    return {whole} if whole in there else {name.strip() for name in whole.split(",")}


def _of_layers(outlines: _Outlines, wanted: set[str] | None) -> list[int]:
    """Return the outlines of the layers that were asked for; all where none was."""
    if wanted is None:
        return list(range(len(outlines.rings)))
    if unknown := sorted(wanted - set(outlines.layers)):
        there = "; ".join(
            f"{name} ({count})" for name, count in sorted(Counter(outlines.layers).items())[:20]
        )
        raise InputError(
            f"has no closed outlines in layer {', '.join(repr(name) for name in unknown)}, which"
            f" --assume dxf_layer names; there are outlines in {there}"
        )
    return [i for i, layer in enumerate(outlines.layers) if layer in wanted]


def _placed(
    outlines: _Outlines,
    rows: list[int],
    told: Assumptions,
) -> _Placed:
    """Turn outlines inside others of their layer into holes, unless they were said to be plots; the
    order is kept.
    """
    drawn = _Placed(
        [outlines.rings[row] for row in rows],
        [outlines.layers[row] for row in rows],
        [outlines.hidden[row] for row in rows],
        Counter(),
    )
    # Whoever says that outlines inside are plots has looked: they are all kept as they are.
    if told.inside == "plot":
        return drawn
    return _with_holes(drawn, _holes_of(drawn.shapes, drawn.layers))


def _with_holes(drawn: _Placed, holes: dict[int, list[int]]) -> _Placed:
    """Take out of each outline the ones that are its holes."""
    gone = {place for inner in holes.values() for place in inner}
    placed = _Placed([], [], [], Counter())
    for place in (place for place in range(len(drawn.shapes)) if place not in gone):
        inner = holes.get(place, [])
        if inner:
            placed.holes[len(placed.shapes)] = len(inner)
        placed.shapes.append(_pierced(drawn.shapes, place, inner))
        placed.layers.append(drawn.layers[place])
        placed.hidden.append(_why_hidden(drawn.hidden, (place, *inner)))
    return placed


def _why_hidden(hidden: list[str], places: tuple[int, ...]) -> str:
    """Return the first reason why an outline or one of its holes is not shown; none where all are
    shown.
    """
    # A plot with a hidden hole is as doubtful as a hidden plot.
    return next(filter(None, (hidden[place] for place in places)), "")


def _pierced(
    shapes: list[Any],
    place: int,
    inner: list[int],
) -> Any:
    """Return one of some outlines without those inside it; without any it is the very same."""
    if not inner:
        return shapes[place]
    return shapely.Polygon(shapes[place].exterior, [shapes[k].exterior for k in inner])


def _holes_of(rings: list[Shape], layers: list[str]) -> dict[int, list[int]]:
    """The holes of each outline, by their places in the drawing."""
    holes: dict[int, list[int]] = {}
    # layer by layer: an outline of the boundary layer is no hole in a building
    for layer in dict.fromkeys(layers):
        own = [i for i, name in enumerate(layers) if name == layer and rings[i].is_valid]
        nesting = nested([rings[i] for i in own])
        if nesting is None:
            raise InputError(
                f"has {len(own)} outlines in layer '{layer}' that lie over each other in more than"
                f" {MAX_OVERLAPS} pairs; name the layer of the plots: --assume dxf_layer=NAME, or"
                " say --assume inside=plot"
            )
        # every second depth is a hole; an island in it is a plot again
        for place, i in enumerate(own):
            if nesting.depth[place] % 2:
                holes.setdefault(own[nesting.parent[place]], []).append(i)
    return holes


def _hole_guess(placed: _Placed) -> Guess:
    names = ", ".join(sorted({placed.layers[row] for row in placed.holes}))
    return Guess(
        "inside",
        "hole",
        f"{placed.holes.total()} closed outlines lie inside another one of the same layer: {names}",
        "plot: a plot of its own inside a larger one",
        frozenset(placed.holes),
    )


def _facts(
    drawing: Drawing,
    outlines: _Outlines,
    rows: list[int],
    placed: _Placed,
) -> dict[str, Any]:
    hidden = {"not_shown": dict(sorted(outlines.unshown.items()))} if outlines.unshown else {}
    return {
        **hidden,
        "version": str(drawing.dxfversion),
        "encoding": str(drawing.encoding),
        "layers": dict(sorted(Counter(outlines.layers).items())),
        "layers_taken": sorted({outlines.layers[i] for i in rows}),
        "holes": placed.holes.total(),
        "flattened_arcs": sum(outlines.curved[i] for i in rows),
        "arc_tolerance_m": ARC_TOLERANCE_M,
    }


def _most(counts: Counter[str], number: int) -> list[tuple[str, int]]:
    return sorted(
        counts.items(),
        key=lambda item: (-item[1], item[0]),
    )[:number]


def _told(rest: Counter[str]) -> str:
    return "; ".join(f"{n} x {what}" for what, n in _most(rest, 5)) or "nothing"


def _load(path: Path) -> Any:
    # the library holds all of it in memory, several times over
    if path.stat().st_size > _MAX_BYTES:
        raise InputError("is a drawing larger than 100 MB; export the layers of the plots alone")
    ezdxf = library("ezdxf", "is a drawing, which needs ezdxf")
    _refuse_repeated_sections(path)
    try:  # never ezdxf.recover: it turns a broken number into another one without a word
        with _complaints() as complaints:
            drawing = ezdxf.readfile(path)
    except Exception as error:
        # ezdxf raises many kinds on a broken file; each means it cannot be read
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"cannot be read as DXF ({reason}); recover it in the CAD program and export it again"
        ) from error
    if twice := [text for text in complaints if "non-unique" in text]:
        raise InputError(
            f"holds {len(twice)} objects whose handle another object has too ({twice[0][:80]}), so"
            " that only one of each could be read; repair the drawing (AUDIT) and export it again"
        )
    return drawing


def _refuse_repeated_sections(path: Path) -> None:
    """Refuse a drawing of which a section stands twice: only one of them would be read, without a
    word.
    """
    names = Counter(match[1] for match in _SECTION.finditer(path.read_bytes()))
    if twice := sorted(name.decode("ascii") for name, times in names.items() if times > 1):
        raise InputError(
            f"holds section {', '.join(twice)} more than once; repair the drawing and export it"
            " again"
        )


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Gather what ezdxf logs instead of printing it: what matters of it is raised, the rest would
    stand between our remarks.
    """
    log = logging.getLogger("ezdxf")
    kept: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if len(kept) < _MAX_COMPLAINTS:
                kept.append(record.getMessage())

    keeper, level, spread = Keeper(logging.WARNING), log.level, log.propagate
    # of this library alone, and put back as it was
    log.addHandler(keeper)
    log.setLevel(logging.WARNING)
    log.propagate = False
    try:
        yield kept
    finally:
        log.removeHandler(keeper)
        log.setLevel(level)
        log.propagate = spread


# Any: objects of a layout, of which an insert alone has a count.
def _size(
    layout: Any,
    drawing: Drawing,
    known: dict[str, int],
    depth: int,
) -> int:
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


@dataclass(slots=True)
class _Level:
    """A block that is being walked through: what is left of it, how deep it stands, and the layer
    and the hiding that it was put in with.
    """

    items: Iterator[Any]
    depth: int = 0
    layer: str | None = None
    veil: str = ""


def _entities(drawing: Drawing, left_out: list[LeftOut]) -> Iterator[tuple[Any, str, str]]:
    """Yield the entities of the model space with their layers and why they are not shown, blocks
    taken apart, a bounded number of them.

    What stands on layer 0 of a block is drawn on the layer where the block is put in. A block that
    is hidden or on a frozen layer hides all in it; one on a layer that is off only its layer 0.
    """
    count = 0
    # A stack instead of recursion: blocks may nest deeper than Python likes.
    stack = [_Level(iter(drawing.modelspace()))]
    while stack:
        level = stack[-1]
        entity = next(level.items, None)
        if entity is None:
            stack.pop()
            continue
        # counted again while walking: the first count trusts what the blocks say of themselves
        count += 1
        _refuse_many(count)
        layer, hidden = _layer_of(entity, drawing, level)
        if entity.dxftype() != "INSERT":
            yield entity, layer, hidden
        elif (lost := _unopened(entity, drawing, layer, level.depth)) is not None:
            left_out.append(lost)
        else:
            stack.append(_Level(_inside(entity), level.depth + 1, layer, hidden))


def _refuse_many(count: int) -> None:
    if count > _MAX_ENTITIES:
        raise InputError(
            f"holds more than {_MAX_ENTITIES} objects with its blocks taken apart; export the"
            " plots alone"
        )


def _layer_of(
    entity: DXFEntity,
    drawing: Drawing,
    level: _Level,
) -> tuple[str, str]:
    """Return the layer of an entity, and why it is not shown."""
    layer = _plain(entity.dxf.get("layer", "0") if entity.dxf.is_supported("layer") else "?")
    hidden = hiding(entity, drawing) or (level.veil if not level.veil.startswith(_OFF) else "")
    # the layer 0 in a block means the layer that the block was put on
    if level.layer is not None and layer == "0":
        return level.layer, hidden or level.veil
    return layer, hidden


def _unopened(
    insert: DXFEntity,
    drawing: Drawing,
    layer: str,
    depth: int,
) -> LeftOut | None:
    """Why a block that stands in the drawing is not taken apart; None where it is."""
    block = drawing.blocks.get(str(insert.dxf.get("name", "")))
    if block is not None and is_reference(block):
        return reference_left_out(insert, block)
    place = f"'{_plain(str(insert.dxf.get('name', '?')))}' in layer {layer}"
    if block is None:
        why = "the drawing does not hold it; export it again"
        return LeftOut("geometry", "block", place, why)
    # blocks that hold each other would never end
    if depth >= _MAX_DEPTH:
        why = f"blocks stand in one another more than {_MAX_DEPTH} deep; take it apart (EXPLODE)"
        return LeftOut("geometry", "block", place, why)
    return None


# Any: an insert and an array of inserts share no kind in ezdxf.
def _inside(insert: Any) -> Iterator[Any]:
    try:
        # an array of blocks is one object in the file
        copies = insert.multi_insert() if insert.mcount > 1 else [insert]
        for copy in copies:
            yield from copy.virtual_entities()
    except InputError:
        raise
    except Exception as error:  # a block that refers to itself, a scale of 0 ...
        raise InputError(
            f"holds a block that cannot be taken apart ({type(error).__name__}: {error})"
        ) from error


# Any: each kind of line says in its own way that it is curved.
def _is_curved(entity: Any) -> bool:
    if entity.dxftype() in ("LWPOLYLINE", "POLYLINE"):
        return bool(entity.has_arc)
    return True


def _line(entity: DXFEntity) -> tuple[list[tuple[float, float]], bool]:
    """Return the vertices of a line or curve, arcs flattened, and whether it is closed; nothing for
    what is no line.
    """
    if entity.dxftype() not in _LINES or _is_by_points_alone(entity):
        return [], False
    try:
        points, closed = _flattened(entity)
    except (ValueError, TypeError, ZeroDivisionError, OverflowError, ArithmeticError):
        return [], False
    if not np.isfinite(points).all():
        return [], False
    if not closed or len(points) < 3:
        return points, False

    # A ring needs its first point once more at the end.
    if points[0] != points[-1]:
        points.append(points[0])
    return points, len(points) >= 4


# Any: each kind of line says in its own way that it is closed.
def _flattened(entity: Any) -> tuple[list[tuple[float, float]], bool]:
    paths = library("ezdxf.path", "is a drawing, which needs ezdxf")
    outline = paths.make_path(_without_frame(entity), segments=_pieces(entity))
    if not len(outline) or not _is_bounded(outline):
        return [], False
    # a spline is followed itself: the path in its place is near it alone
    curve = entity if entity.dxftype() == "SPLINE" else outline
    points = _unclamped(entity) or [(p.x, p.y) for p in curve.flattening(ARC_TOLERANCE_M)]
    # three libraries of entities, three words for closed
    closed = outline.is_closed or getattr(entity, "is_closed", False)
    return points, bool(closed or getattr(entity, "closed", False))


# Any: a path of ezdxf.
def _is_bounded(outline: Any) -> bool:
    """Numbers without bounds come of broken files; none of them can be a place."""
    reach = max(abs(value) for p in outline.control_vertices() for value in (p.x, p.y))
    return bool(reach < _REACH)


def _pieces(entity: DXFEntity) -> int:
    """Return into how many pieces a whole circle of a line is divided by the library, which puts a
    cubic curve in place of each: one for a quarter of 2 km radius lies half a metre outside of it.
    """
    radii_m = _radii_m(entity)
    # the largest arc needs the most pieces
    known = radii_m[(radii_m > 0) & np.isfinite(radii_m)]
    if not len(known):
        return 1
    finest = math.pow(
        _PIECE_OFF_M / (_OFF_OF_RADIUS * float(known.max())),
        1 / 6,
    )
    return max(1, math.ceil(2 * math.pi / finest))


# Any: each kind of line says in its own way where its arcs are.
def _radii_m(entity: Any) -> Floats:
    """Return the radii of the arcs of a line."""
    kind = entity.dxftype()
    if kind in ("CIRCLE", "ARC"):
        return np.array([abs(entity.dxf.radius)])
    if kind == "ELLIPSE":
        return np.array([entity.dxf.major_axis.magnitude])
    if kind in ("LWPOLYLINE", "POLYLINE") and entity.has_arc:
        return _radii_of_bulges(_bulged(entity))
    return np.empty(0)


def _radii_of_bulges(vertices: Floats) -> Floats:
    """A bulge is the tangent of a quarter of the angle that its arc spans over the chord."""
    bulges = vertices[:, 2]
    steps = np.roll(vertices[:, :2], -1, axis=0) - vertices[:, :2]
    bent = bulges != 0
    angles = 2 * np.arctan(np.abs(bulges[bent]))
    radii: Floats = np.hypot(*steps.T)[bent] / (2 * np.sin(angles))
    return radii


# Any: the two kinds of polylines keep their vertices in two ways.
def _bulged(polyline: Any) -> Floats:
    """Return x, y and bulge of each vertex."""
    if polyline.dxftype() == "LWPOLYLINE":
        return np.array(polyline.get_points("xyb"), dtype=float)
    corners = [(v.dxf.location.x, v.dxf.location.y, v.dxf.bulge) for v in polyline.vertices]
    return np.array(corners, dtype=float)


# Any: what a spline has beyond other entities.
def _is_by_points_alone(entity: Any) -> bool:
    """Whether a spline is given by the points that it goes through alone: between them each program
    draws its own curve, hectares apart.
    """
    return entity.dxftype() == "SPLINE" and not len(entity.control_points)


# Any: only a polyline has vertices of its own.
def _without_frame(entity: Any) -> Any:
    """Take the frame out of a polyline that was smoothed (PEDIT, Spline): its corners stand before
    the curve that is drawn.
    """
    if entity.dxftype() == "POLYLINE" and entity.dxf.flags & _SMOOTHED:
        entity.vertices[:] = [v for v in entity.vertices if not v.dxf.flags & _OF_THE_FRAME]
    return entity


# Any: only a spline has the tool that is asked for here.
def _unclamped(entity: Any) -> list[tuple[float, float]]:
    """Follow a spline whose ends are not tied to its first and last control point, as a closed one
    of most programs; empty for any other.

    It is a curve between two of its knots alone; outside of them its formula runs off to the origin
    of the drawing, which the library draws all the same.
    """
    if entity.dxftype() != "SPLINE":
        return []

    # Clamped splines begin and end at their control points, and the library flattens them well.
    spline = entity.construction_tool()
    knots = np.asarray(spline.knots(), dtype=float)
    first, last = knots[spline.order - 1], knots[spline.count]
    if (first, last) == (knots[0], knots[-1]) or not last > first:
        return []
    return _followed(
        spline,
        _places_between(knots[(knots >= first) & (knots <= last)]),
    )


# Any: a class of ezdxf's own mathematics.
def _followed(spline: Any, places: Floats) -> list[tuple[float, float]]:
    """Follow a spline, halving it where it bends, until no chord lies off by more than half of the
    tolerance.
    """
    drawn = _on_spline(spline, places)
    for _ in range(_HALVINGS):
        # how far the curve lies off the middle of each chord tells which are too long
        middles = (places[1:] + places[:-1]) / 2
        there = _on_spline(spline, middles)
        bent = np.flatnonzero(_off_chords_m(drawn, there) > ARC_TOLERANCE_M / 2)
        if not len(bent):
            return [(float(x), float(y)) for x, y in drawn]
        places = np.insert(places, bent + 1, middles[bent])
        drawn = np.insert(drawn, bent + 1, there[bent], axis=0)
    raise ValueError("a spline that no number of points follows")


def _off_chords_m(drawn: Floats, there: Floats) -> Floats:
    """Return how far the places on a curve lie off the middles of the chords between its points."""
    off_m: Floats = np.hypot(*(there - (drawn[1:] + drawn[:-1]) / 2).T)
    return off_m


def _places_between(knots: Floats) -> Floats:
    """Return every knot, and three places between: no bend between two knots is overlooked."""
    places = np.unique(knots)
    between = np.linspace(
        places[:-1],
        places[1:],
        4,
        endpoint=False,
        axis=1,
    )
    return np.append(between.ravel(), places[-1])


# Any: a class of ezdxf's own mathematics.
def _on_spline(spline: Any, places: Floats) -> Any:
    return np.array([(p.x, p.y) for p in spline.points(places.tolist())])


def _plain(name: str) -> str:
    """Return a layer's name; one of an old drawing in GBK without its code page is told from its
    bytes.
    """
    name = decoded(name)
    try:
        raw = (
            name.encode("utf-8", "surrogateescape")
            if any("\udc80" <= c <= "\udcff" for c in name)
            else name.encode("cp1252")
        )
        return raw.decode("gb18030") if not raw.isascii() else name
    except UnicodeError:
        return name.encode("utf-8", "replace").decode("utf-8", "replace")
