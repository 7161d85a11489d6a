/** Looks into a snapshot: what lies at a path, and where a thing lies. */
import { assetKind, parseAssetType } from '@gridkeep/content/assets/asset-kinds';
import type { TreeNode } from '@gridkeep/vault/format/tree-node';
import type { Uuid } from '@gridkeep/wire/uuid';
import { tryParseUuid } from '@gridkeep/wire/uuid';
import { readPart } from '../backup-layout/collection-reader.ts';
import type { CollectionEntry } from '../backup-layout/collection-reader.ts';
import { safeTitle } from '../backup-layout/entry-names.ts';
import {
  folderFile,
  itemsFolder,
  objectsFolder,
  parcelsFolder,
  recordsFile,
  regionFile,
  residentFile,
} from '../backup-layout/layout.ts';
import { folderOf, idOfName, isPrefixName, titleOfName } from '../backup-layout/snapshot-files.ts';
import type { SnapshotFolder } from '../backup-layout/snapshot-files.ts';
import type { SnapshotRoot, SnapshotSource } from '../backup-layout/snapshot-source.ts';
import type { RestoreScope } from './restore-request.ts';

export interface BrowseEntry {
  /** From the root, without a slash in front; `browseSnapshot` and `findInSnapshot` take it. */
  readonly path: string;
  /** As people call it. */
  readonly name: string;
  readonly kind:
    'folder' | 'file' | 'resident' | 'inventory-folder' | 'item' | 'region' | 'object' | 'parcel' | 'asset';
  readonly id: Uuid | undefined;
  /** Of files, bytes. */
  readonly size: number | undefined;
  /** What of it is worth knowing, such as type, creator, owner; in the order to show it. */
  readonly facts: Readonly<Record<string, string | number>>;
  /** What to hand to a restore; undefined when there is no restore of that grain. */
  readonly scope: RestoreScope | undefined;
}

export interface BrowsePage {
  /** What lies at the path itself. */
  readonly here: BrowseEntry;
  /** What is directly in it, in the order of names in the snapshot; folders by prefix are looked through. */
  readonly entries: readonly BrowseEntry[];
  /** Give it as `after` for the next page; undefined at the end. */
  readonly next: string | undefined;
}

export interface BrowseOptions {
  /** Default 1000. */
  readonly limit?: number;
  readonly after?: string;
}

const limitDefault = 1000;

/** A node with where it lies, and in what. */
interface Spot {
  readonly node: TreeNode | undefined;
  readonly folder: SnapshotFolder | undefined;
  readonly path: string;
  /** Nearest that has an id, for scopes. */
  readonly within: { readonly resident?: Uuid; readonly region?: Uuid };
  /** What its direct content is. */
  readonly holds:
    'plain' | 'residents' | 'inventory' | 'items' | 'regions' | 'region' | 'objects' | 'parcels' | 'assets';
  /** An entry of a collection that has no file of its own, such as an item. */
  readonly entry?: CollectionEntry;
}

/**
 * `path` may be a path in the snapshot, or one that people write: `inventories/First Last/Clothing/Red dress`,
 * `regions/Harbour/objects`, `assets/2026/11/22`. Undefined when nothing is there.
 */
export async function browseSnapshot(
  source: SnapshotSource,
  snapshot: SnapshotRoot,
  path: string,
  options: BrowseOptions = {},
): Promise<BrowsePage | undefined> {
  const spot = await spotAt(source, snapshot, path);
  if (spot === undefined) return undefined;
  const limit = options.limit ?? limitDefault;
  const entries: BrowseEntry[] = [];
  let seen = options.after === undefined;
  for await (const one of within(source, spot)) {
    const entry = entryOf(one);
    if (!seen) {
      seen = entry.path === options.after;
      continue;
    }
    if (entries.length >= limit) return { here: entryOf(spot), entries, next: entries.at(-1)?.path };
    entries.push(entry);
  }
  return { here: entryOf(spot), entries, next: undefined };
}

