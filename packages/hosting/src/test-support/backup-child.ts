/** `backup-child.ts FOLDER`: backs up the grid of the folder into its vault, says `backing up` before and `done ID` after. */
import { join } from 'node:path';
import { openRepository } from '@gridkeep/vault/repository/repository';
import { openFolderTarget } from '@gridkeep/vault/target/folder-target';
import { examplePassword, quickLocks } from '@gridkeep/vault/test-support/example-repository';
import { backUp } from './backed-up-grid.ts';
import { openGrid } from './open-grid.ts';

const [folder = ''] = process.argv.slice(2);
const grid = await openGrid(folder);
const target = await openFolderTarget(join(folder, 'vault'));
const repository = await openRepository(target, { password: examplePassword }, { lockTimes: quickLocks });
process.stdout.write('backing up\n');
const report = await backUp({ folder, ...grid }, repository);
process.stdout.write(`done ${report.snapshot}\n`);
await repository.close();
await target.close();
await grid.close();
