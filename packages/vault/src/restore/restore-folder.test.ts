import { parseBlobId } from '@gridkeep/storage/blobs/blob-store';
import { fixture, missing } from '@gridkeep/testing/requirements';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { TreeNode } from '../format/tree-node.ts';
import { openRepository, type Repository } from '../repository/repository.ts';
import { openFolderTarget } from '../target/folder-target.ts';
import { openColdFolderTarget } from '../target/cold-folder-target.ts';
import { splitTarget } from '../target/split-target.ts';
import {
  backUpExample,
  contentOf,
  createExample,
  exampleTime,
  type ExampleFolder,
} from '../test-support/example-repository.ts';
import { memoryTarget, type MemoryTarget } from '../test-support/faulty-target.ts';
import { fetchPacks, planFetch, planRestore } from './fetch-plan.ts';
import { ColdPacksError, NotEmptyError, restoreFolder } from './restore-folder.ts';
import { PathNotFoundError } from './tree-walk.ts';

const shared = contentOf('shared', 40_000);
const example: ExampleFolder = {
  'grid.json': Buffer.from('{"format":1}\n'),
  empty: Buffer.alloc(0),
  assets: {
    '2026': {
      'one.bin': contentOf('one', 300_000),
      'same.bin': shared,
      'same again.bin': shared,
      'größe 😀': contentOf('two', 5),
    },
    nothing: {},
    'large.bin': contentOf('large', 9_000_000),
  },
};

/** Contents by path, with / at the end of folders. */
async function contents(folder: string, below = ''): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = `${below}${entry.name}`;
    if (entry.isDirectory()) {
      found.set(`${path}/`, '');
      for (const [inner, hash] of await contents(join(folder, entry.name), `${path}/`))
        found.set(inner, hash);
    } else if (entry.isFile()) found.set(path, sha256(await readFile(join(folder, entry.name))));
  }
  return found;
}

function expected(folder: ExampleFolder, below = ''): Map<string, string> {
  return new Map(
    Object.entries(folder).flatMap(([name, entry]): [string, string][] =>
      entry instanceof Uint8Array
        ? [[`${below}${name}`, sha256(entry)]]
        : [[`${below}${name}/`, ''], ...expected(entry, `${below}${name}/`)],
    ),
  );
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const sorted = (map: Map<string, string>): [string, string][] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : 1));

async function exampleIn(
  context: TestContext,
  target: MemoryTarget = memoryTarget(),
): Promise<{ repository: Repository; target: MemoryTarget; folder: string }> {
  const repository = await createExample(target);
  context.after(() => repository.close());
  return { repository, target, folder: await temporaryFolder(context) };
}

test('a snapshot comes back as it was', async (context) => {
  const { repository, folder } = await exampleIn(context);
  const { tree } = await backUpExample(repository, example);
  const into = join(folder, 'new', 'place');
  const report = await restoreFolder(repository, { tree, into });
  assert.deepEqual(sorted(await contents(into)), sorted(expected(example)));
  assert.deepEqual(report, {
    folders: 3,
    files: 7,
    bytes: 9_000_000 + 300_000 + 80_000 + 5 + 13,
    failed: [],
    failures: 0,
    skipped: [],
  });
  for (const path of ['assets', 'assets/2026', 'assets/2026/one.bin', 'empty', 'assets/large.bin'])
    assert.equal((await stat(join(into, path))).mtimeMs, exampleTime, path);
  assert.equal((await stat(join(into, 'grid.json'))).mode & 0o777, 0o644);
  assert.equal((await stat(join(into, 'assets'))).mode & 0o777, 0o755);
});

