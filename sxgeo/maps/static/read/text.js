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
  if (
    /^(?:SRID=\d+;)?\s*(?:MULTI)?(?:POINT|LINESTRING|POLYGON|GEOMETRYCOLLECTION)\b/i.test(clean)
  ) {
    throw new Error(
      '这是 WKT，本页不读取：请改为每行一对坐标或 GeoJSON，或用 sxgeo check --at (WKT: write one pair a line, or use sxgeo check --at)',
    );
  }
  refuseSexagesimal(clean);
  return readPairs(clean.normalize('NFKC'));
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

const isDegrees = (a, b) =>
  (a > 60 && a < 150 && b > 0 && b < 60) || (b > 60 && b < 150 && a > 0 && a < 60);

// The pair of a line, its number before it and a height behind it left out; anything more would be lost, so it is refused.
function pairOf(texts, line, number) {
  const values = texts.map(Number);
  const isTwo =
    values.length === 4 && isDegrees(values[0], values[1]) && isDegrees(values[2], values[3]);
  const isNumbered =
    values.length > 2 && Number.isInteger(values[0]) && values[0] < 10000 && !isTwo;
  const pair = isNumbered ? texts.slice(1) : texts;
  if (pair.length < 2) {
    throw new Error(
      `第${number}行不是一对坐标 (line ${number} is not a pair): ${line.slice(0, 40)}`,
    );
  }
  if (pair.length > 3) {
    throw new Error(
      `第${number}行有 ${texts.length} 个数：一行只写一对坐标，可带点号和高程 (line ${number} holds more than one pair: write one pair a line): ${line.slice(0, 40)}`,
    );
  }
  return {id: isNumbered ? values[0] : null, pair: pair.slice(0, 2)};
}

// Lines of coordinates; a blank line parts plots, unless every line stands by itself.
function linesOf(text) {
  const blocks = text
    .split(/\n\s*\n/)
    .map(block =>
      block
        .split(/[\n;]+/)
        .map(line => line.trim())
        .filter(Boolean),
    )
    .filter(block => block.length);
  if (blocks.length > 1 && blocks.some(block => block.length > 1)) {
    throw new Error(
      `空行隔开了 ${blocks.length} 组坐标：一次只写一个地块，多个地块请用文件 (${blocks.length} groups of pairs parted by blank lines: one plot at a time, or a file)`,
    );
  }
  return blocks.flat();
}

// Numbers that come again are those of another plot, but for the first point that closes the ring.
function refuseSeveral(ids, points) {
  const [first, last] = [points[0], points[points.length - 1]];
  const isClosed = points.length > 1 && first[0] === last[0] && first[1] === last[1];
  const own = (isClosed ? ids.slice(0, -1) : ids).filter(id => id !== null);
  if (new Set(own).size < own.length) {
    throw new Error(
      '点号有重复，可能是多个地块：一次只写一个地块，多个地块请用文件 (numbers of points come twice, as those of several plots do: one plot at a time, or a file)',
    );
  }
}

function readPairs(text) {
  const ids = [];
  const pairs = [];
  const written = [];
  const points = linesOf(text).map((line, index) => {
    const {id, pair} = pairOf(line.match(/-?\d+(?:\.\d+)?/g) || [], line, index + 1);
    const [first, second] = pair.map(Number);
    ids.push(id);
    pairs.push([first, second]);
    written.push(...pair);
    return toLonLat(first, second, null, false);
  });
  refuseSeveral(ids, points);
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
