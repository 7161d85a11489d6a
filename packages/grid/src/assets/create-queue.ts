/**
 * Records of assets that arrive one by one, written together: while one transaction commits, what arrives meanwhile
 * waits for the next, so a burst of uploads shares its commits and never runs into itself.
 */
import type { Database } from '@gridkeep/storage/database/database';
import { transact } from '../transactions.ts';
import { QuotaExceededError } from '../usage/content-usage.ts';
import type { ContentUsage } from '../usage/content-usage.ts';
import type { CreateResult } from './asset-record.ts';
import { insertRecords } from './insert-records.ts';
import type { OfferedAsset } from './insert-records.ts';

/** Records in one transaction; more only make the first of them wait longer. */
const batchMax = 200;

interface Waiting {
  readonly offer: OfferedAsset;
  readonly settled: PromiseWithResolvers<CreateResult>;
}

export class CreateQueue {
  readonly #database: Database;
  readonly #usage: ContentUsage;
  readonly #waiting: Waiting[] = [];
  #running = false;

  constructor(database: Database, usage: ContentUsage) {
    this.#database = database;
    this.#usage = usage;
  }

  /** Resolves when the record is committed; rejects with what made that impossible, alone for this record. */
  async add(offer: OfferedAsset): Promise<CreateResult> {
    const settled = Promise.withResolvers<CreateResult>();
    this.#waiting.push({ offer, settled });
    if (!this.#running) void this.#run();
    return settled.promise;
  }

  /** Never rejects: every failure goes to those that wait for it. */
  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) await this.#commit(this.#waiting.splice(0, batchMax));
    this.#running = false;
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    try {
      const offers = batch.map(({ offer }) => offer);
      const results = await transact(this.#database, (queries) =>
        insertRecords(queries, this.#usage, offers),
      );
      for (const [index, { settled }] of batch.entries()) {
        const result = results[index];
        if (result !== undefined) settled.resolve(result);
      }
    } catch (error) {
      // One record too large for the quota must not take those with it that fit.
      if (error instanceof QuotaExceededError && batch.length > 1)
        for (const single of batch) await this.#commit([single]);
      else for (const { settled } of batch) settled.reject(error);
    }
  }
}
