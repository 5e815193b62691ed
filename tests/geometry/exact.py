"""How two polygons lie to each other, worked out in whole numbers: no rounding, and nothing of GEOS.

Coordinates are whole numbers (units of 1e-7 degree). Everything hangs on the sign of a determinant
of whole numbers, and on points of edges that are compared as fractions.

    python tests/geometry/exact.py --pairs 1000000 --seed 1 [--page]
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np
import shapely

Point = tuple[int, int]
Ring = Sequence[Point]
Rings = Sequence[Ring]
"""A polygon: its shell, then its holes; closed."""


class Lie(NamedTuple):
    """How a lies to b."""

    intersects: bool
    touches: bool
    contains: bool
    """Nothing of b lies outside a, and something of b lies inside."""


def side(a: Point, b: Point, p: Point) -> int:
    """1 left of the line from a to b, 0 on it, -1 right of it."""
    turn = (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
    return (turn > 0) - (turn < 0)


def twice_area(ring: Ring) -> int:
    """Twice the signed area."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))


def edges_of(rings: Rings) -> list[tuple[Point, Point]]:
    return [(a, b) for ring in rings for a, b in pairwise(ring) if a != b]


def where(num: Point, den: int, rings: Rings) -> int:
    """Say how the point num / den lies to a polygon: 1 inside, 0 on its edge, -1 outside."""
    x, y = num
    inside = False
    for a, b in edges_of(rings):
        ax, ay, bx, by = a[0] * den, a[1] * den, b[0] * den, b[1] * den
        turn = (bx - ax) * (y - ay) - (by - ay) * (x - ax)
        if turn == 0 and min(ax, bx) <= x <= max(ax, bx) and min(ay, by) <= y <= max(ay, by):
            return 0
        if (ay > y) != (by > y) and ((turn > 0) == (by > ay)):
            inside = not inside
    return 1 if inside else -1


