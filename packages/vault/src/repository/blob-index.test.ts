import { parseBlobId, type BlobId } from '@gridkeep/storage/blobs/blob-store';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { PackEntry } from '../format/pack-header.ts';
import { newMasterKey } from '../sealing/master-key.ts';
import { BlobIndex } from './blob-index.ts';
import { indexCacheFile, readIndexCache, writeIndexCache } from './index-cache.ts';
import { hashName } from './repository-files.ts';

const repositoryId = 'ab'.repeat(32);

function idOf(text: string): BlobId {
  return parseBlobId(hashName(Buffer.from(text)));
}

function packOf(name: string, count: number, type: PackEntry['type'] = 'data'): PackEntry[] {
  let offset = 0;
  return Array.from({ length: count }, (_, number) => {
    const length = 40 + (number % 1000);
    const entry: PackEntry = {
      type,
      id: idOf(`${name} ${number}`),
      offset,
      length,
      uncompressedLength: number % 3 === 0 ? undefined : 4_000_000_000 + number,
    };
    offset += length;
    return entry;
  });
}

test('every entry is found, by type and id, over many blocks', () => {
  const index = new BlobIndex();
  const packs = Array.from({ length: 60 }, (_, number) => `p${number}`);
  for (const name of packs) {
    index.addPack(idOf(name), packOf(name, 700, name.endsWith('7') ? 'tree' : 'data'), idOf('index file'));
  }
  assert.equal(index.size, 42_000);
  for (const name of packs) {
    const type = name.endsWith('7') ? 'tree' : 'data';
    for (const entry of packOf(name, 700, type)) {
      const { id, offset, length, uncompressedLength } = entry;
      assert.deepEqual(index.find(type, id), { pack: idOf(name), offset, length, uncompressedLength });
      assert.equal(index.has(type === 'tree' ? 'data' : 'tree', id), false);
      assert.equal(index.at(index.slotOf(type, id)).id, id);
    }
  }
  assert.equal(index.find('data', idOf('nobody')), undefined);
  assert.equal(index.pack(7).content, 'tree');
});

test('a blob in two packs has two entries, a pack in two index files none more', () => {
  const index = new BlobIndex();
  const [one = [], other = []] = [packOf('same', 5), packOf('same', 5)];
  index.addPack(idOf('p1'), one, 'i1');
  index.addPack(idOf('p2'), other, 'i1');
  index.addPack(idOf('p1'), one, 'i2');
  assert.equal(index.size, 10);
  assert.deepEqual(index.slotsOf('data', idOf('same 3')), [3, 8]);
  assert.deepEqual(index.pack(0).indexFiles, ['i1', 'i2']);
  // Contradicting lists of one pack are both kept, for whoever looks after the repository.
  index.addPack(idOf('p1'), one.slice(0, 2), 'i3');
  assert.deepEqual(index.packNumbersOf(idOf('p1')), [0, 2]);

  const rest = index.without(new Set(['i1', 'i3']));
  assert.deepEqual(
    [...rest.packs()].map(({ id }) => id),
    [idOf('p1')],
  );
  assert.deepEqual(rest.indexFiles(), ['i2']);
  assert.equal(rest.find('data', idOf('same 3'))?.pack, idOf('p1'));
});

test('the cache gives the same index, and nothing when it is damaged, torn or another’s', async (context) => {
  const folder = await temporaryFolder(context);
  const key = newMasterKey();
  const index = new BlobIndex();
  index.addPack(idOf('p1'), packOf('a', 20_000), 'i1'.padEnd(64, '0'));
  index.addPack(idOf('p2'), packOf('b', 10, 'tree'), 'i2'.padEnd(64, '0'));
  index.addPack(idOf('p2'), packOf('b', 10, 'tree'), 'i1'.padEnd(64, '0'));
  index.notePackToDelete(idOf('p3'), 'i2'.padEnd(64, '0'));
  await writeIndexCache(folder, repositoryId, key, index);
  const again = await readIndexCache(folder, repositoryId, key);
  assert.ok(again !== undefined);
  assert.deepEqual([...again.packs()], [...index.packs()]);
  assert.deepEqual([...again.entries()], [...index.entries()]);
  assert.deepEqual(again.packsToDelete(), [idOf('p3')]);
  assert.equal(again.find('tree', idOf('b 3'))?.pack, idOf('p2'));
  again.addPack(idOf('p4'), packOf('c', 20_000), 'i3');
  assert.equal(again.find('data', idOf('c 19999'))?.pack, idOf('p4'));

  const file = indexCacheFile(folder, repositoryId);
  const bytes = await readFile(file);
  assert.ok((await stat(file)).size < 20_010 * 60, 'about 50 bytes a blob');
  assert.equal(await readIndexCache(folder, repositoryId, newMasterKey()), undefined);
  assert.equal(await readIndexCache(folder, 'cd'.repeat(32), key), undefined);
  for (const at of [0, 9, 200, 5000, 700_000, bytes.length - 1]) {
    const damaged = Buffer.from(bytes);
    damaged.writeUInt8(damaged.readUInt8(at) ^ 1, at);
    await writeFile(file, damaged);
    assert.equal(await readIndexCache(folder, repositoryId, key), undefined, `damage at ${at}`);
  }
  for (const length of [0, 11, 1000, bytes.length - 1]) {
    await writeFile(file, bytes.subarray(0, length));
    assert.equal(await readIndexCache(folder, repositoryId, key), undefined, `cut at ${length}`);
  }
});
