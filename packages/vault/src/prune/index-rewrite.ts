/** Replaces index files that name packs which go. The new ones are durable before the old ones are removed. */
import { writeIndexFile, type IndexPack } from '../format/index-file.ts';
import type { BlobIndex, IndexedPack } from '../repository/blob-index.ts';
import type { Repository } from '../repository/repository.ts';

/** restic closes an index at so many. */
const blobsPerIndex = 50_000;
/** Index files below are put together once there are `smallFilesMin` of them: every one is a read at each opening. */
const smallFileBlobs = 5000;
const smallFilesMin = 16;

/**
 * Index files that are to go: those that name a pack that goes; those that say nothing new, which a killed prune left; and, with
 * `mergeSmall`, small ones when they are many.
 */
export function filesToReplace(
  index: BlobIndex,
  goingPacks: ReadonlySet<number>,
  options: { readonly frozen: ReadonlySet<string>; readonly mergeSmall: boolean },
): Set<string> {
  const files = new Map<string, IndexedPack[]>(index.indexFiles().map((file) => [file, []]));
  const names = new Map<number, number>();
  for (const pack of index.packs()) {
    names.set(pack.number, pack.indexFiles.length);
    for (const file of pack.indexFiles) files.get(file)?.push(pack);
  }
  const sizes = new Map(
    [...files].map(([file, packs]) => [file, packs.reduce((sum, p) => sum + p.blobs, 0)]),
  );
  const mayGo = [...files.keys()]
    .filter((file) => !options.frozen.has(file))
    .sort((a, b) => (sizes.get(a) ?? 0) - (sizes.get(b) ?? 0));
  const replaced = new Set<string>();
  const replace = (file: string): void => {
    replaced.add(file);
    for (const { number } of files.get(file) ?? []) names.set(number, (names.get(number) ?? 0) - 1);
  };
  for (const file of mayGo)
    if (files.get(file)?.some(({ number }) => goingPacks.has(number)) === true) replace(file);
  // Only then: what says the same as a file that goes is the one that stays.
  for (const file of mayGo) {
    if (replaced.has(file)) continue;
    if (files.get(file)?.every(({ number }) => (names.get(number) ?? 0) > 1) === true) replace(file);
  }
  const small = mayGo.filter((file) => (sizes.get(file) ?? 0) < smallFileBlobs);
  if (options.mergeSmall && small.length >= smallFilesMin) for (const file of small) replaced.add(file);
  return replaced;
}

/** Writes indexes for the packs that stay and that only files to be replaced name. Returns how many. */
export async function writeRemaining(
  repository: Pick<Repository, 'writeUnpacked'>,
  index: BlobIndex,
  goingPacks: ReadonlySet<number>,
  replaced: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<number> {
  let written = 0;
  let packs: IndexPack[] = [];
  let blobs = 0;
  const write = async (): Promise<void> => {
    if (packs.length === 0) return;
    signal.throwIfAborted();
    await repository.writeUnpacked('index', writeIndexFile(packs));
    written += 1;
    packs = [];
    blobs = 0;
  };
  for (const pack of index.packs()) {
    if (goingPacks.has(pack.number) || pack.indexFiles.some((file) => !replaced.has(file))) continue;
    if (blobs > 0 && blobs + pack.blobs > blobsPerIndex) await write();
    packs.push({ id: pack.id, blobs: index.blobsOf(pack.number) });
    blobs += pack.blobs;
  }
  await write();
  return written;
}