def _on(p: Point, a: Point, b: Point) -> bool:
    box = min(a[0], b[0]) <= p[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= p[1] <= max(a[1], b[1])
    return box and side(a, b, p) == 0


def _crossed(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two edges cross at a point inside both."""
    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0


def _parts(edge: tuple[Point, Point], others: Sequence[tuple[Point, Point]]) -> Iterator[Point]:
    """Yield twice the middle of each part into which the vertices of others cut an edge."""
    a, b = edge
    cuts = {a, b}
    for c, d in others:
        cuts |= {p for p in (c, d) if _on(p, a, b)}
    along = sorted(cuts)
    for p, q in pairwise(along):
        yield p[0] + q[0], p[1] + q[1]


def lie(a: Rings, b: Rings) -> Lie:
    """Say how two valid polygons lie to each other."""
    mine, theirs = edges_of(a), edges_of(b)
    if any(_crossed(*e, *f) for e in mine for f in theirs):
        return Lie(True, False, False)
    # without a crossing every part of an edge lies wholly inside, outside or on the other's edge
    of_b = [where(m, 2, a) for f in theirs for m in _parts(f, mine)]
    of_a = [where(m, 2, b) for e in mine for m in _parts(e, theirs)]
    meets = any(_on(p, *f) for e in mine for p in e for f in theirs) or any(
        _on(p, *e) for f in theirs for p in f for e in mine
    )
    inside = 1 in of_b or 1 in of_a or _same_side(mine, theirs, a, b)
    contains = inside and -1 not in of_b and 1 not in of_a
    return Lie(meets or inside, meets and not inside, contains)


def _same_side(
    mine: Sequence[tuple[Point, Point]],
    theirs: Sequence[tuple[Point, Point]],
    a: Rings,
    b: Rings,
) -> bool:
    """Whether both lie on the same side of a part of an edge that they share."""
    for e in mine:
        for f in theirs:
            if side(*e, f[0]) or side(*e, f[1]):
                continue
            low, high = max(min(e), min(f)), min(max(e), max(f))
            if low >= high:
                continue
            # a point so near beside the middle of the shared part that no other edge comes between
            middle = (low[0] + high[0], low[1] + high[1])
            fine = 1 << 80
            off = (-(e[1][1] - e[0][1]), e[1][0] - e[0][0])
            beside = [
                (middle[0] * fine + s * off[0], middle[1] * fine + s * off[1]) for s in (1, -1)
            ]
            if any(where(p, 2 * fine, a) == 1 == where(p, 2 * fine, b) for p in beside):
                return True
    return False


def square_distance(a: Rings, b: Rings) -> Fraction:
    """Return the square of the distance of two polygons, in square units; 0 where they meet."""
    if lie(a, b).intersects:
        return Fraction(0)
    pairs = [(p, e) for e in edges_of(b) for f in edges_of(a) for p in f]
    pairs += [(p, e) for e in edges_of(a) for f in edges_of(b) for p in f]
    return min(_to_edge(p, *e) for p, e in pairs)


def _to_edge(p: Point, a: Point, b: Point) -> Fraction:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    along = (p[0] - a[0]) * dx + (p[1] - a[1]) * dy
    if along <= 0:
        return Fraction((p[0] - a[0]) ** 2 + (p[1] - a[1]) ** 2)
    if along >= length:
        return Fraction((p[0] - b[0]) ** 2 + (p[1] - b[1]) ** 2)
    return Fraction(((p[1] - a[1]) * dx - (p[0] - a[0]) * dy) ** 2, length)


# pairs that nearly touch
# ------------------------------------------------------------------------------------------

ORIGIN = (1_125_000_000, 380_000_000)
"""Where the plots lie: 112.5 E, 38 N."""
NEAR = 2
"""Units by which a vertex is moved off what it would touch."""


def convex(rng: Random, size: int) -> list[Point]:
    """A convex polygon of three to six corners, closed, its first corner at random."""
    while True:
        turns = sorted(rng.uniform(0, 2 * math.pi) for _ in range(rng.randint(3, 6)))
        ring = [(round(size * math.cos(t)), round(size * math.sin(t))) for t in turns]
        if len(set(ring)) == len(ring) and twice_area([*ring, ring[0]]) > size:
            return [*ring, ring[0]]


def polygon(rng: Random, size: int) -> list[list[Point]]:
    """A convex polygon, or one with a hole, or with a notch."""
    shell = convex(rng, size)
    kind = rng.random()
    if kind < 0.15 and size > 100:
        hole = [(x // 3, y // 3) for x, y in shell]
        return [shell, hole]
    if kind < 0.35:
        (ax, ay), (bx, by) = shell[0], shell[1]
        inward = (round((ax + bx) / 4), round((ay + by) / 4))
        notched = [shell[0], inward, *shell[1:]]
        if shapely.Polygon(notched).is_valid and twice_area(notched) > 0:
            return [notched]
    return [shell]


def _moved(rings: Rings, by: Point) -> list[list[Point]]:
    return [[(x + by[0], y + by[1]) for x, y in ring] for ring in rings]


def pair(rng: Random) -> tuple[list[list[Point]], list[list[Point]]]:
    """Two polygons, valid, within two units of touching: corner to edge, edge along edge, one in
    the other, equal but for a corner.
    """
    while True:
        size = rng.choice([5, 40, 1000, 20_000, 200_000])
        a = polygon(rng, size)
        kind = rng.choice(["corner", "corner", "edge", "inside", "same"])
        jitter = (rng.randint(-NEAR, NEAR), rng.randint(-NEAR, NEAR))
        jitter = rng.choice([(0, 0), jitter, jitter])
        i = rng.randrange(len(a[0]) - 1)
        p, q = a[0][i], a[0][i + 1]
        step = math.gcd(q[0] - p[0], q[1] - p[1])
        k = rng.randint(0, step)
        there = (p[0] + (q[0] - p[0]) // step * k, p[1] + (q[1] - p[1]) // step * k)
        if kind == "corner":
            b = polygon(rng, rng.choice([5, size]))
            corner = rng.choice(b[0])
            b = _moved(b, (there[0] - corner[0] + jitter[0], there[1] - corner[1] + jitter[1]))
        elif kind == "edge":
            off = (q[1] - p[1], p[0] - q[0])
            far = rng.randint(1, 4)
            ring = [
                p,
                q,
                (q[0] + off[0] * far, q[1] + off[1] * far),
                (p[0] + off[0], p[1] + off[1]),
            ]
            if rng.random() < 0.3:  # into the first, not away from it
                ring = [p, q, (q[0] - off[0], q[1] - off[1]), (p[0] - off[0], p[1] - off[1])]
            b = [[(x + jitter[0], y + jitter[1]) for x, y in [*ring, ring[0]]]]
        elif kind == "inside":
            b = [[((x + jitter[0]) // 2, (y + jitter[1]) // 2) for x, y in a[0]]]
            corner = rng.choice(b[0])
            b = _moved(b, (p[0] - corner[0] + jitter[0], p[1] - corner[1] + jitter[1]))
        else:
            ring = a[0][:-1]
            j = rng.randrange(len(ring))
            ring = [*ring[:j], (ring[j][0] + jitter[0], ring[j][1] + jitter[1]), *ring[j + 1 :]]
            b = [[*ring, ring[0]]]
        shapes = [shapely.Polygon(s[0], s[1:]) for s in (a, b)]
        if all(s.is_valid and s.area > 0 for s in shapes):
            return (a, b) if rng.random() < 0.5 else (b, a)


def pairs(seed: int, count: int) -> Iterator[tuple[list[list[Point]], list[list[Point]]]]:
    """Yield pairs at their place on the grid; the same for the same seed."""
    rng = Random(seed)
    for _ in range(count):
        a, b = pair(rng)
        yield _moved(a, ORIGIN), _moved(b, ORIGIN)


def by_geos(found: Sequence[tuple[Rings, Rings]]) -> list[Lie]:
    """What GEOS says of the same pairs, the whole numbers being floats (exact below 2 ** 53)."""
    a = np.array([shapely.Polygon(x[0], x[1:]) for x, _ in found])
    b = np.array([shapely.Polygon(y[0], y[1:]) for _, y in found])
    told = shapely.intersects(a, b), shapely.touches(a, b), shapely.contains(a, b)
    return [Lie(*map(bool, row)) for row in zip(*told, strict=True)]


def by_page(found: Sequence[tuple[Rings, Rings]]) -> list[list[Any]]:
    """What the page's geometry says of the same pairs."""
    script = Path(__file__).parents[1] / "js" / "exact_pairs.mjs"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pairs.jsonl"
        path.write_text("".join(json.dumps(p) + "\n" for p in found), encoding="utf-8")
        done = subprocess.run(
            ["node", str(script), str(path)], capture_output=True, text=True, check=True
        )
    return [json.loads(line) for line in done.stdout.splitlines()]


def area_of(rings: Rings) -> int:
    """Twice the area of a polygon with holes."""
    shell, *holes = (abs(twice_area(ring)) for ring in rings)
    return shell - sum(holes)


def middle_east(rings: Rings) -> Fraction:
    """How far east the middle of a polygon lies."""
    total, weight = 0, 0
    for i, ring in enumerate(rings):
        sign = (1 if twice_area(ring) > 0 else -1) * (-1 if i else 1)
        for p, q in pairwise(ring):
            twice = (p[0] * q[1] - q[0] * p[1]) * sign
            total += (p[0] + q[0]) * twice
            weight += 3 * twice
    return Fraction(total, weight)


def page_is_wrong(told: Sequence[Any], a: Rings, b: Rings, exact: Lie) -> bool:
    """Whether the page is wrong of a pair: signs must be right, figures to a millionth of a unit."""
    meets, held, areas, corners, apart, middle = told
    signs = (meets, held, areas, corners) == (
        exact.intersects,
        exact.contains,
        [area_of(a), area_of(b)],
        [where(p, 1, a) for p in b[0]],
    )
    distance = math.sqrt(square_distance(a, b))
    return not (signs and abs(apart - distance) < 1e-6 and abs(middle - middle_east(a)) < 1e-3)


def compared(seed: int, count: int, *, page: bool) -> tuple[Counter[str], list[str]]:
    """Hold the engines against whole numbers: how often which way of lying came up, and what was
    wrong."""
    kinds: Counter[str] = Counter()
    wrong: list[str] = []
    found = list(pairs(seed, count))
    said = by_page(found) if page else [None] * count
    for (a, b), geos, own in zip(found, by_geos(found), said, strict=True):
        exact = lie(a, b)
        name = "touch" if exact.touches else "contain" if exact.contains else "overlap"
        kinds[name if exact.intersects else "apart"] += 1
        if geos != exact:
            wrong.append(f"geos {geos} exact {exact}: {a} {b}")
        if own is None:
            continue
        if page_is_wrong(own, a, b, exact):
            wrong.append(f"page {own} exact {exact}: {a} {b}")
    return kinds, wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--page", action="store_true", help="ask the page's geometry too")
    args = parser.parse_args()
    began, kinds, wrong = time.perf_counter(), Counter[str](), []
    for start in range(0, args.pairs, 20_000):
        count = min(20_000, args.pairs - start)
        some, faults = compared(args.seed + start, count, page=args.page)
        kinds += some
        wrong += faults
    engines = "GEOS " + shapely.geos_version_string + (" and the page" if args.page else "")
    spent = time.perf_counter() - began
    print(f"pairs {args.pairs}, {dict(sorted(kinds.items()))}, wrong {len(wrong)}: {engines}")
    print(f"seed {args.seed}, {1000 * spent / args.pairs:.3f} ms a pair")
    print("\n".join(wrong[:5]))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
