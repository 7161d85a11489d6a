/** What a save reads from the blob store; content that is gone is noted and left out, so that the rest can be saved. */
import type { ArchiveAsset } from '@gridkeep/content/archives/asset-entries';
import { AssetTypes, parseAssetType } from '@gridkeep/content/assets/asset-kinds';
import type { BlobId, BlobStore } from '@gridkeep/storage/blobs/blob-store';
import { BlobDamagedError } from '@gridkeep/storage/blobs/blob-store';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { AssetClosure } from './asset-closure.ts';

/** A record whose content is gone or damaged. */
export interface LostContent {
  readonly what: 'asset' | 'object' | 'terrain';
  readonly id: Uuid;
  readonly name: string;
  readonly blobId: BlobId;
}

const lostListedMax = 1000;

export class SavedContent {
  readonly #blobs: BlobStore;
  readonly #lost: LostContent[] = [];
  #lostCount = 0;
  #assets = 0;

  constructor(blobs: BlobStore) {
    this.#blobs = blobs;
  }

  /** The first 1000. */
  get lost(): readonly LostContent[] {
    return this.#lost;
  }

  get lostCount(): number {
    return this.#lostCount;
  }

  /** Assets given out so far. */
  get assets(): number {
    return this.#assets;
  }

  async read(wanted: LostContent): Promise<Uint8Array | undefined> {
    const bytes = await this.#get(wanted.blobId);
    if (bytes !== undefined) return bytes;
    this.#lostCount += 1;
    if (this.#lost.length < lostListedMax) this.#lost.push(wanted);
    return undefined;
  }

  /** Every asset that the closure reaches and that is there. */
  async *assetsOf(closure: AssetClosure): AsyncGenerator<ArchiveAsset> {
    for await (const { id, name, blobId, type } of closure.records()) {
      const bytes = await this.read({ what: 'asset', id, name, blobId });
      if (bytes === undefined) continue;
      this.#assets += 1;
      yield { id, type: parseAssetType(type) ?? AssetTypes.unknown, bytes };
    }
  }

  async #get(id: BlobId): Promise<Uint8Array | undefined> {
    try {
      return await this.#blobs.get(id);
    } catch (error) {
      if (error instanceof BlobDamagedError) return undefined;
      throw error;
    }
  }
}
