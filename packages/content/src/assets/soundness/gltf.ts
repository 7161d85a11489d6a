/** glTF models (58 as text, 59 as GLB): no more than whether the container is whole. Nothing stores them yet. */
import type { AssetProblem } from '../asset-problem.ts';
import { unsound } from '../asset-problem.ts';

const headerBytes = 12;

export function checkGltfBinary(bytes: Uint8Array): readonly AssetProblem[] {
  if (bytes.length < headerBytes) return [unsound('the header is cut off')];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(8, true);
  return length === bytes.length ? [] : [unsound(`${bytes.length} of ${length} bytes`)];
}
