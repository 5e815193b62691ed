// Boundaries that are coordinates with the force of law: they are overlaid exactly, and an edge may be shared. The rule is that of the library's legal.py.
import {
  areaOf,
  boxDistance,
  boxOf,
  distance,
  finish,
  inPolys,
  pointToSegment,
  segmentsMeet,
} from './geometry.js';
import {clip} from './overlay.js';

const SEARCHES = 60;
const GRID = 200;

// The part [from, to] of the segment a-b that lies within `limit` of the segment c-d; null for none. The distance along it is convex.
function nearPart(a, b, c, d, limit) {
  const apart = t => {
    const p = [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t];
    return segmentsMeet(p, p, c, d) ? 0 : pointToSegment(p, c, d);
  };
  let low = 0;
  let high = 1;
  for (let i = 0; i < SEARCHES; i += 1) {
    const [p, q] = [low + (high - low) / 3, high - (high - low) / 3];
    if (apart(p) <= apart(q)) {
      high = q;
    } else {
      low = p;
    }
  }
  const least = (low + high) / 2;
  if (apart(least) > limit) {
    return null;
  }
  const edge = (inside, outside) => {
    if (apart(outside) <= limit) {
      return outside;
    }
    for (let i = 0, [near, far] = [inside, outside]; ; i += 1) {
      const middle = (near + far) / 2;
      if (i === SEARCHES) {
        return middle;
      }
      if (apart(middle) <= limit) {
        near = middle;
      } else {
        far = middle;
      }
    }
  };
  return [edge(least, 0), edge(least, 1)];
}

// Length of a boundary that lies within `limit` of another one, metres.
function lengthAlong(polys, others, limit) {
  let sum = 0;
  for (const ring of polys.flat()) {
    for (let i = 0; i + 1 < ring.length; i += 1) {
      const [a, b] = [ring[i], ring[i + 1]];
      const box = boxOf([a, b]);
      const parts = [];
      for (const other of others.flat()) {
        for (let k = 0; k + 1 < other.length; k += 1) {
          if (boxDistance(box, boxOf([other[k], other[k + 1]])) > limit) {
            continue;
          }
          const part = nearPart(a, b, other[k], other[k + 1], limit);
          if (part) {
            parts.push(part);
          }
        }
      }
      let end = 0;
      for (const [from, to] of parts.sort((p, q) => p[0] - q[0])) {
        if (to > end) {
          sum += (to - Math.max(from, end)) * Math.hypot(b[0] - a[0], b[1] - a[1]);
        }
        end = Math.max(end, to);
      }
    }
  }
  return sum;
}

// How much of a site's edge is that of a legal vector beside it, in metres, the same to the stored rounding; null where there is nothing to share.
export function sharedEdge(record, site, resource, overlap, law) {
  if (
    record.boundary !== 'legal_vector' ||
    overlap.distance > law.touch_m ||
    Math.max(0, -overlap.separation) > law.touch_m ||
    site.dimension !== 2
  ) {
    return null;
  }
  return lengthAlong(site.polys, resource.polys, law.touch_m);
}

// How a site lies to a legal vector when both are taken exactly.
export function legalOverlay(record, overlap, shared, law) {
  if (record.boundary !== 'legal_vector') {
    return null;
  }
  return shared ? 'shared' : Math.max(0, -overlap.separation) <= law.touch_m ? 'apart' : 'overlap';
}

// Where a bare plot must be kept free of buildings, in m2: a figure for people, decided by distances elsewhere.
export function keptFree(site, resource, required) {
  if (!site.polys.length) {
    return 0;
  }
  const strips = required ? strip(resource, required) : resource.polys.map(poly => [poly]);
  if (!strips.length) {
    return 0;
  }
  try {
    return areaOf(
      clip('intersection', site.polys, strips.length > 1 ? clip('union', ...strips) : strips[0]),
    );
  } catch {
    return countedFree(site, resource, required); // where the rings of many strips cannot be joined
  }
}

// The same by counting: the middle of each cell of a grid over the site.
function countedFree(site, resource, required) {
  const [west, south, east, north] = site.box;
  const [wide, high] = [(east - west) / GRID, (north - south) / GRID];
  let free = 0;
  let whole = 0;
  for (let i = 0; i < GRID; i += 1) {
    for (let k = 0; k < GRID; k += 1) {
      const at = [west + (i + 0.5) * wide, south + (k + 0.5) * high];
      if (inPolys(at, site.polys) < 0) {
        continue;
      }
      whole += 1;
      if (
        distance(finish({polys: [], lines: [], points: [at]}), resource, required * (1 + 1e-9)) <=
        required
      ) {
        free += 1;
      }
    }
  }
  return whole ? (areaOf(site.polys) * free) / whole : 0;
}

// What lies within `metres` of a shape, as polygons that may overlap: its inside, and a lens about each segment.
function strip(shape, metres) {
  const steps = 128;
  const around = ([x, y], from, to) =>
    Array.from({length: steps + 1}, (_, i) => from + ((to - from) * i) / steps).map(t => [
      x + metres * Math.cos(t),
      y + metres * Math.sin(t),
    ]);
  const found = shape.polys.map(poly => [poly]);
  for (const chain of shape.chains) {
    for (let i = 0; i < Math.max(1, chain.length - 1); i += 1) {
      const a = chain[i];
      const b = chain[i + 1] || a;
      const turn = Math.atan2(b[1] - a[1], b[0] - a[0]);
      const ring = [
        ...around(b, turn - Math.PI / 2, turn + Math.PI / 2),
        ...around(a, turn + Math.PI / 2, turn + (3 * Math.PI) / 2),
      ];
      found.push([[[...ring, ring[0]]]]);
    }
  }
  return found;
}
