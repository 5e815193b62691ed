// Columns, the tree of boxes and the store of a tiled class: hand-worked cases, then laws on seeded features.
import assert from 'node:assert/strict';
import test from 'node:test';
import {load} from './load.mjs';

const same = (found, expected) => assert.deepEqual(JSON.parse(JSON.stringify(found)), expected);

const page = await load('check', 'draw/boxes.js', 'draw/store.js');
const {Numbers, Column, Texts, Chains, BoxTree, Store, drawingOrder} = page;
const ALPHABET = Array.from({length: 94}, (_, i) => String.fromCharCode(0x21 + i)).filter(
  letter => !'"&/<>\\'.includes(letter),
);
const number = value =>
  value < 56
    ? ALPHABET[value]
    : ALPHABET[56 + ((value - 56) % 32)] + number(Math.floor((value - 56) / 32));
const folded = value => number(value < 0 ? -2 * value - 1 : 2 * value);
const one = (values, codes = '') => ({values, codes});

function random(seed) {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}

test('numbers are read digit by digit, the lowest first', () => {
  const reader = new Numbers(
    '!' + number(31) + '_!' + number(123456) + folded(-1) + folded(-70000) + folded(70000),
  );
  assert.deepEqual(
    [reader.next(), reader.next(), reader.next(), reader.next()],
    [0, 31, 56, 123456],
  );
  assert.deepEqual([reader.step(), reader.step(), reader.step()], [-1, -70000, 70000]);
  assert.throws(() => reader.next(), /cut short/);
});

test('a column gives each row its value, and one value needs no codes', () => {
  const column = new Column(one(['a', null, 7], '!#$!'), 4);
  const same = new Column(one(['x']), 3);
  assert.deepEqual(
    [0, 1, 2, 3].map(row => column.at(row)),
    ['a', null, 7, 'a'],
  );
  const seen = [];
  column.walk(1, 4, (value, row) => {
    seen.push([value, row]);
    return row === 2;
  });
  assert.deepEqual(seen, [
    [null, 1],
    [7, 2],
  ]);
  assert.deepEqual(
    [0, 2].map(row => same.at(row)),
    ['x', 'x'],
  );
});

test('texts share what they begin with, and any can be had alone', () => {
  const words = Array.from({length: 70}, (_, i) => `图斑-${String(i).padStart(4, '0')}`);
  let before = '';
  const text = words
    .map((word, i) => {
      let shared = 0;
      while (i % 32 && shared < word.length && word[shared] === before[shared]) {
        shared += 1;
      }
      before = word;
      return number(shared) + number(word.length - shared) + word.slice(shared);
    })
    .join('');
  const column = new Texts({text}, words.length);
  const seen = [];
  assert.deepEqual(
    [0, 31, 32, 33, 69].map(row => column.at(row)),
    [words[0], words[31], words[32], words[33], words[69]],
  );
  column.walk(30, 40, (word, row) => {
    seen.push([word, row]);
    return row === 35;
  });
  assert.deepEqual(
    seen,
    [30, 31, 32, 33, 34, 35].map(row => [words[row], row]),
  );
});

// Features of whole steps: rings without their closing point, lines, points.
function told(features, digits = 5) {
  let lastX = 0;
  let lastY = 0;
  const dims = [];
  const chains = [];
  const points = [];
  const xy = [];
  for (const [dim, lists] of features) {
    dims.push(dim);
    chains.push(lists.length);
    for (const list of lists) {
      points.push(list.length);
      let [x, y] = [lastX, lastY];
      list.forEach(([px, py], i) => {
        xy.push(folded(px - x) + folded(py - y));
        [x, y] = [px, py];
        if (!i) {
          [lastX, lastY] = [px, py];
        }
      });
    }
  }
  const column = list => {
    const values = [...new Set(list)];
    return one(values, values.length > 1 ? list.map(v => number(values.indexOf(v))).join('') : '');
  };
  return {
    digits,
    dims: column(dims),
    chains: column(chains),
    points: column(points),
    xy: xy.join(''),
    fresh: one([1]),
  };
}

const square = (x, y, half) => [
  [x - half, y - half],
  [x + half, y - half],
  [x + half, y + half],
  [x - half, y + half],
];

