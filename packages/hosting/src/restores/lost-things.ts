/** Damage that cannot be repaired, as people know what it takes away: not files of a snapshot but things of their grid. */
import { AssetTypes } from '@gridkeep/content/assets/asset-kinds';
import { findReferences } from '@gridkeep/content/assets/references';
import { readWhole, idOfName, isPrefixName, titleOfName } from '../backup-layout/snapshot-files.ts';
import { GridSnapshot } from '../backup-layout/grid-snapshot-reader.ts';
import type { SnapshotRoot, SnapshotSource } from '../backup-layout/snapshot-source.ts';
import {
  accompanyingFile,
  branches,
  folderFile,
  gridFile,
  itemsFolder,
  objectsFolder,
  parcelsFolder,
  recordsFile,
  regionFile,
  residentFile,
  settingsFile,
  terrainFile,
} from '../backup-layout/layout.ts';
import type { Branch } from '../backup-layout/layout.ts';
import type { Uuid } from '@gridkeep/wire/uuid';

export interface LostThing {
  /** Undefined where the path tells of more than one thing. */
  readonly asset: Uuid | undefined;
  /** A sentence without its end. */
  readonly text: string;
}

/** Of a path in a snapshot of a grid, as `affectedPaths` gives it. */
export function lostThing(path: readonly string[], what: 'file' | 'folder'): LostThing {
  return { asset: lostAsset(path, what), text: textOf(path, what) };
}

function lostAsset(path: readonly string[], what: 'file' | 'folder'): Uuid | undefined {
  const name = path.at(-1) ?? '';
  return path[0] === 'assets' && what === 'file' && name !== recordsFile ? idOfName(name) : undefined;
}

function textOf(path: readonly string[], what: 'file' | 'folder'): string {
  const [first = '', ...rest] = path;
  const name = path.at(-1) ?? '';
  if (path.length === 0) return 'everything in this backup';
  if (first === gridFile) return 'the name, host names and simulators of the grid';
  const branch = branches.find((one) => one === first);
  return branch === undefined ? path.join('/') : textIn(branch, rest, name, what);
}

function textIn(branch: Branch, rest: readonly string[], name: string, what: 'file' | 'folder'): string {
  // Folders by id say nothing to people; days look like them.
  const names = rest.filter((one) => !isPrefixName(one));
  switch (branch) {
    case 'assets': {
      const day = rest
        .slice(0, 3)
        .filter((one) => /^\d+$/.test(one))
        .join('-');
      const when = day === '' ? 'all assets' : `the assets of ${day}`;
      if (what === 'folder')
        return `${when}${rest.length > 3 ? ` whose ids begin with ${rest.slice(3).join('')}` : ''}`;
      return name === recordsFile ? `the list of ${when}` : `asset ${idOfName(name) ?? name}, made on ${day}`;
    }
    case 'inventories':
      return inInventory(names, what);
    case 'regions':
      return inRegion(names, what);
    case 'records':
      return what === 'folder'
        ? 'all records but those of assets, inventories and regions'
        : `the rows of table ${name.replace(/\.jsonl$/, '')}`;
    case 'map-tiles':
      return what === 'folder' || name === recordsFile
        ? 'tiles of the map'
        : `tile ${titleOfName(name)} of the map`;
    case 'conflicts':
      return 'content that was offered for an asset that has other content';
    case 'missing':
      return 'the list of what the grid itself lacked';
  }
}

function inInventory(names: readonly string[], what: 'file' | 'folder'): string {
  const [resident, ...inner] = names;
  if (resident === undefined) return 'all inventories';
  const who = `${titleOfName(resident)} (${idOfName(resident) ?? 'no id'})`;
  const last = inner.at(-1);
  const folders = inner
    .filter((one) => ![itemsFolder, recordsFile, folderFile, residentFile].includes(one))
    .map((one) => titleOfName(one));
  const where = folders.length === 0 ? `the inventory of ${who}` : `folder "${folders.join('/')}" of ${who}`;
  if (last === recordsFile || last === itemsFolder) return `the items that lie directly in ${where}`;
  if (last === folderFile) return `name and place of ${where}`;
  if (last === residentFile) return `the name of resident ${who}`;
  return what === 'folder' ? `${where}, with everything in it` : where;
}

function inRegion(names: readonly string[], what: 'file' | 'folder'): string {
  const [region, ...inner] = names;
  if (region === undefined) return 'all regions';
  const where = `region "${titleOfName(region)}" (${idOfName(region) ?? 'no id'})`;
  const [part, name] = inner;
  if (part === undefined) return `${where}, with everything on it`;
  const things = part === objectsFolder ? 'object' : part === parcelsFolder ? 'parcel' : undefined;
  if (things !== undefined)
    return what === 'folder' || name === undefined || name === recordsFile
      ? `${things}s of ${where}`
      : `${things} "${titleOfName(name)}" (${idOfName(name) ?? 'no id'}) of ${where}`;
  if (part === terrainFile) return `the terrain of ${where}`;
  if (part === settingsFile) return `the settings of ${where}`;
  if (part === regionFile) return `name and place of ${where}`;
  return part === accompanyingFile ? `the list of further assets of ${where}` : where;
}

/** Named for one asset. */
const usersNamedMax = 5;
/** Larger documents are not looked into. */
const documentBytesMax = 64 * 1024 * 1024;

/**
 * Which items and objects of a snapshot name the assets: sentences by asset, a few for each. Reads all inventories and objects;
 * what of them is damaged itself is passed over.
 */
export async function usersOfAssets(
  source: SnapshotSource,
  root: SnapshotRoot,
  assets: ReadonlySet<Uuid>,
  signal: AbortSignal,
): Promise<ReadonlyMap<Uuid, readonly string[]>> {
  const users = new Map<Uuid, string[]>();
  const note = (asset: Uuid, text: string): void => {
    const known = users.get(asset);
    if (known === undefined) users.set(asset, [text]);
    else if (known.length < usersNamedMax && !known.includes(text)) known.push(text);
  };
  await passingOver(signal, async () => {
    const snapshot = await GridSnapshot.open(source, root);
    await passingOver(signal, async () => {
      for await (const resident of snapshot.residents())
        await passingOver(signal, async () => {
          for await (const entry of snapshot.inventory(resident))
            if (entry.kind === 'item' && assets.has(entry.item.assetId))
              note(entry.item.assetId, `item "${entry.item.name}" (${entry.item.id}) of ${resident.name}`);
        });
    });
    for await (const region of snapshot.regions())
      await passingOver(signal, async () => {
        for await (const { object, file, place } of region.objects())
          await passingOver(signal, async () => {
            if (file === undefined) return;
            const document = await readWhole(source, file, place, documentBytesMax);
            for (const { id } of findReferences(AssetTypes.object, document).references)
              if (assets.has(id))
                note(id, `object "${object.name}" (${object.id}) of region "${region.region.name}"`);
          });
      });
  });
  return users;
}

async function passingOver(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  try {
    signal.throwIfAborted();
    await work();
  } catch {
    signal.throwIfAborted();
  }
}
