/** Whom not to call for a while: who did not answer several times in a row lets nobody else wait. */
import { LRUCache } from 'lru-cache';

/** Failures in a row until a place is left alone. */
const failuresMax = 3;
/** How long it is left alone; then one call may try. */
const restMs = 10_000;
const placesMax = 2000;

interface Place {
  failures: number;
  /** Milliseconds of `now`; nobody calls before. */
  restsUntil: number;
}

export class Breaker {
  readonly #places = new LRUCache<string, Place>({ max: placesMax });
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether a call may be made now. After a rest only one is, until its outcome is known. */
  mayCall(place: string): boolean {
    const known = this.#places.get(place);
    if (known === undefined || known.failures < failuresMax) return true;
    if (this.#now() < known.restsUntil) return false;
    known.restsUntil = this.#now() + restMs;
    return true;
  }

  succeeded(place: string): void {
    this.#places.delete(place);
  }

  failed(place: string): void {
    const failures = (this.#places.get(place)?.failures ?? 0) + 1;
    this.#places.set(place, { failures, restsUntil: this.#now() + restMs });
  }
}
