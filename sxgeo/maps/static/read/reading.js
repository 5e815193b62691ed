// GeoJSON, survey TXT and typed coordinates -> sites in degrees on the 1e-7 grid. Nothing here asks for a network.
import {centralMeridian, meridianOf, wayTo} from '../check/geodesy.js';
import {
  areaOf,
  boxOf,
  centroidLon,
  distance,
  finish,
  hull,
  positions,
  ringArea,
  side,
  toBoundary,
  withinBox,
} from '../check/geometry.js';
import {covers} from '../check/overlay.js';
import {DECIMAL, MOST_POINTS, MOST_SITES, SCALE, round, has} from '../check/plain.js';
import {MOST_TESTS, crosses, entangled} from '../check/validity.js';
import {END_DEG, MOST_SEGMENTS, closedLines} from './closing.js';
import {Corners} from './corners.js';
import {GUESSES} from './guesses.js';
import {
  ACCURACY_KEYS,
  DECLARED,
  DOUBTS,
  DOUBT_KEYS,
  GEOMETRY_TYPES,
  ID_KEYS,
  LEFT,
  NAME_KEYS,
  SOURCE,
  featuresOf,
  leftOut,
  leftWords,
  quantise,
} from './marks.js';

export const MOST_BYTES = 10 * 2 ** 20;

// The accuracy of a kind of source, and its name; the table is the library's.
function standing({kind, step_m: step, pixel_m: pixel}, accuracies) {
  const [metres, name] = accuracies[kind];
  const least = Math.max(metres, 5 * (pixel || 0), (step || 0) / 2);
  return [round(least, 4), `default: ${name}`];
}

// A download that says that it was cut.
export function cutDownload(geojson) {
  const more = value => Number.isInteger(value) && value >= 0;
  const inner =
    (geojson.properties && typeof geojson.properties === 'object' && geojson.properties) || {};
  const [matched, returned] = [
    geojson.numberMatched,
    geojson.numberReturned ?? (geojson.features || []).length,
  ];
  const why = [];
  if (geojson.exceededTransferLimit === true || inner.exceededTransferLimit === true) {
    why.push(['it says that it was cut (exceededTransferLimit); download the rest', 1]);
  }
  if (more(matched) && more(returned) && matched > returned) {
    why.push([
      `it says that it holds ${returned} of ${matched} features; download the rest`,
      matched - returned,
    ]);
  } else if (
    Array.isArray(geojson.links) &&
    geojson.links.some(link => link && link.rel === 'next')
  ) {
    why.push(['it says that a next page follows; download the rest', 1]);
  }
  return why.map(([reason, count]) =>
    leftOut('geometry', 'download', 'of this file', reason, count),
  );
}

export function readSites(geojson, asked, china, accuracies, corners) {
  const features = featuresOf(geojson);
  if (!features.length) {
    throw new Error('no site given: the GeoJSON holds no feature');
  }
  if (features.length > MOST_SITES) {
    throw new Error(
      `${features.length} sites are more than the page takes (${MOST_SITES}); use sxgeo check`,
    );
  }
  const read = list => {
    const left = [...(geojson[LEFT] || []), ...cutDownload(geojson)];
    const sites = list.map((one, i) => siteOf(one, i + 1, asked, china, accuracies, left));
    return {list, left, sites};
  };
  const rule = new Corners(corners);
  let told = read(features);
  const ringed = asked.assume.shape === 'ring' ? rule.ringed(told.sites, features) : null;
  if (ringed) {
    told = read(ringed);
  }
  return soundSites(told, rule, asked.assume);
}

// Sites with the doubts that their features raise together, repaired where they cross themselves, each under an id of its own.
function soundSites({list, left, sites}, rule, assume) {
  const doubts = [
    ...closedLines(sites, assume.closed_line),
    ...rule.doubts(sites, list, assume.shape),
  ];
  for (const [index, doubt] of doubts) {
    sites[index] = {
      ...sites[index],
      doubtful: true,
      problems: [...sites[index].problems, `feature ${index + 1}: ${doubt}`],
    };
  }
  const lost = left.filter(entry => entry.kind === 'geometry').map(leftWords);
  const told = sites
    .map((site, index) => (site.geometry ? repaired(site, index + 1) : site))
    .map(site =>
      lost.length
        ? {...site, problems: [...site.problems, ...lost], doubtful: site.geometry !== null}
        : site,
    );
  return {sites: unique(told), left};
}

