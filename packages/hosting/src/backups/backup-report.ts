/** What a backup has done. */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { PointKind } from '@gridkeep/vault/retention/calendar';
import type { MissingContent } from '../backup-layout/grid-document.ts';

export interface BackupProgress {
  /** 'reading': records at one point in time; 'copying': content that the repository lacks; 'writing': trees. */
  readonly phase: 'reading' | 'copying' | 'writing' | 'finishing';
  readonly done: number;
  /** 0 while it is not known. */
  readonly total: number;
  readonly message: string;
}

export interface BackupReport {
  readonly snapshot: string;
  readonly tree: BlobId;
  /** Unix milliseconds: what the records are of. */
  readonly time: number;
  /** Vault milliseconds; undefined when it is no restore point. */
  readonly lockedUntil: number | undefined;
  readonly points: readonly PointKind[];
  /** Only what changed since this snapshot was looked at; undefined: everything was. */
  readonly parent: string | undefined;
  /** Records that were looked at. */
  readonly records: number;
  /** Content that was new to the repository. */
  readonly contents: number;
  readonly contentBytes: number;
  readonly missing: number;
  /** The first 100. */
  readonly missingShown: readonly MissingContent[];
  readonly dataBlobs: number;
  readonly treeBlobs: number;
  /** Bytes before and after compression and sealing. */
  readonly dataAdded: number;
  readonly dataAddedPacked: number;
  /** Names of the packs written, for parity. */
  readonly packs: readonly string[];
  /** Milliseconds: in all, and how long the records' point in time was held. */
  readonly took: number;
  readonly snapshotHeld: number;
}
