/** Gives every record a stamp: microseconds since 1970, strictly rising even when the machine's clock is set back. */
export class StampClock {
  #last = 0;

  next(): number {
    this.#last = Math.max(Date.now() * 1000, this.#last + 1);
    return this.#last;
  }

  /** Stamps given from now on are later than this one. */
  seen(stamp: number): void {
    this.#last = Math.max(this.#last, stamp);
  }

  get last(): number {
    return this.#last;
  }
}
