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

_UNITED_AT_ONCE = 256
MANY_CORNERS = 200
"""A shape of more corners is indexed before it is compared with others."""
_PLACE_BITS = 16


def in_threads(work: Callable[[Any], Any], tasks: Iterable[Any]) -> list[Any]:
    """Work on several tasks at once: the geometry library works without the interpreter's lock."""
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        return list(pool.map(work, tasks))


def polygons_of(shape: Any) -> Any:
    """Return the polygons of a shape as one; lines and points that an operation left are none."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    parts = shapely.get_parts(shape)
    return shapely.multipolygons(shapely.get_parts(parts[shapely.get_dimensions(parts) == 2]))


def flat_polygons(shapes: Any) -> Any:
    """Return all polygons of an array of shapes, one by one; lines, points and what is empty are
    left out.
    """
    # a collection may hold polygons of several parts
    parts = shapely.get_parts(shapely.get_parts(np.asarray(shapes, dtype=object)))
    polygon = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    return parts[polygon & ~shapely.is_empty(parts)]


def united(shapes: Any) -> Any:
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


def merged(polygons: Any) -> Any:
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
    blocks = polygons[order[starts]]
    several = np.flatnonzero(size > 1)
    groups = [polygons[order[starts[k] : starts[k] + size[k]]] for k in several.tolist()]
    if groups:
        blocks[several] = in_threads(shapely.union_all, groups)
    return blocks


def touching(shapes: Any) -> Any:
    """Number shapes: those that meet, directly or through others, have the same number."""
    if not len(shapes):
        return np.zeros(0, dtype=np.int64)
    one, other = shapely.STRtree(shapes).query(shapes)
    twice = one < other
    one, other = one[twice], other[twice]

    # the shape of more corners is the one that is indexed
    corners = shapely.get_num_coordinates(shapes)
    swapped = corners[one] < corners[other]
    one, other = np.where(swapped, other, one), np.where(swapped, one, other)
    large = np.unique(one[corners[one] > MANY_CORNERS])
    shapely.prepare(shapes[large])
    met = shapely.intersects(shapes[one], shapes[other])
    shapely.destroy_prepared(shapes[large])
    # old versions of SciPy count nothing, and say so nowhere, where rows are not of 32 bits
    one, other = one[met].astype(np.int32), other[met].astype(np.int32)
    links = coo_array((np.ones(len(one), dtype=bool), (one, other)), shape=(len(shapes),) * 2)
    return connected_components(links, directed=False)[1]


def _places(shapes: Any) -> Any:
    """Return a number for the place of each shape; near numbers lie near each other."""
    box = shapely.bounds(shapes)
    middle = (box[:, :2] + box[:, 2:]) / 2
    low = middle.min(axis=0)
    size = float((middle.max(axis=0) - low).max()) or 1.0
    cell = ((middle - low) / size * (2**_PLACE_BITS - 1)).astype(np.uint64)
    place = np.zeros(len(shapes), dtype=np.uint64)
    # the bits of both axes one after another: the curve that Morton drew
    for bit in range(_PLACE_BITS):
        for axis in (0, 1):
            one = (cell[:, axis] >> np.uint64(bit)) & np.uint64(1)
            place |= one << np.uint64(2 * bit + axis)
    return place


def filled(polygons: Any) -> Any:
    """Return polygons without their holes."""
    return shapely.polygons(shapely.get_exterior_ring(polygons))


def cut_out(parts: Any, blocks: Any) -> Any:
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


def cut_at_rim(parts: Any, blocks: Any) -> tuple[Any, Any]:
    """Take the blocks that cross the rim of polygons out of them; return what is left of the
    polygons, and the blocks that lie inside of one.
    """
    if not len(blocks) or not len(parts):
        return parts, np.array([], dtype=object)
    block, part, inner = meeting_of(parts, blocks)
    whole = np.ones(len(parts), dtype=bool)
    whole[part[~inner]] = False
    cut = _differences(parts, part[~inner], blocks, block[~inner])
    return np.concatenate([parts[whole], cut]), blocks[block[inner]]


def meeting_of(parts: Any, blocks: Any) -> tuple[Any, Any, Any]:
    """Return rows of blocks and of the parts that they meet, and whether a block with all that it
    goes round lies inside the part.
    """
    block, part = shapely.STRtree(parts).query(blocks)
    single = shapely.get_type_id(blocks) == shapely.GeometryType.POLYGON
    round_it = blocks.copy()
    round_it[single] = filled(blocks[single])
    used = parts[np.unique(part)]
    shapely.prepare(used)
    inner = shapely.contains_properly(parts[part], round_it[block])
    # parts of a block that meet in points may cut land off between them: the library finds it
    inner &= single[block]
    met = inner.copy()
    met[~inner] = shapely.intersects(parts[part[~inner]], blocks[block[~inner]])
    shapely.destroy_prepared(used)
    return block[met], part[met], inner[met]


def lie_in(parts: Any, blocks: Any) -> Any:
    """Say which blocks lie inside one of the polygons, with all that they go round."""
    block, _, inner = meeting_of(parts, blocks)
    lie = np.zeros(len(blocks), dtype=bool)
    lie[block[inner]] = True
    return lie


def _differences(
    parts: Any,
    part: Any,
    blocks: Any,
    block: Any,
) -> Any:
    """Take from each part the blocks in the same rows."""
    rows, taken = _gathered(part, blocks[block])
    pairs = zip(parts[rows], taken, strict=True)
    return flat_polygons(in_threads(lambda pair: shapely.difference(*pair), pairs))


def _gathered(part: Any, blocks: Any) -> tuple[Any, Any]:
    """Return the rows of parts, and for each the blocks that were told with it as one shape."""
    polygons, row = shapely.get_parts(blocks, return_index=True)
    owner = part[row]
    order = np.argsort(owner, kind="stable")
    rows, index = np.unique(owner[order], return_inverse=True)
    return rows, shapely.multipolygons(polygons[order], indices=index.ravel())


def _pierced(pieces: Any, blocks: Any) -> Any:
    """Cut blocks out of polygons in which they lie, each with all that it goes round; what lies in
    a hole of a block is land for itself.
    """
    if not len(blocks):
        return pieces
    rings, of_block = shapely.get_rings(blocks, return_index=True)
    shell = np.diff(of_block, prepend=-1) > 0
    islands = shapely.polygons(rings[~shell])
    starts = shapely.get_point(rings[shell], 0)
    holder = _holder(pieces, starts)

    # in the hole of another a block is cut out of the island there, the innermost
    island, block = _in_islands(islands, of_block[~shell], starts)
    holder[block] = len(pieces) + island
    found = holder >= 0
    return _with_holes(np.concatenate([pieces, islands]), rings[shell][found], holder[found])


def _holder(polygons: Any, points: Any) -> Any:
    """Return for each point the row of the polygon that it lies in, -1 where it lies in none."""
    point, row = shapely.STRtree(polygons).query(points)
    shapely.prepare(polygons)
    held = shapely.intersects(polygons[row], points[point])
    shapely.destroy_prepared(polygons)
    holder = np.full(len(points), -1)
    holder[point[held]] = row[held]
    return holder


def _in_islands(
    islands: Any,
    of_block: Any,
    starts: Any,
) -> tuple[Any, Any]:
    """Return rows of islands and of blocks that lie in them, the innermost island of each last."""
    block, island = shapely.STRtree(islands).query(starts)
    foreign = of_block[island] != block
    block, island = block[foreign], island[foreign]
    held = shapely.intersects(islands[island], starts[block])
    block, island = block[held], island[held]
    order = np.argsort(-shapely.area(islands[island]), kind="stable")
    return island[order], block[order]


def _with_holes(
    polygons: Any,
    holes: Any,
    owner: Any,
) -> Any:
    """Cut holes into the polygons that own them."""
    rows = np.unique(owner)
    rings, row = shapely.get_rings(polygons[rows], return_index=True)
    every, index = np.concatenate([rings, holes]), np.concatenate([rows[row], owner])
    order = np.argsort(index, kind="stable")
    index = np.searchsorted(rows, index[order])
    whole = polygons.copy()
    whole[rows] = shapely.polygons(every[order], indices=index)
    return whole


def common(parts: Any, blocks: Any) -> Any:
    """Return what polygons that do not overlap have in common with blocks: valid polygons."""
    return common_rows(parts, blocks)[0]


def common_rows(parts: Any, blocks: Any) -> tuple[Any, Any]:
    """Return what polygons have in common with blocks, and the row of the polygon for each."""
    if not len(blocks) or not len(parts):
        return np.array([], dtype=object), np.array([], dtype=np.int64)
    block, part = shapely.STRtree(parts).query(blocks)
    shapely.prepare(parts)
    inner = shapely.contains_properly(parts[part], blocks[block])
    rim_block, rim_part = block[~inner], part[~inner]
    met = shapely.intersects(parts[rim_part], blocks[rim_block])
    shapely.destroy_prepared(parts)
    rows, taken = _gathered(rim_part[met], blocks[rim_block[met]])
    pairs = zip(parts[rows], taken, strict=True)
    cut = in_threads(lambda pair: polygons_of(shapely.intersection(*pair)), pairs)
    pieces, row = shapely.get_parts(cut, return_index=True)
    whole, own = shapely.get_parts(blocks[block[inner]], return_index=True)
    full = ~shapely.is_empty(pieces)
    shapes = np.concatenate([whole, pieces[full]])
    return shapes, np.concatenate([part[inner][own], rows[row[full]]])


def common_m2(parts: Any, blocks: Any) -> Any:
    """Return the area that each polygon has in common with blocks."""
    shapes, row = common_rows(parts, blocks)
    return np.bincount(row, shapely.area(shapes), len(parts))
