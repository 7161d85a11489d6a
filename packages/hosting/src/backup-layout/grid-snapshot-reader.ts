/** A snapshot of a grid as a whole: what is in it, by branch. */
import type { FileNode, TreeNode } from '@gridkeep/vault/format/tree-node';
import type { Uuid } from '@gridkeep/wire/uuid';
import { allAssets, findAssets } from './asset-reader.ts';
import type { AssetEntry } from './asset-reader.ts';
import { readCollection } from './collection-reader.ts';
import type { CollectionEntry } from './collection-reader.ts';
import { residentsIn, residentWithId, walkInventory } from './inventory-reader.ts';
import type { InventoryEntry, SnapshotResident } from './inventory-reader.ts';
import type { GridDocument } from './grid-document.ts';
import { branches, gridFile, layoutFormat } from './layout.ts';
import type { Branch } from './layout.ts';
import { RecordFields } from './record-fields.ts';
import { SnapshotRegion, regionsIn, regionWithId } from './region-reader.ts';
import { fileNamed, folderNamed, placeIn, readLines, readText } from './snapshot-files.ts';
import type { SnapshotFolder } from './snapshot-files.ts';
import type { SnapshotRoot, SnapshotSource } from './snapshot-source.ts';
import { SnapshotContentError } from './snapshot-source.ts';

const documentBytesMax = 16 * 1024 * 1024;
const tableForm = /^([a-z][a-z0-9_]{0,62})\.jsonl$/;

export interface SnapshotTable {
  readonly name: string;
  readonly file: FileNode;
  readonly place: string;
}

export class GridSnapshot {
  readonly source: SnapshotSource;
  readonly root: SnapshotRoot;
  readonly document: GridDocument;
  readonly #branches: ReadonlyMap<Branch, SnapshotFolder>;

  private constructor(
    source: SnapshotSource,
    root: SnapshotRoot,
    document: GridDocument,
    found: ReadonlyMap<Branch, SnapshotFolder>,
  ) {
    this.source = source;
    this.root = root;
    this.document = document;
    this.#branches = found;
  }

  /** Throws SnapshotContentError for what is no backup of a grid. */
  static async open(source: SnapshotSource, root: SnapshotRoot): Promise<GridSnapshot> {
    const top: SnapshotFolder = { tree: root.tree, place: '' };
    const nodes = await source.readTree(root.tree);
    const file = fileNamed(nodes, top, gridFile);
    if (file === undefined)
      throw new SnapshotContentError('', `is no backup of a grid: it has no ${gridFile}`);
    const text = await readText(source, file, gridFile, documentBytesMax);
    const document = gridDocument(RecordFields.parse(text, gridFile));
    const found = new Map<Branch, SnapshotFolder>();
    for (const branch of branches) {
      const folder = folderNamed(nodes, top, branch);
      if (folder !== undefined) found.set(branch, folder);
    }
    return new GridSnapshot(source, root, document, found);
  }

  branch(name: Branch): SnapshotFolder | undefined {
    return this.#branches.get(name);
  }

