// What two shapes have in common: clipping, covering, how deep one lies in the other. Pure.
import {
  areaOf,
  boxOf,
  cross,
  distance,
  finish,
  inPolys,
  lengthOf,
  lineLength,
  polyArea,
  ringArea,
  segmentsMeet,
  side,
  toBoundary,
} from './geometry.js';

const LINE_SAMPLES = 32;
const SCANS = 16;
const MOST_NODED = 500;

// Clipping near the origin, where the library's arithmetic is finest; a second and third try on a grid of 0.1 and 1 mm.
export function clip(operation, first, ...rest) {
  const [x0, y0] = first[0][0][0];
  const shift = (polys, dx, dy) =>
    polys.map(rings => rings.map(ring => ring.map(([x, y]) => [x + dx, y + dy])));
  let failure = null;
  for (const grid of [0, 1e4, 1e3]) {
    const near = [first, ...rest]
      .map(polys => shift(polys, -x0, -y0))
      .map(polys =>
        !grid
          ? polys
          : polys.map(rings =>
              rings.map(ring =>
                ring.map(([x, y]) => [Math.round(x * grid) / grid, Math.round(y * grid) / grid]),
              ),
            ),
      );
    try {
      return shift(polygonClipping[operation](...near), x0, y0);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

// Shares of a segment at which it meets the edges of polygons, in order, 0 and 1 among them.
function cuts(a, b, polys) {
  const shares = [0, 1];
  const [w, e] = a[0] < b[0] ? [a[0], b[0]] : [b[0], a[0]];
  const [s, n] = a[1] < b[1] ? [a[1], b[1]] : [b[1], a[1]];
  const dx = b[0] - a[0];
  const dy = b[1] - a[1];
  const length2 = dx * dx + dy * dy;
  if (!length2) {
    return [];
  }
  for (const rings of polys) {
    for (const ring of rings) {
      for (let i = 0; i + 1 < ring.length; i += 1) {
        const u = ring[i];
        const v = ring[i + 1];
        if (
          Math.max(u[0], v[0]) < w ||
          Math.min(u[0], v[0]) > e ||
          Math.max(u[1], v[1]) < s ||
          Math.min(u[1], v[1]) > n
        ) {
          continue;
        }
        if (!segmentsMeet(a, b, u, v)) {
          continue;
        }
        const at = cross(a, b, u, v);
        if (at !== null) {
          shares.push(Math.min(1, Math.max(0, at)));
        }
        for (const p of [u, v]) {
          if (side(a, b, p) === 0) {
            shares.push(
              Math.min(1, Math.max(0, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length2)),
            );
          }
        }
      }
    }
  }
  return [...new Set(shares)].sort((x, y) => x - y);
}

// Parts of a line inside or on polygons.
function clipLine(line, polys) {
  const pieces = [];
  let open = null;
  for (let i = 0; i + 1 < line.length; i += 1) {
    const a = line[i];
    const b = line[i + 1];
    const shares = cuts(a, b, polys);
    const at = t =>
      t === 0 ? a : t === 1 ? b : [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t];
    for (let k = 0; k + 1 < shares.length; k += 1) {
      const mid = at((shares[k] + shares[k + 1]) / 2);
      if (inPolys(mid, polys) < 0) {
        open = null;
        continue;
      }
      if (!open) {
        pieces.push((open = [at(shares[k])]));
      }
      open.push(at(shares[k + 1]));
    }
  }
  return pieces;
}

// Whether polygons hold a shape whole, edges included.
export function covers(polys, shape) {
  for (const p of shape.points) {
    if (inPolys(p, polys) < 0) {
      return false;
    }
  }
  for (const line of [...shape.lines, ...shape.polys.flat()]) {
    for (let i = 0; i + 1 < line.length; i += 1) {
      const a = line[i];
      const b = line[i + 1];
      if (inPolys(a, polys) < 0 || inPolys(b, polys) < 0) {
        return false;
      }
      const shares = cuts(a, b, polys);
      for (let k = 0; k + 1 < shares.length; k += 1) {
        const t = (shares[k] + shares[k + 1]) / 2;
        const mid = [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t];
        if (inPolys(mid, polys) < 0 && toBoundary(mid, polys) > 1e-7) {
          return false;
        }
      }
    }
  }
  return !polys.some(rings =>
    rings.slice(1).some(hole => hole.some(p => inPolys(p, shape.polys) > 0)),
  );
}

// Exact centre for a triangle and a convex quadrilateral: the largest circle that touches three sides and crosses none.
function exactCentre(rings) {
  const ring = rings[0];
  const count = ring.length - 1;
  if (rings.length > 1 || count < 3 || count > 4) {
    return null;
  }
  const turn = Math.sign(ringArea(ring));
  const [x0, y0] = ring[0];
  for (let i = 0; i < count; i += 1) {
    if (side(ring[i], ring[(i + 1) % count], ring[(i + 2) % count]) !== turn) {
      return null;
    }
  }
  const edges = ring.slice(0, -1).map((a, i) => {
    const b = ring[i + 1];
    const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
    const nx = (-turn * (b[1] - a[1])) / length;
    const ny = (turn * (b[0] - a[0])) / length;
    return [nx, ny, nx * (a[0] - x0) + ny * (a[1] - y0)];
  });
  let best = null;
  for (let skip = count === 3 ? 3 : 0; skip < 4; skip += 1) {
    const [[a, b, c], [d, e, f], [g, h, k]] = edges.filter((_, i) => i !== skip);
    const det = a * (h - e) + b * (d - g) + (e * g - d * h);
    if (!det) {
      continue;
    }
    const x = (c * (h - e) + b * (f - k) + (e * k - f * h)) / det;
    const y = (a * (k - f) + c * (d - g) + (f * g - d * k)) / det;
    const r = a * x + b * y - c;
    if (
      r > 0 &&
      edges.every(([p, q, o]) => p * x + q * y - o >= r - 1e-9) &&
      (!best || r > best[2])
    ) {
      best = [x + x0, y + y0, r];
    }
  }
  return best && best.slice(0, 2);
}

// Centre of about the largest circle inside a polygon: cells are split where they may still hold a larger one.
function innerCentre(rings, tolerance) {
  const exact = exactCentre(rings);
  if (exact) {
    return exact;
  }
  const box = boxOf(rings[0]);
  const size = Math.max(box[2] - box[0], box[3] - box[1]);
  let best = null;
  // A cell that cannot hold a larger circle than the best keeps its place and is measured no further.
  const cell = (x, y, half) => {
    const wide = half * Math.SQRT2;
    const lost = best ? best.d - wide : -1;
    const apart = toBoundary([x, y], [rings], lost - 1e-9 * Math.abs(lost));
    const d = apart < lost || inPolys([x, y], [rings]) >= 0 ? apart : -apart;
    return {x, y, half, d, most: d + wide};
  };
  const [ix, iy] = interiorPoint(rings, box);
  best = cell(ix, iy, 0);
  const heap = [cell((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, size / 2)];
  for (let count = 0; heap.length && count < 20000; count += 1) {
    let top = 0;
    for (let i = 1; i < heap.length; i += 1) {
      if (heap[i].most > heap[top].most) {
        top = i;
      }
    }
    const now = heap[top];
    heap[top] = heap[heap.length - 1];
    heap.pop();
    if (now.most < best.d) {
      break;
    }
    if (now.d > best.d) {
      best = now;
    }
    if (now.most - best.d <= tolerance) {
      continue;
    }
    const h = now.half / 2;
    for (const [dx, dy] of [
      [-h, -h],
      [h, -h],
      [-h, h],
      [h, h],
    ]) {
      heap.push(cell(now.x + dx, now.y + dy, h));
    }
  }
  return [best.x, best.y];
}

// The middle of the widest stretch of a scan line that avoids the vertices.
function interiorPoint(rings, box) {
  const centre = (box[1] + box[3]) / 2;
  let low = box[1];
  let high = box[3];
  for (const ring of rings) {
    for (const [, y] of ring) {
      if (y <= centre) {
        low = Math.max(low, y);
      } else {
        high = Math.min(high, y);
      }
    }
  }
  const y = (low + high) / 2;
  const xs = [];
  for (const ring of rings) {
    for (let i = 0; i + 1 < ring.length; i += 1) {
      const a = ring[i];
      const b = ring[i + 1];
      if (a[1] > y !== b[1] > y) {
        xs.push(a[0] + ((y - a[1]) * (b[0] - a[0])) / (b[1] - a[1]));
      }
    }
  }
  xs.sort((p, q) => p - q);
  let best = [xs[0], y];
  let width = -1;
  for (let i = 0; i + 1 < xs.length; i += 2) {
    if (xs[i + 1] - xs[i] > width) {
      width = xs[i + 1] - xs[i];
      best = [(xs[i] + xs[i + 1]) / 2, y];
    }
  }
  return best;
}

// How far two shapes lie apart, or how deep and how much they overlap: the definitions of the library's overlap.py.
export function measure(site, resource) {
  const apart = distance(site, resource);
  if (apart > 0) {
    return {separation: apart, distance: apart, area: 0, length: 0, share: 0, common: null};
  }
  const common = {polys: [], lines: [], points: []};
  let area = 0;
  let length = 0;
  let share = 0;
  if (site.dimension === 2 && resource.dimension === 2) {
    common.polys = clip('intersection', site.polys, resource.polys);
    const own = areaOf(site.polys);
    area = Math.min(areaOf(common.polys), own, areaOf(resource.polys));
    share = own ? Math.min(1, area / own) : 0;
  } else if (site.dimension + resource.dimension === 3) {
    const [line, polygon] = site.dimension === 1 ? [site, resource] : [resource, site];
    const own = lengthOf(line.lines);
    common.lines = line.lines.flatMap(part => clipLine(part, polygon.polys));
    length = Math.min(lengthOf(common.lines), own);
    share = site.dimension === 1 && own ? Math.min(1, length / own) : 0;
  } else if (site.dimension === 0 || resource.dimension === 0) {
    const [point, other] = site.dimension === 0 ? [site, resource] : [resource, site];
    common.points = point.points.filter(
      p => distance(finish({polys: [], lines: [], points: [p]}), other) === 0,
    );
    if (site.dimension === 0 && resource.dimension === 2) {
      share = common.points.length / site.points.length;
    }
  }
  const [depth, deepest] = penetration(site, resource, common);
  return {separation: -depth, distance: 0, area, length, share, common, deepest};
}

// Places of what two shapes have in common at which its depth is tried.
export function commonPlaces(common) {
  const places = [...common.polys.flat(2), ...common.lines.flat(), ...common.points];
  for (const line of noded(common.lines)) {
    places.push(...line, ...samples(line));
  }
  for (const rings of common.polys) {
    if (polyArea(rings) > 0) {
      places.push(...scanned(rings));
    }
  }
  return places;
}

// How deep either reaches inside the other, and where.
function penetration(site, resource, common) {
  const places = commonPlaces(common);
  for (const rings of common.polys) {
    const area = polyArea(rings);
    if (area > 1) {
      places.push(innerCentre(rings, 0.01 * Math.sqrt(area)));
    }
  }
  let best = [0, null];
  for (const shape of [resource, site]) {
    if (shape.dimension === 2) {
      for (const place of places) {
        const depth = toBoundary(place, shape.polys, best[0]);
        if (depth > best[0]) {
          best = [depth, place];
        }
      }
    }
  }
  return best;
}

// Lines cut where they cross themselves or each other, as the library's intersection leaves them.
export function noded(lines) {
  const segments = lines.flatMap((line, of) =>
    line.slice(1).map((b, i) => ({of, a: line[i], b, cuts: []})),
  );
  if (segments.length > MOST_NODED) {
    return lines;
  }
  segments.forEach((s, i) =>
    segments.slice(i + 1).forEach(r => {
      if (
        side(s.a, s.b, r.a) * side(s.a, s.b, r.b) >= 0 ||
        side(r.a, r.b, s.a) * side(r.a, r.b, s.b) >= 0
      ) {
        return;
      }
      const [dx, dy, ex, ey] = [s.b[0] - s.a[0], s.b[1] - s.a[1], r.b[0] - r.a[0], r.b[1] - r.a[1]];
      const t = ((r.a[0] - s.a[0]) * ey - (r.a[1] - s.a[1]) * ex) / (dx * ey - dy * ex);
      const at = [s.a[0] + dx * t, s.a[1] + dy * t];
      for (const segment of [s, r]) {
        segment.cuts.push([Math.hypot(at[0] - segment.a[0], at[1] - segment.a[1]), at]);
      }
    }),
  );
  const found = [];
  segments.forEach((segment, i) => {
    if (!i || segments[i - 1].of !== segment.of) {
      found.push([segment.a]);
    }
    for (const [, at] of segment.cuts.sort((p, q) => p[0] - q[0])) {
      found[found.length - 1].push(at);
      found.push([at]);
    }
    found[found.length - 1].push(segment.b);
  });
  return found;
}

// The middles of what level and upright lines at every sixteenth of its extent cut out of a polygon.
function scanned(rings) {
  const found = [];
  for (const [along, across] of [
    [0, 1],
    [1, 0],
  ]) {
    let low = Infinity;
    let high = -Infinity;
    for (const ring of rings) {
      for (const p of ring) {
        low = Math.min(low, p[across]);
        high = Math.max(high, p[across]);
      }
    }
    for (let step = 1; step < SCANS; step += 1) {
      const level = low + ((high - low) * step) / SCANS;
      const places = [];
      for (const ring of rings) {
        for (let i = 0; i + 1 < ring.length; i += 1) {
          const a = ring[i];
          const b = ring[i + 1];
          if (a[across] > level !== b[across] > level) {
            places.push(
              a[along] + ((level - a[across]) * (b[along] - a[along])) / (b[across] - a[across]),
            );
          }
        }
      }
      places.sort((p, q) => p - q);
      for (let i = 0; i + 1 < places.length; i += 2) {
        const middle = [level, level];
        middle[along] = (places[i] + places[i + 1]) / 2;
        found.push(middle);
      }
    }
  }
  return found;
}

function samples(line) {
  const whole = lineLength(line);
  const found = [];
  for (let k = 0, i = 0, before = 0; k < LINE_SAMPLES; k += 1) {
    const want = (whole * k) / (LINE_SAMPLES - 1);
    let step = lineLength(line.slice(i, i + 2));
    while (i + 2 < line.length && before + step < want) {
      before += step;
      i += 1;
      step = lineLength(line.slice(i, i + 2));
    }
    const t = step ? Math.min(1, (want - before) / step) : 0;
    found.push([
      line[i][0] + (line[i + 1][0] - line[i][0]) * t,
      line[i][1] + (line[i + 1][1] - line[i][1]) * t,
    ]);
  }
  return found;
}
