// stdin: a JSON line per job {pack?, geojson or file (base64, with its name), options}; a pack stays until the next one. stdout: a JSON line per answer.
// With a pack may come `geos`, {script, code} of the second engine, and `wrong`, the name of what that engine is made to measure wrong.
import {createInterface} from 'node:readline';
import vm from 'node:vm';
import {load} from './load.mjs';

let started = null; // once a run: compiling takes longer than most checks

// The second engine as the page starts it; `wrong` is a method whose figures are moved by a hundredth.
async function second({script, code}, wrong) {
  globalThis.window = globalThis;
  const {Second, startGeos} = await load('second/entry.js');
  if (!started) {
    vm.runInThisContext(script);
    started = await startGeos(code);
  }
  const {geos} = started;
  const right = wrong && geos[wrong].bind(geos);
  const moved = told =>
    typeof told === 'number' ? told + 0.01 : {...told, area: told.area + 0.01, length: told.length};
  if (wrong) {
    geos[wrong] = (...given) => {
      const told = right(...given);
      return Array.isArray(told) ? [told[0] + 0.01, told[1]] : moved(told);
    };
  }
  return new Second(geos);
}

const page = await load();
const Checker = page.Checker;
let checker = null;
for await (const line of createInterface({input: process.stdin})) {
  const job = JSON.parse(line);
  if (job.pack) {
    checker = new Checker(job.pack, told => told, page.openColumns);
    if (job.geos) {
      checker.second = await second(job.geos, job.wrong);
    }
  }
  let answer;
  try {
    const geojson = job.file
      ? await page.readFile(new Uint8Array(Buffer.from(job.file, 'base64')), job.name)
      : job.geojson;
    answer = checker.check(geojson, job.options);
  } catch (error) {
    answer = {error: String(error.message), stack: String(error.stack)};
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
