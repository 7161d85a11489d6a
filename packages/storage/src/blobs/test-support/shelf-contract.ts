/** Every promise of PackShelf, run against each kind of shelf. */
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { newPackName } from '../pack-format.ts';
import { isAbsent, type PackShelf, type ShelvedPack } from '../pack-shelf.ts';
import type { ByteSource } from '../byte-source.ts';
import { noise } from './contents.ts';

type Case = (shelf: PackShelf) => Promise<void>;

export function describeShelf(
  name: string,
  skip: string | false,
  makeShelf: (context: TestContext) => Promise<PackShelf>,
): void {
  void describe(name, { skip }, () => {
    for (const [title, run] of Object.entries(cases)) {
      void test(title, async (context) => run(await makeShelf(context)));
    }
  });
}

function sourceOf(bytes: Buffer): ByteSource {
  return {
    size: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
  };
}

async function all(packs: AsyncIterable<ShelvedPack>): Promise<ShelvedPack[]> {
  const found: ShelvedPack[] = [];
  for await (const pack of packs) found.push(pack);
  return found;
}

const cases: Readonly<Record<string, Case>> = {
  'saves, reads ranges, lists in order, removes': async (shelf) => {
    const names = [3, 1, 2].map((at) => newPackName(1_700_000_000_000 + at));
    const bytes = noise(1, 50_000);
    for (const name of names) await shelf.save(name, sourceOf(bytes));
    const [name = ''] = names;
    assert.ok((await shelf.read(name, 0, 50_000)).equals(bytes));
    assert.ok((await shelf.read(name, 1000, 77)).equals(bytes.subarray(1000, 1077)));
    assert.ok((await shelf.read(name, 49_990, 100)).equals(bytes.subarray(49_990)));
    const sorted = names.toSorted();
    assert.deepEqual(
      (await all(shelf.list())).map((pack) => pack.name),
      sorted,
    );
    assert.deepEqual(await all(shelf.list(sorted[1])), [{ name: sorted[2], bytes: 50_000 }]);
    await shelf.remove(name);
    await shelf.remove(name);
    assert.equal((await all(shelf.list())).length, 2);
  },

  'saving again replaces': async (shelf) => {
    const name = newPackName();
    await shelf.save(name, sourceOf(noise(1, 100)));
    await shelf.save(name, sourceOf(noise(2, 200)));
    assert.ok((await shelf.read(name, 0, 200)).equals(noise(2, 200)));
  },

  'says what is absent': async (shelf) => {
    await assert.rejects(shelf.read(newPackName(), 0, 10), isAbsent);
  },

  'a source that fails leaves nothing under the name': async (shelf) => {
    const name = newPackName();
    const failing: ByteSource = {
      size: 40 * 1024 * 1024,
      read: (offset, length) =>
        offset < 17 * 1024 * 1024
          ? Promise.resolve(Buffer.alloc(length))
          : Promise.reject(new Error('disk broke')),
    };
    await assert.rejects(shelf.save(name, failing));
    assert.deepEqual(await all(shelf.list()), []);
  },

  'takes packs of several parts': async (shelf) => {
    const name = newPackName();
    const bytes = noise(5, 35 * 1024 * 1024);
    await shelf.save(name, sourceOf(bytes));
    const offset = 16 * 1024 * 1024 - 10;
    assert.ok((await shelf.read(name, offset, 20)).equals(bytes.subarray(offset, offset + 20)));
    assert.deepEqual(await all(shelf.list()), [{ name, bytes: bytes.length }]);
  },
};
