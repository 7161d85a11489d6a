/**
 * What the grid's records use of the blob store, counted once per distinct content, and the quota on it.
 * Kept in the same transaction as the records that use the content, so it is exact; it decides about room only and
 * never about deletion (see `liveBlobs` of grid-services.ts).
 */
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { Queries } from '@gridkeep/storage/database/database';
import { readBlobId, storedBlobId } from '@gridkeep/storage/database/stored-ids';
import { chunked } from '../chunks.ts';
import { addUses, changeTotal, clearUses, deleteUnused, isUsed, readTotal } from './content-usage-store.ts';

/** 100 GB, decimal, as storage is sold. */
const quotaBytesDefault = 100_000_000_000;

export interface UsedBlob {
  readonly blobId: BlobId;
  /** Bytes. */
  readonly size: number;
}

export interface ContentTotals {
  /** Distinct blobs. */
  readonly blobs: number;
  /** Bytes of them, uncompressed. */
  readonly bytes: number;
}

/** New content does not fit. Nothing of the transaction that asked for it may stay. */
export class QuotaExceededError extends Error {
  override readonly name = 'QuotaExceededError';
  readonly quotaBytes: number;
  readonly wantedBytes: number;
  constructor(quotaBytes: number, wantedBytes: number) {
    super(
      `the grid's quota of ${quotaBytes} bytes of distinct content does not hold ${wantedBytes} bytes: ` +
        `${wantedBytes - quotaBytes} bytes too many`,
    );
    this.quotaBytes = quotaBytes;
    this.wantedBytes = wantedBytes;
  }
}

export class ContentUsage {
  readonly #quotaBytes: () => number;

  /** Asked again each time, since a host may change a grid's quota. */
  constructor(quotaBytes: () => number = () => quotaBytesDefault) {
    this.#quotaBytes = quotaBytes;
  }

  get quotaBytes(): number {
    return this.#quotaBytes();
  }

  async totals(queries: Queries): Promise<ContentTotals> {
    return readTotal(queries);
  }

  /** Counts one more use for each entry. Throws QuotaExceededError when content that is new goes over the quota. */
  async add(queries: Queries, blobs: Iterable<UsedBlob>): Promise<void> {
    const change = await this.#change(queries, blobs, 1);
    if (change.grown > 0 && change.bytes > this.quotaBytes)
      throw new QuotaExceededError(this.quotaBytes, change.bytes);
  }

  /** Counts one use less for each entry. */
  async remove(queries: Queries, blobs: Iterable<UsedBlob>): Promise<void> {
    await this.#change(queries, blobs, -1);
  }

  /** Throws when content that is not used yet does not fit; lets a writer refuse before it stores any of it. */
  async requireRoom(queries: Queries, blob: UsedBlob): Promise<void> {
    const wanted = (await readTotal(queries)).bytes + blob.size;
    if (wanted > this.quotaBytes && !(await isUsed(queries, storedBlobId(blob.blobId))))
      throw new QuotaExceededError(this.quotaBytes, wanted);
  }

  /** Counts everything afresh from the records themselves, over the quota or not. */
  async rebuild(queries: Queries, uses: AsyncIterable<UsedBlob>): Promise<ContentTotals> {
    await clearUses(queries);
    for await (const chunk of chunked(uses)) await this.#change(queries, chunk, 1);
    return readTotal(queries);
  }

  async #change(
    queries: Queries,
    blobs: Iterable<UsedBlob>,
    step: 1 | -1,
  ): Promise<{ readonly grown: number; readonly bytes: number }> {
    const wanted = new Map<BlobId, { size: number; uses: number }>();
    for (const { blobId, size } of blobs) {
      const entry = wanted.get(blobId);
      if (entry === undefined) wanted.set(blobId, { size, uses: step });
      else entry.uses += step;
    }
    if (wanted.size === 0) return { grown: 0, bytes: 0 };
    let grown = 0;
    let count = 0;
    // Sorted, so that two writers on PostgreSQL lock common rows in one order.
    const entries = [...wanted].sort(([a], [b]) => (a < b ? -1 : 1));
    for await (const chunk of chunked(entries)) {
      const added = new Map<string, number>(chunk.map(([blobId, { uses }]) => [blobId, uses]));
      const rows = chunk.map(([blobId, { size, uses }]) => ({ blob: storedBlobId(blobId), size, uses }));
      const unused: Uint8Array[] = [];
      for (const row of await addUses(queries, rows)) {
        const usedBefore = row.uses - (added.get(readBlobId(row.blob)) ?? 0) > 0;
        const usedNow = row.uses > 0;
        if (!usedNow) unused.push(row.blob);
        if (usedNow !== usedBefore) {
          grown += usedNow ? row.size : -row.size;
          count += usedNow ? 1 : -1;
        }
      }
      if (unused.length > 0) await deleteUnused(queries, unused);
    }
    if (count === 0) return { grown: 0, bytes: 0 };
    const { bytes } = await changeTotal(queries, count, grown);
    return { grown, bytes };
  }
}
