// argv: a file of lines "WKB WKB" in hexadecimal. GEOS compiled for the browser, the build that the page carries, says of each
// pair, a line each: whether they intersect, touch, and whether the first contains the second.
import {readFileSync} from 'node:fs';

const build = '../../sxgeo/maps/assets/geos-wasm/build/package/geos.esm.js';
const {default: start} = await import(new URL(build, import.meta.url));
const geos = await start();
const reader = geos.GEOSWKBReader_create();

function shapeOf(hex) {
  const bytes = Buffer.from(hex, 'hex');
  const at = geos.Module._malloc(bytes.length);
  geos.Module.HEAPU8.set(bytes, at);
  const shape = geos.GEOSWKBReader_read(reader, at, bytes.length);
  geos.Module._free(at);
  if (!shape) {
    throw new Error(`GEOS cannot read ${hex}`);
  }
  return shape;
}

const answers = [];
for (const line of readFileSync(process.argv[2], 'utf-8').split('\n').filter(Boolean)) {
  const [a, b] = line.split(' ').map(shapeOf);
  const said = ['GEOSIntersects', 'GEOSTouches', 'GEOSContains'].map(name => geos[name](a, b));
  answers.push(said.join(' '));
  geos.GEOSGeom_destroy(a);
  geos.GEOSGeom_destroy(b);
}
process.stdout.write(answers.join('\n') + '\n');