/** The thing at a path, or with an id anywhere in the snapshot (which may look through all of it). */
export async function findInSnapshot(
  source: SnapshotSource,
  snapshot: SnapshotRoot,
  pathOrId: string,
  signal?: AbortSignal,
): Promise<BrowseEntry | undefined> {
  const id = tryParseUuid(pathOrId.trim());
  const found =
    id === undefined
      ? await spotAt(source, snapshot, pathOrId)
      : await spotWithId(source, rootSpot(snapshot), id, signal, 0);
  return found === undefined ? undefined : entryOf(found);
}

function rootSpot(snapshot: SnapshotRoot): Spot {
  return {
    ...{ node: undefined, path: '', within: {}, holds: 'plain' },
    folder: { tree: snapshot.tree, place: '' },
  };
}

async function spotAt(
  source: SnapshotSource,
  snapshot: SnapshotRoot,
  path: string,
): Promise<Spot | undefined> {
  let spot = rootSpot(snapshot);
  for (const name of path.split('/').filter((part) => part !== '')) {
    const next = await spotNamed(source, spot, name);
    if (next === undefined) return undefined;
    spot = next;
  }
  return spot;
}

/** Several things have the name. */
export class AmbiguousNameError extends Error {
  override readonly name = 'AmbiguousNameError';

  constructor(name: string, found: readonly BrowseEntry[], more: boolean) {
    const all = found.map((one) => `${one.kind} "${one.name}" (${one.id ?? one.path})`);
    super(
      `${JSON.stringify(name)} is the name of several things: ${all.join(', ')}${more ? ' and more' : ''}. Give the id in its place`,
    );
  }
}

const namesakesShown = 5;

/** The name in the snapshot wins; then its id; then as people call it, rather in the same case. Throws AmbiguousNameError. */
async function spotNamed(source: SnapshotSource, spot: Spot, name: string): Promise<Spot | undefined> {
  if (spot.folder === undefined) return undefined;
  const exact = (await source.readTree(spot.folder.tree)).find((node) => node.name === name);
  if (exact !== undefined) return below(spot, exact);
  const wanted = new Set([name.toLowerCase(), safeTitle(name).toLowerCase()]);
  const id = tryParseUuid(name);
  const called: Spot[] = [];
  for await (const one of within(source, spot)) {
    const entry = entryOf(one);
    if (entry.path.endsWith(`/${name}`) || (id !== undefined && entry.id === id)) return one;
    if (wanted.has(entry.name.toLowerCase()) && called.length < spotsMax) called.push(one);
  }
  // Items of a folder are written as if they lay in it directly.
  if (called.length === 0 && spot.holds === 'inventory') {
    const items = (await source.readTree(spot.folder.tree)).find((node) => node.name === itemsFolder);
    if (items !== undefined) return spotNamed(source, below(spot, items), name);
  }
  const sameCase = called.filter((one) => entryOf(one).name === name);
  const best = sameCase.length > 0 ? sameCase : called;
  if (best.length > 1)
    throw new AmbiguousNameError(
      name,
      best.slice(0, namesakesShown).map(entryOf),
      best.length > namesakesShown,
    );
  return best[0];
}

const spotsMax = 1000;
/** Things looked at for a suggestion. */
const lookedAtMax = 100_000;

/**
 * Things that may have been meant by a path at which nothing is: those with the last name of it, below as much of the path as
 * there is. A few, with their paths.
 */
export async function suggestInSnapshot(
  source: SnapshotSource,
  snapshot: SnapshotRoot,
  path: string,
): Promise<readonly BrowseEntry[]> {
  const names = path.split('/').filter((part) => part !== '');
  const wanted = names.at(-1)?.toLowerCase() ?? '';
  if (wanted === '') return [];
  let spot = rootSpot(snapshot);
  for (const name of names.slice(0, -1)) {
    const next = await spotNamed(source, spot, name);
    if (next === undefined) break;
    spot = next;
  }
  // All of a grid is too much to look through.
  if (spot.path === '' || spot.holds === 'assets') return [];
  const found: BrowseEntry[] = [];
  const looked = { left: lookedAtMax };
  for await (const entry of everythingIn(source, spot, looked, 0)) {
    if (entry.scope === undefined || !entry.name.toLowerCase().includes(wanted)) continue;
    found.push(entry);
    if (found.length >= namesakesShown) break;
  }
  return found;
}