test('a folder or a file of a snapshot alone', async (context) => {
  const { repository, folder } = await exampleIn(context);
  const { tree } = await backUpExample(repository, example);
  await restoreFolder(repository, { tree, path: ['assets', 'nothing'], into: join(folder, 'a') });
  assert.deepEqual(await readdir(join(folder, 'a')), []);
  await restoreFolder(repository, { tree, path: ['assets', '2026'], into: join(folder, 'b') });
  assert.equal((await readdir(join(folder, 'b'))).length, 4);
  const file = ['assets', '2026', 'one.bin'];
  const { files } = await restoreFolder(repository, { tree, path: file, into: join(folder, 'c') });
  assert.equal(files, 1);
  assert.deepEqual(await readFile(join(folder, 'c', 'one.bin')), contentOf('one', 300_000));
  const none = { tree, path: ['assets', '2027'], into: join(folder, 'd') };
  await assert.rejects(restoreFolder(repository, none), PathNotFoundError);
  await assert.rejects(readdir(join(folder, 'd')));
});

test('nothing is written beside what is there', async (context) => {
  const { repository, folder } = await exampleIn(context);
  const { tree } = await backUpExample(repository, example);
  await writeFile(join(folder, 'mine'), 'mine');
  await assert.rejects(restoreFolder(repository, { tree, into: folder }), NotEmptyError);
  assert.deepEqual(await readdir(folder), ['mine']);
});

test('damage costs the files that it touches, and they are named', async (context) => {
  const { repository, target, folder } = await exampleIn(context);
  const { tree } = await backUpExample(repository, example);
  const index = await repository.loadIndex();
  const location = index.find('data', parseBlobId(sha256(shared)));
  assert.ok(location !== undefined);
  const pack = target.files('pack').get(location.pack);
  assert.ok(pack !== undefined);
  pack[location.offset + 20] = (pack[location.offset + 20] ?? 0) ^ 1;
  const into = join(folder, 'out');
  const report = await restoreFolder(repository, { tree, into });
  assert.deepEqual(report.failed.map(({ path }) => path).sort(), [
    join(into, 'assets/2026/same again.bin'),
    join(into, 'assets/2026/same.bin'),
  ]);
  assert.equal(report.files, 5);
  const left = expected(example);
  for (const { path } of report.failed) left.delete(path.slice(into.length + 1));
  assert.deepEqual(sorted(await contents(into)), sorted(left));
  target.files('pack').delete(location.pack);
  const without = await restoreFolder(repository, { tree, into: join(folder, 'without') });
  assert.ok(without.failures >= 2);
  for (const [path, hash] of await contents(join(folder, 'without')))
    assert.equal(hash, expected(example).get(path), path);
});

test('sizes that lie and names that lead elsewhere are refused', async (context) => {
  const { repository, folder } = await exampleIn(context);
  const lock = await repository.lock('shared');
  const writer = await repository.beginWriting(lock);
  const id = await writer.addData(Buffer.from('content'));
  const time = { modifiedAt: exampleTime };
  const nodes: TreeNode[] = [
    { type: 'file', name: 'long', size: 8, content: [id], ...time },
    { type: 'file', name: 'longer', size: 15, content: [id, id], ...time },
    { type: 'file', name: 'right', size: 14, content: [id, id], ...time },
    { type: 'symlink', name: 'link', linkTarget: '/etc', ...time },
    { type: 'fifo', name: 'pipe', ...time },
  ];
  const tree = await writer.addTree(nodes);
  const bad = Buffer.from(
    `{"nodes":[{"name":"../escape","type":"file","mode":420,"mtime":"2026-01-01T00:00:00Z","size":7,"content":["${id}"]}]}\n`,
  );
  const badId = parseBlobId(sha256(bad));
  await writer.addStored(badId, { codec: 'raw', payload: bad, length: bad.length }, { type: 'tree' });
  await writer.finish();
  await writer.close();
  await lock.release();
  const into = join(folder, 'out');
  const report = await restoreFolder(repository, { tree, into });
  assert.deepEqual(report.failed.map(({ path }) => path.slice(into.length + 1)).sort(), ['long', 'longer']);
  assert.deepEqual(report.skipped, [join(into, 'pipe')]);
  assert.deepEqual((await readdir(into)).sort(), ['link', 'right']);
  assert.equal(await readlink(join(into, 'link')), '/etc');
  assert.equal(String(await readFile(join(into, 'right'))), 'contentcontent');
  const other = await restoreFolder(repository, { tree: badId, into: join(folder, 'bad', 'inner') });
  assert.equal(other.failures, 1);
  assert.deepEqual(await readdir(join(folder, 'bad')), ['inner']);
});

