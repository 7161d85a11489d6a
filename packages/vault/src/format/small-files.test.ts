import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseBlobId } from '@gridkeep/storage/blobs/blob-store';
import { missing } from '@gridkeep/testing/requirements';
import { resticVectors } from '@gridkeep/testing/restic-vectors';
import { readLockFile, writeLockFile } from './lock-file.ts';
import { newRepositoryConfig, readRepositoryConfig, writeRepositoryConfig } from './repository-config.ts';
import { readSnapshotFile, writeSnapshot } from './snapshot-encoding.ts';
import type { Snapshot } from './snapshot.ts';
import { formatTimestamp, parseTimestamp } from './timestamp.ts';

const tree = parseBlobId('8ef88dcca8f5c0c71308ca781f447cfa61c4a58add47cc949e58d4274dc94739');

test('times as Go writes them', () => {
  assert.equal(formatTimestamp(0), '1970-01-01T00:00:00Z');
  assert.equal(formatTimestamp(1_700_000_000_120), '2023-11-14T22:13:20.12Z');
  assert.equal(formatTimestamp(-1), '1969-12-31T23:59:59.999Z');
  assert.equal(
    parseTimestamp('2026-11-22T18:20:36.420959045+01:00', 'x'),
    Date.UTC(2026, 10, 22, 17, 20, 36, 420),
  );
  assert.equal(parseTimestamp('0001-01-01T00:00:00Z', 'x'), -62_135_596_800_000);
  assert.equal(parseTimestamp('1969-12-31T23:59:59.999999999Z', 'x'), -1);
  for (const time of [NaN, Infinity, 253_402_300_800_000])
    assert.throws(() => formatTimestamp(time), RangeError);
  for (const text of [
    '',
    '2026-11-22',
    '2026-13-01T00:00:00Z',
    '2026-11-22T25:00:00Z',
    '2026-11-22 00:00:00Z',
    '9999-12-31T23:59:59-12:00',
    '0000-01-01T00:00:00+01:00',
    7,
    null,
  ]) {
    assert.throws(() => parseTimestamp(text, 'x'), { name: 'FormatError' }, String(text));
  }
  fc.assert(
    fc.property(fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 }), (time) => {
      assert.equal(parseTimestamp(formatTimestamp(time), 'x'), time);
    }),
  );
});

test('the config of restic is read and written the same', { skip: missing('fixtures') }, () => {
  const { plaintext } = resticVectors().config;
  const config = readRepositoryConfig(Buffer.from(plaintext));
  assert.equal(config.version, 2);
  assert.equal(writeRepositoryConfig(config).toString(), plaintext);
});

test('a new config is read back; one that is dangerous is refused', () => {
  const config = newRepositoryConfig();
  assert.deepEqual(readRepositoryConfig(writeRepositoryConfig(config)), config);
  const appendOnly = { ...config, appendOnly: true };
  assert.deepEqual(readRepositoryConfig(writeRepositoryConfig(appendOnly)), appendOnly);
  assert.equal(newRepositoryConfig(0x2b023e1651a121n).polynomial, 0x2b023e1651a121n);
  const json: Record<string, unknown> = JSON.parse(writeRepositoryConfig(config).toString());
  const changes = [
    { version: 3 },
    { version: '2' },
    { id: '..' },
    { chunker_polynomial: '393ec8e20bfc09' },
    { chunker_polynomial: '0x2b023e1651a121' },
    { chunker_polynomial: 'ffffffffffffffff' },
    { chunker_polynomial: 7 },
    { is_hot: true },
  ];
  for (const change of changes) {
    const changed = Buffer.from(JSON.stringify({ ...json, ...change }));
    assert.throws(() => readRepositoryConfig(changed), { name: 'FormatError' }, JSON.stringify(change));
  }
});

test(
  'snapshots of restic are read, and written with all that Gridkeep keeps',
  { skip: missing('fixtures') },
  () => {
    for (const { json } of resticVectors().snapshots) {
      const snapshot = readSnapshotFile(json);
      const again = readSnapshotFile(writeSnapshot(snapshot));
      assert.deepEqual(again, snapshot);
      const before: Record<string, unknown> = JSON.parse(json);
      const after: Record<string, unknown> = JSON.parse(writeSnapshot(snapshot));
      for (const key of [
        'time',
        'parent',
        'tree',
        'paths',
        'hostname',
        'username',
        'tags',
        'original',
        'program_version',
      ]) {
        assert.deepEqual(after[key], before[key], key);
      }
      // In the same order, as far as they are there.
      assert.deepEqual(
        Object.keys(after),
        Object.keys(before).filter((key) => key in after),
      );
    }
  },
);

test('a snapshot of Gridkeep comes back', () => {
  const snapshot: Snapshot = {
    time: 1_700_000_000_001,
    tree,
    parent: tree,
    paths: ['/grid'],
    hostname: 'grid',
    tags: ['gridkeep', 'point:day'],
    programVersion: 'gridkeep 1',
    summary: {
      backupStart: 1,
      backupEnd: 2,
      filesNew: 3,
      filesChanged: 4,
      filesUnmodified: 5,
      dirsNew: 6,
      dirsChanged: 7,
      dirsUnmodified: 8,
      dataBlobs: 9,
      treeBlobs: 10,
      dataAdded: 11,
      dataAddedPacked: 12,
      totalFilesProcessed: 13,
      totalBytesProcessed: 14,
    },
  };
  assert.deepEqual(readSnapshotFile(writeSnapshot(snapshot)), snapshot);
  const bare: Snapshot = { time: 0, tree, paths: [], hostname: '', tags: [] };
  assert.deepEqual(readSnapshotFile(writeSnapshot(bare)), bare);
  assert.ok(!writeSnapshot(bare).includes('null') && !writeSnapshot(bare).includes('tags'));
});

test('a snapshot without a tree, or that is none, is refused; a parent that is no name is none', () => {
  const good = { time: '2026-01-01T00:00:00Z', tree, paths: null };
  const bad = [
    null,
    { ...good, tree: undefined },
    { ...good, tree: '../x' },
    { ...good, time: 'never' },
    { ...good, paths: 'x' },
    { ...good, tags: [1] },
    { ...good, hostname: 5 },
    { ...good, summary: { backup_start: 1 } },
  ];
  for (const file of bad) {
    assert.throws(
      () => readSnapshotFile(JSON.stringify(file)),
      { name: 'FormatError' },
      JSON.stringify(file),
    );
  }
  const odd = readSnapshotFile(
    JSON.stringify({ ...good, parent: '../../config', original: 'x', tags: null }),
  );
  assert.equal(odd.parent, undefined);
  assert.equal(odd.original, undefined);
});

test('locks both ways', () => {
  const lock = {
    time: 1_700_000_000_001,
    exclusive: true,
    hostname: 'gridkeep-vault-1',
    username: 'me',
    pid: 7,
  };
  assert.deepEqual(readLockFile(writeLockFile(lock)), lock);
  const restic =
    '{"time":"2026-11-22T17:20:36.4+01:00","exclusive":false,"hostname":"h","username":"u","pid":1,"uid":2,"gid":3}';
  assert.equal(readLockFile(restic).exclusive, false);
  for (const text of ['', '{}', '{"time":"2026-11-22T17:20:36Z"}', '{"exclusive":true}']) {
    assert.throws(() => readLockFile(text), { name: 'FormatError' }, text);
  }
});
