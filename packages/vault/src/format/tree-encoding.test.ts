import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseBlobId } from '@gridkeep/storage/blobs/blob-store';
import { missing } from '@gridkeep/testing/requirements';
import { resticVectors } from '@gridkeep/testing/restic-vectors';
import { compareNodeNames, isNodeName, nodeNameFromBytes } from './node-names.ts';
import { decodeTree, encodeTree } from './tree-encoding.ts';
import type { TreeNode } from './tree-node.ts';

const id = parseBlobId('8ef88dcca8f5c0c71308ca781f447cfa61c4a58add47cc949e58d4274dc94739');

test('the empty folder has the id that restic gives it', () => {
  const sha256 = createHash('sha256').update(encodeTree([])).digest('hex');
  assert.equal(sha256, 'ac08ce34ba4f8123618661bef2425f7028ffb9ac740578a3ee88684d2523fee8');
});

/** A tree of restic with what Gridkeep does not keep taken out, and its times as Gridkeep writes them. */
function reduced(json: string): string {
  return json
    .replaceAll(/"(?:user|group)":"[^"]*",/g, '')
    .replaceAll(/"(?:inode|device_id|links)":\d+,/g, '')
    .replaceAll(/"extended_attributes":\[[^\]]*\],/g, '')
    .replaceAll(
      /("mtime":"[^".]*(?:\.\d{1,3})?)\d*Z","atime":"[^"]*","ctime":"[^"]*"/g,
      (_, start: string) => {
        const mtime = start.slice('"mtime":"'.length);
        return `"mtime":"${mtime}Z","atime":"${mtime}Z","ctime":"${mtime}Z"`;
      },
    );
}

test('trees of restic are written again byte for byte', { skip: missing('fixtures') }, () => {
  const { trees, minimalRepository } = resticVectors();
  for (const json of [...trees.map((tree) => tree.json), minimalRepository.treeJson]) {
    assert.equal(encodeTree(decodeTree(Buffer.from(json))).toString(), reduced(json));
  }
});

test('knows links that are not UTF-8, set-uid, sticky and times', { skip: missing('fixtures') }, () => {
  const nodes = resticVectors().trees.flatMap(({ json }) => decodeTree(Buffer.from(json)));
  const find = (name: string) => nodes.find((node) => node.name === name);
  const link = find('link-latin1');
  assert.equal(link?.type === 'symlink' && link.linkTarget, 'caf\udce9');
  assert.equal(find('nested.txt')?.mode, 0o4755);
  assert.equal(find('sub')?.mode, 0o1777);
  assert.equal(find('deep')?.mode, undefined);
  assert.equal(find('pipe')?.mode, 0o644);
  assert.equal(find('nested.txt')?.modifiedAt, Date.UTC(2020, 8, 13, 12, 26, 40, 500));
});

const names = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.uint8Array({ maxLength: 12 }).map(nodeNameFromBytes),
  )
  .filter((name) => isNodeName(name));
const times = fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 });
const modes = fc.integer({ min: 0, max: 0o7777 });
const plainObjects = { noNullPrototype: true };
const nodes: fc.Arbitrary<TreeNode> = fc.oneof(
  fc.record(
    {
      type: fc.constant('file' as const),
      name: names,
      modifiedAt: times,
      size: fc.maxSafeNat(),
      content: fc.array(fc.constant(id), { maxLength: 3 }),
      mode: modes.filter((mode) => mode !== 0o644),
    },
    plainObjects,
  ),
  fc.record(
    { type: fc.constant('dir' as const), name: names, modifiedAt: times, subtree: fc.constant(id) },
    plainObjects,
  ),
  fc.record(
    {
      type: fc.constantFrom(
        'symlink' as const,
        'fifo' as const,
        'socket' as const,
        'dev' as const,
        'chardev' as const,
      ),
      name: names,
      modifiedAt: times,
      mode: modes,
      linkTarget: fc.uint8Array({ minLength: 1, maxLength: 12 }).map(nodeNameFromBytes),
    },
    plainObjects,
  ),
);
const trees = fc.uniqueArray(nodes, {
  comparator: (a, b) => compareNodeNames(a.name, b.name) === 0,
  maxLength: 12,
});

test('every tree comes back, sorted', () => {
  fc.assert(
    fc.property(trees, (tree) => {
      const bytes = encodeTree(tree);
      const sorted = tree.toSorted((a, b) => compareNodeNames(a.name, b.name));
      assert.deepEqual(decodeTree(bytes), sorted);
      assert.deepEqual(encodeTree(sorted), bytes);
    }),
  );
});

test('refuses to write bad names, names that come twice, and bad numbers', () => {
  const folder: TreeNode = { type: 'dir', name: 'a', modifiedAt: 0, subtree: id };
  for (const name of ['', '.', '..', 'a/b', 'a\0b', '\ud800']) {
    assert.throws(() => encodeTree([{ ...folder, name }]), RangeError);
  }
  assert.throws(() => encodeTree([folder, folder]), RangeError);
  assert.throws(
    () => encodeTree([folder, { ...folder, name: 'é' }, { ...folder, name: '\udcc3\udca9' }]),
    RangeError,
  );
  assert.throws(() => encodeTree([{ ...folder, modifiedAt: NaN }]), RangeError);
  assert.throws(
    () => encodeTree([{ type: 'file', name: 'f', modifiedAt: 0, size: -1, content: [] }]),
    RangeError,
  );
});

test('refuses to read what would be dangerous or is no tree', () => {
  const file = { name: 'f', type: 'file', content: [id] };
  const bad: unknown[] = [
    null,
    [],
    {},
    { nodes: null },
    { nodes: [null] },
    { nodes: [file, file] },
    ...['', '.', '..', '../x', 'a/b', 'a\\x00b', '\\x2e\\x2e', '\\u002e', 'x'.repeat(5000), 7].map(
      (name) => ({
        nodes: [{ ...file, name }],
      }),
    ),
    ...[
      { type: 'irregular' },
      { type: undefined },
      { content: null },
      { content: ['x'] },
      { content: [`${id}/..`] },
      { size: -1 },
      { size: 2 ** 60 },
      { mode: 2 ** 32 },
      { mtime: 'yesterday' },
      { type: 'dir' },
      { type: 'dir', subtree: '../..' },
      { type: 'symlink', linktarget: 5 },
    ].map((change) => ({ nodes: [{ ...file, ...change }] })),
  ];
  for (const tree of bad) {
    assert.throws(
      () => decodeTree(Buffer.from(JSON.stringify(tree))),
      { name: 'FormatError' },
      JSON.stringify(tree),
    );
  }
  assert.throws(() => decodeTree(Buffer.from('['.repeat(200_000))), { name: 'FormatError' });
});

test('takes trees in any order, and nodes with little in them', () => {
  const nodes = [
    { name: 'b', type: 'file', content: [] },
    { name: 'a', type: 'dir', subtree: id, extra: { unknown: true } },
  ];
  const decoded = decodeTree(Buffer.from(JSON.stringify({ nodes })));
  assert.deepEqual(
    decoded.map(({ name }) => name),
    ['a', 'b'],
  );
  assert.equal(decoded[0]?.modifiedAt, Date.parse('0001-01-01T00:00:00Z'));
});
