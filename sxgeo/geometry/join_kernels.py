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

from .overlap_areas import below

NONE, POINTS, LINES, POLYGONS, ODD = -1, 0, 1, 2, 3
"""What a shape is: its dimension; nothing; or a form that these loops leave to GEOS."""
APART, MEET, ASK = 0, 1, 2
"""What is known of a pair."""
BLOCK, FAN, FEW = 16, 16, 8
"""Edges that share a box, boxes under one of the tree, and edges that are passed over at once."""
_SIDE_ERROR = 3.3306690738754716e-16
_POINT, _LINE, _POLYGON, _MULTI = 1, 2, 3, 3

_below = njit(cache=True, nogil=True)(below)


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
        rows += corners + 1
    return at, rows, rings


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
        if not there[i]:
            continue
        at, end = offsets[i], offsets[i + 1]
        kind, wide = _head(data, at, end)
        if kind == 0 or kind > 6:
            kinds[i] = ODD
            continue
        part = kind if kind <= _MULTI else kind - _MULTI
        several = 1
        at += 5
        if kind > _MULTI:
            if at + 4 > end:
                kinds[i] = ODD
                continue
            several = _word(data, at)
            at += 4
        kinds[i] = part - 1
        for _ in range(several):
            if kind > _MULTI:
                inner, wide = _head(data, at, end)
                at += 5
                if inner != part:
                    at = -1
            if at >= 0:
                at, more, held = _count_part(data, at, end, part, wide)
            if at < 0:
                kinds[i], rows[i], rings[i] = ODD, 0, 0
                break
            rows[i] += more
            rings[i] += held
    return kinds, rows, rings


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
    x0, y0 = xy[begin, 0], xy[begin, 1]
    for k in range(begin, end - 1):
        twice += (xy[k, 0] - x0) * (xy[k + 1, 1] - y0) - (xy[k + 1, 0] - x0) * (xy[k, 1] - y0)
    if (twice > 0) == hole:
        for k in range((end - begin) // 2):
            for c in range(2):
                low, high = xy[begin + k, c], xy[end - 1 - k, c]
                xy[begin + k, c], xy[end - 1 - k, c] = high, low
        twice = -twice
    return twice / 2


@njit(cache=True, nogil=True)
def fill(
    data: Any,
    offsets: Any,
    octets: Any,
    laid: Laid,
) -> None:
    """Lay shapes out that were counted; one with a corner that is no number becomes `ODD`."""
    first, xy, kinds = laid.first, laid.xy, laid.kind
    for i in range(len(kinds)):
        if kinds[i] == NONE or kinds[i] == ODD:
            continue
        at, end = offsets[i], offsets[i + 1]
        kind, wide = _head(data, at, end)
        part = kind if kind <= _MULTI else kind - _MULTI
        several = 1
        at += 5
        if kind > _MULTI:
            several = _word(data, at)
            at += 4
        row, ring, size, sound = first[i], laid.ring_first[i], 0.0, True
        for _ in range(several):
            if kind > _MULTI:
                wide = _head(data, at, end)[1]
                at += 5
            if part == _POINT:
                sound = _copy(data, at, xy, octets, row, 1, wide) and sound
                at += wide
                row += 1
                size += 1
                continue
            rings = 1
            if part == _POLYGON:
                rings = _word(data, at)
                at += 4
            for k in range(rings):
                corners = _word(data, at)
                at += 4
                xy[row, 0], xy[row, 1] = np.nan, 1.0 if k > 0 else 0.0
                row += 1
                sound = _copy(data, at, xy, octets, row, corners, wide) and sound
                at += corners * wide
                laid.ring[ring] = row
                ring += 1
                # GEOS says what is wrong with a line of one corner, or a ring that is not closed
                sound = sound and corners != 1 and (part == _LINE or _closed(xy, row, corners))
                if part == _POLYGON and corners > 0:
                    size += _wind(xy, row, row + corners, k > 0)
                if part == _LINE:
                    for c in range(row, row + corners - 1):
                        size += np.hypot(xy[c + 1, 0] - xy[c, 0], xy[c + 1, 1] - xy[c, 1])
                row += corners
        laid.size[i] = size
        if not sound:
            kinds[i] = ODD
    _boxes(laid)


@njit(cache=True, nogil=True)
def _boxes(laid: Laid) -> None:
    """Give each shape and each block of edges its box."""
    for i in range(len(laid.kind)):
        begin, end = laid.first[i], laid.first[i + 1]
        west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
        for number in range(laid.block_first[i], laid.block_first[i + 1]):
            low = begin + (number - laid.block_first[i]) * BLOCK
            w, s, e, n = np.inf, np.inf, -np.inf, -np.inf
            # the last edge of a block ends in the first corner of the next one
            for k in range(low, min(low + BLOCK + 1, end)):
                if laid.xy[k, 0] == laid.xy[k, 0]:
                    w, e = min(w, laid.xy[k, 0]), max(e, laid.xy[k, 0])
                    s, n = min(s, laid.xy[k, 1]), max(n, laid.xy[k, 1])
            laid.block[number, 0], laid.block[number, 1] = w, s
            laid.block[number, 2], laid.block[number, 3] = e, n
            west, south, east, north = min(west, w), min(south, s), max(east, e), max(north, n)
        if laid.kind[i] != NONE and laid.kind[i] != ODD and west <= east:
            laid.box[i, 0], laid.box[i, 1] = west, south
            laid.box[i, 2], laid.box[i, 3] = east, north
        elif laid.kind[i] != ODD:
            laid.kind[i] = NONE


@njit(cache=True, nogil=True)
def along_hilbert(x: Any, y: Any) -> Any:
    """Return the place of cells, 0 to 65,535 each way, along a Hilbert curve."""
    found = np.zeros(len(x), dtype=np.int64)
    for i in range(len(x)):
        a, b, at = np.int64(x[i]), np.int64(y[i]), np.int64(0)
        side = 1 << 15
        while side > 0:
            right, up = int((a & side) > 0), int((b & side) > 0)
            at += side * side * ((3 * right) ^ up)
            if up == 0:
                if right == 1:
                    a, b = 65_535 - a, 65_535 - b
                a, b = b, a
            side >>= 1
        found[i] = at
    return found


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
        below, above = levels[level - 1], levels[level]
        for k in range(above, levels[level + 1]):
            low = below + (k - above) * FAN
            high = min(low + FAN, above)
            tree[k] = tree[low]
            for m in range(low + 1, high):
                for c in range(2):
                    tree[k, c] = min(tree[k, c], tree[m, c])
                    tree[k, c + 2] = max(tree[k, c + 2], tree[m, c + 2])
    return tree


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
    own, other = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
    if levels[-1] == 0:
        return own[:0], other[:0]
    stack = np.empty((FAN * len(levels) + 1, 2), dtype=np.int64)
    top = len(levels) - 2
    for i in range(len(boxes)):
        west, south, east, north = boxes[i]
        # a missing box is NaN, which no comparison holds for
        if not west <= east:
            continue
        begin = used
        stack[0, 0], stack[0, 1] = top, levels[top]
        depth = 1
        while depth > 0:
            depth -= 1
            level, low = stack[depth, 0], stack[depth, 1]
            for k in range(low, min(low + FAN, levels[level + 1])):
                apart = tree[k, 0] > east or tree[k, 2] < west
                if apart or tree[k, 1] > north or tree[k, 3] < south:
                    continue
                if level > 0:
                    stack[depth, 0] = level - 1
                    stack[depth, 1] = levels[level - 1] + (k - levels[level]) * FAN
                    depth += 1
                    continue
                if used == room:
                    room *= 2
                    own = np.concatenate((own, np.empty_like(own)))
                    other = np.concatenate((other, np.empty_like(other)))
                own[used], other[used] = i, order[k]
                used += 1
        _sort(other, begin, used)
    return own[:used], other[:used]


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
def _holds(
    laid: Laid,
    i: int,
    x: float,
    y: float,
) -> int:
    """Return whether a point lies in polygons: `MEET`, `APART`, or `ASK` at their edge."""
    first, xy, inside = laid.first[i], laid.xy, False
    end = laid.first[i + 1]
    for number in range(laid.block_first[i], laid.block_first[i + 1]):
        if laid.block[number, 1] > y or laid.block[number, 3] < y or laid.block[number, 2] < x:
            continue
        low = first + (number - laid.block_first[i]) * BLOCK
        for k in range(low, min(low + BLOCK, end - 1)):
            ax, ay, bx, by = xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1]
            # edges that lead to or from a NaN fail the first comparison
            if not max(ax, bx) >= x or ax != ax or bx != bx:
                continue
            if min(ay, by) > y or max(ay, by) < y:
                continue
            crosses = (ay > y) != (by > y)
            if min(ax, bx) > x:
                inside ^= crosses
                continue
            side = _side(ax, ay, bx, by, x, y)[0]
            if side == 0:
                return ASK
            if crosses and (side > 0) == (by > ay):
                inside = not inside
    return MEET if inside else APART


