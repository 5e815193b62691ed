// What is wrong with an input is told in Chinese, whatever it is; the English of the JSON stays the library's.
import assert from 'node:assert/strict';
import {readFileSync, readdirSync} from 'node:fs';
import test from 'node:test';
import {load} from './load.mjs';

const page = await load();
const READ = new URL('../../sxgeo/maps/static/read/', import.meta.url);
const asked = {accuracy_m: 1, datum_error_m: 0, crs: null, file: 'a.geojson', assume: {}};
const accuracies = new Proxy({}, {get: () => [1, 'as given', '']});
const corners = {
  corner_heading: '点号',
  plot_heading: '地块',
  order: ['index'],
  label: 'J\\d+',
  word: '界址',
  number: '(.*?)(\\d{1,9})',
  counted: ['ABCD'],
  fewest: 3,
  first: 50,
  on_edge_m: 1,
  widest_m: 20000,
};
const polygon = coordinates => ({type: 'Polygon', coordinates});
const feature = (geometry, properties = {}) => ({type: 'Feature', properties, geometry});
const all = (...features) => ({type: 'FeatureCollection', features});
const ring = [
  [112.3, 38.3],
  [112.31, 38.3],
  [112.31, 38.31],
  [112.3, 38.3],
];
const bow = [
  [112.3, 38.3],
  [112.31, 38.31],
  [112.31, 38.3],
  [112.3, 38.312],
  [112.3, 38.3],
];
const line = (...coordinates) => ({type: 'LineString', coordinates});

// Words of Latin letters that a Chinese sentence may hold.
const KEPT =
  /sxgeo check|--assume|closed_line|shape=ring|datum|CGCS2000|=plot|=|GCJ-02|KML|WGS ?84|TXT|GeoPackage|GeoJSON|FeatureCollection|EPSG|exceededTransferLimit|\.prj|\.dbf|DWG|CSV/g;

function isChinese(text) {
  assert.match(text, /[\u4e00-\u9fff]/, text);
  assert.doesNotMatch(text.replace(KEPT, '').replace(/“[^”]*”/g, ''), /[A-Za-z]{4,}/, text);
}

const china = null;
const BAD = [
  feature(null),
  feature(polygon([])),
  feature({type: 'Curve', coordinates: [1]}),
  feature({type: 'GeometryCollection', geometries: []}),
  feature(
    polygon([
      [
        [112, 38],
        [112.1, 38],
        [112, 38],
      ],
    ]),
  ),
  feature({type: 'Point', coordinates: [112, Infinity]}),
  feature({type: 'Point', coordinates: [38.3, 112.3]}),
  feature({type: 'Point', coordinates: [38400000, 4200000]}),
  feature(polygon([ring]), {accuracy_m: 'about 3'}),
  feature(polygon([bow])),
  feature(
    polygon([
      [
        [112, 38],
        [112.1, 38.1],
        [112, 38],
        [112, 38],
      ],
    ]),
  ),
  feature(line(...ring)),
  feature({
    type: 'MultiLineString',
    coordinates: [
      ring,
      [
        [112, 38],
        [112, 38.01],
      ],
    ],
  }),
  feature({
    type: 'GeometryCollection',
    geometries: [polygon([ring]), {type: 'Point', coordinates: [112.9, 38]}],
  }),
];

test('every problem of a bad feature is told in Chinese', () => {
  const seen = new Set();
  for (const assume of [{}, {closed_line: 'plot'}]) {
    for (const one of BAD) {
      const {sites} = page.readSites(all(one), {...asked, assume}, china, accuracies, corners);
      for (const problem of sites.flatMap(site => site.problems)) {
        seen.add(problem);
        isChinese(page.problemZh(problem));
      }
    }
  }
  assert.ok(seen.size >= 11, [...seen].join('\n'));
});

test('two lines that close together, and what is asked of them, are told in Chinese', () => {
  for (const assume of [{}, {closed_line: 'plot'}]) {
    const told = all(feature(line(...ring.slice(0, 3))), feature(line(...ring.slice(2))));
    const {sites} = page.readSites(told, {...asked, assume}, china, accuracies, corners);
    sites.flatMap(site => site.problems).forEach(one => isChinese(page.problemZh(one)));
  }
});

test('a plot out of an answer that was in doubt of it stays in doubt, and says so in Chinese', () => {
  const plot = {type: 'Polygon', coordinates: [[...ring, ring[0]]]};
  for (const [sxgeo_doubts, doubtful] of [
    ['feature 1: guess: datum', true],
    [null, false],
  ]) {
    const of = {type: 'Feature', properties: {sxgeo_doubts, site_accuracy_m: 1}, geometry: plot};
    const {sites} = page.readSites(all(of), asked, china, accuracies, corners);
    assert.equal(sites[0].doubtful, doubtful);
    assert.equal(sites[0].problems.length, doubtful ? 1 : 0);
    sites[0].problems.forEach(one => isChinese(page.problemZh(one)));
  }
});

