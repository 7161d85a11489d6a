/** Real kill -9 at random moments of a prune. GRIDKEEP_KILL_ROUNDS makes it longer: three kills in every fourth. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runAndKill } from '@gridkeep/testing/killed-process';
import { missing } from '@gridkeep/testing/requirements';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import { decideForget } from '../retention/forget.ts';
import { dayMs } from '../retention/calendar.ts';
import { openFolderTarget } from '../target/folder-target.ts';
import { restic } from '../test-support/real-restic.ts';
import { hashesOf, password, SmallVault, zone } from '../test-support/small-vault.ts';

const rounds = Math.ceil(Number(process.env['GRIDKEEP_KILL_ROUNDS'] ?? 8) / 4);
const program = fileURLToPath(new URL('../test-support/prune-process.ts', import.meta.url));

const pruneIn = (folder: string, wall: number, packBytes: number, killAfterMs: number | undefined) =>
  runAndKill(program, [folder, `${wall}`, `${packBytes}`], { killAfterMs });

describe('prune killed at any moment', () => {
  it('leaves every kept snapshot whole, for Gridkeep and restic', { skip: missing('restic') }, async (t) => {
    const folder = await temporaryFolder(t);
    const origin = join(folder, 'origin');
    const target = await openFolderTarget(origin);
    const vault = await SmallVault.create(target);
    vault.packBytes = 8 * 1024;
    const hashes = new Map<string, Map<string, string>>();
    const files = new Map<string, Buffer>();
    for (let at = 0; at < 10; at += 1) files.set(`regions/${at}.xml`, randomBytes(1500));
    for (let night = 0; night < 45; night += 1) {
      files.set(`assets/${night}.bin`, randomBytes(700));
      files.set(`regions/${night % 10}.xml`, randomBytes(1500));
      files.set('records.jsonl', randomBytes(2500));
      hashes.set((await vault.backup(files)).id, hashesOf(files));
      vault.machine.pass(dayMs);
    }
    const { keep, forget } = decideForget(await vault.repository.listSnapshots(), {
      clock: (await vault.clock.sample()).now,
      zone,
    });
    assert.ok(forget.length > 5);
    await target.close();

    const assertKept = async (path: string): Promise<void> => {
      const place = await openFolderTarget(path);
      const found = await vault.reopened(place);
      for (const { snapshot } of keep)
        assert.deepEqual(await found.contents(snapshot.tree), hashes.get(snapshot.id));
      await place.close();
    };
    const wall = vault.machine.wall();
    const whole = join(folder, 'whole');
    await cp(origin, whole, { recursive: true });
    const { lasted } = await pruneIn(whole, wall, vault.packBytes, undefined);
    await assertKept(whole);

    let killed = 0;
    for (let round = 0; round < rounds; round += 1) {
      const path = join(folder, `round-${round}`);
      await cp(origin, path, { recursive: true });
      // More than once: also in what cleans up after the first.
      for (let times = 0; times < 3; times += 1) {
        const { ended } = await pruneIn(path, wall, vault.packBytes, Math.random() * lasted * 1.05);
        if (!ended) killed += 1;
      }
      await assertKept(path);
      // The lock of a dead process is in restic's way until restic looks whether it is stale; not in ours.
      if (round % 4 === 0) {
        await rm(join(path, 'locks'), { recursive: true, force: true });
        await restic(path, password, 'check', '--read-data');
      }
      await pruneIn(path, wall, vault.packBytes, undefined);
      await assertKept(path);
      if (round % 4 === 0) await restic(path, password, 'check', '--read-data');
      await rm(path, { recursive: true });
    }
    t.diagnostic(`${killed} kills in ${rounds} rounds; a whole prune takes ${Math.round(lasted)} ms`);
    assert.ok(killed > 0);
  });
});
