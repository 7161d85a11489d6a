import { missing } from '@gridkeep/testing/requirements';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FileNode } from '../format/tree-node.ts';
import { openFolderTarget } from '../target/folder-target.ts';
import {
  backUpExample,
  cheapKeyCost,
  contentOf,
  createExample,
  examplePassword,
} from '../test-support/example-repository.ts';
import { memoryTarget } from '../test-support/faulty-target.ts';
import { restic, runRestic } from '../test-support/real-restic.ts';
import { updateParity } from '../parity/protect.ts';
import { repairFromParity } from '../parity/repair-from-parity.ts';
import { rebuildIndex } from './rebuild-index.ts';
import { NoRepositoryError, RepositoryExistsError, WrongPasswordError } from './repository-errors.ts';
import { RepositoryLockedError } from './repository-lock.ts';
import { openRepository, type Repository } from './repository.ts';

const example = {
  'grid.json': Buffer.from('{"format":1}\n'),
  empty: Buffer.alloc(0),
  assets: {
    'one.bin': contentOf('one', 300_000),
    'two.bin': contentOf('two', 5),
    deeper: { 'large.bin': contentOf('large', 9_000_000) },
  },
};

async function fileAt(repository: Repository, snapshot: string, path: string): Promise<Buffer> {
  let tree = (await repository.readSnapshot(snapshot)).tree;
  const names = path.split('/');
  for (const name of names.slice(0, -1)) {
    const node = (await repository.readTree(tree)).find((entry) => entry.name === name);
    assert.equal(node?.type, 'dir', `no folder ${name}`);
    tree = node.subtree;
  }
  const node = (await repository.readTree(tree)).find((entry) => entry.name === names.at(-1));
  assert.equal(node?.type, 'file', `no file ${path}`);
  return await contentAt(repository, node);
}

async function contentAt(repository: Repository, node: FileNode): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of repository.readFile(node)) pieces.push(piece);
  return Buffer.concat(pieces);
}

test('restic checks and restores what Gridkeep wrote', { skip: missing('restic') }, async (context) => {
  const folder = await temporaryFolder(context);
  const place = join(folder, 'repository');
  const target = await openFolderTarget(place);
  const repository = await createExample(target);
  const snapshot = await backUpExample(repository, example);
  await restic(place, examplePassword, 'check', '--read-data');
  const restored = join(folder, 'restored');
  await restic(place, examplePassword, 'restore', snapshot.id, '--target', restored, '--verify');
  assert.deepEqual(
    await readFile(join(restored, 'assets/deeper/large.bin')),
    example.assets.deeper['large.bin'],
  );
  assert.deepEqual(await readFile(join(restored, 'assets/one.bin')), example.assets['one.bin']);
  assert.deepEqual(await readFile(join(restored, 'empty')), example.empty);
  // As restic makes them: written once, never again.
  const [pack = ''] = await readdir(join(place, 'index'));
  assert.equal((await stat(join(place, 'index', pack))).mode & 0o777, 0o400);
});

test('restic and Gridkeep work on one repository in turn', { skip: missing('restic') }, async (context) => {
  const folder = await temporaryFolder(context);
  const place = join(folder, 'repository');
  const source = join(folder, 'source');
  await mkdir(source);
  const cacheFolder = join(folder, 'cache');
  const target = await openFolderTarget(place);
  const repository = await createExample(target, { cacheFolder });
  const first = await backUpExample(repository, example);

  await writeFile(join(source, 'from-restic.bin'), contentOf('restic', 3_000_000));
  await writeFile(join(source, 'known.bin'), example.assets.deeper['large.bin']);
  await restic(place, examplePassword, 'backup', source);
  const theirs = (await repository.listSnapshots()).at(-1);
  assert.ok(theirs !== undefined);
  assert.deepEqual(
    await fileAt(repository, theirs.id, `${source.slice(1)}/from-restic.bin`),
    contentOf('restic', 3_000_000),
  );

  const second = await backUpExample(repository, { ...example, more: contentOf('more', 100_000) });
  await restic(place, examplePassword, 'check', '--read-data');
  // What restic forgets and prunes is gone from our index too, the rest is still found.
  await restic(place, examplePassword, 'forget', '--prune', theirs.id, first.id);
  await restic(place, examplePassword, 'check', '--read-data');
  assert.deepEqual(
    (await repository.listSnapshots()).map(({ id }) => id),
    [second.id],
  );
  const index = await repository.loadIndex();
  const packsThere: string[] = [];
  for await (const { name } of target.list('pack')) packsThere.push(name);
  assert.deepEqual([...index.packs()].map(({ id }) => id).sort(), packsThere.sort());
  assert.deepEqual(await fileAt(repository, second.id, 'more'), contentOf('more', 100_000));
  assert.deepEqual(
    await fileAt(repository, second.id, 'assets/deeper/large.bin'),
    example.assets.deeper['large.bin'],
  );

  // Another opening takes the index from the cache and comes to the same.
  const again = await openRepository(target, { password: examplePassword }, { cacheFolder });
  assert.deepEqual([...(await again.loadIndex()).entries()], [...index.entries()]);
});

