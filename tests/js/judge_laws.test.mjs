// What a distance means under a rule, said a second time and tried on both sides of every limit; sums, orders, grounds of the word clear.
import test from 'node:test';
import assert from 'node:assert/strict';
import {load} from './load.mjs';

const page = await load();
const near = (a, b) =>
  a === null || b === null ? assert.equal(a, b) : assert.ok(Math.abs(a - b) < 1e-9, `${a} ${b}`);

// All combinations of lists.
const product = (...lists) =>
  lists.reduce((all, list) => all.flatMap(row => list.map(one => [...row, one])), [[]]);

const NO_RULE = {required_m: 0, comparison: 'within_le', ratio: null, verified: false};
const NOT_BOUND = {...NO_RULE, note: 'not bound'};
const LAW = {
  plane_scale: 0.0625,
  touch_m: 0.125,
  no_rule: NO_RULE,
  not_bound: NOT_BOUND,
  known_outcomes: ['conflict', 'undetermined', 'regulated'],
  effects: ['prohibited', 'prohibited_unless', 'permit', 'notify'],
  regulated_codes: {
    prohibited: 'restricted_met',
    prohibited_unless: 'restricted_met',
    permit: 'permit_met',
    notify: 'notify_met',
  },
  coarse_reasons: ['unlocated', 'unknown_accuracy', 'coarse_accuracy'],
};
const SITE = {accuracy_m: 1, datum_error_m: 2};
const RECORD = {accuracy_m: 4, datum_error_m: 8, spread_m: 0, coarse: null};
const said = (values = {}) => ({said: {}, documents: {}, height_m: null, type: null, ...values});

function judged({rule, separation, record = RECORD, project = said(), ...given}) {
  const {bound = 'yes', capped = null, wide = false, shared = false} = given;
  const overlap = separation === null ? null : {separation};
  return page.judge([rule, bound, capped], record, overlap, SITE, project, wide, shared, LAW);
}

test('a distance is met below its limit less all errors, missed beyond it with them and the spread', () => {
  for (const [comparison, required, spread, by] of product(
    ['within_le', 'at_least'],
    [0, 64],
    [0, 32],
    [-0.25, 0, 0.25],
  )) {
    const rule = {...NO_RULE, rule_id: 'R', required_m: required, comparison};
    const record = {...RECORD, spread_m: spread};
    const error = 15 + required / 16;
    const strict = comparison !== 'within_le';
    const limits = [required - error, required + error, required + error + spread];
    for (const [k, limit] of limits.entries()) {
      const told = judged({rule, record, separation: limit + by});
      near(told.error, error);
      near(told.required, required);
      near(told.margin, limit + by - required);
      assert.equal(told.height, null);
      const met = limit + by < limits[0] || (limit + by === limits[0] && !strict);
      const beyond = strict && required > 0 ? limit + by >= limits[2] : limit + by > limits[2];
      const relation = met ? 'met' : beyond ? 'missed' : 'between';
      assert.equal(told.relation, relation, `${comparison} ${required} ${spread} ${k} ${by}`);
      const within = limit + by > limits[1] ? 'within_extent' : 'within_error';
      assert.equal(told.code, relation === 'between' ? within : relation);
      const floor = required === 0 ? Math.min(limits[0], -LAW.touch_m) : limits[0];
      near(
        told.flip,
        {
          met: floor - limit - by,
          missed: limit + by - limits[2],
          between: Math.min(limit + by - limits[0], limits[2] - limit - by),
        }[relation],
      );
    }
  }
});

test('every error moves the limit by itself, and by its whole size', () => {
  const rule = {...NO_RULE, rule_id: 'R', required_m: 64};
  const none = {accuracy_m: 0, datum_error_m: 0};
  for (const [of, key] of product(['site', 'record'], ['accuracy_m', 'datum_error_m'])) {
    const site = of === 'site' ? {...none, [key]: 16} : none;
    const record = {...RECORD, ...none, ...(of === 'record' ? {[key]: 16} : {})};
    const at = separation =>
      page.judge([rule, 'yes', null], record, {separation}, site, said(), false, false, LAW);
    assert.equal(at(64 - 16 - 4).relation, 'met');
    assert.equal(at(64 - 16 - 4 + 0.25).relation, 'between');
    assert.equal(at(64 + 16 + 4).relation, 'between');
    assert.equal(at(64 + 16 + 4 + 0.25).relation, 'missed');
  }
});