@njit(cache=True, nogil=True)
def _edges_in(
    laid: Laid,
    i: int,
    west: float,
    south: float,
    east: float,
    north: float,
    rows: Any,
) -> int:
    """Write the rows at which edges begin whose boxes meet a box, and return how many they are."""
    xy, end, used = laid.xy, laid.first[i + 1], 0
    for number in range(laid.block_first[i], laid.block_first[i + 1]):
        if laid.block[number, 0] > east or laid.block[number, 2] < west:
            continue
        if laid.block[number, 1] > north or laid.block[number, 3] < south:
            continue
        low = laid.first[i] + (number - laid.block_first[i]) * BLOCK
        for k in range(low, min(low + BLOCK, end - 1)):
            ax, ay, bx, by = xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1]
            if ax != ax or bx != bx or min(ax, bx) > east or max(ax, bx) < west:
                continue
            if min(ay, by) <= north and max(ay, by) >= south:
                rows[used] = k
                used += 1
    return used


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
    px, py, qx, qy = one[k, 0], one[k, 1], one[k + 1, 0], one[k + 1, 1]
    rx, ry, sx, sy = other[m, 0], other[m, 1], other[m + 1, 0], other[m + 1, 1]
    if max(px, qx) < min(rx, sx) or min(px, qx) > max(rx, sx):
        return APART, 0.0
    if max(py, qy) < min(ry, sy) or min(py, qy) > max(ry, sy):
        return APART, 0.0
    r, s = _side(px, py, qx, qy, rx, ry)[0], _side(px, py, qx, qy, sx, sy)[0]
    if r == s != 0:
        return APART, 0.0
    p, above = _side(rx, ry, sx, sy, px, py)
    q, under = _side(rx, ry, sx, sy, qx, qy)
    if p == q != 0:
        return APART, 0.0
    if r == 0 or s == 0 or p == 0 or q == 0:
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
    west: float,
    south: float,
    east: float,
    edges: Any,
) -> int:
    """Write the edges over a stretch from west to east, each from its western end: x, height, x,
    rise, and which way it runs.
    """
    xy, end, used = laid.xy, laid.first[i + 1], 0
    for number in range(laid.block_first[i], laid.block_first[i + 1]):
        if laid.block[number, 0] >= east or laid.block[number, 2] <= west:
            continue
        low = laid.first[i] + (number - laid.block_first[i]) * BLOCK
        for k in range(low, min(low + BLOCK, end - 1)):
            px, qx = xy[k, 0], xy[k + 1, 0]
            # upright edges have nothing below them; NaN stands between rings
            if not (px < qx or px > qx) or min(px, qx) >= east or max(px, qx) <= west:
                continue
            edges[used, 0], edges[used, 2] = min(px, qx), max(px, qx)
            edges[used, 1] = (xy[k, 1] if px < qx else xy[k + 1, 1]) - south
            edges[used, 3] = (xy[k + 1, 1] - xy[k, 1]) / (qx - px)
            edges[used, 4] = 1.0 if px < qx else -1.0
            used += 1
    return used


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
            west, east = min(west, edges[k, 0]), max(east, edges[k, 2])
        spans[few, 0], spans[few, 1] = west, east


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
    west, east = max(one.box[i, 0], other.box[j, 0]), min(one.box[i, 2], other.box[j, 2])
    # heights count from here, so that no digits are lost to northings of millions of metres
    south = max(one.box[i, 1], other.box[j, 1])
    mine = _slopes(one, i, west, south, east, own)
    held = _slopes(other, j, west, south, east, theirs)
    _spans(theirs, held, spans)
    total = 0.0
    for k in range(mine):
        ax, ay, bx, rise, way = own[k, 0], own[k, 1], own[k, 2], own[k, 3], own[k, 4]
        # neighbours along a ring lie together: most of them are passed over a few at a time
        for few in range((held + FEW - 1) // FEW):
            if not (spans[few, 1] > ax and spans[few, 0] < bx):
                continue
            for m in range(few * FEW, min(few * FEW + FEW, held)):
                cx, dx = theirs[m, 0], theirs[m, 2]
                if dx > ax and cx < bx:
                    lower = _below(ax, ay, bx, rise, cx, theirs[m, 1], dx, theirs[m, 3])
                    total += way * theirs[m, 4] * lower
    return total


@njit(cache=True, nogil=True)
def _polygons(
    one: Laid,
    i: int,
    other: Laid,
    j: int,
    own: Any,
    theirs: Any,
) -> tuple[int, float]:
    """Return what is known of two polygons, and their common area, NaN where it is yet to be
    summed up.
    """
    a, b = one.box[i], other.box[j]
    west, south, east, north = max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])
    mine = _edges_in(one, i, west, south, east, north, own)
    held = _edges_in(other, j, west, south, east, north, theirs)
    state = APART
    for k in range(mine):
        for m in range(held):
            crossing = _cross(one.xy, own[k], other.xy, theirs[m])[0]
            if crossing == MEET:
                return MEET, np.nan
            state = max(state, crossing)
    if state == ASK:
        return ASK, np.nan

    # no edges meet: each ring lies in the other shape or beside it as a whole
    inside, settled = _rings_in(one, i, other, j)
    around, also = _rings_in(other, j, one, i)
    if settled == ASK or also == ASK:
        return ASK, np.nan
    if inside + around == 0:
        return APART, 0.0
    if around == 0 and inside == one.ring_first[i + 1] - one.ring_first[i]:
        return MEET, one.size[i]
    if inside == 0 and around == other.ring_first[j + 1] - other.ring_first[j]:
        return MEET, other.size[j]
    return MEET, np.nan


