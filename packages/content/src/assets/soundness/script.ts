/** Scripts: readable text that looks like a program. Whether it compiles is the simulator's business. */
import { isUtf8 } from 'node:buffer';
import type { AssetProblem } from '../asset-problem.ts';
import { unsound, unusual } from '../asset-problem.ts';

export function checkScript(bytes: Uint8Array): readonly AssetProblem[] {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  const nul = bytes.indexOf(0);
  if (nul >= 0 && nul < end) return [unsound(`a NUL at byte ${nul}`)];
  if (!isUtf8(bytes)) return [unsound('not UTF-8')];
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const program = text.includes('default') && text.includes('{');
  return program ? [] : [unusual('no default state')];
}
