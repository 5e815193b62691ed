// GeoJSON, survey TXT and typed coordinates -> sites in degrees on the 1e-7 grid. Nothing here asks for a network.
const MOST_BYTES = 10 * 2 ** 20, DEGREE_M = 111320;
const ID_KEYS = ['site_id', 'id', 'ID', 'fid', '编号', '地块编号', 'DKBH'];
const NAME_KEYS = ['name', 'Name', 'name_zh', 'NAME', '名称', '地块名称', 'DKMC', '项目名称'];
const ACCURACY_KEYS = ['site_accuracy_m', 'accuracy_m', '精度', '精度_m'];
const GEOMETRY_TYPES = ['Point', 'MultiPoint', 'LineString', 'MultiLineString', 'Polygon', 'MultiPolygon'];

// What had to be guessed of a feature, or was not looked at: such a site is never clear. A symbol, out of reach of what a GeoJSON could say.
const DOUBTS = Symbol('what was guessed');

function doubted(feature, doubts) {
  if (doubts.length) feature[DOUBTS] = doubts;
  return feature;
}

// Of which kind of source features are ({kind, step_m, pixel_m}): their accuracy where neither they nor the question say one.
const SOURCE = Symbol('kind of source');
// What an input holds that became no site: {kind: geometry | annotation, what, place, reason, count}, on its collection of features.
const LEFT = Symbol('left out');

function sourced(collection, source) {
  for (const feature of featuresOf(collection)) if (feature && typeof feature === 'object') feature[SOURCE] = source;
  return collection;
}

function leftOut(kind, what, place, reason, count = 1) { return {kind, what, place, reason, count}; }

function leftWords(entry) { return `left out: ${entry.count > 1 ? `${entry.count} x ` : ''}${entry.what} ${entry.place}: ${entry.reason}`; }

// The accuracy of a kind of source, and its name; the table is the library's.
function standing({kind, step_m: step, pixel_m: pixel}, accuracies) {
  const [metres, name] = accuracies[kind], least = Math.max(metres, 5 * (pixel || 0), (step || 0) / 2);
  return [round(least, 4), `default: ${name}`];
}

// The unit of the last place of the finest of some numbers as they were written.
function stepOf(texts) { return Math.min(...texts.map(text => 10 ** -(/\.(\d*)/.exec(text) || ['', ''])[1].length)); }

// A download that says that it was cut.
function cutDownload(geojson) {
  const more = value => Number.isInteger(value) && value >= 0, inner = (geojson.properties && typeof geojson.properties === 'object' && geojson.properties) || {};
  const [matched, returned] = [geojson.numberMatched, geojson.numberReturned ?? (geojson.features || []).length], why = [];
  if (geojson.exceededTransferLimit === true || inner.exceededTransferLimit === true) why.push(['it says that it was cut (exceededTransferLimit); download the rest', 1]);
  if (more(matched) && more(returned) && matched > returned) why.push([`it says that it holds ${returned} of ${matched} features; download the rest`, matched - returned]);
  else if (Array.isArray(geojson.links) && geojson.links.some(link => link && link.rel === 'next')) why.push(['it says that a next page follows; download the rest', 1]);
  return why.map(([reason, count]) => leftOut('geometry', 'download', 'of this file', reason, count));
}

function readSites(geojson, asked, china, accuracies) {
  const features = featuresOf(geojson), left = [...(geojson[LEFT] || []), ...cutDownload(geojson)];
  if (!features.length) throw new Error('no site given: the GeoJSON holds no feature');
  if (features.length > MOST_SITES) throw new Error(`${features.length} sites are more than the page takes (${MOST_SITES}); use sxgeo check`);
  const sites = features.map((feature, index) => siteOf(feature, index + 1, asked, china, accuracies, left));
  for (const [index, doubt] of closedLines(sites, asked.assume.closed_line)) {
    sites[index] = {...sites[index], doubtful: true, problems: [...sites[index].problems, `feature ${index + 1}: ${doubt}`]};
  }
  const lost = left.filter(entry => entry.kind === 'geometry').map(leftWords);
  const told = sites.map((site, index) => (site.geometry ? repaired(site, index + 1) : site))
    .map(site => (lost.length ? {...site, problems: [...site.problems, ...lost], doubtful: site.geometry !== null} : site));
  return {sites: unique(told), left};
}

