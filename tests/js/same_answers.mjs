// argv: a file of JSON lines {pack?, geojson or file, options, answer?, whole}. Without answers they are printed, a line each; with answers the
// exit is 1 at the first that differs: any text or outcome, a number by more than 1e-6 of it and half a unit of its fourth digit.
import {readFileSync} from 'node:fs';
import {load} from './load.mjs';

function differ(a, b) {
  if (typeof a === 'number' && typeof b === 'number') {
    return Math.abs(a - b) > 2e-4 + 1e-6 * Math.abs(a);
  }
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') {
    return a !== b;
  }
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].some(key => differ(a[key], b[key]));
}

// What a test of outcomes alone compares.
function outline(answer) {
  return {
    ...answer,
    sites: answer.sites?.map(site => ({
      verdict: site.verdict,
      known: site.known_verdict,
      classes: [...site.screening, ...site.extra].map(entry => [
        entry.outcome,
        entry.known_outcome,
        entry.effect,
        entry.findings
          .filter(f => f.outcome !== 'clear')
          .map(f => [f.feature_id, f.rule_id, f.outcome, f.overlap_m2, f.distance_m])
          .sort(),
      ]),
    })),
  };
}

const page = await load();
let checker = null;
for (const line of readFileSync(process.argv[2], 'utf-8').split('\n').filter(Boolean)) {
  const job = JSON.parse(line);
  let answer;
  try {
    checker = job.pack ? new page.Checker(job.pack) : checker;
    const geojson = job.file
      ? await page.readFile(new Uint8Array(Buffer.from(job.file, 'base64')), job.name)
      : job.geojson;
    answer = checker.check(geojson, job.options);
  } catch (error) {
    answer = {error: String(error.message)};
  }
  delete answer.receipt;
  answer = JSON.parse(JSON.stringify(job.whole ? answer : outline(answer)));
  if (job.answer === undefined) {
    process.stdout.write(JSON.stringify(answer) + '\n');
  } else if (differ(job.answer, answer)) {
    process.exit(1);
  }
}
