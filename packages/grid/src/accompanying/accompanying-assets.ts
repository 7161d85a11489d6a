/**
 * Assets that came with a region's content or with an inventory folder although nothing there refers to them. Archives
 * hold such assets, and what came in must go out again.
 */
import type { Database, Queries } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import { chunked } from '../chunks.ts';
import * as store from './accompanying-assets-store.ts';

export class AccompanyingAssets {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** `holder` is the id of a region or of an inventory folder. */
  async add(queries: Queries, holder: Uuid, assets: AsyncIterable<Uuid> | Iterable<Uuid>): Promise<void> {
    for await (const chunk of chunked(assets)) await store.insertAccompanying(queries, holder, chunk);
  }

  /** In the order of their ids. */
  list(holder: Uuid, queries: Queries = this.#database): AsyncIterable<Uuid> {
    return store.listAccompanying(queries, holder);
  }

  async count(holder: Uuid, queries: Queries = this.#database): Promise<number> {
    return store.countAccompanying(queries, holder);
  }

  async clear(queries: Queries, holders: Iterable<Uuid>): Promise<void> {
    for await (const chunk of chunked(holders)) await store.deleteAccompanying(queries, chunk);
  }
}