function featuresOf(geojson) {
  if (!geojson || typeof geojson !== 'object') throw new Error('not a GeoJSON object');
  const crs = geojson.crs && geojson.crs.properties && String(geojson.crs.properties.name);
  if (crs && !/CRS84|4326|4490/.test(crs)) throw new Error(`the GeoJSON declares ${crs.slice(0, 60)}; give longitude and latitude (EPSG:4490)`);
  if (geojson.type === 'FeatureCollection') {
    if (!Array.isArray(geojson.features)) throw new Error('the FeatureCollection has no features');
    return geojson.features;
  }
  if (geojson.type === 'Feature') return [geojson];
  if (GEOMETRY_TYPES.includes(geojson.type) || geojson.type === 'GeometryCollection') return [{type: 'Feature', properties: {}, geometry: geojson}];
  throw new Error(`GeoJSON type '${String(geojson.type).slice(0, 40)}' is not known`);
}

function firstOf(values, keys) {
  for (const key of keys) {
    const value = values && Object.hasOwn(values, key) ? values[key] : null;
    if (value !== null && value !== undefined && String(value).trim()) return String(value).trim();
  }
  return '';
}

// A collection of one kind is one geometry; points beside polygons are their labels, unless they stand outside.
function oneKind(geometry, number, left) {
  if (!geometry || geometry.type !== 'GeometryCollection' || !Array.isArray(geometry.geometries)) return geometry;
  const parts = [], take = one => {
    if (!one || typeof one !== 'object') return false;
    if (one.type === 'GeometryCollection') return Array.isArray(one.geometries) && one.geometries.every(take);
    if (!GEOMETRY_TYPES.includes(one.type) || !wellFormed(one.coordinates, DEPTHS[one.type])) return false;
    parts.push(...(one.type.startsWith('Multi') ? one.coordinates.map(list => [one.type.slice(5), list]) : [[one.type, one.coordinates]]));
    return true;
  };
  if (!geometry.geometries.every(take) || !parts.length) return geometry;
  const of = type => parts.filter(part => part[0] === type).map(part => part[1]), [polys, lines, points] = ['Polygon', 'LineString', 'Point'].map(of);
  if (polys.length && !lines.length) {
    const flat = finish({polys, lines: [], points: []}), away = points.filter(p => distance(finish({polys: [], lines: [], points: [p]}), flat) > END_DEG).length;
    if (away) left.push(leftOut('geometry', 'point', `in feature ${number}`, 'it stands beside a polygon, outside it; make it a feature of its own', away));
    if (points.length > away) left.push(leftOut('annotation', 'point', `in feature ${number}`, 'a label in its polygon', points.length - away));
    return polys.length === 1 ? {type: 'Polygon', coordinates: polys[0]} : {type: 'MultiPolygon', coordinates: polys};
  }
  if (lines.length === parts.length) return {type: 'MultiLineString', coordinates: lines};
  return points.length === parts.length ? {type: 'MultiPoint', coordinates: points} : geometry;
}

function siteOf(feature, number, asked, china, accuracies, left) {
  const values = (feature && feature.properties) || {}, text = firstOf(values, ACCURACY_KEYS), told = text ? DECIMAL.test(text) ? Number(text) : NaN : null;
  const marked = (feature && feature[SOURCE]) || {kind: 'vector'}, source = marked.kind === 'kml' && asked.assume.datum ? {...marked, kind: 'kml_named'} : marked;
  const doubts = [...((feature && feature[DOUBTS]) || []), ...(source.kind === 'kml' ? [GUESSES.kml] : [])], [metres, name] = standing(source, accuracies);
  const site = {
    site_id: firstOf(values, ID_KEYS) || `${stemName(asked.file) || 'site'}#${number}`, name: firstOf(values, NAME_KEYS), file: asked.file,
    accuracy_m: told ?? asked.accuracy_m ?? metres, accuracy_source: text ? 'file' : asked.accuracy_m !== null ? 'option' : name,
    datum_error_m: asked.datum_error_m || 0, crs: (feature && feature[DECLARED]) || asked.crs || null, problems: doubts, doubtful: doubts.length > 0, geometry: null,
  };
  if (text && !(told >= 0 && told < Infinity)) {
    return {...site, accuracy_m: 0, doubtful: false, problems: [`feature ${number}: its accuracy '${text}' is not a number of metres from 0`]};
  }
  const given = oneKind(feature && feature.geometry, number, left), problem = shapeProblem(given, china);
  if (problem) return {...site, doubtful: false, problems: [`feature ${number}: ${problem}`]};
  return {...site, geometry: {type: given.type, coordinates: quantised(given.coordinates)}};
}

