// Loads the page's modules, which are plain scripts, into one scope, as the page does.
import {readFileSync} from 'node:fs';
import vm from 'node:vm';
import {createRequire} from 'node:module';

const maps = new URL('../../sxgeo/maps/', import.meta.url);
const clipping = createRequire(import.meta.url)(new URL('assets/polygon-clipping/dist/polygon-clipping.umd.min.js', maps).pathname);
export const CHECK = ['geodesy.js', 'geometry.js', 'asking.js', 'judge.js', 'legal.js', 'clearance.js', 'closing.js', 'reading.js', 'zip.js', 'shapefile.js', 'kml.js', 'files.js', 'columns.js', 'shelf.js', 'questions.js', 'check.js', 'says.js'];
export const MODULES = [...CHECK, 'question.js', 'english.js'];

export function load(names = MODULES) {
  const context = vm.createContext({polygonClipping: clipping, console, TextDecoder, Blob, DecompressionStream});
  for (const name of names) vm.runInContext(readFileSync(new URL(`static/${name}`, maps), 'utf-8'), context, {filename: name});
  return new Proxy({}, {get: (_, name) => vm.runInContext(String(name), context)});
}
