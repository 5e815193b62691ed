"""The compiled loops of the join: WKB to rows of corners, a tree of boxes, and what two shapes have
in common (numba; imported only when needed).

What decides is exact: the side of a point beside an edge is taken from the sign of a determinant
only where that is larger than its rounding can be (Shewchuk's bound). Where it is not, and two
edges touch or nearly do, the pair is handed back with `ASK` and GEOS decides.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numba.extending import register_jitable

from .overlap_areas import SUMS, Slope, below, leans, reaches, slope_of

NONE, POINTS, LINES, POLYGONS, ODD = -1, 0, 1, 2, 3
"""What a shape is: its dimension; nothing; or a form that these loops leave to GEOS."""
APART, MEET, ASK = 0, 1, 2
"""What is known of a pair."""
BLOCK, FAN, FEW = 16, 16, 8
"""Edges that share a box, boxes under one of the tree, and edges that are passed over at once."""
_SIDE_ERROR = 3.3306690738754716e-16
_POINT, _POLYGON, _MULTI = 1, 3, 3

for _step in SUMS:
    register_jitable(_step)


class Box(NamedTuple):
    """West, south, east and north of something; infinite the other way round where it is none."""

    west: float
    south: float
    east: float
    north: float


class Laid(NamedTuple):
    """Very many shapes as arrays.

    Attributes
    ----------
    first, xy
        Corners of shape `i`: rows ``first[i]`` to ``first[i + 1]``. Before each ring and each line
        stands a row that begins with NaN, so that no edge leads from one to the next; it goes on
        with 1 before a hole, else 0. Shells run against the clock, holes with it.
    kind
        `POINTS`, `LINES`, `POLYGONS`, `ODD` or `NONE`.
    box
        West, south, east, north; NaN where there is nothing.
    size
        Area in m2 of polygons, length in m of lines, number of points.
    ring_first, ring
        Rows at which the rings or lines of shape `i` begin, behind their NaN.
    block_first, block
        The boxes of its edges, `BLOCK` rows each.
    """

    first: Any
    xy: Any
    kind: Any
    box: Any
    size: Any
    ring_first: Any
    ring: Any
    block_first: Any
    block: Any


@njit(cache=True, nogil=True)
def _box_at(boxes: Any, k: int) -> Box:
    return Box(
        boxes[k, 0],
        boxes[k, 1],
        boxes[k, 2],
        boxes[k, 3],
    )


@njit(cache=True, nogil=True)
def _edge_box(xy: Any, k: int) -> Box:
    """Return the box of the edge that begins in a row."""
    west, east = (
        min(xy[k, 0], xy[k + 1, 0]),
        max(xy[k, 0], xy[k + 1, 0]),
    )
    south, north = (
        min(xy[k, 1], xy[k + 1, 1]),
        max(xy[k, 1], xy[k + 1, 1]),
    )
    return Box(west, south, east, north)


@njit(cache=True, nogil=True)
def _beside(one: Box, other: Box) -> bool:
    """Say whether two boxes lie apart, and nowhere touch."""
    apart = one.west > other.east or one.east < other.west
    return apart or one.south > other.north or one.north < other.south


@njit(cache=True, nogil=True)
def _both(one: Box, other: Box) -> Box:
    """Return what two boxes have in common."""
    return Box(
        max(one.west, other.west),
        max(one.south, other.south),
        min(one.east, other.east),
        min(one.north, other.north),
    )


@njit(cache=True, nogil=True)
def _word(data: Any, at: int) -> Any:
    return (
        np.int64(data[at])
        | (np.int64(data[at + 1]) << 8)
        | (np.int64(data[at + 2]) << 16)
        | (np.int64(data[at + 3]) << 24)
    )


@njit(cache=True, nogil=True)
def _head(
    data: Any,
    at: int,
    end: int,
) -> tuple[int, int]:
    """Return the type of WKB at a place and the bytes of a coordinate; 0 for what is left to
    GEOS.
    """
    if at + 5 > end or data[at] != 1:
        return 0, 16
    word = _word(data, at + 1)
    if word & 0x20000000:
        return 0, 16
    deep = ((word >> 31) & 1) + ((word >> 30) & 1)
    word &= 0x0FFFFFFF
    more = word // 1000
    if more > 3:
        return 0, 16
    deep += 1 if more in (1, 2) else (2 if more == 3 else 0)
    return word % 1000, 16 + 8 * deep


@njit(cache=True, nogil=True)
def _count_part(
    data: Any,
    at: int,
    end: int,
    kind: int,
    wide: int,
) -> tuple[int, int, int]:
    """Return where a point, line or polygon ends, its rows and its rings; -1 where it does not fit
    in its bytes.
    """
    if kind == _POINT:
        at += wide
        return (at if at <= end else -1), 1, 0
    rings = 1
    if kind == _POLYGON:
        if at + 4 > end:
            return -1, 0, 0
        rings = _word(data, at)
        at += 4
    rows = 0
    for _ in range(rings):
        if at + 4 > end:
            return -1, 0, 0
        corners = _word(data, at)
        at += 4 + corners * wide
        if at > end:
            return -1, 0, 0
        # one row more, for the NaN before it
        rows += corners + 1
    return at, rows, rings


@njit(cache=True, nogil=True)
def _parts_of(
    data: Any,
    at: int,
    kind: int,
) -> tuple[int, int, int]:
    """Return of what type the parts of a piece are, how many there are, and where they begin; one
    that has no parts is its own, behind its head.
    """
    if kind > _MULTI:
        return kind - _MULTI, _word(data, at + 5), at + 9
    return kind, 1, at + 5


@njit(cache=True, nogil=True)
def count(
    data: Any,
    offsets: Any,
    there: Any,
) -> tuple[Any, Any, Any]:
    """Return kind, rows and rings of every piece of WKB; whatever is not plain becomes `ODD`."""
    number = len(offsets) - 1
    kinds = np.full(number, NONE, dtype=np.int8)
    rows = np.zeros(number, dtype=np.int64)
    rings = np.zeros(number, dtype=np.int64)
    for i in range(number):
        if there[i]:
            kinds[i], rows[i], rings[i] = _count_piece(data, offsets[i], offsets[i + 1])
    return kinds, rows, rings


@njit(cache=True, nogil=True)
def _count_piece(
    data: Any,
    at: int,
    end: int,
) -> tuple[int, int, int]:
    kind, wide = _head(data, at, end)
    # a collection, a curve, or too few bytes to say how many parts there are
    if kind == 0 or kind > 6 or (kind > _MULTI and at + 9 > end):
        return ODD, 0, 0
    part, several, at = _parts_of(data, at, kind)
    rows, rings = 0, 0
    for _ in range(several):
        if kind > _MULTI:
            # each part has a head of its own, which must say what the whole has said
            inner, wide = _head(data, at, end)
            at += 5
            if inner != part:
                return ODD, 0, 0
        at, more, held = _count_part(data, at, end, part, wide)
        if at < 0:
            return ODD, 0, 0
        rows += more
        rings += held
    return part - 1, rows, rings


@njit(cache=True, nogil=True)
def _copy(
    data: Any,
    at: int,
    xy: Any,
    octets: Any,
    row: int,
    corners: int,
    wide: int,
) -> bool:
    """Copy corners and return whether all of them are numbers."""
    if wide == 16:
        for k in range(16 * corners):
            octets[16 * row + k] = data[at + k]
    else:
        # heights and measures stand between the corners, and are left out
        for c in range(corners):
            for k in range(16):
                octets[16 * (row + c) + k] = data[at + c * wide + k]
    sound = True
    for c in range(row, row + corners):
        sound = sound and np.isfinite(xy[c, 0]) and np.isfinite(xy[c, 1])
    return sound


@njit(cache=True, nogil=True)
def _closed(
    xy: Any,
    begin: int,
    corners: int,
) -> bool:
    if corners == 0:
        return True
    end = begin + corners - 1
    return corners > 3 and xy[begin, 0] == xy[end, 0] and xy[begin, 1] == xy[end, 1]


@njit(cache=True, nogil=True)
def _wind(
    xy: Any,
    begin: int,
    end: int,
    hole: bool,
) -> float:
    """Turn a ring the way that it should run and return its signed area."""
    twice = 0.0
    # from its own corner, so that no digits are lost to northings of millions of metres
    x0, y0 = xy[begin, 0], xy[begin, 1]
    for k in range(begin, end - 1):
        twice += (xy[k, 0] - x0) * (xy[k + 1, 1] - y0) - (xy[k + 1, 0] - x0) * (xy[k, 1] - y0)
    if (twice > 0) != hole:
        return twice / 2
    _reverse(xy, begin, end)
    return -twice / 2


@njit(cache=True, nogil=True)
def _reverse(
    xy: Any,
    begin: int,
    end: int,
) -> None:
    for k in range((end - begin) // 2):
        for c in range(2):
            low, high = xy[begin + k, c], xy[end - 1 - k, c]
            xy[begin + k, c], xy[end - 1 - k, c] = high, low


@njit(cache=True, nogil=True)
def fill(
    data: Any,
    offsets: Any,
    octets: Any,
    laid: Laid,
) -> None:
    """Lay shapes out that were counted; one with a corner that is no number becomes `ODD`."""
    for i in range(len(laid.kind)):
        if laid.kind[i] == NONE or laid.kind[i] == ODD:
            continue
        sound = _copy_shape(data, offsets[i : i + 2], octets, laid, i)
        # measured all the same: what is not sound is turned too, and read anew by GEOS
        if not (_measure(laid, i) and sound):
            laid.kind[i] = ODD
    _boxes(laid)


# Compiled, and whole: the places in the bytes, the rows and the rings move on together.
@njit(cache=True, nogil=True)
def _copy_shape(
    data: Any,
    ends: Any,
    octets: Any,
    laid: Laid,
    i: int,
) -> bool:
    """Copy the corners of a shape, a row that begins with NaN before each ring, and return whether
    all of them are numbers.
    """
    at, end = ends
    kind, wide = _head(data, at, end)
    part, several, at = _parts_of(data, at, kind)
    row, ring, sound = laid.first[i], laid.ring_first[i], True
    for _ in range(several):
        if kind > _MULTI:
            wide = _head(data, at, end)[1]
            at += 5
        # a point is a corner without a ring
        if part == _POINT:
            sound = _copy(data, at, laid.xy, octets, row, 1, wide) and sound
            at += wide
            row += 1
            continue
        rings = 1
        if part == _POLYGON:
            rings = _word(data, at)
            at += 4
        for k in range(rings):
            corners = _word(data, at)
            at += 4
            laid.xy[row, 0], laid.xy[row, 1] = np.nan, 1.0 if k > 0 else 0.0
            row += 1
            sound = _copy(data, at, laid.xy, octets, row, corners, wide) and sound
            at += corners * wide
            laid.ring[ring] = row
            ring += 1
            row += corners
    return sound


@njit(cache=True, nogil=True)
def _ring_end(
    laid: Laid,
    i: int,
    number: int,
) -> int:
    """Return the row behind the last corner of a ring or line."""
    if number + 1 == laid.ring_first[i + 1]:
        return int(laid.first[i + 1])
    # the NaN before the next one stands between
    return int(laid.ring[number + 1] - 1)


@njit(cache=True, nogil=True)
def _measure(laid: Laid, i: int) -> bool:
    """Write the size of a shape, turn its rings the way that they should run, and return whether
    all of them are sound.
    """
    size, sound = 0.0, True
    if laid.kind[i] == POINTS:
        size += laid.first[i + 1] - laid.first[i]
    for number in range(laid.ring_first[i], laid.ring_first[i + 1]):
        begin, end = laid.ring[number], _ring_end(laid, i, number)
        # GEOS says what is wrong with a line of one corner, or a ring that is not closed
        if laid.kind[i] == LINES:
            sound = sound and end - begin != 1
            size = _add_length(laid.xy, begin, end, size)
        else:
            sound = sound and _closed(laid.xy, begin, end - begin)
            if end > begin:
                size += _wind(
                    laid.xy,
                    begin,
                    end,
                    laid.xy[begin - 1, 1] > 0,
                )
    laid.size[i] = size
    return sound


@njit(cache=True, nogil=True)
def _add_length(
    xy: Any,
    begin: int,
    end: int,
    length: float,
) -> float:
    for k in range(begin, end - 1):
        length += np.hypot(
            xy[k + 1, 0] - xy[k, 0],
            xy[k + 1, 1] - xy[k, 1],
        )
    return length


# Compiled, and whole: the box of a shape is widened while those of its blocks are written.
@njit(cache=True, nogil=True)
def _boxes(laid: Laid) -> None:
    """Give each shape and each block of edges its box."""
    for i in range(len(laid.kind)):
        begin, end = laid.first[i], laid.first[i + 1]
        whole = Box(np.inf, np.inf, -np.inf, -np.inf)
        for number in range(laid.block_first[i], laid.block_first[i + 1]):
            low = begin + (number - laid.block_first[i]) * BLOCK
            # the last edge of a block ends in the first corner of the next one
            block = _box_of(laid.xy, low, min(low + BLOCK + 1, end))
            whole = _around(whole, block)
            for c in range(4):
                laid.block[number, c] = block[c]
        if laid.kind[i] != NONE and laid.kind[i] != ODD and whole.west <= whole.east:
            for c in range(4):
                laid.box[i, c] = whole[c]
        # a shape of no corners is nothing, whatever its type says
        elif laid.kind[i] != ODD:
            laid.kind[i] = NONE


@njit(cache=True, nogil=True)
def _box_of(
    xy: Any,
    begin: int,
    end: int,
) -> Box:
    west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
    for k in range(begin, end):
        # NaN, which stands between rings, does not equal itself
        if xy[k, 0] == xy[k, 0]:
            west, east = (
                min(west, xy[k, 0]),
                max(east, xy[k, 0]),
            )
            south, north = (
                min(south, xy[k, 1]),
                max(north, xy[k, 1]),
            )
    return Box(west, south, east, north)


@njit(cache=True, nogil=True)
def _around(one: Box, other: Box) -> Box:
    """Return the box around two."""
    return Box(
        min(one.west, other.west),
        min(one.south, other.south),
        max(one.east, other.east),
        max(one.north, other.north),
    )


@njit(cache=True, nogil=True)
def along_hilbert(x: Any, y: Any) -> Any:
    """Return the place of cells, 0 to 65,535 each way, along a Hilbert curve."""
    found = np.zeros(len(x), dtype=np.int64)
    for i in range(len(x)):
        found[i] = _on_curve(
            int(x[i]),
            int(y[i]),
        )
    return found


@njit(cache=True, nogil=True)
def _on_curve(a: int, b: int) -> int:
    at, side = 0, 1 << 15
    while side > 0:
        right, up = int((a & side) > 0), int((b & side) > 0)
        # the quarters follow each other: below left, above left, above right, below right
        at += side * side * ((3 * right) ^ up)
        # in the lower ones the curve lies on its side, in the right one also mirrored
        if up == 0:
            if right == 1:
                a, b = 65_535 - a, 65_535 - b
            a, b = b, a
        side >>= 1
    return at


@njit(cache=True, nogil=True)
def raise_tree(
    boxes: Any,
    order: Any,
    levels: Any,
) -> Any:
    """Return the boxes of a tree, leaves first, then each level above; `levels` says where each
    begins.
    """
    tree = np.empty((levels[-1], 4))
    for k in range(len(order)):
        tree[k] = boxes[order[k]]
    for level in range(1, len(levels) - 1):
        lower, upper = levels[level - 1], levels[level]
        for k in range(upper, levels[level + 1]):
            low = lower + (k - upper) * FAN
            # the last one of a level may have fewer below it
            tree[k] = tree[low]
            for m in range(low + 1, min(low + FAN, upper)):
                _widen(tree, k, m)
    return tree


@njit(cache=True, nogil=True)
def _widen(
    tree: Any,
    k: int,
    m: int,
) -> None:
    """Widen one box of a tree so that it holds another."""
    for c in range(2):
        tree[k, c] = min(tree[k, c], tree[m, c])
        tree[k, c + 2] = max(
            tree[k, c + 2],
            tree[m, c + 2],
        )


@njit(cache=True, nogil=True)
def _sort(
    values: Any,
    begin: int,
    end: int,
) -> None:
    """Sort a short stretch in its place; a site meets few boxes."""
    for k in range(begin + 1, end):
        value, at = values[k], k
        while at > begin and values[at - 1] > value:
            values[at] = values[at - 1]
            at -= 1
        values[at] = value


# Compiled, and whole: one loop over all boxes, and the room for what it finds grows within it.
@njit(cache=True, nogil=True)
def near(
    tree: Any,
    order: Any,
    levels: Any,
    boxes: Any,
) -> tuple[Any, Any]:
    """Return the pairs of which the boxes meet, sorted: rows of `boxes`, rows that are in the
    tree.
    """
    room, used = max(1024, len(boxes)), 0
    own, other = (
        np.empty(room, dtype=np.int64),
        np.empty(room, dtype=np.int64),
    )
    if levels[-1] == 0:
        return own[:0], other[:0]
    leaves = np.empty(len(order), dtype=np.int64)
    stack = np.empty(
        (FAN * len(levels) + 1, 2),
        dtype=np.int64,
    )
    for i in range(len(boxes)):
        box = _box_at(boxes, i)
        # a missing box is NaN, which no comparison holds for
        if not box.west <= box.east:
            continue
        hits = _leaves_in(tree, levels, box, stack, leaves)
        while used + hits > room:
            room *= 2
            own = np.concatenate((own, np.empty_like(own)))
            other = np.concatenate((other, np.empty_like(other)))
        for k in range(hits):
            own[used + k], other[used + k] = i, order[leaves[k]]
        _sort(other, used, used + hits)
        used += hits
    return own[:used], other[:used]


@njit(cache=True, nogil=True)
def _leaves_in(
    tree: Any,
    levels: Any,
    box: Box,
    stack: Any,
    leaves: Any,
) -> int:
    """Write the leaves of a tree that meet a box, and return how many they are; `stack` is room for
    what is yet to be looked at.
    """
    top = len(levels) - 2
    stack[0, 0], stack[0, 1] = top, levels[top]
    depth, hits = 1, 0
    while depth > 0:
        depth -= 1
        level, low = stack[depth, 0], stack[depth, 1]
        for k in range(low, min(low + FAN, levels[level + 1])):
            if _beside(box, _box_at(tree, k)):
                continue
            # on the ground there is nothing below
            if level > 0:
                stack[depth, 0] = level - 1
                stack[depth, 1] = levels[level - 1] + (k - levels[level]) * FAN
                depth += 1
            else:
                leaves[hits] = k
                hits += 1
    return hits


@njit(cache=True, nogil=True)
def _side(
    ax: float,
    ay: float,
    bx: float,
    by: float,
    x: float,
    y: float,
) -> tuple[int, float]:
    """Return on which side of an edge a point lies, 0 where rounding leaves that open, and twice
    the area of the triangle.
    """
    one, other = (ax - x) * (by - y), (ay - y) * (bx - x)
    twice = one - other
    doubt = _SIDE_ERROR * (abs(one) + abs(other))
    if twice > doubt:
        return 1, twice
    if twice < -doubt:
        return -1, twice
    return 0, twice


@njit(cache=True, nogil=True)
def _rows_of(
    laid: Laid,
    i: int,
    number: int,
) -> tuple[int, int]:
    """Return from where to where the edges of a block begin."""
    low = laid.first[i] + (number - laid.block_first[i]) * BLOCK
    return low, min(low + BLOCK, laid.first[i + 1] - 1)


@njit(cache=True, nogil=True)
def _holds(
    laid: Laid,
    i: int,
    x: float,
    y: float,
) -> int:
    """Return whether a point lies in polygons: `MEET`, `APART`, or `ASK` at their edge."""
    inside = False
    for number in range(laid.block_first[i], laid.block_first[i + 1]):
        if laid.block[number, 1] > y or laid.block[number, 3] < y or laid.block[number, 2] < x:
            continue
        low, high = _rows_of(laid, i, number)
        for k in range(low, high):
            passed = _passes(laid.xy, k, x, y)
            if passed == ASK:
                return ASK
            inside ^= passed == MEET
    return MEET if inside else APART


@njit(cache=True, nogil=True)
def _passes(
    xy: Any,
    k: int,
    x: float,
    y: float,
) -> int:
    """Return whether a line from a point to the east crosses an edge: `MEET`, `APART`, or `ASK`
    where the point lies on it or nearly does.
    """
    ax, ay, bx, by = xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1]
    # edges that lead to or from a NaN fail the first comparison
    if not max(ax, bx) >= x or ax != ax or bx != bx:
        return APART
    if min(ay, by) > y or max(ay, by) < y:
        return APART
    # half-open: a corner at the height of the point counts once and not twice
    crosses = (ay > y) != (by > y)
    if min(ax, bx) > x:
        return MEET if crosses else APART
    side = _side(ax, ay, bx, by, x, y)[0]
    if side == 0:
        return ASK
    return MEET if crosses and (side > 0) == (by > ay) else APART


@njit(cache=True, nogil=True)
def _edges_in(
    laid: Laid,
    i: int,
    box: Box,
    rows: Any,
) -> int:
    """Write the rows at which edges begin whose boxes meet a box, and return how many they are."""
    xy, used = laid.xy, 0
    for number in range(laid.block_first[i], laid.block_first[i + 1]):
        if _beside(box, _box_at(laid.block, number)):
            continue
        low, high = _rows_of(laid, i, number)
        for k in range(low, high):
            # no edge leads to or from a NaN
            if xy[k, 0] != xy[k, 0] or xy[k + 1, 0] != xy[k + 1, 0]:
                continue
            if not _beside(box, _edge_box(xy, k)):
                rows[used] = k
                used += 1
    return used


@njit(cache=True, nogil=True)
def _sides(
    one: Any,
    k: int,
    other: Any,
    m: int,
) -> tuple[int, int, float, float]:
    """Return on which side of an edge both ends of another lie, and twice the areas of their
    triangles with it.
    """
    px, py, qx, qy = one[k, 0], one[k, 1], one[k + 1, 0], one[k + 1, 1]
    start, above = _side(
        px,
        py,
        qx,
        qy,
        other[m, 0],
        other[m, 1],
    )
    end, under = _side(
        px,
        py,
        qx,
        qy,
        other[m + 1, 0],
        other[m + 1, 1],
    )
    return start, end, above, under


@njit(cache=True, nogil=True)
def _cross(
    one: Any,
    k: int,
    other: Any,
    m: int,
) -> tuple[int, float]:
    """Return whether two edges cross, `ASK` where they touch or nearly do, and at which share of
    the first.
    """
    # beside each other along either axis
    for c in range(2):
        p, q, r, s = one[k, c], one[k + 1, c], other[m, c], other[m + 1, c]
        if max(p, q) < min(r, s) or min(p, q) > max(r, s):
            return APART, 0.0
    start, end, _, _ = _sides(one, k, other, m)
    if start == end != 0:
        return APART, 0.0
    first, last, above, under = _sides(other, m, one, k)
    if first == last != 0:
        return APART, 0.0
    # where rounding leaves a side open
    if start == 0 or end == 0 or first == 0 or last == 0:
        return ASK, 0.0
    return MEET, above / (above - under)


@njit(cache=True, nogil=True)
def _rings_in(
    one: Laid,
    i: int,
    other: Laid,
    j: int,
) -> tuple[int, int]:
    """Return how many rings or lines of a shape begin in polygons, and whether all are settled."""
    inside, state = 0, MEET
    for number in range(one.ring_first[i], one.ring_first[i + 1]):
        x, y = one.xy[one.ring[number]]
        if not (
            other.box[j, 0] <= x <= other.box[j, 2] and other.box[j, 1] <= y <= other.box[j, 3]
        ):
            continue
        held = _holds(other, j, x, y)
        if held == ASK:
            state = ASK
        elif held == MEET:
            inside += 1
    return inside, state


@njit(cache=True, nogil=True)
def _slopes(
    laid: Laid,
    i: int,
    box: Box,
    edges: Any,
) -> int:
    """Write the edges over a box from west to east, each from its western end and counted from the
    foot of the box, and return how many they are.
    """
    xy, used = laid.xy, 0
    for number in range(laid.block_first[i], laid.block_first[i + 1]):
        if laid.block[number, 0] >= box.east or laid.block[number, 2] <= box.west:
            continue
        low, high = _rows_of(laid, i, number)
        for k in range(low, high):
            if leans(xy, k) and reaches(xy, k, box.west, box.east):
                slope = slope_of(xy, k, box.south)
                for c in range(5):
                    edges[used, c] = slope[c]
                used += 1
    return used


@njit(cache=True, nogil=True)
def _slope_at(edges: Any, k: int) -> Slope:
    return Slope(
        edges[k, 0],
        edges[k, 1],
        edges[k, 2],
        edges[k, 3],
        edges[k, 4],
    )


@njit(cache=True, nogil=True)
def _spans(
    edges: Any,
    used: int,
    spans: Any,
) -> None:
    """Write from where to where each few edges in a row run, west and east."""
    for few in range((used + FEW - 1) // FEW):
        west, east = np.inf, -np.inf
        for k in range(few * FEW, min(few * FEW + FEW, used)):
            west, east = (
                min(west, edges[k, 0]),
                max(east, edges[k, 2]),
            )
        spans[few, 0], spans[few, 1] = west, east


# Compiled, and whole: one sum over pairs of edges, which no call may slow down.
@njit(cache=True, nogil=True)
def _area(
    one: Laid,
    i: int,
    other: Laid,
    j: int,
    room: Any,
) -> float:
    """Return the common area of two polygons as the sum over their edges, m2."""
    own, theirs, spans = room
    both = _both(_box_at(one.box, i), _box_at(other.box, j))
    mine, held = (
        _slopes(one, i, both, own),
        _slopes(other, j, both, theirs),
    )
    _spans(theirs, held, spans)
    total = 0.0
    for k in range(mine):
        slope = _slope_at(own, k)
        # neighbours along a ring lie together: most of them are passed over a few at a time
        for few in range((held + FEW - 1) // FEW):
            if not (spans[few, 1] > slope.west and spans[few, 0] < slope.east):
                continue
            for m in range(few * FEW, min(few * FEW + FEW, held)):
                if theirs[m, 2] > slope.west and theirs[m, 0] < slope.east:
                    lower = below(slope, _slope_at(theirs, m))
                    total += slope.way * theirs[m, 4] * lower
    return total


@njit(cache=True, nogil=True)
def _edges_cross(
    one: Laid,
    i: int,
    other: Laid,
    j: int,
    rows: Any,
) -> int:
    """Return whether some edges of two shapes cross: `MEET`, else `ASK` where some touch."""
    both, state = (
        _both(
            _box_at(one.box, i),
            _box_at(other.box, j),
        ),
        APART,
    )
    own, theirs = rows
    mine, held = (
        _edges_in(one, i, both, own),
        _edges_in(other, j, both, theirs),
    )
    for k in range(mine):
        for m in range(held):
            crossing = _cross(
                one.xy,
                own[k],
                other.xy,
                theirs[m],
            )[0]
            if crossing == MEET:
                return MEET
            state = max(state, crossing)
    return state


@njit(cache=True, nogil=True)
def _polygons(
    one: Laid,
    i: int,
    other: Laid,
    j: int,
    rows: Any,
) -> tuple[int, float]:
    """Return what is known of two polygons, and their common area, NaN where it is yet to be
    summed up.
    """
    state = _edges_cross(one, i, other, j, rows)
    if state != APART:
        return state, np.nan

    # no edges meet: each ring lies in the other shape or beside it as a whole
    inside, settled = _rings_in(one, i, other, j)
    around, also = _rings_in(other, j, one, i)
    if settled == ASK or also == ASK:
        return ASK, np.nan
    if inside + around == 0:
        return APART, 0.0
    # one lies in the other with all that it has: its area is known
    if around == 0 and inside == one.ring_first[i + 1] - one.ring_first[i]:
        return MEET, one.size[i]
    if inside == 0 and around == other.ring_first[j + 1] - other.ring_first[j]:
        return MEET, other.size[j]
    return MEET, np.nan


# Compiled, and whole: inside or outside is carried on from edge to edge of a line.
@njit(cache=True, nogil=True)
def _line(
    lines: Laid,
    i: int,
    polygons: Laid,
    j: int,
    room: Any,
) -> tuple[int, float]:
    """Return what is known of lines and polygons, and how much of the lines lies in them, m."""
    xy, shares = lines.xy, room[1]
    state, length = APART, 0.0
    for number in range(lines.ring_first[i], lines.ring_first[i + 1]):
        begin = lines.ring[number]
        held = _holds(polygons, j, xy[begin, 0], xy[begin, 1])
        if held == ASK:
            return ASK, 0.0
        # from here on the line goes in and out at each crossing
        inside = held == MEET
        for k in range(begin, _ring_end(lines, i, number) - 1):
            crossings = _crossings(xy, k, polygons, j, room)
            if crossings < 0:
                return ASK, 0.0
            if crossings or inside:
                state = MEET
            share = _share_inside(shares, crossings, inside)
            inside ^= crossings % 2 == 1
            length += share * np.hypot(
                xy[k + 1, 0] - xy[k, 0],
                xy[k + 1, 1] - xy[k, 1],
            )
    return state, length


@njit(cache=True, nogil=True)
def _crossings(
    xy: Any,
    k: int,
    polygons: Laid,
    j: int,
    room: Any,
) -> int:
    """Write the shares at which an edge crosses polygons, and return how many they are; -1 where it
    touches an edge or nearly does.
    """
    rows, shares = room
    box, found = _edge_box(xy, k), 0
    if _beside(box, _box_at(polygons.box, j)):
        return 0
    for m in range(_edges_in(polygons, j, box, rows)):
        crossing, share = _cross(xy, k, polygons.xy, rows[m])
        if crossing == ASK:
            return -1
        if crossing == MEET:
            shares[found] = share
            found += 1
    return found


@njit(cache=True, nogil=True)
def _share_inside(
    shares: Any,
    crossings: int,
    inside: bool,
) -> float:
    """Return which share of an edge lies inside, where it begins inside or outside and changes at
    some shares.
    """
    shares[crossings] = 1.0
    _sort(shares, 0, crossings)
    at, run = 0.0, 0.0
    for c in range(crossings + 1):
        if inside:
            run += shares[c] - at
        at = shares[c]
        inside = not inside
    return run


@njit(cache=True, nogil=True)
def _points(
    points: Laid,
    i: int,
    polygons: Laid,
    j: int,
) -> tuple[int, float]:
    """Return what is known of points and polygons, and how many of the points lie in them."""
    inside = 0
    for k in range(points.first[i], points.first[i + 1]):
        held = _holds(
            polygons,
            j,
            points.xy[k, 0],
            points.xy[k, 1],
        )
        if held == ASK:
            return ASK, 0.0
        inside += held == MEET
    return (MEET if inside else APART), float(inside)


class _Room(NamedTuple):
    """Memory for the edges of two shapes, made once for all pairs."""

    own: Any
    theirs: Any
    sums: Any
    shares: Any


@njit(cache=True, nogil=True)
def _most_rows(laid: Laid, rows: Any) -> int:
    """Return the rows of the longest of some shapes."""
    most = 1
    for k in range(len(rows)):
        most = max(
            most,
            laid.first[rows[k] + 1] - laid.first[rows[k]],
        )
    return most


@njit(cache=True, nogil=True)
def _room_for(long: int, wide: int) -> _Room:
    return _Room(
        np.empty(long, dtype=np.int64),
        np.empty(wide, dtype=np.int64),
        (np.empty((long, 5)), np.empty((wide, 5)), np.empty((wide // FEW + 1, 2))),
        np.empty(max(long, wide) + 1),
    )


@njit(cache=True, nogil=True)
def common(
    sites: Laid,
    resources: Laid,
    site: Any,
    resource: Any,
) -> tuple[Any, Any]:
    """Return of each pair whether it meets, and the common measure: m2 of two polygons, m of a line
    in a polygon, number of points in one; 0 of others.
    """
    state = np.zeros(len(site), dtype=np.int8)
    measure = np.zeros(len(site))
    room = _room_for(_most_rows(sites, site), _most_rows(resources, resource))
    for k in range(len(site)):
        state[k], measure[k] = _pair(sites, site[k], resources, resource[k], room)
    return state, measure


# Compiled, and whole: one choice among the kinds of two shapes, a line or two each.
@njit(cache=True, nogil=True)
def _pair(
    sites: Laid,
    i: int,
    resources: Laid,
    j: int,
    room: _Room,
) -> tuple[int, float]:
    mine, held = sites.kind[i], resources.kind[j]
    if mine == POLYGONS and held == POLYGONS:
        state, measure = _polygons(
            sites,
            i,
            resources,
            j,
            (room.own, room.theirs),
        )
        # NaN: they overlap, and the sum is worth the time
        if measure != measure:
            measure = _area(sites, i, resources, j, room.sums)
        return state, measure
    if mine == LINES and held == POLYGONS:
        return _line(sites, i, resources, j, (room.theirs, room.shares))
    if mine == POLYGONS and held == LINES:
        return _line(resources, j, sites, i, (room.own, room.shares))
    if mine == POINTS and held == POLYGONS:
        return _points(sites, i, resources, j)
    if mine == POLYGONS and held == POINTS:
        # how many points lie in a site is no measure of it
        return _points(resources, j, sites, i)[0], 0.0
    # lines and points among each other, and what the loops do not know
    return ASK, 0.0
