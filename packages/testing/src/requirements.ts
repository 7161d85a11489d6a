/**
 * What a test may need from the machine. A test states it with `skip: missing('postgres')`: present, it runs;
 * absent, it is listed as skipped with what to install. `.ci/run` installs everything and forbids skipping.
 */
import { existsSync, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export type Requirement = 'fixtures' | 'postgres' | 'restic' | 'ceph' | 'chromium';

/** The folder of a program, looked for on PATH and in the places where Debian puts it. */
export function findProgram(name: string, extraFolders: readonly string[] = []): string | undefined {
  const folders = [...extraFolders, ...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/bin'];
  return folders.find((folder) => folder !== '' && existsSync(join(folder, name)));
}

/** Debian keeps initdb and postgres out of PATH, in a folder per version; the newest wins. */
export function postgresFolder(): string | undefined {
  const versions = globSync('/usr/lib/postgresql/*/bin').sort().reverse();
  return findProgram('initdb', versions);
}

/** The folder with real archives and recordings, named by GRIDKEEP_FIXTURES. */
export function fixturesFolder(): string | undefined {
  const folder = process.env['GRIDKEEP_FIXTURES'];
  return folder !== undefined && existsSync(folder) ? folder : undefined;
}

/** The absolute path of a file in the fixtures folder. Ask `missing('fixtures')` first. */
export function fixture(...path: readonly string[]): string {
  const folder = fixturesFolder();
  if (folder === undefined) throw new Error('GRIDKEEP_FIXTURES does not name a folder');
  return join(folder, ...path);
}

const advice: Readonly<Record<Requirement, string>> = {
  fixtures: 'set GRIDKEEP_FIXTURES to the folder with the sample archives',
  postgres: 'install PostgreSQL (Debian: postgresql)',
  restic: 'install restic',
  ceph: 'install a Ceph gateway (Debian: radosgw ceph-mon ceph-osd ceph-common)',
  chromium: 'install Chromium',
};

function present(requirement: Requirement): boolean {
  switch (requirement) {
    case 'fixtures':
      return fixturesFolder() !== undefined;
    case 'postgres':
      return postgresFolder() !== undefined;
    case 'restic':
      return findProgram('restic') !== undefined;
    case 'ceph':
      return ['radosgw', 'ceph-mon', 'ceph-osd', 'radosgw-admin'].every(
        (name) => findProgram(name) !== undefined,
      );
    case 'chromium':
      return findProgram('chromium') !== undefined;
  }
}

/** For the `skip` option of node:test: false when everything is there, otherwise the reason to show. */
export function missing(...requirements: readonly Requirement[]): string | false {
  const absent = requirements.filter((requirement) => !present(requirement));
  return absent.length === 0 ? false : absent.map((requirement) => advice[requirement]).join('; ');
}
