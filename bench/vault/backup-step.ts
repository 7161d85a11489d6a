/**
 * `backup-step.ts DATA REPOSITORY [NIGHTS]` in a process of its own: backs up the grid `bench` of a data folder; BENCH_PASSWORD opens
 * the repository. Then so many nights more, each with 1,000 new assets, as a server does that goes on running.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gridMigrations } from '@gridkeep/grid/grid-database';
import { runBackup, type BackupOptions } from '@gridkeep/hosting/backups/run-backup';
import { loadLedgerMigrations } from '@gridkeep/hosting/ingress/load-ledger';
import { parseGridSlug } from '@gridkeep/hosting/tenants/grid';
import { openPackStore } from '@gridkeep/storage/blobs/pack-store';
import { openSqlite } from '@gridkeep/storage/database/sqlite-database';
import { createRepository, openRepository } from '@gridkeep/vault/repository/repository';
import { machineClocks, VaultClock } from '@gridkeep/vault/retention/vault-clock';
import { openFolderTarget } from '@gridkeep/vault/target/folder-target';
import { createHash } from 'node:crypto';
import { parseBlobId } from '@gridkeep/storage/blobs/blob-store';
import { seededUuid } from '../world/random.ts';
import { smallAssets } from './asset-grid.ts';
import { coldDisk } from './disk.ts';

const [data, folder, nights = '0'] = process.argv.slice(2);
if (data === undefined || folder === undefined)
  throw new Error('usage: backup-step.ts DATA REPOSITORY [NIGHTS]');
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
const options: BackupOptions = {
  grid: {
    ...{ id: seededUuid(1, 'grid', 0), slug, name: 'Bench', hostnames: [], createdAt: 0 },
    ...{ quotaBytes: 1e12, timeZone: 'UTC' },
  },
  ...{ simulators: [], database, blobs: packs, repository, hostname: 'bench' },
  clock: new VaultClock(repository, machineClocks),
  temporaryFolder: join(data, 'tmp'),
};
await runBackup(options);
// Other assets each time that this is run.
const seed = Date.now() % 1e9;
for (let night = 0; night < Number(nights); night += 1) {
  for (const { id, type, bytes } of smallAssets(seed, night * 1000, night * 1000 + 1000)) {
    const blob = createHash('sha256').update(bytes).digest();
    await packs.put(bytes, { id: parseBlobId(blob.toString('hex')), compress: 'never' });
    await database
      .tables<{ asset: Record<string, unknown> }>()
      .insertInto('asset')
      .values({
        ...{ id: database.uuid(id), blob, size: bytes.length, type, name: '', description: '' },
        ...{ creator: '', flags: 0, temporary: 0, local: 0, created_at: Date.now() },
      })
      .execute();
  }
  await coldDisk();
  const started = performance.now();
  await runBackup(options);
  console.log((performance.now() - started) / 1000);
}
await repository.close();
await target.close();
await database.close();
await packs.close();
