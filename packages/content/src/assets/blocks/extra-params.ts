/** ExtraParams of a prim: flexi, light, sculpt, projector, render materials (libopenmetaverse; lengths are trusted, not types). */
import { uuidFromBytes } from '@gridkeep/wire/uuid';
import type { AssetReference } from '../asset-reference.ts';
import { ReferenceList } from '../asset-reference.ts';
import { AssetTypes } from '../asset-kinds.ts';
import { BlockError, ByteReader } from './byte-reader.ts';

export const ExtraParamTypes = {
  flexi: 0x10,
  light: 0x20,
  sculpt: 0x30,
  projector: 0x40,
  mesh: 0x60,
  meshFlags: 0x70,
  renderMaterials: 0x80,
  reflectionProbe: 0x90,
} as const;

export interface ExtraParam {
  /** One of `ExtraParamTypes`, or a number of the future. */
  readonly type: number;
  /** A view into the block. */
  readonly payload: Uint8Array;
}

/** Throws a BlockError when an entry reaches past the end; bytes after the last entry are ignored. */
export function readExtraParams(bytes: Uint8Array): readonly ExtraParam[] {
  if (bytes.length === 0) return [];
  const reader = new ByteReader(bytes);
  const count = reader.u8();
  const params: ExtraParam[] = [];
  for (let index = 0; index < count; index += 1) {
    const type = reader.u16();
    params.push({ type, payload: reader.bytes(reader.u32()) });
  }
  return params;
}

/** The low three bits of a sculpt type that mean mesh (viewers' llprimitive.h). */
const sculptTypeMask = 7;
const sculptTypeMesh = 5;

/** What a sculpt id refers to, by its type byte. */
export function assetTypeOfSculpt(sculptType: number): 0 | 49 {
  return (sculptType & sculptTypeMask) === sculptTypeMesh ? AssetTypes.mesh : AssetTypes.texture;
}

/** Sculpt maps, meshes, projector textures and render materials. Throws a BlockError for a malformed block. */
export function extraParamReferences(bytes: Uint8Array): readonly AssetReference[] {
  const found = new ReferenceList();
  for (const param of readExtraParams(bytes)) addParam(param, found);
  return found.list();
}

function addParam(param: ExtraParam, found: ReferenceList): void {
  const reader = new ByteReader(param.payload);
  switch (param.type) {
    case ExtraParamTypes.sculpt:
    case ExtraParamTypes.mesh: {
      const id = uuidFromBytes(reader.bytes(16));
      const type = assetTypeOfSculpt(reader.u8());
      const where = `ExtraParams ${type === AssetTypes.mesh ? 'mesh' : 'sculpt map'}`;
      found.add({ id, type, certain: true, where });
      return;
    }
    case ExtraParamTypes.projector: {
      const id = uuidFromBytes(reader.bytes(16));
      found.add({ id, type: AssetTypes.texture, certain: true, where: 'ExtraParams projector' });
      return;
    }
    case ExtraParamTypes.renderMaterials: {
      const count = reader.u8();
      if (reader.left < count * 17) throw new BlockError(`${count} render materials do not fit`);
      for (let index = 0; index < count; index += 1) {
        const where = `ExtraParams render material of face ${reader.u8()}`;
        const id = uuidFromBytes(reader.bytes(16));
        found.add({ id, type: AssetTypes.material, certain: true, where });
      }
      return;
    }
    default:
      return;
  }
}
