/** A grid's vault in a folder, backups of it, and what stands in a snapshot. */
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { GridServices } from '@gridkeep/grid/grid-services';
import type { PackStore } from '@gridkeep/storage/blobs/pack-store';
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { FileNode } from '@gridkeep/vault/format/tree-node';
import type { Repository } from '@gridkeep/vault/repository/repository';
import { openFolderTarget } from '@gridkeep/vault/target/folder-target';
import { createExample } from '@gridkeep/vault/test-support/example-repository';
import { parseUuid } from '@gridkeep/wire/uuid';
import type { BackupReport } from '../backups/backup-report.ts';
import { runBackup } from '../backups/run-backup.ts';
import type { BackupOptions } from '../backups/run-backup.ts';
import type { Grid } from '../tenants/grid.ts';
import { parseGridSlug } from '../tenants/grid.ts';

export const exampleGrid: Grid = {
  id: parseUuid('0f5c3a52-7c50-4f3a-9d0c-3e3f35a1c001'),
  slug: parseGridSlug('harbour'),
  name: 'Harbour Grid',
  hostnames: ['grid.example.org'],
  createdAt: Date.UTC(2026, 0, 2, 3, 4, 5),
  quotaBytes: 100_000_000_000,
  timeZone: 'Europe/Berlin',
};

export interface BackedUpGrid {
  readonly folder: string;
  readonly services: GridServices;
  readonly packs: PackStore;
}

/** A repository in the grid's folder, closed after the test. */
export async function makeVault(test: TestContext, grid: BackedUpGrid, name = 'vault'): Promise<Repository> {
  const target = await openFolderTarget(join(grid.folder, name));
  const repository = await createExample(target);
  test.after(async () => {
    await repository.close();
    await target.close();
  });
  return repository;
}

export function backUp(
  grid: BackedUpGrid,
  repository: Repository,
  options: Partial<BackupOptions> = {},
): Promise<BackupReport> {
  return runBackup({
    ...{ grid: exampleGrid, simulators: [], database: grid.services.database, blobs: grid.packs },
    ...{ repository, clock: wallClock, hostname: 'test' },
    temporaryFolder: join(grid.folder, 'temporary'),
    ...options,
  });
}

/** A vault whose time is that of the wall. */
export const wallClock: BackupOptions['clock'] = {
  sample: () => Promise.resolve({ now: Date.now(), atMost: Date.now(), lag: 0 }),
};

/** Every file of a tree by its path. */
export async function filesOf(
  repository: Repository,
  tree: BlobId,
  path = '',
  files = new Map<string, FileNode>(),
): Promise<ReadonlyMap<string, FileNode>> {
  for (const node of await repository.readTree(tree)) {
    if (node.type === 'dir') await filesOf(repository, node.subtree, `${path}${node.name}/`, files);
    if (node.type === 'file') files.set(`${path}${node.name}`, node);
  }
  return files;
}

export async function bytesOf(repository: Repository, node: FileNode | undefined): Promise<Buffer> {
  if (node === undefined) throw new Error('no such file in the snapshot');
  const pieces: Uint8Array[] = [];
  for await (const piece of repository.readFile(node)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The records of a file of lines. */
export async function linesOf(
  repository: Repository,
  node: FileNode | undefined,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const text = (await bytesOf(repository, node)).toString();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
