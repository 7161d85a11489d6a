/** `restore-child.ts VAULT SNAPSHOT FOLDER JOB`: restores the whole grid; says `restoring` before and `restored` after. */
import { join } from 'node:path';
import { openRepository } from '@gridkeep/vault/repository/repository';
import { openFolderTarget } from '@gridkeep/vault/target/folder-target';
import { examplePassword } from '@gridkeep/vault/test-support/example-repository';
import { parseUuid } from '@gridkeep/wire/uuid';
import { restoreIntoGrid } from '../restores/restore.ts';
import { openGrid } from './open-grid.ts';

const [vault = '', snapshot = '', folder = '', job = ''] = process.argv.slice(2);
const target = await openFolderTarget(vault);
const repository = await openRepository(target, { password: examplePassword });
const grid = await openGrid(folder);
process.stdout.write('restoring\n');
await restoreIntoGrid(
  repository,
  await repository.readSnapshot(snapshot),
  grid.services,
  { scope: { kind: 'grid' }, placement: 'in-place', dryRun: false, removeLaterAssets: true },
  {
    jobId: parseUuid(job),
    temporaryFolder: join(folder, 'temporary'),
    signal: new AbortController().signal,
    progress: () => undefined,
  },
);
process.stdout.write('restored\n');
await grid.close();
await repository.close();
await target.close();
