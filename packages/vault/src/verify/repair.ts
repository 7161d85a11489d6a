/** Puts right what a look found: from parity, from other targets, by rebuilding the index, by salvage. */
import type { Repository } from '../repository/repository.ts';
import type { Target } from '../target/target.ts';
import type { Finding } from './findings.ts';
import type { VerifyReport } from './verify.ts';

export interface RepairOptions {
  /** Other targets with files of the same repository. */
  readonly copies?: readonly Target[];
  readonly signal?: AbortSignal;
}

export interface RepairReport {
  /** Those of the report that was given, with what helped. */
  readonly findings: readonly Finding[];
  /** A look at the structure afterwards, and at the packs that were touched. */
  readonly after: VerifyReport;
}

/** The caller holds the exclusive lock. */
export function repair(
  _repository: Repository,
  _report: VerifyReport,
  _options?: RepairOptions,
): Promise<RepairReport> {
  throw new Error('being written');
}
