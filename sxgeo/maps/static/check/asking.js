// What is asked of a parcel: project, day, classes, accuracy. Everything that is wrong with it is told in one message; nothing is guessed.
import {meridianOf, planeName} from './geodesy.js';
import {DECIMAL, isAmount, own, quoted} from './plain.js';

const ASKED_KEYS = [
  'project_type',
  'attributes',
  'as_of',
  'classes',
  'accuracy_m',
  'datum_error_m',
  'crs',
  'file',
  'assume',
];
const ASSUMABLE = {
  closed_line: ['plot', 'line'],
  datum: ['CGCS2000', 'WGS84'],
  shape: ['points', 'ring'],
};

// Why a text is no day; the rule and the words are the library's.
function dayProblem(day, law, example) {
  const parts = typeof day === 'string' && /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  const [year, month, date] = parts ? parts.slice(1).map(Number) : [];
  const days = [
    31,
    (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28,
    31,
    30,
    31,
    30,
    31,
    31,
    30,
    31,
    30,
    31,
  ];
  if (!parts || !year || !(date >= 1 && date <= (days[month - 1] || 0))) {
    return `date ${quoted(day)} is not of the form YYYY-MM-DD, e.g. ${example}`;
  }
  const [first, last] = law.years;
  return year < first || year > last
    ? `date ${quoted(day)} is out of range; give a day of ${first} to ${last}`
    : null;
}

// The question in full: {project, as_of, classes, accuracy_m, file, datum_error_m, crs}.
export function askedOf(given, pack) {
  const problems = [];
  if (given === null || typeof given !== 'object' || Array.isArray(given)) {
    throw new Error(`options ${quoted(given)} are no object`);
  }
  for (const key of Object.keys(given)) {
    if (!ASKED_KEYS.includes(key)) {
      problems.push(`unknown option ${quoted(key)}; known: ${ASKED_KEYS.join(', ')}`);
    }
  }
  const project = projectOf(given, pack, problems);
  const day = given.as_of ?? pack.data_date;
  const ids = pack.layers.map(layer => layer.id);
  const wrongDay = dayProblem(day, pack.law, pack.data_date);
  if (wrongDay) {
    problems.push(wrongDay);
  }
  const classes = given.classes ?? null;
  if (classes !== null && !(Array.isArray(classes) && classes.length)) {
    problems.push(`classes ${quoted(classes)} are no list of class ids; known: ${ids.join(', ')}`);
  } else {
    for (const one of classes || []) {
      if (!ids.includes(one)) {
        problems.push(`unknown class ${quoted(one)}; known: ${ids.join(', ')}`);
      }
    }
  }
  const accuracy = given.accuracy_m ?? null;
  const datum = given.datum_error_m ?? 0;
  const crs = given.crs ?? null;
  const file = given.file ?? '';
  if (accuracy !== null && !isAmount(accuracy)) {
    problems.push(`site accuracy ${quoted(accuracy)} is not a number of metres from 0`);
  }
  if (!isAmount(datum)) {
    problems.push(`datum_error_m ${quoted(datum)} is not a number of metres from 0`);
  }
  if (
    crs !== null &&
    !(typeof crs === 'string' && /^EPSG:\d+$/.test(crs) && planeName(meridianOf(crs)) === crs)
  ) {
    problems.push(
      `crs ${quoted(crs)} is no 3-degree plane without prefix; give EPSG:4534 to EPSG:4554, or leave it out`,
    );
  }
  const assume = given.assume ?? {};
  if (typeof assume !== 'object' || Array.isArray(assume)) {
    problems.push(`assume ${quoted(assume)} is no object`);
  } else {
    for (const [key, value] of Object.entries(assume)) {
      const known = own(ASSUMABLE, key);
      if (!known) {
        problems.push(
          `unknown assumption ${quoted(key)}; known: ${Object.keys(ASSUMABLE).join(', ')}`,
        );
      } else if (!known.includes(value)) {
        problems.push(`${key} ${quoted(value)} is not ${known.join(' or ')}`);
      }
    }
  }
  if (typeof file !== 'string') {
    problems.push(`file ${quoted(file)} is no name`);
  }
  if (problems.length) {
    throw new Error(problems.join('; '));
  }
  return {
    project,
    as_of: day,
    classes: classes && ids.filter(id => classes.includes(id)),
    accuracy_m: accuracy,
    file,
    datum_error_m: datum,
    crs,
    assume,
  };
}

function projectOf(given, {tables, questions}, problems) {
  const project = {type: given.project_type ?? null, height_m: null, said: {}, documents: {}};
  const attributes = given.attributes ?? {};
  if (project.type !== null && own(tables.project_types, project.type) === undefined) {
    problems.push(
      `unknown project type ${quoted(project.type)}; known: ${Object.keys(tables.project_types).join(', ')}`,
    );
  }
  if (typeof attributes !== 'object' || Array.isArray(attributes)) {
    problems.push(`attributes ${quoted(attributes)} are no object`);
    return project;
  }
  const known = key =>
    key === 'height_m' ||
    own(tables.attributes, key) !== undefined ||
    own(questions.choices, key) !== undefined;
  const words = Object.values(questions.answers);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === '') {
      continue;
    }
    const name = key.replace(/_source$/, '');
    const word =
      own(questions.answers, String(value).trim().toLowerCase()) ||
      String(value).trim().toLowerCase();
    if (name !== key && known(name)) {
      const document = typeof value === 'string' ? value.trim() : '';
      if (document) {
        project.documents[name] = document;
      } else {
        problems.push(`${key} ${quoted(value)} names no document`);
      }
    } else if (key === 'height_m') {
      const height = typeof value === 'string' && DECIMAL.test(value) ? Number(value) : value;
      if (isAmount(height)) {
        project.height_m = height;
      } else if (word !== questions.unknown) {
        problems.push(`height_m ${quoted(value)} is not a number of metres from 0`);
      }
    } else if (own(questions.choices, key) !== undefined) {
      const choices = questions.choices[key];
      const chosen =
        own(choices, word) === undefined
          ? Object.keys(choices).find(code => choices[code] === word)
          : word;
      if (chosen) {
        project.said[key] = chosen;
      } else if (word !== questions.unknown) {
        problems.push(
          `${key} ${quoted(value)} is not one of ${[...Object.keys(choices), questions.unknown].join(', ')}`,
        );
      }
    } else if (!known(key)) {
      problems.push(
        `unknown project attribute ${quoted(key)}; known: height_m, ${[...Object.keys(questions.choices), ...Object.keys(tables.attributes)].join(', ')}`,
      );
    } else if (!words.includes(word) || (typeof value !== 'string' && typeof value !== 'boolean')) {
      problems.push(`${key} ${quoted(value)} is not yes or no (or ${questions.unknown})`);
    } else if (word !== questions.unknown) {
      project.said[key] = word;
    }
  }
  const behaviour = own(questions.behaviours, project.type);
  if (behaviour && own(project.said, behaviour) === 'no') {
    problems.push(
      `project type ${quoted(project.type)} says ${behaviour}=yes, and ${behaviour}=no contradicts it; drop one`,
    );
  }
  for (const key of Object.keys(project.documents)) {
    if (
      own(project.said, key) === undefined &&
      !(key === 'height_m' && project.height_m !== null)
    ) {
      problems.push(`${key}_source names a document, but ${key} is not said`);
    }
  }
  return project;
}
