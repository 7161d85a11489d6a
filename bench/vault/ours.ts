/** Gridkeep's own vault in a process of its own, run with the settings of the program (packages/gridkeep/bin/gridkeep). */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runWatched, type Ran } from '../watched-process.ts';

const environment = {
  BENCH_PASSWORD: 'a password for measuring',
  // As packages/gridkeep/bin/gridkeep.ts does it: else every thread has a TypeScript parser of its own, some 25 MB.
  NODE_COMPILE_CACHE: fileURLToPath(
    new URL('../../packages/gridkeep/node_modules/.cache/compile', import.meta.url),
  ),
  MALLOC_MMAP_THRESHOLD_: '65536',
  MALLOC_ARENA_MAX: '2',
};
const heap = ['--max-semi-space-size=2', '--heap-growing-percent=30'];

export interface OurVault {
  readonly repository: string;
  backup(): Promise<Ran>;
  /** Seconds of each of so many nights in a process that runs on, after one that is not counted. */
  nightsOn(nights: number): Promise<readonly number[]>;
  restore(into: string, path?: string): Promise<Ran>;
}

export function makeOurs(scratch: string, name: string, data: string): OurVault {
  const repository = join(scratch, `vault-${name}`);
  const step = (file: string, args: readonly string[]): Promise<Ran> =>
    runWatched(process.execPath, [...heap, fileURLToPath(new URL(file, import.meta.url)), ...args], {
      environment,
    });
  return {
    repository,
    backup: () => step('./backup-step.ts', [data, repository]),
    nightsOn: async (nights) => {
      const { stdout } = await step('./backup-step.ts', [data, repository, String(nights)]);
      return stdout.trim().split('\n').map(Number);
    },
    restore: (into, path = '') => step('./restore-step.ts', [repository, into, path]),
  };
}
