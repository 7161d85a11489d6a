/** Lets only so much costly work run at once, and only so much wait for it. */

/** So much waits already that the work was not begun; a little later it may be. */
export class BusyError extends Error {
  override readonly name = 'BusyError';
}

export interface WorkGateOptions {
  readonly atOnce: number;
  readonly waitingMax: number;
}

export class WorkGate {
  readonly #atOnce: number;
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor({ atOnce, waitingMax }: WorkGateOptions) {
    this.#atOnce = atOnce;
    this.#waitingMax = waitingMax;
  }

  /** In the order of asking. Rejects with BusyError. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#atOnce) this.#running += 1;
    else {
      if (this.#waiting.length >= this.#waitingMax) throw new BusyError(`${this.#waitingMax} wait already`);
      // Whoever ends hands its place over, so the count stays.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
