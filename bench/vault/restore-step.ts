/** `restore-step.ts REPOSITORY INTO [PATH]` in a process of its own: the newest snapshot into a folder; BENCH_PASSWORD opens it. */
import { openRepository } from '@gridkeep/vault/repository/repository';
import { restoreFolder } from '@gridkeep/vault/restore/restore-folder';
import { openFolderTarget } from '@gridkeep/vault/target/folder-target';

const [folder, into, path = ''] = process.argv.slice(2);
if (folder === undefined || into === undefined)
  throw new Error('usage: restore-step.ts REPOSITORY INTO [PATH]');
const target = await openFolderTarget(folder);
const repository = await openRepository(target, { password: process.env['BENCH_PASSWORD'] ?? '' });
const newest = (await repository.listSnapshots()).at(-1);
if (newest === undefined) throw new Error('no snapshot');
const names = path.split('/').filter((name) => name !== '');
const report = await restoreFolder(repository, { tree: newest.tree, path: names, into });
if (report.failures > 0) throw new Error(JSON.stringify(report.failed.slice(0, 5)));
console.log(JSON.stringify({ files: report.files, bytes: report.bytes, folders: report.folders }));
await repository.close();
await target.close();
