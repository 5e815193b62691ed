// A dropped file of any kind that the page reads -> GeoJSON; what it does not read is named, with the way out.
import {order} from '../check/plain.js';
import {readKml} from './kml.js';
import {LEFT, featuresOf, leftOut, parted} from './marks.js';
import {cutDownload} from './reading.js';
import {readShapefile} from './shapefile.js';
import {readText} from './text.js';
import {FileError, stemOf, suffixOf, unzipped, zipMembers} from './zip.js';

// First bytes of what is no zip, KML or text, as hexadecimal digits.
const STARTS = {
  52617221: 'RAR',
  '377abcaf': '7z',
  '1f8b': 'gzip',
  41433130: 'DWG',
  d0cf11e0: 'Office 97',
  25504446: 'PDF',
  '89504e47': 'PNG',
  ffd8ff: 'JPEG',
  '53514c69': 'GeoPackage',
  '0000270a': 'shapefile',
};

export async function readFile(bytes, name) {
  if (!bytes.length) {
    throw new FileError('文件是空的 (empty, 0 bytes)');
  }
  const head = [...bytes.subarray(0, 4)].map(byte => byte.toString(16).padStart(2, '0')).join('');
  const start = Object.keys(STARTS).find(one => head.startsWith(one));
  if (start) {
    throw new FileError(
      `“${name.slice(0, 80)}”是 ${STARTS[start]} 文件，页面不能读取：压缩包请先解压，shapefile 请将各部件一起打包成 zip，其余请用 sxgeo check ` +
        '(not read here: unpack an archive, zip all parts of a shapefile, use sxgeo check for the rest)',
    );
  }
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) {
    return collection(await readArchive(bytes, name));
  }
  return readPlain(bytes, name);
}

function readPlain(bytes, name) {
  const head = new TextDecoder('utf-8')
    .decode(bytes.subarray(0, 4096))
    .replace(/^\uFEFF/, '')
    .trimStart();
  if (head[0] === '<') {
    return collection(readKml(bytes, name));
  }
  let text;
  try {
    text = new TextDecoder('utf-8', {fatal: true}).decode(bytes);
  } catch {
    text = new TextDecoder('gb18030').decode(bytes);
  }
  if (
    suffixOf(name) === 'dxf' ||
    /^\s*(?:999[^]*?\n)?\s*0\s*\r?\n\s*SECTION\b/.test(text.slice(0, 4096))
  ) {
    throw new FileError(
      `“${name.slice(0, 80)}”是 DXF 图形文件，本页不能读取：图层、单位和坐标系须先确认，请用 sxgeo check （DXF: layers, units and system must be settled; use sxgeo check）`,
    );
  }
  if (text.includes('\0')) {
    throw new FileError(`“${name.slice(0, 80)}”不是文本 (binary); 请用 sxgeo check`);
  }
  return readText(text);
}

function collection(features) {
  const whole = {type: 'FeatureCollection', features: [...features]};
  whole[LEFT] = features[LEFT] || [];
  return whole;
}

const BESIDE = ['shp', 'shx', 'dbf', 'prj', 'cpg', 'qpj'];
// What may stand beside the files that are read and holds no plots of its own; whatever else is not read may hold some.
const HARMLESS = {
  'a picture': [
    'jpg',
    'jpeg',
    'png',
    'gif',
    'bmp',
    'webp',
    'svg',
    'ico',
    'pgw',
    'jgw',
    'tfw',
    'wld',
    'heic',
  ],
  'a paper': ['pdf', 'doc', 'docx', 'wps', 'ppt', 'pptx', 'md', 'htm', 'html', 'rtf', 'ofd'],
  'a description': [
    'xml',
    'yml',
    'yaml',
    'ini',
    'log',
    'lic',
    'sld',
    'qml',
    'lyr',
    'lyrx',
    'style',
    'css',
  ],
  'a project or its settings': [
    'qgs',
    'qgz',
    'mxd',
    'aprx',
    'wor',
    'cpg',
    'prj',
    'lock',
    'tmp',
    'ctb',
    'stb',
  ],
};
const SHP_INDEXES = [
  'sbn',
  'sbx',
  'cst',
  'qix',
  'fix',
  'ixs',
  'mxs',
  'atx',
  'fbn',
  'fbx',
  'ain',
  'aih',
  'qmd',
];

// What of an archive no reader takes: a remark, or a doubt where it may hold plots.
function leftBeside(members, used) {
  return members
    .filter(member => !used.has(member.name) && !member.name.split('/').includes('__MACOSX'))
    .map(({name}) => {
      const kind = suffixOf(name);
      const what = Object.keys(HARMLESS).find(one => HARMLESS[one].includes(kind));
      if (what) {
        return leftOut('annotation', 'file', name, `${what}, without plots of its own`);
      }
      return leftOut(
        'geometry',
        kind ? `${kind.toUpperCase()} file` : 'file',
        name,
        'the page does not read it; use sxgeo check',
      );
    });
}

// Every shapefile, KML, GeoJSON and survey TXT of an archive, in the order of their names; nothing that could hold a site is passed over.
async function readArchive(bytes, name) {
  const members = zipMembers(bytes).sort((a, b) => order(a.name, b.name));
  const features = [];
  const left = [];
  const used = new Set();
  const readable = ['shp', 'kml', 'geojson', 'json', 'txt'];
  if (members.some(member => member.name === 'xl/workbook.xml')) {
    throw new FileError(
      `“${name.slice(0, 80)}”是 Excel 工作簿，请用 sxgeo check (a workbook; use sxgeo check)`,
    );
  }
  for (const member of members) {
    const kind = suffixOf(member.name);
    if (!readable.includes(kind) || member.name.split('/').includes('__MACOSX')) {
      continue;
    }
    const found =
      kind === 'shp'
        ? readShapefile(member.name, await partsAbout(bytes, members, member))
        : readPlain(await unzipped(bytes, member), member.name);
    const inside = Array.isArray(found) ? found : featuresOf(found);
    features.push(...parted(inside));
    left.push(...(found[LEFT] || []), ...(Array.isArray(found) ? [] : cutDownload(found)));
    used.add(member.name);
    if (kind === 'shp') {
      for (const other of members) {
        if (isBeside(other.name, member.name)) {
          used.add(other.name);
        }
      }
    }
  }
  if (!features.length) {
    throw new FileError(
      `压缩包内没有可读的文件（${
        members
          .slice(0, 5)
          .map(member => member.name.slice(0, 40))
          .join('、') || '空'
      }）(holds no file that can be read)`,
    );
  }
  features[LEFT] = [...left, ...leftBeside(members, used)];
  return features;
}

// Whether a member is a part of a shapefile, or one of the indexes beside it.
function isBeside(name, main) {
  const stem = stemOf(main);
  const lower = name.toLowerCase();
  return (
    (stemOf(name) === stem && [...BESIDE, ...SHP_INDEXES].includes(suffixOf(name))) ||
    lower === `${stem}.shp.xml`
  );
}

async function partsAbout(bytes, members, main) {
  const found = {};
  for (const member of members) {
    const kind = suffixOf(member.name);
    if (stemOf(member.name) === stemOf(main.name) && BESIDE.includes(kind)) {
      found[kind] = await unzipped(bytes, member);
    }
  }
  return kind => found[kind] || null;
}
