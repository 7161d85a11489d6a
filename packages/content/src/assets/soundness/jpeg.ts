/** JPEG pictures: dimensions and end marker. */
import type { AssetProblem } from '../asset-problem.ts';
import { unsound, unusual } from '../asset-problem.ts';

const segmentsMax = 10_000;
const startOfScan = 0xda;

/** SOF0 to SOF15 without DHT, JPG and DAC, which share the range. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

export function checkJpeg(bytes: Uint8Array): readonly AssetProblem[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 2;
  for (let count = 0; count < segmentsMax && at + 4 <= bytes.length; count += 1) {
    const marker = view.getUint8(at + 1);
    if (view.getUint8(at) !== 0xff) return [unsound(`no marker at ${at}`)];
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === startOfScan) break;
    const length = view.getUint16(at + 2);
    if (length < 2) return [unsound(`segment at ${at}: impossible length ${length}`)];
    if (isFrameHeader(marker)) return checkFrame(view, at, bytes);
    at += 2 + length;
  }
  return [unsound('no frame header')];
}

function checkFrame(view: DataView, at: number, bytes: Uint8Array): readonly AssetProblem[] {
  if (at + 9 > bytes.length) return [unsound('the frame header is cut off')];
  const height = view.getUint16(at + 5);
  const width = view.getUint16(at + 7);
  if (width === 0 || height === 0) return [unsound('the picture has no pixels')];
  return bytes.at(-2) === 0xff && bytes.at(-1) === 0xd9 ? [] : [unusual('truncated: no end marker')];
}
