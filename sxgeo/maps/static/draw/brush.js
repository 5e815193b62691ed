// Draws one class into canvas tiles: what is too small to be seen becomes a dot.
import {hatchPath} from './draw.js';

export const TILE_PX = 256;
const HATCH_PERIOD_PX = 72;
const DOT_PX = 2.2;
const TINY_PX = 5.5;
const SMALL_PX = 9;
const MOST_DOTS = 3;
const TABLE_DEG = 0.01;
const BATCH = 50;

// Draws one store into tiles.
export class Brush {
  constructor(page, store, cls) {
    Object.assign(this, {page, store, cls});
    const {values} = store.columns.kind;
    const members = store.columns.member;
    this.sketched = values.map(kind => kind === 'extent_box');
    this.lead = members.values.map(member => member === 'candidate');
    this.solid = store.columns.mark.values.map(mark => mark === 'object');
    this.sprites = new Map();
    const [, south, , north] = store.tree.box;
    const scale = store.chains.scale;
    this.south = Math.floor(south / scale / TABLE_DEG) - 1;
    this.table = new Float64Array(Math.ceil(north / scale / TABLE_DEG) - this.south + 3);
    this.table.forEach((_, i) => {
      const s = Math.sin((Math.min(85, (this.south + i) * TABLE_DEG) * Math.PI) / 180);
      this.table[i] = 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI);
    });
  }

  // Share of the world's height from its north edge; between the table's rows the error is below a hundredth of a pixel at zoom 16.
  down(step) {
    const at = step / this.store.chains.scale / TABLE_DEG - this.south;
    const row = Math.floor(at);
    return this.table[row] + (at - row) * (this.table[row + 1] - this.table[row]);
  }

  draw(canvas, coords, ratio) {
    const {store, page} = this;
    const {chains, rank, order} = store;
    const world = TILE_PX * 2 ** coords.z;
    const pad = page.symbolSize() / 2 + 3;
    const ox = (coords.x * TILE_PX) % HATCH_PERIOD_PX;
    const oy = (coords.y * TILE_PX) % HATCH_PERIOD_PX;
    const view = {
      ctx: canvas.getContext('2d'),
      ratio,
      perStep: world / 360 / chains.scale,
      left: world / 2 - coords.x * TILE_PX + ox,
      world,
      top: oy - coords.y * TILE_PX,
      ox,
      oy,
    };
    view.ctx.setTransform(ratio, 0, 0, ratio, -ox * ratio, -oy * ratio);
    const lonAt = x => (x / world - 0.5) * 360 * chains.scale;
    const latAt = y =>
      ((Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / world))) * 180) / Math.PI) * chains.scale;
    const x = coords.x * TILE_PX;
    const y = coords.y * TILE_PX;
    const places = [];
    store.tree.search(
      lonAt(x - pad),
      latAt(y + TILE_PX + pad),
      lonAt(x + TILE_PX + pad),
      latAt(y - pad),
      row => places.push(rank[row]),
    );
    this.paint(
      view,
      Uint32Array.from(places)
        .sort()
        .map(place => order[place]),
    );
  }

  paint(view, rows) {
    const {chains} = this.store;
    const taken = new Uint8Array(TILE_PX * TILE_PX);
    const groups = new Map();
    const points = [];
    for (const row of rows) {
      const b = 4 * row;
      const wide = (chains.boxes[b + 2] - chains.boxes[b]) * view.perStep;
      const dim = chains.dims.at(row);
      const top = view.top + view.world * this.down(chains.boxes[b + 3]);
      const high = view.top + view.world * this.down(chains.boxes[b + 1]) - top;
      const size = Math.max(wide, high);
      if (dim === 0) {
        points.push(row);
      } else if (size < DOT_PX) {
        this.dot(
          view,
          view.left + chains.boxes[b] * view.perStep + wide / 2,
          top + high / 2,
          taken,
        );
      } else {
        const style =
          dim * 16 +
          (size < TINY_PX ? 8 : 0) +
          (size < SMALL_PX ? 4 : 0) +
          (this.sketched[this.code('kind', row)] ? 2 : 0) +
          (this.lead[this.code('member', row)] ? 1 : 0);
        if (!groups.has(style)) {
          groups.set(style, []);
        }
        groups.get(style).push(row);
      }
    }
    for (const style of [...groups.keys()].sort((a, b) => b - a)) {
      const group = groups.get(style);
      for (let i = 0; i < group.length; i += BATCH) {
        this.shapes(view, group.slice(i, i + BATCH), style);
      }
    }
    if (points.length) {
      this.points(view, points, taken);
    }
  }

  code(name, row) {
    return this.store.columns[name].code(row);
  }

  // A feature of a pixel or so; where many fall into one pixel it grows darker, up to MOST_DOTS of them.
  dot(view, x, y, taken) {
    const column = Math.floor(x - view.ox);
    const row = Math.floor(y - view.oy);
    if (column < -1 || row < -1 || column >= TILE_PX || row >= TILE_PX) {
      return;
    }
    if (column >= 0 && row >= 0 && (taken[row * TILE_PX + column] += 1) > MOST_DOTS) {
      taken[row * TILE_PX + column] = MOST_DOTS;
      return;
    }
    view.ctx.globalAlpha = 0.5;
    view.ctx.fillStyle = this.cls.colour;
    view.ctx.fillRect(Math.floor(x), Math.floor(y), 1.25, 1.25);
  }

  shapes(view, rows, style) {
    const {ctx} = view;
    const surface = style >= 32;
    const tiny = style & 8;
    const small = style & 4;
    const sketched = style & 2;
    const path = new Path2D();
    for (const row of rows) {
      this.trace(view, path, row, surface);
    }
    ctx.globalAlpha = style & 1 ? 0.5 : 1;
    ctx.strokeStyle = this.cls.colour;
    ctx.lineJoin = 'round';
    if (surface) {
      ctx.fillStyle = small || sketched ? this.cls.colour : this.hatch(view);
      if (small || sketched) {
        ctx.globalAlpha *= sketched ? 0.08 : tiny ? 0.6 : 0.3;
      }
      ctx.fill(path, 'nonzero');
      if (tiny && !sketched) {
        return;
      }
      ctx.globalAlpha = style & 1 ? 0.5 : 1;
    }
    ctx.lineWidth = surface ? (small ? 0.7 : 1.4) : small ? 1.5 : 3;
    ctx.setLineDash(sketched ? [5, 4] : []);
    ctx.stroke(path);
    ctx.setLineDash([]);
  }

  trace(view, path, row, surface) {
    const {starts, ends, xy} = this.store.chains;
    for (let c = starts[row]; c < starts[row + 1]; c += 1) {
      let lastX = Infinity;
      let lastY = Infinity;
      for (let p = ends[c]; p < ends[c + 1]; p += 1) {
        const x = view.left + xy[2 * p] * view.perStep;
        const y = view.top + view.world * this.down(xy[2 * p + 1]);
        if (p === ends[c]) {
          path.moveTo(x, y);
        } else if (Math.abs(x - lastX) + Math.abs(y - lastY) < 0.7 && p + 1 < ends[c + 1]) {
          continue;
        } else {
          path.lineTo(x, y);
        }
        lastX = x;
        lastY = y;
      }
      if (surface) {
        path.closePath();
      }
    }
  }

  points(view, rows, taken) {
    const {starts, ends, xy} = this.store.chains;
    const crowded = rows.length > 3000;
    const size = this.page.symbolSize();
    for (const row of rows) {
      for (let c = starts[row]; c < starts[row + 1]; c += 1) {
        const p = ends[c];
        const x = view.left + xy[2 * p] * view.perStep;
        const y = view.top + view.world * this.down(xy[2 * p + 1]);
        if (crowded) {
          this.dot(view, x, y, taken);
          continue;
        }
        view.ctx.globalAlpha = this.lead[this.code('member', row)] ? 0.5 : 1;
        view.ctx.drawImage(
          this.sprite(this.solid[this.code('mark', row)], size, view.ratio),
          x - size / 2,
          y - size / 2,
          size,
          size,
        );
      }
    }
  }

  // The class's symbol as a picture, the same that markers show.
  sprite(solid, size, ratio) {
    const key = `${solid} ${size} ${ratio}`;
    if (!this.sprites.has(key)) {
      const canvas = document.createElement('canvas');
      const ctx = canvas.getContext('2d');
      const path = new Path2D(this.cls.path);
      canvas.width = canvas.height = Math.ceil(size * ratio);
      ctx.scale(canvas.width / 22, canvas.height / 22);
      ctx.translate(11, 11);
      ctx.lineJoin = 'round';
      Object.assign(
        ctx,
        solid
          ? {fillStyle: this.cls.colour, strokeStyle: '#fff', lineWidth: 1.7}
          : {fillStyle: '#fffdf8', strokeStyle: this.cls.colour, lineWidth: 2.5},
      );
      if (solid) {
        ctx.stroke(path);
      }
      ctx.fill(path, 'evenodd');
      if (!solid) {
        ctx.stroke(path);
      }
      this.sprites.set(key, canvas);
    }
    return this.sprites.get(key);
  }

  hatch(view) {
    const key = `hatch ${view.ratio}`;
    if (!this.sprites.has(key)) {
      const [size, path] = hatchPath(this.cls.hatch);
      const canvas = document.createElement('canvas');
      const ctx = canvas.getContext('2d');
      canvas.width = canvas.height = Math.round(size * view.ratio);
      ctx.scale(canvas.width / size, canvas.height / size);
      ctx.globalAlpha = 0.16;
      ctx.fillStyle = ctx.strokeStyle = this.cls.colour;
      ctx.fillRect(0, 0, size, size);
      ctx.globalAlpha = 1;
      ctx.lineWidth = 1.3;
      ctx.stroke(new Path2D(path));
      const pattern = ctx.createPattern(canvas, 'repeat');
      pattern.setTransform(new DOMMatrix().scale(size / canvas.width));
      this.sprites.set(key, pattern);
    }
    return this.sprites.get(key);
  }
}
