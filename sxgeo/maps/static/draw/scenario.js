// Two days side by side: the earlier one left of a divider, the later one right of it; drag it, or use the arrow keys.
import {thousands, has} from '../check/plain.js';
import {bandList, bandSwatch, drawBand, errorKey, hatchFill, minutesOf, originEn} from './bands.js';
import {make, svg} from './dom.js';
import {hatch} from './draw.js';
import {say} from './language.js';
import {checkRow, heading} from './rows.js';

const FAR_PX = 100000;
const ROOM_PX = 36;

export class Divider {
  constructor(page, scenario) {
    Object.assign(this, {page, map: page.map, scenario, percent: 50});
    for (const [name, order] of [
      ['before', 350],
      ['after', 351],
      ['gained', 352],
    ]) {
      this.map.createPane('sx-' + name).style.zIndex = order;
    }
    const left = at => at.x < this.layerX() - ROOM_PX;
    const right = at => at.x > this.layerX() + ROOM_PX;
    for (const band of scenario.before) {
      drawBand(page, band, 'before', left);
    }
    for (const band of scenario.after) {
      drawBand(page, band, 'after', right);
    }
    for (const gain of scenario.gained) {
      this.drawGain(gain, right);
    }
    this.handle();
    this.map.on('move zoom zoomend resize viewreset', () => this.clip());
    this.set(50);
  }

  drawGain(gain, allow) {
    if (!gain.rings.length) {
      return;
    }
    const {page, scenario} = this;
    const fillColor = hatchFill(page, 'gained', 'sx-gained', 'diagonal', scenario.colour);
    L.polygon(
      gain.rings,
      page.pane('gained', {
        interactive: false,
        color: scenario.colour,
        weight: 1.6,
        fillColor,
        fillOpacity: 1,
      }),
    ).addTo(page.group('bands'));
    page.labels.add({
      text: `${gain.minutes} 分钟 +${thousands(gain.gained_km2, 1)} km²`,
      en: `${gain.minutes} min +${thousands(gain.gained_km2, 1)} km²`,
      cls: 'sx-minutes sx-gain',
      places: gain.places,
      around: () => 4,
      priority: 290,
      shown: () => !page.off.has('bands'),
      allow,
    });
  }

  handle() {
    const [first, second] = this.scenario.days;
    const arrows = svg(
      'svg',
      {width: 22, height: 14, viewBox: '0 0 22 14', 'aria-hidden': 'true'},
      svg('path', {
        d: 'M7 1L1 7L7 13M15 1L21 7L15 13',
        fill: 'none',
        stroke: '#fff',
        'stroke-width': 2.2,
        'stroke-linecap': 'round',
        'stroke-linejoin': 'round',
      }),
    );
    this.bar = make(
      'div',
      {
        class: 'sx-divider',
        id: 'sx-divider',
        role: 'slider',
        tabindex: 0,
        'aria-orientation': 'horizontal',
        'aria-valuemin': 0,
        'aria-valuemax': 100,
        'aria-label': `情景分界：左 ${first}，右 ${second} Divider of two days`,
      },
      make('span', {class: 'sx-day sx-left'}, first),
      make('span', {class: 'sx-grip'}, arrows),
      make('span', {class: 'sx-day sx-right'}, second),
    );
    this.map.getContainer().append(this.bar);
    L.DomEvent.disableClickPropagation(this.bar);
    const drag = event => {
      const box = this.map.getContainer().getBoundingClientRect();
      this.set(((event.clientX - box.left) / box.width) * 100);
    };
    this.bar.addEventListener('pointerdown', event => {
      event.stopPropagation();
      this.bar.setPointerCapture(event.pointerId);
      this.bar.classList.add('sx-held');
    });
    this.bar.addEventListener('pointermove', event => {
      if (this.bar.hasPointerCapture(event.pointerId)) {
        drag(event);
      }
    });
    for (const kind of ['pointerup', 'pointercancel']) {
      this.bar.addEventListener(kind, () => this.bar.classList.remove('sx-held'));
    }
    const steps = {
      ArrowLeft: -2,
      ArrowDown: -2,
      ArrowRight: 2,
      ArrowUp: 2,
      PageDown: -10,
      PageUp: 10,
      Home: -100,
      End: 100,
    };
    this.bar.addEventListener('keydown', event => {
      if (!has(steps, event.key)) {
        return;
      }
      event.preventDefault();
      event.stopPropagation();
      this.set(this.percent + steps[event.key]);
    });
  }

  set(percent) {
    const [first, second] = this.scenario.days;
    this.percent = Math.min(100, Math.max(0, percent));
    const shown = Math.round(this.percent);
    this.bar.style.left = this.percent + '%';
    this.bar.setAttribute('aria-valuenow', shown);
    this.bar.setAttribute(
      'aria-valuetext',
      `左 left ${first} ${shown}%，右 right ${second} ${100 - shown}%`,
    );
    this.clip();
    if (this.waiting) {
      return;
    }
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.page.labels.place();
    });
  }

  layerX() {
    return this.map.containerPointToLayerPoint([(this.map.getSize().x * this.percent) / 100, 0]).x;
  }

  clip() {
    const x = this.layerX();
    const box = (a, b) =>
      `polygon(${a}px ${-FAR_PX}px, ${b}px ${-FAR_PX}px, ${b}px ${FAR_PX}px, ${a}px ${FAR_PX}px)`;
    this.map.getPane('sx-before').style.clipPath = box(-FAR_PX, x);
    for (const name of ['after', 'gained']) {
      this.map.getPane('sx-' + name).style.clipPath = box(x, FAR_PX);
    }
  }

  toggle(on) {
    this.bar.hidden = !on;
    this.page.toggle('bands', on);
  }
}

