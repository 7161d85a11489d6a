/** What may have changed since a backup. Memory is bounded: where very much changed, it says that all of a thing did. */
import { readUuidText } from '@gridkeep/storage/database/stored-ids';
import type { Uuid } from '@gridkeep/wire/uuid';

/** Changed folders kept in all; of further residents everything counts as changed. */
const foldersMax = 200_000;

/** Ids by their first four hexadecimal digits. */
export class IdPrefixes {
  readonly #bits = new Uint8Array(8192);

  add(prefix: string): void {
    const value = Number.parseInt(prefix.slice(0, 4), 16);
    this.#bits[value >> 3] = (this.#bits[value >> 3] ?? 0) | (1 << (value & 7));
  }

  /** Whether an id with these first digits may have changed; an even number of them. */
  some(prefix: string): boolean {
    if (prefix.length >= 4) {
      const value = Number.parseInt(prefix.slice(0, 4), 16);
      return ((this.#bits[value >> 3] ?? 0) & (1 << (value & 7))) !== 0;
    }
    const start = prefix === '' ? 0 : Number.parseInt(prefix, 16) * 32;
    const end = prefix === '' ? this.#bits.length : start + 32;
    return this.#bits.subarray(start, end).some((byte) => byte !== 0);
  }
}

export class ChangedRecords {
  /** By day since 1970. */
  readonly assets = new Map<number, IdPrefixes>();
  /** Folders by owner; undefined: all of the owner's. No folder: only the name of the resident. */
  readonly inventories = new Map<Uuid, Set<Uuid> | undefined>();
  readonly regions = new Set<Uuid>();
  readonly tables = new Set<string>();
  #folders = 0;

  /** Throws RangeError for a text that no trigger writes. */
  add(topic: string): void {
    const [kind, first = '', second = ''] = topic.split('/');
    switch (kind) {
      case 'asset':
        this.#addAsset(Number.parseInt(first, 10), second);
        break;
      case 'inv':
        this.#addFolder(readUuidText(first), second === '' ? undefined : readUuidText(second));
        break;
      case 'region':
        this.regions.add(readUuidText(first));
        break;
      case 'table':
        this.tables.add(first);
        break;
      default:
        throw new RangeError(`no topic of changes: ${JSON.stringify(topic.slice(0, 80))}`);
    }
  }

  #addAsset(day: number, prefix: string): void {
    let ids = this.assets.get(day);
    if (ids === undefined) {
      ids = new IdPrefixes();
      this.assets.set(day, ids);
    }
    ids.add(prefix);
  }

  #addFolder(owner: Uuid, folder: Uuid | undefined): void {
    const known = this.inventories.get(owner);
    if (known === undefined) {
      if (this.inventories.has(owner)) return;
      if (this.#folders >= foldersMax) {
        this.inventories.set(owner, undefined);
        return;
      }
    }
    const folders = known ?? new Set<Uuid>();
    if (known === undefined) this.inventories.set(owner, folders);
    if (folder === undefined || folders.has(folder)) return;
    folders.add(folder);
    this.#folders += 1;
    if (this.#folders <= foldersMax) return;
    this.inventories.set(owner, undefined);
    this.#folders -= folders.size;
  }
}

export function assetTopic(day: number, id: Uuid): string {
  return `asset/${day}/${id.slice(0, 4)}`;
}

export function folderTopic(owner: Uuid, folder: Uuid): string {
  return `inv/${owner.replaceAll('-', '')}/${folder.replaceAll('-', '')}`;
}

export function regionTopic(region: Uuid): string {
  return `region/${region.replaceAll('-', '')}`;
}

export function tableTopic(table: string): string {
  return `table/${table}`;
}
