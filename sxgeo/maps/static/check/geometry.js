// Plane geometry in metres. A shape is {polys: [[ring, ...]], lines: [[point, ...]], points: [point], box}; rings are closed.
// `move` takes a place; a way between systems also takes chains, whose edges stay where they are.
export function centroidLon(geometry) {
  const shape = shapeOf(geometry, (x, y) => [x, y]);
  const [x0, y0] = shape.chains[0][0];
  let weight = 0;
  let sum = 0;
  if (shape.polys.length) {
    for (const rings of shape.polys) {
      rings.forEach((ring, r) => {
        const sign = ringArea(ring) > 0 === (r === 0) ? 1 : -1;
        for (let i = 0; i + 1 < ring.length; i += 1) {
          const [ax, ay] = [ring[i][0] - x0, ring[i][1] - y0];
          const [bx, by] = [ring[i + 1][0] - x0, ring[i + 1][1] - y0];
          const twice = (ax * by - bx * ay) * sign;
          weight += 3 * twice;
          sum += (ax + bx) * twice;
        }
      });
    }
  } else if (shape.lines.length) {
    for (const line of shape.lines) {
      for (let i = 0; i + 1 < line.length; i += 1) {
        const length = Math.hypot(line[i + 1][0] - line[i][0], line[i + 1][1] - line[i][1]);
        weight += length;
        sum += length * ((line[i][0] + line[i + 1][0]) / 2 - x0);
      }
    }
  } else {
    for (const [x] of shape.points) {
      weight += 1;
      sum += x - x0;
    }
  }
  return x0 + (weight ? sum / weight : 0);
}

export function shapeOf(geometry, move) {
  const shape = {polys: [], lines: [], points: []};
  const all = move.chain || (list => list.map(p => move(p[0], p[1])));
  const add = g => {
    if (g.type === 'Polygon') {
      shape.polys.push(g.coordinates.map(all));
    } else if (g.type === 'MultiPolygon') {
      for (const part of g.coordinates) {
        shape.polys.push(part.map(all));
      }
    } else if (g.type === 'LineString') {
      shape.lines.push(all(g.coordinates));
    } else if (g.type === 'MultiLineString') {
      for (const part of g.coordinates) {
        shape.lines.push(all(part));
      }
    } else if (g.type === 'Point') {
      shape.points.push(move(g.coordinates[0], g.coordinates[1]));
    } else if (g.type === 'MultiPoint') {
      for (const p of g.coordinates) {
        shape.points.push(move(p[0], p[1]));
      }
    } else if (g.type === 'GeometryCollection') {
      g.geometries.forEach(add);
    } else {
      throw new Error(`geometry type '${g.type}' is not known`);
    }
  };
  add(geometry);
  return finish(shape);
}

export function finish(shape) {
  shape.dimension = shape.polys.length ? 2 : shape.lines.length ? 1 : 0;
  shape.chains = [...shape.polys.flat(), ...shape.lines, ...shape.points.map(p => [p])];
  shape.box = boxOf(shape.chains.flat());
  shape.boxes = shape.chains.map(boxOf);
  return shape;
}

export function boxOf(points) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    if (x < box[0]) {
      box[0] = x;
    }
    if (y < box[1]) {
      box[1] = y;
    }
    if (x > box[2]) {
      box[2] = x;
    }
    if (y > box[3]) {
      box[3] = y;
    }
  }
  return box;
}

export function boxDistance(a, b) {
  const dx = Math.max(0, a[0] - b[2], b[0] - a[2]);
  const dy = Math.max(0, a[1] - b[3], b[1] - a[3]);
  return Math.hypot(dx, dy);
}

export function pointToSegment(p, a, b) {
  const dx = b[0] - a[0];
  const dy = b[1] - a[1];
  const length2 = dx * dx + dy * dy;
  if (!length2) {
    return Math.hypot(p[0] - a[0], p[1] - a[1]);
  }
  const r = ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length2;
  if (r <= 0) {
    return Math.hypot(p[0] - a[0], p[1] - a[1]);
  }
  if (r >= 1) {
    return Math.hypot(p[0] - b[0], p[1] - b[1]);
  }
  return Math.abs(((a[1] - p[1]) * dx - (a[0] - p[0]) * dy) / length2) * Math.sqrt(length2);
}

export function side(a, b, p) {
  return Math.sign((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]));
}

export function withinBox(a, b, p) {
  return (
    Math.min(a[0], b[0]) <= p[0] &&
    p[0] <= Math.max(a[0], b[0]) &&
    Math.min(a[1], b[1]) <= p[1] &&
    p[1] <= Math.max(a[1], b[1])
  );
}

export function segmentsMeet(a, b, c, d) {
  const s1 = side(a, b, c);
  const s2 = side(a, b, d);
  const s3 = side(c, d, a);
  const s4 = side(c, d, b);
  if (s1 * s2 < 0 && s3 * s4 < 0) {
    return true;
  }
  return (
    (s1 === 0 && withinBox(a, b, c)) ||
    (s2 === 0 && withinBox(a, b, d)) ||
    (s3 === 0 && withinBox(c, d, a)) ||
    (s4 === 0 && withinBox(c, d, b))
  );
}

