/** Gets content out of records: whole and checked, or a part of it as a stream. */
import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { BlobDamagedError, type BlobId, type ByteRange } from './blob-store.ts';
import { PackGoneError, type PackLease } from './open-packs.ts';
import { decodeRecordHeader, packIdentity, recordBytes, recordHeaderBytes } from './pack-format.ts';
import type { PackInfo, Place } from './index-rows.ts';
import type { PackIndex } from './pack-index.ts';
import type { PackReader } from './pack-reader.ts';
import { decompress } from './record-check.ts';

export interface ReadingParts {
  readonly index: () => PackIndex;
  readonly reader: PackReader;
  /** Called when a blob or its pack is not where the index says; true when the index may know better now. */
  readonly look: () => Promise<boolean>;
}

/** Content up to this size is read at once, larger content in pieces of this size. */
const pieceBytes = 256 * 1024;
/** A blob that moves (compaction) is looked up again, but not for ever. */
const movesMax = 5;

interface Located {
  readonly place: Place;
  readonly pack: PackInfo;
  readonly lease: PackLease;
}

/** The record's pack, held open; undefined when the blob is absent. Throws BlobDamagedError when the pack is gone. */
async function locate(parts: ReadingParts, id: BlobId): Promise<Located | undefined> {
  for (let attempt = 0; ; attempt += 1) {
    const place = parts.index().lookup(id);
    if (place === undefined) {
      // Another's look, on which this one waited, may have found it.
      if (attempt < movesMax && ((await parts.look()) || parts.index().lookup(id) !== undefined)) continue;
      return undefined;
    }
    const pack = parts.index().pack(place.pack);
    if (pack === undefined)
      throw new BlobDamagedError(id, String(place.pack), 'the index names no such pack');
    try {
      return { place, pack, lease: await parts.reader.lease(pack) };
    } catch (error) {
      if (!(error instanceof PackGoneError)) throw error;
      // Compaction removes a pack only after its blobs stand elsewhere in the index.
      const hasMoved = parts.index().lookup(id)?.pack !== place.pack || (await parts.look());
      if (!hasMoved || attempt >= movesMax) throw new BlobDamagedError(id, pack.name, 'its pack is gone');
    }
  }
}

export async function getBlob(parts: ReadingParts, id: BlobId): Promise<Buffer | undefined> {
  for (let attempt = 0; ; attempt += 1) {
    const found = await locate(parts, id);
    if (found === undefined) return undefined;
    try {
      return await readWhole(parts, id, found);
    } catch (error) {
      if (!(error instanceof PackGoneError) || attempt >= movesMax) throw error;
      await parts.look();
    } finally {
      found.lease.release();
    }
  }
}

async function readWhole(parts: ReadingParts, id: BlobId, { place, pack, lease }: Located): Promise<Buffer> {
  const bytes = await lease.read(place.offset, recordBytes(place));
  const content = await contentOf(id, place, pack, bytes);
  if (typeof content !== 'string') return content;
  parts.index().markDamaged(id, place);
  throw new BlobDamagedError(id, pack.name, `at ${place.offset}: ${content}`);
}

/** The content of a record, or what is wrong with it. Under a broken header whole content still counts. */
async function contentOf(id: BlobId, place: Place, pack: PackInfo, bytes: Buffer): Promise<Buffer | string> {
  if (bytes.length < recordBytes(place)) return 'the pack ends before the record';
  const header = decodeRecordHeader(bytes, packIdentity(pack.name), place.offset);
  const payload = bytes.subarray(recordHeaderBytes);
  const isChecked =
    header !== undefined &&
    header.id === id &&
    header.storedLength === place.storedLength &&
    crc32(payload) === header.payloadCrc;
  if (place.kind === 'raw') {
    return isChecked || hash('sha256', payload) === id ? payload : 'the content does not have its hash';
  }
  try {
    const content = await decompress(payload, place.length);
    return isChecked || hash('sha256', content) === id ? content : 'the content does not have its hash';
  } catch {
    return 'the content cannot be decompressed';
  }
}

/** Half-open range, cut to the content. Throws a RangeError for one that is none. */
function cutRange(range: ByteRange | undefined, length: number): ByteRange {
  if (range === undefined) return { start: 0, end: length };
  const { start, end } = range;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
    throw new RangeError(`not a byte range: ${start} to ${end}`);
  }
  return { start: Math.min(start, length), end: Math.min(end, length) };
}

export async function readBlob(
  parts: ReadingParts,
  id: BlobId,
  range: ByteRange | undefined,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const place = parts.index().lookup(id) ?? (await lookupAgain(parts, id));
  if (place === undefined) return undefined;
  const { start, end } = cutRange(range, place.length);
  const isWhole = start === 0 && end === place.length;
  if (place.kind === 'zstd' || (isWhole && place.length <= pieceBytes)) {
    const content = await getBlob(parts, id);
    return content === undefined ? undefined : onePiece(content.subarray(start, end));
  }
  return rawPieces(parts, id, start, end, isWhole);
}

async function lookupAgain(parts: ReadingParts, id: BlobId): Promise<Place | undefined> {
  await parts.look();
  return parts.index().lookup(id);
}

async function* onePiece(content: Buffer): AsyncGenerator<Uint8Array> {
  if (content.length > 0) yield content;
}

/** Read only when asked for. The whole content is compared with its checksum at the end; a part cannot be. */
async function* rawPieces(
  parts: ReadingParts,
  id: BlobId,
  start: number,
  end: number,
  isWhole: boolean,
): AsyncGenerator<Uint8Array> {
  let position = start;
  let crc = 0;
  let moves = 0;
  while (position < end) {
    const found = await locate(parts, id);
    if (found === undefined) throw new BlobDamagedError(id, 'none', 'it was deleted while it was read');
    const { place, pack, lease } = found;
    try {
      while (position < end) {
        const length = Math.min(pieceBytes, end - position);
        const piece = await lease.read(place.offset + recordHeaderBytes + position, length);
        if (piece.length < length) {
          parts.index().markDamaged(id, place);
          throw new BlobDamagedError(id, pack.name, `at ${place.offset}: the pack ends before the record`);
        }
        if (isWhole) crc = crc32(piece, crc);
        position += length;
        yield piece;
      }
      if (isWhole) await compareCrc(parts, id, found, crc);
    } catch (error) {
      if (!(error instanceof PackGoneError) || moves >= movesMax) throw error;
      moves += 1;
      await parts.look();
    } finally {
      lease.release();
    }
  }
}

async function compareCrc(
  parts: ReadingParts,
  id: BlobId,
  { place, pack, lease }: Located,
  crc: number,
): Promise<void> {
  const bytes = await lease.read(place.offset, recordHeaderBytes);
  const header = decodeRecordHeader(bytes, packIdentity(pack.name), place.offset);
  // A broken header says nothing about the content; verify tells, by the hash.
  if (header === undefined || header.payloadCrc === crc) return;
  parts.index().markDamaged(id, place);
  throw new BlobDamagedError(id, pack.name, `at ${place.offset}: the content does not have its checksum`);
}
