/** Whole trees of an inventory: put in by loading an archive, walked for saving one. Memory does not grow with them. */
import type { Queries } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import { chunked } from '../chunks.ts';
import { pagedItems, pageRows } from './folder-pages.ts';
import {
  childFolders,
  findFolder,
  findFolders,
  folderDepthMax,
  insertFolders,
  raiseVersion,
} from './folders-store.ts';
import { announceInventory } from './inventory-changes.ts';
import type { InventoryFolder, InventoryItem, NewFolder } from './inventory-records.ts';
import { insertItems } from './items-store.ts';
import { storableFolder, storableItem } from './storable.ts';

/** A folder comes before everything that lies in it. */
export type NewTreeEntry =
  | { readonly kind: 'folder'; readonly folder: NewFolder }
  | { readonly kind: 'item'; readonly item: InventoryItem };

export interface TreeCounts {
  readonly folders: number;
  readonly items: number;
}

/** An entry cannot be put where it says; nothing of the transaction may stay. */
export class InventoryTreeError extends Error {
  override readonly name = 'InventoryTreeError';
}

/**
 * Puts folders and items into an inventory, below folders that exist or came earlier in the stream; everything belongs
 * to `ownerId`. Versions end as if every entry had been added alone. Throws InventoryTreeError for an entry without
 * a folder of that owner, or with an id that exists.
 */
export async function insertTree(
  queries: Queries,
  ownerId: Uuid,
  entries: AsyncIterable<NewTreeEntry> | Iterable<NewTreeEntry>,
): Promise<TreeCounts> {
  let folders = 0;
  let items = 0;
  for await (const chunk of chunked(entries)) {
    const counts = await insertChunk(queries, ownerId, chunk);
    folders += counts.folders;
    items += counts.items;
  }
  announceInventory(queries, ownerId);
  return { folders, items };
}

function placeOf(entry: NewTreeEntry): { readonly id: Uuid; readonly ownerId: Uuid; readonly within: Uuid } {
  return entry.kind === 'folder'
    ? { id: entry.folder.id, ownerId: entry.folder.ownerId, within: entry.folder.parentId }
    : { id: entry.item.id, ownerId: entry.item.ownerId, within: entry.item.folderId };
}

async function insertChunk(
  queries: Queries,
  ownerId: Uuid,
  chunk: readonly NewTreeEntry[],
): Promise<TreeCounts> {
  const wanted = [...new Set(chunk.map((entry) => placeOf(entry).within))];
  const stored = await findFolders(queries, wanted);
  const owned = new Set(stored.filter((folder) => folder.ownerId === ownerId).map((folder) => folder.id));
  const folders: NewFolder[] = [];
  const items: InventoryItem[] = [];
  const inside = new Map<Uuid, number>();
  for (const entry of chunk) {
    const { id, ownerId: owner, within } = placeOf(entry);
    if (owner !== ownerId)
      throw new InventoryTreeError(`${entry.kind} ${id} belongs to ${owner}, not to ${ownerId}`);
    if (!owned.has(within))
      throw new InventoryTreeError(`${entry.kind} ${id} lies in ${within}, which is no folder of ${ownerId}`);
    inside.set(within, (inside.get(within) ?? 0) + 1);
    if (entry.kind === 'folder') {
      folders.push(entry.folder);
      owned.add(id);
    } else items.push(entry.item);
  }
  const fresh = new Set(folders.map((folder) => folder.id));
  const storedFolders = await insertFolders(
    queries,
    folders.map((folder) => storableFolder({ ...folder, version: 1 + (inside.get(folder.id) ?? 0) })),
  );
  if (storedFolders !== folders.length)
    throw new InventoryTreeError(`${folders.length - storedFolders} folders have ids that exist already`);
  const storedItems = await insertItems(queries, items.map(storableItem));
  if (storedItems !== items.length)
    throw new InventoryTreeError(`${items.length - storedItems} items have ids that exist already`);
  for (const [id, count] of inside) if (!fresh.has(id)) await raiseVersion(queries, [id], count);
  return { folders: folders.length, items: items.length };
}

export type TreeEntry =
  | {
      readonly kind: 'folder';
      readonly folder: InventoryFolder;
      /** From the folder where the walk began down to this one, both included. */
      readonly trail: readonly InventoryFolder[];
    }
  | {
      readonly kind: 'item';
      readonly item: InventoryItem;
      /** From the folder where the walk began down to the one that holds the item. */
      readonly trail: readonly InventoryFolder[];
    };

interface Level {
  readonly folder: InventoryFolder;
  readonly trail: readonly InventoryFolder[];
  /** Subfolders that were read and not entered yet, last first. */
  readonly waiting: InventoryFolder[];
  /** The last subfolder that was read; 'all' when no more are to be read. */
  readFrom: Uuid | undefined | 'all';
}

/**
 * Depth first: a folder, then its subfolders with all that is in them, then its items; each in the order of ids. A page
 * of subfolders per level is held. What is changed meanwhile may or may not be seen. Nothing when there is no such folder.
 */
export async function* walkTree(queries: Queries, folderId: Uuid): AsyncGenerator<TreeEntry> {
  const start = await findFolder(queries, folderId);
  if (start === undefined) return;
  const levels: Level[] = [enter([], start)];
  yield { kind: 'folder', folder: start, trail: [start] };
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    if (level.waiting.length === 0 && level.readFrom !== 'all') await readSubfolders(queries, level);
    const next = level.waiting.pop();
    if (next === undefined) {
      for await (const item of pagedItems(queries, level.folder.id))
        yield { kind: 'item', item, trail: level.trail };
      levels.pop();
    } else {
      const entered = enter(level.trail, next);
      levels.push(entered);
      yield { kind: 'folder', folder: next, trail: entered.trail };
    }
  }
}

function enter(above: readonly InventoryFolder[], folder: InventoryFolder): Level {
  const trail = [...above, folder];
  // The check against cycles, which no write makes, is the depth.
  return { folder, trail, waiting: [], readFrom: trail.length < folderDepthMax ? undefined : 'all' };
}

async function readSubfolders(queries: Queries, level: Level): Promise<void> {
  const after = level.readFrom === 'all' ? undefined : level.readFrom;
  const page = await childFolders(queries, [level.folder.id], { after, limit: pageRows });
  level.waiting.push(...page.toReversed());
  level.readFrom = page.length < pageRows ? 'all' : page.at(-1)?.id;
}
