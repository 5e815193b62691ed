// Plane geometry in metres. A shape is {polys: [[ring, ...]], lines: [[point, ...]], points: [point], box}; rings are closed.
// `move` takes a place; a way between systems also takes chains, whose edges stay where they are.
function shapeOf(geometry, move) {
  const shape = {polys: [], lines: [], points: []}, all = move.chain || (list => list.map(p => move(p[0], p[1])));
  const add = g => {
    if (g.type === 'Polygon') shape.polys.push(g.coordinates.map(all));
    else if (g.type === 'MultiPolygon') for (const part of g.coordinates) shape.polys.push(part.map(all));
    else if (g.type === 'LineString') shape.lines.push(all(g.coordinates));
    else if (g.type === 'MultiLineString') for (const part of g.coordinates) shape.lines.push(all(part));
    else if (g.type === 'Point') shape.points.push(move(g.coordinates[0], g.coordinates[1]));
    else if (g.type === 'MultiPoint') for (const p of g.coordinates) shape.points.push(move(p[0], p[1]));
    else if (g.type === 'GeometryCollection') g.geometries.forEach(add);
    else throw new Error(`geometry type '${g.type}' is not known`);
  };
  add(geometry);
  return finish(shape);
}

function finish(shape) {
  shape.dimension = shape.polys.length ? 2 : shape.lines.length ? 1 : 0;
  shape.chains = [...shape.polys.flat(), ...shape.lines, ...shape.points.map(p => [p])];
  shape.box = boxOf(shape.chains.flat());
  shape.boxes = shape.chains.map(boxOf);
  return shape;
}

function boxOf(points) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    if (x < box[0]) box[0] = x;
    if (y < box[1]) box[1] = y;
    if (x > box[2]) box[2] = x;
    if (y > box[3]) box[3] = y;
  }
  return box;
}

function boxDistance(a, b) {
  const dx = Math.max(0, a[0] - b[2], b[0] - a[2]), dy = Math.max(0, a[1] - b[3], b[1] - a[3]);
  return Math.hypot(dx, dy);
}

function pointToSegment(p, a, b) {
  const dx = b[0] - a[0], dy = b[1] - a[1], length2 = dx * dx + dy * dy;
  if (!length2) return Math.hypot(p[0] - a[0], p[1] - a[1]);
  const r = ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length2;
  if (r <= 0) return Math.hypot(p[0] - a[0], p[1] - a[1]);
  if (r >= 1) return Math.hypot(p[0] - b[0], p[1] - b[1]);
  return Math.abs(((a[1] - p[1]) * dx - (a[0] - p[0]) * dy) / length2) * Math.sqrt(length2);
}

function side(a, b, p) { return Math.sign((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])); }

function withinBox(a, b, p) {
  return Math.min(a[0], b[0]) <= p[0] && p[0] <= Math.max(a[0], b[0]) && Math.min(a[1], b[1]) <= p[1] && p[1] <= Math.max(a[1], b[1]);
}

function segmentsMeet(a, b, c, d) {
  const s1 = side(a, b, c), s2 = side(a, b, d), s3 = side(c, d, a), s4 = side(c, d, b);
  if (s1 * s2 < 0 && s3 * s4 < 0) return true;
  return (s1 === 0 && withinBox(a, b, c)) || (s2 === 0 && withinBox(a, b, d)) || (s3 === 0 && withinBox(c, d, a)) || (s4 === 0 && withinBox(c, d, b));
}

