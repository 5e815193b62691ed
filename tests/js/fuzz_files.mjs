// argv: SECONDS SEED PACK FILE...: break good files at random and let the page read and check them. What comes back must be an answer or an error
// in words, in five seconds; exit 1 and the broken file (base64) where it was not.
import {readFileSync} from 'node:fs';
import {basename} from 'node:path';
import {load} from './load.mjs';

const [seconds, seed, packed, ...files] = process.argv.slice(2);
const page = await load();
const checker = new page.Checker(JSON.parse(readFileSync(packed, 'utf-8')));
const good = files.map(path => [basename(path), readFileSync(path)]);
const SLOW_MS = 5000;
const PIECES = [
  '0',
  '-1',
  '1e308',
  'NaN',
  '"',
  '{',
  ']',
  ',',
  '\n',
  '[地块坐标]',
  'null',
  '\u0000',
  '９',
];

// mulberry32: the same numbers for the same seed
let state = Number(seed) >>> 0;
function chance() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = state;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const upTo = count => Math.floor(chance() * count);

function broken(bytes) {
  const list = Buffer.from(bytes);
  const at = upTo(list.length);
  const kind = upTo(5);
  if (kind === 0) {
    return list.subarray(0, at);
  }
  if (kind === 1) {
    list[at] = upTo(256);
    return list;
  }
  if (kind === 2) {
    const end = Math.min(list.length, at + upTo(200));
    return Buffer.concat([list.subarray(0, at), list.subarray(end)]);
  }
  if (kind === 3) {
    const end = Math.min(list.length, at + upTo(200));
    return Buffer.concat([list.subarray(0, end), list.subarray(at)]);
  }
  const piece = Buffer.from(PIECES[upTo(PIECES.length)]);
  return Buffer.concat([list.subarray(0, at), piece, list.subarray(at)]);
}

// Node has no parser of XML: what was broken into the look of one is said to be none, as a browser says of it.
globalThis.DOMParser = class {
  parseFromString() {
    return {documentElement: {localName: 'parsererror', querySelector: () => null}};
  }
};

let count = 0;
let read = 0;
let slowest = 0;
const faults = new Map();
const end = Date.now() + 1000 * Number(seconds);
while (Date.now() < end) {
  const [name, bytes] = good[upTo(good.length)];
  let content = broken(bytes);
  for (let more = upTo(3); more > 0 && content.length; more -= 1) {
    content = broken(content);
  }
  const began = Date.now();
  let fault = null;
  try {
    const answer = checker.check(await page.readFile(new Uint8Array(content), name), {});
    read += 1;
    JSON.stringify(answer);
    if (
      answer.sites.some(site => site.verdict === 'clear' && (site.doubtful || !site.accuracy_m))
    ) {
      fault = 'clear in doubt';
    }
  } catch (error) {
    if (error.constructor !== Error && error.constructor.name !== 'FileError') {
      fault = String(error.stack).slice(0, 400);
    }
  }
  count += 1;
  const spent = Date.now() - began;
  slowest = Math.max(slowest, spent);
  fault = spent > SLOW_MS ? `${spent} ms` : fault;
  if (fault && !faults.has(fault)) {
    faults.set(fault, [name, content.toString('base64').slice(0, 4000)]);
  }
}
for (const [fault, [name, content]] of faults) {
  process.stdout.write(`${name}: ${fault}\n${content}\n`);
}
process.stdout.write(
  `page: ${count} files in ${seconds} s, ${read} read, slowest ${slowest} ms, ${faults.size} faults\n`,
);
process.exit(faults.size ? 1 : 0);
