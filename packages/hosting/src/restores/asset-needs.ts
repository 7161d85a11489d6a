/**
 * The assets that restored content needs, with what these name in turn, and so on: those that the grid has not are found in
 * the snapshot and restored along. One whose content is lost gets it back.
 */
import { detachedText, detachedUuid } from '@gridkeep/content/archives/detached';
import { assetKind, parseAssetType } from '@gridkeep/content/assets/asset-kinds';
import type { AssetReference } from '@gridkeep/content/assets/asset-reference';
import { isBuiltIn, isStockTerrainTexture } from '@gridkeep/content/assets/built-in';
import { findReferences } from '@gridkeep/content/assets/references';
import type { AssetRecord } from '@gridkeep/grid/assets/asset-record';
import type { GridServices } from '@gridkeep/grid/grid-services';
import type { Uuid } from '@gridkeep/wire/uuid';
import { zeroUuid } from '@gridkeep/wire/uuid';
import type { AssetEntry } from '../backup-layout/asset-reader.ts';
import type { GridSnapshot } from '../backup-layout/grid-snapshot-reader.ts';
import type { RecordSpool } from '../ingress/record-spool.ts';
import type { ChangeTally } from './change-tally.ts';
import type { RestoredContent } from './restored-content.ts';

const idsPerQuestion = 500;
/** References between assets are not deep; what is, was made to be. */
const roundsMax = 100;

export function compressionOf(type: number): 'auto' | 'never' {
  const known = parseAssetType(type);
  return known !== undefined && assetKind(known).alreadyCompressed ? 'never' : 'auto';
}

export class AssetNeeds {
  readonly #grid: GridServices;
  readonly #snapshot: GridSnapshot;
  readonly #content: RestoredContent;
  /** Assets that the grid lacks, for the transaction. */
  readonly #spool: RecordSpool<AssetRecord>;
  readonly #seen = new Set<Uuid>();
  #open: AssetReference[] = [];
  #wanted = new Map<Uuid, AssetReference>();

  constructor(
    grid: GridServices,
    snapshot: GridSnapshot,
    content: RestoredContent,
    spool: RecordSpool<AssetRecord>,
  ) {
    this.#grid = grid;
    this.#snapshot = snapshot;
    this.#content = content;
    this.#spool = spool;
  }

  need(references: Iterable<AssetReference>, holder: string): void {
    for (const reference of references) {
      // Every viewer has these: they come back when the snapshot has them, and are not missed.
      const isStock = isBuiltIn(reference.id) || isStockTerrainTexture(reference.id);
      const certain = reference.certain && !isStock;
      this.#add({ ...reference, certain, where: `${holder}: ${reference.where}` });
    }
  }

  /** Belongs to the content though nothing names it. */
  needAlso(id: Uuid): void {
    this.#add({ id, type: undefined, certain: true, where: 'came along with the content' });
  }

  /** Call when all was named. What cannot be had is in the tally afterwards. */
  async resolve(tally: ChangeTally, signal: AbortSignal): Promise<void> {
    for (let round = 0; this.#open.length > 0 && round < roundsMax; round += 1) {
      while (this.#open.length > 0) {
        signal.throwIfAborted();
        await this.#lookHere(this.#open.splice(0, idsPerQuestion));
      }
      await this.#lookThere(tally, signal);
    }
  }

  #add(reference: AssetReference): void {
    if (reference.id === zeroUuid || this.#seen.has(reference.id)) return;
    const id = detachedUuid(reference.id);
    this.#seen.add(id);
    this.#open.push({ ...reference, id, where: detachedText(reference.where) });
  }

  async #lookHere(batch: readonly AssetReference[]): Promise<void> {
    const found = await this.#grid.assets.findMany(batch.map((reference) => reference.id));
    const contents = await this.#grid.blobs.protect([...found.values()].map((record) => record.blobId));
    for (const reference of batch) {
      const record = found.get(reference.id);
      if (record === undefined || !contents.has(record.blobId)) this.#wanted.set(reference.id, reference);
      else if (holdsReferences(record)) this.#follow(record, await this.#grid.blobs.get(record.blobId));
    }
  }

  async #lookThere(tally: ChangeTally, signal: AbortSignal): Promise<void> {
    const wanted = this.#wanted;
    this.#wanted = new Map();
    for await (const entry of this.#snapshot.findAssets(new Set(wanted.keys()), signal)) {
      wanted.delete(entry.record.id);
      await this.#take(entry, tally);
    }
    for (const { id, where, certain } of wanted.values()) if (certain) tally.missAlready(id, where);
  }

  async #take({ record, file, place }: AssetEntry, tally: ChangeTally): Promise<void> {
    const compress = compressionOf(record.type);
    const onLost = (): void => tally.missContent(record.id, place, file);
    const content = { blobId: record.blobId, size: record.size, file, place, compress, onLost };
    await this.#spool.add(record);
    if (holdsReferences(record)) this.#follow(record, await this.#content.bring(content));
    else await this.#content.want(content);
  }

  #follow(record: AssetRecord, bytes: Uint8Array | undefined): void {
    const type = parseAssetType(record.type);
    if (type === undefined || bytes === undefined) return;
    this.need(findReferences(type, bytes).references, `${assetKind(type).name} ${record.id}`);
  }
}

function holdsReferences(record: AssetRecord): boolean {
  const type = parseAssetType(record.type);
  return type !== undefined && assetKind(type).holdsReferences;
}
