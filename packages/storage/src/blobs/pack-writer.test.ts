import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { errorCode } from './disk.ts';
import { openPackStore } from './pack-store.ts';
import { collect, idOf, inChunks, noise } from './test-support/contents.ts';
import { failingDisk } from './test-support/failing-disk.ts';

const isFull = (error: unknown): boolean => errorCode(error) === 'ENOSPC';
const isBroken = (error: unknown): boolean => errorCode(error) === 'EIO';

test('on a full disk puts fail whole, and the store goes on when there is room again', async (context) => {
  const folder = await temporaryFolder(context);
  const disk = failingDisk();
  const open = (): ReturnType<typeof openPackStore> =>
    openPackStore({ folder, disk, packBytesMax: 50_000, streamBufferBytesMax: 10_000 });
  const store = await open();
  const kept = [];
  for (let round = 0; round < 12; round += 1) {
    const before = noise(round * 3, 4000);
    await store.put(before);
    kept.push(before);
    // Room for none, some or nearly all of the batch: a write fails as a whole.
    disk.roomBytes = round * 900;
    const tried = [1, 2, 3].map((at) => noise(round * 3 + at + 1000, 4000));
    const puts = await Promise.allSettled(tried.map((content) => store.put(content)));
    assert.ok(puts.some(({ status }) => status === 'rejected'));
    await assert.rejects(store.putStream(inChunks(noise(round + 5000, 40_000), 3000)), isFull);
    for (const [at, put] of puts.entries()) {
      const content = tried[at] ?? Buffer.alloc(0);
      const got = await store.get(idOf(content));
      if (put.status === 'fulfilled') kept.push(content);
      else assert.ok(isFull(put.reason));
      assert.equal(got !== undefined, put.status === 'fulfilled');
    }
    disk.roomBytes = Infinity;
    const again = noise(round * 3 + 2000, 4000);
    assert.equal((await store.put(again)).isNew, true);
    kept.push(again);
  }
  for (const content of kept) assert.ok(content.equals((await store.get(idOf(content))) ?? Buffer.alloc(0)));
  assert.equal((await store.verify()).damageCount, 0);
  await store.close();
  assert.equal((await readdir(join(folder, 'packs'))).filter((file) => !file.endsWith('.pack')).length, 0);
  const again = await open();
  assert.deepEqual(again.openReport.damages, []);
  assert.equal((await again.stats()).blobs, kept.length);
  await again.close();
});

test('when flushing fails nothing of it is acknowledged, even when the file cannot be cut', async (context) => {
  const folder = await temporaryFolder(context);
  const disk = failingDisk();
  const store = await openPackStore({ folder, disk });
  await store.put(noise(1, 3000));
  for (const isTruncateBroken of [false, true]) {
    disk.isSyncBroken = true;
    disk.isTruncateBroken = isTruncateBroken;
    await assert.rejects(store.put(noise(2, 3000)), isBroken);
    await assert.rejects(store.put(noise(3, 3000)), isBroken);
    disk.isSyncBroken = false;
    disk.isTruncateBroken = false;
    assert.equal((await store.put(noise(isTruncateBroken ? 5 : 4, 3000))).isNew, true);
  }
  assert.equal((await store.stats()).blobs, 3);
  await store.close();
  const again = await openPackStore({ folder });
  for (const seed of [1, 4, 5]) {
    assert.ok(noise(seed, 3000).equals((await again.get(idOf(noise(seed, 3000)))) ?? Buffer.alloc(0)));
  }
  assert.equal((await again.verify()).damageCount, 0);
  await again.close();
});

test('puts beyond the queue wait for room, and all arrive', async (context) => {
  const folder = await temporaryFolder(context);
  const store = await openPackStore({ folder, queueBytesMax: 10_000 });
  const contents = Array.from({ length: 50 }, (_, at) => noise(at, at === 25 ? 40_000 : 3000));
  await Promise.all(contents.map((content) => store.put(content)));
  assert.equal((await store.stats()).blobs, 50);
  assert.equal((await collect(await store.read(idOf(noise(25, 40_000))))).length, 40_000);
  await store.close();
});
