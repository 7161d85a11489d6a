/**
 * The elements of a part, a task item and a shape, each with the reader that OpenSimulator's loader has for it
 * (OpenSim/Region/Framework/Scenes/Serialization/SceneObjectSerializer.cs, SOPVehicle.cs, PhysicsInertiaData.cs).
 * `TaskInventory`, `Shape`, `Vehicle`, `PhysicsInertia`, `DynAttrs` are structures and read apart.
 */
import type { XmlElement } from '@gridkeep/wire/xml-tree';
import type { FieldReader, FieldTable } from './field-table.ts';
import {
  parseEnum,
  parseInteger,
  plainText,
  readBase64,
  readBoolean,
  readColor,
  readDouble,
  readFloat32,
  readI32,
  readI64,
  readQuaternion,
  readText,
  readUuid,
  readVector,
  u32Max,
} from './field-values.ts';
import { hollowShapes, primFlags, profileShapes } from './prim-flags.ts';

function table(...groups: readonly (readonly [FieldReader, string])[]): FieldTable {
  const fields = new Map<string, FieldReader>();
  for (const [reader, names] of groups) for (const name of names.split(' ')) fields.set(name, reader);
  return fields;
}

function readPrimFlags(element: XmlElement): number {
  return parseEnum(plainText(element), primFlags, u32Max);
}

function readProfileShape(element: XmlElement): number {
  return parseEnum(plainText(element), profileShapes, 255);
}

function readHollowShape(element: XmlElement): number {
  return parseEnum(plainText(element), hollowShapes, 255);
}

/** Read with Convert.ToUInt32, unlike all other unsigned numbers. */
function readParentId(element: XmlElement): number {
  return parseInteger(plainText(element), 0, u32Max);
}

export const partFields: FieldTable = table(
  [readBoolean, 'AllowedDrop PassTouches PassCollisions VolumeDetectActive SoundQueueing'],
  [readUuid, 'CreatorID FolderID UUID GroupID OwnerID LastOwnerID RezzerID CollisionSound SoundID'],
  [readText, 'CreatorData Name Description Text SitName TouchName MediaUrl'],
  [
    readI32,
    'InventorySerial Material ScriptAccessPin LinkNum ClickAction CreationDate Category SalePrice ObjectSaleType ' +
      'OwnershipCost BaseMask OwnerMask GroupMask EveryoneMask NextOwnerMask PayPrice0 PayPrice1 PayPrice2 ' +
      'PayPrice3 PayPrice4 RotationAxisLocks PhysicsShapeType SoundFlags',
  ],
  [readI64, 'LocalId RegionHandle'],
  [readParentId, 'ParentID'],
  [
    readVector,
    'GroupPosition OffsetPosition Velocity AngularVelocity Acceleration Scale SitTargetPosition ' +
      'SitTargetPositionLL StandTarget AttachedPos Force Torque CameraEyeOffset CameraAtOffset',
  ],
  [readQuaternion, 'RotationOffset SitTargetOrientation SitTargetOrientationLL'],
  [readColor, 'Color'],
  [readPrimFlags, 'Flags'],
  [readFloat32, 'CollisionSoundVolume Buoyancy Density Friction Bounce GravityModifier SitActRange'],
  [readDouble, 'SoundGain SoundRadius'],
  [readBase64, 'TextureAnimation ParticleSystem'],
);

export const itemFields: FieldTable = table(
  [
    readUuid,
    'AssetID CreatorID GroupID ItemID OldItemID LastOwnerID OwnerID ParentID ParentPartID PermsGranter',
  ],
  [readText, 'CreatorData Description Name'],
  [
    readI32,
    'BasePermissions CreationDate EveryonePermissions Flags GroupPermissions InvType NextPermissions ' +
      'CurrentPermissions PermsMask Type',
  ],
  [readBoolean, 'OwnerChanged'],
);

export const shapeFields: FieldTable = table(
  [
    readI32,
    'ProfileCurve PathBegin PathCurve PathEnd PathRadiusOffset PathRevolutions PathScaleX PathScaleY PathShearX ' +
      'PathShearY PathSkew PathTaperX PathTaperY PathTwist PathTwistBegin PCode ProfileBegin ProfileEnd ' +
      'ProfileHollow State LastAttachPoint SculptType FlexiSoftness',
  ],
  [readBase64, 'TextureEntry ExtraParams'],
  [readVector, 'Scale'],
  [readProfileShape, 'ProfileShape'],
  [readHollowShape, 'HollowShape'],
  [readUuid, 'SculptTexture'],
  [
    readFloat32,
    'FlexiTension FlexiDrag FlexiGravity FlexiWind FlexiForceX FlexiForceY FlexiForceZ LightColorR LightColorG ' +
      'LightColorB LightColorA LightRadius LightCutoff LightFalloff LightIntensity',
  ],
  [readBoolean, 'FlexiEntry LightEntry SculptEntry'],
);

export const vehicleFields: FieldTable = table(
  [readI32, 'TYPE FLAGS'],
  [readVector, 'LMDIR LMFTIME LMOFF AMDIR AMFTIME'],
  [
    readFloat32,
    'LMDTIME LMTIME AMTIME AMDTIME ADEFF ADTIME LDEFF LDTIME BEFF BMIX BTIME HHEI HEFF HTIME VBUO VAEFF VATIME',
  ],
  [readQuaternion, 'REF_FRAME'],
);

export const inertiaFields: FieldTable = table(
  [readFloat32, 'MASS'],
  [readVector, 'CM INERTIA'],
  [readQuaternion, 'IROT'],
);
