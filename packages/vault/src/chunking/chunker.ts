/**
 * Cuts a stream where its content says so: an insertion changes the chunks it touches and no others. Gridkeep's own cut, not
 * restic's, for readers only put chunks together: a gear hash with two masks (Xia et al., FastCDC, USENIX ATC 2016), a few
 * times faster than a Rabin fingerprint. Keyed, so that the sizes of chunks do not tell known content.
 */
import { hkdfSync } from 'node:crypto';
import type { MasterKey } from '../sealing/master-key.ts';

/**
 * Bytes. Small, for rows change here and there: of 200,000 with one in a thousand changed each night, an average of 32 KiB stores
 * a quarter of what 256 KiB does, and 4 % more than 128 KiB the first time.
 */
export const chunkSizes = { min: 8 * 1024, average: 32 * 1024, max: 256 * 1024 } as const;

/** The hash is 32 bits wide: a byte has left it after as many more. */
const windowBytes = 32;
/**
 * Bits at the top of the hash, where every byte of the window has a say: a cut is where all are zero. More of them before
 * the average and fewer behind it bring the sizes closer together.
 */
const strictMask = 0xffff_8000 | 0;
const looseMask = 0xfff8_0000 | 0;

/** The same for every key file of a repository. */
export function chunkingKey(key: MasterKey): Uint8Array {
  const secret = Buffer.concat([key.encrypt, key.k, key.r]);
  return new Uint8Array(hkdfSync('sha256', secret, '', 'gridkeep vault chunking', 32));
}

function gearTable(key: Uint8Array): Int32Array {
  const bytes = Buffer.from(hkdfSync('sha256', key, '', 'gear', 4 * 256));
  return Int32Array.from({ length: 256 }, (_, i) => bytes.readInt32LE(4 * i));
}

/** Chunks are buffers of their own; an empty source gives none. Holds one chunk in memory. */
export async function* cutChunks(source: AsyncIterable<Uint8Array>, key: Uint8Array): AsyncGenerator<Buffer> {
  const gear = gearTable(key);
  const pending = Buffer.allocUnsafeSlow(chunkSizes.max);
  let length = 0;
  for await (const piece of source) {
    for (let at = 0; at < piece.length;) {
      const end = length + Math.min(piece.length - at, chunkSizes.max - length);
      pending.set(piece.subarray(at, at + end - length), length);
      const cut = findCut(pending, length, end, gear);
      at += (cut ?? end) - length;
      length = cut ?? end;
      if (cut !== undefined) {
        yield Buffer.from(pending.subarray(0, length));
        length = 0;
      }
    }
  }
  if (length > 0) yield Buffer.from(pending.subarray(0, length));
}

/** Where the chunk that begins at 0 ends, when bytes `from` to `end` decide it. */
function findCut(bytes: Buffer, from: number, end: number, gear: Int32Array): number | undefined {
  const smallest = Math.max(from, chunkSizes.min - 1);
  const strictEnd = Math.min(end, chunkSizes.average);
  const cut = roll(bytes, smallest, strictEnd, strictMask, gear);
  if (cut !== 0) return cut;
  const later = roll(bytes, Math.max(smallest, strictEnd), end, looseMask, gear);
  if (later !== 0) return later;
  return end >= chunkSizes.max ? end : undefined;
}

/** Behind the first byte from `from` to `end` where the hash says cut; 0 when none does. */
function roll(bytes: Buffer, from: number, end: number, mask: number, gear: Int32Array): number {
  let hash = 0;
  // What is further back has left the hash, so it need not be kept from one call to the next.
  for (let at = from - windowBytes + 1; at < from; at += 1) {
    hash = ((hash << 1) + (gear[bytes[at] ?? 0] ?? 0)) | 0;
  }
  for (let at = from; at < end; at += 1) {
    hash = ((hash << 1) + (gear[bytes[at] ?? 0] ?? 0)) | 0;
    if ((hash & mask) === 0) return at + 1;
  }
  return 0;
}
