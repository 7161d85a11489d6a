/** Reads packs and parity files whole: what is read is what was written, or it is told. */
import { createHash } from 'node:crypto';
import type { BlobIndex, IndexedPack } from '../repository/blob-index.ts';
import type { Repository } from '../repository/repository.ts';
import type { Target } from '../target/target.ts';
import { isTargetFailure } from '../target/target.ts';
import { Pace } from '../threads/pace.ts';
import { findingOf } from './check-files.ts';
import type { CheckedPacks } from './check-packs.ts';
import { fileInWords, finding } from './findings.ts';
import type { FindingsList } from './findings-list.ts';
import type { PackCheck } from './pack-check.ts';
import { PackChecker } from './pack-checker.ts';
import type { DataSlice, VerifyOptions } from './verify-options.ts';

/** Packs up to this size are read whole; larger ones (restic makes them up to 128 MiB) are too. Others wrote them beyond. */
const packBytesMax = 256 * 1024 * 1024;

/** Whether a pack belongs to a slice, by its name. */
export function isInSlice(slice: DataSlice | undefined, name: string): boolean {
  return slice !== undefined && Number.parseInt(name.slice(0, 2), 16) % slice.of === slice.slice;
}

export async function readPacks(
  repository: Repository,
  index: BlobIndex,
  list: FindingsList,
  { present }: CheckedPacks,
  options: VerifyOptions & { readonly slice: DataSlice | undefined },
): Promise<{ readonly packsRead: number; readonly bytesRead: number }> {
  const { slice, cursor, signal } = options;
  const after = slice?.slice === cursor?.slice && slice?.of === cursor?.of ? (cursor?.pack ?? '') : '';
  const wanted: number[] = [];
  for (const { number, id } of index.packs()) {
    const isWanted = (isInSlice(slice, id) && id > after) || options.packs?.has(id) === true;
    if (isWanted && present.has(number)) wanted.push(number);
  }
  const names = new Map(wanted.map((number) => [number, index.pack(number).id]));
  wanted.sort((a, b) => ((names.get(a) ?? '') < (names.get(b) ?? '') ? -1 : 1));
  names.clear();
  const pace = new Pace(options.bytesPerSecond, signal);
  const checker = new PackChecker(repository);
  let packsRead = 0;
  let bytesRead = 0;
  try {
    for (const number of wanted) {
      signal?.throwIfAborted();
      const pack = index.pack(number);
      const bytes = await readPack(repository.target, index, pack, list, checker, signal);
      packsRead += bytes > 0 ? 1 : 0;
      bytesRead += bytes;
      options.progress?.({ stage: 'data', done: packsRead, all: wanted.length, bytes: bytesRead });
      if (slice !== undefined) {
        await options.saveCursor?.({ slice: slice.slice, of: slice.of, pack: pack.id });
      }
      await pace.after(bytes);
    }
  } finally {
    await checker.close();
  }
  return { packsRead, bytesRead };
}

/** Gives the bytes read. */
async function readPack(
  target: Target,
  index: BlobIndex,
  pack: IndexedPack,
  list: FindingsList,
  checker: PackChecker,
  signal?: AbortSignal,
): Promise<number> {
  const file = { kind: 'pack', name: pack.id } as const;
  if (pack.bytes > packBytesMax) {
    const detail = `Pack ${pack.id.slice(0, 12)} has ${pack.bytes} bytes, more than is read at once here.`;
    list.add(finding('not looked at', file, detail));
    return 0;
  }
  const expected = index.blobsOf(pack.number);
  for (let attempt = 1; ; attempt += 1) {
    let bytes: Buffer;
    try {
      bytes = await target.read('pack', pack.id, undefined, signal);
    } catch (error) {
      if (isTargetFailure(error, 'cold')) {
        list.add(finding('not looked at', file, `Pack ${pack.id.slice(0, 12)} is on cold storage.`));
        return 0;
      }
      const found = findingOf(file, error);
      if (found === undefined) throw error;
      list.markPack(pack);
      const gone = `Pack ${pack.id.slice(0, 12)} is gone.`;
      list.add(
        found === 'gone' ? finding('missing', file, gone, pack.blobs) : { ...found, blobs: pack.blobs },
      );
      return 0;
    }
    const length = bytes.length;
    const check = await checker.check(pack.id, bytes, expected);
    const isGood = check.isWhole && check.header === undefined && check.broken.length === 0;
    // What was damaged on its way comes right the second time.
    if (!isGood && attempt === 1) continue;
    if (!isGood) note(pack, check, list);
    return length;
  }
}

function note(pack: IndexedPack, check: PackCheck, list: FindingsList): void {
  const file = { kind: 'pack', name: pack.id } as const;
  const name = `Pack ${pack.id.slice(0, 12)}`;
  // Entries of a pack come in the order of its blobs.
  for (const at of check.broken) list.markBlob(pack.first + at);
  const broken = check.broken.length;
  const cost =
    broken === 0
      ? 'all of its blobs can still be read'
      : `${broken} of its ${pack.blobs} blobs cannot be read any more`;
  if (!check.isWhole) {
    list.add(finding('wrong content', file, `${name} was changed since it was written; ${cost}.`, broken));
  } else if (check.header === undefined) {
    list.add(finding('broken blob', file, `${name} is as it was written, but ${cost}.`, broken));
  } else {
    const detail = `${name} is whole, but ${check.header}; going by the index ${cost}.`;
    list.add(finding('index disagrees', file, detail, broken));
  }
}

const pieceBytes = 8 * 1024 * 1024;

export async function readParity(
  target: Target,
  list: FindingsList,
  slice: DataSlice,
  options: VerifyOptions,
): Promise<void> {
  const { signal } = options;
  const pace = new Pace(options.bytesPerSecond, signal);
  for await (const { name, bytes } of target.list('parity', signal)) {
    if (!isInSlice(slice, name)) continue;
    const file = { kind: 'parity', name } as const;
    const hash = createHash('sha256');
    try {
      for (let offset = 0; offset < bytes; offset += pieceBytes) {
        const length = Math.min(pieceBytes, bytes - offset);
        hash.update(await target.read('parity', name, { offset, length }, signal));
        await pace.after(length);
      }
    } catch (error) {
      const found = findingOf(file, error);
      if (found === undefined) throw error;
      if (found !== 'gone') list.add(found);
      continue;
    }
    if (hash.digest('hex') !== name) {
      const detail = `The ${fileInWords(file)} was changed since it was written; it is to be made anew.`;
      list.add(finding('wrong content', file, detail));
    }
  }
}
