// Reads what sxgeo/maps/columns.py writes: whole numbers as letters, columns of a table, chains of coordinates. Pure.
const BLOCK = 32;
const ENDS = 56;
const DIGIT = (() => {
  const digits = new Uint8Array(128);
  for (let code = 0x21, value = 0; code < 0x7f; code += 1) {
    if (!'"&/<>\\'.includes(String.fromCharCode(code))) {
      digits[code] = value;
      value += 1;
    }
  }
  return digits;
})();

// A reader of numbers: next() gives the next one from 0, step() the next one of either sign.
export class Numbers {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  next() {
    let value = 0;
    let scale = 1;
    for (;;) {
      const digit = DIGIT[this.text.charCodeAt(this.at++)];
      if (digit === undefined) {
        throw new Error('a column of the page is cut short');
      }
      value += digit * scale;
      if (digit < ENDS) {
        return value;
      }
      scale *= 32;
    }
  }

  step() {
    const value = this.next();
    return value % 2 ? -(value + 1) / 2 : value / 2;
  }
}

// A column of `count` rows: at(row) gives the row's value, code(row) its number among the values.
export class Column {
  constructor(told, count) {
    this.values = told.values;
    this.count = count;
    this.codes = null;
    if (told.codes) {
      const Kind =
        told.values.length < 256
          ? Uint8Array
          : told.values.length < 65536
            ? Uint16Array
            : Uint32Array;
      const reader = new Numbers(told.codes);
      this.codes = new Kind(count);
      for (let row = 0; row < count; row += 1) {
        this.codes[row] = reader.next();
      }
    }
  }

  code(row) {
    return this.codes ? this.codes[row] : 0;
  }

  at(row) {
    return this.values[this.code(row)];
  }

  walk(from, to, fn) {
    for (let row = from; row < to; row += 1) {
      if (fn(this.at(row), row) === true) {
        return;
      }
    }
  }
}

// A column of texts; it stays as it was written and a text is put together when it is asked for.
export class Texts {
  constructor(told, count) {
    this.text = told.text;
    this.count = count;
    this.blocks = new Uint32Array(Math.ceil(count / BLOCK));
    const reader = new Numbers(this.text);
    for (let row = 0; row < count; row += 1) {
      if (row % BLOCK === 0) {
        this.blocks[row / BLOCK] = reader.at;
      }
      reader.at += 1;
      const length = reader.next();
      reader.at += length;
    }
  }

  // fn(text, row) for rows from..to; stops when fn gives true
  walk(from, to, fn) {
    const reader = new Numbers(this.text);
    let text = '';
    reader.at = this.blocks[Math.floor(from / BLOCK)];
    for (let row = from - (from % BLOCK); row < to; row += 1) {
      const shared = reader.next();
      const length = reader.next();
      text = text.slice(0, shared) + this.text.substr(reader.at, length);
      reader.at += length;
      if (row >= from && fn(text, row) === true) {
        return;
      }
    }
  }

  at(row) {
    let found = '';
    this.walk(row, row + 1, text => {
      found = text;
    });
    return found;
  }
}

export function columnOf(told, count) {
  return told.text === undefined ? new Column(told, count) : new Texts(told, count);
}

// Chains of many features in flat arrays: of feature i the chains starts[i]..starts[i + 1], of chain c the points ends[c]..ends[c + 1],
// of point p the whole steps xy[2 p] (lon) and xy[2 p + 1] (lat).
export class Chains {
  constructor(told, count) {
    this.count = count;
    this.scale = 10 ** told.digits;
    this.dims = new Column(told.dims, count);
    this.starts = running(new Column(told.chains, count), count);
    const chains = this.starts[count];
    this.ends = running(new Column(told.points, chains), chains);
    this.fresh = told.fresh ? new Column(told.fresh, chains) : null;
    this.xy = new Int32Array(2 * this.ends[chains]);
    this.boxes = new Int32Array(4 * count);
    this.read(told.xy);
  }

