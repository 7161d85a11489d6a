import type { AssetProblem } from '../asset-problem.ts';
import { unsound } from '../asset-problem.ts';
import { parseGesture } from '../gesture.ts';

export function checkGesture(bytes: Uint8Array): readonly AssetProblem[] {
  const gesture = parseGesture(bytes);
  if (gesture === undefined) return [unsound('the first line is not "2"')];
  return gesture.problem === undefined ? [] : [unsound(gesture.problem)];
}
