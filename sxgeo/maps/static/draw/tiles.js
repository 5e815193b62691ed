// Classes of many features on canvas tiles. Tiles are cut at the exact zoom of the map, fractions included, so nothing is stretched; hatches are
// laid from the world's corner and whole shapes are drawn into every tile that they meet, so no seam is seen.
import {Brush, TILE_PX} from './brush.js';
import {metresPerPixel} from './labels.js';
import {pager} from './pager.js';
import {recordCard} from './popup.js';
import {areaSwatch} from './rows.js';
import {Store} from './store.js';

const NAME_ZOOM = 14;
const MOST_NAMES = 120;
const NAMES = 'sx-tile-name';
// Dots of a canvas for one of the sheet, at least.
const PAPER_RATIO = 2;

const DrawnTiles = L.GridLayer.extend({
  initialize(page, store, cls, options) {
    L.GridLayer.prototype.initialize.call(this, {
      tileSize: TILE_PX,
      pane: 'sx-tiles',
      keepBuffer: 1,
      updateWhenIdle: false,
      updateInterval: 120,
      ...options,
    });
    Object.assign(this, {page, cls, brush: new Brush(page, store, cls)});
  },

  createTile(coords, done) {
    const canvas = document.createElement('canvas');
    const printing = document.documentElement.classList.contains('sx-printing');
    const ratio = Math.max(window.devicePixelRatio || 1, printing ? PAPER_RATIO : 0);
    canvas.width = canvas.height = Math.round(TILE_PX * ratio);
    canvas.setAttribute('aria-hidden', 'true');
    const draw = () => {
      if (this._map) {
        this.brush.draw(canvas, coords, ratio);
      }
      done(null, canvas);
    };
    if (printing) {
      this.brush.draw(canvas, coords, ratio);
      setTimeout(() => done(null, canvas));
    } else {
      setTimeout(draw);
    }
    return canvas;
  },

  // Old tiles stay until every new one is drawn, and tiles do not fade in.
  _pruneTiles() {
    if (this._noTilesToLoad()) {
      L.GridLayer.prototype._pruneTiles.call(this);
    }
  },

  _tileReady(coords, error, tile) {
    const map = this._map;
    const held = this._tiles[this._tileCoordsToKey(coords)];
    if (!map || (held && held.loaded)) {
      return;
    }
    const fades = map._fadeAnimated;
    map._fadeAnimated = false;
    L.GridLayer.prototype._tileReady.call(this, coords, error, tile);
    map._fadeAnimated = fades;
  },

  settle() {
    for (const tile of Object.values(this._map ? this._tiles : {})) {
      if (!tile.loaded) {
        this._tileReady(tile.coords, null, tile.el);
      }
    }
  },

  // As Leaflet's own, but without rounding the zoom.
  _setView(center, zoom, noPrune, noUpdate) {
    if (!noUpdate || zoom !== this._tileZoom) {
      this._tileZoom = zoom;
      this._updateLevels();
      this._resetGrid();
      this._update(center);
      if (!noPrune) {
        this._pruneTiles();
      }
      this._noPrune = Boolean(noPrune);
    }
    this._setZoomTransforms(center, zoom);
  },
});

// All tiled classes of a page: their layers, what was clicked, popups.
export class Tiles {
  constructor(page, read) {
    Object.assign(this, {page, map: page.map, stores: {}, layers: {}});
    for (const told of page.data.tiled || []) {
      const store = new Store(told, read(told.geometry));
      const cls = page.classes[told.cls];
      this.stores[told.cls] = store;
      this.layers[told.cls] = new DrawnTiles(page, store, cls).addTo(page.group(told.cls));
    }
    if (page.data.tiled && page.data.tiled.length) {
      this.listen();
      this.map.on('moveend', () => this.names());
    }
  }

  // Near by, what lies in view has its name: few of each class, so that a map of plots stays one.
  names() {
    const {labels, map, off} = this.page;
    labels.drop(NAMES);
    if (map.getZoom() >= NAME_ZOOM) {
      const view = map.getBounds();
      for (const store of Object.values(this.stores)) {
        for (const row of store.within(view, MOST_NAMES)) {
          labels.add({
            text: store.text('zh', row) || store.text('id', row),
            en: store.text('en', row),
            cls: NAMES,
            places: [store.inside(row)],
            priority: 800 + row / store.count,
            shown: () => !off.has(store.cls),
          });
        }
      }
    }
    labels.place();
  }

