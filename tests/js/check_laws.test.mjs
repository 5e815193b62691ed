// What a check says beside its answers, held to laws: the receipt names all that was left out, or the first of much.
import test from 'node:test';
import assert from 'node:assert/strict';
import {load} from './load.mjs';

const page = await load();

const ASKED = {
  as_of: '2026-11-21',
  file: 'a.kml',
  classes: null,
  project: {said: {}, documents: {}, type: null, height_m: null},
};

function receipt(left) {
  return page.Checker.prototype.receipt.call({pack: {}, second: null}, [], ASKED, left);
}

test('a receipt names each thing that was left out, the first fifty of more, and how many there are', () => {
  assert.deepEqual(receipt([]).inputs, []);
  for (const count of [1, 2, 49, 50, 51, 120]) {
    const left = Array.from({length: count}, (_, i) => ({kind: 'annotation', number: i}));
    const [told, ...more] = receipt(left).inputs;
    assert.deepEqual(more, []);
    assert.equal(told.file, 'a.kml');
    assert.equal(told.left_out_count, count);
    assert.deepEqual(
      told.left_out.map(one => one.number),
      left.map(one => one.number).filter(number => number < 50),
    );
  }
});
