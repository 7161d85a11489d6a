/** Puts records of assets into a transaction: new ones are stored, known ones compared, conflicts kept aside. */
import type { Queries } from '@gridkeep/storage/database/database';
import type { Uuid } from '@gridkeep/wire/uuid';
import type { ContentUsage, UsedBlob } from '../usage/content-usage.ts';
import type { AssetConflict, AssetRecord, CreateResult } from './asset-record.ts';
import { addKindTotals, countConflictsOf, findAssets, insertAssets, insertConflict } from './assets-store.ts';

/** Different contents kept for one id; further ones are reported but not kept, so that nobody fills the disk with them. */
export const conflictsKeptPerAsset = 8;

export interface OfferedAsset {
  readonly record: AssetRecord;
  /** Who offers it, for the report of a conflict. */
  readonly source: string;
}

/**
 * At most `rowsPerStatement` offers; returns a result for each, in order. When an id occurs more than once the first
 * one counts. Throws QuotaExceededError, after which the transaction must not be committed.
 */
export async function insertRecords(
  queries: Queries,
  usage: ContentUsage,
  offers: readonly OfferedAsset[],
): Promise<readonly CreateResult[]> {
  const standing = new Map<Uuid, AssetRecord>();
  for (const { record } of offers) if (!standing.has(record.id)) standing.set(record.id, record);
  const created = new Set(await insertAssets(queries, [...standing.values()]));
  const known = [...standing.keys()].filter((id) => !created.has(id));
  if (known.length > 0)
    for (const record of await findAssets(queries, known)) standing.set(record.id, record);

  const used: UsedBlob[] = [];
  const kinds = new Map<number, { assets: number; bytes: number }>();
  const results: CreateResult[] = [];
  for (const { record: offered, source } of offers) {
    const record = standing.get(offered.id) ?? offered;
    if (created.delete(offered.id)) {
      used.push(record);
      const kind = kinds.get(record.type) ?? { assets: 0, bytes: 0 };
      kinds.set(record.type, { assets: kind.assets + 1, bytes: kind.bytes + record.size });
      results.push({ outcome: 'created', record });
    } else if (record.blobId === offered.blobId) {
      results.push({ outcome: 'exists', record });
    } else {
      const conflict: AssetConflict = {
        assetId: offered.id,
        keptBlobId: record.blobId,
        offeredBlobId: offered.blobId,
        offeredSize: offered.size,
        offeredAt: Date.now(),
        source,
      };
      const kept = await keepConflict(queries, conflict);
      if (kept) used.push({ blobId: offered.blobId, size: offered.size });
      results.push({ outcome: 'conflict', record, conflict });
    }
  }
  await usage.add(queries, used);
  await addKindTotals(
    queries,
    [...kinds].map(([type, total]) => ({ type, ...total })),
  );
  return results;
}

async function keepConflict(queries: Queries, conflict: AssetConflict): Promise<boolean> {
  if ((await countConflictsOf(queries, conflict.assetId)) >= conflictsKeptPerAsset) return false;
  return insertConflict(queries, conflict);
}
