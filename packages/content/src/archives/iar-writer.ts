/** Inventory archives that OpenSimulator loads: folders before their items, all of them before the assets. */
import type { Uuid } from '@gridkeep/wire/uuid';
import { folderSegment, itemSegment } from '../documents/inventory-names.ts';
import { assetEntries } from './asset-entries.ts';
import type { ArchiveAsset, Source } from './asset-entries.ts';
import { compress } from './gzip-stream.ts';
import type { CompressionOptions } from './gzip-stream.ts';
import { writeTar } from './tar-writer.ts';
import type { TarContent } from './tar-writer.ts';

export interface InventoryFolderContent {
  readonly id: Uuid;
  readonly name: string;
  /** Written before the items, as OpenSimulator does. */
  readonly folders: Source<InventoryFolderContent>;
  readonly items: Source<InventoryItemContent>;
}

export interface InventoryItemContent {
  readonly id: Uuid;
  readonly name: string;
  /** The whole document, as `writeInventoryItem` makes it. */
  readonly xml: Uint8Array;
}

export interface IarContent {
  /** The whole of archive.xml, as `writeInventoryControl` makes it. */
  readonly control: Uint8Array;
  /** What stands directly below `inventory/`. */
  readonly folders: Source<InventoryFolderContent>;
  readonly items: Source<InventoryItemContent>;
  /** Asked for after the last folder and item was written. */
  readonly assets: Source<ArchiveAsset>;
}

/** Folders nest no deeper: deeper trees come from loops. */
export const folderDepthMax = 128;
/** Readers cap names at 4 KiB; an item's name must still fit. */
const pathLengthMax = 3500;

/** An archive cannot be made of this content; nothing is wrong with the disk. */
export class ArchiveContentError extends Error {
  override readonly name = 'ArchiveContentError';
}

/** The bytes of the `.iar`; content is asked for as the reader takes them. */
export function writeIar(
  content: IarContent,
  options: CompressionOptions = {},
): AsyncGenerator<Uint8Array, void, void> {
  return compress(writeTar(iarEntries(content)), options);
}

async function* iarEntries(content: IarContent): AsyncGenerator<TarContent, void, void> {
  yield { name: 'archive.xml', bytes: content.control };
  yield* folderEntries('inventory/', content, 1);
  yield* assetEntries(content.assets);
}

async function* folderEntries(
  path: string,
  content: Pick<InventoryFolderContent, 'folders' | 'items'>,
  depth: number,
): AsyncGenerator<TarContent, void, void> {
  if (depth > folderDepthMax) throw new ArchiveContentError(`folders nest deeper than ${folderDepthMax}`);
  for await (const folder of content.folders) {
    const inner = `${path}${folderSegment(folder.name, folder.id)}/`;
    if (inner.length > pathLengthMax)
      throw new ArchiveContentError(
        `the path of folder ${folder.id} is longer than ${pathLengthMax} characters`,
      );
    // Without this entry OpenSimulator puts the first item into the folder above.
    yield { name: inner, directory: true };
    yield* folderEntries(inner, folder, depth + 1);
  }
  for await (const item of content.items)
    yield { name: path + itemSegment(item.name, item.id), bytes: item.xml };
}
