/** Records that are read far more often than changed, in memory, right in every process of a grid. */
import type { Database } from '@gridkeep/storage/database/database';
import { LRUCache } from 'lru-cache';

/** How long a record is believed, so that an announcement that got lost heals by itself. */
const lifeMs = 60_000;
const entriesMaxDefault = 10_000;

export interface RecordCacheOptions {
  readonly database: Pick<Database, 'onChange' | 'hearsOthers'>;
  /** Records are forgotten when `<topic>:<key>` is announced: 'account' for `account:<uuid>`. */
  readonly topic: string;
  /** Default 10,000; those that were not asked for longest go first. */
  readonly entriesMax?: number;
  /** Milliseconds of a clock that never goes back; for tests. */
  readonly now?: () => number;
}

/**
 * Whoever changes a record announces `<topic>:<key>` in the transaction that writes it, or after a write that is one
 * statement. What is not there is not remembered; where absence is announced as well, `null` can stand for it.
 */
export class RecordCache<Value extends NonNullable<unknown> | null> {
  readonly #database: Pick<Database, 'hearsOthers'>;
  readonly #prefix: string;
  readonly #known: LRUCache<string, { readonly value: Value }>;
  readonly #loads = new Map<string, Promise<Value | undefined>>();
  readonly #end: () => void;

  constructor(options: RecordCacheOptions) {
    const { database, topic, entriesMax = entriesMaxDefault, now } = options;
    this.#database = database;
    this.#prefix = `${topic}:`;
    this.#known = new LRUCache({
      max: entriesMax,
      ttl: lifeMs,
      ...(now === undefined ? { ttlResolution: 1000 } : { ttlResolution: 0, perf: { now } }),
    });
    this.#end = database.onChange((changed) => {
      if (changed === undefined) this.#forgetAll();
      else if (changed.startsWith(this.#prefix)) this.#forget(changed.slice(this.#prefix.length));
    });
  }

  /** Undefined when it is not in memory. */
  get(key: string): Value | undefined {
    return this.#known.get(key)?.value;
  }

  /**
   * Without a promise while it is in memory; else from `read`, which runs once for all who ask meanwhile. Not for use with
   * a transaction's queries: what those see may never become true.
   */
  load(key: string, read: () => Promise<Value | undefined>): Value | Promise<Value | undefined> {
    const known = this.#known.get(key);
    return known === undefined ? (this.#loads.get(key) ?? this.#read(key, read)) : known.value;
  }

  /** Stops listening. */
  close(): void {
    this.#end();
    this.#forgetAll();
  }

  async #read(key: string, read: () => Promise<Value | undefined>): Promise<Value | undefined> {
    const load = read();
    this.#loads.set(key, load);
    try {
      const value = await load;
      // A change that was announced meanwhile has taken the load away: its value may be from before.
      if (value !== undefined && this.#loads.get(key) === load && this.#database.hearsOthers)
        this.#known.set(key, { value });
      return value;
    } finally {
      if (this.#loads.get(key) === load) this.#loads.delete(key);
    }
  }

  #forget(key: string): void {
    this.#known.delete(key);
    this.#loads.delete(key);
  }

  #forgetAll(): void {
    this.#known.clear();
    this.#loads.clear();
  }
}
