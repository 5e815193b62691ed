// stdin: a JSON line per list of polygons in whole numbers; stdout: true where they are no valid multipolygon.
import {createInterface} from 'node:readline';
import {load} from './load.mjs';

const {entangled} = await load();
for await (const line of createInterface({input: process.stdin})) {
  process.stdout.write(JSON.stringify(entangled(JSON.parse(line))) + '\n');
}
