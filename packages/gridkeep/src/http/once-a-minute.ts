/** Keeps what strangers can cause from filling a log: of one kind, once a minute. */
const everyMs = 60_000;
const rememberedMax = 4096;

export class OnceAMinute {
  readonly #now: () => number;
  readonly #last = new Map<string, number>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** True at the first time in a minute. */
  first(kind: string): boolean {
    const now = this.#now();
    const last = this.#last.get(kind);
    if (last !== undefined && now - last < everyMs) return false;
    // More kinds than that within a minute are noise: the log says so by repeating itself.
    if (this.#last.size >= rememberedMax) this.#last.clear();
    this.#last.set(kind, now);
    return true;
  }
}
