// The legend's part of a parcel that was checked in the page: what is drawn of it, in numbers.
import {make} from '../draw/dom.js';
import {say} from '../draw/language.js';
import {heading, ringSwatch, verdictSwatch} from '../draw/rows.js';

// A row without a box to tick: it goes with the answer.
function drawnRow(swatch, words, count) {
  const name = make('span', {class: 'sx-name'}, words);
  return make('div', {class: 'sx-row'}, swatch, name, make('span', {class: 'sx-count'}, count));
}

// `drawn` counts outlines by answer and shared parts by outcome, and names the outcomes of which some part is an area; `look` gives style and words of an outcome.
export function checkedLegend(drawn, look) {
  const rows = [heading('核查地块', 'Checked parcel')];
  for (const [outcome, count] of drawn.sites) {
    const [style, zh, en] = look(outcome);
    const words = say(`${style[4]} ${zh}`, `${style[4]} ${en}`);
    rows.push(drawnRow(verdictSwatch(`sx-site-${outcome}`, style), words, count));
  }
  for (const [outcome, count] of drawn.shared) {
    const [style, zh, en] = look(outcome);
    const words = say(`压占或涉及的部分：${zh}`, `Shared part: ${en}`);
    const swatch = drawn.areas.has(outcome)
      ? verdictSwatch(`sx-shared-${outcome}`, style)
      : ringSwatch(style);
    rows.push(drawnRow(swatch, words, count));
  }
  return make('div', {id: 'sx-checked'}, ...rows);
}
