/**
 * What appeared, changed and vanished between two snapshots of a grid. Equal trees are equal, so only what differs is read:
 * two nights of a large grid cost what happened in between.
 */
import type { FileNode, TreeNode } from '@gridkeep/vault/format/tree-node';
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import { recordTables } from '@gridkeep/grid/record-changes/record-tables';
import { readPart } from '../backup-layout/collection-reader.ts';
import type { CollectionEntry } from '../backup-layout/collection-reader.ts';
import { recordsFile, regionFile } from '../backup-layout/layout.ts';
import { RecordFields } from '../backup-layout/record-fields.ts';
import {
  folderOf,
  idTextOfName,
  isPrefixName,
  placeIn,
  readLines,
  readText,
  titleOfName,
} from '../backup-layout/snapshot-files.ts';
import type { SnapshotFolder } from '../backup-layout/snapshot-files.ts';
import type { SnapshotRoot, SnapshotSource } from '../backup-layout/snapshot-source.ts';
import { browseSnapshot } from './browse-snapshot.ts';
import { joinMoves } from './moved-entries.ts';
import { changedFields, differenceOf, peopleOf, rowDifference, textOf } from './snapshot-difference.ts';
import type { Branch, DifferenceKind, FoundDifference, SnapshotDifference } from './snapshot-difference.ts';

export interface DiffOptions {
  /** Only this part, as `browseSnapshot` understands paths; what lies there under the same path in both. */
  readonly path?: string;
  readonly signal?: AbortSignal;
}

/** Deeper than any snapshot of a grid. */
const depthMax = 64;

interface Sides<T> {
  readonly before: T | undefined;
  readonly after: T | undefined;
}

/** In the order of the layout, with items, folders and objects that came or went last; memory holds the differing parts of one folder. */
export async function* diffSnapshots(
  source: SnapshotSource,
  older: SnapshotRoot,
  newer: SnapshotRoot,
  options: DiffOptions = {},
): AsyncGenerator<SnapshotDifference> {
  const sides = await sidesAt(source, older, newer, options.path ?? '');
  const diff = new Diff(source, options.signal);
  const branch = kindOfPath(sides.after?.place ?? sides.before?.place ?? '');
  yield* joinMoves(diff.folders(sides, branch, 0), changedFields);
}

async function sidesAt(
  source: SnapshotSource,
  older: SnapshotRoot,
  newer: SnapshotRoot,
  path: string,
): Promise<Sides<SnapshotFolder>> {
  if (path === '') return { before: { tree: older.tree, place: '' }, after: { tree: newer.tree, place: '' } };
  return { before: await folderAt(source, older, path), after: await folderAt(source, newer, path) };
}

async function folderAt(
  source: SnapshotSource,
  snapshot: SnapshotRoot,
  path: string,
): Promise<SnapshotFolder | undefined> {
  const found = await browseSnapshot(source, snapshot, path, { limit: 0 });
  let folder: SnapshotFolder = { tree: snapshot.tree, place: '' };
  for (const name of found === undefined ? [] : found.here.path.split('/')) {
    const node = (await source.readTree(folder.tree)).find((one) => one.name === name);
    if (node?.type !== 'dir') return undefined;
    folder = folderOf(folder, node);
  }
  return found === undefined ? undefined : folder;
}

function kindOfPath(path: string): Branch {
  const [first = '', ...rest] = path.split('/');
  const named = rest.find((name) => !isPrefixName(name));
  if (first === 'inventories') return named === undefined ? 'inventories' : 'inventory';
  if (first === 'regions') return named === undefined ? 'regions' : 'region';
  if (
    first === 'assets' ||
    first === 'conflicts' ||
    first === 'map-tiles' ||
    first === 'records' ||
    first === 'missing'
  )
    return first;
  return 'top';
}

class Diff {
  readonly #source: SnapshotSource;
  readonly #signal: AbortSignal | undefined;

  constructor(source: SnapshotSource, signal: AbortSignal | undefined) {
    this.#source = source;
    this.#signal = signal;
  }

  async *folders(
    { before, after }: Sides<SnapshotFolder>,
    branch: Branch,
    depth: number,
  ): AsyncGenerator<FoundDifference> {
    this.#signal?.throwIfAborted();
    if (before?.tree === after?.tree || depth > depthMax) return;
    const nodes = { before: await this.#nodes(before), after: await this.#nodes(after) };
    const isCollection = hasRecords(nodes.before) || hasRecords(nodes.after);
    if (isCollection) yield* this.#collection({ before, after }, nodes, branch);
    else yield* this.#files({ before, after }, nodes, branch);
    for (const pair of pairs(nodes.before, nodes.after)) {
      const folders = {
        before:
          pair.before?.type === 'dir' && before !== undefined ? folderOf(before, pair.before) : undefined,
        after: pair.after?.type === 'dir' && after !== undefined ? folderOf(after, pair.after) : undefined,
      };
      if (folders.before === undefined && folders.after === undefined) continue;
      // Many entries split a collection into parts, few bring it back together: parts of both are compared as one.
      if (isCollection && isPrefixName(pair.name)) continue;
      yield* this.folders(
        folders,
        kindOfPath(folders.after?.place ?? folders.before?.place ?? ''),
        depth + 1,
      );
    }
  }

  async #nodes(folder: SnapshotFolder | undefined): Promise<readonly TreeNode[]> {
    return folder === undefined ? [] : this.#source.readTree(folder.tree);
  }

