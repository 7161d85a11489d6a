/** Registers a test for two grids that can reach each other; the home grid on every database. */
import type { TestContext } from 'node:test';
import { openDatabase } from '@gridkeep/storage/database/open-database';
import { SqliteThreads } from '@gridkeep/storage/database/sqlite-threads';
import { forEachDatabase, freshLocation } from '@gridkeep/testing/databases';
import { startGrid } from './grid-on-wire.ts';
import type { GridOnWire } from './grid-on-wire.ts';

export function testTwoGrids(
  name: string,
  work: (home: GridOnWire, other: GridOnWire, test: TestContext) => Promise<void>,
): void {
  forEachDatabase(name, async (context, database) => {
    const threads = new SqliteThreads();
    const otherDatabase = await openDatabase(await freshLocation(context, 'sqlite'), threads);
    try {
      const home = await startGrid(context, database, 'Plaza');
      const other = await startGrid(context, otherDatabase, 'Harbour');
      await work(home, other, context);
      for (const grid of [home, other]) await grid.services.hypergrid.friends.settled();
    } finally {
      await otherDatabase.close();
      await threads.close();
    }
  });
}
