// Areas of reach: minutes on the line, the error band between its inner and outer edge, and what is known of each area.
import {thousands} from '../check/plain.js';
import {make, svg} from './dom.js';
import {card, hatch} from './draw.js';
import {say} from './language.js';
import {bandLayer, minutesSlider} from './minutes.js';
import {checkRow, heading} from './rows.js';

const MOST_TOLD = 4;

export function hatchFill(page, pane, id, kind, colour, ground) {
  const renderer = page.pane(pane).renderer;
  if (!page.map.hasLayer(renderer)) {
    page.map.addLayer(renderer);
  }
  if (!document.getElementById(id)) {
    renderer._container.prepend(svg('defs', {}, hatch(id, kind, colour, ground)));
  }
  return `url(#${id})`;
}

// `pane` is where the area lies, `allow` which places its label may take.
export function drawBand(page, band, pane, allow) {
  const layer = bandLayer(page, band);
  const weight = window.innerWidth > 760 ? 1.5 : 1;
  const line = {color: band.colour, weight, lineJoin: 'round'};
  const add = (rings, style) =>
    L.polygon(rings, page.pane(pane, {interactive: false, ...style})).addTo(layer);
  const open = at =>
    L.popup(page.popup())
      .setLatLng(at)
      .setContent(card(band, ['等时圈'], '#6a1b9a'))
      .openOn(page.map);
  band.open = () => open(band.places[0]);
  if (band.error) {
    add(band.error, {
      stroke: false,
      fillColor: hatchFill(page, pane, 'sx-error-' + band.colour.slice(1), 'lines', band.colour),
      fillOpacity: 0.8,
    });
  }
  for (const edge of [band.inner, band.outer]) {
    if (edge) {
      add(edge, {...line, weight: 1, dashArray: '3 3', opacity: 0.9, fill: false});
    }
  }
  if (band.rings.length) {
    const given = page.data.meta.areas_given;
    const area = add(band.rings, {
      ...line,
      opacity: 0.8,
      fillColor: band.colour,
      fillOpacity: 0.3,
      interactive: given,
    });
    const rim = add(band.rings, {
      color: band.colour,
      opacity: 0,
      weight: 12,
      fill: false,
      interactive: true,
    });
    for (const shape of [area, rim]) {
      shape.on('click', event => {
        L.DomEvent.stopPropagation(event);
        open(event.latlng);
      });
    }
  }
  page.labels.add({
    text: `${band.minutes} 分钟`,
    en: `${band.minutes} min`,
    cls: 'sx-minutes',
    edge: page.data.origins.length > 1 ? band.colour : null, // of several origins each label shows whose it is
    places: band.places,
    priority: 300 + band.minutes / 10,
    shown: () => !page.off.has('bands') && !band.away,
    click: open,
    allow,
  });
}

export function drawReach(page) {
  if (page.data.meta.areas_given) {
    page.map.getPane('sx-links').style.zIndex = 355;
  }
  if (page.data.scenario) {
    page.divider = new page.parts.days.Divider(page, page.data.scenario);
  }
  for (const band of page.data.bands) {
    drawBand(page, band, 'bands');
  }
  for (const origin of page.data.origins) {
    // The shortest of its areas has its strongest colour.
    const own = page.data.bands.filter(band => band.origin === origin.id);
    const [first] = own.sort((a, b) => a.minutes - b.minutes);
    L.circleMarker(
      origin.at,
      page.pane('sites', {
        interactive: false,
        radius: 6.5,
        color: '#fff',
        weight: 2,
        fillColor: first ? first.colour : '#6a1b9a',
        fillOpacity: 1,
      }),
    ).addTo(page.group('bands'));
    page.labels.add({
      text: origin.zh,
      cls: 'sx-origin',
      places: [origin.at],
      around: () => 9,
      priority: 350,
      minZoom: 9.5,
      shown: () => !page.off.has('bands'),
    });
  }
}

// Whether a place lies in areas by the even-odd law; rings may be closed or not.
function holds(areas, [lat, lon]) {
  let inside = false;
  for (const ring of areas.flat()) {
    ring.forEach(([y, x], i) => {
      const [y0, x0] = ring[(i || ring.length) - 1];
      if (y > lat !== y0 > lat && lon < x + ((lat - y) / (y0 - y)) * (x0 - x)) {
        inside = !inside;
      }
    });
  }
  return inside;
}

