/** SOPAnims of a part: animations that an animated mesh object plays (OpenSimulator, SceneObjectPart.cs). */
import type { Uuid } from '@gridkeep/wire/uuid';
import { uuidFromBytes } from '@gridkeep/wire/uuid';
import type { AssetReference } from '../asset-reference.ts';
import { ReferenceList } from '../asset-reference.ts';
import { AssetTypes } from '../asset-kinds.ts';
import { ByteReader } from './byte-reader.ts';

export interface ObjectAnimation {
  readonly id: Uuid;
  readonly name: string;
}

/** Throws a BlockError when the block ends before its last entry. */
export function readObjectAnimations(bytes: Uint8Array): readonly ObjectAnimation[] {
  if (bytes.length === 0) return [];
  const reader = new ByteReader(bytes);
  const count = reader.u16();
  const animations: ObjectAnimation[] = [];
  for (let index = 0; index < count; index += 1) {
    const id = uuidFromBytes(reader.bytes(16));
    const name = Buffer.from(reader.bytes(reader.u8())).toString('utf8');
    animations.push({ id, name });
  }
  return animations;
}

export function objectAnimationReferences(bytes: Uint8Array): readonly AssetReference[] {
  const found = new ReferenceList();
  for (const { id, name } of readObjectAnimations(bytes))
    found.add({
      id,
      type: AssetTypes.animation,
      certain: true,
      where: `SOPAnims ${JSON.stringify(name)}`,
    });
  return found.list();
}
