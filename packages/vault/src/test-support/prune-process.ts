/**
 * A process that prunes the repositories in several folders at once, to be killed by prune-kill.test.ts: each of them is then
 * somewhere else. Arguments: clock, bytes of packs, folders. Prints `ready`, then `done` for every folder.
 */
import { writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { prune } from '../prune/prune.ts';
import { openRepository } from '../repository/repository.ts';
import { VaultClock } from '../retention/vault-clock.ts';
import { openFolderTarget } from '../target/folder-target.ts';
import { quickLocks } from './example-repository.ts';
import { FakeMachine } from './fake-machine.ts';
import { password, zone } from './small-vault.ts';

const [wall = '', packBytes = '', ...folders] = process.argv.slice(2);
const staggerMs = 40;
const repositories = await Promise.all(
  folders.map(async (folder) =>
    openRepository(await openFolderTarget(folder), { password }, { lockTimes: quickLocks }),
  ),
);
writeSync(1, 'ready\n');
await Promise.all(
  repositories.map(async (repository, at) => {
    await delay(at * staggerMs);
    const clock = new VaultClock(repository, new FakeMachine(Number(wall)));
    await prune(repository, { clock, zone, packBytes: Number(packBytes) });
    writeSync(1, 'done\n');
  }),
);
process.exit(0);
