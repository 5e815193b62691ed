// Classes of many features on canvas tiles. Tiles are cut at the exact zoom of the map, fractions included, so nothing is stretched; hatches are
// laid from the world's corner and whole shapes are drawn into every tile that they meet, so no seam is seen.
const TILE_PX = 256, HATCH_PERIOD_PX = 72, DOT_PX = 2.2, TINY_PX = 5.5, SMALL_PX = 9, MOST_DOTS = 3, TABLE_DEG = .01, BATCH = 50;

const DrawnTiles = L.GridLayer.extend({
  initialize(page, store, cls, options) {
    L.GridLayer.prototype.initialize.call(this, {tileSize: TILE_PX, pane: 'sx-tiles', keepBuffer: 1, updateWhenIdle: false, updateInterval: 120, ...options});
    Object.assign(this, {page, cls, brush: new Brush(page, store, cls)});
  },

  createTile(coords, done) {
    const canvas = document.createElement('canvas'), ratio = window.devicePixelRatio || 1;
    canvas.width = canvas.height = Math.round(TILE_PX * ratio);
    canvas.setAttribute('aria-hidden', 'true');
    const draw = () => { if (this._map) this.brush.draw(canvas, coords, ratio); done(null, canvas); };
    if (document.body.classList.contains('sx-printing')) { this.brush.draw(canvas, coords, ratio); setTimeout(() => done(null, canvas)); } else setTimeout(draw);
    return canvas;
  },

  // Old tiles stay until every new one is drawn, and tiles do not fade in.
  _pruneTiles() { if (this._noTilesToLoad()) L.GridLayer.prototype._pruneTiles.call(this); },

  _tileReady(coords, error, tile) {
    const map = this._map;
    if (!map) return;
    const fades = map._fadeAnimated;
    map._fadeAnimated = false;
    L.GridLayer.prototype._tileReady.call(this, coords, error, tile);
    map._fadeAnimated = fades;
  },

  // As Leaflet's own, but without rounding the zoom.
  _setView(center, zoom, noPrune, noUpdate) {
    if (!noUpdate || zoom !== this._tileZoom) {
      this._tileZoom = zoom;
      this._updateLevels();
      this._resetGrid();
      this._update(center);
      if (!noPrune) this._pruneTiles();
      this._noPrune = Boolean(noPrune);
    }
    this._setZoomTransforms(center, zoom);
  },
});

