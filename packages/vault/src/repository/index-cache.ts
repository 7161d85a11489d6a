/**
 * The index in binary, so that opening a repository of a million blobs costs a read and not a parse. It may be lost or
 * damaged at any time: a MAC under the master key tells, and the index files are read instead.
 *
 *     magic (8) ‖ bytes of head (4) ‖ head (JSON) ‖ packs ‖ columns of the slots ‖ table ‖ HMAC-SHA-256 over all before it
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { endianness } from 'node:os';
import { join } from 'node:path';
import { asArray, asCount, asObject, asString, parseJson } from '../format/json-input.ts';
import type { MasterKey } from '../sealing/master-key.ts';
import { BlobIndex, blobsMax, type IndexParts } from './blob-index.ts';
import { SlotStore } from './slot-store.ts';

const magic = Buffer.from(endianness() === 'LE' ? 'GKINDEX1' : 'GKINDEXB');
const packBytes = 56;
const macBytes = 32;
const headBytesMax = 64 * 1024 * 1024;
const packsMax = 16 * 1024 * 1024;
const contents = ['data', 'tree', 'mixed'] as const;

export function indexCacheFile(folder: string, repositoryId: string): string {
  return join(folder, `index-${repositoryId}.bin`);
}

function macKey(key: MasterKey): Buffer {
  return createHash('sha256').update('gridkeep index cache\n').update(key.encrypt).update(key.k).digest();
}

interface Head {
  readonly repository: string;
  readonly slots: number;
  readonly packs: number;
  readonly table: number;
  readonly seed: number;
  readonly indexFiles: readonly string[];
  readonly packsToDelete: readonly (readonly [pack: string, indexFile: string])[];
  /** Further index files of packs that are in several: number of the pack, numbers of the files. */
  readonly further: readonly (readonly number[])[];
}

/** Undefined when there is none that can be used. */
export async function readIndexCache(
  folder: string,
  repositoryId: string,
  key: MasterKey,
): Promise<BlobIndex | undefined> {
  const file = await open(indexCacheFile(folder, repositoryId), 'r').catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    const mac = createHmac('sha256', macKey(key));
    let left = size - macBytes;
    const fill = async (into: Uint8Array): Promise<void> => {
      left -= into.length;
      if (left < 0) throw new RangeError('the cache of the index ends early');
      for (let at = 0; at < into.length;) {
        const { bytesRead } = await file.read(into, at, into.length - at);
        if (bytesRead === 0) throw new RangeError('the cache of the index ends early');
        at += bytesRead;
      }
      mac.update(into);
    };
    const parts = await readParts(fill, repositoryId, size);
    const stored = Buffer.alloc(macBytes);
    await file.read(stored, 0, macBytes);
    if (left !== 0 || !timingSafeEqual(stored, mac.digest())) return undefined;
    return BlobIndex.from(parts);
  } catch {
    // Whatever is wrong with it: it is only a cache.
    return undefined;
  } finally {
    await file.close();
  }
}

async function readParts(
  fill: (into: Uint8Array) => Promise<void>,
  repositoryId: string,
  fileBytes: number,
): Promise<IndexParts> {
  const start = Buffer.alloc(magic.length + 4);
  await fill(start);
  if (!start.subarray(0, magic.length).equals(magic)) throw new RangeError('another format');
  const headBytes = Buffer.alloc(Math.min(start.readUInt32LE(magic.length), headBytesMax, fileBytes));
  await fill(headBytes);
  const head = parseHead(headBytes.toString());
  if (
    head.repository !== repositoryId ||
    head.slots * 45 + head.packs * packBytes + head.table * 4 > fileBytes
  ) {
    throw new RangeError('the head of the cache does not fit');
  }
  const packColumn = Buffer.alloc(head.packs * packBytes);
  await fill(packColumn);
  const slots = await SlotStore.filled(head.slots, fill);
  const table = new Uint32Array(head.table);
  await fill(new Uint8Array(table.buffer));
  const further = new Map(head.further.map(([number = -1, ...files]) => [number, files]));
  const fileName = (number: number): string[] => head.indexFiles.slice(number, number + 1);
  const packs = Array.from({ length: head.packs }, (_, number) => {
    const at = number * packBytes;
    const primary = packColumn.readUInt32LE(at + 40);
    return {
      id: packColumn.toString('hex', at, at + 32),
      first: packColumn.readUInt32LE(at + 32),
      blobs: packColumn.readUInt32LE(at + 36),
      bytes: packColumn.readDoubleLE(at + 44),
      content: contents[packColumn.readUInt8(at + 52)] ?? 'mixed',
      indexFiles: [primary, ...(further.get(number) ?? [])].flatMap(fileName),
    };
  });
  return { ...head, packs, slots, table };
}

