/** What stands in `grid.json`, in `missing/` and beside residents: the parts of a snapshot that are no rows of a grid's tables. */
import { createHash } from 'node:crypto';
import type { Uuid } from '@gridkeep/wire/uuid';
import { uuidFromBytes } from '@gridkeep/wire/uuid';
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { Branch } from './layout.ts';

/** The grid as its host knows it. Holds no time of the backup: the same state gives the same bytes. */
export interface GridDocument {
  readonly format: 1;
  readonly id: Uuid;
  readonly slug: string;
  readonly name: string;
  readonly hostnames: readonly string[];
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly quotaBytes: number;
  readonly timeZone: string;
  /** So that they need no new secrets after a restore. By name. */
  readonly simulators: readonly SimulatorRecord[];
  /** Names of the migrations that the grid's tables have seen, in order of names. */
  readonly migrations: readonly string[];
  /** The folders of the root. One that is not among them had nothing in it; undefined: written before that was noted. */
  readonly branches: readonly Branch[] | undefined;
  /** Entries of `missing/`. */
  readonly missing: number;
}

export interface SimulatorRecord {
  readonly name: string;
  /** SHA-256 of its secret, base64. */
  readonly secretHash: string;
  readonly createdAt: number;
}

export type MissingReason =
  /** The blob store has no such content. */
  | 'absent'
  /** Its bytes are broken there. */
  | 'damaged'
  /** No asset has the id that an item names. */
  | 'no-asset';

/** One line of `missing/records.jsonl`. */
export interface MissingContent {
  /** What needs it: id of the asset, item, object, region (terrain), map tile or content in conflict. */
  readonly id: string;
  readonly kind: 'asset' | 'item' | 'object' | 'terrain' | 'map-tile' | 'conflict';
  readonly reason: MissingReason;
  /** SHA-256 of the content, or the id of the asset. */
  readonly needs: string;
  /** As people call it. */
  readonly name: string;
  /** Owner of the item, or region of the object; '' where there is none. */
  readonly of: string;
}

/** One line of `resident.json`. */
export interface ResidentDocument {
  readonly id: Uuid;
  readonly firstName: string;
  readonly lastName: string;
}

/** Tiles have no id of their own: the first 16 bytes of the SHA-256 of `map-tile <zoom> <x> <y>`. */
export function mapTileId(zoom: number, x: number, y: number): Uuid {
  return uuidFromBytes(createHash('sha256').update(`map-tile ${zoom} ${x} ${y}`).digest());
}

/** Content that was offered for an asset and not taken: the first 16 bytes of its SHA-256. */
export function conflictId(blob: BlobId): Uuid {
  return uuidFromBytes(Buffer.from(blob, 'hex'));
}