test('chains give points, boxes and GeoJSON back', () => {
  const ring = square(11270000, 3840000, 50);
  const chains = new Chains(
    told([
      [2, [ring]],
      [
        1,
        [
          [
            [11260000, 3830000],
            [11260010, 3830020],
          ],
        ],
      ],
      [0, [[[1, -2]]]],
    ]),
    3,
  );
  same(
    chains.box(0).map(v => v.toFixed(5)),
    ['112.69950', '38.39950', '112.70050', '38.40050'],
  );
  same(chains.geometry(0).coordinates[0].length, 5);
  same(chains.geometry(0).coordinates[0][4], [112.6995, 38.3995]);
  same(chains.geometry(1), {
    type: 'LineString',
    coordinates: [
      [112.6, 38.3],
      [112.6001, 38.3002],
    ],
  });
  same(chains.geometry(2), {type: 'Point', coordinates: [0.00001, -0.00002]});
});

test('the tree finds exactly the boxes that meet a window', () => {
  const next = random(7);
  const count = 1000;
  const boxes = new Int32Array(4 * count);
  for (let i = 0; i < count; i += 1) {
    const x = Math.floor(next() * 1e6);
    const y = Math.floor(next() * 1e6);
    boxes.set([x, y, x + Math.floor(next() * 2e4), y + Math.floor(next() ** 8 * 5e5)], 4 * i);
  }
  const tree = new BoxTree(boxes);
  for (let k = 0; k < 200; k += 1) {
    const x = next() * 1e6;
    const y = next() * 1e6;
    const wide = next() * 1e5;
    const found = [];
    const expected = [];
    tree.search(x, y, x + wide, y + wide, i => found.push(i));
    for (let i = 0; i < count; i += 1) {
      if (
        boxes[4 * i] <= x + wide &&
        boxes[4 * i + 2] >= x &&
        boxes[4 * i + 1] <= y + wide &&
        boxes[4 * i + 3] >= y
      ) {
        expected.push(i);
      }
    }
    assert.deepEqual(
      found.sort((a, b) => a - b),
      expected,
    );
  }
  const none = [];
  new BoxTree(new Int32Array(0)).search(-1, -1, 1, 1, i => none.push(i));
  assert.deepEqual(none, []);
});

test('large boxes come before small ones', () => {
  const {order, rank} = drawingOrder(
    Int32Array.from([0, 0, 10, 10, 0, 0, 1000, 1000, 0, 0, 100, 100]),
  );
  assert.deepEqual([...order], [1, 2, 0]);
  assert.deepEqual([...rank], [2, 0, 1]);
});

function store(features) {
  const ids = one(
    features.map((_, i) => `F${i}`),
    features.map((_, i) => number(i)).join(''),
  );
  const columns = {
    id: ids,
    zh: ids,
    en: one(['']),
    county: one(['阳曲县']),
    member: one(['inferred']),
    mark: one(['object']),
    kind: one(['surveyed']),
    acc_m: one([1]),
  };
  return new Store(
    {
      cls: 'x',
      count: features.length,
      columns,
      rows: [
        ['来源', one(['册'])],
        ['说明', one([''])],
      ],
    },
    told(features),
  );
}

test('a click finds the smallest shape on top, not one in whose hole it lies, and a point or line near it', () => {
  const [x, y] = [11270000, 3840000];
  const large = [2, [square(x, y, 400), square(x + 200, y, 50).reverse()]];
  const small = [2, [square(x, y, 40)]];
  const own = store([
    large,
    small,
    [0, [[[x - 200, y]]]],
    [
      1,
      [
        [
          [x, y + 300],
          [x + 100, y + 300],
        ],
      ],
    ],
  ]);
  const at = (dx, dy) => own.hit((y + dy) / 1e5, (x + dx) / 1e5, 5e-5, 1e-4);
  assert.equal(at(0, 0), 1);
  assert.equal(at(100, 0), 0);
  assert.equal(at(200, 0), -1);
  assert.equal(at(1000, 0), -1);
  assert.equal(at(-195, 3), 2);
  assert.equal(at(50, 303), 3);
  assert.equal(at(50, 320), 0);
});

test('the place shown of a shape lies in it, beside its hole', () => {
  const [x, y] = [11270000, 3840000];
  const own = store([[2, [square(x, y, 400), square(x + 100, y, 250).reverse()]]]);
  const [lat, lon] = own.inside(0);
  assert.ok(own.covers(0, lon * 1e5, lat * 1e5));
  assert.equal(own.feature(0).zh, 'F0');
  same(own.feature(0).rows, [['来源', '册']]);
});

test('search finds by name, id and county, and stops where it is told', () => {
  const own = store(Array.from({length: 40}, (_, i) => [0, [[[i, i]]]]));
  const plain = text => text.toLowerCase();
  same(own.search('f39', 30, plain), [39]);
  assert.equal(own.search('f3', 30, plain).length, 11);
  assert.equal(own.search('阳曲', 30, plain).length, 30);
  same(own.search('nothing', 30, plain), []);
  assert.equal(own.find('F17'), 17);
  assert.equal(own.find('G'), -1);
});
