/** What lies directly in a folder, a page at a time, in the order of ids; memory stays flat. */
import type { Queries } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import { childFolders } from './folders-store.ts';
import type { InventoryFolder, InventoryItem } from './inventory-records.ts';
import { itemsIn } from './items-store.ts';

export const pageRows = 200;

export async function* pagedSubfolders(queries: Queries, folderId: Uuid): AsyncGenerator<InventoryFolder> {
  for (let after: Uuid | undefined; ;) {
    const page = await childFolders(queries, [folderId], { after, limit: pageRows });
    yield* page;
    after = page.at(-1)?.id;
    if (page.length < pageRows) return;
  }
}

export async function* pagedItems(queries: Queries, folderId: Uuid): AsyncGenerator<InventoryItem> {
  for (let after: Uuid | undefined; ;) {
    const page = await itemsIn(queries, [folderId], { after, limit: pageRows });
    yield* page;
    after = page.at(-1)?.id;
    if (page.length < pageRows) return;
  }
}
