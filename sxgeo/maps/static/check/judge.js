// One site, one resource, one rule -> met, between or missed: the definitions of the library's relation.py. Which rules fit a record, and
// what caps them whatever the project, stands in the pack, as do the constants and orders (`law`).
import {own} from './plain.js';

export function inForce(rule, day) {
  return (rule.in_force_from || '') <= day && day <= (rule.in_force_to || '9999-12-31');
}

// Row of a table by the answers to what it hangs on, each one of `answers`; `from` is the row of what stands before them.
function rowOf(asks, answers, answer, from) {
  return asks.reduce(
    (row, attribute) => row * answers.length + answers.indexOf(answer(attribute)),
    from,
  );
}

// How a rule binds a project, and what was said that frees it: [state, freed by].
export function binding(rule, project, law) {
  const [asks, table] = law.bindings[rule.binding];
  return law.bound[
    table[
      rowOf(
        asks,
        law.said,
        attribute => own(project.said, attribute) || '',
        law.types.indexOf(project.type || ''),
      )
    ]
  ];
}

// What a rule means where it is met: a ban that is lifted, or that binds buildings only, is no conflict.
function meaning(rule, project, law) {
  const [asks, table] = law.meanings[rule.meaning];
  const answer = attribute => {
    const said = own(project.said, attribute) || '';
    return said === 'yes' && own(project.documents, attribute) ? 'granted' : said;
  };
  return table[rowOf(asks, law.granted, answer, 0)];
}

export function codesOf(record) {
  return (record.county_code || '').split(';').filter(Boolean);
}

// The rules to judge a record by, each [rule, bound, capped]; where none binds, the stand-in that says why. `fits` are [number, fit, capped]
// of the rules that fit the record, `bounds` says by number how those in force bind the project.
export function optionsFor(fits, rules, bounds, impossible, law) {
  const fitting = fits
    .filter(([number]) => bounds.has(number))
    .map(([number, , capped]) => [rules[number], bounds.get(number)[0], capped]);
  const bindingOnes = fitting.filter(option => option[1] !== 'no');
  const none = [law.no_rule, 'yes', 'no_rule'];
  if (impossible) {
    return [...bindingOnes, none];
  }
  if (bindingOnes.length) {
    return bindingOnes;
  }
  return [
    fitting.length && fitting.every(option => option[0].verified)
      ? [law.not_bound, 'yes', null]
      : none,
  ];
}

// All that was said by which rules that fit a record do not bind the project.
export function unboundBy(fits, bounds) {
  return [
    ...new Set(fits.flatMap(([number]) => (bounds.has(number) ? bounds.get(number)[1] : []))),
  ].sort();
}

function requiredOf(rule, project) {
  if (rule.comparison === 'height_ratio' && project.height_m !== null && rule.ratio) {
    return Math.min(rule.required_m, rule.ratio * project.height_m);
  }
  return rule.required_m;
}

export function judge(option, record, overlap, site, project, countyWide, shared, law) {
  const [rule] = option;
  const unbound = rule === law.not_bound;
  if (!overlap) {
    const [relation, code] = unbound ? ['missed', 'not_bound'] : ['between', 'unlocated'];
    return {
      relation,
      code,
      required: rule.required_m,
      margin: null,
      error: null,
      flip: null,
      height: null,
    };
  }
  const required = requiredOf(rule, project);
  const extent = record.spread_m;
  const error =
    site.accuracy_m +
    site.datum_error_m +
    record.accuracy_m +
    record.datum_error_m +
    law.plane_scale * required;
  let [relation, code, flip] = compare(rule, overlap, required, error, extent, law.touch_m);
  const told = {required, margin: overlap.separation - required, error};
  if (unbound) {
    return {
      ...told,
      relation: relation === 'missed' ? 'missed' : 'unbound',
      code: 'not_bound',
      flip: null,
      height: null,
    };
  }
  if (shared && required === 0) {
    return {...told, relation: 'shared', code: 'shared_edge', flip: null, height: null};
  }
  const why = relation === 'met' ? cap(option, project) : null;
  if (why) {
    [relation, code, flip] = ['between', why, required + error + extent - overlap.separation];
  } else if (
    relation === 'between' &&
    (code === 'within_error' || code === 'within_extent') &&
    rule === law.no_rule
  ) {
    code = 'no_rule';
  }
  if (relation === 'missed' && countyWide) {
    [relation, flip] = ['between', null];
  }
  if (relation === 'between' && record.coarse !== null) {
    [code, flip] = [record.coarse, null];
  }
  const limited = rule.comparison === 'height_ratio' && rule.ratio && relation !== 'missed';
  const height = limited ? Math.max(0, (overlap.separation - error - extent) / rule.ratio) : null;
  return {...told, relation, code, flip, height};
}

function compare(rule, overlap, required, error, extent, touch) {
  const s = overlap.separation;
  const inner = required - error;
  const outer = required + error + extent;
  const strict = rule.comparison !== 'within_le';
  const depth = Math.max(0, -s);
  const met = strict ? s < inner : s <= inner;
  if (met && required === 0 && depth <= touch) {
    return ['between', 'touching', touch - depth];
  }
  if (met) {
    return ['met', 'met', (required === 0 ? Math.min(inner, -touch) : inner) - s];
  }
  if (strict && required > 0 ? s >= outer : s > outer) {
    return ['missed', 'missed', s - outer];
  }
  return [
    'between',
    s > required + error ? 'within_extent' : 'within_error',
    Math.min(s - inner, outer - s),
  ];
}

// Why a rule that is met all the same decides nothing: what the pack says of the record, then what was not said of the project.
function cap([rule, bound, capped], project) {
  if (capped !== null) {
    return capped;
  }
  if (rule.comparison === 'height_ratio' && project.height_m === null) {
    return 'height_unknown';
  }
  return bound === 'maybe' ? 'attribute_unknown' : null;
}

export function findingOutcome(relation, rule, project, law) {
  if (relation === 'met') {
    return meaning(rule, project, law);
  }
  return relation === 'between' ? 'undetermined' : 'clear';
}

// A record that two engines measure differently: it is told, and decides nothing.
export function undecided(verdict) {
  const none = {flip: null, height: null};
  return {...verdict, relation: 'between', code: 'engines_disagree', ...none};
}

// Sums findings up: known outcome, gravest effect, reason code.
export function knownFrom(findings, law) {
  const kept = findings.filter(f => f.relation !== 'missed');
  const unbound = kept.some(f => f.relation === 'unbound');
  const known =
    law.known_outcomes.find(outcome => kept.some(f => f.outcome === outcome)) ||
    (unbound ? 'touched_unbound' : 'none_found');
  const deciding = kept.filter(f => f.outcome === known);
  const effect =
    law.effects.find(one => kept.some(f => f.effect === one && f.relation !== 'shared')) || null;
  const codes = new Set(deciding.map(f => f.reason_code));
  const within = allowed => [...codes].every(code => allowed.includes(code));
  if (known === 'conflict') {
    return [known, effect, 'prohibited_met'];
  }
  if (known === 'regulated') {
    return [known, effect, law.regulated_codes[effect]];
  }
  if (known === 'touched_unbound') {
    return [known, effect, 'not_bound'];
  }
  if (known === 'none_found') {
    return [known, effect, 'clear'];
  }
  if (within(law.coarse_reasons)) {
    return [known, effect, 'unlocated'];
  }
  return [
    known,
    effect,
    ['no_rule', 'unverified_rule'].find(code => within([code, ...law.coarse_reasons])) || 'between',
  ];
}
