/** Flipped bytes, cut files, lost packs, a lost index: verify finds all, reindex recovers all that can be. */
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import assert from 'node:assert/strict';
import { open, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { BlobDamagedError, type BlobId, type BlobStat } from './blob-store.ts';
import type { Damage } from './maintenance.ts';
import { packHeaderBytes, recordHeaderBytes } from './pack-format.ts';
import { openPackStore, type PackStore } from './pack-store.ts';
import { idOf, noise } from './test-support/contents.ts';

interface Filled {
  readonly folder: string;
  readonly contents: ReadonlyMap<BlobId, Buffer>;
  readonly stats: readonly BlobStat[];
  open(): Promise<PackStore>;
}

const packBytesMax = 40_000;

/** Some ten packs of contents between 100 and 3,000 bytes, put in order; the last pack is not sealed. */
async function fill(context: TestContext): Promise<Filled> {
  const folder = await temporaryFolder(context);
  const open = (): Promise<PackStore> => openPackStore({ folder, packBytesMax });
  const store = await open();
  const contents = new Map<BlobId, Buffer>();
  for (let at = 0; at < 240; at += 1) {
    const content = noise(at, 100 + ((at * 7919) % 2900));
    contents.set(idOf(content), content);
    if (at % 8 === 0) await store.put(content);
    else void store.put(content);
  }
  await store.put(noise(9999, 50));
  contents.set(idOf(noise(9999, 50)), noise(9999, 50));
  const stats: BlobStat[] = [];
  for await (const entry of store.list()) stats.push(entry);
  await store.close();
  return { folder, contents, stats, open };
}

function packPath(folder: string, pack: string): string {
  return join(folder, 'packs', `${pack}.pack`);
}

async function packNames(folder: string): Promise<string[]> {
  return (await readdir(join(folder, 'packs'))).map((file) => file.replace('.pack', '')).sort();
}

async function flip(path: string, offset: number): Promise<void> {
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, offset);
  byte[0] = (byte[0] ?? 0) ^ 0x40;
  await file.write(byte, 0, 1, offset);
  await file.close();
}

async function removeIndex(folder: string): Promise<void> {
  for (const file of await readdir(folder)) {
    if (file.startsWith('index.db')) await rm(join(folder, file));
  }
}

async function readable(store: PackStore, contents: ReadonlyMap<BlobId, Buffer>): Promise<Set<BlobId>> {
  const whole = new Set<BlobId>();
  for (const [id, content] of contents) {
    try {
      const got = await store.get(id);
      if (got === undefined) continue;
      assert.ok(content.equals(got), 'damaged content was given out as whole');
      whole.add(id);
    } catch (error) {
      assert.ok(error instanceof BlobDamagedError);
    }
  }
  return whole;
}

test('a deleted index is made anew with everything', async (context) => {
  const { folder, contents, open } = await fill(context);
  await removeIndex(folder);
  const store = await open();
  assert.equal(store.openReport.rebuilt, true);
  assert.deepEqual(store.openReport.damages, []);
  assert.equal((await readable(store, contents)).size, contents.size);
  assert.equal((await store.verify()).damageCount, 0);
  await store.close();
});

test('an index that is garbage is made anew', async (context) => {
  const { folder, contents, open } = await fill(context);
  await removeIndex(folder);
  await writeFile(join(folder, 'index.db'), noise(1, 50_000));
  const store = await open();
  assert.equal((await readable(store, contents)).size, contents.size);
  await store.close();
});

test('every flipped byte is found by verify, whatever it hits', async (context) => {
  const { folder, contents, open } = await fill(context);
  const names = await packNames(folder);
  for (let round = 0; round < 40; round += 1) {
    const pack = names[round % names.length] ?? '';
    const { size } = await stat(packPath(folder, pack));
    const offset = Math.floor(Math.random() * size);
    await flip(packPath(folder, pack), offset);
    const store = await open();
    const { damages, damageCount } = await store.verify();
    const whole = await readable(store, contents);
    const hint = `pack ${names.indexOf(pack)} of ${names.length}, offset ${offset} of ${size}`;
    // The pack's own header names only what the file name says too.
    if (offset >= packHeaderBytes) assert.ok(damageCount > 0, hint);
    assert.ok(
      damages.every((damage) => damage.pack === pack),
      hint,
    );
    const lost = damages.filter(({ recoverable, id }) => !recoverable && id !== undefined);
    assert.equal(whole.size, contents.size - lost.length, hint);
    for (const { id } of lost) assert.ok(id !== undefined && !whole.has(id), hint);
    await store.close();
    await flip(packPath(folder, pack), offset);
    // Reindexing takes the marks of damage away with the damage.
    const mended = await open();
    await mended.reindex();
    assert.equal((await mended.verify()).damageCount, 0, hint);
    await mended.close();
  }
});

