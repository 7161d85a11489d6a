/**
 * What lies in folders, as the XML that simulators read, kept in memory: viewers ask for the same folders at every login
 * and region change, and a folder may hold thousands of items. An entry goes when the folder, what is in it, or a folder
 * directly below it (whose name and version it shows) is announced as changed.
 */
import type { Database } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import { LRUCache } from 'lru-cache';
import { inventoryChangeOf } from './inventory-changes.ts';
import type { InventoryChange } from './inventory-changes.ts';
import type { Inventory } from './inventory.ts';
import type { InventoryFolder } from './inventory-records.ts';
import { contentDocument } from './inventory-xml.ts';
import type { ContentDocument } from './inventory-xml.ts';

const folderReplyBytesDefault = 32 * 1024 * 1024;
/** How long an entry is believed, so that an announcement that got lost heals by itself. */
const lifeMs = 60_000;
/** Of an entry beside its XML and children. */
const entryOverheadBytes = 600;
const childOverheadBytes = 150;

export interface FolderReply extends ContentDocument {
  readonly folder: InventoryFolder;
}

interface Entry extends FolderReply {
  readonly childIds: readonly Uuid[];
}

/** One reading of the database that is under way, and what changed meanwhile. */
interface Load {
  readonly changes: InventoryChange[];
}

export interface FolderRepliesOptions {
  readonly database: Pick<Database, 'onChange' | 'hearsOthers'>;
  readonly inventory: Pick<Inventory, 'contents'>;
  /** Bytes kept; those that were not asked for longest go first. */
  readonly bytesMax?: number;
}

export class FolderReplies {
  readonly #database: Pick<Database, 'hearsOthers'>;
  readonly #inventory: Pick<Inventory, 'contents'>;
  readonly #entries: LRUCache<string, Entry>;
  /** The folder whose entry shows this one. */
  readonly #shownBy = new Map<string, string>();
  readonly #ofOwner = new Map<string, Set<string>>();
  readonly #loads = new Set<Load>();
  /** Readings that later askers may share, by folder. */
  readonly #shared = new Map<string, Promise<Entry | undefined>>();

  constructor(options: FolderRepliesOptions) {
    const bytesMax = options.bytesMax ?? folderReplyBytesDefault;
    this.#database = options.database;
    this.#inventory = options.inventory;
    this.#entries = new LRUCache({
      maxSize: bytesMax,
      maxEntrySize: Math.ceil(bytesMax / 2),
      sizeCalculation: entryBytes,
      ttl: lifeMs,
      ttlResolution: 1000,
      dispose: (entry) => this.#unlink(entry),
    });
    options.database.onChange((topic) => {
      const change = inventoryChangeOf(topic);
      if (change !== undefined) this.#forget(change);
    });
  }

  /** Those of the folders that exist. */
  async of(folderIds: readonly Uuid[]): Promise<ReadonlyMap<Uuid, FolderReply>> {
    const found = new Map<Uuid, FolderReply>();
    const waiting = new Map<Uuid, Promise<Entry | undefined>>();
    const unknown: Uuid[] = [];
    for (const id of new Set(folderIds)) {
      const known = this.#entries.get(id);
      const shared = this.#shared.get(id);
      if (known !== undefined) found.set(id, known);
      else if (shared !== undefined) waiting.set(id, shared);
      else unknown.push(id);
    }
    if (unknown.length > 0) {
      const read = this.#read(unknown);
      for (const id of unknown) {
        const one = read.then((entries) => entries.get(id));
        // Who waits for it hears of a failure; nobody else needs to.
        one.catch(() => undefined);
        waiting.set(id, one);
        this.#shared.set(id, one);
      }
    }
    try {
      for (const [id, one] of waiting) {
        const entry = await one;
        if (entry !== undefined) found.set(id, entry);
      }
    } finally {
      for (const id of unknown) if (this.#shared.get(id) === waiting.get(id)) this.#shared.delete(id);
    }
    return found;
  }

  async #read(ids: readonly Uuid[]): Promise<ReadonlyMap<Uuid, Entry>> {
    const load: Load = { changes: [] };
    this.#loads.add(load);
    try {
      const entries = new Map<Uuid, Entry>();
      for (const [id, content] of await this.#inventory.contents(ids)) {
        const entry = {
          folder: content.folder,
          ...contentDocument(content.folder, content.folders, content.items),
          childIds: content.folders.map((child) => child.id),
        };
        entries.set(id, entry);
        if (this.#database.hearsOthers && !load.changes.some((change) => concerns(change, entry)))
          this.#keep(id, entry);
      }
      return entries;
    } finally {
      this.#loads.delete(load);
    }
  }

  #keep(id: Uuid, entry: Entry): void {
    this.#entries.set(id, entry);
    if (this.#entries.peek(id) !== entry) return;
    for (const child of entry.childIds) this.#shownBy.set(child, id);
    const owner = entry.folder.ownerId;
    const siblings = this.#ofOwner.get(owner);
    if (siblings === undefined) this.#ofOwner.set(owner, new Set([id]));
    else siblings.add(id);
  }

  #unlink(entry: Entry): void {
    const { id, ownerId } = entry.folder;
    for (const child of entry.childIds) if (this.#shownBy.get(child) === id) this.#shownBy.delete(child);
    const siblings = this.#ofOwner.get(ownerId);
    siblings?.delete(id);
    if (siblings?.size === 0) this.#ofOwner.delete(ownerId);
  }

  #forget(change: InventoryChange): void {
    // What is being read may be from before the change: whoever asks from now on reads anew.
    this.#shared.clear();
    for (const load of this.#loads) load.changes.push(change);
    if ('all' in change) this.#entries.clear();
    else if ('inventoryOf' in change)
      for (const id of [...(this.#ofOwner.get(change.inventoryOf) ?? [])]) this.#entries.delete(id);
    else {
      const parent = this.#shownBy.get(change.folder);
      this.#entries.delete(change.folder);
      if (parent !== undefined) this.#entries.delete(parent);
    }
  }
}

function concerns(change: InventoryChange, { folder, childIds }: Entry): boolean {
  if ('all' in change) return true;
  if ('inventoryOf' in change) return change.inventoryOf === folder.ownerId;
  return change.folder === folder.id || childIds.some((id) => id === change.folder);
}

function entryBytes(entry: Entry): number {
  return entry.document.byteLength + entryOverheadBytes + childOverheadBytes * entry.childIds.length;
}