function firstOf(values, keys) {
  for (const key of keys) {
    const value = values && has(values, key) ? values[key] : null;
    if (value !== null && value !== undefined && String(value).trim()) {
      return String(value).trim();
    }
  }
  return '';
}

// A collection of one kind is one geometry; points beside polygons are their labels, unless they stand outside.
function oneKind(geometry, number, left) {
  if (!geometry || geometry.type !== 'GeometryCollection' || !Array.isArray(geometry.geometries)) {
    return geometry;
  }
  const parts = [];
  const take = one => {
    if (!one || typeof one !== 'object') {
      return false;
    }
    if (one.type === 'GeometryCollection') {
      return Array.isArray(one.geometries) && one.geometries.every(take);
    }
    if (!GEOMETRY_TYPES.includes(one.type) || !wellFormed(one.coordinates, DEPTHS[one.type])) {
      return false;
    }
    parts.push(
      ...(one.type.startsWith('Multi')
        ? one.coordinates.map(list => [one.type.slice(5), list])
        : [[one.type, one.coordinates]]),
    );
    return true;
  };
  if (!geometry.geometries.every(take) || !parts.length) {
    return geometry;
  }
  const of = type => parts.filter(part => part[0] === type).map(part => part[1]);
  const [polys, lines, points] = ['Polygon', 'LineString', 'Point'].map(of);
  if (polys.length && !lines.length) {
    const flat = finish({polys, lines: [], points: []});
    const away = points.filter(
      p => distance(finish({polys: [], lines: [], points: [p]}), flat) > END_DEG,
    ).length;
    if (away) {
      left.push(
        leftOut(
          'geometry',
          'point',
          `in feature ${number}`,
          'it stands beside a polygon, outside it; make it a feature of its own',
          away,
        ),
      );
    }
    if (points.length > away) {
      left.push(
        leftOut(
          'annotation',
          'point',
          `in feature ${number}`,
          'a label in its polygon',
          points.length - away,
        ),
      );
    }
    return polys.length === 1
      ? {type: 'Polygon', coordinates: polys[0]}
      : {type: 'MultiPolygon', coordinates: polys};
  }
  if (lines.length === parts.length) {
    return {type: 'MultiLineString', coordinates: lines};
  }
  return points.length === parts.length ? {type: 'MultiPoint', coordinates: points} : geometry;
}

function siteOf(feature, number, asked, china, accuracies, left) {
  const values = (feature && feature.properties) || {};
  const text = firstOf(values, ACCURACY_KEYS);
  const told = text ? (DECIMAL.test(text) ? Number(text) : NaN) : null;
  const marked = (feature && feature[SOURCE]) || {kind: 'vector'};
  const source =
    marked.kind === 'kml' && asked.assume.datum ? {...marked, kind: 'kml_named'} : marked;
  const before = firstOf(values, DOUBT_KEYS);
  const doubts = [
    ...((feature && feature[DOUBTS]) || []),
    ...(before
      ? [`feature ${number}: the answer that it was taken from was in doubt of it: ${before}`]
      : []),
    ...(source.kind === 'kml' ? [GUESSES.kml] : []),
  ];
  const [metres, name] = standing(source, accuracies);
  const site = {
    site_id: firstOf(values, ID_KEYS) || `${stemName(asked.file) || 'site'}#${number}`,
    name: firstOf(values, NAME_KEYS),
    file: asked.file,
    accuracy_m: told ?? asked.accuracy_m ?? metres,
    accuracy_source: text ? 'file' : asked.accuracy_m !== null ? 'option' : name,
    datum_error_m: asked.datum_error_m || 0,
    crs: (feature && feature[DECLARED]) || asked.crs || null,
    problems: doubts,
    doubtful: doubts.length > 0,
    geometry: null,
  };
  if (text && !(told >= 0 && told < Infinity)) {
    return {
      ...site,
      accuracy_m: 0,
      doubtful: false,
      problems: [`feature ${number}: its accuracy '${text}' is not a number of metres from 0`],
    };
  }
  const given = oneKind(feature && feature.geometry, number, left);
  const problem = shapeProblem(given, china);
  if (problem) {
    return {...site, doubtful: false, problems: [`feature ${number}: ${problem}`]};
  }
  return {...site, geometry: {type: given.type, coordinates: quantised(given.coordinates)}};
}