function chainDistance(a, b, best) {
  if (a.length === 1 && b.length === 1) return Math.hypot(a[0][0] - b[0][0], a[0][1] - b[0][1]);
  const ends = chain => (chain.length === 1 ? 1 : chain.length - 1);
  for (let i = 0; i < ends(a); i += 1) {
    const p = a[i], q = a[Math.min(i + 1, a.length - 1)];
    const [w, e] = p[0] < q[0] ? [p[0], q[0]] : [q[0], p[0]], [s, n] = p[1] < q[1] ? [p[1], q[1]] : [q[1], p[1]];
    for (let j = 0; j < ends(b); j += 1) {
      const u = b[j], v = b[Math.min(j + 1, b.length - 1)];
      const dx = Math.max(0, Math.min(u[0], v[0]) - e, w - Math.max(u[0], v[0]));
      const dy = Math.max(0, Math.min(u[1], v[1]) - n, s - Math.max(u[1], v[1]));
      if (dx * dx + dy * dy > best * best) continue;
      if (dx === 0 && dy === 0 && segmentsMeet(p, q, u, v)) return 0;
      best = Math.min(best, pointToSegment(p, u, v), pointToSegment(q, u, v), pointToSegment(u, p, q), pointToSegment(v, p, q));
    }
  }
  return best;
}

// 1 inside, 0 on the edge, -1 outside
function inRing(p, ring) {
  let inside = false;
  for (let i = 0; i + 1 < ring.length; i += 1) {
    const a = ring[i], b = ring[i + 1];
    if ((a[1] < p[1] && b[1] < p[1]) || (a[1] > p[1] && b[1] > p[1]) || (a[0] < p[0] && b[0] < p[0])) continue;
    const turn = side(a, b, p);
    if (turn === 0 && withinBox(a, b, p)) return 0;
    if ((a[1] > p[1]) !== (b[1] > p[1]) && (b[1] > a[1] ? turn > 0 : turn < 0)) inside = !inside;
  }
  return inside ? 1 : -1;
}

function inPolys(p, polys) {
  let best = -1;
  for (const rings of polys) {
    let where = inRing(p, rings[0]);
    for (let i = 1; where === 1 && i < rings.length; i += 1) where = -inRing(p, rings[i]);
    if (where === 1) return 1;
    if (where === 0) best = 0;
  }
  return best;
}

// Distance; Infinity when it is larger than `limit`, which spares most of the work.
function distance(a, b, limit = Infinity) {
  if (boxDistance(a.box, b.box) > limit) return Infinity;
  const overlap = boxDistance(a.box, b.box) === 0;
  if (overlap && b.polys.length && a.chains.some(chain => inPolys(chain[0], b.polys) >= 0)) return 0;
  if (overlap && a.polys.length && b.chains.some(chain => inPolys(chain[0], a.polys) >= 0)) return 0;
  const start = limit * (1 + 1e-9) + 1e-6;
  let best = start;
  for (const [i, mine] of a.chains.entries()) {
    for (const [j, theirs] of b.chains.entries()) {
      if (boxDistance(a.boxes[i], b.boxes[j]) > best) continue;
      best = chainDistance(mine, theirs, best);
      if (best === 0) return 0;
    }
  }
  return best === start ? Infinity : best;
}

function toBoundary(p, polys) {
  let best = Infinity;
  for (const rings of polys) for (const ring of rings) for (let i = 0; i + 1 < ring.length; i += 1) {
    best = Math.min(best, pointToSegment(p, ring[i], ring[i + 1]));
  }
  return best;
}

function ringArea(ring) {
  let sum = 0;
  const [x0, y0] = ring[0];
  for (let i = 0; i + 1 < ring.length; i += 1) {
    sum += (ring[i][0] - x0) * (ring[i + 1][1] - y0) - (ring[i + 1][0] - x0) * (ring[i][1] - y0);
  }
  return sum / 2;
}

function polyArea(rings) { return rings.reduce((sum, ring, i) => sum + (i ? -1 : 1) * Math.abs(ringArea(ring)), 0); }

function areaOf(polys) { return polys.reduce((sum, rings) => sum + polyArea(rings), 0); }

function lineLength(line) {
  let sum = 0;
  for (let i = 0; i + 1 < line.length; i += 1) sum += Math.hypot(line[i + 1][0] - line[i][0], line[i + 1][1] - line[i][1]);
  return sum;
}

function lengthOf(lines) { return lines.reduce((sum, line) => sum + lineLength(line), 0); }

