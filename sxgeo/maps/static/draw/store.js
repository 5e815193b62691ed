// The features of one class that are drawn on tiles: columns, geometry, what lies at a place. Without Leaflet and without a page.
import {Chains, columnOf} from '../check/columns.js';
import {pointToSegment} from '../check/geometry.js';
import {BoxTree, drawingOrder} from './boxes.js';

export class Store {
  constructor(told, geometry) {
    this.cls = told.cls;
    this.count = told.count;
    this.columns = Object.fromEntries(
      Object.entries(told.columns).map(([name, column]) => [name, columnOf(column, told.count)]),
    );
    this.rows = told.rows.map(([label, column]) => [label, columnOf(column, told.count)]);
    this.chains = new Chains(geometry, told.count);
    this.tree = new BoxTree(this.chains.boxes);
    Object.assign(this, drawingOrder(this.chains.boxes));
  }

  text(name, row) {
    return this.columns[name].at(row);
  }

  // What a popup, the table and the selection need of one feature; the shape of the features that are drawn as SVG.
  feature(row) {
    const told = {
      cls: this.cls,
      rows: this.rows
        .map(([label, column]) => [label, column.at(row)])
        .filter(([, value]) => value),
    };
    for (const name of Object.keys(this.columns)) {
      told[name] = this.text(name, row);
    }
    told.zh = told.zh || told.id;
    told.at = this.inside(row);
    return told;
  }

  find(id) {
    let found = -1;
    this.columns.id.walk(0, this.count, (text, row) => {
      if (text === id) {
        found = row;
      }
      return found >= 0;
    });
    return found;
  }

  // Rows of which something lies in a view, the first `most`.
  within(view, most) {
    const {scale} = this.chains;
    const box = [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()];
    const found = [];
    this.tree.search(...box.map(value => value * scale), row => found.push(row));
    return found.sort((a, b) => a - b).slice(0, most);
  }

  // Rows whose name, English name, id or county holds `wanted`, at most `most`; `plain` makes texts alike, `spelt` gives a
  // name in pinyin.
  search(wanted, most, plain, spelt = () => []) {
    const holds = (name, text) =>
      plain(text).includes(wanted) ||
      (name === 'zh' && spelt(text).some(way => way.includes(wanted)));
    const found = new Set();
    const told = new Map();
    for (const name of ['zh', 'en', 'id', 'county']) {
      if (found.size < most) {
        this.columns[name].walk(0, this.count, (text, row) => {
          if (!told.has(text) && told.size < 1000) {
            told.set(text, holds(name, text));
          }
          if (told.get(text) ?? holds(name, text)) {
            found.add(row);
          }
          return found.size >= most;
        });
      }
    }
    return [...found].sort((a, b) => a - b);
  }

  rings(row) {
    const rings = [];
    for (let c = this.chains.starts[row]; c < this.chains.starts[row + 1]; c += 1) {
      rings.push(this.chains.points(c).map(([lon, lat]) => [lat, lon]));
    }
    return rings;
  }

  // A place [lat, lon] on the feature: the widest stretch inside it at half its height, the middle of a line, the point.
  inside(row) {
    const {chains} = this;
    const [west, south, east, north] = chains.box(row);
    const lat = (south + north) / 2;
    const cuts = [];
    if (chains.dims.at(row) === 2) {
      this.edges(row, (x0, y0, x1, y1) => {
        const middle = lat * chains.scale;
        if (y0 > middle !== y1 > middle) {
          cuts.push(x0 + ((middle - y0) / (y1 - y0)) * (x1 - x0));
        }
      });
      cuts.sort((a, b) => a - b);
      let best = 0;
      for (let i = 2; i + 1 < cuts.length; i += 2) {
        if (cuts[i + 1] - cuts[i] > cuts[best + 1] - cuts[best]) {
          best = i;
        }
      }
      if (cuts.length > 1) {
        return [lat, (cuts[best] + cuts[best + 1]) / 2 / chains.scale];
      }
    } else {
      const list = chains.points(chains.starts[row]);
      const [lon, at] = list[Math.floor(list.length / 2)] || [];
      if (lon !== undefined) {
        return [at, lon];
      }
    }
    return [lat, (west + east) / 2];
  }

  // fn(x0, y0, x1, y1) for every edge in whole steps, the closing ones of rings included
  edges(row, fn) {
    const {starts, ends, xy, dims} = this.chains;
    const closed = dims.at(row) === 2;
    for (let c = starts[row]; c < starts[row + 1]; c += 1) {
      const first = ends[c];
      const last = ends[c + 1] - 1;
      for (let p = first; p < last; p += 1) {
        fn(xy[2 * p], xy[2 * p + 1], xy[2 * p + 2], xy[2 * p + 3]);
      }
      if (closed && last > first) {
        fn(xy[2 * last], xy[2 * last + 1], xy[2 * first], xy[2 * first + 1]);
      }
    }
  }

  covers(row, x, y) {
    let inside = false;
    this.edges(row, (x0, y0, x1, y1) => {
      if (y0 > y !== y1 > y && x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)) {
        inside = !inside;
      }
    });
    return inside;
  }

  // Distance of a place to a feature's edges and points in steps of latitude; a step of longitude is `squeeze` of one.
  gap(row, x, y, squeeze) {
    let best = Infinity;
    const {starts, ends, xy} = this.chains;
    const scaled = (px, py) => [(px - x) * squeeze, py - y];
    const origin = [0, 0];
    this.edges(row, (x0, y0, x1, y1) => {
      best = Math.min(best, pointToSegment(origin, scaled(x0, y0), scaled(x1, y1)));
    });
    for (let c = starts[row]; c < starts[row + 1]; c += 1) {
      best = Math.min(best, Math.hypot(...scaled(xy[2 * ends[c]], xy[2 * ends[c] + 1])));
    }
    return best;
  }

  // The feature seen at a place: the topmost that covers it, else the nearest within `reach` degrees of latitude (points within `wide`); -1 for none.
  hit(lat, lon, reach, wide) {
    const {chains} = this;
    const x = lon * chains.scale;
    const y = lat * chains.scale;
    const squeeze = Math.cos((lat * Math.PI) / 180);
    const most = Math.max(reach, wide) * chains.scale;
    let over = -1;
    let near = -1;
    let least = Infinity;
    this.tree.search(x - most / squeeze, y - most, x + most / squeeze, y + most, row => {
      const dim = chains.dims.at(row);
      const gap = this.gap(row, x, y, squeeze);
      if (dim === 2 && this.covers(row, x, y) && (over < 0 || this.rank[row] > this.rank[over])) {
        over = row;
      }
      if (
        gap <= (dim === 0 ? wide : reach) * chains.scale &&
        (gap < least || (gap === least && row < near))
      ) {
        near = row;
        least = gap;
      }
    });
    const small =
      near >= 0 && (chains.dims.at(near) < 2 || over < 0 || this.rank[near] > this.rank[over]);
    return small ? near : over;
  }
}