test('what touches no deeper than is drawn decides nothing where nothing is required', () => {
  const rule = {...NO_RULE, rule_id: 'R'};
  const exact = {...RECORD, accuracy_m: 0, datum_error_m: 0};
  const site = {accuracy_m: 0, datum_error_m: 0};
  for (const [depth, relation, code, flip] of [
    [0, 'between', 'touching', 0.125],
    [0.0625, 'between', 'touching', 0.0625],
    [0.125, 'between', 'touching', 0],
    [0.25, 'met', 'met', 0.125],
  ]) {
    const overlap = {separation: -depth};
    const told = page.judge([rule, 'yes', null], exact, overlap, site, said(), false, false, LAW);
    assert.deepEqual([told.relation, told.code], [relation, code]);
    near(told.flip, flip);
    const far = {...rule, required_m: 64};
    const wide = page.judge([far, 'yes', null], exact, overlap, site, said(), false, false, LAW);
    assert.equal(wide.relation, 'met');
  }
});

test('what is unknown takes from what is met alone, and the distance to what is missed is told', () => {
  const rule = {...NO_RULE, rule_id: 'R', required_m: 64};
  for (const [bound, capped, separation] of product(
    ['yes', 'if', 'maybe'],
    [null, 'candidate'],
    [0, 64, 200],
  )) {
    const told = judged({rule, bound, capped, separation});
    const relation = separation === 0 ? 'met' : separation === 64 ? 'between' : 'missed';
    const why = capped || (bound === 'maybe' ? 'attribute_unknown' : null);
    if (relation === 'met' && why) {
      assert.deepEqual([told.relation, told.code], ['between', why]);
      near(told.flip, 64 + 19 - separation);
    } else {
      assert.equal(told.relation, relation);
    }
  }
  // a rule that nobody has found decides nothing, wherever it lies
  for (const [separation, relation] of [
    [-20, 'between'],
    [0, 'between'],
    [200, 'missed'],
  ]) {
    const told = judged({rule: NO_RULE, capped: 'no_rule', separation});
    assert.equal(told.relation, relation);
    assert.equal(told.code, relation === 'missed' ? 'missed' : 'no_rule');
  }
  const touching = {...RECORD, accuracy_m: 0, datum_error_m: 0};
  const site = {accuracy_m: 0, datum_error_m: 0};
  const at = separation =>
    page.judge(
      [NO_RULE, 'yes', 'no_rule'],
      touching,
      {separation},
      site,
      said(),
      false,
      false,
      LAW,
    );
  assert.equal(at(0).code, 'touching');
  assert.equal(at(-0.25).code, 'no_rule');
});

test('what does not bind is told where it is not missed, and never decides', () => {
  for (const [separation, wide, coarse, shared] of product(
    [-20, 0, 200],
    [false, true],
    [null, 'coarse_accuracy'],
    [false, true],
  )) {
    const record = {...RECORD, coarse};
    const told = judged({rule: NOT_BOUND, record, separation, wide, shared});
    assert.equal(told.relation, separation === 200 ? 'missed' : 'unbound');
    assert.deepEqual([told.code, told.flip, told.height], ['not_bound', null, null]);
  }
});

test('an edge is shared only where nothing more is required', () => {
  for (const [required, shared] of product([0, 64], [false, true])) {
    const rule = {...NO_RULE, rule_id: 'R', required_m: required};
    const told = judged({rule, separation: 0, shared});
    assert.equal(told.relation === 'shared', shared && required === 0);
    assert.equal(told.code === 'shared_edge', shared && required === 0);
  }
});

test('a record of a county may lie here though its point lies far off', () => {
  const rule = {...NO_RULE, rule_id: 'R', required_m: 64};
  for (const [separation, wide, coarse] of product(
    [-20, 64, 200],
    [false, true],
    [null, 'unknown_accuracy'],
  )) {
    const told = judged({rule, record: {...RECORD, coarse}, separation, wide});
    const alone = judged({rule, record: {...RECORD, coarse}, separation});
    if (alone.relation !== 'missed') {
      assert.deepEqual(told, alone);
    } else {
      assert.equal(told.relation, wide ? 'between' : 'missed');
      assert.equal(told.flip, wide ? null : alone.flip);
    }
    if (told.relation === 'between' && coarse) {
      assert.deepEqual([told.code, told.flip], [coarse, null]);
    }
  }
  // where it lies nobody knows at all
  const lost = judged({rule, separation: null});
  assert.deepEqual(lost, {
    relation: 'between',
    code: 'unlocated',
    required: 64,
    margin: null,
    error: null,
    flip: null,
    height: null,
  });
  const free = judged({rule: NOT_BOUND, separation: null});
  assert.deepEqual([free.relation, free.code], ['missed', 'not_bound']);
});