test('every lost index comes back from the packs', { skip: missing('restic') }, async (context) => {
  const place = join(await temporaryFolder(context), 'repository');
  const repository = await createExample(await openFolderTarget(place));
  const snapshot = await backUpExample(repository, example);
  const packs = [...(await repository.loadIndex()).packs()].map(({ id }) => id).sort();
  await rm(join(place, 'index'), { recursive: true });
  const lock = await repository.lock('exclusive');
  const report = await rebuildIndex(repository, lock);
  await lock.release();
  assert.deepEqual([...report.packsAdded].sort(), packs);
  assert.deepEqual(await fileAt(repository, snapshot.id, 'assets/one.bin'), example.assets['one.bin']);
  await restic(place, examplePassword, 'check', '--read-data');
});

test('restic and Gridkeep heed each other’s locks', { skip: missing('restic') }, async (context) => {
  const folder = await temporaryFolder(context);
  const place = join(folder, 'repository');
  const repository = await createExample(await openFolderTarget(place));
  await backUpExample(repository, example);
  const exclusive = await repository.lock('exclusive');
  const refused = await runRestic(place, examplePassword, 'backup', folder);
  assert.notEqual(refused.code, 0);
  assert.match(refused.output, /locked exclusively by PID/);
  // restic on this very machine does not take our lock for one of a dead process of its own.
  await restic(place, examplePassword, 'unlock');
  assert.equal((await readdir(join(place, 'locks'))).length, 1);
  await assert.rejects(repository.lock('shared'), RepositoryLockedError);
  await exclusive.release();
  const shared = await repository.lock('shared');
  await restic(place, examplePassword, 'snapshots');
  const prune = await runRestic(place, examplePassword, 'prune');
  assert.match(prune.output, /already locked by PID/);
  await shared.release();
  await restic(place, examplePassword, 'prune');
});

test('passwords: several, changed, wrong, the last one stays', async () => {
  const target = memoryTarget();
  await assert.rejects(openRepository(target, { password: 'x' }), NoRepositoryError);
  const repository = await createExample(target);
  await assert.rejects(createExample(target), RepositoryExistsError);
  await assert.rejects(openRepository(target, { password: 'x' }), WrongPasswordError);
  const added = await repository.addKey('second', cheapKeyCost);
  assert.equal((await openRepository(target, { password: 'second' })).id, repository.id);
  await repository.changePassword(examplePassword, 'third', cheapKeyCost);
  await assert.rejects(openRepository(target, { password: examplePassword }), WrongPasswordError);
  assert.equal((await openRepository(target, { password: 'third' })).id, repository.id);
  await assert.rejects(repository.changePassword('nobody’s', 'x', cheapKeyCost), WrongPasswordError);
  const [third = ''] = [...target.files('key').keys()].filter((name) => name !== added);
  await repository.removeKey(third);
  await assert.rejects(repository.removeKey(added), RangeError);
  const byKey = await openRepository(target, { masterKey: repository.masterKey });
  assert.equal(byKey.id, repository.id);
});

test('parity brings no password back that was taken away', async () => {
  const target = memoryTarget();
  const repository = await createExample(target);
  await updateParity(target);
  assert.deepEqual(await repository.changePassword(examplePassword, 'second', cheapKeyCost), []);
  await updateParity(target);
  // As if the disk had lost every key.
  target.files('key').clear();
  assert.ok((await repairFromParity(target)).repaired.length > 0);
  await assert.rejects(openRepository(target, { password: examplePassword }), WrongPasswordError);
  await (await openRepository(target, { password: 'second' })).close();
  const third = await repository.addKey('third', cheapKeyCost);
  await updateParity(target);
  await repository.removeKey(third);
  target.files('key').clear();
  await repairFromParity(target);
  await assert.rejects(openRepository(target, { password: 'third' }), WrongPasswordError);
  await repository.close();
});
