import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missing } from '@gridkeep/testing/requirements';
import { resticVectors } from '@gridkeep/testing/restic-vectors';
import { readIndexFile, writeIndexFile } from './index-file.ts';

const pack = '7f8b1dfc466b6249f06cbe55c9174df2578e7754da793fded244ef5cba2a38f1';
const blob = { id: pack, type: 'data', offset: 0, length: 49, uncompressed_length: 8 };

test('what restic wrote comes out the same again', { skip: missing('fixtures') }, () => {
  for (const { json } of resticVectors().indexes) {
    const { packs, packsToDelete } = readIndexFile(json);
    assert.deepEqual(JSON.parse(writeIndexFile(packs)), withSortedBlobs(json));
    assert.deepEqual(packsToDelete, []);
  }
});

function withSortedBlobs(json: string): unknown {
  const index: { packs: { blobs: { offset: number }[] }[] } = JSON.parse(json);
  for (const { blobs } of index.packs) blobs.sort((a, b) => a.offset - b.offset);
  return index;
}

test('keeps apart what rustic will delete; blobs come in the order of their offsets', () => {
  const doomed = { id: pack, time: '2026-01-02T03:04:05.678901Z', size: 300, blobs: [blob] };
  const two = {
    id: pack,
    blobs: [
      { ...blob, offset: 49 },
      { ...blob, uncompressed_length: 0 },
    ],
  };
  const read = readIndexFile(JSON.stringify({ packs: [two], packs_to_delete: [doomed], supersedes: [] }));
  assert.deepEqual(
    read.packs[0]?.blobs.map(({ offset }) => offset),
    [0, 49],
  );
  assert.equal(read.packs[0]?.blobs[0]?.uncompressedLength, undefined);
  assert.equal(read.packsToDelete[0]?.time, Date.UTC(2026, 0, 2, 3, 4, 5, 678));
  assert.equal(read.packsToDelete[0]?.blobs.length, 1);
});

test('refuses what is no index', () => {
  const bad = [
    null,
    {},
    { packs: null },
    { packs: [null] },
    { packs: [{ id: 'x', blobs: [] }] },
    { packs: [{ id: pack, blobs: null }] },
    ...[
      { type: 'file' },
      { id: '../x' },
      { offset: -1 },
      { offset: 0.5 },
      { length: 31 },
      { length: 2 ** 32 },
      { offset: 0xffff_ff00, length: 0x100_0000 },
      { uncompressed_length: -8 },
      { uncompressed_length: '8' },
    ].map((change) => ({ packs: [{ id: pack, blobs: [{ ...blob, ...change }] }] })),
  ];
  for (const index of bad) {
    assert.throws(() => readIndexFile(JSON.stringify(index)), { name: 'FormatError' }, JSON.stringify(index));
  }
  assert.throws(() => writeIndexFile([{ id: 'x"', blobs: [] }]), RangeError);
});