test('a height that is known shortens the distance, one that is not decides nothing', () => {
  const rule = {
    ...NO_RULE,
    rule_id: 'R',
    required_m: 64,
    comparison: 'height_ratio',
    ratio: 2,
  };
  for (const [height, required] of [
    [null, 64],
    [0, 0],
    [16, 32],
    [32, 64],
    [48, 64],
  ]) {
    const told = judged({rule, separation: -40, project: said({height_m: height})});
    near(told.required, required);
    assert.equal(told.relation, height === null ? 'between' : 'met');
    assert.equal(told.code, height === null ? 'height_unknown' : 'met');
    assert.equal(told.height, 0);
    const apart = judged({rule, separation: 60, project: said({height_m: height})});
    const error = 15 + required / 16;
    near(apart.height, apart.relation === 'missed' ? null : (60 - error) / 2);
  }
  const spread = judged({rule, separation: 60, record: {...RECORD, spread_m: 10}});
  near(spread.height, (60 - 19 - 10) / 2);
  // without a ratio there is no such height
  const plain = judged({rule: {...rule, ratio: null}, separation: 60});
  assert.equal(plain.height, null);
  assert.equal(judged({rule: {...rule, comparison: 'at_least'}, separation: 60}).height, null);
  near(
    judged({rule: {...rule, ratio: null}, separation: 60, project: said({height_m: 1})}).required,
    64,
  );
});

// rules of a record
// ------------------------------------------------------------------------------------------

test('a record has the rules that may bind it, or the stand-in that says why', () => {
  const rules = [0, 1, 2].map(k => ({rule_id: `R${k}`, verified: k < 2}));
  const states = [undefined, 'yes', 'if', 'maybe', 'no'];
  for (const [first, second, third, impossible] of product(states, states, states, [false, true])) {
    const each = [first, second, third];
    const bounds = new Map();
    each.forEach((state, k) => state && bounds.set(k, [state, state === 'no' ? [`by ${k}`] : []]));
    const fits = [
      [0, 'yes', null],
      [2, 'possible', 'unknown_subzone'],
    ];
    const told = page.optionsFor(fits, rules, bounds, impossible, LAW);
    const bind = fits
      .filter(([k]) => bounds.has(k) && bounds.get(k)[0] !== 'no')
      .map(([k, , capped]) => [rules[k], bounds.get(k)[0], capped]);
    const fitting = fits.filter(([k]) => bounds.has(k));
    const none = [NO_RULE, 'yes', 'no_rule'];
    const seen = fitting.length > 0 && fitting.every(([k]) => k < 2);
    const wanted = impossible
      ? [...bind, none]
      : bind.length
        ? bind
        : [seen ? [NOT_BOUND, 'yes', null] : none];
    assert.deepEqual(told, wanted);
    told.forEach((option, k) => assert.equal(option[0], wanted[k][0]));
    const freed = fits.flatMap(([k]) => (each[k] === 'no' ? [`by ${k}`] : []));
    assert.deepEqual(page.unboundBy(fits, bounds), freed.sort());
  }
});

test('a rule is in force from its first day to its last', () => {
  for (const [from, to, day] of product(
    [null, '2020-01-02'],
    [null, '2020-01-05'],
    ['1900-01-01', '2020-01-01', '2020-01-02', '2020-01-05', '2020-01-06'],
  )) {
    const told = page.inForce({in_force_from: from, in_force_to: to}, day);
    assert.equal(told, (!from || from <= day) && (!to || day <= to));
  }
});

