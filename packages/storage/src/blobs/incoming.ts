/** Content on its way in: hashed, made smaller, framed as a record, streams told apart by size. */
import { createHash, hash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { crc32, zstdCompress } from 'node:zlib';
import { parseBlobId, type BlobId } from './blob-store.ts';
import { zstdContentBytesMax } from './pack-format.ts';
import type { NewRecord } from './pack-writer.ts';

const zstdContentBytesMin = 64;
/** Compressed content is kept only when it takes at most this share of the original. */
const zstdShareMax = 0.95;
const hashBytesPerTurn = 4 * 1024 * 1024;
const headChunksMax = 4096;

const compress = promisify(zstdCompress);

/** A large content is hashed in pieces, so that others get their turn. */
export async function hashInTurns(bytes: Uint8Array): Promise<BlobId> {
  if (bytes.length <= hashBytesPerTurn) return parseBlobId(hash('sha256', bytes));
  const digest = createHash('sha256');
  for (let at = 0; at < bytes.length; at += hashBytesPerTurn) {
    digest.update(bytes.subarray(at, at + hashBytesPerTurn));
    await turn();
  }
  return parseBlobId(digest.digest('hex'));
}

/** The zstd form when it is worth it. */
export async function tryCompress(bytes: Uint8Array): Promise<Buffer | undefined> {
  if (bytes.length < zstdContentBytesMin || bytes.length > zstdContentBytesMax) return undefined;
  const compressed = await compress(bytes, { pledgedSrcSize: bytes.length });
  return compressed.length <= bytes.length * zstdShareMax ? compressed : undefined;
}

export function newRecord(
  id: BlobId,
  content: Uint8Array,
  compressed: Uint8Array | undefined,
  kind: NewRecord['kind'] = compressed === undefined ? 'raw' : 'zstd',
): NewRecord {
  const payload = compressed ?? content;
  return { kind, id, length: content.length, payload, payloadCrc: crc32(payload) };
}

/** The first bytes of a source; `rest` is set when there are more than `bytesMax`. */
export async function readHead(
  source: AsyncIterable<Uint8Array>,
  bytesMax: number,
): Promise<{ head: Uint8Array[]; rest: AsyncIterator<Uint8Array> | undefined }> {
  const iterator = source[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let bytes = 0;
  while (bytes <= bytesMax) {
    const next = await iterator.next();
    if (next.done === true) return { head, rest: undefined };
    head.push(next.value);
    bytes += next.value.length;
    // Tiny chunks cost more to keep than what is in them.
    if (head.length >= headChunksMax) head.splice(0, head.length, Buffer.concat(head));
  }
  return { head, rest: iterator };
}

export async function* chain(
  head: Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    // Emptied on the way, so that it does not stay in memory.
    for (let chunk = head.shift(); chunk !== undefined; chunk = head.shift()) yield chunk;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
