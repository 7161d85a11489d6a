/** A shelf in a folder: another disk or a network mount. */
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, type Disk } from './disk.ts';
import { packSuffix } from './open-packs.ts';
import { isPackName } from './pack-format.ts';
import { ShelfError, type PackShelf } from './pack-shelf.ts';

const copyBytes = 1024 * 1024;
const partSuffix = '.part';

export async function openFolderShelf(folder: string, disk: Disk): Promise<PackShelf> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const file of await readdir(folder)) {
    if (file.endsWith(partSuffix)) await disk.remove(join(folder, file));
  }
  const path = (name: string): string => join(folder, name + packSuffix);
  return {
    async save(name, source, signal) {
      const part = path(name) + partSuffix;
      await failing(async () => {
        await disk.remove(part);
        const file = await disk.open(part, 'create');
        try {
          for (let at = 0; at < source.size; at += copyBytes) {
            signal?.throwIfAborted();
            await file.write([await source.read(at, Math.min(copyBytes, source.size - at))], at);
          }
          await file.datasync();
        } finally {
          await file.close();
        }
        await disk.rename(part, path(name));
        await disk.syncFolder(folder);
      });
    },
    read: (name, offset, length) =>
      failing(async () => {
        const file = await disk.open(path(name), 'read');
        try {
          const into = Buffer.allocUnsafe(length);
          return into.subarray(0, await file.read(into, offset));
        } finally {
          await file.close();
        }
      }),
    async *list(after = '') {
      const names = (await failing(() => readdir(folder)))
        .filter((file) => file.endsWith(packSuffix))
        .map((file) => file.slice(0, -packSuffix.length))
        .filter((name) => isPackName(name) && name > after)
        .sort();
      for (const name of names) {
        const { size } = await failing(() => stat(path(name)));
        yield { name, bytes: size };
      }
    },
    remove: (name) => failing(() => disk.remove(path(name))),
  };
}

async function failing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    throw new ShelfError(code === 'ENOENT' ? 'absent' : 'passing', `shelf folder: ${code}`, { cause: error });
  }
}
