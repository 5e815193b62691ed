// stdin: a JSON line per job {pack?, geojson or file (base64, with its name), options}; a pack stays until the next one. stdout: a JSON line per answer.
import {createInterface} from 'node:readline';
import {load} from './load.mjs';

const page = await load();
const Checker = page.Checker;
let checker = null;
for await (const line of createInterface({input: process.stdin})) {
  const job = JSON.parse(line);
  if (job.pack) {
    checker = new Checker(job.pack);
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
