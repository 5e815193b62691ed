// A zip or KMZ, unpacked with the browser's own inflate: bounded, checked, and nothing but its members' bytes comes out.
const MOST_MEMBERS = 10000;
const MOST_UNPACKED = 100 * 2 ** 20;
const MOST_RATIO = 200;
const SMALL_UNPACKED = 20e6;
const GZIP_HEAD = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);
const NESTED = ['zip', 'kmz', 'rar', '7z', 'tar', 'gz', 'tgz'];

export class FileError extends Error {}

export function suffixOf(name) {
  const at = name.lastIndexOf('.');
  return at > name.lastIndexOf('/') + 1 ? name.slice(at + 1).toLowerCase() : '';
}

export function stemOf(name) {
  const end = suffixOf(name);
  return (end ? name.slice(0, -end.length - 1) : name).toLowerCase();
}

const CRC_TABLE = Uint32Array.from({length: 256}, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit += 1) {
    value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return value >>> 0;
});

export function crc32(bytes) {
  let value = 0xffffffff;
  for (let i = 0; i < bytes.length; i += 1) {
    value = CRC_TABLE[(value ^ bytes[i]) & 255] ^ (value >>> 8);
  }
  return (value ^ 0xffffffff) >>> 0;
}

// Names of members: UTF-8 where the archive says so, else UTF-8 or GB 18030, whichever the bytes are.
function memberName(bytes) {
  for (const encoding of ['utf-8', 'gb18030']) {
    try {
      return new TextDecoder(encoding, {fatal: true}).decode(bytes).replace(/\\/g, '/');
    } catch {
      /* the next one */
    }
  }
  return new TextDecoder('gb18030').decode(bytes).replace(/\\/g, '/');
}

// The members that a zip lists: {name, method, packed, size, crc, at}; folders are left out.
export function zipMembers(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bad = why => new FileError(`压缩包已损坏，请重新打包 (damaged archive: ${why})`);
  let end = bytes.length - 22;
  while (end >= 0 && end > bytes.length - 65558 && view.getUint32(end, true) !== 0x06054b50) {
    end -= 1;
  }
  if (end < 0 || view.getUint32(end, true) !== 0x06054b50) {
    throw bad('no list of members');
  }
  const count = view.getUint16(end + 10, true);
  const members = [];
  let at = view.getUint32(end + 16, true);
  if (count === 0xffff || at === 0xffffffff) {
    throw new FileError('zip64 请用 sxgeo check (use sxgeo check)');
  }
  if (count > MOST_MEMBERS) {
    throw new FileError(`压缩包内有 ${count} 个文件，超过 ${MOST_MEMBERS} 个 (too many members)`);
  }
  for (let i = 0; i < count; i += 1) {
    if (at + 46 > end || view.getUint32(at, true) !== 0x02014b50) {
      throw bad('its list is cut short');
    }
    const long = view.getUint16(at + 28, true);
    const next = at + 46 + long + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
    if (next > end) {
      throw bad('its list is cut short');
    }
    const member = {
      flags: view.getUint16(at + 8, true),
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      at: view.getUint32(at + 42, true),
      name: memberName(bytes.subarray(at + 46, at + 46 + long)),
    };
    if (!member.name.endsWith('/')) {
      members.push(member);
    }
    at = next;
  }
  checkMembers(members, bytes.length);
  return members;
}

function checkMembers(members, packed) {
  const total = members.reduce((sum, member) => sum + member.size, 0);
  if (total > MOST_UNPACKED || (total > SMALL_UNPACKED && total > MOST_RATIO * packed)) {
    throw new FileError(
      `压缩包解压后达 ${(total / 2 ** 20).toFixed(0)} MB，不予解压 (would swell from ${packed} to ${total} bytes: not unpacked); 可信时请用 sxgeo check`,
    );
  }
  for (const {name, flags} of members) {
    if (name.startsWith('/') || name.split('/').includes('..') || name.slice(0, 3).includes(':')) {
      throw new FileError(
        `压缩包内“${name.slice(0, 80)}”指向包外，不予解压 (points outside the archive: not unpacked)`,
      );
    }
    if (flags & 1) {
      throw new FileError('压缩包有密码，请先解压 (has a password; unpack it first)');
    }
    if (NESTED.includes(suffixOf(name))) {
      throw new FileError(
        `压缩包内还有压缩包“${name.slice(0, 80)}”，请先解压 (holds another archive; unpack it first)`,
      );
    }
  }
}

// The bytes of one member; it stops as soon as more comes out than the list says.
export async function unzipped(bytes, member) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bad = why =>
    new FileError(`压缩包已损坏，请重新打包 (damaged archive: ${member.name.slice(0, 80)} ${why})`);
  if (member.at + 30 > bytes.length || view.getUint32(member.at, true) !== 0x04034b50) {
    throw bad('is not where the list says');
  }
  const start =
    member.at + 30 + view.getUint16(member.at + 26, true) + view.getUint16(member.at + 28, true);
  if (start + member.packed > bytes.length) {
    throw bad('is cut short');
  }
  const packed = bytes.subarray(start, start + member.packed);
  if (member.method !== 0 && member.method !== 8) {
    throw bad(`is packed by method ${member.method}`);
  }
  const plain =
    member.method === 0
      ? packed
      : await inflated(packed, member).catch(() => {
          throw bad('cannot be inflated');
        });
  if (plain.length !== member.size) {
    throw bad('has another size than listed');
  }
  if (crc32(plain) !== member.crc) {
    throw bad('has another checksum than listed');
  }
  return plain;
}

// Before Chromium 103 a browser inflates gzip only: the same bytes with a head and an end of their own.
function asGzip(packed, {crc, size}) {
  const end = new DataView(new ArrayBuffer(8));
  end.setUint32(0, crc, true);
  end.setUint32(4, size, true);
  return [GZIP_HEAD, packed, end];
}

function inflater() {
  try {
    return [new DecompressionStream('deflate-raw'), packed => [packed]];
  } catch {
    return [new DecompressionStream('gzip'), asGzip];
  }
}

async function inflated(packed, member) {
  const {size} = member;
  const [stream, wrap] = inflater();
  const parts = wrap(packed, member);
  const out = new Uint8Array(size);
  const reader = new Blob(parts).stream().pipeThrough(stream).getReader();
  let at = 0;
  for (;;) {
    const {done, value} = await reader.read();
    if (done) {
      return out.subarray(0, at);
    }
    if (at + value.length > size) {
      await reader.cancel();
      throw new Error('larger than listed');
    }
    out.set(value, at);
    at += value.length;
  }
}
