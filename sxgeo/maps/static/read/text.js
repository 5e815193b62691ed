// Text that was pasted or stood in a file: GeoJSON, survey TXT, or coordinates one pair a line.
import {planeName, toDegrees} from '../check/geodesy.js';
import {nested} from '../check/validity.js';
import {GUESSES} from './guesses.js';
import {DEGREE_M, closed, declare, doubted, sourced, stepOf} from './marks.js';

// Text that somebody pasted or a file's content: GeoJSON, survey TXT, or coordinates one pair a line.
export function readText(text) {
  const clean = text.replace(/^\uFEFF/, '').trim();
  if (!clean) {
    throw new Error('没有内容 (nothing was given)');
  }
  if (clean[0] === '{') {
    try {
      return JSON.parse(clean);
    } catch (error) {
      throw new Error(`JSON 无法解析 (not valid JSON): ${error.message.slice(0, 80)}`);
    }
  }
  if (/@|\[属性描述\]|\[地块坐标\]/.test(clean)) {
    return readSurvey(clean);
  }
  refuseSexagesimal(clean);
  return readPairs(clean);
}

// Degrees, minutes and seconds are no pair of numbers: they are refused with what they would be as decimal degrees.
function refuseSexagesimal(text) {
  const mark =
    /(\d+(?:\.\d+)?)\s*[°º度]\s*(?:(\d+(?:\.\d+)?)\s*[′'’分]\s*(?:(\d+(?:\.\d+)?)\s*(?:[″"”秒]|'')?)?)?/g;
  const angles = [...text.matchAll(mark)].map(
    ([, d, m, s]) => Number(d) + Number(m || 0) / 60 + Number(s || 0) / 3600,
  );
  if (angles.length) {
    const first = angles
      .slice(0, 2)
      .map(angle => angle.toFixed(7))
      .join(', ');
    throw new Error(
      `坐标为度分秒，请改写为十进制度，如 ${first}；或用 sxgeo check 读取 (degrees, minutes and seconds: write decimal degrees)`,
    );
  }
}

// A pair is degrees (lon, lat in either order: in China they cannot be mistaken) or east and north with the zone's prefix.
function toLonLat(a, b, zone, falseNorth) {
  if (a > 60 && a < 150 && b > 0 && b < 60) {
    return [a, b];
  }
  if (b > 60 && b < 150 && a > 0 && a < 60) {
    return [b, a];
  }
  const [east, north] = falseNorth ? [b, a] : a > 1e7 || (a < b && b < 1e7) ? [a, b] : [b, a];
  const own = east > 1e7 ? Math.floor(east / 1e6) : zone;
  if (!own || !(own >= 25 && own <= 45)) {
    throw new Error(
      '平面坐标缺少3°带带号：请写带号前缀，或给出经纬度 (east needs its zone prefix)',
    );
  }
  if (!(north > 1.5e6 && north < 6e6)) {
    throw new Error(`坐标 ${a}, ${b} 不在中国范围内 (not in China)`);
  }
  return toDegrees(east > 1e7 ? east - own * 1e6 : east, north, own * 3);
}

function pairDoubts(pairs) {
  const metres = pairs.some(pair => pair.some(value => Math.abs(value) > 1000));
  const swapped = pairs.some(([a, b]) => b > 60 && b < 150 && a < 60);
  return [...(metres ? [GUESSES.datum] : []), ...(swapped ? [GUESSES.order] : [])];
}

function readPairs(text) {
  const pairs = [];
  const written = [];
  const points = text
    .split(/[\n;；]+/)
    .map(line => line.trim())
    .filter(Boolean)
    .map((line, index) => {
      const texts = line.replace(/，/g, ',').match(/-?\d+(?:\.\d+)?/g) || [];
      const numbers = texts.map(Number);
      const pair =
        numbers.length > 2 && Number.isInteger(numbers[0]) && numbers[0] < 10000
          ? numbers.slice(1)
          : numbers;
      if (pair.length < 2) {
        throw new Error(
          `第${index + 1}行不是一对坐标 (line ${index + 1} is not a pair): ${line.slice(0, 40)}`,
        );
      }
      pairs.push(pair.slice(0, 2));
      written.push(...texts.slice(numbers.length - pair.length).slice(0, 2));
      return toLonLat(pair[0], pair[1], null, false);
    });
  const geometry =
    points.length === 1
      ? {type: 'Point', coordinates: points[0]}
      : points.length === 2
        ? {type: 'LineString', coordinates: points}
        : {type: 'Polygon', coordinates: [closed(points)]};
  const metres = pairs.some(pair => pair.some(value => Math.abs(value) > 1000));
  const source = metres
    ? {kind: 'metres', step_m: stepOf(written)}
    : {kind: 'degrees', step_m: stepOf(written) * DEGREE_M};
  return sourced(
    {
      type: 'FeatureCollection',
      features: [doubted({type: 'Feature', properties: {}, geometry}, pairDoubts(pairs))],
    },
    source,
  );
}

// Survey TXT (勘测定界): [属性描述] with 带号 and 坐标系, then per plot a line that ends with @ and points J1,ring,X(north),Y(east).
function readSurvey(text) {
  const header = name =>
    (text.match(new RegExp(`${name}\\s*=\\s*([^\\r\\n]*)`)) || [])[1]?.trim() || '';
  const system = header('坐标系');
  const zone = Number(header('带号')) || null;
  const degrees = header('几度分带'); // 精度 states how coordinates are rounded, never how sure they are
  const signed = ['数据产生单位', '数据产生日期'].every(name => header(name));
  if (system && !/2000|CGCS/i.test(system)) {
    throw new Error(
      `坐标系为“${system.slice(0, 30)}”，须先转换到2000国家大地坐标系 (not CGCS2000)`,
    );
  }
  if (degrees && degrees !== '3') {
    throw new Error(`几度分带为“${degrees.slice(0, 10)}”，只接受3度带 (only 3-degree zones)`);
  }
  const plots = [];
  for (const line of text.split(/\r?\n/)) {
    const parts = line.trim().replace(/，/g, ',').split(',');
    if (line.trim().endsWith('@')) {
      plots.push({id: parts[2] || '', name: parts[3] || '', rings: new Map()});
    } else if (plots.length && parts.length >= 4 && /^J?\d+/i.test(parts[0].trim())) {
      const [ring, north, east] = [parts[1].trim(), Number(parts[2]), Number(parts[3])];
      const plot = plots[plots.length - 1];
      if (!Number.isFinite(north) || !Number.isFinite(east)) {
        throw new Error(`界址点不是数字 (a point is not a number): ${line.slice(0, 40)}`);
      }
      plot.rings.set(ring, [...(plot.rings.get(ring) || []), toLonLat(north, east, zone, true)]);
    }
  }
  const plane = zone && zone >= 25 && zone <= 45 ? planeName(zone * 3) : null;
  const features = plots
    .filter(plot => plot.rings.size)
    .map(plot =>
      doubted(
        declare(
          {
            type: 'Feature',
            properties: {...(plot.id ? {site_id: plot.id} : {}), name: plot.name},
            geometry: nested([...plot.rings.values()].map(closed)),
          },
          plane,
        ),
        [GUESSES.survey],
      ),
    );
  if (!features.length) {
    throw new Error('TXT 中没有地块 (no plot in the TXT)');
  }
  return sourced(
    {type: 'FeatureCollection', features},
    {kind: signed ? 'survey_signed' : 'survey_blank'},
  );
}
