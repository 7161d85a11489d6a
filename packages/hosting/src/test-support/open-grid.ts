/** Opens the grid of a folder: records in SQLite, content in packs. The same folder may be opened again after a kill. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gridMigrations } from '@gridkeep/grid/grid-database';
import type { GridServices } from '@gridkeep/grid/grid-services';
import { createGridServices } from '@gridkeep/grid/grid-services';
import { openPackStore } from '@gridkeep/storage/blobs/pack-store';
import type { PackStore } from '@gridkeep/storage/blobs/pack-store';
import { openSqlite } from '@gridkeep/storage/database/sqlite-database';
import { loadLedgerMigrations } from '../ingress/load-ledger.ts';

export interface OpenGrid {
  readonly services: GridServices;
  readonly packs: PackStore;
  close(): Promise<void>;
}

export async function openGrid(folder: string): Promise<OpenGrid> {
  await mkdir(folder, { recursive: true });
  const packs = await openPackStore({ folder: join(folder, 'blobs') });
  const database = await openSqlite({ file: join(folder, 'grid.db') });
  await database.migrate([...gridMigrations, ...loadLedgerMigrations]);
  return {
    services: createGridServices({ database, blobs: packs }),
    packs,
    close: async () => {
      await database.close();
      await packs.close();
    },
  };
}
