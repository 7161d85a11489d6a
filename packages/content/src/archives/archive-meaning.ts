/** What an archive's entries mean, apart from how they are written: one key and one value for each thing in it. */
import { hash } from 'node:crypto';
import type { Uuid } from '@gridkeep/wire/uuid';
import { AssetTypes } from '../assets/asset-kinds.ts';
import type { AssetType } from '../assets/asset-kinds.ts';
import { canonicalObject } from '../documents/canonical-object.ts';
import type { CanonicalValue } from '../documents/canonical-value.ts';
import type { ControlFile } from '../documents/control-file.ts';
import type { InventoryItem } from '../documents/inventory-item.ts';
import type { ArchiveEntry, PathStep } from './archive-entry.ts';

export type ThingKind = 'region' | 'settings' | 'parcel' | 'terrain' | 'object' | 'folder' | 'item' | 'asset';

/** Bytes are compared as they are, everything else field by field. */
export type Meaning =
  { readonly bytes: Uint8Array; readonly type: AssetType | undefined } | { readonly json: CanonicalValue };

export interface Thing {
  readonly kind: ThingKind;
  /** Of a file of a region: its directory, for `RegionNames` to put in front of the key. */
  readonly regionDir: string | undefined;
  /** Equal in two archives for the same thing, as far as that can be told. */
  readonly key: string;
  readonly meaning: Meaning;
  /** Of a link: the item or folder it leads to, which has another id after each load. */
  readonly linkTarget: Uuid | undefined;
}

/** Undefined for entries that say nothing of their own: the control file, refused and ignored ones. */
export function thingOf(entry: ArchiveEntry): Thing | undefined {
  const thing = (
    kind: ThingKind,
    key: string,
    meaning: Meaning,
    more: { regionDir?: string; linkTarget?: Uuid } = {},
  ): Thing => ({ kind, key, meaning, regionDir: more.regionDir, linkTarget: more.linkTarget });
  switch (entry.kind) {
    case 'asset':
      // One without bytes counts as missing, everywhere.
      if (entry.bytes.length === 0) return undefined;
      return thing('asset', entry.id, { bytes: entry.bytes, type: entry.type });
    case 'object':
      return thing('object', entry.object.rootId, { json: canonical(canonicalObject(entry.text)) }, entry);
    case 'parcel':
      // The local id is a number of the running region.
      return thing('parcel', entry.parcel.id, { json: canonical({ ...entry.parcel, localId: 0 }) }, entry);
    case 'settings':
      return thing('settings', '', { json: canonical(entry.settings) }, entry);
    case 'terrain':
      return thing('terrain', '', { bytes: entry.bytes, type: undefined }, entry);
    case 'folder':
      return thing('folder', pathText(entry.path), { json: null });
    case 'item': {
      const { item, path } = entry;
      const isLink = item.assetType === AssetTypes.link || item.assetType === AssetTypes.linkFolder;
      return thing(
        'item',
        pathText([...path, { name: item.name, id: undefined }]),
        { json: canonical(itemMeaning(item, isLink)) },
        isLink ? { linkTarget: item.assetId } : {},
      );
    }
    case 'control':
    case 'refused':
    case 'ignored':
      return undefined;
  }
}

/** A load gives an item a new id and the owner who loads it. */
function itemMeaning(item: InventoryItem, isLink: boolean): unknown {
  const { id: _id, owner: _owner, assetId, ...rest } = item;
  return isLink ? rest : { ...rest, assetId };
}

export function pathText(path: readonly PathStep[]): string {
  return path.map(({ name }) => `/${name.replaceAll('/', '&#47;')}`).join('');
}

/** Regions go by their place, since names and ids change with the region that is loaded into. */
export class RegionNames {
  readonly #places = new Map<string, string>();

  learn(control: ControlFile): void {
    for (const { directory, column, row } of control.regions) this.#places.set(directory, `${column},${row}`);
  }

  keyOf(regionDir: string | undefined, key: string): string {
    if (regionDir === undefined) return key;
    const place = `region ${this.#places.get(regionDir) ?? JSON.stringify(regionDir)}`;
    return key === '' ? place : `${place} ${key}`;
  }
}

/** SHA-256, as 32 one-byte characters: equal for equal meanings. */
export function digestOf(meaning: Meaning): string {
  if ('json' in meaning) return hash('sha256', JSON.stringify(meaning.json), 'buffer').toString('latin1');
  const digest = hash('sha256', meaning.bytes, 'buffer').toString('latin1');
  return meaning.type === undefined
    ? digest
    : hash('sha256', `${meaning.type} ${digest}`, 'buffer').toString('latin1');
}

/** Sorted names, bytes as base64, nothing for what is undefined: equal values give equal JSON. */
function canonical(value: unknown): CanonicalValue {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value !== 'object' || value === null) return null;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(canonical);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([name, field]) => [name, canonical(field)]),
  );
}
