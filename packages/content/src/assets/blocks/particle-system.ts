/** ParticleSystem of a prim, as far as it names a texture (libopenmetaverse, ParticleSystem.cs). */
import type { Uuid } from '@gridkeep/wire/uuid';
import { uuidFromBytes, zeroUuid } from '@gridkeep/wire/uuid';
import type { AssetReference } from '../asset-reference.ts';
import { AssetTypes } from '../asset-kinds.ts';

const legacyBytes = 86;
const legacyTextureAt = 36;
/** The newer form starts with the size of its system block. */
const systemBytes = 68;
const sizedBytesMin = 94;
const sizedBytesMax = 98;
const sizedTextureAt = 40;

/** The particles' texture (zero: the viewer's own), or undefined when the block is no particle system: empty or of another size. */
export function particleTexture(bytes: Uint8Array): Uuid | undefined {
  if (bytes.length === legacyBytes) return uuidFromBytes(bytes, legacyTextureAt);
  if (bytes.length < sizedBytesMin || bytes.length > sizedBytesMax) return undefined;
  const size = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  return size === systemBytes ? uuidFromBytes(bytes, sizedTextureAt) : undefined;
}

export function particleSystemReferences(bytes: Uint8Array): readonly AssetReference[] {
  const id = particleTexture(bytes);
  if (id === undefined || id === zeroUuid) return [];
  return [{ id, type: AssetTypes.texture, certain: true, where: 'ParticleSystem texture' }];
}