test('a row of a table is found by its answers in their order', () => {
  const table = Array.from({length: 2 * 9}, (_, k) => k);
  const law = {
    bindings: [[['a', 'b'], table]],
    bound: table.map(k => [`row ${k}`]),
    said: ['', 'yes', 'no'],
    types: ['', 'mine'],
    meanings: [[['a', 'b'], table.slice(0, 16)]],
    granted: ['', 'yes', 'no', 'granted'],
  };
  for (const [type, a, b] of product([null, 'mine'], ['', 'yes', 'no'], ['', 'yes', 'no'])) {
    const values = Object.fromEntries(Object.entries({a, b}).filter(([, v]) => v));
    const project = said({type, said: values});
    const [row] = page.binding({binding: 0}, project, law);
    const place = one => law.said.indexOf(one);
    assert.equal(row, `row ${(type ? 9 : 0) + 3 * place(a) + place(b)}`);
    for (const granted of [[], ['a'], ['b'], ['a', 'b']]) {
      const documents = Object.fromEntries(granted.map(one => [one, 'a document']));
      const at = (one, name) => (one === 'yes' && granted.includes(name) ? 3 : place(one));
      const told = page.findingOutcome('met', {meaning: 0}, {...project, documents}, law);
      assert.equal(told, 4 * at(a, 'a') + at(b, 'b'));
    }
  }
  assert.equal(page.findingOutcome('between', {}, said(), LAW), 'undetermined');
  for (const relation of ['missed', 'unbound', 'shared']) {
    assert.equal(page.findingOutcome(relation, {}, said(), LAW), 'clear');
  }
  for (const name of ['toString', 'constructor']) {
    const hostile = {...law, bindings: [[[name], [0, 1, 2]]]};
    assert.deepEqual(page.binding({binding: 0}, said(), hostile), ['row 0']);
  }
});

test('counties of a record are those that it names', () => {
  for (const [text, codes] of [
    [null, []],
    ['', []],
    [';', []],
    ['1', ['1']],
    ['1;2', ['1', '2']],
    ['1;;2', ['1', '2']],
  ]) {
    assert.deepEqual(page.codesOf({county_code: text}), codes);
  }
});

// sums and orders
// ------------------------------------------------------------------------------------------

const KINDS = [
  ['met', 'conflict', 'prohibited', 'met'],
  ['met', 'regulated', 'permit', 'met'],
  ['met', 'regulated', 'notify', 'met'],
  ['met', 'regulated', 'prohibited_unless', 'met'],
  ['between', 'undetermined', 'permit', 'within_error'],
  ['between', 'undetermined', null, 'no_rule'],
  ['between', 'undetermined', 'notify', 'unverified_rule'],
  ['between', 'undetermined', null, 'unlocated'],
  ['unbound', 'clear', null, 'not_bound'],
  ['shared', 'clear', 'prohibited', 'shared_edge'],
  ['missed', 'clear', 'prohibited', 'missed'],
];

test('what is known is the gravest of what is not missed, with its effect and its reason', () => {
  const lists = [[], ...KINDS.map(k => [k])];
  for (const kind of KINDS) {
    for (const other of KINDS) {
      lists.push([kind, other], ...KINDS.slice(0, 6).map(third => [kind, other, third]));
    }
  }
  for (const list of lists) {
    const findings = list.map(([relation, outcome, effect, code]) => ({
      relation,
      outcome,
      effect,
      reason_code: code,
    }));
    const there = list.filter(kind => kind[0] !== 'missed');
    const known =
      LAW.known_outcomes.find(one => there.some(kind => kind[1] === one)) ||
      (there.some(kind => kind[0] === 'unbound') ? 'touched_unbound' : 'none_found');
    const effect =
      LAW.effects.find(one => there.some(kind => kind[2] === one && kind[0] !== 'shared')) || null;
    const codes = new Set(there.filter(kind => kind[1] === known).map(kind => kind[3]));
    const finer = [...codes].filter(code => !LAW.coarse_reasons.includes(code));
    const open =
      finer.length === 0
        ? 'unlocated'
        : finer.length === 1 && ['no_rule', 'unverified_rule'].includes(finer[0])
          ? finer[0]
          : 'between';
    const reason = {
      conflict: 'prohibited_met',
      regulated: LAW.regulated_codes[effect],
      touched_unbound: 'not_bound',
      none_found: 'clear',
      undetermined: open,
    }[known];
    assert.deepEqual(page.knownFrom(findings, LAW), [known, effect, reason]);
    assert.deepEqual(page.knownFrom([...findings].reverse(), LAW), [known, effect, reason]);
  }
});

