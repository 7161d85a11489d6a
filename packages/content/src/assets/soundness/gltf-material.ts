import type { AssetProblem } from '../asset-problem.ts';
import { unsound } from '../asset-problem.ts';
import { parseGltfMaterial } from '../gltf-material.ts';

export function checkGltfMaterial(bytes: Uint8Array): readonly AssetProblem[] {
  const material = parseGltfMaterial(bytes);
  if (typeof material === 'string') return [unsound(material)];
  return material.problem === undefined ? [] : [unsound(material.problem)];
}
