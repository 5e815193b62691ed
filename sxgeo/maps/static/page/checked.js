// The legend's part of a parcel that was checked in the page: what is drawn of it, in numbers.
import {svg, make} from '../draw/dom.js';
import {hatch} from '../draw/draw.js';
import {say} from '../draw/language.js';
import {heading} from '../draw/rows.js';

// A row without a box to tick: it goes with the answer.
function drawnRow(swatch, words, count) {
  const name = make('span', {class: 'sx-name'}, words);
  return make('div', {class: 'sx-row'}, swatch, name, make('span', {class: 'sx-count'}, count));
}

function siteSwatch(colour) {
  const look = {fill: colour, 'fill-opacity': 0.15, stroke: colour, 'stroke-width': 2.4};
  const shape = svg('rect', {x: 1.5, y: 1.5, width: 17, height: 12, ...look});
  return svg('svg', {width: 20, height: 15, 'aria-hidden': 'true'}, shape);
}

function sharedSwatch(outcome, colour) {
  const id = `sx-shared-${outcome}`;
  const look = {fill: `url(#${id})`, stroke: colour, 'stroke-width': 1.8};
  const shape = svg('rect', {x: 1, y: 1, width: 18, height: 13, ...look});
  const pattern = svg('defs', {}, hatch(id, 'cross', colour));
  return svg('svg', {width: 20, height: 15, 'aria-hidden': 'true'}, pattern, shape);
}

// `drawn` counts outlines by answer and shared parts by outcome; `look` gives colour and words of an outcome.
export function checkedLegend(drawn, look) {
  const rows = [heading('核查地块', 'Checked parcel')];
  for (const [outcome, count] of drawn.sites) {
    const [colour, zh, en] = look(outcome);
    rows.push(drawnRow(siteSwatch(colour), say(zh, en), count));
  }
  for (const [outcome, count] of drawn.shared) {
    const [colour, zh, en] = look(outcome);
    const words = say(`压占或涉及的部分：${zh}`, `Shared part: ${en}`);
    rows.push(drawnRow(sharedSwatch(outcome, colour), words, count));
  }
  return make('div', {id: 'sx-checked'}, ...rows);
}
