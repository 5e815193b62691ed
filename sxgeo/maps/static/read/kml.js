// KML -> GeoJSON features: every Placemark, folder by folder as the library reads them; no entities, no links are followed.
import {LEFT, SOURCE, leftOut, parted} from './marks.js';
import {FileError} from './zip.js';

export function readKml(bytes, name) {
  const said = /encoding=["']([\w-]+)["']/.exec(
    new TextDecoder('latin1').decode(bytes.subarray(0, 200)),
  );
  const text = xmlText(bytes, said ? said[1].toLowerCase() : '').replace(/^\uFEFF/, '');
  if (/<!\s*(DOCTYPE|ENTITY)/i.test(text)) {
    throw new FileError(
      `${name} 含 DOCTYPE 或实体，不予解析 (declares a document type or entities, which are never resolved)`,
    );
  }
  const root = new DOMParser().parseFromString(
    text.replace(/^\s*<\?xml[^>]*\?>/, ''),
    'text/xml',
  ).documentElement;
  if (root.querySelector('parsererror') || root.localName === 'parsererror') {
    throw new FileError(`${name} 不是格式正确的 XML (not well-formed XML)`);
  }
  kmlProblems(root, name);
  if (root.localName !== 'kml') {
    throw new FileError(`${name} 是 XML <${root.localName.slice(0, 40)}>，不是 KML (not KML)`);
  }
  const features = containers(root).flatMap(box =>
    parted(childrenOf(box, 'Placemark').map(placemark)),
  );
  const held = root.getElementsByTagNameNS('*', 'Placemark').length;
  if (!features.length) {
    throw new FileError(`${name} 没有地标 (holds no Placemark)`);
  }
  if (features.length !== held) {
    throw new FileError(
      `${name} 有 ${held} 个地标，只能读出 ${features.length} 个 (has ${held} placemarks, ${features.length} could be read); 请用 sxgeo check`,
    );
  }
  for (const feature of features) {
    feature[SOURCE] = {kind: 'kml'};
  }
  features[LEFT] = kmlLeft(root);
  return features;
}

// What KML holds beside its placemarks: links to what is elsewhere, and pictures.
function kmlLeft(root) {
  const named = element => {
    const child = childrenOf(element, 'name')[0];
    return child ? `“${child.textContent.trim().slice(0, 60)}”` : 'of this file';
  };
  const of = (kind, names, reason) =>
    names.flatMap(name =>
      [...root.getElementsByTagNameNS('*', name)].map(element =>
        leftOut(kind, name, named(element), reason),
      ),
    );
  return [
    ...of(
      'geometry',
      ['NetworkLink', 'Update'],
      'it refers to another file, which is not followed; save it with its content',
    ),
    ...of('annotation', OVERLAYS, 'a picture on the map, which draws no plot'),
  ];
}

const OVERLAYS = ['GroundOverlay', 'ScreenOverlay', 'PhotoOverlay'];
const KML_SHAPES = [
  'Point',
  'LineString',
  'LinearRing',
  'Polygon',
  'MultiGeometry',
  'MultiPolygon',
  'Model',
  'Track',
  'MultiTrack',
];

