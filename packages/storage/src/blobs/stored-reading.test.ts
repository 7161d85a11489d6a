import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { BlobDamagedError, type BlobId } from './blob-store.ts';
import { packHeaderBytes, recordHeaderBytes } from './pack-format.ts';
import { openPackStore } from './pack-store.ts';
import type { StoredContent } from './stored-reading.ts';
import { idOf, noise, prose } from './test-support/contents.ts';

function contentOf(stored: StoredContent | undefined): Buffer {
  assert.ok(stored !== undefined);
  const content = stored.codec === 'raw' ? stored.payload : zstdDecompressSync(stored.payload);
  assert.equal(content.length, stored.length);
  return Buffer.from(content);
}

test('what is stored comes as it is stored, one by one and many at once', async (context) => {
  const folder = await temporaryFolder(context);
  const store = await openPackStore({ folder, packBytesMax: 300_000 });
  const contents = new Map<BlobId, Buffer>();
  for (let at = 0; at < 300; at += 1) {
    const content = at % 3 === 0 ? prose(at, 100 + at * 40) : noise(at, 50 + at * 30);
    contents.set(idOf(content), content);
  }
  await Promise.all([...contents.values()].map((content) => store.put(content)));

  const codecs = new Set<string>();
  for (const [id, content] of contents) {
    const stored = await store.getStored(id);
    codecs.add(stored?.codec ?? 'none');
    assert.ok(contentOf(stored).equals(content));
  }
  assert.deepEqual([...codecs].sort(), ['raw', 'zstd']);

  const absent = idOf(noise(99_999, 10));
  assert.equal(await store.getStored(absent), undefined);
  const seen = new Map<BlobId, string>();
  for await (const one of store.readStored([...contents.keys(), absent])) {
    assert.equal(seen.has(one.id), false);
    if (one.stored === undefined) seen.set(one.id, one.lack);
    else {
      assert.ok(contentOf(one.stored).equals(contents.get(one.id) ?? Buffer.alloc(0)));
      seen.set(one.id, 'here');
    }
  }
  assert.equal(seen.size, contents.size + 1);
  assert.equal(seen.get(absent), 'absent');
  await store.close();
});

test('broken bytes are told from absent ones, and a broken header alone loses nothing', async (context) => {
  const folder = await temporaryFolder(context);
  const store = await openPackStore({ folder });
  const first = noise(1, 1000);
  const second = noise(2, 1000);
  const third = noise(3, 1000);
  for (const content of [first, second, third]) await store.put(content);
  const { pack } = (await store.stat(idOf(first))) ?? { pack: '' };
  const file = await open(join(folder, 'packs', `${pack}.pack`), 'r+');
  const record = recordHeaderBytes + 1000;
  // The stamp in the header of the first, and a byte of the content of the second.
  await file.write(Buffer.of(0xff), 0, 1, packHeaderBytes + 41);
  await file.write(
    Buffer.of((second[500] ?? 0) ^ 1),
    0,
    1,
    packHeaderBytes + record + recordHeaderBytes + 500,
  );
  await file.close();

  assert.ok(contentOf(await store.getStored(idOf(first))).equals(first));
  await assert.rejects(store.getStored(idOf(second)), BlobDamagedError);
  const lacks = new Map<BlobId, string>();
  for await (const one of store.readStored([first, second, third].map(idOf)))
    lacks.set(one.id, one.stored === undefined ? one.lack : 'here');
  assert.deepEqual(
    [first, second, third].map((content) => lacks.get(idOf(content))),
    ['here', 'damaged', 'here'],
  );
  await store.close();
});
