/** Gives every record a stamp: microseconds since 1970, strictly rising even when the machine's clock is set back. */
export class StampClock {
  #last = 0;
  readonly #begun = new Set<number>();

  next(): number {
    this.#last = Math.max(Date.now() * 1000, this.#last + 1);
    return this.#last;
  }

  /** Stamps given from now on are later than this one. */
  seen(stamp: number): void {
    this.#last = Math.max(this.#last, stamp);
  }

  /** Opens a write: the stamps it takes after this count as unsettled until `end` is called with the same number. */
  begin(): number {
    const stamp = this.next();
    this.#begun.add(stamp);
    return stamp;
  }

  end(begun: number): void {
    this.#begun.delete(begun);
  }

  /** Whatever is acknowledged from now on has a later stamp, also when it is being written already. */
  horizon(): number {
    let oldest = this.next();
    for (const stamp of this.#begun) oldest = Math.min(oldest, stamp);
    return oldest;
  }
}
