/** Ogg Vorbis sounds: pages, their checksums, format and length (RFC 3533, Vorbis I specification). */
import type { AssetProblem } from '../asset-problem.ts';
import { unsound, unusual } from '../asset-problem.ts';

const pageHeaderBytes = 27;
const uploadRate = 44_100;
const uploadSecondsMax = 30;
/** A page on which no packet ends. */
const noGranule = 0xffffffffffffffffn;

const crcTable = new Int32Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  crcTable[byte] = crc;
}

/** Where a page has its own checksum, which counts as zero. */
const crcAt = 22;
const crcZeros = new Uint8Array(4);

/** Ogg's CRC: polynomial 04C11DB7, not reflected, starting at 0. */
function continueCrc(crc: number, bytes: Uint8Array): number {
  let value = crc;
  for (const byte of bytes) value = (value << 8) ^ (crcTable[(value >>> 24) ^ byte] ?? 0);
  return value;
}

function pageCrc(page: Uint8Array): number {
  let crc = continueCrc(0, page.subarray(0, crcAt));
  crc = continueCrc(crc, crcZeros);
  return continueCrc(crc, page.subarray(crcAt + crcZeros.length)) >>> 0;
}

interface Pages {
  readonly problem: AssetProblem | undefined;
  /** Samples at the end of the last page that says so. */
  readonly samples: bigint;
}

function walkPages(bytes: Uint8Array): Pages {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let samples = 0n;
  for (let at = 0, page = 0; at < bytes.length; page += 1) {
    const fail = (message: string): Pages => ({
      problem: unsound(`page ${page} at ${at}: ${message}`),
      samples,
    });
    if (at + pageHeaderBytes > bytes.length) return fail('cut off');
    if (view.getUint32(at) !== 0x4f676753) return fail('no page starts here');
    if (view.getUint8(at + 4) !== 0) return fail('unknown version');
    const segments = view.getUint8(at + 26);
    const bodyAt = at + pageHeaderBytes + segments;
    if (bodyAt > bytes.length) return fail('cut off');
    let end = bodyAt;
    for (let index = 0; index < segments; index += 1) end += view.getUint8(at + pageHeaderBytes + index);
    if (end > bytes.length) return fail('cut off');
    if (pageCrc(bytes.subarray(at, end)) !== view.getUint32(at + crcAt, true)) return fail('wrong checksum');
    const granule = view.getBigUint64(at + 6, true);
    if (granule !== noGranule && granule > samples) samples = granule;
    at = end;
  }
  return { problem: undefined, samples };
}

export function checkSound(bytes: Uint8Array): readonly AssetProblem[] {
  const identification = pageHeaderBytes + 1;
  if (bytes.length < identification + 30) return [unsound('the identification header is cut off')];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const channels = view.getUint8(identification + 11);
  const rate = view.getUint32(identification + 12, true);
  if (channels === 0 || rate === 0) return [unsound(`${channels} channels at ${rate} Hz`)];
  const found: AssetProblem[] = [];
  if (channels !== 1) found.push(unusual(`${channels} channels; viewers upload 1`));
  if (rate !== uploadRate) found.push(unusual(`${rate} Hz; viewers upload ${uploadRate}`));
  const { problem, samples } = walkPages(bytes);
  if (problem !== undefined) return [...found, problem];
  const seconds = Number(samples) / rate;
  if (seconds > uploadSecondsMax + 1) found.push(unusual(`${Math.round(seconds)} seconds long`));
  return found;
}
