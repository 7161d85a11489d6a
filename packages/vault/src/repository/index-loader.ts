/** Keeps a repository's BlobIndex up to date with its index files. */
import { readIndexFile } from '../format/index-file.ts';
import type { MasterKey } from '../sealing/master-key.ts';
import type { Sealer } from '../sealing/sealer.ts';
import { isTargetFailure, type Target } from '../target/target.ts';
import { BlobIndex } from './blob-index.ts';
import { readIndexCache, writeIndexCache } from './index-cache.ts';
import { RepositoryDamagedError } from './repository-errors.ts';
import { namesOf, openingFile, readUnpackedFile } from './repository-files.ts';

export interface IndexLoadOptions {
  /** Called for an index file that cannot be read, instead of throwing. */
  readonly onDamaged?: (name: string, error: RepositoryDamagedError) => void;
  readonly signal?: AbortSignal;
}

const relistMax = 5;
const readsAhead = 3;

export class IndexLoader {
  readonly #target: Target;
  readonly #sealer: Sealer;
  readonly #key: MasterKey;
  readonly #repositoryId: string;
  readonly #cacheFolder: string | undefined;
  #index: BlobIndex | undefined;
  /** One after the other: they change the same index. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    target: Target,
    sealer: Sealer,
    key: MasterKey,
    repositoryId: string,
    cacheFolder: string | undefined,
  ) {
    this.#target = target;
    this.#sealer = sealer;
    this.#key = key;
    this.#repositoryId = repositoryId;
    this.#cacheFolder = cacheFolder;
  }

  get loaded(): BlobIndex | undefined {
    return this.#index;
  }

  load(options: IndexLoadOptions): Promise<BlobIndex> {
    const work = this.#last.then(() => this.#load(options));
    this.#last = work.catch(() => undefined);
    return work;
  }

  /** What is in memory is not what is stored: the next load begins anew. */
  forget(): void {
    this.#index = undefined;
  }

  /** After a writer noted its own index files. */
  async keep(): Promise<void> {
    if (this.#cacheFolder === undefined || this.#index === undefined) return;
    await writeIndexCache(this.#cacheFolder, this.#repositoryId, this.#key, this.#index).catch(
      () => undefined,
    );
  }

  async #load(options: IndexLoadOptions): Promise<BlobIndex> {
    let index = this.#index ?? (await this.#fromCache()) ?? new BlobIndex();
    // A writer's packs that no index names yet are in it and must stay: only what is stored is compared.
    let isChanged = false;
    let isWhole = true;
    for (let attempt = 1; ; attempt += 1) {
      const names = new Set(await namesOf(this.#target, 'index', options.signal));
      const added = [...names].filter((name) => !index.hasIndexFile(name));
      // First what is new: after a prune most packs only changed from one index file to another.
      const { isGone, isDamaged } = await this.#read(index, added, options);
      isChanged ||= added.length > 0;
      isWhole &&= !isDamaged;
      if (isGone && attempt < relistMax) continue;
      const vanished = new Set(index.indexFiles().filter((name) => !names.has(name)));
      if (vanished.size > 0) {
        index = index.without(vanished);
        isChanged = true;
      }
      break;
    }
    this.#index = index;
    if (isChanged && isWhole) await this.keep();
    return index;
  }

  async #fromCache(): Promise<BlobIndex | undefined> {
    if (this.#cacheFolder === undefined) return undefined;
    return await readIndexCache(this.#cacheFolder, this.#repositoryId, this.#key);
  }

  /** `isGone`: an index file was removed since it was listed, so the others are to be listed again. */
  async #read(
    index: BlobIndex,
    names: readonly string[],
    options: IndexLoadOptions,
  ): Promise<{ isGone: boolean; isDamaged: boolean }> {
    let isGone = false;
    let isDamaged = false;
    const waiting = names.values();
    const work = async (): Promise<void> => {
      for (const name of waiting) {
        try {
          const text = await readUnpackedFile(this.#target, this.#sealer, 'index', name, options.signal);
          addIndexFile(index, name, text);
        } catch (error) {
          if (isTargetFailure(error, 'absent')) isGone = true;
          else if (error instanceof RepositoryDamagedError && options.onDamaged !== undefined) {
            isDamaged = true;
            options.onDamaged(name, error);
          } else throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: readsAhead }, work));
    return { isGone, isDamaged };
  }
}

/** Nothing of it when it is damaged. */
function addIndexFile(index: BlobIndex, name: string, text: string): void {
  const { packs, packsToDelete } = openingFile('index', name, () => readIndexFile(text));
  index.noteIndexFile(name);
  for (const { id, blobs } of packs) index.addPack(id, blobs, name);
  for (const { id } of packsToDelete) index.notePackToDelete(id, name);
}
