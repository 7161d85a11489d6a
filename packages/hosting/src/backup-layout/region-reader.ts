/** Regions in a snapshot. */
import type { Region, RegionObject, RegionParcel } from '@gridkeep/grid/regions/region-records';
import type { FileNode } from '@gridkeep/vault/format/tree-node';
import type { BlobId } from '@gridkeep/storage/blobs/blob-store';
import type { Uuid } from '@gridkeep/wire/uuid';
import { findInCollection, idFolders, readCollection } from './collection-reader.ts';
import type { CollectionEntry } from './collection-reader.ts';
import {
  accompanyingFile,
  objectsFolder,
  parcelsFolder,
  regionFile,
  settingsFile,
  terrainFile,
} from './layout.ts';
import { RecordFields } from './record-fields.ts';
import { objectOfRow, parcelOfRow, regionOfRow } from './record-rows.ts';
import { fileNamed, folderNamed, placeIn, readLines, readText } from './snapshot-files.ts';
import type { SnapshotFolder } from './snapshot-files.ts';
import type { SnapshotSource } from './snapshot-source.ts';
import { SnapshotContentError } from './snapshot-source.ts';

const recordBytesMax = 64 * 1024;
const documentBytesMax = 8 * 1024 * 1024;
/** 4096 x 4096 samples. */
const terrainBytesMax = 64 * 1024 * 1024;

export interface ObjectEntry {
  readonly object: RegionObject;
  readonly row: RecordFields;
  /** Undefined: the grid did not have the document when the snapshot was made. */
  readonly file: FileNode | undefined;
  readonly place: string;
}

export class SnapshotRegion {
  readonly region: Region;
  readonly row: RecordFields;
  readonly settingsRow: RecordFields | undefined;
  readonly terrainRow: RecordFields | undefined;
  readonly terrainBlob: BlobId | undefined;
  readonly folder: SnapshotFolder;
  readonly settings: string | undefined;
  /** Bytes of its samples. */
  readonly terrain: FileNode | undefined;
  readonly #source: SnapshotSource;
  readonly #objects: SnapshotFolder | undefined;
  readonly #parcels: SnapshotFolder | undefined;
  readonly #accompanying: FileNode | undefined;

  private constructor(
    source: SnapshotSource,
    folder: SnapshotFolder,
    row: RecordFields,
    parts: {
      readonly settings: string | undefined;
      readonly settingsRow: RecordFields | undefined;
      readonly terrainRow: RecordFields | undefined;
      readonly terrain: FileNode | undefined;
      readonly objects: SnapshotFolder | undefined;
      readonly parcels: SnapshotFolder | undefined;
      readonly accompanying: FileNode | undefined;
    },
  ) {
    this.#source = source;
    this.folder = folder;
    this.row = row;
    this.region = regionOfRow(row);
    this.terrainBlob = parts.terrainRow?.blob('blob');
    this.terrainRow = parts.terrainRow;
    this.settingsRow = parts.settingsRow;
    this.settings = parts.settings;
    this.terrain = parts.terrain;
    this.#objects = parts.objects;
    this.#parcels = parts.parcels;
    this.#accompanying = parts.accompanying;
  }

