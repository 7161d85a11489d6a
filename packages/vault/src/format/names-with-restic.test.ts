/** Names, modes, times and links of every kind, from here to the disk through restic and from the disk through restic to here. */
import assert from 'node:assert/strict';
import { lstat, mkdir, readdir, readlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { missing } from '@gridkeep/testing/requirements';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { createRepository, openRepository } from '../repository/repository.ts';
import { openFolderTarget } from '../target/folder-target.ts';
import { restic } from '../test-support/real-restic.ts';
import { goString } from './go-json.ts';
import { compareNodeNames, escapeNodeName, nodeNameBytes, nodeNameFromBytes } from './node-names.ts';
import type { FileNode, TreeNode } from './tree-node.ts';

const password = 'names';
const keyCost = { N: 1024, r: 8, p: 1 };
const modifiedAt = Date.UTC(2026, 1, 3, 4, 5, 6, 125);

/** Of Unicode 16: a restic whose Go does not know it yet escapes it, and reads it as it stands here. */
const young = '\u{1fae9} young';
const names = [
  ...[
    'plain.txt',
    ' leading space',
    'Zupper',
    '-rf',
    '...',
    '~',
    'C:\\x\\y',
    'a"quote',
    "it's `so`",
    '<html>&amp;',
  ],
  ...[
    '\x01\x07\b\t\n\v\f\r\x1b\x7f',
    '\\n',
    '\\x41',
    '\\',
    '"',
    '\x80 as a character',
    'nbsp\u00a0zwsp\u200b',
  ],
  ...[
    'line\u2028and\u2029paragraph',
    '\ue000 private',
    'ünïcode ✓ 💯',
    young,
    '\u{e0001} tag',
    '\ufffd\ufffe\uffff',
  ],
  ...[
    '\uff61',
    '\u{1f600}',
    'e\u0301 combining',
    'right\u202eleft',
    '\ud7ff\u{10ffff}',
    'x'.repeat(255),
    'ä'.repeat(127),
  ],
  ...['bad\udcffbyte', '\udcc3', '\udce2\udc82', '\udc80\udcbf', '\udced\udca0\udc80'],
].toSorted(compareNodeNames);

async function namesOnDisk(folder: string): Promise<string[]> {
  return (await readdir(folder, { encoding: 'buffer' })).map(nodeNameFromBytes).sort(compareNodeNames);
}

function diskPath(folder: string, name: string): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), nodeNameBytes(name)]);
}

test('restic restores them under the same names', { skip: missing('restic') }, async (context) => {
  const folder = await temporaryFolder(context);
  const vault = join(folder, 'vault');
  const repository = await createRepository(await openFolderTarget(vault), { password, keyCost });
  const lock = await repository.lock('shared');
  const writer = await repository.beginWriting(lock);
  const content = [await writer.addData(Buffer.from('content'))];
  const file: FileNode = { type: 'file', name: '', modifiedAt, size: 7, content };
  const subtree = await writer.addTree([{ ...file, name: 'inner', mode: 0o640 }]);
  const nodes: TreeNode[] = [
    ...names.map((name): FileNode => ({ ...file, name })),
    { type: 'dir', name: 'folder', modifiedAt, subtree, mode: 0o750 },
    { type: 'file', name: 'empty', modifiedAt: 0, size: 0, content: [], mode: 0o4711 },
    { type: 'symlink', name: 'link', modifiedAt, linkTarget: 'somewhere <else>\n' },
  ];
  const tree = await writer.addTree(nodes);
  await writer.finish();
  await writer.saveSnapshot({ time: modifiedAt, tree, paths: ['/names'], hostname: 'names', tags: [] });
  await lock.release();
  await repository.close();

  await restic(vault, password, 'check', '--read-data');
  const out = join(folder, 'out');
  await restic(vault, password, 'restore', 'latest', '--target', out);
  assert.deepEqual(await namesOnDisk(out), nodes.map(({ name }) => name).sort(compareNodeNames));
  for (const name of names) {
    const { size, mode, mtimeMs } = await lstat(diskPath(out, name));
    assert.deepEqual([size, mode & 0o7777, mtimeMs], [7, 0o644, modifiedAt], name);
  }
  assert.equal((await lstat(join(out, 'folder'))).mode & 0o7777, 0o750);
  assert.equal((await lstat(join(out, 'folder', 'inner'))).mode & 0o7777, 0o640);
  assert.equal((await lstat(join(out, 'empty'))).mode & 0o7777, 0o4711);
  assert.equal(await readlink(join(out, 'link')), 'somewhere <else>\n');
});

test('what restic backs up has the same names here', { skip: missing('restic') }, async (context) => {
  const folder = await temporaryFolder(context);
  const vault = join(folder, 'vault');
  const source = join(folder, 'source');
  await mkdir(source);
  for (const name of names) {
    await writeFile(diskPath(source, name), name.toWellFormed());
    await utimes(diskPath(source, name), modifiedAt / 1000, modifiedAt / 1000);
  }
  const target = await openFolderTarget(vault);
  await (await createRepository(target, { password, keyCost })).close();
  await restic(vault, password, 'backup', source);

  const repository = await openRepository(target, { password });
  const [snapshot] = await repository.listSnapshots();
  let subtree = snapshot?.tree ?? assert.fail('no snapshot');
  for (const part of source.split('/').slice(1)) {
    const next = (await repository.readTree(subtree)).find((node) => node.name === part);
    subtree = next?.type === 'dir' ? next.subtree : assert.fail(`no ${part}`);
  }
  const nodes = await repository.readTree(subtree);
  assert.deepEqual(
    nodes.map(({ name }) => name),
    names,
  );
  // Written as here, too.
  const text = (await repository.readBlob('tree', subtree)).toString();
  for (const name of names.filter((one) => one !== young)) {
    assert.ok(text.includes(`{"name":${goString(escapeNodeName(name))},"type":"file"`), name);
  }
  for (const node of nodes) {
    assert.ok(node.type === 'file');
    assert.equal(node.modifiedAt, modifiedAt);
    const pieces: Buffer[] = [];
    for await (const piece of repository.readFile(node)) pieces.push(piece);
    assert.equal(Buffer.concat(pieces).toString(), node.name.toWellFormed());
  }
  await repository.close();
});