function quantise(value) {
  const scaled = value * SCALE, floor = Math.floor(scaled), rest = scaled - floor;
  return (rest > .5 || (rest === .5 && floor % 2 !== 0) ? floor + 1 : floor) / SCALE + 0;
}

function quantised(list) { return typeof list[0] === 'number' ? [quantise(list[0]), quantise(list[1])] : list.map(quantised); }

function positions(list, found = []) {
  if (!Array.isArray(list)) return null;
  if (typeof list[0] === 'number') { found.push(list); return found; }
  for (const item of list) if (positions(item, found) === null) return null;
  return found;
}

const DEPTHS = {Point: 0, MultiPoint: 1, LineString: 1, MultiLineString: 2, Polygon: 2, MultiPolygon: 3};

function wellFormed(list, depth) {
  if (!Array.isArray(list)) return false;
  return depth === 0 ? list.length >= 2 && list.slice(0, 2).every(value => typeof value === 'number') : list.length > 0 && list.every(one => wellFormed(one, depth - 1));
}

function shapeProblem(geometry, china) {
  if (!geometry || (Array.isArray(geometry.coordinates) && !geometry.coordinates.length)) return 'no geometry (null or empty); draw it or delete the row';
  if (geometry.type === 'GeometryCollection') return 'a geometry collection; split it into polygons, lines and points';
  if (!GEOMETRY_TYPES.includes(geometry.type) || !wellFormed(geometry.coordinates, DEPTHS[geometry.type])) return 'coordinates that do not fit its type';
  const points = positions(geometry.coordinates);
  if (points.length > MOST_POINTS) return `${points.length} points are more than the page takes (${MOST_POINTS}); use sxgeo check`;
  if (!points.every(p => Number.isFinite(p[0]) && Number.isFinite(p[1]))) return 'coordinates that are not numbers';
  const rings = geometry.type === 'Polygon' ? geometry.coordinates : geometry.type === 'MultiPolygon' ? geometry.coordinates.flat() : [];
  if (rings.some(ring => ring.length < 4 || ring[0][0] !== ring[ring.length - 1][0] || ring[0][1] !== ring[ring.length - 1][1])) {
    return 'a ring that is not closed or has fewer than four points';
  }
  const inside = list => {
    const box = boxOf(list), corners = [[box[0], box[1]], [box[2], box[1]], [box[2], box[3]], [box[0], box[3]], [box[0], box[1]]];
    return !china || covers(china.polys, finish({polys: [], lines: [corners], points: []}));
  };
  const place = points[0].slice(0, 2).map(v => Number(v.toPrecision(6))).join(', '), swapped = points.map(p => [p[1], p[0]]);
  if (points.some(p => Math.abs(p[0]) > 180 || Math.abs(p[1]) > 90)) {
    if (inside(swapped)) return `lon and lat look swapped (${place}); write lon first, then lat`;
    return `coordinates ${place} are not degrees; declare the projected system of the file (a .prj or GeoPackage)`;
  }
  if (!inside(points)) return `lies outside China (${place})${inside(swapped) ? '; lon and lat look swapped: write lon first' : ''}`;
  return null;
}

