/** Looks into a snapshot: what lies at a path, and where a thing lies. */
import type { Uuid } from '@gridkeep/wire/uuid';
import type { SnapshotRoot, SnapshotSource } from '../backup-layout/snapshot-source.ts';
import type { RestoreScope } from './restore-request.ts';

export interface BrowseEntry {
  /** From the root, without a slash in front; `browse` and `findScope` take it. */
  readonly path: string;
  /** As people call it. */
  readonly name: string;
  readonly kind:
    'folder' | 'file' | 'resident' | 'inventory-folder' | 'item' | 'region' | 'object' | 'parcel' | 'asset';
  readonly id: Uuid | undefined;
  /** Of files, bytes. */
  readonly size: number | undefined;
  /** What of it is worth knowing, such as type, creator, owner; in the order to show it. */
  readonly facts: Readonly<Record<string, string | number>>;
  /** What to hand to a restore; undefined when there is no restore of that grain. */
  readonly scope: RestoreScope | undefined;
}

export interface BrowsePage {
  /** What lies at the path itself. */
  readonly here: BrowseEntry;
  /** What is directly in it, in the order of names in the snapshot; folders by prefix are looked through. */
  readonly entries: readonly BrowseEntry[];
  /** Give it as `after` for the next page; undefined at the end. */
  readonly next: string | undefined;
}

export interface BrowseOptions {
  /** Default 1000. */
  readonly limit?: number;
  readonly after?: string;
}

/**
 * `path` may be a path in the snapshot, or one that people write: `inventories/First Last/Clothing/Red dress`,
 * `regions/Harbour/objects`, `assets/2026/11/22`. Undefined when nothing is there.
 */
export async function browseSnapshot(
  source: SnapshotSource,
  snapshot: SnapshotRoot,
  path: string,
  options: BrowseOptions = {},
): Promise<BrowsePage | undefined> {
  throw new Error('not yet');
}

/** The thing at a path, or with an id anywhere in the snapshot (which may look through all of it). */
export async function findInSnapshot(
  source: SnapshotSource,
  snapshot: SnapshotRoot,
  pathOrId: string,
  signal?: AbortSignal,
): Promise<BrowseEntry | undefined> {
  throw new Error('not yet');
}
