/** Where things stand in the data folder, and how it is made. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { GridSlug } from '@gridkeep/hosting/tenants/grid';

export interface DataFolder {
  readonly path: string;
  readonly hostDatabase: string;
  readonly blobs: string;
  gridDatabase(slug: GridSlug): string;
}

export function dataFolderAt(path: string): DataFolder {
  return {
    path,
    hostDatabase: join(path, 'gridkeep.db'),
    blobs: join(path, 'blobs'),
    gridDatabase: (slug) => join(path, 'grids', slug, 'grid.db'),
  };
}

/** Only its owner may look into a data folder: it holds password hashes and everything residents own. */
export function makePrivateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
}

export function dataFolderExists(path: string): boolean {
  return existsSync(path);
}
