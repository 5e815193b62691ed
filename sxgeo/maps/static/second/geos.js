// GEOS itself, compiled for the browser: shapes of the page go in as WKB, figures in metres come out.
const COORDINATES = 16;

// Bytes of a shape {polys, lines, points}: a collection of its parts, or the parts alone where they are of one kind.
function wkbOf({polys, lines, points}) {
  const kinds = [polys, lines, points].filter(parts => parts.length).length;
  const chains = [...polys.flat(), ...lines, ...points.map(p => [p])];
  const corners = chains.reduce((sum, chain) => sum + chain.length, 0);
  const heads = 9 * (polys.length + lines.length + points.length + 4) + 4 * polys.flat().length;
  const view = new DataView(new ArrayBuffer(heads + corners * COORDINATES));
  let at = 0;
  const number = value => {
    view.setUint32(at, value, true);
    at += 4;
  };
  const head = (type, count) => {
    view.setUint8(at, 1);
    at += 1;
    number(type);
    if (count !== null) {
      number(count);
    }
  };
  const chain = list => {
    for (const [x, y] of list) {
      view.setFloat64(at, x, true);
      view.setFloat64(at + 8, y, true);
      at += COORDINATES;
    }
  };
  if (kinds !== 1) {
    head(7, kinds);
  }
  if (polys.length) {
    head(6, polys.length);
    for (const rings of polys) {
      head(3, rings.length);
      for (const ring of rings) {
        number(ring.length);
        chain(ring);
      }
    }
  }
  if (lines.length) {
    head(5, lines.length);
    for (const line of lines) {
      head(2, line.length);
      chain(line);
    }
  }
  if (points.length) {
    head(4, points.length);
    for (const point of points) {
      head(1, null);
      chain([point]);
    }
  }
  return new Uint8Array(view.buffer, 0, at);
}

// The shape of some bytes that GEOS wrote.
function shapeOfWkb(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = {polys: [], lines: [], points: []};
  let at = 0;
  const number = () => {
    at += 4;
    return view.getUint32(at - 4, true);
  };
  const chain = count =>
    Array.from({length: count}, () => {
      at += COORDINATES;
      return [view.getFloat64(at - 16, true), view.getFloat64(at - 8, true)];
    });
  const part = () => {
    at += 1;
    const type = number();
    if (type === 1) {
      const [point] = chain(1);
      if (Number.isFinite(point[0])) {
        shape.points.push(point);
      }
    } else if (type === 2) {
      const line = chain(number());
      if (line.length) {
        shape.lines.push(line);
      }
    } else if (type === 3) {
      const rings = Array.from({length: number()}, () => chain(number()));
      if (rings.length) {
        shape.polys.push(rings);
      }
    } else {
      for (let left = number(); left > 0; left -= 1) {
        part();
      }
    }
  };
  part();
  return shape;
}

export class Geos {
  constructor(geos) {
    this.geos = geos;
    this.reader = geos.GEOSWKBReader_create();
    this.writer = geos.GEOSWKBWriter_create();
    this.out = geos.Module._malloc(8);
    this.known = new Map();
    this.apart = new Map();
  }

  // What GEOS holds of a shape, until it is let go.
  of(shape) {
    if (!this.known.has(shape)) {
      const bytes = wkbOf(shape);
      const at = this.geos.Module._malloc(bytes.length);
      this.geos.Module.HEAPU8.set(bytes, at);
      const geometry = this.geos.GEOSWKBReader_read(this.reader, at, bytes.length);
      this.geos.Module._free(at);
      this.known.set(shape, this.sound(geometry));
    }
    return this.known.get(shape);
  }

  // Lets all go that was read in since the last time.
  release() {
    for (const geometry of this.known.values()) {
      this.geos.GEOSGeom_destroy(geometry);
    }
    this.known.clear();
    this.apart.clear();
  }

  sound(geometry) {
    if (!geometry) {
      throw new Error('GEOS cannot work with a shape');
    }
    return geometry;
  }

  // A figure that GEOS writes, or NaN where it cannot.
  figure(name, ...geometries) {
    const done = this.geos[name](...geometries, this.out);
    return done ? this.geos.Module.getValue(this.out, 'double') : NaN;
  }

  distance(one, other) {
    if (!this.apart.has(one)) {
      this.apart.set(one, new Map());
    }
    const known = this.apart.get(one);
    if (!known.has(other)) {
      known.set(other, this.figure('GEOSDistance', this.of(one), this.of(other)));
    }
    return known.get(other);
  }

  // A shape that GEOS makes of others, worked with and let go.
  made(name, geometries, use) {
    const geometry = this.sound(this.geos[name](...geometries));
    try {
      return use(geometry);
    } finally {
      this.geos.GEOSGeom_destroy(geometry);
    }
  }

  amounts(geometry) {
    return {
      area: this.figure('GEOSArea', geometry),
      length: this.figure('GEOSLength', geometry),
      shape: this.read(geometry),
    };
  }

  read(geometry) {
    const {Module} = this.geos;
    const at = this.geos.GEOSWKBWriter_write(this.writer, geometry, this.out);
    const size = Module.getValue(this.out, 'i32');
    const shape = shapeOfWkb(Module.HEAPU8.slice(at, at + size));
    this.geos.GEOSFree(at);
    return shape;
  }

  common(one, other) {
    return this.made('GEOSIntersection', [this.of(one), this.of(other)], g => this.amounts(g));
  }

  // What of a shape lies outside others, which may overlap each other.
  beyond(shape, others) {
    return this.made('GEOSUnaryUnion', [this.of(others)], whole =>
      this.made('GEOSDifference', [this.of(shape), whole], g => this.amounts(g)),
    );
  }

  // The largest distance of places to the edge of polygons, and where.
  deepest(places, shape) {
    return this.made('GEOSBoundary', [this.of(shape)], edge => {
      const prepared = this.geos.GEOSPrepare(edge);
      let best = [0, null];
      for (const place of places) {
        const point = this.geos.GEOSGeom_createPointFromXY(place[0], place[1]);
        const depth = this.figure('GEOSPreparedDistance', prepared, point);
        this.geos.GEOSGeom_destroy(point);
        if (!(depth <= best[0])) {
          best = [depth, place];
        }
      }
      this.geos.GEOSPreparedGeom_destroy(prepared);
      return best;
    });
  }

  // How much of the edge of a shape lies within some metres of that of another.
  along(one, other, metres) {
    return this.made('GEOSBoundary', [this.of(other)], edge =>
      this.made('GEOSBuffer', [edge, metres, 16], strip =>
        this.made('GEOSBoundary', [this.of(one)], own =>
          this.made('GEOSIntersection', [own, strip], g => this.figure('GEOSLength', g)),
        ),
      ),
    );
  }
}
