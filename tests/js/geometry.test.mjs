import test from 'node:test';
import assert from 'node:assert/strict';
import {load} from './load.mjs';

const page = await load();
const square = (x, y, size) =>
  page.shapeOf(
    {
      type: 'Polygon',
      coordinates: [
        [
          [x, y],
          [x + size, y],
          [x + size, y + size],
          [x, y + size],
          [x, y],
        ],
      ],
    },
    (a, b) => [a, b],
  );
const near = (a, b, by = 1e-9) => assert.ok(Math.abs(a - b) <= by, `${a} is not ${b}`);

test('degrees go to the plane and back within a millionth of a metre', () => {
  for (const [lon, lat] of [
    [112.5, 38],
    [110.6, 34.5],
    [115.4, 41.2],
  ]) {
    const meridian = page.centralMeridian(lon);
    const [east, north] = page.toPlane(lon, lat, meridian);
    const back = page.toDegrees(east, north, meridian);
    near(back[0], lon, 1e-11);
    near(back[1], lat, 1e-11);
  }
});

test('112.5 E belongs to 114 E', () => {
  assert.equal(page.centralMeridian(112.5), 114);
  assert.equal(page.centralMeridian(112.4999999), 111);
  assert.equal(page.planeName(114), 'EPSG:4547');
});

test('two squares that share a quarter overlap by it and half as deep', () => {
  const told = page.measure(square(0, 0, 100), square(50, 50, 100));
  near(told.area, 2500);
  near(told.share, 0.25);
  near(-told.separation, 50, 1e-6);
});

test('squares that touch have no depth, squares apart their distance', () => {
  near(page.measure(square(0, 0, 100), square(100, 0, 100)).separation, 0);
  near(page.measure(square(0, 0, 100), square(103, 104, 1)).separation, 5);
});

test('a point in the middle of a square is half its side deep; on its edge it touches', () => {
  const point = (x, y) => page.shapeOf({type: 'Point', coordinates: [x, y]}, (a, b) => [a, b]);
  near(page.measure(point(50, 50), square(0, 0, 100)).separation, -50);
  near(page.measure(point(0, 50), square(0, 0, 100)).separation, 0);
});

test('a line is cut at the edges of a square', () => {
  const line = page.shapeOf(
    {
      type: 'LineString',
      coordinates: [
        [-50, 50],
        [150, 50],
      ],
    },
    (a, b) => [a, b],
  );
  const told = page.measure(line, square(0, 0, 100));
  near(told.length, 100);
  near(told.share, 0.5);
});

test('a square in the hole of a polygon is apart from it', () => {
  const ring = page.shapeOf(
    {
      type: 'Polygon',
      coordinates: [
        [
          [0, 0],
          [100, 0],
          [100, 100],
          [0, 100],
          [0, 0],
        ],
        [
          [20, 20],
          [80, 20],
          [80, 80],
          [20, 80],
          [20, 20],
        ],
      ],
    },
    (a, b) => [a, b],
  );
  near(page.measure(square(45, 45, 10), ring).separation, 25);
  assert.equal(page.covers(ring.polys, square(45, 45, 10)), false);
  assert.equal(page.covers(ring.polys, square(2, 2, 10)), true);
});

test('a bow tie is repaired and its doubt told', () => {
  const {
    sites: [site],
  } = page.readSites(
    {
      type: 'Polygon',
      coordinates: [
        [
          [112.5, 38],
          [112.51, 38.01],
          [112.51, 38],
          [112.5, 38.01],
          [112.5, 38],
        ],
      ],
    },
    {file: '', accuracy_m: null, assume: {}},
    null,
    {vector: [2, 'vector file']},
    {
      corner_heading: '(?!)',
      plot_heading: '(?!)',
      order: [],
      label: '(?!)',
      word: '(?!)',
      number: '(?!)',
      counted: [],
      fewest: 3,
      first: 50,
    },
  );
  assert.equal(site.geometry.type, 'MultiPolygon');
  assert.ok(site.accuracy_m > 100);
  assert.match(site.problems[0], /crosses itself/);
});

