/** Blocks of remote packs kept on local disk, bounded in bytes, the longest unused going first. */
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** Neighbouring blobs were stored together and are often read together. */
export const cacheBlockBytes = 1024 * 1024;
const crcBytes = 4;

interface Kept {
  readonly bytes: number;
}

/** Losing it, or any part of it, costs only time: every block carries a checksum and is fetched again. */
export class BlockCache {
  readonly #folder: string;
  readonly #bytesMax: number;
  // In the order of last use, oldest first. Its size is bounded by bytesMax / cacheBlockBytes and small files.
  readonly #kept = new Map<string, Kept>();
  readonly #fetching = new Map<string, Promise<Buffer>>();
  #bytes = 0;

  private constructor(folder: string, bytesMax: number) {
    this.#folder = folder;
    this.#bytesMax = bytesMax;
  }

  static async open(folder: string, bytesMax: number): Promise<BlockCache> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const cache = new BlockCache(folder, bytesMax);
    const files: { file: string; bytes: number; used: number }[] = [];
    for (const file of await readdir(folder)) {
      const { size, mtimeMs } = await stat(join(folder, file));
      if (file.endsWith('.part')) await rm(join(folder, file), { force: true });
      else files.push({ file, bytes: size, used: mtimeMs });
    }
    files.sort((a, b) => a.used - b.used);
    for (const { file, bytes } of files) cache.#note(file, bytes);
    await cache.#trim();
    return cache;
  }

  /** One block, from the cache or by `fetch`; asked for twice at the same time it is fetched once. */
  async block(pack: string, number: number, fetch: () => Promise<Buffer>): Promise<Buffer> {
    const file = `${pack}-${number}`;
    const earlier = this.#fetching.get(file);
    if (earlier !== undefined) return earlier;
    const finding = this.#find(file, fetch);
    this.#fetching.set(file, finding);
    try {
      return await finding;
    } finally {
      this.#fetching.delete(file);
    }
  }

  async #find(file: string, fetch: () => Promise<Buffer>): Promise<Buffer> {
    const kept = this.#kept.get(file);
    if (kept !== undefined) {
      this.#note(file, kept.bytes);
      const bytes = await readChecked(join(this.#folder, file));
      if (bytes !== undefined) return bytes;
      this.#drop(file);
    }
    const bytes = await fetch();
    // A cache that cannot be written (a full disk) is only slow.
    await this.#keep(file, bytes).catch(() => undefined);
    return bytes;
  }

  async #keep(file: string, bytes: Buffer): Promise<void> {
    const crc = Buffer.alloc(crcBytes);
    crc.writeUInt32LE(crc32(bytes));
    const path = join(this.#folder, file);
    await writeFile(`${path}.part`, Buffer.concat([bytes, crc]), { mode: 0o600 });
    await rename(`${path}.part`, path);
    this.#note(file, bytes.length + crcBytes);
    await this.#trim();
  }

  #note(file: string, bytes: number): void {
    this.#drop(file);
    this.#kept.set(file, { bytes });
    this.#bytes += bytes;
  }

  #drop(file: string): void {
    this.#bytes -= this.#kept.get(file)?.bytes ?? 0;
    this.#kept.delete(file);
  }

  async #trim(): Promise<void> {
    for (const file of this.#kept.keys()) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#drop(file);
      await rm(join(this.#folder, file), { force: true });
    }
  }

  async forget(pack: string): Promise<void> {
    for (const file of [...this.#kept.keys()]) {
      if (!file.startsWith(`${pack}-`)) continue;
      this.#drop(file);
      await rm(join(this.#folder, file), { force: true });
    }
  }

  get bytes(): number {
    return this.#bytes;
  }
}

async function readChecked(path: string): Promise<Buffer | undefined> {
  try {
    const bytes = await readFile(path);
    const content = bytes.subarray(0, -crcBytes);
    return bytes.length >= crcBytes && crc32(content) === bytes.readUInt32LE(content.length)
      ? content
      : undefined;
  } catch {
    return undefined;
  }
}
