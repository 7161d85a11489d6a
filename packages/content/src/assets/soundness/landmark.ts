import type { AssetProblem } from '../asset-problem.ts';
import { unsound } from '../asset-problem.ts';
import { parseLandmark } from '../landmark.ts';

export function checkLandmark(bytes: Uint8Array): readonly AssetProblem[] {
  const landmark = parseLandmark(bytes);
  return typeof landmark === 'string' ? [unsound(landmark)] : [];
}
