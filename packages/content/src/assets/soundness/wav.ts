/** WAV sounds: a `fmt ` chunk of 16 bit PCM and the samples that `data` announces. */
import type { AssetProblem } from '../asset-problem.ts';
import { unsound, unusual } from '../asset-problem.ts';

const chunksMax = 10_000;
const pcm = 1;

export function checkWav(bytes: Uint8Array): readonly AssetProblem[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: AssetProblem[] = [];
  let hasFormat = false;
  let at = 12;
  for (let count = 0; count < chunksMax && at + 8 <= bytes.length; count += 1) {
    const name = view.getUint32(at);
    const length = view.getUint32(at + 4, true);
    const left = bytes.length - at - 8;
    if (name === 0x666d7420) {
      if (length < 16 || left < 16) return [...found, unsound('the format chunk is cut off')];
      hasFormat = true;
      const format = view.getUint16(at + 8, true);
      const bits = view.getUint16(at + 22, true);
      if (format !== pcm || bits !== 16)
        found.push(unusual(`format ${format} with ${bits} bits, not 16 bit PCM`));
    }
    if (name === 0x64617461) {
      if (!hasFormat) found.push(unsound('samples before their format'));
      if (length > left) found.push(unsound(`${left} of ${length} bytes of samples`));
      return found;
    }
    at += 8 + length + (length & 1);
  }
  return [...found, unsound('no samples')];
}
