/** Linksets as OpenSimulator writes them into `objects/`, all elements included, some 4.5 KB a prim. */
import type { Uuid } from '@gridkeep/wire/uuid';
import { uuidToBytes, zeroUuid } from '@gridkeep/wire/uuid';
import type { Random } from './random.ts';
import { seededUuid } from './random.ts';

export interface WorldObject {
  readonly id: Uuid;
  readonly name: string;
  readonly position: { readonly x: number; readonly y: number; readonly z: number };
  readonly xml: Buffer;
}

export interface ObjectContent {
  readonly seed: number;
  readonly index: number;
  readonly random: Random;
  readonly textures: readonly Uuid[];
  readonly scripts: readonly Uuid[];
  readonly people: readonly Uuid[];
}

export function worldObject(content: ObjectContent): WorldObject {
  const { seed, index, random, people } = content;
  const id = seededUuid(seed, 'object', index);
  const position = { x: random.next() * 256, y: random.next() * 256, z: 20 + random.next() * 40 };
  const owner = people[random.between(0, people.length - 1)] ?? zeroUuid;
  const count = random.between(1, 6);
  const parts = Array.from({ length: count }, (_, part) =>
    partXml(content, {
      id: part === 0 ? id : seededUuid(seed, `part${part}`, index),
      part,
      count,
      owner,
      position,
    }),
  );
  const xml = Buffer.from(
    `<SceneObjectGroup>${parts[0] ?? ''}<OtherParts>${parts.slice(1).join('')}</OtherParts></SceneObjectGroup>`,
  );
  return { id, name: `Piece ${index}`, position, xml };
}

interface Part {
  readonly id: Uuid;
  readonly part: number;
  readonly count: number;
  readonly owner: Uuid;
  readonly position: WorldObject['position'];
}

const uuid = (name: string, id: Uuid): string => `<${name}><UUID>${id}</UUID></${name}>`;
const vector = (name: string, x: number, y: number, z: number): string =>
  `<${name}><X>${x}</X><Y>${y}</Y><Z>${z}</Z></${name}>`;
const still = (name: string): string => vector(name, 0, 0, 0);
const plain = (fields: Readonly<Record<string, string | number>>): string =>
  Object.entries(fields)
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join('');
const turn = (name: string): string => `<${name}><X>0</X><Y>0</Y><Z>0</Z><W>1</W></${name}>`;

function partXml(content: ObjectContent, { id, part, count, owner, position }: Part): string {
  const { random, textures, scripts, index } = content;
  const texture = textures[random.between(0, textures.length - 1)] ?? zeroUuid;
  const script =
    scripts.length > 0 && random.next() < 0.2 ? scripts[random.between(0, scripts.length - 1)] : undefined;
  const mask = { BaseMask: 647168, OwnerMask: 647168, GroupMask: 0, EveryoneMask: 0, NextOwnerMask: 532480 };
  return (
    '<SceneObjectPart xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">' +
    `<AllowedDrop>false</AllowedDrop>${uuid('CreatorID', owner)}${uuid('FolderID', id)}<InventorySerial>0</InventorySerial>` +
    `${script === undefined ? '' : taskInventory(id, owner, script)}${uuid('UUID', id)}` +
    plain({
      LocalId: 720000000 + index * 8 + part,
      Name: `Piece ${index}`,
      Material: 3,
      PassTouches: 'false',
    }) +
    plain({ PassCollisions: 'false', RegionHandle: '1099511628032000', ScriptAccessPin: 0 }) +
    vector('GroupPosition', position.x, position.y, position.z) +
    vector('OffsetPosition', part * 0.5, 0, 0) +
    turn('RotationOffset') +
    `${still('Velocity')}${still('AngularVelocity')}${still('Acceleration')}` +
    `<Description>made for measuring</Description><Color><R>0</R><G>0</G><B>0</B><A>255</A></Color>` +
    `<Text /><SitName /><TouchName />${plain({ LinkNum: count === 1 ? 0 : part + 1, ClickAction: 0 })}` +
    `${shape(texture)}${vector('Scale', 0.5 + random.next(), 0.5, 0.5)}` +
    `${turn('SitTargetOrientation')}${still('SitTargetPosition')}${still('SitTargetPositionLL')}${turn('SitTargetOrientationLL')}` +
    plain({
      ParentID: 0,
      CreationDate: 1700000000 + index,
      Category: 0,
      SalePrice: 0,
      ObjectSaleType: 0,
      OwnershipCost: 0,
    }) +
    `${uuid('GroupID', zeroUuid)}${uuid('OwnerID', owner)}${uuid('LastOwnerID', owner)}${uuid('RezzerID', owner)}` +
    `${plain(mask)}<Flags>None</Flags>${uuid('CollisionSound', zeroUuid)}<CollisionSoundVolume>0</CollisionSoundVolume>` +
    `${still('AttachedPos')}<TextureAnimation></TextureAnimation><ParticleSystem></ParticleSystem>` +
    plain({ PayPrice0: -2, PayPrice1: -2, PayPrice2: -2, PayPrice3: -2, PayPrice4: -2, Buoyancy: 0 }) +
    `${still('Force')}${still('Torque')}<VolumeDetectActive>false</VolumeDetectActive><PhysicsShapeType>0</PhysicsShapeType>` +
    `${still('CameraEyeOffset')}${still('CameraAtOffset')}${uuid('SoundID', zeroUuid)}` +
    plain({ SoundGain: 0, SoundFlags: 0, SoundRadius: 0, SoundQueueing: 'false' }) +
    '</SceneObjectPart>'
  );
}

