// A shapefile of bytes -> GeoJSON features in degrees, each with the plane that its .prj declares.
import {RADIAN, planeName, toDegrees} from '../check/geodesy.js';
import {positions, ringArea} from '../check/geometry.js';
import {MOST_POINTS, MOST_SITES} from '../check/plain.js';
import {liesIn} from '../check/validity.js';
import {ACCURACY_KEYS, ID_KEYS, LEFT, NAME_KEYS, declare, leftOut} from './marks.js';
import {FileError} from './zip.js';

const MULTIPATCH = 31;
const KNOWN_ENCODINGS = {
  936: 'gb18030',
  gbk: 'gb18030',
  gb2312: 'gb18030',
  gb18030: 'gb18030',
  cp936: 'gb18030',
  65001: 'utf-8',
  'utf-8': 'utf-8',
  utf8: 'utf-8',
};

// Well-known text of the kind that stands in a .prj -> nested lists [keyword, value ...].
export function wktTree(text) {
  const tokens =
    text.match(
      /"(?:[^"]|"")*"|[A-Za-z_][\w.]*|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[[\](),]/g,
    ) || [];
  let at = 0;
  const node = () => {
    const token = tokens[at];
    at += 1;
    if (token === undefined || /^[[\](),]$/.test(token)) {
      throw new Error('bad WKT');
    }
    if (token[0] === '"') {
      return token.slice(1, -1);
    }
    if (!/^[A-Za-z_]/.test(token)) {
      return Number(token);
    }
    if (tokens[at] !== '[' && tokens[at] !== '(') {
      return token;
    }
    const list = [token.toUpperCase()];
    do {
      at += 1;
      list.push(node());
    } while (tokens[at] === ',');
    if (tokens[at] !== ']' && tokens[at] !== ')') {
      throw new Error('bad WKT');
    }
    at += 1;
    return list;
  };
  return node();
}

function partsOf(tree, keyword) {
  return tree.filter(part => Array.isArray(part) && part[0] === keyword);
}

// What a .prj declares: {meridian: null} for degrees, {meridian, falseEast} for a 3-degree plane; anything else is refused.
export function declaredBy(prj) {
  const refuse = what =>
    new FileError(
      `坐标系“${String(what).slice(0, 60)}”页面不能读取：只接受 CGCS2000/WGS 84 经纬度或 CGCS2000 3度带，请用 sxgeo check ` +
        '(only degrees or 3-degree zones of CGCS2000; use sxgeo check)',
    );
  let tree;
  try {
    tree = wktTree(prj);
  } catch {
    throw refuse(prj.trim().slice(0, 40) || '空 empty');
  }
  const degrees = tree[0] === 'GEOGCS' ? tree : tree[0] === 'PROJCS' && partsOf(tree, 'GEOGCS')[0];
  const name = Array.isArray(tree) ? tree[1] : tree;
  if (!Array.isArray(tree) || !degrees) {
    throw refuse(name);
  }
  const datum = (partsOf(degrees, 'DATUM')[0] || [])[1] || '';
  const unit = partsOf(degrees, 'UNIT')[0];
  const prime = partsOf(degrees, 'PRIMEM')[0];
  const plain = String(datum)
    .toLowerCase()
    .replace(/^d_/, '')
    .replace(/[^a-z0-9]/g, '');
  const ours = ['china2000', 'cgcs2000', 'chinageodeticcoordinatesystem2000'].includes(plain);
  if ((prime && prime[2] !== 0) || !unit || Math.abs(unit[2] - RADIAN) > 1e-9) {
    throw refuse(name);
  }
  if (tree === degrees) {
    if (!ours && !['wgs1984', 'wgs84', 'worldgeodeticsystem1984'].includes(plain)) {
      throw refuse(name);
    }
    return {meridian: null, falseEast: 0};
  }
  const method = String((partsOf(tree, 'PROJECTION')[0] || [])[1]).toLowerCase();
  const length = partsOf(tree, 'UNIT')[0];
  const given = {};
  for (const [, key, value] of partsOf(tree, 'PARAMETER')) {
    given[String(key).toLowerCase()] = value;
  }
  const meridian = given.central_meridian;
  const falseEast = given.false_easting;
  const prefix = (falseEast - 500000) / 1e6;
  const fits =
    ours &&
    ['gauss_kruger', 'transverse_mercator'].includes(method) &&
    length &&
    length[2] === 1 &&
    meridian % 3 === 0 &&
    planeName(meridian) !== null &&
    (prefix === 0 || prefix === meridian / 3) &&
    !given.false_northing &&
    (given.scale_factor ?? 1) === 1 &&
    !given.latitude_of_origin;
  if (!fits) {
    throw refuse(name);
  }
  return {meridian, falseEast, name};
}

