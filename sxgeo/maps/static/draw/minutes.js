// A slider over the minutes: areas up to its place are drawn, sites that do not lie wholly in one of them stand back.
// At its end all is as without it.
import {make, refill} from './dom.js';
import {say} from './language.js';

// An area's own layer within the group of all; kept in the order in which they lie on each other.
export function bandLayer(page, band) {
  band.layer = L.layerGroup();
  page.group('bands').addLayer(band.layer);
  return band.layer;
}

function isWithin(site, limit) {
  return site.within_min !== null && site.within_min <= limit;
}

function showUpTo(page, limit, isAll) {
  const group = page.group('bands');
  for (const band of page.data.bands) {
    band.away = band.minutes > limit;
    group.removeLayer(band.layer);
  }
  for (const band of page.data.bands) {
    if (!band.away) {
      group.addLayer(band.layer);
    }
  }
  page.sites.fade(site => !isAll && 'within_min' in site && !isWithin(site, limit));
  page.labels.place();
}

function words(page, limit) {
  const timed = page.data.sites.filter(site => site.at && 'within_min' in site);
  if (!timed.length) {
    return [`${limit} 分钟`, `${limit} min`];
  }
  const inside = timed.filter(site => isWithin(site, limit));
  return [
    `${limit} 分钟：${inside.length} / ${timed.length} 处地块整块可达`,
    `${limit} min: ${inside.length} of ${timed.length} sites wholly within`,
  ];
}

// `times` are bands of different minutes, the shortest first; null where there is nothing to choose.
export function minutesSlider(page, times) {
  if (times.length < 2) {
    return null;
  }
  const limits = times.map(band => band.minutes);
  const last = limits.length - 1;
  const input = make('input', {type: 'range', id: 'sx-limit', min: 0, max: last, step: 1});
  input.value = last;
  const told = make('output', {for: 'sx-limit', 'aria-live': 'polite'});
  const tell = () => {
    const [zh, en] = words(page, limits[input.value]);
    refill(told, say(zh, en));
    input.setAttribute('aria-valuetext', `${zh} ${en}`);
  };
  const name = make('label', {for: 'sx-limit'}, say('时限', 'Limit'));
  const box = make('div', {class: 'sx-limit'}, name, input, told);
  input.addEventListener('input', () => {
    const isAll = Number(input.value) === last;
    box.classList.toggle('sx-limited', !isAll); // paper tells of a limit that takes something away
    showUpTo(page, limits[input.value], isAll);
    tell();
  });
  tell();
  return box;
}