// A row for each of several origins: its name beside its own colours.
function originRows(bands) {
  const names = [...new Set(bands.map(band => band.name).filter(Boolean))];
  if (names.length < 2) {
    return null;
  }
  const rows = names.map(name => {
    const own = bands.filter(band => band.name === name).sort((a, b) => a.minutes - b.minutes);
    return make('div', {}, make('span', {class: 'sx-swatch'}, bandSwatch(own)), name);
  });
  return make('div', {class: 'sx-keys sx-wide', id: 'sx-origins'}, ...rows);
}

// Every area as a button: the way to its popup for keyboard and screen reader.
export function bandList(bands, zh, en) {
  const list = make('ul', {class: 'sx-list'});
  for (const band of [...bands].sort((a, b) => a.minutes - b.minutes)) {
    const size = band.area_km2 === undefined ? '' : ` · ${thousands(band.area_km2, 1)} km²`;
    const name = band.name ? `${band.name} ` : '';
    const button = make('button', {type: 'button'}, `${name}${band.minutes} min${size}`);
    button.addEventListener('click', () => band.open());
    const people = band.rows.find(([label]) => label === '可达人口');
    const held = band.held === undefined ? [] : [`图上资源 ${band.held} 处`];
    const heldEn = band.held === undefined ? [] : [`${band.held} resources drawn`];
    const zhInside = [...(people ? [people[1]] : []), ...held].join('，');
    const enInside = [...(people ? [people[1]] : []), ...heldEn].join(', ');
    list.append(
      make(
        'li',
        {},
        button,
        zhInside ? make('small', {}, say(`　${zhInside}`, ` ${enInside}`)) : null,
      ),
    );
  }
  return make(
    'details',
    {class: 'sx-bands'},
    make('summary', {}, say(`${zh}（${bands.length}）`, `${en} (${bands.length})`)),
    list,
  );
}

export function minutesOf(times) {
  const all = times.map(band => band.minutes);
  const words = all.length > MOST_TOLD ? `${all[0]}–${all[all.length - 1]}` : all.join(' / ');
  return say(`${words} 分钟`, `${words} min`);
}

export function originEn(page) {
  return page.data.origins.length
    ? 'From ' + page.data.origins.map(origin => origin.zh).join(', ')
    : 'Each origin';
}

export function bandSwatch(times) {
  const bar = svg('svg', {width: 30, height: 12, 'aria-hidden': 'true'});
  times.forEach((band, index) =>
    bar.append(
      svg('rect', {
        x: (index * 30) / times.length,
        width: 30 / times.length,
        height: 12,
        fill: band.colour,
      }),
    ),
  );
  return bar;
}

export function errorKey(page, bands) {
  const some = bands.find(band => band.error);
  if (!some) {
    return null;
  }
  const box = svg(
    'svg',
    {width: 30, height: 12, 'aria-hidden': 'true'},
    svg('defs', {}, hatch('sx-error-key', 'lines', some.colour)),
    svg('rect', {
      x: 0.5,
      y: 0.5,
      width: 29,
      height: 11,
      fill: 'url(#sx-error-key)',
      stroke: some.colour,
      'stroke-dasharray': '3 3',
    }),
  );
  const error = some.rows.find(([label]) => label === '时间误差');
  const share = error ? error[1].split('：')[0] : '';
  return make(
    'div',
    {class: 'sx-keys sx-wide', id: 'sx-error-band'},
    make(
      'div',
      {},
      make('span', {class: 'sx-swatch'}, box),
      say(
        `误差带（时间误差 ${share}）：虚线内沿以内当可达，外沿以外当不可达，两者之间不能断定`,
        `Error band (times ${share}): within the inner edge reached, beyond the outer one not, between unsure`,
      ),
    ),
  );
}

export function reachLegend(page, root) {
  if (page.data.scenario) {
    page.parts.days.scenarioLegend(page, root);
    return;
  }
  const bands = page.data.bands;
  if (!bands.length) {
    return;
  }
  const times = [...new Map(bands.map(band => [band.minutes, band])).values()].sort(
    (a, b) => a.minutes - b.minutes,
  );
  root.append(
    heading('等时圈', 'Isochrones', page.data.meta.band_note),
    checkRow('bands', bandSwatch(times), page.data.meta.origin_zh || '各起点', minutesOf(times), {
      en: originEn(page),
      toggle: on => page.toggle('bands', on),
    }),
  );
  const placed = page.data.features.filter(feature => feature.at);
  for (const band of bands) {
    band.held = band.rings.length
      ? placed.filter(one => holds(band.rings, one.at)).length
      : undefined;
  }
  for (const part of [minutesSlider(page, times), originRows(bands), errorKey(page, bands)]) {
    if (part) {
      root.append(part);
    }
  }
  root.append(bandList(bands, '各等时圈详情', 'Each area'));
}
