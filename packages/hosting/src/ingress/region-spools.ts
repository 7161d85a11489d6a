/** Objects, parcels and other files of the regions of an archive, waiting for the transaction that puts them in place. */
import type { ObjectEntry, ParcelEntry } from '@gridkeep/content/archives/archive-entry';
import { decodeDocument } from '@gridkeep/content/documents/document-text';
import { moveObject } from '@gridkeep/content/documents/object-edits';
import type { RegionObject, RegionParcel, RegionTerrain } from '@gridkeep/grid/regions/region-records';
import type { Uuid } from '@gridkeep/wire/uuid';
import { randomUuid, uuidToBytes } from '@gridkeep/wire/uuid';
import type { Vector3 } from '@gridkeep/wire/vector';
import type { LineCodec } from './record-spool.ts';
import { LineFields } from './spooled-records.ts';

/** An object with the people its document names, who are mapped when the target region is known. */
export interface SpooledObject {
  readonly dir: string;
  readonly object: RegionObject;
  readonly creatorData: string;
}

export const spooledObjectCodec: LineCodec<SpooledObject> = {
  encode: ({ dir, object, creatorData }) => JSON.stringify({ dir, creatorData, ...object }),
  decode: (line) => {
    const fields = new LineFields(line);
    return {
      dir: fields.text('dir'),
      creatorData: fields.text('creatorData'),
      object: {
        id: fields.uuid('id'),
        blobId: fields.blob('blobId'),
        size: fields.number('size'),
        name: fields.text('name'),
        parts: fields.number('parts'),
        scripts: fields.number('scripts'),
        ownerId: fields.uuid('ownerId'),
        groupId: fields.uuid('groupId'),
        creatorId: fields.uuid('creatorId'),
        x: fields.number('x'),
        y: fields.number('y'),
        z: fields.number('z'),
      },
    };
  },
};

export interface SpooledParcel {
  readonly dir: string;
  readonly parcel: RegionParcel;
}

export const spooledParcelCodec: LineCodec<SpooledParcel> = {
  encode: ({ dir, parcel }) =>
    JSON.stringify({ dir, ...parcel, bitmap: Buffer.from(parcel.bitmap).toString('base64') }),
  decode: (line) => {
    const fields = new LineFields(line);
    return {
      dir: fields.text('dir'),
      parcel: {
        id: fields.uuid('id'),
        name: fields.text('name'),
        ownerId: fields.uuid('ownerId'),
        groupId: fields.uuid('groupId'),
        area: fields.number('area'),
        bitmap: Buffer.from(fields.text('bitmap'), 'base64'),
        document: fields.text('document'),
      },
    };
  },
};

/** The files of which a region has one. */
export interface RegionFiles {
  readonly regionName: string | undefined;
  readonly settings: string | undefined;
  readonly terrain: (RegionTerrain & { readonly width: number; readonly height: number }) | undefined;
}

/** Where an object will stand and what is stored of it. */
export interface PlacedObject {
  readonly bytes: Uint8Array;
  readonly position: Vector3;
}

/** The object as it is, or moved: then only the numbers of its position differ from the archive's bytes. */
export function placeObject(entry: ObjectEntry, displacement: Vector3 | undefined): PlacedObject {
  const position = entry.object.parts[0]?.groupPosition ?? { x: 0, y: 0, z: 0 };
  if (displacement === undefined) return { bytes: entry.bytes, position };
  return {
    bytes: Buffer.from(moveObject(entry.text, displacement)),
    position: {
      x: position.x + displacement.x,
      y: position.y + displacement.y,
      z: position.z + displacement.z,
    },
  };
}

/** Objects of one archive may share an id, since OpenSimulator gives new ones at load; the second then gets its own. */
export class ObjectIds {
  readonly #taken = new Set<string>();

  unique(dir: string, id: Uuid): Uuid {
    // Ids are cut out of documents, and a part of a text keeps all of it in memory: the bytes do not.
    const key = `${dir}/${Buffer.from(uuidToBytes(id)).toString('latin1')}`;
    if (!this.#taken.has(key)) {
      this.#taken.add(key);
      return id;
    }
    return randomUuid();
  }
}

/** All that is kept of an object while its bytes are on their way to the blob store: the parsed document is not. */
export type ObjectDraft = Omit<SpooledObject, 'object'> & { readonly object: Omit<RegionObject, 'blobId'> };

export function draftObject(entry: ObjectEntry, id: Uuid, placed: PlacedObject): ObjectDraft {
  const { object } = entry;
  const root = object.parts[0];
  if (root === undefined) throw new Error('an object without parts');
  return {
    dir: entry.regionDir,
    creatorData: root.creatorData,
    object: {
      id,
      size: placed.bytes.length,
      name: object.name,
      parts: object.parts.length,
      scripts: object.scriptCount,
      ownerId: root.ownerId,
      groupId: root.groupId,
      creatorId: root.creatorId,
      x: placed.position.x,
      y: placed.position.y,
      z: placed.position.z,
    },
  };
}

export function parcelRecord(entry: ParcelEntry): SpooledParcel {
  const { parcel } = entry;
  return {
    dir: entry.regionDir,
    parcel: {
      id: parcel.id,
      name: parcel.name,
      ownerId: parcel.ownerId,
      groupId: parcel.groupId,
      area: parcel.area,
      bitmap: parcel.bitmap,
      document: decodeDocument(entry.bytes).text,
    },
  };
}
