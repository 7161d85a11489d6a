/** Read handles of local packs: opened when needed, kept open for the next reader, bounded. */
import { join } from 'node:path';
import type { ByteSource } from './byte-source.ts';
import { errorCode, type Disk, type DiskFile } from './disk.ts';

export const packSuffix = '.pack';
export const spoolSuffix = '.spool';

/** The pack is not there (any more): it may have been compacted away, so look the blob up again. */
export class PackGoneError extends Error {
  override readonly name = 'PackGoneError';
  constructor(pack: string) {
    super(`pack ${pack} is not there`);
  }
}

/** A pack held for reading: it can be read until released, even when it is removed meanwhile. */
export interface PackLease extends ByteSource {
  /** `into`: room that the bytes may be put into, if there is enough of it. */
  read(offset: number, length: number, into?: Buffer): Promise<Buffer>;
  release(): void;
}

interface Handle {
  readonly file: DiskFile;
  users: number;
  isForgotten: boolean;
}

const handlesMax = 64;

export class OpenPacks {
  readonly #disk: Disk;
  readonly #folder: string;
  // In the order of last use, oldest first.
  readonly #handles = new Map<string, Promise<Handle>>();

  constructor(disk: Disk, folder: string) {
    this.#disk = disk;
    this.#folder = folder;
  }

  path(name: string): string {
    return join(this.#folder, name + packSuffix);
  }

  /** `size` as far as the caller wants to see of the pack; its file may be longer. Throws PackGoneError. */
  async lease(name: string, size: number): Promise<PackLease> {
    const handle = await this.#handle(name);
    handle.users += 1;
    let isReleased = false;
    return {
      size,
      read: async (offset, length, room) => {
        const wanted = Math.max(0, Math.min(length, size - offset));
        const isRoomy = room !== undefined && room.length >= wanted;
        const into = isRoomy ? room.subarray(0, wanted) : Buffer.allocUnsafe(wanted);
        const count = await handle.file.read(into, offset);
        return count === into.length ? into : into.subarray(0, count);
      },
      release: () => {
        if (isReleased) return;
        isReleased = true;
        handle.users -= 1;
        closeWhenUnused(handle);
      },
    };
  }

  async #handle(name: string): Promise<Handle> {
    const known = this.#handles.get(name);
    const opening = known ?? this.#open(name);
    this.#handles.delete(name);
    this.#handles.set(name, opening);
    this.#trim();
    return opening;
  }

  async #open(name: string): Promise<Handle> {
    try {
      return { file: await this.#disk.open(this.path(name), 'read'), users: 0, isForgotten: false };
    } catch (error) {
      this.#handles.delete(name);
      if (errorCode(error) === 'ENOENT') throw new PackGoneError(name);
      throw error;
    }
  }

  #trim(): void {
    for (const name of this.#handles.keys()) {
      if (this.#handles.size <= handlesMax) return;
      this.forget(name);
    }
  }

  /** To be called when a pack is removed; those who read it go on reading. */
  forget(name: string): void {
    const opening = this.#handles.get(name);
    if (opening === undefined) return;
    this.#handles.delete(name);
    opening.then(
      (handle) => {
        handle.isForgotten = true;
        closeWhenUnused(handle);
      },
      () => undefined,
    );
  }

  close(): void {
    for (const name of [...this.#handles.keys()]) this.forget(name);
  }
}

function closeWhenUnused(handle: Handle): void {
  if (!handle.isForgotten || handle.users > 0) return;
  handle.isForgotten = false;
  handle.file.close().catch(() => undefined);
}
