/** A target in front of another that tries again what may pass, waiting longer each time, and limits how long a call may take. */
import type { Target } from './target.ts';

export interface RetryOptions {
  /** Default 6. */
  readonly attemptsMax?: number;
  /** Doubled after each attempt, up to `waitMsMax`; the actual wait is between half of it and all of it. */
  readonly waitMs?: number;
  readonly waitMsMax?: number;
  /** For one attempt: so long plus the bytes at 64 KiB a second; default 60 s. */
  readonly attemptMs?: number;
}

export declare function retryingTarget(target: Target, options?: RetryOptions): Target;
