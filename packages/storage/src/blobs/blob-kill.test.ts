/** Real kill -9 at random moments of putting, sweeping and compacting. GRIDKEEP_KILL_ROUNDS makes it longer. */
import { runAndKill } from '@gridkeep/testing/killed-process';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { nodeDisk } from './disk.ts';
import { openFolderShelf } from './folder-shelf.ts';
import { openPackStore, type PackStore } from './pack-store.ts';
import { openShelfPackStore } from './s3-pack-store.ts';
import { idOf } from './test-support/contents.ts';
import { contentOf, isLive } from './test-support/kill-contents.ts';

const rounds = Number(process.env['GRIDKEEP_KILL_ROUNDS'] ?? 24);
const roundsPerFolder = 8;
const killAfterMsMax = 300;
const child = new URL('test-support/store-child.ts', import.meta.url).pathname;

/** Numbers whose put was acknowledged before the kill. */
async function putUntilKilled(args: readonly string[]): Promise<number[]> {
  const { lines, ended } = await runAndKill(child, args, { killAfterMs: Math.random() * killAfterMsMax });
  assert.equal(ended, false, 'the child ended by itself');
  return lines.filter((line) => line !== 'open').map((line) => Number(line.split(' ')[0]));
}

async function checkAll(store: PackStore, acknowledged: readonly number[]): Promise<void> {
  const { openReport } = store;
  assert.equal(openReport.rebuilt, false);
  assert.deepEqual(
    { ...openReport, tailsCut: [] },
    { ...openReport, damages: [], packsMissing: [], tailsCut: [] },
  );
  for (const number of acknowledged) {
    const content = contentOf(number);
    const got = await store.get(idOf(content));
    assert.ok(
      got === undefined ? !isLive(number) : content.equals(got),
      `acknowledged put ${number} of ${content.length} bytes is lost`,
    );
  }
  const report = await store.verify();
  assert.deepEqual(report.damages, []);
}

async function blobsOf(store: PackStore): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of store.list()) ids.push(id);
  return ids;
}

async function killRounds(
  context: TestContext,
  count: number,
  place: (context: TestContext) => Promise<{ args: string[]; folder: string; open(): Promise<PackStore> }>,
): Promise<void> {
  let acknowledgedInAll = 0;
  for (let done = 0; done < count;) {
    const { args, folder, open } = await place(context);
    const acknowledged: number[] = [];
    for (let round = 0; round < roundsPerFolder && done < count; round += 1, done += 1) {
      acknowledged.push(...(await putUntilKilled([folder, String(done + 1), ...args])));
      const store = await open();
      await checkAll(store, acknowledged);
      if (round === roundsPerFolder - 1 || done === count - 1) {
        // The packs alone say the same as the index.
        const before = await blobsOf(store);
        const { lostCount, damages } = await store.reindex({ deep: true });
        assert.deepEqual({ lostCount, damages }, { lostCount: 0, damages: [] });
        assert.deepEqual(await blobsOf(store), before);
      }
      await store.close();
    }
    acknowledgedInAll += acknowledged.length;
  }
  context.diagnostic(`${count} kills, ${acknowledgedInAll} acknowledged puts`);
  assert.ok(acknowledgedInAll > count, 'the children hardly got to put anything');
}

test('kill -9 loses no acknowledged put: on disk', async (context) => {
  await killRounds(context, Math.ceil((rounds * 3) / 4), async () => {
    const folder = await temporaryFolder(context);
    return { args: [], folder, open: () => openPackStore({ folder, packBytesMax: 60_000 }) };
  });
});

test('kill -9 loses no acknowledged put: on a shelf, the folder lost too', async (context) => {
  await killRounds(context, Math.ceil(rounds / 4), async () => {
    const shelfFolder = await temporaryFolder(context);
    const folder = await temporaryFolder(context);
    return {
      args: [shelfFolder],
      folder,
      open: async () =>
        openShelfPackStore(await openFolderShelf(shelfFolder, nodeDisk), {
          folder,
          policy: 'remote',
          packBytesMax: 60_000,
          gatherMs: 1,
          // Nobody else writes: what is not there need not be waited for.
          refreshMsMin: 0,
        }),
    };
  });
});
