import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBlobId } from '@gridkeep/storage/blobs/blob-store';
import type { StoredSnapshot } from '@gridkeep/vault/format/snapshot';
import { chooseSnapshot, localMinute } from './choose-snapshot.ts';
import { VaultError } from './vault-error.ts';

function snapshot(id: string, time: string): StoredSnapshot {
  return {
    id: id.padEnd(64, '0'),
    time: Date.parse(time),
    tree: parseBlobId('a'.repeat(64)),
    paths: [],
    hostname: 'h',
    tags: [],
  };
}

const zone = 'Europe/Vienna';
// 23:30 UTC is half past midnight of the next day there.
const snapshots = [
  snapshot('bbbbbb1', '2026-11-21T23:30:00Z'),
  snapshot('aaaaaa1', '2026-11-20T02:00:00Z'),
  snapshot('bbbbbb2', '2026-11-22T15:00:30Z'),
  snapshot('cccccc1', '2026-11-25T02:00:00Z'),
];

test('the newest, the last of a day or up to a minute in the zone, or one by its name', () => {
  for (const [at, id] of [
    [undefined, 'cccccc1'],
    ['2026-11-22', 'bbbbbb2'],
    ['2026-11-20', 'aaaaaa1'],
    ['2026-11-22T00:30', 'bbbbbb1'],
    ['2026-11-22 16:00', 'bbbbbb2'],
    ['2026-11-22T15:59', 'bbbbbb1'],
    ['aaaaaa', 'aaaaaa1'],
    ['bbbbbb2', 'bbbbbb2'],
  ] as const)
    assert.equal(chooseSnapshot(snapshots, at, zone).id, id.padEnd(64, '0'), at);
  assert.equal(localMinute(Date.parse('2026-11-21T23:30:00Z'), zone), '2026-11-22 00:30');
});

test('what names none is told with the nearest', () => {
  for (const [at, rule] of [
    ['2026-11-23', /no backup of 2026-11-23; the nearest are of 2026-11-22 and 2026-11-25/],
    ['2026-11-20T02:00', /no backup up to .*the oldest is of 2026-11-20 03:00/],
    ['bbbbbb', /several backups/],
    ['dddddd', /no backup dddddd/],
    ['yesterday', /names no backup/],
    ['ab', /names no backup/],
  ] as const)
    assert.throws(
      () => chooseSnapshot(snapshots, at, zone),
      (error: unknown) => error instanceof VaultError && rule.test(error.message),
    );
  assert.throws(() => chooseSnapshot([], undefined, zone), /gridkeep backup run/);
});