function quantised(list) {
  return typeof list[0] === 'number' ? [quantise(list[0]), quantise(list[1])] : list.map(quantised);
}

const DEPTHS = {
  Point: 0,
  MultiPoint: 1,
  LineString: 1,
  MultiLineString: 2,
  Polygon: 2,
  MultiPolygon: 3,
};

function wellFormed(list, depth) {
  if (!Array.isArray(list)) {
    return false;
  }
  return depth === 0
    ? list.length >= 2 && list.slice(0, 2).every(value => typeof value === 'number')
    : list.length > 0 && list.every(one => wellFormed(one, depth - 1));
}

function shapeProblem(geometry, china) {
  if (!geometry || (Array.isArray(geometry.coordinates) && !geometry.coordinates.length)) {
    return 'no geometry (null or empty); draw it or delete the row';
  }
  if (geometry.type === 'GeometryCollection') {
    return 'a geometry collection; split it into polygons, lines and points';
  }
  if (
    !GEOMETRY_TYPES.includes(geometry.type) ||
    !wellFormed(geometry.coordinates, DEPTHS[geometry.type])
  ) {
    return 'coordinates that do not fit its type';
  }
  const points = positions(geometry.coordinates);
  if (points.length > MOST_POINTS) {
    return `${points.length} points are more than the page takes (${MOST_POINTS}); use sxgeo check`;
  }
  if (!points.every(p => Number.isFinite(p[0]) && Number.isFinite(p[1]))) {
    return 'coordinates that are not numbers; correct them, or delete the row';
  }
  const rings =
    geometry.type === 'Polygon'
      ? geometry.coordinates
      : geometry.type === 'MultiPolygon'
        ? geometry.coordinates.flat()
        : [];
  if (
    rings.some(
      ring =>
        ring.length < 4 ||
        ring[0][0] !== ring[ring.length - 1][0] ||
        ring[0][1] !== ring[ring.length - 1][1],
    )
  ) {
    return 'a ring that is not closed or has fewer than four points';
  }
  const inside = list => {
    const box = boxOf(list);
    const corners = [
      [box[0], box[1]],
      [box[2], box[1]],
      [box[2], box[3]],
      [box[0], box[3]],
      [box[0], box[1]],
    ];
    return !china || covers(china.polys, finish({polys: [], lines: [corners], points: []}));
  };
  const place = points[0]
    .slice(0, 2)
    .map(v => Number(v.toPrecision(6)))
    .join(', ');
  const swapped = points.map(p => [p[1], p[0]]);
  if (points.some(p => Math.abs(p[0]) > 180 || Math.abs(p[1]) > 90)) {
    if (inside(swapped)) {
      return `lon and lat look swapped (${place}); write lon first, then lat`;
    }
    return `coordinates ${place} are not degrees; declare the projected system of the file (a .prj or GeoPackage)`;
  }
  if (!inside(points)) {
    return `lies outside China (${place})${inside(swapped) ? '; lon and lat look swapped: write lon first' : '; check its numbers, their order and the coordinate system'}`;
  }
  return null;
}

// A ring in whole numbers of the grid, where the tests of sides are exact, without points that stand twice in a row.
function onGrid(ring) {
  const whole = ring.map(([lon, lat]) => [Math.round(lon * SCALE), Math.round(lat * SCALE)]);
  return whole.filter((p, i) => !i || p[0] !== whole[i - 1][0] || p[1] !== whole[i - 1][1]);
}

// A ring of a union with the corners that it had before and lie on its edges: on the plane they are off the straight line.
function withCorners(ring, polys) {
  const whole = ring.map(p => p.map(v => Math.round(v * SCALE)));
  const corners = onGrid(polys.flat(2));
  if (corners.length * ring.length > MOST_TESTS) {
    return ring;
  }
  return ring.flatMap((p, i) => {
    const [a, b] = [whole[i], whole[i + 1]];
    if (!b) {
      return [p];
    }
    const far = c => (c[0] - a[0]) ** 2 + (c[1] - a[1]) ** 2;
    const on = corners.filter(
      c => side(a, b, c) === 0 && withinBox(a, b, c) && far(c) && (c[0] !== b[0] || c[1] !== b[1]),
    );
    const apart = on
      .sort((c, d) => far(c) - far(d))
      .filter((c, k) => !k || far(c) !== far(on[k - 1]));
    return [p, ...apart.map(c => c.map(v => v / SCALE))];
  });
}

