/** The time of a vault, which no clock of the machine can hurry; vault-clock.ts tells it. */

export interface VaultTime {
  /** Vault milliseconds: the same scale as Unix time, never ahead of what really passed since the vault began. */
  readonly now: number;
  /**
   * At least what may have passed, on a scale of its own: counts whenever the monotonic clock runs, whatever becomes of the
   * wall clock. For making restore points, of which too many do no harm; never for deleting.
   */
  readonly atMost: number;
  /** How far the wall clock is ahead: time nobody witnessed, or a clock that was set. Negative when the wall clock is behind. */
  readonly lag: number;
}
