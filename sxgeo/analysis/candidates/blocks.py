"""Polygons that lie apart, cut out of land.

Pure, on one plane. What lies apart is worked on for itself: neither time nor memory grows faster
than the number of shapes, nothing is cut along an edge that was not asked for, and the answer does
not hang on how much is worked on at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ...geometry.shapes import Bools, Floats, Ints, Shape, Shapes

_UNITED_AT_ONCE = 256
MANY_CORNERS = 200
"""A shape of more corners is indexed before it is compared with others."""
_PLACE_BITS = 16


def in_threads(work: Callable[[Any], Any], tasks: Iterable[Any]) -> list[Any]:
    """Work on several tasks at once: the geometry library works without the interpreter's lock."""
    # with more threads than four, memory grows and no answer comes sooner
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        return list(pool.map(work, tasks))


def polygons_of(shape: Shape) -> Shape:
    """Return the polygons of a shape as one; lines and points that an operation left are none."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    # a collection: land is what has an area in it
    parts = shapely.get_parts(shape)
    areal = parts[shapely.get_dimensions(parts) == 2]
    return shapely.multipolygons(shapely.get_parts(areal))


def flat_polygons(shapes: Any) -> Shapes:
    """Return all polygons of an array of shapes, one by one; lines, points and what is empty are
    left out.
    """
    # a collection may hold polygons of several parts
    parts = shapely.get_parts(shapely.get_parts(np.asarray(shapes, dtype=object)))
    polygons: Shapes = parts[are_single(parts) & ~shapely.is_empty(parts)]
    return polygons


def are_single(shapes: Shapes) -> Bools:
    """Say which shapes are polygons, of one part each."""
    single: Bools = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    return single


def single_parts(shapes: Shapes) -> tuple[Shapes, Ints]:
    """Return the parts of shapes that are not empty, and the row of the shape of each."""
    parts, row = shapely.get_parts(shapes, return_index=True)
    # a collection may hold shapes of several parts
    parts, inner = shapely.get_parts(parts, return_index=True)
    full = ~shapely.is_empty(parts)
    return parts[full], row[inner][full]


def united(shapes: Any) -> Shapes:
    """Unite polygons.

    Returns
    -------
    ndarray
        Blocks: polygons, and multipolygons whose parts meet in single points. No two of them have
        a point in common.
    """
    polygons = flat_polygons(shapes)
    if len(polygons) < 2:
        return polygons

    # neighbours first: where very many lie over each other, few polygons are left of them
    near = polygons[np.argsort(_places(polygons), kind="stable")]
    chunks = np.array_split(near, -(-len(near) // _UNITED_AT_ONCE))
    parts = flat_polygons(in_threads(shapely.disjoint_subset_union_all, chunks))
    # then what meets across these first unions
    return merged(parts)


def merged(polygons: Shapes) -> Shapes:
    """Unite the polygons among many that meet; all others stay as they are.

    Returns
    -------
    ndarray
        Blocks as of :func:`united`, in the order of their first polygons.
    """
    label = touching(polygons)
    order = np.argsort(label, kind="stable")
    starts = np.flatnonzero(np.diff(label[order], prepend=-1))
    size = np.diff(starts, append=len(order))

    # of most groups one polygon is all: it is handed on as it is, not built anew
    blocks = polygons[order[starts]]
    several = np.flatnonzero(size > 1)
    groups = [polygons[order[starts[k] : starts[k] + size[k]]] for k in several.tolist()]
    if groups:
        blocks[several] = in_threads(shapely.union_all, groups)
    return blocks


def touching(shapes: Shapes) -> Ints:
    """Number shapes: those that meet, directly or through others, have the same number."""
    if not len(shapes):
        return np.zeros(0, dtype=np.int64)
    one, other = pairs_that_meet(shapely.STRtree(shapes))

    # old versions of SciPy count nothing, and say so nowhere, where rows are not of 32 bits
    one, other = one.astype(np.int32), other.astype(np.int32)
    links = coo_array(
        (np.ones(len(one), dtype=bool), (one, other)),
        shape=(len(shapes),) * 2,
    )
    numbers: Ints = connected_components(links, directed=False)[1]
    return numbers


def pairs_that_meet(tree: shapely.STRtree, group: Ints | None = None) -> tuple[Ints, Ints]:
    """Return the rows of a tree's shapes that meet, each pair once; those of one group are not
    asked.
    """
    shapes = tree.geometries
    one, other = tree.query(shapes)
    # the tree names every pair from both sides, and each shape with itself
    asked = one < other
    if group is not None:
        asked &= group[one] != group[other]
    one, other = one[asked], other[asked]

    # the shape of more corners is the one that is indexed
    corners = shapely.get_num_coordinates(shapes)
    fewer = corners[one] < corners[other]
    one[fewer], other[fewer] = other[fewer], one[fewer]
    large = np.unique(one[corners[one] > MANY_CORNERS])
    met = _intersect(shapes, large, one, other)
    return one[met], other[met]


def _intersect(
    shapes: Shapes,
    indexed: Ints,
    one: Ints,
    other: Ints,
) -> Bools:
    """Say which pairs of shapes meet; some of the first are indexed for it."""
    shapely.prepare(shapes[indexed])
    met: Bools = shapely.intersects(shapes[one], shapes[other])
    # an index takes more memory than its shape
    shapely.destroy_prepared(shapes[indexed])
    return met


def _places(shapes: Shapes) -> Any:
    """Return a number for the place of each shape; near numbers lie near each other."""
    box = shapely.bounds(shapes)
    middle = (box[:, :2] + box[:, 2:]) / 2
    low = middle.min(axis=0)
    # both axes by the longer one: the cells are squares; shapes at one spot have no size at all
    size = float((middle.max(axis=0) - low).max()) or 1.0
    return _interleaved(((middle - low) / size * (2**_PLACE_BITS - 1)).astype(np.uint64))


def _interleaved(cell: Any) -> Any:
    """Return the bits of both axes one after another: the curve that Morton drew."""
    place = np.zeros(len(cell), dtype=np.uint64)
    for bit in range(_PLACE_BITS):
        for axis in (0, 1):
            one = (cell[:, axis] >> np.uint64(bit)) & np.uint64(1)
            place |= one << np.uint64(2 * bit + axis)
    return place


def filled(polygons: Shapes) -> Shapes:
    """Return polygons without their holes."""
    outlines: Shapes = shapely.polygons(shapely.get_exterior_ring(polygons))
    return outlines


def cut_out(parts: Shapes, blocks: Shapes) -> Shapes:
    """Take blocks out of polygons.

    Parameters
    ----------
    parts
        Valid polygons that do not overlap.
    blocks
        As of :func:`united`.

    Returns
    -------
    ndarray
        Valid polygons.
    """
    pieces, inner = cut_at_rim(parts, blocks)
    return _pierced(pieces, inner)


def cut_at_rim(parts: Shapes, blocks: Shapes) -> tuple[Shapes, Shapes]:
    """Take the blocks that cross the rim of polygons out of them; return what is left of the
    polygons, and the blocks that lie inside of one.
    """
    if not len(blocks) or not len(parts):
        return parts, np.array([], dtype=object)
    block, part, inner = meeting_of(parts, blocks)

    # what no block crosses is handed on as it is: nothing of it is rounded again
    whole = np.ones(len(parts), dtype=bool)
    whole[part[~inner]] = False
    cut = _differences(parts, part[~inner], blocks, block[~inner])
    return np.concatenate([parts[whole], cut]), blocks[block[inner]]


def meeting_of(parts: Shapes, blocks: Shapes) -> tuple[Ints, Ints, Bools]:
    """Return rows of blocks and of the parts that they meet, and whether a block with all that it
    goes round lies inside the part.
    """
    single = are_single(blocks)
    outlines = blocks.copy()
    outlines[single] = filled(blocks[single])
    block, part, inner = _meeting(parts, blocks, outlines)
    # parts of a block that meet in points may cut land off between them: the library finds it
    return block, part, inner & single[block]


def _meeting(
    parts: Shapes,
    blocks: Shapes,
    outlines: Shapes,
) -> tuple[Ints, Ints, Bools]:
    """Return rows of blocks and of the parts that they meet, and whether the outline of the block
    lies inside the part.
    """
    block, part = shapely.STRtree(parts).query(blocks)
    used = parts[np.unique(part)]
    shapely.prepare(used)
    inner = shapely.contains_properly(parts[part], outlines[block])

    # what lies inside meets it: only the others are asked
    met = inner.copy()
    met[~inner] = shapely.intersects(
        parts[part[~inner]],
        blocks[block[~inner]],
    )
    shapely.destroy_prepared(used)
    return block[met], part[met], inner[met]


def lie_in(parts: Shapes, blocks: Shapes) -> Bools:
    """Say which blocks lie inside one of the polygons, with all that they go round."""
    block, _, inner = meeting_of(parts, blocks)
    lie = np.zeros(len(blocks), dtype=bool)
    lie[block[inner]] = True
    return lie


def _differences(
    parts: Shapes,
    part: Ints,
    blocks: Shapes,
    block: Ints,
) -> Shapes:
    """Take from each part the blocks in the same rows."""
    rows, taken = _gathered(part, blocks[block])
    pairs = zip(parts[rows], taken, strict=True)
    return flat_polygons(in_threads(lambda pair: shapely.difference(*pair), pairs))


def _gathered(part: Ints, blocks: Shapes) -> tuple[Ints, Shapes]:
    """Return the rows of parts, and for each the blocks that were told with it as one shape."""
    polygons, row = shapely.get_parts(blocks, return_index=True)
    owner = part[row]
    order = np.argsort(owner, kind="stable")
    rows, index = np.unique(owner[order], return_inverse=True)
    return rows, shapely.multipolygons(polygons[order], indices=index.ravel())


def _pierced(pieces: Shapes, blocks: Shapes) -> Shapes:
    """Cut blocks out of polygons in which they lie, each with all that it goes round; what lies in
    a hole of a block is land for itself.
    """
    if not len(blocks):
        return pieces
    rings, of_block = shapely.get_rings(blocks, return_index=True)
    shell = np.diff(of_block, prepend=-1) > 0
    islands = shapely.polygons(rings[~shell])
    starts = shapely.get_point(rings[shell], 0)
    holder = holder_of(pieces, starts)

    # in the hole of another a block is cut out of the island there, the innermost
    island, block = _in_islands(islands, of_block[~shell], starts)
    holder[block] = len(pieces) + island
    found = holder >= 0
    return _with_holes(
        np.concatenate([pieces, islands]),
        rings[shell][found],
        holder[found],
    )


def holder_of(polygons: Shapes, points: Shapes) -> Ints:
    """Return for each point the row of the polygon that it lies in, -1 where it lies in none."""
    point, row = shapely.STRtree(polygons).query(points)
    shapely.prepare(polygons)
    held = shapely.intersects(polygons[row], points[point])
    shapely.destroy_prepared(polygons)
    holder = np.full(len(points), -1)
    holder[point[held]] = row[held]
    return holder


def _in_islands(
    islands: Shapes,
    of_block: Ints,
    starts: Shapes,
) -> tuple[Ints, Ints]:
    """Return rows of islands and of blocks that lie in them, the innermost island of each last."""
    block, island = shapely.STRtree(islands).query(starts)
    # no block lies in its own hole
    foreign = of_block[island] != block
    block, island = block[foreign], island[foreign]
    held = shapely.intersects(islands[island], starts[block])
    block, island = block[held], island[held]

    # the smallest comes last: of several values written to one row the last one stays
    order = np.argsort(-shapely.area(islands[island]), kind="stable")
    return island[order], block[order]


def _with_holes(
    polygons: Shapes,
    holes: Shapes,
    owner: Ints,
) -> Shapes:
    """Cut holes into the polygons that own them."""
    rows = np.unique(owner)
    rings, row = shapely.get_rings(polygons[rows], return_index=True)

    # the own rings of a polygon come first, its shell before all
    every, index = np.concatenate([rings, holes]), np.concatenate([rows[row], owner])
    order = np.argsort(index, kind="stable")
    index = np.searchsorted(rows, index[order])
    whole = polygons.copy()
    whole[rows] = shapely.polygons(every[order], indices=index)
    return whole


def common(parts: Shapes, blocks: Shapes) -> Shapes:
    """Return what polygons that do not overlap have in common with blocks: valid polygons."""
    return common_rows(parts, blocks)[0]


def common_rows(parts: Shapes, blocks: Shapes) -> tuple[Shapes, Ints]:
    """Return what polygons have in common with blocks, and the row of the polygon for each."""
    if not len(blocks) or not len(parts):
        return np.array([], dtype=object), np.array([], dtype=np.int64)
    block, part, inner = _meeting(parts, blocks, blocks)

    # a block that lies inside is common as it is; only those across the rim are cut
    whole, own = shapely.get_parts(blocks[block[inner]], return_index=True)
    cut, row = _intersections(
        parts,
        part[~inner],
        blocks[block[~inner]],
    )
    return np.concatenate([whole, cut]), np.concatenate([part[inner][own], row])


def _intersections(
    parts: Shapes,
    part: Ints,
    blocks: Shapes,
) -> tuple[Shapes, Ints]:
    """Return what parts have in common with the blocks that were told with each, and the row of
    the part for each piece.
    """
    rows, taken = _gathered(part, blocks)
    pairs = zip(parts[rows], taken, strict=True)
    cut = in_threads(lambda pair: polygons_of(shapely.intersection(*pair)), pairs)
    pieces, row = shapely.get_parts(cut, return_index=True)

    # shapes that only touch have an empty polygon in common
    full = ~shapely.is_empty(pieces)
    return pieces[full], rows[row[full]]


def common_m2(parts: Shapes, blocks: Shapes) -> Floats:
    """Return the area that each polygon has in common with blocks."""
    shapes, row = common_rows(parts, blocks)
    return summed(row, shapely.area(shapes), len(parts))


def summed(
    rows: Ints,
    values: Floats,
    count: int,
) -> Floats:
    """Return the sum of the values that were told with each of so many rows."""
    sums = np.bincount(rows, values, count)
    return np.asarray(sums, dtype=np.float64)
