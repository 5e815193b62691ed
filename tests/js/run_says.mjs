// stdin: a JSON line per job {pack?, geojson, options}; stdout: what the page says of each site, in Chinese and in English.
import {createInterface} from 'node:readline';
import {load} from './load.mjs';

const page = await load();
const {Checker, Says, SaysEnglish} = {
  Checker: page.Checker,
  Says: page.Says,
  SaysEnglish: page.SaysEnglish,
};
let checker = null;
let pack = null;
for await (const line of createInterface({input: process.stdin})) {
  const job = JSON.parse(line);
  if (job.pack) {
    pack = job.pack;
    checker = new Checker(pack);
  }
  const answer = checker.check(job.geojson, job.options);
  const told = answer.sites.map(site =>
    [new Says(pack, answer, site), new SaysEnglish(pack, answer, site, new Map())].map(says => ({
      headline: says.headline(),
      held: says.held(),
      unsaid: says.unsaid(),
      reasons: says.asked.map(entry => says.reasonOf(entry)),
      lines: says.asked.flatMap(entry => entry.findings.map(f => says.lines(f))),
      area: says.area(),
    })),
  );
  process.stdout.write(JSON.stringify(told) + '\n');
}
