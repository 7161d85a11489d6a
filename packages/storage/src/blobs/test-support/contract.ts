/** Every promise of BlobStore and its maintenance, run against each kind of store. */
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { BlobId, BlobStat } from '../blob-store.ts';
import type { PackStore } from '../pack-store.ts';
import { collect, idOf, inChunks, noise, prose } from './contents.ts';

/** A place where the same store can be opened again and again. */
export interface StorePlace {
  /** With packs of at most 64 KiB and streams above 16 KiB spooled. */
  open(): Promise<PackStore>;
}

export const contractPackBytes = 64 * 1024;
export const contractStreamBytes = 16 * 1024;

type Case = (store: PackStore, place: StorePlace) => Promise<void>;

export function describeBlobStore(
  name: string,
  skip: string | false,
  makePlace: (context: TestContext) => Promise<StorePlace>,
): void {
  void describe(name, { skip }, () => {
    for (const [title, run] of Object.entries(cases)) {
      void test(title, async (context) => {
        const place = await makePlace(context);
        const store = await place.open();
        try {
          await run(store, place);
        } finally {
          await store.close();
        }
      });
    }
  });
}

async function getAll(store: PackStore, contents: readonly Buffer[]): Promise<void> {
  for (const content of contents) {
    const got = await store.get(idOf(content));
    assert.ok(got !== undefined && content.equals(got), `content of ${content.length} bytes`);
  }
}

async function ids(store: PackStore): Promise<BlobId[]> {
  const all: BlobId[] = [];
  for await (const { id } of store.list()) all.push(id);
  return all;
}

