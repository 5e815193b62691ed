// What may lie under the map: a picture that stands in the page, or tiles of the one origin that the page's policy names.
// Tiles drawn in GCJ-02 are moved one by one, by the offset at their centre; the grid of offsets comes from the library.
import {svg} from './dom.js';
import {checkRow, heading} from './rows.js';

class ShiftGrid {
  constructor(grid) {
    Object.assign(this, grid, {rows: grid.lon.length / grid.columns});
  }

  at(lon, lat) {
    const inside = (value, count) => Math.min(Math.max(value, 0), count - 1.000001);
    const x = inside((lon - this.west) / this.step, this.columns);
    const y = inside((lat - this.south) / this.step, this.rows);
    const i = Math.floor(x);
    const j = Math.floor(y);
    const u = x - i;
    const v = y - j;
    const first = j * this.columns + i;
    const second = first + this.columns;
    const mix = values =>
      ((values[first] * (1 - u) + values[first + 1] * u) * (1 - v) +
        (values[second] * (1 - u) + values[second + 1] * u) * v) /
      1e7;
    return [mix(this.lon), mix(this.lat)];
  }
}

function shiftedTiles(url, options, shift) {
  const Base = L.TileLayer.prototype;
  const grid = new ShiftGrid(shift);
  const drift = (map, place, zoom) => {
    const [lon, lat] = grid.at(place.lng, place.lat);
    return map.project([place.lat + lat, place.lng + lon], zoom).subtract(map.project(place, zoom));
  };
  const Shifted = L.TileLayer.extend({
    _getTilePos(coords) {
      const size = this.getTileSize();
      const centre = this._map.unproject(coords.add([0.5, 0.5]).scaleBy(size), coords.z);
      return Base._getTilePos
        .call(this, coords)
        .add(drift(this._map, centre, coords.z))
        .round();
    },
    _getTiledPixelBounds(centre) {
      const bounds = Base._getTiledPixelBounds.call(this, centre);
      const move = drift(this._map, centre, this._tileZoom);
      const pad = L.point(24, 24);
      return L.bounds(bounds.min.subtract(move).subtract(pad), bounds.max.subtract(move).add(pad));
    },
  });
  return new Shifted(url, options);
}

export function drawBackdrop(page) {
  for (const layer of page.data.backdrop || []) {
    const group = page.group('backdrop-' + layer.kind);
    if (layer.kind === 'image') {
      page.map.getPane('sx-relief').style.mixBlendMode = 'multiply';
      L.imageOverlay(layer.uri, layer.bounds, {
        pane: 'sx-relief',
        interactive: false,
        alt: '',
      }).addTo(group);
      continue;
    }
    const options = {
      pane: 'sx-backdrop',
      minNativeZoom: layer.zoom[0],
      maxNativeZoom: layer.zoom[1],
      maxZoom: 19,
      keepBuffer: 1,
      alt: '',
    };
    (layer.shift
      ? shiftedTiles(layer.url, options, layer.shift)
      : L.tileLayer(layer.url, options)
    ).addTo(group);
  }
}

export function backdropLegend(page, root) {
  const kinds = new Map((page.data.backdrop || []).map(layer => [layer.kind, layer]));
  if (!kinds.size) {
    return;
  }
  root.append(heading('底图', 'Background', kinds.has('tiles') ? '联网，不参与核查' : null));
  for (const [kind, layer] of kinds) {
    const box = svg(
      'svg',
      {width: 18, height: 14, 'aria-hidden': 'true'},
      svg('rect', {
        x: 1,
        y: 1,
        width: 16,
        height: 12,
        fill: kind === 'image' ? '#b9bdb8' : '#c8dcef',
        stroke: '#7b8a94',
      }),
    );
    root.append(
      checkRow('backdrop-' + kind, box, layer.zh, '', {
        en: layer.en,
        title: layer.en,
        toggle: on => page.toggle('backdrop-' + kind, on),
      }),
    );
  }
}