function taskInventory(part: Uuid, owner: Uuid, script: Uuid): string {
  return (
    `<TaskInventory><TaskInventoryItem>${uuid('AssetID', script)}<BasePermissions>647168</BasePermissions>` +
    `<CreationDate>1700000000</CreationDate>${uuid('CreatorID', owner)}<Description /><EveryonePermissions>0</EveryonePermissions>` +
    `<Flags>0</Flags>${uuid('GroupID', zeroUuid)}<GroupPermissions>0</GroupPermissions><InvType>10</InvType>${uuid('ItemID', script)}` +
    `${uuid('OldItemID', zeroUuid)}${uuid('LastOwnerID', owner)}<Name>New Script</Name><NextPermissions>532480</NextPermissions>` +
    `${uuid('OwnerID', owner)}<CurrentPermissions>647168</CurrentPermissions>${uuid('ParentID', part)}${uuid('ParentPartID', part)}` +
    `${uuid('PermsGranter', zeroUuid)}<PermsMask>0</PermsMask><Type>10</Type><OwnerChanged>false</OwnerChanged>` +
    '</TaskInventoryItem></TaskInventory>'
  );
}

function shape(texture: Uuid): string {
  const faces = Buffer.alloc(64);
  faces.writeFloatLE(1, 5);
  faces.writeFloatLE(1, 10);
  const entry = Buffer.concat([uuidToBytes(texture), faces]).toString('base64');
  const path = { PathBegin: 0, PathCurve: 16, PathEnd: 0, PathRadiusOffset: 0, PathRevolutions: 0 };
  const more = { PathScaleX: 100, PathScaleY: 100, PathShearX: 0, PathShearY: 0, PathSkew: 0, PathTaperX: 0 };
  const last = { PathTaperY: 0, PathTwist: 0, PathTwistBegin: 0, PCode: 9, ProfileBegin: 0, ProfileEnd: 0 };
  const flexi = { FlexiSoftness: 0, FlexiTension: 0, FlexiDrag: 0, FlexiGravity: 0, FlexiWind: 0 };
  const light = { LightColorR: 0, LightColorG: 0, LightColorB: 0, LightColorA: 1, LightRadius: 0 };
  return (
    `<Shape><ProfileCurve>1</ProfileCurve><TextureEntry>${entry}</TextureEntry><ExtraParams>AA==</ExtraParams>` +
    `${plain(path)}${plain(more)}${plain(last)}${plain({ ProfileHollow: 0, State: 0, LastAttachPoint: 0 })}` +
    `<ProfileShape>Square</ProfileShape><HollowShape>Same</HollowShape>${uuid('SculptTexture', zeroUuid)}<SculptType>0</SculptType>` +
    `${plain(flexi)}${plain(light)}<FlexiEntry>false</FlexiEntry><LightEntry>false</LightEntry><SculptEntry>false</SculptEntry></Shape>`
  );
}
