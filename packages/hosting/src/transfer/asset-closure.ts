/**
 * All assets that some content needs: those it names, those that these name, and so on. Each asset is looked at once;
 * only kinds that can name others are read.
 */
import { detachedText, detachedUuid } from '@gridkeep/content/archives/detached';
import { assetKind, parseAssetType } from '@gridkeep/content/assets/asset-kinds';
import type { AssetReference } from '@gridkeep/content/assets/asset-reference';
import { isBuiltIn, isStockTerrainTexture } from '@gridkeep/content/assets/built-in';
import { findReferences } from '@gridkeep/content/assets/references';
import type { AssetRecord } from '@gridkeep/grid/assets/asset-record';
import type { Assets } from '@gridkeep/grid/assets/assets';
import type { Uuid } from '@gridkeep/wire/uuid';
import { zeroUuid } from '@gridkeep/wire/uuid';

/** Ids asked of the database at once. */
const idsPerQuestion = 500;
const missingListedMax = 1000;

export interface MissingReference {
  readonly id: Uuid;
  readonly where: string;
}

export class AssetClosure {
  readonly #assets: Assets;
  readonly #seen = new Set<Uuid>();
  #open: AssetReference[] = [];
  readonly #missing: MissingReference[] = [];
  #missingCount = 0;

  constructor(assets: Assets) {
    this.#assets = assets;
  }

  /** Certain references that the grid cannot satisfy; the first 1000 of them. */
  get missing(): readonly MissingReference[] {
    return this.#missing;
  }

  get missingCount(): number {
    return this.#missingCount;
  }

  /** `holder` says for people whose references these are. Ids that come with every viewer are passed over. */
  need(references: Iterable<AssetReference>, holder: string): void {
    for (const reference of references) {
      if (isBuiltIn(reference.id) || isStockTerrainTexture(reference.id)) continue;
      this.#add({ ...reference, where: `${holder}: ${reference.where}` });
    }
  }

  /** An asset that belongs to the content without being named by it. */
  needAlso(id: Uuid): void {
    this.#add({ id, type: undefined, certain: true, where: 'came along with the content' });
  }

  /** Every asset that is needed and here, each once. Call when everything was named. */
  async *records(): AsyncGenerator<AssetRecord> {
    while (this.#open.length > 0) {
      const batch = this.#open.splice(0, idsPerQuestion);
      const found = await this.#assets.findMany(batch.map((reference) => reference.id));
      for (const reference of batch) {
        const record = found.get(reference.id);
        if (record === undefined) {
          if (reference.certain) this.#miss(reference);
          continue;
        }
        await this.#follow(record);
        yield record;
      }
    }
  }

  #add(reference: AssetReference): void {
    if (reference.id === zeroUuid || this.#seen.has(reference.id)) return;
    // Cut out of a document, both would keep all of it in memory.
    const id = detachedUuid(reference.id);
    this.#seen.add(id);
    this.#open.push({ ...reference, id, where: detachedText(reference.where) });
  }

  async #follow(record: AssetRecord): Promise<void> {
    const type = parseAssetType(record.type);
    if (type === undefined || !assetKind(type).holdsReferences) return;
    const bytes = await this.#assets.read(record.id);
    if (bytes === undefined) return;
    this.need(findReferences(type, bytes).references, `${assetKind(type).name} ${record.id}`);
  }

  #miss({ id, where }: AssetReference): void {
    this.#missingCount += 1;
    if (this.#missing.length < missingListedMax) this.#missing.push({ id, where });
  }
}
