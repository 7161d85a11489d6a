import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlobStoreLockedError } from './maintenance.ts';
import { openPackStore } from './pack-store.ts';
import { noise } from './test-support/contents.ts';
import { contractPackBytes, contractStreamBytes, describeBlobStore } from './test-support/contract.ts';

describeBlobStore('PackStore on disk', false, async (context) => {
  const folder = await temporaryFolder(context);
  return {
    open: () =>
      openPackStore({ folder, packBytesMax: contractPackBytes, streamBufferBytesMax: contractStreamBytes }),
  };
});

test('a second store on the same folder is refused until the first is closed', async (context) => {
  const folder = await temporaryFolder(context);
  const first = await openPackStore({ folder });
  await assert.rejects(openPackStore({ folder }), BlobStoreLockedError);
  await first.put(noise(1, 100));
  await first.close();
  const second = await openPackStore({ folder });
  assert.equal((await second.stats()).blobs, 1);
  await second.close();
});
