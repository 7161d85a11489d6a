/** A process that prunes the repository in a folder, to be killed by prune-kill.test.ts. Arguments: folder, clock, bytes of packs. */
import { openRepository } from '../repository/repository.ts';
import { VaultClock } from '../retention/vault-clock.ts';
import { openFolderTarget } from '../target/folder-target.ts';
import { FakeMachine } from './fake-machine.ts';
import { password, zone } from './small-vault.ts';
import { prune } from '../prune/prune.ts';

const [folder = '', wall = '', packBytes = ''] = process.argv.slice(2);
const target = await openFolderTarget(folder);
const repository = await openRepository(
  target,
  { password },
  { lockTimes: { refreshMs: 60_000, lostMs: 120_000, settleMs: 1 } },
);
process.stdout.write('ready\n');
await prune(repository, {
  clock: new VaultClock(repository, new FakeMachine(Number(wall))),
  zone,
  packBytes: Number(packBytes),
});
process.stdout.write('done\n');
process.exit(0);
