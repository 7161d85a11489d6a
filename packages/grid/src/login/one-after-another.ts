/** Work on one thing runs one after another, on different things at once. In one process. */
import { BusyError } from '../work-gate.ts';

export class OneAfterAnother {
  readonly #waitingMax: number;
  readonly #lines = new Map<string, { last: Promise<unknown>; length: number }>();

  /** `waitingMax` for each thing. */
  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax;
  }

  /** Rejects with BusyError when too many wait for the thing already. */
  async run<T>(thing: string, work: () => Promise<T>): Promise<T> {
    const line = this.#lines.get(thing) ?? { last: Promise.resolve(), length: 0 };
    if (line.length > this.#waitingMax) throw new BusyError(`${this.#waitingMax} wait already`);
    line.length += 1;
    this.#lines.set(thing, line);
    const mine = line.last.then(work);
    line.last = mine.catch(() => undefined);
    try {
      return await mine;
    } finally {
      line.length -= 1;
      if (line.length === 0) this.#lines.delete(thing);
    }
  }
}