test('broken headers in the middle lose nothing: by the index, and by the footer after it is lost', async (context) => {
  const { folder, contents, stats, open } = await fill(context);
  const names = await packNames(folder);
  const last = names.at(-1);
  const hit = new Set<string>();
  for (const { pack } of stats) {
    if (pack === last || hit.has(pack)) continue;
    hit.add(pack);
    await flip(packPath(folder, pack), packHeaderBytes + 10);
  }
  const store = await open();
  assert.equal((await readable(store, contents)).size, contents.size);
  const { damages } = await store.verify();
  assert.deepEqual(new Set(damages.map(({ reason }) => reason)), new Set(['header']));
  assert.ok(damages.every(({ recoverable }) => recoverable));
  assert.equal(damages.length, hit.size);
  await store.close();
  await removeIndex(folder);
  const rebuilt = await open();
  assert.equal((await readable(rebuilt, contents)).size, contents.size);
  await rebuilt.close();
});

test('a broken footer costs nothing but time', async (context) => {
  const { folder, contents, open } = await fill(context);
  const [pack = ''] = await packNames(folder);
  const { size } = await stat(packPath(folder, pack));
  await flip(packPath(folder, pack), size - 100);
  await removeIndex(folder);
  const store = await open();
  assert.deepEqual(
    store.openReport.damages.map(({ reason }) => reason),
    ['footer'],
  );
  assert.equal((await readable(store, contents)).size, contents.size);
  await store.close();
});

test('what follows damage in the unsealed pack survives a lost index', async (context) => {
  const { folder, contents, stats, open } = await fill(context);
  const last = (await packNames(folder)).at(-1) ?? '';
  const inLast = stats.filter(({ pack }) => pack === last);
  assert.ok(inLast.length > 2, `${inLast.length} blobs in the last pack`);
  await flip(packPath(folder, last), packHeaderBytes + 20);
  await removeIndex(folder);
  const store = await open();
  assert.equal((await readable(store, contents)).size, contents.size - 1);
  assert.deepEqual(
    store.openReport.damages.map(({ reason, offset }) => ({ reason, offset })),
    [{ reason: 'gap', offset: packHeaderBytes }],
  );
  // The pack can still be appended to, sealed and read.
  const more = Array.from({ length: 30 }, (_, at) => noise(5000 + at, 2000));
  for (const content of more) await store.put(content);
  assert.equal((await readable(store, new Map(more.map((content) => [idOf(content), content])))).size, 30);
  await store.close();
});

test('content that imitates a record of its own pack is not taken for one', async (context) => {
  const folder = await temporaryFolder(context);
  const store = await openPackStore({ folder });
  await store.put(noise(1, 500));
  const [pack = ''] = await packNames(folder);
  const { readFile } = await import('node:fs/promises');
  const record = await readFile(packPath(folder, pack));
  // A blob that holds the bytes of a whole record, put where a scan after damage will search.
  const imitation = Buffer.concat([noise(2, 10), record.subarray(packHeaderBytes)]);
  await store.put(imitation, { compress: 'never' });
  await store.put(noise(3, 500));
  await store.close();
  await flip(packPath(folder, pack), packHeaderBytes + recordHeaderBytes + 500 + 30);
  await removeIndex(folder);
  const again = await openPackStore({ folder });
  assert.equal((await again.stats()).blobs, 2);
  assert.equal((await again.verify()).damages[0]?.reason, 'gap');
  await again.close();
});

