/**
 * One process at a time owns a data folder. The lock is SQLite's own on a file: the operating system gives it back
 * when the process ends, by kill -9 too, so there is never a stale one to clear. A note beside it says who holds it.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import Type from 'typebox';
import Value from 'typebox/value';

const holderSchema = Type.Object({
  pid: Type.Integer(),
  /** What the process does: 'start', or the name of the command. */
  work: Type.String(),
});
export type LockHolder = Type.Static<typeof holderSchema>;

const lockFile = 'gridkeep.lock';
const holderFile = 'gridkeep.pid';
/** SQLITE_BUSY */
const busy = 5;

/** Another process owns the data folder; `holder` is absent in the moment between its lock and its note. */
export class DataFolderInUseError extends Error {
  override readonly name = 'DataFolderInUseError';
  readonly holder: LockHolder | undefined;
  constructor(folder: string, holder: LockHolder | undefined) {
    const who = holder === undefined ? 'another process' : `process ${holder.pid} (gridkeep ${holder.work})`;
    super(`the data folder ${folder} is in use by ${who}`);
    this.holder = holder;
  }
}

export interface DataLock {
  release(): void;
}

/** Takes the lock of an existing folder. Throws a DataFolderInUseError when another process has it. */
export function lockDataFolder(folder: string, work: string): DataLock {
  const database = new DatabaseSync(join(folder, lockFile), { timeout: 0 });
  try {
    // The rollback journal's lock is on the file itself; nothing is ever written under it.
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw error;
    throw new DataFolderInUseError(folder, readHolder(folder));
  }
  writeHolder(folder, { pid: process.pid, work });
  return {
    release: () => {
      rmSync(join(folder, holderFile), { force: true });
      database.close();
    },
  };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === busy;
}

function writeHolder(folder: string, holder: LockHolder): void {
  const path = join(folder, holderFile);
  writeFileSync(`${path}.new`, JSON.stringify(holder), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function readHolder(folder: string): LockHolder | undefined {
  try {
    const holder: unknown = JSON.parse(readFileSync(join(folder, holderFile), 'utf8'));
    return Value.Check(holderSchema, holder) ? holder : undefined;
  } catch {
    // Gone or half written: the lock alone decides, the note is only for the message.
    return undefined;
  }
}
