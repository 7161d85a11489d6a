import type { MaintainedBlobStore } from '@gridkeep/storage/blobs/maintenance';
import { openPackStore } from '@gridkeep/storage/blobs/pack-store';
import type { Configuration } from '../configuration/configuration.ts';
import type { DataFolder } from '../data-folder/data-folder.ts';

/** The store of all content: packs in the data folder, or with the packs in S3 and the folder as their spool and cache. */
export async function openBlobs(
  configuration: Configuration,
  folder: DataFolder,
): Promise<MaintainedBlobStore> {
  return openPackStore({ folder: folder.blobs });
}
