/** OpenSimulator's own materials (-2): an LLSD map of normal and specular map. */
import { LlsdError, isLlsdMap } from '@gridkeep/wire/llsd/value';
import { readAssetLlsd } from '../asset-llsd.ts';
import type { AssetProblem } from '../asset-problem.ts';
import { unsound } from '../asset-problem.ts';

export function checkOsMaterial(bytes: Uint8Array): readonly AssetProblem[] {
  try {
    return isLlsdMap(readAssetLlsd(bytes)) ? [] : [unsound('not a map')];
  } catch (error) {
    if (error instanceof LlsdError) return [unsound(error.message)];
    throw error;
  }
}