// Coordinates that cannot be of the declared plane are told, never moved.
function contradicts(declared, points) {
  if (declared.meridian === null || !points.length) {
    return;
  }
  const middle = axis => points.map(p => p[axis]).sort((a, b) => a - b)[points.length >> 1];
  const [x, y] = [middle(0), middle(1)];
  const zone = declared.falseEast === 500000 ? 0 : declared.meridian / 3;
  const isNorth = value => value > 1.5e6 && value < 6.5e6;
  const from = zone * 1e6;
  if (x > from && x < from + 1e6 && isNorth(y)) {
    return;
  }
  const looks =
    Math.abs(x) <= 180 && Math.abs(y) <= 180
      ? '像经纬度 look like degrees'
      : isNorth(x) && !isNorth(y)
        ? '像北坐标在前 north comes first'
        : isNorth(y) && x > 1e7
          ? `带号前缀为 ${Math.floor(x / 1e6)} carry that zone prefix`
          : isNorth(y) && zone && x < 1e6
            ? '没有带号前缀 carry no zone prefix'
            : '不在该带内 are not of that zone';
  throw new FileError(
    `声明为“${String(declared.name).slice(0, 60)}”，但坐标 ${x.toPrecision(10)}, ${y.toPrecision(10)} ${looks}；请改正 .prj，或用 sxgeo check --assume crs=EPSG:代码`,
  );
}

// Encoding of attributes, from the values themselves and the .cpg, as the library tells it.
export function dbfEncoding(values, page) {
  const all = name =>
    values.every(bytes => {
      try {
        new TextDecoder(name, {fatal: true}).decode(bytes, {stream: true});
        return true;
      } catch {
        return false;
      }
    });
  if (!values.length) {
    return 'utf-8';
  }
  const said = KNOWN_ENCODINGS[page.trim().toLowerCase()];
  if (said && all(said)) {
    return said;
  }
  if (all('utf-8')) {
    return 'utf-8';
  }
  if (all('gb18030')) {
    return 'gb18030';
  }
  throw new FileError(
    '属性表既不是 UTF-8 也不是 GB18030，请用 sxgeo check --assume encoding=名称 (attributes are neither UTF-8 nor GB18030)',
  );
}