// A ring in whole numbers of the grid, where the tests of sides are exact, without points that stand twice in a row.
function onGrid(ring) {
  const whole = ring.map(([lon, lat]) => [Math.round(lon * SCALE), Math.round(lat * SCALE)]);
  return whole.filter((p, i) => !i || p[0] !== whole[i - 1][0] || p[1] !== whole[i - 1][1]);
}

// A ring of a union with the corners that it had before and lie on its edges: on the plane they are off the straight line.
function withCorners(ring, polys) {
  const whole = ring.map(p => p.map(v => Math.round(v * SCALE))), corners = onGrid(polys.flat(2));
  if (corners.length * ring.length > MOST_TESTS) return ring;
  return ring.flatMap((p, i) => {
    const [a, b] = [whole[i], whole[i + 1]];
    if (!b) return [p];
    const far = c => (c[0] - a[0]) ** 2 + (c[1] - a[1]) ** 2, on = corners.filter(c => side(a, b, c) === 0 && withinBox(a, b, c) && far(c) && (c[0] !== b[0] || c[1] !== b[1]));
    const apart = on.sort((c, d) => far(c) - far(d)).filter((c, k) => !k || far(c) !== far(on[k - 1]));
    return [p, ...apart.map(c => c.map(v => v / SCALE))];
  });
}

// Whether an edge of some rings goes through another one; rings that only touch do not.
function crossesItself(polys) {
  const edges = polys.flat().map(onGrid).flatMap(ring => ring.slice(1).map((p, i) => [ring[i], p]));
  edges.sort((one, other) => Math.min(one[0][0], one[1][0]) - Math.min(other[0][0], other[1][0]));
  if (edges.length > MOST_SEGMENTS) return true;
  const through = ([a, b], [c, d]) => side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
  return edges.some((one, i) => {
    const east = Math.max(one[0][0], one[1][0]);
    for (let k = i + 1; k < edges.length && Math.min(edges[k][0][0], edges[k][1][0]) <= east; k += 1) if (through(one, edges[k])) return true;
    return false;
  });
}

// A polygon that crosses itself is repaired; the repair's doubt enters the accuracy, as in the library.
function repaired(site, number) {
  const geometry = site.geometry, polys = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.type === 'MultiPolygon' ? geometry.coordinates : [];
  if (!polys.length) return site;
  const flat = polys.every(rings => Math.abs(ringArea(rings[0])) > 0 || crosses(rings));
  if (flat && !entangled(polys.map(rings => rings.map(onGrid)))) return site;
  const whole = flat ? polygonClipping.union(...polys.map(rings => [rings])).map(rings => rings.map(ring => withCorners(ring.map(quantised), polys))) : [];
  const meridian = site.crs ? meridianOf(site.crs) : whole.length ? centralMeridian(centroidLon({type: 'MultiPolygon', coordinates: whole})) : 0;
  const way = wayTo(meridian, site.crs ? meridian : null), on = list => list.map(rings => rings.map(way.chain));
  if (!whole.length || !areaOf(on(whole))) return {...site, geometry: null, doubtful: false, problems: [`feature ${number}: a polygon without area; check its points`]};
  const after = on(whole), before = on(polys), points = after.flat(2), around = hull(points);
  const signed = Math.abs(before.flat().reduce((sum, ring) => sum + (before.some(rings => rings[0] === ring) ? 1 : -1) * Math.abs(ringArea(ring)), 0));
  const mended = whole.length === 1 ? {type: 'Polygon', coordinates: whole[0]} : {type: 'MultiPolygon', coordinates: whole};
  if (Math.abs(signed - areaOf(after)) <= 1e-3 + 1e-9 * signed && !crossesItself(polys)) return {...site, geometry: mended};
  const doubt = Math.max(...points.map(p => toBoundary(p, [[around]])));
  return {
    ...site, doubtful: true, geometry: mended,
    accuracy_m: site.accuracy_m + doubt, accuracy_source: `${site.accuracy_source}, enlarged by the repair`,
    problems: [...site.problems, `feature ${number}: the ring crosses itself; repaired, area ${signed.toFixed(1)} -> ${areaOf(after).toFixed(1)} m2, its edge is taken as `
      + `uncertain by ${doubt.toFixed(1)} m; put the points in order to be sure`],
  };
}

