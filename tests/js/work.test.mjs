// How much work a check does: not how long it takes.
import assert from 'node:assert/strict';
import test from 'node:test';
import {load} from './load.mjs';

const {Checker, Shelf, measure, shapeOf, toBoundary} = await load();
const same = (x, y) => [x * 87000, y * 111000];
const square = (x, y, side) => [
  [x, y],
  [x + side, y],
  [x + side, y + side],
  [x, y + side],
  [x, y],
];
const polygon = (x, y, side) => ({type: 'Polygon', coordinates: [square(x, y, side)]});

// Squares that come nearer to 112.5 E row by row, as a file sorted from west to east has them; counts those that are put together.
function sorted(count) {
  const at = row => [112 + (0.5 * row) / count, 38, 112 + (0.5 * row) / count + 1e-5, 38 + 1e-5];
  const chains = {
    made: 0,
    scale: 1e7,
    rowOf: Int32Array.from({length: count}, (_, row) => row),
    boxes: Int32Array.from({length: count * 4}, (_, i) => at(i >> 2)[i % 4] * 1e7),
    box: row => at(row),
    geometry: row => {
      chains.made += 1;
      return polygon(at(row)[0], 38, 1e-5);
    },
  };
  return {chains, records: Array.from({length: count}, () => ({}))};
}

test('the nearest of many outlines is found without looking at each, whatever the order of the file', () => {
  const layer = sorted(2000);
  const shelf = new Shelf(layer, same);
  const site = polygon(112.6, 38, 0.001);
  // What is certainly farther is told in degrees with a twentieth to spare, so a few more than one are looked at.
  const at = {
    shape: shapeOf(site, same),
    box: [112.6, 38, 112.601, 38.001],
    shelf,
    vote: null,
    measured: new Map(),
  };
  const {nearest, far} = Checker.prototype.measuredFrom.call({}, layer, 100, at);
  assert.equal(nearest, 1999);
  assert.ok(Math.abs(far[1999] - (112.6 - (112 + (0.5 * 1999) / 2000 + 1e-5)) * 87000) < 0.01);
  assert.ok(layer.chains.made < 60, `${layer.chains.made} outlines were put together`);
});

test('of two outlines as near as each other the first is named', () => {
  const boxes = [112.1, 112.3].map(x => [x, 38, x + 0.01, 38.01]);
  const layer = {
    records: [{}, {}],
    chains: {
      scale: 1e7,
      rowOf: [0, 1],
      boxes: boxes.flat().map(value => Math.round(value * 1e7)),
      box: row => boxes[row],
      geometry: row => polygon(boxes[row][0], 38, 0.01),
    },
  };
  const flat = (x, y) => [Math.round((x - 112) * 1000) * 100, Math.round((y - 38) * 1000) * 100];
  const site = polygon(112.2, 38, 0.01);
  const at = {
    shape: shapeOf(site, flat),
    box: [112.2, 38, 112.21, 38.01],
    shelf: new Shelf(layer, flat),
    vote: null,
    measured: new Map(),
  };
  assert.equal(Checker.prototype.measuredFrom.call({}, layer, 100, at).nearest, 0);
});

test('a depth that cannot be the deepest is not measured to its end', () => {
  const polys = [[square(0, 0, 100)]];
  assert.equal(toBoundary([50, 10], polys), 10);
  assert.ok(toBoundary([50, 10], polys, 20) <= 20);
  assert.equal(toBoundary([50, 40], polys, 20), 40);
});

test('what a site and a record share is measured once, however often it is asked about', () => {
  let read = 0;
  const shape = shapeOf(polygon(0, 0, 0.001), same);
  const resource = shapeOf(polygon(0.0005, 0, 0.001), same);
  const counted = new Proxy(resource, {
    get: (target, key) => {
      read += 1;
      return target[key];
    },
  });
  const checker = {law: {touch_m: 0.02}};
  const at = {shape, overlaps: new Map()};
  const record = {boundary: 'digitised'};
  const [first] = Checker.prototype.overlapOf.call(checker, record, counted, at);
  assert.deepEqual(first.area, measure(shape, resource).area);
  const before = read;
  const [second] = Checker.prototype.overlapOf.call(checker, record, counted, at);
  assert.equal(second, first);
  assert.equal(read, before);
});