test('what restic wrote comes back', { skip: missing('fixtures') }, async (context) => {
  const folder = await temporaryFolder(context);
  const target = await openFolderTarget(fixture('restic-repo', 'repo'));
  const repository = await openRepository(target, { password: 'vault-fixture-password' });
  context.after(() => repository.close());
  const newest = (await repository.listSnapshots()).at(-1);
  assert.ok(newest !== undefined);
  const report = await restoreFolder(repository, { tree: newest.tree, into: join(folder, 'out') });
  assert.deepEqual(report.failed, []);
  const vectors: unknown = JSON.parse(await readFile(fixture('restic-repo', 'vectors.json'), 'utf8'));
  let compared = 0;
  for (const entry of latestContent(vectors)) {
    const bytes = Buffer.from(entry.pathBytes, 'hex');
    const base = Buffer.from(`${join(folder, 'out', 'vault-fixture')}/`);
    const path = Buffer.concat([base, bytes]);
    if (entry.sha256 !== undefined) {
      assert.equal(sha256(await readFile(path)), entry.sha256, entry.pathBytes);
      assert.equal(((await stat(path)).mode & 0o777).toString(8), entry.mode?.slice(-3), entry.pathBytes);
      compared += 1;
    }
  }
  assert.ok(compared > 10);
});

function latestContent(
  vectors: unknown,
): { readonly pathBytes: string; readonly sha256?: string; readonly mode?: string }[] {
  assert.ok(typeof vectors === 'object' && vectors !== null && 'latestSnapshotContent' in vectors);
  const list: unknown = vectors.latestSnapshotContent;
  assert.ok(Array.isArray(list));
  return list.map((entry: unknown) => {
    assert.ok(typeof entry === 'object' && entry !== null && 'pathBytes' in entry);
    const { pathBytes } = entry;
    assert.ok(typeof pathBytes === 'string');
    return {
      pathBytes,
      ...('sha256' in entry && typeof entry.sha256 === 'string' ? { sha256: entry.sha256 } : {}),
      ...('mode' in entry && typeof entry.mode === 'string' ? { mode: entry.mode } : {}),
    };
  });
}

test('packs on slow storage are planned, fetched and restored', async (context) => {
  const folder = await temporaryFolder(context);
  const hot = await openFolderTarget(join(folder, 'hot'));
  await mkdir(join(folder, 'cold'));
  const open = () => openColdFolderTarget(join(folder, 'cold'), { staging: join(folder, 'staging') });
  const repository = await createExample(splitTarget(hot, await open()));
  context.after(() => repository.close());
  const { tree } = await backUpExample(repository, example);
  const into = join(folder, 'out');
  await assert.rejects(
    restoreFolder(repository, { tree, into }),
    (error) => error instanceof ColdPacksError && error.plan.toFetch > 0,
  );
  const whole = await planRestore(repository, tree);
  const part = await planRestore(repository, tree, ['assets', '2026', 'same.bin']);
  assert.equal(part.blobs, 1);
  assert.equal(part.packs.length, 1);
  assert.equal(part.toFetch, 1);
  assert.ok(part.bytes < whole.bytes);
  assert.ok(part.bytesToFetch >= part.bytes);
  assert.ok(whole.packs.every(({ availability }) => availability === 'cold'));
  assert.equal(part.place, `folder ${join(folder, 'cold')}`);
  await fetchPacks(repository, whole, { pollMs: 5 });
  assert.equal((await planRestore(repository, tree)).toFetch, 0);
  const report = await restoreFolder(repository, { tree, into });
  assert.equal(report.failures, 0);
  assert.deepEqual(sorted(await contents(into)), sorted(expected(example)));
  const nothing = await planFetch(repository, []);
  assert.equal(nothing.packs.length, 0);
  // The cold place alone is a whole repository.
  const alone = await open();
  let snapshots = 0;
  for await (const _ of alone.list('snapshot')) snapshots += 1;
  assert.equal(snapshots, 1);
  await alone.close();
});
