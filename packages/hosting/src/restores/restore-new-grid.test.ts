/** The machine is lost; what is left is the vault: the grid comes back on another, with its names and credentials. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { gridMigrations } from '@gridkeep/grid/grid-database';
import type { GridServices } from '@gridkeep/grid/grid-services';
import { createGridServices } from '@gridkeep/grid/grid-services';
import { createResident } from '@gridkeep/grid/residents';
import { openPackStore } from '@gridkeep/storage/blobs/pack-store';
import type { PackStore } from '@gridkeep/storage/blobs/pack-store';
import { openSqlite } from '@gridkeep/storage/database/sqlite-database';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { randomUuid } from '@gridkeep/wire/uuid';
import { loadLedgerMigrations } from '../ingress/load-ledger.ts';
import { TenantError } from '../tenants/grid.ts';
import { Tenants } from '../tenants/tenants.ts';
import { backUp, makeVault } from '../test-support/backed-up-grid.ts';
import { restoreNewGrid } from './restore-new-grid.ts';
import type { RestoreContext } from './restore.ts';

interface Host {
  readonly folder: string;
  readonly tenants: Tenants<GridServices>;
  readonly packs: PackStore;
}

async function openHost(context: TestContext): Promise<Host> {
  const folder = await temporaryFolder(context, 'gridkeep-host');
  const host = await openSqlite({ file: join(folder, 'host.db') });
  const packs = await openPackStore({ folder: join(folder, 'blobs') });
  const tenants = await Tenants.open<GridServices>({
    host,
    openDatabase: (slug) => openSqlite({ file: join(folder, `${slug}.db`) }),
    createServices: async (_, database) => {
      await database.migrate([...gridMigrations, ...loadLedgerMigrations]);
      return createGridServices({ database, blobs: packs });
    },
  });
  context.after(async () => {
    await tenants.close();
    await host.close();
    await packs.close();
  });
  return { folder, tenants, packs };
}

function job(host: Host): RestoreContext {
  return {
    ...{ jobId: randomUuid(), temporaryFolder: join(host.folder, 'temporary') },
    ...{ signal: new AbortController().signal, progress: () => undefined },
  };
}

test('a grid comes back on a fresh machine, and beside itself under another name', async (context) => {
  const lost = await openHost(context);
  const { grid, services } = await lost.tenants.create({
    ...{ slug: 'harbour', name: 'Harbour Grid', hostnames: ['harbour.example.org', 'old.example.org'] },
    ...{ timeZone: 'Europe/Berlin', quotaBytes: 5_000_000_000 },
  });
  await createResident(services, { firstName: 'Olive', lastName: 'Owner', password: 'a long password' });
  // Content that was offered for an asset with other content belongs to nobody else, and is kept all the same.
  const asset = randomUuid();
  for (const content of ['kept', 'offered']) {
    const { id: blobId, size } = await lost.packs.put(Buffer.from(content));
    const record = { id: asset, blobId, size, type: 7, name: 'a note', description: '', creator: '' };
    const rest = { flags: 0, temporary: false, local: false, createdAt: 0 };
    await services.database.transaction((queries) =>
      services.assets.insertMany(queries, [{ ...record, ...rest }], 'a test'),
    );
  }
  const { secret } = await lost.tenants.simulators.add(grid.slug, 'sim-1');
  const simulators = await lost.tenants.simulators.records(grid.slug);
  const repository = await makeVault(context, { ...lost, services });
  const report = await backUp({ ...lost, services }, repository, { grid, simulators });
  const snapshot = await repository.readSnapshot(report.snapshot);

  const fresh = await openHost(context);
  const made = await restoreNewGrid(repository, snapshot, fresh.tenants, (one) => one, {}, job(fresh));
  assert.deepEqual(made.tenant.grid, grid);
  assert.equal((await fresh.tenants.simulators.authenticate('sim-1', secret))?.grid, 'harbour');
  const [conflict] = await made.tenant.services.assets.conflicts(10);
  assert.ok(conflict !== undefined);
  assert.equal(Buffer.from((await fresh.packs.get(conflict.offeredBlobId)) ?? []).toString(), 'offered');
  const again = await backUp({ ...fresh, services: made.tenant.services }, repository, {
    ...{ grid: made.tenant.grid, simulators: await fresh.tenants.simulators.records(grid.slug) },
  });
  assert.equal(again.tree, report.tree, 'the same grid gives the same snapshot');

  // Names that are taken are refused before anything is done.
  const restore = (request: Parameters<typeof restoreNewGrid>[4]) =>
    restoreNewGrid(repository, snapshot, fresh.tenants, (one) => one, request, job(fresh));
  await assert.rejects(restore({}), TenantError);
  await assert.rejects(restore({ slug: 'copy' }), TenantError);
  assert.equal((await fresh.tenants.list()).length, 1);
  const copy = await restore({ slug: 'copy', hostnames: [], withSimulators: false });
  assert.notEqual(copy.tenant.grid.id, grid.id);
  assert.equal(await copy.tenant.services.accounts.count(), 1);
});