test('findings stand by gravity, then distance, then name, then effect, then rule', () => {
  const law = {effects: ['prohibited', 'permit'], outcomes: ['conflict', 'undetermined', 'clear']};
  const all = product(
    law.outcomes,
    [0, 5, null],
    ['A', 'B'],
    ['prohibited', 'permit', null],
    [null, 'R1', 'R2'],
  ).map(([outcome, exact, feature_id, effect, rule_id]) => ({
    outcome,
    exact,
    feature_id,
    effect,
    rule_id,
  }));
  const compare = page.findingOrder(law);
  for (const list of [[...all].reverse(), [...all.slice(50), ...all.slice(0, 50)]]) {
    assert.deepEqual(list.sort(compare), all);
  }
});

test('a record is told once, by its gravest finding', () => {
  const findings = ['A', 'B', 'A', 'C', 'B'].map((feature_id, k) => ({feature_id, k}));
  assert.deepEqual(
    page.gravestPerFeature({findings}).map(f => f.k),
    [0, 1, 3],
  );
});

test('metres are told to a tenth of a millimetre, shares to a millionth, and the exact ones stay', () => {
  const exact = 1.23456789;
  const told = page.rounded({
    distance_m: exact,
    overlap_m2: exact,
    overlap_share: 0.12345678,
    margin_m: null,
    flip_distance_m: Infinity,
    common: 'kept',
    feature_id: 'F',
  });
  assert.deepEqual(
    [told.distance_m, told.overlap_m2, told.overlap_share, told.margin_m, told.flip_distance_m],
    [1.2346, 1.2346, 0.123457, null, null],
  );
  assert.deepEqual([told.exact, told.area, told.common], [exact, exact, 'kept']);
  assert.ok(!Object.keys(told).some(key => ['exact', 'area', 'common'].includes(key)));
  const verdict = page.undecided({relation: 'met', code: 'met', flip: 3, height: 4, error: 5});
  assert.deepEqual(verdict, {
    relation: 'between',
    code: 'engines_disagree',
    flip: null,
    height: null,
    error: 5,
  });
});

// the word clear
// ------------------------------------------------------------------------------------------

const GROUNDS = [
  ['all_missed_or_unbound', 'between'],
  ['layer_read_whole', 'layer_failed'],
  ['held', 'nothing_held'],
  ['covered', 'outside_coverage'],
  ['complete', 'incomplete'],
  ['document', 'incomplete'],
  ['subzones_held', 'subzone_missing'],
  ['read_without_doubt', 'doubtful_site'],
  ['input_accounted_for', 'doubtful_site'],
  ['engines_agree', 'engines_disagree'],
];

test('each ground of the word clear is needed by itself, and the first that lacks is named', () => {
  const layer = {complete_in: ['1'], subzones_absent: ['z'], records: [1, 2, 3]};
  for (let bits = 0; bits < 2 ** GROUNDS.length; bits += 1) {
    const grounds = Object.fromEntries(GROUNDS.map(([name], k) => [name, !(bits & (1 << k))]));
    const first = GROUNDS.find((_, k) => bits & (1 << k));
    assert.equal(page.lackingGround(grounds), first ? first[1] : null);
    if (first) {
      assert.throws(() => page.certificate(layer, grounds, []), new RegExp(first[1]));
    }
  }
  const whole = Object.fromEntries(GROUNDS.map(([name]) => [name, name]));
  const told = page.certificate(layer, {...whole, engines: ['page']}, ['scope']);
  assert.deepEqual(told, {
    reading: 'without_doubt',
    input: 'accounted_for',
    layer: 'read_whole',
    complete_in: ['1'],
    complete_document: 'document',
    subzones: ['scope'],
    subzones_absent: ['z'],
    records: 3,
    engines: ['page'],
  });
  assert.deepEqual(page.enginesOf(null), ['page']);
  assert.deepEqual(page.enginesOf({name: 'geos', failed: 'not started'}), ['page']);
  assert.deepEqual(page.enginesOf({name: 'geos', failed: null}), ['page', 'geos']);
});

