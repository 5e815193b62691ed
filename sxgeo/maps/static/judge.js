// One site, one resource, one rule -> met, between or missed: the definitions of the library's relation.py, tables from the pack.
const PLANE_SCALE = .0005, TOUCH_M = .02, COARSE_M = 3000;
const EFFECTS = ['prohibited', 'permit', 'notify'];
const OUTCOMES = ['conflict', 'undetermined', 'regulated', 'not_screened', 'clear'];
const KNOWN_OUTCOMES = ['conflict', 'undetermined', 'regulated', 'none_found'];
const NO_RULE = {rule_id: '', resource_kind: [], possible_kinds: [], subzone: null, project_types: [], effect: 'prohibited', required_m: 0,
  comparison: 'within_le', ratio: null, condition: null, requirement: '', law: '', article: '', in_force_from: null, in_force_to: null,
  verified: false, basin: null};
const NOT_BOUND = {...NO_RULE};

function finite(value) { return typeof value === 'number' && Number.isFinite(value) ? value : 0; }

function extentOf(record) { return record.geometry_kind === 'point' ? finite(record.extent_m === null ? record.screening_extent_m : record.extent_m) : 0; }

// How far beyond its point a record may reach: twice its extent, with the scale of the plane.
function spreadOf(record) { return 2 * extentOf(record) * (1 + PLANE_SCALE); }

function isCoarse(record) { return record.position_accuracy_m === null || !(record.position_accuracy_m <= COARSE_M); }

function inForce(rule, day) { return (rule.in_force_from || '') <= day && day <= (rule.in_force_to || '9999-12-31'); }

function binding(rule, project, tables) {
  const states = [typeState(rule, project, tables), conditionState(rule, project, tables)];
  return ['no', 'maybe', 'if', 'yes'].find(state => states.includes(state));
}

function typeState(rule, project, tables) {
  const types = Object.entries(tables.type_attributes).filter(([, attribute]) => project[attribute]).map(([type]) => type);
  if (!rule.project_types.length || rule.project_types.some(type => type === project.type || types.includes(type))) return 'yes';
  return project.type === null ? 'if' : 'no';
}

function conditionState(rule, project, tables) {
  if (rule.condition === null) return 'yes';
  for (const [type, attribute] of Object.entries(tables.type_attributes)) {
    if (rule.condition !== attribute) continue;
    const given = project[attribute];
    if (given === null) return project.type === type ? 'yes' : project.type === null ? 'if' : 'maybe';
    return given ? 'yes' : 'no';
  }
  const said = Object.hasOwn(project.attributes, rule.condition) ? project.attributes[rule.condition] : undefined;
  return said === undefined ? 'maybe' : said === 'yes' ? 'yes' : 'no';
}

function applies(rule, record, innermost, tables) {
  const fits = [kindFit(rule, record), subzoneFit(rule, record, innermost, tables), basinFit(rule, record, tables)];
  return ['no', 'possible', 'yes'].find(fit => fits.includes(fit));
}

function kindFit(rule, record) {
  if (!rule.resource_kind.length || rule.resource_kind.includes(record.resource_kind)) return 'yes';
  return record.resource_kind === null || rule.possible_kinds.includes(record.resource_kind) ? 'possible' : 'no';
}

function subzoneFit(rule, record, innermost, tables) {
  if (rule.subzone === null || record.subzone === rule.subzone) return 'yes';
  if (record.subzone !== null) return superseded(rule, record, tables) ? 'possible' : 'no';
  const itself = record.geometry_kind === 'point' && record.point_role === 'object';
  return itself && rule.subzone === innermost ? 'yes' : 'possible';
}

function superseded(rule, record, tables) {
  const system = subzone => tables.systems.findIndex(zones => zones.includes(subzone));
  const mine = system(record.subzone), theirs = system(rule.subzone);
  return mine >= 0 && theirs >= 0 && mine !== theirs;
}

function codesOf(record) { return (record.county_code || '').split(';').filter(Boolean); }

function basinFit(rule, record, tables) {
  if (rule.basin === null) return 'yes';
  const codes = codesOf(record), outside = tables.outside_basin[rule.basin] || [];
  return codes.length && codes.every(code => outside.includes(code)) ? 'no' : 'possible';
}

// The rules to judge a record by; where none binds, the stand-in that says why.
function optionsFor(rules, record, innermost, tables) {
  const fitting = rules.map(([rule, bound]) => [rule, bound, applies(rule, record, innermost, tables)]).filter(option => option[2] !== 'no');
  const bindingOnes = fitting.filter(option => option[1] !== 'no');
  if (bindingOnes.length) return bindingOnes;
  return [[fitting.length && fitting.every(option => option[0].verified) ? NOT_BOUND : NO_RULE, 'yes', 'yes']];
}

