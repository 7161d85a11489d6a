/** Recomputes damaged and lost files from parity. Needs no key: a file is right when it hashes to its name. */
import type { FileKind, Target } from '../target/target.ts';

export interface ParityFile {
  readonly kind: FileKind;
  readonly name: string;
  readonly bytes: number;
}

export interface ParityRepairReport {
  readonly repaired: readonly ParityFile[];
  /** Damaged beyond what parity reaches. */
  readonly lost: readonly ParityFile[];
}

export interface ParityRepairOptions {
  /** Only these; default: everything that parity knows and that is damaged or not there, all files read. */
  readonly files?: readonly { readonly kind: FileKind; readonly name: string }[];
  readonly signal?: AbortSignal;
}

export function repairFromParity(
  _target: Target,
  _options?: ParityRepairOptions,
): Promise<ParityRepairReport> {
  throw new Error('being written');
}
