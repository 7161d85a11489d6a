/** Restores one asset with all that it names: under its id, or as another. */
import { AssetTypes } from '@gridkeep/content/assets/asset-kinds';
import { findAsset } from '@gridkeep/grid/assets/assets-store';
import { parseAssetType } from '@gridkeep/content/assets/asset-kinds';
import { findReferences } from '@gridkeep/content/assets/references';
import type { Uuid } from '@gridkeep/wire/uuid';
import { randomUuid } from '@gridkeep/wire/uuid';
import type { AssetEntry } from '../backup-layout/asset-reader.ts';
import { ChangeTally } from './change-tally.ts';
import { compressionOf } from './asset-needs.ts';
import type { RestoreReport } from './restore-report.ts';
import { ContentColdError, RestoreRefusedError } from './restore-request.ts';
import type { RestoreWork } from './restore-work.ts';

export async function restoreAsset(work: RestoreWork, assetId: Uuid): Promise<RestoreReport> {
  const { request, grid } = work;
  const { record, file, place } = await findEntry(work, assetId);
  const bytes = await work.content.bring({
    ...{ blobId: record.blobId, size: record.size, file, place, compress: compressionOf(record.type) },
    onLost: () => undefined,
  });
  if (bytes === undefined && work.content.unread > 0) throw new ContentColdError(place);
  if (bytes === undefined)
    throw new RestoreRefusedError(`the content of asset ${assetId} is nowhere any more`);
  const type = parseAssetType(record.type) ?? AssetTypes.unknown;
  work.needs.need(findReferences(type, bytes).references, `asset ${assetId}`);
  await work.settleContent();
  return work.commit(async (queries) => {
    const tally = new ChangeTally();
    await work.putAssets(queries, tally);
    const beside = request.placement === 'beside';
    const restored = beside ? { ...record, id: randomUuid() } : record;
    const before = beside ? undefined : await findAsset(queries, assetId);
    if (before !== undefined && before.blobId !== record.blobId)
      throw new RestoreRefusedError(
        `asset ${assetId} has other content now, and an asset never changes: restore it beside`,
      );
    tally.add('asset', before === undefined ? 'appear' : 'same', restored.id, restored.name);
    if (!request.dryRun) await grid.assets.insertMany(queries, [restored], work.sourceName);
    const made = beside ? [{ kind: 'asset' as const, id: restored.id, name: restored.name }] : [];
    return work.report(tally, made);
  });
}

async function findEntry(work: RestoreWork, id: Uuid): Promise<AssetEntry> {
  for await (const entry of work.snapshot.findAssets(new Set([id]), work.context.signal)) return entry;
  throw new RestoreRefusedError(`the snapshot has no asset ${id}`);
}
