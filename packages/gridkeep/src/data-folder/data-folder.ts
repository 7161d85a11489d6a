/** Where things stand in the data folder, and how it is made. */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { GridSlug } from '@gridkeep/hosting/tenants/grid';

export interface DataFolder {
  readonly path: string;
  readonly hostDatabase: string;
  readonly blobs: string;
  /** Vaults that nobody gave another place. */
  readonly vaults: string;
  /** What is known of vaults and may be lost: indexes, packs fetched from slow storage. */
  readonly vaultCache: string;
  /** Opens what is kept of vaults' passwords, unless the configuration names another. */
  readonly keyFile: string;
  /** For files that live as long as one job. */
  readonly temporary: string;
  gridDatabase(slug: GridSlug): string;
}

export function dataFolderAt(path: string): DataFolder {
  return {
    path,
    hostDatabase: join(path, 'gridkeep.db'),
    blobs: join(path, 'blobs'),
    vaults: join(path, 'vaults'),
    vaultCache: join(path, 'vault-cache'),
    keyFile: join(path, 'vault.key'),
    temporary: join(path, 'tmp'),
    gridDatabase: (slug) => join(path, 'grids', slug, 'grid.db'),
  };
}

/** Only its owner may look into a data folder: it holds password hashes and everything residents own. */
export function makePrivateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
}

/** Takes away what killed jobs left. Only the holder of the lock may call this. */
export function emptyTemporaryFolder(folder: DataFolder): void {
  rmSync(folder.temporary, { recursive: true, force: true });
  makePrivateFolder(folder.temporary);
}

export function dataFolderExists(path: string): boolean {
  return existsSync(path);
}
