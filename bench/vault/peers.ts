/** restic and borg, as Debian has them, with repositories and caches of their own. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runWatched, type Ran } from '../watched-process.ts';

const password = 'a password for measuring';

export interface Peer {
  readonly name: string;
  /** Of its repository. */
  readonly repository: string;
  backup(folder: string): Promise<Ran>;
  /** The newest, whole. */
  restore(into: string): Promise<Ran>;
}

export async function makeRestic(scratch: string, name: string): Promise<Peer> {
  const repository = join(scratch, `restic-${name}`);
  const environment = {
    RESTIC_REPOSITORY: repository,
    RESTIC_PASSWORD: password,
    RESTIC_CACHE_DIR: join(scratch, `restic-cache-${name}`),
  };
  const restic = (args: readonly string[], folder = scratch): Promise<Ran> =>
    runWatched('restic', ['--quiet', ...args], { environment, folder });
  await restic(['init']);
  return {
    name: 'restic',
    repository,
    backup: (folder) => restic(['backup', '.'], folder),
    restore: (into) => restic(['restore', 'latest', '--target', into]),
  };
}

export async function makeBorg(scratch: string, name: string): Promise<Peer> {
  const repository = join(scratch, `borg-${name}`);
  const base = join(scratch, `borg-base-${name}`);
  const environment = { BORG_REPO: repository, BORG_PASSPHRASE: password, BORG_BASE_DIR: base };
  const borg = (args: readonly string[], folder = scratch): Promise<Ran> =>
    runWatched('borg', args, { environment, folder });
  await mkdir(base);
  await borg(['init', '--encryption', 'repokey-blake2']);
  let backups = 0;
  return {
    name: 'borg',
    repository,
    backup: (folder) => {
      backups += 1;
      return borg(['create', `::backup-${backups}`, '.'], folder);
    },
    restore: async (into) => {
      await mkdir(into);
      return borg(['extract', `::backup-${backups}`], into);
    },
  };
}
