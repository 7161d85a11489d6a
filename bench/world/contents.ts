/** Bytes of assets that are sound by their kind's own rules, filled with noise where real ones hold pictures and sound. */
import { deflateSync } from 'node:zlib';
import type { NoisePool } from './random.ts';

const pictureSide = 512;

/** A JPEG 2000 codestream of one tile: SOC SIZ COD QCD SOT SOD … EOC (ISO 15444-1, annex A). */
export function codestream(size: number, serial: number, noise: NoisePool): Buffer {
  const siz = Buffer.alloc(49);
  siz.writeUInt16BE(0xff51, 0);
  siz.writeUInt16BE(47, 2);
  siz.writeUInt32BE(pictureSide, 6);
  siz.writeUInt32BE(pictureSide, 10);
  siz.writeUInt32BE(pictureSide, 22);
  siz.writeUInt32BE(pictureSide, 26);
  siz.writeUInt16BE(3, 38);
  Buffer.from('070101070101070101', 'hex').copy(siz, 40);
  const cod = Buffer.from('ff52000c00000001010504040000', 'hex');
  const qcd = Buffer.from('ff5c001340404848504848504848504848504848504848', 'hex').subarray(0, 21);
  const head = Buffer.concat([Buffer.from('ff4f', 'hex'), siz, cod, qcd]);
  const tileBytes = Math.max(64, size - head.length - 2);
  const sot = Buffer.alloc(14);
  sot.writeUInt16BE(0xff90, 0);
  sot.writeUInt16BE(10, 2);
  sot.writeUInt32BE(tileBytes, 6);
  sot.writeUInt8(1, 11);
  sot.writeUInt16BE(0xff93, 12);
  const bytes = Buffer.allocUnsafe(head.length + tileBytes + 2);
  head.copy(bytes);
  sot.copy(bytes, head.length);
  noise.fill(bytes.subarray(head.length + sot.length, head.length + tileBytes), serial);
  bytes.writeUInt16BE(0xffd9, head.length + tileBytes);
  return bytes;
}

/** A mesh asset: a map in binary LLSD, then its blocks, each deflated (viewer: llmeshrepository.cpp). */
export function mesh(size: number, serial: number, noise: NoisePool): Buffer {
  const noisy = Buffer.allocUnsafe(Math.max(64, size - 120));
  noise.fill(noisy, serial);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(noisy.length);
  const block = deflateSync(Buffer.concat([Buffer.from('b'), length, noisy]), { level: 0 });
  const integer = (value: number): Buffer => {
    const bytes = Buffer.alloc(5);
    bytes.write('i');
    bytes.writeInt32BE(value, 1);
    return bytes;
  };
  const key = (name: string): Buffer => {
    const bytes = Buffer.alloc(5);
    bytes.write('k');
    bytes.writeUInt32BE(name.length, 1);
    return Buffer.concat([bytes, Buffer.from(name)]);
  };
  const map = (...entries: readonly (readonly [string, Buffer])[]): Buffer => {
    const count = Buffer.alloc(5);
    count.write('{');
    count.writeUInt32BE(entries.length, 1);
    return Buffer.concat([
      count,
      ...entries.flatMap(([name, value]) => [key(name), value]),
      Buffer.from('}'),
    ]);
  };
  const highest = map(['offset', integer(0)], ['size', integer(block.length)]);
  return Buffer.concat([map(['version', integer(1)], ['high_lod', highest]), block]);
}

const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index << 24;
  for (let bit = 0; bit < 8; bit += 1) value = (value << 1) ^ (value < 0 ? 0x04c11db7 : 0);
  return value >>> 0;
});

/** One page of an Ogg stream (RFC 3533). */
function oggPage(packet: Buffer, sequence: number, flags: number, granule: number): Buffer {
  const segments = [
    ...Array.from({ length: Math.floor(packet.length / 255) }, () => 255),
    packet.length % 255,
  ];
  const page = Buffer.concat([Buffer.alloc(27), Buffer.from(segments), packet]);
  page.write('OggS');
  page.writeUInt8(flags, 5);
  page.writeUInt32LE(granule, 6);
  page.writeUInt32LE(1, 14);
  page.writeUInt32LE(sequence, 18);
  page.writeUInt8(segments.length, 26);
  let crc = 0;
  for (const byte of page) crc = ((crc << 8) ^ (crcTable[((crc >>> 24) ^ byte) & 0xff] ?? 0)) >>> 0;
  page.writeUInt32LE(crc, 22);
  return page;
}

const pagePayload = 254 * 255;

/** An Ogg Vorbis stream by its framing: one channel, 44100 Hz, under ten seconds. */
export function sound(size: number, serial: number, noise: NoisePool): Buffer {
  const identification = Buffer.alloc(30);
  identification.writeUInt8(1, 0);
  identification.write('vorbis', 1);
  identification.writeUInt8(1, 11);
  identification.writeUInt32LE(44_100, 12);
  identification.writeUInt8(0xb8, 28);
  identification.writeUInt8(1, 29);
  const pages = [oggPage(identification, 0, 2, 0)];
  const noisy = Buffer.allocUnsafe(Math.max(200, size - 60));
  noise.fill(noisy, serial);
  for (let from = 0; from < noisy.length; from += pagePayload) {
    const isLast = from + pagePayload >= noisy.length;
    pages.push(
      oggPage(
        noisy.subarray(from, from + pagePayload),
        pages.length,
        isLast ? 4 : 0,
        isLast ? 400_000 : 1000,
      ),
    );
  }
  return Buffer.concat(pages);
}

/** The binary form of animations: one joint with as many keys as the size wants (omv: BinBVHAnimationReader). */
export function animation(size: number, serial: number, noise: NoisePool): Buffer {
  const keys = Math.max(1, Math.floor((size - 70) / 8));
  const head = Buffer.alloc(4 + 8 + 1 + 8 + 4 + 8 + 4 + 4);
  head.writeUInt16LE(1, 0);
  head.writeInt32LE(3, 4);
  head.writeFloatLE(4, 8);
  head.writeFloatLE(0, 13);
  head.writeFloatLE(4, 17);
  head.writeInt32LE(1, 21);
  head.writeFloatLE(0.3, 25);
  head.writeFloatLE(0.3, 29);
  head.writeUInt32LE(0, 33);
  head.writeUInt32LE(1, 37);
  const counts = Buffer.alloc(8);
  counts.writeInt32LE(3, 0);
  counts.writeInt32LE(keys, 4);
  const rotations = Buffer.allocUnsafe(keys * 8);
  noise.fill(rotations, serial);
  return Buffer.concat([head, Buffer.from('mPelvis\0'), counts, rotations, Buffer.alloc(4), Buffer.alloc(4)]);
}

export function script(size: number, serial: number): Buffer {
  const start = `// script ${serial}\ndefault\n{\n    state_entry()\n    {\n        llSay(0, "number ${serial}");\n    }\n}\n`;
  return text(start, size, serial);
}

export function notecard(size: number, serial: number): Buffer {
  const body = text(`Note ${serial}\n`, Math.max(40, size - 120), serial).toString();
  return Buffer.from(
    `Linden text version 2\n{\nLLEmbeddedItems version 1\n{\ncount 0\n}\nText length ${body.length}\n${body}}\n`,
  );
}

function text(start: string, size: number, serial: number): Buffer {
  let body = start;
  for (let line = 0; body.length < size; line += 1)
    body += `// ${serial} remark ${line * 7919} of a patient builder\n`;
  return Buffer.from(body.slice(0, Math.max(size, start.length)));
}