  /** 'lost': the backup had it, and somebody took it out. 'unknown': it is not there, and nobody says that it was empty. */
  stateOf(name: Branch): 'there' | 'empty' | 'lost' | 'unknown' {
    if (this.#branches.has(name)) return 'there';
    if (this.document.branches === undefined) return 'unknown';
    return this.document.branches.includes(name) ? 'lost' : 'empty';
  }

  async *residents(): AsyncGenerator<SnapshotResident> {
    const folder = this.branch('inventories');
    if (folder !== undefined) yield* residentsIn(this.source, folder);
  }

  async resident(id: Uuid): Promise<SnapshotResident | undefined> {
    const folder = this.branch('inventories');
    return folder === undefined ? undefined : residentWithId(this.source, folder, id);
  }

  inventory(resident: SnapshotResident, within?: Uuid): AsyncGenerator<InventoryEntry> {
    return walkInventory(this.source, resident, within);
  }

  async *regions(): AsyncGenerator<SnapshotRegion> {
    const folder = this.branch('regions');
    if (folder !== undefined) yield* regionsIn(this.source, folder);
  }

  async region(id: Uuid): Promise<SnapshotRegion | undefined> {
    const folder = this.branch('regions');
    return folder === undefined ? undefined : regionWithId(this.source, folder, id);
  }

  async *assets(signal?: AbortSignal): AsyncGenerator<AssetEntry> {
    const folder = this.branch('assets');
    if (folder !== undefined) yield* allAssets(this.source, folder, signal);
  }

  async *findAssets(ids: ReadonlySet<Uuid>, signal?: AbortSignal): AsyncGenerator<AssetEntry> {
    const folder = this.branch('assets');
    if (folder !== undefined && ids.size > 0) yield* findAssets(this.source, folder, ids, signal);
  }

  async *mapTiles(): AsyncGenerator<CollectionEntry> {
    const folder = this.branch('map-tiles');
    if (folder !== undefined) yield* readCollection(this.source, folder);
  }

  /** Content that was offered for assets that have other content. */
  async *conflicts(): AsyncGenerator<CollectionEntry> {
    const folder = this.branch('conflicts');
    if (folder !== undefined) yield* readCollection(this.source, folder);
  }

  /** What records need and the grid did not have. */
  async *missing(): AsyncGenerator<CollectionEntry> {
    const folder = this.branch('missing');
    if (folder !== undefined) yield* readCollection(this.source, folder);
  }

  /** The tables that stand as plain rows. */
  async tables(): Promise<readonly SnapshotTable[]> {
    const folder = this.branch('records');
    if (folder === undefined) return [];
    const tables: SnapshotTable[] = [];
    for (const node of await this.source.readTree(folder.tree)) tables.push(tableOf(folder, node));
    return tables;
  }

  async *rows(table: SnapshotTable): AsyncGenerator<RecordFields> {
    for await (const line of readLines(this.source, table.file, table.place))
      yield RecordFields.parse(line, table.place);
  }
}

function tableOf(folder: SnapshotFolder, node: TreeNode): SnapshotTable {
  const place = placeIn(folder, node.name);
  const name = tableForm.exec(node.name)?.[1];
  if (node.type !== 'file' || name === undefined) throw new SnapshotContentError(place, 'is no table');
  return { name, file: node, place };
}

function gridDocument(fields: RecordFields): GridDocument {
  const format = fields.integer('format');
  if (format !== layoutFormat)
    throw new SnapshotContentError(gridFile, `layout ${format} is of a newer program, or none at all`);
  return {
    format: layoutFormat,
    id: fields.uuid('id'),
    slug: fields.text('slug', 255),
    name: fields.text('name', 255),
    hostnames: list(fields, 'hostnames', 1000).map((one) =>
      RecordFields.of({ one }, gridFile).text('one', 255),
    ),
    createdAt: fields.integer('createdAt'),
    quotaBytes: fields.integer('quotaBytes', 0),
    timeZone: fields.text('timeZone', 255),
    simulators: list(fields, 'simulators', 100_000).map((one) => {
      const simulator = RecordFields.of(one, gridFile);
      const secretHash = simulator.text('secretHash', 64);
      if (simulator.bytes('secretHash').length !== 32)
        throw new SnapshotContentError(gridFile, 'the secret of a simulator is no SHA-256');
      return { name: simulator.text('name', 255), secretHash, createdAt: simulator.integer('createdAt') };
    }),
    migrations: list(fields, 'migrations', 10_000).map((one) =>
      RecordFields.of({ one }, gridFile).text('one', 255),
    ),
    branches: fields.has('branches')
      ? list(fields, 'branches', 100).flatMap((one) => branches.find((known) => known === one) ?? [])
      : undefined,
    missing: fields.integer('missing', 0),
  };
}

function list(fields: RecordFields, name: string, countMax: number): readonly unknown[] {
  const value = fields.raw(name);
  if (!Array.isArray(value) || value.length > countMax)
    throw new SnapshotContentError(gridFile, `${name} is no list, or too long`);
  return value;
}