// Rows of a .dbf: the columns that name a site, or null for a deleted row.
function readDbf(bytes, page) {
  if (bytes.length < 33) {
    return [];
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = view.getUint16(8, true);
  const width = view.getUint16(10, true);
  const fields = [];
  const count = width
    ? Math.min(view.getUint32(4, true), Math.floor((bytes.length - head) / width))
    : 0;
  const trim = (from, size) => {
    let to = from + size;
    while (to > from && (bytes[to - 1] === 32 || bytes[to - 1] === 0)) {
      to -= 1;
    }
    return bytes.subarray(from, to);
  };
  let offset = 1;
  for (let at = 32; at + 32 <= Math.min(head, bytes.length) && bytes[at] !== 13; at += 32) {
    let end = at;
    while (end < at + 11 && bytes[end]) {
      end += 1;
    }
    fields.push({
      raw: bytes.subarray(at, end),
      kind: String.fromCharCode(bytes[at + 11]),
      size: bytes[at + 16],
      digits: bytes[at + 17],
      offset,
    });
    offset += bytes[at + 16];
  }
  const place = (row, field) => trim(head + row * width + field.offset, field.size);
  const odd = list => list.some(byte => byte > 127);
  const beyond = fields.map(f => f.raw).filter(odd);
  for (let row = 0; row < count; row += 1) {
    for (const field of fields) {
      if (field.kind === 'C' && odd(place(row, field))) {
        beyond.push(place(row, field));
      }
    }
  }
  const decoder = new TextDecoder(dbfEncoding(beyond, page));
  const known = new Set([...ID_KEYS, ...NAME_KEYS, ...ACCURACY_KEYS]);
  const wanted = fields
    .map(field => ({...field, name: decoder.decode(field.raw).trim()}))
    .filter(field => known.has(field.name));
  return Array.from({length: count}, (_, row) =>
    bytes[head + row * width] === 42
      ? null
      : Object.fromEntries(
          wanted.map(field => [
            field.name,
            dbfValue(decoder.decode(place(row, field)).trim(), field),
          ]),
        ),
  );
}

function dbfValue(text, {kind, digits}) {
  if (kind !== 'N' && kind !== 'F') {
    return text || null;
  }
  const value = Number(text);
  if (!text || !Number.isFinite(value)) {
    return null;
  }
  return digits || !Number.isSafeInteger(value) ? String(value) : String(Math.trunc(value));
}

// Shapes of a .shp by the offsets of its .shx: GeoJSON geometries in the file's own numbers; null for a null shape.
function readShp(bytes, index) {
  const bad = why => new FileError(`shapefile 已损坏：${why} (damaged shapefile)`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const offsets = new DataView(index.buffer, index.byteOffset, index.byteLength);
  if (
    bytes.length < 100 ||
    index.length < 100 ||
    view.getInt32(0) !== 9994 ||
    offsets.getInt32(0) !== 9994
  ) {
    throw bad('没有文件头 no header');
  }
  const shapes = [];
  let points = 0;
  for (let at = 100; at + 8 <= index.length; at += 8) {
    const start = offsets.getInt32(at) * 2 + 8;
    const size = offsets.getInt32(at + 4) * 2;
    if (start < 108 || size < 4 || start + size > bytes.length) {
      throw bad(`第 ${shapes.length + 1} 条记录不完整 record ${shapes.length + 1} is cut short`);
    }
    const shape = readShape(view, start, start + size, bad);
    points += shape ? positions(shape.coordinates).length : 0;
    if (points > 10 * MOST_POINTS || shapes.length > MOST_SITES) {
      throw new FileError(`要素或点数过多 (too many features or points); 请用 sxgeo check`);
    }
    shapes.push(shape);
  }
  return shapes;
}

// How many records a .shp holds by its own bytes, whatever its index says.
function shpRecords(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let count = 0;
  let at = 100;
  while (at + 8 <= bytes.length) {
    const words = view.getInt32(at + 4);
    if (words < 0) {
      break;
    }
    count += 1;
    at += 8 + 2 * words;
  }
  return count;
}

function readShape(view, at, end, bad) {
  const type = view.getInt32(at, true);
  const pair = from => [view.getFloat64(from, true), view.getFloat64(from + 8, true)];
  const need = size => {
    if (size > end) {
      throw bad('坐标不完整 coordinates are cut short');
    }
  };
  if (type === 0) {
    return null;
  }
  if (type === MULTIPATCH) {
    return {type: 'GeometryCollection', coordinates: [[0, 0]]};
  }
  if (![1, 3, 5, 8].includes(type % 10) || type > 28) {
    throw bad(`形状类型 ${type} unknown shape type`);
  }
  if (type % 10 === 1) {
    need(at + 20);
    return {type: 'Point', coordinates: pair(at + 4)};
  }
  need(at + 44);
  if (type % 10 === 8) {
    const count = view.getInt32(at + 36, true);
    need(at + 40 + 16 * count);
    return {
      type: 'MultiPoint',
      coordinates: Array.from({length: count}, (_, i) => pair(at + 40 + 16 * i)),
    };
  }
  const [parts, count] = [view.getInt32(at + 36, true), view.getInt32(at + 40, true)];
  const first = at + 44 + 4 * parts;
  if (parts < 0 || count < 0) {
    throw bad('负的点数 negative count');
  }
  need(first + 16 * count);
  const starts = [
    ...Array.from({length: parts}, (_, i) => view.getInt32(at + 44 + 4 * i, true)),
    count,
  ];
  if (starts.some((value, i) => value < 0 || (i && value < starts[i - 1]))) {
    throw bad('分部次序错误 parts out of order');
  }
  const chains = starts
    .slice(0, -1)
    .map((from, i) =>
      Array.from({length: starts[i + 1] - from}, (_, k) => pair(first + 16 * (from + k))),
    )
    .filter(chain => chain.length);
  if (!chains.length) {
    return null;
  }
  if (type % 10 === 5) {
    return wound(chains);
  }
  return chains.length === 1
    ? {type: 'LineString', coordinates: chains[0]}
    : {type: 'MultiLineString', coordinates: chains};
}

// Rings of a shapefile: clockwise ones are outer, each other one is a hole of the smallest outer one about it, else a polygon of its own.
function wound(rings) {
  const polys = rings.filter(ring => ringArea(ring) < 0).map(ring => [ring]);
  const bySize = [...polys].sort((a, b) => Math.abs(ringArea(a[0])) - Math.abs(ringArea(b[0])));
  for (const ring of rings) {
    if (ringArea(ring) < 0) {
      continue;
    }
    const host = bySize.find(
      poly => Math.abs(ringArea(poly[0])) >= Math.abs(ringArea(ring)) && liesIn(ring, poly[0]),
    );
    if (host) {
      host.push(ring);
    } else {
      polys.push([ring]);
    }
  }
  return polys.length === 1
    ? {type: 'Polygon', coordinates: polys[0]}
    : {type: 'MultiPolygon', coordinates: polys};
}

// One shapefile of an archive; `part` gives the bytes of its .shp, .shx, .dbf, .prj and .cpg, or null.
export function readShapefile(name, part) {
  if (!part('shx')) {
    throw new FileError(`${name} 缺少 .shx，请一并打包 (its .shx is missing; pack it too)`);
  }
  if (!part('prj')) {
    throw new FileError(
      `${name} 缺少 .prj，坐标系不明，不作猜测：请补上 .prj，或用 sxgeo check --assume crs=EPSG:4547 (declares no coordinate system)`,
    );
  }
  const text = bytes => new TextDecoder().decode(bytes).replace(/^\uFEFF/, '');
  const declared = declaredBy(text(part('prj')));
  const shapes = readShp(part('shp'), part('shx'));
  const rows = part('dbf') ? readDbf(part('dbf'), part('cpg') ? text(part('cpg')) : '') : [];
  const held = shpRecords(part('shp'));
  const rest =
    'an index or table of an older export hides the others; export the shapefile again, all its parts at once';
  const counts = [
    ['.shx', shapes.length],
    ...(part('dbf') ? [['.dbf', dbfRows(part('dbf'))]] : []),
  ].filter(([, count]) => count !== held);
  if (counts.length) {
    throw new FileError(
      `${name} 的 .shp 有 ${held} 条记录，${counts.map(([which, count]) => `${which} 有 ${count} 条`).join('，')}：请重新导出全部部件 ` +
        `(has ${held} records, its ${counts.map(([which, count]) => `${which} ${count}`).join(', its ')}: ${rest})`,
    );
  }
  const kept = shapes
    .map((geometry, i) => ({geometry, values: rows[i] === undefined ? {} : rows[i]}))
    .filter(row => row.values !== null);
  if (!kept.length) {
    throw new FileError(`${name} 没有要素 (holds no features)`);
  }
  contradicts(
    declared,
    kept.flatMap(row =>
      row.geometry && row.geometry.type !== 'GeometryCollection'
        ? positions(row.geometry.coordinates)
        : [],
    ),
  );
  const onEarth = list =>
    typeof list[0] === 'number'
      ? toDegrees(list[0] - declared.falseEast + 500000, list[1], declared.meridian)
      : list.map(onEarth);
  const features = kept.map(({geometry, values}) => {
    const moved =
      geometry && declared.meridian !== null && geometry.type !== 'GeometryCollection'
        ? {...geometry, coordinates: onEarth(geometry.coordinates)}
        : geometry;
    return declare(
      {type: 'Feature', properties: values, geometry: moved},
      declared.meridian === null ? null : planeName(declared.meridian),
    );
  });
  const deleted = shapes.length - kept.length;
  features[LEFT] = deleted
    ? [
        leftOut(
          'annotation',
          'row',
          `in ${name.replace(/shp$/i, 'dbf')}`,
          'marked as deleted by its program, not read',
          deleted,
        ),
      ]
    : [];
  return features;
}

// How many rows a .dbf states.
function dbfRows(bytes) {
  return bytes.length < 32
    ? 0
    : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(4, true);
}
