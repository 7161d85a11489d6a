/** Rewrites packs that are mostly dead or too small: live records move to the pack being written, then the old pack goes. */
import { crc32 } from 'node:zlib';
import type { ByteSource } from './byte-source.ts';
import type { CompactOptions, CompactReport } from './maintenance.ts';
import type { PackLease } from './open-packs.ts';
import { PackGoneError } from './open-packs.ts';
import {
  decodeRecordHeader,
  packHeaderBytes,
  packIdentity,
  recordBytes,
  recordHeaderBytes,
  type PackRecord,
} from './pack-format.ts';
import type { PackInfo, Place } from './index-rows.ts';
import { isSamePlace, type PackIndex } from './pack-index.ts';
import type { PackReader } from './pack-reader.ts';
import { readFooter, readPackIdentity, readTrailer, scanPack } from './pack-scan.ts';
import type { NewRecord } from './pack-writer.ts';
import { checkContentHash } from './record-check.ts';

export interface CompactParts {
  readonly index: () => PackIndex;
  readonly reader: PackReader;
  readonly packBytesMax: number;
  readonly openPack: () => string | undefined;
  readonly append: (record: NewRecord) => Promise<void>;
  /** Moves a record too large for memory into a pack of its own. */
  readonly moveLarge: (source: AsyncIterable<Uint8Array>, place: Place) => Promise<void>;
  /** Resolves when everything appended so far is where it is to stay. */
  readonly settle: () => Promise<void>;
  readonly remove: (pack: PackInfo) => Promise<void>;
}

const deadShareMinDefault = 0.3;
const moveBytesMax = 8 * 1024 * 1024;
const moveRecordsMax = 200;
const groupPacksMax = 32;
const pieceBytes = 1024 * 1024;
/** Packs are removed in groups of about so many bytes, so that little space is needed in between. */
const groupBytesMax = 1024 * 1024 * 1024;

interface Moved {
  blobs: number;
  bytes: number;
}

class DamagedRecordError extends Error {
  override readonly name = 'DamagedRecordError';
}

export async function compactPacks(parts: CompactParts, options: CompactOptions): Promise<CompactReport> {
  const candidates = chooseCandidates(parts, options);
  const bytesTotal = candidates.reduce((sum, { bytes }) => sum + bytes, 0);
  const moved: Moved = { blobs: 0, bytes: 0 };
  const packsDamaged: string[] = [];
  let bytesDone = 0;
  let bytesRemoved = 0;
  let packsRemoved = 0;
  let emptied: PackInfo[] = [];
  const removeEmptied = async (): Promise<void> => {
    if (emptied.length === 0) return;
    await parts.settle();
    for (const pack of emptied) {
      // Something may still stand in it when a move was lost or the index was made anew meanwhile.
      if (pack.liveBlobs > 0) continue;
      bytesRemoved += pack.bytes;
      packsRemoved += 1;
      await parts.remove(pack);
    }
    emptied = [];
  };
  for (const group of groupsOf(candidates)) {
    options.signal?.throwIfAborted();
    const results = await Promise.allSettled(
      group.map((pack) => emptyPack(parts, pack, moved, options.signal)),
    );
    results.forEach((result, at) => {
      const pack = group[at];
      if (pack === undefined) return;
      if (result.status === 'fulfilled' || isForgotten(result.reason, pack)) emptied.push(pack);
      else if (isUnreadable(result.reason)) packsDamaged.push(pack.name);
      else throw result.reason;
      bytesDone += pack.bytes;
    });
    options.onProgress?.({ bytesDone, bytesTotal, blobsDone: moved.blobs });
    if (emptied.reduce((sum, { bytes }) => sum + bytes, 0) >= groupBytesMax) await removeEmptied();
  }
  await removeEmptied();
  const bytesFreed = bytesRemoved - moved.bytes;
  return { packsRemoved, blobsMoved: moved.blobs, bytesMoved: moved.bytes, bytesFreed, packsDamaged };
}

function isUnreadable(error: unknown): boolean {
  return error instanceof DamagedRecordError || error instanceof PackGoneError;
}

/** A crash between removing a pack and forgetting it leaves an empty entry. */
function isForgotten(error: unknown, pack: PackInfo): boolean {
  return error instanceof PackGoneError && pack.liveBlobs === 0;
}

/** Small packs are emptied together, so that what they hold is written together. */
function groupsOf(packs: readonly PackInfo[]): PackInfo[][] {
  const groups: PackInfo[][] = [];
  let bytes = Infinity;
  for (const pack of packs) {
    const last = groups.at(-1);
    if (last === undefined || bytes + pack.bytes > moveBytesMax || last.length >= groupPacksMax) {
      groups.push([pack]);
      bytes = pack.bytes;
    } else {
      last.push(pack);
      bytes += pack.bytes;
    }
  }
  return groups;
}

