// The second engine of a page: GEOS is unpacked, started, and asked beside the page's own arithmetic.
import {Geos} from './geos.js';
import {Vote} from './vote.js';

const START_MS = 30000;

async function unpacked(text) {
  const packed = Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  const stream = new Response(packed).body.pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// The engine that votes: {name, failed, vote, release}.
export class Second {
  constructor(geos) {
    this.name = 'geos';
    this.failed = null;
    this.geos = geos;
  }

  vote(ground) {
    return new Vote(this.geos, ground);
  }

  release() {
    this.geos.release();
  }
}

// Starts GEOS from its packed code; throws where the browser or the policy of the page refuses it.
export async function startGeos(text) {
  new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)); // throws at once where it is refused
  window.sxgeoGeosCode = await unpacked(text);
  let timer = null;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error('it did not start in time')), START_MS);
  });
  try {
    return new Second(
      new Geos(await Promise.race([window.sxgeoGeos({errorHandler: () => {}}), late])),
    );
  } finally {
    clearTimeout(timer);
    delete window.sxgeoGeosCode;
  }
}

window.sxgeoSecond = startGeos;
