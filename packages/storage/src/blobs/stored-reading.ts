/** Gets content as it is stored, compressed or not: for copies that keep it so. Many at once are read in the order of the packs. */
import { setImmediate as turn } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { getBlob, type ReadingParts } from './blob-reading.ts';
import { BlobDamagedError, type BlobId } from './blob-store.ts';
import type { PackInfo, Place } from './index-rows.ts';
import { PackGoneError } from './open-packs.ts';
import { decodeRecordHeader, packIdentity, recordBytes, recordHeaderBytes } from './pack-format.ts';

/** Bytes as a pack holds them. */
export interface StoredContent {
  readonly codec: 'raw' | 'zstd';
  readonly payload: Uint8Array;
  /** Bytes of the content. */
  readonly length: number;
}

export type StoredResult =
  | { readonly id: BlobId; readonly stored: StoredContent }
  /** 'absent': there is no such blob. 'damaged': its bytes are broken. */
  | { readonly id: BlobId; readonly stored: undefined; readonly lack: 'absent' | 'damaged' };

interface Wanted {
  readonly id: BlobId;
  readonly place: Place;
}

/** Records that lie together are read at once, up to so many bytes, and over gaps that cost less than another read. */
const runBytesMax = 1024 * 1024;
const gapBytesMax = 32 * 1024;
const lookupsPerTurn = 256;

/** Throws BlobDamagedError; undefined when absent. */
export async function getStoredBlob(parts: ReadingParts, id: BlobId): Promise<StoredContent | undefined> {
  const place = parts.index().lookup(id);
  if (place !== undefined) {
    const [bytes] = (await readRun(parts, [{ id, place }])) ?? [];
    if (bytes !== undefined) return bytes;
  }
  // Moved, not known here yet, or broken in some way that whole content may survive.
  const content = await getBlob(parts, id);
  return content === undefined ? undefined : { codec: 'raw', payload: content, length: content.length };
}

/** Every id once, in the order that reads fastest. What is yielded lives until the next is asked for. */
export async function* readStoredBlobs(
  parts: ReadingParts,
  ids: Iterable<BlobId>,
): AsyncGenerator<StoredResult> {
  const { wanted, unknown } = await locateAll(parts, ids);
  const runs = cutRuns(wanted);
  // One is read into while the other is looked at. With a new buffer for each run, collecting them was a fifth of a backup.
  const rooms = [Buffer.alloc(0), Buffer.alloc(0)];
  const start = (index: number): ReturnType<typeof readRun> | undefined => {
    const run = runs[index];
    if (run === undefined) return undefined;
    const bytes = Math.min(runLength(run), runBytesMax);
    const power = 2 ** Math.ceil(Math.log2(bytes));
    if (bytes > (rooms[index % 2]?.length ?? 0)) rooms[index % 2] = Buffer.allocUnsafeSlow(power);
    return readRun(parts, run, rooms[index % 2]);
  };
  let next = start(0);
  for (const [index, run] of runs.entries()) {
    const contents = await next;
    next = start(index + 1);
    // Reported when its turn comes, if it comes.
    next?.catch(() => undefined);
    for (const [at, { id }] of run.entries()) {
      const stored = contents?.[at];
      yield stored === undefined ? await getResult(parts, id) : { id, stored };
    }
  }
  for (const id of unknown) yield getResult(parts, id);
}

async function getResult(parts: ReadingParts, id: BlobId): Promise<StoredResult> {
  try {
    const stored = await getStoredBlob(parts, id);
    return stored === undefined ? { id, stored, lack: 'absent' } : { id, stored };
  } catch (error) {
    if (!(error instanceof BlobDamagedError)) throw error;
    return { id, stored: undefined, lack: 'damaged' };
  }
}

async function locateAll(
  parts: ReadingParts,
  ids: Iterable<BlobId>,
): Promise<{ wanted: Wanted[]; unknown: BlobId[] }> {
  const wanted: Wanted[] = [];
  const unknown: BlobId[] = [];
  let count = 0;
  for (const id of ids) {
    const place = parts.index().lookup(id);
    if (place === undefined) unknown.push(id);
    else wanted.push({ id, place });
    count += 1;
    if (count % lookupsPerTurn === 0) await turn();
  }
  wanted.sort((a, b) => a.place.pack - b.place.pack || a.place.offset - b.place.offset);
  return { wanted, unknown };
}

function cutRuns(wanted: readonly Wanted[]): Wanted[][] {
  const runs: Wanted[][] = [];
  let run: Wanted[] = [];
  let start = 0;
  let end = 0;
  let pack = -1;
  for (const one of wanted) {
    const { offset } = one.place;
    const stop = offset + recordBytes(one.place);
    const fits = one.place.pack === pack && offset - end <= gapBytesMax && stop - start <= runBytesMax;
    if (!fits) {
      run = [];
      runs.push(run);
      start = offset;
      pack = one.place.pack;
    }
    run.push(one);
    end = stop;
  }
  return runs;
}

function runLength(run: readonly Wanted[]): number {
  const first = run[0]?.place;
  const last = run.at(-1)?.place;
  return first === undefined || last === undefined ? 0 : last.offset + recordBytes(last) - first.offset;
}

/** The contents of records that lie together; undefined for one whose bytes are not what they should be, or for all. */
async function readRun(
  parts: ReadingParts,
  run: readonly Wanted[],
  room?: Buffer,
): Promise<(StoredContent | undefined)[] | undefined> {
  const first = run[0]?.place;
  const pack = first === undefined ? undefined : parts.index().pack(first.pack);
  if (first === undefined || pack === undefined) return undefined;
  try {
    const lease = await parts.reader.lease(pack);
    try {
      const bytes = await lease.read(first.offset, runLength(run), room);
      return run.map(({ id, place }) => contentAt(bytes, place.offset - first.offset, id, place, pack));
    } finally {
      lease.release();
    }
  } catch (error) {
    if (error instanceof PackGoneError) return undefined;
    throw error;
  }
}

function contentAt(
  bytes: Buffer,
  at: number,
  id: BlobId,
  place: Place,
  pack: PackInfo,
): StoredContent | undefined {
  const record = bytes.subarray(at, at + recordBytes(place));
  const header = decodeRecordHeader(record, packIdentity(pack.name), place.offset);
  if (header === undefined || header.id !== id || header.kind !== place.kind) return undefined;
  const payload = record.subarray(recordHeaderBytes);
  if (payload.length !== header.storedLength || crc32(payload) !== header.payloadCrc) return undefined;
  return { codec: place.kind, payload, length: header.length };
}
