// What a check does beside its figures, held to laws: what its receipt names, when it reads what stands apart, what two engines dispute.
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

test('a layer that stands apart is read once, when the first site is checked', () => {
  const read = [];
  const layers = [
    {id: 'near', records: []},
    {id: 'far', records: [], apart: 'packed'},
  ];
  const checker = new page.Checker(
    {layers, counties: [], unions: []},
    told => `${told}, read`,
    (layer, told) => read.push([layer.id, told]),
  );
  assert.deepEqual(read, []);
  checker.open();
  checker.open();
  assert.deepEqual(read, [['far', 'packed, read']]);
});

test('what two engines dispute is undetermined, but for a conflict, and both words are told', () => {
  for (const outcome of ['conflict', 'undetermined', 'regulated', 'clear']) {
    for (const dispute of [null, ['面积不同', 'areas differ']]) {
      const checker = {
        law: {plane_scale: 0.0005, known_outcomes: [], effects: []},
        pack: {rules: []},
        vote: () => ({disputed: () => dispute}),
        find: () => [],
        told: () => [outcome, 'none_found', null, 'a code', null],
        entry: (layer, asked, own, known, effect, code) => ({
          outcome: own,
          known,
          code,
          reason: 'r',
        }),
      };
      const given = {
        asked: {as_of: '2026-11-21', project: {}},
        site: {accuracy_m: 1, datum_error_m: 0},
      };
      const told = page.Checker.prototype.outcomeOf.call(checker, {id: 'a'}, given);
      const kept = dispute === null || outcome === 'conflict';
      assert.equal(told.outcome, kept ? outcome : 'undetermined');
      assert.equal(told.code, kept ? 'a code' : 'engines_disagree');
      assert.equal(told.reason, dispute ? 'r：面积不同' : 'r');
      assert.equal(told.disputed_en, dispute ? 'areas differ' : undefined);
    }
  }
});
