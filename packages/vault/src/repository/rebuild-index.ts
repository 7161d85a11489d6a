/** Makes the index anew from the headers of the packs (restic: internal/repository/repair_index.go). */
import { writeIndexFile, type IndexPack } from '../format/index-file.ts';
import {
  decodePackHeader,
  packFileBytes,
  packTrailerBytes,
  sealedHeaderBytes,
} from '../format/pack-header.ts';
import { isTargetFailure } from '../target/target.ts';
import { RepositoryDamagedError } from './repository-errors.ts';
import { openingFile } from './repository-files.ts';
import type { RepositoryLock } from './repository-lock.ts';
import type { Repository } from './repository.ts';

export interface RebuildOptions {
  /** Read every header again, not only those of packs that no index lists or whose size is wrong. */
  readonly everything?: boolean;
  readonly signal?: AbortSignal;
}

export interface RebuildReport {
  /** That the index lists now. */
  readonly packs: number;
  readonly packsAdded: readonly string[];
  /** Listed before, but not there. */
  readonly packsMissing: readonly string[];
  /** Files under the name of a pack whose header cannot be read: they stay where they are. */
  readonly packsUnreadable: readonly string[];
}

const blobsPerIndex = 50_000;
/** Read at once at the end of a pack: enough for the header of most. */
const tailBytes = 64 * 1024;

/** Needs an exclusive lock. Killed at any point it leaves an index that lists no less than before. */
export async function rebuildIndex(
  repository: Repository,
  lock: RepositoryLock,
  options: RebuildOptions = {},
): Promise<RebuildReport> {
  if (!lock.isExclusive) throw new RangeError('rebuilding the index needs an exclusive lock');
  const signal = AbortSignal.any([lock.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const old = await repository.loadIndex({ onDamaged: () => undefined, signal });
  const oldFiles: string[] = [];
  for await (const { name } of repository.target.list('index', signal)) oldFiles.push(name);
  const there = new Set<string>();
  const added: string[] = [];
  const unreadable: string[] = [];
  const written = new Set<string>();
  let packs = 0;
  let waiting: IndexPack[] = [];
  let waitingBlobs = 0;
  const write = async (): Promise<void> => {
    if (waiting.length === 0) return;
    written.add(await repository.writeUnpacked('index', writeIndexFile(waiting), { signal }));
    waiting = [];
    waitingBlobs = 0;
  };
  for await (const { name, bytes } of repository.target.list('pack', signal)) {
    signal.throwIfAborted();
    there.add(name);
    const [known, ...contradicting] = old.packNumbersOf(name);
    const isKnown = known !== undefined && contradicting.length === 0 && old.pack(known).bytes === bytes;
    try {
      const blobs =
        isKnown && options.everything !== true
          ? old.blobsOf(known)
          : await readPackHeader(repository, name, bytes, signal);
      waiting.push({ id: name, blobs });
      waitingBlobs += blobs.length;
      packs += 1;
      if (known === undefined) added.push(name);
      if (waitingBlobs >= blobsPerIndex) await write();
    } catch (error) {
      if (!(error instanceof RepositoryDamagedError)) throw error;
      unreadable.push(name);
    }
  }
  await write();
  for (const name of oldFiles) {
    signal.throwIfAborted();
    if (!written.has(name)) await repository.target.remove('index', name, signal);
  }
  const missing = new Set<string>();
  for (const { id } of old.packs()) if (!there.has(id)) missing.add(id);
  await repository.loadIndex({ signal });
  return { packs, packsAdded: added, packsMissing: [...missing], packsUnreadable: unreadable };
}

/** What a pack itself says is in it. Throws RepositoryDamagedError. */
async function readPackHeader(
  repository: Repository,
  pack: string,
  fileBytes: number,
  signal?: AbortSignal,
): Promise<IndexPack['blobs']> {
  try {
    const read = (bytes: number): Promise<Buffer> =>
      repository.target.read('pack', pack, { offset: fileBytes - bytes, length: bytes }, signal);
    let tail = await read(Math.min(tailBytes, fileBytes));
    const bytes = openingFile('pack', pack, () =>
      sealedHeaderBytes(tail.subarray(Math.max(0, tail.length - packTrailerBytes)), fileBytes),
    );
    if (bytes + packTrailerBytes > tail.length) tail = await read(bytes + packTrailerBytes);
    const end = tail.length - packTrailerBytes;
    const sealed = tail.subarray(end - bytes, end);
    const blobs = openingFile('pack', pack, () => decodePackHeader(repository.sealer.open(sealed)));
    if (packFileBytes(blobs) !== fileBytes) {
      throw new RepositoryDamagedError('pack', pack, 'it has not the size that its header says');
    }
    return blobs;
  } catch (error) {
    if (!isTargetFailure(error, 'short')) throw error;
    throw new RepositoryDamagedError('pack', pack, 'it is cut off', { cause: error });
  }
}
