// Land by what is known of it: surely available, as far as is known, in doubt, surely not; each a layer of its own.
import {thousands} from '../check/plain.js';
import {hatchFill} from './bands.js';
import {make} from './dom.js';
import {say} from './language.js';
import {checkRow, heading, landSwatch} from './rows.js';

const key = row => `land-${row.grade}`;

export function drawAvailable(page) {
  const rows = page.data.available?.rows ?? [];
  // candidates lie on their land: what is known of it is seen through them
  page.map.getContainer().classList.toggle('sx-with-land', rows.length > 0);
  for (const row of rows) {
    if (!row.rings.length) {
      continue;
    }
    const fill = hatchFill(page, 'available', `sx-${key(row)}`, row.hatch, row.colour);
    L.polygon(
      row.rings,
      page.pane('available', {
        interactive: false,
        className: `sx-${key(row)}`,
        color: row.colour,
        weight: 0.8,
        fillColor: fill,
        fillOpacity: 1,
        fillRule: 'evenodd',
      }),
    ).addTo(page.group(key(row)));
  }
}

export function availableLegend(page, root) {
  const land = page.data.available;
  if (!land) {
    return;
  }
  root.append(heading('用地可用性', 'Land', '公顷'));
  for (const row of land.rows) {
    root.append(
      checkRow(key(row), landSwatch(row), row.zh, thousands(row.area_ha, 1), {
        en: row.en,
        none: !row.rings.length,
        toggle: on => page.toggle(key(row), on),
        title: `${row.zh} ${row.en}`,
      }),
    );
  }
  root.append(make('p', {class: 'sx-note', id: 'sx-land-note'}, say(land.note_zh, land.note_en)));
}