function parseHead(text: string): Head {
  const what = 'cache of the index';
  const head = asObject(parseJson(text, what), what);
  const names = (value: unknown): string[] => asArray(value, what).map((name) => asString(name, what, 64));
  return {
    repository: asString(head['repository'], what, 64),
    slots: asCount(head['slots'], what, blobsMax),
    packs: asCount(head['packs'], what, packsMax),
    table: asCount(head['table'], what, 2 * blobsMax),
    seed: asCount(head['seed'], what, 2 ** 32 - 1),
    indexFiles: names(head['indexFiles']),
    packsToDelete: asArray(head['packsToDelete'], what).map((row) => {
      const [pack = '', file = ''] = names(row);
      return [pack, file];
    }),
    further: asArray(head['further'], what).map((row) => asArray(row, what).map((n) => asCount(n, what))),
  };
}

/** Packs that no index names yet must not be in it. Not flushed to disk: a torn one is noticed. */
export async function writeIndexCache(
  folder: string,
  repositoryId: string,
  key: MasterKey,
  index: BlobIndex,
): Promise<void> {
  const { slots, packs, indexFiles, packsToDelete, table, seed } = index.parts();
  if (packs.some((pack) => pack.indexFiles.length === 0)) throw new Error('a pack is in no index yet');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = indexCacheFile(folder, repositoryId);
  const part = `${path}.${randomBytes(4).toString('hex')}.part`;
  const file = await open(part, 'wx', 0o600);
  try {
    const mac = createHmac('sha256', macKey(key));
    const write = async (bytes: Uint8Array): Promise<void> => {
      mac.update(bytes);
      await file.writeFile(bytes);
    };
    const numbers = new Map(indexFiles.map((name, number) => [name, number]));
    const numberOf = (name: string): number => numbers.get(name) ?? 0;
    const head: Head = {
      repository: repositoryId,
      slots: slots.size,
      packs: packs.length,
      table: table.length,
      seed,
      indexFiles,
      packsToDelete,
      further: packs.flatMap((pack, number) =>
        pack.indexFiles.length > 1 ? [[number, ...pack.indexFiles.slice(1).map(numberOf)]] : [],
      ),
    };
    const headBytes = Buffer.from(JSON.stringify(head));
    const start = Buffer.alloc(magic.length + 4);
    magic.copy(start);
    start.writeUInt32LE(headBytes.length, magic.length);
    const packColumn = Buffer.alloc(packs.length * packBytes);
    packs.forEach((pack, number) => {
      const at = number * packBytes;
      packColumn.write(pack.id, at, 'hex');
      packColumn.writeUInt32LE(pack.first, at + 32);
      packColumn.writeUInt32LE(pack.blobs, at + 36);
      packColumn.writeUInt32LE(numberOf(pack.indexFiles[0] ?? ''), at + 40);
      packColumn.writeDoubleLE(pack.bytes, at + 44);
      packColumn.writeUInt8(contents.indexOf(pack.content), at + 52);
    });
    for (const piece of [start, headBytes, packColumn]) await write(piece);
    for (const column of slots.columns()) await write(column);
    await write(new Uint8Array(table.buffer, table.byteOffset, table.byteLength));
    await file.writeFile(mac.digest());
    await file.close();
    await rename(part, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(part, { force: true });
    throw error;
  }
}
