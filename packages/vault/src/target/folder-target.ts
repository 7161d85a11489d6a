/** A target in a folder: another disk or a network mount. Names and modes as restic's (internal/backend/local/local.go). */
import { errorCode } from '@gridkeep/storage/blobs/disk';
import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { filePath, isFileName, kindPrefix } from './file-paths.ts';
import { TargetError, type FileKind, type FileRange, type Target, type TargetFile } from './target.ts';

export interface FolderTargetOptions {
  /** Do not make the folder: it must be there (a mount that vanished is not an empty repository). */
  readonly mustExist?: boolean;
}

const folderMode = 0o700;
const fileMode = 0o400;
const writeBytesMax = 4 * 1024 * 1024;
const statsAtOnce = 32;
/** No file of a repository is larger; packs are 4 GiB at most (offsets have 32 bits). */
const fileBytesMax = 2 ** 32;

export async function openFolderTarget(path: string, options: FolderTargetOptions = {}): Promise<Target> {
  const base = resolve(path);
  if (options.mustExist !== true) {
    await translated(base, async () => {
      await mkdir(base, { recursive: true, mode: folderMode });
      await syncFolder(dirname(base));
    });
  }
  const found = await stat(base).catch(() => undefined);
  if (found?.isDirectory() !== true) throw new TargetError('permanent', `${base} is not a folder`);
  return new FolderTarget(base, found);
}

class FolderTarget implements Target {
  readonly description: string;
  readonly #base: string;
  /** What the folder was when it was last known to be the right one. */
  #known: Pick<Stats, 'dev' | 'ino'>;
  readonly #syncs = new FolderSyncs();

  constructor(base: string, known: Stats) {
    this.#base = base;
    this.#known = known;
    this.description = `folder ${base}`;
  }

  async *list(kind: FileKind, signal?: AbortSignal): AsyncGenerator<TargetFile> {
    signal?.throwIfAborted();
    if (kind === 'config') {
      const file = await this.#sizeOf(kind, '');
      if (file !== undefined) yield file;
      return;
    }
    const folder = join(this.#base, kindPrefix(kind));
    const entries = await this.#namesIn(folder);
    const parts = kind === 'pack' ? entries.filter((name) => /^[0-9a-f]{2}$/.test(name)).sort() : [''];
    for (const part of parts) {
      const names = (part === '' ? entries : await this.#namesIn(join(folder, part))).filter(
        (name) => isFileName(kind, name) && (kind !== 'pack' || name.startsWith(part)),
      );
      for (let at = 0; at < names.length; at += statsAtOnce) {
        signal?.throwIfAborted();
        const sizes = await Promise.all(
          names.slice(at, at + statsAtOnce).map((name) => this.#sizeOf(kind, name)),
        );
        for (const file of sizes) if (file !== undefined) yield file;
      }
    }
  }

  async read(kind: FileKind, name: string, range?: FileRange, signal?: AbortSignal): Promise<Buffer> {
    const path = join(this.#base, filePath(kind, name));
    return await this.#guarded(path, async () => {
      signal?.throwIfAborted();
      const file = await open(path, constants.O_RDONLY);
      try {
        const bytes = range?.length ?? (await file.stat()).size;
        if (bytes > fileBytesMax) throw new TargetError('permanent', `${path} has ${bytes} bytes`);
        const into = Buffer.allocUnsafeSlow(bytes);
        const start = range?.offset ?? 0;
        for (let at = 0; at < bytes;) {
          const { bytesRead } = await file.read(into, at, Math.min(bytes - at, writeBytesMax), start + at);
          if (bytesRead === 0) throw new TargetError('short', `${path} ends at ${start + at}`);
          at += bytesRead;
        }
        return into;
      } finally {
        await file.close();
      }
    });
  }

  async save(
    kind: FileKind,
    name: string,
    bytes: Uint8Array,
    options: { signal?: AbortSignal } = {},
  ): Promise<void> {
    const path = join(this.#base, filePath(kind, name));
    await this.#guarded(path, async () => {
      options.signal?.throwIfAborted();
      // A name that no reader of the format takes for a file of the repository.
      const part = `${path}-tmp-${randomBytes(6).toString('hex')}`;
      try {
        await this.#writeWhole(part, bytes, options.signal);
        await rename(part, path);
      } catch (error) {
        await rm(part, { force: true }).catch(() => undefined);
        throw error;
      }
      await this.#syncs.sync(dirname(path));
    });
  }

