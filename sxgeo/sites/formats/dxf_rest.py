"""What a drawing holds besides closed outlines: lines that close, fills, references, paper space;
each with its reason.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from ...files.libraries import library
from ...geometry.shapes import Shape, Shapes
from .closing import closing_lines
from .table import LeftOut

if TYPE_CHECKING:
    from ezdxf.document import Drawing
    from ezdxf.entities.dxfentity import DXFEntity
    from ezdxf.layouts.blocklayout import BlockLayout
    from ezdxf.layouts.layout import Layout

NOTES = frozenset(
    {
        "ACAD_TABLE", "ARC_DIMENSION", "ATTDEF", "ATTRIB", "DIMENSION", "GEODATA", "IMAGE",
        "LARGE_RADIAL_DIMENSION", "LEADER", "LIGHT", "MLEADER", "MTEXT", "MULTILEADER", "OLE2FRAME",
        "OLEFRAME", "PDFUNDERLAY", "DWFUNDERLAY", "DGNUNDERLAY", "POINT", "RAY", "RTEXT", "SECTION",
        "SHAPE", "SUN", "TEXT", "TOLERANCE", "VIEWPORT", "WIPEOUT", "XLINE", "ARCALIGNEDTEXT",
    }
)  # fmt: skip
"""Kinds that write on a drawing and bound nothing."""
FILLS = ("HATCH", "MPOLYGON", "SOLID", "TRACE", "3DFACE")
"""Kinds that fill an area."""
_FACES = ("SOLID", "TRACE", "3DFACE")
_SMALL_M2 = 1.0
_NEAR_M = 1.0
_PAPER = 10_000.0
_XREF = 4 | 8
_UNICODE = re.compile(r"\\U\+([0-9A-Fa-f]{4})")
_MULTIBYTE = re.compile(r"\\M\+([1-5])([0-9A-Fa-f]{4})")
_CODE_PAGES = {
    "1": "cp932",
    "2": "cp950",
    "3": "cp949",
    "4": "johab",
    "5": "gb18030",
}


@dataclass(slots=True)
class Rest:
    """Objects that are no closed outlines.

    Attributes
    ----------
    lines
        Open lines with their kinds and layers.
    fills
        Filled areas (hatches, solids) with their kinds and layers; None where the area could not be
        built.
    others
        Kinds and layers of all else.
    """

    lines: list[tuple[Any, str, str]] = field(default_factory=list)
    fills: list[tuple[Any, str, str]] = field(default_factory=list)
    others: Counter[tuple[str, str]] = field(default_factory=Counter)


def decoded(name: str) -> str:
    r"""Return a name of an old drawing with its ``\U+`` and ``\M+`` escapes read."""
    name = _UNICODE.sub(
        lambda match: chr(int(match[1], 16)),
        name,
    )
    return _MULTIBYTE.sub(_multibyte, name)


def _multibyte(match: re.Match[str]) -> str:
    try:
        return bytes.fromhex(match[2]).decode(_CODE_PAGES[match[1]])
    except UnicodeDecodeError:
        return match[0]


def hiding(entity: DXFEntity, drawing: Drawing) -> str:
    """Say why a drawing does not show an object: by its own mark, or because its layer is off or
    frozen; empty where it is shown.
    """
    if entity.dxf.is_supported("invisible") and int(entity.dxf.get("invisible", 0)):
        return "隐藏 hidden"
    name = str(entity.dxf.get("layer", "0")) if entity.dxf.is_supported("layer") else "0"
    if name not in drawing.layers:
        return ""
    # frozen goes before off: it hides what stands in blocks, too
    layer = drawing.layers.get(name)
    if layer.is_frozen():
        return "图层冻结 its layer is frozen"
    return "图层关闭 its layer is off" if layer.is_off() else ""


def is_reference(block: BlockLayout) -> bool:
    """Say whether a block stands for another drawing."""
    # blocks of some writers have no head
    head = getattr(block, "block", None)
    if head is None:
        return False
    is_marked = int(head.dxf.get("flags", 0)) & _XREF
    return bool(is_marked or head.dxf.get("xref_path", ""))


def reference_left_out(insert: DXFEntity, block: BlockLayout) -> LeftOut:
    """Return the entry of a reference to another drawing."""
    told = "" if block.block is None else block.block.dxf.get("xref_path", "")
    path = decoded(str(told or insert.dxf.get("name", "?")))
    return LeftOut(
        "geometry",
        "external reference",
        f"to '{path}'",
        "it is not followed; bind it (XREF, Bind) or give that drawing",
    )


# Any: hatches, solids and faces have methods of their own, and no kind in common.
def fill_of(entity: Any) -> Any | None:
    """Return the area that a hatch, solid or face fills; None where it cannot be built."""
    try:
        if entity.dxftype() in _FACES:
            corners = [(p.x, p.y) for p in entity.wcs_vertices()]
            return shapely.convex_hull(shapely.multipoints(corners))
        return _hatched(entity)
    except Exception:  # a hatch with broken edges; ezdxf and GEOS raise many kinds
        return None


# Any: as for `fill_of`.
def _hatched(entity: Any) -> Any | None:
    paths = library("ezdxf.path", "is a drawing, which needs ezdxf")
    edges = [path.flattening(0.1) for path in paths.from_hatch(entity)]
    rings = [[(p.x, p.y) for p in edge] for edge in edges]
    areas = [shapely.polygons([*ring, ring[0]]) for ring in rings if len(ring) >= 3]
    return shapely.union_all(shapely.make_valid(areas)) if areas else None


def outlines_of_lines(rest: Rest, layers: set[str] | None) -> list[tuple[Any, str, int]]:
    """Find the areas that open lines of a layer enclose.

    Parameters
    ----------
    rest
        Of the drawing.
    layers
        The layers that were asked for; None for all.

    Returns
    -------
    list of (area, layer, number of lines)
        By layer, in the order of the drawing.
    """
    found = []
    for layer in dict.fromkeys(layer for *_, layer in rest.lines):
        if layers is None or layer in layers:
            # lines of two layers are drawn for two things
            own = np.array([line for line, _, name in rest.lines if name == layer], dtype=object)
            found += [(area, layer, len(members)) for members, area in closing_lines(own)]
    return found


def left_out_of(
    rest: Rest,
    layers: set[str] | None,
    outlines: Shapes,
    said: str | None,
) -> list[LeftOut]:
    """Say what of a drawing is no site, and why.

    Parameters
    ----------
    rest, layers
        As in :func:`outlines_of_lines`.
    outlines
        The closed outlines of the drawing.
    said
        What was assumed for `closed_line`.
    """
    # Lines that close may be plots: unless the person said what they are, all sites are in doubt.
    entries = _closing_left_out(rest, layers) if said is None else []

    # Open lines are axes and dimensions of a plan; they bound nothing.
    lines = Counter((kind, layer) for _, kind, layer in rest.lines)
    entries += [_note(kind, layer, count) for (kind, layer), count in lines.items()]
    entries += _fills_left_out(rest, layers, outlines)
    return entries + _others_left_out(rest, layers)


def _others_left_out(rest: Rest, layers: set[str] | None) -> list[LeftOut]:
    """Other objects: notes are remarks; what cannot be read may be anything."""
    why = "an object that cannot be read; draw its outline as a closed polyline (BOUNDARY)"
    entries = []
    for (kind, layer), count in rest.others.items():
        # whoever named the layers of the plots says that the others hold none
        if kind in NOTES or (layers is not None and layer not in layers):
            entries.append(_note(kind, layer, count))
        else:
            entries.append(LeftOut("geometry", kind, f"in layer {layer}", why, count))
    return entries


def _closing_left_out(rest: Rest, layers: set[str] | None) -> list[LeftOut]:
    why = (
        "lines that close, or nearly; close them (PEDIT), say --assume closed_line=plot or"
        " line, or name the layer of the plots: --assume dxf_layer=NAME"
    )
    counts = Counter(layer for _, layer, _ in outlines_of_lines(rest, layers))
    return [
        LeftOut("geometry", "outline", f"in layer {layer}", why, count)
        for layer, count in counts.items()
    ]


def _note(
    kind: str,
    layer: str,
    count: int,
) -> LeftOut:
    return LeftOut("annotation", kind, f"in layer {layer}", "no closed outline", count)


_UNBOUNDED = (
    "an area that no closed outline bounds; draw its outline as a closed polyline"
    " (HATCHEDIT, Boundary)"
)


def _fills_left_out(
    rest: Rest,
    layers: set[str] | None,
    outlines: Shapes,
) -> list[LeftOut]:
    """Filled areas: without an outline one may be a plot; within one, or small, it is a symbol."""
    unbounded, covered = _fills_counted(rest, layers, outlines)
    left = [
        LeftOut("geometry", kind, f"in layer {layer}", _UNBOUNDED, count)
        for (kind, layer), count in unbounded.items()
    ]
    return left + [_note(kind, layer, count) for (kind, layer), count in covered.items()]


def _fills_counted(
    rest: Rest,
    layers: set[str] | None,
    outlines: Shapes,
) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    """Count filled areas that may be plots, and the others, by kind and layer."""
    tree = shapely.STRtree(outlines)
    covered: Counter[tuple[str, str]] = Counter()
    unbounded: Counter[tuple[str, str]] = Counter()
    for area, kind, layer in rest.fills:
        is_wanted = layers is None or layer in layers
        # one that could not be built may be of any size
        is_symbol = area is not None and (area.area < _SMALL_M2 or _within(area, outlines, tree))
        (unbounded if is_wanted and not is_symbol else covered)[kind, layer] += 1
    return unbounded, covered


def _within(
    area: Shape,
    outlines: Shapes,
    tree: shapely.STRtree,
) -> bool:
    return any(
        shapely.covers(shapely.buffer(outlines[i], _NEAR_M), area)
        for i in tree.query(area).tolist()
    )


def paper_left_out(drawing: Drawing) -> list[LeftOut]:
    """Say what stands in paper space: a frame and its words are remarks, lines in the numbers of
    the ground are not.
    """
    entries = []
    for layout in drawing.layouts:
        if layout.name.lower() != "model":
            entries += _sheet_left_out(layout)
    return entries


def _sheet_left_out(layout: Layout) -> list[LeftOut]:
    drawn: Counter[str] = Counter()
    ground: Counter[str] = Counter()
    for entity in layout:
        kind = str(entity.dxftype())
        far = kind not in NOTES and _is_beyond_paper(entity)
        (ground if far else drawn)[kind] += 1
    place = f"in paper space '{layout.name}'"
    why = "paper space is not read; move it to model space"
    entries = [LeftOut("geometry", kind, place, why, count) for kind, count in ground.items()]
    if drawn:
        words = "a sheet's frame and words"
        entries.append(LeftOut("annotation", "object", place, words, drawn.total()))
    return entries


def _is_beyond_paper(entity: DXFEntity) -> bool:
    """Whether an object is no drawing of a sheet, which is in millimetres of paper: numbers as
    large as the ground's are the ground.
    """
    bbox = library("ezdxf.bbox", "is a drawing, which needs ezdxf")
    try:
        box = bbox.extents([entity], fast=True)
        # an object without extent draws nothing
        if not box.has_data:
            return False
        corners = [abs(value) for p in (box.extmin, box.extmax) for value in (p.x, p.y)]
        return bool(max(corners) > _PAPER)
    except Exception:  # ezdxf raises many kinds on a broken object, which may be anything
        return True
