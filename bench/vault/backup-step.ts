/** `backup-step.ts DATA REPOSITORY` in a process of its own: backs up the grid `bench` of a data folder; BENCH_PASSWORD opens the repository. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gridMigrations } from '@gridkeep/grid/grid-database';
import { runBackup } from '@gridkeep/hosting/backups/run-backup';
import { loadLedgerMigrations } from '@gridkeep/hosting/ingress/load-ledger';
import { parseGridSlug } from '@gridkeep/hosting/tenants/grid';
import { openPackStore } from '@gridkeep/storage/blobs/pack-store';
import { openSqlite } from '@gridkeep/storage/database/sqlite-database';
import { createRepository, openRepository } from '@gridkeep/vault/repository/repository';
import { machineClocks, VaultClock } from '@gridkeep/vault/retention/vault-clock';
import { openFolderTarget } from '@gridkeep/vault/target/folder-target';
import { seededUuid } from '../world/random.ts';

const [data, folder] = process.argv.slice(2);
if (data === undefined || folder === undefined) throw new Error('usage: backup-step.ts DATA REPOSITORY');
const password = process.env['BENCH_PASSWORD'] ?? '';
const cacheFolder = `${folder}.cache`;
const isNew = !existsSync(join(folder, 'config'));
const target = await openFolderTarget(folder);
const repository = isNew
  ? await createRepository(target, { password, cacheFolder })
  : await openRepository(target, { password }, { cacheFolder });
const packs = await openPackStore({ folder: join(data, 'blobs') });
const database = await openSqlite({ file: join(data, 'grids', 'bench', 'grid.db') });
await database.migrate([...gridMigrations, ...loadLedgerMigrations]);
const slug = parseGridSlug('bench');
const started = performance.now();
const { contents, contentBytes, records, dataAddedPacked } = await runBackup({
  grid: {
    ...{ id: seededUuid(1, 'grid', 0), slug, name: 'Bench', hostnames: [], createdAt: 0 },
    ...{ quotaBytes: 1e12, timeZone: 'UTC' },
  },
  ...{ simulators: [], database, blobs: packs, repository, hostname: 'bench' },
  clock: new VaultClock(repository, machineClocks),
  temporaryFolder: join(data, 'tmp'),
});
console.log(
  JSON.stringify({
    ...{ contents, contentBytes, records, dataAddedPacked },
    backupSeconds: (performance.now() - started) / 1000,
  }),
);
await repository.close();
await target.close();
await database.close();
await packs.close();
