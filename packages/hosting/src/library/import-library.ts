/**
 * Imports a library from a folder with OpenSimulator's `assets` and `inventory`: first everything is read and checked,
 * then the assets are stored, at last folders and items replace those of the library in one transaction.
 */
import { checkAsset } from '@gridkeep/content/assets/check-asset';
import { parseAssetType } from '@gridkeep/content/assets/asset-kinds';
import { assetBytesMax } from '@gridkeep/grid/assets/asset-record';
import type { AssetConflict } from '@gridkeep/grid/assets/asset-record';
import type { GridServices } from '@gridkeep/grid/grid-services';
import { libraryOwnerId } from '@gridkeep/grid/library/library-ids';
import { transact } from '@gridkeep/grid/transactions';
import type { JobProgress } from '@gridkeep/storage/jobs/jobs';
import { PutWindow } from '../ingress/put-window.ts';
import { LibraryFiles } from './library-files.ts';
import { LibraryFindings } from './library-findings.ts';
import type { LibraryFinding } from './library-findings.ts';
import { readLibraryAssets, readLibraryTree } from './library-source.ts';
import type { LibraryAsset, LibraryTree } from './library-source.ts';

export interface LibraryImport {
  readonly assetsCreated: number;
  /** Were there with the same content. */
  readonly assetsExisting: number;
  /** Were there with other content, which stays. */
  readonly conflicts: readonly AssetConflict[];
  /** The library's root not counted. */
  readonly folders: number;
  readonly items: number;
  /** Items whose asset is neither in the library nor in the grid, and assets that may not work. */
  readonly warnings: readonly LibraryFinding[];
}

type Services = Pick<GridServices, 'database' | 'assets' | 'library'>;

/** Throws LibraryImportError, which names what is wrong; a grid without room throws QuotaExceededError. */
export async function importLibrary(
  services: Services,
  folder: string,
  progress: (progress: JobProgress) => void,
): Promise<LibraryImport> {
  const findings = new LibraryFindings();
  const files = await LibraryFiles.open(folder, findings);
  const assets = await readLibraryAssets(files, findings);
  const tree = await readLibraryTree(files, findings, Math.floor(Date.now() / 1000));
  const steps = { done: 0, total: assets.length * 2 };
  const step = (message: string) => progress({ ...steps, done: ++steps.done, unit: 'items', message });
  for (const asset of assets) {
    await checkedContent(files, asset, findings);
    step(`checking ${asset.name}`);
  }
  await warnOfMissing(services, assets, tree, findings);
  findings.refuse();
  const conflicts: AssetConflict[] = [];
  let created = 0;
  const window = new PutWindow();
  try {
    for (const asset of assets) {
      const data = await readContent(files, asset);
      findings.refuse();
      if (data === undefined) continue;
      await window.add(data.byteLength, async () => {
        const result = await services.assets.create(newAsset(asset, data), `library import: ${asset.path}`);
        if (result.outcome === 'created') created += 1;
        if (result.conflict !== undefined) conflicts.push(result.conflict);
        step(`storing ${asset.name}`);
      });
    }
    await window.drain();
  } finally {
    await window.settle();
  }
  await transact(services.database, (queries) => services.library.replace(queries, tree));
  return {
    assetsCreated: created,
    assetsExisting: assets.length - created - conflicts.length,
    conflicts,
    folders: tree.folders.length - 1,
    items: tree.items.length,
    warnings: findings.listed,
  };
}

function newAsset({ id, name, type }: LibraryAsset, data: Uint8Array) {
  const none = { description: '', flags: 0, temporary: false, local: false };
  return { ...none, id, name, type, data, creator: libraryOwnerId, createdAt: Date.now() };
}

async function readContent(files: LibraryFiles, asset: LibraryAsset): Promise<Uint8Array | undefined> {
  return files.read(asset.file, asset.entry, asset.path, assetBytesMax(asset.type));
}

/** Content that stock serves although viewers cannot use it is taken too, with a warning: items may refer to it. */
async function checkedContent(
  files: LibraryFiles,
  asset: LibraryAsset,
  findings: LibraryFindings,
): Promise<void> {
  const data = await readContent(files, asset);
  const type = parseAssetType(asset.type);
  if (data === undefined) return;
  if (type === undefined) findings.warn(asset.file, asset.entry, `asset type ${asset.type} is not known`);
  else
    for (const { message } of checkAsset(type, data))
      findings.warn(asset.file, asset.entry, `${asset.path}: ${message}`);
}

async function warnOfMissing(
  services: Services,
  assets: readonly LibraryAsset[],
  tree: LibraryTree,
  findings: LibraryFindings,
): Promise<void> {
  const brought = new Set(assets.map((asset) => asset.id));
  const wanted = tree.items.filter((item) => !brought.has(item.assetId));
  const existing = await services.assets.existing(wanted.map((item) => item.assetId));
  for (const item of wanted)
    if (!existing.has(item.assetId))
      findings.warn(
        'inventory',
        item.name,
        `its asset ${item.assetId} is neither in the library nor in the grid`,
      );
}