// Ids that stand more than once are qualified by their file, then by a counter, as in the library.
function unique(sites) {
  const times = new Map(), seen = new Map();
  for (const {site_id: id} of sites) times.set(id, (times.get(id) || 0) + 1);
  return sites.map(site => {
    const id = times.get(site.site_id) > 1 && site.file ? `${stemName(site.file)}:${site.site_id}` : site.site_id, count = (seen.get(id) || 0) + 1;
    seen.set(id, count);
    return {...site, site_id: count === 1 ? id : `${id}#${count}`};
  });
}

function stemName(file) { return file.replace(/(?!^)\.[^.]*$/, ''); }

// Text that somebody pasted or a file's content: GeoJSON, survey TXT, or coordinates one pair a line.
function readText(text) {
  const clean = text.replace(/^\uFEFF/, '').trim();
  if (!clean) throw new Error('没有内容 (nothing was given)');
  if (clean[0] === '{') {
    try { return JSON.parse(clean); } catch (error) { throw new Error(`JSON 无法解析 (not valid JSON): ${error.message.slice(0, 80)}`); }
  }
  return /@|\[属性描述\]|\[地块坐标\]/.test(clean) ? readSurvey(clean) : readPairs(clean);
}

// A pair is degrees (lon, lat in either order: in China they cannot be mistaken) or east and north with the zone's prefix.
function toLonLat(a, b, zone, falseNorth) {
  if (a > 60 && a < 150 && b > 0 && b < 60) return [a, b];
  if (b > 60 && b < 150 && a > 0 && a < 60) return [b, a];
  const [east, north] = (falseNorth ? [b, a] : a > 1e7 || (a < b && b < 1e7) ? [a, b] : [b, a]);
  const own = east > 1e7 ? Math.floor(east / 1e6) : zone;
  if (!own || !(own >= 25 && own <= 45)) throw new Error('平面坐标缺少3°带带号：请写带号前缀，或给出经纬度 (east needs its zone prefix)');
  if (!(north > 1.5e6 && north < 6e6)) throw new Error(`坐标 ${a}, ${b} 不在中国范围内 (not in China)`);
  return toDegrees(east > 1e7 ? east - own * 1e6 : east, north, own * 3);
}

const GUESSES = {
  order: 'guess: latitude taken to stand before longitude (typed in that order); write longitude first to settle it',
  datum: "guess: datum taken as CGCS2000 (metres, and nothing says which datum; Xi'an 1980 and Beijing 1954 lie up to 150 m apart); give degrees, or use sxgeo check --assume datum=CGCS2000",
  kml: guessed('datum', 'CGCS2000', 'KML is WGS 84 by definition, and nothing names the imagery that it was drawn on',
    'GCJ-02: imagery of Chinese map services lies some 560 m away'),
  survey: 'a survey TXT is read in short here: closure, number of points, area, order of axes and zone were not compared with its header; use sxgeo check for a clear answer',
};

function pairDoubts(pairs) {
  const metres = pairs.some(pair => pair.some(value => Math.abs(value) > 1000)), swapped = pairs.some(([a, b]) => b > 60 && b < 150 && a < 60);
  return [...(metres ? [GUESSES.datum] : []), ...(swapped ? [GUESSES.order] : [])];
}

function readPairs(text) {
  const pairs = [], written = [];
  const points = text.split(/[\n;；]+/).map(line => line.trim()).filter(Boolean).map((line, index) => {
    const texts = line.replace(/，/g, ',').match(/-?\d+(?:\.\d+)?/g) || [], numbers = texts.map(Number);
    const pair = numbers.length > 2 && Number.isInteger(numbers[0]) && numbers[0] < 10000 ? numbers.slice(1) : numbers;
    if (pair.length < 2) throw new Error(`第${index + 1}行不是一对坐标 (line ${index + 1} is not a pair): ${line.slice(0, 40)}`);
    pairs.push(pair.slice(0, 2));
    written.push(...texts.slice(numbers.length - pair.length).slice(0, 2));
    return toLonLat(pair[0], pair[1], null, false);
  });
  const geometry = points.length === 1 ? {type: 'Point', coordinates: points[0]} : points.length === 2 ? {type: 'LineString', coordinates: points}
    : {type: 'Polygon', coordinates: [closed(points)]};
  const metres = pairs.some(pair => pair.some(value => Math.abs(value) > 1000));
  const source = metres ? {kind: 'metres', step_m: stepOf(written)} : {kind: 'degrees', step_m: stepOf(written) * DEGREE_M};
  return sourced({type: 'FeatureCollection', features: [doubted({type: 'Feature', properties: {}, geometry}, pairDoubts(pairs))]}, source);
}

