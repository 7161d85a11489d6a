/** TGA pictures: whether the pixels that the header announces are there. */
import type { AssetProblem } from '../asset-problem.ts';
import { unsound } from '../asset-problem.ts';

const headerBytes = 18;
/** Types from here on are run-length encoded: 1 head byte for at most 128 pixels. */
const firstEncodedType = 9;
const pixelsPerRunMax = 128;

export function checkTga(bytes: Uint8Array): readonly AssetProblem[] {
  if (bytes.length < headerBytes) return [unsound('the header is cut off')];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pixelBytes = view.getUint8(16) / 8;
  const pixels = view.getUint16(12, true) * view.getUint16(14, true);
  const mapBytes = view.getUint8(1) === 1 ? view.getUint16(5, true) * Math.ceil(view.getUint8(7) / 8) : 0;
  const before = headerBytes + view.getUint8(0) + mapBytes;
  const encoded = view.getUint8(2) >= firstEncodedType;
  const least = encoded ? Math.ceil(pixels / pixelsPerRunMax) * (1 + pixelBytes) : pixels * pixelBytes;
  if (before + least <= bytes.length) return [];
  return [unsound(`${bytes.length} bytes for ${pixels} pixels that need ${before + least}`)];
}