function chainDistance(a, b, best) {
  if (a.length === 1 && b.length === 1) {
    return Math.hypot(a[0][0] - b[0][0], a[0][1] - b[0][1]);
  }
  const ends = chain => (chain.length === 1 ? 1 : chain.length - 1);
  for (let i = 0; i < ends(a); i += 1) {
    const p = a[i];
    const q = a[Math.min(i + 1, a.length - 1)];
    const [w, e] = p[0] < q[0] ? [p[0], q[0]] : [q[0], p[0]];
    const [s, n] = p[1] < q[1] ? [p[1], q[1]] : [q[1], p[1]];
    for (let j = 0; j < ends(b); j += 1) {
      const u = b[j];
      const v = b[Math.min(j + 1, b.length - 1)];
      const dx = Math.max(0, Math.min(u[0], v[0]) - e, w - Math.max(u[0], v[0]));
      const dy = Math.max(0, Math.min(u[1], v[1]) - n, s - Math.max(u[1], v[1]));
      if (dx * dx + dy * dy > best * best) {
        continue;
      }
      if (dx === 0 && dy === 0 && segmentsMeet(p, q, u, v)) {
        return 0;
      }
      best = Math.min(
        best,
        pointToSegment(p, u, v),
        pointToSegment(q, u, v),
        pointToSegment(u, p, q),
        pointToSegment(v, p, q),
      );
    }
  }
  return best;
}

// 1 inside, 0 on the edge, -1 outside
export function inRing(p, ring) {
  let inside = false;
  for (let i = 0; i + 1 < ring.length; i += 1) {
    const a = ring[i];
    const b = ring[i + 1];
    if (
      (a[1] < p[1] && b[1] < p[1]) ||
      (a[1] > p[1] && b[1] > p[1]) ||
      (a[0] < p[0] && b[0] < p[0])
    ) {
      continue;
    }
    const turn = side(a, b, p);
    if (turn === 0 && withinBox(a, b, p)) {
      return 0;
    }
    if (a[1] > p[1] !== b[1] > p[1] && (b[1] > a[1] ? turn > 0 : turn < 0)) {
      inside = !inside;
    }
  }
  return inside ? 1 : -1;
}

export function inPolys(p, polys) {
  let best = -1;
  for (const rings of polys) {
    let where = inRing(p, rings[0]);
    for (let i = 1; where === 1 && i < rings.length; i += 1) {
      where = -inRing(p, rings[i]);
    }
    if (where === 1) {
      return 1;
    }
    if (where === 0) {
      best = 0;
    }
  }
  return best;
}

// Distance; Infinity when it is larger than `limit`, which spares most of the work.
export function distance(a, b, limit = Infinity) {
  if (boxDistance(a.box, b.box) > limit) {
    return Infinity;
  }
  const overlap = boxDistance(a.box, b.box) === 0;
  if (overlap && b.polys.length && a.chains.some(chain => inPolys(chain[0], b.polys) >= 0)) {
    return 0;
  }
  if (overlap && a.polys.length && b.chains.some(chain => inPolys(chain[0], a.polys) >= 0)) {
    return 0;
  }
  const start = limit * (1 + 1e-9) + 1e-6;
  let best = start;
  for (const [i, mine] of a.chains.entries()) {
    for (const [j, theirs] of b.chains.entries()) {
      if (boxDistance(a.boxes[i], b.boxes[j]) > best) {
        continue;
      }
      best = chainDistance(mine, theirs, best);
      if (best === 0) {
        return 0;
      }
    }
  }
  return best === start ? Infinity : best;
}

// How far a place lies from the nearest edge; what is not farther than `enough` may be told as any such figure.
export function toBoundary(p, polys, enough = -1) {
  let best = Infinity;
  for (const rings of polys) {
    for (const ring of rings) {
      for (let i = 0; i + 1 < ring.length; i += 1) {
        best = Math.min(best, pointToSegment(p, ring[i], ring[i + 1]));
        if (best <= enough) {
          return best;
        }
      }
    }
  }
  return best;
}

export function ringArea(ring) {
  let sum = 0;
  const [x0, y0] = ring[0];
  for (let i = 0; i + 1 < ring.length; i += 1) {
    sum += (ring[i][0] - x0) * (ring[i + 1][1] - y0) - (ring[i + 1][0] - x0) * (ring[i][1] - y0);
  }
  return sum / 2;
}

export function polyArea(rings) {
  return rings.reduce((sum, ring, i) => sum + (i ? -1 : 1) * Math.abs(ringArea(ring)), 0);
}

export function areaOf(polys) {
  return polys.reduce((sum, rings) => sum + polyArea(rings), 0);
}

export function lineLength(line) {
  let sum = 0;
  for (let i = 0; i + 1 < line.length; i += 1) {
    sum += Math.hypot(line[i + 1][0] - line[i][0], line[i + 1][1] - line[i][1]);
  }
  return sum;
}

export function lengthOf(lines) {
  return lines.reduce((sum, line) => sum + lineLength(line), 0);
}

export function cross(a, b, c, d) {
  const rx = b[0] - a[0];
  const ry = b[1] - a[1];
  const sx = d[0] - c[0];
  const sy = d[1] - c[1];
  const det = rx * sy - ry * sx;
  return det ? ((c[0] - a[0]) * sy - (c[1] - a[1]) * sx) / det : null;
}

export function hull(points) {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = list => {
    const chain = [];
    for (const p of list) {
      while (chain.length > 1 && side(chain[chain.length - 2], chain[chain.length - 1], p) <= 0) {
        chain.pop();
      }
      chain.push(p);
    }
    return chain;
  };
  const lower = half(sorted);
  const upper = half(sorted.reverse());
  return [...lower.slice(0, -1), ...upper];
}

export function positions(list, found = []) {
  if (!Array.isArray(list)) {
    return null;
  }
  if (typeof list[0] === 'number') {
    found.push(list);
    return found;
  }
  for (const item of list) {
    if (positions(item, found) === null) {
      return null;
    }
  }
  return found;
}
