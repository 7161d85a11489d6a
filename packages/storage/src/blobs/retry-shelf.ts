/** A shelf in front of another that tries again what may pass, waiting longer each time. */
import { setTimeout as delay } from 'node:timers/promises';
import { ShelfError, type PackShelf } from './pack-shelf.ts';

export interface RetryOptions {
  readonly attemptsMax?: number;
  /** Doubled after each attempt, up to `waitMsMax`; the actual wait is between half of it and all of it. */
  readonly waitMs?: number;
  readonly waitMsMax?: number;
}

const attemptsMaxDefault = 6;
const waitMsDefault = 250;
const waitMsMaxDefault = 10_000;

export function retryingShelf(shelf: PackShelf, options: RetryOptions = {}): PackShelf {
  const attemptsMax = options.attemptsMax ?? attemptsMaxDefault;
  const waitMsMax = options.waitMsMax ?? waitMsMaxDefault;
  async function retrying<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    let waitMs = options.waitMs ?? waitMsDefault;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        const mayPass = error instanceof ShelfError && error.failure === 'passing';
        if (!mayPass || attempt >= attemptsMax || signal?.aborted === true) throw error;
      }
      await delay(waitMs * (0.5 + Math.random() / 2), undefined, signal === undefined ? {} : { signal });
      waitMs = Math.min(waitMs * 2, waitMsMax);
    }
  }
  return {
    save: (name, source, signal) => retrying(signal, () => shelf.save(name, source, signal)),
    read: (name, offset, length, signal) => retrying(signal, () => shelf.read(name, offset, length, signal)),
    // Goes on behind the last name that came.
    async *list(after, signal) {
      let last = after;
      let iterator = shelf.list(last, signal)[Symbol.asyncIterator]();
      for (;;) {
        const next = await retrying(signal, async () => {
          try {
            return await iterator.next();
          } catch (error) {
            iterator = shelf.list(last, signal)[Symbol.asyncIterator]();
            throw error;
          }
        });
        if (next.done === true) return;
        last = next.value.name;
        yield next.value;
      }
    },
    remove: (name, signal) => retrying(signal, () => shelf.remove(name, signal)),
  };
}
