/** Keeps parity files up to date with the files of a repository. Needs no key. */
import type { FileKind, Target } from '../target/target.ts';

export interface ProtectOptions {
  /** Share of the stored size. Default 0.05; 0 removes all parity. */
  readonly overhead?: number;
  readonly signal?: AbortSignal;
  readonly progress?: (progress: { readonly bytesRead: number; readonly bytesAll: number }) => void;
}

export interface ProtectReport {
  readonly files: number;
  readonly bytes: number;
  readonly parityBytes: number;
  readonly groups: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Damaged or lost files that parity still knows: their groups were left as they are. Repair first. */
  readonly damaged: readonly { readonly kind: FileKind; readonly name: string }[];
  /** On cold storage: not protected. */
  readonly cold: number;
}

/** After a backup and after a prune. Safe to interrupt anywhere and to run during a backup; two at once are not. */
export function updateParity(_target: Target, _options?: ProtectOptions): Promise<ProtectReport> {
  throw new Error('being written');
}

/**
 * To be called before files are removed on purpose (forget, prune, key remove), so that a repair does not bring them back
 * from parity. Cheap: one small file.
 */
export function withdrawFromParity(
  _target: Target,
  _files: readonly { readonly kind: FileKind; readonly name: string }[],
): Promise<void> {
  throw new Error('being written');
}
