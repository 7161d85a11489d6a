/** Opening, removing and exchanging the index file. */
import { renameSync, rmSync } from 'node:fs';
import { IndexUnreadableError } from './index-rows.ts';
import { PackIndex } from './pack-index.ts';

const suffixes = ['', '-wal', '-shm', '-journal'];

export function removeIndex(path: string): void {
  for (const suffix of suffixes) rmSync(path + suffix, { force: true });
}

/** The index, made anew when it cannot be read. `isNew` also when an earlier making was not finished. */
export function openIndex(path: string): { readonly index: PackIndex; readonly isNew: boolean } {
  try {
    const index = new PackIndex(path);
    return { index, isNew: index.fact('complete') !== 1 };
  } catch (error) {
    if (!(error instanceof IndexUnreadableError)) throw error;
    removeIndex(path);
    return { index: new PackIndex(path), isNew: true };
  }
}

/** Puts a finished index in the place of another and opens it there; nothing else runs in between. */
export function exchangeIndex(old: PackIndex, made: PackIndex): PackIndex {
  const { path } = old;
  made.close();
  old.abandon();
  removeIndex(path);
  renameSync(made.path, path);
  return new PackIndex(path);
}
