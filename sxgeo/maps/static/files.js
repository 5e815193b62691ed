// A dropped file of any kind that the page reads -> GeoJSON; what it does not read is named, with the way out.
const DECLARED = Symbol('declared plane');

// The plane that a file declares stays with its features, out of reach of what a GeoJSON could say.
function declare(feature, plane) {
  feature[DECLARED] = plane;
  return feature;
}

const STARTS = [
  [[0x52, 0x61, 0x72, 0x21], 'RAR 压缩包，请先解压 (a RAR archive; unpack it first)'], [[0x37, 0x7A, 0xBC, 0xAF], '7z 压缩包，请先解压 (a 7z archive; unpack it first)'],
  [[0x1F, 0x8B], 'gzip 压缩包，请先解压 (a gzip archive; unpack it first)'], [[0x41, 0x43, 0x31, 0x30], 'DWG 图，请另存为 DXF 并用 sxgeo check (a DWG drawing)'],
  [[0xD0, 0xCF, 0x11, 0xE0], '旧版 Office 文件，请另存 (an old Office file)'], [[0x25, 0x50, 0x44, 0x46], 'PDF，没有可读坐标 (a PDF: no coordinates to read)'],
  [[0x89, 0x50, 0x4E, 0x47], '图片，没有可读坐标 (a picture: no coordinates to read)'], [[0xFF, 0xD8, 0xFF], '图片，没有可读坐标 (a picture: no coordinates to read)'],
  [[0x53, 0x51, 0x4C, 0x69], 'GeoPackage，请用 sxgeo check (a GeoPackage; use sxgeo check)'], [[0, 0, 0x27, 0x0A], '单独的 shapefile 部件，请与 .shx .dbf .prj 一起打包成 zip (a part of a shapefile; zip all its parts)'],
];

async function readFile(bytes, name) {
  if (!bytes.length) throw new FileError('文件是空的 (empty, 0 bytes)');
  const found = STARTS.find(([start]) => start.every((byte, i) => bytes[i] === byte));
  if (found) throw new FileError(`“${name.slice(0, 80)}”是${found[1]}`);
  if (bytes[0] === 0x50 && bytes[1] === 0x4B) return collection(await readArchive(bytes, name));
  return readPlain(bytes, name);
}

function readPlain(bytes, name) {
  const head = new TextDecoder('utf-8').decode(bytes.subarray(0, 4096)).replace(/^\uFEFF/, '').trimStart();
  if (head[0] === '<') return collection(readKml(bytes, name));
  let text;
  try { text = new TextDecoder('utf-8', {fatal: true}).decode(bytes); } catch (error) { text = new TextDecoder('gb18030').decode(bytes); }
  if (text.includes('\0')) throw new FileError(`“${name.slice(0, 80)}”不是文本 (a binary file of unknown kind); 请用 sxgeo check`);
  return readText(text);
}

function collection(features) { return {type: 'FeatureCollection', features}; }

const BESIDE = ['shp', 'shx', 'dbf', 'prj', 'cpg', 'qpj'];
const ELSEWHERE = ['gpkg', 'fgb', 'csv', 'xlsx', 'dxf', 'gml', 'gpx', 'parquet', 'geojsonl', 'geojsons', 'gdbtable'];

// Every shapefile, KML, GeoJSON and survey TXT of an archive, in the order of their names; nothing that could hold a site is passed over.
async function readArchive(bytes, name) {
  const members = zipMembers(bytes).sort((a, b) => order(a.name, b.name)), features = [], readable = ['shp', 'kml', 'geojson', 'json', 'txt'];
  if (members.some(member => member.name === 'xl/workbook.xml')) throw new FileError(`“${name.slice(0, 80)}”是 Excel 工作簿，请用 sxgeo check (a workbook; use sxgeo check)`);
  for (const member of members) {
    const kind = suffixOf(member.name);
    if (ELSEWHERE.includes(kind)) throw new FileError(`压缩包内的“${member.name.slice(0, 80)}”页面不能读取，请用 sxgeo check (is not read here; use sxgeo check)`);
    if (kind === 'shp') features.push(...readShapefile(member.name, await partsAbout(bytes, members, member)));
    else if (readable.includes(kind)) features.push(...featuresOf(readPlain(await unzipped(bytes, member), member.name)));
  }
  if (!features.length) {
    throw new FileError(`压缩包内没有可读的文件（${members.slice(0, 5).map(member => member.name.slice(0, 40)).join('、') || '空'}）(holds no file that can be read); 请放入 shapefile 或 KML`);
  }
  return features;
}

async function partsAbout(bytes, members, main) {
  const found = {};
  for (const member of members) {
    const kind = suffixOf(member.name);
    if (stemOf(member.name) === stemOf(main.name) && BESIDE.includes(kind)) found[kind] = await unzipped(bytes, member);
  }
  return kind => found[kind] || null;
}
