// Whether rings cross themselves or each other, and which ring lies in which. Pure.
import {boxOf, inRing, ringArea, segmentsMeet, side} from './geometry.js';

export const MOST_TESTS = 1e7;

// Whether the rings of a polygon cross themselves or each other, or share a stretch of an edge; swept from west to east.
export function crosses(rings) {
  const edges = rings
    .flatMap((ring, r) =>
      ring
        .slice(1)
        .map((b, i) => [
          ring[i],
          b,
          r,
          i,
          ring.length - 1,
          Math.min(ring[i][0], b[0]),
          Math.max(ring[i][0], b[0]),
        ]),
    )
    .sort((e, f) => e[5] - f[5]);
  for (let i = 0; i < edges.length; i += 1) {
    for (let j = i + 1; j < edges.length && edges[j][5] <= edges[i][6]; j += 1) {
      if (edgesCross(edges[i], edges[j])) {
        return true;
      }
    }
  }
  return false;
}

function edgesCross(one, other) {
  const turned = one[2] === other[2] && one[3] > other[3];
  const [a, b, r, m, count] = turned ? other : one;
  const [c, d, t, n] = turned ? one : other;
  if (r === t && (n - m === 1 || (m === 0 && n === count - 1))) {
    const [shared, p, q] = n - m === 1 ? [b, a, d] : [a, b, c];
    return (
      side(shared, p, q) === 0 &&
      (p[0] - shared[0]) * (q[0] - shared[0]) + (p[1] - shared[1]) * (q[1] - shared[1]) > 0
    );
  }
  if (Math.max(a[1], b[1]) < Math.min(c[1], d[1]) || Math.max(c[1], d[1]) < Math.min(a[1], b[1])) {
    return false;
  }
  if (r === t) {
    return segmentsMeet(a, b, c, d);
  }
  const [ac, ad] = [side(a, b, c), side(a, b, d)];
  if (ac === 0 && ad === 0) {
    const along = a[0] === b[0] ? 1 : 0;
    const [from, to] = [a[along], b[along]].sort((x, y) => x - y);
    const [start, end] = [c[along], d[along]].sort((x, y) => x - y);
    return Math.min(to, end) > Math.max(from, start);
  }
  return ac * ad < 0 && side(c, d, a) * side(c, d, b) < 0;
}

// Whether some of a ring lies strictly on the given side (1 inside, -1 outside) of another; of huge rings one point that is not on the edge tells.
function strays(ring, host, where) {
  if (ring.length * host.length > MOST_TESTS) {
    return liesIn(ring, host) === where > 0;
  }
  const middles = ring.slice(1).map((p, i) => [(p[0] + ring[i][0]) / 2, (p[1] + ring[i][1]) / 2]);
  return [...ring, ...middles].some(p => inRing(p, host) === where);
}

// Whether polygons are no valid multipolygon: crossing rings, a hole outside its polygon or in another hole, a part in another.
export function entangled(polys) {
  if (crosses(polys.flat())) {
    return true;
  }
  const boxes = polys.map(rings => boxOf(rings[0]));
  const apart = (a, b) => a[2] < b[0] || b[2] < a[0] || a[3] < b[1] || b[3] < a[1];
  for (const [shell, ...holes] of polys) {
    if (
      holes.some(
        (hole, i) =>
          strays(hole, shell, -1) || holes.some((other, k) => k !== i && strays(hole, other, 1)),
      )
    ) {
      return true;
    }
  }
  return polys.some(([shell], i) =>
    polys.some(
      (rings, k) =>
        k !== i &&
        !apart(boxes[i], boxes[k]) &&
        strays(shell, rings[0], 1) &&
        !rings.slice(1).some(hole => !strays(shell, hole, -1)),
    ),
  );
}

// Whether a ring lies inside another, which it may touch.
export function liesIn(ring, host) {
  const middles = ring.slice(1).map((p, i) => [(p[0] + ring[i][0]) / 2, (p[1] + ring[i][1]) / 2]);
  for (const p of [...ring, ...middles]) {
    const where = inRing(p, host);
    if (where) {
      return where > 0;
    }
  }
  return true;
}

// Rings of a plot: one inside another is its hole.
export function nested(rings) {
  const ordered = [...rings].sort((a, b) => Math.abs(ringArea(b)) - Math.abs(ringArea(a)));
  const polys = [];
  for (const ring of ordered) {
    const host = polys.find(
      poly => liesIn(ring, poly[0]) && !poly.slice(1).some(hole => liesIn(ring, hole)),
    );
    if (host) {
      host.push(ring);
    } else {
      polys.push([ring]);
    }
  }
  return polys.length === 1
    ? {type: 'Polygon', coordinates: polys[0]}
    : {type: 'MultiPolygon', coordinates: polys};
}
