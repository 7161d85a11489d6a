/**
 * A grid's assets as other grids may use them: no deleting, kinds that may not leave or come in, creators by full name.
 * Source: OpenSim/Services/HypergridService/HGAssetService.cs.
 */
import { AssetTypes, assetKind, parseAssetType } from '@gridkeep/content/assets/asset-kinds';
import type { Uuid } from '@gridkeep/wire/uuid';
import { LRUCache } from 'lru-cache';
import type { Accounts } from '../accounts/accounts.ts';
import type { AssetRecord, CreateResult } from '../assets/asset-record.ts';
import { AssetRefusedError } from '../assets/assets.ts';
import type { Assets, NewAsset } from '../assets/assets.ts';
import type { ServedAssets } from '../assets/assets-robust.ts';
import type { OwnAddress } from '../own-address.ts';
import type { ForeignUploads } from './foreign-uploads.ts';
import { outsideCreator, outsideObject } from './outside-creators.ts';

/** Of objects with their creators in them. */
const objectsBytesMax = 32 * 1024 * 1024;
/** Names of residents may change. */
const objectsMs = 10 * 60_000;

export interface HgAssetsOptions {
  readonly assets: Assets;
  readonly accounts: Pick<Accounts, 'findMany'>;
  readonly own: Pick<OwnAddress, 'read'>;
  readonly uploads: Pick<ForeignUploads, 'refusal'>;
}

export class HgAssets implements ServedAssets {
  readonly #options: HgAssetsOptions;
  /** By blob and home address. */
  readonly #objects = new LRUCache<string, Uint8Array>({
    maxSize: objectsBytesMax,
    maxEntrySize: objectsBytesMax / 8,
    sizeCalculation: (data) => data.byteLength + 200,
    ttl: objectsMs,
  });

  constructor(options: HgAssetsOptions) {
    this.#options = options;
  }

  async find(id: Uuid): Promise<AssetRecord | undefined> {
    const record = await this.#exported(id);
    if (record === undefined) return undefined;
    const { url } = await this.#options.own.read();
    return { ...record, creator: await outsideCreator(record.creator, url, this.#findResidents) };
  }

  async read(id: Uuid): Promise<Uint8Array | undefined> {
    const record = await this.#exported(id);
    if (record === undefined) return undefined;
    if (record.type !== AssetTypes.object) return this.#options.assets.read(id);
    const { url } = await this.#options.own.read();
    const key = `${record.blobId} ${url}`;
    const known = this.#objects.get(key);
    if (known !== undefined) return known;
    const data = await this.#options.assets.read(id);
    const outside = data === undefined ? undefined : await outsideObject(data, url, this.#findResidents);
    if (outside !== undefined && outside !== data) this.#objects.set(key, outside);
    return outside;
  }

  async existing(ids: Iterable<Uuid>): Promise<ReadonlySet<Uuid>> {
    return this.#options.assets.existing(ids);
  }

  /** What exists is not looked at: strangers make no conflicts. Throws AssetRefusedError or QuotaExceededError. */
  async create(asset: NewAsset, source: string): Promise<CreateResult> {
    const refuse = (why: string) => new AssetRefusedError(`asset ${asset.id}: ${why}`);
    const { settings } = await this.#options.own.read();
    if (isKindListed(settings.disallowImport, asset.type))
      throw refuse(`kind ${asset.type} may not be brought in`);
    const refusal = await this.#options.uploads.refusal(source, asset.data.byteLength);
    if (refusal !== undefined) throw refuse(refusal);
    const record = await this.#options.assets.find(asset.id);
    if (record !== undefined) return { outcome: 'exists', record };
    return this.#options.assets.create(asset, source);
  }

  /** Never. */
  delete(): Promise<boolean> {
    return Promise.resolve(false);
  }

  async #exported(id: Uuid): Promise<AssetRecord | undefined> {
    const record = await this.#options.assets.find(id);
    const { settings } = await this.#options.own.read();
    const stays =
      record === undefined || !settings.hypergrid || isKindListed(settings.disallowExport, record.type);
    return stays ? undefined : record;
  }

  readonly #findResidents = (ids: Iterable<Uuid>) => this.#options.accounts.findMany(ids);
}

/** Kinds are listed by their name, in any case, or their number. */
function isKindListed(kinds: readonly string[], type: number): boolean {
  if (kinds.length === 0) return false;
  const known = parseAssetType(type);
  const names = [String(type), ...(known === undefined ? [] : [assetKind(known).name.toLowerCase()])];
  return kinds.some((kind) => names.includes(kind.trim().toLowerCase()));
}