  pager(...given) {
    return pager(...given);
  }

  count(cls) {
    return this.stores[cls] ? this.stores[cls].count : 0;
  }

  // What the legend shows of a tiled class: its hatch where it has areas, else nothing of its own.
  swatch(cls) {
    const store = this.stores[cls.id];
    if (!store || !store.chains.dims.values.includes(2)) {
      return null;
    }
    return areaSwatch(cls);
  }

  loading() {
    return Object.values(this.layers).some(layer => layer._map && layer.isLoading());
  }

  // Paper does not wait: what was drawn for it is shown at once.
  settle() {
    for (const layer of Object.values(this.layers)) {
      layer.settle();
    }
  }

  // Clicks are looked at before Leaflet gives them to what lies under the tiles; markers, sites, popups and controls lie above.
  listen() {
    const box = this.map.getContainer();
    const above =
      '.leaflet-marker-pane, .leaflet-popup-pane, .leaflet-sx-sites-pane path, .leaflet-control, .sx-sheet, button, input';
    box.addEventListener(
      'click',
      event => {
        if (event.target.closest(above) || (this.map.dragging && this.map.dragging.moved())) {
          return;
        }
        const at = this.map.mouseEventToLatLng(event);
        const found = this.hit(at);
        if (!found) {
          return;
        }
        event.stopPropagation();
        this.open(...found, at);
      },
      true,
    );
    let asked = null;
    box.addEventListener('mousemove', event => {
      if (!asked) {
        requestAnimationFrame(() => {
          box.classList.toggle(
            'sx-over',
            !asked.target.closest(above) && Boolean(this.hit(this.map.mouseEventToLatLng(asked))),
          );
          asked = null;
        });
      }
      asked = event;
    });
  }

  hit(at) {
    const degrees = px => (metresPerPixel(this.map, at.lat) * px) / 111320;
    for (const [cls, store] of Object.entries(this.stores).reverse()) {
      const row = this.page.off.has(cls)
        ? -1
        : store.hit(at.lat, at.lng, degrees(3), degrees(this.page.symbolSize() / 2 + 2));
      if (row >= 0) {
        return [store, row];
      }
    }
    return null;
  }

  open(store, row, at) {
    const {page} = this;
    const feature = store.feature(row);
    const cls = page.classes[store.cls];
    const dim = store.chains.dims.at(row);
    L.popup({...page.popup(), offset: [0, -2]})
      .setLatLng(at || feature.at)
      .setContent(recordCard(page, feature, cls))
      .openOn(this.map);
    page.select(feature, cls);
    const look = page.pane('rings', {
      interactive: false,
      color: cls.colour,
      weight: 3.4,
      fill: false,
    });
    if (dim) {
      L[dim === 2 ? 'polygon' : 'polyline'](store.rings(row), look).addTo(page.selection);
    }
  }

  search(wanted, most, plain, spelt) {
    const found = [];
    for (const [cls, store] of Object.entries(this.stores)) {
      for (const row of found.length < most
        ? store.search(wanted, most - found.length, plain, spelt)
        : []) {
        const {zh, id, county} = store.feature(row);
        found.push({
          zh,
          id,
          county,
          what: this.page.classes[cls].zh,
          go: () => this.showRow(store, row),
        });
      }
    }
    return found;
  }

  // Show a record by its id; false when it is in no store.
  show(id) {
    for (const store of Object.values(this.stores)) {
      const row = store.find(id);
      if (row >= 0) {
        this.showRow(store, row);
        return true;
      }
    }
    return false;
  }

  showRow(store, row) {
    if (this.page.off.has(store.cls)) {
      document.querySelector(`input[data-layer="${store.cls}"]`).click();
    }
    if (window.innerWidth <= 760) {
      document.getElementById('sx-fold').setAttribute('aria-expanded', 'false');
    }
    const [west, south, east, north] = store.chains.box(row);
    const box = L.latLngBounds([
      [south, west],
      [north, east],
    ]);
    const fit = Math.min(15, this.map.getBoundsZoom(box.pad(1)));
    this.map.setView(store.inside(row), Math.max(fit, 11), {animate: false});
    this.open(store, row);
  }
}
