// argv: a file of JSON lines [[shell, hole...], [shell, hole...]] in whole numbers, and one of answers to compare with; else stdout, a line each: whether they meet, whether the first covers the
// second, twice the area of both, how each corner of the second lies to the first, their distance, and how far east the middle of the first lies.
import {readFileSync} from 'node:fs';
import {load} from './load.mjs';

const {areaOf, centroidLon, covers, distance, finish, inPolys} = await load(
  'check/geometry.js',
  'check/overlay.js',
);
const answers = [];
for (const line of readFileSync(process.argv[2], 'utf-8').split('\n').filter(Boolean)) {
  const pair = JSON.parse(line);
  const [a, b] = pair.map(rings => finish({polys: [rings], lines: [], points: []}));
  const apart = distance(a, b);
  const areas = [a, b].map(one => 2 * areaOf(one.polys));
  const corners = pair[1][0].map(p => inPolys(p, a.polys));
  const middle = centroidLon({type: 'Polygon', coordinates: pair[0]});
  const held = covers(a.polys, b);
  answers.push(JSON.stringify([apart === 0, held, areas, corners, apart, middle]));
}
const text = answers.join('\n') + '\n';
if (process.argv[3]) {
  process.exit(Number(readFileSync(process.argv[3], 'utf-8') !== text));
}
process.stdout.write(text);