test('points that may be corners, and what is asked of them, are told in Chinese', () => {
  const point = (lon, lat, properties) => ({
    type: 'Feature',
    properties,
    geometry: {type: 'Point', coordinates: [lon, lat]},
  });
  const square = [
    [112, 38],
    [112.01, 38],
    [112.01, 38.01],
    [112, 38.01],
  ];
  const seen = new Set();
  const told = (properties, assume, places = square) => {
    const all = places.map(([lon, lat], i) => point(lon, lat, properties(i)));
    const given = {type: 'FeatureCollection', features: all};
    const {sites} = page.readSites(given, {...asked, assume}, china, accuracies, corners);
    sites
      .flatMap(site => site.problems)
      .forEach(problem => {
        seen.add(problem.replace(/^feature \d+: /, ''));
        isChinese(page.problemZh(problem));
      });
    return sites.every(site => site.doubtful);
  };
  assert.ok(told(i => ({点号: `J${i + 1}`}), {}));
  assert.ok(!told(i => ({点号: `J${i + 1}`}), {shape: 'ring'}));
  const [a, b] = square;
  assert.ok(told(i => ({点号: `J${i + 1}`}), {shape: 'ring'}, [a, a, b, b]));
  assert.ok(told(() => ({地块: '甲'}), {}));
  assert.ok(told(i => ({地块: i < 3 ? '甲' : '乙'}), {}, [...square, ...square].slice(0, 6)));
  assert.ok(told(() => ({}), {}, [...square, square[0]]));
  assert.ok(!told(i => ({点号: `J${i + 1}`}), {shape: 'points'}));
  assert.equal(seen.size, 5);
});

test('several points of one feature that go round an area are asked about in Chinese', () => {
  const given = all(feature({type: 'MultiPoint', coordinates: ring.slice(0, 3)}));
  const [site] = page.readSites(given, asked, china, accuracies, corners).sites;
  assert.match(site.problems[0], /the 3 points of one feature go round an area/);
  isChinese(page.problemZh(site.problems[0]));
});

test('every guess has its Chinese', () => {
  Object.values(page.GUESSES).forEach(guess => isChinese(page.problemZh(guess)));
});

test('what is left out of a download or a collection is told in Chinese, alone and as a problem', () => {
  const cut = {...all(feature(polygon([ring]))), exceededTransferLimit: true};
  const more = {...all(feature(polygon([ring]))), numberMatched: 9, numberReturned: 1};
  const next = {...all(feature(polygon([ring]))), links: [{rel: 'next'}]};
  for (const told of [cut, more, next, all(BAD[BAD.length - 1])]) {
    const {sites, left} = page.readSites(told, asked, china, accuracies, corners);
    assert.ok(left.length);
    left.forEach(entry => isChinese(page.leftZh(entry)));
    sites.flatMap(site => site.problems).forEach(one => isChinese(page.problemZh(one)));
  }
});

test('every reason that a reader writes has its Chinese', () => {
  const written = readdirSync(READ).flatMap(name => [
    ...readFileSync(new URL(name, READ), 'utf-8').matchAll(
      /leftOut\(\s*'\w+',\s*[^,]+,\s*[^,]+,\s*['`]([^'`$]+)['`]/g,
    ),
  ]);
  assert.ok(written.length >= 4);
  for (const [, reason] of written) {
    isChinese(page.leftZh({what: 'point', place: 'in feature 1', reason, count: 1}));
  }
});

test('what is wrong with the form has its Chinese', () => {
  const law = {years: [1900, 2100]};
  const tables = {project_types: {}, attributes: {}};
  const questions = {answers: {}, choices: {}};
  const pack = {law, data_date: '2026-11-21', layers: [], tables, questions};
  for (const given of [
    {accuracy_m: -5},
    {attributes: {height_m: '-3'}},
    {as_of: '1700-01-01'},
    {as_of: '2026-02-31'},
  ]) {
    assert.throws(
      () => page.askedOf(given, pack),
      error => isChinese(page.problemZh(error.message)) ?? true,
    );
  }
});

test('what is not known stays as it is', () => {
  assert.equal(page.problemZh('something else'), 'something else');
});

test('degrees, minutes and seconds are refused with the decimal degrees that they are', () => {
  for (const text of [
    '112°34′15.6″E, 38°0′43″N',
    '东经112度34分15.6秒，北纬38度0分43秒',
    `112º34'15.6", 38º0'43"`,
  ]) {
    assert.throws(() => page.readText(text), /度分秒.*112\.5710000, 38\.0119444.*minutes/);
  }
  assert.equal(page.readText('112.571, 38.012').features.length, 1);
});

test('a DXF is named as one, by its name or by its first lines', async () => {
  const bytes = text => new TextEncoder().encode(text);
  const dxf = '  0\r\nSECTION\r\n  2\r\nHEADER\r\n';
  for (const [name, text] of [
    ['a.dxf', dxf],
    ['a.txt', dxf],
    ['b.txt', `999\nmade by hand\n${dxf}`],
  ]) {
    await assert.rejects(page.readFile(bytes(text), name), /是 DXF 图形文件.*sxgeo check/);
  }
});