// Whether an edge of some rings goes through another one; rings that only touch do not.
function crossesItself(polys) {
  const edges = polys
    .flat()
    .map(onGrid)
    .flatMap(ring => ring.slice(1).map((p, i) => [ring[i], p]));
  edges.sort((one, other) => Math.min(one[0][0], one[1][0]) - Math.min(other[0][0], other[1][0]));
  if (edges.length > MOST_SEGMENTS) {
    return true;
  }
  const through = ([a, b], [c, d]) =>
    side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
  return edges.some((one, i) => {
    const east = Math.max(one[0][0], one[1][0]);
    for (
      let k = i + 1;
      k < edges.length && Math.min(edges[k][0][0], edges[k][1][0]) <= east;
      k += 1
    ) {
      if (through(one, edges[k])) {
        return true;
      }
    }
    return false;
  });
}

// A polygon that crosses itself is repaired; the repair's doubt enters the accuracy, as in the library.
function repaired(site, number) {
  const geometry = site.geometry;
  const polys =
    geometry.type === 'Polygon'
      ? [geometry.coordinates]
      : geometry.type === 'MultiPolygon'
        ? geometry.coordinates
        : [];
  if (!polys.length) {
    return site;
  }
  const flat = polys.every(rings => Math.abs(ringArea(rings[0])) > 0 || crosses(rings));
  if (flat && !entangled(polys.map(rings => rings.map(onGrid)))) {
    return site;
  }
  const whole = flat
    ? polygonClipping
        .union(...polys.map(rings => [rings]))
        .map(rings => rings.map(ring => withCorners(ring.map(quantised), polys)))
    : [];
  const meridian = site.crs
    ? meridianOf(site.crs)
    : whole.length
      ? centralMeridian(centroidLon({type: 'MultiPolygon', coordinates: whole}))
      : 0;
  const way = wayTo(meridian, site.crs ? meridian : null);
  const on = list => list.map(rings => rings.map(way.chain));
  if (!whole.length || !areaOf(on(whole))) {
    return {
      ...site,
      geometry: null,
      doubtful: false,
      problems: [`feature ${number}: a polygon without area; check its points`],
    };
  }
  const after = on(whole);
  const before = on(polys);
  const points = after.flat(2);
  const around = hull(points);
  const signed = Math.abs(
    before
      .flat()
      .reduce(
        (sum, ring) =>
          sum + (before.some(rings => rings[0] === ring) ? 1 : -1) * Math.abs(ringArea(ring)),
        0,
      ),
  );
  const mended =
    whole.length === 1
      ? {type: 'Polygon', coordinates: whole[0]}
      : {type: 'MultiPolygon', coordinates: whole};
  if (Math.abs(signed - areaOf(after)) <= 1e-3 + 1e-9 * signed && !crossesItself(polys)) {
    return {...site, geometry: mended};
  }
  const doubt = Math.max(...points.map(p => toBoundary(p, [[around]])));
  return {
    ...site,
    doubtful: true,
    geometry: mended,
    accuracy_m: site.accuracy_m + doubt,
    accuracy_source: `${site.accuracy_source}, enlarged by the repair`,
    problems: [
      ...site.problems,
      `feature ${number}: the ring crosses itself; repaired, area ${signed.toFixed(1)} -> ${areaOf(after).toFixed(1)} m2, its edge is taken as ` +
        `uncertain by ${doubt.toFixed(1)} m; put the points in order to be sure`,
    ],
  };
}

// Ids that stand more than once are qualified by their file, then by a counter, as in the library.
function unique(sites) {
  const times = new Map();
  const seen = new Map();
  for (const {site_id: id} of sites) {
    times.set(id, (times.get(id) || 0) + 1);
  }
  return sites.map(site => {
    const id =
      times.get(site.site_id) > 1 && site.file
        ? `${stemName(site.file)}:${site.site_id}`
        : site.site_id;
    const count = (seen.get(id) || 0) + 1;
    seen.set(id, count);
    return {...site, site_id: count === 1 ? id : `${id}#${count}`};
  });
}

function stemName(file) {
  return file.replace(/(?!^)\.[^.]*$/, '');
}