function closed(ring) {
  const [first, last] = [ring[0], ring[ring.length - 1]];
  return first[0] === last[0] && first[1] === last[1] ? ring : [...ring, first];
}

// Survey TXT (勘测定界): [属性描述] with 带号 and 坐标系, then per plot a line that ends with @ and points J1,ring,X(north),Y(east).
function readSurvey(text) {
  const header = name => (text.match(new RegExp(`${name}\\s*=\\s*([^\\r\\n]*)`)) || [])[1]?.trim() || '';
  const system = header('坐标系'), zone = Number(header('带号')) || null, degrees = header('几度分带'); // 精度 states how coordinates are rounded, never how sure they are
  const signed = ['数据产生单位', '数据产生日期'].every(name => header(name));
  if (system && !/2000|CGCS/i.test(system)) throw new Error(`坐标系为“${system.slice(0, 30)}”，须先转换到2000国家大地坐标系 (not CGCS2000)`);
  if (degrees && degrees !== '3') throw new Error(`几度分带为“${degrees.slice(0, 10)}”，只接受3度带 (only 3-degree zones)`);
  const plots = [];
  for (const line of text.split(/\r?\n/)) {
    const parts = line.trim().replace(/，/g, ',').split(',');
    if (line.trim().endsWith('@')) plots.push({id: parts[2] || '', name: parts[3] || '', rings: new Map()});
    else if (plots.length && parts.length >= 4 && /^J?\d+/i.test(parts[0].trim())) {
      const [ring, north, east] = [parts[1].trim(), Number(parts[2]), Number(parts[3])], plot = plots[plots.length - 1];
      if (!Number.isFinite(north) || !Number.isFinite(east)) throw new Error(`界址点不是数字 (a point is not a number): ${line.slice(0, 40)}`);
      plot.rings.set(ring, [...(plot.rings.get(ring) || []), toLonLat(north, east, zone, true)]);
    }
  }
  const plane = zone && zone >= 25 && zone <= 45 ? planeName(zone * 3) : null;
  const features = plots.filter(plot => plot.rings.size).map(plot => doubted(declare({
    type: 'Feature', properties: {...(plot.id ? {site_id: plot.id} : {}), name: plot.name},
    geometry: nested([...plot.rings.values()].map(closed)),
  }, plane), [GUESSES.survey]));
  if (!features.length) throw new Error('TXT 中没有地块 (no plot in the TXT)');
  return sourced({type: 'FeatureCollection', features}, {kind: signed ? 'survey_signed' : 'survey_blank'});
}

// Whether a ring lies inside another, which it may touch.
function liesIn(ring, host) {
  const middles = ring.slice(1).map((p, i) => [(p[0] + ring[i][0]) / 2, (p[1] + ring[i][1]) / 2]);
  for (const p of [...ring, ...middles]) {
    const where = inRing(p, host);
    if (where) return where > 0;
  }
  return true;
}

// Rings of a plot: one inside another is its hole.
function nested(rings) {
  const ordered = [...rings].sort((a, b) => Math.abs(ringArea(b)) - Math.abs(ringArea(a))), polys = [];
  for (const ring of ordered) {
    const host = polys.find(poly => liesIn(ring, poly[0]) && !poly.slice(1).some(hole => liesIn(ring, hole)));
    if (host) host.push(ring); else polys.push([ring]);
  }
  return polys.length === 1 ? {type: 'Polygon', coordinates: polys[0]} : {type: 'MultiPolygon', coordinates: polys};
}