  // The loop over every digit stands here once more, because it is the whole cost of opening a large page; sums are taken modulo 2^32.
  read(text) {
    const {xy, boxes, starts, ends} = this;
    let at = 0;
    let firstX = 0;
    let firstY = 0;
    for (let i = 0; i < this.count; i += 1) {
      let west = 2147483647;
      let south = 2147483647;
      let east = -2147483648;
      let north = -2147483648;
      for (let c = starts[i]; c < starts[i + 1]; c += 1) {
        let x = firstX;
        let y = firstY;
        for (let p = ends[c]; p < ends[c + 1]; p += 1) {
          let digit = DIGIT[text.charCodeAt(at++)];
          let value = digit;
          let shift = 5;
          while (digit >= ENDS) {
            digit = DIGIT[text.charCodeAt(at++)];
            value += digit << shift;
            shift += 5;
          }
          value |= 0;
          x += (value >>> 1) ^ -(value & 1);
          digit = DIGIT[text.charCodeAt(at++)];
          value = digit;
          shift = 5;
          while (digit >= ENDS) {
            digit = DIGIT[text.charCodeAt(at++)];
            value += digit << shift;
            shift += 5;
          }
          value |= 0;
          y += (value >>> 1) ^ -(value & 1);
          if (p === ends[c]) {
            firstX = x;
            firstY = y;
          }
          xy[2 * p] = x;
          xy[2 * p + 1] = y;
          if (x < west) {
            west = x;
          }
          if (x > east) {
            east = x;
          }
          if (y < south) {
            south = y;
          }
          if (y > north) {
            north = y;
          }
        }
      }
      boxes.set([west, south, east, north], 4 * i);
    }
  }

  // West, south, east, north of a feature in degrees.
  box(i) {
    return [0, 1, 2, 3].map(k => this.boxes[4 * i + k] / this.scale);
  }

  points(c) {
    const list = [];
    for (let p = this.ends[c]; p < this.ends[c + 1]; p += 1) {
      list.push([this.xy[2 * p] / this.scale, this.xy[2 * p + 1] / this.scale]);
    }
    return list;
  }

  // Feature i as GeoJSON; only where the parts were written.
  geometry(i) {
    const dim = this.dims.at(i);
    const lists = [];
    const parts = [];
    for (let c = this.starts[i]; c < this.starts[i + 1]; c += 1) {
      const list = this.points(c);
      if (dim === 2) {
        list.push(list[0].slice());
      }
      lists.push(list);
      if (this.fresh.at(c)) {
        parts.push([list]);
      } else {
        parts[parts.length - 1].push(list);
      }
    }
    const many = parts.length > 1;
    if (dim === 2) {
      return {type: many ? 'MultiPolygon' : 'Polygon', coordinates: many ? parts : parts[0]};
    }
    if (dim === 1) {
      return {type: many ? 'MultiLineString' : 'LineString', coordinates: many ? lists : lists[0]};
    }
    return {
      type: many ? 'MultiPoint' : 'Point',
      coordinates: many ? lists.map(list => list[0]) : lists[0][0],
    };
  }
}

function running(column, count) {
  const sums = new Uint32Array(count + 1);
  for (let row = 0; row < count; row += 1) {
    sums[row + 1] = sums[row] + column.at(row);
  }
  return sums;
}

// The records of a layer whose columns stand apart, as plain objects, and its geometry.
export function openColumns(layer, told) {
  const {count} = told;
  const columns = Object.entries(told.columns).map(([name, column]) => [
    name,
    columnOf(column, count),
  ]);
  layer.records = Array.from({length: count}, () => ({}));
  for (const [name, column] of columns) {
    column.walk(0, count, (value, row) => {
      layer.records[row][name] = value;
    });
  }
  layer.chains = new Chains(told.geometry, told.drawn);
  const drawn = new Column(told.has, count);
  layer.chains.rowOf = new Int32Array(count).fill(-1);
  for (let row = 0, next = 0; row < count; row += 1) {
    if (drawn.at(row)) {
      layer.chains.rowOf[row] = next++;
    }
  }
}
