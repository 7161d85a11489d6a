/**
 * Textures of skies and waters: in settings assets, and in the environments of regions and parcels, which hold the same
 * frames (OpenSimulator's ViewerSky.cs and ViewerWater.cs).
 */
import type { LlsdValue } from '@gridkeep/wire/llsd/value';
import type { AssetReference } from './asset-reference.ts';
import { ReferenceList } from './asset-reference.ts';
import { AssetTypes } from './asset-kinds.ts';
import { llsdId, visitLlsd } from './asset-llsd.ts';

const textureKeys: ReadonlySet<string> = new Set([
  'bloom_id',
  'cloud_id',
  'halo_id',
  'moon_id',
  'rainbow_id',
  'sun_id',
  'normal_map',
  'transparent_texture',
]);

/** For a sky, a water, a day cycle with its frames, or a whole environment. */
export function environmentReferences(environment: LlsdValue): readonly AssetReference[] {
  const found = new ReferenceList();
  visitLlsd(environment, (value, key) => {
    if (key === undefined || !textureKeys.has(key)) return;
    const id = llsdId(value);
    if (id !== undefined)
      found.add({ id, type: AssetTypes.texture, certain: true, where: `environment ${key}` });
  });
  return found.list();
}
