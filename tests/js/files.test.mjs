import test from 'node:test';
import assert from 'node:assert/strict';
import {deflateRawSync} from 'node:zlib';
import {load} from './load.mjs';

const page = await load();
const ascii = text => new TextEncoder().encode(text);
const plain = value => JSON.parse(JSON.stringify(value));

// A zip of one stored member.
function zip(name, content, {size = content.length, crc = page.crc32(content), method = 0} = {}) {
  const [title, local, list, end] = [
    ascii(name),
    new DataView(new ArrayBuffer(30)),
    new DataView(new ArrayBuffer(46)),
    new DataView(new ArrayBuffer(22)),
  ];
  const field = (view, at, value, bytes) =>
    bytes === 2 ? view.setUint16(at, value, true) : view.setUint32(at, value, true);
  for (const [view, mark, from] of [
    [local, 0x04034b50, 8],
    [list, 0x02014b50, 10],
  ]) {
    field(view, 0, mark, 4);
    field(view, from, method, 2);
    field(view, from + 6, crc, 4);
    field(view, from + 10, content.length, 4);
    field(view, from + 14, size, 4);
    field(view, from + 18, title.length, 2);
  }
  const start = 30 + title.length + content.length;
  for (const [at, value, bytes] of [
    [0, 0x06054b50, 4],
    [8, 1, 2],
    [10, 1, 2],
    [12, 46 + title.length, 4],
    [16, start, 4],
  ]) {
    field(end, at, value, bytes);
  }
  return new Uint8Array([
    ...new Uint8Array(local.buffer),
    ...title,
    ...content,
    ...new Uint8Array(list.buffer),
    ...title,
    ...new Uint8Array(end.buffer),
  ]);
}

test('the checksum is that of the zip format', () =>
  assert.equal(page.crc32(ascii('123456789')), 0xcbf43926));

test('a stored member comes out as it went in', async () => {
  const bytes = zip('a/b.txt', ascii('hello'));
  const [member] = page.zipMembers(bytes);
  assert.equal(member.name, 'a/b.txt');
  assert.deepEqual([...(await page.unzipped(bytes, member))], [...ascii('hello')]);
});

test('a member of another size, checksum or method is refused', async () => {
  for (const [change, said] of [
    [{size: 4}, 'another size'],
    [{crc: 7}, 'another checksum'],
    [{method: 12}, 'packed by method 12'],
  ]) {
    const bytes = zip('a.txt', ascii('hello'), change);
    await assert.rejects(page.unzipped(bytes, page.zipMembers(bytes)[0]), error =>
      error.message.includes(said),
    );
  }
});

test('what would swell is refused before anything is unpacked', () => {
  assert.throws(() => page.zipMembers(zip('a.kml', ascii('x'), {size: 30e6})), /not unpacked/);
  assert.throws(
    () => page.zipMembers(zip('a.kml', new Uint8Array(600000), {size: 110 * 2 ** 20})),
    /not unpacked/,
  );
});

test('well-known text becomes a tree, and an unfinished one an error', () => {
  assert.deepEqual(
    plain(page.wktTree('UNIT["Degree",0.0174532925199433, AUTHORITY["EPSG","9122"]]')),
    ['UNIT', 'Degree', 0.0174532925199433, ['AUTHORITY', 'EPSG', '9122']],
  );
  assert.throws(() => page.wktTree('PROJCS["a",GEOGCS['));
});

const GEOGCS = datum =>
  `GEOGCS["x",DATUM["${datum}",SPHEROID["s",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]`;
const PROJCS = (east, meridian, datum = 'D_China_2000') =>
  `PROJCS["p",${GEOGCS(datum)},PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",${east}],` +
  `PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",${meridian}],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]`;

test('degrees and 3-degree zones are read, with and without prefix', () => {
  assert.equal(page.declaredBy(GEOGCS('D_China_2000')).meridian, null);
  assert.equal(page.declaredBy(GEOGCS('D_WGS_1984')).meridian, null);
  assert.equal(page.declaredBy(PROJCS('500000.0', '114.0')).meridian, 114);
  assert.equal(page.declaredBy(PROJCS('38500000.0', '114.0')).falseEast, 38500000);
});

test('every other system is refused and the library named', () => {
  for (const prj of [
    '',
    'x',
    GEOGCS('D_Xian_1980'),
    GEOGCS('D_Beijing_1954'),
    PROJCS('500000.0', '114.0', 'D_Xian_1980'),
    PROJCS('19500000.0', '111.0'),
    PROJCS('500000.0', '112.5'),
    PROJCS('38500000.0', '111.0'),
    PROJCS('500000.0', '114.0').replace('Meter",1.0', 'Foot",0.3048'),
    PROJCS('500000.0', '114.0').replace('Scale_Factor",1.0', 'Scale_Factor",0.9996'),
    GEOGCS('D_China_2000').replace('Greenwich",0.0', 'Paris",2.33'),
  ]) {
    assert.throws(() => page.declaredBy(prj), /sxgeo check/, prj);
  }
});

test('attributes are UTF-8 or GB 18030 by their bytes; a .cpg that contradicts them is not believed', () => {
  const [utf, gbk] = [ascii('地块'), new Uint8Array([0xb5, 0xd8, 0xbf, 0xe9])];
  assert.equal(page.dbfEncoding([utf], ''), 'utf-8');
  assert.equal(page.dbfEncoding([gbk], ''), 'gb18030');
  assert.equal(page.dbfEncoding([gbk], 'UTF-8'), 'gb18030');
  assert.equal(page.dbfEncoding([utf.subarray(0, 5)], 'utf-8'), 'utf-8'); // cut by the width of its field
  assert.throws(() => page.dbfEncoding([new Uint8Array([0xff, 0xff])], ''), /neither/);
});

// What zlib packs, as a member of method 8; `Stream` stands in for what an old browser has.
async function unpackedBy(Stream, change = {}) {
  const text = ascii('地块'.repeat(500));
  const told = {size: text.length, crc: page.crc32(text), method: 8, ...change};
  const bytes = zip('a.kml', new Uint8Array(deflateRawSync(text)), told);
  const held = globalThis.DecompressionStream;
  globalThis.DecompressionStream = Stream;
  try {
    return [text, await page.unzipped(bytes, page.zipMembers(bytes)[0])];
  } finally {
    globalThis.DecompressionStream = held;
  }
}

class GzipOnly extends DecompressionStream {
  constructor(format) {
    if (format === 'deflate-raw') {
      throw new TypeError('Unsupported compression format');
    }
    super(format);
  }
}

test('a browser that knows gzip only unpacks the same bytes', async () => {
  for (const Stream of [DecompressionStream, GzipOnly]) {
    const [text, plain] = await unpackedBy(Stream);
    assert.deepEqual([...plain], [...text]);
  }
});

test('a packed member that lies about its checksum or size is refused either way', async () => {
  for (const Stream of [DecompressionStream, GzipOnly]) {
    await assert.rejects(unpackedBy(Stream, {crc: 7}), /damaged archive/);
    await assert.rejects(unpackedBy(Stream, {size: 40}), /damaged archive/);
  }
});
