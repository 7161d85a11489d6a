/** More than a year of nights on a fake clock: what was promised is there, and prune's work stays in proportion. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it, type TestContext } from 'node:test';
import { missing } from '@gridkeep/testing/requirements';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { dayMs } from '../retention/calendar.ts';
import { openFolderTarget } from '../target/folder-target.ts';
import type { FileKind } from '../target/target.ts';
import { memoryTarget, type MemoryTarget } from '../test-support/faulty-target.ts';
import { restic } from '../test-support/real-restic.ts';
import { hashesOf, Known, password, SmallVault } from '../test-support/small-vault.ts';

const nights = 400;
/** Every prune that rewrites starts threads, which is what takes time here. */
const nightsPerPrune = 20;

/** Bytes that do not compress, the same at every run. */
function bytesOf(seed: string, length: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < length; at += 32) parts.push(createHash('sha256').update(`${seed} ${at}`).digest());
  return Buffer.concat(parts).subarray(0, length);
}

function day(night: number): string {
  return new Date(Date.UTC(2026, 10, 23) + night * dayMs).toISOString().slice(0, 10).replaceAll('-', '/');
}

/** A grid that grows by a little, changes some of what it has and forgets some. */
function pass(files: Map<string, Buffer>, night: number): void {
  for (let at = 0; at < 3; at += 1)
    files.set(
      `assets/${day(night)}/${at}.bin`,
      bytesOf(`asset ${night} ${at}`, 400 + ((night * 7 + at) % 900)),
    );
  files.set('records/inventory.jsonl', bytesOf(`inventory ${night}`, 6000));
  files.set(`records/${night % 10}.jsonl`, bytesOf(`record ${night}`, 2000));
  if (night >= 60) files.delete(`assets/${day(night - 60)}/1.bin`);
}

async function dump(target: MemoryTarget, folder: string): Promise<void> {
  const disk = await openFolderTarget(folder);
  const kinds: readonly FileKind[] = ['config', 'key', 'pack', 'index', 'snapshot'];
  for (const kind of kinds)
    for (const [name, bytes] of target.files(kind)) await disk.save(kind, name, bytes);
  await disk.close();
}

describe('a year of nights', () => {
  it('keeps every promised day byte for byte, and work and size in proportion', async (t: TestContext) => {
    const target = memoryTarget();
    const vault = await SmallVault.create(target);
    const files = new Map<string, Buffer>();
    for (let at = 0; at < 40; at += 1) files.set(`regions/${at}/objects.xml`, bytesOf(`region ${at}`, 3000));
    const promised = new Map<string, { readonly night: number; readonly hashes: Map<string, string> }>();
    const work = { written: 0, read: 0, freed: 0, pruned: 0, repacked: 0 };
    let added = 0;

    for (let night = 0; night < nights; night += 1) {
      pass(files, night);
      const before = target.files('pack').size;
      const snapshot = await vault.backup(files);
      promised.set(snapshot.id, { night, hashes: hashesOf(files) });
      added += [...target.files('pack').values()].slice(before).reduce((sum, pack) => sum + pack.length, 0);
      if (night % nightsPerPrune === 0 || night > nights - 5) {
        const report = await vault.prune();
        for (const id of report.forgotten) promised.delete(id);
        work.written += report.bytesWritten;
        work.read += report.bytesRead;
        work.freed += report.bytesFreed;
        work.pruned += report.packsRemoved;
        work.repacked += report.packsRepacked;
      }
      // The vault's clock is sampled some times a day, as a running server does.
      for (let at = 0; at < 4; at += 1) {
        vault.machine.pass(dayMs / 4);
        await vault.clock.sample();
      }
    }

    const fresh = await vault.reopened();
    const snapshots = await fresh.repository.listSnapshots();
    assert.deepEqual(new Set(snapshots.map(({ id }) => id)), new Set(promised.keys()));
    const known = new Known();
    for (const snapshot of snapshots)
      assert.deepEqual(await fresh.contents(snapshot.tree, known), promised.get(snapshot.id)?.hashes);

    const kept = [...promised.values()].map(({ night }) => nights - 1 - night);
    for (let age = 0; age < 30; age += 1) assert.ok(kept.includes(age), `day ${age}`);
    for (let age = 0; age < 182; age += 7)
      assert.ok(
        kept.some((other) => other >= age && other < age + 7),
        `week of ${age} days ago`,
      );
    for (let age = 0; age <= 366; age += 31)
      assert.ok(
        kept.some((other) => other >= age && other < age + 31),
        `month of ${age} days ago`,
      );

    const stored = [...target.files('pack').values()].reduce((sum, pack) => sum + pack.length, 0);
    t.diagnostic(
      `${snapshots.length} snapshots; ${target.files('pack').size} packs, ${kib(stored)} stored of ${kib(added)} written by ` +
        `${nights} backups; ${target.files('index').size} index files; prune rewrote ${work.repacked} packs, read ` +
        `${kib(work.read)}, wrote ${kib(work.written)}, removed ${work.pruned} packs with ${kib(work.freed)}`,
    );
    assert.ok(target.files('index').size <= 20);
    assert.ok(work.written < 5 * added);
    assert.equal(target.files('lock').size, 0);

    if (missing('restic') !== false) return;
    const folder = await temporaryFolder(t);
    await dump(target, folder);
    await restic(folder, password, 'check', '--read-data');
  });
});

function kib(bytes: number): string {
  return `${Math.round(bytes / 1024)} KiB`;
}
