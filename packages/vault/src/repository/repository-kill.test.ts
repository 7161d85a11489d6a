/** Real kill -9 at random moments of backups, alone and several at once. GRIDKEEP_KILL_ROUNDS makes it longer. */
import { runAndKill } from '@gridkeep/testing/killed-process';
import { missing } from '@gridkeep/testing/requirements';
import { temporaryFolder } from '@gridkeep/testing/temporary-folder';
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openFolderTarget } from '../target/folder-target.ts';
import { contentOf, createExample, examplePassword, quickLocks } from '../test-support/example-repository.ts';
import { restic } from '../test-support/real-restic.ts';
import { openRepository, type Repository } from './repository.ts';

const rounds = Number(process.env['GRIDKEEP_KILL_ROUNDS'] ?? 8);
/** Processes at once; each kill counts. */
const seedsAtOnce = ['a', 'b', 'c', 'd'];
const resticEvery = 20;
const killAfterMsMax = 250;
const child = new URL('../test-support/write-until-killed.ts', import.meta.url).pathname;

/** Ids of the snapshots that were saved before the kill, which comes some time after so many lines of output. */
async function backUpUntilKilled(place: string, seed: string, beginsAtLine: number): Promise<string[]> {
  const killAfterMs = Math.random() * killAfterMsMax;
  const { lines, ended } = await runAndKill(child, [place, seed], { killAfterMs, beginsAtLine });
  assert.equal(ended, false, 'the child ended by itself');
  return lines.filter((line) => line !== 'open');
}

async function checkSnapshot(repository: Repository, id: string): Promise<void> {
  const { tree, tags } = await repository.readSnapshot(id);
  const [name = ''] = tags;
  const [seed = ''] = name.split('-');
  const nodes = await repository.readTree(tree);
  assert.equal(nodes.length, 40);
  for (const node of nodes) {
    assert.equal(node.type, 'file');
    const number = Number(node.name.slice('file-'.length));
    const pieces: Buffer[] = [];
    for await (const piece of repository.readFile(node)) pieces.push(piece);
    const expected = contentOf(number % 2 === 0 ? `${seed} ${number}` : `${name} ${number}`, 20_000);
    assert.ok(Buffer.concat(pieces).equals(expected), `${node.name} of ${name} has changed`);
  }
}

test('kill -9 in backups loses no saved snapshot', { skip: missing('restic') }, async (context) => {
  const place = join(await temporaryFolder(context), 'repository');
  const target = await openFolderTarget(place);
  await (await createExample(target)).close();
  const saved: string[] = [];
  for (let kills = 0; kills < rounds;) {
    kills += seedsAtOnce.length;
    const seeds = seedsAtOnce.map((seed) => `${kills}${seed}`);
    const added = (
      await Promise.all(seeds.map((seed, at) => backUpUntilKilled(place, seed, 1 + (at % 2))))
    ).flat();
    saved.push(...added);
    const repository = await openRepository(
      target,
      { password: examplePassword },
      { lockTimes: quickLocks, cacheFolder: `${place}-cache` },
    );
    // The dead processes' locks are in nobody's way.
    await (await repository.lock('exclusive')).release();
    const there = new Set((await repository.listSnapshots()).map(({ id }) => id));
    for (const id of saved) assert.ok(there.has(id), `snapshot ${id} is lost`);
    for (const id of added) await checkSnapshot(repository, id);
    if (kills % resticEvery === 0 || kills >= rounds) {
      await restic(place, examplePassword, 'check', '--read-data');
      if (kills >= rounds) for (const id of there) await checkSnapshot(repository, id);
    }
    await repository.close();
  }
  assert.ok(saved.length > rounds / 4, 'the children hardly got to save anything');
  context.diagnostic(`${rounds} kills, ${saved.length} snapshots saved`);
});