  async remove(kind: FileKind, name: string): Promise<void> {
    const path = join(this.#base, filePath(kind, name));
    await translated(path, async () => {
      await this.#checkStillThere();
      await rm(path, { force: true });
      // Locks come and go; whether one is back after a power cut does not matter.
      if (kind !== 'lock') await this.#syncs.sync(dirname(path)).catch(ignoreAbsent);
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #writeWhole(part: string, bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const file = await this.#create(part);
    try {
      for (let at = 0; at < bytes.length;) {
        signal?.throwIfAborted();
        const { bytesWritten } = await file.write(bytes, at, Math.min(bytes.length - at, writeBytesMax));
        if (bytesWritten === 0) throw new TargetError('passing', `${part}: nothing was written`);
        at += bytesWritten;
      }
      await file.chmod(fileMode);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async #create(part: string): Promise<Awaited<ReturnType<typeof open>>> {
    try {
      return await open(part, 'wx', 0o600);
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
      // Never makes folders where the mount should be.
      await this.#checkStillThere();
      const folder = dirname(part);
      for (const missing of folder === this.#base ? [] : pathBetween(this.#base, folder)) {
        await mkdir(missing, { mode: folderMode }).catch(ignoreExisting);
        await this.#syncs.sync(dirname(missing));
      }
      return await open(part, 'wx', 0o600);
    }
  }

  async #namesIn(folder: string): Promise<string[]> {
    try {
      return await this.#guarded(folder, () => readdir(folder));
    } catch (error) {
      if (error instanceof TargetError && error.failure === 'absent') return [];
      throw error;
    }
  }

  async #sizeOf(kind: FileKind, name: string): Promise<TargetFile | undefined> {
    const path = join(this.#base, filePath(kind, name));
    try {
      const found = await this.#guarded(path, () => stat(path));
      return found.isFile() ? { name, bytes: found.size } : undefined;
    } catch (error) {
      // Removed since it was listed.
      if (error instanceof TargetError && error.failure === 'absent') return undefined;
      throw error;
    }
  }

  /** What is not there is 'absent' only while the folder itself is. */
  async #guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
    return await translated(path, async () => {
      try {
        return await work();
      } catch (error) {
        if (errorCode(error) === 'ENOENT') await this.#checkStillThere();
        throw error;
      }
    });
  }

  /** An unmounted disk leaves an empty folder behind: the same folder, or one with a repository in it, is the right one. */
  async #checkStillThere(): Promise<void> {
    const found = await stat(this.#base).catch(() => undefined);
    if (found !== undefined) {
      if (found.dev === this.#known.dev && found.ino === this.#known.ino) return;
      const config = await stat(join(this.#base, 'config')).catch(() => undefined);
      if (config?.isFile() === true) {
        this.#known = found;
        return;
      }
    }
    throw new TargetError('passing', `${this.#base} is gone: is its disk mounted?`);
  }
}

/** Flushes of one folder that are asked for while one runs share the next. */
class FolderSyncs {
  readonly #running = new Map<string, Promise<void>>();
  readonly #next = new Map<string, Promise<void>>();

  sync(folder: string): Promise<void> {
    const running = this.#running.get(folder);
    if (running === undefined) return this.#start(folder);
    const waiting = this.#next.get(folder);
    if (waiting !== undefined) return waiting;
    const next = running
      .catch(() => undefined)
      .then(() => {
        this.#next.delete(folder);
        return this.#start(folder);
      });
    this.#next.set(folder, next);
    return next;
  }

  #start(folder: string): Promise<void> {
    const work = syncFolder(folder).finally(() => {
      if (this.#running.get(folder) === work) this.#running.delete(folder);
    });
    this.#running.set(folder, work);
    return work;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some network mounts cannot flush folders (restic: internal/backend/local/local_unix.go).
    if (!['EINVAL', 'ENOTSUP', 'ENOENT'].includes(errorCode(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
}

/** The folders below `base` on the way to `folder`, outermost first. */
function pathBetween(base: string, folder: string): string[] {
  const above = dirname(folder);
  return above === base || above === folder ? [folder] : [...pathBetween(base, above), folder];
}

function ignoreExisting(error: unknown): void {
  if (errorCode(error) !== 'EEXIST') throw error;
}

function ignoreAbsent(error: unknown): void {
  if (errorCode(error) !== 'ENOENT') throw error;
}

const fullCodes = ['ENOSPC', 'EDQUOT', 'EFBIG'];
const permanentCodes = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'ELOOP', 'ENAMETOOLONG'];

async function translated<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = errorCode(error);
    // An aborted signal has a code of its own kind and is handed on.
    if (code === undefined || error instanceof TargetError || !/^E[A-Z0-9]+$/.test(code)) throw error;
    const failure =
      code === 'ENOENT'
        ? 'absent'
        : fullCodes.includes(code)
          ? 'full'
          : permanentCodes.includes(code)
            ? 'permanent'
            : 'passing';
    throw new TargetError(failure, `${path}: ${code}`, { cause: error });
  }
}
