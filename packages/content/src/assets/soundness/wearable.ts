/** Clothing and body parts: the format, and whether the wearable is of the asset's type. */
import type { AssetType } from '../asset-kinds.ts';
import type { AssetProblem } from '../asset-problem.ts';
import { unsound, unusual } from '../asset-problem.ts';
import { parseWearable } from '../wearable.ts';
import { assetTypeOfWearable, parseWearableType } from '../wearable-types.ts';

const versionMax = 24;

export function checkWearable(type: AssetType, bytes: Uint8Array): readonly AssetProblem[] {
  const wearable = parseWearable(bytes);
  if (wearable === undefined) return [unsound('no "LLWearable version" in the first line')];
  if (wearable.problem !== undefined) return [unsound(wearable.problem)];
  const found: AssetProblem[] = [];
  if (wearable.version > versionMax) found.push(unusual(`version ${wearable.version}`));
  const wearableType = parseWearableType(wearable.type ?? -1);
  if (wearableType === undefined) found.push(unsound(`wearable type ${wearable.type}`));
  else if (assetTypeOfWearable(wearableType) !== type)
    found.push(unusual(`wearable type ${wearable.type} is not for this kind of asset`));
  return found;
}
