/** A folder on slow storage (a tape library, a disk that sleeps) whose packs are copied to a fast one before they are read. */
import { mkdir, readdir, rm, stat, writeFile, rename, open } from 'node:fs/promises';
import { join } from 'node:path';
import { isFileName } from './file-paths.ts';
import { openFolderTarget } from './folder-target.ts';
import { TargetError, type ColdStorage, type FileKind, type FileRange, type Target } from './target.ts';

export interface ColdFolderOptions {
  /** Folder on fast storage for the packs that were asked for; for these alone. */
  readonly staging: string;
  /** Staged packs older than that are removed at opening. Default 7 days. */
  readonly keepMs?: number;
}

const keepMsDefault = 7 * 86_400_000;

export async function openColdFolderTarget(path: string, options: ColdFolderOptions): Promise<Target> {
  const slow = await openFolderTarget(path);
  await mkdir(options.staging, { recursive: true });
  const staging = new Staging(slow, options.staging);
  await staging.removeOlder(Date.now() - (options.keepMs ?? keepMsDefault));
  return {
    description: slow.description,
    list: (kind, signal) => slow.list(kind, signal),
    read: (kind, name, range, signal) =>
      kind === 'pack' ? staging.read(name, range) : slow.read(kind, name, range, signal),
    save: (kind, name, bytes, how) => slow.save(kind, name, bytes, how),
    remove: async (kind: FileKind, name: string, signal?: AbortSignal) => {
      await slow.remove(kind, name, signal);
      if (kind === 'pack') await staging.remove(name);
    },
    cold: staging,
    close: async () => {
      await staging.close();
      await slow.close();
    },
  };
}

class Staging implements ColdStorage {
  readonly description: string;
  readonly #slow: Target;
  readonly #folder: string;
  /** One at a time, in the order in which they were asked for: slow storage hates to seek. */
  #queue: Promise<void> = Promise.resolve();
  readonly #fetching = new Set<string>();
  readonly #closing = new AbortController();

  constructor(slow: Target, folder: string) {
    this.#slow = slow;
    this.#folder = folder;
    this.description = slow.description;
  }

  async availability(pack: string): Promise<'ready' | 'cold' | 'fetching'> {
    if (this.#fetching.has(pack)) return 'fetching';
    return (await this.#isStaged(pack)) ? 'ready' : 'cold';
  }

  /** One that could not be copied is 'cold' again. */
  async fetch(pack: string): Promise<void> {
    if (this.#fetching.has(pack) || (await this.#isStaged(pack))) return;
    this.#fetching.add(pack);
    this.#queue = this.#queue
      .then(() => this.#copy(pack))
      .catch(() => undefined)
      .finally(() => this.#fetching.delete(pack));
  }

  async #copy(pack: string): Promise<void> {
    const { signal } = this.#closing;
    signal.throwIfAborted();
    const bytes = await this.#slow.read('pack', pack, undefined, signal);
    const unfinished = `${this.#path(pack)}.part`;
    // Whole or not at all; not flushed, since it is a copy.
    await writeFile(unfinished, bytes);
    await rename(unfinished, this.#path(pack));
  }

  async read(pack: string, range: FileRange | undefined): Promise<Buffer> {
    const file = await open(this.#path(pack)).catch((error: unknown) => {
      if (isMissing(error)) throw new TargetError('cold', `pack ${pack} has to be fetched first`);
      throw new TargetError('passing', `pack ${pack} is not readable where it was fetched to`, {
        cause: error,
      });
    });
    try {
      if (range === undefined) return await file.readFile();
      const bytes = Buffer.allocUnsafe(range.length);
      let done = 0;
      while (done < range.length) {
        const { bytesRead } = await file.read(bytes, done, range.length - done, range.offset + done);
        if (bytesRead === 0) throw new TargetError('short', `pack ${pack} ends too early`);
        done += bytesRead;
      }
      return bytes;
    } finally {
      await file.close();
    }
  }

  async remove(pack: string): Promise<void> {
    await rm(this.#path(pack), { force: true });
  }

  async removeOlder(before: number): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      const pack = name.replace(/\.part$/, '');
      if (!isFileName('pack', pack)) continue;
      const path = join(this.#folder, name);
      const isOld = ((await stat(path).catch(() => undefined))?.mtimeMs ?? 0) < before;
      if (isOld) await rm(path, { force: true });
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#queue;
  }

  async #isStaged(pack: string): Promise<boolean> {
    return (await stat(this.#path(pack)).catch(() => undefined)) !== undefined;
  }

  #path(pack: string): string {
    if (!isFileName('pack', pack)) throw new RangeError(`no pack has the name ${JSON.stringify(pack)}`);
    return join(this.#folder, pack);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
