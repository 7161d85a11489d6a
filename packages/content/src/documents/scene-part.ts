/** One prim of a linkset (OpenSim/Region/Framework/Scenes/Serialization/SceneObjectSerializer.cs, Xml2ToSOP). */
import type { Uuid } from '@gridkeep/wire/uuid';
import { parseUuid } from '@gridkeep/wire/uuid';
import type { Quaternion, Vector3 } from '@gridkeep/wire/vector';
import type { XmlElement } from '@gridkeep/wire/xml-tree';
import { AssetTypes } from '../assets/asset-kinds.ts';
import { objectAnimationReferences } from '../assets/blocks/object-animations.ts';
import { particleSystemReferences } from '../assets/blocks/particle-system.ts';
import { DocumentError } from './document-error.ts';
import { readDynamicAttributes } from './dynamic-attributes.ts';
import type { FieldValues } from './field-table.ts';
import { readFields } from './field-table.ts';
import { FieldError, isSelfClosing, parseBase64, plainText } from './field-values.ts';
import type { ObjectReading } from './object-reading.ts';
import { inertiaFields, partFields, vehicleFields } from './part-fields.ts';
import type { Shape } from './shape.ts';
import { defaultShape, readShape } from './shape.ts';
import type { TaskItem } from './task-inventory.ts';
import { isScript, readTaskInventory } from './task-inventory.ts';

export interface ScenePart {
  readonly id: Uuid;
  readonly name: string;
  readonly description: string;
  readonly creatorId: Uuid;
  /** `<home URL>;<First Last>`; '' for a creator of the grid. */
  readonly creatorData: string;
  readonly ownerId: Uuid;
  readonly lastOwnerId: Uuid;
  readonly groupId: Uuid;
  readonly rezzerId: Uuid;
  /** Metres in the region; all parts of a linkset have the root's. */
  readonly groupPosition: Vector3;
  /** Metres from the root, in the root's axes. */
  readonly offsetPosition: Vector3;
  readonly rotation: Quaternion;
  /** Metres. */
  readonly scale: Vector3;
  /** 0 alone, 1 root, 2… children. */
  readonly linkNumber: number;
  /** Permissions: transfer 0x2000, modify 0x4000, copy 0x8000, export 0x10000, move 0x80000. */
  readonly baseMask: number;
  readonly ownerMask: number;
  readonly groupMask: number;
  readonly everyoneMask: number;
  readonly nextOwnerMask: number;
  /** Bits of PrimFlags. */
  readonly flags: number;
  /** Unix seconds. */
  readonly creationDate: number;
  /** 0 no, 1 original, 2 copy, 3 contents. */
  readonly saleType: number;
  readonly salePrice: number;
  readonly shape: Shape;
  readonly items: readonly TaskItem[];
  readonly scriptCount: number;
  readonly isVehicle: boolean;
}

interface Structures {
  items: readonly TaskItem[];
  shape: Shape;
  isVehicle: boolean;
}

/** Stands for "no collision sound" (SceneObjectPart.invalidCollisionSoundUUID). */
const noCollisionSound = parseUuid('ffffffff-ffff-ffff-ffff-ffffffffffff');

/** Throws a DocumentError for whatever makes OpenSimulator give up the object. */
export function readScenePart(element: XmlElement, path: string, reading: ObjectReading): ScenePart {
  const structures: Structures = { items: [], shape: defaultShape, isVehicle: false };
  const fields = readFields(element, partFields, reading.strict(path), (other) => {
    readStructure(other, `${path}/${other.name}`, reading, structures);
  });
  noteReferences(fields, path, reading);
  notePeople(fields, reading);
  return {
    id: fields.id('UUID'),
    name: fields.text('Name'),
    description: fields.text('Description'),
    creatorId: fields.id('CreatorID'),
    creatorData: fields.text('CreatorData'),
    ownerId: fields.id('OwnerID'),
    lastOwnerId: fields.id('LastOwnerID'),
    groupId: fields.id('GroupID'),
    rezzerId: fields.id('RezzerID'),
    groupPosition: fields.vector('GroupPosition'),
    offsetPosition: fields.vector('OffsetPosition'),
    rotation: fields.rotation('RotationOffset'),
    scale: fields.vector('Scale'),
    linkNumber: fields.number('LinkNum'),
    baseMask: fields.number('BaseMask'),
    ownerMask: fields.number('OwnerMask'),
    groupMask: fields.number('GroupMask'),
    everyoneMask: fields.number('EveryoneMask'),
    nextOwnerMask: fields.number('NextOwnerMask'),
    flags: fields.number('Flags'),
    creationDate: fields.number('CreationDate'),
    saleType: fields.number('ObjectSaleType') & 0xff,
    salePrice: fields.number('SalePrice'),
    shape: structures.shape,
    items: structures.items,
    scriptCount: structures.items.filter(isScript).length,
    isVehicle: structures.isVehicle,
  };
}

/** What is not a single value; elements of other versions and programs are passed over. */
function readStructure(element: XmlElement, path: string, reading: ObjectReading, into: Structures): void {
  switch (element.name) {
    case 'TaskInventory':
      into.items = readTaskInventory(element, path, reading);
      return;
    case 'Shape':
      into.shape = readShape(element, path, reading);
      return;
    case 'Vehicle':
      requireContent(element, path, reading);
      readFields(element, vehicleFields, reading.lenient(path));
      into.isVehicle = true;
      return;
    case 'PhysicsInertia':
      requireContent(element, path, reading);
      readFields(element, inertiaFields, reading.lenient(path));
      return;
    case 'DynAttrs':
      readDynamicAttributes(element, path, reading);
      return;
    case 'SOPAnims':
      readAnimations(element, path, reading);
      return;
    case 'SceneObjectPart':
      reading.refuse(new DocumentError('O1', path, 'a part inside a part', element.start));
      return;
    default:
  }
}

function requireContent(element: XmlElement, path: string, reading: ObjectReading): void {
  if (isSelfClosing(element))
    reading.refuse(new DocumentError('O1', path, 'an empty structure', element.start));
}

/** The loader swallows every error here. */
function readAnimations(element: XmlElement, path: string, reading: ObjectReading): void {
  reading.block(path, () => {
    try {
      return objectAnimationReferences(parseBase64(plainText(element)));
    } catch (error) {
      if (error instanceof FieldError) throw new Error(error.message);
      throw error;
    }
  });
}

function noteReferences(fields: FieldValues, path: string, reading: ObjectReading): void {
  const collision = fields.id('CollisionSound');
  const sound = { type: AssetTypes.sound, certain: true } as const;
  if (collision !== noCollisionSound)
    reading.references.add({ ...sound, id: collision, where: `${path}/CollisionSound` });
  reading.references.add({ ...sound, id: fields.id('SoundID'), where: `${path}/SoundID` });
  const particles = fields.bytes('ParticleSystem');
  if (particles.length > 0)
    reading.block(`${path}/ParticleSystem`, () => particleSystemReferences(particles));
}

function notePeople(fields: FieldValues, reading: ObjectReading): void {
  reading.person('creator', fields.id('CreatorID'), fields.text('CreatorData'));
  reading.person('owner', fields.id('OwnerID'));
  reading.person('lastOwner', fields.id('LastOwnerID'));
  reading.person('group', fields.id('GroupID'));
  reading.person('rezzer', fields.id('RezzerID'));
}
