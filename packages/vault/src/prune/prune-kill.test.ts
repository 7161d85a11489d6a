/** Real kill -9 at random moments of prunes. GRIDKEEP_KILL_ROUNDS makes it longer: so many prunes are killed. */
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
import { hashesOf, Known, password, SmallVault, zone } from '../test-support/small-vault.ts';

/** Repositories that one process prunes; each is somewhere else when it is killed. */
const foldersAtOnce = 4;
const kills = Number(process.env['GRIDKEEP_KILL_ROUNDS'] ?? 8);
/** To the end, for Gridkeep and restic. */
const concludeEvery = 5;
const program = fileURLToPath(new URL('../test-support/prune-process.ts', import.meta.url));

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
      const known = new Known();
      for (const { snapshot } of keep)
        assert.deepEqual(await found.contents(snapshot.tree, known), hashes.get(snapshot.id));
      await place.close();
    };
    const pruneIn = (folders: readonly string[], killAfterMs: number | undefined) =>
      runAndKill(program, [`${vault.machine.wall()}`, `${vault.packBytes}`, ...folders], { killAfterMs });

    const folders = Array.from({ length: foldersAtOnce }, (_, at) => join(folder, `${at}`));
    const [checked = ''] = folders;
    const prepare = async (): Promise<void> => {
      for (const path of folders) {
        await rm(path, { recursive: true, force: true });
        await cp(origin, path, { recursive: true });
      }
    };
    const conclude = async (): Promise<number> => {
      const { lasted } = await pruneIn(folders, undefined);
      for (const path of folders) await assertKept(path);
      await restic(checked, password, 'check', '--read-data');
      return lasted;
    };
    await prepare();
    const lasted = await conclude();

    let killed = 0;
    let rounds = 0;
    for (; killed < kills && rounds < kills; rounds += 1) {
      await prepare();
      // More than once: also in what cleans up after the first.
      for (const share of [0.9, 0.4]) {
        const { lines } = await pruneIn(folders, Math.random() * lasted * share);
        killed += foldersAtOnce - lines.filter((line) => line === 'done').length;
      }
      for (const path of folders) await assertKept(path);
      if (rounds % concludeEvery !== 0) continue;
      // The lock of a dead process is in restic's way until restic looks whether it is stale; not in ours.
      await rm(join(checked, 'locks'), { recursive: true, force: true });
      await restic(checked, password, 'check', '--read-data');
      await conclude();
    }
    t.diagnostic(
      `${killed} kills in ${rounds} rounds; ${foldersAtOnce} whole prunes take ${Math.round(lasted)} ms`,
    );
    assert.ok(killed >= kills);
  });
});