  static async open(source: SnapshotSource, folder: SnapshotFolder): Promise<SnapshotRegion> {
    const nodes = await source.readTree(folder.tree);
    const file = fileNamed(nodes, folder, regionFile);
    if (file === undefined) throw new SnapshotContentError(folder.place, `has no ${regionFile}`);
    const place = placeIn(folder, regionFile);
    const whole = RecordFields.parse(await readText(source, file, place, recordBytesMax), place);
    const part = (name: string): RecordFields | undefined =>
      whole.raw(name) === null ? undefined : RecordFields.of(whole.raw(name), place);
    const settings = fileNamed(nodes, folder, settingsFile);
    const terrain = fileNamed(nodes, folder, terrainFile);
    const [settingsRow, terrainRow] = [part('settings'), part('terrain')];
    if ((settings === undefined) !== (settingsRow === undefined))
      throw new SnapshotContentError(place, 'row and document of the settings are not both there');
    if (terrain !== undefined && terrain.size !== terrainRow?.integer('size', 0, terrainBytesMax))
      throw new SnapshotContentError(place, 'the terrain has not the size that its row says');
    return new SnapshotRegion(source, folder, RecordFields.of(whole.raw('region'), place), {
      ...{ settingsRow, terrainRow, terrain },
      settings:
        settings === undefined
          ? undefined
          : await readText(source, settings, placeIn(folder, settingsFile), documentBytesMax),
      objects: folderNamed(nodes, folder, objectsFolder),
      parcels: folderNamed(nodes, folder, parcelsFolder),
      accompanying: fileNamed(nodes, folder, accompanyingFile),
    });
  }

  async *objects(): AsyncGenerator<ObjectEntry> {
    if (this.#objects === undefined) return;
    const seen = new Set<string>();
    for await (const entry of readCollection(this.#source, this.#objects)) {
      if (seen.has(entry.id)) throw new SnapshotContentError(entry.place, 'the object came before');
      seen.add(entry.id);
      yield this.#object(entry);
    }
  }

  async object(id: Uuid): Promise<ObjectEntry | undefined> {
    if (this.#objects === undefined) return undefined;
    const entry = await findInCollection(this.#source, this.#objects, id);
    return entry === undefined ? undefined : this.#object(entry);
  }

  async *parcels(): AsyncGenerator<RegionParcel> {
    for await (const { parcel } of this.parcelRows()) yield parcel;
  }

  /** `row` without the document. */
  async *parcelRows(): AsyncGenerator<{ readonly parcel: RegionParcel; readonly row: RecordFields }> {
    if (this.#parcels === undefined) return;
    const seen = new Set<string>();
    for await (const { id, record, file, place } of readCollection(this.#source, this.#parcels)) {
      if (seen.has(id)) throw new SnapshotContentError(place, 'the parcel came before');
      seen.add(id);
      if (file === undefined) throw new SnapshotContentError(place, `parcel ${id} has no document`);
      const document = await readText(this.#source, file, place, documentBytesMax);
      this.#requireHere(record);
      yield { parcel: parcelOfRow(record, document), row: record };
    }
  }

  async *accompanying(): AsyncGenerator<Uuid> {
    if (this.#accompanying === undefined) return;
    const place = placeIn(this.folder, accompanyingFile);
    for await (const line of readLines(this.#source, this.#accompanying, place))
      yield RecordFields.parse(line, place).uuid('id');
  }

  #object({ record, file, place, id }: CollectionEntry): ObjectEntry {
    this.#requireHere(record);
    const object = objectOfRow(record);
    if (object.id !== id) throw new SnapshotContentError(place, 'is named by another id');
    if (file !== undefined && file.size !== object.size)
      throw new SnapshotContentError(place, 'has not the size that its row says');
    return { object, row: record, file, place };
  }

  /** Rows say which region they are of. */
  #requireHere(record: RecordFields): void {
    if (record.has('region') && record.uuid('region') !== this.region.id)
      throw new SnapshotContentError(record.place, 'the row is of another region');
  }
}

export async function* regionsIn(
  source: SnapshotSource,
  regions: SnapshotFolder,
): AsyncGenerator<SnapshotRegion> {
  for await (const { folder, id } of idFolders(source, regions)) {
    const region = await SnapshotRegion.open(source, folder);
    if (region.region.id !== id) throw new SnapshotContentError(folder.place, 'the row is of another region');
    yield region;
  }
}

export async function regionWithId(
  source: SnapshotSource,
  regions: SnapshotFolder,
  id: Uuid,
): Promise<SnapshotRegion | undefined> {
  for await (const { folder, id: found } of idFolders(source, regions))
    if (found === id) {
      const region = await SnapshotRegion.open(source, folder);
      if (region.region.id === id) return region;
    }
  return undefined;
}
