// Lines that enclose an area, by themselves or together: such a line may be the outline of a plot. The rule is that of the library's closing.py. Pure.
import {
  boxDistance,
  boxOf,
  cross,
  lineLength,
  ringArea,
  segmentsMeet,
  withinBox,
} from '../check/geometry.js';
import {crosses, nested} from '../check/validity.js';
import {guessed} from './guesses.js';

export const END_DEG = 1 / 111320;
const END_SHARE = 0.01;
const THIN = 1e-3;
const SNAP_DEG = END_DEG / 10;
export const MOST_SEGMENTS = 4000;

// The ring that a chain of degrees closes when it comes back to its start; null where it does not.
function ringOf(chain) {
  if (chain.length < 3) {
    return null;
  }
  const [first, last] = [chain[0], chain[chain.length - 1]];
  const gap = Math.hypot(first[0] - last[0], first[1] - last[1]);
  const length = lineLength(chain);
  if (gap > Math.max(END_DEG, END_SHARE * length)) {
    return null;
  }
  const ring = gap === 0 ? chain : [...chain, first];
  if (ring.length < 4) {
    return null;
  }
  const area = Math.abs(ringArea(ring));
  return (gap === 0 ? area > 0 || crosses([ring]) : area > THIN * length ** 2 || crosses([ring]))
    ? ring
    : null;
}

// Where two chains meet, to a tenth of a metre, as keys; ends that lie close count as one place.
function contacts(one, other) {
  const found = [];
  const key = p => `${Math.round(p[0] / SNAP_DEG)},${Math.round(p[1] / SNAP_DEG)}`;
  const ends = chain => [chain[0], chain[chain.length - 1]];
  for (const a of ends(one)) {
    for (const b of ends(other)) {
      if (Math.hypot(a[0] - b[0], a[1] - b[1]) <= SNAP_DEG) {
        found.push(a);
      }
    }
  }
  for (let i = 0; i + 1 < one.length; i += 1) {
    for (let k = 0; k + 1 < other.length; k += 1) {
      const [a, b, c, d] = [one[i], one[i + 1], other[k], other[k + 1]];
      if (!segmentsMeet(a, b, c, d)) {
        continue;
      }
      const at = cross(a, b, c, d);
      found.push(
        at === null
          ? [c, d].find(p => withinBox(a, b, p)) || a
          : [a[0] + (b[0] - a[0]) * at, a[1] + (b[1] - a[1]) * at],
      );
    }
  }
  const apart = [];
  for (const p of found) {
    if (!apart.some(q => Math.hypot(p[0] - q[0], p[1] - q[1]) <= 2 * SNAP_DEG)) {
      apart.push(p);
    }
  }
  return apart.map(key);
}

// Groups of chains that enclose an area together: lines and the places where they meet form a cycle.
function closingTogether(chains) {
  const parent = new Map();
  const root = name => {
    let at = name;
    while (parent.get(at) !== at) {
      at = parent.get(at);
    }
    return at;
  };
  const cyclic = new Set();
  const join = (a, b) => {
    for (const name of [a, b]) {
      if (!parent.has(name)) {
        parent.set(name, name);
      }
    }
    const [x, y] = [root(a), root(b)];
    const ring = x === y || cyclic.has(x) || cyclic.has(y);
    parent.set(x, y);
    if (ring) {
      cyclic.add(y);
    }
  };
  const tied = new Set();
  const tie = (i, place) => {
    if (!tied.has(`${i}|${place}`)) {
      tied.add(`${i}|${place}`);
      join(`line ${i}`, `at ${place}`);
    }
  };
  const boxes = chains.map(boxOf);
  const many = chains.reduce((sum, chain) => sum + chain.length, 0) > MOST_SEGMENTS;
  for (let i = 0; i < chains.length; i += 1) {
    for (let k = i + 1; k < chains.length; k += 1) {
      if (boxDistance(boxes[i], boxes[k]) > SNAP_DEG) {
        continue;
      }
      const short = chain => (many ? [chain[0], chain[chain.length - 1]] : chain);
      for (const place of contacts(short(chains[i]), short(chains[k]))) {
        tie(i, place);
        tie(k, place);
      }
    }
  }
  const groups = new Map();
  chains.forEach((_, i) => {
    const at = parent.has(`line ${i}`) ? root(`line ${i}`) : null;
    if (at !== null && cyclic.has(at)) {
      groups.set(at, [...(groups.get(at) || []), i]);
    }
  });
  return [...groups.values()];
}

// Asks about the lines of one input that close: doubts by the number of the feature, or the areas that they are where somebody said so.
export function closedLines(sites, said) {
  const doubts = new Map();
  const lines = [];
  if (said === 'line') {
    return doubts;
  }
  sites.forEach((site, index) => {
    if (!site.geometry || !/LineString$/.test(site.geometry.type)) {
      return;
    }
    for (const chain of site.geometry.type === 'LineString'
      ? [site.geometry.coordinates]
      : site.geometry.coordinates) {
      lines.push({index, chain, ring: ringOf(chain)});
    }
  });
  const alone = lines.filter(line => line.ring);
  const rest = lines.filter(line => !line.ring);
  const groups = closingTogether(rest.map(line => line.chain));
  const single = new Set(alone.map(line => line.index));
  if (said === 'plot') {
    for (const index of single) {
      const rings = alone.filter(line => line.index === index).map(line => line.ring);
      const open = lines.some(line => line.index === index && !line.ring);
      if (open) {
        doubts.set(
          index,
          'a line of several parts of which only some close; use sxgeo check --assume closed_line=plot',
        );
      } else {
        sites[index].geometry = nested(rings);
      }
    }
    for (const group of groups) {
      for (const i of group) {
        doubts.set(
          rest[i].index,
          'lines that close together are not joined in the page; use sxgeo check --assume closed_line=plot',
        );
      }
    }
    return doubts;
  }
  const count = single.size + groups.length;
  const evidence = groups.length
    ? `${count} outlines are closed by lines, ${groups.length} of them by several together`
    : `${single.size} lines come back to their first point`;
  const guess = guessed(
    'closed_line',
    'line',
    evidence,
    'plot: the outline of an area, whose inside counts',
  );
  for (const index of [...single, ...groups.flatMap(group => group.map(i => rest[i].index))]) {
    doubts.set(index, guess);
  }
  return doubts;
}
