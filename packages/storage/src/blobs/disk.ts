/** The few things the store asks of the file system, so that tests can hand in one that is full or failing. */
import fs from 'node:fs';
import { promisify } from 'node:util';

export interface DiskFile {
  /** Fills `into` from `position`; returns fewer bytes only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Writes all of it or throws; after a throw any part of it may stand in the file. */
  write(pieces: readonly Uint8Array[], position: number): Promise<void>;
  datasync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

export interface Disk {
  /** 'create' fails with EEXIST when the file is there; the others fail with ENOENT when it is not. */
  open(path: string, mode: 'read' | 'write' | 'create'): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  /** Absent is fine. */
  remove(path: string): Promise<void>;
  /** Makes creations, renames and removals in the folder durable. */
  syncFolder(folder: string): Promise<void>;
}

const open = promisify(fs.open);
const close = promisify(fs.close);
const fdatasync = promisify(fs.fdatasync);
const fsync = promisify(fs.fsync);
const ftruncate = promisify(fs.ftruncate);
const fstat = promisify(fs.fstat);

function readOnce(fd: number, into: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, into, 0, into.length, position, (error, count) => (error ? reject(error) : resolve(count)));
  });
}

function writeOnce(fd: number, pieces: readonly Uint8Array[], position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.writev(fd, pieces, position, (error, count) => (error ? reject(error) : resolve(count)));
  });
}

/** What is left of the pieces after `count` bytes of them, without empty ones. */
function piecesAfter(pieces: readonly Uint8Array[], count: number): Uint8Array[] {
  const rest: Uint8Array[] = [];
  let skip = count;
  for (const piece of pieces) {
    if (skip >= piece.length) skip -= piece.length;
    else {
      rest.push(skip > 0 ? piece.subarray(skip) : piece);
      skip = 0;
    }
  }
  return rest;
}

class NodeFile implements DiskFile {
  readonly #fd: number;
  constructor(fd: number) {
    this.#fd = fd;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    let done = 0;
    while (done < into.length) {
      const count = await readOnce(this.#fd, done > 0 ? into.subarray(done) : into, position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  async write(pieces: readonly Uint8Array[], position: number): Promise<void> {
    let rest: readonly Uint8Array[] = piecesAfter(pieces, 0);
    let at = position;
    while (rest.length > 0) {
      const count = await writeOnce(this.#fd, rest, at);
      if (count === 0) throw new Error('the file system wrote nothing and gave no reason');
      at += count;
      rest = piecesAfter(rest, count);
    }
  }

  datasync(): Promise<void> {
    return fdatasync(this.#fd);
  }

  truncate(bytes: number): Promise<void> {
    return ftruncate(this.#fd, bytes);
  }

  async size(): Promise<number> {
    return (await fstat(this.#fd)).size;
  }

  close(): Promise<void> {
    return close(this.#fd);
  }
}

const openFlags = { read: 'r', write: 'r+', create: 'wx+' } as const;

export const nodeDisk: Disk = {
  open: async (path, mode) => new NodeFile(await open(path, openFlags[mode], 0o600)),
  rename: (from, to) => fs.promises.rename(from, to),
  remove: (path) => fs.promises.rm(path, { force: true }),
  syncFolder: async (folder) => {
    const fd = await open(folder, 'r');
    try {
      await fsync(fd);
    } finally {
      await close(fd);
    }
  },
};

/** The `code` of a system error such as ENOENT or ENOSPC. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