// Clipping near the origin, where the library's arithmetic is finest; a second and third try on a grid of 0.1 and 1 mm.
function clip(operation, first, ...rest) {
  const [x0, y0] = first[0][0][0], shift = (polys, dx, dy) => polys.map(rings => rings.map(ring => ring.map(([x, y]) => [x + dx, y + dy])));
  let failure = null;
  for (const grid of [0, 1e4, 1e3]) {
    const near = [first, ...rest].map(polys => shift(polys, -x0, -y0)).map(polys => !grid ? polys
      : polys.map(rings => rings.map(ring => ring.map(([x, y]) => [Math.round(x * grid) / grid, Math.round(y * grid) / grid]))));
    try { return shift(polygonClipping[operation](...near), x0, y0); } catch (error) { failure = error; }
  }
  throw failure;
}

function cross(a, b, c, d) {
  const rx = b[0] - a[0], ry = b[1] - a[1], sx = d[0] - c[0], sy = d[1] - c[1], det = rx * sy - ry * sx;
  return det ? ((c[0] - a[0]) * sy - (c[1] - a[1]) * sx) / det : null;
}

// Shares of a segment at which it meets the edges of polygons, in order, 0 and 1 among them.
function cuts(a, b, polys) {
  const shares = [0, 1], [w, e] = a[0] < b[0] ? [a[0], b[0]] : [b[0], a[0]], [s, n] = a[1] < b[1] ? [a[1], b[1]] : [b[1], a[1]];
  const dx = b[0] - a[0], dy = b[1] - a[1], length2 = dx * dx + dy * dy;
  if (!length2) return [];
  for (const rings of polys) for (const ring of rings) for (let i = 0; i + 1 < ring.length; i += 1) {
    const u = ring[i], v = ring[i + 1];
    if (Math.max(u[0], v[0]) < w || Math.min(u[0], v[0]) > e || Math.max(u[1], v[1]) < s || Math.min(u[1], v[1]) > n) continue;
    if (!segmentsMeet(a, b, u, v)) continue;
    const at = cross(a, b, u, v);
    if (at !== null) shares.push(Math.min(1, Math.max(0, at)));
    for (const p of [u, v]) {
      if (side(a, b, p) === 0) shares.push(Math.min(1, Math.max(0, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length2)));
    }
  }
  return [...new Set(shares)].sort((x, y) => x - y);
}

// Parts of a line inside or on polygons.
function clipLine(line, polys) {
  const pieces = [];
  let open = null;
  for (let i = 0; i + 1 < line.length; i += 1) {
    const a = line[i], b = line[i + 1], shares = cuts(a, b, polys), at = t => t === 0 ? a : t === 1 ? b : [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t];
    for (let k = 0; k + 1 < shares.length; k += 1) {
      const mid = at((shares[k] + shares[k + 1]) / 2);
      if (inPolys(mid, polys) < 0) { open = null; continue; }
      if (!open) pieces.push(open = [at(shares[k])]);
      open.push(at(shares[k + 1]));
    }
  }
  return pieces;
}

// Whether polygons hold a shape whole, edges included.
function covers(polys, shape) {
  for (const p of shape.points) if (inPolys(p, polys) < 0) return false;
  for (const line of [...shape.lines, ...shape.polys.flat()]) {
    for (let i = 0; i + 1 < line.length; i += 1) {
      const a = line[i], b = line[i + 1];
      if (inPolys(a, polys) < 0 || inPolys(b, polys) < 0) return false;
      const shares = cuts(a, b, polys);
      for (let k = 0; k + 1 < shares.length; k += 1) {
        const t = (shares[k] + shares[k + 1]) / 2, mid = [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t];
        if (inPolys(mid, polys) < 0 && toBoundary(mid, polys) > 1e-7) return false;
      }
    }
  }
  return !polys.some(rings => rings.slice(1).some(hole => hole.some(p => inPolys(p, shape.polys) > 0)));
}

