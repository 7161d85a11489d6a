import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { nodeDisk } from './disk.ts';
import { openFolderShelf } from './folder-shelf.ts';
import { ShelfError, type PackShelf } from './pack-shelf.ts';
import type { PackStore } from './pack-store.ts';
import { openShelfPackStore, type ShelfStoreOptions } from './s3-pack-store.ts';
import { collect, idOf, inChunks, noise } from './test-support/contents.ts';
import { contractPackBytes, contractStreamBytes, describeBlobStore } from './test-support/contract.ts';
import { describeShelf } from './test-support/shelf-contract.ts';

const small = {
  packBytesMax: contractPackBytes,
  streamBufferBytesMax: contractStreamBytes,
  gatherMs: 1,
  refreshMsMin: 0,
  uploadRetryMs: 10,
};

async function folderShelf(context: TestContext): Promise<PackShelf> {
  return openFolderShelf(await temporaryFolder(context), nodeDisk);
}

describeShelf('shelf in a folder', false, folderShelf);

for (const policy of ['local', 'remote'] as const) {
  describeBlobStore(`PackStore on a shelf, policy ${policy}`, false, async (context) => {
    const shelf = await folderShelf(context);
    const folder = await temporaryFolder(context);
    return { open: () => openShelfPackStore(shelf, { ...small, folder, policy, localBytesMax: 100_000 }) };
  });
}

async function openFresh(
  context: TestContext,
  shelf: PackShelf,
  options: Partial<ShelfStoreOptions> = {},
): Promise<PackStore> {
  const store = await openShelfPackStore(shelf, {
    ...small,
    folder: await temporaryFolder(context),
    localBytesMax: 0,
    ...options,
  });
  context.after(() => store.close());
  return store;
}

test('policy remote: an empty folder finds everything acknowledged again', async (context) => {
  const shelf = await folderShelf(context);
  const first = await openFresh(context, shelf, { policy: 'remote' });
  const contents = Array.from({ length: 100 }, (_, at) => noise(at, 3000));
  await Promise.all(contents.map((content) => first.put(content)));
  const large = noise(1000, 200_000);
  await first.putStream(inChunks(large, 30_000));
  // The first is not even closed.
  const second = await openFresh(context, shelf, { policy: 'remote' });
  assert.equal((await second.stats()).blobs, 101);
  for (const content of [...contents, large]) {
    assert.ok(content.equals(await collect(await second.read(idOf(content)))));
  }
  assert.equal((await second.verify()).damageCount, 0);
});

test('policy remote: processes find what others put, moved and deleted', async (context) => {
  const shelf = await folderShelf(context);
  const [one, two] = [
    await openFresh(context, shelf, { policy: 'remote' }),
    await openFresh(context, shelf, { policy: 'remote' }),
  ];
  const contents = Array.from({ length: 40 }, (_, at) => noise(at, 2000));
  for (const content of contents) await one.put(content);
  assert.equal((await two.has(contents.map(idOf))).size, 40);
  const kept = contents.slice(0, 20);
  await one.sweep({ live: kept.map(idOf), graceMs: 0, now: Date.now() + 1000 });
  const { packsRemoved } = await one.compact({ mergeBelowBytes: contractPackBytes });
  assert.ok(packsRemoved > 0);
  for (const content of kept) assert.ok(content.equals((await two.get(idOf(content))) ?? Buffer.alloc(0)));
});

for (const refreshMsMin of [0, 3_600_000])
  test(`policy remote: what another has acknowledged is read at once, pause ${refreshMsMin}`, async (context) => {
    const shelf = await folderShelf(context);
    const options = { policy: 'remote', refreshMsMin } as const;
    const [one, two] = [await openFresh(context, shelf, options), await openFresh(context, shelf, options)];
    // It has asked in vain.
    assert.equal((await two.has([idOf(noise(0, 100))])).size, 0);
    for (let round = 1; round <= 3; round += 1) {
      const contents = Array.from({ length: 10 }, (_, at) => noise(round * 100 + at, 2000));
      await Promise.all(
        contents.map(async (content) => {
          await one.put(content);
          const [got, again] = await Promise.all([two.get(idOf(content)), two.read(idOf(content))]);
          assert.ok(content.equals(got ?? Buffer.alloc(0)));
          assert.ok(again !== undefined && content.equals(await collect(again)));
        }),
      );
    }
    assert.equal(await two.get(idOf(noise(0, 100))), undefined);
  });

test('policy local: what was uploaded survives the loss of the folder', async (context) => {
  const shelf = await folderShelf(context);
  const folder = await temporaryFolder(context);
  const open = (): Promise<PackStore> =>
    openShelfPackStore(shelf, { ...small, folder, policy: 'local', localBytesMax: 0 });
  const store = await open();
  const contents = Array.from({ length: 100 }, (_, at) => noise(at, 3000));
  await Promise.all(contents.map((content) => store.put(content)));
  // Compaction waits until everything is uploaded.
  await store.compact({ deadShareMin: 0, mergeBelowBytes: 0 });
  const { blobs } = await store.stats();
  await store.close();
  await rm(join(folder, 'packs'), { recursive: true });
  await rm(join(folder, 'index.db'));
  const again = await open();
  assert.equal((await again.stats()).blobs, blobs);
  assert.equal((await again.verify()).damageCount, 0);
  await again.close();
});

test('policy local: failing uploads hold up nobody and are made up for', async (context) => {
  const inner = await folderShelf(context);
  let isDown = true;
  const errors: string[] = [];
  const shelf: PackShelf = {
    ...inner,
    save: async (...args) => {
      if (isDown) throw new ShelfError('passing', 'down');
      return inner.save(...args);
    },
  };
  const folder = await temporaryFolder(context);
  const options: ShelfStoreOptions = {
    ...small,
    folder,
    policy: 'local',
    onUploadError: (pack) => errors.push(pack),
  };
  const store = await openShelfPackStore(shelf, options);
  const contents = Array.from({ length: 60 }, (_, at) => noise(at, 3000));
  await Promise.all(contents.map((content) => store.put(content)));
  await assert.rejects(store.compact({ deadShareMin: 0 }), /down/);
  await store.close();
  assert.ok(errors.length > 0);
  isDown = false;
  const again = await openShelfPackStore(shelf, options);
  await again.compact({ deadShareMin: 0, mergeBelowBytes: 0 });
  let shelved = 0;
  for await (const { bytes } of inner.list()) shelved += bytes;
  assert.ok(shelved >= 180_000, `${shelved} bytes on the shelf`);
  await again.close();
});

test('policy remote: a put fails when the shelf refuses, and the store goes on', async (context) => {
  const inner = await folderShelf(context);
  let isDown = false;
  const shelf: PackShelf = {
    ...inner,
    save: async (...args) => {
      if (isDown) throw new ShelfError('permanent', 'access denied');
      return inner.save(...args);
    },
  };
  const store = await openFresh(context, shelf, { policy: 'remote' });
  await store.put(noise(1, 100));
  isDown = true;
  await assert.rejects(store.put(noise(2, 100)), /access denied/);
  await assert.rejects(store.putStream(inChunks(noise(3, 100_000), 10_000)), /access denied/);
  isDown = false;
  assert.equal((await store.put(noise(2, 100))).isNew, true);
  assert.equal((await store.stats()).blobs, 2);
  assert.equal((await store.verify()).damageCount, 0);
});
