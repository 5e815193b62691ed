// Symbols, hatches, swatches and cards.
import {own} from '../check/plain.js';
import {make, svg} from './dom.js';
import {ROW_EN, english} from './language.js';

export const NODE_PATH = 'M0-7A7 7 0 1 1 0 7A7 7 0 1 1 0-7Z';

export function symbol(path, colour, mark, size) {
  const look =
    mark === 'object'
      ? {fill: colour, stroke: '#fff', 'stroke-width': 1.7}
      : {fill: '#fffdf8', stroke: colour, 'stroke-width': 2.5};
  const shape = svg('path', {
    d: path,
    'stroke-linejoin': 'round',
    'paint-order': 'stroke',
    ...look,
  });
  if (mark !== 'object') {
    shape.removeAttribute('paint-order');
  }
  const box = svg('svg', {viewBox: '-11 -11 22 22', 'aria-hidden': 'true'}, shape);
  if (size) {
    box.setAttribute('width', size);
    box.setAttribute('height', size);
  }
  return box;
}

export function lineSwatch(style) {
  const stroke = {x1: 1, x2: 29, y1: 6, y2: 6, stroke: style.colour, 'stroke-width': style.width};
  if (style.dash) {
    stroke['stroke-dasharray'] = style.dash;
  }
  if (style.cap) {
    stroke['stroke-linecap'] = style.cap;
  }
  return svg('svg', {width: 30, height: 12, 'aria-hidden': 'true'}, svg('line', stroke));
}

// Width of one cell of a hatch and the path in it; SVG patterns and canvas tiles are made from the same.
export function hatchPath(kind) {
  const strokes = {
    plain: 'M0 0',
    diagonal: 'M-2 2L2-2M0 8L8 0M6 10L10 6',
    back: 'M-2 6L2 10M0 0L8 8M6-2L10 2',
    cross: 'M0 0L9 9M9 0L0 9',
    lines: 'M0 4H8',
    waves: 'M0 4Q2 1 4 4T8 4',
    dots: 'M4 3.2A.8.8 0 1 1 4 4.8A.8.8 0 1 1 4 3.2Z',
  };
  return [kind === 'cross' ? 9 : 8, strokes[kind] || strokes.diagonal];
}

// `ground` is the colour under the strokes, where it is another one.
export function hatch(id, kind, colour, ground) {
  const [size, path] = hatchPath(kind);
  return svg(
    'pattern',
    {id, width: size, height: size, patternUnits: 'userSpaceOnUse'},
    svg('rect', {
      width: size,
      height: size,
      fill: ground || colour,
      'fill-opacity': ground ? 0.62 : 0.16,
    }),
    svg('path', {d: path, stroke: colour, 'stroke-width': 1.3, fill: 'none'}),
  );
}

export function rowList(rows) {
  const list = make('dl', {class: 'sx-rows'});
  rows.forEach(([label, value], index) => {
    const cls = index % 2 ? {} : {class: 'sx-odd'};
    list.append(
      make('dt', cls, english() ? own(ROW_EN, label) || label : label),
      make('dd', cls, value),
    );
  });
  return list;
}

export function card(item, badges, colour) {
  const box = make('div', {class: 'sx-popup', lang: 'zh-CN'});
  box.style.setProperty('--sx-colour', colour);
  box.append(make('h3', {}, item.zh));
  if (item.en) {
    box.append(make('div', {class: 'sx-en', lang: 'en'}, item.en));
  }
  const line = make('div', {class: 'sx-badges'});
  badges.forEach((badge, index) =>
    line.append(make('span', {class: index ? 'sx-badge' : 'sx-badge sx-cls'}, badge)),
  );
  line.append(make('span', {class: 'sx-id'}, (english() ? 'Id ' : '编号 ') + item.id));
  box.append(line, rowList(item.rows));
  return box;
}
