/** Assets in a snapshot: by day of their creation, in collections. */
import type { AssetRecord } from '@gridkeep/grid/assets/asset-record';
import type { FileNode } from '@gridkeep/vault/format/tree-node';
import type { Uuid } from '@gridkeep/wire/uuid';
import { collectionParts, readPart } from './collection-reader.ts';
import type { CollectionEntry } from './collection-reader.ts';
import type { RecordFields } from './record-fields.ts';
import { assetOfRow } from './record-rows.ts';
import { folderOf, idTextOfName, placeIn } from './snapshot-files.ts';
import type { SnapshotFolder } from './snapshot-files.ts';
import type { SnapshotSource } from './snapshot-source.ts';
import { SnapshotContentError } from './snapshot-source.ts';

export interface AssetEntry {
  readonly record: AssetRecord;
  readonly row: RecordFields;
  /** Undefined: the grid did not have the content when the snapshot was made. */
  readonly file: FileNode | undefined;
  readonly place: string;
}

/** `assets/2026/11/22`, `assets/undated` and whatever else holds a collection. Years, months and days are the levels above. */
const dateLevels = 3;

export async function* assetDays(
  source: SnapshotSource,
  assets: SnapshotFolder,
  level = 0,
): AsyncGenerator<SnapshotFolder> {
  for (const node of await source.readTree(assets.tree)) {
    if (node.type !== 'dir') throw new SnapshotContentError(placeIn(assets, node.name), 'is no folder');
    const folder = folderOf(assets, node);
    if (/^[0-9]{2,5}$/.test(node.name) && level < dateLevels - 1) yield* assetDays(source, folder, level + 1);
    else yield folder;
  }
}

/** Every asset. An id that comes twice is for the caller to notice, who holds them in the way that suits. */
export async function* allAssets(
  source: SnapshotSource,
  assets: SnapshotFolder,
  signal?: AbortSignal,
): AsyncGenerator<AssetEntry> {
  for await (const day of assetDays(source, assets))
    for await (const part of collectionParts(source, day)) {
      signal?.throwIfAborted();
      for await (const entry of readPart(source, part)) yield assetEntry(entry);
    }
}

/** Those of the ids that the snapshot has, each once; records are read only where a file of that name lies. */
export async function* findAssets(
  source: SnapshotSource,
  assets: SnapshotFolder,
  ids: ReadonlySet<Uuid>,
  signal?: AbortSignal,
): AsyncGenerator<AssetEntry> {
  const open = new Set<string>(ids);
  const prefixes = new Set<string>();
  for (const id of ids) for (const length of [2, 4, 6]) prefixes.add(id.slice(0, length));
  for await (const day of assetDays(source, assets)) {
    if (open.size === 0) return;
    for await (const part of collectionParts(source, day, (prefix) => prefixes.has(prefix))) {
      signal?.throwIfAborted();
      if (!part.nodes.some((node) => node.type === 'file' && open.has(idTextOfName(node.name)))) continue;
      for await (const entry of readPart(source, part)) if (open.delete(entry.id)) yield assetEntry(entry);
    }
  }
}

function assetEntry({ id, record: row, file, place }: CollectionEntry): AssetEntry {
  const record = assetOfRow(row);
  if (record.id !== id) throw new SnapshotContentError(place, 'is named by another id');
  if (file !== undefined && file.size !== record.size)
    throw new SnapshotContentError(place, 'has not the size that its row says');
  return { record, row, file, place };
}