@njit(cache=True, nogil=True)
def _line(
    lines: Laid,
    i: int,
    polygons: Laid,
    j: int,
    theirs: Any,
    shares: Any,
) -> tuple[int, float]:
    """Return what is known of lines and polygons, and how much of the lines lies in them, m."""
    box, xy = polygons.box[j], lines.xy
    state, length = APART, 0.0
    for number in range(lines.ring_first[i], lines.ring_first[i + 1]):
        begin = lines.ring[number]
        last = number + 1 == lines.ring_first[i + 1]
        end = lines.first[i + 1] if last else lines.ring[number + 1] - 1
        held = _holds(polygons, j, xy[begin, 0], xy[begin, 1])
        if held == ASK:
            return ASK, 0.0
        inside = held == MEET
        for k in range(begin, end - 1):
            west, east = min(xy[k, 0], xy[k + 1, 0]), max(xy[k, 0], xy[k + 1, 0])
            south, north = min(xy[k, 1], xy[k + 1, 1]), max(xy[k, 1], xy[k + 1, 1])
            crossings = 0
            if west <= box[2] and east >= box[0] and south <= box[3] and north >= box[1]:
                near_rows = _edges_in(polygons, j, west, south, east, north, theirs)
                for m in range(near_rows):
                    crossing, share = _cross(xy, k, polygons.xy, theirs[m])
                    if crossing == ASK:
                        return ASK, 0.0
                    if crossing == MEET:
                        shares[crossings] = share
                        crossings += 1
            if crossings or inside:
                state = MEET
            shares[crossings] = 1.0
            _sort(shares, 0, crossings)
            at, run = 0.0, 0.0
            for c in range(crossings + 1):
                run += shares[c] - at if inside else 0.0
                at = shares[c]
                inside ^= c < crossings
            length += run * np.hypot(xy[k + 1, 0] - xy[k, 0], xy[k + 1, 1] - xy[k, 1])
    return state, length


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
        held = _holds(polygons, j, points.xy[k, 0], points.xy[k, 1])
        if held == ASK:
            return ASK, 0.0
        inside += held == MEET
    return (MEET if inside else APART), float(inside)


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
    long, wide = 1, 1
    for k in range(len(site)):
        long = max(long, sites.first[site[k] + 1] - sites.first[site[k]])
        wide = max(wide, resources.first[resource[k] + 1] - resources.first[resource[k]])
    own, theirs = np.empty(long, dtype=np.int64), np.empty(wide, dtype=np.int64)
    room = (np.empty((long, 5)), np.empty((wide, 5)), np.empty((wide // FEW + 1, 2)))
    shares = np.empty(max(long, wide) + 1)
    for k in range(len(site)):
        i, j = site[k], resource[k]
        mine, held = sites.kind[i], resources.kind[j]
        if mine == POLYGONS and held == POLYGONS:
            state[k], measure[k] = _polygons(sites, i, resources, j, own, theirs)
            if measure[k] != measure[k]:
                measure[k] = _area(sites, i, resources, j, room)
        elif mine == LINES and held == POLYGONS:
            state[k], measure[k] = _line(sites, i, resources, j, theirs, shares)
        elif mine == POLYGONS and held == LINES:
            state[k], measure[k] = _line(resources, j, sites, i, own, shares)
        elif mine == POINTS and held == POLYGONS:
            state[k], measure[k] = _points(sites, i, resources, j)
        elif mine == POLYGONS and held == POINTS:
            state[k] = _points(resources, j, sites, i)[0]
        else:
            state[k] = ASK
    return state, measure