test('survey TXT gives plots with their names, holes and degrees', () => {
  const text =
    '[属性描述]\n坐标系=2000国家大地坐标系\n几度分带=3\n带号=38\n[地块坐标]\n4,1.0,DK1,一号地块,面,,,,@\n' +
    'J1,1,4200000.0,410000.0\nJ2,1,4200000.0,410100.0\nJ3,1,4199900.0,410100.0\nJ4,1,4199900.0,410000.0\nJ1,1,4200000.0,410000.0\n' +
    'J5,2,4199960.0,410040.0\nJ6,2,4199960.0,410060.0\nJ7,2,4199940.0,410060.0\nJ8,2,4199940.0,410040.0\n';
  const [feature] = page.readText(text).features;
  assert.equal(feature.properties.name, '一号地块');
  assert.equal(feature.geometry.coordinates.length, 2);
  const [lon, lat] = feature.geometry.coordinates[0][0];
  assert.ok(lon > 112.5 && lon < 113.5 && lat > 37 && lat < 38.5);
});

test('typed pairs may be degrees in either order, or east and north with the prefix', () => {
  const degrees = page.readText('112.57, 38.01').features[0].geometry.coordinates;
  assert.equal(JSON.stringify(degrees), '[112.57,38.01]');
  assert.equal(
    JSON.stringify(page.readText('38.01 112.57').features[0].geometry.coordinates),
    '[112.57,38.01]',
  );
  const [east, north] = page.toPlane(112.57, 38.01, 114);
  const back = page.readText(`${(38e6 + east).toFixed(4)},${north.toFixed(4)}`).features[0].geometry
    .coordinates;
  near(back[0], 112.57, 1e-8);
});

test('what is no coordinate is refused with its line', () => {
  assert.throws(() => page.readText('hello'), /第1行/);
  assert.throws(() => page.readText('{"type":'), /JSON/);
  assert.throws(() => page.readText('410000,4200000'), /带号/);
});

test('what would be lost of a text is refused: a second pair on a line, a second plot, WKT', () => {
  const plot = ['112.7,38.4', '112.71,38.4', '112.71,38.41'];
  const numbered = plot.map((pair, i) => `J${i + 1} ${pair}`);
  for (const [text, why] of [
    ['112.7 38.4 112.71 38.4 112.71 38.41', /第1行有 6 个数/],
    ['112.7,38.4,112.71,38.4', /第1行有 4 个数/],
    ['112,38.4,113,38.5', /第1行有 4 个数/],
    [`(${plot.join('),(')})`, /第1行有 6 个数/],
    ['POLYGON((112.7 38.4,\n112.71 38.4,\n112.71 38.41,\n112.7 38.4))', /WKT/],
    ['SRID=4490;multipolygon(((112.7 38.4', /WKT/],
    [[...plot, '', ...plot].join('\n'), /空行隔开了 2 组/],
    [[...numbered, ...numbered].join('\n'), /点号有重复/],
    [plot.map(pair => `1,${pair}`).join('\n'), /点号有重复/],
  ]) {
    assert.throws(() => page.readText(text), why, text);
  }
  for (const text of [
    plot.join('\n'),
    plot.join('；'),
    plot.join('\n\n'),
    `${plot.join('\n')}\n\n`,
    numbered.join('\n'),
    [...numbered, numbered[0]].join('\n'),
    plot.map(pair => `${pair},800.5`).join('\n'),
    numbered.map(line => `${line},800.5`).join('\n'),
    plot.join('\n').replace(/\d/g, digit => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)),
  ]) {
    const [{geometry}] = page.readText(text).features;
    assert.deepEqual(JSON.parse(JSON.stringify(geometry.coordinates)), [
      [
        [112.7, 38.4],
        [112.71, 38.4],
        [112.71, 38.41],
        [112.7, 38.4],
      ],
    ]);
  }
});

test('a line that crosses itself is cut there, and where it crosses another', () => {
  const cut = lines => JSON.parse(JSON.stringify(page.noded(lines)));
  const bow = [
    [0, 0],
    [10, 10],
    [10, 0],
    [0, 10],
  ];
  assert.deepEqual(cut([bow]), [
    [
      [0, 0],
      [5, 5],
    ],
    [
      [5, 5],
      [10, 10],
      [10, 0],
      [5, 5],
    ],
    [
      [5, 5],
      [0, 10],
    ],
  ]);
  assert.deepEqual(
    cut([
      [
        [0, 0],
        [4, 0],
      ],
      [
        [2, -1],
        [2, 1],
      ],
    ]),
    [
      [
        [0, 0],
        [2, 0],
      ],
      [
        [2, 0],
        [4, 0],
      ],
      [
        [2, -1],
        [2, 0],
      ],
      [
        [2, 0],
        [2, 1],
      ],
    ],
  );
  assert.deepEqual(
    cut([
      [
        [0, 0],
        [4, 0],
        [8, 1],
      ],
    ]),
    [
      [
        [0, 0],
        [4, 0],
        [8, 1],
      ],
    ],
  );
});
