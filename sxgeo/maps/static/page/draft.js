// The row of tools of a parcel that is being drawn: points typed one by one, a rectangle by its size, undo and end.
import {centralMeridian, toDegrees, toPlane} from '../check/geodesy.js';
import {closed, DOUBTS, SOURCE, doubted, quantise, sourced} from '../read/marks.js';
import {readText} from '../read/text.js';
import {make} from '../draw/dom.js';
import {metresPerPixel} from '../draw/labels.js';
import {say} from '../draw/language.js';

// One pair of coordinates as a point of the pen, with what had to be guessed of it and how it was written.
export function typedPoint(text) {
  const {features} = readText(text);
  const [feature] = features || [];
  if (!feature || features.length > 1 || feature.geometry.type !== 'Point') {
    throw new Error('请只写一对坐标 (one pair of coordinates)');
  }
  const [lng, lat] = feature.geometry.coordinates;
  return Object.assign(L.latLng(lat, lng), {
    pixel_m: 0,
    typed: feature[SOURCE],
    doubts: feature[DOUBTS] || [],
  });
}

// Corners of a rectangle of a size in metres about a place, its sides along the axes of the plane; what was guessed of a
// typed place, and how roughly it was typed, holds for each of them.
export function rectangle(map, centre, wide, high) {
  const meridian = centralMeridian(centre.lng);
  const [x, y] = toPlane(centre.lng, centre.lat, meridian);
  return [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ].map(([east, north]) => {
    const [lng, lat] = toDegrees(x + (east * wide) / 2, y + (north * high) / 2, meridian);
    const {typed, doubts} = centre;
    return Object.assign(L.latLng(lat, lng), {pixel_m: metresPerPixel(map, lat), typed, doubts});
  });
}

// How sure some points are: as the screen where one was set there, never finer than the roughest of those that were typed.
function sourceOf(points) {
  const typed = points.flatMap(p => p.typed || []);
  const step = typed.length ? {step_m: Math.max(...typed.map(one => one.step_m))} : {};
  const pixel = Math.max(...points.map(p => p.pixel_m));
  if (pixel > 0) {
    return {kind: 'drawn', pixel_m: pixel, ...step};
  }
  const metres = typed.some(one => one.kind === 'metres');
  return {kind: metres ? 'metres' : 'degrees', ...step};
}

// The parcel of some points: as sure as the screen where one was set there, else as it was typed.
export function drawnParcel(points) {
  const ring = closed(points.map(p => [quantise(p.lng), quantise(p.lat)]));
  const feature = {
    type: 'Feature',
    properties: {name: '绘制地块'},
    geometry: {type: 'Polygon', coordinates: [ring]},
  };
  const doubts = [...new Set(points.flatMap(p => p.doubts || []))];
  return {
    features: sourced(doubted(feature, doubts), sourceOf(points)),
    file: '',
    zh: '绘制地块',
    en: 'drawn parcel',
    points,
  };
}

// The row itself; `tell` says what is wrong.
export function draftRow(page, tell) {
  const {pen, map} = page;
  const act = (id, zh, en, run) => {
    const button = make('button', {type: 'button', id}, say(zh, en));
    button.addEventListener('click', run);
    return button;
  };
  const size = (id, zh, en) =>
    make('input', {type: 'number', min: 0, step: 'any', id, 'aria-label': `${zh} ${en}`});
  const pair = make('input', {
    id: 'sx-point',
    autocomplete: 'off',
    placeholder: '112.571, 38.012',
    'aria-label': '逐点输入坐标，回车加点 Type a point, Enter adds it',
  });
  const [wide, high] = [
    size('sx-wide', '宽（米）', 'width (m)'),
    size('sx-high', '高（米）', 'height (m)'),
  ];
  const add = () => {
    try {
      pen.add(typedPoint(pair.value));
      pair.value = '';
      tell(`已加第 ${pen.points.length} 点。${pen.points.length} point(s) set.`);
    } catch (error) {
      tell(error.message, true);
    }
  };
  pair.addEventListener('keydown', event => {
    if (event.key === 'Enter') {
      event.preventDefault();
      add();
    }
  });
  const rect = () => {
    const [w, h] = [Number(wide.value), Number(high.value)];
    if (!(w > 0 && w < 1e5 && h > 0 && h < 1e5)) {
      tell('矩形的宽和高须大于0米、小于100千米。Give width and height in metres.', true);
      return;
    }
    pen.change(rectangle(map, pen.points[0] || map.getCenter(), w, h));
    page.lookAt(L.latLngBounds(pen.points));
    pen.trace();
    tell('矩形以首点（或图中心）为中心，可拖动拐点，回车结束。Drag its corners, Enter to end.');
  };
  return make(
    'div',
    {id: 'sx-draft', hidden: true},
    make('div', {class: 'sx-acts'}, pair, act('sx-add', '加点', 'Add', add)),
    make(
      'div',
      {class: 'sx-acts'},
      wide,
      '×',
      high,
      say('米', 'm'),
      act('sx-rect', '矩形', 'Rectangle', rect),
    ),
    make(
      'div',
      {class: 'sx-acts'},
      act('sx-undo', '撤销', 'Undo', () => pen.undo()),
      act('sx-end', '结束', 'Finish', () => pen.finish()),
      act('sx-cancel', '取消', 'Cancel', () => pen.stop(true)),
    ),
  );
}