const cases: Readonly<Record<string, Case>> = {
  'gives back what was put, of every size': async (store) => {
    const sizes = [0, 1, 63, 64, 65, 4096, 65_536, 300_000];
    const contents = sizes.flatMap((size, at) => [noise(at, size), prose(at, size)]);
    const results = await Promise.all(contents.map((content) => store.put(content)));
    results.forEach(({ id, size }, at) => {
      assert.equal(id, idOf(contents[at] ?? Buffer.alloc(0)));
      assert.equal(size, contents[at]?.length);
    });
    await getAll(store, contents);
  },

  'stores the same content once, also when put twice at the same time': async (store) => {
    const content = noise(1, 5000);
    const results = await Promise.all([store.put(content), store.put(content), store.put(content)]);
    assert.deepEqual(results.map(({ isNew }) => isNew).sort(), [false, false, true]);
    assert.equal((await store.put(content)).isNew, false);
    assert.equal((await store.putStream(inChunks(content, 100))).isNew, false);
    const { blobs, logicalBytes } = await store.stats();
    assert.deepEqual({ blobs, logicalBytes }, { blobs: 1, logicalBytes: 5000 });
  },

  'compresses what shrinks and only that': async (store) => {
    const results = [prose(1, 20_000), noise(2, 20_000), prose(3, 20_000)];
    const [shrunk, same, raw] = await Promise.all([
      store.put(results[0] ?? Buffer.alloc(0)),
      store.put(results[1] ?? Buffer.alloc(0)),
      store.put(results[2] ?? Buffer.alloc(0), { compress: 'never' }),
    ]);
    const stored = async (id: BlobId): Promise<number> => (await store.stat(id))?.storedSize ?? -1;
    assert.ok((await stored(shrunk.id)) < 2000);
    assert.ok((await stored(same.id)) >= 20_000);
    assert.ok((await stored(raw.id)) >= 20_000);
    await getAll(store, results);
  },

  'says what is absent': async (store) => {
    const id = idOf(noise(1, 10));
    assert.equal(await store.get(id), undefined);
    assert.equal(await store.read(id), undefined);
    assert.equal(await store.stat(id), undefined);
    assert.equal((await store.has([id])).size, 0);
  },

  'reads any range of small, compressed and streamed content': async (store) => {
    const contents = [noise(1, 10_000), prose(2, 10_000), noise(3, 700_000)];
    for (const content of contents) {
      const { id } = await store.putStream(inChunks(content, 7000));
      const { length } = content;
      const ranges = [
        [0, length],
        [0, 1],
        [length - 1, length],
        [1234, 5678],
        [5000, length + 10],
        [length, length + 5],
        [17, 17],
        [3, length - 3],
      ] as const;
      for (const [start, end] of ranges) {
        const got = await collect(await store.read(id, { start, end }));
        assert.ok(content.subarray(start, end).equals(got), `${start} to ${end} of ${length}`);
      }
      assert.ok(content.equals(await collect(await store.read(id))));
      await assert.rejects(store.read(id, { start: 5, end: 2 }), RangeError);
    }
  },

  'takes streams of any size and leaves nothing of those that fail': async (store) => {
    const large = noise(1, 1_000_000);
    const first = await store.putStream(inChunks(large, 65_536));
    assert.deepEqual(first, { id: idOf(large), size: 1_000_000, isNew: true });
    assert.equal((await store.putStream(inChunks(large, 65_536))).isNew, false);
    assert.equal((await store.putStream(inChunks(Buffer.alloc(0), 1))).size, 0);
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield noise(2, 200_000);
      throw new Error('the sender went away');
    };
    await assert.rejects(store.putStream(broken()), /sender went away/);
    await assert.rejects(store.putStream(inChunks(noise(3, 100_000), 1000), { id: first.id }), RangeError);
    assert.equal((await store.stats()).blobs, 2);
    await getAll(store, [large]);
  },

  'answers for thousands of ids at once and lists all in order': async (store) => {
    const contents = Array.from({ length: 1500 }, (_, at) => noise(at, 20 + (at % 50)));
    await Promise.all(contents.map((content) => store.put(content)));
    const known = contents.map(idOf);
    const unknown = Array.from({ length: 1500 }, (_, at) => idOf(noise(at, 500)));
    const here = await store.has([...known, ...unknown]);
    assert.deepEqual([...here].sort(), [...known].sort());
    assert.deepEqual(await ids(store), [...known].sort());
  },

  'knows everything after closing and opening again': async (store, place) => {
    const contents = Array.from({ length: 60 }, (_, at) => noise(at, 3000));
    await Promise.all(contents.map((content) => store.put(content)));
    const large = noise(99, 100_000);
    await store.putStream(inChunks(large, 10_000));
    const before = await store.stats();
    await store.close();
    const again = await place.open();
    try {
      assert.equal(again.openReport.rebuilt, false);
      assert.deepEqual(again.openReport.damages, []);
      assert.deepEqual(await again.stats(), before);
      await getAll(again, [...contents, large]);
      assert.equal((await again.put(noise(1, 3000))).isNew, false);
      assert.equal((await again.put(noise(100, 3000))).isNew, true);
      assert.equal((await again.verify()).damageCount, 0);
    } finally {
      await again.close();
    }
  },

  'sweeps what is not live and older than the grace, nothing else': async (store, place) => {
    const contents = Array.from({ length: 90 }, (_, at) => noise(at, 1000));
    await Promise.all(contents.map((content) => store.put(content)));
    const live = contents.filter((_, at) => at % 3 === 0);
    const now = Date.now() + 1000;
    const spared = await store.sweep({ live: live.map(idOf), graceMs: 60_000, now });
    assert.deepEqual({ ...spared }, { marked: 30, deleted: 0, deletedBytes: 0, spared: 60 });
    const swept = await store.sweep({ live: live.map(idOf), graceMs: 0, now });
    assert.deepEqual({ ...swept }, { marked: 30, deleted: 60, deletedBytes: 60_000, spared: 0 });
    assert.deepEqual(await ids(store), live.map(idOf).sort());
    // A rebuilt index must not bring them back, and a put must.
    await store.reindex();
    assert.deepEqual(await ids(store), live.map(idOf).sort());
    assert.equal((await store.put(contents[1] ?? Buffer.alloc(0))).isNew, true);
    await store.reindex({ deep: true });
    assert.equal((await store.stats()).blobs, 31);
    await store.close();
    const again = await place.open();
    assert.equal((await again.stats()).blobs, 31);
    assert.equal((await again.verify()).damageCount, 0);
    await again.close();
  },

  'protects what a put found here, also while the sweep runs': async (store) => {
    const contents = Array.from({ length: 30 }, (_, at) => noise(at, 500));
    await Promise.all(contents.map((content) => store.put(content)));
    const now = Date.now() + 1000;
    const [refound = Buffer.alloc(0), protectedOne = Buffer.alloc(0), fresh = Buffer.alloc(0)] = [
      contents[0],
      contents[1],
      noise(77, 400),
    ];
    const live = async function* (): AsyncGenerator<BlobId> {
      assert.equal((await store.put(refound)).isNew, false);
      assert.equal((await store.protect([idOf(protectedOne)])).size, 1);
      await store.put(fresh);
      yield idOf(contents[5] ?? fresh);
    };
    const { deleted } = await store.sweep({ live: live(), graceMs: 0, now });
    assert.equal(deleted, 27);
    await getAll(store, [refound, protectedOne, fresh, contents[5] ?? fresh]);
    // The same put again and again while tombstones are written.
    const others = contents.slice(6);
    await Promise.all(others.map((content) => store.put(content)));
    const racing = store.sweep({ live: [], graceMs: 0, now: now + 1000 });
    const puts = others.map((content) => store.put(content));
    await Promise.all([racing, ...puts]);
    await getAll(store, others);
  },

  'compacts while it serves, and keeps deletions deleted': async (store, place) => {
    const contents = Array.from({ length: 200 }, (_, at) => noise(at, 2000));
    const large = noise(500, 120_000);
    await Promise.all(contents.map((content) => store.put(content)));
    await store.putStream(inChunks(large, 10_000));
    const live = [...contents.filter((_, at) => at % 2 === 0), large];
    await store.sweep({ live: live.map(idOf), graceMs: 0, now: Date.now() + 1000 });
    const before = await store.stats();
    let isDone = false;
    const serving = (async () => {
      for (let round = 0; !isDone; round += 1) {
        await getAll(store, live.slice(0, 20));
        await store.put(noise(1000 + round, 300));
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const report = await store.compact({ deadShareMin: 0.2 }).finally(() => (isDone = true));
    await serving;
    assert.ok(report.packsRemoved > 2 && report.blobsMoved > 50, JSON.stringify(report));
    assert.deepEqual(report.packsDamaged, []);
    assert.ok((await store.stats()).deadBytes < before.deadBytes / 2);
    await getAll(store, live);
    const all = await ids(store);
    await store.reindex();
    assert.deepEqual(await ids(store), all);
    assert.equal((await store.verify()).damageCount, 0);
    await store.close();
    const again = await place.open();
    assert.deepEqual(await ids(again), all);
    await again.close();
  },

  'merges small packs': async (store) => {
    const contents: Buffer[] = [];
    for (let at = 0; at < 12; at += 1) {
      const content = noise(at, 17_000);
      contents.push(content);
      await store.putStream(inChunks(content, 5000));
    }
    const before = await store.stats();
    const report = await store.compact({ mergeBelowBytes: 20_000 });
    assert.equal(report.packsRemoved, 12);
    assert.ok((await store.stats()).packs < before.packs);
    await getAll(store, contents);
  },

  'a reader goes on while its pack is compacted away': async (store) => {
    const content = noise(1, 900_000);
    const { id } = await store.putStream(inChunks(content, 50_000));
    const reading = (await store.read(id))?.[Symbol.asyncIterator]();
    const first = await reading?.next();
    await store.compact({ deadShareMin: 0, mergeBelowBytes: 0 });
    const parts = [first?.value ?? Buffer.alloc(0)];
    for (let next = await reading?.next(); next?.done === false; next = await reading?.next()) {
      parts.push(next.value);
    }
    assert.ok(content.equals(Buffer.concat(parts)));
  },

  'verifies in parts that can be resumed': async (store) => {
    const contents = Array.from({ length: 100 }, (_, at) => noise(at, 2500));
    await Promise.all(contents.map((content) => store.put(content)));
    const whole = await store.verify({ bytesPerSecondMax: 1e9 });
    assert.deepEqual({ blobs: whole.blobs, damages: whole.damageCount }, { blobs: 100, damages: 0 });
    const stop = new AbortController();
    let cursor: { pack: string; offset: number } | undefined;
    let done = 0;
    const stopped = store.verify({
      signal: stop.signal,
      onProgress: (progress, at) => {
        cursor = at;
        done = progress.blobsDone;
        stop.abort(new Error('enough'));
      },
    });
    await assert.rejects(stopped, /enough/);
    assert.ok(cursor !== undefined && done > 0 && done < 100);
    const rest = await store.verify({ resumeFrom: cursor });
    assert.equal(rest.blobs, 100 - done);
  },

  'refuses work after closing': async (store) => {
    await store.close();
    await assert.rejects(store.put(noise(1, 10)), /closed/);
  },

  'stat tells sizes and the pack': async (store) => {
    const { id } = await store.put(noise(4, 777));
    const stat: BlobStat | undefined = await store.stat(id);
    assert.equal(stat?.size, 777);
    assert.equal(stat?.storedSize, 777 + 72);
    assert.match(stat?.pack ?? '', /^[0-9a-f]{32}$/);
  },
};
