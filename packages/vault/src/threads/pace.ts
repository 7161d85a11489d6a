/** Keeps reading below so many bytes a second, by waiting after each piece. */
import { setTimeout } from 'node:timers/promises';

export class Pace {
  readonly #bytesPerSecond: number | undefined;
  readonly #signal: AbortSignal | undefined;
  /** When, on the clock of performance.now(), the bytes so far are paid for. */
  #paidAt = performance.now();

  constructor(bytesPerSecond: number | undefined, signal?: AbortSignal) {
    if (bytesPerSecond !== undefined && !(bytesPerSecond > 0)) throw new RangeError('bytes per second');
    this.#bytesPerSecond = bytesPerSecond;
    this.#signal = signal;
  }

  /** Throws what the signal was aborted with. */
  async after(bytes: number): Promise<void> {
    this.#signal?.throwIfAborted();
    if (this.#bytesPerSecond === undefined) return;
    const now = performance.now();
    // A pause before is not made up for by a rush.
    this.#paidAt = Math.max(this.#paidAt, now) + (1000 * bytes) / this.#bytesPerSecond;
    if (this.#paidAt <= now) return;
    try {
      await setTimeout(
        this.#paidAt - now,
        undefined,
        this.#signal === undefined ? {} : { signal: this.#signal },
      );
    } catch (error) {
      this.#signal?.throwIfAborted();
      throw error;
    }
  }
}
