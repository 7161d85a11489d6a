/** Collections: records in `records.jsonl` with their files beside them, in folders by id once there are many. */
import type { FileNode, FolderNode, TreeNode } from '@gridkeep/vault/format/tree-node';
import type { Uuid } from '@gridkeep/wire/uuid';
import { tryParseUuid } from '@gridkeep/wire/uuid';
import { recordsFile } from './layout.ts';
import { RecordFields } from './record-fields.ts';
import { fileNamed, folderOf, idTextOfName, isPrefixName, placeIn, readLines } from './snapshot-files.ts';
import type { SnapshotFolder } from './snapshot-files.ts';
import type { SnapshotSource } from './snapshot-source.ts';
import { SnapshotContentError } from './snapshot-source.ts';

/** An id has 32 digits, of which two levels of folders take four. */
const levelsMax = 3;

export interface CollectionEntry {
  /** A UUID, or what else stands as `id` of the record. */
  readonly id: string;
  readonly record: RecordFields;
  /** The file of that id beside the records; of several (a broken snapshot) the first. */
  readonly file: FileNode | undefined;
  /** Where the entry's file lies, or its records. */
  readonly place: string;
}

/** A part of a collection that was not split further. */
export interface CollectionPart {
  readonly folder: SnapshotFolder;
  readonly nodes: readonly TreeNode[];
  /** Digits that all ids in it begin with. */
  readonly prefix: string;
}

/** `wanted` decides by the first digits of the ids whether a part is read at all. */
export async function* collectionParts(
  source: SnapshotSource,
  folder: SnapshotFolder,
  wanted: (prefix: string) => boolean = () => true,
  prefix = '',
): AsyncGenerator<CollectionPart> {
  const nodes = await source.readTree(folder.tree);
  if (nodes.some((node) => node.name === recordsFile || node.type === 'file'))
    yield { folder, nodes, prefix };
  for (const node of nodes) {
    if (node.type !== 'dir') continue;
    if (!isPrefixName(node.name) || prefix.length / 2 >= levelsMax)
      throw new SnapshotContentError(placeIn(folder, node.name), 'no folder belongs there');
    const digits = prefix + node.name;
    if (wanted(digits)) yield* collectionParts(source, folderOf(folder, node), wanted, digits);
  }
}

/** The entries of a part, in the order of its records. */
export async function* readPart(
  source: SnapshotSource,
  { folder, nodes, prefix }: CollectionPart,
): AsyncGenerator<CollectionEntry> {
  const records = fileNamed(nodes, folder, recordsFile);
  if (records === undefined) return;
  const files = new Map<string, FileNode>();
  for (const node of nodes) {
    if (node.type !== 'file' || node.name === recordsFile) continue;
    const id = idTextOfName(node.name);
    if (!files.has(id)) files.set(id, node);
  }
  const place = placeIn(folder, recordsFile);
  for await (const line of readLines(source, records, place)) {
    const record = RecordFields.parse(line, place);
    const id = record.text('id', 200);
    if (!id.startsWith(prefix)) throw new SnapshotContentError(place, `record ${id} does not belong there`);
    const file = files.get(id);
    yield { id, record, file, place: file === undefined ? place : placeIn(folder, file.name) };
  }
}

/** All entries. Throws SnapshotContentError for one that stands where it does not belong. */
export async function* readCollection(
  source: SnapshotSource,
  folder: SnapshotFolder,
): AsyncGenerator<CollectionEntry> {
  for await (const part of collectionParts(source, folder)) yield* readPart(source, part);
}

export async function findInCollection(
  source: SnapshotSource,
  folder: SnapshotFolder,
  id: string,
): Promise<CollectionEntry | undefined> {
  for await (const part of collectionParts(source, folder, (prefix) => id.startsWith(prefix)))
    for await (const entry of readPart(source, part)) if (entry.id === id) return entry;
  return undefined;
}

/** Folders that are named by an id, in folders by prefix once there are many; in the order of their names. */
export async function* idFolders(
  source: SnapshotSource,
  folder: SnapshotFolder,
  nodes?: readonly TreeNode[],
  prefix = '',
): AsyncGenerator<{ readonly node: FolderNode; readonly folder: SnapshotFolder; readonly id: Uuid }> {
  for (const node of nodes ?? (await source.readTree(folder.tree))) {
    if (node.type !== 'dir') continue;
    if (isPrefixName(node.name)) {
      if (prefix.length / 2 >= levelsMax)
        throw new SnapshotContentError(placeIn(folder, node.name), 'no folder belongs there');
      yield* idFolders(source, folderOf(folder, node), undefined, prefix + node.name);
      continue;
    }
    const id = tryParseUuid(idTextOfName(node.name));
    if (id === undefined) continue;
    if (!id.startsWith(prefix))
      throw new SnapshotContentError(placeIn(folder, node.name), 'does not belong there');
    yield { node, folder: folderOf(folder, node), id };
  }
}
