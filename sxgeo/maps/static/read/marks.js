// What stays with a feature or a file beside its geometry: source, declared plane, doubts, what was left out. Symbols, out of reach of data.
import {SCALE} from '../check/plain.js';

export const DEGREE_M = 111320;
export const ID_KEYS = ['site_id', 'id', 'ID', 'fid', '编号', '地块编号', 'DKBH'];
export const NAME_KEYS = [
  'name',
  'Name',
  'name_zh',
  'NAME',
  '名称',
  '地块名称',
  'DKMC',
  '项目名称',
];
export const ACCURACY_KEYS = ['site_accuracy_m', 'accuracy_m', '精度', '精度_m'];
// Where an answer that was written as features says what it doubted of a site.
export const DOUBT_KEYS = ['sxgeo_doubts'];
export const GEOMETRY_TYPES = [
  'Point',
  'MultiPoint',
  'LineString',
  'MultiLineString',
  'Polygon',
  'MultiPolygon',
];
export const DECLARED = Symbol('declared plane');

// The plane that a file declares stays with its features, out of reach of what a GeoJSON could say.
export function declare(feature, plane) {
  feature[DECLARED] = plane;
  return feature;
}

// What had to be guessed of a feature, or was not looked at: such a site is never clear. A symbol, out of reach of what a GeoJSON could say.
export const DOUBTS = Symbol('what was guessed');

export function doubted(feature, doubts) {
  if (doubts.length) {
    feature[DOUBTS] = doubts;
  }
  return feature;
}

// Of which kind of source features are ({kind, step_m, pixel_m}): their accuracy where neither they nor the question say one.
export const SOURCE = Symbol('kind of source');
// What an input holds that became no site: {kind: geometry | annotation, what, place, reason, count}, on its collection of features.
export const LEFT = Symbol('left out');

// The layer of its file that a feature stood in: what is read of several points is read of those of one layer.
export const PART = Symbol('layer of a file');

export function parted(features) {
  const part = {};
  for (const feature of features) {
    if (feature && typeof feature === 'object' && !feature[PART]) {
      feature[PART] = part;
    }
  }
  return features;
}

export function sourced(collection, source) {
  for (const feature of featuresOf(collection)) {
    if (feature && typeof feature === 'object') {
      feature[SOURCE] = source;
    }
  }
  return collection;
}

export function leftOut(kind, what, place, reason, count = 1) {
  return {kind, what, place, reason, count};
}

export function leftWords(entry) {
  return `left out: ${entry.count > 1 ? `${entry.count} x ` : ''}${entry.what} ${entry.place}: ${entry.reason}`;
}

// The unit of the last place of the finest of some numbers as they were written.
export function stepOf(texts) {
  return Math.min(...texts.map(text => 10 ** -(/\.(\d*)/.exec(text) || ['', ''])[1].length));
}

// Refuse a system that is not that of the page, of the whole, a feature or its geometry.
function knownSystem(held) {
  for (const {crs} of [held || {}, (held && held.geometry) || {}]) {
    if (!crs || (typeof crs === 'object' && !Object.keys(crs).length)) {
      continue;
    }
    const {name} = crs.properties || {};
    if (typeof name !== 'string' || !/CRS84|4326|4490/.test(name)) {
      const words = typeof name === 'string' ? name : JSON.stringify(crs);
      throw new Error(
        `the GeoJSON declares ${words.slice(0, 60)}; give longitude and latitude (EPSG:4490)`,
      );
    }
  }
}

export function featuresOf(geojson) {
  if (!geojson || typeof geojson !== 'object') {
    throw new Error('not a GeoJSON object');
  }
  knownSystem(geojson);
  if (geojson.type === 'FeatureCollection') {
    if (!Array.isArray(geojson.features)) {
      throw new Error('the FeatureCollection has no features');
    }
    geojson.features.forEach(knownSystem);
    return geojson.features;
  }
  if (geojson.type === 'Feature') {
    return [geojson];
  }
  if (GEOMETRY_TYPES.includes(geojson.type) || geojson.type === 'GeometryCollection') {
    return [{type: 'Feature', properties: {}, geometry: geojson}];
  }
  throw new Error(`GeoJSON type '${String(geojson.type).slice(0, 40)}' is not known`);
}

export function quantise(value) {
  const scaled = value * SCALE;
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  return (rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor) / SCALE + 0;
}

export function closed(ring) {
  const [first, last] = [ring[0], ring[ring.length - 1]];
  return first[0] === last[0] && first[1] === last[1] ? ring : [...ring, first];
}
