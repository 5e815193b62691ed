// Pen (draw and measure), search, language, coordinates to copy.
import {gaussKrueger} from '../check/geodesy.js';
import {make} from '../draw/dom.js';
import {translate} from '../draw/language.js';
import {FIND_ZH} from './search.js';

export function languageTool(page, button) {
  button.addEventListener('click', () => {
    const english = document.documentElement.lang !== 'en';
    const meta = page.data.meta;
    document.documentElement.lang = english ? 'en' : 'zh-CN';
    document.getElementById('sx-title').textContent = english ? meta.title_en : meta.title_zh;
    document.getElementById('sx-subtitle').textContent = english ? meta.title_zh : meta.title_en;
    document.getElementById('sx-find').placeholder = english ? 'Name, pinyin, county, id' : FIND_ZH;
    translate(document);
    page.measure();
    page.map.closePopup();
    page.labels.speak(english);
  });
}

function copyText(text) {
  const area = make('textarea', {class: 'sx-hidden', 'aria-hidden': 'true'});
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  return done;
}

// Right click, a long press, or the box itself copies degrees and the zone's X and Y.
export function coordinateTool(page, tell) {
  const box = document.getElementById('sx-coords');
  let last = page.map.getCenter();
  page.map.on('mousemove', event => {
    last = event.latlng;
  });
  page.map.on('click', event => {
    last = event.latlng;
    tell(last);
  }); // a finger has no mousemove
  const copy = at => {
    const plane = gaussKrueger(at.lng, at.lat);
    const text = `${at.lng.toFixed(7)},${at.lat.toFixed(7)}\tX ${plane.x.toFixed(3)}\tY ${(plane.zone * 1e6 + plane.y).toFixed(3)}`;
    tell(at);
    box.dataset.copied = text;
    box.append(
      make('small', {class: 'sx-copied', role: 'status'}, copyText(text) ? '已复制 copied' : text),
    );
  };
  box.addEventListener('click', () => copy(last));
  page.map.on('contextmenu', event => copy(event.latlng));
}
