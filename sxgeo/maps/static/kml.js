// KML -> GeoJSON features: every Placemark, folder by folder as the library reads them; no entities, no links are followed.
function readKml(bytes, name) {
  const said = /encoding=["']([\w-]+)["']/.exec(new TextDecoder('latin1').decode(bytes.subarray(0, 200))), text = xmlText(bytes, said ? said[1].toLowerCase() : '').replace(/^\uFEFF/, '');
  if (/<!\s*(DOCTYPE|ENTITY)/i.test(text)) throw new FileError(`${name} 含 DOCTYPE 或实体，不予解析 (declares a document type or entities, which are never resolved)`);
  const root = new DOMParser().parseFromString(text.replace(/^\s*<\?xml[^>]*\?>/, ''), 'text/xml').documentElement;
  if (root.querySelector('parsererror') || root.localName === 'parsererror') throw new FileError(`${name} 不是格式正确的 XML (not well-formed XML)`);
  if (root.localName !== 'kml') throw new FileError(`${name} 是 XML <${root.localName.slice(0, 40)}>，不是 KML (not KML)`);
  const features = containers(root).flatMap(box => childrenOf(box, 'Placemark').map(placemark));
  if (!features.length) throw new FileError(`${name} 没有地标 (holds no Placemark)`);
  return features;
}

function xmlText(bytes, said) {
  const name = ['gbk', 'gb2312', 'gb18030'].includes(said) ? 'gb18030' : 'utf-8';
  for (const encoding of [name, 'gb18030']) {
    try { return new TextDecoder(encoding, {fatal: true}).decode(bytes); } catch (error) { /* the next one */ }
  }
  throw new FileError('既不是 UTF-8 也不是 GB18030 (neither UTF-8 nor GB18030)');
}

function childrenOf(element, ...names) { return [...element.children].filter(child => names.includes(child.localName)); }

// Documents and folders, each before those inside it.
function containers(element) { return [element, ...childrenOf(element, 'Document', 'Folder').flatMap(containers)]; }

function placemark(element) {
  const one = name => { const child = childrenOf(element, name)[0]; return child ? child.textContent.trim() : null; }, values = {id: element.getAttribute('id'), Name: one('name')};
  for (const data of element.querySelectorAll('ExtendedData Data, ExtendedData SimpleData')) {
    const value = data.localName === 'Data' ? (childrenOf(data, 'value')[0] || {textContent: ''}).textContent : data.textContent;
    values[data.getAttribute('name')] = value.trim();
  }
  const shape = childrenOf(element, 'Point', 'LineString', 'LinearRing', 'Polygon', 'MultiGeometry', 'Model', 'Track', 'MultiTrack')[0];
  return {type: 'Feature', properties: values, geometry: shape ? kmlShape(shape) : null};
}

function kmlShape(element) {
  const chain = box => {
    const child = box && childrenOf(box, 'coordinates')[0], text = child ? child.textContent.trim() : '';
    return text ? text.split(/\s+/).map(tuple => { const parts = tuple.split(','); return [degreesOf(parts[0]), degreesOf(parts[1])]; }) : [];
  };
  const kind = element.localName;
  if (kind === 'Point') return {type: 'Point', coordinates: chain(element)[0] || []};
  if (kind === 'LineString' || kind === 'LinearRing') return {type: 'LineString', coordinates: chain(element)};
  if (kind === 'Polygon') {
    const rings = [...childrenOf(element, 'outerBoundaryIs'), ...childrenOf(element, 'innerBoundaryIs')].flatMap(edge => childrenOf(edge, 'LinearRing').map(chain));
    return {type: 'Polygon', coordinates: rings.filter(ring => ring.length)};
  }
  if (kind !== 'MultiGeometry') return {type: 'GeometryCollection'};
  const parts = [...element.children].filter(child => /^(Point|LineString|LinearRing|Polygon|MultiGeometry|Model|Track)$/.test(child.localName)).map(kmlShape);
  if (!parts.length) return null;
  return parts.every(part => part.type === parts[0].type && part.coordinates && !part.type.startsWith('Multi'))
    ? {type: 'Multi' + parts[0].type, coordinates: parts.map(part => part.coordinates)} : {type: 'GeometryCollection'};
}

function degreesOf(text) { return text === undefined || !text.trim() ? NaN : Number(text); }