test('beside a clear class stands what is touched unbound and which edges are shared', () => {
  const of = (feature_id, relation, unbound_by = []) => ({feature_id, relation, unbound_by});
  const findings = [
    of('A', 'unbound', ['x']),
    of('B', 'shared'),
    of('C', 'missed'),
    of('A', 'shared'),
  ];
  assert.deepEqual(page.besidesOf({findings}), {
    unbound: [{feature_id: 'A', unbound_by: ['x']}],
    shared_edges: ['B'],
  });
});

// edges that are law
// ------------------------------------------------------------------------------------------

const closed = ring => [...ring, ring[0]];
const box = (w, s, e, n) =>
  page.finish({
    polys: [
      [
        closed([
          [w, s],
          [e, s],
          [e, n],
          [w, n],
        ]),
      ],
    ],
    lines: [],
    points: [],
  });
const VECTOR = {boundary: 'legal_vector'};
const TOUCH = {touch_m: 0.5};

test('an edge is shared along all that lies beside it, counted once', () => {
  const plot = box(0, 0, 100, 60);
  for (const [other, length] of [
    [box(100, 0, 200, 60), 60 + 2 * 0.5],
    [box(100.25, 0, 200, 60), 60 + 2 * 0.25],
    [box(100, 10, 200, 30), 20 + 2 * 0.5],
    [box(-10, 60, 110, 90), 100 + 2 * 0.5],
    [box(100, 60, 200, 90), 1],
  ]) {
    const overlap = page.measure(plot, other);
    assert.ok(Math.abs(page.sharedEdge(VECTOR, plot, other, overlap, TOUCH) - length) < 1e-3);
    // what is drawn twice shares no more
    const doubled = page.finish({polys: [...other.polys, ...other.polys], lines: [], points: []});
    const twice = page.sharedEdge(VECTOR, plot, doubled, overlap, TOUCH);
    assert.ok(Math.abs(twice - length) < 1e-3);
  }
});

test('nothing is shared apart, deep within, by what is no legal vector, or by what is no area', () => {
  const plot = box(0, 0, 100, 60);
  for (const [gap, shared] of [
    [0.5, true],
    [0.625, false],
    [-0.5, true],
    [-0.625, false],
  ]) {
    const other = box(100 + gap, 0, 300, 60);
    const overlap = page.measure(plot, other);
    const edge = page.sharedEdge(VECTOR, plot, other, overlap, TOUCH);
    assert.equal(edge !== null, shared);
    assert.equal(page.sharedEdge({boundary: null}, plot, other, overlap, TOUCH), null);
    for (const told of [false, true]) {
      const wanted = told ? 'shared' : gap >= -0.5 ? 'apart' : 'overlap';
      assert.equal(page.legalOverlay(VECTOR, overlap, told, TOUCH), wanted);
      assert.equal(page.legalOverlay({boundary: null}, overlap, told, TOUCH), null);
    }
  }
  const way = page.finish({
    polys: [],
    lines: [
      [
        [0, 0],
        [100, 0],
      ],
    ],
    points: [],
  });
  const overlap = page.measure(way, plot);
  assert.equal(page.sharedEdge(VECTOR, way, plot, {...overlap, separation: 0}, TOUCH), null);
});

test('what must be kept free is the strip around the resource', () => {
  const plot = box(0, 0, 100, 100);
  const close = (a, b) => assert.ok(Math.abs(a - b) <= 1e-3 * Math.max(1, b), `${a} ${b}`);
  close(page.keptFree(plot, box(-50, -50, 20, 150), 0), 2000);
  close(page.keptFree(plot, box(-50, -50, 20, 150), 30), 5000);
  close(page.keptFree(plot, box(110, -50, 120, 150), 30), 2000);
  close(page.keptFree(plot, box(140, 0, 150, 100), 30), 0);
  const place = at => page.finish({polys: [], lines: [], points: [at]});
  close(page.keptFree(plot, place([50, 50]), 20), Math.PI * 400);
  close(page.keptFree(plot, place([0, 50]), 20), Math.PI * 200);
  assert.equal(page.keptFree(place([50, 50]), plot, 20), 0);
  assert.equal(page.keptFree(plot, place([50, 50]), 0), 0);
  const way = page.finish({
    polys: [],
    lines: [
      [
        [50, 30],
        [50, 70],
      ],
    ],
    points: [],
  });
  close(page.keptFree(plot, way, 10), 40 * 20 + Math.PI * 100);
});
