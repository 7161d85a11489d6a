/**
 * Cuts a stream where its content says so: an insertion changes the chunks it touches and no others. Gridkeep's own cut, not
 * restic's, for readers only put chunks together: a gear hash with two masks (Xia et al., FastCDC, USENIX ATC 2016), a few
 * times faster than a Rabin fingerprint. Keyed, so that the sizes of chunks do not tell known content.
 */
import { hkdfSync } from 'node:crypto';
import type { MasterKey } from '../sealing/master-key.ts';

/** Bytes. */
export const chunkSizes = { min: 64 * 1024, average: 256 * 1024, max: 2 * 1024 * 1024 } as const;

/** A byte has left the 32 bits of the hash after as many more. */
const windowBytes = 32;
/**
 * Bits at the top of the hash, where every byte of the window has a say: a cut is where all are zero. More of them before
 * the average and fewer behind it bring the sizes closer together.
 */
const strictMask = 0xffff_f000 | 0;
const looseMask = 0xffff_0000 | 0;

/** The same for every key file of a repository. */
export function chunkingKey(key: MasterKey): Uint8Array {
  const secret = Buffer.concat([key.encrypt, key.k, key.r]);
  return new Uint8Array(hkdfSync('sha256', secret, '', 'gridkeep vault chunking', 32));
}

function gearTable(key: Uint8Array): Int32Array {
  return new Int32Array(hkdfSync('sha256', key, '', 'gear', 4 * 256));
}

/** Chunks are buffers of their own; an empty source gives none. Holds one chunk in memory. */
export async function* cutChunks(source: AsyncIterable<Uint8Array>, key: Uint8Array): AsyncGenerator<Buffer> {
  const gear = gearTable(key);
  const pending = Buffer.allocUnsafeSlow(chunkSizes.max);
  let length = 0;
  let hash = 0;
  for await (const piece of source) {
    for (let at = 0; at < piece.length;) {
      const taken = Math.min(piece.length - at, chunkSizes.max - length);
      pending.set(piece.subarray(at, at + taken), length);
      const scanned = scan(pending, length, length + taken, hash, gear);
      at += scanned.end - length;
      length = scanned.end;
      hash = scanned.hash;
      if (scanned.cut) {
        yield Buffer.from(pending.subarray(0, length));
        length = 0;
        hash = 0;
      }
    }
  }
  if (length > 0) yield Buffer.from(pending.subarray(0, length));
}

interface Scanned {
  /** Behind the last byte that was looked at. */
  readonly end: number;
  readonly hash: number;
  /** The chunk ends here. */
  readonly cut: boolean;
}

/** Looks at bytes `from` to `end` of a chunk that begins at 0. */
function scan(bytes: Buffer, from: number, end: number, hashBefore: number, gear: Int32Array): Scanned {
  let hash = hashBefore;
  // What is further before the smallest cut has no say in it.
  let at = Math.max(from, Math.min(end, chunkSizes.min - windowBytes));
  for (const stop = Math.min(end, chunkSizes.min - 1); at < stop; at += 1) {
    hash = ((hash << 1) + (gear[bytes[at] ?? 0] ?? 0)) | 0;
  }
  for (const stop = Math.min(end, chunkSizes.average); at < stop; at += 1) {
    hash = ((hash << 1) + (gear[bytes[at] ?? 0] ?? 0)) | 0;
    if ((hash & strictMask) === 0) return { end: at + 1, hash, cut: true };
  }
  for (; at < end; at += 1) {
    hash = ((hash << 1) + (gear[bytes[at] ?? 0] ?? 0)) | 0;
    if ((hash & looseMask) === 0) return { end: at + 1, hash, cut: true };
  }
  return { end, hash, cut: end >= chunkSizes.max };
}
