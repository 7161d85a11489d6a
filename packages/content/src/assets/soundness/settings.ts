/** Settings: an LLSD map that is a sky, a water or a day cycle. */
import { LlsdError, isLlsdArray, isLlsdMap } from '@gridkeep/wire/llsd/value';
import { readAssetLlsd } from '../asset-llsd.ts';
import type { AssetProblem } from '../asset-problem.ts';
import { unsound } from '../asset-problem.ts';

export function checkSettings(bytes: Uint8Array): readonly AssetProblem[] {
  try {
    const value = readAssetLlsd(bytes);
    if (!isLlsdMap(value)) return [unsound('not a map')];
    switch (value.get('type')) {
      case 'sky':
      case 'water':
        return [];
      case 'daycycle':
        return isLlsdMap(value.get('frames')) && isLlsdArray(value.get('tracks'))
          ? []
          : [unsound('a day cycle without frames or tracks')];
      default:
        return [unsound('the type is neither sky nor water nor daycycle')];
    }
  } catch (error) {
    if (error instanceof LlsdError) return [unsound(error.message)];
    throw error;
  }
}