/** Oldest first, so that a deleted record goes before the tombstone that deletes it. */
function chooseCandidates(parts: CompactParts, options: CompactOptions): PackInfo[] {
  const deadShareMin = options.deadShareMin ?? deadShareMinDefault;
  const mergeBelow = options.mergeBelowBytes ?? parts.packBytesMax / 8;
  const finished = [...parts.index().packs()].filter(
    ({ name, state, local, remote }) => name !== parts.openPack() && state !== 'open' && (local || remote),
  );
  const small = finished.filter(({ state, bytes }) => state === 'sealed' && bytes < mergeBelow);
  const merged = new Set(small.length >= 2 ? small : []);
  return finished
    .filter((pack) => pack.state === 'closed' || merged.has(pack) || deadShare(pack) >= deadShareMin)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Of the bytes of records. Tombstones count as needed: they go when the pack goes for another reason. */
function deadShare(pack: PackInfo): number {
  if (pack.recordBytes === 0) return 1;
  return 1 - (pack.liveBytes + pack.tombstones * recordHeaderBytes) / pack.recordBytes;
}

async function emptyPack(
  parts: CompactParts,
  pack: PackInfo,
  moved: Moved,
  signal: AbortSignal | undefined,
): Promise<void> {
  const lease = await parts.reader.lease(pack);
  try {
    let batch: Promise<void>[] = [];
    let batchBytes = 0;
    const finishBatch = async (): Promise<void> => {
      const results = await Promise.allSettled(batch);
      batch = [];
      batchBytes = 0;
      for (const result of results) if (result.status === 'rejected') throw result.reason;
      signal?.throwIfAborted();
    };
    for (const record of await listRecords(lease, pack)) {
      const move = moveRecord(parts, lease, pack, record, moved);
      move.catch(() => undefined);
      batch.push(move);
      batchBytes += recordBytes(record);
      if (batchBytes >= moveBytesMax || batch.length >= moveRecordsMax) await finishBatch();
    }
    await finishBatch();
    if (pack.liveBlobs > 0) throw new DamagedRecordError('blobs that the pack does not list');
  } finally {
    lease.release();
  }
}

async function listRecords(source: ByteSource, pack: PackInfo): Promise<readonly PackRecord[]> {
  const identity = await readPackIdentity(source, pack.name);
  const trailer = await readTrailer(source, identity);
  const footer = trailer && (await readFooter(source, identity, trailer));
  if (footer !== undefined) return footer.filter((entry) => entry.kind !== 'gap');
  const records: PackRecord[] = [];
  const to = trailer?.footerOffset ?? source.size;
  for await (const item of scanPack(source, identity, { from: packHeaderBytes, to, checkPayloads: false })) {
    if (item.type === 'record') records.push(item.record);
  }
  return records;
}

async function moveRecord(
  parts: CompactParts,
  lease: PackLease,
  pack: PackInfo,
  record: PackRecord,
  moved: Moved,
): Promise<void> {
  const from = { pack: pack.number, offset: record.offset, stamp: record.stamp };
  if (record.kind === 'tombstone') {
    if (!parts.index().hasGarbageElsewhere(record.id, pack.number)) return;
    const payload = new Uint8Array(0);
    await parts.append({ ...record, payload, payloadCrc: 0, movedFrom: from });
    return;
  }
  const place = parts.index().lookup(record.id);
  if (place === undefined || !isSamePlace(place, from)) return;
  if (record.storedLength > moveBytesMax) {
    if ((await checkContentHash(lease, record)) !== 'whole') throw new DamagedRecordError(record.id);
    await parts.moveLarge(payloadPieces(lease, record), place);
  } else {
    const bytes = await lease.read(record.offset, recordBytes(record));
    const payload = bytes.subarray(recordHeaderBytes);
    const payloadCrc = crc32(payload);
    const header = decodeRecordHeader(bytes, packIdentity(pack.name), record.offset);
    const isWhole = header?.payloadCrc === payloadCrc || (await checkContentHash(lease, record)) === 'whole';
    if (bytes.length < recordBytes(record) || !isWhole) throw new DamagedRecordError(record.id);
    await parts.append({ ...record, payload, payloadCrc, movedFrom: from });
  }
  moved.blobs += 1;
  moved.bytes += recordBytes(record);
}

async function* payloadPieces(lease: PackLease, record: PackRecord): AsyncGenerator<Uint8Array> {
  const start = record.offset + recordHeaderBytes;
  const end = start + record.storedLength;
  for (let at = start; at < end; at += pieceBytes) yield await lease.read(at, Math.min(pieceBytes, end - at));
}