  /** Entries of a part by id. Where one side is split and the other is not, all of it is read. */
  async *#collection(
    sides: Sides<SnapshotFolder>,
    nodes: { readonly before: readonly TreeNode[]; readonly after: readonly TreeNode[] },
    branch: Branch,
  ): AsyncGenerator<FoundDifference> {
    const before = new Map<string, Entry>();
    for await (const entry of this.#entries(sides.before, nodes.before)) before.set(entry.id, short(entry));
    for await (const entry of this.#entries(sides.after, nodes.after)) {
      const was = before.get(entry.id);
      before.delete(entry.id);
      const now = short(entry);
      if (was === undefined) yield differenceOf(branch, 'appeared', entry, []);
      else if (was.text !== now.text || was.content !== now.content) {
        const fields = changedFields(RecordFields.parse(was.text, entry.place), entry.record);
        const isContent = was.content !== now.content && fields.length === 0;
        yield differenceOf(
          branch,
          'changed',
          entry,
          isContent
            ? [{ field: 'content', before: was.content.slice(0, 16), after: now.content.slice(0, 16) }]
            : fields,
        );
      }
    }
    for (const { text, place, id } of before.values()) {
      const record = RecordFields.parse(text, place);
      yield differenceOf(branch, 'vanished', { id, record, file: undefined, place }, []);
    }
  }

  async *#entries(
    folder: SnapshotFolder | undefined,
    nodes: readonly TreeNode[],
    level = 0,
  ): AsyncGenerator<CollectionEntry> {
    if (folder === undefined) return;
    yield* readPart(this.#source, { folder, nodes, prefix: '' });
    for (const node of nodes)
      if (node.type === 'dir' && isPrefixName(node.name) && level < 3) {
        const part = folderOf(folder, node);
        yield* this.#entries(part, await this.#source.readTree(part.tree), level + 1);
      }
  }

  async *#files(
    sides: Sides<SnapshotFolder>,
    nodes: { readonly before: readonly TreeNode[]; readonly after: readonly TreeNode[] },
    branch: Branch,
  ): AsyncGenerator<FoundDifference> {
    for (const { name, before, after } of pairs(nodes.before, nodes.after)) {
      const files = { before: fileOf(before), after: fileOf(after) };
      if (files.before === undefined && files.after === undefined) continue;
      if (contentOf(files.before) === contentOf(files.after)) continue;
      const folder = files.after === undefined ? sides.before : sides.after;
      const place = folder === undefined ? name : placeIn(folder, name);
      const table = branch === 'records' ? /^([a-z_0-9]+)\.jsonl$/.exec(name)?.[1] : undefined;
      if (table !== undefined) yield* this.#table(table, files, place);
      else yield* this.#file(name, files, place, branch);
    }
  }

  /** One document, or content that is no record. */
  async *#file(
    name: string,
    { before, after }: Sides<FileNode>,
    place: string,
    branch: Branch,
  ): AsyncGenerator<FoundDifference> {
    const change = before === undefined ? 'appeared' : after === undefined ? 'vanished' : 'changed';
    const above = place.split('/').at(-2) ?? '';
    const base = { change, path: place, id: idTextOfName(above), name: titleOfName(above) } as const;
    if (!name.endsWith('.json')) {
      const kind = branch === 'region' ? (partKinds.get(name) ?? 'file') : 'file';
      const fields = [{ field: 'bytes', before: sizeOf(before), after: sizeOf(after) }];
      const difference = { ...base, kind, fields: change === 'changed' ? fields : [] };
      yield { difference, record: undefined };
      return;
    }
    const [was, now] = [await this.#document(before, place, name), await this.#document(after, place, name)];
    const told = now ?? was;
    if (told === undefined) return;
    // Which folders the snapshot has is told by what is in them.
    const fields = (was !== undefined && now !== undefined ? changedFields(was, now) : []).filter(
      ({ field }) => field !== 'branches',
    );
    const kind = documentKinds.get(name) ?? 'file';
    // Parts of a region and what lies in a folder are told on their own.
    if (change === 'changed' && fields.every(({ field }) => field === 'version')) return;
    const named = told.has('name') ? { name: textOf(told, 'name') } : {};
    yield { difference: { ...base, kind, fields, ...peopleOf(told), ...named }, record: told };
  }

  async #document(
    file: FileNode | undefined,
    place: string,
    name: string,
  ): Promise<RecordFields | undefined> {
    if (file === undefined) return undefined;
    const fields = RecordFields.parse(await readText(this.#source, file, place, 16 * 1024 * 1024), place);
    if (name !== regionFile) return fields;
    // Its parts have rows of their own; what they hold is compared as content.
    const value = fields.raw('region');
    return RecordFields.of(value, place);
  }

  /** Rows in the order of their keys on both sides: read side by side. */
  async *#table(
    name: string,
    { before, after }: Sides<FileNode>,
    place: string,
  ): AsyncGenerator<FoundDifference> {
    const key = recordTables.find((one) => one.name === name)?.key ?? [];
    const was = new Map<string, string>();
    // What is the same in both passes through; the rest is held by its key. Tables change little in a night.
    const left = this.#lines(before, place);
    const right = this.#lines(after, place);
    const came = new Map<string, string>();
    for (let [a, b] = [await left.next(), await right.next()]; a.done !== true || b.done !== true;) {
      if (a.done !== true && b.done !== true && a.value === b.value) {
        [a, b] = [await left.next(), await right.next()];
        continue;
      }
      if (a.done !== true) settle(a.value, was, came, key, place);
      if (b.done !== true) settle(b.value, came, was, key, place);
      [a, b] = [a.done === true ? a : await left.next(), b.done === true ? b : await right.next()];
    }
    for (const [id, line] of came) {
      const now = RecordFields.parse(line, place);
      const other = was.get(id);
      was.delete(id);
      const fields = other === undefined ? [] : changedFields(RecordFields.parse(other, place), now);
      yield rowDifference(name, other === undefined ? 'appeared' : 'changed', id, now, place, fields);
    }
    for (const [id, line] of was)
      yield rowDifference(name, 'vanished', id, RecordFields.parse(line, place), place, []);
  }

  async *#lines(file: FileNode | undefined, place: string): AsyncGenerator<string, undefined> {
    if (file !== undefined) yield* readLines(this.#source, file, place);
    return undefined;
  }
}

