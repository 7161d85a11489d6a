/** A grid for a drill: its own SQLite file and blob store in a folder, and the accounts of the snapshot. */
import { join } from 'node:path';
import { gridMigrations } from '@gridkeep/grid/grid-database';
import type { GridServices } from '@gridkeep/grid/grid-services';
import { createGridServices } from '@gridkeep/grid/grid-services';
import { recordTable } from '@gridkeep/grid/record-changes/record-tables';
import { openPackStore } from '@gridkeep/storage/blobs/pack-store';
import { openSqlite } from '@gridkeep/storage/database/sqlite-database';
import type { GridSnapshot } from '../backup-layout/grid-snapshot-reader.ts';
import { loadLedgerMigrations } from '../ingress/load-ledger.ts';
import { ChangeTally } from './change-tally.ts';
import { plainRow, putRows } from './table-rows.ts';

export interface DrillGrid {
  readonly services: GridServices;
  close(): Promise<void>;
}

export async function openDrillGrid(folder: string, snapshot: GridSnapshot): Promise<DrillGrid> {
  const blobs = await openPackStore({ folder: join(folder, 'blobs') });
  try {
    const database = await openSqlite({ file: join(folder, 'grid.db') });
    try {
      await database.migrate([...gridMigrations, ...loadLedgerMigrations]);
      const limits = { quotaBytes: Number.MAX_SAFE_INTEGER };
      const services = createGridServices({ database, blobs, limits });
      await putAccounts(services, snapshot);
      return {
        services,
        close: async () => {
          await database.close();
          await blobs.close();
        },
      };
    } catch (error) {
      await database.close();
      throw error;
    }
  } catch (error) {
    await blobs.close();
    throw error;
  }
}

/** Inventories are of residents, and archives name creators. */
async function putAccounts(services: GridServices, snapshot: GridSnapshot): Promise<void> {
  const table = (await snapshot.tables()).find((one) => one.name === 'account');
  if (table === undefined) return;
  const shape = recordTable('account');
  const read = async function* () {
    for await (const fields of snapshot.rows(table)) yield plainRow(shape, fields);
  };
  await services.database.transaction((queries) =>
    putRows(queries, { shape, read, kind: 'row', keepOthers: true }, new ChangeTally()),
  );
}
