// What is unsaid of a project and would change the answer here: questions with both of their branches, in the words of the library's questions.py.
import {outcomeLabel} from './outcomes.js';
import {own, thousands} from './plain.js';

const OPEN_CODES = ['attribute_unknown', 'height_unknown'];
const OPEN_ENDED = ['height_m', 'approval_kind'];

// The questions of a site, in a fixed order; `known` gives what is known of a class for another project.
export function questionsOf(entries, asked, pack, known) {
  const raised = new Map();
  for (const entry of entries) {
    const open = [...new Set(openOf(entry, asked.project, pack))];
    if (
      !open.some(attribute => OPEN_ENDED.includes(attribute)) &&
      !couldChange(entry, open, asked.project, pack, known)
    ) {
      continue;
    }
    for (const attribute of open) {
      raised.set(attribute, [...(raised.get(attribute) || []), entry]);
    }
  }
  return pack.questions.order
    .filter(attribute => raised.has(attribute))
    .map(attribute => questionOf(attribute, raised.get(attribute), asked, pack, known));
}

// The answer that can only free: a lawful exception that was granted, any other attribute that does not hold.
function freeing(attribute, questions) {
  return questions.exceptions.includes(attribute) ? 'yes' : 'no';
}

// Whether all open questions of a class together could change what is known of it.
function couldChange(entry, open, project, pack, known) {
  const freed = open.reduce(
    (one, attribute) => saidOf(one, attribute, freeing(attribute, pack.questions), pack.questions),
    project,
  );
  return open.length > 0 && known(entry.resource_class, freed) !== entry.known_outcome;
}

function openOf(entry, project, pack) {
  const {urban} = pack.law;
  const open =
    entry.resource_class === urban.class && entry.reason_code.startsWith('urban_')
      ? ['approval_kind']
      : [];
  for (const finding of entry.findings) {
    if (
      finding.relation === 'met' ||
      (finding.relation === 'between' && OPEN_CODES.includes(finding.reason_code))
    ) {
      open.push(...openIn(finding, project, pack));
    }
  }
  return open;
}

// What a rule that is met hangs on and nobody said.
function openIn(finding, project, pack) {
  const rule = pack.rules.find(one => one.rule_id === finding.rule_id);
  const {behaviours} = pack.questions;
  const open = [];
  if (!rule) {
    return open;
  }
  const said = attribute => own(project.said, attribute);
  const granted = attribute => said(attribute) === 'no' || own(project.documents, attribute);
  if (finding.reason_code === 'height_unknown') {
    open.push('height_m');
  }
  const named = finding.condition
    ? rule.project_types.map(type => own(behaviours, type)).filter(Boolean)
    : [];
  for (const attribute of [...named, ...(rule.condition ? [rule.condition] : [])]) {
    if (said(attribute) === undefined && own(behaviours, project.type) !== attribute) {
      open.push(attribute);
    }
  }
  if (finding.outcome === 'conflict') {
    open.push(...rule.exception.filter(attribute => !granted(attribute)));
  }
  if (finding.no_build_m2 !== null && said('building_outlines') === undefined) {
    open.push('building_outlines');
  }
  return open;
}

function questionOf(attribute, entries, asked, pack, known) {
  const {law, questions, words} = pack;
  const grave = outcomes => law.known_outcomes.find(one => outcomes.includes(one));
  const classes = entries.map(entry => entry.resource_class);
  const now = grave(entries.map(entry => entry.known_outcome));
  const item = questions.items[attribute];
  const material = questions.materials[attribute];
  const label = (outcome, effect) => outcomeLabel(words, outcome, effect);
  const told = (worst, freed, frees, text) => ({
    attribute,
    worst,
    freed,
    frees,
    item_zh: item,
    material_zh: material,
    text_zh: text,
    classes,
  });
  const start = `未说明${item}，按最不利情形为“`;
  if (attribute === 'approval_kind') {
    return told(
      now,
      now,
      null,
      `${start}${label(now)}”；书面说明（附${material}）后，适用条文未见原文，仍以主管部门书面意见为准。`,
    );
  }
  if (attribute === 'height_m') {
    const limits = entries
      .flatMap(entry => entry.findings)
      .map(f => f.max_height_m)
      .filter(value => value !== null);
    const least = limits.length ? Math.min(...limits) : 0;
    const lawful = least ? `不超过${thousands(least, 1)}米方可确定合法` : '须重新判定';
    return told(
      now,
      now,
      null,
      `${start}${label(now)}”；书面说明高度（附${material}）后重新判定，${lawful}。`,
    );
  }
  const outcome = answer =>
    grave(classes.map(id => known(id, saidOf(asked.project, attribute, answer, questions))));
  const said = {yes: outcome('yes'), no: outcome('no')};
  const frees = freeing(attribute, questions);
  const worst = grave([now, said.yes, said.no]);
  const freed = said[frees];
  const excepted = questions.exceptions.includes(attribute);
  const banned = entries.some(entry => entry.effect === 'prohibited');
  return told(
    worst,
    freed,
    frees,
    `${start}${label(worst, excepted && !banned ? 'prohibited_unless' : null)}”；` +
      `书面说明为“${frees === 'yes' ? '是' : '否'}”（附${material}）后为“${label(freed)}”${freed === worst ? '，其余各问同时说明后方可改变。' : '。'}`,
  );
}

// The project with one attribute said, and its document promised where the answer is an exception.
function saidOf(project, attribute, answer, questions) {
  const documents = questions.exceptions.includes(attribute)
    ? {[attribute]: 'promised', ...project.documents}
    : project.documents;
  return {...project, said: {...project.said, [attribute]: answer}, documents};
}