function lineWords(line) {
  const speed = line.speed_kmh ? `，设计时速 ${line.speed_kmh} km/h` : '';
  const when = line.opens
    ? `${line.opens} 开通`
    : line.planned
      ? `计划 ${line.planned} 开通，尚未开通`
      : '开通日期不明';
  const speedEn = line.speed_kmh ? `, ${line.speed_kmh} km/h` : '';
  const whenEn = line.opens
    ? `opened ${line.opens}`
    : line.planned
      ? `planned for ${line.planned}, not open yet`
      : 'opening day unknown';
  return say(
    `${line.runs === 'after' ? '+' : '−'} ${line.zh}${speed}；${when}`,
    `${line.runs === 'after' ? '+' : '−'} ${line.en || line.zh}${speedEn}; ${whenEn}`,
  );
}

function table(head, rows) {
  return make(
    'table',
    {class: 'sx-figures'},
    make(
      'thead',
      {},
      make('tr', {}, ...head.map(([zh, en]) => make('th', {scope: 'col'}, en ? say(zh, en) : zh))),
    ),
    make(
      'tbody',
      {},
      ...rows.map(row =>
        make(
          'tr',
          {},
          make('th', {scope: 'row'}, row[0]),
          ...row.slice(1).map(cell => make('td', {}, cell)),
        ),
      ),
    ),
  );
}

// What the later day changes, in figures: the areas, the lines that differ, the stations with the greatest saving.
export function scenarioLegend(page, root) {
  const {scenario} = page.data;
  const [first, second] = scenario.days;
  const times = [...new Map(scenario.after.map(band => [band.minutes, band])).values()].sort(
    (a, b) => a.minutes - b.minutes,
  );
  const km2 = value => thousands(value, 1);
  const minutes = value => (value === null ? say('到不了', 'no way') : Math.round(value));
  const box = svg(
    'svg',
    {width: 30, height: 12, 'aria-hidden': 'true'},
    svg('defs', {}, hatch('sx-gained-key', 'diagonal', scenario.colour)),
    svg('rect', {
      x: 0.5,
      y: 0.5,
      width: 29,
      height: 11,
      fill: 'url(#sx-gained-key)',
      stroke: scenario.colour,
    }),
  );
  root.append(
    heading('情景对比', 'Two days compared', 'km²'),
    checkRow('bands', bandSwatch(times), page.data.meta.origin_zh || '各起点', minutesOf(times), {
      en: originEn(page),
      toggle: on => page.divider.toggle(on),
    }),
  );
  const many = new Set(scenario.gained.map(gain => gain.origin)).size > 1;
  root.append(
    table(
      [['分钟', 'min'], [first], [second], ['新增', 'gained']],
      scenario.gained.map(gain => [
        many ? `${gain.origin} · ${gain.minutes}` : String(gain.minutes),
        km2(gain.before_km2),
        km2(gain.after_km2),
        gain.gained_km2 ? `+${km2(gain.gained_km2)}` : '0',
      ]),
    ),
    make(
      'div',
      {class: 'sx-keys sx-wide'},
      make(
        'div',
        {},
        make('span', {class: 'sx-swatch'}, box),
        say('新增可达范围（仅后一日可达）', 'Gained: on the later day only'),
      ),
    ),
  );
  const key = errorKey(page, scenario.after);
  if (key) {
    root.append(key);
  }
  const lines = make(
    'div',
    {class: 'sx-small', id: 'sx-lines'},
    make('b', {}, say('两日不同的线路：', 'Lines that differ: ')),
  );
  for (const line of scenario.lines) {
    lines.append(make('div', {}, lineWords(line)));
  }
  if (!scenario.lines.length) {
    lines.append(say('没有', 'none'));
  }
  root.append(lines);
  if (scenario.places.length) {
    root.append(
      make(
        'details',
        {id: 'sx-saved'},
        make(
          'summary',
          {},
          say(
            `到各站的分钟数（${scenario.places.length}）`,
            `Minutes to stations (${scenario.places.length})`,
          ),
        ),
        table(
          [['车站', 'Station'], [first], [second]],
          scenario.places.map(place => [
            many ? `${place.zh}（${place.origin}）` : place.zh,
            minutes(place.before),
            minutes(place.after),
          ]),
        ),
      ),
    );
  }
  root.append(
    bandList(scenario.before, `${first} 各等时圈`, `Areas of ${first}`),
    bandList(scenario.after, `${second} 各等时圈`, `Areas of ${second}`),
  );
  const share = scenario.error_share === null ? '' : `±${Math.round(scenario.error_share * 100)}%`;
  root.append(
    make(
      'p',
      {class: 'sx-small'},
      say(
        `${share && `时间误差 ${share}，${scenario.banded ? '误差带见图' : '未画误差带'}。`}${scenario.assumed_zh}`,
        `${share && `Error of the times ${share}, ${scenario.banded ? 'see its band' : 'no band drawn'}. `}${scenario.assumed_en}`,
      ),
    ),
    make(
      'details',
      {},
      make('summary', {}, say('计算说明（英文）', 'Notes')),
      make(
        'ul',
        {class: 'sx-list', lang: 'en'},
        ...scenario.notes.map(note => make('li', {}, note)),
      ),
    ),
  );
}