// Exact centre for a triangle and a convex quadrilateral: the largest circle that touches three sides and crosses none.
function exactCentre(rings) {
  const ring = rings[0], count = ring.length - 1;
  if (rings.length > 1 || count < 3 || count > 4) return null;
  const turn = Math.sign(ringArea(ring)), [x0, y0] = ring[0];
  for (let i = 0; i < count; i += 1) if (side(ring[i], ring[(i + 1) % count], ring[(i + 2) % count]) !== turn) return null;
  const edges = ring.slice(0, -1).map((a, i) => {
    const b = ring[i + 1], length = Math.hypot(b[0] - a[0], b[1] - a[1]), nx = -turn * (b[1] - a[1]) / length, ny = turn * (b[0] - a[0]) / length;
    return [nx, ny, nx * (a[0] - x0) + ny * (a[1] - y0)];
  });
  let best = null;
  for (let skip = count === 3 ? 3 : 0; skip < 4; skip += 1) {
    const [[a, b, c], [d, e, f], [g, h, k]] = edges.filter((_, i) => i !== skip);
    const det = a * (h - e) + b * (d - g) + (e * g - d * h);
    if (!det) continue;
    const x = (c * (h - e) + b * (f - k) + (e * k - f * h)) / det, y = (a * (k - f) + c * (d - g) + (f * g - d * k)) / det, r = a * x + b * y - c;
    if (r > 0 && edges.every(([p, q, o]) => p * x + q * y - o >= r - 1e-9) && (!best || r > best[2])) best = [x + x0, y + y0, r];
  }
  return best && best.slice(0, 2);
}

