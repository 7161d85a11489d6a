/** One process at a time per folder. The lock is the operating system's lock on a SQLite file, so it ends with the process. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BlobStoreLockedError } from './maintenance.ts';

export interface FolderLock {
  release(): void;
}

const sqliteBusy = 5;

/** Throws BlobStoreLockedError when another process, or another store of this process, holds it. */
export function lockFolder(folder: string): FolderLock {
  const database = new DatabaseSync(join(folder, 'lock.db'), { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy) {
      throw new BlobStoreLockedError(folder);
    }
    throw error;
  }
  return { release: () => database.close() };
}
