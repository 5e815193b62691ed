// What is asked of a project, said a second time and tried on all combinations of what was found and what was said.
import test from 'node:test';
import assert from 'node:assert/strict';
import {load} from './load.mjs';

const page = await load();

// All combinations of lists.
const product = (...lists) =>
  lists.reduce((all, list) => all.flatMap(row => list.map(one => [...row, one])), [[]]);

const ATTRIBUTES = ['discharge', 'deep', 'essential', 'building_outlines', 'height_m'];
const GRAVITY = ['conflict', 'undetermined', 'regulated', 'none_found'];
const QUESTIONS = {
  order: ATTRIBUTES,
  exceptions: ['essential'],
  behaviours: {polluting: 'discharge'},
  items: Object.fromEntries(ATTRIBUTES.map(one => [one, `item ${one}`])),
  materials: Object.fromEntries(ATTRIBUTES.map(one => [one, `material ${one}`])),
};
const WORDS = {
  labels_zh: {'conflict:prohibited_unless': ['barred unless', '']},
  outcome_zh: Object.fromEntries(GRAVITY.map(one => [one, one])),
  lines_zh: {},
};
const RULE = {
  rule_id: 'R',
  project_types: ['polluting', 'industrial'],
  condition: 'deep',
  exception: ['essential'],
};
const FINDING = {
  rule_id: 'R',
  relation: 'met',
  reason_code: 'prohibited_met',
  outcome: 'conflict',
  condition: null,
  no_build_m2: null,
  max_height_m: null,
};

function asked(finding, project, known = () => 'none_found', rule = RULE, effect = 'permit') {
  const pack = {
    rules: [rule],
    questions: QUESTIONS,
    law: {urban: {class: 'urban'}, known_outcomes: GRAVITY},
    words: WORDS,
  };
  const entry = {
    resource_class: 'a',
    reason_code: 'x',
    known_outcome: 'conflict',
    effect,
    findings: [finding],
  };
  const entries = Array.isArray(finding) ? finding : [entry];
  return page.questionsOf(entries, {project}, pack, known);
}

test('what a rule that is met hangs on is asked for, unless it was said or the type says it', () => {
  for (const [relation, code, outcome, condition, free, rule_id] of product(
    ['met', 'between', 'missed', 'unbound'],
    ['prohibited_met', 'attribute_unknown', 'height_unknown', 'within_error'],
    ['conflict', 'undetermined'],
    [null, '若'],
    [null, 0, 12.5],
    ['R', 'another'],
  )) {
    for (const [type, deep, discharge, outlines, essential, paper] of product(
      [null, 'polluting'],
      [undefined, 'no'],
      [undefined, 'yes'],
      [undefined, 'yes'],
      [undefined, 'no', 'yes'],
      [false, true],
    )) {
      const said = {deep, discharge, building_outlines: outlines, essential};
      const project = {
        type,
        said: Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)),
        documents: paper ? {essential: 'a paper'} : {},
      };
      const finding = {
        ...FINDING,
        relation,
        outcome,
        condition,
        rule_id,
        reason_code: code,
        no_build_m2: free,
      };
      const open = relation === 'met' || (relation === 'between' && /_unknown$/.test(code));
      const wanted = new Set();
      if (open && rule_id === 'R') {
        if (condition !== null && !discharge && type !== 'polluting') {
          wanted.add('discharge');
        }
        if (!deep) {
          wanted.add('deep');
        }
        if (outcome === 'conflict' && essential !== 'no' && !paper) {
          wanted.add('essential');
        }
        if (free !== null && !outlines) {
          wanted.add('building_outlines');
        }
        if (code === 'height_unknown') {
          wanted.add('height_m');
        }
      }
      assert.deepEqual(
        asked(finding, project).map(one => one.attribute),
        ATTRIBUTES.filter(one => wanted.has(one)),
        JSON.stringify([finding, project]),
      );
    }
  }
});

test('a question is asked where the answers of a class together could change what is known of it', () => {
  const project = {type: null, said: {}, documents: {}};
  const frees = (id, one) =>
    one.said.deep === 'no' && one.said.essential === 'yes' && one.documents.essential
      ? 'regulated'
      : 'conflict';
  const told = asked(FINDING, project, frees);
  assert.deepEqual(
    told.map(one => [one.attribute, one.worst, one.freed, one.frees]),
    [
      ['deep', 'conflict', 'conflict', 'no'],
      ['essential', 'conflict', 'conflict', 'yes'],
    ],
  );
  assert.ok(told.every(one => one.text_zh.endsWith('，其余各问同时说明后方可改变。')));
  assert.deepEqual(
    asked(FINDING, project, () => 'conflict'),
    [],
  );
  const height = {...FINDING, reason_code: 'height_unknown', max_height_m: 12};
  assert.equal(asked(height, project, () => 'conflict').length, 3);
});

test('an exception is named in the worst case, unless a class of the question knows none', () => {
  const project = {type: null, said: {deep: 'yes'}, documents: {}};
  const frees = (id, one) => (one.said.essential === 'yes' ? 'regulated' : 'conflict');
  for (const [first, second, label] of [
    ['permit', 'prohibited_unless', 'barred unless'],
    ['prohibited', 'prohibited_unless', 'conflict'],
    ['prohibited_unless', 'prohibited', 'conflict'],
    ['prohibited', 'prohibited', 'conflict'],
  ]) {
    const entry = {reason_code: 'x', known_outcome: 'conflict', findings: [FINDING]};
    const entries = [
      {...entry, resource_class: 'a', effect: first},
      {...entry, resource_class: 'b', effect: second},
    ];
    const [told] = asked(entries, project, frees);
    assert.deepEqual([told.attribute, told.classes], ['essential', ['a', 'b']]);
    assert.equal(
      told.text_zh,
      `未说明item essential，按最不利情形为“${label}”；书面说明为“是”（附material essential）后为“regulated”。`,
    );
  }
});
