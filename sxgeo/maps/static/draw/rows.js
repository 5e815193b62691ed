// Rows and headings of the legend, which is the layer control.
import {make, svg} from './dom.js';
import {hatch} from './draw.js';
import {say} from './language.js';

const ASIDE_EN = {
  '已定位 / 收录 / 公布': 'located / held / published',
  本区图上: 'drawn here',
  '深：沿路网　淡细：示意连线': 'thin: sketched',
  公路: 'by road',
  公顷: 'ha',
};
const TAG_EN = {
  载入失败: 'failed',
  未收录: 'none held',
  无位置: 'no position',
  仅线索: 'leads only',
  本区无资料: 'no data here',
};

// The legend is the layer control: a row per class with its own symbol, its counts and its checkbox.
export function checkRow(id, swatch, name, count, options) {
  const input = make('input', {
    type: 'checkbox',
    'data-layer': id,
    checked: !options.off,
    disabled: Boolean(options.none),
  });
  const label = make('span', {class: 'sx-name'}, options.en ? say(name, options.en) : name);
  if (options.tag) {
    label.append(make('span', {class: 'sx-tag', 'data-en': TAG_EN[options.tag]}, options.tag));
  }
  const row = make(
    'label',
    {class: 'sx-row' + (options.none ? ' sx-none' : ''), title: options.title},
    input,
    swatch,
    label,
  );
  if (count) {
    row.append(make('span', {class: 'sx-count'}, count));
  }
  if (options.toggle) {
    input.addEventListener('change', () => options.toggle(input.checked));
  }
  return row;
}

export function hectaresEn(text) {
  return text.replace(/([\d.]+)万公顷/, (_, tens) => `${tens * 10}k ha`).replace('公顷', ' ha');
}

export function heading(zh, en, aside) {
  return make(
    'h2',
    {},
    say(zh, en),
    aside ? make('small', {'data-en': ASIDE_EN[aside] || aside}, aside) : null,
  );
}

// A verdict by its mark, its hatch and its edge; `style` is its row in the table of styles.
export function verdictSwatch(id, [mark, , edge, kind]) {
  const look = {fill: `url(#${id})`, stroke: edge, 'stroke-width': 1.8};
  const pattern = svg('defs', {}, hatch(id, kind, edge, mark));
  const shape = svg('rect', {x: 1, y: 1, width: 18, height: 13, ...look});
  return svg('svg', {width: 20, height: 15, 'aria-hidden': 'true'}, pattern, shape);
}

// Land of a grade by its hatch, as it is drawn.
export function landSwatch(row) {
  const id = `sx-swatch-land-${row.grade}`;
  const pattern = svg('defs', {}, hatch(id, row.hatch, row.colour));
  const look = {fill: `url(#${id})`, stroke: row.colour, 'stroke-width': 1};
  const shape = svg('rect', {x: 1, y: 1, width: 18, height: 13, ...look});
  return svg('svg', {width: 20, height: 15, 'aria-hidden': 'true'}, pattern, shape);
}

// What is shared at points or along lines alone: a ring.
export function ringSwatch([, , edge]) {
  const look = {cx: 10, cy: 7.5, r: 5.5, fill: 'none', stroke: edge, 'stroke-width': 2.4};
  return svg('svg', {width: 20, height: 15, 'aria-hidden': 'true'}, svg('circle', look));
}

// A class with areas on the map shows its hatch, one with points alone its symbol.
export function areaSwatch(cls) {
  const id = `sx-swatch-${cls.id}`;
  const box = svg(
    'svg',
    {width: 20, height: 15, 'aria-hidden': 'true'},
    svg('defs', {}, hatch(id, cls.hatch, cls.colour)),
  );
  box.append(
    svg('rect', {
      x: 1,
      y: 1,
      width: 18,
      height: 13,
      rx: 1.5,
      fill: `url(#${id})`,
      stroke: cls.colour,
      'stroke-width': 1.6,
    }),
  );
  return box;
}
