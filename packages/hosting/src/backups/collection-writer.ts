/** Writes what may have very many entries, so that no folder grows without bound and little is written where little changed. */
import type { FolderNode } from '@gridkeep/vault/format/tree-node';
import type { Uuid } from '@gridkeep/wire/uuid';
import { ParentFolder } from './parent-tree.ts';
import type { TreeScript } from './tree-script.ts';
import { entriesMax } from '../backup-layout/layout.ts';
import { idOfName } from '../backup-layout/snapshot-files.ts';

/** Deeper than three levels a folder is not split. */
const prefixDigitsMax = 6;
const prefixNames: readonly string[] = Array.from({ length: 256 }, (_, value) =>
  value.toString(16).padStart(2, '0'),
);

/** Entries of a collection whose ids begin with some digits. */
export interface CollectionSource<Entry> {
  /** At most `limit`, in the order of their ids. */
  read(prefix: string, limit: number): Promise<readonly Entry[]>;
  /** How many there are, counted up to `limit`. */
  count(prefix: string, limit: number): Promise<number>;
  /** The record of the entry and its file. */
  write(script: TreeScript, entry: Entry): Promise<void>;
}

export interface CollectionPlace {
  readonly name: string;
  /** Time of its folders. */
  readonly at: number;
  /** The folder of the parent snapshot it stands in, and whether what has these first digits may have changed since. */
  readonly parent: ParentFolder;
  readonly changed: (prefix: string) => boolean;
}

export async function writeCollection<Entry>(
  script: TreeScript,
  source: CollectionSource<Entry>,
  place: CollectionPlace,
  prefix = '',
): Promise<void> {
  const { name, at, parent, changed } = place;
  const before = parent.folder(name);
  if (before !== undefined && !changed(prefix)) {
    await script.keep(before);
    return;
  }
  const inside = await parent.inside(before);
  const wasSplit = inside.folder('00') !== undefined || [...inside.folders()].length > 0;
  const isSplit =
    wasSplit && prefix.length < prefixDigitsMax && (await source.count(prefix, entriesMax + 1)) > entriesMax;
  const entries = isSplit ? undefined : await source.read(prefix, readLimit(prefix));
  if (entries?.length === 0) return;
  await script.open(name, at);
  if (entries !== undefined && (entries.length <= entriesMax || prefix.length >= prefixDigitsMax))
    for (const entry of entries) await source.write(script, entry);
  else
    for (const digits of prefixNames)
      await writeCollection(script, source, { ...place, name: digits, parent: inside }, prefix + digits);
  await script.close();
}

function readLimit(prefix: string): number {
  return prefix.length >= prefixDigitsMax ? Number.MAX_SAFE_INTEGER : entriesMax + 1;
}

/** Folders of things with ids: residents, regions, folders of inventories. */
export interface FolderSource {
  /** At most `limit` ids with these first digits, in order. */
  list(prefix: string, limit: number): Promise<readonly Uuid[]>;
  /** `before`: what it was in the parent snapshot. */
  write(id: Uuid, before: FolderNode | undefined, parent: ParentFolder): Promise<void>;
}

export interface FolderChanges {
  readonly id: (id: Uuid) => boolean;
  readonly prefix: (prefix: string) => boolean;
}

/** Into the folder that is open in the script; `parent` is what that was. */
export async function writeFolders(
  script: TreeScript,
  source: FolderSource,
  place: { readonly at: number; readonly parent: ParentFolder; readonly changed: FolderChanges },
  prefix = '',
): Promise<void> {
  const { at, parent, changed } = place;
  const ids = await source.list(prefix, readLimit(prefix));
  if (ids.length <= entriesMax || prefix.length >= prefixDigitsMax) {
    const before = new Map<Uuid, FolderNode>();
    for (const node of parent.folders()) {
      const id = idOfName(node.name);
      if (id !== undefined) before.set(id, node);
    }
    for (const id of ids) {
      const node = before.get(id);
      if (node !== undefined && !changed.id(id)) await script.keep(node);
      else await source.write(id, node, parent);
    }
    return;
  }
  for (const digits of prefixNames) {
    const before = parent.folder(digits);
    if (before !== undefined && !changed.prefix(prefix + digits)) {
      await script.keep(before);
      continue;
    }
    if ((await source.list(prefix + digits, 1)).length === 0) continue;
    await script.open(digits, at);
    // What was not split yet is found where it was.
    const inside = before === undefined ? parent : await parent.inside(before);
    await writeFolders(script, source, { ...place, parent: inside }, prefix + digits);
    await script.close();
  }
}

/** The least and the greatest id with these first digits. */
export function idRange(prefix: string): readonly [string, string] {
  return [dashed(prefix.padEnd(32, '0')), dashed(prefix.padEnd(32, 'f'))];
}

function dashed(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** For entries that are in memory, in the order of their ids. */
export function inMemory<Entry>(
  entries: readonly Entry[],
  idOf: (entry: Entry) => string,
  write: CollectionSource<Entry>['write'],
): CollectionSource<Entry> {
  const within = (prefix: string): readonly Entry[] => {
    const [least, greatest] = idRange(prefix);
    return entries.slice(firstFrom(least, false), firstFrom(greatest, true));
  };
  /** The first entry whose id is at least, or above, this one. */
  function firstFrom(id: string, above: boolean): number {
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const entry = entries[middle];
      const here = entry === undefined ? '' : idOf(entry);
      if (here < id || (above && here === id)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
  return {
    read: (prefix, limit) => Promise.resolve(within(prefix).slice(0, limit)),
    count: (prefix, limit) => Promise.resolve(Math.min(limit, within(prefix).length)),
    write,
  };
}
