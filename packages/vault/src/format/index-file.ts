/** Index files: which blob stands where in which pack (restic: internal/repository/index/index.go). */
import { sealOverhead } from '../sealing/sealer.ts';
import { FormatError } from './format-error.ts';
import { asArray, asCount, asId, asObject, parseJson } from './json-input.ts';
import { packBytesMax } from './pack-header.ts';
import type { PackEntry } from './pack-header.ts';
import { parseTimestamp } from './timestamp.ts';

export interface IndexPack {
  /** Name of the pack file. */
  readonly id: string;
  /** All blobs of the pack. */
  readonly blobs: readonly PackEntry[];
}

export interface IndexFile {
  readonly packs: readonly IndexPack[];
  /** Packs that rustic will delete: to be found when nothing else has a blob, never to be relied on by new snapshots. */
  readonly packsToDelete: readonly DoomedPack[];
}

export interface DoomedPack extends IndexPack {
  /** When it was marked, Unix milliseconds. */
  readonly time: number | undefined;
}

/** JSON, to be given to `packUnpacked`. */
export function writeIndexFile(packs: Iterable<IndexPack>): string {
  const parts: string[] = [];
  for (const pack of packs) {
    const blobs = pack.blobs.map(writeBlob).join(',');
    parts.push(`{"id":"${requireName(pack.id)}","blobs":[${blobs}]}`);
  }
  return `{"packs":[${parts.join(',')}]}`;
}

// Put together by hand, for nothing in it needs escapes: a night's index may have hundreds of thousands of blobs.
function writeBlob({ id, type, offset, length, uncompressedLength }: PackEntry): string {
  const end = uncompressedLength === undefined ? '}' : `,"uncompressed_length":${uncompressedLength}}`;
  return `{"id":"${id}","type":"${type}","offset":${offset},"length":${length}${end}`;
}

function requireName(id: string): string {
  if (!/^[0-9a-f]{64}$/.test(id)) throw new RangeError('not the name of a pack');
  return id;
}

/** Blobs come in the order of their offsets. Throws FormatError. */
export function readIndexFile(text: string): IndexFile {
  const root = asObject(parseJson(text, 'index'), 'index');
  const doomed = root['packs_to_delete'] ?? [];
  return {
    packs: asArray(root['packs'], 'index: packs').map((value) => readPack(asObject(value, 'index: pack'))),
    packsToDelete: asArray(doomed, 'index: packs_to_delete').map((value) => {
      const pack = asObject(value, 'index: pack to delete');
      const time = pack['time'];
      return {
        ...readPack(pack),
        time:
          time === undefined || time === null
            ? undefined
            : parseTimestamp(time, 'index: time of a pack to delete'),
      };
    }),
  };
}

function readPack(pack: Readonly<Record<string, unknown>>): IndexPack {
  const blobs = asArray(pack['blobs'], 'index: blobs').map(readBlob);
  let sorted = true;
  for (let i = 1; i < blobs.length && sorted; i += 1) {
    sorted = (blobs[i - 1]?.offset ?? 0) <= (blobs[i]?.offset ?? 0);
  }
  if (!sorted) blobs.sort((a, b) => a.offset - b.offset);
  return { id: asId(pack['id'], 'index: id of a pack'), blobs };
}

function readBlob(value: unknown): PackEntry {
  const blob = asObject(value, 'index: blob');
  const type = blob['type'];
  if (type !== 'data' && type !== 'tree') throw new FormatError('index: no such type of blob');
  const offset = asCount(blob['offset'], 'index: offset', packBytesMax);
  const length = asCount(blob['length'], 'index: length', packBytesMax);
  if (length < sealOverhead) throw new FormatError('index: a blob is shorter than its seal');
  if (offset + length > packBytesMax) throw new FormatError('index: a blob beyond 4 GiB');
  const stated = blob['uncompressed_length'] ?? 0;
  const uncompressed = asCount(stated, 'index: uncompressed_length', packBytesMax);
  return {
    type,
    id: asId(blob['id'], 'index: id of a blob'),
    offset,
    length,
    uncompressedLength: uncompressed === 0 ? undefined : uncompressed,
  };
}
