/**
 * Object assets, as far as their first and last bytes tell. The full check is the parser's of scene objects,
 * which every loader and inspection runs anyway.
 */
import type { AssetProblem } from '../asset-problem.ts';
import { unsound } from '../asset-problem.ts';

const headBytes = 1024;
const tailBytes = 256;

export function checkSceneObject(bytes: Uint8Array): readonly AssetProblem[] {
  const head = Buffer.from(bytes.subarray(0, headBytes)).toString('latin1');
  if (/<!doctype/i.test(head)) return [unsound('a DOCTYPE is not allowed')];
  const tail = Buffer.from(bytes.subarray(-tailBytes)).toString('latin1');
  if (/<\/(?:SceneObjectGroup|CoalescedObject)\s*>[\s\0]*$/.test(tail)) return [];
  return [unsound('cut off: no end tag of the whole object')];
}