// Draws one store into tiles.
class Brush {
  constructor(page, store, cls) {
    Object.assign(this, {page, store, cls});
    const {values} = store.columns.kind, members = store.columns.member;
    this.sketched = values.map(kind => kind === 'extent_box');
    this.lead = members.values.map(member => member === 'candidate');
    this.solid = store.columns.mark.values.map(mark => mark === 'object');
    this.sprites = new Map();
    const [, south, , north] = store.tree.box, scale = store.chains.scale;
    this.south = Math.floor(south / scale / TABLE_DEG) - 1;
    this.table = new Float64Array(Math.ceil(north / scale / TABLE_DEG) - this.south + 3);
    this.table.forEach((_, i) => {
      const s = Math.sin(Math.min(85, (this.south + i) * TABLE_DEG) * Math.PI / 180);
      this.table[i] = .5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI);
    });
  }

  // Share of the world's height from its north edge; between the table's rows the error is below a hundredth of a pixel at zoom 16.
  down(step) {
    const at = step / this.store.chains.scale / TABLE_DEG - this.south, row = Math.floor(at);
    return this.table[row] + (at - row) * (this.table[row + 1] - this.table[row]);
  }

  draw(canvas, coords, ratio) {
    const {store, page} = this, {chains, rank, order} = store, world = TILE_PX * 2 ** coords.z, pad = page.symbolSize() / 2 + 3;
    const ox = coords.x * TILE_PX % HATCH_PERIOD_PX, oy = coords.y * TILE_PX % HATCH_PERIOD_PX, view = {
      ctx: canvas.getContext('2d'), ratio, perStep: world / 360 / chains.scale, left: world / 2 - coords.x * TILE_PX + ox, world, top: oy - coords.y * TILE_PX, ox, oy,
    };
    view.ctx.setTransform(ratio, 0, 0, ratio, -ox * ratio, -oy * ratio);
    const lonAt = x => (x / world - .5) * 360 * chains.scale, latAt = y => Math.atan(Math.sinh(Math.PI * (1 - 2 * y / world))) * 180 / Math.PI * chains.scale;
    const x = coords.x * TILE_PX, y = coords.y * TILE_PX, places = [];
    store.tree.search(lonAt(x - pad), latAt(y + TILE_PX + pad), lonAt(x + TILE_PX + pad), latAt(y - pad), row => places.push(rank[row]));
    this.paint(view, Uint32Array.from(places).sort().map(place => order[place]));
  }

  paint(view, rows) {
    const {chains} = this.store, taken = new Uint8Array(TILE_PX * TILE_PX), groups = new Map(), points = [];
    for (const row of rows) {
      const b = 4 * row, wide = (chains.boxes[b + 2] - chains.boxes[b]) * view.perStep, dim = chains.dims.at(row);
      const top = view.top + view.world * this.down(chains.boxes[b + 3]), high = view.top + view.world * this.down(chains.boxes[b + 1]) - top;
      const size = Math.max(wide, high);
      if (dim === 0) points.push(row);
      else if (size < DOT_PX) this.dot(view, view.left + chains.boxes[b] * view.perStep + wide / 2, top + high / 2, taken);
      else {
        const style = dim * 16 + (size < TINY_PX ? 8 : 0) + (size < SMALL_PX ? 4 : 0) + (this.sketched[this.code('kind', row)] ? 2 : 0) + (this.lead[this.code('member', row)] ? 1 : 0);
        if (!groups.has(style)) groups.set(style, []);
        groups.get(style).push(row);
      }
    }
    for (const style of [...groups.keys()].sort((a, b) => b - a)) {
      const group = groups.get(style);
      for (let i = 0; i < group.length; i += BATCH) this.shapes(view, group.slice(i, i + BATCH), style);
    }
    if (points.length) this.points(view, points, taken);
  }

  code(name, row) { return this.store.columns[name].code(row); }

  // A feature of a pixel or so; where many fall into one pixel it grows darker, up to MOST_DOTS of them.
  dot(view, x, y, taken) {
    const column = Math.floor(x - view.ox), row = Math.floor(y - view.oy);
    if (column < -1 || row < -1 || column >= TILE_PX || row >= TILE_PX) return;
    if (column >= 0 && row >= 0 && (taken[row * TILE_PX + column] += 1) > MOST_DOTS) { taken[row * TILE_PX + column] = MOST_DOTS; return; }
    view.ctx.globalAlpha = .5;
    view.ctx.fillStyle = this.cls.colour;
    view.ctx.fillRect(Math.floor(x), Math.floor(y), 1.25, 1.25);
  }

  shapes(view, rows, style) {
    const {ctx} = view, surface = style >= 32, tiny = style & 8, small = style & 4, sketched = style & 2, path = new Path2D();
    for (const row of rows) this.trace(view, path, row, surface);
    ctx.globalAlpha = style & 1 ? .5 : 1;
    ctx.strokeStyle = this.cls.colour;
    ctx.lineJoin = 'round';
    if (surface) {
      ctx.fillStyle = small || sketched ? this.cls.colour : this.hatch(view);
      if (small || sketched) ctx.globalAlpha *= sketched ? .08 : tiny ? .6 : .3;
      ctx.fill(path, 'nonzero');
      if (tiny && !sketched) return;
      ctx.globalAlpha = style & 1 ? .5 : 1;
    }
    ctx.lineWidth = surface ? (small ? .7 : 1.4) : small ? 1.5 : 3;
    ctx.setLineDash(sketched ? [5, 4] : []);
    ctx.stroke(path);
    ctx.setLineDash([]);
  }

  trace(view, path, row, surface) {
    const {starts, ends, xy} = this.store.chains;
    for (let c = starts[row]; c < starts[row + 1]; c += 1) {
      let lastX = Infinity, lastY = Infinity;
      for (let p = ends[c]; p < ends[c + 1]; p += 1) {
        const x = view.left + xy[2 * p] * view.perStep, y = view.top + view.world * this.down(xy[2 * p + 1]);
        if (p === ends[c]) path.moveTo(x, y);
        else if (Math.abs(x - lastX) + Math.abs(y - lastY) < .7 && p + 1 < ends[c + 1]) continue;
        else path.lineTo(x, y);
        lastX = x;
        lastY = y;
      }
      if (surface) path.closePath();
    }
  }

  points(view, rows, taken) {
    const {starts, ends, xy} = this.store.chains, crowded = rows.length > 3000, size = this.page.symbolSize();
    for (const row of rows) for (let c = starts[row]; c < starts[row + 1]; c += 1) {
      const p = ends[c], x = view.left + xy[2 * p] * view.perStep, y = view.top + view.world * this.down(xy[2 * p + 1]);
      if (crowded) { this.dot(view, x, y, taken); continue; }
      view.ctx.globalAlpha = this.lead[this.code('member', row)] ? .5 : 1;
      view.ctx.drawImage(this.sprite(this.solid[this.code('mark', row)], size, view.ratio), x - size / 2, y - size / 2, size, size);
    }
  }

  // The class's symbol as a picture, the same that markers show.
  sprite(solid, size, ratio) {
    const key = `${solid} ${size} ${ratio}`;
    if (!this.sprites.has(key)) {
      const canvas = document.createElement('canvas'), ctx = canvas.getContext('2d'), path = new Path2D(this.cls.path);
      canvas.width = canvas.height = Math.ceil(size * ratio);
      ctx.scale(canvas.width / 22, canvas.height / 22);
      ctx.translate(11, 11);
      ctx.lineJoin = 'round';
      Object.assign(ctx, solid ? {fillStyle: this.cls.colour, strokeStyle: '#fff', lineWidth: 1.7} : {fillStyle: '#fffdf8', strokeStyle: this.cls.colour, lineWidth: 2.5});
      if (solid) ctx.stroke(path);
      ctx.fill(path, 'evenodd');
      if (!solid) ctx.stroke(path);
      this.sprites.set(key, canvas);
    }
    return this.sprites.get(key);
  }

  hatch(view) {
    const key = `hatch ${view.ratio}`;
    if (!this.sprites.has(key)) {
      const [size, path] = hatchPath(this.cls.hatch), canvas = document.createElement('canvas'), ctx = canvas.getContext('2d');
      canvas.width = canvas.height = Math.round(size * view.ratio);
      ctx.scale(canvas.width / size, canvas.height / size);
      ctx.globalAlpha = .16;
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

// All tiled classes of a page: their layers, what was clicked, popups.
class Tiles {
  constructor(page, read) {
    Object.assign(this, {page, map: page.map, stores: {}, layers: {}});
    for (const told of page.data.tiled || []) {
      const store = new Store(told, read(told.geometry)), cls = page.classes[told.cls];
      this.stores[told.cls] = store;
      this.layers[told.cls] = new DrawnTiles(page, store, cls).addTo(page.group(told.cls));
    }
    if (page.data.tiled && page.data.tiled.length) this.listen();
  }

  pager(...given) { return pager(...given); }

  count(cls) { return this.stores[cls] ? this.stores[cls].count : 0; }

  // What the legend shows of a tiled class: its hatch where it has areas, else nothing of its own.
  swatch(cls) {
    const store = this.stores[cls.id];
    if (!store || !store.chains.dims.values.includes(2)) return null;
    return areaSwatch(cls);
  }

  loading() { return Object.values(this.layers).some(layer => layer._map && layer.isLoading()); }

  // Clicks are looked at before Leaflet gives them to what lies under the tiles; markers, sites, popups and controls lie above.
  listen() {
    const box = this.map.getContainer(), above = '.leaflet-marker-pane, .leaflet-popup-pane, .leaflet-sx-sites-pane path, .leaflet-control, .sx-sheet, button, input';
    box.addEventListener('click', event => {
      if (event.target.closest(above) || (this.map.dragging && this.map.dragging.moved())) return;
      const at = this.map.mouseEventToLatLng(event), found = this.hit(at);
      if (!found) return;
      event.stopPropagation();
      this.open(...found, at);
    }, true);
    let asked = null;
    box.addEventListener('mousemove', event => {
      if (!asked) requestAnimationFrame(() => {
        box.classList.toggle('sx-over', !asked.target.closest(above) && Boolean(this.hit(this.map.mouseEventToLatLng(asked))));
        asked = null;
      });
      asked = event;
    });
  }

  hit(at) {
    const degrees = px => metresPerPixel(this.map, at.lat) * px / 111320;
    for (const [cls, store] of Object.entries(this.stores).reverse()) {
      const row = this.page.off.has(cls) ? -1 : store.hit(at.lat, at.lng, degrees(3), degrees(this.page.symbolSize() / 2 + 2));
      if (row >= 0) return [store, row];
    }
    return null;
  }

  open(store, row, at) {
    const {page} = this, feature = store.feature(row), cls = page.classes[store.cls], dim = store.chains.dims.at(row);
    L.popup({...page.popup(), offset: [0, -2]}).setLatLng(at || feature.at)
      .setContent(recordCard(page, feature, cls)).openOn(this.map);
    page.select(feature, cls);
    const look = page.pane('rings', {interactive: false, color: cls.colour, weight: 3.4, fill: false});
    if (dim) L[dim === 2 ? 'polygon' : 'polyline'](store.rings(row), look).addTo(page.selection);
  }

  search(wanted, most, plain) {
    const found = [];
    for (const [cls, store] of Object.entries(this.stores)) {
      for (const row of found.length < most ? store.search(wanted, most - found.length, plain) : []) {
        const {zh, id, county} = store.feature(row);
        found.push({zh, id, county, what: this.page.classes[cls].zh, go: () => this.showRow(store, row)});
      }
    }
    return found;
  }

  // Show a record by its id; false when it is in no store.
  show(id) {
    for (const store of Object.values(this.stores)) {
      const row = store.find(id);
      if (row >= 0) { this.showRow(store, row); return true; }
    }
    return false;
  }

  showRow(store, row) {
    if (this.page.off.has(store.cls)) document.querySelector(`input[data-layer="${store.cls}"]`).click();
    if (window.innerWidth <= 760) document.getElementById('sx-fold').setAttribute('aria-expanded', 'false');
    const [west, south, east, north] = store.chains.box(row), box = L.latLngBounds([[south, west], [north, east]]);
    const fit = Math.min(15, this.map.getBoundsZoom(box.pad(1)));
    this.map.setView(store.inside(row), Math.max(fit, 11), {animate: false});
    this.open(store, row);
  }
}
