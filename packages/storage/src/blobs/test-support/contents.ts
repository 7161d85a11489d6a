/** Contents for tests: reproducible from a number, so that another process can check what one wrote. */
import { hash } from 'node:crypto';
import { parseBlobId, type BlobId } from '../blob-store.ts';

/** Bytes that zstd cannot shorten. */
export function noise(seed: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x5bd1e995) >>> 0;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    state = step(state);
    bytes.writeUInt32LE(state, at);
  }
  for (; at < length; at += 1) {
    state = step(state);
    bytes[at] = state & 0xff;
  }
  return bytes;
}

// xorshift32
function step(state: number): number {
  let next = state === 0 ? 1 : state;
  next ^= next << 13;
  next ^= next >>> 17;
  next ^= next << 5;
  return next >>> 0;
}

/** Bytes that zstd shortens well. */
export function prose(seed: number, length: number): Buffer {
  return Buffer.alloc(length, `notecard ${seed}: the quick brown fox. `);
}

export function idOf(bytes: Uint8Array): BlobId {
  return parseBlobId(hash('sha256', bytes));
}

export async function* inChunks(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

export async function collect(chunks: AsyncIterable<Uint8Array> | undefined): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  if (chunks !== undefined) for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}