test('a cut pack: verify and reindex name exactly what is lost', async (context) => {
  const { folder, contents, open } = await fill(context);
  const names = await packNames(folder);
  const pack = names[2] ?? '';
  await truncate(packPath(folder, pack), 15_000);
  const store = await open();
  assert.equal(store.openReport.damages[0]?.reason, 'cut');
  const { damages } = await store.verify();
  const whole = await readable(store, contents);
  const lost = [...contents.keys()].filter((id) => !whole.has(id)).sort();
  assert.ok(lost.length > 5 && whole.size > 100);
  assert.deepEqual(lossesOf(damages), lost);
  const report = await store.reindex();
  assert.equal(report.lostCount, lost.length);
  assert.deepEqual(report.lost.map(({ id }) => id).sort(), lost);
  assert.ok(report.lost.every((entry) => entry.pack === pack));
  // What was lost can be put again.
  for (const id of lost) await store.put(contents.get(id) ?? Buffer.alloc(0));
  assert.equal((await readable(store, contents)).size, contents.size);
  await store.close();
});

function lossesOf(damages: readonly Damage[]): string[] {
  return damages.flatMap(({ id, recoverable }) => (id !== undefined && !recoverable ? [id] : [])).sort();
}

test('a deleted pack: verify and reindex name exactly what is lost, and puts store it again', async (context) => {
  const { folder, contents, stats, open } = await fill(context);
  const pack = (await packNames(folder))[1] ?? '';
  await rm(packPath(folder, pack));
  const lost = stats.flatMap((entry) => (entry.pack === pack ? [entry.id] : [])).sort();
  const store = await open();
  assert.deepEqual(store.openReport.packsMissing, [pack]);
  assert.equal((await store.has(lost)).size, 0);
  const [first] = lost;
  assert.ok(first !== undefined);
  await assert.rejects(store.get(first), BlobDamagedError);
  const { damages } = await store.verify();
  assert.ok(damages.every(({ reason }) => reason === 'pack-missing'));
  assert.deepEqual(lossesOf(damages), lost);
  assert.equal((await store.put(contents.get(first) ?? Buffer.alloc(0))).isNew, true);
  const report = await store.reindex();
  assert.deepEqual(
    report.lost.map(({ id }) => id),
    lost.slice(1),
  );
  await store.close();
});

test('a put of content found damaged stores it again', async (context) => {
  const { folder, contents, stats, open } = await fill(context);
  const [victim] = stats;
  assert.ok(victim !== undefined);
  const store = await open();
  const bytes = await store.get(victim.id);
  const { readFile } = await import('node:fs/promises');
  const file = await readFile(packPath(folder, victim.pack));
  const offset = file.indexOf(bytes ?? Buffer.alloc(0));
  await flip(packPath(folder, victim.pack), offset + 3);
  await assert.rejects(store.get(victim.id), BlobDamagedError);
  assert.equal((await store.has([victim.id])).size, 0);
  assert.equal((await store.put(contents.get(victim.id) ?? Buffer.alloc(0))).isNew, true);
  assert.equal((await readable(store, contents)).size, contents.size);
  // The broken record is now only garbage.
  assert.equal((await store.verify()).damageCount, 0);
  await store.reindex({ deep: true });
  assert.equal((await readable(store, contents)).size, contents.size);
  await store.close();
});

test('compaction leaves a pack alone in which a live record is damaged', async (context) => {
  const { folder, contents, stats, open } = await fill(context);
  const pack = (await packNames(folder))[0] ?? '';
  await flip(packPath(folder, pack), packHeaderBytes + recordHeaderBytes + 5);
  const store = await open();
  const keep = stats.filter((entry, at) => entry.pack !== pack || at % 2 === 0).map(({ id }) => id);
  await store.sweep({ live: keep, graceMs: 0, now: Date.now() + 1000 });
  const report = await store.compact({ deadShareMin: 0.01, mergeBelowBytes: 0 });
  const damaged = (await store.verify()).damages.filter(({ reason }) => reason === 'content');
  assert.deepEqual(report.packsDamaged, damaged.length > 0 ? [pack] : []);
  const whole = await readable(store, contents);
  assert.equal(whole.size, keep.length - damaged.length);
  await store.close();
});