function requiredOf(rule, project) {
  if (rule.comparison === 'height_ratio' && project.height_m !== null && rule.ratio) return Math.min(rule.required_m, rule.ratio * project.height_m);
  return rule.required_m;
}

function judge(option, record, overlap, site, project, countyWide, tables) {
  const [rule, bound, fit] = option;
  if (!overlap) {
    const [relation, code] = rule === NOT_BOUND ? ['missed', 'not_bound'] : ['between', 'unlocated'];
    return {relation, code, required: rule.required_m, margin: null, error: null, flip: null, height: null};
  }
  const required = requiredOf(rule, project), extent = spreadOf(record);
  const error = site.accuracy_m + site.datum_error_m + finite(record.position_accuracy_m) + finite(record.datum_error_m) + PLANE_SCALE * required;
  let [relation, code, flip] = compare(rule, overlap, required, error, extent), wide = countyWide;
  if (rule === NOT_BOUND) [relation, code, flip, wide] = ['missed', 'not_bound', null, false];
  const why = relation === 'met' ? cap(option, record, project, tables) : null;
  if (why) [relation, code, flip] = ['between', why, required + error + extent - overlap.separation];
  else if (relation === 'between' && (code === 'within_error' || code === 'within_extent') && rule === NO_RULE) code = 'no_rule';
  if (relation === 'missed' && wide) [relation, flip] = ['between', null];
  if (relation === 'between' && isCoarse(record)) [code, flip] = [coarseCode(record), null];
  const limited = rule.comparison === 'height_ratio' && rule.ratio && relation !== 'missed';
  const height = limited ? Math.max(0, (overlap.separation - error - extent) / rule.ratio) : null;
  return {relation, code, required, margin: overlap.separation - required, error, flip, height};
}

function compare(rule, overlap, required, error, extent) {
  const s = overlap.separation, inner = required - error, outer = required + error + extent, strict = rule.comparison !== 'within_le';
  const depth = Math.max(0, -s), met = strict ? s < inner : s <= inner;
  if (met && required === 0 && depth <= TOUCH_M) return ['between', 'touching', TOUCH_M - depth];
  if (met) return ['met', 'met', (required === 0 ? Math.min(inner, -TOUCH_M) : inner) - s];
  if (strict && required > 0 ? s >= outer : s > outer) return ['missed', 'missed', s - outer];
  return ['between', s > required + error ? 'within_extent' : 'within_error', Math.min(s - inner, outer - s)];
}

function coarseCode(record) { return Number.isFinite(record.position_accuracy_m) ? 'coarse_accuracy' : 'unknown_accuracy'; }

function cap([rule, bound, fit], record, project, tables) {
  if (rule === NO_RULE) return 'no_rule';
  if (!rule.verified) return 'unverified_rule';
  if (record.geometry_kind === 'extent_box') return 'extent_box';
  if (isCoarse(record)) return coarseCode(record);
  if (record.membership === 'candidate' && !record.legal_designation) return 'candidate';
  if (fit === 'possible') return superseded(rule, record, tables) ? 'superseded_subzone' : rule.basin !== null ? 'unknown_basin' : 'unknown_subzone';
  if (rule.comparison === 'height_ratio' && project.height_m === null) return 'height_unknown';
  return bound === 'maybe' ? 'attribute_unknown' : null;
}

function findingOutcome(relation, rule) {
  if (relation === 'met') return rule.effect === 'prohibited' ? 'conflict' : 'regulated';
  return relation === 'between' ? 'undetermined' : 'clear';
}

const COARSE_REASONS = ['unlocated', 'unknown_accuracy', 'coarse_accuracy'];

// Sums findings up: known outcome, gravest effect, reason code.
function knownFrom(findings) {
  const kept = findings.filter(f => f.relation !== 'missed');
  const known = KNOWN_OUTCOMES.find(outcome => kept.some(f => f.outcome === outcome)) || 'none_found';
  const deciding = kept.filter(f => f.outcome === known);
  const effect = EFFECTS.find(one => kept.some(f => f.effect === one)) || null;
  const codes = new Set(deciding.map(f => f.reason_code)), within = allowed => [...codes].every(code => allowed.includes(code));
  if (known === 'conflict') return [known, effect, 'prohibited_met'];
  if (known === 'regulated') return [known, effect, effect === 'permit' ? 'permit_met' : 'notify_met'];
  if (known === 'none_found') return [known, effect, 'clear'];
  if (within(COARSE_REASONS)) return [known, effect, 'unlocated'];
  return [known, effect, ['no_rule', 'unverified_rule'].find(code => within([code, ...COARSE_REASONS])) || 'between'];
}
