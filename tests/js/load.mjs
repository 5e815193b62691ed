// The page's modules as Node reads them; Leaflet and a document are not at hand, polygon-clipping is.
import {readFileSync, readdirSync} from 'node:fs';
import vm from 'node:vm';

const maps = new URL('../../sxgeo/maps/', import.meta.url);
const library = new URL('assets/polygon-clipping/dist/polygon-clipping.umd.min.js', maps);
vm.runInThisContext(readFileSync(library, 'utf-8'));

// What these need at their head no program but a browser has.
const ON_A_MAP = ['draw/brush.js', 'draw/tiles.js', 'page/page.js', 'page/entry'];

function modulesOf(folder) {
  const names = readdirSync(new URL(`static/${folder}/`, maps));
  return names.filter(name => name.endsWith('.js')).map(name => `${folder}/${name}`);
}

// All that the modules of some folders hand out, or those of one module.
export async function load(...paths) {
  const wanted = paths.length ? paths : ['check', 'read', 'say'];
  const names = wanted.flatMap(path => (path.endsWith('.js') ? [path] : modulesOf(path)));
  const found = {};
  for (const name of names.filter(one => !ON_A_MAP.some(start => one.startsWith(start)))) {
    Object.assign(found, await import(new URL(`static/${name}`, maps)));
  }
  return found;
}