// Centre of about the largest circle inside a polygon: cells are split where they may still hold a larger one.
function innerCentre(rings, tolerance) {
  const exact = exactCentre(rings);
  if (exact) return exact;
  const box = boxOf(rings[0]), size = Math.max(box[2] - box[0], box[3] - box[1]);
  const cell = (x, y, half) => {
    const d = toBoundary([x, y], [rings]) * (inPolys([x, y], [rings]) >= 0 ? 1 : -1);
    return {x, y, half, d, most: d + half * Math.SQRT2};
  };
  const [ix, iy] = interiorPoint(rings, box);
  let best = cell(ix, iy, 0);
  const heap = [cell((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, size / 2)];
  for (let count = 0; heap.length && count < 20000; count += 1) {
    let top = 0;
    for (let i = 1; i < heap.length; i += 1) if (heap[i].most > heap[top].most) top = i;
    const now = heap[top];
    heap[top] = heap[heap.length - 1];
    heap.pop();
    if (now.most < best.d) break;
    if (now.d > best.d) best = now;
    if (now.most - best.d <= tolerance) continue;
    const h = now.half / 2;
    for (const [dx, dy] of [[-h, -h], [h, -h], [-h, h], [h, h]]) heap.push(cell(now.x + dx, now.y + dy, h));
  }
  return [best.x, best.y];
}

// The middle of the widest stretch of a scan line that avoids the vertices.
function interiorPoint(rings, box) {
  const centre = (box[1] + box[3]) / 2;
  let low = box[1], high = box[3];
  for (const ring of rings) for (const [, y] of ring) {
    if (y <= centre) low = Math.max(low, y); else high = Math.min(high, y);
  }
  const y = (low + high) / 2, xs = [];
  for (const ring of rings) for (let i = 0; i + 1 < ring.length; i += 1) {
    const a = ring[i], b = ring[i + 1];
    if ((a[1] > y) !== (b[1] > y)) xs.push(a[0] + (y - a[1]) * (b[0] - a[0]) / (b[1] - a[1]));
  }
  xs.sort((p, q) => p - q);
  let best = [xs[0], y], width = -1;
  for (let i = 0; i + 1 < xs.length; i += 2) if (xs[i + 1] - xs[i] > width) { width = xs[i + 1] - xs[i]; best = [(xs[i] + xs[i + 1]) / 2, y]; }
  return best;
}

// How far two shapes lie apart, or how deep and how much they overlap: the definitions of the library's overlap.py.
function measure(site, resource) {
  const apart = distance(site, resource);
  if (apart > 0) return {separation: apart, distance: apart, area: 0, length: 0, share: 0, common: null};
  const common = {polys: [], lines: [], points: []};
  let area = 0, length = 0, share = 0;
  if (site.dimension === 2 && resource.dimension === 2) {
    common.polys = clip('intersection', site.polys, resource.polys);
    const own = areaOf(site.polys);
    area = Math.min(areaOf(common.polys), own, areaOf(resource.polys));
    share = own ? Math.min(1, area / own) : 0;
  } else if (site.dimension + resource.dimension === 3) {
    const [line, polygon] = site.dimension === 1 ? [site, resource] : [resource, site], own = lengthOf(line.lines);
    common.lines = line.lines.flatMap(part => clipLine(part, polygon.polys));
    length = Math.min(lengthOf(common.lines), own);
    share = site.dimension === 1 && own ? Math.min(1, length / own) : 0;
  } else if (site.dimension === 0 || resource.dimension === 0) {
    const [point, other] = site.dimension === 0 ? [site, resource] : [resource, site];
    common.points = point.points.filter(p => distance(finish({polys: [], lines: [], points: [p]}), other) === 0);
    if (site.dimension === 0 && resource.dimension === 2) share = common.points.length / site.points.length;
  }
  return {separation: -penetration(site, resource, common), distance: 0, area, length, share, common};
}

const LINE_SAMPLES = 32, SCANS = 16, MOST_NODED = 500;

function penetration(site, resource, common) {
  const points = [...common.polys.flat(2), ...common.lines.flat(), ...common.points];
  for (const line of noded(common.lines)) points.push(...line, ...samples(line));
  for (const rings of common.polys) {
    const area = polyArea(rings);
    if (area > 0) points.push(...scanned(rings));
    if (area > 1) points.push(innerCentre(rings, .01 * Math.sqrt(area)));
  }
  let depth = 0;
  for (const shape of [resource, site]) {
    if (shape.dimension === 2) for (const p of points) depth = Math.max(depth, toBoundary(p, shape.polys));
  }
  return depth;
}

// Lines cut where they cross themselves or each other, as the library's intersection leaves them.
function noded(lines) {
  const segments = lines.flatMap((line, of) => line.slice(1).map((b, i) => ({of, a: line[i], b, cuts: []})));
  if (segments.length > MOST_NODED) return lines;
  segments.forEach((s, i) => segments.slice(i + 1).forEach(r => {
    if (side(s.a, s.b, r.a) * side(s.a, s.b, r.b) >= 0 || side(r.a, r.b, s.a) * side(r.a, r.b, s.b) >= 0) return;
    const [dx, dy, ex, ey] = [s.b[0] - s.a[0], s.b[1] - s.a[1], r.b[0] - r.a[0], r.b[1] - r.a[1]];
    const t = ((r.a[0] - s.a[0]) * ey - (r.a[1] - s.a[1]) * ex) / (dx * ey - dy * ex), at = [s.a[0] + dx * t, s.a[1] + dy * t];
    for (const segment of [s, r]) segment.cuts.push([Math.hypot(at[0] - segment.a[0], at[1] - segment.a[1]), at]);
  }));
  const found = [];
  segments.forEach((segment, i) => {
    if (!i || segments[i - 1].of !== segment.of) found.push([segment.a]);
    for (const [, at] of segment.cuts.sort((p, q) => p[0] - q[0])) { found[found.length - 1].push(at); found.push([at]); }
    found[found.length - 1].push(segment.b);
  });
  return found;
}

// The middles of what level and upright lines at every sixteenth of its extent cut out of a polygon.
function scanned(rings) {
  const found = [];
  for (const [along, across] of [[0, 1], [1, 0]]) {
    let low = Infinity, high = -Infinity;
    for (const ring of rings) for (const p of ring) { low = Math.min(low, p[across]); high = Math.max(high, p[across]); }
    for (let step = 1; step < SCANS; step += 1) {
      const level = low + (high - low) * step / SCANS, places = [];
      for (const ring of rings) for (let i = 0; i + 1 < ring.length; i += 1) {
        const a = ring[i], b = ring[i + 1];
        if ((a[across] > level) !== (b[across] > level)) places.push(a[along] + (level - a[across]) * (b[along] - a[along]) / (b[across] - a[across]));
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
  const whole = lineLength(line), found = [];
  for (let k = 0, i = 0, before = 0; k < LINE_SAMPLES; k += 1) {
    const want = whole * k / (LINE_SAMPLES - 1);
    let step = lineLength(line.slice(i, i + 2));
    while (i + 2 < line.length && before + step < want) { before += step; i += 1; step = lineLength(line.slice(i, i + 2)); }
    const t = step ? Math.min(1, (want - before) / step) : 0;
    found.push([line[i][0] + (line[i + 1][0] - line[i][0]) * t, line[i][1] + (line[i + 1][1] - line[i][1]) * t]);
  }
  return found;
}

function hull(points) {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = list => {
    const chain = [];
    for (const p of list) {
      while (chain.length > 1 && side(chain[chain.length - 2], chain[chain.length - 1], p) <= 0) chain.pop();
      chain.push(p);
    }
    return chain;
  };
  const lower = half(sorted), upper = half(sorted.reverse());
  return [...lower.slice(0, -1), ...upper];
}

// Whether the rings of a polygon cross themselves or each other, or share a stretch of an edge; swept from west to east.
function crosses(rings) {
  const edges = rings.flatMap((ring, r) => ring.slice(1).map((b, i) => [ring[i], b, r, i, ring.length - 1, Math.min(ring[i][0], b[0]), Math.max(ring[i][0], b[0])]))
    .sort((e, f) => e[5] - f[5]);
  for (let i = 0; i < edges.length; i += 1) for (let j = i + 1; j < edges.length && edges[j][5] <= edges[i][6]; j += 1) {
    if (edgesCross(edges[i], edges[j])) return true;
  }
  return false;
}

function edgesCross(one, other) {
  const turned = one[2] === other[2] && one[3] > other[3], [a, b, r, m, count] = turned ? other : one, [c, d, t, n] = turned ? one : other;
  if (r === t && (n - m === 1 || (m === 0 && n === count - 1))) {
    const [shared, p, q] = n - m === 1 ? [b, a, d] : [a, b, c];
    return side(shared, p, q) === 0 && (p[0] - shared[0]) * (q[0] - shared[0]) + (p[1] - shared[1]) * (q[1] - shared[1]) > 0;
  }
  if (Math.max(a[1], b[1]) < Math.min(c[1], d[1]) || Math.max(c[1], d[1]) < Math.min(a[1], b[1])) return false;
  if (r === t) return segmentsMeet(a, b, c, d);
  const [ac, ad] = [side(a, b, c), side(a, b, d)];
  if (ac === 0 && ad === 0) {
    const along = a[0] === b[0] ? 1 : 0, [from, to] = [a[along], b[along]].sort((x, y) => x - y), [start, end] = [c[along], d[along]].sort((x, y) => x - y);
    return Math.min(to, end) > Math.max(from, start);
  }
  return ac * ad < 0 && side(c, d, a) * side(c, d, b) < 0;
}

const MOST_TESTS = 1e7;

// Whether some of a ring lies strictly on the given side (1 inside, -1 outside) of another; of huge rings one point that is not on the edge tells.
function strays(ring, host, where) {
  if (ring.length * host.length > MOST_TESTS) return liesIn(ring, host) === (where > 0);
  const middles = ring.slice(1).map((p, i) => [(p[0] + ring[i][0]) / 2, (p[1] + ring[i][1]) / 2]);
  return [...ring, ...middles].some(p => inRing(p, host) === where);
}

// Whether polygons are no valid multipolygon: crossing rings, a hole outside its polygon or in another hole, a part in another.
function entangled(polys) {
  if (crosses(polys.flat())) return true;
  const boxes = polys.map(rings => boxOf(rings[0])), apart = (a, b) => a[2] < b[0] || b[2] < a[0] || a[3] < b[1] || b[3] < a[1];
  for (const [shell, ...holes] of polys) {
    if (holes.some((hole, i) => strays(hole, shell, -1) || holes.some((other, k) => k !== i && strays(hole, other, 1)))) return true;
  }
  return polys.some(([shell], i) => polys.some((rings, k) => k !== i && !apart(boxes[i], boxes[k]) && strays(shell, rings[0], 1)
    && !rings.slice(1).some(hole => !strays(shell, hole, -1))));
}