interface Entry {
  readonly id: string;
  readonly text: string;
  readonly content: string;
  readonly place: string;
}

function short(entry: CollectionEntry): Entry {
  return { id: entry.id, text: entry.record.json, content: contentOf(entry.file), place: entry.place };
}

/** Takes a line out of the other side when it is there as it is, else keeps it. */
function settle(
  line: string,
  own: Map<string, string>,
  other: Map<string, string>,
  key: readonly string[],
  place: string,
): void {
  const record = RecordFields.parse(line, place);
  const id = key.map((name) => textOf(record, name)).join(' ');
  if (other.get(id) === line) other.delete(id);
  else own.set(id, line);
}

const partKinds: ReadonlyMap<string, DifferenceKind> = new Map([
  ['terrain.r32', 'terrain'],
  ['settings.xml', 'settings'],
]);
const documentKinds: ReadonlyMap<string, DifferenceKind> = new Map([
  ['grid.json', 'grid'],
  ['resident.json', 'resident'],
  ['folder.json', 'folder'],
  ['region.json', 'region'],
]);

function hasRecords(nodes: readonly TreeNode[]): boolean {
  return nodes.some((node) => node.type === 'file' && node.name === recordsFile);
}

function fileOf(node: TreeNode | undefined): FileNode | undefined {
  return node?.type === 'file' ? node : undefined;
}

function contentOf(file: FileNode | undefined): string {
  const ids: readonly BlobId[] = file?.content ?? [];
  return file === undefined ? '' : `${file.size} ${ids.join(' ')}`;
}

function sizeOf(file: FileNode | undefined): string {
  return file === undefined ? '' : String(file.size);
}

/** Nodes of both sides by name, in the order of the newer with what vanished at its end. */
function* pairs(
  before: readonly TreeNode[],
  after: readonly TreeNode[],
): Generator<Sides<TreeNode> & { readonly name: string }> {
  const old = new Map(before.map((node) => [node.name, node]));
  const ids = new Map(before.map((node) => [idTextOfName(node.name), node]));
  for (const node of after) {
    // A folder that was renamed keeps its id.
    const same =
      old.get(node.name) ?? (node.name.includes('__') ? ids.get(idTextOfName(node.name)) : undefined);
    if (same !== undefined) old.delete(same.name);
    yield { name: node.name, before: same, after: node };
  }
  for (const node of old.values()) yield { name: node.name, before: node, after: undefined };
}