async function* everythingIn(
  source: SnapshotSource,
  spot: Spot,
  looked: { left: number },
  depth: number,
): AsyncGenerator<BrowseEntry> {
  if (depth > depthMax) return;
  for await (const one of within(source, spot)) {
    if ((looked.left -= 1) < 0) return;
    yield entryOf(one);
    if (one.folder !== undefined) yield* everythingIn(source, one, looked, depth + 1);
  }
}

const depthMax = 64;

async function spotWithId(
  source: SnapshotSource,
  spot: Spot,
  id: Uuid,
  signal: AbortSignal | undefined,
  depth: number,
): Promise<Spot | undefined> {
  signal?.throwIfAborted();
  if (depth > depthMax) return undefined;
  for await (const one of within(source, spot)) {
    if (entryOf(one).id === id) return one;
    if (one.folder === undefined) continue;
    const found = await spotWithId(source, one, id, signal, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What lies directly in a place, looking through folders by prefix; for collections their records. */
async function* within(source: SnapshotSource, spot: Spot, level = 0): AsyncGenerator<Spot> {
  if (spot.folder === undefined || level > 3) return;
  const nodes = await source.readTree(spot.folder.tree);
  if (nodes.some((node) => node.name === recordsFile)) {
    for await (const entry of readPart(source, { folder: spot.folder, nodes, prefix: '' }))
      yield ofEntry(spot, entry);
  }
  for (const node of nodes) {
    if (node.type === 'dir' && isPrefixName(node.name) && (spot.holds !== 'assets' || isDay(spot.path)))
      yield* within(
        source,
        { ...spot, folder: folderOf(spot.folder, node), path: join(spot.path, node.name) },
        level + 1,
      );
    else if (!nodes.some((one) => one.name === recordsFile)) yield below(spot, node);
  }
}

/** Years, months and days look like prefixes. */
function isDay(path: string): boolean {
  return path.split('/').length > 3;
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}/${name}`;
}

function ofEntry(spot: Spot, entry: CollectionEntry): Spot {
  const name = entry.file?.name ?? entry.id;
  return {
    ...{ node: entry.file, folder: undefined, path: join(spot.path, name) },
    ...{ within: spot.within, holds: spot.holds, entry },
  };
}

function below(spot: Spot, node: TreeNode): Spot {
  const path = join(spot.path, node.name);
  const folder = node.type === 'dir' && spot.folder !== undefined ? folderOf(spot.folder, node) : undefined;
  const id = idOfName(node.name);
  const base = { node, folder, path };
  const top = spot.path === '' ? node.name : '';
  if (top === 'inventories') return { ...base, within: {}, holds: 'residents' };
  if (top === 'regions') return { ...base, within: {}, holds: 'regions' };
  if (top === 'assets') return { ...base, within: {}, holds: 'assets' };
  const isPrefix = isPrefixName(node.name);
  switch (spot.holds) {
    case 'residents':
      return isPrefix || id === undefined
        ? { ...base, within: {}, holds: 'residents' }
        : { ...base, within: { resident: id }, holds: 'inventory' };
    case 'inventory':
      return { ...base, within: spot.within, holds: node.name === itemsFolder ? 'items' : 'inventory' };
    case 'regions':
      return isPrefix || id === undefined
        ? { ...base, within: {}, holds: 'regions' }
        : { ...base, within: { region: id }, holds: 'region' };
    case 'region':
      if (node.name === objectsFolder) return { ...base, within: spot.within, holds: 'objects' };
      return { ...base, within: spot.within, holds: node.name === parcelsFolder ? 'parcels' : 'plain' };
    default:
      return { ...base, within: spot.within, holds: spot.holds };
  }
}

const internalFiles = new Set([recordsFile, folderFile, regionFile, residentFile]);

function entryOf(spot: Spot): BrowseEntry {
  const { node, path, entry } = spot;
  const fileName = path.slice(path.lastIndexOf('/') + 1);
  const size = node?.type === 'file' ? node.size : undefined;
  if (entry !== undefined) return { path, size, ...ofRecord(spot, entry) };
  const id = internalFiles.has(fileName) ? undefined : idOfName(fileName);
  const plain = { path, size, facts: {} };
  if (path === '') return { ...plain, name: '', kind: 'folder', id: undefined, scope: { kind: 'grid' } };
  if (node?.type !== 'dir') return { ...plain, name: fileName, kind: 'file', id, scope: undefined };
  const name = titleOfName(fileName);
  const { resident, region } = spot.within;
  if (spot.holds === 'inventory' && id !== undefined && resident === id && path.split('/').length <= 4)
    return { ...plain, name, kind: 'resident', id, scope: { kind: 'inventory', residentId: id } };
  if (spot.holds === 'inventory' && id !== undefined && resident !== undefined)
    return {
      ...{ ...plain, name, kind: 'inventory-folder', id },
      scope: { kind: 'folder', residentId: resident, folderId: id },
    };
  if (spot.holds === 'region' && region !== undefined)
    return { ...plain, name, kind: 'region', id: region, scope: { kind: 'region', regionId: region } };
  return { ...plain, name, kind: 'folder', id: undefined, scope: undefined };
}

function ofRecord(
  spot: Spot,
  { record, id: text }: CollectionEntry,
): Pick<BrowseEntry, 'name' | 'kind' | 'id' | 'facts' | 'scope'> {
  const id = tryParseUuid(text);
  const { resident, region } = spot.within;
  const name = record.has('name') ? record.text('name') : '';
  if (id !== undefined && spot.holds === 'items' && resident !== undefined) {
    const kind = parseAssetType(record.integer('asset_type'));
    return {
      ...{ name, kind: 'item', id, scope: { kind: 'item', residentId: resident, itemId: id } },
      facts: {
        type: kind === undefined ? record.integer('asset_type') : assetKind(kind).name,
        creator: record.text('creator'),
        asset: record.text('asset'),
        created: new Date(clampSeconds(record.integer('creation_date')) * 1000).toISOString(),
      },
    };
  }
  if (id !== undefined && spot.holds === 'objects' && region !== undefined)
    return {
      ...{ name, kind: 'object', id, scope: { kind: 'object', regionId: region, objectId: id } },
      facts: {
        owner: record.text('owner'),
        creator: record.text('creator'),
        parts: record.integer('parts'),
        scripts: record.integer('scripts'),
        position: `${record.real('x')},${record.real('y')},${record.real('z')}`,
      },
    };
  if (id !== undefined && spot.holds === 'parcels')
    return {
      ...{ name, kind: 'parcel', id, scope: undefined },
      facts: { owner: record.text('owner'), area: record.integer('area') },
    };
  if (id !== undefined && spot.holds === 'assets') {
    const kind = parseAssetType(record.integer('type'));
    return {
      ...{ name: name === '' ? text : name, kind: 'asset', id, scope: { kind: 'asset', assetId: id } },
      facts: {
        type: kind === undefined ? record.integer('type') : assetKind(kind).name,
        creator: record.text('creator'),
        bytes: record.integer('size'),
      },
    };
  }
  return { name: name === '' ? text : name, kind: 'file', id, facts: {}, scope: undefined };
}

/** Items may state any date; what no calendar has counts as the first. */
function clampSeconds(seconds: number): number {
  return Math.abs(seconds) <= 8_640_000_000_000 ? seconds : 0;
}