// What would be read in part: refused, all at once.
function kmlProblems(root, name) {
  const all = tag => [...root.getElementsByTagNameNS('*', tag)];
  const problems = [];
  for (const mark of all('Placemark')) {
    const shapes = childrenOf(mark, ...KML_SHAPES).length;
    if (shapes > 1) {
      problems.push(
        `一个地标有 ${shapes} 个图形 (a placemark has ${shapes} geometries; put them in a MultiGeometry)`,
      );
    }
    for (let up = mark.parentElement; up; up = up.parentElement) {
      if (up.localName === 'Placemark') {
        problems.push('地标套在地标内 (a placemark stands inside another one; move it out)');
      }
      if (OVERLAYS.includes(up.localName)) {
        problems.push('地标在图片内 (a placemark stands inside a picture; move it out)');
      }
    }
  }
  for (const edge of all('outerBoundaryIs')) {
    if (childrenOf(edge, 'LinearRing').length > 1) {
      problems.push('一个外边界有多个环 (an outer boundary has several rings; give it one)');
    }
  }
  for (const poly of all('Polygon')) {
    const edges = childrenOf(poly, 'outerBoundaryIs');
    if (edges.length > 1) {
      problems.push('一个面有多个外边界 (a polygon has several outer boundaries; split it)');
    }
    // its hole would be taken for the plot
    const hasEdge = edges.some(edge => /\d/.test(edge.textContent));
    if (!hasEdge && childrenOf(poly, 'innerBoundaryIs').length) {
      problems.push('面没有外边界 (a polygon has an inner boundary and no outer one; complete it)');
    }
  }
  if (problems.length) {
    throw new FileError(`${name}：${[...new Set(problems)].join('；')}`);
  }
}

function xmlText(bytes, said) {
  const name = ['gbk', 'gb2312', 'gb18030'].includes(said) ? 'gb18030' : 'utf-8';
  for (const encoding of [name, 'gb18030']) {
    try {
      return new TextDecoder(encoding, {fatal: true}).decode(bytes);
    } catch {
      /* the next one */
    }
  }
  throw new FileError('既不是 UTF-8 也不是 GB18030 (neither UTF-8 nor GB18030)');
}

function childrenOf(element, ...names) {
  return [...element.children].filter(child => names.includes(child.localName));
}

// Documents and folders, each before those inside it.
function containers(element) {
  return [element, ...childrenOf(element, 'Document', 'Folder').flatMap(containers)];
}

function placemark(element) {
  const one = name => {
    const child = childrenOf(element, name)[0];
    return child ? child.textContent.trim() : null;
  };
  const values = {id: element.getAttribute('id'), Name: one('name')};
  for (const data of element.querySelectorAll('ExtendedData Data, ExtendedData SimpleData')) {
    const value =
      data.localName === 'Data'
        ? (childrenOf(data, 'value')[0] || {textContent: ''}).textContent
        : data.textContent;
    values[data.getAttribute('name')] = value.trim();
  }
  const shape = childrenOf(
    element,
    'Point',
    'LineString',
    'LinearRing',
    'Polygon',
    'MultiGeometry',
    'MultiPolygon',
    'Model',
    'Track',
    'MultiTrack',
  )[0];
  return {type: 'Feature', properties: values, geometry: shape ? kmlShape(shape) : null};
}

function kmlShape(element) {
  const chain = box => {
    const child = box && childrenOf(box, 'coordinates')[0];
    const text = child ? child.textContent.trim() : '';
    return text
      ? text.split(/\s+/).map(tuple => {
          const parts = tuple.split(',');
          return [degreesOf(parts[0]), degreesOf(parts[1])];
        })
      : [];
  };
  const kind = element.localName;
  if (kind === 'Point') {
    return {type: 'Point', coordinates: chain(element)[0] || []};
  }
  if (kind === 'LineString' || kind === 'LinearRing') {
    return {type: 'LineString', coordinates: chain(element)};
  }
  if (kind === 'Polygon') {
    const rings = [
      ...childrenOf(element, 'outerBoundaryIs'),
      ...childrenOf(element, 'innerBoundaryIs'),
    ].flatMap(edge => childrenOf(edge, 'LinearRing').map(chain));
    return {type: 'Polygon', coordinates: rings.filter(ring => ring.length)};
  }
  if (kind !== 'MultiGeometry' && kind !== 'MultiPolygon') {
    return {type: 'GeometryCollection'};
  }
  const parts = [...element.children]
    .filter(child =>
      /^(Point|LineString|LinearRing|Polygon|MultiGeometry|Model|Track)$/.test(child.localName),
    )
    .map(kmlShape);
  if (!parts.length) {
    return null;
  }
  return {type: 'GeometryCollection', geometries: parts};
}

function degreesOf(text) {
  return text === undefined || !text.trim() ? NaN : Number(text);
}
