/** A second target with the same files: the same repository, the same keys. Needs no key to copy, and one to remove anything. */
import type { StoredSnapshot } from '../format/snapshot.ts';
import type { MasterKey } from '../sealing/master-key.ts';
import type { FileKind, Target } from '../target/target.ts';

export type MirrorAlarmKind =
  /** The first target holds nothing, or no configuration: nothing was changed at the copy. */
  | 'source is empty'
  /** The first target is another repository than the copy: nothing was changed. */
  | 'another repository'
  /** Snapshots that must be kept are at the copy only. */
  | 'source lacks snapshots'
  /** Files at the source do not hash to their names: not copied. */
  | 'source damaged'
  /** The copy returned something else than was written there. */
  | 'copy lies'
  /** Damaged at the copy and not at the source any more. */
  | 'copy damaged'
  /** What would stay after following deletions is not a whole repository: nothing was removed. */
  | 'not removed';

export interface MirrorAlarm {
  readonly kind: MirrorAlarmKind;
  /** A sentence for people. */
  readonly detail: string;
  readonly files: readonly { readonly kind: FileKind; readonly name: string }[];
}

export interface MirrorOptions {
  /**
   * With it the copy follows deletions of the source, as far as `mayForget` lets go of every snapshot that the source no longer
   * has, and what stays is a whole repository. Without it nothing is ever removed.
   */
  readonly follow?: {
    readonly masterKey: MasterKey;
    readonly mayForget: (snapshot: StoredSnapshot) => boolean;
  };
  /** Files at the copy that are read and checked in this run: first id byte mod `of` = `slice`. Default none. */
  readonly check?: { readonly slice: number; readonly of: number };
  readonly bytesPerSecond?: number;
  /** Unix milliseconds: handed to the copy for files that are written. */
  readonly lockedUntil?: number;
  readonly signal?: AbortSignal;
  readonly progress?: (progress: {
    readonly files: number;
    readonly filesAll: number;
    readonly bytes: number;
    readonly bytesAll: number;
  }) => void;
}

export interface MirrorReport {
  readonly copied: number;
  readonly bytesCopied: number;
  /** Already there. */
  readonly present: number;
  readonly checked: number;
  /** Found damaged at the copy and written again. */
  readonly mended: number;
  readonly removed: number;
  /** Cold packs of the source that could not be read now. */
  readonly cold: number;
  readonly alarms: readonly MirrorAlarm[];
  /** The copy holds all that the source holds, and nothing alarming was seen. */
  readonly complete: boolean;
}

/**
 * The caller holds a shared lock on the source, so that no prune removes files while they are listed. Throws TargetError when
 * one of the two does not answer; what was copied stays, and the next run goes on.
 */
export function mirror(_source: Target, _copy: Target, _options?: MirrorOptions): Promise<MirrorReport> {
  throw new Error('being written');
}
